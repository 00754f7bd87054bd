#include "tests/fault/memory_disk_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A test that runs out of the model's room says so and ends. */
_Noreturn void disk_out_of_room(const char *what)
{
    (void)fprintf(stderr, "memory_disk: out of %s\n", what);
    abort();
}

void *disk_need(void *p)
{
    if (p == NULL) {
        disk_out_of_room("memory");
    }
    return p;
}

void disk_set_bytes(struct disk_bytes *b, const void *data, size_t size)
{
    char *copy = disk_need(malloc(size + 1));

    if (size > 0) {
        memcpy(copy, data, size);
    }
    copy[size] = '\0';
    free(b->data);
    *b = (struct disk_bytes){copy, size};
}

/* --- inodes and names --- */

int disk_new_inode(struct disk *d, mode_t mode, uid_t uid, int parent)
{
    for (int i = 0; i < DISK_INODES; i++) {
        struct disk_inode *n = &d->inodes[i];
        if (n->mode == 0) {
            *n = (struct disk_inode){.mode = mode, .uid = uid, .parent = parent, .locked_by = -1};
            if (S_ISDIR(mode)) {
                n->now = disk_need(calloc(1, sizeof(*n->now)));
                n->history[0] = disk_need(calloc(1, sizeof(*n->now)));
            } else {
                disk_set_bytes(&n->data, "", 0);
                disk_set_bytes(&n->safe, "", 0);
            }
            return i;
        }
    }
    disk_out_of_room("inodes");
}

int *disk_entry(struct disk *d, int folder, const char *name)
{
    struct disk_folder *f = d->inodes[folder].now;

    for (size_t i = 0; f != NULL && i < f->count; i++) {
        if (strcmp(f->names[i].name, name) == 0) {
            return &f->names[i].inode;
        }
    }
    return NULL;
}

void disk_drop_entry(struct disk *d, int folder, const char *name)
{
    struct disk_folder *f = d->inodes[folder].now;

    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->names[i].name, name) == 0) {
            f->names[i] = f->names[--f->count];
            return;
        }
    }
}

void disk_set_entry(struct disk *d, int folder, const char *name, int inode)
{
    struct disk_folder *f = d->inodes[folder].now;
    int *there = disk_entry(d, folder, name);

    if (there != NULL) {
        *there = inode;
        return;
    }
    if (f->count == DISK_NAMES || strlen(name) >= DISK_NAME_BYTES) {
        disk_out_of_room("names");
    }
    (void)snprintf(f->names[f->count].name, DISK_NAME_BYTES, "%s", name);
    f->names[f->count++].inode = inode;
}

/* A change of the folder is complete: one more state that a power cut may leave. */
void disk_changed(struct disk *d, int folder)
{
    struct disk_inode *n = &d->inodes[folder];

    if (n->changes + 1 == DISK_HISTORY) {
        disk_out_of_room("history: is that folder never synced?");
    }
    struct disk_folder *copy = disk_need(malloc(sizeof(*copy)));
    *copy = *n->now;
    n->history[++n->changes] = copy;
}

void disk_forget_history(struct disk_inode *n)
{
    for (size_t i = 1; i <= n->changes; i++) {
        free(n->history[i]);
    }
    n->changes = 0;
}

void disk_make_safe(struct disk_inode *n)
{
    if (S_ISDIR(n->mode)) {
        *n->history[0] = *n->now;
        disk_forget_history(n);
    } else {
        disk_set_bytes(&n->safe, n->data.data, n->data.size);
    }
    n->safe_mode = n->mode;
    n->safe_uid = n->uid;
    n->ever_safe = true;
}

unsigned disk_count_links(const struct disk *d, int inode)
{
    unsigned count = 0;

    for (int i = 0; i < DISK_INODES; i++) {
        const struct disk_folder *f = d->inodes[i].now;
        for (size_t k = 0; f != NULL && k < f->count; k++) {
            count += f->names[k].inode == inode;
        }
    }
    return count;
}

