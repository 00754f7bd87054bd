/*
 * The model's parts beside CPU and memory: cards, power, disks, networks. Pure.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/folder.h"
#include "sampling/model_step.h"

/* A share of time: counters and clocks are read one after the other, so it may come out a little
 * above 1. */
static struct reading share(struct reading r)
{
    if (r.state == READING_OK && r.value > 1 && r.value < 1.1) {
        r.value = 1;
    }
    return r;
}

static bool has(const struct reading *r)
{
    return r->state != READING_NONE || r->reason != REASON_NONE;
}

static bool is_value(const struct reading *r)
{
    double value;

    return reading_get(r, &value);
}

/* ---------------------------------------------------------------- cards */

static const struct gpu_facts *gpu_before(const struct gpu_part *part, const char *id)
{
    for (uint32_t i = 0; i < part->gpu_count; i++) {
        if (strcmp(part->gpus[i].id, id) == 0) {
            return &part->gpus[i];
        }
    }
    return NULL;
}

static const struct gpu_model *gpu_model_before(const struct model *prev, const char *id,
                                                uint8_t source)
{
    for (uint32_t i = 0; i < prev->gpu_count; i++) {
        if (prev->gpus[i].source == source && strcmp(prev->gpus[i].facts.id, id) == 0) {
            return &prev->gpus[i];
        }
    }
    return NULL;
}

/* A value that is told, else the rate of the counter that stands for it. */
static struct reading told_or_rate(const struct reading *told, const struct reading *counter_before,
                                   const struct reading *counter, double scale,
                                   const struct reading *raw_before, const struct model *next,
                                   const struct sample *s)
{
    static const struct reading none;
    bool missing = told->state == READING_NONE || told->state == READING_UNSUPPORTED;

    if (!missing || !has(counter)) {
        return step_aged(told, s);
    }
    return step_rate(counter_before ? counter_before : &none, counter, scale,
                     raw_before ? raw_before : &none, next->after_gap, s);
}

static void gpu_advance(const struct model *prev, const struct sample *s, struct model *next,
                        const struct gpu_part *part, const struct gpu_part *part_before,
                        uint32_t which, uint8_t source, struct gpu_model *out)
{
    const struct gpu_facts *f = &part->gpus[which];
    const struct gpu_facts *before = gpu_before(part_before, f->id);
    const struct gpu_model *was = gpu_model_before(prev, f->id, source);
    static const int smoothed[] = {METRIC_GPU_UTILIZATION, METRIC_GPU_POWER, METRIC_GPU_FREQUENCY,
                                   METRIC_GPU_TEMPERATURE, METRIC_GPU_MEMORY_BUSY};

    memset(out, 0, sizeof *out);
    out->facts = *f;
    out->source = source;
    out->facts.throttle = step_aged(&f->throttle, s);
    for (int i = 0; i < METRIC_GPU_COUNT; i++) {
        out->raw[i] = step_aged(&f->v[i], s);
    }
    out->raw[METRIC_GPU_UTILIZATION] = share(told_or_rate(
        &f->v[METRIC_GPU_UTILIZATION], before ? &before->busy_ns : NULL, &f->busy_ns,
        1.0 / (double)NS_PER_S, was ? &was->raw[METRIC_GPU_UTILIZATION] : NULL, next, s));
    out->raw[METRIC_GPU_POWER] = told_or_rate(
        &f->v[METRIC_GPU_POWER], before ? &before->energy_uj : NULL, &f->energy_uj, 1e-6,
        was ? &was->raw[METRIC_GPU_POWER] : NULL, next, s);
    for (int i = 0; i < METRIC_GPU_COUNT; i++) {
        out->raw[i] = step_in_range(SCOPE_GPU, i, out->raw[i]);
        out->v[i] = out->raw[i];
    }
    for (size_t i = 0; was && i < sizeof smoothed / sizeof smoothed[0]; i++) {
        out->v[smoothed[i]] = step_smooth(&was->v[smoothed[i]], &out->raw[smoothed[i]]);
    }
}

