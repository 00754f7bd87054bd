#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/yaml_span.h"

static void put_span(struct buf *out, const struct yaml_tree *t, const struct yaml_node *n)
{
    buf_printf(out, "%lu:%lu<%.*s>", n->line, n->column, (int)(n->end - n->begin),
               t->text + n->begin);
}

/* (kind, anchor, tag, place, bytes as written), children in brackets. */
static void put_node(struct buf *out, const struct yaml_tree *t, const struct yaml_node *n)
{
    static const char kinds[] = "SLMA";
    static const char styles[] = "psd|>bf";
    buf_printf(out, "%c%c", kinds[n->kind], styles[n->style]);
    if (n->anchor != NULL) {
        buf_printf(out, "&%s*%u", n->anchor, n->aliases);
    }
    if (n->tag != NULL) {
        buf_printf(out, "!%s", n->tag);
    }
    if (n->duplicate) {
        buf_puts(out, "=");
    }
    put_span(out, t, n);
    if (n->outer != n->begin) {
        buf_printf(out, "{%.*s}", (int)(n->begin - n->outer), t->text + n->outer);
    }
    if (n->kind == YAML_SPAN_SCALAR &&
        (n->size != n->end - n->begin || memcmp(n->text, t->text + n->begin, n->size) != 0)) {
        buf_printf(out, "=<%s>", n->text);
    }
    buf_putc(out, '\n');
    for (const struct yaml_node *child = n->children; child != NULL; child = child->next) {
        put_node(out, t, child);
    }
}

static void spans_are_the_bytes_as_written(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"a: b", "Mb1:1<a: b>\nSp1:1<a>\nSp1:4<b>\n"},
        {"# c\r\na:   \"x\\n\" # c\r\nb: 'it''s'\r\n\r\n",
         "Mb2:1<a:   \"x\\n\" # c\r\nb: 'it''s'>\nSp2:1<a>\nSd2:6<\"x\\n\">=<x\n>\nSp3:1<b>\n"
         "Ss3:4<'it''s'>=<it's>\n"},
        {"\xEF\xBB\xBF\xC3\xA9: \xF0\x9F\x99\x82 # c\nb: c\n",
         "Mb1:1<\xC3\xA9: \xF0\x9F\x99\x82 # c\nb: c>\nSp1:1<\xC3\xA9>\nSp1:4<\xF0\x9F\x99\x82>\n"
         "Sp2:1<b>\nSp2:4<c>\n"},
        {"a:\nb: ~\nc:\n- \n- x\n",
         "Mb1:1<a:\nb: ~\nc:\n- \n- x>\nSp1:1<a>\nSp1:3<>\nSp2:1<b>\nSp2:4<~>\nSp3:1<c>\n"
         "Lb4:1<- \n- x>\nSp4:2<>\nSp5:3<x>\n"},
        {"a: |  # c\n    x\n     y\n\n\n# d\nb: >-\n  p\n  q\n",
         "Mb1:1<a: |  # c\n    x\n     y\n\n\n# d\nb: >-\n  p\n  q>\nSp1:1<a>\n"
         "S|1:4<|  # c\n    x\n     y>=<x\n y\n>\nSp7:1<b>\nS>7:4<>-\n  p\n  q>=<p q>\n"},
        {"a: &x !!str 1\nb: *x\nc: &y\n  k: *x # e\nd: !t {e: [f, \"g\" ]} # h\n",
         "Mb1:1<a: &x !!str 1\nb: *x\nc: &y\n  k: *x # e\nd: !t {e: [f, \"g\" ]}>\nSp1:1<a>\n"
         "Sp&x*2!tag:yaml.org,2002:str1:13<1>{&x !!str }\nSp2:1<b>\nAp2:4<*x>\nSp3:1<c>\n"
         "Mb&y*04:3<k: *x>{&y\n  }\nSp4:3<k>\nAp4:6<*x>\nSp5:1<d>\nMf!!t5:7<{e: [f, \"g\" ]}>{!t }\n"
         "Sp5:8<e>\nLf5:11<[f, \"g\" ]>\nSp5:12<f>\nSd5:15<\"g\">=<g>\n"},
        {"a: 1\na: 2\nb: {c: 1, c: 2}\n",
         "Mb1:1<a: 1\na: 2\nb: {c: 1, c: 2}>\nSp1:1<a>\nSp1:4<1>\nSp=2:1<a>\nSp2:4<2>\nSp3:1<b>\n"
         "Mf3:4<{c: 1, c: 2}>\nSp3:5<c>\nSp3:8<1>\nSp=3:11<c>\nSp3:14<2>\n"},
        {"a: one\n  two\n\n  three # c\n", "Mb1:1<a: one\n  two\n\n  three>\nSp1:1<a>\n"
                                           "Sp1:4<one\n  two\n\n  three>=<one two\nthree>\n"},
        {"a: &n\nb: 1\n", "Mb1:1<a: &n\nb: 1>\nSp1:1<a>\nSp&n*01:6<>{&n}\nSp2:1<b>\nSp2:4<1>\n"},
        {"[a: b]", "Lf1:1<[a: b]>\nMb1:2<a: b>\nSp1:2<a>\nSp1:5<b>\n"},
        {"--- a\n--- b\n...\n", "Sp1:5<a>\nSp2:5<b>\n"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena = {0};
        struct err err = ERR_INIT;
        struct yaml_tree tree;
        struct buf got;
        buf_init(&got, 10000);
        int rc = yaml_tree_parse("f", rows[i].text, strlen(rows[i].text), &arena, &tree, &err);
        if (rc < 0) {
            fail_msg("row %zu: %s %s", i, err.where, err.msg);
        }
        for (const struct yaml_node *root = tree.roots; root != NULL; root = root->next) {
            put_node(&got, &tree, root);
        }
        if (strcmp(got.data, rows[i].expected) != 0) {
            fail_msg("row %zu: expected\n%s\ngot\n%s", i, rows[i].expected, got.data);
        }
        buf_release(&got);
        arena_release(&arena);
    }
}

