/* What status prints, from models made here: JSON against the shape, templates, the text for a
 * person. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/status_format.h"
#include "cli/status_json.h"
#include "cli/status_shape.h"
#include "cli/status_text.h"
#include "cli/units.h"

#define GIB 1073741824.0
static const int64_t AT_NS = 1000 * NS_PER_S;
static const int64_t WALL_NS = 1795269731 * NS_PER_S; /* 2026-11-21T14:02:11Z */

static struct service_model_facts loaded[2];
static struct service_facts facts[2];
static struct service_model_state services[2];

static struct reading ok(double value)
{
    return reading_ok(value, AT_NS, SOURCE_CPU);
}

static void fill_services(struct model *m)
{
    memset(loaded, 0, sizeof loaded);
    memset(services, 0, sizeof services);
    loaded[0] = (struct service_model_facts){.name = "qwen2.5:7b",
                                             .quantization = "Q4_K_M",
                                             .parameter_count = "7.6B",
                                             .unload_wall_ns = WALL_NS + 252 * NS_PER_S};
    loaded[0].v[METRIC_MODEL_SIZE] = ok(8 * GIB);
    loaded[0].v[METRIC_MODEL_GPU] = ok(6 * GIB);
    loaded[0].v[METRIC_MODEL_CONTEXT] = ok(4096);
    loaded[1] = (struct service_model_facts){
        .name = "nomic", .quantization = "", .parameter_count = "", .keep_loaded = true};
    facts[0] = (struct service_facts){.name = "ollama",
                                      .kind = SERVICE_OLLAMA,
                                      .state = SERVICE_UP,
                                      .since_ns = AT_NS - 60 * NS_PER_S,
                                      .reason = "",
                                      .version = "0.32.3",
                                      .url = "http://127.0.0.1:11434",
                                      .install = "systemd",
                                      .device = "",
                                      .runtime = "",
                                      .argv = "",
                                      .words = "",
                                      .unit = "",
                                      .container = "",
                                      .pid = 812,
                                      .waiting_is_estimate = true,
                                      .loading = true,
                                      .loading_known = true,
                                      .models_answered_ns = AT_NS - 3 * NS_PER_S,
                                      .model_count = 2,
                                      .models_left_out = 3,
                                      .models = loaded};
    facts[1] = (struct service_facts){.name = "images.big",
                                      .kind = SERVICE_COMFYUI,
                                      .state = SERVICE_STUCK,
                                      .reason = "takes connections, does not answer",
                                      .version = "",
                                      .url = "http://127.0.0.1:8188",
                                      .install = "",
                                      .device = "cpu",
                                      .runtime = "PyTorch 2.11.0",
                                      .argv = "",
                                      .words = "",
                                      .unit = "",
                                      .container = ""};
    services[0].facts = &facts[0];
    services[0].raw[METRIC_SERVICE_QUEUE_RUNNING] = ok(1);
    services[0].raw[METRIC_SERVICE_QUEUE_WAITING] = ok(2);
    services[0].raw[METRIC_SERVICE_CPU_UTILIZATION] = ok(1.25);
    services[0].raw[METRIC_SERVICE_MEMORY_USED] = ok(2.5 * GIB);
    services[1].facts = &facts[1];
    m->services = services;
    m->service_count = 2;
}

