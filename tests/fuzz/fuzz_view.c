/*
 * Any model at any size: drawing never leaves the surface, never loops, never reads a value that is
 * not there. The input is a stream of choices.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "sampling/process.h"
#include "tui/command.h"
#include "tui/hits.h"
#include "tui/mouse.h"
#include "tui/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct stream {
    const uint8_t *data;
    size_t size, at;
};

static unsigned byte(struct stream *s)
{
    if (s->size == 0)
        return 0;
    /* After the end from the start again, a little different each time. */
    unsigned value = (unsigned)s->data[s->at % s->size] + (unsigned)(s->at / s->size * 37);
    s->at++;
    return value & 0xFF;
}

static unsigned pick(struct stream *s, unsigned below)
{
    unsigned value = byte(s) << 8;
    value |= byte(s);
    return below > 0 ? value % below : value;
}

static double number(struct stream *s)
{
    static const double odd[] = {0, -1, 1e300, -1e300, 0x1p30, 0x1p60, 0.999999, 1, 1e-300, 85};
    switch (pick(s, 4)) {
    case 0:
        return odd[pick(s, sizeof odd / sizeof odd[0])];
    case 1:
        return pick(s, 2) != 0 ? (double)NAN : (double)INFINITY;
    case 2:
        return pick(s, 0) / 65535.0;
    default:
        return pick(s, 0) * 1e7;
    }
}

static struct reading reading(struct stream *s, int64_t now)
{
    unsigned state = pick(s, READING_FAILED + 1);
    if (state != READING_OK && state != READING_STALE)
        return reading_missing((enum reading_state)state, (enum reason)pick(s, REASON_COUNT),
                               SOURCE_CPU);
    struct reading r = reading_ok(number(s), now - pick(s, 100) * NS_PER_S, SOURCE_CPU);
    r.state = (uint8_t)state;
    return r;
}

static void text(struct stream *s, char *out, size_t size)
{
    char raw[200];
    size_t n = pick(s, sizeof raw);
    for (size_t i = 0; i < n; i++)
        raw[i] = (char)pick(s, 256);
    utf8_sanitise(raw, n, out, size, NULL);
}

static const char *arena_text(struct stream *s, struct arena *a)
{
    char out[128];
    text(s, out, sizeof out);
    return arena_strdup(a, out);
}

static void make_service(struct stream *s, struct model *m)
{
    struct service_model_state *x = &m->services[m->service_count];
    struct service_facts *f = arena_alloc(&m->arena, sizeof *f);
    f->name = arena_text(s, &m->arena);
    f->kind = (int)pick(s, SERVICE_KIND_COUNT);
    f->state = (int)pick(s, SERVICE_STATE_COUNT);
    f->since_ns = m->at_ns - pick(s, 0) * NS_PER_S;
    f->answered_ns = pick(s, 2) != 0 ? m->at_ns - pick(s, 0) * NS_PER_S : 0;
    f->answered_wall_ns = pick(s, 0) * NS_PER_S;
    f->reason = arena_text(s, &m->arena);
    f->version = arena_text(s, &m->arena);
    f->words = "";
    f->url = arena_text(s, &m->arena);
    f->install = arena_text(s, &m->arena);
    f->argv = arena_text(s, &m->arena);
    f->pid = (int32_t)pick(s, 2) * (int32_t)pick(s, 0);
    f->started_wall_ns = pick(s, 2) * (m->wall_ns - (int64_t)pick(s, 0) * NS_PER_S);
    f->configured = pick(s, 3) == 0;
    f->added = pick(s, 3) == 0;
    f->kind_unknown = pick(s, 3) == 0;
    f->loading = pick(s, 4) == 0;
    f->unit = arena_text(s, &m->arena);
    f->container = arena_text(s, &m->arena);
    f->device = arena_text(s, &m->arena);
    f->runtime = arena_text(s, &m->arena);
    f->remote = pick(s, 4) == 0;
    f->waiting_is_estimate = pick(s, 2) != 0;
    f->models_left_out = pick(s, 3);
    f->model_count = pick(s, 9);
    f->models = arena_calloc(&m->arena, f->model_count + 1, sizeof *f->models);
    for (size_t i = 0; i < f->model_count; i++) {
        f->models[i].name = arena_text(s, &m->arena);
        f->models[i].quantization = arena_text(s, &m->arena);
        f->models[i].parameter_count = "";
        for (int v = 0; v < METRIC_MODEL_COUNT; v++)
            f->models[i].v[v] = reading(s, m->at_ns);
        f->models[i].keep_loaded = pick(s, 2) != 0;
        f->models[i].unload_wall_ns = m->wall_ns + (int64_t)pick(s, 0) * NS_PER_S - 1000 * NS_PER_S;
    }
    x->facts = f;
    x->history_slot = m->service_count < HISTORY_SERVICES ? (int)m->service_count : -1;
    for (int v = 0; v < METRIC_SERVICE_COUNT; v++)
        x->v[v] = reading(s, m->at_ns);
    m->service_count++;
}

