#include "tuning/secret.h"

#include <string.h>

#include "sampling/service/service.h"

static const char stars[] = "***";

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static size_t skip_blanks(const char *line, size_t size, size_t at)
{
    while (at < size && is_blank(line[at])) {
        at++;
    }
    return at;
}

static bool starts(const char *line, size_t size, size_t at, const char *text)
{
    const size_t length = strlen(text);

    return size - at >= length && memcmp(line + at, text, length) == 0;
}

/* Nothing but marks of the file's form is left: the value is on the next line. */
static bool nothing_left(const char *line, size_t size, size_t at)
{
    static const char *const closings[] = {"</string>", "</key>"};

    for (; at < size; at++) {
        bool closing = false;

        for (size_t i = 0; i < 2 && !closing; i++) {
            closing = starts(line, size, at, closings[i]);
            at += closing ? strlen(closings[i]) - 1 : 0;
        }
        if (!closing && !is_blank(line[at]) && !strchr("\"',[{|>-+:=", line[at])) {
            return false;
        }
    }
    return true;
}

/* Behind the name of a secret that ends at `at`: where its value begins, or 0 when this is no
 * place for one ("the auth server"). */
static size_t value_at(const char *line, size_t size, size_t at, bool flag)
{
    if (at < size && (line[at] == '"' || line[at] == '\'')) {
        at++; /* of the name */
    }
    size_t next = skip_blanks(line, size, at);
    if (next < size && (line[next] == '=' || line[next] == ':')) {
        return skip_blanks(line, size, next + 1);
    }
    if (flag && next < size && line[next] == ',') { /* the next item of a list */
        return skip_blanks(line, size, next + 1);
    }
    if (starts(line, size, at, "</key>") ||
        (flag && (next == size || next > at || line[next] == '<'))) {
        return next;
    }
    return 0;
}

/* A word with user:password@ in it: how much of it may be shown. */
static size_t before_password(const char *line, size_t size, size_t at)
{
    size_t end = at + 3;

    while (end < size && !is_blank(line[end]) && !strchr("\"'<>/", line[end])) {
        if (line[end] == '@') {
            return end;
        }
        end++;
    }
    return 0;
}

/* Whether a text in `quote` goes on behind the line; open: it began before `at`. */
static bool goes_on(const char *line, size_t size, size_t at, char quote, bool open)
{
    for (; at < size; at++) {
        if (line[at] == '\\' && quote == '"') {
            at++;
        } else if (line[at] == quote) {
            open = !open;
        }
    }
    return open;
}

/* What is hidden from `value` on may go on in the next lines: in quotes, or as a block of YAML. */
static void remember(struct secret_state *state, const char *line, size_t size, size_t name,
                     size_t value)
{
    const char before = name > 0 ? line[name - 1] : '\0';
    const char first = value < size ? line[value] : '\0';

    if (first == '"' || first == '\'') {
        state->quote = goes_on(line, size, value, first, false) ? first : '\0';
    } else if (before == '"' || before == '\'') {
        state->quote = goes_on(line, size, value, before, line[value - 1] != before) ? before
                                                                                     : '\0';
        state->quote = memchr(line + name, before, value - name) ? '\0' : state->quote;
    } else if (first != '\0' && memchr(line + name, ':', value - name)) {
        /* YAML: a block, or a plain text, which goes on in every line that is deeper. */
        state->block = true;
        state->indent = name; /* keys beside it stand in the same column */
    }
}

/* Where `text` stands in the line from `from` on; size: nowhere. */
static size_t find(const char *line, size_t size, size_t from, const char *text)
{
    size_t at = from;

    while (at < size && !starts(line, size, at, text)) {
        at++;
    }
    return at;
}

/* Where a private key begins, as RFC 7468 (PEM), OpenSSH and OpenPGP write it, from `from` on;
 * size: nowhere. A certificate is no secret. */
static size_t private_key_at(const char *line, size_t size, size_t from)
{
    size_t at = find(line, size, from, "-----BEGIN ");

    while (at < size) {
        const size_t words = at + strlen("-----BEGIN "), end = find(line, size, words, "-----");

        if (find(line, end, words, "PRIVATE KEY") < end) {
            return at;
        }
        at = find(line, size, end, "-----BEGIN ");
    }
    return at;
}

/* Whether one goes on behind the line; open: it began before `at`. Files put together without a
 * newline between them have the BEGIN of the next behind the END. */
static bool key_goes_on(const char *line, size_t size, size_t at, bool open)
{
    while (at < size || open) {
        at = open ? find(line, size, at, "-----END ") : private_key_at(line, size, at);
        if (at >= size) {
            return open;
        }
        open = !open;
        at += strlen("-----END ");
    }
    return false;
}

/* The line belongs to a secret that began above it. */
static bool is_inside(struct secret_state *state, const char *line, size_t size, size_t at)
{
    const bool key = state->key;

    state->key = key && key_goes_on(line, size, 0, true);
    if (key) {
        state->quote = state->quote && goes_on(line, size, 0, state->quote, true) ? state->quote
                                                                                  : '\0';
        return true;
    }
    if (state->quote) {
        state->quote = goes_on(line, size, 0, state->quote, true) ? state->quote : '\0';
        return true;
    }
    state->block = state->block && (at == size || at > state->indent);
    return state->block;
}

void secret_mask_line(struct secret_state *state, const char *line, size_t size, struct buf *out)
{
    size_t at = skip_blanks(line, size, 0);

    buf_add(out, line, at);
    const bool inside = is_inside(state, line, size, at);
    const size_t key = inside ? size : private_key_at(line, size, 0);
    state->key = state->key || key_goes_on(line, size, key, false);
    if ((inside || state->next) && at < size) {
        state->next = false;
        buf_puts(out, stars);
        return;
    }
    while (at < size) {
        size_t end = at;

        if (at == key) {
            buf_puts(out, stars);
            return;
        }
        while (end < size && end != key && is_word(line[end])) {
            end++;
        }
        if (end > at && service_is_secret_value(line + at, end - at)) {
            buf_puts(out, stars);
            at = end;
            continue;
        }
        if (end > at && service_is_secret_name(line + at, end - at)) {
            const size_t value = value_at(line, size, end, line[at] == '-');

            if (value) {
                buf_add(out, line + at, value - at);
                state->next = nothing_left(line, size, value);
                remember(state, line, size, at, value);
                if (state->next) {
                    buf_add(out, line + value, size - value);
                } else {
                    buf_puts(out, stars);
                }
                return;
            }
        }
        if (end == at && starts(line, size, at, "://") && before_password(line, size, at)) {
            buf_puts(out, "://");
            buf_puts(out, stars);
            at = before_password(line, size, at);
            continue;
        }
        end += end == at;
        buf_add(out, line + at, end - at);
        at = end;
    }
}

struct secret_state secret_reader_at(struct secret_reader *r, size_t line)
{
    struct buf masked;

    if (line <= r->line) {
        *r = (struct secret_reader){.text = r->text, .size = r->size};
    }
    buf_init(&masked, 1); /* nobody looks at it */
    for (; r->line + 1 < line && r->at < r->size; r->line++) {
        const char *end = memchr(r->text + r->at, '\n', r->size - r->at);
        const size_t length = (end ? (size_t)(end - r->text) : r->size) - r->at;

        buf_clear(&masked);
        secret_mask_line(&r->state, r->text + r->at, length, &masked);
        r->at += length + 1;
    }
    buf_release(&masked);
    return r->state;
}

struct secret_state secret_state_at(const char *text, size_t size, size_t line)
{
    struct secret_reader r = {.text = text, .size = size};

    return secret_reader_at(&r, line);
}
