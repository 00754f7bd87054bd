/*
 * The collector with sources of the test's own: nothing that hangs delays a sample, the mailbox
 * drops what was not taken, and the end tells whether everything was joined.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "sampling/collector.h"
#include "sampling/platform.h"

static _Atomic int cpu_polls, thread_polls;
static _Atomic bool thread_hangs, thread_waits;
static bool process_hangs, cpu_fails;
static int hang_fd[2] = {-1, -1}; /* a read of it blocks until the test closes the other end */

static int poll_cpu(void *state, const struct source_context *c, void *part, struct err *err)
{
    struct cpu_part *p = part;

    (void)state;
    atomic_fetch_add(&cpu_polls, 1);
    if (cpu_fails) {
        return err_set(err, ERR_DENIED, "no permission to read it");
    }
    p->ticks = reading_ok(1, clock_mono_ns(&c->clock), SOURCE_CPU);
    p->core_count = 1;
    p->tier_count = 1;
    p->cores[0].online = true;
    p->cores[0].busy_ticks += 25;
    p->cores[0].idle_ticks += 75;
    return 0;
}

static int poll_thermal(void *state, const struct source_context *c, void *part, struct err *err)
{
    struct thermal_part *p = part;
    char byte;

    (void)state;
    (void)err;
    atomic_fetch_add(&thread_polls, 1);
    if (atomic_load(&thread_hangs) && read(hang_fd[0], &byte, 1) != 0) {
        return 0;
    }
    if (atomic_load(&thread_waits) && read(hang_fd[0], &byte, 1) != 1) {
        return 0;
    }
    p->state = reading_ok(1, clock_mono_ns(&c->clock), SOURCE_THERMAL);
    p->sensor_count = 1;
    memcpy(p->sensors[0].group, "cpu", 4);
    p->sensors[0].temperature_c = reading_ok(55, clock_mono_ns(&c->clock), SOURCE_THERMAL);
    return 0;
}

static int request_disk(void *state, const struct source_context *c, struct buf *out,
                        struct err *err)
{
    (void)state;
    (void)c;
    (void)err;
    buf_puts(out, process_hangs ? "hang" : "echo");
    return 0;
}

static void serve_disk(const char *request, size_t size, struct buf *reply)
{
    if (size == 4 && memcmp(request, "hang", 4) == 0) {
        for (;;) {
            pause();
        }
    }
    buf_add(reply, request, size);
}

/* A second one in a process of its own. Its answer is the process that gives it. */
static void serve_host(const char *request, size_t size, struct buf *reply)
{
    (void)request;
    (void)size;
    buf_printf(reply, "%d", (int)getpid());
}

static int request_host(void *state, const struct source_context *c, struct buf *out,
                        struct err *err)
{
    (void)state;
    (void)c;
    (void)err;
    buf_puts(out, "who");
    return 0;
}

static int reply_host(void *state, const struct source_context *c, const char *data, size_t size,
                      void *part, struct err *err)
{
    struct host_part *p = part;

    (void)state;
    (void)size;
    (void)err;
    p->uptime_s = reading_ok(strtod(data, NULL), clock_mono_ns(&c->clock), SOURCE_HOST);
    return 0;
}

static int reply_disk(void *state, const struct source_context *c, const char *data, size_t size,
                      void *part, struct err *err)
{
    struct disk_part *p = part;

    (void)state;
    if (size != 4 || memcmp(data, "echo", 4) != 0) {
        return err_set(err, ERR_PARSE, "not what was asked");
    }
    p->disk_count = 1;
    p->disks[0].free = reading_ok(42, clock_mono_ns(&c->clock), SOURCE_DISK);
    return 0;
}

/* One that asks three questions in a row; the second one hangs when process_hangs. */
static struct round {
    unsigned at;
} round_state;

static int open_round(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    round_state.at = 0;
    *state = &round_state;
    return 0;
}

static int request_round(void *state, const struct source_context *c, struct buf *out,
                         struct err *err)
{
    const struct round *r = state;

