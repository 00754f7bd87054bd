#include "base/schema.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/nearest.h"
#include "base/number.h"

#define SCHEMA_MAX_BYTES (1u << 20)
#define SCHEMA_MAX_DEPTH 32
/* Of the file, and again of what aliases make of it: the settings catalog, the largest file that is
 * read this way, has 8,600. */
#define SCHEMA_MAX_NODES 20000
#define SCHEMA_MAX_NAMES 64 /* keys or choices offered as the nearest name */

/*
 * In two steps. The parser's events become a small tree, because an error at a key must win over a
 * later one in the syntax of nothing, and because aliases point back. Then the tree is laid over
 * the table. libyaml's own document loader is not used: it keeps no depth limit and says nothing
 * about duplicate keys.
 */

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAPPING, NODE_ALIAS };

struct node {
    enum node_kind kind;
    bool plain;         /* a scalar without quotes */
    bool tagged;        /* "!something" stands before it */
    bool open;          /* its end was not seen yet */
    unsigned long line; /* from 1 */
    unsigned long column;
    const char *text; /* of a scalar, NUL-terminated */
    size_t size;
    const char *anchor;    /* NULL: none */
    struct node *target;   /* of an alias */
    struct node *children; /* of a mapping: key, value, key, value */
    struct node *last_child;
    struct node *next;
    struct node *parent;
    struct node *next_anchored; /* newest first */
    size_t child_count;
};

struct loader {
    const char *file;
    const char *text; /* without byte order mark */
    size_t size;
    struct arena nodes;  /* gone after the load */
    struct arena *arena; /* the caller's: what stays */
    struct node *anchored;
    size_t node_count;
    size_t visits; /* nodes laid over the table, aliases followed */
    struct err *err;
};

/* ---- errors ---- */

