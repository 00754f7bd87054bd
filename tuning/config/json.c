#include <stdarg.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "tuning/config/builder.h"

/* JSON by RFC 8259, strictly, with the place of each value. Numbers stay the text that they are. */

#define KEY_BUCKETS 4096

struct key {
    const char *text;
    size_t object; /* that has it: the byte where that begins */
    struct key *next;
};

struct json_reader {
    struct document_builder *b;
    const char *text;
    size_t at, size;
    size_t depth;
    struct buf path;
    struct key **keys; /* of all objects, by hash: to find those that are there twice */
};

static int read_value(struct json_reader *r, size_t place);

static char peek(const struct json_reader *r)
{
    return r->at < r->size ? r->text[r->at] : '\0';
}

static int fail(const struct json_reader *r, const char *expected)
{
    if (r->at >= r->size) {
        return builder_fail(r->b, r->size, "the file ends where %s was expected", expected);
    }
    if (r->text[r->at] == '/') {
        return builder_fail(r->b, r->at, "expected %s; JSON has no comments", expected);
    }
    return builder_fail(r->b, r->at, "it is not JSON: expected %s", expected);
}

static void skip_blanks(struct json_reader *r)
{
    while (r->at < r->size && strchr(" \t\r\n", r->text[r->at]) != NULL) {
        r->at++; /* the text holds no NUL, which strchr would find */
    }
}

static int read_hex(struct json_reader *r, uint64_t *out)
{
    if (r->size - r->at < 4 || number_u64(r->text + r->at, 4, 16, out) < 0) {
        return fail(r, "four hexadecimal digits");
    }
    r->at += 4;
    return 0;
}

/* Behind "\u". */
static int read_rune(struct json_reader *r, char *out, size_t *size)
{
    uint64_t rune;
    uint64_t low;
    size_t begin = r->at;
    int rc = read_hex(r, &rune);

    if (rc == 0 && rune >= 0xD800 && rune <= 0xDFFF) {
        if (rune > 0xDBFF || r->size - r->at < 6 || memcmp(r->text + r->at, "\\u", 2) != 0) {
            return builder_fail(r->b, begin, "half of a surrogate pair");
        }
        r->at += 2;
        rc = read_hex(r, &low);
        if (rc == 0 && (low < 0xDC00 || low > 0xDFFF)) {
            return builder_fail(r->b, begin, "half of a surrogate pair");
        }
        rune = rc == 0 ? 0x10000 + ((rune - 0xD800) << 10) + (low - 0xDC00) : 0;
    }
    if (rc == 0 && rune == 0) {
        return builder_fail(r->b, begin, "a text holds a NUL character");
    }
    if (rc == 0) {
        *size += utf8_encode((uint32_t)rune, out + *size);
    }
    return rc;
}

/* A text from its quote on. The result lives in the document. */
static int read_text(struct json_reader *r, const char **out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    size_t end = r->at + 1;
    size_t size = 0;
    int rc = 0;

    while (end < r->size && r->text[end] != '"') {
        end += r->text[end] == '\\' && end + 1 < r->size ? 2 : 1;
    }
    char *text = arena_alloc(&r->b->d->arena, end - r->at + 1); /* escapes only make it shorter */
    r->at++;
    while (rc == 0 && r->at < r->size && r->text[r->at] != '"') {
        char c = r->text[r->at];
        if ((unsigned char)c < 0x20) {
            return fail(r, "a text without control characters");
        }
        r->at++;
        if (c != '\\') {
            text[size++] = c;
        } else if (peek(r) == 'u') {
            r->at++;
            rc = read_rune(r, text, &size);
        } else {
            const char *known = peek(r) != '\0' ? strchr(letters, peek(r)) : NULL;
            if (known == NULL) {
                return fail(r, "an escape that JSON knows");
            }
            text[size++] = values[known - letters];
            r->at++;
        }
    }
    if (rc == 0 && r->at >= r->size) {
        return fail(r, "the end of a text");
    }
    r->at++;
    text[size] = '\0';
    *out = text;
    return rc;
}

static bool skip_digits(struct json_reader *r)
{
    size_t begin = r->at;
    while (peek(r) >= '0' && peek(r) <= '9') {
        r->at++;
    }
    return r->at > begin;
}

static int read_number(struct json_reader *r)
{
    r->at += peek(r) == '-';
    if (peek(r) == '0') {
        r->at++;
    } else if (!skip_digits(r)) {
        return fail(r, "a number");
    }
    if (peek(r) == '.') {
        r->at++;
        if (!skip_digits(r)) {
            return fail(r, "a digit");
        }
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        r->at++;
        r->at += peek(r) == '+' || peek(r) == '-';
        if (!skip_digits(r)) {
            return fail(r, "a digit");
        }
    }
    return 0;
}

static bool read_word(struct json_reader *r, const char *word)
{
    size_t size = strlen(word);
    if (r->size - r->at < size || memcmp(r->text + r->at, word, size) != 0) {
        return false;
    }
    r->at += size;
    return true;
}

