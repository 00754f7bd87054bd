/* Three lines: a flag, a line of flags, a value. Put into it the flag is there with that value,
 * once more changes nothing, and taken out it is gone. The same bytes as the lines of a file: what
 * hides secrets in them reads no byte too many and never says more than the line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tuning/flag_line.h"
#include "tuning/secret.h"

enum { INPUT_MAX = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* What stands between blanks at both ends. */
static char *trimmed(char *text)
{
    text += strspn(text, " \t");
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t", text[size - 1]) != NULL) {
        size--;
    }
    text[size] = '\0';
    return text;
}

static void check_flags(const char *flag, const char *line, const char *value)
{
    struct arena a = {0};

    if (strncmp(flag, "--", 2) != 0 || strpbrk(flag, " \t=") != NULL || flag[2] == '\0' ||
        !flag_line_is_plain(flag) || !flag_line_is_plain(line) || !flag_line_can_hold(value)) {
        return;
    }
    const char *with = flag_line_put(line, flag, value, &a);
    const char *there = flag_line_get(with, flag, &a);
    require(there != NULL && strcmp(there, value) == 0);
    require(strcmp(flag_line_put(with, flag, value, &a), with) == 0);
    require(flag_line_is_plain(with) || strlen(with) > FLAG_LINE_MAX);
    const char *without = flag_line_put(line, flag, NULL, &a);
    require(flag_line_get(without, flag, &a) == NULL && strlen(without) <= strlen(line));
    arena_release(&a);
}

static void check_secrets(const char *text, size_t size)
{
    struct secret_state state = {false};
    struct buf out;

    buf_init(&out, 2 * INPUT_MAX);
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        const size_t length = (end != NULL ? (size_t)(end - text) : size) - at;
        char *line = malloc(length > 0 ? length : 1); /* its end is that of the memory */

        require(line != NULL);
        memcpy(line, text + at, length);
        buf_clear(&out);
        secret_mask_line(&state, line, length, &out);
        require(out.size <= 3 * length + 3);
        free(line);
        at += length + 1;
    }
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text, *line, *value;

    if (size > INPUT_MAX || (text = malloc(size + 1)) == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    check_secrets(text, size);
    if ((line = strchr(text, '\n')) != NULL && (value = strchr(line + 1, '\n')) != NULL) {
        *line++ = '\0';
        *value++ = '\0';
        check_flags(text, line, trimmed(value));
    }
    free(text);
    return 0;
}