static int fail(struct loader *l, unsigned long line, unsigned long column, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int fail(struct loader *l, unsigned long line, unsigned long column, const char *fmt, ...)
{
    char msg[sizeof(l->err->msg)];
    char place[48];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(msg, sizeof(msg), fmt, ap);
    va_end(ap);
    (void)err_set(l->err, ERR_CONFIG, "%s", msg);
    int place_size = snprintf(place, sizeof(place), ":%lu:%lu", line, column);
    /* The place must survive a long file name: then only the name's end is kept. */
    size_t room = sizeof(l->err->where) - 1 - (size_t)place_size;
    size_t name_size = strlen(l->file);
    if (name_size <= room) {
        return err_at(l->err, "%s%s", l->file, place);
    }
    return err_at(l->err, "...%s%s", l->file + name_size - (room - 3), place);
}

static int fail_at(struct loader *l, const struct node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int fail_at(struct loader *l, const struct node *node, const char *fmt, ...)
{
    char msg[sizeof(l->err->msg)];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(msg, sizeof(msg), fmt, ap);
    va_end(ap);
    return fail(l, node->line, node->column, "%s", msg);
}

/* Line and column (in characters) of a byte. */
static void place_of_byte(const struct loader *l, size_t byte, unsigned long *line,
                          unsigned long *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < byte && i < l->size; i++) {
        if (l->text[i] == '\n') {
            (*line)++;
            *column = 1;
        } else if (((unsigned char)l->text[i] & 0xC0) != 0x80) {
            (*column)++;
        }
    }
}

/* The byte at a line and column from 0; columns count characters. */
static char byte_at(const struct loader *l, size_t line, size_t column)
{
    size_t i = 0;
    while (line > 0 && i < l->size) {
        line -= l->text[i++] == '\n';
    }
    while (i < l->size && l->text[i] != '\n') {
        if (((unsigned char)l->text[i] & 0xC0) != 0x80 && column-- == 0) {
            return l->text[i];
        }
        i++;
    }
    return '\0';
}

static int fail_syntax(struct loader *l, const yaml_parser_t *parser)
{
    const char *problem = parser->problem != NULL ? parser->problem : "it cannot be read";
    unsigned long line;
    unsigned long column;

    if (parser->error == YAML_MEMORY_ERROR) {
        return err_set(l->err, ERR_NOMEM, "out of memory while reading '%s'", l->file);
    }
    if (parser->error == YAML_READER_ERROR) {
        place_of_byte(l, parser->problem_offset, &line, &column);
        return fail(l, line, column, "it is not plain text in UTF-8: %s", problem);
    }
    line = parser->problem_mark.line + 1;
    column = parser->problem_mark.column + 1;
    if (byte_at(l, parser->problem_mark.line, parser->problem_mark.column) == '\t') {
        return fail(l, line, column, "a tab cannot stand here: YAML is indented with spaces");
    }
    if (parser->context != NULL) {
        return fail(l, line, column, "it is not YAML: %s %s", parser->context, problem);
    }
    return fail(l, line, column, "it is not YAML: %s", problem);
}

/* ---- events to tree ---- */

static struct node *find_anchor(const struct loader *l, const char *name)
{
    struct node *node = l->anchored;
    while (node != NULL && strcmp(node->anchor, name) != 0) {
        node = node->next_anchored;
    }
    return node;
}

static struct node *add_node(struct loader *l, struct node *parent, enum node_kind kind,
                             const yaml_event_t *event)
{
    struct node *node = arena_alloc(&l->nodes, sizeof(*node));
    node->kind = kind;
    node->line = event->start_mark.line + 1;
    node->column = event->start_mark.column + 1;
    node->parent = parent;
    if (parent != NULL) {
        if (parent->last_child == NULL) {
            parent->children = node;
        } else {
            parent->last_child->next = node;
        }
        parent->last_child = node;
        parent->child_count++;
    }
    return node;
}

static void add_anchor(struct loader *l, struct node *node, const yaml_char_t *anchor)
{
    if (anchor != NULL) {
        node->anchor = arena_strdup(&l->nodes, (const char *)anchor);
        node->next_anchored = l->anchored;
        l->anchored = node;
    }
}

/* A key was just added to `mapping`: it must be a plain name, and new. */
static int check_key(struct loader *l, const struct node *mapping, const struct node *key)
{
    if (key->kind != NODE_SCALAR) {
        return fail_at(l, key, "expected a key, found %s",
                       key->kind == NODE_LIST      ? "a list"
                       : key->kind == NODE_MAPPING ? "a mapping"
                                                   : "an alias");
    }
    if (strlen(key->text) != key->size) {
        return fail_at(l, key, "a key holds a NUL character");
    }
    for (const struct node *other = mapping->children; other != key; other = other->next->next) {
        if (strcmp(other->text, key->text) == 0) {
            return fail_at(l, key, "the key '%s' is there twice, first in line %lu", key->text,
                           other->line);
        }
    }
    return 0;
}

static size_t node_depth(const struct node *node)
{
    size_t depth = 0;
    for (; node != NULL; node = node->parent) {
        depth++;
    }
    return depth;
}

static bool is_event_of_node(yaml_event_type_t type)
{
    return type == YAML_SCALAR_EVENT || type == YAML_ALIAS_EVENT ||
           type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
}

/* Adds the node that an event begins. *at is the open list or mapping, NULL at the top. */
static int add_event(struct loader *l, const yaml_event_t *event, struct node **at,
                     struct node **root)
{
    struct node *parent = *at;
    struct node *node = NULL;

    if (++l->node_count > SCHEMA_MAX_NODES) {
        return fail(l, event->start_mark.line + 1, event->start_mark.column + 1,
                    "it has more than %d values", SCHEMA_MAX_NODES);
    }
    if (event->type == YAML_SCALAR_EVENT) {
        node = add_node(l, parent, NODE_SCALAR, event);
        char *text = arena_alloc(&l->nodes, event->data.scalar.length + 1);
        memcpy(text, event->data.scalar.value, event->data.scalar.length);
        node->text = text;
        node->size = event->data.scalar.length;
        node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        node->tagged = event->data.scalar.tag != NULL;
        add_anchor(l, node, event->data.scalar.anchor);
    } else if (event->type == YAML_ALIAS_EVENT) {
        node = add_node(l, parent, NODE_ALIAS, event);
        node->target = find_anchor(l, (const char *)event->data.alias.anchor);
        if (node->target == NULL) {
            return fail_at(l, node, "the alias '*%s' has no anchor before it",
                           (const char *)event->data.alias.anchor);
        }
        if (node->target->open) {
            return fail_at(l, node, "the alias '*%s' stands inside its own anchor",
                           (const char *)event->data.alias.anchor);
        }
    } else {
        bool list = event->type == YAML_SEQUENCE_START_EVENT;
        node = add_node(l, parent, list ? NODE_LIST : NODE_MAPPING, event);
        node->tagged = (list ? event->data.sequence_start.tag : event->data.mapping_start.tag) !=
                       NULL;
        node->open = true;
        add_anchor(l, node,
                   list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor);
        if (node_depth(node) > SCHEMA_MAX_DEPTH) {
            return fail_at(l, node, "it is nested deeper than %d levels", SCHEMA_MAX_DEPTH);
        }
        *at = node;
    }
    if (parent == NULL) {
        *root = node;
    } else if (parent->kind == NODE_MAPPING && parent->child_count % 2 == 1) {
        return check_key(l, parent, node);
    }
    return 0;
}

/* Reads the one document of the file; *root stays NULL when there is none. */
static int read_tree(struct loader *l, yaml_parser_t *parser, struct node **root)
{
    struct node *at = NULL;
    size_t documents = 0;

    for (;;) {
        yaml_event_t event;
        int rc = 0;

        if (!yaml_parser_parse(parser, &event)) {
            return fail_syntax(l, parser);
        }
        yaml_event_type_t type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT && ++documents > 1) {
            rc = fail(l, event.start_mark.line + 1, event.start_mark.column + 1,
                      "a second document begins here: only one is read");
        } else if (is_event_of_node(type)) {
            rc = add_event(l, &event, &at, root);
        } else if (at != NULL &&
                   (type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT)) {
            at->open = false;
            at = at->parent;
        }
        yaml_event_delete(&event);
        if (rc < 0 || type == YAML_STREAM_END_EVENT) {
            return rc;
        }
    }
}

