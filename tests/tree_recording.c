#include "tests/tree_recording.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "sampling/collector.h"
#include "sampling/recorded_read.h"
#include "tests/manifest.h"

enum {
    LINES_MAX_BYTES = 256 << 20,
    FILE_MAX_BYTES = 1 << 20, /* of a tree */
    DEPTH_MAX = 32,           /* folders in one another */
    ROUNDS_MAX = 8,           /* until nothing new is asked for */
    PATTERNS_MAX = 16,        /* keys that end with "*" */
    PAGES_MAX = 16,           /* what services answer */
};

struct known { /* what was last written of a key */
    char *key, *data;
    size_t size;
    int code;
};

struct tree {
    const char *dir;   /* the unpacked tree */
    void *known;       /* tsearch() */
    struct buf first;  /* lines of the first second */
    struct buf later;  /* of the others */
    struct buf misses; /* files that are not there */
    struct buf *lines; /* first or later */
    int64_t t_ns;
    struct {
        dev_t device;
        ino_t node;
    } above[DEPTH_MAX]; /* folders that are being walked */
    size_t depth;
    struct node { /* a file and one of its names */
        ino_t node;
        mode_t mode;
        char *path;
    } * nodes;
    size_t node_count, node_room;
    bool grown; /* something is there that was not there in the first second */
    struct answer {
        char *key, *data;
        size_t size;
    } patterns[PATTERNS_MAX], pages[PAGES_MAX];
    size_t pattern_count, page_count;
    bool failed;
};

static int compare_known(const void *a, const void *b)
{
    return strcmp(((const struct known *)a)->key, ((const struct known *)b)->key);
}

static void free_known(struct known *k)
{
    free(k->key);
    free(k->data);
    free(k);
}

/* A line for what is new or not as it was. */
static void note(struct tree *t, const char *kind, const char *path, int code, const char *data,
                 size_t size)
{
    char key[PATH_MAX + 16];
    struct known probe = {.key = key}, *k;
    snprintf(key, sizeof key, "%s%s", kind, path);
    struct known *const *found = tfind(&probe, &t->known, compare_known);
    if (found) {
        k = *found;
        if (k->code == code && k->size == size && memcmp(k->data, data, size) == 0) {
            return;
        }
        free(k->data);
    } else {
        k = xcalloc(1, sizeof *k);
        k->key = xstrdup(key);
        if (!tsearch(k, &t->known, compare_known)) {
            abort();
        }
    }
    k->code = code;
    k->size = size;
    k->data = xmalloc(size + 1);
    memcpy(k->data, data, size);
    recorded_read_write(t->lines, t->t_ns, "tree", key, code, data, size);
}

/* --- the tree --- */

static void remember_node(struct tree *t, const struct stat *st, const char *path)
{
    if (t->node_count == t->node_room) {
        t->node_room = t->node_room ? 2 * t->node_room : 1024;
        t->nodes = xreallocarray(t->nodes, t->node_room, sizeof *t->nodes);
    }
    t->nodes[t->node_count++] = (struct node){st->st_ino, st->st_mode, xstrdup(path)};
}

static void note_file(struct tree *t, const char *path, const char *real, mode_t mode)
{
    if ((mode & 0444) == 0) {
        note(t, "file ", path, ERR_DENIED, "", 0);
        return;
    }
    static char data[FILE_MAX_BYTES];
    FILE *in = fopen(real, "r");
    if (!in) {
        fprintf(stderr, "# cannot read '%s': %s\n", real, strerror(errno));
        t->failed = true;
        return;
    }
    const size_t size = fread(data, 1, sizeof data, in);
    fclose(in);
    note(t, "file ", path, ERR_NONE, data, size);
}

static void walk(struct tree *t, const char *path, const struct stat *st);

