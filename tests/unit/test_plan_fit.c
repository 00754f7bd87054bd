/* What a plan does not do to a machine: models that do not fit any more, contexts that get shorter,
 * limits below what a service needs, and more memory promised than there is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/plan_models.h"

static const struct test_machine cpu_16 = {"AMD Ryzen 7", 16, .performance = 8};
static const struct test_machine mac_64 = {"Apple M4 Max", 64, true, 12, 4, 40, CARD_NONE, 0};
static const struct test_machine mac_24 = {"Apple M4 Pro", 24, true, 8, 4, 16, CARD_NONE, 0};

/* ---- what there is ---- */

static const char compose[] = "services:\n"
                              "  ollama:\n"
                              "    image: ollama/ollama:0.33.0\n"
                              "    environment:\n"
                              "      OLLAMA_HOST: 0.0.0.0\n"
                              "  comfyui:\n"
                              "    image: x\n";
static const char one[] =
    "  - {name: ollama, kind: ollama, config: {type: compose, file: compose.yaml}}\n";
/* ---- what is planned ---- */

static void is_changed(const char *service, const char *setting, const char *to)
{
    const struct plan_change *c = change_of(service, setting);
    if (!c || !c->to || strcmp(c->to, to) != 0) {
        fail_msg("%s of %s is %s, not %s", setting, service, c && c->to ? c->to : "not changed",
                 to);
    }
}

static const struct plan_warning *warning_with(const char *text)
{
    for (size_t i = 0; i < plan.warning_count; i++) {
        if (strstr(plan.warnings[i].text, text)) {
            return &plan.warnings[i];
        }
    }
    return NULL;
}

static void is_warned(const char *setting, const char *text)
{
    const struct plan_warning *w = warning_with(text);
    if (!w || strcmp(w->setting, setting) != 0) {
        for (size_t i = 0; i < plan.warning_count; i++) {
            print_message("%s: %s: %s\n", plan.warnings[i].service, plan.warnings[i].setting,
                          plan.warnings[i].text);
        }
        fail_msg("no warning for '%s' has: %s", setting, text);
    }
}

static const char *skipped_because(const char *service, const char *setting)
{
    for (size_t i = 0; i < plan.skipped_count; i++) {
        if (strcmp(plan.skipped[i].service, service) == 0 &&
            strcmp(plan.skipped[i].setting, setting) == 0) {
            return plan.skipped[i].reason;
        }
    }
    return "";
}

static double mib_of(const char *text)
{
    const double n = strtod(text, NULL);
    return text[strlen(text) - 1] == 'G' ? n * 1024 : n;
}

/* ---- requests at once ---- */

/* 12 GiB: 4.5 and 0.75 of the runtime, and 2 for each of the contexts of 16,384. */
static void test_cpu_clamped(void **state)
{
    (void)state;
    fit_on(&cpu_16);
    put("compose.yaml", compose);
    serve("ollama", "", "");
    have_8b();
    fit_look(one);
    make("ultra");
    is_changed("ollama", "OLLAMA_CONTEXT_LENGTH", "16384");
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "3");
    const struct plan_change *c = change_of("ollama", "OLLAMA_NUM_PARALLEL");
    assert_string_equal(c->clamped_from, "6");
    assert_non_null(strstr(c->reason, "17.2 GiB at 6 at once, 11.2 at 3: of 12.0"));
    is_warned("OLLAMA_NUM_PARALLEL", "fewer requests at once than wished: 6 -> 3: llama3.1:8b");
    assert_null(warning_with("does not fit"));
    assert_null(warning_with("shorter")); /* 4096 before */

    /* What is written already is not written again. */
    put("compose.yaml", plan.files[0].text);
    fit_look(one);
    make("ultra");
    assert_int_equal(plan.change_count, 0);
}

