/*
 * A sample: facts with time stamps, no rates.
 *
 * A fixed-size host block made of parts, each written by one source, and the services in an arena.
 * The collector fills it, model_advance() turns it into the model and takes the arena over; nothing
 * else keeps it. All text in it is sanitised (utf8_sanitise) by the parser that put it there.
 */
#ifndef SAMPLING_SAMPLE_H
#define SAMPLING_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "sampling/metric.h"
#include "sampling/reading.h"

/* Sizes: SAMPLE_CORES covers 2 sockets of 192 cores with two threads each (768); the others are
 * generous for one machine. What does not fit is counted and said in the source's row. */
enum {
    SAMPLE_CORES = 1024,
    SAMPLE_TIERS = 4,
    SAMPLE_SENSORS = 64,
    SAMPLE_FANS = 16,
    SAMPLE_DISKS = 8,
    SAMPLE_NAME = 64,
};

/* One row of sources[] and of `w`. */
enum source_id {
    SOURCE_HOST,
    SOURCE_CPU,
    SOURCE_MEMORY,
    SOURCE_THERMAL,
    SOURCE_DISK,
    SOURCE_GPU,
    SOURCE_POWER,
    SOURCE_NETWORK,
    SOURCE_DISCOVERY,
    SOURCE_SERVICES,
    SOURCE_COUNT
};

const char *source_name(int source); /* "cpu": as in sources[]; reading.c */

struct source_status {
    const char *name;    /* "cpu"; static */
    uint8_t state;       /* enum reading_state; NONE until it answered once */
    int64_t answered_ns; /* monotonic, of the last answer; 0 never */
    int64_t cost_ns;     /* CPU or wall time of the last poll, whichever is known */
    int64_t period_ns;
    char reason[160]; /* "" when ok */
};

struct host_part { /* SOURCE_HOST: names, rarely changing */
    char name[SAMPLE_NAME];
    char os[SAMPLE_NAME];     /* "Debian 12", "macOS 26.1" */
    char kernel[SAMPLE_NAME]; /* "Linux 6.18.44" */
    char virtual_name[32];    /* "" none, "kvm", "docker", ... */
    char chip_name[SAMPLE_NAME];
    char machine_model[SAMPLE_NAME]; /* "Mac mini", a DMI product name; may be empty */
    int64_t boot_wall_ns;            /* 0 unknown */
    struct reading uptime_s;
};

struct cpu_core_facts {
    int32_t index; /* the kernel's number */
    uint8_t tier;
    bool online;
    /* busy excludes steal, idle, iowait; guest not twice */
    uint64_t busy_ticks, idle_ticks, iowait_ticks, steal_ticks;
    struct reading frequency_hz;
};

struct cpu_part {
    uint32_t core_count;     /* entries used, at most SAMPLE_CORES */
    uint32_t cores_left_out; /* did not fit */
    uint32_t tier_count;
    struct {
        char name[16]; /* "P", "E", or "all" when there is one */
        uint32_t core_count;
        struct reading frequency_hz, frequency_max_hz;
    } tiers[SAMPLE_TIERS];
    struct reading ticks; /* state of the counters below; value = 1 when they were read */
    struct cpu_core_facts cores[SAMPLE_CORES];
    struct reading load[3];
    struct reading limit_cores;
    /* processes created since boot ("processes" of /proc/stat), 0 unknown */
    uint64_t forks;
};

struct memory_part {
    struct reading total, available, cached, free, wired, compressed, swap_used, swap_total, limit,
        gpu_limit;
    struct reading psi_some_ratio, psi_full_ratio;
    struct reading swap_in_pages, swap_out_pages; /* counters */
    uint64_t page_bytes;
    /* macOS: 1 normal, 2 warn, 4 critical; 0 not told: use the rule of CONTRACTS section 3 */
    int8_t system_level;
};

