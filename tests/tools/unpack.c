/*
 * A machine tree for --sysroot, see tests/manifest.h.
 *
 *   unpack MANIFEST DIR           as it is at the start
 *   unpack MANIFEST DIR SECONDS   what has changed in that tree by then
 *   unpack --move MANIFEST DIR    the start; then "ready", and once a second what changes, until
 *                                 standard input closes
 *   unpack --record MANIFEST DIR SECONDS   a recording of so many seconds, for --replay
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/manifest.h"
#include "tests/tree_recording.h"

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until then; false when standard input was closed before. */
static bool wait_until(int64_t then_ms)
{
    for (int64_t left_ms; (left_ms = then_ms - now_ms()) > 0;) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        char thrown_away[64];
        if (poll(&input, 1, (int)left_ms) > 0 &&
            read(STDIN_FILENO, thrown_away, sizeof thrown_away) <= 0) {
            return false;
        }
    }
    return true;
}

static int move(const char *manifest, const char *dir)
{
    int rc = manifest_unpack(manifest, dir);
    const int64_t start_ms = now_ms();
    if (rc == 0) {
        puts("ready");
        fflush(stdout);
    }
    for (int64_t second = 1; rc == 0 && wait_until(start_ms + second * 1000); second++) {
        rc = manifest_unpack_at(manifest, dir, second, NULL);
    }
    return rc;
}

int main(int argc, char **argv)
{
    int rc;
    if (argc == 4 && strcmp(argv[1], "--move") == 0) {
        rc = move(argv[2], argv[3]);
    } else if (argc == 5 && strcmp(argv[1], "--record") == 0) {
        rc = tree_recording(argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10));
    } else if (argc == 3) {
        rc = manifest_unpack(argv[1], argv[2]);
    } else if (argc == 4 && strtoll(argv[3], NULL, 10) > 0) {
        rc = manifest_unpack_at(argv[1], argv[2], strtoll(argv[3], NULL, 10), NULL);
    } else {
        fputs("usage: unpack [--move|--record] MANIFEST DIR [SECONDS]\n", stderr);
        return 2;
    }
    return rc == 0 ? 0 : 1;
}
