#include "tests/unit/machine.h"

#include <math.h>
#include <stdio.h>

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
