#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cli/status_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "sampling/folder.h"
#include "sampling/metric.h"

/* Of the shape; goes up only when a field is removed or changes its type, which CONTRACTS
 * forbids. */
static const int SCHEMA = 1;

static double number_of(const struct reading *r)
{
    double value = NAN;
    return r && reading_get(r, &value) ? value : NAN;
}

static cJSON *number_or_null(double value)
{
    return isfinite(value) ? cJSON_CreateNumber(value) : cJSON_CreateNull();
}

static cJSON *child_object(cJSON *parent, const char *key, size_t size)
{
    char name[64];
    if (size >= sizeof name) {
        size = sizeof name - 1;
    }
    memcpy(name, key, size);
    name[size] = '\0';
    cJSON *child = cJSON_GetObjectItemCaseSensitive(parent, name);
    return child ? child : cJSON_AddObjectToObject(parent, name);
}

/* Puts a number at a dotted path of the metric table; a last part that is a digit is a place in a
 * list, which the table names in order. */
static void add_metric(cJSON *object, const char *path, double value)
{
    const char *dot = strchr(path, '.');
    while (dot) {
        if (dot[1] >= '0' && dot[1] <= '9') {
            char name[64];
            const size_t size = (size_t)(dot - path) < sizeof name ? (size_t)(dot - path)
                                                                   : sizeof name - 1;
            memcpy(name, path, size);
            name[size] = '\0';
            cJSON *list = cJSON_GetObjectItemCaseSensitive(object, name);
            if (!list) {
                list = cJSON_AddArrayToObject(object, name);
            }
            cJSON_AddItemToArray(list, number_or_null(value));
            return;
        }
        object = child_object(object, path, (size_t)(dot - path));
        path = dot + 1;
        dot = strchr(path, '.');
    }
    json_add_number(object, path, value);
}

/* All metrics of a scope, from readings in enum order; values NULL: nothing was measured. */
static void add_metrics(cJSON *object, enum metric_scope scope, const struct reading *values)
{
    size_t count = 0;
    const struct metric *rows = metric_rows(scope, &count);
    for (size_t i = 0; i < count; i++) {
        add_metric(object, rows[i].json, number_of(values ? &values[i] : NULL));
    }
}

static void add_time(cJSON *object, const char *key, int64_t wall_ns)
{
    char text[40];
    if (!wall_ns) {
        cJSON_AddNullToObject(object, key);
        return;
    }
    clock_format_rfc3339(wall_ns, text, sizeof text);
    cJSON_AddStringToObject(object, key, text);
}

static void add_host(cJSON *root, const struct model *m)
{
    cJSON *host = cJSON_AddObjectToObject(root, "host");
    json_add_text_or_null(host, "name", m->host.name);
    json_add_text_or_null(host, "os", m->host.os);
    json_add_text_or_null(host, "kernel", m->host.kernel);
    json_add_text_or_null(host, "virtual", m->host.virtual_name);
}

static void add_chip(cJSON *root, const struct model *m)
{
    cJSON *chip = cJSON_AddObjectToObject(root, "chip");
    json_add_text_or_null(chip, "name", m->host.chip_name);
    json_add_text_or_null(chip, "model", m->host.machine_model);
    cJSON *tiers = cJSON_AddArrayToObject(chip, "tier_names");
    for (uint32_t i = 0; i < m->tier_count; i++) {
        cJSON_AddItemToArray(tiers, cJSON_CreateString(m->tiers[i].name));
    }
    cJSON_AddNullToObject(chip, "listed"); /* the model does not know: status_json_assess() */
}

static void add_cpu(cJSON *root, const struct model *m)
{
    cJSON *cpu = cJSON_AddObjectToObject(root, "cpu");
    cJSON *tiers = cJSON_AddArrayToObject(cpu, "tiers");
    for (uint32_t i = 0; i < m->tier_count; i++) {
        cJSON *tier = cJSON_CreateObject();
        cJSON_AddItemToArray(tiers, tier);
        cJSON_AddStringToObject(tier, "name", m->tiers[i].name);
        cJSON_AddNumberToObject(tier, "core_count", m->tiers[i].core_count);
        struct reading v[METRIC_TIER_COUNT];
        memcpy(v, m->tiers[i].v, sizeof v);
        v[METRIC_TIER_UTILIZATION] = m->tiers[i].raw_utilization;
        add_metrics(tier, SCOPE_TIER, v);
    }
    cJSON *cores = cJSON_AddArrayToObject(cpu, "cores");
    for (uint32_t i = 0; i < m->core_count; i++) {
        const struct core_model *c = &m->cores[i];
        cJSON *core = cJSON_CreateObject();
        cJSON_AddItemToArray(cores, core);
        cJSON_AddNumberToObject(core, "index", c->index);
        json_add_text_or_null(core, "tier",
                              c->tier < m->tier_count ? m->tiers[c->tier].name : NULL);
        cJSON_AddBoolToObject(core, "online", c->online);
        struct reading v[METRIC_CORE_COUNT];
        memcpy(v, c->v, sizeof v);
        v[METRIC_CORE_UTILIZATION] = c->raw_utilization;
        add_metrics(core, SCOPE_CORE, c->online ? v : NULL);
    }
}

