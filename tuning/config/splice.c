#include "tuning/config/splice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tuning/config/builder.h"
#include "tuning/config/splice_index.h"
#include "tuning/config/splice_list.h"
#include "tuning/config/splicer.h"

/* ---- patches ---- */

void splicer_patch(struct splicer *s, size_t begin, size_t end, const char *text, bool beside)
{
    if (s->count == s->capacity) {
        s->capacity = s->capacity > 0 ? s->capacity * 2 : 16;
        s->patches = xreallocarray(s->patches, s->capacity, sizeof(s->patches[0]));
    }
    s->patches[s->count++] = (struct patch){begin, end, text, beside, s->into};
}

/* Whether patches [from, count) touch those before. */
static bool patches_touch(const struct splicer *s, size_t from)
{
    for (size_t i = from; i < s->count; i++) {
        const struct patch *p = &s->patches[i];
        for (size_t k = 0; k < from; k++) {
            const struct patch *q = &s->patches[k];
            bool both_beside = p->beside && q->beside && p->begin == q->begin && p->into == q->into;
            if (p->begin <= q->end && q->begin <= p->end && !both_beside) {
                return true;
            }
        }
    }
    return false;
}

/* In the order of the text, those of one place in the order in which they were asked for. */
static int compare_patches(const void *left, const void *right)
{
    const struct patch *const *a = left;
    const struct patch *const *b = right;
    if ((*a)->begin != (*b)->begin) {
        return (*a)->begin < (*b)->begin ? -1 : 1;
    }
    return (*a > *b) - (*a < *b);
}

void splicer_text(const struct splicer *s, struct buf *out)
{
    const struct patch **order = xcalloc(s->count + 1, sizeof(order[0]));
    size_t at = 0;

    for (size_t i = 0; i < s->count; i++) {
        order[i] = &s->patches[i];
    }
    qsort(order, s->count, sizeof(order[0]), compare_patches);
    buf_clear(out);
    for (size_t i = 0; i < s->count; i++) {
        buf_add(out, s->d->text + at, order[i]->begin - at);
        buf_puts(out, order[i]->text);
        at = order[i]->end;
    }
    buf_add(out, s->d->text + at, s->d->size - at);
    free(order);
}

int(splicer_refuse)(const struct splicer *s, size_t byte, const char *fmt, ...)
{
    char msg[sizeof(s->err->msg)];
    unsigned long line = 1;
    unsigned long column = 1;
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(msg, sizeof(msg), fmt, ap);
    va_end(ap);
    struct text_places places;
    text_places_init(&places, s->d->text, s->d->size, s->arena);
    text_place(&places, byte, &line, &column);
    (void)text_line_fail(s->d->file, line, column, s->err, "%s", msg);
    s->err->code = (int)ERR_STATE; /* the file is right; it is the change that cannot be made */
    return -(int)ERR_STATE;
}

/* ---- lines ---- */

size_t splicer_line_begin(const struct splicer *s, size_t byte)
{
    while (byte > 0 && s->d->text[byte - 1] != '\n') {
        byte--;
    }
    return byte;
}

size_t splicer_line_end(const struct splicer *s, size_t byte)
{
    while (byte < s->d->size && s->d->text[byte] != '\n') {
        byte++;
    }
    return byte;
}

bool splicer_is_blank(const struct splicer *s, size_t begin, size_t end)
{
    for (; begin < end; begin++) {
        if (strchr(" \t\r\n", s->d->text[begin]) == NULL) {
            return false;
        }
    }
    return true;
}

const char *splicer_indent(const struct splicer *s, size_t byte)
{
    size_t begin = splicer_line_begin(s, byte);
    size_t end = begin;
    while (end < s->d->size && (s->d->text[end] == ' ' || s->d->text[end] == '\t')) {
        end++;
    }
    return arena_strndup(s->arena, s->d->text + begin, end - begin);
}

