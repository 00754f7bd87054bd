#include "tuning/config/splice_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static int compare_to_edit(const struct document_entry *e, const struct splice_edit *edit)
{
    int rc = (e->kind > edit->kind) - (e->kind < edit->kind);
    if (rc == 0) {
        rc = strcmp(e->group, edit->group);
    }
    return rc != 0 ? rc : strcmp(e->name, edit->name);
}

/* By what an edit says of it, then as they stand in the file. */
static int compare_entries(const void *left, const void *right)
{
    const struct document_entry *const *a = left;
    const struct document_entry *const *b = right;
    const struct splice_edit as_edit = {
        .kind = (*b)->kind, .group = (*b)->group, .name = (*b)->name};
    int rc = compare_to_edit(*a, &as_edit);
    return rc != 0 ? rc : (*a > *b) - (*a < *b);
}

void splice_index_init(struct splice_index *index, const struct document *d)
{
    *index = (struct splice_index){.count = d->count};
    index->sorted = xcalloc(d->count + 1, sizeof(index->sorted[0]));
    for (size_t i = 0; i < d->count; i++) {
        index->sorted[i] = &d->entries[i];
    }
    qsort(index->sorted, index->count, sizeof(index->sorted[0]), compare_entries);
}

void splice_index_release(struct splice_index *index)
{
    free(index->sorted);
    *index = (struct splice_index){0};
}

/* The first entry that is not before (`behind`: that is behind) the edit's. */
static size_t bound(const struct splice_index *index, const struct splice_edit *edit, bool behind)
{
    size_t low = 0;
    size_t high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_to_edit(index->sorted[middle], edit) < (behind ? 1 : 0)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct document_entry *splice_index_find(const struct splice_index *index,
                                               const struct splice_edit *edit, size_t *count)
{
    size_t first = bound(index, edit, false);
    size_t end = bound(index, edit, true);
    if (count != NULL) {
        *count = end - first;
    }
    return end > first ? index->sorted[end - 1] : NULL;
}
