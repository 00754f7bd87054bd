/*
 * A plan for a person: the diff of each file, then what changes in words, what stays and why, and
 * the steps. Secrets are masked. And for a program: the object of the contract.
 */
#ifndef CLI_PLAN_TEXT_H
#define CLI_PLAN_TEXT_H

#include <cjson/cJSON.h>

#include "cli/text_page.h"
#include "tuning/plan.h"

void plan_text(struct text_page *p, const struct plan *plan, const struct plan_input *in);
/* A value for a person: a flag that stands alone is on, another value may be empty. */
const char *plan_shown(const char *setting, const char *value, bool secret);
/* The diff of one file, or of any two texts, in colours where the page has them. */
void plan_text_diff(struct text_page *p, const struct diff *d, const char *old_name,
                    const char *new_name);
/* The same for a program, as "diff" of `o`. */
void plan_add_diff(cJSON *o, const struct diff *d, const char *old_name, const char *new_name);
cJSON *plan_json(const struct plan *plan, const struct plan_input *in);
/* Members "memory" and "memory_reason": what models hold, now and with the plan. */
void plan_add_memory(cJSON *root, const struct plan *plan);
/* rows[] of verify: what is wished, and what the files have. */
cJSON *plan_rows_json(const struct plan *plan);

#endif
