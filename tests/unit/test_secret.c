/* Lines of files of every kind: what is hidden of them, and what is not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tuning/secret.h"

static void test_lines(void **state)
{
    static const char *const rows[][2] = {
        {"HF_TOKEN=abc", "HF_TOKEN=***"},
        {"export OPENAI_API_KEY=\"abc\"", "export OPENAI_API_KEY=***"},
        {"      - HF_TOKEN=abc def", "      - HF_TOKEN=***"},
        {"      HF_TOKEN: abc # mine", "      HF_TOKEN: ***"},
        {"  \"api_key\": \"abc\", \"port\": 1", "  \"api_key\": ***"},
        {"    {password: abc, port: 1}", "    {password: ***"},
        {"Environment=\"HF_TOKEN=abc\" \"B=1\"", "Environment=\"HF_TOKEN=***"},
        {"command: serve --api-key abc --port 1", "command: serve --api-key ***"},
        {"ExecStart=/x --api-key=abc", "ExecStart=/x --api-key=***"},
        {"command: [\"--api-key\", \"abc\"]", "command: [\"--api-key\", ***"},
        {"  url: http://user:pass@host/", "  url: http://***@host/"},
        {"  - sk-0123456789abcdef", "  - ***"},
        {"OLLAMA_HOST=0.0.0.0:11434", "OLLAMA_HOST=0.0.0.0:11434"},
        {"# the auth server is slow", "# the auth server is slow"},
        {"OLLAMA_NUM_PARALLEL=4", "OLLAMA_NUM_PARALLEL=4"},
        {"image: ollama/ollama:0.24.0@sha256:12ab", "image: ollama/ollama:0.24.0@sha256:12ab"},
        {"", ""},
        {"   ", "   "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct secret_state s = {false};
        struct buf out;

        buf_init(&out, 4096);
        secret_mask_line(&s, rows[i][0], strlen(rows[i][0]), &out);
        assert_string_equal(out.data, rows[i][1]);
        buf_release(&out);
    }
}

/* A secret of several lines, and what comes behind it. */
static void test_long(void **state)
{
    static const char *const texts[][4] = {
        {"SECRET_KEY=\"abc", "def", "ghi\" # x", "PORT=1"},
        {"SECRET_KEY='a\"bc", "d\\ef", "ghi'", "PORT=1"},
        {"  - \"HF_TOKEN=abc", "    def", "    ghi\"", "PORT=1"},
        {"  password: |", "    abc", "    def", "  port: 1"},
        {"  - password: >-", "      abc", "      def", "    port: 1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct secret_state s = {false};
        struct buf out;

        buf_init(&out, 4096);
        for (size_t k = 0; k < 3; k++) {
            secret_mask_line(&s, texts[i][k], strlen(texts[i][k]), &out);
        }
        assert_null(strstr(out.data, "abc"));
        assert_null(strstr(out.data, "def"));
        assert_null(strstr(out.data, "ef"));
        assert_null(strstr(out.data, "ghi"));
        buf_clear(&out);
        secret_mask_line(&s, texts[i][3], strlen(texts[i][3]), &out);
        assert_string_equal(out.data, texts[i][3]);
        buf_release(&out);
    }
}

/* One that ends where it began. */
static void test_short(void **state)
{
    static const char *const lines[] = {"HF_TOKEN=\"abc\"", "- \"HF_TOKEN=abc\"",
                                        "\"token\": \"abc\",", "{\"token\": \"a\\\"bc\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct secret_state s = {false};
        struct buf out;

        buf_init(&out, 4096);
        secret_mask_line(&s, lines[i], strlen(lines[i]), &out);
        buf_clear(&out);
        secret_mask_line(&s, "PORT=1", 6, &out);
        assert_string_equal(out.data, "PORT=1");
        buf_release(&out);
    }
}

/* The name on one line, the value on the next. */
static void test_over_lines(void **state)
{
    static const char *const texts[][3] = {
        {"  <key>HF_TOKEN</key>", "  <string>abc</string>", "  ***"},
        {"      <string>--api-key</string>", "      <string>abc</string>", "      ***"},
        {"  - --api-key", "  - abc", "  ***"},
        {"password: >-", "  abc", "  ***"},
        {"\"token\":", "  \"abc\"", "  ***"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct secret_state s = {false};
        struct buf out;

        buf_init(&out, 4096);
        secret_mask_line(&s, texts[i][0], strlen(texts[i][0]), &out);
        assert_string_equal(out.data, texts[i][0]);
        buf_clear(&out);
        secret_mask_line(&s, texts[i][1], strlen(texts[i][1]), &out);
        assert_string_equal(out.data, texts[i][2]);
        buf_clear(&out);
        secret_mask_line(&s, "PORT=1", 6, &out);
        assert_string_equal(out.data, "PORT=1");
        buf_release(&out);
    }
}

/* A private key is one under any name, in any kind of file. */
static void test_private_key(void **state)
{
    static const char *const texts[][5] = {
        {"  tls.pem: |", "    -----BEGIN PRIVATE KEY-----", "    abc",
         "    -----END PRIVATE KEY-----", "  port: 1"},
        {"A=1", "PEM=\"-----BEGIN RSA PRIVATE KEY-----", "abc", "-----END RSA PRIVATE KEY-----\"",
         "PORT=1"},
        {"# x", "X-----BEGIN OPENSSH PRIVATE KEY-----", "abc",
         "-----END OPENSSH PRIVATE KEY----- abc", "PORT=1"},
        {"HF_TOKEN=\"", "-----BEGIN PGP PRIVATE KEY BLOCK-----", "abc",
         "-----END PGP PRIVATE KEY BLOCK-----\"", "PORT=1"},
        {"- --api-key", "- -----BEGIN EC PRIVATE KEY-----", "abc", "  -----END EC PRIVATE KEY-----",
         "PORT=1"},
        {"-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY----------BEGIN EC PRIVATE KEY-----",
         "abc", "-----END EC PRIVATE KEY-----", "PORT=1"},
        {"A='-----BEGIN PRIVATE KEY-----END PRIVATE KEY----- -----BEGIN RSA PRIVATE KEY-----",
         "abc", "-----END RSA PRIVATE KEY-----", "'", "PORT=1"},
        {"{", "\"a\": \"-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----\",", "", "",
         "  \"port\": 1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct secret_state s = {false};
        struct buf out;

        buf_init(&out, 4096);
        for (size_t k = 0; k < 4; k++) {
            secret_mask_line(&s, texts[i][k], strlen(texts[i][k]), &out);
        }
        assert_null(strstr(out.data, "abc"));
        assert_null(strstr(out.data, "BEGIN"));
        assert_non_null(strstr(out.data, "***"));
        buf_clear(&out);
        secret_mask_line(&s, texts[i][4], strlen(texts[i][4]), &out);
        assert_string_equal(out.data, texts[i][4]);
        buf_release(&out);
    }
}

/* What everybody may read, and a line that only looks like one. */
static void test_certificate(void **state)
{
    static const char *const lines[] = {
        "-----BEGIN CERTIFICATE-----", "abc",
        "-----END CERTIFICATE-----",   "# -----BEGIN PUBLIC KEY----- not the PRIVATE KEY-----",
        "# ----- PRIVATE KEY -----",   "PORT=1"};
    struct secret_state s = {false};
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        buf_clear(&out);
        secret_mask_line(&s, lines[i], strlen(lines[i]), &out);
        assert_string_equal(out.data, lines[i]);
    }
    buf_release(&out);
}

/* YAML: a text goes on in every line that is deeper than its key. */
static void test_goes_on(void **state)
{
    static const char *const heads[] = {"  PASSWORD: # of prod", "  PASSWORD: &pw",
                                        "  PASSWORD: !!str",     "  PASSWORD: first",
                                        "  accessToken: first",  "  DB_PASS: first"};

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct secret_state s = {false};
        struct buf out;

        buf_init(&out, 4096);
        secret_mask_line(&s, heads[i], strlen(heads[i]), &out);
        buf_clear(&out);
        secret_mask_line(&s, "    hunter2", 11, &out);
        assert_string_equal(out.data, "    ***");
        buf_clear(&out);
        secret_mask_line(&s, "  PORT: 1", 9, &out);
        assert_string_equal(out.data, "  PORT: 1");
        buf_release(&out);
    }
}

/* A diff begins in the middle of a text, perhaps in the middle of a secret. */
static void test_from_the_middle(void **state)
{
    static const char text[] = "a: 1\nprivate_key_secret: |\n  first\n  second\n  third\nb: 2\n";
    const char *third = strstr(text, "  third"), *b = strstr(text, "b: 2");
    struct secret_state s = secret_state_at(text, sizeof text - 1, 5);
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    secret_mask_line(&s, third, strlen("  third"), &out);
    assert_string_equal(out.data, "  ***");
    buf_clear(&out);
    s = secret_state_at(text, sizeof text - 1, 6);
    secret_mask_line(&s, b, strlen("b: 2"), &out);
    assert_string_equal(out.data, "b: 2");
    s = secret_state_at(text, sizeof text - 1, 1);
    assert_false(s.next || s.block || s.quote);
    buf_release(&out);
}

/* One line after the other, and back: the same as from the beginning. */
static void test_reader(void **state)
{
    static const char text[] = "a: 1\nprivate_key_secret: |\n  first\n  second\n\nb: 2\n"
                               "k: \"-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\"";
    static const size_t lines[] = {1, 3, 3, 4, 6, 7, 8, 9, 10, 99, 4, 0, 8};
    struct secret_reader r = {.text = text, .size = sizeof text - 1};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct secret_state is = secret_reader_at(&r, lines[i]);
        const struct secret_state was = secret_state_at(text, sizeof text - 1, lines[i]);

        assert_int_equal(is.next, was.next);
        assert_int_equal(is.key, was.key);
        assert_int_equal(is.quote, was.quote);
        assert_int_equal(is.block, was.block);
        assert_int_equal(is.key, lines[i] == 8 || lines[i] == 9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),       cmocka_unit_test(test_long),
        cmocka_unit_test(test_short),       cmocka_unit_test(test_over_lines),
        cmocka_unit_test(test_goes_on),     cmocka_unit_test(test_from_the_middle),
        cmocka_unit_test(test_private_key), cmocka_unit_test(test_certificate),
        cmocka_unit_test(test_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
