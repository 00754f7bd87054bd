#include "tuning/plan_edits.h"

#include <string.h>

#include "sampling/service/service.h"
#include "tuning/plan_layers.h"
#include "tuning/plan_value.h"

/* What the files have for a setting that is refused before anything looked at its value. */

/* Where it stands; `entry` NULL: nowhere. raw: in an env_file with format: raw, where nothing is
 * filled in. */
static struct plan_found find(struct planner *p, const struct wanted *w, bool *raw)
{
    struct plan_found stands = plan_find(p->in, w->place, w->name);

    *raw = false;
    if (stands.entry) {
        const struct plan_layer *l = &w->place->layers[stands.layer];

        *raw = l->kind == PLAN_LAYER_INHERITED && l->group[0] == '\0';
    } else if (w->place->exec) {
        stands.entry = document_find(w->place->exec, w->place->group, w->name);
    }
    return stands;
}

/* Whether what fills the value is known: one plain name, of a .env that can be read. */
static bool is_answered(const struct planner *p, const struct wanted *w,
                        const struct document_entry *e)
{
    struct splice_interpolation i;

    return w->place->dotenv >= 0 && splice_interpolation(e->value, &i) &&
           p->in->sources[w->place->dotenv].err.code == 0;
}

void planner_refuse(struct planner *p, const struct wanted *w, const char *reason)
{
    struct plan *out = p->out;
    bool raw;
    const struct plan_found stands = find(p, w, &raw);
    const struct document_entry *e = stands.entry;
    const char *in_file = e ? (e->value ? e->value : "") : NULL;
    const bool filled = e && e->interpolated && e->value && !raw;
    const bool unclear = filled && !is_answered(p, w, e);

    if (filled && !unclear) {
        in_file = planner_in_file(p, w->place, w->name);
    }
    out->rows = planner_grow(&out->arena, out->rows, out->row_count, &p->row_capacity,
                             sizeof *out->rows);
    out->rows[out->row_count++] = (struct plan_row){
        .service = w->place->service,
        .setting = stands.name ? stands.name : w->name,
        .wanted = w->value,
        .in_file = in_file,
        .unclear = unclear,
        .same = !unclear && plan_is_wanted(w->setting, in_file, w->value),
        .of = w->setting,
        .verdict = w->verdict,
        .secret = service_is_secret_name(w->name, strlen(w->name)),
    };
    planner_skip(p, w, reason, NULL, true);
}