static void make_host(struct stream *s, struct model *m)
{
    text(s, m->host.name, sizeof m->host.name);
    text(s, m->host.os, sizeof m->host.os);
    text(s, m->host.chip_name, sizeof m->host.chip_name);
    text(s, m->host.machine_model, sizeof m->host.machine_model);
    text(s, m->host.virtual_name, sizeof m->host.virtual_name);
    text(s, m->thermal.pressure, sizeof m->thermal.pressure);
    for (int i = 0; i < METRIC_HOST_COUNT; i++)
        m->v[i] = reading(s, m->at_ns);
    m->pressure = (enum memory_pressure)pick(s, PRESSURE_CRITICAL + 1);
    m->tier_count = pick(s, SAMPLE_TIERS + 1);
    for (uint32_t t = 0; t < m->tier_count; t++) {
        text(s, m->tiers[t].name, sizeof m->tiers[t].name);
        m->tiers[t].core_count = pick(s, 500);
        for (int v = 0; v < METRIC_TIER_COUNT; v++)
            m->tiers[t].v[v] = reading(s, m->at_ns);
    }
    m->core_count = pick(s, 8) == 0 ? SAMPLE_CORES : pick(s, 40);
    for (uint32_t i = 0; i < m->core_count; i++) {
        m->cores[i].tier = (uint8_t)(m->tier_count > 0 ? i % m->tier_count : 0);
        m->cores[i].online = i % 7 != 3;
        m->cores[i].v[METRIC_CORE_UTILIZATION] = i < 16 ? reading(s, m->at_ns)
                                                        : reading_ok(0.3, m->at_ns, SOURCE_CPU);
    }
    m->thermal.sensor_count = pick(s, 6);
    for (uint32_t i = 0; i < m->thermal.sensor_count; i++) {
        static const char *const sensor_groups[] = {"cpu", "gpu", "board", "disk"};
        utf8_copy(m->thermal.sensors[i].group, sizeof m->thermal.sensors[i].group,
                  sensor_groups[pick(s, 4)]);
        m->thermal.sensors[i].temperature_c = reading(s, m->at_ns);
    }
    m->disk_count = pick(s, SAMPLE_DISKS + 1);
    for (uint32_t i = 0; i < m->disk_count; i++) {
        text(s, m->disks[i].mount, sizeof m->disks[i].mount);
        m->disks[i].v[METRIC_DISK_TOTAL] = reading(s, m->at_ns);
        m->disks[i].v[METRIC_DISK_FREE] = reading(s, m->at_ns);
    }
    for (int i = 0; i < SOURCE_COUNT; i++) {
        m->sources[i].name = pick(s, 5) == 0 ? NULL : "source";
        m->sources[i].state = (uint8_t)pick(s, READING_FAILED + 1);
        m->sources[i].answered_ns = pick(s, 2) != 0 ? m->at_ns - pick(s, 0) * NS_PER_MS : 0;
        m->sources[i].cost_ns = pick(s, 0) * 1000;
        text(s, m->sources[i].reason, sizeof m->sources[i].reason);
    }
}

static struct reading maybe(struct stream *s, struct model *m)
{
    return pick(s, 3) == 0 ? reading(s, m->at_ns) : reading_ok(number(s), m->at_ns, SOURCE_CPU);
}

