#include "tuning/control/inspect.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"

/* The labels that docker's compose writes, and podman-compose as well so that others find it. */
#define LABEL_COMPOSE "com.docker.compose."
#define LABEL_PODMAN_COMPOSE "io.podman.compose."

enum {
    LIST_MAX = 4096,       /* entries of any list of one container: more is left out */
    CONTAINERS_MAX = 1024, /* of one answer */
    TEXT_MAX = 32768,      /* bytes of a text; no variable can be longer than 128 KiB on Linux */
};

struct texts {
    const char *const *of;
    size_t count;
};

static const char *clean_text(struct arena *arena, const char *text)
{
    size_t size = strlen(text);
    char *out;

    if (size > TEXT_MAX) {
        size = TEXT_MAX;
    }
    /* A replaced byte takes three. */
    out = arena_alloc(arena, 3 * size + 1);
    utf8_sanitise(text, size, out, 3 * size + 1, NULL);
    return out;
}

static const char *text_of(const cJSON *object, const char *key, struct arena *arena,
                           const char *fallback)
{
    const char *text = json_text(object, key, NULL);

    return text == NULL ? fallback : clean_text(arena, text);
}

static bool path_is_plain(const char *path)
{
    size_t i;

    for (i = 0; path[i] != '\0'; i++) {
        if ((unsigned char)path[i] < 0x20 || path[i] == 0x7f) {
            return false;
        }
    }
    return i > 0 && i < PATH_MAX;
}

static const char *path_of(const cJSON *object, const char *key, struct arena *arena)
{
    const char *text = json_text(object, key, NULL);

    return text == NULL || !path_is_plain(text) ? NULL : arena_strdup(arena, text);
}

static int64_t integer_of(const cJSON *object, const char *key)
{
    double value;

    if (!json_number(object, key, &value) || !(fabs(value) < 9e18)) {
        return 0;
    }
    return (int64_t)value;
}

static bool true_of(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(json_get(object, key));
}

static int64_t time_of(const cJSON *object, const char *key)
{
    const char *text = json_text(object, key, NULL);
    int64_t ns;

    /* Both engines write the year 1 for never. */
    if (text == NULL || clock_parse_rfc3339(text, &ns) != 0 || ns < 0) {
        return 0;
    }
    return ns;
}

/* A list of texts; one text alone is a list of one (podman 4 writes entry points so). */
static struct texts list_of(const cJSON *object, const char *key, struct arena *arena)
{
    const cJSON *list = json_get(object, key), *item;
    const char **of;
    struct texts out = {NULL, 0};

    if (cJSON_IsString(list) && list->valuestring[0] != '\0') {
        of = arena_alloc(arena, sizeof(*of));
        of[0] = clean_text(arena, list->valuestring);
        return (struct texts){of, 1};
    }
    if (!cJSON_IsArray(list)) {
        return out;
    }
    cJSON_ArrayForEach(item, list) {
        out.count++;
    }
    if (out.count > LIST_MAX) {
        out.count = LIST_MAX;
    }
    if (out.count == 0) {
        return out;
    }
    of = arena_calloc(arena, out.count, sizeof(*of));
    out.of = of;
    out.count = 0;
    cJSON_ArrayForEach(item, list) {
        if (out.count == LIST_MAX) {
            break;
        }
        if (cJSON_IsString(item)) {
            of[out.count++] = clean_text(arena, item->valuestring);
        }
    }
    return out;
}

/* "a,b,c": the way in which compose writes lists into labels. With `until` every entry ends there:
 * depends_on has "db:service_healthy:true". */
static struct texts split(const char *text, char until, bool paths, struct arena *arena)
{
    const char **of, *at, *end;
    struct texts out = {NULL, 0};
    size_t count = 1, size;

    if (text == NULL || text[0] == '\0') {
        return out;
    }
    for (at = text; (at = strchr(at, ',')) != NULL; at++) {
        count++;
    }
    of = arena_calloc(arena, count < LIST_MAX ? count : LIST_MAX, sizeof(*of));
    out.of = of;
    for (at = text; out.count < LIST_MAX; at = end + 1) {
        char *part;

        end = strchr(at, ',');
        size = end == NULL ? strlen(at) : (size_t)(end - at);
        part = arena_strndup(arena, at, size);
        if (until != '\0' && strchr(part, until) != NULL) {
            *strchr(part, until) = '\0';
        }
        if (part[0] != '\0' && (!paths || path_is_plain(part))) {
            of[out.count++] = paths ? part : clean_text(arena, part);
        }
        if (end == NULL) {
            break;
        }
    }
    return out;
}

