/*
 * Settings of the machine that no file holds: the ways in which they are read, set by a command,
 * and read again. One table of ways (state.c); a new one is a row and a parser.
 *
 * A name is that of the settings catalog ("kern.maxfiles", "pmset sleep"); where a setting is of a
 * folder, its path stands behind it ("tmutil addexclusion /Users/me/models"). A value is the whole
 * state in words, as it is read back: "1048576", "256 unlimited", "performance". Names and values
 * may come from a journal: they are held against the table and its characters before they become
 * arguments, and never reach a shell.
 */
#ifndef TUNING_STATE_STATE_H
#define TUNING_STATE_STATE_H

#include "tuning/apply/values.h"
#include "tuning/control/control.h"

enum { STATE_WORDS = 8, STATE_WORD_BYTES = 2 * JOURNAL_VALUE_BYTES + 2 };

struct state_command {
    const char *argv[STATE_WORDS]; /* ends with NULL; into text and the table */
    char text[3][STATE_WORD_BYTES];
    bool needs_root;
};

/* Whether there is a way to read and set it. */
bool state_known(const char *name);
/* Whether that way exists on the system `place` (enum setting_place). */
bool state_here(const char *name, int place);
/* The name of the state that is meant by a setting and what is wished for it: a setting of a folder
 * is wished with the folder, which becomes part of the name. And the value that it is to have when
 * it is `now` (NULL: not known). false: that is no value of it. */
bool state_wish(const char *setting, const char *wished, const char *now,
                char name[JOURNAL_VALUE_BYTES], char value[JOURNAL_VALUE_BYTES]);
/* Which command sets it. USAGE: there is no such name or value. */
int state_command(const char *name, const char *value, struct state_command *out, struct err *err);
/* What the reading command printed. NOENT: this machine does not have it; PARSE: not understood. */
int state_parse(const char *name, const char *text, size_t size, char out[JOURNAL_VALUE_BYTES],
                struct err *err);

/* NOENT: no such program, or this machine does not have it; DENIED, TIMEOUT, STATE: the command
 * failed, with what it said. */
int state_read(const struct control_world *w, const char *name, char out[JOURNAL_VALUE_BYTES],
               struct err *err);
/* What the command says is not believed: read it again. DENIED without root's rights. */
int state_set(const struct control_world *w, const char *name, const char *value, struct err *err);

/* Both for a transaction; w lives as long. */
struct value_ops state_ops(struct control_world *w);

#endif
