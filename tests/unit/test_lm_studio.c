/* What `lms` prints, older and newer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tuning/control/lm_studio.h"

static void test_server(void **state)
{
    static const struct {
        const char *text;
        int rc;
        bool running;
        int port;
    } table[] = {
        {"{\"running\":true,\"port\":1234}\n", 0, true, 1234},
        {"The server is running on port 1234.\n{\"running\":true,\"port\":1234}\n", 0, true, 1234},
        {"{\"running\":false,\"port\":null}", 0, false, 0},
        {"{\"running\":false,\"port\":70000}", 0, false, 0},
        {"{\"port\":1}", -ERR_PARSE, false, 1},
        {"The server is not running.\n", -ERR_PARSE, false, 0},
        {"", -ERR_PARSE, false, 0},
        {"{", -ERR_PARSE, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct lm_studio_server server;
        struct err err = ERR_INIT;

        assert_int_equal(lm_studio_read_server(table[i].text, strlen(table[i].text), &server, &err),
                         table[i].rc);
        assert_int_equal(server.running, table[i].running);
        assert_int_equal(server.port, table[i].port);
    }
}

static void test_options(void **state)
{
    static const struct {
        const char *text;
        int rc, port;
        bool cors;
        const char *bind;
    } table[] = {
        {"{\"port\": 1234, \"cors\": true, \"networkInterface\": \"0.0.0.0\"}", 0, 1234, true,
         "0.0.0.0"},
        {"{\n  \"port\": 80,\n  \"networkInterface\": \"127.0.0.1\"\n}\n", 0, 80, false, NULL},
        {"{\"cors\": \"true\"}", 0, 0, false, NULL},
        {"[]", -ERR_PARSE, 0, false, NULL},
        {"{\"port\": 12", -ERR_PARSE, 0, false, NULL},
    };
    struct arena arena = {0};

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct lm_studio_options o;
        struct err err = ERR_INIT;

        assert_int_equal(
            lm_studio_read_options(table[i].text, strlen(table[i].text), &arena, &o, &err),
            table[i].rc);
        assert_int_equal(o.port, table[i].port);
        assert_int_equal(o.cors, table[i].cors);
        assert_string_equal(o.bind ? o.bind : "-", table[i].bind ? table[i].bind : "-");
    }
    arena_release(&arena);
}

static void test_models(void **state)
{
    static const char text[] =
        "[{\"type\":\"llm\",\"modelKey\":\"qwen/q\",\"identifier\":\"qwen/q:2\","
        "\"contextLength\":8192,\"ttlMs\":null,\"lastUsedTime\":null,\"status\":\"idle\","
        "\"queued\":3,\"parallel\":4},\n"
        "{\"identifier\":\"old\",\"contextLength\":-1,\"ttlMs\":60000},{\"modelKey\":\"x\"},7]\n";
    struct lm_studio_models models;
    struct arena arena = {0};
    struct err err = ERR_INIT;

    (void)state;
    assert_int_equal(lm_studio_read_models(text, strlen(text), &arena, &models, &err), 0);
    assert_int_equal(models.count, 2);
    assert_string_equal(models.of[0].identifier, "qwen/q:2");
    assert_string_equal(models.of[0].key, "qwen/q");
    assert_int_equal(models.of[0].context, 8192);
    assert_int_equal(models.of[0].parallel, 4);
    assert_int_equal(models.of[0].queued, 3);
    assert_int_equal(models.of[0].ttl_ms, -1);
    assert_string_equal(models.of[0].status, "idle");
    assert_string_equal(models.of[1].identifier, "old");
    assert_null(models.of[1].key);
    assert_int_equal(models.of[1].context, -1);
    assert_int_equal(models.of[1].parallel, -1);
    assert_int_equal(models.of[1].ttl_ms, 60000);
    assert_int_equal(lm_studio_read_models("[]", 2, &arena, &models, &err), 0);
    assert_int_equal(models.count, 0);
    assert_int_equal(lm_studio_read_models("{}", 2, &arena, &models, &err), -ERR_PARSE);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_models),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
