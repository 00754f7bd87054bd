/*
 * A service's own log: where it is, reading it, and following what it writes while somebody waits
 * for it.
 *
 * Where: as tunetop.yaml's `log` says; the journal of a unit; what its container printed; the files
 * that launchd or Homebrew hand to a job; the file of Ollama's app. Programs are asked by argument
 * vectors with a deadline, files are opened as whoever called sudo. A log that cannot be read is no
 * error of anything else: it is said with its reason.
 */
#ifndef TUNING_CONTROL_SERVICE_LOG_H
#define TUNING_CONTROL_SERVICE_LOG_H

#include "sampling/config.h"
#include "tuning/control/control.h"
#include "tuning/control/log_lines.h"

struct service_log_of {
    const struct control_world *world;       /* NULL: no program is asked */
    const struct config_service *configured; /* NULL */
    const struct control_target *control;    /* NULL; may change what it runs in between */
    const char *name, *unit, *container;     /* as the facts have it; "" none */
    int kind;                                /* enum service_kind or beyond */
    int32_t pid_before; /* what it still wrote at its end is not of this start; 0 */
    const char *token;  /* hidden wherever it stands; NULL */
};

enum service_log_kind { LOG_OF_NOTHING, LOG_OF_FILES, LOG_OF_JOURNAL, LOG_OF_CONTAINER };
enum { LOG_PATHS = 2 };    /* standard output and standard error */
struct service_log_place { /* texts in the arena that it was found with, or of who is asked */
    enum service_log_kind kind;
    const char *paths[LOG_PATHS];
    size_t path_count;
    bool root;        /* root's own service: its files are read with root's rights */
    const char *unit; /* of the journal */
    bool user;        /* its user's journal */
    const char *container;
    const char *second; /* another name of the container; NULL */
    bool podman;
    const char *why; /* OF_NOTHING: one sentence */
};
/* What tunetop.yaml, the control and the facts tell; nobody is asked. */
void service_log_find(const struct service_log_of *of, struct arena *arena,
                      struct service_log_place *out);
/* All of it since then, but at most the end of a file; lines as the log has them. */
int service_log_whole(const struct service_log_of *of, const struct service_log_place *place,
                      int64_t since_wall_ns, int64_t deadline_ns, struct arena *arena,
                      struct buf *out, struct err *err);

/* ---- following one ---- */

struct service_log;
/* From now on: what it wrote before does not count. Also asks where it is (launchctl, brew). */
struct service_log *service_log_open(const struct service_log_of *of, int64_t deadline_ns);
void service_log_close(struct service_log *l); /* accepts NULL */
/* Takes what is new, of much only the newest; ended: also a line without its end. An error is that
 * of reading it, and kept for service_log_why(). */
int service_log_take(struct service_log *l, bool ended, int64_t deadline_ns, struct err *err);
const struct log_lines *service_log_lines(const struct service_log *l);
/* "the journal of ollama.service", "/var/log/ollama.log"; NULL: nobody knows where it logs. */
const char *service_log_words(const struct service_log *l);
/* Why there is nothing of it; NULL: there is, or it wrote nothing. */
const char *service_log_why(const struct service_log *l);

#endif
