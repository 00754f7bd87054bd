/*
 * The JSON of status and stream: the model as cJSON, in the shape of status_shape.h. Every field is
 * always there; what was not measured is null.
 */
#ifndef CLI_STATUS_JSON_H
#define CLI_STATUS_JSON_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "sampling/model.h"

/* now_wall_ns labels a model that holds nothing yet (sequence 0). The caller frees with
 * cJSON_Delete. */
cJSON *status_json(const struct model *m, int64_t now_wall_ns);

#endif
