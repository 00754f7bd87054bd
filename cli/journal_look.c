#include "cli/journal_look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/caller.h"
#include "base/file.h"
#include "base/utf8.h"
#include "cli/machine_states.h"

/* Both texts of all files of an entry: far more than configuration files have, and it bounds what a
 * journal can make us hold. */
enum { TEXTS_MAX = 128 * 1024 * 1024 };

const char *const journal_now_names[JOURNAL_NOW_COUNT] = {
    [JOURNAL_AS_APPLIED] = "as_applied", [JOURNAL_AS_BEFORE] = "as_before",
    [JOURNAL_CHANGED] = "changed",       [JOURNAL_GONE] = "gone",
    [JOURNAL_UNREADABLE] = "unreadable",
};
const char *const journal_now_words[JOURNAL_NOW_COUNT] = {
    [JOURNAL_AS_APPLIED] = "as applied", [JOURNAL_AS_BEFORE] = "as before",
    [JOURNAL_CHANGED] = "changed since", [JOURNAL_GONE] = "gone",
    [JOURNAL_UNREADABLE] = "unreadable",
};

static const char *keep_clean(struct journal_look *l, const char *text)
{
    char clean[sizeof(struct err)];

    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    return arena_strdup(&l->arena, clean);
}

/* ---------------------------------------------------------------- now */

static enum journal_now compare(const struct journal_file *f, const struct file_content *now)
{
    return file_content_equal(now, &f->after)    ? JOURNAL_AS_APPLIED
           : file_content_equal(now, &f->before) ? JOURNAL_AS_BEFORE
           : now->absent                         ? JOURNAL_GONE
                                                 : JOURNAL_CHANGED;
}

/* What is on the way to a file was no link when it was changed. */
static int check_way(const char *real, struct err *err)
{
    char way[FILE_PATH_BYTES];
    struct stat st;

    for (const char *at = real; at; at = strchr(at + 1, '/')) {
        const char *end = strchr(at + 1, '/');
        const size_t size = end ? (size_t)(end - real) : strlen(real);

        if (size >= sizeof way) {
            return err_set(err, ERR_TOO_BIG, "its path is too long");
        }
        memcpy(way, real, size);
        way[size] = '\0';
        if (lstat(way, &st) != 0) {
            return err_sys(err, err_code_of_errno(errno), errno, "cannot look at '%.200s'", way);
        }
        if (S_ISLNK(st.st_mode)) {
            return err_set(err, ERR_STATE, "'%.200s' is a link now", way);
        }
    }
    return 0;
}

/* Reading only: neither folder nor file need be ours to change. */
static void look_at_file(struct journal_look *l, const struct journal_file *f,
                         struct journal_look_file *out)
{
    struct file_content now = {.absent = true};
    struct err err = ERR_INIT;
    struct buf text;

    buf_init(&text, FILE_MAX_BYTES);
    int rc = check_way(f->real, &err);
    rc = rc == 0 ? file_read(f->real, &text, &err) : rc;
    if (rc == 0) {
        file_content_of(text.data, text.size, &now);
    }
    buf_release(&text);
    rc = rc == -ERR_NOENT ? 0 : rc;
    out->now = rc == 0 ? compare(f, &now) : JOURNAL_UNREADABLE;
    out->now_why = rc == 0 ? NULL : keep_clean(l, err.msg);
}

static void look_at_value(struct journal_look *l, const struct journal_value *v,
                          struct journal_look_value *out)
{
    const struct value_ops *ops = machine_states_ops();
    char is[JOURNAL_VALUE_BYTES] = "";
    struct err err = ERR_INIT;

    if (ops->read(ops->ctx, v->name, is, &err) < 0) {
        out->now = JOURNAL_UNREADABLE;
        out->now_why = keep_clean(l, err.msg);
        return;
    }
    out->is = keep_clean(l, is);
    out->now = strcmp(is, v->after) == 0    ? JOURNAL_AS_APPLIED
               : strcmp(is, v->before) == 0 ? JOURNAL_AS_BEFORE
                                            : JOURNAL_CHANGED;
}

/* ---------------------------------------------------------------- what changed */

static int read_copy(struct journal_look *l, struct journal *j, size_t file, bool after,
                     struct file_text *out, struct err *err)
{
    const struct journal_file *f = &l->entry->files[file];
    char name[JOURNAL_NAME_BYTES];

    journal_copy_name(l->entry->id, file, after, name);
    int rc = journal_copy_get(j, name, after ? &f->after : &f->before, out, err);
    if (rc == 0 && out->data) {
        l->texts[l->text_count++] = *out;
    }
    return rc;
}