/* ---- tree to struct ---- */

static int bind_mapping(struct loader *l, const struct node *node,
                        const struct schema_field *fields, void *out, size_t depth);
static int bind_value(struct loader *l, const struct node *node, const struct schema_field *field,
                      const char *key, char *to, size_t depth);

static bool is_null(const struct node *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    if (node->kind != NODE_SCALAR || !node->plain) {
        return false;
    }
    for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
        if (strcmp(node->text, nulls[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* "found" part of a message. */
static const char *describe(struct loader *l, const struct node *node)
{
    if (node->kind == NODE_LIST) {
        return "a list";
    }
    if (node->kind == NODE_MAPPING) {
        return "a mapping";
    }
    if (is_null(node)) {
        return "nothing";
    }
    return arena_printf(&l->nodes, "'%.40s'%s", node->text, node->plain ? "" : " in quotes");
}

static bool has_range(const struct schema_field *field)
{
    return field->min != 0 || field->max != 0;
}

static bool in_range(const struct schema_field *field, double value)
{
    return !has_range(field) || (value >= field->min && value <= field->max);
}

static int fail_number(struct loader *l, const struct node *node, const struct schema_field *field,
                       const char *key, const char *kind)
{
    if (!has_range(field)) {
        return fail_at(l, node, "'%s': expected %s, found %s", key, kind, describe(l, node));
    }
    return fail_at(l, node, "'%s': expected %s from %.15g to %.15g, found %s", key, kind,
                   field->min, field->max, describe(l, node));
}

/* C0, DEL and C1 controls, which quotes allow as escapes ("\e"). A block text keeps its lines and
 * tabs. */
static bool has_controls(const struct node *node)
{
    const unsigned char *s = (const unsigned char *)node->text;
    for (size_t i = 0; i < node->size; i++) {
        bool c1 = s[i] == 0xC2 && i + 1 < node->size && s[i + 1] >= 0x80 && s[i + 1] <= 0x9F;
        if ((s[i] < 0x20 && s[i] != '\n' && s[i] != '\t') || s[i] == 0x7F || c1) {
            return true;
        }
    }
    return false;
}

static int bind_text(struct loader *l, const struct node *node, const struct schema_field *field,
                     const char *key, char *to)
{
    if (node->kind != NODE_SCALAR || is_null(node)) {
        return fail_at(l, node, "'%s': expected a text, found %s", key, describe(l, node));
    }
    if (has_controls(node)) {
        return fail_at(l, node, "'%s': the text holds control characters", key);
    }
    if ((double)node->size < field->min || (field->max > 0 && (double)node->size > field->max)) {
        if (field->max <= 0) {
            return fail_at(l, node, "'%s': expected a text of at least %.0f bytes, found %zu", key,
                           field->min, node->size);
        }
        return fail_at(l, node, "'%s': expected a text of %.0f to %.0f bytes, found %zu", key,
                       field->min, field->max, node->size);
    }
    const char *text = arena_strndup(l->arena, node->text, node->size);
    memcpy(to, &text, sizeof(text));
    return 0;
}

static int bind_bool(struct loader *l, const struct node *node, const char *key, char *to)
{
    static const char *const words[][3] = {
        {"false", "False", "FALSE"}, {"true", "True", "TRUE"}, {"no", "No", "NO"},
        {"yes", "Yes", "YES"},       {"off", "Off", "OFF"},    {"on", "On", "ON"},
    };
    if (node->kind == NODE_SCALAR && node->plain) {
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            for (size_t k = 0; k < 3; k++) {
                if (strcmp(node->text, words[i][k]) == 0) {
                    bool value = i % 2 == 1;
                    memcpy(to, &value, sizeof(value));
                    return 0;
                }
            }
        }
    }
    return fail_at(l, node, "'%s': expected true or false, found %s", key, describe(l, node));
}

/* YAML 1.1 reads 010 as 8, YAML 1.2 as 10: refused, nobody can know what was meant. */
static bool has_leading_zero(const char *text)
{
    text += *text == '-';
    return text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

static int bind_int(struct loader *l, const struct node *node, const struct schema_field *field,
                    const char *key, char *to)
{
    int64_t value;
    if (node->kind != NODE_SCALAR || !node->plain || has_leading_zero(node->text) ||
        number_i64(node->text, node->size, &value) < 0 || !in_range(field, (double)value)) {
        return fail_number(l, node, field, key, "a whole number");
    }
    memcpy(to, &value, sizeof(value));
    return 0;
}

static int bind_double(struct loader *l, const struct node *node, const struct schema_field *field,
                       const char *key, char *to)
{
    double value;
    if (node->kind != NODE_SCALAR || !node->plain || has_leading_zero(node->text) ||
        number_double(node->text, node->size, &value) < 0 || !in_range(field, value)) {
        return fail_number(l, node, field, key, "a number");
    }
    memcpy(to, &value, sizeof(value));
    return 0;
}

static int bind_choice(struct loader *l, const struct node *node, const struct schema_field *field,
                       const char *key, char *to)
{
    size_t count = 0;
    if (node->kind == NODE_SCALAR && strlen(node->text) == node->size) {
        for (; field->choices[count] != NULL; count++) {
            if (strcmp(field->choices[count], node->text) == 0) {
                int value = (int)count;
                memcpy(to, &value, sizeof(value));
                return 0;
            }
        }
    }
    char list[160] = "";
    for (size_t i = 0; field->choices[i] != NULL; i++) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "",
                       field->choices[i]);
    }
    const char *nearest = count > 0 ? nearest_name(node->text, field->choices, count) : NULL;
    if (nearest != NULL) {
        return fail_at(l, node, "'%s': expected one of %s; found %s, did you mean '%s'?", key, list,
                       describe(l, node), nearest);
    }
    return fail_at(l, node, "'%s': expected one of %s; found %s", key, list, describe(l, node));
}

static int bind_list(struct loader *l, const struct node *node, const struct schema_field *field,
                     const char *key, char *to, size_t depth)
{
    struct schema_list list = {NULL, 0};

    if (node->kind != NODE_LIST && !is_null(node)) {
        return fail_at(l, node, "'%s': expected a list, found %s", key, describe(l, node));
    }
    if (!in_range(field, (double)node->child_count)) {
        return fail_at(l, node, "'%s': expected a list of %.0f to %.0f entries, found %zu", key,
                       field->min, field->max, node->child_count);
    }
    if (node->child_count > 0) {
        /* A single field with an empty key describes entries that are plain values. */
        const struct schema_field *first = field->fields;
        bool plain_items = first->key != NULL && first->key[0] == '\0' &&
                           first->type != SCHEMA_PLACE;
        list.items = arena_calloc(l->arena, node->child_count, field->item_size);
        for (const struct node *child = node->children; child != NULL; child = child->next) {
            char *item = (char *)list.items + list.count * field->item_size;
            int rc;
            if (plain_items) {
                rc = bind_value(l, child, first, key, item + first->offset, depth + 1);
            } else {
                struct schema_field entry = {
                    .key = field->key, .type = SCHEMA_OBJECT, .fields = field->fields};
                rc = bind_value(l, child, &entry, key, item, depth + 1);
            }
            if (rc < 0) {
                return rc;
            }
            list.count++;
        }
    }
    memcpy(to, &list, sizeof(list));
    return 0;
}

static int bind_value(struct loader *l, const struct node *node, const struct schema_field *field,
                      const char *key, char *to, size_t depth)
{
    const struct node *written = node; /* where the user wrote it: an alias, for messages */

    if (node->kind == NODE_ALIAS) {
        node = node->target; /* never an alias itself: those cannot carry an anchor */
    }
    if (++l->visits > SCHEMA_MAX_NODES) {
        return fail_at(l, written, "aliases make more than %d values of it", SCHEMA_MAX_NODES);
    }
    if (depth > SCHEMA_MAX_DEPTH) {
        return fail_at(l, written, "aliases nest it deeper than %d levels", SCHEMA_MAX_DEPTH);
    }
    if (node->tagged && field->type != SCHEMA_RESERVED) {
        return fail_at(l, node, "'%s': tags (!...) are not understood here", key);
    }
    switch (field->type) {
    case SCHEMA_TEXT:
        return bind_text(l, node, field, key, to);
    case SCHEMA_BOOL:
        return bind_bool(l, node, key, to);
    case SCHEMA_INT:
        return bind_int(l, node, field, key, to);
    case SCHEMA_DOUBLE:
        return bind_double(l, node, field, key, to);
    case SCHEMA_CHOICE:
        return bind_choice(l, node, field, key, to);
    case SCHEMA_LIST:
        return bind_list(l, node, field, key, to, depth);
    case SCHEMA_OBJECT:
        if (node->kind != NODE_MAPPING && !is_null(node)) {
            return fail_at(l, node, "'%s': expected a mapping, found %s", key, describe(l, node));
        }
        return bind_mapping(l, node, field->fields, to, depth);
    case SCHEMA_PLACE:
    case SCHEMA_RESERVED:
        break;
    }
    return 0;
}

static int fail_unknown_key(struct loader *l, const struct node *key,
                            const struct schema_field *fields)
{
    const char *names[SCHEMA_MAX_NAMES];
    char list[200] = "";
    size_t count = 0;

    for (const struct schema_field *f = fields; f->key != NULL && count < SCHEMA_MAX_NAMES; f++) {
        if (f->key[0] != '\0' && f->type != SCHEMA_PLACE) {
            names[count++] = f->key;
            size_t used = strlen(list);
            (void)snprintf(list + used, sizeof(list) - used, "%s%s", used > 0 ? ", " : "", f->key);
        }
    }
    const char *nearest = nearest_name(key->text, names, count);
    if (nearest != NULL) {
        return fail_at(l, key, "unknown key '%.60s', did you mean '%s'?", key->text, nearest);
    }
    return fail_at(l, key, "unknown key '%.60s', expected one of %s", key->text, list);
}

static const struct schema_field *find_field(const struct schema_field *fields, const char *key)
{
    for (; fields->key != NULL; fields++) {
        if (fields->type != SCHEMA_PLACE && key[0] != '\0' && strcmp(fields->key, key) == 0) {
            return fields;
        }
    }
    return NULL;
}

/* The value of a key, NULL when the mapping does not have it. */
static const struct node *value_of(const struct node *mapping, const char *key)
{
    const struct node *child = mapping->children;
    for (; child != NULL; child = child->next->next) {
        if (strcmp(child->text, key) == 0) {
            return child->next;
        }
    }
    return NULL;
}

/* node is a mapping, or a null in the place of an empty one. */
static int bind_mapping(struct loader *l, const struct node *node,
                        const struct schema_field *fields, void *out, size_t depth)
{
    const struct node *key = node->children;

    for (; key != NULL; key = key->next->next) {
        const struct schema_field *field = find_field(fields, key->text);
        if (field == NULL) {
            return fail_unknown_key(l, key, fields);
        }
        int rc = bind_value(l, key->next, field, key->text, (char *)out + field->offset, depth + 1);
        if (rc < 0) {
            return rc;
        }
    }
    for (const struct schema_field *f = fields; f->key != NULL; f++) {
        if (f->type == SCHEMA_PLACE) {
            const struct node *at = f->key[0] != '\0' ? value_of(node, f->key) : node;
            if (at != NULL) {
                struct schema_place place = {l->file, at->line, at->column};
                memcpy((char *)out + f->offset, &place, sizeof(place));
            }
        } else if (f->required && value_of(node, f->key) == NULL) {
            return fail_at(l, node, "the key '%s' is missing", f->key);
        }
    }
    return 0;
}

int schema_load_yaml(const char *file, const char *text, size_t size,
                     const struct schema_field *fields, void *out, struct arena *arena,
                     struct err *err)
{
    struct loader l = {.file = file, .text = text, .size = size, .arena = arena, .err = err};
    yaml_parser_t parser;
    struct node *root = NULL;

    if (size > SCHEMA_MAX_BYTES) {
        return fail(&l, 1, 1, "it is larger than %u bytes", SCHEMA_MAX_BYTES);
    }
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        l.text += 3; /* libyaml would count it as a column */
        l.size -= 3;
    }
    if (!yaml_parser_initialize(&parser)) {
        return err_set(err, ERR_NOMEM, "out of memory while reading '%s'", file);
    }
    arena_init(&l.nodes);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING); /* else UTF-16 would be guessed */
    yaml_parser_set_input_string(&parser, (const unsigned char *)l.text, l.size);
    int rc = read_tree(&l, &parser, &root);
    if (rc == 0) {
        struct node nothing = {
            .kind = NODE_SCALAR, .plain = true, .text = "", .line = 1, .column = 1};
        const struct node *top = root != NULL ? root : &nothing;
        if (top->kind == NODE_MAPPING ? top->tagged : !is_null(top)) {
            rc = fail_at(&l, top, "expected a mapping (key: value), found %s",
                         top->tagged ? "a tag" : describe(&l, top));
        } else {
            rc = bind_mapping(&l, top, fields, out, 1);
        }
    }
    yaml_parser_delete(&parser);
    arena_release(&l.nodes);
    return rc;
}
