/*
 * services: everything that is known of each service, a block each.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/width.h"
#include "cli/command.h"
#include "cli/located.h"
#include "cli/measure.h"
#include "cli/print.h"
#include "cli/status_json.h"
#include "cli/text_page.h"
#include "cli/units.h"
#include "sampling/folder.h"
#include "sampling/service/service.h"

/* Between the two samples that the use of CPU comes from, as status has it. */
static const double GAP_S = 0.2;
/* 64 services of 64 models, and their command lines. */
enum { OUTPUT_MAX = 16 * 1024 * 1024 };
/* Labels, then values; lines end where a terminal of 100 columns does. */
enum { INDENT = 2, VALUES = 13, WIDTH = 100 };

/* ---- JSON ---- */

static cJSON *words_json(const char *words)
{
    if (!*words) {
        return cJSON_CreateNull();
    }
    cJSON *list = cJSON_CreateArray();
    for (const char *at = words; at;) {
        const char *end = strchr(at, PROCESS_ARGV_SEPARATOR);
        struct buf word;
        buf_init(&word, PROCESS_ARGV * 2);
        buf_add(&word, at, end ? (size_t)(end - at) : strlen(at));
        cJSON_AddItemToArray(list, cJSON_CreateString(word.data));
        buf_release(&word);
        at = end ? end + 1 : NULL;
    }
    return list;
}

static cJSON *services_json(const struct model *m, const struct locations *where,
                            int64_t now_wall_ns)
{
    cJSON *root = status_head_json(m->sequence ? m->wall_ns : now_wall_ns);
    cJSON *list = cJSON_AddArrayToObject(root, "services");
    for (size_t i = 0; i < m->service_count; i++) {
        const struct service_facts *f = m->services[i].facts;
        cJSON *o = status_service_json(m, &m->services[i]);
        cJSON_AddItemToArray(list, o);
        cJSON_AddBoolToObject(o, "configured", f->configured);
        located_add_json(o, locations_find(where, f->name));
        json_add_text_or_null(o, "unit", f->unit);
        json_add_text_or_null(o, "container", f->container);
        cJSON_AddItemToObject(o, "argv", words_json(f->words));
    }
    status_sources_json(root, m, SOURCE_DISCOVERY, SOURCE_SERVICES);
    return root;
}

/* ---- for a person ---- */

static void label(struct text_page *p, const char *text)
{
    text_blanks(p, INDENT);
    text_put(p, STYLE_DIM, text);
    text_tab(p, VALUES);
}

static void put_duration(struct text_page *p, double seconds)
{
    struct buf b;
    buf_init(&b, 64);
    units_add_duration(&b, fmax(seconds, 0));
    text_put(p, STYLE_TEXT, b.data);
    buf_release(&b);
}

static void head_lines(struct text_page *p, const struct model *m, const struct service_facts *f)
{
    const char *kind = service_kind_name(f->kind);
    text_put(p, STYLE_TITLE, f->name);
    text_tab(p, VALUES);
    text_put(p, text_state_style(f->state), service_state_name(f->state));
    if (f->since_ns && m->at_ns - f->since_ns >= NS_PER_S) {
        text_put(p, STYLE_DIM, ", seen for "); /* when it began, tunetop may not have looked */
        put_duration(p, (double)(m->at_ns - f->since_ns) / (double)NS_PER_S);
    }
    if (strcmp(kind, f->name) != 0) {
        text_blanks(p, 3);
        text_put(p, STYLE_DIM, kind);
    }
    if (f->configured) {
        text_blanks(p, 3);
        text_put(p, STYLE_DIM, "named in tunetop.yaml");
    }
    if (f->loading) {
        text_blanks(p, 3);
        text_put(p, STYLE_TEXT, "loads a model");
    }
    text_end(p);
    if (*f->reason) {
        label(p, "reason");
        text_wrap(p, text_state_style(f->state), VALUES, WIDTH, f->reason);
        text_end(p);
    }
}

