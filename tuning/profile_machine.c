/*
 * Where the services of a machine run, as far as the model tells: their versions, the container or
 * unit that they are in.
 */
#include <math.h>
#include <string.h>

#include "tuning/profile.h"

/* "macOS 15.1 (24B83)": the version, copied by nobody; NULL when the system is another one. */
static const char *macos_version(const struct model *m)
{
    static const char head[] = "macOS ";
    return strncmp(m->host.os, head, sizeof head - 1) == 0 ? m->host.os + sizeof head - 1 : NULL;
}

static void add_versions(struct profile_query *q, int owner, const char *version)
{
    for (int i = 0; version && *version && i < PROFILE_SERVICE_COUNT; i++) {
        const char **slot = &q->hosts[i].query.versions[owner];
        *slot = *slot ? *slot : version;
    }
}

/* "PyTorch 2.11.0" */
static void add_runtime(struct profile_query *q, const char *runtime)
{
    static const char torch[] = "PyTorch ";
    if (strncmp(runtime, torch, sizeof torch - 1) == 0) {
        add_versions(q, SETTING_OWNER_PYTORCH, runtime + sizeof torch - 1);
    }
}

static void add_place(struct profile_query *q, const struct service_facts *f, int service)
{
    struct profile_host *h = &q->hosts[service];
    const bool macos = q->machine->macos;
    if (strcmp(f->install, "container") == 0) {
        h->limits = PROFILE_LIMITS_COMPOSE;
        if (macos) { /* Linux in a virtual machine, without a GPU */
            h->query.place = SETTING_MAC_CONTAINER;
            h->query.device = SETTING_CPU;
            h->engine.gpu_memory_bytes = 0;
        }
    } else if (strcmp(f->install, "systemd") == 0) {
        h->limits = PROFILE_LIMITS_SYSTEMD;
    } else if (strcmp(f->install, "process") == 0) {
        h->limits = PROFILE_LIMITS_NONE;
    }
}

void profile_query_of(struct profile_query *q, const struct chip_answer *chip,
                      const struct chip_machine *machine, const struct model *m)
{
    double gpu_limit = NAN;
    bool seen[SERVICE_KIND_COUNT] = {false};
    (void)reading_get(&m->raw[METRIC_HOST_GPU_LIMIT], &gpu_limit);
    profile_query_init(q, chip, machine, gpu_limit);
    add_versions(q, SETTING_OWNER_MACOS, macos_version(m));
    for (size_t i = 0; i < m->service_count; i++) {
        const struct service_facts *f = m->services[i].facts;
        if (f->remote || f->kind_unknown || f->kind < 0 || f->kind >= SERVICE_KIND_COUNT ||
            seen[f->kind]) {
            continue;
        }
        seen[f->kind] = true;
        if (f->kind == SERVICE_OLLAMA) {
            add_versions(q, SETTING_OWNER_OLLAMA, f->version);
            add_place(q, f, PROFILE_OLLAMA);
        } else if (f->kind == SERVICE_COMFYUI) {
            add_versions(q, SETTING_OWNER_COMFYUI, f->version);
            add_runtime(q, f->runtime);
            add_place(q, f, PROFILE_COMFYUI);
        }
    }
}