/* What the same process did on the same card at the step before. */
static const struct reading *use_before(const struct model *prev, int32_t pid, const char *id)
{
    for (uint32_t i = 0; i < prev->gpu_process_count; i++) {
        const struct gpu_process_model *p = &prev->gpu_processes[i];

        if (p->pid == pid && p->gpu < prev->gpu_count &&
            strcmp(prev->gpus[p->gpu].facts.id, id) == 0) {
            return &p->utilization_ratio;
        }
    }
    return NULL;
}

static void gpu_processes(const struct model *prev, const struct sample *s, struct model *next,
                          const struct gpu_part *part, const struct gpu_part *before,
                          const uint32_t *place)
{
    for (uint32_t i = 0; i < part->process_count; i++) {
        const struct gpu_process_facts *f = &part->processes[i], *then = NULL;
        struct gpu_process_model *out;

        if (next->gpu_process_count >= SAMPLE_GPU_PROCESSES || f->gpu >= part->gpu_count ||
            place[f->gpu] >= next->gpu_count) {
            continue;
        }
        for (uint32_t k = 0; k < before->process_count && !then; k++) {
            const struct gpu_process_facts *b = &before->processes[k];

            if (b->pid == f->pid && b->gpu < before->gpu_count &&
                strcmp(before->gpus[b->gpu].id, part->gpus[f->gpu].id) == 0) {
                then = b;
            }
        }
        out = &next->gpu_processes[next->gpu_process_count++];
        *out = (struct gpu_process_model){
            .pid = f->pid,
            .gpu = place[f->gpu],
            .service = f->service,
            .memory_bytes = step_aged(&f->memory_bytes, s),
            .utilization_ratio = share(told_or_rate(
                &f->utilization_ratio, then ? &then->busy_ns : NULL, &f->busy_ns,
                1.0 / (double)NS_PER_S, use_before(prev, f->pid, part->gpus[f->gpu].id), next, s)),
        };
    }
}

void model_advance_gpus(const struct model *prev, const struct sample *s, struct model *next)
{
    const struct {
        const struct gpu_part *part, *before;
        uint8_t source;
    } parts[] = {
        {&s->nvidia, &prev->nvidia_before, SOURCE_NVIDIA},
        {&s->gpu, &prev->gpu_before, SOURCE_GPU},
    };
    uint32_t place[2][SAMPLE_GPUS];

    next->gpu_count = next->gpu_process_count = 0;
    memset(place, 0xff, sizeof place);
    /* Cards of their own first, then what is part of the CPU's chip. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t k = 0; k < 2; k++) {
            for (uint32_t i = 0; i < parts[k].part->gpu_count; i++) {
                if (parts[k].part->gpus[i].integrated != (pass == 1) ||
                    next->gpu_count >= SAMPLE_GPUS) {
                    continue;
                }
                place[k][i] = next->gpu_count;
                gpu_advance(prev, s, next, parts[k].part, parts[k].before, i, parts[k].source,
                            &next->gpus[next->gpu_count]);
                next->gpu_count++;
            }
        }
    }
    for (size_t k = 0; k < 2; k++) {
        gpu_processes(prev, s, next, parts[k].part, parts[k].before, place[k]);
    }
    /* NVIDIA's word counts where its driver is there: a library that does not fit is worth more
     * than "no GPU was found". */
    next->gpu_state = step_aged(&s->gpu.state, s);
    if (s->nvidia.state.state != READING_NONE && s->nvidia.state.state != READING_UNSUPPORTED) {
        next->gpu_state = step_aged(&s->nvidia.state, s);
    }
    /* Complete is what is complete for each part that has cards. */
    next->gpu_listed = reading_missing(READING_UNSUPPORTED, REASON_NO_GPU, SOURCE_GPU);
    next->gpu_listed_uid = -1;
    for (size_t k = 0; k < 2; k++) {
        const struct gpu_part *part = parts[k].part;

        if (part->gpu_count > 0 &&
            (next->gpu_listed.reason == REASON_NO_GPU || next->gpu_listed.state == READING_OK)) {
            next->gpu_listed = step_aged(&part->listed, s);
            if (part->listed_uid >= 0) {
                next->gpu_listed_uid = part->listed_uid;
            }
        }
    }
    next->gpu_before = s->gpu;
    next->nvidia_before = s->nvidia;
}

