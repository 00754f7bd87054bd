#include "tui/process_list.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "sampling/process.h"

#define SORT_EVERY_NS (5 * NS_PER_S)
#define NO_PLACE UINT32_MAX

const char *const process_sort_names[PROCESS_SORT_COUNT] = {
#define PROCESS_SORT(id, name, said) name,
    PROCESS_SORT_TABLE(PROCESS_SORT)
#undef PROCESS_SORT
};
const char *const process_sort_said[PROCESS_SORT_COUNT] = {
#define PROCESS_SORT(id, name, said) said,
    PROCESS_SORT_TABLE(PROCESS_SORT)
#undef PROCESS_SORT
};

void process_list_release(struct process_list *list)
{
    free(list->rows);
    free(list->groups);
    free(list->known);
    arena_release(&list->scratch);
    list->rows = NULL;
    list->groups = NULL;
    list->known = NULL;
    list->row_count = list->row_room = list->group_count = list->group_room = 0;
    list->known_count = list->known_room = 0;
    list->sequence = 0;
    list->settled = false;
    memset(&list->services, 0, sizeof list->services);
    memset(&list->shown, 0, sizeof list->shown);
}

bool process_list_has_gpu(const struct model *m)
{
    const uint8_t state = m->gpu_state.state;
    /* A card that fell off the bus is none any more, but its column says so. */
    return m->gpu_count > 0 || state == READING_STALE || state == READING_DENIED ||
           state == READING_FAILED;
}

enum process_sort process_list_order(const struct process_list *list, const struct model *m)
{
    if (list->sort_chosen)
        return list->sort;
    return process_list_has_gpu(m) ? PROCESS_SORT_GPU : PROCESS_SORT_CPU;
}

/* ---------------------------------------------------------------- filter */

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Looks at every byte of a long command line for every key, so without a call for each. */
static bool word_in(const char *text, const char *word, size_t size)
{
    const unsigned char first = lower(word[0]);
    for (; *text != '\0'; text++) {
        if (lower(*text) != first)
            continue;
        size_t i = 1;
        while (i < size && text[i] != '\0' && lower(text[i]) == lower(word[i]))
            i++;
        if (i == size)
            return true;
    }
    return false;
}

bool process_list_matches(const struct process_facts *f, const char *filter)
{
    char pid[16];
    if (*filter == '\0')
        return true;
    snprintf(pid, sizeof pid, "%d", (int)f->pid);
    while (*filter != '\0') {
        size_t size = strcspn(filter, " ");
        if (size > 0 && !word_in(f->name, filter, size) && !word_in(f->argv, filter, size) &&
            !word_in(f->user, filter, size) && !word_in(pid, filter, size))
            return false;
        filter += size;
        filter += *filter == ' ';
    }
    return true;
}

const char *process_list_name(const struct process_facts *f, char *out, size_t size)
{
    const char separator[2] = {PROCESS_ARGV_SEPARATOR, '\0'};
    size_t n = strcspn(f->argv, separator);
    const char *at = f->argv;
    /* A folder may have a blank in its name; "sshd: you@pts/0" has no folder. */
    for (const char *p = at; p < f->argv + n && (*p != ' ' || f->argv[0] == '/'); p++)
        if (*p == '/' && p + 1 < f->argv + n)
            at = p + 1;
    n -= (size_t)(at - f->argv);
    if (n == 0)
        return utf8_copy(out, size, f->name);
    char part[256];
    snprintf(part, sizeof part, "%.*s", n < sizeof part ? (int)n : (int)sizeof part - 1, at);
    return utf8_copy(out, size, part);
}

/* ---------------------------------------------------------------- sums */

void process_sum_add(struct process_sum *sum, const struct process_model *p)
{
    sum->count++;
    for (int i = 0; i < METRIC_PROCESS_COUNT; i++) {
        if (isfinite(p->v[i])) {
            sum->v[i] += p->v[i];
            sum->known[i]++;
        } else if (p->why[i] != REASON_FIRST_SAMPLE && p->why[i] != REASON_GAP) {
            sum->lacking |= 1u << i;
        }
    }
}

/* ---------------------------------------------------------------- order */

struct entry {
    double key, second, third;
    const char *name;
    uint32_t index;
    int32_t pid;
};

/* Whole steps, as far as one sees them: noise below them moves no row. Unknown ones come last. */
static double steps(double value, double step)
{
    return isfinite(value) && value >= 0 ? floor(value / step + 0.5) : -1;
}

