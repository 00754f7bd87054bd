#include "tuning/fit.h"

#include <math.h>

/* Shapes as the config.json of each model has them (num_hidden_layers, num_key_value_heads,
 * head_dim); all of them attend over the whole context. */
static const struct fit_class classes[] = {
    {"1B", "Llama 3.2 1B", {1.24e9, 16, 8, 64}},
    {"3B", "Llama 3.2 3B", {3.21e9, 28, 8, 128}},
    {"4B", "Qwen3 4B", {4.02e9, 36, 8, 128}},
    {"8B", "Llama 3.1 8B", {8.03e9, 32, 8, 128}},
    {"14B", "Qwen3 14B", {14.8e9, 40, 8, 128}},
    {"32B", "Qwen3 32B", {32.8e9, 64, 8, 128}},
    {"70B", "Llama 3.1 70B", {70.6e9, 80, 8, 128}},
    {"123B", "Mistral Large 2", {122.6e9, 88, 8, 128}},
    {"405B", "Llama 3.1 405B", {405.9e9, 126, 8, 128}},
};
enum { CLASSES = sizeof classes / sizeof *classes };

/* Bits a weight, scales included, of llama.cpp's Q4_K_M, Q8_0 and F16 (tools/quantize/README.md,
 * Llama 3.1 8B). */
static const double weight_bits[FIT_WEIGHTS_COUNT] = {4.89, 8.5, 16};
static const char *const weights_names[FIT_WEIGHTS_COUNT] = {"q4", "q8", "f16"};

/* Buffers of the computation and the driver's own part: half to one GiB in the logs of llama.cpp's
 * server for models from 8B to 70B. */
static const double RUNTIME_BYTES = 0.75 * 0x1p30;
static const double F16_BYTES = 2;

double fit_kv_bytes(const struct fit_shape *shape, int64_t context_tokens, int parallel,
                    double bytes_per_value)
{
    return 2.0 * shape->layers * shape->kv_heads * shape->head_size * (double)context_tokens *
           parallel * bytes_per_value;
}

const char *fit_weights_name(int weights)
{
    return weights >= 0 && weights < FIT_WEIGHTS_COUNT ? weights_names[weights] : "";
}

double fit_weight_bytes(const struct fit_shape *shape, enum fit_weights weights)
{
    return shape->parameters * weight_bits[weights] / 8;
}

double fit_runtime_bytes(double weight_bytes)
{
    return fmin(weight_bytes, RUNTIME_BYTES);
}

double fit_total_bytes(const struct fit_shape *shape, enum fit_weights weights,
                       int64_t context_tokens)
{
    return fit_weight_bytes(shape, weights) + fit_kv_bytes(shape, context_tokens, 1, F16_BYTES) +
           RUNTIME_BYTES;
}

const struct fit_class *fit_classes(size_t *count)
{
    *count = CLASSES;
    return classes;
}

const struct fit_class *fit_largest(double bytes, enum fit_weights weights, int64_t context_tokens)
{
    for (size_t i = CLASSES; i-- > 0;) {
        if (fit_total_bytes(&classes[i].shape, weights, context_tokens) <= bytes) {
            return &classes[i];
        }
    }
    return NULL;
}

struct fit_budget fit_budget_of(const struct chip_machine *machine, const struct chip_answer *a,
                                double gpu_limit_bytes)
{
    const bool card = a->device == DEVICE_CUDA || a->device == DEVICE_ROCM;
    const double memory = isfinite(machine->memory_bytes)
                              ? fmin(machine->memory_bytes, isfinite(machine->memory_limit_bytes)
                                                                ? machine->memory_limit_bytes
                                                                : machine->memory_bytes)
                              : NAN;
    if (card && !machine->card_shares_memory) {
        return (struct fit_budget){machine->vram_bytes, false,
                                   machine->card_count > 1 ? "the largest card's memory"
                                                           : "the card's memory"};
    }
    if (a->device == DEVICE_MPS) {
        if (isfinite(gpu_limit_bytes) && gpu_limit_bytes > 0) {
            return (struct fit_budget){gpu_limit_bytes, false, "what the GPU may take"};
        }
        /* What macOS up to 15 gives the GPU; later versions give more. */
        return (struct fit_budget){memory * (a->memory_gb > 32 ? 3.0 / 4 : 2.0 / 3), true,
                                   "what macOS lets the GPU take at least"};
    }
    if (a->device == DEVICE_ROCM) {
        return (struct fit_budget){memory / 2, true, "what Linux lets such a GPU take"};
    }
    return (struct fit_budget){memory * 3 / 4, true, "three quarters of the memory"};
}
