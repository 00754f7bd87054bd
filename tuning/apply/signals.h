/*
 * Signals while files are changed: SIGHUP, SIGPIPE and SIGTTOU are ignored (a dropped connection
 * must not leave half of it), SIGINT, SIGTERM and SIGQUIT are noted, and whoever works looks
 * between two steps. One holder at a time; from the thread that works.
 */
#ifndef TUNING_APPLY_SIGNALS_H
#define TUNING_APPLY_SIGNALS_H

#include <signal.h>

enum { SIGNALS_HELD = 6 };

struct signals {
    struct sigaction old[SIGNALS_HELD];
};

void signals_hold(struct signals *s);
void signals_release(struct signals *s); /* as it was before; what came stays noted */
int signals_came(void);                  /* the first one since signals_hold(); 0 none */

#endif
