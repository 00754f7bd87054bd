/*
 * The parts of a session that ask our own commands in child processes: each says when to ask, takes
 * what came, and gives back what nobody looks at any more. For session.c.
 */
#ifndef TUI_SESSION_PARTS_H
#define TUI_SESSION_PARTS_H

#include "tui/session.h"

/* session_tuning.c: the plan of what is chosen on the Tuning tab, and the counts of the picker. */
void session_tuning_ask(struct session *s);
void session_tuning_take(struct session *s);
void session_tuning_release(struct session *s);

/* session_drift.c: whether services still have what their files say */
void session_drift_ask(struct session *s);
void session_drift_take(struct session *s);
void session_drift_release(struct session *s);

/* session_journal.c */
void session_journal_ask(struct session *s);
void session_journal_take(struct session *s);
void session_journal_release(struct session *s);

/* session_change.c: does what was answered with yes; follows it, and what others do. */
void session_change_do(struct session *s);
void session_change_look(struct session *s);
void session_change_take(struct session *s);
void session_change_release(struct session *s);

/* session_save.c: writes the own profile that was asked for, and shows that one. */
void session_save(struct session *s);

/* A message in the last row that stays a while. */
void session_say(struct session *s, const char *text);

#endif
