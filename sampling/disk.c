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

static struct reading why_not(int sys)
{
    if (sys == EACCES || sys == EPERM) {
        return reading_missing(READING_DENIED, REASON_PERMISSION, SOURCE_DISK);
    }
    return reading_missing(READING_FAILED, REASON_READ_FAILED, SOURCE_DISK);
}

/* "/dev/mapper/vg-root" -> "vg-root"; what is no device ("server:/export") stays as it is. */
static const char *device_name(const char *device)
{
    const char *slash = strrchr(device, '/');
    return strncmp(device, "/dev/", 5) == 0 && slash[1] ? slash + 1 : device;
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
    char device[DISK_TEXT], mount[DISK_TEXT];
    if (!scan_word(&rest, &word) || !disk_unescape(word.at, word.size, device, sizeof device) ||
        !scan_word(&rest, &word) || !disk_unescape(word.at, word.size, mount, sizeof mount)) {
        return false;
    }
    const char *name = device_name(device);
    utf8_sanitise(name, strlen(name), out->name, sizeof out->name, NULL);
    utf8_sanitise(mount, strlen(mount), out->mount, sizeof out->mount, NULL);
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

/* --- the source --- */

struct disk_state {
    bool answered;
};

int disk_open(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    *state = xcalloc(1, sizeof(struct disk_state));
    return 0;
}

int disk_request(void *state, const struct source_context *c, struct buf *out, struct err *err)
{
    const struct disk_state *s = state;
    (void)c;
    (void)err;
    /* At first the root alone: it is known even when the home folder is on a mount that hangs. */
    buf_puts(out, "/\n");
    if (s->answered) {
        buf_puts(out, "$OLLAMA_MODELS\n~/.ollama/models\n/usr/share/ollama/.ollama/models\n");
    }
    return 0;
}

int disk_reply(void *state, const struct source_context *c, const char *data, size_t size,
               void *part_out, struct err *err)
{
    struct disk_state *s = state;
    struct disk_part *part = part_out;
    struct span rest = span_of(data, size), line;
    int64_t now_ns = clock_mono_ns(&c->clock);
    memset(part, 0, sizeof *part);
    while (part->disk_count < SAMPLE_DISKS && scan_line(&rest, &line)) {
        if (parse_disk_reply(line.at, line.size, now_ns, &part->disks[part->disk_count])) {
            part->disk_count++;
        }
    }
    s->answered = true;
    return part->disk_count > 0 ? 0 : err_set(err, ERR_PARSE, "no file system was found for '/'");
}

void disk_close(void *state, const struct source_context *c)
{
    (void)c;
    free(state);
}
