/*
 * The CPU part on macOS: ticks of every core, tiers, load. A tier is one of the kernel's
 * performance levels (hw.perflevelN, 0 is the fastest); there are two or three of them, and which
 * names they have depends on the chip, so nothing here knows "P" and "E".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "sampling/darwin/darwin.h"
#include "sampling/darwin/live.h"
#include "sampling/darwin/text.h"

enum {
    TEXT_BYTES = 64 * 1024, /* 60 bytes a core */
    TICKS_PER_SECOND = 100, /* of host_processor_info, whatever the kernel's own clock */
    CLUSTER_LETTERS = 'Z' + 1,
};

struct cpu_state {
    struct buf text;
    struct darwin_ticks before, now;
    int64_t before_ns;
    bool topology_known;
};

static int cpu_open(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    struct cpu_state *s = xcalloc(1, sizeof *s);
    buf_init(&s->text, TEXT_BYTES);
    *state = s;
    return 0;
}

static void cpu_close(void *state, const struct source_context *c)
{
    (void)c;
    struct cpu_state *s = state;
    if (s) {
        buf_release(&s->text);
        free(s);
    }
}

/* --- tiers
 * --------------------------------------------------------------------------------------------- */

/* How fast a cluster is that the device tree gives this letter: until the M4 E(fficiency) and
 * P(erformance); since the M5 P is its fastest ("Super"), M the next ("Performance"). -1: a letter
 * that is not known. */
static int rank_of(char type)
{
    switch (type) {
    case 'P':
        return 0;
    case 'M':
        return 1;
    case 'E':
        return 2;
    default:
        return -1;
    }
}

/* The tier of each core by the device tree; false when it does not tell of every core, or tells
 * another number of tiers or another size of one than the kernel does. */
static bool tiers_by_tree(struct cpu_state *s, struct reader *r, struct cpu_part *part)
{
    struct darwin_clusters clusters;
    struct err err = ERR_INIT;
    if (reader_call(r, "clusters", darwin_live_clusters, NULL, &s->text, &err) != 0 ||
        !darwin_parse_clusters(s->text.data, s->text.size, &clusters)) {
        return false;
    }
    int8_t rank[SAMPLE_CORES];
    memset(rank, -1, sizeof rank);
    bool has[3] = {false, false, false};
    for (uint32_t i = 0; i < clusters.count; i++) {
        int of = rank_of(clusters.row[i].type);
        if (of < 0 || clusters.row[i].core >= part->core_count) {
            return false;
        }
        rank[clusters.row[i].core] = (int8_t)of;
        has[of] = true;
    }
    uint32_t tier[3], tiers = 0, size[SAMPLE_TIERS] = {0};
    for (int i = 0; i < 3; i++) {
        tier[i] = tiers;
        tiers += has[i];
    }
    if (tiers != part->tier_count) {
        return false;
    }
    for (uint32_t i = 0; i < part->core_count; i++) {
        if (rank[i] < 0) {
            return false;
        }
        size[tier[rank[i]]]++;
    }
    for (uint32_t t = 0; t < tiers; t++) {
        if (size[t] != part->tiers[t].core_count) {
            return false;
        }
    }
    for (uint32_t i = 0; i < part->core_count; i++) {
        part->cores[i].tier = (uint8_t)tier[rank[i]];
    }
    return true;
}

/* Without the tree: the kernel numbers the slowest cores first on every chip that was measured. */
static bool tiers_by_order(struct cpu_part *part)
{
    uint32_t sum = 0, core = 0;
    for (uint32_t t = 0; t < part->tier_count; t++) {
        sum += part->tiers[t].core_count;
    }
    if (sum != part->core_count) {
        return false;
    }
    for (uint32_t t = part->tier_count; t-- > 0;) {
        for (uint32_t i = 0; i < part->tiers[t].core_count; i++) {
            part->cores[core++].tier = (uint8_t)t;
        }
    }
    return true;
}

/* The kernel's names by their first letter ("Super", "Performance", "Efficiency"), as a whole where
 * two begin alike. */
static void shorten_names(struct cpu_part *part)
{
    bool alike = false, used[256] = {false};
    for (uint32_t t = 0; t < part->tier_count; t++) {
        unsigned char first = (unsigned char)part->tiers[t].name[0];
        alike = alike || used[first] || first <= ' ' || first >= 0x7f;
        used[first] = true;
    }
    for (uint32_t t = 0; !alike && t < part->tier_count; t++) {
        part->tiers[t].name[1] = '\0';
    }
}

static void one_tier(struct cpu_part *part)
{
    part->tier_count = 1;
    utf8_copy(part->tiers[0].name, sizeof part->tiers[0].name, "all");
    part->tiers[0].core_count = part->core_count;
    for (uint32_t i = 0; i < part->core_count; i++) {
        part->cores[i].tier = 0;
    }
}

static void read_tiers(struct cpu_state *s, struct reader *r, struct cpu_part *part)
{
    struct err err = ERR_INIT;
    int64_t levels = 0;
    if (darwin_number(r, "hw.nperflevels", &s->text, &levels, &err) != 0 || levels < 2 ||
        levels > SAMPLE_TIERS) {
        one_tier(part);
        return;
    }
    part->tier_count = (uint32_t)levels;
    for (uint32_t t = 0; t < part->tier_count; t++) {
        char name[48];
        int64_t cores = 0;
        snprintf(name, sizeof name, "hw.perflevel%u.logicalcpu", t);
        if (darwin_number(r, name, &s->text, &cores, &err) != 0 || cores < 1 ||
            cores > SAMPLE_CORES) {
            one_tier(part);
            return;
        }
        part->tiers[t].core_count = (uint32_t)cores;
        snprintf(name, sizeof name, "hw.perflevel%u.name", t);
        (void)darwin_string(r, name, &s->text, part->tiers[t].name, sizeof part->tiers[t].name,
                            &err);
        if (!part->tiers[t].name[0]) { /* macOS 11 has no names */
            snprintf(part->tiers[t].name, sizeof part->tiers[t].name, "level %u", t % 10);
        }
    }
    if (!tiers_by_tree(s, r, part) && !tiers_by_order(part)) {
        one_tier(part);
        return;
    }
    shorten_names(part);
}

