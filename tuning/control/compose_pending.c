#include "tuning/control/compose_part.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/size.h"
#include "base/utf8.h"

enum { SAYS_MAX = 256, FILE_BYTES = 4 * 1024 * 1024, NAMES_BYTES = 200 };

void compose_say(struct compose_says *s, const char *fmt, ...)
{
    char line[400], clean[400];
    va_list ap;

    if (s->count == SAYS_MAX) {
        return;
    }
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    utf8_sanitise(line, strlen(line), clean, sizeof clean, NULL);
    const char *who = s->who ? s->who : "";
    if (s->count == s->capacity) {
        const size_t capacity = s->capacity ? 2 * s->capacity : 8;
        const char **words = arena_calloc(s->arena, capacity, sizeof(*words));

        struct control_about *about = arena_calloc(s->arena, capacity, sizeof(*about));

        if (s->count > 0) {
            memcpy(words, s->words, s->count * sizeof(*words));
            memcpy(about, s->about, s->count * sizeof(*about));
        }
        s->words = words;
        s->about = about;
        s->capacity = capacity;
    }
    s->words[s->count++] = arena_printf(s->arena, "%s%s", who, clean);
}

void compose_about(struct compose_says *s, const char *name, const char *value)
{
    if (s->count > 0 && !s->who && !s->about[s->count - 1].name) {
        s->about[s->count - 1] = (struct control_about){
            arena_strdup(s->arena, name), value ? arena_strdup(s->arena, value) : NULL};
    }
}

/* ---------------------------------------------------------------- docker's: config against inspect
 */

struct compare {
    const cJSON *root, *service;
    const cJSON *image; /* Config of its inspection; NULL: not known */
    const struct container_facts *c;
    struct compose_says *out;
};

static const char *env_of(const cJSON *list, const char *name)
{
    const size_t size = strlen(name);
    const cJSON *item;

    cJSON_ArrayForEach(item, list) {
        if (cJSON_IsString(item) && strncmp(item->valuestring, name, size) == 0 &&
            item->valuestring[size] == '=') {
            return item->valuestring + size + 1;
        }
    }
    return NULL;
}

/* Values came through utf8_sanitise() on the container's side. */
static bool same_text(const char *raw, const char *clean)
{
    const size_t size = 3 * strlen(raw) + 1;
    char *copy = malloc(size);
    bool same;

    if (!copy) {
        return false;
    }
    utf8_sanitise(raw, strlen(raw), copy, size, NULL);
    same = strcmp(copy, clean) == 0;
    free(copy);
    return same;
}

static void compare_environment(const struct compare *x)
{
    /* What engines put there themselves. */
    static const char *const own[] = {"HOSTNAME", "HOME", "TERM", "container", "PATH"};
    const cJSON *environment = json_get(x->service, "environment"), *item;

    cJSON_ArrayForEach(item, environment) {
        const char *there = container_env(x->c, item->string ? item->string : "");

        if (!cJSON_IsString(item)) {
            continue; /* passed on from the shell, and not set there */
        }
        if (!there) {
            compose_say(x->out, "variable %s would be added", item->string);
            compose_about(x->out, item->string, item->valuestring);
        } else if (!same_text(item->valuestring, there)) {
            compose_say(x->out, "variable %s would change", item->string);
            compose_about(x->out, item->string, item->valuestring);
        }
    }
    for (size_t i = 0; i < x->c->env_count; i++) {
        const size_t size = strcspn(x->c->env[i], "=");
        char name[256];
        bool known = false;

        if (size >= sizeof name) {
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)size, x->c->env[i]);
        for (size_t k = 0; k < sizeof own / sizeof own[0]; k++) {
            known |= strcmp(own[k], name) == 0;
        }
        known |= cJSON_IsString(json_get(environment, name));
        if (!known && x->image && !env_of(json_get(x->image, "Env"), name)) {
            compose_say(x->out, "variable %s would go", name);
        }
    }
}

