/* The reader: a tree below --sysroot, the tee, and a recording of raw reads. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

#include "base/clock.h"
#include "sampling/metric.h"
#include "sampling/reader.h"
#include "sampling/reader_recording.h"
#include "sampling/recorded_read.h"
#include "sampling/sample.h"
#include "tests/manifest.h"

struct fixture {
    char dir[256];
    struct reader *reader;
    struct buf out;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *tmp = getenv("TMPDIR");
    snprintf(f->dir, sizeof f->dir, "%s/tunetop-reader-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(f->dir)) {
        free(f);
        return -1;
    }
    f->reader = reader_new_sysroot(f->dir, &f->err);
    buf_init(&f->out, 65536);
    *state = f;
    return f->reader ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    reader_free(f->reader);
    buf_release(&f->out);
    int rc = manifest_remove(f->dir, "");
    free(f);
    return rc;
}

/* --- sysroot --- */

static void test_sysroot_reads_below_itself(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(manifest_write(f->dir, "/proc/loadavg", "1.00 2.00 3.00 1/2 3\n"), 0);
    assert_int_equal(reader_once(f->reader, "/proc/loadavg", &f->out, &f->err), 0);
    assert_string_equal(f->out.data, "1.00 2.00 3.00 1/2 3\n");
    assert_int_equal(reader_kind(f->reader), READER_SYSROOT);
    assert_false(reader_is_live(f->reader));

    /* A file that the machine of the test has and the tree does not. */
    assert_int_equal(reader_once(f->reader, "/proc/stat", &f->out, &f->err), -ERR_NOENT);
    assert_int_equal(f->out.size, 0);
}

static void test_sysroot_follows_links(void **state)
{
    struct fixture *f = *state;
    char path[PATH_MAX];
    assert_int_equal(manifest_write(f->dir, "/sys/devices/x/name", "coretemp\n"), 0);
    assert_int_equal(manifest_write(f->dir, "/sys/class/hwmon/note", ""), 0);
    snprintf(path, sizeof path, "%s/sys/class/hwmon/hwmon0", f->dir);
    assert_int_equal(symlink("../../devices/x", path), 0);
    assert_int_equal(reader_once(f->reader, "/sys/class/hwmon/hwmon0/name", &f->out, &f->err), 0);
    assert_string_equal(f->out.data, "coretemp\n");
    assert_int_equal(reader_link(f->reader, "/sys/class/hwmon/hwmon0", &f->out, &f->err), 0);
    assert_string_equal(f->out.data, "../../devices/x");
    assert_int_equal(reader_link(f->reader, "/sys/class/hwmon/gone", &f->out, &f->err), -ERR_NOENT);
}

#ifdef SYS_openat2
static void test_absolute_links_stay_in_the_tree(void **state)
{
    struct fixture *f = *state;
    char path[PATH_MAX];
    struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT};
    long fd = syscall(SYS_openat2, AT_FDCWD, f->dir, &how, sizeof how);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
        print_message(
            "# not tested: no openat2()\n"); /* skip() of cmocka 1.1 is a failure in TAP */
        return;
    }
    if (fd >= 0) {
        close((int)fd);
    }
    assert_int_equal(manifest_write(f->dir, "/proc/version", "of the tree\n"), 0);
    snprintf(path, sizeof path, "%s/proc/link", f->dir);
    assert_int_equal(symlink("/proc/version", path), 0);
    assert_int_equal(reader_once(f->reader, "/proc/link", &f->out, &f->err), 0);
    assert_string_equal(f->out.data, "of the tree\n");
}
#endif

static void test_sysroot_does_not_wait_for_a_fifo(void **state)
{
    struct fixture *f = *state;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/proc", f->dir);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/proc/stat", f->dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(reader_once(f->reader, "/proc/stat", &f->out, &f->err), -ERR_PARSE);
}

