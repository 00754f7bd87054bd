#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "base/yaml_span.h"

/* Lays the decoded bytes of a scalar beside those as written. What is not blank stands there in the
 * same order, as itself or as an escape; blanks are folded, indentation is dropped. Each step
 * compares, so that a wrong guess ends in "cannot be told" and never in a wrong place. */
struct align {
    const char *raw;
    size_t at, end; /* of raw */
    const char *text;
    size_t i, size; /* of text */
    enum yaml_node_style style;
    uint32_t *begin, *to;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void put(struct align *a, size_t count, size_t raw_size)
{
    for (; count > 0; count--, a->i++) {
        a->begin[a->i] = (uint32_t)a->at;
        a->to[a->i] = (uint32_t)(a->at + raw_size);
    }
}

/* An escape of a double-quoted text: its bytes and its length as written; 0 none that is known. */
static size_t read_escape(const struct align *a, char out[4], size_t *raw_size)
{
    static const char letters[] = "0abtnvfre\"/\\ ";
    static const char values[] = "\0\a\b\t\n\v\f\r\x1B\"/\\ ";
    char c = a->at + 1 < a->end ? a->raw[a->at + 1] : '\0';
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    uint64_t rune = 0;

    *raw_size = 2 + digits;
    if (digits > 0) {
        if (a->end - a->at < *raw_size || number_u64(a->raw + a->at + 2, digits, 16, &rune) < 0) {
            return 0;
        }
        return utf8_encode((uint32_t)rune, out);
    }
    switch (c) {
    case '\0':
        return 0;
    case 'N':
        return utf8_encode(0x85, out);
    case '_':
        return utf8_encode(0xA0, out);
    case 'L':
        return utf8_encode(0x2028, out);
    case 'P':
        return utf8_encode(0x2029, out);
    case '\t':
        out[0] = '\t';
        return 1;
    default:
        break;
    }
    const char *known = strchr(letters, c);
    if (known == NULL) {
        return 0;
    }
    out[0] = values[known - letters];
    return 1;
}

static bool step_escape(struct align *a)
{
    char bytes[4];
    size_t raw_size;

    if (a->at + 1 < a->end && (a->raw[a->at + 1] == '\n' || a->raw[a->at + 1] == '\r')) {
        a->at++; /* the line goes on, without a blank */
        while (a->at < a->end && is_blank(a->raw[a->at])) {
            a->at++;
        }
        return true;
    }
    size_t count = read_escape(a, bytes, &raw_size);
    if (count == 0 || a->size - a->i < count || memcmp(a->text + a->i, bytes, count) != 0) {
        return false;
    }
    put(a, count, raw_size);
    a->at += raw_size;
    return true;
}

/* A run of blanks as written against the run of blanks that it was read as. */
static bool step_blanks(struct align *a)
{
    size_t raw_end = a->at;
    bool breaks = false;
    while (raw_end < a->end && is_blank(a->raw[raw_end])) {
        breaks = breaks || a->raw[raw_end] == '\n';
        raw_end++;
    }
    size_t text_end = a->i;
    while (text_end < a->size && is_blank(a->text[text_end])) {
        text_end++;
    }
    if (!breaks) { /* inside of a line: one for one; more may be escapes */
        while (a->at < raw_end && a->i < text_end) {
            if (a->raw[a->at] != a->text[a->i]) {
                return false;
            }
            put(a, 1, 1);
            a->at++;
        }
        return a->at == raw_end;
    }
    size_t count = text_end - a->i;
    for (size_t k = 0; k < count; k++) {
        /* The last takes what is left, so that the next word begins behind all of them. */
        size_t raw_size = k + 1 == count || raw_end - a->at == 1 ? raw_end - a->at : 1;
        put(a, 1, raw_size);
        if (raw_end - a->at > 1 && k + 1 < count) {
            a->at++;
        }
    }
    a->at = raw_end;
    return true;
}

/* Behind the line of "|" or ">". */
static void skip_header(struct align *a)
{
    while (a->at < a->end && a->raw[a->at] != '\n') {
        a->at++;
    }
    while (a->at < a->end && is_blank(a->raw[a->at])) {
        a->at++;
    }
    /* Blank lines before the first one are its begin. */
    while (a->i < a->size && is_blank(a->text[a->i])) {
        a->begin[a->i] = (uint32_t)a->at;
        a->to[a->i++] = (uint32_t)a->at;
    }
}

static bool step(struct align *a)
{
    char c = a->raw[a->at];
    if (a->style == YAML_SPAN_DOUBLE && c == '\\') {
        return step_escape(a);
    }
    if (is_blank(c)) {
        return step_blanks(a);
    }
    if (a->i >= a->size || c != a->text[a->i]) {
        return false;
    }
    size_t raw_size = 1;
    if (a->style == YAML_SPAN_SINGLE && c == '\'') {
        if (a->at + 1 >= a->end || a->raw[a->at + 1] != '\'') {
            return false;
        }
        raw_size = 2;
    }
    put(a, 1, raw_size);
    a->at += raw_size;
    return true;
}

bool yaml_node_align(const struct yaml_tree *tree, const struct yaml_node *node, uint32_t *begin,
                     uint32_t *end)
{
    if (node->kind != YAML_SPAN_SCALAR) {
        return false;
    }
    struct align a = {.raw = tree->text,
                      .at = node->begin,
                      .end = node->end,
                      .text = node->text,
                      .size = node->size,
                      .style = node->style,
                      .begin = begin,
                      .to = end};
    if (node->style == YAML_SPAN_SINGLE || node->style == YAML_SPAN_DOUBLE) {
        a.at++;
        a.end--;
    } else if (node->style != YAML_SPAN_PLAIN) {
        skip_header(&a);
    }
    while (a.at < a.end) {
        if (!step(&a)) {
            return false;
        }
    }
    /* What is left are newlines behind the last line of a block. */
    while (a.i < a.size && a.text[a.i] == '\n' && node->style >= YAML_SPAN_LITERAL) {
        put(&a, 1, 0);
    }
    return a.i == a.size;
}
