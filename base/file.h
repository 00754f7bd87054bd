/*
 * Reading files of ours or the user's safely: regular files only, bounded, close-on-exec.
 * (The atomic replace that apply needs will live here as well, and nowhere else.)
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Reads a whole regular file of at most out->max bytes into out (cleared first). Errors: NOENT,
 * DENIED, TOO_BIG (nothing kept), IO; a fifo, device or directory is PARSE. Never blocks on a fifo.
 */
int file_read(const char *path, struct buf *out, struct err *err);

#endif
