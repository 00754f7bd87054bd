#include "sampling/config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/number.h"
#include "sampling/sample.h"

/* The contract's list of kinds. The first SERVICE_KIND_COUNT are those of enum service_kind, in its
 * order; the others are words that a configuration may hold already but that this version cannot
 * watch. */
const char *const config_kind_words[] = {
    "ollama", "comfyui",      "lmstudio", "llama_server", "vllm",
    "mlx_lm", "diffusionapi", "pipeline", "openai",       NULL,
};
_Static_assert(SERVICE_OLLAMA == 0 && SERVICE_COMFYUI == 1 && SERVICE_KIND_COUNT == 2,
               "config_kind_words starts with the kinds of enum service_kind");

enum {
    NAME_MAX_BYTES = 31, /* a column of the Overview is narrower still */
    TEXT_MAX_BYTES = 64,
    URL_MAX_BYTES = 120,   /* candidate.url and the rows that show it */
    PATH_MAX_BYTES = 1024, /* the shortest PATH_MAX of the systems that tunetop runs on */
    CONFIG_MAX_BYTES = 1024 * 1024,
    MODEL_MAX_BYTES = 255,
    MODELS_MAX = 16, /* more are never loaded side by side */
};

#define RESERVED(name, text)                                                                       \
    {                                                                                              \
        .key = (name), .type = SCHEMA_RESERVED, .help = (text)                                     \
    }

static const struct schema_field model_item[] = {
    {.key = "", .type = SCHEMA_TEXT, .min = 1, .max = MODEL_MAX_BYTES},
    {.key = NULL},
};

static const struct schema_field service_fields[] = {
    {.key = "", .type = SCHEMA_PLACE, .offset = offsetof(struct config_service, place)},
    {.key = "name",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct config_service, name),
     .min = 1,
     .max = NAME_MAX_BYTES,
     .required = true,
     .help = "what the service is called; unique, and not system, which is the machine"},
    {.key = "kind",
     .type = SCHEMA_CHOICE,
     .offset = offsetof(struct config_service, kind),
     .choices = config_kind_words,
     .required = true,
     .help = "which software it is"},
    {.key = "version",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct config_service, version),
     .min = 1,
     .max = TEXT_MAX_BYTES,
     .help = "shown when the service cannot be asked",
     .fallback = "the service is asked"},
    {.key = "url",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct config_service, url),
     .min = 1,
     .max = URL_MAX_BYTES,
     .help = "where it answers: http or https, host, port; no user name, no query",
     .fallback = "the kind's own port on 127.0.0.1"},
    {.key = "token_file",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct config_service, token_file),
     .min = 1,
     .max = PATH_MAX_BYTES,
     .help = "a file with the token that it wants; sent to this service's host only",
     .fallback = "no token"},
    {.key = "token_env",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct config_service, token_env),
     .min = 1,
     .max = TEXT_MAX_BYTES,
     .help = "an environment variable with that token, instead of a file",
     .fallback = "no token"},
    {.key = "config",
     .type = SCHEMA_OBJECT,
     .offset = offsetof(struct config_service, config),
     .fields = config_target_fields,
     .help = "the file that its settings stand in; only plan and apply need it",
     .fallback = "it is found, where that can be"},
    {.key = "control",
     .type = SCHEMA_OBJECT,
     .offset = offsetof(struct config_service, control),
     .fields = config_control_fields,
     .help = "how it is started and stopped",
     .fallback = "it is found"},
    {.key = "log",
     .type = SCHEMA_OBJECT,
     .offset = offsetof(struct config_service, log),
     .fields = config_log_fields,
     .help = "where it logs",
     .fallback = "it is found"},
    {.key = "health",
     .type = SCHEMA_OBJECT,
     .offset = offsetof(struct config_service, health),
     .fields = config_health_fields,
     .help = "when it counts as well again after a restart",
     .fallback = "its healthcheck says it, else three failures 30 seconds apart"},
    {.key = "managed",
     .type = SCHEMA_BOOL,
     .offset = offsetof(struct config_service, managed),
     .help = "false: it is watched, and never written to",
     .fallback = "true"},
    {.key = "managed",
     .type = SCHEMA_PLACE,
     .offset = offsetof(struct config_service, managed_place)},
    {.key = "priority",
     .type = SCHEMA_INT,
     .offset = offsetof(struct config_service, priority),
     .min = 1,
     .max = 9,
     .help = "its share of memory when the limits together are too much",
     .fallback = "5"},
    {.key = "preload",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct config_service, preload),
     .max = MODELS_MAX,
     .fields = model_item,
     .item_size = sizeof(const char *),
     .help = "models to load after a restart, beside those that were loaded before"},
    RESERVED("targets", "wanted times and speeds"),
    {.key = NULL},
};

