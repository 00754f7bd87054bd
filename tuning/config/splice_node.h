/* Putting nodes into a YAML text and taking them out. Internal to tuning/config. */
#ifndef TUNING_CONFIG_SPLICE_NODE_H
#define TUNING_CONFIG_SPLICE_NODE_H

#include "tuning/config/splice_scalar.h"
#include "tuning/config/splicer.h"

enum { NODE_MAX_SECTIONS = 8 };

struct node_leaf {                           /* what is put in, formatted */
    const char *sections[NODE_MAX_SECTIONS]; /* mappings around it that are missing */
    size_t section_count;
    const char *key;         /* NULL: an item of a list */
    const char *value;       /* NULL: none */
    const char *const *more; /* items behind the first */
    size_t more_count;
    bool dashes_below_key; /* of a list in block style that is put in with its key */
};

bool node_is_in_flow(const struct yaml_node *node); /* somewhere inside of {} or [] */
/* Puts it at the end of `parent`: a mapping or list, a null (then `key` is its key), or NULL: an
 * empty file. */
int node_insert(struct splicer *s, const struct yaml_node *key, const struct yaml_node *parent,
                const struct node_leaf *leaf);
/* Takes a pair away, with the sections that would be left empty, but not `top`. */
int node_remove_pair(struct splicer *s, const struct yaml_node *key, const struct yaml_node *top);
/* Takes items [first, last] of a list away. */
int node_remove_item(struct splicer *s, const struct yaml_node *first,
                     const struct yaml_node *last);
/* The same into a service of a compose file that lacks it, or is null there, or is no file yet; a
 * pair, with at most NODE_MAX_SECTIONS - 2 sections around it. */
int node_insert_service(struct splicer *s, const char *group, const struct node_leaf *leaf);
/* The service that a file has as a mapping; NULL: none, or a null. */
const struct yaml_node *node_service(const struct splicer *s, const char *group);
/* Another value for a scalar that is there (splice_yaml.c). */
int yaml_set_scalar(struct splicer *s, const struct yaml_node *value, const char *to,
                    enum scalar_type type);
/* A flag in the command line of a service. */
int splice_flag(struct splicer *s, const struct yaml_node *service, const struct splice_edit *edit,
                const struct document_entry *e);

#endif
