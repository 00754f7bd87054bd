#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/plan_place.h"

struct test_knowledge known;
struct chip_machine machine;
struct chip_answer answer;
struct profile_query query;
char folder[] = "/tmp/tunetop-plan-XXXXXX";
struct config config;
struct plan_input input;
struct plan plan;
struct err failure;

static const char *const names[] = {
    "compose.yaml", "compose.override.yaml", "b.yaml", ".env", "a.env", "x.env", "s.json",
    "broken.yaml"};

int plan_place_open(void **state)
{
    (void)state;
    return test_knowledge_load(&known) == 0 && mkdtemp(folder) ? 0 : -1;
}

int plan_place_close(void **state)
{
    (void)state;
    test_knowledge_release(&known);
    return rmdir(folder);
}

void on(const struct test_machine *m)
{
    test_machine_set(m, &machine);
    chip_decide(&known.chips, &machine, &answer);
    profile_query_init(&query, &answer, &machine, NAN);
}

const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

void put(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

void forget(void)
{
    plan_release(&plan);
    plan_input_release(&input);
    config_release(&config);
}

int plan_place_tear_down(void **state)
{
    (void)state;
    forget();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)unlink(path_of(names[i]));
    }
    return 0;
}

void look(const char *services)
{
    struct err err = ERR_INIT;
    char text[2048];

    forget();
    snprintf(text, sizeof text, "services:\n%s", services);
    config_init(&config);
    char file[256];
    snprintf(file, sizeof file, "%s/tunetop.yaml", folder);
    if (config_parse(&config, file, text, strlen(text), &err) < 0) {
        fail_msg("%s: %s", err.where, err.msg);
    }
    config.path = file; /* relative paths start there */
    plan_input_load(&config, query.hosts, NULL, NULL, &input);
    config.path = NULL;
}

int make_with(struct plan_wish wish)
{
    failure = (struct err)ERR_INIT;
    wish.profiles = &known.profiles;
    wish.query = &query;
    wish.profile = wish.profile ? wish.profile : "high";
    plan_release(&plan);
    return plan_make(&input, &wish, &plan, &failure);
}

const struct plan_change *change_of(const char *service, const char *setting)
{
    for (size_t i = 0; i < plan.change_count; i++) {
        if (strcmp(plan.changes[i].service, service) == 0 &&
            strcmp(plan.changes[i].setting, setting) == 0) {
            return &plan.changes[i];
        }
    }
    return NULL;
}

const struct plan_skipped *skipped_of(const char *service, const char *setting)
{
    for (size_t i = 0; i < plan.skipped_count; i++) {
        if (strcmp(plan.skipped[i].service, service) == 0 &&
            strcmp(plan.skipped[i].setting, setting) == 0) {
            return &plan.skipped[i];
        }
    }
    return NULL;
}