static void address_line(struct text_page *p, const struct service_model_state *s)
{
    double seconds = 0;
    label(p, "address");
    text_put(p, STYLE_TEXT, s->facts->url);
    if (s->facts->remote) {
        text_blanks(p, 3);
        text_put(p, STYLE_DIM, "on another host");
    }
    if (reading_get(&s->raw[METRIC_SERVICE_ANSWER], &seconds)) {
        text_blanks(p, 3);
        text_put(p, STYLE_DIM, "answers in ");
        text_putf(p, STYLE_TEXT, seconds < 0.01 ? "%.1f" : "%.0f", seconds * 1e3);
        text_put(p, STYLE_DIM, " ms");
    }
    text_end(p);
}

static void process_line(struct text_page *p, const struct service_model_state *s)
{
    double count = 0;
    label(p, "process");
    if (s->facts->pid <= 0) {
        const struct reading *r = &s->raw[METRIC_SERVICE_PROCESSES];
        text_put(p, STYLE_DIM, reason_sentence(r->reason ? r->reason : REASON_NO_PROCESS));
        text_end(p);
        return;
    }
    text_putf(p, STYLE_TEXT, "%d", (int)s->facts->pid);
    text_blanks(p, 3);
    if (reading_get(&s->raw[METRIC_SERVICE_PROCESSES], &count) && count > 1) {
        text_put(p, STYLE_DIM, "and its children: ");
        text_putf(p, STYLE_TEXT, "%.0f", count);
        text_blanks(p, 3);
    }
    text_reading(p, "CPU", &s->raw[METRIC_SERVICE_CPU_UTILIZATION], 0.01, 0, "%");
    text_reading(p, "memory", &s->raw[METRIC_SERVICE_MEMORY_USED], UNITS_GIB, 1, "GiB");
    text_reading(p, "own", &s->raw[METRIC_SERVICE_MEMORY_OWN], UNITS_GIB, 1, "GiB");
    text_end(p);
}

static void gpu_line(struct text_page *p, const struct service_model_state *s)
{
    double v = 0;
    if (!reading_get(&s->raw[METRIC_SERVICE_GPU_MEMORY], &v) &&
        !reading_get(&s->raw[METRIC_SERVICE_GPU_UTILIZATION], &v)) {
        return;
    }
    label(p, "GPU");
    text_reading(p, "use", &s->raw[METRIC_SERVICE_GPU_UTILIZATION], 0.01, 0, "%");
    text_reading(p, "memory", &s->raw[METRIC_SERVICE_GPU_MEMORY], UNITS_GIB, 1, "GiB");
    text_end(p);
}

/* What its control group allows and did to it: nothing where nothing limits it. */
static void limit_lines(struct text_page *p, const struct service_model_state *s)
{
    char text[64];
    double limit = 0, cores = 0, kills = 0;
    const bool limited = reading_get(&s->raw[METRIC_SERVICE_MEMORY_LIMIT], &limit);
    const bool killed = reading_get(&s->raw[METRIC_SERVICE_OOM_KILLS], &kills) && kills > 0;
    const bool held = reading_get(&s->raw[METRIC_SERVICE_CPU_LIMIT], &cores);
    if (!limited && !killed && !held) {
        return;
    }
    label(p, "limits");
    if (limited) {
        text_value(&s->raw[METRIC_SERVICE_GROUP_MEMORY], UNITS_GIB, 1, text, sizeof text);
        text_put(p, STYLE_DIM, "memory ");
        text_putf(p, STYLE_TEXT, "%s of %.1f", text, limit / UNITS_GIB);
        text_put(p, STYLE_DIM, " GiB");
        text_blanks(p, 3);
        text_reading(p, "peak", &s->raw[METRIC_SERVICE_MEMORY_PEAK], UNITS_GIB, 1, "GiB");
    }
    if (killed) {
        text_putf(p, STYLE_WARN, kills == 1 ? "%.0f OOM kill" : "%.0f OOM kills", kills);
    }
    if (held && (limited || killed)) {
        text_end(p);
        text_blanks(p, VALUES);
    }
    if (held) {
        text_put(p, STYLE_DIM, "CPU ");
        text_putf(p, STYLE_TEXT, cores == 1 ? "%.3g core" : "%.3g cores", cores);
        text_blanks(p, 3);
        text_reading(p, "held back in", &s->raw[METRIC_SERVICE_CPU_THROTTLED], 0.01, 0,
                     "% of periods");
    }
    text_end(p);
}

