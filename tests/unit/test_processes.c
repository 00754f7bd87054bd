/* The full scan: what it finds of processes that are there, that come and go, and that are another
 * machine's; who may be read, what is masked, what it costs at once. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sampling/linux/process_parse.h"
#include "sampling/process_scan.h"
#include "sampling/processes.h"
#include "sampling/users.h"
#include "tests/machine.h"
#include "tests/manifest.h"

/* ---------------------------------------------------------------- parsers */

static void test_io(void **state)
{
    static const char text[] = "rchar: 9\nwchar: 8\nsyscr: 7\nsyscw: 6\nread_bytes: 4096\n"
                               "write_bytes: 18446744073709551615\ncancelled_write_bytes: 1\n";
    struct process_io io = {1, 2};

    (void)state;
    assert_int_equal(process_parse_io(text, strlen(text), &io), 0);
    assert_int_equal(io.read_bytes, 4096);
    assert_true(io.write_bytes == UINT64_MAX);
    static const char *const bad[] = {"", "read_bytes: 1\n", "write_bytes: 1\n",
                                      "read_bytes: x\nwrite_bytes: 1\n",
                                      "read_bytes: -1\nwrite_bytes: 1\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        io = (struct process_io){7, 7};
        assert_int_equal(process_parse_io(bad[i], strlen(bad[i]), &io), -1);
        assert_int_equal(io.read_bytes, 7);
    }
}

static void test_statm(void **state)
{
    struct process_statm m;

    (void)state;
    assert_int_equal(process_parse_statm("100 50 20 1 0 9 0\n", 18, &m), 0);
    assert_int_equal(m.resident_pages, 50);
    assert_int_equal(m.shared_pages, 20);
    assert_int_equal(process_parse_statm("100 50\n", 7, &m), -1);
    assert_int_equal(process_parse_statm("a b c\n", 6, &m), -1);
    assert_int_equal(process_parse_statm("", 0, &m), -1);
}

static void test_file_limit(void **state)
{
    static const char text[] =
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max processes             12                   34                   processes \n"
        "Max open files            1024                 1048576              files     \n";
    static const char none[] = "Max open files            unlimited   unlimited files\n";
    double limit = 0;

    (void)state;
    assert_int_equal(process_parse_file_limit(text, strlen(text), &limit), 0);
    assert_true(limit == 1024);
    assert_int_equal(process_parse_file_limit(none, strlen(none), &limit), 0);
    assert_true(isinf(limit));
    assert_int_equal(process_parse_file_limit("Max open files\n", 15, &limit), -1);
    assert_int_equal(process_parse_file_limit("Max open files  x\n", 18, &limit), -1);
    assert_int_equal(process_parse_file_limit(text, 60, &limit), -1);
}

static void test_status_line(void **state)
{
    static const char text[] = "Name:\tVmSwap: 5 kB\nVmSwap:\t    1234 kB\n";
    uint64_t kib = 0;

    (void)state;
    assert_int_equal(process_parse_status_kib(text, strlen(text), "VmSwap", &kib), 0);
    assert_int_equal(kib, 1234);
    assert_int_equal(process_parse_status_kib("VmSwap: 1 MB\n", 13, "VmSwap", &kib), -1);
    assert_int_equal(process_parse_status_kib("VmSwap: 1\n", 10, "VmSwap", &kib), -1);
    assert_int_equal(process_parse_status_kib("Name: x\n", 8, "VmSwap", &kib), -1);
}

static void test_users(void **state)
{
    static const char text[] = "root:x:0:0:root:/root:/bin/bash\n"
                               "ann:x:1000:1000::/home/ann:/bin/sh\n"
                               "second:x:1000:1::/:/bin/sh\n"
                               "# a comment:x:5:5\n"
                               "+:x:6:6\n"
                               ":x:7:7\n"
                               "no-number:x::\n"
                               "ev\033[31mil:x:4294967295:1\n"
                               "too-far:x:4294967296:1\n"
                               "daemon:x:1:1";
    struct users users = {NULL, 0};

    (void)state;
    users_parse(text, strlen(text), &users);
    assert_string_equal(users_name(&users, 0), "root");
    assert_string_equal(users_name(&users, 1000), "ann");
    assert_string_equal(users_name(&users, 1), "daemon");
    assert_string_equal(users_name(&users, 4294967295), "ev[31mil");
    assert_int_equal(users.count, 4);
    assert_null(users_name(&users, 5));
    assert_null(users_name(&users, 6));
    assert_null(users_name(&users, -1));
    users_release(&users);
    assert_null(users_name(&users, 0));
}

