/*
 * Lines of a service's own log, as they may be shown: clean, short, without secrets, and never more
 * than the newest few, however much it writes. Pure.
 *
 * What comes in is hostile: escape sequences are taken out whole, of a line that paints over itself
 * (a bar of progress) what is seen at the end stays, and everything goes through utf8_sanitise()
 * and secret_mask_line().
 */
#ifndef TUNING_CONTROL_LOG_LINES_H
#define TUNING_CONTROL_LOG_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tuning/secret.h"

enum {
    LOG_LINES = 40,       /* that are kept */
    LOG_LINE_BYTES = 400, /* of one, with its NUL: what a step says has as many */
};

struct log_line {
    int64_t wall_ns; /* as the log has it, else when it was read */
    char text[LOG_LINE_BYTES];
};

struct log_lines {
    struct log_line of[LOG_LINES]; /* a ring */
    uint64_t total;                /* ever added */
    struct secret_state secret;    /* of the line before */
    const char *token;             /* never shown wherever it stands; NULL */
};

/* raw: a line without its newline. false: it says nothing, and is not added. */
bool log_lines_add(struct log_lines *l, const char *raw, size_t size, int64_t wall_ns);
size_t log_lines_count(const struct log_lines *l);
/* From 0, the oldest that is kept. */
const struct log_line *log_lines_at(const struct log_lines *l, size_t i);
/* The last one with a word in it: frames and brackets close what was said. NULL: there is none. */
const char *log_lines_last(const struct log_lines *l);

/* ---- how logs are told; text[0..size) is one line, *rest of it is what the service wrote ---- */

/* "1700000000.123456 host name[12]: words", as journalctl --output=short-unix. false: the line goes
 * on with the one before it, and *rest is all of it. *manager: the words are not the service's own.
 */
bool log_line_of_journal(const char *text, size_t size, int64_t *wall_ns, bool *manager,
                         int64_t *pid, const char **rest);
/* "2026-01-02T03:04:05.678Z words", as docker logs --timestamps. */
bool log_line_of_container(const char *text, size_t size, int64_t *wall_ns, const char **rest);

#endif
