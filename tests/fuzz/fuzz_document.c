/* document_parse() of every kind on anything (the first byte is the kind): no crash, limits hold,
 * an error has a place; entries are in order, lie inside the text, and what stands at the value's
 * place is the value. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/yaml_span.h"
#include "tuning/config/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const struct document_entry *e, const char *what)
{
    fprintf(stderr, "%s: entry '%s' at %lu:%lu\n", what, e != NULL ? e->name : "",
            e != NULL ? e->line : 0, e != NULL ? e->column : 0);
    abort();
}

/* The value of the only entry that comes of a text; false when there is none such. */
static void check_again(enum document_kind kind, const char *before, const char *text, size_t size,
                        const char *behind, const struct document_entry *e)
{
    struct document d;
    struct err err = ERR_INIT;
    size_t before_size = strlen(before);
    size_t whole_size = before_size + size + strlen(behind);
    char *whole = malloc(whole_size + 1);

    if (whole == NULL) {
        abort();
    }
    memcpy(whole, before, before_size);
    memcpy(whole + before_size, text, size);
    memcpy(whole + before_size + size, behind, strlen(behind) + 1);
    if (document_parse("again", kind, whole, whole_size, &d, &err) < 0 || d.count != 1) {
        fprintf(stderr, "<%s> %s %s\n", whole, err.where, err.msg);
        fail(e, "what stands at the value cannot be read alone");
    }
    const char *value = d.entries[0].value;
    if ((value == NULL) != (e->value == NULL) || (value != NULL && strcmp(value, e->value) != 0)) {
        fail(e, "what stands at the value is another value");
    }
    document_release(&d);
    free(whole);
}

static bool is_plain(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (strchr("\\'\"\r\n&<$`", text[i]) != NULL) {
            return false;
        }
    }
    return true;
}

/* A node of a YAML file, or a part of one: of a word or an item. */
static bool is_yaml_node(const struct document *d, const struct document_entry *e)
{
    const char *dot = strstr(e->name, "command[");
    const char *entry = strstr(e->name, "entrypoint[");
    if (d->kind == DOCUMENT_YAML) {
        return true;
    }
    return d->kind == DOCUMENT_COMPOSE && e->kind == ENTRY_KEY && dot != e->name &&
           entry != e->name;
}

static void check_value(const struct document *d, const struct document_entry *e)
{
    const char *text = d->text + e->value_span.begin;
    size_t size = e->value_span.end - e->value_span.begin;

    /* What cannot be changed there is as it stands, and not always to be read alone; nor is what
     * has a tag, "!x null", without it. */
    if (e->kind == ENTRY_COMMAND || e->fixed != NULL ||
        (is_yaml_node(d, e) && document_tagged(d, e->group, e->name) != NULL)) {
        return;
    }
    if (is_yaml_node(d, e)) {
        /* An alias is not its value; a text over lines may stand at the margin in flow style, and
         * there "[-]" is a text. */
        if (size > 0 && text[0] != '*' && memchr(text, '\n', size) == NULL &&
            (size > 1 || strchr("-?:", text[0]) == NULL)) {
            check_again(DOCUMENT_YAML, "k: ", text, size, "\n", e);
        }
    } else if (d->kind == DOCUMENT_JSON) {
        check_again(DOCUMENT_JSON, " ", text, size, "", e);
    } else if (d->kind == DOCUMENT_ENV && e->value != NULL) {
        check_again(DOCUMENT_ENV, "X=", text, size, "\n", e);
    } else if (d->kind == DOCUMENT_PLIST && size > 0 && text[0] == '<') {
        check_again(DOCUMENT_PLIST, "<plist>", text, size, "</plist>", e);
    } else if (d->kind == DOCUMENT_PLIST && e->kind != ENTRY_FLAG) {
        check_again(DOCUMENT_PLIST, "<plist><string>", text, size, "</string></plist>", e);
    } else if (e->value != NULL && size > 0 && strchr("*|>", text[0]) == NULL &&
               is_plain(text, size) &&
               (strlen(e->value) != size || memcmp(e->value, text, size) != 0)) {
        fail(e, "what stands at the value is not it");
    }
}

