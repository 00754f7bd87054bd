/* What proves the value of a setting: the readers of each kind of evidence on recorded text, which
 * of them decides, and the rows that come of it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/process.h"
#include "sampling/process_text.h"
#include "sampling/service/service.h"
#include "tuning/evidence/evidence_part.h"
#include "tuning/evidence/verify_rows.h"

static struct setting_catalog catalog;

static int load(void **state)
{
    struct err err = ERR_INIT;

    (void)state;
    return setting_catalog_load(&catalog, &err);
}

static int release(void **state)
{
    (void)state;
    setting_catalog_release(&catalog);
    return 0;
}

static const struct setting *setting(const char *name)
{
    const char *nearest;
    const struct setting *s = setting_find(&catalog, name, &nearest);

    if (!s) {
        fail_msg("the catalog has no %s", name);
    }
    return s;
}

static struct evidence *empty(void)
{
    struct evidence *e = calloc(1, sizeof *e);

    assert_non_null(e);
    e->group_memory_bytes = e->group_cpus = INFINITY;
    return e;
}

/* "value" or "(null)" when it is not set, "?" when nothing proves it; and via. */
static const char *told(struct evidence *e, const char *name, int via)
{
    struct evidence_value v;

    evidence_value(e, setting(name), name, &v);
    if (!v.known) {
        assert_non_null(v.why);
        assert_int_equal(v.via, -1);
        return "?";
    }
    assert_int_equal(v.via, via);
    return v.value ? v.value : "(null)";
}

/* ---- environment ---- */

static void test_environment(void **state)
{
    static const char text[] = "PATH=/bin\0OLLAMA_NUM_PARALLEL=4\0OLLAMA_NUM_PARALLEL=9\0"
                               "OLLAMA_NUM=x\0OLLAMA_KEEP_ALIVE=\0novalue\0=odd\0"
                               "OLLAMA_HOST=a\x1b[31mb";
    static const char *const names[] = {"OLLAMA_NUM_PARALLEL", "OLLAMA_KEEP_ALIVE",
                                        "OLLAMA_MAX_QUEUE", "novalue", "OLLAMA_HOST"};
    struct arena arena = {0};
    const char *values[5];

    (void)state;
    process_pick_settings(text, sizeof text - 1, names, 5, &arena, values);
    assert_string_equal(values[0], "4"); /* the first, as getenv() has it */
    assert_string_equal(values[1], "");
    assert_null(values[2]);
    assert_null(values[3]); /* no variable */
    assert_null(strchr(values[4], '\x1b'));
    /* Cut off anywhere: what is there is there, and nothing beyond it is read. */
    for (size_t size = 0; size < sizeof text; size++) {
        char *copy = malloc(size + 1);

        assert_non_null(copy);
        memcpy(copy, text, size);
        copy = realloc(copy, size ? size : 1);
        process_pick_settings(copy, size, names, 5, &arena, values);
        free(copy);
    }
    arena_release(&arena);
}

/* ---- arguments ---- */

static void test_flags(void **state)
{
    static const char argv[] = "python\x1fmain.py\x1f--port\x1f"
                               "8188\x1f--preview-method=auto\x1f--lowvram\x1f--reserve-vram\x1f"
                               "1.5\x1f--reserve-vram\x1f"
                               "2\x1f--port2";
    struct evidence_value v;
    struct arena arena = {0};

    (void)state;
    assert_true(evidence_flag_in(argv, "--preview-method", false, &arena, &v));
    assert_string_equal(v.value, "auto");
    assert_true(evidence_flag_in(argv, "--reserve-vram", false, &arena, &v));
    assert_string_equal(v.value, "2"); /* the last one counts */
    assert_true(evidence_flag_in(argv, "--lowvram", true, &arena, &v));
    assert_string_equal(v.value, "");
    assert_true(evidence_flag_in(argv, "--port2", false, &arena, &v));
    assert_string_equal(v.value, ""); /* nothing behind it */
    assert_false(evidence_flag_in(argv, "--low", true, &arena, &v));
    assert_true(v.known);
    assert_null(v.value);

    struct evidence *e = empty();
    e->argv = argv;
    assert_string_equal(told(e, "--lowvram", EVIDENCE_ARGV), "");
    assert_string_equal(told(e, "--highvram", EVIDENCE_ARGV), "(null)");
    e->argv_cut = true; /* it may stand behind what is kept */
    assert_string_equal(told(e, "--highvram", EVIDENCE_ARGV), "?");
    assert_string_equal(told(e, "--lowvram", EVIDENCE_ARGV), "");
    e->argv = NULL;
    e->report_argv = "main.py\x1f--highvram";
    assert_string_equal(told(e, "--highvram", EVIDENCE_REPORT), "");
    assert_string_equal(told(e, "--lowvram", EVIDENCE_REPORT), "(null)");
    evidence_free(e);
    arena_release(&arena);
}

