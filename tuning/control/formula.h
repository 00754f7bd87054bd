/*
 * What `brew services info FORMULA --json` prints, read; the same on macOS and Linux. Pure: text
 * in, struct out; texts are sanitised and live in the arena that is given.
 *
 * The plist or unit under `file` is written anew by brew at each start and upgrade: nothing is to
 * be edited there. Its variables belong into $HOMEBREW_USER_CONFIG_HOME/services/FORMULA.env.
 */
#ifndef TUNING_CONTROL_FORMULA_H
#define TUNING_CONTROL_FORMULA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct formula {
    const char *name;    /* "ollama" */
    const char *service; /* "homebrew.mxcl.ollama" (launchd), "homebrew.ollama" (systemd) */
    bool running, loaded;
    bool timed;         /* it runs at times, not always */
    int32_t pid;        /* 0 none */
    int exit_code;      /* of the last run; -1 not told */
    const char *user;   /* whose service it is ("root": started with sudo); NULL: of nobody yet */
    const char *status; /* "started", "stopped", "error", "none", "scheduled", "unknown", "other" */
    const char *file;   /* plist or unit */
    const char *command, *folder, *log_path, *error_log_path; /* newer brew; NULL not told */
};

/* The entry of `name` (NULL: the only one). -ERR_PARSE: it is no such text; -ERR_NOENT: there is
 * no entry of that name. */
int formula_read(const char *text, size_t size, const char *name, struct arena *arena,
                 struct formula *out, struct err *err);

#endif
