#include "tui/service_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

#define SORT_EVERY_NS (5 * NS_PER_S)
/* Where a service does not tell its queue, this much of a core is work. Idle ones use well below.
 */
#define WORKING_CORES 0.1

int service_list_rank(const struct service_model_state *s)
{
    double value;
    switch (s->facts->state) {
    case SERVICE_STUCK:
    case SERVICE_ERROR:
        return 0;
    case SERVICE_BUSY:
    case SERVICE_STARTING:
        return 1;
    case SERVICE_DOWN:
        return 3;
    default:
        break;
    }
    if (reading_get(&s->v[METRIC_SERVICE_QUEUE_RUNNING], &value))
        return value > 0 ? 1 : 2;
    if (reading_get(&s->v[METRIC_SERVICE_CPU_UTILIZATION], &value))
        return value >= WORKING_CORES ? 1 : 2;
    return 2;
}

static bool word_in(const char *text, const char *word, size_t size)
{
    for (; *text != '\0'; text++)
        if (strncasecmp(text, word, size) == 0)
            return true;
    return false;
}

static bool word_matches(const struct service_facts *f, const char *word, size_t size)
{
    if (word_in(f->name, word, size) || word_in(service_kind_name(f->kind), word, size) ||
        word_in(f->version, word, size) || word_in(f->url, word, size) ||
        word_in(f->install, word, size) || word_in(service_state_name(f->state), word, size))
        return true;
    for (size_t i = 0; i < f->model_count; i++)
        if (word_in(f->models[i].name, word, size))
            return true;
    return false;
}

bool service_list_matches(const struct service_facts *f, const char *filter)
{
    while (*filter != '\0') {
        size_t size = strcspn(filter, " ");
        if (size > 0 && !word_matches(f, filter, size))
            return false;
        filter += size;
        filter += *filter == ' ';
    }
    return true;
}

/* FNV-1a, 64 bits: two names that meet share a place in the order, nothing worse. */
static uint64_t hash_of(const char *name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *name != '\0'; name++)
        h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return h;
}

struct entry {
    uint64_t hash;
    int index; /* into m->services */
    int rank;
};

static int by_hash(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->index - y->index;
}

static int by_rank(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return x->rank != y->rank ? x->rank - y->rank : x->index - y->index;
}

static int entries_of(const struct model *m, struct entry out[SERVICE_LIST_MAX])
{
    int count = m->service_count < SERVICE_LIST_MAX ? (int)m->service_count : SERVICE_LIST_MAX;
    for (int i = 0; i < count; i++)
        out[i] = (struct entry){hash_of(m->services[i].facts->name), i, 0};
    return count;
}

/* The model's services in the list's order; those it does not know at the end. */
static int in_order(const struct service_list *list, const struct model *m,
                    struct entry out[SERVICE_LIST_MAX])
{
    struct entry known[SERVICE_LIST_MAX];
    bool taken[SERVICE_LIST_MAX] = {false};
    int count = entries_of(m, known), n = 0;
    qsort(known, (size_t)count, sizeof known[0], by_hash);
    for (size_t i = 0; i < list->count; i++) {
        int low = 0, high = count;
        while (low < high) {
            int middle = (low + high) / 2;
            if (known[middle].hash < list->order[i])
                low = middle + 1;
            else
                high = middle;
        }
        while (low < count && known[low].hash == list->order[i] && taken[low])
            low++;
        if (low < count && known[low].hash == list->order[i]) {
            taken[low] = true;
            out[n++] = known[low];
        }
    }
    int first_new = n;
    for (int i = 0; i < count; i++)
        if (!taken[i])
            out[n++] = known[i]; /* ranks are 0 here: in the order of the model */
    qsort(out + first_new, (size_t)(n - first_new), sizeof out[0], by_rank);
    return n;
}

void service_list_update(struct service_list *list, const struct model *m)
{
    struct entry entries[SERVICE_LIST_MAX];
    bool due = list->selected[0] == '\0' &&
               (!list->settled || m->at_ns - list->sorted_ns >= SORT_EVERY_NS);
    int count = due ? entries_of(m, entries) : in_order(list, m, entries);
    if (due) {
        for (int i = 0; i < count; i++)
            entries[i].rank = service_list_rank(&m->services[entries[i].index]);
        qsort(entries, (size_t)count, sizeof entries[0], by_rank);
        list->sorted_ns = m->at_ns;
        list->settled = list->settled || m->services_settled;
    }
    for (int i = 0; i < count; i++) {
        list->order[i] = entries[i].hash;
        if (strcmp(m->services[entries[i].index].facts->name, list->selected) == 0)
            list->row = i;
    }
    list->count = (size_t)count;
}

void service_list_rows(const struct service_list *list, const struct model *m, const char *filter,
                       struct service_rows *out)
{
    struct entry entries[SERVICE_LIST_MAX];
    out->all = in_order(list, m, entries);
    out->count = 0;
    out->selected = -1;
    out->gone = list->selected[0] != '\0';
    for (int i = 0; i < out->all; i++) {
        const struct service_facts *f = m->services[entries[i].index].facts;
        bool selected = list->selected[0] != '\0' && strcmp(f->name, list->selected) == 0;
        if (selected)
            out->gone = false;
        if (!service_list_matches(f, filter))
            continue;
        if (selected)
            out->selected = out->count;
        out->index[out->count++] = entries[i].index;
    }
}

void service_list_move(struct service_list *list, const struct model *m, const char *filter,
                       enum action action, int page)
{
    struct service_rows rows;
    service_list_rows(list, m, filter, &rows);
    if (rows.count == 0)
        return;
    bool none = list->selected[0] == '\0';
    /* One that went leaves its place to the next. */
    int row = none ? 0 : rows.selected >= 0 ? rows.selected : list->row;
    bool moves = rows.selected >= 0;
    switch (action) {
    case ACTION_UP:
        row -= moves || !none;
        break;
    case ACTION_DOWN:
        row += moves;
        break;
    case ACTION_PAGE_UP:
        row -= page;
        break;
    case ACTION_PAGE_DOWN:
        row += none ? 0 : page;
        break;
    case ACTION_FIRST:
        row = 0;
        break;
    case ACTION_LAST:
        row = rows.count - 1;
        break;
    default: /* takes what is there */
        break;
    }
    row = row < 0 ? 0 : row >= rows.count ? rows.count - 1 : row;
    list->row = row;
    utf8_copy(list->selected, sizeof list->selected, m->services[rows.index[row]].facts->name);
}
