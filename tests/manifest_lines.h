/*
 * The lines of a manifest (tests/manifest.h) one after the other, with loops and expressions worked
 * out.
 */
#ifndef TESTS_MANIFEST_LINES_H
#define TESTS_MANIFEST_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Gets each line, without its newline; it may change it. `moves`: the time stood in it. Not 0 ends
 * the walk and is returned. */
typedef int (*manifest_line_fn)(void *ctx, char *line, bool moves);

/* As it is `time_s` seconds after the start. Returns 0, what `each` returned, or -1 after saying
 * why on stderr. */
int manifest_lines(const char *manifest, int64_t time_s, manifest_line_fn each, void *ctx);

#endif
