#include "base/yaml_span.h"

#include <string.h>
#include <yaml.h>

#define BUCKETS 4096 /* of anchors and of keys: chains stay short at the most nodes */

/* libyaml's own document loader is not used: it copies no places of ends that can be trusted, knows
 * no limits, and says nothing of duplicate keys. Its events are trusted for this only: marks begin
 * where a token begins, and scalars that are not blocks end where they end. Its marks count
 * characters, not bytes, and a byte order mark would be a character: it is not given one. */
struct reader {
    const char *file;
    struct yaml_tree *tree;
    struct arena *arena;
    struct err *err;
    struct yaml_node *at; /* the open collection */
    size_t depth;
    struct yaml_node *last_root;
    struct yaml_node *anchors[BUCKETS]; /* newest first */
    struct yaml_node *keys[BUCKETS];
};

/* FNV-1a. */
static uint32_t hash_bytes(uint32_t hash, const void *data, size_t size)
{
    const unsigned char *s = data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ s[i]) * 16777619u;
    }
    return hash;
}

static uint32_t hash_key(const struct yaml_node *mapping, const struct yaml_node *key)
{
    return hash_bytes(hash_bytes(2166136261u, &mapping, sizeof(mapping)), key->text, key->size);
}

static size_t byte_of(const struct reader *r, const yaml_mark_t *mark)
{
    return text_byte_of_rune(&r->tree->places, mark->index);
}

static int fail_syntax(struct reader *r, const yaml_parser_t *parser)
{
    const struct text_places *p = &r->tree->places;
    const char *problem = parser->problem != NULL ? parser->problem : "it cannot be read";

    if (parser->error == YAML_MEMORY_ERROR) {
        return err_set(r->err, ERR_NOMEM, "out of memory while reading '%s'", r->file);
    }
    if (parser->error == YAML_READER_ERROR) {
        return text_place_fail(p, r->file, p->bom + parser->problem_offset, r->err,
                               "it is not plain text in UTF-8: %s", problem);
    }
    size_t byte = byte_of(r, &parser->problem_mark);
    if (byte < r->tree->size && r->tree->text[byte] == '\t') {
        return text_place_fail(p, r->file, byte, r->err,
                               "a tab cannot stand here: YAML is indented with spaces");
    }
    if (parser->context != NULL) {
        return text_place_fail(p, r->file, byte, r->err, "it is not YAML: %s %s", parser->context,
                               problem);
    }
    return text_place_fail(p, r->file, byte, r->err, "it is not YAML: %s", problem);
}

/* ---- events to nodes ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_anchor_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

/* From the begin of an anchor or tag to what it belongs to. */
static size_t skip_properties(const struct yaml_tree *t, size_t byte)
{
    while (byte < t->size) {
        char c = t->text[byte];
        if (c == '&') { /* libyaml takes only these characters for an anchor's name */
            for (byte++; byte < t->size && is_anchor_char(t->text[byte]);) {
                byte++;
            }
        } else if (c == '!') { /* a comma ends a tag inside of a flow, but not "!<...>" */
            bool verbatim = byte + 1 < t->size && t->text[byte + 1] == '<';
            while (byte < t->size && !is_blank(t->text[byte]) &&
                   (verbatim || t->text[byte] != ',')) {
                byte++;
            }
        } else if (c == '#') {
            while (byte < t->size && t->text[byte] != '\n') {
                byte++;
            }
        } else if (is_blank(c)) {
            byte++;
        } else if (t->size - byte >= 3 && memcmp(t->text + byte, "\xEF\xBB\xBF", 3) == 0) {
            byte += 3; /* libyaml takes a byte order mark at the begin of any line for nothing */
        } else {
            break;
        }
    }
    return byte;
}

static struct yaml_node *add_node(struct reader *r, enum yaml_node_kind kind,
                                  const yaml_event_t *event)
{
    struct yaml_node *node = arena_alloc(r->arena, sizeof(*node));
    struct yaml_node *parent = r->at;

    node->kind = kind;
    node->outer = byte_of(r, &event->start_mark);
    node->begin = node->outer;
    node->end = byte_of(r, &event->end_mark);
    node->parent = parent;
    if (parent != NULL) {
        if (parent->last_child == NULL) {
            parent->children = node;
        } else {
            parent->last_child->next = node;
            if (parent->kind == YAML_SPAN_MAPPING && parent->child_count % 2 == 1) {
                node->key = parent->last_child;
            }
        }
        parent->last_child = node;
        parent->child_count++;
    } else {
        if (r->last_root == NULL) {
            r->tree->roots = node;
        } else {
            r->last_root->next = node;
        }
        r->last_root = node;
    }
    return node;
}

