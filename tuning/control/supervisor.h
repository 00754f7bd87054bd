/*
 * What the controls of service managers have in common. Internal to tuning/control.
 */
#ifndef TUNING_CONTROL_SUPERVISOR_H
#define TUNING_CONTROL_SUPERVISOR_H

#include "tuning/control/control.h"

/* How long a question may take that has no deadline of its own, and how often it is asked again. */
enum { SUPERVISOR_ASK_SECONDS = 10, SUPERVISOR_POLL_MS = 100 };

/* now + seconds, but not after `limit_ns` (0: no limit). */
int64_t supervisor_until(const struct control_world *w, int seconds, int64_t limit_ns);
/* Waits a little; false: the deadline has passed. */
bool supervisor_wait(const struct control_world *w, int64_t deadline_ns);

/* A vector in the arena, up to the first NULL; the last argument is one. */
#define supervisor_argv(arena, ...) supervisor_words(arena, (const char *const[]){__VA_ARGS__})
const char *const *supervisor_words(struct arena *arena, const char *const *words);
void supervisor_step(struct control_steps *out, const char *action, const char *const *argv,
                     bool needs_root);

/* The user whose services they are when we are root by sudo (SUDO_UID); -1 otherwise. */
int64_t supervisor_sudo_user(void);
/* Whose services those of a user are: settles t->uid for a control that must not be root's. t->uid
 * is what it was told before (-1 nothing). -ERR_DENIED: another user's. */
int supervisor_user(struct control_target *t, struct err *err);

/* A name that is handed to a program as an argument: not empty, no option, nothing but letters,
 * digits and `signs`. */
bool supervisor_name(const char *name, const char *signs);

/* Whether process `pid` lives; *start is as in tuning/control/process.h. */
bool supervisor_lives(int32_t pid, int64_t *start);
/* Fills pid and id ("PID@START") of a state; pid 0: none. */
void supervisor_set_pid(struct control_state *s, int32_t pid);
/* After a restart: that `after` runs and is not the run of `before`. */
int supervisor_proves(const struct control_state *before, const struct control_state *after,
                      const char *what, struct err *err);

#endif
