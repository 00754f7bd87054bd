#include "tui/rescue.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

struct rescue rescue;
static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
enum { FATAL_COUNT = sizeof fatal_signals / sizeof fatal_signals[0] };
static struct sigaction fatal_before[FATAL_COUNT];

void rescue_resume_output(int fd)
{
    struct termios now;
    if (tcgetattr(fd, &now) != 0 || (now.c_iflag & IXON) == 0)
        return;
    now.c_iflag &= ~(tcflag_t)IXON;
    tcsetattr(fd, TCSANOW, &now);
}

/* Async-signal-safe. */
static void rescue_terminal(void)
{
    if (!rescue.active)
        return;
    rescue.active = 0;
    signal(SIGTTOU, SIG_IGN);
    rescue_resume_output(rescue.fd);
    for (size_t at = 0; at < rescue.size;) {
        ssize_t n = write(rescue.fd, rescue.bytes + at, rescue.size - at);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    tcsetattr(rescue.fd, TCSANOW, &rescue.modes);
    if (rescue.stderr_saved >= 0) {
        char kept[512];
        ssize_t n;
        dup2(rescue.stderr_saved, STDERR_FILENO);
        while ((n = read(rescue.stderr_read, kept, sizeof kept)) > 0)
            if (write(STDERR_FILENO, kept, (size_t)n) < 0)
                break;
    }
}

static void on_fatal(int signal_number)
{
    int saved = errno;
    rescue_terminal();
    for (size_t i = 0; i < FATAL_COUNT; i++)
        if (fatal_signals[i] == signal_number)
            sigaction(signal_number, &fatal_before[i], NULL);
    raise(signal_number); /* pending until we return, then with the handler of before */
    errno = saved;
}

static void on_panic(const char *reason)
{
    rescue_terminal();
    static const char before[] = "tunetop: ";
    if (write(STDERR_FILENO, before, sizeof before - 1) < 0 ||
        write(STDERR_FILENO, reason, strlen(reason)) < 0 || write(STDERR_FILENO, "\n", 1) < 0)
        return;
}

void rescue_catch(void)
{
    /* A stack of its own: a fault may be that the stack is full. 16 KiB is twice MINSIGSTKSZ's
     * usual. */
    static char stack[16384];
    static const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternative, NULL);
    struct sigaction action = {.sa_handler = on_fatal, .sa_flags = SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FATAL_COUNT; i++)
        sigaction(fatal_signals[i], &action, &fatal_before[i]);
    alloc_set_panic_hook(on_panic);
    rescue.active = 1;
}

void rescue_release(void)
{
    rescue.active = 0;
    alloc_set_panic_hook(NULL);
    for (size_t i = 0; i < FATAL_COUNT; i++)
        sigaction(fatal_signals[i], &fatal_before[i], NULL);
}
