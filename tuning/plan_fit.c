/*
 * The models that are installed: does each fit with what the plan writes, and is its context as
 * long as it was.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "tuning/plan_edits.h"

static const double MIB = 1024.0 * 1024, GIB = 1024.0 * 1024 * 1024;

/* Names of models in a sentence; the rest is counted. */
enum { NAMES_MAX = 3, CLAUSE_BYTES = 256 };

/* What decides how much a model takes at one server. */
enum knob { CONTEXT, PARALLEL, CACHE, KNOB_COUNT };
static const char *const knobs[KNOB_COUNT] = {"OLLAMA_CONTEXT_LENGTH", "OLLAMA_NUM_PARALLEL",
                                              "OLLAMA_KV_CACHE_TYPE"};

static const char fit_target[] = "LLAMA_ARG_FIT_TARGET";

static int knob_of(const char *name)
{
    int i = 0;

    while (i < KNOB_COUNT && strcmp(knobs[i], name) != 0) {
        i++;
    }
    return i;
}

/* ---------------------------------------------------------------- warnings */

void planner_warn(struct planner *p, const struct plan_place *place, const char *setting,
                  const char *text)
{
    struct plan *out = p->out;

    out->warnings = planner_grow(&out->arena, out->warnings, out->warning_count,
                                 &p->warning_capacity, sizeof *out->warnings);
    out->warnings[out->warning_count++] = (struct plan_warning){
        .service = place->service,
        .setting = setting ? setting : "",
        .text = arena_strdup(&out->arena, text)};
}

/* "a, b, c and 3 more" */
struct names {
    const char *list;
    size_t count;
};

static void add_name(struct planner *p, struct names *n, const char *name)
{
    if (n->count < NAMES_MAX) {
        n->list = arena_printf(&p->out->arena, "%s%s%s", n->count ? n->list : "",
                               n->count ? ", " : "", name);
    }
    n->count++;
}

static const char *names_text(struct planner *p, const struct names *n)
{
    return n->count > NAMES_MAX
               ? arena_printf(&p->out->arena, "%s and %zu more", n->list, n->count - NAMES_MAX)
               : n->list;
}

/* ---------------------------------------------------------------- what is known */

static const struct plan_server *server_of(const struct planner *p, const struct plan_place *place)
{
    const struct plan_models *m = p->in->models;

    for (size_t i = 0; m && i < m->server_count; i++) {
        if (strcmp(m->servers[i].service, place->service) == 0) {
            return &m->servers[i];
        }
    }
    return NULL;
}

static bool is_row_of(const struct fit_row *row, const struct plan_place *place)
{
    return strcmp(row->service, place->service) == 0 && !row->is.remote;
}

double planner_largest_model(const struct planner *p, const struct plan_place *place,
                             const char **name)
{
    const struct fit_list *list = p->in->models ? p->in->models->list : NULL;
    double largest = NAN;

    for (size_t i = 0; list && i < list->count; i++) {
        const struct fit_row *row = &list->rows[i];

        if (is_row_of(row, place) && !(row->is.size_bytes <= largest) &&
            isfinite(row->is.size_bytes)) {
            largest = row->is.size_bytes;
            *name = row->is.name;
        }
    }
    return largest;
}

/* Of one server, now and then. */
struct fitting {
    struct planner *p;
    const struct plan_place *place;
    const struct plan_server *server;
    struct wanted *wanted[KNOB_COUNT]; /* NULL: the plan does not write it */
    bool typed[KNOB_COUNT];
    struct fit_server before, after;
    struct fit_place has_before, has_after;
};

/* What the fit target leaves of each GPU's memory, and a limit of what the CPU has. */
static void narrow(const struct plan_place *place, double target_mib, double limit,
                   struct fit_place *has)
{
    const double one = (double)place->host.engine.gpu_memory_bytes;
    const double cards = one > 0 ? fmax(round(has->budget.bytes / one), 1) : 1;

