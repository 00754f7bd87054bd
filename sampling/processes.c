#include "sampling/processes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "sampling/platform.h"
#include "sampling/process_scan.h"
#include "sampling/service/owner.h"
#include "sampling/users.h"

enum {
    ROWS_MAX = 50000, /* the list then takes 20 MB */
    COST_SHARE = 20,  /* a scan takes one part in so many of a core: 5 % */
    FIRST_SCANS = 2,
    LEAD_SCANS = 2, /* a scan begins so many times its length before the sample */
};
#define LEAST_PERIOD_NS (NS_PER_S / 2)
#define LEAD_NS (3 * NS_PER_MS)
#define SLACK_NS (100 * NS_PER_MS) /* ticks come a little early or late */
#define USERS_NS (60 * NS_PER_S)
#define MORE_NS (2 * NS_PER_S)
#define RETRY_NS (4 * NS_PER_S) /* after a list that could not be read */

struct rows { /* rising pid */
    struct process_row *list;
    size_t count, left_out;
};

struct processes {
    const struct process_scan_ops *ops;
    struct process_scan_input input;
    struct clock_ops clock;
    struct process_wish wish;
    void *scan; /* the system's; NULL while nobody looks */
    struct rows now, next;
    bool scanning;
    int32_t *pids;
    size_t pid_count, pid_at, was_at;                        /* was_at: in now */
    int64_t begun_ns, cpu_ns;                                /* of the scan that runs */
    int64_t done_ns, last_begun_ns, last_length_ns, cost_ns; /* of the last whole one; 0 none */
    int64_t not_before_ns;
    unsigned scans; /* up to FIRST_SCANS + 1 */
    struct err err;
    struct users users;
    int64_t users_ns;
    struct process_more more;
    bool more_known, more_failed;
    int64_t more_ns;
    struct {
        int32_t pid;
        int64_t start;
        bool container;
    } * services; /* whose processes the indexes below are */
    size_t service_count;
    int32_t *owners; /* of each in now */
};

struct processes *processes_new(struct reader *reader, const struct clock_ops *clock,
                                const struct process_table *table)
{
    struct processes *p = xcalloc(1, sizeof *p);

    p->ops = platform_of(reader)->processes->full;
    p->input = (struct process_scan_input){.reader = reader, .table = table};
    p->clock = *clock;
    process_more_init(&p->more);
    return p;
}

static void row_release(struct process_row *row)
{
    shared_text_drop(row->argv);
    shared_text_drop(row->container);
}

static void rows_release(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        row_release(&rows->list[i]);
    }
    free(rows->list);
    *rows = (struct rows){NULL, 0, 0};
}

static void stop_scan(struct processes *p)
{
    rows_release(&p->next);
    free(p->pids);
    p->pids = NULL;
    p->scanning = false;
}

/* Nobody looks any more: nothing is kept. */
static void drop(struct processes *p)
{
    stop_scan(p);
    rows_release(&p->now);
    users_release(&p->users);
    free(p->owners);
    free(p->services);
    p->owners = NULL;
    p->services = NULL;
    p->service_count = 0;
    if (p->scan) {
        p->ops->close(p->scan);
        p->scan = NULL;
    }
    p->done_ns = p->last_begun_ns = p->not_before_ns = p->users_ns = 0;
    p->more_known = p->more_failed = false;
    p->more_ns = 0;
    p->scans = 0;
    p->err = (struct err)ERR_INIT;
    p->input.containers = false;
}

void processes_free(struct processes *p)
{
    if (p) {
        drop(p);
        process_more_release(&p->more);
        free(p);
    }
}

void processes_wish(struct processes *p, const struct process_wish *wish)
{
    bool other = wish->pid != p->wish.pid || wish->start != p->wish.start ||
                 wish->environment != p->wish.environment;

    p->wish = *wish;
    if (!wish->all) {
        drop(p);
    } else if (other) {
        p->more_known = p->more_failed = false;
        p->more_ns = 0;
    }
}

/* ---------------------------------------------------------------- a scan */

static bool is_supported(const struct processes *p)
{
    return p->ops != NULL && reader_kind(p->input.reader) != READER_RECORDING;
}

