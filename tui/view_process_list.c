/*
 * The Processes tab: whose processes they are in one sentence, the list in groups, and below it the
 * details of what is selected. Only rows that are visible are looked at.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/width.h"
#include "sampling/process.h"
#include "tui/format.h"
#include "tui/hits.h"
#include "tui/page.h"

enum {
    TALL_FROM = 20,   /* rows of the window: blank rows between the parts */
    GAPS_FROM = 30,   /* and between few groups, and above the heads */
    LEGEND_FROM = 36, /* and what the signs mean at the foot */
    LEGEND_ROWS = 2,
    GAPS_MAX = 4,
    SPLIT_FROM = 12, /* rows for the list and the details, so that both have some */
    DETAILS_MOST = 12,
    PID_END = 8, /* seven digits: a Linux pid is below 2^22 */
    COMMAND_GAP = 4,
    WIDE_FROM = 100,  /* columns of the window: users' whole names */
    TREE_COLUMNS = 2, /* a level */
};

/* ---------------------------------------------------------------- columns */

enum column { C_USER, C_GPU, C_GPU_MEMORY, C_CPU, C_MEMORY, C_RESIDENT, C_IO, C_TIME, C_COUNT };
static const struct {
    const char *head;
    int width;       /* with the gap on its left */
    int metric;      /* of its numbers, -1 */
    int sort;        /* enum process_sort, -1 */
    uint32_t sum_of; /* bits of metrics, for '+' */
} columns[C_COUNT] = {
    [C_USER] = {"user", 11, -1, -1, 0},
    [C_GPU] = {"GPU %", 8, METRIC_PROCESS_GPU, PROCESS_SORT_GPU, 1u << METRIC_PROCESS_GPU},
    [C_GPU_MEMORY] = {"GPU GiB", 10, METRIC_PROCESS_GPU_MEMORY, PROCESS_SORT_GPU_MEMORY,
                      1u << METRIC_PROCESS_GPU_MEMORY},
    [C_CPU] = {"CPU %", 8, METRIC_PROCESS_CPU, PROCESS_SORT_CPU, 1u << METRIC_PROCESS_CPU},
    [C_MEMORY] = {"mem GiB", 9, METRIC_PROCESS_MEMORY, PROCESS_SORT_MEMORY,
                  1u << METRIC_PROCESS_MEMORY},
    [C_RESIDENT] = {"res GiB", 9, METRIC_PROCESS_RESIDENT, -1, 1u << METRIC_PROCESS_RESIDENT},
    [C_IO] = {"disk MiB/s", 13, -1, PROCESS_SORT_IO,
              1u << METRIC_PROCESS_READ | 1u << METRIC_PROCESS_WRITE},
    [C_TIME] = {"cpu time", 11, METRIC_PROCESS_CPU_TIME, -1, 1u << METRIC_PROCESS_CPU_TIME},
};
/* The wider the window, the more of these; they stand in the order of the enum. */
static const enum column wanted[] = {C_CPU,  C_MEMORY,   C_GPU,  C_GPU_MEMORY,
                                     C_USER, C_RESIDENT, C_TIME, C_IO};
enum { USER_WIDE = 15 };

struct columns {
    int end[C_COUNT]; /* 0: not shown */
    int user_columns;
    int command_x;
    int first_end; /* of the first column of numbers, less its width: names of groups end there */
};

static int column_width(enum column c, int window)
{
    return c == C_USER && window >= WIDE_FROM ? USER_WIDE : columns[c].width;
}

static struct columns columns_of(int window, enum process_sort sort, bool gpu)
{
    struct columns out = {.end = {0}};
    bool shown[C_COUNT] = {false};
    /* Three tenths of the window are the command's. */
    int left = window - 1 - PID_END - COMMAND_GAP - window * 3 / 10;
    for (int c = 0; c < C_COUNT; c++) { /* what it is sorted by is there */
        if (columns[c].sort == (int)sort) {
            shown[c] = true;
            left -= column_width((enum column)c, window);
        }
    }
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        enum column c = wanted[i];
        int width = column_width(c, window);
        if (shown[c] || width > left || (!gpu && (c == C_GPU || c == C_GPU_MEMORY)))
            continue;
        shown[c] = true;
        left -= width;
    }
    int x = PID_END;
    out.user_columns = column_width(C_USER, window) - 1;
    for (int c = 0; c < C_COUNT; c++) {
        if (!shown[c])
            continue;
        if (c != C_USER && out.first_end == 0)
            out.first_end = x;
        x += column_width((enum column)c, window);
        out.end[c] = x;
    }
    out.command_x = x + COMMAND_GAP - (window < 80);
    return out;
}

