/*
 * One file of a theme: text -> colours. Pure; the text may be anything.
 *
 * Ours is YAML (tunetop.yaml(5) describes it); a role that it does not name is that of the built-in
 * theme. btop's is a list of theme[KEY]="VALUE": its keys are given to our roles, as each of them
 * can be read on its background. What a theme does not say for fewer colours is worked out.
 */
#ifndef TUI_THEME_FILE_H
#define TUI_THEME_FILE_H

#include "tui/theme.h"

/* Fills theme.style and about. CONFIG with file:line:column in err->where. */
int theme_parse_yaml(const char *file, const char *text, size_t size, struct theme_item *out,
                     struct err *err);
int theme_parse_btop(const char *file, const char *text, size_t size, struct theme_item *out,
                     struct err *err);

/* Colours as a file gives them: a style's may be this besides. */
enum { THEME_UNSAID = -2 };
/* Works out what is THEME_UNSAID: backgrounds from `page`, 256 and 16 from the truecolor. */
void theme_fill(struct theme_style style[ROLE_COUNT], const struct theme_style *page);

#endif
