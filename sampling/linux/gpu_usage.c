#include "sampling/linux/gpu_usage.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct entry { /* one open file, as it was at the poll before */
    char card[sizeof((struct gpu_facts *)0)->id];
    struct gpu_client client;
    int64_t at_ns;
    uint64_t busy_ns; /* of its busiest engine, since it was first seen */
    bool seen;        /* at this poll */
};
struct gpu_usage {
    struct entry entries[GPU_CLIENTS];
    size_t count;
};
struct engines { /* of one card, at one poll */
    char name[GPU_ENGINES][GPU_ENGINE_NAME];
    uint64_t busy_ns[GPU_ENGINES];
    size_t count;
};

struct gpu_usage *gpu_usage_new(void)
{
    return xcalloc(1, sizeof(struct gpu_usage));
}

void gpu_usage_free(struct gpu_usage *u)
{
    free(u);
}

static struct entry *entry_of(struct gpu_usage *u, const char *card, const struct gpu_client *c)
{
    for (size_t i = 0; i < u->count; i++) {
        struct entry *e = &u->entries[i];
        bool same = c->info.has_client
                        ? e->client.info.has_client && e->client.info.client == c->info.client
                        : !e->client.info.has_client && strcmp(e->client.node, c->node) == 0;
        if (same && !e->seen && e->client.pid == c->pid && strcmp(e->card, card) == 0) {
            return e;
        }
    }
    return NULL;
}

