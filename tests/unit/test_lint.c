/* Lint over files that look like real ones: every finding by its line, and nothing else. The table
 * is tests/fixtures/lint/expected.txt; its head says how it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tuning/lint.h"

enum { FILES_MAX = 4, LINES_MAX = 200000, CASES_MIN = 40, CLEAN_MIN = 10 };

static struct setting_catalog catalog;
static char folder[512];

static int set_up(void **state)
{
    const char *srcdir = getenv("abs_srcdir");
    struct err err = ERR_INIT;
    (void)state;
    snprintf(folder, sizeof folder, "%s/tests/fixtures/lint", srcdir ? srcdir : ".");
    if (setting_catalog_load(&catalog, &err) < 0) {
        fprintf(stderr, "%s: %s\n", err.where, err.msg);
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

/* ---- the table ---- */

struct test_case {
    char files[FILES_MAX][128]; /* the first is judged, the others are beside it */
    size_t file_count;
    struct lint_query query;
    char versions[SETTING_OWNER_COUNT][24];
    struct buf expected; /* "LINE SETTING VERDICT RULE\n" */
    unsigned long line;
};

static int find_owner(const char *word, size_t size)
{
    for (int i = 0; i < SETTING_OWNER_COUNT; i++) {
        if (strlen(setting_owner_words[i]) == size &&
            memcmp(setting_owner_words[i], word, size) == 0) {
            return i;
        }
    }
    return -1;
}

static void take_word(struct test_case *t, const char *word)
{
    const char *equals = strchr(word, '=');
    if (strcmp(word, "macos") == 0) {
        t->query.system = SETTING_MACOS;
    } else if (strcmp(word, "beside") == 0) {
        return;
    } else if (equals && find_owner(word, (size_t)(equals - word)) >= 0) {
        const int owner = find_owner(word, (size_t)(equals - word));
        snprintf(t->versions[owner], sizeof t->versions[owner], "%s", equals + 1);
        t->query.versions[owner] = t->versions[owner];
    } else {
        assert_true(t->file_count < FILES_MAX);
        snprintf(t->files[t->file_count++], sizeof t->files[0], "%s", word);
    }
}

static void begin_case(struct test_case *t, char *line, unsigned long number)
{
    char *save = NULL;
    *t = (struct test_case){.line = number};
    /* A workstation; a Mac of that size where the case says so. */
    t->query = (struct lint_query){
        .system = SETTING_LINUX, .memory_bytes = 31.2 * 1024 * 1024 * 1024, .cpus = 16};
    buf_init(&t->expected, LINES_MAX);
    for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        take_word(t, word);
    }
}

static void describe(const struct lint_result *found, struct buf *out)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct lint_finding *f = &found->findings[i];
        buf_printf(out, "%lu %s %s", f->line, f->setting, setting_verdict_words[f->verdict]);
        buf_printf(out, f->rule ? " %s\n" : "\n", f->rule);
    }
}

/* Returns whether the case is as expected. */
static bool run_case(const struct test_case *t, bool *clean)
{
    struct document documents[FILES_MAX];
    struct lint_file files[FILES_MAX];
    struct lint_result found;
    struct buf got;
    char path[FILES_MAX][700];
    for (size_t i = 0; i < t->file_count; i++) {
        struct err err = ERR_INIT;
        snprintf(path[i], sizeof path[i], "%s/%s", folder, t->files[i]);
        if (document_load(path[i], DOCUMENT_KIND_UNKNOWN, &documents[i], &err) < 0) {
            fail_msg("line %lu: %s: %s", t->line, err.where, err.msg);
        }
        files[i] = (struct lint_file){.document = &documents[i], .beside = i > 0};
    }
    lint_run(&catalog, &t->query, files, t->file_count, &found);
    buf_init(&got, LINES_MAX);
    describe(&found, &got);
    const bool same = strcmp(got.data, t->expected.data) == 0;
    if (!same) {
        print_message("# expected.txt:%lu: %s: expected\n%s# but found\n%s", t->line, t->files[0],
                      t->expected.data, got.data);
    }
    *clean = t->expected.size == 0;
    for (size_t i = 0; i < found.count; i++) {
        assert_string_not_equal(found.findings[i].reason, "");
        assert_string_not_equal(found.findings[i].source, "");
    }
    lint_release(&found);
    buf_release(&got);
    for (size_t i = 0; i < t->file_count; i++) {
        document_release(&documents[i]);
    }
    return same;
}

