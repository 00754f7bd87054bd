#include "tests/screen/model_builder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/utf8.h"

/* 2026-11-21 14:02:11 UTC; the machines have been up for a while when tunetop begins. */
#define WALL_NS (INT64_C(1795269731) * NS_PER_S)
#define MONO_NS (INT64_C(1051200) * NS_PER_S)
#define GIB 0x1p30
enum { HISTORY_SECONDS = 420 };

static struct reading ok(double value)
{
    return reading_ok(value, MONO_NS, SOURCE_CPU);
}

static struct reading stale(double value, int age_s)
{
    struct reading r = reading_ok(value, MONO_NS - age_s * NS_PER_S, SOURCE_SERVICES);
    r.state = READING_STALE;
    return r;
}

static struct reading missing(enum reading_state state, enum reason reason)
{
    return reading_missing(state, reason, SOURCE_CPU);
}

/* A number in 0..1 that depends on its arguments only: histories look alive and are always the
 * same. */
static double noise(int seed, int t)
{
    uint32_t x = (uint32_t)seed * 2654435761u ^ (uint32_t)t * 2246822519u;
    x ^= x >> 15;
    x *= 2246822519u;
    x ^= x >> 13;
    return (double)(x & 0xFFFF) / 65535.0;
}

static void source(struct model *m, enum source_id id, const char *name, int state,
                   const char *reason)
{
    struct source_status *s = &m->sources[id];
    s->name = name;
    s->state = (uint8_t)state;
    s->period_ns = NS_PER_S;
    s->answered_ns = state == READING_OK ? MONO_NS - 400 * NS_PER_MS : 0;
    s->cost_ns = 120000;
    utf8_copy(s->reason, sizeof s->reason, reason);
}

static void begin(struct built *b, int history_seconds)
{
    struct model *m = b->model = model_new();
    b->history = history_new(WALL_NS - MONO_NS);
    m->sequence = 300;
    m->at_ns = MONO_NS;
    m->wall_ns = WALL_NS;
    m->interval_ns = NS_PER_S;
    m->started_ns = MONO_NS - history_seconds * NS_PER_S;
    m->services_settled = true;
    m->history = b->history;
    for (int i = 0; i < METRIC_HOST_COUNT; i++)
        m->v[i] = missing(READING_UNSUPPORTED, REASON_NO_SOURCE);
    source(m, SOURCE_HOST, "host", READING_OK, "");
    source(m, SOURCE_CPU, "cpu", READING_OK, "");
    source(m, SOURCE_MEMORY, "memory", READING_OK, "");
    source(m, SOURCE_THERMAL, "thermal", READING_OK, "");
    source(m, SOURCE_DISK, "disk", READING_OK, "");
    source(m, SOURCE_GPU, "gpu", READING_UNSUPPORTED,
           "this version of tunetop has no source for it");
    source(m, SOURCE_POWER, "power", READING_UNSUPPORTED,
           "this version of tunetop has no source for it");
    source(m, SOURCE_NETWORK, "network", READING_UNSUPPORTED,
           "this version of tunetop has no source for it");
    source(m, SOURCE_DISCOVERY, "discovery", READING_OK, "");
    source(m, SOURCE_SERVICES, "services", READING_OK, "");
}

static void host(struct model *m, const char *name, const char *os, const char *chip,
                 const char *machine, const char *virtual_name, double uptime_s)
{
    utf8_copy(m->host.name, sizeof m->host.name, name);
    utf8_copy(m->host.os, sizeof m->host.os, os);
    utf8_copy(m->host.chip_name, sizeof m->host.chip_name, chip);
    utf8_copy(m->host.machine_model, sizeof m->host.machine_model, machine);
    utf8_copy(m->host.virtual_name, sizeof m->host.virtual_name, virtual_name);
    m->v[METRIC_HOST_UPTIME] = ok(uptime_s);
}

/* Cores of one tier; the first `busy` of them carry the load. */
static void tier(struct model *m, const char *name, uint32_t cores, uint32_t busy, double ghz)
{
    struct tier_model *t = &m->tiers[m->tier_count];
    double sum = 0;
    utf8_copy(t->name, sizeof t->name, name);
    t->core_count = cores;
    for (uint32_t i = 0; i < cores; i++) {
        struct core_model *c = &m->cores[m->core_count];
        double load = i < busy ? 0.9 - 0.5 * i / busy : 0.02 + 0.06 * noise(7, (int)i);
        c->index = (int32_t)m->core_count++;
        c->tier = (uint8_t)m->tier_count;
        c->online = true;
        c->v[METRIC_CORE_UTILIZATION] = ok(load);
        sum += load;
    }
    t->v[METRIC_TIER_UTILIZATION] = ok(sum / cores);
    t->v[METRIC_TIER_FREQUENCY] = ghz > 0 ? ok(ghz * 1e9)
                                          : missing(READING_UNSUPPORTED, REASON_VIRTUAL);
    m->tier_count++;
    sum = 0;
    for (uint32_t i = 0; i < m->core_count; i++)
        sum += m->cores[i].v[METRIC_CORE_UTILIZATION].value;
    m->v[METRIC_HOST_CPU_UTILIZATION] = ok(sum / m->core_count);
    m->v[METRIC_HOST_CPU_STEAL] = ok(0);
    m->v[METRIC_HOST_LOAD_1] = ok(sum * 1.08);
}

