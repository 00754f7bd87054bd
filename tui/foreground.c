#include "tui/foreground.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
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
        kill(getpid(), SIGSTOP);
        kill(pid, SIGCONT);
    }
}

static void wait_for_enter(void)
{
    char c = 0;
    say("\nEnter goes back to tunetop. ");
    while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n' && c != '\r')
        continue;
}

void foreground_run(const char *const *argv, int *status)
{
    static const int ours[] = {SIGINT, SIGQUIT, SIGTSTP};
    enum { OURS = sizeof ours / sizeof ours[0] };
    struct sigaction ignored = {.sa_handler = SIG_IGN}, before[OURS];
    pid_t pid = 0;
    sigemptyset(&ignored.sa_mask);
    for (int i = 0; i < OURS; i++)
        sigaction(ours[i], &ignored, &before[i]);
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
    wait_for_enter();
    for (int i = 0; i < OURS; i++)
        sigaction(ours[i], &before[i], NULL);
}