static void note_child(struct tree *t, const char *path)
{
    char real[2 * PATH_MAX], target[PATH_MAX];
    struct stat st;
    snprintf(real, sizeof real, "%s%s", t->dir, path);
    if (lstat(real, &st) != 0) {
        return;
    }
    if (S_ISLNK(st.st_mode)) {
        const ssize_t size = readlink(real, target, sizeof target);
        note(t, "link ", path, ERR_NONE, target, size > 0 ? (size_t)size : 0);
        /* An absolute one leads out of the tree; "socket:[1]" leads nowhere. */
        if (size <= 0 || target[0] == '/' || stat(real, &st) != 0) {
            return;
        }
    }
    if (S_ISDIR(st.st_mode)) {
        walk(t, path, &st);
    } else {
        remember_node(t, &st, path);
        note_file(t, path, real, st.st_mode);
    }
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* A folder under the name `path`; links make it appear under others, too. */
static void walk(struct tree *t, const char *path, const struct stat *st)
{
    char real[2 * PATH_MAX], child[PATH_MAX];
    struct dirent **list = NULL;
    struct buf names;
    for (size_t i = 0; i < t->depth; i++) {
        if (t->above[i].device == st->st_dev && t->above[i].node == st->st_ino) {
            return; /* "device" and "subsystem" lead back */
        }
    }
    if ((st->st_mode & 0444) == 0) {
        note(t, "list ", path, ERR_DENIED, "", 0);
        return;
    }
    snprintf(real, sizeof real, "%s%s", t->dir, path);
    const int count = scandir(real, &list, NULL, by_bytes);
    if (count < 0 || t->depth == DEPTH_MAX) {
        fprintf(stderr, "# cannot list '%s'\n", real);
        t->failed = true;
        return;
    }
    t->above[t->depth].device = st->st_dev;
    t->above[t->depth++].node = st->st_ino;
    buf_init(&names, FILE_MAX_BYTES);
    for (int i = 0; i < count; i++) {
        const char *name = list[i]->d_name;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            const int size = snprintf(child, sizeof child, "%s/%s", path, name);
            buf_printf(&names, "%s\n", name);
            if (size > 0 && (size_t)size < sizeof child) {
                note_child(t, child);
            }
        }
        free(list[i]);
    }
    free(list);
    note(t, "list ", path[0] ? path : "/", ERR_NONE, names.data ? names.data : "", names.size);
    buf_release(&names);
    t->depth--;
}

static void forget_nodes(struct tree *t)
{
    while (t->node_count > 0) {
        free(t->nodes[--t->node_count].path);
    }
}

static void walk_all(struct tree *t)
{
    struct stat st;
    forget_nodes(t);
    t->grown = false;
    if (stat(t->dir, &st) == 0) {
        walk(t, "", &st);
    }
}

/* What a later second writes: under all its names. The mode is set when all is written. */
static int take_written(void *ctx, const char *real)
{
    struct tree *t = ctx;
    struct stat st;
    bool known = false;
    if (lstat(real, &st) != 0) {
        return -1;
    }
    for (size_t i = 0; i < t->node_count; i++) {
        if (t->nodes[i].node == st.st_ino) {
            note_file(t, t->nodes[i].path, real, t->nodes[i].mode);
            known = true;
        }
    }
    t->grown = t->grown || !known;
    return 0;
}

/* --- questions --- */

/* Puts the answer in the place of the one of that key, or behind all. */
static int keep_answer(struct answer *list, size_t room, size_t *count, const char *key,
                       const char *data, size_t size)
{
    size_t i = 0;
    while (i < *count && strcmp(list[i].key, key) != 0) {
        i++;
    }
    if (i == room) {
        fprintf(stderr, "# too many answers like '%s'\n", key);
        return -1;
    }
    if (i == *count) {
        list[(*count)++] = (struct answer){.key = xstrdup(key)};
    }
    free(list[i].data);
    list[i].data = xmalloc(size + 1);
    memcpy(list[i].data, data, size);
    list[i].size = size;
    return 0;
}

static void free_answers(struct answer *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(list[i].key);
        free(list[i].data);
    }
}

static int take_call(void *ctx, const char *key, const char *data, size_t size)
{
    struct tree *t = ctx;
    if (key[strlen(key) - 1] == '*') {
        return keep_answer(t->patterns, PATTERNS_MAX, &t->pattern_count, key, data, size);
    }
    if (strncmp(key, "http ", 5) == 0) {
        return keep_answer(t->pages, PAGES_MAX, &t->page_count, key, data, size);
    }
    note(t, "", key, ERR_NONE, data, size);
    return 0;
}

/* Services are asked again and again, also when they say the same. */
static void note_pages(struct tree *t)
{
    for (size_t i = 0; i < t->page_count; i++) {
        char ask[PATH_MAX];
        const struct answer *page = &t->pages[i];
        snprintf(ask, sizeof ask, "ask %s", page->key + 5);
        recorded_read_write(t->lines, t->t_ns, "tree", ask, 0, "", 0);
        recorded_read_write(t->lines, t->t_ns, "tree", page->key, 0, page->data, page->size);
    }
}

