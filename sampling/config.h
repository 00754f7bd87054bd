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

/* As many as are watched at once beside those that are discovered. */
enum { CONFIG_SERVICES = 48 };

struct config_service {
    const char *name;
    int kind;                           /* enum service_kind */
    const char *version;                /* NULL: ask it */
    const char *url;                    /* NULL: the kind's default */
    const char *token_file, *token_env; /* at most one of them; NULL: it wants no token */
    struct schema_place place;
};

struct config {
    double interval_s; /* 0.2 to 60 */
    const char *theme;
    struct schema_place theme_place; /* file NULL: the default stands */
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

/* The tables, for the man page and help. */
extern const struct schema_field config_fields[];

#endif
