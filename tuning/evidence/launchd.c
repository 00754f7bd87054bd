/*
 * What launchd passes to the process of a job: `launchctl print DOMAIN/LABEL`.
 */
#include <string.h>

#include "tuning/evidence/evidence_part.h"

void evidence_gather_job(const struct evidence_of *of, struct evidence *e)
{
    const struct control_target *t = of->control;
    struct control_target none;
    struct control_output out;
    struct job *job = arena_alloc(&e->arena, sizeof *job);
    struct err err = ERR_INIT;

    if (!t || !t->label || !t->domain || (t->type != CONTROL_LAUNCHD && t->type != CONTROL_BREW)) {
        e->job_why = "no job of launchd runs it";
        return;
    }
    if (of->only_process || !of->world) {
        e->job_why = "its job was not asked about";
        return;
    }
    const char *const argv[] = {"launchctl", "print",
                                arena_printf(&e->arena, "%s/%s", t->domain, t->label), NULL};
    control_output_init(&out);
    int rc = control_run(of->world, evidence_target(of, &none), argv, of->deadline_ns, &out, &err);
    rc = rc == 0 ? job_read(out.out.data, out.out.size, &e->arena, job, &err) : rc;
    control_output_release(&out);
    if (rc < 0) {
        e->job_why = arena_printf(&e->arena, "its job cannot be asked about: %s", err.msg);
    } else if (!job->running ||
               (of->facts->pid > 0 && job->pid > 0 && job->pid != of->facts->pid)) {
        e->job_why = "its job runs another process, or none";
    } else {
        e->job = job;
    }
}

bool evidence_job_value(struct evidence *e, const struct setting *s, const char *name,
                        struct evidence_value *out)
{
    if (!e->job || s->kind != SETTING_VARIABLE) {
        return false;
    }
    *out = (struct evidence_value){
        .known = true, .value = job_variable(e->job, name), .via = EVIDENCE_LAUNCHD};
    return true;
}
