/*
 * btop's themes. Its reader takes what stands between "[" and "]" for a key and what follows "=" in
 * quotes, or to the end of the line, for its value: "#RRGGBB", "#GG" (a grey), "R G B", or nothing
 * (main_bg: the terminal's own; the middle and end of a gradient: not used).
 *
 * It has no words for good and bad: those are the theme's green, yellow and red, wherever they
 * stand; ours where it has none.
 */
#include <string.h>

#include "base/utf8.h"
#include "tui/theme_color.h"
#include "tui/theme_file.h"

/* KEY(id, name): those that are read; the rest is passed over, as in btop. */
#define KEYS(KEY)                                                                                  \
    KEY(MAIN_BG, "main_bg")                                                                        \
    KEY(MAIN_FG, "main_fg")                                                                        \
    KEY(TITLE, "title")                                                                            \
    KEY(HI_FG, "hi_fg")                                                                            \
    KEY(SELECTED_BG, "selected_bg")                                                                \
    KEY(SELECTED_FG, "selected_fg")                                                                \
    KEY(INACTIVE_FG, "inactive_fg")                                                                \
    KEY(PROC_MISC, "proc_misc")                                                                    \
    KEY(TEMP_START, "temp_start")                                                                  \
    KEY(TEMP_MID, "temp_mid")                                                                      \
    KEY(TEMP_END, "temp_end")                                                                      \
    KEY(CPU_START, "cpu_start")                                                                    \
    KEY(CPU_MID, "cpu_mid")                                                                        \
    KEY(CPU_END, "cpu_end")                                                                        \
    KEY(FREE_START, "free_start")                                                                  \
    KEY(FREE_MID, "free_mid")                                                                      \
    KEY(FREE_END, "free_end")                                                                      \
    KEY(CACHED_START, "cached_start")                                                              \
    KEY(CACHED_MID, "cached_mid")                                                                  \
    KEY(CACHED_END, "cached_end")                                                                  \
    KEY(AVAILABLE_START, "available_start")                                                        \
    KEY(AVAILABLE_MID, "available_mid")                                                            \
    KEY(AVAILABLE_END, "available_end")                                                            \
    KEY(USED_START, "used_start")                                                                  \
    KEY(USED_MID, "used_mid")                                                                      \
    KEY(USED_END, "used_end")                                                                      \
    KEY(DOWNLOAD_START, "download_start")                                                          \
    KEY(DOWNLOAD_MID, "download_mid")                                                              \
    KEY(DOWNLOAD_END, "download_end")                                                              \
    KEY(UPLOAD_START, "upload_start")                                                              \
    KEY(UPLOAD_MID, "upload_mid")                                                                  \
    KEY(UPLOAD_END, "upload_end")
enum key {
#define KEY(id, name) KEY_##id,
    KEYS(KEY)
#undef KEY
        KEY_COUNT
};
static const char *const key_names[KEY_COUNT] = {
#define KEY(id, name) name,
    KEYS(KEY)
#undef KEY
};
/* Single words, and dim ones: between WCAG's 4.5 of a text and its 3 of a sign. */
#define WORD_CONTRAST 4
#define DIM_CONTRAST 3.5
enum { GREEN = 120, YELLOW = 50, RED = 0 }; /* hues */

struct reader {
    const char *file, *text;
    size_t size;
    int32_t color[KEY_COUNT]; /* THEME_UNSAID; -1: given as nothing */
};

static int wrong(const struct reader *r, size_t at, struct err *err)
{
    unsigned long line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        column = r->text[i] == '\n' ? 1 : column + 1;
        line += r->text[i] == '\n';
    }
    return err_at(err, "%s:%lu:%lu", r->file, line, column);
}

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool hex(const char *text, size_t size, int32_t *out)
{
    int32_t rgb = 0;
    if (size != 2 && size != 6)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (digit(text[i]) < 0)
            return false;
        rgb = rgb * 16 + digit(text[i]);
    }
    *out = size == 2 ? rgb * 0x010101 : rgb;
    return true;
}

/* "R G B", each 0 to 255 */
static bool decimal(const char *text, size_t size, int32_t *out)
{
    int32_t rgb = 0;
    size_t i = 0;
    for (int n = 0; n < 3; n++) {
        int value = 0;
        size_t from;
        while (i < size && text[i] == ' ')
            i++;
        for (from = i; i < size && i - from < 4 && text[i] >= '0' && text[i] <= '9'; i++)
            value = value * 10 + (text[i] - '0');
        if (i == from || value > 255)
            return false;
        rgb = rgb * 256 + value;
    }
    *out = rgb;
    return i == size;
}

