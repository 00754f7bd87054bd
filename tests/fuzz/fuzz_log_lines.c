/* What a service writes into its log, line by line, as each kind of log tells it: every line that
 * is kept is short, clean, without the token, and the readers of times stay inside of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "tuning/control/log_lines.h"

#define TOKEN "T0ken-of-ours"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Sanitising it again would change nothing. */
static void check_text(const char *text)
{
    char again[LOG_LINE_BYTES];
    const size_t size = strlen(text);

    require(size > 0 && size < LOG_LINE_BYTES);
    require(utf8_sanitise(text, size, again, sizeof again, NULL) == size);
    require(memcmp(text, again, size) == 0);
    require(strstr(text, TOKEN) == NULL);
}

static void add(struct log_lines *l, const char *line, size_t size)
{
    const char *rest = NULL;
    int64_t wall_ns = 0, pid = 0;
    bool manager = false;

    (void)log_line_of_journal(line, size, &wall_ns, &manager, &pid, &rest);
    require(rest >= line && rest <= line + size);
    if (log_lines_add(l, rest, (size_t)(line + size - rest), wall_ns)) {
        check_text(log_lines_at(l, log_lines_count(l) - 1)->text);
    }
    (void)log_line_of_container(line, size, &wall_ns, &rest);
    require(rest >= line && rest <= line + size);
    if (log_lines_add(l, rest, (size_t)(line + size - rest), wall_ns)) {
        check_text(log_lines_at(l, log_lines_count(l) - 1)->text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct log_lines *l = calloc(1, sizeof *l);

    require(l != NULL);
    l->token = TOKEN;
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        const size_t n = end ? (size_t)(end - data) - at : size - at;
        char *line = malloc(n > 0 ? n : 1); /* its own, so that a byte too far is seen */

        require(line != NULL);
        memcpy(line, data + at, n);
        add(l, line, n);
        free(line);
        at += n + 1;
    }
    const char *last = log_lines_last(l);
    require(log_lines_count(l) <= LOG_LINES && log_lines_count(l) <= l->total);
    for (size_t i = 0; i < log_lines_count(l); i++) {
        check_text(log_lines_at(l, i)->text);
    }
    require(last == NULL || log_lines_count(l) > 0);
    free(l);
    return 0;
}
