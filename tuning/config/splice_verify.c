#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tuning/config/splice_scalar.h"
#include "tuning/config/splicer.h"

/* Whether a changed document differs from the old one in what was meant and in nothing else. The
 * entries of both are laid out as sorted lists; where words of a command line moved, their numbers
 * do not count. */

struct fact {
    enum document_entry_kind kind;
    const char *group, *name, *value;
    bool numbered; /* the number in the name does not count */
    bool shared;   /* an anchor's */
    enum scalar_class type;
    bool any_type; /* it may be another than that */
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
            out[count++] = (struct fact){.kind = e->kind,
                                         .group = e->group,
                                         .name = e->name,
                                         .value = e->value,
                                         .numbered = numbered && is_word(e),
                                         .shared = e->shared,
                                         .type = scalar_class_of(d->kind, e->value, e->quoted)};
        }
    }
    return count;
}

/* ---- what is meant ---- */

/* The edits by what they name; of several of one name the last, which is what counts. */
struct wishes {
    const struct splice_edit **sorted;
    bool *met; /* something of that name stood there */
    size_t count;
};

/* An edit's name against the first `size` bytes of another. */
static int compare_to(const struct splice_edit *edit, enum document_entry_kind kind,
                      const char *group, const char *name, size_t size)
{
    int rc = (edit->kind > kind) - (edit->kind < kind);
    if (rc == 0) {
        rc = strcmp(edit->group, group);
    }
    if (rc == 0) {
        rc = strncmp(edit->name, name, size);
    }
    return rc != 0 ? rc : edit->name[size] != '\0';
}

static int compare_edits(const void *left, const void *right)
{
    const struct splice_edit *const *a = left;
    const struct splice_edit *const *b = right;
    int rc = compare_to(*a, (*b)->kind, (*b)->group, (*b)->name, strlen((*b)->name));
    return rc != 0 ? rc : (*a > *b) - (*a < *b);
}

static void wishes_init(struct wishes *w, const struct splice_edit *edits, size_t count)
{
    *w = (struct wishes){.sorted = xcalloc(count + 1, sizeof(w->sorted[0])),
                         .met = xcalloc(count + 1, sizeof(w->met[0]))};
    for (size_t i = 0; i < count; i++) {
        w->sorted[i] = &edits[i];
    }
    qsort(w->sorted, count, sizeof(w->sorted[0]), compare_edits);
    for (size_t i = 0; i < count; i++) {
        const struct splice_edit *e = w->sorted[i];
        bool same = w->count > 0 && compare_to(w->sorted[w->count - 1], e->kind, e->group, e->name,
                                               strlen(e->name)) == 0;
        w->count += !same;
        w->sorted[w->count - 1] = e;
    }
}

static void wishes_release(struct wishes *w)
{
    free(w->sorted);
    free(w->met);
}

