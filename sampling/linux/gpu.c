#include "sampling/linux/gpu.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/linux/gpu_usage.h"
#include "sampling/linux/gpu_watch.h"
#include "sampling/linux/host.h"
#include "sampling/linux/thermal.h"
#include "sampling/scan.h"

#define CARDS_PERIOD_NS (30 * NS_PER_S) /* cards come and go with a driver or a cable */
/* Asked with every sample, so that a second one comes early and counters become rates; after that
 * not more often than this, however often samples are taken. */
#define POLL_PERIOD_NS (900 * NS_PER_MS)
/* Less than ten seconds, so that a poll that comes a little early does not wait for the next. */
#define SLOW_PERIOD_NS (9500 * NS_PER_MS)

enum {
    TEXT_BYTES = 64 * 1024,
    NAMES_BYTES = 256 * 1024, /* of one directory */
    CLIENT_TEXT_BYTES = 256 * 1024,
};

struct gpu_state {
    struct gpu_card *cards; /* SAMPLE_GPUS */
    size_t card_count, left_out;
    struct gpu_watch *watch;
    struct gpu_usage *usage;
    struct gpu_client *clients; /* GPU_CLIENTS, with the first card */
    struct buf text, names, client_text;
    char virtual_name[32];
    int64_t cards_at_ns, polled_ns;
    uint64_t polls;
    int cards_code; /* of listing them */
    bool looked;
};

static struct reading missing(enum reading_state state, enum reason reason)
{
    return reading_missing(state, reason, SOURCE_GPU);
}

/* --- which cards --- */

static bool is_card_name(struct span name)
{
    uint64_t number; /* "card0"; "card0-DP-1" is a socket for a screen */

    return span_starts(name, "card") && name.size < 12 &&
           number_u64(name.at + 4, name.size - 4, 10, &number) == 0;
}

static struct gpu_card *card_by_dir(struct gpu_state *s, const char *name)
{
    for (size_t i = 0; i < s->card_count; i++) {
        if (strcmp(s->cards[i].nodes[0], name) == 0) {
            return &s->cards[i];
        }
    }
    return NULL;
}

/* A card that is not there any more keeps its row, which says so, until its place is needed. */
static struct gpu_card *free_place(struct gpu_state *s)
{
    if (s->card_count < SAMPLE_GPUS) {
        return &s->cards[s->card_count++];
    }
    for (size_t i = 0; i < s->card_count; i++) {
        if (s->cards[i].lost) {
            gpu_card_close(&s->cards[i]);
            return &s->cards[i];
        }
    }
    s->left_out++;
    return NULL;
}

static void look_at(struct gpu_state *s, struct reader *r, const char *name)
{
    struct gpu_card *known = card_by_dir(s, name), fresh;
    struct gpu_uevent who;
    struct err err = ERR_INIT;

    if (known && !known->lost && reader_file(r, &known->uevent, &s->text, &err) == 0) {
        parse_gpu_uevent(s->text.data, s->text.size, &who);
        if (memcmp(&who, &known->who, sizeof who) == 0) {
            known->present = true;
            return;
        }
    }
    if (!gpu_card_open(&fresh, r, name, &s->text, &s->names)) {
        return;
    }
    for (size_t i = 0; i < s->card_count && !known; i++) { /* it may come back as another node */
        known = strcmp(s->cards[i].facts.id, fresh.facts.id) == 0 ? &s->cards[i] : NULL;
    }
    if (known) {
        gpu_card_close(known);
    } else {
        known = free_place(s);
    }
    if (known) {
        *known = fresh;
    } else {
        gpu_card_close(&fresh);
    }
}

static void look_for_cards(struct gpu_state *s, struct reader *r, int64_t now_ns)
{
    struct err err = ERR_INIT;
    struct span rest, name;
    struct buf list;

    for (size_t i = 0; i < s->card_count; i++) {
        s->cards[i].present = false;
    }
    buf_init(&list, NAMES_BYTES);
    s->left_out = 0;
    s->cards_code = reader_list(r, "/sys/class/drm", &list, &err);
    rest = span_of(list.data, s->cards_code == 0 ? list.size : 0);
    while (scan_line(&rest, &name)) {
        char text[16];
        if (is_card_name(name)) {
            utf8_sanitise(name.at, name.size, text, sizeof text, NULL);
            look_at(s, r, text);
        }
    }
    buf_release(&list);
    for (size_t i = 0; i < s->card_count; i++) {
        s->cards[i].lost = s->cards[i].lost || !s->cards[i].present;
    }
    if (s->card_count == 0) {
        host_read_virtual(r, s->virtual_name, sizeof s->virtual_name);
    }
    s->looked = true;
    s->cards_at_ns = now_ns;
}

