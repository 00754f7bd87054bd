#include "sampling/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int mailbox_init(struct mailbox *m, struct err *err)
{
    *m = (struct mailbox){.newest = 0, .waiting = -1, .taken = -1, .wake = {-1, -1}};
    pthread_mutex_init(&m->lock, NULL);
    for (int i = 0; i < MAILBOX_SLOTS; i++) {
        m->slot[i] = model_new();
    }
    if (pipe(m->wake) < 0) {
        return err_sys(err, ERR_IO, errno, "cannot make a pipe");
    }
    for (int i = 0; i < 2; i++) {
        fcntl(m->wake[i], F_SETFD, FD_CLOEXEC);
        fcntl(m->wake[i], F_SETFL, O_NONBLOCK);
    }
    return 0;
}

void mailbox_release(struct mailbox *m)
{
    for (int i = 0; i < MAILBOX_SLOTS; i++) {
        model_free(m->slot[i]);
    }
    for (int i = 0; i < 2; i++) {
        if (m->wake[i] >= 0) {
            close(m->wake[i]);
        }
    }
    pthread_mutex_destroy(&m->lock);
}

const struct model *mailbox_newest(const struct mailbox *m)
{
    return m->slot[m->newest]; /* only the writer changes it */
}

struct model *mailbox_begin(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    m->writing = 0;
    while (m->writing == m->newest || m->writing == m->waiting || m->writing == m->taken) {
        m->writing++; /* the newest is one of the two others, or nobody has it: one is free */
    }
    pthread_mutex_unlock(&m->lock);
    return m->slot[m->writing];
}

void mailbox_put(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    m->newest = m->writing;
    m->waiting = m->writing;
    pthread_mutex_unlock(&m->lock);
    /* Ours and non-blocking: when it is full the reader has bytes to wake up for already. */
    while (write(m->wake[1], "", 1) < 0 && errno == EINTR) {
    }
}

int mailbox_wake_fd(const struct mailbox *m)
{
    return m->wake[0];
}

const struct model *mailbox_take(struct mailbox *m)
{
    const struct model *taken = NULL;
    char drain[64];

    while (read(m->wake[0], drain, sizeof drain) == (ssize_t)sizeof drain) {
    }
    pthread_mutex_lock(&m->lock);
    if (m->waiting >= 0) {
        m->taken = m->waiting;
        m->waiting = -1;
        taken = m->slot[m->taken];
    }
    pthread_mutex_unlock(&m->lock);
    return taken;
}
