/*
 * How much memory a loaded model holds at the settings of its server, as the server itself counts
 * it: weights, cache of keys and values, and the buffers of the computation. And what that memory
 * is taken from: the pool. Pure.
 *
 * fit_model_judge() asks whether a model fits and adds what a driver may need at most; this asks
 * what will be held, and is held against what a server says of the models that it has loaded.
 */
#ifndef TUNING_FIT_MEMORY_H
#define TUNING_FIT_MEMORY_H

#include "tuning/fit_model.h"

/* What models are held in. */
enum fit_pool_kind {
    FIT_POOL_MEMORY, /* of the machine: nothing else, or a GPU that takes from it without a limit */
    FIT_POOL_GPU,    /* of cards of their own, or what macOS lets its GPU take */
    FIT_POOL_VM,     /* of the virtual machine that containers run in on a Mac */
    FIT_POOL_COUNT
};
const char *fit_pool_name(int kind);  /* "gpu": for JSON */
const char *fit_pool_label(int kind); /* "GPU memory" */

struct fit_pool {
    enum fit_pool_kind kind;
    double total_bytes, now_bytes; /* in use now, measured; NAN: not known */
    bool total_estimated;
    bool cuda;           /* its cards compute by CUDA */
    const char *now_why; /* why it is not known; static, NULL: it is */
};
void fit_pool_here(const struct model *m, const struct chip_machine *machine,
                   const struct chip_answer *a, const struct fit_place *place,
                   struct fit_pool *out);

/* OLLAMA_FLASH_ATTENTION as Ollama reads it: only what Go's ParseBool takes for false is. Not set,
 * it is on where the device can, which all of today's can. */
bool fit_flash_off(const char *value);

struct fit_held {
    double bytes;    /* NAN: not known, */
    const char *why; /* and why; static */
};
struct fit_load {
    struct fit_wish wish;
    bool flash_off;
    const char *version; /* of the server; "" unknown: taken for the newest */
    const struct fit_pool *pool;
    double free_bytes; /* of the pool, without this model; NAN: not known */
};
/* Before 0.30 Ollama computed in another way, which is not known here. */
void fit_held_of(const struct fit_model *m, const struct fit_load *load, struct fit_held *out);

/* Tokens that are computed at once (-ub): Ollama takes more for long contexts, where that fits. */
int fit_batch(int64_t context_tokens_of_all, double predicted_bytes, double free_bytes,
              bool flash_off_on_cuda, double total_bytes);

#endif
