/*
 * Resolving: every wish of a profile and its overlays against one machine.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/nearest.h"
#include "base/number.h"
#include "base/size.h"
#include "tuning/fit.h"
#include "tuning/profile.h"
#include "tuning/profile_value.h"

const char *const profile_action_words[] = {"write",      "translate", "keep",      "look",
                                            "nothing",    "covered",   "elsewhere", "never",
                                            "unanswered", "left-out",  NULL};
_Static_assert(sizeof profile_action_words / sizeof *profile_action_words ==
                   PROFILE_ACTION_COUNT + 1,
               "a word an action");

/* ---- what is known of the machine ---- */

static int device_of(enum chip_device device)
{
    static const int devices[DEVICE_COUNT] = {[DEVICE_MPS] = SETTING_MPS,
                                              [DEVICE_CUDA] = SETTING_CUDA,
                                              [DEVICE_ROCM] = SETTING_ROCM,
                                              [DEVICE_CPU] = SETTING_CPU};
    return devices[device];
}

static double cpus_of(const struct chip_answer *a, const struct chip_machine *m)
{
    double cpus = m->performance + m->efficiency;
    if (cpus <= 0 && a->bin) {
        cpus = (double)(a->bin->super_cores + a->bin->performance_cores + a->bin->efficiency_cores);
    }
    return isfinite(m->core_limit) && m->core_limit < cpus ? m->core_limit : cpus;
}

void profile_query_init(struct profile_query *q, const struct chip_answer *chip,
                        const struct chip_machine *machine, double gpu_limit_bytes)
{
    const struct fit_budget gpu = fit_budget_of(machine, chip, gpu_limit_bytes);
    const bool has_gpu = chip->device != DEVICE_CPU && isfinite(gpu.bytes) && gpu.bytes > 0;
    *q = (struct profile_query){.chip = chip, .machine = machine};
    for (int i = 0; i < PROFILE_SERVICE_COUNT; i++) {
        q->hosts[i] = (struct profile_host){
            .query = {.place = machine->macos ? SETTING_MACOS : SETTING_LINUX,
                      .device = device_of(chip->device)},
            .engine = {.cpus = cpus_of(chip, machine),
                       .gpu_memory_bytes = has_gpu ? (uint64_t)gpu.bytes : 0},
            .memory_bytes = chip->memory_gb * 0x1p30,
            .limits = PROFILE_LIMITS_COMPOSE};
    }
    /* DiffusionAPI computes on the CPU of a Mac whatever it has, and calls ROCm cuda. */
    struct setting_query *d = &q->hosts[PROFILE_DIFFUSIONAPI].query;
    d->device = chip->device == DEVICE_MPS    ? SETTING_CPU
                : chip->device == DEVICE_ROCM ? SETTING_CUDA
                                              : d->device;
}

/* ---- one wish ---- */

struct context {
    const struct profile_set *set;
    const struct profile_query *query;
    struct arena *arena;
};

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(word, *words) == 0) {
            return true;
        }
    }
    return false;
}

/* Kinds of settings that a file, a command line or a command of the system can hold. */
static bool is_writable(const struct setting *s)
{
    static const char *const kinds[] = {"variable",  "flag",     "compose-key", "unit-key",
                                        "plist-key", "json-key", "yaml-key",    "sysctl",
                                        "pmset",     "command",  NULL};
    return is_one_of(setting_kind_words[s->kind], kinds);
}

static bool is_limit_key(const struct setting *s)
{
    return strcmp(setting_kind_words[s->kind], "compose-key") == 0;
}

static bool meant_for(const struct profile_wish *w, int place)
{
    const int *places = w->places.items;
    for (size_t i = 0; i < w->places.count; i++) {
        if (places[i] == place) {
            return true;
        }
    }
    return w->places.count == 0;
}

static void put(struct profile_row *r, enum profile_action action, const char *why)
{
    r->action = action;
    r->why = why;
}

