/* The settings catalog as JSON, and its words for a person. */
#ifndef CLI_SETTINGS_JSON_H
#define CLI_SETTINGS_JSON_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "tuning/setting.h"

/* One setting with its verdict for `q`. Every key is always there. */
cJSON *settings_json(const struct setting *s, const struct setting_query *q);
/* The legend of `source`. */
cJSON *settings_sources_json(const struct setting_catalog *c);

/* "from 0.30.0 of ollama on, on macos, with mps, for 0": when a case holds; "always" without any
 * condition. */
void settings_add_condition(struct buf *out, const struct setting *s, const struct setting_case *c);
/* What a formula makes of a value, in words. */
const char *settings_formula_sentence(int formula);

#endif
