#include <string.h>

#include "tuning/config/shell.h"
#include "tuning/config/splice_node.h"
#include "tuning/config/splice_scalar.h"

/* Flags in the command lines of compose files: lists of words, or one text that is split. */

static bool is_inside(const struct yaml_node *node, size_t byte)
{
    return node != NULL && byte >= node->begin && byte < node->end;
}

static int refuse_script(const struct splicer *s, const struct yaml_node *node)
{
    return splicer_refuse(s, node->begin, "the command is a script of a shell");
}

/* ---- a list of words ---- */

static enum yaml_node_style word_style(const struct yaml_node *item)
{
    return item != NULL && item->kind == YAML_SPAN_SCALAR &&
                   (item->style == YAML_SPAN_SINGLE || item->style == YAML_SPAN_DOUBLE)
               ? item->style
               : YAML_SPAN_PLAIN;
}

static const char *format_word(struct splicer *s, const struct yaml_node *like, const char *text)
{
    return scalar_format(s->arena, text, word_style(like), SCALAR_TEXT,
                         like->parent->style == YAML_SPAN_FLOW || node_is_in_flow(like->parent));
}

/* Whether the first word of a text is a shell: what the words behind it mean is not for us to say.
 */
static bool is_shell(const char *text)
{
    static const char *const shells[] = {"sh", "bash", "zsh", "dash", "ash", "ksh", NULL};
    const char *end = text + strcspn(text, " \t"), *base = end;
    while (base > text && base[-1] != '/') {
        base--;
    }
    for (size_t i = 0; shells[i] != NULL; i++) {
        if (strlen(shells[i]) == (size_t)(end - base) &&
            memcmp(base, shells[i], (size_t)(end - base)) == 0) {
            return true;
        }
    }
    return false;
}

/* "sh", "-c", "...", or the same as one text. */
static bool is_script(const struct yaml_node *command)
{
    const struct yaml_node *first = command->kind == YAML_SPAN_LIST ? command->children : command;
    return first != NULL && first->kind == YAML_SPAN_SCALAR && is_shell(first->text);
}

static int add_to_list(struct splicer *s, const struct yaml_node *list,
                       const struct splice_edit *edit)
{
    const struct yaml_node *last = list->last_child;
    struct node_leaf leaf = {0};
    if (last == NULL) {
        return splicer_refuse(s, list->begin, "the command is empty");
    }
    leaf.value = format_word(s, last, edit->name);
    const char *second = edit->value != NULL ? format_word(s, last, edit->value) : NULL;
    leaf.more = &second;
    leaf.more_count = second != NULL;
    return node_insert(s, list->key, list, &leaf);
}

static int edit_list(struct splicer *s, const struct yaml_node *list,
                     const struct splice_edit *edit, const struct document_entry *e)
{
    if (is_script(list)) {
        return refuse_script(s, list);
    }
    if (e == NULL) {
        return add_to_list(s, list, edit);
    }
    const struct yaml_node *item = list->children;
    while (item != NULL && item->begin != e->whole.begin) {
        item = item->next;
    }
    if (item == NULL || item->kind != YAML_SPAN_SCALAR) {
        return splicer_refuse(s, e->whole.begin, "the flag is no word of its own");
    }
    bool joined = strchr(item->text, '=') != NULL;
    const struct yaml_node *value = joined || e->value == NULL ? NULL : item->next;
    if (edit->remove) {
        return node_remove_item(s, item, value != NULL ? value : item);
    }
    if (joined && edit->value != NULL) {
        const char *text = arena_printf(s->arena, "%s=%s", edit->name, edit->value);
        splicer_patch(s, item->begin, item->end, format_word(s, item, text), false);
        return 0;
    }
    if (value != NULL && edit->value != NULL && value->kind == YAML_SPAN_SCALAR &&
        value->style < YAML_SPAN_LITERAL) {
        splicer_patch(s, value->begin, value->end, format_word(s, value, edit->value), false);
        return 0;
    }
    if (value != NULL && edit->value == NULL) {
        return node_remove_item(s, value, value);
    }
    if (value == NULL && !joined && item == list->last_child && edit->value != NULL) {
        struct node_leaf leaf = {.value = format_word(s, item, edit->value)};
        return node_insert(s, list->key, list, &leaf);
    }
    return splicer_refuse(s, item->begin, "the flag has another form than it should get");
}