/* A cache of 8 bits takes half: the profile's own or what is typed counts, not what was. */
static void test_cache_counts(void **state)
{
    (void)state;
    fit_on(&cpu_16);
    put("compose.yaml", compose);
    serve("ollama", "", "");
    have_8b();
    fit_look(one);
    make_set("ultra", "OLLAMA_KV_CACHE_TYPE", "q8_0");
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "6");
    make_set("ultra", "OLLAMA_CONTEXT_LENGTH", "8192");
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "6");
    make_set("ultra", "OLLAMA_CONTEXT_LENGTH", "49152");
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "1");
}

/* What a person typed is written as it is, and told what it means. */
static void test_typed(void **state)
{
    (void)state;
    fit_on(&cpu_16);
    put("compose.yaml", compose);
    serve("ollama", "", "");
    have_8b();
    fit_look(one);
    make_set("ultra", "OLLAMA_NUM_PARALLEL", "8");
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "8");
    assert_null(change_of("ollama", "OLLAMA_NUM_PARALLEL")->clamped_from);
    is_warned("OLLAMA_NUM_PARALLEL",
              "llama3.1:8b does not fit with a context of 16384 at 8 at once: 21.2 GiB, of 12.0");
    is_warned("OLLAMA_NUM_PARALLEL", "a context of 6912 would fit; now it fits");

    const struct plan_typed twice[] = {{"OLLAMA_NUM_PARALLEL", "2", NULL},
                                       {"OLLAMA_NUM_PARALLEL", "3", NULL}};
    assert_int_equal(make_of("ultra", NULL, twice, 2), -ERR_USAGE);
    assert_string_equal(failure.msg,
                        "'OLLAMA_NUM_PARALLEL' is given twice, as '2' and as '3': give it once");
    const struct plan_typed names[] = {{"mem_limit", "2g", NULL},
                                       {"deploy.resources.limits.memory", "2g", NULL}};
    assert_int_equal(make_of("ultra", NULL, names, 2), -ERR_USAGE);
    assert_non_null(strstr(failure.msg, "are one setting"));
    const struct plan_typed two[] = {{"OLLAMA_NUM_PARALLEL", "2", NULL},
                                     {"OLLAMA_MAX_QUEUE", "3", NULL}};
    assert_int_equal(make_of("ultra", NULL, two, 2), 0);
}

/* A model that does not fit alone does not clamp the others; it is said, shortly where that is so
 * already. */
static void test_too_large(void **state)
{
    (void)state;
    fit_on(&cpu_16);
    put("compose.yaml", compose);
    serve("ollama", "", "");
    have_8b();
    struct fit_row *big = have("qwen2.5:72b", 44, 80);
    fit_look(one);
    make("ultra");
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "3");
    is_warned(
        "", "not as a whole in 12.0 GiB, three quarters of the memory, now and then: qwen2.5:72b");
    assert_null(warning_with("does not fit"));
    big->loaded = true;
    make("ultra");
    is_warned("OLLAMA_CONTEXT_LENGTH", "qwen2.5:72b does not fit");
    /* One request at a time whatever is set: it does not clamp either. */
    list.count = 0;
    have_8b()->alone = true;
    make("ultra");
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "6");
}

/* ---- contexts ---- */

static void test_card_shorter(void **state)
{
    (void)state;
    fit_on(&card_24);
    put("compose.yaml", compose);
    serve("ollama", "", "");
    have_8b();
    have("gemma:2b", 1.5, 18);
    struct fit_row *own = have("with-own:8b", 4.5, 32);
    own->own_context = 4096; /* of its Modelfile: nothing changes */
    fit_look(one);
    make("high");
    is_changed("ollama", "OLLAMA_CONTEXT_LENGTH", "12288");
    is_warned("OLLAMA_CONTEXT_LENGTH",
              "context gets shorter: 32768 -> 12288 for llama3.1:8b, gemma:2b");
    assert_non_null(strstr(change_of("ollama", "OLLAMA_CONTEXT_LENGTH")->reason,
                           "context gets shorter: 32768 -> 12288"));
    /* 20 GiB are left to models: 4.5 + 0.75 + 4 x 1.5. */
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "4");
    is_changed("ollama", "LLAMA_ARG_FIT_TARGET", "4096");

    /* A server of an older version had 4096 by itself. */
    snprintf(models.servers[0].version, sizeof models.servers[0].version, "0.12.0");
    make("high");
    assert_null(warning_with("shorter"));
    snprintf(models.servers[0].version, sizeof models.servers[0].version, "0.33.0");
    /* As long as it is set in the process, that counts, not the default. */
    snprintf(models.servers[0].context, sizeof models.servers[0].context, "8192");
    make("high");
    assert_null(warning_with("shorter"));
}

