/* A choice as a profile of one's own: what is saved is read again and comes to the same; files of
 * somebody else's stay. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/machine.h"
#include "tuning/profile_save.h"

static struct test_knowledge known;
static struct profile_set saved;
static struct profile_query query;
static struct chip_machine machine;
static struct chip_answer answer;
static struct buf text;
static struct err failure;
static char folder[64], path[PROFILE_SAVE_PATH_BYTES];

static int load_shipped(void **state)
{
    (void)state;
    return test_knowledge_load(&known);
}

static int release_shipped(void **state)
{
    (void)state;
    test_knowledge_release(&known);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tunetop-save-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0700), 0);
    test_machine_set(&(struct test_machine){"AMD Ryzen 9", 64, .performance = 16,
                                            .card = CARD_NVIDIA, .vram_gb = 24},
                     &machine);
    chip_decide(&known.chips, &machine, &answer);
    profile_query_init(&query, &answer, &machine, NAN);
    memset(&saved, 0, sizeof saved);
    buf_init(&text, PROFILE_SAVE_MAX_BYTES);
    failure = (struct err)ERR_INIT;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"mine", "other"};
    char file[128];
    (void)state;
    profile_set_release(&saved);
    buf_release(&text);
    for (size_t i = 0; i < 2; i++) {
        snprintf(file, sizeof file, "%s/%s.yaml", folder, names[i]);
        (void)unlink(file);
    }
    return rmdir(folder);
}

static const struct setting *setting(const char *name)
{
    const char *nearest;
    const struct setting *s = setting_find(&known.settings, name, &nearest);
    if (!s) {
        fail_msg("no setting '%s'", name);
    }
    return s;
}

/* All that is known with what the folder has. */
static void load(void)
{
    struct err err = ERR_INIT;
    profile_set_release(&saved);
    if (profile_set_load(&known.settings, folder, &saved, &err) < 0) {
        fail_msg("%s: %s", err.where, err.msg);
    }
    for (size_t i = 0; i < saved.broken_count; i++) {
        fail_msg("%s: %s\n%s", saved.broken[i].err.where, saved.broken[i].err.msg, text.data);
    }
}

static int save(const struct profile_choice *c, const char *name)
{
    load();
    buf_clear(&text);
    failure = (struct err)ERR_INIT;
    int rc = profile_save_text(&saved, c, name, &text, &failure);
    rc = rc == 0 ? profile_save_write(folder, name, &text, path, &failure) : rc;
    if (rc == 0) {
        load();
    }
    return rc;
}

static void resolve(const char *name, struct profile_rows *out)
{
    struct err err = ERR_INIT;
    if (profile_resolve(&saved, name, &query, out, &err) < 0) {
        fail_msg("%s: %s", name, err.msg);
    }
}

static const struct profile_row *row_of(const struct profile_rows *rows, int service,
                                        const char *target)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct profile_row *r = &rows->rows[i];
        if (r->target && r->target_service == service && strcmp(r->target_name, target) == 0) {
            return r;
        }
    }
    return NULL;
}

/* The same is written, and for the same it is said why not. */
static void same_rows(const char *a, const char *b)
{
    struct profile_rows x, y;
    resolve(a, &x);
    resolve(b, &y);
    assert_int_equal(x.count, y.count);
    for (size_t i = 0; i < x.count; i++) {
        const struct profile_row *r = &x.rows[i];
        if (!r->target) {
            continue;
        }
        const struct profile_row *s = row_of(&y, r->target_service, r->target_name);
        if (!s || s->action != r->action || strcmp(s->target_value, r->target_value) != 0) {
            fail_msg("%s: %s=%s, %s: %s\n%s", a, r->target_name, r->target_value, b,
                     s ? s->target_value : "-", text.data);
        }
    }
    profile_rows_release(&x);
    profile_rows_release(&y);
}

/* ---- every profile with every overlay, and with two ---- */

static void test_overlays(void **state)
{
    const struct profile_set *all = &known.profiles;
    (void)state;
    for (size_t i = 0; i < all->count; i++) {
        for (size_t k = 0; k < all->count; k++) {
            char overlay[80], whole[160];
            const char *const overlays[] = {overlay, "servers.background"};
            if (all->profiles[i].overlay || !all->profiles[k].overlay) {
                continue;
            }
            snprintf(overlay, sizeof overlay, "%s.%s", all->profiles[k].purpose,
                     all->profiles[k].name);
            const struct profile_choice c = {
                .profile = all->profiles[i].name, .overlays = overlays, .overlay_count = 1 + k % 2};
            assert_int_equal(save(&c, "mine"), 0);
            snprintf(whole, sizeof whole, "%s+%s%s%s", c.profile, overlay,
                     c.overlay_count == 2 ? "+" : "", c.overlay_count == 2 ? overlays[1] : "");
            same_rows("mine", whole);
            same_rows(whole, "mine");
        }
    }
}

