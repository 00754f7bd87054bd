/* The settings catalog as JSON. */
#ifndef CLI_SETTINGS_JSON_H
#define CLI_SETTINGS_JSON_H

#include <cjson/cJSON.h>

#include "tuning/setting.h"

/* One setting with its verdict for `q`. Every key is always there. */
cJSON *settings_json(const struct setting *s, const struct setting_query *q);
/* The legend of `source`. */
cJSON *settings_sources_json(const struct setting_catalog *c);

#endif
