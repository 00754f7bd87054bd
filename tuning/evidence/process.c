/*
 * What the process itself has: its environment, its arguments, the limits of its control group.
 */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sampling/metric.h"
#include "sampling/reading.h"
#include "sampling/service/service.h"
#include "tuning/evidence/evidence_part.h"
#include "tuning/plan_value.h"

enum { VALUE_BYTES = 4096 };

/* Names that hold secrets are not even asked for. */
static size_t wanted_names(const struct setting_catalog *c, struct arena *arena,
                           const char ***names)
{
    size_t count = 0;

    *names = arena_calloc(arena, c->name_count + 1, sizeof **names);
    for (size_t i = 0; i < c->name_count; i++) {
        if (c->names[i][0] != '-' && !strpbrk(c->names[i], ". =") &&
            !service_is_secret_name(c->names[i], strlen(c->names[i]))) {
            (*names)[count++] = c->names[i];
        }
    }
    return count;
}

static void read_environment(const struct evidence_of *of, struct evidence *e)
{
    struct err err = ERR_INIT;
    const char **names;
    const size_t count = wanted_names(of->catalog, &e->arena, &names);
    const char **values = arena_calloc(&e->arena, count + 1, sizeof *values);

    const int rc = process_table_settings(of->processes, e->pid, e->pid_start, names, count,
                                          &e->arena, values, &err);
    if (rc < 0) {
        e->environment.why =
            rc == -ERR_DENIED
                ? "the environment of its process may be read by its own user and by root only"
                : arena_printf(&e->arena, "the environment of its process cannot be read: %s",
                               err.msg);
        return;
    }
    struct evidence_pair *pairs = arena_calloc(&e->arena, count + 1, sizeof *pairs);
    for (size_t i = 0; i < count; i++) {
        pairs[i] = (struct evidence_pair){names[i], values[i]};
    }
    e->environment = (struct evidence_pairs){.known = true, .of = pairs, .count = count};
}

/* A limit: its value, INFINITY where there is none; false: not told. */
static bool limit_of(const struct reading *r, double *out)
{
    if (reading_get(r, out)) {
        return true;
    }
    *out = INFINITY;
    return r->reason == REASON_NO_LIMIT;
}

/* Another user's socket does not tell whose it is; who supervises the service does. */
static void find_process(const struct evidence_of *of, struct evidence *e)
{
    const bool container = !e->unit && e->container;
    const int32_t pid = e->unit ? e->unit->pid : container ? e->container->pid : 0;
    const struct process *p = pid > 0 && of->processes ? process_table_find(of->processes, pid)
                                                       : NULL;

    e->pid = of->facts->pid;
    e->pid_start = of->facts->pid_start;
    e->started_wall_ns = of->facts->started_wall_ns;
    e->slack_ns = EVIDENCE_SLACK_NS;
    /* An engine in a virtual machine has numbers of its own. */
    if (e->pid <= 0 && p &&
        (!container || service_ollama.matches(p->name, p->argv) == MATCH_SURE ||
         service_comfyui.matches(p->name, p->argv) == MATCH_SURE)) {
        e->pid = pid;
        e->pid_start = p->start;
        e->started_wall_ns = container ? e->container->started_wall_ns : e->unit->started_wall_ns;
        e->slack_ns += container ? 0 : NS_PER_S; /* systemd tells whole seconds */
    }
    /* Its process may not be seen from here, or be another program that starts it. */
    if (e->started_wall_ns <= 0 && container) {
        e->started_wall_ns = e->container->started_wall_ns;
    }
}

void evidence_gather_process(const struct evidence_of *of, struct evidence *e)
{
    const struct service_facts *f = of->facts;
    struct process_group group;

    e->kind = f->kind;
    find_process(of, e);
    if (f->remote) {
        e->no_process = "it runs on another machine";
        return;
    }
    if (e->pid <= 0 || !of->processes) {
        e->no_process = "its process cannot be seen";
        return;
    }
    if (of->not_before_wall_ns > 0 && e->started_wall_ns > 0 &&
        e->started_wall_ns + e->slack_ns < of->not_before_wall_ns) {
        e->no_process = "its process is older than the restart";
        return;
    }
    const struct process *p = process_table_find(of->processes, e->pid);
    if (!p || p->start != e->pid_start) {
        e->no_process = "its process has ended";
        return;
    }
    if (*p->argv) {
        e->argv = arena_strdup(&e->arena, p->argv);
        /* A sequence of bytes that did not fit as a whole leaves up to four bytes free. */
        e->argv_cut = strlen(p->argv) + 6 >= PROCESS_ARGV;
    }
    read_environment(of, e);
    process_table_group(of->processes, e->pid, 0, &group);
    double used; /* where not even that is told there is no group to speak of */
    e->group_known = reading_get(&group.memory_bytes, &used) &&
                     limit_of(&group.memory_limit_bytes, &e->group_memory_bytes) &&
                     limit_of(&group.cpu_limit_cores, &e->group_cpus);
}

