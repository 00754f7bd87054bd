#include "tuning/config/splice_node.h"

#include <string.h>

bool node_is_in_flow(const struct yaml_node *node)
{
    for (node = node->parent; node != NULL; node = node->parent) {
        if (node->style == YAML_SPAN_FLOW) {
            return true;
        }
    }
    return false;
}

/* ---- indentation ---- */

static const char *blanks(struct splicer *s, size_t count)
{
    char *text = arena_alloc(s->arena, count + 1);
    memset(text, ' ', count);
    return text;
}

/* By how much the file indents: a mapping inside of a mapping, nearest first. */
static size_t indent_unit(const struct splicer *s, const struct yaml_node *near)
{
    for (const struct yaml_node *n = near; n != NULL; n = n->parent) {
        if (n->kind == YAML_SPAN_MAPPING && n->style == YAML_SPAN_BLOCK && n->key != NULL &&
            n->column > n->key->column && n->line > n->key->line) {
            return n->column - n->key->column;
        }
        for (const struct yaml_node *k = n->kind == YAML_SPAN_MAPPING ? n->children : NULL;
             k != NULL; k = k->next->next) {
            const struct yaml_node *v = k->next;
            if (v->kind == YAML_SPAN_MAPPING && v->style == YAML_SPAN_BLOCK &&
                v->column > k->column && v->line > k->line) {
                return v->column - k->column;
            }
        }
    }
    (void)s;
    return 2;
}

/* The leaf in block style, below an indentation. Lines are parted by '\n'. */
static const char *block_text(struct splicer *s, const struct node_leaf *leaf, size_t indent,
                              size_t unit, const char *gap)
{
    struct buf out;
    size_t depth = indent;

    buf_init(&out, DOCUMENT_MAX_BYTES);
    for (size_t i = 0; i < leaf->section_count; i++, depth += unit) {
        buf_printf(&out, "%s%s:\n", blanks(s, depth), leaf->sections[i]);
    }
    if (leaf->key != NULL) {
        buf_printf(&out, "%s%s:%s%s", blanks(s, depth), leaf->key, leaf->value != NULL ? " " : "",
                   leaf->value != NULL ? leaf->value : "");
    } else {
        depth -= leaf->dashes_below_key && depth >= unit ? unit : 0;
        buf_printf(&out, "%s-%s%s", blanks(s, depth), gap, leaf->value);
        for (size_t i = 0; i < leaf->more_count; i++) {
            buf_printf(&out, "\n%s-%s%s", blanks(s, depth), gap, leaf->more[i]);
        }
    }
    const char *text = arena_strdup(s->arena, out.data);
    buf_release(&out);
    return text;
}

/* The leaf in flow style; `quote` as the keys beside it have it. */
static const char *flow_text(struct splicer *s, const struct node_leaf *leaf, const char *quote)
{
    struct buf out;
    buf_init(&out, DOCUMENT_MAX_BYTES);
    for (size_t i = 0; i < leaf->section_count; i++) {
        bool list = i + 1 == leaf->section_count && leaf->key == NULL;
        buf_printf(&out, "%s%s%s: %c", quote, leaf->sections[i], quote, list ? '[' : '{');
    }
    if (leaf->key != NULL) {
        buf_printf(&out, "%s%s%s: %s", quote, leaf->key, quote,
                   leaf->value != NULL ? leaf->value : "null");
    } else {
        buf_puts(&out, leaf->value);
        for (size_t i = 0; i < leaf->more_count; i++) {
            buf_printf(&out, ", %s", leaf->more[i]);
        }
    }
    for (size_t i = leaf->section_count; i > 0; i--) {
        buf_putc(&out, i == leaf->section_count && leaf->key == NULL ? ']' : '}');
    }
    const char *text = arena_strdup(s->arena, out.data);
    buf_release(&out);
    return text;
}

/* ---- putting in ---- */

/* Begin of the last pair or item. */
static const struct yaml_node *last_begin(const struct yaml_node *parent)
{
    return parent->kind == YAML_SPAN_MAPPING ? parent->last_child->key : parent->last_child;
}

