/* Scripts of a shell, and pieces of them in other files ("sh -c '...'"). Internal to tuning/config.
 */
#ifndef TUNING_CONFIG_SHELL_H
#define TUNING_CONFIG_SHELL_H

#include "tuning/config/builder.h"
#include "tuning/config/words.h"

enum { SHELL_MAX_DEPTH = 4 }; /* scripts inside of scripts */

/* Adds the entries of a script. group: whose its variables and flags are; NULL: variables are the
 * file's own, flags those of their command. */
int shell_read_part(struct document_builder *b, const struct mapped *script, const char *group,
                    size_t depth);
/* The script of "sh -c SCRIPT", which words[command] begins; NULL when it is none. */
const struct word *words_shell_script(const struct words *w, size_t command);

#endif
