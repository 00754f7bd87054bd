#include "sampling/linux/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/linux/cgroup.h"
#include "sampling/linux/host.h"
#include "sampling/linux/psi.h"
#include "sampling/scan.h"

/* A read may cost an interrupt on the core that is asked. A tenth less than 2 s, so that an
 * interval of 1 s that jitters asks at every second sample and not sometimes at the third. */
#define FREQUENCY_PERIOD_NS (1900 * NS_PER_MS)
#define LIMIT_PERIOD_NS                                                                            \
    (10 * NS_PER_S) /* limits change when somebody edits a unit, not by themselves */

enum {
    STAT_BYTES = 4 * 1024 *
                 1024, /* about 60 bytes a core, and an "intr" line of up to some 100 KiB */
    SMALL_FILE_BYTES = 4096,
    LIST_BYTES = 256 * 1024, /* names of policies and text of CPU lists */
    CPU_NUMBERS = 8192, /* NR_CPUS_RANGE_END of x86 and arm64: the largest number a core can have */
    KEPT_POLICIES = 64, /* three descriptors each; 1024 is what a process may have by default */
};

/* --- parsers --- */

static bool parse_stat_cpu(struct span numbers, struct cpu_ticks *out)
{
    enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, GUEST, GUEST_NICE, FIELDS };
    uint64_t v[FIELDS] = {0};
    size_t n = 0;
    while (n < FIELDS && scan_u64(&numbers, &v[n])) {
        n++;
    }
    if (n <= IDLE) {
        return false;
    }
    /* The kernel counts guest time in user and guest_nice in nice as well: taking user and nice
     * once is enough. */
    out->busy = v[USER] + v[NICE] + v[SYSTEM] + v[IRQ] + v[SOFTIRQ];
    out->idle = v[IDLE];
    out->iowait = v[IOWAIT];
    out->steal = v[STEAL];
    return true;
}

int parse_stat(const char *text, size_t size, struct cpu_stat *out, struct err *err)
{
    struct span rest = span_of(text, size), line, word;
    out->core_count = 0;
    out->left_out = 0;
    out->forks = 0;
    while (scan_line(&rest, &line)) {
        if (line.size < 4 || (line.at[0] != 'c' && line.at[0] != 'p') || !scan_word(&line, &word)) {
            continue;
        }
        if (span_is(word, "processes")) {
            uint64_t forks;
            if (scan_u64(&line, &forks)) {
                out->forks = forks;
            }
            continue;
        }
        uint64_t index;
        if (!span_starts(word, "cpu") || number_u64(word.at + 3, word.size - 3, 10, &index) != 0 ||
            index >= CPU_NUMBERS) {
            continue;
        }
        if (out->core_count > 0 && index <= out->cores[out->core_count - 1].index) {
            continue;
        }
        struct cpu_ticks ticks = {.index = (uint32_t)index};
        if (!parse_stat_cpu(line, &ticks)) {
            continue;
        }
        if (out->core_count == SAMPLE_CORES) {
            out->left_out++;
        } else {
            out->cores[out->core_count++] = ticks;
        }
    }
    if (out->core_count == 0) {
        return err_set(err, ERR_PARSE, "'/proc/stat' names no core");
    }
    return 0;
}

bool parse_loadavg(const char *text, size_t size, double out[3])
{
    struct span rest = scan_trim(span_of(text, size)), word;
    double v[3];
    for (size_t i = 0; i < 3; i++) {
        if (!scan_word(&rest, &word) || number_double(word.at, word.size, &v[i]) != 0) {
            return false;
        }
    }
    memcpy(out, v, sizeof v);
    return true;
}

static int compare_descending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x < y) - (x > y);
}