/* ---- the "server config" line, as 0.33.0-rc2 wrote it ---- */

#define LINE(time, map)                                                                            \
    "time=" time " level=INFO source=routes.go:1951 msg=\"server config\" env=\"map[" map "]\"\n"
#define MAP                                                                                        \
    "CUDA_VISIBLE_DEVICES: GPU_DEVICE_ORDINAL: HSA_OVERRIDE_GFX_VERSION: HTTPS_PROXY: "            \
    "LLAMA_ARG_FIT: LLAMA_ARG_FIT_TARGET: NO_PROXY: OLLAMA_CONTEXT_LENGTH:12288 "                  \
    "OLLAMA_DEBUG:INFO OLLAMA_DEBUG_LOG_REQUESTS:false OLLAMA_EDITOR: "                            \
    "OLLAMA_FLASH_ATTENTION:true OLLAMA_GPU_OVERHEAD:0 OLLAMA_HOST:http://127.0.0.1:21434 "        \
    "OLLAMA_KEEP_ALIVE:7m0s OLLAMA_KV_CACHE_TYPE:f16 OLLAMA_LLM_LIBRARY: "                         \
    "OLLAMA_LOAD_TIMEOUT:5m0s OLLAMA_MAX_LOADED_MODELS:0 OLLAMA_MAX_QUEUE:512 "                    \
    "OLLAMA_MODELS:/home/user/my models/x OLLAMA_NEW_IN_0_99:1 OLLAMA_NUM_PARALLEL:4 "             \
    "OLLAMA_ORIGINS:[http://localhost https://localhost:* app://*] OLLAMA_SCHED_SPREAD:false "     \
    "OLLAMA_VULKAN:true http_proxy: no_proxy:"

static int64_t wall(const char *text)
{
    int64_t ns = 0;

    assert_int_equal(clock_parse_rfc3339(text, &ns), 0);
    return ns;
}

static const char *pair(const struct evidence_pairs *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->of[i].name, name) == 0) {
            return p->of[i].value ? p->of[i].value : "(null)";
        }
    }
    return "(none)";
}

