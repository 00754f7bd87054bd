/* What installed servers list, against the shipped catalog: lists that real ones printed, and those
 * that are none. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tuning/setting_installed.h"

static struct setting_catalog catalog;
static struct installed_names names;
static struct installed_comparison found;

static int set_up(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    if (setting_catalog_load(&catalog, &err) < 0) {
        print_error("%s: %s\n", err.where, err.msg);
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    setting_catalog_release(&catalog);
    return 0;
}

static void read_list(const char *file, int owner)
{
    char path[512];
    struct err err = ERR_INIT;
    struct buf b;
    const char *src = getenv("abs_srcdir");
    snprintf(path, sizeof path, "%s/tests/fixtures/installed/%s", src ? src : ".", file);
    buf_init(&b, INSTALLED_TEXT_MAX);
    if (file_read(path, &b, &err) < 0) {
        fail_msg("%s: %s", path, err.msg);
    }
    const int rc = owner == SETTING_OWNER_OLLAMA
                       ? installed_parse_ollama(b.data, b.size, &names, &err)
                       : installed_parse_comfyui(b.data, b.size, &names, &err);
    assert_int_equal(rc, 0);
    assert_int_equal(names.left_out, 0);
    buf_release(&b);
}

static size_t count_of(enum installed_change change)
{
    size_t n = 0;
    for (size_t i = 0; i < found.count; i++) {
        n += found.rows[i].change == change;
    }
    return n;
}

static const struct installed_difference *row(const char *name)
{
    for (size_t i = 0; i < found.count; i++) {
        if (strcmp(found.rows[i].name, name) == 0) {
            return &found.rows[i];
        }
    }
    return NULL;
}

/* What is new, gone or renamed would be a mistake of the catalog. */
static void expect_agreement(const char *file)
{
    for (size_t i = 0; i < found.count; i++) {
        if (found.rows[i].change != INSTALLED_IDLE) {
            fail_msg("%s: '%s' is %d", file, found.rows[i].name, (int)found.rows[i].change);
        }
    }
}

/* Lists that were really printed: both of the runners' generations, both of ComfyUI's. */
static void test_printed(void **state)
{
    (void)state;
    static const struct {
        const char *file, *version;
        int owner;
        size_t listed;
    } rows[] = {
        {"ollama-0.24.0.txt", "0.24.0", SETTING_OWNER_OLLAMA, 18},
        {"ollama-0.33.0-rc2.txt", "0.33.0-rc2", SETTING_OWNER_OLLAMA, 21},
        {"comfyui-0.3.64.txt", "0.3.64", SETTING_OWNER_COMFYUI, 84},
        {"comfyui-0.33.0.txt", "0.33.0", SETTING_OWNER_COMFYUI, 105},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_list(rows[i].file, rows[i].owner);
        assert_int_equal(names.count, rows[i].listed);
        installed_compare(&catalog, rows[i].owner, rows[i].version, &names, &found);
        expect_agreement(rows[i].file);
        assert_int_equal(found.same, rows[i].listed);
    }
}

/* Lists of older Ollamas, as their source has them (cmd/cmd.go, serveCmd). */
#define OLD                                                                                        \
    "  OLLAMA_DEBUG x\n  OLLAMA_FLASH_ATTENTION x\n  OLLAMA_HOST x\n  OLLAMA_KEEP_ALIVE x\n"       \
    "  OLLAMA_LLM_LIBRARY x\n  OLLAMA_MAX_LOADED_MODELS x\n  OLLAMA_MAX_QUEUE x\n"                 \
    "  OLLAMA_MODELS x\n  OLLAMA_NOPRUNE x\n  OLLAMA_NUM_PARALLEL x\n  OLLAMA_ORIGINS x\n"         \
    "  OLLAMA_GPU_OVERHEAD x\n  OLLAMA_LOAD_TIMEOUT x\n  OLLAMA_SCHED_SPREAD x\n"
#define NEWER OLD "  OLLAMA_KV_CACHE_TYPE x\n"
#define NEW NEWER "  OLLAMA_CONTEXT_LENGTH x\n"

static void parse_text(const char *text, int owner, int wanted)
{
    struct err err = ERR_INIT;
    const int rc = owner == SETTING_OWNER_OLLAMA
                       ? installed_parse_ollama(text, strlen(text), &names, &err)
                       : installed_parse_comfyui(text, strlen(text), &names, &err);
    assert_int_equal(rc, wanted);
    assert_true(rc == 0 || err.msg[0] != '\0');
}

