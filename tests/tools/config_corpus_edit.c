/*
 * The edits of the corpus: an edit changes only the bytes that it means, read again only the entry
 * that it names is another, done twice it changes nothing, and taken back the file is as it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tests/tools/config_corpus.h"
#include "tuning/config/splice.h"

enum { OUT_MAX_BYTES = DOCUMENT_MAX_BYTES + 65536 };

static struct splice_edit edit_of(const struct corpus_row *row)
{
    return (struct splice_edit){
        .kind = corpus_entry_kind(row->what),
        .group = row->group,
        .name = row->name,
        .value = row->act == CORPUS_REMOVE ? NULL : row->value,
        .remove = row->act == CORPUS_REMOVE,
    };
}

static bool names(const struct splice_edit *edit, const struct document_entry *e)
{
    return edit->kind == e->kind && strcmp(edit->group, e->group) == 0 &&
           strcmp(edit->name, e->name) == 0;
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* ---- entries ---- */

/* The next entry, from *at on, that no edit is about. */
static const struct document_entry *next_other(const struct document *d, size_t *at,
                                               const struct splice_edit *edits, size_t count)
{
    for (; *at < d->count; (*at)++) {
        const struct document_entry *e = &d->entries[*at];
        bool meant = false;
        for (size_t i = 0; i < count; i++) {
            /* The command of a script and that of a unit have their flags in their value, too. */
            meant = meant || names(&edits[i], e) ||
                    (edits[i].kind == ENTRY_FLAG &&
                     (e->kind == ENTRY_COMMAND || strcmp(e->name, "ExecStart") == 0));
        }
        if (!meant) {
            (*at)++;
            return e;
        }
    }
    return NULL;
}

/* Words of a command move when a flag comes or goes before them: command[5] is command[4] then. */
static bool same_name(const struct document_entry *a, const struct document_entry *b, bool flags)
{
    const char *bracket = strchr(a->name, '[');
    if (strcmp(a->name, b->name) == 0) {
        return true;
    }
    return flags && bracket != NULL && strchr(b->name, '[') != NULL &&
           strncmp(a->name, b->name, (size_t)(bracket - a->name) + 1) == 0;
}

static void check_others(const struct document *before, const struct document *after,
                         const struct splice_edit *edits, size_t count)
{
    size_t a_at = 0;
    size_t b_at = 0;
    bool flags = false;

    for (size_t i = 0; i < count; i++) {
        flags = flags || edits[i].kind == ENTRY_FLAG;
    }
    for (;;) {
        const struct document_entry *a = next_other(before, &a_at, edits, count);
        const struct document_entry *b = next_other(after, &b_at, edits, count);
        if (a == NULL && b == NULL) {
            return;
        }
        if (a == NULL || b == NULL || a->kind != b->kind || strcmp(a->group, b->group) != 0 ||
            !same_name(a, b, flags) || !same_text(a->value, b->value) || a->quoted != b->quoted) {
            corpus_say("another entry is not what it was: %s %s before, %s %s after",
                       a != NULL ? a->group : "", a != NULL ? a->name : "none",
                       b != NULL ? b->group : "", b != NULL ? b->name : "none");
            return;
        }
    }
}

static void check_meant(const struct document *after, const struct splice_edit *edit)
{
    size_t found = 0;
    for (size_t i = 0; i < after->count; i++) {
        const struct document_entry *e = &after->entries[i];
        if (names(edit, e)) {
            found++;
            if (!same_text(e->value, edit->value)) {
                corpus_say("%s is %s, not %s", edit->name, e->value != NULL ? e->value : "(none)",
                           edit->value != NULL ? edit->value : "(none)");
            }
        }
    }
    if (found != (edit->remove ? 0 : 1)) {
        corpus_say("%s is there %zu times", edit->name, found);
    }
}

/* ---- bytes ---- */

struct difference { /* text[prefix, before_end) became [prefix, after_end) */
    size_t prefix, before_end, after_end;
};