    (void)c;
    (void)err;
    buf_puts(out, r->at == 1 && process_hangs ? "hang" : "echo");
    return 0;
}

static void next_question(struct round *r)
{
    r->at = (r->at + 1) % 3;
}

static int reply_round(void *state, const struct source_context *c, const char *data, size_t size,
                       void *part, struct err *err)
{
    struct round *r = state;
    struct network_part *p = part;

    (void)data;
    (void)err;
    assert_int_equal(size, 4);
    p->network_count = 3;
    memcpy(p->networks[r->at].name, (const char *[]){"n0", "n1", "n2"}[r->at], 3);
    p->networks[r->at].receive_bytes = reading_ok(7, clock_mono_ns(&c->clock), SOURCE_NETWORK);
    next_question(r);
    return 0;
}

static bool again_round(void *state)
{
    const struct round *r = state;

    return r->at != 0;
}

static void give_up_round(void *state, const struct source_context *c, void *part)
{
    struct round *r = state;
    struct network_part *p = part;

    (void)c;
    p->networks[r->at].hidden = true;
    next_question(r);
}

static const struct source_ops round_ops = {.name = "network",
                                            .id = SOURCE_NETWORK,
                                            .part_offset = offsetof(struct sample, network),
                                            .part_size = sizeof(struct network_part),
                                            .period_ms = 20,
                                            .deadline_ms = 50,
                                            .flags = SOURCE_PROBE_PROCESS,
                                            .open = open_round,
                                            .request = request_round,
                                            .serve = serve_disk,
                                            .reply = reply_round,
                                            .again = again_round,
                                            .give_up = give_up_round};
static const struct source_ops cpu_ops = {.name = "cpu",
                                          .id = SOURCE_CPU,
                                          .part_offset = offsetof(struct sample, cpu),
                                          .part_size = sizeof(struct cpu_part),
                                          .deadline_ms = 1000,
                                          .poll = poll_cpu};
static const struct source_ops thermal_ops = {.name = "thermal",
                                              .id = SOURCE_THERMAL,
                                              .part_offset = offsetof(struct sample, thermal),
                                              .part_size = sizeof(struct thermal_part),
                                              .period_ms = 20,
                                              .deadline_ms = 50,
                                              .flags = SOURCE_PROBE_THREAD,
                                              .poll = poll_thermal};
static const struct source_ops disk_ops = {.name = "disk",
                                           .id = SOURCE_DISK,
                                           .part_offset = offsetof(struct sample, disk),
                                           .part_size = sizeof(struct disk_part),
                                           .period_ms = 20,
                                           .deadline_ms = 50,
                                           .flags = SOURCE_PROBE_PROCESS,
                                           .request = request_disk,
                                           .serve = serve_disk,
                                           .reply = reply_disk};
static const struct source_ops host_ops = {.name = "host",
                                           .id = SOURCE_HOST,
                                           .part_offset = offsetof(struct sample, host),
                                           .part_size = sizeof(struct host_part),
                                           .period_ms = 20,
                                           .deadline_ms = 50,
                                           .flags = SOURCE_PROBE_PROCESS,
                                           .request = request_host,
                                           .serve = serve_host,
                                           .reply = reply_host};
static const struct source_ops *const sources[] = {&cpu_ops,  &thermal_ops, &disk_ops,
                                                   &host_ops, &round_ops,   NULL};
static const struct platform platform_test = {.name = "test",
                                              .sources = sources,
                                              .processes = &process_linux};
const struct platform *const platform_here = &platform_test;

struct fixture {
    struct reader *reader;
    struct config config;
    struct collector *c;
};

static void start(struct fixture *f, int64_t interval_ms)
{
    struct err err = ERR_INIT;
    struct collector_options o = {.clock = clock_real, .interval_ns = interval_ms * NS_PER_MS};

    f->reader = reader_new_kernel();
    config_init(&f->config);
    o.config = &f->config;
    o.reader = f->reader;
    f->c = collector_new(&o, &err);
    assert_non_null(f->c);
    assert_int_equal(collector_start(f->c, &err), 0);
}