static void test_kept_file_sees_new_content(void **state)
{
    struct fixture *f = *state;
    char from[PATH_MAX], to[PATH_MAX];
    struct reader_file file;
    reader_file_init(&file, "/proc/stat");
    assert_int_equal(manifest_write(f->dir, "/proc/stat", "cpu0 1 2 3 4\n"), 0);
    assert_int_equal(reader_file(f->reader, &file, &f->out, &f->err), 0);
    assert_true(file.fd > 0);
    /* Written in place, shorter than before. */
    assert_int_equal(manifest_write(f->dir, "/proc/stat", "cpu0 9\n"), 0);
    assert_int_equal(reader_file(f->reader, &file, &f->out, &f->err), 0);
    assert_string_equal(f->out.data, "cpu0 9\n");
    /* Replaced by another file of that name. */
    assert_int_equal(manifest_write(f->dir, "/proc/stat.new", "cpu0 7\n"), 0);
    snprintf(from, sizeof from, "%s/proc/stat.new", f->dir);
    snprintf(to, sizeof to, "%s/proc/stat", f->dir);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(reader_file(f->reader, &file, &f->out, &f->err), 0);
    assert_string_equal(f->out.data, "cpu0 7\n");
    assert_int_equal(unlink(to), 0);
    assert_int_equal(reader_file(f->reader, &file, &f->out, &f->err), -ERR_NOENT);
    reader_file_close(&file);
    reader_file_close(&file);
}

static void test_caps(void **state)
{
    struct fixture *f = *state;
    struct buf small;
    buf_init(&small, 4);
    assert_int_equal(manifest_write(f->dir, "/a/exact", "1234"), 0);
    assert_int_equal(manifest_write(f->dir, "/a/more", "12345"), 0);
    assert_int_equal(reader_once(f->reader, "/a/exact", &small, &f->err), 0);
    assert_string_equal(small.data, "1234");
    assert_int_equal(reader_once(f->reader, "/a/more", &small, &f->err), -ERR_TOO_BIG);
    assert_int_equal(small.size, 0);
    assert_int_equal(reader_list(f->reader, "/a", &small, &f->err), -ERR_TOO_BIG);
    buf_release(&small);

    struct reader_file file;
    char longer[400];
    memset(longer, 'x', sizeof longer - 1);
    longer[0] = '/';
    longer[sizeof longer - 1] = '\0';
    reader_file_init(&file, longer);
    assert_int_equal(reader_file(f->reader, &file, &f->out, &f->err), -ERR_NOENT);
}

static void test_list_is_sorted(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(manifest_write(f->dir, "/d/hwmon2", ""), 0);
    assert_int_equal(manifest_write(f->dir, "/d/hwmon10", ""), 0);
    assert_int_equal(manifest_write(f->dir, "/d/hwmon1", ""), 0);
    assert_int_equal(reader_list(f->reader, "/d", &f->out, &f->err), 0);
    assert_string_equal(f->out.data, "hwmon1\nhwmon10\nhwmon2\n");
    assert_int_equal(reader_list(f->reader, "/none", &f->out, &f->err), -ERR_NOENT);
}

static int never_live(void *ctx, struct buf *out, struct err *err)
{
    (void)out;
    (void)err;
    *(bool *)ctx = true;
    return 0;
}

static int live_answer(void *ctx, struct buf *out, struct err *err)
{
    (void)err;
    buf_puts(out, ctx);
    return 0;
}

static void test_call(void **state)
{
    struct fixture *f = *state;
    bool asked = false;
    assert_int_equal(reader_call(f->reader, "statvfs /", never_live, &asked, &f->out, &f->err),
                     -ERR_UNSUPPORTED);
    assert_false(asked);
    assert_int_equal(reader_recorded(f->reader, "statvfs /", &f->out, &f->err), -ERR_UNSUPPORTED);

    struct reader *kernel = reader_new_kernel();
    char text[] = "16384\n";
    assert_true(reader_is_live(kernel));
    assert_int_equal(reader_call(kernel, "sysconf page_size", live_answer, text, &f->out, &f->err),
                     0);
    assert_string_equal(f->out.data, text);
    reader_free(kernel);
    reader_free(NULL);
}

