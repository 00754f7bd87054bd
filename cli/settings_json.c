#include "cli/settings_json.h"

#include "base/json.h"

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
