/* utf8_sanitise() on anything, into every small size: valid, clean, NUL-terminated, and clean text
 * stays. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/width.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 8, 64};
    char whole[64];
    const char *text = (const char *)data;
    size_t whole_size = utf8_sanitise(text, size, whole, sizeof(whole), NULL);

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *out = malloc(sizes[i] + 1);
        bool truncated = false;
        require(out != NULL);
        out[sizes[i]] = '#';
        size_t used = utf8_sanitise(text, size, out, sizes[i], &truncated);
        require(out[sizes[i]] == '#');
        require(used <= whole_size && memcmp(out, whole, used) == 0);
        require(truncated || used == whole_size);
        require(sizes[i] == 0 || (used < sizes[i] && out[used] == '\0'));
        free(out);
    }
    size_t at = 0;
    while (at < whole_size) {
        size_t len = 0;
        bool valid = false;
        uint32_t rune = utf8_decode(whole + at, whole_size - at, &len, &valid);
        require(valid && len >= 1 && rune >= 0x20 && width_of_rune(rune) >= 1);
        at += len;
    }
    require(at == whole_size);
    char again[64];
    require(utf8_sanitise(whole, whole_size, again, sizeof(again), NULL) == whole_size);
    require(memcmp(whole, again, whole_size) == 0);
    for (int columns = 0; columns < 8; columns++) {
        int taken = -1;
        size_t fit = width_fit(whole, columns, &taken);
        require(fit <= whole_size && taken >= 0 && taken <= columns);
    }
    return 0;
}
