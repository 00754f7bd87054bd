#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/width.h"
#include "cli/text_page.h"
#include "cli/verify_text.h"

struct fixture {
    struct buf out;
    struct text_page page;
};

static struct text_page *page_of(struct fixture *f, int width, bool color)
{
    buf_init(&f->out, 1024 * 1024);
    f->page = (struct text_page){.out = &f->out, .width = width, .color = color};
    return &f->page;
}

/* Words with two blanks between them stand in columns; the first tab is where a line goes on. */
static void test_lines(void **state)
{
    static const struct {
        int width;
        const char *text, *wanted;
    } cases[] = {
        {0, "a line that is as long as it likes", "a line that is as long as it likes\n"},
        {20, "exactly twenty chars", "exactly twenty chars\n"},
        {20, "one more than twenty.", "one more than\n  twenty.\n"},
        {20, "a  read 0.0 MiB/s  write 0.0 MiB/s", "a  read 0.0 MiB/s\n  write 0.0 MiB/s\n"},
        {20, "a  a phrase of more than one line", "a  a phrase of more\n  than one line\n"},
        {20, "/a/path/that/is/longer/than/one after", "/a/path/that/is/longer/than/one\n  after\n"},
        {20, "short /a/path/that/is/longer/than", "short\n  /a/path/that/is/longer/than\n"},
        {20, "    indented by four and long", "    indented by four\n      and long\n"},
        {20, "\u30e1\u30e2\u30ea\u30e1\u30e2\u30ea \u30e1\u30e2\u30ea\u30e1 .",
         "\u30e1\u30e2\u30ea\u30e1\u30e2\u30ea\n  \u30e1\u30e2\u30ea\u30e1 .\n"},
    };

    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        struct text_page *p = page_of(&f, cases[i].width, false);

        text_put(p, STYLE_TEXT, cases[i].text);
        text_end(p);
        assert_string_equal(f.out.data, cases[i].wanted);
        buf_release(&f.out);
    }
}

/* Styles take no columns, and those that are open where a line breaks are still closed. */
static void test_styles(void **state)
{
    struct fixture f;
    struct text_page *p = page_of(&f, 20, true);

    (void)state;
    text_put(p, STYLE_TITLE, "first");
    text_tab(p, 6);
    text_put(p, STYLE_OK, "second");
    text_blanks(p, 2);
    text_put(p, STYLE_DIM, "third and more");
    text_end(p);
    assert_string_equal(f.out.data, "\033[1mfirst\033[0m  \033[32msecond\033[0m\n  "
                                    "\033[2mthird and more\033[0m\n");
    buf_release(&f.out);
}

static void test_whole(void **state)
{
    struct fixture f;
    struct text_page *p = page_of(&f, 40, false);

    (void)state;
    text_put(p, STYLE_TEXT, "sudo a command that somebody copies from one line");
    text_end_whole(p);
    text_blanks(p, 2);
    text_put(p, STYLE_TEXT, "label");
    text_tab(p, 10);
    text_put(p, STYLE_TEXT, "goes on under the value, not the label");
    text_end(p);
    text_put(p, STYLE_TEXT, "name");
    text_tab_for(p, 30, 10, 4); /* room there */
    text_put(p, STYLE_TEXT, "0123456789");
    text_end(p);
    text_put(p, STYLE_TEXT, "name");
    text_tab_for(p, 31, 10, 4); /* room nearer */
    text_put(p, STYLE_TEXT, "0123456789");
    text_end(p);
    text_put(p, STYLE_TEXT, "a name of thirty columns wide.");
    text_tab_for(p, 31, 10, 4);
    text_put(p, STYLE_TEXT, "0123456789");
    text_end(p);
    assert_string_equal(f.out.data, "sudo a command that somebody copies from one line\n"
                                    "  label   goes on under the value, not\n"
                                    "          the label\n"
                                    "name                          0123456789\n"
                                    "name  0123456789\n"
                                    "a name of thirty columns wide.\n"
                                    "    0123456789\n");
    buf_release(&f.out);
}

static void test_clean(void **state)
{
    struct fixture f;
    struct text_page *p = page_of(&f, 0, false);
    char value[2001];

    (void)state;
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    text_put_clean(p, STYLE_TEXT, value);
    text_put_clean(p, STYLE_TEXT, "\033[31m\xff\xfe");
    text_end(p);
    assert_int_equal(f.out.size, 2000 + strlen("[31m") + 6 + 1);
    assert_null(strchr(f.out.data, '\033'));
    assert_int_equal(text_clean_width("\033[31m\xff"), 5);
    buf_release(&f.out);
}

