/* A signal reaches who is meant or nobody: each step where a number can become another's, by a
 * system that is made up; then real processes, and a namespace in which numbers come back all the
 * time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tuning/control/process.h"

/* ---------------------------------------------------------------- a system made up */

struct world {
    int open_error, look_error, send_error; /* errno */
    int64_t start;                          /* of who has the number when it is looked at */
    bool kernel;
    bool held_is_dead; /* who was taken hold of has ended since */
    int opened, closed, sent, killed, signal;
    int looks_before_open;
};

static int world_open(void *ctx, int32_t pid)
{
    struct world *w = ctx;

    (void)pid;
    w->opened++;
    return w->open_error ? -w->open_error : 7;
}

static int world_look(void *ctx, int32_t pid, int64_t *start, bool *kernel)
{
    struct world *w = ctx;

    (void)pid;
    w->looks_before_open += w->opened == 0;
    if (w->look_error) {
        return -w->look_error;
    }
    *start = w->start;
    *kernel = w->kernel;
    return 0;
}

static int world_send(void *ctx, int fd, int signal)
{
    struct world *w = ctx;

    assert_int_equal(fd, 7);
    if (w->held_is_dead) {
        return -ESRCH;
    }
    if (w->send_error) {
        return -w->send_error;
    }
    w->sent++;
    w->signal = signal;
    return 0;
}

static int world_kill(void *ctx, int32_t pid, int signal)
{
    struct world *w = ctx;

    (void)pid;
    if (w->send_error) {
        return -w->send_error;
    }
    w->killed++;
    w->signal = signal;
    return 0;
}

static void world_close(void *ctx, int fd)
{
    struct world *w = ctx;

    assert_int_equal(fd, 7);
    w->closed++;
}

static int send_in(struct world *w, int32_t pid, int64_t start, int signal, const char *words)
{
    const struct process_calls calls = {
        .open = world_open,
        .send = world_send,
        .close = world_close,
        .look = world_look,
        .kill = world_kill,
        .own_pid = 42,
        .ctx = w,
    };
    struct err err = ERR_INIT;
    int code = process_signal_by(&calls, pid, start, signal, &err);

    if (words) {
        assert_true(code < 0);
        assert_int_equal(err.code, -code);
        if (!strstr(err.msg, words)) {
            fail_msg("'%s' is not in '%s'", words, err.msg);
        }
    } else {
        assert_int_equal(code, 0);
    }
    assert_int_equal(w->closed, w->opened > 0 && !w->open_error);
    assert_int_equal(w->looks_before_open, 0);
    return code;
}

static void test_who_is_meant_gets_it(void **state)
{
    struct world w = {.start = 500};

    (void)state;
    send_in(&w, 100, 500, SIGTERM, NULL);
    assert_int_equal(w.sent, 1);
    assert_int_equal(w.killed, 0);
    assert_int_equal(w.signal, SIGTERM);
}

static void test_without_pidfds(void **state)
{
    struct world w = {.start = 500, .open_error = ENOSYS};

    (void)state;
    send_in(&w, 100, 500, SIGINT, NULL);
    assert_int_equal(w.sent, 0);
    assert_int_equal(w.killed, 1);
    assert_int_equal(w.signal, SIGINT);
    w = (struct world){.start = 501, .open_error = ENOSYS};
    assert_int_equal(send_in(&w, 100, 500, SIGINT, "another's now"), -ERR_NOENT);
    assert_int_equal(w.killed, 0);
}

static void test_a_number_that_is_used_again(void **state)
{
    /* Before it was taken hold of: who holds the number now is somebody else. */
    struct world w = {.start = 900};

    (void)state;
    assert_int_equal(send_in(&w, 100, 500, SIGKILL, "another's now"), -ERR_NOENT);
    assert_int_equal(w.sent + w.killed, 0);
    /* Between taking hold and looking: what is held has ended, and gets nothing. */
    w = (struct world){.start = 500, .held_is_dead = true};
    assert_int_equal(send_in(&w, 100, 500, SIGKILL, "has ended"), -ERR_NOENT);
    assert_int_equal(w.sent + w.killed, 0);
    /* It has ended, and nobody has its number. */
    w = (struct world){.open_error = ESRCH};
    assert_int_equal(send_in(&w, 100, 500, SIGKILL, "has ended"), -ERR_NOENT);
    w = (struct world){.look_error = ENOENT};
    assert_int_equal(send_in(&w, 100, 500, SIGKILL, "has ended"), -ERR_NOENT);
    w = (struct world){.look_error = ESRCH};
    assert_int_equal(send_in(&w, 100, 500, SIGKILL, "has ended"), -ERR_NOENT);
    assert_int_equal(w.sent + w.killed, 0);
}

