#include "tests/screen/tuning_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "tui/view.h"
#include "tuning/catalog.h"

static const char users[] = "profiles:\n"
                            "  - name: evening\n"
                            "    best_for: films beside one small model\n"
                            "    base: high\n"
                            "    services:\n"
                            "      - service: ollama\n"
                            "        settings: [{name: OLLAMA_KEEP_ALIVE, value: 10m}]\n";
static const char broken[] = "profiles:\n"
                             "  - name: morning\n"
                             "    best_for: nothing, it is broken\n"
                             "    base: hihg\n";

static struct {
    struct buf settings_text, profiles_text;
    struct setting_catalog settings;
    struct profile_set profiles;
    struct profile_rows wants;
    struct chip_catalog chips;
    struct tuning_plan plan;
} t;

static void need(int rc, const struct err *err)
{
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", err->where, err->msg);
        exit(99);
    }
}

static void read_fixture(const char *name, struct buf *out)
{
    char path[1024];
    struct err err = ERR_INIT;
    const char *root = getenv("abs_srcdir");
    snprintf(path, sizeof path, "%s/tests/fixtures/tuning/%s", root != NULL ? root : ".", name);
    buf_init(out, CATALOG_MAX_BYTES);
    need(file_read(path, out, &err), &err);
}

void tuning_builder_open(void)
{
    struct err err = ERR_INIT;
    read_fixture("settings.yaml", &t.settings_text);
    read_fixture("profiles.yaml", &t.profiles_text);
    need(setting_catalog_parse("settings.yaml", t.settings_text.data, t.settings_text.size,
                               &t.settings, &err),
         &err);
    const struct profile_text texts[] = {
        {"profiles.yaml", t.profiles_text.data, t.profiles_text.size},
        {"/home/somebody/.config/tunetop/profiles/evening.yaml", users, sizeof users - 1},
        {"/home/somebody/.config/tunetop/profiles/morning.yaml", broken, sizeof broken - 1},
    };
    need(profile_set_parse(&t.settings, texts, 3, &t.profiles, &err), &err);
    chip_catalog_init(&t.chips);
    need(chip_catalog_load(&t.chips, catalog_folder(), &err), &err);
}

/* The same with 2,000 lines of the first file, which is behind a link. */
static void make_long(struct buf *plan)
{
    struct err err = ERR_INIT;
    struct buf diff;
    cJSON *root = json_parse(plan->data, plan->size, &err);
    need(root != NULL ? 0 : -err.code, &err);
    cJSON *file = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "files"), 0);
    buf_init(&diff, CATALOG_MAX_BYTES);
    buf_puts(&diff, "--- /Users/mini/ai/compose.yaml\n+++ /Users/mini/ai/compose.yaml\n"
                    "@@ -1,999 +1,999 @@\n");
    for (int i = 0; i < 999; i++)
        buf_printf(&diff, "-      OLD_%03d: \"%d\"\n+      NEW_%03d: \"%d\"\n", i, i, i, i);
    cJSON_ReplaceItemInObject(file, "diff", cJSON_CreateString(diff.data));
    cJSON_ReplaceItemInObject(file, "real_path", cJSON_CreateString("/Volumes/data/ollama.env"));
    char *text = json_print_line(root);
    buf_clear(plan);
    buf_puts(plan, text);
    free(text);
    buf_release(&diff);
    cJSON_Delete(root);
}

void tuning_builder_plan(struct ui *ui, const char *name)
{
    struct buf plan, verify;
    struct err err = ERR_INIT;
    const bool long_one = strcmp(name, "long") == 0;
    char file[64];
    snprintf(file, sizeof file, "plan-%s.json", long_one ? "high" : name);
    read_fixture(file, &plan);
    snprintf(file, sizeof file, "verify-%s.json", long_one ? "high" : name);
    read_fixture(file, &verify);
    if (long_one)
        make_long(&plan);
    tuning_plan_release(&t.plan);
    need(tuning_plan_parse(plan.data, plan.size, verify.data, verify.size, &t.plan, &err), &err);
    buf_release(&plan);
    buf_release(&verify);
    ui->tuning.plan = &t.plan;
    ui->tuning.plan_state = UI_PLAN_HERE;
}

void tuning_builder_no_plan(struct ui *ui)
{
    ui->tuning.plan = NULL;
    ui->tuning.plan_state = UI_PLAN_NONE;
    tuning_plan_release(&t.plan);
}

void tuning_builder_close(void)
{
    chip_catalog_release(&t.chips);
    profile_rows_release(&t.wants);
    profile_set_release(&t.profiles);
    setting_catalog_release(&t.settings);
    buf_release(&t.profiles_text);
    buf_release(&t.settings_text);
}

void tuning_builder_ask(struct ui *ui, const struct model *m)
{
    struct chip_machine machine;
    struct profile_query q;
    struct err err = ERR_INIT;
    profile_rows_release(&t.wants);
    ui->tuning.wants = NULL;
    if (!ui->tuning.chip_known)
        return;
    chip_machine_of(m, &machine);
    profile_query_of(&q, &ui->tuning.chip, &machine, m);
    need(profile_resolve(&t.profiles, ui_profile(ui), &q, &t.wants, &err), &err);
    ui->tuning.wants = &t.wants;
}

void tuning_builder_fill(struct ui *ui, struct model *m)
{
    struct assessment a;
    if (strncmp(m->host.chip_name, "Apple", 5) == 0)
        snprintf(m->host.os, sizeof m->host.os, "macOS 26.1");
    for (int id = 0; id < METRIC_HOST_COUNT; id++)
        m->raw[id] = m->v[id];
    for (uint32_t i = 0; i < m->gpu_count; i++) {
        struct gpu_model *g = &m->gpus[i];
        memcpy(g->raw, g->v, sizeof g->raw);
        if (strstr(g->facts.name, "NVIDIA") != NULL)
            snprintf(g->facts.vendor, sizeof g->facts.vendor, "nvidia");
    }
    assess_run(m, &a);
    assess_chip(&t.chips, m, &a);
    view_assess(ui, m, &a);
    ui->tuning.settings = &t.settings;
    ui->tuning.profiles = &t.profiles;
    tuning_builder_ask(ui, m);
}