uint32_t cpu_tiers_by_capacity(const uint32_t *capacity, size_t count, uint8_t *out_tier)
{
    memset(out_tier, 0, count);
    if (count < 2) {
        return 1;
    }
    uint32_t largest[SAMPLE_TIERS]; /* of each tier */
    uint32_t tiers = 0;
    uint32_t *sorted = xreallocarray(NULL, count, sizeof *sorted);
    memcpy(sorted, capacity, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_descending);
    bool known = sorted[count - 1] > 0;
    for (size_t i = 0; known && i < count && tiers < SAMPLE_TIERS; i++) {
        if (tiers == 0 || (double)sorted[i] < 0.9 * (double)largest[tiers - 1]) {
            largest[tiers++] = sorted[i];
        }
    }
    free(sorted);
    if (tiers < 2) {
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t tier = 0;
        while (tier + 1u < tiers && capacity[i] <= largest[tier + 1]) {
            tier++;
        }
        out_tier[i] = tier;
    }
    return tiers;
}

const char *cpu_tier_name(uint32_t tier, uint32_t count)
{
    static const char *const names[SAMPLE_TIERS + 1][SAMPLE_TIERS] = {
        [1] = {"all"},
        [2] = {"P", "E"},
        [3] = {"P", "M", "E"},
        [4] = {"P", "M1", "M2", "E"},
    };
    return count >= 1 && count <= SAMPLE_TIERS && tier < count ? names[count][tier] : "";
}

/* --- state --- */

struct policy {
    char dir[96]; /* "/sys/devices/system/cpu/cpufreq/policy12" */
    /* What was asked for, and what was delivered (Linux 6.15). Where there is no second file the
     * first is what the kernel knows best: some chips deliver through it. */
    struct reader_file asked, delivered;
    struct reader_file limit;
    bool tells_delivered;
    bool kept; /* its descriptors stay open */
    struct reading max_hz, limit_hz;
    struct reading now_hz, asked_hz; /* of the last time it was read */
    bool read;                       /* this time */
};

struct cpu_state {
    struct reader_file stat, loadavg, psi;
    struct buf text;
    struct cpu_stat ticks;
    struct policy *policies;
    size_t policy_count;
    struct reading no_frequency; /* why there are no policies */
    uint16_t
        core_policy[SAMPLE_CORES]; /* of each row of the part: 1 + index into policies, 0 none */
    int64_t frequency_at_ns, limit_at_ns, policy_limit_at_ns;
    bool topology_known, frequency_known, limit_known;
};

static int cpu_open(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    struct cpu_state *s = xcalloc(1, sizeof *s);
    reader_file_init(&s->stat, "/proc/stat");
    reader_file_init(&s->loadavg, "/proc/loadavg");
    reader_file_init(&s->psi, "/proc/pressure/cpu");
    buf_init(&s->text, STAT_BYTES);
    *state = s;
    return 0;
}

static void close_policy(struct policy *p)
{
    reader_file_close(&p->asked);
    reader_file_close(&p->delivered);
    reader_file_close(&p->limit);
}

static void forget_policies(struct cpu_state *s)
{
    for (size_t i = 0; i < s->policy_count; i++) {
        close_policy(&s->policies[i]);
    }
    free(s->policies);
    s->policies = NULL;
    s->policy_count = 0;
}

static void cpu_close(void *state, const struct source_context *c)
{
    (void)c;
    struct cpu_state *s = state;
    if (!s) {
        return;
    }
    forget_policies(s);
    reader_file_close(&s->stat);
    reader_file_close(&s->loadavg);
    reader_file_close(&s->psi);
    buf_release(&s->text);
    free(s);
}

/* --- topology --- */

/* Marks the rows whose core is in the list that `path` holds; false when there is no such file. */
static bool mark_tier(struct cpu_state *s, struct reader *r, const char *path, uint8_t tier,
                      struct cpu_part *part, uint32_t *marked)
{
    struct err err = ERR_INIT;
    if (reader_once(r, path, &s->text, &err) != 0) {
        return false;
    }
    bool *in_list = xcalloc(CPU_NUMBERS, sizeof *in_list);
    bool good = scan_cpu_list(s->text.data, s->text.size, in_list, CPU_NUMBERS);
    for (uint32_t i = 0; good && i < part->core_count; i++) {
        if (in_list[part->cores[i].index]) {
            part->cores[i].tier = tier;
            ++*marked;
        }
    }
    free(in_list);
    return good;
}

/* Intel's hybrid chips have a performance monitor each for the kinds of cores, which lists its
 * cores. */
