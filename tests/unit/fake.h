/*
 * tests/fake_server as a child of a test: started, steered, ended. It also ends when the test does
 * (its stdin).
 */
#ifndef TESTS_UNIT_FAKE_H
#define TESTS_UNIT_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct fake {
    pid_t pid;
    int in; /* its stdin: closing it ends it */
    int port, control;
};

/* argv[0] is what it is called (its command line as others see it); ends with NULL. False when it
 * does not start. */
bool fake_start(struct fake *f, const char *const argv[]);
void fake_stop(struct fake *f);
/* GET on its control port; the answer's body into out (may be NULL). */
bool fake_control(const struct fake *f, const char *path, char *out, size_t out_size);
/* A number behind `word` and a blank at the start of a line of /log; 0 when it is not there. */
unsigned fake_count(const struct fake *f, const char *word);

#endif
