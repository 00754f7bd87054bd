#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "base/alloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#ifdef HAVE_MALLOC_TRIM
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void (*panic_hook_fn)(const char *reason);

/* Atomic because any thread may run out of memory while another one sets or takes the hook. */
static _Atomic(panic_hook_fn) panic_hook;
static _Atomic(bool) panicking;

void alloc_set_panic_hook(void (*hook)(const char *reason))
{
    atomic_store(&panic_hook, hook);
}

/* Straight to stderr: stdio may want memory. */
static void say(const char *reason)
{
    const char *const parts[] = {"tunetop: ", reason, "\n"};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0) {
            return;
        }
    }
}

_Noreturn void alloc_panic(const char *reason)
{
    /* Taken, not read: a hook that runs out of memory itself must not be entered again. */
    panic_hook_fn hook = atomic_exchange(&panic_hook, (panic_hook_fn)NULL);
    bool first = !atomic_exchange(&panicking, true);
    if (hook != NULL) {
        hook(reason);
    } else if (first) {
        say(reason);
    }
    abort();
}

void *xmalloc(size_t size)
{
    if (size == 0) {
        alloc_panic("allocation of 0 bytes");
    }
    void *p = malloc(size);
    if (p == NULL) {
        alloc_panic("out of memory");
    }
    return p;
}

void *xcalloc(size_t count, size_t size)
{
    if (count == 0 || size == 0) {
        alloc_panic("allocation of 0 bytes");
    }
    void *p = calloc(count, size);
    if (p == NULL) {
        alloc_panic("out of memory");
    }
    return p;
}

void *xreallocarray(void *old, size_t count, size_t size)
{
    if (count == 0 || size == 0) {
        alloc_panic("allocation of 0 bytes");
    }
    if (count > SIZE_MAX / size) {
        alloc_panic("out of memory");
    }
    void *p = realloc(old, count * size);
    if (p == NULL) {
        alloc_panic("out of memory");
    }
    return p;
}

char *xstrndup(const char *text, size_t size)
{
    const char *end = memchr(text, '\0', size);
    if (end != NULL) {
        size = (size_t)(end - text);
    }
    if (size == SIZE_MAX) {
        alloc_panic("out of memory");
    }
    char *copy = xmalloc(size + 1);
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

char *xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
}

/* The clean-up functions run after the return value is computed: errno must survive them. */

void alloc_autofree_(void *p)
{
    int saved = errno;
    void *memory;
    memcpy(&memory, p, sizeof(memory)); /* p points to a pointer of any type */
    free(memory);
    errno = saved;
}

void alloc_autoclose_(const int *fd)
{
    if (*fd >= 0) {
        int saved = errno;
        (void)close(*fd);
        errno = saved;
    }
}

void alloc_autofclose_(void *p)
{
    FILE *const *at = p;
    FILE *file = *at;
    if (file != NULL) {
        int saved = errno;
        (void)fclose(file);
        errno = saved;
    }
}

void alloc_give_back(void)
{
#ifdef HAVE_MALLOC_TRIM
    malloc_trim(0);
#endif
}