static void check_document(const struct document *d)
{
    size_t last = 0;
    if (d->count > DOCUMENT_MAX_ENTRIES || d->kind >= DOCUMENT_KIND_COUNT) {
        fail(NULL, "limits");
    }
    for (size_t i = 0; i < d->count; i++) {
        const struct document_entry *e = &d->entries[i];
        const struct document_span *v = &e->value_span;
        if (e->name == NULL || e->group == NULL || e->line == 0 || e->column == 0) {
            fail(e, "no name, group or place");
        }
        if (e->whole.begin > e->whole.end || e->whole.end > d->size || v->begin > v->end ||
            v->begin < e->whole.begin || v->end > e->whole.end) {
            fail(e, "its bytes are not inside");
        }
        if (e->whole.begin < last) {
            fail(e, "out of order");
        }
        last = e->whole.begin;
        if (d->size <= 4096) { /* each is read again */
            check_value(d, e);
        }
    }
    for (size_t i = 0; i < d->note_count; i++) {
        if (d->notes[i].line == 0 || d->notes[i].text == NULL || d->notes[i].text[0] == '\0') {
            fail(NULL, "a note without place or text");
        }
    }
}

/* The values of a cJSON tree, in order, are those of the document from entry *i on. */
static void check_json(const struct document *d, const cJSON *node, size_t *i)
{
    if (cJSON_IsObject(node) || cJSON_IsArray(node)) {
        for (const cJSON *child = node->child; child != NULL; child = child->next) {
            check_json(d, child, i);
        }
        return;
    }
    if (*i >= d->count) {
        fail(NULL, "cJSON found more values");
    }
    const struct document_entry *e = &d->entries[(*i)++];
    if ((e->value == NULL) != (bool)cJSON_IsNull(node)) {
        fail(e, "cJSON read null, or did not");
    }
    bool same = e->value == NULL     ? true
                : cJSON_IsBool(node) ? strcmp(e->value, cJSON_IsTrue(node) ? "true" : "false") == 0
                : cJSON_IsNumber(node) ? strtod(e->value, NULL) == node->valuedouble
                                       : strcmp(e->value, node->valuestring) == 0;
    if (!same) {
        fail(e, "cJSON read another value");
    }
}

/* cJSON takes more than JSON, but all that we take, and reads the same. */
static void check_with_cjson(const struct document *d)
{
    size_t i = 0;
    for (size_t k = 0; k < d->count; k++) {
        if (d->entries[k].value != NULL && strlen(d->entries[k].value) > 60 &&
            !d->entries[k].quoted) {
            return; /* its numbers are of at most 63 characters */
        }
    }
    cJSON *root = cJSON_ParseWithLength(d->text, d->size);
    if (root == NULL) {
        fail(NULL, "cJSON refuses it");
    }
    check_json(d, root, &i);
    if (i != d->count) {
        fail(NULL, "cJSON found fewer values");
    }
    cJSON_Delete(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct document d;
    struct err err = ERR_INIT;

    if (size == 0) {
        return 0;
    }
    enum document_kind kind = (enum document_kind)((data[0] - '0') % (DOCUMENT_KIND_COUNT + 1));
    if (data[0] < '0') {
        kind = DOCUMENT_KIND_UNKNOWN;
    }
    int rc = document_parse("fuzz", kind, (const char *)data + 1, size - 1, &d, &err);
    if (rc != -err.code || (rc != 0 && (err.where[0] == '\0' || err.msg[0] == '\0'))) {
        abort();
    }
    if (rc == 0) {
        check_document(&d);
        if (d.kind == DOCUMENT_JSON) {
            check_with_cjson(&d);
        }
    }
    document_release(&d);
    return 0;
}
