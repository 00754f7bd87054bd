/*
 * What /proc says of a service's process: its control group, its file systems, its folder, and who
 * started it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/service/running_group.h"
#include "tuning/locate/locate_part.h"

/* A line of version 1 for each of a dozen controllers; paths are at most 4 KiB. */
enum { GROUP_BYTES = 64 * 1024, STAT_BYTES = 4096, STAT_PPID = 4, STAT_START = 22 };

static bool read_text(const struct locate_env *env, int32_t pid, const char *name, struct buf *out)
{
    char path[PATH_MAX];
    struct err err = ERR_INIT;
    const int n = snprintf(path, sizeof path, "%s/proc/%d/%s", env->root, (int)pid, name);

    return n > 0 && (size_t)n < sizeof path && file_read(path, out, &err) == 0;
}

static bool read_link(const struct locate_env *env, const char *who, const char *name, char *out,
                      size_t size)
{
    char path[PATH_MAX];
    const int n = snprintf(path, sizeof path, "%s/proc/%s/%s", env->root, who, name);

    out[0] = '\0';
    if (n <= 0 || (size_t)n >= sizeof path) {
        return false;
    }
    const ssize_t got = readlink(path, out, size - 1);
    if (got <= 0) {
        out[0] = '\0';
        return false;
    }
    out[got] = '\0';
    return true;
}

/* Field `wanted` of /proc/PID/stat, counted from 1. The name in field 2 may hold anything. */
static bool stat_field(const struct buf *text, int wanted, int64_t *out)
{
    const char *at = strrchr(text->data, ')');

    for (int field = 2; at && field < wanted; field++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    return at && number_i64(at, strcspn(at, " \n"), out) == 0;
}

/* Its owner, as /proc has it; -1 not known. */
static int64_t owner_of(const struct locate_env *env, int32_t pid)
{
    char path[PATH_MAX];
    struct stat st;
    const int n = snprintf(path, sizeof path, "%s/proc/%d", env->root, (int)pid);

    return n > 0 && (size_t)n < sizeof path && stat(path, &st) == 0 ? (int64_t)st.st_uid : -1;
}

/* A manager of a user's units is an ancestor of what they run, also where no user@.service started
 * it. Process 1 is the system's. */
static void read_ancestors(const struct locate_env *env, struct locate_process *p)
{
    static const char manager[] = " (systemd) ";
    struct buf text;
    int64_t parent = p->pid;

    buf_init(&text, STAT_BYTES);
    while (p->ancestor_count < LOCATE_ANCESTORS && read_text(env, (int32_t)parent, "stat", &text) &&
           stat_field(&text, STAT_PPID, &parent) && parent > 1 && parent <= INT32_MAX) {
        p->ancestors[p->ancestor_count++] = (int32_t)parent;
    }
    for (size_t i = 0; i < p->ancestor_count && !p->user_scope && !p->contained; i++) {
        const int32_t pid = p->ancestors[i];

        if (read_text(env, pid, "stat", &text) && strstr(text.data, manager)) {
            p->user_scope = true;
            p->group_uid = owner_of(env, pid);
        }
    }
    buf_release(&text);
}

/* ".../user@1000.service/app.slice/ollama.service": a unit of that user's manager. Rootless
 * containers are below it as well. */
static int64_t user_of_group(const char *text)
{
    static const char mark[] = "/user@";
    int64_t uid = -1;

    for (const char *at = text; (at = strstr(at, mark)) != NULL;) {
        at += sizeof mark - 1;
        const size_t digits = strspn(at, "0123456789");
        if (strncmp(at + digits, ".service/", 9) == 0 && number_i64(at, digits, &uid) == 0) {
            return uid;
        }
    }
    return -1;
}

static enum locate_engine engine_of_group(const char *text)
{
    if (strstr(text, "libpod")) {
        return ENGINE_PODMAN;
    }
    return strstr(text, "/docker-") || strstr(text, "/docker/") ? ENGINE_DOCKER : ENGINE_UNKNOWN;
}

static void read_group(const struct locate_env *env, struct locate_process *p)
{
    struct running_group group;
    struct buf text;

    buf_init(&text, GROUP_BYTES);
    if (read_text(env, p->pid, "cgroup", &text)) {
        running_parse_group(text.data, text.size, &group);
        utf8_copy(p->unit, sizeof p->unit, group.unit);
        utf8_copy(p->container, sizeof p->container, group.container);
        p->contained = group.contained;
        p->group_known = true;
        p->group_uid = user_of_group(text.data);
        p->user_scope = p->group_uid >= 0;
        p->engine = engine_of_group(text.data);
    }
    buf_release(&text);
}

/* Its file systems are not ours: perhaps a container whose control group does
 * not say so. Units with PrivateTmp= have file systems of their own, too: only where no unit is
 * known. */
static bool has_own_files(const struct locate_env *env, const char *who)
{
    char its[64], ours[64];

    return read_link(env, who, "ns/mnt", its, sizeof its) &&
           read_link(env, "self", "ns/mnt", ours, sizeof ours) && strcmp(its, ours) != 0;
}

void locate_process_read(const struct locate_env *env, int32_t pid, int64_t start,
                         struct locate_process *out)
{
    char who[16];
    struct buf text;
    int64_t its = 0;

    memset(out, 0, sizeof *out);
    out->pid = pid;
    out->group_uid = -1;
    if (pid <= 0) {
        return;
    }
    buf_init(&text, STAT_BYTES);
    out->seen = read_text(env, pid, "stat", &text) && stat_field(&text, STAT_START, &its) &&
                (start == 0 || its == start);
    buf_release(&text);
    if (!out->seen) {
        return;
    }
    read_group(env, out);
    read_ancestors(env, out);
    snprintf(who, sizeof who, "%d", (int)pid);
    (void)read_link(env, who, "cwd", out->folder, sizeof out->folder);
    if (!out->contained && !out->unit[0]) {
        out->contained = has_own_files(env, who);
    }
}

bool locate_process_is(const struct locate_process *p, int32_t pid)
{
    bool is = pid > 0 && p->pid == pid;

    for (size_t i = 0; i < p->ancestor_count; i++) {
        is = is || (pid > 0 && p->ancestors[i] == pid);
    }
    return is;
}