static uint32_t tiers_by_intel(struct cpu_state *s, struct reader *r, struct cpu_part *part)
{
    static const char *const lists[] = {
        "/sys/devices/cpu_core/cpus",
        "/sys/devices/cpu_atom/cpus",
        "/sys/devices/cpu_lowpower/cpus",
    };
    uint32_t tiers = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        uint32_t marked = 0;
        if (!mark_tier(s, r, lists[i], (uint8_t)tiers, part, &marked) && i == 0) {
            return 0;
        }
        tiers += marked > 0;
    }
    return tiers;
}

static uint32_t tiers_by_capacity(struct cpu_state *s, struct reader *r, struct cpu_part *part)
{
    uint32_t capacity[SAMPLE_CORES];
    uint8_t tier[SAMPLE_CORES];
    for (uint32_t i = 0; i < part->core_count; i++) {
        char path[96];
        struct err err = ERR_INIT;
        int64_t value;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpu_capacity",
                 (int)part->cores[i].index);
        if (reader_once(r, path, &s->text, &err) != 0 ||
            !scan_only_i64(s->text.data, s->text.size, &value) || value <= 0 || value > INT32_MAX) {
            return 1; /* one unknown capacity, and no order is known */
        }
        capacity[i] = (uint32_t)value;
    }
    uint32_t tiers = cpu_tiers_by_capacity(capacity, part->core_count, tier);
    for (uint32_t i = 0; i < part->core_count; i++) {
        part->cores[i].tier = tier[i];
    }
    return tiers;
}

static void read_tiers(struct cpu_state *s, struct reader *r, struct cpu_part *part)
{
    for (uint32_t i = 0; i < part->core_count; i++) {
        part->cores[i].tier = 0;
    }
    static const char *const intel_names[] = {"P", "E", "LP"};
    uint32_t tiers = tiers_by_intel(s, r, part);
    bool intel = tiers >= 2;
    if (!intel) {
        tiers = tiers_by_capacity(s, r, part);
    }
    part->tier_count = tiers;
    for (uint32_t t = 0; t < tiers; t++) {
        utf8_copy(part->tiers[t].name, sizeof part->tiers[t].name,
                  intel ? intel_names[t] : cpu_tier_name(t, tiers));
        part->tiers[t].core_count = 0;
    }
    for (uint32_t i = 0; i < part->core_count; i++) {
        part->tiers[part->cores[i].tier].core_count++;
    }
}

static int read_khz(struct reader *r, struct reader_file *f, struct buf *text, int64_t *out_khz,
                    struct err *err)
{
    int rc = reader_file(r, f, text, err);
    if (rc != 0) {
        return rc;
    }
    if (!scan_only_i64(text->data, text->size, out_khz)) { /* "<unknown>" on some drivers */
        return err_set(err, ERR_PARSE, "'%s' holds no frequency", f->path);
    }
    return 0;
}

static struct reading frequency_reading(struct reader *r, struct reader_file *f, struct buf *text,
                                        int metric, int64_t at_ns)
{
    struct err err = ERR_INIT;
    int64_t khz;
    int rc = read_khz(r, f, text, &khz, &err);
    if (rc != 0) {
        return reader_missing(r, rc, SOURCE_CPU);
    }
    if (khz <= 0) {
        return reading_missing(READING_FAILED, REASON_BAD_DATA, SOURCE_CPU);
    }
    return metric_reading(SCOPE_CORE, metric, (double)khz * 1e3, at_ns, SOURCE_CPU);
}