/* ---------------------------------------------------------------- places */

struct tab {
    const struct process_list *list;
    struct columns columns;
    int head_y, list_y, list_rows;
    int first, visible;
    bool more, gaps;
    int details_y, details_rows; /* rows 0: nothing is selected, or there is no room */
    int why_y, why_rows, legend_y;
};

static int group_rows(const struct process_list *list)
{
    int rows = 0;
    for (size_t g = 0; g < list->group_count; g++)
        rows += list->groups[g].count > 0;
    return rows;
}

static void place_list(struct tab *t)
{
    int rows = (int)t->list->row_count, gaps = group_rows(t->list) - 1;
    t->gaps = t->gaps && gaps > 0 && gaps <= GAPS_MAX;
    t->visible = t->list_rows - (t->gaps ? gaps : 0);
    t->more = rows > t->visible && t->list_rows > 1;
    t->visible -= t->more;
    t->first = process_list_first(t->list, t->visible);
}

static void tab_make(struct page *p, struct tab *t, int width, int height)
{
    int gap = height >= TALL_FROM, bottom = height - 1 - gap;
    const struct process_list *list = &p->ui->processes;
    memset(t, 0, sizeof *t);
    t->list = list;
    t->columns = columns_of(width, process_list_order(list, p->m), process_list_has_gpu(p->m));
    t->gaps = height >= GAPS_FROM;
    t->head_y = t->gaps ? 3 : 2;
    t->list_y = t->head_y + 1;
    t->why_y = t->legend_y = -1;
    if (p->ui->why) {
        int most = height / 2 - 1;
        t->why_rows = why_rows(p->m, p->ui, width);
        t->why_rows = t->why_rows > most ? most : t->why_rows;
        t->why_y = bottom - t->why_rows - 1;
        bottom = t->why_y - gap;
    } else if (height >= LEGEND_FROM) {
        t->legend_y = bottom - LEGEND_ROWS;
        bottom = t->legend_y - gap;
    }
    int content = bottom - t->list_y, details = content / 3;
    t->list_rows = content > 1 ? content : 1;
    if (list->selected == PROCESS_ONE && p->ui->open) {
        t->details_y = t->head_y;
        t->details_rows = bottom - t->details_y;
        t->list_rows = 0;
    } else if (list->selected == PROCESS_ONE && content >= SPLIT_FROM && !p->ui->why) {
        t->details_rows = details > DETAILS_MOST ? DETAILS_MOST : details;
        t->details_y = bottom - t->details_rows;
        t->list_rows = t->details_y - gap - t->list_y;
    }
    place_list(t);
}

void process_tab_sizes(struct page *p, int width, int height, struct tab_sizes *out)
{
    struct tab t;
    tab_make(p, &t, width, height);
    memset(out, 0, sizeof *out);
    out->list_visible = t.visible;
    out->why_rows = t.why_rows;
    if (t.details_rows > 0)
        out->details_most = process_details_most(p, t.details_rows, &out->details_visible);
}

/* ---------------------------------------------------------------- numbers */

/* The text of a value; NULL: unknown. */
static const char *value_text(enum column c, const double *v, char out[FORMAT_SIZE])
{
    double value = c == C_IO ? v[METRIC_PROCESS_READ] + v[METRIC_PROCESS_WRITE]
                             : v[columns[c].metric];
    if (!isfinite(value))
        return NULL;
    switch (c) {
    case C_GPU:
        snprintf(out, FORMAT_SIZE, "%.1f", value * 100 > 99999 ? 99999 : value * 100);
        break;
    case C_CPU:
        return format_percent(out, value);
    case C_TIME:
        return format_duration(out, value);
    case C_IO:
        value /= 0x1p20;
        snprintf(out, FORMAT_SIZE, "%.1f", value > 999999 ? 999999 : value);
        break;
    default:
        return format_gib(out, value, 0);
    }
    return out;
}