static void check_environment(const char *text, size_t size, const char *wanted)
{
    struct buf out;

    buf_init(&out, 4096);
    process_mask_environment(text, size, &out);
    assert_string_equal(out.data, wanted);
    buf_release(&out);
}
#define CHECK_ENVIRONMENT(text, wanted) check_environment(text, sizeof(text) - 1, wanted)

static void test_an_environment_is_masked(void **state)
{
    (void)state;
    CHECK_ENVIRONMENT("PATH=/bin\0HOME=/root\0", "PATH=/bin\nHOME=/root\n");
    CHECK_ENVIRONMENT("HF_TOKEN=hf_abc\0", "HF_TOKEN=***\n");
    CHECK_ENVIRONMENT("PGPASSWORD=x\0MYSQL_PWD=x\0GPGKEY=x\0SSHPASS=x\0",
                      "PGPASSWORD=***\nMYSQL_PWD=***\nGPGKEY=***\nSSHPASS=***\n");
    CHECK_ENVIRONMENT("AWS_SECRET_ACCESS_KEY=x\0aws_session_token=y\0",
                      "AWS_SECRET_ACCESS_KEY=***\naws_session_token=***\n");
    CHECK_ENVIRONMENT("PWD=/tmp\0OLDPWD=/\0", "PWD=/tmp\nOLDPWD=/\n");
    CHECK_ENVIRONMENT("INNOCENT=sk-0123456789abcdef\0", "INNOCENT=***\n");
    CHECK_ENVIRONMENT("DB=postgres://ann:secret@host/db\0", "DB=postgres://***@host/db\n");
    CHECK_ENVIRONMENT("A=\033]0;title\007\n b\0", "A=]0;title  b\n");
    CHECK_ENVIRONMENT("empty\0\0=\0", "empty\n=\n");
    /* Cut off at the size that is read: perhaps in the middle of what would be masked. */
    CHECK_ENVIRONMENT("A=1\0DB=postgres://ann:sec", "A=1\n");
    CHECK_ENVIRONMENT("", "");
}

static void test_arguments_are_masked_whole(void **state)
{
    struct buf out;
    char text[9000] = "serve\0--api-key\0";
    size_t size = 16;

    (void)state;
    memset(text + size, 'x', 5000);
    size += 5001;
    memcpy(text + size, "--last", 7);
    size += 7;
    buf_init(&out, 65536);
    process_mask_arguments(text, size, &out);
    assert_string_equal(out.data, "serve\x1f--api-key\x1f***\x1f--last");
    process_mask_arguments("", 0, &out);
    assert_string_equal(out.data, "");
    buf_release(&out);
}

/* ---------------------------------------------------------------- this machine */

/* The real time, and what was skipped of it. */
static int64_t skipped_ns;
static int64_t shifted_mono_ns(void *ctx)
{
    (void)ctx;
    return clock_mono_ns(&clock_real) + skipped_ns;
}
static int64_t shifted_wall_ns(void *ctx)
{
    (void)ctx;
    return clock_wall_ns(&clock_real) + skipped_ns;
}
static const struct clock_ops shifted = {shifted_mono_ns, shifted_wall_ns, NULL};

static struct reader *reader;
static struct processes *all;
static struct sample sample;