void splicer_insert_lines(struct splicer *s, size_t byte, const char *lines, bool beside)
{
    size_t end = splicer_line_end(s, byte);
    bool last = end == s->d->size; /* its newline is missing */
    bool empty = splicer_line_begin(s, byte) == end && last;
    struct buf text;

    buf_init(&text, DOCUMENT_MAX_BYTES);
    if (last && !empty) {
        buf_puts(&text, s->eol);
    }
    for (const char *at = lines; *at != '\0'; at++) {
        if (*at == '\n') {
            buf_puts(&text, s->eol);
        } else {
            buf_putc(&text, *at);
        }
    }
    if (!last || empty) {
        buf_puts(&text, s->eol);
    }
    size_t at = last ? end : end + 1;
    splicer_patch(s, at, at, arena_strdup(s->arena, text.data), beside);
    buf_release(&text);
}

bool splicer_remove_lines(struct splicer *s, size_t begin, size_t end)
{
    size_t from = splicer_line_begin(s, begin);
    size_t to = splicer_line_end(s, end);
    size_t rest = end;

    while (rest < to && strchr(" \t\r", s->d->text[rest]) != NULL) {
        rest++;
    }
    if (!splicer_is_blank(s, from, begin) || (rest < to && s->d->text[rest] != '#')) {
        return false;
    }
    if (to < s->d->size) {
        to++;
    } else if (from > 0) { /* the last line has no newline: the one before keeps none either */
        from--;
        from -= from > 0 && s->d->text[from - 1] == '\r';
    }
    splicer_patch(s, from, to, "", false);
    return true;
}

bool splice_is_simple_word(const char *value)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "_./:,+@=-";
    return value[0] != '\0' && strspn(value, safe) == strlen(value);
}

/* ---- edits ---- */

const struct document_entry *splice_find(const struct document *d, const struct splice_edit *edit)
{
    for (size_t i = d->count; i > 0; i--) {
        const struct document_entry *e = &d->entries[i - 1];
        if (e->kind == edit->kind && strcmp(e->group, edit->group) == 0 &&
            strcmp(e->name, edit->name) == 0) {
            return e;
        }
    }
    return NULL;
}

static bool is_same(const struct splice_index *index, const struct document_entry *e,
                    const struct splice_edit *edit)
{
    if (edit->list && !edit->remove) {
        return splice_list_is(index, edit);
    }
    if (edit->remove) {
        return e == NULL;
    }
    if (e == NULL) {
        return false;
    }
    return e->value == NULL || edit->value == NULL ? e->value == edit->value
                                                   : strcmp(e->value, edit->value) == 0;
}

/* What no kind of file can hold, or what would be read as something else. */
static int check_edit(const struct splicer *s, const struct splice_edit *edit)
{
    const char *value = edit->value != NULL ? edit->value : "";
    enum document_kind kind = s->d->kind;
    bool lines = kind == DOCUMENT_ENV || kind == DOCUMENT_SHELL;

    if (edit->name[0] == '\0' || edit->kind == ENTRY_COMMAND) {
        return err_set(s->err, ERR_CONFIG, "an edit names a variable, a flag or a key");
    }
    if ((lines && edit->kind == ENTRY_KEY) || (kind == DOCUMENT_ENV && edit->kind == ENTRY_FLAG) ||
        ((kind == DOCUMENT_JSON || kind == DOCUMENT_YAML) && edit->kind != ENTRY_KEY)) {
        return err_set(s->err, ERR_CONFIG, "a file of this kind (%s) cannot hold '%.80s'",
                       document_kind_words[kind], edit->name);
    }
    for (const char *at = value; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F) {
            return err_set(s->err, ERR_CONFIG, "the value of '%.80s' holds control characters",
                           edit->name);
        }
    }
    if (edit->list && (edit->kind != ENTRY_KEY || edit->remove ||
                       (kind != DOCUMENT_JSON && kind != DOCUMENT_YAML))) {
        return err_set(s->err, ERR_CONFIG, "lists are written into JSON and YAML files only");
    }
    if (edit->list) {
        struct splice_item *items;
        if (splice_list_items(edit->value, s->arena, &items) < 0) {
            return err_set(s->err, ERR_CONFIG, "'%.80s' is no list of values, [a, b]",
                           edit->value != NULL ? edit->value : "");
        }
    }
    if (edit->kind == ENTRY_VARIABLE &&
        (edit->name[strcspn(edit->name, "= \t\"'\\#$")] != '\0' ||
         (edit->value == NULL && !edit->remove && kind != DOCUMENT_COMPOSE))) {
        return err_set(s->err, ERR_CONFIG, "'%.80s' is no variable with a value", edit->name);
    }
    if (kind == DOCUMENT_COMPOSE && text_interpolates(value, strlen(value), true)) {
        return splicer_refuse(s, 0, "compose would fill in the '$' of '%.80s'", edit->name);
    }
    return 0;
}