/* ---------------------------------------------------------------- power */

/* Power of all domains of a kind together. */
static struct reading domains_watts(const struct model *prev, const struct sample *s,
                                    const struct model *next, int kind, int id)
{
    const struct power_part *p = &s->power, *before = &prev->power_before;
    struct reading sum = reading_missing(READING_UNSUPPORTED, REASON_NO_SENSOR, SOURCE_POWER);
    bool any = false;

    for (uint32_t i = 0; i < p->domain_count; i++) {
        const struct power_domain_facts *d = &p->domains[i], *b = NULL;
        struct reading now = d->energy, then = {0}, r;

        if (d->kind != kind) {
            continue;
        }
        for (uint32_t k = 0; k < before->domain_count && !b; k++) {
            if (strcmp(before->domains[k].name, d->name) == 0) {
                b = &before->domains[k];
            }
        }
        now.value = (double)d->energy_uj;
        if (b) {
            then = b->energy;
            then.value = (double)b->energy_uj;
        }
        r = step_wrapping_rate(&then, &now, (double)d->range_uj, 1e-6, &prev->raw[id],
                               next->after_gap, s);
        if (r.state != READING_OK || (b && now.at_ns <= then.at_ns)) {
            return r; /* one that is missing makes the sum untrue; seen again: the sum stands */
        }
        r.value += any ? sum.value : 0;
        sum = r;
        any = true;
    }
    return any || !has(&p->rapl) || p->rapl.state == READING_OK ? sum : step_aged(&p->rapl, s);
}

/* Of all cards that are no part of the CPU's chip; one that does not tell makes the sum unknown. */
static struct reading gpus_watts(const struct model *next)
{
    struct reading sum = next->gpu_count > 0 || next->gpu_state.state == READING_OK
                             ? reading_missing(READING_UNSUPPORTED, REASON_NO_SENSOR, SOURCE_GPU)
                             : next->gpu_state;
    bool any = false;

    for (uint32_t i = 0; i < next->gpu_count; i++) {
        struct reading r = next->gpus[i].raw[METRIC_GPU_POWER];

        if (!is_value(&r)) {
            if (next->gpus[i].facts.integrated) {
                continue;
            }
            return r;
        }
        r.value += any ? sum.value : 0;
        sum = r;
        any = true;
    }
    return sum;
}

void model_advance_power(const struct model *prev, const struct sample *s, struct model *next)
{
    const struct power_part *p = &s->power;
    struct reading cpu = has(&p->cpu_watts)
                             ? step_aged(&p->cpu_watts, s)
                             : domains_watts(prev, s, next, POWER_PACKAGE, METRIC_HOST_CPU_POWER);
    struct reading system = has(&p->system_watts) ? step_aged(&p->system_watts, s)
                                                  : domains_watts(prev, s, next, POWER_SYSTEM,
                                                                  METRIC_HOST_SYSTEM_POWER);
    struct reading throttled =
        has(&p->throttle_ms)
            ? share(step_rate(&prev->power_before.throttle_ms, &p->throttle_ms, 1e-3,
                              &prev->raw[METRIC_HOST_CPU_THROTTLED], next->after_gap, s))
            : reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, SOURCE_POWER);

    step_host(prev, next, METRIC_HOST_CPU_POWER,
              step_in_range(SCOPE_HOST, METRIC_HOST_CPU_POWER, cpu), true);
    step_host(prev, next, METRIC_HOST_SYSTEM_POWER,
              step_in_range(SCOPE_HOST, METRIC_HOST_SYSTEM_POWER, system), true);
    step_host(prev, next, METRIC_HOST_GPU_POWER,
              step_in_range(SCOPE_HOST, METRIC_HOST_GPU_POWER, gpus_watts(next)), true);
    step_host(prev, next, METRIC_HOST_ANE_POWER,
              reading_missing(READING_UNSUPPORTED, REASON_NO_SENSOR, SOURCE_POWER), false);
    step_host(prev, next, METRIC_HOST_CPU_THROTTLED,
              step_in_range(SCOPE_HOST, METRIC_HOST_CPU_THROTTLED, throttled), false);
    next->battery = (struct battery_model){
        .present = p->has_battery,
        .on_battery = p->on_battery,
        .charge_ratio = step_aged(&p->battery_ratio, s),
    };
    next->power_before = *p;
}

