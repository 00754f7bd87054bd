#include "sampling/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/json.h"
#include "sampling/reader_recording.h"
#include "sampling/recorded_read.h"

enum {
    KEY_BYTES = 4096,
    META_MAX_BYTES = 65536, /* a page: names of the machine and of the sources */
    SEEN_FIRST = 1024,      /* a power of two, as every size of the table */
};
/* Lines that wait for record_flush(), which comes each second: a disk that hangs for minutes ends
 * the recording, not the memory. */
#define PENDING_MAX ((size_t)64 * 1024 * 1024)

struct seen {              /* the last read of a key that was written */
    uint64_t key, content; /* hashes; key 0: free */
    int64_t t_ns, pid;
};

struct record {
    pthread_mutex_t lock; /* guards everything below but dir, fd and writing */
    char *dir;
    int fd;
    struct clock_ops clock;
    struct scrub *scrub;
    int64_t start_ns, start_wall_ns;
    struct record_counts counts;
    struct seen *seen;
    size_t seen_count, seen_used;
    struct buf key, data, line, pending, writing;
    bool overflow, full;
    uint64_t limit;         /* of samples, 0 none */
    uint64_t written_bytes; /* whole lines in the file */
    int64_t last_ns, first_sample_ns;
};

/* --- the folder --- */

static int is_empty_folder(const char *dir, struct err *err)
{
    DIR *d = opendir(dir);
    if (!d) {
        return err_sys(err, err_code_of_errno(errno), errno, "cannot open the folder '%s'", dir);
    }
    bool empty = true;
    for (const struct dirent *e; empty && (e = readdir(d));) {
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    }
    closedir(d);
    return empty ? 0
                 : err_set(err, ERR_STATE,
                           "the folder '%s' is not empty; a recording takes a new or an empty one",
                           dir);
}

static int open_in(const char *dir, const char *name, struct err *err)
{
    char path[KEY_BYTES];
    int len = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (len < 0 || (size_t)len >= sizeof path) {
        return err_set(err, ERR_TOO_BIG, "the path '%.100s...' is too long", dir);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd >= 0 ? fd : err_sys(err, err_code_of_errno(errno), errno, "cannot make '%s'", path);
}

struct record *record_new(const char *dir, struct scrub *scrub, const struct clock_ops *clock,
                          struct err *err)
{
    int fd = -1;
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        err_sys(err, err_code_of_errno(errno), errno, "cannot make the folder '%s'", dir);
    } else if (is_empty_folder(dir, err) == 0) {
        fd = open_in(dir, "reads.jsonl", err);
    }
    if (fd < 0) {
        scrub_free(scrub);
        return NULL;
    }
    struct record *r = xcalloc(1, sizeof *r);
    pthread_mutex_init(&r->lock, NULL);
    r->dir = xstrdup(dir);
    r->fd = fd;
    r->clock = *clock;
    r->scrub = scrub;
    r->start_ns = r->last_ns = clock_mono_ns(clock);
    r->start_wall_ns = clock_wall_ns(clock);
    r->seen_count = SEEN_FIRST;
    r->seen = xcalloc(r->seen_count, sizeof *r->seen);
    buf_init(&r->key, KEY_BYTES);
    buf_init(&r->data, RECORDED_LINE_MAX);
    buf_init(&r->line, RECORDED_LINE_MAX);
    buf_init(&r->pending, PENDING_MAX);
    buf_init(&r->writing, PENDING_MAX);
    return r;
}

/* --- what was written already --- */

/* FNV-1a; two texts of one key in a row that differ and have the same hash of 64 bits do not
 * happen. */
static uint64_t hash(const char *data, size_t size, uint64_t h)
{
    for (size_t i = 0; i < size; i++) {
        h = (h ^ (unsigned char)data[i]) * UINT64_C(1099511628211);
    }
    return h;
}
#define HASH_START UINT64_C(14695981039346656037)

static struct seen *seen_of(const struct record *r, uint64_t key)
{
    size_t i = (size_t)(key ^ key >> 32) & (r->seen_count - 1);
    while (r->seen[i].key != 0 && r->seen[i].key != key) {
        i = (i + 1) & (r->seen_count - 1);
    }
    return &r->seen[i];
}

/* A new table of `count` places without what is known of processes that are not in pids (NULL: keep
 * all). */