static void memory(struct model *m, double total, double used, double cached, double swap)
{
    m->v[METRIC_HOST_MEMORY_TOTAL] = ok(total * GIB);
    m->v[METRIC_HOST_MEMORY_USED] = ok(used * GIB);
    m->v[METRIC_HOST_MEMORY_AVAILABLE] = ok((total - used) * GIB);
    m->v[METRIC_HOST_MEMORY_CACHED] = ok(cached * GIB);
    m->v[METRIC_HOST_MEMORY_FREE] = ok((total - used - cached) * GIB);
    m->v[METRIC_HOST_SWAP_USED] = ok(swap * GIB);
    m->v[METRIC_HOST_PSI_SOME] = ok(0.01);
    m->v[METRIC_HOST_PSI_FULL] = ok(0);
    m->pressure = PRESSURE_NORMAL;
}

static void sensor(struct model *m, const char *name, const char *group, double celsius)
{
    struct sensor_facts *s = &m->thermal.sensors[m->thermal.sensor_count++];
    utf8_copy(s->name, sizeof s->name, name);
    utf8_copy(s->group, sizeof s->group, group);
    s->temperature_c = ok(celsius);
    if (strcmp(group, "cpu") == 0)
        m->v[METRIC_HOST_CPU_TEMPERATURE] = ok(celsius);
}

static void disk(struct model *m, const char *mount, double total, double left)
{
    struct disk_model *d = &m->disks[m->disk_count++];
    utf8_copy(d->mount, sizeof d->mount, mount);
    d->v[METRIC_DISK_TOTAL] = d->raw[METRIC_DISK_TOTAL] = ok(total * GIB);
    d->v[METRIC_DISK_FREE] = d->raw[METRIC_DISK_FREE] = ok(left * GIB);
}

static void traffic(struct model *m, double read, double written)
{
    struct disk_model *d = &m->disks[0];
    d->v[METRIC_DISK_READ] = d->raw[METRIC_DISK_READ] = ok(read * 0x1p20);
    d->v[METRIC_DISK_WRITE] = d->raw[METRIC_DISK_WRITE] = ok(written * 0x1p20);
}

static void network(struct model *m, const char *name, bool hidden, double in, double out)
{
    struct network_model *n = &m->networks[m->network_count++];
    utf8_copy(n->name, sizeof n->name, name);
    n->hidden = hidden;
    n->up = true;
    n->main = !hidden;
    n->v[METRIC_NETWORK_RECEIVE] = n->raw[METRIC_NETWORK_RECEIVE] = ok(in * 0x1p20);
    n->v[METRIC_NETWORK_TRANSMIT] = n->raw[METRIC_NETWORK_TRANSMIT] = ok(out * 0x1p20);
}

/* A card with what it does; NAN: not told. */
static struct gpu_model *gpu(struct model *m, const char *name, double load, double used,
                             double total)
{
    struct gpu_model *g = &m->gpus[m->gpu_count++];
    utf8_copy(g->facts.name, sizeof g->facts.name, name);
    g->source = SOURCE_NVIDIA;
    for (int i = 0; i < METRIC_GPU_COUNT; i++)
        g->v[i] = missing(READING_UNSUPPORTED, REASON_NO_DRIVER);
    g->v[METRIC_GPU_UTILIZATION] = ok(load);
    g->v[METRIC_GPU_MEMORY_USED] = ok(used * GIB);
    g->v[METRIC_GPU_MEMORY_TOTAL] = ok(total * GIB);
    g->facts.throttle = ok(1);
    m->gpu_state = m->gpu_listed = ok(1);
    m->gpu_listed_uid = -1;
    return g;
}

static void holds(struct model *m, uint32_t card, int32_t pid, int32_t service, double gib)
{
    m->gpu_processes[m->gpu_process_count++] = (struct gpu_process_model){
        .pid = pid,
        .gpu = card,
        .service = service,
        .memory_bytes = ok(gib * GIB),
        .utilization_ratio = ok(0.5)};
}