/* What the fit target leaves of the card counts, and what the CPU takes is named. */
static void test_card_part(void **state)
{
    (void)state;
    fit_on(&card_24);
    put("compose.yaml", compose);
    serve("ollama", "", "");
    have("qwen3:32b", 19, 64); /* 2 GiB of cache for 8,192 */
    fit_look(one);
    make("high");
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "4"); /* it does not fit alone */
    is_warned("", "not as a whole in 20.0 GiB, what LLAMA_ARG_FIT_TARGET leaves, now and then");
    snprintf(models.servers[0].context, sizeof models.servers[0].context, "4096");
    make("high");
    is_warned("OLLAMA_CONTEXT_LENGTH", "11.8 GiB of qwen3:32b stay on the CPU with a context of "
                                       "12288 at 4 at once: 31.8 GiB, of 20.0");
    is_warned("OLLAMA_CONTEXT_LENGTH", "now it fits");
}

/* The target is of each card, and models are spread over all. */
static void test_two_cards(void **state)
{
    (void)state;
    fit_on(&card_24);
    fit_place_of(&machine, &answer, NAN, 48 * 0x1p30, &models.place);
    put("compose.yaml", compose);
    serve("ollama", "4096", "");
    have("qwen3:32b", 19, 64); /* 3 GiB of cache for 12,288 */
    fit_look(one);
    make("high");
    is_changed("ollama", "LLAMA_ARG_FIT_TARGET", "4096"); /* 40 are left */
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "4");
    assert_null(warning_with("CPU"));
    rows[0].is.size_bytes = rows[0].model.weight_bytes = 28.5 * 0x1p30;
    make("high"); /* 28.5 + 0.75 + 12 are more */
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "3");
    assert_non_null(strstr(change_of("ollama", "OLLAMA_NUM_PARALLEL")->reason, "of 40.0, what"));
}

static void test_mac_shorter(void **state)
{
    (void)state;
    fit_on(&mac_64);
    put("a.env", "A=b\n");
    serve("ollama", "", "4");
    have_8b();
    fit_look(native);
    make("ultra");
    /* 48 GiB of 64 are the GPU's: all that the model was trained for. */
    is_warned("OLLAMA_CONTEXT_LENGTH", "context gets shorter: 131072 -> 16384 for llama3.1:8b");
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "6");
    assert_null(warning_with("fit"));
    assert_non_null(strstr(skipped_because("ollama", "deploy.resources.limits.memory"),
                           "nothing limits a program that runs natively"));

    /* Its settings cannot be read: the file, else what is loaded, else the default. */
    models.servers[0].readable = false;
    make("ultra");
    is_warned("OLLAMA_CONTEXT_LENGTH", "its default was taken");
    rows[0].loaded = true;
    rows[0].loaded_context = 65536;
    make("ultra");
    is_warned("OLLAMA_CONTEXT_LENGTH", "context gets shorter: 65536 -> 16384");
    put("a.env", "OLLAMA_CONTEXT_LENGTH=8192\n");
    rows[0].loaded = false;
    fit_look(native);
    make("ultra");
    assert_null(warning_with("shorter"));
}

/* ---- what is not known ---- */