static void test_sysroot_that_is_none(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_null(reader_new_sysroot("/nonexistent/tree", &err));
    assert_int_equal(err.code, ERR_NOENT);
    assert_non_null(strstr(err.msg, "/nonexistent/tree"));
}

/* --- the tee --- */

struct noted {
    pthread_mutex_t lock;
    char text[4096];
    size_t size;
    unsigned count;
};

static void note(void *ctx, const struct reader_read *read)
{
    struct noted *n = ctx;
    pthread_mutex_lock(&n->lock);
    int len = snprintf(n->text + n->size, sizeof n->text - n->size, "%s|%d|%.*s;", read->key,
                       read->code, (int)read->size, read->data);
    if (len > 0 && n->size + (size_t)len < sizeof n->text) {
        n->size += (size_t)len;
    }
    n->count++;
    pthread_mutex_unlock(&n->lock);
}

static void test_tee_gets_every_read(void **state)
{
    struct fixture *f = *state;
    struct noted n = {.lock = PTHREAD_MUTEX_INITIALIZER};
    reader_set_tee(f->reader, note, &n);
    assert_int_equal(manifest_write(f->dir, "/p/a", "1"), 0);
    (void)reader_once(f->reader, "/p/a", &f->out, &f->err);
    (void)reader_once(f->reader, "/p/b", &f->out, &f->err);
    (void)reader_list(f->reader, "/p", &f->out, &f->err);
    (void)reader_link(f->reader, "/p/a", &f->out, &f->err);
    reader_note(f->reader, "http GET x", "{}", 2, 0);
    reader_note(f->reader, "http GET y", "left over", 9, -ERR_TIMEOUT);
    char want[512];
    snprintf(
        want, sizeof want,
        "file /p/a|0|1;file /p/b|%d|;list /p|0|a\n;link /p/a|%d|;http GET x|0|{};http GET y|%d|;",
        -ERR_NOENT, -ERR_IO, -ERR_TIMEOUT);
    assert_string_equal(n.text, want);
}

static void *read_often(void *ctx)
{
    struct reader *r = ctx;
    struct buf out;
    struct err err = ERR_INIT;
    intptr_t wrong = 0;
    buf_init(&out, 4096);
    for (int i = 0; i < 500; i++) {
        wrong += reader_once(r, "/p/a", &out, &err) != 0 || strcmp(out.data, "hello\n") != 0;
    }
    buf_release(&out);
    return (void *)wrong; /* NOLINT(performance-no-int-to-ptr): a count, never followed */
}