static void add_thermal(cJSON *root, const struct model *m)
{
    cJSON *thermal = cJSON_AddObjectToObject(root, "thermal");
    json_add_text_or_null(thermal, "pressure", m->thermal.pressure);
    cJSON *sensors = cJSON_AddArrayToObject(thermal, "sensors");
    for (uint32_t i = 0; i < m->thermal.sensor_count; i++) {
        const struct sensor_facts *f = &m->thermal.sensors[i];
        cJSON *sensor = cJSON_CreateObject();
        cJSON_AddItemToArray(sensors, sensor);
        json_add_text_or_null(sensor, "name", f->name);
        json_add_text_or_null(sensor, "group", f->group);
        add_metrics(sensor, SCOPE_SENSOR, &f->temperature_c);
    }
    cJSON *fans = cJSON_AddArrayToObject(thermal, "fans");
    for (uint32_t i = 0; i < m->thermal.fan_count; i++) {
        cJSON *fan = cJSON_CreateObject();
        cJSON_AddItemToArray(fans, fan);
        json_add_text_or_null(fan, "name", m->thermal.fans[i].name);
        add_metrics(fan, SCOPE_FAN, &m->thermal.fans[i].rpm);
    }
}

static void add_disks(cJSON *root, const struct model *m)
{
    cJSON *disks = cJSON_AddArrayToObject(root, "disks");
    for (uint32_t i = 0; i < m->disk_count; i++) {
        const struct disk_model *d = &m->disks[i];
        cJSON *disk = cJSON_CreateObject();
        cJSON_AddItemToArray(disks, disk);
        json_add_text_or_null(disk, "name", d->name);
        json_add_text_or_null(disk, "mount", d->mount);
        add_metrics(disk, SCOPE_DISK, d->raw);
    }
}

static void add_networks(cJSON *root, const struct model *m)
{
    cJSON *networks = cJSON_AddArrayToObject(root, "networks");
    for (uint32_t i = 0; i < m->network_count; i++) {
        const struct network_model *n = &m->networks[i];
        cJSON *network = cJSON_CreateObject();
        cJSON_AddItemToArray(networks, network);
        json_add_text_or_null(network, "name", n->name);
        cJSON_AddBoolToObject(network, "up", n->up);
        cJSON_AddBoolToObject(network, "hidden", n->hidden);
        add_metrics(network, SCOPE_NETWORK, n->raw);
    }
}

static void add_gpus(cJSON *root, const struct model *m)
{
    cJSON *gpus = cJSON_AddArrayToObject(root, "gpus");
    for (uint32_t i = 0; i < m->gpu_count; i++) {
        const struct gpu_model *g = &m->gpus[i];
        cJSON *gpu = cJSON_CreateObject();
        cJSON_AddItemToArray(gpus, gpu);
        json_add_text_or_null(gpu, "name", g->facts.name);
        json_add_text_or_null(gpu, "vendor", g->facts.vendor);
        json_add_text_or_null(gpu, "id", g->facts.id);
        json_add_text_or_null(gpu, "driver", g->facts.driver);
        json_add_number(gpu, "core_count",
                        g->facts.core_count > 0 ? (double)g->facts.core_count : NAN);
        cJSON_AddBoolToObject(gpu, "integrated", g->facts.integrated);
        cJSON_AddBoolToObject(gpu, "memory_is_shared", g->facts.memory_is_shared);
        add_metrics(gpu, SCOPE_GPU, g->raw);
        double ok;
        if (!reading_get(&g->facts.throttle, &ok)) {
            cJSON_AddNullToObject(gpu, "throttle_reasons"); /* not told is not "nothing" */
            continue;
        }
        cJSON *reasons = cJSON_AddArrayToObject(gpu, "throttle_reasons");
        for (uint32_t k = 0; k < g->facts.throttle_count && k < SAMPLE_GPU_THROTTLES; k++) {
            cJSON_AddItemToArray(reasons, cJSON_CreateString(g->facts.throttles[k]));
        }
    }
}

