/*
 * The frame: tabs, machine, sentence, the page, keys. Pure.
 */
#include "tui/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/width.h"
#include "tui/consent.h"
#include "tui/editor.h"
#include "tui/format.h"
#include "tui/hits.h"
#include "tui/kill.h"
#include "tui/page.h"
#include "tui/picker.h"
#include "tui/theme_picker.h"
#include "tui/tuning_tab.h"

enum { TAB_NAMES_FROM = 70 }; /* columns; below, names of other tabs leave no room for the time */

/* ---------------------------------------------------------------- rows 0 to 2 and the last */

static const char *const tab_titles[UI_TABS] = {"Overview", "Services", "Tuning", "Processes",
                                                "Journal"};

/* "applying 6 of 8" on every tab; "" nothing is at work. */
static const char *change_words(const struct ui *ui, char *out, size_t size)
{
    static const char *const words[CHANGE_KINDS] = {"applying", "undoing", "recovering"};
    const struct change_run *r = ui->change.run;
    out[0] = '\0';
    if (r == NULL || r->phase != CHANGE_AT_WORK)
        return out;
    size_t through = change_run_through(r);
    if (r->step_count == 0)
        snprintf(out, size, "%s", words[r->kind]);
    else
        snprintf(out, size, "%s %zu of %zu", words[r->kind],
                 through < r->step_count ? through + 1 : through, r->step_count);
    return out;
}

static const enum action tab_actions[UI_TABS] = {ACTION_OVERVIEW, ACTION_SERVICES, ACTION_TUNING,
                                                 ACTION_PROCESSES, ACTION_JOURNAL};

static void draw_tabs(struct page *p)
{
    struct line l = line_at(p->s, 1, 0, p->s->width - 1);
    char clock[FORMAT_SIZE + 8], now[FORMAT_SIZE], interval[FORMAT_SIZE], change[64];
    const int changing = width_of_text(change_words(p->ui, change, sizeof change));
    bool names = p->s->width >= TAB_NAMES_FROM + (changing > 0 ? changing + 2 : 0);
    line_put(&l, ROLE_TITLE, "tunetop");
    line_gap(&l, 1);
    for (int tab = 0; tab < UI_TABS; tab++) {
        const int x = l.x;
        if (tab == (int)p->ui->tab) {
            line_put(&l, ROLE_SELECTION, "[%c %s]", ui_tab_keys[tab], tab_titles[tab]);
        } else {
            line_put(&l, ROLE_DIM, " %c", ui_tab_keys[tab]);
            line_put(&l, ROLE_TEXT, names ? " %s " : " ", tab_titles[tab]);
        }
        hit_action(p->s, (struct rect){x, 0, l.x - x, 1}, tab_actions[tab]);
    }
    if (p->m->sequence == 0)
        return;
    int x = p->s->width - 1;
    format_clock(now, p->ui->paused ? p->ui->paused_wall_ns : p->m->wall_ns, p->ui->utc_offset_s);
    snprintf(clock, sizeof clock, "%s%s", p->ui->paused ? "paused " : "", now);
    surface_text_right(p->s, x, 0, p->ui->paused ? ROLE_WARN : ROLE_TEXT, clock);
    x -= width_of_text(clock) + 2;
    snprintf(interval, sizeof interval, "%g s", (double)p->ui->interval_ns / NS_PER_S);
    const int least = l.x + 2 + (changing > 0 ? changing + 2 : 0);
    if (x - width_of_text(interval) > least) {
        surface_text_right(p->s, x, 0, ROLE_DIM, interval);
        x -= width_of_text(interval) + 2;
        if (p->m->host.name[0] != '\0' && x - width_of_text(p->m->host.name) > least) {
            surface_text_right(p->s, x, 0, ROLE_TEXT, p->m->host.name);
            x -= width_of_text(p->m->host.name) + 2;
        }
    }
    if (changing > 0 && x - changing > l.x)
        surface_text_right(p->s, x, 0, ROLE_WARN, change);
}

