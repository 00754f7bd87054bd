#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fault/memory_disk.h"
#include "tuning/journal.h"

#define ID_1 "20261121-180657-000001"
#define ID_2 "20261121-180658-000002"
#define HASH_A "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define HASH_B "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define FILE_1                                                                                     \
    "{\"path\":\"/a/l\",\"real\":\"/a/f\",\"unit\":0,\"folders\":0,\"temp\":\".tunetop-" ID_1      \
    "-0\",\"mode\":420,\"uid\":0,\"gid\":0,\"before\":{\"size\":3,\"sha256\":\"" HASH_A            \
    "\"},\"after\":null}"
#define UNITS "\"units\":[{\"name\":\"o\",\"services\":[\"ollama\"]}]"
#define BEGIN_HEAD "{\"record\":\"begin\",\"id\":\"" ID_1 "\",\"kind\":\"apply\","
#define BEGIN BEGIN_HEAD UNITS ",\"files\":[" FILE_1 "]}\n"
#define COMMIT "{\"record\":\"commit\",\"id\":\"" ID_1 "\",\"state\":\"applied\"}\n"
#define BEGIN_UNDO                                                                                     \
    "{\"record\":\"begin\",\"id\":\"" ID_2 "\",\"kind\":\"undo\",\"of\":\"" ID_1 "\"," UNITS           \
    ",\"files\":[{\"real\":\"/a/f\",\"unit\":0,\"folders\":0,\"temp\":\".tunetop-" ID_2                \
    "-0\",\"mode\":420,\"uid\":0,\"gid\":0,\"before\":null,\"after\":{\"size\":3,\"sha256\":\"" HASH_A \
    "\"}}]}\n"
#define UNDONE "{\"record\":\"undone\",\"id\":\"" ID_2 "\",\"of\":\"" ID_1 "\"}\n"

static struct err err;

