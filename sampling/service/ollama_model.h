/*
 * What Ollama tells of the models that are installed: the list (/api/tags) and the shape of one
 * (/api/show). Parsers only, pure; who asks, and when, is the caller's business. Neither question
 * loads a model: the second one reads the head of its file.
 *
 * Arrays of a model's head come as null (Ollama leaves them out unless it is asked for all of them,
 * which is megabytes); the shapes of the tensors come always, so that what each layer keeps is
 * taken from there.
 */
#ifndef SAMPLING_SERVICE_OLLAMA_MODEL_H
#define SAMPLING_SERVICE_OLLAMA_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    OLLAMA_LAYERS_MAX = 512, /* the largest published model has 126 */
    OLLAMA_INSTALLED_MAX = 256,
    /* Of an answer of /api/show: names and shapes of 2,000 tensors are 200 KB, a licence 30 KB. */
    OLLAMA_SHOW_BYTES = 2 * 1024 * 1024,
};

/* Numbers of a model's head: 0 where it does not tell, kv_heads -1. */
struct ollama_shape {
    char architecture[48];
    double parameters;           /* NAN: not told */
    int64_t context, vocabulary; /* tokens that it was trained for; entries */
    int64_t own_context;         /* num_ctx of its Modelfile: beats the server's setting */
    bool completes;              /* it makes text; else it only reads */
    int layers, heads, kv_heads, embedding, feed_forward, key_length, value_length;
    /* Per layer; of as many as `layers` says. */
    bool heads_listed; /* head_count_kv is a list, and was told */
    int listed_kv_heads[OLLAMA_LAYERS_MAX];
    bool tensors;                     /* widths of keys and values were told, below */
    int key_width[OLLAMA_LAYERS_MAX]; /* 0: the layer has none */
    int value_width[OLLAMA_LAYERS_MAX];
    /* What makes it differ from attention over the whole context. */
    int sliding_window, latent_rank;
    bool recurrent; /* some of its layers keep a state instead of keys and values */
    int conv_kernel, inner_size, state_size, group_count; /* ssm.* */
    int wkv_head_size, shortconv_cache, kda_head_size, token_shift_count;
};

struct ollama_installed {
    char name[128], digest[72], format[16], quantization[32], parameter_size[32];
    double size_bytes; /* on disk; NAN: not told */
    int64_t context;   /* 0: not told here */
    bool remote;       /* runs elsewhere: there is nothing of it on this machine */
};

/* The list, in the order in which it came (newest first). Names and texts are clean. *count is how
 * many were stored, *left_out how many had no room. -ERR_PARSE: it is no such list. */
int ollama_parse_tags(const char *body, size_t size, struct ollama_installed *out, size_t max,
                      size_t *count, size_t *left_out, struct err *err);
/* -ERR_PARSE: there is no shape in the answer (a model of another format, an error). */
int ollama_parse_show(const char *body, size_t size, struct ollama_shape *out, struct err *err);

#endif
