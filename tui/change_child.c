#include "tui/change_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

/* A line of the progress is shorter than PIPE_BUF, but for the first, which has the steps. */
enum {
    LINE_BYTES = 1 << 20,
    RESULT_BYTES = 16 << 20,
    MESSAGES_BYTES = 64 << 10,
    READ_BYTES = 16384
};
/* Somebody may be trying the lock at the same moment to see whether it is free. */
enum { LOCK_TRIES = 5, LOCK_PAUSE_MS = 10 };

static const char progress_name[] = "progress", result_name[] = "result",
                  messages_name[] = "messages";

void change_child_init(struct change_child *c)
{
    memset(c, 0, sizeof *c);
    change_run_init(&c->run);
    c->progress = -1;
}

void change_child_release(struct change_child *c)
{
    if (c->ours)
        child_release(&c->child, false);
    if (c->progress >= 0)
        close(c->progress);
    change_run_release(&c->run);
    buf_release(&c->line);
    change_child_init(c);
}

/* ---------------------------------------------------------------- its files */

static int folder_of(struct change_child *c, const char *state, bool make, struct err *err)
{
    int n = snprintf(c->folder, sizeof c->folder, "%s/change", state);
    if (n < 0 || (size_t)n >= sizeof c->folder)
        return err_set(err, ERR_TOO_BIG, "'%.60s...' is too long for a path", state);
    for (char *slash = strchr(c->folder + 1, '/'); make; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        int made = mkdir(c->folder, 0700);
        int sys = errno;
        if (slash != NULL)
            *slash = '/';
        if (made != 0 && sys != EEXIST)
            return err_sys(err, err_code_of_errno(sys), sys, "cannot make the folder '%s'",
                           c->folder);
        if (slash == NULL)
            break;
    }
    return 0;
}

/* Ours alone, and no link: what is in it is shown, and a lock of it is believed. */
static int open_file(const struct change_child *c, const char *name, int flags, struct err *err)
{
    char path[sizeof c->folder + 32];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", c->folder, name);
    int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
        return err_sys(err, err_code_of_errno(errno), errno, "cannot open '%s'", path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid()) {
        close(fd);
        return err_set(err, ERR_DENIED, "'%s' is not a file of yours: remove it", path);
    }
    return fd;
}

static int take_lock(int fd)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return 0;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -1;
        poll(NULL, 0, LOCK_PAUSE_MS);
    }
    return -1;
}

/* Whether somebody works with it. */
static bool is_locked(int fd)
{
    if (flock(fd, LOCK_SH | LOCK_NB) != 0)
        return errno == EWOULDBLOCK;
    flock(fd, LOCK_UN);
    return false;
}

static void read_whole(const struct change_child *c, const char *name, struct buf *out)
{
    struct err err = ERR_INIT;
    char chunk[READ_BYTES];
    ssize_t n;
    int fd = open_file(c, name, O_RDONLY, &err);
    if (fd < 0)
        return;
    while ((n = read(fd, chunk, sizeof chunk)) > 0)
        buf_add(out, chunk, (size_t)n);
    close(fd);
}

/* One that said nothing at all may have had no room to say it: a word is written to see. */
static void look_for_room(const struct change_child *c, struct buf *messages)
{
    struct err err = ERR_INIT;
    int fd = open_file(c, messages_name, O_WRONLY | O_CREAT, &err);
    if (fd < 0)
        return;
    if (write(fd, "\n", 1) != 1)
        buf_printf(messages, "cannot write in '%s': %s", c->folder, strerror(errno));
    else if (ftruncate(fd, 0) != 0)
        buf_clear(messages);
    close(fd);
}

/* ---------------------------------------------------------------- starting one */

static void add_steps(cJSON *list, const struct tuning_plan *plan)
{
    for (size_t i = 0; plan != NULL && i < plan->step_count; i++) {
        const struct shown_step *s = &plan->steps[i];
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "action", s->action);
        json_add_text_or_null(o, "service", s->service);
        json_add_text_or_null(o, "file", s->file);
        json_add_text_or_null(o, "command", s->command);
        cJSON_AddItemToArray(list, o);
    }
}

static int write_start(int fd, const struct change_wish *w, struct err *err)
{
    char when[32];
    cJSON *o = cJSON_CreateObject();
    clock_format_rfc3339(w->now_ns, when, sizeof when);
    cJSON_AddStringToObject(o, "event", "start");
    cJSON_AddStringToObject(o, "kind", change_kind_words[w->kind]);
    json_add_text_or_null(o, "profile", w->profile);
    json_add_text_or_null(o, "plan", w->plan != NULL ? w->plan->hash : NULL);
    json_add_text_or_null(o, "id", w->of);
    cJSON_AddStringToObject(o, "at", when);
    add_steps(cJSON_AddArrayToObject(o, "steps"), w->plan);
    char *line = json_print_line(o);
    size_t size = strlen(line);
    line[size] = '\n'; /* its NUL is not needed any more */
    ssize_t n = write(fd, line, size + 1);
    int sys = errno;
    free(line);
    cJSON_Delete(o);
    return n == (ssize_t)(size + 1)
               ? 0
               : err_sys(err, ERR_IO, n < 0 ? sys : ENOSPC, "cannot write down what is done");
}

