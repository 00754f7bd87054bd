#include <string.h>

#include "tuning/config/splice_scalar.h"
#include "tuning/config/splicer.h"

/* Property lists as XML. What the entries do not tell (where an empty dict stands) is found by the
 * text of its key; that it was the right place is proven by reading the result. */

static const char *escape(struct splicer *s, const char *value)
{
    struct buf out;
    buf_init(&out, DOCUMENT_MAX_BYTES);
    for (; *value != '\0'; value++) {
        switch (*value) {
        case '&':
            buf_puts(&out, "&amp;");
            break;
        case '<':
            buf_puts(&out, "&lt;");
            break;
        case '>':
            buf_puts(&out, "&gt;");
            break;
        default:
            buf_putc(&out, *value);
            break;
        }
    }
    const char *text = arena_strdup(s->arena, out.data);
    buf_release(&out);
    return text;
}

/* The element of a value: of an environment all are strings. */
static const char *element(struct splicer *s, const struct splice_edit *edit)
{
    const char *value = edit->value != NULL ? edit->value : "";
    if (edit->kind == ENTRY_KEY && (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)) {
        return arena_printf(s->arena, "<%s/>", value);
    }
    const char *tag = edit->kind == ENTRY_KEY && scalar_is_typed(value)
                          ? (strchr(value, '.') != NULL ? "real" : "integer")
                          : "string";
    return arena_printf(s->arena, "<%s>%s</%s>", tag, escape(s, value), tag);
}

/* The end of the element whose text ends at a byte, or the byte when it is an element's end. */
static size_t element_end(const struct splicer *s, size_t byte)
{
    if (byte > 0 && s->d->text[byte - 1] == '>') {
        return byte;
    }
    const char *end = memchr(s->d->text + byte, '>', s->d->size - byte);
    return end != NULL ? (size_t)(end - s->d->text) + 1 : s->d->size;
}

static size_t element_begin(const struct splicer *s, size_t byte)
{
    if (s->d->text[byte] == '<') {
        return byte;
    }
    while (byte > 0 && s->d->text[byte] != '<') {
        byte--;
    }
    return byte;
}

static bool has_own_line(const struct splicer *s, size_t begin)
{
    return splicer_is_blank(s, splicer_line_begin(s, begin), begin) &&
           splicer_line_begin(s, begin) > 0;
}

/* Text that stands before `at` as a pair or item on lines of its own, or without lines. */
static const char *laid_out(struct splicer *s, const char *key, const char *value,
                            const char *indent, bool lines)
{
    if (!lines) {
        return arena_printf(s->arena, "%s%s", key, value);
    }
    if (key[0] == '\0') {
        return arena_printf(s->arena, "%s%s%s", s->eol, indent, value);
    }
    return arena_printf(s->arena, "%s%s%s%s%s%s", s->eol, indent, key, s->eol, indent, value);
}

static const char *key_element(struct splicer *s, const char *name)
{
    return arena_printf(s->arena, "<key>%s</key>", escape(s, name));
}

/* Where text stands outside of comments; SIZE_MAX: it does not, or more than once. */
static size_t find_once(const struct splicer *s, const char *text)
{
    size_t size = strlen(text);
    size_t found = SIZE_MAX;
    for (size_t i = 0; i + size <= s->d->size; i++) {
        if (s->d->size - i >= 4 && memcmp(s->d->text + i, "<!--", 4) == 0) {
            const char *close = strstr(s->d->text + i, "-->");
            if (close == NULL) {
                break;
            }
            i = (size_t)(close - s->d->text) + 2;
        } else if (memcmp(s->d->text + i, text, size) == 0) {
            if (found != SIZE_MAX) {
                return SIZE_MAX;
            }
            found = i;
        }
    }
    return found;
}

/* The last entry of a kind (and of names that begin so), for its layout. */
static const struct document_entry *last_entry(const struct splicer *s,
                                               enum document_entry_kind kind, const char *prefix)
{
    const struct document_entry *found = NULL;
    for (size_t i = 0; i < s->d->count; i++) {
        const struct document_entry *e = &s->d->entries[i];
        if (e->kind == kind && strncmp(e->name, prefix, strlen(prefix)) == 0 &&
            (found == NULL || e->whole.end >= found->whole.end)) {
            found = e;
        }
    }
    return found;
}

/* The end of an element with the comments that are its: those in its line, and, when nothing else
 * comes before the end of what it stands in, those below it. */
