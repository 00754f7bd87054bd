/* Our own form of a theme: tunetop.yaml(5), "THEMES". */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/schema.h"
#include "base/utf8.h"
#include "tui/theme_file.h"

/* "own", then curses' eight colours and their bright ones. */
static const char *const names_16[] = {"own",           "black",        "red",
                                       "green",         "yellow",       "blue",
                                       "magenta",       "cyan",         "white",
                                       "bright_black",  "bright_red",   "bright_green",
                                       "bright_yellow", "bright_blue",  "bright_magenta",
                                       "bright_cyan",   "bright_white", NULL};
static const struct {
    const char *name;
    uint8_t bit;
} attributes[] = {{"none", ATTR_NONE},
                  {"bold", ATTR_BOLD},
                  {"dim", ATTR_DIM},
                  {"reverse", ATTR_REVERSE},
                  {"underline", ATTR_UNDERLINE}};

struct raw_colors {
    const char *color; /* NULL: not said */
    struct schema_place color_place;
    int64_t color_256; /* THEME_UNSAID */
    int color_16;      /* index into names_16, THEME_UNSAID */
};
struct raw_role {
    struct raw_colors of, behind;
    const char *attributes, *without_color;
    struct schema_place attributes_place, without_place;
};
struct raw_theme {
    const char *description;
    struct raw_colors page;
    struct raw_role role[ROLE_COUNT];
};

/* "color", "color_256" and "color_16", or the same of a background. */
/* clang-format off */
#define COLORS(word, of_struct, member)                                                           \
    {.key = word, .type = SCHEMA_TEXT, .offset = offsetof(of_struct, member.color),                \
     .min = 1, .max = 16},                                                                         \
    {.key = word, .type = SCHEMA_PLACE, .offset = offsetof(of_struct, member.color_place)},        \
    {.key = word "_256", .type = SCHEMA_INT, .offset = offsetof(of_struct, member.color_256),      \
     .max = 255},                                                                                  \
    {.key = word "_16", .type = SCHEMA_CHOICE, .offset = offsetof(of_struct, member.color_16),     \
     .choices = names_16}
/* clang-format on */

