#include <string.h>

#include "base/number.h"
#include "tuning/config/splice_scalar.h"
#include "tuning/config/splicer.h"

/* JSON files. The text was read by json.c already, so that walking it again needs no checks beyond
 * its end. */

struct walker {
    const char *text;
    size_t at, size;
};

static char peek(const struct walker *w)
{
    return w->at < w->size ? w->text[w->at] : '\0';
}

static void skip_blanks(struct walker *w)
{
    while (w->at < w->size && strchr(" \t\r\n", w->text[w->at]) != NULL) {
        w->at++;
    }
}

static void skip_text(struct walker *w)
{
    for (w->at++; w->at < w->size && peek(w) != '"'; w->at++) {
        w->at += peek(w) == '\\';
    }
    w->at++;
}

/* A value of any kind. */
static void skip_value(struct walker *w)
{
    size_t depth = 0;
    do {
        char c = peek(w);
        if (c == '"') {
            skip_text(w);
            continue;
        }
        if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (strchr(",: \t\r\n", c) == NULL) {
            while (w->at < w->size && strchr(",]} \t\r\n", peek(w)) == NULL) {
                w->at++;
            }
            continue;
        }
        w->at++;
    } while (depth > 0 && w->at < w->size);
}

struct container { /* an object or list, and its last member */
    size_t begin, end;
    size_t last_begin, last_value, last_end; /* begin and end equal: it is empty */
};

struct member {
    size_t begin, value, end; /* of the key, or of the item */
};

/* Steps over one member of the container at w->at, which is behind its bracket or a comma. */
static struct member next_member(struct walker *w, bool object)
{
    struct member m;
    skip_blanks(w);
    m.begin = w->at;
    if (object) {
        skip_text(w);
        skip_blanks(w);
        w->at++; /* the colon */
        skip_blanks(w);
    }
    m.value = w->at;
    skip_value(w);
    m.end = w->at;
    skip_blanks(w);
    return m;
}

static bool has_members(struct walker *w)
{
    skip_blanks(w);
    return peek(w) != '}' && peek(w) != ']';
}

static void measure(const struct splicer *s, size_t at, struct container *out)
{
    struct walker w = {s->d->text, at, s->d->size};
    bool object = peek(&w) == '{';
    *out = (struct container){.begin = at};
    w.at++;
    if (has_members(&w)) {
        for (;;) {
            struct member m = next_member(&w, object);
            out->last_begin = m.begin;
            out->last_value = m.value;
            out->last_end = m.end;
            if (peek(&w) != ',') {
                break;
            }
            w.at++;
        }
    }
    out->end = w.at + 1;
}

/* The longest key (or the item) of the container with which the path begins. */
static bool find_member(const struct splicer *s, size_t at, const char *path, struct member *out,
                        size_t *used)
{
    struct walker w = {s->d->text, at, s->d->size};
    bool object = peek(&w) == '{';
    bool found = false;
    uint64_t index = 0;
    const char *close = strchr(path, ']');
    uint64_t wanted = 0;
    if (!object && (path[0] != '[' || close == NULL ||
                    number_u64(path + 1, (size_t)(close - path) - 1, 10, &wanted) < 0)) {
        return false;
    }
    w.at++;
    if (!has_members(&w)) {
        return false;
    }
    for (;; w.at++) {
        struct member m = next_member(&w, object);
        size_t key_size = 0;
        if (object) {
            const char *key = s->d->text + m.begin + 1;
            while (key[key_size] != '"' && key[key_size] != '\\') {
                key_size++;
            }
            bool plain = key[key_size] == '"'; /* a key with escapes is not looked for */
            if (plain && key_size > 0 && strncmp(path, key, key_size) == 0 &&
                strchr(".[", path[key_size]) != NULL && (!found || key_size > *used)) {
                found = true; /* strchr finds the end, too */
                *out = m;
                *used = key_size;
            }
        } else if (index++ == wanted) {
            *out = m;
            *used = (size_t)(close - path) + 1;
            return true;
        }
        if (peek(&w) != ',') {
            return found;
        }
    }
}

