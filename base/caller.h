/*
 * Under sudo: who called it, and how to read what is his as he reads it.
 *
 * Whoever may run tunetop by sudo must not make it read for him what he may not read himself: his
 * configuration names files, and what is wrong in a file is printed. So everything that is his, or
 * that he names, is read between caller_begin() and caller_end(), where user, group and groups are
 * his: real and effective ones, so that a program that is started there cannot be root again.
 *
 * Not under sudo (SUDO_UID is not set, or is 0, or the effective user is not root) nothing here
 * does anything. For the main thread; on Linux it is the only one that changes, a thread that was
 * started in between stays what it is, and on macOS all of them change.
 */
#ifndef BASE_CALLER_H
#define BASE_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

enum { CALLER_NAME_BYTES = 256, CALLER_HOME_BYTES = 4096, CALLER_MAX_GROUPS = 256 };

struct caller {
    bool sudo;
    bool taken; /* by caller_take(): whoever gives the next command is root still */
    uid_t uid;  /* not under sudo the effective user and group, and no name or home */
    gid_t gid;
    char name[CALLER_NAME_BYTES];
    char home[CALLER_HOME_BYTES];
};

/* Once, before anything asks the environment. Under sudo HOME, USER and LOGNAME become the
 * caller's, and of the XDG folders those that are not his are taken out: sudo may have kept root's.
 * STATE: SUDO_UID names nobody. */
int caller_enter(struct err *err);
const struct caller *caller_get(void);
/* Plain root goes on with what `uid` began by sudo: from here on as if he had called us by it.
 * Nothing when we are not plain root, or it was root himself. STATE: he is nobody any more, and we
 * are plain root as before. */
int caller_take(uid_t uid, struct err *err);

/* They nest. DENIED: the system does not let us, and nothing of his may be read. */
int caller_begin(struct err *err);
void caller_end(void);

/* Of a file that he named and that is open, for threads: whether it is his own. */
bool caller_owns(int fd);

/* What differs between systems: -errno. */
int caller_here_begin(const struct caller *c);
int caller_here_end(void);

#endif