static const struct schema_field role_fields[] = {
    COLORS("color", struct raw_role, of),
    COLORS("background", struct raw_role, behind),
    {.key = "attributes",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct raw_role, attributes),
     .min = 1,
     .max = 40},
    {.key = "attributes",
     .type = SCHEMA_PLACE,
     .offset = offsetof(struct raw_role, attributes_place)},
    {.key = "without_color",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct raw_role, without_color),
     .min = 1,
     .max = 40},
    {.key = "without_color",
     .type = SCHEMA_PLACE,
     .offset = offsetof(struct raw_role, without_place)},
    {.key = NULL},
};
#define ROLE_FIELD(word, id)                                                                       \
    {                                                                                              \
        .key = (word), .type = SCHEMA_OBJECT,                                                      \
        .offset = offsetof(struct raw_theme, role[ROLE_##id]), .fields = role_fields               \
    }
static const struct schema_field roles_fields[] = {
    ROLE_FIELD("text", TEXT),
    ROLE_FIELD("dim", DIM),
    ROLE_FIELD("title", TITLE),
    ROLE_FIELD("ok", OK),
    ROLE_FIELD("warn", WARN),
    ROLE_FIELD("crit", CRIT),
    ROLE_FIELD("graph_1", GRAPH_1),
    ROLE_FIELD("graph_2", GRAPH_2),
    ROLE_FIELD("graph_3", GRAPH_3),
    ROLE_FIELD("graph_4", GRAPH_4),
    ROLE_FIELD("selection", SELECTION),
    ROLE_FIELD("changed", CHANGED),
    {.key = NULL},
};
static const struct schema_field theme_fields[] = {
    {.key = "description",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct raw_theme, description),
     .min = 1,
     .max = THEME_ABOUT - 1},
    COLORS("background", struct raw_theme, page),
    {.key = "roles", .type = SCHEMA_OBJECT, .offset = 0, .fields = roles_fields},
    {.key = NULL},
};

static int wrong(const struct schema_place *place, struct err *err)
{
    return err_at(err, "%s:%lu:%lu", place->file, place->line, place->column);
}

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* "#RRGGBB" or "own" */
static int take_color(const struct raw_colors *raw, int32_t *out, struct err *err)
{
    const char *text = raw->color;
    if (text == NULL)
        return 0;
    if (strcmp(text, "own") == 0) {
        *out = -1;
        return 0;
    }
    int32_t rgb = 0;
    size_t n = 1;
    for (; text[0] == '#' && n < 7 && digit(text[n]) >= 0; n++)
        rgb = rgb * 16 + digit(text[n]);
    if (n != 7 || text[7] != '\0') {
        err_set(err, ERR_CONFIG, "'%s' is no colour: \"#RRGGBB\", or own for the terminal's", text);
        return wrong(&raw->color_place, err);
    }
    *out = rgb;
    return 0;
}

static int take_attributes(const char *text, const struct schema_place *place, uint8_t *out,
                           struct err *err)
{
    if (text == NULL)
        return 0;
    *out = ATTR_NONE;
    while (*text != '\0') {
        size_t size = strcspn(text, " "), i = 0;
        while (i < sizeof attributes / sizeof attributes[0] &&
               (strlen(attributes[i].name) != size || memcmp(attributes[i].name, text, size) != 0))
            i++;
        if (i == sizeof attributes / sizeof attributes[0] && size > 0) {
            err_set(err, ERR_CONFIG, "'%.*s' is none of: none, bold, dim, reverse, underline",
                    (int)size, text);
            return wrong(place, err);
        }
        *out |= size > 0 ? attributes[i].bit : 0;
        text += size;
        text += *text == ' ';
    }
    return 0;
}

static int take_role(const struct raw_role *raw, struct theme_style *s, struct err *err)
{
    int result = take_color(&raw->of, &s->rgb, err);
    result = result < 0 ? result : take_color(&raw->behind, &s->background_rgb, err);
    s->c256 = (int16_t)raw->of.color_256;
    s->background_256 = (int16_t)raw->behind.color_256;
    s->c16 = (int8_t)(raw->of.color_16 < 0 ? THEME_UNSAID : raw->of.color_16 - 1);
    s->background_16 = (int8_t)(raw->behind.color_16 < 0 ? THEME_UNSAID : raw->behind.color_16 - 1);
    result = result < 0 ? result
                        : take_attributes(raw->attributes, &raw->attributes_place, &s->attr, err);
    return result < 0
               ? result
               : take_attributes(raw->without_color, &raw->without_place, &s->mono_attr, err);
}

static void unsaid(struct raw_colors *raw)
{
    raw->color = NULL;
    raw->color_256 = raw->color_16 = THEME_UNSAID;
}

int theme_parse_yaml(const char *file, const char *text, size_t size, struct theme_item *out,
                     struct err *err)
{
    struct arena arena = {0};
    struct raw_theme raw = {0};
    struct theme_style page = {.background_rgb = THEME_UNSAID};
    unsaid(&raw.page);
    for (int role = 0; role < ROLE_COUNT; role++) {
        unsaid(&raw.role[role].of);
        unsaid(&raw.role[role].behind);
    }
    arena_init(&arena);
    int result = schema_load_yaml(file, text, size, theme_fields, &raw, &arena, err);
    result = result < 0 ? result : take_color(&raw.page, &page.background_rgb, err);
    page.background_256 = (int16_t)raw.page.color_256;
    page.background_16 = (int8_t)(raw.page.color_16 < 0 ? THEME_UNSAID : raw.page.color_16 - 1);
    for (int role = 0; result == 0 && role < ROLE_COUNT; role++) {
        const struct theme_style *of = &theme_default.style[role];
        out->theme.style[role] = (struct theme_style){.rgb = THEME_UNSAID,
                                                      .background_rgb = THEME_UNSAID,
                                                      .attr = of->attr,
                                                      .mono_attr = of->mono_attr};
        result = take_role(&raw.role[role], &out->theme.style[role], err);
    }
    if (result == 0) {
        theme_fill(out->theme.style, &page);
        out->about[0] = '\0';
        if (raw.description != NULL)
            utf8_sanitise(raw.description, strlen(raw.description), out->about, sizeof out->about,
                          NULL);
    }
    arena_release(&arena);
    return result;
}