static void test_refusals(void **state)
{
    struct world w = {.start = 500};

    (void)state;
    assert_int_equal(send_in(&w, 1, 500, SIGTERM, "process 1"), -ERR_STATE);
    assert_int_equal(send_in(&w, 42, 500, SIGTERM, "tunetop itself"), -ERR_STATE);
    assert_int_equal(send_in(&w, 0, 500, SIGTERM, "no process 0"), -ERR_USAGE);
    assert_int_equal(send_in(&w, -1, 500, SIGTERM, "no process -1"), -ERR_USAGE);
    assert_int_equal(send_in(&w, 100, 500, 0, "no signal 0"), -ERR_USAGE);
    assert_int_equal(send_in(&w, 100, 500, 65, "no signal 65"), -ERR_USAGE);
    assert_int_equal(send_in(&w, 100, 0, SIGTERM, "nothing was sent"), -ERR_DENIED);
    assert_int_equal(w.opened, 0); /* none of these was even looked at */
    w.kernel = true;
    assert_int_equal(send_in(&w, 100, 500, SIGTERM, "thread of the kernel"), -ERR_STATE);
    w = (struct world){.start = 500, .send_error = EPERM};
    assert_int_equal(send_in(&w, 100, 500, SIGTERM, "as root"), -ERR_DENIED);
    w = (struct world){.start = 500, .send_error = EIO};
    assert_int_equal(send_in(&w, 100, 500, SIGTERM, "cannot send"), -ERR_IO);
    w = (struct world){.look_error = EACCES};
    assert_int_equal(send_in(&w, 100, 500, SIGTERM, "another user"), -ERR_DENIED);
    assert_int_equal(w.sent + w.killed, 0);
}

/* ---------------------------------------------------------------- this one */

static int64_t start_of(pid_t pid)
{
    const struct process_calls here = process_calls_here();
    int64_t start = 0;
    bool kernel = true;

    if (here.look(here.ctx, pid, &start, &kernel) < 0) {
        return -1;
    }
    assert_false(kernel);
    return start;
}

static pid_t begin_child(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nobody behind */
        for (;;) {
            pause();
        }
    }
    assert_true(pid > 0);
    return pid;
}

static void test_real_ones(void **state)
{
    struct err err = ERR_INIT;
    pid_t pid = begin_child();
    int64_t start = start_of(pid);
    siginfo_t info;
    int status;

    (void)state;
    assert_true(start > 0);
    assert_int_equal(process_signal(pid, start + 1, SIGKILL, &err), -ERR_NOENT);
    assert_int_equal(process_signal(getpid(), start_of(getpid()), SIGKILL, &err), -ERR_STATE);
    assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
    assert_int_equal(process_signal(pid, start, SIGUSR1, &err), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(info.si_status, SIGUSR1);
    /* It has ended and was not waited for: it has its number still, and nobody takes the signal. */
    assert_int_equal(process_signal(pid, start, SIGKILL, &err), -ERR_NOENT);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(process_signal(pid, start, SIGKILL, &err), -ERR_NOENT);
}

/* ---------------------------------------------------------------- numbers that come back */

enum {
    FORKS = 8000,
    FORKS_MAX = 60000, /* until a number was another's when it was aimed at */
    ALIVE = 24,        /* at a time */
    NUMBERS = 64,      /* the same ones again after so many forks: about 50 ms, five ticks */
    FIRST_NUMBER = 300,
    INTENTS_MAX = 1 << 20,
};
#define IDENTITY(pid, start) ((uint64_t)(pid) << 44 | (uint64_t)(start))

struct shared {
    _Atomic uint64_t alive[ALIVE]; /* who may be meant */
    _Atomic uint64_t intents[INTENTS_MAX];
    _Atomic size_t intent_count;
    uint64_t hit[FORKS_MAX];
    size_t hit_count, forks, lost, number_seen_again;
    size_t sent, gone;
    _Atomic size_t other;
    _Atomic bool done;
};

static bool set_last_pid(int pid)
{
    char text[16];
    int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
    int size = snprintf(text, sizeof text, "%d", pid);
    bool set = fd >= 0 && write(fd, text, (size_t)size) == size;

    if (fd >= 0) {
        close(fd);
    }
    return set;
}

/* Makes processes as fast as it can, ends the oldest, and notes who was ended by somebody else. */
static void churn(struct shared *s)
{
    pid_t pids[ALIVE] = {0};
    uint64_t who[ALIVE] = {0}, last[NUMBERS * 4] = {0};

    for (size_t i = 0;
         i < FORKS_MAX && (i < FORKS || atomic_load(&s->other) == 0 || s->hit_count == 0); i++) {
        size_t at = i % ALIVE;
        int status = 0;

        if (i % NUMBERS == 0 && !set_last_pid(FIRST_NUMBER)) {
            _exit(2);
        }
        if (pids[at] > 0) {
            kill(pids[at], SIGKILL);
            waitpid(pids[at], &status, 0);
            if (WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1) {
                s->hit[s->hit_count++] = who[at];
            }
        }
        pids[at] = fork();
        if (pids[at] == 0) {
            for (;;) {
                pause();
            }
        }
        int64_t start = pids[at] > 0 ? start_of(pids[at]) : -1;

        if (start < 0) {
            s->lost++; /* somebody was quicker: then it is nobody's aim */
            continue;
        }
        who[at] = IDENTITY(pids[at], start);
        size_t number = (size_t)(pids[at] - FIRST_NUMBER);
        if (number < NUMBERS * 4) {
            s->number_seen_again += last[number] != 0;
            last[number] = who[at];
        }
        atomic_store(&s->alive[at], who[at]);
        s->forks++;
    }
    for (size_t at = 0; at < ALIVE; at++) {
        int status = 0;

        kill(pids[at], SIGKILL);
        waitpid(pids[at], &status, 0);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1) {
            s->hit[s->hit_count++] = who[at];
        }
    }
    atomic_store(&s->done, true);
    _exit(0);
}

