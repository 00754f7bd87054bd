/*
 * Errors: a code plus one fixed-size struct, filled once at the point of failure.
 *
 * Every function that can fail returns int: 0, or a negative enum err_code. Its last parameter is a
 * `struct err *err` that is never NULL and is untouched on success. Callers may put context in
 * front with err_wrap() but never overwrite. Messages: lower case, no full stop, subject in quotes,
 * what failed first. Libraries never print and never exit: cli/main.c maps a code to an exit status
 * with err_exit_status(). The struct is fixed-size, so that reporting cannot run out of memory; a
 * long message is cut.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

/* ERR(id, short name, exit status, sentence): the one table of error codes. */
#define ERR_TABLE(ERR)                                                                             \
    ERR(IO, "io", 1, "reading or writing failed")                                                  \
    ERR(NOENT, "missing", 1, "it does not exist")                                                  \
    ERR(DENIED, "denied", 1, "permission is missing")                                              \
    ERR(UNSUPPORTED, "unsupported", 1, "this machine or version does not have it")                 \
    ERR(TOO_BIG, "too-big", 1, "it is larger than its cap")                                        \
    ERR(PARSE, "parse", 2, "it is not in the expected form")                                       \
    ERR(USAGE, "usage", 2, "the command line is wrong")                                            \
    ERR(CONFIG, "config", 2, "a configuration file is wrong")                                      \
    ERR(NOMEM, "memory", 1, "out of memory")                                                       \
    ERR(TIMEOUT, "timeout", 1, "it did not answer in time")                                        \
    ERR(NET, "network", 1, "the connection failed")                                                \
    ERR(REFUSED, "refused", 1, "the connection was refused")                                       \
    ERR(STATE, "state", 1, "it cannot be done now")                                                \
    ERR(TERMINAL, "terminal", 1, "the terminal cannot be used")

enum err_code {
    ERR_NONE = 0,
#define ERR(id, name, status, sentence) ERR_##id,
    ERR_TABLE(ERR)
#undef ERR
        ERR_COUNT
};

struct err {
    int code;        /* enum err_code, 0 while nothing failed */
    int sys;         /* errno, 0 when no system call was involved */
    char where[256]; /* "file:line:column" or the noun it happened to; may be empty */
    char msg[320];   /* the sentence */
};

#define ERR_INIT                                                                                   \
    {                                                                                              \
        0, 0, "", ""                                                                               \
    }

/* All return -code, so that `return err_set(...)` is the usual last line. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* As err_set, and appends ": " and the text of errno value `sys`. */
int err_sys(struct err *err, enum err_code code, int sys, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Maps an errno value to the nearest code: ENOENT, ENODEV, ESRCH -> NOENT; EACCES, EPERM -> DENIED;
 * ... */
enum err_code err_code_of_errno(int sys);
/* Puts "context: " in front of the message. Returns -err->code. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets err->where (cut to fit). Returns -err->code. */
int err_at(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void err_clear(struct err *err);
#ifdef __clang_analyzer__
/* The analyser sees one file at a time; this tells it what the functions return. */
#define err_set(err, code, ...) ((void)(err_set)(err, code, __VA_ARGS__), -(int)(code))
#define err_sys(err, code, ...) ((void)(err_sys)(err, code, __VA_ARGS__), -(int)(code))
#endif

const char *err_name(int code);     /* "io"; accepts a code or its negative; "none" for 0 */
const char *err_sentence(int code); /* "reading or writing failed" */
int err_exit_status(int code);      /* for cli/main.c only; 0 for ERR_NONE */

#endif