static void test_config_line(void **state)
{
    static const char text[] =
        LINE("2026-11-21T20:00:00.000Z", "OLLAMA_NUM_PARALLEL:1") "[GIN] 2026/11/21 - 21:54:48 | 200 |    6.466954ms |       127.0.0.1 | GET  \"/api/ps\"\n" LINE(
            "2026-11-21T22:54:48.576+01:00", MAP) "Listening on 127.0.0.1:21434\n";
    struct evidence_pairs p = {.known = false};
    struct arena arena = {0};

    (void)state;
    assert_true(evidence_read_config_line(text, sizeof text - 1, wall("2026-11-21T21:54:40Z"),
                                          &catalog, &arena, &p));
    assert_string_equal(pair(&p, "OLLAMA_NUM_PARALLEL"), "4");
    assert_string_equal(pair(&p, "OLLAMA_KEEP_ALIVE"), "7m0s");
    assert_string_equal(pair(&p, "OLLAMA_KV_CACHE_TYPE"), "f16");
    assert_string_equal(pair(&p, "OLLAMA_LLM_LIBRARY"), "(null)");
    assert_string_equal(pair(&p, "OLLAMA_DEBUG"), "0"); /* INFO */
    assert_string_equal(pair(&p, "OLLAMA_HOST"), "http://127.0.0.1:21434");
    assert_string_equal(pair(&p, "OLLAMA_MODELS"), "/home/user/my models/x");
    assert_string_equal(pair(&p, "OLLAMA_ORIGINS"),
                        "[http://localhost https://localhost:* app://*]");
    assert_string_equal(pair(&p, "OLLAMA_NEW_IN_0_99"), "(none)"); /* and in nobody else's value */

    struct evidence *e = empty();
    e->config_line = p;
    assert_string_equal(told(e, "OLLAMA_NUM_PARALLEL", EVIDENCE_LOG), "4");
    assert_string_equal(told(e, "OLLAMA_FLASH_ATTENTION", EVIDENCE_LOG), "true");
    assert_string_equal(told(e, "OLLAMA_HOST", EVIDENCE_LOG), "?"); /* it says what was left out */
    evidence_free(e);

    /* Of the start before: no proof. */
    assert_false(evidence_read_config_line(text, sizeof text - 1, wall("2026-11-21T21:55:00Z"),
                                           &catalog, &arena, &p));
    /* The newest counts, whatever stood before it. */
    assert_true(evidence_read_config_line(text, sizeof text - 1, 0, &catalog, &arena, &p));
    assert_string_equal(pair(&p, "OLLAMA_NUM_PARALLEL"), "4");
    arena_release(&arena);
}

static void test_config_line_odd(void **state)
{
    static const struct {
        const char *text;
        bool good;
        const char *parallel; /* of OLLAMA_NUM_PARALLEL */
    } rows[] = {
        {LINE("2026-11-21T20:00:00Z", "OLLAMA_NUM_PARALLEL:3"), true, "3"},
        {LINE("2026-11-21T20:00:00Z", "OLLAMA_NUM_PARALLEL:"), true, "(null)"},
        {LINE("2026-11-21T20:00:00Z", ""), true, "(none)"},
        {LINE("2026-11-21T20:00:00Z", "OLLAMA_MODELS:/x\\\"y OLLAMA_NUM_PARALLEL:3"), true, "3"},
        {LINE("2026-11-21T20:00:00Z", "OLLAMA_MODELS:/x\\ny OLLAMA_NUM_PARALLEL:3"), false, ""},
        {LINE("yesterday", "OLLAMA_NUM_PARALLEL:3"), false, ""},
        {"msg=\"server config\" env=\"map[OLLAMA_NUM_PARALLEL:3]\"", false, ""},
        {"time=2026-11-21T20:00:00Z msg=\"server config\" env=\"map[OLLAMA_NUM_PARALLEL:3", false,
         ""},
        {"time=2026-11-21T20:00:00Z msg=\"server config\" env=\"map[OLLAMA_NUM_PARALLEL:3\"", false,
         ""},
        {"time=2026-11-21T20:00:00Z msg=\"server config\"", false, ""},
        {"", false, ""},
    };
    struct arena arena = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct evidence_pairs p = {.known = false};
        const bool good = evidence_read_config_line(rows[i].text, strlen(rows[i].text), 1, &catalog,
                                                    &arena, &p);

        if (good != rows[i].good ||
            (good && strcmp(pair(&p, "OLLAMA_NUM_PARALLEL"), rows[i].parallel) != 0)) {
            fail_msg("row %zu: %d, %s", i, good, pair(&p, "OLLAMA_NUM_PARALLEL"));
        }
    }
    arena_release(&arena);
}

/* ---- runners, as they were seen ---- */

#define RUNNER(rest)                                                                               \
    "/usr/lib/ollama/llama-server\x1f--model\x1f/m/sha256-1\x1f--port\x1f"                         \
    "39031\x1f--host\x1f"                                                                          \
    "127.0.0.1\x1f" rest

