/*
 * The installed models of the servers of a machine, each with what it takes and whether it fits at
 * the settings that its server has. Pure: the answers and the settings are handed in.
 *
 * Caller owned: zero-initialise, fit_list_add() for each server, fit_list_release().
 */
#ifndef TUNING_FIT_LIST_H
#define TUNING_FIT_LIST_H

#include "sampling/service/ollama_ask.h"
#include "tuning/fit_model.h"

/* What a server is set to, as its own process has it; "" also where that is not readable. */
struct fit_server {
    const char *name;                       /* "ollama" */
    const char *version;                    /* "" unknown: taken for the newest */
    const char *context, *parallel, *cache; /* values of its variables; "" not set */
};
struct fit_row {
    char service[48];
    struct ollama_installed is;
    char architecture[48]; /* "" unknown */
    char why[96];          /* nothing is known of its shape; "" */
    struct fit_model model;
    struct fit_wish wish; /* of this model at this server */
    int64_t own_context;  /* num_ctx of its Modelfile: beats the server's setting; 0 none */
    bool alone;           /* one request at a time, whatever the server is set to */
    bool loaded;          /* now, with so many tokens of context a request; NAN: not told */
    double loaded_context;
    double loaded_bytes, loaded_gpu_bytes; /* that it holds then, as its server tells; NAN */
    struct fit_result result;
};
struct fit_list {
    struct fit_row *rows;
    size_t count, left_out;
};

/* The context, the requests at once and the cache that a server gives a model when a request does
 * not name them: what is set for it, else its own defaults. Values that it cannot read count as not
 * set, as it does itself. shape may be NULL. */
void fit_wish_of(const struct fit_server *server, const struct ollama_shape *shape,
                 const struct fit_place *place, struct fit_wish *out);
/* The same for a model that is in a list already. */
void fit_wish_again(const struct fit_server *server, const struct fit_row *row,
                    const struct fit_place *place, struct fit_wish *out);
void fit_list_add(struct fit_list *list, const struct fit_server *server,
                  const struct ollama_models *models, const struct fit_place *place);
void fit_list_release(struct fit_list *list); /* accepts a zeroed one */

#endif