/* --- values of a card --- */

static struct reading gpu_value(int metric, double value, int64_t at_ns)
{
    return metric_reading(SCOPE_GPU, metric, value, at_ns, SOURCE_GPU);
}

static struct reading parse_number(const struct buf *text, const struct gpu_input *in,
                                   double fan_max_rpm, int64_t at_ns)
{
    static const double scales[] = {
        [GPU_TEXT_PERCENT] = 0.01,  [GPU_TEXT_BYTES] = 1,       [GPU_TEXT_MICRO] = 1e-6,
        [GPU_TEXT_HERTZ] = 1,       [GPU_TEXT_MEGAHERTZ] = 1e6, [GPU_TEXT_RPM] = 1,
        [GPU_TEXT_PWM] = 1.0 / 255,
    };
    int64_t number;

    if (!scan_only_i64(text->data, text->size, &number)) {
        return missing(READING_FAILED, REASON_BAD_DATA);
    }
    if (in->text == GPU_TEXT_RPM) {
        /* 65535: the register of a fan that is not there */
        return fan_max_rpm > 0 && number < 65535
                   ? gpu_value(in->metric, (double)number / fan_max_rpm, at_ns)
                   : missing(READING_UNSUPPORTED, REASON_NO_DRIVER);
    }
    /* All ones of 16 or 32 bits are what a chip that does not answer reads as. */
    if ((in->text == GPU_TEXT_PERCENT && number > 100) || number == UINT32_MAX ||
        (number == UINT16_MAX && in->text == GPU_TEXT_MEGAHERTZ)) {
        return missing(READING_FAILED, REASON_BAD_DATA);
    }
    return gpu_value(in->metric, (double)number * scales[in->text], at_ns);
}

static struct reading parse_input(struct gpu_card *c, const struct gpu_input *in,
                                  const struct buf *text, int64_t at_ns)
{
    struct gpu_levels levels;
    struct reading out;
    uint64_t count;
    int64_t number;
    double value;

    switch (in->text) {
    case GPU_TEXT_MILLI:
        out = parse_temperature(text->data, text->size, false, at_ns);
        out.source = SOURCE_GPU;
        return out;
    case GPU_TEXT_RPM_MAX:
        c->fan_max_rpm = scan_only_i64(text->data, text->size, &number) && number > 0 &&
                                 number <= 30000
                             ? (double)number
                             : 0;
        return missing(READING_UNSUPPORTED, REASON_NO_DRIVER);
    case GPU_TEXT_LEVELS:
        parse_pp_dpm(text->data, text->size, &levels);
        return levels.max_hz > 0 ? gpu_value(in->metric, levels.max_hz, at_ns)
                                 : missing(READING_FAILED, REASON_BAD_DATA);
    case GPU_TEXT_ERRORS:
        return parse_ras_errors(text->data, text->size, &count)
                   ? gpu_value(in->metric, (double)count, at_ns)
                   : missing(READING_FAILED, REASON_BAD_DATA);
    case GPU_TEXT_LOAD:
        return parse_devfreq_load(text->data, text->size, &value)
                   ? gpu_value(in->metric, value, at_ns)
                   : missing(READING_FAILED, REASON_BAD_DATA);
    case GPU_TEXT_V3D:
        return parse_v3d_stats(text->data, text->size, &count)
                   ? reading_ok((double)count, at_ns, SOURCE_GPU)
                   : missing(READING_FAILED, REASON_BAD_DATA);
    case GPU_TEXT_MICROJOULE:
        return scan_only_i64(text->data, text->size, &number) && number >= 0
                   ? reading_ok((double)number, at_ns, SOURCE_GPU)
                   : missing(READING_FAILED, REASON_BAD_DATA);
    default:
        return parse_number(text, in, c->fan_max_rpm, at_ns);
    }
}

