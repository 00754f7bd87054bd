#include "tuning/config/splice_list.h"

#include <stdio.h>
#include <string.h>

#include "tuning/config/builder.h"
#include "tuning/config/splice_scalar.h"

enum { ITEM_NAME_MAX = DOCUMENT_MAX_NAME + 24 };

/* ---- lists as texts ---- */

/* One item from *at on, which moves to its comma or bracket. */
static bool read_item(const char **at, struct arena *arena, struct splice_item *out)
{
    const char *from = *at;
    char quote = *from == '"' || *from == '\'' ? *from : '\0';
    size_t size = 0;

    if (quote != '\0') {
        char *text = arena_alloc(arena, strlen(from) + 1);
        for (from++; *from != quote; from++) {
            if (quote == '"' && from[0] == '\\' && (from[1] == '"' || from[1] == '\\')) {
                from++;
            }
            if (*from == '\0') {
                return false;
            }
            text[size++] = *from;
        }
        text[size] = '\0';
        from++;
        *at = from + strspn(from, " ");
        *out = (struct splice_item){text, true};
        return true;
    }
    size = strcspn(from, ",[]{}\"'");
    *at = from + size;
    while (size > 0 && from[size - 1] == ' ') {
        size--;
    }
    *out = (struct splice_item){arena_strndup(arena, from, size), false};
    return size > 0;
}

int splice_list_items(const char *value, struct arena *arena, struct splice_item **out)
{
    struct splice_item *items = arena_calloc(arena, SPLICE_ITEMS_MAX, sizeof(items[0]));
    const char *at = value;
    int count = 0;

    if (at == NULL || *at++ != '[') {
        return -1;
    }
    for (;;) {
        at += strspn(at, " ");
        if (count == SPLICE_ITEMS_MAX || !read_item(&at, arena, &items[count++])) {
            return -1;
        }
        if (*at == ']' && at[1] == '\0') {
            *out = items;
            return count;
        }
        if (*at++ != ',') {
            return -1;
        }
    }
}

static const struct document_entry *find_item(const struct splice_index *index,
                                              const struct splice_edit *edit, int i)
{
    char name[ITEM_NAME_MAX];
    snprintf(name, sizeof(name), "%s[%d]", edit->name, i);
    const struct splice_edit item = {.kind = edit->kind, .group = edit->group, .name = name};
    return splice_index_find(index, &item, NULL);
}

bool splice_list_is(const struct splice_index *index, const struct splice_edit *edit)
{
    struct arena arena = {0};
    struct splice_item *items = NULL;
    int count = splice_list_items(edit->value, &arena, &items);
    bool same = count > 0;

    for (int i = 0; same && i < count; i++) {
        const struct document_entry *e = find_item(index, edit, i);
        same = e != NULL && e->value != NULL && strcmp(e->value, items[i].text) == 0;
    }
    same = same && find_item(index, edit, count) == NULL;
    arena_release(&arena);
    return same;
}

const struct document_entry *splice_list_first(const struct splice_index *index,
                                               const struct splice_edit *edit)
{
    return find_item(index, edit, 0);
}

static const char *list_text(const struct splice_index *index, const struct splice_edit *edit,
                             struct arena *arena)
{
    struct buf text;
    const struct document_entry *e;

    buf_init(&text, DOCUMENT_MAX_BYTES);
    for (int i = 0; i < SPLICE_ITEMS_MAX && (e = find_item(index, edit, i)) != NULL; i++) {
        buf_printf(&text, "%s%s", i > 0 ? ", " : "[", e->value != NULL ? e->value : "null");
    }
    const char *result = text.size > 0 ? arena_printf(arena, "%s]", text.data) : NULL;
    buf_release(&text);
    return result;
}

const char *splice_list_there(const struct document *d, const struct splice_edit *edit,
                              struct arena *arena, bool *same)
{
    struct splice_index index;
    splice_index_init(&index, d);
    const char *text = list_text(&index, edit, arena);
    *same = splice_list_is(&index, edit);
    splice_index_release(&index);
    return text;
}

/* ---- in YAML ---- */