static struct difference difference_of(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t least = a_size < b_size ? a_size : b_size;
    size_t prefix = 0;
    size_t suffix = 0;

    while (prefix < least && a[prefix] == b[prefix]) {
        prefix++;
    }
    while (suffix < least - prefix && a[a_size - suffix - 1] == b[b_size - suffix - 1]) {
        suffix++;
    }
    return (struct difference){prefix, a_size - suffix, b_size - suffix};
}

static size_t count_line_ends(const char *text, size_t size, bool bare)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        count += text[i] == '\n' && (!bare || i == 0 || text[i - 1] != '\r');
    }
    return count;
}

static size_t count_blank_lines(const char *text, size_t size)
{
    size_t count = 0;
    bool blank = true;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n') {
            count += blank;
            blank = true;
        } else if (strchr(" \t\r", text[i]) == NULL) {
            blank = false;
        }
    }
    return count;
}

static void check_style(const struct document *d, const struct buf *out)
{
    if (count_line_ends(d->text, d->size, false) > 0 &&
        count_line_ends(d->text, d->size, true) == 0 &&
        count_line_ends(out->data, out->size, true) > 0) {
        corpus_say("a line ends with a newline alone, where all of them end with CR LF");
    }
    if (count_blank_lines(out->data, out->size) > count_blank_lines(d->text, d->size)) {
        corpus_say("a blank line came with it");
    }
}

static bool lies_in(const struct difference *x, const struct document_span *span)
{
    return x->prefix >= span->begin && x->before_end <= span->end;
}

/* Of "- NAME=value" the whole item gets quotes when the value needs them. */
static void check_bytes(const struct document *d, const struct corpus_row *row,
                        const struct buf *out)
{
    struct difference x = difference_of(d->text, d->size, out->data, out->size);
    const struct splice_edit edit = edit_of(row);
    const char *rest;

    check_style(d, out);
    if (corpus_expects(row, "added", &rest) && x.before_end > x.prefix) {
        corpus_say("bytes are gone: '%.*s'", (int)(x.before_end - x.prefix), d->text + x.prefix);
    } else if (corpus_expects(row, "removed", &rest) && x.after_end > x.prefix) {
        corpus_say("bytes came: '%.*s'", (int)(x.after_end - x.prefix), out->data + x.prefix);
    } else if (corpus_expects(row, "changed", &rest)) {
        const struct document_entry *e = NULL;
        for (size_t i = 0; i < d->count; i++) {
            e = names(&edit, &d->entries[i]) ? &d->entries[i] : e;
        }
        if (e == NULL) {
            corpus_say("there is no such entry to change");
        } else if (!lies_in(&x, &e->value_span) && (e->value != NULL || x.before_end > x.prefix) &&
                   !(e->kind == ENTRY_VARIABLE && lies_in(&x, &e->whole))) {
            corpus_say("bytes beside the value are others: '%.*s' became '%.*s'",
                       (int)(x.before_end - x.prefix), d->text + x.prefix,
                       (int)(x.after_end - x.prefix), out->data + x.prefix);
        }
    }
}

/* ---- one edit ---- */

/* Whether the value stands there as it would be written anew: then it comes back to the byte. */
static bool written_plainly(const struct document *d, const struct document_entry *e)
{
    size_t begin = e->value_span.begin;
    size_t size = e->value_span.end - begin;
    if (e->quoted && size >= 2 && strchr("\"'", d->text[begin]) != NULL) {
        begin++;
        size -= 2;
    }
    return e->value != NULL && strlen(e->value) == size &&
           memcmp(d->text + begin, e->value, size) == 0;
}

static bool parse_again(const struct document *d, const struct buf *text, struct document *out)
{
    struct err err = ERR_INIT;
    if (document_parse(d->file, d->kind, text->data, text->size, out, &err) < 0) {
        corpus_say("the new text cannot be read: %s: %s", err.where, err.msg);
        return false;
    }
    return true;
}

static void check_twice(const struct document *after, const struct splice_edit *edits, size_t count)
{
    struct splice_result results[CORPUS_EDITS_MAX];
    struct err err = ERR_INIT;
    struct buf again;

    buf_init(&again, OUT_MAX_BYTES);
    if (splice_apply(after, edits, count, results, &again, NULL, &err) < 0) {
        corpus_say("done again it is refused: %s", err.msg);
    } else if (again.size != after->size || memcmp(again.data, after->text, again.size) != 0) {
        corpus_say("done again it changes something");
    } else {
        for (size_t i = 0; i < count; i++) {
            if (results[i].changed) {
                corpus_say("done again it is said to change %s", edits[i].name);
            }
        }
    }
    buf_release(&again);
}

