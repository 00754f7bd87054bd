/* What the search for services' settings sees in tests: programs that print recorded text, a /proc
 * and files of the test's own, services of a model. */
#ifndef TESTS_UNIT_LOCATE_OUTSIDE_H
#define TESTS_UNIT_LOCATE_OUTSIDE_H

#include "sampling/model.h"
#include "tuning/locate/locate.h"

enum { RULES = 12, SERVICES = 4, SELF = 1000 };
struct rule {
    const char *line;    /* that the joined command line holds */
    const char *fixture; /* what it prints; NULL: text */
    const char *text, *errors;
    int status, error;
};
struct outside {
    char root[64];
    struct rule rules[RULES];
    size_t rule_count;
    char asked[4096]; /* every command line, one a line, with its user */
    int64_t now_ns;
    struct config config;
    struct model *model;
    struct service_facts facts[SERVICES];
    struct service_model_state states[SERVICES];
    struct locate_env env;
    struct control_world world;
    struct locations found;
};

int outside_setup(void **state); /* of cmocka */
int outside_teardown(void **state);

/* A file below the root, with its folders. */
void outside_make(const struct outside *o, const char *name, const char *text);
/* A process of this /proc: its parent, its control group, its folder. */
void outside_add_process(const struct outside *o, int pid, int parent, const char *group,
                         const char *folder);
struct service_facts *outside_add_service(struct outside *o, const char *name, int kind, int pid);
void outside_add_rule(struct outside *o, const char *line, const char *fixture);
void outside_configure(struct outside *o, const char *text); /* a tunetop.yaml */

/* Searches anew; the service must have been found. */
const struct location *outside_look(struct outside *o, const char *name);
void outside_is_below(const struct outside *o, const char *path, const char *name);
const char *outside_file_of(const struct location *l, size_t i);

#endif