static int take_value(struct reader *r, enum key key, size_t at, size_t size, struct err *err)
{
    const char *text = r->text + at;
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t' || text[size - 1] == '\r'))
        size--;
    if (size == 0) {
        r->color[key] = -1;
        return 0;
    }
    if (text[0] == '#' ? hex(text + 1, size - 1, &r->color[key])
                       : decimal(text, size, &r->color[key]))
        return 0;
    char shown[64];
    utf8_sanitise(text, size < 32 ? size : 32, shown, sizeof shown, NULL);
    err_set(err, ERR_CONFIG, "'%s': '%s' is no colour: \"#RRGGBB\", \"#GG\" or \"R G B\"",
            key_names[key], shown);
    return wrong(r, at, err);
}

/* One line: theme[KEY]="VALUE", a comment, or something else. */
static int take_line(struct reader *r, size_t at, size_t end, bool *any, struct err *err)
{
    static const char word[] = "theme[";
    const size_t size = sizeof word - 1;
    while (at < end && (r->text[at] == ' ' || r->text[at] == '\t'))
        at++;
    if (end - at < size || memcmp(r->text + at, word, size) != 0)
        return 0;
    const char *name = r->text + at + size;
    const char *close = memchr(name, ']', end - at - size);
    const char *equals = close == NULL ? NULL : memchr(close, '=', (size_t)(r->text + end - close));
    if (equals == NULL) {
        err_set(err, ERR_CONFIG, "a line of a theme is theme[KEY]=\"VALUE\"");
        return wrong(r, at, err);
    }
    *any = true;
    size_t from = (size_t)(equals - r->text) + 1, to = end;
    if (from < end && r->text[from] == '"') {
        from++;
        const char *quote = memchr(r->text + from, '"', end - from);
        if (quote == NULL) {
            err_set(err, ERR_CONFIG, "the value has no closing quote");
            return wrong(r, from - 1, err);
        }
        to = (size_t)(quote - r->text);
    }
    for (int key = 0; key < KEY_COUNT; key++)
        if (strlen(key_names[key]) == (size_t)(close - name) &&
            memcmp(key_names[key], name, (size_t)(close - name)) == 0)
            return take_value(r, (enum key)key, from, to - from, err);
    return 0;
}

static int take_all(struct reader *r, struct err *err)
{
    bool any = false;
    int result = 0;
    for (size_t at = 0; result == 0 && at < r->size;) {
        const char *newline = memchr(r->text + at, '\n', r->size - at);
        size_t end = newline != NULL ? (size_t)(newline - r->text) : r->size;
        result = take_line(r, at, end, &any, err);
        at = end + 1;
    }
    if (result == 0 && !any) {
        err_set(err, ERR_CONFIG, "no line theme[KEY]=\"VALUE\": this is no theme of btop");
        result = wrong(r, 0, err);
    }
    return result;
}

/* The last of a gradient that is given: its strongest. */
static int32_t strongest(const struct reader *r, enum key start)
{
    for (int i = 2; i > 0; i--)
        if (r->color[(int)start + i] >= 0)
            return r->color[(int)start + i];
    return r->color[start] >= 0 ? r->color[start] : THEME_UNSAID;
}

/* The colour of a gradient with that hue: the one that is nearest to it. */
static int32_t with_hue(const struct reader *r, double hue)
{
    int32_t best = THEME_UNSAID;
    double nearest = 32; /* what people still call by that name; yellow takes orange in */
    for (int key = KEY_TEMP_START; key < KEY_COUNT; key++) {
        double is = 0;
        if (r->color[key] < 0 || !theme_color_hue(r->color[key], 0.3, &is) ||
            theme_color_luminance(r->color[key]) < 0.08)
            continue;
        double far = theme_color_hue_between(is, hue);
        if (far < nearest) {
            nearest = far;
            best = r->color[key];
        }
    }
    return best;
}

/* Of these gradients the strongest colour of the first that is not red, which stays for trouble,
 * and that no graph before has. */