static void clocks(struct gpu_model *g, double ghz, double most, double watts, double limit,
                   double celsius)
{
    g->v[METRIC_GPU_FREQUENCY] = ok(ghz * 1e9);
    g->v[METRIC_GPU_FREQUENCY_MAX] = ok(most * 1e9);
    g->v[METRIC_GPU_POWER] = ok(watts);
    g->v[METRIC_GPU_POWER_LIMIT] = ok(limit);
    g->v[METRIC_GPU_TEMPERATURE] = ok(celsius);
}

/* History of a host series: base plus some noise, and a step up after `from` seconds. */
static void past(struct built *b, int series, int seconds, double base, double wobble, int from,
                 double step)
{
    for (int t = 0; t < seconds; t++) {
        int64_t at = MONO_NS - (int64_t)(seconds - 1 - t) * NS_PER_S;
        double value = base + wobble * noise(series, t / 7) + (t >= from ? step : 0);
        history_add(b->history, series, at, value);
    }
}

static struct service_model_state *service(struct built *b, int kind, const char *name, int state)
{
    struct model *m = b->model;
    if (m->services == NULL)
        m->services = arena_calloc(&m->arena, 16, sizeof *m->services);
    struct service_facts *f = arena_alloc(&m->arena, sizeof *f);
    f->kind = kind;
    f->name = arena_strdup(&m->arena, name);
    f->state = state;
    f->since_ns = MONO_NS - 18 * NS_PER_S;
    f->answered_ns = state == SERVICE_UP ? MONO_NS - 500 * NS_PER_MS : 0;
    f->answered_wall_ns = f->answered_ns > 0 ? WALL_NS : 0;
    f->reason = f->version = f->install = f->device = f->runtime = f->argv = "";
    f->words = f->unit = f->container = "";
    f->url = kind == SERVICE_OLLAMA ? "http://127.0.0.1:11434" : "http://127.0.0.1:8188";
    struct service_model_state *s = &m->services[m->service_count];
    s->facts = f;
    s->history_slot = (int)m->service_count++;
    for (int i = 0; i < METRIC_SERVICE_COUNT; i++)
        s->v[i] = missing(READING_UNSUPPORTED, REASON_NO_SOURCE);
    if (kind == SERVICE_OLLAMA) {
        s->v[METRIC_SERVICE_QUEUE_RUNNING] = missing(READING_UNSUPPORTED, REASON_NOT_TOLD);
        s->v[METRIC_SERVICE_QUEUE_WAITING] = missing(READING_UNSUPPORTED, REASON_NOT_TOLD);
    }
    return s;
}

static struct service_facts *facts(struct service_model_state *s)
{
    /* The builder made them; the model only lends them as const. */
    union {
        const struct service_facts *from;
        struct service_facts *to;
    } u = {s->facts};
    return u.to;
}

static void usage(struct service_model_state *s, double cpu, double gib)
{
    s->v[METRIC_SERVICE_CPU_UTILIZATION] = ok(cpu);
    s->v[METRIC_SERVICE_MEMORY_USED] = ok(gib * GIB);
}

/* What only the Services tab shows. */
static void process(struct service_model_state *s, int32_t pid, int age_s, const char *install,
                    const char *argv, double processes)
{
    struct service_facts *f = facts(s);
    f->pid = pid;
    f->started_wall_ns = WALL_NS - age_s * NS_PER_S;
    f->install = install;
    f->argv = argv;
    f->since_ns = MONO_NS - (age_s - 3) * NS_PER_S;
    s->v[METRIC_SERVICE_PROCESSES] = ok(processes);
    s->v[METRIC_SERVICE_ANSWER] = ok(0.0021);
    s->v[METRIC_SERVICE_AVAILABILITY] = ok(1);
}

static void queue(struct service_model_state *s, double running, double waiting, bool estimate)
{
    s->v[METRIC_SERVICE_QUEUE_RUNNING] = ok(running);
    s->v[METRIC_SERVICE_QUEUE_WAITING] = ok(waiting);
    facts(s)->waiting_is_estimate = estimate;
}

static void loaded(struct built *b, struct service_model_state *s, const char *name,
                   const char *quantization, double gib, double gpu_share, double context,
                   int unload_s)
{
    struct service_facts *f = facts(s);
    if (f->models == NULL)
        f->models = arena_calloc(&b->model->arena, 8, sizeof *f->models);
    struct service_model_facts *x = &f->models[f->model_count++];
    x->name = arena_strdup(&b->model->arena, name);
    x->quantization = arena_strdup(&b->model->arena, quantization);
    x->parameter_count = "";
    x->v[METRIC_MODEL_SIZE] = ok(gib * GIB);
    x->v[METRIC_MODEL_GPU] = ok(gib * gpu_share * GIB);
    x->v[METRIC_MODEL_CONTEXT] = ok(context);
    x->keep_loaded = unload_s < 0;
    x->unload_wall_ns = unload_s > 0 ? WALL_NS + unload_s * NS_PER_S : unload_s < 0 ? 0 : WALL_NS;
}