static void test_runner(void **state)
{
    static const char one[] = RUNNER("-c\x1f"
                                     "8192\x1f-np\x1f"
                                     "2\x1f--load-mode\x1fnone\x1f--cache-type-k\x1fq8_0"
                                     "\x1f--cache-type-v\x1fq8_0\x1f--flash-attn\x1fon");
    static const char other[] = RUNNER("-c\x1f"
                                       "4096\x1f-np\x1f"
                                       "2\x1f--flash-attn\x1f"
                                       "auto");
    static const char half[] = RUNNER("-c\x1f"
                                      "4096\x1f-np\x1f"
                                      "0\x1f--cache-type-k\x1fq8_0\x1f--cache-type-v\x1f"
                                      "f16");
    static const char engine[] = "ollama\x1frunner\x1f--mlx-engine\x1f--model\x1fm\x1f--port\x1f"
                                 "1";
    static const struct {
        const char *argv, *name, *value;
        bool weak;
    } rows[] = {
        {one, "OLLAMA_CONTEXT_LENGTH", "4096", true}, /* of each slot */
        {one, "OLLAMA_NUM_PARALLEL", "2", true},
        {one, "OLLAMA_KV_CACHE_TYPE", "q8_0", false},
        {one, "OLLAMA_FLASH_ATTENTION", "1", false},
        {one, "LLAMA_ARG_LOAD_MODE", "none", true},
        {one, "LLAMA_ARG_THREADS", "?", false}, /* inherited, and not in the arguments */
        {one, "OLLAMA_MAX_QUEUE", "?", false},
        {other, "OLLAMA_KV_CACHE_TYPE", "(null)", false},
        {other, "OLLAMA_FLASH_ATTENTION", "(null)", false},
        {half, "OLLAMA_CONTEXT_LENGTH", "?", false},
        {half, "OLLAMA_KV_CACHE_TYPE", "?", false},
        {engine, "OLLAMA_NUM_PARALLEL", "?", false},
        {engine, "OLLAMA_KV_CACHE_TYPE", "?", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct evidence *e = empty();
        struct evidence_value v;

        e->runners[e->runner_count++] = rows[i].argv;
        if (strcmp(told(e, rows[i].name, EVIDENCE_RUNNER), rows[i].value) != 0) {
            fail_msg("row %zu: %s", i, told(e, rows[i].name, EVIDENCE_RUNNER));
        }
        evidence_value(e, setting(rows[i].name), rows[i].name, &v);
        assert_int_equal(v.weak, rows[i].weak);
        evidence_free(e);
    }
    /* Two that differ: what the server was told is not known. */
    struct evidence *e = empty();
    e->runners[e->runner_count++] = one;
    e->runners[e->runner_count++] = other;
    assert_string_equal(told(e, "OLLAMA_CONTEXT_LENGTH", EVIDENCE_RUNNER), "?");
    assert_string_equal(told(e, "OLLAMA_NUM_PARALLEL", EVIDENCE_RUNNER), "2");
    evidence_free(e);
}

/* ---- containers, units, jobs, limits ---- */

static void test_container(void **state)
{
    static const char json[] =
        "[{\"Id\":\"3f2a91c0d1e2\",\"Name\":\"/ollama\",\"Config\":{\"Env\":[\"OLLAMA_NUM_PARALLEL"
        "=4\",\"EMPTY=\"],\"Cmd\":[\"--lowvram\"],\"Entrypoint\":[\"python\",\"main.py\"],"
        "\"Healthcheck\":{\"Test\":[\"CMD\",\"x\"],\"Interval\":30000000000,\"Retries\":3}},"
        "\"HostConfig\":{\"Memory\":25769803776,\"NanoCpus\":850000000,\"MemoryReservation\":0,"
        "\"RestartPolicy\":{\"Name\":\"always\"}},\"State\":{\"Running\":true,\"Pid\":7}}]";
    struct evidence *e = empty();
    struct err err = ERR_INIT;
    struct containers list;

    (void)state;
    assert_int_equal(containers_read(json, sizeof json - 1, &e->arena, &list, &err), 0);
    assert_int_equal(list.count, 1);
    e->container = &list.of[0];
    assert_string_equal(told(e, "OLLAMA_NUM_PARALLEL", EVIDENCE_CONTAINER), "4");
    assert_string_equal(told(e, "OLLAMA_MAX_QUEUE", EVIDENCE_CONTAINER), "(null)");
    assert_string_equal(told(e, "deploy.resources.limits.memory", EVIDENCE_CONTAINER), "24G");
    assert_string_equal(told(e, "mem_limit", EVIDENCE_CONTAINER), "24G");
    assert_string_equal(told(e, "cpus", EVIDENCE_CONTAINER), "0.85");
    assert_string_equal(told(e, "deploy.resources.reservations.memory", EVIDENCE_CONTAINER),
                        "(null)");
    assert_string_equal(told(e, "healthcheck.interval", EVIDENCE_CONTAINER), "30s");
    assert_string_equal(told(e, "healthcheck.retries", EVIDENCE_CONTAINER), "3");
    assert_string_equal(told(e, "restart", EVIDENCE_CONTAINER), "always");
    assert_string_equal(told(e, "--lowvram", EVIDENCE_CONTAINER), "");
    assert_string_equal(told(e, "--highvram", EVIDENCE_CONTAINER), "?"); /* an entry point may */
    assert_string_equal(told(e, "healthcheck.test", EVIDENCE_CONTAINER), "?");
    /* The process itself is the better proof. */
    static const struct evidence_pair pairs[] = {{"OLLAMA_NUM_PARALLEL", "2"}};
    e->environment = (struct evidence_pairs){.known = true, .of = pairs, .count = 1};
    assert_string_equal(told(e, "OLLAMA_NUM_PARALLEL", EVIDENCE_ENVIRONMENT), "2");
    evidence_free(e);
}

static void test_unit(void **state)
{
    static const char text[] = "Id=ollama.service\nLoadState=loaded\nActiveState=active\n"
                               "MainPID=7\nNeedDaemonReload=no\n"
                               "Environment=OLLAMA_NUM_PARALLEL=4 \"OLLAMA_ORIGINS=a b\"\n"
                               "CPUQuotaPerSecUSec=1.500000s\nMemoryMax=25769803776\n"
                               "LimitNOFILE=524288\n";
    struct evidence *e = empty();
    struct unit unit;
    struct err err = ERR_INIT;

    (void)state;
    assert_int_equal(unit_read(text, sizeof text - 1, &e->arena, &unit, &err), 0);
    e->unit = &unit;
    assert_string_equal(told(e, "OLLAMA_NUM_PARALLEL", EVIDENCE_SYSTEMD), "4");
    assert_string_equal(told(e, "OLLAMA_ORIGINS", EVIDENCE_SYSTEMD), "a b");
    assert_string_equal(told(e, "MemoryMax", EVIDENCE_SYSTEMD), "24G");
    assert_string_equal(told(e, "CPUQuota", EVIDENCE_SYSTEMD), "150%");
    /* A file of variables has the last word, and is not asked. */
    static const struct unit_file file = {"/etc/default/ollama", true};
    unit.environment_files = &file;
    unit.environment_file_count = 1;
    assert_string_equal(told(e, "OLLAMA_NUM_PARALLEL", EVIDENCE_SYSTEMD), "?");
    /* Its control group comes before what systemd says. */
    e->group_known = true;
    e->group_memory_bytes = 16.0 * 1024 * 1024 * 1024;
    assert_string_equal(told(e, "MemoryMax", EVIDENCE_CGROUP), "16G");
    assert_string_equal(told(e, "CPUQuota", EVIDENCE_CGROUP), "(null)");
    assert_string_equal(told(e, "cpus", EVIDENCE_CGROUP), "(null)");
    e->group_cpus = 1.7;
    assert_string_equal(told(e, "CPUQuota", EVIDENCE_CGROUP), "170%");
    evidence_free(e);
}

static void test_rest(void **state)
{
    static const char printed[] = "gui/501/com.ollama.ollama = {\n\tstate = running\n"
                                  "\tpid = 7\n\tenvironment = {\n"
                                  "\t\tOLLAMA_KEEP_ALIVE => 10m\n\t}\n}\n";
    struct evidence *e = empty();
    struct job job;
    struct err err = ERR_INIT;

    (void)state;
    assert_int_equal(job_read(printed, sizeof printed - 1, &e->arena, &job, &err), 0);
    e->job = &job;
    assert_string_equal(told(e, "OLLAMA_KEEP_ALIVE", EVIDENCE_LAUNCHD), "10m");
    assert_string_equal(told(e, "OLLAMA_NUM_PARALLEL", EVIDENCE_LAUNCHD), "(null)");
    e->job = NULL;
    e->contexts[e->context_count++] = 4096;
    e->contexts[e->context_count++] = 4096;
    assert_string_equal(told(e, "OLLAMA_CONTEXT_LENGTH", EVIDENCE_REPORT), "4096");
    e->contexts[1] = 2048;
    assert_string_equal(told(e, "OLLAMA_CONTEXT_LENGTH", EVIDENCE_REPORT), "?");
    /* A secret is not asked for, wherever it may stand. */
    static const struct evidence_pair pairs[] = {{"LLAMA_API_KEY", "hunter2"}};
    e->environment = (struct evidence_pairs){.known = true, .of = pairs, .count = 1};
    assert_string_equal(told(e, "LLAMA_API_KEY", EVIDENCE_ENVIRONMENT), "?");
    evidence_free(e);
    static const struct {
        double bytes;
        const char *text;
    } sizes[] = {{25769803776.0, "24G"}, {1610612736, "1536M"}, {1000, "1000"}, {2048, "2K"}};
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_string_equal(evidence_size_text(sizes[i].bytes, &arena), sizes[i].text);
    }
    arena_release(&arena);
}