    if (place->host.query.place == SETTING_MAC_CONTAINER && has->gpu) {
        /* Its virtual machine has no GPU, and how much memory is not known. */
        *has = (struct fit_place){.budget = {limit, false, "its memory limit"}};
    } else if (has->gpu) {
        if (target_mib > 0) {
            has->budget.bytes = fmax(has->budget.bytes - cards * target_mib * MIB, 0);
            has->budget.what = "what LLAMA_ARG_FIT_TARGET leaves";
        }
        has->more_bytes = limit < has->more_bytes ? limit : has->more_bytes;
    } else if (limit < has->budget.bytes) {
        has->budget.bytes = limit;
        has->budget.what = "its memory limit";
    }
}

static double target_of(const char *text)
{
    double mib = 0;

    return text && number_double(text, strlen(text), &mib) == 0 ? mib : 0;
}

static double target_after(struct fitting *f)
{
    const struct planner *p = f->p;

    for (size_t i = 0; i < p->share_count; i++) {
        if (p->shares[i].place == f->place && p->shares[i].wanted.value &&
            strcmp(p->shares[i].wanted.name, fit_target) == 0) {
            return target_of(p->shares[i].wanted.value);
        }
    }
    const char *typed = planner_typed_for(p, f->place, fit_target);
    return target_of(typed ? typed : planner_in_file(f->p, f->place, fit_target));
}

static void look(struct fitting *f)
{
    struct planner *p = f->p;
    const char *now[KNOB_COUNT] = {f->server->context, f->server->parallel, f->server->cache};
    const char *then[KNOB_COUNT];

    for (size_t i = 0; i < p->wish_count; i++) {
        struct wanted *w = &p->wishes[i];

        if (w->place == f->place && knob_of(w->name) < KNOB_COUNT && !w->only_if_there) {
            f->wanted[knob_of(w->name)] = w;
        }
    }
    for (int i = 0; i < KNOB_COUNT; i++) {
        const char *typed = planner_typed_for(p, f->place, knobs[i]);
        const char *file = planner_in_file(p, f->place, knobs[i]);

        f->typed[i] = typed != NULL;
        now[i] = f->server->readable ? now[i] : file ? file : "";
        then[i] = typed ? typed : f->wanted[i] ? f->wanted[i]->value : file ? file : now[i];
    }
    f->before = (struct fit_server){f->server->service, f->server->version, now[CONTEXT],
                                    now[PARALLEL], now[CACHE]};
    f->after = (struct fit_server){f->server->service, f->server->version, then[CONTEXT],
                                   then[PARALLEL], then[CACHE]};
    f->has_before = f->has_after = p->in->models->place;
    narrow(f->place, target_of(planner_in_file(p, f->place, fit_target)),
           planner_limit_now(p, f->place), &f->has_before);
    narrow(f->place, target_after(f), planner_limit_then(p, f->place), &f->has_after);
}

/* ---------------------------------------------------------------- one model */

struct fitted { /* a model, now and then */
    const struct fit_row *row;
    struct fit_wish wish;
    struct fit_result before, after;
};

/* The context of requests that name none. */
static void wish_of(const struct fitting *f, const struct fit_row *row,
                    const struct fit_server *server, const struct fit_place *has,
                    struct fit_wish *out)
{
    /* By itself Ollama goes by all that the GPU has. */
    fit_wish_again(server, row, has->gpu ? &f->p->in->models->place : has, out);
}

static void fit_now(const struct fitting *f, const struct fit_row *row, struct fit_result *out)
{
    struct fit_wish w;

    wish_of(f, row, &f->before, &f->has_before, &w);
    if (!f->server->readable && row->loaded && row->loaded_context > 0) {
        w.context_tokens = (int64_t)row->loaded_context; /* which tells more than a default */
    }
    fit_model_judge(&row->model, &w, &f->has_before, out);
}

/* parallel 0: as it is wished. */
static void fit_then(const struct fitting *f, const struct fit_row *row, int parallel,
                     struct fit_wish *wish, struct fit_result *out)
{
    wish_of(f, row, &f->after, &f->has_after, wish);
    if (parallel > 0 && !row->alone) {
        wish->parallel = parallel;
    }
    fit_model_judge(&row->model, wish, &f->has_after, out);
}

static const char *at_most(const struct fit_row *row)
{
    return row->model.bound == FIT_EXACT ? "" : "at most ";
}

/* ---------------------------------------------------------------- requests at once */

