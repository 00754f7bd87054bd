/*
 * --replay last: the newest recording that this user made with `tunetop record`. Its path is kept
 * in the state folder (~/.local/state/tunetop/last-recording) and nothing else.
 */
#ifndef CLI_LAST_RECORDING_H
#define CLI_LAST_RECORDING_H

#include "base/buf.h"
#include "base/err.h"

enum { LAST_RECORDING_BYTES = 4097 }; /* a path and a newline */
#define LAST_RECORDING "last"         /* what stands for it; a folder of that name is "./last" */

/* dir: the recording's folder, which exists. Never for another user: as root with somebody's HOME
 * nothing is written there (ERR_DENIED). */
int last_recording_keep(const char *dir, struct err *err);
/* The path, NUL-terminated, into out of that size. ERR_NOENT with what to do when there is none or
 * it is gone. */
int last_recording_find(struct buf *out, struct err *err);

#endif