static void test_unknown(void **state)
{
    (void)state;
    fit_on(&cpu_16);
    put("compose.yaml", compose);
    fit_look(one);
    make("ultra");
    is_warned("", "which models are installed is not known (no server of that name runs here)");
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "6");
    snprintf(models.why, sizeof models.why, "no Ollama runs here");
    make("ultra");
    is_warned("", "(no Ollama runs here)");
    snprintf(serve("ollama", "", "")->why, sizeof models.servers[0].why, "ollama is down");
    make("ultra");
    is_warned("", "(ollama is down)");
    input.models = NULL; /* nobody was asked: nothing is said */
    make("ultra");
    assert_null(warning_with("which models"));
    assert_null(warning_with("fit"));

    models.server_count = 0;
    serve("ollama", "", "");
    input.models = &models;
    have_8b()->model.known = false;
    struct fit_row *cloud = have("gpt-oss:cloud", 400, 36);
    cloud->is.remote = true; /* takes nothing here */
    make("ultra");
    is_warned("", "what the model takes is not told, so it is not known whether it fits: "
                  "llama3.1:8b");
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "6");
    rows[0].model.known = true;
    models.place.budget.bytes = NAN;
    fit_look(one);
    query.hosts[PROFILE_OLLAMA].limits = PROFILE_LIMITS_NONE;
    put("a.env", "A=b\n");
    fit_look(native);
    make("ultra");
    is_warned("", "how much memory there is for models is not known");
}

/* ---- limits ---- */

static void test_limit_of_models(void **state)
{
    (void)state;
    fit_on(&cpu_16);
    put("compose.yaml", compose);
    serve("ollama", "", "");
    have_8b();
    have("phi4:14b", 9.5, 40);
    fit_look(one);
    make("balanced"); /* 8G */
    assert_null(change_of("ollama", "deploy.resources.limits.memory"));
    assert_string_equal(skipped_because("ollama", "deploy.resources.limits.memory"),
                        "8G is below phi4:14b, the largest model installed (9.5 GiB); --set "
                        "deploy.resources.limits.memory=8G writes it all the same");
    make_set("balanced", "deploy.resources.limits.memory", "8G");
    is_changed("ollama", "deploy.resources.limits.memory", "8G");
    is_warned("deploy.resources.limits.memory", "8G is below phi4:14b");
    /* The models have what the limit gives. */
    is_warned("OLLAMA_CONTEXT_LENGTH", "of 8.0, its memory limit; now it fits");
    make("high"); /* 20G, of which the machine gives 12 */
    is_changed("ollama", "deploy.resources.limits.memory", "12G");
    input.places[0].memory_taken = 12.5 * 0x1p30;
    make("high");
    assert_non_null(strstr(skipped_because("ollama", "deploy.resources.limits.memory"),
                           "took at its peak (12.5 GiB)"));
    make_set("high", "deploy.resources.limits.memory", "12G");
    is_warned("deploy.resources.limits.memory", "12G is below what the service takes");
}

/* What stands in the file of a service that is not asked for is part of the sum. */
static void test_fixed_share(void **state)
{
    static const char two[] =
        "  - {name: ollama, kind: ollama, config: {type: compose, file: compose.yaml}}\n"
        "  - {name: comfyui, kind: comfyui, config: {type: compose, file: compose.yaml}}\n";
    (void)state;
    fit_on(&cpu_16);
    put("compose.yaml", "services:\n"
                        "  ollama: {image: x}\n"
                        "  comfyui: {image: x, mem_limit: 7g}\n");
    fit_look(two);
    assert_int_equal(make_of("high", "ollama", NULL, 0), 0);
    is_changed("ollama", "deploy.resources.limits.memory", "5G"); /* 16 - 4 - 7 */
    assert_non_null(
        strstr(change_of("ollama", "deploy.resources.limits.memory")->reason, "comfyui 7.0"));
    /* Both typed: too much is said, and written. */
    input.models = NULL;
    assert_int_equal(make_of("high", "ollama", &(struct plan_typed){"mem_limit", "10g", NULL}, 1),
                     0);
    is_warned("", "together they may take more than leaves 4.0 GiB of 16.0 of memory free: ");
    is_changed("ollama", "mem_limit", "10g");
    /* What runs without a limit takes what it takes. */
    put("compose.yaml", "services:\n  ollama: {image: x}\n  comfyui: {image: x}\n");
    fit_look(two);
    input.places[1].memory_taken = 6 * 0x1p30;
    assert_int_equal(make_of("high", "ollama", NULL, 0), 0);
    is_changed("ollama", "deploy.resources.limits.memory", "6G");
}

