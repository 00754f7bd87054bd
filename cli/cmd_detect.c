/*
 * detect: which machine this is, which profile fits it, what a container on it should get, and
 * which of the installed models fit; for another machine with --chip.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "cli/chips.h"
#include "cli/command.h"
#include "cli/installed_models.h"
#include "cli/measure.h"
#include "cli/other_machine.h"
#include "cli/print.h"
#include "cli/status_json.h"
#include "cli/text_page.h"
#include "cli/units.h"

/* Between the two samples, as status has it; detect itself needs no rates. */
static const double GAP_S = 0.2;
/* A screenful of text, or a hundred lines of JSON; and as many models as are asked about. */
enum { OUTPUT_MAX = 1024 * 1024 };
/* Labels, then values; lines end where a terminal of 100 columns does. */
enum { INDENT = 2, VALUES = 13, WIDTH = 100 };

/* What runs on the machine; "" unknown. */
struct software {
    char os[64], ollama[64], comfyui[64], pytorch[64];
};

struct detection {
    const struct model *m; /* NULL: of another machine */
    struct chip_machine machine;
    struct chip_answer answer;
    struct software software;
    struct fit_place place;
    const struct installed_models *installed; /* NULL: not asked */
    char model_name[64];                      /* "Mac mini (M4, 2024)"; "" unknown */
};

/* ---- what there is ---- */

/* The first service of each kind that told its version; a runtime is "PyTorch 2.11.0". */
static void find_software(const struct model *m, struct software *out)
{
    static const char torch[] = "PyTorch ";
    utf8_copy(out->os, sizeof out->os, m->host.os);
    for (size_t i = 0; i < m->service_count; i++) {
        const struct service_facts *f = m->services[i].facts;
        if (f->remote) {
            continue;
        }
        char *version = f->kind == SERVICE_OLLAMA    ? out->ollama
                        : f->kind == SERVICE_COMFYUI ? out->comfyui
                                                     : NULL;
        if (version && !version[0]) {
            utf8_copy(version, sizeof out->ollama, f->version);
        }
        if (!out->pytorch[0] && strncmp(f->runtime, torch, sizeof torch - 1) == 0) {
            utf8_copy(out->pytorch, sizeof out->pytorch, f->runtime + sizeof torch - 1);
        }
    }
}

static void detect_here(const struct chip_catalog *c, const struct model *m, struct detection *out)
{
    out->m = m;
    chip_machine_of(m, &out->machine);
    chip_decide(c, &out->machine, &out->answer);
    fit_place_here(m, &out->machine, &out->answer, &out->place);
    find_software(m, &out->software);
    const struct chip_model *row = chip_catalog_model(c, m->host.machine_model);
    utf8_copy(out->model_name, sizeof out->model_name, row ? row->name : m->host.machine_model);
}

static int detect_other(const struct chip_catalog *c, const struct options *o,
                        struct detection *out, struct err *err)
{
    const int rc = other_machine(o, &out->machine, err);
    if (rc == 0) {
        chip_decide(c, &out->machine, &out->answer);
        fit_place_of(&out->machine, &out->answer, NAN, NAN, &out->place);
    }
    return rc;
}

/* The contexts that the largest models are given for. */
static const int64_t fit_contexts[] = {4096, 8192, 16384, 32768};
enum { FIT_CONTEXTS = sizeof fit_contexts / sizeof *fit_contexts };

/* ---- for a script ---- */

static void print_env(const struct chip_answer *a, struct buf *out)
{
    buf_printf(out,
               "MEMORY_LIMIT=%s\nCPU_LIMIT=%.2f\nPERFORMANCE_PROFILE=%s\nRECOMMENDED_MEMORY=%d\n",
               a->limit, a->cpu_fraction, chip_profile_name((int)a->profile), a->recommended_gb);
}

static void add_count(cJSON *o, const char *key, bool known, int value)
{
    json_add_number(o, key, known ? (double)value : (double)NAN);
}

