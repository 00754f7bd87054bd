/*
 * What `systemctl show` prints of a unit, read. Pure: text in, struct out; texts are sanitised and
 * live in the arena that is given.
 *
 * UNIT_PROPERTIES is what it is to be asked for (--property=); a property that is not in the text
 * stays untold: NULL, 0 pieces, -1, NAN. Paths with control characters are left out. systemctl
 * prints ExecStart= with its arguments joined by blanks, so that a blank inside an argument cannot
 * be told: argv says what the process has, this what the unit would start.
 */
#ifndef TUNING_CONTROL_UNIT_H
#define TUNING_CONTROL_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

#define UNIT_PROPERTIES                                                                            \
    "Id,LoadState,LoadError,UnitFileState,ActiveState,SubState,MainPID,ExecMainStartTimestamp,"    \
    "ExecMainStartTimestampMonotonic,InvocationID,NRestarts,NeedDaemonReload,FragmentPath,"        \
    "DropInPaths,Environment,EnvironmentFiles,ExecStart,CPUQuotaPerSecUSec,MemoryMax,LimitNOFILE," \
    "User,WorkingDirectory,ControlGroup,ExecMainStatus,Result,RequiredBy,BoundBy,ConsistsOf"

struct unit_file {
    const char *path;
    bool optional; /* a leading "-": it need not exist */
};

struct unit {
    const char *id;              /* "ollama.service" */
    const char *load_state;      /* "loaded", "not-found", "masked", "bad-setting", "error" */
    const char *load_error;      /* its sentence, without the name of the bus error; NULL none */
    const char *file_state;      /* "enabled", "static", "masked", ... */
    const char *active, *sub;    /* "active" "running"; "activating" "auto-restart" */
    const char *result;          /* of the last run: "success", "exit-code", "signal", "timeout" */
    const char *invocation;      /* 32 hex digits; NULL: it has not run */
    const char *fragment;        /* path of the unit file */
    const char *user;            /* User=; NULL: root, or whose manager it is */
    const char *folder;          /* WorkingDirectory= */
    const char *group;           /* control group, below the mount of cgroups */
    const char *const *drop_ins; /* in the order in which they count; the last wins */
    size_t drop_in_count;
    const char *const *environment; /* "NAME=value" of Environment=, the last of a name counts */
    size_t environment_count;
    const struct unit_file *environment_files; /* they win over Environment= */
    size_t environment_file_count;
    const char *program;     /* of the first ExecStart= */
    const char *const *argv; /* of the first ExecStart=, split at its blanks; ends with NULL */
    size_t argc;
    size_t start_count;            /* how many ExecStart= there are */
    const char *const *dependants; /* units that stop when it stops */
    size_t dependant_count;
    bool needs_reload;            /* edited on disk since systemd read it */
    int32_t pid;                  /* 0: none, not told */
    int64_t restarts;             /* by Restart=; -1 not told */
    int exit_status;              /* of the last run; -1 not told */
    int64_t started_wall_ns;      /* whole seconds, only where it is told in UTC; 0 unknown */
    int64_t started_monotonic_us; /* CLOCK_MONOTONIC; 0 unknown */
    double cpus;                  /* CPUQuota= in processors (1.5); INFINITY none; NAN not told */
    double memory_max_bytes;      /* INFINITY none; NAN not told */
    double open_files_max;        /* INFINITY none; NAN not told */
};

/* The properties of one unit: the text up to an empty line. -ERR_PARSE: there is none in it. */
int unit_read(const char *text, size_t size, struct arena *arena, struct unit *out,
              struct err *err);
/* The value of a variable as Environment= has it, the last counts; NULL: it is not there. */
const char *unit_variable(const struct unit *u, const char *name);

#endif
