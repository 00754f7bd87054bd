/*
 * A theme as a terminal of one kind is told it, for painting a golden: a line a role, "LETTER TEXT
 * BACKGROUND ATTRIBUTES", colours as RRGGBB, "own" for the terminal's.
 *
 *   theme_dump NAME|FILE truecolor|256|16|mono
 */
#include <stdio.h>
#include <string.h>

#include "tui/theme.h"
#include "tui/theme_color.h"

static void put(int rgb)
{
    if (rgb < 0)
        fputs(" own", stdout);
    else
        printf(" %06X", (unsigned)rgb);
}

int main(int argc, char **argv)
{
    struct theme t;
    struct err err = ERR_INIT;
    if (argc != 3 || theme_load(argv[1], NULL, &t, &err) < 0) {
        fprintf(stderr, "theme_dump: %s %s\n", err.where, argc == 3 ? err.msg : "NAME DEPTH");
        return 2;
    }
    for (int role = 0; role < ROLE_COUNT; role++) {
        const struct theme_style *s = &t.style[role];
        int text = -1, behind = -1;
        unsigned attr = s->attr;
        if (strcmp(argv[2], "truecolor") == 0) {
            text = s->rgb;
            behind = s->background_rgb;
        } else if (strcmp(argv[2], "256") == 0) {
            text = s->c256 < 0 ? -1 : theme_color_of_256(s->c256);
            behind = s->background_256 < 0 ? -1 : theme_color_of_256(s->background_256);
        } else if (strcmp(argv[2], "16") == 0) {
            text = s->c16 < 0 ? -1 : theme_color_of_16(s->c16);
            behind = s->background_16 < 0 ? -1 : theme_color_of_16(s->background_16);
        } else {
            attr = s->mono_attr;
        }
        putchar(role_letter((enum role)role));
        put(text);
        put(behind);
        printf(" %u\n", attr);
    }
    return 0;
}
