#include "sampling/reader_recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

enum {
    META_MAX_BYTES = 1024 * 1024, /* meta.json is a page at most; a hostile one is not read */
    PATH_BYTES = 4096,
};

struct entry {
    const char *key;
    const char *data;
    size_t size;
    size_t line; /* ties of time: the later line is the newer read */
    int64_t t_ns;
    int code; /* 0, or the error that the read gave, positive */
};

struct recording {
    struct arena arena;    /* keys and data */
    struct entry *entries; /* sorted by key, time, line */
    size_t count, capacity;
    int64_t first_ns, last_ns;
    int64_t wall_start_ns;
};

static int state_to_code(const char *state)
{
    if (strcmp(state, "ok") == 0) {
        return ERR_NONE;
    }
    if (strcmp(state, "failed") == 0) {
        return ERR_IO;
    }
    for (int code = 1; code < ERR_COUNT; code++) {
        if (strcmp(state, err_name(code)) == 0) {
            return code;
        }
    }
    return -1;
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

/* RFC 4648 section 4, padding wanted, no line breaks. NULL when the text is not that. */
static char *base64_decode(struct arena *a, const char *text, size_t *out_size)
{
    size_t len = strlen(text);
    if (len % 4 != 0) {
        return NULL;
    }
    size_t padding = len == 0 ? 0
                              : (size_t)(text[len - 1] == '=') +
                                    (size_t)(text[len - 1] == '=' && text[len - 2] == '=');
    char *out = arena_alloc(a, len / 4 * 3 + 1);
    size_t n = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < len - padding; i++) {
        int v = base64_value(text[i]);
        if (v < 0) {
            return NULL;
        }
        bits = (bits << 6 | (unsigned)v) & 0xffffffu;
        if (i % 4 != 0) {
            out[n++] = (char)(unsigned char)(bits >> (6 - 2 * (i % 4)) & 0xffu);
        }
    }
    *out_size = n;
    return out;
}

static struct entry *add_entry(struct recording *rec)
{
    if (rec->count == rec->capacity) {
        rec->capacity = rec->capacity ? rec->capacity * 2 : 256;
        rec->entries = xreallocarray(rec->entries, rec->capacity, sizeof *rec->entries);
    }
    return &rec->entries[rec->count++];
}

static int parse_read(struct recording *rec, const cJSON *item, size_t line, struct err *err)
{
    double t_ns;
    /* Beyond 2^62 a conversion to int64_t would not be defined. */
    if (!json_number(item, "t_ns", &t_ns) || t_ns < 0 || t_ns > 4.6e18) {
        return err_set(err, ERR_PARSE, "'t_ns' is missing or not a time");
    }
    const char *key = json_text(item, "key", "");
    if (!*key) {
        return err_set(err, ERR_PARSE, "'key' is missing");
    }
    const char *state = json_text(item, "state", "ok");
    int code = state_to_code(state);
    if (code < 0) {
        return err_set(err, ERR_PARSE, "'state' is neither ok nor the name of an error");
    }
    const char *text = json_text(item, "text", NULL);
    const char *base64 = json_text(item, "base64", NULL);
    if (text && base64) {
        return err_set(err, ERR_PARSE, "there is both a 'text' and a 'base64'");
    }
    if (code == ERR_NONE && !text && !base64) {
        return err_set(err, ERR_PARSE, "there is neither a 'text' nor a 'base64'");
    }
    const char *data = "";
    size_t size = 0;
    if (code == ERR_NONE && base64) {
        data = base64_decode(&rec->arena, base64, &size);
        if (!data) {
            return err_set(err, ERR_PARSE, "'base64' is not base64");
        }
    } else if (code == ERR_NONE) {
        size = strlen(text);
        data = arena_strndup(&rec->arena, text, size);
    }
    struct entry *e = add_entry(rec);
    *e = (struct entry){
        .key = arena_strdup(&rec->arena, key),
        .data = data,
        .size = size,
        .line = line,
        .t_ns = (int64_t)t_ns,
        .code = code,
    };
    if (rec->count == 1 || e->t_ns < rec->first_ns) {
        rec->first_ns = e->t_ns;
    }
    if (rec->count == 1 || e->t_ns > rec->last_ns) {
        rec->last_ns = e->t_ns;
    }
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int by_key = strcmp(x->key, y->key);
    if (by_key != 0) {
        return by_key;
    }
    if (x->t_ns != y->t_ns) {
        return x->t_ns < y->t_ns ? -1 : 1;
    }
    return (x->line > y->line) - (x->line < y->line);
}

static int parse_line(struct recording *rec, const char *text, size_t size, size_t line,
                      struct err *err)
{
    cJSON *item = json_parse(text, size, err);
    if (!item) {
        return -err->code;
    }
    int rc = parse_read(rec, item, line, err);
    cJSON_Delete(item);
    return rc;
}

