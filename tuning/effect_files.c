/*
 * Where a file has another value than the process that was started with it.
 */
#include <string.h>

#include "tuning/effect.h"
#include "tuning/evidence/evidence.h"
#include "tuning/plan.h"
#include "tuning/plan_layers.h"
#include "tuning/plan_value.h"

enum { NAMES_MAX = 512, DRIFT_ROOM = 64 };

/* The row that a profile made already: the file belongs to it. */
static bool is_told(struct effect *e, const char *service, const char *setting, const char *file)
{
    for (size_t i = 0; i < e->drift_count; i++) {
        struct effect_drift *d = &e->drift[i];

        if (strcmp(d->service, service) == 0 && strcmp(d->setting, setting) == 0) {
            d->file = arena_strdup(&e->arena, file);
            return true;
        }
    }
    return false;
}

static void compare(const struct setting_catalog *catalog, const struct plan_input *in,
                    const struct plan_place *p, const char *const *names, size_t count,
                    const struct service_facts *f, struct effect *e)
{
    struct evidence *evidence = evidence_of_facts(f);
    const char *nearest;

    for (size_t i = 0; i < count && e->drift_count < DRIFT_ROOM; i++) {
        const struct document_entry *there = plan_find(in, p, names[i]).entry;
        const struct setting *s = there ? setting_find(catalog, names[i], &nearest) : NULL;
        struct evidence_value v;

        if (!s || there->kind != ENTRY_VARIABLE || there->interpolated || !there->value) {
            continue;
        }
        evidence_value(evidence, s, names[i], &v);
        if (!v.known || v.weak || plan_is_wanted(s, v.value, there->value) ||
            is_told(e, p->service, names[i], there->value)) {
            continue;
        }
        effect_add_drift(e, &(struct effect_drift){
                                .service = p->service,
                                .setting = names[i],
                                .file = there->value,
                                .process = v.value,
                                .reason = "its process was started with another value than its "
                                          "file has now",
                            });
    }
    evidence_free(evidence);
}

void effect_add_files(const struct setting_catalog *catalog, const struct plan_input *in,
                      const struct model *m, struct effect *e)
{
    struct arena arena = {0};
    const char **names = arena_calloc(&arena, NAMES_MAX, sizeof *names);
    const size_t count = effect_names(catalog, names, NAMES_MAX);

    for (size_t i = 0; i < in->place_count; i++) {
        const struct plan_place *p = &in->places[i];
        const struct service_facts *f = model_facts_find(m, p->service);

        if (p->err.code == 0 && f && f->state != SERVICE_DOWN) {
            compare(catalog, in, p, names, count, f, e);
        }
    }
    arena_release(&arena);
}
