#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "tuning/config/splice_list.h"
#include "tuning/config/splice_node.h"
#include "tuning/config/splice_scalar.h"
#include "tuning/config/splicer.h"

/* Compose files and other YAML: where an edit's place is in the tree, and what is put there. How
 * nodes are put in and taken out is splice_node.c; flags are splice_flag.c. */

struct spot {                            /* how far a path leads */
    const struct yaml_node *key, *value; /* the last that is there; value is not resolved */
    const char *rest;                    /* what is missing below it; "" nothing */
};

/* The key of a mapping with which the path begins, the longest that does. */
static const struct yaml_node *match_key(const struct yaml_node *mapping, const char *path,
                                         size_t *size)
{
    const struct yaml_node *found = NULL;
    for (const struct yaml_node *k = mapping->children; k != NULL; k = k->next->next) {
        bool longer = k->kind == YAML_SPAN_SCALAR && (found == NULL || k->size > *size);
        if (longer && k->size > 0 && strncmp(path, k->text, k->size) == 0 &&
            (path[k->size] == '\0' || path[k->size] == '.' || path[k->size] == '[')) {
            found = k;
            *size = k->size;
        }
    }
    return found;
}

/* "[2]" of a list. */
static const struct yaml_node *match_item(const struct yaml_node *list, const char *path,
                                          size_t *size)
{
    const char *close = strchr(path, ']');
    uint64_t index;
    if (path[0] != '[' || close == NULL ||
        number_u64(path + 1, (size_t)(close - path) - 1, 10, &index) < 0) {
        return NULL;
    }
    *size = (size_t)(close - path) + 1;
    const struct yaml_node *item = list->children;
    while (item != NULL && index-- > 0) {
        item = item->next;
    }
    return item;
}

/* What is behind an alias stands elsewhere, and is changed there. */
static int refuse_alias(const struct splicer *s, const struct yaml_node *alias)
{
    return splicer_refuse(s, alias->begin, "what stands here is read from the anchor '%.80s'%s",
                          alias->text, alias->target->aliases > 1 ? ", by others as well" : "");
}

static int find_spot(const struct splicer *s, const struct yaml_node *from, const char *path,
                     struct spot *out)
{
    *out = (struct spot){from->key, from, path};
    while (out->rest[0] != '\0') {
        const struct yaml_node *at = out->value;
        size_t size = 0;
        if (at->kind == YAML_SPAN_ALIAS) {
            return refuse_alias(s, at);
        }
        if (at->kind == YAML_SPAN_SCALAR) {
            return yaml_node_is_null(at)
                       ? 0
                       : splicer_refuse(s, at->begin, "'%.60s' is not a section", path);
        }
        bool list = at->kind == YAML_SPAN_LIST;
        const struct yaml_node *found = list ? match_item(at, out->rest, &size)
                                             : match_key(at, out->rest, &size);
        if (found == NULL) {
            return list ? splicer_refuse(s, at->begin, "the list has no item '%.60s'", out->rest)
                        : 0;
        }
        out->key = list ? NULL : found;
        out->value = list ? found : found->next;
        out->rest += size;
        out->rest += out->rest[0] == '.';
    }
    return 0;
}

static enum yaml_node_style style_of(const struct yaml_node *value)
{
    return value != NULL && value->kind == YAML_SPAN_SCALAR &&
                   (value->style == YAML_SPAN_SINGLE || value->style == YAML_SPAN_DOUBLE)
               ? value->style
               : YAML_SPAN_PLAIN;
}

/* Keys of a service whose value docker compose takes only as a text ("must be a string", or "got
 * unconvertible type 'float64'"), though it looks like a number. */
static enum scalar_type key_type(const struct splicer *s, const struct splice_edit *edit)
{
    static const char *const texts[] = {
        "cpuset",
        "deploy.resources.limits.cpus",
        "deploy.resources.limits.memory",
        "deploy.resources.reservations.cpus",
        "deploy.resources.reservations.memory",
    };
    bool service = s->d->kind == DOCUMENT_COMPOSE && edit->group[0] != '\0';
    if (edit->text) {
        return SCALAR_TEXT;
    }
    for (size_t i = 0; service && i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(edit->name, texts[i]) == 0) {
            return SCALAR_TEXT;
        }
    }
    return SCALAR_KEY;
}

/* What stands there keeps its type: a text stays one, and a number and a truth value as far as the
 * new value can be one. */
static int keep_type(const struct splicer *s, const struct yaml_node *value, const char *to,
                     enum scalar_type *type)
{
    const struct yaml_node *old = yaml_node_resolve(value);

