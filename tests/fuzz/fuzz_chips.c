/* chips.yaml as a user may write it, and names and sizes as machines and people tell them: always
 * an answer, and never one that gives more than the machine has. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "tuning/chip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decide(const struct chip_catalog *c, const char *name, double bytes, bool macos)
{
    struct chip_machine m;
    struct chip_answer a;
    chip_machine_init(&m);
    for (size_t i = 0; i + 1 < sizeof m.chip && name[i]; i++) {
        m.chip[i] = name[i];
    }
    m.macos = macos;
    m.memory_bytes = bytes;
    m.performance = 4;
    m.card = macos ? CARD_NONE : CARD_NVIDIA;
    m.vram_bytes = macos ? NAN : bytes / 2;
    chip_decide(c, &m, &a);
    if (!a.reason[0] || !a.limit[0] || !(a.cpu_fraction > 0 && a.cpu_fraction <= 1) ||
        (unsigned)a.profile >= PROFILE_COUNT || a.image_width <= 0 || a.recommended_gb <= 0 ||
        a.threads.llm < 1 || a.threads.performance + a.threads.efficiency != a.threads.llm) {
        abort();
    }
    /* As it is sold is up to 8 % more than is told; and 64 MiB is the least that is given. */
    if (isfinite(bytes) && a.limit_bytes > fmax(bytes * 1.09, 0x1p26)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chip_catalog c;
    struct err err = ERR_INIT;
    double bytes = -1;
    if (size_parse((const char *)data, size, SIZE_TYPED, &bytes) == 0 &&
        !(bytes >= 0 && bytes <= 0x1p53)) {
        abort();
    }
    chip_catalog_init(&c);
    const int rc = chip_catalog_parse(&c, &c.shipped, "chips.yaml", (const char *)data, size, &err);
    if (rc != 0 && ((rc != -ERR_CONFIG && rc != -ERR_NOMEM) || !err.msg[0] || !err.where[0])) {
        abort();
    }
    /* Every row that was taken, with as much memory as it wants and with less. */
    const struct chip_limit *rows = c.shipped.limits.items;
    for (size_t i = 0; i < c.shipped.limits.count; i++) {
        decide(&c, rows[i].chip, (double)rows[i].memory_gb * 0x1p30, true);
        decide(&c, rows[i].chip, (double)rows[i].memory_gb * 0x1p29, false);
    }
    const struct chip_bin *bins = c.shipped.chips.items;
    for (size_t i = 0; i < c.shipped.chips.count; i++) {
        decide(&c, bins[i].name, NAN, true);
    }
    if (size < 256) {
        char name[256];
        memcpy(name, data, size);
        name[size] = '\0';
        decide(&c, name, 64 * 0x1p30, true);
        decide(&c, name, bytes > 0 ? bytes : NAN, false);
    }
    chip_catalog_release(&c);
    return 0;
}
