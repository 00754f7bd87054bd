/* Folders of services: adding them up for real, the source over several of them, and where services
 * keep their files. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sampling/folder.h"
#include "sampling/service/service.h"
#include "tests/machine.h"
#include "tests/manifest.h"

enum { LINKED = 100 };

static void test_walk(void **state)
{
    (void)state;
    struct machine m;
    struct folder_sum sum;
    struct stat st;
    char path[400], text[70000];
    unsigned long long blocks = 0;
    assert_int_equal(machine_open(&m, NULL, &source_folder), 0);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(manifest_write(m.dir, "/models/a/b/one", text), 0);
    assert_int_equal(manifest_write(m.dir, "/models/two", "22"), 0);
    assert_int_equal(manifest_write(m.dir, "/outside", text), 0);
    snprintf(path, sizeof path, "%s/models/link", m.dir);
    assert_int_equal(symlink("../outside", path), 0); /* not followed */
    snprintf(path, sizeof path, "%s/models/round", m.dir);
    assert_int_equal(symlink("..", path), 0); /* nor is a circle */
    /* A second name of a file is no second file; there are more of them than the table begins with.
     */
    char other[400];
    snprintf(path, sizeof path, "%s/models/two", m.dir);
    snprintf(other, sizeof other, "%s/models/a/two again", m.dir);
    assert_int_equal(link(path, other), 0);
    assert_int_equal(manifest_write(m.dir, "/many/x", "1"), 0);
    for (int i = 0; i < 2 * LINKED; i++) {
        char name[32];
        snprintf(name, sizeof name, "/many/%d", i);
        snprintf(path, sizeof path, "%s%s", m.dir, name);
        if (i < LINKED) {
            assert_int_equal(manifest_write(m.dir, name, "1"), 0);
        } else {
            snprintf(other, sizeof other, "%s/many/%d", m.dir, i - LINKED);
            assert_int_equal(link(other, path), 0);
        }
    }
    snprintf(path, sizeof path, "%s/many", m.dir);
    assert_int_equal(folder_walk(path, &sum), 0);
    assert_int_equal(sum.files, LINKED + 1);
    static const char *const all[] = {"", "/a", "/a/b", "/a/b/one", "/two", "/link", "/round"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        snprintf(path, sizeof path, "%s/models%s", m.dir, all[i]);
        assert_int_equal(lstat(path, &st), 0);
        blocks += (unsigned long long)st.st_blocks;
    }
    snprintf(path, sizeof path, "%s/models", m.dir);
    assert_int_equal(folder_walk(path, &sum), 0);
    assert_int_equal(sum.files, 4);
    assert_true(sum.bytes == blocks * 512);
    snprintf(path, sizeof path, "%s/none", m.dir);
    assert_int_equal(folder_walk(path, &sum), ENOENT);
    snprintf(path, sizeof path, "%s/outside", m.dir);
    assert_int_equal(folder_walk(path, &sum), ENOTDIR);
    assert_int_equal(machine_close(&m), 0);
}

static void test_replies(void **state)
{
    (void)state;
    struct folder_facts f = {.kind = FOLDER_MODELS};
    assert_true(parse_folder_reply("123 4\n", 6, 7, &f));
    assert_true(machine_value(&f.bytes) == 123 && machine_value(&f.files) == 4);
    assert_true(parse_folder_reply("! 13\n", 5, 7, &f));
    assert_int_equal(f.bytes.state, READING_DENIED);
    assert_true(parse_folder_reply("! 2\n", 4, 7, &f));
    assert_int_equal(f.bytes.state, READING_UNSUPPORTED);
    assert_true(parse_folder_reply("! 5\n", 4, 7, &f));
    assert_int_equal(f.files.state, READING_FAILED);
    static const char *const bad[] = {"", "1", "x 1", "! x", "-1 2", "!"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(parse_folder_reply(bad[i], strlen(bad[i]), 7, &f));
    }
}

static int ask(struct machine *m, struct buf *request)
{
    struct err err = ERR_INIT;
    buf_clear(request);
    return source_folder.request(m->state, &m->context, request, &err);
}

