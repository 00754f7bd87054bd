/*
 * Where the services' settings are, for the commands that show it.
 */
#ifndef CLI_LOCATED_H
#define CLI_LOCATED_H

#include "base/json.h"
#include "cli/doctor.h"
#include "cli/measure.h"
#include "cli/text_page.h"
#include "tuning/locate/locate.h"

/* Asks the programs of this machine, at most 3 seconds. Under --replay and --sysroot nothing is
 * asked and nothing is known: those are other machines. Release in any case. */
void located_open(const struct measure *s, const struct model *now, const struct options *o,
                  struct locations *out);

/* For a plan: completes what is known of who restarts each running service, or why it cannot be.
 * services: only these, by name; count 0: all. */
void located_ready(struct locations *l, const char *const *services, size_t service_count);

/* Members of a service's object; l NULL: not looked for. */
void located_add_json(cJSON *service, const struct location *l);
/* Lines of a service's block: labels from column `indent`, values from `values`. */
void located_text(struct text_page *p, const struct location *l, int indent, int values, int width);
void located_doctor(struct doctor *d, const struct locations *l);

#endif
