#include "tui/layout.h"

#include <string.h>

#include "sampling/history.h"

enum { TEXT_MAX = 57, WIDE_FROM = 120, CEILINGS_FROM = 100, MID_FROM = 80 };
/* Indices into history_step_s (1 5 10 20 30 60). */
enum { STEP_5 = 1, STEP_10 = 2, STEP_20 = 3 };

struct layout_columns layout_columns(int width)
{
    struct layout_columns c = {.step = STEP_20};
    int columns = 15;
    if (width >= WIDE_FROM) {
        c.step = STEP_5;
        columns = 60;
    } else if (width >= MID_FROM) {
        c.step = STEP_10;
        columns = 30;
    }
    /* Margin, text, blank, strip, margin. */
    int text = width - 3 - columns;
    if (text > TEXT_MAX) {
        columns += text - TEXT_MAX;
        text = TEXT_MAX;
    }
    if (columns > HISTORY_COLUMNS)
        columns = HISTORY_COLUMNS;
    c.strip_columns = columns;
    c.strip_x = width - 1 - columns;
    c.text_end = 1 + text;
    c.ceilings = width >= CEILINGS_FROM;
    if (text >= TEXT_MAX) {
        c.style = LAYOUT_WIDE;
        c.label_x = 12;
        c.run_end = 25, c.wait_end = 31, c.speed_end = 43, c.done_end = 52;
    } else if (text >= 47) {
        c.style = LAYOUT_MID;
        c.label_x = 10;
        c.run_end = 18, c.wait_end = 24, c.speed_end = 36, c.done_end = 45;
    } else {
        c.style = LAYOUT_NARROW;
        c.label_x = 9;
        c.run_end = 16, c.wait_end = 21, c.speed_end = 32, c.done_end = 41;
    }
    return c;
}

/* What is still there while rows are being given up. */
struct plan {
    const struct layout_wish *wish;
    bool gap_blocks, gap_parts, gap_head, gap_foot, machine, gpu, power, disk, down_in_one;
    int cpu_rows, memory_rows, empty_rows, why_rows;
    int gpus, gpu_rows, more_rows; /* gpu: the row that says why there is none */
    int shown;                     /* services [0, shown) stand there */
    int details[LAYOUT_SERVICES], extra[LAYOUT_SERVICES], grown[LAYOUT_SERVICES];
    int gpu_grown, cpu_grown, memory_grown, thermal_grown, power_grown;
};

static int down_count(const struct plan *p)
{
    int n = 0;
    for (int i = 0; i < p->shown; i++)
        n += p->wish->services[i].down;
    return n;
}

static int left_out(const struct plan *p)
{
    return p->wish->service_count - p->shown + p->wish->services_beyond;
}

static int service_rows(const struct plan *p)
{
    int rows = 0, blocks = 0;
    if (p->wish->service_count == 0)
        return p->empty_rows;
    for (int i = 0; i < p->shown; i++) {
        if (p->wish->services[i].down && p->down_in_one)
            continue;
        rows += 1 + p->details[i] + p->grown[i];
        blocks++;
    }
    if (p->down_in_one && down_count(p) > 0)
        rows++, blocks++;
    if (left_out(p) > 0)
        rows++, blocks++;
    return rows + (p->gap_blocks && blocks > 1 ? blocks - 1 : 0);
}

static int gpu_rows(const struct plan *p)
{
    return p->gpus > 0 ? p->gpu_rows + p->gpu_grown + (p->gpus - 1) * p->more_rows : p->gpu;
}

static int silicon_rows(const struct plan *p)
{
    return gpu_rows(p) + p->cpu_rows + p->cpu_grown + p->memory_rows + p->memory_grown + 1 +
           p->thermal_grown + p->power + p->power_grown + p->disk;
}

static int total_rows(const struct plan *p)
{
    int why = p->why_rows > 0 ? 1 + p->why_rows + p->gap_parts : 0;
    return 1 + p->machine + 1 + p->gap_head + 1 + service_rows(p) + p->gap_parts + 1 +
           silicon_rows(p) + why + p->gap_foot + 1;
}

/* The service with most rows of `what`; -1 when none has more than `least`. */
static int largest(const struct plan *p, const int what[LAYOUT_SERVICES], int least)
{
    int best = -1;
    for (int i = 0; i < p->shown; i++)
        if (what[i] > least && (best < 0 || what[i] >= what[best]))
            best = i;
    return best;
}