/* What is refused for one is not given to the others. */
static void test_refused_share(void **state)
{
    static const char two[] =
        "  - {name: ollama, kind: ollama, config: {type: compose, file: compose.yaml}}\n"
        "  - {name: comfyui, kind: comfyui, config: {type: compose, file: compose.yaml}}\n";
    (void)state;
    fit_on(&cpu_16);
    put("compose.yaml", compose);
    fit_look(two);
    make("high"); /* 12G each, of 12 together */
    is_changed("ollama", "deploy.resources.limits.memory", "6G");
    is_changed("comfyui", "deploy.resources.limits.memory", "6G");
    input.places[1].memory_taken = 7 * 0x1p30;
    make("high");
    is_changed("ollama", "deploy.resources.limits.memory", "5G");
    assert_null(change_of("comfyui", "deploy.resources.limits.memory"));
    assert_non_null(strstr(skipped_because("comfyui", "deploy.resources.limits.memory"),
                           "6G is below what the service takes or took at its peak (7.0 GiB)"));
}

/* The engine makes no container whose reservation is above its limit. */
static void test_reservation(void **state)
{
    static const char comfy[] =
        "  - {name: comfyui, kind: comfyui, config: {type: compose, file: compose.yaml}}\n";
    const struct plan_change *c;
    (void)state;
    fit_on(&cpu_16);
    put("compose.yaml", compose);
    fit_look(comfy);
    make("high");
    is_changed("comfyui", "deploy.resources.limits.memory", "12G");
    is_changed("comfyui", "deploy.resources.reservations.memory", "3G");
    assert_int_equal(make_of("high", NULL, &(struct plan_typed){"mem_limit", "2g", NULL}, 1), 0);
    is_changed("comfyui", "deploy.resources.reservations.memory", "2G");
    c = change_of("comfyui", "deploy.resources.reservations.memory");
    assert_string_equal(c->clamped_from, "3G");
    assert_non_null(strstr(c->reason, "no more than its limit, 2.0 GiB"));
    assert_int_equal(
        make_of("high", NULL,
                &(struct plan_typed){"deploy.resources.reservations.memory", "13958643712", NULL},
                1),
        -ERR_USAGE); /* 13 GiB: more than a container gets */
    put("compose.yaml", "services:\n  ollama: {image: x, mem_reservation: 10g}\n");
    fit_look(one);
    make("balanced"); /* 8G */
    assert_non_null(strstr(skipped_because("ollama", "deploy.resources.limits.memory"),
                           "8G is below what the file reserves, 10.0 GiB"));
    const struct plan_row *row = NULL; /* for verify, though nothing of it is written */
    for (size_t i = 0; i < plan.row_count; i++) {
        row = strcmp(plan.rows[i].setting, "deploy.resources.limits.memory") == 0 ? &plan.rows[i]
                                                                                  : row;
    }
    assert_true(row && strcmp(row->wanted, "8G") == 0);
    assert_true(row && row->in_file == NULL);
    assert_true(row && !row->same && !row->unclear);
}

/* What a person types is judged as what a profile wishes is. */
static void test_typed_judged(void **state)
{
    (void)state;
    fit_on(&cpu_16);
    put("compose.yaml", compose);
    fit_look(one);
    make_set("high", "OLLAMA_NUM_THREADS", "4");
    is_changed("ollama", "OLLAMA_NUM_THREADS", "4");
    assert_int_equal(change_of("ollama", "OLLAMA_NUM_THREADS")->verdict, SETTING_RENAMED);
    is_warned("OLLAMA_NUM_THREADS", "is renamed here: ");
    is_warned("OLLAMA_NUM_THREADS", "; what works is LLAMA_ARG_THREADS");
    make_set("high", "OLLAMA_KEEP_ALIVE", "1h");
    assert_int_equal(change_of("ollama", "OLLAMA_KEEP_ALIVE")->verdict, SETTING_HONOURED);
    for (size_t i = 0; i < plan.warning_count; i++) {
        assert_string_not_equal(plan.warnings[i].setting, "OLLAMA_KEEP_ALIVE");
    }
    for (size_t i = 0; i < plan.change_count; i++) { /* each in a sentence */
        if (!plan.changes[i].reason || !*plan.changes[i].reason) {
            fail_msg("%s has no reason", plan.changes[i].setting);
        }
    }
}

