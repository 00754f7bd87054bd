#include <string.h>

#include "tuning/config/splicer.h"
#include "tuning/config/systemd.h"

/* Units and drop-ins. */

/* "NAME=value" in double quotes, as systemd.syntax(7) reads them. */
static const char *quote_assignment(struct splicer *s, const struct splice_edit *edit)
{
    struct buf out;
    buf_init(&out, DOCUMENT_MAX_BYTES);
    buf_printf(&out, "\"%s=", edit->name);
    const char *value = edit->value != NULL ? edit->value : "";
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            buf_putc(&out, '\\');
        }
        buf_putc(&out, *at);
    }
    buf_putc(&out, '"');
    const char *text = arena_strdup(s->arena, out.data);
    buf_release(&out);
    return text;
}

/* The last line of the section: of its last setting, else its head. SIZE_MAX: there is none. */
static size_t section_place(const struct splicer *s, const char *group, bool variables)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < s->d->count; i++) {
        const struct document_entry *e = &s->d->entries[i];
        bool counts = strcmp(e->group, group) == 0 && e->kind != ENTRY_COMMAND &&
                      (!variables || e->kind == ENTRY_VARIABLE);
        if (counts && (found == SIZE_MAX || e->whole.end > found)) {
            found = e->whole.end;
        }
    }
    if (found == SIZE_MAX && variables) {
        return section_place(s, group, false);
    }
    if (found != SIZE_MAX) {
        return found;
    }
    const char *head = arena_printf(s->arena, "[%s]", group);
    size_t size = strlen(head);
    for (size_t at = 0; at < s->d->size; at = splicer_line_end(s, at) + 1) {
        size_t begin = at;
        if (begin == 0 && s->d->size >= 3 && memcmp(s->d->text, "\xEF\xBB\xBF", 3) == 0) {
            begin = 3;
        }
        if (s->d->size - begin >= size && memcmp(s->d->text + begin, head, size) == 0 &&
            splicer_is_blank(s, begin + size, splicer_line_end(s, begin))) {
            found = at;
        }
    }
    return found;
}

/* The end of the joined line that holds a byte: of its last line that is no comment. */
static size_t joined_end(const struct splicer *s, size_t byte)
{
    const char *text = s->d->text;
    size_t found = SIZE_MAX;

    for (size_t line = splicer_line_begin(s, byte); line < s->d->size;) {
        size_t end = splicer_line_end(s, line);
        size_t first = line;
        while (first < end && strchr(" \t", text[first]) != NULL) {
            first++;
        }
        bool comment = found != SIZE_MAX && first < end && strchr("#;", text[first]) != NULL;
        if (!comment) {
            found = end;
            if (systemd_continues(text, line, end) == SIZE_MAX) {
                break;
            }
        }
        line = end + 1;
    }
    return found != SIZE_MAX ? found : s->d->size;
}

/* Whether a comment stands between the lines of [begin, end). */
static bool has_comment(const struct splicer *s, size_t begin, size_t end)
{
    for (size_t at = splicer_line_end(s, begin); at < end; at = splicer_line_end(s, at + 1)) {
        size_t first = at + 1;
        while (first < end && strchr(" \t", s->d->text[first]) != NULL) {
            first++;
        }
        if (first < end && strchr("#;", s->d->text[first]) != NULL) {
            return true;
        }
    }
    return false;
}

static int insert(struct splicer *s, const struct splice_edit *edit)
{
    bool variable = edit->kind == ENTRY_VARIABLE;
    const char *line = variable
                           ? arena_printf(s->arena, "Environment=%s", quote_assignment(s, edit))
                           : arena_printf(s->arena, "%s=%s", edit->name,
                                          edit->value != NULL ? edit->value : "");
    size_t place = section_place(s, edit->group, variable);
    if (place != SIZE_MAX) {
        splicer_insert_lines(s, joined_end(s, place), line, true);
        return 0;
    }
    if (edit->group[0] == '\0') {
        return err_set(s->err, ERR_CONFIG, "'%.80s' belongs in a section of the unit", edit->name);
    }
    bool empty = splicer_is_blank(s, 0, s->d->size);
    splicer_insert_lines(s, s->d->size,
                         arena_printf(s->arena, "%s[%s]\n%s", empty ? "" : "\n", edit->group, line),
                         false);
    return 0;
}

int systemd_put_exec(struct splicer *s, const char *group, const char *exec)
{
    size_t place = section_place(s, group, false);
    const char *lines = arena_printf(s->arena, "ExecStart=\nExecStart=%s", exec);

    if (place != SIZE_MAX) {
        splicer_insert_lines(s, joined_end(s, place), lines, false);
        return 0;
    }
    if (group[0] == '\0') {
        return err_set(s->err, ERR_CONFIG, "'ExecStart' belongs in a section of the unit");
    }
    bool empty = splicer_is_blank(s, 0, s->d->size);
    splicer_insert_lines(s, s->d->size,
                         arena_printf(s->arena, "%s[%s]\n%s", empty ? "" : "\n", group, lines),
                         false);
    return 0;
}