static int series(const struct service_model_state *s, enum history_service which)
{
    return history_service_series(s->history_slot, which);
}

/* A Mac mini with Linux on it, both services at work, speeds measured. */
static void make_mac(struct built *b)
{
    begin(b, HISTORY_SECONDS);
    struct model *m = b->model;
    host(m, "mini", "Fedora Asahi 42", "Apple M4 Pro", "Mac mini", "", 12 * 86400 + 4 * 3600);
    tier(m, "P", 10, 3, 4.40);
    tier(m, "E", 4, 1, 1.84);
    memory(m, 48, 36.7, 8.4, 0.4);
    m->v[METRIC_HOST_MEMORY_COMPRESSED] = ok(1.2 * GIB);
    sensor(m, "CPU", "cpu", 71);
    sensor(m, "GPU", "gpu", 78);
    m->v[METRIC_HOST_FAN_SPEED] = ok(1840);
    m->v[METRIC_HOST_SYSTEM_POWER] = ok(61.2);
    m->v[METRIC_HOST_CPU_POWER] = ok(9.8);
    disk(m, "/", 926, 212);
    traffic(m, 0, 0.4);
    network(m, "end0", false, 0.1, 2.1);
    past(b, HISTORY_CPU, HISTORY_SECONDS, 0.15, 0.1, 240, 0.12);
    past(b, HISTORY_MEMORY, HISTORY_SECONDS, 36.2 * GIB, 0.4 * GIB, 200, 0.3 * GIB);
    past(b, HISTORY_TEMPERATURE, HISTORY_SECONDS, 66, 4, 250, 5);
    past(b, HISTORY_POWER, HISTORY_SECONDS, 44, 8, 240, 12);
    struct service_model_state *s = service(b, SERVICE_OLLAMA, "ollama", SERVICE_UP);
    facts(s)->version = "0.33.0";
    queue(s, 3, 2, true);
    s->v[METRIC_SERVICE_GENERATION_RATE] = ok(41.2);
    s->v[METRIC_SERVICE_ETA] = ok(16);
    usage(s, 0.71, 1.9);
    loaded(b, s, "qwen3:30b-a3b", "Q4_K_M", 18.9, 1, 8192, 0);
    loaded(b, s, "nomic-embed-text", "F16", 0.4, 1, 2048, 232);
    facts(s)->unit = "ollama.service";
    process(s, 1102, 280800, "systemd", "/usr/local/bin/ollama serve", 3);
    past(b, series(s, HISTORY_SPEED), HISTORY_SECONDS, 2, 3, 270, 30);
    past(b, series(s, HISTORY_WAIT), HISTORY_SECONDS, 0, 0.3, 330, 2);
    s = service(b, SERVICE_COMFYUI, "comfyui", SERVICE_UP);
    facts(s)->version = "0.33.0";
    facts(s)->device = "mps";
    facts(s)->runtime = "PyTorch 2.11.0";
    queue(s, 1, 12, false);
    s->v[METRIC_SERVICE_SECONDS_PER_STEP] = ok(3.4);
    s->v[METRIC_SERVICE_ETA] = ok(908);
    s->v[METRIC_SERVICE_JOB_STEP] = ok(7);
    s->v[METRIC_SERVICE_JOB_STEPS] = ok(20);
    usage(s, 1.28, 8.9);
    process(s, 1377, 280793, "process",
            "/opt/comfyui/venv/bin/python main.py --listen 127.0.0.1 --port 8188 --reserve-vram 2 "
            "--output-directory /srv/images/out --extra-model-paths-config "
            "/opt/comfyui/extra_model_paths.yaml --api-key *** --preview-method auto",
            1);
    past(b, series(s, HISTORY_SPEED), HISTORY_SECONDS, 0.44, 0.04, 270, -0.16);
    past(b, series(s, HISTORY_WAIT), HISTORY_SECONDS, 16, 0.1, 240, -3);
}

