/* What the screen remembers: read as far as it makes sense, written whole, one's own changes only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/screen_state.h"
#include "tui/ui.h"

static char folder[256], path[300];
static struct err err;

static int setup(void **state)
{
    const char *base = getenv("TMPDIR");
    (void)state;
    snprintf(folder, sizeof folder, "%s/test_screen_state.XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/tunetop/screen.json", folder);
    err_clear(&err);
    return 0;
}

static int teardown(void **state)
{
    char below[300];
    (void)state;
    unlink(path);
    snprintf(below, sizeof below, "%s/tunetop", folder);
    rmdir(below);
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static void parse(const char *text, int expected, struct screen_state *out)
{
    err_clear(&err);
    assert_int_equal(screen_state_parse(text, strlen(text), out, &err), expected);
}

static void is_read_as_far_as_it_makes_sense(void **state)
{
    struct screen_state s;
    (void)state;
    parse("{\"tab\":\"services\",\"sort\":\"memory\",\"tree\":true,\"theme\":\"warm\"}", 0, &s);
    assert_int_equal(s.tab, UI_SERVICES);
    assert_int_equal(s.sort, PROCESS_SORT_MEMORY);
    assert_true(s.tree);
    assert_string_equal(s.theme, "warm");
    parse("{\"tab\":\"cellar\",\"sort\":7,\"tree\":\"yes\",\"theme\":null,\"new\":[1]}", 0, &s);
    assert_int_equal(s.tab, -1);
    assert_int_equal(s.sort, -1);
    assert_false(s.tree);
    assert_string_equal(s.theme, "");
    parse("{\"theme\":\"a\\u001b[31mb\"}", 0, &s);
    assert_null(strchr(s.theme, '\x1b'));
    parse("[]", -ERR_PARSE, &s);
    parse("", -ERR_PARSE, &s);
    parse("{\"tab\":\"serv", -ERR_PARSE, &s);
    assert_int_equal(s.tab, -1);
}

static void comes_back_as_it_was_written(void **state)
{
    struct screen_state none, s = {UI_PROCESSES, PROCESS_SORT_NAME, true, "high-contrast"}, back;
    struct stat st;
    char above[300];
    (void)state;
    screen_state_init(&none);
    assert_int_equal(screen_state_load(path, &back, &err), 0); /* none is an empty one */
    assert_int_equal(back.tab, -1);
    assert_int_equal(screen_state_save(path, &none, &none, &err), 0);
    assert_int_equal(access(path, F_OK), -1); /* nothing changed: nothing is written */
    assert_int_equal(screen_state_save(path, &none, &s, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    snprintf(above, sizeof above, "%s/tunetop", folder);
    assert_int_equal(stat(above, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(screen_state_load(path, &back, &err), 0);
    assert_int_equal(back.tab, s.tab);
    assert_int_equal(back.sort, s.sort);
    assert_true(back.tree);
    assert_string_equal(back.theme, s.theme);
}

static void two_dashboards(void **state)
{
    struct screen_state start, one, two, back;
    (void)state;
    screen_state_init(&start);
    one = two = start;
    one.tab = UI_TUNING;
    memcpy(two.theme, "warm", 5);
    assert_int_equal(screen_state_save(path, &start, &one, &err), 0);
    assert_int_equal(screen_state_save(path, &start, &two, &err), 0);
    assert_int_equal(screen_state_load(path, &back, &err), 0);
    assert_int_equal(back.tab, UI_TUNING); /* the second one did not touch it */
    assert_string_equal(back.theme, "warm");
    two.tab = UI_JOURNAL; /* the last of both that changed it */
    assert_int_equal(screen_state_save(path, &start, &two, &err), 0);
    assert_int_equal(screen_state_load(path, &back, &err), 0);
    assert_int_equal(back.tab, UI_JOURNAL);
}

static void put(const char *text, size_t size)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static void garbage_is_replaced(void **state)
{
    static char much[SCREEN_STATE_MAX_BYTES + 1];
    struct screen_state start, now, back;
    (void)state;
    screen_state_init(&start);
    now = start;
    now.sort = PROCESS_SORT_IO;
    assert_int_equal(screen_state_save(path, &start, &now, &err), 0);
    memset(much, ' ', sizeof much);
    const struct {
        const char *text;
        size_t size;
    } wrong[] = {{"{", 1}, {"\0\1\2", 3}, {"[[[[", 4}, {much, sizeof much}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        put(wrong[i].text, wrong[i].size);
        err_clear(&err);
        assert_true(screen_state_load(path, &back, &err) < 0);
        assert_true(err.msg[0] != '\0');
        assert_int_equal(back.sort, -1);
        assert_int_equal(screen_state_save(path, &start, &now, &err), 0);
        err_clear(&err);
        assert_int_equal(screen_state_load(path, &back, &err), 0);
        assert_int_equal(back.sort, PROCESS_SORT_IO);
    }
    /* Nothing is left beside it. */
    char above[300];
    snprintf(above, sizeof above, "%s/tunetop", folder);
    DIR *d = opendir(above);
    int count = 0;
    assert_non_null(d);
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    assert_int_equal(count, 3);
}

static void a_place_that_takes_nothing(void **state)
{
    struct screen_state start, now;
    (void)state;
    screen_state_init(&start);
    now = start;
    now.tab = UI_TUNING;
    assert_true(screen_state_save("/proc/nowhere/screen.json", &start, &now, &err) < 0);
    assert_true(err.msg[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_read_as_far_as_it_makes_sense, setup, teardown),
        cmocka_unit_test_setup_teardown(comes_back_as_it_was_written, setup, teardown),
        cmocka_unit_test_setup_teardown(two_dashboards, setup, teardown),
        cmocka_unit_test_setup_teardown(garbage_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_place_that_takes_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
