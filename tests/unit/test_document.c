#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "tuning/config/document.h"

/* What a document has, one line an entry: place, kind, group, name, value, flags (I interpolated, Q
 * quoted, S shared), and the bytes at the value's place where they are not the value. */
static void describe(const struct document *d, struct buf *out)
{
    static const char *const kinds[] = {"var", "flag", "key", "cmd"};
    for (size_t i = 0; i < d->count; i++) {
        const struct document_entry *e = &d->entries[i];
        size_t size = e->value_span.end - e->value_span.begin;
        const char *raw = d->text + e->value_span.begin;
        buf_printf(out, "%lu:%lu %s [%s] %s", e->line, e->column, kinds[e->kind], e->group,
                   e->name);
        if (e->value != NULL) {
            buf_printf(out, "=%s", e->value);
        }
        if (e->interpolated || e->quoted || e->shared) {
            buf_printf(out, " %s%s%s", e->interpolated ? "I" : "", e->quoted ? "Q" : "",
                       e->shared ? "S" : "");
        }
        if (size != (e->value != NULL ? strlen(e->value) : 0) ||
            (size > 0 && memcmp(raw, e->value, size) != 0)) {
            buf_printf(out, " <%.*s>", (int)size, raw);
        }
        buf_putc(out, '\n');
    }
    for (size_t i = 0; i < d->note_count; i++) {
        buf_printf(out, "%lu:%lu note: %s\n", d->notes[i].line, d->notes[i].column,
                   d->notes[i].text);
    }
}