static size_t behind_comments(const struct splicer *s, size_t byte)
{
    const char *text = s->d->text;
    size_t end = byte;
    size_t in_line = byte;
    bool same_line = true;

    for (;;) {
        while (byte < s->d->size && strchr(" \t\r\n", text[byte]) != NULL) {
            same_line = same_line && text[byte] != '\n';
            byte++;
        }
        if (s->d->size - byte < 4 || memcmp(text + byte, "<!--", 4) != 0) {
            break;
        }
        const char *close = strstr(text + byte, "-->");
        if (close == NULL) {
            return in_line;
        }
        byte = (size_t)(close - text) + 3;
        end = byte;
        in_line = same_line ? byte : in_line;
    }
    bool last = s->d->size - byte >= 2 && memcmp(text + byte, "</", 2) == 0;
    return last ? end : in_line;
}

/* A pair behind one that is there, laid out like it. */
static int insert_behind(struct splicer *s, const struct document_entry *like,
                         const struct splice_edit *edit, const char *name)
{
    bool lines = has_own_line(s, like->whole.begin);
    size_t at = behind_comments(s, like->whole.end);
    splicer_patch(s, at, at,
                  laid_out(s, key_element(s, name), element(s, edit),
                           splicer_indent(s, like->whole.begin), lines),
                  true);
    return 0;
}

/* Into the empty dict behind <key>name</key>. *found: there is one. */
static int fill_dict(struct splicer *s, const char *name, const char *pair_key,
                     const char *pair_value, bool *found)
{
    const char *key = key_element(s, name);
    size_t at = find_once(s, key);
    static const char *const empties[] = {"<dict/>", "<dict />", NULL};

    *found = false;
    if (at == SIZE_MAX) {
        return 0;
    }
    size_t begin = at + strlen(key);
    while (begin < s->d->size && strchr(" \t\r\n", s->d->text[begin]) != NULL) {
        begin++;
    }
    size_t end = 0;
    for (size_t i = 0; empties[i] != NULL; i++) {
        size_t size = strlen(empties[i]);
        if (s->d->size - begin >= size && memcmp(s->d->text + begin, empties[i], size) == 0) {
            end = begin + size;
        }
    }
    if (end == 0 && s->d->size - begin >= 6 && memcmp(s->d->text + begin, "<dict>", 6) == 0) {
        size_t close = begin + 6;
        while (close < s->d->size && strchr(" \t\r\n", s->d->text[close]) != NULL) {
            close++;
        }
        if (s->d->size - close >= 7 && memcmp(s->d->text + close, "</dict>", 7) == 0) {
            end = close + 7;
        }
    }
    if (end == 0) {
        return splicer_refuse(s, at, "what stands behind '%.40s' is no empty section", name);
    }
    *found = true;
    const char *indent = splicer_indent(s, at);
    bool lines = has_own_line(s, at);
    const char *step = strchr(indent, '\t') != NULL || indent[0] == '\0' ? "\t" : "    ";
    const char *inner = arena_printf(s->arena, "%s%s", indent, step);
    splicer_patch(s, begin, end,
                  arena_printf(s->arena, "<dict>%s%s</dict>",
                               laid_out(s, pair_key, pair_value, inner, lines),
                               lines ? arena_printf(s->arena, "%s%s", s->eol, indent) : ""),
                  false);
    return 0;
}

/* Behind the last pair of the topmost dict. */
static int insert_at_top(struct splicer *s, const char *name, const char *value, bool dict,
                         const char *pair_key)
{
    size_t close = SIZE_MAX;
    for (size_t i = 0; i + 7 <= s->d->size; i++) {
        if (memcmp(s->d->text + i, "</dict>", 7) == 0) {
            close = i;
        }
    }
    if (close == SIZE_MAX) {
        return splicer_refuse(s, 0, "there is no <dict> to put it into");
    }
    const struct splice_edit label = {.kind = ENTRY_KEY, .group = "", .name = "Label"};
    const struct document_entry *like = NULL;
    for (size_t i = 0; i < s->d->count && like == NULL; i++) {
        if (strcmp(s->d->entries[i].name, label.name) == 0) {
            like = &s->d->entries[i];
        }
    }
    bool lines = has_own_line(s, close);
    const char *indent = like != NULL ? splicer_indent(s, like->whole.begin)
                                      : arena_printf(s->arena, "%s\t", splicer_indent(s, close));
    if (dict) {
        const char *step = strchr(indent, '\t') != NULL || indent[0] == '\0' ? "\t" : "    ";
        const char *inner = arena_printf(s->arena, "%s%s", indent, step);
        value = arena_printf(s->arena, "<dict>%s%s</dict>",
                             laid_out(s, pair_key, value, inner, lines),
                             lines ? arena_printf(s->arena, "%s%s", s->eol, indent) : "");
    }
    size_t at = close;
    while (at > 0 && strchr(" \t\r\n", s->d->text[at - 1]) != NULL) {
        at--;
    }
    splicer_patch(s, at, at, laid_out(s, key_element(s, name), value, indent, lines), !dict);
    return 0;
}

