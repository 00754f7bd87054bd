#include "tuning/fit_model.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "tuning/setting.h"

/* Values of a block and its bytes, scales included (ggml-common.h: block_q8_0 and so on). */
static const struct {
    const char *name;
    double bytes;
    int block;
} caches[FIT_CACHE_COUNT] = {
    [FIT_CACHE_F16] = {"f16", 2, 1},         [FIT_CACHE_BF16] = {"bf16", 2, 1},
    [FIT_CACHE_F32] = {"f32", 4, 1},         [FIT_CACHE_Q8_0] = {"q8_0", 34, 32},
    [FIT_CACHE_Q5_1] = {"q5_1", 24, 32},     [FIT_CACHE_Q5_0] = {"q5_0", 22, 32},
    [FIT_CACHE_Q4_1] = {"q4_1", 20, 32},     [FIT_CACHE_Q4_0] = {"q4_0", 18, 32},
    [FIT_CACHE_IQ4_NL] = {"iq4_nl", 18, 32},
};

/* A request's part of the cache is a whole number of these (llama.cpp, llama-context.cpp). */
static const int64_t CONTEXT_BLOCK = 256;
/* Without a trained context nothing longer is offered than the longest that is published. */
static const int64_t CONTEXT_MAX = 10 * 1024 * 1024;
static const double STATE_VALUE_BYTES = 4; /* states are f32 whatever the cache is */

const char *fit_cache_name(int cache)
{
    return cache >= 0 && cache < FIT_CACHE_COUNT ? caches[cache].name : "";
}

double fit_cache_value_bytes(int cache)
{
    return cache >= 0 && cache < FIT_CACHE_COUNT ? caches[cache].bytes / caches[cache].block : NAN;
}