/* PyTorch's allocator on a Mac takes from the memory that the models are in. */
static void test_watermark(void **state)
{
    static const char two[] =
        "  - {name: ollama, kind: ollama, config: {type: env_file, file: a.env}}\n"
        "  - {name: comfyui, kind: comfyui, config: {type: env_file, file: b.env}}\n";
    (void)state;
    fit_on(&mac_24); /* 16 GiB are the GPU's */
    put("a.env", "A=b\n");
    put("b.env", "A=b\n");
    fit_look(two);
    make("high");
    const struct plan_change *c = change_of("ollama", "LLAMA_ARG_FIT_TARGET");
    assert_non_null(c);
    const double alone = strtod(c->to, NULL);
    put("b.env", "PYTORCH_MPS_HIGH_WATERMARK_RATIO=0.5\n"
                 "PYTORCH_MPS_LOW_WATERMARK_RATIO=0.4\n");
    fit_look(two);
    assert_int_equal(make_of("high", "ollama", NULL, 0), 0);
    c = change_of("ollama", "LLAMA_ARG_FIT_TARGET");
    assert_non_null(c);
    /* 24 - 4 - 8 of the allocator: 12 are left, so 4 of the GPU's 16 stay free. */
    assert_true(strtod(c->to, NULL) > alone);
    assert_string_equal(c->to, "4096");
    assert_non_null(strstr(c->reason, "comfyui 8.0"));
    (void)unlink(path_of("b.env"));
}

/* A virtual machine is not the Mac: how much it has is not known. */
static void test_engine(void **state)
{
    (void)state;
    fit_on(&mac_64);
    put("compose.yaml", compose);
    serve("ollama", "", "");
    have_8b();
    fit_look(one);
    make("high");
    is_warned("deploy.resources.limits.memory", "virtual machine of the containers has is not");
    /* Its models run on the CPU, in what the limit gives. */
    assert_null(warning_with("131072"));
    assert_true(mib_of(change_of("ollama", "deploy.resources.limits.memory")->to) > 0);
}

/* ---- the hash ---- */

static void test_hash(void **state)
{
    char hash[SHA256_TEXT_BYTES];
    (void)state;
    fit_on(&cpu_16);
    put("compose.yaml", compose);
    serve("ollama", "", "");
    have_8b();
    fit_look(one);
    make("ultra");
    memcpy(hash, plan.hash, sizeof hash);
    have("tiny", 0.5, 16); /* clamps nothing: the same is done */
    rows[1].model.known = false;
    make("ultra");
    assert_non_null(warning_with("tiny"));
    assert_string_equal(plan.hash, hash);
    rows[1].model.known = true;
    have("larger:12b", 7, 48); /* clamps more: another edit */
    make("ultra");
    is_changed("ollama", "OLLAMA_NUM_PARALLEL", "1");
    assert_string_not_equal(plan.hash, hash);
}

int main(void)
{
#define UNIT(f) cmocka_unit_test_setup_teardown(f, plan_models_set_up, plan_place_tear_down)
    const struct CMUnitTest tests[] = {
        UNIT(test_cpu_clamped),   UNIT(test_cache_counts), UNIT(test_typed),
        UNIT(test_too_large),     UNIT(test_card_shorter), UNIT(test_card_part),
        UNIT(test_mac_shorter),   UNIT(test_unknown),      UNIT(test_limit_of_models),
        UNIT(test_fixed_share),   UNIT(test_watermark),    UNIT(test_two_cards),
        UNIT(test_refused_share), UNIT(test_reservation),  UNIT(test_typed_judged),
        UNIT(test_engine),        UNIT(test_hash),
    };
    return cmocka_run_group_tests(tests, plan_place_open, plan_place_close);
}
