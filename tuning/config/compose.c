#include <string.h>

#include "tuning/config/shell.h"
#include "tuning/config/walk.h"
#include "tuning/config/words.h"

/* What a service of a compose file has: its environment as variables, its command lines as flags,
 * all else as keys. The rules are those of the Compose specification. */

static int add_variable(struct yaml_walk *w, const char *group, const struct yaml_node *key,
                        const struct yaml_node *value, bool shared)
{
    const struct yaml_node *scalar = yaml_node_resolve(value);
    const char *name = yaml_node_resolve(key)->text;
    int rc = 0;

    if (scalar->kind != YAML_SPAN_SCALAR) {
        builder_note(w->b, key->begin, "the variable '%.80s' cannot be %s", name,
                     scalar->kind == YAML_SPAN_LIST ? "a list" : "a mapping");
        return 0;
    }
    rc = walk_check_text(w, scalar);
    struct document_entry e = {
        .kind = ENTRY_VARIABLE,
        .group = group,
        .value = yaml_node_is_null(scalar) ? NULL : scalar->text,
        .quoted = scalar->style == YAML_SPAN_SINGLE || scalar->style == YAML_SPAN_DOUBLE,
        .interpolated = text_interpolates(scalar->text, scalar->size, true),
        .shared = shared || walk_is_shared(value),
        .whole = {key->begin, value->end},
        .value_span = {value->begin, value->end},
    };
    return rc < 0 ? rc : builder_add(w->b, &e, name, strlen(name), key->begin);
}

/* "- NAME=value". */
static int add_item(struct yaml_walk *w, const char *group, const struct yaml_node *item,
                    bool shared)
{
    const struct yaml_node *scalar = yaml_node_resolve(item);
    const char *equals = strchr(scalar->text, '=');
    size_t name_size = equals != NULL ? (size_t)(equals - scalar->text) : scalar->size;
    struct document_entry e = {
        .kind = ENTRY_VARIABLE,
        .group = group,
        .quoted = scalar->style == YAML_SPAN_SINGLE || scalar->style == YAML_SPAN_DOUBLE,
        .shared = shared || walk_is_shared(item) || item != scalar,
        .whole = {item->begin, item->end},
        .value_span = {item->end, item->end},
    };
    struct mapped text;
    int rc = walk_check_text(w, scalar);

    if (rc == 0) {
        rc = builder_work(w->b, scalar->size, item->begin);
    }
    if (rc < 0) {
        return rc;
    }
    if (item != scalar) { /* the value is to be found where the anchor is */
        e.whole = (struct document_span){scalar->begin, scalar->end};
        e.value_span = (struct document_span){scalar->end, scalar->end};
    }
    if (equals != NULL) {
        (void)walk_map(w, scalar, &text);
        e.value = equals + 1;
        e.interpolated = text_interpolates(equals + 1, strlen(equals + 1), true);
        e.value_span.begin = mapped_end(&text, name_size + 1);
        e.value_span.end = e.quoted ? mapped_end(&text, text.size) : scalar->end;
        if (e.value_span.end < e.value_span.begin) {
            e.value_span.end = e.value_span.begin;
        }
    }
    return builder_add(w->b, &e, scalar->text, name_size, item->begin);
}

static int add_environment(struct yaml_walk *w, const char *group, const struct yaml_node *value,
                           bool shared)
{
    const struct yaml_node *node = yaml_node_resolve(value);
    size_t from = w->b->d->count;
    int rc = 0;

    shared = shared || node != value;
    if (node->kind == YAML_SPAN_MAPPING) {
        struct yaml_pair *pairs;
        size_t count;
        rc = walk_pairs(w, node, &pairs, &count);
        for (size_t i = 0; i < count && rc == 0; i++) {
            rc = add_variable(w, group, pairs[i].key, pairs[i].value, shared || pairs[i].merged);
        }
        return rc;
    }
    if (node->kind != YAML_SPAN_LIST) {
        if (!yaml_node_is_null(node)) {
            builder_note(w->b, node->begin, "'environment' must be a list or a mapping");
        }
        return 0;
    }
    for (const struct yaml_node *item = node->children; item != NULL && rc == 0;
         item = item->next) {
        const struct yaml_node *one = yaml_node_resolve(item);
        rc = builder_work(w->b, 1, item->begin);
        if (rc == 0 && one->kind == YAML_SPAN_SCALAR) {
            rc = add_item(w, group, item, shared);
        } else if (rc == 0 && one->kind == YAML_SPAN_MAPPING) {
            /* "- NAME: value": compose refuses it; what is meant is clear. */
            builder_note(w->b, one->begin,
                         "an item of 'environment' is a mapping: "
                         "write NAME=value, or leave out the dash");
            struct yaml_pair *pairs;
            size_t count;
            rc = walk_pairs(w, one, &pairs, &count);
            for (size_t i = 0; i < count && rc == 0; i++) {
                rc = add_variable(w, group, pairs[i].key, pairs[i].value, shared);
            }
        } else if (rc == 0) {
            builder_note(w->b, one->begin, "an item of 'environment' is a list");
        }
    }
    if (rc == 0) {
        builder_note_twice(w->b, from);
    }
    return rc;
}