static void put_cores(struct line *l, const struct model *m)
{
    if (m->tier_count > 1) {
        for (uint32_t i = 0; i < m->tier_count && i < SAMPLE_TIERS; i++)
            line_put(l, ROLE_DIM, "%s%u%.4s", i == 0 ? " " : "+", m->tiers[i].core_count,
                     m->tiers[i].name);
    } else if (m->core_count > 0) {
        line_put(l, ROLE_DIM, " %u %s", m->core_count, machine_cores_word(m));
    }
}

/* What the machine is. Details go in this order while there is room for them; they stand in
 * another. */
enum machine_detail {
    SHOW_OS = 1,
    SHOW_VIRTUAL = 2,
    SHOW_UPTIME = 4,
    SHOW_MODEL = 8,
    SHOW_GPU = 16,
    SHOW_SIZE = 32, /* cores and memory */
};

/* A card as people call it: "NVIDIA GeForce RTX 4090" -> "RTX 4090". */
static const char *short_gpu_name(const char *name)
{
    static const char *const heads[] = {"NVIDIA ", "GeForce ", "AMD ", "Radeon ", "Intel "};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        size_t size = strlen(heads[i]);
        if (strncmp(name, heads[i], size) == 0 && strlen(name) > size + 2)
            name += size;
    }
    return name;
}

/* ", RTX 4090 24 GiB", ", 2 x H100 80 GiB": cards of their own; one in the CPU's chip is the chip.
 */
static void put_gpus(struct page *p, struct line *l)
{
    const struct model *m = p->m;
    uint32_t cards = 0;
    bool same = true, stale;
    double bytes;
    while (cards < m->gpu_count && !m->gpus[cards].facts.integrated)
        same = strcmp(m->gpus[cards++].facts.name, m->gpus[0].facts.name) == 0 && same;
    if (cards == 0)
        return;
    line_put(l, ROLE_DIM, cards > 1 && same ? ", %u x " : ", ", cards);
    line_put(l, ROLE_DIM, "%s", short_gpu_name(m->gpus[0].facts.name));
    if (page_value(p, &m->gpus[0].v[METRIC_GPU_MEMORY_TOTAL], &bytes, &stale))
        line_put(l, ROLE_DIM, " %.0f GiB", bytes / 0x1p30);
    if (cards > 1 && !same)
        line_put(l, ROLE_DIM, " +%u", cards - 1);
}

static bool put_machine(struct page *p, unsigned details, int end)
{
    const struct host_part *h = &p->m->host;
    struct line l = line_at(p->s, 1, p->layout.machine_y, end);
    char text[FORMAT_SIZE];
    double value;
    bool stale;
    bool chip = h->chip_name[0] != '\0';
    line_group(&l);
    if ((details & SHOW_MODEL) != 0 && chip && h->machine_model[0] != '\0')
        line_put(&l, ROLE_DIM, "%s  ", h->machine_model);
    line_put(&l, ROLE_TEXT, "%s", chip ? h->chip_name : h->machine_model);
    if ((details & SHOW_SIZE) != 0)
        put_cores(&l, p->m);
    if ((details & SHOW_GPU) != 0)
        put_gpus(p, &l);
    if ((details & SHOW_SIZE) != 0 &&
        page_value(p, &p->m->v[METRIC_HOST_MEMORY_TOTAL], &value, &stale)) {
        line_put(&l, ROLE_DIM, ", ");
        format_gib(text, value, 0);
        char *point = strchr(text, '.');
        if (point != NULL && strcmp(point, ".0") == 0)
            *point = '\0';
        line_put(&l, ROLE_TEXT, "%s GiB", text);
    }
    if ((details & SHOW_OS) != 0 && h->os[0] != '\0')
        line_put(&l, ROLE_DIM, "   %s", h->os);
    if ((details & SHOW_VIRTUAL) != 0 && h->virtual_name[0] != '\0')
        line_put(&l, ROLE_DIM, "   in %s", h->virtual_name);
    if ((details & SHOW_UPTIME) != 0 && page_value(p, &p->m->v[METRIC_HOST_UPTIME], &value, &stale))
        line_put(&l, ROLE_DIM, "   up %s", format_duration(text, value));
    return line_group_end(&l);
}

