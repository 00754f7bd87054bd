#include "cli/status_shape.h"

#include <stdbool.h>
#include <string.h>

#include "sampling/metric.h"

static const struct shape_row fixed[] = {
    {"schema", SHAPE_NUMBER, "version of this shape, 1"},
    {"version", SHAPE_TEXT, "version of tunetop"},
    {"time", SHAPE_TIME, "when the sample was taken"},
    {"host.name", SHAPE_TEXT, "name of the machine"},
    {"host.os", SHAPE_TEXT, "name and version of the operating system"},
    {"host.kernel", SHAPE_TEXT, "name and version of the kernel"},
    {"host.virtual", SHAPE_TEXT,
     "hypervisor or container that tunetop runs in; null on bare metal"},
    {"chip.name", SHAPE_TEXT, "name of the CPU"},
    {"chip.model", SHAPE_TEXT, "name of the machine's model"},
    {"chip.tier_names[]", SHAPE_TEXT, "kinds of cores, fastest first"},
    {"chip.listed", SHAPE_BOOL, NULL},
    {"cpu.tiers[].name", SHAPE_TEXT, "name of the kind of cores"},
    {"cpu.tiers[].core_count", SHAPE_NUMBER, "how many there are"},
    {"cpu.cores[].index", SHAPE_NUMBER, "the kernel's number of the core"},
    {"cpu.cores[].tier", SHAPE_TEXT, "which kind it is"},
    {"cpu.cores[].online", SHAPE_BOOL, "whether the kernel uses it"},
    {"gpus[].name", SHAPE_TEXT, "name of the card, of its own memory first"},
    {"gpus[].vendor", SHAPE_TEXT, "nvidia, amd, intel, apple, arm, ..."},
    {"gpus[].id", SHAPE_TEXT, "what it is told apart by"},
    {"gpus[].driver", SHAPE_TEXT, "its driver, and with NVIDIA its library"},
    {"gpus[].core_count", SHAPE_NUMBER, "how many cores it has, where that is told"},
    {"gpus[].integrated", SHAPE_BOOL, "whether it is part of the CPU's chip"},
    {"gpus[].memory_is_shared", SHAPE_BOOL, "whether its memory is the system's"},
    {"gpus[].throttle_reasons[]", SHAPE_TEXT,
     "what slows it down now; empty is nothing, null is not told"},
    {"memory.pressure", SHAPE_TEXT, "normal, warn or critical"},
    {"thermal.pressure", SHAPE_TEXT,
     "nominal, fair, serious or critical; null where the system does not tell"},
    {"thermal.sensors[].name", SHAPE_TEXT, "name of the sensor"},
    {"thermal.sensors[].group", SHAPE_TEXT, "cpu, gpu, disk, board, memory or other"},
    {"thermal.fans[].name", SHAPE_TEXT, "name of the fan"},
    {"power.battery.charge_ratio", SHAPE_NUMBER,
     "how full the battery is; power.battery is null where there is none"},
    {"power.battery.on_battery", SHAPE_BOOL, "whether it feeds the machine now"},
    {"disks[].name", SHAPE_TEXT, "name of the disk"},
    {"disks[].mount", SHAPE_TEXT, "where it is mounted"},
    {"networks[].name", SHAPE_TEXT, "name of the interface"},
    {"networks[].up", SHAPE_BOOL, "whether it is switched on"},
    {"networks[].hidden", SHAPE_BOOL,
     "loopback, or the inner end of a container's or tunnel's network"},
    {"services[].name", SHAPE_TEXT, "its kind, a second one kind-PORT, or as in tunetop.yaml"},
    {"services[].kind", SHAPE_TEXT, "ollama or comfyui"},
    {"services[].state", SHAPE_TEXT, "up, busy, starting, down, stuck or error"},
    {"services[].reason", SHAPE_TEXT, "why it is not up"},
    {"services[].version", SHAPE_TEXT, "as it tells"},
    {"services[].url", SHAPE_TEXT, "where it is asked"},
    {"services[].pid", SHAPE_NUMBER, "its process"},
    {"services[].install", SHAPE_TEXT, "how it runs, where that is known"},
    {"services[].device", SHAPE_TEXT, "what it computes on, as it tells"},
    {"services[].runtime", SHAPE_TEXT, "what it computes with, as it tells"},
    {"services[].loading", SHAPE_BOOL,
     "whether it loads a model now; null where its processes do not tell that"},
    {"services[].age_seconds", SHAPE_NUMBER, "since its last whole answer; null before the first"},
    {"services[].models_age_seconds", SHAPE_NUMBER,
     "since it told models[]; null when they are not known, and then the list is empty"},
    {"services[].models[].name", SHAPE_TEXT, "name of a loaded model"},
    {"services[].models[].quantization", SHAPE_TEXT, "its quantisation"},
    {"services[].models[].parameter_count", SHAPE_TEXT, "its size in parameters"},
    {"services[].models[].unload_at", SHAPE_TIME,
     "when it is unloaded; null when that is not known or never"},
    {"services[].models[].keep_loaded", SHAPE_BOOL, "true when it is never unloaded"},
    {"services[].folders[].kind", SHAPE_TEXT, "models, output or temp"},
    {"services[].folders[].path", SHAPE_TEXT, "where it is"},
    {"services[].folders[].size_bytes", SHAPE_NUMBER,
     "what it holds, found in the background; null until it was looked through"},
    {"services[].folders[].file_count", SHAPE_NUMBER, "how many files"},
    {"services[].models_left_out", SHAPE_NUMBER, "loaded models beyond those listed"},
    {"services[].models_gone", SHAPE_NUMBER,
     "how many it lists although no process serves them any more"},
    {"services[].queue.waiting_is_estimate", SHAPE_BOOL,
     "whether the number that waits was counted or estimated"},
    {"services[].health.state", SHAPE_TEXT, "the state"},
    {"services[].health.since", SHAPE_TIME, "since when tunetop sees it in this state"},
    {"profile.recommended", SHAPE_TEXT, NULL},
    {"profile.in_effect", SHAPE_TEXT, NULL},
    {"profile.match", SHAPE_TEXT, NULL},
    {"profile.matched", SHAPE_NUMBER, NULL},
    {"profile.wanted", SHAPE_NUMBER, NULL},
    {"profile.drift[].service", SHAPE_TEXT, NULL},
    {"profile.drift[].setting", SHAPE_TEXT, NULL},
    {"profile.drift[].file", SHAPE_TEXT, NULL},
    {"profile.drift[].process", SHAPE_TEXT, NULL},
    {"profile.drift[].reason", SHAPE_TEXT, NULL},
    {"advice[].id", SHAPE_TEXT, NULL},
    {"advice[].level", SHAPE_TEXT, NULL},
    {"advice[].service", SHAPE_TEXT, NULL},
    {"advice[].text", SHAPE_TEXT, NULL},
    {"advice[].action", SHAPE_TEXT, NULL},
    {"alerts[].id", SHAPE_TEXT, NULL},
    {"alerts[].since", SHAPE_TIME, NULL},
    {"alerts[].service", SHAPE_TEXT, NULL},
    {"alerts[].value", SHAPE_NUMBER, NULL},
    {"alerts[].threshold", SHAPE_NUMBER, NULL},
    {"sources[].name", SHAPE_TEXT, "what is read"},
    {"sources[].state", SHAPE_TEXT,
     "ok, stale, unsupported, denied or failed; null before it was read"},
    {"sources[].reason", SHAPE_TEXT, "why it is not ok"},
    {"sources[].age_seconds", SHAPE_NUMBER, "since it answered"},
    {"sources[].cost_seconds", SHAPE_NUMBER, "what the last read took"},
};