static void aim(struct profile_row *r, const struct setting *s, const char *name, const char *value,
                int service)
{
    r->target = s;
    r->target_name = name;
    r->target_value = value;
    r->target_service = service;
}

static void judge(const struct setting *s, const struct profile_host *host, const char *value,
                  struct setting_judgement *out)
{
    struct setting_query q = host->query;
    q.value = *value ? value : NULL;
    setting_judge(s, &q, out);
}

/* The machine's own row of the table of chips stands for the numbers of the profile that was made
 * for such machines. */
static void take_row(const struct context *x, struct profile_row *r)
{
    const struct chip_answer *a = x->query->chip;
    char fraction[16];
    const char *own = NULL;
    if (r->wish->user || r->layer->level != (int)a->profile || r->service != PROFILE_COMFYUI) {
        return;
    }
    snprintf(fraction, sizeof fraction, "%.2f", a->cpu_fraction);
    if (strcmp(r->name, "deploy.resources.limits.memory") == 0) {
        double mine = 0, limit = 0;
        (void)size_parse(r->value, strlen(r->value), SIZE_SETTING, &mine);
        (void)size_parse(a->limit, strlen(a->limit), SIZE_SETTING, &limit);
        own = mine < limit || mine > limit ? a->limit : NULL;
    } else if (strcmp(r->name, "deploy.resources.limits.cpus") == 0) {
        double mine = 0;
        (void)number_double(r->value, strlen(r->value), &mine);
        own = fabs(mine - a->cpu_fraction) > 0.001 ? fraction : NULL;
    }
    if (own) {
        const size_t first = strcspn(a->reason, ";");
        r->clamped_from = r->value;
        r->value = arena_strdup(x->arena, own);
        r->clamp = a->listed ? arena_strndup(x->arena, a->reason, first)
                             : "what detect gives this machine by rule";
    }
}

static void clamp(const struct context *x, struct profile_row *r, const struct profile_host *host)
{
    const char *why = NULL;
    take_row(x, r);
    const char *most = profile_clamp(r->wish->setting, r->name, r->value, host, x->arena, &why);
    if (most) {
        r->clamped_from = r->clamped_from ? r->clamped_from : r->value;
        r->value = most;
        r->clamp = why;
    }
}

/* Limits of memory and CPU go where the service has them. */
static void place_limit(const struct context *x, struct profile_row *r,
                        const struct profile_host *host)
{
    static const char *const memory[] = {"deploy.resources.limits.memory", "mem_limit", NULL};
    static const char *const cpus[] = {"deploy.resources.limits.cpus", "cpus", NULL};
    const char *nearest = NULL;
    double number = 0;
    if (!r->target || !is_limit_key(r->target) || host->limits == PROFILE_LIMITS_COMPOSE ||
        (r->action != PROFILE_WRITE && r->action != PROFILE_TRANSLATE)) {
        return;
    }
    const bool systemd = host->limits == PROFILE_LIMITS_SYSTEMD;
    if (systemd && is_one_of(r->target_name, memory)) {
        aim(r, setting_find(x->set->catalog, "MemoryMax", &nearest), "MemoryMax", r->target_value,
            r->service);
        put(r, PROFILE_TRANSLATE, "the limit of a systemd unit");
    } else if (systemd && is_one_of(r->target_name, cpus) &&
               number_double(r->target_value, strlen(r->target_value), &number) == 0) {
        aim(r, setting_find(x->set->catalog, "CPUQuota", &nearest), "CPUQuota",
            arena_printf(x->arena, "%.0f%%", round(number * 100)), r->service);
        put(r, PROFILE_TRANSLATE, "the quota of a systemd unit");
    } else {
        aim(r, NULL, NULL, NULL, r->service);
        put(r, PROFILE_ELSEWHERE,
            systemd ? "a key of compose files, and this is a systemd unit"
                    : "a key of compose files: nothing limits a program that runs natively here");
    }
    if (r->action == PROFILE_TRANSLATE && !r->target) { /* a catalog without systemd's keys */
        put(r, PROFILE_ELSEWHERE, "the settings catalog does not know how systemd limits it");
    }
}

