#include "tuning/fit_memory.h"

#include <math.h>
#include <string.h>

#include "tuning/setting.h"

static const double GIB = 0x1p30;

const char *fit_pool_name(int kind)
{
    static const char *const names[FIT_POOL_COUNT] = {"memory", "gpu", "vm"};

    return kind >= 0 && kind < FIT_POOL_COUNT ? names[kind] : "";
}

const char *fit_pool_label(int kind)
{
    static const char *const labels[FIT_POOL_COUNT] = {"memory", "GPU memory", "VM memory"};

    return kind >= 0 && kind < FIT_POOL_COUNT ? labels[kind] : "";
}

/* ---------------------------------------------------------------- the pool */

static double number_of(const struct reading *r)
{
    double value;

    return reading_get(r, &value) ? value : (double)NAN;
}

/* Of all cards that a model is spread over: one that does not tell makes the sum unknown. */
static void add_cards(const struct model *m, enum chip_card card, struct fit_pool *out)
{
    const char *vendor = card == CARD_NVIDIA ? "nvidia" : card == CARD_AMD ? "amd" : "";
    double total = 0, used = 0;

    for (uint32_t i = 0; i < m->gpu_count; i++) {
        const struct gpu_model *g = &m->gpus[i];

        if (strcmp(g->facts.vendor, vendor) == 0 && !g->facts.memory_is_shared &&
            !g->facts.integrated) {
            total += number_of(&g->raw[METRIC_GPU_MEMORY_TOTAL]);
            used += number_of(&g->raw[METRIC_GPU_MEMORY_USED]);
        }
    }
    out->total_bytes = total > 0 ? total : out->total_bytes;
    out->now_bytes = total > 0 ? used : (double)NAN;
    if (!isfinite(out->now_bytes)) {
        out->now_why = "the driver does not tell how much of the GPU's memory is in use";
    }
}

static void of_machine(const struct model *m, const struct chip_machine *machine,
                       struct fit_pool *out)
{
    out->kind = FIT_POOL_MEMORY;
    out->total_estimated = false;
    out->total_bytes = machine->memory_bytes;
    out->now_bytes = number_of(&m->raw[METRIC_HOST_MEMORY_USED]);
    if (machine->memory_limit_bytes < machine->memory_bytes) {
        out->total_bytes = machine->memory_limit_bytes;
        out->now_bytes = (double)NAN;
        out->now_why = "tunetop itself runs within a limit of memory, and does not see the rest";
    } else if (!isfinite(out->now_bytes)) {
        out->now_why = "the system does not tell how much memory is in use";
    }
}

void fit_pool_here(const struct model *m, const struct chip_machine *machine,
                   const struct chip_answer *a, const struct fit_place *place, struct fit_pool *out)
{
    const bool card = a->device == DEVICE_CUDA || a->device == DEVICE_ROCM;

    *out = (struct fit_pool){.kind = FIT_POOL_GPU,
                             .total_bytes = place->budget.bytes,
                             .total_estimated = place->budget.estimated,
                             .now_bytes = (double)NAN,
                             .cuda = a->device == DEVICE_CUDA};
    if (card && !machine->card_shares_memory) {
        add_cards(m, machine->card, out);
    } else if (a->device == DEVICE_MPS) {
        for (uint32_t i = 0; i < m->gpu_count && !isfinite(out->now_bytes); i++) {
            out->now_bytes = number_of(&m->gpus[i].raw[METRIC_GPU_MEMORY_USED]);
        }
        out->now_why = isfinite(out->now_bytes) ? NULL
                                                : "the system does not tell how much of it the "
                                                  "GPU uses";
    } else {
        of_machine(m, machine, out);
    }
}

/* ---------------------------------------------------------------- what a model holds */

bool fit_flash_off(const char *value)
{
    static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};

    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        if (strcmp(value, no[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Ollama 0.33, server/sched.go: automaticGenerationBatch() and what it calls. */
int fit_batch(int64_t context_tokens_of_all, double predicted_bytes, double free_bytes,
              bool flash_off_on_cuda, double total_bytes)
{
    enum { CONSTRAINED = 256, SMALL = 512, MEDIUM = 1024, LARGE = 2048 };
    const double memory = isfinite(free_bytes) ? free_bytes : total_bytes;

    if (flash_off_on_cuda) {
        return context_tokens_of_all > 4096 && memory <= 8 * GIB ? CONSTRAINED : SMALL;
    }
    if (context_tokens_of_all <= 4096) {
        return SMALL;
    }
    const double most = memory * 80 / 100;
    const bool unknown = !isfinite(memory);
    if (context_tokens_of_all > 32768 &&
        (unknown || (predicted_bytes <= memory * 60 / 100 && predicted_bytes + 2 * GIB <= most))) {
        return LARGE;
    }
    return unknown || (predicted_bytes <= memory * 75 / 100 && predicted_bytes + 0.75 * GIB <= most)
               ? MEDIUM
               : SMALL;
}

/* What one token of a batch takes of the buffers while it is computed. The sums of llama.cpp's
 * b10488 for llama models of three shapes come out to the last percent: the widest step is the
 * middle of a layer in f32 (three rows as wide as its feed-forward part, four as the model), or
 * where attention keeps its scores those of all heads; and a mask for each token of the context. */
static double token_bytes(const struct fit_model *m, int64_t context, bool flash_off)
{
    enum { F32 = 4, MASK_F16 = 2, USUAL_FEED_FORWARD = 4 };
    const double middle = m->feed_forward > 0 ? m->feed_forward
                                              : (double)USUAL_FEED_FORWARD * m->embedding;
    const double keys = m->layers > 0 ? m->cache_values / 2 / m->layers : 0;
    const double layer = F32 * (3 * middle + 4.0 * m->embedding);

    if (flash_off) {
        return fmax(F32 * (5.0 * m->embedding + 2 * keys + (double)context * (m->heads + 1)),
                    layer);
    }
    return layer + (double)MASK_F16 * (double)context;
}

static const char *unknown_why(const struct fit_model *m, const struct fit_load *load)
{
    if (setting_version_valid(load->version) &&
        setting_version_compare(load->version, "0.30.0") < 0) {
        return "how servers before 0.30 compute is not known here";
    }
    if (!m->known || !isfinite(m->weight_bytes)) {
        return "what the model takes is not told";
    }
    if (!isfinite(fit_cache_value_bytes(load->wish.cache))) {
        return "there is no such type of cache";
    }
    if (!fit_model_takes_cache(m, load->wish.cache)) {
        return "the model does not load with that type of cache";
    }
    if (load->flash_off && fit_cache_value_bytes(load->wish.cache) < 2) {
        return "without flash attention no model loads with that type of cache";
    }
    if (m->embedding <= 0 || (load->flash_off && m->heads <= 0)) {
        return "how wide the model is, is not told";
    }
    return NULL;
}

void fit_held_of(const struct fit_model *m, const struct fit_load *load, struct fit_held *out)
{
    const int parallel = load->wish.parallel > 0 ? load->wish.parallel : 1;
    const int64_t context = m->context > 0 && load->wish.context_tokens > m->context
                                ? m->context
                                : load->wish.context_tokens;

    *out = (struct fit_held){NAN, unknown_why(m, load)};
    if (out->why) {
        return;
    }
    const double kept = m->weight_bytes +
                        fit_model_cache_bytes(m, context, parallel, load->wish.cache);
    const int batch = fit_batch(context * parallel, kept, load->free_bytes,
                                load->flash_off && load->pool->cuda, load->pool->total_bytes);
    out->bytes = kept + batch * token_bytes(m, context, load->flash_off);
}
