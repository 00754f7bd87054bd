/* What `journal --json` says, as the tab shows it: order, what can be done, texts from outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/utf8.h"
#include "tui/journal_rows.h"

enum { FIXTURE_MAX = 4 * 1024 * 1024 };

static struct buf text_of(const char *name)
{
    char path[1024];
    struct err err = ERR_INIT;
    struct buf out;
    const char *root = getenv("abs_srcdir");
    snprintf(path, sizeof path, "%s/tests/fixtures/journal/%s", root != NULL ? root : ".", name);
    buf_init(&out, FIXTURE_MAX);
    if (file_read(path, &out, &err) < 0)
        fail_msg("%s", err.msg);
    return out;
}

static struct journal_rows rows_of(const char *name)
{
    struct journal_rows rows;
    struct err err = ERR_INIT;
    struct buf text = text_of(name);
    assert_int_equal(journal_rows_parse(text.data, text.size, &rows, &err), 0);
    buf_release(&text);
    return rows;
}

static int parse(const char *text, struct journal_rows *rows)
{
    struct err err = ERR_INIT;
    return journal_rows_parse(text, strlen(text), rows, &err);
}

static void fields(void **state)
{
    struct journal_rows rows = rows_of("list.json");
    char text[64];
    (void)state;
    assert_int_equal(rows.count, 6);
    assert_int_equal(rows.note_count, 0);
    const struct journal_row *r = &rows.rows[0];
    assert_string_equal(r->id, "20261121-140311-007314");
    assert_string_equal(r->state, "applied in part");
    assert_string_equal(r->kind, "apply");
    assert_string_equal(r->journal, "own");
    assert_string_equal(r->profile, "high");
    assert_null(r->of);
    assert_null(r->reason);
    assert_true(r->stands && r->may_do && !r->cut_off && !r->at_work && !r->root && !r->undo);
    assert_string_equal(r->command, "/usr/local/bin/tunetop undo 20261121-140311-007314");
    clock_format_rfc3339(r->began_ns, text, sizeof text);
    assert_string_equal(text, "2026-11-21T13:03:11.007+00:00");
    assert_int_equal((r->ended_ns - r->began_ns) / NS_PER_S, 139);
    assert_int_equal(r->change_count, 5);
    assert_int_equal(r->back_count, 1);
    assert_string_equal(r->changes[0].from, "8192");
    assert_null(r->changes[0].name);
    assert_null(r->changes[3].from);
    assert_string_equal(r->changes[3].name, "OLLAMA_NUM_THREADS");
    assert_int_equal(r->service_count, 2);
    assert_false(r->services[0].back);
    assert_true(r->services[1].back);
    assert_string_equal(r->services[1].state, "rolled back");
    assert_string_equal(r->services[1].reason, "did not open its port within 60s");
    assert_int_equal(r->file_count, 2);
    assert_true(r->files[0].stands && !r->files[1].stands);
    assert_int_equal(r->files[0].now, NOW_NOT_KNOWN);
    r = &rows.rows[1];
    assert_true(r->root && r->stands && !r->may_do);
    assert_string_equal(r->values[0].name, "vm.swappiness");
    assert_int_equal(r->back_count, 0);
    r = &rows.rows[2]; /* an undo: of two settings that were there and three that came */
    assert_true(r->undo && !r->stands);
    assert_string_equal(r->of, "20261117-090802-044377");
    assert_int_equal(r->undone_count, 5);
    assert_int_equal(rows.rows[3].how, ROW_UNDONE);
    assert_int_equal(rows.rows[4].how, ROW_ROLLED_BACK);
    assert_int_equal(rows.rows[4].back_count, 3);
    journal_rows_release(&rows);
    journal_rows_release(&rows);
}

static void order(void **state)
{
    struct journal_rows rows = rows_of("open.json");
    (void)state;
    assert_int_equal(rows.count, 7);
    assert_string_equal(rows.rows[0].id, "20261121-135930-551200"); /* older than the next */
    assert_true(rows.rows[0].cut_off && !rows.rows[0].stands && rows.rows[0].may_do);
    assert_int_equal(rows.rows[0].ended_ns, 0);
    assert_string_equal(rows.rows[1].id, "20261121-140311-007314");
    assert_string_equal(rows.rows[6].id, "20251102-184013-120038");
    journal_rows_release(&rows);
    rows = rows_of("at_work.json");
    assert_true(rows.rows[0].at_work && !rows.rows[0].cut_off && !rows.rows[0].stands);
    assert_string_equal(rows.rows[0].state, "at work");
    assert_null(rows.rows[0].command);
    journal_rows_release(&rows);
}