/* Lines to what they mean: the state of the first entry, how many entries and odd lines. */
static void test_states(void **state)
{
    static const struct {
        const char *text;
        int first, entries, notes;
        bool torn;
    } cases[] = {
        {"", -1, 0, 0, false},
        {BEGIN, JOURNAL_INTERRUPTED, 1, 0, false},
        {BEGIN COMMIT, JOURNAL_APPLIED, 1, 0, false},
        {BEGIN "{\"record\":\"file\",\"id\":\"" ID_1 "\",\"file\":0}\n", JOURNAL_INTERRUPTED, 1, 0,
         false},
        {BEGIN "{\"record\":\"commit\",\"id\":\"" ID_1 "\",\"state\":\"partial\"}\n",
         JOURNAL_PARTIAL, 1, 0, false},
        {BEGIN "{\"record\":\"rolled_back\",\"id\":\"" ID_1 "\",\"reason\":\"no\"}\n",
         JOURNAL_ROLLED_BACK, 1, 0, false},
        {BEGIN COMMIT BEGIN_UNDO, JOURNAL_APPLIED, 2, 0, false},
        {BEGIN COMMIT BEGIN_UNDO UNDONE, JOURNAL_UNDONE, 2, 0, false},
        {BEGIN COMMIT BEGIN_UNDO "{\"record\":\"rolled_back\",\"id\":\"" ID_2 "\"}\n",
         JOURNAL_APPLIED, 2, 0, false},
        /* What a power cut leaves: the last line does not count, whole or not. */
        {BEGIN "{\"record\":\"comm", JOURNAL_INTERRUPTED, 1, 0, true},
        {BEGIN "{\"record\":\"commit\",\"id\":\"" ID_1 "\",\"state\":\"applied\"}",
         JOURNAL_INTERRUPTED, 1, 0, true},
        {"\0\0\0", -1, 0, 0, false},
        /* Hostile and garbled: reported, left out. */
        {"x\n" BEGIN COMMIT, JOURNAL_APPLIED, 1, 1, false},
        {"[]\n{}\n\n1\n\"\"\n", -1, 0, 5, false},
        {BEGIN BEGIN COMMIT, JOURNAL_APPLIED, 1, 1, false},
        {COMMIT, -1, 0, 1, false},
        {BEGIN COMMIT COMMIT, JOURNAL_APPLIED, 1, 1, false},
        {BEGIN "{\"record\":\"commit\",\"id\":\"" ID_1 "\",\"state\":\"fine\"}\n",
         JOURNAL_INTERRUPTED, 1, 1, false},
        {BEGIN "{\"record\":\"explode\",\"id\":\"" ID_1 "\"}\n", JOURNAL_INTERRUPTED, 1, 1, false},
        {BEGIN "{\"record\":\"unit\",\"id\":\"" ID_1 "\",\"unit\":1,\"state\":\"applied\"}\n",
         JOURNAL_INTERRUPTED, 1, 1, false},
        {BEGIN "{\"record\":\"file\",\"id\":\"" ID_1 "\",\"file\":-1}\n", JOURNAL_INTERRUPTED, 1, 1,
         false},
        {BEGIN "{\"record\":\"undone\",\"id\":\"" ID_1 "\",\"of\":\"" ID_2 "\"}\n",
         JOURNAL_INTERRUPTED, 1, 1, false},
        {"{\"record\":\"begin\",\"id\":\"../../etc\",\"kind\":\"apply\"}\n", -1, 0, 1, false},
        {BEGIN_HEAD UNITS ",\"files\":[]}\n", -1, 0, 1, false},
        {BEGIN_HEAD "\"units\":[],\"files\":[" FILE_1 "]}\n", -1, 0, 1, false},
        {BEGIN_HEAD UNITS ",\"files\":[" FILE_1 "," FILE_1 "]}\n", -1, 0, 1, false},
        {BEGIN_HEAD UNITS ",\"files\":{\"a\":" FILE_1 "}}\n", -1, 0, 1, false},
        {BEGIN_HEAD UNITS
         ",\"files\":[],\"values\":[{\"name\":\"kern.maxfiles\",\"unit\":0,\"before\":\"1\",\"after\":\"2\"}]}\n",
         JOURNAL_INTERRUPTED, 1, 0, false},
        {BEGIN_HEAD UNITS ",\"files\":[],\"values\":[]}\n", -1, 0, 1, false},
        {BEGIN_HEAD UNITS
         ",\"files\":[],\"values\":{\"a\":{\"name\":\"kern.maxfiles\",\"unit\":0,\"before\":\"1\",\"after\":\"2\"}}}\n",
         -1, 0, 1, false},
        {BEGIN_HEAD UNITS
         ",\"files\":[],\"values\":[{\"name\":\"kern.maxfiles\",\"unit\":1,\"before\":\"1\",\"after\":\"2\"}]}\n",
         -1, 0, 1, false},
        {BEGIN_HEAD UNITS
         ",\"files\":[],\"values\":[{\"name\":\"-w\",\"unit\":0,\"before\":\"1\",\"after\":\"2\"}]}\n",
         -1, 0, 1, false},
        {BEGIN_HEAD UNITS
         ",\"files\":[],\"values\":[{\"name\":\"kern.maxfiles\",\"unit\":0,\"before\":\"$(id)\",\"after\":\"2\"}]}\n",
         -1, 0, 1, false},
        {BEGIN_HEAD UNITS
         ",\"files\":[],\"values\":[{\"name\":\"kern.maxfiles\",\"unit\":0,\"before\":\"1\",\"after\":\"\"}]}\n",
         -1, 0, 1, false},
        {BEGIN_HEAD UNITS ",\"files\":[],\"values\":[7]}\n", -1, 0, 1, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct journal_list list;
        journal_parse(cases[i].text, strlen(cases[i].text), &list);
        if ((int)list.count != cases[i].entries || (int)list.note_count != cases[i].notes ||
            list.torn != cases[i].torn ||
            (list.count > 0 && (int)list.entries[0].state != cases[i].first)) {
            fail_msg("case %zu: %zu entries, %zu notes (%s)", i, list.count, list.note_count,
                     list.note_count > 0 ? list.notes[0].text : "");
        }
        journal_list_release(&list);
    }
}

/* Each field of a file is checked: recover acts on them. */
static void test_hostile_files(void **state)
{
    static const struct {
        const char *from, *to;
    } swaps[] = {
        {"\"/a/f\"", "\"a/f\""},
        {"\"/a/f\"", "\"/a/../etc/passwd\""},
        {"\"/a/f\"", "\"/a//f\""},
        {"\"/a/f\"", "\"/a/./f\""},
        {"\"/a/f\"", "\"/\""},
        {"\"/a/f\"", "\"/a/\""},
        {"\"/a/f\"", "7"},
        {"\"unit\":0", "\"unit\":1"},
        {"\"unit\":0", "\"unit\":-1"},
        {"\"unit\":0", "\"unit\":0.5"},
        {"\"unit\":0", "\"unit\":1e300"},
        {"\"folders\":0", "\"folders\":5"},
        {"\"mode\":420", "\"mode\":65535"},
        {"\"uid\":0", "\"uid\":4294967296"},
        {".tunetop-", "../tunetop-"},
        {"01-0\"", "01-1\""},
        {HASH_A, "ba78"},
        {"\"size\":3", "\"size\":-3"},
        {"\"size\":3", "\"size\":1e12"},
        {"\"after\":null", "\"after\":true"},
        {"\"after\":null", "\"later\":null"},
        {"\"services\":[\"ollama\"]", "\"services\":[1]"},
        {"\"name\":\"o\"", "\"name\":\"\""},
        {"\"kind\":\"apply\"", "\"kind\":\"undo\""},
    };
    char text[2048];

    (void)state;
    for (size_t i = 0; i < sizeof(swaps) / sizeof(swaps[0]); i++) {
        struct journal_list list;
        const char *at = strstr(BEGIN, swaps[i].from);
        assert_non_null(at);
        int size = snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - BEGIN), BEGIN, swaps[i].to,
                            at + strlen(swaps[i].from));
        journal_parse(text, (size_t)size, &list);
        if (list.count != 0 || list.note_count != 1) {
            fail_msg("'%s' was believed", swaps[i].to);
        }
        journal_list_release(&list);
    }
}

