#include "tuning/control/control.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/clock.h"
#include "base/program.h"
#include "base/utf8.h"

const char *const control_type_words[] = {
#define CONTROL(id, word) word,
    CONTROL_TYPES(CONTROL)
#undef CONTROL
        NULL,
};

const char *const control_engine_words[] = {
#define ENGINE(id, word) word,
    CONTROL_ENGINES(ENGINE)
#undef ENGINE
        NULL,
};

/* ---------------------------------------------------------------- the outside */

/* sudo -n -H -u #501 -- env XDG_RUNTIME_DIR=..., and room for the command's own words. */
enum { AS_USER_WORDS = 8, ARGV_WORDS = 256, PATH_BYTES = 1024, WORD_BYTES = 64 };

/* What runs as somebody else goes through sudo, which is how root's rights came here; a service
 * manager of that user is found by XDG_RUNTIME_DIR, which sudo does not keep (pam_systemd(8) has
 * its place). */
static size_t as_user(int64_t uid, char user[WORD_BYTES], char runtime[WORD_BYTES],
                      const char *words[AS_USER_WORDS])
{
    size_t n = 0;

    snprintf(user, WORD_BYTES, "#%lld", (long long)uid);
    snprintf(runtime, WORD_BYTES, "XDG_RUNTIME_DIR=/run/user/%lld", (long long)uid);
    words[n++] = "sudo";
    words[n++] = "-n";
    words[n++] = "-H";
    words[n++] = "-u";
    words[n++] = user;
    words[n++] = "--";
#ifdef __linux__
    words[n++] = "env";
    words[n++] = runtime;
#endif
    return n;
}

/* Between caller_begin() and caller_end() we are that user, but not with his environment. */
static size_t as_ourselves(char runtime[WORD_BYTES], const char *words[AS_USER_WORDS])
{
    size_t n = 0;

#ifdef __linux__
    if (geteuid() != 0 && !getenv("XDG_RUNTIME_DIR")) {
        snprintf(runtime, WORD_BYTES, "XDG_RUNTIME_DIR=/run/user/%lld", (long long)geteuid());
        words[n++] = "env";
        words[n++] = runtime;
    }
#else
    (void)runtime;
    (void)words;
#endif
    return n;
}

/* By sudo PATH may still be the user's, where it is not set anew (macOS): what root runs is nobody
 * else's to replace. */
static int check_program(const char *path, struct err *err)
{
    struct err why = ERR_INIT;

    return geteuid() != 0 || !caller_get()->sudo || program_check(path, &why) == 0
               ? 0
               : err_set(err, ERR_STATE, "not run as root, since others could replace it: %s",
                         why.msg);
}

static int run(void *ctx, const char *const *argv, int64_t uid, const char *folder,
               int64_t deadline_ns, struct control_output *out, struct err *err)
{
    const char *words[AS_USER_WORDS + ARGV_WORDS];
    char user[WORD_BYTES], runtime[WORD_BYTES], path[PATH_BYTES];
    struct program_end end;
    size_t n = 0;

    (void)ctx;
    if (uid > 0 && geteuid() == 0) {
        n = as_user(uid, user, runtime, words);
    } else if (uid >= 0 && (uid_t)uid != geteuid()) {
        return err_set(err, ERR_DENIED, "'%s' has to be run as %s", argv[0],
                       uid == 0 ? "root" : "another user");
    } else {
        n = as_ourselves(runtime, words);
    }
    for (size_t i = 0; argv[i]; i++) {
        if (n + 1 >= sizeof words / sizeof words[0]) {
            return err_set(err, ERR_TOO_BIG, "'%s' has too many arguments", argv[0]);
        }
        words[n++] = argv[i];
    }
    words[n] = NULL;
    if (!program_find(words[0], path, sizeof path)) {
        return err_set(err, ERR_NOENT, "there is no program '%s' in PATH", words[0]);
    }
    if (check_program(path, err) < 0) {
        return -err->code;
    }
    const struct program p = {
        .path = path, .argv = words, .folder = folder ? folder : "/", .deadline_ns = deadline_ns};
    const int rc = program_run(&p, &out->out, &out->errors, &end, err);
    out->status = end.status;
    out->held = end.held;
    return rc;
}

static int64_t now_ns(void *ctx)
{
    (void)ctx;
    return clock_mono_ns(&clock_real);
}

static void pause_for(void *ctx, int64_t ns)
{
    (void)ctx;
    (void)poll(NULL, 0, (int)(ns / NS_PER_MS));
}

static bool nobody_asked(void *ctx)
{
    (void)ctx;
    return false;
}

const struct control_world control_world_real = {NULL, run, now_ns, pause_for, nobody_asked};

void control_output_init(struct control_output *o)
{
    o->status = -1;
    o->held = false;
    buf_init(&o->out, CONTROL_OUTPUT_BYTES);
    buf_init(&o->errors, CONTROL_OUTPUT_BYTES);
}

void control_output_release(struct control_output *o)
{
    buf_release(&o->out);
    buf_release(&o->errors);
}

/* The last line that says something: programs put the reason there, and warnings before it. */
static void last_line(const struct buf *b, char *out, size_t size)
{
    size_t end = b->size;

    while (end > 0 && strchr("\r\n\t ", b->data[end - 1])) {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && b->data[begin - 1] != '\n') {
        begin--;
    }
    utf8_sanitise(b->data + begin, end - begin, out, size, NULL);
}

int control_run(const struct control_world *w, const struct control_target *t,
                const char *const *argv, int64_t deadline_ns, struct control_output *out,
                struct err *err)
{
    char line[200];
    const int rc = w->run(w->ctx, argv, t->uid, t->folder, deadline_ns, out, err);

    if (rc < 0) {
        return rc;
    }
    if (out->status != 0) {
        last_line(out->errors.size ? &out->errors : &out->out, line, sizeof line);
        return err_set(err, ERR_STATE, "'%s' failed with status %d%s%s", argv[0], out->status,
                       line[0] ? ": " : "", line);
    }
    return 0;
}

/* ---------------------------------------------------------------- for people */

static bool is_plain(const char *word)
{
    return *word && word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789_-./:=@%+,")] == '\0';
}

static void put_word(const char *word, struct buf *out)
{
    if (is_plain(word)) {
        buf_puts(out, word);
        return;
    }
    buf_putc(out, '\'');
    for (const char *c = word; *c; c++) {
        if (*c == '\'') {
            buf_puts(out, "'\\''");
        } else {
            buf_putc(out, *c);
        }
    }
    buf_putc(out, '\'');
}

void control_line(const struct control_step *s, bool sudo, struct buf *out)
{
    if (s->folder) {
        buf_puts(out, "cd ");
        put_word(s->folder, out);
        buf_puts(out, " && ");
    }
    buf_puts(out, sudo ? "sudo " : "");
    for (size_t i = 0; s->argv[i]; i++) {
        if (i > 0) {
            buf_putc(out, ' ');
        }
        put_word(s->argv[i], out);
    }
}