static bool same_list(const cJSON *list, const char *const *there, size_t count)
{
    size_t i = 0;
    const cJSON *item;

    cJSON_ArrayForEach(item, list) {
        if (i == count || !cJSON_IsString(item) || !same_text(item->valuestring, there[i])) {
            return false;
        }
        i++;
    }
    return i == count;
}

static void compare_command(const struct compare *x, const char *key, const char *image_key,
                            const char *const *there, size_t count)
{
    const cJSON *wanted = json_get(x->service, key);

    if (!cJSON_IsArray(wanted)) {
        if (!x->image) {
            return;
        }
        wanted = json_get(x->image, image_key);
    }
    if (!same_list(wanted, there, count)) {
        compose_say(x->out, "%s would change", key);
    }
}

/* A volume of the file has a longer name outside: "models" is "ai_models". */
static const char *volume_name(const struct compare *x, const char *source)
{
    const cJSON *volume = json_get(json_get(x->root, "volumes"), source);

    return json_text(volume, "name", source);
}

static void compare_mounts(const struct compare *x)
{
    const cJSON *mounts = json_get(x->service, "volumes"), *item;

    cJSON_ArrayForEach(item, mounts) {
        const char *target = json_text(item, "target", ""), *source = json_text(item, "source", "");
        const bool bind = strcmp(json_text(item, "type", ""), "bind") == 0;
        const bool writable = !cJSON_IsTrue(json_get(item, "read_only"));
        const struct container_mount *there = NULL;

        for (size_t i = 0; i < x->c->mount_count; i++) {
            if (strcmp(x->c->mounts[i].target, target) == 0) {
                there = &x->c->mounts[i];
            }
        }
        if (!there) {
            compose_say(x->out, "mount %s would be added", target);
        } else if (bind ? !there->source || strcmp(there->source, source) != 0
                        : source[0] && there->name &&
                              strcmp(there->name, volume_name(x, source)) != 0) {
            compose_say(x->out, "mount %s would come from %s", target, source);
        } else if (there->writable != writable) {
            compose_say(x->out, "mount %s would become %s", target,
                        writable ? "writable" : "read-only");
        }
    }
    for (size_t i = 0; i < x->c->mount_count; i++) {
        bool found = strcmp(x->c->mounts[i].type, "tmpfs") == 0;

        cJSON_ArrayForEach(item, mounts) {
            found |= strcmp(json_text(item, "target", ""), x->c->mounts[i].target) == 0;
        }
        /* An anonymous volume of the image stands in no file. */
        found |= json_get(json_get(x->image, "Volumes"), x->c->mounts[i].target) != NULL;
        if (!found) {
            compose_say(x->out, "mount %s would go", x->c->mounts[i].target);
        }
    }
}

static bool is_port(const cJSON *item, const struct container_port *p)
{
    char inside[40];
    double target = 0;

    (void)json_number(item, "target", &target);
    snprintf(inside, sizeof inside, "%.0f/%s", target, json_text(item, "protocol", "tcp"));
    const char *ip = json_text(item, "host_ip", "");
    /* Not told and "all of them" are one. */
    const bool same_ip = strcmp(ip, p->host_ip) == 0 ||
                         ((!ip[0] || strcmp(ip, "0.0.0.0") == 0) &&
                          (!p->host_ip[0] || strcmp(p->host_ip, "0.0.0.0") == 0 ||
                           strcmp(p->host_ip, "::") == 0));
    return strcmp(inside, p->inside) == 0 && same_ip &&
           strcmp(json_text(item, "published", ""), p->host_port) == 0;
}

