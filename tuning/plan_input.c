/*
 * Which files the services' settings stand in, as tunetop.yaml names them or as they were found,
 * and what they hold now.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/caller.h"
#include "base/file.h"
#include "tuning/image.h"
#include "tuning/plan_layers.h"
#include "tuning/plan_source.h"
#include "tuning/plan_unit.h"

/* What a file that is not there yet begins with. */
static const char seed_systemd[] = "[Service]\n";
#define OWN_MARK "# Written by tunetop: what stands here wins over the other compose files."
const char plan_own_mark[] = OWN_MARK;
static const char seed_compose[] = OWN_MARK "\n";

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
        *out = plan_unit_drop_in(&in->arena, t, "/etc/systemd/system");
        return 0;
    }
    if (!home) {
        return err_set(err, ERR_CONFIG, "HOME names no folder");
    }
    if (t->type == CONFIG_SYSTEMD) {
        *out = plan_unit_drop_in(&in->arena, t,
                                 config
                                     ? arena_printf(&in->arena, "%s/systemd/user", config)
                                     : arena_printf(&in->arena, "%s/.config/systemd/user", home));
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
        const char *seed = s->kind == DOCUMENT_SYSTEMD   ? seed_systemd
                           : s->kind == DOCUMENT_COMPOSE ? seed_compose
                                                         : "";

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

int plan_source_of(struct plan_input *in, const char *path, enum document_kind kind, bool may_make)
{
    for (size_t i = 0; i < in->source_count; i++) {
        struct plan_source *s = &in->sources[i];

        if (strcmp(s->path, path) == 0) {
            if (may_make &&
                s->err.code == ERR_NOENT) { /* asked before, as one that may be missing */
                s->err = (struct err)ERR_INIT;
                read_source(s, true);
            }
            return (int)i;
        }
    }
    if (in->source_count == PLAN_FILES) {
        return -1;
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

const char *plan_beside(struct plan_input *in, const char *path, const char *name)
{
    return arena_printf(&in->arena, "%.*s/%s", (int)(strrchr(path, '/') - path), path, name);
}

/* The version that the image of a compose service says, where the configuration says none. */
static void add_version(struct plan_input *in, struct plan_place *p, bool configured)
{
    const struct document_entry *image = plan_find_exactly(in, p, "image").entry;
    const char *version = image && image->value && !image->interpolated
                              ? image_version(&in->arena, image->value)
                              : NULL;

    for (int owner = 0; !configured && version && owner < SETTING_OWNER_COUNT; owner++) {
        if (strcmp(setting_owner_words[owner], profile_service_words[p->kind]) == 0) {
            p->host.query.versions[owner] = version;
        }
    }
}

static int place_compose(struct plan_input *in, const struct config_service *s,
                         const char *config_path, struct plan_place *p, struct err *err)
{
    const struct config_target *t = &s->config;
    const char *const *names = t->files.count ? t->files.items : &t->file;
    const char *paths[CONFIG_FILES];
    const size_t count = t->files.count ? t->files.count : 1;
    int rc = 0;

    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = absolute(in, names[i], config_path, &paths[i], err);
    }
    p->group = t->service ? t->service : s->name;
    p->host.limits = PROFILE_LIMITS_COMPOSE;
    rc = rc == 0 ? plan_project_load(in, paths, count, !t->files.count, p, err) : rc;
    if (rc < 0) {
        return rc;
    }
    add_version(in, p, s->version != NULL);
    if (p->host.query.place == SETTING_MACOS) {
        p->host.query.place = SETTING_MAC_CONTAINER;
        p->host.query.device = SETTING_CPU;
        p->host.engine.cpus = 0; /* those of the VM, where they are told */
    }
    if (p->location && p->location->engine_cpus > 0) {
        p->host.engine.cpus = p->location->engine_cpus;
    }
    if (p->location && p->location->engine_memory_bytes > 0) {
        p->host.memory_bytes = p->location->engine_memory_bytes;
    }
    return 0;
}

/* Whether limits of a user's units do anything: his manager needs control groups of version 2, and
 * the memory controller handed down to it (user@.service, Delegate=; systemd.resource-control(5)).
 */
static bool user_units_limited(void)
{
    char path[160];
    struct buf text;
    struct err ignored = ERR_INIT;
    const unsigned uid = (unsigned)caller_get()->uid;

    snprintf(path, sizeof path,
             "/sys/fs/cgroup/user.slice/user-%u.slice/user@%u.service/cgroup.controllers", uid,
             uid);
    buf_init(&text, 4096);
    const bool limited = file_read(path, &text, &ignored) == 0 && strstr(text.data, "memory");
    buf_release(&text);
    return limited;
}

static int place_of(struct plan_input *in, const struct config_service *s, const char *config_path,
                    struct plan_place *p, struct err *err)
{
    const struct config_target *t = &s->config;
    const char *path = NULL;

    if (t->type == CONFIG_COMPOSE) {
        return place_compose(in, s, config_path, p, err);
    }
    int rc = t->file ? absolute(in, t->file, config_path, &path, err) : own_file(in, t, &path, err);
    if (rc < 0) {
        return rc;
    }
    p->source = plan_source_of(in, path, kinds[t->type],
                               t->type == CONFIG_SYSTEMD || t->type == CONFIG_BREW_ENV);
    if (p->source < 0) {
        return err_set(err, ERR_CONFIG, "there are too many files");
    }
    const struct plan_source *source = &in->sources[p->source];
    if (source->err.code) {
        *err = source->err;
        return -err->code;
    }
    p->host.limits = t->type == CONFIG_SYSTEMD &&
                             (t->scope == CONFIG_SYSTEM || user_units_limited())
                         ? PROFILE_LIMITS_SYSTEMD
                         : PROFILE_LIMITS_NONE;
    if (t->type == CONFIG_SYSTEMD) {
        p->group = "Service";
        plan_unit_look(in, p, source);
    } else if (t->type == CONFIG_LAUNCHD) { /* it is one job's: its label is its group */
        p->group = source->document.count ? source->document.entries[0].group : t->label;
    }
    p->layer_count = 1;
    p->layers = arena_calloc(&in->arena, 1, sizeof *p->layers);
    p->layers[0] = (struct plan_layer){.source = p->source, .group = p->group};
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

/* A service as tunetop.yaml has it; where it names no file, or not the service, as if it named what
 * was found. */
static const struct config_service *as_configured(struct plan_input *in,
                                                  const struct config_service *s,
                                                  const struct location *l)
{
    struct config_service *made;

    if (!l || (s && s->config.type != CONFIG_TARGET_NONE)) {
        return s;
    }
    made = arena_alloc(&in->arena, sizeof *made);
    if (s) {
        *made = *s;
    } else {
        *made = (struct config_service){
            .name = l->service, .kind = l->kind, .managed = true, .priority = CONFIG_PRIORITY};
    }
    made->config = l->config;
    return made;
}

static void set_versions(struct plan_place *p, const struct config_service *s)
{
    for (int owner = 0; s->version && owner < SETTING_OWNER_COUNT; owner++) {
        if (strcmp(setting_owner_words[owner], config_kind_words[s->kind]) == 0) {
            p->host.query.versions[owner] = s->version;
        }
    }
}

struct loading {
    const struct config *config;
    const struct profile_host *hosts;
    const struct model *now;
};

/* Whoever restarts the service has to name the file of our own: the list of its files, where it was
 * started with one, does not have it. */
static const struct location *with_own_file(struct plan_input *in, const struct plan_place *p)
{
    const struct location *l = p->location;
    const size_t known = l ? l->control.file_count : 0;

    if (!p->apart || !l || l->control.type != CONTROL_COMPOSE || known == 0) {
        return l;
    }
    const char *own = in->sources[p->source].path;
    const char **files = arena_calloc(&in->arena, known + 1, sizeof *files);
    for (size_t i = 0; i < known; i++) {
        if (strcmp(l->control.files[i], own) == 0) {
            return l;
        }
        files[i] = l->control.files[i];
    }
    files[known] = own;
    struct location *more = arena_alloc(&in->arena, sizeof *more);
    *more = *l;
    more->control.files = files;
    more->control.file_count = known + 1;
    return more;
}

static void add_place(const struct loading *in, const struct config_service *named,
                      const struct location *l, struct plan_input *out)
{
    const struct config_service *s = as_configured(out, named, l);
    const bool known = s->config.type != CONFIG_TARGET_NONE;
    struct plan_place *p = &out->places[out->place_count];

    if (out->place_count == PLAN_PLACES ||
        (!known && (!l || !l->running || profile_service_of(s->kind) < 0))) {
        return;
    }
    *p = (struct plan_place){.service = s->name,
                             .kind = profile_service_of(s->kind),
                             .target = &s->config,
                             .managed = s->managed,
                             .priority = s->priority,
                             .memory_taken = memory_taken(in->now, s->name),
                             .now = model_service_find(in->now, s->name),
                             .group = "",
                             .source = -1,
                             .dotenv = -1,
                             .location = l,
                             .unlocated = !known};
    out->place_count++;
    if (p->kind < 0) {
        err_set(&p->err, ERR_UNSUPPORTED, "no profile has anything for a %s",
                config_kind_words[s->kind]);
        return;
    }
    p->host = in->hosts[p->kind];
    if (!known) {
        const char *advice = l ? l->advice : NULL;

        err_set(&p->err, ERR_STATE, "%s%s%s",
                l && l->config_why_not ? l->config_why_not : "not found", advice ? "; " : "",
                advice ? advice : "");
    } else if (s->managed && place_of(out, s, in->config->path, p, &p->err) < 0 &&
               p->err.where[0] == '\0' && s->config.place.file) {
        err_at(&p->err, "%s:%lu:%lu", s->config.place.file, s->config.place.line,
               s->config.place.column);
    }
    if (p->err.code == 0 && p->source >= 0) {
        p->location = with_own_file(out, p);
    }
    set_versions(p, s);
}

void plan_input_load(const struct config *config,
                     const struct profile_host hosts[PROFILE_SERVICE_COUNT],
                     const struct model *now, const struct locations *locations,
                     struct plan_input *out)
{
    const struct loading in = {config, hosts, now};

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < config->service_count; i++) {
        const struct config_service *s = &config->services[i];

        add_place(&in, s, locations ? locations_find(locations, s->name) : NULL, out);
    }
    for (size_t i = 0; locations && i < locations->count; i++) {
        if (!locations->of[i].configured) {
            add_place(&in, NULL, &locations->of[i], out);
        }
    }
}

void plan_input_release(struct plan_input *in)
{
    for (size_t i = 0; i < in->source_count; i++) {
        document_release(&in->sources[i].document);
    }
    for (size_t i = 0; i < in->place_count; i++) {
        plan_unit_release(&in->places[i]);
    }
    arena_release(&in->arena);
    memset(in, 0, sizeof *in);
}