static void test_threads_share_a_reader(void **state)
{
    struct fixture *f = *state;
    struct noted n = {.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[4];
    reader_set_tee(f->reader, note, &n);
    assert_int_equal(manifest_write(f->dir, "/p/a", "hello\n"), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, f->reader), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        void *wrong = f;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_int_equal(n.count, 2000);
}

/* --- recordings --- */

static const char reads[] =
    "{\"t_ns\":1000,\"source\":\"cpu\",\"key\":\"file /proc/stat\",\"state\":\"ok\",\"text\":\"one\\n\"}\n"
    "{\"t_ns\":1500,\"source\":\"cpu\",\"key\":\"file /proc/a\",\"state\":\"ok\",\"base64\":\"AP/+aGk=\"}\n"
    "{\"t_ns\":2000,\"source\":\"cpu\",\"key\":\"file /proc/stat\",\"state\":\"denied\",\"text\":\"\"}\n"
    "\n"
    "{\"t_ns\":3000,\"source\":\"cpu\",\"key\":\"file /proc/stat\",\"state\":\"ok\",\"text\":\"three\\n\"}\n"
    "{\"t_ns\":3000,\"source\":\"cpu\",\"key\":\"file /proc/stat\",\"state\":\"ok\",\"text\":\"three again\\n\"}\n";

static void test_recording_by_time(void **state)
{
    struct fixture *f = *state;
    struct recording *rec = recording_parse("r", reads, sizeof reads - 1, &f->err);
    assert_non_null(rec);
    static const struct {
        int64_t now;
        int code;
        const char *text;
    } rows[] = {
        {999, -ERR_UNSUPPORTED, ""}, {1000, 0, "one\n"},         {1999, 0, "one\n"},
        {2000, -ERR_DENIED, ""},     {3000, 0, "three again\n"}, {INT64_MAX, 0, "three again\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(recording_find(rec, "file /proc/stat", rows[i].now, &f->out, &f->err),
                         rows[i].code);
        assert_string_equal(f->out.data, rows[i].text);
    }
    assert_int_equal(recording_find(rec, "file /proc/a", 5000, &f->out, &f->err), 0);
    assert_int_equal(f->out.size, 5);
    assert_memory_equal(f->out.data, "\0\xff\xfehi", 5);
    assert_int_equal(recording_find(rec, "file /proc/b", 5000, &f->out, &f->err), -ERR_UNSUPPORTED);
    assert_int_equal(recording_find(rec, "", 5000, &f->out, &f->err), -ERR_UNSUPPORTED);
    assert_int_equal(recording_first_ns(rec), 1000);
    assert_int_equal(recording_last_ns(rec), 3000);
    recording_free(rec);
    recording_free(NULL);
}

static void test_recording_torn_last_line(void **state)
{
    struct fixture *f = *state;
    /* Cut anywhere in its last line it still plays; the lines before it count. */
    size_t last = sizeof reads - 2;
    while (reads[last - 1] != '\n') {
        last--;
    }
    for (size_t size = last; size < sizeof reads - 2; size++) {
        struct recording *rec = recording_parse("r", reads, size, &f->err);
        assert_non_null(rec);
        assert_int_equal(recording_find(rec, "file /proc/stat", 9000, &f->out, &f->err), 0);
        assert_string_equal(f->out.data, "three\n");
        recording_free(rec);
    }
}

static void test_recording_bad_lines(void **state)
{
    (void)state;
    static const char good[] =
        "{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\"}\n";
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"not json", "'{' was expected"},
        {"[]", "'{' was expected"},
        {"{\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\"}", "'t_ns' is missing"},
        {"{\"t_ns\":-1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\"}",
         "'t_ns' as a whole number"},
        {"{\"t_ns\":1e300,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\"}",
         "'t_ns' as a whole number"},
        {"{\"t_ns\":1.5,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\"}",
         "'t_ns' as a whole number"},
        {"{\"t_ns\":NaN,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\"}",
         "'t_ns' as a whole number"},
        {"{\"t_ns\":99999999999999999999,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\"}",
         "'t_ns' as a whole number"},
        {"{\"t_ns\":9223372036854775807,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\"}",
         "'t_ns' as a whole number"},
        {"{\"t_ns\":\"1\",\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\"}",
         "'t_ns' as a whole number"},
        {"{\"t_ns\":0,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\"}",
         "before that of the line above"},
        {"{\"t_ns\":1,\"source\":\"s\",\"state\":\"ok\",\"text\":\"\"}", "'key' is missing"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"\",\"state\":\"ok\",\"text\":\"\"}",
         "'key' is empty"},
        {"{\"t_ns\":1,\"key\":\"k\",\"state\":\"ok\",\"text\":\"\"}", "'source' is missing"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"text\":\"\"}", "'state' is missing"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\"}", "neither a 'text'"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"splendid\",\"text\":\"\"}",
         "'state' is 'splendid'"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"a\",\"base64\":\"YQ==\"}",
         "both a 'text' and"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"base64\":\"YQ=\"}",
         "not base64"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"base64\":\"Y=Q=\"}",
         "not base64"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"base64\":\"YQ!=\"}",
         "not base64"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\",\"note\":1}",
         "'note' is no part of a read"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\"}",
         "'key' is there twice"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\"} x",
         "the end of the line"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\\ud800\"}",
         "one half"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\\x\"}",
         "an escape of JSON"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\001\"}",
         "not a control character"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"\377\"}", "UTF-8"},
        {"{\"t_ns\":1,\"source\":\"s\",\"key\":\"k\",\"state\":\"ok\",\"text\":\"",
         "the end of a string"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        struct err err = ERR_INIT;
        int len = snprintf(text, sizeof text, "%s%s\n%s", good, rows[i].line, good);
        assert_null(recording_parse("reads.jsonl", text, (size_t)len, &err));
        assert_int_equal(err.code, ERR_PARSE);
        assert_string_equal(err.where, "reads.jsonl:2");
        if (!strstr(err.msg, rows[i].says)) {
            fail_msg("'%s' does not say '%s'", err.msg, rows[i].says);
        }
    }
    struct err err = ERR_INIT;
    assert_null(recording_parse("reads.jsonl", "", 0, &err));
    assert_int_equal(err.code, ERR_PARSE);
}