/* ---------------------------------------------------------------- verify */

static struct verify_row rows[] = {
    {"ollama", "OLLAMA_KEEP_ALIVE", "5m", "300s", "5m", true, false, VERIFY_OK,
     EVIDENCE_ENVIRONMENT, NULL, false, false},
    {"ollama", "OLLAMA_LOAD_TIMEOUT", "6m", NULL, NULL, true, false, VERIFY_RESTART_NEEDED,
     EVIDENCE_ENVIRONMENT, "its process is older than the file", true, false},
    {"ollama", "OLLAMA_MODELS", "/srv/wanted", "/srv/in/the/file", "/srv/in/the/process", true,
     false, VERIFY_DIFFERS, EVIDENCE_ENVIRONMENT,
     "its process is younger than the file and has another value", true, false},
    {"painter", "--reserve-vram", "2", "2", NULL, false, false, VERIFY_UNKNOWN, -1,
     "it does not run", false, false},
    {"painter", "API_KEY", "a secret", "a secret", "a secret", true, false, VERIFY_OK,
     EVIDENCE_ENVIRONMENT, NULL, false, true},
};

/* The text without what breaks its lines. */
static void flatten(char *text)
{
    char *to = text;

    for (const char *at = text; *at;) {
        const size_t blanks = strspn(at, " \n");
        if (blanks) {
            *to++ = ' ';
        } else {
            *to++ = *at;
        }
        at += blanks ? blanks : 1;
    }
    *to = '\0';
}

static void show_rows(struct fixture *f, int width)
{
    const struct verify_rows all = {.of = rows, .count = sizeof rows / sizeof rows[0]};

    verify_text_rows(page_of(f, width, false), "mine", &all);
}

static int widest_line(const char *text)
{
    int widest = 0;

    for (const char *at = text; *at;) {
        const char *end = strchr(at, '\n');
        assert_non_null(end);
        char line[4096];
        assert_true((size_t)(end - at) < sizeof line);
        snprintf(line, sizeof line, "%.*s", (int)(end - at), at);
        const int width = width_of_text(line);
        widest = width > widest ? width : widest;
        at = end + 1;
    }
    return widest;
}

static void test_verify_fits(void **state)
{
    (void)state;
    for (int width = 40; width <= 200; width++) {
        struct fixture f;

        show_rows(&f, width);
        assert_true(widest_line(f.out.data) <= width);
        flatten(f.out.data);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            const struct verify_row *r = &rows[i];
            const char *const values[] = {
                r->service,    r->setting,
                r->wanted,     r->in_file,
                r->in_process, verify_verdict_words[r->verdict],
                r->why,        r->via >= 0 ? evidence_via_words[r->via] : NULL};
            for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
                const bool hidden = r->secret && k >= 2 && k <= 4;
                if (values[k] && !hidden && !strstr(f.out.data, values[k])) {
                    print_message("'%s' is not there at %d columns: %s\n", values[k], width,
                                  f.out.data);
                    fail();
                }
            }
        }
        assert_null(strstr(f.out.data, "a secret"));
        buf_release(&f.out);
    }
}

static void test_verify_shapes(void **state)
{
    struct fixture f;

    (void)state;
    show_rows(&f, 0);
    assert_non_null(strstr(f.out.data,
                           "Settings of mine                              file has    process has"
                           "  wants      verdict         via\n"));
    assert_non_null(strstr(f.out.data, "\n              its process is older than the file\n"));
    buf_release(&f.out);
    show_rows(&f, 80);
    assert_non_null(strstr(f.out.data, "\n  ollama   OLLAMA_LOAD_TIMEOUT  restart_needed\n"
                                       "      file has -, process has not set, wants 6m\n"
                                       "      via process environment: its process is older than"
                                       " the file\n"));
    assert_non_null(strstr(f.out.data, "\n  painter  --reserve-vram       unknown\n"
                                       "      file has 2, process has -, wants 2\n"
                                       "      it does not run\n"));
    buf_release(&f.out);
    show_rows(&f, 100); /* the values have columns, the proof has none */
    assert_non_null(strstr(f.out.data, "process has          wants        verdict\n"));
    assert_non_null(strstr(f.out.data, "restart_needed\n      via process environment: its"));
    buf_release(&f.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),       cmocka_unit_test(test_styles),
        cmocka_unit_test(test_whole),       cmocka_unit_test(test_clean),
        cmocka_unit_test(test_verify_fits), cmocka_unit_test(test_verify_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
