/*
 * Themes: role -> truecolor, 256, 16 colours and a mono attribute. Built in for now: "default" and
 * "mono".
 */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stddef.h>
#include <stdint.h>

#include "tui/role.h"

enum theme_attr {
    ATTR_NONE = 0,
    ATTR_BOLD = 1,
    ATTR_DIM = 2,
    ATTR_REVERSE = 4,
    ATTR_UNDERLINE = 8
};
struct theme_style {
    int32_t rgb, background_rgb;  /* 0xRRGGBB, -1: the terminal's own */
    int16_t c256, background_256; /* -1: the terminal's own */
    int8_t c16, background_16;
    uint8_t attr;      /* with colour */
    uint8_t mono_attr; /* without */
};
struct theme {
    const char *name;
    struct theme_style style[ROLE_COUNT];
};
const struct theme *theme_find(const char *name); /* NULL: unknown */
const char *const *theme_names(size_t *count);

#endif
