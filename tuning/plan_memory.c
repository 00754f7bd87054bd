/*
 * What the loaded models hold with the plan, against what they hold now; where none is loaded, the
 * largest that is installed. And what each setting alone costs.
 *
 * An estimate that is more than 15 % off what a server says of a loaded model is not shown: it
 * would not be better for the settings of the plan.
 */
#include <math.h>
#include <string.h>

#include "tuning/plan_edits.h"

static const double GIB = 0x1p30, MIB = 0x1p20;
static const double OFF_AT_MOST = 0.15;

enum knob { CONTEXT, PARALLEL, CACHE, FLASH, KNOB_COUNT };
static const char *const knobs[KNOB_COUNT] = {"OLLAMA_CONTEXT_LENGTH", "OLLAMA_NUM_PARALLEL",
                                              "OLLAMA_KV_CACHE_TYPE", "OLLAMA_FLASH_ATTENTION"};
static const char not_computed[] = "computed only for the context, the requests at once, the type "
                                   "of the cache and flash attention of Ollama";

struct values { /* of the variables of a server */
    const char *of[KNOB_COUNT];
};
struct member { /* a server of the plan */
    const struct plan_place *place;
    const struct plan_server *server;
    enum fit_pool_kind pool;
    struct values now, then;
};
struct members {
    struct planner *p;
    struct member of[PLAN_PLACES];
    size_t count;
};

static int knob_of(const struct plan_change *c)
{
    int i = 0;

    while (i < KNOB_COUNT && strcmp(knobs[i], c->name ? c->name : c->setting) != 0) {
        i++;
    }
    return i;
}

/* ---------------------------------------------------------------- the servers */

static const struct plan_server *server_of(const struct plan_models *models,
                                           const struct plan_place *place)
{
    for (size_t i = 0; i < models->server_count; i++) {
        if (strcmp(models->servers[i].service, place->service) == 0) {
            return &models->servers[i];
        }
    }
    return NULL;
}

/* What its process has, and what it has when it was started with the new files. */
static void find_values(struct planner *p, struct member *m)
{
    const struct plan_server *s = m->server;
    const char *process[KNOB_COUNT] = {s->context, s->parallel, s->cache, s->flash};

    for (int i = 0; i < KNOB_COUNT; i++) {
        const char *file = planner_in_file(p, m->place, knobs[i]);

        m->now.of[i] = s->readable ? process[i] : file ? file : "";
        m->then.of[i] = file ? file : m->now.of[i];
    }
    for (size_t i = 0; i < p->out->change_count; i++) {
        const struct plan_change *c = &p->out->changes[i];
        const int knob = knob_of(c);

        if (knob < KNOB_COUNT && strcmp(c->service, m->place->service) == 0) {
            m->then.of[knob] = c->to ? c->to : "";
        }
    }
}

static void find_members(struct planner *p, struct members *out)
{
    const struct plan_models *models = p->in->models;

    for (size_t i = 0; i < p->in->place_count; i++) {
        const struct plan_place *place = &p->in->places[i];

        if (place->kind != PROFILE_OLLAMA || !planner_takes(p->wish, place)) {
            continue;
        }
        struct member *m = &out->of[out->count++];
        *m = (struct member){.place = place, .server = server_of(models, place)};
        m->pool = models->place.gpu && place->host.query.place == SETTING_MAC_CONTAINER
                      ? FIT_POOL_VM
                      : models->pool.kind;
        if (m->server && !*m->server->why) {
            find_values(p, m);
        }
    }
}

/* ---------------------------------------------------------------- one model */

static bool is_of(const struct fit_row *row, const struct member *m)
{
    return strcmp(row->service, m->place->service) == 0 && !row->is.remote;
}

static void wish_of(const struct planner *p, const struct member *m, const struct fit_row *row,
                    const struct values *v, struct fit_wish *out)
{
    const struct fit_place none = {.budget = {.bytes = NAN}};
    const struct fit_server server = {.name = m->server->service,
                                      .version = m->server->version,
                                      .context = v->of[CONTEXT],
                                      .parallel = v->of[PARALLEL],
                                      .cache = v->of[CACHE]};

    fit_wish_again(&server, row, m->pool == FIT_POOL_VM ? &none : &p->in->models->place, out);
}

/* A loaded model whose context a request named keeps that, whatever its server is set to. */
static int64_t context_of(const struct planner *p, const struct member *m,
                          const struct fit_row *row, const struct fit_wish *w)
{
    struct fit_wish now;

    if (!row->loaded || !(row->loaded_context > 0)) {
        return w->context_tokens;
    }
    const int64_t loaded = (int64_t)row->loaded_context;
    wish_of(p, m, row, &m->now, &now);
    const int64_t most = row->model.context > 0 ? row->model.context : INT64_MAX;
    const int64_t set = now.context_tokens < most ? now.context_tokens : most;
    const bool named = m->server->readable && set != loaded;
    return named || w->context_tokens == now.context_tokens ? loaded : w->context_tokens;
}