static double key_of(const struct process_model *p, enum process_sort sort)
{
    switch (sort) {
    case PROCESS_SORT_MEMORY:
        return steps(p->v[METRIC_PROCESS_MEMORY], 0x1p20);
    case PROCESS_SORT_GPU:
        return steps(p->v[METRIC_PROCESS_GPU], 0.001);
    case PROCESS_SORT_GPU_MEMORY:
        return steps(p->v[METRIC_PROCESS_GPU_MEMORY], 0x1p20);
    case PROCESS_SORT_IO:
        return steps(p->v[METRIC_PROCESS_READ] + p->v[METRIC_PROCESS_WRITE], 0x1p20 / 10);
    default:
        return steps(p->v[METRIC_PROCESS_CPU], 0.01);
    }
}

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->key != y->key)
        return x->key > y->key ? -1 : 1;
    if (x->second != y->second)
        return x->second > y->second ? -1 : 1;
    if (x->third != y->third)
        return x->third > y->third ? -1 : 1;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

static int by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcasecmp(x->name, y->name);
    return order != 0 ? order : (x->pid > y->pid) - (x->pid < y->pid);
}

/* Sorts: order[] gets the indices of all processes. Equal ones stand by CPU, by memory, then by
 * rising pid, so that the same values give the same order. false: there are no rates yet. */
static bool sort_all(struct process_list *list, const struct model *m, uint32_t *order)
{
    size_t n = m->process_count;
    enum process_sort sort = process_list_order(list, m);
    bool told = sort == PROCESS_SORT_PID || sort == PROCESS_SORT_NAME;
    struct entry *entries = arena_calloc(&list->scratch, n, sizeof *entries);
    for (size_t i = 0; i < n; i++) {
        const struct process_model *p = &m->processes[i];
        struct entry *e = &entries[i];
        e->index = (uint32_t)i;
        e->pid = p->facts->pid;
        e->name = p->facts->name;
        if (sort == PROCESS_SORT_PID || sort == PROCESS_SORT_NAME)
            continue; /* the model's order is that by pid */
        e->key = key_of(p, sort);
        e->second = key_of(p, PROCESS_SORT_CPU);
        e->third = key_of(p, PROCESS_SORT_MEMORY); /* threads of the kernel come last */
        told = told || e->second >= 0;
    }
    if (sort == PROCESS_SORT_NAME)
        qsort(entries, n, sizeof *entries, by_name);
    else if (sort != PROCESS_SORT_PID)
        qsort(entries, n, sizeof *entries, by_key);
    for (size_t i = 0; i < n; i++)
        order[i] = entries[i].index;
    return told;
}

/* As they were sorted last; new ones by rising pid at the end. Both lists stand by rising pid, so
 * one walk finds who is whose. */
static void keep_order(struct process_list *list, const struct model *m, uint32_t *order)
{
    size_t n = m->process_count, k = 0, out = 0;
    uint32_t *at_place = arena_calloc(&list->scratch, list->known_count + 1, sizeof *at_place);
    uint32_t *fresh = arena_calloc(&list->scratch, n, sizeof *fresh);
    size_t fresh_count = 0;
    memset(at_place, 0xFF, (list->known_count + 1) * sizeof *at_place);
    for (size_t i = 0; i < n; i++) {
        const struct process_facts *f = m->processes[i].facts;
        while (k < list->known_count && list->known[k].pid < f->pid)
            k++;
        if (k < list->known_count && list->known[k].pid == f->pid &&
            list->known[k].start == f->start)
            at_place[list->known[k].place] = (uint32_t)i;
        else
            fresh[fresh_count++] = (uint32_t)i;
    }
    for (size_t i = 0; i < list->known_count; i++)
        if (at_place[i] != NO_PLACE)
            order[out++] = at_place[i];
    memcpy(order + out, fresh, fresh_count * sizeof *fresh);
}

static void remember_order(struct process_list *list, const struct model *m, const uint32_t *order)
{
    size_t n = m->process_count;
    if (list->known_room < n) {
        list->known = xreallocarray(list->known, n, sizeof *list->known);
        list->known_room = n;
    }
    for (size_t i = 0; i < n; i++) {
        const struct process_facts *f = m->processes[order[i]].facts;
        list->known[order[i]] = (struct process_known){f->start, f->pid, (uint32_t)i};
    }
    list->known_count = n;
}

/* ---------------------------------------------------------------- rows */

