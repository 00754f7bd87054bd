/*
 * Memory that cannot fail, and the three clean-up attributes.
 *
 * xmalloc and friends abort when memory is out, after calling the hook (the terminal layer installs
 * one that restores the terminal). A size of 0 is a bug and aborts as well. Code between the begin
 * and the commit of an apply must not call them.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xreallocarray(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t size);
/* What was freed goes back to the system, where the library can do that (malloc_trim(3)): after
 * something large that was needed for a moment. A millisecond at most. */
void alloc_give_back(void);
/* Called once, before abort(), with a short reason. */
void alloc_set_panic_hook(void (*hook)(const char *reason));
_Noreturn void alloc_panic(const char *reason);

void alloc_autofree_(void *p);
void alloc_autoclose_(const int *fd);
void alloc_autofclose_(void *p);
#define autofree __attribute__((cleanup(alloc_autofree_)))     /* char *, void *: free() */
#define autoclose __attribute__((cleanup(alloc_autoclose_)))   /* int fd, -1 is nothing: close() */
#define autofclose __attribute__((cleanup(alloc_autofclose_))) /* FILE *: fclose() */

#endif
