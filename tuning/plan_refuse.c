#include "tuning/plan_edits.h"

#include <string.h>

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

/* Whether what fills the value is known: one plain name, of a .env that can be read. In an env_file
 * it may be one of the file itself as well. */
static bool is_answered(const struct planner *p, const struct wanted *w,
                        const struct plan_found *stands)
{
    const struct plan_place *place = w->place;
    struct splice_interpolation i;

    return (stands->layer >= place->layer_count ||
            place->layers[stands->layer].kind != PLAN_LAYER_ENV_FILE) &&
           place->dotenv >= 0 && splice_interpolation(stands->entry->value, &i) &&
           p->in->sources[w->place->dotenv].err.code == 0;
}

static void add_row(struct planner *p, const struct wanted *w, const char *name,
                    const char *in_file, bool unclear)
{
    planner_add_row(
        p, w,
        &(struct plan_row){.setting = name,
                           .in_file = in_file,
                           .unclear = unclear,
                           .same = !unclear && plan_is_wanted(w->setting, in_file, w->value)});
}

static void refuse(struct planner *p, const struct wanted *w, const char *reason, bool lines)
{
    enum { BY_HAND = 4096 };
    bool raw;
    const struct plan_found stands = find(p, w, &raw);
    const struct document_entry *e = stands.entry;
    const char *in_file = e ? (e->value ? e->value : "") : NULL;
    const bool filled = e && e->interpolated && e->value && !raw;
    const bool unclear = filled && !is_answered(p, w, &stands);
    struct buf by_hand;

    if (filled && !unclear) {
        in_file = planner_in_file(p, w->place, w->name);
    }
    add_row(p, w, stands.name, in_file, unclear);
    buf_init(&by_hand, BY_HAND);
    if (lines && e && stands.layer < w->place->layer_count && w->value && planner_is_on(w)) {
        const struct plan_layer *l = &w->place->layers[plan_target(w->place, stands.layer)];

        splice_by_hand(
            planner_document(p, l->source),
            &(struct splice_edit){.kind = e->kind,
                                  .group = l->group,
                                  .name = stands.name,
                                  .value = plan_is_bare_flag(w->setting) ? NULL : w->value},
            &by_hand);
    }
    planner_skip(p, w, reason, by_hand.data, true);
    buf_release(&by_hand);
}

void planner_refuse(struct planner *p, const struct wanted *w, const char *reason)
{
    refuse(p, w, reason, false);
}

void planner_refuse_edit(struct planner *p, const struct wanted *w, const char *reason)
{
    refuse(p, w, reason, true);
}

bool planner_overridden(struct planner *p, struct wanted *w, enum document_entry_kind kind,
                        const struct plan_found *stands)
{
    const char *value = NULL;
    const struct unit_part *later =
        w->place->unit ? unit_overriding(w->place->unit, kind, stands->name, &value) : NULL;
    struct plan *out = p->out;
    bool unclear = false;

    if (!later) {
        return false;
    }
    const bool sets = value != NULL;
    if (kind == ENTRY_FLAG) { /* the whole line is another; ours would be that of before */
        const struct document_entry *e =
            w->place->exec ? document_find(w->place->exec, w->place->group, stands->name) : NULL;

        value = e ? (e->value ? e->value : "") : NULL;
        unclear = !w->place->exec;
    }
    w->value = w->value ? plan_plain_value(w->setting, w->value, &out->arena) : NULL;
    w->name = stands->name;
    add_row(p, w, stands->name, value, unclear);
    if (!out->rows[out->row_count - 1].same) {
        planner_skip(p, w,
                     arena_printf(&out->arena,
                                  "%s %s it again, and counts more than a file of ours: change it "
                                  "there",
                                  later->path, sets ? "sets" : "clears"),
                     NULL, true);
    }
    return true;
}