struct sensor_facts {
    char name[SAMPLE_NAME];
    char group[16]; /* "cpu", "gpu", "disk", "board", "memory", "other" */
    struct reading temperature_c;
};
struct fan_facts {
    char name[SAMPLE_NAME];
    struct reading rpm;
};
struct thermal_part {
    uint32_t sensor_count, fan_count, left_out;
    struct sensor_facts sensors[SAMPLE_SENSORS];
    struct fan_facts fans[SAMPLE_FANS];
    struct reading state; /* OK when the scan worked, else why there is nothing */
    char pressure[16];    /* "nominal", "fair", "serious", "critical", "" not told */
};

struct disk_facts {
    char name[SAMPLE_NAME];
    char mount[256];
    struct reading total, free;
};
struct disk_part {
    uint32_t disk_count;
    struct disk_facts disks[SAMPLE_DISKS];
};

enum service_kind { SERVICE_OLLAMA, SERVICE_COMFYUI, SERVICE_KIND_COUNT };
enum service_state {
    SERVICE_UP,
    SERVICE_BUSY,     /* listens, does not answer (yet) */
    SERVICE_STARTING, /* its process runs, its port is not open yet */
    SERVICE_DOWN,
    SERVICE_STUCK, /* busy for 30 s while its processes use under 1 % of a core */
    SERVICE_ERROR, /* answers, but not as this service does */
    SERVICE_STATE_COUNT
};

struct service_model_facts {
    const char *name;
    const char *quantization;    /* "" unknown */
    const char *parameter_count; /* "8.0B", "" unknown */
    struct reading v[METRIC_MODEL_COUNT];
    bool keep_loaded; /* for ever */
    /* its time to unload is past: busy for longer than that, or being unloaded */
    bool in_use;
    int64_t unload_wall_ns; /* 0: not told, or keep_loaded */
};

/* Facts of one service. Texts are in the sample's arena, never NULL. `name` is its identity over
 * samples. */
struct service_facts {
    const char *name;    /* "ollama"; a second one "ollama-21434"; or as in tunetop.yaml */
    int kind;            /* enum service_kind */
    int state;           /* enum service_state */
    int64_t since_ns;    /* in this state, monotonic */
    int64_t answered_ns; /* last whole and right answer, 0 never */
    int64_t answered_wall_ns;
    const char *reason;  /* why it is not up; "" */
    const char *version; /* "" unknown */
    const char *url;
    const char *install;     /* "process", "container", "systemd", "" unknown */
    const char *device;      /* ComfyUI: "cpu", "cuda:0 NVIDIA ..." */
    const char *runtime;     /* ComfyUI: "PyTorch 2.11.0" */
    const char *argv;        /* one line, secrets masked; "" unknown */
    const char *words;       /* the same, an argument a part: PROCESS_ARGV_SEPARATOR between them */
    const char *unit;        /* systemd's, of its process; "" none or unknown */
    const char *container;   /* number or name of the container its process is in; "" */
    int32_t pid;             /* 0 unknown */
    int64_t pid_start;       /* kernel's start time of the process: with pid its identity */
    int64_t started_wall_ns; /* the same on the wall clock, 0 unknown */
    bool configured;         /* named in tunetop.yaml */
    bool remote;             /* on another host */
    bool added;              /* by a person while tunetop runs; gone when it ends */
    bool kind_unknown; /* added and has not answered as any kind: `kind` is only what was tried */
    bool loading;
    bool waiting_is_estimate;
    struct reading cpu_seconds;             /* counter: CPU time of the tree; rate is the model's */
    struct reading v[METRIC_SERVICE_COUNT]; /* gauges; rates are filled by the model */
    size_t model_count;                     /* entries in models[] */
    size_t models_left_out;                 /* the service has more than we keep */
    struct service_model_facts *models;
};

struct sample {
    uint64_t sequence; /* 1, 2, ... */
    int64_t at_ns, wall_ns;
    int64_t interval_ns; /* wanted distance to the next one */
    /* discovery ran and every service found was asked and answered or timed out once */
    bool services_settled;
    struct host_part host;
    struct cpu_part cpu;
    struct memory_part memory;
    struct thermal_part thermal;
    struct disk_part disk;
    struct source_status sources[SOURCE_COUNT];
    struct arena arena; /* services and their texts */
    struct service_facts *services;
    size_t service_count;
};

#endif