/* --- ticks
 * --------------------------------------------------------------------------------------------- */

/* The kernel's counters have 32 bits (497 days of one core); ours go on. A core whose cluster has
 * no power does not count its idle time: what is missing of the time that went by is idle. Only a
 * gap of a fifth is taken for that, because samples and ticks are never quite in step. */
static void add_ticks(struct cpu_core_facts *core, const struct darwin_core_ticks *before,
                      const struct darwin_core_ticks *now, uint64_t elapsed)
{
    uint64_t busy = (uint64_t)(uint32_t)(now->user - before->user) +
                    (uint32_t)(now->system - before->system) + (uint32_t)(now->nice - before->nice);
    uint64_t idle = (uint32_t)(now->idle - before->idle);
    if (busy + idle < elapsed - elapsed / 5) {
        idle = elapsed - busy;
    }
    core->busy_ticks += busy;
    core->idle_ticks += idle;
}

static int read_ticks(struct cpu_state *s, struct reader *r, struct cpu_part *part, int64_t now_ns,
                      struct err *err)
{
    int rc = reader_call(r, "processor ticks", darwin_live_ticks, NULL, &s->text, err);
    if (rc == 0 && !darwin_parse_ticks(s->text.data, s->text.size, &s->now)) {
        rc = err_set(err, ERR_PARSE, "the ticks of the processors are not in the expected form");
    }
    if (rc != 0) {
        part->ticks = reader_missing(r, rc, SOURCE_CPU);
        return rc;
    }
    bool first = s->now.count != s->before.count;
    uint64_t elapsed = 0;
    if (!first && now_ns > s->before_ns) {
        elapsed = (uint64_t)((now_ns - s->before_ns) / (NS_PER_S / TICKS_PER_SECOND));
    }
    if (first) {
        memset(part->cores, 0, sizeof part->cores);
        s->topology_known = false;
    }
    part->core_count = s->now.count;
    part->cores_left_out = s->now.left_out;
    for (uint32_t i = 0; i < s->now.count; i++) {
        struct cpu_core_facts *core = &part->cores[i];
        core->index = (int32_t)i;
        core->online = true;
        core->frequency_hz = reading_missing(READING_UNSUPPORTED, REASON_NO_SOURCE, SOURCE_CPU);
        if (first) {
            const struct darwin_core_ticks *t = &s->now.core[i];
            core->busy_ticks = (uint64_t)t->user + t->system + t->nice;
            core->idle_ticks = t->idle;
        } else {
            add_ticks(core, &s->before.core[i], &s->now.core[i], elapsed);
        }
    }
    s->before = s->now;
    s->before_ns = now_ns;
    part->ticks = reading_ok(1, now_ns, SOURCE_CPU);
    return 0;
}

static void read_load(struct cpu_state *s, struct reader *r, struct cpu_part *part, int64_t at_ns)
{
    static const int metrics[3] = {METRIC_HOST_LOAD_1, METRIC_HOST_LOAD_5, METRIC_HOST_LOAD_15};
    struct err err = ERR_INIT;
    double load[3];
    int rc = reader_call(r, "getloadavg", darwin_live_load, NULL, &s->text, &err);
    if (rc == 0 && !darwin_parse_load(s->text.data, s->text.size, load)) {
        rc = -ERR_PARSE;
    }
    for (size_t i = 0; i < 3; i++) {
        part->load[i] = rc == 0 ? metric_reading(SCOPE_HOST, metrics[i], load[i], at_ns, SOURCE_CPU)
                                : reader_missing(r, rc, SOURCE_CPU);
    }
}

static int cpu_poll(void *state, const struct source_context *c, void *part_out, struct err *err)
{
    struct cpu_state *s = state;
    struct cpu_part *part = part_out;
    int64_t now_ns = clock_mono_ns(&c->clock);
    int rc = read_ticks(s, c->reader, part, now_ns, err);
    if (rc == 0 && !s->topology_known) {
        read_tiers(s, c->reader, part);
        for (uint32_t t = 0; t < part->tier_count; t++) {
            part->tiers[t].frequency_hz = part->tiers[t].frequency_max_hz = reading_missing(
                READING_UNSUPPORTED, REASON_NO_SOURCE, SOURCE_CPU);
        }
        s->topology_known = true;
    }
    read_load(s, c->reader, part, now_ns);
    part->limit_cores = reading_missing(READING_UNSUPPORTED, REASON_NO_LIMIT, SOURCE_CPU);
    part->forks = 0; /* the kernel keeps no such count */
    return rc;
}

const struct source_ops source_darwin_cpu = {
    .name = "cpu",
    .id = SOURCE_CPU,
    .part_offset = offsetof(struct sample, cpu),
    .part_size = sizeof(struct cpu_part),
    .period_ms = 0,
    .deadline_ms = 1000,
    .flags = SOURCE_INLINE,
    .open = cpu_open,
    .poll = cpu_poll,
    .close = cpu_close,
};
