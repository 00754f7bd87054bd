/* The kernel's text about processes, and the table of the processes that run now. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "sampling/linux/process_parse.h"

#define TAIL                                                                                       \
    " S 16024 16024 1 0 -1 4194560 6018 1297 1 0 250 30 7 13 20 0 12 0 21877 1861627904 9499 "     \
    "18446744073709551615 1 "                                                                      \
    "1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n"

static void test_stat(void **state)
{
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"16035 (ollama)" TAIL, "ollama"},
        {"16035 (a) b (c))" TAIL, "a) b (c)"},
        {"16035 (new\nline)" TAIL, "new line"},
        {"16035 ()" TAIL, ""},
        {"16035 (\x1b[2Jx)" TAIL, "[2Jx"},
        {"16035 (python 3) S 1 (x)" TAIL, "python 3) S 1 (x"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct process_stat s;
        assert_int_equal(process_parse_stat(cases[i].text, strlen(cases[i].text), &s), 0);
        assert_string_equal(s.name, cases[i].name);
        assert_int_equal(s.pid, 16035);
        assert_int_equal(s.ppid, 16024);
        assert_int_equal(s.state, 'S');
        assert_int_equal(s.cpu_ticks, 250 + 30 + 7 + 13);
        assert_int_equal(s.start_ticks, 21877);
        assert_int_equal(s.resident_pages, 9499);
        assert_false(s.kernel);
    }
}

static void test_stat_of_a_kernel_thread(void **state)
{
    static const char text[] =
        "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 1 0 0 20 0 1 0 0 0 0 18446744073709551615\n";
    struct process_stat s;
    (void)state;
    assert_int_equal(process_parse_stat(text, strlen(text), &s), 0);
    assert_true(s.kernel);
}

static void test_stat_that_is_none(void **state)
{
    static const char *const cases[] = {
        "",           "1",          "1 (a",        "1 a) S 1",        "(a)" TAIL,
        "x (a)" TAIL, "0 (a)" TAIL, "1 (a) S 1\n", "1 (a) S x 1 1 1", "99999999999 (a)" TAIL,
        "1 (a)\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct process_stat s;
        assert_int_equal(process_parse_stat(cases[i], strlen(cases[i]), &s), -1);
    }
}

static void test_command_line(void **state)
{
    char out[64];
    (void)state;
    process_parse_cmdline("ollama\0serve\0", 13, out, sizeof(out));
    assert_string_equal(out, "ollama\x1fserve");
    process_parse_cmdline("a b\0\0c\0", 7, out, sizeof(out));
    assert_string_equal(out, "a b\x1f\x1f"
                             "c");
    process_parse_cmdline("evil\x1f\x1b]0;t\x07\0x", 14, out, sizeof(out));
    assert_null(strchr(out, '\x1b'));
    assert_string_equal(strrchr(out, '\x1f'), "\x1f"
                                              "x");
    assert_ptr_equal(strchr(out, '\x1f'),
                     strrchr(out, '\x1f')); /* a separator cannot be smuggled in */
    process_parse_cmdline("", 0, out, sizeof(out));
    assert_string_equal(out, "");
    char small[8];
    process_parse_cmdline("0123456789\0abc", 14, small, sizeof(small));
    assert_true(strlen(small) < sizeof(small));
}

static void test_uid(void **state)
{
    static const char text[] =
        "Name:\tollama\nUmask:\t0022\nUid:\t1000\t998\t1000\t1000\nGid:\t1\t1\t1\t1\n";
    int64_t uid = -1;
    (void)state;
    assert_int_equal(process_parse_status_uid(text, strlen(text), &uid), 0);
    assert_int_equal(uid, 998);
    assert_int_equal(process_parse_status_uid("Name:\tUid:\t5\t5\n", 15, &uid), -1);
    assert_int_equal(process_parse_status_uid("Uid:\t\n", 6, &uid), -1);
    assert_int_equal(process_parse_status_uid("Uid:\t1", 6, &uid), -1);
}

static struct reader *reader;
static struct process_table *table;

static int set_up(void **state)
{
    (void)state;
    reader = reader_new_kernel();
    table = process_table_new(reader);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    process_table_free(table);
    reader_free(reader);
    return 0;
}

static void scan(int64_t seconds, uint64_t forks)
{
    struct err err = ERR_INIT;
    assert_int_equal(process_table_scan(table, seconds * NS_PER_S, forks, &err), 0);
}