/* ---- rows ---- */

#define OLD (INT64_C(1000) * NS_PER_S)
#define YOUNG (INT64_C(2000) * NS_PER_S)

static void test_rows(void **state)
{
    static const struct row {
        const char *setting, *wanted, *in_file;
        bool same;
        int verdict;                  /* of the setting */
        const char *process, *runner; /* NULL: not set; "?": not known */
        int64_t file_ns;              /* the process began between the two */
        int expect, via;
    } rows[] = {
        {"OLLAMA_NUM_PARALLEL", "4", "4", true, SETTING_HONOURED, "4", "?", YOUNG, VERIFY_OK,
         EVIDENCE_ENVIRONMENT},
        {"OLLAMA_KEEP_ALIVE", "5m", "300s", true, SETTING_HONOURED, "5m0s", "?", OLD, VERIFY_OK,
         EVIDENCE_ENVIRONMENT},
        {"OLLAMA_NUM_PARALLEL", "4", "4", true, SETTING_HONOURED, "2", "?", YOUNG,
         VERIFY_RESTART_NEEDED, EVIDENCE_ENVIRONMENT},
        {"OLLAMA_NUM_PARALLEL", "4", "4", true, SETTING_HONOURED, NULL, "?", YOUNG,
         VERIFY_RESTART_NEEDED, EVIDENCE_ENVIRONMENT},
        {"OLLAMA_NUM_PARALLEL", "4", "4", true, SETTING_HONOURED, "2", "?", OLD, VERIFY_DIFFERS,
         EVIDENCE_ENVIRONMENT},
        {"OLLAMA_NUM_PARALLEL", "4", "2", false, SETTING_HONOURED, "4", "?", OLD, VERIFY_DIFFERS,
         EVIDENCE_ENVIRONMENT},
        {"OLLAMA_NUM_PARALLEL", "4", "2", false, SETTING_HONOURED, "?", "?", OLD, VERIFY_DIFFERS,
         EVIDENCE_FILE},
        {"OLLAMA_NUM_PARALLEL", "4", "4", true, SETTING_HONOURED, "?", "?", OLD, VERIFY_UNKNOWN,
         -1},
        {"OLLAMA_NUM_THREADS", "4", "4", true, SETTING_IGNORED, "2", "?", YOUNG, VERIFY_IGNORED,
         EVIDENCE_ENVIRONMENT},
        {"OLLAMA_NUM_THREADS", "4", "2", false, SETTING_IGNORED, "2", "?", YOUNG, VERIFY_DIFFERS,
         EVIDENCE_ENVIRONMENT},
        /* A runner that has it as well is the better proof; one that has not is no difference. */
        {"OLLAMA_NUM_PARALLEL", "4", "4", true, SETTING_HONOURED, "4", "4", OLD, VERIFY_OK,
         EVIDENCE_RUNNER},
        {"OLLAMA_NUM_PARALLEL", "4", "4", true, SETTING_HONOURED, "4", "1", OLD, VERIFY_OK,
         EVIDENCE_ENVIRONMENT},
        {"OLLAMA_NUM_PARALLEL", "4", "4", true, SETTING_HONOURED, "?", "1", OLD, VERIFY_UNKNOWN,
         EVIDENCE_RUNNER},
        {"OLLAMA_NUM_PARALLEL", "4", "4", true, SETTING_HONOURED, "?", "4", OLD, VERIFY_OK,
         EVIDENCE_RUNNER},
        {"OLLAMA_FLASH_ATTENTION", "1", "true", true, SETTING_HONOURED, "1", "?", OLD, VERIFY_OK,
         EVIDENCE_ENVIRONMENT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];
        struct plan_row wish = {.service = "ollama",
                                .setting = r->setting,
                                .wanted = r->wanted,
                                .in_file = r->in_file,
                                .same = r->same,
                                .of = setting(r->setting),
                                .verdict = r->verdict};
        const struct plan plan = {.rows = &wish, .row_count = 1};
        const struct evidence_pair pair = {r->setting, r->process};
        struct evidence *e = empty();
        const bool known = !r->process || strcmp(r->process, "?") != 0;
        char runner[256];
        struct verify_rows out;

        e->started_wall_ns = (OLD + YOUNG) / 2;
        e->environment = (struct evidence_pairs){.known = known, .of = &pair, .count = 1};
        if (strcmp(r->runner, "?") != 0) {
            snprintf(runner, sizeof runner,
                     RUNNER("-c\x1f"
                            "64\x1f-np\x1f"
                            "%s"),
                     r->runner);
            e->runners[e->runner_count++] = runner;
        }
        const struct verify_service service = {
            .name = "ollama", .evidence = e, .file_wall_ns = r->file_ns};
        verify_rows_make(&plan, &service, 1, &out);
        assert_int_equal(out.count, 1);
        if ((int)out.of[0].verdict != r->expect || out.of[0].via != r->via) {
            fail_msg("row %zu: %s via %d", i, verify_verdict_words[out.of[0].verdict],
                     out.of[0].via);
        }
        assert_int_equal(out.by_verdict[r->expect], 1);
        assert_int_equal(verify_row_fails(&out.of[0], false),
                         r->expect == VERIFY_DIFFERS || r->expect == VERIFY_RESTART_NEEDED);
        assert_int_equal(verify_row_fails(&out.of[0], true),
                         r->expect != VERIFY_OK && r->expect != VERIFY_IGNORED);
        if (r->expect != VERIFY_OK && r->expect != VERIFY_DIFFERS) {
            assert_non_null(out.of[0].why);
        }
        verify_rows_release(&out);
        evidence_free(e);
    }
}