static size_t skip_comments(const struct splicer *s, size_t at, size_t end)
{
    while (at < end) {
        if (s->d->text[at] == '#') {
            at = splicer_line_end(s, at);
        } else if (strchr(" \t\r\n", s->d->text[at]) != NULL) {
            at++;
        } else {
            break;
        }
    }
    return at;
}

static const char *key_quote(const struct yaml_node *parent)
{
    const struct yaml_node *key = parent->kind == YAML_SPAN_MAPPING && parent->last_child != NULL
                                      ? parent->last_child->key
                                      : NULL;
    return key != NULL && key->style == YAML_SPAN_DOUBLE ? "\"" : "";
}

static int insert_flow(struct splicer *s, const struct yaml_node *parent,
                       const struct node_leaf *leaf)
{
    const char *text = flow_text(s, leaf, key_quote(parent));
    size_t close = parent->end - 1;
    bool beside = leaf->section_count == 0;

    if (parent->last_child == NULL) {
        splicer_patch(s, parent->begin + 1, close, text, false);
        return 0;
    }
    size_t last_end = parent->last_child->end;
    size_t at = skip_comments(s, last_end, close);
    bool comma = at < close && s->d->text[at] == ',';
    const struct yaml_node *last = last_begin(parent);
    bool lines = splicer_is_blank(s, splicer_line_begin(s, last->begin), last->begin) &&
                 splicer_line_begin(s, last->begin) > parent->begin;
    if (!lines) {
        splicer_patch(s, comma ? at + 1 : last_end, comma ? at + 1 : last_end,
                      arena_printf(s->arena, comma ? " %s" : ", %s", text), beside && !comma);
        return 0;
    }
    const char *indent = splicer_indent(s, last->begin);
    if (comma) {
        splicer_insert_lines(s, at, arena_printf(s->arena, "%s%s,", indent, text), beside);
    } else if (splicer_is_blank(s, last_end, splicer_line_end(s, last_end)) ||
               close < splicer_line_end(s, last_end)) {
        splicer_patch(s, last_end, last_end,
                      arena_printf(s->arena, ",%s%s%s", s->eol, indent, text), beside);
    } else { /* a comment stands behind it */
        splicer_patch(s, last_end, last_end, ",", false);
        splicer_insert_lines(s, last_end, arena_printf(s->arena, "%s%s", indent, text), false);
    }
    return 0;
}

/* The blanks between a dash and its item. */
static const char *dash_gap(struct splicer *s, const struct yaml_node *list)
{
    const struct yaml_node *item = list->last_child;
    size_t at = item->outer;
    while (at > list->begin && strchr(" \t", s->d->text[at - 1]) != NULL) {
        at--;
    }
    return at < item->outer && at > 0 && s->d->text[at - 1] == '-'
               ? arena_strndup(s->arena, s->d->text + at, item->outer - at)
               : " ";
}

/* The byte behind which something new stands at the end of a mapping or list in block style: of its
 * last child, or of the comments that stand there like children (a setting that somebody commented
 * out). They stay with what they are behind. */
static size_t end_of_block(const struct splicer *s, const struct yaml_node *parent)
{
    const struct yaml_node *deepest = parent;
    size_t end = parent->last_child->end;
    /* The least indentation that is deeper than what may come behind `parent`: its own, but at the
     * top of the file, and for a list whose dashes stand below its key, one more. */
    const struct yaml_node *key = parent->key;
    bool dashes = key != NULL && parent->kind == YAML_SPAN_LIST && parent->column <= key->column;
    size_t dash_column = parent->column - 1;
    size_t least = parent->column - (parent->parent != NULL && !dashes);

    while (deepest->last_child != NULL && deepest->last_child->style == YAML_SPAN_BLOCK) {
        deepest = deepest->last_child;
        if (deepest->kind == YAML_SPAN_LIST && deepest->key != NULL &&
            deepest->column <= deepest->key->column) {
            dashes = true;
            dash_column = deepest->column - 1;
        }
    }
    for (size_t line = splicer_line_end(s, end) + 1; line < s->d->size;) {
        size_t line_end = splicer_line_end(s, line);
        size_t at = line;
        while (at < line_end && s->d->text[at] == ' ') {
            at++;
        }
        if (s->d->text[at] == '#') {
            size_t behind = at + 1;
            while (behind < line_end && strchr("# \t", s->d->text[behind]) != NULL) {
                behind++;
            }
            bool item = behind < line_end && s->d->text[behind] == '-' && dashes &&
                        at - line == dash_column;
            if (at - line < least && !item) {
                break;
            }
            end = at;
        } else if (!splicer_is_blank(s, line, line_end)) {
            break;
        }
        line = line_end + 1;
    }
    return end;
}