static void add_policy(struct cpu_state *s, struct reader *r, struct span name,
                       const struct cpu_part *part, int64_t at_ns)
{
    struct policy *p = &s->policies[s->policy_count];
    char path[128];
    struct err err = ERR_INIT;
    memset(p, 0, sizeof *p);
    snprintf(p->dir, sizeof p->dir, "/sys/devices/system/cpu/cpufreq/%.*s", (int)name.size,
             name.at);
    snprintf(path, sizeof path, "%s/related_cpus", p->dir);
    if (reader_once(r, path, &s->text, &err) != 0) {
        return;
    }
    bool *in_list = xcalloc(CPU_NUMBERS, sizeof *in_list);
    if (scan_cpu_list(s->text.data, s->text.size, in_list, CPU_NUMBERS)) {
        for (uint32_t i = 0; i < part->core_count; i++) {
            if (in_list[part->cores[i].index]) {
                s->core_policy[i] = (uint16_t)(s->policy_count + 1);
            }
        }
    }
    free(in_list);
    struct reader_file max;
    snprintf(path, sizeof path, "%s/cpuinfo_max_freq", p->dir);
    reader_file_init(&max, path);
    p->max_hz = frequency_reading(r, &max, &s->text, METRIC_CORE_FREQUENCY, at_ns);
    reader_file_close(&max);
    snprintf(path, sizeof path, "%s/scaling_cur_freq", p->dir);
    reader_file_init(&p->asked, path);
    snprintf(path, sizeof path, "%s/scaling_max_freq", p->dir);
    reader_file_init(&p->limit, path);
    snprintf(path, sizeof path, "%s/cpuinfo_avg_freq", p->dir);
    reader_file_init(&p->delivered, path);
    int rc = reader_file(r, &p->delivered, &s->text, &err);
    p->tells_delivered = rc != -ERR_NOENT && rc != -ERR_UNSUPPORTED;
    reader_file_close(&p->delivered);
    p->kept = s->policy_count < KEPT_POLICIES;
    s->policy_count++;
}

static void read_policies(struct cpu_state *s, struct reader *r, const struct cpu_part *part,
                          int64_t at_ns)
{
    struct buf names;
    struct err err = ERR_INIT;
    forget_policies(s);
    memset(s->core_policy, 0, sizeof s->core_policy);
    buf_init(&names, LIST_BYTES);
    int rc = reader_list(r, "/sys/devices/system/cpu/cpufreq", &names, &err);
    struct span rest = span_of(names.data, rc == 0 ? names.size : 0), name;
    size_t capacity = 0;
    while (scan_line(&rest, &name)) {
        if (!span_starts(name, "policy") || name.size > 16 || s->policy_count == SAMPLE_CORES) {
            continue;
        }
        if (s->policy_count == capacity) {
            capacity = capacity ? capacity * 2 : 8;
            s->policies = xreallocarray(s->policies, capacity, sizeof *s->policies);
        }
        add_policy(s, r, name, part, at_ns);
    }
    buf_release(&names);
    s->no_frequency = reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, SOURCE_CPU);
    if (s->policy_count == 0) {
        char virtual_name[32];
        host_read_virtual(r, virtual_name, sizeof virtual_name);
        if (rc != 0 && rc != -ERR_NOENT) {
            s->no_frequency = reader_missing(r, rc, SOURCE_CPU);
        } else if (virtual_name[0]) {
            s->no_frequency = reading_missing(READING_UNSUPPORTED, REASON_VIRTUAL, SOURCE_CPU);
        }
    }
}

/* --- values --- */

/* Rows of the part: every core that was ever seen, in rising order. true when the set changed. Both
 * lists rise, so one walk from the end merges them in place. */
static bool merge_ticks(const struct cpu_stat *stat, struct cpu_part *part)
{
    uint32_t fresh = 0, old = 0;
    for (uint32_t i = 0; i < stat->core_count; i++) {
        while (old < part->core_count && (uint32_t)part->cores[old].index < stat->cores[i].index) {
            old++;
        }
        fresh += old == part->core_count ||
                 (uint32_t)part->cores[old].index != stat->cores[i].index;
    }
    bool changed = fresh > 0;
    if (part->core_count + fresh > SAMPLE_CORES) {
        part->core_count = 0; /* more cores came and went than there is room for: start anew */
        fresh = stat->core_count;
    }
    uint32_t to = part->core_count + fresh;
    uint32_t from_old = part->core_count, from_new = stat->core_count;
    part->core_count = to;
    part->cores_left_out = stat->left_out;
    while (to > 0) {
        struct cpu_core_facts *row = &part->cores[--to];
        uint32_t old_index = from_old > 0 ? (uint32_t)part->cores[from_old - 1].index : 0;
        uint32_t new_index = from_new > 0 ? stat->cores[from_new - 1].index : 0;
        bool has_new = from_new > 0 && (from_old == 0 || new_index >= old_index);
        bool has_old = from_old > 0 && (!has_new || new_index == old_index);
        if (has_old) {
            *row = part->cores[--from_old];
        } else {
            memset(row, 0, sizeof *row);
        }
        bool was_online = has_old && row->online;
        row->online = has_new;
        changed = changed || was_online != has_new;
        if (has_new) {
            const struct cpu_ticks *t = &stat->cores[--from_new];
            row->index = (int32_t)t->index;
            row->busy_ticks = t->busy;
            row->idle_ticks = t->idle;
            row->iowait_ticks = t->iowait;
            row->steal_ticks = t->steal;
        }
    }
    return changed;
}