static void test_recording_samples_and_time_that_goes_back(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int64_t t_ns;
        const char *source, *key, *text;
    } rows[] = {
        {50, "discovery", "list /proc", "7\n8\nnet\n"},
        {60, "discovery", "file /proc/7/stat", "seven"},
        {60, "discovery", "file /proc/8/stat", "eight"},
        {100, "collector", "sample", ""},
        {100, "cpu", "file /proc/stat", "one"},
        {200, "collector", "sample", ""},
        {200, "cpu", "file /proc/stat", "two"},
        {250, "discovery", "list /proc", "8\n"},
    };
    struct buf text;
    buf_init(&text, 4096);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        recorded_read_write(&text, rows[i].t_ns, rows[i].source, rows[i].key, 0, rows[i].text,
                            strlen(rows[i].text));
    }
    struct recording *rec = recording_parse("r", text.data, text.size, &f->err);
    assert_non_null(rec);
    assert_int_equal(recording_first_ns(rec), 100);
    assert_int_equal(recording_last_ns(rec), 250);
    assert_int_equal(recording_sample_at(rec, 99), -1);
    assert_int_equal(recording_sample_at(rec, 199), 100);
    assert_int_equal(recording_sample_at(rec, 9999), 200);
    assert_int_equal(recording_sample_after(rec, 0), 100);
    assert_int_equal(recording_sample_after(rec, 100), 200);
    assert_int_equal(recording_sample_after(rec, 200), -1);
    for (int turn = 0; turn < 2; turn++) { /* the second time it starts again */
        assert_int_equal(recording_find(rec, "file /proc/stat", 150, &f->out, &f->err), 0);
        assert_string_equal(f->out.data, "one");
        assert_int_equal(recording_find_ns(rec, "file /proc/7/stat", 200), 60);
        assert_int_equal(recording_source_ns(rec, "cpu", 200), 200);
        assert_int_equal(recording_source_ns(rec, "disk", 200), -1);
        assert_int_equal(recording_find(rec, "file /proc/7/stat", 250, &f->out, &f->err),
                         -ERR_UNSUPPORTED);
        assert_int_equal(recording_find(rec, "file /proc/8/stat", 250, &f->out, &f->err), 0);
    }
    recording_free(rec);
    buf_release(&text);
}

/* Lists and keys by the thousand, as a recording from somebody else may have them: what an ended
 * process said is gone, what the others said is there, and it takes no time. */
