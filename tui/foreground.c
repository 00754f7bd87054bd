#include "tui/foreground.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

/* POSIX declares it nowhere, glibc does. NOLINTNEXTLINE(readability-redundant-declaration) */
extern char **environ;

enum { NOT_STARTED = 127, SIGNALLED = 128 }; /* as a shell says it */

static void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        return; /* the terminal went away: the loop notices */
}

static int spawn(const char *const *argv, pid_t *pid)
{
    posix_spawnattr_t attributes;
    sigset_t all, none;
    union { /* it does not change them */
        const char *const *in;
        char *const *out;
    } words = {.in = argv};
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int sys = posix_spawn(pid, argv[0], NULL, &attributes, words.out, environ);
    posix_spawnattr_destroy(&attributes);
    return sys;
}

/* As the shell's Ctrl-Z: where no shell would let us go on, as in a terminal that runs us as its
 * only program, nothing stops. */
static void stop_here(void)
{
    struct sigaction normal = {.sa_handler = SIG_DFL}, before;
    sigset_t only, mask;
    sigemptyset(&normal.sa_mask);
    sigemptyset(&only);
    sigaddset(&only, SIGTSTP);
    sigaction(SIGTSTP, &normal, &before);
    kill(getpid(), SIGTSTP); /* pending until the next line: it is blocked */
    pthread_sigmask(SIG_UNBLOCK, &only, &mask);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGTSTP, &before, NULL);
}

/* Stopped by Ctrl-Z it stops us as well, so that the shell has the terminal. */
static int wait_for(pid_t pid)
{
    int result = 0;
    for (;;) {
        if (waitpid(pid, &result, WUNTRACED) < 0) {
            if (errno == EINTR)
                continue;
            return SIGNALLED;
        }
        if (!WIFSTOPPED(result))
            return WIFEXITED(result) ? WEXITSTATUS(result) : SIGNALLED + WTERMSIG(result);
        stop_here();
        kill(pid, SIGCONT);
    }
}

static void notice(int number)
{
    (void)number;
}

/* Ctrl-C goes back as well; whoever asks us to end is not kept waiting. */
static void wait_for_enter(void)
{
    static const int let_in[] = {SIGHUP, SIGINT, SIGTERM};
    struct sigaction noticed = {.sa_handler = notice};
    sigset_t open;
    char c = 0;
    sigemptyset(&noticed.sa_mask);
    sigaction(SIGINT, &noticed, NULL);
    pthread_sigmask(SIG_SETMASK, NULL, &open);
    for (size_t i = 0; i < sizeof let_in / sizeof let_in[0]; i++)
        sigdelset(&open, let_in[i]);
    say("\nEnter goes back to tunetop. ");
    while (c != '\n' && c != '\r') {
        fd_set in;
        FD_ZERO(&in);
        FD_SET(STDIN_FILENO, &in);
        if (pselect(STDIN_FILENO + 1, &in, NULL, NULL, NULL, &open) < 0 ||
            read(STDIN_FILENO, &c, 1) != 1)
            break;
    }
}

static void set_all(const int *numbers, size_t count, const struct sigaction *action,
                    struct sigaction *before)
{
    for (size_t i = 0; i < count; i++)
        sigaction(numbers[i], action, before != NULL ? &before[i] : NULL);
}

void foreground_run(const char *const *argv, int *status)
{
    static const int ours[] = {SIGINT, SIGQUIT, SIGTSTP};
    enum { OURS = sizeof ours / sizeof ours[0] };
    struct sigaction ignored = {.sa_handler = SIG_IGN}, before[OURS];
    pid_t pid = 0;
    sigemptyset(&ignored.sa_mask);
    set_all(ours, OURS, &ignored, before);
    for (int i = 0; argv[i] != NULL; i++) {
        say(i == 0 ? "\n$ " : " ");
        say(argv[i]);
    }
    say("\n");
    int sys = argv[0] != NULL ? spawn(argv, &pid) : ENOENT;
    if (sys == 0) {
        *status = wait_for(pid);
    } else {
        *status = NOT_STARTED;
        say(strerror(sys));
        say("\n");
    }
    /* One that is blocked waits though it is ignored, and would end us when its handler is back:
     * what waits is dropped by ignoring it again. */
    set_all(ours, OURS, &ignored, NULL);
    wait_for_enter();
    set_all(ours, OURS, &ignored, NULL);
    for (size_t i = 0; i < OURS; i++)
        sigaction(ours[i], &before[i], NULL);
}