/* Whether a folder above the path lets nobody in. */
static bool is_shut(const struct tree *t, const char *path)
{
    char key[PATH_MAX + 16];
    struct known probe = {.key = key};
    snprintf(key, sizeof key, "list %s", path);
    for (char *slash; (slash = strrchr(key, '/')) != NULL;) {
        *slash = '\0';
        struct known *const *found = tfind(&probe, &t->known, compare_known);
        if (found && (*found)->code == ERR_DENIED) {
            return true;
        }
    }
    return false;
}

/* Whatever the replay asked for and did not find. */
static void take_miss(void *ctx, const struct reader_read *read)
{
    struct tree *t = ctx;
    struct known probe = {.key = NULL};
    if (read->code != -ERR_UNSUPPORTED) {
        return;
    }
    t->lines = &t->misses;
    t->t_ns = TREE_RECORDING_START_S * NS_PER_S;
    union {
        const char *borrowed;
        char *text;
    } key = {.borrowed = read->key};
    probe.key = key.text;
    if (tfind(&probe, &t->known, compare_known)) {
        return;
    }
    for (size_t i = 0; i < t->pattern_count; i++) {
        const struct answer *p = &t->patterns[i];
        if (strncmp(read->key, p->key, strlen(p->key) - 1) == 0) {
            note(t, "", read->key, ERR_NONE, p->data, p->size);
            return;
        }
    }
    if (strncmp(read->key, "file /", 6) == 0 || strncmp(read->key, "list /", 6) == 0 ||
        strncmp(read->key, "link /", 6) == 0) {
        note(t, "", read->key, is_shut(t, read->key + 5) ? ERR_DENIED : ERR_NOENT, "", 0);
    }
}

/* --- the recording --- */

static int write_all(const char *dir, const char *name, const struct buf *const parts[3])
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *out = fopen(path, "w");
    for (size_t i = 0; out && i < 3; i++) {
        if (parts[i] && parts[i]->size > 0) {
            fwrite(parts[i]->data, 1, parts[i]->size, out);
        }
    }
    if (!out || fclose(out) != 0) {
        fprintf(stderr, "# cannot write '%s': %s\n", path, strerror(errno));
        return -1;
    }
    return 0;
}

static int write_recording(const struct tree *t, const char *dir)
{
    struct buf meta;
    buf_init(&meta, 4096);
    buf_printf(&meta,
               "{\"kind\":\"reads\",\"schema\":1,\"start_wall\":\"%s\",\"start_t_ns\":%lld,"
               "\"machine\":{\"os\":\"Linux\",\"kernel\":\"Linux\"}}\n",
               TREE_RECORDING_WALL, (long long)(TREE_RECORDING_START_S * NS_PER_S));
    const struct buf *const head[3] = {&meta}, *const reads[3] = {&t->first, &t->misses, &t->later};
    const int rc = write_all(dir, "meta.json", head) == 0 &&
                           write_all(dir, "reads.jsonl", reads) == 0
                       ? 0
                       : -1;
    buf_release(&meta);
    return rc;
}

/* --- what plays: a recording, or the tree --- */

struct player {
    struct config config;
    struct clock_manual time;
    struct clock_ops clock;
    struct reader *reader;
    struct collector *collector;
};

/* Takes the reader. */
static int player_start(struct player *p, struct reader *reader, reader_tee_fn tee, struct tree *t,
                        struct err *err)
{
    p->reader = reader;
    if (reader) {
        reader_set_tee(reader, tee, t);
        const struct collector_options options = {.config = &p->config,
                                                  .reader = reader,
                                                  .clock = p->clock,
                                                  .interval_ns = NS_PER_S,
                                                  .exact = true,
                                                  .services = reader_kind(reader) ==
                                                              READER_RECORDING};
        p->collector = collector_new(&options, err);
    }
    if (!p->collector) {
        fprintf(stderr, "# %s: %s\n", err->where, err->msg);
        return -1;
    }
    return 0;
}

static void player_init(struct player *p)
{
    *p = (struct player){.time = {.mono_ns = TREE_RECORDING_START_S * NS_PER_S}};
    p->clock = clock_manual_ops(&p->time);
    config_init(&p->config);
}