/* The machine's own settings are told to the machine, whoever wishes them; but a variable of it is
 * one of the environment of a service. */
static int service_of_target(const struct profile_row *r, const struct setting *target)
{
    const bool machines = target->owner == SETTING_OWNER_MACOS ||
                          target->owner == SETTING_OWNER_LINUX;
    return machines && target->kind != SETTING_VARIABLE ? PROFILE_SYSTEM : r->service;
}

/* A flag that is switched off is one that is not there. */
static bool is_absent_flag(const struct setting *s, const char *value)
{
    static const char *const off[] = {"0", "false", "off", "no", NULL};
    return strcmp(setting_kind_words[s->kind], "flag") == 0 && s->type == SETTING_SWITCH &&
           is_one_of(value, off);
}

static void write_as_is(struct profile_row *r)
{
    const struct setting *s = r->wish->setting;
    const int service = service_of_target(r, s);
    if (!is_writable(s)) {
        put(r, PROFILE_ELSEWHERE,
            "no file and no command holds it: it belongs into a request, a "
            "program or its own configuration");
    } else if (is_absent_flag(s, r->value)) {
        put(r, PROFILE_NOTHING, "a flag that is off is not written");
    } else {
        aim(r, s, r->name, r->value, service);
        put(r, PROFILE_WRITE, NULL);
    }
}

/* As a person typed it. */
static void write_literally(struct profile_row *r)
{
    const struct setting *s = r->wish->setting;
    if (is_writable(s)) {
        aim(r, s, r->name, r->value, service_of_target(r, s));
        put(r, PROFILE_WRITE, NULL);
    } else {
        put(r, PROFILE_ELSEWHERE, "no file and no command holds it");
    }
}

/* What keeps a translation from being written; NULL: nothing does. */
static const char *obstacle(const struct context *x, const struct profile_row *r,
                            const struct setting *target, const char *value, int service)
{
    struct setting_judgement j;
    struct err err = ERR_INIT;
    if (!is_writable(target)) {
        return arena_printf(x->arena, "what acts is '%s', in a request or a program", target->name);
    }
    if (r->service == PROFILE_SYSTEM && service != PROFILE_SYSTEM) {
        return arena_printf(x->arena, "what acts is '%s', in the service that needs it",
                            target->name);
    }
    if (service == PROFILE_SYSTEM && target->owner != SETTING_OWNER_MACOS &&
        target->owner != SETTING_OWNER_LINUX) {
        return arena_printf(x->arena, "what acts is '%s'", target->name);
    }
    judge(target, &x->query->hosts[service], value, &j);
    if (j.verdict != SETTING_HONOURED) {
        return arena_printf(x->arena, "'%s' would do it, but is %s here: %s", target->name,
                            setting_verdict_words[j.verdict], j.reason);
    }
    if (j.maybe && j.maybe->verdict == SETTING_HARMFUL) {
        return arena_printf(x->arena, "'%s' would do it, but is harmful if %s: %s", target->name,
                            j.maybe->when, j.maybe->reason);
    }
    if (setting_check_value(target, value, &err) < 0) {
        return arena_strdup(x->arena, err.msg);
    }
    return NULL;
}

/* What a wish needs of the machine that it does not tell; NULL: that is not what is missing. */
static const char *missing(int formula, const struct profile_host *host)
{
    if (formula == SETTING_FIT_TARGET && host->engine.gpu_memory_bytes == 0) {
        return host->query.device == SETTING_CPU
                   ? "models run on the CPU: no GPU has memory to keep free"
                   : "how much memory the GPU has is not known";
    }
    if ((formula == SETTING_CORES || formula == SETTING_CPU_QUOTA) && !(host->engine.cpus > 0)) {
        return "how many CPUs there are is not known";
    }
    return NULL;
}