/* ---- values and what is left out ---- */

static void test_choice(void **state)
{
    const struct profile_choice_value values[] = {
        {PROFILE_OLLAMA, setting("OLLAMA_KEEP_ALIVE"), "2h \"\\\x01 é"}, /* not looked at here */
        {PROFILE_OLLAMA, setting("OLLAMA_NUM_PARALLEL"), "3"},
        {PROFILE_COMFYUI, setting("cpus"), "0.5"}, /* cores, as they were typed */
        {PROFILE_COMFYUI, setting("--lowvram"), "1"},
        {PROFILE_SYSTEM, setting("vm.swappiness"), "5"},
    };
    const struct profile_left_out left_out[] = {
        {PROFILE_OLLAMA, setting("OLLAMA_MAX_QUEUE")},
        {PROFILE_OLLAMA, setting("OLLAMA_CONTEXT_LENGTH")}, /* wished under another name */
        {PROFILE_COMFYUI, setting("mem_limit")},
        {PROFILE_DIFFUSIONAPI, NULL},
    };
    struct profile_choice c = {.profile = "high",
                               .values = values + 1,
                               .value_count = 4,
                               .left_out = left_out,
                               .left_out_count = 4};
    struct profile_rows rows;
    (void)state;
    assert_int_equal(save(&c, "mine"), 0);
    assert_true(profile_save_is_ours(text.data, text.size));
    assert_non_null(strstr(text.data, "tunetop-profiles(5)"));
    resolve("high", &rows);
    const struct profile_row *r = row_of(&rows, PROFILE_OLLAMA, "OLLAMA_MAX_QUEUE");
    assert_true(r && row_of(&rows, PROFILE_OLLAMA, "OLLAMA_CONTEXT_LENGTH"));
    const size_t count = rows.count;
    profile_rows_release(&rows);

    resolve("mine", &rows);
    assert_true(rows.count >= count);
    r = row_of(&rows, PROFILE_OLLAMA, "OLLAMA_NUM_PARALLEL");
    assert_string_equal(r->target_value, "3");
    assert_int_equal(r->action, PROFILE_WRITE);
    r = row_of(&rows, PROFILE_COMFYUI, "deploy.resources.limits.cpus");
    assert_string_equal(r->target_value, "0.5");
    assert_int_equal(r->action, PROFILE_WRITE);
    assert_string_equal(row_of(&rows, PROFILE_COMFYUI, "--lowvram")->target_value, "1");
    assert_string_equal(row_of(&rows, PROFILE_SYSTEM, "vm.swappiness")->target_value, "5");
    assert_null(row_of(&rows, PROFILE_OLLAMA, "OLLAMA_MAX_QUEUE"));
    assert_null(row_of(&rows, PROFILE_OLLAMA, "OLLAMA_CONTEXT_LENGTH"));
    assert_null(row_of(&rows, PROFILE_COMFYUI, "deploy.resources.limits.memory"));
    assert_non_null(row_of(&rows, PROFILE_OLLAMA, "OLLAMA_FLASH_ATTENTION"));
    assert_true(profile_leaves_out(&rows, PROFILE_DIFFUSIONAPI));
    assert_false(profile_leaves_out(&rows, PROFILE_OLLAMA));
    size_t left = 0;
    for (size_t i = 0; i < rows.count; i++) {
        left += rows.rows[i].action == PROFILE_LEFT_OUT;
        assert_true(rows.rows[i].service != PROFILE_DIFFUSIONAPI || !rows.rows[i].target);
    }
    assert_true(left > 3);
    profile_rows_release(&rows);

    /* Laid over it, a wish counts all the same; a service that is left out stays so. */
    resolve("mine+long-jobs", &rows);
    assert_non_null(row_of(&rows, PROFILE_OLLAMA, "OLLAMA_MAX_QUEUE"));
    profile_rows_release(&rows);

    /* Any text is one of YAML; the value is judged there. */
    c.values = values;
    c.value_count = 1;
    buf_clear(&text);
    assert_int_equal(profile_save_text(&saved, &c, "mine", &text, &failure), 0);
    assert_non_null(strstr(text.data, "value: \"2h \\\"\\\\\\x01 é\""));
}