static void draw_values(struct page *p, const struct columns *c, const struct process_model *m,
                        int y)
{
    char text[FORMAT_SIZE];
    bool stale = p->m->processes_state.state == READING_STALE;
    for (int i = C_GPU; i < C_COUNT; i++) {
        if (c->end[i] == 0)
            continue;
        const char *shown = value_text((enum column)i, m->v, text);
        surface_text_right(p->s, c->end[i], y, shown == NULL || stale ? ROLE_DIM : ROLE_TEXT,
                           shown != NULL ? shown : "-");
    }
}

/* Of a sum that some do not tell their part of, '+' says that it is at least so much. */
static void draw_sums(struct page *p, const struct columns *c, const struct process_sum *sum, int y)
{
    char text[FORMAT_SIZE];
    for (int i = C_GPU; i < C_COUNT; i++) {
        if (c->end[i] == 0)
            continue;
        bool any = i == C_IO ? sum->known[METRIC_PROCESS_READ] > 0
                             : sum->known[columns[i].metric] > 0;
        const char *shown = any ? value_text((enum column)i, sum->v, text) : NULL;
        surface_text_right(p->s, c->end[i], y, shown != NULL ? ROLE_TITLE : ROLE_DIM,
                           shown != NULL ? shown : "-");
        if (shown != NULL && (sum->lacking & columns[i].sum_of) != 0)
            surface_rune(p->s, c->end[i], y, ROLE_DIM, '+');
    }
}

/* ---------------------------------------------------------------- the sentence */

static bool told(const struct process_sum *sum, enum metric_process id)
{
    return sum->known[id] > 0 && (sum->lacking & 1u << id) == 0;
}

static void put_clauses(struct page *p, struct line *l, const struct process_sum *sum)
{
    char text[FORMAT_SIZE];
    const char *before = ": ";
    if (process_list_has_gpu(p->m) && told(sum, METRIC_PROCESS_GPU)) {
        line_group(l);
        line_put(l, ROLE_DIM, "%s", before);
        line_put(l, ROLE_TEXT, "GPU %s %%", value_text(C_GPU, sum->v, text));
        before = line_group_end(l) ? "  " : before;
    }
    if (told(sum, METRIC_PROCESS_CPU)) {
        double cores = sum->v[METRIC_PROCESS_CPU];
        line_group(l);
        line_put(l, ROLE_DIM, "%s", before);
        line_put(l, ROLE_TEXT, "CPU %.1f", cores > 99999 ? 99999 : cores);
        if (p->m->core_count > 0)
            line_put(l, ROLE_TEXT, " of %u %s", p->m->core_count, machine_cores_word(p->m));
        before = line_group_end(l) ? "  " : before;
    }
    if (told(sum, METRIC_PROCESS_MEMORY)) {
        line_group(l);
        line_put(l, ROLE_DIM, "%s", before);
        line_put(l, ROLE_TEXT, "memory %s GiB", format_gib(text, sum->v[METRIC_PROCESS_MEMORY], 0));
        line_group_end(l);
    }
}

static void draw_sentence(struct page *p, const struct tab *t)
{
    const struct model *m = p->m;
    const char *filter = p->ui->process_filter.text;
    struct line l = line_at(p->s, 1, 1, p->s->width - 1);
    size_t part = filter[0] != '\0' ? t->list->shown.count : t->list->services.count;
    if (m->process_count == 0)
        return;
    if (part > 0)
        line_put(&l, ROLE_TEXT, "%zu", part);
    else
        line_put(&l, ROLE_TEXT, "None");
    line_put(&l, ROLE_DIM, " of ");
    line_put(&l, ROLE_TEXT, "%zu", m->process_count);
    if (filter[0] != '\0') {
        line_put(&l, ROLE_DIM, part < 2 ? " processes matches " : " processes match ");
        line_put(&l, ROLE_TITLE, "%s", filter);
        if (part > 0)
            put_clauses(p, &l, &t->list->shown);
    } else {
        line_put(&l, ROLE_DIM,
                 part == 0   ? " processes belongs to an AI service"
                 : part == 1 ? " processes belongs to AI services"
                             : " processes belong to AI services");
        if (part > 0)
            put_clauses(p, &l, &t->list->services);
    }
    if (m->processes_left_out > 0) {
        line_group(&l);
        line_put(&l, ROLE_WARN, "   %zu more do not fit", m->processes_left_out);
        line_group_end(&l);
    }
    if (m->processes_state.state == READING_STALE) {
        char age[FORMAT_SIZE];
        format_duration(age, (double)(m->at_ns - m->processes_state.at_ns) / NS_PER_S);
        line_group(&l);
        line_put(&l, ROLE_DIM, "   (%s ago)", age);
        line_group_end(&l);
    }
}

