/*
 * One service while it is watched: what discovery, its answers and its processes say. Shared by the
 * files of this folder only; everybody else sees service.h.
 *
 *   discovery --> running --> question --> http --> on_answer --> answers
 *                    |                                              |
 *                    +---- running_decide(): state and sentence <---+---> services_fill(): sample
 */
#ifndef SAMPLING_SERVICE_RUNNING_H
#define SAMPLING_SERVICE_RUNNING_H

#include "sampling/service/discovery.h"
#include "sampling/service/running_group.h"
#include "sampling/service/service.h"
#include "sampling/service/token.h"
#include "sampling/source.h"

enum {
    RUNNING_MAX = CONFIG_SERVICES + CANDIDATES_MAX,
    RUNNING_QUESTIONS = 8,
    CPU_MARKS = 12, /* one each 4 s: enough to look 30 s back */
};

/* The times by which states are told apart (nanoseconds). */
#define BUSY_AFTER_NS (2 * NS_PER_S)   /* one question without an answer for this long */
#define STUCK_AFTER_NS (30 * NS_PER_S) /* without an answer, and idle all that time */
#define STUCK_CORES 0.01               /* of one core */
#define LOST_AFTER_NS                                                                              \
    (60 * NS_PER_S) /* then a value is no longer shown as stale but as missing                     \
                     */
#define STALE_PERIODS 5
#define SETTLE_NS (400 * NS_PER_MS) /* the first picture does not wait longer for anybody */

struct cpu_mark {
    int64_t at_ns;
    double cpu_seconds;
};

struct running {
    struct services *owner;
    const struct service_ops *ops;
    char name[48]; /* "" until it is shown the first time */
    char url[CONFIG_URL_TEXT],
        other_url[CONFIG_URL_TEXT]; /* other: to try when this one refuses; "" none */
    uint16_t port;
    bool configured, remote;
    bool added;     /* by a person while tunetop runs: watched until it ends */
    bool kind_open; /* its kind is not known: each is asked for in turn */
    unsigned kinds_tried;
    char told_version[64]; /* of the configuration */
    struct service_token token;
    bool below_path; /* its url has a path: whoever holds the port is in front of it */
    char peer[64];   /* where a name led to */

    /* From discovery. */
    bool seen, listening, sure, proxy, guessed;
    bool repeated;      /* the same process is watched in another row */
    bool was_listening; /* at the time before */
    int32_t pid;
    int64_t pid_start;
    char install[16];
    struct running_group group; /* of pid, read when it was found */

    /* Asking. */
    struct service_answers answers;
    bool identified;   /* it has answered as its kind does, once at least */
    bool rejected;     /* it answers, but is something else */
    unsigned failures; /* in a row */
    int64_t not_before_ns;
    int question; /* outstanding, -1 none */
    int64_t asked_ns, first_asked_ns;
    int64_t quiet_ns; /* when its silence began: the last answer, or the first question since it was
                         reachable */
    struct {
        int64_t next_ns, answered_ns;
        int64_t not_before_ns; /* an optional one that failed */
        bool wanted;
        bool ahead; /* may be asked once without a token */
    } questions[RUNNING_QUESTIONS];
    double tokens; /* how many questions it may be asked now, see running_ask.c */
    int64_t tokens_ns;
    int last_code; /* of the last finished question: 0 or a negative error */
    int wrong;     /* the question whose answers are wrong, -1 none: another one's do not mend it */
    bool last_connected;
    char fault[160]; /* what was wrong with it, as the end of a sentence */
    int64_t answered_ns, answered_wall_ns;
    double answer_seconds;
    uint64_t finished_count, answered_count;
    char job_id[64];
    int64_t job_began_ns; /* 0: not known */
    int64_t job_known_ns; /* when it was last known what runs, if anything */

    /* Its processes. */
    bool usage_known;
    struct process_usage usage;
    struct process_group limits;          /* of its control group */
    int64_t limits_ns;                    /* 0: not read for this process */
    char folders[FOLDER_KIND_COUNT][512]; /* of its process; "" unknown */
    struct {                              /* wanted variables of its process */
        int32_t pid;                      /* whose they are; 0 nobody's */
        int64_t start;
        unsigned wish;   /* which wish they answer */
        int code;        /* 0 or a negative error */
        struct buf text; /* "NAME=value\n" each */
    } settings;
    unsigned members;
    struct {
        bool known;
        unsigned count, others; /* children that hold a model, and the rest */
    } runners;
    int64_t usage_ns;
    struct cpu_mark marks[CPU_MARKS];
    size_t mark_next, mark_count;

