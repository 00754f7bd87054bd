/*
 * The commands. Each gets the options, fills what main() must do at the end, and returns 0 or a
 * negative error; none prints an error and none ends the program.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/options.h"

struct outcome {
    bool utf8;          /* in: the locale shows UTF-8 */
    const char *locale; /* in: the one that was chosen */
    bool stuck;         /* out: a probe hangs, only _exit() ends the program */
    struct err warning; /* out: told when the command has ended, and changes nothing */
    const char *why;    /* out: a sentence before `next`; NULL: the error says it */
    char *next;         /* out: the command to give next, as a shell takes it; freed by main */
    int status;         /* out: the exit status; 0: that of the error, or 0 */
    int signal; /* out: the signal that ended the command, 0 none: raised again at the end */
};

int cmd_dashboard(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_record(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_detect(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_doctor(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_apply(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_plan(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_verify(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_undo(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_journal(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_recover(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_profiles(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_status(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_services(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_lint(const struct options *o, struct outcome *outcome, struct err *err);
int cmd_settings(const struct options *o, struct outcome *outcome, struct err *err);
/* settings --installed; the settings catalog is loaded. */
struct setting_catalog;
int cmd_installed(const struct setting_catalog *c, const struct options *o, struct outcome *outcome,
                  struct err *err);
int cmd_stream(const struct options *o, struct outcome *outcome, struct err *err);

#endif