/* What systemd will start is no proof for a process that is older than the file. */
static void test_rows_of_units(void **state)
{
    static const char *const environment[] = {"OLLAMA_NUM_PARALLEL=4"};
    static const struct unit unit = {.environment = environment, .environment_count = 1};
    const struct plan_row wish = {.service = "ollama",
                                  .setting = "OLLAMA_NUM_PARALLEL",
                                  .wanted = "4",
                                  .in_file = "4",
                                  .same = true,
                                  .of = setting("OLLAMA_NUM_PARALLEL")};
    struct plan_row rows[] = {wish};
    const struct plan plan = {.rows = rows, .row_count = 1};
    struct evidence *e = empty();
    struct verify_service service = {.name = "ollama", .evidence = e, .file_wall_ns = OLD};
    struct verify_rows out;

    (void)state;
    e->unit = &unit;
    e->started_wall_ns = (OLD + YOUNG) / 2;
    verify_rows_make(&plan, &service, 1, &out);
    assert_int_equal(out.of[0].verdict, VERIFY_OK);
    assert_int_equal(out.of[0].via, EVIDENCE_SYSTEMD);
    verify_rows_release(&out);
    service.file_wall_ns = YOUNG;
    verify_rows_make(&plan, &service, 1, &out);
    assert_int_equal(out.of[0].verdict, VERIFY_RESTART_NEEDED);
    verify_rows_release(&out);
    evidence_free(e);
}