/* A card whose table has counters of throttled time throttles when one of them has moved. */
static uint32_t moved(struct gpu_card *c, const struct gpu_metrics *m)
{
    uint32_t set = 0;

    for (uint32_t i = 0; i < m->residency_count; i++) {
        if (c->has_residency && c->residency_count == m->residency_count &&
            m->residency[i] > c->residency[i]) {
            set |= m->residency_means[i];
        }
        c->residency[i] = m->residency[i];
    }
    c->residency_count = m->residency_count;
    return set;
}

/* What the files did not tell. */
static void fill_from_metrics(struct gpu_card *c, const struct gpu_metrics *m, struct gpu_facts *f,
                              int64_t at_ns)
{
    const struct {
        int metric;
        double value;
    } told[] = {
        {METRIC_GPU_UTILIZATION, m->utilization_ratio},
        {METRIC_GPU_MEMORY_BUSY, m->memory_busy_ratio},
        {METRIC_GPU_TEMPERATURE, m->temperature_c},
        {METRIC_GPU_FREQUENCY, m->frequency_hz},
        {METRIC_GPU_POWER, m->integrated ? m->graphics_watts : m->socket_watts},
    };

    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        double have;
        if (!isnan(told[i].value) && !reading_get(&f->v[told[i].metric], &have)) {
            f->v[told[i].metric] = gpu_value(told[i].metric, told[i].value, at_ns);
        }
    }
    if (m->residency_count > 0) {
        uint32_t set = moved(c, m);
        f->throttle = c->has_residency ? reading_ok(1, at_ns, SOURCE_GPU)
                                       : missing(READING_NONE, REASON_FIRST_SAMPLE);
        c->has_residency = true;
        gpu_throttle_words(set, f);
    } else if (m->throttles_known) {
        f->throttle = reading_ok(1, at_ns, SOURCE_GPU);
        gpu_throttle_words(m->throttles, f);
    }
}

/* Of a chip with CPUs the hwmon tells what the whole chip draws (Documentation/gpu/amdgpu). */
static bool is_whole_chip(const struct gpu_card *c, const struct gpu_input *in)
{
    return c->facts.integrated && strcmp(c->facts.driver, "amdgpu") == 0 &&
           (in->metric == METRIC_GPU_POWER || in->metric == METRIC_GPU_POWER_LIMIT);
}

struct tried { /* of one card at one poll */
    unsigned reads, answers;
};

/* What an input fills; NULL: nothing of the part. */
static struct reading *place_of(const struct gpu_input *in, struct gpu_facts *f)
{
    return in->text == GPU_TEXT_V3D          ? &f->busy_ns
           : in->text == GPU_TEXT_MICROJOULE ? &f->energy_uj
           : in->metric < METRIC_GPU_COUNT   ? &f->v[in->metric]
                                             : NULL;
}

static int read_input(struct gpu_state *s, struct reader *r, struct gpu_input *in,
                      struct tried *tried)
{
    struct err err = ERR_INIT;
    int rc = reader_file(r, &in->file, &s->text, &err);

    tried->reads++;
    tried->answers += rc == 0;
    return rc;
}

/* The table first, as it tells what kind of chip it is. */
static bool read_table(struct gpu_state *s, struct reader *r, struct gpu_card *c,
                       struct gpu_facts *f, struct gpu_metrics *m, struct tried *tried)
{
    for (size_t i = 0; i < c->input_count; i++) {
        struct gpu_input *in = &c->inputs[i];
        int rc;
        if (in->text != GPU_TEXT_METRICS) {
            continue;
        }
        rc = read_input(s, r, in, tried);
        if (rc != 0) {
            f->throttle = reader_missing(r, rc, SOURCE_GPU);
        } else if (!parse_gpu_metrics(s->text.data, s->text.size, m)) {
            f->throttle = missing(READING_FAILED, REASON_BAD_DATA);
        } else {
            if (m->integrated) {
                c->facts.integrated = c->facts.memory_is_shared = true;
                f->integrated = f->memory_is_shared = true;
            }
            return true;
        }
    }
    return false;
}

/* Of panfrost and panthor: whether they count what is run ("0": no). */
static void read_profiling(struct gpu_state *s, struct reader *r, struct gpu_card *c)
{
    struct err err = ERR_INIT;
    int64_t on;

    c->unprofiled = c->profiling.path[0] && reader_file(r, &c->profiling, &s->text, &err) == 0 &&
                    scan_only_i64(s->text.data, s->text.size, &on) && on == 0;
}