static void read_labels(const cJSON *labels, struct arena *arena, struct container_facts *c)
{
    struct texts list;

    c->project = text_of(labels, LABEL_COMPOSE "project", arena, NULL);
    if (c->project == NULL) {
        c->project = text_of(labels, LABEL_PODMAN_COMPOSE "project", arena, NULL);
    }
    c->service = text_of(labels, LABEL_COMPOSE "service", arena, NULL);
    if (c->service == NULL) {
        c->service = text_of(labels, LABEL_PODMAN_COMPOSE "service", arena, NULL);
    }
    c->folder = path_of(labels, LABEL_COMPOSE "project.working_dir", arena);
    c->config_hash = text_of(labels, LABEL_COMPOSE "config-hash", arena, NULL);
    c->number = text_of(labels, LABEL_COMPOSE "container-number", arena, NULL);
    c->compose_version = text_of(labels, LABEL_COMPOSE "version", arena, NULL);
    c->one_off = strcmp(json_text(labels, LABEL_COMPOSE "oneoff", ""), "True") == 0;
    c->by_podman_compose = json_get(labels, LABEL_PODMAN_COMPOSE "project") != NULL;
    if (c->by_podman_compose && c->compose_version == NULL) {
        c->compose_version = text_of(labels, LABEL_PODMAN_COMPOSE "version", arena, NULL);
    }
    list = split(json_text(labels, LABEL_COMPOSE "project.config_files", NULL), '\0', true, arena);
    c->files = list.of;
    c->file_count = list.count;
    list = split(json_text(labels, LABEL_COMPOSE "project.environment_file", NULL), '\0', true,
                 arena);
    c->env_files = list.of;
    c->env_file_count = list.count;
    list = split(json_text(labels, LABEL_COMPOSE "depends_on", NULL), ':', false, arena);
    c->depends_on = list.of;
    c->depends_count = list.count;
    c->systemd_unit = text_of(labels, "PODMAN_SYSTEMD_UNIT", arena, NULL);
}

static void read_healthcheck(const cJSON *check, struct arena *arena,
                             struct container_healthcheck *out)
{
    struct texts test;

    if (!cJSON_IsObject(check)) {
        return;
    }
    test = list_of(check, "Test", arena);
    out->test = test.of;
    out->test_count = test.count;
    out->set = test.count > 0 && strcmp(test.of[0], "NONE") != 0;
    out->interval_ns = integer_of(check, "Interval");
    out->timeout_ns = integer_of(check, "Timeout");
    out->start_period_ns = integer_of(check, "StartPeriod");
    out->retries = integer_of(check, "Retries");
}

static void read_mounts(const cJSON *list, struct arena *arena, struct container_facts *c)
{
    struct container_mount *of;
    const cJSON *item;
    size_t count = 0;

    if (!cJSON_IsArray(list)) {
        return;
    }
    cJSON_ArrayForEach(item, list) {
        count++;
    }
    of = arena_calloc(arena, count + 1, sizeof(*of));
    c->mounts = of;
    cJSON_ArrayForEach(item, list) {
        struct container_mount *m = &of[c->mount_count];

        m->target = path_of(item, "Destination", arena);
        if (m->target == NULL || c->mount_count == LIST_MAX) {
            continue;
        }
        m->type = text_of(item, "Type", arena, "");
        m->name = text_of(item, "Name", arena, NULL);
        m->source = path_of(item, "Source", arena);
        m->writable = true_of(item, "RW");
        c->mount_count++;
    }
}

/* What is asked for rather than what is bound now: a container that is down has none bound. */
static void read_ports(const cJSON *ports, struct arena *arena, struct container_facts *c)
{
    struct container_port *of;
    const cJSON *inside, *item;
    size_t count = 0;

    if (!cJSON_IsObject(ports)) {
        return;
    }
    cJSON_ArrayForEach(inside, ports) {
        cJSON_ArrayForEach(item, inside) {
            count++;
        }
    }
    of = arena_calloc(arena, count + 1, sizeof(*of));
    c->ports = of;
    cJSON_ArrayForEach(inside, ports) {
        cJSON_ArrayForEach(item, inside) {
            struct container_port *p = &of[c->port_count];

            if (c->port_count == LIST_MAX || inside->string == NULL || !cJSON_IsObject(item)) {
                continue;
            }
            p->inside = clean_text(arena, inside->string);
            p->host_ip = text_of(item, "HostIp", arena, "");
            p->host_port = text_of(item, "HostPort", arena, "");
            c->port_count++;
        }
    }
}