int fit_cache_of(const char *name)
{
    if (!*name) {
        return FIT_CACHE_F16;
    }
    for (int i = 0; i < FIT_CACHE_COUNT; i++) {
        if (strcasecmp(name, caches[i].name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *fit_bound_clause(int bound)
{
    switch (bound) {
    case FIT_SLIDING:
        return "at most: some layers look back over a window only";
    case FIT_LATENT:
        return "at most: newer runners keep keys and values compressed";
    case FIT_RECURRENT:
        return "at most: some layers keep a state instead of keys and values";
    case FIT_ALL_HEADS:
        return "at most: how many heads have keys and values is not told";
    default:
        return "";
    }
}

/* ---- what a model takes ---- */

/* Models that only read a text and keep nothing of it. */
static bool keeps_nothing(const char *architecture)
{
    return strstr(architecture, "bert") || strcmp(architecture, "gemma-embedding") == 0;
}

static int head_size(const struct ollama_shape *s, int told)
{
    return told > 0 ? told : s->heads > 0 ? s->embedding / s->heads : 0;
}

/* Values of the keys and values of one layer for one token; NAN: not told. */
static double layer_values(const struct ollama_shape *s, int layer, int key, int value)
{
    if (s->heads_listed) {
        const int heads = s->listed_kv_heads[layer];
        return heads == 0 ? 0 : key > 0 ? (double)heads * (key + value) : NAN;
    }
    if (s->tensors && (s->recurrent || s->kv_heads < 0)) {
        const int k = s->key_width[layer], v = s->value_width[layer];
        return (double)k + (v > 0 ? v : k); /* a layer without values keeps its keys twice */
    }
    if (s->kv_heads == 0) {
        return 0;
    }
    const int heads = s->kv_heads > 0 ? s->kv_heads : s->heads;
    return heads > 0 && key > 0 ? (double)heads * (key + value) : NAN;
}

/* llama-hparams.cpp, n_embd_r() and n_embd_s(): what one layer keeps for one request. */
static double layer_state_values(const struct ollama_shape *s)
{
    const double embedding = s->embedding;
    const int taps = s->conv_kernel > 0 ? s->conv_kernel - 1 : 0;
    if (s->wkv_head_size > 0) {
        const int shifts = s->token_shift_count > 0 ? s->token_shift_count : 2;
        return embedding * shifts + embedding * s->wkv_head_size;
    }
    if (s->shortconv_cache > 0) {
        return embedding * (s->shortconv_cache - 1);
    }
    if (s->kda_head_size > 0) {
        const double inner = (double)s->heads * s->kda_head_size;
        return 3 * (taps > 0 ? taps : 3) * inner + inner * s->kda_head_size;
    }
    return taps * (s->inner_size + 2.0 * s->group_count * s->state_size) +
           (double)s->state_size * s->inner_size;
}

static enum fit_bound bound_of(const struct ollama_shape *s)
{
    if (s->recurrent) {
        return FIT_RECURRENT;
    }
    if (s->latent_rank > 0) {
        return FIT_LATENT;
    }
    if (s->sliding_window > 0 && (s->context == 0 || s->sliding_window < s->context)) {
        return FIT_SLIDING;
    }
    return s->kv_heads < 0 && !s->heads_listed && !s->tensors ? FIT_ALL_HEADS : FIT_EXACT;
}

void fit_model_of(const struct ollama_shape *shape, double size_bytes, struct fit_model *out)
{
    *out = (struct fit_model){.weight_bytes = size_bytes > 0 ? size_bytes : NAN};
    if (!shape) {
        return;
    }
    const int key = head_size(shape, shape->key_length);
    const int value = head_size(shape, shape->value_length);
    out->layers = shape->layers;
    out->context = shape->context;
    out->head_size = key;
    out->heads = shape->heads;
    out->embedding = shape->embedding;
    out->feed_forward = shape->feed_forward;
    if (keeps_nothing(shape->architecture)) {
        out->known = true;
        return;
    }
    for (int i = 0; i < shape->layers && i < OLLAMA_LAYERS_MAX; i++) {
        out->cache_values += layer_values(shape, i, key, value > 0 ? value : key);
    }
    out->known = isfinite(out->cache_values);
    out->bound = bound_of(shape);
    if (shape->recurrent) {
        out->state_bytes = STATE_VALUE_BYTES * shape->layers * layer_state_values(shape);
    }
}

static int64_t whole_blocks(int64_t tokens)
{
    return (tokens + CONTEXT_BLOCK - 1) / CONTEXT_BLOCK * CONTEXT_BLOCK;
}

double fit_model_cache_bytes(const struct fit_model *m, int64_t context_tokens, int parallel,
                             int cache)
{
    return parallel *
           ((double)whole_blocks(context_tokens) * m->cache_values * fit_cache_value_bytes(cache) +
            m->state_bytes);
}

bool fit_model_takes_cache(const struct fit_model *m, int cache)
{
    return cache < 0 || cache >= FIT_CACHE_COUNT || m->head_size % caches[cache].block == 0;
}

/* ---- what a machine has ---- */

void fit_place_of(const struct chip_machine *machine, const struct chip_answer *a,
                  double gpu_limit_bytes, double vram_bytes, struct fit_place *out)
{
    const double memory = fmin(machine->memory_bytes, machine->memory_limit_bytes);
    *out = (struct fit_place){
        .budget = fit_budget_of(machine, a, gpu_limit_bytes),
        .gpu = a->device != DEVICE_CPU,
        .more_bytes = NAN,
    };
    const bool card = a->device == DEVICE_CUDA || a->device == DEVICE_ROCM;
    if (card && !machine->card_shares_memory) {
        if (isfinite(vram_bytes) && vram_bytes > out->budget.bytes) {
            out->budget.bytes = vram_bytes;
            out->budget.what = "the memory of all cards";
        }
        out->more_bytes = memory * 3 / 4; /* as much as a machine without a card gives */
    } else if (out->gpu) {
        out->more_bytes = fmax(memory - out->budget.bytes, 0);
    } else {
        out->more_bytes = 0;
    }
}

/* Of the cards with memory of their own that models run on here: they hold a model together. */
static double all_cards(const struct model *m, enum chip_card card)
{
    const char *vendor = card == CARD_NVIDIA ? "nvidia" : card == CARD_AMD ? "amd" : "";
    double sum = 0, bytes = 0;
    for (uint32_t i = 0; i < m->gpu_count; i++) {
        const struct gpu_facts *f = &m->gpus[i].facts;
        if (strcmp(f->vendor, vendor) == 0 && !f->memory_is_shared && !f->integrated &&
            reading_get(&m->gpus[i].raw[METRIC_GPU_MEMORY_TOTAL], &bytes)) {
            sum += bytes;
        }
    }
    return sum > 0 ? sum : NAN;
}

void fit_place_here(const struct model *m, const struct chip_machine *machine,
                    const struct chip_answer *a, struct fit_place *out)
{
    double limit = NAN;
    (void)reading_get(&m->raw[METRIC_HOST_GPU_LIMIT], &limit);
    fit_place_of(machine, a, limit, all_cards(m, machine->card), out);
}

/* ---- whether it fits ---- */

const char *fit_verdict_name(int verdict)
{
    static const char *const names[FIT_VERDICT_COUNT] = {NULL, "whole", "part", "no"};
    return verdict >= 0 && verdict < FIT_VERDICT_COUNT ? names[verdict] : NULL;
}

/* The longest context whose cache `bytes` hold, for `parallel` requests at once. */
static int64_t longest(const struct fit_model *m, double bytes, int parallel, int cache)
{
    const int64_t most = m->context > 0 ? m->context : CONTEXT_MAX;
    const double token = m->cache_values * fit_cache_value_bytes(cache) * parallel;
    const double left = bytes - m->state_bytes * parallel;
    if (!(left >= 0)) {
        return 0;
    }
    if (!(token > 0) || left / token >= (double)whole_blocks(most)) {
        return most;
    }
    return (int64_t)(left / token) / CONTEXT_BLOCK * CONTEXT_BLOCK;
}

/* Of the layers, each with its share of the weights and of the cache, and the output as one more.
 */
static int layers_within(const struct fit_model *m, double need, double runtime, double budget)
{
    if (m->layers <= 0) {
        return -1;
    }
    const double one = (need - runtime) / (m->layers + 1);
    const double count = one > 0 ? floor((budget - runtime) / one) : 0;
    return (int)fmin(fmax(count, 0), m->layers);
}

void fit_model_judge(const struct fit_model *m, const struct fit_wish *wish,
                     const struct fit_place *place, struct fit_result *out)
{
    const int parallel = wish->parallel > 0 ? wish->parallel : 1;
    const int64_t context = m->context > 0 && wish->context_tokens > m->context
                                ? m->context
                                : wish->context_tokens;
    *out = (struct fit_result){
        .context_tokens = context,
        .cache_bytes = NAN,
        .need_bytes = NAN,
        .gpu_layers = -1,
        .cache_refused = !fit_model_takes_cache(m, wish->cache),
        .context_largest = -1,
        .context_alone = -1,
    };
    if (!m->known || !isfinite(fit_cache_value_bytes(wish->cache))) {
        return;
    }
    const double runtime = fit_runtime_bytes(m->weight_bytes), budget = place->budget.bytes;
    out->cache_bytes = fit_model_cache_bytes(m, context, parallel, wish->cache);
    out->need_bytes = m->weight_bytes + out->cache_bytes + runtime;
    if (!isfinite(out->need_bytes) || !isfinite(budget)) {
        return;
    }
    const double left = budget - m->weight_bytes - runtime;
    out->context_largest = longest(m, left, parallel, wish->cache);
    out->context_alone = longest(m, left, 1, wish->cache);
    if (out->need_bytes <= budget) {
        out->verdict = FIT_WHOLE;
        out->gpu_layers = place->gpu ? m->layers : 0;
        return;
    }
    out->cpu_bytes = out->need_bytes - budget;
    out->gpu_layers = place->gpu ? layers_within(m, out->need_bytes, runtime, budget) : 0;
    const bool held = place->gpu && !(out->cpu_bytes > place->more_bytes);
    out->verdict = held ? FIT_PART : FIT_NOT;
}

int64_t fit_ollama_context(const char *version, double gpu_bytes)
{
    enum { OLD = 2048, FIXED = 4096, MIDDLE = 32768, LARGE = 262144 };
    const bool told = setting_version_valid(version);
    if (told && setting_version_compare(version, "0.6.7") < 0) {
        return OLD;
    }
    if (told && setting_version_compare(version, "0.15.5") < 0) {
        return FIXED;
    }
    /* server/routes.go: a little less than 48 and 24 GiB. */
    return gpu_bytes >= 47 * 0x1p30 ? LARGE : gpu_bytes >= 23 * 0x1p30 ? MIDDLE : FIXED;
}