/* A Linux box of this version: no speed is measured yet, processor time of the services is. */
static void make_linux(struct built *b)
{
    begin(b, HISTORY_SECONDS);
    struct model *m = b->model;
    host(m, "rig.lan", "Ubuntu 24.04", "AMD Ryzen 9 7950X", "X670E Steel", "",
         34 * 86400 + 2 * 3600);
    tier(m, "all", 32, 12, 4.92);
    memory(m, 62.7, 28.4, 31, 0);
    sensor(m, "Tctl", "cpu", 84);
    m->v[METRIC_HOST_FAN_SPEED] = ok(1120);
    disk(m, "/srv/models", 3726, 1204);
    disk(m, "/", 1832, 640);
    traffic(m, 0, 1.2);
    network(m, "lo", true, 3, 3);
    network(m, "eno1", false, 0.2, 3.4);
    struct gpu_model *card = gpu(m, "NVIDIA GeForce RTX 4090", 0.98, 23.3, 24);
    clocks(card, 2.61, 3.11, 318, 450, 71);
    utf8_copy(card->facts.throttles[card->facts.throttle_count++], 32, "power cap");
    holds(m, 0, 4410, 1, 14.6);
    holds(m, 0, 5127, 0, 8.3);
    m->v[METRIC_HOST_GPU_POWER] = ok(318);
    m->v[METRIC_HOST_CPU_POWER] = missing(READING_DENIED, REASON_ENERGY_ROOT);
    m->v[METRIC_HOST_CPU_THROTTLED] = ok(0);
    source(m, SOURCE_GPU, "gpu", READING_OK, "");
    source(m, SOURCE_NVIDIA, "nvidia", READING_OK, "");
    past(b, history_gpu_series(0, HISTORY_GPU_LOAD), HISTORY_SECONDS, 0.7, 0.1, 190, 0.2);
    past(b, history_gpu_series(0, HISTORY_GPU_MEMORY), HISTORY_SECONDS, 13 * GIB, 0.1 * GIB, 150,
         10 * GIB);
    past(b, HISTORY_POWER, HISTORY_SECONDS, 240, 20, 190, 60);
    past(b, HISTORY_CPU, HISTORY_SECONDS, 0.1, 0.06, 190, 0.3);
    past(b, HISTORY_MEMORY, HISTORY_SECONDS, 26 * GIB, 0.5 * GIB, 190, 2 * GIB);
    past(b, HISTORY_TEMPERATURE, HISTORY_SECONDS, 58, 3, 190, 22);
    struct service_model_state *s = service(b, SERVICE_OLLAMA, "ollama", SERVICE_UP);
    facts(s)->version = "0.33.0";
    usage(s, 11.66, 6.0);
    s->v[METRIC_SERVICE_GPU_MEMORY] = ok(8.3 * GIB);
    s->v[METRIC_SERVICE_MEMORY_OWN] = ok(5.4 * GIB);
    loaded(b, s, "gpt-oss:20b", "MXFP4", 13.6, 0.61, 16384, 251);
    past(b, series(s, HISTORY_SERVICE_CPU), HISTORY_SECONDS, 0.2, 0.3, 190, 10.5);
    s = service(b, SERVICE_COMFYUI, "comfyui", SERVICE_UP);
    facts(s)->version = "0.33.0";
    facts(s)->device = "cuda:0 NVIDIA GeForce RTX 4090";
    facts(s)->runtime = "PyTorch 2.11.0+cu130";
    queue(s, 1, 4, false);
    usage(s, 1.12, 9.8);
    s->v[METRIC_SERVICE_GPU_MEMORY] = ok(14.6 * GIB);
    s->v[METRIC_SERVICE_MEMORY_OWN] = ok(9.2 * GIB);
    s->v[METRIC_SERVICE_JOB_ELAPSED] = ok(44);
    past(b, series(s, HISTORY_SERVICE_CPU), HISTORY_SECONDS, 0.05, 0.05, 150, 0.95);
    past(b, series(s, HISTORY_WAIT), HISTORY_SECONDS, 0, 0, 150, 4);
}

/* The same box, whose driver and probes have not answered for a while: every value there still is
 * is an old one. */
static void make_hang(struct built *b)
{
    make_linux(b);
    struct model *m = b->model;
    struct gpu_model *g = &m->gpus[0];
    for (int i = 0; i < METRIC_GPU_COUNT; i++)
        if (g->v[i].state == READING_OK)
            g->v[i] = stale(g->v[i].value, 12);
    g->facts.throttle = stale(1, 12);
    m->gpu_state = m->gpu_listed = stale(1, 12);
    for (uint32_t i = 0; i < m->gpu_process_count; i++)
        m->gpu_processes[i].memory_bytes = stale(m->gpu_processes[i].memory_bytes.value, 12);
    static const int host_values[] = {METRIC_HOST_CPU_TEMPERATURE, METRIC_HOST_FAN_SPEED,
                                      METRIC_HOST_GPU_POWER, METRIC_HOST_CPU_THROTTLED};
    for (size_t i = 0; i < sizeof host_values / sizeof host_values[0]; i++)
        m->v[host_values[i]] = stale(m->v[host_values[i]].value, 12);
    m->disks[0].v[METRIC_DISK_READ] = stale(0, 12);
    m->disks[0].v[METRIC_DISK_WRITE] = stale(1.2 * 0x1p20, 12);
    for (uint32_t i = 0; i < m->network_count; i++) {
        m->networks[i].v[METRIC_NETWORK_RECEIVE] = stale(0.2 * 0x1p20, 12);
        m->networks[i].v[METRIC_NETWORK_TRANSMIT] = stale(3.4 * 0x1p20, 12);
    }
    source(m, SOURCE_NVIDIA, "nvidia", READING_STALE, "asked 12 s ago and has not answered");
}