static void test_recording_processes_that_end(void **state)
{
    enum { KEYS = 5000, LISTS = 5000 };
    struct fixture *f = *state;
    struct buf text;
    char key[64], names[64];
    buf_init(&text, (size_t)16 << 20);
    for (int i = 0; i < KEYS; i++) {
        snprintf(key, sizeof key, "file /proc/7/%d", i);
        recorded_read_write(&text, 1, "s", key, 0, "x", 1);
    }
    for (int i = 0; i < LISTS; i++) {
        snprintf(key, sizeof key, "file /proc/%d/stat", 1000 + i);
        recorded_read_write(&text, 2 + i, "s", key, 0, key, strlen(key));
        snprintf(names, sizeof names, "7\n%d\n%d\n", 1000 + i, 1000 + i);
        recorded_read_write(&text, 2 + i, "s", "list /proc", 0, names, strlen(names));
    }
    recorded_read_write(&text, 2 + LISTS, "s", "file /proc/1000/maps", 0, "again", 5);
    int64_t begun = clock_own_cpu_ns();
    struct recording *rec = recording_parse("r", text.data, text.size, &f->err);
    assert_non_null(rec);
    const int64_t last = recording_last_ns(rec);
    for (int i = 0; i < KEYS; i += 100) {
        snprintf(key, sizeof key, "file /proc/7/%d", i);
        assert_int_equal(recording_find_ns(rec, key, last), 1);
    }
    for (int i = 0; i < LISTS - 1; i += 100) {
        snprintf(key, sizeof key, "file /proc/%d/stat", 1000 + i);
        assert_int_equal(recording_find_ns(rec, key, last), -1);
    }
    assert_int_equal(recording_find_ns(rec, "file /proc/5999/stat", last), 1 + LISTS);
    /* The same number again: another process, of which the old key says nothing. */
    assert_int_equal(recording_find_ns(rec, "file /proc/1000/maps", last), last);
    recording_free(rec);
    assert_true(clock_own_cpu_ns() - begun < 5 * NS_PER_S); /* 0.02 s is usual */
    buf_release(&text);
}

static void test_recording_many_keys_and_long_lines(void **state)
{
    struct fixture *f = *state;
    enum { KEYS = 3000, LONG = 300 * 1000 };
    struct buf text;
    char *long_text = malloc(LONG);
    assert_non_null(long_text);
    memset(long_text, '\n', LONG); /* twice as long when it is written */
    buf_init(&text, 4 << 20);
    for (int i = 0; i < KEYS; i++) {
        char key[32];
        snprintf(key, sizeof key, "file /sys/%d", i);
        recorded_read_write(&text, i, "s", key, 0, key, strlen(key));
    }
    recorded_read_write(&text, KEYS, "s", "long", 0, long_text, LONG);
    recorded_read_write(&text, KEYS, "s", "bytes", 0, "\0\xff\n\"", 4);
    struct recording *rec = recording_parse("r", text.data, text.size, &f->err);
    assert_non_null(rec);
    struct buf out;
    buf_init(&out, LONG);
    assert_int_equal(recording_find(rec, "file /sys/1234", KEYS, &out, &f->err), 0);
    assert_string_equal(out.data, "file /sys/1234");
    assert_int_equal(recording_find(rec, "long", KEYS, &out, &f->err), 0);
    assert_int_equal(out.size, LONG);
    assert_memory_equal(out.data, long_text, LONG);
    assert_int_equal(recording_find(rec, "bytes", KEYS, &out, &f->err), 0);
    assert_int_equal(out.size, 4);
    assert_memory_equal(out.data, "\0\xff\n\"", 4);
    buf_release(&out);
    recording_free(rec);
    buf_release(&text);
    free(long_text);
}

