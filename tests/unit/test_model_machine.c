/* What the model makes of cards, power, disks, networks and processes: rates of counters that
 * stand, wrap, run backwards or are seen twice, and whose a card's memory is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "sampling/model.h"

#define S NS_PER_S

struct fixture {
    struct model *a, *b;
    struct sample *s;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->a = model_new();
    f->b = model_new();
    f->s = calloc(1, sizeof *f->s);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    model_free(f->a);
    model_free(f->b);
    arena_release(&f->s->arena);
    free(f->s);
    free(f);
    return 0;
}

static struct model *step(struct fixture *f, int64_t at)
{
    struct model *t = f->a;

    f->s->sequence++;
    f->s->at_ns = at;
    f->s->interval_ns = S;
    for (int i = 0; i < SOURCE_COUNT; i++) {
        f->s->sources[i].period_ns = S;
    }
    model_advance(f->a, f->s, f->b, NULL);
    f->a = f->b;
    f->b = t;
    return f->a;
}

static double value(const struct reading *r)
{
    double v = NAN;

    assert_true(reading_get(r, &v));
    return v;
}

static void card(struct gpu_part *part, const char *id)
{
    struct gpu_facts *g = &part->gpus[part->gpu_count++];

    utf8_copy(g->id, sizeof g->id, id);
}

/* ---------------------------------------------------------------- cards */

/* A driver that counts instead of telling: amdgpu and others through fdinfo. */
static void test_use_of_a_card_by_its_counter(void **state)
{
    struct fixture *f = *state;
    struct gpu_part *part = &f->s->gpu;
    struct model *m;
    double v;

    card(part, "0000:03:00.0");
    part->process_count = 1;
    part->processes[0].pid = 7;
    part->listed = reading_ok(1, 10 * S, SOURCE_GPU);
    part->listed_uid = -1;
    part->gpus[0].busy_ns = reading_ok(5e9, 10 * S, SOURCE_GPU);
    part->processes[0].busy_ns = reading_ok(1e9, 10 * S, SOURCE_GPU);
    m = step(f, 10 * S);
    assert_false(reading_get(&m->gpus[0].raw[METRIC_GPU_UTILIZATION], &v));
    assert_int_equal(m->gpu_processes[0].utilization_ratio.reason, REASON_FIRST_SAMPLE);

    part->gpus[0].busy_ns = reading_ok(5.5e9, 11 * S, SOURCE_GPU);
    part->processes[0].busy_ns = reading_ok(1.25e9, 11 * S, SOURCE_GPU);
    m = step(f, 11 * S);
    assert_float_equal(value(&m->gpus[0].raw[METRIC_GPU_UTILIZATION]), 0.5, 1e-9);
    assert_float_equal(value(&m->gpu_processes[0].utilization_ratio), 0.25, 1e-9);

    /* Published once more for another part's sake, the card was not asked again: both stand. */
    m = step(f, 11 * S + S / 10);
    assert_float_equal(value(&m->gpus[0].raw[METRIC_GPU_UTILIZATION]), 0.5, 1e-9);
    assert_float_equal(value(&m->gpu_processes[0].utilization_ratio), 0.25, 1e-9);

    /* Two clocks that are read one after the other: a little more than all is all. */
    part->gpus[0].busy_ns = reading_ok(6.55e9, 12 * S, SOURCE_GPU);
    part->processes[0].busy_ns = reading_ok(0.5e9, 12 * S, SOURCE_GPU); /* ran backwards */
    m = step(f, 12 * S);
    assert_float_equal(value(&m->gpus[0].raw[METRIC_GPU_UTILIZATION]), 1, 1e-9);
    assert_int_equal(m->gpu_processes[0].utilization_ratio.reason, REASON_GAP);
    /* And far more is a fault. */
    part->gpus[0].busy_ns = reading_ok(9e9, 13 * S, SOURCE_GPU);
    m = step(f, 13 * S);
    assert_int_equal(m->gpus[0].raw[METRIC_GPU_UTILIZATION].reason, REASON_BAD_DATA);
}

