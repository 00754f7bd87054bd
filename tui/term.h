/*
 * The terminal: the only file that talks to curses. Keys in, frames out.
 *
 * term_open() sets the terminal up (raw keys, alternate screen, colours) and term_close() restores
 * it; between them fatal signals, abort and a failed allocation restore it too (async-signal-safe
 * path). The tty stays blocking. A frame is compared with the one before and only changed runs go
 * out; when the tty cannot take output now (term_writable() is false) the caller keeps the surface
 * and tries later.
 */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tui/mouse.h"
#include "tui/surface.h"
#include "tui/theme.h"

enum term_color { TERM_COLOR_AUTO, TERM_COLOR_ALWAYS, TERM_COLOR_NEVER };
struct term;
struct term_options {
    enum term_color color; /* AUTO honours NO_COLOR (set and not empty) and terminfo */
    bool ascii; /* asked for; also chosen when the locale is not UTF-8 or shows U+2500 two wide */
    bool mouse; /* clicks and the wheel are wanted */
    const struct theme *theme;
};

/* Sets LC_CTYPE only: the environment's, else C.UTF-8, else en_US.UTF-8. Returns what was chosen,
 * for doctor and -v. */
const char *term_set_locale(bool *utf8);
/* What can be told without opening it, for doctor. */
struct term_facts {
    bool known, moves;                   /* TERM is in the database; it can place the cursor */
    const char *color_name;              /* as term_color_name(), of what the terminal can do */
    int width, height;                   /* of standard output; 0 when that is no terminal */
    const char *library, *library_built; /* version of curses that runs, and of its headers */
};
void term_describe(struct term_facts *out);
/* Errors: not a terminal, unknown TERM, with what to do. */
struct term *term_open(const struct term_options *o, struct err *err);
void term_close(struct term *t); /* restores; accepts NULL */
/* Leaves the screen for a while (Ctrl-Z, sudo) and comes back; the next frame is sent whole. */
void term_suspend(struct term *t);
void term_resume(struct term *t);
void term_set_theme(struct term *t, const struct theme *theme);

int term_input_fd(const struct term *t);
void term_size(const struct term *t, int *width, int *height);
bool term_is_ascii(const struct term *t);
const char *term_color_name(const struct term *t); /* "truecolor", "256", "16", "8", "mono" */

enum term_event { TERM_NOTHING, TERM_KEY, TERM_MOUSE, TERM_RESIZE, TERM_GONE };
/* The next event without waiting; TERM_GONE when the terminal ended (EIO, EOF, hang-up). */
enum term_event term_next(struct term *t, uint32_t *key, struct mouse *mouse);
bool term_writable(const struct term *t);
/* Sends what differs from the last frame. whole: everything (Ctrl-L). */
void term_show(struct term *t, const struct surface *s, bool whole);

#endif
