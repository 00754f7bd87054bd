#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tuning/config/splice_node.h"
#include "tuning/config/splice_scalar.h"

/* Services that a compose file does not have yet, and command lines that come whole from another
 * file: what override files are made of. */

/* Merges of merges: what people write has one or two. */
enum { MERGES_MAX = 8 };

static const struct yaml_node *services_of(const struct splicer *s)
{
    const struct yaml_node *root = s->tree.roots;

    return root != NULL && root->kind == YAML_SPAN_MAPPING ? yaml_node_value(root, "services")
                                                           : NULL;
}

const struct yaml_node *node_service(const struct splicer *s, const char *group)
{
    const struct yaml_node *services = services_of(s);
    const struct yaml_node *service = services != NULL && services->kind == YAML_SPAN_MAPPING
                                          ? yaml_node_value(services, group)
                                          : NULL;

    return service != NULL && !yaml_node_is_null(service) ? service : NULL;
}

/* As the specification names services; nothing that YAML would take for something else. */
static bool is_service_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char others[] = "0123456789._-";
    static const char *const words[] = {"true", "false", "yes", "no", "on",
                                        "off",  "null",  "y",   "n",  NULL};

    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], name) == 0) {
            return false;
        }
    }
    for (const char *at = name; *at != '\0'; at++) {
        if (strchr(letters, *at) == NULL && (at == name || strchr(others, *at) == NULL)) {
            return false;
        }
    }
    return name[0] != '\0';
}

int node_insert_service(struct splicer *s, const char *group, const struct node_leaf *leaf)
{
    const struct yaml_node *root = s->tree.roots, *services = services_of(s);
    const struct yaml_node *parent = root, *key = NULL;
    struct node_leaf whole = {.key = leaf->key, .value = leaf->value};

    if (!is_service_name(group)) {
        return splicer_refuse(s, 0, "'%.80s' cannot stand here without quotes", group);
    }
    if (services == NULL) {
        whole.sections[whole.section_count++] = "services";
        whole.sections[whole.section_count++] = group;
    } else {
        const struct yaml_node *service = services->kind == YAML_SPAN_MAPPING
                                              ? yaml_node_value(services, group)
                                              : NULL;
        parent = service != NULL ? service : services;
        key = parent->key;
        if (service == NULL) {
            whole.sections[whole.section_count++] = group;
        }
        if (parent->kind == YAML_SPAN_ALIAS || (service != NULL && !yaml_node_is_null(service))) {
            return splicer_refuse(s, parent->begin, "'%.80s' is not a mapping of its own", group);
        }
    }
    if (whole.section_count + leaf->section_count > NODE_MAX_SECTIONS) {
        return splicer_refuse(s, 0, "'%.80s' is too deep", leaf->key);
    }
    for (size_t i = 0; i < leaf->section_count; i++) {
        whole.sections[whole.section_count++] = leaf->sections[i];
    }
    return node_insert(s, key, parent, &whole);
}

/* ---- a command line ---- */

/* The value of a key as it counts: its own, or one of what is merged in. */
static const struct yaml_node *value_of(const struct yaml_node *mapping, const char *name,
                                        size_t merges)
{
    mapping = mapping != NULL ? yaml_node_resolve(mapping) : NULL;
    if (mapping == NULL || mapping->kind != YAML_SPAN_MAPPING || merges > MERGES_MAX) {
        return NULL;
    }
    const struct yaml_node *value = yaml_node_value(mapping, name);
    const struct yaml_node *merged = value == NULL ? yaml_node_value(mapping, "<<") : NULL;
    if (merged == NULL) {
        return value != NULL ? yaml_node_resolve(value) : NULL;
    }
    merged = yaml_node_resolve(merged);
    if (merged->kind != YAML_SPAN_LIST) {
        return value_of(merged, name, merges + 1);
    }
    for (const struct yaml_node *one = merged->children; one != NULL && value == NULL;
         one = one->next) {
        value = value_of(one, name, merges + 1);
    }
    return value;
}

/* In double quotes, which hold everything. */
static void put_word(struct buf *out, const struct yaml_node *word)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < word->size; i++) {
        const unsigned char c = (unsigned char)word->text[i];

        if (c < 0x20 || c == 0x7F) {
            buf_printf(out, "\\x%02x", c);
        } else {
            if (c == '"' || c == '\\') {
                buf_putc(out, '\\');
            }
            buf_putc(out, (char)c);
        }
    }
    buf_putc(out, '"');
}