static void add_fits(cJSON *root, const struct fit_budget *b)
{
    cJSON *fits = cJSON_AddObjectToObject(root, "fits");
    json_add_number(fits, "budget_bytes", b->bytes);
    cJSON_AddBoolToObject(fits, "budget_is_estimate", b->estimated);
    cJSON *list = cJSON_AddArrayToObject(fits, "largest");
    for (size_t i = 0; i < FIT_CONTEXTS; i++) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddItemToArray(list, row);
        json_add_number(row, "context_tokens", (double)fit_contexts[i]);
        for (int w = 0; w < FIT_WEIGHTS_COUNT; w++) {
            const struct fit_class *c = fit_largest(b->bytes, (enum fit_weights)w, fit_contexts[i]);
            json_add_text_or_null(row, fit_weights_name(w), c ? c->name : NULL);
        }
    }
}

static cJSON *answer_json(const struct detection *d, int64_t wall_ns)
{
    const struct chip_answer *a = &d->answer;
    cJSON *root = status_head_json(wall_ns);
    json_add_text_or_null(root, "chip", a->name.text);
    cJSON_AddStringToObject(root, "device", chip_device_name((int)a->device));
    json_add_text_or_null(root, "model", d->model_name);
    add_count(root, "gpu_core_count", d->machine.gpu_cores > 0, d->machine.gpu_cores);
    json_add_number(root, "gpu_memory_total_bytes", d->machine.vram_bytes);
    json_add_number(root, "memory_total_bytes", d->machine.memory_bytes);
    json_add_number(root, "memory_available_bytes", d->machine.available_bytes);
    json_add_text_or_null(root, "memory_level_now", chip_level_name(a->level_now));
    json_add_number(root, "bandwidth_peak_bytes_per_second",
                    a->bandwidth_gb_s > 0 ? a->bandwidth_gb_s * 1e9 : NAN);
    cJSON *software = cJSON_AddObjectToObject(root, "software");
    json_add_text_or_null(software, "os", d->software.os);
    json_add_text_or_null(software, "ollama", d->software.ollama);
    json_add_text_or_null(software, "comfyui", d->software.comfyui);
    json_add_text_or_null(software, "pytorch", d->software.pytorch);
    cJSON_AddBoolToObject(root, "listed", a->listed);
    cJSON_AddStringToObject(root, "memory_limit", a->limit);
    json_add_number(root, "memory_limit_bytes", a->limit_bytes);
    json_add_number(root, "cpu_fraction", a->cpu_fraction);
    cJSON_AddStringToObject(root, "profile", chip_profile_name((int)a->profile));
    json_add_number(root, "recommended_memory_gb", a->recommended_gb);
    cJSON_AddStringToObject(root, "memory_level", chip_level_name((int)a->level));
    cJSON *image = cJSON_AddArrayToObject(root, "max_image_size");
    cJSON_AddItemToArray(image, cJSON_CreateNumber(a->image_width));
    cJSON_AddItemToArray(image, cJSON_CreateNumber(a->image_height));
    cJSON *pools = cJSON_AddObjectToObject(root, "memory_pools");
    json_add_number(pools, "llm_models_bytes", a->pools.llm_models);
    json_add_number(pools, "inference_cache_bytes", a->pools.inference_cache);
    json_add_number(pools, "processing_buffer_bytes", a->pools.processing_buffer);
    json_add_number(pools, "system_reserve_bytes", a->pools.system_reserve);
    cJSON *threads = cJSON_AddObjectToObject(root, "threads");
    const struct chip_threads *t = &a->threads;
    add_count(threads, "performance", t->known, t->performance);
    add_count(threads, "efficiency", t->known, t->efficiency);
    add_count(threads, "llm", t->known, t->llm);
    add_count(threads, "io", t->known, t->io);
    add_count(threads, "background", t->known, t->background);
    add_fits(root, &d->place.budget);
    installed_models_json(root, d->installed);
    cJSON_AddStringToObject(root, "reason", a->reason);
    return root;
}

/* ---- for a person ---- */

static void label(struct text_page *p, const char *text)
{
    text_blanks(p, INDENT);
    text_put(p, STYLE_DIM, text);
    text_tab(p, VALUES);
}

/* "very high": a level in a sentence. */
static const char *level_words(int level)
{
    static const char *const words[LEVEL_COUNT] = {"very low", "low", "medium", "high",
                                                   "very high"};
    return level >= 0 && level < LEVEL_COUNT ? words[level] : "unknown";
}

/* A word in front of "profile" and "level". */
static const char *article(const char *word)
{
    return strchr("aeiou", word[0]) ? "an" : "a";
}