/* The next model; fails the test when none comes within a second. */
static const struct model *next_model(struct fixture *f)
{
    struct pollfd p = {.fd = collector_wake_fd(f->c), .events = POLLIN};

    for (;;) {
        const struct model *m;

        assert_int_equal(poll(&p, 1, 1000), 1);
        m = collector_take(f->c);
        if (m) {
            return m;
        }
    }
}

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    atomic_store(&cpu_polls, 0);
    atomic_store(&thread_polls, 0);
    atomic_store(&thread_hangs, false);
    atomic_store(&thread_waits, false);
    process_hangs = cpu_fails = false;
    return pipe(hang_fd);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    close(hang_fd[0]);
    close(hang_fd[1]);
    config_release(&f->config);
    reader_free(f->reader);
    free(f);
    return 0;
}

static void test_all_three_kinds_answer(void **state)
{
    struct fixture *f = *state;
    const struct model *m;
    double v = 0, hot = 0, cpu = 0;
    int tries = 0;

    start(f, 10);
    do {
        m = next_model(f);
        assert_true(++tries < 100);
    } while (!reading_get(&m->disks[0].v[METRIC_DISK_FREE], &v) ||
             !reading_get(&m->v[METRIC_HOST_CPU_TEMPERATURE], &hot) ||
             !reading_get(&m->raw[METRIC_HOST_CPU_UTILIZATION], &cpu));
    assert_float_equal(v, 42, 1e-9);
    assert_float_equal(hot, 55, 1e-9);
    assert_float_equal(cpu, 0.25, 1e-9);
    assert_int_equal(m->sources[SOURCE_DISK].state, READING_OK);
    assert_true(collector_free(f->c));
}

/* One question hangs: it is said of that one, and the others are asked on, by another helper. */
static void test_what_hangs_is_given_up(void **state)
{
    struct fixture *f = *state;
    const struct model *m;

    process_hangs = true;
    start(f, 10);
    do {
        m = next_model(f);
        assert_true(m->sequence < 500);
    } while (m->network_count < 3 || !m->networks[1].hidden || m->networks[2].name[0] == '\0');
    assert_string_equal(m->networks[0].name, "n0");
    assert_int_equal(m->networks[1].name[0], '\0');
    assert_int_equal(m->sources[SOURCE_NETWORK].state, READING_OK);
    assert_true(collector_free(f->c));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* those that hang were ended as well */
}

static pid_t host_process(const struct model *m)
{
    double v = 0;

    return reading_get(&m->host.uptime_s, &v) ? (pid_t)v : 0;
}

static void test_a_hanging_process_costs_its_own_value_only(void **state)
{
    struct fixture *f = *state;
    const struct model *m;
    uint64_t first;
    int64_t answered;
    double v;

    process_hangs = true;
    start(f, 10);
    first = next_model(f)->sequence;
    do { /* goes on while the helper hangs, and says so */
        m = next_model(f);
        assert_true(m->sequence < first + 200);
    } while (m->sources[SOURCE_DISK].state != READING_STALE);
    assert_false(reading_get(&m->disks[0].v[METRIC_DISK_FREE], &v));
    assert_true(strstr(m->sources[SOURCE_DISK].reason, "has not answered") != NULL);
    assert_int_equal(m->sources[SOURCE_THERMAL].state, READING_OK);
    answered = m->sources[SOURCE_HOST].answered_ns;
    first = m->sequence;
    do { /* the other helper process answers again */
        m = next_model(f);
        assert_true(m->sequence < first + 200);
    } while (m->sources[SOURCE_HOST].answered_ns == answered);
    assert_int_equal(m->sources[SOURCE_DISK].state, READING_STALE);
    assert_true(collector_free(f->c));                /* a child can be killed */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and leaves no zombie */
}

