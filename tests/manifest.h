/*
 * A machine tree in one text file, for --sysroot: /proc and /sys of a machine that is not here.
 *
 * One entry a line:
 *   f PATH [MODE]    a file; its content is the lines that follow, each indented by one tab. In
 * them "\0" is a NUL byte, "\x1b" any byte, "\\" a backslash, and "\c" at the end of a line leaves
 * out its newline b PATH [MODE]    a file of numbers: its lines are a kind and values of that kind,
 * least significant byte first (u8 7, u16 62 78, u32 -1, u64 5, and x 0a ff for bytes in hex),
 * without padding of their own; "#" begins a comment l PATH TARGET    a symbolic link d PATH [MODE]
 * a folder c KEY            what the machine answers to a question that is no file (reader_call():
 * "head /proc/net/tcp", "http GET URL"); content as of a file. A tree cannot hold it, a recording
 * can (tests/tree_recording.h) # ...            a comment; empty lines are skipped PATH is
 * absolute, as on that machine, without blanks; folders on the way are made. MODE is octal and as
 * on that machine, where root owns everything: the tree lets its user do what it lets others do, so
 * that 0400 cannot be read. (Root reads it all the same: see manifest_as_user.)
 *
 * Lines that repeat, entries and contents alike:
 *   for NAME FIRST LAST
 *   ...              once for each number
 *   end
 *
 * $(EXPRESSION) is worked out everywhere: names of the loops around, whole numbers, + - * / % and
 * parentheses, and t, the seconds since the start. So "cpu0 $(400 + 35 * t)" is a counter.
 */
#ifndef TESTS_MANIFEST_H
#define TESTS_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who wants to know more; each may be NULL. Not 0 ends the unpacking and is returned. */
struct manifest_listener {
    void *ctx;
    int (*call)(void *ctx, const char *key, const char *data, size_t size); /* a "c" entry */
    int (*written)(void *ctx, const char *real_path); /* a file, a link or a folder */
};

/* Unpacks `manifest` below the folder `dir`, as it is at the start. Returns 0, or -1 after saying
 * why on stderr. */
int manifest_unpack(const char *manifest, const char *dir);
/* As it is `time_s` seconds later; other than 0: only what has t in it is written, into the files
 * that are there. listener may be NULL. */
int manifest_unpack_at(const char *manifest, const char *dir, int64_t time_s,
                       const struct manifest_listener *listener);
/* The path of tests/fixtures/machines/NAME.manifest in the source tree ($abs_srcdir, else "."). */
int manifest_path(const char *name, char *out, size_t out_size);
/* Unpacks that machine into a new temporary folder, whose name goes to dir. Returns 0, or -1 after
 * saying why on stderr. */
int manifest_machine(const char *name, char *dir, size_t dir_size);
/* Writes (or replaces) one file of a tree: what a test changes between two polls. */
int manifest_write(const char *dir, const char *path, const char *text);
/* Removes a file, or a folder with everything in it, below dir; path "" is the tree itself. */
int manifest_remove(const char *dir, const char *path);

/* Root may read everything, whatever the mode. A test that root runs reads as an ordinary user
 * between these two (false: as itself again). Returns 0, also when it is an ordinary user anyway;
 * -1 when it cannot. */
int manifest_as_user(bool ordinary);

#endif
