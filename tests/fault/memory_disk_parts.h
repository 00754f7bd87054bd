/* What the files of the memory disk share. */
#ifndef TESTS_FAULT_MEMORY_DISK_PARTS_H
#define TESTS_FAULT_MEMORY_DISK_PARTS_H

#include "tests/fault/memory_disk.h"

_Noreturn void disk_out_of_room(const char *what);
void *disk_need(void *p);
void disk_set_bytes(struct disk_bytes *b, const void *data, size_t size);
int disk_new_inode(struct disk *d, mode_t mode, uid_t uid, int parent);
int *disk_entry(struct disk *d, int folder, const char *name); /* NULL: no such name */
void disk_drop_entry(struct disk *d, int folder, const char *name);
void disk_set_entry(struct disk *d, int folder, const char *name, int inode);
void disk_changed(struct disk *d, int folder);
void disk_forget_history(struct disk_inode *n);
void disk_make_safe(struct disk_inode *n);
unsigned disk_count_links(const struct disk *d, int inode);
int disk_walk(struct disk *d, const char *path, int *folder, const char **last);

#endif
