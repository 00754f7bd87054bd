/*
 * Models and their servers, for plans over the files of plan_place.h: what the tests of fit and of
 * memory share. The names are short because every line of those tests has one.
 */
#ifndef TESTS_UNIT_PLAN_MODELS_H
#define TESTS_UNIT_PLAN_MODELS_H

#include "tests/unit/plan_place.h"
#include "tuning/plan_fit.h"

enum { PLAN_MODELS_ROWS = 8 };

extern struct fit_row rows[PLAN_MODELS_ROWS];
extern struct fit_list list;
extern struct plan_models models;
extern const struct test_machine card_24; /* an NVIDIA card of 24 GiB */
extern const char native[];               /* an Ollama with its settings in a.env */

int plan_models_set_up(void **state); /* of a test: none of them */

void fit_on(const struct test_machine *m); /* on(), and what memory it has for models */
void fit_look(const char *services);       /* look(), with the models */
/* A server that runs, with what its process is set to. */
struct plan_server *serve(const char *name, const char *context, const char *parallel);
/* An installed model with eight heads of 128 for keys and values: 4 KiB a layer and token. */
struct fit_row *have(const char *name, double gib, int layers);
struct fit_row *have_8b(void); /* llama3.1:8b, 4.5 GiB; 1 GiB of cache for 8,192 tokens */

/* service NULL: all of them. Returns what plan_make() does. */
int make_of(const char *profile, const char *service, const struct plan_typed *typed, size_t count);
void make(const char *profile); /* these two fail the test when there is no plan */
void make_set(const char *profile, const char *name, const char *value);

#endif
