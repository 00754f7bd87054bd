#include "sampling/process_scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "sampling/process_text.h"
#include "sampling/scan.h"
#include "sampling/service/service.h"

enum {
    ARGV_MAX_BYTES = 65536, /* what is shown of a command line; a kernel allows megabytes */
    LINKS_MAX_BYTES = 4096, /* PATH_MAX */
    ENVIRONMENT_MAX_BYTES = 65536,
};

struct shared_text {
    size_t references; /* one thread only */
    char text[];
};

struct shared_text *shared_text_new(const char *text)
{
    size_t size = strlen(text) + 1;
    struct shared_text *t = xmalloc(sizeof *t + size);

    t->references = 1;
    memcpy(t->text, text, size);
    return t;
}

struct shared_text *shared_text_keep(struct shared_text *t)
{
    if (t) {
        t->references++;
    }
    return t;
}

void shared_text_drop(struct shared_text *t)
{
    if (t && --t->references == 0) {
        free(t);
    }
}

const char *shared_text_get(const struct shared_text *t)
{
    return t ? t->text : "";
}

void process_more_init(struct process_more *m)
{
    *m = (struct process_more){0};
    buf_init(&m->argv, ARGV_MAX_BYTES);
    buf_init(&m->cwd, LINKS_MAX_BYTES);
    buf_init(&m->executable, LINKS_MAX_BYTES);
    buf_init(&m->environment, ENVIRONMENT_MAX_BYTES);
}

void process_more_release(struct process_more *m)
{
    buf_release(&m->argv);
    buf_release(&m->cwd);
    buf_release(&m->executable);
    buf_release(&m->environment);
}

/* Whether a variable is masked whatever its value. Wider than for arguments: nobody needs "GPGKEY"
 * to be shown, and somebody may be looking over the shoulder. */
static bool is_secret_variable(const char *name, size_t size)
{
    static const char *const parts[] = {"token", "pass",   "secret", "key",     "auth",
                                        "cred",  "cookie", "pwd",    "private", "signature"};
    struct span text = span_of(name, size);

    if (span_is(text, "PWD") || span_is(text, "OLDPWD")) { /* the shell's folders */
        return false;
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (span_has(text, parts[i])) {
            return true;
        }
    }
    return service_is_secret_name(name, size);
}

/* One "NAME=value" as a line; `clean` and `masked` have room for it. */
static void put_variable(const char *text, size_t size, char *clean, char *masked, size_t room,
                         struct buf *out)
{
    const char *equals = memchr(text, '=', size);
    size_t name = equals ? (size_t)(equals - text) : size;

    if (equals &&
        (is_secret_variable(text, name) || service_is_secret_value(equals + 1, size - name - 1))) {
        utf8_sanitise(text, name, clean, room, NULL);
        buf_puts(out, clean);
        buf_puts(out, "=***\n");
        return;
    }
    utf8_sanitise(text, size, clean, room, NULL);
    service_mask_argv(clean, masked, room); /* a URL with a password in it */
    buf_puts(out, masked);
    buf_putc(out, '\n');
}

void process_mask_environment(const char *text, size_t size, struct buf *out)
{
    const char *end = text + size;
    size_t room = size * 3 + 16; /* a bad byte becomes three */
    char *clean = xmalloc(room), *masked = xmalloc(room);

    buf_clear(out);
    for (const char *at = text; at < end && !out->truncated;) {
        const char *stop = memchr(at, '\0', (size_t)(end - at));

        if (!stop) {
            break; /* cut off: half of a password is no less secret */
        }
        if (stop > at) {
            put_variable(at, (size_t)(stop - at), clean, masked, room, out);
        }
        at = stop + 1;
    }
    free(masked);
    free(clean);
}

void process_mask_arguments(const char *text, size_t size, struct buf *out)
{
    size_t room = size * 3 + 16;
    char *clean, *masked;

    buf_clear(out);
    if (size == 0) {
        return;
    }
    clean = xmalloc(room);
    masked = xmalloc(room);
    process_parse_cmdline(text, size, clean, room);
    service_mask_words(clean, masked, room);
    buf_puts(out, masked);
    free(masked);
    free(clean);
}