static int format_line(struct splicer *s, const struct yaml_node *line, const char **out)
{
    struct buf text;
    int rc = 0;

    if (line == NULL || line->kind == YAML_SPAN_MAPPING || yaml_node_is_null(line)) {
        return err_set(s->err, ERR_STATE, "the command line of the other file is not found");
    }
    buf_init(&text, DOCUMENT_MAX_BYTES);
    if (line->kind == YAML_SPAN_SCALAR) {
        put_word(&text, line);
    } else {
        buf_putc(&text, '[');
        for (const struct yaml_node *item = line->children; item != NULL; item = item->next) {
            const struct yaml_node *word = yaml_node_resolve(item);

            if (word->kind != YAML_SPAN_SCALAR || yaml_node_is_null(word)) {
                rc = err_set(s->err, ERR_STATE,
                             "a word of the command line of the other file is not a text");
                break;
            }
            buf_puts(&text, item == line->children ? "" : ", ");
            put_word(&text, word);
        }
        buf_putc(&text, ']');
    }
    *out = arena_strdup(s->arena, text.data);
    buf_release(&text);
    return rc;
}

/* The next entry of the command line of the service; d->count: none is left. */
static size_t next_word(const struct document *d, const char *group, const char *part, size_t at)
{
    for (; at < d->count; at++) {
        const struct document_entry *e = &d->entries[at];

        if (e->line_of != NULL && strcmp(e->line_of, part) == 0 && strcmp(e->group, group) == 0) {
            break;
        }
    }
    return at;
}

static bool same_entry(const struct document_entry *a, const struct document_entry *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0 &&
           (a->value == NULL || b->value == NULL ? a->value == b->value
                                                 : strcmp(a->value, b->value) == 0);
}

/* The new text has what the old one had, in its order, and the words of the line besides. */
static bool is_copied(const struct document *old, const struct document *now, const char *group,
                      const struct document *from, const char *from_group, const char *part)
{
    size_t i = 0, word = next_word(from, from_group, part, 0);

    for (size_t k = 0; k < now->count; k++) {
        const struct document_entry *e = &now->entries[k];

        if (next_word(now, group, part, k) == k) {
            if (word == from->count || !same_entry(e, &from->entries[word])) {
                return false;
            }
            word = next_word(from, from_group, part, word + 1);
        } else if (i == old->count || !same_entry(e, &old->entries[i]) ||
                   strcmp(e->group, old->entries[i++].group) != 0) {
            return false;
        }
    }
    return i == old->count && word == from->count;
}

static int copy_line(struct splicer *s, const struct document *from, const char *from_group,
                     const char *to_group, const char *part)
{
    struct splicer source = {.d = from, .arena = s->arena, .err = s->err};
    struct node_leaf leaf = {.key = part};
    const struct yaml_node *service;
    int rc = splicer_begin(&source);

    if (rc == 0) {
        rc = splicer_begin(s);
    }
    if (rc < 0) {
        return rc;
    }
    rc = format_line(s, value_of(value_of(services_of(&source), from_group, 0), part, 0),
                     &leaf.value);
    if (rc < 0) {
        return rc;
    }
    service = node_service(s, to_group);
    if (service == NULL) {
        return node_insert_service(s, to_group, &leaf);
    }
    if (service->kind != YAML_SPAN_MAPPING || yaml_node_value(service, part) != NULL) {
        return splicer_refuse(s, service->begin, "a '%.40s' cannot be put there", part);
    }
    return node_insert(s, service->key, service, &leaf);
}

int splice_copy_line(const struct document *from, const char *from_group, const struct document *to,
                     const char *to_group, const char *part, struct buf *out, struct err *err)
{
    struct arena arena = {0};
    struct splicer s = {.d = to, .arena = &arena, .err = err};
    struct document now = {0};
    int rc = copy_line(&s, from, from_group, to_group, part);

    if (rc == 0) {
        splicer_text(&s, out);
        rc = document_parse(to->file, to->kind, out->data, out->size, &now, err);
    }
    if (rc == 0 && !is_copied(to, &now, to_group, from, from_group, part)) {
        rc = err_set(err, ERR_STATE, "the %s would not come out as it is", part);
        err_at(err, "%s", to->file);
    }
    document_release(&now);
    free(s.patches);
    arena_release(&arena);
    return rc;
}