static void check_undo(const struct document *d, const struct document *after,
                       const struct corpus_row *row)
{
    struct splice_edit back = edit_of(row);
    const struct document_entry *was = document_find(d, row->group, row->name);
    const struct document_entry *is = document_find(after, row->group, row->name);
    struct document restored = {0};
    struct err err = ERR_INIT;
    struct buf text;
    const char *rest;

    if (row->act == CORPUS_SET && was == NULL) {
        back.remove = true;
        back.value = NULL;
    } else {
        back.remove = false;
        back.value = was != NULL ? was->value : NULL;
    }
    if (!back.remove && back.kind != ENTRY_FLAG && back.value == NULL) {
        return; /* a key without a value is nothing to set */
    }
    buf_init(&text, OUT_MAX_BYTES);
    if (splice_apply(after, &back, 1, NULL, &text, NULL, &err) < 0) {
        corpus_say("it cannot be taken back: %s", err.msg);
    } else if (parse_again(d, &text, &restored)) {
        check_others(d, &restored, &back, 1);
        check_meant(&restored, &back);
        bool exact = corpus_expects(row, "changed", &rest) && was != NULL && is != NULL &&
                     written_plainly(d, was) && was->quoted == is->quoted;
        if (exact && (text.size != d->size || memcmp(text.data, d->text, text.size) != 0)) {
            corpus_say("taken back it is not the same bytes");
        }
    }
    document_release(&restored);
    buf_release(&text);
}

static void check_result(const struct document *d, const struct corpus_row *row,
                         const struct splice_result *result, const struct buf *out)
{
    const struct document_entry *was = document_find(d, row->group, row->name);
    const char *rest;
    bool same = corpus_expects(row, "same", &rest);

    if (result->changed == same) {
        corpus_say(same ? "it is said to change something" : "it is said to change nothing");
    }
    if (was != NULL && was->kind == corpus_entry_kind(row->what) &&
        !same_text(result->before, was->value)) {
        corpus_say("the value before is said to be '%s'",
                   result->before != NULL ? result->before : "(none)");
    }
    if (result->changed &&
        (result->line == 0 || result->line > count_line_ends(out->data, out->size, false) + 1)) {
        corpus_say("it is said to be in line %lu", result->line);
    }
    if (same && (out->size != d->size || memcmp(out->data, d->text, d->size) != 0)) {
        corpus_say("nothing was to change, and something did");
    }
}

static void check_refused(const struct corpus_row *row, int rc, const struct err *err)
{
    const char *rest;

    if (rc != -ERR_STATE && rc != -ERR_CONFIG) {
        corpus_say("refused with the code '%s'", err_name(rc));
    }
    if (err->msg[0] == '\0') {
        corpus_say("nobody is told why");
    }
    if (corpus_expects(row, "refused", &rest)) {
        if (strstr(err->msg, rest) == NULL) {
            corpus_say("refused with: %s", err->msg);
        }
    } else if (!corpus_expects(row, "any", &rest)) {
        corpus_say("refused: %s", err->msg);
    }
}

static bool check_edit(const struct document *d, const struct corpus_row *row, struct buf *out)
{
    const struct splice_edit edit = edit_of(row);
    struct splice_result result = {0};
    struct document after = {0};
    struct err err = ERR_INIT;
    struct buf by_hand;
    const char *rest;

    buf_init(&by_hand, 65536);
    int rc = splice_apply(d, &edit, 1, &result, out, &by_hand, &err);
    if (rc < 0) {
        check_refused(row, rc, &err);
    } else if (corpus_expects(row, "refused", &rest)) {
        struct difference x = difference_of(d->text, d->size, out->data, out->size);
        corpus_say("it was done: '%.*s' became '%.*s'", (int)(x.before_end - x.prefix),
                   d->text + x.prefix, (int)(x.after_end - x.prefix), out->data + x.prefix);
    } else {
        check_result(d, row, &result, out);
        check_bytes(d, row, out);
        if (result.changed && parse_again(d, out, &after)) {
            check_others(d, &after, &edit, 1);
            check_meant(&after, &edit);
            check_twice(&after, &edit, 1);
            check_undo(d, &after, row);
        }
        document_release(&after);
    }
    buf_release(&by_hand);
    corpus_result("%s: %s %s %s %s: %s", row->file, edit.remove ? "remove" : "set", row->group,
                  row->name, row->value != NULL ? row->value : "", row->expected);
    return rc == 0 && result.changed;
}

