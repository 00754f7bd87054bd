/*
 * One of our own commands, run in a child process: what the screen shows of plans and journals
 * comes from there (docs/design.md, "Changing from the screen").
 */
#ifndef TUI_SUBCOMMAND_H
#define TUI_SUBCOMMAND_H

#include "base/child.h"

/* How we were started: what every command of ours gets. */
struct subcommand_self {
    const char *path;           /* absolute */
    const char *const *options; /* "--config", FILE, ...; NULL at the end */
};

enum subcommand_state { SUBCOMMAND_NONE, SUBCOMMAND_RUNS, SUBCOMMAND_ENDED };
struct subcommand {
    struct child child;
    enum subcommand_state state;
};

enum {
    SUBCOMMAND_OUTPUT = 16 * 1024 * 1024,
    SUBCOMMAND_ERRORS = 16 * 1024,
    SUBCOMMAND_WORDS = 256 /* all that a tuning_wish holds is 193, and the options */
};

/* SELF COMMAND WORDS... OPTIONS --json. Only what is already there is taken; nothing waits. One
 * that runs is ended first. Errors: those of starting it, TOO_BIG. */
int subcommand_begin(struct subcommand *s, const struct subcommand_self *self, const char *command,
                     const char *const *words, struct err *err);
/* true once: it has ended, its output is in child.output until the next begin or release. */
bool subcommand_take(struct subcommand *s);
void subcommand_release(struct subcommand *s); /* accepts a zeroed one */
/* The words of a command in full, for child_begin(); returns out. The texts are borrowed. */
const char **subcommand_argv(const struct subcommand_self *self, const char *command,
                             const char *const *words, const char *out[SUBCOMMAND_WORDS]);
/* What it said on standard error without "tunetop: ", in one line, clean; "" nothing. */
void subcommand_trouble(const struct subcommand *s, char *out, size_t size);

#endif