/* False: there is no translation, and nothing was decided. */
static bool translate(const struct context *x, struct profile_row *r, const char *use)
{
    const struct setting *s = r->wish->setting;
    const struct profile_host *host = &x->query->hosts[r->service];
    const char *nearest = NULL, *stands = NULL;
    char value[sizeof "" + 256];
    const struct setting *target = use && s->formula != SETTING_NO_FORMULA
                                       ? setting_find(x->set->catalog, use, &nearest)
                                       : NULL;
    if (!target) {
        return false;
    }
    if (setting_translate(s->formula, r->value, &host->engine, value, sizeof value) < 0) {
        const char *lacks = missing(s->formula, host);
        const bool no_gpu = s->formula == SETTING_FIT_TARGET && host->query.device == SETTING_CPU;
        if (lacks) {
            put(r, no_gpu ? PROFILE_ELSEWHERE : PROFILE_UNANSWERED, lacks);
        }
        return lacks != NULL;
    }
    if (!*value) {
        put(r, PROFILE_NOTHING, "it is so by itself: nothing needs to be written");
        return true;
    }
    const int service = service_of_target(r, target);
    stands = obstacle(x, r, target, value, service);
    if (stands) {
        put(r, PROFILE_KEEP, stands);
        aim(r, s, r->name, r->value, r->service);
        return true;
    }
    aim(r, target, use, arena_strdup(x->arena, value), service);
    put(r, PROFILE_TRANSLATE, r->reason);
    return true;
}

/* A share of the machine that counts as cores where it stands is harmful as it stands, and right
 * when it is translated; every other harm is one whatever the unit. */
static bool is_wrong_unit(const struct setting *s)
{
    return s->formula == SETTING_CORES || s->formula == SETTING_CPU_QUOTA;
}

/* Nobody reads it there, but somebody does elsewhere; and the machine has no file that holds more
 * than what it reads. */
static bool is_elsewhere(const struct profile_row *r, const struct setting_judgement *j)
{
    return r->verdict == SETTING_IGNORED &&
           (r->service == PROFILE_SYSTEM ||
            (j->by && (j->by->places.count > 0 || j->by->devices.count > 0)));
}

static void decide(const struct context *x, struct profile_row *r,
                   const struct setting_judgement *j)
{
    const bool shifted = r->verdict == SETTING_IGNORED || r->verdict == SETTING_RENAMED ||
                         (r->verdict == SETTING_HARMFUL && is_wrong_unit(r->wish->setting));
    if (shifted && translate(x, r, j->use)) {
        return;
    }
    if (r->verdict == SETTING_HARMFUL) {
        put(r, PROFILE_NEVER, r->reason);
    } else if (j->maybe && j->maybe->verdict == SETTING_HARMFUL) {
        put(r, PROFILE_NEVER, r->maybe); /* who can check it may write it by hand */
    } else if (r->verdict == SETTING_HONOURED) {
        write_as_is(r);
    } else if (is_elsewhere(r, j)) {
        put(r, PROFILE_ELSEWHERE, r->reason);
    } else {
        aim(r, r->wish->setting, r->name, r->value, r->service);
        put(r, PROFILE_KEEP, r->reason);
    }
}

static const char *places_text(const struct context *x, const struct profile_wish *w)
{
    static const char *const names[SETTING_PLACE_COUNT] = {
        "macOS", "Linux", "a Linux container on a Mac", "the .env of a compose file"};
    const int *places = w->places.items;
    const char *text = "";
    for (size_t i = 0; i < w->places.count; i++) {
        text = arena_printf(x->arena, "%s%s%s", text, i ? " or " : "", names[places[i]]);
    }
    return arena_printf(x->arena, "only meant for %s", text);
}