struct row {
    enum document_kind kind;
    const char *text, *expected;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct document d;
        struct err err = ERR_INIT;
        struct buf got;
        buf_init(&got, 100000);
        int rc = document_parse("f", rows[i].kind, rows[i].text, strlen(rows[i].text), &d, &err);
        if (rc < 0) {
            buf_printf(&got, "%s: %s\n", err.where, err.msg);
        } else {
            describe(&d, &got);
        }
        if (strcmp(got.data, rows[i].expected) != 0) {
            fail_msg("row %zu:\n%s\nexpected:\n%s\ngot:\n%s", i, rows[i].text, rows[i].expected,
                     got.data);
        }
        buf_release(&got);
        document_release(&d);
    }
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void compose_files_are_read(void **state)
{
    static const struct row rows[] = {
        /* Both forms of an environment, comments everywhere. */
        {DOCUMENT_COMPOSE,
         "# top\nservices: # s\n  ollama: # o\n    environment: # e\n      # inside\n"
         "      OLLAMA_HOST: \"0.0.0.0\" # host\n      OLLAMA_DEBUG: '1'\n      EMPTY: \"\"\n"
         "      PASS:\n  comfy:\n    environment:\n      - A=b # c\n      - \"B=c d\"\n      - E=\n"
         "      - PASSED\n",
         "6:7 var [ollama] OLLAMA_HOST=0.0.0.0 Q <\"0.0.0.0\">\n"
         "7:7 var [ollama] OLLAMA_DEBUG=1 Q <'1'>\n8:7 var [ollama] EMPTY= Q <\"\">\n"
         "9:7 var [ollama] PASS\n12:9 var [comfy] A=b\n13:9 var [comfy] B=c d Q\n"
         "14:9 var [comfy] E=\n15:9 var [comfy] PASSED\n"},
        /* Merges and anchors: each service that gets it, at the place where it stands; its own
         * wins; of several the first. */
        {DOCUMENT_COMPOSE,
         "x-a: &a\n  A: 1\n  B: 2\nx-b: &b {B: 3, C: 4}\nservices:\n  one:\n    environment:\n"
         "      <<: [*a, *b]\n      A: own\n  two:\n    environment: *b\n    cpus: *a2\n",
         "f:12:11: the alias '*a2' has no anchor before it\n"},
        {DOCUMENT_COMPOSE,
         "x-a: &a\n  A: 1\n  B: 2\nx-b: &b {B: 3, C: 4}\nx-c: &c 2\nservices:\n  one:\n"
         "    environment:\n      <<: [*a, *b]\n      A: own\n  two:\n    environment: *b\n"
         "    cpus: *c\n",
         "2:3 key [] x-a.A=1 S\n3:3 key [] x-a.B=2 S\n3:3 var [one] B=2 S\n4:10 key [] x-b.B=3 S\n"
         "4:10 var [two] B=3 S\n4:16 key [] x-b.C=4 S\n4:16 var [one] C=4 S\n4:16 var [two] C=4 S\n"
         "5:1 key [] x-c=2 S\n10:7 var [one] A=own\n13:5 key [two] cpus=2 <*c>\n"},
        /* An anchor that nobody reads is like any value. */
        {DOCUMENT_COMPOSE, "services:\n  a: &only\n    cpus: &n 2\n", "3:5 key [a] cpus=2\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  a: &a\n    environment:\n      A: 1\n    image: x\n  b:\n    <<: *a\n"
         "    image: y\n",
         "4:7 var [a] A=1 S\n4:7 var [b] A=1 S\n5:5 key [a] image=x S\n8:5 key [b] image=y\n"},
        /* Command lines. */
        {DOCUMENT_COMPOSE,
         "services:\n  c:\n    command: python main.py --listen --port 8188 --x=\"a b\" -- --not\n",
         "3:14 key [c] command[0]=python\n3:21 key [c] command[1]=main.py\n"
         "3:29 flag [c] --listen\n3:38 flag [c] --port=8188\n3:50 flag [c] --x=a b <\"a b\">\n"
         "3:60 key [c] command[6]=--\n3:63 key [c] command[7]=--not\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  c:\n    command: [\"python\", main.py, \"--port\", '8188', \"--a=b\",\n"
         "              --cache-lru, -1]\n",
         "3:15 key [c] command[0]=python Q <\"python\">\n3:25 key [c] command[1]=main.py\n"
         "3:34 flag [c] --port=8188 Q <'8188'>\n3:52 flag [c] --a=b Q\n"
         "4:15 flag [c] --cache-lru=-1\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  c:\n    command: >\n      python main.py\n      --listen 0.0.0.0\n\n"
         "      --lowvram\n    entrypoint: |\n      a \"b  c\"\n",
         "4:7 key [c] command[0]=python\n4:14 key [c] command[1]=main.py\n"
         "5:7 flag [c] --listen=0.0.0.0\n7:7 flag [c] --lowvram\n9:7 key [c] entrypoint[0]=a\n"
         "9:9 key [c] entrypoint[1]=b  c Q <\"b  c\">\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  c:\n    command: \"a --b=\\\"c d\\\" \\\n      --e\"\n    environment:\n"
         "      - 'A=it''s'\n      - \"B=\\u00e9\"\n",
         "3:15 key [c] command[0]=a\n3:17 flag [c] --b=c d <\\\"c d\\\">\n4:7 flag [c] --e\n"
         "6:9 var [c] A=it's Q <it''s>\n7:9 var [c] B=\xC3\xA9 Q <\\u00e9>\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  c:\n    command: [bash, -lc, \"export A=b && exec ollama serve --x 2\"]\n",
         "3:15 key [c] command[0]=bash\n"
         "3:21 flag [c] -lc=export A=b && exec ollama serve --x 2 Q "
         "<\"export A=b && exec ollama serve --x 2\">\n3:34 var [c] A=b\n"
         "3:46 cmd [c] ollama=serve --x 2\n3:59 flag [c] --x=2\n"},
        /* Everything else is a key. */
        {DOCUMENT_COMPOSE,
         "version: '3.8'\nservices:\n  c:\n    deploy:\n      resources:\n"
         "        limits: {cpus: '0.85', memory: 16G}\n    ports: [\"1:1\"]\n    healthcheck:\n"
         "      test: [CMD, curl]\n    restart: !!str no\nvolumes:\n  data:\n",
         "1:1 key [] version=3.8 Q <'3.8'>\n"
         "6:18 key [c] deploy.resources.limits.cpus=0.85 Q <'0.85'>\n"
         "6:32 key [c] deploy.resources.limits.memory=16G\n7:13 key [c] ports[0]=1:1 Q <\"1:1\">\n"
         "9:14 key [c] healthcheck.test[0]=CMD\n9:19 key [c] healthcheck.test[1]=curl\n"
         "10:5 key [c] restart=no\n12:3 key [] volumes.data\n"},
        {DOCUMENT_COMPOSE,
         "services:\n  c:\n    environment:\n      A: ${B:-12}\n      C: $$HOME\n      D: a$E\n"
         "      F: 5$\n",
         "4:7 var [c] A=${B:-12} I\n5:7 var [c] C=$$HOME\n6:7 var [c] D=a$E I\n7:7 var [c] F=5$\n"},
        /* Line ends, byte order mark, no newline at the end, characters of several bytes. */
        {DOCUMENT_COMPOSE,
         "\xEF\xBB\xBFservices:\r\n  c:\r\n    environment:\r\n"
         "      \xF0\x9F\x99\x82K: \"\xF0\x9F\x99\x82\" # \xC3\xA9\r\n"
         "      {\xC3\xA9: 1}: 2\r\n    cpus: 2",
         "4:7 var [c] \xF0\x9F\x99\x82K=\xF0\x9F\x99\x82 Q <\"\xF0\x9F\x99\x82\">\n"
         "6:5 key [c] cpus=2\n5:7 note: a key that is not a text is not read\n"},
        {DOCUMENT_COMPOSE, "{services: {c: {environment: {A: b, C: \"d\"}, cpus: 2}}}",
         "1:31 var [c] A=b\n1:37 var [c] C=d Q <\"d\">\n1:46 key [c] cpus=2\n"},
        /* What is surely not meant. */
        {DOCUMENT_COMPOSE,
         "services:\n  c:\n    cpus: 1\n    cpus: 2\n    environment:\n      - A=1\n      - B: 2\n"
         "      - A=3\n---\nservices: {d: {cpus: 3}}\n",
         "3:5 key [c] cpus=1\n4:5 key [c] cpus=2\n6:9 var [c] A=1\n7:9 var [c] B=2\n"
         "8:9 var [c] A=3\n10:16 key [d] cpus=3\n4:5 note: the key 'cpus' is there twice\n"
         "7:9 note: an item of 'environment' is a mapping: write NAME=value, or leave out the dash\n"
         "8:9 note: A is set twice, before in line 6\n10:1 note: a second document begins here\n"},
        {DOCUMENT_COMPOSE, "", ""},
        {DOCUMENT_COMPOSE, "- a\n", "f:1:1: a compose file is a mapping with 'services'\n"},
        {DOCUMENT_COMPOSE, "services: 5\n", "f:1:11: 'services': expected a mapping\n"},
        {DOCUMENT_COMPOSE, "services:\n\tc:\n",
         "f:2:1: a tab cannot stand here: YAML is indented with spaces\n"},
        {DOCUMENT_COMPOSE, "services:\n  c: \"a\n",
         "f:3:1: it is not YAML: while scanning a quoted "
         "scalar found unexpected end of stream\n"},
        {DOCUMENT_COMPOSE, "services:\n  c: &a\n    d: *a\n",
         "f:3:8: the alias '*a' stands inside its own anchor\n"},
        {DOCUMENT_COMPOSE, "services:\n  c:\n    cpus: \"\\0\"\n",
         "f:3:11: a text holds a NUL character\n"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void env_files_are_read(void **state)
{
    static const struct row rows[] = {
        {DOCUMENT_ENV,
         "# c\nA=b\nexport B=c d  # e\n  C='x $Y' \nD=\"a\\\"b\\n\"\nE=\nF=#g\nG=a#b\n",
         "2:1 var [] A=b\n3:8 var [] B=c\n4:3 var [] C=x $Y Q <'x $Y'>\n"
         "5:1 var [] D=a\"b\n Q <\"a\\\"b\\n\">\n6:1 var [] E=\n7:1 var [] F=\n8:1 var [] G=a#b\n"},
        {DOCUMENT_ENV,
         "\xEF\xBB\xBF"
         "A=b\r\nB=\"c\"\r\n\r\nC=\xF0\x9F\x99\x82",
         "1:1 var [] A=b\n2:1 var [] B=c Q <\"c\">\n4:1 var [] C=\xF0\x9F\x99\x82\n"},
        {DOCUMENT_ENV, "A=\"two\nlines\" # c\nB='x\ny'\n",
         "1:1 var [] A=two\nlines Q <\"two\nlines\">\n3:1 var [] B=x\ny Q <'x\ny'>\n"},
        {DOCUMENT_ENV, "A=$X\nB=${Y:-1}\nC=5$\nD='$X'\nE=\"$X\"\n",
         "1:1 var [] A=$X I\n2:1 var [] B=${Y:-1} I\n3:1 var [] C=5$\n4:1 var [] D=$X Q <'$X'>\n"
         "5:1 var [] E=$X IQ <\"$X\">\n"},
        {DOCUMENT_ENV, "A = 1\nPASS\nnot a setting\nA=2\nB=\"x\"y\n",
         "1:1 var [] A=1\n2:1 var [] PASS\n4:1 var [] A=2\n5:1 var [] B=x Q <\"x\">\n"
         "1:2 note: a blank stands before '=': a shell would not take it\n"
         "3:1 note: this line is neither NAME=value nor a comment\n"
         "4:1 note: A is set twice, before in line 1\n"
         "5:6 note: text stands behind the closing quote: it is no part of the value\n"},
        {DOCUMENT_ENV, "A=\"never\nclosed\n",
         "f:1:3: the quote that begins here is never closed\n"},
        {DOCUMENT_ENV, "A=b\\\nC=d\n",
         "1:1 var [] A=b\\\n2:1 var [] C=d\n"
         "1:4 note: a backslash at the end: systemd joins the next line, Docker does not\n"},
        /* A shell ends a value at the blank; what stands behind it is never told as part of it. */
        {DOCUMENT_ENV, "export A=1 B_C=x; export D=\"2\"'3' && run\nexport E=a\\ b;F='g'\n",
         "1:8 var [] A=1\n1:12 var [] B_C=x\n1:26 var [] D=\"2\"'3'\n2:8 var [] E=a\\ b\n"
         "2:15 var [] F=g Q <'g'>\n"},
        {DOCUMENT_ENV, "", ""},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void shell_files_are_read(void **state)
{
    static const struct row rows[] = {
        {DOCUMENT_SHELL,
         "#!/bin/sh\nexport A=b B=\"c d\" C='$x' D=$HOME # no\nE=f\nF=g ollama serve --x 1 -v\n",
         "2:8 var [] A=b\n2:12 var [] B=c d Q <\"c d\">\n2:20 var [] C=$x Q <'$x'>\n"
         "2:27 var [] D=$HOME I\n3:1 var [] E=f\n4:1 var [] F=g\n4:5 cmd [ollama] ollama=serve --x "
         "1 -v\n4:18 flag [ollama] --x=1\n4:24 flag [ollama] -v\n"},
        {DOCUMENT_SHELL, "cat <<EOF >x; echo a\nexport NO=1\nEOF\ncat <<-'B'\n\tN=2\n\tB\nY=3\n",
         "1:1 cmd [cat] cat\n1:15 cmd [echo] echo=a\n4:1 cmd [cat] cat\n7:1 var [] Y=3\n"},
        {DOCUMENT_SHELL,
         "f() {\n  A=1 sudo -u me B=2 /usr/bin/python3 -u a/main.py --lowvram 2>&1\n}\n"
         "function g { C=3; }\n",
         "2:3 var [] A=1\n2:18 var [] B=2\n"
         "2:22 cmd [main.py] /usr/bin/python3=-u a/main.py --lowvram\n"
         "2:52 flag [main.py] --lowvram\n4:14 var [] C=3\n"},
        {DOCUMENT_SHELL,
         "case $x in a|b) C=1;;\n  *) D=2 ;;\nesac\nif [ -f y ] && A=3; then B=4; else E=5; fi | f\n"
         "for i in 1 2; do G=$i; done\n(H=6; i) && j\n",
         "1:17 var [] C=1\n2:6 var [] D=2\n4:16 var [] A=3\n4:26 var [] B=4\n4:36 var [] E=5\n"
         "4:46 cmd [f] f\n5:18 var [] G=$i I\n6:2 var [] H=6\n6:7 cmd [i] i\n6:13 cmd [j] j\n"},
        {DOCUMENT_SHELL,
         "alias up='A=1 ollama serve'\nlaunchctl setenv B 2\nsetenv C 3\nset -gx D 4\n"
         "docker run -e E=5 --env=F=\"6\" img\nbash -c \"G=7 x --y\"\n",
         "1:11 var [] A=1\n1:15 cmd [ollama] ollama=serve\n2:1 cmd [launchctl] launchctl=setenv B "
         "2\n2:18 var [launchctl] B=2\n3:8 var [] C=3\n4:9 var [] D=4\n"
         "5:1 cmd [docker] docker=run -e E=5 --env=F=\"6\" img\n5:12 flag [docker] -e=E=5\n"
         "5:15 var [docker] E=5\n5:19 flag [docker] --env=F=6 <F=\"6\">\n"
         "5:25 var [docker] F=6 Q <\"6\">\n6:1 cmd [bash] bash=-c \"G=7 x --y\"\n"
         "6:10 var [] G=7\n6:14 cmd [x] x=--y\n6:16 flag [x] --y\n"},
        {DOCUMENT_SHELL, "A=$(b \"c d\"; e):$F\nG=(1 2 3)\nH=`i j`\nK=\"${L:-\"m\"}\"\n",
         "1:1 var [] A=$(b \"c d\"; e):$F I\n2:1 var [] G=(1 2 3)\n3:1 var [] H=`i j` I\n"
         "4:1 var [] K=${L:-\"m\"} IQ <\"${L:-\"m\"}\">\n"},
        {DOCUMENT_SHELL, "a \\\n  --b \\\r\n  c\nd 'unclosed\n",
         "1:1 cmd [a] a=--b \\\r\n  c\n2:3 flag [a] --b=c\n4:1 cmd [d] d='unclosed\n\n"},
        {DOCUMENT_SHELL, "", ""},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void units_are_read(void **state)
{
    static const struct row rows[] = {
        {DOCUMENT_SYSTEMD,
         "# c\n[Unit]\nDescription = x y\n; c\n[Service]\nEnvironment=\"A=b c\" 'D=e' F=g\\x20h\n"
         "Environment=I=\"j k\"\nMemoryMax=8G\r\n",
         "3:1 key [Unit] Description=x y\n6:13 var [Service] A=b c Q\n6:21 var [Service] D=e Q\n"
         "6:27 var [Service] F=g h <g\\x20h>\n7:13 var [Service] I=j k Q <\"j k\">\n"
         "8:1 key [Service] MemoryMax=8G\n"},
        {DOCUMENT_SYSTEMD,
         "[Service]\nEnvironment=A=1 \\\n# between\n  B=2 \\\n  C=3\nEnvironment=A=4\n",
         "2:13 var [Service] A=1\n4:3 var [Service] B=2\n5:3 var [Service] C=3\n"
         "6:13 var [Service] A=4\n6:13 note: A is set twice, before in line 2\n"},
        {DOCUMENT_SYSTEMD,
         "[Service]\nEnvironment=A=1\nExecStart=/bin/a --old\nEnvironment=\nExecStart=\n"
         "Environment=B=2\nExecStart=-/bin/python3 /opt/main.py --port 8188 \\\n  --low ${X}\n",
         "4:1 key [Service] Environment\n5:1 key [Service] ExecStart\n6:13 var [Service] B=2\n"
         "7:1 key [Service] ExecStart=-/bin/python3 /opt/main.py --port 8188    --low ${X} I "
         "<-/bin/python3 /opt/main.py --port 8188 \\\n  --low ${X}>\n"
         "7:38 flag [Service] --port=8188\n8:3 flag [Service] --low=${X} I\n"},
        {DOCUMENT_SYSTEMD, "A=b\n[Service]\nnothing\n=x\nEnvironment=novalue\n",
         "1:1 note: this line stands before any [Section]: systemd ignores it\n"
         "3:1 note: this line is neither [Section] nor Key=value\n"
         "4:1 note: this line is neither [Section] nor Key=value\n"
         "5:13 note: 'novalue' in 'Environment' is not NAME=value\n"},
        {DOCUMENT_SYSTEMD, "[Service]\nExecStart=/bin/sh -c 'A=1 ollama serve --x'\n",
         "2:1 key [Service] ExecStart=/bin/sh -c 'A=1 ollama serve --x'\n"
         "2:23 var [Service] A=1\n2:27 cmd [Service] ollama=serve --x\n2:40 flag [Service] --x\n"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void property_lists_are_read(void **state)
{
    static const struct row rows[] = {
        {DOCUMENT_PLIST,
         "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://a/b.dtd\">\n"
         "<plist version=\"1.0\"><dict>\n<!-- c --><key>EnvironmentVariables</key>\n"
         "<dict><key>A</key><string>1 &amp; 2</string><key>B</key><string/></dict>\n"
         "<key>ProgramArguments</key><array><string>/bin/x</string>\n<string>--p</string>\n"
         "<string>8188</string><string>--a=&lt;b</string></array>\n<key>KeepAlive</key><true/>\n"
         "<key>L</key><dict><key>N</key><integer>5</integer></dict>\n"
         "<key>Label</key><string>com.x</string></dict></plist>\n",
         "5:7 var [com.x] A=1 & 2 <1 &amp; 2>\n5:45 var [com.x] B= <<string/>>\n"
         "6:43 key [com.x] ProgramArguments[0]=/bin/x\n7:9 flag [com.x] --p=8188\n"
         "8:30 flag [com.x] --a=<b <&lt;b>\n9:1 key [com.x] KeepAlive=true <<true/>>\n"
         "10:19 key [com.x] L.N=5\n11:1 key [com.x] Label=com.x\n"},
        {DOCUMENT_PLIST,
         "<plist><array><string>a</string><dict><key>k</key><false/></dict></array></plist>",
         "1:15 key [] [0]=a\n1:39 key [] [1].k=false <<false/>>\n"},
        {DOCUMENT_PLIST, "<!DOCTYPE p [<!ENTITY a \"b\">]><plist><string>&a;</string></plist>",
         "f:1:25: it declares an entity ('a'): not read\n"},
        {DOCUMENT_PLIST, "<plist><dict><string>a</string></dict></plist>",
         "f:1:14: expected <key>, found <string>\n"},
        {DOCUMENT_PLIST, "<plist><dict>\n<key>a</key></plist>",
         "f:2:15: it is not XML: mismatched tag\n"},
        {DOCUMENT_PLIST, "<html><b>x</b></html>",
         "f:1:1: <html> does not belong in a property list\n"},
        {DOCUMENT_PLIST, "<dict></dict>", "f:1:1: expected <plist>, found <dict>\n"},
        {DOCUMENT_PLIST, "bplist00abc",
         "f:1:1: a binary property list: 'plutil -convert xml1' makes it text\n"},
        {DOCUMENT_PLIST, "", "f:1:1: it is not XML: no element found\n"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void json_and_yaml_are_read(void **state)
{
    static const struct row rows[] = {
        {DOCUMENT_JSON,
         "{\"b\": 1.50, \"a\": {\"c\": [true, null, \"x\\u00e9\\ud83d\\ude42\\n\"]},\n \"b\": -0e1}",
         "1:2 key [] b=1.50\n1:25 key [] a.c[0]=true\n1:31 key [] a.c[1] <null>\n"
         "1:37 key [] a.c[2]=x\xC3\xA9\xF0\x9F\x99\x82\n Q <\"x\\u00e9\\ud83d\\ude42\\n\">\n"
         "2:2 key [] b=-0e1\n2:2 note: the key 'b' is there twice\n"},
        {DOCUMENT_JSON, "[1, \"a.b\", {}]", "1:2 key [] [0]=1\n1:5 key [] [1]=a.b Q <\"a.b\">\n"},
        {DOCUMENT_JSON, "{\"a\": 1,}", "f:1:9: it is not JSON: expected a key in double quotes\n"},
        {DOCUMENT_JSON, "{\"a\": 01}", "f:1:8: it is not JSON: expected a comma or '}'\n"},
        {DOCUMENT_JSON, "{\"a\": .5}", "f:1:7: it is not JSON: expected a value\n"},
        {DOCUMENT_JSON, "{\"a\": 1} x", "f:1:10: it is not JSON: expected nothing more\n"},
        {DOCUMENT_JSON, "{// c\n\"a\": 1}",
         "f:1:2: expected a key in double quotes; JSON has no comments\n"},
        {DOCUMENT_JSON, "{\"a\": \"b",
         "f:1:9: the file ends where the end of a text was expected\n"},
        {DOCUMENT_JSON, "[\"\\ud800\"]", "f:1:5: half of a surrogate pair\n"},
        {DOCUMENT_JSON, "[\"\\u0000\"]", "f:1:5: a text holds a NUL character\n"},
        {DOCUMENT_JSON, "[\"\\x\"]", "f:1:4: it is not JSON: expected an escape that JSON knows\n"},
        {DOCUMENT_JSON, "", "f:1:1: the file ends where a value was expected\n"},
        {DOCUMENT_YAML,
         "a: {b: [1, 'x']}\nd: &d\n  - e\n  - f: |\n      g\n      h\n\n# c\ni: *d\nj:\n",
         "1:9 key [] a.b[0]=1\n1:12 key [] a.b[1]=x Q <'x'>\n3:5 key [] d[0]=e S\n3:5 key [] i[0]=e S\n"
         "4:5 key [] d[1].f=g\nh\n S <|\n      g\n      h>\n4:5 key [] i[1].f=g\nh\n S <|\n      g\n      h>\n"
         "10:1 key [] j\n"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void what_no_file_may_be_is_one_line(void **state)
{
    static const struct {
        const char *text;
        size_t size;
        const char *expected;
    } rows[] = {
        {"A=b\nC=\0d\n", 9, "f:2:3: it is not a text: a NUL character stands here"},
        {"A=\xC3\xA9\nB=\xFF\n", 8, "f:2:3: it is not a text in UTF-8"},
        {"A=b\rC=d\n", 8, "f:1:4: a carriage return without a newline stands here"},
        {"\xFF\xFE"
         "A\0",
         4, "f:1:1: it is UTF-16: save it as UTF-8"},
        {"\x7F"
         "ELF\x02\x01\x01\0",
         8, "f:1:8: it is not a text: a NUL character stands here"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (enum document_kind kind = 0; kind <= DOCUMENT_KIND_UNKNOWN; kind++) {
            struct document d;
            struct err err = ERR_INIT;
            char got[600];
            assert_int_equal(-(int)ERR_CONFIG,
                             document_parse("f", kind, rows[i].text, rows[i].size, &d, &err));
            (void)snprintf(got, sizeof(got), "%s: %s", err.where, err.msg);
            assert_string_equal(rows[i].expected, got);
            document_release(&d);
        }
    }
}

/* Fills `out` with `count` times `part` between `before` and `behind`. */
static void repeat(struct buf *out, const char *before, const char *part, size_t count,
                   const char *behind)
{
    buf_clear(out);
    buf_puts(out, before);
    for (size_t i = 0; i < count; i++) {
        buf_puts(out, part);
    }
    buf_puts(out, behind);
}

static void check_refused(enum document_kind kind, const struct buf *text, const char *expected)
{
    struct document d;
    struct err err = ERR_INIT;
    int rc = document_parse("f", kind, text->data, text->size, &d, &err);
    assert_int_equal(-(int)ERR_CONFIG, rc);
    if (strstr(err.msg, expected) == NULL || err.where[0] == '\0') {
        fail_msg("expected %s, got %s: %s", expected, err.where, err.msg);
    }
    document_release(&d);
}

static void what_multiplies_is_refused(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, 8u << 20);
    repeat(&text, "", "[", 100000, "");
    check_refused(DOCUMENT_JSON, &text, "nested deeper than 64 levels");
    check_refused(DOCUMENT_YAML, &text, "nested deeper than 64 levels");
    repeat(&text, "<plist>", "<array>", 100000, "");
    check_refused(DOCUMENT_PLIST, &text, "nested deeper than 64 levels");
    repeat(&text, "", "A=b\n", 60000, "");
    check_refused(DOCUMENT_ENV, &text, "more than 50000 settings");
    check_refused(DOCUMENT_SHELL, &text, "more than 50000 settings");
    repeat(&text, "[", "{},", 250000, "1]");
    check_refused(DOCUMENT_YAML, &text, "more than 200000 values");
    repeat(&text, "", "0123456789abcdef", 300000, "");
    check_refused(DOCUMENT_ENV, &text, "larger than 4194304 bytes");

    /* A billion laughs, as lists and as merges. */
    buf_clear(&text);
    buf_puts(&text, "a0: &a0 [l, l, l, l, l, l, l, l, l]\n");
    for (int i = 1; i < 10; i++) {
        buf_printf(&text, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i,
                   i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    check_refused(DOCUMENT_YAML, &text, "more than 50000 settings");
    check_refused(DOCUMENT_COMPOSE, &text, "more than 50000 settings");
    buf_clear(&text);
    buf_puts(&text, "x0: &m0 {k: v}\n");
    for (int i = 1; i < 60; i++) {
        buf_printf(&text, "x%d: &m%d {<<: [*m%d, *m%d], k%d: 1}\n", i, i, i - 1, i - 1, i);
    }
    buf_puts(&text, "services: {s: {<<: *m59}}\n");
    check_refused(DOCUMENT_COMPOSE, &text, "multiply it too much");
    buf_release(&text);
}

static void kinds_are_recognised(void **state)
{
    static const struct {
        const char *file, *text;
        enum document_kind kind;
    } rows[] = {
        {"docker-compose.yml", "", DOCUMENT_COMPOSE},
        {"/x/compose.override.yaml", "a: b", DOCUMENT_COMPOSE},
        {"stack.yml", "# c\nservices:\n  a:\n    image: x\n", DOCUMENT_COMPOSE},
        {"stack.yml", "\xEF\xBB\xBFservices:\r\n  a:\r\n    image: x\r\n", DOCUMENT_COMPOSE},
        {"other.yml", "services:\n  - image\nimage: x\n", DOCUMENT_YAML},
        {"pipeline.yaml", "model: x\n", DOCUMENT_YAML},
        {".env", "", DOCUMENT_ENV},
        {"ollama.env", "A b", DOCUMENT_ENV},
        {".env.local", "", DOCUMENT_ENV},
        {"/etc/environment", "", DOCUMENT_ENV},
        {"/home/x/.config/environment.d/10.conf", "A=b", DOCUMENT_ENV},
        {"ollama.service", "", DOCUMENT_SYSTEMD},
        {"/etc/systemd/system/ollama.service.d/override.conf", "[Service]\nA=b\n",
         DOCUMENT_SYSTEMD},
        {"x.conf", "# c\n\n[Service]\nEnvironment=A=b\n", DOCUMENT_SYSTEMD},
        {"x.conf", "A=b\n# c\nC=d\n", DOCUMENT_ENV},
        {"com.x.plist", "", DOCUMENT_PLIST},
        {"x", "<?xml version=\"1.0\"?><plist/>", DOCUMENT_PLIST},
        {"settings.json", "", DOCUMENT_JSON},
        {"x", " {\"a\": 1}", DOCUMENT_JSON},
        {"x", "[1, 2]", DOCUMENT_JSON},
        {"/home/x/.zshrc", "", DOCUMENT_SHELL},
        {"start.sh", "", DOCUMENT_SHELL},
        {"start", "#!/bin/sh\n", DOCUMENT_SHELL},
        {"start", "export A=b\nollama serve\n", DOCUMENT_SHELL},
        {"x", "a: b\nc:\n  - d\n", DOCUMENT_YAML},
        {"README", "Some words\nand more\n", DOCUMENT_KIND_UNKNOWN},
        {"x", "", DOCUMENT_KIND_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum document_kind kind = document_recognise(rows[i].file, rows[i].text,
                                                     strlen(rows[i].text));
        if (kind != rows[i].kind) {
            fail_msg("%s <%s>: %d", rows[i].file, rows[i].text, (int)kind);
        }
    }
    struct document d;
    struct err err = ERR_INIT;
    assert_int_equal(-(int)ERR_CONFIG,
                     document_parse("README", DOCUMENT_KIND_UNKNOWN, "Some words\n", 11, &d, &err));
    document_release(&d);
}

static void files_are_loaded_or_refused_at_once(void **state)
{
    char folder[] = "/tmp/tunetop-document-XXXXXX";
    char path[128];
    struct document d;
    struct err err = ERR_INIT;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/a.env", folder);
    assert_int_equal(-(int)ERR_NOENT, document_load(path, DOCUMENT_KIND_UNKNOWN, &d, &err));
    document_release(&d);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("A=b\n", file) >= 0);
    assert_int_equal(0, fclose(file));
    assert_int_equal(0, document_load(path, DOCUMENT_KIND_UNKNOWN, &d, &err));
    assert_int_equal(DOCUMENT_ENV, d.kind);
    assert_string_equal("b", document_find(&d, "", "A")->value);
    assert_null(document_find(&d, "", "B"));
    assert_null(document_find(&d, "x", "A"));
    document_release(&d);
    assert_int_equal(0, truncate(path, 100l * 1024 * 1024));
    assert_int_equal(-(int)ERR_CONFIG, document_load(path, DOCUMENT_KIND_UNKNOWN, &d, &err));
    assert_string_equal(path, err.where);
    document_release(&d);
    assert_int_equal(0, unlink(path));
    assert_int_equal(0, mkfifo(path, 0600));
    assert_int_equal(-(int)ERR_CONFIG, document_load(path, DOCUMENT_KIND_UNKNOWN, &d, &err));
    document_release(&d);
    assert_int_equal(0, unlink(path));
    assert_int_equal(-(int)ERR_CONFIG, document_load(folder, DOCUMENT_KIND_UNKNOWN, &d, &err));
    document_release(&d);
    assert_int_equal(0, rmdir(folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compose_files_are_read),
        cmocka_unit_test(env_files_are_read),
        cmocka_unit_test(shell_files_are_read),
        cmocka_unit_test(units_are_read),
        cmocka_unit_test(property_lists_are_read),
        cmocka_unit_test(json_and_yaml_are_read),
        cmocka_unit_test(what_no_file_may_be_is_one_line),
        cmocka_unit_test(what_multiplies_is_refused),
        cmocka_unit_test(kinds_are_recognised),
        cmocka_unit_test(files_are_loaded_or_refused_at_once),
    };
    return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
