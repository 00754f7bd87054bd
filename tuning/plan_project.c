/*
 * What a service of a compose project is made from, in the order in which it counts: the sections
 * of what it extends, its own section of each file of the project (a later file wins), and below
 * all of them its env_files. The rules are those of the Compose specification and of docker compose
 * 2.24: `extends` is followed in each file by itself, paths start from the folder of the first
 * file, or of the file that is extended.
 */
#include <string.h>
#include <unistd.h>

#include "base/nearest.h"
#include "tuning/plan_layers.h"
#include "tuning/plan_source.h"

/* Services of a file among which a near name is looked for; how far `extends` is followed; services
 * that name one env_file. */
enum { GROUPS_MAX = 512, EXTENDS_MAX = 16, USERS_MAX = 64 };

/* Looked for in this order (docker compose 2.24, podman-compose 1.0 to 1.6 know them as well). */
static const char *const base_names[] = {"compose.yaml", "compose.yml", "docker-compose.yml",
                                         "docker-compose.yaml", NULL};
static const char *const override_names[] = {"compose.override.yml", "compose.override.yaml",
                                             "docker-compose.override.yml",
                                             "docker-compose.override.yaml", NULL};

struct project {
    struct plan_input *in;
    struct plan_place *p;
    struct plan_layer env_files[PLAN_LAYERS];
    size_t env_file_count;
    struct plan_layer sections[PLAN_LAYERS];
    size_t section_count;
    int files[CONFIG_FILES + 2]; /* of the project, with overrides */
    size_t file_count;
};

/* ---------------------------------------------------------------- names of files */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Whether the engine takes this file of its folder when no -f names one. */
static bool is_discovered(struct plan_input *in, const char *path)
{
    for (size_t i = 0; base_names[i]; i++) {
        if (strcmp(base_of(path), base_names[i]) == 0) {
            return true;
        }
        if (is_there(plan_beside(in, path, base_names[i]))) {
            return false;
        }
    }
    return false;
}

/* The override file that the engine reads of itself; NULL: there is none. */
static const char *override_beside(struct plan_input *in, const char *path)
{
    for (size_t i = 0; override_names[i]; i++) {
        const char *name = plan_beside(in, path, override_names[i]);

        if (is_there(name)) {
            return name;
        }
    }
    return NULL;
}

static bool is_ours(const struct plan_source *s)
{
    return strncmp(s->document.text ? s->document.text : "", plan_own_mark,
                   strlen(plan_own_mark)) == 0;
}

/* ---------------------------------------------------------------- a section and what it names */

/* A path as a compose file has it, from the folder of the file `from`; NULL: not to be told. */
static const char *path_from(struct plan_input *in, const char *from,
                             const struct document_entry *e)
{
    const char *path = e->value;

    if (!path || !*path || e->interpolated || path[0] == '~') {
        return NULL;
    }
    while (strncmp(path, "./", 2) == 0) {
        path += 2;
    }
    return path[0] == '/' ? path : plan_beside(in, from, path);
}

/* Whether the entry names an env_file: "env_file", "env_file[1]", "env_file[1].path". */
static bool is_env_file(const struct document_entry *e)
{
    const char *rest = e->name + strlen("env_file");

    if (e->kind != ENTRY_KEY || strncmp(e->name, "env_file", strlen("env_file")) != 0) {
        return false;
    }
    const char *close = *rest == '[' ? strchr(rest, ']') : NULL;
    return !*rest || (close && (!close[1] || strcmp(close + 1, ".path") == 0));
}

/* Whether the service, or what it extends in the same file, names the env_file. */
static bool names_file(struct project *j, const struct document *d, const char *group,
                       const char *from, const struct plan_source *file)
{
    for (size_t depth = 0; group && depth < EXTENDS_MAX; depth++) {
        for (size_t i = 0; i < d->count; i++) {
            const struct document_entry *e = &d->entries[i];
            const char *path = is_env_file(e) && strcmp(e->group, group) == 0
                                   ? path_from(j->in, from, e)
                                   : NULL;

            if (path && (strcmp(path, file->path) == 0 || strcmp(path, file->real_path) == 0)) {
                return true;
            }
        }
        group = plan_extended(d, group);
    }
    return false;
}

