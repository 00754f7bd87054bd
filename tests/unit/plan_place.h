/*
 * Plans over files in a folder of their own, from the shipped catalogs: what the tests of plans
 * share. The names are short because every line of those tests has one.
 */
#ifndef TESTS_UNIT_PLAN_PLACE_H
#define TESTS_UNIT_PLAN_PLACE_H

#include "tests/unit/machine.h"
#include "tuning/plan.h"

extern struct test_knowledge known;
extern struct chip_machine machine;
extern struct chip_answer answer;
extern struct profile_query query;
extern char folder[];
extern struct config config;
extern struct plan_input input;
extern struct plan plan;
extern struct err failure;

/* Of the group: reads the catalogs and makes the folder, which must be empty in the end. */
int plan_place_open(void **state);
int plan_place_close(void **state);
/* Of a test: gives back what it made, and removes its files. */
int plan_place_tear_down(void **state);

/* Which machine the plans are for. */
void on(const struct test_machine *m);
const char *path_of(const char *name);        /* in the folder; until the next call */
void put(const char *name, const char *text); /* a file there */
void forget(void);                            /* plan, input and configuration */
void look(const char *services);      /* the services of tunetop.yaml: their files are read */
int make_with(struct plan_wish wish); /* of what was looked at; profile NULL: high */
const struct plan_change *change_of(const char *service, const char *setting);
const struct plan_skipped *skipped_of(const char *service, const char *setting);

#endif
