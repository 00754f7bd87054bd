#include <string.h>

#include "base/utf8.h"
#include "tuning/config/splicer.h"

enum { MERGED_NAMES = 8, MERGED_NAME = 96 }; /* that are named to somebody who writes by hand */

/* Files of lines: NAME=value, scripts, and what a person would write by hand. */

/* The value as it stands between or without quotes; NULL: it cannot. */
static const char *quote_value(struct splicer *s, const char *value, char quote, bool blanks)
{
    struct buf out;
    const char *text = NULL;

    if (quote == 0) {
        size_t size = strlen(value);
        bool plain = strpbrk(value, blanks ? "\"'\\$`#;&|<>()*?[]{}~!" : "\"'\\$`") == NULL &&
                     strpbrk(value, blanks ? " \t" : "\t") == NULL && strchr(value, '#') == NULL &&
                     (size == 0 || (value[0] != ' ' && value[size - 1] != ' '));
        return plain ? value : NULL;
    }
    if (quote == '\'') {
        return strchr(value, '\'') == NULL ? arena_printf(s->arena, "'%s'", value) : NULL;
    }
    buf_init(&out, DOCUMENT_MAX_BYTES);
    buf_putc(&out, '"');
    for (; *value != '\0'; value++) {
        if (strchr("\"\\$`", *value) != NULL) {
            buf_putc(&out, '\\');
        }
        buf_putc(&out, *value);
    }
    buf_putc(&out, '"');
    text = arena_strdup(s->arena, out.data);
    buf_release(&out);
    return text;
}

/* In the quotes that stand there, or the first of: none, single, double. `blanks`: a blank or
 * another sign of the shell needs quotes. */
static const char *format_value(struct splicer *s, const char *value, char quote, bool blanks)
{
    const char *text = quote_value(s, value, quote, blanks);
    if (text == NULL && strchr(value, '$') == NULL) {
        text = quote_value(s, value, '"', blanks);
    }
    if (text == NULL) { /* a dollar is itself in single quotes only, for all that read such files */
        text = quote_value(s, value, '\'', blanks);
    }
    return text != NULL ? text : quote_value(s, value, '"', blanks);
}

static char quote_of(const struct splicer *s, const struct document_entry *e)
{
    char c = e->value_span.begin < e->value_span.end ? s->d->text[e->value_span.begin] : '\0';
    return e->quoted && (c == '"' || c == '\'') ? c : 0;
}

/* ---- env ---- */

/* Whether "export" stands before the name. */
static bool is_exported(const struct document *d, const struct document_entry *e)
{
    size_t name = e->whole.begin;
    while (name > 0 && strchr(" \t", d->text[name - 1]) != NULL) {
        name--;
    }
    return name >= 6 && memcmp(d->text + name - 6, "export", 6) == 0;
}

/* Whether the file's lines begin with "export". */
static bool env_exports(const struct document *d)
{
    for (size_t i = 0; i < d->count; i++) {
        if (!is_exported(d, &d->entries[i])) {
            return false;
        }
    }
    return d->count > 0;
}

/* Behind "#NAME=...", where somebody left it, else at the end. */
static size_t env_place(const struct splicer *s, const char *name)
{
    const char *text = s->d->text;
    size_t name_size = strlen(name);
    for (size_t at = 0; at < s->d->size; at = splicer_line_end(s, at) + 1) {
        size_t i = at;
        if (text[i] != '#') {
            continue;
        }
        while (i < s->d->size && (text[i] == '#' || text[i] == ' ' || text[i] == '\t')) {
            i++;
        }
        if (s->d->size - i > name_size && memcmp(text + i, name, name_size) == 0 &&
            text[i + name_size] == '=') {
            return at;
        }
    }
    return s->d->size;
}

/* The last line that has anything: behind it, so that blank lines at the end stay there. */
static size_t last_line(const struct splicer *s)
{
    size_t at = s->d->size;
    while (at > 0 && strchr(" \t\r\n", s->d->text[at - 1]) != NULL) {
        at--;
    }
    return at;
}