static struct model *new_model(void)
{
    struct model *m = model_new();
    m->sequence = 2;
    m->at_ns = AT_NS;
    m->wall_ns = WALL_NS;
    m->services_settled = true;
    utf8_copy(m->host.name, sizeof m->host.name, "heron");
    utf8_copy(m->host.os, sizeof m->host.os, "Debian 12");
    utf8_copy(m->host.kernel, sizeof m->host.kernel, "Linux 6.1.0");
    utf8_copy(m->host.chip_name, sizeof m->host.chip_name, "Chip");
    m->raw[METRIC_HOST_UPTIME] = ok(44);
    m->tier_count = 2;
    m->core_count = 3;
    memcpy(m->tiers[0].name, "P", 2);
    memcpy(m->tiers[1].name, "E", 2);
    m->tiers[0].core_count = 2;
    m->tiers[1].core_count = 1;
    m->tiers[0].raw_utilization = ok(0.5);
    m->tiers[0].v[METRIC_TIER_FREQUENCY] = ok(3.2e9);
    m->cores[0].online = m->cores[1].online = true; /* the third is switched off */
    m->cores[1].index = 1;
    m->cores[2].index = 2;
    m->cores[2].tier = 1;
    m->cores[0].raw_utilization = ok(0.5);
    m->cores[2].raw_utilization = ok(0.9);
    m->raw[METRIC_HOST_CPU_UTILIZATION] = ok(0.375);
    m->raw[METRIC_HOST_LOAD_1] = ok(3.1);
    m->raw[METRIC_HOST_LOAD_5] = ok(2);
    m->raw[METRIC_HOST_LOAD_15] = ok(1.25);
    m->raw[METRIC_HOST_MEMORY_TOTAL] = ok(64 * GIB);
    m->raw[METRIC_HOST_MEMORY_USED] = ok(48 * GIB);
    m->raw[METRIC_HOST_MEMORY_CACHED] = ok(8 * GIB);
    m->raw[METRIC_HOST_SWAP_IN] = ok(1.5 * 1048576);
    m->raw[METRIC_HOST_CPU_TEMPERATURE] = reading_missing(READING_DENIED, REASON_PERMISSION,
                                                          SOURCE_THERMAL);
    m->pressure = PRESSURE_WARN;
    m->thermal.sensor_count = 1;
    utf8_copy(m->thermal.sensors[0].name, sizeof m->thermal.sensors[0].name, "Tctl");
    utf8_copy(m->thermal.sensors[0].group, sizeof m->thermal.sensors[0].group, "cpu");
    m->thermal.sensors[0].temperature_c = ok(61);
    m->thermal.fan_count = 1;
    utf8_copy(m->thermal.fans[0].name, sizeof m->thermal.fans[0].name, "fan1");
    m->gpu_count = m->network_count = 1;
    utf8_copy(m->gpus[0].facts.name, sizeof m->gpus[0].facts.name, "Card");
    utf8_copy(m->gpus[0].facts.vendor, sizeof m->gpus[0].facts.vendor, "nvidia");
    m->gpus[0].raw[METRIC_GPU_UTILIZATION] = ok(0.98);
    m->gpus[0].facts.throttle = ok(1);
    m->gpus[0].facts.throttle_count = 1;
    utf8_copy(m->gpus[0].facts.throttles[0], sizeof m->gpus[0].facts.throttles[0], "power cap");
    utf8_copy(m->networks[0].name, sizeof m->networks[0].name, "eth0");
    m->networks[0].up = true;
    m->networks[0].raw[METRIC_NETWORK_RECEIVE] = ok(1048576);
    m->battery = (struct battery_model){.present = true, .on_battery = 1, .charge_ratio = ok(0.5)};
    m->folders.folder_count = 1;
    utf8_copy(m->folders.folders[0].service, sizeof m->folders.folders[0].service, "ollama");
    utf8_copy(m->folders.folders[0].path, sizeof m->folders.folders[0].path, "/srv/models");
    m->folders.folders[0].bytes = ok(7 * GIB);
    m->disk_count = 1;
    utf8_copy(m->disks[0].mount, sizeof m->disks[0].mount, "/");
    m->disks[0].raw[METRIC_DISK_TOTAL] = ok(100 * GIB);
    m->disks[0].raw[METRIC_DISK_FREE] = ok(25 * GIB);
    for (int i = 0; i < SOURCE_COUNT; i++) {
        m->sources[i].name = source_name(i);
        m->sources[i].state = READING_OK;
        m->sources[i].answered_ns = AT_NS;
    }
    m->sources[SOURCE_GPU].state = m->sources[SOURCE_POWER].state = READING_UNSUPPORTED;
    utf8_copy(m->sources[SOURCE_GPU].reason, sizeof m->sources[0].reason, "no source");
    utf8_copy(m->sources[SOURCE_POWER].reason, sizeof m->sources[0].reason, "no source");
    m->sources[SOURCE_THERMAL].state = READING_NONE;
    fill_services(m);
    return m;
}

/* ---- JSON and its shape ---- */

struct seen {
    const struct shape_row *rows;
    size_t count;
    bool *met;
};