/* What is true of every kind. *e is the entry that is there, the last of `count`. */
static int check_entry(const struct splicer *s, const struct splice_edit *edit,
                       const struct document_entry *e, size_t count)
{
    size_t place = e != NULL ? e->whole.begin : 0;

    if (s->d->duplicates > 0 && s->d->kind != DOCUMENT_ENV && s->d->kind != DOCUMENT_SHELL &&
        s->d->kind != DOCUMENT_SYSTEMD) {
        return splicer_refuse(s, place,
                              "names stand in it twice: which of them counts is not sure");
    }
    if (count > 1) {
        return splicer_refuse(s, place, "'%.80s' stands in it more than once", edit->name);
    }
    if (e != NULL && e->fixed != NULL) {
        return splicer_refuse(s, place, "%s", e->fixed);
    }
    if (e != NULL && e->interpolated && !edit->remove) {
        struct splice_interpolation i;
        if (e->value != NULL && splice_interpolation(e->value, &i)) {
            return splicer_refuse(s, place, "'%.80s' is filled in from %.*s: that is to be changed",
                                  edit->name, (int)i.name_size, i.name);
        }
        return splicer_refuse(s, place, "parts of '%.80s' are filled in by others", edit->name);
    }
    return 0;
}

/* Where the tags of YAML would have it. */
static const char *path_of(const struct splicer *s, const struct splice_edit *edit,
                           const struct document_entry *e)
{
    bool service = s->d->kind == DOCUMENT_COMPOSE && edit->group[0] != '\0';

    if (service && edit->kind == ENTRY_FLAG) {
        return e != NULL && e->line_of != NULL ? e->line_of : "command";
    }
    return service && edit->kind == ENTRY_VARIABLE
               ? arena_printf(s->arena, "environment.%s", edit->name)
               : edit->name;
}

/* What a tag makes of a value is not to be seen in the file that the value is written into. */
static int refuse_tag(const struct splicer *s, const struct document_tag *t)
{
    const bool compose = s->d->kind == DOCUMENT_COMPOSE;
    const char *what = t->path[0] != '\0' ? t->path : compose ? "the service" : "all of it";

    if (compose && strcmp(t->tag, "!reset") == 0) {
        return splicer_refuse(s, t->byte,
                              "%.80s has the tag !reset: compose drops what stands there, in the "
                              "files before it as well; take the tag out first",
                              what);
    }
    if (compose && strcmp(t->tag, "!override") == 0) {
        return splicer_refuse(s, t->byte,
                              "%.80s has the tag !override: compose drops what the files before "
                              "it say there; write it here by hand",
                              what);
    }
    return splicer_refuse(s, t->byte,
                          "%.80s has the tag %.40s: what its program makes of a value there is "
                          "not known; write it by hand",
                          what, t->tag);
}