static void read_inputs(struct gpu_state *s, struct reader *r, struct gpu_card *c,
                        struct gpu_facts *f, int64_t now_ns, struct tried *tried)
{
    bool slow_now = c->slow_at_ns == 0 || now_ns - c->slow_at_ns >= SLOW_PERIOD_NS;
    struct gpu_metrics m;
    bool has_table = read_table(s, r, c, f, &m, tried);

    for (size_t i = 0; i < c->input_count; i++) {
        struct gpu_input *in = &c->inputs[i];
        struct reading *to = place_of(in, f);
        double have;
        /* Of those for the same thing the first that has a value counts. */
        if (in->text == GPU_TEXT_METRICS || is_whole_chip(c, in) ||
            (to && reading_get(to, &have))) {
            continue;
        }
        if (!in->slow || slow_now) {
            int rc = read_input(s, r, in, tried);
            in->kept = rc == 0 ? parse_input(c, in, &s->text, now_ns)
                               : reader_missing(r, rc, SOURCE_GPU);
        } else if (in->kept.state == READING_OK) {
            in->kept.at_ns = now_ns;
        }
        /* Of those that have none the one that says more. */
        if (to && (in->kept.state == READING_OK || to->state == READING_UNSUPPORTED ||
                   to->state == READING_NONE)) {
            *to = in->kept;
        }
    }
    if (has_table) {
        fill_from_metrics(c, &m, f, now_ns);
    }
    if (slow_now) {
        c->slow_at_ns = now_ns;
        read_profiling(s, r, c);
    }
}

/* The reasons only while there is one: each is a question to the card. */
static void read_reasons(struct gpu_state *s, struct reader *r, struct gpu_card *c,
                         struct gpu_facts *f, int64_t now_ns)
{
    struct err err = ERR_INIT;
    uint32_t set = 0;
    int64_t status, on;
    int rc = reader_file(r, &c->throttled, &s->text, &err);

    if (rc != 0 || !scan_only_i64(s->text.data, s->text.size, &status)) {
        f->throttle = reader_missing(r, rc != 0 ? rc : -ERR_PARSE, SOURCE_GPU);
        return;
    }
    f->throttle = reading_ok(1, now_ns, SOURCE_GPU);
    if (status == 0) {
        return;
    }
    for (size_t i = 0; i < c->reason_count; i++) {
        if (reader_file(r, &c->reasons[i].file, &s->text, &err) == 0 &&
            scan_only_i64(s->text.data, s->text.size, &on) && on != 0) {
            set |= c->reasons[i].means;
        }
    }
    gpu_throttle_words(set ? set : GPU_THROTTLE_UNNAMED, f);
}

static struct reading sum_of(const struct reading *a, const struct reading *b)
{
    double x, y;

    if (!reading_get(a, &x)) {
        return *a;
    }
    if (!reading_get(b, &y)) {
        return *b;
    }
    struct reading out = *a;
    out.value = x + y;
    return out;
}

/* What its memory is: of a chip with CPUs the part that was set aside and the part of the system's
 * that it may map, of a card of its own what is on it. */
static void fill_memory(const struct gpu_card *c, struct gpu_facts *f)
{
    double have;

    if (reading_get(&f->v[METRIC_GPU_GTT_TOTAL], &have) && c->facts.memory_is_shared) {
        f->v[METRIC_GPU_MEMORY_TOTAL] = sum_of(&f->v[METRIC_GPU_VRAM_TOTAL],
                                               &f->v[METRIC_GPU_GTT_TOTAL]);
        f->v[METRIC_GPU_MEMORY_USED] = sum_of(&f->v[METRIC_GPU_VRAM_USED],
                                              &f->v[METRIC_GPU_GTT_USED]);
    } else if (c->facts.memory_is_shared) {
        f->v[METRIC_GPU_MEMORY_TOTAL] = missing(READING_UNSUPPORTED, REASON_UNIFIED);
    } else {
        f->v[METRIC_GPU_MEMORY_TOTAL] = f->v[METRIC_GPU_VRAM_TOTAL];
        f->v[METRIC_GPU_MEMORY_USED] = f->v[METRIC_GPU_VRAM_USED];
    }
}

static void set_all(struct gpu_facts *f, struct reading r)
{
    for (int i = 0; i < METRIC_GPU_COUNT; i++) {
        f->v[i] = r;
    }
    f->throttle = r;
    f->throttle_count = 0;
    memset(&f->busy_ns, 0, sizeof f->busy_ns);
    memset(&f->energy_uj, 0, sizeof f->energy_uj);
}