static size_t group_of(const struct model *m, uint32_t index)
{
    int32_t service = m->processes[index].facts->service;
    return service >= 0 && (size_t)service < m->service_count ? (size_t)service : m->service_count;
}

static void add_row(struct process_list *list, enum process_row_kind kind, uint32_t index,
                    uint32_t depth, uint32_t lines)
{
    list->rows[list->row_count++] = (struct process_row){
        .index = index,
        .lines = lines,
        .kind = (uint8_t)kind,
        .depth = (uint8_t)(depth < UINT8_MAX ? depth : UINT8_MAX)};
}

/* The family of the processes of one group, by their places in its order. */
struct family {
    const uint32_t *members; /* indices into processes[] */
    size_t count;
    uint32_t *parent, *child, *next; /* places; NO_PLACE none */
    bool *done;
};

static uint32_t bit(uint32_t level)
{
    return level <= PROCESS_TREE_LEVELS ? 1u << level : 0;
}

/* A root and all below it, without recursion: a chain of parents may be as long as the list. */
static void add_tree(struct process_list *list, const struct family *f, uint32_t root)
{
    uint32_t at = root, depth = 0, lines = 0;
    for (;;) {
        f->done[at] = true;
        bool more = at != root && f->next[at] != NO_PLACE;
        lines = more ? lines | bit(depth) : lines & ~bit(depth);
        add_row(list, PROCESS_ROW_PROCESS, f->members[at], depth, lines);
        uint32_t down = f->child[at];
        if (down != NO_PLACE && f->done[down]) /* the root of a circle, met again */
            down = f->next[down];
        if (down != NO_PLACE) {
            at = down;
            depth++;
            continue;
        }
        for (;;) {
            if (at == root)
                return;
            uint32_t side = f->next[at];
            if (side != NO_PLACE && f->done[side])
                side = f->next[side];
            if (side != NO_PLACE) {
                at = side;
                break;
            }
            at = f->parent[at];
            depth--;
        }
    }
}

static int compare_pid(const void *key, const void *element)
{
    int32_t pid = *(const int32_t *)key,
            other = ((const struct process_model *)element)->facts->pid;
    return (pid > other) - (pid < other);
}

/* The first in order of the circle that is above `at`, which has no root above it. */
static uint32_t circle_above(const struct family *f, uint32_t at)
{
    /* As many steps as there are members end inside the circle. */
    for (size_t i = 0; i < f->count; i++)
        at = f->parent[at];
    uint32_t first = at;
    for (uint32_t i = f->parent[at]; i != at; i = f->parent[i])
        first = i < first ? i : first;
    return first;
}

/* Children below their parents; a parent that is not in the group, not shown or its own makes a
 * root, and of a circle the first in order. place[]: by index, NO_PLACE but for the members. */
static void add_family(struct process_list *list, const struct model *m, const uint32_t *members,
                       size_t count, uint32_t *place)
{
    struct family f = {.members = members, .count = count};
    f.parent = arena_calloc(&list->scratch, count, sizeof *f.parent);
    f.child = arena_calloc(&list->scratch, count, sizeof *f.child);
    f.next = arena_calloc(&list->scratch, count, sizeof *f.next);
    f.done = arena_calloc(&list->scratch, count, sizeof *f.done);
    uint32_t *last = arena_calloc(&list->scratch, count, sizeof *last);
    for (size_t i = 0; i < count; i++) {
        place[members[i]] = (uint32_t)i;
        f.parent[i] = f.child[i] = f.next[i] = NO_PLACE;
    }
    for (size_t i = 0; i < count; i++) {
        int32_t ppid = m->processes[members[i]].facts->ppid;
        const struct process_model *parent = bsearch(&ppid, m->processes, m->process_count,
                                                     sizeof *m->processes, compare_pid);
        uint32_t up = parent != NULL ? place[parent - m->processes] : NO_PLACE;
        if (up == NO_PLACE || up == i)
            continue;
        f.parent[i] = up;
        if (f.child[up] == NO_PLACE)
            f.child[up] = (uint32_t)i;
        else
            f.next[last[up]] = (uint32_t)i;
        last[up] = (uint32_t)i;
    }
    for (size_t i = 0; i < count; i++)
        if (f.parent[i] == NO_PLACE)
            add_tree(list, &f, (uint32_t)i);
    for (size_t i = 0; i < count; i++)
        if (!f.done[i])
            add_tree(list, &f, circle_above(&f, (uint32_t)i));
    for (size_t i = 0; i < count; i++)
        place[members[i]] = NO_PLACE;
}