static void add_anchor(struct reader *r, struct yaml_node *node, const yaml_char_t *anchor,
                       const yaml_char_t *tag)
{
    if (tag != NULL) {
        node->tag = arena_strdup(r->arena, (const char *)tag);
    }
    if (anchor != NULL) {
        node->anchor = arena_strdup(r->arena, (const char *)anchor);
        uint32_t hash = hash_bytes(2166136261u, node->anchor, strlen(node->anchor));
        node->next_anchor = r->anchors[hash % BUCKETS];
        r->anchors[hash % BUCKETS] = node;
    }
    if (anchor != NULL || tag != NULL) {
        size_t begin = skip_properties(r->tree, node->begin);
        node->begin = begin;
        if (node->kind == YAML_SPAN_SCALAR && begin > node->end) {
            /* Nothing stands behind "&name": the empty value is at the end of that. */
            node->begin = node->end;
        }
    }
}

static bool is_open(const struct reader *r, const struct yaml_node *node)
{
    for (const struct yaml_node *open = r->at; open != NULL; open = open->parent) {
        if (open == node) {
            return true;
        }
    }
    return false;
}

static int add_alias(struct reader *r, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    uint32_t hash = hash_bytes(2166136261u, name, strlen(name));
    struct yaml_node *target = r->anchors[hash % BUCKETS];
    struct yaml_node *node = add_node(r, YAML_SPAN_ALIAS, event);

    while (target != NULL && strcmp(target->anchor, name) != 0) {
        target = target->next_anchor;
    }
    if (target == NULL || is_open(r, target)) {
        return text_place_fail(&r->tree->places, r->file, node->begin, r->err,
                               target == NULL ? "the alias '*%.60s' has no anchor before it"
                                              : "the alias '*%.60s' stands inside its own anchor",
                               name);
    }
    node->text = arena_strdup(r->arena, name);
    node->size = strlen(name);
    node->target = target;
    target->aliases++;
    return 0;
}

static void add_scalar(struct reader *r, const yaml_event_t *event)
{
    struct yaml_node *node = add_node(r, YAML_SPAN_SCALAR, event);
    const struct yaml_tree *t = r->tree;

    char *text = arena_alloc(r->arena, event->data.scalar.length + 1); /* NULs may be in it */
    memcpy(text, event->data.scalar.value, event->data.scalar.length);
    node->text = text;
    node->size = event->data.scalar.length;
    add_anchor(r, node, event->data.scalar.anchor, event->data.scalar.tag);
    switch (event->data.scalar.style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        node->style = YAML_SPAN_SINGLE;
        break;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        node->style = YAML_SPAN_DOUBLE;
        break;
    case YAML_LITERAL_SCALAR_STYLE:
        node->style = YAML_SPAN_LITERAL;
        break;
    case YAML_FOLDED_SCALAR_STYLE:
        node->style = YAML_SPAN_FOLDED;
        break;
    default:
        node->style = YAML_SPAN_PLAIN;
        break;
    }
    if (node->style == YAML_SPAN_LITERAL || node->style == YAML_SPAN_FOLDED) {
        /* libyaml's mark is at the next token. */
        while (node->end > node->begin && is_blank(t->text[node->end - 1])) {
            node->end--;
        }
    }
}

static int add_collection(struct reader *r, const yaml_event_t *event)
{
    bool list = event->type == YAML_SEQUENCE_START_EVENT;
    struct yaml_node *node = add_node(r, list ? YAML_SPAN_LIST : YAML_SPAN_MAPPING, event);

    add_anchor(r, node, list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor,
               list ? event->data.sequence_start.tag : event->data.mapping_start.tag);
    /* A pair alone in a flow list has flow style for libyaml, but no braces. */
    char c = node->begin < r->tree->size ? r->tree->text[node->begin] : '\0';
    node->style = c == (list ? '[' : '{') ? YAML_SPAN_FLOW : YAML_SPAN_BLOCK;
    r->at = node;
    if (++r->depth > YAML_SPAN_MAX_DEPTH) {
        return text_place_fail(&r->tree->places, r->file, node->begin, r->err,
                               "it is nested deeper than %d levels", YAML_SPAN_MAX_DEPTH);
    }
    return 0;
}

static void end_collection(struct reader *r, const yaml_event_t *event)
{
    struct yaml_node *node = r->at;

    if (node == NULL) {
        return;
    }
    if (node->style == YAML_SPAN_FLOW) {
        node->end = byte_of(r, &event->end_mark);
    } else if (node->last_child != NULL && node->last_child->end > node->begin) {
        node->end = node->last_child->end;
    }
    if (node->end < node->begin) { /* a block of which only its anchor stands there */
        node->end = node->begin;
    }
    r->at = node->parent;
    r->depth--;
}