static struct disk *disk;
static struct file_ops ops;
static struct journal journal;

static int set_up(void **state)
{
    (void)state;
    disk = disk_new(geteuid());
    ops = disk_ops(disk);
    disk_make_folder(disk, "/s", 0755, geteuid());
    err = (struct err)ERR_INIT;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    disk_free(disk);
    return 0;
}

static void open_it(bool readable)
{
    struct journal_place place = {.folder = "/s/tunetop", .readable = readable};

    if (journal_open(&journal, &ops, &place, true, &err) < 0 || journal_lock(&journal, &err) < 0) {
        fail_msg("%s", err.msg);
    }
}

static mode_t mode_of(const char *path)
{
    const struct disk_inode *n = disk_find(disk, path);

    assert_non_null(n);
    return n->mode & 07777;
}

static void test_place(void **state)
{
    struct journal_place place = {.folder = "/s/tunetop"};

    (void)state;
    assert_int_equal(journal_open(&journal, &ops, &place, false, &err), -ERR_NOENT);
    open_it(false);
    assert_int_equal(mode_of("/s/tunetop"), 0700);
    assert_int_equal(mode_of("/s/tunetop/journal.jsonl"), 0600);
    assert_int_equal(mode_of("/s/tunetop/backups"), 0700);
    struct journal second;
    assert_int_equal(journal_open(&second, &ops, &place, false, &err), 0); /* to read it */
    assert_int_equal(journal_lock(&second, &err), -ERR_STATE);
    journal_close(&second);
    journal_close(&journal);
    disk_find(disk, "/s/tunetop")->mode = S_IFDIR | 0755; /* an older version made it */
    open_it(false);
    assert_int_equal(mode_of("/s/tunetop"), 0700);
    journal_close(&journal);
    /* What others may write is not believed. */
    disk_find(disk, "/s/tunetop")->mode = S_IFDIR | 0777;
    assert_int_equal(journal_open(&journal, &ops, &place, true, &err), -ERR_DENIED);
    disk_find(disk, "/s/tunetop")->mode = S_IFDIR | 0700;
    disk_find(disk, "/s/tunetop/journal.jsonl")->mode = S_IFREG | 0666;
    assert_int_equal(journal_open(&journal, &ops, &place, true, &err), -ERR_DENIED);
    disk_find(disk, "/s/tunetop/journal.jsonl")->mode = S_IFREG | 0600;
    disk_find(disk, "/s/tunetop/journal.jsonl")->uid = geteuid() + 77;
    assert_int_equal(journal_open(&journal, &ops, &place, true, &err), -ERR_DENIED);
    disk_remove(disk, "/s/tunetop/journal.jsonl");
    disk_link(disk, "/s/tunetop/journal.jsonl", "/etc/passwd");
    assert_true(journal_open(&journal, &ops, &place, true, &err) < 0);
}