/* ---- all of a file at once ---- */

static bool is_plain_set(const struct corpus_row *row)
{
    const char *rest;
    return row->act == CORPUS_SET &&
           (corpus_expects(row, "changed", &rest) || corpus_expects(row, "added", &rest));
}

static size_t collect(const struct corpus *c, const char *file, struct splice_edit *edits)
{
    size_t count = 0;
    for (size_t i = 0; i < c->count && count < CORPUS_EDITS_MAX; i++) {
        struct splice_edit edit = edit_of(&c->rows[i]);
        bool there = false;
        for (size_t k = 0; k < count; k++) {
            there = there ||
                    (edits[k].kind == edit.kind && strcmp(edits[k].group, edit.group) == 0 &&
                     strcmp(edits[k].name, edit.name) == 0);
        }
        if (!there && is_plain_set(&c->rows[i]) && strcmp(c->rows[i].file, file) == 0) {
            edits[count++] = edit;
        }
    }
    return count;
}

bool corpus_check_batch(const struct document *d, const struct splice_edit *edits, size_t count,
                        struct buf *out, struct err *err)
{
    struct splice_result results[CORPUS_EDITS_MAX] = {0};
    struct document after = {0};
    bool read = false;

    buf_clear(out);
    if (splice_apply(d, edits, count, results, out, NULL, err) < 0) {
        return false;
    }
    if (parse_again(d, out, &after)) {
        read = true;
        check_style(d, out);
        check_others(d, &after, edits, count);
        for (size_t i = 0; i < count; i++) {
            check_meant(&after, &edits[i]);
        }
        check_twice(&after, edits, count);
    }
    document_release(&after);
    return read;
}

static bool check_together(const struct corpus *c, const struct document *d, const char *file,
                           struct buf *out)
{
    struct splice_edit edits[CORPUS_EDITS_MAX];
    struct err err = ERR_INIT;
    size_t count = collect(c, file, edits);

    if (count < 2) {
        return false;
    }
    bool done = corpus_check_batch(d, edits, count, out, &err);
    if (err.code != ERR_NONE) {
        corpus_say("refused: %s", err.msg);
    }
    corpus_result("%s: %zu edits at once", file, count);
    return done;
}

/* ---- for the judges ---- */

void corpus_write(const char *folder, const char *name, const struct buf *text)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(text->data, 1, text->size, file) != text->size ||
        fclose(file) != 0) {
        corpus_say("cannot write %s", path);
        corpus_result("writing");
    }
}

/* N.after is what the file of the table's line N became, N-all.after by all edits at once. */
void corpus_check_edits(const struct corpus *c, const struct document *d,
                        const struct corpus_row *document, const char *made)
{
    char name[64];
    struct buf out;

    buf_init(&out, OUT_MAX_BYTES);
    for (size_t i = 0; i < c->count; i++) {
        const struct corpus_row *row = &c->rows[i];
        bool edits = row->act == CORPUS_SET || row->act == CORPUS_REMOVE;
        if (!edits || strcmp(row->file, document->file) != 0) {
            continue;
        }
        buf_clear(&out);
        if (check_edit(d, row, &out) && made != NULL) {
            snprintf(name, sizeof(name), "%lu.after", row->line);
            corpus_write(made, name, &out);
        }
    }
    buf_clear(&out);
    if (check_together(c, d, document->file, &out) && made != NULL) {
        snprintf(name, sizeof(name), "%lu-all.after", document->line);
        corpus_write(made, name, &out);
    }
    buf_release(&out);
}