struct recording *recording_parse(const char *name, const char *text, size_t size, struct err *err)
{
    struct recording *rec = xcalloc(1, sizeof *rec);
    arena_init(&rec->arena);
    size_t line = 0;
    for (size_t at = 0; at < size;) {
        const char *start = text + at;
        const char *end = memchr(start, '\n', size - at);
        size_t len = end ? (size_t)(end - start) : size - at;
        at += len + 1;
        line++;
        if (len == 0) {
            continue;
        }
        struct err failure = ERR_INIT;
        if (parse_line(rec, start, len, line, &failure) == 0) {
            continue;
        }
        if (!end) {
            break; /* the recorder was ended in the middle of a line */
        }
        *err = failure;
        err_at(err, "%.50s:%zu", name, line);
        recording_free(rec);
        return NULL;
    }
    if (rec->count == 0) {
        err_set(err, ERR_PARSE, "'%s' holds no reads", name);
        recording_free(rec);
        return NULL;
    }
    qsort(rec->entries, rec->count, sizeof *rec->entries, compare_entries);
    return rec;
}

struct meta {
    int64_t start_wall_ns, start_t_ns;
};

static int read_meta(const char *path, struct meta *out, struct err *err)
{
    struct buf text;
    buf_init(&text, META_MAX_BYTES);
    cJSON *root = NULL;
    int rc = file_read(path, &text, err);
    if (rc != 0) {
        goto out;
    }
    root = json_parse(text.data, text.size, err);
    if (!root) {
        rc = -err->code;
        err_wrap(err, "'%s'", path);
        goto out;
    }
    const char *kind = json_text(root, "kind", "");
    if (strcmp(kind, "reads") != 0) {
        rc = err_set(err, ERR_PARSE, "'%s' is not a recording of kind 'reads'", path);
        goto out;
    }
    double start_t_ns;
    if (clock_parse_rfc3339(json_text(root, "start_wall", ""), &out->start_wall_ns) != 0 ||
        !json_number(root, "start_t_ns", &start_t_ns) || start_t_ns < 0 || start_t_ns > 4.6e18) {
        rc = err_set(err, ERR_PARSE, "'%s' lacks 'start_wall' or 'start_t_ns'", path);
        goto out;
    }
    out->start_t_ns = (int64_t)start_t_ns;
out:
    cJSON_Delete(root);
    buf_release(&text);
    return rc;
}

static int join(char out[PATH_BYTES], const char *dir, const char *name, struct err *err)
{
    int len = snprintf(out, PATH_BYTES, "%s/%s", dir, name);
    if (len < 0 || len >= PATH_BYTES) {
        return err_set(err, ERR_TOO_BIG, "the path '%.100s...' is too long", dir);
    }
    return 0;
}

struct recording *recording_load(const char *dir, struct err *err)
{
    char path[PATH_BYTES];
    struct meta meta = {0, 0};
    if (join(path, dir, "meta.json", err) != 0 || read_meta(path, &meta, err) != 0) {
        return NULL;
    }
    if (join(path, dir, "reads.jsonl", err) != 0) {
        return NULL;
    }
    struct buf text;
    buf_init(&text, RECORDING_MAX_BYTES);
    struct recording *rec = NULL;
    if (file_read(path, &text, err) == 0) {
        /* The end of the path says more than its start when it does not fit into err->where. */
        size_t len = strlen(path);
        rec = recording_parse(len > 50 ? path + len - 50 : path, text.data, text.size, err);
    }
    buf_release(&text);
    if (rec &&
        (__builtin_sub_overflow(rec->first_ns, meta.start_t_ns, &rec->wall_start_ns) ||
         __builtin_add_overflow(rec->wall_start_ns, meta.start_wall_ns, &rec->wall_start_ns))) {
        rec->wall_start_ns = meta.start_wall_ns;
    }
    return rec;
}

void recording_free(struct recording *rec)
{
    if (!rec) {
        return;
    }
    arena_release(&rec->arena);
    free(rec->entries);
    free(rec);
}

int recording_find(const struct recording *rec, const char *key, int64_t now_ns, struct buf *out,
                   struct err *err)
{
    buf_clear(out);
    /* The first entry that is after (key, now): the one before it is the answer if it has this
     * key. */
    size_t low = 0, high = rec->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct entry *e = &rec->entries[middle];
        int by_key = strcmp(e->key, key);
        if (by_key < 0 || (by_key == 0 && e->t_ns <= now_ns)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || strcmp(rec->entries[low - 1].key, key) != 0) {
        return err_set(err, ERR_UNSUPPORTED, "'%s' is not in the recording", key);
    }
    const struct entry *e = &rec->entries[low - 1];
    if (e->code != ERR_NONE) {
        return err_set(err, (enum err_code)e->code, "'%s': %s", key, err_sentence(e->code));
    }
    buf_add(out, e->data, e->size);
    if (out->truncated) {
        return err_set(err, ERR_TOO_BIG, "'%s' is larger than %zu bytes", key, out->max);
    }
    return 0;
}

int64_t recording_first_ns(const struct recording *rec)
{
    return rec->first_ns;
}

int64_t recording_last_ns(const struct recording *rec)
{
    return rec->last_ns;
}

int64_t recording_wall_start_ns(const struct recording *rec)
{
    return rec->wall_start_ns;
}