/* What the file fills; struct config is made from it after the checks that a table cannot make. */
struct raw_config {
    double interval_s;
    const char *theme;
    struct schema_place theme_place;
    bool mouse;
    struct schema_list services;
};

const struct schema_field config_fields[] = {
    {.key = "interval",
     .type = SCHEMA_DOUBLE,
     .offset = offsetof(struct raw_config, interval_s),
     .min = 0.2,
     .max = 60,
     .help = "seconds between samples",
     .fallback = "1"},
    {.key = "theme",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct raw_config, theme),
     .min = 1,
     .max = TEXT_MAX_BYTES,
     .help = "name of the colour theme of every start; t in the dashboard tries others",
     .fallback = "default"},
    {.key = "theme", .type = SCHEMA_PLACE, .offset = offsetof(struct raw_config, theme_place)},
    {.key = "mouse",
     .type = SCHEMA_BOOL,
     .offset = offsetof(struct raw_config, mouse),
     .help = "false: clicks and the wheel stay with the terminal",
     .fallback = "true"},
    {.key = "services",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct raw_config, services),
     .fields = service_fields,
     .item_size = sizeof(struct config_service),
     .max = CONFIG_SERVICES,
     .help = "services to watch beside those that are discovered"},
    RESERVED("alerts", "own thresholds"),
    {.key = NULL},
};

void config_init(struct config *c)
{
    memset(c, 0, sizeof(*c));
    c->interval_s = 1;
    c->theme = "default";
    c->mouse = true;
    arena_init(&c->arena);
}

void config_release(struct config *c)
{
    arena_release(&c->arena);
    memset(c, 0, sizeof(*c));
}

const struct config_service *config_service_find(const struct config *c, const char *name)
{
    for (size_t i = 0; c != NULL && i < c->service_count; i++) {
        if (strcmp(c->services[i].name, name) == 0)
            return &c->services[i];
    }
    return NULL;
}

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

static bool is_ipv6_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool starts_with_nocase(const char *text, const char *prefix)
{
    for (; *prefix != '\0'; text++, prefix++) {
        if (lower(*text) != *prefix)
            return false;
    }
    return true;
}

/* Copies host characters from text[0..size) in lower case. */
static bool copy_host(const char *text, size_t size, bool ipv6, char *out, size_t out_size)
{
    if (size == 0 || size >= out_size)
        return false;
    for (size_t i = 0; i < size; i++) {
        out[i] = lower(text[i]);
        if (ipv6 ? !is_ipv6_char(out[i]) : !is_host_char(out[i]))
            return false;
    }
    out[size] = '\0';
    return true;
}

/* The path behind the authority, without trailing slashes; characters that need no escape only. */
static int copy_path(const char *path, char *out, size_t out_size, struct err *err)
{
    if (strpbrk(path, "?#") != NULL)
        return err_set(err, ERR_CONFIG, "a query or fragment has no place in a service's url");
    size_t size = strlen(path);
    while (size > 0 && path[size - 1] == '/')
        size--;
    for (size_t i = 0; i < size; i++) {
        char c = lower(path[i]);
        if (!is_host_char(c) && c != '/' && c != '~' && c != '%')
            return err_set(err, ERR_CONFIG,
                           "the path of the url holds a character that it may not hold");
    }
    if (size >= out_size)
        return err_set(err, ERR_CONFIG, "the path of the url is longer than %zu bytes",
                       out_size - 1);
    memcpy(out, path, size);
    out[size] = '\0';
    return 0;
}

