/*
 * What a recording leaves out: names of users and hosts, home folders, prompts, serial numbers,
 * addresses other than loopback, secrets (CONTRACTS section 5).
 *
 * Pure: a read goes in, what may be kept comes out, by the key. What is replaced is replaced the
 * same way in keys and in texts, so that the parsers find their way through a replay: an address
 * becomes one of those that are reserved for documentation (192.0.2.N, 2001:db8::N), a home folder
 * /home/user, the host "host", the host of any URL hostN.example. Of texts that hold much more than
 * the parsers read (command lines of other programs, jobs, the table of connections) only what they
 * read is kept. A key that no rule knows is text that may hold anything, and is treated so. Not
 * thread-safe.
 */
#ifndef SAMPLING_SCRUB_H
#define SAMPLING_SCRUB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { SCRUB_NAMES = 8 };
struct scrub_identity { /* who is hidden beside what can be seen by its form; copied */
    const char *users[SCRUB_NAMES], *hosts[SCRUB_NAMES]; /* NULL or "": none */
    const char *homes[SCRUB_NAMES];
};

struct scrub;
struct scrub *scrub_new(const struct scrub_identity *id);
void scrub_free(struct scrub *s); /* accepts NULL */
/* The user, the host and the home folder of this process. */
struct scrub *scrub_new_here(void);

/* false: the read is left out. Else key_out and out (both cleared first) are what may be kept.
 * code as a tee gets it: of a read that failed only the key matters. */
bool scrub_read(struct scrub *s, const char *key, int code, const char *data, size_t size,
                struct buf *key_out, struct buf *out);
/* Appends any text without what must not be in it. */
void scrub_text(struct scrub *s, const char *text, size_t size, struct buf *out);

#endif
