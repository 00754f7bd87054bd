/*
 * How well a typed text fits a name: its letters in their order, not necessarily side by side.
 * Pure; case of ASCII is ignored, and so are blanks of what is typed.
 */
#ifndef TUI_FUZZY_H
#define TUI_FUZZY_H

#include <stdbool.h>

enum {
    FUZZY_NAME = 192,    /* bytes of a name that are looked at */
    FUZZY_WHOLE = 10000, /* at least that: the name itself */
};

/* 0: it does not fit, or its letters lie so far apart that nobody meant that name. Larger is
 * better; an empty text fits everything alike (1). */
int fuzzy_score(const char *name, const char *typed);
/* Whether every word of what is typed begins a word of the text. */
bool fuzzy_words(const char *text, const char *typed);

#endif
