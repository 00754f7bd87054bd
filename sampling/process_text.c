#include "sampling/process_text.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "sampling/process.h"

void process_parse_cmdline(const char *text, size_t size, char *out, size_t out_size)
{
    size_t used = 0;
    bool first = true;
    while (size > 0 && text[size - 1] == '\0')
        size--;
    const char *at = text, *end = text + size;
    while (at < end && used + 2 < out_size) {
        const char *stop = memchr(at, '\0', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        if (!first)
            out[used++] = PROCESS_ARGV_SEPARATOR;
        first = false;
        used += utf8_sanitise(at, (size_t)(stop - at), out + used, out_size - used, NULL);
        at = stop + 1;
    }
    out[used] = '\0';
}