/* What the catalog tells of together is saved, left out and found again one by one. */
static void test_other_names(void **state)
{
    const struct profile_choice_value values[] = {
        {PROFILE_COMFYUI, setting("--fp32-vae"), "1"},
        {PROFILE_COMFYUI, setting("--fp32-unet"), "1"},
        {PROFILE_COMFYUI, setting("--output-directory"), "/out"},
    };
    const struct profile_choice_value more[] = {
        {PROFILE_COMFYUI, setting("--input-directory"), "/in"}};
    const struct profile_left_out left_out[] = {{PROFILE_COMFYUI, setting("--fp32-unet")}};
    struct profile_choice c = {.profile = "high", .values = values, .value_count = 3};
    struct profile_rows rows;

    (void)state;
    assert_int_equal(save(&c, "mine"), 0);
    resolve("mine", &rows);
    assert_string_equal(row_of(&rows, PROFILE_COMFYUI, "--fp32-vae")->target_value, "1");
    assert_string_equal(row_of(&rows, PROFILE_COMFYUI, "--fp32-unet")->target_value, "1");
    assert_string_equal(row_of(&rows, PROFILE_COMFYUI, "--output-directory")->target_value, "/out");
    assert_null(row_of(&rows, PROFILE_COMFYUI, "--force-fp32"));
    assert_null(row_of(&rows, PROFILE_COMFYUI, "--base-directory"));
    profile_rows_release(&rows);
    c = (struct profile_choice){.profile = "mine",
                                .values = more,
                                .value_count = 1,
                                .left_out = left_out,
                                .left_out_count = 1};
    assert_int_equal(save(&c, "mine"), 0);
    resolve("mine", &rows);
    assert_non_null(row_of(&rows, PROFILE_COMFYUI, "--fp32-vae"));
    assert_null(row_of(&rows, PROFILE_COMFYUI, "--fp32-unet"));
    assert_string_equal(row_of(&rows, PROFILE_COMFYUI, "--output-directory")->target_value, "/out");
    assert_string_equal(row_of(&rows, PROFILE_COMFYUI, "--input-directory")->target_value, "/in");
    profile_rows_release(&rows);
}

/* The own one is what was chosen from: its wishes stay, a new value stands for the old. */
static void test_again(void **state)
{
    const struct profile_choice_value first[] = {
        {PROFILE_OLLAMA, setting("OLLAMA_KEEP_ALIVE"), "2h"},
        {PROFILE_OLLAMA, setting("OLLAMA_NUM_PARALLEL"), "3"},
    };
    const struct profile_choice_value second[] = {
        {PROFILE_OLLAMA, setting("OLLAMA_NUM_PARALLEL"), "5"},
        {PROFILE_OLLAMA, setting("OLLAMA_MAX_QUEUE"), "9"},
    };
    const struct profile_left_out none = {PROFILE_OLLAMA, setting("OLLAMA_MAX_QUEUE")};
    const struct profile_left_out alive = {PROFILE_OLLAMA, setting("OLLAMA_KEEP_ALIVE")};
    const char *const overlays[] = {"long-jobs"};
    struct profile_choice c = {.profile = "high",
                               .overlays = overlays,
                               .overlay_count = 1,
                               .values = first,
                               .value_count = 2,
                               .left_out = &none,
                               .left_out_count = 1};
    struct profile_rows rows;
    (void)state;
    assert_int_equal(save(&c, "mine"), 0);
    c = (struct profile_choice){.profile = "mine", .values = second, .value_count = 2};
    assert_int_equal(save(&c, "mine"), 0);
    resolve("mine", &rows);
    assert_string_equal(rows.layers[0]->base, "high");
    assert_int_equal(rows.layers[0]->overlay_count, 1);
    assert_string_equal(row_of(&rows, PROFILE_OLLAMA, "OLLAMA_KEEP_ALIVE")->target_value, "2h");
    assert_string_equal(row_of(&rows, PROFILE_OLLAMA, "OLLAMA_NUM_PARALLEL")->target_value, "5");
    assert_string_equal(row_of(&rows, PROFILE_OLLAMA, "OLLAMA_MAX_QUEUE")->target_value, "9");
    profile_rows_release(&rows);

    c = (struct profile_choice){.profile = "mine", .left_out = &alive, .left_out_count = 1};
    assert_int_equal(save(&c, "other"), 0); /* a new one builds on it */
    resolve("other", &rows);
    assert_string_equal(rows.layers[0]->base, "mine");
    assert_null(row_of(&rows, PROFILE_OLLAMA, "OLLAMA_KEEP_ALIVE"));
    assert_string_equal(row_of(&rows, PROFILE_OLLAMA, "OLLAMA_NUM_PARALLEL")->target_value, "5");
    profile_rows_release(&rows);
    assert_int_equal(save(&c, "mine"), 0);
    resolve("mine", &rows);
    assert_null(row_of(&rows, PROFILE_OLLAMA, "OLLAMA_KEEP_ALIVE"));
    profile_rows_release(&rows);
}

/* ---- what is refused ---- */