static void test_cards_of_their_own_come_first(void **state)
{
    struct fixture *f = *state;
    struct model *m;

    card(&f->s->gpu, "chip");
    f->s->gpu.gpus[0].integrated = true;
    card(&f->s->gpu, "card");
    card(&f->s->nvidia, "GPU-1");
    m = step(f, 10 * S);
    assert_int_equal(m->gpu_count, 3);
    assert_string_equal(m->gpus[0].facts.id, "GPU-1");
    assert_string_equal(m->gpus[1].facts.id, "card");
    assert_string_equal(m->gpus[2].facts.id, "chip");
    assert_int_equal(m->gpus[0].source, SOURCE_NVIDIA);
}

static void add_service(struct sample *s, size_t count)
{
    s->service_count = count;
    s->services = arena_calloc(&s->arena, count, sizeof *s->services);
    for (size_t i = 0; i < count; i++) {
        struct service_facts *f = &s->services[i];

        f->name = i ? "comfyui" : "ollama";
        f->version = f->url = f->install = f->device = f->runtime = f->argv = "";
        f->words = f->unit = f->container = f->reason = "";
        f->pid = 100 + (int32_t)i;
        f->uid = 1000;
    }
}

static void process(struct gpu_part *p, int32_t pid, int32_t service, double bytes)
{
    p->processes[p->process_count++] = (struct gpu_process_facts){
        .pid = pid, .service = service, .memory_bytes = reading_ok(bytes, 10 * S, SOURCE_NVIDIA)};
}

static void test_who_holds_the_memory(void **state)
{
    struct fixture *f = *state;
    struct gpu_part *p = &f->s->nvidia;
    const struct reading *r;
    struct model *m;

    card(p, "GPU-1");
    p->state = p->listed = reading_ok(1, 10 * S, SOURCE_NVIDIA);
    p->listed_uid = -1;
    add_service(f->s, 2);
    process(p, 100, 0, 3e9);
    process(p, 111, 0, 1e9);
    process(p, 5, OWNER_NONE, 2e9);
    m = step(f, 10 * S);
    assert_true(value(&m->services[0].raw[METRIC_SERVICE_GPU_MEMORY]) == 4e9);
    /* Everybody is listed, and it is not among them: a measured 0. */
    assert_true(value(&m->services[1].raw[METRIC_SERVICE_GPU_MEMORY]) == 0);

    /* One that is not visible here may be anybody's. */
    add_service(f->s, 2);
    process(p, 900, OWNER_UNSEEN, 5e9);
    m = step(f, 10 * S + 1);
    r = &m->services[0].raw[METRIC_SERVICE_GPU_MEMORY];
    assert_int_equal(r->state, READING_UNSUPPORTED);
    assert_int_equal(r->reason, REASON_NO_PROCESS);

    /* Only one user's are listed, and the services are another's. */
    add_service(f->s, 2);
    p->process_count = 0;
    p->listed_uid = 1001;
    m = step(f, 10 * S + 2);
    assert_int_equal(m->services[0].raw[METRIC_SERVICE_GPU_MEMORY].state, READING_DENIED);

    /* A part that the driver does not tell makes the sum unknown. */
    add_service(f->s, 2);
    p->listed_uid = -1;
    process(p, 100, 0, 3e9);
    process(p, 111, 0, 0);
    p->processes[1].memory_bytes = reading_missing(READING_UNSUPPORTED, REASON_NO_DRIVER,
                                                   SOURCE_NVIDIA);
    m = step(f, 10 * S + 3);
    assert_int_equal(m->services[0].raw[METRIC_SERVICE_GPU_MEMORY].reason, REASON_NO_DRIVER);
}

/* ---------------------------------------------------------------- power */

static void energy(struct power_part *p, size_t which, uint64_t uj, int64_t at)
{
    struct power_domain_facts *d = &p->domains[which];

    d->name[0] = (char)('a' + which);
    d->kind = POWER_PACKAGE;
    d->energy_uj = uj;
    d->range_uj = 262143328850; /* what Intel's counters go to */
    d->energy = reading_ok(1, at, SOURCE_POWER);
    p->domain_count = which + 1 > p->domain_count ? (uint32_t)which + 1 : p->domain_count;
}

