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
#include "tui/format.h"
#include "tui/kill.h"
#include "tui/page.h"

/* What + and - step through. */
static const double intervals_s[] = {0.2, 0.5, 1, 2, 5, 10, 30, 60};
enum { INTERVAL_COUNT = sizeof intervals_s / sizeof intervals_s[0] };
enum { TAB_NAMES_FROM = 70 }; /* columns; below, names of other tabs leave no room for the time */

static void page_make(struct page *p, struct surface *s, const struct model *m,
                      const struct assessment *a, const struct ui *ui, int width, int height)
{
    struct layout_wish wish = {.width = width, .height = height, .ascii = s != NULL && s->ascii};
    memset(p, 0, sizeof *p);
    p->s = s;
    p->width = width;
    p->m = m;
    p->a = a;
    p->ui = ui;
    struct layout_columns columns = layout_columns(width);
    int step = ui->step >= 0 && ui->step < HISTORY_STEPS ? ui->step : columns.step;
    p->axis = strip_axis_make(m->sequence > 0 ? m->history : NULL, m->at_ns, step,
                              columns.strip_columns);
    services_wish(p, &wish);
    silicon_wish(p, &wish);
    wish.sentence = a->count > 0;
    wish.why_rows = ui->why ? why_rows(m, ui, width) : 0;
    layout_make(&wish, &p->layout);
    if (ui->tab == UI_SERVICES)
        p->layout.sentence_y = 1;
}

/* ---------------------------------------------------------------- rows 0 to 2 and the last */

static const char *const tab_titles[UI_TABS] = {"Overview", "Services", "Processes"};