/* The last child of r->at was added as a key. */
static void mark_duplicate(struct reader *r, struct yaml_node *key)
{
    if (key->kind != YAML_SPAN_SCALAR) {
        return;
    }
    uint32_t hash = hash_key(key->parent, key);
    const struct yaml_node *other = r->keys[hash % BUCKETS];
    for (; other != NULL && !key->duplicate; other = other->next_key) {
        key->duplicate = other->hash == hash && other->parent == key->parent &&
                         other->size == key->size && memcmp(other->text, key->text, key->size) == 0;
    }
    key->hash = hash;
    key->next_key = r->keys[hash % BUCKETS];
    r->keys[hash % BUCKETS] = key;
}

static int add_event(struct reader *r, const yaml_event_t *event)
{
    struct yaml_node *parent = r->at;
    int rc = 0;

    if (++r->tree->node_count > YAML_SPAN_MAX_NODES) {
        return text_place_fail(&r->tree->places, r->file, byte_of(r, &event->start_mark), r->err,
                               "it has more than %d values", YAML_SPAN_MAX_NODES);
    }
    if (event->type == YAML_SCALAR_EVENT) {
        add_scalar(r, event);
    } else if (event->type == YAML_ALIAS_EVENT) {
        rc = add_alias(r, event);
    } else {
        rc = add_collection(r, event);
    }
    struct yaml_node *node = parent != NULL ? parent->last_child : r->last_root;
    text_place(&r->tree->places, node->begin, &node->line, &node->column);
    if (parent != NULL && parent->kind == YAML_SPAN_MAPPING && parent->child_count % 2 == 1) {
        mark_duplicate(r, node);
    }
    return rc;
}

static int read_events(struct reader *r, yaml_parser_t *parser)
{
    for (;;) {
        yaml_event_t event;
        int rc = 0;

        if (!yaml_parser_parse(parser, &event)) {
            return fail_syntax(r, parser);
        }
        yaml_event_type_t type = event.type;
        switch (type) {
        case YAML_DOCUMENT_START_EVENT:
            /* Anchors do not reach into the next document. */
            r->tree->document_count++;
            memset(r->anchors, 0, sizeof(r->anchors));
            break;
        case YAML_SCALAR_EVENT:
        case YAML_ALIAS_EVENT:
        case YAML_SEQUENCE_START_EVENT:
        case YAML_MAPPING_START_EVENT:
            rc = add_event(r, &event);
            break;
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
            end_collection(r, &event);
            break;
        default:
            break;
        }
        yaml_event_delete(&event);
        if (rc < 0 || type == YAML_STREAM_END_EVENT) {
            return rc;
        }
    }
}

int yaml_tree_parse(const char *file, const char *text, size_t size, struct arena *arena,
                    struct yaml_tree *out, struct err *err)
{
    yaml_parser_t parser;
    struct yaml_tree tree = {.text = text, .size = size};

    if (size > YAML_SPAN_MAX_BYTES) {
        return text_line_fail(file, 1, 1, err, "it is larger than %d bytes", YAML_SPAN_MAX_BYTES);
    }
    struct reader *r = arena_alloc(arena, sizeof(*r));
    *r = (struct reader){.file = file, .tree = &tree, .arena = arena, .err = err};
    text_places_init(&tree.places, text, size, arena);
    if (!yaml_parser_initialize(&parser)) {
        return err_set(err, ERR_NOMEM, "out of memory while reading '%s'", file);
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING); /* else UTF-16 would be guessed */
    yaml_parser_set_input_string(&parser, (const unsigned char *)text + tree.places.bom,
                                 size - tree.places.bom);
    int rc = read_events(r, &parser);
    yaml_parser_delete(&parser);
    if (rc == 0) {
        *out = tree;
    }
    return rc;
}

/* ---- nodes ---- */

const struct yaml_node *yaml_node_resolve(const struct yaml_node *node)
{
    return node != NULL && node->kind == YAML_SPAN_ALIAS ? node->target : node;
}

bool yaml_node_is_null(const struct yaml_node *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    if (node->kind != YAML_SPAN_SCALAR || node->style != YAML_SPAN_PLAIN || node->tag != NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
        if (strcmp(node->text, nulls[i]) == 0) {
            return true;
        }
    }
    return false;
}

const struct yaml_node *yaml_node_value(const struct yaml_node *mapping, const char *key)
{
    const struct yaml_node *found = NULL;
    if (mapping == NULL || mapping->kind != YAML_SPAN_MAPPING) {
        return NULL;
    }
    for (const struct yaml_node *k = mapping->children; k != NULL; k = k->next->next) {
        if (k->kind == YAML_SPAN_SCALAR && strcmp(k->text, key) == 0) {
            found = k->next;
        }
    }
    return found;
}