static const char *format(struct splicer *s, const char *value, bool text)
{
    struct buf out;
    if (value == NULL) {
        return "null";
    }
    if (!text && scalar_is_typed(value)) {
        return value;
    }
    buf_init(&out, DOCUMENT_MAX_BYTES);
    buf_putc(&out, '"');
    for (; *value != '\0'; value++) { /* control characters were refused */
        if (*value == '"' || *value == '\\') {
            buf_putc(&out, '\\');
        }
        buf_putc(&out, *value);
    }
    buf_putc(&out, '"');
    const char *result = arena_strdup(s->arena, out.data);
    buf_release(&out);
    return result;
}

/* The deepest container of the path that is there; *rest is what is missing in it. */
static int find_container(const struct splicer *s, const char *path, size_t *at, const char **rest)
{
    struct walker w = {s->d->text, 0, s->d->size};
    if (w.size >= 3 && memcmp(w.text, "\xEF\xBB\xBF", 3) == 0) {
        w.at = 3;
    }
    skip_blanks(&w);
    *at = w.at;
    *rest = path;
    for (;;) {
        struct member m;
        size_t used = 0;
        char c = s->d->text[*at];
        if (c != '{' && c != '[') {
            return splicer_refuse(s, *at, "'%.80s' is below something that is no section", path);
        }
        if (!find_member(s, *at, *rest, &m, &used)) {
            return c == '{' ? 0 : splicer_refuse(s, *at, "the list has no item '%.60s'", *rest);
        }
        *at = m.value;
        *rest += used;
        *rest += **rest == '.';
        if (**rest == '\0') {
            return splicer_refuse(s, m.value, "what stands here is a section, not a value");
        }
    }
}

/* As a file may have it already: 8.0e-1. */
static bool is_json_number(const char *value)
{
    const char *at = value + (value[0] == '-');
    size_t digits = strspn(at, "0123456789");
    if (digits == 0 || (at[0] == '0' && digits > 1)) {
        return false;
    }
    at += digits;
    if (*at == '.') {
        digits = strspn(at + 1, "0123456789");
        if (digits == 0) {
            return false;
        }
        at += 1 + digits;
    }
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '+' || at[1] == '-');
        digits = strspn(at, "0123456789");
        if (digits == 0) {
            return false;
        }
        at += digits;
    }
    return *at == '\0';
}

/* Whether the value can stand there without changing the type of what stands there. */
static bool fits(const struct document_entry *e, const char *value)
{
    bool truth = value != NULL && (strcmp(value, "true") == 0 || strcmp(value, "false") == 0);
    if (value == NULL || e->value == NULL || e->quoted) {
        return true;
    }
    return scalar_class_of(DOCUMENT_JSON, e->value, false) == SCALAR_IS_TRUTH
               ? truth
               : is_json_number(value);
}

/* ---- lists ---- */