static void draw_tabs(struct page *p)
{
    struct line l = line_at(p->s, 1, 0, p->s->width - 1);
    char clock[FORMAT_SIZE + 8], now[FORMAT_SIZE], interval[FORMAT_SIZE];
    bool names = p->s->width >= TAB_NAMES_FROM;
    line_put(&l, ROLE_TITLE, "tunetop");
    line_gap(&l, 1);
    for (int tab = 0; tab < UI_TABS; tab++) {
        if (tab == (int)p->ui->tab) {
            line_put(&l, ROLE_SELECTION, "[%c %s]", ui_tab_keys[tab], tab_titles[tab]);
        } else {
            line_put(&l, ROLE_DIM, " %c", ui_tab_keys[tab]);
            line_put(&l, ROLE_TEXT, names ? " %s " : " ", tab_titles[tab]);
        }
    }
    if (p->m->sequence == 0)
        return;
    int x = p->s->width - 1;
    format_clock(now, p->ui->paused ? p->ui->paused_wall_ns : p->m->wall_ns, p->ui->utc_offset_s);
    snprintf(clock, sizeof clock, "%s%s", p->ui->paused ? "paused " : "", now);
    surface_text_right(p->s, x, 0, p->ui->paused ? ROLE_WARN : ROLE_TEXT, clock);
    x -= width_of_text(clock) + 2;
    snprintf(interval, sizeof interval, "%g s", (double)p->ui->interval_ns / NS_PER_S);
    if (x - width_of_text(interval) > l.x + 2)
        surface_text_right(p->s, x, 0, ROLE_DIM, interval);
    x -= width_of_text(interval) + 2;
    if (p->m->host.name[0] != '\0' && x - width_of_text(p->m->host.name) > l.x + 2)
        surface_text_right(p->s, x, 0, ROLE_TEXT, p->m->host.name);
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
    put_cores(&l, p->m);
    if ((details & SHOW_GPU) != 0)
        put_gpus(p, &l);
    if (page_value(p, &p->m->v[METRIC_HOST_MEMORY_TOTAL], &value, &stale)) {
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

/* "fits high", right-aligned. */
static void draw_fits(struct page *p, int end)
{
    const char *name = chip_profile_name((int)p->a->chip.profile);
    int width = width_of_text(name), y = p->layout.machine_y;
    surface_text_right(p->s, end, y, ROLE_TEXT, name);
    surface_text_right(p->s, end - width - 1, y, ROLE_DIM, "fits");
}

/* Which profile fits stands at the right where the machine's own line leaves room. */
static void draw_machine(struct page *p)
{
    if (p->layout.machine_y < 0 || p->m->sequence == 0)
        return;
    static const unsigned tries[] = {
        SHOW_GPU | SHOW_OS | SHOW_VIRTUAL | SHOW_UPTIME | SHOW_MODEL,
        SHOW_GPU | SHOW_OS | SHOW_VIRTUAL | SHOW_UPTIME,
        SHOW_GPU | SHOW_OS | SHOW_VIRTUAL,
        SHOW_GPU | SHOW_OS,
        SHOW_GPU,
        SHOW_OS,
        0,
    };
    int whole = p->s->width - 1, end = whole;
    if (p->a->chip_known)
        end -= (int)strlen("  fits ") + width_of_text(chip_profile_name((int)p->a->chip.profile));
    for (int with = p->a->chip_known; with >= 0; with--)
        for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
            if (put_machine(p, tries[i], with ? end : whole)) {
                if (with)
                    draw_fits(p, whole);
                return;
            }
    struct line l = line_at(p->s, 1, p->layout.machine_y, p->s->width - 1);
    line_put(&l, ROLE_TEXT, "%s", p->m->host.chip_name);
}

static void draw_sentence(struct page *p)
{
    if (p->a->count == 0 || p->m->sequence == 0)
        return;
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

/* Whether a key of the last row does something now. */
static bool has_place(const struct ui *ui, enum action action)
{
    bool inside = ui->open || ui->in_details;
    bool processes = ui->tab == UI_PROCESSES && !ui->help;
    bool list = (ui->tab == UI_SERVICES || processes) && !ui->help;
    bool filtered = (ui->tab == UI_SERVICES ? ui->filter.text : ui->process_filter.text)[0] != '\0';
    bool selected = processes && ui->processes.selected != PROCESS_NOTHING;
    bool one = processes && ui->processes.selected == PROCESS_ONE;
    switch (action) {
    case ACTION_OPEN:
    case ACTION_FILTER:
        return list && !ui->open;
    case ACTION_SORT:
    case ACTION_TREE:
        return processes && !ui->open;
    case ACTION_ENVIRONMENT:
        return one && inside;
    case ACTION_KILL:
        return one && !ui->processes.gone && ui->kill_refused == NULL;
    case ACTION_BACK:
        return ui->help || ui->why || selected || (list && (inside || filtered));
    default:
        return true;
    }
}

/* Left out first where the row is too short for all keys. */
static const enum action least[] = {ACTION_PAUSE, ACTION_OPEN,   ACTION_BACK,
                                    ACTION_WHY,   ACTION_TREE,   ACTION_ENVIRONMENT,
                                    ACTION_SORT,  ACTION_FILTER, ACTION_QUIT};

static int key_width(enum action a)
{
    char key[32];
    return width_of_text(action_key_label(a, true, key, sizeof key)) + 1 +
           width_of_text(action_row(a)->footer) + 2;
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
        shown[a] = action_row((enum action)a)->footer[0] != '\0' && has_place(ui, (enum action)a);
        wanted += shown[a] ? key_width((enum action)a) : 0;
    }
    for (size_t i = 0; i < sizeof least / sizeof least[0] && wanted > l.end - l.x; i++) {
        wanted -= shown[least[i]] ? key_width(least[i]) : 0;
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
            line_put(&l, ROLE_TITLE, "%s", action_key_label((enum action)a, true, key, sizeof key));
            line_put(&l, ROLE_DIM, " %s", row->footer);
            line_group_end(&l);
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
        if (ui->input == UI_INPUT_COMMAND)
            prompt_overlay_draw(s, m, ui);
        return;
    }
    page_make(&p, s, m, a, ui, s->width, s->height);
    draw_tabs(&p);
    if (ui->tab == UI_PROCESSES) {
        process_tab_draw(&p);
    } else if (ui->tab == UI_SERVICES) {
        draw_sentence(&p);
        service_tab_draw(&p);
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
    if (ui->input == UI_INPUT_COMMAND)
        prompt_overlay_draw(s, m, ui);
    if (ui->input == UI_INPUT_KILL)
        kill_draw(s, m, ui);
}

/* ---------------------------------------------------------------- actions */

static void say(struct ui *ui, const char *fmt, double value)
{
    snprintf(ui->note_text, sizeof ui->note_text, "%s %g s", fmt, value);
    ui->note = ui->note_text;
}

static void change_step(struct ui *ui, int by, int width)
{
    int step = ui->step >= 0 ? ui->step : layout_columns(width).step;
    step += by;
    ui->step = step < 0 ? 0 : step >= HISTORY_STEPS ? HISTORY_STEPS - 1 : step;
    say(ui, "a column is", history_step_s[ui->step]);
}

static void change_interval(struct ui *ui, int by)
{
    double now = (double)ui->interval_ns / NS_PER_S;
    int i = 0;
    if (by > 0) { /* the next longer one, also from a value between two */
        while (i + 1 < INTERVAL_COUNT && intervals_s[i] <= now + 1e-6)
            i++;
    } else {
        i = INTERVAL_COUNT - 1;
        while (i > 0 && intervals_s[i] >= now - 1e-6)
            i--;
    }
    ui->interval_ns = (int64_t)(intervals_s[i] * 1e9);
    ui->interval_changed = true;
    say(ui, "measured every", intervals_s[i]);
}

static void sizes_of(struct page *p, int width, int height, struct tab_sizes *out)
{
    if (p->ui->tab == UI_PROCESSES)
        process_tab_sizes(p, width, height, out);
    else
        service_tab_sizes(p, width, height, out);
}

/* Rows of the open list, and how many of them are visible. */
static void list_size(const struct ui *ui, const struct model *m, int width, int height, int *all,
                      int *visible)
{
    struct page p;
    static const struct assessment none;
    *all = *visible = 0;
    if (ui->help) {
        *all = help_rows(width);
        *visible = height - 3;
        return;
    }
    page_make(&p, NULL, m, &none, ui, width, height);
    *visible = p.layout.why_rows;
    if (ui->tab != UI_OVERVIEW) {
        struct tab_sizes sizes;
        sizes_of(&p, width, height, &sizes);
        *visible = sizes.why_rows;
        if (!ui->why) {
            *visible = sizes.details_visible;
            *all = sizes.details_most + sizes.details_visible;
        }
    }
    if (ui->why)
        *all = why_rows(m, ui, width);
}

static void move_list(struct ui *ui, enum action action, const struct model *m, int width,
                      int height)
{
    struct page p;
    static const struct assessment none;
    struct tab_sizes sizes;
    page_make(&p, NULL, m, &none, ui, width, height);
    sizes_of(&p, width, height, &sizes);
    int page = sizes.list_visible > 1 ? sizes.list_visible - 1 : 1;
    ui->detail_scroll = 0;
    if (ui->tab == UI_SERVICES) {
        service_list_move(&ui->list, m, ui->filter.text, action, page);
        return;
    }
    ui->environment = false; /* it was asked for of another one */
    process_list_move(&ui->processes, m, action, page);
    sizes_of(&p, width, height, &sizes); /* the first one that is selected brings its details */
    ui->processes.first = process_list_first(&ui->processes, sizes.list_visible);
}

static void scroll(struct ui *ui, enum action action, const struct model *m, int width, int height)
{
    int all, visible;
    if (width < LAYOUT_MIN_WIDTH || height < LAYOUT_MIN_HEIGHT)
        return;
    bool overlay = ui->help || ui->why;
    if (!overlay && ui->tab != UI_OVERVIEW && !ui->open && !ui->in_details) {
        move_list(ui, action, m, width, height);
        return;
    }
    int *at = overlay ? &ui->scroll : &ui->detail_scroll;
    list_size(ui, m, width, height, &all, &visible);
    int most = all > visible ? all - visible : 0, page = visible > 1 ? visible - 1 : 1;
    switch (action) {
    case ACTION_UP:
        --*at;
        break;
    case ACTION_DOWN:
        ++*at;
        break;
    case ACTION_PAGE_UP:
        *at -= page;
        break;
    case ACTION_PAGE_DOWN:
        *at += page;
        break;
    case ACTION_FIRST:
        *at = 0;
        break;
    default:
        *at = most;
        break;
    }
    *at = *at > most ? most : *at < 0 ? 0 : *at;
}

static void open_close(struct ui *ui, bool *which)
{
    bool open = !*which;
    ui->help = ui->why = false;
    *which = open;
    ui->scroll = 0;
}

static void show_tab(struct ui *ui, enum ui_tab tab)
{
    ui->help = false;
    ui->open = ui->in_details = ui->environment = false;
    ui->scroll = ui->detail_scroll = 0;
    ui->tab = tab;
}

/* Parts in the order of Tab: Overview, the services, their details, the processes, the details of
 * the one that is selected. */
static void change_part(struct ui *ui, int by)
{
    bool inside = ui->in_details || ui->open;
    int parts = ui->processes.selected == PROCESS_ONE ? 5 : 4;
    int part = ui->tab == UI_OVERVIEW ? 0 : (ui->tab == UI_SERVICES ? 1 : 3) + inside;
    part = (part + by + parts) % parts;
    show_tab(ui, part == 0 ? UI_OVERVIEW : part < 3 ? UI_SERVICES : UI_PROCESSES);
    ui->in_details = part == 2 || part == 4;
}

/* The group of a service opens that service. */
static void open_process(struct ui *ui, const struct model *m, int width, int height)
{
    const struct process_list *list = &ui->processes;
    if (list->selected == PROCESS_NOTHING)
        move_list(ui, ACTION_DOWN, m, width, height);
    if (list->selected == PROCESS_NOTHING)
        return;
    if (list->selected == PROCESS_ONE) {
        ui->open = true;
        ui->detail_scroll = 0;
    } else if (list->name[0] == '\0') {
        ui->note = "they are of no service";
    } else {
        utf8_copy(ui->list.selected, sizeof ui->list.selected, list->name);
        prompt_set(&ui->filter, "");
        show_tab(ui, UI_SERVICES);
        service_list_update(&ui->list, m);
        ui->open = true;
    }
}

static void open_selected(struct ui *ui, const struct model *m, int width, int height)
{
    if (ui->tab == UI_OVERVIEW || ui->open || ui->help || width < LAYOUT_MIN_WIDTH ||
        height < LAYOUT_MIN_HEIGHT)
        return;
    if (ui->tab == UI_PROCESSES) {
        open_process(ui, m, width, height);
        return;
    }
    if (service_tab_current(m, ui) == NULL)
        return;
    if (ui->list.selected[0] == '\0')
        move_list(ui, ACTION_FIRST, m, width, height);
    ui->open = true;
    ui->detail_scroll = 0;
}

/* One thing at a time, the last opened first. */
static void back(struct ui *ui)
{
    if (ui->help || ui->why) {
        ui->help = ui->why = false;
        ui->scroll = 0;
    } else if (ui->open || ui->in_details) {
        ui->open = ui->in_details = ui->environment = false;
        ui->detail_scroll = 0;
    } else if (ui->tab != UI_OVERVIEW && ui_filter(ui)->text[0] != '\0') {
        prompt_set(ui_filter(ui), "");
    } else if (ui->tab == UI_SERVICES) {
        ui->list.selected[0] = '\0';
    } else if (ui->tab == UI_PROCESSES) {
        process_list_select_nothing(&ui->processes);
    }
}

/* Only where it is looked at: the list of all processes may be long. */
static void update_processes(struct ui *ui, const struct model *m)
{
    if (ui->tab == UI_PROCESSES)
        process_list_update(&ui->processes, m, ui->process_filter.text);
    else if (ui->processes.rows != NULL)
        process_list_release(&ui->processes);
}

void view_update(struct ui *ui, const struct model *m)
{
    service_list_update(&ui->list, m);
    update_processes(ui, m);
}

void view_filter(struct ui *ui, const struct model *m)
{
    update_processes(ui, m);
}

void view_sort(struct ui *ui, const struct model *m, const char *name)
{
    if (ui->tab != UI_PROCESSES)
        show_tab(ui, UI_PROCESSES);
    if (name == NULL)
        process_list_sort_next(&ui->processes, m);
    else
        process_list_sort_by(&ui->processes, name);
    snprintf(ui->note_text, sizeof ui->note_text, "sorted by %s",
             process_sort_said[process_list_order(&ui->processes, m)]);
    ui->note = ui->note_text;
    update_processes(ui, m);
}

static void change_tree(struct ui *ui, const struct model *m)
{
    ui->processes.tree = !ui->processes.tree;
    ui->note = ui->processes.tree ? "children stand below their parents" : "without the tree";
    update_processes(ui, m);
}

static void ask_environment(struct ui *ui)
{
    if (ui->tab != UI_PROCESSES || ui->help || ui->processes.selected != PROCESS_ONE) {
        ui->note = "v shows the environment of the process that is selected on 4 Processes";
        return;
    }
    ui->environment = !ui->environment;
    ui->open = ui->open || ui->environment;
    ui->detail_scroll = 0;
}

void view_act(struct ui *ui, enum action action, const struct model *m, int width, int height)
{
    switch (action) {
    case ACTION_HELP:
        open_close(ui, &ui->help);
        break;
    case ACTION_WHY:
        open_close(ui, &ui->why);
        break;
    case ACTION_BACK:
        back(ui);
        update_processes(ui, m);
        break;
    case ACTION_OVERVIEW:
        show_tab(ui, UI_OVERVIEW);
        break;
    case ACTION_SERVICES:
        show_tab(ui, UI_SERVICES);
        break;
    case ACTION_PROCESSES:
        show_tab(ui, UI_PROCESSES);
        update_processes(ui, m);
        break;
    case ACTION_NEXT:
        change_part(ui, 1);
        update_processes(ui, m);
        break;
    case ACTION_PREVIOUS:
        change_part(ui, -1);
        update_processes(ui, m);
        break;
    case ACTION_SORT:
    case ACTION_TREE:
        if (ui->tab != UI_PROCESSES || ui->open || ui->help)
            ui->note = "s sorts and e makes a tree of the list of 4 Processes";
        else if (action == ACTION_SORT)
            view_sort(ui, m, NULL);
        else
            change_tree(ui, m);
        break;
    case ACTION_ENVIRONMENT:
        ask_environment(ui);
        break;
    case ACTION_KILL:
        kill_ask(ui, m);
        break;
    case ACTION_OPEN:
        open_selected(ui, m, width, height);
        break;
    case ACTION_FILTER:
        if (ui->tab == UI_OVERVIEW || ui->open || ui->help) {
            ui->note = "/ filters the lists of 2 Services and 4 Processes";
            break;
        }
        ui->input = UI_INPUT_FILTER;
        ui->in_details = false;
        break;
    case ACTION_COMMAND:
        ui->input = UI_INPUT_COMMAND;
        ui->answer.kind = UI_ANSWER_NONE;
        prompt_set(&ui->command, "");
        break;
    case ACTION_PAUSE:
        ui->paused = !ui->paused;
        ui->paused_wall_ns = m->wall_ns;
        break;
    case ACTION_STEP_SHORTER:
        change_step(ui, -1, width);
        break;
    case ACTION_STEP_LONGER:
        change_step(ui, 1, width);
        break;
    case ACTION_INTERVAL_LONGER:
        change_interval(ui, 1);
        break;
    case ACTION_INTERVAL_SHORTER:
        change_interval(ui, -1);
        break;
    case ACTION_UP:
    case ACTION_DOWN:
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
    case ACTION_FIRST:
    case ACTION_LAST:
        scroll(ui, action, m, width, height);
        break;
    case ACTION_REPAINT:
        ui->repaint = true;
        break;
    case ACTION_SUSPEND:
        ui->suspend = true;
        break;
    case ACTION_QUIT:
        ui->quit = true;
        break;
    case ACTION_NONE:
    case ACTION_COUNT:
        break;
    }
}