/* Whether its device is still there and still has its driver. */
static bool is_there(struct gpu_state *s, struct reader *r, struct gpu_card *c)
{
    struct gpu_uevent who;
    struct err err = ERR_INIT;
    int rc = reader_file(r, &c->uevent, &s->text, &err);

    if (rc != 0) {
        return rc != -ERR_NOENT; /* no descriptor left, for one, says nothing of the card */
    }
    parse_gpu_uevent(s->text.data, s->text.size, &who);
    return who.driver[0] != '\0';
}

static void read_card(struct gpu_state *s, struct reader *r, struct gpu_card *c,
                      struct gpu_facts *f, int64_t now_ns)
{
    struct err err = ERR_INIT;
    struct tried tried = {0};

    *f = c->facts;
    if (c->lost || !is_there(s, r, c)) {
        c->lost = true;
        set_all(f, missing(READING_FAILED, REASON_GPU_LOST));
        return;
    }
    set_all(f, missing(READING_UNSUPPORTED, REASON_NO_DRIVER));
    if (reader_file(r, &c->runtime_status, &s->text, &err) == 0 &&
        parse_runtime_asleep(s->text.data, s->text.size)) {
        set_all(f, missing(READING_UNSUPPORTED, REASON_ASLEEP));
        return;
    }
    read_inputs(s, r, c, f, now_ns, &tried);
    /* A card that answers nothing any more has fallen off the bus, though its files are there. */
    if (tried.reads > 1 && tried.answers == 0 && c->answered) {
        set_all(f, missing(READING_FAILED, REASON_GPU_LOST));
        return;
    }
    c->answered = c->answered || tried.answers > 0;
    if (c->throttled.path[0]) {
        read_reasons(s, r, c, f, now_ns);
    }
    fill_memory(c, f);
}

/* --- who uses them --- */

static int card_of(const struct gpu_state *s, const struct gpu_client *client)
{
    int by_driver = -1;

    for (size_t i = 0; i < s->card_count; i++) {
        for (size_t k = 0; k < s->cards[i].node_count; k++) {
            if (strcmp(s->cards[i].nodes[k], client->node) == 0) {
                return (int)i;
            }
        }
    }
    for (size_t i = 0; i < s->card_count; i++) {
        if (client->info.address[0]) {
            if (strcmp(s->cards[i].who.address, client->info.address) == 0) {
                return (int)i;
            }
        } else if (strcmp(s->cards[i].who.driver, client->info.driver) == 0) {
            by_driver = by_driver == -1 ? (int)i : -2; /* two of a kind: not told which */
        }
    }
    return by_driver >= 0 ? by_driver : -1;
}

static struct reading listed_of(enum gpu_scope scope, int64_t now_ns)
{
    switch (scope) {
    case GPU_SCOPE_ALL:
    case GPU_SCOPE_OWN:
        return reading_ok(1, now_ns, SOURCE_GPU);
    case GPU_SCOPE_HIDDEN:
        return missing(READING_DENIED, REASON_PERMISSION);
    case GPU_SCOPE_SEARCH:
        break;
    }
    return missing(READING_NONE, REASON_NOT_YET);
}

/* Whether fdinfo counts what this open file does. amdgpu leaves out the line of an engine that it
 * did not use, and does not see the queues of ROCm: a process that has some is only counted when
 * its compute goes through the kernel all the same. Those of Arm's that have a switch for it count
 * nothing while it is off. */
static bool is_counted(const struct gpu_card *c, const struct gpu_client *client)
{
    bool computes = false;

    for (uint32_t i = 0; i < client->info.engine_count; i++) {
        computes = computes || (strcmp(client->info.engines[i].name, "compute") == 0 &&
                                client->info.engines[i].busy_ns > 0);
    }
    return !c->unprofiled && (!client->compute || computes) &&
           (client->info.engine_count > 0 || strcmp(c->who.driver, "amdgpu") == 0);
}

/* A card whose driver does not tell how busy it is, or how much memory is in use, is the sum of its
 * users, where all of them are seen. */
