#include "sampling/recorded_read.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/utf8.h"

enum { KEY_MAX = 4096, WORD_MAX = 64 };

void recorded_read_init(struct recorded_read *r)
{
    memset(r, 0, sizeof *r);
    buf_init(&r->key, KEY_MAX);
    buf_init(&r->data, RECORDED_LINE_MAX);
}

void recorded_read_release(struct recorded_read *r)
{
    buf_release(&r->key);
    buf_release(&r->data);
}

/* --- reading --- */

struct scan {
    const char *at, *end, *start;
    struct err *err;
};

static int expected(struct scan *s, const char *what)
{
    return err_set(s->err, ERR_PARSE, "at byte %zu %s was expected", (size_t)(s->at - s->start) + 1,
                   what);
}

static void skip_blanks(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r')) {
        s->at++;
    }
}

static bool take(struct scan *s, char c)
{
    skip_blanks(s);
    if (s->at < s->end && *s->at == c) {
        s->at++;
        return true;
    }
    return false;
}

static bool take_hex(struct scan *s, uint32_t *out)
{
    uint64_t value = 0;
    if (s->end - s->at < 4 || number_u64(s->at, 4, 16, &value) != 0) {
        return false;
    }
    s->at += 4;
    *out = (uint32_t)value;
    return true;
}

static int take_unicode(struct scan *s, struct buf *out)
{
    static const char what[] = "four hexadecimal digits of one half or a whole character";
    uint32_t rune = 0, low = 0;
    if (!take_hex(s, &rune)) {
        return expected(s, what);
    }
    if (rune >= 0xD800 && rune <= 0xDBFF) { /* the first half of a pair */
        if (s->end - s->at < 2 || s->at[0] != '\\' || s->at[1] != 'u') {
            return expected(s, what);
        }
        s->at += 2;
        if (!take_hex(s, &low) || low < 0xDC00 || low > 0xDFFF) {
            return expected(s, what);
        }
        rune = 0x10000 + ((rune - 0xD800) << 10) + (low - 0xDC00);
    } else if (rune >= 0xDC00 && rune <= 0xDFFF) {
        return expected(s, what);
    }
    char bytes[4];
    buf_add(out, bytes, utf8_encode(rune, bytes));
    return 0;
}

static int take_escape(struct scan *s, struct buf *out)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    if (s->at == s->end) {
        return expected(s, "the rest of an escape");
    }
    char c = *s->at++;
    if (c == 'u') {
        return take_unicode(s, out);
    }
    const char *name = memchr(names, c, sizeof names - 1);
    if (!name) {
        s->at--;
        return expected(s, "an escape of JSON");
    }
    buf_putc(out, values[name - names]);
    return 0;
}

/* Behind the bytes that stand for themselves; valid UTF-8 among them. */
static int take_plain(struct scan *s, struct buf *out)
{
    const char *from = s->at;
    while (s->at < s->end && *s->at != '"' && *s->at != '\\') {
        unsigned char c = (unsigned char)*s->at;
        if (c < 0x20) {
            return expected(s, "an escape, not a control character,");
        }
        size_t len = 1;
        if (c >= 0x80) {
            bool valid = false;
            (void)utf8_decode(s->at, (size_t)(s->end - s->at), &len, &valid);
            if (!valid) {
                return expected(s, "UTF-8");
            }
        }
        s->at += len;
    }
    buf_add(out, from, (size_t)(s->at - from));
    return 0;
}

static int take_string(struct scan *s, struct buf *out)
{
    buf_clear(out);
    if (!take(s, '"')) {
        return expected(s, "a string");
    }
    for (;;) {
        int rc = take_plain(s, out);
        if (rc < 0) {
            return rc;
        }
        if (s->at == s->end) {
            return expected(s, "the end of a string");
        }
        if (*s->at++ == '"') {
            break;
        }
        rc = take_escape(s, out);
        if (rc < 0) {
            return rc;
        }
    }
    return out->truncated ? expected(s, "a shorter string") : 0;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 4648 section 4, padding wanted, no line breaks; in place. */
static bool base64_decode(struct buf *b)
{
    const char *text = b->data;
    const size_t len = b->size;
    if (len % 4 != 0) {
        return false;
    }
    size_t padding = len == 0 ? 0
                              : (size_t)(text[len - 1] == '=') +
                                    (size_t)(text[len - 1] == '=' && text[len - 2] == '=');
    size_t n = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < len - padding; i++) {
        int v = base64_value(text[i]);
        if (v < 0) {
            return false;
        }
        bits = (bits << 6 | (unsigned)v) & 0xffffffu;
        if (i % 4 != 0) {
            b->data[n++] = (char)(unsigned char)(bits >> (6 - 2 * (i % 4)) & 0xffu);
        }
    }
    b->size = n;
    b->data[n] = '\0';
    return true;
}

