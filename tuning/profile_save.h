/*
 * A choice (a profile with overlays, values that were typed, what is left out) as a profile of the
 * user's own: the text of its file, and writing that.
 *
 * profile_save_text() is pure. profile_save_write() makes the file or replaces one that it wrote
 * itself: the head of a file tells the hash of what follows, so a file of somebody else's, or one
 * of ours that was edited since, is refused and stays.
 */
#ifndef TUNING_PROFILE_SAVE_H
#define TUNING_PROFILE_SAVE_H

#include "base/buf.h"
#include "base/file_ops.h"
#include "tuning/profile.h"

enum { PROFILE_SAVE_MAX_BYTES = 64 * 1024 };

struct profile_choice_value {
    int service; /* enum profile_service */
    const struct setting *setting;
    const char *value;
};
struct profile_choice {
    const char
        *profile; /* what it builds on; may be the one that is replaced: its own wishes stay */
    const char *const *overlays;
    size_t overlay_count;
    const struct profile_choice_value *values;
    size_t value_count;
    const struct profile_left_out *left_out;
    size_t left_out_count;
};

/* Whether a profile of the user's may be called so. Errors: USAGE. */
int profile_save_name(const struct profile_set *s, const char *name, struct err *err);
/* The text of the file. Errors: USAGE for the name, or a value that no profile can have. */
int profile_save_text(const struct profile_set *s, const struct profile_choice *c, const char *name,
                      struct buf *out, struct err *err);
/* As the caller. path: of the file, PROFILE_SAVE_PATH_BYTES. Errors: STATE for a file that is not
 * ours to replace, or was changed meanwhile; those of file_target.h. */
enum { PROFILE_SAVE_PATH_BYTES = 4096 };
int profile_save_write(const char *folder, const char *name, const struct buf *text,
                       char path[PROFILE_SAVE_PATH_BYTES], struct err *err);
/* Whether a text is one that was written so and not changed since. */
bool profile_save_is_ours(const char *text, size_t size);

#endif