static int insert_variable(struct splicer *s, const struct splice_edit *edit)
{
    const struct document_entry *like = last_entry(s, ENTRY_VARIABLE, "");
    bool found;
    if (like != NULL && s->d->text[like->whole.begin] == '<') {
        return insert_behind(s, like, edit, edit->name);
    }
    int rc = fill_dict(s, "EnvironmentVariables", key_element(s, edit->name), element(s, edit),
                       &found);
    if (rc < 0 || found) {
        return rc;
    }
    return insert_at_top(s, "EnvironmentVariables", element(s, edit), true,
                         key_element(s, edit->name));
}

static int insert_key(struct splicer *s, const struct splice_edit *edit)
{
    const char *dot = strchr(edit->name, '.');
    bool found;

    if (strchr(edit->name, '[') != NULL || (dot != NULL && strchr(dot + 1, '.') != NULL)) {
        return splicer_refuse(s, 0, "'%.80s' is not there to be changed", edit->name);
    }
    if (dot == NULL) {
        return insert_at_top(s, edit->name, element(s, edit), false, "");
    }
    const char *section = arena_strndup(s->arena, edit->name, (size_t)(dot - edit->name));
    const char *prefix = arena_printf(s->arena, "%s.", section);
    const struct document_entry *like = last_entry(s, ENTRY_KEY, prefix);
    if (like != NULL) {
        return insert_behind(s, like, edit, dot + 1);
    }
    int rc = fill_dict(s, section, key_element(s, dot + 1), element(s, edit), &found);
    if (rc < 0 || found) {
        return rc;
    }
    return insert_at_top(s, section, element(s, edit), true, key_element(s, dot + 1));
}

/* ---- arguments ---- */

static int insert_flag(struct splicer *s, const struct splice_edit *edit)
{
    const struct document_entry *flag = last_entry(s, ENTRY_FLAG, "-");
    const struct document_entry *word = last_entry(s, ENTRY_KEY, "ProgramArguments[");
    const struct document_entry *like =
        flag != NULL && (word == NULL || flag->whole.end > word->whole.end) ? flag : word;
    for (size_t i = 0; i < s->d->count; i++) {
        if (s->d->entries[i].kind == ENTRY_COMMAND) {
            return splicer_refuse(s, s->d->entries[i].whole.begin,
                                  "the command is a script of a shell");
        }
    }
    if (like == NULL) {
        return splicer_refuse(s, 0, "there are no 'ProgramArguments' here");
    }
    size_t begin = element_begin(s, like->whole.begin);
    size_t end = element_end(s, like->whole.end);
    const char *indent = splicer_indent(s, begin);
    bool lines = has_own_line(s, begin);
    const char *text = laid_out(
        s, "", arena_printf(s->arena, "<string>%s</string>", escape(s, edit->name)), indent, lines);
    if (edit->value != NULL) {
        const char *second = laid_out(
            s, "", arena_printf(s->arena, "<string>%s</string>", escape(s, edit->value)), indent,
            lines);
        text = arena_printf(s->arena, "%s%s", text, second);
    }
    end = behind_comments(s, end);
    splicer_patch(s, end, end, text, true);
    return 0;
}

/* Takes [begin, end) with the blanks before it, so that no empty line stays. */
static void take_out(struct splicer *s, size_t begin, size_t end)
{
    while (begin > 0 && strchr(" \t\r\n", s->d->text[begin - 1]) != NULL) {
        begin--;
    }
    splicer_patch(s, begin, end, "", false);
}

/* Where the text begins in [begin, end); `end`: nowhere. */
static size_t find_in(const struct splicer *s, size_t begin, size_t end, const char *text)
{
    const size_t size = strlen(text);

    while (begin < end && (end - begin < size || memcmp(s->d->text + begin, text, size) != 0)) {
        begin++;
    }
    return begin;
}

static const char cdata[] = "<![CDATA[";

/* Whether the value is one CDATA section and nothing else. */
static bool is_cdata(const struct splicer *s, const struct document_span *span)
{
    return find_in(s, span->begin, span->end, cdata) == span->begin && span->begin < span->end &&
           find_in(s, span->begin, span->end, "]]>") + 3 == span->end;
}