/* How much of it is told; "high 11 of 12, drift -" where nobody could look. */
enum profile_length {
    PROFILE_FITS,   /* "fits ultra (p)" */
    PROFILE_EFFECT, /* "high 11 of 12, 2 drifted (p)" */
    PROFILE_SHORT,  /* "high 11 of 12, 2 drifted  fits ultra (p)" */
    PROFILE_FULL,   /* "profile high 11 of 12 in effect, 2 drifted   fits ultra (p)" */
};

/* `draw` false: only how wide it is. */
static int put_profile(struct page *p, int y, int end, enum profile_length length, bool draw)
{
    const struct assess_effect *e = &p->a->effect;
    const char *fits = chip_profile_name((int)p->a->chip.profile);
    const bool known = length > PROFILE_FITS && e->match != EFFECT_UNKNOWN;
    const bool same = known && strcmp(e->in_effect, fits) == 0;
    const bool drifted = length > PROFILE_FITS && p->a->drift.count > 0;
    const bool alone = same || (length == PROFILE_EFFECT && (known || drifted));
    /* Nobody could look whether files say the same: then nothing is called in effect. */
    const bool unseen = known && e->in_effect[0] != '\0' && p->a->drift.trouble[0] != '\0';
    char count[64] = "", drift[32] = "", key[32];
    const struct {
        enum role role;
        const char *text;
    } parts[] = {
        {ROLE_DIM, known && length == PROFILE_FULL ? "profile " : ""},
        {ROLE_TEXT, !known                    ? ""
                    : e->in_effect[0] != '\0' ? e->in_effect
                                              : "none"},
        {unseen                     ? ROLE_TEXT
         : e->match == EFFECT_WHOLE ? ROLE_OK
                                    : ROLE_WARN,
         count},
        {unseen ? ROLE_DIM : ROLE_WARN, drift},
        {ROLE_DIM, alone                    ? ""
                   : !known && !drifted     ? "fits "
                   : length == PROFILE_FULL ? "   fits "
                                            : "  fits "},
        {ROLE_TEXT, alone ? "" : fits},
        {ROLE_DIM, length == PROFILE_FULL && !p->a->chip.listed ? ", by rule" : ""},
        {ROLE_DIM, " ("},
        {ROLE_TITLE, action_key_label(ACTION_PROFILES, true, key, sizeof key)},
        {ROLE_DIM, ")"},
    };
    int width = 0;
    if (known && e->in_effect[0] != '\0')
        snprintf(count, sizeof count,
                 length == PROFILE_FULL && !unseen ? " %zu of %zu in effect" : " %zu of %zu",
                 e->matched, e->wanted);
    else if (known)
        snprintf(count, sizeof count, "%s", " in effect");
    if (drifted)
        snprintf(drift, sizeof drift, "%s%zu drifted", known ? ", " : "", p->a->drift.count);
    else if (unseen)
        snprintf(drift, sizeof drift, ", drift -");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        width += width_of_text(parts[i].text);
    int x = end - width;
    for (size_t i = 0; draw && i < sizeof parts / sizeof parts[0]; i++) {
        surface_text_max(p->s, x, y, end - x, parts[i].role, parts[i].text);
        x += width_of_text(parts[i].text);
    }
    return width;
}