static int32_t graph_of(const struct reader *r, const enum key *starts, const struct theme_style *s,
                        enum role role)
{
    for (; *starts != KEY_COUNT; starts++) {
        /* Load is most of the page: in the calm end of its gradient. */
        int32_t rgb = *starts == KEY_CPU_START ? r->color[*starts] : strongest(r, *starts);
        double hue = 0;
        bool taken = rgb < 0 ||
                     (theme_color_hue(rgb, 0.5, &hue) && theme_color_hue_between(hue, RED) < 15);
        for (int before = ROLE_GRAPH_1; before < (int)role; before++)
            taken = taken || s[before].rgb == rgb;
        if (!taken)
            return rgb;
    }
    return THEME_UNSAID;
}

static void give(struct theme_style *s, int32_t rgb, int32_t behind, double contrast)
{
    if (rgb >= 0)
        s->rgb = theme_color_readable(rgb, behind, contrast);
}

static int32_t changed_of(const struct reader *r)
{
    double hue = 0; /* red stays for trouble */
    bool red = r->color[KEY_HI_FG] >= 0 && theme_color_hue(r->color[KEY_HI_FG], 0.3, &hue) &&
               theme_color_hue_between(hue, RED) < 20;
    return red ? r->color[KEY_PROC_MISC] : r->color[KEY_HI_FG];
}

int theme_parse_btop(const char *file, const char *text, size_t size, struct theme_item *out,
                     struct err *err)
{
    static const enum key graphs[][5] = {
        {KEY_DOWNLOAD_START, KEY_UPLOAD_START, KEY_COUNT},
        {KEY_UPLOAD_START, KEY_TEMP_START, KEY_COUNT},
        {KEY_CPU_START, KEY_COUNT},
        {KEY_CACHED_START, KEY_AVAILABLE_START, KEY_FREE_START, KEY_USED_START, KEY_COUNT},
    };
    struct reader r = {.file = file, .text = text, .size = size};
    struct theme_style *s = out->theme.style, page = {0};
    for (int key = 0; key < KEY_COUNT; key++)
        r.color[key] = THEME_UNSAID;
    int result = take_all(&r, err);
    if (result < 0)
        return result;
    for (int role = 0; role < ROLE_COUNT; role++)
        s[role] = (struct theme_style){THEME_UNSAID,
                                       THEME_UNSAID,
                                       THEME_UNSAID,
                                       THEME_UNSAID,
                                       THEME_UNSAID,
                                       THEME_UNSAID,
                                       theme_default.style[role].attr,
                                       theme_default.style[role].mono_attr};
    page.background_rgb = r.color[KEY_MAIN_BG] >= 0 ? r.color[KEY_MAIN_BG] : -1;
    page.background_256 = THEME_UNSAID;
    page.background_16 = THEME_UNSAID;
    int32_t behind = page.background_rgb;
    if (behind < 0) /* a dark text tells of a light terminal */
        behind = r.color[KEY_MAIN_FG] >= 0 && theme_color_luminance(r.color[KEY_MAIN_FG]) < 0.18
                     ? THEME_COLOR_LIGHT
                     : THEME_COLOR_DARK;
    give(&s[ROLE_TEXT], r.color[KEY_MAIN_FG], behind, 4.5);
    give(&s[ROLE_DIM], r.color[KEY_INACTIVE_FG], behind, DIM_CONTRAST);
    give(&s[ROLE_TITLE], r.color[KEY_TITLE], behind, DIM_CONTRAST);
    give(&s[ROLE_OK], with_hue(&r, GREEN), behind, WORD_CONTRAST);
    give(&s[ROLE_WARN], with_hue(&r, YELLOW), behind, WORD_CONTRAST);
    give(&s[ROLE_CRIT], with_hue(&r, RED), behind, WORD_CONTRAST);
    for (size_t i = 0; i < sizeof graphs / sizeof graphs[0]; i++) {
        enum role role = (enum role)(ROLE_GRAPH_1 + (int)i);
        give(&s[role], graph_of(&r, graphs[i], s, role), behind, THEME_CONTRAST_SEEN);
    }
    give(&s[ROLE_CHANGED], changed_of(&r), behind, THEME_CONTRAST_SEEN);
    if (r.color[KEY_SELECTED_BG] >= 0) {
        s[ROLE_SELECTION].background_rgb = r.color[KEY_SELECTED_BG];
        s[ROLE_SELECTION].rgb = r.color[KEY_SELECTED_FG] >= 0 ? r.color[KEY_SELECTED_FG]
                                                              : r.color[KEY_SELECTED_BG];
        give(&s[ROLE_SELECTION], s[ROLE_SELECTION].rgb, r.color[KEY_SELECTED_BG], 4.5);
    }
    theme_fill(s, &page);
    out->about[0] = '\0';
    return 0;
}
