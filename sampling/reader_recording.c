#include "sampling/reader_recording.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/number.h"
#include "sampling/platform.h"
#include "sampling/recorded_read.h"
#include "sampling/recorded_table.h"

enum {
    META_MAX_BYTES = 1024 * 1024, /* meta.json is a page at most; a hostile one is not read */
    PATH_BYTES = 4096,
    NAME_BYTES = 200,         /* of the file in messages: its place fits into err->where */
    WINDOW_BYTES = 64 * 1024, /* read at a time; grows to hold the longest line */
    SOURCES = 32,             /* more than there are */
};

/* --- lines, from a file or from memory --- */

struct lines {
    int fd; /* -1: memory */
    const char *memory;
    size_t memory_size;
    char *window;
    size_t from, to, capacity; /* what of the window is not used yet */
    uint64_t at;               /* of window[to] in the file */
    size_t number;             /* of the line that lines_next() gave */
    bool end;
};

static void lines_rewind(struct lines *l)
{
    l->from = l->to = 0;
    l->at = 0;
    l->number = 0;
    l->end = false;
}

/* Reads more behind window[to]. */
static int lines_fill(struct lines *l, struct err *err)
{
    if (l->from > 0) {
        memmove(l->window, l->window + l->from, l->to - l->from);
        l->to -= l->from;
        l->from = 0;
    }
    if (l->to == l->capacity) {
        l->capacity = l->capacity ? l->capacity * 2 : WINDOW_BYTES;
        l->window = xreallocarray(l->window, l->capacity, 1);
    }
    ssize_t n;
    if (l->fd >= 0) {
        do {
            n = pread(l->fd, l->window + l->to, l->capacity - l->to, (off_t)l->at);
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            return err_sys(err, err_code_of_errno(errno), errno, "cannot read the recording");
        }
    } else {
        size_t left = l->memory_size - (size_t)l->at, room = l->capacity - l->to;
        n = (ssize_t)(left < room ? left : room);
        if (n > 0) {
            memcpy(l->window + l->to, l->memory + l->at, (size_t)n);
        }
    }
    l->end = n == 0;
    l->to += (size_t)n;
    l->at += (uint64_t)n;
    return 0;
}

/* 1: a line, without its newline, in *text (until the next call); *whole tells whether it had one.
 * 0: the end. */
static int lines_next(struct lines *l, const char **text, size_t *size, bool *whole,
                      struct err *err)
{
    size_t looked = 0;
    for (;;) {
        const char *newline = l->to > l->from + looked ? memchr(l->window + l->from + looked, '\n',
                                                                l->to - l->from - looked)
                                                       : NULL;
        looked = l->to - l->from;
        if (newline || (l->end && looked > 0)) {
            *whole = newline != NULL;
            *text = l->window + l->from;
            *size = newline ? (size_t)(newline - *text) : looked;
            l->from += *size + (newline ? 1 : 0);
            l->number++;
            return 1;
        }
        if (l->end) {
            return 0;
        }
        if (looked > RECORDED_LINE_MAX) {
            l->number++;
            return err_set(err, ERR_PARSE, "the line is longer than %zu bytes, no read is",
                           RECORDED_LINE_MAX);
        }
        int rc = lines_fill(l, err);
        if (rc < 0) {
            return rc;
        }
    }
}

struct recording {
    pthread_mutex_t lock; /* guards the lines, the table and what was seen of sources */
    struct lines lines;
    uint64_t read_count; /* that were checked; a line behind them was torn or came later */
    uint64_t taken;      /* of them, since the begin */
    struct recorded_read next;
    bool has_next;
    int64_t now_ns; /* everything up to here is in the table */
    struct recorded_table table;
    struct {
        char name[RECORDED_SOURCE_BYTES];
        int64_t t_ns;
    } sources[SOURCES];
    size_t source_count;

    /* unchanged once loaded */
    int64_t *samples;
    size_t sample_count;
    int64_t first_ns, last_ns;
    int64_t wall_start_ns;
    int wall_offset_minutes;
    const struct platform *platform;
};

static void note_source(struct recording *rec, const char *name, int64_t t_ns)
{
    size_t i = 0;
    while (i < rec->source_count && strcmp(rec->sources[i].name, name) != 0) {
        i++;
    }
    if (i == SOURCES) {
        return;
    }
    if (i == rec->source_count) {
        memcpy(rec->sources[i].name, name, strlen(name) + 1);
        rec->source_count++;
    }
    rec->sources[i].t_ns = t_ns;
}