/* Which profile fits stands at the right where the machine's own line leaves room. */
static void draw_machine(struct page *p)
{
    const int y = p->layout.machine_y;
    if (y < 0 || p->m->sequence == 0)
        return;
    static const unsigned tries[] = {
        SHOW_SIZE | SHOW_GPU | SHOW_OS | SHOW_VIRTUAL | SHOW_UPTIME | SHOW_MODEL,
        SHOW_SIZE | SHOW_GPU | SHOW_OS | SHOW_VIRTUAL | SHOW_UPTIME,
        SHOW_SIZE | SHOW_GPU | SHOW_OS | SHOW_VIRTUAL,
        SHOW_SIZE | SHOW_GPU | SHOW_OS,
        SHOW_SIZE | SHOW_GPU,
        SHOW_SIZE | SHOW_OS,
        SHOW_SIZE,
        0,
    };
    /* The profile in full is worth less than the system, and more than how long it is up; which one
     * is in effect, and what has drifted, more than what the machine always has. */
    static const struct {
        size_t first, last;
        enum profile_length length;
    } rounds[] = {
        {0, 3, PROFILE_FULL}, {0, 7, PROFILE_SHORT}, {0, 8, PROFILE_EFFECT}, {0, 8, PROFILE_FITS}};
    int whole = p->s->width - 1;
    for (size_t r = 0; p->a->chip_known && r < sizeof rounds / sizeof rounds[0]; r++) {
        int end = whole - 2 - put_profile(p, y, whole, rounds[r].length, false);
        for (size_t i = rounds[r].first; i < rounds[r].last; i++)
            if (put_machine(p, tries[i], end)) {
                put_profile(p, y, whole, rounds[r].length, true);
                return;
            }
    }
    /* Not even its name has room beside which one fits: it is cut. */
    if (p->a->chip_known)
        whole -= put_profile(p, y, whole, PROFILE_FITS, true) + 2;
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
        if (put_machine(p, tries[i], whole))
            return;
    struct line l = line_at(p->s, 1, y, whole);
    const struct host_part *h = &p->m->host;
    line_put(&l, ROLE_TEXT, "%s", h->chip_name[0] != '\0' ? h->chip_name : h->machine_model);
}

static void draw_sentence(struct page *p)
{
    if (p->m->sequence == 0)
        return;
    if (p->a->count == 0) {
        if (p->layout.machine_y < 0 && p->a->chip_known) /* there is no other place for it */
            put_profile(p, p->layout.sentence_y, p->s->width - 1, PROFILE_SHORT, true);
        return;
    }
    const struct finding *f = &p->a->findings[0];
    int y = p->layout.sentence_y, end = p->s->width - 1;
    char more[32] = "";
    if (p->a->count > 1) {
        snprintf(more, sizeof more, p->s->width < 100 ? "+%zu" : "%zu more", p->a->count - 1);
        surface_text_right(p->s, end, y, ROLE_DIM, more);
        end -= width_of_text(more) + 2;
    }
    struct line l = line_at(p->s, 1, y, end);
    enum role role = f->level == FINDING_CRITICAL ? ROLE_CRIT
                     : f->level == FINDING_WARN   ? ROLE_WARN
                                                  : ROLE_TEXT;
    line_put(&l, role, f->level == FINDING_INFO ? "%s" : "! %s", f->clause);
    if (f->more[0] != '\0') {
        line_group(&l);
        line_put(&l, ROLE_TEXT, ", %s", f->more);
        line_group_end(&l);
    }
}