static void notes(void **state)
{
    struct journal_rows rows = rows_of("notes.json");
    (void)state;
    assert_int_equal(rows.note_count, 2);
    assert_string_equal(rows.notes[0], "line 17 of your journal does not count: not JSON");
    assert_string_equal(rows.notes[1], "root's journal: the journal in '/var/lib/tunetop' belongs "
                                       "to another user");
    journal_rows_release(&rows);
}

static void is_clean(const char *text)
{
    char clean[4096];
    if (text == NULL)
        return;
    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    assert_string_equal(clean, text);
}

static void hostile(void **state)
{
    struct journal_rows rows = rows_of("hostile.json");
    (void)state;
    assert_int_equal(rows.count, 2); /* what is no entry is none, and "--help" is no id */
    for (size_t i = 0; i < rows.count; i++) {
        const struct journal_row *r = &rows.rows[i];
        is_clean(r->profile);
        is_clean(r->reason);
        is_clean(r->command);
        for (size_t k = 0; k < r->service_count; k++) {
            is_clean(r->services[k].name);
            is_clean(r->services[k].state);
            is_clean(r->services[k].reason);
        }
        for (size_t k = 0; k < r->change_count; k++) {
            is_clean(r->changes[k].setting);
            is_clean(r->changes[k].from);
            is_clean(r->changes[k].to);
        }
        for (size_t k = 0; k < r->file_count; k++)
            is_clean(r->files[k].path);
    }
    for (size_t i = 0; i < rows.note_count; i++)
        is_clean(rows.notes[i]);
    assert_string_equal(rows.rows[0].state, "interrupted"); /* a state that nobody knows */
    assert_int_equal(rows.rows[0].service_count, 0);
    assert_int_equal(rows.rows[0].began_ns, 0);
    journal_rows_release(&rows);
}

static void broken(void **state)
{
    static const char *const none[] = {
        "",
        " ",
        "[]",
        "null",
        "{}",
        "{\"schema\": 1}",
        "{\"schema\": 1, \"entrie",
        "x",
        "{\"entries\"",
        "{\"entries\" []}",
        "{\"a\": {\"entries\": []}}",
        "\"entries\": []",
        "{,}",
        "{\"a\": }",
    };
    struct journal_rows rows;
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        if (parse(none[i], &rows) != -ERR_PARSE)
            fail_msg("'%s' was taken", none[i]);
    static const struct {
        const char *text;
        size_t count, notes;
    } some[] = {
        {"{\"entries\": []}", 0, 0},
        {"{\"entries\":[],\"notes\":[{\"text\":\"x\"}]}", 0, 1},
        {"{\"entries\": 5}", 0, 1},
        {"{\"entries\": [", 0, 1},
        {"{\"entries\": [{\"id\": \"20261121-140311-007314\"}", 1, 1},
        {"{\"entries\": [{\"id\": \"20261121-140311-007314\"}, {\"id\": \"2026", 1, 1},
        {"{\"entries\": [{\"id\": \"20261121-140311-007314\", \"profile\": \"]}\\\"\"}]}", 1, 0},
        {"{\"entries\": [{\"id\": \"20261121-140311-007314\"}], \"entries\": [7]}", 1, 0},
        {"{\"entries\": [{\"id\": \"../../x\"}, {\"id\": \"-n\"}, {\"id\": 7}, {}, [], \"\"]}", 0,
         0},
    };
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        assert_int_equal(parse(some[i].text, &rows), 0);
        if (rows.count != some[i].count || rows.note_count != some[i].notes)
            fail_msg("'%s': %zu entries, %zu notes", some[i].text, rows.count, rows.note_count);
        journal_rows_release(&rows);
    }
    /* Each prefix of a whole one: never more than there is, and nothing breaks. */
    struct buf text = text_of("list.json");
    struct err err = ERR_INIT;
    for (size_t size = 0; size < text.size; size += 7) {
        char *copy = malloc(size + 1); /* of its own, so that a read behind it is seen */
        assert_non_null(copy);
        memcpy(copy, text.data, size);
        if (journal_rows_parse(copy, size, &rows, &err) == 0) {
            assert_true(rows.count <= 6);
            assert_int_equal(rows.note_count, 1);
            journal_rows_release(&rows);
        }
        free(copy);
    }
    buf_release(&text);
}

