/* The settings catalog: what is refused when it is loaded, versions, verdicts, translations. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tuning/setting.h"

static struct setting_catalog shipped;

static int load_shipped(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    if (setting_catalog_load(&shipped, &err) < 0) {
        fprintf(stderr, "%s: %s\n", err.where, err.msg);
        return -1;
    }
    return 0;
}

static int release_shipped(void **state)
{
    (void)state;
    setting_catalog_release(&shipped);
    return 0;
}

static const struct setting *need(const char *name)
{
    const char *nearest = NULL;
    const struct setting *s = setting_find(&shipped, name, &nearest);
    if (!s) {
        fail_msg("there is no setting '%s'", name);
    }
    return s;
}

/* ---- loading ---- */

#define HEAD                                                                                       \
    "sources:\n  - {id: T, text: a test}\n"                                                        \
    "groups:\n  - title: a group\n    owner: ollama\n    kind: variable\n    costs: restart\n"     \
    "    read_back: log\n    source: T 1\n    settings:\n"
#define ROW "      - {name: A, type: integer, verdict: honoured, reason: why"

static const struct {
    const char *text, *where, *part;
} refused[] = {
    {"groups: []\n", "t.yaml:1:1", "the key 'sources' is missing"},
    {"newest: [{owner: ollama, version: new}]\n" HEAD
     "      - {name: A, type: integer, verdict: honoured, reason: why}\n",
     "t.yaml:1:10", "expected a version such as 0.30.0, found 'new'"},
    {"newest: [{owner: olama, version: 1}]\n" HEAD
     "      - {name: A, type: integer, verdict: honoured, reason: why}\n",
     "t.yaml:1:18", "did you mean 'ollama'?"},
    {HEAD "      - {name: A, type: integer, verdict: honoured}\n", "t.yaml:11:9",
     "the key 'reason' is missing"},
    {HEAD "      - {name: A, verdict: honoured, reason: why}\n", "t.yaml:11:9",
     "the key 'type' is missing, here and in its group"},
    {HEAD "      - {name: A, type: integr, verdict: honoured, reason: why}\n", "t.yaml:11:25",
     "did you mean 'integer'?"},
    {HEAD "      - {name: A, type: integer, verdict: honored, reason: why}\n", "t.yaml:11:43",
     "did you mean 'honoured'?"},
    {HEAD ROW ", ranges: [1, 2]}\n", "t.yaml:11:66", "did you mean 'range'?"},
    {HEAD ROW ", range: [2, 1]}\n", "t.yaml:11:73", "2 is more than 1"},
    {HEAD ROW ", range: [1, 2, 3]}\n", "t.yaml:11:73", "expected a list of 1 to 2 entries"},
    {HEAD ROW ", range: [1], default: '0'}\n", "t.yaml:11:87", "a whole number from 1, not '0'"},
    {HEAD ROW ", range: [1, 4], default: '5'}\n", "t.yaml:11:90", "from 1 to 4, not '5'"},
    {HEAD ROW ", default: many}\n", "t.yaml:11:75", "takes a whole number, not 'many'"},
    {HEAD "      - {name: A, type: text, range: [1, 2], verdict: honoured, reason: why}\n",
     "t.yaml:11:38", "a text has none"},
    {HEAD "      - {name: A, type: choice, verdict: honoured, reason: why}\n", "t.yaml:11:9",
     "a choice has choices"},
    {HEAD ROW ", choices: [a, b]}\n", "t.yaml:11:9", "a choice has choices"},
    {HEAD ROW ", use: B}\n", "t.yaml:11:9", "there is no setting 'B'"},
    {HEAD ROW ", formula: same}\n", "t.yaml:11:75", "there is no 'use'"},
    {HEAD ROW ", source: 'T 1, X 2'}\n", "t.yaml:11:74", "there is no source 'X'"},
    {HEAD ROW ", since: new}\n", "t.yaml:11:9", "'since': expected a version"},
    {HEAD ROW ", since: '2.0', until: '1.9'}\n", "t.yaml:11:9", "expected a version after 2.0"},
    {HEAD ROW ", cases: [{verdict: ignored}]}\n", "t.yaml:11:74", "the key 'reason' is missing"},
    {HEAD ROW ", cases: [{verdict: ignored, reason: so, of: macos}]}\n", "t.yaml:11:109",
     "neither since nor until"},
    {HEAD ROW ", cases: [{verdict: ignored, reason: so, places: [mars]}]}\n", "t.yaml:11:114",
     "expected one of macos, linux"},
    {HEAD ROW "}\n" ROW "}\n", "t.yaml:12:9", "there is one of that name in line 11"},
    {HEAD ROW ", also: [B]}\n      - {name: B, type: text, verdict: ignored, reason: so}\n",
     "t.yaml:12:9", "there is one of that name in line 11"},
};

