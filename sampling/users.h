/*
 * Names of users by number, from /etc/passwd and nothing else: a directory service is a network,
 * and nothing here waits for one. Who is not in it has a number for a name; so do users in a
 * recording, which holds no names.
 */
#ifndef SAMPLING_USERS_H
#define SAMPLING_USERS_H

#include <stddef.h>
#include <stdint.h>

#include "sampling/reader.h"

enum { USER_NAME = 33 }; /* LOGIN_NAME_MAX of useradd(8) is 32 */
struct user {
    int64_t uid;
    uint32_t line; /* among the good ones: the first of a number counts */
    char name[USER_NAME];
};
struct users {
    struct user *list; /* rising uid, none twice */
    size_t count;
};

void users_release(struct users *u); /* accepts a zeroed one */
/* Text of /etc/passwd; bad lines are left out, the first line of a number counts. */
void users_parse(const char *text, size_t size, struct users *out);
/* Reads it again. Without it there are numbers only. */
void users_read(struct users *u, struct reader *reader);
/* NULL: no name is known. */
const char *users_name(const struct users *u, int64_t uid);

#endif
