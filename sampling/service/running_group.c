/*
 * What the control group of a process tells of how it was started: its systemd unit, its container.
 *
 * The name of a group is free text that an engine or systemd chose. Forms that were seen:
 *   /system.slice/ollama.service                                     a unit
 *   /user.slice/user-1000.slice/user@1000.service/app.slice/x.service  a unit of a user
 *   /system.slice/docker-ID.scope, /docker/ID                        Docker, by cgroup driver
 *   /machine.slice/libpod-ID.scope/container                         Podman
 *   /system.slice/x.service/libpod-payload-ID                        Podman inside a unit
 *   /kubepods.slice/.../cri-containerd-ID.scope, crio-ID.scope, /kubepods/.../ID
 *   /lxc.payload.NAME, /lxc/NAME, /machine.slice/systemd-nspawn@NAME.service
 */
#include "sampling/service/running_group.h"

#include <ctype.h>
#include <string.h>

#include "base/utf8.h"

/* What engines call a container: 64 hexadecimal digits; its short form has 12. */
enum { CONTAINER_ID_LEAST = 12, CONTAINER_ID_MOST = 64 };

static bool has_prefix(const char *text, size_t size, const char *prefix)
{
    return size > strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

static bool has_suffix(const char *text, size_t size, const char *suffix)
{
    size_t n = strlen(suffix);
    return size > n && memcmp(text + size - n, suffix, n) == 0;
}

static bool is_id(const char *text, size_t size, size_t least)
{
    if (size < least || size > CONTAINER_ID_MOST)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!isxdigit((unsigned char)text[i]))
            return false;
    }
    return true;
}

static void keep(char *out, size_t out_size, const char *text, size_t size)
{
    utf8_sanitise(text, size, out, out_size, NULL);
}

/* "docker-ID.scope" and its like. */
static bool take_engine(const char *part, size_t size, struct running_group *out)
{
    static const char *const engines[] = {"docker-",         "libpod-payload-", "libpod-",
                                          "cri-containerd-", "crio-",           "nerdctl-"};
    if (has_suffix(part, size, ".scope"))
        size -= strlen(".scope");
    for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
        size_t n = strlen(engines[i]);
        if (has_prefix(part, size, engines[i]) && is_id(part + n, size - n, CONTAINER_ID_LEAST)) {
            keep(out->container, sizeof(out->container), part + n, size - n);
            return true;
        }
    }
    return false;
}

/* A container that has a name instead of a number. */
static bool take_named(const char *parent, size_t parent_size, const char *part, size_t size,
                       struct running_group *out)
{
    static const char *const heads[] = {"lxc.payload.", "systemd-nspawn@"};
    if (parent_size == 3 && memcmp(parent, "lxc", 3) == 0) {
        keep(out->container, sizeof(out->container), part, size);
        return true;
    }
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        size_t n = strlen(heads[i]);
        if (has_prefix(part, size, heads[i])) {
            part += n;
            size -= n; /* first: "lxc.payload.service" shares its dot with the suffix */
            size -= has_suffix(part, size, ".service") ? strlen(".service") : 0;
            keep(out->container, sizeof(out->container), part, size);
            return true;
        }
    }
    return false;
}

/* user@1000.service is the manager of a user's units, not the unit of what it started. */
static bool is_unit(const char *part, size_t size)
{
    return has_suffix(part, size, ".service") && !has_prefix(part, size, "user@");
}

/* The group of all pods of a Kubernetes node, or a class of them. */
static bool is_pods(const char *name, size_t size)
{
    return has_prefix(name, size, "kubepods") || (size == 8 && memcmp(name, "kubepods", 8) == 0);
}

static void take_path(const char *path, size_t size, struct running_group *out)
{
    const char *parent = "", *end = path + size;
    size_t parent_size = 0;
    while (path < end) {
        const char *slash = memchr(path, '/', (size_t)(end - path));
        size_t n = (size_t)((slash != NULL ? slash : end) - path);
        if (take_engine(path, n, out) || take_named(parent, parent_size, path, n, out) ||
            is_pods(path, n)) {
            out->contained = true;
        } else if (is_id(path, n, CONTAINER_ID_MOST)) { /* below "docker", a pod, ... */
            keep(out->container, sizeof(out->container), path, n);
            out->contained = true;
        } else if (!out->contained && is_unit(path, n)) {
            /* The deepest one counts; those inside a container are unknown to systemctl here. */
            keep(out->unit, sizeof(out->unit), path, n);
        }
        parent = path;
        parent_size = n;
        path += n + (slash != NULL ? 1 : 0);
    }
}

void running_parse_group(const char *text, size_t size, struct running_group *out)
{
    const char *end = text + size;
    memset(out, 0, sizeof(*out));
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((stop != NULL ? stop : end) - text);
        const char *colon = memchr(text, ':', n);
        const char *second = colon != NULL ? memchr(colon + 1, ':', n - (size_t)(colon + 1 - text))
                                           : NULL;
        if (second != NULL) {
            struct running_group one = {0};
            take_path(second + 1, n - (size_t)(second + 1 - text), &one);
            /* Version 1 has a line a controller; what any of them tells is told. */
            if (out->unit[0] == '\0')
                memcpy(out->unit, one.unit, sizeof(out->unit));
            if (out->container[0] == '\0')
                memcpy(out->container, one.container, sizeof(out->container));
            out->contained = out->contained || one.contained;
        }
        text += n + (stop != NULL ? 1 : 0);
    }
}

const char *running_group_install(const struct running_group *g)
{
    return g->contained ? "container" : g->unit[0] != '\0' ? "systemd" : "process";
}
