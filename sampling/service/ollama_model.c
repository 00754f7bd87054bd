#include "sampling/service/ollama_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "base/utf8.h"

/* No number of a shape is larger: the widest published layers have 65,536 values, the longest
 * contexts 10 million tokens. */
static const double COUNT_MAX = 1e8;
static const double BYTES_MAX = 0x1p53; /* what a double holds exactly */

/* ---- the list ---- */

static bool parse_installed(const cJSON *item, struct ollama_installed *out)
{
    double v = 0;
    *out = (struct ollama_installed){.size_bytes = NAN};
    if (!json_copy_text(item, "name", out->name, sizeof out->name) &&
        !json_copy_text(item, "model", out->name, sizeof out->name)) {
        return false;
    }
    if (!out->name[0]) {
        return false;
    }
    const cJSON *details = json_get(item, "details");
    (void)json_copy_text(item, "digest", out->digest, sizeof out->digest);
    (void)json_copy_text(details, "format", out->format, sizeof out->format);
    (void)json_copy_text(details, "quantization_level", out->quantization,
                         sizeof out->quantization);
    (void)json_copy_text(details, "parameter_size", out->parameter_size,
                         sizeof out->parameter_size);
    if (json_number(item, "size", &v) && v >= 0 && v <= BYTES_MAX) {
        out->size_bytes = v;
    }
    if (json_number(details, "context_length", &v) && v >= 1 && v <= COUNT_MAX) {
        out->context = (int64_t)v;
    }
    out->remote = json_text(item, "remote_host", "")[0] || json_text(item, "remote_model", "")[0];
    return true;
}

int ollama_parse_tags(const char *body, size_t size, struct ollama_installed *out, size_t max,
                      size_t *count, size_t *left_out, struct err *err)
{
    struct ollama_installed one;
    size_t stored = 0, more = 0;
    const cJSON *item;
    cJSON *root = json_parse(body, size, err);
    if (!root) {
        return -ERR_PARSE;
    }
    const cJSON *models = json_get(root, "models");
    if (!cJSON_IsObject(root) || !cJSON_IsArray(models)) {
        cJSON_Delete(root);
        return err_set(err, ERR_PARSE, "there is no list of models in the answer");
    }
    cJSON_ArrayForEach(item, models) {
        if (!cJSON_IsObject(item) || !parse_installed(item, &one)) {
            continue;
        }
        if (stored < max) {
            out[stored++] = one;
        } else {
            more++;
        }
    }
    cJSON_Delete(root);
    *count = stored;
    *left_out = more;
    return 0;
}

/* ---- the shape of one ---- */

/* A whole number from 0 to COUNT_MAX, else -1. */
static int whole(const cJSON *item)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > COUNT_MAX ||
        item->valuedouble != floor(item->valuedouble)) {
        return -1;
    }
    return (int)item->valuedouble;
}

/* The member "ARCHITECTURE.name"; NULL: not there. */
static const cJSON *member(const cJSON *info, const char *architecture, const char *name)
{
    char key[128];
    snprintf(key, sizeof key, "%s.%s", architecture, name);
    return json_get(info, key);
}

static int count_of(const cJSON *info, const struct ollama_shape *s, const char *name)
{
    const int n = whole(member(info, s->architecture, name));
    return n > 0 ? n : 0;
}

/* A number for all layers, or a list of one for each; null where the list was left out. */
static void take_kv_heads(const cJSON *info, struct ollama_shape *s)
{
    const cJSON *kv = member(info, s->architecture, "attention.head_count_kv");
    s->kv_heads = whole(kv);
    if (cJSON_IsArray(kv) && cJSON_GetArraySize(kv) == s->layers && s->layers > 0) {
        const cJSON *item;
        int i = 0;
        s->heads_listed = true;
        cJSON_ArrayForEach(item, kv) {
            const int n = whole(item);
            s->heads_listed = s->heads_listed && n >= 0;
            s->listed_kv_heads[i++] = n;
        }
    }
    /* Where the key is missing altogether each head has keys and values of its own. */
    if (!kv) {
        s->kv_heads = whole(member(info, s->architecture, "attention.head_count"));
    }
}

/* "blk.17.attn_k.weight" -> 17 and what follows, or -1. */
static int layer_of(const char *name, const char **rest)
{
    static const char head[] = "blk.";
    uint64_t n = 0;
    if (strncmp(name, head, sizeof head - 1) != 0) {
        return -1;
    }
    name += sizeof head - 1;
    const size_t digits = strspn(name, "0123456789");
    if (name[digits] != '.' || number_u64(name, digits, 10, &n) < 0 || n >= OLLAMA_LAYERS_MAX) {
        return -1;
    }
    *rest = name + digits + 1;
    return (int)n;
}