static int take_time(struct scan *s, int64_t *out)
{
    skip_blanks(s);
    const char *from = s->at;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9') {
        s->at++;
    }
    int64_t value = 0;
    bool whole = s->at == s->end || !strchr(".eE+-", *s->at);
    if (!whole || number_i64(from, (size_t)(s->at - from), &value) != 0 ||
        value > RECORDED_TIME_MAX) {
        s->at = from;
        return expected(s, "'t_ns' as a whole number of nanoseconds below 2^62");
    }
    *out = value;
    return 0;
}

static int state_to_code(const char *state)
{
    if (strcmp(state, "ok") == 0) {
        return ERR_NONE;
    }
    for (int code = 1; code < ERR_COUNT; code++) {
        if (strcmp(state, err_name(code)) == 0) {
            return code;
        }
    }
    return -1;
}

enum member {
    MEMBER_T_NS,
    MEMBER_SOURCE,
    MEMBER_KEY,
    MEMBER_STATE,
    MEMBER_TEXT,
    MEMBER_BASE64,
    MEMBERS
};
static const char *const member_names[MEMBERS] = {"t_ns",  "source", "key",
                                                  "state", "text",   "base64"};

static int take_short(struct scan *s, const char *name, char *out, size_t out_size)
{
    struct buf word;
    buf_init(&word, WORD_MAX);
    int rc = take_string(s, &word);
    if (rc == 0 && (word.size == 0 || word.size >= out_size || strlen(word.data) != word.size)) {
        rc = err_set(s->err, ERR_PARSE, "'%s' is empty or longer than %zu bytes", name,
                     out_size - 1);
    }
    if (rc == 0) {
        memcpy(out, word.data, word.size + 1);
    }
    buf_release(&word);
    return rc;
}

static int take_member(struct scan *s, enum member which, struct recorded_read *out)
{
    char state[WORD_MAX];
    int rc;
    switch (which) {
    case MEMBER_T_NS:
        return take_time(s, &out->t_ns);
    case MEMBER_SOURCE:
        return take_short(s, "source", out->source, sizeof out->source);
    case MEMBER_KEY:
        rc = take_string(s, &out->key);
        if (rc == 0 && (out->key.size == 0 || strlen(out->key.data) != out->key.size)) {
            rc = err_set(s->err, ERR_PARSE, "'key' is empty or holds a NUL");
        }
        return rc;
    case MEMBER_STATE:
        rc = take_short(s, "state", state, sizeof state);
        if (rc == 0 && (out->code = state_to_code(state)) < 0) {
            rc = err_set(s->err, ERR_PARSE, "'state' is '%s', not 'ok' or the name of an error",
                         state);
        }
        return rc;
    case MEMBER_TEXT:
        return take_string(s, &out->data);
    case MEMBER_BASE64:
        rc = take_string(s, &out->data);
        if (rc == 0 && !base64_decode(&out->data)) {
            rc = err_set(s->err, ERR_PARSE, "'base64' is not base64");
        }
        return rc;
    case MEMBERS:
        break;
    }
    return 0;
}

static int take_name(struct scan *s, enum member *out)
{
    char name[WORD_MAX];
    int rc = take_short(s, "the name of a value", name, sizeof name);
    if (rc < 0) {
        return rc;
    }
    for (int m = 0; m < MEMBERS; m++) {
        if (strcmp(member_names[m], name) == 0) {
            *out = (enum member)m;
            return take(s, ':') ? 0 : expected(s, "':'");
        }
    }
    return err_set(s->err, ERR_PARSE,
                   "'%s' is no part of a read; those are t_ns, source, key, state, and text or "
                   "base64",
                   name);
}

static int check_whole(const struct scan *s, unsigned seen, struct recorded_read *out)
{
    for (int m = 0; m <= MEMBER_STATE; m++) {
        if (!(seen & 1u << m)) {
            return err_set(s->err, ERR_PARSE, "'%s' is missing", member_names[m]);
        }
    }
    const bool text = seen & 1u << MEMBER_TEXT, base64 = seen & 1u << MEMBER_BASE64;
    if (text && base64) {
        return err_set(s->err, ERR_PARSE, "there is both a 'text' and a 'base64'");
    }
    if (out->code == ERR_NONE && !text && !base64) {
        return err_set(s->err, ERR_PARSE, "there is neither a 'text' nor a 'base64'");
    }
    if (out->code != ERR_NONE) {
        buf_clear(&out->data);
    }
    return 0;
}