static void begin_scan(struct processes *p, int64_t now_ns)
{
    struct err err = ERR_INIT;
    int64_t before = clock_thread_cpu_ns();

    if (!p->scan) {
        p->scan = p->ops->open(&p->input);
    }
    if (p->users_ns == 0 || now_ns - p->users_ns >= USERS_NS) {
        users_read(&p->users, p->input.reader);
        p->users_ns = now_ns;
    }

    int count = p->ops->list(p->scan, &p->input, &p->pids, &err);

    if (count < 0) {
        p->err = err;
        p->not_before_ns = now_ns + RETRY_NS;
        p->pids = NULL;
        return;
    }
    p->pid_count = (size_t)count;
    p->pid_at = p->was_at = 0;
    p->next = (struct rows){xcalloc((size_t)count + 1, sizeof *p->next.list), 0, 0};
    if (p->pid_count > ROWS_MAX) {
        p->next.left_out = p->pid_count - ROWS_MAX;
        p->pid_count = ROWS_MAX;
    }
    p->scanning = true;
    p->begun_ns = clock_mono_ns(&p->clock);
    p->cpu_ns = clock_thread_cpu_ns() - before;
}

static void set_unknown(struct process_row *row)
{
    for (size_t i = 0; i < METRIC_PROCESS_COUNT; i++) {
        row->v[i] = NAN;
        row->why[i] = REASON_NO_SOURCE;
    }
}

/* Reads the next process of the list into the next rows. */
static void scan_one(struct processes *p, int64_t now_ns)
{
    int32_t pid = p->pids[p->pid_at++];
    struct process_row *row = &p->next.list[p->next.count];
    struct err ignored = ERR_INIT;

    while (p->was_at < p->now.count && p->now.list[p->was_at].pid < pid) {
        p->was_at++;
    }
    if (p->was_at < p->now.count && p->now.list[p->was_at].pid == pid) {
        *row = p->now.list[p->was_at];
        shared_text_keep(row->argv);
        shared_text_keep(row->container);
    } else {
        *row = (struct process_row){.pid = pid, .uid = -1, .state = '?'};
        set_unknown(row);
    }
    if (p->ops->read(p->scan, &p->input, row, now_ns, &ignored) < 0) {
        row_release(row);
        return;
    }
    row->at_ns = now_ns;
    p->next.count++;
}

static void end_scan(struct processes *p, int64_t now_ns)
{
    rows_release(&p->now);
    p->now = p->next;
    p->next = (struct rows){NULL, 0, 0};
    free(p->pids);
    p->pids = NULL;
    free(p->owners);
    p->owners = NULL;
    p->scanning = false;
    p->err = (struct err)ERR_INIT;
    p->last_begun_ns = p->begun_ns;
    p->last_length_ns = now_ns - p->begun_ns;
    p->done_ns = now_ns;
    p->scans += p->scans <= FIRST_SCANS;
    p->cost_ns = p->cpu_ns;
}

/* true: the list is whole. */
static bool scan_more(struct processes *p, int64_t until_ns)
{
    int64_t before = clock_thread_cpu_ns(), now_ns = clock_mono_ns(&p->clock);

    while (p->pids && p->pid_at < p->pid_count) {
        scan_one(p, now_ns);
        now_ns = clock_mono_ns(&p->clock);
        if (now_ns >= until_ns) {
            break;
        }
    }
    p->cpu_ns += clock_thread_cpu_ns() - before;
    if (p->pid_at < p->pid_count) {
        return false;
    }
    end_scan(p, now_ns);
    return true;
}

/* The first scans read names, owners and arguments of everybody, which is not done again; and rates
 * need the second one. */
static int64_t period_ns(const struct processes *p)
{
    int64_t period = p->scans > FIRST_SCANS ? p->cost_ns * COST_SHARE : NS_PER_S;

    return period > LEAST_PERIOD_NS ? period : LEAST_PERIOD_NS;
}

static int64_t next_scan_ns(const struct processes *p, int64_t tick_ns)
{
    int64_t lead = LEAD_SCANS * p->last_length_ns + LEAD_NS;
    int64_t earliest = p->last_begun_ns + period_ns(p) - SLACK_NS;

    if (p->done_ns == 0) {
        return p->not_before_ns;
    }
    earliest = earliest > p->not_before_ns ? earliest : p->not_before_ns;
    if (p->scans == 1) {
        return earliest; /* rates soon */
    }
    return earliest > tick_ns - lead ? earliest : tick_ns - lead;
}

