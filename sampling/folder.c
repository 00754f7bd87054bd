#include "sampling/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "sampling/scan.h"

enum {
    LOOK_MS = 5000, /* how soon a new service's folders are noticed */
    STUCK_DOUBLINGS = 6,
    PATH_BYTES = 512,
};

static const char *const kind_names[FOLDER_KIND_COUNT] = {"models", "output", "temp"};

const char *folder_kind_name(int kind)
{
    return kind >= 0 && kind < FOLDER_KIND_COUNT ? kind_names[kind] : "unknown";
}

bool parse_folder_reply(const char *text, size_t size, int64_t at_ns, struct folder_facts *out)
{
    struct span rest = scan_trim(span_of(text, size)), word, after = rest;
    uint64_t bytes, files, sys;

    if (scan_word(&after, &word) && span_is(word, "!")) {
        if (!scan_u64(&after, &sys)) {
            return false;
        }
        out->bytes = out->files =
            sys == EACCES || sys == EPERM
                ? reading_missing(READING_DENIED, REASON_PERMISSION, SOURCE_FOLDERS)
            : sys == ENOENT || sys == ENOTDIR
                ? reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, SOURCE_FOLDERS)
                : reading_missing(READING_FAILED, REASON_READ_FAILED, SOURCE_FOLDERS);
        return true;
    }
    if (!scan_u64(&rest, &bytes) || !scan_u64(&rest, &files)) {
        return false;
    }
    out->bytes = reading_ok((double)bytes, at_ns, SOURCE_FOLDERS);
    out->files = reading_ok((double)files, at_ns, SOURCE_FOLDERS);
    return true;
}

/* --- in the helper process --- */

static void folder_serve(const char *request, size_t size, struct buf *reply)
{
    struct span rest = span_of(request, size), head, path;
    struct folder_sum sum = {0, 0};
    char text[PATH_BYTES];
    int sys = EINVAL;

    (void)setpriority(PRIO_PROCESS, 0, 19);
    if (scan_line(&rest, &head) && scan_line(&rest, &path) && path.size > 0 &&
        path.size < sizeof text && path.at[0] == '/' && !memchr(path.at, '\0', path.size)) {
        memcpy(text, path.at, path.size);
        text[path.size] = '\0';
        sys = folder_walk(text, &sum);
    }
    if (sys == 0) {
        buf_printf(reply, "%llu %llu\n", sum.bytes, sum.files);
    } else {
        buf_printf(reply, "! %d\n", sys);
    }
}

/* --- the source --- */

struct known { /* what is known of one wish */
    struct folder_wish wish;
    struct folder_facts facts;
    bool answered;
    int64_t due_ns;
    unsigned stuck;
};
struct folder_state {
    struct known known[SAMPLE_FOLDERS];
    size_t count, at; /* at: the one that is asked */
    size_t left_out;
    bool replay; /* paths are not in a recording: what was asked is */
};

static int folder_open(void **state, const struct source_context *c, struct err *err)
{
    struct folder_state *s = xcalloc(1, sizeof *s);

    (void)err;
    s->replay = reader_kind(c->reader) == READER_RECORDING;
    *state = s;
    return 0;
}

static bool same_wish(const struct folder_wish *a, const struct folder_wish *b)
{
    return a->kind == b->kind && strcmp(a->service, b->service) == 0 &&
           strcmp(a->path, b->path) == 0;
}