static void make_rows(struct process_list *list, const struct model *m, const uint32_t *order,
                      const char *filter)
{
    size_t n = m->process_count, groups = m->service_count + 1, count = 0;
    uint32_t *members = arena_calloc(&list->scratch, n + 1, sizeof *members);
    size_t *ends = arena_calloc(&list->scratch, groups + 1, sizeof *ends);
    uint32_t *place = arena_calloc(&list->scratch, n + 1, sizeof *place);
    memset(place, 0xFF, (n + 1) * sizeof *place);
    memset(list->groups, 0, groups * sizeof *list->groups);
    memset(&list->services, 0, sizeof list->services);
    memset(&list->shown, 0, sizeof list->shown);
    bool *shown = arena_calloc(&list->scratch, n + 1, sizeof *shown);
    for (size_t i = 0; i < n; i++) {
        const struct process_model *p = &m->processes[order[i]];
        size_t group = group_of(m, order[i]);
        if (group < m->service_count)
            process_sum_add(&list->services, p);
        shown[i] = process_list_matches(p->facts, filter);
        if (!shown[i])
            continue;
        process_sum_add(&list->shown, p);
        process_sum_add(&list->groups[group], p);
        ends[group + 1]++;
    }
    for (size_t g = 0; g < groups; g++)
        ends[g + 1] += ends[g];
    for (size_t i = 0; i < n; i++) /* ends[g] runs from the group's begin to its end */
        if (shown[i])
            members[ends[group_of(m, order[i])]++] = order[i];
    list->row_count = 0;
    for (size_t g = 0; g < groups; g++) {
        size_t begin = count;
        count = ends[g];
        if (count == begin)
            continue;
        add_row(list, PROCESS_ROW_GROUP, (uint32_t)g, 0, 0);
        if (list->tree)
            add_family(list, m, members + begin, count - begin, place);
        else
            for (size_t i = begin; i < count; i++)
                add_row(list, PROCESS_ROW_PROCESS, members[i], 0, 0);
    }
}

static void make_room(struct process_list *list, const struct model *m)
{
    size_t groups = m->service_count + 1, rows = m->process_count + groups;
    if (list->row_room < rows) {
        list->rows = xreallocarray(list->rows, rows, sizeof *list->rows);
        list->row_room = rows;
    }
    if (list->group_room < groups) {
        list->groups = xreallocarray(list->groups, groups, sizeof *list->groups);
        list->group_room = groups;
    }
    list->group_count = groups;
}

/* ---------------------------------------------------------------- selection */

/* "" the others. */
static const char *group_name(const struct model *m, uint32_t group)
{
    return group < m->service_count ? m->services[group].facts->name : "";
}

static bool is_selected(const struct process_list *list, const struct model *m, int row)
{
    const struct process_row *r = &list->rows[row];
    if (r->kind == PROCESS_ROW_GROUP)
        return list->selected == PROCESS_GROUP && strcmp(group_name(m, r->index), list->name) == 0;
    const struct process_facts *f = m->processes[r->index].facts;
    return list->selected == PROCESS_ONE && f->pid == list->pid && f->start == list->start;
}

/* Finds the selection in new rows. It stays where it stands on the screen: what comes and goes
 * above it moves the list, not the row. */
static void find_selection(struct process_list *list, const struct model *m)
{
    if (list->selected == PROCESS_NOTHING) {
        list->first = 0;
        list->row = 0;
        return;
    }
    /* Where no process is told, nothing is known of this one either. */
    list->gone = list->selected == PROCESS_ONE && m->process_count > 0 &&
                 process_find(m, list->pid, list->start) < 0;
    for (int i = 0; i < (int)list->row_count; i++) {
        if (!is_selected(list, m, i))
            continue;
        list->first += i - list->row;
        list->row = i;
        return;
    }
}

void process_list_update(struct process_list *list, const struct model *m, const char *filter)
{
    size_t n = m->process_count;
    make_room(list, m);
    arena_clear(&list->scratch);
    uint32_t *order = arena_calloc(&list->scratch, n + 1, sizeof *order);
    bool quiet = list->selected == PROCESS_NOTHING;
    bool due = list->resort || (quiet && (!list->settled || m->at_ns < list->sorted_ns ||
                                          m->at_ns - list->sorted_ns >= SORT_EVERY_NS));
    if (due && n > 0) {
        list->settled = sort_all(list, m, order) || list->settled;
        list->sorted_ns = m->at_ns;
        list->resort = false;
    } else {
        keep_order(list, m, order);
    }
    remember_order(list, m, order);
    make_rows(list, m, order, filter);
    list->sequence = m->sequence;
    find_selection(list, m);
}

