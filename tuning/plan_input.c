/*
 * Which files the services' settings stand in, as tunetop.yaml names them, and what they hold now.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nearest.h"
#include "tuning/image.h"
#include "tuning/plan.h"

/* Services of a file among which a near name is looked for. */
enum { GROUPS_MAX = 512 };

/* What a file that is not there yet begins with. */
static const char seed_systemd[] = "[Service]\n";

static const enum document_kind kinds[] = {
    [CONFIG_COMPOSE] = DOCUMENT_COMPOSE, [CONFIG_ENV_FILE] = DOCUMENT_ENV,
    [CONFIG_SYSTEMD] = DOCUMENT_SYSTEMD, [CONFIG_LAUNCHD] = DOCUMENT_PLIST,
    [CONFIG_JSON] = DOCUMENT_JSON,       [CONFIG_YAML] = DOCUMENT_YAML,
    [CONFIG_BREW_ENV] = DOCUMENT_ENV,
};

/* ---------------------------------------------------------------- where a file is */

/* A variable of the environment that names a folder; NULL: it does not. */
static const char *folder_in(const char *variable)
{
    const char *value = getenv(variable);

    return value && value[0] == '/' ? value : NULL;
}

/* `path` as tunetop.yaml has it, absolute. */
static int absolute(struct plan_input *in, const char *path, const char *config_path,
                    const char **out, struct err *err)
{
    const char *home = folder_in("HOME");
    const char *slash = config_path ? strrchr(config_path, '/') : NULL;

    if (path[0] == '/') {
        *out = path;
    } else if (strncmp(path, "~/", 2) == 0) {
        if (!home) {
            return err_set(err, ERR_CONFIG, "'%s': HOME names no folder", path);
        }
        *out = arena_printf(&in->arena, "%s/%s", home, path + 2);
    } else if (slash && config_path[0] == '/') {
        *out = arena_printf(&in->arena, "%.*s/%s", (int)(slash - config_path), config_path, path);
    } else {
        return err_set(err, ERR_CONFIG, "'%s' is neither absolute nor below ~/", path);
    }
    return 0;
}

/* The file that a type has of itself. */
static int own_file(struct plan_input *in, const struct config_target *t, const char **out,
                    struct err *err)
{
    const char *home = folder_in("HOME"), *config = folder_in("XDG_CONFIG_HOME");

    const char *name = t->unit ? t->unit : t->label ? t->label : t->formula;

    if (name && strchr(name, '/')) {
        return err_set(err, ERR_CONFIG, "'%s' is a path, and a name is wanted", name);
    }
    if (t->type == CONFIG_SYSTEMD && t->scope == CONFIG_SYSTEM) {
        *out = arena_printf(&in->arena, "/etc/systemd/system/%s.d/50-tunetop.conf", t->unit);
        return 0;
    }
    if (!home) {
        return err_set(err, ERR_CONFIG, "HOME names no folder");
    }
    if (t->type == CONFIG_SYSTEMD) {
        *out = config ? arena_printf(&in->arena, "%s/systemd/user/%s.d/50-tunetop.conf", config,
                                     t->unit)
                      : arena_printf(&in->arena, "%s/.config/systemd/user/%s.d/50-tunetop.conf",
                                     home, t->unit);
    } else if (t->type == CONFIG_BREW_ENV) {
        /* HOMEBREW_USER_CONFIG_HOME of brew, which is ~/.homebrew by default. */
        const char *brew = folder_in("HOMEBREW_USER_CONFIG_HOME");

        *out = brew ? arena_printf(&in->arena, "%s/services/%s.env", brew, t->formula)
                    : arena_printf(&in->arena, "%s/.homebrew/services/%s.env", home, t->formula);
    } else if (t->domain && strcmp(t->domain, "system") == 0) {
        *out = arena_printf(&in->arena, "/Library/LaunchDaemons/%s.plist", t->label);
    } else {
        *out = arena_printf(&in->arena, "%s/Library/LaunchAgents/%s.plist", home, t->label);
    }
    return 0;
}

/* ---------------------------------------------------------------- what it holds */

/* Files are replaced, so it is the folder that counts: the last one of the path that exists. What
 * belongs to somebody else, or is mounted read-only, root does not get either. */
