/*
 * One line that is being typed: `:` and `/`. Pure; keys as action.h names them. What comes from the
 * keyboard is made harmless like any text from outside: a paste may hold anything.
 */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/line.h"

enum { PROMPT_BYTES = 256, PROMPT_HISTORY = 16 };

struct prompt {
    char text[PROMPT_BYTES];                    /* NUL-terminated UTF-8 */
    size_t size, cursor;                        /* bytes; the cursor stands before a character */
    char history[PROMPT_HISTORY][PROMPT_BYTES]; /* of this run, oldest first */
    int history_count, history_at;              /* history_at == history_count: not one of them */
    char draft[PROMPT_BYTES];                   /* what was typed before Up */
};

void prompt_set(struct prompt *p, const char *text); /* cursor at its end */
/* true: the key belonged to the line, whether or not it changed it. */
bool prompt_key(struct prompt *p, uint32_t key);
/* The text becomes the newest entry of the history, unless it is empty or that already. */
void prompt_remember(struct prompt *p);
/* The text with its cursor, scrolled so that the cursor is visible. */
void prompt_draw(const struct prompt *p, struct line *l);

#endif