/* ---------------------------------------------------------------- rows */

static void draw_head_at(struct page *p, int x_end, int y, const char *head, bool sorted)
{
    int width = width_of_text(head) + sorted, x = x_end - width;
    surface_rune(p->s, x - 1, y, ROLE_DIM, ' ');
    surface_text(p->s, x, y, sorted ? ROLE_TITLE : ROLE_DIM, head);
    if (sorted)
        surface_put_glyph(p->s, x_end - 1, y, ROLE_TITLE, GLYPH_OPEN);
    surface_rune(p->s, x_end, y, ROLE_DIM, ' ');
}

static void draw_heads(struct page *p, const struct tab *t)
{
    const struct columns *c = &t->columns;
    enum process_sort sort = process_list_order(t->list, p->m);
    surface_repeat(p->s, 1, t->head_y, p->s->width - 2, ROLE_DIM, surface_glyph(p->s, GLYPH_RULE));
    draw_head_at(p, PID_END, t->head_y, "pid", sort == PROCESS_SORT_PID);
    for (int i = 0; i < C_COUNT; i++)
        if (c->end[i] > 0)
            draw_head_at(p, c->end[i], t->head_y, columns[i].head, columns[i].sort == (int)sort);
    bool by_name = sort == PROCESS_SORT_NAME;
    draw_head_at(p, c->command_x + 7 + by_name, t->head_y, "command", by_name);
}

/* A user's name that is too long keeps its begin, and '+' says that there is more. */
static void draw_user(struct page *p, const struct columns *c, const char *user, int y)
{
    int columns_there = c->user_columns, taken;
    if (width_of_text(user) <= columns_there) {
        surface_text_right(p->s, c->end[C_USER], y, ROLE_DIM, user);
        return;
    }
    width_fit(user, columns_there - 1, &taken);
    surface_text_max(p->s, c->end[C_USER] - 1 - taken, y, taken, ROLE_DIM, user);
    surface_rune(p->s, c->end[C_USER] - 1, y, ROLE_DIM, '+');
}

static int draw_branches(struct page *p, const struct process_row *r, int x, int y)
{
    /* The deepest levels are told together: the name needs its room more. */
    int room = (p->s->width - 1 - x) / 2 / TREE_COLUMNS;
    int depth = r->depth > PROCESS_TREE_LEVELS ? PROCESS_TREE_LEVELS : r->depth;
    int from = depth > room ? depth - room : 0;
    for (int level = from + 1; level <= depth; level++) {
        bool more = (r->lines & 1u << level) != 0;
        if (level < depth) {
            if (more)
                surface_put_glyph(p->s, x, y, ROLE_DIM, GLYPH_VLINE);
        } else {
            surface_put_glyph(p->s, x, y, ROLE_DIM, more ? GLYPH_BRANCH : GLYPH_LAST);
            surface_put_glyph(p->s, x + 1, y, ROLE_DIM, GLYPH_RULE);
        }
        x += TREE_COLUMNS;
    }
    return x;
}

static const char *state_word(char state)
{
    return state == 'Z' || state == 'X' ? "ended" : state == 'T' || state == 't' ? "stopped" : NULL;
}

/* The arguments as one line; only as much as can be seen is copied. */
static void draw_arguments(struct page *p, const char *argv, int x, int y)
{
    char part[PROCESS_ARGV + 1];
    size_t n = 0, most = (size_t)(p->s->width - x) * 4; /* bytes of a character */
    const char *at = strchr(argv, PROCESS_ARGV_SEPARATOR);
    if (at == NULL || x >= p->s->width - 1)
        return;
    for (; *at != '\0' && n + 1 < sizeof part && n < most; at++)
        part[n++] = *at == PROCESS_ARGV_SEPARATOR ? ' ' : *at;
    part[n] = '\0';
    surface_text_max(p->s, x, y, p->s->width - 1 - x, ROLE_DIM, part);
}

