/*
 * Where files of the user's lie, by the XDG Base Directory Specification.
 */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include <stdbool.h>

#include "base/buf.h"

/* Appends "$XDG_CONFIG_HOME/NAME", or "~/.config/NAME" where that is not set. false: neither it nor
 * HOME names a folder, and what was appended is not to be used. */
bool place_config(const char *name, struct buf *out);
bool place_state(const char *name, struct buf *out); /* $XDG_STATE_HOME, ~/.local/state */

#endif