static int insert_block(struct splicer *s, const struct yaml_node *parent,
                        const struct node_leaf *leaf)
{
    bool list = parent->kind == YAML_SPAN_LIST;
    size_t indent = parent->column - 1;
    const char *text = block_text(s, leaf, indent, indent_unit(s, parent),
                                  list ? dash_gap(s, parent) : " ");
    if (s->d->text[parent->begin] == '?') {
        return splicer_refuse(s, parent->begin, "keys with '?' are not changed");
    }
    s->into = parent;
    splicer_insert_lines(s, end_of_block(s, parent), text, leaf->section_count == 0);
    return 0;
}

/* Below "key:" with nothing behind it, or with an empty {} or []. */
static int insert_below(struct splicer *s, const struct yaml_node *key,
                        const struct yaml_node *empty, const struct node_leaf *leaf)
{
    size_t line_end = splicer_line_end(s, empty->end);
    bool flow = node_is_in_flow(empty);

    if (flow || key == NULL ||
        !splicer_is_blank(s, splicer_line_begin(s, key->begin), key->begin) ||
        (empty->end > empty->begin && !splicer_is_blank(s, empty->end, line_end))) {
        const char *text = flow_text(s, leaf, "");
        bool list = leaf->key == NULL && leaf->section_count == 0;
        splicer_patch(s, empty->begin, empty->end,
                      arena_printf(s->arena, "%s%s%s%s", empty->end == empty->begin ? " " : "",
                                   list ? "[" : "{", text, list ? "]" : "}"),
                      false);
        return 0;
    }
    size_t unit = indent_unit(s, key->parent);
    const char *text = block_text(s, leaf, key->column - 1 + unit, unit, " ");
    if (empty->end == empty->begin) { /* a comment may stand behind the colon */
        splicer_insert_lines(s, key->end, text, false);
        return 0;
    }
    size_t from = empty->begin;
    while (from > key->end && strchr(" \t", s->d->text[from - 1]) != NULL) {
        from--;
    }
    struct buf lines;
    buf_init(&lines, DOCUMENT_MAX_BYTES);
    buf_puts(&lines, s->eol);
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            buf_puts(&lines, s->eol);
        } else {
            buf_putc(&lines, *text);
        }
    }
    splicer_patch(s, from, empty->end, arena_strdup(s->arena, lines.data), false);
    buf_release(&lines);
    return 0;
}

int node_insert(struct splicer *s, const struct yaml_node *key, const struct yaml_node *parent,
                const struct node_leaf *leaf)
{
    if (parent == NULL || (parent->parent == NULL && parent->kind == YAML_SPAN_SCALAR)) {
        splicer_insert_lines(s, s->d->size, block_text(s, leaf, 0, 2, " "), false);
        return 0;
    }
    bool list = leaf->key == NULL && leaf->section_count == 0;
    if (parent->kind == YAML_SPAN_SCALAR ||
        (parent->style == YAML_SPAN_FLOW && parent->children == NULL &&
         parent->kind == (list ? YAML_SPAN_LIST : YAML_SPAN_MAPPING))) {
        return insert_below(s, key, parent, leaf);
    }
    if (parent->kind != (list ? YAML_SPAN_LIST : YAML_SPAN_MAPPING)) {
        return splicer_refuse(s, parent->begin, "what stands here is of another kind");
    }
    return parent->style == YAML_SPAN_FLOW ? insert_flow(s, parent, leaf)
                                           : insert_block(s, parent, leaf);
}