static bool drop_detail(struct plan *p, int least)
{
    int i = largest(p, p->details, least);
    if (i < 0)
        return false;
    p->details[i]--;
    return true;
}

static bool drop_extra(struct plan *p)
{
    int i = largest(p, p->extra, 0);
    if (i < 0)
        return false;
    p->extra[i]--;
    p->details[i]--;
    return true;
}

static bool drop_flag(bool *flag)
{
    bool was = *flag;
    *flag = false;
    return was;
}

static bool drop_row(int *rows, int least)
{
    if (*rows <= least)
        return false;
    --*rows;
    return true;
}

/* Gives up one thing, the next in the documented order; false when there is nothing left to give
 * up. */
static bool give_up(struct plan *p)
{
    if (drop_flag(&p->gap_blocks) || drop_flag(&p->gap_parts) || drop_flag(&p->gpu) ||
        drop_row(&p->cpu_rows, 2) || drop_row(&p->gpu_rows, 2) || drop_row(&p->memory_rows, 2) ||
        drop_row(&p->more_rows, 1) || drop_row(&p->cpu_rows, 1) || drop_row(&p->memory_rows, 1) ||
        drop_flag(&p->disk))
        return true;
    if (!p->down_in_one && down_count(p) > 1) {
        p->down_in_one = true;
        return true;
    }
    return drop_extra(p) || drop_flag(&p->gap_foot) || drop_flag(&p->gap_head) ||
           drop_row(&p->gpus, 1) || drop_flag(&p->power) || drop_row(&p->gpu_rows, 1) ||
           drop_flag(&p->machine) || drop_detail(p, 1) || drop_row(&p->why_rows, 4) ||
           drop_detail(p, 0) || drop_row(&p->shown, 1) || drop_row(&p->empty_rows, 1) ||
           drop_row(&p->why_rows, 1);
}

/* Rows of the main strip of a block. The last row belongs to the second strip, or stays blank in a
 * tall block that no blank row follows, so that parts stay apart. */
static int strip_rows(int rows, bool second, bool gap)
{
    int n = second || (rows >= 3 && !gap) ? rows - 1 : rows;
    return n < 1 ? 1 : n > LAYOUT_STRIP_MAX ? LAYOUT_STRIP_MAX : n;
}

static bool grow_one(int rows, bool second, bool gap, int *grown, int *left)
{
    if (*left <= 0 || strip_rows(rows, second, gap) >= LAYOUT_STRIP_MAX)
        return false;
    ++*grown;
    --*left;
    return true;
}

static void grow(struct plan *p, int left)
{
    const struct layout_wish *w = p->wish;
    for (bool more = !w->ascii; more && left > 0;) {
        more = false;
        for (int i = 0; i < p->shown; i++) {
            int rows = 1 + p->details[i] + p->grown[i];
            if (w->services[i].strips && !w->services[i].down)
                more |= grow_one(rows, w->services[i].wait_strip && rows > 1, p->gap_blocks,
                                 &p->grown[i], &left);
        }
        if (p->gpus > 0)
            more |= grow_one(1 + p->gpu_grown, false, true, &p->gpu_grown, &left);
        more |= grow_one(p->cpu_rows + p->cpu_grown, false, false, &p->cpu_grown, &left);
        more |= grow_one(p->memory_rows + p->memory_grown, false, false, &p->memory_grown, &left);
        if (w->thermal_strip)
            more |= grow_one(1 + p->thermal_grown, false, false, &p->thermal_grown, &left);
        if (p->power && w->power_strip)
            more |= grow_one(1 + p->power_grown, false, false, &p->power_grown, &left);
    }
}

static int place(struct layout_block *b, int y, int rows, bool strip)
{
    *b = (struct layout_block){.y = y, .rows = rows, .wait_y = -1};
    b->strip_rows = strip && rows > 0 ? strip_rows(rows, false, false) : 0;
    return y + rows;
}