/* The inode of an absolute path; its folder in *folder and its last name in *last. -1: none. */
int disk_walk(struct disk *d, const char *path, int *folder, const char **last)
{
    char name[DISK_NAME_BYTES];
    int at = 0;

    *folder = 0;
    *last = path;
    while (*path != '\0') {
        path += strspn(path, "/");
        size_t size = strcspn(path, "/");
        if (size == 0) {
            break;
        }
        if (size >= sizeof(name)) {
            disk_out_of_room("a name");
        }
        memcpy(name, path, size);
        name[size] = '\0';
        if (strcmp(name, ".") != 0) {
            if (at < 0) {
                *folder = -1;
                return -1;
            }
            *folder = at;
            *last = path;
            int *there = disk_entry(d, at, name);
            at = there != NULL ? *there : -1;
        }
        path += size;
    }
    return at;
}

/* --- what tests do with it --- */

struct disk *disk_new(uid_t uid)
{
    struct disk *d = disk_need(calloc(1, sizeof(*d)));

    d->uid = uid;
    for (int i = 0; i < DISK_FDS; i++) {
        d->fds[i].inode = -1;
    }
    (void)disk_new_inode(d, S_IFDIR | 0755, 0, 0);
    return d;
}

static void free_inode(struct disk_inode *n)
{
    disk_forget_history(n);
    free(n->history[0]);
    free(n->now);
    free(n->data.data);
    free(n->safe.data);
}

void disk_free(struct disk *d)
{
    for (int i = 0; i < DISK_INODES; i++) {
        free_inode(&d->inodes[i]);
    }
    free(d);
}

void disk_arm(struct disk *d, enum disk_fault fault, int error, unsigned at)
{
    d->calls = 0;
    d->fault = fault;
    d->error = error;
    d->fault_at = at;
    d->fired = d->dead = d->full = false;
}

void disk_kill(struct disk *d)
{
    for (int i = 0; i < DISK_FDS; i++) {
        d->fds[i].inode = -1;
    }
    for (int i = 0; i < DISK_INODES; i++) {
        d->inodes[i].locked_by = -1;
    }
    disk_arm(d, FAULT_NONE, 0, 0);
}

static void cut_data(struct disk_inode *n, enum disk_data how)
{
    size_t same = 0;

    if (how == DATA_KEPT) {
        return;
    }
    n->mode = n->ever_safe ? n->safe_mode : n->mode;
    n->uid = n->ever_safe ? n->safe_uid : n->uid;
    if (how == DATA_DROPPED) {
        disk_set_bytes(&n->data, n->safe.data, n->safe.size);
        return;
    }
    while (same < n->data.size && same < n->safe.size && n->data.data[same] == n->safe.data[same]) {
        same++;
    }
    if (how == DATA_ZERO) { /* the size is there, what is in it is not */
        memset(n->data.data + same, 0, n->data.size - same);
    } else {
        n->data.size = same + (n->data.size - same) / 2;
        n->data.data[n->data.size] = '\0';
    }
}

void disk_power_cut(struct disk *d, enum disk_data data, enum disk_names names)
{
    disk_kill(d);
    for (int i = 0; i < DISK_INODES; i++) {
        struct disk_inode *n = &d->inodes[i];
        if (S_ISDIR(n->mode)) {
            size_t keep = names == NAMES_KEPT      ? n->changes
                          : names == NAMES_DROPPED ? 0
                                                   : n->changes / 2;
            *n->now = *n->history[keep];
        } else if (n->mode != 0) {
            cut_data(n, data);
        }
    }
    disk_all_safe(d);
}

