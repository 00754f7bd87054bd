/*
 * Preloaded into tunetop it stops the process at one place, as if somebody had pressed Ctrl-Z
 * there: what lasts a millisecond can be killed in the middle then. Once in a process; SIGCONT lets
 * it go on.
 *
 * TUNETOP_HOLD=said:TEXT       a text with TEXT in it was written, whole
 * TUNETOP_HOLD=sync:N:PATH     the Nth time that PATH is to be synced; it is not yet. A PATH that
 * ends in * is the beginning of one TUNETOP_HOLD_UNTIL=FILE      where FILE is, nothing is held any
 * more
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

static const char *place_of(const char *kind)
{
    const char *hold = getenv("TUNETOP_HOLD");
    const size_t size = strlen(kind);
    return hold != NULL && strncmp(hold, kind, size) == 0 ? hold + size : NULL;
}

static void hold_once(void)
{
    static bool held;
    const char *until = getenv("TUNETOP_HOLD_UNTIL");
    if (!held && (until == NULL || access(until, F_OK) != 0)) {
        held = true;
        raise(SIGSTOP);
    }
}

/* The real one: this library only stands before it. */
static void real(const char *name, void *function, size_t size)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        abort();
    memcpy(function, &found, size); /* no cast makes a function of an object */
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): glibc's */
ssize_t write(int fd, const void *data, size_t size)
{
    ssize_t (*next)(int, const void *, size_t);
    const char *text = place_of("said:");
    real("write", &next, sizeof next);
    const ssize_t n = next(fd, data, size);
    if (n > 0 && text != NULL && memmem(data, (size_t)n, text, strlen(text)) != NULL)
        hold_once();
    return n;
}

static bool is_path(int fd, const char *path)
{
    char link[64], now[PATH_BYTES];
    const size_t size = strlen(path);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(link, now, sizeof now - 1);
    if (n < 0)
        return false;
    now[n] = '\0';
    return size > 0 && path[size - 1] == '*' ? strncmp(now, path, size - 1) == 0
                                             : strcmp(now, path) == 0;
}

int fsync(int fd)
{
    static long times;
    int (*next)(int);
    char *path = NULL;
    const char *place = place_of("sync:");
    const long wanted = place != NULL ? strtol(place, &path, 10) : 0;
    real("fsync", &next, sizeof next);
    if (path != NULL && *path == ':' && is_path(fd, path + 1) && ++times == wanted)
        hold_once();
    return next(fd);
}