static void test_refused(void **state)
{
    size_t wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct setting_catalog c;
        struct err err = ERR_INIT;
        const int rc = setting_catalog_parse("t.yaml", refused[i].text, strlen(refused[i].text), &c,
                                             &err);
        if (rc != -ERR_CONFIG || strcmp(err.where, refused[i].where) != 0 ||
            !strstr(err.msg, refused[i].part)) {
            print_message("# row %zu, %s: rc %d, %s: %s\n", i, refused[i].part, rc, err.where,
                          err.msg);
            wrong++;
        }
        setting_catalog_release(&c);
    }
    assert_int_equal(wrong, 0);
}

static void test_inherited(void **state)
{
    static const char text[] =
        "sources:\n  - {id: T, text: a test}\n"
        "groups:\n  - title: a group\n    owner: ollama\n    kind: variable\n    type: text\n"
        "    costs: restart\n    verdict: ignored\n    since: '0.2'\n    read_back: log\n"
        "    source: T 1\n    cases:\n      - {verdict: harmful, places: [linux], reason: of all}\n"
        "    settings:\n"
        "      - {name: A, reason: why, cases: [{verdict: unknown, until: '2', reason: own}]}\n"
        "      - {name: B.c, also: [--d], owner: pytorch, type: number, range: [0, 1],\n"
        "         verdict: renamed, use: A, formula: cores, group_cases: false, reason: so,\n"
        "         cases: [{verdict: unknown, of: macos, since: '14', below: 0, reason: own}]}\n";
    const char *nearest = NULL;
    struct setting_catalog c;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(setting_catalog_parse("t.yaml", text, sizeof text - 1, &c, &err), 0);
    assert_int_equal(c.count, 2);
    assert_int_equal(c.name_count, 3);
    const struct setting *a = &c.settings[0], *b = &c.settings[1];
    assert_string_equal(a->group, "a group");
    assert_int_equal(a->verdict, SETTING_IGNORED);
    assert_int_equal(a->owner, SETTING_OWNER_OLLAMA);
    assert_int_equal(a->versions_of, SETTING_OWNER_OLLAMA);
    assert_string_equal(a->since, "0.2");
    assert_int_equal(a->formula, SETTING_NO_FORMULA);
    assert_false(a->ranged);
    assert_int_equal(a->case_count, 2);
    assert_string_equal(a->cases[0].reason, "of all"); /* the gate of the group comes first */
    assert_string_equal(a->cases[1].reason, "own");
    assert_int_equal(a->cases[1].of, SETTING_OWNER_OLLAMA);
    assert_int_equal(b->verdict, SETTING_RENAMED);
    assert_int_equal(b->versions_of, SETTING_OWNER_PYTORCH);
    assert_int_equal(b->formula, SETTING_CORES);
    assert_true(b->ranged);
    assert_int_equal(b->case_count, 1);
    assert_int_equal(b->cases[0].of, SETTING_OWNER_MACOS);
    assert_string_equal(setting_source_text(&c, a->source, 1), "a test");
    assert_null(setting_source_text(&c, "TT", 2));

    assert_ptr_equal(setting_find(&c, "--d", &nearest)->entry, b);
    assert_string_equal(setting_find(&c, "d", &nearest)->name, "--d");
    assert_ptr_equal(setting_find(&c, "a", &nearest), a);
    assert_ptr_equal(setting_find(&c, "C", &nearest), b);
    assert_null(setting_find(&c, "x.c", &nearest));
    assert_null(setting_find(&c, "--", &nearest));
    assert_null(setting_find(&c, "", &nearest));
    setting_catalog_release(&c);
}

/* What a person relies on: each row tells why and from where, and no text can wreck a terminal. */
static void test_shipped_rows(void **state)
{
    (void)state;
    assert_true(shipped.count >= 400);
    for (size_t i = 0; i < shipped.count; i++) {
        const struct setting *s = &shipped.settings[i];
        assert_true(strlen(s->reason) >= 8);
        assert_non_null(s->source);
        assert_non_null(s->read_back);
        if (s->reason[strlen(s->reason) - 1] == '.') {
            fail_msg("%s: the reason ends with a full stop", s->name);
        }
        if (s->verdict == SETTING_RENAMED && !s->use) {
            fail_msg("%s is renamed to nothing", s->name);
        }
        if (s->verdict != SETTING_HONOURED && s->verdict != SETTING_UNKNOWN && !s->use &&
            !s->instead && strcmp(setting_cost_words[s->costs], "none") != 0) {
            fail_msg("%s: neither use nor instead", s->name);
        }
    }
}

/* ---- versions ---- */