static void test_the_table_knows_this_process(void **state)
{
    size_t count;
    (void)state;
    scan(1, 0);
    const struct process *p = process_table_find(table, getpid());
    assert_non_null(p);
    assert_int_equal(p->ppid, getppid());
    assert_int_equal(p->uid, geteuid());
    assert_true(p->start > 0);
    assert_non_null(strstr(p->argv, "test_process"));
    const struct process *list = process_table_list(table, &count);
    for (size_t i = 1; i < count; i++)
        assert_true(list[i - 1].pid < list[i].pid);
}

static pid_t make_child(int ready[2])
{
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nobody behind */
        prctl(PR_SET_NAME, "a (b) c");
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    return pid;
}

static void end_child(pid_t pid, int ready[2])
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(ready[0]);
    close(ready[1]);
}

static void test_children_come_and_go(void **state)
{
    int ready[2];
    struct process_usage usage;
    unsigned members = 0, before = 0;
    struct err err = ERR_INIT;
    (void)state;
    scan(10, 5);
    const struct process *self = process_table_find(table, getpid());
    int64_t start = self->start;
    assert_int_equal(process_table_tree(table, getpid(), start, &usage, &before, &err), 0);
    pid_t pid = make_child(ready);
    scan(12, 6);
    const struct process *child = process_table_find(table, pid);
    assert_non_null(child);
    assert_string_equal(child->name, "a (b) c");
    assert_int_equal(process_table_tree(table, getpid(), start, &usage, &members, &err), 0);
    assert_int_equal(members, before + 1);
    assert_true(usage.resident_bytes > 100000);
    int64_t child_start = child->start;
    assert_int_equal(process_table_tree(table, pid, child_start + 1, &usage, &members, &err),
                     -ERR_NOENT);
    end_child(pid, ready);
    assert_int_equal(process_table_tree(table, pid, child_start, &usage, &members, &err),
                     -ERR_NOENT);
    scan(13, 6); /* it was found gone: listed again, whatever the number of forks */
    assert_null(process_table_find(table, pid));
}

/* What has ended but was not waited for is still listed by the kernel, under its name: it must not
 * pass for a service whose process runs. */