static void resolve_wish(const struct context *x, const struct profile *layer,
                         const struct profile_wish *w, struct profile_row *r)
{
    const struct profile_host *host = &x->query->hosts[w->service];
    struct setting_judgement j;
    *r = (struct profile_row){.wish = w,
                              .layer = layer,
                              .service = w->service,
                              .target_service = w->service,
                              .name = w->name,
                              .wanted = w->value,
                              .value = w->value};
    const bool here = meant_for(w, host->query.place);
    if (w->detected >= 0) {
        r->wanted = r->value = profile_detect(w->detected, x->query, x->arena);
    }
    if (!r->value) {
        r->wanted = r->value = "";
        judge(w->setting, host, "", &j);
        put(r, here ? PROFILE_UNANSWERED : PROFILE_ELSEWHERE,
            here ? arena_printf(x->arena, "the machine does not tell its %s",
                                profile_detected_words[w->detected])
                 : places_text(x, w));
    } else {
        clamp(x, r, host);
        judge(w->setting, host, r->value, &j);
    }
    r->verdict = j.verdict;
    r->reason = j.reason;
    r->maybe = j.maybe
                   ? arena_printf(x->arena, "%s if %s: %s", setting_verdict_words[j.maybe->verdict],
                                  j.maybe->when, j.maybe->reason)
                   : NULL;
    r->assumed_newest = j.assumed_newest;
    if (r->why) {
        return;
    }
    if (!here) {
        put(r, PROFILE_ELSEWHERE, places_text(x, w));
    } else if (w->look) {
        put(r, PROFILE_LOOK, r->reason);
    } else if (w->literal) {
        write_literally(r);
        place_limit(x, r, host);
    } else {
        decide(x, r, &j);
        place_limit(x, r, host);
    }
    if (w->keep && r->action == PROFILE_WRITE) {
        put(r, PROFILE_KEEP, "the profile wishes no more than that");
    }
}

/* ---- all of them ---- */

static bool writes(const struct profile_row *r)
{
    return r->action == PROFILE_WRITE || r->action == PROFILE_TRANSLATE;
}

static bool same_target(const struct profile_row *a, const struct profile_row *b)
{
    return a->target_service == b->target_service && strcmp(a->target_name, b->target_name) == 0;
}

static size_t layer_index(const struct profile_rows *out, const struct profile_row *r)
{
    size_t i = 0;
    while (i + 1 < out->layer_count && out->layers[i] != r->layer) {
        i++;
    }
    return i;
}

/* Whether a stands for b: the later layer, then the real name, then the first. */
static bool stands_for(const struct profile_rows *out, const struct profile_row *a,
                       const struct profile_row *b)
{
    const size_t x = layer_index(out, a), y = layer_index(out, b);
    if (x != y) {
        return x > y;
    }
    if (a->wish->rank != b->wish->rank) {
        return a->wish->rank > b->wish->rank;
    }
    return a->action != b->action ? a->action == PROFILE_WRITE : a < b;
}

static void cover(struct profile_rows *out)
{
    for (size_t i = 0; i < out->count; i++) {
        struct profile_row *r = &out->rows[i];
        for (size_t k = 0; k < out->count && writes(r); k++) {
            const struct profile_row *other = &out->rows[k];
            if (k == i || !writes(other) || !same_target(r, other) || !stands_for(out, other, r)) {
                continue;
            }
            put(r, PROFILE_COVERED,
                arena_printf(&out->arena, "'%s' of %s%s gives %s = %s", other->name,
                             other->layer->overlay ? "overlay " : "", other->layer->name,
                             other->target_name, other->target_value));
        }
    }
    for (size_t i = 0; i < out->count; i++) {
        if (out->rows[i].action == PROFILE_COVERED) {
            aim(&out->rows[i], NULL, NULL, NULL, out->rows[i].service);
        }
    }
}