/* Nothing found, twelve seconds after the start. */
static void make_none(struct built *b)
{
    begin(b, 12);
    struct model *m = b->model;
    host(m, "studio.local", "macOS 26.1", "Apple M4 Max", "Mac Studio", "", 3 * 86400 + 3600);
    tier(m, "P", 12, 0, 0);
    tier(m, "E", 4, 0, 0);
    memory(m, 64, 11.8, 20, 0);
    m->v[METRIC_HOST_MEMORY_WIRED] = ok(3.4 * GIB);
    utf8_copy(m->thermal.pressure, sizeof m->thermal.pressure, "nominal");
    sensor(m, "CPU", "cpu", 41);
    sensor(m, "GPU", "gpu", 39);
    m->v[METRIC_HOST_FAN_SPEED] = ok(998);
    disk(m, "/", 926, 641);
    past(b, HISTORY_CPU, 12, 0.03, 0.02, 99, 0);
    past(b, HISTORY_MEMORY, 12, 11.8 * GIB, 0, 99, 0);
    past(b, HISTORY_TEMPERATURE, 12, 41, 1, 99, 0);
}

/* What goes wrong at once: stuck, denied, stale, failed. */
static void make_trouble(struct built *b)
{
    begin(b, HISTORY_SECONDS);
    struct model *m = b->model;
    host(m, "box.lan", "Debian 12", "AMD Ryzen 7 5700G", "", "kvm", 5 * 3600 + 300);
    tier(m, "all", 16, 5, 0);
    memory(m, 31.2, 29.6, 1.2, 1.1);
    m->pressure = PRESSURE_WARN;
    m->v[METRIC_HOST_PSI_SOME] = ok(0.14);
    m->v[METRIC_HOST_CPU_STEAL] = ok(0.12);
    m->v[METRIC_HOST_MEMORY_LIMIT] = ok(16 * GIB);
    m->v[METRIC_HOST_CPU_TEMPERATURE] = missing(READING_FAILED, REASON_STUCK_PROBE);
    m->v[METRIC_HOST_FAN_SPEED] = missing(READING_DENIED, REASON_PERMISSION);
    source(m, SOURCE_THERMAL, "thermal", READING_FAILED,
           "its probe hangs and is not asked again until it answers");
    disk(m, "/", 456, 61);
    m->disks[0].v[METRIC_DISK_FREE] = stale(61 * GIB, 40);
    past(b, HISTORY_CPU, HISTORY_SECONDS, 0.25, 0.1, 999, 0);
    past(b, HISTORY_MEMORY, HISTORY_SECONDS, 28 * GIB, 1 * GIB, 300, 0.6 * GIB);
    struct service_model_state *s = service(b, SERVICE_OLLAMA, "ollama", SERVICE_UP);
    facts(s)->version = "0.33.0";
    usage(s, 4.1, 6.3);
    s->v[METRIC_SERVICE_CPU_UTILIZATION] = missing(READING_DENIED, REASON_PERMISSION);
    s->v[METRIC_SERVICE_MEMORY_USED] = missing(READING_DENIED, REASON_PERMISSION);
    loaded(b, s, "llama3.1:8b", "Q4_0", 6.1, 0, 4096, -1);
    s = service(b, SERVICE_COMFYUI, "comfyui", SERVICE_STUCK);
    facts(s)->version = "0.33.0";
    facts(s)->answered_ns = MONO_NS - 42 * NS_PER_S;
    facts(s)->answered_wall_ns = WALL_NS - 42 * NS_PER_S;
    facts(s)->reason = "takes connections and does not answer";
    process(s, 2210, 8100, "container", "python main.py --cpu", 2);
    facts(s)->since_ns = MONO_NS - 40 * NS_PER_S;
    s->v[METRIC_SERVICE_ANSWER] = stale(1.4, 42);
    s->v[METRIC_SERVICE_AVAILABILITY] = ok(0.9994);
    s->v[METRIC_SERVICE_QUEUE_RUNNING] = stale(1, 42);
    s->v[METRIC_SERVICE_QUEUE_WAITING] = stale(6, 42);
    s->v[METRIC_SERVICE_SECONDS_PER_STEP] = stale(4.1, 42);
    usage(s, 0.0, 7.7);
    past(b, series(s, HISTORY_WAIT), HISTORY_SECONDS - 42, 6, 0, 999, 0);
    past(b, series(s, HISTORY_SERVICE_CPU), HISTORY_SECONDS, 0.9, 0.05, HISTORY_SECONDS - 42, -0.9);
    s = service(b, SERVICE_COMFYUI, "comfyui-8288", SERVICE_ERROR);
    facts(s)->reason = "answers with 502 instead of its status";
    s = service(b, SERVICE_OLLAMA, "spare", SERVICE_DOWN);
    facts(s)->configured = true;
    facts(s)->reason = "nothing listens on port 11500";
}