/* ---------------------------------------------------------------- disks and networks */

static const struct disk_device_facts *device_of(const struct disk_io_part *part, const char *name)
{
    for (uint32_t i = 0; i < part->device_count; i++) {
        if (strcmp(part->devices[i].name, name) == 0) {
            return &part->devices[i];
        }
    }
    return NULL;
}

static struct reading device_rate(const struct reading *state_before, uint64_t before,
                                  const struct reading *state, uint64_t now, double scale,
                                  const struct reading *raw_before, const struct model *next,
                                  const struct sample *s)
{
    struct reading then = *state_before, here = *state;

    then.value = (double)before;
    here.value = (double)now;
    return step_rate(&then, &here, scale, raw_before, next->after_gap, s);
}

static void disk_rates(const struct model *prev, const struct sample *s, const struct model *next,
                       const struct disk_model *was, struct disk_model *out)
{
    const struct disk_io_part *io = &s->disk_io, *before = &prev->disk_io_before;
    const struct disk_device_facts *now = device_of(io, out->name);
    const struct disk_device_facts *then = device_of(before, out->name);
    static const struct disk_model none;
    struct reading then_state = before->counters;

    was = was ? was : &none;
    if (!now) {
        struct reading r = io->counters.state == READING_OK
                               ? reading_missing(READING_UNSUPPORTED, REASON_NO_FILE,
                                                 SOURCE_DISK_IO)
                               : step_aged(&io->counters, s);

        out->raw[METRIC_DISK_READ] = out->raw[METRIC_DISK_WRITE] = out->raw[METRIC_DISK_BUSY] = r;
        return;
    }
    if (!then) {
        then = now;
        then_state = reading_missing(READING_NONE, REASON_FIRST_SAMPLE, SOURCE_DISK_IO);
    }
    out->raw[METRIC_DISK_READ] = device_rate(&then_state, then->read_bytes, &io->counters,
                                             now->read_bytes, 1, &was->raw[METRIC_DISK_READ], next,
                                             s);
    out->raw[METRIC_DISK_WRITE] = device_rate(&then_state, then->write_bytes, &io->counters,
                                              now->write_bytes, 1, &was->raw[METRIC_DISK_WRITE],
                                              next, s);
    out->raw[METRIC_DISK_BUSY] = share(device_rate(&then_state, then->busy_ms, &io->counters,
                                                   now->busy_ms, 1e-3, &was->raw[METRIC_DISK_BUSY],
                                                   next, s));
}

/* A folder is looked through again after minutes, while its source looks for new ones every few
 * seconds: the age of a size says nothing before the next look is late. */
static struct reading folder_aged(const struct reading *r, int64_t now_ns)
{
    if (r->state == READING_OK && now_ns - r->at_ns > FOLDER_LATE_NS) {
        return reading_missing(READING_FAILED, REASON_NO_ANSWER, r->source);
    }
    return *r;
}