static void walk(struct seen *seen, const char *path, const cJSON *value)
{
    char child[256];
    const cJSON *item = NULL;
    int place = 0;
    if (cJSON_IsObject(value) || cJSON_IsArray(value)) {
        cJSON_ArrayForEach(item, value) {
            if (cJSON_IsObject(value)) {
                snprintf(child, sizeof child, "%s%s%s", path, *path ? "." : "", item->string);
            } else if (strcmp(path, "cpu.load_average") == 0) {
                snprintf(child, sizeof child, "%s.%d", path, place++);
            } else {
                snprintf(child, sizeof child, "%s[]", path);
            }
            walk(seen, child, item);
        }
        return;
    }
    for (size_t i = 0; i < seen->count; i++) {
        if (strcmp(seen->rows[i].path, path) == 0) {
            seen->met[i] = true;
            return;
        }
    }
    fail_msg("'%s' is printed, but not in the shape", path);
}

static void test_shape(void **state)
{
    (void)state;
    struct arena arena;
    struct seen seen = {0};
    struct model *m = new_model();
    cJSON *json = status_json(m, 0);
    arena_init(&arena);
    seen.rows = status_shape(&arena, &seen.count);
    seen.met = arena_calloc(&arena, seen.count, sizeof *seen.met);
    walk(&seen, "", json);
    for (size_t i = 0; i < seen.count; i++) {
        const char *p = seen.rows[i].path;
        /* Lists that nothing fills yet. */
        const bool empty = strncmp(p, "advice[]", 8) == 0 || strncmp(p, "alerts[]", 8) == 0 ||
                           strncmp(p, "profile.drift[]", 15) == 0;
        if (!seen.met[i] && !empty) {
            fail_msg("'%s' is in the shape, but not printed", p);
        }
    }
    cJSON_Delete(json);
    arena_release(&arena);
    model_free(m);
}

static void test_json_values(void **state)
{
    (void)state;
    struct model *m = new_model();
    cJSON *json = status_json(m, 0);
    const cJSON *cpu = json_get(json, "cpu"), *cores = json_get(cpu, "cores");
    assert_true(cJSON_IsNull(json_get(cJSON_GetArrayItem(cores, 2), "utilization_ratio")));
    assert_true(cJSON_IsFalse(json_get(cJSON_GetArrayItem(cores, 2), "online")));
    assert_true(cJSON_IsNull(json_get(cJSON_GetArrayItem(cores, 1), "utilization_ratio")));
    assert_string_equal(json_text(json, "time", ""), "2026-11-21T14:02:11.000+00:00");
    const cJSON *service = cJSON_GetArrayItem(json_get(json, "services"), 0);
    assert_string_equal(json_text(json_get(service, "health"), "since", ""),
                        "2026-11-21T14:01:11.000+00:00");
    const cJSON *keeps = cJSON_GetArrayItem(json_get(service, "models"), 1);
    assert_true(cJSON_IsNull(json_get(keeps, "unload_at")));
    assert_true(cJSON_IsTrue(json_get(keeps, "keep_loaded")));
    assert_string_equal(json_text(json_get(json, "memory"), "pressure", ""), "warn");
    cJSON_Delete(json);
    model_free(m);
}

/* Nothing has answered at all: still the whole shape, all of it null. */
static void test_json_nothing(void **state)
{
    (void)state;
    struct model *m = model_new();
    cJSON *json = status_json(m, WALL_NS);
    assert_string_equal(json_text(json, "time", ""), "2026-11-21T14:02:11.000+00:00");
    assert_true(cJSON_IsNull(json_get(json_get(json, "cpu"), "utilization_ratio")));
    assert_true(cJSON_IsNull(json_get(json_get(json, "memory"), "total_bytes")));
    assert_int_equal(cJSON_GetArraySize(json_get(json, "sources")), SOURCE_COUNT);
    const cJSON *gpu = cJSON_GetArrayItem(json_get(json, "sources"), SOURCE_GPU);
    assert_string_equal(json_text(gpu, "name", ""), "gpu");
    assert_true(cJSON_IsNull(json_get(gpu, "state")));
    assert_true(
        cJSON_IsNull(json_get(cJSON_GetArrayItem(json_get(json, "sources"), SOURCE_CPU), "state")));
    cJSON_Delete(json);
    model_free(m);
}

/* ---- templates ---- */