static void too_many(void **state)
{
    struct journal_rows rows;
    struct err err = ERR_INIT;
    struct buf text;
    (void)state;
    buf_init(&text, FIXTURE_MAX);
    buf_puts(&text, "{\"entries\": [");
    for (int i = 0; i < JOURNAL_ROWS + 7; i++)
        buf_printf(&text, "%s{\"id\": \"20261121-140311-%06d\"}", i > 0 ? "," : "", i);
    buf_puts(&text, "]}");
    assert_int_equal(journal_rows_parse(text.data, text.size, &rows, &err), 0);
    assert_int_equal(rows.count, JOURNAL_ROWS);
    assert_string_equal(rows.rows[0].id, "20261121-140311-000000");
    assert_int_equal(rows.note_count, 1);
    assert_string_equal(rows.notes[0],
                        "7 older changes are not shown: 'tunetop journal' lists them");
    journal_rows_release(&rows);
    buf_release(&text);
}

static void matches(void **state)
{
    struct journal_rows rows = rows_of("list.json");
    static const struct {
        const char *filter;
        unsigned rows; /* a bit each */
    } cases[] = {
        {"", 63},        {"high", 1},    {"HIGH", 1},          {"root", 2},
        {"comfyui", 1},  {"undo", 12},   {"undone", 8},        {"ultra undone", 8},
        {"007314", 1},   {"reserve", 1}, {"swappiness", 2},    {"in part", 1},
        {"systemd", 2},  {"apply", 59},  {"num_threads", 1},   {"high nothing", 0},
        {"  high  ", 1}, {"rolled", 16}, {"044377 ultra", 12}, {"flash", 8},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned got = 0;
        for (size_t k = 0; k < rows.count; k++)
            got |= (unsigned)journal_row_matches(&rows.rows[k], cases[i].filter) << k;
        if (got != cases[i].rows)
            fail_msg("'%s': %u", cases[i].filter, got);
    }
    journal_rows_release(&rows);
}

static void one(void **state)
{
    struct buf text = text_of("one_edited.json");
    struct journal_diff d;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(journal_diff_parse(text.data, text.size, &d, &err), 0);
    assert_string_equal(d.id, "20261121-140311-007314");
    assert_int_equal(d.file_count, 2);
    assert_int_equal(d.files[0].now, NOW_CHANGED);
    assert_true(d.files[0].stands);
    assert_null(d.files[0].diff_why);
    assert_int_equal(d.files[1].now, NOW_UNREADABLE);
    assert_string_equal(d.files[1].now_why,
                        "cannot read '/home/you/ai/comfyui/docker-compose.yml': Permission denied");
    assert_null(d.trouble); /* one of them has a diff */
    assert_null(d.command);
    assert_int_equal(d.line_count, 16);
    assert_int_equal(d.lines[0].kind, 'f');
    assert_int_equal(d.lines[2].kind, '@');
    assert_int_equal(d.lines[5].kind, '-');
    assert_string_equal(d.lines[5].text, "OLLAMA_CONTEXT_LENGTH=8192");
    assert_string_equal(d.lines[14].text, "/home/you/ai/comfyui/docker-compose.yml");
    assert_string_equal(d.lines[15].text, "no diff: its copies are gone: those of the newest 50 "
                                          "changes are kept");
    journal_diff_release(&d);
    journal_diff_release(&d);
    buf_release(&text);
    text = text_of("one_root.json");
    assert_int_equal(journal_diff_parse(text.data, text.size, &d, &err), 0);
    assert_string_equal(d.trouble, "only root may read the copies of root's journal");
    assert_string_equal(d.command, "sudo /usr/local/bin/tunetop journal 20261119-081240-905100");
    assert_int_equal(d.values[0].now, NOW_CHANGED);
    assert_string_equal(d.values[0].is, "30");
    journal_diff_release(&d);
    for (size_t size = 0; size < text.size - 2; size += 3)
        assert_int_not_equal(journal_diff_parse(text.data, size, &d, &err), 0);
    buf_release(&text);
    static const char *const none[] = {"{}", "[]", "{\"id\": \"x\"}", "{\"id\": 5}"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_int_equal(journal_diff_parse(none[i], strlen(none[i]), &d, &err), -ERR_PARSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),  cmocka_unit_test(order),  cmocka_unit_test(notes),
        cmocka_unit_test(hostile), cmocka_unit_test(broken), cmocka_unit_test(too_many),
        cmocka_unit_test(matches), cmocka_unit_test(one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