/* Where the value of a path stands. */
static bool find_value(const struct splicer *s, const char *path, size_t *at)
{
    struct walker w = {s->d->text, 0, s->d->size};
    w.at = w.size >= 3 && memcmp(w.text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    skip_blanks(&w);
    while (path[0] != '\0') {
        struct member m;
        size_t used = 0;
        char c = peek(&w);
        if ((c != '{' && c != '[') || !find_member(s, w.at, path, &m, &used)) {
            return false;
        }
        w.at = m.value;
        path += used;
        path += *path == '.';
    }
    *at = w.at;
    return true;
}

static const char *item_text(struct splicer *s, const struct splice_item *item, bool text)
{
    return format(s, item->text, text || item->quoted);
}

/* The items parted as they are in the list. */
static const char *list_text(struct splicer *s, const struct splice_item *items, int from,
                             int count, const char *between, bool texts)
{
    const char *text = "";
    for (int i = from; i < count; i++) {
        text = arena_printf(s->arena, "%s%s%s", text, i > from ? between : "",
                            item_text(s, &items[i], texts));
    }
    return text;
}

/* What stands between two items of the list from the byte of its bracket on; NULL: it has not two
 * of them. */
static const char *separator(struct splicer *s, size_t at)
{
    struct walker w = {s->d->text, at + 1, s->d->size};
    if (!has_members(&w)) {
        return NULL;
    }
    size_t end = next_member(&w, false).end;
    if (peek(&w) != ',') {
        return NULL;
    }
    w.at++;
    skip_blanks(&w);
    return arena_strndup(s->arena, w.text + end, w.at - end);
}

/* An item gets another value, and keeps its type. */
static int set_item(struct splicer *s, const struct member *m, const struct splice_item *item)
{
    char c = s->d->text[m->value];
    bool quoted = c == '"';
    const struct document_entry *e = NULL;
    for (size_t i = 0; i < s->d->count && e == NULL; i++) {
        e = s->d->entries[i].value_span.begin == m->value ? &s->d->entries[i] : NULL;
    }
    if (e == NULL) {
        return splicer_refuse(s, m->value, "what stands here is more than a list of values");
    }
    if (e->value != NULL && strcmp(e->value, item->text) == 0) {
        return 0;
    }
    if (e->interpolated) {
        return splicer_refuse(s, m->value, "an item of the list is filled in by others");
    }
    if (!fits(e, item->text) || (item->quoted && !quoted && e->value != NULL)) {
        return splicer_refuse(s, m->value, "an item of the list is of another type than '%.40s'",
                              item->text);
    }
    bool number = !quoted && !item->quoted && is_json_number(item->text);
    splicer_patch(s, m->value, m->end, number ? item->text : item_text(s, item, quoted), false);
    return 0;
}

/* Item by item, as they stand. */
static int set_list(struct splicer *s, size_t at, const struct splice_edit *edit)
{
    struct splice_item *items = NULL;
    int count = splice_list_items(edit->value, s->arena, &items);
    struct walker w = {s->d->text, at + 1, s->d->size};
    struct member last = {0};
    struct container c;
    int i = 0;
    int rc = 0;

    if (strncmp(s->d->text + at, "null", 4) == 0) {
        splicer_patch(s, at, at + 4,
                      arena_printf(s->arena, "[%s]", list_text(s, items, 0, count, ", ", false)),
                      false);
        return 0;
    }
    if (s->d->text[at] != '[') {
        return splicer_refuse(s, at, "what stands here is no list");
    }
    measure(s, at, &c);
    if (c.last_begin == c.last_end) {
        splicer_patch(s, at + 1, c.end - 1, list_text(s, items, 0, count, ", ", false), false);
        return 0;
    }
    for (bool more = true; more && i < count && rc == 0; i++) {
        last = next_member(&w, false);
        rc = set_item(s, &last, &items[i]);
        more = peek(&w) == ',';
        w.at += more;
    }
    if (rc < 0) {
        return rc;
    }
    if (last.end < c.last_end) {
        splicer_patch(s, last.end, c.last_end, "", false);
    } else if (i < count) {
        const char *between = separator(s, at);
        size_t line = splicer_line_begin(s, c.last_begin);
        bool lines = line > at && splicer_is_blank(s, line, c.last_begin);
        between = between != NULL ? between
                  : lines ? arena_printf(s->arena, ",%s%s", s->eol, splicer_indent(s, c.last_begin))
                          : ", ";
        bool texts = s->d->text[c.last_value] == '"';
        splicer_patch(
            s, c.last_end, c.last_end,
            arena_printf(s->arena, "%s%s", between, list_text(s, items, i, count, between, texts)),
            false);
    }
    return 0;
}

/* A new list below a line with an indentation, as the first other list of the file is laid out. */
static const char *new_list(struct splicer *s, const struct splice_edit *edit, const char *indent)
{
    struct splice_item *items = NULL;
    int count = splice_list_items(edit->value, s->arena, &items);
    const char *between = ", ";

    for (size_t i = 0; i < s->d->count; i++) {
        const struct document_entry *e = &s->d->entries[i];
        size_t at = e->whole.begin;
        size_t size = strlen(e->name);
        if (size == 0 || e->name[size - 1] != ']') {
            continue;
        }
        while (at > 0 && strchr(" \t\r\n", s->d->text[at - 1]) != NULL) {
            at--;
        }
        if (at == 0 || s->d->text[at - 1] != '[') {
            continue;
        }
        const char *outer = splicer_indent(s, at - 1);
        const char *inner = splicer_indent(s, e->whole.begin);
        if (splicer_line_begin(s, e->whole.begin) >= at && strlen(inner) > strlen(outer)) {
            const char *step = inner + strlen(outer);
            return arena_printf(s->arena, "[%s%s%s%s%s%s]", s->eol, indent, step,
                                list_text(s, items, 0, count,
                                          arena_printf(s->arena, ",%s%s%s", s->eol, indent, step),
                                          false),
                                s->eol, indent);
        }
        const char *like = separator(s, at - 1);
        between = like != NULL && strchr(like, '\n') == NULL ? like : between;
        break;
    }
    return arena_printf(s->arena, "[%s]", list_text(s, items, 0, count, between, false));
}

/* ---- members ---- */

static int insert(struct splicer *s, const struct splice_edit *edit)
{
    struct container c;
    size_t at;
    const char *rest;
    struct buf text;
    size_t depth = 0;
    int rc = find_container(s, edit->name, &at, &rest);

    if (rc < 0) {
        return rc;
    }
    if (strpbrk(rest, "[\"\\") != NULL || strstr(rest, "..") != NULL) {
        return splicer_refuse(s, at, "'%.80s' is not there to be changed", edit->name);
    }
    measure(s, at, &c);
    /* "key": value, or "key":value where the one before is written without a blank. */
    bool tight = c.last_end > c.last_begin && s->d->text[c.last_value - 1] == ':';
    const char *colon = tight ? ":" : ": ";
    buf_init(&text, DOCUMENT_MAX_BYTES);
    for (const char *dot; (dot = strchr(rest, '.')) != NULL; rest = dot + 1, depth++) {
        buf_printf(&text, "\"%.*s\"%s{", (int)(dot - rest), rest, colon);
    }
    buf_printf(
        &text, "\"%s\"%s%s", rest, colon,
        edit->list
            ? new_list(s, edit, c.last_begin == c.last_end ? "" : splicer_indent(s, c.last_begin))
            : format(s, edit->value, edit->text));
    for (size_t i = 0; i < depth; i++) {
        buf_putc(&text, '}');
    }
    const char *made = arena_strdup(s->arena, text.data);
    buf_release(&text);
    if (c.last_begin == c.last_end) {
        splicer_patch(s, c.begin + 1, c.end - 1, made, false);
        return 0;
    }
    size_t line = splicer_line_begin(s, c.last_begin);
    bool lines = line > c.begin && splicer_is_blank(s, line, c.last_begin);
    const char *space = tight ? "" : " ";
    splicer_patch(
        s, c.last_end, c.last_end,
        lines ? arena_printf(s->arena, ",%s%s%s", s->eol, splicer_indent(s, c.last_begin), made)
              : arena_printf(s->arena, ",%s%s", space, made),
        depth == 0);
    return 0;
}

/* A member goes with the comma that it no longer needs. */
static int take_away(struct splicer *s, const struct document_entry *e)
{
    size_t begin = e->whole.begin;
    size_t end = e->whole.end;
    struct walker w = {s->d->text, end, s->d->size};

    if (s->d->text[begin] != '"' || e->value_span.begin == begin) {
        return splicer_refuse(s, begin, "items of a list are not taken out");
    }
    skip_blanks(&w);
    if (peek(&w) == ',') {
        w.at++;
        skip_blanks(&w);
        splicer_patch(s, begin, w.at, "", false);
        return 0;
    }
    while (begin > 0 && strchr(" \t\r\n", s->d->text[begin - 1]) != NULL) {
        begin--;
    }
    begin -= begin > 0 && s->d->text[begin - 1] == ',';
    splicer_patch(s, begin, end, "", false);
    return 0;
}

int splice_json(struct splicer *s, const struct splice_edit *edit, const struct document_entry *e)
{
    if (edit->group[0] != '\0') {
        return err_set(s->err, ERR_CONFIG, "'%.80s' does not belong there", edit->name);
    }
    size_t at;
    if (edit->list && find_value(s, edit->name, &at)) {
        return set_list(s, at, edit);
    }
    if (e == NULL) {
        return insert(s, edit);
    }
    if (edit->remove) {
        return take_away(s, e);
    }
    if (!fits(e, edit->value)) {
        return splicer_refuse(s, e->whole.begin, "'%.80s' is a %s here", edit->name,
                              scalar_class_of(DOCUMENT_JSON, e->value, e->quoted) ==
                                      SCALAR_IS_NUMBER
                                  ? "number"
                                  : "truth value");
    }
    bool number = !e->quoted && e->value != NULL && edit->value != NULL &&
                  is_json_number(edit->value);
    splicer_patch(s, e->value_span.begin, e->value_span.end,
                  number ? edit->value
                         : format(s, edit->value, e->quoted || (e->value == NULL && edit->text)),
                  false);
    return 0;
}