/* Another list of the file, nearest first: one that stands beside it, then any. */
static const struct yaml_node *list_in(const struct yaml_node *node)
{
    for (const struct yaml_node *n = node->children; n != NULL; n = n->next) {
        if (n->kind == YAML_SPAN_LIST && n->children != NULL) {
            return n;
        }
    }
    for (const struct yaml_node *n = node->children; n != NULL; n = n->next) {
        const struct yaml_node *found = list_in(n);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

static const struct yaml_node *list_near(const struct yaml_node *node)
{
    const struct yaml_node *found = NULL;
    for (; node != NULL && found == NULL; node = node->parent) {
        found = list_in(node);
    }
    return found;
}

static const char *item_text(struct splicer *s, const struct splice_item *item,
                             enum yaml_node_style style, bool flow)
{
    if (item->quoted && style == YAML_SPAN_PLAIN) {
        style = YAML_SPAN_DOUBLE;
    }
    return scalar_format(s->arena, item->text, style, SCALAR_KEY, flow);
}

static void lay_out_flow(struct splicer *s, const struct splice_item *items, int count,
                         enum yaml_node_style style, struct node_leaf *leaf)
{
    const char *text = "[";
    for (int i = 0; i < count; i++) {
        text = arena_printf(s->arena, "%s%s%s", text, i > 0 ? ", " : "",
                            item_text(s, &items[i], style, true));
    }
    leaf->value = arena_printf(s->arena, "%s]", text);
}

/* The list as something new, below `parent`: as the nearest other list of the file is. */
static void lay_out(struct splicer *s, const struct yaml_node *parent,
                    const struct splice_edit *edit, struct node_leaf *leaf)
{
    struct splice_item *items = NULL;
    int count = splice_list_items(edit->value, s->arena, &items);
    if (count <= 0 || items == NULL) { /* was looked at before */
        return;
    }
    const struct yaml_node *like = parent != NULL ? list_near(parent) : NULL;
    const struct yaml_node *item = like != NULL ? like->last_child : NULL;
    bool in_flow = parent != NULL && (node_is_in_flow(parent) || (parent->style == YAML_SPAN_FLOW &&
                                                                  parent->children != NULL));
    bool flow = like == NULL || like->style == YAML_SPAN_FLOW || in_flow;
    bool quotes = item != NULL && item->kind == YAML_SPAN_SCALAR &&
                  item->style <= YAML_SPAN_DOUBLE && !scalar_is_typed(items[0].text);
    enum yaml_node_style style = quotes ? item->style : YAML_SPAN_PLAIN;

    if (flow) {
        lay_out_flow(s, items, count, style, leaf);
        return;
    }
    const char **texts = arena_calloc(s->arena, (size_t)count, sizeof(texts[0]));
    for (int i = 0; i < count; i++) {
        texts[i] = item_text(s, &items[i], style, false);
    }
    leaf->value = texts[0];
    leaf->more = texts + 1;
    leaf->more_count = (size_t)count - 1;
    leaf->dashes_below_key = like->key != NULL && like->column == like->key->column;
    if (leaf->key != NULL) {
        leaf->sections[leaf->section_count++] = leaf->key;
        leaf->key = NULL;
    }
}

int list_insert_yaml(struct splicer *s, const struct yaml_node *key, const struct yaml_node *parent,
                     struct node_leaf *leaf, const struct splice_edit *edit)
{
    if (leaf->section_count == NODE_MAX_SECTIONS) {
        return splicer_refuse(s, 0, "'%.80s' is too deep", edit->name);
    }
    lay_out(s, parent, edit, leaf);
    return node_insert(s, key, parent, leaf);
}

/* "key:" gets a list. */
static int fill_null(struct splicer *s, const struct yaml_node *null,
                     const struct splice_edit *edit)
{
    struct node_leaf leaf = {0};

    if (null->key == NULL || null->aliases > 0) {
        return splicer_refuse(s, null->begin, "what stands here is no list");
    }
    lay_out(s, null->parent, edit, &leaf);
    if (leaf.value == NULL) {
        return splicer_refuse(s, null->begin, "it is no list of values");
    }
    if (leaf.value[0] != '[') {
        return node_insert(s, null->key, null, &leaf);
    }
    bool tight = null->begin == null->end && null->begin > 0 &&
                 strchr(" \t", s->d->text[null->begin - 1]) == NULL;
    splicer_patch(s, null->begin, null->end,
                  arena_printf(s->arena, "%s%s", tight ? " " : "", leaf.value), false);
    return 0;
}

int list_set_yaml(struct splicer *s, const struct yaml_node *list, const struct splice_edit *edit)
{
    struct splice_item *items = NULL;
    int count = splice_list_items(edit->value, s->arena, &items);
    struct node_leaf leaf = {0};
    int i = 0;
    int rc = 0;

    if (count <= 0 || items == NULL) {
        return splicer_refuse(s, list->begin, "it is no list of values");
    }
    if (yaml_node_is_null(list)) {
        return fill_null(s, list, edit);
    }
    if (list->kind == YAML_SPAN_LIST && list->children == NULL && list->aliases == 0) { /* [] */
        lay_out_flow(s, items, count, YAML_SPAN_PLAIN, &leaf);
        splicer_patch(s, list->begin, list->end, leaf.value, false);
        return 0;
    }
    if (list->kind != YAML_SPAN_LIST) {
        return splicer_refuse(s, list->begin, "what stands here is no list");
    }
    for (const struct yaml_node *n = list; n != NULL; n = n->parent) {
        if (n->aliases > 0) {
            return splicer_refuse(s, list->begin, "the list has an anchor that others read");
        }
    }
    for (const struct yaml_node *n = list->children; n != NULL; n = n->next) {
        if (n->kind != YAML_SPAN_SCALAR) {
            return splicer_refuse(s, n->begin, "what stands here is more than a list of values");
        }
        if (strstr(n->text, "${") != NULL) {
            return splicer_refuse(s, n->begin, "an item of the list is filled in by others");
        }
    }
    const struct yaml_node *item = list->children;
    for (; item != NULL && i < count && rc == 0; item = item->next, i++) {
        if (strcmp(item->text, items[i].text) != 0) {
            rc = yaml_set_scalar(s, item, items[i].text,
                                 items[i].quoted ? SCALAR_TEXT : SCALAR_KEY);
        }
    }
    if (rc < 0 || (item == NULL && i == count)) {
        return rc;
    }
    if (item != NULL) {
        return node_remove_item(s, item, list->last_child);
    }
    const struct yaml_node *last = list->last_child;
    enum yaml_node_style style = last != NULL && last->style <= YAML_SPAN_DOUBLE ? last->style
                                                                                 : YAML_SPAN_PLAIN;
    const char **texts = arena_calloc(s->arena, (size_t)(count - i), sizeof(texts[0]));
    for (int k = i; k < count; k++) {
        texts[k - i] = item_text(s, &items[k], style, list->style == YAML_SPAN_FLOW);
    }
    leaf.value = texts[0];
    leaf.more = texts + 1;
    leaf.more_count = (size_t)(count - i) - 1;
    return node_insert(s, list->key, list, &leaf);
}
