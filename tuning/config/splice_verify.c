#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tuning/config/splicer.h"

/* Whether a changed document differs from the old one in what was meant and in nothing else. The
 * entries of both are laid out as sorted lists; where words of a command line moved, their numbers
 * do not count. */

struct fact {
    enum document_entry_kind kind;
    const char *group, *name, *value;
    bool numbered; /* the number in the name does not count */
    bool shared;   /* an anchor's */
};

/* Its text holds other entries, by which it is judged. */
static bool is_container(const struct document *d, const struct document_entry *e)
{
    return e->kind == ENTRY_COMMAND ||
           (e->kind == ENTRY_KEY && d->kind == DOCUMENT_SYSTEMD &&
            strncmp(e->name, "Exec", 4) == 0) ||
           (e->kind == ENTRY_FLAG && e->value != NULL && strpbrk(e->value, " =") != NULL &&
            (d->kind == DOCUMENT_SHELL || strpbrk(e->name, "c") != NULL) && e->name[1] != '-');
}

/* A word of a command line, that is no flag. */
static bool is_word(const struct document_entry *e)
{
    static const char *const names[] = {"command[", "entrypoint[", "ProgramArguments[", NULL};
    for (size_t i = 0; names[i] != NULL; i++) {
        if (e->kind == ENTRY_KEY && strncmp(e->name, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

static size_t name_size(const struct fact *f)
{
    return f->numbered ? strcspn(f->name, "[") : strlen(f->name);
}

static int compare_names(const struct fact *a, const struct fact *b)
{
    size_t a_size = name_size(a);
    size_t b_size = name_size(b);
    int rc = (a->kind > b->kind) - (a->kind < b->kind);
    if (rc == 0) {
        rc = strcmp(a->group, b->group);
    }
    if (rc == 0) {
        rc = memcmp(a->name, b->name, a_size < b_size ? a_size : b_size);
    }
    return rc != 0 ? rc : (a_size > b_size) - (a_size < b_size);
}

static int compare_facts(const void *left, const void *right)
{
    const struct fact *a = left;
    const struct fact *b = right;
    int rc = compare_names(a, b);
    if (rc != 0) {
        return rc;
    }
    if (a->value == NULL || b->value == NULL) {
        return (a->value != NULL) - (b->value != NULL);
    }
    return strcmp(a->value, b->value);
}

static size_t gather(const struct document *d, bool numbered, struct fact *out)
{
    size_t count = 0;
    for (size_t i = 0; i < d->count; i++) {
        const struct document_entry *e = &d->entries[i];
        if (!is_container(d, e)) {
            out[count++] = (struct fact){
                e->kind, e->group, e->name, e->value, numbered && is_word(e), e->shared};
        }
    }
    return count;
}

/* A key that was empty, and of which the edit made a section. */
static bool is_above(const struct fact *f, const struct splice_edit *edit)
{
    size_t size = strlen(f->name);
    return f->kind == ENTRY_KEY && f->value == NULL && edit->kind == ENTRY_KEY && !edit->remove &&
           strcmp(f->group, edit->group) == 0 && strncmp(edit->name, f->name, size) == 0 &&
           edit->name[size] == '.';
}

/* Does to the list what the edit means. */
static size_t mean(struct fact *facts, size_t count, const struct splice_edit *edit)
{
    size_t kept = 0;
    bool there = false;
    for (size_t i = 0; i < count; i++) {
        struct fact f = facts[i];
        bool it = f.kind == edit->kind && strcmp(f.group, edit->group) == 0 &&
                  strcmp(f.name, edit->name) == 0;
        if ((it && (edit->remove || there)) || is_above(&f, edit)) {
            continue;
        }
        if (it) {
            f.value = edit->value;
            there = true;
        }
        facts[kept++] = f;
    }
    if (!edit->remove && !there) {
        facts[kept++] = (struct fact){edit->kind,  edit->group, edit->name,
                                      edit->value, false,       false};
    }
    return kept;
}

/* What was removed beside a merge is what the merge says from then on. */
static size_t drop_merged(struct fact *facts, size_t count, const struct splice_edit *edit)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool it = facts[i].kind == edit->kind && strcmp(facts[i].group, edit->group) == 0 &&
                  strcmp(facts[i].name, edit->name) == 0;
        if (!it || !edit->remove || !facts[i].shared) {
            facts[kept++] = facts[i];
        }
    }
    return kept;
}

static int refuse(const struct document *old, const struct fact *f, const struct splice_edit *edits,
                  size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(f->group, edits[i].group) == 0 && strcmp(f->name, edits[i].name) == 0) {
            (void)err_set(err, ERR_STATE, "'%.80s' would not come out as it is meant", f->name);
            return err_at(err, "%s", old->file);
        }
    }
    if (f->group[0] != '\0') {
        (void)err_set(err, ERR_STATE, "the change would reach '%.80s' of '%.80s', too", f->name,
                      f->group);
    } else {
        (void)err_set(err, ERR_STATE, "the change would reach '%.80s', too", f->name);
    }
    return err_at(err, "%s", old->file);
}

int splice_verify(const struct document *old, const struct document *new,
                  const struct splice_edit *edits, size_t count, struct err *err)
{
    struct fact *wanted = xcalloc(old->count + count + 1, sizeof(wanted[0]));
    struct fact *got = xcalloc(new->count + 1, sizeof(got[0]));
    bool numbered = false;
    int rc = 0;

    for (size_t i = 0; i < count; i++) {
        numbered = numbered || edits[i].kind == ENTRY_FLAG;
    }
    size_t wanted_count = gather(old, numbered, wanted);
    size_t got_count = gather(new, numbered, got);
    for (size_t i = 0; i < count; i++) {
        wanted_count = mean(wanted, wanted_count, &edits[i]);
        got_count = drop_merged(got, got_count, &edits[i]);
    }
    qsort(wanted, wanted_count, sizeof(wanted[0]), compare_facts);
    qsort(got, got_count, sizeof(got[0]), compare_facts);
    for (size_t i = 0; i < wanted_count || i < got_count; i++) {
        if (i >= wanted_count) {
            rc = refuse(old, &got[i], edits, count, err);
            break;
        }
        if (i >= got_count || compare_facts(&wanted[i], &got[i]) != 0) {
            bool earlier = i < got_count && compare_facts(&got[i], &wanted[i]) < 0;
            rc = refuse(old, earlier ? &got[i] : &wanted[i], edits, count, err);
            break;
        }
    }
    free(wanted);
    free(got);
    return rc;
}
