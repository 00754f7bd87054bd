/*
 * What a person chooses beside the profile, as it is typed: --set [SERVICE.]SETTING=VALUE and
 * --without NAME. Names of settings hold dots themselves (deploy.resources.limits.memory), so what
 * stands before a dot is a service only when one of that name is here.
 */
#ifndef TUNING_PLAN_CHOICE_H
#define TUNING_PLAN_CHOICE_H

#include "tuning/plan_edits.h"

/* "ollama.OLLAMA_NUM_PARALLEL=4"; texts in the arena, the name as the catalog spells it. Whether
 * there is such a setting the planner says. Errors: USAGE. */
int plan_choice_typed(const struct plan_input *in, const struct setting_catalog *c,
                      const char *text, struct arena *arena, struct plan_typed *out,
                      struct err *err);
/* A service by name or kind, SERVICE.SETTING, or SETTING. Errors: USAGE, with the nearest name. */
int plan_choice_left_out(const struct plan_input *in, const struct setting_catalog *c,
                         const char *text, struct arena *arena, struct plan_left_out *out,
                         struct err *err);

/* Whether the name means the machine itself: a service that somebody gave this name to keeps it. */
bool planner_is_machine(const struct plan_input *in, const char *service);
/* Whether all of the service is left out; a setting of it, under this name or another one. */
bool planner_leaves_out(const struct plan_wish *wish, const struct plan_place *p);
bool planner_leaves_out_setting(const struct plan_wish *wish, const struct plan_place *p,
                                const struct setting *s);
/* Into `skipped`: it is wished, and left out. */
void planner_skip_left_out(struct planner *p, const struct wanted *w);
/* USAGE for what is left out and asked for at once. */
int planner_check_left_out(const struct plan_wish *wish, struct err *err);

#endif
