#include "sampling/disk.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "sampling/scan.h"

/* --- pure parts --- */

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

bool disk_unescape(const char *text, size_t size, char *out, size_t out_size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '\\' && i + 3 < size && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
            is_octal(text[i + 3])) {
            c = (char)(unsigned char)((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 |
                                      (text[i + 3] - '0'));
            i += 3;
        }
        if (c == '\0' || n + 1 >= out_size) {
            return false;
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return n > 0;
}

bool disk_keep_word(struct span word, char *out, size_t out_size)
{
    if (word.size == 0 || word.size >= out_size || memchr(word.at, '\0', word.size)) {
        return false;
    }
    memcpy(out, word.at, word.size);
    out[word.size] = '\0';
    return true;
}

void disk_escape(const char *text, char *out, size_t out_size)
{
    size_t n = 0;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = c > ' ' && c != '\\' && c != 0x7f;
        if (n + (plain ? 1 : 4) >= out_size) {
            break;
        }
        if (plain) {
            out[n++] = (char)c;
        } else {
            n += (size_t)snprintf(out + n, out_size - n, "\\%03o", c);
        }
    }
    out[n] = '\0';
}

/* "/dev/mapper/vg-root" -> "vg-root"; what is no device ("server:/export") stays as it is. */
static const char *device_name(const char *device)
{
    const char *slash = strrchr(device, '/');
    return strncmp(device, "/dev/", 5) == 0 && slash[1] ? slash + 1 : device;
}

static bool take_names(struct span *rest, struct disk_facts *out)
{
    char device[DISK_TEXT], mount[DISK_TEXT];
    struct span word;

    if (!scan_word(rest, &word) || !disk_unescape(word.at, word.size, device, sizeof device) ||
        !scan_word(rest, &word) || !disk_unescape(word.at, word.size, mount, sizeof mount)) {
        return false;
    }
    const char *name = device_name(device);
    utf8_sanitise(name, strlen(name), out->name, sizeof out->name, NULL);
    utf8_sanitise(mount, strlen(mount), out->mount, sizeof out->mount, NULL);
    return true;
}

bool parse_disk_name(const char *line, size_t size, struct disk_facts *out)
{
    struct span rest = span_of(line, size);

    memset(out, 0, sizeof *out);
    out->total = out->free = reading_missing(READING_NONE, REASON_NOT_YET, SOURCE_DISK);
    return take_names(&rest, out);
}

static struct reading why_not(int sys)
{
    if (sys == EACCES || sys == EPERM) {
        return reading_missing(READING_DENIED, REASON_PERMISSION, SOURCE_DISK);
    }
    return reading_missing(READING_FAILED, REASON_READ_FAILED, SOURCE_DISK);
}

bool parse_disk_reply(const char *line, size_t size, int64_t at_ns, struct disk_facts *out)
{
    struct span rest = span_of(line, size), word;
    uint64_t total = 0, available = 0, sys = 0;
    struct span after = rest;
    bool failed = scan_word(&after, &word) && span_is(word, "!");
    if (failed) {
        rest = after;
        if (!scan_u64(&rest, &sys) || sys > 4095) { /* MAX_ERRNO of Linux */
            return false;
        }
    } else if (!scan_u64(&rest, &total) || !scan_u64(&rest, &available)) {
        return false;
    }
    if (!take_names(&rest, out)) {
        return false;
    }
    if (failed) {
        out->total = out->free = why_not((int)sys);
    } else if (total == 0 || available > total) {
        out->total = out->free = reading_missing(READING_FAILED, REASON_BAD_DATA, SOURCE_DISK);
    } else {
        out->total = metric_reading(SCOPE_DISK, METRIC_DISK_TOTAL, (double)total, at_ns,
                                    SOURCE_DISK);
        out->free = metric_reading(SCOPE_DISK, METRIC_DISK_FREE, (double)available, at_ns,
                                   SOURCE_DISK);
    }
    return true;
}

/* --- in the helper process --- */

bool disk_expand(struct span line, char *out, size_t out_size)
{
    char text[DISK_TEXT];
    if (!disk_keep_word(line, text, sizeof text)) {
        return false;
    }
    const char *base = "", *tail = text;
    if (text[0] == '~' && text[1] == '/') {
        base = getenv("HOME");
        tail = text + 1;
    } else if (text[0] == '$') {
        base = getenv(text + 1);
        tail = "";
    }
    int len = base ? snprintf(out, out_size, "%s%s", base, tail) : -1;
    return len > 0 && (size_t)len < out_size && out[0] == '/';
}

