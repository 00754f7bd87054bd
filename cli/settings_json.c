#include "cli/settings_json.h"

#include "base/json.h"

const char *settings_formula_sentence(int formula)
{
    static const char *const sentences[SETTING_FORMULA_COUNT] = {
        [SETTING_SAME] = "the same value",
        [SETTING_CORES] = "the share x the CPUs of the engine, at most two decimals",
        [SETTING_CPU_QUOTA] = "the share x the CPUs x 100 %",
        [SETTING_MIB] = "the size in MiB",
        [SETTING_BYTES_TO_MIB] = "the bytes in MiB",
        [SETTING_FIT_TARGET] = "what stays free: the memory of the GPU less the size, in MiB",
        [SETTING_LOAD_MODE] = "mmap for on, none for off",
        [SETTING_DEBUG_LEVEL] = "0 for INFO and quieter, 1 for DEBUG, 2 for TRACE",
        [SETTING_FLAG] = "the flag for on, nothing for off",
        [SETTING_LOW_POWER] = "1 (low power) for on, 0 (automatic) for off",
        [SETTING_METAL_OFF] = "0 for off, nothing for on",
        [SETTING_GPU_OFFLOAD] = "max for -1, off for 0; a number of layers has no answer",
    };
    return formula >= 0 && formula < SETTING_FORMULA_COUNT ? sentences[formula] : "";
}

/* A comma before whatever is not the first, which begins at `begin`. */
static void next(struct buf *out, size_t begin)
{
    buf_puts(out, out->size > begin ? ", " : "");
}

static const char *between(size_t i, size_t count)
{
    return i == 0 ? "" : i + 1 < count ? ", " : " or ";
}

static void add_words(struct buf *out, size_t begin, const char *before,
                      const struct schema_list *list, const char *const *words)
{
    const int *items = list->items;
    if (list->count) {
        next(out, begin);
        buf_puts(out, before);
    }
    for (size_t i = 0; i < list->count; i++) {
        buf_printf(out, "%s%s", between(i, list->count), words[items[i]]);
    }
}

void settings_add_condition(struct buf *out, const struct setting *s, const struct setting_case *c)
{
    const char *const *values = c->values.items;
    const char *owner = setting_owner_words[c->of];
    const size_t begin = out->size;
    if (c->since && c->until) {
        buf_printf(out, "from %s %s until %s", owner, c->since, c->until);
    } else if (c->since) {
        buf_printf(out, "from %s %s on", owner, c->since);
    } else if (c->until) {
        buf_printf(out, "before %s %s", owner, c->until);
    }
    add_words(out, begin, "on ", &c->places, setting_place_words);
    add_words(out, begin, "with ", &c->devices, setting_device_words);
    if (c->values.count) {
        next(out, begin);
        buf_puts(out, "for the value ");
    }
    for (size_t i = 0; i < c->values.count; i++) {
        buf_printf(out, "%s%s", between(i, c->values.count), values[i]);
    }
    if (c->below_place.file) {
        next(out, begin);
        buf_printf(out, "below %g", c->below);
    }
    if (c->contains) {
        next(out, begin);
        buf_printf(out, "with '%s' in it", c->contains);
    }
    if (c->when) {
        next(out, begin);
        buf_printf(out, "when %s", c->when);
    }
    if (out->size == begin) {
        buf_puts(out, s->type == SETTING_NONE ? "always" : "whatever the value");
    }
}

static void add_texts(cJSON *object, const char *key, const struct schema_list *list)
{
    const char *const *items = list->items;
    cJSON *array = cJSON_AddArrayToObject(object, key);
    for (size_t i = 0; i < list->count; i++) {
        cJSON_AddItemToArray(array, cJSON_CreateString(items[i]));
    }
}

static void add_enums(cJSON *object, const char *key, const struct schema_list *list,
                      const char *const *words)
{
    const int *items = list->items;
    cJSON *array = cJSON_AddArrayToObject(object, key);
    for (size_t i = 0; i < list->count; i++) {
        cJSON_AddItemToArray(array, cJSON_CreateString(words[items[i]]));
    }
}

static cJSON *case_json(const struct setting_case *c)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "verdict", setting_verdict_words[c->verdict]);
    cJSON_AddStringToObject(o, "versions_of", setting_owner_words[c->of]);
    json_add_text_or_null(o, "since", c->since);
    json_add_text_or_null(o, "until", c->until);
    add_enums(o, "places", &c->places, setting_place_words);
    add_enums(o, "devices", &c->devices, setting_device_words);
    add_texts(o, "values", &c->values);
    if (c->below_place.file) {
        json_add_number(o, "below", c->below);
    } else {
        cJSON_AddNullToObject(o, "below");
    }
    json_add_text_or_null(o, "contains", c->contains);
    json_add_text_or_null(o, "when", c->when);
    json_add_text_or_null(o, "use", c->use);
    cJSON_AddStringToObject(o, "reason", c->reason);
    return o;
}

cJSON *settings_json(const struct setting *s, const struct setting_query *q)
{
    struct setting_judgement j;
    setting_judge(s, q, &j);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", s->name);
    add_texts(o, "also", &s->also);
    cJSON_AddStringToObject(o, "group", s->group);
    cJSON_AddStringToObject(o, "owner", setting_owner_words[s->owner]);
    cJSON_AddStringToObject(o, "kind", setting_kind_words[s->kind]);
    cJSON_AddStringToObject(o, "type", setting_type_words[s->type]);
    if (s->ranged) {
        json_add_number(o, "minimum", s->min);
        json_add_number(o, "maximum", s->max);
    } else {
        cJSON_AddNullToObject(o, "minimum");
        cJSON_AddNullToObject(o, "maximum");
    }
    add_texts(o, "choices", &s->choices);
    json_add_text_or_null(o, "default", s->default_value);
    cJSON_AddStringToObject(o, "costs", setting_cost_words[s->costs]);
    json_add_text_or_null(o, "memory", s->memory);
    json_add_text_or_null(o, "value", q->value);
    cJSON_AddStringToObject(o, "verdict", setting_verdict_words[j.verdict]);
    cJSON_AddStringToObject(o, "versions_of", setting_owner_words[s->versions_of]);
    json_add_text_or_null(o, "since", s->since);
    json_add_text_or_null(o, "until", s->until);
    cJSON_AddStringToObject(o, "reason", j.reason);
    json_add_text_or_null(o, "use", j.use);
    json_add_text_or_null(
        o, "formula", s->formula == SETTING_NO_FORMULA ? NULL : setting_formula_words[s->formula]);
    json_add_text_or_null(o, "instead", s->instead);
    json_add_text_or_null(o, "read_back", s->read_back);
    json_add_text_or_null(o, "source", s->source);
    cJSON *cases = cJSON_AddArrayToObject(o, "cases");
    for (size_t i = 0; i < s->case_count; i++) {
        cJSON_AddItemToArray(cases, case_json(&s->cases[i]));
    }
    return o;
}

cJSON *settings_sources_json(const struct setting_catalog *c)
{
    const struct setting_source *items = c->sources.items;
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < c->sources.count; i++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "id", items[i].id);
        cJSON_AddStringToObject(o, "text", items[i].text);
        cJSON_AddItemToArray(array, o);
    }
    return array;
}