static void test_fixtures(void **state)
{
    struct buf table;
    struct err err = ERR_INIT;
    struct test_case t = {.line = 0};
    size_t cases = 0, clean_cases = 0, wrong = 0;
    char path[700];
    (void)state;
    snprintf(path, sizeof path, "%s/expected.txt", folder);
    buf_init(&table, LINES_MAX);
    if (file_read(path, &table, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    unsigned long number = 0;
    char *next = table.data;
    for (bool more = true; more;) {
        char *line = next;
        more = *line != '\0';
        char *end = strchr(line, '\n');
        next = end ? end + 1 : line + strlen(line);
        if (end) {
            *end = '\0';
        }
        number++;
        if ((*line == '@' || !more) && t.line) {
            bool clean = false;
            wrong += !run_case(&t, &clean);
            cases++;
            clean_cases += clean;
            buf_release(&t.expected);
            t.line = 0;
        }
        if (*line == '@') {
            begin_case(&t, line + 1, number);
        } else if (*line && *line != '#') {
            assert_true(t.line > 0);
            buf_printf(&t.expected, "%s\n", line);
        }
    }
    buf_release(&table);
    print_message("# %zu files, %zu of them clean\n", cases, clean_cases);
    assert_int_equal(wrong, 0);
    assert_true(cases >= CASES_MIN);
    assert_true(clean_cases >= CLEAN_MIN);
}

/* ---- single questions ---- */

struct judged {
    struct document document;
    struct lint_result found;
};

static void judge(struct judged *j, const char *file, enum document_kind kind,
                  const struct lint_query *q, const char *text)
{
    struct err err = ERR_INIT;
    if (document_parse(file, kind, text, strlen(text), &j->document, &err) < 0) {
        fail_msg("%s: %s", err.where, err.msg);
    }
    const struct lint_file f = {.document = &j->document};
    lint_run(&catalog, q, &f, 1, &j->found);
}

static void release(struct judged *j)
{
    lint_release(&j->found);
    document_release(&j->document);
}

static const struct lint_finding *only(const struct judged *j)
{
    if (j->found.count != 1) {
        fail_msg("%zu findings", j->found.count);
    }
    return &j->found.findings[0];
}

static const struct lint_query on_linux = {.system = SETTING_LINUX,
                                           .memory_bytes = 0x1p35,
                                           .cpus = 12};
static const struct lint_query on_mac = {.system = SETTING_MACOS,
                                         .memory_bytes = 0x1p35,
                                         .cpus = 12};

static void test_instead(void **state)
{
    static const struct {
        const char *text, *instead;
    } rows[] = {
        {"OLLAMA_NUM_THREADS=12\n", "LLAMA_ARG_THREADS=12"},
        {"OLLAMA_CONTEXT_SIZE=8192\n", "OLLAMA_CONTEXT_LENGTH=8192"},
        {"OLLAMA_MMAP=off\n", "LLAMA_ARG_LOAD_MODE=none"},
        {"OLLAMA_LOG_LEVEL=TRACE\n", "OLLAMA_DEBUG=2"},
        {"OLLAMA_MODEL_CACHE_SIZE=4G\n", "LLAMA_ARG_CACHE_RAM=4096"},
        {"OLLAMA_CPU_LIMIT=0.5\n", "deploy.resources.limits.cpus: 6"},
        {"OLLAMA_GPU_OVERHEAD=2147483648\n", "LLAMA_ARG_FIT_TARGET=2048"},
        {"OLLAMA_KEEP_ALIVE=2d\n", "OLLAMA_KEEP_ALIVE=48h"},
        {"OLLAMA_FLASH_ATTENTION=off\n", "OLLAMA_FLASH_ATTENTION=0"},
        {"DIFFUSIONAPI_ENABLE_VAE_TILING=yes\n", "DIFFUSIONAPI_ENABLE_VAE_TILING=true"},
        {"OLLAMA_MAX_LOADED_MODEL=2\n", "OLLAMA_MAX_LOADED_MODELS=2"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct judged j;
        judge(&j, "x.env", DOCUMENT_ENV, &on_linux, rows[i].text);
        const struct lint_finding *f = only(&j);
        assert_non_null(f->instead);
        assert_string_equal(f->instead, rows[i].instead);
        release(&j);
    }
}

static void test_versions(void **state)
{
    static const struct {
        const char *version, *since, *until;
        int verdict; /* of OLLAMA_NEW_ENGINE; HONOURED: no finding */
    } rows[] = {
        {"0.33.0", "0.30.0", NULL, SETTING_IGNORED},  {"0.30.0", "0.30.0", NULL, SETTING_IGNORED},
        {"0.30.0-rc1", NULL, NULL, SETTING_HONOURED}, {"0.24.0", NULL, NULL, SETTING_HONOURED},
        {"0.5.11", "0.30.0", NULL, SETTING_IGNORED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[200];
        struct judged j;
        snprintf(text, sizeof text,
                 "services:\n  a:\n    image: ollama/ollama:%s\n    environment:\n"
                 "      OLLAMA_NEW_ENGINE: '1'\n",
                 rows[i].version);
        judge(&j, "compose.yaml", DOCUMENT_COMPOSE, &on_linux, text);
        if (rows[i].verdict == SETTING_HONOURED) {
            assert_int_equal(j.found.count, 0);
        } else {
            assert_int_equal(only(&j)->verdict, rows[i].verdict);
            assert_string_equal(only(&j)->since, rows[i].since);
        }
        assert_int_equal(j.found.note_count, 0); /* the tag tells the version */
        release(&j);
    }
    struct lint_query old = on_linux;
    struct judged j;
    old.versions[SETTING_OWNER_OLLAMA] = "0.24.0";
    judge(&j, "server.env", DOCUMENT_ENV, &old, "OLLAMA_NEW_ENGINE=1\nOLLAMA_DEBUG=1\n");
    assert_int_equal(j.found.count, 0);
    assert_int_equal(j.found.note_count, 0);
    release(&j);
    judge(&j, "server.env", DOCUMENT_ENV, &on_linux, "OLLAMA_NEW_ENGINE=1\n");
    assert_int_equal(only(&j)->verdict, SETTING_IGNORED);
    assert_int_equal(j.found.note_count, 1);
    assert_non_null(strstr(j.found.notes[0].text, "version of ollama is not known"));
    release(&j);
}

/* Every flag is judged under its own name, and is what a misspelt one of it may have been. */
static void test_flags(void **state)
{
    (void)state;
    for (size_t i = 0; i < catalog.name_count; i++) {
        const struct setting *s = catalog.by_name[i];
        for (int misspelt = 0; misspelt < 2 && s->owner == SETTING_OWNER_COMFYUI; misspelt++) {
            char text[200];
            struct judged j;
            if (s->kind != SETTING_FLAG_NAME) {
                continue;
            }
            snprintf(text, sizeof text,
                     "services:\n  a:\n    image: x\n    command: python main.py --port 1 %s%s\n",
                     s->name, misspelt ? "x" : "");
            judge(&j, "comfyui/compose.yaml", DOCUMENT_COMPOSE, &on_linux, text);
            if (misspelt) {
                assert_string_equal(only(&j)->instead, s->name);
                assert_string_equal(only(&j)->rule, "misspelt");
            }
            for (size_t k = 0; k < j.found.count && !misspelt; k++) {
                assert_string_equal(j.found.findings[k].setting, s->name);
                assert_true(!j.found.findings[k].rule ||
                            strcmp(j.found.findings[k].rule, "misspelt") != 0);
            }
            release(&j);
        }
    }
}

/* The same compose file on a Mac runs in a virtual machine without a GPU. */
static void test_places(void **state)
{
    static const char text[] =
        "services:\n  ollama:\n    image: ollama/ollama:0.33.0\n    deploy:\n      resources:\n"
        "        reservations:\n          devices:\n            - driver: nvidia\n";
    struct judged j;
    (void)state;
    judge(&j, "compose.yaml", DOCUMENT_COMPOSE, &on_linux, text);
    assert_int_equal(j.found.count, 0);
    release(&j);
    judge(&j, "compose.yaml", DOCUMENT_COMPOSE, &on_mac, text);
    assert_true(j.found.count >= 1);
    assert_int_equal(j.found.findings[0].verdict, SETTING_IGNORED);
    release(&j);
    judge(&j, "x.env", DOCUMENT_ENV, &on_mac, "PYTORCH_ENABLE_MPS_FALLBACK=1\n");
    assert_int_equal(j.found.count, 0);
    release(&j);
    judge(&j, "x.env", DOCUMENT_ENV, &on_linux, "PYTORCH_ENABLE_MPS_FALLBACK=1\n");
    assert_int_equal(only(&j)->verdict, SETTING_IGNORED);
    release(&j);
}

static void test_secrets(void **state)
{
    static const char text[] =
        "[Service]\nEnvironment=A_API_KEY=sk-0123456789abcdefghij\n"
        "Environment=HTTPS_PROXY=http://me:Pa55w0rd@proxy.example:3128\n"
        "Environment=OLLAMA_HOSTT=http://me:Pa55w0rd@x.example:1\nExecStart=/bin/ollama serve\n";
    struct judged j;
    (void)state;
    judge(&j, "ollama.service", DOCUMENT_SYSTEMD, &on_linux, text);
    assert_int_equal(j.found.count, 2);
    assert_string_equal(j.found.findings[0].setting, "A_API_KEY");
    assert_true(j.found.findings[0].secret);
    assert_null(j.found.findings[0].value);
    for (size_t i = 0; i < j.found.count; i++) {
        const struct lint_finding *f = &j.found.findings[i];
        assert_null(strstr(f->reason, "0123456789abcdef"));
        assert_null(strstr(f->reason, "Pa55w0rd"));
        assert_true(!f->value || !strstr(f->value, "Pa55w0rd"));
        assert_true(!f->instead || !strstr(f->instead, "Pa55w0rd"));
    }
    release(&j);
}

static void test_hostile_text(void **state)
{
    static const char override[] = {'\342', '\200', '\256', '\0'}; /* right to left */
    char text[128];
    struct judged j;
    (void)state;
    snprintf(text, sizeof text, "OLLAMA_NUM_PARALLEL=\033]0;owned\007%sx\nOLLAMA_DEBUG='\001'\n",
             override);
    judge(&j, "x.env", DOCUMENT_ENV, &on_linux, text);
    assert_int_equal(j.found.count, 2);
    for (size_t i = 0; i < j.found.count; i++) {
        const struct lint_finding *f = &j.found.findings[i];
        assert_null(strchr(f->value, '\033'));
        assert_null(strchr(f->reason, '\033'));
        assert_null(strstr(f->reason, override));
        assert_null(strchr(f->reason, '\001'));
    }
    release(&j);
}

static void test_many(void **state)
{
    struct buf text;
    struct judged j;
    (void)state;
    buf_init(&text, 4 * 1024 * 1024);
    for (int i = 0; i < 5000; i++) {
        buf_puts(&text, "OLLAMA_USE_METAL=1\nOLLAMA_NUM_PARALEL=2\n");
    }
    judge(&j, "x.env", DOCUMENT_ENV, &on_linux, text.data);
    assert_true(j.found.truncated);
    assert_true(j.found.count <= LINT_MAX_FINDINGS);
    assert_true(j.found.note_count <= LINT_MAX_NOTES);
    release(&j);
    buf_release(&text);
}

/* A condition that the catalog leaves open is decided by a rule or told: none is forgotten. */
static void test_conditions(void **state)
{
    static const char *const known[] = {"OLLAMA_KV_CACHE_TYPE", "PYTORCH_MPS_HIGH_WATERMARK_RATIO",
                                        "healthcheck.test", "pmset powermode"};
    (void)state;
    for (size_t i = 0; i < catalog.count; i++) {
        const struct setting *s = &catalog.settings[i];
        bool open = false, listed = false;
        for (size_t k = 0; k < s->case_count; k++) {
            open = open || s->cases[k].when;
        }
        for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
            listed = listed || strcmp(known[k], s->name) == 0;
        }
        if (open != listed) {
            fail_msg("'%s': look at lint_decide() in lint_rules.c", s->name);
        }
    }
}

static void test_rules(void **state)
{
    size_t count = 0;
    const struct lint_rule_text *rules = lint_rule_texts(&count);
    (void)state;
    assert_true(count > 10);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(rules[i].id);
        assert_true(*rules[i].sentence && *rules[i].source);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(rules[i].id, rules[k].id);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixtures),     cmocka_unit_test(test_instead),
        cmocka_unit_test(test_versions),     cmocka_unit_test(test_flags),
        cmocka_unit_test(test_places),       cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_hostile_text), cmocka_unit_test(test_many),
        cmocka_unit_test(test_conditions),   cmocka_unit_test(test_rules),
    };
    return cmocka_run_group_tests_name("lint", tests, set_up, tear_down);
}
