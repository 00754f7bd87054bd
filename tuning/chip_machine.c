/*
 * What the model knows of the machine, as far as chip_decide() asks.
 */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "tuning/chip.h"

void chip_machine_init(struct chip_machine *out)
{
    memset(out, 0, sizeof *out);
    out->memory_bytes = out->memory_limit_bytes = out->available_bytes = NAN;
    out->core_limit = out->vram_bytes = NAN;
}

static double number_of(const struct reading *r)
{
    double value = NAN;
    return reading_get(r, &value) ? value : NAN;
}

/* The card that models run on: one with memory of its own before one that shares the system's, and
 * of those the largest; NVIDIA's and AMD's before others. */
static void find_card(const struct model *m, struct chip_machine *out)
{
    for (uint32_t i = 0; i < m->gpu_count; i++) {
        const struct gpu_facts *f = &m->gpus[i].facts;
        const double bytes = number_of(&m->gpus[i].raw[METRIC_GPU_MEMORY_TOTAL]);
        const bool shares = f->memory_is_shared || f->integrated;
        const enum chip_card card = strcmp(f->vendor, "nvidia") == 0 ? CARD_NVIDIA
                                    : strcmp(f->vendor, "amd") == 0  ? CARD_AMD
                                                                     : CARD_OTHER;
        if (strcmp(f->vendor, "apple") == 0 && f->core_count > 0) {
            out->gpu_cores = f->core_count;
        }
        if (card == CARD_OTHER) {
            if (out->card == CARD_NONE) {
                out->card = CARD_OTHER;
                out->card_shares_memory = shares;
            }
            continue;
        }
        const bool first = out->card == CARD_NONE || out->card == CARD_OTHER;
        const bool own = !shares && !first && out->card_shares_memory;
        const bool larger = !shares && !first && !out->card_shares_memory &&
                            !(bytes <= out->vram_bytes) && isfinite(bytes);
        out->card_count += !shares;
        if (first || own || larger) {
            out->card = card;
            out->card_shares_memory = shares;
            out->vram_bytes = shares ? NAN : bytes;
        }
    }
}

static bool is_macos(const struct host_part *h)
{
    return strncmp(h->os, "macOS", 5) == 0;
}

void chip_machine_of(const struct model *m, struct chip_machine *out)
{
    chip_machine_init(out);
    utf8_copy(out->chip, sizeof out->chip, m->host.chip_name);
    utf8_copy(out->virtual_name, sizeof out->virtual_name, m->host.virtual_name);
    out->macos = is_macos(&m->host);
    out->memory_bytes = number_of(&m->raw[METRIC_HOST_MEMORY_TOTAL]);
    out->memory_limit_bytes = number_of(&m->raw[METRIC_HOST_MEMORY_LIMIT]);
    out->available_bytes = number_of(&m->raw[METRIC_HOST_MEMORY_AVAILABLE]);
    out->core_limit = number_of(&m->raw[METRIC_HOST_CPU_LIMIT]);
    for (uint32_t i = 0; i < m->tier_count; i++) {
        /* "E" and Intel's "LP"; everything else is what the chip computes with. */
        const char *name = m->tiers[i].name;
        const bool small = m->tier_count > 1 && (name[0] == 'E' || strcmp(name, "LP") == 0);
        *(small ? &out->efficiency : &out->performance) += (int)m->tiers[i].core_count;
    }
    out->gpu_cores = m->host.gpu_core_count;
    find_card(m, out);
}
