#include <stdio.h>
#include <string.h>

#include "sampling/config.h"

enum { PATH_BYTES = 1024, NAME_BYTES = 255, ARGUMENT_BYTES = 4096, ARGUMENTS = 64 };

/* Of tuning/control/control.h, which is a layer above: a test holds them against each other. */
const char *const config_control_words[] = {
    "none", "compose", "systemd", "launchd", "brew", "lms", "command", NULL,
};
const char *const config_engine_words[] = {
    "auto", "docker", "docker-compose", "podman", "podman-compose", NULL,
};
const char *const config_log_words[] = {"file", "journal", "container", NULL};
static const char *const scope_words[] = {"system", "user", NULL};

#define AT(table) offsetof(struct table, place)
#define PLACE(table)                                                                               \
    {                                                                                              \
        .key = "", .type = SCHEMA_PLACE, .offset = AT(table)                                       \
    }
#define WORD(table, name, words, must, text, without)                                              \
    {                                                                                              \
        .key = #name, .type = SCHEMA_CHOICE, .offset = offsetof(struct table, name),               \
        .choices = (words), .required = (must), .help = (text), .fallback = (without)              \
    }
#define TEXT(table, name, most, text, without)                                                     \
    {                                                                                              \
        .key = #name, .type = SCHEMA_TEXT, .offset = offsetof(struct table, name), .min = 1,       \
        .max = (most), .help = (text), .fallback = (without)                                       \
    }
#define TEXTS(table, name, item, most, text, without)                                              \
    {                                                                                              \
        .key = #name, .type = SCHEMA_LIST, .offset = offsetof(struct table, name), .min = 1,       \
        .max = (most), .fields = (item), .item_size = sizeof(const char *), .help = (text),        \
        .fallback = (without)                                                                      \
    }
#define SECONDS(name, least, most, text, without)                                                  \
    {                                                                                              \
        .key = #name, .type = SCHEMA_DOUBLE, .offset = offsetof(struct config_health, name##_s),   \
        .min = (least), .max = (most), .help = (text), .fallback = (without)                       \
    }

static const struct schema_field argument_item[] = {
    {.key = "", .type = SCHEMA_TEXT, .max = ARGUMENT_BYTES},
    {.key = NULL},
};

const struct schema_field config_control_fields[] = {
    PLACE(config_control),
    WORD(config_control, type, config_control_words, true,
         "who starts and stops it; none: it is never restarted", NULL),
    WORD(config_control, engine, config_engine_words, false,
         "which program runs the compose project", "auto: the one that made its container"),
    TEXT(config_control, unit, NAME_BYTES, "the unit of systemd", NULL),
    WORD(config_control, scope, scope_words, false, "whose systemd runs the unit", "system"),
    TEXT(config_control, label, NAME_BYTES, "the label of launchd's job", NULL),
    TEXT(config_control, domain, NAME_BYTES, "the domain of launchd's job, as gui/501",
         "the one that it is found in"),
    TEXT(config_control, formula, NAME_BYTES, "the formula of Homebrew", NULL),
    TEXTS(config_control, stop, argument_item, ARGUMENTS,
          "the command that stops it: the program and its arguments, no shell", NULL),
    TEXTS(config_control, start, argument_item, ARGUMENTS,
          "the command that starts it again, and returns", NULL),
    {.key = NULL},
};

const struct schema_field config_health_fields[] = {
    PLACE(config_health),
    TEXT(config_health, path, PATH_BYTES, "what of it is asked; it must begin with a slash",
         "what its kind answers"),
    SECONDS(interval, 0.5, 3600, "seconds between two looks", "that of its healthcheck, else 30"),
    SECONDS(timeout, 0.5, 600, "seconds that one answer may take",
            "that of its healthcheck, else 10"),
    {.key = "retries",
     .type = SCHEMA_INT,
     .offset = offsetof(struct config_health, retries),
     .min = 1,
     .max = 1000,
     .help = "looks that may fail",
     .fallback = "that of its healthcheck, else 3"},
    SECONDS(start_period, 0, 86400, "seconds after the start in which failures do not count",
            "that of its healthcheck, else 0"),
    SECONDS(steady, 1, 3600, "seconds after its restart in which it must stay up", "60"),
    {.key = NULL},
};