static void test_versions(void **state)
{
    static const struct {
        const char *a, *b;
        int sign;
    } cases[] = {
        {"0.30.0", "0.30", 0},
        {"v0.30.0", "0.30.0", 0},
        {"0.24.0", "0.30.0", -1},
        {"0.9.9", "0.10.0", -1},
        {"0.33.0-rc2", "0.33.0", -1},
        {"0.33.0-rc2", "0.33.0-rc10", -1},
        {"0.33.0-rc2", "0.32.15", 1},
        {"2.6.0+cpu", "2.6.0", 0},
        {"2.11.0.dev20260801+cpu", "2.11.0", -1},
        {"2.8.0a0+gitabc", "2.8.0", -1},
        {"2.8.0a0", "2.7.1", 1},
        {"14", "13.9.9", 1},
        {"007.1", "7.01", 0},
        {"99999999999999999999999.1", "99999999999999999999998.9", 1},
        {"1", "1.0.0.0.1", -1},
        {"", "0.0.1", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int there = setting_version_compare(cases[i].a, cases[i].b);
        const int back = setting_version_compare(cases[i].b, cases[i].a);
        if ((there > 0) - (there < 0) != cases[i].sign ||
            (back > 0) - (back < 0) != -cases[i].sign) {
            fail_msg("%s, %s: %d, %d", cases[i].a, cases[i].b, there, back);
        }
    }
    assert_true(setting_version_valid("0.33.0-rc2"));
    assert_true(setting_version_valid("v1"));
    assert_false(setting_version_valid("new"));
    assert_false(setting_version_valid(""));
    assert_string_equal(setting_last_known(&shipped, SETTING_OWNER_OLLAMA, "99.1"), "0.33.0");
    assert_null(setting_last_known(&shipped, SETTING_OWNER_OLLAMA, "0.33.0"));
    assert_null(setting_last_known(&shipped, SETTING_OWNER_OLLAMA, "new"));
    assert_null(setting_last_known(&shipped, SETTING_OWNER_OLLAMA, NULL));
    assert_null(setting_last_known(&shipped, SETTING_OWNER_SYSTEMD, "99.1"));
}

/* ---- verdicts ---- */

static const struct {
    const char *name, *value, *version; /* version of its own software */
    int place, device, verdict;
    const char *use;
} verdicts[] = {
#define ANY SETTING_DEVICE_UNKNOWN
    /* Ollama: read, renamed, never there, by version */
    {"OLLAMA_NUM_PARALLEL", "4", NULL, SETTING_MACOS, SETTING_MPS, SETTING_HONOURED, NULL},
    {"OLLAMA_NUM_PARALLEL", "4", "0.1.32", SETTING_LINUX, ANY, SETTING_IGNORED, NULL},
    {"OLLAMA_NUM_PARALLEL", "4", "0.1.33", SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"OLLAMA_PARALLEL_REQUESTS", "4", NULL, SETTING_LINUX, ANY, SETTING_RENAMED,
     "OLLAMA_NUM_PARALLEL"},
    {"OLLAMA_CONTEXT_SIZE", "8192", NULL, SETTING_LINUX, ANY, SETTING_RENAMED,
     "OLLAMA_CONTEXT_LENGTH"},
    {"OLLAMA_NUM_THREADS", "8", "0.24.0", SETTING_LINUX, ANY, SETTING_RENAMED, "num_thread"},
    {"OLLAMA_NUM_THREADS", "8", "0.30.0", SETTING_LINUX, ANY, SETTING_RENAMED, "LLAMA_ARG_THREADS"},
    {"OLLAMA_NUM_THREADS", "8", NULL, SETTING_LINUX, ANY, SETTING_RENAMED, "LLAMA_ARG_THREADS"},
    {"OLLAMA_KEEP_ALIVE", "1d", NULL, SETTING_LINUX, ANY, SETTING_HARMFUL, NULL},
    {"OLLAMA_KEEP_ALIVE", "14d", NULL, SETTING_LINUX, ANY, SETTING_HARMFUL, NULL},
    {"OLLAMA_FLASH_ATTENTION", "off", NULL, SETTING_LINUX, ANY, SETTING_HARMFUL, NULL},
    {"OLLAMA_FLASH_ATTENTION", "0", NULL, SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"OLLAMA_SCHED_SPREAD", "no", NULL, SETTING_MACOS, SETTING_MPS, SETTING_IGNORED, NULL},
    {"torch.mps.Stream", NULL, "2.7.1", SETTING_MACOS, SETTING_MPS, SETTING_HARMFUL, NULL},
    {"torch.mps.Stream", NULL, NULL, SETTING_MACOS, SETTING_MPS, SETTING_UNKNOWN, NULL},
    {"OLLAMA_KEEP_ALIVE", "30m", NULL, SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"OLLAMA_GPU_OVERHEAD", "1", "0.24.0", SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"OLLAMA_GPU_OVERHEAD", "1", "0.32.3", SETTING_LINUX, ANY, SETTING_IGNORED,
     "LLAMA_ARG_FIT_TARGET"},
    {"OLLAMA_NEW_ENGINE", "1", "0.24.0", SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"OLLAMA_NEW_ENGINE", "1", NULL, SETTING_LINUX, ANY, SETTING_IGNORED, NULL},
    {"OLLAMA_AGENT_DISABLE_SHELL", "0", NULL, SETTING_LINUX, ANY, SETTING_HARMFUL, NULL},
    {"OLLAMA_AGENT_DISABLE_SHELL", "0", "0.31.1", SETTING_LINUX, ANY, SETTING_IGNORED, NULL},
    {"OLLAMA_AGENT_DISABLE_BASH", "1", "0.31.1", SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"OLLAMA_AGENT_DISABLE_BASH", "1", NULL, SETTING_LINUX, ANY, SETTING_RENAMED,
     "OLLAMA_AGENT_DISABLE_SHELL"},
    {"--async-offload", "2", "0.3.64", SETTING_MACOS, SETTING_MPS, SETTING_HARMFUL, NULL},
    {"--async-offload", "2", NULL, SETTING_MACOS, SETTING_MPS, SETTING_IGNORED, NULL},
    {"OLLAMA_METRICS", "1", "0.33.0-rc2", SETTING_LINUX, ANY, SETTING_IGNORED, NULL},
    {"OLLAMA_METRICS", "1", "0.34.0", SETTING_LINUX, ANY, SETTING_UNKNOWN, NULL},
    {"OLLAMA_USE_METAL", "1", NULL, SETTING_MACOS, SETTING_MPS, SETTING_IGNORED, "num_gpu"},
    {"OLLAMA_NUMA", "1", NULL, SETTING_MACOS, SETTING_MPS, SETTING_IGNORED, NULL},
    {"OLLAMA_NUMA", "1", NULL, SETTING_LINUX, SETTING_CPU, SETTING_RENAMED, "LLAMA_ARG_NUMA"},
    {"OLLAMA_CPU_LIMIT", "0.90", NULL, SETTING_LINUX, ANY, SETTING_IGNORED, NULL},
    {"OLLAMA_CPU_LIMIT", "0.90", NULL, SETTING_COMPOSE, ANY, SETTING_HARMFUL,
     "deploy.resources.limits.cpus"},
    {"OLLAMA_CPU_LIMIT", "9", NULL, SETTING_COMPOSE, ANY, SETTING_HONOURED, NULL},
    /* inherited by the runner: from 0.30 of Ollama on */
    {"LLAMA_ARG_THREADS", "8", "0.24.0", SETTING_LINUX, ANY, SETTING_IGNORED, NULL},
    {"LLAMA_ARG_THREADS", "8", "0.30.0", SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"LLAMA_ARG_CTX_SIZE", "8", NULL, SETTING_LINUX, ANY, SETTING_IGNORED, "OLLAMA_CONTEXT_LENGTH"},
    {"CUDA_VISIBLE_DEVICES", "0", NULL, SETTING_LINUX, SETTING_ROCM, SETTING_HONOURED, NULL},
    {"CUDA_VISIBLE_DEVICES", "0", "0.24.0", SETTING_LINUX, SETTING_ROCM, SETTING_UNKNOWN, NULL},
    {"CUDA_VISIBLE_DEVICES", "0", NULL, SETTING_MACOS, SETTING_MPS, SETTING_IGNORED, NULL},
    {"20 % free space", NULL, NULL, SETTING_LINUX, SETTING_CPU, SETTING_UNKNOWN, NULL},
    {"LLAMA_API_KEY", "x", NULL, SETTING_LINUX, ANY, SETTING_HARMFUL, NULL},
    {"repeat_last_n", "-1", "0.24.0", SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"repeat_last_n", "-1", "0.33.0", SETTING_LINUX, ANY, SETTING_HARMFUL, NULL},
    {"GGML_METAL_NO_RESIDENCY", "0", NULL, SETTING_MAC_CONTAINER, SETTING_CPU, SETTING_IGNORED,
     NULL},
    /* PyTorch: nothing of MPS acts in a container on a Mac, whatever the value */
    {"PYTORCH_MPS_HIGH_WATERMARK_RATIO", "0.0", NULL, SETTING_MACOS, SETTING_MPS, SETTING_HARMFUL,
     NULL},
    {"PYTORCH_MPS_HIGH_WATERMARK_RATIO", "1.7", NULL, SETTING_MACOS, SETTING_MPS, SETTING_HONOURED,
     NULL},
    {"PYTORCH_MPS_HIGH_WATERMARK_RATIO", "0.0", NULL, SETTING_MAC_CONTAINER, SETTING_CPU,
     SETTING_IGNORED, NULL},
    {"PYTORCH_MPS_PREFER_METAL", "1", NULL, SETTING_MACOS, SETTING_MPS, SETTING_HONOURED, NULL},
    {"PYTORCH_MPS_PREFER_METAL", "0", NULL, SETTING_MACOS, SETTING_MPS, SETTING_HARMFUL, NULL},
    {"PYTORCH_ENABLE_MPS_FALLBACK", "true", NULL, SETTING_MACOS, SETTING_MPS, SETTING_HARMFUL,
     NULL},
    {"PYTORCH_ENABLE_MPS_FALLBACK", "1", NULL, SETTING_MACOS, SETTING_MPS, SETTING_HONOURED, NULL},
    {"PYTORCH_MPS_ALLOCATOR_POLICY", "garbage_collection", NULL, SETTING_MACOS, SETTING_MPS,
     SETTING_IGNORED, "PYTORCH_MPS_LOW_WATERMARK_RATIO"},
    {"ACCELERATE_USE_MPS_DEVICE", "1", "0.18.0", SETTING_MACOS, SETTING_MPS, SETTING_HONOURED,
     NULL},
    {"ACCELERATE_USE_MPS_DEVICE", "1", "0.19.0", SETTING_MACOS, SETTING_MPS, SETTING_IGNORED, NULL},
    {"from_pretrained(torch_dtype=)", NULL, "4.55.0", SETTING_MACOS, SETTING_MPS, SETTING_HONOURED,
     NULL},
    {"from_pretrained(torch_dtype=)", NULL, NULL, SETTING_MACOS, SETTING_MPS, SETTING_RENAMED,
     "from_pretrained(dtype=)"},
    /* ComfyUI: what the device overrides, what a version does not know */
    {"--lowvram", NULL, NULL, SETTING_MACOS, SETTING_MPS, SETTING_IGNORED, NULL},
    {"--lowvram", NULL, NULL, SETTING_LINUX, SETTING_CUDA, SETTING_HONOURED, NULL},
    {"--gpu-only", NULL, NULL, SETTING_MACOS, SETTING_MPS, SETTING_HONOURED, NULL},
    {"--normalvram", NULL, "0.3.64", SETTING_LINUX, SETTING_CUDA, SETTING_HONOURED, NULL},
    {"--normalvram", NULL, "0.21.1", SETTING_LINUX, SETTING_CUDA, SETTING_HONOURED, NULL},
    {"--normalvram", NULL, "0.33.0", SETTING_LINUX, SETTING_CUDA, SETTING_HARMFUL, NULL},
    {"--normalvram", NULL, NULL, SETTING_LINUX, SETTING_CUDA, SETTING_HARMFUL, NULL},
    {"--offline", NULL, "0.33.0", SETTING_LINUX, SETTING_CUDA, SETTING_HARMFUL, NULL},
    {"--offline", NULL, "0.38.1", SETTING_LINUX, SETTING_CUDA, SETTING_HONOURED, NULL},
    {"--use-sage-attention", NULL, NULL, SETTING_MACOS, SETTING_MPS, SETTING_HARMFUL, NULL},
    {"COMFYUI_HIGHVRAM", "1", NULL, SETTING_LINUX, SETTING_CUDA, SETTING_RENAMED, "--highvram"},
    {"COMFYUI_HIGHVRAM", "1", NULL, SETTING_MACOS, SETTING_MPS, SETTING_RENAMED, "--gpu-only"},
    {"COMFYUI_M4_OPTIMIZATIONS", "1", NULL, SETTING_MACOS, SETTING_MPS, SETTING_IGNORED, NULL},
    /* containers */
    {"deploy.resources.limits.cpus", "0.85", NULL, SETTING_LINUX, ANY, SETTING_HARMFUL, NULL},
    {"deploy.resources.limits.cpus", "0", NULL, SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"cpus", "0", NULL, SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"cpus", "0.85", NULL, SETTING_LINUX, ANY, SETTING_HARMFUL, NULL},
    {"deploy.resources.limits.cpus", "11.9", NULL, SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"deploy.resources.limits.memory", "16G", "1.29.2", SETTING_LINUX, ANY, SETTING_IGNORED, NULL},
    {"deploy.resources.reservations.cpus", "0.2", NULL, SETTING_LINUX, ANY, SETTING_IGNORED, NULL},
    {"cpuset", "0-7", NULL, SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"cpuset", "0-7", NULL, SETTING_MAC_CONTAINER, ANY, SETTING_IGNORED, NULL},
    /* the system */
    {"vm.swappiness", "1", NULL, SETTING_MACOS, SETTING_MPS, SETTING_IGNORED, NULL},
    {"vm.swappiness", "1", NULL, SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"iogpu.wired_limit_mb", "98304", NULL, SETTING_MACOS, SETTING_MPS, SETTING_HONOURED, NULL},
    {"iogpu.wired_limit_mb", "98304", "13.6", SETTING_MACOS, SETTING_MPS, SETTING_IGNORED, NULL},
    {"iogpu.wired_limit_mb", "98304", NULL, SETTING_LINUX, ANY, SETTING_IGNORED, NULL},
    {"CPUAffinity", "0-7", NULL, SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"CPUAffinity", "0-7", NULL, SETTING_MACOS, SETTING_MPS, SETTING_IGNORED, NULL},
    {"thread placement on macOS", NULL, NULL, SETTING_MACOS, SETTING_MPS, SETTING_IGNORED, NULL},
    {"pmset -g therm", NULL, NULL, SETTING_MACOS, SETTING_MPS, SETTING_HARMFUL, NULL},
    {"htop -d 1", NULL, NULL, SETTING_LINUX, ANY, SETTING_HARMFUL, NULL},
    /* DiffusionAPI and LM Studio */
    {"DIFFUSIONAPI_ENABLE_VAE_TILING", "1", NULL, SETTING_LINUX, ANY, SETTING_HARMFUL, NULL},
    {"DIFFUSIONAPI_ENABLE_VAE_TILING", "True", NULL, SETTING_LINUX, ANY, SETTING_HONOURED, NULL},
    {"max_image_sizes.mps.low", NULL, NULL, SETTING_MACOS, SETTING_MPS, SETTING_IGNORED,
     "max_image_sizes.cpu.low"},
    {"server.cors", "true", NULL, SETTING_LINUX, ANY, SETTING_HARMFUL, NULL},
    {"MEMORY_POOLS.llm_models", "80GB", NULL, SETTING_MACOS, SETTING_MPS, SETTING_UNKNOWN, NULL},
};

static void test_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        const struct setting *s = need(verdicts[i].name);
        struct setting_query q = {
            .place = verdicts[i].place, .device = verdicts[i].device, .value = verdicts[i].value};
        struct setting_judgement j;
        q.versions[s->versions_of] = verdicts[i].version;
        setting_judge(s, &q, &j);
        if (j.verdict != verdicts[i].verdict ||
            (verdicts[i].use && (!j.use || strcmp(j.use, verdicts[i].use) != 0))) {
            fail_msg("%s=%s, version %s: %s, use %s: %s", verdicts[i].name,
                     verdicts[i].value ? verdicts[i].value : "",
                     verdicts[i].version ? verdicts[i].version : "newest",
                     setting_verdict_words[j.verdict], j.use ? j.use : "-", j.reason);
        }
    }
}

