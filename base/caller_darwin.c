/* Being the caller, on macOS, which has no call that sets all three users: the saved one stays root
 * when the effective one is set last. */
#include "base/caller.h"

#include <errno.h>
#include <unistd.h>

static gid_t own[CALLER_MAX_GROUPS];
static int own_count = -1; /* unknown */

int caller_here_begin(const struct caller *c)
{
    if (own_count < 0 && (own_count = getgroups(CALLER_MAX_GROUPS, own)) < 0) {
        return -errno;
    }
    if (initgroups(c->name, (int)c->gid) < 0 || setregid(c->gid, 0) < 0 || setegid(c->gid) < 0 ||
        setreuid(c->uid, 0) < 0 || seteuid(c->uid) < 0) {
        return -errno;
    }
    return 0;
}

int caller_here_end(void)
{
    if (seteuid(0) < 0 || setreuid(0, 0) < 0 || setegid(0) < 0 || setregid(0, 0) < 0) {
        return -errno;
    }
    return own_count < 0 || setgroups(own_count, own) == 0 ? 0 : -errno;
}
