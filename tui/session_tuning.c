/*
 * What the Tuning tab shows of this machine: `plan` and `verify` of what is chosen, asked in child
 * processes; and for the picker `verify` of each profile, one after the other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "tui/consent.h"
#include "tui/picker.h"
#include "tui/session_parts.h"

/* Files change behind the screen. A new plan with its verification costs 40 ms of CPU in children
 * (one service, /proc/PID/stat): 0.3 % of a core while somebody is at the keys, 0.1 % on a screen
 * that is left alone, where the next key brings a new one. */
#define PLAN_AGES_NS (15 * NS_PER_S)
#define PLAN_AGES_ALONE_NS (60 * NS_PER_S)
#define ALONE_NS (60 * NS_PER_S)

static bool is_shown(const struct session *s)
{
    return s->ui.tab == UI_TUNING && s->self != NULL && !s->ui.tuning.all;
}

/* The words in one text: what was asked is compared with it. */
static char *text_of(const char *const *words)
{
    struct buf b;
    buf_init(&b, 64 * 1024);
    for (; *words != NULL; words++)
        buf_printf(&b, "%s\n", *words);
    return b.data;
}

static void fail(struct session *s, const char *place, const char *trouble)
{
    struct ui_tuning *t = &s->ui.tuning;
    t->plan_state = UI_PLAN_FAILED;
    snprintf(t->plan_trouble, sizeof t->plan_trouble, "%s: %s", place,
             trouble[0] != '\0' ? trouble : "it ended and said nothing");
}

static void begin(struct session *s, const char *const *words)
{
    struct session_tuning *t = &s->tuning;
    struct err err = ERR_INIT;
    t->asked_ns = clock_mono_ns(&clock_real);
    t->mark = assess_effect_mark(s->model);
    if (subcommand_begin(&t->plan, s->self, "plan", words, &err) < 0 ||
        subcommand_begin(&t->verify, s->self, "verify", words, &err) < 0) {
        subcommand_release(&t->plan);
        fail(s, err.where, err.msg);
    }
}

/* A plan that is asked about is the one that is applied: it stays as it is. */
static bool may_be_replaced(const struct session *s)
{
    return s->ui.input != UI_INPUT_CONSENT && !change_child_at_work(&s->change);
}

static bool is_old(const struct session *s)
{
    const int64_t now_ns = clock_mono_ns(&clock_real);
    return now_ns - s->tuning.asked_ns >=
           (now_ns - s->input_ns >= ALONE_NS ? PLAN_AGES_ALONE_NS : PLAN_AGES_NS);
}

static void ask_plan(struct session *s)
{
    struct ui_tuning *u = &s->ui.tuning;
    struct session_tuning *t = &s->tuning;
    struct arena arena = {0};
    const char *fits = ui_profile(&s->ui);
    if (fits[0] == '\0' || !may_be_replaced(s))
        return;
    const char **words = tuning_wish_words(&u->wish, fits, &arena);
    char *text = text_of(words);
    bool other = t->asked == NULL || strcmp(t->asked, text) != 0;
    bool moved = t->asked != NULL && t->mark != assess_effect_mark(s->model);
    bool runs = t->plan.state == SUBCOMMAND_RUNS || t->verify.state == SUBCOMMAND_RUNS;
    bool old = is_old(s) && !s->ui.paused;
    if (other || u->ask_plan || ((moved || old) && !runs)) {
        u->plan_stale = u->plan_stale || (moved && !other && u->plan != NULL);
        u->plan_state = other || u->ask_plan || u->plan == NULL ? UI_PLAN_COMING : u->plan_state;
        u->ask_plan = false;
        free(t->asked);
        t->asked = text;
        text = NULL;
        begin(s, words);
    }
    free(text);
    arena_release(&arena);
}

/* One that came while its question is open: the same again changes nothing. */
static void compare_plan(struct session *s, const struct tuning_plan *plan)
{
    struct ui_tuning *u = &s->ui.tuning;
    if (u->plan != NULL && u->plan->hash != NULL && plan->hash != NULL &&
        strcmp(u->plan->hash, plan->hash) == 0)
        return;
    u->plan_stale = true;
    u->ask_plan = true;
}

static void show_plan(struct session *s, const struct tuning_plan *plan)
{
    struct ui_tuning *u = &s->ui.tuning;
    struct session_tuning *t = &s->tuning;
    if (u->plan != NULL && u->plan_state == UI_PLAN_HERE && strcmp(u->plan->hash, plan->hash) != 0)
        session_say(s, "something changed: the plan was made again");
    tuning_plan_release(&t->shown);
    t->shown = *plan;
    t->shown.needs_root = plan->needs_root && geteuid() != 0;
    u->plan = &t->shown;
    u->plan_state = UI_PLAN_HERE;
    u->plan_stale = false;
    if (u->apply_wanted && s->ui.tab == UI_TUNING && s->ui.input == UI_INPUT_NONE) {
        s->ui.note = NULL;
        consent_ask_apply(&s->ui, s->model);
    }
    u->apply_wanted = false;
}

