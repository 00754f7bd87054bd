#include "base/caller.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"

static struct caller self;
static unsigned depth;
static bool entered;

/* The number in SUDO_UID; false: there is none, or it is root himself. */
static bool sudo_uid(uid_t *out)
{
    const char *text = getenv("SUDO_UID");
    uint64_t uid;

    if (geteuid() != 0 || text == NULL || number_u64(text, strlen(text), 10, &uid) < 0 ||
        uid == 0 || uid >= UINT32_MAX) { /* the last one means "none" */
        return false;
    }
    *out = (uid_t)uid;
    return true;
}

static bool is_below(const char *path, const char *folder)
{
    size_t size = strlen(folder);

    return size > 1 && strncmp(path, folder, size) == 0 && path[size] == '/' &&
           strstr(path, "/../") == NULL;
}

/* sudo keeps the environment with -E, and keeps HOME in some set-ups; root's own may be there as
 * well. Only what lies below the caller's home is believed to be his. */
static void take_environment(void)
{
    static const char *const folders[] = {"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME",
                                          "XDG_CACHE_HOME", "HOMEBREW_USER_CONFIG_HOME"};

    (void)setenv("HOME", self.home, 1);
    (void)setenv("USER", self.name, 1);
    (void)setenv("LOGNAME", self.name, 1);
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        const char *value = getenv(folders[i]);
        if (value != NULL && !is_below(value, self.home)) {
            (void)unsetenv(folders[i]);
        }
    }
}

int caller_enter(struct err *err)
{
    uid_t uid;

    self = (struct caller){.uid = geteuid(), .gid = getegid()};
    entered = true;
    if (!sudo_uid(&uid)) {
        return 0;
    }
    const struct passwd *one = getpwuid(uid);
    if (one == NULL || one->pw_dir == NULL || one->pw_dir[0] != '/' ||
        strlen(one->pw_dir) >= sizeof(self.home) || strlen(one->pw_name) >= sizeof(self.name)) {
        return err_set(err, ERR_STATE,
                       "SUDO_UID is %lu, and no user of this machine with a home has that number",
                       (unsigned long)uid);
    }
    self.sudo = true;
    self.uid = uid;
    self.gid = one->pw_gid;
    (void)snprintf(self.name, sizeof(self.name), "%s", one->pw_name);
    (void)snprintf(self.home, sizeof(self.home), "%s", one->pw_dir);
    take_environment();
    return 0;
}

int caller_take(uid_t uid, struct err *err)
{
    char text[24];

    if (geteuid() != 0 || uid == 0 || (self.sudo && !self.taken)) {
        return 0;
    }
    (void)snprintf(text, sizeof(text), "%lu", (unsigned long)uid);
    (void)setenv("SUDO_UID", text, 1);
    int rc = caller_enter(err);
    if (rc < 0) {
        (void)unsetenv("SUDO_UID");
    }
    self.taken = self.sudo;
    return rc;
}

const struct caller *caller_get(void)
{
    if (!entered) { /* by a program that is no command line: a test */
        self = (struct caller){.uid = geteuid(), .gid = getegid()};
    }
    return &self;
}

int caller_begin(struct err *err)
{
    if (self.sudo && depth == 0) {
        int rc = caller_here_begin(&self);
        if (rc < 0) {
            (void)caller_here_end();
            return err_sys(err, ERR_DENIED, -rc, "cannot read as the user '%.100s'", self.name);
        }
    }
    depth++;
    return 0;
}

void caller_end(void)
{
    if (--depth == 0 && self.sudo) {
        /* When it fails we stay the user, and what needs root says so. */
        (void)caller_here_end();
    }
}

bool caller_owns(int fd)
{
    struct stat st;

    return !self.sudo || (fstat(fd, &st) == 0 && st.st_uid == self.uid);
}