static int check_tags(const struct splicer *s, const struct splice_edit *edit,
                      const struct document_entry *e)
{
    const struct document_tag *t = s->d->tag_count == 0
                                       ? NULL
                                       : document_tagged(s->d, edit->group, path_of(s, edit, e));
    return t != NULL ? refuse_tag(s, t) : 0;
}

void splice_tagged(const struct document *d, const struct document_tag *tag,
                   const struct splice_edit *edit, struct buf *by_hand, struct err *err)
{
    struct arena arena = {0};
    const struct splicer s = {.d = d, .arena = &arena, .err = err};

    (void)refuse_tag(&s, tag);
    splice_by_hand(d, edit, by_hand);
    arena_release(&arena);
}

static int ask_for_patches(struct splicer *s, const struct splice_edit *edit,
                           const struct document_entry *e)
{
    switch (s->d->kind) {
    case DOCUMENT_COMPOSE:
    case DOCUMENT_YAML:
        return splice_yaml(s, edit, e);
    case DOCUMENT_ENV:
        return splice_env(s, edit, e);
    case DOCUMENT_SHELL:
        return splice_shell(s, edit, e);
    case DOCUMENT_SYSTEMD:
        return splice_systemd(s, edit, e);
    case DOCUMENT_PLIST:
        return splice_plist(s, edit, e);
    case DOCUMENT_JSON:
        return splice_json(s, edit, e);
    case DOCUMENT_KIND_COUNT:
        break;
    }
    return err_set(s->err, ERR_CONFIG, "it is none of the kinds of files that can be changed");
}

int splicer_begin(struct splicer *s)
{
    const struct document *d = s->d;
    const char *newline = memchr(d->text, '\n', d->size);
    int rc = 0;

    s->eol = newline != NULL && newline > d->text && newline[-1] == '\r' ? "\r\n" : "\n";
    if (d->kind == DOCUMENT_COMPOSE || d->kind == DOCUMENT_YAML) {
        rc = yaml_tree_parse(d->file, d->text, d->size, s->arena, &s->tree, s->err);
        if (rc == 0 && s->tree.document_count > 1) {
            rc = splicer_refuse(s, s->tree.roots->next->begin, "it holds several documents");
        }
    }
    return rc;
}

/* One round: patches of as many edits as do not touch each other. *done: marks them. */
static int run_round(const struct document *d, const struct splice_edit *edits, size_t count,
                     bool *done, struct buf *out, struct buf *by_hand, struct err *err)
{
    struct arena arena = {0};
    struct splicer s = {.d = d, .arena = &arena, .err = err};
    struct splice_index index;
    int rc = splicer_begin(&s);

    splice_index_init(&index, d);
    for (size_t i = 0; i < count && rc == 0; i++) {
        size_t before = s.count;
        size_t same;
        if (done[i]) {
            continue;
        }
        const struct document_entry *e = splice_index_find(&index, &edits[i], &same);
        rc = check_edit(&s, &edits[i]);
        if (rc == 0 && !(edits[i].remove && e == NULL)) {
            rc = check_tags(&s, &edits[i], e);
        }
        if (rc == 0 && is_same(&index, e, &edits[i])) {
            done[i] = true;
            continue;
        }
        if (rc == 0) {
            rc = check_entry(&s, &edits[i], e, same);
        }
        if (rc == 0) {
            s.into = NULL;
            rc = ask_for_patches(&s, &edits[i], e);
        }
        if (rc < 0 && by_hand != NULL) {
            splice_by_hand(d, &edits[i], by_hand);
        }
        if (rc == 0 && patches_touch(&s, before)) {
            s.count = before;
        } else {
            done[i] = true;
        }
    }
    if (rc == 0) {
        splicer_text(&s, out);
    }
    splice_index_release(&index);
    free(s.patches);
    arena_release(&arena);
    return rc;
}

static bool all_done(const bool *done, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!done[i]) {
            return false;
        }
    }
    return true;
}

