/*
 * Models that were loaded before a restart, and those of a service's `preload:`, are loaded again:
 * who uses the service finds it as it was, and a runner that started with the new settings is how
 * context, parallelism and flash attention are verified. Ollama only: ComfyUI loads by itself what
 * its next prompt needs.
 */
#ifndef TUNING_APPLY_WARM_H
#define TUNING_APPLY_WARM_H

#include "base/arena.h"
#include "sampling/sample.h"
#include "tuning/control/control.h"

struct warm_model {
    const char *name;
    int64_t context;        /* that it was loaded with; 0 not known */
    bool keep_loaded;       /* for ever */
    int64_t unload_wall_ns; /* when it would be unloaded; 0 not known */
};
struct warm_list {
    struct warm_model *of;
    size_t count;
};

/* What the server's own defaults decide, because the plan changes them; else a model comes back as
 * it was. */
struct warm_defaults {
    bool context, keep_alive;
    /* The type of the cache or flash attention is another one: each model has to give an answer.
     * Before 0.30 a model loads with a cache that it cannot have, and its runner ends with the
     * first request. */
    bool prove;
};

/* Texts are copied into the arena. before may be NULL; preload: names, may be empty. */
void warm_list_of(const struct service_facts *before, const char *const *preload,
                  size_t preload_count, struct arena *arena, struct warm_list *out);
/* One after the other, each until its own deadline. Errors: the first that did not load, with the
 * server's reason; the others are tried all the same. */
int warm_load(const struct control_world *w, const char *url, const char *token,
              const struct warm_list *list, const struct warm_defaults *defaults, bool may_stop,
              struct err *err);

#endif
