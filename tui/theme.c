#include "tui/theme.h"

#include <string.h>

/*
 * "default": the colours of the design pictures. Text and titles keep the terminal's own
 * foreground, so that the page fits dark and light terminals; only titles are bold. 256: the
 * nearest entry of the 6x6x6 cube or grey ramp. 16: DIM is bright black; a terminal with 8 colours
 * shows it as the own colour, dim (term.c).
 */
#define OWN -1
static const struct theme themes[] = {
    {"default",
     {
         [ROLE_TEXT] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_NONE, ATTR_NONE},
         [ROLE_DIM] = {0x747D8C, OWN, 244, OWN, 8, OWN, ATTR_NONE, ATTR_DIM},
         [ROLE_TITLE] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_BOLD, ATTR_BOLD},
         [ROLE_OK] = {0x7FC8A0, OWN, 115, OWN, 2, OWN, ATTR_NONE, ATTR_NONE},
         [ROLE_WARN] = {0xE6B450, OWN, 179, OWN, 3, OWN, ATTR_NONE, ATTR_BOLD},
         [ROLE_CRIT] = {0xF0716F, OWN, 203, OWN, 1, OWN, ATTR_NONE, ATTR_BOLD},
         [ROLE_GRAPH_1] = {0x6FB3FF, OWN, 75, OWN, 12, OWN, ATTR_NONE, ATTR_NONE},
         [ROLE_GRAPH_2] = {0xB99BF0, OWN, 141, OWN, 13, OWN, ATTR_NONE, ATTR_NONE},
         [ROLE_GRAPH_3] = {0x3F9A94, OWN, 72, OWN, 6, OWN, ATTR_NONE, ATTR_NONE},
         [ROLE_GRAPH_4] = {0x66779A, OWN, 67, OWN, 4, OWN, ATTR_NONE, ATTR_NONE},
         [ROLE_SELECTION] = {0xFFFFFF, 0x2A3F5F, 231, 24, 15, 4, ATTR_NONE, ATTR_REVERSE},
         [ROLE_CHANGED] = {0xFFD580, OWN, 222, OWN, 11, OWN, ATTR_NONE, ATTR_UNDERLINE},
     }},
    {"mono",
     {
         [ROLE_TEXT] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_NONE, ATTR_NONE},
         [ROLE_DIM] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_DIM, ATTR_DIM},
         [ROLE_TITLE] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_BOLD, ATTR_BOLD},
         [ROLE_OK] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_NONE, ATTR_NONE},
         [ROLE_WARN] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_BOLD, ATTR_BOLD},
         [ROLE_CRIT] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_BOLD, ATTR_BOLD},
         [ROLE_GRAPH_1] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_NONE, ATTR_NONE},
         [ROLE_GRAPH_2] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_NONE, ATTR_NONE},
         [ROLE_GRAPH_3] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_NONE, ATTR_NONE},
         [ROLE_GRAPH_4] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_NONE, ATTR_NONE},
         [ROLE_SELECTION] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_REVERSE, ATTR_REVERSE},
         [ROLE_CHANGED] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_UNDERLINE, ATTR_UNDERLINE},
     }},
};
enum { THEME_COUNT = sizeof themes / sizeof themes[0] };

const struct theme *theme_find(const char *name)
{
    for (size_t i = 0; i < THEME_COUNT; i++)
        if (strcmp(name, themes[i].name) == 0)
            return &themes[i];
    return NULL;
}

const char *const *theme_names(size_t *count)
{
    static const char *const names[THEME_COUNT] = {"default", "mono"};
    *count = THEME_COUNT;
    return names;
}