    if (to == NULL || old->kind != YAML_SPAN_SCALAR) {
        return 0;
    }
    enum scalar_class class = yaml_node_is_null(old) ? SCALAR_IS_NOTHING
                              : old->style != YAML_SPAN_PLAIN
                                  ? SCALAR_IS_TEXT
                                  : scalar_class_of(s->d->kind, old->text, false);
    if (class == SCALAR_IS_TEXT) {
        *type = SCALAR_TEXT;
    } else if (class == SCALAR_IS_NUMBER && scalar_is_plain_number(to)) {
        *type = SCALAR_KEY;
        return 0;
    }
    bool truth = strcmp(to, "true") == 0 || strcmp(to, "false") == 0;
    bool fits = class == SCALAR_IS_NUMBER ? scalar_is_typed(to) && !truth
                                          : class != SCALAR_IS_TRUTH || truth;
    if (s->d->kind == DOCUMENT_YAML && !fits) {
        return splicer_refuse(s, value->begin, "what stands here is a %s, and '%.40s' is none",
                              class == SCALAR_IS_NUMBER ? "number" : "truth value", to);
    }
    return 0;
}

/* Another value for a scalar that is there. */
int yaml_set_scalar(struct splicer *s, const struct yaml_node *value, const char *to,
                    enum scalar_type type)
{
    bool flow = node_is_in_flow(value);
    int rc = keep_type(s, value, to, &type);

    if (rc < 0) {
        return rc;
    }
    if (value->kind == YAML_SPAN_LIST || value->kind == YAML_SPAN_MAPPING) {
        return splicer_refuse(s, value->begin, "what stands here is a section, not a value");
    }
    if (value->style == YAML_SPAN_LITERAL || value->style == YAML_SPAN_FOLDED) {
        return splicer_refuse(s, value->begin, "the value is a block of lines");
    }
    if (value->kind == YAML_SPAN_SCALAR && value->aliases > 0) {
        return splicer_refuse(s, value->begin, "the value has an anchor that others read");
    }
    const char *text = to == NULL ? (flow ? "null" : "")
                                  : scalar_format(s->arena, to, style_of(value), type, flow);
    if (value->begin == value->end && value->begin > 0 &&
        strchr(" \t", s->d->text[value->begin - 1]) == NULL) {
        text = arena_printf(s->arena, " %s", text);
    }
    splicer_patch(s, value->begin, value->end, text, false);
    return 0;
}

/* The style in which a neighbour of a new value stands. */
static enum yaml_node_style neighbour_style(const struct yaml_node *mapping)
{
    return mapping->last_child != NULL ? style_of(mapping->last_child) : YAML_SPAN_PLAIN;
}

/* ---- keys ---- */

/* Splits "a.b.c": all but the last into keys. False: a part is empty or a list's. */
static bool split_path(struct splicer *s, const char *path, struct node_leaf *leaf)
{
    char *copy = arena_strdup(s->arena, path);
    if (strchr(path, '[') != NULL) {
        return false;
    }
    for (;;) {
        char *dot = strchr(copy, '.');
        size_t size = dot != NULL ? (size_t)(dot - copy) : strlen(copy);
        if (size == 0 || leaf->section_count == NODE_MAX_SECTIONS) {
            return false;
        }
        if (dot == NULL) {
            leaf->key = copy;
            return true;
        }
        *dot = '\0';
        leaf->sections[leaf->section_count++] = copy;
        copy = dot + 1;
    }
}

static int set_key(struct splicer *s, const struct yaml_node *base, const struct splice_edit *edit)
{
    struct spot spot;
    struct node_leaf leaf = {0};
    int rc = find_spot(s, base, edit->name, &spot);

    if (rc < 0) {
        return rc;
    }
    if (spot.rest[0] == '\0' && edit->list) {
        return list_set_yaml(s, spot.value, edit);
    }
    if (spot.rest[0] == '\0') {
        return yaml_set_scalar(s, spot.value, edit->value, key_type(s, edit));
    }
    if (!split_path(s, spot.rest, &leaf)) {
        return splicer_refuse(s, spot.value->begin, "'%.80s' is not there to be changed",
                              edit->name);
    }
    if (edit->list) {
        return list_insert_yaml(s, spot.key, spot.value, &leaf, edit);
    }
    bool flow = spot.value->style == YAML_SPAN_FLOW || node_is_in_flow(spot.value);
    bool typed = edit->value != NULL && key_type(s, edit) != SCALAR_TEXT &&
                 scalar_is_typed(edit->value);
    enum yaml_node_style style = edit->value != NULL && !typed && leaf.section_count == 0
                                     ? neighbour_style(spot.value)
                                     : YAML_SPAN_PLAIN;
    leaf.value = edit->value != NULL
                     ? scalar_format(s->arena, edit->value, style, key_type(s, edit), flow)
                     : NULL;
    return node_insert(s, spot.key, spot.value, &leaf);
}