/* How many requests at once leave every model where it is with one alone: as a whole on the GPU, or
 * as much of it as can be. A model that does not fit alone is not what clamps. */
static int clamp_parallel(const struct fitting *f, int wished, const struct fit_row **binding)
{
    const struct fit_list *list = f->p->in->models->list;
    int parallel = wished;

    *binding = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct fit_row *row = &list->rows[i];
        struct fit_wish w;
        struct fit_result alone, r;

        if (!is_row_of(row, f->place) || row->alone) {
            continue;
        }
        fit_then(f, row, 1, &w, &alone);
        for (; alone.verdict != FIT_UNKNOWN && alone.verdict != FIT_NOT && parallel > 1;
             parallel--) {
            fit_then(f, row, parallel, &w, &r);
            if (r.verdict == alone.verdict) {
                break;
            }
            *binding = row;
        }
    }
    return parallel;
}

static void clamp(struct fitting *f)
{
    struct arena *arena = &f->p->out->arena;
    struct wanted *w = f->wanted[PARALLEL];
    const struct fit_row *row;
    struct fit_wish wish;
    struct fit_result many, few;
    uint64_t wished;

    if (!w || f->typed[PARALLEL] || number_u64(w->value, strlen(w->value), 10, &wished) < 0 ||
        wished < 2 || wished > 1024) {
        return;
    }
    const int parallel = clamp_parallel(f, (int)wished, &row);
    if (!row) {
        return;
    }
    fit_then(f, row, (int)wished, &wish, &many);
    fit_then(f, row, parallel, &wish, &few);
    w->clamped_from = w->clamped_from ? w->clamped_from : w->value;
    w->value = arena_printf(arena, "%d", parallel);
    w->reason = arena_printf(
        arena, "%s with a context of %lld takes %s%.1f GiB at %d at once, %.1f at %d: of %.1f, %s",
        row->is.name, (long long)few.context_tokens, at_most(row), many.need_bytes / GIB,
        (int)wished, few.need_bytes / GIB, parallel, f->has_after.budget.bytes / GIB,
        f->has_after.budget.what);
    f->after.parallel = w->value;
    planner_warn(f->p, f->place, knobs[PARALLEL],
                 arena_printf(arena, "fewer requests at once than wished: %d -> %d: %s",
                              (int)wished, parallel, w->reason));
}

/* ---------------------------------------------------------------- what is said */

/* Which setting a model that does not fit is told under. */
static const char *cause(const struct fitting *f)
{
    for (int i = 0; i < KNOB_COUNT; i++) {
        if (f->typed[i]) {
            return knobs[i];
        }
    }
    return f->wanted[CONTEXT] ? knobs[CONTEXT] : f->wanted[PARALLEL] ? knobs[PARALLEL] : "";
}

static void tell_unfit(struct fitting *f, const struct fitted *m)
{
    struct arena *arena = &f->p->out->arena;
    const struct fit_result *r = &m->after;
    const char *now = m->before.verdict == FIT_WHOLE ? "; now it fits" : "";
    char head[CLAUSE_BYTES];

    if (r->verdict == FIT_PART) {
        snprintf(head, sizeof head, "%s%.1f GiB of %s stay on the CPU", at_most(m->row),
                 r->cpu_bytes / GIB, m->row->is.name);
    } else {
        snprintf(head, sizeof head, "%s does not fit", m->row->is.name);
    }
    const char *longest = r->context_largest > 0
                              ? arena_printf(arena, "; a context of %lld would fit",
                                             (long long)r->context_largest)
                              : "";
    planner_warn(
        f->p, f->place, cause(f),
        arena_printf(arena, "%s with a context of %lld at %d at once: %s%.1f GiB, of %.1f, %s%s%s",
                     head, (long long)r->context_tokens, m->wish.parallel, at_most(m->row),
                     r->need_bytes / GIB, f->has_after.budget.bytes / GIB, f->has_after.budget.what,
                     longest, now));
}

