/*
 * Reading files of ours or the user's safely: regular files only, bounded, close-on-exec. Writing
 * files of tunetop's own, whole or not at all. (The replace that apply needs, of files that belong
 * to others, will live here as well, and nowhere else.)
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Reads a whole regular file of at most out->max bytes into out (cleared first). Errors: NOENT,
 * DENIED, TOO_BIG (nothing kept), IO; a fifo, device or directory is PARSE. Never blocks on a fifo.
 */
int file_read(const char *path, struct buf *out, struct err *err);
/* The same; under sudo only a file that belongs to who called it (base/caller.h), else DENIED: for
 * what his configuration names and a thread reads, which cannot become the caller. */
int file_read_own(const char *path, struct buf *out, struct err *err);
/* Makes or replaces a file of tunetop's own (0600): a new one beside it takes its name when all of
 * it is written. On failure the old one is as it was and nothing is left beside it. A symbolic link
 * of that name is replaced, not followed. Never waits for the disk: what is lost with the power can
 * be made again. */
int file_put(const char *path, const char *data, size_t size, struct err *err);

#endif