static void folder_lines(struct text_page *p, const struct model *m, const struct service_facts *f)
{
    bool first = true;
    for (uint32_t i = 0; i < m->folders.folder_count; i++) {
        const struct folder_facts *d = &m->folders.folders[i];
        double bytes = 0;
        if (strcmp(d->service, f->name) != 0) {
            continue;
        }
        if (first) {
            label(p, "folders");
        } else {
            text_blanks(p, VALUES);
        }
        first = false;
        text_put(p, STYLE_DIM, folder_kind_name(d->kind));
        text_blanks(p, 1);
        if (reading_get(&d->bytes, &bytes)) {
            text_reading(p, "", &d->bytes, UNITS_GIB, 1, "GiB");
            text_reading(p, "in", &d->files, 1, 0, "files");
        } else {
            text_put(p, STYLE_TEXT, "-");
            text_blanks(p, 1);
            text_put(p, STYLE_DIM, reason_sentence(d->bytes.reason));
            text_blanks(p, 3);
        }
        text_put(p, STYLE_TEXT, d->path);
        text_end(p);
    }
}

static void install_line(struct text_page *p, const struct service_facts *f)
{
    label(p, "install");
    text_put(p, *f->install ? STYLE_TEXT : STYLE_DIM, *f->install ? f->install : "-");
    if (*f->unit) {
        text_blanks(p, 3);
        text_put(p, STYLE_DIM, "unit ");
        text_put(p, STYLE_TEXT, f->unit);
    }
    if (*f->container) {
        text_blanks(p, 3);
        text_put(p, STYLE_DIM, "container ");
        text_putf(p, STYLE_TEXT, "%.12s", f->container); /* as docker ps shows it */
    }
    text_end(p);
}

static void queue_line(struct text_page *p, const struct service_model_state *s)
{
    const struct reading *running = &s->raw[METRIC_SERVICE_QUEUE_RUNNING];
    double v = 0;
    label(p, "queue");
    if (reading_get(running, &v) || reading_get(&s->raw[METRIC_SERVICE_QUEUE_WAITING], &v)) {
        text_count(p, "run", running, false);
        text_count(p, "wait", &s->raw[METRIC_SERVICE_QUEUE_WAITING], s->facts->waiting_is_estimate);
    } else {
        text_put(p, STYLE_DIM, reason_sentence(running->reason ? running->reason : REASON_NOT_YET));
    }
    text_end(p);
}

static void model_lines(struct text_page *p, const struct model *m, const struct service_facts *f)
{
    const int columns = text_model_columns(f);
    for (size_t i = 0; i < f->model_count; i++) {
        int indent = VALUES;
        if (i == 0) {
            label(p, "models");
            indent = 0;
        }
        text_model(p, m->wall_ns, &f->models[i], indent, i == 0 ? columns + VALUES : columns);
    }
    if (f->models_left_out) {
        text_blanks(p, VALUES);
        text_putf(p, STYLE_DIM, "and %zu more", f->models_left_out);
        text_end(p);
    }
    if (f->models_gone) {
        text_blanks(p, VALUES);
        text_putf(p, STYLE_WARN, "no process serves %zu of %zu any more: a request loads it again",
                  f->models_gone, f->model_count + f->models_left_out);
        text_end(p);
    }
}