/* Other services of the file that have the same env_file. */
static void add_users(struct project *j, struct plan_layer *l, const struct document *d,
                      const char *from)
{
    const char *last = j->p->group;

    l->users = arena_calloc(&j->in->arena, USERS_MAX, sizeof *l->users);
    for (size_t i = 0; i < d->count && l->user_count < USERS_MAX; i++) {
        const char *group = d->entries[i].group; /* a service's entries stand together */

        if (*group && strcmp(group, j->p->group) != 0 && strcmp(group, last) != 0 &&
            names_file(j, d, group, from, &j->in->sources[l->source])) {
            l->users[l->user_count++] = group;
        }
        last = *group ? group : last;
    }
}

static bool is_raw(const struct document *d, const char *group, const char *item)
{
    char name[64];
    const size_t size = strcspn(item, "]");

    if (strchr(item, '[') == NULL || size + sizeof "].format" > sizeof name) {
        return false;
    }
    memcpy(name, item, size);
    memcpy(name + size, "].format", sizeof "].format");
    const struct document_entry *format = document_find(d, group, name);
    return format && format->value && strcmp(format->value, "raw") == 0;
}

/* One that cannot be read, or is not there, is none: a value that is put above it wins. */
static int add_env_files(struct project *j, int source, const char *group, const char *from,
                         struct err *err)
{
    const struct document *d = &j->in->sources[source].document;

    for (size_t i = 0; i < d->count; i++) {
        const struct document_entry *e = &d->entries[i];
        const char *path = strcmp(e->group, group) == 0 && is_env_file(e)
                               ? path_from(j->in, from, e)
                               : NULL;

        if (!path) {
            continue;
        }
        const int file = plan_source_of(j->in, path, DOCUMENT_ENV, false);
        if (file < 0 || j->env_file_count == PLAN_LAYERS / 2) {
            return err_set(err, ERR_CONFIG, "'%s' names too many files", d->file);
        }
        const struct plan_source *s = &j->in->sources[file];
        if (s->err.code || !s->exists) {
            continue;
        }
        struct plan_layer *l = &j->env_files[j->env_file_count++];
        *l = (struct plan_layer){
            .source = file,
            /* What such a file has in quotes has them in its value: it is not written to. */
            .kind = is_raw(d, group, e->name) ? PLAN_LAYER_INHERITED : PLAN_LAYER_ENV_FILE,
            .group = ""};
        add_users(j, l, d, from);
    }
    return 0;
}

static int add_section(struct project *j, int source, const char *group, const char *from,
                       enum plan_layer_kind kind, unsigned depth, struct err *err);

/* What the section extends comes first, below it. */
static int add_extended(struct project *j, int source, const char *group, const char *from,
                        unsigned depth, struct err *err)
{
    const struct document *d = &j->in->sources[source].document;
    const struct document_entry *service = document_find(d, group, "extends");
    const struct document_entry *file = document_find(d, group, "extends.file");

    service = service ? service : document_find(d, group, "extends.service");
    if (!service) {
        return 0;
    }
    if (!service->value || service->interpolated || (file && !path_from(j->in, from, file))) {
        return err_set(err, ERR_UNSUPPORTED, "'%s': what '%s' extends cannot be told", d->file,
                       group);
    }
    if (depth == EXTENDS_MAX) {
        return err_set(err, ERR_CONFIG, "'%s': '%s' extends itself, or too many", d->file, group);
    }
    if (file) {
        from = path_from(j->in, from, file);
        source = plan_source_of(j->in, from, DOCUMENT_COMPOSE, false);
        if (source < 0) {
            return err_set(err, ERR_CONFIG, "'%s' names too many files", d->file);
        }
        if (j->in->sources[source].err.code) {
            *err = j->in->sources[source].err;
            return -err->code;
        }
    }
    return add_section(j, source, service->value, from, PLAN_LAYER_INHERITED, depth + 1, err);
}

static bool has_group(const struct document *d, const char *group)
{
    for (size_t i = 0; i < d->count; i++) {
        if (strcmp(d->entries[i].group, group) == 0) {
            return true;
        }
    }
    return false;
}