static int set_variable(struct splicer *s, const struct splice_edit *edit,
                        const struct document_entry *e)
{
    char first = s->d->text[e->whole.begin];
    bool whole_quoted = first == '"' || first == '\'';
    const char *value = edit->value != NULL ? edit->value : "";
    if ((!whole_quoted && !e->quoted && splice_is_simple_word(value)) ||
        (first == '\'' && strpbrk(value, "'\\") == NULL)) {
        splicer_patch(s, e->value_span.begin, e->value_span.end, value, false);
    } else {
        splicer_patch(s, e->whole.begin, e->whole.end, quote_assignment(s, edit), false);
    }
    return 0;
}

static int remove_word(struct splicer *s, const struct document_entry *e)
{
    size_t begin = splicer_line_begin(s, e->whole.begin);
    size_t equals = begin;
    while (equals < e->whole.begin && s->d->text[equals] != '=') {
        equals++;
    }
    bool alone = equals < e->whole.begin && splicer_is_blank(s, equals + 1, e->whole.begin) &&
                 splicer_is_blank(s, e->whole.end, splicer_line_end(s, e->whole.end));
    if (alone) {
        size_t end = splicer_line_end(s, e->whole.end);
        splicer_patch(s, begin, end < s->d->size ? end + 1 : end, "", false);
        return 0;
    }
    size_t from = e->whole.begin;
    size_t to = e->whole.end;
    if (equals < from && splicer_is_blank(s, equals + 1, from)) { /* the first of its line */
        while (to < s->d->size && strchr(" \t", s->d->text[to]) != NULL) {
            to++;
        }
    } else {
        while (from > begin && strchr(" \t", s->d->text[from - 1]) != NULL) {
            from--;
        }
    }
    splicer_patch(s, from, to, "", false);
    return 0;
}

static int edit_flag(struct splicer *s, const struct splice_edit *edit,
                     const struct document_entry *e)
{
    const struct splice_edit exec = {.kind = ENTRY_KEY, .group = edit->group, .name = "ExecStart"};
    const struct document_entry *line = splice_find(s->d, &exec);

    if (edit->value != NULL && !splice_is_simple_word(edit->value)) {
        return splicer_refuse(s, e != NULL ? e->whole.begin : 0, "the value would need quotes");
    }
    for (size_t i = 0; i < s->d->count; i++) {
        if (s->d->entries[i].kind == ENTRY_COMMAND) {
            return splicer_refuse(s, s->d->entries[i].whole.begin,
                                  "the command is a script of a shell");
        }
    }
    if (e == NULL) {
        if (line == NULL || line->value == NULL) {
            return splicer_refuse(s, 0, "there is no 'ExecStart' here");
        }
        splicer_patch(s, line->value_span.end, line->value_span.end,
                      arena_printf(s->arena, " %s%s%s", edit->name, edit->value != NULL ? " " : "",
                                   edit->value != NULL ? edit->value : ""),
                      true);
        return 0;
    }
    if (edit->remove) {
        size_t from = e->whole.begin;
        while (from > 0 && strchr(" \t", s->d->text[from - 1]) != NULL) {
            from--;
        }
        splicer_patch(s, from, e->whole.end, "", false);
    } else if (e->value != NULL && edit->value != NULL) {
        splicer_patch(s, e->value_span.begin, e->value_span.end, edit->value, false);
    } else if (edit->value != NULL) {
        splicer_patch(s, e->whole.end, e->whole.end, arena_printf(s->arena, " %s", edit->value),
                      false);
    } else {
        splicer_patch(s, e->whole.begin + strlen(edit->name), e->whole.end, "", false);
    }
    return 0;
}

int splice_systemd(struct splicer *s, const struct splice_edit *edit,
                   const struct document_entry *e)
{
    bool exec = strncmp(edit->name, "Exec", 4) == 0;

    if (edit->kind == ENTRY_FLAG) {
        return edit_flag(s, edit, e);
    }
    if (edit->kind == ENTRY_KEY && (exec || strcmp(edit->name, "Environment") == 0)) {
        return splicer_refuse(s, e != NULL ? e->whole.begin : 0,
                              "'%.80s' is changed by its flags and variables", edit->name);
    }
    if (edit->kind == ENTRY_VARIABLE && edit->value != NULL && strchr(edit->value, '%') != NULL) {
        return splicer_refuse(s, e != NULL ? e->whole.begin : 0,
                              "systemd would take the '%%' of '%.80s' for a specifier", edit->name);
    }
    if (e == NULL) {
        return insert(s, edit);
    }
    if (edit->kind == ENTRY_KEY && has_comment(s, e->whole.begin, e->whole.end)) {
        return splicer_refuse(s, e->whole.begin, "comments stand between the lines of '%.80s'",
                              edit->name);
    }
    if (edit->kind == ENTRY_VARIABLE) {
        return edit->remove ? remove_word(s, e) : set_variable(s, edit, e);
    }
    if (edit->remove) {
        size_t end = splicer_line_end(s, e->whole.end);
        splicer_patch(s, splicer_line_begin(s, e->whole.begin), end < s->d->size ? end + 1 : end,
                      "", false);
        return 0;
    }
    splicer_patch(s, e->value_span.begin, e->value_span.end, edit->value != NULL ? edit->value : "",
                  false);
    return 0;
}
