#include "tuning/diff.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct piece { /* a line of one of the texts */
    const char *at;
    size_t size; /* without the newline */
    uint32_t hash;
    bool ended;
};
struct pieces {
    struct piece *of;
    size_t count;
};

static struct pieces split(const char *text, size_t size, struct arena *arena)
{
    struct pieces p = {NULL, 0};
    size_t lines = size > 0 && text[size - 1] != '\n';

    for (size_t i = 0; i < size; i++) {
        lines += text[i] == '\n';
    }
    p.of = arena_calloc(arena, lines + 1, sizeof *p.of);
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        struct piece *line = &p.of[p.count++];

        line->at = text + at;
        line->size = (end ? (size_t)(end - text) : size) - at;
        line->ended = end != NULL;
        line->hash = 2166136261U; /* FNV-1a */
        for (size_t i = 0; i < line->size; i++) {
            line->hash = (line->hash ^ (unsigned char)line->at[i]) * 16777619U;
        }
        at += line->size + 1;
    }
    return p;
}

static bool same(const struct piece *a, const struct piece *b)
{
    return a->hash == b->hash && a->size == b->size && a->ended == b->ended &&
           memcmp(a->at, b->at, a->size) == 0;
}

/* ---------------------------------------------------------------- which lines go and come */

struct marks { /* one for each line of both texts */
    bool *removed, *added;
};

static void mark_all(bool *marks, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        marks[i] = true;
    }
}

/* The furthest that each diagonal was reached with d edits: d + 1 of them, two apart. */
static int32_t reached(const int32_t *row, int32_t d, int32_t k)
{
    return row[(k + d) / 2];
}

/* Walks back from the end of both: which edit came last, then the one before it. */
static void walk_back(int32_t *const *rows, int32_t d, int32_t x, int32_t y, size_t skip,
                      struct marks *m)
{
    while (d > 0) {
        const int32_t *row = rows[d - 1];
        int32_t k = x - y;
        bool down = k == -d || (k != d && reached(row, d - 1, k - 1) < reached(row, d - 1, k + 1));
        int32_t from = down ? reached(row, d - 1, k + 1) : reached(row, d - 1, k - 1);

        if (down) {
            x = from;
            y = from - k - 1;
            m->added[skip + (size_t)y] = true;
        } else {
            x = from;
            y = from - k + 1;
            m->removed[skip + (size_t)x] = true;
        }
        d--;
    }
}

/* old[0..n) to new[0..k): marks the shortest edit. false: it is longer than DIFF_EDITS_MAX. */
static bool shortest(const struct piece *old_lines, int32_t old_count,
                     const struct piece *new_lines, int32_t new_count, size_t skip, struct marks *m)
{
    struct arena scratch = {0};
    int32_t **rows = arena_calloc(&scratch, DIFF_EDITS_MAX + 1, sizeof *rows);
    bool found = false;

    for (int32_t d = 0; d <= DIFF_EDITS_MAX && !found; d++) {
        rows[d] = arena_alloc(&scratch, (size_t)(d + 1) * sizeof **rows);
        for (int32_t k = -d; k <= d && !found; k += 2) {
            const int32_t *row = d > 0 ? rows[d - 1] : NULL;
            int32_t x = 0;

            if (d > 0) {
                bool down = k == -d ||
                            (k != d && reached(row, d - 1, k - 1) < reached(row, d - 1, k + 1));
                x = down ? reached(row, d - 1, k + 1) : reached(row, d - 1, k - 1) + 1;
            }
            int32_t y = x - k;
            /* A diagonal that left the grid is kept where no way leads on from. */
            while (x < old_count && y >= 0 && y < new_count && same(&old_lines[x], &new_lines[y])) {
                x++;
                y++;
            }
            rows[d][(k + d) / 2] = x;
            if (x == old_count && y == new_count) {
                walk_back(rows, d, x, y, skip, m);
                found = true;
            }
        }
    }
    arena_release(&scratch);
    return found;
}

static void compare(const struct pieces *a, const struct pieces *b, struct marks *m)
{
    size_t head = 0, tail = 0;
    size_t least = a->count < b->count ? a->count : b->count;

    while (head < least && same(&a->of[head], &b->of[head])) {
        head++;
    }
    while (tail < least - head && same(&a->of[a->count - 1 - tail], &b->of[b->count - 1 - tail])) {
        tail++;
    }
    size_t old_left = a->count - head - tail, new_left = b->count - head - tail;
    if (old_left > INT32_MAX / 2 || new_left > INT32_MAX / 2 ||
        !shortest(a->of + head, (int32_t)old_left, b->of + head, (int32_t)new_left, head, m)) {
        mark_all(m->removed, head, head + old_left);
        mark_all(m->added, head, head + new_left);
    }
}

/* ---------------------------------------------------------------- hunks */

struct place { /* in both texts */
    size_t old_at, new_at;
};

static struct diff_line *put(struct diff *d, enum diff_kind kind, const struct piece *p,
                             struct place at)
{
    struct diff_line *l = &d->lines[d->count++];

    *l = (struct diff_line){.kind = kind, .old_line = at.old_at + 1, .new_line = at.new_at + 1};
    if (p) {
        l->text = p->at;
        l->size = p->size;
        l->unended = !p->ended;
    }
    return l;
}