/* That the file has no such service, and which one it may be. */
static int no_group(const struct document *d, const char *group, struct err *err)
{
    const char *names[GROUPS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < d->count && count < GROUPS_MAX; i++) {
        const char *name = d->entries[i].group;

        if (*name && (count == 0 || strcmp(names[count - 1], name) != 0)) {
            names[count++] = name;
        }
    }
    const char *near = nearest_name(group, names, count);
    return err_set(err, ERR_CONFIG, "'%s' has no service '%s'%s%s%s", d->file, group,
                   near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int add_section(struct project *j, int source, const char *group, const char *from,
                       enum plan_layer_kind kind, unsigned depth, struct err *err)
{
    const struct document *d = &j->in->sources[source].document;

    if (kind == PLAN_LAYER_INHERITED && !has_group(d, group)) {
        return no_group(d, group, err);
    }
    int rc = add_extended(j, source, group, from, depth, err);
    rc = rc == 0 ? add_env_files(j, source, group, from, err) : rc;
    if (rc < 0) {
        return rc;
    }
    if (j->section_count == PLAN_LAYERS / 2) {
        return err_set(err, ERR_CONFIG, "'%s': '%s' has too many parts", d->file, group);
    }
    j->sections[j->section_count++] = (struct plan_layer){
        .source = source, .kind = kind, .group = arena_strdup(&j->in->arena, group)};
    return 0;
}

/* ---------------------------------------------------------------- the files of a project */

/* A file of the project. */
static int add_file(struct project *j, const char *path, const char *first, int *source,
                    struct err *err)
{
    *source = plan_source_of(j->in, path, DOCUMENT_COMPOSE, false);
    if (*source < 0) {
        return err_set(err, ERR_CONFIG, "there are too many files");
    }
    const struct plan_source *s = &j->in->sources[*source];
    if (s->err.code) {
        *err = s->err;
        return -err->code;
    }
    j->files[j->file_count++] = *source;
    return has_group(&s->document, j->p->group)
               ? add_section(j, *source, j->p->group, first, PLAN_LAYER_OWN, 0, err)
               : 0;
}

/* "compose.yaml": "compose.tunetop.yml". */
static const char *own_name(struct plan_input *in, const char *path)
{
    const char *base = base_of(path), *dot = strrchr(base, '.');
    const size_t size = dot && dot > base ? (size_t)(dot - base) : strlen(base);

    return plan_beside(in, path, arena_printf(&in->arena, "%.*s.tunetop.yml", (int)size, base));
}

/* How the project has to be started for our own file to be read. */
static const char *note_of(struct plan_input *in, const char *const *paths, size_t count,
                           const char *override, const char *own)
{
    const char *note = arena_printf(&in->arena, "a plain 'up' does not read it; start with");

    for (size_t i = 0; i < count; i++) {
        note = arena_printf(&in->arena, "%s -f %s", note, paths[i]);
    }
    return arena_printf(&in->arena, "%s%s%s -f %s", note, override ? " -f " : "",
                        override ? override : "", own);
}

/* The file into which everything goes with write: override. */
static int add_own(struct project *j, const char *const *paths, size_t count, bool discovered,
                   const char *override, int last, struct err *err)
{
    struct plan_input *in = j->in;
    const char *note = NULL, *path = in->sources[last].path;
    int source = last;

    if (!(override || count > 1) || !is_ours(&in->sources[last])) {
        if (discovered && !override) {
            path = plan_beside(in, paths[0],
                               strncmp(base_of(paths[0]), "docker-", strlen("docker-")) == 0
                                   ? "docker-compose.override.yml"
                                   : "compose.override.yml");
        } else {
            path = own_name(in, paths[0]);
            note = note_of(in, paths, count, override, path);
        }
        source = plan_source_of(in, path, DOCUMENT_COMPOSE, true);
        if (source < 0) {
            return err_set(err, ERR_CONFIG, "there are too many files");
        }
    }
    struct plan_source *s = &in->sources[source];
    if (s->err.code) {
        *err = s->err;
        return -err->code;
    }
    if (!is_ours(s)) {
        return err_set(err, ERR_STATE, "'%s' is there and was not written by tunetop", path);
    }
    s->note = note;
    if (j->section_count == 0 || j->sections[j->section_count - 1].source != source) {
        return add_section(j, source, j->p->group, paths[0], PLAN_LAYER_OWN, 0, err);
    }
    return 0;
}

/* Services of other files of the project that extend the section. */
static void add_extending(struct project *j, struct plan_layer *l, const char *first)
{
    const struct plan_source *s = &j->in->sources[l->source];

    l->users = arena_calloc(&j->in->arena, USERS_MAX, sizeof *l->users);
    for (size_t k = 0; k < j->file_count; k++) {
        const struct document *d = &j->in->sources[j->files[k]].document;

        for (size_t i = 0; i < d->count && l->user_count < USERS_MAX; i++) {
            const struct document_entry *e = &d->entries[i];
            const bool names = e->kind == ENTRY_KEY && strcmp(e->name, "extends.file") == 0;
            const char *path = names ? path_from(j->in, first, e) : NULL;
            const struct document_entry *service =
                path ? document_find(d, e->group, "extends.service") : NULL;

            if (service && service->value && strcmp(service->value, l->group) == 0 &&
                strcmp(e->group, j->p->group) != 0 &&
                (strcmp(path, s->path) == 0 || strcmp(path, s->real_path) == 0)) {
                l->users[l->user_count++] = e->group;
            }
        }
    }
}

static void finish(struct project *j, const char *first)
{
    struct plan_place *p = j->p;

    p->layer_count = j->env_file_count + j->section_count;
    p->layers = arena_calloc(&j->in->arena, p->layer_count, sizeof *p->layers);
    if (j->env_file_count) {
        memcpy(p->layers, j->env_files, j->env_file_count * sizeof *p->layers);
    }
    memcpy(p->layers + j->env_file_count, j->sections, j->section_count * sizeof *p->layers);
    int *files = arena_calloc(&j->in->arena, j->file_count, sizeof *files);
    memcpy(files, j->files, j->file_count * sizeof *files);
    p->files = files;
    p->file_count = j->file_count;
    p->home = p->layer_count - 1;
    for (size_t i = p->layer_count; i > 0 && !p->apart; i--) {
        if (p->layers[i - 1].kind == PLAN_LAYER_OWN) {
            p->home = i - 1;
        }
    }
    p->source = p->layers[p->home].source;
    for (size_t i = 0; i < p->layer_count; i++) {
        if (p->layers[i].kind == PLAN_LAYER_OWN) {
            add_extending(j, &p->layers[i], first);
        }
    }
}

/* What fills ${NAME}: the --env-file that its container was made with (the last one wins), else the
 * .env of the project's folder, which is that of the first file unless it was said otherwise. */
static const char *dotenv_of(struct plan_input *in, const struct plan_place *p, const char *first)
{
    const struct control_target *t = p->location ? &p->location->control : NULL;

    if (t && t->type == CONTROL_COMPOSE && t->env_file_count > 0) {
        return t->env_files[t->env_file_count - 1];
    }
    return t && t->type == CONTROL_COMPOSE && t->folder
               ? arena_printf(&in->arena, "%s/.env", t->folder)
               : plan_beside(in, first, ".env");
}

int plan_project_load(struct plan_input *in, const char *const *paths, size_t count,
                      bool discovered, struct plan_place *p, struct err *err)
{
    struct project j = {.in = in, .p = p};
    const char *override;
    int rc = 0, first = -1, last = -1;

    discovered = discovered && is_discovered(in, paths[0]);
    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = add_file(&j, paths[i], paths[0], &last, err);
        first = first < 0 ? last : first;
    }
    p->source = first;
    override = rc == 0 && discovered ? override_beside(in, paths[0]) : NULL;
    if (override) {
        rc = add_file(&j, override, paths[0], &last, err);
    }
    if (rc == 0 && j.section_count == 0) {
        rc = no_group(&in->sources[first].document, p->group, err);
    }
    p->apart = p->target->write == CONFIG_OVERRIDE;
    if (rc == 0 && p->apart) {
        rc = add_own(&j, paths, count, discovered, override, last, err);
    }
    if (rc == 0) {
        p->dotenv = plan_source_of(in, dotenv_of(in, p, paths[0]), DOCUMENT_ENV, true);
        finish(&j, paths[0]);
    }
    return rc;
}