bool view_has_place(const struct ui *ui, enum action action)
{
    bool inside = ui->open || ui->in_details;
    bool processes = ui->tab == UI_PROCESSES && !ui->help;
    bool tuning = ui->tab == UI_TUNING && !ui->help;
    bool journal = ui->tab == UI_JOURNAL && !ui->help && !ui->journal.show_diff;
    bool list = (ui->tab == UI_SERVICES || processes) && !ui->help;
    list = list || (journal && ui->journal.rows != NULL && ui->journal.rows->count > 0);
    list = list ||
           (tuning && (ui->tuning.all ? ui->tuning.settings != NULL
                                      : ui->tuning.wants != NULL || ui->tuning.plan != NULL));
    bool filtered = ui_filter_shown(ui)->text[0] != '\0';
    bool selected = (processes && ui->processes.selected != PROCESS_NOTHING) ||
                    (ui->tab == UI_JOURNAL &&
                     (ui->journal.show_diff || ui->journal.selected[0] != '\0')) ||
                    (tuning && ui_settings_shown(ui)->selected[0] != '\0');
    bool one = processes && ui->processes.selected == PROCESS_ONE;
    bool plan = tuning && !ui->tuning.all && ui->tuning.plan != NULL;
    bool diff = plan && ui->tuning.diff;
    bool change = tuning && ui->change.shown && ui->change.run != NULL;
    bool at_work = ui->change.run != NULL && ui->change.run->phase == CHANGE_AT_WORK;
    if (!action_is_on(action, ui->tab))
        return false;
    switch (action) {
    case ACTION_OPEN:
        return list && !change && !ui->open && !diff && (!tuning || tuning_tab_opens(ui)) &&
               (!journal || journal_tab_current(ui) != NULL);
    case ACTION_FILTER:
        return list && !change && !ui->open && !diff;
    case ACTION_WHY:
        return !change;
    case ACTION_SORT:
    case ACTION_TREE:
        return processes && !ui->open;
    case ACTION_ENVIRONMENT:
        return one && inside;
    case ACTION_PROFILE_NEXT:
        return tuning && !ui->tuning.all && !ui->open && ui->tuning.wants != NULL && !change;
    case ACTION_EDIT:
    case ACTION_LEAVE_OUT:
        return plan && !change && !ui->tuning.diff;
    case ACTION_SAVE_PROFILE:
        return plan && !change && tuning_wish_is_own(&ui->tuning.wish);
    case ACTION_DIFF:
        return ui->tab != UI_JOURNAL && plan && !change; /* there Enter does it */
    case ACTION_APPLY:
        return plan && !at_work && !(change && change_run_open(ui->change.run)) &&
               ui->tuning.plan_state == UI_PLAN_HERE && !ui->tuning.plan_stale &&
               ui->tuning.plan->step_count > 0;
    case ACTION_LOG:
        return change && change_run_log_count(ui->change.run) > 0;
    case ACTION_STOP:
        return change && at_work && !ui->change.others;
    case ACTION_UNDO:
        return ui->tab == UI_JOURNAL
                   ? journal_tab_current(ui) != NULL && journal_tab_current(ui)->stands
                   : change && change_run_stands(ui->change.run);
    case ACTION_RECOVER:
        return ui->tab == UI_JOURNAL
                   ? journal_tab_current(ui) != NULL && journal_tab_current(ui)->cut_off
                   : change && change_run_open(ui->change.run);
    case ACTION_CATALOG:
        return tuning && !change && !ui->open && ui->tuning.settings != NULL;
    case ACTION_KILL:
        return one && !ui->processes.gone && ui->kill_refused == NULL;
    case ACTION_BACK:
        return ui->help || ui->why || diff || selected || change || (list && (inside || filtered));
    default:
        return true;
    }
}

/* Left out first where the row is too short for all keys. */
static const enum action least[] = {ACTION_PAUSE,  ACTION_OPEN, ACTION_BACK,        ACTION_CATALOG,
                                    ACTION_WHY,    ACTION_TREE, ACTION_ENVIRONMENT, ACTION_SORT,
                                    ACTION_FILTER, ACTION_QUIT};

static const char *footer_of(const struct ui *ui, enum action a)
{
    return a == ACTION_CATALOG && ui->tuning.all       ? "profile"
           : a == ACTION_OPEN && ui->tab == UI_JOURNAL ? "diff"
                                                       : action_row(a)->footer;
}

static int key_width(const struct ui *ui, enum action a)
{
    char key[32];
    return width_of_text(action_key_label(a, true, key, sizeof key)) + 1 +
           width_of_text(footer_of(ui, a)) + 2;
}

