/*
 * The terminal is restored whatever ends the program: a fatal signal, abort, a failed allocation.
 * What that needs is prepared by term.c while all is well; the handlers only read it.
 */
#ifndef TUI_RESCUE_H
#define TUI_RESCUE_H

#include <signal.h>
#include <stddef.h>
#include <termios.h>

struct rescue {
    volatile sig_atomic_t active;
    int fd, stderr_saved, stderr_read;
    struct termios modes; /* the shell's */
    char bytes[256];      /* what leaves the screen */
    size_t size;
};
extern struct rescue rescue;

void rescue_catch(void);
void rescue_release(void);
/* Ends a Ctrl-S stop: switching IXON off starts the output again, which tcflow(TCOON) does only
 * after TCOOFF. Async-signal-safe. */
void rescue_resume_output(int fd);

#endif
