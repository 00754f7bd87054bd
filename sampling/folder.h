/*
 * What the folders of services hold: models, output, temporary files. Found slowly in the
 * background, by a helper process of the lowest priority that may hang on a dead mount.
 *
 * Request: "SERVICE KIND" and on a second line the path; a recording keeps the first line only.
 * Reply: "BYTES FILES" (bytes as the file system counts them), or "! ERRNO". A folder is looked
 * through again after ten minutes, one that hung later and later.
 */
#ifndef SAMPLING_FOLDER_H
#define SAMPLING_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "sampling/source.h"

/* Models are added by hand and images one by one: minutes are soon enough. */
#define FOLDER_AGAIN_NS (600 * NS_PER_S)
enum { FOLDER_DEADLINE_MS = 15 * 60 * 1000 }; /* a million files on a slow disk */
/* A size that is older was not looked at again when it should have been: its turn, the slowest
 * look, and as long again for those before it. */
#define FOLDER_LATE_NS (FOLDER_AGAIN_NS + 2 * FOLDER_DEADLINE_MS * NS_PER_MS)

extern const struct source_ops source_folder;

const char *folder_kind_name(int kind); /* "models", "output", "temp" */
/* One reply; a fault gives readings that say so. false: it is none. */
bool parse_folder_reply(const char *text, size_t size, int64_t at_ns, struct folder_facts *out);

/* In the helper process: adds up what is below `path`, without following links and without leaving
 * its file system. Rests now and then. 0, or an errno. */
struct folder_sum {
    unsigned long long bytes, files;
};
int folder_walk(const char *path, struct folder_sum *out);

#endif
