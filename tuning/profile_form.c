#include "tuning/profile_form.h"

#include "tuning/profile_value.h"

enum {
    NAME_BYTES = 32, /* of a profile; those of settings are twice as long */
    KEY_BYTES = 80,
    VALUE_BYTES = 200,
    LINE_BYTES = 160,
};

static const char *const level_words[] = {"conservative", "balanced", "optimized",
                                          "high",         "ultra",    NULL};
_Static_assert(sizeof level_words / sizeof *level_words == PROFILE_COUNT + 1, "a word a level");

#define TEXT(in, word, field, most, must)                                                          \
    {                                                                                              \
        .key = (word), .type = SCHEMA_TEXT, .offset = offsetof(struct in, field), .min = 1,        \
        .max = (most), .required = (must)                                                          \
    }
#define FLAG(in, word, field)                                                                      \
    {                                                                                              \
        .key = (word), .type = SCHEMA_BOOL, .offset = offsetof(struct in, field)                   \
    }
#define WORD(in, word, field, list, must)                                                          \
    {                                                                                              \
        .key = (word), .type = SCHEMA_CHOICE, .offset = offsetof(struct in, field),                \
        .choices = (list), .required = (must)                                                      \
    }
#define LIST(in, word, field, item, size, must)                                                    \
    {                                                                                              \
        .key = (word), .type = SCHEMA_LIST, .offset = offsetof(struct in, field),                  \
        .fields = (item), .item_size = (size), .min = 1, .max = 1000, .required = (must)           \
    }
#define PLACE(in, word, field)                                                                     \
    {                                                                                              \
        .key = (word), .type = SCHEMA_PLACE, .offset = offsetof(struct in, field)                  \
    }

static const struct schema_field name_item[] = {
    {.key = "", .type = SCHEMA_TEXT, .min = 1, .max = NAME_BYTES},
    {.key = NULL}};
static const struct schema_field overlay_item[] = {
    {.key = "", .type = SCHEMA_TEXT, .min = 1, .max = 2 * NAME_BYTES},
    {.key = NULL}};
static const struct schema_field without_item[] = {
    {.key = "", .type = SCHEMA_TEXT, .min = 1, .max = KEY_BYTES + NAME_BYTES},
    {.key = NULL}};
static const struct schema_field place_item[] = {
    {.key = "", .type = SCHEMA_CHOICE, .choices = setting_place_words},
    {.key = NULL}};
static const struct schema_field setting_fields[] = {
    PLACE(raw_setting, "", place),
    TEXT(raw_setting, "name", name, KEY_BYTES, true),
    PLACE(raw_setting, "name", name_at),
    TEXT(raw_setting, "value", value, VALUE_BYTES, false),
    PLACE(raw_setting, "value", value_at),
    WORD(raw_setting, "detected", detected, profile_detected_words, false),
    PLACE(raw_setting, "detected", detected_at),
    TEXT(raw_setting, "from", from, LINE_BYTES, false),
    LIST(raw_setting, "places", places, place_item, sizeof(int), false),
    FLAG(raw_setting, "keep", keep),
    FLAG(raw_setting, "look", look),
    FLAG(raw_setting, "literal", literal),
    {.key = NULL}};
static const struct schema_field service_fields[] = {
    WORD(raw_service, "service", service, profile_service_words, true),
    TEXT(raw_service, "from", from, LINE_BYTES, false),
    LIST(raw_service, "settings", settings, setting_fields, sizeof(struct raw_setting), true),
    {.key = NULL}};

#define COMMON                                                                                     \
    PLACE(raw_profile, "", place), TEXT(raw_profile, "name", name, NAME_BYTES, true),              \
        PLACE(raw_profile, "name", name_at)
#define SERVICES(must)                                                                             \
    LIST(raw_profile, "services", services, service_fields, sizeof(struct raw_service), must)
#define PARTS                                                                                      \
    LIST(raw_profile, "parts", parts, name_item, sizeof(const char *), false),                     \
        PLACE(raw_profile, "parts", parts_at)
static const struct schema_field part_fields[] = {COMMON, SERVICES(true), {.key = NULL}};
static const struct schema_field profile_fields[] = {
    COMMON,
    TEXT(raw_profile, "best_for", best_for, LINE_BYTES, true),
    WORD(raw_profile, "level", level, level_words, false),
    PLACE(raw_profile, "level", level_at),
    TEXT(raw_profile, "base", base, NAME_BYTES, false),
    PLACE(raw_profile, "base", base_at),
    LIST(raw_profile, "overlays", overlays, overlay_item, sizeof(const char *), false),
    PLACE(raw_profile, "overlays", overlays_at),
    LIST(raw_profile, "without", without, without_item, sizeof(const char *), false),
    PLACE(raw_profile, "without", without_at),
    PARTS,
    SERVICES(false),
    {.key = NULL}};
static const struct schema_field overlay_fields[] = {
    COMMON,
    TEXT(raw_profile, "best_for", best_for, LINE_BYTES, true),
    TEXT(raw_profile, "purpose", purpose, NAME_BYTES, true),
    PLACE(raw_profile, "purpose", purpose_at),
    PARTS,
    SERVICES(false),
    {.key = NULL}};
const struct schema_field profile_file_fields[] = {{.key = "parts",
                                                    .type = SCHEMA_LIST,
                                                    .offset = offsetof(struct raw_file, parts),
                                                    .fields = part_fields,
                                                    .item_size = sizeof(struct raw_profile)},
                                                   {.key = "profiles",
                                                    .type = SCHEMA_LIST,
                                                    .offset = offsetof(struct raw_file, profiles),
                                                    .fields = profile_fields,
                                                    .item_size = sizeof(struct raw_profile)},
                                                   {.key = "overlays",
                                                    .type = SCHEMA_LIST,
                                                    .offset = offsetof(struct raw_file, overlays),
                                                    .fields = overlay_fields,
                                                    .item_size = sizeof(struct raw_profile)},
                                                   {.key = NULL}};