/* The bytes as written of the part of a scalar that is `part` when decoded. */
static void bytes_of_a_part_are_found(void **state)
{
    static const struct {
        const char *text, *part, *expected; /* NULL: cannot be told */
    } rows[] = {
        {"k: a b c", "b", "b"},
        {"k: 'a''b'", "'b", "''b"},
        {"k: \"a\\tb\\u00e9c\"", "\xC3\xA9", "\\u00e9"},
        {"k: \"a\\\n   b c\"", "b c", "b c"},
        {"k: \"a \\\"b c\\\" d\"", "\"b c\"", "\\\"b c\\\""},
        {"k: a\n  b\n\n  c d", "c d", "c d"},
        {"k: >\n  a\n  bb cc\n\n  dd\n", "bb cc", "bb cc"},
        {"k: >\n  a\n  bb cc\n\n  dd\n", "dd", "dd"},
        {"k: |2-  # c\n   a\n  bb\n", "bb", "bb"},
        {"k: |\n\n  a\n    bb\n", "bb", "bb"},
        {"k: \"a\r\n  b\"", "b", "b"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena = {0};
        struct err err = ERR_INIT;
        struct yaml_tree tree;
        uint32_t begin[100];
        uint32_t end[100];
        assert_int_equal(
            0, yaml_tree_parse("f", rows[i].text, strlen(rows[i].text), &arena, &tree, &err));
        const struct yaml_node *n = yaml_node_value(tree.roots, "k");
        assert_non_null(n);
        if (!yaml_node_align(&tree, n, begin, end)) {
            fail_msg("row %zu: not aligned", i);
        }
        const char *at = strstr(n->text, rows[i].part);
        assert_non_null(at);
        size_t from = begin[at - n->text];
        size_t to = end[(size_t)(at - n->text) + strlen(rows[i].part) - 1];
        if (to - from != strlen(rows[i].expected) ||
            memcmp(tree.text + from, rows[i].expected, to - from) != 0) {
            fail_msg("row %zu: got <%.*s>", i, (int)(to - from), tree.text + from);
        }
        arena_release(&arena);
    }
}

static void errors_have_a_place(void **state)
{
    static const struct {
        const char *text, *where, *msg;
    } rows[] = {
        {"a: *b\n", "f:1:4", "the alias '*b' has no anchor before it"},
        {"a: &b [*b]\n", "f:1:8", "the alias '*b' stands inside its own anchor"},
        {"--- {a: &b 1}\n--- *b\n", "f:2:5", "the alias '*b' has no anchor before it"},
        {"a:\n\t- b\n", "f:2:1", "a tab cannot stand here: YAML is indented with spaces"},
        {"\xC3\xA9: [\n", "f:2:1",
         "it is not YAML: while parsing a flow node did not find expected node content"},
        {"a: \x01\n", "f:1:4", "it is not plain text in UTF-8: control characters are not allowed"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena = {0};
        struct err err = ERR_INIT;
        struct yaml_tree tree;
        assert_int_equal(-(int)ERR_CONFIG, yaml_tree_parse("f", rows[i].text, strlen(rows[i].text),
                                                           &arena, &tree, &err));
        assert_string_equal(rows[i].where, err.where);
        assert_string_equal(rows[i].msg, err.msg);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_are_the_bytes_as_written),
        cmocka_unit_test(bytes_of_a_part_are_found),
        cmocka_unit_test(errors_have_a_place),
    };
    return cmocka_run_group_tests_name("yaml_span", tests, NULL, NULL);
}