static bool folder_needs_root(const char *path)
{
    char folder[PATH_MAX];
    struct stat st;
    char *slash;

    if (strlen(path) >= sizeof folder) {
        return false;
    }
    memcpy(folder, path, strlen(path) + 1);
    while ((slash = strrchr(folder, '/')) != NULL && slash != folder) {
        *slash = '\0';
        if (stat(folder, &st) == 0) {
            return access(folder, W_OK) != 0 && errno == EACCES && st.st_uid == 0;
        }
    }
    return access("/", W_OK) != 0 && errno == EACCES;
}

static void read_source(struct plan_source *s, bool may_make)
{
    struct err err = ERR_INIT;
    uint8_t hash[SHA256_BYTES];
    char real[PATH_MAX];
    int rc = document_load(s->path, s->kind, &s->document, &err);

    s->exists = rc != -ERR_NOENT;
    if (!s->exists && may_make) {
        const char *seed = s->kind == DOCUMENT_SYSTEMD ? seed_systemd : "";

        document_release(&s->document);
        err = (struct err)ERR_INIT;
        rc = document_parse(s->path, s->kind, seed, strlen(seed), &s->document, &err);
    }
    const struct document_note *unsure = &s->document.unsure;
    if (rc == 0 && unsure->text) {
        rc = err_set(&err, ERR_STATE, "%s: what counts in it is not sure, so nothing is changed",
                     unsure->text);
        err_at(&err, "%s:%lu:%lu", s->path, unsure->line, unsure->column);
    }
    if (rc < 0) {
        s->err = err;
        return;
    }
    if (s->exists) {
        sha256_of(s->document.text, s->document.size, hash);
        sha256_format(hash, s->sha256);
    }
    if (s->exists && realpath(s->path, real)) {
        s->real_path = arena_strdup(&s->document.arena, real);
    }
    s->needs_root = folder_needs_root(s->real_path);
}

/* The index of the file; two services that share one share it. */
static int source_of(struct plan_input *in, const char *path, enum document_kind kind,
                     bool may_make)
{
    for (size_t i = 0; i < in->source_count; i++) {
        if (strcmp(in->sources[i].path, path) == 0) {
            return (int)i;
        }
    }
    struct plan_source *s = &in->sources[in->source_count];

    *s = (struct plan_source){.path = path, .real_path = path, .kind = kind};
    read_source(s, may_make);
    /* Another name of a file that is there already. */
    for (size_t i = 0; i < in->source_count; i++) {
        if (s->exists && strcmp(in->sources[i].real_path, s->real_path) == 0) {
            document_release(&s->document);
            return (int)i;
        }
    }
    return (int)in->source_count++;
}

/* ---------------------------------------------------------------- services */

static int profile_service_of(int kind)
{
    for (int i = 0; i < PROFILE_SERVICE_COUNT; i++) {
        if (strcmp(profile_service_words[i], config_kind_words[kind]) == 0) {
            return i;
        }
    }
    return -1;
}