static void read_policy(struct cpu_state *s, struct reader *r, struct policy *p, int64_t at_ns,
                        bool limit_too)
{
    double hz;
    p->asked_hz = frequency_reading(r, &p->asked, &s->text, METRIC_CORE_FREQUENCY, at_ns);
    p->now_hz = p->asked_hz;
    if (p->tells_delivered) {
        struct reading delivered = frequency_reading(r, &p->delivered, &s->text,
                                                     METRIC_CORE_FREQUENCY, at_ns);
        if (reading_get(&delivered, &hz)) { /* of a core that idles some chips do not tell it */
            p->now_hz = delivered;
        }
    } else {
        p->asked_hz = reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, SOURCE_CPU);
    }
    if (limit_too) {
        p->limit_hz = frequency_reading(r, &p->limit, &s->text, METRIC_CORE_FREQUENCY, at_ns);
    }
    if (!p->kept) {
        close_policy(p);
    }
    p->read = true;
}

/* One number of a tier out of those of its cores or policies. */
struct tier_sum {
    double sum, max;
    uint32_t count;
    struct reading why; /* the last one that had no value */
};

static void tier_add(struct tier_sum *t, const struct reading *r)
{
    double hz;
    if (reading_get(r, &hz)) {
        t->sum += hz;
        t->max = hz > t->max ? hz : t->max;
        t->count++;
    } else {
        t->why = *r;
    }
}

static struct reading tier_mean(const struct tier_sum *t, int metric, int64_t at_ns)
{
    return t->count > 0 ? metric_reading(SCOPE_TIER, metric, t->sum / t->count, at_ns, SOURCE_CPU)
                        : t->why;
}

static struct reading tier_highest(const struct tier_sum *t, int metric, int64_t at_ns)
{
    return t->count > 0 ? metric_reading(SCOPE_TIER, metric, t->max, at_ns, SOURCE_CPU) : t->why;
}

static void read_frequencies(struct cpu_state *s, struct reader *r, struct cpu_part *part,
                             int64_t at_ns)
{
    enum { NOW, ASKED, LIMIT, MAX, KINDS };
    struct tier_sum tiers[SAMPLE_TIERS][KINDS];
    /* Limits change by hand, and by heat over seconds. */
    bool limit_too = !s->frequency_known || at_ns - s->policy_limit_at_ns >= LIMIT_PERIOD_NS;
    for (size_t t = 0; t < SAMPLE_TIERS; t++) {
        for (size_t k = 0; k < KINDS; k++) {
            tiers[t][k] = (struct tier_sum){.why = s->no_frequency};
        }
    }
    for (size_t i = 0; i < s->policy_count; i++) {
        s->policies[i].read = false;
    }
    for (uint32_t i = 0; i < part->core_count; i++) {
        struct cpu_core_facts *core = &part->cores[i];
        struct tier_sum *sums = tiers[core->tier];
        struct policy *p = s->core_policy[i] ? &s->policies[s->core_policy[i] - 1] : NULL;
        if (!core->online) {
            core->frequency_hz = reading_missing(READING_UNSUPPORTED, REASON_OFFLINE, SOURCE_CPU);
        } else if (!p) {
            core->frequency_hz = s->no_frequency;
        } else {
            if (!p->read) {
                read_policy(s, r, p, at_ns, limit_too);
            }
            core->frequency_hz = p->now_hz;
            tier_add(&sums[ASKED], &p->asked_hz);
            tier_add(&sums[LIMIT], &p->limit_hz);
        }
        if (core->online) {
            tier_add(&sums[NOW], &core->frequency_hz);
        }
        if (p) {
            tier_add(&sums[MAX], &p->max_hz);
        }
    }
    s->policy_limit_at_ns = limit_too ? at_ns : s->policy_limit_at_ns;
    for (uint32_t t = 0; t < part->tier_count; t++) {
        part->tiers[t].frequency_hz = tier_mean(&tiers[t][NOW], METRIC_TIER_FREQUENCY, at_ns);
        part->tiers[t].frequency_requested_hz = tier_mean(&tiers[t][ASKED],
                                                          METRIC_TIER_FREQUENCY_REQUESTED, at_ns);
        part->tiers[t].frequency_limit_hz = tier_highest(&tiers[t][LIMIT],
                                                         METRIC_TIER_FREQUENCY_LIMIT, at_ns);
        part->tiers[t].frequency_max_hz = tier_highest(&tiers[t][MAX], METRIC_TIER_FREQUENCY_MAX,
                                                       at_ns);
    }
}