static void fill_from_users(struct gpu_card *c, struct gpu_facts *f, const struct gpu_total *t,
                            const struct reading *listed, bool all, int64_t now_ns)
{
    struct reading unseen = listed->state == READING_OK
                                ? missing(READING_DENIED, REASON_OTHERS_UNSEEN)
                                : *listed;
    uint64_t elapsed = c->busy_at_ns > 0 && now_ns > c->busy_at_ns
                           ? (uint64_t)(now_ns - c->busy_at_ns)
                           : 0;
    double have;

    c->busy_ns += t->busy_ns < elapsed ? t->busy_ns : elapsed;
    c->busy_at_ns = now_ns;
    if (c->lost) {
        return;
    }
    if (!gpu_card_tells_use(c) && c->counts && !c->unprofiled) {
        f->busy_ns = all ? reading_ok((double)c->busy_ns, now_ns, SOURCE_GPU) : unseen;
    }
    if (!reading_get(&f->v[METRIC_GPU_MEMORY_USED], &have) &&
        f->v[METRIC_GPU_MEMORY_USED].reason == REASON_NO_DRIVER) {
        if (!all) {
            f->v[METRIC_GPU_MEMORY_USED] = unseen;
        } else if (t->tells_memory) {
            f->v[METRIC_GPU_MEMORY_USED] = reading_ok((double)t->memory_bytes, now_ns, SOURCE_GPU);
        }
    }
}

/* Compute processes (ROCm), which everyone may read. Their queues are not counted in fdinfo. */
static void read_compute(struct gpu_state *s, struct reader *r, struct gpu_part *part,
                         int64_t now_ns)
{
    static const char dir[] = "/sys/class/kfd/kfd/proc";
    struct err err = ERR_INIT;
    struct span rest, name;

    if (reader_list(r, dir, &s->names, &err) != 0) {
        return;
    }
    rest = span_of(s->names.data, s->names.size);
    while (scan_line(&rest, &name)) {
        uint64_t pid;
        if (number_u64(name.at, name.size, 10, &pid) != 0 || pid == 0 || pid > INT32_MAX) {
            continue;
        }
        for (uint32_t g = 0; g < part->gpu_count; g++) {
            char path[96];
            int64_t bytes;
            double have;
            struct gpu_process_facts *row;
            if (!s->cards[g].kfd_id[0]) {
                continue;
            }
            snprintf(path, sizeof path, "%s/%d/vram_%s", dir, (int)pid, s->cards[g].kfd_id);
            if (reader_once(r, path, &s->text, &err) != 0 ||
                !scan_only_i64(s->text.data, s->text.size, &bytes) || bytes < 0) {
                continue;
            }
            row = gpu_usage_row(part, (int32_t)pid, g);
            if (row && (!reading_get(&row->memory_bytes, &have) || have < (double)bytes)) {
                row->memory_bytes = reading_ok((double)bytes, now_ns, SOURCE_GPU);
            }
        }
    }
}

/* The numbers in KFD's folder are those of the whole system: in a container they would name others.
 * 4026531836 is PROC_PID_INIT_INO, the first namespace. */
static bool sees_all_pids(struct gpu_state *s, struct reader *r)
{
    struct err err = ERR_INIT;

    return reader_link(r, "/proc/self/ns/pid", &s->text, &err) != 0 ||
           strcmp(s->text.data, "pid:[4026531836]") == 0;
}

static void read_users(struct gpu_state *s, const struct source_context *c, struct gpu_part *part,
                       int64_t now_ns)
{
    struct gpu_total totals[SAMPLE_GPUS];
    int cards[GPU_CLIENTS];
    struct err err = ERR_INIT;
    enum gpu_scope scope = GPU_SCOPE_SEARCH;
    size_t count = 0;
    bool compute = false;
    int rc;

    if (!s->watch) {
        s->watch = gpu_watch_new();
        s->usage = gpu_usage_new();
        s->clients = xcalloc(GPU_CLIENTS, sizeof *s->clients);
    }
    rc = gpu_watch_poll(s->watch, c->reader, now_ns, &s->client_text, &err);
    part->listed_uid = -1;
    if (rc == 0) {
        count = gpu_clients_parse(s->client_text.data, s->client_text.size, &scope,
                                  &part->listed_uid, s->clients, GPU_CLIENTS);
        part->listed = listed_of(scope, now_ns);
    } else {
        part->listed = reader_missing(c->reader, rc, SOURCE_GPU);
    }
    for (size_t i = 0; i < count; i++) {
        cards[i] = card_of(s, &s->clients[i]);
        if (cards[i] >= 0) {
            struct gpu_card *card = &s->cards[cards[i]];
            s->clients[i].counted = is_counted(card, &s->clients[i]);
            card->counts = card->counts || s->clients[i].counted;
        }
    }
    gpu_usage_advance(s->usage, s->clients, cards, count, now_ns, part, totals);
    for (uint32_t g = 0; g < part->gpu_count; g++) {
        fill_from_users(&s->cards[g], &part->gpus[g], &totals[g], &part->listed,
                        scope == GPU_SCOPE_ALL, now_ns);
        compute = compute || s->cards[g].kfd_id[0] != '\0';
    }
    if (compute && sees_all_pids(s, c->reader)) {
        read_compute(s, c->reader, part, now_ns);
    }
}