static struct fit_held held_with(const struct planner *p, const struct member *m,
                                 const struct fit_row *row, const struct values *v)
{
    const struct fit_pool *here = &p->in->models->pool;
    const struct fit_pool unknown = {.kind = FIT_POOL_VM, .total_bytes = NAN, .now_bytes = NAN};
    const struct fit_pool *pool = m->pool == FIT_POOL_VM ? &unknown : here;
    struct fit_load load = {
        .flash_off = fit_flash_off(v->of[FLASH]), .version = m->server->version, .pool = pool};
    struct fit_held held;

    wish_of(p, m, row, v, &load.wish);
    load.wish.context_tokens = context_of(p, m, row, &load.wish);
    load.free_bytes = pool->total_bytes - pool->now_bytes +
                      (row->loaded && isfinite(row->loaded_bytes) ? row->loaded_bytes : 0);
    fit_held_of(&row->model, &load, &held);
    return held;
}

/* ---------------------------------------------------------------- a pool */

struct sum { /* what is summed for a pool */
    struct members *all;
    struct plan_memory *out;
    enum fit_pool_kind kind;
    const struct fit_row *only; /* none is loaded: the largest; NULL: those that are */
};

static bool is_counted(const struct sum *s, const struct fit_row *row, const struct member *m)
{
    return m->pool == s->kind && is_of(row, m) && (s->only ? row == s->only : row->loaded);
}

static void set_why(struct plan_memory *out, const char *why)
{
    out->why = out->why ? out->why : why;
    out->before_bytes = out->after_bytes = out->then_bytes = NAN;
}

/* What the server says of a loaded model, against what is computed for it. */
static void check(struct sum *s, const struct fit_row *row, double computed)
{
    struct arena *arena = &s->all->p->out->arena;
    const double told = row->loaded_bytes;

    if (!row->loaded || !isfinite(told)) {
        return;
    }
    if (s->kind == FIT_POOL_GPU && row->loaded_gpu_bytes < told - MIB) {
        set_why(s->out, arena_printf(arena,
                                     "part of %s stays on the CPU: how much of a change the GPU "
                                     "takes is not known",
                                     row->is.name));
    } else if (row->model.bound == FIT_EXACT && fabs(computed - told) > OFF_AT_MOST * told) {
        set_why(s->out, arena_printf(arena,
                                     "what is computed for %s, %.1f GiB, is too far off what its "
                                     "server says, %.1f GiB",
                                     row->is.name, computed / GIB, told / GIB));
    }
}

static void add_name(struct arena *arena, struct plan_memory *out, const char *name, size_t nth)
{
    enum { NAMED = 2 };

    if (nth < NAMED) {
        out->model = nth ? arena_printf(arena, "%s and %s", out->model, name) : name;
    } else if (nth == NAMED) {
        out->model = arena_printf(arena, "%s and others", out->model);
    }
}

static size_t add_row(struct sum *s, const struct fit_row *row, const struct member *m, size_t nth)
{
    struct plan_memory *out = s->out;
    const struct fit_held before = held_with(s->all->p, m, row, &m->now);
    const struct fit_held after = held_with(s->all->p, m, row, &m->then);
    const char *why = before.why ? before.why : after.why;

    add_name(&s->all->p->out->arena, out, row->is.name, nth);
    if (why) {
        set_why(out, arena_printf(&s->all->p->out->arena, "%s: %s", row->is.name, why));
        return nth + 1;
    }
    out->before_bytes += before.bytes;
    out->after_bytes += after.bytes;
    check(s, row, before.bytes);
    if (row->model.bound != FIT_EXACT && row->loaded && after.bytes < before.bytes) {
        set_why(out, arena_printf(&s->all->p->out->arena, "%s: how much less is not known, %s",
                                  row->is.name, fit_bound_clause((int)row->model.bound)));
    }
    out->at_most = out->at_most ||
                   (row->model.bound != FIT_EXACT && (!row->loaded || after.bytes != before.bytes));
    return nth + 1;
}

static size_t add_rows(struct sum *s)
{
    const struct fit_list *list = s->all->p->in->models->list;
    size_t count = 0;

    for (size_t i = 0; i < s->all->count; i++) {
        for (size_t k = 0; k < list->count; k++) {
            if (is_counted(s, &list->rows[k], &s->all->of[i])) {
                count = add_row(s, &list->rows[k], &s->all->of[i], count);
            }
        }
    }
    return count;
}

/* Why the models of a server are not known; NULL: they are. */
static const char *unknown_why(struct sum *s)
{
    const struct planner *p = s->all->p;

    for (size_t i = 0; i < s->all->count; i++) {
        const struct member *m = &s->all->of[i];

        if (m->pool != s->kind) {
            continue;
        }
        if (!m->server || *m->server->why) {
            return arena_printf(&p->out->arena, "which models are installed is not known: %s",
                                m->server             ? m->server->why
                                : *p->in->models->why ? p->in->models->why
                                                      : "no server of that name runs here");
        }
        if (m->server->others_loaded) {
            return arena_printf(&p->out->arena, "%s has a model loaded that it does not list",
                                m->server->service);
        }
    }
    return NULL;
}