/* The document of what a round made. */
static int read_again(const struct document *d, const struct buf *text, struct document *out,
                      struct err *err)
{
    struct err again = ERR_INIT;
    int rc = document_parse(d->file, d->kind, text->data, text->size, out, &again);
    if (rc < 0) {
        (void)err_set(err, ERR_STATE, "the changed file could not be read: %s", again.msg);
        return err_at(err, "%s", again.where);
    }
    return 0;
}

static void fill_results(const struct document *old, const struct document *new,
                         const struct splice_edit *edits, size_t count,
                         struct splice_result *results)
{
    unsigned long lines = 1; /* what was in the last line and is gone has none any more */
    for (size_t i = 0; i + 1 < new->size; i++) {
        lines += new->text[i] == '\n';
    }
    struct splice_index had, has;
    splice_index_init(&had, old);
    splice_index_init(&has, new);
    for (size_t i = 0; i < count; i++) {
        const struct document_entry *before = splice_index_find(&had, &edits[i], NULL);
        const struct document_entry *after = splice_index_find(&has, &edits[i], NULL);
        if (edits[i].list) {
            before = splice_list_first(&had, &edits[i]);
            after = splice_list_first(&has, &edits[i]);
        }
        const struct document_entry *at = after != NULL ? after : before;
        unsigned long line = at != NULL ? at->line : 0;
        results[i] = (struct splice_result){
            .changed = !is_same(&had, before, &edits[i]),
            .before = before != NULL ? before->value : NULL,
            .line = line < lines ? line : lines,
        };
    }
    splice_index_release(&had);
    splice_index_release(&has);
}

int splice_apply(const struct document *d, const struct splice_edit *edits, size_t count,
                 struct splice_result *results, struct buf *out, struct buf *by_hand,
                 struct err *err)
{
    bool *done = xcalloc(count + 1, sizeof(done[0]));
    struct document now = {0}; /* what the rounds made so far; none before the first */
    const struct document *from = d;
    int rc = 0;

    buf_clear(out);
    buf_add(out, d->text, d->size);
    for (size_t round = 0; rc == 0 && !all_done(done, count) && round <= count; round++) {
        rc = run_round(from, edits, count, done, out, by_hand, err);
        if (rc == 0) {
            document_release(&now);
            rc = read_again(d, out, &now, err);
            from = &now;
        }
    }
    if (rc == 0 && from != d) {
        rc = splice_verify(d, from, edits, count, err);
    }
    if (rc < 0 && by_hand != NULL && by_hand->size == 0) {
        for (size_t i = 0; i < count; i++) {
            splice_by_hand(d, &edits[i], by_hand);
        }
    }
    if (rc == 0 && results != NULL) {
        fill_results(d, from, edits, count, results);
    }
    document_release(&now);
    free(done);
    return rc;
}

/* ---- interpolations ---- */

bool splice_interpolation(const char *value, struct splice_interpolation *out)
{
    size_t size = strlen(value);
    bool braces = size > 3 && value[1] == '{' && value[size - 1] == '}';
    const char *name = value + (braces ? 2 : 1);
    size_t name_size = 0;

    if (value[0] != '$') {
        return false;
    }
    while (text_is_variable(name, name_size + 1) && name[name_size] != '\0') {
        name_size++;
    }
    const char *rest = name + name_size;
    const char *end = value + size - braces;
    *out = (struct splice_interpolation){.name = name, .name_size = name_size};
    if (name_size == 0) {
        return false;
    }
    if (rest == end) {
        return true;
    }
    if (!braces || (rest[0] != '-' && (rest[0] != ':' || rest[1] != '-'))) {
        return false;
    }
    out->for_empty = rest[0] == ':';
    rest += out->for_empty ? 2 : 1;
    out->fallback = rest;
    out->fallback_size = (size_t)(end - rest);
    return memchr(rest, '}', out->fallback_size) == NULL; /* one inside of another is none */
}
