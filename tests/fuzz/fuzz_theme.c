/* A file of a theme, ours and btop's, and the file of what the screen remembers, from anything: no
 * crash; a wrong one says where; what is read is a colour that a terminal has, and no text of a
 * theme of btop's vanishes on its page. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tui/screen_state.h"
#include "tui/theme.h"
#include "tui/theme_color.h"
#include "tui/theme_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

static void check_style(const struct theme_style *s)
{
    require(s->rgb >= -1 && s->rgb <= 0xFFFFFF);
    require(s->background_rgb >= -1 && s->background_rgb <= 0xFFFFFF);
    require(s->c256 >= -1 && s->c256 < 256 && s->background_256 >= -1 && s->background_256 < 256);
    require(s->c16 >= -1 && s->c16 < 16 && s->background_16 >= -1 && s->background_16 < 16);
    require((s->attr & ~15) == 0 && (s->mono_attr & ~15) == 0);
}

static int parse(int (*of)(const char *, const char *, size_t, struct theme_item *, struct err *),
                 const uint8_t *data, size_t size, struct theme_item *out)
{
    struct err err = ERR_INIT;
    memset(out, 0, sizeof *out);
    int result = of("t", (const char *)data, size, out, &err);
    require(result == 0 ? err.code == 0
                        : result == -ERR_CONFIG && err.msg[0] && strncmp(err.where, "t", 1) == 0);
    for (int role = 0; result == 0 && role < ROLE_COUNT; role++)
        check_style(&out->theme.style[role]);
    return result;
}

static void remembered(const uint8_t *data, size_t size)
{
    struct screen_state one, two;
    struct err err = ERR_INIT;
    struct buf text;
    if (screen_state_parse((const char *)data, size, &one, &err) < 0)
        return;
    buf_init(&text, SCREEN_STATE_MAX_BYTES);
    screen_state_print(&one, &text);
    require(screen_state_parse(text.data, text.size, &two, &err) == 0);
    require(one.tab == two.tab && one.sort == two.sort && one.tree == two.tree &&
            strcmp(one.theme, two.theme) == 0);
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct theme_item item;
    parse(theme_parse_yaml, data, size, &item);
    if (parse(theme_parse_btop, data, size, &item) == 0) {
        const struct theme_style *s = item.theme.style;
        for (int role = 0; role < ROLE_COUNT; role++)
            if (s[role].rgb >= 0 && s[role].background_rgb >= 0)
                require(theme_color_contrast(s[role].rgb, s[role].background_rgb) > 2.9);
    }
    remembered(data, size);
    return 0;
}