static void draw_command(struct page *p, const struct process_row *r, const struct process_facts *f,
                         int x, int y)
{
    char name[256];
    int end = p->s->width - 1;
    const char *word = state_word(f->state);
    x = draw_branches(p, r, x, y);
    if (word != NULL)
        x = surface_text_max(p->s, x, y, end - x, ROLE_WARN, word) + 1;
    process_list_name(f, name, sizeof name);
    if (name[0] == '\0') {
        surface_text_max(p->s, x, y, end - x, ROLE_DIM, "(no name)");
        return;
    }
    if (f->kernel) {
        x = surface_text_max(p->s, x, y, end - x, ROLE_DIM, "[");
        x = surface_text_max(p->s, x, y, end - x, ROLE_DIM, name);
        surface_text_max(p->s, x, y, end - x, ROLE_DIM, "]");
        return;
    }
    x = surface_text_max(p->s, x, y, end - x, ROLE_TEXT, name);
    draw_arguments(p, f->argv, x, y);
}

static void draw_process(struct page *p, const struct tab *t, int row, int y)
{
    const struct process_model *m = process_list_at(t->list, p->m, row);
    if (m == NULL)
        return;
    const struct process_facts *f = m->facts;
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)f->pid);
    surface_text_right(p->s, PID_END, y, ROLE_DIM, pid);
    if (t->columns.end[C_USER] > 0)
        draw_user(p, &t->columns, f->user, y);
    draw_values(p, &t->columns, m, y);
    draw_command(p, &t->list->rows[row], f, t->columns.command_x, y);
    hit_row(p->s, (struct rect){0, y, p->s->width, 1}, HIT_PROCESS, "", f->pid, f->start);
    if (t->list->selected == PROCESS_ONE && f->pid == t->list->pid && f->start == t->list->start) {
        surface_set_role(p->s, (struct rect){0, y, p->s->width, 1}, ROLE_SELECTION);
        if (!p->ui->in_details)
            surface_put_glyph(p->s, 0, y, ROLE_SELECTION, GLYPH_SELECTED);
    }
}

static void draw_group(struct page *p, const struct tab *t, uint32_t group, int y)
{
    const struct columns *c = &t->columns;
    bool service = group < p->m->service_count;
    const char *name = service ? p->m->services[group].facts->name : "";
    if (group >= t->list->group_count)
        return;
    const struct process_sum *sum = &t->list->groups[group];
    /* Where no service has any, all are the others. */
    const char *others = t->list->services.count > 0 ? "others" : "all";
    surface_text_max(p->s, 1, y, c->first_end > 2 ? c->first_end - 1 : 8, ROLE_TITLE,
                     service ? name : others);
    draw_sums(p, c, sum, y);
    char count[48];
    snprintf(count, sizeof count, "%zu %s", sum->count, sum->count == 1 ? "process" : "processes");
    surface_text_max(p->s, c->command_x, y, p->s->width - 1 - c->command_x, ROLE_DIM, count);
    hit_row(p->s, (struct rect){0, y, p->s->width, 1}, HIT_GROUP, name, 0, 0);
    if (t->list->selected == PROCESS_GROUP && strcmp(t->list->name, name) == 0) {
        surface_set_role(p->s, (struct rect){0, y, p->s->width, 1}, ROLE_SELECTION);
        surface_put_glyph(p->s, 0, y, ROLE_SELECTION, GLYPH_SELECTED);
    }
}

static void draw_nothing(struct page *p, const struct tab *t)
{
    const struct reading *state = &p->m->processes_state;
    struct line l = line_at(p->s, 3, t->list_y, p->s->width - 1);
    if (p->m->process_count > 0) {
        line_put(&l, ROLE_TEXT, "None of %zu processes matches ", p->m->process_count);
        line_put(&l, ROLE_TITLE, "%s", p->ui->process_filter.text);
        line_put(&l, ROLE_DIM, "   Esc clears the filter");
        return;
    }
    bool asked = state->state != READING_NONE && state->state != READING_OK &&
                 state->reason != REASON_NOT_LOOKED;
    if (!asked) {
        line_put(&l, ROLE_DIM,
                 p->ui->paused ? "Not read while paused; Space goes on" : "Reading the processes");
        return;
    }
    line_put(&l, ROLE_TEXT, "No processes: %s", reason_sentence(state->reason));
    if (*reason_next_step(state->reason) != '\0') {
        l = line_at(p->s, 3, t->list_y + 1, p->s->width - 1);
        line_put(&l, ROLE_DIM, "%s", reason_next_step(state->reason));
    }
}