bool profile_leaves_out(const struct profile_rows *r, int service)
{
    for (size_t i = 0; i < r->layer_count; i++) {
        for (size_t k = 0; k < r->layers[i]->without_count; k++) {
            const struct profile_left_out *l = &r->layers[i]->without[k];
            if (l->service == service && !l->setting) {
                return true;
            }
        }
    }
    return false;
}

/* Of its own layer or of one before it: what is laid over a profile is wished all the same. */
static bool is_left_out(const struct profile_rows *out, const struct profile_row *r)
{
    if (profile_leaves_out(out, r->service)) {
        return true;
    }
    for (size_t i = layer_index(out, r); i < out->layer_count; i++) {
        for (size_t k = 0; k < out->layers[i]->without_count; k++) {
            const struct profile_left_out *l = &out->layers[i]->without[k];
            if (l->setting && (l->service == r->service || l->service == r->target_service) &&
                (l->setting == r->target || l->setting == r->wish->setting)) {
                return true;
            }
        }
    }
    return false;
}

static void leave_out(struct profile_rows *out)
{
    for (size_t i = 0; i < out->count; i++) {
        struct profile_row *r = &out->rows[i];
        if ((writes(r) || r->action == PROFILE_KEEP) && is_left_out(out, r)) {
            put(r, PROFILE_LEFT_OUT, "left out");
            aim(r, NULL, NULL, NULL, r->service);
        }
    }
}

/* A wish of a later layer takes the place of the same one before it. */
static void gather(const struct context *x, struct profile_rows *out)
{
    size_t most = 0;
    for (size_t i = 0; i < out->layer_count; i++) {
        most += out->layers[i]->count;
    }
    out->rows = arena_calloc(x->arena, most ? most : 1, sizeof *out->rows);
    for (int service = 0; service < PROFILE_SERVICE_COUNT; service++) {
        const size_t begin = out->count;
        for (size_t i = 0; i < out->layer_count; i++) {
            const struct profile *layer = out->layers[i];
            for (size_t k = 0; k < layer->count; k++) {
                const struct profile_wish *w = &layer->wishes[k];
                size_t at = begin;
                if (w->service != service) {
                    continue;
                }
                while (at < out->count && strcmp(out->rows[at].name, w->name) != 0) {
                    at++;
                }
                out->count += at == out->count;
                resolve_wish(x, layer, w, &out->rows[at]);
            }
        }
    }
}

/* ---- names ---- */

static const struct profile *find_profile(const struct profile_set *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!s->profiles[i].overlay && strcmp(s->profiles[i].name, name) == 0) {
            return &s->profiles[i];
        }
    }
    return NULL;
}

/* "quality" is every overlay of that name, "processing.quality" one. */
static bool is_overlay_called(const struct profile *p, const char *name)
{
    const char *dot = strchr(name, '.');
    if (!p->overlay) {
        return false;
    }
    if (!dot) {
        return strcmp(p->name, name) == 0;
    }
    return strlen(p->purpose) == (size_t)(dot - name) &&
           memcmp(p->purpose, name, (size_t)(dot - name)) == 0 && strcmp(p->name, dot + 1) == 0;
}

static int fail_too_many(const char *name, struct err *err)
{
    return err_set(err, ERR_USAGE, "'%s': at most %d layers", name, PROFILE_LAYERS_MAX);
}

static int add_layer(struct profile_rows *out, const struct profile *p, const char *name,
                     struct err *err)
{
    for (size_t i = 0; i < out->layer_count; i++) {
        if (out->layers[i] == p) {
            return 0;
        }
    }
    if (out->layer_count == PROFILE_LAYERS_MAX) {
        return fail_too_many(name, err);
    }
    out->layers[out->layer_count++] = p;
    return 0;
}

static bool is_in_broken(const struct profile_broken *b, const char *name)
{
    for (size_t i = 0; i < b->name_count; i++) {
        if (strcmp(b->names[i], name) == 0) {
            return true;
        }
    }
    return strcmp(b->name, name) == 0;
}

