#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/splice_rows.h"

static void several_edits_of_a_compose_file(void **state)
{
    static const struct splice_row rows[] = {
        /* A section that both need is made once. */
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    image: x\n",
         {SET_KEY("a", "deploy.resources.limits.memory", "8G"),
          SET_KEY("a", "deploy.resources.limits.cpus", "2"),
          SET_KEY("a", "deploy.resources.reservations.memory", "1G"), SET_VARIABLE("a", "A", "1")},
         "services:\n  a:\n    image: x\n    deploy:\n      resources:\n        limits:\n"
         "          memory: 8G\n          cpus: \"2\"\n        reservations:\n          memory: 1G\n"
         "    environment:\n      A: 1\n"},
        /* Beside each other, in their order. */
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment:\n      - Z=0 # last\n",
         {SET_VARIABLE("a", "B", "1"), SET_VARIABLE("a", "A", "2"), SET_VARIABLE("a", "Z", "3")},
         "services:\n  a:\n    environment:\n      - Z=3 # last\n      - B=1\n      - A=2\n"},
        {DOCUMENT_COMPOSE,
         "services: {a: {environment: {Z: \"0\"}}}",
         {SET_VARIABLE("a", "B", "1"), SET_VARIABLE("a", "A", "2")},
         "services: {a: {environment: {Z: \"0\", B: \"1\", A: \"2\"}}}"},
        /* The last goes, with its section, before a new one comes. */
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment:\n      A: 1\n    image: x\n",
         {REMOVE(ENTRY_VARIABLE, "a", "A"), SET_VARIABLE("a", "B", "2")},
         "services:\n  a:\n    image: x\n    environment:\n      B: 2\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    command: [x, --lowvram, --port, \"1\"]\n",
         {REMOVE(ENTRY_FLAG, "a", "--lowvram"), SET_FLAG("a", "--port", "2"),
          SET_FLAG("a", "--highvram", NULL)},
         "services:\n  a:\n    command: [x, --port, \"2\", \"--highvram\"]\n"},
        /* Two services. */
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    cpus: 1\n  b:\n    cpus: 1\n",
         {SET_KEY("a", "cpus", "2"), SET_KEY("b", "cpus", "3")},
         "services:\n  a:\n    cpus: 2\n  b:\n    cpus: 3\n"},
        /* An alias is replaced where it stands; a key is put beside a merge. */
        {DOCUMENT_COMPOSE,
         "x: &c 2\ny: &m {cpus: 1, init: true}\nservices:\n  a:\n    cpus: *c\n  b:\n    <<: *m\n",
         {SET_KEY("a", "cpus", "3"), SET_KEY("b", "cpus", "4")},
         "x: &c 2\ny: &m {cpus: 1, init: true}\nservices:\n  a:\n    cpus: 3\n  b:\n    <<: *m\n"
         "    cpus: 4\n"},
        /* Empty places. */
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment: {} # none\n    mem_limit:\n    cpus: # soon\n",
         {SET_VARIABLE("a", "A", "yes"), SET_KEY("a", "mem_limit", "1g"),
          SET_KEY("a", "cpus", "1")},
         "services:\n  a:\n    environment: {A: \"yes\"} # none\n    mem_limit: 1g\n"
         "    cpus: 1 # soon\n"},
        {DOCUMENT_COMPOSE,
         "services:\r\n  a:\r\n    environment: # none\r\n    image: x",
         {SET_VARIABLE("a", "A", "1"), SET_KEY("a", "cpus", "1")},
         "services:\r\n  a:\r\n    environment: # none\r\n      A: 1\r\n    image: x\r\n"
         "    cpus: 1"},
        /* What needs quotes gets them. */
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment:\n      A: x\n      B: 'x'\n      C: \"x\"\n"
         "      D: x\n",
         {SET_VARIABLE("a", "A", "no"), SET_VARIABLE("a", "B", "it's"),
          SET_VARIABLE("a", "C", "\"\\"), SET_VARIABLE("a", "D", "- a: b #c")},
         "services:\n  a:\n    environment:\n      A: \"no\"\n      B: 'it''s'\n"
         "      C: \"\\\"\\\\\"\n      D: \"- a: b #c\"\n"},
        /* What somebody commented out stays with what it is behind. */
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    command:\n      - x\n      # - y\n\n  # b\n  b:\n    image: x\n",
         {SET_KEY("a", "mem_limit", "1g"), SET_FLAG("a", "--z", NULL)},
         "services:\n  a:\n    command:\n      - x\n      # - y\n      - --z\n    mem_limit: 1g\n\n"
         "  # b\n  b:\n    image: x\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment:\n    - A=1\n    #- B=2\n    # the image\n    image: x\n",
         {SET_VARIABLE("a", "C", "3")},
         "services:\n  a:\n    environment:\n    - A=1\n    #- B=2\n    - C=3\n    # the image\n"
         "    image: x\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment:\n      A: 1\n\n      # B: 2\n    # mem_limit: 1g\n"
         "  # all\n# vim\n",
         {SET_KEY("a", "cpus", "1"), SET_VARIABLE("a", "C", "3"),
          SET_KEY("a", "restart", "always")},
         "services:\n  a:\n    environment:\n      A: 1\n\n      # B: 2\n      C: 3\n"
         "    # mem_limit: 1g\n    cpus: 1\n    restart: always\n  # all\n# vim\n"},
        /* The end of the environment is that of the service. */
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment:\n      A: 1\n",
         {SET_KEY("a", "cpus", "1"), SET_VARIABLE("a", "B", "2"),
          SET_KEY("a", "restart", "always")},
         "services:\n  a:\n    environment:\n      A: 1\n      B: 2\n    cpus: 1\n"
         "    restart: always\n"},
        /* Nothing to do. */
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    cpus:   \"2\"   # two\n",
         {SET_KEY("a", "cpus", "2"), REMOVE(ENTRY_KEY, "a", "mem_limit")},
         "services:\n  a:\n    cpus:   \"2\"   # two\n"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void what_is_refused_says_why(void **state)
{
    static const struct splice_row rows[] = {
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment:\n      A: ${B:-1}\n",
         {SET_VARIABLE("a", "A", "2")},
         "f:4:7: 'A' is filled in from B: that is to be changed\n"
         "services:\n  a:\n    environment:\n      A: \"2\"\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a: &a\n    cpus: 1\n  b:\n    <<: *a\n",
         {SET_KEY("a", "cpus", "2")},
         "f: the change would reach 'cpus' of 'b', too\nservices:\n  a:\n    cpus: 2\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    cpus: 1\n    cpus: 2\n",
         {SET_KEY("a", "mem_limit", "2g")},
         "f:1:1: names stand in it twice: which of them counts is not sure\n"
         "services:\n  a:\n    mem_limit: 2g\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    cpus: 1\n---\nservices:\n",
         {SET_KEY("a", "cpus", "2")},
         "f:5:1: it holds several documents\nservices:\n  a:\n    cpus: 2\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    environment:\n      A: |\n        x\n",
         {SET_VARIABLE("a", "A", "2")},
         "f:4:10: the value is a block of lines\n"
         "services:\n  a:\n    environment:\n      A: \"2\"\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    command: sh -c \"x --y\"\n",
         {SET_FLAG("a", "--z", NULL)},
         "f:3:14: the command is a script of a shell\nservices:\n  a:\n    command: ... --z \n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    image: x\n",
         {SET_VARIABLE("a", "A", "$B")},
         "f:1:1: compose would fill in the '$' of 'A'\n"
         "services:\n  a:\n    environment:\n      A: \"$B\"\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    image: x\n",
         {SET_VARIABLE("a", "A", "x\ny")},
         ": the value of 'A' holds control characters\n"
         "services:\n  a:\n    environment:\n      A: \"x\ny\"\n"},
        {DOCUMENT_ENV,
         "A=1\n",
         {SET_KEY("", "mem_limit", "1g")},
         ": a file of this kind (env) cannot hold 'mem_limit'\nmem_limit=1g\n"},
        {DOCUMENT_SYSTEMD,
         "[Service]\nX=a \\\n# why\n  b\n",
         {SET_KEY("Service", "X", "c")},
         "f:2:1: comments stand between the lines of 'X'\n[Service]\nX=c\n"},
        {DOCUMENT_SYSTEMD,
         "[Service]\nEnvironment=A=1\n",
         {SET_VARIABLE("Service", "B", "50%")},
         "f:1:1: systemd would take the '%' of 'B' for a specifier\n"
         "[Service]\nEnvironment=\"B=50%\"\n"},
        {DOCUMENT_JSON,
         "{\"a\": 1}",
         {SET_KEY("", "a", "x")},
         "f:1:2: 'a' is a number here\n\"a\": x\n"},
        {DOCUMENT_JSON,
         "{\"a\": {\"b\": 1}}",
         {SET_KEY("", "a", "x")},
         "f:1:7: what stands here is a section, not a value\n\"a\": x\n"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void files_of_lines(void **state)
{
    static const struct splice_row rows[] = {
        {DOCUMENT_ENV, "", {SET_VARIABLE("", "A", "1"), SET_VARIABLE("", "B", "2")}, "A=1\nB=2\n"},
        {DOCUMENT_ENV,
         "\xEF\xBB\xBF"
         "A=1",
         {SET_VARIABLE("", "B", "2")},
         "\xEF\xBB\xBF"
         "A=1\nB=2"},
        {DOCUMENT_ENV,
         "A=1\n# B=2\nC=3\n\n\n",
         {SET_VARIABLE("", "B", "4"), SET_VARIABLE("", "D", "5")},
         "A=1\n# B=2\nB=4\nC=3\nD=5\n\n\n"},
        {DOCUMENT_ENV,
         "export A=1\r\n",
         {SET_VARIABLE("", "B", "x y")},
         "export A=1\r\nexport B=\"x y\"\r\n"},
        {DOCUMENT_ENV,
         "A='x' # c\nB=\"y\"\nC=z\n",
         {SET_VARIABLE("", "A", "it's"), SET_VARIABLE("", "B", "\"\\"),
          SET_VARIABLE("", "C", "$x #")},
         "A=\"it's\" # c\nB=\"\\\"\\\\\"\nC='$x #'\n"},
        {DOCUMENT_ENV, "# c\nA=1 # d\nB=2\n", {REMOVE(ENTRY_VARIABLE, "", "A")}, "# c\nB=2\n"},
        {DOCUMENT_SHELL,
         "#!/bin/sh\nexport A=1 B='2'\nC=3 x --p 1\n",
         {SET_VARIABLE("", "A", "a b"), SET_VARIABLE("", "B", "3"), SET_FLAG("x", "--p", "2"),
          SET_VARIABLE("", "D", "$4")},
         "#!/bin/sh\nexport A=\"a b\" B='3'\nC=3 x --p 2\nexport D='$4'\n"},
        {DOCUMENT_SYSTEMD,
         "",
         {SET_VARIABLE("Service", "A", "1"), SET_KEY("Service", "MemoryMax", "1G")},
         "[Service]\nEnvironment=\"A=1\"\nMemoryMax=1G\n"},
        {DOCUMENT_SYSTEMD,
         "[Unit]\nA=b\n\n[Service]\nEnvironment=A=1 \"B=2\" C=3\nX=y\n\n[Install]\nZ=1\n",
         {SET_VARIABLE("Service", "A", "a \"b\""), REMOVE(ENTRY_VARIABLE, "Service", "B"),
          SET_VARIABLE("Service", "D", "4"), SET_KEY("Service", "MemoryMax", "2G")},
         "[Unit]\nA=b\n\n[Service]\nEnvironment=\"A=a \\\"b\\\"\" C=3\nEnvironment=\"D=4\"\nX=y\n"
         "MemoryMax=2G\n\n[Install]\nZ=1\n"},
        {DOCUMENT_SYSTEMD,
         "[Service]\nExecStart=/bin/x --a 1 \\\n  --b\n",
         {SET_FLAG("Service", "--a", "2"), SET_FLAG("Service", "--c", "3")},
         "[Service]\nExecStart=/bin/x --a 2 \\\n  --b --c 3\n"},
        /* A blank behind the backslash, or one more backslash: the line ends there. */
        {DOCUMENT_SYSTEMD,
         "[Service]\nEnvironment=A=1 \\ \nX=y\\\\\nZ=1\n",
         {SET_VARIABLE("Service", "B", "2"), SET_KEY("Service", "X", "z")},
         "[Service]\nEnvironment=A=1 \\ \nEnvironment=\"B=2\"\nX=z\nZ=1\n"},
        /* Comments between joined lines belong to them. */
        {DOCUMENT_SYSTEMD,
         "[Service]\nEnvironment=A=1 \\\n# why \\\n  C=3\n# behind\nX=y\n",
         {SET_VARIABLE("Service", "B", "2"), SET_VARIABLE("Service", "C", "4")},
         "[Service]\nEnvironment=A=1 \\\n# why \\\n  C=4\nEnvironment=\"B=2\"\n# behind\nX=y\n"},
        {DOCUMENT_SYSTEMD,
         "[Service]\r\nExecStart=/bin/x \\\r\n  --b\r\nX=y \\\r\n",
         {SET_FLAG("Service", "--c", "3"), SET_KEY("Service", "X", "z")},
         "[Service]\r\nExecStart=/bin/x \\\r\n  --b --c 3\r\nX=z \\\r\n"},
        {DOCUMENT_SYSTEMD,
         "[Unit]\nA=b",
         {SET_KEY("Service", "MemoryMax", "1G")},
         "[Unit]\nA=b\n\n[Service]\nMemoryMax=1G"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void json_and_property_lists(void **state)
{
    static const struct splice_row rows[] = {
        {DOCUMENT_JSON,
         "{}",
         {SET_KEY("", "a.b", "1"), SET_KEY("", "a.c", "x")},
         "{\"a\": {\"b\": 1, \"c\": \"x\"}}"},
        {DOCUMENT_JSON,
         "{\n\t\"a\": [1, {\"b\": 1.50}],\n\t\"c\": \"\\u00e9\"\n}\n",
         {SET_KEY("", "a[1].b", "2"), SET_KEY("", "c", "\"x\\"), SET_KEY("", "d", "true"),
          SET_KEY("", "e", NULL)},
         "{\n\t\"a\": [1, {\"b\": 2}],\n\t\"c\": \"\\\"x\\\\\",\n\t\"d\": true,\n\t\"e\": null\n}\n"},
        {DOCUMENT_JSON,
         "{\"a\":1,\"b\":2,\"c\":3}",
         {REMOVE(ENTRY_KEY, "", "b"), REMOVE(ENTRY_KEY, "", "c")},
         "{\"a\":1}"},
        {DOCUMENT_PLIST,
         "<plist><dict/></plist>",
         {SET_VARIABLE("", "A", "1")},
         "f:1:1: there is no <dict> to put it into\n<key>A</key>\n<string>1</string>\n"},
        {DOCUMENT_PLIST,
         "<plist><dict>\n<key>Label</key><string>l</string>\n<key>K</key><true/>\n"
         "<key>EnvironmentVariables</key><dict><key>A</key><string/></dict></dict></plist>\n",
         {SET_VARIABLE("l", "A", "a<b"), SET_VARIABLE("l", "B", "2"), SET_KEY("l", "K", "false"),
          SET_KEY("l", "N", "5")},
         "<plist><dict>\n<key>Label</key><string>l</string>\n<key>K</key><false/>\n"
         "<key>EnvironmentVariables</key><dict><key>A</key><string>a&lt;b</string><key>B</key>"
         "<string>2</string></dict><key>N</key><integer>5</integer></dict></plist>\n"},
        /* Comments keep their neighbour. */
        {DOCUMENT_PLIST,
         "<plist><dict>\n <key>Label</key><string>l</string>\n <key>EnvironmentVariables</key>\n"
         " <dict>\n  <key>A</key><string>1</string> <!-- one -->\n  <!-- <key>B</key> -->\n"
         " </dict> <!-- of it -->\n <key>ProgramArguments</key>\n <array>\n"
         "  <string>x</string><!-- it -->\n </array>\n</dict></plist>\n",
         {SET_VARIABLE("l", "C", "3"), SET_FLAG("l", "--d", NULL)},
         "<plist><dict>\n <key>Label</key><string>l</string>\n <key>EnvironmentVariables</key>\n"
         " <dict>\n  <key>A</key><string>1</string> <!-- one -->\n  <!-- <key>B</key> -->\n"
         "  <key>C</key>\n  <string>3</string>\n"
         " </dict> <!-- of it -->\n <key>ProgramArguments</key>\n <array>\n"
         "  <string>x</string><!-- it -->\n  <string>--d</string>\n </array>\n</dict></plist>\n"},
        {DOCUMENT_PLIST,
         "<plist><dict>\n  <key>ProgramArguments</key>\n  <array>\n    <string>x</string>\n"
         "    <string>--a</string>\n    <string>--b=1</string>\n  </array>\n</dict></plist>\n",
         {REMOVE(ENTRY_FLAG, "", "--a"), SET_FLAG("", "--b", "2"), SET_FLAG("", "--c", "3")},
         "<plist><dict>\n  <key>ProgramArguments</key>\n  <array>\n    <string>x</string>\n"
         "    <string>--b=2</string>\n    <string>--c</string>\n    <string>3</string>\n"
         "  </array>\n</dict></plist>\n"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void lists_are_changed_item_by_item(void **state)
{
    static const struct splice_row rows[] = {
        {DOCUMENT_JSON,
         "{\"a\": [1, 2], \"b\":[\"x\"], \"c\": [], \"d\": null}",
         {SET_LIST("a", "[1, 3, 4]"), SET_LIST("b", "[y, \"2\"]"), SET_LIST("c", "[5]"),
          SET_LIST("d", "[true, 'a, b']")},
         "{\"a\": [1, 3, 4], \"b\":[\"y\", \"2\"], \"c\": [5], \"d\": [true, \"a, b\"]}"},
        {DOCUMENT_JSON,
         "{\n  \"a\": [\n    1.0,\n    2e1\n  ]\n}\n",
         {SET_LIST("a", "[1.0]"), SET_LIST("b", "[5, 6]"), SET_LIST("c.d", "[7]")},
         "{\n  \"a\": [\n    1.0\n  ],\n  \"b\": [\n    5,\n    6\n  ],\n"
         "  \"c\": {\"d\": [\n    7\n  ]}\n}\n"},
        {DOCUMENT_JSON,
         "{\"m\":{\"low\":[256,256]},\"n\":1}",
         {SET_LIST("m.low", "[512, 512, 3]"), SET_LIST("m.high", "[768, 768]")},
         "{\"m\":{\"low\":[512,512,3],\"high\":[768,768]},\"n\":1}"},
        {DOCUMENT_YAML,
         "a: [ 1, 2 ] # two\nb:\n  - x # first\n  # - y\n  - 'z'\nc:\nd: []\n",
         {SET_LIST("a", "[1, 3, 4]"), SET_LIST("b", "[w]"), SET_LIST("c", "[5, 6]"),
          SET_LIST("d", "[7]")},
         "a: [ 1, 3, 4 ] # two\nb:\n  - w # first\n  # - y\nc: [5, 6]\nd: [7]\n"},
        {DOCUMENT_YAML,
         "s:\n  b:\n  - 1\n  - 2\n",
         {SET_LIST("s.b", "[1, 2, 3]"), SET_LIST("s.c", "[4, 5]"), SET_LIST("t.u", "[x, no]")},
         "s:\n  b:\n  - 1\n  - 2\n  - 3\n  c:\n  - 4\n  - 5\nt:\n  u:\n  - x\n  - \"no\"\n"},
        {DOCUMENT_YAML,
         "s:\n    b:\n        - \"1\"\n    c:\n",
         {SET_LIST("s.b", "[1, 2]"), SET_LIST("s.c", "[4, 5]")},
         "s:\n    b:\n        - \"1\"\n        - \"2\"\n    c:\n        - 4\n        - 5\n"},
        {DOCUMENT_YAML, "", {SET_LIST("a.b", "[1, 2]")}, "a:\n  b: [1, 2]\n"},
        /* So already, in whichever layout. */
        {DOCUMENT_YAML, "a:\n- 1\n- '2'\n", {SET_LIST("a", "[1, 2]")}, "a:\n- 1\n- '2'\n"},
        /* Refused. */
        {DOCUMENT_YAML,
         "a: &x [1, 2]\nb: *x\n",
         {SET_LIST("a", "[1, 3]")},
         "f:1:7: the list has an anchor that others read\na: [1, 3]\n"},
        {DOCUMENT_YAML,
         "a: 5\n",
         {SET_LIST("a", "[1, 3]")},
         "f:1:4: what stands here is no list\na: [1, 3]\n"},
        {DOCUMENT_YAML,
         "a: [[1, 2]]\n",
         {SET_LIST("a", "[1, 3]")},
         "f:1:5: what stands here is more than a list of values\na: [1, 3]\n"},
        {DOCUMENT_JSON,
         "{\"a\": [1, 2]}",
         {SET_LIST("a", "[1, x]")},
         "f:1:11: an item of the list is of another type than 'x'\n\"a\": [1, x]\n"},
        {DOCUMENT_JSON,
         "{\"a\": [1, 2]}",
         {SET_LIST("a", "[1, [2]]")},
         ": '[1, [2]]' is no list of values, [a, b]\n\"a\": [1, [2]]\n"},
        {DOCUMENT_COMPOSE,
         "services: {}\n",
         {SET_LIST("a", "[1]")},
         ": lists are written into JSON and YAML files only\na: [1]\n"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

/* A number stays a number, a text a text. */
static void types_stay(void **state)
{
    static const struct splice_row rows[] = {
        {DOCUMENT_YAML,
         "a: '1'\nb: 1\nc: x\nd: 1e3\ne: ~\nf: true\n",
         {SET_KEY("", "a", "2"), SET_KEY("", "b", "0.5"), SET_KEY("", "c", "3"),
          SET_KEY("", "d", "2000")},
         "a: '2'\nb: 0.5\nc: \"3\"\nd: 2000\ne: ~\nf: true\n"},
        {DOCUMENT_YAML,
         "e: ~\nf: true\n",
         {SET_KEY("", "e", "5"), SET_KEY("", "f", "false"), SET_TEXT("g", "12"),
          SET_KEY("", "h", "12")},
         "e: 5\nf: false\ng: \"12\"\nh: 12\n"},
        {DOCUMENT_YAML,
         "b: 1\n",
         {SET_KEY("", "b", "1e3")},
         "f:1:4: what stands here is a number, and '1e3' is none\nb: 1e3\n"},
        {DOCUMENT_YAML,
         "f: true\n",
         {SET_KEY("", "f", "1")},
         "f:1:4: what stands here is a truth value, and '1' is none\nf: 1\n"},
        {DOCUMENT_JSON,
         "{\"a\": \"1\", \"b\": 1, \"c\": null}",
         {SET_KEY("", "a", "2"), SET_KEY("", "b", "1e3"), SET_TEXT("c", "3"), SET_TEXT("d", "4")},
         "{\"a\": \"2\", \"b\": 1e3, \"c\": \"3\", \"d\": \"4\"}"},
        {DOCUMENT_JSON,
         "{\"a\": true}",
         {SET_KEY("", "a", "1")},
         "f:1:2: 'a' is a truth value here\n\"a\": 1\n"},
        {DOCUMENT_JSON,
         "{\"a\": 1}",
         {SET_KEY("", "a", "true")},
         "f:1:2: 'a' is a number here\n\"a\": true\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a:\n    mem_limit: 1g\n    cpus: 1\n    environment:\n      A: x\n"
         "      B: 1\n",
         {SET_KEY("a", "mem_limit", "1024"), SET_KEY("a", "cpus", "1.5"),
          SET_VARIABLE("a", "A", "1"), SET_VARIABLE("a", "B", "0.50")},
         "services:\n  a:\n    mem_limit: \"1024\"\n    cpus: 1.5\n    environment:\n"
         "      A: \"1\"\n      B: \"0.50\"\n"},
        {DOCUMENT_PLIST,
         "<plist><dict><key>N</key><integer>1</integer></dict></plist>",
         {SET_KEY("", "N", "1.5")},
         "f:1:14: 'N' is a whole number here\n<key>N</key>\n<string>1.5</string>\n"},
        {DOCUMENT_PLIST,
         "<plist><dict><key>N</key><true/><key>T</key><string/></dict></plist>",
         {SET_KEY("", "T", "5"), SET_KEY("", "N", "false")},
         "<plist><dict><key>N</key><false/><key>T</key><string>5</string></dict></plist>"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void results_say_what_was_and_where(void **state)
{
    static const struct splice_edit edits[] = {
        SET_VARIABLE("", "A", "9"), SET_VARIABLE("", "B", "2"), REMOVE(ENTRY_VARIABLE, "", "C"),
        SET_VARIABLE("", "D", "4")};
    static const char text[] = "A=1\nB=2\nC=3\n";
    struct splice_result results[4];
    struct document d;
    struct err err = ERR_INIT;
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    assert_int_equal(0, document_parse("f", DOCUMENT_ENV, text, strlen(text), &d, &err));
    assert_int_equal(0, splice_apply(&d, edits, 4, results, &out, NULL, &err));
    assert_string_equal("A=9\nB=2\nD=4\n", out.data);
    assert_true(results[0].changed);
    assert_string_equal("1", results[0].before);
    assert_int_equal(1, results[0].line);
    assert_false(results[1].changed);
    assert_true(results[2].changed);
    assert_string_equal("3", results[2].before);
    assert_int_equal(3, results[2].line);
    assert_null(results[3].before);
    assert_int_equal(3, results[3].line);
    buf_release(&out);
    document_release(&d);
}

static void interpolations_are_taken_apart(void **state)
{
    static const struct {
        const char *value, *name, *fallback; /* name NULL: it is none */
    } rows[] = {
        {"${A}", "A", NULL},       {"$A_1", "A_1", NULL},      {"${A:-12}", "A", "12"},
        {"${A-}", "A", ""},        {"x${A}", NULL, NULL},      {"${A}x", NULL, NULL},
        {"${A:?err}", NULL, NULL}, {"${A:-${B}}", NULL, NULL}, {"$", NULL, NULL},
        {"", NULL, NULL},          {"${}", NULL, NULL},        {"$$A", NULL, NULL},
        {"${1}", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct splice_interpolation got;
        bool is = splice_interpolation(rows[i].value, &got);
        if (is != (rows[i].name != NULL)) {
            fail_msg("row %zu", i);
        }
        if (is) {
            assert_int_equal(strlen(rows[i].name), got.name_size);
            assert_memory_equal(rows[i].name, got.name, got.name_size);
            assert_true((got.fallback != NULL) == (rows[i].fallback != NULL));
            if (got.fallback != NULL && rows[i].fallback != NULL) {
                assert_int_equal(strlen(rows[i].fallback), got.fallback_size);
                assert_memory_equal(rows[i].fallback, got.fallback, got.fallback_size);
            }
        }
    }
}

static struct document parsed(const char *name, const char *text)
{
    struct document d;
    struct err err = ERR_INIT;

    if (document_parse(name, DOCUMENT_COMPOSE, text, strlen(text), &d, &err) < 0) {
        fail_msg("%s: %s", err.where, err.msg);
    }
    return d;
}

/* What an override file is made of: services that it does not have yet, and command lines. */
static void services_are_begun(void **state)
{
    static const struct {
        const char *text;
        struct splice_edit edit;
        const char *expected; /* NULL: refused */
    } rows[] = {
        {"# ours\n", SET_VARIABLE("a", "X", "1"),
         "# ours\nservices:\n  a:\n    environment:\n      X: 1\n"},
        {"services:\n", SET_KEY("a", "deploy.resources.limits.cpus", "2"),
         "services:\n  a:\n    deploy:\n      resources:\n        limits:\n          cpus: \"2\"\n"},
        {"services:\n  b:\n    cpus: 1\n", SET_KEY("a", "mem_limit", "2g"),
         "services:\n  b:\n    cpus: 1\n  a:\n    mem_limit: 2g\n"},
        {"services:\n  a:\n", SET_KEY("a", "mem_limit", "2g"),
         "services:\n  a:\n    mem_limit: 2g\n"},
        {"services:\n  b: {cpus: 1}\n", SET_KEY("no", "mem_limit", "2g"), NULL},
        {"services:\n  b: {cpus: 1}\n", SET_KEY("a: {}", "mem_limit", "2g"), NULL},
        {"services: 1\n", SET_FLAG("a", "--lowvram", NULL), NULL},
        {"services:\n  b: {cpus: 1}\n", SET_FLAG("a", "--lowvram", NULL), NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct splice_edit edit = rows[i].edit;
        struct document d = {0};
        struct err err = ERR_INIT;
        struct buf out;

        buf_init(&out, DOCUMENT_MAX_BYTES);
        edit.make_group = true;
        if (document_parse("o.yml", DOCUMENT_COMPOSE, rows[i].text, strlen(rows[i].text), &d,
                           &err) == 0) {
            int rc = splice_apply(&d, &edit, 1, NULL, &out, NULL, &err);
            if ((rc == 0) != (rows[i].expected != NULL)) {
                fail_msg("row %zu: %s", i, rc < 0 ? err.msg : out.data);
            }
            if (rows[i].expected != NULL) {
                assert_string_equal(out.data, rows[i].expected);
            }
        } else {
            assert_null(rows[i].expected);
        }
        document_release(&d);
        buf_release(&out);
    }
}

static void command_lines_are_copied_whole(void **state)
{
    static const struct {
        const char *from, *to, *part, *expected; /* NULL: refused */
    } rows[] = {
        {"services:\n  a:\n    command: [x, '--port', 8188, \"q\\\"\"]\n", "# ours\n", "command",
         "# ours\nservices:\n  a:\n    command: [\"x\", \"--port\", \"8188\", \"q\\\"\"]\n"},
        {"services:\n  a:\n    command: >-\n      x --low\n      --port ${P}\n",
         "services:\n  a:\n    cpus: 1\n", "command",
         "services:\n  a:\n    cpus: 1\n    command: \"x --low --port ${P}\"\n"},
        {"x: &x {command: [y, $$HOME]}\nservices:\n  a: {<<: [*x]}\n", "services:\n  a: {}\n",
         "command", "services:\n  a:\n    command: [\"y\", \"$$HOME\"]\n"},
        {"services:\n  a:\n    entrypoint: x --low\n", "services:\n", "entrypoint",
         "services:\n  a:\n    entrypoint: \"x --low\"\n"},
        {"services:\n  a:\n    entrypoint: x --low\n", "services:\n", "command", NULL},
        {"services:\n  a:\n    command: x\n", "services:\n  a: {command: y}\n", "command", NULL},
        {"services:\n  a:\n    command: [x, {y: z}]\n", "services:\n", "command", NULL},
        {"services:\n  b:\n    command: x\n", "services:\n", "command", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct document from = parsed("a.yml", rows[i].from), to = parsed("b.yml", rows[i].to);
        struct err err = ERR_INIT;
        struct buf out;

        buf_init(&out, DOCUMENT_MAX_BYTES);
        int rc = splice_copy_line(&from, "a", &to, "a", rows[i].part, &out, &err);
        if ((rc == 0) != (rows[i].expected != NULL)) {
            fail_msg("row %zu: %s", i, rc < 0 ? err.msg : out.data);
        }
        if (rows[i].expected != NULL) {
            assert_string_equal(out.data, rows[i].expected);
        }
        document_release(&from);
        document_release(&to);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_edits_of_a_compose_file),
        cmocka_unit_test(what_is_refused_says_why),
        cmocka_unit_test(files_of_lines),
        cmocka_unit_test(json_and_property_lists),
        cmocka_unit_test(lists_are_changed_item_by_item),
        cmocka_unit_test(types_stay),
        cmocka_unit_test(results_say_what_was_and_where),
        cmocka_unit_test(interpolations_are_taken_apart),
        cmocka_unit_test(services_are_begun),
        cmocka_unit_test(command_lines_are_copied_whole),
    };
    return cmocka_run_group_tests_name("splice", tests, NULL, NULL);
}