static void compare_ports(const struct compare *x)
{
    const cJSON *ports = json_get(x->service, "ports"), *item;

    cJSON_ArrayForEach(item, ports) {
        const char *published = json_text(item, "published", "");
        bool found = !published[0] || strchr(published, '-');

        for (size_t i = 0; i < x->c->port_count; i++) {
            found |= is_port(item, &x->c->ports[i]);
        }
        if (!found) {
            compose_say(x->out, "port %s would be added", published);
        }
    }
    for (size_t i = 0; i < x->c->port_count; i++) {
        bool found = false;

        cJSON_ArrayForEach(item, ports) {
            found |= is_port(item, &x->c->ports[i]);
            found |= strchr(json_text(item, "published", ""), '-') != NULL;
        }
        if (!found) {
            compose_say(x->out, "port %s would go", x->c->ports[i].host_port);
        }
    }
}

/* A size or a number, as text or as a number. 0: it is not there. */
static double quantity(const cJSON *object, const char *key, bool size)
{
    const char *text = json_text(object, key, NULL);
    double value = 0;

    if (text && size) {
        (void)size_parse(text, strlen(text), SIZE_SETTING, &value);
    } else if (text) {
        value = strtod(text, NULL);
    } else {
        (void)json_number(object, key, &value);
    }
    return isfinite(value) ? value : 0;
}

/* NULL: 0, there is none. */
static const char *memory_text(const struct compare *x, double bytes)
{
    return bytes > 0 ? arena_printf(x->out->arena, "%.0f", bytes) : NULL;
}

static const char *cpus_text(const struct compare *x, double cpus)
{
    return cpus > 0 ? arena_printf(x->out->arena, "%.6g", cpus) : NULL;
}

static void compare_limits(const struct compare *x)
{
    const cJSON *limits = json_get(json_get(json_get(x->service, "deploy"), "resources"), "limits");
    double memory = quantity(limits, "memory", true), cpus = quantity(limits, "cpus", false);

    if (memory <= 0) {
        memory = quantity(x->service, "mem_limit", true);
    }
    if (cpus <= 0) {
        cpus = quantity(x->service, "cpus", false);
    }
    /* One byte: engines keep whole pages, or not. */
    if (fabs(memory - (double)x->c->memory_bytes) > 65536) {
        compose_say(x->out, "memory limit would become %.0f bytes instead of %lld", memory,
                    (long long)x->c->memory_bytes);
        compose_about(x->out, "mem_limit", memory_text(x, memory));
    }
    if (fabs(cpus - (double)x->c->nano_cpus / 1e9) > 0.001) {
        compose_say(x->out, "processor limit would become %g instead of %g", cpus,
                    (double)x->c->nano_cpus / 1e9);
        compose_about(x->out, "cpus", cpus_text(x, cpus));
    }
}

static void compare_image(const struct compare *x)
{
    const char *image = json_text(x->service, "image", NULL);

    if (image && strcmp(image, x->c->image) != 0) {
        compose_say(x->out, "image would become %s instead of %s", image, x->c->image);
    }
}

/* inspect prints a list of one. */
static const cJSON *image_config(const cJSON *images)
{
    return json_get(cJSON_GetArrayItem(images, 0), "Config");
}

int compose_compare(const char *config, size_t size, const char *service,
                    const struct container_facts *c, const char *image, size_t image_size,
                    struct compose_says *out, struct err *err)
{
    struct err ignored = ERR_INIT;
    cJSON *root = json_parse(config, size, err), *images;
    struct compare x = {.root = root, .c = c, .out = out};

    if (!root) {
        return -err->code;
    }
    x.service = json_get(json_get(root, "services"), service);
    if (!cJSON_IsObject(x.service)) {
        cJSON_Delete(root);
        return err_set(err, ERR_STATE, "the files have no service '%s'", service);
    }
    images = image ? json_parse(image, image_size, &ignored) : NULL;
    x.image = image_config(images);
    compare_image(&x);
    compare_environment(&x);
    compare_command(&x, "command", "Cmd", c->command, c->command_count);
    compare_command(&x, "entrypoint", "Entrypoint", c->entrypoint, c->entrypoint_count);
    compare_mounts(&x);
    compare_ports(&x);
    compare_limits(&x);
    cJSON_Delete(images);
    cJSON_Delete(root);
    return 0;
}