/* Processes among the rows [first, end): lines of groups do not count. */
static int process_rows(const struct process_list *list, int first, int end)
{
    int count = 0;
    for (int row = first; row < end; row++)
        count += list->rows[row].kind == PROCESS_ROW_PROCESS;
    return count;
}

static void draw_list(struct page *p, const struct tab *t)
{
    int count = (int)t->list->row_count, y = t->list_y, end = t->list_y + t->list_rows - t->more;
    int row = t->first;
    draw_heads(p, t);
    if (count == 0) {
        draw_nothing(p, t);
        return;
    }
    for (; row < count && y < end; row++, y++) {
        const struct process_row *r = &t->list->rows[row];
        if (r->kind == PROCESS_ROW_PROCESS) {
            draw_process(p, t, row, y);
            continue;
        }
        y += t->gaps && row > t->first;
        if (y >= end)
            break;
        draw_group(p, t, r->index, y);
    }
    if (!t->more)
        return;
    struct line l = line_at(p->s, 3, end, p->s->width - 1);
    int above = process_rows(t->list, 0, t->first), below = process_rows(t->list, row, count);
    if (below > 0)
        line_put(&l, ROLE_DIM, "%d more", below);
    if (above > 0)
        line_put(&l, ROLE_DIM, below > 0 ? ", %d above" : "%d above", above);
}

/* ---------------------------------------------------------------- the foot */

/* Why most of the dashes that stand there are dashes; NULL: there is none to explain. */
static const char *dash_reason(const struct page *p, const struct tab *t)
{
    unsigned count[REASON_COUNT] = {0};
    int best = REASON_NONE;
    for (int row = t->first; row < t->first + t->visible; row++) {
        const struct process_model *m = process_list_at(t->list, p->m, row);
        for (int i = C_GPU; m != NULL && i < C_COUNT; i++) {
            int metric = i == C_IO ? METRIC_PROCESS_READ : columns[i].metric;
            if (t->columns.end[i] > 0 && !isfinite(m->v[metric]) && m->why[metric] < REASON_COUNT)
                count[m->why[metric]]++;
        }
    }
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
        if (count[i] > count[best] && i != REASON_FIRST_SAMPLE && i != REASON_GAP)
            best = i;
    return best != REASON_NONE ? reason_sentence(best) : NULL;
}

static bool has_open_sum(const struct tab *t)
{
    for (size_t g = 0; g < t->list->group_count; g++)
        for (int i = C_GPU; i < C_COUNT; i++)
            if (t->columns.end[i] > 0 && (t->list->groups[g].lacking & columns[i].sum_of) != 0)
                return true;
    return false;
}

static void draw_legend(struct page *p, const struct tab *t)
{
    const char *reason = dash_reason(p, t);
    struct line l = line_at(p->s, 1, t->legend_y, p->s->width - 1);
    if (reason != NULL) {
        line_put(&l, ROLE_DIM, "-  %s (", reason);
        line_put(&l, ROLE_TITLE, "w");
        line_put(&l, ROLE_DIM, ")");
    }
    if (has_open_sum(t)) {
        line_group(&l);
        line_put(&l, ROLE_DIM, "%s+  at least: some do not tell their part",
                 reason != NULL ? "   " : "");
        line_group_end(&l);
    }
    l = line_at(p->s, 1, t->legend_y + 1, p->s->width - 1);
    line_put(&l, ROLE_DIM,
             "mem counts what a process owns; a model mapped from its file is in res, not in mem");
}

void process_tab_draw(struct page *p)
{
    struct tab t;
    tab_make(p, &t, p->s->width, p->s->height);
    draw_sentence(p, &t);
    if (t.list_rows > 0)
        draw_list(p, &t);
    if (t.details_rows > 0) {
        process_details_draw(p, t.details_y, t.details_rows);
        hit_details(p->s, (struct rect){0, t.details_y, p->s->width, t.details_rows});
    }
    if (t.legend_y >= 0 && t.list->row_count > 0 && t.list_rows > 0)
        draw_legend(p, &t);
    p->layout.why_y = t.why_y;
    p->layout.why_rows = t.why_rows;
    why_draw(p);
}