static void test_recording_plays_by_its_clock(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        manifest_write(
            f->dir, "/meta.json",
            "{\"kind\":\"reads\",\"start_wall\":\"2026-11-21T10:00:00Z\",\"start_t_ns\":500}"),
        0);
    assert_int_equal(manifest_write(f->dir, "/reads.jsonl", reads), 0);
    struct clock_manual time = {.mono_ns = 1000, .wall_ns = 0};
    struct clock_ops clock = clock_manual_ops(&time);
    struct reader *r = reader_new_recording(f->dir, &clock, &f->err);
    assert_non_null(r);
    struct reader_file file;
    reader_file_init(&file, "/proc/stat");
    assert_int_equal(reader_file(r, &file, &f->out, &f->err), 0);
    assert_string_equal(f->out.data, "one\n");
    clock_manual_advance(&time, 1000);
    assert_int_equal(reader_file(r, &file, &f->out, &f->err), -ERR_DENIED);
    assert_int_equal(reader_once(r, "/proc/never", &f->out, &f->err), -ERR_UNSUPPORTED);
    assert_int_equal(reader_list(r, "/proc", &f->out, &f->err), -ERR_UNSUPPORTED);
    assert_int_equal(reader_recorded(r, "file /proc/a", &f->out, &f->err), 0);
    bool asked = false;
    assert_int_equal(reader_call(r, "file /proc/a", never_live, &asked, &f->out, &f->err), 0);
    assert_false(asked);
    assert_int_equal(reader_first_ns(r), 1000);
    /* 2026-11-21T10:00:00Z is 1795255200 (date -d); the first read came 500 ns later. */
    assert_int_equal(reader_wall_start_ns(r), INT64_C(1795255200) * NS_PER_S + 500);
    reader_file_close(&file);
    reader_free(r);
}

static void test_recording_meta(void **state)
{
    struct fixture *f = *state;
    static const char *const metas[] = {
        "",
        "[]",
        "{\"kind\":\"samples\"}",
        "{\"kind\":\"reads\",\"start_t_ns\":5}",
        "{\"kind\":\"reads\",\"start_wall\":\"yesterday\",\"start_t_ns\":5}",
        "{\"kind\":\"reads\",\"start_wall\":\"2026-11-21T10:00:00Z\",\"start_t_ns\":1e300}",
        "{\"kind\":\"reads\",\"start_wall\":\"2026-11-21T10:00:00Z\",\"start_t_ns\":NaN}",
        "{\"schema\":2,\"kind\":\"reads\",\"start_wall\":\"2026-11-21T10:00:00Z\",\"start_t_ns\":5}",
    };
    struct clock_ops clock = clock_real;
    assert_int_equal(manifest_write(f->dir, "/reads.jsonl", reads), 0);
    struct err err = ERR_INIT;
    assert_null(reader_new_recording(f->dir, &clock, &err));
    assert_int_equal(err.code, ERR_NOENT);
    for (size_t i = 0; i < sizeof metas / sizeof *metas; i++) {
        err_clear(&err);
        assert_int_equal(manifest_write(f->dir, "/meta.json", metas[i]), 0);
        assert_null(reader_new_recording(f->dir, &clock, &err));
        assert_int_equal(err.code, ERR_PARSE);
    }
}

/* --- readings --- */

static void test_missing_says_why(void **state)
{
    struct fixture *f = *state;
    struct reading r = reader_missing(f->reader, -ERR_NOENT, SOURCE_CPU);
    assert_int_equal(r.state, READING_UNSUPPORTED);
    assert_int_equal(r.reason, REASON_NO_FILE);
    assert_int_equal(r.source, SOURCE_CPU);
    assert_int_equal(reader_missing(f->reader, -ERR_DENIED, SOURCE_CPU).state, READING_DENIED);
    assert_int_equal(reader_missing(f->reader, -ERR_UNSUPPORTED, SOURCE_CPU).reason,
                     REASON_SYSROOT);
    assert_int_equal(reader_missing(f->reader, -ERR_PARSE, SOURCE_CPU).reason, REASON_BAD_DATA);
    assert_int_equal(reader_missing(f->reader, -ERR_IO, SOURCE_CPU).reason, REASON_READ_FAILED);
    double value = 7;
    assert_false(reading_get(&r, &value));
    assert_true(value == 7);
}