static void add_battery(cJSON *power, const struct model *m)
{
    if (!m->battery.present) {
        cJSON_AddNullToObject(power, "battery");
        return;
    }
    cJSON *battery = cJSON_AddObjectToObject(power, "battery");
    json_add_number(battery, "charge_ratio", number_of(&m->battery.charge_ratio));
    if (m->battery.on_battery < 0) {
        cJSON_AddNullToObject(battery, "on_battery");
    } else {
        cJSON_AddBoolToObject(battery, "on_battery", m->battery.on_battery);
    }
}

static void add_models(cJSON *service, const struct service_facts *f)
{
    cJSON *models = cJSON_AddArrayToObject(service, "models");
    for (size_t i = 0; i < f->model_count; i++) {
        const struct service_model_facts *l = &f->models[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddItemToArray(models, item);
        json_add_text_or_null(item, "name", l->name);
        json_add_text_or_null(item, "quantization", l->quantization);
        json_add_text_or_null(item, "parameter_count", l->parameter_count);
        add_metrics(item, SCOPE_MODEL, l->v);
        add_time(item, "unload_at", l->keep_loaded ? 0 : l->unload_wall_ns);
        cJSON_AddBoolToObject(item, "keep_loaded", l->keep_loaded);
    }
    cJSON_AddNumberToObject(service, "models_left_out", (double)f->models_left_out);
    cJSON_AddNumberToObject(service, "models_gone", (double)f->models_gone);
}

/* How long ago that was; null when it never was. */
static void add_age(cJSON *o, const char *name, const struct model *m, int64_t at_ns)
{
    const double age_ns = (double)(m->at_ns - at_ns);
    json_add_number(o, name, at_ns ? fmax(age_ns, 0) / (double)NS_PER_S : NAN);
}

static void add_folders(cJSON *service, const struct model *m, const char *name)
{
    cJSON *folders = cJSON_AddArrayToObject(service, "folders");
    for (uint32_t i = 0; i < m->folders.folder_count; i++) {
        const struct folder_facts *f = &m->folders.folders[i];
        if (strcmp(f->service, name) != 0) {
            continue;
        }
        cJSON *folder = cJSON_CreateObject();
        cJSON_AddItemToArray(folders, folder);
        json_add_text_or_null(folder, "kind", folder_kind_name(f->kind));
        json_add_text_or_null(folder, "path", f->path);
        json_add_number(folder, "size_bytes", number_of(&f->bytes));
        json_add_number(folder, "file_count", number_of(&f->files));
    }
}

cJSON *status_service_json(const struct model *m, const struct service_model_state *s)
{
    const struct service_facts *f = s->facts;
    cJSON *o = cJSON_CreateObject();
    json_add_text_or_null(o, "name", f->name);
    json_add_text_or_null(o, "kind", service_kind_name(f->kind));
    json_add_text_or_null(o, "state", service_state_name(f->state));
    json_add_text_or_null(o, "reason", f->reason);
    json_add_text_or_null(o, "version", f->version);
    json_add_text_or_null(o, "url", f->url);
    json_add_number(o, "pid", f->pid > 0 ? (double)f->pid : NAN);
    json_add_text_or_null(o, "install", f->install);
    json_add_text_or_null(o, "device", f->device);
    json_add_text_or_null(o, "runtime", f->runtime);
    if (f->loading_known)
        cJSON_AddBoolToObject(o, "loading", f->loading);
    else
        cJSON_AddNullToObject(o, "loading");
    add_age(o, "age_seconds", m, f->answered_ns);
    add_age(o, "models_age_seconds", m, f->models_answered_ns);
    add_models(o, f);
    add_folders(o, m, f->name);
    add_metrics(o, SCOPE_SERVICE, s->raw);
    cJSON_AddBoolToObject(child_object(o, "queue", 5), "waiting_is_estimate",
                          f->waiting_is_estimate);
    cJSON *health = child_object(o, "health", 6);
    json_add_text_or_null(health, "state", service_state_name(f->state));
    add_time(health, "since", f->since_ns ? m->wall_ns - (m->at_ns - f->since_ns) : 0);
    return o;
}

static void add_services(cJSON *root, const struct model *m)
{
    cJSON *services = cJSON_AddArrayToObject(root, "services");
    for (size_t i = 0; i < m->service_count; i++) {
        cJSON_AddItemToArray(services, status_service_json(m, &m->services[i]));
    }
}

static void add_profile(cJSON *root)
{
    cJSON *profile = cJSON_AddObjectToObject(root, "profile");
    cJSON_AddNullToObject(profile, "recommended");
    cJSON_AddNullToObject(profile, "in_effect");
    cJSON_AddStringToObject(profile, "match", "unknown");
    cJSON_AddNullToObject(profile, "matched");
    cJSON_AddNullToObject(profile, "wanted");
    cJSON_AddArrayToObject(profile, "drift");
}

/* Names of rows that no source of this platform fills. */
void status_sources_json(cJSON *root, const struct model *m, int first, int last)
{
    cJSON *sources = cJSON_AddArrayToObject(root, "sources");
    for (int i = first; i <= last; i++) {
        const struct source_status *s = &m->sources[i];
        const bool none = s->state == READING_NONE;
        cJSON *o = cJSON_CreateObject();
        cJSON_AddItemToArray(sources, o);
        cJSON_AddStringToObject(o, "name", source_name(i));
        json_add_text_or_null(o, "state", none ? NULL : reading_state_name(s->state));
        json_add_text_or_null(o, "reason",
                              s->reason[0] || s->state == READING_OK
                                  ? s->reason /* a source that is well says of what is missing */
                                  : reason_sentence(REASON_NOT_YET));
        add_age(o, "age_seconds", m, s->answered_ns);
        json_add_number(o, "cost_seconds",
                        s->answered_ns ? (double)s->cost_ns / (double)NS_PER_S : NAN);
    }
}

cJSON *status_head_json(int64_t wall_ns)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "schema", SCHEMA);
    cJSON_AddStringToObject(root, "version", PACKAGE_VERSION);
    add_time(root, "time", wall_ns);
    return root;
}

