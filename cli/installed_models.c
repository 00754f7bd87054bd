#include "cli/installed_models.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "base/width.h"
#include "sampling/process.h"
#include "sampling/service/token.h"

/* A server that hangs costs this much, however many there are. */
static const int64_t PATIENCE_NS = NS_PER_S;
enum { NAME_COLUMNS_MAX = 40, SENTENCE_BYTES = 256 };

/* ---- asking ---- */

static bool variable(struct process_table *t, int32_t pid, const char *name, char *out, size_t size)
{
    struct err err = ERR_INIT;
    const int rc = process_table_variable(t, pid, name, out, size, &err);
    if (rc < 0) {
        out[0] = '\0';
    }
    return rc == 0 || rc == -ERR_NOENT;
}

/* What the process of a server is set to. */
static void read_settings(const struct service_facts *f, struct plan_server *out)
{
    struct err err = ERR_INIT;
    if (f->pid <= 0) {
        return;
    }
    struct reader *reader = reader_new_kernel();
    struct process_table *t = process_table_new(reader);
    if (process_table_scan(t, clock_mono_ns(&clock_real), 0, &err) == 0) {
        const struct process *p = process_table_find(t, f->pid);
        out->readable =
            p && p->start == f->pid_start &&
            variable(t, f->pid, "OLLAMA_CONTEXT_LENGTH", out->context, sizeof out->context) &&
            variable(t, f->pid, "OLLAMA_NUM_PARALLEL", out->parallel, sizeof out->parallel) &&
            variable(t, f->pid, "OLLAMA_KV_CACHE_TYPE", out->cache, sizeof out->cache) &&
            variable(t, f->pid, "OLLAMA_FLASH_ATTENTION", out->flash, sizeof out->flash);
    }
    process_table_free(t);
    reader_free(reader);
}

static int ask_one(const struct service_facts *f, const struct config_service *c,
                   int64_t deadline_ns, struct ollama_models *out, struct err *err)
{
    struct service_token token = {.text = NULL};
    int rc = 0;
    if (c) {
        token_init(&token, c);
        if (token_is_wanted(&token)) {
            rc = token_load(&token, err);
        }
    }
    if (rc >= 0) {
        rc = ollama_models_ask(f->url, token.text, deadline_ns, out, err);
    }
    token_release(&token);
    return rc;
}

/* Which of its models a server has loaded, with which context, and what they hold. */
static void add_loaded(const struct service_facts *f, struct plan_server *s, struct fit_list *list)
{
    size_t found = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct fit_row *row = &list->rows[i];
        for (size_t k = 0; strcmp(row->service, f->name) == 0 && k < f->model_count; k++) {
            if (strcmp(f->models[k].name, row->is.name) == 0) {
                row->loaded = true;
                found++;
                (void)reading_get(&f->models[k].v[METRIC_MODEL_CONTEXT], &row->loaded_context);
                (void)reading_get(&f->models[k].v[METRIC_MODEL_SIZE], &row->loaded_bytes);
                (void)reading_get(&f->models[k].v[METRIC_MODEL_GPU], &row->loaded_gpu_bytes);
            }
        }
    }
    s->others_loaded = found < f->model_count;
}

/* The first one is told: that the others had no time left comes of it. */
static void not_told(const struct plan_server *s, struct installed_models *out)
{
    if (!out->reason[0]) {
        utf8_copy(out->reason, sizeof out->reason, s->why);
    }
}

static void add_server(const struct service_facts *f, const struct config *config,
                       int64_t deadline_ns, struct plan_server *s, struct installed_models *out)
{
    struct err err = ERR_INIT;
    struct ollama_models models = {.count = 0};
    if (ask_one(f, config_service_find(config, f->name), deadline_ns, &models, &err) < 0) {
        snprintf(s->why, sizeof s->why, "%.40s does not tell its models: %.130s", f->name, err.msg);
        not_told(s, out);
    } else {
        read_settings(f, s);
        const struct fit_server server = {.name = f->name,
                                          .version = f->version,
                                          .context = s->context,
                                          .parallel = s->parallel,
                                          .cache = s->cache};
        out->known = true;
        out->assumed = out->assumed || !s->readable;
        fit_list_add(&out->list, &server, &models, &out->models.place);
        add_loaded(f, s, &out->list);
    }
    ollama_models_release(&models);
}