static void make_starting(struct built *b)
{
    begin(b, 100);
    struct model *m = b->model;
    host(m, "box", "Debian 12", "Intel Core i7-13700K", "", "", 400);
    tier(m, "P", 16, 2, 5.1);
    tier(m, "E", 8, 0, 3.9);
    memory(m, 31.2, 6.4, 9, 0);
    sensor(m, "Package id 0", "cpu", 47);
    disk(m, "/", 456, 203);
    past(b, HISTORY_CPU, 100, 0.05, 0.06, 70, 0.2);
    past(b, HISTORY_MEMORY, 100, 5 * GIB, 0.1 * GIB, 70, 1.3 * GIB);
    past(b, HISTORY_TEMPERATURE, 100, 40, 2, 70, 6);
    service(b, SERVICE_OLLAMA, "ollama", SERVICE_STARTING);
    struct service_model_state *s = service(b, SERVICE_COMFYUI, "comfyui", SERVICE_BUSY);
    facts(s)->answered_ns = 0;
    usage(s, 0.98, 3.2);
    past(b, series(s, HISTORY_SERVICE_CPU), 40, 0.9, 0.1, 99, 0);
}

static void make_many(struct built *b)
{
    make_linux(b);
    struct model *m = b->model;
    for (int i = 0; i < 9; i++) {
        char name[32];
        int kind = i % 2 == 0 ? SERVICE_COMFYUI : SERVICE_OLLAMA;
        snprintf(name, sizeof name, "%s-%d", kind == SERVICE_COMFYUI ? "comfyui" : "ollama",
                 8200 + 11 * i);
        struct service_model_state *s = service(b, kind, name, i >= 6 ? SERVICE_DOWN : SERVICE_UP);
        if (i >= 6)
            continue;
        facts(s)->version = "0.33.0";
        usage(s, 0.1 * i, 1.5 + i);
        if (kind == SERVICE_COMFYUI)
            queue(s, i == 4 ? 1 : 0, 0, false);
        past(b, series(s, HISTORY_SERVICE_CPU), HISTORY_SECONDS, 0.1 * i, 0.2, 999, 0);
    }
    (void)m;
}

static void folder(struct model *m, const char *service, int kind, const char *path, double gib,
                   double files)
{
    struct folder_facts *f = &m->folders.folders[m->folders.folder_count++];
    utf8_copy(f->service, sizeof f->service, service);
    utf8_copy(f->path, sizeof f->path, path);
    f->kind = (uint8_t)kind;
    f->bytes = isnan(gib) ? missing(READING_DENIED, REASON_PERMISSION) : ok(gib * GIB);
    f->files = isnan(gib) ? f->bytes : ok(files);
}

/* Both services in containers that are too small for them. */
static void make_limits(struct built *b)
{
    make_linux(b);
    struct model *m = b->model;
    struct service_model_state *s = &m->services[0];
    facts(s)->container = "4f1c9f7a2b6d";
    process(s, 5120, 9000, "container", "/bin/ollama serve", 2);
    s->v[METRIC_SERVICE_GPU_UTILIZATION] = ok(0.61);
    s->v[METRIC_SERVICE_CPU_LIMIT] = ok(12);
    s->v[METRIC_SERVICE_CPU_THROTTLED] = ok(0.34);
    folder(m, "ollama", FOLDER_MODELS, "~/.ollama/models", 12.3, 41);
    s = &m->services[1];
    facts(s)->container = "comfyui";
    process(s, 4410, 7200, "container", "python main.py --listen 127.0.0.1", 1);
    s->v[METRIC_SERVICE_MEMORY_LIMIT] = ok(10 * GIB);
    s->v[METRIC_SERVICE_GROUP_MEMORY] = ok(9.7 * GIB);
    s->v[METRIC_SERVICE_MEMORY_PEAK] = ok(10 * GIB);
    s->v[METRIC_SERVICE_OOM_KILLS] = ok(3);
    s->kills_watched = 2;
    s->killed_ns = MONO_NS - 252 * NS_PER_S;
    folder(m, "comfyui", FOLDER_MODELS, "/srv/models/comfyui", 214.8, 1);
    folder(m, "comfyui", FOLDER_OUTPUT, "/srv/images/out", 4.1, 1812);
    folder(m, "comfyui", FOLDER_TEMP, "/proc/4410/root/opt/comfyui/temp", NAN, 0);
    m->folders.folders[1].bytes = m->folders.folders[1].files = missing(READING_NONE,
                                                                        REASON_NOT_YET);
}

