/*
 * The completion script of a shell, made from the tables of commands and options: a new row there
 * is completed without a change here. Pure.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "base/buf.h"
#include "cli/options.h"

void completion_script(enum completion_shell shell, struct buf *out);

#endif