/* --- the source --- */

static int gpu_open(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    struct gpu_state *s = xcalloc(1, sizeof *s);

    s->cards = xcalloc(SAMPLE_GPUS, sizeof *s->cards);
    buf_init(&s->text, TEXT_BYTES);
    buf_init(&s->names, NAMES_BYTES);
    buf_init(&s->client_text, CLIENT_TEXT_BYTES);
    *state = s;
    return 0;
}

static int no_card(const struct gpu_state *s, const struct source_context *c, struct gpu_part *part,
                   struct err *err)
{
    if (s->cards_code != 0 && s->cards_code != -ERR_NOENT) {
        part->state = reader_missing(c->reader, s->cards_code, SOURCE_GPU);
        return err_set(err, (enum err_code) - s->cards_code, "cannot list '/sys/class/drm': %s",
                       reason_sentence(part->state.reason));
    }
    part->state = missing(READING_UNSUPPORTED, REASON_NO_GPU);
    if (s->virtual_name[0]) {
        return err_set(err, ERR_UNSUPPORTED,
                       "no GPU is shown to this virtual machine or "
                       "container ('%s')",
                       s->virtual_name);
    }
    return err_set(err, ERR_UNSUPPORTED, "no GPU was found that the kernel tells about");
}

static int gpu_poll(void *state, const struct source_context *c, void *part_out, struct err *err)
{
    struct gpu_state *s = state;
    struct gpu_part *part = part_out;
    int64_t now_ns = clock_mono_ns(&c->clock);

    if (s->polls >= 2 && s->card_count > 0 && now_ns - s->polled_ns < POLL_PERIOD_NS) {
        return 0; /* the part holds what was said last */
    }
    s->polls++;
    s->polled_ns = now_ns;
    if (!s->looked || now_ns - s->cards_at_ns >= CARDS_PERIOD_NS ||
        (s->card_count == 0 && reader_kind(c->reader) == READER_RECORDING)) {
        look_for_cards(s, c->reader, now_ns);
    }
    memset(part, 0, sizeof *part);
    part->listed_uid = -1;
    part->gpus_left_out = (uint32_t)s->left_out;
    if (s->card_count == 0) {
        part->listed = missing(READING_UNSUPPORTED, REASON_NO_GPU);
        return no_card(s, c, part, err);
    }
    part->gpu_count = (uint32_t)s->card_count;
    for (size_t i = 0; i < s->card_count; i++) {
        read_card(s, c->reader, &s->cards[i], &part->gpus[i], now_ns);
    }
    read_users(s, c, part, now_ns);
    part->state = reading_ok((double)s->card_count, now_ns, SOURCE_GPU);
    return 0;
}

static void gpu_close(void *state, const struct source_context *c)
{
    (void)c;
    struct gpu_state *s = state;

    if (!s) {
        return;
    }
    for (size_t i = 0; i < s->card_count; i++) {
        gpu_card_close(&s->cards[i]);
    }
    gpu_watch_free(s->watch);
    gpu_usage_free(s->usage);
    free(s->clients);
    free(s->cards);
    buf_release(&s->text);
    buf_release(&s->names);
    buf_release(&s->client_text);
    free(s);
}

const struct source_ops source_linux_gpu = {
    .name = "gpu",
    .id = SOURCE_GPU,
    .part_offset = offsetof(struct sample, gpu),
    .part_size = sizeof(struct gpu_part),
    .period_ms = 0,
    .deadline_ms = 1000,
    .flags = SOURCE_PROBE_THREAD,
    .open = gpu_open,
    .poll = gpu_poll,
    .close = gpu_close,
};