static int remove_key(struct splicer *s, const struct yaml_node *base,
                      const struct splice_edit *edit)
{
    struct spot spot;
    int rc = find_spot(s, base, edit->name, &spot);

    if (rc < 0) {
        return rc;
    }
    if (spot.rest[0] != '\0' || spot.key == NULL) {
        return splicer_refuse(s, spot.value->begin, "'%.80s' does not stand here by itself",
                              edit->name);
    }
    return node_remove_pair(s, spot.key, base);
}

/* ---- variables ---- */

/* Whether the file writes its environments as lists. */
static bool prefers_lists(const struct splicer *s)
{
    const struct yaml_node *services = yaml_node_resolve(
        yaml_node_value(s->tree.roots, "services"));
    for (const struct yaml_node *k = services->children; k != NULL; k = k->next->next) {
        const struct yaml_node *service = yaml_node_resolve(k->next);
        const struct yaml_node *env = service->kind == YAML_SPAN_MAPPING
                                          ? yaml_node_resolve(
                                                yaml_node_value(service, "environment"))
                                          : NULL;
        if (env != NULL && env->kind == YAML_SPAN_LIST && env->children != NULL) {
            return true;
        }
        if (env != NULL && env->kind == YAML_SPAN_MAPPING && env->children != NULL) {
            return false;
        }
    }
    return false;
}

static const char *item_text(struct splicer *s, const struct splice_edit *edit)
{
    return edit->value != NULL ? arena_printf(s->arena, "%s=%s", edit->name, edit->value)
                               : edit->name;
}

static int add_variable(struct splicer *s, const struct yaml_node *service,
                        const struct yaml_node *env, const struct splice_edit *edit)
{
    struct node_leaf leaf = {0};
    const struct yaml_node *parent = env != NULL ? env : service;
    bool list = env != NULL && env->kind == YAML_SPAN_LIST                               ? true
                : env != NULL && env->kind == YAML_SPAN_MAPPING && env->children != NULL ? false
                : env == NULL || yaml_node_is_null(env) ? prefers_lists(s)
                                                        : env->kind == YAML_SPAN_LIST;
    bool flow = node_is_in_flow(parent) ||
                (parent->style == YAML_SPAN_FLOW && parent->kind != YAML_SPAN_SCALAR);

    if (env == NULL) {
        leaf.sections[leaf.section_count++] = "environment";
    }
    if (list) {
        enum yaml_node_style style = env != NULL && env->kind == YAML_SPAN_LIST
                                         ? neighbour_style(env)
                                         : YAML_SPAN_PLAIN;
        leaf.value = scalar_format(s->arena, item_text(s, edit), style, SCALAR_VARIABLE, flow);
    } else {
        leaf.key = edit->name;
        enum yaml_node_style style = env != NULL && env->kind == YAML_SPAN_MAPPING
                                         ? neighbour_style(env)
                                         : YAML_SPAN_PLAIN;
        leaf.value = edit->value != NULL
                         ? scalar_format(s->arena, edit->value, style,
                                         edit->text ? SCALAR_TEXT : SCALAR_VARIABLE, flow)
                         : NULL;
    }
    return node_insert(s, parent == env ? env->key : service->key, parent, &leaf);
}

/* The item "NAME" or "NAME=value" of a list. */
static const struct yaml_node *find_item(const struct yaml_node *list, const char *name)
{
    size_t size = strlen(name);
    for (const struct yaml_node *item = list->children; item != NULL; item = item->next) {
        if (item->kind == YAML_SPAN_SCALAR && strncmp(item->text, name, size) == 0 &&
            (item->text[size] == '=' || item->text[size] == '\0')) {
            return item;
        }
    }
    return NULL;
}