/* ---- taking out ---- */

/* From a pair or item of a flow; `before` and `behind` are its neighbours. */
static int remove_from_flow(struct splicer *s, size_t begin, size_t end,
                            const struct yaml_node *before, const struct yaml_node *behind)
{
    if (behind != NULL) {
        if (memchr(s->d->text + end, '#', behind->outer - end) != NULL) {
            return splicer_refuse(s, begin, "a comment stands behind it, which may be another's");
        }
        splicer_patch(s, begin, behind->outer, "", false);
        return 0;
    }
    size_t line_end = splicer_line_end(s, end);
    if (before != NULL && splicer_is_blank(s, splicer_line_begin(s, begin), begin) &&
        splicer_is_blank(s, end, line_end) && line_end < s->d->size) {
        /* A comma before the bracket is allowed, and a comment may stand behind it. */
        splicer_patch(s, splicer_line_begin(s, begin), line_end + 1, "", false);
        return 0;
    }
    if (before != NULL && memchr(s->d->text + before->end, '#', begin - before->end) != NULL) {
        return splicer_refuse(s, begin, "a comment stands before it");
    }
    splicer_patch(s, before != NULL ? before->end : begin, end, "", false);
    return 0;
}

/* The child before the one that begins with `node`. */
static const struct yaml_node *child_before(const struct yaml_node *parent,
                                            const struct yaml_node *node)
{
    const struct yaml_node *before = NULL;
    for (const struct yaml_node *n = parent->children; n != node; n = n->next) {
        before = n;
    }
    return before;
}

int node_remove_pair(struct splicer *s, const struct yaml_node *key, const struct yaml_node *top)
{
    const struct yaml_node *mapping = key->parent;
    const struct yaml_node *value = key->next;

    if (value->aliases > 0) {
        return splicer_refuse(s, value->begin, "the value has an anchor that others read");
    }
    if (mapping->style == YAML_SPAN_FLOW) {
        return remove_from_flow(s, key->outer, value->end, child_before(mapping, key), value->next);
    }
    /* A section that would be left empty goes as well, when nothing else stands in its lines. */
    while (mapping->child_count == 2 && mapping != top && mapping->key != NULL &&
           mapping->style == YAML_SPAN_BLOCK && mapping->key->line + 1 == key->line &&
           mapping->parent != NULL && mapping->aliases == 0) {
        key = mapping->key;
        mapping = key->parent;
        if (mapping->style == YAML_SPAN_FLOW) {
            break;
        }
    }
    if (!splicer_remove_lines(s, key->outer, value->end)) {
        return splicer_refuse(s, key->begin, "it shares its line with something else");
    }
    return 0;
}

int node_remove_item(struct splicer *s, const struct yaml_node *first, const struct yaml_node *last)
{
    const struct yaml_node *list = first->parent;

    if (list->style == YAML_SPAN_FLOW) {
        return remove_from_flow(s, first->outer, last->end, child_before(list, first), last->next);
    }
    size_t dash = first->outer;
    while (dash > list->begin && s->d->text[dash] != '-') {
        dash--;
    }
    if (first->outer == dash) {
        dash = first->outer > 0 ? first->outer - 1 : 0;
        while (dash > list->begin && s->d->text[dash] != '-') {
            dash--;
        }
    }
    size_t begin = dash;
    if (list->children == first && list->last_child == last && list->key != NULL &&
        list->key->line + 1 == first->line &&
        splicer_is_blank(s, splicer_line_begin(s, list->key->outer), list->key->outer)) {
        begin = list->key->outer; /* nothing would be left of the list */
    }
    if (!splicer_remove_lines(s, begin, last->end)) {
        return splicer_refuse(s, first->begin, "it shares its line with something else");
    }
    return 0;
}