/* The fd of the progress, locked and with its first line; and for what it prints. */
static int make_files(struct change_child *c, const struct change_wish *w, int fds[3],
                      struct err *err)
{
    fds[0] = fds[1] = fds[2] = -1;
    fds[0] = open_file(c, progress_name, O_RDWR | O_CREAT | O_APPEND, err);
    if (fds[0] < 0)
        return fds[0];
    if (take_lock(fds[0]) != 0)
        return err_set(err, ERR_STATE, "another change is at work: 3 shows it");
    if (ftruncate(fds[0], 0) != 0)
        return err_sys(err, ERR_IO, errno, "cannot write down what is done");
    int result = write_start(fds[0], w, err);
    if (result == 0)
        result = fds[1] = open_file(c, result_name, O_WRONLY | O_CREAT | O_TRUNC, err);
    if (result >= 0)
        result = fds[2] = open_file(c, messages_name, O_WRONLY | O_CREAT | O_TRUNC, err);
    return result < 0 ? result : 0;
}

static int follow(struct change_child *c, struct err *err)
{
    c->progress = open_file(c, progress_name, O_RDONLY, err);
    if (c->progress < 0)
        return c->progress;
    buf_init(&c->line, LINE_BYTES);
    c->active = true;
    return 0;
}

int change_child_start(struct change_child *c, const struct subcommand_self *self,
                       const char *state, const struct change_wish *wish, struct err *err)
{
    const char *argv[SUBCOMMAND_WORDS];
    int fds[3] = {-1, -1, -1};
    change_child_release(c);
    int result = folder_of(c, state, true, err);
    if (result == 0)
        result = make_files(c, wish, fds, err);
    if (result == 0)
        result = follow(c, err);
    if (result == 0) {
        const struct child_start how = {
            .path = self->path,
            .argv = subcommand_argv(self, change_kind_words[wish->kind], wish->words, argv),
            .output_fd = fds[1],
            .errors_fd = fds[2],
            .passed_fd = fds[0],
            .own_session = true,
        };
        result = child_begin(&c->child, &how, err);
        c->ours = result == 0;
    }
    for (size_t i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    if (result < 0)
        change_child_release(c);
    else
        change_child_take(c, wish->now_ns);
    return result;
}

bool change_child_find(struct change_child *c, const char *state, int64_t now_ns)
{
    struct err err = ERR_INIT;
    if (change_child_at_work(c))
        return false;
    struct change_child found;
    change_child_init(&found);
    if (folder_of(&found, state, false, &err) < 0 || follow(&found, &err) < 0)
        return false;
    if (!is_locked(found.progress)) {
        change_child_release(&found);
        return false;
    }
    change_child_release(c);
    *c = found;
    change_child_take(c, now_ns);
    return true;
}

/* ---------------------------------------------------------------- following it */

static void take_lines(struct change_child *c, const char *data, size_t size, int64_t now_ns)
{
    while (size > 0) {
        const char *end = memchr(data, '\n', size);
        size_t n = end != NULL ? (size_t)(end - data) : size;
        buf_add(&c->line, data, n);
        data += n;
        size -= n;
        if (end == NULL)
            break;
        if (!c->line.truncated)
            change_run_line(&c->run, c->line.data, c->line.size, now_ns);
        buf_clear(&c->line);
        c->line.truncated = false;
        data++;
        size--;
    }
}

static bool take_progress(struct change_child *c, int64_t now_ns)
{
    char chunk[READ_BYTES];
    ssize_t n;
    bool any = false;
    while ((n = read(c->progress, chunk, sizeof chunk)) > 0) {
        take_lines(c, chunk, (size_t)n, now_ns);
        any = true;
    }
    return any;
}

bool change_child_take(struct change_child *c, int64_t now_ns)
{
    if (!c->active || c->progress < 0)
        return false;
    /* Asked first: what was written before it ended is read then. */
    bool ended = c->ours ? child_take(&c->child) : !is_locked(c->progress);
    bool any = take_progress(c, now_ns);
    if (!ended)
        return any;
    struct buf result, messages;
    buf_init(&result, RESULT_BYTES);
    buf_init(&messages, MESSAGES_BYTES);
    read_whole(c, result_name, &result);
    read_whole(c, messages_name, &messages);
    if (c->ours && result.size == 0 && messages.size == 0)
        look_for_room(c, &messages);
    change_run_end(&c->run, result.data, result.size, messages.data, messages.size, now_ns);
    buf_release(&result);
    buf_release(&messages);
    buf_release(&c->line);
    close(c->progress);
    c->progress = -1;
    if (c->ours)
        child_release(&c->child, false);
    return true;
}

bool change_child_stop(struct change_child *c)
{
    if (!c->ours || !change_child_at_work(c))
        return false;
    child_signal(&c->child, SIGTERM);
    return true;
}

bool change_child_at_work(const struct change_child *c)
{
    return c->active && c->progress >= 0;
}