/* Right after the start: facts are there, rates need a second sample. */
static void make_first(struct built *b)
{
    begin(b, 0);
    struct model *m = b->model;
    m->sequence = 1;
    m->services_settled = false;
    host(m, "box", "Debian 12", "AMD EPYC 7763", "", "kvm", 51 * 60 + 20);
    tier(m, "all", 4, 0, 0);
    memory(m, 15.6, 2.3, 4, 0);
    for (int i = 0; i < METRIC_HOST_COUNT; i++)
        if (i != METRIC_HOST_UPTIME && i != METRIC_HOST_MEMORY_TOTAL)
            m->v[i] = missing(READING_NONE, REASON_FIRST_SAMPLE);
    for (uint32_t i = 0; i < m->core_count; i++)
        m->cores[i].v[METRIC_CORE_UTILIZATION] = missing(READING_NONE, REASON_FIRST_SAMPLE);
    m->tiers[0].v[METRIC_TIER_UTILIZATION] = missing(READING_NONE, REASON_FIRST_SAMPLE);
    m->pressure = PRESSURE_UNKNOWN;
    m->v[METRIC_HOST_CPU_TEMPERATURE] = missing(READING_UNSUPPORTED, REASON_VIRTUAL);
}

static void make_epyc(struct built *b)
{
    begin(b, HISTORY_SECONDS);
    struct model *m = b->model;
    host(m, "node17.cluster.example", "Rocky Linux 9.4", "AMD EPYC 9754 128-Core Processor",
         "AS-8125GS-TNHR", "", 101 * 86400);
    tier(m, "all", 256, 180, 3.1);
    memory(m, 1511.6, 903.2, 512.4, 0);
    sensor(m, "Tctl", "cpu", 88);
    m->v[METRIC_HOST_FAN_SPEED] = ok(11200);
    disk(m, "/", 14306, 9011);
    past(b, HISTORY_CPU, HISTORY_SECONDS, 0.45, 0.1, 200, 0.1);
    past(b, HISTORY_MEMORY, HISTORY_SECONDS, 880 * GIB, 20 * GIB, 999, 0);
    past(b, HISTORY_TEMPERATURE, HISTORY_SECONDS, 84, 4, 999, 0);
    struct service_model_state *s = service(b, SERVICE_OLLAMA, "ollama", SERVICE_UP);
    facts(s)->version = "0.33.0-rc12-long";
    usage(s, 179.3, 612.0);
    loaded(b, s, "hf.co/unsloth/DeepSeek-V3.1-GGUF:UD-Q4_K_XL", "UD-Q4_K_XL", 387.2, 0, 131072, 0);
    loaded(b, s, "\xE5\x8D\x83\xE5\x95\x8F\xE5\xA4\xA7\xE6\xA8\xA1\xE5\x9E\x8B:latest", "Q8_0",
           34.1, 0.31, 32768, 86399);
    loaded(b, s, "llama3.1:8b", "Q4_0", 6.1, 1, 4096, -1);
    past(b, series(s, HISTORY_SERVICE_CPU), HISTORY_SECONDS, 120, 20, 200, 50);
    service(b, SERVICE_COMFYUI, "comfyui", SERVICE_DOWN);
    s = service(b, SERVICE_OLLAMA, "spare", SERVICE_DOWN);
    facts(s)->configured = true;
}

static const struct {
    const char *name;
    void (*make)(struct built *b);
} machines[] = {{"mac", make_mac},         {"linux", make_linux},       {"none", make_none},
                {"trouble", make_trouble}, {"starting", make_starting}, {"many", make_many},
                {"first", make_first},     {"epyc", make_epyc},         {"limits", make_limits},
                {"hang", make_hang}};
enum { MACHINES = sizeof machines / sizeof machines[0] };

struct built model_builder_make(const char *name)
{
    for (int i = 0; i < MACHINES; i++) {
        if (strcmp(machines[i].name, name) != 0)
            continue;
        struct built b = {.name = machines[i].name};
        machines[i].make(&b);
        return b;
    }
    fprintf(stderr, "no machine '%s'\n", name);
    exit(1);
}

void model_builder_free(struct built *b)
{
    model_free(b->model);
    history_free(b->history);
}
