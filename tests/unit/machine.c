#include "tests/unit/machine.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "tuning/catalog.h"

void test_machine_set(const struct test_machine *t, struct chip_machine *out)
{
    chip_machine_init(out);
    snprintf(out->chip, sizeof out->chip, "%s", t->chip);
    out->memory_bytes = t->gb > 0 ? t->gb * 0x1p30 : (double)NAN;
    out->macos = t->macos;
    out->performance = t->performance;
    out->efficiency = t->efficiency;
    out->gpu_cores = t->gpu_cores;
    out->card = t->card;
    out->card_count = t->card != CARD_NONE;
    out->vram_bytes = t->vram_gb > 0 ? t->vram_gb * 0x1p30 : (double)NAN;
}

double test_bytes_of(const char *text)
{
    double bytes = -1;
    if (size_parse(text, strlen(text), SIZE_TYPED, &bytes) < 0) {
        fail_msg("'%s' is no size", text);
    }
    return bytes;
}

int test_knowledge_load(struct test_knowledge *k)
{
    struct err err = ERR_INIT;
    memset(k, 0, sizeof *k);
    chip_catalog_init(&k->chips);
    if (chip_catalog_load(&k->chips, catalog_folder(), &err) < 0 ||
        setting_catalog_load(&k->settings, &err) < 0 ||
        profile_set_load(&k->settings, NULL, &k->profiles, &err) < 0) {
        fprintf(stderr, "%s: %s\n", err.where, err.msg);
        return -1;
    }
    return 0;
}

void test_knowledge_release(struct test_knowledge *k)
{
    profile_set_release(&k->profiles);
    setting_catalog_release(&k->settings);
    chip_catalog_release(&k->chips);
}
