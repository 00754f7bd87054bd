#include "tuning/control/log_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/utf8.h"

enum {
    RAW_BYTES = 4096,  /* of a line that are looked at: ten times what is shown */
    TIME_BYTES = 48,   /* RFC 3339 with nanoseconds has 35 */
    TOKEN_LEAST = 4,   /* shorter ones would hide half of every line */
    ESCAPE_BYTES = 64, /* of a sequence; a title of a window may be as long as it likes */
};

/* ---------------------------------------------------------------- cleaning */

/* How long the escape sequence at text[0..size) is, which begins with ESC: CSI up to its final
 * byte, OSC and the other strings up to BEL or ESC \, else two bytes (ECMA-48, 5.3 to 5.6). */
static size_t escape_size(const char *text, size_t size)
{
    size_t n = 2;

    if (size < 2) {
        return size;
    }
    if (text[1] == '[') {
        while (n < size && n < ESCAPE_BYTES && !(text[n] >= 0x40 && text[n] <= 0x7e)) {
            n++;
        }
        return n < size ? n + 1 : n;
    }
    if (text[1] != '\0' && strchr("]PX^_", text[1])) {
        while (n < size && text[n] != '\a' && text[n] != '\033') {
            n++;
        }
        return n + 1 < size && text[n] == '\033' && text[n + 1] == '\\' ? n + 2
               : n < size && text[n] == '\a'                            ? n + 1
                                                                        : n;
    }
    while (n <= size && text[n - 1] >= 0x20 && text[n - 1] <= 0x2f) { /* ESC ( B */
        n++;
    }
    return n < size ? n : size;
}

/* What stands in the line at its end: behind the last carriage return that something follows. */
static const char *painted(const char *raw, size_t *size)
{
    size_t end = *size;

    while (end > 0 && (raw[end - 1] == '\r' || raw[end - 1] == '\n')) {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && raw[begin - 1] != '\r') {
        begin--;
    }
    *size = end - begin;
    return raw + begin;
}

static bool says_something(const char *text)
{
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            c >= 0x80) {
            return true;
        }
    }
    return false;
}

/* The token itself, wherever it stands. */
static void hide_token(const char *token, struct buf *line)
{
    static const char stars[] = "***";
    const size_t size = token ? strlen(token) : 0;
    char *at = line->data;

    while (size >= TOKEN_LEAST && (at = strstr(at, token)) != NULL) {
        memmove(at + sizeof stars - 1, at + size, strlen(at + size) + 1);
        memcpy(at, stars, sizeof stars - 1);
        at += sizeof stars - 1;
    }
}

bool log_lines_add(struct log_lines *l, const char *raw, size_t size, int64_t wall_ns)
{
    struct log_line *line = &l->of[l->total % LOG_LINES];
    char plain[RAW_BYTES], clean[RAW_BYTES];
    struct buf masked;
    size_t used = 0;

    raw = painted(raw, &size);
    for (size_t i = 0; i < size && used < sizeof plain;) {
        if (raw[i] == '\033') {
            i += escape_size(raw + i, size - i);
        } else {
            plain[used++] = raw[i++];
        }
    }
    used = utf8_sanitise(plain, used, clean, sizeof clean, NULL);
    while (used > 0 && clean[used - 1] == ' ') {
        clean[--used] = '\0';
    }
    if (used == 0) {
        return false;
    }
    /* A quote that is opened in one line of a log closes in no other. */
    struct secret_state state = {.next = l->secret.next};

    buf_init(&masked, RAW_BYTES);
    secret_mask_line(&state, clean, used, &masked);
    hide_token(l->token, &masked);
    l->secret = state;
    line->wall_ns = wall_ns;
    utf8_copy(line->text, sizeof line->text, masked.data);
    buf_release(&masked);
    l->total++;
    return true;
}

/* ---------------------------------------------------------------- the ring */

size_t log_lines_count(const struct log_lines *l)
{
    return l->total < LOG_LINES ? (size_t)l->total : LOG_LINES;
}

const struct log_line *log_lines_at(const struct log_lines *l, size_t i)
{
    const uint64_t first = l->total < LOG_LINES ? 0 : l->total % LOG_LINES;

    return &l->of[(first + i) % LOG_LINES];
}

const char *log_lines_last(const struct log_lines *l)
{
    for (size_t i = log_lines_count(l); i > 0; i--) {
        const char *text = log_lines_at(l, i - 1)->text;

        if (says_something(text)) {
            return text;
        }
    }
    return NULL;
}

/* ---------------------------------------------------------------- how logs are told */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "1700000000.123456": *size becomes its length. */
static bool unix_time(const char *text, size_t *size, int64_t *wall_ns)
{
    int64_t seconds, part;
    size_t dot = 0, end;

    while (dot < *size && is_digit(text[dot])) {
        dot++;
    }
    for (end = dot + 1; end < *size && is_digit(text[end]); end++) {
    }
    if (dot == 0 || dot >= *size || text[dot] != '.' || end != dot + 1 + 6 || end >= *size ||
        text[end] != ' ' || number_i64(text, dot, &seconds) != 0 ||
        number_i64(text + dot + 1, 6, &part) != 0 || seconds > INT64_MAX / NS_PER_S - 1) {
        return false;
    }
    *wall_ns = seconds * NS_PER_S + part * (NS_PER_S / 1000000);
    *size = end;
    return true;
}

bool log_line_of_journal(const char *text, size_t size, int64_t *wall_ns, bool *manager,
                         int64_t *pid, const char **rest)
{
    static const char systemd[] = "systemd[";
    size_t at = size;

    *rest = text;
    if (!unix_time(text, &at, wall_ns)) {
        return false;
    }
    const char *end = text + size;
    const char *name = memchr(text + at + 1, ' ', (size_t)(end - text) - at - 1); /* the host */
    const char *colon = name ? memmem(name, (size_t)(end - name), ": ", 2) : NULL;

    *manager = false;
    *pid = 0;
    if (!colon) { /* it has no words */
        *rest = end;
        return true;
    }
    name++;
    *manager = (size_t)(colon - name) >= sizeof systemd - 1 &&
               memcmp(name, systemd, sizeof systemd - 1) == 0;
    const char *bracket = colon;
    while (bracket > name && bracket[-1] != '[') {
        bracket--;
    }
    if (bracket > name && colon[-1] == ']' &&
        number_i64(bracket, (size_t)(colon - 1 - bracket), pid) != 0) {
        *pid = 0;
    }
    *rest = colon + 2;
    return true;
}

bool log_line_of_container(const char *text, size_t size, int64_t *wall_ns, const char **rest)
{
    char when[TIME_BYTES];
    const char *blank = memchr(text, ' ', size);
    const size_t n = blank ? (size_t)(blank - text) : size;

    *rest = text;
    if (n >= sizeof when) {
        return false;
    }
    memcpy(when, text, n);
    when[n] = '\0';
    if (clock_parse_rfc3339(when, wall_ns) != 0) {
        return false;
    }
    *rest = blank ? blank + 1 : text + size;
    return true;
}