/* Whether the compose file has the service; err says which one it may be. */
static int check_group(const struct document *d, const char *group, struct err *err)
{
    const char *names[GROUPS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < d->count; i++) {
        const char *name = d->entries[i].group;

        if (strcmp(name, group) == 0) {
            return 0;
        }
        if (*name && count < GROUPS_MAX && (count == 0 || strcmp(names[count - 1], name) != 0)) {
            names[count++] = name;
        }
    }
    const char *near = nearest_name(group, names, count);
    return err_set(err, ERR_CONFIG, "'%s' has no service '%s'%s%s%s", d->file, group,
                   near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* The version that the image of a compose service says, where the configuration says none. */
static void add_version(struct plan_input *in, struct plan_place *p, const struct document *d,
                        bool configured)
{
    const struct document_entry *image = document_find(d, p->group, "image");
    const char *version = image && image->value && !image->interpolated
                              ? image_version(&in->arena, image->value)
                              : NULL;

    for (int owner = 0; !configured && version && owner < SETTING_OWNER_COUNT; owner++) {
        if (strcmp(setting_owner_words[owner], profile_service_words[p->kind]) == 0) {
            p->host.query.versions[owner] = version;
        }
    }
}

/* The .env beside a compose file fills its ${NAME}; it need not be there. Beside the path as it is
 * named: compose does not follow links to find the folder of a project. */
static const char *beside(struct plan_input *in, const char *path, const char *name)
{
    return arena_printf(&in->arena, "%.*s/%s", (int)(strrchr(path, '/') - path), path, name);
}

static int locate(struct plan_input *in, const struct config_service *s, const char *config_path,
                  struct plan_place *p, struct err *err)
{
    const struct config_target *t = &s->config;
    const char *path = NULL;
    int rc = t->file ? absolute(in, t->file, config_path, &path, err) : own_file(in, t, &path, err);

    if (rc < 0) {
        return rc;
    }
    if (t->type == CONFIG_COMPOSE && t->write == CONFIG_OVERRIDE) {
        return err_set(err, ERR_UNSUPPORTED,
                       "write: override is not in this version; the file itself is changed with "
                       "write: in_place");
    }
    p->source = source_of(in, path, kinds[t->type],
                          t->type == CONFIG_SYSTEMD || t->type == CONFIG_BREW_ENV);
    const struct plan_source *source = &in->sources[p->source];
    if (source->err.code) {
        *err = source->err;
        return -err->code;
    }
    if (t->type == CONFIG_COMPOSE) {
        p->group = t->service ? t->service : s->name;
        if (check_group(&source->document, p->group, err) < 0) {
            return -err->code;
        }
        p->dotenv = source_of(in, beside(in, path, ".env"), DOCUMENT_ENV, true);
        p->host.limits = PROFILE_LIMITS_COMPOSE;
        add_version(in, p, &source->document, s->version != NULL);
        if (p->host.query.place == SETTING_MACOS) {
            p->host.query.place = SETTING_MAC_CONTAINER;
            p->host.query.device = SETTING_CPU;
            p->host.engine.cpus = 0; /* those of the VM are not known here */
        }
    } else if (t->type == CONFIG_SYSTEMD) {
        p->group = "Service";
        p->host.limits = PROFILE_LIMITS_SYSTEMD;
    } else {
        p->host.limits = PROFILE_LIMITS_NONE;
        if (t->type == CONFIG_LAUNCHD) { /* a property list is one job's: its label is its group */
            p->group = source->document.count ? source->document.entries[0].group : t->label;
        }
    }
    return 0;
}

/* What the service takes now, and at most took as far as its control group remembers. */
static double memory_taken(const struct model *now, const char *name)
{
    double most = NAN, value;

    for (size_t i = 0; now && i < now->service_count; i++) {
        const struct service_model_state *s = &now->services[i];

        if (strcmp(s->facts->name, name) != 0) {
            continue;
        }
        if (reading_get(&s->v[METRIC_SERVICE_MEMORY_USED], &value)) {
            most = value;
        }
        if (reading_get(&s->v[METRIC_SERVICE_MEMORY_PEAK], &value)) {
            most = fmax(most, value);
        }
    }
    return most;
}

void plan_input_load(const struct config *config,
                     const struct profile_host hosts[PROFILE_SERVICE_COUNT],
                     const struct model *now, struct plan_input *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < config->service_count; i++) {
        const struct config_service *s = &config->services[i];
        struct plan_place *p = &out->places[out->place_count];

        if (s->config.type == CONFIG_TARGET_NONE) {
            continue;
        }
        *p = (struct plan_place){.service = s->name,
                                 .kind = profile_service_of(s->kind),
                                 .target = &s->config,
                                 .managed = s->managed,
                                 .priority = s->priority,
                                 .memory_taken = memory_taken(now, s->name),
                                 .group = "",
                                 .source = -1,
                                 .dotenv = -1};
        out->place_count++;
        if (p->kind < 0) {
            err_set(&p->err, ERR_UNSUPPORTED, "no profile has anything for a %s",
                    config_kind_words[s->kind]);
            continue;
        }
        p->host = hosts[p->kind];
        if (s->managed && locate(out, s, config->path, p, &p->err) < 0 && p->err.where[0] == '\0') {
            err_at(&p->err, "%s:%lu:%lu", s->config.place.file, s->config.place.line,
                   s->config.place.column);
        }
        for (int owner = 0; s->version && owner < SETTING_OWNER_COUNT; owner++) {
            if (strcmp(setting_owner_words[owner], config_kind_words[s->kind]) == 0) {
                p->host.query.versions[owner] = s->version;
            }
        }
    }
}

void plan_input_release(struct plan_input *in)
{
    for (size_t i = 0; i < in->source_count; i++) {
        document_release(&in->sources[i].document);
    }
    arena_release(&in->arena);
    memset(in, 0, sizeof *in);
}
