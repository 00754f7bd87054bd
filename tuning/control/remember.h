/*
 * A control target as one text, for the journal: whoever is killed between stopping a service and
 * starting it again leaves nothing that runs by which it could be found. Pure.
 *
 * Configured commands are not kept: tunetop.yaml has them, and they may hold secrets.
 */
#ifndef TUNING_CONTROL_REMEMBER_H
#define TUNING_CONTROL_REMEMBER_H

#include "tuning/control/control.h"

enum { CONTROL_TEXT_BYTES = 16384 };

/* One line of JSON; "" when there is nothing to keep, or it does not fit. Never NULL. */
const char *control_remember(const struct control_target *t, struct arena *arena);
/* The same target, not resolved, without the run that it had. Everything in it is checked: paths
 * are absolute, names are no options. false: it is none. */
bool control_recall(const char *text, struct arena *arena, struct control_target *out);

#endif