/* A version of other software, a version that nobody knows, a condition that is not decided. */
static void test_conditions(void **state)
{
    const struct setting *s = need("--bf16-unet");
    struct setting_query q = {.place = SETTING_MACOS, .device = SETTING_MPS};
    struct setting_judgement j;
    (void)state;
    q.versions[SETTING_OWNER_MACOS] = "13.6";
    setting_judge(s, &q, &j);
    assert_int_equal(j.verdict, SETTING_HARMFUL);
    assert_false(j.assumed_newest);
    q.versions[SETTING_OWNER_MACOS] = "14.0";
    setting_judge(s, &q, &j);
    assert_int_equal(j.verdict, SETTING_HONOURED);
    q.versions[SETTING_OWNER_MACOS] = NULL;
    setting_judge(s, &q, &j);
    assert_int_equal(j.verdict, SETTING_HONOURED);
    assert_true(j.assumed_newest);

    s = need("PYTORCH_MPS_HIGH_WATERMARK_RATIO");
    q.value = "0.9";
    setting_judge(s, &q, &j);
    assert_int_equal(j.verdict, SETTING_HONOURED);
    assert_non_null(j.maybe);
    assert_int_equal(j.maybe->verdict, SETTING_HARMFUL);
    assert_non_null(strstr(j.maybe->when, "LOW_WATERMARK"));

    s = need("healthcheck.test"); /* harmful in the image of Ollama only */
    q.value = "CMD curl -f http://localhost:11434/api/tags";
    setting_judge(s, &q, &j);
    assert_int_equal(j.verdict, SETTING_HONOURED);
    assert_non_null(j.maybe);
    q.value = "CMD ollama ps";
    setting_judge(s, &q, &j);
    assert_null(j.maybe);

    s = need("vm.swappiness"); /* an unknown place fulfils no condition on it */
    q = (struct setting_query){.place = SETTING_PLACE_UNKNOWN, .device = SETTING_DEVICE_UNKNOWN};
    setting_judge(s, &q, &j);
    assert_int_equal(j.verdict, SETTING_HONOURED);
}