/* On another disk, behind a link. */
static void test_linked(void **state)
{
    struct journal_place place = {.folder = "/s/tunetop"};

    (void)state;
    disk_link(disk, "/s/tunetop", "/t/kept");
    assert_int_equal(journal_open(&journal, &ops, &place, false, &err), -ERR_STATE);
    assert_non_null(strstr(err.msg, "the link '/s/tunetop'"));
    err_clear(&err);
    assert_int_equal(journal_open(&journal, &ops, &place, true, &err), -ERR_STATE);
    err_clear(&err);
    disk_make_folder(disk, "/t", 0755, geteuid());
    disk_make_folder(disk, "/t/kept", 0755, geteuid());
    open_it(false);
    assert_int_equal(mode_of("/t/kept"), 0700);
    assert_int_equal(mode_of("/t/kept/journal.jsonl"), 0600);
    assert_int_equal(mode_of("/t/kept/backups"), 0700);
    journal_close(&journal);
    disk_find(disk, "/t")->mode = S_IFDIR | 0777; /* somebody else could put another one there */
    assert_int_equal(journal_open(&journal, &ops, &place, true, &err), -ERR_DENIED);
    assert_non_null(strstr(err.msg, "every user may write into the folder '/t'"));
    err_clear(&err);
    disk_find(disk, "/t")->mode = S_IFDIR | 0755;
    disk_find(disk, "/t/kept")->uid = geteuid() + 77;
    assert_int_equal(journal_open(&journal, &ops, &place, true, &err), -ERR_DENIED);
    err_clear(&err);
    /* Only the folder itself. */
    disk_find(disk, "/t/kept")->uid = geteuid();
    disk_remove(disk, "/t/kept/backups");
    disk_make_folder(disk, "/t/elsewhere", 0700, geteuid());
    disk_link(disk, "/t/kept/backups", "/t/elsewhere");
    assert_true(journal_open(&journal, &ops, &place, true, &err) < 0);
}

static void test_new_home(void **state)
{
    struct journal_place place = {.folder = "/s/.local/state/tunetop"};

    (void)state;
    assert_int_equal(journal_open(&journal, &ops, &place, false, &err), -ERR_NOENT);
    assert_null(disk_find(disk, "/s/.local"));
    assert_int_equal(journal_open(&journal, &ops, &place, true, &err), 0);
    assert_int_equal(mode_of("/s/.local"), 0700);
    assert_int_equal(mode_of("/s/.local/state"), 0700);
    journal_close(&journal);
    place.folder = "/s/a/b/c/d/tunetop"; /* that is a wrong path, not a new home */
    assert_int_equal(journal_open(&journal, &ops, &place, true, &err), -ERR_NOENT);
    assert_null(disk_find(disk, "/s/a"));
    place.folder = "tunetop";
    assert_int_equal(journal_open(&journal, &ops, &place, true, &err), -ERR_STATE);
}

static void test_place_of_root(void **state)
{
    (void)state;
    open_it(true);
    assert_int_equal(mode_of("/s/tunetop"), 0755);
    assert_int_equal(mode_of("/s/tunetop/journal.jsonl"), 0644);
    assert_int_equal(mode_of("/s/tunetop/backups"), 0700);
    journal_close(&journal);
}