void installed_models_ask(const struct model *m, const struct config *config,
                          const struct options *o, const struct fit_place *place,
                          struct installed_models *out)
{
    const int64_t deadline_ns = clock_mono_ns(&clock_real) + PATIENCE_NS;
    *out = (struct installed_models){.models = {.place = *place, .list = &out->list}};
    if (o->replay || o->sysroot) {
        snprintf(out->reason, sizeof out->reason, "no server is asked %s",
                 o->replay ? "in a replay" : "below --sysroot");
        return;
    }
    for (size_t i = 0; i < m->service_count; i++) {
        const struct service_facts *f = m->services[i].facts;
        if (f->kind != SERVICE_OLLAMA || f->kind_unknown || f->remote) {
            continue;
        }
        struct plan_server none = {.readable = false};
        struct plan_server *s = out->models.server_count < PLAN_SERVERS
                                    ? &out->models.servers[out->models.server_count++]
                                    : &none;
        *s = (struct plan_server){.readable = false};
        utf8_copy(s->service, sizeof s->service, f->name);
        utf8_copy(s->version, sizeof s->version, f->version);
        if (f->state == SERVICE_DOWN) {
            snprintf(s->why, sizeof s->why, "%.40s is down", f->name);
            not_told(s, out);
            continue;
        }
        add_server(f, config, deadline_ns, s, out);
    }
    out->nobody = !out->known && !out->reason[0];
    if (out->nobody) {
        utf8_copy(out->reason, sizeof out->reason, "no Ollama runs here");
        utf8_copy(out->models.why, sizeof out->models.why, out->reason);
    }
}

void installed_models_release(struct installed_models *i)
{
    fit_list_release(&i->list);
}

/* ---- for a script ---- */

static void add_tokens(cJSON *o, const char *key, int64_t tokens)
{
    json_add_number(o, key, tokens >= 0 ? (double)tokens : (double)NAN);
}

static cJSON *row_json(const struct fit_row *r, const struct fit_place *place)
{
    const struct fit_result *fit = &r->result;
    const bool known = fit->verdict != FIT_UNKNOWN;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "service", r->service);
    cJSON_AddStringToObject(o, "name", r->is.name);
    json_add_text_or_null(o, "digest", r->is.digest);
    json_add_number(o, "size_bytes", r->is.remote ? (double)NAN : r->is.size_bytes);
    json_add_text_or_null(o, "parameter_count", r->is.parameter_size);
    json_add_text_or_null(o, "quantization", r->is.quantization);
    json_add_text_or_null(o, "architecture", r->architecture);
    cJSON_AddBoolToObject(o, "remote", r->is.remote);
    add_tokens(o, "context_max_tokens", r->model.context > 0 ? r->model.context : -1);
    add_tokens(o, "context_tokens", r->is.remote ? -1 : fit->context_tokens);
    json_add_number(o, "parallel", r->is.remote ? (double)NAN : r->wish.parallel);
    json_add_text_or_null(o, "cache_type", r->is.remote ? "" : fit_cache_name(r->wish.cache));
    json_add_number(o, "cache_bytes", fit->cache_bytes);
    json_add_number(o, "needed_bytes", fit->need_bytes);
    cJSON_AddBoolToObject(o, "needed_is_upper_bound", r->model.bound != FIT_EXACT);
    json_add_number(o, "budget_bytes", place->budget.bytes);
    json_add_text_or_null(o, "fits", fit_verdict_name((int)fit->verdict));
    json_add_number(o, "cpu_bytes", known ? fit->cpu_bytes : (double)NAN);
    add_tokens(o, "layer_count", r->model.layers > 0 ? r->model.layers : -1);
    add_tokens(o, "gpu_layer_count", fit->gpu_layers);
    add_tokens(o, "context_largest_tokens", fit->context_largest);
    add_tokens(o, "context_largest_alone_tokens", fit->context_alone);
    json_add_text_or_null(o, "reason", r->why[0] ? r->why : fit_bound_clause((int)r->model.bound));
    return o;
}

void installed_models_json(cJSON *root, const struct installed_models *i)
{
    if (!i || !i->known) {
        cJSON_AddNullToObject(root, "installed_models");
    } else {
        cJSON *list = cJSON_AddArrayToObject(root, "installed_models");
        for (size_t k = 0; k < i->list.count; k++) {
            cJSON_AddItemToArray(list, row_json(&i->list.rows[k], &i->models.place));
        }
    }
    json_add_text_or_null(root, "installed_models_reason",
                          i ? i->reason : "it is about another machine");
}

/* ---- for a person ---- */