/* The width of what a layer's matrix makes: the second number of its shape. */
static void take_tensor(const cJSON *tensor, struct ollama_shape *s)
{
    const char *rest = NULL;
    const int layer = layer_of(json_text(tensor, "name", ""), &rest);
    if (layer < 0 || layer >= s->layers) {
        return;
    }
    int *width = strcmp(rest, "attn_k.weight") == 0   ? &s->key_width[layer]
                 : strcmp(rest, "attn_v.weight") == 0 ? &s->value_width[layer]
                                                      : NULL;
    const cJSON *shape = json_get(tensor, "shape");
    if (width && cJSON_IsArray(shape) && cJSON_GetArraySize(shape) == 2) {
        const int n = whole(cJSON_GetArrayItem(shape, 1));
        if (n > 0) {
            *width = n;
            s->tensors = true;
        }
    }
}

/* Keys that only models with a state have. A layer of such a model has either. */
static void take_state(const cJSON *info, struct ollama_shape *s)
{
    s->conv_kernel = count_of(info, s, "ssm.conv_kernel");
    s->inner_size = count_of(info, s, "ssm.inner_size");
    s->state_size = count_of(info, s, "ssm.state_size");
    s->group_count = count_of(info, s, "ssm.group_count");
    s->wkv_head_size = count_of(info, s, "wkv.head_size");
    s->token_shift_count = count_of(info, s, "token_shift_count");
    s->shortconv_cache = count_of(info, s, "shortconv.l_cache");
    s->kda_head_size = count_of(info, s, "kda.head_dim");
    s->recurrent = s->inner_size || s->state_size || s->wkv_head_size || s->shortconv_cache ||
                   s->kda_head_size || member(info, s->architecture, "full_attention_interval") ||
                   member(info, s->architecture, "attention.recurrent_layers");
}

static int take_info(const cJSON *root, struct ollama_shape *s, struct err *err)
{
    const cJSON *info = json_get(root, "model_info"), *tensors = json_get(root, "tensors"), *tensor;
    double parameters = 0;
    if (!json_copy_text(info, "general.architecture", s->architecture, sizeof s->architecture) ||
        !s->architecture[0]) {
        return err_set(err, ERR_PARSE, "the server tells no architecture of it");
    }
    const int layers = whole(member(info, s->architecture, "block_count"));
    if (layers < 1 || layers > OLLAMA_LAYERS_MAX) {
        return err_set(err, ERR_PARSE, "the server tells no number of layers of it");
    }
    s->layers = layers;
    if (json_number(info, "general.parameter_count", &parameters) && parameters > 0) {
        s->parameters = parameters;
    }
    s->context = count_of(info, s, "context_length");
    s->vocabulary = count_of(info, s, "vocab_size");
    s->embedding = count_of(info, s, "embedding_length");
    s->feed_forward = count_of(info, s, "feed_forward_length");
    s->heads = count_of(info, s, "attention.head_count");
    s->key_length = count_of(info, s, "attention.key_length");
    s->value_length = count_of(info, s, "attention.value_length");
    s->latent_rank = count_of(info, s, "attention.kv_lora_rank");
    const cJSON *window = member(info, s->architecture, "attention.sliding_window");
    s->sliding_window = count_of(info, s, "attention.sliding_window");
    if (window && !cJSON_IsNumber(window)) {
        s->sliding_window = 1; /* a list of windows that was left out */
    }
    take_kv_heads(info, s);
    take_state(info, s);
    cJSON_ArrayForEach(tensor, tensors) {
        take_tensor(tensor, s);
    }
    return 0;
}

/* "num_ctx                        8192": a line of `parameters`; the last one counts. */
static int64_t own_context(const char *parameters)
{
    static const char key[] = "num_ctx";
    int64_t found = 0, n = 0;
    for (const char *line = parameters; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (strncmp(line, key, sizeof key - 1) != 0) {
            continue;
        }
        const char *value = line + sizeof key - 1;
        const size_t blanks = strspn(value, " \t");
        const size_t digits = strspn(value + blanks, "0123456789");
        if (blanks > 0 && number_i64(value + blanks, digits, &n) == 0 && n <= (int64_t)COUNT_MAX) {
            found = n;
        }
    }
    return found;
}

/* A server that tells no capabilities has models that complete. */
static bool completes(const cJSON *root)
{
    const cJSON *list = json_get(root, "capabilities"), *item;
    if (!cJSON_IsArray(list)) {
        return true;
    }
    cJSON_ArrayForEach(item, list) {
        if (cJSON_IsString(item) && strcmp(item->valuestring, "completion") == 0) {
            return true;
        }
    }
    return false;
}

int ollama_parse_show(const char *body, size_t size, struct ollama_shape *out, struct err *err)
{
    static const struct ollama_shape nothing = {.parameters = NAN, .kv_heads = -1};
    cJSON *root = json_parse(body, size, err);
    if (!root) {
        return -ERR_PARSE;
    }
    struct ollama_shape s = nothing;
    const int rc = take_info(root, &s, err);
    if (rc == 0) {
        s.own_context = own_context(json_text(root, "parameters", ""));
        s.completes = completes(root);
        *out = s;
    }
    cJSON_Delete(root);
    return rc;
}
