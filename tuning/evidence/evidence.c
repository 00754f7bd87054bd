#include "tuning/evidence/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sampling/service/service.h"
#include "tuning/evidence/evidence_part.h"

const char *const evidence_via_words[] = {
#define VIA(id, word) word,
    EVIDENCE_VIAS(VIA)
#undef VIA
        NULL,
};

const struct control_target *evidence_target(const struct evidence_of *of,
                                             struct control_target *none)
{
    *none = (struct control_target){.uid = -1, .service = of->facts->name};
    return of->control ? of->control : none;
}

const char *evidence_size_text(double bytes, struct arena *arena)
{
    static const struct {
        double size;
        char letter;
    } units[] = {{1024.0 * 1024 * 1024, 'G'}, {1024.0 * 1024, 'M'}, {1024.0, 'K'}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        const double many = bytes / units[i].size;

        if (many >= 1 && many <= (double)((uint64_t)1 << 53) &&
            many <= (double)(uint64_t)many) { /* no part of one is left */
            return arena_printf(arena, "%.0f%c", many, units[i].letter);
        }
    }
    return arena_printf(arena, "%.0f", bytes);
}

struct evidence *evidence_gather(const struct evidence_of *of)
{
    struct evidence *e = xcalloc(1, sizeof *e);

    evidence_gather_container(of, e);
    evidence_gather_unit(of, e);
    evidence_gather_job(of, e);
    evidence_gather_process(of, e);
    evidence_gather_runners(of, e);
    evidence_gather_report(of, e);
    /* Long to read: only where nobody better tells. */
    if (of->facts->kind == SERVICE_OLLAMA && !e->environment.known && !e->container) {
        evidence_gather_log(of, e);
    }
    return e;
}

void evidence_free(struct evidence *e)
{
    if (e) {
        arena_release(&e->arena);
        free(e);
    }
}

int64_t evidence_started_wall_ns(const struct evidence *e)
{
    return e->started_wall_ns;
}

/* Why a variable or flag of a process is not known: the first that somebody looked for. */
static const char *why_not(const struct evidence *e, const struct setting *s, const char *name)
{
    switch ((enum setting_kind)s->kind) {
    case SETTING_VARIABLE:
        return e->no_process          ? e->no_process
               : e->environment.why   ? e->environment.why
               : e->environment.known ? "a name of that kind is not looked for in environments"
                                      : "the environment of its process was not read";
    case SETTING_FLAG_NAME:
    case SETTING_OPTION:
        return name[0] != '-'  ? "it is an option of single requests"
               : e->argv_cut   ? "the arguments of its process are longer than what is kept"
               : e->no_process ? e->no_process
                               : "the arguments of its process cannot be read";
    case SETTING_COMPOSE_KEY:
        return e->container ? "the inspection of a container does not tell it" : e->container_why;
    case SETTING_UNIT_KEY:
        return e->unit ? "systemctl does not tell it" : e->unit_why;
    case SETTING_PLIST_KEY:
        return "launchctl does not tell it";
    default:
        return "nothing tells what its process has of it";
    }
}

/* In the order of TUNING: the first that can tell decides. */
static bool look(struct evidence *e, const struct setting *s, const char *name,
                 struct evidence_value *out)
{
    const bool variable = s->kind == SETTING_VARIABLE;

    return evidence_process_value(e, s, name, out) || evidence_container_value(e, s, name, out) ||
           evidence_group_value(e, name, out) || (variable && evidence_log_value(e, name, out)) ||
           (variable && evidence_runner_value(e, name, out)) ||
           evidence_unit_value(e, s, name, out) || evidence_job_value(e, s, name, out) ||
           evidence_report_value(e, s, name, out);
}

void evidence_value(struct evidence *e, const struct setting *s, const char *name,
                    struct evidence_value *out)
{
    struct evidence_value runner = {.known = false};

    *out = (struct evidence_value){.known = false};
    if (service_is_secret_name(name, strlen(name))) {
        *out = (struct evidence_value){.via = -1, .why = "it is a secret, and not asked for"};
        return;
    }
    if (!look(e, s, name, out)) {
        *out = (struct evidence_value){.via = -1, .why = why_not(e, s, name)};
        return;
    }
    if (out->via < EVIDENCE_RUNNER && s->kind == SETTING_VARIABLE &&
        evidence_runner_value(e, name, &runner)) {
        out->runner_known = true;
        out->runner = runner.value;
    }
}