static void head_line(struct text_page *p, const struct detection *d)
{
    const struct chip_answer *a = &d->answer;
    text_put(p, STYLE_TITLE, a->name.text[0] ? a->name.text : "unknown chip");
    if (d->model_name[0]) {
        text_blanks(p, 3);
        text_put(p, STYLE_TEXT, d->model_name);
    }
    if (d->machine.performance + d->machine.efficiency > 0) {
        text_blanks(p, 3);
        text_putf(p, STYLE_TEXT, "%d cores", d->machine.performance + d->machine.efficiency);
    } else if (a->bin) {
        text_blanks(p, 3);
        text_putf(
            p, STYLE_TEXT, "%s%d cores", a->bin_count > 1 ? "at least " : "",
            (int)(a->bin->super_cores + a->bin->performance_cores + a->bin->efficiency_cores));
    }
    if (isfinite(d->machine.memory_bytes)) {
        text_blanks(p, 3);
        text_putf(p, STYLE_TEXT, "%.1f GiB", d->machine.memory_bytes / 0x1p30);
    }
    if (isfinite(d->machine.vram_bytes)) {
        text_blanks(p, 3);
        text_putf(p, STYLE_TEXT, "card with %.1f GiB", d->machine.vram_bytes / 0x1p30);
    }
    if (d->software.os[0]) {
        text_blanks(p, 3);
        text_put(p, STYLE_DIM, d->software.os);
    }
    text_end(p);
}

/* Level and limits, in one sentence. */
static void sentence(struct text_page *p, const struct chip_answer *a)
{
    const char *profile = chip_profile_name((int)a->profile);
    char text[256];
    snprintf(text, sizeof text,
             "With %s %s memory level the profile is %s: give a container at most %s of memory and "
             "%.2f of the machine's CPU.",
             article(level_words((int)a->level)), level_words((int)a->level), profile, a->limit,
             a->cpu_fraction);
    text_wrap(p, STYLE_TEXT, 0, WIDTH, text);
    text_end(p);
    text_end(p);
}

static void memory_line(struct text_page *p, const struct detection *d)
{
    const struct chip_answer *a = &d->answer;
    if (isfinite(d->machine.available_bytes)) {
        label(p, "now");
        text_putf(p, STYLE_TEXT, "%.1f GiB available, a level of %s",
                  d->machine.available_bytes / 0x1p30, level_words(a->level_now));
        text_end(p);
    }
    label(p, "images");
    text_putf(p, STYLE_TEXT, "up to %d x %d on %s", a->image_width, a->image_height,
              chip_device_name((int)a->device));
    text_end(p);
    if (isfinite(a->pools.llm_models)) {
        label(p, "pools");
        text_putf(p, STYLE_TEXT,
                  "models %.1f   inference cache %.1f   processing %.1f   system %.1f GiB",
                  a->pools.llm_models / 0x1p30, a->pools.inference_cache / 0x1p30,
                  a->pools.processing_buffer / 0x1p30, a->pools.system_reserve / 0x1p30);
        text_end(p);
    }
}

static void thread_line(struct text_page *p, const struct chip_threads *t)
{
    label(p, "threads");
    if (!t->known) {
        text_put(p, STYLE_DIM, "- the cores of this chip are not known");
    } else {
        text_putf(p, STYLE_TEXT, "%d for the model", t->llm);
        if (t->efficiency > 0) {
            text_putf(p, STYLE_TEXT, " (%d performance, %d efficiency)", t->performance,
                      t->efficiency);
        }
        text_putf(p, STYLE_TEXT, "   %d for I/O   %d in the background", t->io, t->background);
    }
    text_end(p);
}

static void software_line(struct text_page *p, const struct software *s)
{
    const struct {
        const char *name, *version;
    } rows[] = {{"Ollama", s->ollama}, {"ComfyUI", s->comfyui}, {"PyTorch", s->pytorch}};
    bool first = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].version[0]) {
            if (first) {
                label(p, "software");
            }
            text_blanks(p, first ? 0 : 3);
            text_putf(p, STYLE_TEXT, "%s %s", rows[i].name, rows[i].version);
            first = false;
        }
    }
    if (!first) {
        text_end(p);
    }
}