/* What has no name and is not open can never be seen again. */
static void forget_inode(struct disk *d, int inode)
{
    struct disk_inode *n = &d->inodes[inode];

    if (inode == 0 || disk_count_links(d, inode) > 0) {
        return;
    }
    for (int i = 0; i < DISK_FDS; i++) {
        if (d->fds[i].inode == inode) {
            return;
        }
    }
    free_inode(n);
    *n = (struct disk_inode){.mode = 0};
}

void disk_all_safe(struct disk *d)
{
    for (int i = 0; i < DISK_INODES; i++) {
        if (d->inodes[i].mode != 0) {
            disk_make_safe(&d->inodes[i]);
        }
    }
    for (int i = 0; i < DISK_INODES; i++) {
        if (d->inodes[i].mode != 0) {
            forget_inode(d, i);
        }
    }
}

static int make(struct disk *d, const char *path, mode_t mode, uid_t uid)
{
    const char *last;
    int folder;

    if (disk_walk(d, path, &folder, &last) >= 0 || folder < 0) {
        disk_out_of_room("sense: that path cannot be made");
    }
    int inode = disk_new_inode(d, mode, uid, folder);
    disk_set_entry(d, folder, last, inode);
    return inode;
}

void disk_make_folder(struct disk *d, const char *path, mode_t mode, uid_t uid)
{
    (void)make(d, path, S_IFDIR | mode, uid);
    disk_all_safe(d);
}

void disk_put(struct disk *d, const char *path, const char *text, mode_t mode)
{
    int inode = make(d, path, S_IFREG | mode, d->uid);

    disk_set_bytes(&d->inodes[inode].data, text, strlen(text));
    disk_all_safe(d);
}

void disk_link(struct disk *d, const char *path, const char *target)
{
    int inode = make(d, path, S_IFLNK | 0777, d->uid);

    disk_set_bytes(&d->inodes[inode].data, target, strlen(target));
    disk_all_safe(d);
}

void disk_save(struct disk *d, const char *path, const char *text, bool by_rename)
{
    const char *last;
    int folder;
    int at = disk_walk(d, path, &folder, &last);

    if (folder < 0) {
        return;
    }
    if (by_rename || at < 0) {
        int inode = disk_new_inode(d, S_IFREG | 0644, d->uid, folder);
        disk_set_entry(d, folder, last, inode);
        disk_changed(d, folder);
        at = inode;
    }
    disk_set_bytes(&d->inodes[at].data, text, strlen(text));
}

void disk_save_link(struct disk *d, const char *path, const char *target)
{
    const char *last;
    int folder;

    (void)disk_walk(d, path, &folder, &last);
    if (folder >= 0) {
        int inode = disk_new_inode(d, S_IFLNK | 0777, d->uid, folder);
        disk_set_entry(d, folder, last, inode);
        disk_changed(d, folder);
        disk_set_bytes(&d->inodes[inode].data, target, strlen(target));
    }
}

void disk_remove(struct disk *d, const char *path)
{
    const char *last;
    int folder;

    if (disk_walk(d, path, &folder, &last) >= 0) {
        disk_drop_entry(d, folder, last);
        disk_changed(d, folder);
    }
}

struct disk_inode *disk_find(struct disk *d, const char *path)
{
    const char *last;
    int folder;
    int at = disk_walk(d, path, &folder, &last);

    return at < 0 ? NULL : &d->inodes[at];
}

bool disk_has(struct disk *d, const char *path, const char *text)
{
    const struct disk_inode *n = disk_find(d, path);

    if (n == NULL || text == NULL) {
        return n == NULL && text == NULL;
    }
    return n->data.size == strlen(text) && memcmp(n->data.data, text, n->data.size) == 0;
}

size_t disk_count(struct disk *d, const char *folder, const char *prefix)
{
    const struct disk_inode *n = disk_find(d, folder);
    size_t count = 0;

    for (size_t i = 0; n != NULL && n->now != NULL && i < n->now->count; i++) {
        count += strncmp(n->now->names[i].name, prefix, strlen(prefix)) == 0;
    }
    return count;
}
