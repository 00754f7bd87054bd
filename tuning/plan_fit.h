/*
 * What a plan knows of the models that the Ollama servers have installed. Whoever makes the plan
 * asks for them (cli/installed_models) and hands them in; the planner itself stays pure. They are
 * observations: not they enter the hash of a plan, but what they clamp.
 */
#ifndef TUNING_PLAN_FIT_H
#define TUNING_PLAN_FIT_H

#include "sampling/config.h"
#include "tuning/fit_list.h"
#include "tuning/fit_memory.h"

struct plan_server {
    char service[48]; /* its name in tunetop.yaml */
    char version[48];
    char why[224]; /* which models it has is not known; "" it is */
    bool readable; /* what its process is set to is: */
    char context[32], parallel[32], cache[32], flash[32]; /* values of its variables; "" not set */
    bool others_loaded;                                   /* models that its list does not have */
};

enum { PLAN_SERVERS = CONFIG_SERVICES };
struct plan_models {
    struct fit_place place; /* what the machine has for a model */
    struct fit_pool pool;   /* where models are held, and what is in use of it now */
    struct plan_server servers[PLAN_SERVERS];
    size_t server_count;
    const struct fit_list *list; /* rows of the servers that told theirs, by name */
    char why[224];               /* nobody was asked, or nobody is there; "" */
};

#endif
