#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

/* cJSON spends about 80 bytes on a value that took 2 in the text: bounded apart from the text's
 * size, to 8 MB. A thousand models of Ollama are 16,000 values. */
#define JSON_MAX_VALUES 100000
#define JSON_KEY_BYTES 128
/* Above, a double no longer tells neighbouring integers apart. */
#define JSON_EXACT_INTEGER 9007199254740992.0
/* cJSON prints from here with an exponent ("%1.15g"). */
#define JSON_PLAIN_INTEGER 1e15

/* What JSON lacks and Python prints all the same (json.dumps(float("nan"))), longest first. */
static const char *const odd_tokens[] = {"-Infinity", "Infinity", "-NaN", "NaN"};
static const char null_token[] = "null";

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Length of the odd token at text[at], 0 when there is none. Only whole words count. */
static size_t odd_token(const char *text, size_t size, size_t at)
{
    if ((text[at] != 'N' && text[at] != 'I' && text[at] != '-') ||
        (at > 0 && (is_word(text[at - 1]) || text[at - 1] == '-'))) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(odd_tokens) / sizeof(odd_tokens[0]); i++) {
        size_t len = strlen(odd_tokens[i]);
        if (len <= size - at && memcmp(text + at, odd_tokens[i], len) == 0 &&
            (at + len == size || !is_word(text[at + len]))) {
            return len;
        }
    }
    return 0;
}

struct json_copy {
    char *data;  /* room for all that can come out; NULL: only count */
    size_t size; /* written or counted */
};

static void copy_add(struct json_copy *copy, const char *text, size_t size)
{
    if (copy->data != NULL) {
        memcpy(copy->data + copy->size, text, size);
    }
    copy->size += size;
}

/* Copies text with null in the place of odd tokens outside strings. Stops when the copy reaches
 * `until` bytes; returns how much of text was used. The first pass with checks is json_check(). */
static size_t copy_text(const char *text, size_t size, struct json_copy *copy, size_t until)
{
    bool in_string = false;
    size_t at = 0;

    while (at < size && copy->size < until) {
        char c = text[at];
        size_t odd = in_string ? 0 : odd_token(text, size, at);
        if (odd > 0) {
            copy_add(copy, null_token, sizeof(null_token) - 1);
            at += odd;
            continue;
        }
        if (c == '"') {
            in_string = !in_string;
        }
        size_t len = in_string && c == '\\' && at + 1 < size ? 2 : 1;
        copy_add(copy, text + at, len);
        at += len;
    }
    return at;
}

/* What cJSON would not refuse, or only after having spent the memory: depth, number of values, NUL
 * bytes. */
static int json_check(const char *text, size_t size, struct err *err)
{
    bool in_string = false;
    size_t depth = 0;
    size_t values = 1;

    for (size_t at = 0; at < size; at++) {
        char c = text[at];
        if (c == '\0') {
            (void)err_set(err, ERR_PARSE, "it is not JSON: it holds a NUL byte");
            return err_at(err, "byte %zu", at);
        }
        if (in_string) {
            if (c == '"') {
                in_string = false;
            } else if (c == '\\' && at + 1 < size && text[at + 1] != '\0') {
                at++;
            }
            continue;
        }
        if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            values++;
            if (++depth > JSON_MAX_DEPTH) {
                (void)err_set(err, ERR_TOO_BIG, "it is nested deeper than %d levels",
                              JSON_MAX_DEPTH);
                return err_at(err, "byte %zu", at);
            }
        } else if (c == ']' || c == '}') {
            if (depth == 0) {
                (void)err_set(err, ERR_PARSE, "it is not JSON: '%c' closes nothing", c);
                return err_at(err, "byte %zu", at);
            }
            depth--;
        } else if (c == ',') {
            values++;
        }
        if (values > JSON_MAX_VALUES) {
            (void)err_set(err, ERR_TOO_BIG, "it holds more than %d values", JSON_MAX_VALUES);
            return err_at(err, "byte %zu", at);
        }
    }
    return 0;
}

