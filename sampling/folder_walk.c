/* Adding up a folder; in the helper process. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "sampling/folder.h"

enum {
    DEPTH_MAX = 64,   /* Hugging Face's cache has 7 levels; a descriptor each */
    REST_EVERY = 256, /* entries */
    REST_MS = 5,      /* so at most 50,000 entries a second, with a disk that answers at once */
    LINKS_FIRST = 64,
    LINKS_MAX = 1 << 18, /* 2 MiB; more files of several names than that are counted by name */
};

/* Files of more than one name that were met, by number: an open table, 0 is free. */
struct links {
    ino_t *met;
    size_t size, count;
};

static bool links_add(struct links *l, ino_t number)
{
    for (size_t at = (size_t)(number * 2654435761U) & (l->size - 1);;
         at = (at + 1) & (l->size - 1)) {
        if (l->met[at] == number) {
            return false;
        }
        if (l->met[at] == 0) {
            l->met[at] = number;
            l->count++;
            return true;
        }
    }
}

/* Whether this file was counted under another name. */
static bool is_met(struct links *l, const struct stat *st)
{
    if (S_ISDIR(st->st_mode) || st->st_nlink < 2 || st->st_ino == 0) {
        return false;
    }
    if (2 * l->count >= l->size) { /* at most half full */
        struct links larger = {.size = l->size ? 2 * l->size : LINKS_FIRST};

        if (larger.size > LINKS_MAX) {
            return false;
        }
        larger.met = xcalloc(larger.size, sizeof *larger.met);
        for (size_t i = 0; i < l->size; i++) {
            if (l->met[i] != 0) {
                (void)links_add(&larger, l->met[i]);
            }
        }
        free(l->met);
        *l = larger;
    }
    return !links_add(l, st->st_ino);
}

static void rest(unsigned long long files)
{
    if (files % REST_EVERY == 0) {
        struct timespec pause = {.tv_nsec = REST_MS * 1000000L};

        (void)nanosleep(&pause, NULL);
    }
}

static int open_below(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

/* As du -x counts: the folder itself, each file once, nothing of another file system. What cannot
 * be read below the first folder is left out of the sum. */
int folder_walk(const char *path, struct folder_sum *out)
{
    DIR *stack[DEPTH_MAX];
    unsigned long long seen = 0;
    struct links links = {.met = NULL};
    struct stat top;
    size_t depth = 0;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);

    *out = (struct folder_sum){0, 0};
    if (fd < 0 || fstat(fd, &top) != 0 || (stack[0] = fdopendir(fd)) == NULL) {
        int sys = errno;

        if (fd >= 0) {
            close(fd);
        }
        return sys;
    }
    depth = 1;
    out->bytes = (unsigned long long)top.st_blocks * 512;
    while (depth > 0) {
        const struct dirent *entry = readdir(stack[depth - 1]);
        struct stat st;

        if (!entry) {
            closedir(stack[--depth]);
            continue;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        rest(++seen);
        fd = dirfd(stack[depth - 1]);
        if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            continue; /* gone meanwhile */
        }
        if (st.st_dev != top.st_dev || is_met(&links, &st)) {
            continue;
        }
        out->bytes += (unsigned long long)st.st_blocks * 512; /* stat(2): blocks of 512 bytes */
        if (!S_ISDIR(st.st_mode)) {
            out->files++;
        } else if (depth < DEPTH_MAX) {
            int below = open_below(fd, entry->d_name);

            if (below >= 0 && (stack[depth] = fdopendir(below)) != NULL) {
                depth++;
            } else if (below >= 0) {
                close(below);
            }
        }
    }
    free(links.met);
    return 0;
}
