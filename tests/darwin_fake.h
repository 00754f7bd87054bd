/*
 * A Mac that is not here: the functions of sampling/darwin/live.h, answering from tables of text.
 */
#ifndef TESTS_DARWIN_FAKE_H
#define TESTS_DARWIN_FAKE_H

#include <stddef.h>
#include <stdint.h>

struct fake_answer {
    const char *key; /* "hw.memsize", "ticks", "arguments 12" */
    const char *text;
    size_t size; /* 0: strlen(text) */
    int code;    /* 0, or a negative error instead of the text */
};

/* The answers from now on, ended by a row with key NULL; borrowed. Whatever is not in it is
 * -ERR_NOENT. Counts start anew. */
void fake_mac(const struct fake_answer *answers);
/* How often `key` was asked for since then. */
unsigned fake_mac_asked(const char *key);

#endif
