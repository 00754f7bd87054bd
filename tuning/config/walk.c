#include "tuning/config/walk.h"

#include <string.h>

static void note_node(struct yaml_walk *w, const struct yaml_node *node)
{
    if (node->kind != YAML_SPAN_MAPPING) {
        return;
    }
    for (const struct yaml_node *key = node->children; key != NULL; key = key->next->next) {
        if (key->duplicate) {
            w->b->d->duplicates++;
            builder_note(w->b, key->begin, "the key '%.80s' is there twice", key->text);
            builder_unsure(w->b);
        }
        if (key->kind != YAML_SPAN_SCALAR && yaml_node_resolve(key)->kind != YAML_SPAN_SCALAR) {
            builder_note(w->b, key->begin, "a key that is not a text is not read");
        }
    }
}

/* ---- tags ---- */

enum { TAGS_MAX = 1000 }; /* of a file with more all is as if it had one */

static bool has_own_tag(const struct yaml_node *node)
{
    static const char core[] = "tag:yaml.org,2002:";

    return node->tag != NULL && strcmp(node->tag, "!") != 0 &&
           strncmp(node->tag, core, sizeof(core) - 1) != 0;
}

/* Its place among the children of a list. */
static size_t index_of(const struct yaml_node *node)
{
    size_t index = 0;

    for (const struct yaml_node *n = node->parent->children; n != NULL && n != node; n = n->next) {
        index++;
    }
    return index;
}

/* The node's place, from the root or from the service that it is in. */
static void tag_place(struct yaml_walk *w, const struct yaml_node *node, struct document_tag *out)
{
    const struct yaml_node *way[YAML_SPAN_MAX_DEPTH + 1];
    struct arena *arena = &w->b->d->arena;
    const bool compose = w->b->d->kind == DOCUMENT_COMPOSE;
    bool services = false;
    size_t depth = 0;

    for (; node->parent != NULL && depth <= YAML_SPAN_MAX_DEPTH; node = node->parent) {
        way[depth++] = node;
    }
    buf_clear(&w->path);
    for (size_t i = 0; i < depth; i++) {
        const struct yaml_node *at = way[depth - 1 - i];
        const char *key = at->key != NULL ? yaml_node_resolve(at->key)->text : NULL;

        if (key != NULL && strcmp(key, "<<") == 0) {
            break; /* what is merged counts as if it stood where the merge does */
        }
        services = services || (compose && i == 0 && key != NULL && strcmp(key, "services") == 0);
        if (services && i == 1 && key != NULL) {
            out->group = arena_strdup(arena, key);
            buf_clear(&w->path);
        } else if (services && i == 3 && at->kind == YAML_SPAN_SCALAR && key == NULL &&
                   strcmp(w->path.data, "environment") == 0) { /* "- NAME=value" */
            (void)walk_push_key(w, arena_strndup(arena, at->text, strcspn(at->text, "=")));
        } else if (key != NULL) {
            (void)walk_push_key(w, key);
        } else {
            (void)walk_push_index(w, index_of(at));
        }
    }
    out->path = arena_strndup(arena, w->path.data, w->path.size);
    buf_clear(&w->path);
}

static void add_tag(struct yaml_walk *w, const struct yaml_node *node, const char *tag)
{
    struct document *d = w->b->d;

    if (d->tag_count == TAGS_MAX) {
        return;
    }
    if (d->tags == NULL) {
        d->tags = arena_calloc(&d->arena, TAGS_MAX, sizeof(d->tags[0]));
        w->tagged = arena_calloc(&w->b->scratch, TAGS_MAX, sizeof(w->tagged[0]));
    }
    struct document_tag *t = &d->tags[d->tag_count];
    *t = (struct document_tag){.group = "", .path = "", .tag = tag, .byte = node->outer};
    w->tagged[d->tag_count++] = node;
    if (d->tag_count < TAGS_MAX) {
        tag_place(w, node, t);
    }
}

/* Notes a node that has a tag, or is read from an anchor where one stands; that one comes earlier
 * in the file. */
static int note_tag(struct yaml_walk *w, const struct yaml_node *node)
{
    struct document *d = w->b->d;
    const size_t count = d->tag_count;
    int rc = 0;

    if (node->kind == YAML_SPAN_ALIAS) {
        rc = builder_work(w->b, count, node->begin);
        for (size_t i = 0; i < count && rc == 0; i++) {
            const struct yaml_node *in = w->tagged[i];
            while (in != NULL && in != node->target) {
                in = in->parent;
            }
            if (in != NULL) {
                add_tag(w, node, d->tags[i].tag);
                break;
            }
        }
    } else if (has_own_tag(node)) {
        add_tag(w, node, arena_strdup(&d->arena, node->tag));
    }
    return rc;
}

