/* What a theme does not say: fewer colours, backgrounds, roles that it leaves out. */
#include "tui/theme_color.h"
#include "tui/theme_file.h"

enum { OWN = -1 };

static bool is_light(int32_t rgb)
{
    return theme_color_luminance(rgb) > 0.18; /* as far from white as from black */
}

/* 16 colours cannot tell a dark grey from black, and a page must not become one that glows. */
static void fill_page(struct theme_style *page)
{
    if (page->background_rgb == THEME_UNSAID)
        page->background_rgb = OWN;
    bool own = page->background_rgb < 0;
    if (page->background_256 == THEME_UNSAID)
        page->background_256 = (int16_t)(own ? OWN : theme_color_to_256(page->background_rgb, -1));
    if (page->background_16 == THEME_UNSAID)
        page->background_16 = (int8_t)(own ? OWN : is_light(page->background_rgb) ? 15 : 0);
}

static void fill_background(struct theme_style *s, const struct theme_style *page)
{
    if (s->background_rgb == THEME_UNSAID) {
        s->background_rgb = page->background_rgb;
        s->background_256 = s->background_256 == THEME_UNSAID ? page->background_256
                                                              : s->background_256;
        s->background_16 = s->background_16 == THEME_UNSAID ? page->background_16
                                                            : s->background_16;
        return;
    }
    bool own = s->background_rgb < 0;
    if (s->background_256 == THEME_UNSAID)
        s->background_256 = (int16_t)(own ? OWN : theme_color_to_256(s->background_rgb, -1));
    if (s->background_16 == THEME_UNSAID) {
        /* To be told from the page: a text on that has one of the others. */
        int32_t under = page->background_16 == 15 ? THEME_COLOR_LIGHT : THEME_COLOR_DARK;
        s->background_16 = (int8_t)(own ? OWN : theme_color_to_16(s->background_rgb, under));
    }
}

/* What a text stands on, as far as that is known. */
static int32_t under(int32_t color, bool light_page)
{
    return color >= 0 ? color : light_page ? THEME_COLOR_LIGHT : THEME_COLOR_DARK;
}

static void fill_text(struct theme_style *s, bool light_page)
{
    int32_t behind_256 = s->background_256 < 0 ? -1 : theme_color_of_256(s->background_256);
    int32_t behind_16 = s->background_16 < 0 ? -1 : theme_color_of_16(s->background_16);
    bool own = s->rgb < 0;
    if (s->c256 == THEME_UNSAID)
        s->c256 = (int16_t)(own ? OWN : theme_color_to_256(s->rgb, under(behind_256, light_page)));
    if (s->c16 == THEME_UNSAID)
        s->c16 = (int8_t)(own ? OWN : theme_color_to_16(s->rgb, under(behind_16, light_page)));
}

/* The text of the page. */
static void fill_first(struct theme_style *s, const struct theme_style *page)
{
    if (s->rgb == THEME_UNSAID)
        s->rgb = page->background_rgb < 0         ? OWN
                 : is_light(page->background_rgb) ? THEME_COLOR_DARK
                                                  : THEME_COLOR_LIGHT;
    fill_background(s, page);
    fill_text(s, s->rgb >= 0 && page->background_rgb < 0 && !is_light(s->rgb));
}

static void fill_from_default(struct theme_style *s, const struct theme_style *of,
                              const struct theme_style *text, const struct theme_style *page,
                              bool light_page)
{
    if (of->background_rgb >= 0 && s->background_rgb == THEME_UNSAID) { /* the selection, whole */
        uint8_t attr = s->attr, mono = s->mono_attr;
        *s = *of;
        s->attr = attr;
        s->mono_attr = mono;
        return;
    }
    fill_background(s, page);
    if (of->rgb < 0) {
        s->rgb = text->rgb;
        s->c256 = s->c256 == THEME_UNSAID ? text->c256 : s->c256;
        s->c16 = s->c16 == THEME_UNSAID ? text->c16 : s->c16;
        return;
    }
    s->rgb = theme_color_readable(of->rgb, under(s->background_rgb, light_page),
                                  THEME_CONTRAST_SEEN);
    if (s->rgb == of->rgb && page->background_rgb < 0) {
        s->c256 = s->c256 == THEME_UNSAID ? of->c256 : s->c256;
        s->c16 = s->c16 == THEME_UNSAID ? of->c16 : s->c16;
    }
}

void theme_fill(struct theme_style style[ROLE_COUNT], const struct theme_style *given_page)
{
    struct theme_style page = *given_page, *text = &style[ROLE_TEXT];
    fill_page(&page);
    fill_first(text, &page);
    bool light_page = page.background_rgb >= 0 ? is_light(page.background_rgb)
                                               : text->rgb >= 0 && !is_light(text->rgb);
    for (int role = 0; role < ROLE_COUNT; role++) {
        if (role == ROLE_TEXT)
            continue;
        if (style[role].rgb == THEME_UNSAID)
            fill_from_default(&style[role], &theme_default.style[role], text, &page, light_page);
        else
            fill_background(&style[role], &page);
        fill_text(&style[role], light_page);
    }
}