const struct process_model *process_list_at(const struct process_list *list, const struct model *m,
                                            int row)
{
    if (row < 0 || (size_t)row >= list->row_count || list->rows[row].kind != PROCESS_ROW_PROCESS ||
        list->rows[row].index >= m->process_count)
        return NULL;
    return &m->processes[list->rows[row].index];
}

const struct process_model *process_list_selected(const struct process_list *list,
                                                  const struct model *m)
{
    int index = list->selected == PROCESS_ONE ? process_find(m, list->pid, list->start) : -1;
    return index >= 0 ? &m->processes[index] : NULL;
}

void process_list_select_nothing(struct process_list *list)
{
    list->selected = PROCESS_NOTHING;
    list->gone = false;
    list->first = list->row = 0;
    list->name[0] = '\0';
}

static void select_row(struct process_list *list, const struct model *m, int row)
{
    const struct process_model *p = process_list_at(list, m, row);
    list->row = row;
    list->gone = false;
    if (p != NULL) {
        list->selected = PROCESS_ONE;
        list->pid = p->facts->pid;
        list->start = p->facts->start;
        process_list_name(p->facts, list->name, sizeof list->name);
    } else {
        list->selected = PROCESS_GROUP;
        utf8_copy(list->name, sizeof list->name, group_name(m, list->rows[row].index));
    }
}

bool process_list_select(struct process_list *list, const struct model *m, int32_t pid,
                         int64_t start, const char *group)
{
    for (int row = 0; row < (int)list->row_count; row++) {
        const struct process_model *p = process_list_at(list, m, row);
        const bool found = p != NULL ? p->facts->pid == pid && p->facts->start == start
                                     : pid < 0 && list->rows[row].kind == PROCESS_ROW_GROUP &&
                                           strcmp(group_name(m, list->rows[row].index), group) == 0;
        if (!found)
            continue;
        if (is_selected(list, m, row))
            return true;
        select_row(list, m, row);
        return false;
    }
    return false;
}

void process_list_move(struct process_list *list, const struct model *m, enum action action,
                       int page)
{
    int count = (int)list->row_count;
    if (count == 0)
        return;
    bool none = list->selected == PROCESS_NOTHING;
    bool there = !none && list->row < count && is_selected(list, m, list->row);
    int row = none ? 0 : list->row;
    switch (action) {
    case ACTION_UP:
        row -= !none;
        break;
    case ACTION_DOWN: /* the first process, not the line of its group; one that went leaves its
                         place to the next */
        row += none ? count > 1 : there;
        break;
    case ACTION_PAGE_UP:
        row -= page;
        break;
    case ACTION_PAGE_DOWN:
        row += page;
        break;
    case ACTION_FIRST:
        row = 0;
        break;
    case ACTION_LAST:
        row = count - 1;
        break;
    default:
        break;
    }
    select_row(list, m, row < 0 ? 0 : row >= count ? count - 1 : row);
}

int process_list_first(const struct process_list *list, int visible)
{
    int count = (int)list->row_count, first = list->first;
    if (list->selected != PROCESS_NOTHING) {
        first = first < list->row - visible + 1 ? list->row - visible + 1 : first;
        first = first > list->row ? list->row : first;
        /* The line of a group stands above its first process. */
        if (first == 1)
            first = list->row - visible + 1 > 0 ? first : 0;
    }
    first = first > count - visible ? count - visible : first;
    return first < 0 ? 0 : first;
}

void process_list_sort_next(struct process_list *list, const struct model *m)
{
    int sort = process_list_order(list, m);
    bool gpu = process_list_has_gpu(m);
    do {
        sort = (sort + 1) % PROCESS_SORT_COUNT;
    } while (!gpu && (sort == PROCESS_SORT_GPU || sort == PROCESS_SORT_GPU_MEMORY));
    list->sort = (enum process_sort)sort;
    list->sort_chosen = list->resort = true;
}

int process_list_sort_by(struct process_list *list, const char *name)
{
    for (int i = 0; i < PROCESS_SORT_COUNT; i++) {
        if (strcmp(process_sort_names[i], name) != 0)
            continue;
        list->sort = (enum process_sort)i;
        list->sort_chosen = list->resort = true;
        return 0;
    }
    return -1;
}
