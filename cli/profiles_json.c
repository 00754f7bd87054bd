#include "cli/profiles_json.h"

#include <string.h>

#include "base/json.h"

static const char *level_name(int level)
{
    return level >= 0 ? chip_profile_name(level) : NULL;
}

static void add_head(cJSON *o, const struct profile *p)
{
    cJSON_AddStringToObject(o, "name", p->name);
    json_add_text_or_null(o, "purpose", p->purpose);
    cJSON_AddStringToObject(o, "best_for", p->best_for);
    cJSON_AddStringToObject(o, "file", p->place.file);
    cJSON_AddBoolToObject(o, "user", p->user);
}

/* Whether it is wholly in effect, and how many of its settings are; null: not known. */
static void add_effect(cJSON *o, const char *name, const struct effect *e)
{
    const struct effect_profile *p = NULL;

    for (size_t i = 0; e && e->match != EFFECT_UNKNOWN && i < e->profile_count; i++) {
        p = strcmp(e->profiles[i].name, name) == 0 ? &e->profiles[i] : p;
    }
    if (!p || p->wanted == 0) {
        cJSON_AddNullToObject(o, "in_effect");
        cJSON_AddNullToObject(o, "matched");
        cJSON_AddNullToObject(o, "wanted");
        return;
    }
    cJSON_AddBoolToObject(o, "in_effect",
                          e->match == EFFECT_WHOLE && strcmp(e->in_effect, name) == 0);
    cJSON_AddNumberToObject(o, "matched", (double)p->matched);
    cJSON_AddNumberToObject(o, "wanted", (double)p->wanted);
}

void profiles_list_json(cJSON *root, const struct profile_set *s, const struct chip_answer *a,
                        const struct effect *effect)
{
    cJSON *profiles = cJSON_AddArrayToObject(root, "profiles");
    cJSON *overlays = cJSON_AddArrayToObject(root, "overlays");
    cJSON *broken = cJSON_AddArrayToObject(root, "broken");
    for (size_t i = 0; i < s->count; i++) {
        const struct profile *p = &s->profiles[i];
        cJSON *o = cJSON_CreateObject();
        cJSON_AddItemToArray(p->overlay ? overlays : profiles, o);
        add_head(o, p);
        if (!p->overlay) {
            json_add_text_or_null(o, "base", p->base);
            json_add_text_or_null(o, "level", level_name(p->level));
            cJSON_AddBoolToObject(o, "recommended", !p->user && p->level == (int)a->profile);
            add_effect(o, p->name, effect);
        }
    }
    for (size_t i = 0; i < s->broken_count; i++) {
        const struct profile_broken *b = &s->broken[i];
        cJSON *o = cJSON_CreateObject();
        cJSON_AddItemToArray(broken, o);
        cJSON_AddStringToObject(o, "name", b->name);
        cJSON_AddStringToObject(o, "file", b->file);
        cJSON_AddStringToObject(o, "where", b->err.where);
        cJSON_AddStringToObject(o, "reason", b->err.msg);
    }
}

static cJSON *row_json(const struct profile_row *r)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "service", profile_service_words[r->service]);
    cJSON_AddStringToObject(o, "setting", r->name);
    json_add_text_or_null(o, "wanted", r->wanted);
    json_add_text_or_null(o, "value", r->value);
    json_add_text_or_null(o, "clamped_from", r->clamped_from);
    json_add_text_or_null(o, "clamped_because", r->clamp);
    cJSON_AddStringToObject(o, "verdict", setting_verdict_words[r->verdict]);
    cJSON_AddStringToObject(o, "reason", r->reason);
    json_add_text_or_null(o, "condition", r->maybe);
    cJSON_AddBoolToObject(o, "assumed_newest", r->assumed_newest);
    cJSON_AddStringToObject(o, "action", profile_action_words[r->action]);
    if (r->target) {
        cJSON *t = cJSON_AddObjectToObject(o, "writes");
        cJSON_AddStringToObject(t, "service", profile_service_words[r->target_service]);
        cJSON_AddStringToObject(t, "setting", r->target_name);
        json_add_text_or_null(t, "value", r->target_value);
        cJSON_AddStringToObject(t, "kind", setting_kind_words[r->target->kind]);
        cJSON_AddStringToObject(t, "costs", setting_cost_words[r->target->costs]);
    } else {
        cJSON_AddNullToObject(o, "writes");
    }
    json_add_text_or_null(o, "because", r->why);
    cJSON_AddStringToObject(o, "from", r->wish->from);
    cJSON_AddStringToObject(o, "layer", r->layer->name);
    return o;
}

void profiles_rows_json(cJSON *root, const struct profile_rows *r)
{
    cJSON_AddStringToObject(root, "profile", r->name);
    cJSON *layers = cJSON_AddArrayToObject(root, "layers");
    for (size_t i = 0; i < r->layer_count; i++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddItemToArray(layers, o);
        add_head(o, r->layers[i]);
    }
    cJSON *rows = cJSON_AddArrayToObject(root, "rows");
    for (size_t i = 0; i < r->count; i++) {
        cJSON_AddItemToArray(rows, row_json(&r->rows[i]));
    }
}