static int edit_variable(struct splicer *s, const struct yaml_node *service,
                         const struct splice_edit *edit)
{
    const struct yaml_node *env = yaml_node_value(service, "environment");

    if (env != NULL && env->kind == YAML_SPAN_ALIAS) {
        return refuse_alias(s, env);
    }
    if (env != NULL && env->kind == YAML_SPAN_LIST) {
        const struct yaml_node *item = find_item(env, edit->name);
        if (item != NULL && edit->remove) {
            return node_remove_item(s, item, item);
        }
        if (item != NULL) {
            return yaml_set_scalar(s, item, item_text(s, edit), SCALAR_VARIABLE);
        }
    } else if (env != NULL && env->kind == YAML_SPAN_MAPPING) {
        const struct yaml_node *value = yaml_node_value(env, edit->name);
        if (value != NULL && edit->remove) {
            return node_remove_pair(s, value->key, service);
        }
        if (value != NULL) {
            return yaml_set_scalar(s, value, edit->value, SCALAR_VARIABLE);
        }
    } else if (env != NULL && !yaml_node_is_null(env)) {
        return splicer_refuse(s, env->begin, "'environment' is neither a list nor a mapping");
    }
    if (edit->remove) {
        return splicer_refuse(s, service->begin, "'%.80s' comes from an anchor", edit->name);
    }
    if (env == NULL && splice_find(s->d, edit) != NULL) {
        /* All of the environment is merged in: one of its own would be all that is left. */
        return splicer_refuse(s, service->begin, "the environment comes whole from an anchor");
    }
    for (size_t i = 0; env == NULL && i < s->d->count; i++) {
        const struct document_entry *e = &s->d->entries[i];
        if (e->kind == ENTRY_VARIABLE && strcmp(e->group, edit->group) == 0) {
            return splicer_refuse(s, service->begin, "the environment comes whole from an anchor");
        }
    }
    return add_variable(s, service, env, edit);
}

/* ---- what an edit is about ---- */

static int find_service(const struct splicer *s, const char *group, const struct yaml_node **out)
{
    const struct yaml_node *root = s->tree.roots;
    const struct yaml_node *services = root != NULL ? yaml_node_value(root, "services") : NULL;
    const struct yaml_node *service = services != NULL ? yaml_node_value(services, group) : NULL;

    if (service == NULL || service->kind != YAML_SPAN_MAPPING) {
        return splicer_refuse(s, services != NULL ? services->begin : 0,
                              service == NULL ? "there is no service '%.80s'"
                                              : "the service '%.80s' is not a mapping of its own",
                              group);
    }
    *out = service;
    return 0;
}

/* Into a service that the file does not have yet. */
static int add_to_service(struct splicer *s, const struct splice_edit *edit)
{
    struct node_leaf leaf = {.key = edit->name};
    enum scalar_type type = edit->kind == ENTRY_KEY ? key_type(s, edit)
                            : edit->text            ? SCALAR_TEXT
                                                    : SCALAR_VARIABLE;

    if (edit->kind == ENTRY_VARIABLE) {
        leaf.sections[leaf.section_count++] = "environment";
    } else if (edit->kind != ENTRY_KEY || !split_path(s, edit->name, &leaf)) {
        return splicer_refuse(s, 0, "the service has no command of its own here");
    }
    leaf.value = edit->value != NULL
                     ? scalar_format(s->arena, edit->value, YAML_SPAN_PLAIN, type, false)
                     : NULL;
    return node_insert_service(s, edit->group, &leaf);
}

int splice_yaml(struct splicer *s, const struct splice_edit *edit, const struct document_entry *e)
{
    const struct yaml_node *base = s->tree.roots;
    int rc = 0;

    if (s->d->kind == DOCUMENT_COMPOSE && edit->group[0] != '\0') {
        if (edit->make_group && !edit->remove && node_service(s, edit->group) == NULL) {
            return add_to_service(s, edit);
        }
        rc = find_service(s, edit->group, &base);
    } else if (edit->group[0] != '\0' || edit->kind != ENTRY_KEY) {
        return err_set(s->err, ERR_CONFIG, "'%.80s' does not belong there", edit->name);
    }
    if (rc < 0) {
        return rc;
    }
    if (edit->kind == ENTRY_VARIABLE) {
        return edit_variable(s, base, edit);
    }
    if (edit->kind == ENTRY_FLAG) {
        return splice_flag(s, base, edit, e);
    }
    if (base == NULL) {
        struct node_leaf leaf = {0};
        if (!split_path(s, edit->name, &leaf)) {
            return splicer_refuse(s, 0, "'%.80s' is not there to be changed", edit->name);
        }
        if (edit->list) {
            return list_insert_yaml(s, NULL, NULL, &leaf, edit);
        }
        leaf.value = edit->value != NULL ? scalar_format(s->arena, edit->value, YAML_SPAN_PLAIN,
                                                         key_type(s, edit), false)
                                         : NULL;
        return node_insert(s, NULL, NULL, &leaf);
    }
    return edit->remove ? remove_key(s, base, edit) : set_key(s, base, edit);
}