static void test_format(void **state)
{
    (void)state;
    static const struct {
        const char *template, *expected;
    } good[] = {
        {"", ""},
        {"plain % text\n", "plain % text\n"},
        {"{{}} {schema} {{{schema}}}", "{} 1 {1}"},
        {"{cpu.utilization_ratio:%}", "38%"},
        {"{cpu.utilization_ratio:%.1}", "37.5%"},
        {"{cpu.utilization_ratio} {cpu.utilization_ratio:.2}", "0.375 0.38"},
        {"{memory.used_bytes:GiB} {memory.used_bytes:GiB.0}", "48.0 GiB 48 GiB"},
        {"{memory.used_bytes:MiB} {memory.used_bytes}", "49152.0 MiB 51539607552"},
        {"{memory.swap_in_bytes_per_second:MiB}", "1.5 MiB/s"},
        {"{cpu.tiers.P.frequency_hertz:GHz} {cpu.tiers.0.name}", "3.20 GHz P"},
        {"{cpu.tiers.E.frequency_hertz:GHz} {cpu.tiers.7.name}", "- -"},
        {"{cpu.load_average.0} {cpu.load_average.2:.1}", "3.1 1.2"},
        {"{thermal.sensors.Tctl.temperature_celsius:C}", "61\u00b0C"},
        {"{host.uptime_seconds:s} {host.uptime_seconds:s.1}", "44s 44.0s"},
        {"{services.ollama.queue.waiting} {services.ollama.pid}", "2 812"},
        {"{services.ollama.queue.waiting_is_estimate} {services.1.loading}", "true -"},
        {"{services.ollama.loading} {services.ollama.models_age_seconds}", "true 3"},
        {"{services.ollama.models.0.name}", "qwen2.5:7b"},
        {"{services.ollama.models.qwen2.5:7b.size_bytes:GiB}", "8.0 GiB"},
        {"{services.ollama.models.qwen2.5:7b.size_bytes}", "8589934592"},
        {"{services.images.big.state} {services.images.big.queue.waiting}", "stuck -"},
        {"{services.images.state}{services.none.queue.running:.0}", "--"},
        {"{services.none.models.llama3.2:1b.size_bytes:GiB}", "-"},
        {"{host.virtual}", "-"},
    };
    struct model *m = new_model();
    cJSON *json = status_json(m, 0);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct err err = ERR_INIT;
        struct buf out;
        buf_init(&out, 4096);
        if (status_format(good[i].template, json, false, &out, &err) != 0) {
            fail_msg("%s: %s", good[i].template, err.msg);
        }
        assert_string_equal(out.data, good[i].expected);
        buf_clear(&out);
        /* The same template is right before anything was measured. */
        assert_int_equal(status_format(good[i].template, NULL, false, &out, &err), 0);
        buf_release(&out);
    }
    cJSON_Delete(json);
    model_free(m);
}

static void test_format_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *template, *says;
    } wrong[] = {
        {"{services.ollama.queue.waitin}", "did you mean 'services.ollama.queue.waiting'?"},
        {"{services.a.b.queue.waitin}", "no field 'services.a.b.queue.waitin'"},
        {"{cpu.load_average}", "is a group"},
        {"{services.ollama.models.0}", "is a group"},
        {"{host.name:.1}", "is no number"},
        {"{memory.used_bytes:}", "no format ':'"},
        {"{memory.used_bytes:GiB.}", "no format ':GiB.'"},
        {"{memory..used_bytes}", "no field"},
        {"{services..state", "never closed"},
        {"{a{b}", "never closed"},
    };
    struct model *m = new_model();
    cJSON *json = status_json(m, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct err err = ERR_INIT;
        struct buf out;
        buf_init(&out, 4096);
        assert_int_equal(status_format(wrong[i].template, json, false, &out, &err), -ERR_USAGE);
        if (!strstr(err.msg, wrong[i].says)) {
            fail_msg("%s: '%s' does not say '%s'", wrong[i].template, err.msg, wrong[i].says);
        }
        buf_release(&out);
    }
    cJSON_Delete(json);
    model_free(m);
}

