#include "tuning/setting_here.h"

#include <string.h>

#include "base/utf8.h"

void setting_here_init(struct setting_here *out)
{
    memset(out, 0, sizeof *out);
    out->place = SETTING_PLACE_UNKNOWN;
    out->device = SETTING_DEVICE_UNKNOWN;
}

/* "PyTorch 2.11.0+cu130", as ComfyUI tells it. */
static const char *pytorch_of(const char *runtime)
{
    static const char head[] = "PyTorch ";
    return strncmp(runtime, head, sizeof head - 1) == 0 ? runtime + sizeof head - 1 : "";
}

static void take_service(const struct service_facts *f, struct setting_here *out)
{
    struct setting_program *p = f->kind == SERVICE_OLLAMA ? &out->ollama : &out->comfyui;
    if (f->remote || f->kind_unknown) {
        return;
    }
    p->found = true;
    if (p->version[0] || !f->version[0]) {
        return;
    }
    utf8_copy(p->version, sizeof p->version, f->version);
    p->container = strcmp(f->install, "container") == 0;
    if (f->kind == SERVICE_COMFYUI) {
        utf8_copy(out->pytorch, sizeof out->pytorch, pytorch_of(f->runtime));
    }
}

void setting_here_of(const struct model *m, const struct assessment *a, struct setting_here *out)
{
    static const int devices[DEVICE_COUNT] = {
        [DEVICE_MPS] = SETTING_MPS,
        [DEVICE_CUDA] = SETTING_CUDA,
        [DEVICE_ROCM] = SETTING_ROCM,
        [DEVICE_CPU] = SETTING_CPU,
    };
    setting_here_init(out);
    if (strncmp(m->host.os, "macOS", 5) == 0) {
        out->place = SETTING_MACOS;
    } else if (m->host.os[0] || m->host.kernel[0]) {
        out->place = SETTING_LINUX;
    }
    if (a->chip_known) {
        out->device = devices[a->chip.device];
    }
    for (size_t i = 0; i < m->service_count; i++) {
        take_service(m->services[i].facts, out);
    }
}

/* Whose process reads what this owner's settings say; NULL: that of no service that is known. */
static const struct setting_program *program_of(const struct setting_here *here, int owner)
{
    switch (owner) {
    case SETTING_OWNER_OLLAMA:
    case SETTING_OWNER_LLAMA_SERVER:
    case SETTING_OWNER_GGML:
        return &here->ollama;
    case SETTING_OWNER_COMFYUI:
    case SETTING_OWNER_COMFYUI_IMAGE:
    case SETTING_OWNER_PYTORCH:
        return &here->comfyui;
    default:
        return NULL;
    }
}

static const char *known(const char *version)
{
    return version[0] && setting_version_valid(version) ? version : NULL;
}

void setting_here_query(const struct setting_here *here, const struct setting *s,
                        struct setting_query *out)
{
    const struct setting_program *program = program_of(here, s->owner);
    *out = (struct setting_query){.place = here->place, .device = here->device};
    if (here->place == SETTING_MACOS && program && program->container) {
        out->place = SETTING_MAC_CONTAINER;
        out->device = SETTING_CPU; /* a virtual machine on a Mac has no GPU that PyTorch knows */
    }
    out->versions[SETTING_OWNER_OLLAMA] = known(here->ollama.version);
    out->versions[SETTING_OWNER_COMFYUI] = known(here->comfyui.version);
    out->versions[SETTING_OWNER_PYTORCH] = known(here->pytorch);
}

void setting_here_add(struct buf *out, const struct setting_here *here, const struct setting *s)
{
    static const char *const places[SETTING_PLACE_COUNT] = {
        [SETTING_MACOS] = "on macOS",
        [SETTING_LINUX] = "on Linux",
        [SETTING_MAC_CONTAINER] = "in a container on a Mac",
        [SETTING_COMPOSE] = "in a compose file",
    };
    static const char *const devices[SETTING_DEVICE_COUNT] = {
        [SETTING_MPS] = "MPS",
        [SETTING_CUDA] = "CUDA",
        [SETTING_ROCM] = "ROCm",
        [SETTING_CPU] = "the CPU",
    };
    struct setting_query q;
    struct setting_judgement j;
    setting_here_query(here, s, &q);
    buf_puts(out, q.place < SETTING_PLACE_COUNT ? places[q.place] : "on an unknown system");
    if (q.device < SETTING_DEVICE_COUNT) {
        buf_printf(out, " with %s", devices[q.device]);
    }
    setting_judge(s, &q, &j);
    const char *owner = setting_owner_words[s->versions_of], *version = q.versions[s->versions_of];
    if (version) {
        buf_printf(out, ", %s %s", owner, version);
    } else if (j.assumed_newest) {
        buf_printf(out, ", the newest %s", owner);
    }
}
