/*
 * A machine tree in one text file, for --sysroot: /proc and /sys of a machine that is not here.
 *
 * One entry a line:
 *   f PATH           a file; its content is the lines that follow, each indented by one tab. In
 * them "\0" is a NUL byte, "\\" a backslash, and "\c" at the end of a line leaves out its newline
 *   l PATH TARGET    a symbolic link
 *   d PATH           an empty folder
 *   # ...            a comment; empty lines are skipped
 * PATH is absolute, as on that machine, without blanks; folders on the way are made.
 */
#ifndef TESTS_MANIFEST_H
#define TESTS_MANIFEST_H

#include <stddef.h>

/* Unpacks `manifest` below the folder `dir`. Returns 0, or -1 after saying why on stderr. */
int manifest_unpack(const char *manifest, const char *dir);
/* Unpacks tests/fixtures/machines/NAME.manifest of the source tree ($abs_srcdir, else ".") into a
 * new temporary folder, whose name goes to dir. Returns 0, or -1 after saying why on stderr. */
int manifest_machine(const char *name, char *dir, size_t dir_size);
/* Writes (or replaces) one file of a tree: what a test changes between two polls. */
int manifest_write(const char *dir, const char *path, const char *text);
/* Removes a file, or a folder with everything in it, below dir; path "" is the tree itself. */
int manifest_remove(const char *dir, const char *path);

#endif