static void apply(struct recording *rec, const struct recorded_read *r)
{
    note_source(rec, r->source, r->t_ns);
    recorded_table_put(&rec->table, r);
}

/* --- loading --- */

/* The next line that holds a read: 1, 0 at the end. */
static int next_read(struct recording *rec, struct err *err)
{
    for (;;) {
        const char *text = NULL;
        size_t size = 0;
        bool whole = true;
        int rc = lines_next(&rec->lines, &text, &size, &whole, err);
        if (rc <= 0) {
            return rc;
        }
        if (size == 0) {
            continue;
        }
        struct err failure = ERR_INIT;
        rc = recorded_read_parse(text, size, &rec->next, &failure);
        if (rc == 0) {
            return 1;
        }
        if (!whole) {
            return 0; /* the recorder was ended in the middle of a line */
        }
        *err = failure;
        return rc;
    }
}

static bool is_mark(const struct recorded_read *r)
{
    return strcmp(r->source, RECORDING_MARK_SOURCE) == 0 &&
           strcmp(r->key.data, RECORDING_MARK_KEY) == 0;
}

static void add_sample(struct recording *rec, int64_t t_ns, size_t *capacity)
{
    if (rec->sample_count > 0 && rec->samples[rec->sample_count - 1] == t_ns) {
        return;
    }
    if (rec->sample_count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 64;
        rec->samples = xreallocarray(rec->samples, *capacity, sizeof *rec->samples);
    }
    rec->samples[rec->sample_count++] = t_ns;
}

static int check_lines(struct recording *rec, const char *name, struct err *err)
{
    static const char mac[] = "sysctl ";
    size_t capacity = 0;
    int rc;
    rec->platform = &platform_linux;
    while ((rc = next_read(rec, err)) > 0) {
        if (rec->read_count > 0 && rec->next.t_ns < rec->last_ns) {
            rc = err_set(err, ERR_PARSE,
                         "'t_ns' is before that of the line above (%lld, then %lld)",
                         (long long)rec->last_ns, (long long)rec->next.t_ns);
            break;
        }
        if (rec->read_count++ == 0) {
            rec->first_ns = rec->next.t_ns;
        }
        rec->last_ns = rec->next.t_ns;
        if (strncmp(rec->next.key.data, mac, sizeof mac - 1) == 0) {
            rec->platform = &platform_darwin;
        }
        if (is_mark(&rec->next)) {
            add_sample(rec, rec->next.t_ns, &capacity);
        }
    }
    if (rc < 0) {
        return err->code == ERR_PARSE ? err_at(err, "%s:%zu", name, rec->lines.number) : rc;
    }
    if (rec->read_count == 0) {
        return err_set(err, ERR_PARSE, "'%s' holds no reads", name);
    }
    if (rec->sample_count > 0) {
        rec->first_ns = rec->samples[0];
    }
    return 0;
}

static void restart(struct recording *rec)
{
    recorded_table_clear(&rec->table);
    rec->source_count = 0;
    lines_rewind(&rec->lines);
    rec->has_next = false;
    rec->taken = 0;
    rec->now_ns = INT64_MIN;
}

static struct recording *load(const char *name, struct lines lines, struct err *err)
{
    struct recording *rec = xcalloc(1, sizeof *rec);
    pthread_mutex_init(&rec->lock, NULL);
    rec->lines = lines;
    recorded_read_init(&rec->next);
    recorded_table_init(&rec->table);
    if (check_lines(rec, name, err) < 0) {
        recording_free(rec);
        return NULL;
    }
    restart(rec);
    return rec;
}

struct recording *recording_parse(const char *name, const char *text, size_t size, struct err *err)
{
    return load(name, (struct lines){.fd = -1, .memory = text, .memory_size = size}, err);
}

struct meta {
    int64_t start_wall_ns, start_t_ns;
    int offset_minutes;
    const struct platform *platform; /* NULL: it does not say */
};

/* "+01:00" at the end of a time that is known to be RFC 3339. */
static int offset_of(const char *time)
{
    const size_t size = strlen(time);
    const char *at = size > 6 ? time + size - 6 : "";
    uint64_t hours = 0, minutes = 0;
    if ((*at != '+' && *at != '-') || number_u64(at + 1, 2, 10, &hours) != 0 ||
        number_u64(at + 4, 2, 10, &minutes) != 0) {
        return 0; /* Z */
    }
    return (*at == '-' ? -1 : 1) * (int)(hours * 60 + minutes);
}