/* Every node once, without recursion: the tree itself may be large. */
static int note_tree(struct yaml_walk *w)
{
    int rc = 0;

    for (const struct yaml_node *root = w->tree.roots; root != NULL; root = root->next) {
        const struct yaml_node *node = root;
        if (root != w->tree.roots) {
            builder_note(w->b, root->outer, "a second document begins here");
            builder_unsure(w->b);
        }
        while (node != NULL && rc == 0) {
            note_node(w, node);
            rc = note_tag(w, node);
            if (node->children != NULL) {
                node = node->children;
                continue;
            }
            while (node != root && node->next == NULL) {
                node = node->parent;
            }
            node = node != root ? node->next : NULL;
        }
    }
    return rc;
}

int walk_init(struct yaml_walk *w, struct document_builder *b)
{
    *w = (struct yaml_walk){.b = b};
    int rc = yaml_tree_parse(b->d->file, b->d->text, b->d->size, &b->d->arena, &w->tree, b->err);
    buf_init(&w->path, DOCUMENT_MAX_NAME * 2);
    if (rc == 0) {
        rc = note_tree(w);
    }
    return rc;
}

void walk_release(struct yaml_walk *w)
{
    buf_release(&w->path);
}

size_t walk_push_key(struct yaml_walk *w, const char *key)
{
    size_t size = w->path.size;
    if (size > 0) {
        buf_putc(&w->path, '.');
    }
    buf_puts(&w->path, key);
    return size;
}

size_t walk_push_index(struct yaml_walk *w, size_t index)
{
    size_t size = w->path.size;
    buf_printf(&w->path, "[%zu]", index);
    return size;
}

void walk_pop(struct yaml_walk *w, size_t size)
{
    w->path.size = size;
    w->path.data[size] = '\0';
    w->path.truncated = false;
}

bool walk_is_shared(const struct yaml_node *node)
{
    for (; node != NULL; node = node->parent) {
        if (node->aliases > 0) {
            return true;
        }
    }
    return false;
}

int walk_check_text(struct yaml_walk *w, const struct yaml_node *scalar)
{
    if (strlen(scalar->text) != scalar->size) {
        return builder_fail(w->b, scalar->begin, "a text holds a NUL character");
    }
    return 0;
}

bool walk_map(struct yaml_walk *w, const struct yaml_node *scalar, struct mapped *out)
{
    uint32_t *begin = arena_calloc(&w->b->scratch, scalar->size + 1, sizeof(begin[0]));
    uint32_t *end = arena_calloc(&w->b->scratch, scalar->size + 1, sizeof(end[0]));

    *out = (struct mapped){scalar->text, scalar->size, begin, end, scalar->begin};
    if (yaml_node_align(&w->tree, scalar, begin, end)) {
        return true;
    }
    for (size_t i = 0; i < scalar->size; i++) { /* each byte is all of it: safe, if not exact */
        begin[i] = (uint32_t)scalar->begin;
        end[i] = (uint32_t)scalar->end;
    }
    return false;
}

/* ---- pairs ---- */

struct pair_list {
    struct yaml_pair *items;
    size_t count, capacity;
};

static bool is_merge(const struct yaml_node *key)
{
    return key->kind == YAML_SPAN_SCALAR && key->style == YAML_SPAN_PLAIN &&
           strcmp(key->text, "<<") == 0;
}

static void add_pair(struct yaml_walk *w, struct pair_list *list, struct yaml_pair pair)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity > 0 ? list->capacity * 2 : 8;
        struct yaml_pair *items = arena_calloc(&w->b->scratch, capacity, sizeof(items[0]));
        if (list->count > 0) {
            memcpy(items, list->items, list->count * sizeof(items[0]));
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = pair;
}

static bool has_key(const struct pair_list *list, const struct yaml_node *key)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *other = yaml_node_resolve(list->items[i].key);
        if (other->size == key->size && memcmp(other->text, key->text, key->size) == 0) {
            return true;
        }
    }
    return false;
}

static int merge_value(struct yaml_walk *w, struct pair_list *list, const struct yaml_node *value,
                       size_t depth);

/* The keys of a mapping that the list does not have yet, then those merged into it. Its own are
 * added as they stand, twice if they stand there twice. */
