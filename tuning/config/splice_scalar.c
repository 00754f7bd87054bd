#include "tuning/config/splice_scalar.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "tuning/config/document.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* -12, 3.5, 0; not 012, which is octal for some, and nothing with an exponent. */
static bool is_decimal(const char *value, bool whole)
{
    const char *at = value + (value[0] == '-');
    if (!is_digit(*at) || (at[0] == '0' && is_digit(at[1]))) {
        return false;
    }
    size_t digits = strspn(at, "0123456789");
    at += digits;
    if (digits > 15) { /* beyond it a double is another number */
        return false;
    }
    if (*at == '.' && !whole && is_digit(at[1])) {
        at += 1 + strspn(at + 1, "0123456789");
    }
    return *at == '\0';
}

static bool is_one_of(const char *value, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcasecmp(value, *list) == 0) {
            return true;
        }
    }
    return false;
}

bool scalar_is_typed(const char *value)
{
    return strcmp(value, "true") == 0 || strcmp(value, "false") == 0 || is_decimal(value, false);
}

/* 0-3, 5-: no number for anybody. */
static bool is_range(const char *value)
{
    size_t digits = strspn(value, "0123456789");
    return value[digits] == '-' &&
           strspn(value + digits + 1, "0123456789") == strlen(value + digits + 1);
}

/* What some reader of YAML 1.1 or 1.2 takes for something else than a text. */
static bool looks_special(const char *value)
{
    static const char *const words[] = {"true", "false", "yes",  "no",   "on", "off", "y", "n",
                                        "null", "~",     ".inf", ".nan", "=",  "<<",  NULL};
    const char *at = value + (value[0] == '-' || value[0] == '+');
    if (value[0] == '\0' || is_one_of(value, words) || is_one_of(at, words)) {
        return true;
    }
    if (!is_digit(*at) && *at != '.') {
        return false;
    }
    size_t digits = strspn(at, "0123456789");
    if (digits == 4 && at[4] == '-') { /* a date */
        return strspn(at, "0123456789-:.+ tTzZ") == strlen(at);
    }
    if (strchr(at, ':') != NULL) { /* 1:30 is 90 */
        return strspn(at, "0123456789_:.") == strlen(at);
    }
    if (at[0] == '0' && strspn(at + 1, "xXoObB0123456789abcdefABCDEF_") == strlen(at + 1)) {
        return true;
    }
    const char *dot = strchr(at, '.'); /* with two of them it is an address */
    return strspn(at, "0123456789_.eE+-") == strlen(at) &&
           (dot == NULL || strchr(dot + 1, '.') == NULL) && !is_range(at);
}

enum scalar_class scalar_class_of(enum document_kind kind, const char *value, bool quoted)
{
    static const char *const truths[] = {"true", "false", "yes", "no", "on", "off", NULL};
    static const char *const nothings[] = {"null", "~", "", NULL};

    if (value == NULL) {
        return SCALAR_IS_NOTHING;
    }
    if (quoted) {
        return SCALAR_IS_TEXT;
    }
    if (kind == DOCUMENT_JSON) {
        return value[0] == 't' || value[0] == 'f' ? SCALAR_IS_TRUTH : SCALAR_IS_NUMBER;
    }
    if (!looks_special(value)) {
        return SCALAR_IS_TEXT;
    }
    return is_one_of(value, nothings) ? SCALAR_IS_NOTHING
           : is_one_of(value, truths) ? SCALAR_IS_TRUTH
           : value[0] == '=' || value[0] == '<' ||
                   is_one_of(value, (const char *[]){"y", "n", NULL})
               ? SCALAR_IS_TEXT
               : SCALAR_IS_NUMBER;
}

bool scalar_is_plain_number(const char *value)
{
    const char *at = value + (value[0] == '-');
    const char *dot = strchr(at, '.');

    /* Small ones come back as 1e-05, and 0.50 as 0.5. */
    return is_decimal(value, false) &&
           (dot == NULL || (value[strlen(value) - 1] != '0' && strncmp(at, "0.00", 4) != 0));
}

/* Whether it can stand without quotes and is the same text then. */
static bool is_plain_text(const char *value, bool flow)
{
    size_t size = strlen(value);
    if (size == 0 || strchr(" \t", value[0]) != NULL || strchr(" \t:", value[size - 1]) != NULL ||
        strchr(",[]{}#&*!|>'\"%@`?:", value[0]) != NULL ||
        (value[0] == '-' && (size == 1 || strchr(" \t", value[1]) != NULL)) ||
        strncmp(value, "---", 3) == 0 || strncmp(value, "...", 3) == 0) {
        return false;
    }
    if (strstr(value, ": ") != NULL || strstr(value, " #") != NULL ||
        strstr(value, ":\t") != NULL || strstr(value, "\t#") != NULL) {
        return false;
    }
    return !flow || strpbrk(value, ",[]{}") == NULL;
}

static const char *in_single(struct arena *arena, const char *value)
{
    struct buf out;
    buf_init(&out, DOCUMENT_MAX_BYTES);
    buf_putc(&out, '\'');
    for (; *value != '\0'; value++) {
        if (*value == '\'') {
            buf_putc(&out, '\'');
        }
        buf_putc(&out, *value);
    }
    buf_putc(&out, '\'');
    const char *text = arena_strdup(arena, out.data);
    buf_release(&out);
    return text;
}

static const char *in_double(struct arena *arena, const char *value)
{
    struct buf out;
    buf_init(&out, DOCUMENT_MAX_BYTES);
    buf_putc(&out, '"');
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\') {
            buf_putc(&out, '\\');
        }
        buf_putc(&out, *value);
    }
    buf_putc(&out, '"');
    const char *text = arena_strdup(arena, out.data);
    buf_release(&out);
    return text;
}

const char *scalar_format(struct arena *arena, const char *value, enum yaml_node_style style,
                          enum scalar_type type, bool flow)
{
    bool special = looks_special(value);

    if (style == YAML_SPAN_SINGLE) {
        return in_single(arena, value);
    }
    if (style == YAML_SPAN_DOUBLE) {
        return in_double(arena, value);
    }
    if ((type == SCALAR_VARIABLE && is_decimal(value, true)) ||
        (type == SCALAR_KEY && scalar_is_typed(value))) {
        special = false;
    }
    return !special && is_plain_text(value, flow) ? value : in_double(arena, value);
}
