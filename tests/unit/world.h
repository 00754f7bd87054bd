/*
 * A world for tests of services: one fake server, a configuration that may name it, and a clock
 * that the test moves.
 */
#ifndef TESTS_UNIT_WORLD_H
#define TESTS_UNIT_WORLD_H

#include "base/clock.h"
#include "sampling/service/service.h"
#include "tests/unit/fake.h"

struct world {
    struct fake fake;
    struct config config;
    struct reader *reader;
    struct http *http;
    struct process_table *processes;
    struct services *services;
    struct clock_manual manual;
    struct clock_ops clock;
    struct sample *sample;
    unsigned prompts_asked; /* by these services: other tests' dashboards find the fake, too */
};

/* What world_new() writes into the configuration's service beside name and kind. */
struct world_service {
    const char *host, *path, *more;
};
extern struct world_service configured;

/* Where it is allowed, goes into a network namespace of its own: other tests that run at the same
 * time find servers too, and ask them. Call it before anything else. */
void world_own_network(void);
/* kind NULL: the server is not in the configuration; else it is called "mine" there. */
struct world *world_new(const char *const argv[], const char *kind);
struct world *fake_world(const char *kind, const char *mode);
void world_free(struct world *w);

/* For a server that answers: as long as a busy machine and a sanitizer need, in ms. */
#define PATIENT 5000

/* Moves the clock in steps; in each the services do what they would do then, and real answers are
 * waited for (for `patience_ms` at most). */
void run(struct world *w, int64_t total_ns, int64_t step_ns, int patience_ms);
const struct service_facts *mine(const struct world *w);
/* The row of a server that nobody configured; NULL: it is not shown. */
const struct service_facts *by_port(const struct world *w);
double value(const struct service_facts *f, int metric);
/* Steers the server: a path of its control port. */
void mode(struct world *w, const char *path);

#endif