static void take_settings(const struct service_facts *f, struct evidence *e)
{
    struct evidence_pair *pairs = arena_calloc(&e->arena, f->setting_count + 1, sizeof *pairs);
    double count;

    if (!reading_get(&f->settings_state, &count)) {
        e->environment.why =
            f->settings_state.state == READING_DENIED
                ? "the environment of its process may be read by its own user and by root only"
                : "the environment of its process was not read";
        return;
    }
    for (size_t i = 0; i < f->setting_count; i++) {
        pairs[i] = (struct evidence_pair){arena_strdup(&e->arena, f->settings[i].name),
                                          arena_strdup(&e->arena, f->settings[i].value)};
    }
    e->environment = (struct evidence_pairs){
        .known = true, .of = pairs, .count = f->setting_count, .only_set = true};
}

struct evidence *evidence_of_facts(const struct service_facts *f)
{
    struct evidence *e = xcalloc(1, sizeof *e);
    const bool limited = strcmp(f->install, "container") == 0 || strcmp(f->install, "systemd") == 0;

    e->kind = f->kind;
    e->started_wall_ns = f->started_wall_ns;
    e->container_why = e->unit_why = "a program would have to be asked";
    if (f->remote) {
        e->no_process = "it runs on another machine";
        return e;
    }
    if (f->pid > 0) {
        take_settings(f, e);
        e->group_known = limited &&
                         limit_of(&f->v[METRIC_SERVICE_MEMORY_LIMIT], &e->group_memory_bytes) &&
                         limit_of(&f->v[METRIC_SERVICE_CPU_LIMIT], &e->group_cpus);
    } else {
        e->no_process = "its process cannot be seen";
    }
    if (*f->words) {
        e->argv = arena_strdup(&e->arena, f->words);
        e->argv_cut = strlen(f->words) + 6 >= PROCESS_ARGV;
    }
    return e;
}

/* ---------------------------------------------------------------- reading */

bool evidence_flag_in(const char *argv, const char *flag, bool bare, struct arena *arena,
                      struct evidence_value *out)
{
    const size_t size = strlen(flag);
    char value[VALUE_BYTES];

    *out = (struct evidence_value){.known = true};
    for (const char *at = argv; at;) {
        const char *stop = strchr(at, PROCESS_ARGV_SEPARATOR);
        const size_t length = stop ? (size_t)(stop - at) : strlen(at);

        if (length >= size && memcmp(at, flag, size) == 0 && (length == size || at[size] == '=')) {
            out->value = bare
                             ? ""
                             : arena_strdup(arena, service_argument(at, flag, value, sizeof value));
        }
        at = stop ? stop + 1 : NULL; /* the last one counts */
    }
    return out->value != NULL;
}

bool evidence_process_value(struct evidence *e, const struct setting *s, const char *name,
                            struct evidence_value *out)
{
    if (s->kind == SETTING_VARIABLE) {
        for (size_t i = 0; e->environment.known && i < e->environment.count; i++) {
            if (strcmp(e->environment.of[i].name, name) == 0) {
                *out = (struct evidence_value){.known = true,
                                               .value = e->environment.of[i].value,
                                               .via = EVIDENCE_ENVIRONMENT};
                return true;
            }
        }
        *out = (struct evidence_value){.known = true, .via = EVIDENCE_ENVIRONMENT};
        return e->environment.known && e->environment.only_set;
    }
    if (e->argv && (s->kind == SETTING_FLAG_NAME || s->kind == SETTING_OPTION) && name[0] == '-') {
        const bool found = evidence_flag_in(e->argv, name, plan_is_bare_flag(s), &e->arena, out);

        out->via = EVIDENCE_ARGV;
        out->known = found || !e->argv_cut;
        return out->known;
    }
    return false;
}

bool evidence_group_value(struct evidence *e, const char *name, struct evidence_value *out)
{
    static const char *const memory[] = {"mem_limit", "deploy.resources.limits.memory", "MemoryMax",
                                         NULL};
    static const char *const cpus[] = {"cpus", "deploy.resources.limits.cpus", NULL};
    struct arena *arena = &e->arena;

    if (!e->group_known) {
        return false;
    }
    *out = (struct evidence_value){.known = true, .via = EVIDENCE_CGROUP};
    for (size_t i = 0; memory[i]; i++) {
        if (strcmp(name, memory[i]) == 0) {
            out->value = isfinite(e->group_memory_bytes)
                             ? evidence_size_text(e->group_memory_bytes, arena)
                             : NULL;
            return true;
        }
    }
    for (size_t i = 0; cpus[i]; i++) {
        if (strcmp(name, cpus[i]) == 0) {
            out->value = isfinite(e->group_cpus) ? arena_printf(arena, "%.6g", e->group_cpus)
                                                 : NULL;
            return true;
        }
    }
    if (strcmp(name, "CPUQuota") == 0) {
        out->value = isfinite(e->group_cpus) ? arena_printf(arena, "%.6g%%", 100 * e->group_cpus)
                                             : NULL;
        return true;
    }
    return false;
}
