/*
 * What `launchctl print DOMAIN/LABEL` prints of a job, read. Pure: text in, struct out; texts are
 * sanitised and live in the arena that is given.
 *
 * The text is made for people and changes between versions of macOS: only the first level of its
 * nesting counts (blocks below repeat "state"), unknown lines are passed over, any block may be
 * empty or missing. The blocks of environment say what launchd will pass to the next start; what a
 * process has is in the process.
 */
#ifndef TUNING_CONTROL_JOB_H
#define TUNING_CONTROL_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct job_variables {
    const char *const *of; /* "NAME=value" */
    size_t count;
};

struct job {
    const char *domain; /* "gui/501", of the first line */
    const char *label;
    const char *path;        /* of its plist; NULL: submitted without a file */
    const char *type;        /* "LaunchAgent", "LaunchDaemon" */
    const char *state;       /* "running", "not running", "spawn scheduled" */
    const char *program;     /* NULL: not told */
    const char *const *argv; /* ends with NULL */
    size_t argc;
    const char *folder, *out_path, *error_path; /* working directory, stdout, stderr */
    const char *user;                           /* of a daemon with UserName */
    struct job_variables inherited;             /* of its domain: what launchctl setenv set */
    struct job_variables defaults;              /* PATH */
    struct job_variables environment;           /* of its plist; they win */
    bool running;
    int32_t pid;          /* 0: it does not run */
    int64_t runs;         /* since it was loaded; -1 not told */
    int exit_code;        /* of the last run; -1: never ended, not told */
    const char *ended_by; /* "Terminated: 15": last terminating signal; NULL */
};

/* -ERR_PARSE: it is no such text. */
int job_read(const char *text, size_t size, struct arena *arena, struct job *out, struct err *err);
/* What the next start gets: its plist's value, else the default, else the inherited one; NULL: it
 * is not there. */
const char *job_variable(const struct job *j, const char *name);

/* What launchctl says when it fails, as a sentence; text is what it printed, status how it ended.
 * NULL: not known. */
enum job_failure {
    JOB_FAILURE_OTHER,
    JOB_FAILURE_NO_DOMAIN,   /* 125, 112: nobody is logged in there */
    JOB_FAILURE_NOT_LOADED,  /* 113, 3 */
    JOB_FAILURE_IO,          /* 5: loaded already, or its file is refused: try again */
    JOB_FAILURE_IN_PROGRESS, /* 37: it is still ending: try again */
    JOB_FAILURE_SESSION,     /* LimitLoadToSessionType */
    JOB_FAILURE_PROTECTED,   /* 150: System Integrity Protection */
    JOB_FAILURE_DISABLED,    /* 119: the label is disabled */
    JOB_FAILURE_DENIED,      /* 1: not one's own domain */
};
enum job_failure job_failure(const char *text, size_t size, int status);
const char *job_failure_sentence(enum job_failure f); /* NULL for OTHER */

#endif