static int place_services(const struct plan *p, struct layout *out, int y)
{
    const struct layout_wish *w = p->wish;
    out->down_y = out->more_y = -1;
    for (int i = 0; i < LAYOUT_SERVICES; i++)
        out->services[i].wait_y = -1;
    out->more_count = left_out(p);
    if (w->service_count == 0) {
        out->empty_rows = p->empty_rows;
        return y + p->empty_rows;
    }
    out->services_shown = p->shown;
    int first_y = y;
    for (int i = 0; i < p->shown; i++) {
        const struct layout_service_wish *s = &w->services[i];
        if (s->down && p->down_in_one)
            continue;
        if (p->gap_blocks && y > first_y)
            y++;
        struct layout_block *b = &out->services[i];
        int rows = 1 + p->details[i] + p->grown[i];
        bool second = s->wait_strip && rows > 1;
        y = place(b, y, rows, s->strips);
        b->details = p->details[i];
        b->strip_rows = s->strips ? strip_rows(rows, second, p->gap_blocks) : 0;
        if (s->strips && second)
            b->wait_y = b->y + rows - 1;
    }
    if (p->down_in_one && down_count(p) > 0) {
        y += p->gap_blocks && y > first_y;
        out->down_y = y++;
    }
    if (out->more_count > 0) {
        y += p->gap_blocks && y > first_y;
        out->more_y = y++;
    }
    return y;
}

static int place_gpus(const struct plan *p, struct layout *out, int y)
{
    if (p->gpus == 0)
        return place(&out->gpus[0], y, p->gpu, false);
    out->gpus_shown = p->gpus;
    y = place(&out->gpus[0], y, p->gpu_rows + p->gpu_grown, true);
    out->gpus[0].details = p->gpu_rows - 1;
    out->gpus[0].strip_rows = 1 + p->gpu_grown; /* below it that of its memory */
    for (int i = 1; i < p->gpus; i++) {
        y = place(&out->gpus[i], y, p->more_rows, true);
        out->gpus[i].details = p->more_rows - 1;
        out->gpus[i].strip_rows = 1;
    }
    return y;
}

static void place_all(const struct plan *p, struct layout *out)
{
    const struct layout_wish *w = p->wish;
    int y = 1;
    out->machine_y = p->machine ? y++ : -1;
    out->sentence_y = y++;
    y += p->gap_head;
    out->services_y = y++;
    y = place_services(p, out, y);
    y += p->gap_parts;
    out->silicon_y = y++;
    y = place_gpus(p, out, y);
    y = place(&out->cpu, y, p->cpu_rows + p->cpu_grown, true);
    out->cpu.details = p->cpu_rows - 1;
    y = place(&out->memory, y, p->memory_rows + p->memory_grown, true);
    out->memory.details = p->memory_rows - 1;
    y = place(&out->thermal, y, 1 + p->thermal_grown, w->thermal_strip);
    y = place(&out->power, y, p->power + p->power_grown, w->power_strip);
    place(&out->disk, y, p->disk, false);
    out->footer_y = w->height - 1;
    out->why_y = -1;
    if (p->why_rows > 0) { /* at the bottom: what is left over stays above it */
        out->why_y = out->footer_y - p->gap_foot - p->why_rows - 1;
        out->why_rows = p->why_rows;
    }
}

void layout_make(const struct layout_wish *w, struct layout *out)
{
    struct plan p = {.wish = w,
                     .gap_blocks = true,
                     .gap_parts = true,
                     .gap_head = w->sentence,
                     .gap_foot = true,
                     .machine = true,
                     .gpu = true,
                     .gpus = w->gpus < LAYOUT_GPUS ? w->gpus : LAYOUT_GPUS,
                     .gpu_rows = w->gpu_rows,
                     .more_rows = w->more_rows,
                     .power = w->power,
                     .disk = w->disk,
                     .cpu_rows = w->cpu_rows,
                     .memory_rows = w->memory_rows,
                     .empty_rows = w->empty_rows,
                     .why_rows = w->why_rows,
                     .shown = w->service_count};
    for (int i = 0; i < w->service_count; i++) {
        p.details[i] = w->services[i].down ? 0 : w->services[i].details;
        p.extra[i] = w->services[i].down ? 0 : w->services[i].extra;
    }
    /* Why takes half of the page at most, while the rest needs it; all of it where there is room.
     */
    int most = w->height / 2 - 1;
    if (p.why_rows > most && total_rows(&p) > w->height)
        p.why_rows = most > 1 ? most : 1;
    while (total_rows(&p) > w->height && give_up(&p)) {
    }
    int left = w->height - total_rows(&p);
    if (left > 0)
        grow(&p, left);
    memset(out, 0, sizeof *out);
    out->columns = layout_columns(w->width);
    place_all(&p, out);
}
