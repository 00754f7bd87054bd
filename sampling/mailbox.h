/*
 * The hand-over of models: one writer, one reader, one slot. A newer model replaces one that nobody
 * took, and one byte wakes the reader.
 *
 * Models live in three slots: one the reader holds, one in the mailbox, one being written. The slot
 * being written is neither of the two others, so no model is ever copied, or changed while it is
 * read. Caller owned: mailbox_init(), mailbox_release() (accepts one whose init failed).
 */
#ifndef SAMPLING_MAILBOX_H
#define SAMPLING_MAILBOX_H

#include <pthread.h>

#include "base/err.h"
#include "sampling/model.h"

enum { MAILBOX_SLOTS = 3 };
struct mailbox {
    pthread_mutex_t lock; /* guards what follows, not the models */
    struct model *slot[MAILBOX_SLOTS];
    int newest, waiting, taken; /* slots; -1 none */
    int writing;                /* the writer's own */
    int wake[2];
};

int mailbox_init(struct mailbox *m, struct err *err);
void mailbox_release(struct mailbox *m);

/* Writer: the model put last (sequence 0 at first), and an empty slot for the next one; then put.
 */
const struct model *mailbox_newest(const struct mailbox *m);
struct model *mailbox_begin(struct mailbox *m);
void mailbox_put(struct mailbox *m);

/* Reader: readable when a model waits; poll it, never read it. */
int mailbox_wake_fd(const struct mailbox *m);
/* The newest model, unchanged until the next take; NULL when none came since. */
const struct model *mailbox_take(struct mailbox *m);

#endif
