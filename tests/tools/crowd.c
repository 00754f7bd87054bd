/*
 * Many processes that do nothing: what a monitor costs on a machine that runs so many.
 *
 *   crowd N     makes N, says "ready", ends all of them when its standard input ends
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static void idle(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        pause();
    }
}

int main(int argc, char **argv)
{
    long count = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    char byte;

    if (count < 1 || count > 30000) {
        fprintf(stderr, "usage: crowd N, 1 to 30000\n");
        return 2;
    }
    for (long i = 0; i < count; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            close(STDIN_FILENO);
            close(STDOUT_FILENO);
            idle();
        }
        if (pid < 0) {
            perror("crowd: fork");
            return 1; /* those that began end with this one */
        }
    }
    printf("ready\n");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    return 0;
}