static void make_begin(const char *id, struct buf *out)
{
    static const char *const services[] = {"ollama", "a \"b\" \\ c"};
    struct journal_unit unit = {.name = "ollama",
                                .services = services,
                                .service_count = 2,
                                .restarts = services,
                                .restart_count = 1};
    struct journal_file file = {
        .path = "/a/\"link\"\n", .real = "/a/f \xc3\xa4", .folders = 2, .like = {0640, 7, 8}};
    static const struct journal_value value = {"launchctl limit maxfiles", "256 unlimited",
                                               "65536 unlimited", 0};
    struct journal_entry e = {.id = id,
                              .values = &value,
                              .value_count = 1,
                              .time = "2026-11-21T18:06:57.000+00:00",
                              .profile = "high",
                              .plan = "1234",
                              .version = "0.1.0",
                              .from = "screen",
                              .pid = 4711,
                              .user = 4242,
                              .all_or_nothing = true,
                              .units = &unit,
                              .unit_count = 1,
                              .files = &file,
                              .file_count = 1};
    cJSON *changes = cJSON_Parse("[{\"setting\":\"OLLAMA_NUM_PARALLEL\",\"to\":\"6\"}]");

    file_content_of("abc", 3, &file.before);
    file_content_of(NULL, 0, &file.after);
    e.changes = changes;
    assert_int_equal(journal_begin_line(&e, out, &err), 0);
    cJSON_Delete(changes);
}

/* What is written is what is read. */
static void test_round(void **state)
{
    struct journal_list list;
    struct buf line;

    (void)state;
    open_it(false);
    buf_init(&line, JOURNAL_MAX_LINE_BYTES);
    make_begin(ID_1, &line);
    assert_int_equal(journal_append(&journal, line.data, line.size, &err), 0);
    assert_int_equal(journal_file_done(&journal, ID_1, 0, true, &err), 0);
    assert_int_equal(journal_value_done(&journal, ID_1, 0, true, &err), 0);
    assert_int_equal(journal_unit_done(&journal, ID_1, 0, UNIT_ROLLED_BACK,
                                       "it said \"no\\\x1b[31m\"\nand more", &err),
                     0);
    assert_int_equal(journal_end(&journal, ID_1, JOURNAL_PARTIAL, NULL, &err), 0);
    assert_int_equal(journal_read(&journal, &list, &err), 0);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.note_count, 0);
    const struct journal_entry *e = journal_find(&list, ID_1);
    assert_non_null(e);
    assert_int_equal(e->state, JOURNAL_PARTIAL);
    assert_int_equal(e->kind, JOURNAL_APPLY);
    assert_string_equal(e->profile, "high");
    assert_string_equal(e->plan, "1234");
    assert_string_equal(e->version, "0.1.0");
    assert_string_equal(e->from, "screen");
    assert_string_equal(e->time, "2026-11-21T18:06:57.000+00:00");
    assert_int_equal(e->pid, 4711);
    assert_int_equal(e->user, 4242);
    assert_true(e->all_or_nothing && e->ended);
    assert_int_equal(e->unit_count, 1);
    assert_string_equal(e->units[0].services[1], "a \"b\" \\ c");
    assert_int_equal(e->units[0].restart_count, 1);
    assert_string_equal(e->units[0].restarts[0], "ollama");
    assert_int_equal(e->units[0].state, UNIT_ROLLED_BACK);
    assert_non_null(strstr(e->units[0].reason, "it said \"no\\"));
    assert_null(strchr(e->units[0].reason, '\x1b'));
    assert_string_equal(e->files[0].path, "/a/\"link\"\n");
    assert_string_equal(e->files[0].real, "/a/f \xc3\xa4");
    assert_int_equal(e->files[0].like.mode, 0640);
    assert_int_equal(e->files[0].like.gid, 8);
    assert_int_equal(e->files[0].folders, 2);
    assert_int_equal(e->files[0].before.size, 3);
    assert_int_equal(e->value_count, 1);
    assert_string_equal(e->values[0].name, "launchctl limit maxfiles");
    assert_string_equal(e->values[0].before, "256 unlimited");
    assert_string_equal(e->values[0].after, "65536 unlimited");
    assert_true(e->files[0].after.absent);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
                            cJSON_GetArrayItem(e->changes, 0), "to")),
                        "6");
    journal_list_release(&list);
    buf_release(&line);
    journal_close(&journal);
}

