/* Themes: what a file says becomes colours for every kind of terminal; the shipped ones can be read
 * and told apart, also by who sees no red and green; a wrong one is named and harms no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/theme.h"
#include "tui/theme_color.h"
#include "tui/theme_file.h"

enum { DEPTHS = 3 };                         /* truecolor, 256, 16 */
static const int32_t design_dark = 0x12151A; /* the background of the design's pictures */
static char folder[256];
static struct err err;

static int setup(void **state)
{
    const char *base = getenv("TMPDIR");
    char shipped[1024];
    (void)state;
    snprintf(folder, sizeof folder, "%s/test_theme.XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(shipped, sizeof shipped, "%s/themes", getenv("abs_srcdir"));
    setenv("TUNETOP_THEMEDIR", shipped, 1);
    err_clear(&err);
    return 0;
}

static int teardown(void **state)
{
    static const char *const files[] = {"one.yaml",     "two.yaml",  "two.theme", "light.yaml",
                                        ".hidden.yaml", "notes.txt", "big.yaml",  "fifo.yaml"};
    char path[300];
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static void put(const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* ---------------------------------------------------------------- the shipped ones */

static int32_t shown(const struct theme_style *s, int depth, bool background, int32_t own)
{
    int index = depth == 1 ? (background ? s->background_256 : s->c256)
                           : (background ? s->background_16 : s->c16);
    if (depth == 0)
        return background ? (s->background_rgb < 0 ? own : s->background_rgb)
                          : (s->rgb < 0 ? own : s->rgb);
    return index < 0 ? own : depth == 1 ? theme_color_of_256(index) : theme_color_of_16(index);
}

/* The terminal's own text on its own background is the user's affair. */
static bool is_own(const struct theme_style *s, int depth)
{
    return depth == 0 ? s->rgb < 0 : depth == 1 ? s->c256 < 0 : s->c16 < 0;
}

static double least_of(int role, const char *theme, int depth)
{
    bool graph = role >= ROLE_GRAPH_1 && role <= ROLE_GRAPH_4;
    if (strcmp(theme, "high-contrast") == 0)
        return depth == 2 ? (graph ? 4.4 : 5) : graph ? 6 : 7;
    if (depth == 2) /* xterm's; its blue has 2.4 on black, and users change these */
        return graph ? 2.2 : THEME_CONTRAST_SEEN;
    return graph                                     ? THEME_CONTRAST_SEEN
           : role == ROLE_TEXT || role == ROLE_TITLE ? 7
           : role == ROLE_DIM                        ? 4
                                                     : 4.5;
}

static void the_shipped_ones_can_be_read(void **state)
{
    struct theme_set set;
    size_t count = 0;
    (void)state;
    const char *const *names = theme_names(&count);
    theme_set_load(NULL, &set);
    assert_int_equal(set.broken_count, 0);
    assert_int_equal(set.count, count);
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(set.items[i].theme.name, names[i]);
        assert_int_equal(set.items[i].from, THEME_SHIPPED);
        assert_true(set.items[i].about[0] != '\0');
        for (int depth = 0; depth < DEPTHS; depth++)
            for (int role = 0; role < ROLE_COUNT; role++) {
                const struct theme_style *s = &set.items[i].theme.style[role];
                if (is_own(s, depth))
                    continue;
                double is = theme_color_contrast(shown(s, depth, false, 0),
                                                 shown(s, depth, true, design_dark));
                if (is < least_of(role, names[i], depth)) {
                    fprintf(stderr, "# %s: '%c' at depth %d has a contrast of %.2f\n", names[i],
                            role_letter((enum role)role), depth, is);
                    fail();
                }
            }
    }
    theme_set_release(&set);
}

/* As the terminal is told: two roles that this makes the same cannot be told apart. */
static bool same(const struct theme_style *a, const struct theme_style *b, int depth)
{
    if (depth == DEPTHS)
        return a->mono_attr == b->mono_attr;
    return a->attr == b->attr && shown(a, depth, false, -1) == shown(b, depth, false, -1) &&
           shown(a, depth, true, -1) == shown(b, depth, true, -1);
}

/* Roles that stand beside each other and mean something else. */
static const int groups[][5] = {
    {ROLE_OK, ROLE_WARN, ROLE_CRIT, ROLE_CHANGED, -1},
    {ROLE_GRAPH_1, ROLE_GRAPH_2, ROLE_GRAPH_3, ROLE_GRAPH_4, -1},
    {ROLE_TEXT, ROLE_DIM, ROLE_WARN, ROLE_SELECTION, -1},
    {ROLE_TEXT, ROLE_TITLE, ROLE_CHANGED, ROLE_SELECTION, -1},
};
/* Without colour signs and words tell the rest. */
static const int groups_mono[][5] = {
    {ROLE_TEXT, ROLE_DIM, ROLE_TITLE, ROLE_SELECTION, -1},
    {ROLE_TEXT, ROLE_WARN, ROLE_CHANGED, ROLE_SELECTION, -1},
};

static void check_group(const struct theme *t, const int *group, int depth)
{
    for (int i = 0; group[i] >= 0; i++)
        for (int j = 0; j < i; j++)
            if (same(&t->style[group[i]], &t->style[group[j]], depth)) {
                fprintf(stderr, "# %s: '%c' and '%c' are the same at depth %d\n", t->name,
                        role_letter((enum role)group[i]), role_letter((enum role)group[j]), depth);
                fail();
            }
}

static void their_roles_differ(void **state)
{
    struct theme_set set;
    (void)state;
    theme_set_load(NULL, &set);
    for (size_t i = 0; i < set.count; i++) {
        const struct theme *t = &set.items[i].theme;
        bool mono = strcmp(t->name, "mono") == 0;
        for (size_t g = 0; !mono && g < sizeof groups / sizeof groups[0]; g++)
            for (int depth = 0; depth < DEPTHS; depth++)
                check_group(t, groups[g], depth);
        for (size_t g = 0; g < sizeof groups_mono / sizeof groups_mono[0]; g++)
            check_group(t, groups_mono[g],
                        strcmp(t->name, "high-contrast") == 0 && g == 0 ? 0 : DEPTHS);
    }
    theme_set_release(&set);
}

/* ---- seen without red or green: Machado, Oliveira, Fernandes 2009, severity 1.0 ---- */

static const double deuteranopia[3][3] = {{0.367322, 0.860646, -0.227968},
                                          {0.280085, 0.672501, 0.047413},
                                          {-0.011820, 0.042940, 0.968881}};
static const double protanopia[3][3] = {{0.152286, 1.052583, -0.204868},
                                        {0.114503, 0.786281, 0.099216},
                                        {-0.003882, -0.048116, 1.051998}};

static double linear(int value)
{
    double v = value / 255.0;
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double lab_part(double v)
{
    return v > 0.008856 ? cbrt(v) : 7.787 * v + 16.0 / 116;
}

/* CIE L*a*b*, D65, of what such an eye sees. */
static void seen(int32_t rgb, const double eye[3][3], double lab[3])
{
    double in[3] = {linear(rgb >> 16 & 255), linear(rgb >> 8 & 255), linear(rgb & 255)}, out[3];
    for (int i = 0; i < 3; i++) {
        out[i] = eye == NULL ? in[i] : eye[i][0] * in[0] + eye[i][1] * in[1] + eye[i][2] * in[2];
        out[i] = out[i] < 0 ? 0 : out[i] > 1 ? 1 : out[i];
    }
    double x = lab_part((0.4124 * out[0] + 0.3576 * out[1] + 0.1805 * out[2]) / 0.95047);
    double y = lab_part(0.2126 * out[0] + 0.7152 * out[1] + 0.0722 * out[2]);
    double z = lab_part((0.0193 * out[0] + 0.1192 * out[1] + 0.9505 * out[2]) / 1.08883);
    lab[0] = 116 * y - 16;
    lab[1] = 500 * (x - y);
    lab[2] = 200 * (y - z);
}

static double between(int32_t a, int32_t b, const double eye[3][3])
{
    double one[3], two[3];
    seen(a, eye, one);
    seen(b, eye, two);
    return sqrt((one[0] - two[0]) * (one[0] - two[0]) + (one[1] - two[1]) * (one[1] - two[1]) +
                (one[2] - two[2]) * (one[2] - two[2]));
}

/* A difference of 2.3 is just noticed side by side; ten times that is told at a glance. */
#define TOLD_APART 20

static void no_red_and_green_is_needed(void **state)
{
    static const int apart[][5] = {
        {ROLE_OK, ROLE_WARN, ROLE_CRIT, ROLE_CHANGED, -1},
        {ROLE_GRAPH_1, ROLE_GRAPH_2, ROLE_GRAPH_3, ROLE_GRAPH_4, -1},
    };
    const double(*const eyes[])[3] = {deuteranopia, protanopia, NULL};
    struct theme t;
    (void)state;
    /* The measure itself: red and green of one lightness are one colour to such an eye. */
    assert_true(between(0xC04000, 0x6B7A00, deuteranopia) < TOLD_APART);
    assert_true(between(0xC04000, 0x6B7A00, NULL) > 2 * TOLD_APART);
    assert_int_equal(theme_load("colour-blind", NULL, &t, &err), 0);
    for (size_t eye = 0; eye < 3; eye++)
        for (size_t g = 0; g < 2; g++)
            for (int i = 0; apart[g][i] >= 0; i++)
                for (int j = 0; j < i; j++)
                    for (int depth = 0; depth < 2; depth++) {
                        double is = between(shown(&t.style[apart[g][i]], depth, false, 0),
                                            shown(&t.style[apart[g][j]], depth, false, 0),
                                            eyes[eye]);
                        if (is < TOLD_APART) {
                            fprintf(stderr, "# '%c' and '%c': %.1f apart for eye %zu, depth %d\n",
                                    role_letter((enum role)apart[g][i]),
                                    role_letter((enum role)apart[g][j]), is, eye, depth);
                            fail();
                        }
                    }
}

static void the_built_in_one_is_the_file(void **state)
{
    struct theme t;
    (void)state;
    assert_int_equal(theme_load("default", NULL, &t, &err), 0);
    assert_string_equal(t.name, theme_default.name);
    assert_memory_equal(t.style, theme_default.style, sizeof t.style);
    setenv("TUNETOP_THEMEDIR", folder, 1); /* nothing is there: it still stands */
    memset(&t, 0, sizeof t);
    assert_int_equal(theme_load("default", NULL, &t, &err), 0);
    assert_memory_equal(t.style, theme_default.style, sizeof t.style);
    assert_int_equal(theme_load("light", NULL, &t, &err), -ERR_NOENT);
    struct theme_set set;
    theme_set_load(NULL, &set);
    assert_int_equal(set.count, 1);
    assert_int_equal(set.items[0].from, THEME_BUILT_IN);
    assert_int_equal(set.broken_count, 0);
    theme_set_release(&set);
}

/* ---------------------------------------------------------------- what a file says */

static const struct theme_style *yaml(const char *text, int role)
{
    static struct theme_item item;
    memset(&item, 0, sizeof item);
    if (theme_parse_yaml("t.yaml", text, strlen(text), &item, &err) != 0)
        fail_msg("%s: %s", err.where, err.msg);
    return &item.theme.style[role];
}

static void what_is_not_said_is_worked_out(void **state)
{
    (void)state;
    const struct theme_style *s = yaml("roles: {ok: {color: \"#00FF00\"}}", ROLE_OK);
    assert_int_equal(s->rgb, 0x00FF00);
    assert_int_equal(s->c256, 46); /* 16 + 36*0 + 6*5 + 0 */
    assert_int_equal(s->c16, 10);
    assert_int_equal(s->background_256, -1);
    assert_int_equal(s->attr, ATTR_NONE);
    /* Nothing at all is the built-in one. */
    assert_memory_equal(yaml("", ROLE_TEXT), theme_default.style, sizeof theme_default.style);
    /* A bright yellow cannot be read on white: of 16 there is only one that can. */
    s = yaml("background: \"#FFFFFF\"\nroles: {warn: {color: \"#806000\"}}", ROLE_WARN);
    assert_int_equal(s->background_rgb, 0xFFFFFF);
    assert_int_equal(s->background_16, 15);
    assert_true(theme_color_contrast(theme_color_of_16(s->c16), 0xFFFFFF) >= 3);
    assert_true(theme_color_contrast(theme_color_of_256(s->c256), 0xFFFFFF) >= 4);
    /* On a page of its own every role that is left out can be read. */
    static const char *const pages[] = {"#FFFFFF", "#000000", "#808080", "#2E3440", "#EEE8D5"};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "background: \"%s\"", pages[i]);
        s = yaml(text, 0);
        for (int role = 0; role < ROLE_COUNT; role++)
            for (int depth = 0; depth < DEPTHS; depth++) {
                double is = theme_color_contrast(shown(&s[role], depth, false, 0x123456),
                                                 shown(&s[role], depth, true, 0x123456));
                if (is < 2.4) { /* of 256, less than one in six is lost */
                    fprintf(stderr, "# %s: '%c' at depth %d has %.2f\n", pages[i],
                            role_letter((enum role)role), depth, is);
                    fail();
                }
            }
    }
    s = yaml("roles: {warn: {color: own, attributes: bold reverse, without_color: none}}",
             ROLE_WARN);
    assert_int_equal(s->attr, ATTR_BOLD | ATTR_REVERSE);
    assert_int_equal(s->mono_attr, ATTR_NONE);
    assert_int_equal(s->rgb, -1);
    assert_int_equal(s->c16, -1);
}

static void wrong(int (*parse)(const char *, const char *, size_t, struct theme_item *,
                               struct err *),
                  const char *text, const char *where, const char *message)
{
    struct theme_item item;
    err_clear(&err);
    if (parse("t", text, strlen(text), &item, &err) != -ERR_CONFIG ||
        strcmp(err.where, where) != 0 || strstr(err.msg, message) == NULL)
        fail_msg("%s: '%s' '%s'", text, err.where, err.msg);
}

static void a_wrong_file_says_where(void **state)
{
    (void)state;
    wrong(theme_parse_yaml, "roles:\n  ok: {color: red}\n", "t:2:15", "'red' is no colour");
    wrong(theme_parse_yaml, "background: \"#12345\"", "t:1:13", "#12345");
    wrong(theme_parse_yaml, "roles: {ok: {color: \"#1234567\"}}", "t:1:21", "no colour");
    wrong(theme_parse_yaml, "roles: {okay: {}}", "t:1:9", "ok");
    wrong(theme_parse_yaml, "roles: {ok: {color_16: orange}}", "t:1:24", "orange");
    wrong(theme_parse_yaml, "roles: {ok: {color_256: 256}}", "t:1:25", "256");
    wrong(theme_parse_yaml, "roles: {ok: {attributes: bold blink}}", "t:1:26", "'blink'");
    wrong(theme_parse_btop, "# only a comment\n", "t:1:1", "no theme of btop");
    wrong(theme_parse_btop, "\ntheme[title]=\"#12\ntheme[hi_fg]=\"#11\"\n", "t:2:14", "quote");
    wrong(theme_parse_btop, "theme[title]=\"#1234\"", "t:1:15", "'title': '#1234'");
    wrong(theme_parse_btop, "theme[title]=\"#123456789abcdef\"", "t:1:15", "no colour");
    wrong(theme_parse_btop, "theme[title]=\"255 255\"", "t:1:15", "255 255");
    wrong(theme_parse_btop, "theme[title]=\"255 256 0\"", "t:1:15", "256");
    wrong(theme_parse_btop, "theme[title", "t:1:1", "theme[KEY]");
}

static const struct theme_style *btop(const char *text)
{
    static struct theme_item item;
    memset(&item, 0, sizeof item);
    if (theme_parse_btop("t.theme", text, strlen(text), &item, &err) != 0)
        fail_msg("%s: %s", err.where, err.msg);
    return item.theme.style;
}

static void a_theme_of_btop(void **state)
{
    (void)state;
    /* Each of its forms; what is unknown and what is no line of it is passed over. */
    const struct theme_style *s = btop(
        "# theirs\r\ntheme[main_bg]=\"#1\x30\"\r\ntheme[main_fg]=\"200 210 220\" # text\n"
        "theme[title]=\"#ff\"\n  theme[selected_bg]=\"#334455\"\ntheme[selected_fg]=#eeeeee\n"
        "theme[nobody_knows]=\"purple\"\nsomething else\n"
        "theme[download_start]=\"#112233\"\ntheme[download_mid]=\"\"\n"
        "theme[download_end]=\"#99aaff\"\ntheme[upload_start]=\"#ffaaee\"\n"
        "theme[upload_mid]=\"\"\ntheme[upload_end]=\"\"\n"
        "theme[cpu_start]=\"#77ca9b\"\ntheme[cpu_mid]=\"#cbc06c\"\ntheme[cpu_end]=\"#dc4c4c\"\n"
        "theme[hi_fg]=\"#b54040\"\ntheme[proc_misc]=\"#0de756\"");
    assert_int_equal(s[ROLE_TEXT].background_rgb, 0x101010);
    assert_int_equal(s[ROLE_TEXT].rgb, 0xC8D2DC);
    assert_int_equal(s[ROLE_TITLE].rgb, 0xFFFFFF);
    assert_int_equal(s[ROLE_TITLE].attr, ATTR_BOLD);
    assert_int_equal(s[ROLE_SELECTION].background_rgb, 0x334455);
    assert_int_equal(s[ROLE_SELECTION].rgb, 0xEEEEEE);
    assert_int_equal(s[ROLE_GRAPH_1].rgb, 0x99AAFF);
    assert_int_equal(s[ROLE_GRAPH_2].rgb, 0xFFAAEE);
    assert_int_equal(s[ROLE_GRAPH_3].rgb, 0x77CA9B);
    assert_int_equal(s[ROLE_OK].rgb, 0x77CA9B);
    assert_int_equal(s[ROLE_WARN].rgb, 0xCBC06C);
    assert_true(theme_color_contrast(s[ROLE_CRIT].rgb, 0x101010) >= 3);
    assert_int_equal(s[ROLE_CHANGED].rgb, 0x0DE756); /* its high-light is red */
    /* Red is trouble, no graph; nor are two of one colour. */
    s = btop(
        "theme[main_bg]=\"#00\"\ntheme[download_end]=\"#aabbff\"\ntheme[upload_end]=\"#ff2020\"\n"
        "theme[cached_end]=\"#aabbff\"\ntheme[available_end]=\"#80c0a0\"");
    assert_int_equal(s[ROLE_GRAPH_1].rgb, 0xAABBFF);
    assert_int_equal(s[ROLE_GRAPH_2].rgb, theme_default.style[ROLE_GRAPH_2].rgb);
    assert_int_equal(s[ROLE_GRAPH_4].rgb, 0x80C0A0);
    assert_int_equal(s[ROLE_CRIT].rgb, 0xFF2020);
    /* No background is the terminal's own. */
    s = btop("theme[main_bg]=\"\"\ntheme[main_fg]=\"#cc\"");
    assert_int_equal(s[ROLE_TEXT].background_rgb, -1);
    assert_int_equal(s[ROLE_TEXT].background_16, -1);
    /* Its dim is too dim for words, on whatever page; and it has no red: ours, as can be read. */
    s = btop(
        "theme[main_bg]=\"#2E3440\"\ntheme[main_fg]=\"#D8DEE9\"\ntheme[inactive_fg]=\"#4C566A\"");
    assert_true(theme_color_contrast(s[ROLE_DIM].rgb, 0x2E3440) >= 3.5);
    assert_true(theme_color_contrast(s[ROLE_CRIT].rgb, 0x2E3440) >= 3);
    assert_int_equal(s[ROLE_CRIT].background_rgb, 0x2E3440);
}

static void colors_of_fewer(void **state)
{
    double hue = 0;
    (void)state;
    assert_int_equal(theme_color_to_256(0xFFFFFF, -1), 231);
    assert_int_equal(theme_color_to_256(0x080808, -1), 232);
    assert_int_equal(theme_color_to_256(0x5F87AF, -1), 67);
    for (int i = 16; i < 256; i++)
        assert_int_equal(theme_color_of_256(theme_color_to_256(theme_color_of_256(i), -1)),
                         theme_color_of_256(i));
    assert_int_equal(theme_color_to_16(0x000000, 0x000000), 8); /* never what lies behind it */
    assert_int_equal(theme_color_to_16(0xFFFFFF, 0xFFFFFF), 8);
    assert_int_equal(theme_color_to_16(0xFFFF00, 0xFFFFFF), 0); /* no yellow is seen on white */
    assert_int_equal(theme_color_to_16(0x0000FF, 0x000000), 12);
    assert_int_equal(theme_color_to_16(0x7FC8A0, 0x000000), 2);
    assert_true(fabs(theme_color_contrast(0, 0xFFFFFF) - 21) < 0.01);
    assert_true(fabs(theme_color_contrast(0x777777, 0xFFFFFF) - 4.48) < 0.01); /* WCAG's example */
    assert_false(theme_color_hue(0x777777, 0.1, &hue));
    assert_true(theme_color_hue(0xFF0080, 0.1, &hue));
    assert_true(fabs(hue - 330) < 1);
    assert_true(theme_color_hue_between(350, 10) == 20);
    assert_int_equal(theme_color_readable(0x123456, 0x123456, 1), 0x123456);
    assert_true(theme_color_contrast(theme_color_readable(0x123456, 0x123456, 7), 0x123456) >= 7);
    assert_true(theme_color_contrast(theme_color_readable(0xEEEEEE, 0xFFFFFF, 7), 0xFFFFFF) >= 7);
}

/* ---------------------------------------------------------------- the user's folder */

static void the_users_own(void **state)
{
    struct theme_set set;
    struct theme t;
    char path[300], big[300];
    (void)state;
    put("one.yaml", "description: mine\nroles: {ok: {color: \"#00FF00\"}}\n");
    put("two.yaml", "roles: {ok: {color: green}}\n");
    put("two.theme", "theme[main_fg]=\"#cc\"\n");
    put("light.yaml", "background: \"#FFFFFF\"\n");
    put(".hidden.yaml", "x");
    put("notes.txt", "x");
    snprintf(path, sizeof path, "%s/fifo.yaml", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(big, sizeof big, "%s/big.yaml", folder);
    FILE *f = fopen(big, "w");
    assert_non_null(f);
    for (int i = 0; i <= THEME_MAX_BYTES / 8; i++)
        fputs("# 12345\n", f);
    assert_int_equal(fclose(f), 0);
    theme_set_load(folder, &set);
    assert_int_equal(set.count, 8); /* six, one, and two of btop's form */
    assert_int_equal(theme_set_find(&set, "light")->from, THEME_USERS);
    assert_int_equal(theme_set_find(&set, "light")->theme.style[ROLE_TEXT].background_rgb,
                     0xFFFFFF);
    assert_string_equal(theme_set_find(&set, "one")->about, "mine");
    assert_true(theme_set_find(&set, "two")->btop);
    assert_null(theme_set_find(&set, ".hidden"));
    assert_null(theme_set_find(&set, "notes"));
    assert_int_equal(set.broken_count, 3);
    assert_string_equal(set.broken[0].name, "big");
    assert_string_equal(set.broken[1].name, "fifo");
    assert_non_null(strstr(set.broken[1].err.msg, "not a regular file"));
    assert_string_equal(set.broken[2].name, "two");
    snprintf(path, sizeof path, "%s/two.yaml:1:21", folder);
    assert_string_equal(set.broken[2].err.where, path);
    theme_set_release(&set);
    /* By its name, or as a file. A broken one is wrong for who names it. */
    assert_int_equal(theme_load("one", folder, &t, &err), 0);
    assert_string_equal(t.name, "one");
    assert_int_equal(theme_load("two", folder, &t, &err), -ERR_CONFIG);
    assert_string_equal(err.where, path);
    err_clear(&err);
    snprintf(path, sizeof path, "%s/two.theme", folder);
    assert_int_equal(theme_load(path, NULL, &t, &err), 0);
    assert_string_equal(t.name, "two");
    assert_int_equal(theme_load("onne", folder, &t, &err), -ERR_NOENT);
    assert_non_null(strstr(err.msg, "did you mean 'one'"));
    err_clear(&err);
    assert_int_equal(theme_load("../one", folder, &t, &err), -ERR_NOENT);
    err_clear(&err);
    assert_int_equal(theme_load("", folder, &t, &err), -ERR_NOENT);
    err_clear(&err);
    /* Two of one name: the first counts, the other is named. */
    put("two.yaml", "{}\n");
    theme_set_load(folder, &set);
    assert_int_equal(set.count, 8);
    assert_int_equal(set.broken_count, 3);
    assert_true(theme_set_find(&set, "two")->btop);
    assert_non_null(strstr(set.broken[2].err.msg, "another file is a theme 'two'"));
    theme_set_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_shipped_ones_can_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(their_roles_differ, setup, teardown),
        cmocka_unit_test_setup_teardown(no_red_and_green_is_needed, setup, teardown),
        cmocka_unit_test_setup_teardown(the_built_in_one_is_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_said_is_worked_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_file_says_where, setup, teardown),
        cmocka_unit_test_setup_teardown(a_theme_of_btop, setup, teardown),
        cmocka_unit_test_setup_teardown(colors_of_fewer, setup, teardown),
        cmocka_unit_test_setup_teardown(the_users_own, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