static int add_entry(struct json_reader *r, const char *value, bool quoted, size_t begin,
                     size_t place)
{
    struct document_entry e = {.kind = ENTRY_KEY,
                               .group = "",
                               .value = value,
                               .quoted = quoted,
                               .interpolated = value != NULL && strstr(value, "${") != NULL,
                               .whole = {place, r->at},
                               .value_span = {begin, r->at}};
    if (r->path.truncated) {
        return builder_fail(r->b, place, "a name is longer than %d bytes", DOCUMENT_MAX_NAME);
    }
    return builder_add(r->b, &e, r->path.data, r->path.size, place);
}

static int read_scalar(struct json_reader *r, size_t place)
{
    size_t begin = r->at;
    const char *value = NULL;
    bool quoted = peek(r) == '"';
    int rc = 0;

    if (quoted) {
        rc = read_text(r, &value);
    } else if (peek(r) == '-' || (peek(r) >= '0' && peek(r) <= '9')) {
        rc = read_number(r);
        value = rc == 0 ? arena_strndup(&r->b->d->arena, r->text + begin, r->at - begin) : NULL;
    } else if (read_word(r, "true")) {
        value = "true";
    } else if (read_word(r, "false")) {
        value = "false";
    } else if (!read_word(r, "null")) {
        rc = fail(r, "a value");
    }
    return rc < 0 ? rc : add_entry(r, value, quoted, begin, place);
}

/* The path gets longer for one member or item. */
static void path_pop(struct json_reader *r, size_t size)
{
    r->path.size = size;
    r->path.data[size] = '\0';
    r->path.truncated = false;
}

/* Whether the object has the key already. */
static int note_key(struct json_reader *r, size_t object, const char *text, size_t byte)
{
    uint32_t hash = 2166136261u ^ (uint32_t)object; /* FNV-1a */
    for (const char *s = text; *s != '\0'; s++) {
        hash = (hash ^ (unsigned char)*s) * 16777619u;
    }
    struct key **bucket = &r->keys[hash % KEY_BUCKETS];
    for (const struct key *key = *bucket; key != NULL; key = key->next) {
        int rc = builder_work(r->b, 1, byte);
        if (rc < 0) {
            return rc;
        }
        if (key->object == object && strcmp(key->text, text) == 0) {
            r->b->d->duplicates++;
            builder_note(r->b, byte, "the key '%.80s' is there twice", text);
            builder_unsure(r->b);
            return 0;
        }
    }
    struct key *key = arena_alloc(&r->b->scratch, sizeof(*key));
    *key = (struct key){text, object, *bucket};
    *bucket = key;
    return 0;
}

static int read_member(struct json_reader *r, size_t object)
{
    const char *key = "";
    size_t place = r->at;
    size_t size = r->path.size;

    if (peek(r) != '"') {
        return fail(r, "a key in double quotes");
    }
    int rc = read_text(r, &key);
    if (rc == 0) {
        rc = note_key(r, object, key, place);
    }
    if (rc < 0) {
        return rc;
    }
    skip_blanks(r);
    if (peek(r) != ':') {
        return fail(r, "a colon");
    }
    r->at++;
    if (size > 0) {
        buf_putc(&r->path, '.');
    }
    buf_puts(&r->path, key);
    skip_blanks(r);
    rc = read_value(r, place);
    path_pop(r, size);
    return rc;
}

static int read_collection(struct json_reader *r)
{
    bool object = peek(r) == '{';
    char close = object ? '}' : ']';
    size_t begin = r->at;
    size_t index = 0;
    int rc = 0;

    if (++r->depth > DOCUMENT_MAX_DEPTH) {
        return builder_fail(r->b, r->at, "it is nested deeper than %d levels", DOCUMENT_MAX_DEPTH);
    }
    r->at++;
    skip_blanks(r);
    if (peek(r) == close) {
        r->at++;
        r->depth--;
        return 0;
    }
    for (;;) {
        if (object) {
            rc = read_member(r, begin);
        } else {
            size_t size = r->path.size;
            buf_printf(&r->path, "[%zu]", index++);
            rc = read_value(r, r->at);
            path_pop(r, size);
        }
        if (rc < 0) {
            return rc;
        }
        skip_blanks(r);
        if (peek(r) == close) {
            r->at++;
            r->depth--;
            return 0;
        }
        if (peek(r) != ',') {
            return fail(r, object ? "a comma or '}'" : "a comma or ']'");
        }
        r->at++;
        skip_blanks(r);
    }
}

/* `place` is where its name stands. */
static int read_value(struct json_reader *r, size_t place)
{
    if (peek(r) == '{' || peek(r) == '[') {
        return read_collection(r);
    }
    return read_scalar(r, place);
}

int json_read(struct document_builder *b)
{
    struct json_reader r = {.b = b, .text = b->d->text, .at = b->places.bom, .size = b->d->size};
    r.keys = arena_calloc(&b->scratch, KEY_BUCKETS, sizeof(r.keys[0]));
    buf_init(&r.path, DOCUMENT_MAX_NAME * 2);
    skip_blanks(&r);
    int rc = read_value(&r, r.at);
    skip_blanks(&r);
    if (rc == 0 && r.at < r.size) {
        rc = fail(&r, "nothing more");
    }
    buf_release(&r.path);
    return rc;
}