static void test_units(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *expected;
    } durations[] = {{0, "0.0s"},     {0.14, "0.1s"},      {9.94, "9.9s"}, {9.96, "10s"},
                     {59.4, "59s"},   {59.6, "1m00s"},     {252, "4m12s"}, {3599.6, "1h00m"},
                     {7500, "2h05m"}, {1051200, "12d04h"}, {-3, "0.0s"},   {NAN, "0.0s"}};
    static const struct {
        double value;
        const char *expected;
    } numbers[] = {{0, "0"},
                   {-0.0, "0"},
                   {1, "1"},
                   {0.5, "0.5"},
                   {1e15, "1000000000000000"},
                   {3200000000.5, "3200000000.5"},
                   {-2.25, "-2.25"}};
    struct buf out;
    buf_init(&out, 512);
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        buf_clear(&out);
        units_add_duration(&out, durations[i].seconds);
        assert_string_equal(out.data, durations[i].expected);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        buf_clear(&out);
        units_add_number(&out, numbers[i].value);
        assert_string_equal(out.data, numbers[i].expected);
    }
    buf_release(&out);
}

/* ---- text ---- */

static void test_text(void **state)
{
    (void)state;
    static const char expected[] =
        "heron   Debian 12   Linux 6.1.0   up 44s\n"
        "Chip   3 cores\n"
        "! images.big is stuck; and more\n"
        "\n"
        "GPU           98 %   ====================   power cap   Card\n"
        "CPU           38 %   ========------------   load 3.10 2.00 1.25\n"
        "  P           50 %   ==========----------   3.20 GHz   2 cores\n"
        "  E            -     not measured yet   1 core\n"
        "Memory        75 %   ===============-----   48.0 of 64.0 GiB   cache 8.0   pressure warn\n"
        "Thermal        -     readable by other users only\n"
        "Power          -     not measured yet      on battery 50 %\n"
        "Disk          75 %   ===============-----   25 of 100 GiB free   /\n"
        "Network   eth0   in 1.0 MiB/s\n"
        "\n"
        "Services\n"
        "  ollama       up      0.32.3   run   1   wait  ~2   CPU 125 %   memory 2.5 GiB   "
        "http://127.0.0.1:11434\n"
        "               qwen2.5:7b   8.0 GiB   75 % GPU   Q4_K_M   context 4096   "
        "unloads in 4m12s\n"
        "               nomic        stays loaded\n"
        "               and 3 more\n"
        "  images.big   stuck   -        run   -   wait   -   http://127.0.0.1:8188\n"
        "               takes connections, does not answer\n"
        "               cpu, PyTorch 2.11.0\n"
        "\n"
        "Not measured\n"
        "  thermal      not measured yet\n"
        "  gpu, power   unsupported: no source\n";
    struct model *m = new_model();
    struct assessment a = {.count = 1};
    const struct status_text_options o = {.ascii = true};
    struct buf out;
    a.findings[0].level = FINDING_CRITICAL;
    utf8_copy(a.findings[0].clause, sizeof a.findings[0].clause, "images.big is stuck");
    utf8_copy(a.findings[0].more, sizeof a.findings[0].more, "and more");
    m->tiers[1].raw_utilization = reading_missing(READING_NONE, REASON_NOT_YET, SOURCE_CPU);
    buf_init(&out, 65536);
    status_text(m, &a, &o, &out);
    assert_string_equal(out.data, expected);
    buf_release(&out);
    model_free(m);
}

static void test_text_nothing(void **state)
{
    (void)state;
    static const char expected[] = "this machine\n"
                                   "\n"
                                   "CPU            -     not measured yet\n"
                                   "Memory         -     not measured yet\n"
                                   "Thermal        -     not measured yet\n"
                                   "\n"
                                   "Services\n"
                                   "  not measured yet\n";
    struct model *m = model_new();
    const struct assessment a = {.count = 0};
    struct status_text_options o = {.color = false};
    struct buf out;
    buf_init(&out, 65536);
    status_text(m, &a, &o, &out);
    assert_string_equal(out.data, expected);
    buf_clear(&out);
    o.color = true;
    status_text(m, &a, &o, &out);
    assert_non_null(strstr(out.data, "\033[1mCPU\033[0m"));
    buf_release(&out);
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape),        cmocka_unit_test(test_json_values),
        cmocka_unit_test(test_json_nothing), cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_wrong), cmocka_unit_test(test_units),
        cmocka_unit_test(test_text),         cmocka_unit_test(test_text_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
