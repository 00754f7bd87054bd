#include <stdint.h>
#include <string.h>

#include "tuning/config/builder.h"

/* NAME=value lines as Docker's env files, systemd's EnvironmentFile and brew's service files have
 * them. They agree on: one a line, "#" begins a comment, quotes around a value belong to nobody.
 * They differ in: "export" before the name and a comment behind a value (not systemd), ";" as a
 * comment (systemd only), a value over several lines (in quotes; not "docker run --env-file"). All
 * of it is read, as Docker's reader does, so that nothing that any of them sees is missed.
 *
 * A line that begins with "export" may be a shell's: there a value ends at a blank or ";", and more
 * settings or commands may stand behind it. What a shell and Docker would not read alike is read
 * as the shell does, so that a value never tells what is another's, and is never changed. */

struct env_reader {
    struct document_builder *b;
    const char *text;
    size_t at, size;
    size_t joined; /* where the line begins that the one before goes on in; SIZE_MAX: none */
    bool in_shell; /* that line is a shell's */
};

static const char goes_on[] = "the line goes on in the next one: a backslash is its last character";
static const char is_joined[] = "the line before ends with a backslash, and goes on in this one";
static const char more_stands[] =
    "more stands on the line: a shell ends the value before it, docker compose does not";
static const char is_run[] = "a shell runs a command for the value";
static const char has_quotes[] = "quotes stand inside of the value";
static const char behind_quote[] = "text stands directly behind the closing quote";
static const char has_setting[] =
    "a setting stands behind the value, as a shell reads it; others take all of it for the value";

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

/* A value that begins with a quote, up to the closing one: it may go over lines. */
static int read_quotes(struct env_reader *r, struct document_entry *e)
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
    r->at = at;
    return 0;
}

static int read_quoted_value(struct env_reader *r, struct document_entry *e)
{
    int rc = read_quotes(r, e);
    if (rc < 0) {
        return rc;
    }
    size_t end = line_end(r, r->at);
    size_t rest = r->at;
    while (rest < end && (is_space(r->text[rest]) || r->text[rest] == '\r')) {
        rest++;
    }
    if (rest < end && r->text[rest] != '#') {
        builder_note(r->b, rest,
                     "text stands behind the closing quote: it is no part of the value");
        e->fixed = rest == r->at ? behind_quote : more_stands;
    }
    r->at = end;
    return 0;
}

/* The line that ends there ends with a backslash: so the next one is part of it. */
static void join_next(struct env_reader *r, size_t end, bool in_shell)
{
    r->joined = end + 1;
    r->in_shell = in_shell;
}

/* Whether "NAME=" begins there, in capitals: nobody's value has that by chance. */
static bool is_setting(const struct env_reader *r, size_t at, size_t end)
{
    size_t name = at;
    while (at < end && ((r->text[at] >= 'A' && r->text[at] <= 'Z') || r->text[at] == '_' ||
                        (at > name && r->text[at] >= '0' && r->text[at] <= '9'))) {
        at++;
    }
    return at > name && at < end && r->text[at] == '=';
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
        if (i > r->at && is_space(r->text[i - 1]) && is_setting(r, i, end)) {
            e->fixed = has_setting;
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
        e->fixed = goes_on;
        join_next(r, end, false);
    }
    r->at = end;
}

/* ---- a shell's line ---- */

/* The end of the word that a shell reads from `at` on. *why: what it has that no value of a file
 * has; it stays as it is where there is nothing. */
static size_t word_end(const struct env_reader *r, size_t at, size_t end, const char **why)
{
    for (; at < end && !is_space(r->text[at]) && r->text[at] != '\r'; at++) {
        char c = r->text[at];
        if (strchr(";&|<>)", c) != NULL || (c == '\\' && at + 1 == end)) {
            break;
        }
        if (c == '\'' || c == '"') {
            const char *close = memchr(r->text + at + 1, c, end - at - 1);
            *why = has_quotes;
            at = close != NULL ? (size_t)(close - r->text) : end - 1;
        } else if (c == '`' || c == '(') {
            *why = is_run;
        } else if (c == '\\') {
            at++;
        }
    }
    return at;
}

/* Whether a shell would run something for what stands in double quotes. */
static bool runs_command(const struct env_reader *r, const struct document_span *span)
{
    for (size_t i = span->begin; r->text[span->begin] == '"' && i + 1 < span->end; i++) {
        if (r->text[i] == '`' || (r->text[i] == '$' && r->text[i + 1] == '(')) {
            return true;
        }
    }
    return false;
}