bool compose_unset(const char *warnings, char *out, size_t out_size)
{
    static const char after[] = "variable is not set";
    const char *at = warnings;
    bool any = false;

    out[0] = '\0';
    /* level=warning msg="The \"NAME\" variable is not set. Defaulting to a blank string." */
    while ((at = strstr(at, after)) != NULL) {
        const char *end = at, *begin;

        while (end > warnings && strchr("\\\" ", end[-1])) {
            end--;
        }
        begin = end;
        while (begin > warnings && !strchr("\\\" \n", begin[-1])) {
            begin--;
        }
        const size_t used = strlen(out);
        if (end > begin && end - begin < 100 && used + (size_t)(end - begin) + 3 < out_size) {
            char name[100];

            utf8_sanitise(begin, (size_t)(end - begin), name, sizeof name, NULL);
            if (!strstr(out, name)) {
                snprintf(out + used, out_size - used, "%s%s", any ? ", " : "", name);
            }
            any = true;
        }
        at += sizeof after - 1;
    }
    return any;
}

/* ---------------------------------------------------------------- asking */

struct asked {
    const struct control_world *w;
    const struct control_target *t;
    struct control_pending *out;
    struct compose_says says;
    struct container_facts *c;
};

static int run_compose(const struct asked *x, const char *const *words, struct control_output *said,
                       struct err *err)
{
    struct compose_argv a;

    compose_argv_init(&a, x->out->arena);
    compose_program(x->t->engine, &a);
    compose_project(x->t, &a);
    for (size_t i = 0; words[i]; i++) {
        compose_argv_add(&a, words[i]);
    }
    return compose_ask(x->w, x->t, a.of, said, err);
}

static int inspect_image(const struct asked *x, struct control_output *said, struct err *err)
{
    const char *const argv[] = {x->t->found->podman ? "podman" : "docker", "image", "inspect",
                                x->c->image, NULL};
    const int rc = compose_ask(x->w, x->t, argv, said, err);

    if (rc == -ERR_STATE) {
        return err_set(err, ERR_NOENT,
                       "image '%s' of container '%s' is not here any more, so it could not be made "
                       "again: fetch it first (%s pull %s)",
                       x->c->image, x->c->name, argv[0], x->c->image);
    }
    return rc;
}

/* The name that it was made from may mean another image by now. */
static void compare_image_id(struct asked *x, const struct control_output *image)
{
    struct err ignored = ERR_INIT;
    cJSON *images = json_parse(image->out.data, image->out.size, &ignored);
    const char *id = json_text(cJSON_GetArrayItem(images, 0), "Id", NULL);

    if (id && strncmp(id, "sha256:", 7) == 0) {
        id += 7;
    }
    if (id && x->c->image_id && strcmp(id, x->c->image_id) != 0) {
        compose_say(&x->says, "image %s is another one by now (%.12s instead of %.12s)",
                    x->c->image, id, x->c->image_id);
    }
    cJSON_Delete(images);
}

/* "ollama 93ea08c1..." */
static bool same_hash(const struct asked *x, const struct buf *printed)
{
    const char *hash = x->c->config_hash;

    return hash && strlen(hash) >= 32 && strstr(printed->data, hash) != NULL;
}

/* A container that was made with --no-deps has another hash than `config --hash` tells, because its
 * service then depends on nothing. The same line with nothing done (since 2.20) knows. */
static bool rehearsed_same(const struct asked *x, struct control_output *said)
{
    enum { DRY_RUN = 22000 };
    const char *const up[] = {"--dry-run",  "up",     "--detach", "--no-deps",
                              "--no-build", "--pull", "never",    x->t->compose_service,
                              NULL};
    struct err ignored = ERR_INIT;

    return x->t->found->version.number >= DRY_RUN && x->t->found->never_pulls &&
           run_compose(x, up, said, &ignored) == 0 && strstr(said->errors.data, "DRY-RUN") &&
           strstr(said->errors.data, "Running") && !strstr(said->errors.data, "Recreate") &&
           !strstr(said->errors.data, "Creat");
}