static void test_older(void **state)
{
    (void)state;
    static const struct {
        const char *version, *list;
    } rows[] = {
        {"0.3.14", OLD "  OLLAMA_TMPDIR x\n"},
        {"0.6.7", NEWER},
        {"0.9.0", NEWER},
        {"0.11.0", NEWER},
        {"0.11.5", NEW},
        {"0.15.5", NEW},
        {"0.17.0", NEW "  OLLAMA_NO_CLOUD x\n"},
        {"0.24.0", NEW "  OLLAMA_NO_CLOUD x\n  OLLAMA_MAX_TRANSFER_STREAMS x\n"},
        {"0.30.0", NEW "  OLLAMA_NO_CLOUD x\n  OLLAMA_MAX_TRANSFER_STREAMS x\n"
                       "  OLLAMA_IGPU_ENABLE x\n  LLAMA_ARG_FIT x\n  LLAMA_ARG_FIT_TARGET x\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[4096];
        snprintf(text, sizeof text, "Start Ollama\n\nEnvironment Variables:\n%s", rows[i].list);
        parse_text(text, SETTING_OWNER_OLLAMA, 0);
        installed_compare(&catalog, SETTING_OWNER_OLLAMA, rows[i].version, &names, &found);
        expect_agreement(rows[i].version);
        assert_true(found.unlisted > 3);
    }
}

static void test_differences(void **state)
{
    (void)state;
    /* A version to come: one new name, one gone, one renamed, and one that does nothing. */
    parse_text("Environment Variables:\n" NEW
               "  OLLAMA_NO_CLOUD x\n  OLLAMA_MAX_TRANSFER_STREAM x\n  OLLAMA_IGPU_ENABLE x\n"
               "  LLAMA_ARG_FIT x\n  OLLAMA_BRAND_NEW x\n",
               SETTING_OWNER_OLLAMA, 0);
    installed_compare(&catalog, SETTING_OWNER_OLLAMA, "", &names, &found);
    assert_int_equal(count_of(INSTALLED_NEW), 2);
    assert_int_equal(count_of(INSTALLED_GONE), 1);
    assert_int_equal(count_of(INSTALLED_RENAMED), 1);
    assert_int_equal(row("OLLAMA_BRAND_NEW")->change, INSTALLED_NEW);
    assert_int_equal(row("LLAMA_ARG_FIT_TARGET")->change, INSTALLED_GONE);
    assert_null(row("LLAMA_ARG_FIT_TARGET")->other);
    assert_int_equal(row("OLLAMA_MAX_TRANSFER_STREAMS")->change, INSTALLED_RENAMED);
    assert_string_equal(row("OLLAMA_MAX_TRANSFER_STREAMS")->other, "OLLAMA_MAX_TRANSFER_STREAM");
    assert_int_equal(row("OLLAMA_GPU_OVERHEAD")->change, INSTALLED_IDLE);
    assert_int_equal(row("OLLAMA_GPU_OVERHEAD")->verdict, SETTING_IGNORED);
    assert_non_null(row("OLLAMA_GPU_OVERHEAD")->reason);
    for (size_t i = 1; i < found.count; i++) {
        assert_true(found.rows[i - 1].change <= found.rows[i].change);
    }
    /* One that the catalog places later than it was seen is told with the catalog's words. */
    parse_text("options:\n  --vram-headroom X\n  --lowvram\n", SETTING_OWNER_COMFYUI, 0);
    installed_compare(&catalog, SETTING_OWNER_COMFYUI, "0.3.64", &names, &found);
    assert_int_equal(row("--vram-headroom")->change, INSTALLED_IDLE);
    assert_int_equal(row("--vram-headroom")->verdict, SETTING_HARMFUL);
    assert_int_equal(row("--listen")->change, INSTALLED_GONE);
    assert_null(row("--lowvram"));
    /* A name is one of its own: neither case nor dashes are forgiven. */
    parse_text("options:\n  --LISTEN X\n", SETTING_OWNER_COMFYUI, 0);
    installed_compare(&catalog, SETTING_OWNER_COMFYUI, "0.33.0", &names, &found);
    assert_int_equal(row("--LISTEN")->change, INSTALLED_NEW);
    assert_int_equal(row("--listen")->change, INSTALLED_RENAMED);
}

static void expect_names(const char *const *wanted)
{
    size_t i = 0;
    for (; wanted[i]; i++) {
        assert_true(i < names.count);
        assert_string_equal(names.names[i], wanted[i]);
    }
    assert_int_equal(names.count, i);
}

static void test_forms(void **state)
{
    (void)state;
    parse_text("usage: main.py [-h] [--no PE]\n\noptional arguments:\n  -h, --help  show\n"
               "  -x\n  -p P, --port P  the port, or --this one\n  --old X, --new X\n"
               "  --a-b_c2 {x,y}        text\n                        --not-one of them\n"
               "  --port P  twice\n  --eq=VALUE\n\nother things:\n  --hidden X\n",
               SETTING_OWNER_COMFYUI, 0);
    expect_names((const char *const[]){"--port", "--old", "--new", "--a-b_c2", "--eq", NULL});
    parse_text("  OLLAMA_BEFORE x\nEnvironment Variables:\r\n\tOLLAMA_A\r\n  OLLAMA_B x\r\n"
               "  lower case\n  OLLAMA_C: no\n  X one letter\nAliases:\n  OLLAMA_D x\n",
               SETTING_OWNER_OLLAMA, 0);
    expect_names((const char *const[]){"OLLAMA_A", "OLLAMA_B", NULL});
}

static void test_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\n",
        "Traceback (most recent call last):\n  File x\nModuleNotFoundError: x\n",
        "options:\n",
        "options:\n\nEnvironment Variables:\n",
        "Environment Variables:\n  none\n",
        " options:\n  --x\n",
        " Environment Variables:\n  OLLAMA_X y\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        parse_text(texts[i], SETTING_OWNER_OLLAMA, -ERR_PARSE);
        parse_text(texts[i], SETTING_OWNER_COMFYUI, -ERR_PARSE);
    }
}

static void test_too_many(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1024 * 1024);
    buf_puts(&b, "options:\n  --");
    for (int i = 0; i < INSTALLED_NAME_BYTES; i++) {
        buf_putc(&b, 'x');
    }
    buf_puts(&b, "\n");
    for (int i = 0; i < INSTALLED_NAMES_MAX + 10; i++) {
        buf_printf(&b, "  --name-%d\n", i);
    }
    parse_text(b.data, SETTING_OWNER_COMFYUI, 0);
    assert_int_equal(names.count, INSTALLED_NAMES_MAX);
    assert_int_equal(names.left_out, 11);
    installed_compare(&catalog, SETTING_OWNER_COMFYUI, "0.33.0", &names, &found);
    assert_int_equal(count_of(INSTALLED_NEW), INSTALLED_NAMES_MAX);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printed),     cmocka_unit_test(test_older),
        cmocka_unit_test(test_differences), cmocka_unit_test(test_forms),
        cmocka_unit_test(test_none),        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
