/*
 * What was gathered of one service, and the readers of each kind of evidence. Inside of
 * tuning/evidence only; tests make one by hand.
 */
#ifndef TUNING_EVIDENCE_EVIDENCE_PART_H
#define TUNING_EVIDENCE_EVIDENCE_PART_H

#include "base/arena.h"
#include "tuning/control/inspect.h"
#include "tuning/control/job.h"
#include "tuning/control/unit.h"
#include "tuning/evidence/evidence.h"

/* A name with its value: of an environment, of the "server config" line. */
struct evidence_pair {
    const char *name, *value; /* value NULL: it is not set */
};
struct evidence_pairs {
    bool known;
    const char *why; /* not known: one sentence; NULL: nobody looked */
    const struct evidence_pair *of;
    size_t count;
    bool only_set; /* a name that is not among them is not set */
};
enum { EVIDENCE_RUNNERS = 16, EVIDENCE_MODELS = 16 };

struct evidence {
    struct arena arena;
    int kind;    /* enum service_kind */
    int32_t pid; /* its process; 0 unknown */
    int64_t pid_start, started_wall_ns;
    int64_t slack_ns;       /* how much later it may have been started */
    const char *no_process; /* why no process can be asked; NULL: it can */

    struct evidence_pairs environment; /* of the process: all names that were asked for */
    const char *argv;                  /* of the process; NULL not known */
    bool argv_cut;                     /* it is longer than what is kept */
    bool group_known;                  /* the two below are told; INFINITY: no limit */
    double group_memory_bytes, group_cpus;

    const struct container_facts *container; /* NULL not known */
    const char *container_why;
    const char *container_unreadable; /* it is in one, and why that cannot be inspected; NULL */

    struct evidence_pairs config_line;     /* the "server config" line */
    const char *runners[EVIDENCE_RUNNERS]; /* argv of each */
    size_t runner_count;

    const struct unit *unit; /* NULL not known */
    const char *unit_why;
    const struct job *job;
    const char *job_why;

    const char *report_argv;          /* as the service itself tells; NULL */
    double contexts[EVIDENCE_MODELS]; /* of loaded models */
    size_t context_count;
};

/* ---- gathering, one file a kind ---- */

/* A target to run programs with: that of the service, else one without rights of its own. */
const struct control_target *evidence_target(const struct evidence_of *of,
                                             struct control_target *none);
void evidence_gather_process(const struct evidence_of *of, struct evidence *e);
void evidence_gather_container(const struct evidence_of *of, struct evidence *e);
void evidence_gather_log(const struct evidence_of *of, struct evidence *e);
void evidence_gather_runners(const struct evidence_of *of, struct evidence *e);
void evidence_gather_unit(const struct evidence_of *of, struct evidence *e);
void evidence_gather_job(const struct evidence_of *of, struct evidence *e);
void evidence_gather_report(const struct evidence_of *of, struct evidence *e);

/* ---- readers of what was gathered: pure. true: *out is known ---- */

/* A flag in arguments parted by PROCESS_ARGV_SEPARATOR; `bare`: it takes no value. */
bool evidence_flag_in(const char *argv, const char *flag, bool bare, struct arena *arena,
                      struct evidence_value *out);
bool evidence_process_value(struct evidence *e, const struct setting *s, const char *name,
                            struct evidence_value *out);
bool evidence_container_value(struct evidence *e, const struct setting *s, const char *name,
                              struct evidence_value *out);
bool evidence_group_value(struct evidence *e, const char *name, struct evidence_value *out);
bool evidence_log_value(struct evidence *e, const char *name, struct evidence_value *out);
bool evidence_runner_value(struct evidence *e, const char *name, struct evidence_value *out);
bool evidence_unit_value(struct evidence *e, const struct setting *s, const char *name,
                         struct evidence_value *out);
bool evidence_job_value(struct evidence *e, const struct setting *s, const char *name,
                        struct evidence_value *out);
bool evidence_report_value(struct evidence *e, const struct setting *s, const char *name,
                           struct evidence_value *out);

/* ---- pure readers of text ---- */

/* The newest "server config" line in text[0..size) that is not older than `since_wall_ns`: its
 * env="map[...]", taken apart. false: there is none. Lines come as the log has them. */
bool evidence_read_config_line(const char *text, size_t size, int64_t since_wall_ns,
                               const struct setting_catalog *catalog, struct arena *arena,
                               struct evidence_pairs *out);
/* 16G, 512M, 1000 */
const char *evidence_size_text(double bytes, struct arena *arena);

#endif
