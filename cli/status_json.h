/*
 * The JSON of status and stream: the model as cJSON, in the shape of status_shape.h. Every field is
 * always there; what was not measured is null.
 */
#ifndef CLI_STATUS_JSON_H
#define CLI_STATUS_JSON_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "sampling/model.h"
#include "tuning/assess.h"
#include "tuning/effect.h"

/* now_wall_ns labels a model that holds nothing yet (sequence 0). The caller frees with
 * cJSON_Delete. */
cJSON *status_json(const struct model *m, int64_t now_wall_ns);
/* Fills in what the assessment knows of the chip and of the profile that fits it. */
/* Fills `profile` but for what is recommended. */
void status_json_effect(cJSON *root, const struct effect *e);
void status_json_assess(cJSON *root, const struct assessment *a);

/* Parts of it that other commands print too: an object with schema, version and time; a service;
 * sources[] with the rows first..last (enum source_id), added to root. */
cJSON *status_head_json(int64_t wall_ns);
cJSON *status_service_json(const struct model *m, const struct service_model_state *s);
void status_sources_json(cJSON *root, const struct model *m, int first, int last);

#endif