static void tell_unfits(struct fitting *f, const struct fitted *list, size_t count)
{
    struct names same = {.list = ""}, unknown = {.list = ""};

    for (size_t i = 0; i < count; i++) {
        const struct fitted *m = &list[i];
        const bool unfit = m->after.verdict == FIT_PART || m->after.verdict == FIT_NOT;

        if (m->after.verdict == FIT_UNKNOWN) {
            add_name(f->p, &unknown, m->row->is.name);
        } else if (unfit && (m->row->loaded || m->after.verdict > m->before.verdict ||
                             f->typed[CONTEXT] || f->typed[PARALLEL])) {
            tell_unfit(f, m);
        } else if (unfit) {
            add_name(f->p, &same, m->row->is.name);
        }
        if (m->after.cache_refused && !m->before.cache_refused) {
            planner_warn(f->p, f->place, knobs[CACHE],
                         arena_printf(&f->p->out->arena, "%s does not load with a cache of %s",
                                      m->row->is.name, fit_cache_name(m->wish.cache)));
        }
    }
    if (same.count) {
        planner_warn(f->p, f->place, "",
                     arena_printf(&f->p->out->arena,
                                  "not as a whole in %.1f GiB, %s, now and then: %s",
                                  f->has_after.budget.bytes / GIB, f->has_after.budget.what,
                                  names_text(f->p, &same)));
    }
    if (unknown.count) {
        planner_warn(f->p, f->place, "",
                     arena_printf(&f->p->out->arena, "%s, so it is not known whether it fits: %s",
                                  isfinite(f->has_after.budget.bytes)
                                      ? "what the model takes is not told"
                                      : "how much memory there is for models is not known",
                                  names_text(f->p, &unknown)));
    }
}

/* Models whose context changes in the same way are told together. */
static void tell_shorter(struct fitting *f, const struct fitted *list, size_t count)
{
    struct arena *arena = &f->p->out->arena;

    for (size_t i = 0; i < count; i++) {
        const int64_t from = list[i].before.context_tokens, to = list[i].after.context_tokens;
        struct names names = {.list = ""};
        bool told = to >= from;

        for (size_t k = 0; k < count; k++) {
            if (list[k].before.context_tokens == from && list[k].after.context_tokens == to) {
                told = told || k < i;
                add_name(f->p, &names, list[k].row->is.name);
            }
        }
        if (told) {
            continue;
        }
        const char *text = arena_printf(
            arena, "context gets shorter: %lld -> %lld for %s%s", (long long)from, (long long)to,
            names_text(f->p, &names),
            f->server->readable || *f->before.context
                ? ""
                : "; what is set now is not readable, and its default was taken");
        struct wanted *w = f->wanted[CONTEXT];
        if (w) {
            w->reason = w->reason ? arena_printf(arena, "%s; %s", w->reason, text) : text;
        }
        planner_warn(f->p, f->place, knobs[CONTEXT], text);
    }
}

/* ---------------------------------------------------------------- one server */

static void check_server(struct fitting *f)
{
    const struct fit_list *list = f->p->in->models->list;
    struct fitted *fitted = arena_calloc(&f->p->out->arena, list->count + 1, sizeof *fitted);
    size_t count = 0;

    look(f);
    clamp(f);
    for (size_t i = 0; i < list->count; i++) {
        if (is_row_of(&list->rows[i], f->place)) {
            struct fitted *m = &fitted[count++];

            m->row = &list->rows[i];
            fit_now(f, m->row, &m->before);
            fit_then(f, m->row, 0, &m->wish, &m->after);
        }
    }
    tell_shorter(f, fitted, count);
    tell_unfits(f, fitted, count);
}

static void check_place(struct planner *p, const struct plan_place *place)
{
    struct fitting f = {.p = p, .place = place, .server = server_of(p, place)};

    if (!f.server || *f.server->why) {
        planner_warn(p, place, "",
                     arena_printf(&p->out->arena,
                                  "which models are installed is not known (%s): neither whether "
                                  "they fit nor a limit of memory was checked against them",
                                  f.server              ? f.server->why
                                  : *p->in->models->why ? p->in->models->why
                                                        : "no server of that name runs here"));
        return;
    }
    check_server(&f);
}

void planner_fit(struct planner *p)
{
    for (size_t i = 0; p->in->models && i < p->in->place_count; i++) {
        const struct plan_place *place = &p->in->places[i];

        if (place->kind == PROFILE_OLLAMA && planner_takes(p->wish, place)) {
            check_place(p, place);
        }
    }
}
