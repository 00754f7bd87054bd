/*
 * Colours as numbers: what a terminal with fewer of them shows instead, and whether a text of one
 * can be read on another. Pure.
 *
 * 256: the 6x6x6 cube and the grey ramp of xterm, which terminals leave as they are; the first 16
 * are the user's, so that nobody can say how they look: they are chosen by hue, and measured as
 * xterm has them.
 */
#ifndef TUI_THEME_COLOR_H
#define TUI_THEME_COLOR_H

#include <stdbool.h>
#include <stdint.h>

/* Where nothing tells how light the terminal's own background is. */
enum { THEME_COLOR_DARK = 0x000000, THEME_COLOR_LIGHT = 0xFFFFFF };
/* "Large text and graphics" of WCAG 2.1, 1.4.3 and 1.4.11: below that a text is not sure to be
 * seen. */
#define THEME_CONTRAST_SEEN 3.0

int32_t theme_color_of_256(int index);     /* 0xRRGGBB; 0 to 15 as in theme_color_of_16() */
int32_t theme_color_of_16(int index);      /* xterm's */
double theme_color_luminance(int32_t rgb); /* 0 to 1 */
double theme_color_contrast(int32_t one, int32_t other); /* 1 to 21, as WCAG 2.1 has it */
/* The nearest of 16 to 255. Not one that cannot be seen on `behind` where rgb can; behind -1:
 * wherever. */
int theme_color_to_256(int32_t rgb, int32_t behind);
/* The nearest of 0 to 15 that can be seen on `behind`, by hue where it has one. */
int theme_color_to_16(int32_t rgb, int32_t behind);
/* rgb, made lighter or darker until its contrast to `behind` is that. */
int32_t theme_color_readable(int32_t rgb, int32_t behind, double contrast);
/* 0 to 360, of a colour that has one: its saturation is at least that. false: a grey. */
bool theme_color_hue(int32_t rgb, double saturation, double *hue);
double theme_color_hue_between(double one, double other); /* 0 to 180 */

#endif