static void rebuild(struct record *r, size_t count, const int64_t *pids, size_t pid_count)
{
    struct seen *old = r->seen;
    const size_t old_count = r->seen_count;
    r->seen = xcalloc(count, sizeof *r->seen);
    r->seen_count = count;
    r->seen_used = 0;
    for (size_t i = 0; i < old_count; i++) {
        bool gone = pids && old[i].pid > 0 &&
                    !bsearch(&old[i].pid, pids, pid_count, sizeof *pids, recorded_pid_compare);
        if (old[i].key != 0 && !gone) {
            *seen_of(r, old[i].key) = old[i];
            r->seen_used++;
        }
    }
    free(old);
}

static bool starts_with(const char *text, const char *head)
{
    return strncmp(text, head, strlen(head)) == 0;
}

/* Whether this read says nothing that a replay would not know. Remembers it when it does. */
static bool is_known(struct record *r, int64_t t_ns, int code)
{
    const char *key = r->key.data;
    if (starts_with(key, "ask ") || starts_with(key, "http ") ||
        strcmp(key, RECORDING_MARK_KEY) == 0) {
        return false;
    }
    if (r->seen_used * 4 >= r->seen_count * 3) {
        rebuild(r, r->seen_count * 2, NULL, 0);
    }
    uint64_t key_hash = hash(key, r->key.size, HASH_START);
    uint64_t content = hash(r->data.data, r->data.size, HASH_START ^ (uint64_t)(unsigned)code);
    struct seen *s = seen_of(r, key_hash | 1);
    if (s->key != 0 && s->content == content && t_ns - s->t_ns < RECORD_REPEAT_NS) {
        return true;
    }
    r->seen_used += s->key == 0;
    *s = (struct seen){key_hash | 1, content, t_ns, recorded_key_pid(key)};
    if (code == 0 && recorded_is_process_list(key)) {
        size_t count = 0;
        int64_t *pids = recorded_pids(r->data.data, r->data.size, &count);
        rebuild(r, r->seen_count, pids, count);
        free(pids);
    }
    return false;
}

/* --- the tee --- */

/* The time that is written for a read: never before that of the line above. */
static int64_t time_of(struct record *r, const struct reader_read *read)
{
    int64_t t_ns = read->at_ns > 0 ? read->at_ns : clock_mono_ns(&r->clock);
    if (strcmp(read->key, RECORDING_MARK_KEY) == 0) {
        if (r->counts.samples++ == 0) {
            r->first_sample_ns = t_ns;
        }
    }
    if (r->counts.samples == 1) {
        t_ns = r->first_sample_ns;
    }
    r->last_ns = t_ns > r->last_ns ? t_ns : r->last_ns;
    return r->last_ns;
}

static void take(struct record *r, const struct reader_read *read)
{
    int code = read->code < 0 ? -read->code : 0;
    int64_t t_ns = time_of(r, read);
    if (!scrub_read(r->scrub, read->key, code, read->data, read->size, &r->key, &r->data) ||
        r->key.truncated || !recorded_is_utf8(r->key.data, r->key.size)) {
        return; /* a cut key would answer for another file */
    }
    if (r->data.truncated) {
        code = ERR_TOO_BIG;
    }
    if (is_known(r, t_ns, code)) {
        return;
    }
    const char *source = *read->source ? read->source : "other";
    buf_clear(&r->line);
    recorded_read_write(&r->line, t_ns, source, r->key.data, code, r->data.data, r->data.size);
    if (r->line.truncated) {
        buf_clear(&r->line);
        recorded_read_write(&r->line, t_ns, source, r->key.data, ERR_TOO_BIG, "", 0);
    }
    if (r->line.size > r->pending.max - r->pending.size) {
        r->overflow = true;
        return;
    }
    buf_add(&r->pending, r->line.data, r->line.size);
    r->counts.reads++;
    r->counts.bytes += r->line.size;
}

void record_set_limit(struct record *r, uint64_t samples)
{
    r->limit = samples;
}

bool record_is_full(struct record *r)
{
    pthread_mutex_lock(&r->lock);
    bool full = r->full;
    pthread_mutex_unlock(&r->lock);
    return full;
}

void record_tee(void *ctx, const struct reader_read *read)
{
    struct record *r = ctx;
    pthread_mutex_lock(&r->lock);
    r->full = r->full || (r->limit > 0 && r->counts.samples == r->limit &&
                          strcmp(read->key, RECORDING_MARK_KEY) == 0);
    if (!r->overflow && !r->full) {
        take(r, read);
    }
    pthread_mutex_unlock(&r->lock);
}

