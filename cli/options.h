/*
 * The command line: one table of commands, one of options. Help, the man page and the errors with
 * the nearest valid name come from these tables; options_parse() is driven by them.
 *
 * Options may stand before or after the command. A letter takes its value attached or as the next
 * word (-n5, -n 5), a long name after '=' or as the next word. "--" ends the options. When one is
 * given twice the last one counts. Long names are not completed from a prefix: a script that relied
 * on that would break with the next new option.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum command {
    COMMAND_DASHBOARD,
    COMMAND_STATUS,
    COMMAND_STREAM,
    COMMAND_RECORD,
    COMMAND_SERVICES,
    COMMAND_PROFILES,
    COMMAND_SETTINGS,
    COMMAND_PLAN,
    COMMAND_APPLY,
    COMMAND_VERIFY,
    COMMAND_UNDO,
    COMMAND_JOURNAL,
    COMMAND_RECOVER,
    COMMAND_DETECT,
    COMMAND_DOCTOR,
    COMMAND_COMPLETION,
    COMMAND_HELP,
    COMMAND_COUNT,
};
struct command_row {
    const char *name;    /* "" for the dashboard */
    const char *title;   /* one line, for the list of commands */
    const char *detail;  /* a paragraph, for its own help and the man page */
    const char *operand; /* "SHELL": the word it takes, NULL none */
    const char *const *(*operands)(size_t *count); /* what that word may be */
};

enum option_type {
    OPTION_FLAG,   /* bool */
    OPTION_COUNT_, /* int, counts how often it was given */
    OPTION_TEXT,   /* const char *, borrowed from argv */
    OPTION_LIST,   /* struct option_list: a text each time it is given */
    OPTION_NUMBER, /* double, min..max */
    OPTION_WHOLE,  /* int64_t, min..max */
    OPTION_CHOICE, /* int, index into choices() */
};
/* More files than anybody names by hand; a pattern of the shell may give as many. */
enum { OPTIONS_FILES_MAX = 200 };
#define COMMAND_BIT(c) (1u << (c))
#define COMMAND_ALL (~0u)

struct option_row {
    const char *name;  /* long name without dashes */
    char letter;       /* 0: none */
    unsigned commands; /* COMMAND_BIT set, COMMAND_ALL for a global one */
    enum option_type type;
    const char *argument; /* "FILE"; NULL for flags */
    size_t offset;        /* in struct options */
    double min, max;
    const char *const *(*choices)(size_t *count); /* of OPTION_TEXT: some of what it may be */
    const char *help;
};

enum { OPTIONS_LIST_MAX = 64 }; /* a profile has about as many settings of one service */
struct option_list {
    const char *of[OPTIONS_LIST_MAX];
    size_t count;
};

enum dialect { DIALECT_OWN, DIALECT_GUIDE };                 /* as in dialect_names */
enum completion_shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH }; /* as in shell_names */
enum change_from { FROM_CLI, FROM_SCREEN };                  /* who asked for a change */
extern const char *const options_from_words[];
enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
    char *const *argv; /* all of it, as it was given; borrowed */
    enum command command;
    enum command help_about; /* with COMMAND_HELP: what to explain; COMMAND_DASHBOARD: everything */
    /* global */
    const char *config; /* NULL: the default place */
    const char *sysroot;
    const char *replay; /* a recording of kind "reads" */
    const char *at;     /* NULL: its end */
    double speed;       /* of a replay; 0: not given */
    int color;          /* enum color_choice */
    bool ascii;
    int verbose;
    bool help, version;
    /* dashboard, stream */
    double interval_s; /* 0: as in tunetop.yaml */
    const char *theme; /* NULL: as in tunetop.yaml, or as remembered */
    int view;          /* enum ui_tab, -1: as remembered */
    const char *script;
    /* status */
    bool json;
    const char *format;
    double gap_s;
    /* stream, record */
    int64_t count; /* 0: without end */
    const char *directory;
    /* profiles, plan */
    const char *profile; /* NULL: all of them */
    /* plan, apply */
    struct option_list services, sets, withouts;
    int dialect; /* enum dialect */
    bool drift;  /* of verify: only what a process has not as its file says */
    /* apply, undo, recover */
    bool yes, no_restart, no_warm, all_or_nothing, strict, include_pending;
    int queue;               /* enum queue_policy of tuning/apply/queue.h */
    int from;                /* enum change_from: who asks */
    int64_t drain_timeout_s; /* 0: not given */
    const char *id;          /* undo, journal: of an entry; NULL: the newest that stands, all */
    int64_t progress_fd;     /* 0: not given */
    const char *plan_hash;   /* NULL: whatever the plan is; else it or its beginning */
    /* settings */
    const char *setting; /* NULL: all of them */
    bool installed;      /* what the installed servers list */
    bool lint;
    const char *files[OPTIONS_FILES_MAX]; /* with lint */
    size_t file_count;
    int kind;               /* enum document_kind of all files, -1: as they look */
    const char *version_of; /* "ollama=0.24.0,comfyui=0.3.64"; NULL: as they are found */
    /* detect, profiles */
    bool env;
    const char *chip, *memory, *vram; /* NULL: this machine, as it is */
    int64_t gpu_cores;                /* 0: not given */
    /* completion */
    int shell; /* enum completion_shell, -1: not given */
};

/* Fills out with the defaults, then with argv[1..argc). Errors are ERR_USAGE. */
int options_parse(int argc, char *const *argv, struct options *out, struct err *err);

const struct command_row *command_rows(size_t *count);
const struct option_row *option_rows(size_t *count);
/* The help of one command; COMMAND_DASHBOARD: of the whole program. */
void options_help(enum command about, struct buf *out);
/* "-n, --count N" */
void option_label(const struct option_row *o, struct buf *out);

#endif