static void test_a_killed_process_is_started_again(void **state)
{
    struct fixture *f = *state;
    const struct model *m;
    pid_t first;
    bool told = false;

    start(f, 10);
    do {
        m = next_model(f);
        assert_true(m->sequence < 200);
    } while ((first = host_process(m)) == 0);
    assert_int_equal(kill(first, SIGSTOP), 0); /* so that it is asked and cannot answer */
    do {
        m = next_model(f);
    } while (m->sources[SOURCE_HOST].state != READING_STALE);
    assert_int_equal(kill(first, SIGKILL), 0);
    do { /* asked again a second later: backoff of a source that failed */
        m = next_model(f);
        if (m->sources[SOURCE_HOST].state == READING_FAILED) {
            told = true;
            assert_string_equal(m->sources[SOURCE_HOST].reason,
                                "its helper process has ended and is started again");
        }
    } while (m->sources[SOURCE_HOST].state != READING_OK || host_process(m) == first);
    assert_true(told);
    assert_int_equal(m->sources[SOURCE_DISK].state, READING_OK);
    first = host_process(m);
    assert_true(collector_free(f->c));
    assert_int_equal(kill(first, 0), -1); /* its end was waited for */
}

/* What a child does below; it ends with _exit, as main does when a probe is stuck. */
static void hang_in_a_thread(struct fixture *f)
{
    const struct model *m;
    uint64_t first;
    int asked;

    atomic_store(&thread_hangs, true);
    start(f, 10);
    first = next_model(f)->sequence;
    do {
        m = next_model(f);
        if (m->sequence > first + 200) {
            _exit(2);
        }
    } while (m->sources[SOURCE_THERMAL].state != READING_STALE);
    asked = atomic_load(&thread_polls);
    for (int i = 0; i < 10; i++) {
        next_model(f);
    }
    if (atomic_load(&thread_polls) != asked) {
        _exit(3); /* it was asked again before it answered */
    }
    _exit(collector_free(f->c) ? 4 : 0);
}

static void test_a_hanging_thread_is_left_behind(void **state)
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        alarm(20);
        hang_in_a_thread(*state);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_untaken_models_are_replaced(void **state)
{
    struct fixture *f = *state;
    const struct model *m, *again;
    uint64_t sequence;

    start(f, 5);
    m = next_model(f);
    sequence = m->sequence;
    while (atomic_load(&cpu_polls) < (int)sequence + 20) {
        usleep(1000);
    }
    assert_int_equal(m->sequence, sequence); /* what was taken never changes */
    again = next_model(f);
    assert_true(again->sequence > sequence + 5);
    assert_true(collector_free(f->c));
}

static void test_a_failing_source_says_why_and_is_asked_less(void **state)
{
    struct fixture *f = *state;
    const struct model *m;

    cpu_fails = true;
    start(f, 10);
    for (int i = 0; i < 20; i++) {
        m = next_model(f);
    }
    assert_int_equal(m->sources[SOURCE_CPU].state, READING_DENIED);
    assert_string_equal(m->sources[SOURCE_CPU].reason, "no permission to read it");
    assert_true(atomic_load(&cpu_polls) < 5);
    assert_true(collector_free(f->c));
}

static void test_interval_change_acts_at_once(void **state)
{
    struct fixture *f = *state;
    uint64_t sequence;

    start(f, 60000);
    while ((sequence = next_model(f)->sequence) < 2) {
    }
    collector_set_interval(f->c, 10 * NS_PER_MS);
    while (next_model(f)->sequence < sequence + 5) {
    }
    assert_true(collector_free(f->c));
}

static _Atomic bool looked_around, looked_around_first;

static void note_looking_around(void *ctx, const struct reader_read *read)
{
    (void)ctx;
    if (strstr(read->key, "/proc/net/tcp")) {
        atomic_store(&looked_around, true);
        if (atomic_load(&cpu_polls) == 0) {
            atomic_store(&looked_around_first, true);
        }
    }
}

