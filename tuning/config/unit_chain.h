/*
 * What systemd makes of a unit and its drop-ins (systemd.unit(5)): which ExecStart holds, and which
 * of several files that set one thing is the one that counts. Pure: over documents that somebody
 * read, in the order in which systemd reads them; the last one wins.
 */
#ifndef TUNING_CONFIG_UNIT_CHAIN_H
#define TUNING_CONFIG_UNIT_CHAIN_H

#include "tuning/config/document.h"

/* tunetop's own drop-in. They are read in the order of their names, whatever folder they are in: it
 * has the second name where another one would come after the first. */
extern const char unit_drop_in[], unit_last_drop_in[];
/* Whether one of this path or name comes after ours of the usual name. */
bool unit_comes_later(const char *path);
bool unit_is_own_drop_in(const char *path);

enum { UNIT_PARTS_MAX = 64, UNIT_ENV_FILES_MAX = 16 };

struct unit_part {
    const char *path;
    const struct document *document;
};

struct unit_chain {
    struct unit_part parts[UNIT_PARTS_MAX]; /* the unit itself first */
    size_t count;
    size_t own;                                     /* which one is tunetop's */
    struct unit_part env_files[UNIT_ENV_FILES_MAX]; /* of EnvironmentFile=, that could be read */
    size_t env_file_count;
};

/* The command line of ExecStart as it would be without tunetop's part, as it is written there: with
 * its quotes, %-specifiers and $VARIABLES, joined to one line. *from: the part that has it. NULL:
 * STATE with the reason (there is none, there are several, several commands in one). */
const char *unit_exec_start(const struct unit_chain *c, const struct unit_part **from,
                            struct err *err);

/* The files that EnvironmentFile= names for the service, as written ("-/etc/default/x"), after
 * those that were taken back. At most `most`; returns how many. */
size_t unit_env_files(const struct unit_chain *c, const char **out, size_t most);

/* The part that sets the variable, flag or key of [Service] so that tunetop's does not count: it is
 * read later, or it is a file of EnvironmentFile=, which counts more than Environment=. *value:
 * what it sets; NULL: it takes it back. NULL: there is none. */
const struct unit_part *unit_overriding(const struct unit_chain *c, enum document_entry_kind kind,
                                        const char *name, const char **value);

#endif