static int insert_line(struct splicer *s, size_t at, const char *line)
{
    size_t end = last_line(s);
    size_t bom = s->d->size >= 3 && memcmp(s->d->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    if (at > end) {
        at = end;
    }
    if (end <= bom) { /* nothing but blanks */
        splicer_patch(s, s->d->size, s->d->size, arena_printf(s->arena, "%s%s", line, s->eol),
                      true);
        return 0;
    }
    size_t before = splicer_line_end(s, at);
    before -= before > 0 && s->d->text[before - 1] == '\r';
    if (before > 0 && s->d->text[before - 1] == '\\') {
        return splicer_refuse(
            s, before - 1, "the line before its place goes on: a backslash is its last character");
    }
    splicer_insert_lines(s, at, line, true);
    return 0;
}

static int remove_assignment(struct splicer *s, const struct document_entry *e)
{
    size_t begin = splicer_line_begin(s, e->whole.begin);
    size_t bom = begin == 0 && s->d->size >= 3 && memcmp(s->d->text, "\xEF\xBB\xBF", 3) == 0 ? 3
                                                                                             : 0;
    size_t from = begin + bom;
    while (from < e->whole.begin && strchr(" \t", s->d->text[from]) != NULL) {
        from++;
    }
    bool exported = e->whole.begin - from > 6 && memcmp(s->d->text + from, "export", 6) == 0 &&
                    splicer_is_blank(s, from + 6, e->whole.begin);
    if (!exported && from != e->whole.begin) {
        return splicer_refuse(s, e->whole.begin, "it shares its line with something else");
    }
    if (bom > 0) {
        size_t end = splicer_line_end(s, e->whole.end);
        splicer_patch(s, bom, end < s->d->size ? end + 1 : end, "", false);
        return 0;
    }
    if (!splicer_remove_lines(s, from, e->whole.end)) {
        return splicer_refuse(s, e->whole.begin, "it shares its line with something else");
    }
    return 0;
}

int splice_env(struct splicer *s, const struct splice_edit *edit, const struct document_entry *e)
{
    if (edit->remove) {
        return remove_assignment(s, e);
    }
    if (e == NULL) {
        bool exports = env_exports(s->d);
        return insert_line(s, env_place(s, edit->name),
                           arena_printf(s->arena, "%s%s=%s", exports ? "export " : "", edit->name,
                                        format_value(s, edit->value, 0, exports)));
    }
    const char *text = format_value(s, edit->value, quote_of(s, e), is_exported(s->d, e));
    size_t begin = e->value_span.begin;
    if (e->value == NULL) {
        text = arena_printf(s->arena, "=%s", text);
    } else if (e->value_span.begin == e->value_span.end && e->value_span.end < s->d->size &&
               s->d->text[e->value_span.end] == '#') { /* NAME= # a comment */
        text = arena_printf(s->arena, "%s ", text);
        while (begin > e->whole.begin && s->d->text[begin - 1] == ' ') {
            begin--;
        }
    }
    splicer_patch(s, begin, e->value_span.end, text, false);
    return 0;
}

/* ---- shell ---- */

int splice_shell(struct splicer *s, const struct splice_edit *edit, const struct document_entry *e)
{
    if (edit->kind == ENTRY_FLAG) {
        if (e == NULL || edit->remove || e->value == NULL || edit->value == NULL ||
            !splice_is_simple_word(edit->value)) {
            return splicer_refuse(s, e != NULL ? e->whole.begin : 0,
                                  "flags in a script are for a person to change");
        }
        splicer_patch(s, e->value_span.begin, e->value_span.end, edit->value, false);
        return 0;
    }
    if (edit->remove) {
        return remove_assignment(s, e);
    }
    if (e == NULL) {
        if (edit->group[0] != '\0') {
            return splicer_refuse(s, 0, "there is no command '%.80s' to set it for", edit->group);
        }
        return insert_line(s, env_place(s, edit->name),
                           arena_printf(s->arena, "export %s=%s", edit->name,
                                        format_value(s, edit->value, 0, true)));
    }
    if (e->quoted && quote_of(s, e) == 0) { /* all of "NAME=value" is in quotes */
        if (!splice_is_simple_word(edit->value)) {
            return splicer_refuse(s, e->whole.begin, "the value would need other quotes");
        }
        splicer_patch(s, e->value_span.begin, e->value_span.end, edit->value, false);
        return 0;
    }
    splicer_patch(s, e->value_span.begin, e->value_span.end,
                  format_value(s, edit->value, quote_of(s, e), true), false);
    return 0;
}

/* ---- by hand ---- */

/* Of the same map of the same service: variables, or keys with the same first part; no item of what
 * is edited itself. */
static bool is_beside(const struct document_entry *e, const struct splice_edit *edit)
{
    const size_t top = strcspn(edit->name, ".["), size = strlen(edit->name);

    if (e->kind != edit->kind || strcmp(e->group, edit->group) != 0) {
        return false;
    }
    return e->kind == ENTRY_KEY
               ? strcspn(e->name, ".[") == top && strncmp(e->name, edit->name, top) == 0 &&
                     strncmp(e->name, edit->name, size) != 0
               : strcmp(e->name, edit->name) != 0;
}

/* YAML merges one level deep: a map that is written where all of it comes from an anchor is all
 * that is left of it. Names the others of that map, on one line; values may be secrets. */
static void warn_of_merge(const struct document *d, const struct splice_edit *edit, struct buf *out)
{
    size_t named = 0;

    for (size_t i = 0; i < d->count; i++) {
        if (d->tag_count > 0 || (is_beside(&d->entries[i], edit) && !d->entries[i].shared)) {
            return; /* a map of its own; what has a tag is no entry */
        }
    }
    for (size_t i = 0; i < d->count && named <= MERGED_NAMES; i++) {
        const char *name = d->entries[i].name;
        char clean[MERGED_NAME];

        if (is_beside(&d->entries[i], edit) && named++ < MERGED_NAMES) {
            utf8_sanitise(name, strlen(name), clean, sizeof clean, NULL);
            buf_printf(out, "%s%s",
                       named == 1 ? "# it replaces what comes from an anchor: copy " : ", ", clean);
        }
    }
    if (named > 0) {
        buf_printf(out,
                   "%s as well,\n# or let tunetop write a file of its own: 'write: override'\n",
                   named > MERGED_NAMES ? ", ..." : "");
    }
}

static void compose_by_hand(const struct splice_edit *edit, struct buf *out)
{
    if (edit->group[0] != '\0') {
        buf_printf(out, "services:\n  %s:\n", edit->group);
    }
    const char *indent = edit->group[0] != '\0' ? "    " : "";
    if (edit->kind == ENTRY_VARIABLE) {
        buf_printf(out, "%senvironment:\n%s  %s: \"%s\"\n", indent, indent, edit->name,
                   edit->value != NULL ? edit->value : "");
    } else if (edit->kind == ENTRY_FLAG) {
        buf_printf(out, "%scommand: ... %s %s\n", indent, edit->name,
                   edit->value != NULL ? edit->value : "");
    } else {
        size_t depth = 0;
        for (const char *at = edit->name;; depth++) {
            size_t size = strcspn(at, ".");
            buf_printf(out, "%s%*s%.*s:", indent, (int)(depth * 2), "", (int)size, at);
            if (at[size] == '\0') {
                break;
            }
            buf_putc(out, '\n');
            at += size + 1;
        }
        buf_printf(out, " %s\n", edit->value != NULL ? edit->value : "");
    }
}

void splice_by_hand(const struct document *d, const struct splice_edit *edit, struct buf *out)
{
    const char *value = edit->value != NULL ? edit->value : "";

    if (edit->remove) {
        buf_printf(out, "take %s out%s%s\n", edit->name, edit->group[0] != '\0' ? " of " : "",
                   edit->group);
        return;
    }
    switch (d->kind) {
    case DOCUMENT_COMPOSE:
    case DOCUMENT_YAML:
        compose_by_hand(edit, out);
        warn_of_merge(d, edit, out);
        break;
    case DOCUMENT_SYSTEMD:
        if (edit->kind == ENTRY_VARIABLE) {
            buf_printf(out, "[%s]\nEnvironment=\"%s=%s\"\n", edit->group, edit->name, value);
        } else if (edit->kind == ENTRY_FLAG) {
            buf_printf(out, "[%s]\nExecStart=... %s %s\n", edit->group, edit->name, value);
        } else {
            buf_printf(out, "[%s]\n%s=%s\n", edit->group, edit->name, value);
        }
        break;
    case DOCUMENT_PLIST:
        if (edit->kind == ENTRY_FLAG) {
            buf_printf(out, "<string>%s</string>\n", edit->name);
            if (edit->value != NULL) {
                buf_printf(out, "<string>%s</string>\n", value);
            }
        } else {
            buf_printf(out, "<key>%s</key>\n<string>%s</string>\n", edit->name, value);
        }
        break;
    case DOCUMENT_JSON:
        buf_printf(out, "\"%s\": %s\n", edit->name, value);
        break;
    case DOCUMENT_SHELL:
        buf_printf(out, edit->kind == ENTRY_VARIABLE ? "export %s='%s'\n" : "%s %s\n", edit->name,
                   value);
        break;
    case DOCUMENT_ENV: {
        const struct document_entry *e = splice_find(d, edit);
        bool exported = e != NULL ? is_exported(d, e) : env_exports(d);
        const char *quote = exported && value[0] != '\0' && !splice_is_simple_word(value) ? "'"
                                                                                          : "";
        buf_printf(out, "%s%s=%s%s%s\n", exported ? "export " : "", edit->name, quote, value,
                   quote);
        break;
    }
    case DOCUMENT_KIND_COUNT:
        buf_printf(out, "%s=%s\n", edit->name, value);
        break;
    }
}
