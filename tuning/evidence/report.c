/*
 * What the service itself reports: ComfyUI its arguments, Ollama the context of loaded models.
 */
#include <string.h>

#include "sampling/sample.h"
#include "tuning/evidence/evidence_part.h"
#include "tuning/plan_value.h"

void evidence_gather_report(const struct evidence_of *of, struct evidence *e)
{
    const struct service_facts *f = of->facts;
    double context;

    /* An answer of the process before is none. */
    if (f->answered_wall_ns <= 0 || f->answered_wall_ns < of->not_before_wall_ns) {
        return;
    }
    if (f->kind == SERVICE_COMFYUI && f->words && *f->words) {
        e->report_argv = arena_strdup(&e->arena, f->words);
    }
    for (size_t i = 0; f->kind == SERVICE_OLLAMA && i < f->model_count; i++) {
        if (e->context_count < EVIDENCE_MODELS &&
            reading_get(&f->models[i].v[METRIC_MODEL_CONTEXT], &context)) {
            e->contexts[e->context_count++] = context;
        }
    }
}

bool evidence_report_value(struct evidence *e, const struct setting *s, const char *name,
                           struct evidence_value *out)
{
    if (s->kind == SETTING_FLAG_NAME && e->report_argv && name[0] == '-') {
        (void)evidence_flag_in(e->report_argv, name, plan_is_bare_flag(s), &e->arena, out);
        out->via = EVIDENCE_REPORT;
        return true;
    }
    if (strcmp(name, "OLLAMA_CONTEXT_LENGTH") != 0 || e->context_count == 0) {
        return false;
    }
    for (size_t i = 1; i < e->context_count; i++) {
        if (e->contexts[i] < e->contexts[0] || e->contexts[i] > e->contexts[0]) {
            return false; /* clients asked for others */
        }
    }
    *out = (struct evidence_value){.known = true,
                                   .value = arena_printf(&e->arena, "%.0f", e->contexts[0]),
                                   .via = EVIDENCE_REPORT,
                                   .weak = true};
    return true;
}
