#include "tuning/plan_edits.h"

#include <string.h>

#include "tuning/secret.h"

/* The edits of each file as they are wished, what others have to leave as it is, and what is not
 * written. */

/* ---------------------------------------------------------------- growing lists */

void *planner_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    *capacity = *capacity ? 2 * *capacity : 32;
    void *grown = arena_calloc(arena, *capacity, size);
    if (count) {
        memcpy(grown, items, count * size);
    }
    return grown;
}

bool planner_same_place(const struct splice_edit *a, const struct splice_edit *b)
{
    return a->kind == b->kind && strcmp(a->group, b->group) == 0 && strcmp(a->name, b->name) == 0;
}

void planner_add_edit(struct planner *p, struct edits *e, const struct edit *edit)
{
    e->of = planner_grow(&p->out->arena, e->of, e->count, &e->capacity, sizeof *e->of);
    e->of[e->count++] = *edit;
}

/* What stands beside the new value in the file may be a secret. */
static const char *without_secrets(struct arena *arena, const char *lines)
{
    struct secret_state state = {false};
    struct buf out;

    buf_init(&out, 2 * strlen(lines) + 64); /* "***" for what is shorter */
    while (*lines) {
        const size_t size = strcspn(lines, "\n");

        secret_mask_line(&state, lines, size, &out);
        lines += size;
        if (*lines) {
            buf_putc(&out, '\n');
            lines++;
        }
    }
    const char *text = arena_strdup(arena, out.data);
    buf_release(&out);
    return text;
}

void planner_skip(struct planner *p, const struct wanted *w, const char *reason,
                  const char *by_hand, bool refused)
{
    struct plan *out = p->out;

    out->skipped = planner_grow(&out->arena, out->skipped, out->skipped_count, &p->skipped_capacity,
                                sizeof *out->skipped);
    out->skipped[out->skipped_count++] = (struct plan_skipped){
        .service = w->place->service,
        .setting = w->name,
        .value = w->value ? w->value : "",
        .reason = arena_strdup(&out->arena, reason),
        .by_hand = by_hand && *by_hand ? without_secrets(&out->arena, by_hand) : NULL,
        .refused = refused,
    };
}

const struct edit *planner_taken(const struct edits *e, const struct splice_edit *s)
{
    for (size_t i = 0; i < e->count; i++) {
        if (planner_same_place(&e->of[i].splice, s)) {
            return &e->of[i];
        }
    }
    return NULL;
}

bool planner_has_asked(const struct edits *e, const struct splice_edit *s, const struct wanted *w)
{
    for (size_t i = 0; i < e->count; i++) {
        const struct edit *o = &e->of[i];

        if (o->wanted.place == w->place && strcmp(o->wanted.name, w->name) == 0 &&
            planner_same_place(&o->splice, s)) {
            return true;
        }
    }
    return false;
}

bool planner_refused_by(struct planner *p, const struct edit *other,
                        const struct splice_edit *splice, const struct wanted *w)
{
    const char *theirs = other && other->splice.value ? other->splice.value : "";

    if (!other || strcmp(theirs, splice->value ? splice->value : "") == 0) {
        return false;
    }
    planner_skip(p, w,
                 arena_printf(&p->out->arena, "%s is '%s' for %s of %s, and it holds one value",
                              splice->name, theirs, other->wanted.name,
                              other->wanted.place->service),
                 NULL, true);
    return true;
}

bool planner_want_at(struct planner *p, int source, const struct splice_edit *splice,
                     const struct wanted *w, const char *from)
{
    const struct edit *other = planner_taken(&p->edits[source], splice);

    if (planner_refused_by(p, other ? other : planner_taken(&p->kept[source], splice), splice, w)) {
        return false;
    }
    if (other && planner_has_asked(&p->edits[source], splice, w)) {
        return true;
    }
    if (p->edits[source].count >= EDITS_MAX) {
        planner_skip(p, w, "there are too many changes to one file", NULL, true);
        return false;
    }
    planner_add_edit(p, &p->edits[source],
                     &(struct edit){.splice = *splice, .wanted = *w, .from = from});
    return true;
}

void planner_keep_at(struct planner *p, int source, const struct splice_edit *splice,
                     const struct wanted *w)
{
    if (!planner_refused_by(p, planner_taken(&p->edits[source], splice), splice, w) &&
        !planner_taken(&p->kept[source], splice)) {
        planner_add_edit(p, &p->kept[source], &(struct edit){.splice = *splice, .wanted = *w});
    }
}
