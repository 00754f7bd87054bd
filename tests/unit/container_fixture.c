#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "tests/unit/container_fixture.h"

struct arena arena;
struct buf text;
struct err err = ERR_INIT;

int container_fixture_setup(void **state)
{
    (void)state;
    arena_init(&arena);
    buf_init(&text, 1024 * 1024);
    err_clear(&err);
    return 0;
}

int container_fixture_teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    buf_release(&text);
    return 0;
}

struct containers container_fixture(const char *name)
{
    struct containers all;
    char path[1024];

    snprintf(path, sizeof path, "%s/tests/fixtures/containers/%s", getenv("abs_srcdir"), name);
    assert_int_equal(file_read(path, &text, &err), 0);
    assert_int_equal(containers_read(text.data, text.size, &arena, &all, &err), 0);
    return all;
}