/* ---- one text ---- */

static int edit_text(struct splicer *s, const struct yaml_node *node,
                     const struct splice_edit *edit, const struct document_entry *e)
{
    const char *text = s->d->text;
    bool quoted = node->style == YAML_SPAN_SINGLE || node->style == YAML_SPAN_DOUBLE;
    const char *slash = strrchr(node->text, '/');

    (void)slash;
    if (node->style == YAML_SPAN_LITERAL || node->style == YAML_SPAN_FOLDED) {
        return splicer_refuse(s, node->begin, "the command is a block of lines");
    }
    for (size_t i = 0; i < s->d->count; i++) { /* a script's commands are entries inside of it */
        const struct document_entry *c = &s->d->entries[i];
        if (c->kind == ENTRY_COMMAND && is_inside(node, c->whole.begin)) {
            return refuse_script(s, node);
        }
    }
    if (edit->value != NULL && !splice_is_simple_word(edit->value)) {
        return splicer_refuse(s, node->begin, "the value would need quotes inside of the command");
    }
    if (e == NULL) {
        size_t at = node->end - quoted;
        splicer_patch(s, at, at,
                      arena_printf(s->arena, " %s%s%s", edit->name, edit->value != NULL ? " " : "",
                                   edit->value != NULL ? edit->value : ""),
                      true);
        return 0;
    }
    size_t begin = e->whole.begin;
    if (edit->remove) {
        while (begin > node->begin && strchr(" \t\r\n", text[begin - 1]) != NULL) {
            begin--;
        }
        splicer_patch(s, begin, e->whole.end, "", false);
    } else if (edit->value == NULL) {
        splicer_patch(s, begin + strlen(edit->name), e->whole.end, "", false);
    } else if (e->value == NULL) {
        splicer_patch(s, e->whole.end, e->whole.end, arena_printf(s->arena, " %s", edit->value),
                      false);
    } else {
        splicer_patch(s, e->value_span.begin, e->value_span.end, edit->value, false);
    }
    return 0;
}

int splice_flag(struct splicer *s, const struct yaml_node *service, const struct splice_edit *edit,
                const struct document_entry *e)
{
    const struct yaml_node *command = yaml_node_value(service, "command");
    const struct yaml_node *entrypoint = yaml_node_value(service, "entrypoint");
    const struct yaml_node *node = command;

    if (edit->name[0] != '-' || strpbrk(edit->name, " \t=\"'") != NULL) {
        return err_set(s->err, ERR_CONFIG, "'%.80s' is no flag", edit->name);
    }
    if (e != NULL) {
        node = is_inside(command, e->whole.begin)      ? command
               : is_inside(entrypoint, e->whole.begin) ? entrypoint
                                                       : NULL;
    } else if (node == NULL || yaml_node_is_null(node)) {
        node = entrypoint;
    }
    if (node == NULL || node->kind == YAML_SPAN_ALIAS || yaml_node_is_null(node)) {
        return splicer_refuse(s, service->begin,
                              e != NULL ? "the command comes from an anchor"
                                        : "the service has no command of its own here");
    }
    if (e == NULL && entrypoint != NULL && entrypoint != node) {
        /* The arguments of a script are not those of the program. */
        if (is_script(entrypoint)) {
            return refuse_script(s, entrypoint);
        }
    }
    if (node->kind == YAML_SPAN_LIST) {
        return edit_list(s, node, edit, e);
    }
    return node->kind == YAML_SPAN_SCALAR
               ? edit_text(s, node, edit, e)
               : splicer_refuse(s, node->begin, "the command is neither a list nor a text");
}
