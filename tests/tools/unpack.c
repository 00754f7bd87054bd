/* unpack MANIFEST DIR: a machine tree for --sysroot, see tests/manifest.h. */
#include <stdio.h>

#include "tests/manifest.h"

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: unpack MANIFEST DIR\n", stderr);
        return 2;
    }
    return manifest_unpack(argv[1], argv[2]) == 0 ? 0 : 1;
}