static void take_plan(struct session *s)
{
    struct session_tuning *t = &s->tuning;
    struct tuning_plan plan;
    struct err err = ERR_INIT;
    char trouble[512];
    if (t->plan.state != SUBCOMMAND_ENDED || t->verify.state != SUBCOMMAND_ENDED)
        return;
    const struct buf *p = &t->plan.child.output, *v = &t->verify.child.output;
    const bool parsed = p->size > 0 &&
                        tuning_plan_parse(p->data, p->size, v->size > 0 ? v->data : NULL, v->size,
                                          &plan, &err) == 0;
    s->dirty = true;
    if (!may_be_replaced(s)) {
        if (parsed)
            compare_plan(s, &plan);
        else
            s->ui.tuning.plan_stale = s->ui.tuning.ask_plan = true;
        if (p->size > 0)
            tuning_plan_release(&plan);
    } else if (!parsed) {
        subcommand_trouble(&t->plan, trouble, sizeof trouble);
        fail(s, "plan", trouble[0] != '\0' ? trouble : err.msg);
        s->ui.tuning.apply_wanted = false;
        if (p->size > 0)
            tuning_plan_release(&plan);
    } else {
        show_plan(s, &plan);
        if (v->size == 0) {
            char text[640];
            subcommand_trouble(&t->verify, trouble, sizeof trouble);
            snprintf(text, sizeof text, "what processes have is not known: %s",
                     trouble[0] != '\0' ? trouble : "verify said nothing");
            session_say(s, text);
        }
    }
    subcommand_release(&t->plan);
    subcommand_release(&t->verify);
}

/* ---------------------------------------------------------------- the picker */

/* The chosen one first, then as they are listed. */
static size_t next_count(const struct session *s)
{
    const struct ui_picker *p = &s->ui.picker;
    const char *taken = picker_taken(&s->ui);
    size_t next = p->count;
    for (size_t i = p->count; i-- > 0;)
        if (!p->counts[i].asked &&
            (next == p->count || strcmp(p->counts[next].profile, taken) != 0))
            next = i;
    return next;
}

static void begin_count(struct session *s)
{
    struct session_tuning *t = &s->tuning;
    struct ui_picker *p = &s->ui.picker;
    struct err err = ERR_INIT;
    while ((t->counting = next_count(s)) < p->count) {
        struct picker_count *c = &p->counts[t->counting];
        struct arena arena = {0};
        struct tuning_wish wish;
        picker_wish(&s->ui, c->profile, &wish);
        c->asked = true;
        c->own = tuning_wish_is_own(&wish);
        const int rc = subcommand_begin(&t->count, s->self, "verify",
                                        tuning_wish_words(&wish, c->profile, &arena), &err);
        arena_release(&arena);
        if (rc == 0)
            return;
        utf8_copy(c->trouble, sizeof c->trouble, err.msg);
    }
}

/* Counts are of what is chosen: with other overlays they are asked for again. */
static void join_overlays(const struct ui_picker *p, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < p->overlay_count; i++) {
        const size_t used = strlen(out);
        snprintf(out + used, size - used, "+%s", p->overlays[i]);
    }
}

static void forget_counts(struct session *s)
{
    s->ui.picker.count = 0;
    subcommand_release(&s->tuning.count);
}

static void ask_counts(struct session *s)
{
    struct session_tuning *t = &s->tuning;
    struct ui_picker *p = &s->ui.picker;
    const struct profile_set *set = s->ui.tuning.profiles;
    char overlays[sizeof t->counted];
    join_overlays(p, overlays, sizeof overlays);
    if (p->count > 0 && strcmp(overlays, t->counted) != 0)
        forget_counts(s);
    if (p->count > 0 || set == NULL)
        return;
    utf8_copy(t->counted, sizeof t->counted, overlays);
    for (size_t i = 0; i < set->count && p->count < PICKER_PROFILES; i++) {
        if (set->profiles[i].overlay)
            continue;
        struct picker_count *c = &p->counts[p->count++];
        memset(c, 0, sizeof *c);
        utf8_copy(c->profile, sizeof c->profile, set->profiles[i].name);
        if (s->self == NULL && s->ui.tuning.plan_refused != NULL)
            utf8_copy(c->trouble, sizeof c->trouble, s->ui.tuning.plan_refused);
    }
    if (s->self != NULL)
        begin_count(s);
}

static void take_count(struct session *s)
{
    struct session_tuning *t = &s->tuning;
    struct ui_picker *p = &s->ui.picker;
    struct err err = ERR_INIT;
    if (t->count.state != SUBCOMMAND_ENDED || t->counting >= p->count)
        return;
    struct picker_count *c = &p->counts[t->counting];
    const struct buf *out = &t->count.child.output;
    c->known = out->size > 0 && shown_counts_parse(out->data, out->size, &c->of, &err) == 0;
    if (!c->known)
        subcommand_trouble(&t->count, c->trouble, sizeof c->trouble);
    if (!c->known && c->trouble[0] == '\0')
        utf8_copy(c->trouble, sizeof c->trouble, err.msg[0] != '\0' ? err.msg : "it is not known");
    s->dirty = true;
    begin_count(s);
}

/* ---------------------------------------------------------------- when */

void session_tuning_ask(struct session *s)
{
    struct session_tuning *t = &s->tuning;
    if (s->ui.input == UI_INPUT_PROFILES) {
        ask_counts(s);
    } else if (s->ui.picker.count > 0) {
        forget_counts(s);
    }
    if (is_shown(s))
        ask_plan(s);
    else if (s->ui.tab != UI_TUNING && t->asked != NULL)
        session_tuning_release(s);
}

void session_tuning_take(struct session *s)
{
    struct session_tuning *t = &s->tuning;
    bool any = subcommand_take(&t->plan);
    any = subcommand_take(&t->verify) || any;
    if (any)
        take_plan(s);
    if (subcommand_take(&t->count))
        take_count(s);
}

void session_tuning_release(struct session *s)
{
    struct session_tuning *t = &s->tuning;
    struct ui_tuning *u = &s->ui.tuning;
    subcommand_release(&t->plan);
    subcommand_release(&t->verify);
    tuning_plan_release(&t->shown);
    memset(&t->shown, 0, sizeof t->shown);
    free(t->asked);
    t->asked = NULL;
    u->plan = NULL;
    u->plan_state = UI_PLAN_NONE;
    u->plan_stale = u->ask_plan = u->apply_wanted = false;
}
