/*
 * The entries of a document by what an edit says of them: a file with many services gets many edits
 * at once, and to look at every entry for each of them would take longer than all else. Internal to
 * tuning/config.
 */
#ifndef TUNING_CONFIG_SPLICE_INDEX_H
#define TUNING_CONFIG_SPLICE_INDEX_H

#include "tuning/config/splice.h"

struct splice_index {
    const struct document_entry **sorted;
    size_t count;
};

/* Points into the document, which must live as long and stay as it is. */
void splice_index_init(struct splice_index *index, const struct document *d);
void splice_index_release(struct splice_index *index);
/* The entry that an edit means, the last one of the file; NULL none. count (or NULL): how many. */
const struct document_entry *splice_index_find(const struct splice_index *index,
                                               const struct splice_edit *edit, size_t *count);

#endif