static void service_block(struct text_page *p, const struct model *m,
                          const struct service_model_state *s, const struct location *where)
{
    const struct service_facts *f = s->facts;
    head_lines(p, m, f);
    address_line(p, s);
    label(p, "version");
    text_put(p, *f->version ? STYLE_TEXT : STYLE_DIM, *f->version ? f->version : "-");
    text_end(p);
    if (*f->device || *f->runtime) {
        label(p, "computes");
        text_putf(p, STYLE_TEXT, "%s%s%s", f->device, *f->device && *f->runtime ? ", " : "",
                  f->runtime);
        text_end(p);
    }
    process_line(p, s);
    gpu_line(p, s);
    limit_lines(p, s);
    folder_lines(p, m, f);
    install_line(p, f);
    located_text(p, where, INDENT, VALUES, WIDTH);
    if (*f->argv) {
        label(p, "command");
        text_wrap(p, STYLE_TEXT, VALUES, WIDTH, f->argv);
        text_end(p);
    }
    queue_line(p, s);
    model_lines(p, m, f);
}

/* What was looked for when there is nothing to show. */
static void none_block(struct text_page *p, const struct model *m)
{
    const struct source_status *d = &m->sources[SOURCE_DISCOVERY];
    text_put(p, STYLE_TITLE, "no service found");
    text_end(p);
    if (d->state != READING_OK) {
        label(p, "reason");
        text_wrap(p, STYLE_TEXT, VALUES, WIDTH,
                  d->reason[0] ? d->reason : reason_sentence(REASON_NOT_YET));
        text_end(p);
        return;
    }
    label(p, "looked for");
    for (int k = 0; k < SERVICE_KIND_COUNT; k++) {
        text_putf(p, STYLE_TEXT, "%s%s", k ? ", " : "", service_kinds[k]->name);
        text_put(p, STYLE_DIM, " (port");
        for (int i = 0; i < 4 && service_kinds[k]->ports[i]; i++) {
            text_putf(p, STYLE_DIM, " %u", service_kinds[k]->ports[i]);
        }
        text_put(p, STYLE_DIM, ")");
    }
    text_end(p);
    text_blanks(p, VALUES);
    text_wrap(p, STYLE_DIM, VALUES, WIDTH,
              "on these ports, on the port of OLLAMA_HOST and on those that their processes hold");
    text_end(p);
    label(p, "next");
    text_wrap(p, STYLE_TEXT, VALUES, WIDTH,
              "name one with its kind and url in tunetop.yaml; 'tunetop doctor' says what listens "
              "here and was not taken");
    text_end(p);
}

static int print(const struct model *m, const struct locations *where, int64_t now_wall_ns,
                 const struct options *o, bool utf8, struct err *err)
{
    struct print p;
    print_begin(&p, o, utf8, OUTPUT_MAX);
    if (o->json) {
        print_json(&p, services_json(m, where, now_wall_ns));
    } else {
        for (size_t i = 0; i < m->service_count; i++) {
            if (i) {
                text_end(&p.page);
            }
            service_block(&p.page, m, &m->services[i],
                          locations_find(where, m->services[i].facts->name));
        }
        if (!m->service_count) {
            none_block(&p.page, m);
        }
    }
    return print_end(&p, err);
}

int cmd_services(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct measure s;
    const struct model *m = NULL;
    int rc = measure_open(&s, o, err);
    if (rc < 0) {
        return rc;
    }
    rc = measure_once(&s, o, GAP_S, &m, err);
    if (rc == 0) {
        struct model *nothing = m ? NULL : model_new();
        struct locations where;

        located_open(&s, m, o, &where);
        rc = print(m ? m : nothing, &where, clock_wall_ns(&clock_real), o, outcome->utf8, err);
        locations_release(&where);
        model_free(nothing);
    }
    outcome->stuck = !measure_close(&s);
    return rc < 0 ? rc : 0;
}