/* The counters of the engine of that name at the poll before; NULL: it had done nothing yet. */
static int engine_before(const struct gpu_fdinfo *f, const char *name)
{
    for (uint32_t i = 0; i < f->engine_count; i++) {
        if (strcmp(f->engines[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* Time that engine i of *now ran since *then; what is kept of it in *now never runs backwards. */
static uint64_t engine_ran(const struct gpu_fdinfo *then, struct gpu_fdinfo *now, uint32_t i,
                           uint64_t elapsed_ns)
{
    int k = engine_before(then, now->engines[i].name);
    uint64_t ran = 0;

    if (now->engines[i].has_ns) {
        /* An engine without a line had run for 0 ns (amdgpu). */
        uint64_t before = k >= 0 ? then->engines[k].busy_ns : 0;
        if (now->engines[i].busy_ns < before) {
            now->engines[i].busy_ns = before;
        }
        ran = now->engines[i].busy_ns - before;
        ran /= now->engines[i].capacity;
    } else if (now->engines[i].has_cycles && now->engines[i].has_total && k >= 0 &&
               now->engines[i].cycles > then->engines[k].cycles &&
               now->engines[i].total_cycles > then->engines[k].total_cycles) {
        double share = (double)(now->engines[i].cycles - then->engines[k].cycles) /
                       (double)(now->engines[i].total_cycles - then->engines[k].total_cycles);
        share /= now->engines[i].capacity;
        ran = share >= 1 ? elapsed_ns : (uint64_t)(share * (double)elapsed_ns);
    }
    return ran < elapsed_ns ? ran : elapsed_ns;
}

static void add_engine(struct engines *sum, const char *name, uint64_t ran)
{
    size_t i = 0;

    while (i < sum->count && strcmp(sum->name[i], name) != 0) {
        i++;
    }
    if (i == sum->count) {
        if (i == GPU_ENGINES) {
            return;
        }
        memcpy(sum->name[sum->count++], name, GPU_ENGINE_NAME);
    }
    sum->busy_ns[i] += ran;
}

/* A file that was opened or closed between two polls begins anew: what it did before that is not
 * known to be of this time. */
static struct entry *advance(struct gpu_usage *u, const char *card, const struct gpu_client *c,
                             int64_t now_ns, struct engines *sum)
{
    struct entry *e = entry_of(u, card, c);

    if (!e) {
        if (u->count == GPU_CLIENTS) {
            return NULL;
        }
        e = &u->entries[u->count++];
        memset(e, 0, sizeof *e);
        memcpy(e->card, card, strlen(card) + 1);
        e->client = *c;
    } else {
        struct gpu_client now = *c;
        uint64_t most = 0, elapsed = now_ns > e->at_ns ? (uint64_t)(now_ns - e->at_ns) : 0;
        for (uint32_t i = 0; i < now.info.engine_count; i++) {
            uint64_t ran = engine_ran(&e->client.info, &now.info, i, elapsed);
            add_engine(sum, now.info.engines[i].name, ran);
            most = ran > most ? ran : most;
        }
        e->busy_ns += most;
        e->client = now;
    }
    e->at_ns = now_ns;
    e->seen = true;
    return e;
}

struct gpu_process_facts *gpu_usage_row(struct gpu_part *part, int32_t pid, uint32_t gpu)
{
    struct gpu_process_facts *row;

    for (uint32_t i = 0; i < part->process_count; i++) {
        if (part->processes[i].pid == pid && part->processes[i].gpu == gpu) {
            return &part->processes[i];
        }
    }
    if (part->process_count == SAMPLE_GPU_PROCESSES) {
        part->processes_left_out++;
        return NULL;
    }
    row = &part->processes[part->process_count++];
    memset(row, 0, sizeof *row);
    row->pid = pid;
    row->gpu = gpu;
    row->service = OWNER_NONE;
    row->memory_bytes = row->busy_ns = row->utilization_ratio = reading_missing(
        READING_UNSUPPORTED, REASON_NO_DRIVER, SOURCE_GPU);
    return row;
}

static void add_to_row(struct gpu_process_facts *row, const struct entry *e, int64_t now_ns)
{
    double value;

    if (e->client.info.has_memory) {
        value = reading_get(&row->memory_bytes, &value) ? value : 0;
        row->memory_bytes = reading_ok(value + (double)e->client.info.memory_bytes, now_ns,
                                       SOURCE_GPU);
    }
    if (!e->client.counted) {
        return;
    }
    value = reading_get(&row->busy_ns, &value) ? value : 0;
    row->busy_ns = reading_ok(value + (double)e->busy_ns, now_ns, SOURCE_GPU);
}

void gpu_usage_advance(struct gpu_usage *u, const struct gpu_client *clients, const int *card_of,
                       size_t count, int64_t now_ns, struct gpu_part *part,
                       struct gpu_total *totals)
{
    struct engines sums[SAMPLE_GPUS];
    size_t to = 0;

    memset(sums, 0, sizeof sums);
    memset(totals, 0, SAMPLE_GPUS * sizeof *totals);
    for (size_t i = 0; i < u->count; i++) {
        u->entries[i].seen = false;
    }
    for (size_t i = 0; i < count; i++) {
        int g = card_of[i];
        struct gpu_process_facts *row;
        const struct entry *e;
        if (g < 0 || (uint32_t)g >= part->gpu_count) {
            continue;
        }
        e = advance(u, part->gpus[g].id, &clients[i], now_ns, &sums[g]);
        row = e ? gpu_usage_row(part, clients[i].pid, (uint32_t)g) : NULL;
        if (row) {
            add_to_row(row, e, now_ns);
        }
        if (clients[i].info.has_memory) {
            totals[g].memory_bytes += clients[i].info.memory_bytes;
            totals[g].tells_memory = true;
        }
    }
    for (size_t i = 0; i < u->count; i++) {
        if (u->entries[i].seen) {
            u->entries[to++] = u->entries[i];
        }
    }
    u->count = to;
    for (size_t g = 0; g < SAMPLE_GPUS; g++) {
        for (size_t k = 0; k < sums[g].count; k++) {
            uint64_t ran = sums[g].busy_ns[k];
            totals[g].busy_ns = ran > totals[g].busy_ns ? ran : totals[g].busy_ns;
        }
    }
}