static void test_source(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct buf request;
    static struct folder_part part;
    static struct folder_wishes wishes;
    buf_init(&request, 4096);
    assert_int_equal(machine_open(&m, NULL, &source_folder), 0);
    assert_int_equal(ask(&m, &request), SOURCE_NOTHING_TO_ASK);
    m.context.folders = &wishes;
    assert_int_equal(ask(&m, &request), SOURCE_NOTHING_TO_ASK);
    wishes = (struct folder_wishes){
        .count = 2,
        .wish = {{"ollama", FOLDER_MODELS, "/m"}, {"comfyui", FOLDER_OUTPUT, "/o\033"}}};
    assert_int_equal(ask(&m, &request), 0);
    assert_string_equal(request.data, "ollama models\n/m\n");
    assert_int_equal(source_folder.reply(m.state, &m.context, "5 1\n", 4, &part, &err), 0);
    assert_int_equal(part.folder_count, 2);
    assert_true(machine_value(&part.folders[0].bytes) == 5);
    assert_int_equal(part.folders[1].bytes.state, READING_NONE);
    assert_null(strchr(part.folders[1].path, '\033'));
    assert_int_equal(ask(&m, &request), 0);
    assert_string_equal(request.data, "comfyui output\n/o\033\n");
    source_folder.give_up(m.state, &m.context, &part); /* a dead mount */
    assert_int_equal(part.folders[1].bytes.reason, REASON_STUCK_PROBE);
    assert_int_equal(ask(&m, &request), SOURCE_NOTHING_TO_ASK);
    /* A service ends: what is known of the others stays. */
    wishes.wish[0] = wishes.wish[1];
    wishes.count = 1;
    assert_int_equal(ask(&m, &request), SOURCE_NOTHING_TO_ASK);
    machine_advance_ms(&m, 601000);
    assert_int_equal(ask(&m, &request), 0);
    assert_int_equal(source_folder.reply(m.state, &m.context, "9 2\n", 4, &part, &err), 0);
    assert_int_equal(part.folder_count, 1);
    assert_true(machine_value(&part.folders[0].bytes) == 9);
    assert_int_equal(machine_close(&m), 0);
    buf_release(&request);
}

#define S "\x1f"

static void test_where_services_keep_them(void **state)
{
    (void)state;
    static const struct {
        const struct service_ops *ops;
        struct service_paths paths;
        int kind;
        const char *want; /* NULL: none, or not told */
    } rows[] = {
        {&service_ollama,
         {.home = "/home/ann", .readable = true},
         FOLDER_MODELS,
         "/home/ann/.ollama/models"},
        {&service_ollama,
         {.home = "/home/ann", .models = "/srv/m", .readable = true},
         FOLDER_MODELS,
         "/srv/m"},
        {&service_ollama, {.readable = false}, FOLDER_MODELS, "/usr/share/ollama/.ollama/models"},
        {&service_ollama, {.readable = true}, FOLDER_MODELS, NULL},
        {&service_ollama, {.home = "/home/ann", .readable = true}, FOLDER_OUTPUT, NULL},
        {&service_comfyui,
         {.cwd = "/opt/c", .argv = "python" S "main.py" S "--listen"},
         FOLDER_OUTPUT,
         "/opt/c/./output"},
        {&service_comfyui,
         {.cwd = "/x", .argv = "python3" S "/opt/c/main.py"},
         FOLDER_MODELS,
         "/opt/c/models"},
        {&service_comfyui,
         {.cwd = "/x", .argv = "python3" S "c/main.py"},
         FOLDER_TEMP,
         "/x/c/temp"},
        {&service_comfyui,
         {.cwd = "/x", .argv = "python3" S "main.py" S "--base-directory" S "/data"},
         FOLDER_MODELS,
         "/data/models"},
        {&service_comfyui,
         {.cwd = "/x", .argv = "python3" S "main.py" S "--temp-directory" S "/fast"},
         FOLDER_TEMP,
         "/fast/temp"},
        {&service_comfyui,
         {.cwd = "/x", .argv = "python3" S "main.py" S "--output-directory=o"},
         FOLDER_OUTPUT,
         "/x/o"},
        {&service_comfyui, {.argv = "python3" S "main.py"}, FOLDER_OUTPUT, NULL},
        {&service_comfyui, {.cwd = "/x", .argv = "python3" S "domain.py"}, FOLDER_OUTPUT, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct service_paths paths = rows[i].paths;
        char out[512] = "";
        paths.argv = paths.argv ? paths.argv : "";
        bool told = rows[i].ops->folder_of(&paths, rows[i].kind, out, sizeof out);
        assert_int_equal(told, rows[i].want != NULL);
        if (told) {
            assert_string_equal(out, rows[i].want);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_source),
        cmocka_unit_test(test_where_services_keep_them),
    };
    return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