static void find_rows(struct sum *s)
{
    const struct fit_list *list = s->all->p->in->models->list;

    for (size_t i = 0; i < s->all->count; i++) {
        for (size_t k = 0; k < list->count; k++) {
            const struct fit_row *row = &list->rows[k];

            if (s->all->of[i].pool != s->kind || !is_of(row, &s->all->of[i])) {
                continue;
            }
            s->out->loaded = s->out->loaded || row->loaded;
            if (isfinite(row->is.size_bytes) &&
                (!s->only || row->is.size_bytes > s->only->is.size_bytes)) {
                s->only = row;
            }
        }
    }
    s->only = s->out->loaded ? NULL : s->only;
}

static void start(struct sum *s)
{
    const struct fit_pool *pool = &s->all->p->in->models->pool;

    *s->out = (struct plan_memory){.pool = (int)s->kind, .then_bytes = NAN};
    if (s->kind == FIT_POOL_VM) {
        s->out->total_bytes = s->out->now_bytes = NAN;
        s->out->now_why = "the engine does not tell what its virtual machine has in use";
    } else {
        s->out->total_bytes = pool->total_bytes;
        s->out->total_estimated = pool->total_estimated;
        s->out->now_bytes = pool->now_bytes;
        s->out->now_why = pool->now_why;
    }
}

static void sum_pool(struct sum *s)
{
    struct arena *arena = &s->all->p->out->arena;
    struct plan_memory *out = s->out;

    start(s);
    const char *why = unknown_why(s);
    if (!why) {
        find_rows(s);
        why = add_rows(s) ? NULL : "no model is installed";
    }
    if (why) {
        set_why(out, why);
    }
    if (out->why) {
        set_why(out, out->why);
        return;
    }
    out->then_bytes = out->loaded ? out->now_bytes + out->after_bytes - out->before_bytes : NAN;
    out->basis = out->loaded
                     ? arena_printf(arena,
                                    "what is in use now is measured; computed is what %s will "
                                    "hold more or less: weights, cache and buffers",
                                    out->model)
                     : arena_printf(arena,
                                    "no model is loaded: computed is what %s would hold, the "
                                    "largest that is installed: weights, cache and buffers",
                                    out->model);
}

/* ---------------------------------------------------------------- costs */

static void cost_of(struct sum *s, const struct member *m, struct plan_change *c, int knob)
{
    const struct fit_list *list = s->all->p->in->models->list;
    struct values v = m->now;
    double cost = 0;
    size_t rows = 0;

    v.of[knob] = c->to ? c->to : "";
    c->cost_why = s->out->why;
    for (size_t i = 0; i < list->count && !c->cost_why; i++) {
        const struct fit_row *row = &list->rows[i];

        if (!is_counted(s, row, m)) {
            continue;
        }
        const struct fit_held before = held_with(s->all->p, m, row, &m->now);
        const struct fit_held after = held_with(s->all->p, m, row, &v);
        rows++;
        c->cost_why = after.why                       ? after.why
                      : row->model.bound != FIT_EXACT ? fit_bound_clause((int)row->model.bound)
                                                      : NULL;
        cost += after.bytes - before.bytes;
    }
    if (rows == 0 && !c->cost_why) {
        c->cost_why = "no model of this server is loaded";
    }
    c->cost_bytes = c->cost_why ? (double)NAN : cost;
}

static void add_costs(struct sum *s)
{
    struct plan *out = s->all->p->out;

    for (size_t i = 0; i < out->change_count; i++) {
        const int knob = knob_of(&out->changes[i]);

        for (size_t k = 0; k < s->all->count && knob < KNOB_COUNT; k++) {
            const struct member *m = &s->all->of[k];

            if (m->pool == s->kind && strcmp(m->place->service, out->changes[i].service) == 0) {
                cost_of(s, m, &out->changes[i], knob);
            }
        }
    }
}

void planner_memory(struct planner *p)
{
    struct plan *out = p->out;
    struct members all = {.p = p};

    for (size_t i = 0; i < out->change_count; i++) {
        out->changes[i].cost_bytes = NAN;
        out->changes[i].cost_why = not_computed;
    }
    if (!p->in->models || !p->in->models->list) {
        out->memory_why = "no server was asked for its models";
        return;
    }
    find_members(p, &all);
    if (all.count == 0) {
        out->memory_why = "no Ollama is part of the plan";
        return;
    }
    out->memory = arena_calloc(&out->arena, FIT_POOL_COUNT, sizeof *out->memory);
    for (int kind = 0; kind < FIT_POOL_COUNT; kind++) {
        bool any = false;

        for (size_t i = 0; i < all.count; i++) {
            any = any || (int)all.of[i].pool == kind;
        }
        if (any) {
            struct sum s = {.all = &all,
                            .out = &out->memory[out->memory_count++],
                            .kind = (enum fit_pool_kind)kind};
            sum_pool(&s);
            add_costs(&s);
        }
    }
}
