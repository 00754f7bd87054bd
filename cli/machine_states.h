/*
 * Settings of the machine in what commands show, and as a transaction takes them: the part of
 * `system` in plan, apply, undo, recover.
 */
#ifndef CLI_MACHINE_STATES_H
#define CLI_MACHINE_STATES_H

#include <cjson/cJSON.h>

#include "cli/text_page.h"
#include "tuning/apply/transaction.h"
#include "tuning/control/control.h"
#include "tuning/plan.h"

/* How many the plan sets. */
size_t machine_states_chosen(const struct plan *plan);
/* A line each of what is set, and the part "Also possible" of what is not asked for. */
void machine_states_changes(struct text_page *p, const struct plan *plan);
void machine_states_possible(struct text_page *p, const struct plan *plan);
/* The same for a program: into changes[], and the whole of also_possible[]. */
void machine_states_add_changes(cJSON *list, const struct plan *plan);
cJSON *machine_states_possible_json(const struct plan *plan);
/* For the journal: as its changes[] have them. */
void machine_states_add_journal(cJSON *list, const struct plan *plan);

/* Those that are set, for a transaction; free() it. They are of the plan's last unit. */
struct value_change *machine_states_values(const struct plan *plan, size_t *count);
/* The commands of this machine; until the program ends. */
const struct value_ops *machine_states_ops(void);
/* What a person may type when a value could not be put back, a line each. */
void machine_states_by_hand(const struct plan *plan, struct buf *out);
/* "2 files and 1 setting of the machine"; "1 setting of the machine" where there is no file. */
void machine_states_words(size_t files, size_t count, char *out, size_t size);

#endif