static int pending_docker(struct asked *x, const struct control_output *image,
                          struct control_output *said, struct err *err)
{
    const char *const hash[] = {"config", "--hash", x->t->compose_service, NULL};
    const char *const config[] = {"config", "--format", "json", NULL};
    const char *made_by = x->c->compose_version;
    char unset[NAMES_BYTES];
    int rc = run_compose(x, hash, said, err);

    if (rc != 0) {
        return rc;
    }
    if (same_hash(x, &said->out)) {
        return 0;
    }
    const char *warnings = arena_strdup(x->out->arena, said->errors.data);
    if (rehearsed_same(x, said)) {
        return 0;
    }
    if (compose_unset(warnings, unset, sizeof unset)) {
        return err_set(err, ERR_STATE,
                       "not set here, and the compose file needs it: %s (it would become empty); "
                       "set it, or write it into the .env beside the file",
                       unset);
    }
    const size_t before = x->says.count;
    rc = run_compose(x, config, said, err);
    if (rc == 0) {
        rc = compose_compare(said->out.data, said->out.size, x->t->compose_service, x->c,
                             image->out.data, image->out.size, &x->says, err);
    }
    if (rc == -ERR_PARSE || rc == -ERR_STATE) {
        /* docker-compose 1 prints YAML only. */
        x->out->known = false;
        x->out->why_not = arena_printf(x->out->arena,
                                       "the configuration is not the one that made the container, "
                                       "and what differs cannot be told: %s",
                                       err->msg);
        err_clear(err);
        return 0;
    }
    if (rc == 0 && x->says.count == before) {
        if (made_by && strcmp(made_by, x->t->found->version.text) != 0) {
            x->out->known = false;
            x->out->why_not = arena_printf(
                x->out->arena,
                "compose %s made the container and %s is here: their hashes cannot be compared "
                "(image, command, variables, mounts, ports and limits are the same)",
                made_by, x->t->found->version.text);
        } else {
            compose_say(&x->says, "something else of its configuration would change: no image, "
                                  "command, variable, mount, port or limit");
        }
    }
    return rc;
}

struct environment {
    const struct buf *dot_env;
    bool ours; /* the commands get our environment */
};

static bool is_set(void *ctx, const char *name, size_t size)
{
    const struct environment *e = ctx;
    char copy[256];

    if (size >= sizeof copy) {
        return false;
    }
    snprintf(copy, sizeof copy, "%.*s", (int)size, name);
    if (e->ours && getenv(copy)) {
        return true;
    }
    for (const char *at = e->dot_env->data; *at; at += strspn(at, "\n")) {
        at += strspn(at, " \t");
        if (strncmp(at, "export ", 7) == 0) {
            at += 7;
        }
        if (strncmp(at, copy, size) == 0 && (at[size] == '=' || at[size] == ' ')) {
            return true;
        }
        at += strcspn(at, "\n");
    }
    return false;
}

/* Names that its files need and nobody sets; podman-compose does not warn. */
static bool unset_of_files(const struct asked *x, struct buf *names)
{
    const struct control_target *t = x->t;
    struct err ignored = ERR_INIT;
    struct buf text, dot_env;
    const struct environment e = {&dot_env, t->uid < 0 || (uid_t)t->uid == geteuid()};

    buf_init(&text, FILE_BYTES);
    buf_init(&dot_env, FILE_BYTES);
    for (size_t i = 0; i < t->env_file_count; i++) {
        if (file_read(t->env_files[i], &text, &ignored) == 0) {
            buf_add(&dot_env, text.data, text.size);
            buf_putc(&dot_env, '\n');
        }
    }
    if (t->env_file_count == 0 && t->folder &&
        file_read(arena_printf(x->out->arena, "%s/.env", t->folder), &text, &ignored) == 0) {
        buf_add(&dot_env, text.data, text.size);
    }
    for (size_t i = 0; i < t->file_count; i++) {
        if (file_read(t->files[i], &text, &ignored) == 0) {
            (void)compose_unset_names(text.data, text.size, is_set, (void *)(uintptr_t)&e, names);
        }
    }
    buf_release(&text);
    buf_release(&dot_env);
    return names->size > 0;
}

