/* Units with their drop-ins: which ExecStart holds, what is set again later, and a drop-in that
 * clears and repeats the line. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tuning/config/splice.h"
#include "tuning/config/unit_chain.h"

enum { PARTS = 4 };

static struct document documents[PARTS];
static struct unit_chain chain;

/* Parts in the order in which they count; `own` is the number of tunetop's. */
static void make(const char *const texts[PARTS], size_t own)
{
    static const char *const paths[PARTS] = {"x.service", "10-a.conf", "50-tunetop.conf",
                                             "90-z.conf"};
    struct err err = ERR_INIT;

    memset(&chain, 0, sizeof chain);
    chain.own = own;
    for (size_t i = 0; i < PARTS && texts[i]; i++) {
        assert_int_equal(0, document_parse(paths[i], DOCUMENT_SYSTEMD, texts[i], strlen(texts[i]),
                                           &documents[i], &err));
        chain.parts[chain.count++] = (struct unit_part){paths[i], &documents[i]};
    }
}

static void forget(void)
{
    for (size_t i = 0; i < chain.count; i++) {
        document_release(&documents[i]);
    }
}

static void test_exec_start(void **state)
{
    static const struct {
        const char *texts[PARTS];
        const char *line, *from; /* line NULL: refused, with `from` in the sentence */
    } rows[] = {
        {{"[Service]\nExecStart=-/bin/a %i \\\n  \"b c\" $X\n", "", "[Service]\n"},
         "-/bin/a %i    \"b c\" $X",
         "x.service"},
        {{"[Service]\nExecStart=/bin/a\n", "[Service]\nExecStart=\nExecStart=/bin/b\n", ""},
         "/bin/b",
         "10-a.conf"},
        /* What is ours does not count: it is to be made anew from what others say. */
        {{"[Service]\nExecStart=/bin/a\n", "", "[Service]\nExecStart=\nExecStart=/bin/b\n"},
         "/bin/a",
         "x.service"},
        {{"[Service]\nExecStart=/bin/a\n", "", "", "[Service]\nExecStart=\nExecStart=/bin/c\n"},
         "/bin/c",
         "90-z.conf"},
        {{"[Service]\nType=oneshot\nExecStart=/bin/a\nExecStart=/bin/b\n", "", ""},
         NULL,
         "several commands"},
        {{"[Service]\nExecStart=/bin/a\n", "[Service]\nExecStart=/bin/b\n", ""},
         NULL,
         "several commands"},
        {{"[Service]\nExecStart=/bin/a ; /bin/b\n", "", ""}, NULL, "several commands"},
        {{"[Service]\nExecStart=/bin/a\n", "[Service]\nExecStart=\n", ""}, NULL, "no file"},
        {{"[Install]\nExecStart=/bin/a\n", "", ""}, NULL, "no file"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct unit_part *from = NULL;
        struct err err = ERR_INIT;

        make(rows[i].texts, 2);
        const char *line = unit_exec_start(&chain, &from, &err);
        if (rows[i].line) {
            assert_non_null(line);
            assert_string_equal(rows[i].line, line);
            assert_string_equal(rows[i].from, from->path);
        } else {
            assert_null(line);
            assert_non_null(strstr(err.msg, rows[i].from));
        }
        forget();
    }
}

static void test_overriding(void **state)
{
    static const struct {
        const char *later;
        enum document_entry_kind kind;
        const char *name;
        bool found;
        const char *value;
    } rows[] = {
        {"[Service]\nEnvironment=A=1\n", ENTRY_VARIABLE, "A", true, "1"},
        {"[Service]\nEnvironment=A=1\n", ENTRY_VARIABLE, "B", false, NULL},
        {"[Service]\nEnvironment=\n", ENTRY_VARIABLE, "B", true, NULL},
        {"[Service]\nMemoryMax=1G\n", ENTRY_KEY, "MemoryMax", true, "1G"},
        {"[Service]\nExecStart=\nExecStart=/b\n", ENTRY_FLAG, "--x", true, "/b"},
        {"[Unit]\nMemoryMax=1G\n", ENTRY_KEY, "MemoryMax", false, NULL},
    };
    static const char env[] = "A=9\n";
    struct document file;
    struct err err = ERR_INIT;
    const char *value = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const later[PARTS] = {"", "", "", rows[i].later};
        const char *const earlier[PARTS] = {"", rows[i].later, "", ""};

        make(earlier, 2);
        assert_null(unit_overriding(&chain, rows[i].kind, rows[i].name, &value));
        forget();
        make(later, 2);
        const struct unit_part *part = unit_overriding(&chain, rows[i].kind, rows[i].name, &value);
        assert_int_equal(rows[i].found, part != NULL);
        if (part && rows[i].value) {
            assert_string_equal(rows[i].value, value);
        } else if (part) {
            assert_null(value);
        }
        forget();
    }
    /* A file of EnvironmentFile= counts more than Environment=, wherever it is named. */
    const char *const texts[PARTS] = {"[Service]\nEnvironmentFile=/a\nEnvironmentFile=\n",
                                      "[Service]\nEnvironmentFile=-/b\n", "", ""};
    const char *files[PARTS];
    make(texts, 2);
    assert_int_equal(1, unit_env_files(&chain, files, PARTS));
    assert_string_equal("-/b", files[0]);
    assert_int_equal(0, document_parse("/b", DOCUMENT_ENV, env, strlen(env), &file, &err));
    chain.env_files[chain.env_file_count++] = (struct unit_part){"/b", &file};
    assert_non_null(unit_overriding(&chain, ENTRY_VARIABLE, "A", &value));
    assert_string_equal("9", value);
    assert_null(unit_overriding(&chain, ENTRY_KEY, "A", &value));
    document_release(&file);
    forget();
}

