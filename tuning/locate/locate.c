#include "tuning/locate/locate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/clock.h"
#include "sampling/process.h"
#include "tuning/locate/install.h"
#include "tuning/locate/locate_part.h"

static const double ALL_S = 3;

/* ---------------------------------------------------------------- what the parts share */

int finder_ask(struct finder *f, const char *const *argv, int64_t uid, double most_s,
               struct control_output *out, struct err *err)
{
    const struct control_world *w = f->env->world;
    const int64_t mine = w->now_ns(w->ctx) + (int64_t)(most_s * (double)NS_PER_S);

    return w->run(w->ctx, argv, uid, NULL, mine < f->env->deadline_ns ? mine : f->env->deadline_ns,
                  out, err);
}

void finder_note(struct finder *f, const char *what, const char *why, const char *fix)
{
    struct locations *out = f->out;

    for (size_t i = 0; i < out->note_count; i++) {
        if (strcmp(out->notes[i].what, what) == 0 && strcmp(out->notes[i].why, why) == 0) {
            return;
        }
    }
    if (out->note_count < LOCATE_NOTES) {
        out->notes[out->note_count++] = (struct locate_note){what, why, fix};
    }
}

static void add_text(struct finder *f, const char ***list, size_t *count, size_t most,
                     const char *text)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp((*list)[i], text) == 0) {
            return;
        }
    }
    if (!*list) {
        *list = arena_calloc(f->arena, most, sizeof **list);
    }
    if (*count < most) {
        (*list)[(*count)++] = text;
    }
}

void location_add_file(struct finder *f, struct location *l, const char *path)
{
    add_text(f, &l->files, &l->file_count, LOCATE_FILES, path);
}

void location_add_candidate(struct finder *f, struct location *l, const char *text)
{
    add_text(f, &l->candidates, &l->candidate_count, LOCATE_CANDIDATES, text);
}

const char *finder_short(struct finder *f, const char *path)
{
    const char *home = f->env->home;
    const size_t n = home ? strlen(home) : 0;

    return n > 1 && strncmp(path, home, n) == 0 && path[n] == '/'
               ? arena_printf(f->arena, "~%s", path + n)
               : path;
}

bool finder_exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}

int64_t finder_rights(const struct finder *f, int64_t owner)
{
    return owner < 0 || (uid_t)owner == f->env->self ? -1 : owner;
}

const char *finder_foreign(struct finder *f, const char *what, int64_t owner)
{
    const char *why = arena_printf(f->arena,
                                   "the %s is another user's (%lld): run tunetop as that user",
                                   what, (long long)owner);

    finder_note(f, what, why,
                arena_printf(f->arena, "sudo -u '#%lld' -i tunetop services", (long long)owner));
    return why;
}

void location_set_compose_files(struct finder *f, struct location *l)
{
    const size_t count = l->control.file_count;
    const char **files = arena_calloc(f->arena, count + 1, sizeof *files);

    if (count > CONFIG_FILES) {
        l->config = (struct config_target){.type = CONFIG_TARGET_NONE};
        l->config_from = NULL;
        l->config_why_not = "it is made of more compose files than are looked at";
        return;
    }
    /* As a list even where it is one: no override beside it counts that was not there. */
    memcpy(files, l->control.files, count * sizeof *files);
    l->config.files = (struct schema_list){files, count};
}

/* ---------------------------------------------------------------- nobody supervises it */

/* The command line as words, and NULL. */
static const char *const *words_of(struct finder *f, const struct service_facts *facts)
{
    size_t count = 1, n = 0;

    for (const char *at = facts->words; *at; at++) {
        count += *at == PROCESS_ARGV_SEPARATOR;
    }
    const char **argv = arena_calloc(f->arena, count + 1, sizeof *argv);
    for (const char *at = facts->words; *at;) {
        const char *stop = strchr(at, PROCESS_ARGV_SEPARATOR);

        argv[n++] = stop ? arena_strndup(f->arena, at, (size_t)(stop - at)) : at;
        at = stop ? stop + 1 : at + strlen(at);
    }
    return argv;
}