/* "40,960" */
static const char *grouped(int64_t n, char out[32])
{
    char digits[24];
    size_t at = 0;
    const size_t size = (size_t)snprintf(digits, sizeof digits, "%lld", (long long)n);
    for (size_t i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

/* "up to 40,960 alone": the longest context that fits, in front of a full stop that is not there.
 */
static void add_longest(const struct fit_row *r, struct buf *out)
{
    const struct fit_result *fit = &r->result;
    const bool one = r->wish.parallel == 1, same = fit->context_largest == fit->context_alone;
    char tokens[32];
    if (fit->context_alone <= 0) {
        return;
    }
    buf_printf(out, "; up to %s", grouped(fit->context_alone, tokens));
    if (!one && !same) {
        buf_puts(out, " alone");
    }
    if (!one && fit->context_largest > 0) {
        buf_printf(out, "%s%s x %d", same ? "" : ", ",
                   same ? "" : grouped(fit->context_largest, tokens), r->wish.parallel);
    }
}

static enum style add_sentence(const struct fit_row *r, const struct fit_place *place,
                               struct buf *out)
{
    static const enum style styles[FIT_VERDICT_COUNT] = {STYLE_DIM, STYLE_OK, STYLE_WARN,
                                                         STYLE_CRIT};
    const struct fit_result *fit = &r->result;
    const char *most = r->model.bound != FIT_EXACT ? "at most " : "";
    const double need = fit->need_bytes / 0x1p30, has = place->budget.bytes / 0x1p30;
    char at[48], tokens[32];
    snprintf(at, sizeof at, "%s x %d", grouped(fit->context_tokens, tokens), r->wish.parallel);
    if (r->is.remote) {
        buf_puts(out, "runs elsewhere");
        return STYLE_DIM;
    }
    switch (fit->verdict) {
    case FIT_WHOLE:
        buf_printf(out, "fits at %s: %s%.1f of %.1f GiB", at, most, need, has);
        break;
    case FIT_PART:
        buf_printf(out, "%s%.1f GiB stay on the CPU at %s: %.1f of %.1f GiB", most,
                   fit->cpu_bytes / 0x1p30, at, need, has);
        if (fit->gpu_layers >= 0) {
            buf_printf(out, ", about %d of %d layers on the GPU", fit->gpu_layers, r->model.layers);
        }
        break;
    case FIT_NOT:
        buf_printf(out, "does not fit at %s: %s%.1f of %.1f GiB", at, most, need, has);
        break;
    default:
        buf_printf(out, "- %s", r->why[0] ? r->why : "not enough is known of it");
        return STYLE_DIM;
    }
    add_longest(r, out);
    if (fit->cache_refused) {
        buf_printf(out, "; it does not load with a %s cache", fit_cache_name(r->wish.cache));
    }
    return styles[fit->verdict];
}

static void row_line(struct text_page *p, const struct fit_row *r, const struct fit_place *place,
                     int name_columns, int width, bool several)
{
    struct buf b;
    const int start = p->column + p->gap;
    buf_init(&b, SENTENCE_BYTES);
    const enum style style = add_sentence(r, place, &b);
    if (several) {
        buf_printf(&b, " (%s)", r->service);
    }
    text_put(p, STYLE_TEXT, r->is.name);
    text_tab(p, start + name_columns + 2);
    if (isfinite(r->is.size_bytes) && !r->is.remote) {
        char size[24];
        snprintf(size, sizeof size, "%.1f GiB", r->is.size_bytes / 0x1p30);
        text_right(p, STYLE_DIM, 9, size);
    } else {
        text_right(p, STYLE_DIM, 9, "-");
    }
    text_blanks(p, 2);
    text_wrap(p, style, start + name_columns + 13, width, b.data);
    text_end(p);
    buf_release(&b);
}

static void note_line(struct text_page *p, int indent, int width, const char *text)
{
    text_blanks(p, indent);
    text_wrap(p, STYLE_DIM, indent, width, text);
    text_end(p);
}

void installed_models_lines(struct text_page *p, const struct installed_models *i,
                            void (*label)(struct text_page *p, const char *text), int indent,
                            int width)
{
    int columns = 0;
    bool bound = false, several = false;
    if (i->nobody) {
        return; /* which is no news */
    }
    for (size_t k = 0; k < i->list.count; k++) {
        const struct fit_row *r = &i->list.rows[k];
        const int wide = width_of_text(r->is.name);
        columns = wide > columns ? wide : columns;
        bound = bound || (r->model.bound != FIT_EXACT && r->result.verdict != FIT_UNKNOWN);
        several = several || strcmp(r->service, i->list.rows[0].service) != 0;
    }
    columns = columns > NAME_COLUMNS_MAX ? NAME_COLUMNS_MAX : columns;
    label(p, "models");
    for (size_t k = 0; k < i->list.count; k++) {
        if (k > 0) {
            text_blanks(p, indent);
        }
        row_line(p, &i->list.rows[k], &i->models.place, columns, width, several);
    }
    if (i->list.count == 0) {
        text_wrap(p, STYLE_DIM, indent, width, i->known ? "none is installed" : i->reason);
        text_end(p);
    }
    if (i->list.left_out > 0) {
        char text[64];
        snprintf(text, sizeof text, "and %zu more", i->list.left_out);
        note_line(p, indent, width, text);
    }
    if (i->known && i->reason[0]) {
        note_line(p, indent, width, i->reason);
    }
    if (i->assumed && i->list.count > 0) {
        note_line(p, indent, width,
                  "the settings of a server are not readable: its own defaults are taken");
    }
    if (bound) {
        note_line(
            p, indent, width,
            "at most: layers that look back over a window, keep keys and values compressed or "
            "keep a state are counted whole");
    }
}