int64_t processes_next_ns(const struct processes *p, int64_t tick_ns)
{
    int64_t next;

    if (!p->wish.all || !is_supported(p)) {
        return INT64_MAX;
    }
    if (p->scanning) {
        return 0;
    }
    next = next_scan_ns(p, tick_ns);
    if (p->wish.pid > 0 && p->done_ns > 0 && !p->more_failed) {
        int64_t more = p->more_known ? p->more_ns + MORE_NS - SLACK_NS : 0;

        next = more < next ? more : next;
    }
    return next;
}

/* ---------------------------------------------------------------- more about one */

static void read_more(struct processes *p, int64_t now_ns)
{
    struct err err = ERR_INIT;

    p->more_ns = now_ns;
    p->more_known = p->ops->more(p->scan, &p->input, p->wish.pid, p->wish.start,
                                 p->wish.environment, now_ns, &p->more, &err) == 0;
    p->more_failed = !p->more_known; /* it has ended: its number may be another's soon */
}

bool processes_step(struct processes *p, int64_t now_ns, int64_t tick_ns, int64_t budget_ns)
{
    bool awaited = false;

    if (processes_next_ns(p, tick_ns) > now_ns) {
        return false;
    }
    if (!p->scanning && next_scan_ns(p, tick_ns) <= now_ns) {
        begin_scan(p, now_ns);
    }
    if (p->scanning) {
        bool first = p->done_ns == 0;

        if (scan_more(p, now_ns + budget_ns)) {
            awaited = first;
        }
    }
    if (!p->scanning && p->wish.pid > 0 && p->done_ns > 0 && !p->more_failed &&
        (!p->more_known || now_ns - p->more_ns >= MORE_NS - SLACK_NS)) {
        bool first = !p->more_known;

        read_more(p, now_ns);
        awaited = awaited || first;
    }
    return awaited;
}

/* ---------------------------------------------------------------- whose they are */

