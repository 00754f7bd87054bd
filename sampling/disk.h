/*
 * The disk part, as far as systems have it in common: size and free space of "/", of the file
 * system that holds Ollama's models, and of the disks that are mounted elsewhere.
 *
 * Asking a mount whose server is gone sleeps for ever, so it is done in the helper process, one
 * question at a time: what hangs costs its own row, and a new helper asks the others.
 * Requests: a path ("~/" and "$NAME" are expanded there); "list": which disks are mounted; "mount
 * N": the Nth of them. Reply: one line "TOTAL FREE DEVICE MOUNT" (bytes; names escaped as in
 * /proc/self/mountinfo), "! ERRNO DEVICE MOUNT" where it could not be asked, nothing where there is
 * no such place; to "list" a line "DEVICE MOUNT" for each.
 */
#ifndef SAMPLING_DISK_H
#define SAMPLING_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sampling/scan.h"
#include "sampling/source.h"

enum { DISK_TEXT = 256 };

/* Undoes "\040" and the like. false when it does not fit. */
bool disk_unescape(const char *text, size_t size, char *out, size_t out_size);
/* Blanks, control characters and backslashes to "\040" and the like; cut to fit. */
void disk_escape(const char *text, char *out, size_t out_size);
/* A word as text; false when it does not fit, is empty or holds a NUL. */
bool disk_keep_word(struct span word, char *out, size_t out_size);
/* One line of the reply to "list"; its readings are not yet measured. */
bool parse_disk_name(const char *line, size_t size, struct disk_facts *out);
/* One line of a reply. A fault gives readings that say so; false when the line is none. */
bool parse_disk_reply(const char *line, size_t size, int64_t at_ns, struct disk_facts *out);

/* In the helper process. */
/* "~/x" and "$NAME" of a request line as a path; false when the variable is not set or the path is
 * not absolute. Names instead of paths keep the home folder out of recordings. */
bool disk_expand(struct span line, char *out, size_t out_size);
/* The path without symbolic links as far as it can be followed. What another user's folder hides is
 * kept as it is: the mount table knows the mounts below it all the same. false when the path does
 * not exist. */
bool disk_resolve(const char *path, char *out, size_t out_size);
struct disk_blocks {
    uint64_t total, available, unit; /* available: to an ordinary user; unit in bytes */
};
/* One line of a reply; sys is 0 or an errno; names escaped. */
void disk_put_reply(struct buf *reply, int sys, const struct disk_blocks *blocks,
                    const char *device, const char *mount);

/* Which of the listed disks a request asks for; false: it is a path, or "list". */
bool disk_parse_mount(const char *request, size_t size, size_t *out);

/* For struct source_ops; serve() is the system's own. */
int disk_open(void **state, const struct source_context *c, struct err *err);
int disk_request(void *state, const struct source_context *c, struct buf *out, struct err *err);
int disk_reply(void *state, const struct source_context *c, const char *data, size_t size,
               void *part_out, struct err *err);
bool disk_again(void *state);
void disk_give_up(void *state, const struct source_context *c, void *part_out);
void disk_close(void *state, const struct source_context *c);

#endif