static int take_platform(const cJSON *root, const char *path, struct meta *out, struct err *err)
{
    if (!json_get(root, "platform")) {
        return 0; /* made by hand, or before there were two */
    }
    const char *name = json_text(root, "platform", "");
    out->platform = platform_named(name);
    return out->platform ? 0
                         : err_set(err, ERR_PARSE,
                                   "'%s' is of the platform '%.20s', which this tunetop does not "
                                   "know: it takes a newer one",
                                   path, name);
}

static int take_meta(const cJSON *root, const char *path, struct meta *out, struct err *err)
{
    const char *kind = json_text(root, "kind", "");
    if (strcmp(kind, "reads") != 0) {
        return err_set(err, ERR_PARSE, "'%s' is not a recording of kind 'reads'", path);
    }
    double schema = 1, start_t_ns = 0;
    if (json_get(root, "schema") && !json_number(root, "schema", &schema)) {
        return err_set(err, ERR_PARSE, "'schema' in '%s' is not a number", path);
    }
    if (schema != RECORDING_SCHEMA) {
        return err_set(err, ERR_PARSE,
                       "'%s' has the schema %g, this tunetop reads %d: it takes a newer one", path,
                       schema, RECORDING_SCHEMA);
    }
    const char *wall = json_text(root, "start_wall", "");
    /* From 1971 on and 100 years before the end of int64_t, so that sums of times stay in range. */
    if (clock_parse_rfc3339(wall, &out->start_wall_ns) != 0 || out->start_wall_ns < 0 ||
        out->start_wall_ns > RECORDED_TIME_MAX) {
        return err_set(err, ERR_PARSE, "'start_wall' in '%s' is missing or not an RFC 3339 time",
                       path);
    }
    if (!json_number(root, "start_t_ns", &start_t_ns) || start_t_ns < 0 ||
        start_t_ns > (double)RECORDED_TIME_MAX) {
        return err_set(err, ERR_PARSE, "'start_t_ns' in '%s' is missing or not a time", path);
    }
    out->start_t_ns = (int64_t)start_t_ns;
    out->offset_minutes = offset_of(wall);
    return take_platform(root, path, out, err);
}

static int read_meta(const char *path, struct meta *out, struct err *err)
{
    struct buf text;
    buf_init(&text, META_MAX_BYTES);
    cJSON *root = NULL;
    int rc = file_read(path, &text, err);
    if (rc == 0) {
        root = json_parse(text.data, text.size, err);
        rc = root ? take_meta(root, path, out, err) : err_wrap(err, "'%s'", path);
    }
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

/* The folder that path names, itself or by one of the two files in it. */
static int folder_of(const char *path, char dir[PATH_BYTES], struct err *err)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return err_sys(err, err_code_of_errno(errno), errno, "cannot open the recording '%s'",
                       path);
    }
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const bool file = strcmp(base, "meta.json") == 0 || strcmp(base, "reads.jsonl") == 0;
    if (!S_ISDIR(st.st_mode) && !(S_ISREG(st.st_mode) && file)) {
        return err_set(err, ERR_PARSE,
                       "'%s' is no recording: name its folder, or the meta.json in it", path);
    }
    size_t size = S_ISDIR(st.st_mode) ? strlen(path) : slash ? (size_t)(slash - path) : 0;
    int len = size > 0 || slash ? snprintf(dir, PATH_BYTES, "%.*s", (int)size, path)
                                : snprintf(dir, PATH_BYTES, ".");
    return len >= PATH_BYTES ? err_set(err, ERR_TOO_BIG, "the path '%.100s...' is too long", path)
                             : 0;
}

static int open_reads(const char *path, struct err *err)
{
    /* O_NONBLOCK: a fifo would wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;
    if (fd < 0) {
        return err_sys(err, err_code_of_errno(errno), errno, "cannot open '%s'", path);
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return err_set(err, ERR_PARSE, "'%s' is not a regular file", path);
    }
    return fd;
}

struct recording *recording_load(const char *given, struct err *err)
{
    char dir[PATH_BYTES], path[PATH_BYTES];
    struct meta meta = {.platform = NULL};
    if (folder_of(given, dir, err) != 0 || join(path, dir, "meta.json", err) != 0 ||
        read_meta(path, &meta, err) != 0 || join(path, dir, "reads.jsonl", err) != 0) {
        return NULL;
    }
    int fd = open_reads(path, err);
    if (fd < 0) {
        return NULL;
    }
    /* The end of a path says more than its start when it does not fit. */
    size_t len = strlen(path);
    struct recording *rec = load(len > NAME_BYTES ? path + len - NAME_BYTES : path,
                                 (struct lines){.fd = fd}, err);
    if (!rec) {
        return NULL;
    }
    /* Each is below 2^62, so neither step overflows. */
    rec->wall_start_ns = rec->first_ns - meta.start_t_ns + meta.start_wall_ns;
    rec->wall_offset_minutes = meta.offset_minutes;
    rec->platform = meta.platform ? meta.platform : rec->platform;
    return rec;
}

