/*
 * What systemd started its process with. It is proof only while no reload is pending, and of
 * variables only where no file of variables has the last word.
 */
#include <math.h>
#include <string.h>

#include "tuning/evidence/evidence_part.h"

enum { ARGC_MAX = 12 };

void evidence_gather_unit(const struct evidence_of *of, struct evidence *e)
{
    const struct control_target *t = of->control;
    const bool told = t && t->type == CONTROL_SYSTEMD;
    const char *name = told ? t->unit : of->facts->unit;
    const char *argv[ARGC_MAX];
    struct control_target none;
    struct control_output out;
    struct unit *unit = arena_alloc(&e->arena, sizeof *unit);
    struct err err = ERR_INIT;
    size_t n = 0;

    if (!name || !*name || *name == '-') {
        e->unit_why = "no unit of systemd runs it";
        return;
    }
    if (of->only_process || !of->world) {
        e->unit_why = "its unit was not asked about";
        return;
    }
    argv[n++] = "systemctl";
    if (told && t->user_scope) {
        argv[n++] = "--user";
    }
    argv[n++] = "show";
    argv[n++] = "--property=" UNIT_PROPERTIES;
    argv[n++] = "--";
    argv[n++] = name;
    argv[n] = NULL;
    control_output_init(&out);
    int rc = control_run(of->world, evidence_target(of, &none), argv, of->deadline_ns, &out, &err);
    rc = rc == 0 ? unit_read(out.out.data, out.out.size, &e->arena, unit, &err) : rc;
    control_output_release(&out);
    if (rc < 0) {
        e->unit_why = arena_printf(&e->arena, "its unit cannot be asked about: %s", err.msg);
    } else if (unit->needs_reload) {
        e->unit_why = "its unit was edited, and systemd has not read it again";
    } else if (of->facts->pid > 0 && unit->pid > 0 && unit->pid != of->facts->pid &&
               !*of->facts->container) {
        e->unit_why = "its unit runs another process";
    } else {
        e->unit = unit;
    }
}

bool evidence_unit_value(struct evidence *e, const struct setting *s, const char *name,
                         struct evidence_value *out)
{
    const struct unit *u = e->unit;
    double number;

    if (!u) {
        return false;
    }
    *out = (struct evidence_value){.known = true, .via = EVIDENCE_SYSTEMD};
    if (s->kind == SETTING_VARIABLE) {
        out->value = unit_variable(u, name);
        return u->environment_file_count == 0;
    }
    if (strcmp(name, "MemoryMax") == 0) {
        number = u->memory_max_bytes;
        out->value = isfinite(number) ? evidence_size_text(number, &e->arena) : NULL;
        return !isnan(number);
    }
    if (strcmp(name, "CPUQuota") == 0) {
        number = u->cpus;
        out->value = isfinite(number) ? arena_printf(&e->arena, "%.6g%%", 100 * number) : NULL;
        return !isnan(number);
    }
    if (strcmp(name, "LimitNOFILE") == 0) {
        number = u->open_files_max;
        out->value = isfinite(number) ? arena_printf(&e->arena, "%.0f", number) : "infinity";
        return !isnan(number);
    }
    return false;
}
