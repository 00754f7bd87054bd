#include <stdio.h>
#include <string.h>

#include "sampling/config.h"

enum { FILE_MAX_BYTES = 1024, NAME_MAX_BYTES = 255, FILES_MAX = CONFIG_FILES };

const char *const config_target_words[] = {
    "compose", "env_file", "systemd", "launchd", "json", "yaml", "brew_env", NULL,
};
static const char *const write_words[] = {"in_place", "override", NULL};
static const char *const scope_words[] = {"system", "user", NULL};

#define TEXT(name, most, text, default_text)                                                       \
    {                                                                                              \
        .key = #name, .type = SCHEMA_TEXT, .offset = offsetof(struct config_target, name),         \
        .min = 1, .max = (most), .help = (text), .fallback = (default_text)                        \
    }

static const struct schema_field file_fields[] = {
    {.key = "", .type = SCHEMA_TEXT, .min = 1, .max = FILE_MAX_BYTES},
    {.key = NULL},
};

const struct schema_field config_target_fields[] = {
    {.key = "", .type = SCHEMA_PLACE, .offset = offsetof(struct config_target, place)},
    {.key = "type",
     .type = SCHEMA_CHOICE,
     .offset = offsetof(struct config_target, type),
     .choices = config_target_words,
     .required = true,
     .help = "what kind of file it is"},
    TEXT(
        file, FILE_MAX_BYTES, "the file: absolute, below ~/, or relative to tunetop.yaml",
        "tunetop's own drop-in of the unit, the property list of the label, the env file of the formula"),
    {.key = "files",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct config_target, files),
     .fields = file_fields,
     .item_size = sizeof(const char *),
     .min = 1,
     .max = FILES_MAX,
     .help = "the compose files of the project in the order of -f, instead of file"},
    TEXT(service, NAME_MAX_BYTES, "the service of the compose file", "of the same name"),
    {.key = "write",
     .type = SCHEMA_CHOICE,
     .offset = offsetof(struct config_target, write),
     .choices = write_words,
     .help = "whether a compose file is changed itself or an override file beside it",
     .fallback = "in_place"},
    TEXT(unit, NAME_MAX_BYTES, "the unit of systemd", NULL),
    {.key = "scope",
     .type = SCHEMA_CHOICE,
     .offset = offsetof(struct config_target, scope),
     .choices = scope_words,
     .help = "whose systemd runs the unit",
     .fallback = "system"},
    TEXT(label, NAME_MAX_BYTES, "the label of launchd's job", NULL),
    TEXT(domain, NAME_MAX_BYTES, "the domain of launchd's job, as gui/501",
         "the one that it is found in"),
    TEXT(formula, NAME_MAX_BYTES, "the formula of Homebrew", NULL),
    {.key = NULL},
};

/* Which keys a type takes, and which of them it needs. */
enum key {
    FILE_KEY = 1,
    SERVICE = 2,
    WRITE = 4,
    UNIT = 8,
    SCOPE = 16,
    LABEL = 32,
    DOMAIN = 64,
    FORMULA = 128,
    FILES = 256,
};
static const struct rule {
    unsigned takes, needs;
} rules[] = {
    [CONFIG_COMPOSE] = {FILE_KEY | FILES | SERVICE | WRITE, 0},
    [CONFIG_ENV_FILE] = {FILE_KEY, FILE_KEY},
    [CONFIG_SYSTEMD] = {FILE_KEY | UNIT | SCOPE, UNIT},
    [CONFIG_LAUNCHD] = {FILE_KEY | LABEL | DOMAIN, LABEL},
    [CONFIG_JSON] = {FILE_KEY, FILE_KEY},
    [CONFIG_YAML] = {FILE_KEY, FILE_KEY},
    [CONFIG_BREW_ENV] = {FILE_KEY | FORMULA, FORMULA},
};
static const char *const key_words[] = {"file",  "service", "write",   "unit", "scope",
                                        "label", "domain",  "formula", "files"};

static unsigned keys_of(const struct config_target *t)
{
    return (t->file ? FILE_KEY : 0U) | (t->service ? SERVICE : 0U) |
           (t->write != CONFIG_IN_PLACE ? WRITE : 0U) | (t->unit ? UNIT : 0U) |
           (t->scope != CONFIG_SYSTEM ? SCOPE : 0U) | (t->label ? LABEL : 0U) |
           (t->domain ? DOMAIN : 0U) | (t->formula ? FORMULA : 0U) | (t->files.count ? FILES : 0U);
}

int config_target_check(const struct config_target *t, struct err *err)
{
    const struct rule *rule = &rules[t->type];
    const unsigned has = keys_of(t);

    for (unsigned i = 0; i < sizeof key_words / sizeof key_words[0]; i++) {
        if (rule->needs & ~has & (1U << i)) {
            return err_set(err, ERR_CONFIG, "config of type %s needs '%s'",
                           config_target_words[t->type], key_words[i]);
        }
        if (has & ~rule->takes & (1U << i)) {
            return err_set(err, ERR_CONFIG, "config of type %s has no '%s'",
                           config_target_words[t->type], key_words[i]);
        }
    }
    if (t->type == CONFIG_COMPOSE && !t->file == !t->files.count) {
        return err_set(err, ERR_CONFIG,
                       t->file ? "config has 'file' and 'files': one of them"
                               : "config of type compose needs 'file' or 'files'");
    }
    return 0;
}