/* --- writing --- */

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -1;
        }
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

int record_flush(struct record *r, struct err *err)
{
    pthread_mutex_lock(&r->lock);
    struct buf full = r->pending;
    r->pending = r->writing;
    r->writing = full;
    bool overflow = r->overflow;
    pthread_mutex_unlock(&r->lock);
    if (write_all(r->fd, r->writing.data, r->writing.size) != 0) {
        int sys = errno;
        /* What did not fit ends in the middle of a line. */
        if (ftruncate(r->fd, (off_t)r->written_bytes) != 0) {
            sys = errno;
        }
        buf_clear(&r->writing);
        return err_sys(err, err_code_of_errno(sys), sys, "cannot write '%s/reads.jsonl'", r->dir);
    }
    r->written_bytes += r->writing.size;
    buf_clear(&r->writing);
    return overflow ? err_set(err, ERR_IO, "'%s/reads.jsonl' cannot be written as fast as it grows",
                              r->dir)
                    : 0;
}

static cJSON *meta_of(const struct record *r, const struct model *m, const char *platform,
                      const char *version)
{
    char wall[40];
    cJSON *root = cJSON_CreateObject();
    clock_format_rfc3339(r->start_wall_ns, wall, sizeof wall);
    cJSON_AddStringToObject(root, "kind", "reads");
    json_add_number(root, "schema", RECORDING_SCHEMA);
    cJSON_AddStringToObject(root, "version", version);
    cJSON_AddStringToObject(root, "platform", platform);
    cJSON_AddStringToObject(root, "start_wall", wall);
    /* The text has milliseconds: what it lacks is taken from the monotonic time as well. */
    json_add_number(root, "start_t_ns", (double)(r->start_ns - r->start_wall_ns % NS_PER_MS));
    cJSON *machine = cJSON_AddObjectToObject(root, "machine");
    json_add_text_or_null(machine, "os", m->host.os);
    json_add_text_or_null(machine, "kernel", m->host.kernel);
    json_add_text_or_null(machine, "virtual", m->host.virtual_name);
    json_add_text_or_null(machine, "chip", m->host.chip_name);
    json_add_text_or_null(machine, "model", m->host.machine_model);
    cJSON *sources = cJSON_AddArrayToObject(root, "sources");
    for (int i = 0; i < SOURCE_COUNT; i++) {
        const struct source_status *s = &m->sources[i];
        cJSON *row = cJSON_CreateObject();
        cJSON_AddItemToArray(sources, row);
        json_add_text_or_null(row, "name", s->name);
        json_add_text_or_null(row, "state", reading_state_name(s->state));
    }
    return root;
}

int record_write_meta(struct record *r, const struct model *m, const char *platform,
                      const char *version, struct err *err)
{
    char path[KEY_BYTES];
    if (snprintf(path, sizeof path, "%s/meta.json", r->dir) >= (int)sizeof path) {
        return err_set(err, ERR_TOO_BIG, "the path '%.100s...' is too long", r->dir);
    }
    struct buf text;
    cJSON *root = meta_of(r, m, platform, version);
    char *json = json_print_pretty(root);
    cJSON_Delete(root);
    buf_init(&text, META_MAX_BYTES);
    buf_printf(&text, "%s\n", json);
    cJSON_free(json);
    int rc = file_put(path, text.data, text.size, err);
    buf_release(&text);
    return rc;
}

struct record_counts record_count(struct record *r)
{
    pthread_mutex_lock(&r->lock);
    struct record_counts counts = r->counts;
    pthread_mutex_unlock(&r->lock);
    return counts;
}

int record_close(struct record *r, struct err *err)
{
    if (!r) {
        return 0;
    }
    int rc = record_flush(r, err);
    if (close(r->fd) != 0 && rc == 0) {
        rc = err_sys(err, ERR_IO, errno, "cannot write '%s/reads.jsonl'", r->dir);
    }
    scrub_free(r->scrub);
    buf_release(&r->key);
    buf_release(&r->data);
    buf_release(&r->line);
    buf_release(&r->pending);
    buf_release(&r->writing);
    free(r->seen);
    free(r->dir);
    pthread_mutex_destroy(&r->lock);
    free(r);
    return rc;
}