static void read_limits(const cJSON *host, struct arena *arena, struct container_facts *c)
{
    int64_t quota = integer_of(host, "CpuQuota"), period = integer_of(host, "CpuPeriod");

    c->memory_bytes = integer_of(host, "Memory");
    c->memory_reservation_bytes = integer_of(host, "MemoryReservation");
    c->memory_swap_bytes = integer_of(host, "MemorySwap");
    c->nano_cpus = integer_of(host, "NanoCpus");
    if (c->nano_cpus == 0 && quota > 0 && period > 0) {
        c->nano_cpus = (int64_t)((double)quota / (double)period * 1e9);
    }
    c->cpu_shares = integer_of(host, "CpuShares");
    c->pids_limit = integer_of(host, "PidsLimit");
    c->cpuset = text_of(host, "CpusetCpus", arena, "");
    c->restart_policy = text_of(json_get(host, "RestartPolicy"), "Name", arena, "");
    c->network_mode = text_of(host, "NetworkMode", arena, "");
}

static void read_health(const cJSON *health, struct arena *arena, struct container_facts *c)
{
    static const char *const words[] = {
        [CONTAINER_STARTING] = "starting",
        [CONTAINER_HEALTHY] = "healthy",
        [CONTAINER_UNHEALTHY] = "unhealthy",
    };
    const char *status = json_text(health, "Status", "");
    const cJSON *log = json_get(health, "Log"), *last = NULL, *item;
    const char *output;
    size_t i;

    for (i = CONTAINER_STARTING; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(status, words[i]) == 0) {
            c->health = (enum container_health)i;
        }
    }
    c->failing_streak = integer_of(health, "FailingStreak");
    if (cJSON_IsArray(log)) {
        cJSON_ArrayForEach(item, log)
            last = item;
    }
    c->probed_wall_ns = time_of(last, "Start");
    output = json_text(last, "Output", "");
    c->health_output = clean_text(arena, arena_strndup(arena, output, strcspn(output, "\r\n")));
}

static void read_state(const cJSON *state, struct arena *arena, struct container_facts *c)
{
    const cJSON *health = json_get(state, "Health");
    int64_t pid = integer_of(state, "Pid"), code = integer_of(state, "ExitCode");

    c->status = text_of(state, "Status", arena, "");
    c->running = true_of(state, "Running");
    c->restarting = true_of(state, "Restarting");
    c->paused = true_of(state, "Paused");
    c->oom_killed = true_of(state, "OOMKilled");
    c->pid = pid > 0 && pid <= INT32_MAX ? (int32_t)pid : 0;
    c->started_wall_ns = time_of(state, "StartedAt");
    c->finished_wall_ns = time_of(state, "FinishedAt");
    c->exit_code = code >= 0 && code <= 255 ? (int)code : -1;
    c->error = text_of(state, "Error", arena, "");
    c->cgroup = path_of(state, "CgroupPath", arena);
    if (health == NULL) {
        health = json_get(state, "Healthcheck"); /* podman up to 3 */
    }
    read_health(health, arena, c);
}

static bool id_is_plain(const char *id)
{
    size_t size = strlen(id);

    return size >= 12 && size <= 64 && strspn(id, "0123456789abcdef") == size;
}