bool disk_resolve(const char *path, char *out, size_t out_size)
{
    char head[PATH_MAX], real[PATH_MAX];
    size_t len = strlen(path);
    if (len >= sizeof head) {
        return false;
    }
    memcpy(head, path, len + 1);
    for (;;) {
        if (realpath(head, real)) {
            int n = snprintf(out, out_size, "%s%s", strcmp(real, "/") == 0 && path[len] ? "" : real,
                             path + len);
            return n > 0 && (size_t)n < out_size;
        }
        if (errno != EACCES || len <= 1) {
            return false;
        }
        while (len > 1 && head[len - 1] != '/') {
            len--;
        }
        while (len > 1 && head[len - 1] == '/') {
            len--;
        }
        head[len] = '\0';
    }
}

void disk_put_reply(struct buf *reply, int sys, const struct disk_blocks *blocks,
                    const char *device, const char *mount)
{
    uint64_t total = 0, available = 0;
    if (sys == 0 && (__builtin_mul_overflow(blocks->total, blocks->unit, &total) ||
                     __builtin_mul_overflow(blocks->available, blocks->unit, &available))) {
        sys = EOVERFLOW;
    }
    if (sys != 0) {
        buf_printf(reply, "! %d %s %s\n", sys, device, mount);
    } else {
        buf_printf(reply, "%llu %llu %s %s\n", (unsigned long long)total,
                   (unsigned long long)available, device, mount);
    }
}

bool disk_parse_mount(const char *request, size_t size, size_t *out)
{
    struct span rest = span_of(request, size), word;
    uint64_t number;

    if (!scan_word(&rest, &word) || !span_is(word, "mount") || !scan_u64(&rest, &number) ||
        number >= SAMPLE_DISKS) {
        return false;
    }
    *out = (size_t)number;
    return true;
}

/* --- the source --- */

/* What does not answer is asked again after this time, and later and later: each try may leave a
 * process behind that cannot be ended. */
#define STUCK_RETRY_NS (600 * NS_PER_S)
enum { STUCK_DOUBLINGS = 6 }; /* 600 s << 6: 11 hours */

/* The root alone at first: it is known even when the home folder is on a mount that hangs. Behind
 * these comes each listed disk. */
static const char *const questions[] = {
    "/", "$OLLAMA_MODELS", "~/.ollama/models", "/usr/share/ollama/.ollama/models", "list",
};
enum {
    ROOT = 0,
    LIST = sizeof questions / sizeof *questions - 1,
    FIRST_MOUNT = LIST + 1,
    QUESTIONS = FIRST_MOUNT + SAMPLE_DISKS,
};

struct disk_state {
    struct {
        struct disk_facts facts;
        bool known;
        int64_t not_before_ns; /* it hung */
        unsigned stuck;        /* times in a row */
    } answers[QUESTIONS];
    size_t mounts, left_out;
    size_t at;  /* the question that is asked, or next */
    bool begun; /* a round is not done yet */
};

static size_t question_count(const struct disk_state *s)
{
    return FIRST_MOUNT + s->mounts;
}

int disk_open(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    *state = xcalloc(1, sizeof(struct disk_state));
    return 0;
}

int disk_request(void *state, const struct source_context *c, struct buf *out, struct err *err)
{
    struct disk_state *s = state;
    int64_t now_ns = clock_mono_ns(&c->clock);

    (void)err;
    while (s->at < question_count(s) && s->answers[s->at].not_before_ns > now_ns) {
        s->at++;
    }
    if (s->at >= question_count(s) && s->begun) { /* what is left of this round hangs */
        s->at = ROOT;
        s->begun = false;
        return SOURCE_NOTHING_TO_ASK;
    }
    if (s->at >= question_count(s)) {
        s->at = LIST; /* the table of mounts itself never hangs */
    }
    s->begun = true;
    if (s->at < FIRST_MOUNT) {
        buf_puts(out, questions[s->at]);
    } else {
        buf_printf(out, "mount %zu", s->at - FIRST_MOUNT);
    }
    return 0;
}

static bool same_disk(const struct disk_facts *a, const struct disk_facts *b)
{
    double x, y;

    if (strcmp(a->mount, b->mount) == 0) {
        return true;
    }
    /* Mounted at two places, or parts of one: the same space. */
    return strcmp(a->name, b->name) == 0 && reading_get(&a->total, &x) &&
           reading_get(&b->total, &y) && x == y;
}