static void test_energy_counters(void **state)
{
    struct fixture *f = *state;
    struct power_part *p = &f->s->power;
    struct model *m;
    double v;

    p->rapl = reading_ok(1, 10 * S, SOURCE_POWER);
    energy(p, 0, 262143328850 - 20000000, 10 * S);
    energy(p, 1, 1000, 10 * S);
    m = step(f, 10 * S);
    assert_false(reading_get(&m->raw[METRIC_HOST_CPU_POWER], &v));
    energy(p, 0, 30000000, 11 * S); /* wrapped: 50 J */
    energy(p, 1, 40001000, 11 * S); /* 40 J */
    m = step(f, 11 * S);
    assert_float_equal(value(&m->raw[METRIC_HOST_CPU_POWER]), 90, 1e-6);
    m = step(f, 11 * S + S / 10); /* not read again */
    assert_float_equal(value(&m->raw[METRIC_HOST_CPU_POWER]), 90, 1e-6);
    /* Of one package nothing is known: half of the sum would be a lie. */
    energy(p, 0, 60000000, 12 * S);
    p->domains[1].energy = reading_missing(READING_DENIED, REASON_ENERGY_ROOT, SOURCE_POWER);
    m = step(f, 12 * S);
    assert_int_equal(m->raw[METRIC_HOST_CPU_POWER].state, READING_DENIED);
    /* A sensor that tells is believed before any counter. */
    p->cpu_watts = reading_ok(42, 13 * S, SOURCE_POWER);
    m = step(f, 13 * S);
    assert_true(value(&m->raw[METRIC_HOST_CPU_POWER]) == 42);
}

static void test_power_of_all_cards(void **state)
{
    struct fixture *f = *state;
    struct model *m;

    card(&f->s->gpu, "a");
    card(&f->s->gpu, "b");
    f->s->gpu.gpus[0].v[METRIC_GPU_POWER] = reading_ok(100, 10 * S, SOURCE_GPU);
    f->s->gpu.gpus[1].v[METRIC_GPU_POWER] = reading_ok(50, 10 * S, SOURCE_GPU);
    m = step(f, 10 * S);
    assert_true(value(&m->raw[METRIC_HOST_GPU_POWER]) == 150);
    f->s->gpu.gpus[1].v[METRIC_GPU_POWER] = reading_missing(READING_UNSUPPORTED, REASON_ASLEEP,
                                                            SOURCE_GPU);
    m = step(f, 10 * S + 1);
    assert_int_equal(m->raw[METRIC_HOST_GPU_POWER].reason, REASON_ASLEEP);
    f->s->gpu.gpus[1].integrated = true; /* the CPU's package counts it */
    m = step(f, 10 * S + 2);
    assert_true(value(&m->raw[METRIC_HOST_GPU_POWER]) == 100);
}

/* ---------------------------------------------------------------- disks and networks */

static void device(struct fixture *f, uint64_t read, uint64_t written, uint64_t busy, int64_t at)
{
    struct disk_io_part *io = &f->s->disk_io;

    f->s->disk.disk_count = 1;
    utf8_copy(f->s->disk.disks[0].name, SAMPLE_NAME, "sda1");
    utf8_copy(f->s->disk.disks[0].mount, sizeof f->s->disk.disks[0].mount, "/");
    io->device_count = 1;
    io->counters = reading_ok(1, at, SOURCE_DISK_IO);
    io->devices[0] = (struct disk_device_facts){
        .name = "sda1", .read_bytes = read, .write_bytes = written, .busy_ms = busy};
}

static void test_disks(void **state)
{
    struct fixture *f = *state;
    struct model *m;

    device(f, 1000, 5000, 10, 10 * S);
    m = step(f, 10 * S);
    assert_int_equal(m->disks[0].raw[METRIC_DISK_READ].reason, REASON_FIRST_SAMPLE);
    device(f, 3000, 5000, 510, 12 * S);
    m = step(f, 12 * S);
    assert_true(value(&m->disks[0].raw[METRIC_DISK_READ]) == 1000);
    assert_true(value(&m->disks[0].raw[METRIC_DISK_WRITE]) == 0);
    assert_true(value(&m->disks[0].raw[METRIC_DISK_BUSY]) == 0.25);
    device(f, 0, 6000, 520, 13 * S); /* another disk under the old name */
    m = step(f, 13 * S);
    assert_int_equal(m->disks[0].raw[METRIC_DISK_READ].reason, REASON_GAP);
    f->s->disk_io.device_count = 0; /* an overlay has no counters */
    f->s->disk_io.counters = reading_ok(1, 14 * S, SOURCE_DISK_IO);
    m = step(f, 14 * S);
    assert_int_equal(m->disks[0].raw[METRIC_DISK_READ].state, READING_UNSUPPORTED);
}