/* The largest class of models at each context and width of weights. */
static void fit_lines(struct text_page *p, const struct fit_budget *b)
{
    static const char *const names[FIT_WEIGHTS_COUNT] = {"Q4", "Q8", "F16"};
    if (!isfinite(b->bytes)) {
        return;
    }
    label(p, "holds");
    text_putf(p, STYLE_DIM, "context");
    for (size_t i = 0; i < FIT_CONTEXTS; i++) {
        char text[16];
        snprintf(text, sizeof text, "%dK", (int)(fit_contexts[i] / 1024));
        text_right(p, STYLE_DIM, 7, text);
    }
    text_end(p);
    for (int w = 0; w < FIT_WEIGHTS_COUNT; w++) {
        text_blanks(p, VALUES);
        text_putf(p, STYLE_DIM, "%-7s", names[w]);
        for (size_t i = 0; i < FIT_CONTEXTS; i++) {
            const struct fit_class *c = fit_largest(b->bytes, (enum fit_weights)w, fit_contexts[i]);
            text_right(p, c ? STYLE_TEXT : STYLE_DIM, 7, c ? c->name : "-");
        }
        text_end(p);
    }
    char text[200];
    snprintf(text, sizeof text,
             "an estimate: the largest class of models in %.1f GiB, %s, for one request at a time",
             b->bytes / 0x1p30, b->what);
    text_blanks(p, VALUES);
    text_wrap(p, STYLE_DIM, VALUES, WIDTH, text);
    text_end(p);
}

static void print_text(struct text_page *p, const struct detection *d)
{
    const struct chip_answer *a = &d->answer;
    head_line(p, d);
    sentence(p, a);
    label(p, "because");
    text_wrap(p, STYLE_TEXT, VALUES, WIDTH, a->reason);
    text_end(p);
    memory_line(p, d);
    thread_line(p, &a->threads);
    if (a->bandwidth_gb_s > 0) {
        label(p, "bandwidth");
        text_putf(p, STYLE_TEXT, "up to %.0f GB/s", a->bandwidth_gb_s);
        text_end(p);
    }
    fit_lines(p, &d->place.budget);
    if (d->installed) {
        installed_models_lines(p, d->installed, label, VALUES, WIDTH);
    }
    label(p, "best with");
    text_putf(p, STYLE_TEXT, "%d GB of memory or more", a->recommended_gb);
    text_end(p);
    software_line(p, &d->software);
}

/* ---- the command ---- */

static int print(const struct detection *d, int64_t wall_ns, const struct options *o, bool utf8,
                 struct err *err)
{
    struct print p;
    print_begin(&p, o, utf8, OUTPUT_MAX);
    if (o->env) {
        print_env(&d->answer, &p.out);
    } else if (o->json) {
        print_json(&p, answer_json(d, wall_ns));
    } else {
        print_text(&p.page, d);
    }
    return print_end(&p, err);
}

static int measure_and_print(const struct chip_catalog *c, const struct options *o,
                             struct outcome *outcome, struct err *err)
{
    struct measure s;
    const struct model *m = NULL;
    int rc = measure_open(&s, o, err);
    if (rc < 0) {
        return rc;
    }
    rc = measure_once(&s, o, GAP_S, &m, err);
    if (rc == 0) {
        struct detection d = {0};
        struct installed_models installed = {.known = false};
        struct model *nothing = m ? NULL : model_new();
        detect_here(c, m ? m : nothing, &d);
        if (!o->env) {
            installed_models_ask(d.m, &s.config, o, &d.place, &installed);
            d.installed = &installed;
        }
        rc = print(&d, m && m->sequence ? m->wall_ns : clock_wall_ns(&clock_real), o, outcome->utf8,
                   err);
        installed_models_release(&installed);
        model_free(nothing);
    }
    outcome->stuck = !measure_close(&s);
    return rc;
}

int cmd_detect(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct chip_catalog catalog;
    int rc = chips_open(&catalog, o, &outcome->warning, err);
    if (rc == 0 && o->chip) {
        struct detection d = {0};
        rc = detect_other(&catalog, o, &d, err);
        if (rc == 0) {
            rc = print(&d, clock_wall_ns(&clock_real), o, outcome->utf8, err);
        }
    } else if (rc == 0) {
        rc = measure_and_print(&catalog, o, outcome, err);
    }
    chip_catalog_release(&catalog);
    return rc < 0 ? rc : 0;
}
