/* The matcher of chips: names as brand strings and people tell them, with machines of every kind,
 * against the shipped catalog: always an answer that such a machine can bear, and the same one
 * again for the name that it gave. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "tuning/catalog.h"
#include "tuning/chip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes at the end of the input that make the machine. */
enum { MACHINE_BYTES = 12 };

static const struct chip_catalog *shipped(void)
{
    static struct chip_catalog catalog;
    static int loaded;
    if (!loaded) {
        struct err err = ERR_INIT;
        chip_catalog_init(&catalog);
        if (chip_catalog_load(&catalog, catalog_folder(), &err) < 0) {
            fprintf(stderr, "%s: %s\n", err.where, err.msg);
            abort();
        }
        loaded = 1;
    }
    return &catalog;
}

/* 0 is not known, 255 what cannot be; else up to 512 GB in steps that are not those of the shops.
 */
static double bytes_of(uint8_t b)
{
    return b == 0 ? NAN : b == 255 ? 0x1p60 : (double)b * (double)b * 0x1p23;
}

static void check(const struct chip_machine *m, const struct chip_answer *a)
{
    const double memory = fmin(isnan(m->memory_bytes) ? INFINITY : m->memory_bytes,
                               isnan(m->memory_limit_bytes) ? INFINITY : m->memory_limit_bytes);
    if (!a->reason[0] || !memchr(a->reason, '\0', sizeof a->reason) || !a->limit[0] ||
        !(a->cpu_fraction > 0 && a->cpu_fraction <= 1) || (unsigned)a->profile >= PROFILE_COUNT ||
        (unsigned)a->device >= DEVICE_COUNT || (unsigned)a->level >= LEVEL_COUNT ||
        a->level_now < -1 || a->level_now >= LEVEL_COUNT || a->image_width <= 0 ||
        a->image_height <= 0 || a->recommended_gb <= 0) {
        abort();
    }
    const struct chip_threads *t = &a->threads;
    if (t->known ? t->llm < 1 || t->io < 1 || t->background < 1 || t->performance < 0 ||
                       t->efficiency < 0 || t->performance + t->efficiency != t->llm
                 : t->llm != 0) {
        abort();
    }
    /* As it is sold is up to 8 % more than is told; and 64 MiB is the least that is given. */
    if (isfinite(memory) && a->limit_bytes > fmax(memory * 1.09, 0x1p26)) {
        abort();
    }
    const double pools = a->pools.llm_models + a->pools.inference_cache +
                         a->pools.processing_buffer + a->pools.system_reserve;
    if (isfinite(memory) && !(pools <= memory * 1.09)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chip_machine m;
    struct chip_answer a, again;
    struct chip_name name;
    char text[256];
    uint8_t b[MACHINE_BYTES] = {0};
    const size_t tail = size < sizeof b ? 0 : sizeof b;
    memcpy(b, data + size - tail, tail);
    utf8_sanitise((const char *)data, size - tail, text, sizeof text,
                  NULL); /* as where it enters */

    chip_name_parse(text, &name);
    if (!memchr(name.text, '\0', sizeof name.text) || name.generation < 0 ||
        (name.series && !name.apple) || (unsigned)name.variant > VARIANT_OTHER) {
        abort();
    }
    for (const char *p = name.text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            abort(); /* it is printed as it is */
        }
    }

    chip_machine_init(&m);
    utf8_copy(m.chip, sizeof m.chip, text);
    snprintf(m.virtual_name, sizeof m.virtual_name, "%s", b[0] & 1 ? "kvm" : "");
    m.macos = b[0] & 2;
    m.card_shares_memory = b[0] & 4;
    m.card = (enum chip_card)(b[1] % (CARD_OTHER + 1));
    m.card_count = b[2] % 4;
    m.memory_bytes = bytes_of(b[3]);
    m.memory_limit_bytes = bytes_of(b[4]);
    m.available_bytes = bytes_of(b[5]);
    m.vram_bytes = bytes_of(b[6]);
    m.performance = b[7];
    m.efficiency = b[8];
    m.core_limit = b[9] ? b[9] / 4.0 : NAN;
    m.gpu_cores = b[10];
    chip_decide(shipped(), &m, &a);
    check(&m, &a);

    /* The name that is shown finds the same row when a person types it. */
    if (a.name.series && !a.name.virtual_machine) {
        utf8_copy(m.chip, sizeof m.chip, a.name.text);
        chip_decide(shipped(), &m, &again);
        if (again.listed != a.listed || again.profile != a.profile || again.bin != a.bin ||
            again.limit_bytes != a.limit_bytes || strcmp(again.name.text, a.name.text) != 0) {
            abort();
        }
    }
    return 0;
}