void recording_free(struct recording *rec)
{
    if (!rec) {
        return;
    }
    if (rec->lines.fd >= 0) {
        close(rec->lines.fd);
    }
    recorded_table_release(&rec->table);
    free(rec->lines.window);
    free(rec->samples);
    recorded_read_release(&rec->next);
    pthread_mutex_destroy(&rec->lock);
    free(rec);
}

/* --- playing --- */

/* Takes every read up to now_ns. A file that was changed since it was checked ends where that is
 * seen. Called with the lock held. */
static void advance(struct recording *rec, int64_t now_ns)
{
    if (now_ns < rec->now_ns) {
        restart(rec);
    }
    rec->now_ns = now_ns;
    for (;;) {
        struct err ignored = ERR_INIT;
        if (!rec->has_next && (rec->taken == rec->read_count || next_read(rec, &ignored) <= 0)) {
            return;
        }
        rec->taken += rec->has_next ? 0 : 1;
        rec->has_next = rec->next.t_ns > now_ns;
        if (rec->has_next) {
            return;
        }
        apply(rec, &rec->next);
    }
}

static int copy_row(const struct recorded_row *s, const char *key, struct buf *out, struct err *err)
{
    if (!s) {
        return err_set(err, ERR_UNSUPPORTED, "'%s' is not in the recording", key);
    }
    if (s->code != ERR_NONE) {
        return err_set(err, (enum err_code)s->code, "'%s': %s", key, err_sentence(s->code));
    }
    buf_add(out, s->data, s->size);
    if (out->truncated) {
        return err_set(err, ERR_TOO_BIG, "'%s' is larger than %zu bytes", key, out->max);
    }
    return 0;
}

int recording_find(struct recording *rec, const char *key, int64_t now_ns, struct buf *out,
                   struct err *err)
{
    buf_clear(out);
    pthread_mutex_lock(&rec->lock);
    advance(rec, now_ns);
    int rc = copy_row(recorded_table_find(&rec->table, key), key, out, err);
    pthread_mutex_unlock(&rec->lock);
    return rc;
}

int64_t recording_find_ns(struct recording *rec, const char *key, int64_t now_ns)
{
    pthread_mutex_lock(&rec->lock);
    advance(rec, now_ns);
    const struct recorded_row *row = recorded_table_find(&rec->table, key);
    int64_t t_ns = row ? row->t_ns : -1;
    pthread_mutex_unlock(&rec->lock);
    return t_ns;
}

int64_t recording_source_ns(struct recording *rec, const char *source, int64_t now_ns)
{
    int64_t t_ns = -1;
    pthread_mutex_lock(&rec->lock);
    advance(rec, now_ns);
    for (size_t i = 0; i < rec->source_count; i++) {
        if (strcmp(rec->sources[i].name, source) == 0) {
            t_ns = rec->sources[i].t_ns;
        }
    }
    pthread_mutex_unlock(&rec->lock);
    return t_ns;
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

int recording_wall_offset_minutes(const struct recording *rec)
{
    return rec->wall_offset_minutes;
}

const char *recording_platform(const struct recording *rec)
{
    return rec->platform->name;
}

/* How many samples are not newer than at_ns. */
static size_t samples_until(const struct recording *rec, int64_t at_ns)
{
    size_t low = 0, high = rec->sample_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rec->samples[middle] <= at_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int64_t recording_sample_at(const struct recording *rec, int64_t at_ns)
{
    size_t n = samples_until(rec, at_ns);
    return n > 0 ? rec->samples[n - 1] : -1;
}

int64_t recording_sample_after(const struct recording *rec, int64_t at_ns)
{
    size_t n = samples_until(rec, at_ns);
    return n < rec->sample_count ? rec->samples[n] : -1;
}
