/*
 * Walking a YAML tree as a program reads it: aliases followed, merges ("<<") laid below a mapping's
 * own keys, and everything that is not a collection made an entry. Internal to tuning/config.
 */
#ifndef TUNING_CONFIG_WALK_H
#define TUNING_CONFIG_WALK_H

#include "base/yaml_span.h"
#include "tuning/config/builder.h"

struct yaml_pair {
    const struct yaml_node *key, *value; /* the value not resolved */
    bool merged;
};

struct yaml_walk {
    struct document_builder *b;
    struct yaml_tree tree;
    struct buf path; /* of the entry that is being added */
    size_t depth;
    const struct yaml_node **tagged; /* as many as the document has tags */
    bool doubled_dollar;             /* "$$" is a dollar; else only "${" fills something in */
};

/* Parses b's text, and notes what the tree shows: duplicate keys, a second document. */
int walk_init(struct yaml_walk *w, struct document_builder *b);
void walk_release(struct yaml_walk *w);
/* The pairs of a mapping as they count, in scratch memory. Keys that are no texts are noted and
 * left out. */
int walk_pairs(struct yaml_walk *w, const struct yaml_node *mapping, struct yaml_pair **out,
               size_t *count);
/* Adds a value below w->path as ENTRY_KEY entries of the group. `shared`: an alias led here. */
int walk_value(struct yaml_walk *w, const char *group, const struct yaml_node *key,
               const struct yaml_node *value, bool shared);
/* Appends to the path; returns what walk_pop() takes. */
size_t walk_push_key(struct yaml_walk *w, const char *key);
size_t walk_push_index(struct yaml_walk *w, size_t index);
void walk_pop(struct yaml_walk *w, size_t size);
/* Whether an edit of this node would be read elsewhere, too. */
bool walk_is_shared(const struct yaml_node *node);
/* The scalar's text with the places of its bytes; in scratch memory. False: only its whole span is
 * known. */
bool walk_map(struct yaml_walk *w, const struct yaml_node *scalar, struct mapped *out);
/* Text that C can hold: CONFIG when a NUL is in it. */
int walk_check_text(struct yaml_walk *w, const struct yaml_node *scalar);

#endif