static void player_step(struct player *p, int64_t at_ns)
{
    p->time.mono_ns = at_ns;
    collector_step(p->collector);
    (void)collector_take(p->collector);
}

static int player_end(struct player *p)
{
    int rc = p->collector && !collector_free(p->collector) ? -1 : 0;
    reader_free(p->reader);
    config_release(&p->config);
    return rc;
}

/* What a source worked out of many files is one answer in a recording; the tree is asked for it. */
static void take_answer(void *ctx, const struct reader_read *read)
{
    static const char *const plain[] = {"file ", "list ", "link "};
    struct tree *t = ctx;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (strncmp(read->key, plain[i], strlen(plain[i])) == 0) {
            return;
        }
    }
    note(t, "", read->key, -read->code, read->data, read->size);
}

/* Plays the recording, as a program would. */
static int play(struct tree *t, const char *dir)
{
    struct err err = ERR_INIT;
    struct player p;
    player_init(&p);
    int rc = player_start(&p, reader_new_recording(dir, &p.clock, &err), take_miss, t, &err);
    for (int64_t at = rc == 0 ? reader_first_ns(p.reader) : -1; at >= 0;
         at = reader_sample_after(p.reader, at)) {
        player_step(&p, at);
    }
    return player_end(&p) == 0 ? rc : -1;
}

static int read_tree(struct tree *t, const char *manifest, unsigned seconds, struct player *live)
{
    for (unsigned second = 0; second <= seconds; second++) {
        const struct manifest_listener listener = {
            .ctx = t, .call = take_call, .written = second > 0 ? take_written : NULL};
        t->t_ns = (TREE_RECORDING_START_S + (int64_t)second) * NS_PER_S;
        t->lines = second == 0 ? &t->first : &t->later;
        if (manifest_unpack_at(manifest, t->dir, second, &listener) != 0) {
            return -1;
        }
        if (second == 0 || t->grown) {
            walk_all(t);
        }
        note_pages(t);
        if (t->failed || manifest_as_user(true) != 0) {
            return -1;
        }
        player_step(live, t->t_ns);
        if (manifest_as_user(false) != 0) {
            return -1;
        }
        recorded_read_write(t->lines, t->t_ns, "collector", "sample", 0, "", 0);
    }
    return 0;
}

static int fill(struct tree *t, const char *manifest, const char *dir, unsigned seconds)
{
    struct err err = ERR_INIT;
    struct player live;
    player_init(&live);
    int rc = player_start(&live, reader_new_sysroot(t->dir, &err), take_answer, t, &err);
    if (rc == 0) {
        rc = read_tree(t, manifest, seconds, &live);
    }
    if (player_end(&live) != 0 || rc != 0) {
        return -1;
    }
    for (int round = 0; round < ROUNDS_MAX; round++) {
        const size_t before = t->misses.size;
        if (write_recording(t, dir) != 0 || play(t, dir) != 0) {
            return -1;
        }
        if (t->misses.size == before) {
            return 0;
        }
    }
    fprintf(stderr, "# '%s' asks for more and more\n", manifest);
    return -1;
}

int tree_recording(const char *manifest, const char *dir, unsigned seconds)
{
    char unpacked[PATH_MAX];
    struct tree t = {.dir = unpacked};
    const char *tmp = getenv("TMPDIR");
    snprintf(unpacked, sizeof unpacked, "%s/tunetop-tree-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(unpacked) || chmod(unpacked, 0755) != 0) { /* for manifest_as_user */
        perror("# mkdtemp");
        return -1;
    }
    buf_init(&t.first, LINES_MAX_BYTES);
    buf_init(&t.later, LINES_MAX_BYTES);
    buf_init(&t.misses, LINES_MAX_BYTES);
    int rc = fill(&t, manifest, dir, seconds);
    if (manifest_remove(unpacked, "") != 0) {
        rc = -1;
    }
    while (t.known) { /* the root of a search tree begins with what it holds (tsearch(3)) */
        struct known *k = *(struct known **)t.known;
        tdelete(k, &t.known, compare_known);
        free_known(k);
    }
    forget_nodes(&t);
    free(t.nodes);
    free_answers(t.patterns, t.pattern_count);
    free_answers(t.pages, t.page_count);
    buf_release(&t.first);
    buf_release(&t.later);
    buf_release(&t.misses);
    return rc;
}