static void look_at_copies(struct journal_look *l, struct journal *j, size_t file, uint64_t *size)
{
    const struct journal_file *f = &l->entry->files[file];
    struct journal_look_file *out = &l->files[file];
    struct file_text before = {0}, after = {0};
    struct err err = ERR_INIT;

    *size += f->before.size + f->after.size;
    if (f->before.size > TEXTS_MAX || f->after.size > TEXTS_MAX || *size > TEXTS_MAX) {
        out->diff_why = "it is too much to show";
        return;
    }
    int rc = read_copy(l, j, file, false, &before, &err);
    rc = rc == 0 ? read_copy(l, j, file, true, &after, &err) : rc;
    if (rc == -ERR_NOENT) {
        char why[96];

        snprintf(why, sizeof why, "its copies are gone: those of the newest %d changes are kept",
                 JOURNAL_KEEP_COPIES);
        out->diff_why = l->entry->state == JOURNAL_ROLLED_BACK
                            ? "all of it went back: its copies are not kept"
                            : arena_strdup(&l->arena, why);
    } else if (rc < 0) {
        out->diff_why = keep_clean(l, err.msg);
    } else {
        diff_make(before.data ? before.data : "", before.size, after.data ? after.data : "",
                  after.size, &l->arena, &out->diff);
    }
}

static int open_copies(struct journal *j, enum journals_part part, struct err *err)
{
    struct change_place place;
    int rc = part == JOURNALS_ROOT ? change_place_root(&place)
                                   : change_place_own(&place, false, err);

    rc = rc == 0 ? journal_open(j, &file_ops_real, &place.journal, false, err) : rc;
    return rc == 0 ? journal_open_copies(j, err) : rc;
}

static void no_diffs(struct journal_look *l, const char *why)
{
    for (size_t i = 0; i < l->entry->file_count; i++) {
        l->files[i].diff_why = why;
    }
}

static void look_at_all_copies(struct journal_look *l, const char *program)
{
    struct journal j = {.dir = -1};
    struct err err = ERR_INIT;
    uint64_t size = 0;
    int rc = open_copies(&j, l->part, &err);

    if (rc == -ERR_DENIED && l->part == JOURNALS_ROOT && l->entry->file_count > 0) {
        l->command = journals_command(program, l->part, "journal", l->entry->id);
        no_diffs(l, "only root may read the copies of root's journal");
    } else if (rc < 0) {
        no_diffs(l, keep_clean(l, err.msg));
    }
    for (size_t i = 0; rc == 0 && i < l->entry->file_count; i++) {
        look_at_copies(l, &j, i, &size);
    }
    journal_close(&j);
}

/* ---------------------------------------------------------------- all of it */

static void look(struct journal_look *l, const char *program)
{
    const struct journal_entry *e = l->entry;

    for (size_t i = 0; i < e->file_count; i++) {
        look_at_file(l, &e->files[i], &l->files[i]);
    }
    for (size_t i = 0; i < e->value_count; i++) {
        look_at_value(l, &e->values[i], &l->values[i]);
    }
    look_at_all_copies(l, program);
}

void journal_look(struct journal_look *out, struct journals_entry e, const char *program)
{
    struct err err = ERR_INIT;

    *out = (struct journal_look){.entry = e.entry, .part = e.part};
    arena_init(&out->arena);
    out->files = arena_calloc(&out->arena, e.entry->file_count + 1, sizeof *out->files);
    out->values = arena_calloc(&out->arena, e.entry->value_count + 1, sizeof *out->values);
    out->texts = arena_calloc(&out->arena, 2 * e.entry->file_count + 1, sizeof *out->texts);
    if (e.part == JOURNALS_ROOT) {
        look(out, program);
        return;
    }
    if (caller_begin(&err) == 0) {
        look(out, program);
        caller_end();
        return;
    }
    no_diffs(out, keep_clean(out, err.msg)); /* nothing of his may be read */
    for (size_t i = 0; i < e.entry->file_count; i++) {
        out->files[i].now = JOURNAL_UNREADABLE;
        out->files[i].now_why = out->files[i].diff_why;
    }
    for (size_t i = 0; i < e.entry->value_count; i++) {
        out->values[i].now = JOURNAL_UNREADABLE;
        out->values[i].now_why = keep_clean(out, err.msg);
    }
}

void journal_look_release(struct journal_look *l)
{
    for (size_t i = 0; i < l->text_count; i++) {
        union {
            const void *borrowed;
            void *owned;
        } data = {.borrowed = l->texts[i].data};

        free(data.owned);
    }
    free(l->command);
    arena_release(&l->arena);
    memset(l, 0, sizeof *l);
}