/* On a machine with very many processes, what is measured is there long before the services are. */
static void test_the_first_sample_does_not_wait_for_discovery(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct collector_options o = {
        .clock = clock_real, .interval_ns = 10 * NS_PER_MS, .services = true};

    f->reader = reader_new_kernel();
    reader_set_tee(f->reader, note_looking_around, NULL);
    config_init(&f->config);
    o.config = &f->config;
    o.reader = f->reader;
    f->c = collector_new(&o, &err);
    assert_non_null(f->c);
    assert_int_equal(collector_start(f->c, &err), 0);
    for (int i = 0; i < 100 && !atomic_load(&looked_around); i++) {
        next_model(f);
    }
    assert_true(atomic_load(&looked_around));
    assert_false(atomic_load(&looked_around_first));
    assert_true(collector_free(f->c));
}

static void test_without_a_thread(void **state)
{
    struct fixture *f = *state;
    struct clock_manual manual = {.mono_ns = 1000 * NS_PER_S, .wall_ns = 1795269600 * NS_PER_S};
    struct err err = ERR_INIT;
    struct collector_options o = {.interval_ns = NS_PER_S, .config = &f->config};
    const struct model *m;
    double v;

    f->reader = reader_new_kernel();
    config_init(&f->config);
    o.clock = clock_manual_ops(&manual);
    o.reader = f->reader;
    f->c = collector_new(&o, &err);
    assert_non_null(f->c);
    collector_step(f->c);
    clock_manual_advance(&manual, NS_PER_S);
    collector_step(f->c);
    m = collector_take(f->c);
    assert_non_null(m);
    assert_int_equal(m->sequence, 2);
    assert_int_equal(m->wall_ns, 1795269601 * NS_PER_S);
    assert_true(reading_get(&m->raw[METRIC_HOST_CPU_UTILIZATION], &v));
    assert_float_equal(v, 0.25, 1e-9);
    assert_null(collector_take(f->c));
    assert_true(collector_free(f->c));
}

/* Who takes one sample only gets it with what its own probes answer: until they have, it is said to
 * be unfinished. A moment in which the machine does not run the test can make an answer late, which
 * is not waited for: hence several rounds. */
static void test_a_whole_sample_holds_the_answers_it_asked_for(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct collector_options o = {
        .clock = clock_real, .interval_ns = 250 * NS_PER_MS, .exact = true, .whole = true};
    bool waited = false;

    f->reader = reader_new_kernel();
    config_init(&f->config);
    o.config = &f->config;
    o.reader = f->reader;
    f->c = collector_new(&o, &err);
    assert_non_null(f->c);
    assert_int_equal(collector_start(f->c, &err), 0);
    while (!next_model(f)->sources_settled) {
    }
    atomic_store(&thread_waits, true);
    for (int round = 0; round < 20 && !waited; round++) {
        const struct model *m = next_model(f);
        int64_t asked_ns = clock_mono_ns(&clock_real);

        if (m->sources_settled) {
            continue;
        }
        assert_int_equal(write(hang_fd[1], "x", 1), 1);
        do {
            m = next_model(f);
        } while (!m->sources_settled);
        waited = m->v[METRIC_HOST_CPU_TEMPERATURE].at_ns >= asked_ns;
    }
    assert_true(waited);
    atomic_store(&thread_waits, false);
    assert_int_equal(write(hang_fd[1], "x", 1), 1); /* the one that may be waiting */
    assert_true(collector_free(f->c));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_all_three_kinds_answer),
        T(test_a_hanging_process_costs_its_own_value_only),
        T(test_what_hangs_is_given_up),
        T(test_a_killed_process_is_started_again),
        T(test_untaken_models_are_replaced),
        T(test_a_failing_source_says_why_and_is_asked_less),
        T(test_interval_change_acts_at_once),
        T(test_the_first_sample_does_not_wait_for_discovery),
        T(test_without_a_thread),
        T(test_a_whole_sample_holds_the_answers_it_asked_for),
        T(test_a_hanging_thread_is_left_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