void locate_plain(struct finder *f, const struct service_facts *facts,
                  const struct locate_process *p, struct location *l)
{
    const struct install_process process = {
        .kind = facts->kind,
        .argv = words_of(f, facts),
        .folder = p->folder,
        .home = f->env->home,
        .macos = f->env->launchd,
    };
    struct install install;

    install_of(&process, f->arena, &install);
    l->install = install.what;
    if (install.kind == INSTALL_CLONE &&
        finder_exists(arena_printf(f->arena, "%s/.git", install.root))) {
        l->install = arena_printf(f->arena, "git clone in %s", finder_short(f, install.root));
    }
    l->advice = install.advice;
    if (install.file && finder_exists(install.file)) {
        location_add_file(f, l, install.file);
    }
    if (install.kind == INSTALL_CLONE || install.kind == INSTALL_OLLAMA ||
        install.kind == INSTALL_UNKNOWN) {
        l->config_why_not = l->control_why_not =
            "a plain process that nobody supervises: it was started from a shell or a script";
        return;
    }
    l->config_why_not = arena_printf(f->arena, "%s starts it and keeps its settings itself",
                                     install.kind == INSTALL_COMFY_CLI ? "comfy-cli" : "an app");
    l->control_why_not = l->config_why_not;
}

/* ---------------------------------------------------------------- what runs */

static void find_running(struct finder *f, const struct service_facts *facts, struct location *l)
{
    struct locate_process p;

    if (facts->remote) {
        l->install = "on another host";
        l->config_why_not = l->control_why_not = "it runs on another host: it is watched only";
        return;
    }
    locate_process_read(f->env, facts->pid, facts->pid_start, &p);
    if (locate_container(f, facts, &p, l) || locate_job(f, facts, &p, l) ||
        locate_unit(f, facts, &p, l)) {
        return;
    }
    if (facts->pid <= 0) {
        l->install = NULL;
        l->config_why_not = l->control_why_not =
            l->running ? "its process is not visible: it is another user's, or in a container"
                       : "it does not run";
        if (l->running && geteuid() != 0) {
            finder_note(f, l->service, "its process is another user's, or in a container",
                        "sudo tunetop services");
        }
        return;
    }
    locate_plain(f, facts, &p, l);
}

/* ---------------------------------------------------------------- what the configuration says */

static const char *place_of(struct finder *f, const struct schema_place *p)
{
    const char *slash = strrchr(p->file, '/');

    return arena_printf(f->arena, "%s:%lu:%lu", slash ? slash + 1 : p->file, p->line, p->column);
}

