/* Whole lists as values. Internal to tuning/config. */
#ifndef TUNING_CONFIG_SPLICE_LIST_H
#define TUNING_CONFIG_SPLICE_LIST_H

#include "tuning/config/splice_index.h"
#include "tuning/config/splice_node.h"

/* Whether the document has the list of the edit, item by item. */
bool splice_list_is(const struct splice_index *index, const struct splice_edit *edit);
const struct document_entry *splice_list_first(const struct splice_index *index,
                                               const struct splice_edit *edit);

/* The edit's items for those of a list that is there: item by item, so that comments, order and
 * layout stay; what is too much goes at the end, what is missing comes there. */
int list_set_yaml(struct splicer *s, const struct yaml_node *list, const struct splice_edit *edit);
/* A new key with the edit's list: `leaf` has the key and the sections around it. In flow or block
 * style as the nearest other list of the file. */
int list_insert_yaml(struct splicer *s, const struct yaml_node *key, const struct yaml_node *parent,
                     struct node_leaf *leaf, const struct splice_edit *edit);

#endif