static void test_a_zombie_has_no_command_line(void **state)
{
    int ready[2];
    struct process_usage usage;
    unsigned members = 0;
    siginfo_t info;
    struct err err = ERR_INIT;
    (void)state;
    pid_t pid = make_child(ready);
    scan(14, 8);
    scan(15, 8); /* once more, as for a possible exec(); then it is known */
    const struct process *child = process_table_find(table, pid);
    assert_non_null(child);
    assert_string_not_equal(child->argv, "");
    int64_t start = child->start;
    kill(pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(process_table_tree(table, pid, start, &usage, &members, &err), -ERR_NOENT);
    scan(16, 8);
    child = process_table_find(table, pid);
    if (child != NULL)
        assert_string_equal(child->argv, "");
    end_child(pid, ready);
}

static void write_stat(const char *root, int pid)
{
    char path[256], line[256];
    snprintf(path, sizeof(path), "%s/proc/%d", root, pid);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/proc/%d/stat", root, pid);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    snprintf(line, sizeof(line), "%d (p)" TAIL, pid);
    assert_true(fputs(line, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* While nothing was started since the last scan, nothing new is looked for. */
static void test_no_forks_no_listing(void **state)
{
    char root[] = "/tmp/test_process.XXXXXX", path[256];
    struct err err = ERR_INIT;
    (void)state;
    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof(path), "%s/proc", root);
    assert_int_equal(mkdir(path, 0700), 0);
    write_stat(root, 5);
    struct reader *tree = reader_new_sysroot(root, &err);
    struct process_table *t = process_table_new(tree);
    assert_int_equal(process_table_scan(t, NS_PER_S, 100, &err), 0);
    assert_non_null(process_table_find(t, 5));
    write_stat(root, 6);
    assert_int_equal(process_table_scan(t, 5 * NS_PER_S, 100, &err), 0);
    assert_null(process_table_find(t, 6));
    assert_int_equal(process_table_scan(t, 9 * NS_PER_S, 101, &err), 0);
    assert_non_null(process_table_find(t, 6));
    process_table_free(t);
    reader_free(tree);
    for (int pid = 5; pid <= 6; pid++) {
        snprintf(path, sizeof(path), "%s/proc/%d/stat", root, pid);
        unlink(path);
        snprintf(path, sizeof(path), "%s/proc/%d", root, pid);
        rmdir(path);
    }
    snprintf(path, sizeof(path), "%s/proc", root);
    rmdir(path);
    rmdir(root);
}

static void remove_stat(const char *root, int pid)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/proc/%d/stat", root, pid);
    unlink(path);
    snprintf(path, sizeof(path), "%s/proc/%d", root, pid);
    rmdir(path);
}

/* A slice at a time, the list is the one before until the last; given up in the middle, it is left
 * alone. */
static void test_a_scan_in_slices(void **state)
{
    char root[] = "/tmp/test_process.XXXXXX", path[256];
    struct err err = ERR_INIT;
    size_t count, steps = 0;
    (void)state;
    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof(path), "%s/proc", root);
    assert_int_equal(mkdir(path, 0700), 0);
    for (int pid = 5; pid < 10; pid++)
        write_stat(root, pid);
    struct reader *tree = reader_new_sysroot(root, &err);
    struct process_table *t = process_table_new(tree);
    while (process_table_step(t, NS_PER_S, 0, 1, &err) == 1) {
        (void)process_table_list(t, &count);
        assert_true(count == 0 || count == 5);
        steps++;
    }
    assert_true(steps >= 4);
    (void)process_table_list(t, &count);
    assert_int_equal(count, 5);
    /* One in the middle ends, two come, one of them behind everybody: all in one scan. */
    remove_stat(root, 7);
    write_stat(root, 4);
    write_stat(root, 20);
    assert_int_equal(process_table_step(t, 10 * NS_PER_S, 0, 0, &err), 1);
    assert_non_null(process_table_find(t, 7));
    assert_null(process_table_find(t, 4));
    remove_stat(root, 20); /* listed, and gone when it is its turn */
    while (process_table_step(t, 10 * NS_PER_S, 0, 1, &err) == 1) {
    }
    const struct process *list = process_table_list(t, &count);
    assert_int_equal(count, 5);
    static const int32_t pids[] = {4, 5, 6, 8, 9};
    for (size_t i = 0; i < count; i++)
        assert_int_equal(list[i].pid, pids[i]);
    write_stat(root, 3);
    write_stat(root, 11);
    assert_int_equal(process_table_step(t, 20 * NS_PER_S, 0, 1, &err), 1);
    process_table_free(t); /* in the middle of a scan */
    reader_free(tree);
    for (int pid = 3; pid < 21; pid++)
        remove_stat(root, pid);
    rmdir(path);
    rmdir(root);
}

/* exec() changes a process without a fork: it is noticed at the next scan of a new one. */
static void test_exec_is_noticed(void **state)
{
    int go[2];
    char byte = 'x';
    (void)state;
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (read(go[0], &byte, 1) == 1)
            execl("/bin/sleep", "my-sleep", "60", (char *)NULL);
        _exit(1);
    }
    scan(20, 7);
    assert_non_null(strstr(process_table_find(table, pid)->argv, "test_process"));
    assert_int_equal(write(go[1], &byte, 1), 1);
    bool seen = false;
    for (int i = 0; i < 500 && !seen; i++) {
        usleep(10000);
        char path[64], text[64] = "";
        struct buf out;
        struct err err = ERR_INIT;
        buf_init(&out, 4096);
        snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
        if (reader_once(reader, path, &out, &err) == 0)
            snprintf(text, sizeof(text), "%s", out.data);
        buf_release(&out);
        seen = strcmp(text, "sleep\n") == 0;
    }
    assert_true(seen);
    scan(24, 7);
    const struct process *p = process_table_find(table, pid);
    assert_string_equal(p->name, "sleep");
    assert_string_equal(p->argv, "my-sleep\x1f"
                                 "60");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(go[0]);
    close(go[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stat),
        cmocka_unit_test(test_stat_of_a_kernel_thread),
        cmocka_unit_test(test_stat_that_is_none),
        cmocka_unit_test(test_command_line),
        cmocka_unit_test(test_uid),
        cmocka_unit_test(test_the_table_knows_this_process),
        cmocka_unit_test(test_children_come_and_go),
        cmocka_unit_test(test_a_zombie_has_no_command_line),
        cmocka_unit_test(test_a_scan_in_slices),
        cmocka_unit_test(test_no_forks_no_listing),
        cmocka_unit_test(test_exec_is_noticed),
    };
    return cmocka_run_group_tests_name("process", tests, set_up, tear_down);
}
