#include "tuning/apply/signals.h"

#include <string.h>

static const int held[SIGNALS_HELD] = {SIGHUP, SIGPIPE, SIGTTOU, SIGINT, SIGTERM, SIGQUIT};
enum { IGNORED = 3 }; /* the first ones */

static volatile sig_atomic_t came;

static void take_note(int number)
{
    if (came == 0) {
        came = number;
    }
}

void signals_hold(struct signals *s)
{
    came = 0;
    for (int i = 0; i < SIGNALS_HELD; i++) {
        struct sigaction action;
        memset(&action, 0, sizeof(action));
        (void)sigemptyset(&action.sa_mask);
        action.sa_handler = i < IGNORED ? SIG_IGN : take_note;
        action.sa_flags = SA_RESTART;
        (void)sigaction(held[i], &action, &s->old[i]);
        /* What was ignored before (nohup, a job in the background) stays so. */
        if (s->old[i].sa_handler == SIG_IGN) {
            (void)sigaction(held[i], &s->old[i], NULL);
        }
    }
}

void signals_release(struct signals *s)
{
    for (int i = 0; i < SIGNALS_HELD; i++) {
        (void)sigaction(held[i], &s->old[i], NULL);
    }
}

int signals_came(void)
{
    return came;
}
