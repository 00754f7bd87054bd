/*
 * Ollama: /api/version and /api/ps, nothing else. It tells neither what runs nor what waits.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "sampling/service/service.h"

enum {
    FOREVER_YEARS =
        20, /* keep_alive -1 is 292 years; Ollama's own client says "Forever" beyond 20 */
    VERSION_MS = 60000,
    PS_MS = 3000, /* each question is a line in its log: not more often than needed */
};
#define YEAR_NS (INT64_C(31556952) * NS_PER_S)
/* A zero time of Go (year 1) saturates far below any real one. */
#define LONG_AGO_NS (-50 * YEAR_NS)

static int parse_version(long status, const char *body, size_t size, int64_t wall_ns,
                         struct service_answers *out, struct err *err)
{
    (void)status;
    (void)wall_ns;
    cJSON *root = json_parse(body, size, err);
    if (root == NULL)
        return -ERR_PARSE;
    char version[sizeof(out->version)];
    bool told = cJSON_IsObject(root) && json_copy_text(root, "version", version, sizeof(version));
    cJSON_Delete(root);
    if (!told)
        return err_set(err, ERR_PARSE, "there is no version in the answer");
    utf8_copy(out->version, sizeof(out->version), version);
    return 0;
}

static double number_or_nan(const cJSON *object, const char *key)
{
    double v;
    return json_number(object, key, &v) && v >= 0 ? v : NAN;
}

static void parse_unload(const cJSON *model, int64_t wall_ns, struct service_model_state_raw *out)
{
    int64_t at = 0;
    const char *text = json_text(model, "expires_at", "");
    if (text[0] == '\0' || clock_parse_rfc3339(text, &at) < 0 || at < LONG_AGO_NS)
        return;
    if (at > wall_ns && at - wall_ns > FOREVER_YEARS * YEAR_NS)
        out->keep_loaded = true;
    else if (at < wall_ns)
        out->in_use = true;
    else
        out->unload_wall_ns = at;
}

static bool parse_model(const cJSON *model, int64_t wall_ns, struct service_model_state_raw *out)
{
    struct service_model_state_raw m = {0};
    if (!cJSON_IsObject(model) || (!json_copy_text(model, "name", m.name, sizeof(m.name)) &&
                                   !json_copy_text(model, "model", m.name, sizeof(m.name))))
        return false;
    const cJSON *details = json_get(model, "details");
    (void)json_copy_text(details, "quantization_level", m.quantization, sizeof(m.quantization));
    (void)json_copy_text(details, "parameter_size", m.parameter_count, sizeof(m.parameter_count));
    m.size_bytes = number_or_nan(model, "size");
    m.gpu_bytes = number_or_nan(model, "size_vram");
    m.context_length = number_or_nan(model, "context_length");
    parse_unload(model, wall_ns, &m);
    *out = m;
    return true;
}

static int parse_ps(long status, const char *body, size_t size, int64_t wall_ns,
                    struct service_answers *out, struct err *err)
{
    (void)status;
    cJSON *root = json_parse(body, size, err);
    if (root == NULL)
        return -ERR_PARSE;
    const cJSON *models = json_get(root, "models");
    if (!cJSON_IsObject(root) || !cJSON_IsArray(models)) {
        cJSON_Delete(root);
        return err_set(err, ERR_PARSE, "there is no list of models in the answer");
    }
    size_t count = 0, left_out = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, models) {
        if (count == SERVICE_MODELS_KEPT)
            left_out++;
        else if (parse_model(item, wall_ns, &out->models[count]))
            count++;
    }
    cJSON_Delete(root);
    out->model_count = count;
    out->models_left_out = left_out;
    out->models_known = true;
    out->queue_reason = REASON_NOT_TOLD;
    return 0;
}

static enum service_match matches(const char *name, const char *argv)
{
    char base[64];
    (void)name;
    service_argument_base(argv, 0, base, sizeof(base));
    if (strcmp(base, "ollama") != 0 && strcmp(base, "ollama.exe") != 0)
        return MATCH_NOT;
    /* "ollama run" and "ollama runner" are clients and children; only "ollama serve" listens for
     * users. */
    service_argument_base(argv, 1, base, sizeof(base));
    return strcmp(base, "serve") == 0 || strcmp(base, "start") == 0 ? MATCH_SURE : MATCH_NOT;
}

/* "llama-server --model FILE" since 0.30, "ollama runner --model FILE" before it and for MLX. The
 * same programs without a model look for GPUs, for a moment. */
static bool is_runner(const char *argv)
{
    char base[64], model[8];
    service_argument_base(argv, 0, base, sizeof(base));
    if (strcmp(base, "ollama") == 0 || strcmp(base, "ollama.exe") == 0) {
        service_argument_base(argv, 1, base, sizeof(base));
        if (strcmp(base, "runner") != 0)
            return false;
    } else if (strcmp(base, "llama-server") != 0 && strcmp(base, "llama-server.exe") != 0) {
        return false;
    }
    return service_argument(argv, "--model", model, sizeof(model)) != NULL;
}

static uint16_t port_of(const char *argv)
{
    (void)argv;
    return 0; /* it takes its port from the environment only */
}

static const struct service_question questions[] = {
    {.path = "/api/version",
     .period_ms = VERSION_MS,
     .body_max = 64 * 1024,
     .parse = parse_version},
    {.path = "/api/ps", .period_ms = PS_MS, .parse = parse_ps},
    {.path = NULL},
};

/* envconfig.Models(): OLLAMA_MODELS, else below the home folder. Where the environment is another
 * user's, what Linux's installer makes: the home folder of its user. */
static bool folder_of(const struct service_paths *paths, int kind, char *out, size_t out_size)
{
    const char *models = paths->models, *home = paths->home;
    int n = -1;

    if (kind != FOLDER_MODELS) {
        return false;
    }
    if (models[0] == '/') {
        n = snprintf(out, out_size, "%s", models);
    } else if (home[0] == '/') {
        n = snprintf(out, out_size, "%s/.ollama/models", home);
    } else if (!paths->readable) {
        n = snprintf(out, out_size, "/usr/share/ollama/.ollama/models");
    }
    return n > 0 && (size_t)n < out_size;
}

const struct service_ops service_ollama = {
    .kind = SERVICE_OLLAMA,
    .name = "ollama",
    .ports = {11434},
    .questions = questions,
    .matches = matches,
    .folder_of = folder_of,
    .port_of = port_of,
    .is_runner = is_runner,
};