static void put_hunk(struct diff *d, const struct pieces *a, const struct pieces *b,
                     const struct marks *m, struct place from, struct place to)
{
    size_t old_count = to.old_at - from.old_at, new_count = to.new_at - from.new_at;
    struct diff_line *head = put(d, DIFF_HUNK, NULL, from);

    /* An empty side begins after the line before it. */
    head->old_line -= old_count == 0;
    head->new_line -= new_count == 0;
    head->old_count = old_count;
    head->new_count = new_count;
    while (from.old_at < to.old_at || from.new_at < to.new_at) {
        if (from.old_at < to.old_at && m->removed[from.old_at]) {
            put(d, DIFF_REMOVED, &a->of[from.old_at], from);
            from.old_at++;
            d->removed++;
        } else if (from.new_at < to.new_at && m->added[from.new_at]) {
            put(d, DIFF_ADDED, &b->of[from.new_at], from);
            from.new_at++;
            d->added++;
        } else {
            put(d, DIFF_SAME, &a->of[from.old_at], from);
            from.old_at++;
            from.new_at++;
        }
    }
}

/* Behind the changed lines that begin at `at`. */
static struct place after_change(const struct pieces *a, const struct pieces *b,
                                 const struct marks *m, struct place at)
{
    while (at.old_at < a->count && m->removed[at.old_at]) {
        at.old_at++;
    }
    while (at.new_at < b->count && m->added[at.new_at]) {
        at.new_at++;
    }
    return at;
}

static bool changed_at(const struct pieces *a, const struct pieces *b, const struct marks *m,
                       struct place at)
{
    return (at.old_at < a->count && m->removed[at.old_at]) ||
           (at.new_at < b->count && m->added[at.new_at]);
}

static void put_hunks(struct diff *d, const struct pieces *a, const struct pieces *b,
                      const struct marks *m)
{
    struct place at = {0, 0};

    while (at.old_at < a->count || at.new_at < b->count) {
        if (!changed_at(a, b, m, at)) {
            at.old_at++;
            at.new_at++;
            continue;
        }
        size_t before = at.old_at < at.new_at ? at.old_at : at.new_at;
        struct place from = at, end = after_change(a, b, m, at);

        before = before < DIFF_CONTEXT ? before : DIFF_CONTEXT;
        from.old_at -= before;
        from.new_at -= before;
        /* Changes with no more than twice the context between them are one hunk. */
        for (struct place next = end; next.old_at < a->count || next.new_at < b->count;) {
            if (changed_at(a, b, m, next)) {
                next = end = after_change(a, b, m, next);
            } else if (next.old_at - end.old_at >= 2 * (size_t)DIFF_CONTEXT) {
                break;
            } else {
                next.old_at++;
                next.new_at++;
            }
        }
        at = end;
        for (size_t i = 0; i < DIFF_CONTEXT && end.old_at < a->count && end.new_at < b->count;
             i++) {
            end.old_at++;
            end.new_at++;
        }
        put_hunk(d, a, b, m, from, end);
    }
}

void diff_make(const char *old_text, size_t old_size, const char *new_text, size_t new_size,
               struct arena *arena, struct diff *out)
{
    struct pieces a = split(old_text, old_size, arena), b = split(new_text, new_size, arena);
    struct marks m = {arena_calloc(arena, a.count + 1, 1), arena_calloc(arena, b.count + 1, 1)};

    *out = (struct diff){
        .old_text = old_text, .new_text = new_text, .old_size = old_size, .new_size = new_size};
    compare(&a, &b, &m);
    /* Each line once, and no more hunks than lines. */
    out->lines = arena_calloc(arena, 2 * (a.count + b.count) + 1, sizeof *out->lines);
    put_hunks(out, &a, &b, &m);
}

/* ---------------------------------------------------------------- text */

static void put_range(char *out, size_t size, size_t line, size_t count)
{
    if (count == 1) {
        snprintf(out, size, "%zu", line);
    } else {
        snprintf(out, size, "%zu,%zu", line, count);
    }
}

void diff_hunk_head(const struct diff_line *hunk, char *out, size_t size)
{
    char before[48], after[48];

    put_range(before, sizeof before, hunk->old_line, hunk->old_count);
    put_range(after, sizeof after, hunk->new_line, hunk->new_count);
    snprintf(out, size, "@@ -%s +%s @@", before, after);
}

void diff_print(const struct diff *d, const char *old_name, const char *new_name, struct buf *out)
{
    static const char signs[] = {
        [DIFF_HUNK] = '@', [DIFF_SAME] = ' ', [DIFF_REMOVED] = '-', [DIFF_ADDED] = '+'};

    if (d->count == 0) {
        return;
    }
    buf_printf(out, "--- %s\n+++ %s\n", old_name, new_name);
    for (size_t i = 0; i < d->count; i++) {
        const struct diff_line *l = &d->lines[i];
        char head[128];

        if (l->kind == DIFF_HUNK) {
            diff_hunk_head(l, head, sizeof head);
            buf_puts(out, head);
        } else {
            buf_putc(out, signs[l->kind]);
            buf_add(out, l->text, l->size);
        }
        buf_puts(out, l->unended ? "\n\\ No newline at end of file\n" : "\n");
    }
}
