#include <string.h>

#include "tuning/flag_line.h"
#include "tuning/flag_sets.h"
#include "tuning/plan_edits.h"
#include "tuning/plan_flag_line.h"
#include "tuning/plan_value.h"

/* A flag of a ComfyUI whose image takes its flags from a variable. Each flag is a wish and a change
 * of its own; the edit, which all of them share, is the value of the variable. */

/* One flag as an edit of its own, to hold it against what others wish: in the group of its line,
 * for two lines of one file may have it. */
static struct splice_edit as_flag(struct planner *p, const struct plan_flag_line *line,
                                  const char *flag, const char *value)
{
    return (struct splice_edit){
        .kind = ENTRY_FLAG,
        .group = arena_printf(&p->out->arena, "%s %s", line->group, line->name),
        .name = flag,
        .value = value,
    };
}

/* Not written, with what is to be written by hand. value: of the flag, "" when it stands alone;
 * NULL: it is to go. */
static void refuse(struct planner *p, const struct wanted *w, const struct plan_flag_line *line,
                   const char *value, const char *reason)
{
    enum { BY_HAND = 4096 };
    struct arena *arena = &p->out->arena;
    struct buf by_hand;

    buf_init(&by_hand, BY_HAND);
    if (!value) {
        buf_printf(&by_hand, "take %s out of %s\n", w->name, line->variable);
    } else if (flag_line_can_hold(value)) {
        const struct splice_edit edit = {
            .kind = ENTRY_VARIABLE,
            .group = line->group,
            .name = line->name,
            .value = line->value
                         ? flag_line_put(line->value, w->name, value, arena)
                         : arena_printf(arena, "... %s%s%s", w->name, *value ? " " : "", value)};

        splice_by_hand(planner_document(p, line->source), &edit, &by_hand);
    }
    planner_skip(p, w, reason, by_hand.data, true);
    buf_release(&by_hand);
}

/* By what others hold there. */
static bool is_refused(struct planner *p, const struct plan_flag_line *line,
                       const struct splice_edit *flag, const struct wanted *w)
{
    return planner_refused_by(p, planner_taken(&p->kept[line->source], flag), flag, w);
}

static void add(struct planner *p, const struct plan_flag_line *line,
                const struct splice_edit *splice, const struct wanted *w, const char *to)
{
    struct edits *e = &p->edits[line->source];

    planner_add_edit(p, e,
                     &(struct edit){.splice = *splice,
                                    .wanted = *w,
                                    .from = flag_line_get(line->value, w->name, &p->out->arena),
                                    .in_line = true,
                                    .to = to});
    for (size_t i = 0; i < e->count; i++) { /* it is one text */
        if (planner_same_place(&e->of[i].splice, splice)) {
            e->of[i].splice.value = splice->value;
        }
    }
}

static void add_reasons(struct planner *p, struct wanted *w, const struct plan_flag_line *line)
{
    struct arena *arena = &p->out->arena;

    planner_add_reason(p, w, arena_printf(arena, "its image takes flags from %s", line->variable));
    if (line->target < w->place->layer_count) {
        planner_add_reasons(p, w, &line->stands, line->target, NULL, NULL);
        return;
    }
    const char *readers = plan_readers(p->in, w->place, line->name, line->stands.entry, arena);

    planner_add_reason(p, w,
                       arena_printf(arena, "%s fills it%s%s", line->name,
                                    *readers ? "; also read by " : "", readers));
}

/* What the new flag excludes is gone from the line; said where the file has it. */
static void add_excluded(struct planner *p, const struct plan_flag_line *line,
                         const struct splice_edit *splice, const struct wanted *w)
{
    struct arena *arena = &p->out->arena;
    const char *const *set = flag_set_of(w->name);

    for (; set && *set; set++) {
        struct wanted gone = *w;

        if (strcmp(*set, w->name) == 0 || !flag_line_get(line->value, *set, arena)) {
            continue;
        }
        gone.name = *set;
        if (planner_has_asked(&p->edits[line->source], splice, &gone)) {
            continue;
        }
        gone.value = "0";
        gone.clamped_from = NULL;
        gone.reason = arena_printf(arena, "%s excludes it", w->name);
        add(p, line, splice, &gone, NULL);
    }
}

static bool has_whole(const struct edits *e, const struct splice_edit *splice)
{
    for (size_t i = 0; i < e->count; i++) {
        if (!e->of[i].in_line && planner_same_place(&e->of[i].splice, splice)) {
            return true;
        }
    }
    return false;
}

/* Another service whose changes of the line start from another text: what the two of them have for
 * it when nobody fills it in. NULL: none. */
static const char *other_start(struct planner *p, const struct plan_flag_line *line,
                               const struct edit *other, const struct wanted *w)
{
    struct plan_flag_line theirs;

    return other && other->wanted.place != w->place &&
                   plan_flag_line(p->in, other->wanted.place, &p->out->arena, &theirs) &&
                   theirs.value && strcmp(theirs.value, line->value) != 0
               ? other->wanted.place->service
               : NULL;
}

