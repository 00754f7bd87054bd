/*
 * The processes in which Ollama holds its models: their arguments are what a tuning came to.
 */
#include <string.h>

#include "base/number.h"
#include "sampling/service/service.h"
#include "tuning/evidence/evidence_part.h"

enum { VALUE_BYTES = 64 };

void evidence_gather_runners(const struct evidence_of *of, struct evidence *e)
{
    size_t count;

    if (e->no_process || !of->processes || of->facts->kind != SERVICE_OLLAMA) {
        return;
    }
    const struct process *p = process_table_list(of->processes, &count);
    for (size_t i = 0; i < count && e->runner_count < EVIDENCE_RUNNERS; i++) {
        if (p[i].ppid == e->pid && service_ollama.is_runner(p[i].argv)) {
            e->runners[e->runner_count++] = arena_strdup(&e->arena, p[i].argv);
        }
    }
}

/* ---------------------------------------------------------------- reading */

/* What Ollama passes on, and under which flag. `server`: it is the server's own for each model;
 * the others a client or the kind of the model changes. */
static const struct passed {
    const char *variable, *flag;
    bool server;
} passed[] = {
    {"OLLAMA_NUM_PARALLEL", "-np", false},
    {"OLLAMA_CONTEXT_LENGTH", "-c", false},
    {"OLLAMA_FLASH_ATTENTION", "--flash-attn", true},
    {"OLLAMA_KV_CACHE_TYPE", "--cache-type-k", true},
    {"LLAMA_ARG_THREADS", "-t", false},
    {"LLAMA_ARG_N_GPU_LAYERS", "-ngl", false},
    {"LLAMA_ARG_LOAD_MODE", "--load-mode", false},
};

/* In the words of the variable; false: the runner does not tell it. *out NULL: not set. */
static bool value_of(const char *argv, const struct passed *p, struct arena *arena,
                     const char **out)
{
    char value[VALUE_BYTES], slots[VALUE_BYTES];
    uint64_t context, parallel;

    /* Only llama-server is told everything by its arguments; an engine of its own is not. */
    if (!service_argument(argv, "-np", slots, sizeof slots)) {
        return false;
    }
    const bool there = service_argument(argv, p->flag, value, sizeof value) != NULL;
    *out = there ? arena_strdup(arena, value) : NULL;
    if (strcmp(p->flag, "-c") == 0) { /* of all slots together */
        if (!there || number_u64(value, strlen(value), 10, &context) < 0 ||
            number_u64(slots, strlen(slots), 10, &parallel) < 0 || parallel == 0) {
            return false;
        }
        *out = arena_printf(arena, "%llu", (unsigned long long)(context / parallel));
    } else if (strcmp(p->flag, "--flash-attn") == 0) {
        if (!there || strcmp(value, "auto") == 0) {
            *out = NULL;
        } else {
            *out = strcmp(value, "on") == 0 ? "1" : strcmp(value, "off") == 0 ? "0" : *out;
        }
    } else if (strcmp(p->flag, "--cache-type-k") == 0) {
        char v[VALUE_BYTES];

        /* Both or none. */
        return !there ||
               (service_argument(argv, "--cache-type-v", v, sizeof v) && strcmp(v, value) == 0);
    } else if (!there) {
        return false; /* it is inherited with the environment, and not told here */
    }
    return true;
}

bool evidence_runner_value(struct evidence *e, const char *name, struct evidence_value *out)
{
    const struct passed *p = NULL;
    bool told = false;

    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
        p = strcmp(passed[i].variable, name) == 0 ? &passed[i] : p;
    }
    for (size_t i = 0; p && i < e->runner_count; i++) {
        const char *value;

        if (!value_of(e->runners[i], p, &e->arena, &value)) {
            continue;
        }
        if (told && (!value != !out->value || (value && strcmp(value, out->value) != 0))) {
            return false; /* they differ: none of them tells what the server was told */
        }
        *out = (struct evidence_value){
            .known = true, .value = value, .via = EVIDENCE_RUNNER, .weak = !p->server};
        told = true;
    }
    return told;
}