static void test_torn(void **state)
{
    struct journal_list list;
    struct buf line;

    (void)state;
    buf_init(&line, JOURNAL_MAX_LINE_BYTES);
    make_begin(ID_1, &line);
    disk_make_folder(disk, "/s/tunetop", 0700, geteuid());
    /* A begin record that lacks nothing but its newline was never answered for. */
    line.data[line.size - 1] = '\0';
    disk_put(disk, "/s/tunetop/journal.jsonl", line.data, 0600);
    open_it(false);
    assert_int_equal(journal_read(&journal, &list, &err), 0);
    assert_int_equal(list.count, 0);
    assert_false(list.torn); /* cut off by the lock */
    journal_list_release(&list);
    make_begin(ID_2, &line);
    assert_int_equal(journal_append(&journal, line.data, line.size, &err), 0);
    assert_int_equal(journal_read(&journal, &list, &err), 0);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.note_count, 0);
    assert_string_equal(list.entries[0].id, ID_2);
    assert_ptr_equal(journal_interrupted(&list), &list.entries[0]);
    journal_list_release(&list);
    buf_release(&line);
    journal_close(&journal);
}

/* What is open while somebody holds the lock is at work; looking takes it only when it may have
 * been cut off, and only until it has looked. */
static void test_at_work(void **state)
{
    const struct journal_place place = {.folder = "/s/tunetop"};
    struct journal looking, other;
    struct journal_list list;
    bool at_work = true;

    (void)state;
    disk_make_folder(disk, "/s/tunetop", 0700, geteuid());
    disk_put(disk, "/s/tunetop/journal.jsonl", BEGIN, 0600);
    open_it(false);
    assert_int_equal(journal_open(&looking, &ops, &place, false, &err), 0);
    assert_int_equal(journal_read_at_work(&looking, &list, &at_work, &err), 0);
    assert_true(at_work);
    assert_int_equal(list.count, 1);
    journal_list_release(&list);
    journal_close(&journal);
    assert_int_equal(journal_read_at_work(&looking, &list, &at_work, &err), 0);
    assert_false(at_work);
    assert_ptr_equal(journal_interrupted(&list), &list.entries[0]);
    journal_list_release(&list);
    assert_int_equal(journal_open(&other, &ops, &place, false, &err), 0);
    assert_int_equal(journal_read_at_work(&other, &list, &at_work, &err), 0);
    assert_false(at_work); /* who looks as well is nobody at work */
    journal_list_release(&list);
    journal_close(&other);
    journal_close(&looking);
    open_it(false); /* the lock is free again */
    assert_int_equal(journal_append(&journal, COMMIT, strlen(COMMIT), &err), 0);
    journal_close(&journal);
    assert_int_equal(journal_open(&looking, &ops, &place, false, &err), 0);
    assert_int_equal(journal_read_at_work(&looking, &list, &at_work, &err), 0);
    assert_false(at_work);
    assert_int_equal(list.entries[0].state, JOURNAL_APPLIED);
    journal_list_release(&list);
    open_it(false); /* and was never taken */
    journal_close(&journal);
    journal_close(&looking);
}

/* A record that failed is not there afterwards. */
static void test_append_fails(void **state)
{
    (void)state;
    open_it(false);
    for (unsigned n = 1; n <= 2; n++) { /* the write, the sync */
        disk_arm(disk, FAULT_ERROR, 5, n);
        assert_true(journal_append(&journal, "{}\n", 3, &err) < 0);
        assert_true(disk_has(disk, "/s/tunetop/journal.jsonl", ""));
    }
    disk_arm(disk, FAULT_SHORT, 0, 1);
    assert_true(journal_append(&journal, "{}{}\n", 5, &err) < 0);
    assert_true(disk_has(disk, "/s/tunetop/journal.jsonl", ""));
    disk_arm(disk, FAULT_NONE, 0, 0);
    assert_int_equal(journal_append(&journal, "{}\n", 3, &err), 0);
    assert_true(disk_has(disk, "/s/tunetop/journal.jsonl", "{}\n"));
    journal_close(&journal);
}