void model_advance_disks(const struct model *prev, const struct sample *s, struct model *next)
{
    static const int rates[] = {METRIC_DISK_READ, METRIC_DISK_WRITE, METRIC_DISK_BUSY};

    next->disk_count = s->disk.disk_count;
    for (uint32_t i = 0; i < s->disk.disk_count; i++) {
        const struct disk_facts *f = &s->disk.disks[i];
        struct disk_model *out = &next->disks[i];
        const struct disk_model *was = NULL;

        memset(out, 0, sizeof *out);
        memcpy(out->name, f->name, sizeof out->name);
        memcpy(out->mount, f->mount, sizeof out->mount);
        for (uint32_t k = 0; k < prev->disk_count && !was; k++) {
            if (strcmp(prev->disks[k].name, f->name) == 0 &&
                strcmp(prev->disks[k].mount, f->mount) == 0) {
                was = &prev->disks[k];
            }
        }
        out->raw[METRIC_DISK_TOTAL] = step_aged(&f->total, s);
        out->raw[METRIC_DISK_FREE] = step_aged(&f->free, s);
        disk_rates(prev, s, next, was, out);
        memcpy(out->v, out->raw, sizeof out->v);
        for (size_t k = 0; was && k < sizeof rates / sizeof rates[0]; k++) {
            out->v[rates[k]] = step_smooth(&was->v[rates[k]], &out->raw[rates[k]]);
        }
    }
    step_host(prev, next, METRIC_HOST_IO_PSI_SOME, step_aged(&s->disk_io.psi_some_ratio, s), false);
    step_host(prev, next, METRIC_HOST_IO_PSI_FULL, step_aged(&s->disk_io.psi_full_ratio, s), false);
    next->disk_io_before = s->disk_io;
    next->folders = s->folders;
    for (uint32_t i = 0; i < next->folders.folder_count; i++) {
        struct folder_facts *f = &next->folders.folders[i];

        f->bytes = folder_aged(&f->bytes, s->at_ns);
        f->files = folder_aged(&f->files, s->at_ns);
    }
}

/* The line of the machine: the interface that carried most since it came up. That hardly ever
 * changes, so what is shown of it does not jump from one to another. */
static void choose_main(const struct network_part *part, struct model *next)
{
    uint32_t best = 0;
    double most = -1;

    for (uint32_t i = 0; i < part->network_count; i++) {
        const struct network_facts *f = &part->networks[i];
        double in = 0, out = 0;

        (void)reading_get(&f->receive_bytes, &in);
        (void)reading_get(&f->transmit_bytes, &out);
        if (!f->hidden && f->up && in + out > most) {
            most = in + out;
            best = i;
        }
    }
    if (most >= 0) {
        next->networks[best].main = true;
    }
}

void model_advance_networks(const struct model *prev, const struct sample *s, struct model *next)
{
    static const struct network_facts none;
    static const struct network_model none_model;

    next->network_count = s->network.network_count;
    for (uint32_t i = 0; i < s->network.network_count; i++) {
        const struct network_facts *f = &s->network.networks[i], *before = &none;
        const struct network_model *was = &none_model;
        struct network_model *out = &next->networks[i];

        for (uint32_t k = 0; k < prev->network_before.network_count; k++) {
            if (strcmp(prev->network_before.networks[k].name, f->name) == 0) {
                before = &prev->network_before.networks[k];
            }
        }
        for (uint32_t k = 0; k < prev->network_count; k++) {
            if (strcmp(prev->networks[k].name, f->name) == 0) {
                was = &prev->networks[k];
            }
        }
        memset(out, 0, sizeof *out);
        memcpy(out->name, f->name, sizeof out->name);
        out->hidden = f->hidden;
        out->up = f->up;
        out->raw[METRIC_NETWORK_RECEIVE] = step_rate(&before->receive_bytes, &f->receive_bytes, 1,
                                                     &was->raw[METRIC_NETWORK_RECEIVE],
                                                     next->after_gap, s);
        out->raw[METRIC_NETWORK_TRANSMIT] = step_rate(&before->transmit_bytes, &f->transmit_bytes,
                                                      1, &was->raw[METRIC_NETWORK_TRANSMIT],
                                                      next->after_gap, s);
        out->raw[METRIC_NETWORK_LINK] = step_aged(&f->link_bytes_per_second, s);
        memcpy(out->v, out->raw, sizeof out->v);
        out->v[METRIC_NETWORK_RECEIVE] = step_smooth(&was->v[METRIC_NETWORK_RECEIVE],
                                                     &out->raw[METRIC_NETWORK_RECEIVE]);
        out->v[METRIC_NETWORK_TRANSMIT] = step_smooth(&was->v[METRIC_NETWORK_TRANSMIT],
                                                      &out->raw[METRIC_NETWORK_TRANSMIT]);
    }
    choose_main(&s->network, next);
    next->network_before = s->network;
}