static int fail_unknown(const struct profile_set *s, const char *name, bool first, struct err *err)
{
    for (size_t i = 0; i < s->broken_count; i++) {
        if (is_in_broken(&s->broken[i], name)) {
            *err = s->broken[i].err;
            return -err->code;
        }
    }
    const char **names = xcalloc(s->count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (first || s->profiles[i].overlay) {
            names[count++] = s->profiles[i].name;
        }
    }
    if (first) {
        names[count++] = "recommended";
    }
    const char *near = nearest_name(name, names, count);
    const char *what = first ? "profile" : "overlay";
    if (near) {
        err_set(err, ERR_USAGE, "no %s '%s' is known; did you mean '%s'?", what, name, near);
    } else if (s->broken_count) {
        const struct err *wrong = &s->broken[0].err;
        err_set(err, ERR_USAGE, "no %s '%s' is known, and a file is wrong: %s: %s", what, name,
                wrong->where, wrong->msg);
    } else {
        err_set(err, ERR_USAGE, "no %s '%s' is known; 'tunetop profiles' lists them", what, name);
    }
    free((void *)names);
    return -err->code;
}

static int add_named(const struct profile_set *s, const char *name, bool first,
                     struct profile_rows *out, struct err *err)
{
    const struct profile *p = find_profile(s, name);
    size_t found = 0;
    if (p && first) {
        return add_layer(out, p, name, err);
    }
    for (size_t i = 0; i < s->count; i++) {
        if (is_overlay_called(&s->profiles[i], name)) {
            const int rc = add_layer(out, &s->profiles[i], name, err);
            if (rc < 0) {
                return rc;
            }
            found++;
        }
    }
    if (!found && p) {
        return err_set(err, ERR_USAGE, "'%s' is a profile, and no overlay: it comes first, alone",
                       name);
    }
    return found ? 0 : fail_unknown(s, name, first, err);
}

/* "high+quality": the layers, and the name with "recommended" said in full. */
static int find_layers(const struct context *x, const char *name, struct profile_rows *out,
                       struct err *err)
{
    enum { NAME_MAX_BYTES = 256 };
    struct buf whole;
    int rc = 0;
    bool first = true;
    buf_init(&whole, NAME_MAX_BYTES);
    for (const char *at = name; rc == 0; first = false) {
        const size_t size = strcspn(at, "+");
        char part[80];
        if (size == 0 || size >= sizeof part || strlen(name) > NAME_MAX_BYTES) {
            rc = err_set(err, ERR_USAGE,
                         size ? "'%.60s...' is no name of a profile"
                              : "'%.60s': expected a name before and after each '+'",
                         name);
            break;
        }
        memcpy(part, at, size);
        part[size] = '\0';
        if (first && strcmp(part, "recommended") == 0) {
            snprintf(part, sizeof part, "%s", chip_profile_name((int)x->query->chip->profile));
        }
        rc = add_named(x->set, part, first, out, err);
        buf_printf(&whole, "%s%s", first ? "" : "+", part);
        at += size;
        if (!*at) {
            break;
        }
        at++;
    }
    out->name = arena_strdup(x->arena, whole.data);
    buf_release(&whole);
    return rc;
}

int profile_resolve(const struct profile_set *s, const char *name, const struct profile_query *q,
                    struct profile_rows *out, struct err *err)
{
    const struct context x = {.set = s, .query = q, .arena = &out->arena};
    *out = (struct profile_rows){.count = 0};
    arena_init(&out->arena);
    const int rc = find_layers(&x, name, out, err);
    if (rc == 0) {
        gather(&x, out);
        leave_out(out);
        cover(out);
    }
    return rc;
}

void profile_rows_release(struct profile_rows *r)
{
    arena_release(&r->arena);
    *r = (struct profile_rows){.count = 0};
}