static void test_copies(void **state)
{
    struct file_content content;
    struct file_text text, back;
    char name[JOURNAL_NAME_BYTES];

    (void)state;
    open_it(false);
    text = (struct file_text){"secret", 6};
    file_content_of(text.data, text.size, &content);
    journal_copy_name(ID_1, 3, false, name);
    assert_string_equal(name, ID_1 "-3.before");
    assert_int_equal(journal_copy_put(&journal, name, text, &err), 0);
    assert_int_equal(mode_of("/s/tunetop/backups/" ID_1 "-3.before"), 0600);
    assert_int_equal(journal_copy_get(&journal, name, &content, &back, &err), 0);
    assert_int_equal(back.size, 6);
    assert_memory_equal(back.data, "secret", 6);
    free((void *)(uintptr_t)back.data);
    disk_save(disk, "/s/tunetop/backups/" ID_1 "-3.before", "secre7", false);
    assert_int_equal(journal_copy_get(&journal, name, &content, &back, &err), -ERR_PARSE);
    disk_save(disk, "/s/tunetop/backups/" ID_1 "-3.before", "secret and more", false);
    assert_int_equal(journal_copy_get(&journal, name, &content, &back, &err), -ERR_PARSE);
    journal_copies_drop(&journal, ID_1, 4);
    assert_int_equal(journal_copy_get(&journal, name, &content, &back, &err), -ERR_NOENT);
    journal_close(&journal);
}

static void test_prune(void **state)
{
    enum { ENTRIES = 60 };
    char name[JOURNAL_NAME_BYTES], path[128], id[JOURNAL_ID_BYTES];

    (void)state;
    open_it(false);
    disk_put(disk, "/s/tunetop/backups/notes.txt", "mine", 0600);
    disk_make_folder(disk, "/s/tunetop/backups/20261121-180657-000001-x", 0700, geteuid());
    for (int i = 0; i < ENTRIES; i++) {
        int order = (i * 7) % ENTRIES; /* a folder is in no order */
        journal_make_id(INT64_C(1795284417000000000) + order * INT64_C(1000000000), id);
        journal_copy_name(id, 0, false, name);
        (void)snprintf(path, sizeof(path), "/s/tunetop/backups/%s", name);
        disk_put(disk, path, "x", 0600);
    }
    journal_make_id(INT64_C(1795284417000000000), id); /* the oldest, and still needed */
    assert_int_equal(journal_prune(&journal, id, &err), 0);
    assert_int_equal(disk_count(disk, "/s/tunetop/backups", "2026"), JOURNAL_KEEP_COPIES + 2);
    assert_int_equal(disk_count(disk, "/s/tunetop/backups", id), 1);
    assert_true(disk_has(disk, "/s/tunetop/backups/notes.txt", "mine"));
    journal_make_id(INT64_C(1795284417000000000) + (ENTRIES - 1) * INT64_C(1000000000), id);
    assert_int_equal(disk_count(disk, "/s/tunetop/backups", id), 1);
    journal_close(&journal);
}

static void test_ids(void **state)
{
    char id[JOURNAL_ID_BYTES];

    (void)state;
    journal_make_id(INT64_C(1795284417123456789), id);
    assert_string_equal(id, "20261121-180657-123456");
    assert_true(journal_id_ok(id));
    assert_false(journal_id_ok(""));
    assert_false(journal_id_ok("20261121-180657-12345"));
    assert_false(journal_id_ok("20261121-180657-1234567"));
    assert_false(journal_id_ok("20261121/180657-123456"));
    assert_false(journal_id_ok("2026112a-180657-123456"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test_setup_teardown(test_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_linked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_new_home, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_place_of_root, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_round, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_torn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_at_work, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_append_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_copies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_prune, set_up, tear_down),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