static void test_names(void **state)
{
    static const char *const wrong[][2] = {
        {"", "needs a name"},
        {"Mine", "small letters"},
        {"-mine", "small letters"},
        {"../mine", "small letters"},
        {"mine.yaml", "small letters"},
        {"recommended", "fits the machine"},
        {"high", "comes with tunetop"},
        {"quality", "comes with tunetop"},
        {"a23456789-123456789-123456789-123", "at most 32"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        failure = (struct err)ERR_INIT;
        assert_int_equal(profile_save_name(&known.profiles, wrong[i][0], &failure), -ERR_USAGE);
        if (!strstr(failure.msg, wrong[i][1])) {
            fail_msg("%s: %s", wrong[i][0], failure.msg);
        }
    }
    assert_int_equal(
        profile_save_name(&known.profiles, "a23456789-123456789-123456789-12", &failure), 0);
}

static void write_file(const char *content, const char *mode)
{
    FILE *f = fopen(path, mode);
    assert_non_null(f);
    fputs(content, f);
    assert_int_equal(fclose(f), 0);
}

static void test_foreign(void **state)
{
    const struct profile_choice c = {.profile = "high"};
    char before[4096], after[4096];
    size_t size;
    (void)state;
    assert_int_equal(save(&c, "mine"), 0);
    assert_int_equal(save(&c, "mine"), 0); /* its own it replaces */
    write_file("# a thought\n", "a");
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size = fread(before, 1, sizeof before, f);
    assert_int_equal(fclose(f), 0);
    assert_false(profile_save_is_ours(before, size));
    assert_int_equal(save(&c, "mine"), -ERR_STATE);
    assert_non_null(strstr(failure.msg, "stays as it is"));
    f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fread(after, 1, sizeof after, f), size);
    assert_int_equal(fclose(f), 0);
    assert_memory_equal(before, after, size);

    /* Two values for one kind; a folder; a folder that is not there is made. */
    const struct profile_choice_value two[] = {
        {PROFILE_OLLAMA, setting("OLLAMA_NUM_PARALLEL"), "3"},
        {PROFILE_OLLAMA, setting("OLLAMA_NUM_PARALLEL"), "4"},
    };
    const struct profile_choice both = {.profile = "high", .values = two, .value_count = 2};
    assert_int_equal(save(&both, "other"), -ERR_USAGE);
    char deep[128];
    snprintf(deep, sizeof deep, "%s/tunetop/profiles", folder);
    assert_int_equal(profile_save_write(deep, "other", &text, path, &failure), 0);
    assert_int_equal(access(path, R_OK), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(deep), 0);
    snprintf(deep, sizeof deep, "%s/tunetop", folder);
    assert_int_equal(rmdir(deep), 0);
}

/* ---- the form ---- */

static void test_form(void **state)
{
    static const struct {
        const char *more, *error;
    } cases[] = {
        {"without: [olama]", "expected a service"},
        {"without: [ollama.OLLAMA_KEEP_ALIV]", "did you mean 'OLLAMA_KEEP_ALIVE'"},
        {"without: [ollama.]", "no setting '' is known"},
        {"without: [ollama.OLLAMA_KEEP_ALIVE]\n    services: [{service: ollama, settings: [{name: "
         "OLLAMA_KEEP_ALIVE, value: 1h}]}]",
         "wished by the profile itself"},
        {"without: [ollama]\n    services: [{service: ollama, settings: [{name: "
         "OLLAMA_KEEP_ALIVE, value: 1h}]}]",
         "wished by the profile itself"},
        {"overlays: [qualty]", "did you mean 'quality'"},
        {"overlays: [servers.quality]", "there is no 'servers.quality'"},
        {"overlays: [high]", "there is no 'high'"},
        {"without: [ollama, comfyui.mem_limit]\n    overlays: [long-jobs, processing.quality]",
         NULL},
    };
    (void)state;
    snprintf(path, sizeof path, "%s/mine.yaml", folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char content[512];
        snprintf(content, sizeof content,
                 "profiles:\n  - name: mine\n    best_for: x\n    base: high\n    %s\n",
                 cases[i].more);
        write_file(content, "w");
        profile_set_release(&saved);
        assert_int_equal(profile_set_load(&known.settings, folder, &saved, &failure), 0);
        if (cases[i].error
                ? saved.broken_count != 1 || !strstr(saved.broken[0].err.msg, cases[i].error)
                : saved.broken_count != 0) {
            fail_msg("%s: %s", cases[i].more,
                     saved.broken_count ? saved.broken[0].err.msg : "taken");
        }
    }
}

int main(void)
{
#define UNIT(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        UNIT(test_overlays), UNIT(test_choice), UNIT(test_again),       UNIT(test_names),
        UNIT(test_foreign),  UNIT(test_form),   UNIT(test_other_names),
    };
    return cmocka_run_group_tests(tests, load_shipped, release_shipped);
}