/* What stands behind the value, up to the end of the line or to where the next setting begins. */
static void read_behind(struct env_reader *r, struct document_entry *e)
{
    size_t end = line_end(r, r->at);
    size_t rest = r->at;

    while (rest < end && (is_space(r->text[rest]) || r->text[rest] == '\r')) {
        rest++;
    }
    if (rest == end || (r->text[rest] == '#' && rest > e->whole.end)) {
        r->at = end;
        return;
    }
    size_t last = trim_end(r, rest, end) - 1;
    bool joined = r->text[last] == '\\';
    if (joined) {
        join_next(r, end, true);
    }
    if (e->fixed == NULL) {
        e->fixed = joined && last == rest ? goes_on : more_stands;
    }
    while (rest < end && strchr(" \t;&|", r->text[rest]) != NULL) {
        rest++;
    }
    r->at = is_setting(r, rest, end) ||
                    (end - rest > 7 && memcmp(r->text + rest, "export", 6) == 0 &&
                     is_space(r->text[rest + 6]))
                ? rest
                : end;
}

static int read_shell_value(struct env_reader *r, struct document_entry *e)
{
    size_t begin = r->at;
    size_t end = line_end(r, begin);
    size_t rest = begin;
    const char *why = NULL;

    while (rest < end && is_space(r->text[rest])) {
        rest++;
    }
    if (rest == end || r->text[rest] == '#') { /* NAME= # a comment */
        r->at = rest;
        read_plain_value(r, e);
        return 0;
    }
    if (r->text[begin] == '"' || r->text[begin] == '\'') {
        int rc = read_quotes(r, e);
        if (rc < 0) {
            return rc;
        }
        e->fixed = runs_command(r, &e->value_span) ? is_run : NULL;
        end = line_end(r, r->at);
    }
    size_t word = word_end(r, r->at, end, &why);
    if (!e->quoted || word > r->at) { /* what the shell makes of it is not told: as it stands */
        e->fixed = e->quoted ? behind_quote : why;
        e->quoted = false;
        e->value = arena_strndup(&r->b->d->arena, r->text + begin, word - begin);
        e->interpolated = text_interpolates(e->value, word - begin, false);
        e->value_span = (struct document_span){begin, word};
        e->whole.end = word;
    }
    r->at = word;
    read_behind(r, e);
    return 0;
}

static bool is_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '/'; /* the last three: sysctl.conf */
}

/* A setting of a line that is neither blank nor a comment, from its first character on. `shell`:
 * it is a shell's; *more: another one stands behind it. */
static int read_setting(struct env_reader *r, bool shell, const char *fixed, bool *more)
{
    struct document_entry e = {.kind = ENTRY_VARIABLE, .group = ""};
    size_t begin = r->at;
    size_t end = line_end(r, r->at);

    *more = false;
    if (end - r->at > 7 && memcmp(r->text + r->at, "export", 6) == 0 &&
        is_space(r->text[r->at + 6])) {
        shell = true;
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
        if (shell && r->text[end - 1] == '\\') {
            join_next(r, end, true);
        }
        r->at = end;
        return 0;
    }
    if (rest < end && r->text[rest] == '=') {
        int rc = 0;
        if (rest > r->at) {
            builder_note(r->b, r->at, "a blank stands before '=': a shell would not take it");
        }
        r->at = rest + 1;
        if (shell) {
            rc = read_shell_value(r, &e);
            end = line_end(r, e.whole.end);
            *more = r->at < end;
        } else {
            while (r->at < end && is_space(r->text[r->at])) {
                r->at++;
            }
            if (r->at < end && (r->text[r->at] == '"' || r->text[r->at] == '\'')) {
                rc = read_quoted_value(r, &e);
            } else {
                read_plain_value(r, &e);
            }
        }
        if (rc < 0) {
            return rc;
        }
    } else {
        r->at = end; /* a name alone passes on what the environment has */
    }
    e.fixed = fixed != NULL ? fixed : e.fixed;
    return builder_add(r->b, &e, r->text + name, name_size, name);
}

static int read_line(struct env_reader *r)
{
    size_t line = r->at;
    while (line > 0 && is_space(r->text[line - 1])) {
        line--;
    }
    bool joined = line == r->joined;
    bool shell = joined && r->in_shell;
    const char *fixed = joined ? is_joined : NULL;
    bool more = true;
    int rc = 0;

    while (more && rc == 0) {
        rc = read_setting(r, shell, fixed, &more);
        fixed = more_stands;
        shell = true;
    }
    return rc;
}

int env_read(struct document_builder *b)
{
    struct env_reader r = {
        .b = b, .text = b->d->text, .at = b->places.bom, .size = b->d->size, .joined = SIZE_MAX};
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