/* Rising pids; parents, services and values are anything. */
static void make_processes(struct stream *s, struct model *m)
{
    static const char states[] = "RSDZTI?";
    size_t count = pick(s, 3) == 0 ? pick(s, 400) : pick(s, 20);
    int32_t pid = -2;
    m->processes_state = reading(s, m->at_ns);
    m->processes_left_out = pick(s, 3);
    m->gpu_count = pick(s, 2);
    m->processes = count > 0 ? arena_calloc(&m->arena, count, sizeof *m->processes) : NULL;
    for (size_t i = 0; i < count; i++) {
        struct process_facts *f = arena_calloc(&m->arena, 1, sizeof *f);
        struct process_model *p = &m->processes[m->process_count++];
        pid += 1 + (int32_t)(pick(s, 4) == 0 ? pick(s, 0) : pick(s, 3));
        f->pid = pid;
        f->ppid = pick(s, 3) == 0 ? (int32_t)pick(s, 0) : pid - 6 + (int32_t)pick(s, 9);
        f->start = pick(s, 5);
        f->uid = (int64_t)pick(s, 5) - 1;
        f->user = arena_text(s, &m->arena);
        f->name = arena_text(s, &m->arena);
        char *argv = arena_strdup(&m->arena, arena_text(s, &m->arena));
        for (char *c = argv; *c != '\0'; c++)
            if (*c == ' ')
                *c = PROCESS_ARGV_SEPARATOR;
        f->argv = argv;
        f->service = (int32_t)pick(s, 6) - 2;
        f->state = states[pick(s, sizeof states - 1)];
        f->kernel = pick(s, 5) == 0;
        p->facts = f;
        for (int v = 0; v < METRIC_PROCESS_COUNT; v++) {
            p->v[v] = pick(s, 3) == 0 ? number(s) : pick(s, 0) / 9.0;
            p->why[v] = (uint8_t)pick(s, REASON_COUNT);
        }
    }
    if (count == 0 || pick(s, 2) == 0)
        return;
    const struct process_facts *of = m->processes[pick(s, (unsigned)count)].facts;
    struct process_details *d = arena_calloc(&m->arena, 1, sizeof *d);
    d->pid = of->pid;
    d->start = of->start + (pick(s, 4) == 0);
    d->started_wall_ns = pick(s, 2) * (m->wall_ns - (int64_t)pick(s, 0) * 1000 * NS_PER_S);
    d->argv = of->argv;
    d->cwd = arena_text(s, &m->arena);
    d->executable = arena_text(s, &m->arena);
    d->unit = arena_text(s, &m->arena);
    d->container = arena_text(s, &m->arena);
    d->parent = arena_text(s, &m->arena);
    d->open_files = maybe(s, m);
    d->file_limit = maybe(s, m);
    d->threads = maybe(s, m);
    d->swap_bytes = maybe(s, m);
    d->environment = pick(s, 3) == 0 ? "" : "A=1\nB=\n\nC\nD=a value with words";
    d->environment_state = reading(s, m->at_ns);
    m->details = d;
}

static const char settings_text[] =
    "sources: [{id: T, text: a test of many words that go over the end of a row}]\n"
    "groups:\n"
    "  - title: \"Ollama: \\u65E5\\u672C\\u8A9E and many more words than a small window has room for\"\n"
    "    owner: ollama\n    kind: variable\n    type: integer\n    costs: next-request\n"
    "    verdict: honoured\n    read_back: log\n    source: T 1, T 2\n"
    "    settings:\n"
    "      - {name: A, type: text, reason: r, default: \"\\u65E5\\u672C\"}\n"
    "      - {name: a.name.that.is.as.long.as.the.catalog.lets.a.name.be.and.no.longer, also: [B, C],"
    " reason: \"\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\", use: A,"
    " formula: same, verdict: renamed, instead: something else, memory: much, since: \"0.30\"}\n"
    "      - {name: D, verdict: harmful, reason: why, range: [1, 9], cases: [{verdict: ignored,"
    " places: [linux], devices: [cpu], reason: not there, when: somebody knows it}]}\n"
    "  - title: E\n    owner: macos\n    kind: sysctl\n    type: none\n    costs: now\n"
    "    verdict: unknown\n    read_back: it\n    source: T\n"
    "    settings: [{name: E, reason: r}]\n";
static const char profiles_text[] =
    "profiles:\n"
    "  - {name: high, best_for: all that there is to do and some more beside it, level: high, "
    "services:\n"
    "     [{service: ollama, from: here, settings: [{name: A, value: 5}, {name: B, value: 7},\n"
    "      {name: D, value: 3}, {name: C, value: 1, keep: true}]},\n"
    "     {service: system, from: there, settings: [{name: E, look: true}]}]}\n"
    "  - {name: a-name-longer-than-its-column-is, best_for: \"\\u65E5\\u672C\","
    " base: high}\n";
static const char broken_text[] = "profiles: 1\n";

/* What the Tuning tab shows, read once. */
static struct {
    struct setting_catalog settings;
    struct profile_set profiles;
    struct chip_catalog chips; /* empty: everything is decided by rule */
    bool read;
} catalogs;

static void read_catalogs(void)
{
    static const struct profile_text texts[] = {
        {"profiles.yaml", profiles_text, sizeof profiles_text - 1},
        {"broken.yaml", broken_text, sizeof broken_text - 1},
    };
    struct err err = ERR_INIT;
    if (setting_catalog_parse("settings.yaml", settings_text, sizeof settings_text - 1,
                              &catalogs.settings, &err) < 0 ||
        profile_set_parse(&catalogs.settings, texts, 2, &catalogs.profiles, &err) < 0) {
        fprintf(stderr, "%s: %s\n", err.where, err.msg);
        abort();
    }
    chip_catalog_init(&catalogs.chips);
    catalogs.read = true;
}

/* As the session does it; that an input has an odd size decides, so that what lies in the corpus
 * means what it did. */
