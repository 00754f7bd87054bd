#include "sampling/users.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/scan.h"

enum {
    PASSWD_MAX_BYTES = 1024 * 1024, /* some ten thousand accounts */
    ACCOUNTS_MAX = 16384,
};

void users_release(struct users *u)
{
    free(u->list);
    *u = (struct users){NULL, 0};
}

static int compare(const void *a, const void *b)
{
    const struct user *x = a, *y = b;

    if (x->uid != y->uid) {
        return x->uid < y->uid ? -1 : 1;
    }
    return x->line < y->line ? -1 : x->line > y->line;
}

static int compare_uid(const void *a, const void *b)
{
    const struct user *x = a, *y = b;

    return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static bool parse_line(struct span line, struct user *out)
{
    struct span name = scan_until(&line, ':');
    uint64_t uid;

    (void)scan_until(&line, ':'); /* the password, or a mark that it is elsewhere */
    struct span number = scan_until(&line, ':');

    /* "+", "-" and "+@group" stand for a directory service. */
    if (name.size == 0 || name.at[0] == '#' || name.at[0] == '+' || name.at[0] == '-' ||
        number_u64(number.at, number.size, 10, &uid) < 0 || uid > UINT32_MAX) {
        return false;
    }
    out->uid = (int64_t)uid;
    return utf8_sanitise(name.at, name.size, out->name, sizeof out->name, NULL) > 0;
}

void users_parse(const char *text, size_t size, struct users *out)
{
    struct span rest = span_of(text, size), line;
    size_t capacity = 64;

    out->count = 0;
    out->list = xcalloc(capacity, sizeof *out->list);
    while (out->count < ACCOUNTS_MAX && scan_line(&rest, &line)) {
        struct user one;

        if (!parse_line(line, &one)) {
            continue;
        }
        one.line = (uint32_t)out->count;
        if (out->count == capacity) {
            capacity *= 2;
            out->list = xreallocarray(out->list, capacity, sizeof *out->list);
        }
        out->list[out->count++] = one;
    }
    qsort(out->list, out->count, sizeof *out->list, compare);

    size_t kept = 0;

    for (size_t i = 0; i < out->count; i++) {
        if (i == 0 || out->list[i].uid != out->list[i - 1].uid) {
            out->list[kept++] = out->list[i];
        }
    }
    out->count = kept;
}

const char *users_name(const struct users *u, int64_t uid)
{
    const struct user key = {.uid = uid};
    const struct user *found = u->count ? bsearch(&key, u->list, u->count, sizeof key, compare_uid)
                                        : NULL;

    return found ? found->name : NULL;
}

/* Who runs tunetop may be known to a directory service only; the shell knows the name. */
static int live_own_name(void *ctx, struct buf *out, struct err *err)
{
    const char *name = getenv("LOGNAME");

    (void)ctx;
    (void)err;
    buf_printf(out, "%s:x:%lld:", name ? name : "", (long long)getuid());
    return 0;
}

void users_read(struct users *u, struct reader *reader)
{
    struct err ignored = ERR_INIT;
    struct buf text, own;

    users_release(u);
    buf_init(&text, PASSWD_MAX_BYTES);
    buf_init(&own, 256);
    (void)reader_once(reader, "/etc/passwd", &text, &ignored);
    if (reader_call(reader, "env LOGNAME", live_own_name, NULL, &own, &ignored) == 0) {
        buf_putc(&text, '\n');
        buf_add(&text, own.data, own.size);
    }
    users_parse(text.data, text.size, u);
    buf_release(&text);
    buf_release(&own);
}
