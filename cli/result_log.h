/*
 * What a service that did not come back wrote into its own log, in the result of apply and undo, as
 * text and as JSON: as a rule the only place that says why.
 */
#ifndef CLI_RESULT_LOG_H
#define CLI_RESULT_LOG_H

#include <cjson/cJSON.h>

#include "cli/text_page.h"
#include "tuning/apply/services.h"

/* {"from","lines":[],"last","why"}; null where nothing failed. services: NULL nothing was
 * restarted. */
cJSON *result_log_json(const struct services_apply *services, const char *name);
/* "The last line of its log: ..." for each of the unit that failed; nothing where none did. */
void result_log_text(struct text_page *p, const struct services_apply *services, size_t unit);

#endif
