#include <string.h>

#include "tuning/config/builder.h"

/* NAME=value lines as Docker's env files, systemd's EnvironmentFile and brew's service files have
 * them. They agree on: one a line, "#" begins a comment, quotes around a value belong to nobody.
 * They differ in: "export" before the name and a comment behind a value (not systemd), ";" as a
 * comment (systemd only), a value over several lines (in quotes; not "docker run --env-file"). All
 * of it is read, as Docker's reader does, so that nothing that any of them sees is missed. */

struct env_reader {
    struct document_builder *b;
    const char *text;
    size_t at, size;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static size_t line_end(const struct env_reader *r, size_t at)
{
    const char *end = memchr(r->text + at, '\n', r->size - at);
    return end != NULL ? (size_t)(end - r->text) : r->size;
}

/* The end of a line without what is blank there. */
static size_t trim_end(const struct env_reader *r, size_t begin, size_t end)
{
    while (end > begin && (is_space(r->text[end - 1]) || r->text[end - 1] == '\r')) {
        end--;
    }
    return end;
}

static char unescape(char c)
{
    return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
}

/* Adds what stands between quotes; *at is behind the first and comes behind the last. */
static int read_quoted(struct env_reader *r, char quote, size_t *at, char *out, size_t *size)
{
    size_t begin = *at - 1;
    for (; *at < r->size && r->text[*at] != quote; (*at)++) {
        char c = r->text[*at];
        if (quote == '"' && c == '\\' && *at + 1 < r->size &&
            strchr("nrt\"\\$`", r->text[*at + 1]) != NULL) {
            c = unescape(r->text[++*at]);
        }
        out[(*size)++] = c;
    }
    if (*at == r->size) {
        return builder_fail(r->b, begin, "the quote that begins here is never closed");
    }
    (*at)++;
    return 0;
}

/* A value that begins with a quote: it may go over lines. */
static int read_quoted_value(struct env_reader *r, struct document_entry *e)
{
    size_t at = r->at;
    size_t size = 0;
    char quote = r->text[at++];
    /* Never longer than what is left, but that is not what it should cost: up to the quote. */
    const char *close = memchr(r->text + at, quote, r->size - at);
    size_t most = close != NULL ? (size_t)(close - (r->text + at)) : 0;
    while (close != NULL && quote == '"' && close > r->text && close[-1] == '\\') {
        size_t behind = (size_t)(close - r->text) + 1;
        close = memchr(r->text + behind, quote, r->size - behind);
        most = (close != NULL ? (size_t)(close - r->text) : r->size) - at;
    }
    char *value = arena_alloc(&r->b->d->arena, (close != NULL ? most : r->size - at) + 1);
    int rc = read_quoted(r, quote, &at, value, &size);
    if (rc < 0) {
        return rc;
    }
    value[size] = '\0';
    e->value = value;
    e->quoted = true;
    e->interpolated = quote == '"' && text_interpolates(value, size, false);
    e->value_span = (struct document_span){r->at, at};
    e->whole.end = at;
    size_t end = line_end(r, at);
    size_t rest = at;
    while (rest < end && (is_space(r->text[rest]) || r->text[rest] == '\r')) {
        rest++;
    }
    if (rest < end && r->text[rest] != '#') {
        builder_note(r->b, rest,
                     "text stands behind the closing quote: it is no part of the value");
    }
    r->at = end;
    return 0;
}

static void read_plain_value(struct env_reader *r, struct document_entry *e)
{
    size_t end = line_end(r, r->at);
    size_t stop = end;
    for (size_t i = r->at; i < end; i++) {
        /* "#" begins a comment where a blank stands before it, or nothing at all. */
        if (r->text[i] == '#' && (i == r->at || is_space(r->text[i - 1]))) {
            stop = i;
            break;
        }
    }
    size_t value_end = trim_end(r, r->at, stop);
    e->value = arena_strndup(&r->b->d->arena, r->text + r->at, value_end - r->at);
    e->interpolated = text_interpolates(e->value, value_end - r->at, false);
    e->value_span = (struct document_span){r->at, value_end};
    e->whole.end = value_end;
    if (value_end > r->at && value_end == trim_end(r, r->at, end) &&
        r->text[value_end - 1] == '\\') {
        builder_note(r->b, value_end - 1,
                     "a backslash at the end: systemd joins the next line, Docker does not");
    }
    r->at = end;
}

static bool is_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '/'; /* the last three: sysctl.conf */
}

/* A line that is neither blank nor a comment, from its first character on. */
static int read_line(struct env_reader *r)
{
    struct document_entry e = {.kind = ENTRY_VARIABLE, .group = ""};
    size_t begin = r->at;
    size_t end = line_end(r, r->at);

    if (end - r->at > 7 && memcmp(r->text + r->at, "export", 6) == 0 &&
        is_space(r->text[r->at + 6])) {
        r->at += 6;
        while (r->at < end && is_space(r->text[r->at])) {
            r->at++;
        }
    }
    size_t name = r->at;
    while (r->at < end && is_name_char(r->text[r->at])) {
        r->at++;
    }
    size_t name_size = r->at - name;
    size_t rest = r->at;
    while (rest < end && (is_space(r->text[rest]) || r->text[rest] == '\r')) {
        rest++;
    }
    e.whole = (struct document_span){name, r->at};
    e.value_span = (struct document_span){r->at, r->at};
    if (name_size == 0 || (rest < end && r->text[rest] != '=' && r->text[rest] != '#')) {
        builder_note(r->b, begin, "this line is neither NAME=value nor a comment");
        r->at = end;
        return 0;
    }
    if (rest < end && r->text[rest] == '=') {
        int rc = 0;
        if (rest > r->at) {
            builder_note(r->b, r->at, "a blank stands before '=': a shell would not take it");
        }
        r->at = rest + 1;
        while (r->at < end && is_space(r->text[r->at])) {
            r->at++;
        }
        if (r->at < end && (r->text[r->at] == '"' || r->text[r->at] == '\'')) {
            rc = read_quoted_value(r, &e);
        } else {
            read_plain_value(r, &e);
        }
        if (rc < 0) {
            return rc;
        }
    } else {
        r->at = end; /* a name alone passes on what the environment has */
    }
    return builder_add(r->b, &e, r->text + name, name_size, name);
}

int env_read(struct document_builder *b)
{
    struct env_reader r = {b, b->d->text, b->places.bom, b->d->size};
    size_t from = b->d->count;
    int rc = 0;

    while (r.at < r.size && rc == 0) {
        char c = r.text[r.at];
        if (is_space(c) || c == '\n' || c == '\r') {
            r.at++;
        } else if (c == '#' || c == ';') {
            r.at = line_end(&r, r.at);
        } else {
            rc = read_line(&r);
        }
    }
    if (rc == 0) {
        builder_note_twice(b, from);
    }
    return rc;
}