/* Flags that stand alone, limits in other words, keys of files that are read with each request. */
static void test_rows_of_all_kinds(void **state)
{
    struct plan_row wishes[] = {
        {.service = "comfyui", .setting = "--lowvram", .wanted = "0", .same = true},
        {.service = "comfyui", .setting = "--cpu", .wanted = "1", .in_file = "", .same = true},
        {.service = "comfyui", .setting = "CPUQuota", .wanted = "150.0%", .same = true},
        {.service = "comfyui", .setting = "MemoryMax", .wanted = "1.5G", .same = true},
        {.service = "gone", .setting = "--cpu", .wanted = "1", .same = true},
    };
    const size_t count = sizeof wishes / sizeof wishes[0];
    static const int expect[] = {VERIFY_OK, VERIFY_DIFFERS, VERIFY_OK, VERIFY_OK, VERIFY_UNKNOWN};
    struct evidence *e = empty();
    struct verify_rows out;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        wishes[i].of = setting(wishes[i].setting);
    }
    e->argv = "python\x1fmain.py";
    e->group_known = true;
    e->group_cpus = 1.5;
    e->group_memory_bytes = 1610612736;
    const struct verify_service services[] = {
        {.name = "comfyui", .evidence = e},
        {.name = "gone", .why_not = "it does not run"},
    };
    verify_rows_make(&(struct plan){.rows = wishes, .row_count = count}, services, 2, &out);
    for (size_t i = 0; i < count; i++) {
        if ((int)out.of[i].verdict != expect[i]) {
            fail_msg("%s: %s", wishes[i].setting, verify_verdict_words[out.of[i].verdict]);
        }
    }
    assert_string_equal(out.of[4].why, "it does not run");
    verify_rows_release(&out);
    evidence_free(e);
}