int config_parse_url(const char *url, struct config_url *out, struct err *err)
{
    struct config_url u = {.port = 80};
    const char *rest;
    if (starts_with_nocase(url, "http://")) {
        rest = url + strlen("http://");
    } else if (starts_with_nocase(url, "https://")) {
        rest = url + strlen("https://");
        u.https = true;
        u.port = 443;
    } else {
        return err_set(err, ERR_CONFIG, "a url starts with http:// or https://");
    }
    size_t authority = strcspn(rest, "/?#");
    if (memchr(rest, '@', authority) != NULL)
        return err_set(err, ERR_CONFIG, "a url must not hold a user name or password");

    /* Host, in brackets when it is an IPv6 address, then perhaps a port. */
    size_t host_size, after;
    if (rest[0] == '[') {
        const char *end = memchr(rest, ']', authority);
        if (end == NULL)
            return err_set(err, ERR_CONFIG, "the bracket of the url's IPv6 address is not closed");
        host_size = (size_t)(end - rest) - 1;
        u.ipv6 = true;
        if (!copy_host(rest + 1, host_size, true, u.host, sizeof(u.host)) ||
            strchr(u.host, ':') == NULL)
            return err_set(err, ERR_CONFIG,
                           "what stands in the url's brackets is not an IPv6 address");
        after = host_size + 2;
    } else {
        const char *colon = memchr(rest, ':', authority);
        host_size = colon != NULL ? (size_t)(colon - rest) : authority;
        if (host_size == 0)
            return err_set(err, ERR_CONFIG, "the url names no host");
        if (!copy_host(rest, host_size, false, u.host, sizeof(u.host)))
            return err_set(err, ERR_CONFIG, "the url's host is not a host name or address");
        after = host_size;
    }
    if (after < authority) {
        uint64_t port = 0;
        if (rest[after] != ':' ||
            number_u64(rest + after + 1, authority - after - 1, 10, &port) < 0 || port < 1 ||
            port > 65535)
            return err_set(err, ERR_CONFIG, "the url's port is not a number from 1 to 65535");
        u.port = (uint16_t)port;
    }
    int code = copy_path(rest + authority, u.path, sizeof(u.path), err);
    if (code < 0)
        return code;
    u.loopback = strcmp(u.host, "localhost") == 0 || (!u.ipv6 && strncmp(u.host, "127.", 4) == 0) ||
                 (u.ipv6 && strcmp(u.host, "::1") == 0);
    *out = u;
    return 0;
}

const char *config_url_text(const struct config_url *u, char out[CONFIG_URL_TEXT])
{
    const char *host = strcmp(u->host, "localhost") == 0 ? "127.0.0.1" : u->host;
    snprintf(out, CONFIG_URL_TEXT, "%s://%s%s%s:%u%s", u->https ? "https" : "http",
             u->ipv6 ? "[" : "", host, u->ipv6 ? "]" : "", u->port, u->path);
    return out;
}

static int fail_at(struct err *err, const struct schema_place *place)
{
    err_at(err, "%s:%lu:%lu", place->file, place->line, place->column);
    return -ERR_CONFIG;
}

/* The same server under two names would be asked twice as often as any may be. */
static int check_address(const struct config_service *items, size_t i, struct err *err)
{
    const struct config_service *s = &items[i];
    struct config_url u;
    struct err ignored = ERR_INIT;
    char mine[CONFIG_URL_TEXT], other[CONFIG_URL_TEXT];
    if (s->url == NULL || config_parse_url(s->url, &u, &ignored) < 0)
        mine[0] = '\0'; /* the kind's own address */
    else
        config_url_text(&u, mine);
    for (size_t k = 0; k < i; k++) {
        const struct config_service *before = &items[k];
        if (before->url == NULL || config_parse_url(before->url, &u, &ignored) < 0)
            other[0] = '\0';
        else
            config_url_text(&u, other);
        if (before->kind != s->kind || strcmp(other, mine) != 0)
            continue;
        err_set(err, ERR_CONFIG, "services: '%s' is the server of '%s' again, first at %s:%lu:%lu",
                s->name, before->name, before->place.file, before->place.line,
                before->place.column);
        return fail_at(err, &s->place);
    }
    return 0;
}

/* What holds without a key, where that is not 0. */
static void complete(struct config_service *s)
{
    if (s->managed_place.file == NULL)
        s->managed = true;
    if (s->priority == 0)
        s->priority = CONFIG_PRIORITY;
    if (s->config.place.file == NULL)
        s->config.type = CONFIG_TARGET_NONE;
}

/* The mappings of a service, each by its own rules; the place of the one that is wrong. */
static const struct schema_place *check_parts(const struct config_service *s, struct err *err)
{
    if (s->config.type != CONFIG_TARGET_NONE && config_target_check(&s->config, err) < 0)
        return &s->config.place;
    if (s->control.place.file != NULL && config_control_check(&s->control, err) < 0)
        return &s->control.place;
    if (s->log.place.file != NULL && config_log_check(&s->log, err) < 0)
        return &s->log.place;
    if (config_health_check(&s->health, err) < 0)
        return &s->health.place;
    return NULL;
}

