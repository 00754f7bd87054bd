#include "tests/screen/tuning_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "tui/view.h"
#include "tuning/catalog.h"

static struct {
    struct buf settings_text;
    struct setting_catalog settings;
    struct chip_catalog chips;
} t;

static void need(int rc, const struct err *err)
{
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", err->where, err->msg);
        exit(99);
    }
}

void tuning_builder_open(void)
{
    char path[1024];
    struct err err = ERR_INIT;
    const char *root = getenv("abs_srcdir");
    snprintf(path, sizeof path, "%s/tests/fixtures/tuning/settings.yaml",
             root != NULL ? root : ".");
    buf_init(&t.settings_text, CATALOG_MAX_BYTES);
    need(file_read(path, &t.settings_text, &err), &err);
    need(setting_catalog_parse("settings.yaml", t.settings_text.data, t.settings_text.size,
                               &t.settings, &err),
         &err);
    chip_catalog_init(&t.chips);
    need(chip_catalog_load(&t.chips, catalog_folder(), &err), &err);
}

void tuning_builder_close(void)
{
    chip_catalog_release(&t.chips);
    setting_catalog_release(&t.settings);
    buf_release(&t.settings_text);
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
}