/* command, entrypoint: a text that is split as a shell would, or a list of words. */
static int add_command(struct yaml_walk *w, const char *group, const struct yaml_pair *pair,
                       bool shared)
{
    const struct yaml_node *node = yaml_node_resolve(pair->value);
    const char *name = yaml_node_resolve(pair->key)->text;
    struct words words = {0};
    int rc = builder_work(w->b, node->kind == YAML_SPAN_SCALAR ? node->size : 1, node->begin);

    shared = shared || walk_is_shared(node);
    if (rc == 0 && node->kind == YAML_SPAN_SCALAR) {
        struct mapped text;
        bool open = false;
        rc = walk_check_text(w, node);
        if (rc == 0) {
            (void)walk_map(w, node, &text);
            words_split(&text, WORDS_SHELL, &w->b->scratch, &words, &open);
        }
        if (open) {
            builder_note(w->b, node->begin, "a quote in '%.40s' is not closed", name);
        }
    } else if (rc == 0 && node->kind == YAML_SPAN_LIST) {
        for (const struct yaml_node *item = node->children; item != NULL && rc == 0;
             item = item->next) {
            const struct yaml_node *one = yaml_node_resolve(item);
            struct word word = {.begin = item->begin, .end = item->end};
            if (one->kind != YAML_SPAN_SCALAR) {
                builder_note(w->b, item->begin, "a word of '%.40s' is not a text", name);
                continue;
            }
            rc = walk_check_text(w, one);
            if (rc == 0) {
                rc = builder_work(w->b, one->size + 1, item->begin);
            }
            if (rc == 0) {
                word.quoted = one->style == YAML_SPAN_SINGLE || one->style == YAML_SPAN_DOUBLE;
                (void)walk_map(w, one, &word.text);
                words_add(&words, &w->b->scratch, &word);
            }
        }
    } else if (rc == 0) {
        builder_note(w->b, node->begin, "'%.40s' must be a text or a list", name);
    }
    struct words_style style = {
        .group = group, .positional = name, .doubled_dollar = true, .shared = shared};
    if (rc == 0) {
        rc = words_add_entries(w->b, &words, 0, &style);
    }
    size_t command;
    const char *program;
    (void)words_program(&words, 0, &command, &program);
    const struct word *script = words_shell_script(&words, command);
    return rc < 0 || script == NULL ? rc : shell_read_part(w->b, &script->text, group, 0);
}

static int add_service(struct yaml_walk *w, const char *group, const struct yaml_node *value,
                       bool shared)
{
    const struct yaml_node *service = yaml_node_resolve(value);
    struct yaml_pair *pairs;
    size_t count;

    if (service->kind != YAML_SPAN_MAPPING) {
        if (!yaml_node_is_null(service)) {
            builder_note(w->b, service->begin, "the service '%.80s' is not a mapping", group);
        }
        return 0;
    }
    shared = shared || service != value;
    int rc = walk_pairs(w, service, &pairs, &count);
    for (size_t i = 0; i < count && rc == 0; i++) {
        const char *name = yaml_node_resolve(pairs[i].key)->text;
        bool here = shared || pairs[i].merged;
        if (strcmp(name, "environment") == 0) {
            rc = add_environment(w, group, pairs[i].value, here);
        } else if (strcmp(name, "command") == 0 || strcmp(name, "entrypoint") == 0) {
            if (!yaml_node_is_null(yaml_node_resolve(pairs[i].value))) {
                rc = add_command(w, group, &pairs[i], here);
            }
        } else {
            size_t size = walk_push_key(w, name);
            rc = walk_value(w, group, pairs[i].key, pairs[i].value, here);
            walk_pop(w, size);
        }
    }
    return rc;
}

static int add_services(struct yaml_walk *w, const struct yaml_node *value)
{
    const struct yaml_node *services = yaml_node_resolve(value);
    struct yaml_pair *pairs;
    size_t count;

    if (yaml_node_is_null(services)) {
        return 0;
    }
    if (services->kind != YAML_SPAN_MAPPING) {
        return builder_fail(w->b, services->begin, "'services': expected a mapping");
    }
    int rc = walk_pairs(w, services, &pairs, &count);
    for (size_t i = 0; i < count && rc == 0; i++) {
        const char *name = yaml_node_resolve(pairs[i].key)->text;
        if (strlen(name) > DOCUMENT_MAX_NAME) {
            return builder_fail(w->b, pairs[i].key->begin, "a name is longer than %d bytes",
                                DOCUMENT_MAX_NAME);
        }
        rc = add_service(w, name, pairs[i].value, services != value || pairs[i].merged);
    }
    return rc;
}

static int add_root(struct yaml_walk *w, const struct yaml_node *root)
{
    struct yaml_pair *pairs;
    size_t count;

    if (yaml_node_is_null(root)) {
        return 0;
    }
    if (root->kind != YAML_SPAN_MAPPING) {
        return builder_fail(w->b, root->begin, "a compose file is a mapping with 'services'");
    }
    int rc = walk_pairs(w, root, &pairs, &count);
    for (size_t i = 0; i < count && rc == 0; i++) {
        const char *name = yaml_node_resolve(pairs[i].key)->text;
        if (strcmp(name, "services") == 0) {
            rc = add_services(w, pairs[i].value);
        } else {
            size_t size = walk_push_key(w, name);
            rc = walk_value(w, "", pairs[i].key, pairs[i].value, pairs[i].merged);
            walk_pop(w, size);
        }
    }
    return rc;
}

int compose_read(struct document_builder *b)
{
    struct yaml_walk w;
    int rc = walk_init(&w, b);

    w.doubled_dollar = true;
    for (const struct yaml_node *root = w.tree.roots; root != NULL && rc == 0; root = root->next) {
        rc = add_root(&w, root);
    }
    walk_release(&w);
    return rc;
}