/* Means one of them, looks elsewhere for a while, and sends. */
static void aim(struct shared *s)
{
    unsigned seed = 1;

    while (!atomic_load(&s->done) && atomic_load(&s->intent_count) < INTENTS_MAX) {
        uint64_t old[8];

        for (size_t i = 0; i < 8; i++) {
            seed = seed * 1103515245 + 12345;
            old[i] = atomic_load(&s->alive[(seed >> 16) % ALIVE]);
        }
        /* some are gone then, some numbers another's, however fast this machine is */
        static const useconds_t waits[] = {500, 60000, 300000};

        usleep(waits[(seed >> 20) % 3]);
        for (size_t i = 0; i < 8; i++) {
            struct err err = ERR_INIT;
            int code;

            if (old[i] == 0) {
                continue;
            }
            atomic_store(&s->intents[atomic_fetch_add(&s->intent_count, 1)], old[i]);
            code = process_signal((int32_t)(old[i] >> 44), (int64_t)(old[i] & ((1ULL << 44) - 1)),
                                  SIGUSR1, &err);
            s->sent += code == 0;
            s->gone += code == -ERR_NOENT && !strstr(err.msg, "another's");
            s->other += code == -ERR_NOENT && strstr(err.msg, "another's") != NULL;
        }
    }
    _exit(0);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Process 1 of a namespace of its own: its end ends everybody in it. */
static int run_namespace(void *arg)
{
    struct shared *s = arg;
    int status, bad = 0;

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("proc", "/proc", "proc", 0, NULL) != 0 || !set_last_pid(FIRST_NUMBER)) {
        _exit(77);
    }
    if (fork() == 0) {
        churn(s);
    }
    if (fork() == 0) {
        aim(s);
    }
    for (int i = 0; i < 2; i++) {
        wait(&status);
        bad |= !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    }
    _exit(bad);
}

static void test_numbers_that_come_back(void **state)
{
    struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                            0);
    int status;

    (void)state;
    assert_ptr_not_equal(s, MAP_FAILED);
    pid_t outer = fork();
    if (outer == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (unshare(CLONE_NEWPID | CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0) {
            _exit(77);
        }
        pid_t first = fork();
        if (first == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            run_namespace(s);
        }
        if (first < 0 || waitpid(first, &status, 0) != first || !WIFEXITED(status)) {
            _exit(1);
        }
        _exit(WEXITSTATUS(status));
    }
    assert_int_equal(waitpid(outer, &status, 0), outer);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        munmap(s, sizeof *s);
        print_message("this system allows no namespace of one's own: not tried\n");
        return;
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    size_t intents = atomic_load(&s->intent_count), wrong = 0;
    uint64_t *meant = malloc((intents + 1) * sizeof *meant);
    assert_non_null(meant);
    for (size_t i = 0; i < intents; i++) {
        meant[i] = atomic_load(&s->intents[i]);
    }
    qsort(meant, intents, sizeof *meant, compare);
    for (size_t i = 0; i < s->hit_count; i++) {
        wrong += bsearch(&s->hit[i], meant, intents, sizeof *meant, compare) == NULL;
    }
    print_message("%zu forks, %zu of a number that was used before; %zu meant: %zu sent, %zu gone, "
                  "%zu another's; %zu hit, %zu of them not meant\n",
                  s->forks, s->number_seen_again, intents, s->sent, s->gone, atomic_load(&s->other),
                  s->hit_count, wrong);
    assert_int_equal(wrong, 0);
    assert_true(s->hit_count > 0);
    assert_true(s->number_seen_again > FORKS / 4);
    assert_true(atomic_load(&s->other) > 0); /* else it proved nothing */
    free(meant);
    munmap(s, sizeof *s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_meant_gets_it),
        cmocka_unit_test(test_without_pidfds),
        cmocka_unit_test(test_a_number_that_is_used_again),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_real_ones),
        cmocka_unit_test(test_numbers_that_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