/* A container that the line makes anew, or starts. */
static void compare_made(struct asked *x, const struct compose_rehearsed *said,
                         const struct compose_made *made, const struct containers *all)
{
    const struct container_facts *c = NULL;
    bool stops = strcmp(made->name, x->c->name) == 0;

    for (size_t i = 0; i < all->count && !c; i++) {
        c = strcmp(all->of[i].name, made->name) == 0 ? &all->of[i] : NULL;
    }
    for (size_t i = 0; i < said->stop_count; i++) {
        stops |= strcmp(said->stops[i], made->name) == 0;
    }
    if (c && c != x->c && !c->running) {
        compose_say(&x->says, "container %s, which is stopped, would be started", c->name);
    } else if (c && stops) {
        x->says.who = c == x->c ? NULL : arena_printf(x->out->arena, "container %s: ", c->name);
        if (!compose_words_differ(c, made->line, &x->says)) {
            x->out->known = false;
            x->out->why_not = "podman has not kept the command line that made the container";
        }
        x->says.who = NULL;
    } else if (!c) {
        compose_say(&x->says, "container %s would be made, which is not there now", made->name);
    }
}

static int pending_python(struct asked *x, const struct containers *all, struct err *err)
{
    struct compose_rehearsed said;
    struct buf names;
    const size_t before = x->says.count;
    int rc = compose_rehearse(x->w, x->t, x->out->arena, &said, err);

    if (rc != 0) {
        return rc;
    }
    if (!compose_rehearsed_line(&said, x->c->name)) {
        return err_set(err, ERR_STATE,
                       "podman-compose would not make container '%s': the files "
                       "call service '%s' otherwise",
                       x->c->name, x->t->compose_service);
    }
    for (size_t i = 0; i < said.make_count; i++) {
        compare_made(x, &said, &said.makes[i], all);
    }
    if (x->says.count == before && x->out->known) {
        return 0;
    }
    buf_init(&names, NAMES_BYTES);
    if (unset_of_files(x, &names)) {
        rc = err_set(err, ERR_STATE,
                     "not set here, and the compose file needs it: %s (it would become empty); "
                     "set it, or write it into the .env beside the file",
                     names.data);
    }
    buf_release(&names);
    return rc;
}

int compose_pending(const struct control_world *w, const struct control_target *t,
                    struct control_pending *out, struct err *err)
{
    struct asked x = {.w = w, .t = t, .out = out, .says = {.arena = out->arena}};
    struct containers all;
    struct control_output said, image;
    int rc;

    out->words = NULL;
    out->about = NULL;
    out->count = 0;
    out->known = true;
    out->why_not = NULL;
    if (!t->found) {
        return err_set(err, ERR_STATE, "service '%s' is not resolved", t->service);
    }
    rc = compose_containers(w, t, out->arena, &all, err);
    x.c = rc == 0 ? compose_pick(t, &all) : NULL;
    if (rc != 0 || !x.c) {
        return rc; /* it is down, and stays so: nothing of it changes now */
    }
    control_output_init(&said);
    control_output_init(&image);
    rc = inspect_image(&x, &image, err);
    if (rc == 0) {
        compare_image_id(&x, &image);
        rc = t->found->version.family == COMPOSE_PYTHON ? pending_python(&x, &all, err)
                                                        : pending_docker(&x, &image, &said, err);
    }
    control_output_release(&said);
    control_output_release(&image);
    out->words = x.says.words;
    out->about = x.says.about;
    out->count = x.says.count;
    return rc;
}