/* The new text of a value between its tags. STATE: what stands there besides would be lost. */
static int format_text(struct splicer *s, const struct document_entry *e, const char *value,
                       const char **out)
{
    const struct document_span *span = &e->value_span;

    *out = escape(s, value);
    if (is_cdata(s, span)) {
        if (strstr(value, "]]>") == NULL) {
            *out = arena_printf(s->arena, "%s%s]]>", cdata, value);
        }
    } else if (find_in(s, span->begin, span->end, "<!") < span->end ||
               find_in(s, span->begin, span->end, "<?") < span->end) {
        return splicer_refuse(s, e->whole.begin,
                              "a comment or a CDATA section stands inside of '%.80s'", e->name);
    }
    return 0;
}

static int edit_flag(struct splicer *s, const struct splice_edit *edit,
                     const struct document_entry *e)
{
    if (e == NULL) {
        return insert_flag(s, edit);
    }
    size_t begin = element_begin(s, e->whole.begin);
    const char *item = arena_strndup(s->arena, s->d->text + begin,
                                     element_end(s, begin + 1) - begin);
    if (strcmp(item, "<string>") != 0) {
        return splicer_refuse(s, e->whole.begin, "the flag is no word of its own");
    }
    if (edit->remove) {
        take_out(s, begin, element_end(s, e->whole.end));
    } else if (edit->value != NULL && e->value != NULL && e->value_span.begin < e->value_span.end) {
        bool tag = s->d->text[e->value_span.begin] == '<' && !is_cdata(s, &e->value_span);
        const char *text;
        int rc = format_text(s, e, edit->value, &text);
        if (rc < 0) {
            return rc;
        }
        splicer_patch(s, e->value_span.begin, e->value_span.end,
                      tag ? arena_printf(s->arena, "<string>%s</string>", text) : text, false);
    } else {
        return splicer_refuse(s, e->whole.begin, "the flag has another form than it should get");
    }
    return 0;
}

static bool is_behind(const struct splicer *s, size_t byte, const char *text)
{
    size_t size = strlen(text);
    return byte >= size && memcmp(s->d->text + byte - size, text, size) == 0;
}

/* The type of what stands there is its tag, which stays. */
static int set_value(struct splicer *s, const struct splice_edit *edit,
                     const struct document_entry *e)
{
    const char *value = edit->value != NULL ? edit->value : "";
    const char *at = s->d->text + e->value_span.begin;
    size_t size = e->value_span.end - e->value_span.begin;
    const char *text;
    bool truth = strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
    bool number = !truth && scalar_is_typed(value);
    const char *type = NULL;
    int rc = format_text(s, e, value, &text);

    if (rc < 0) {
        return rc;
    }
    if (size > 0 && at[0] == '<' &&
        !is_cdata(s, &e->value_span)) { /* "<true/>", "<string/>": the tag is the value */
        bool empty = size >= 7 && memcmp(at, "<string", 7) == 0;
        type = empty || truth ? NULL : "truth value";
        text = empty ? arena_printf(s->arena, "<string>%s</string>", text) : element(s, edit);
    } else if (is_behind(s, e->value_span.begin, "<integer>")) {
        type = number && strchr(value, '.') == NULL ? NULL : "whole number";
    } else if (is_behind(s, e->value_span.begin, "<real>")) {
        type = number ? NULL : "number";
    }
    if (type != NULL) {
        return splicer_refuse(s, e->whole.begin, "'%.80s' is a %s here", edit->name, type);
    }
    splicer_patch(s, e->value_span.begin, e->value_span.end, text, false);
    return 0;
}

int splice_plist(struct splicer *s, const struct splice_edit *edit, const struct document_entry *e)
{
    const char *label = s->d->count > 0 ? s->d->entries[0].group : "";
    if (strcmp(edit->group, label) != 0) {
        return splicer_refuse(s, 0, "it is not the property list of '%.80s'", edit->group);
    }
    if (edit->kind == ENTRY_FLAG) {
        return edit_flag(s, edit, e);
    }
    if (e == NULL) {
        return edit->kind == ENTRY_VARIABLE ? insert_variable(s, edit) : insert_key(s, edit);
    }
    if (s->d->text[e->whole.begin] != '<') {
        return splicer_refuse(s, e->whole.begin, "it is part of a command");
    }
    if (edit->remove) {
        if (strstr(s->d->text + e->whole.begin, "<key>") != s->d->text + e->whole.begin) {
            return splicer_refuse(s, e->whole.begin, "items of a list are not taken out");
        }
        take_out(s, e->whole.begin, e->whole.end);
        return 0;
    }
    return set_value(s, edit, e);
}
