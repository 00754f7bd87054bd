/*
 * A machine of a manifest as a recording (CONTRACTS section 5, kind "reads"): its files and its
 * answers, once a second. So a machine that is not here shows its services, too, and the same
 * bytes every time.
 *
 * What a manifest says with "c KEY" is the answer to that question; a KEY that ends with "*"
 * answers all that begin so. Of "c http METHOD URL" the first line is "STATUS SECONDS". Files that
 * are asked for and are not there were not there.
 */
#ifndef TESTS_TREE_RECORDING_H
#define TESTS_TREE_RECORDING_H

/* When the first sample was taken: 2026-11-21 10:00:00 UTC, 1000 s on its monotonic clock. */
#define TREE_RECORDING_WALL "2026-11-21T10:00:00.000+00:00"
#define TREE_RECORDING_START_S 1000

/* Writes meta.json and reads.jsonl into the folder `dir`, of `seconds` seconds. Returns 0, or -1
 * after saying why on stderr. Forks (collector.h). */
int tree_recording(const char *manifest, const char *dir, unsigned seconds);

#endif