static int set_up(void **state)
{
    (void)state;
    reader = reader_new_kernel();
    all = processes_new(reader, &shifted, NULL);
    sample = (struct sample){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    processes_free(all);
    reader_free(reader);
    arena_release(&sample.arena);
    return 0;
}

static void wish(int32_t pid, int64_t start, bool environment)
{
    const struct process_wish w = {true, pid, start, environment};

    processes_wish(all, &w);
}

/* One whole scan at a time that it takes for due. */
static void scan_at(int64_t now_ns)
{
    while (processes_next_ns(all, now_ns) <= now_ns) {
        (void)processes_step(all, now_ns, now_ns, NS_PER_S * 1000);
    }
    arena_clear(&sample.arena);
    processes_fill(all, &sample);
}

static void scan(void)
{
    skipped_ns += 100 * NS_PER_S;
    scan_at(clock_mono_ns(&shifted));
}

static const struct process_facts *find(int32_t pid)
{
    for (size_t i = 0; i < sample.processes.count; i++) {
        if (sample.processes.processes[i].pid == pid) {
            return &sample.processes.processes[i];
        }
    }
    return NULL;
}

struct child {
    pid_t pid;
    int ready[2];
};

static void begin_child(struct child *c, const char *name)
{
    char byte;

    assert_int_equal(pipe(c->ready), 0);
    c->pid = fork();
    if (c->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nobody behind */
        prctl(PR_SET_NAME, name);
        if (write(c->ready[1], "x", 1) != 1) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    assert_int_equal(read(c->ready[0], &byte, 1), 1);
}

static void end_child(struct child *c)
{
    kill(c->pid, SIGKILL);
    waitpid(c->pid, NULL, 0);
    close(c->ready[0]);
    close(c->ready[1]);
}

static void test_nobody_looks(void **state)
{
    const struct process_wish none = {0};

    (void)state;
    assert_true(processes_next_ns(all, 0) == INT64_MAX);
    scan();
    assert_int_equal(sample.processes.count, 0);
    assert_int_equal(sample.processes.state.state, READING_NONE);
    assert_int_equal(sample.processes.state.reason, REASON_NOT_LOOKED);
    assert_string_equal(sample.sources[SOURCE_PROCESSES].name, "processes");
    assert_int_equal(sample.sources[SOURCE_PROCESSES].state, READING_NONE);
    wish(0, 0, false);
    arena_clear(&sample.arena);
    processes_fill(all, &sample);
    assert_int_equal(sample.processes.state.reason, REASON_NOT_YET);
    scan();
    assert_true(sample.processes.count > 0);
    processes_wish(all, &none);
    assert_true(processes_next_ns(all, 0) == INT64_MAX);
    arena_clear(&sample.arena);
    processes_fill(all, &sample);
    assert_int_equal(sample.processes.count, 0);
    assert_int_equal(sample.processes.state.reason, REASON_NOT_LOOKED);
}

static void test_this_process(void **state)
{
    (void)state;
    wish(0, 0, false);
    scan();
    const struct process_facts *f = find(getpid());
    assert_non_null(f);
    assert_int_equal(f->ppid, getppid());
    assert_int_equal(f->uid, geteuid());
    assert_int_equal(f->state, 'R');
    assert_false(f->kernel);
    assert_true(f->start > 0);
    assert_non_null(strstr(f->argv, "test_processes"));
    assert_int_equal(f->service, OWNER_NONE);
    assert_true(f->v[METRIC_PROCESS_THREADS] == 1);
    assert_true(f->v[METRIC_PROCESS_RESIDENT] > 1000000);
    assert_true(f->v[METRIC_PROCESS_MEMORY] > 100000);
    assert_true(f->v[METRIC_PROCESS_MEMORY] < f->v[METRIC_PROCESS_RESIDENT]);
    assert_true(isnan(f->v[METRIC_PROCESS_GPU]));
    for (size_t i = 1; i < sample.processes.count; i++) {
        assert_true(sample.processes.processes[i - 1].pid < sample.processes.processes[i].pid);
    }
    assert_int_equal(sample.processes.state.state, READING_OK);
    assert_int_equal(sample.sources[SOURCE_PROCESSES].state, READING_OK);
}

static void test_cpu_and_disk_are_counted(void **state)
{
    char path[] = "/var/tmp/test_processes.XXXXXX";
    static char block[65536];
    double cpu, written;

    (void)state;
    wish(0, 0, false);
    scan();
    cpu = find(getpid())->v[METRIC_PROCESS_CPU];
    written = find(getpid())->v[METRIC_PROCESS_WRITE];
    for (int64_t begun = clock_thread_cpu_ns(); clock_thread_cpu_ns() - begun < 100 * NS_PER_MS;) {
    }
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, block, sizeof block), sizeof block);
    assert_int_equal(fsync(fd), 0);
    close(fd);
    scan();
    assert_true(find(getpid())->v[METRIC_PROCESS_CPU] >= cpu + 0.09);
    assert_true(find(getpid())->v[METRIC_PROCESS_CPU_TIME] >= 0.09);
    if (!isnan(written)) { /* a file system in memory is none */
        assert_true(find(getpid())->v[METRIC_PROCESS_WRITE] >= written);
    }
}

