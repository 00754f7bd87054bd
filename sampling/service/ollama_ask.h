/*
 * Asks a running Ollama which models are installed and what each is like: once, for a command, and
 * until a deadline. It loads no model and changes nothing; the server reads the head of each file.
 *
 * Caller owned: ollama_models_ask() fills, ollama_models_release() ends it, in any case.
 */
#ifndef SAMPLING_SERVICE_OLLAMA_ASK_H
#define SAMPLING_SERVICE_OLLAMA_ASK_H

#include <stdint.h>

#include "sampling/service/ollama_model.h"

struct ollama_asked {
    struct ollama_installed is;
    struct ollama_shape *shape; /* NULL: not told */
    char why[96];               /* it was not told; "" */
};
struct ollama_models {
    struct ollama_asked *list; /* newest first, as the server lists them */
    size_t count, left_out;
};

/* url: "http://127.0.0.1:11434". token may be NULL. deadline_ns is on the monotonic clock: models
 * that were not told until then are without a shape and say so. 0, or an error when not even the
 * list came. */
int ollama_models_ask(const char *url, const char *token, int64_t deadline_ns,
                      struct ollama_models *out, struct err *err);
void ollama_models_release(struct ollama_models *m); /* accepts a zeroed one */

#endif
