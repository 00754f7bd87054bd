/*
 * What the tests of containers share: room that each test gets anew, and containers that were
 * recorded.
 */
#ifndef TESTS_UNIT_CONTAINER_FIXTURE_H
#define TESTS_UNIT_CONTAINER_FIXTURE_H

#include "tuning/control/inspect.h"

extern struct arena arena;
extern struct buf text;
extern struct err err;

int container_fixture_setup(void **state);
int container_fixture_teardown(void **state);
/* tests/fixtures/containers/NAME; the text of it is in `text`. */
struct containers container_fixture(const char *name);

#endif