/* The first whose name is not before the first `size` bytes of `name`. */
static size_t lower_bound(const struct wishes *w, const struct fact *f, size_t size)
{
    size_t low = 0;
    size_t high = w->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_to(w->sorted[middle], f->kind, f->group, f->name, size) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The edit of that name; w->count: there is none. */
static size_t find_wish(const struct wishes *w, const struct fact *f, size_t size)
{
    size_t at = lower_bound(w, f, size);
    bool it = at < w->count && compare_to(w->sorted[at], f->kind, f->group, f->name, size) == 0;
    return it ? at : w->count;
}

/* A key that was empty, and of which an edit made a section. */
static bool is_above(const struct wishes *w, const struct fact *f)
{
    size_t size = strlen(f->name);
    if (f->kind != ENTRY_KEY || f->value != NULL) {
        return false;
    }
    for (size_t i = lower_bound(w, f, size); i < w->count; i++) {
        const struct splice_edit *e = w->sorted[i];
        if (e->kind != ENTRY_KEY || strcmp(e->group, f->group) != 0 ||
            strncmp(e->name, f->name, size) != 0) {
            return false;
        }
        if (e->name[size] == '.' && !e->remove) {
            return true;
        }
    }
    return false;
}

/* An item of a list that gets others. */
static bool is_of_list(const struct wishes *w, const struct fact *f)
{
    const char *bracket = f->kind == ENTRY_KEY ? strchr(f->name, '[') : NULL;
    for (; bracket != NULL; bracket = strchr(bracket + 1, '[')) {
        size_t it = find_wish(w, f, (size_t)(bracket - f->name));
        if (it < w->count && w->sorted[it]->list) {
            return true;
        }
    }
    return false;
}

/* The items of the lists that are meant. */
static size_t add_lists(struct fact *facts, size_t count, const struct wishes *w,
                        struct arena *arena)
{
    for (size_t i = 0; i < w->count; i++) {
        const struct splice_edit *e = w->sorted[i];
        struct splice_item *items = NULL;
        int item_count = e->list ? splice_list_items(e->value, arena, &items) : 0;
        for (int k = 0; k < item_count; k++) {
            facts[count++] = (struct fact){.kind = e->kind,
                                           .group = e->group,
                                           .name = arena_printf(arena, "%s[%d]", e->name, k),
                                           .value = items[k].text,
                                           .any_type = true};
        }
    }
    return count;
}

/* Does to the list what the edits mean. There is room for what they add. */
static size_t mean(struct fact *facts, size_t count, const struct wishes *w, bool types_stay)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct fact f = facts[i];
        size_t it = find_wish(w, &f, strlen(f.name));
        bool again = it < w->count && (w->sorted[it]->remove || w->sorted[it]->list || w->met[it]);
        if (again || is_above(w, &f) || is_of_list(w, &f)) {
            continue;
        }
        if (it < w->count) {
            f.value = w->sorted[it]->value;
            f.any_type = !types_stay || f.type == SCALAR_IS_NOTHING || f.value == NULL;
            w->met[it] = true;
        }
        facts[kept++] = f;
    }
    for (size_t i = 0; i < w->count; i++) {
        const struct splice_edit *e = w->sorted[i];
        if (!e->remove && !e->list && !w->met[i]) {
            facts[kept++] = (struct fact){.kind = e->kind,
                                          .group = e->group,
                                          .name = e->name,
                                          .value = e->value,
                                          .any_type = true};
        }
    }
    return kept;
}

/* What was removed beside a merge is what the merge says from then on. */
static size_t drop_merged(struct fact *facts, size_t count, const struct wishes *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t it = facts[i].shared ? find_wish(w, &facts[i], strlen(facts[i].name)) : w->count;
        if (it == w->count || !w->sorted[it]->remove) {
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

/* The most that the edits add. */
static size_t count_facts(const struct splice_edit *edits, size_t count)
{
    size_t most = count;
    for (size_t i = 0; i < count; i++) {
        most += edits[i].list ? SPLICE_ITEMS_MAX : 0;
    }
    return most;
}

int splice_verify(const struct document *old, const struct document *new,
                  const struct splice_edit *edits, size_t count, struct err *err)
{
    struct fact *wanted = xcalloc(old->count + count_facts(edits, count) + 1, sizeof(wanted[0]));
    struct fact *got = xcalloc(new->count + 1, sizeof(got[0]));
    struct wishes wishes;
    struct arena arena = {0}; /* of the names of items */
    bool typed = old->kind == DOCUMENT_JSON || old->kind == DOCUMENT_YAML ||
                 old->kind == DOCUMENT_COMPOSE;
    bool numbered = false;
    int rc = 0;

    for (size_t i = 0; i < count; i++) {
        numbered = numbered || edits[i].kind == ENTRY_FLAG;
    }
    size_t wanted_count = gather(old, numbered, wanted);
    size_t got_count = gather(new, numbered, got);
    wishes_init(&wishes, edits, count);
    wanted_count = mean(wanted, wanted_count, &wishes, typed && old->kind != DOCUMENT_COMPOSE);
    wanted_count = add_lists(wanted, wanted_count, &wishes, &arena);
    got_count = drop_merged(got, got_count, &wishes);
    qsort(wanted, wanted_count, sizeof(wanted[0]), compare_facts);
    qsort(got, got_count, sizeof(got[0]), compare_facts);
    for (size_t i = 0; i < wanted_count || i < got_count; i++) {
        if (i >= wanted_count) {
            rc = refuse(old, &got[i], edits, count, err);
            break;
        }
        if (i >= got_count || compare_facts(&wanted[i], &got[i]) != 0 ||
            (typed && !wanted[i].any_type && wanted[i].type != got[i].type)) {
            bool earlier = i < got_count && compare_facts(&got[i], &wanted[i]) < 0;
            rc = refuse(old, earlier ? &got[i] : &wanted[i], edits, count, err);
            break;
        }
    }
    wishes_release(&wishes);
    arena_release(&arena);
    free(wanted);
    free(got);
    return rc;
}