static void fill_tuning(struct ui *ui, const struct model *m, struct assessment *a,
                        struct profile_rows *wants)
{
    struct chip_machine machine;
    struct profile_query q;
    struct err err = ERR_INIT;
    if (!catalogs.read)
        read_catalogs();
    chip_machine_of(m, &machine);
    chip_decide(&catalogs.chips, &machine, &a->chip);
    a->chip_known = true;
    view_assess(ui, m, a);
    ui->tuning.settings = &catalogs.settings;
    ui->tuning.profiles = &catalogs.profiles;
    profile_query_of(&q, &a->chip, &machine, m);
    if (profile_resolve(&catalogs.profiles, "high", &q, wants, &err) < 0)
        abort();
    ui->tuning.wants = wants;
}

/* Clicks and the wheel anywhere, on the frame that was drawn last. */
static void point(struct stream *s, struct ui *ui, const struct hits *hits, const struct model *m,
                  const struct surface *surface)
{
    for (unsigned i = pick(s, 6); i > 0; i--) {
        const struct mouse e = {(enum mouse_kind)pick(s, MOUSE_WHEEL_DOWN + 1),
                                (int)pick(s, (unsigned)surface->width + 3) - 1,
                                (int)pick(s, (unsigned)surface->height + 3) - 1};
        const struct hit *hit = hits_at(hits, e.x, e.y);
        if (hit != NULL && (e.x < 0 || e.y < 0 || e.x >= surface->width || e.y >= surface->height))
            abort(); /* nothing lies outside */
        const uint32_t key = mouse_act(ui, hits, &e, m, surface->width, surface->height);
        if (key != 0 && ui->input != UI_INPUT_NONE)
            command_key(ui, key, m, surface->width, surface->height);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stream s = {data, size, 0};
    struct surface surface;
    struct assessment a;
    struct ui ui;
    struct model *m = model_new();
    m->sequence = pick(&s, 5);
    m->at_ns = INT64_C(1000000) * NS_PER_S;
    m->wall_ns = INT64_C(1795269731) * NS_PER_S;
    m->started_ns = m->at_ns - pick(&s, 600) * NS_PER_S;
    m->services_settled = pick(&s, 2) != 0;
    struct history *h = history_new(m->wall_ns - m->at_ns);
    m->history = h;
    make_host(&s, m);
    size_t services = pick(&s, 3) == 0 ? pick(&s, 40) : pick(&s, 4);
    m->services = arena_calloc(&m->arena, services + 1, sizeof *m->services);
    for (size_t i = 0; i < services; i++)
        make_service(&s, m);
    for (unsigned i = pick(&s, 30); i > 0; i--)
        history_add(h, (int)pick(&s, HISTORY_SERIES), m->at_ns - i * 7 * NS_PER_S, number(&s));
    make_processes(&s, m);
    assess_run(m, &a);
    ui_init(&ui, NS_PER_S);
    struct profile_rows wants = {.count = 0};
    if (size % 2 != 0)
        fill_tuning(&ui, m, &a, &wants);
    struct hits hits;
    hits_init(&hits);
    surface_init(&surface, 1, 1);
    surface.hits = &hits;
    for (int frame = 0; frame < 4; frame++) {
        surface_resize(&surface, 1 + (int)pick(&s, frame == 3 ? 420 : 130),
                       1 + (int)pick(&s, frame == 3 ? 130 : 50));
        surface.ascii = pick(&s, 2) != 0;
        view_draw(&surface, m, &a, &ui);
        view_update(&ui, m);
        if (pick(&s, 2) != 0)
            view_act(&ui, size % 2 != 0 ? ACTION_TUNING : ACTION_PROCESSES, m, surface.width,
                     surface.height);
        for (unsigned i = pick(&s, 6); i > 0; i--)
            view_act(&ui, (enum action)pick(&s, ACTION_COUNT), m, surface.width, surface.height);
        for (unsigned i = pick(&s, 6); i > 0 && ui.input != UI_INPUT_NONE; i--)
            command_key(&ui, pick(&s, 3) == 0 ? KEYCODE_BASE + pick(&s, 0x40) : pick(&s, 0), m,
                        surface.width, surface.height);
        surface_clear(&surface);
        hits_clear(&hits);
        hits.input = (int)ui.input;
        hits.tab = (int)ui.tab;
        view_draw(&surface, m, &a, &ui);
        for (int i = 0; i < surface.width * surface.height; i++) {
            const struct cell *c = &surface.cells[i];
            /* Wide ones end inside their row; every cell has a role. */
            if (c->width > 2 || c->role >= ROLE_COUNT || c->rune < ' ' ||
                (c->width == 2 && (i % surface.width == surface.width - 1 || c[1].width != 0)) ||
                (surface.ascii && c->rune >= 0x80))
                abort();
        }
        point(&s, &ui, &hits, m, &surface);
    }
    hits_release(&hits);
    profile_rows_release(&wants);
    ui_release(&ui);
    surface_release(&surface);
    model_free(m);
    history_free(h);
    return 0;
}