static void interface(struct fixture *f, uint32_t which, const char *name, bool hidden, double in,
                      int64_t at)
{
    struct network_facts *n = &f->s->network.networks[which];

    utf8_copy(n->name, sizeof n->name, name);
    n->hidden = hidden;
    n->up = true;
    n->receive_bytes = n->transmit_bytes = reading_ok(in, at, SOURCE_NETWORK);
    f->s->network.network_count = which + 1;
}

static void test_networks(void **state)
{
    struct fixture *f = *state;
    struct model *m;

    interface(f, 0, "lo", true, 9e9, 10 * S);
    interface(f, 1, "eno1", false, 1000, 10 * S);
    interface(f, 2, "eno2", false, 5000, 10 * S);
    m = step(f, 10 * S);
    assert_int_equal(m->networks[1].raw[METRIC_NETWORK_RECEIVE].reason, REASON_FIRST_SAMPLE);
    assert_false(m->networks[0].main); /* what only goes round inside is nobody's line */
    assert_false(m->networks[1].main);
    assert_true(m->networks[2].main);
    /* They come and change places: by name, not by place. */
    interface(f, 0, "eno2", false, 5000, 11 * S);
    interface(f, 1, "eno1", false, 3000, 11 * S);
    m = step(f, 11 * S);
    assert_true(value(&m->networks[1].raw[METRIC_NETWORK_RECEIVE]) == 2000);
    assert_true(value(&m->networks[0].raw[METRIC_NETWORK_TRANSMIT]) == 0);
    assert_true(m->networks[0].main);
    f->s->network.networks[0].up = false;
    m = step(f, 11 * S + 1);
    assert_true(m->networks[1].main);
}

/* ---------------------------------------------------------------- processes */

static void one(struct fixture *f, int32_t pid, int64_t start, double cpu, int64_t at)
{
    struct process_facts *p = arena_calloc(&f->s->arena, 1, sizeof *p);

    p->pid = pid;
    p->start = start;
    p->user = p->name = p->argv = "";
    p->service = OWNER_NONE;
    p->at_ns = at;
    for (int i = 0; i < METRIC_PROCESS_COUNT; i++) {
        p->v[i] = NAN;
        p->why[i] = REASON_OTHER_USER;
    }
    p->v[METRIC_PROCESS_CPU] = cpu;
    f->s->processes.processes = p;
    f->s->processes.count = 1;
    f->s->processes.state = reading_ok(1, at, SOURCE_PROCESSES);
}

static struct reading cpu_of(const struct model *m)
{
    return process_reading(&m->processes[0], METRIC_PROCESS_CPU, m->at_ns);
}

static void test_processes_by_identity(void **state)
{
    struct fixture *f = *state;
    struct reading r;
    struct model *m;

    one(f, 7, 100, 5, 10 * S);
    m = step(f, 10 * S);
    assert_int_equal(cpu_of(m).reason, REASON_FIRST_SAMPLE);
    one(f, 7, 100, 6, 12 * S);
    m = step(f, 12 * S);
    r = cpu_of(m);
    assert_true(value(&r) == 0.5);
    r = process_reading(&m->processes[0], METRIC_PROCESS_READ, m->at_ns);
    assert_int_equal(r.state, READING_DENIED); /* another user's */
    one(f, 7, 100, 6, 12 * S);                 /* the same scan again */
    m = step(f, 12 * S + S / 10);
    r = cpu_of(m);
    assert_true(value(&r) == 0.5);
    assert_int_equal(process_find(m, 7, 100), 0);
    assert_int_equal(process_find(m, 7, 101), -1);
    /* Another one with the same number: its time is not the other's. */
    one(f, 7, 300, 90, 13 * S);
    m = step(f, 13 * S);
    assert_int_equal(cpu_of(m).reason, REASON_FIRST_SAMPLE);
    assert_int_equal(process_find(m, 7, 100), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_use_of_a_card_by_its_counter),
        T(test_cards_of_their_own_come_first),
        T(test_who_holds_the_memory),
        T(test_energy_counters),
        T(test_power_of_all_cards),
        T(test_disks),
        T(test_networks),
        T(test_processes_by_identity),
    };
    return cmocka_run_group_tests_name("model_machine", tests, NULL, NULL);
}