/* The line goes into the drop-in byte for byte, and a flag of it is changed there. */
static void test_put_exec(void **state)
{
    static const struct {
        const char *own, *exec;
        struct splice_edit edit;
        const char *expected;
    } rows[] = {
        {"",
         "/bin/a %i \"x y\" --port 1 $Z",
         {.kind = ENTRY_FLAG, .group = "Service", .name = "--port", .value = "2"},
         "[Service]\nExecStart=\nExecStart=/bin/a %i \"x y\" --port 2 $Z\n"},
        {"# ours\n[Service]\nEnvironment=A=1\n\n[Install]\nAlias=b\n",
         "-/bin/a",
         {.kind = ENTRY_FLAG, .group = "Service", .name = "--low"},
         "# ours\n[Service]\nEnvironment=A=1\nExecStart=\nExecStart=-/bin/a --low\n\n"
         "[Install]\nAlias=b\n"},
        {"[Service]\r\nMemoryMax=1G\r\n",
         "/bin/a --low --high",
         {.kind = ENTRY_FLAG, .group = "Service", .name = "--low", .remove = true},
         "[Service]\r\nMemoryMax=1G\r\nExecStart=\r\nExecStart=/bin/a --high\r\n"},
        /* Flags that stand there twice stay, as long as it is not they that are changed. */
        {"[Service]",
         "/bin/a --l a --l b --p 1",
         {.kind = ENTRY_FLAG, .group = "Service", .name = "--p", .value = "2"},
         "[Service]\nExecStart=\nExecStart=/bin/a --l a --l b --p 2"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct document own, staged;
        struct err err = ERR_INIT;
        struct buf text;

        buf_init(&text, 10000);
        assert_int_equal(
            0, document_parse("f", DOCUMENT_SYSTEMD, rows[i].own, strlen(rows[i].own), &own, &err));
        assert_int_equal(0, splice_put_exec(&own, "Service", rows[i].exec, &text, &err));
        assert_int_equal(
            0, document_parse("f", DOCUMENT_SYSTEMD, text.data, text.size, &staged, &err));
        const int rc = splice_apply(&staged, &rows[i].edit, 1, NULL, &text, NULL, &err);
        if (rc < 0) {
            fail_msg("row %zu: %s", i, err.msg);
        }
        assert_string_equal(rows[i].expected, text.data);
        document_release(&staged);
        document_release(&own);
        buf_release(&text);
    }
    /* One that would join the next line, or is no line. */
    static const char *const never[] = {"/bin/a \\", "/bin/a\n[Unit]", ""};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        struct document own;
        struct err err = ERR_INIT;
        struct buf text;

        buf_init(&text, 10000);
        assert_int_equal(0, document_parse("f", DOCUMENT_SYSTEMD,
                                           "[Service]\nA=b\n[Install]\nB=c\n", 28, &own, &err));
        assert_true(splice_put_exec(&own, "Service", never[i], &text, &err) < 0);
        document_release(&own);
        buf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exec_start),
        cmocka_unit_test(test_overriding),
        cmocka_unit_test(test_put_exec),
    };
    return cmocka_run_group_tests_name("unit_chain", tests, NULL, NULL);
}
