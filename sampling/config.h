/*
 * tunetop.yaml: what to watch and how often. Loaded once before the screen; errors are ERR_CONFIG
 * with file:line:column in err->where, the key, what was expected and the nearest valid name.
 */
#ifndef SAMPLING_CONFIG_H
#define SAMPLING_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/schema.h"

/* The kinds that the file may name: those of enum service_kind first. NULL after the last. */
extern const char *const config_kind_words[];

/* As many as are watched at once beside those that are discovered. */
enum {
    CONFIG_SERVICES = 48,
    CONFIG_FILES = 8,    /* of one compose project */
    CONFIG_PRIORITY = 5, /* of a service that has none: the middle of 1 to 9 */
};

/* The file that a service's settings stand in, as tunetop.yaml names it. Which of the keys belong
 * to which type is checked (config_target_check()). */
enum config_target_type {
    CONFIG_COMPOSE,  /* file, service, write */
    CONFIG_ENV_FILE, /* file */
    CONFIG_SYSTEMD,  /* unit, scope; file: another drop-in than tunetop's own */
    CONFIG_LAUNCHD,  /* label, domain; file: not that of the label */
    CONFIG_JSON,     /* file */
    CONFIG_YAML,     /* file */
    CONFIG_BREW_ENV, /* formula; file: not that of the formula */
    CONFIG_TARGET_NONE = -1,
};
enum config_write { CONFIG_IN_PLACE, CONFIG_OVERRIDE };
enum config_scope { CONFIG_SYSTEM, CONFIG_USER };
struct config_target {
    int type;         /* enum config_target_type */
    const char *file; /* as written: absolute, ~/..., or relative to tunetop.yaml; NULL */
    /* const char *: compose files in the order of -f, written as `file` is; in its place */
    struct schema_list files;
    const char *service; /* of the compose file; NULL: of the service's own name */
    int write;           /* enum config_write */
    const char *unit;
    int scope; /* enum config_scope */
    const char *label, *domain, *formula;
    struct schema_place place; /* file NULL: the service has none */
};

/* How a service is started and stopped, where the file says so (tuning/control/control.h). */
enum config_control_type { /* in the order of enum control_type */
                           CONFIG_CONTROL_NONE,
                           CONFIG_CONTROL_COMPOSE, /* engine */
                           CONFIG_CONTROL_SYSTEMD, /* unit, scope */
                           CONFIG_CONTROL_LAUNCHD, /* label, domain */
                           CONFIG_CONTROL_BREW,    /* formula */
                           CONFIG_CONTROL_LMS,
                           CONFIG_CONTROL_COMMAND, /* stop, start: argument vectors */
};
struct config_control {
    int type;   /* enum config_control_type */
    int engine; /* as enum control_engine */
    const char *unit;
    int scope; /* enum config_scope */
    const char *label, *domain, *formula;
    struct schema_list stop, start; /* const char * */
    struct schema_place place;      /* file NULL: it is to be found */
};

/* When a service counts as well after a restart; 0 and NULL: from its healthcheck, else 30 s
 * interval, 10 s timeout, 3 retries, no start period. */
struct config_health {
    const char *path; /* "/api/version" */
    double interval_s, timeout_s, start_period_s;
    double steady_s; /* watched after a restart until then; 0: a minute */
    int64_t retries;
    struct schema_place place;
};
/* Where it logs: type file {path}, journal {unit, scope}, container {name}. */
enum config_log_type { CONFIG_LOG_FILE, CONFIG_LOG_JOURNAL, CONFIG_LOG_CONTAINER };
struct config_log {
    int type;
    const char *path, *unit, *name;
    int scope;
    struct schema_place place; /* file NULL: not told */
};

struct config_service {
    const char *name;
    int kind;            /* enum service_kind; or a word behind those, which is not watched */
    const char *version; /* NULL: ask it */
    const char *url;     /* NULL: the kind's default */
    const char *token_file, *token_env; /* at most one of them; NULL: it wants no token */
    struct config_target config;
    struct config_control control;
    struct config_health health;
    struct config_log log;
    struct schema_list preload; /* const char *: models to load after a restart */
    bool managed;               /* false: watched, never written to */
    struct schema_place managed_place;
    int64_t priority; /* 1 to 9: of memory, when the limits together are too much */
    struct schema_place place;
};

struct config {
    const char *path;  /* of the file that was read, absolute; NULL: there is none */
    double interval_s; /* 0.2 to 60 */
    const char *theme;
    struct schema_place theme_place; /* file NULL: the default stands */
    bool mouse;                      /* the dashboard takes clicks and the wheel */
    struct config_service *services;
    size_t service_count;
    struct arena arena;
};

void config_init(struct config *c);    /* the defaults */
void config_release(struct config *c); /* accepts a zeroed one */
/* path NULL: the default place, $XDG_CONFIG_HOME/tunetop/tunetop.yaml or ~/.config/...; when that
 * does not exist the defaults stand. A named file must exist. */
int config_load(struct config *c, const char *path, struct err *err);
/* Text of a file called `file` (tests, fuzzing). */
int config_parse(struct config *c, const char *file, const char *text, size_t size,
                 struct err *err);
/* The service that the file names so; NULL: none, or c is NULL. */
const struct config_service *config_service_find(const struct config *c, const char *name);
/* A service's url: http or https, a host, perhaps a port and a path; nothing secret and no query in
 * it. Fills out (any field may be NULL) or fails with ERR_CONFIG and a sentence that says what is
 * wrong. Pure. */
struct config_url {
    bool https;
    char host[64]; /* lower case, without brackets */
    bool ipv6;     /* host is an IPv6 address */
    uint16_t port; /* 80 and 443 when not given */
    char path[64]; /* "" or "/prefix", no trailing slash */
    bool loopback; /* localhost, 127.0.0.0/8, ::1 */
};
int config_parse_url(const char *url, struct config_url *out, struct err *err);
/* The same address always as the same text: "http://127.0.0.1:11434/prefix"; localhost is
 * 127.0.0.1. */
enum { CONFIG_URL_TEXT = 160 };
const char *config_url_text(const struct config_url *u, char out[CONFIG_URL_TEXT]);

/* Whether the keys of a target are those of its type; err says which is missing or does not belong.
 */
int config_target_check(const struct config_target *t, struct err *err);
extern const struct schema_field config_target_fields[];
extern const char *const config_target_words[]; /* "compose", ...; NULL after the last */

/* The same of control, log and health. */
int config_control_check(const struct config_control *c, struct err *err);
int config_log_check(const struct config_log *l, struct err *err);
int config_health_check(const struct config_health *h, struct err *err);
extern const struct schema_field config_control_fields[], config_log_fields[],
    config_health_fields[];
/* As control_type_words and control_engine_words of tuning/control/control.h. */
extern const char *const config_control_words[], *const config_engine_words[],
                                                     *const config_log_words[];

/* The tables, for the man page and help. */
extern const struct schema_field config_fields[];

#endif