cJSON *json_parse(const char *text, size_t size, struct err *err)
{
    if (json_check(text, size, err) < 0) {
        return NULL;
    }
    struct json_copy count = {NULL, 0};
    (void)copy_text(text, size, &count, SIZE_MAX);
    /* Always a copy that ends with a NUL: cJSON before 1.7.18 reads one byte too far without
     * (CVE-2023-53154). */
    struct json_copy copy = {xmalloc(count.size + 1), 0};
    (void)copy_text(text, size, &copy, SIZE_MAX);
    copy.data[copy.size] = '\0';

    const char *end = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(copy.data, copy.size + 1, &end, 1);
    if (root == NULL) {
        struct json_copy before = {NULL, 0};
        size_t offset = end != NULL && end > copy.data ? (size_t)(end - copy.data) : 0;
        size_t at = copy_text(text, size, &before, offset);
        (void)err_set(err, ERR_PARSE, size == 0 ? "it is empty, not JSON" : "it is not JSON");
        (void)err_at(err, "byte %zu", at);
    }
    free(copy.data);
    return root;
}

const cJSON *json_get(const cJSON *object, const char *key)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

const char *json_text(const cJSON *object, const char *key, const char *fallback)
{
    const cJSON *item = json_get(object, key);
    return cJSON_IsString(item) && item->valuestring != NULL ? item->valuestring : fallback;
}

bool json_number(const cJSON *object, const char *key, double *out)
{
    const cJSON *item = json_get(object, key);
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble)) {
        return false;
    }
    *out = item->valuedouble;
    return true;
}

bool json_copy_text(const cJSON *object, const char *key, char *out, size_t out_size)
{
    const char *text = json_text(object, key, NULL);
    if (out_size > 0) {
        out[0] = '\0';
    }
    if (text == NULL) {
        return false;
    }
    (void)utf8_sanitise(text, strlen(text), out, out_size, NULL);
    return true;
}

/* cJSON's makers return NULL only when memory is out. */
static cJSON *must(cJSON *item)
{
    if (item == NULL) {
        alloc_panic("out of memory");
    }
    return item;
}

static void add_item(cJSON *object, const char *key, cJSON *item)
{
    if (!cJSON_AddItemToObject(object, key, item)) {
        cJSON_Delete(item); /* object is NULL: a mistake of the caller, but no leak */
    }
}

static cJSON *make_number(double value)
{
    if (!isfinite(value)) {
        return must(cJSON_CreateNull());
    }
    double size = fabs(value);
    if (size >= JSON_PLAIN_INTEGER && size <= JSON_EXACT_INTEGER && floor(value) == value) {
        char digits[32];
        (void)snprintf(digits, sizeof(digits), "%.0f", value);
        return must(cJSON_CreateRaw(digits));
    }
    return must(cJSON_CreateNumber(value == 0 ? 0 : value)); /* no "-0" */
}

void json_add_number(cJSON *object, const char *key, double value)
{
    add_item(object, key, make_number(value));
}

void json_add_text_or_null(cJSON *object, const char *key, const char *text)
{
    bool some = text != NULL && text[0] != '\0';
    add_item(object, key, must(some ? cJSON_CreateString(text) : cJSON_CreateNull()));
}

static void put_item(cJSON *object, const char *key, cJSON *item)
{
    if (cJSON_GetObjectItemCaseSensitive(object, key) == NULL) {
        add_item(object, key, item);
    } else if (!cJSON_ReplaceItemInObjectCaseSensitive(object, key, item)) {
        cJSON_Delete(item);
    }
}

void json_add_at(cJSON *root, const char *path, cJSON *item)
{
    cJSON *object = root;

    for (const char *dot = strchr(path, '.'); dot != NULL; dot = strchr(path, '.')) {
        char key[JSON_KEY_BYTES];
        (void)snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
        cJSON *next = cJSON_GetObjectItemCaseSensitive(object, key);
        if (!cJSON_IsObject(next)) {
            next = must(cJSON_CreateObject());
            put_item(object, key, next);
        }
        object = next;
        path = dot + 1;
    }
    put_item(object, path, must(item));
}

static char *print(const cJSON *item, bool pretty)
{
    char *text = pretty ? cJSON_Print(item) : cJSON_PrintUnformatted(item);
    if (text == NULL) {
        alloc_panic("out of memory");
    }
    return text;
}

char *json_print_line(const cJSON *item)
{
    return item == NULL ? xstrdup(null_token) : print(item, false);
}

char *json_print_pretty(const cJSON *item)
{
    return item == NULL ? xstrdup(null_token) : print(item, true);
}