static const struct process_row *find_row(const struct processes *p, int32_t pid)
{
    size_t low = 0, high = p->now.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (p->now.list[middle].pid == pid) {
            return &p->now.list[middle];
        }
        if (p->now.list[middle].pid < pid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* Whether the services are other ones than those that the owners were found for. */
static bool services_changed(struct processes *p, const struct sample *s)
{
    bool changed = !p->owners || p->service_count != s->service_count;

    for (size_t i = 0; i < s->service_count && !changed; i++) {
        changed = p->services[i].pid != s->services[i].pid ||
                  p->services[i].start != s->services[i].pid_start;
    }
    if (!changed) {
        return false;
    }
    free(p->services);
    p->services = xcalloc(s->service_count + 1, sizeof *p->services);
    p->service_count = s->service_count;
    p->input.containers = false;
    for (size_t i = 0; i < s->service_count; i++) {
        p->services[i].pid = s->services[i].pid;
        p->services[i].start = s->services[i].pid_start;
        p->input.containers = p->input.containers || s->services[i].container[0] != '\0';
    }
    return true;
}

static bool row_parent(void *ctx, int32_t pid, struct owner_process *out)
{
    const struct process_row *row = find_row(ctx, pid);

    if (!row) {
        return false;
    }
    *out = (struct owner_process){row->ppid, row->start, shared_text_get(row->container)};
    return true;
}

static void find_owners(struct processes *p, const struct sample *s)
{
    if (!services_changed(p, s) || p->now.count == 0) {
        return;
    }
    free(p->owners);
    p->owners = xcalloc(p->now.count, sizeof *p->owners);
    for (size_t i = 0; i < p->now.count; i++) {
        p->owners[i] = owner_of(s, p->now.list[i].pid, row_parent, p);
    }
}

/* ---------------------------------------------------------------- into the sample */

static const char *user_of(const struct processes *p, int64_t uid, struct arena *arena)
{
    const char *name = users_name(&p->users, uid);

    if (uid < 0) {
        return "?";
    }
    return name ? arena_strdup(arena, name) : arena_printf(arena, "%lld", (long long)uid);
}

static void fill_list(struct processes *p, struct sample *s)
{
    struct process_part *part = &s->processes;
    int64_t uid = -1;
    const char *user = "?";

    find_owners(p, s);
    part->count = p->now.count;
    part->left_out = p->now.left_out;
    part->processes = arena_calloc(&s->arena, p->now.count + 1, sizeof *part->processes);
    for (size_t i = 0; i < p->now.count; i++) {
        const struct process_row *row = &p->now.list[i];
        struct process_facts *f = &part->processes[i];

        if (row->uid != uid) { /* a machine has few users, and their processes stand together */
            uid = row->uid;
            user = user_of(p, uid, &s->arena);
        }
        f->pid = row->pid;
        f->ppid = row->ppid;
        f->start = row->start;
        f->at_ns = row->at_ns;
        f->uid = row->uid;
        f->user = user;
        f->name = arena_strdup(&s->arena, row->name);
        f->argv = row->argv ? arena_strdup(&s->arena, shared_text_get(row->argv)) : "";
        f->service = p->owners ? p->owners[i] : OWNER_NONE;
        f->state = row->state;
        f->kernel = row->kernel;
        memcpy(f->v, row->v, sizeof f->v);
        memcpy(f->why, row->why, sizeof f->why);
    }
}

static void fill_more(const struct processes *p, struct sample *s)
{
    const struct process_more *m = &p->more;
    struct process_details *d = arena_alloc(&s->arena, sizeof *d);
    const struct process_row *parent = find_row(p, m->ppid);

    *d = (struct process_details){
        .pid = p->wish.pid,
        .start = m->start,
        .started_wall_ns = p->ops->started_wall_ns(p->scan, m->start, s->host.boot_wall_ns),
        .argv = arena_strdup(&s->arena, m->argv.data),
        .cwd = arena_strdup(&s->arena, m->cwd.data),
        .executable = arena_strdup(&s->arena, m->executable.data),
        .unit = arena_strdup(&s->arena, m->unit),
        .container = arena_strdup(&s->arena, m->container),
        .parent = parent ? arena_strdup(&s->arena, parent->name) : "",
        .open_files = m->open_files,
        .file_limit = m->file_limit,
        .threads = m->threads,
        .swap_bytes = m->swap_bytes,
        .environment = arena_strdup(&s->arena, m->environment.data),
        .environment_state = m->environment_state,
    };
    s->processes.details = d;
}

/* Only as often as it is cheap, and where /proc hides the others: both are said. */
static void fill_reason(const struct processes *p, struct source_status *row)
{
    const struct process_row *first = p->now.count ? &p->now.list[0] : NULL;

    if (p->now.left_out > 0) {
        snprintf(row->reason, sizeof row->reason, "%zu processes more than it keeps",
                 p->now.left_out);
    } else if (period_ns(p) > NS_PER_S) {
        snprintf(row->reason, sizeof row->reason,
                 "%zu processes: looked through every %.1f s, which takes 5 %% of a core",
                 p->now.count, (double)period_ns(p) / (double)NS_PER_S);
    } else if (first && first->pid != 1) {
        utf8_copy(row->reason, sizeof row->reason,
                  "other users' processes are hidden (hidepid); run as root to see them");
    }
}

void processes_fill(struct processes *p, struct sample *s)
{
    struct source_status *row = &s->sources[SOURCE_PROCESSES];
    struct process_part *part = &s->processes;
    enum reason why = !p->wish.all                                       ? REASON_NOT_LOOKED
                      : reader_kind(p->input.reader) == READER_RECORDING ? REASON_NOT_RECORDED
                      : !p->ops                                          ? REASON_NO_SOURCE
                                                                         : REASON_NOT_YET;

    *part = (struct process_part){0};
    *row = (struct source_status){.name = source_name(SOURCE_PROCESSES)};
    if (p->err.code != 0) {
        part->state = reader_missing(p->input.reader, -p->err.code, SOURCE_PROCESSES);
        utf8_copy(row->reason, sizeof row->reason, p->err.msg);
    } else if (p->done_ns == 0) {
        enum reading_state state = why == REASON_NOT_LOOKED || why == REASON_NOT_YET
                                       ? READING_NONE
                                       : READING_UNSUPPORTED;

        part->state = reading_missing(state, why, SOURCE_PROCESSES);
        utf8_copy(row->reason, sizeof row->reason, reason_sentence(why));
    } else {
        part->state = reading_ok((double)p->now.count, p->done_ns, SOURCE_PROCESSES);
        row->answered_ns = p->done_ns;
        row->cost_ns = p->cost_ns;
        fill_list(p, s);
        fill_reason(p, row);
        if (p->more_known && p->wish.pid > 0) {
            fill_more(p, s);
        }
    }
    row->period_ns = period_ns(p);
    row->state = part->state.state;
}