    int state; /* enum service_state */
    int64_t since_ns;
    char reason[160];
};

struct services {
    const struct config *config;
    struct reader *reader;
    struct http *http;
    struct process_table *processes;
    struct clock_ops clock;
    struct running *list[RUNNING_MAX]; /* configured ones first */
    size_t count;
    bool discovers; /* not below a sysroot */
    bool discovered;
    int64_t discover_next_ns, discovered_ns;
    bool listeners_known;
    struct { /* the round of discovery that is on its way, a slice at a time */
        enum { ROUND_NONE, ROUND_TABLE, ROUND_SEARCH, ROUND_LOOK } stage;
        struct listener *listeners;
        size_t listener_count;
        bool unknown; /* an owner is, without a look at descriptors */
        int64_t cost_ns;
    } round;
    uint64_t forks;
    char ollama_host[128];
    char own_network[64]; /* target of /proc/self/ns/net, "" unknown */
    struct err discovery_err;
    struct folder_wishes folders; /* of all that are shown */
    struct {                      /* variables that are wanted */
        char names[SERVICE_SETTINGS][SERVICE_SETTING_NAME];
        size_t count;
        unsigned number; /* of the wish; 0: there was none */
    } * wish;
    int64_t discovery_cost_ns, ask_cost_ns;
    int64_t now_ns; /* of the last call, for callbacks */
};

/* services.c */
/* A name led to this machine: the row is the one of the server that was found here. */
void services_is_local(struct running *r);
bool services_own_address(const char *address); /* loopback or one of this machine's */
bool services_has_address(const char *address); /* one of its network interfaces */
/* A new row, NULL when there is no room. */
struct running *services_row(struct services *s, int kind);

/* configured.c */
/* The rows of the configuration; in a replay those of the machine that was recorded. */
void configured_add(struct services *s);

/* running_ask.c */
void running_reconnect(
    struct running *r,
    int64_t now_ns); /* everything is due, what a restart may change is forgotten */
void running_ask(struct running *r, int64_t now_ns);
int64_t running_next_ns(const struct running *r, int64_t now_ns);
bool running_may_be_asked(const struct running *r);

/* Asks as the next kind. false: all were tried, the next round begins. */
bool running_next_kind(struct running *r);

/* running_state.c: pure */
enum service_state running_decide(const struct running *r, int64_t now_ns, char *reason,
                                  size_t reason_size);
/* Mean use of cores over the last STUCK_AFTER_NS; false when it was not watched for so long. */
bool running_cpu_cores(const struct running *r, int64_t now_ns, double *out);
void running_mark_cpu(struct running *r, int64_t now_ns, double cpu_seconds);
bool running_is_shown(const struct running *r, int64_t now_ns);
void running_format_seconds(int64_t ns, char *out, size_t out_size); /* "42 s", "3 min", "2 h" */

/* running_runner.c */
void running_count_runners(struct running *r); /* after a scan of the processes */
/* With the answer that lists the models: what there is at that moment. */
void running_check_runners(struct running *r);
bool running_is_loading(const struct running *r, int64_t now_ns, bool *known);
/* How many of the listed models no process serves any more. */
size_t running_models_gone(const struct running *r, int64_t now_ns);
/* folders.c */
/* Where the service of r->pid keeps its files: what its arguments and environment say, else where
 * its kind keeps them. */
void running_find_folders(struct running *r);
/* Reads the wanted variables of its process where that was not done yet, and puts them. */
void running_read_settings(struct running *r);
void running_fill_settings(const struct running *r, int64_t now_ns, struct arena *arena,
                           struct service_facts *out);
void services_collect_folders(struct services *s, struct running *const *shown, size_t count);

/* running_fill.c */
/* The question whose answer holds the loaded models: the last one of the kind's plan that is always
 * asked and not optional. */
size_t running_main_question(const struct service_ops *ops);
void running_fill(const struct running *r, int64_t now_ns, struct arena *arena,
                  struct service_facts *out);

#endif