/* What the machine's own settings are called in profiles, plans and the journal, and by -s. */
static const char machine_name[] = "system";

static int check_service(const struct config_service *items, size_t i, struct err *err)
{
    const struct config_service *s = &items[i];
    if (strcmp(s->name, machine_name) == 0) {
        err_set(err, ERR_CONFIG,
                "services: no service can be called '%s', which is the machine itself ('-s %s'); "
                "give it another name",
                machine_name, machine_name);
        return fail_at(err, &s->place);
    }
    for (size_t k = 0; k < i; k++) {
        const struct config_service *before = &items[k];
        if (strcmp(before->name, s->name) == 0) {
            err_set(err, ERR_CONFIG, "services: the name '%s' is given twice, first at %s:%lu:%lu",
                    s->name, before->place.file, before->place.line, before->place.column);
            return fail_at(err, &s->place);
        }
    }
    const struct schema_place *wrong = check_parts(s, err);
    if (wrong != NULL) {
        err_wrap(err, "services: '%s'", s->name);
        return fail_at(err, wrong);
    }
    if (s->kind >= SERVICE_KIND_COUNT) {
        /* It is not watched; its files can be changed all the same. */
        if (s->config.type != CONFIG_TARGET_NONE && s->url == NULL)
            return 0;
        err_set(err, ERR_CONFIG,
                "services: '%s' is of kind %s, which this version does not watch (it watches "
                "ollama and comfyui); with config and without url its files can be changed",
                s->name, config_kind_words[s->kind]);
        return fail_at(err, &s->place);
    }
    if (s->token_file != NULL && s->token_env != NULL) {
        err_set(err, ERR_CONFIG, "services: '%s' has both token_file and token_env", s->name);
        return fail_at(err, &s->place);
    }
    struct config_url u;
    if (s->url != NULL && config_parse_url(s->url, &u, err) < 0) {
        err_wrap(err, "services: url of '%s'", s->name);
        return fail_at(err, &s->place);
    }
    return check_address(items, i, err);
}

int config_parse(struct config *c, const char *file, const char *text, size_t size, struct err *err)
{
    struct raw_config raw = {.interval_s = c->interval_s, .theme = c->theme, .mouse = c->mouse};
    const char *name = arena_strdup(&c->arena, file); /* places borrow it */
    int code = schema_load_yaml(name, text, size, config_fields, &raw, &c->arena, err);
    if (code < 0) {
        err->code = ERR_CONFIG;
        return -ERR_CONFIG;
    }
    struct config_service *items = raw.services.items;
    for (size_t i = 0; i < raw.services.count; i++) {
        complete(&items[i]);
        code = check_service(items, i, err);
        if (code < 0)
            return code;
    }
    c->interval_s = raw.interval_s;
    c->theme = raw.theme;
    c->theme_place = raw.theme_place;
    c->mouse = raw.mouse;
    c->services = raw.services.items;
    c->service_count = raw.services.count;
    return 0;
}

/* The default place into `out`; false when neither variable names an absolute folder. */
static bool default_path(char *out, size_t size)
{
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *middle = "";
    if (base == NULL || base[0] != '/') { /* the XDG rule: relative paths are ignored */
        base = getenv("HOME");
        middle = "/.config";
    }
    if (base == NULL || base[0] != '/')
        return false;
    int n = snprintf(out, size, "%s%s/tunetop/tunetop.yaml", base, middle);
    return n > 0 && (size_t)n < size;
}

int config_load(struct config *c, const char *path, struct err *err)
{
    char standard[4096];
    bool named = path != NULL;
    if (!named) {
        if (!default_path(standard, sizeof(standard)))
            return 0;
        path = standard;
    }
    struct buf text;
    buf_init(&text, CONFIG_MAX_BYTES);
    struct err inner = ERR_INIT;
    int code = file_read(path, &text, &inner);
    if (code == -ERR_NOENT && !named)
        code = 0;
    else if (code < 0)
        code = err_set(err, ERR_CONFIG, "the configuration cannot be read: %s", inner.msg);
    else
        code = config_parse(c, path, text.data, text.size, err);
    char real[PATH_MAX];
    if (code == 0 && text.size > 0)
        c->path = arena_strdup(&c->arena, realpath(path, real) != NULL ? real : path);
    buf_release(&text);
    return code;
}