static void test_values(void **state)
{
    static const struct {
        const char *name, *value;
        bool ok;
    } cases[] = {
        {"OLLAMA_NUM_PARALLEL", "6", true},
        {"OLLAMA_NUM_PARALLEL", "0", true}, /* taken for 1 */
        {"OLLAMA_NUM_PARALLEL", "256", true},
        {"OLLAMA_NUM_PARALLEL", "257", false}, /* the runner ends: seen */
        {"OLLAMA_NUM_PARALLEL", "-1", false},
        {"OLLAMA_MAX_QUEUE", "4294967296", true},
        {"OLLAMA_MAX_QUEUE", "-1", false},
        {"OLLAMA_DEBUG", "true", true},
        {"OLLAMA_DEBUG", "loud", false},
        {"think", "high", true},
        {"think", "loud", false},
        {"LLAMA_ARG_LOAD_MODE", "mmap+mlock", true},
        {"LLAMA_ARG_LOAD_MODE", "ram", false},
        {"lms load --parallel", "1023", true},
        {"lms load --parallel", "1024", false},
        {"OLLAMA_NUM_PARALLEL", "6.5", false},
        {"OLLAMA_NUM_PARALLEL", "", false},
        {"OLLAMA_FLASH_ATTENTION", "1", true},
        {"OLLAMA_FLASH_ATTENTION", "auto", false},
        {"OLLAMA_KV_CACHE_TYPE", "q8_0", true},
        {"OLLAMA_KV_CACHE_TYPE", "banana", false},
        {"OLLAMA_MAX_MEMORY", "28G", true},
        {"OLLAMA_MAX_MEMORY", "1024", true},
        {"OLLAMA_MAX_MEMORY", "lots", false},
        {"OLLAMA_MAX_MEMORY", "1,024", false}, /* commas are for people */
        {"OLLAMA_KEEP_ALIVE", "30m", true},
        {"OLLAMA_KEEP_ALIVE", "-1", true},
        {"OLLAMA_KEEP_ALIVE", "1d", false},
        {"OLLAMA_KEEP_ALIVE", "", false},
        {"healthcheck.interval", "30s", true},
        {"healthcheck.interval", "30", false},
        {"deploy.resources.limits.cpus", "11.9", true},
        {"deploy.resources.limits.cpus", "-1", false},
        {"use_mmap", "true", true},
        {"use_mmap", "1", false},
        {"pmset powermode", "2", true},
        {"pmset powermode", "3", false},
        {"OLLAMA_HOST", "0.0.0.0:11434", true},
        {"vm_stat", "1", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = ERR_INIT;
        const int rc = setting_check_value(need(cases[i].name), cases[i].value, &err);
        if ((rc == 0) != cases[i].ok || (rc != 0 && err.code != ERR_USAGE)) {
            fail_msg("%s=%s: %d %s", cases[i].name, cases[i].value, rc, err.msg);
        }
    }
}

/* ---- what the programs themselves list ---- */

enum { NAMES_MAX = 160, NAME_MAX_BYTES = 64 };
struct name_list {
    char names[NAMES_MAX][NAME_MAX_BYTES];
    size_t count;
};

static void read_names(const char *file, struct name_list *out)
{
    char path[1024];
    const char *source = getenv("abs_srcdir");
    snprintf(path, sizeof path, "%s/tests/fixtures/real-names/%s.txt", source ? source : ".", file);
    FILE *f = fopen(path, "r");
    out->count = 0;
    if (!f) {
        fail_msg("cannot read %s", path);
    }
    while (out->count < NAMES_MAX && fgets(out->names[out->count], NAME_MAX_BYTES, f)) {
        out->names[out->count][strcspn(out->names[out->count], "\r\n")] = '\0';
        out->count++;
    }
    fclose(f);
    assert_true(out->count > 20 && out->count < NAMES_MAX);
}

static bool has_name(const struct name_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void judge_version(const struct setting *s, const char *version, int device,
                          struct setting_judgement *out)
{
    struct setting_query q = {.place = SETTING_LINUX, .device = device};
    q.versions[s->versions_of] = version;
    setting_judge(s, &q, out);
}

/* A flag that a version of ComfyUI does not know ends it: the catalog must know for every flag
 * which of the two versions whose list is here has it. */
static void test_flags_of_comfyui(void **state)
{
    static const char *const versions[] = {"0.3.64", "0.33.0"};
    static struct name_list lists[2];
    size_t wrong = 0, flags = 0;
    (void)state;
    for (int v = 0; v < 2; v++) {
        char file[64];
        snprintf(file, sizeof file, "comfyui-%s", versions[v]);
        read_names(file, &lists[v]);
        for (size_t i = 0; i < lists[v].count; i++) {
            assert_int_equal(need(lists[v].names[i])->kind, need("--cpu")->kind);
        }
    }
    for (size_t i = 0; i < shipped.count; i++) {
        const struct setting *s = &shipped.settings[i];
        const char *const *also = s->also.items;
        for (size_t k = 0; s->owner == SETTING_OWNER_COMFYUI && s->kind == need("--cpu")->kind &&
                           k <= s->also.count;
             k++) {
            const char *name = k ? also[k - 1] : s->name;
            for (int v = 0; v < 2; v++) {
                struct setting_judgement j;
                judge_version(s, versions[v], SETTING_CUDA, &j);
                const bool unknown = j.verdict == SETTING_HARMFUL &&
                                     strstr(j.reason, "unknown argument");
                if (unknown == has_name(&lists[v], name)) {
                    print_message("# %s in %s: %s\n", name, versions[v], j.reason);
                    wrong++;
                }
            }
            flags++;
        }
    }
    assert_int_equal(wrong, 0);
    assert_true(flags > 100);
}

/* Between these two: in which release each flag came or went. */
static void test_when_flags_of_comfyui_came(void **state)
{
    static struct name_list changes;
    size_t wrong = 0;
    (void)state;
    read_names("comfyui-changes", &changes);
    for (size_t i = 0; i < changes.count; i++) {
        char before[16], from[16], sign, name[NAME_MAX_BYTES];
        assert_int_equal(sscanf(changes.names[i], "%15s %15s %c %63s", before, from, &sign, name),
                         4);
        for (int at = 0; at < 2; at++) {
            struct setting_judgement j;
            judge_version(need(name), at ? from : before, SETTING_CUDA, &j);
            const bool unknown = j.verdict == SETTING_HARMFUL &&
                                 strstr(j.reason, "unknown argument");
            if (unknown != ((sign == '+') == (at == 0))) {
                print_message("# %s in %s: %s\n", name, at ? from : before, j.reason);
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
}

/* What one version of Ollama lists has a row, and is ignored by the version that does not. */
static void test_variables_of_ollama(void **state)
{
    static const char *const versions[] = {"0.24.0", "0.33.0"};
    static struct name_list lists[2];
    size_t wrong = 0, changed = 0;
    (void)state;
    read_names("ollama-0.24.0", &lists[0]);
    read_names("ollama-0.33.0", &lists[1]);
    for (int v = 0; v < 2; v++) {
        for (size_t i = 0; i < lists[v].count; i++) {
            const char *name = lists[v].names[i];
            struct setting_judgement here, there;
            judge_version(need(name), versions[v], SETTING_CPU, &here);
            judge_version(need(name), versions[!v], SETTING_CPU, &there);
            if (has_name(&lists[!v], name)) {
                continue;
            }
            changed++;
            if (here.verdict != SETTING_HONOURED || there.verdict != SETTING_IGNORED) {
                print_message("# %s: %s, and %s without it\n", name,
                              setting_verdict_words[here.verdict],
                              setting_verdict_words[there.verdict]);
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
    assert_true(changed >= 6);
}

/* ---- translations ---- */

static void test_translate(void **state)
{
    static const struct setting_machine machine = {.cpus = 14,
                                                   .gpu_memory_bytes = 32ULL * 1024 * 1024 * 1024};
    static const struct {
        int formula;
        const char *value, *out; /* NULL: no answer */
    } cases[] = {
        {SETTING_SAME, "6", "6"},
        {SETTING_CORES, "0.85", "11.9"},
        {SETTING_CORES, "1", "14"},
        {SETTING_CORES, "0.333", "4.66"},
        {SETTING_CORES, "2", NULL}, /* cores already */
        {SETTING_CORES, "x", NULL},
        {SETTING_CPU_QUOTA, "0.9", "1260%"},
        {SETTING_MIB, "8G", "8192"},
        {SETTING_MIB, "1.5 GiB", "1536"},
        {SETTING_MIB, "8 apples", NULL},
        {SETTING_BYTES_TO_MIB, "1073741824", "1024"},
        {SETTING_FIT_TARGET, "28G", "4096"},
        {SETTING_FIT_TARGET, "40G", NULL},
        {SETTING_LOAD_MODE, "1", "mmap"},
        {SETTING_LOAD_MODE, "FALSE", "none"},
        {SETTING_LOAD_MODE, "maybe", NULL},
        {SETTING_DEBUG_LEVEL, "INFO", "0"},
        {SETTING_DEBUG_LEVEL, "debug", "1"},
        {SETTING_DEBUG_LEVEL, "TRACE", "2"},
        {SETTING_DEBUG_LEVEL, "loud", NULL},
        {SETTING_FLAG, "1", "1"},
        {SETTING_FLAG, "0", ""},
        {SETTING_LOW_POWER, "1", "1"},
        {SETTING_METAL_OFF, "1", ""},
        {SETTING_METAL_OFF, "0", "0"},
        {SETTING_GPU_OFFLOAD, "-1", "max"},
        {SETTING_GPU_OFFLOAD, "0", "off"},
        {SETTING_GPU_OFFLOAD, "20", NULL},
        {SETTING_NO_FORMULA, "1", NULL},
    };
    static const struct setting_machine nothing = {.cpus = 0};
    char out[32];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int rc = setting_translate(cases[i].formula, cases[i].value, &machine, out,
                                         sizeof out);
        if ((rc == 0) != (cases[i].out != NULL) || (rc == 0 && strcmp(out, cases[i].out) != 0)) {
            fail_msg("%d of %s: %d %s", cases[i].formula, cases[i].value, rc, rc == 0 ? out : "");
        }
    }
    assert_int_equal(setting_translate(SETTING_CORES, "0.85", &nothing, out, sizeof out), -1);
    assert_int_equal(setting_translate(SETTING_FIT_TARGET, "1G", &nothing, out, sizeof out), -1);
    assert_int_equal(setting_translate(SETTING_SAME, "12345", &machine, out, 5), -1);
    assert_int_equal(setting_translate(SETTING_CPU_QUOTA, "0.9", &machine, out, 5), -1);
}

/* Each name is a setting of its own, and called so. */
static void test_other_names(void **state)
{
    size_t others = 0;

    (void)state;
    for (size_t i = 0; i < shipped.name_count; i++) {
        const char *nearest;
        const struct setting *s = setting_find(&shipped, shipped.names[i], &nearest);

        assert_string_equal(s->name, shipped.names[i]);
        assert_ptr_equal(s->entry->entry, s->entry);
        assert_true(s->entry >= shipped.settings && s->entry < shipped.settings + shipped.count);
        assert_int_equal(s->also.count, s->entry->also.count);
        assert_string_equal(s->reason, s->entry->reason);
        const char *const *also = s->also.items;
        bool first = s == s->entry;
        for (size_t k = 0; k < s->also.count; k++) {
            assert_string_not_equal(also[k], s->name);
            first = first || strcmp(also[k], s->entry->name) == 0;
        }
        assert_true(first);
        others += s != s->entry;
    }
    assert_true(others > 100);
    assert_string_equal(need("use-PYTORCH-cross-attention")->name, "--use-pytorch-cross-attention");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_other_names),
        cmocka_unit_test(test_inherited),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_shipped_rows),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_translate),
        cmocka_unit_test(test_flags_of_comfyui),
        cmocka_unit_test(test_variables_of_ollama),
        cmocka_unit_test(test_when_flags_of_comfyui_came),
    };
    return cmocka_run_group_tests(tests, load_shipped, release_shipped);
}