static const char *const scope_prefix[SCOPE_COUNT] = {
    [SCOPE_HOST] = "",
    [SCOPE_TIER] = "cpu.tiers[].",
    [SCOPE_CORE] = "cpu.cores[].",
    [SCOPE_SENSOR] = "thermal.sensors[].",
    [SCOPE_FAN] = "thermal.fans[].",
    [SCOPE_DISK] = "disks[].",
    [SCOPE_NETWORK] = "networks[].",
    [SCOPE_GPU] = "gpus[].",
    [SCOPE_PROCESS] = NULL, /* of the Processes tab only */
    [SCOPE_SERVICE] = "services[].",
    [SCOPE_MODEL] = "services[].models[].",
};

/* Metrics that no source of this version measures, as beginnings of paths: the manual names them
 * apart. */
static const char *const unmeasured[] = {
    "memory.bandwidth_bytes",  "memory.gpu_limit_bytes", "memory.wired_bytes",
    "power.ane_watts",         "services[].eta_seconds", "services[].job.step",
    "services[].load_seconds", "services[].rates.",
};

static bool is_unmeasured(const char *path)
{
    for (size_t i = 0; i < sizeof unmeasured / sizeof *unmeasured; i++) {
        if (strncmp(path, unmeasured[i], strlen(unmeasured[i])) == 0) {
            return true;
        }
    }
    return false;
}

const struct shape_row *status_shape(struct arena *arena, size_t *count)
{
    const size_t fixed_count = sizeof fixed / sizeof *fixed;
    size_t total = fixed_count;
    for (int scope = 0; scope < SCOPE_COUNT; scope++) {
        size_t n = 0;
        metric_rows((enum metric_scope)scope, &n);
        total += scope_prefix[scope] ? n : 0;
    }
    struct shape_row *rows = arena_calloc(arena, total, sizeof *rows);
    size_t at = 0;
    for (; at < fixed_count; at++) {
        rows[at] = fixed[at];
    }
    for (int scope = 0; scope < SCOPE_COUNT; scope++) {
        size_t n = 0;
        const struct metric *m = metric_rows((enum metric_scope)scope, &n);
        for (size_t i = 0; scope_prefix[scope] && i < n; i++) {
            /* cpu.load_average.0: the elements of a list that always has them. */
            char *path = arena_printf(arena, "%s%s", scope_prefix[scope], m[i].json);
            rows[at].path = path;
            rows[at].type = SHAPE_NUMBER;
            rows[at].help = is_unmeasured(path) ? NULL : m[i].help;
            at++;
        }
    }
    *count = total;
    return rows;
}
