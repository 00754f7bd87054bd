#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/splice_rows.h"

/* What is read differently by those that read it, and so is not changed. */

/* A shell reads more than one thing from a line; nothing of it is lost, and none of it is told as
 * part of a value. */
static void a_shells_line_is_not_changed(void **state)
{
#define MORE "more stands on the line: a shell ends the value before it, docker compose does not\n"
#define GOES_ON "the line goes on in the next one: a backslash is its last character\n"
    static const struct splice_row rows[] = {
        {DOCUMENT_ENV,
         "export A=1 HF_TOKEN=abc\n",
         {SET_VARIABLE("", "A", "3")},
         "f:1:8: " MORE "export A=3\n"},
        {DOCUMENT_ENV,
         "export A=1; export B=2\n",
         {SET_VARIABLE("", "B", "3 4")},
         "f:1:20: " MORE "export B='3 4'\n"},
        {DOCUMENT_ENV,
         "export A=1; export B=2\n",
         {SET_VARIABLE("", "A", "3")},
         "f:1:8: " MORE "export A=3\n"},
        {DOCUMENT_ENV,
         "export A=1 && ollama serve\n",
         {SET_VARIABLE("", "A", "3")},
         "f:1:8: " MORE "export A=3\n"},
        {DOCUMENT_ENV,
         "export A=1|x\n",
         {REMOVE(ENTRY_VARIABLE, "", "A")},
         "f:1:8: " MORE "take A out\n"},
        {DOCUMENT_ENV,
         "export A=1>x\n",
         {SET_VARIABLE("", "A", "3")},
         "f:1:8: " MORE "export A=3\n"},
        {DOCUMENT_ENV,
         "export A=1 \\\n  B=2 \\\n  C=3\nD=4\n",
         {SET_VARIABLE("", "A", "3")},
         "f:1:8: " GOES_ON "export A=3\n"},
        {DOCUMENT_ENV,
         "export A=1 \\\n  B=2 \\\n  C=3\nD=4\n",
         {SET_VARIABLE("", "C", "4")},
         "f:3:3: the line before ends with a backslash, and goes on in this one\nC=4\n"},
        {DOCUMENT_ENV,
         "export A=1 \\\n  B=2 \\\n  C=3\nD=4\n",
         {SET_VARIABLE("", "D", "5"), SET_VARIABLE("", "E", "6")},
         "export A=1 \\\n  B=2 \\\n  C=3\nD=5\nE=6\n"},
        {DOCUMENT_ENV,
         "export A=1\\\n",
         {SET_VARIABLE("", "A", "3")},
         "f:1:8: " GOES_ON "export A=3\n"},
        {DOCUMENT_ENV, "A=1\\\n", {SET_VARIABLE("", "A", "3")}, "f:1:1: " GOES_ON "A=3\n"},
        {DOCUMENT_ENV,
         "export A=1 \\\n",
         {SET_VARIABLE("", "B", "3")},
         "f:1:12: the line before its place goes on: a backslash is its last character\n"
         "export B=3\n"},
        {DOCUMENT_ENV,
         "export A=\"1\"'2'\n",
         {SET_VARIABLE("", "A", "3")},
         "f:1:8: text stands directly behind the closing quote\nexport A=3\n"},
        {DOCUMENT_ENV,
         "A=\"1\"2\n",
         {SET_VARIABLE("", "A", "3")},
         "f:1:1: text stands directly behind the closing quote\nA=3\n"},
        {DOCUMENT_ENV,
         "export A=1'2 3'\n",
         {SET_VARIABLE("", "A", "3")},
         "f:1:8: quotes stand inside of the value\nexport A=3\n"},
        {DOCUMENT_ENV,
         "export A=$(nproc)\n",
         {SET_VARIABLE("", "A", "3")},
         "f:1:8: a shell runs a command for the value\nexport A=3\n"},
        {DOCUMENT_ENV,
         "export A=\"`nproc`\"\n",
         {SET_VARIABLE("", "A", "3")},
         "f:1:8: a shell runs a command for the value\nexport A=3\n"},
        {DOCUMENT_ENV,
         "A=1 HF_TOKEN=abc\n",
         {SET_VARIABLE("", "A", "3")},
         "f:1:1: a setting stands behind the value, as a shell reads it; others take all of it for "
         "the value\nA=3\n"},
        /* What is one thing to all of them is changed as before. */
        {DOCUMENT_ENV,
         "export A=1 # B=2 \\\nexport B=\"2\" # c\nexport C=\nexport D= # d\nE=a b;c\nF=$(x)\n"
         "export G=1",
         {SET_VARIABLE("", "A", "3 4"), SET_VARIABLE("", "B", "5"), SET_VARIABLE("", "C", "6"),
          SET_VARIABLE("", "D", "7")},
         "export A=\"3 4\" # B=2 \\\nexport B=\"5\" # c\nexport C=6\nexport D=7 # d\nE=a b;c\n"
         "F=$(x)\nexport G=1"},
        {DOCUMENT_ENV,
         "E=a b;c\nF=$(x)\nexport G=1 \r\n",
         {SET_VARIABLE("", "E", "d e"), SET_VARIABLE("", "F", "2"), SET_VARIABLE("", "G", "2")},
         "E=d e\nF=2\nexport G=2 \r\n"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

/* What compose or another program makes of a value with a tag of its own is not in the file. */
static void tags_are_in_the_way(void **state)
{
#define RESET                                                                                      \
    " has the tag !reset: compose drops what stands there, in the files before it as well; take "  \
    "the tag out first\n"
#define OVERRIDE                                                                                   \
    " has the tag !override: compose drops what the files before it say there; write it here by "  \
    "hand\n"
#define A_IS_3 "services:\n  a:\n    environment:\n      A: \"3\"\n"
    static const struct splice_row rows[] = {
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment: {A: !reset null}\n",
         {SET_VARIABLE("a", "A", "3")},
         "f:3:22: environment.A" RESET A_IS_3},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment:\n      - B=1\n      - !reset A=1\n",
         {SET_VARIABLE("a", "A", "3")},
         "f:5:9: environment.A" RESET A_IS_3},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment: !override {B: b}\n",
         {SET_VARIABLE("a", "A", "3")},
         "f:3:18: environment" OVERRIDE A_IS_3},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment: !reset []\n",
         {SET_VARIABLE("a", "A", "3")},
         "f:3:18: environment" RESET A_IS_3},
        {DOCUMENT_COMPOSE,
         "x: &x\n  A: !reset 1\nservices:\n  a:\n    environment: *x\n",
         {SET_VARIABLE("a", "A", "3")},
         "f:5:18: environment" RESET A_IS_3},
        {DOCUMENT_COMPOSE,
         "x: &x\n  A: !reset 1\nservices:\n  a:\n    environment:\n      <<: *x\n      B: 1\n",
         {SET_VARIABLE("a", "B", "3")},
         "f:6:11: environment" RESET "services:\n  a:\n    environment:\n      B: \"3\"\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    deploy: !reset null\n",
         {SET_KEY("a", "deploy.resources.limits.memory", "8G")},
         "f:3:13: deploy" RESET "services:\n  a:\n    deploy:\n      resources:\n        limits:\n"
         "          memory: 8G\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a: !override\n    image: x\n    command: [x, --p, \"1\"]\n",
         {SET_FLAG("a", "--p", "2")},
         "f:2:6: the service" OVERRIDE "services:\n  a:\n    command: ... --p 2\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    command: [x, !reset --p, \"1\"]\n",
         {SET_FLAG("a", "--p", "2")},
         "f:3:18: command[1]" RESET "services:\n  a:\n    command: ... --p 2\n"},
        {DOCUMENT_COMPOSE,
         "services: !override\n  a:\n    cpus: 1\n",
         {SET_KEY("a", "cpus", "2")},
         "f:1:11: services" OVERRIDE "services:\n  a:\n    cpus: 2\n"},
        {DOCUMENT_YAML,
         "a:\n  port: !env PORT\n",
         {SET_KEY("", "a.port", "2")},
         "f:2:9: a.port has the tag !env: what its program makes of a value there is not known; "
         "write it by hand\na:\n  port: 2\n"},
        /* Beside it, and tags of YAML itself. */
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment: {AB: !reset null, A: !!str 1, C: ! 2}\n"
         "    ports: !override []\n    cpus: 1\n  b:\n    environment: !reset {}\n",
         {SET_VARIABLE("a", "A", "3"), SET_VARIABLE("a", "B", "x"), SET_KEY("a", "cpus", "2"),
          REMOVE(ENTRY_VARIABLE, "b", "A")},
         "services:\n  a:\n    environment: {AB: !reset null, A: !!str 3, C: ! 2, B: x}\n"
         "    ports: !override []\n    cpus: 2\n  b:\n    environment: !reset {}\n"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void what_is_said_of_it_is_true(void **state)
{
    static const struct splice_row rows[] = {
        {DOCUMENT_COMPOSE,
         "x: &env\n  A: 1\nservices:\n  a:\n    environment: *env\n",
         {SET_VARIABLE("a", "A", "3")},
         "f:5:18: what stands here is read from the anchor 'env'\n" A_IS_3},
        {DOCUMENT_COMPOSE,
         "x: &env\n  A: 1\nservices:\n  a:\n    environment: *env\n  b:\n    environment: *env\n",
         {SET_VARIABLE("a", "A", "3")},
         "f:5:18: what stands here is read from the anchor 'env', by others as well\n" A_IS_3},
        /* By hand it would be all that is left of the map. */
        {DOCUMENT_COMPOSE,
         "x: &env\n  A: 1\n  FOO: b\n  \"C\\nD\": c\nservices:\n  a:\n    environment: *env\n",
         {SET_VARIABLE("a", "A", "3")},
         "f:7:18: what stands here is read from the anchor 'env'\n" A_IS_3
         "# it replaces what comes from an anchor: copy FOO, C D as well,\n"
         "# or let tunetop write a file of its own: 'write: override'\n"},
        {DOCUMENT_COMPOSE,
         "x: &d {resources: {}}\nservices:\n  a:\n    deploy: *d\n",
         {SET_KEY("a", "deploy.resources.limits.cpus", "3")},
         "f:4:13: what stands here is read from the anchor 'd'\nservices:\n  a:\n    deploy:\n"
         "      resources:\n        limits:\n          cpus: 3\n"},
        {DOCUMENT_PLIST,
         "<plist><dict><key>T</key><string><![CDATA[1]]></string><key>N</key>"
         "<integer><![CDATA[2]]></integer></dict></plist>",
         {SET_KEY("", "T", "5<6"), SET_KEY("", "N", "3")},
         "<plist><dict><key>T</key><string><![CDATA[5<6]]></string><key>N</key>"
         "<integer><![CDATA[3]]></integer></dict></plist>"},
        {DOCUMENT_PLIST,
         "<plist><dict><key>T</key><string><![CDATA[1]]></string></dict></plist>",
         {SET_KEY("", "T", "]]>")},
         "<plist><dict><key>T</key><string>]]&gt;</string></dict></plist>"},
        {DOCUMENT_PLIST,
         "<plist><dict><key>T</key><string>1<!-- c --></string></dict></plist>",
         {SET_KEY("", "T", "2")},
         "f:1:14: a comment or a CDATA section stands inside of 'T'\n<key>T</key>\n"
         "<string>2</string>\n"},
        {DOCUMENT_PLIST,
         "<plist><dict><key>T</key><string>1<![CDATA[2]]></string></dict></plist>",
         {SET_KEY("", "T", "2")},
         "f:1:14: a comment or a CDATA section stands inside of 'T'\n<key>T</key>\n"
         "<string>2</string>\n"},
        {DOCUMENT_PLIST,
         "<plist><dict><key>ProgramArguments</key><array><string>x</string><string>--p</string>"
         "<string><![CDATA[1]]></string></array></dict></plist>",
         {SET_FLAG("", "--p", "2")},
         "<plist><dict><key>ProgramArguments</key><array><string>x</string><string>--p</string>"
         "<string><![CDATA[2]]></string></array></dict></plist>"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shells_line_is_not_changed),
        cmocka_unit_test(tags_are_in_the_way),
        cmocka_unit_test(what_is_said_of_it_is_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
