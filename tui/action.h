/* Actions and their keys: see action.def. */
#ifndef TUI_ACTION_H
#define TUI_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum action {
    ACTION_NONE,
#define ACTION(id, name, help, group, footer, keys) ACTION_##id,
#include "tui/action.def"
#undef ACTION
    ACTION_COUNT
};
enum action_group { ACTION_LOOK, ACTION_PLAN, ACTION_ACT };
struct action_row {
    const char *name, *help, *footer, *keys;
    enum action_group group;
};
/* Keys as term.h delivers them: a code point, or KEY_* above Unicode. */
enum key {
    KEY_BASE = 0x110000,
    KEY_UP_, KEY_DOWN_, KEY_LEFT_, KEY_RIGHT_, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_HOME_, KEY_END_, KEY_ENTER_, KEY_ESC,
    KEY_TAB, KEY_BACKTAB, KEY_BACKSPACE_, KEY_DELETE,
    KEY_F1, KEY_F12 = KEY_F1 + 11,
    KEY_CTRL_BASE = 0x120000, /* + letter: KEY_CTRL_BASE + 'l' */
};
const struct action_row *action_row(enum action a);
enum action action_of_key(uint32_t key);
enum action action_of_name(const char *name); /* ACTION_NONE: unknown */
uint32_t key_of_name(const char *name);       /* "Space", "C-l", "F1", "q"; 0 unknown */
/* The first key of an action as shown: "Space", "Ctrl-L", "?". */
const char *action_key_label(enum action a);

#endif