cJSON *status_json(const struct model *m, int64_t now_wall_ns)
{
    cJSON *root = status_head_json(m->sequence ? m->wall_ns : now_wall_ns);
    add_host(root, m);
    add_chip(root, m);
    add_cpu(root, m);
    add_gpus(root, m);
    json_add_text_or_null(cJSON_AddObjectToObject(root, "memory"), "pressure",
                          memory_pressure_name(m->pressure));
    add_thermal(root, m);
    add_battery(cJSON_AddObjectToObject(root, "power"), m);
    add_disks(root, m);
    add_networks(root, m);
    add_services(root, m);
    add_profile(root);
    cJSON_AddArrayToObject(root, "advice");
    cJSON_AddArrayToObject(root, "alerts");
    status_sources_json(root, m, 0, SOURCE_COUNT - 1);
    add_metrics(root, SCOPE_HOST, m->raw);
    return root;
}

void status_json_assess(cJSON *root, const struct assessment *a)
{
    if (!a->chip_known) {
        return;
    }
    cJSON_ReplaceItemInObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, "chip"), "listed",
                                           cJSON_CreateBool(a->chip.listed));
    cJSON_ReplaceItemInObjectCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(root, "profile"), "recommended",
        cJSON_CreateString(chip_profile_name((int)a->chip.profile)));
    if (a->chip.bandwidth_gb_s > 0) {
        cJSON_ReplaceItemInObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, "memory"),
                                               "bandwidth_peak_bytes_per_second",
                                               cJSON_CreateNumber(a->chip.bandwidth_gb_s * 1e9));
    }
}

static void add_drift(cJSON *list, const struct effect_drift *d)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "service", d->service);
    cJSON_AddStringToObject(o, "setting", d->setting);
    json_add_text_or_null(o, "file", d->file);
    json_add_text_or_null(o, "process", d->process);
    cJSON_AddStringToObject(o, "reason", d->reason);
    cJSON_AddItemToArray(list, o);
}

void status_json_effect(cJSON *root, const struct effect *e)
{
    cJSON *profile = cJSON_GetObjectItemCaseSensitive(root, "profile");
    cJSON *drift = cJSON_GetObjectItemCaseSensitive(profile, "drift");

    for (size_t i = 0; i < e->drift_count; i++) {
        add_drift(drift, &e->drift[i]);
    }
    cJSON_ReplaceItemInObjectCaseSensitive(profile, "match",
                                           cJSON_CreateString(effect_match_words[e->match]));
    if (e->match == EFFECT_UNKNOWN) {
        return;
    }
    if (e->in_effect) {
        cJSON_ReplaceItemInObjectCaseSensitive(profile, "in_effect",
                                               cJSON_CreateString(e->in_effect));
    }
    cJSON_ReplaceItemInObjectCaseSensitive(profile, "matched",
                                           cJSON_CreateNumber((double)e->matched));
    cJSON_ReplaceItemInObjectCaseSensitive(profile, "wanted",
                                           cJSON_CreateNumber((double)e->wanted));
}