static bool read_one(const cJSON *item, struct arena *arena, struct container_facts *c)
{
    const cJSON *config = json_get(item, "Config"), *host = json_get(item, "HostConfig");
    const char *id = json_text(item, "Id", ""), *name = json_text(item, "Name", ""), *image;
    struct texts list;

    /* The id goes into command lines, so it must be one. An image's inspection has no state. */
    if (!id_is_plain(id) || !cJSON_IsObject(json_get(item, "State"))) {
        return false;
    }
    c->id = arena_strdup(arena, id);
    c->name = clean_text(arena, name[0] == '/' ? name + 1 : name);
    c->image = text_of(config, "Image", arena, NULL);
    if (c->image == NULL) {
        c->image = text_of(item, "ImageName", arena, "");
    }
    image = json_text(item, "Image", NULL);
    if (image != NULL && strncmp(image, "sha256:", 7) == 0) {
        image += 7;
    }
    c->image_id = image == NULL ? NULL : clean_text(arena, image);
    c->podman = json_get(item, "ConmonPidFile") != NULL || json_get(item, "OCIRuntime") != NULL;
    c->created_wall_ns = time_of(item, "Created");
    c->restarts = integer_of(item, "RestartCount");
    read_labels(json_get(config, "Labels"), arena, c);
    list = list_of(config, "Env", arena);
    c->env = list.of;
    c->env_count = list.count;
    list = list_of(config, "Cmd", arena);
    c->command = list.of;
    c->command_count = list.count;
    list = list_of(config, "Entrypoint", arena);
    c->entrypoint = list.of;
    c->entrypoint_count = list.count;
    list = list_of(config, "CreateCommand", arena);
    c->created_by = list.of;
    c->created_by_count = list.count;
    list = list_of(item, "Dependencies", arena);
    c->requires = list.of;
    c->requires_count = list.count;
    read_limits(host, arena, c);
    read_healthcheck(json_get(config, "Healthcheck"), arena, &c->healthcheck);
    read_mounts(json_get(item, "Mounts"), arena, c);
    read_ports(json_get(host, "PortBindings"), arena, c);
    read_state(json_get(item, "State"), arena, c);
    return true;
}

int containers_read(const char *json, size_t size, struct arena *arena, struct containers *out,
                    struct err *err)
{
    cJSON *root = json_parse(json, size, err);
    const cJSON *item;
    size_t count = 0;

    *out = (struct containers){NULL, 0};
    if (root == NULL) {
        return -err->code;
    }
    if (!cJSON_IsArray(root)) {
        cJSON_Delete(root);
        return err_set(err, ERR_PARSE, "what the engine printed is no list of containers");
    }
    cJSON_ArrayForEach(item, root)
        count++;
    if (count > CONTAINERS_MAX) {
        count = CONTAINERS_MAX;
    }
    out->of = arena_calloc(arena, count + 1, sizeof(*out->of));
    cJSON_ArrayForEach(item, root) {
        if (out->count == count) {
            break;
        }
        if (read_one(item, arena, &out->of[out->count])) {
            out->count++;
        } else {
            memset(&out->of[out->count], 0, sizeof(out->of[out->count]));
        }
    }
    cJSON_Delete(root);
    return 0;
}

const char *container_env(const struct container_facts *c, const char *name)
{
    size_t size = strlen(name), i;

    for (i = 0; i < c->env_count; i++) {
        if (strncmp(c->env[i], name, size) == 0 && c->env[i][size] == '=') {
            return c->env[i] + size + 1;
        }
    }
    return NULL;
}

/* Where podman-compose was called: it records the files as they were typed there, and as `folder`
 * that of the first file. NULL: it cannot be told. */
static const char *typed_in(const struct container_facts *c, struct arena *arena)
{
    const char *first = c->file_count > 0 ? c->files[0] : "", *slash = strrchr(first, '/');
    const size_t folder = strlen(c->folder), dir = slash ? (size_t)(slash - first) : 0;

    if (!c->by_podman_compose || first[0] == '/' || dir == 0) {
        return c->folder;
    }
    if (dir + 1 < folder && c->folder[folder - dir - 1] == '/' &&
        strncmp(c->folder + folder - dir, first, dir) == 0) {
        return arena_strndup(arena, c->folder, folder - dir - 1);
    }
    return NULL;
}

const char *container_path(const struct container_facts *c, const char *path, struct arena *arena)
{
    const char *base;

    if (path[0] == '/') {
        return path;
    }
    if (!c->folder || c->folder[0] != '/') {
        return NULL;
    }
    base = typed_in(c, arena);
    if (!base && c->file_count > 0 && path == c->files[0]) {
        const char *slash = strrchr(path, '/');

        base = c->folder;
        path = slash ? slash + 1 : path;
    }
    if (!base) {
        return NULL;
    }
    if (strncmp(path, "./", 2) == 0) {
        path += 2;
    }
    return arena_printf(arena, "%s%s%s", base, base[strlen(base) - 1] == '/' ? "" : "/", path);
}
