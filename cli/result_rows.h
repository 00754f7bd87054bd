/*
 * The rows of a result: for each setting what was wanted, what its file has, what the running
 * process was seen to have, and the proof. For apply and undo, as text and as JSON.
 */
#ifndef CLI_RESULT_ROWS_H
#define CLI_RESULT_ROWS_H

#include <cjson/cJSON.h>

#include "cli/text_page.h"
#include "tuning/apply/services.h"
#include "tuning/plan.h"

/* plan: the files as they are now; NULL: only what was verified. done: the plan that was carried
 * out, NULL none. services: NULL nothing was restarted. */
cJSON *result_rows_json(const struct plan *plan, const struct plan *done,
                        const struct services_apply *services);
/* Of the units that stand: what was verified; of each service what is worth knowing. Nothing when
 * nothing was restarted. */
void result_rows_text(struct text_page *p, const struct services_apply *services,
                      const struct transaction_result *result);

/* What a restart would bring besides the plan; nothing when there is nothing. */
void result_pending_text(struct text_page *p, const struct services_apply *services);

#endif