/* ---- every name of the catalog ---- */

/* What is told of a name is its own value, never that of another one that the catalog tells of
 * with it, or that begins alike. */
static void test_every_name(void **state)
{
    struct evidence *e = empty();
    struct evidence_pair *pairs = calloc(catalog.name_count, sizeof *pairs);

    (void)state;
    assert_non_null(pairs);
    for (size_t i = 0; i < catalog.name_count; i++) {
        pairs[i] = (struct evidence_pair){catalog.names[i], catalog.names[i]};
    }
    e->environment = (struct evidence_pairs){
        .known = true, .of = pairs, .count = catalog.name_count};
    for (size_t i = 0; i < catalog.name_count; i++) {
        const struct setting *s = catalog.by_name[i];
        struct evidence_value v;
        char argv[256];

        evidence_value(e, s, s->name, &v);
        if (s->kind == SETTING_VARIABLE && !service_is_secret_name(s->name, strlen(s->name))) {
            assert_true(v.known);
            assert_string_equal(v.value, s->name);
        }
        if (s->kind != SETTING_FLAG_NAME) {
            continue;
        }
        snprintf(argv, sizeof argv, "python%cmain.py%c%s%cvalue", PROCESS_ARGV_SEPARATOR,
                 PROCESS_ARGV_SEPARATOR, s->name, PROCESS_ARGV_SEPARATOR);
        e->argv = argv;
        for (size_t k = 0; k < catalog.name_count; k++) {
            const struct setting *other = catalog.by_name[k];

            if (other->kind == SETTING_FLAG_NAME &&
                !service_is_secret_name(other->name, strlen(other->name))) {
                evidence_value(e, other, other->name, &v);
                assert_int_equal(v.value != NULL, k == i);
            }
        }
        e->argv = NULL;
    }
    free(pairs);
    evidence_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_every_name),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_config_line),
        cmocka_unit_test(test_config_line_odd),
        cmocka_unit_test(test_runner),
        cmocka_unit_test(test_container),
        cmocka_unit_test(test_unit),
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_of_units),
        cmocka_unit_test(test_rows_of_all_kinds),
    };

    return cmocka_run_group_tests_name("evidence", tests, load, release);
}