static void draw_keys(struct surface *s, const struct ui *ui)
{
    /* A message has its room first: it may be the answer to a deed. */
    int note = ui->note != NULL ? width_of_text(ui->note) + 2 : 0;
    struct line l = line_at(s, 1, s->height - 1, s->width - 1 - note);
    bool shown[ACTION_COUNT] = {false};
    int wanted = -2;
    char key[32];
    for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
        shown[a] = action_row((enum action)a)->footer[0] != '\0' &&
                   view_has_place(ui, (enum action)a);
        wanted += shown[a] ? key_width(ui, (enum action)a) : 0;
    }
    if (tuning_tab_has_plan(ui) && wanted > l.end - l.x) { /* w says more there */
        wanted -= shown[ACTION_FILTER] ? key_width(ui, ACTION_FILTER) : 0;
        shown[ACTION_FILTER] = false;
    }
    for (size_t i = 0; i < sizeof least / sizeof least[0] && wanted > l.end - l.x; i++) {
        wanted -= shown[least[i]] ? key_width(ui, least[i]) : 0;
        shown[least[i]] = false;
    }
    static const enum action_group order[] = {ACTION_LOOK, ACTION_ACT, ACTION_PLAN};
    for (size_t group = 0; group < sizeof order / sizeof order[0]; group++) {
        for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
            const struct action_row *row = action_row((enum action)a);
            if (row->group != order[group] || !shown[a])
                continue;
            line_group(&l);
            line_gap(&l, l.x > 1 ? 2 : 0);
            const int x = l.x;
            line_put(&l, ROLE_TITLE, "%s", action_key_label((enum action)a, true, key, sizeof key));
            line_put(&l, ROLE_DIM, " %s", footer_of(ui, (enum action)a));
            if (line_group_end(&l))
                hit_action(s, (struct rect){x, l.y, l.x - x, 1}, (enum action)a);
        }
    }
    if (ui->note == NULL)
        return;
    int x = s->width + 1 - note; /* less its gap */
    surface_text_max(s, x < 1 ? 1 : x, s->height - 1, s->width - 2, ROLE_TEXT, ui->note);
}

static void draw_tiny(struct surface *s)
{
    char text[96];
    snprintf(text, sizeof text, "tunetop needs %dx%d, this is %dx%d", LAYOUT_MIN_WIDTH,
             LAYOUT_MIN_HEIGHT, s->width, s->height);
    int x = (s->width - width_of_text(text)) / 2;
    surface_text(s, x > 0 ? x : 0, (s->height - 1) / 2, ROLE_TEXT, text);
}

static void draw_overlay(struct surface *s, const struct model *m, const struct assessment *a,
                         const struct ui *ui)
{
    if (ui->input != UI_INPUT_NONE && ui->input != UI_INPUT_FILTER)
        hit_cover(s);
    switch (ui->input) {
    case UI_INPUT_COMMAND:
        prompt_overlay_draw(s, m, ui);
        break;
    case UI_INPUT_KILL:
        kill_draw(s, m, ui);
        break;
    case UI_INPUT_PROFILES:
        picker_draw(s, m, a, ui);
        break;
    case UI_INPUT_THEMES:
        theme_picker_draw(s, ui);
        break;
    case UI_INPUT_EDIT:
    case UI_INPUT_SAVE:
        editor_draw(s, ui);
        break;
    case UI_INPUT_CONSENT:
        consent_draw(s, m, ui);
        break;
    case UI_INPUT_NONE:
    case UI_INPUT_FILTER:
        break;
    }
}

void view_draw(struct surface *s, const struct model *m, const struct assessment *a,
               const struct ui *ui)
{
    struct page p;
    if (s->width < LAYOUT_MIN_WIDTH || s->height < LAYOUT_MIN_HEIGHT) {
        draw_tiny(s);
        return;
    }
    if (ui->help) {
        help_draw(s, ui);
        draw_keys(s, ui);
        draw_overlay(s, m, a, ui);
        return;
    }
    page_make(&p, s, m, a, ui, s->width, s->height);
    draw_tabs(&p);
    if (ui->tab == UI_PROCESSES) {
        process_tab_draw(&p);
    } else if (ui->tab == UI_SERVICES) {
        draw_sentence(&p);
        service_tab_draw(&p);
    } else if (ui->tab == UI_TUNING && ui->change.shown && ui->change.run != NULL) {
        change_page_draw(&p);
    } else if (ui->tab == UI_TUNING) {
        tuning_tab_draw(&p);
    } else if (ui->tab == UI_JOURNAL) {
        journal_tab_draw(&p);
    } else {
        draw_sentence(&p);
        draw_machine(&p);
        services_draw(&p);
        silicon_draw(&p);
        why_draw(&p);
    }
    surface_fill(s, (struct rect){0, s->height - 1, s->width, 1}, ROLE_TEXT);
    if (ui->input == UI_INPUT_FILTER)
        filter_draw(s, ui);
    else
        draw_keys(s, ui);
    draw_overlay(s, m, a, ui);
}