const struct schema_field config_log_fields[] = {
    PLACE(config_log),
    WORD(config_log, type, config_log_words, true, "where it logs to", NULL),
    TEXT(config_log, path, PATH_BYTES, "the file: absolute, below ~/, or relative to tunetop.yaml",
         NULL),
    TEXT(config_log, unit, NAME_BYTES, "the unit of systemd", NULL),
    WORD(config_log, scope, scope_words, false, "whose systemd runs the unit", "system"),
    TEXT(config_log, name, NAME_BYTES, "the name of the container", NULL),
    {.key = NULL},
};

/* Which keys a type takes, and which of them it needs. */
enum key {
    ENGINE = 1,
    UNIT = 2,
    SCOPE = 4,
    LABEL = 8,
    DOMAIN = 16,
    FORMULA = 32,
    STOP = 64,
    START = 128,
    PATH_KEY = 256,
    NAME_KEY = 512
};
static const char *const key_words[] = {"engine",  "unit", "scope", "label", "domain",
                                        "formula", "stop", "start", "path",  "name"};
struct rule {
    unsigned takes, needs;
};
static const struct rule control_rules[] = {
    [CONFIG_CONTROL_NONE] = {0, 0},
    [CONFIG_CONTROL_COMPOSE] = {ENGINE, 0},
    [CONFIG_CONTROL_SYSTEMD] = {UNIT | SCOPE, UNIT},
    [CONFIG_CONTROL_LAUNCHD] = {LABEL | DOMAIN, LABEL},
    [CONFIG_CONTROL_BREW] = {FORMULA, FORMULA},
    [CONFIG_CONTROL_LMS] = {0, 0},
    [CONFIG_CONTROL_COMMAND] = {STOP | START, STOP | START},
};
static const struct rule log_rules[] = {
    [CONFIG_LOG_FILE] = {PATH_KEY, PATH_KEY},
    [CONFIG_LOG_JOURNAL] = {UNIT | SCOPE, UNIT},
    [CONFIG_LOG_CONTAINER] = {NAME_KEY, NAME_KEY},
};

static int check_keys(const struct rule *rule, unsigned has, const char *what, const char *type,
                      struct err *err)
{
    for (unsigned i = 0; i < sizeof key_words / sizeof key_words[0]; i++) {
        if (rule->needs & ~has & (1U << i)) {
            return err_set(err, ERR_CONFIG, "%s of type %s needs '%s'", what, type, key_words[i]);
        }
        if (has & ~rule->takes & (1U << i)) {
            return err_set(err, ERR_CONFIG, "%s of type %s has no '%s'", what, type, key_words[i]);
        }
    }
    return 0;
}

static int check_command(const struct schema_list *argv, const char *key, struct err *err)
{
    const char *const *items = argv->items;
    if (argv->count > 0 && items[0][0] == '\0') {
        return err_set(err, ERR_CONFIG, "'%s' of control names no program", key);
    }
    return 0;
}

int config_control_check(const struct config_control *c, struct err *err)
{
    const unsigned has = (c->engine != 0 ? ENGINE : 0U) | (c->unit ? UNIT : 0U) |
                         (c->scope != CONFIG_SYSTEM ? SCOPE : 0U) | (c->label ? LABEL : 0U) |
                         (c->domain ? DOMAIN : 0U) | (c->formula ? FORMULA : 0U) |
                         (c->stop.count > 0 ? STOP : 0U) | (c->start.count > 0 ? START : 0U);
    int rc = check_keys(&control_rules[c->type], has, "control", config_control_words[c->type],
                        err);
    if (rc == 0) {
        rc = check_command(&c->stop, "stop", err);
    }
    return rc < 0 ? rc : check_command(&c->start, "start", err);
}

int config_log_check(const struct config_log *l, struct err *err)
{
    const unsigned has = (l->path ? PATH_KEY : 0U) | (l->unit ? UNIT : 0U) |
                         (l->scope != CONFIG_SYSTEM ? SCOPE : 0U) | (l->name ? NAME_KEY : 0U);
    return check_keys(&log_rules[l->type], has, "log", config_log_words[l->type], err);
}

int config_health_check(const struct config_health *h, struct err *err)
{
    if (h->path == NULL) {
        return 0;
    }
    if (h->path[0] != '/') {
        return err_set(err, ERR_CONFIG, "'path' of health begins with a slash");
    }
    for (const char *p = h->path; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~') { /* it is put into the first line of a request as it is */
            return err_set(err, ERR_CONFIG,
                           "'path' of health holds a character that a request may not hold");
        }
    }
    return 0;
}