/* A file as tunetop.yaml has it, absolute; NULL: it cannot be. */
static const char *absolute(struct finder *f, const char *path)
{
    const char *of = f->config->path, *slash = of ? strrchr(of, '/') : NULL;

    if (!path || path[0] == '/') {
        return path;
    }
    if (strncmp(path, "~/", 2) == 0) {
        return f->env->home ? arena_printf(f->arena, "%s/%s", f->env->home, path + 2) : NULL;
    }
    return slash && of[0] == '/' ? arena_printf(f->arena, "%.*s/%s", (int)(slash - of), of, path)
                                 : NULL;
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;

    return strcmp(a, b) == 0 ||
           (stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

static bool names_file(const struct control_target *t, const char *path)
{
    for (size_t i = 0; i < t->file_count; i++) {
        if (same_file(t->files[i], path)) {
            return true;
        }
    }
    return false;
}

/* Whose rights a unit or job takes. */
static int64_t rights_of_scope(const struct finder *f, int scope)
{
    return finder_rights(f, scope == CONFIG_USER ? (int64_t)f->env->user : 0);
}

static const char *folder_of(struct finder *f, const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == path ? "/" : arena_strndup(f->arena, path, (size_t)(slash - path));
}

/* The same whether `config` or `control` of tunetop.yaml says it. */
static void unit_target(const struct finder *f, const char *unit, int scope,
                        struct control_target *c)
{
    c->type = CONTROL_SYSTEMD;
    c->unit = unit;
    c->user_scope = scope == CONFIG_USER;
    c->uid = rights_of_scope(f, scope);
}

static void job_target(const struct finder *f, const char *label, const char *domain,
                       const char *plist, struct control_target *c)
{
    c->type = CONTROL_LAUNCHD;
    c->label = label;
    c->domain = domain;
    c->plist = plist;
    c->uid = finder_rights(f, domain && strcmp(domain, "system") == 0 ? 0 : f->env->user);
}

static void formula_target(const struct finder *f, const char *formula, struct control_target *c)
{
    c->type = CONTROL_BREW;
    c->formula = formula;
    c->uid = finder_rights(f, f->env->user);
}

/* Who controls it follows from the file that its settings stand in, as far as it can. */
static void control_of_config(struct finder *f, const struct config_service *s, struct location *l)
{
    const struct config_target *t = &s->config;
    const char *file = absolute(f, t->file);
    const struct control_target found = l->control;
    struct control_target c = {.type = CONTROL_NONE, .service = l->service, .uid = -1};

    switch (t->type) {
    case CONFIG_COMPOSE:
        if (found.type == CONTROL_COMPOSE && file && names_file(&found, file)) {
            return; /* its container knows more: the project's name and its other files */
        }
        if (found.type == CONTROL_COMPOSE) {
            l->control = c;
            l->control_from = NULL;
            l->control_why_not = arena_printf(
                f->arena,
                "the container that runs was made from %s, not from the file that is "
                "configured",
                found.files[0]);
            return;
        }
        if (!file) {
            return;
        }
        c.type = CONTROL_COMPOSE;
        c.folder = folder_of(f, file);
        c.compose_service = t->service ? t->service : s->name;
        const char **files = arena_calloc(f->arena, 1, sizeof *files);
        files[0] = file;
        c.files = files;
        c.file_count = 1;
        break;
    case CONFIG_SYSTEMD:
        unit_target(f, t->unit, t->scope, &c);
        break;
    case CONFIG_LAUNCHD:
        job_target(f, t->label, t->domain, file, &c);
        break;
    case CONFIG_BREW_ENV:
        formula_target(f, t->formula, &c);
        break;
    default: /* a file alone says nothing of it: what was found stays */
        return;
    }
    l->control = c;
    l->control_from = place_of(f, &t->place);
    l->control_why_not = NULL;
}

/* A list of words, and NULL behind it. */
static const char *const *argv_of(struct finder *f, const struct schema_list *list)
{
    const char **argv = arena_calloc(f->arena, list->count + 1, sizeof *argv);

    if (list->count > 0) {
        memcpy(argv, list->items, list->count * sizeof *argv);
    }
    return argv;
}

static void control_as_told(struct finder *f, const struct config_service *s, struct location *l)
{
    const struct config_control *t = &s->control;
    struct control_target c = {.type = CONTROL_NONE, .service = l->service, .uid = -1};

    l->control_why_not = NULL;
    l->control_from = place_of(f, &t->place);
    switch (t->type) {
    case CONFIG_CONTROL_COMPOSE:
        if (l->control.type == CONTROL_COMPOSE) {
            c = l->control;
            c.engine = t->engine ? (enum control_engine)t->engine : c.engine;
        } else {
            l->control_why_not = "control by compose needs a config of type compose, or a "
                                 "container of compose that runs";
        }
        break;
    case CONFIG_CONTROL_SYSTEMD:
        unit_target(f, t->unit, t->scope, &c);
        break;
    case CONFIG_CONTROL_LAUNCHD:
        job_target(f, t->label, t->domain,
                   s->config.type == CONFIG_LAUNCHD ? absolute(f, s->config.file) : NULL, &c);
        break;
    case CONFIG_CONTROL_BREW:
        formula_target(f, t->formula, &c);
        break;
    case CONFIG_CONTROL_LMS:
        c.type = CONTROL_LMS;
        c.uid = finder_rights(f, f->env->user);
        break;
    case CONFIG_CONTROL_COMMAND:
        c.type = CONTROL_COMMAND;
        c.stop = argv_of(f, &t->stop);
        c.start = argv_of(f, &t->start);
        c.folder = f->env->home;
        c.uid = finder_rights(f, f->env->user);
        break;
    default:
        l->control_why_not = "tunetop.yaml says that it is not to be controlled";
        break;
    }
    l->control = c;
}

static void decide(struct finder *f, const struct config_service *s, struct location *l)
{
    if (s->config.type != CONFIG_TARGET_NONE) {
        const char *file = absolute(f, s->config.file);

        l->config = s->config;
        l->config_from = place_of(f, &s->config.place);
        l->config_why_not = NULL;
        control_of_config(f, s, l);
        if (file && !(l->control.type == CONTROL_COMPOSE && names_file(&l->control, file))) {
            location_add_file(f, l, file);
        }
    }
    if (s->control.place.file) {
        control_as_told(f, s, l);
    }
    if (l->config_from && l->control.type != CONTROL_NONE) {
        l->candidate_count = 0; /* it is decided */
        l->advice = NULL;
    }
}

/* ---------------------------------------------------------------- all */

static void one(struct finder *f, const struct config_service *s, const struct service_facts *facts)
{
    struct location *l = &f->out->of[f->out->count++];

    *l = (struct location){
        .configured = s,
        .running = facts && facts->state != SERVICE_DOWN,
        .config = {.type = CONFIG_TARGET_NONE},
        .control = {.uid = -1},
        .engine_cpus = NAN,
        .engine_memory_bytes = NAN,
    };
    if (s) {
        l->service = arena_strdup(f->arena, s->name);
        l->kind = s->kind;
    } else if (facts) {
        l->service = arena_strdup(f->arena, facts->name);
        l->kind = facts->kind;
    }
    l->control.service = l->service;
    if (facts) {
        find_running(f, facts, l);
    } else {
        l->config_why_not = l->control_why_not = "it does not run, so that nothing tells";
    }
    if (s) {
        decide(f, s, l);
    }
    if (l->control.type == CONTROL_COMMAND && facts) {
        l->control.pid = facts->pid > 0 ? facts->pid : l->running ? 0 : -1;
        l->control.pid_start = facts->pid_start;
    }
}

void locate(const struct config *config, const struct model *now, const struct locate_env *env,
            struct locations *out)
{
    struct locate_env kept = *env;
    struct finder f = {.config = config, .env = &kept, .out = out, .arena = &out->arena};
    const size_t running = now ? now->service_count : 0;

    memset(out, 0, sizeof *out);
    arena_init(&out->arena);
    kept.home = env->home ? arena_strdup(f.arena, env->home) : NULL; /* targets point to it */
    out->of = arena_calloc(f.arena, config->service_count + running + 1, sizeof *out->of);
    out->notes = arena_calloc(f.arena, LOCATE_NOTES, sizeof *out->notes);
    for (size_t i = 0; i < config->service_count; i++) {
        one(&f, &config->services[i], model_facts_find(now, config->services[i].name));
    }
    for (size_t i = 0; i < running; i++) {
        const struct service_facts *facts = now->services[i].facts;

        if (!locations_find(out, facts->name) && !facts->kind_unknown) {
            one(&f, NULL, facts);
        }
    }
}

const struct location *locations_find(const struct locations *l, const char *service)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->of[i].service, service) == 0) {
            return &l->of[i];
        }
    }
    return NULL;
}

void locations_release(struct locations *l)
{
    arena_release(&l->arena);
    memset(l, 0, sizeof *l);
}

void locate_env_here(struct locate_env *env, struct arena *arena)
{
    const struct control_world *w = &control_world_real;
    const struct caller *caller = caller_get();
    const char *home = getenv("HOME"); /* under sudo the caller's */

    *env = (struct locate_env){
        .world = w,
        .user = caller->uid,
        .self = caller->sudo ? LOCATE_RIGHTS_CHANGE : geteuid(),
        .root = "",
        .deadline_ns = w->now_ns(w->ctx) + (int64_t)(ALL_S * (double)NS_PER_S),
    };
#ifdef __APPLE__
    env->launchd = true;
#endif
    env->home = home && home[0] == '/' ? arena_strdup(arena, home) : NULL;
}