static void test_a_hostile_name(void **state)
{
    struct child c;

    (void)state;
    begin_child(&c, "a) R\n\033]0;x\007");
    wish(0, 0, false);
    scan();
    const struct process_facts *f = find(c.pid);
    assert_non_null(f);
    assert_string_equal(f->name, "a) R ]0;x");
    assert_int_equal(f->ppid, getpid());
    end_child(&c);
    scan();
    assert_null(find(c.pid));
}

static void test_one_that_ended_and_was_not_waited_for(void **state)
{
    struct child c;
    siginfo_t info;

    (void)state;
    begin_child(&c, "zombie");
    kill(c.pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)c.pid, &info, WEXITED | WNOWAIT), 0);
    wish(0, 0, false);
    scan();
    assert_non_null(find(c.pid));
    assert_int_equal(find(c.pid)->state, 'Z');
    assert_string_equal(find(c.pid)->argv, "");
    end_child(&c);
}

/* Becomes another program under the same number: name, owner and arguments are read again. */
static void test_exec_is_seen(void **state)
{
    int go[2];
    char byte = 0;

    (void)state;
    assert_int_equal(pipe2(go, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (read(go[0], &byte, 1) == 1 && dup2(go[0], 0) == 0) {
            execlp("sh", "sh", "-c", "read line", "--token=abcdefgh", (char *)NULL);
        }
        _exit(1);
    }
    wish(0, 0, false);
    scan();
    assert_non_null(find(pid));
    assert_string_equal(find(pid)->name, find(getpid())->name);
    assert_int_equal(write(go[1], "x", 1), 1);
    do {
        scan();
        assert_non_null(find(pid));
    } while (strcmp(find(pid)->name, "sh") != 0 && find(pid)->state != 'Z');
    assert_string_equal(find(pid)->argv, "sh\x1f-c\x1fread line\x1f--token=***");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(go[0]);
    close(go[1]);
}

static void test_a_list_is_whole(void **state)
{
    int64_t now = clock_mono_ns(&shifted);

    (void)state;
    wish(0, 0, false);
    /* No time at all: one process a step, and nothing is shown until the last. */
    bool awaited = false;
    size_t steps = 0;
    while (!awaited) {
        arena_clear(&sample.arena);
        processes_fill(all, &sample);
        assert_int_equal(sample.processes.count, 0);
        assert_true(processes_next_ns(all, now) <= now);
        awaited = processes_step(all, now, now, -2000 * NS_PER_S);
        steps++;
    }
    processes_fill(all, &sample);
    assert_true(sample.processes.count > 2);
    assert_true(steps >= sample.processes.count);
    /* The next one begins, and the list is the one before until it is whole. */
    size_t count = sample.processes.count;
    skipped_ns += 100 * NS_PER_S;
    now = clock_mono_ns(&shifted);
    assert_false(processes_step(all, now, now, -2000 * NS_PER_S));
    arena_clear(&sample.arena);
    processes_fill(all, &sample);
    assert_int_equal(sample.processes.count, count);
}

static void test_details(void **state)
{
    struct child c;

    (void)state;
    assert_int_equal(setenv("TEST_PLAIN", "shown", 1), 0);
    begin_child(&c, "details");
    wish(0, 0, false);
    scan();
    const struct process_facts *f = find(c.pid);
    assert_non_null(f);
    int64_t start = f->start;
    assert_null(sample.processes.details);
    wish(c.pid, start, false);
    scan();
    const struct process_details *d = sample.processes.details;
    assert_non_null(d);
    assert_int_equal(d->pid, c.pid);
    assert_true(d->start == start);
    assert_non_null(strstr(d->argv, "test_processes"));
    char cwd[4096];
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_string_equal(d->cwd, cwd);
    assert_non_null(strstr(d->executable, "test_processes"));
    assert_int_equal(strncmp(d->parent, "test_processes", 14), 0);
    assert_true(d->open_files.value >= 5);
    assert_true(d->file_limit.value >= d->open_files.value);
    assert_true(d->threads.value >= 1); /* a sanitizer may have one of its own */
    assert_int_equal(d->swap_bytes.state, READING_OK);
    assert_string_equal(d->environment, "");
    assert_int_equal(d->environment_state.state, READING_NONE);
    wish(c.pid, start, true);
    scan();
    assert_int_equal(sample.processes.details->environment_state.state, READING_OK);
    assert_non_null(strstr(sample.processes.details->environment, "PATH="));
    /* Another one under its number is nobody's business. */
    wish(c.pid, start + 1, true);
    scan();
    assert_null(sample.processes.details);
    wish(c.pid, start, false);
    scan();
    assert_non_null(sample.processes.details);
    end_child(&c);
    scan();
    scan();
    assert_null(sample.processes.details);
}

struct heard {
    unsigned reads, untold;
};

static void hear(void *ctx, const struct reader_read *read)
{
    struct heard *h = ctx;

    h->reads++;
    h->untold += strstr(read->key, "environ") != NULL;
}

static void test_an_environment_is_never_recorded(void **state)
{
    struct heard h = {0, 0};

    (void)state;
    reader_set_tee(reader, hear, &h);
    wish(0, 0, false);
    scan();
    wish(getpid(), find(getpid())->start, true);
    scan();
    assert_int_equal(sample.processes.details->environment_state.state, READING_OK);
    assert_true(h.reads > 10);
    assert_int_equal(h.untold, 0);
}

/* ---------------------------------------------------------------- another machine */

#define TAIL(ticks, pages)                                                                         \
    " 0 0 0 -1 4194304 10 0 1 0 " ticks " 5 7 9 20 0 3 0 500 1000000 " pages " 1 1 1\n"

static const char *const tree[][2] = {
    {"/etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n"},
    {"/proc/2/stat", "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 1 0 0 20 0 1 0 5 0 0 1 1 1\n"},
    {"/proc/100/stat", "100 (ollama) S 1" TAIL("100", "50")},
    {"/proc/100/statm", "900 50 20 0 0 0 0\n"},
    {"/proc/100/io", "rchar: 1\nread_bytes: 1000\nwrite_bytes: 2000\n"},
    {"/proc/100/cmdline", "ollama"},
    {"/proc/100/status", "Name:\tollama\nUid:\t1000\t1000\t1000\t1000\n"},
    {"/proc/101/stat", "101 (llama-server) R 100" TAIL("400", "5000")},
    {"/proc/101/status", "Uid:\t77\t77\t77\t77\n"},
    {"/proc/102/stat", "102 (orphan) S 1" TAIL("1", "1")},
    {"/proc/102/cgroup", "0::/system.slice/docker-0123456789ab.scope\n"},
    {"/proc/bad/stat", ""},
    {"/proc/103/stat", "no stat\n"},
};

static void test_a_tree(void **state)
{
    struct machine m;
    struct service_facts services[2] = {
        {.name = "ollama", .pid = 100, .pid_start = 500, .container = ""},
        {.name = "comfyui", .pid = 999, .pid_start = 1, .container = "0123456789ab"},
    };

    (void)state;
    assert_int_equal(machine_open(&m, NULL, NULL), 0);
    for (size_t i = 0; i < sizeof tree / sizeof *tree; i++) {
        assert_int_equal(manifest_write(m.dir, tree[i][0], tree[i][1]), 0);
    }
    processes_free(all);
    all = processes_new(m.reader, &m.context.clock, NULL);
    sample.services = services;
    sample.service_count = 2;
    wish(0, 0, false);
    scan_at(m.time.mono_ns);
    assert_int_equal(sample.processes.count, 4);
    const struct process_facts *f = find(2);
    assert_true(f->kernel);
    assert_string_equal(f->user, "root");
    assert_true(f->v[METRIC_PROCESS_RESIDENT] == 0);
    assert_int_equal(f->service, OWNER_NONE);
    f = find(100);
    assert_int_equal(f->uid, 1000);
    assert_string_equal(f->user, "ann");
    assert_string_equal(f->argv, "ollama");
    assert_int_equal(f->service, 0);
    assert_true(fabs(f->v[METRIC_PROCESS_CPU] - 1.05) < 1e-9); /* children are not its own */
    assert_true(f->v[METRIC_PROCESS_RESIDENT] == 50 * 4096);
    assert_true(f->v[METRIC_PROCESS_MEMORY] == 30 * 4096);
    assert_true(f->v[METRIC_PROCESS_READ] == 1000);
    assert_true(f->v[METRIC_PROCESS_WRITE] == 2000);
    assert_true(f->v[METRIC_PROCESS_THREADS] == 3);
    f = find(101);
    assert_int_equal(f->service, 0);
    assert_string_equal(f->user, "77");
    assert_true(isnan(f->v[METRIC_PROCESS_MEMORY]));
    assert_int_equal(f->why[METRIC_PROCESS_MEMORY], REASON_NO_FILE);
    /* Containers are read once a service is known to run in one: at the next scan. */
    assert_int_equal(find(102)->service, OWNER_NONE);
    machine_advance_ms(&m, 100000);
    scan_at(m.time.mono_ns);
    assert_int_equal(find(102)->service, 1);
    /* A number that is used again, and a counter that went on. */
    assert_int_equal(manifest_write(m.dir, "/proc/100/io", "read_bytes: 5\nwrite_bytes: 6\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/proc/100/stat",
                                    "100 (sh) S 1 0 0 0 -1 4194304 10 0 1 0 0 0 7 9 20 0 3 0 "
                                    "777 1000000 50 1 1 1\n"),
                     0);
    assert_int_equal(manifest_write(m.dir, "/proc/100/cmdline", "sh"), 0);
    machine_advance_ms(&m, 100000);
    scan_at(m.time.mono_ns);
    f = find(100);
    assert_true(f->start == 777);
    assert_string_equal(f->argv, "sh");
    assert_int_equal(f->service, OWNER_NONE);
    assert_int_equal(find(101)->service, OWNER_NONE);
    assert_true(f->v[METRIC_PROCESS_READ] == 5);
    processes_free(all);
    all = NULL;
    assert_int_equal(machine_close(&m), 0);
}

/* /proc that does not let others be read: they are there, and nothing is said of them. */
static void test_hidden_ones(void **state)
{
    struct machine m;
    char path[512];

    (void)state;
    assert_int_equal(machine_open(&m, NULL, NULL), 0);
    assert_int_equal(manifest_write(m.dir, "/proc/5/stat", "5 (x) S 1" TAIL("1", "1")), 0);
    assert_int_equal(manifest_write(m.dir, "/proc/6/stat", "6 (y) S 1" TAIL("1", "1")), 0);
    assert_int_equal(manifest_write(m.dir, "/proc/6/io", "read_bytes: 1\nwrite_bytes: 1\n"), 0);
    snprintf(path, sizeof path, "%s/proc/5/stat", m.dir);
    assert_int_equal(chmod(path, 0), 0);
    snprintf(path, sizeof path, "%s/proc/6/io", m.dir);
    assert_int_equal(chmod(path, 0), 0);
    processes_free(all);
    all = processes_new(m.reader, &m.context.clock, NULL);
    wish(0, 0, false);
    bool root = geteuid() == 0; /* who reads everything */
    assert_int_equal(chmod(m.dir, 0755), 0);
    assert_int_equal(root ? seteuid(65534) : 0, 0);
    scan_at(m.time.mono_ns);
    assert_int_equal(root ? seteuid(0) : 0, 0);
    const struct process_facts *f = find(5);
    assert_non_null(f);
    assert_int_equal(f->start, 0);
    assert_int_equal(f->uid, -1);
    assert_string_equal(f->user, "?");
    assert_int_equal(f->why[METRIC_PROCESS_CPU], REASON_OTHER_USER);
    f = find(6);
    assert_int_equal(f->why[METRIC_PROCESS_READ], REASON_OTHER_USER);
    assert_int_equal(f->why[METRIC_PROCESS_CPU], REASON_NONE);
    assert_non_null(strstr(sample.sources[SOURCE_PROCESSES].reason, "hidepid"));
    processes_free(all);
    all = NULL;
    assert_int_equal(machine_close(&m), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_io),
        cmocka_unit_test(test_statm),
        cmocka_unit_test(test_file_limit),
        cmocka_unit_test(test_status_line),
        cmocka_unit_test(test_users),
        cmocka_unit_test(test_an_environment_is_masked),
        cmocka_unit_test(test_arguments_are_masked_whole),
        cmocka_unit_test_setup_teardown(test_nobody_looks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_this_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cpu_and_disk_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_hostile_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_that_ended_and_was_not_waited_for, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_exec_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_list_is_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_details, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_environment_is_never_recorded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_tree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hidden_ones, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