static int collect(struct yaml_walk *w, struct pair_list *list, const struct yaml_node *mapping,
                   bool merged, size_t depth)
{
    int rc = 0;

    if (depth > YAML_SPAN_MAX_DEPTH) {
        return builder_fail(w->b, mapping->begin, "merges nest deeper than %d levels",
                            YAML_SPAN_MAX_DEPTH);
    }
    for (const struct yaml_node *k = mapping->children; k != NULL && rc == 0; k = k->next->next) {
        const struct yaml_node *key = yaml_node_resolve(k);
        if (key->kind != YAML_SPAN_SCALAR || is_merge(k)) {
            continue;
        }
        rc = walk_check_text(w, key);
        if (rc == 0) {
            rc = builder_work(w->b, 1 + (merged ? list->count : 0), mapping->begin);
        }
        if (rc == 0 && (!merged || !has_key(list, key))) {
            add_pair(w, list, (struct yaml_pair){k, k->next, merged});
        }
    }
    for (const struct yaml_node *k = mapping->children; k != NULL && rc == 0; k = k->next->next) {
        if (is_merge(k)) {
            rc = merge_value(w, list, k->next, depth + 1);
        }
    }
    return rc;
}

static int merge_value(struct yaml_walk *w, struct pair_list *list, const struct yaml_node *value,
                       size_t depth)
{
    const struct yaml_node *node = yaml_node_resolve(value);
    int rc = builder_work(w->b, 1, value->begin);

    if (rc == 0 && node->kind == YAML_SPAN_MAPPING) {
        return collect(w, list, node, true, depth);
    }
    if (rc == 0 && node->kind == YAML_SPAN_LIST && depth <= YAML_SPAN_MAX_DEPTH) {
        for (const struct yaml_node *item = node->children; item != NULL && rc == 0;
             item = item->next) {
            const struct yaml_node *one = yaml_node_resolve(item);
            if (one->kind == YAML_SPAN_MAPPING) {
                rc = collect(w, list, one, true, depth + 1);
            }
        }
    } else if (rc == 0 && !yaml_node_is_null(node)) {
        builder_note(w->b, value->begin, "only a mapping can be merged with '<<'");
    }
    return rc;
}

int walk_pairs(struct yaml_walk *w, const struct yaml_node *mapping, struct yaml_pair **out,
               size_t *count)
{
    struct pair_list list = {0};
    int rc = collect(w, &list, mapping, false, 0);
    *out = list.items;
    *count = list.count;
    return rc;
}

/* ---- values ---- */

static int add_scalar(struct yaml_walk *w, const char *group, const struct yaml_node *key,
                      const struct yaml_node *value, bool shared)
{
    /* An alias in the place of a value can be replaced where it stands, so it is the value. */
    const struct yaml_node *scalar = yaml_node_resolve(value);
    const struct yaml_node *place = key != NULL ? key : value;
    struct document_entry e = {
        .kind = ENTRY_KEY,
        .group = group,
        .value = yaml_node_is_null(scalar) ? NULL : scalar->text,
        .quoted = scalar->style == YAML_SPAN_SINGLE || scalar->style == YAML_SPAN_DOUBLE,
        .interpolated = w->doubled_dollar ? text_interpolates(scalar->text, scalar->size, true)
                                          : strstr(scalar->text, "${") != NULL,
        .shared = shared || walk_is_shared(value),
        .whole = {place->begin, value->end},
        .value_span = {value->begin, value->end},
    };
    int rc = walk_check_text(w, scalar);
    if (rc == 0 && w->path.truncated) {
        rc = builder_fail(w->b, place->begin, "a name is longer than %d bytes", DOCUMENT_MAX_NAME);
    }
    return rc < 0 ? rc : builder_add(w->b, &e, w->path.data, w->path.size, place->begin);
}

int walk_value(struct yaml_walk *w, const char *group, const struct yaml_node *key,
               const struct yaml_node *value, bool shared)
{
    const struct yaml_node *node = yaml_node_resolve(value);
    int rc = builder_work(w->b, 1, value->begin);

    if (rc < 0) {
        return rc;
    }
    if (node->kind == YAML_SPAN_SCALAR) {
        return add_scalar(w, group, key, value, shared);
    }
    shared = shared || node != value;
    if (++w->depth > YAML_SPAN_MAX_DEPTH) {
        return builder_fail(w->b, value->begin, "aliases nest it deeper than %d levels",
                            YAML_SPAN_MAX_DEPTH);
    }
    if (node->kind == YAML_SPAN_LIST) {
        size_t index = 0;
        for (const struct yaml_node *item = node->children; item != NULL && rc == 0;
             item = item->next) {
            size_t size = walk_push_index(w, index++);
            rc = walk_value(w, group, NULL, item, shared);
            walk_pop(w, size);
        }
    } else {
        struct yaml_pair *pairs;
        size_t count;
        rc = walk_pairs(w, node, &pairs, &count);
        for (size_t i = 0; i < count && rc == 0; i++) {
            size_t size = walk_push_key(w, yaml_node_resolve(pairs[i].key)->text);
            rc = walk_value(w, group, pairs[i].key, pairs[i].value, shared || pairs[i].merged);
            walk_pop(w, size);
        }
    }
    w->depth--;
    return rc;
}
