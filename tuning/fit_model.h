/*
 * Does an installed model fit: its weights and its cache of keys and values at the context and the
 * number of requests at once that are wanted, against what the GPU (or the memory) may take; the
 * longest context that fits, and how much would stay on the CPU. Pure.
 *
 *     fit_model_of(&shape, size_bytes, &m);            what a model takes (unknown stays unknown)
 *     fit_place_of(&machine, &answer, gpu_limit, &p);  what a machine has for it
 *     fit_model_judge(&m, &wish, &p, &out);
 *
 * The cache is exact for attention over the whole context, with fewer heads for keys and values
 * than for questions too. It is an upper bound, and marked as one, where layers look back over a
 * window only, keep a compressed form, or keep a state instead.
 */
#ifndef TUNING_FIT_MODEL_H
#define TUNING_FIT_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "sampling/service/ollama_model.h"
#include "tuning/fit.h"

/* What a value of the cache takes: the words of OLLAMA_KV_CACHE_TYPE. Rows of q8_0 and the others
 * that are smaller than 2 bytes are made of blocks of 32. */
enum fit_cache {
    FIT_CACHE_F16,
    FIT_CACHE_BF16,
    FIT_CACHE_F32,
    FIT_CACHE_Q8_0,
    FIT_CACHE_Q5_1,
    FIT_CACHE_Q5_0,
    FIT_CACHE_Q4_1,
    FIT_CACHE_Q4_0,
    FIT_CACHE_IQ4_NL,
    FIT_CACHE_COUNT
};
const char *fit_cache_name(int cache);   /* "q8_0" */
double fit_cache_value_bytes(int cache); /* 34.0 / 32 */
int fit_cache_of(const char *name);      /* "" is f16, case ignored; -1: no such type */

enum fit_bound {
    FIT_EXACT,
    FIT_SLIDING,   /* some layers look back over a window only; all are counted whole */
    FIT_LATENT,    /* keys and values are kept compressed by newer runners */
    FIT_RECURRENT, /* some layers keep a state instead; its size is counted for all of them */
    FIT_ALL_HEADS, /* how many heads have keys and values is not told: all are counted */
};
/* Why the cache is an upper bound, as a clause; "" for FIT_EXACT. */
const char *fit_bound_clause(int bound);

struct fit_model {
    bool known;                         /* what the cache takes is */
    double weight_bytes;                /* NAN: unknown */
    double cache_values;                /* of keys and values, for one token, in all layers */
    double state_bytes;                 /* of one request, whatever its context */
    int layers;                         /* 0: unknown */
    int head_size;                      /* of keys; 0: unknown */
    int heads, embedding, feed_forward; /* 0: not told */
    int64_t context;                    /* that it was trained for; 0: unknown */
    enum fit_bound bound;
};
/* shape NULL: only the size on disk is known. */
void fit_model_of(const struct ollama_shape *shape, double size_bytes, struct fit_model *out);
/* Keys and values of `parallel` requests at once, each with its context, and their states. */
double fit_model_cache_bytes(const struct fit_model *m, int64_t context_tokens, int parallel,
                             int cache);
/* Whether the runner takes this type for the cache: heads must be whole blocks. */
bool fit_model_takes_cache(const struct fit_model *m, int cache);

struct fit_place {
    struct fit_budget budget;
    bool gpu;          /* the budget is a GPU's: what it does not hold stays on the CPU */
    double more_bytes; /* that the CPU has beside it; NAN: unknown */
};
/* vram_bytes: of all cards that a model can be spread over, NAN: only the largest is known. */
void fit_place_of(const struct chip_machine *machine, const struct chip_answer *a,
                  double gpu_limit_bytes, double vram_bytes, struct fit_place *out);

/* The same of the machine that a model tells of. */
void fit_place_here(const struct model *m, const struct chip_machine *machine,
                    const struct chip_answer *a, struct fit_place *out);

struct fit_wish {
    int64_t context_tokens; /* of each request; above what the model was trained for it is that */
    int parallel;
    int cache; /* enum fit_cache */
};
enum fit_verdict {
    FIT_UNKNOWN, /* its shape, its size or the budget is not known */
    FIT_WHOLE,
    FIT_PART, /* some of it stays on the CPU, which is slow */
    FIT_NOT,  /* not even then */
    FIT_VERDICT_COUNT
};
const char *fit_verdict_name(int verdict); /* "whole", "part", "no"; NULL for FIT_UNKNOWN */

struct fit_result {
    enum fit_verdict verdict;
    int64_t context_tokens;         /* that was judged */
    double cache_bytes, need_bytes; /* NAN: unknown */
    double cpu_bytes;   /* of need_bytes what the GPU does not hold; 0 when it holds all */
    int gpu_layers;     /* about how many it holds; -1: unknown */
    bool cache_refused; /* the runner does not take this type of cache for this model */
    /* The longest context of each request at the wanted number at once, and of one alone, in whole
     * blocks of 256, at most what it was trained for; 0: none fits, -1: unknown. */
    int64_t context_largest, context_alone;
};
void fit_model_judge(const struct fit_model *m, const struct fit_wish *wish,
                     const struct fit_place *place, struct fit_result *out);

/* The context that Ollama takes when nobody names one: by version, and since 0.15.5 by the memory
 * of its GPUs (0: it has none). version "" is the newest. */
int64_t fit_ollama_context(const char *version, double gpu_bytes);

#endif