static void read_load(struct cpu_state *s, struct reader *r, struct cpu_part *part, int64_t at_ns)
{
    static const int metrics[3] = {METRIC_HOST_LOAD_1, METRIC_HOST_LOAD_5, METRIC_HOST_LOAD_15};
    struct err err = ERR_INIT;
    double load[3];
    int rc = reader_file(r, &s->loadavg, &s->text, &err);
    if (rc == 0 && !parse_loadavg(s->text.data, s->text.size, load)) {
        rc = -ERR_PARSE;
    }
    for (size_t i = 0; i < 3; i++) {
        part->load[i] = rc == 0 ? metric_reading(SCOPE_HOST, metrics[i], load[i], at_ns, SOURCE_CPU)
                                : reader_missing(r, rc, SOURCE_CPU);
    }
}

static int read_ticks(struct cpu_state *s, struct reader *r, struct cpu_part *part, int64_t at_ns,
                      bool *changed, struct err *err)
{
    *changed = false;
    int rc = reader_file(r, &s->stat, &s->text, err);
    if (rc == 0) {
        rc = parse_stat(s->text.data, s->text.size, &s->ticks, err);
    }
    if (rc != 0) {
        part->ticks = reader_missing(r, rc, SOURCE_CPU);
        part->forks = 0;
        return rc;
    }
    *changed = merge_ticks(&s->ticks, part);
    part->forks = s->ticks.forks;
    part->ticks = reading_ok(1, at_ns, SOURCE_CPU);
    return 0;
}

static int cpu_poll(void *state, const struct source_context *c, void *part_out, struct err *err)
{
    struct cpu_state *s = state;
    struct cpu_part *part = part_out;
    int64_t now_ns = clock_mono_ns(&c->clock);
    bool changed;

    int rc = read_ticks(s, c->reader, part, now_ns, &changed, err);
    if (rc == 0 && (changed || !s->topology_known)) {
        read_tiers(s, c->reader, part);
        read_policies(s, c->reader, part, now_ns);
        s->topology_known = true;
        s->frequency_known = false;
    }
    if (s->topology_known &&
        (!s->frequency_known || now_ns - s->frequency_at_ns >= FREQUENCY_PERIOD_NS)) {
        read_frequencies(s, c->reader, part, now_ns);
        s->frequency_at_ns = now_ns;
        s->frequency_known = true;
    }
    if (!s->limit_known || now_ns - s->limit_at_ns >= LIMIT_PERIOD_NS) {
        part->limit_cores = cgroup_read_cpu_limit(c->reader, now_ns);
        s->limit_at_ns = now_ns;
        s->limit_known = true;
    }
    read_load(s, c->reader, part, now_ns);
    psi_read(c->reader, &s->psi, &s->text, METRIC_HOST_CPU_PSI, -1, SOURCE_CPU, now_ns,
             &part->psi_some_ratio, NULL);
    return rc;
}

const struct source_ops source_linux_cpu = {
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
