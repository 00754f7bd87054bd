/*
 * A YAML text as a tree of nodes that know at which bytes they stand: for reading files of others,
 * and for changing them by splicing.
 *
 * yaml_tree_parse() is pure. Everything lives in the caller's arena; the text is borrowed and must
 * live as long. Anchors and aliases stay what they are: an alias points at its node and is never
 * copied out, so that a "billion laughs" costs nothing here; whoever follows aliases has to count.
 * "<<" is a key like others. A key that stands twice in a mapping is kept and marked. Several
 * documents in one text are several roots.
 *
 * A span is the bytes as written, of a scalar with its quotes, without its anchor and tag, which
 * `outer` has besides. It ends with the last byte that is not blank; of a collection in block style
 * with its last child. An empty value ("key:") has an empty span at its place.
 */
#ifndef BASE_YAML_SPAN_H
#define BASE_YAML_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text_place.h"

enum {
    YAML_SPAN_MAX_BYTES = 4 * 1024 * 1024,
    YAML_SPAN_MAX_DEPTH = 64,
    YAML_SPAN_MAX_NODES = 200000, /* a compose file of 2,000 lines has 6,000 */
};

enum yaml_node_kind { YAML_SPAN_SCALAR, YAML_SPAN_LIST, YAML_SPAN_MAPPING, YAML_SPAN_ALIAS };

enum yaml_node_style {
    YAML_SPAN_PLAIN, /* of scalars; an alias has it, too */
    YAML_SPAN_SINGLE,
    YAML_SPAN_DOUBLE,
    YAML_SPAN_LITERAL, /* | */
    YAML_SPAN_FOLDED,  /* > */
    YAML_SPAN_BLOCK,   /* of collections */
    YAML_SPAN_FLOW,    /* {} [] */
};

struct yaml_node {
    enum yaml_node_kind kind;
    enum yaml_node_style style;
    const char *text;   /* of a scalar, decoded, NUL-terminated; of an alias the anchor's name */
    size_t size;        /* of text; a NUL may stand inside */
    const char *anchor; /* NULL: none */
    const char *tag;    /* NULL: none; as libyaml resolves it, "tag:yaml.org,2002:str" */
    const struct yaml_node *target; /* of an alias: never an alias */
    unsigned aliases;               /* how many point here */
    bool duplicate;                 /* a key whose mapping had it before */
    size_t begin, end;              /* bytes of the text */
    size_t outer;                   /* begin with anchor and tag */
    unsigned long line, column;     /* of begin */
    struct yaml_node *parent;
    const struct yaml_node *key; /* of the value of a pair: its key */
    struct yaml_node *children;  /* of a mapping: key, value, key, value */
    struct yaml_node *next;
    size_t child_count;
    struct yaml_node *last_child;
    struct yaml_node *next_anchor, *next_key; /* the parser's */
    uint32_t hash;
};

struct yaml_tree {
    const char *text;
    size_t size;
    struct text_places places;
    struct yaml_node *roots; /* one a document, by next */
    size_t document_count;
    size_t node_count;
};

/* CONFIG with file:line:column: not YAML, not UTF-8, too deep, too many, too large, an alias
 * without an anchor or inside of it. NOMEM. */
int yaml_tree_parse(const char *file, const char *text, size_t size, struct arena *arena,
                    struct yaml_tree *out, struct err *err);

/* The node itself, or what it is an alias of. */
const struct yaml_node *yaml_node_resolve(const struct yaml_node *node);
/* A plain null: "", ~, null. */
bool yaml_node_is_null(const struct yaml_node *node);
/* The value of a key of a mapping, the last where there are several; no merges. NULL: none. */
const struct yaml_node *yaml_node_value(const struct yaml_node *mapping, const char *key);
/* For each decoded byte of a scalar the bytes [begin[i], end[i]) that it is written as. False where
 * that cannot be told: then only the whole span is known. Blanks that were folded share bytes. */
bool yaml_node_align(const struct yaml_tree *tree, const struct yaml_node *node, uint32_t *begin,
                     uint32_t *end);

#endif
