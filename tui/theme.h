/*
 * Themes: role -> truecolor, 256 and 16 colours, and attributes with and without colour.
 *
 * One is built in, so that there is always one. The others are files: the shipped ones
 * ($datadir/tunetop/themes/NAME.yaml), and those of the user's folder, NAME.yaml or btop's
 * NAME.theme, which win over a shipped one of that name. theme_file.h reads one file.
 *
 * theme_load() reads the one that is named; theme_set_load() reads all of them, for choosing. A
 * file that is wrong counts for nothing and is listed with its error, the others work.
 */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
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
enum {
    THEME_NAME = 64,
    THEME_ABOUT = 64,
    THEME_MAX_BYTES = 65536, /* of a file; btop's own are 3 KB */
    THEME_FILES = 128        /* of the user's that are read; btop comes with 40 */
};
struct theme {
    char name[THEME_NAME];
    struct theme_style style[ROLE_COUNT];
};
extern const struct theme theme_default; /* built in */

enum theme_from { THEME_BUILT_IN, THEME_SHIPPED, THEME_USERS };
struct theme_item {
    struct theme theme;
    char about[THEME_ABOUT]; /* one line; "" none */
    enum theme_from from;
    bool btop;
};
struct theme_broken {
    const char *name; /* of the file, without folder and ending */
    struct err err;   /* where: file:line:column, or the file */
};
struct theme_set {
    struct arena arena;
    struct theme_item *items; /* the default one, the shipped ones, the user's; no name twice */
    size_t count;
    struct theme_broken *broken;
    size_t broken_count;
};

/* The folder of the shipped ones, borrowed: $TUNETOP_THEMEDIR when that is an absolute path, else
 * where they are installed. */
const char *theme_folder(void);
/* The names of the shipped ones, for completion; what else there is is known when it is asked for.
 */
const char *const *theme_names(size_t *count);
/* `users` (a folder) may be NULL and need not be there. Never fails: without files it is the built
 * in one. Release in any case. */
void theme_set_load(const char *users, struct theme_set *out);
void theme_set_release(struct theme_set *s); /* accepts a zeroed one */
const struct theme_item *theme_set_find(const struct theme_set *s, const char *name); /* NULL */
/* The one of that name, or of that file where a "/" stands in it. Errors: NOENT with the nearest
 * name, CONFIG with the place in a broken file. */
int theme_load(const char *name, const char *users, struct theme *out, struct err *err);

#endif
