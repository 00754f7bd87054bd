/*
 * The tables behind cli/options.h, for its parser alone; everybody else asks command_rows() and
 * option_rows().
 */
#ifndef CLI_OPTIONS_TABLE_H
#define CLI_OPTIONS_TABLE_H

#include "cli/options.h"

extern const struct command_row options_commands[COMMAND_COUNT];
enum { OPTIONS_ROWS_MAX = 128 };
extern const struct option_row options_rows[];
extern const size_t options_row_count;

const char *const *options_shells(size_t *count);
const char *const *options_command_names(size_t *count);

#endif
