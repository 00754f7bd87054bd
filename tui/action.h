/* Actions and their keys: see action.def. */
#ifndef TUI_ACTION_H
#define TUI_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum action {
    ACTION_NONE,
#define ACTION(id, name, help, group, footer, keys, tabs) ACTION_##id,
#include "tui/action.def"
#undef ACTION
    ACTION_COUNT
};
enum action_group { ACTION_LOOK, ACTION_PLAN, ACTION_ACT };
enum ui_tab { UI_OVERVIEW, UI_SERVICES, UI_TUNING, UI_PROCESSES, UI_JOURNAL, UI_TABS };
struct action_row {
    const char *name, *help, *footer, *keys;
    enum action_group group;
    unsigned tabs; /* a bit for each tab on which its key means this; all of them: everywhere */
};
/* Keys as term.h delivers them: a code point, or one of these above Unicode (KEY_* belongs to
 * curses). */
enum key {
    KEYCODE_BASE = 0x110000,
    KEYCODE_UP,
    KEYCODE_DOWN,
    KEYCODE_LEFT,
    KEYCODE_RIGHT,
    KEYCODE_PAGE_UP,
    KEYCODE_PAGE_DOWN,
    KEYCODE_HOME,
    KEYCODE_END,
    KEYCODE_ENTER,
    KEYCODE_ESC,
    KEYCODE_TAB,
    KEYCODE_BACKTAB,
    KEYCODE_BACKSPACE,
    KEYCODE_DELETE,
    KEYCODE_F1,
    KEYCODE_F12 = KEYCODE_F1 + 11,
    KEYCODE_CTRL_BASE = 0x120000, /* + letter: KEYCODE_CTRL_BASE + 'l' */
};
const struct action_row *action_row(enum action a);
/* Of several the one of that tab; the first where none is of it, so that it can say where it works.
 */
enum action action_of_key(uint32_t key, enum ui_tab tab);
bool action_is_on(enum action a, enum ui_tab tab);
bool action_is_everywhere(enum action a);
/* The first tab where it works; of what takes changes back the one that lists them. */
enum ui_tab action_tab(enum action a);
enum action action_of_name(const char *name); /* ACTION_NONE: unknown */
uint32_t key_of_name(const char *name);       /* "Space", "C-l", "F1", "q"; 0 unknown */
/* All keys of an action as shown: "?  F1", "Ctrl-L"; first_only: the first of them. Returns out. */
const char *action_key_label(enum action a, bool first_only, char *out, size_t out_size);

/* What to say of a key that works on other tabs only: "A works on 3 Tuning (apply)". Returns out.
 */
const char *action_elsewhere(uint32_t key, char *out, size_t out_size);
/* What to say of a key that does nothing, with the one that was perhaps meant: the same letter in
 * the other case, or what lies there on a Latin keyboard. Returns out. */
const char *action_unknown_key(uint32_t key, enum ui_tab tab, char *out, size_t out_size);

#endif
