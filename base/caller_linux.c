/*
 * Being the caller, on Linux: by the system calls themselves. The functions of the C library change
 * all threads and wait for each, also for one that hangs in a read.
 */
#include "base/caller.h"

#include <errno.h>
#include <grp.h>
#include <sys/syscall.h>
#include <unistd.h>

/* 32-bit systems have calls for users above 65535 beside the old ones. */
#if defined(SYS_setresuid32)
enum { SET_USER = SYS_setresuid32, SET_GROUP = SYS_setresgid32, SET_GROUPS = SYS_setgroups32 };
#else
enum { SET_USER = SYS_setresuid, SET_GROUP = SYS_setresgid, SET_GROUPS = SYS_setgroups };
#endif

static gid_t own[CALLER_MAX_GROUPS];
static int own_count = -1; /* unknown */

static int answer(long rc)
{
    return rc < 0 ? -errno : 0;
}

int caller_here_begin(const struct caller *c)
{
    gid_t groups[CALLER_MAX_GROUPS];
    int count = CALLER_MAX_GROUPS;

    if (own_count < 0 && (own_count = getgroups(CALLER_MAX_GROUPS, own)) < 0) {
        return -errno;
    }
    if (getgrouplist(c->name, c->gid, groups, &count) < 0) {
        count = CALLER_MAX_GROUPS; /* he is in more: those beyond give him nothing */
    }
    int rc = answer(syscall(SET_GROUPS, (size_t)count, groups));
    if (rc == 0) {
        rc = answer(syscall(SET_GROUP, c->gid, c->gid, 0));
    }
    /* The saved one is the way back; a program that is started loses it. */
    return rc < 0 ? rc : answer(syscall(SET_USER, c->uid, c->uid, 0));
}

int caller_here_end(void)
{
    int rc = answer(syscall(SET_USER, 0, 0, 0));

    if (rc == 0) {
        rc = answer(syscall(SET_GROUP, 0, 0, 0));
    }
    return rc < 0 || own_count < 0 ? rc : answer(syscall(SET_GROUPS, (size_t)own_count, own));
}
