/*
 * No limit may do harm: not below what a service takes or its largest model, and all that the
 * services may take of one memory not above what there is.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/size.h"
#include "tuning/plan_edits.h"
#include "tuning/plan_layers.h"

static const double MIB = 1024.0 * 1024, GIB = 1024.0 * 1024 * 1024;

static const char fit_target[] = "LLAMA_ARG_FIT_TARGET";
static const char reservation[] = "deploy.resources.reservations.memory";

/* ---------------------------------------------------------------- what a service may take */

static bool is_limit(const char *name)
{
    static const char *const names[] = {"deploy.resources.limits.memory", "mem_limit", "MemoryMax"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool parse_size(const char *text, double *bytes)
{
    return text && size_parse(text, strlen(text), SIZE_SETTING, bytes) == 0 && *bytes > 0;
}

static bool parse_number(const char *text, double *number)
{
    return text && number_double(text, strlen(text), number) == 0;
}

static enum pool pool_of_limits(const struct plan_place *place)
{
    return place->host.query.place == SETTING_MAC_CONTAINER ? POOL_ENGINE : POOL_MACHINE;
}

static enum pool pool_of_gpu(const struct planner *p)
{
    const struct chip_machine *m = p->wish->query->machine;

    return m->macos || m->card_shares_memory ? POOL_MACHINE : POOL_CARD;
}

static double gpu_of(const struct plan_place *place)
{
    return (double)place->host.engine.gpu_memory_bytes;
}

static void add_share(struct planner *p, struct share s)
{
    if (p->share_count < PLAN_SHARES) {
        p->shares[p->share_count++] = s;
    }
}

bool planner_keep_limit(struct planner *p, const struct wanted *w)
{
    struct share s = {.wanted = *w, .place = w->place, .spare = NAN, .what = w->name};
    double value;

    if (p->share_count == PLAN_SHARES) {
        return false;
    }
    if (is_limit(w->name) && parse_size(w->value, &s.bytes)) {
        s.pool = pool_of_limits(w->place);
    } else if (strcmp(w->name, fit_target) == 0 && parse_number(w->value, &value) &&
               gpu_of(w->place) > value * MIB) {
        s.pool = pool_of_gpu(p);
        s.spare = gpu_of(w->place);
        s.bytes = s.spare - value * MIB;
    } else {
        return false;
    }
    s.asked = s.wanted;
    s.asked_bytes = s.bytes;
    add_share(p, s);
    return true;
}

static const struct share *share_of(const struct planner *p, const struct plan_place *place,
                                    bool limit)
{
    for (size_t i = 0; i < p->share_count; i++) {
        const struct share *s = &p->shares[i];

        if (s->place == place && is_limit(s->what) == limit) {
            return s;
        }
    }
    return NULL;
}

/* What the plan does not change: typed, else as the file has it. */
static const char *fixed_value(struct planner *p, const struct plan_place *place, const char *name)
{
    const char *typed = planner_typed_for(p, place, name);

    return typed ? typed : planner_in_file(p, place, name);
}

static const char *limit_name(const struct plan_place *place)
{
    return place->host.limits == PROFILE_LIMITS_SYSTEMD ? "MemoryMax"
                                                        : "deploy.resources.limits.memory";
}

static void add_fixed_limit(struct planner *p, const struct plan_place *place)
{
    struct share s = {.place = place,
                      .pool = pool_of_limits(place),
                      .spare = NAN,
                      .what = limit_name(place),
                      .written = true};

    if (place->host.limits != PROFILE_LIMITS_NONE && !share_of(p, place, true) &&
        parse_size(fixed_value(p, place, s.what), &s.bytes)) {
        add_share(p, s);
    }
}

/* Of the allocators of PyTorch on a Mac: a ratio of what the GPU may take. */
static void add_ratio(struct planner *p, const struct plan_place *place)
{
    static const char *const names[] = {"PYTORCH_MPS_HIGH_WATERMARK_RATIO",
                                        "performance.memory_fraction"};
    struct share s = {.place = place, .pool = pool_of_gpu(p), .spare = NAN};
    double ratio;

    if (place->host.query.device != SETTING_MPS || !(gpu_of(place) > 0)) {
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (parse_number(fixed_value(p, place, names[i]), &ratio) && ratio >= 0) {
            /* 0 is no limit; above 1 the GPU's own is lower. */
            const double bytes = (ratio > 0 ? fmin(ratio, 1) : 1) * gpu_of(place);

            s.what = bytes > s.bytes ? names[i] : s.what;
            s.bytes = fmax(s.bytes, bytes);
        }
    }
    if (s.what) {
        add_share(p, s);
    }
}

static void add_fixed_target(struct planner *p, const struct plan_place *place)
{
    double value;

    if (place->kind == PROFILE_OLLAMA && gpu_of(place) > 0 && !share_of(p, place, false) &&
        parse_number(fixed_value(p, place, fit_target), &value) && gpu_of(place) > value * MIB) {
        add_share(p, (struct share){.place = place,
                                    .pool = pool_of_gpu(p),
                                    .spare = NAN,
                                    .bytes = gpu_of(place) - value * MIB,
                                    .what = fit_target});
    }
}

static const double TAKEN_STEP = 512.0 * 1024 * 1024;

/* In steps of half a GiB: what a service takes changes from one look to the next, and a plan that
 * is made again is to be the same one. */
static double taken_about(const struct plan_place *place)
{
    return place->memory_taken > 0 ? round(place->memory_taken / TAKEN_STEP) * TAKEN_STEP : 0;
}

/* What the others may take: limits that stand in files, and what takes without a limit. */
static void add_fixed(struct planner *p)
{
    for (size_t i = 0; i < p->in->place_count; i++) {
        const struct plan_place *place = &p->in->places[i];
        const size_t before = p->share_count;

        if (place->kind >= 0 && place->source >= 0 && place->err.code == 0) {
            add_fixed_limit(p, place);
            add_fixed_target(p, place);
            add_ratio(p, place);
        }
        const bool bound = p->share_count > before || share_of(p, place, true) ||
                           share_of(p, place, false);
        if (!bound && taken_about(place) > 0) {
            add_share(p, (struct share){.place = place,
                                        .pool = POOL_MACHINE,
                                        .spare = NAN,
                                        .bytes = taken_about(place),
                                        .what = "what it takes now"});
        }
    }
}

/* ---------------------------------------------------------------- all of a pool */

static const char *format(struct arena *arena, double bytes)
{
    const double mib = floor(bytes / MIB); /* limits are whole MiB */

    return fmod(mib, 1024) == 0 ? arena_printf(arena, "%.0fG", mib / 1024)
                                : arena_printf(arena, "%.0fM", mib);
}

static bool is_flexible(const struct share *s, enum pool pool)
{
    return s->pool == pool && s->wanted.value;
}

/* Shares of `left` by priority: whoever wants less than his share leaves the rest to the others. */
static void share_out(struct planner *p, enum pool pool, double left)
{
    bool done[PLAN_SHARES] = {false};
    bool again = true;

    while (again) {
        double weights = 0;

        again = false;
        for (size_t i = 0; i < p->share_count; i++) {
            if (!done[i] && is_flexible(&p->shares[i], pool)) {
                weights += (double)p->shares[i].place->priority;
            }
        }
        for (size_t i = 0; i < p->share_count; i++) {
            struct share *s = &p->shares[i];

            if (!done[i] && is_flexible(s, pool) &&
                s->bytes <= left * (double)s->place->priority / weights) {
                done[i] = again = true;
                left -= s->bytes;
                break;
            }
        }
        for (size_t i = 0; !again && i < p->share_count; i++) {
            struct share *s = &p->shares[i];

            if (!done[i] && is_flexible(s, pool)) {
                s->bytes = floor(left * (double)s->place->priority / weights / MIB) * MIB;
            }
        }
    }
}

struct sums {
    double memory, free, flexible, fixed;
    size_t count;
    const struct plan_place *first; /* of those that are not clamped, or of all */
    const char *list;               /* "ollama 20.0, comfyui 24.0" GiB */
};

static void add_up(struct planner *p, enum pool pool, struct sums *out)
{
    bool fixed = false;

    *out = (struct sums){.memory = NAN, .list = ""};
    for (size_t i = 0; i < p->share_count; i++) {
        const struct share *s = &p->shares[i];

        if (s->pool != pool) {
            continue;
        }
        out->memory = fmin(out->memory,
                           pool == POOL_CARD ? gpu_of(s->place) : s->place->host.memory_bytes);
        *(s->wanted.value ? &out->flexible : &out->fixed) += s->bytes;
        out->list = arena_printf(&p->out->arena, "%s%s%s %.1f", out->list, *out->list ? ", " : "",
                                 s->place->service, s->bytes / GIB);
        if (!out->first || (!s->wanted.value && !fixed)) {
            out->first = s->place;
        }
        fixed = fixed || !s->wanted.value;
        out->count++;
    }
    /* A card has no system beside the models: llama.cpp leaves 1 GiB of it by itself. */
    out->free = fmax(pool == POOL_CARD ? GIB : 4 * GIB, out->memory / 10);
}

static const char *pool_words(enum pool pool)
{
    return pool == POOL_CARD ? "of the card's memory" : "of memory";
}

/* A limit that stands a step beside its share stays: the same plan would be another one whenever a
 * service that runs takes a little more, and each time it would be restarted. */
static double share_or_near(struct planner *p, const struct share *s)
{
    const double stands = isfinite(s->spare) ? NAN : planner_limit_now(p, s->place);

    return fabs(stands - s->bytes) <= TAKEN_STEP + MIB && stands <= s->asked_bytes ? stands
                                                                                   : s->bytes;
}

static void clamp_pool(struct planner *p, enum pool pool)
{
    struct arena *arena = &p->out->arena;
    struct sums s;

    add_up(p, pool, &s);
    const double left = s.memory - s.free - s.fixed;
    /* What one service alone may take of a card is clamped by the profile already. */
    if (!(s.flexible > left) || (pool == POOL_CARD && s.count < 2)) {
        return;
    }
    if (left >= s.flexible / 8) { /* below that it would be no share any more: said only */
        share_out(p, pool, left);
    }
    for (size_t i = 0; i < p->share_count; i++) {
        struct wanted *w = &p->shares[i].wanted;

        if (is_flexible(&p->shares[i], pool) && p->shares[i].bytes < p->shares[i].asked_bytes) {
            p->shares[i].bytes = share_or_near(p, &p->shares[i]);
            w->clamped_from = w->clamped_from ? w->clamped_from : w->value;
            w->value = isfinite(p->shares[i].spare)
                           ? arena_printf(arena, "%.0f",
                                          ceil((p->shares[i].spare - p->shares[i].bytes) / MIB))
                           : format(arena, p->shares[i].bytes);
            w->reason = arena_printf(
                arena, "all limits together (%s GiB) have to leave %.1f GiB of %.1f %s free",
                s.list, s.free / GIB, s.memory / GIB, pool_words(pool));
        }
    }
}

/* What is typed or stands there already may be too much whatever is clamped. */
static void warn_pool(struct planner *p, enum pool pool)
{
    struct arena *arena = &p->out->arena;
    struct sums s;

    add_up(p, pool, &s);
    if (s.first && s.fixed + s.flexible > s.memory - s.free + MIB &&
        (pool != POOL_CARD || s.count > 1)) {
        planner_warn(p, s.first, "",
                     arena_printf(arena,
                                  "together they may take more than leaves %.1f GiB of %.1f %s "
                                  "free: %s GiB",
                                  s.free / GIB, s.memory / GIB, pool_words(pool), s.list));
    }
    if (pool == POOL_ENGINE && s.count > 0) {
        for (size_t i = 0; i < p->share_count; i++) {
            if (is_flexible(&p->shares[i], pool)) {
                planner_warn(p, p->shares[i].place, p->shares[i].wanted.name,
                             arena_printf(arena,
                                          "how much memory the virtual machine of the containers "
                                          "has is not known: the limits together (%s GiB) are "
                                          "checked against the Mac's %.1f GiB only",
                                          s.list, s.memory / GIB));
                break;
            }
        }
    }
}

/* ---------------------------------------------------------------- each by itself */

/* Memory with swap must not be below memory: the engine refuses to make such a container. */
static bool above_swap(const struct planner *p, const struct share *s)
{
    const struct document_entry *e = plan_find_exactly(p->in, s->place, "memswap_limit").entry;
    double bytes;

    return e && e->value && parse_size(e->value, &bytes) && s->bytes > bytes;
}

/* What the limit would be too small for, as a clause; NULL: for nothing that is known. */
static const char *too_small_for(struct planner *p, const struct plan_place *place, double bytes)
{
    struct arena *arena = &p->out->arena;
    const char *name = NULL;
    const double largest = planner_largest_model(p, place, &name);

    if (bytes < place->memory_taken) {
        return arena_printf(arena,
                            "what the service takes or took at its peak (%.1f GiB): it would be "
                            "killed",
                            place->memory_taken / GIB);
    }
    return bytes < largest ? arena_printf(arena, "%s, the largest model installed (%.1f GiB)", name,
                                          largest / GIB)
                           : NULL;
}

/* The file has it already: then there is nothing to refuse. */
static bool is_there(struct planner *p, const struct share *s)
{
    double bytes;

    return parse_size(planner_in_file(p, s->place, s->wanted.name), &bytes) &&
           fabs(bytes - s->bytes) < MIB;
}

/* A container is not made whose limit is below what is reserved for it, by the wish of the same
 * profile least of all. */
static void clamp_reservations(struct planner *p)
{
    struct arena *arena = &p->out->arena;

    for (size_t i = 0; i < p->wish_count; i++) {
        struct wanted *w = &p->wishes[i];
        double limit, bytes;

        if (strcmp(w->name, reservation) == 0 && parse_size(w->value, &bytes) &&
            (limit = planner_limit_then(p, w->place)) < bytes) {
            w->clamped_from = w->clamped_from ? w->clamped_from : w->value;
            w->value = format(arena, limit);
            w->reason = arena_printf(arena, "no more than its limit, %.1f GiB", limit / GIB);
        }
    }
}

/* What the file reserves, when the plan leaves that as it is. */
static double reserved(struct planner *p, const struct plan_place *place)
{
    double bytes;

    for (size_t i = 0; i < p->wish_count; i++) {
        if (p->wishes[i].place == place && strcmp(p->wishes[i].name, reservation) == 0) {
            return NAN;
        }
    }
    return parse_size(fixed_value(p, place, reservation), &bytes) ? bytes : NAN;
}

/* Why the limit is not written; NULL: it is. */
static const char *refusal(struct planner *p, const struct share *s)
{
    struct arena *arena = &p->out->arena;
    const struct wanted *w = &s->wanted;

    if (is_there(p, s)) {
        return NULL;
    }
    const char *reason = too_small_for(p, s->place, s->bytes);
    if (reason) {
        return arena_printf(arena, "%s is below %s; --set %s=%s writes it all the same", w->value,
                            reason, w->name, w->value);
    }
    if (s->bytes < reserved(p, s->place)) {
        return arena_printf(arena,
                            "%s is below what the file reserves, %.1f GiB, and the engine would "
                            "not make the container: lower %s first",
                            w->value, reserved(p, s->place) / GIB, reservation);
    }
    return above_swap(p, s)
               ? arena_printf(arena,
                              "%s is above memswap_limit of the file, and the engine would not "
                              "make the container: raise that first",
                              w->value)
               : NULL;
}

/* What is refused stays what it is, and the others share what that leaves. */
static bool refuse_some(struct planner *p)
{
    bool some = false;

    for (size_t i = 0; i < p->share_count; i++) {
        struct share *s = &p->shares[i];
        const char *reason = s->wanted.value && is_limit(s->what) ? refusal(p, s) : NULL;
        const char *name;

        if (reason) {
            const double now = fmax(planner_limit_now(p, s->place), s->place->memory_taken);

            planner_refuse(p, &s->wanted, reason);
            s->wanted.value = NULL;
            s->bytes = isfinite(now) ? now : planner_largest_model(p, s->place, &name);
            s->bytes = isfinite(s->bytes) ? s->bytes : 0;
            some = true;
        }
    }
    return some;
}

static void clamp_all(struct planner *p)
{
    for (size_t i = 0; i < p->share_count; i++) {
        if (p->shares[i].wanted.value) {
            p->shares[i].wanted = p->shares[i].asked;
            p->shares[i].bytes = p->shares[i].asked_bytes;
        }
    }
    for (int pool = 0; pool < POOL_COUNT; pool++) {
        clamp_pool(p, (enum pool)pool);
    }
}

static void warn_typed(struct planner *p, const struct share *s)
{
    const char *typed = planner_typed_for(p, s->place, s->what);
    const char *reason = typed ? too_small_for(p, s->place, s->bytes) : NULL;

    if (reason) {
        planner_warn(p, s->place, s->what,
                     arena_printf(&p->out->arena, "%s is below %s", typed, reason));
    }
}

void planner_limits(struct planner *p)
{
    add_fixed(p);
    do {
        clamp_all(p);
    } while (refuse_some(p)); /* each time there are fewer to refuse */
    for (int pool = 0; pool < POOL_COUNT; pool++) {
        warn_pool(p, (enum pool)pool);
    }
    for (size_t i = 0; i < p->share_count; i++) {
        struct share *s = &p->shares[i];

        if (s->wanted.value) {
            s->written = true;
            planner_want(p, s->wanted);
        } else if (is_limit(s->what)) {
            warn_typed(p, s);
        }
    }
    clamp_reservations(p);
}

double planner_limit_now(struct planner *p, const struct plan_place *place)
{
    double bytes;

    return place->host.limits != PROFILE_LIMITS_NONE &&
                   parse_size(planner_in_file(p, place, limit_name(place)), &bytes)
               ? bytes
               : NAN;
}

double planner_limit_then(struct planner *p, const struct plan_place *place)
{
    const struct share *s = share_of(p, place, true);

    return s && s->written ? s->bytes : planner_limit_now(p, place);
}
