/* --progress-fd N of the commands that change something. */
#ifndef CLI_PROGRESS_FD_H
#define CLI_PROGRESS_FD_H

#include "base/err.h"
#include "cli/options.h"

/* It must be open: a number that nobody opened would become one of our own files. What we start
 * does not get it. */
int progress_fd_check(const struct options *o, struct err *err);

#endif
