/*
 * What `lms server status --json` and `lms ps --json` print, read. Pure: text in, struct out; texts
 * are sanitised and live in the arena that is given.
 *
 * What a loaded model was loaded with is a setting of the running server that no file holds;
 * `lms unload` and `lms load` change it.
 */
#ifndef TUNING_CONTROL_LM_STUDIO_H
#define TUNING_CONTROL_LM_STUDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct lm_studio_server {
    bool running;
    int port; /* 0: not told */
};
/* Versions before 2026 print a line for people first. */
int lm_studio_read_server(const char *text, size_t size, struct lm_studio_server *out,
                          struct err *err);

/* ~/.lmstudio/.internal/http-server-config.json, where what lms starts the server with is found:
 * starting it without its options takes them back. LM Studio promises no form of this file. */
struct lm_studio_options {
    int port;         /* 0: not told */
    bool cors;        /* web pages may use it */
    const char *bind; /* address; NULL: 127.0.0.1, or not told */
};
int lm_studio_read_options(const char *text, size_t size, struct arena *arena,
                           struct lm_studio_options *out, struct err *err);

struct lm_studio_model {
    const char *identifier; /* what requests call it */
    const char *key;        /* what lms load takes */
    int64_t context;        /* tokens; -1 not told, as of the two below */
    int64_t parallel, queued;
    int64_t ttl_ms;     /* -1: it stays */
    const char *status; /* "idle", ...; NULL not told */
};
struct lm_studio_models {
    struct lm_studio_model *of;
    size_t count;
};
int lm_studio_read_models(const char *text, size_t size, struct arena *arena,
                          struct lm_studio_models *out, struct err *err);

#endif