/* The line gets the flag with that value, or (NULL) loses it. false: that is refused. */
static bool write_flag(struct planner *p, struct wanted *w, const struct plan_flag_line *line,
                       const char *value)
{
    struct arena *arena = &p->out->arena;
    const struct edits *e = &p->edits[line->source];
    struct splice_edit splice = {.kind = ENTRY_VARIABLE,
                                 .group = line->group,
                                 .name = line->name,
                                 .make_group = w->place->apart,
                                 .text = true};
    const struct edit *other = planner_taken(e, &splice);
    const char *const *set = value ? flag_set_of(w->name) : NULL;

    if (has_whole(e, &splice) || has_whole(&p->kept[line->source], &splice)) {
        planner_skip(p, w, arena_printf(arena, "%s is set as a whole", line->name), NULL, true);
        return false;
    }
    const char *elsewhere = other_start(p, line, other, w);
    if (elsewhere) {
        refuse(p, w, line, value,
               arena_printf(arena, "%s has other flags there, and %s is one line for both",
                            elsewhere, line->name));
        return false;
    }
    if (e->count >= EDITS_MAX) {
        planner_skip(p, w, "there are too many changes to one file", NULL, true);
        return false;
    }
    if (other && planner_has_asked(e, &splice, w)) {
        return true;
    }
    splice.value = flag_line_put(other ? other->splice.value : line->value, w->name, value, arena);
    for (const char *const *at = set; at && *at; at++) {
        const struct splice_edit gone = as_flag(p, line, *at, "off");

        if (strcmp(*at, w->name) == 0) {
            continue;
        }
        if (is_refused(p, line, &gone, w)) {
            return false;
        }
        splice.value = flag_line_put(splice.value, *at, NULL, arena);
    }
    if (!flag_line_is_plain(splice.value)) {
        refuse(p, w, line, value, arena_printf(arena, "%s gets too long", line->variable));
        return false;
    }
    if (line->never_empty && !splice.value[strspn(splice.value, " \t")]) {
        refuse(p, w, line, value,
               arena_printf(arena,
                            "%s would be empty, and then the other text counts that %s has for it",
                            line->name, line->variable));
        return false;
    }
    add_reasons(p, w, line);
    add(p, line, &splice, w, value);
    if (value) {
        add_excluded(p, line, &splice, w);
    }
    return true;
}

/* The flag is there, or is not, as it is to be: nobody sets the line to something else. */
static void keep_line(struct planner *p, const struct wanted *w, const struct plan_flag_line *line)
{
    const struct splice_edit whole = {
        .kind = ENTRY_VARIABLE, .group = line->group, .name = line->name, .value = line->value};

    if (!planner_taken(&p->kept[line->source], &whole)) {
        planner_add_edit(p, &p->kept[line->source],
                         &(struct edit){.splice = whole, .wanted = *w, .in_line = true});
    }
}

/* A path with blanks is one value, the other texts are several. */
static bool can_hold(const struct setting *s, const char *value)
{
    return flag_line_can_hold(value) && (s->type == SETTING_TEXT || !strpbrk(value, " \t"));
}

/* The flag in front of the line that is in the way; NULL: none. gone: it is to go. */
static const char *in_the_way(const struct plan_flag_line *line, const char *flag, bool gone,
                              bool there, struct arena *arena)
{
    const char *const *set = gone ? NULL : flag_set_of(flag);

    if (!line->before) {
        return NULL;
    }
    for (; set && *set; set++) {
        if (strcmp(*set, flag) != 0 && flag_line_get(line->before, *set, arena)) {
            return *set;
        }
    }
    return (gone || !there) && flag_line_get(line->before, flag, arena) ? flag : NULL;
}

/* Where a service takes its flags from is looked up once, not for each flag; NULL: from its command
 * line. */
static const struct plan_flag_line *line_of(struct planner *p, const struct plan_place *place)
{
    struct arena *arena = &p->out->arena;

    if (p->line_place != place) {
        struct plan_flag_line *line = arena_calloc(arena, 1, sizeof *line);

        p->line_place = place;
        p->line = plan_flag_line(p->in, place, arena, line) ? line : NULL;
    }
    return p->line;
}

bool planner_want_in_line(struct planner *p, struct wanted *w)
{
    struct arena *arena = &p->out->arena;
    const struct plan_flag_line *line = line_of(p, w->place);

    if (!line) {
        return false;
    }
    w->value = w->value ? plan_plain_value(w->setting, w->value, arena) : NULL;
    const char *there = line->value ? flag_line_get(line->value, w->name, arena) : NULL;
    const bool in_line = there != NULL;
    there = !there && line->value && line->before ? flag_line_get(line->before, w->name, arena)
                                                  : there;
    const bool alone = plan_is_bare_flag(w->setting) || !w->value;
    const char *value = !planner_is_on(w) ? NULL : alone ? "" : w->value;
    const char *held = value && *value ? value : value ? "on" : "off";
    const struct splice_edit flag = as_flag(p, line, w->name, held);

    if (line->value && !there && w->only_if_there) {
        planner_skip(p, w, planner_not_there, NULL, false);
        return true;
    }
    const bool same = line->value && plan_is_wanted(w->setting, there, w->value);
    planner_add_row(p, w,
                    &(struct plan_row){.in_file = there, .unclear = !line->value, .same = same});
    const char *way = same ? NULL : in_the_way(line, w->name, !value, in_line, arena);
    if (line->why || !line->value) {
        refuse(p, w, line, value, line->why ? line->why : "what the line holds is not known");
    } else if (value && !can_hold(w->setting, value)) {
        planner_skip(p, w,
                     arena_printf(arena, "%s is split at blanks, and '%s' would need quotes",
                                  line->variable, value),
                     NULL, true);
    } else if (way) {
        planner_skip(p, w, arena_printf(arena, "%s has %s as well", line->before_name, way),
                     arena_printf(arena, "take %s out of %s\n", way, line->before_name), true);
    } else if (!is_refused(p, line, &flag, w) && (same || write_flag(p, w, line, value))) {
        planner_add_edit(p, &p->kept[line->source], &(struct edit){.splice = flag, .wanted = *w});
        if (same) {
            keep_line(p, w, line);
        }
    }
    return true;
}