int recorded_read_parse(const char *line, size_t size, struct recorded_read *out, struct err *err)
{
    struct scan s = {.at = line, .end = line + size, .start = line, .err = err};
    unsigned seen = 0;
    buf_clear(&out->key);
    buf_clear(&out->data);
    out->code = ERR_NONE;
    if (!take(&s, '{')) {
        return expected(&s, "'{'");
    }
    do {
        enum member m = MEMBER_T_NS;
        skip_blanks(&s);
        int rc = take_name(&s, &m);
        if (rc == 0 && (seen & 1u << m)) {
            rc = err_set(err, ERR_PARSE, "'%s' is there twice", member_names[m]);
        }
        if (rc == 0) {
            rc = take_member(&s, m, out);
        }
        if (rc < 0) {
            return rc;
        }
        seen |= 1u << m;
    } while (take(&s, ','));
    if (!take(&s, '}')) {
        return expected(&s, "',' or '}'");
    }
    skip_blanks(&s);
    if (s.at != s.end) {
        return expected(&s, "the end of the line");
    }
    return check_whole(&s, seen, out);
}

/* --- writing --- */

bool recorded_is_utf8(const char *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t len = 1;
        if ((unsigned char)data[at] >= 0x80) {
            bool valid = false;
            (void)utf8_decode(data + at, size - at, &len, &valid);
            if (!valid) {
                return false;
            }
        }
        at += len;
    }
    return true;
}

static void add_string(struct buf *out, const char *data, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    buf_putc(out, '"');
    for (size_t from = 0, at = 0;; at++) {
        unsigned char c = at < size ? (unsigned char)data[at] : '"';
        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        buf_add(out, data + from, at - from);
        from = at + 1;
        if (at == size) {
            break;
        }
        if (c == '"' || c == '\\') {
            buf_add(out, (char[]){'\\', (char)c}, 2);
        } else if (c == '\n') {
            buf_puts(out, "\\n");
        } else if (c == '\t') {
            buf_puts(out, "\\t");
        } else {
            buf_add(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
        }
    }
    buf_putc(out, '"');
}

static void add_base64(struct buf *out, const char *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    buf_putc(out, '"');
    for (size_t at = 0; at < size; at += 3) {
        const size_t left = size - at;
        unsigned bits = (unsigned)(unsigned char)data[at] << 16;
        bits |= left > 1 ? (unsigned)(unsigned char)data[at + 1] << 8 : 0;
        bits |= left > 2 ? (unsigned)(unsigned char)data[at + 2] : 0;
        char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                        left > 1 ? digits[bits >> 6 & 63] : '=',
                        left > 2 ? digits[bits & 63] : '='};
        buf_add(out, four, sizeof four);
    }
    buf_putc(out, '"');
}

void recorded_read_write(struct buf *out, int64_t t_ns, const char *source, const char *key,
                         int code, const char *data, size_t size)
{
    buf_printf(out, "{\"t_ns\":%lld,\"source\":", (long long)t_ns);
    add_string(out, source, strlen(source));
    buf_puts(out, ",\"key\":");
    add_string(out, key, strlen(key));
    buf_puts(out, ",\"state\":");
    const char *state = code == ERR_NONE ? "ok" : err_name(code);
    add_string(out, state, strlen(state));
    if (code != ERR_NONE) {
        size = 0;
    }
    if (recorded_is_utf8(data, size)) {
        buf_puts(out, ",\"text\":");
        add_string(out, data, size);
    } else {
        buf_puts(out, ",\"base64\":");
        add_base64(out, data, size);
    }
    buf_puts(out, "}\n");
}

/* --- processes --- */

int64_t recorded_key_pid(const char *key)
{
    /* The first on Linux, where any verb may stand in front of it; the others on macOS. */
    static const char proc[] = " /proc/", *const heads[] = {"arguments ", "usage "};
    const char *blank = strchr(key, ' '), *at = NULL;
    int64_t pid = 0;
    if (blank && strncmp(blank, proc, sizeof proc - 1) == 0) {
        at = blank + sizeof proc - 1;
    }
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (strncmp(key, heads[i], strlen(heads[i])) == 0) {
            at = key + strlen(heads[i]);
        }
    }
    return at && number_i64(at, strcspn(at, "/"), &pid) == 0 && pid > 0 ? pid : 0;
}

bool recorded_is_process_list(const char *key)
{
    return strcmp(key, "list /proc") == 0 || strcmp(key, "processes") == 0;
}

int recorded_pid_compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t *recorded_pids(const char *names, size_t size, size_t *count)
{
    size_t capacity = 64;
    int64_t *pids = xreallocarray(NULL, capacity, sizeof *pids);
    *count = 0;
    for (const char *at = names, *end = names + size; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        int64_t pid = 0;
        const char *blank = memchr(at, ' ', (size_t)(stop - at)); /* macOS: more than the number */
        const char *number_end = blank ? blank : stop;
        if (number_i64(at, (size_t)(number_end - at), &pid) == 0 && pid > 0) {
            if (*count == capacity) {
                capacity *= 2;
                pids = xreallocarray(pids, capacity, sizeof *pids);
            }
            pids[(*count)++] = pid;
        }
        at = stop + 1;
    }
    qsort(pids, *count, sizeof *pids, recorded_pid_compare);
    return pids;
}