/* Takes over what is wanted now; what is known of those that were wanted before stays. */
static void take_wishes(struct folder_state *s, const struct folder_wishes *w)
{
    struct known *before;
    size_t count = s->count;
    bool same = w->count == s->count;

    for (size_t i = 0; same && i < count; i++) {
        same = same_wish(&s->known[i].wish, &w->wish[i]);
    }
    s->left_out = w->left_out;
    if (same) {
        return;
    }
    before = xreallocarray(NULL, SAMPLE_FOLDERS, sizeof *before);
    memcpy(before, s->known, sizeof s->known);
    memset(s->known, 0, sizeof s->known);
    s->count = w->count;
    for (size_t i = 0; i < w->count; i++) {
        struct known *k = &s->known[i];

        k->wish = w->wish[i];
        k->facts.kind = (uint8_t)k->wish.kind;
        k->facts.bytes = k->facts.files = reading_missing(READING_NONE, REASON_NOT_YET,
                                                          SOURCE_FOLDERS);
        utf8_copy(k->facts.service, sizeof k->facts.service, k->wish.service);
        utf8_sanitise(k->wish.path, strlen(k->wish.path), k->facts.path, sizeof k->facts.path,
                      NULL);
        for (size_t b = 0; b < count; b++) {
            if (same_wish(&before[b].wish, &k->wish)) {
                *k = before[b];
            }
        }
    }
    free(before);
}

static bool is_askable(const struct folder_state *s, const struct known *k, int64_t now_ns)
{
    return now_ns >= k->due_ns && (s->replay || k->wish.path[0] == '/');
}

static bool next_due(struct folder_state *s, int64_t now_ns)
{
    for (s->at = 0; s->at < s->count; s->at++) {
        if (is_askable(s, &s->known[s->at], now_ns)) {
            return true;
        }
    }
    return false;
}

static int folder_request(void *state, const struct source_context *c, struct buf *out,
                          struct err *err)
{
    struct folder_state *s = state;
    const struct known *k;

    (void)err;
    if (c->folders) {
        take_wishes(s, c->folders);
    }
    if (!next_due(s, clock_mono_ns(&c->clock))) {
        return SOURCE_NOTHING_TO_ASK;
    }
    k = &s->known[s->at];
    buf_printf(out, "%s %s\n%s\n", k->wish.service, folder_kind_name(k->wish.kind), k->wish.path);
    return 0;
}

static void put(const struct folder_state *s, struct folder_part *part)
{
    memset(part, 0, sizeof *part);
    part->left_out = (uint32_t)s->left_out;
    for (size_t i = 0; i < s->count; i++) {
        part->folders[part->folder_count++] = s->known[i].facts;
    }
}

static int folder_reply(void *state, const struct source_context *c, const char *data, size_t size,
                        void *part, struct err *err)
{
    struct folder_state *s = state;
    int64_t now_ns = clock_mono_ns(&c->clock);
    struct known *k = &s->known[s->at];

    if (s->at >= s->count || !parse_folder_reply(data, size, now_ns, &k->facts)) {
        return err_set(err, ERR_PARSE, "the size of a folder is not in the expected form");
    }
    k->answered = true;
    k->stuck = 0;
    k->due_ns = now_ns + FOLDER_AGAIN_NS;
    put(s, part);
    return 0;
}

static void folder_give_up(void *state, const struct source_context *c, void *part)
{
    struct folder_state *s = state;
    struct known *k = &s->known[s->at];
    unsigned times;

    if (s->at >= s->count) {
        return;
    }
    times = k->stuck < STUCK_DOUBLINGS ? k->stuck : STUCK_DOUBLINGS;
    k->stuck++;
    k->facts.bytes = k->facts.files = reading_missing(READING_FAILED, REASON_STUCK_PROBE,
                                                      SOURCE_FOLDERS);
    k->due_ns = clock_mono_ns(&c->clock) + (FOLDER_AGAIN_NS << times);
    put(s, part);
}

static void folder_close(void *state, const struct source_context *c)
{
    (void)c;
    free(state);
}

const struct source_ops source_folder = {
    .name = "folders",
    .id = SOURCE_FOLDERS,
    .part_offset = offsetof(struct sample, folders),
    .part_size = sizeof(struct folder_part),
    .period_ms = LOOK_MS,
    .deadline_ms = FOLDER_DEADLINE_MS,
    .flags = SOURCE_PROBE_PROCESS | SOURCE_WORKER_ENDS,
    .open = folder_open,
    .request = folder_request,
    .serve = folder_serve,
    .reply = folder_reply,
    .give_up = folder_give_up,
    .close = folder_close,
};