static void put(const struct disk_state *s, size_t which, struct disk_part *part)
{
    const struct disk_facts *f = &s->answers[which].facts;

    if (!s->answers[which].known) {
        return;
    }
    for (uint32_t i = 0; i < part->disk_count; i++) {
        if (same_disk(&part->disks[i], f)) {
            return;
        }
    }
    if (part->disk_count < SAMPLE_DISKS) {
        part->disks[part->disk_count++] = *f;
    } else {
        part->left_out++;
    }
}

/* The disk of the models first, then the root, then the others. */
static void put_all(const struct disk_state *s, struct disk_part *part)
{
    memset(part, 0, sizeof *part);
    for (size_t i = ROOT + 1; i < LIST; i++) {
        put(s, i, part);
    }
    put(s, ROOT, part);
    for (size_t i = FIRST_MOUNT; i < question_count(s); i++) {
        put(s, i, part);
    }
    part->left_out += (uint32_t)s->left_out;
}

/* Which disks there are now; what is known of those that were there already stays. */
static void take_list(struct disk_state *s, const char *data, size_t size)
{
    struct disk_state before = *s;
    struct span rest = span_of(data, size), line;

    s->mounts = s->left_out = 0;
    while (scan_line(&rest, &line)) {
        struct disk_facts f;
        size_t at = FIRST_MOUNT + s->mounts;

        if (!parse_disk_name(line.at, line.size, &f)) {
            continue;
        }
        if (s->mounts >= SAMPLE_DISKS) {
            s->left_out++;
            continue;
        }
        memset(&s->answers[at], 0, sizeof s->answers[at]);
        s->answers[at].facts = f;
        for (size_t i = FIRST_MOUNT; i < question_count(&before); i++) {
            if (strcmp(before.answers[i].facts.mount, f.mount) == 0) {
                s->answers[at] = before.answers[i];
            }
        }
        s->mounts++;
    }
}

int disk_reply(void *state, const struct source_context *c, const char *data, size_t size,
               void *part_out, struct err *err)
{
    struct disk_state *s = state;
    struct span rest = span_of(data, size), line;
    size_t at = s->at++;

    if (at == LIST) {
        take_list(s, data, size);
    } else {
        struct disk_facts f;
        bool answered = scan_line(&rest, &line) &&
                        parse_disk_reply(line.at, line.size, clock_mono_ns(&c->clock), &f);

        /* The table may have changed since it was listed: that disk is asked for in the next
         * round. */
        if (answered && (at < FIRST_MOUNT || strcmp(f.mount, s->answers[at].facts.mount) == 0)) {
            s->answers[at].facts = f;
        }
        s->answers[at].known = answered;
        s->answers[at].stuck = 0;
        s->answers[at].not_before_ns = 0;
    }
    if (s->at >= question_count(s)) {
        s->at = ROOT;
        s->begun = false;
    }
    put_all(s, part_out);
    return s->answers[ROOT].known || s->answers[ROOT].stuck > 0
               ? 0
               : err_set(err, ERR_PARSE, "no file system was found for '/'");
}

bool disk_again(void *state)
{
    const struct disk_state *s = state;

    return s->begun;
}

void disk_give_up(void *state, const struct source_context *c, void *part_out)
{
    struct disk_state *s = state;
    struct reading hangs = reading_missing(READING_FAILED, REASON_STUCK_PROBE, SOURCE_DISK);
    struct disk_facts *f = &s->answers[s->at].facts;
    unsigned times = s->answers[s->at].stuck++;

    if (f->mount[0] == '\0') { /* which disk it is on is not known: the name of the question */
        utf8_copy(f->mount, sizeof f->mount, s->at < FIRST_MOUNT ? questions[s->at] : "disk");
    }
    f->total = f->free = hangs;
    s->answers[s->at].known = s->at != LIST;
    s->answers[s->at].not_before_ns = clock_mono_ns(&c->clock) +
                                      (STUCK_RETRY_NS
                                       << (times < STUCK_DOUBLINGS ? times : STUCK_DOUBLINGS));
    s->at++;
    if (s->at >= question_count(s)) {
        s->at = ROOT;
        s->begun = false;
    }
    put_all(s, part_out);
}

void disk_close(void *state, const struct source_context *c)
{
    (void)c;
    free(state);
}