static void test_metric_range(void **state)
{
    (void)state;
    double value;
    struct reading r = metric_reading(SCOPE_SENSOR, METRIC_SENSOR_TEMPERATURE, 150, 5,
                                      SOURCE_THERMAL);
    assert_true(reading_get(&r, &value));
    assert_true(value == 150);
    assert_int_equal(r.at_ns, 5);
    static const double bad[] = {150.1, -40.1, 1.0 / 0.0, 0.0 / 0.0};
    for (size_t i = 0; i < 4; i++) {
        r = metric_reading(SCOPE_SENSOR, METRIC_SENSOR_TEMPERATURE, bad[i], 5, SOURCE_THERMAL);
        assert_false(reading_get(&r, &value));
        assert_int_equal(r.reason, REASON_BAD_DATA);
    }
    r = metric_reading(SCOPE_HOST, METRIC_HOST_MEMORY_TOTAL, 1e18, 5,
                       SOURCE_MEMORY); /* unbounded above */
    assert_true(reading_get(&r, &value));
    r = metric_reading(SCOPE_HOST, METRIC_HOST_COUNT, 1, 5, SOURCE_MEMORY);
    assert_false(reading_get(&r, &value));
    r = metric_reading(SCOPE_HOST, -1, 1, 5, SOURCE_MEMORY);
    assert_false(reading_get(&r, &value));
}

static void test_metric_tables(void **state)
{
    (void)state;
    for (int scope = 0; scope < SCOPE_COUNT; scope++) {
        size_t count;
        const struct metric *rows = metric_rows((enum metric_scope)scope, &count);
        assert_true(count > 0);
        assert_true(metric_scope_name((enum metric_scope)scope)[0] != '\0');
        for (size_t i = 0; i < count; i++) {
            assert_non_null(rows[i].json);
            assert_non_null(rows[i].label);
            assert_true(rows[i].help[0] != '\0');
            assert_true(metric_unit_name(rows[i].unit)[0] != '\0');
            for (size_t k = 0; k < i; k++) {
                assert_string_not_equal(rows[i].json, rows[k].json);
            }
        }
    }
    for (int reason = 0; reason < REASON_COUNT; reason++) {
        assert_true(reason_sentence(reason)[0] != '\0');
        assert_non_null(reason_next_step(reason));
    }
    assert_string_equal(reason_sentence(REASON_COUNT), "");
    assert_string_equal(reading_state_name(READING_STALE), "stale");
    assert_string_equal(reading_state_name(99), "failed");
    assert_null(metric_rows(SCOPE_COUNT, NULL));
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_sysroot_reads_below_itself),
        TREE_TEST(test_sysroot_follows_links),
#ifdef SYS_openat2
        TREE_TEST(test_absolute_links_stay_in_the_tree),
#endif
        TREE_TEST(test_sysroot_does_not_wait_for_a_fifo),
        TREE_TEST(test_kept_file_sees_new_content),
        TREE_TEST(test_caps),
        TREE_TEST(test_list_is_sorted),
        TREE_TEST(test_call),
        cmocka_unit_test(test_sysroot_that_is_none),
        TREE_TEST(test_tee_gets_every_read),
        TREE_TEST(test_threads_share_a_reader),
        TREE_TEST(test_recording_by_time),
        TREE_TEST(test_recording_torn_last_line),
        cmocka_unit_test(test_recording_bad_lines),
        TREE_TEST(test_recording_samples_and_time_that_goes_back),
        TREE_TEST(test_recording_processes_that_end),
        TREE_TEST(test_recording_many_keys_and_long_lines),
        TREE_TEST(test_recording_plays_by_its_clock),
        TREE_TEST(test_recording_meta),
        TREE_TEST(test_missing_says_why),
        cmocka_unit_test(test_metric_range),
        cmocka_unit_test(test_metric_tables),
    };
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
