/*
 * Services: found, asked, told apart. One `services` object per collector, on its thread.
 *
 * services_discover() decides which addresses to ask (discovery.h, pure); each found service is
 * asked by its kind's ops through http; services_fill() copies what is known into a sample. A
 * service never delays another or the sample. Adding a kind: one file with a struct service_ops,
 * one row in service_kinds[].
 */
#ifndef SAMPLING_SERVICE_SERVICE_H
#define SAMPLING_SERVICE_SERVICE_H

#include "base/json.h"
#include "sampling/config.h"
#include "sampling/http.h"
#include "sampling/process.h"
#include "sampling/sample.h"

/* What a kind knows about one server: filled by its parsers, kept over polls. Fixed size: texts are
 * cut. */
enum { SERVICE_MODELS_KEPT = 64 };
struct service_model_state_raw {
    char name[128], quantization[32], parameter_count[32];
    double size_bytes, gpu_bytes, context_length; /* NAN: not told */
    bool keep_loaded, in_use;
    int64_t unload_wall_ns;
};
struct service_answers { /* service_answers_init() before the first parse */
    char version[48], device[96], runtime[64], argv[1024];
    double remaining;        /* running and waiting together; NAN: not told */
    double running, waiting; /* NAN: unknown */
    uint8_t queue_reason;    /* enum reason, why they are unknown */
    bool waiting_is_estimate;
    char job_id[64]; /* of the running job; "" none */
    bool job_ended;  /* since it was last told which one runs */
    size_t model_count, models_left_out;
    bool models_known;
    struct service_model_state_raw models[SERVICE_MODELS_KEPT];
    int64_t capabilities; /* the kind's own bits */
};

/* One question of a kind's poll plan. */
struct service_question {
    const char *path; /* "/api/ps" */
    unsigned period_ms;
    size_t body_max; /* 0: HTTP_BODY_MAX */
    bool optional;   /* its failure costs its own values only, not the service's state */
    void (*reduce)(const char *body, size_t size, struct buf *out); /* see struct http_request */
    /* Whether to ask it now, given what is known; NULL: always. */
    bool (*wanted)(const struct service_answers *a);
    /* Whether what it tells has just changed: then it comes after hurry_ms already; NULL: never. */
    bool (*hurried)(const struct service_answers *a);
    unsigned hurry_ms;
    /* Pure: status and body to answers. 0; -ERR_PARSE: not this service's shape; -ERR_UNSUPPORTED:
     * this version has no such endpoint (not an error). */
    int (*parse)(long status, const char *body, size_t size, int64_t wall_ns,
                 struct service_answers *out, struct err *err);
};
enum service_match {
    MATCH_NOT,
    MATCH_PERHAPS, /* its answer must prove it before anything is shown */
    MATCH_SURE,
};
struct service_paths { /* what a process says of where it keeps its files; "" not told */
    char cwd[512], home[512], models[512]; /* models: OLLAMA_MODELS */
    const char *argv;
    bool readable; /* its environment was */
};
struct service_ops {
    int kind;
    const char *name;         /* "ollama" */
    uint16_t ports[4];        /* asked when something listens there (rules: discovery.h); 0 ends */
    uint16_t shared_ports[4]; /* other software uses them too: need a matching process; 0 ends */
    const struct service_question *questions; /* the first one identifies; path NULL ends */
    /* Whether this process is a server of the kind: name, argv (separated by
     * PROCESS_ARGV_SEPARATOR). */
    enum service_match (*matches)(const char *name, const char *argv);
    /* Its folder of a kind (enum folder_kind) as its own process names it, absolute; false: it has
     * none, or it is not told. Pure. */
    bool (*folder_of)(const struct service_paths *paths, int kind, char *out, size_t out_size);
    /* Port named in its argv or environment; 0: not told. */
    uint16_t (*port_of)(const char *argv);
    /* Whether a child of the server with this argv holds one model, loaded or loading; NULL: the
     * kind has no such children. */
    bool (*is_runner)(const char *argv);
};
extern const struct service_ops *const service_kinds[SERVICE_KIND_COUNT];
extern const struct service_ops service_ollama, service_comfyui;

void service_answers_init(struct service_answers *a); /* nothing known */
/* Copies argv for showing: blanks between arguments, secrets masked. Pure. */
void service_mask_argv(const char *argv, char *out, size_t out_size);
/* Whether the name of a flag, variable or member promises a secret ("--api-key", "HF_TOKEN"),
 * whether a word is one by its own form ("sk-..."). */
bool service_is_secret_name(const char *name, size_t size);
bool service_is_secret_value(const char *word, size_t size);
/* The same with the arguments apart: PROCESS_ARGV_SEPARATOR stays between them. */
void service_mask_words(const char *argv, char *out, size_t out_size);
/* The argument behind `flag` ("--port", "8188" and "--port=8188"), or NULL; argv separated by
 * PROCESS_ARGV_SEPARATOR. The value is copied to out. */
const char *service_argument(const char *argv, const char *flag, char *out, size_t out_size);
/* The last part of the path of argument `index`; "" when there is none. */
const char *service_argument_base(const char *argv, size_t index, char *out, size_t out_size);

struct services;
struct services *services_new(const struct config *config, struct reader *reader, struct http *http,
                              struct process_table *processes, const struct clock_ops *clock);
void services_free(struct services *s);
/* Watches one more until the end. name NULL: as for a discovered one; kind -1: found by asking. One
 * that is watched already (its address, or its port on this machine) stays one row. */
int services_add(struct services *s, const char *name, int kind, const char *url, int64_t now_ns,
                 struct err *err);
/* Looks for services when due (every 4 s; at once the first time). One slice of some milliseconds
 * at a time, or the whole of it; what was found before counts until the last slice. */
void services_discover(struct services *s, int64_t now_ns, uint64_t forks, bool whole);
/* Starts the questions that are due. */
void services_ask(struct services *s, int64_t now_ns);
/* When something is due next. */
int64_t services_next_ns(const struct services *s);
/* true once discovery ran and each service found answered, failed or has been waited for 400 ms. */
bool services_settled(const struct services *s, int64_t now_ns);
/* Puts all services into the sample's arena. */
void services_fill(struct services *s, int64_t now_ns, struct sample *out);
/* Which variables of their processes are wanted from now on, at most SERVICE_SETTINGS; copied. A
 * recording tells those that were wanted when it was made. */
enum { SERVICE_SETTINGS = 256, SERVICE_SETTING_NAME = 64 };
void services_wish_settings(struct services *s, const char *const *names, size_t count);
/* Which folders of theirs are to be looked through; lives as long as `s`. */
const struct folder_wishes *services_folders(const struct services *s);
/* The rows SOURCE_DISCOVERY and SOURCE_SERVICES. */
void services_status(const struct services *s, struct source_status *discovery,
                     struct source_status *asked);

#endif
