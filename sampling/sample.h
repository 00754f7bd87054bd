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
    SAMPLE_DISKS = 16,
    SAMPLE_DISK_DEVICES = 64,
    SAMPLE_NETWORKS = 32,
    SAMPLE_GPUS = 8,
    SAMPLE_GPU_PROCESSES = 128,
    SAMPLE_GPU_THROTTLES = 6,
    SAMPLE_POWER_DOMAINS = 16,
    SAMPLE_FOLDERS = 24,
    SAMPLE_NAME = 64,
};

/* One row of sources[] and of `w`. */
enum source_id {
    SOURCE_HOST,
    SOURCE_CPU,
    SOURCE_MEMORY,
    SOURCE_THERMAL,
    SOURCE_DISK,    /* size and free space of file systems */
    SOURCE_DISK_IO, /* what is read and written */
    SOURCE_FOLDERS, /* what the folders of services hold */
    SOURCE_GPU,     /* cards that the kernel itself tells about: amdgpu, i915, xe, panthor, ... */
    SOURCE_NVIDIA,  /* cards that NVIDIA's library tells about */
    SOURCE_POWER,
    SOURCE_NETWORK,
    SOURCE_PROCESSES, /* every process; only while somebody looks */
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
    int32_t gpu_core_count;          /* of the chip, where its system tells it beside gpus[]; 0 */
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
        /* delivered, as far as the kernel knows; asked for, where it tells that apart; what the
         * chip can; what is allowed now (a limit of the user, of heat or of power) */
        struct reading frequency_hz, frequency_requested_hz, frequency_max_hz, frequency_limit_hz;
    } tiers[SAMPLE_TIERS];
    struct reading ticks; /* state of the counters below; value = 1 when they were read */
    struct cpu_core_facts cores[SAMPLE_CORES];
    struct reading load[3];
    struct reading limit_cores;
    /* processes created since boot ("processes" of /proc/stat), 0 unknown */
    uint64_t forks;
    struct reading psi_some_ratio; /* tasks waited for a core */
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
    uint32_t disk_count, left_out;
    struct disk_facts disks[SAMPLE_DISKS]; /* that of the models folder first */
};

struct disk_device_facts {  /* a block device: a whole disk, a partition, a mapped one */
    char name[SAMPLE_NAME]; /* as in disk_facts: "nvme0n1p2", "vg-root" */
    bool whole;             /* a disk itself, no part of one and nothing on top of one */
    uint64_t read_bytes, write_bytes, busy_ms; /* counters */
};
struct disk_io_part { /* SOURCE_DISK_IO */
    uint32_t device_count, left_out;
    struct reading counters; /* state of all of them, when they were read */
    struct disk_device_facts devices[SAMPLE_DISK_DEVICES];
    struct reading psi_some_ratio, psi_full_ratio;
};

enum folder_kind { FOLDER_MODELS, FOLDER_OUTPUT, FOLDER_TEMP, FOLDER_KIND_COUNT };
struct folder_facts { /* a folder of a service, looked through slowly */
    char service[SAMPLE_NAME];
    uint8_t kind;   /* enum folder_kind */
    char path[256]; /* sanitised, home folder as "~" */
    struct reading bytes, files;
};
struct folder_part { /* SOURCE_FOLDERS */
    uint32_t folder_count, left_out;
    struct folder_facts folders[SAMPLE_FOLDERS];
};

struct network_facts {
    char name[32];
    bool hidden; /* loopback, veth, a bridge of containers, a tunnel's inner end: not shown */
    bool up;
    /* counters, bytes since the interface came up */
    struct reading receive_bytes, transmit_bytes;
    struct reading link_bytes_per_second; /* what the line can */
};
struct network_part { /* SOURCE_NETWORK */
    uint32_t network_count, left_out;
    struct network_facts networks[SAMPLE_NETWORKS];
};

struct gpu_facts {
    char name[SAMPLE_NAME];
    char vendor[16];       /* "nvidia", "amd", "intel", "apple", "arm", ... */
    char id[48];           /* its identity over samples: PCI address, UUID or the device's name */
    char driver[48];       /* "amdgpu", "580.65 (NVML 13.580.65)" */
    int32_t core_count;    /* 0 unknown */
    bool integrated;       /* part of the CPU's chip */
    bool memory_is_shared; /* its memory is the system's */
    struct reading v[METRIC_GPU_COUNT]; /* gauges; rates are the model's */
    struct reading
        busy_ns; /* counter, where utilisation is not told: time its busiest engine ran */
    struct reading energy_uj; /* counter, where power is not told */
    uint32_t throttle_count;  /* words for what slows it down now */
    struct reading throttle;  /* state of the list: OK with no entry is "nothing" */
    char throttles[SAMPLE_GPU_THROTTLES][32];
};
enum { OWNER_NONE = -1, OWNER_UNSEEN = -2 }; /* of no service; the process is not visible here */
struct gpu_process_facts {                   /* what one process does on one card */
    int32_t pid;                             /* as this system sees it */
    uint32_t gpu;                            /* index into gpus[] of the same part */
    int32_t service; /* filled by the collector: index into services[], or one of below */
    struct reading memory_bytes;
    struct reading utilization_ratio; /* where the driver tells it */
    struct reading busy_ns;           /* counter else */
};
struct gpu_part { /* SOURCE_GPU, SOURCE_NVIDIA */
    uint32_t gpu_count, process_count, gpus_left_out, processes_left_out;
    struct gpu_facts gpus[SAMPLE_GPUS];
    struct gpu_process_facts processes[SAMPLE_GPU_PROCESSES];
    struct reading state; /* OK when it was looked, else why there is nothing */
    /* OK: processes[] holds everyone that uses a card, or with listed_uid >= 0 everyone of that
     * user (others are not readable); else why they are not told. */
    struct reading listed;
    int64_t listed_uid;
};

enum power_domain_kind {                 /* what a counter covers */
                         POWER_PACKAGE,  /* a CPU with all on it; several add up */
                         POWER_CORES,    /* part of a package */
                         POWER_GRAPHICS, /* part of a package */
                         POWER_MEMORY,   /* beside the package */
                         POWER_SYSTEM,   /* RAPL's psys: the whole board */
};
struct power_domain_facts {
    char name[32];
    uint8_t kind;
    uint64_t energy_uj, range_uj; /* counter and where it wraps */
    struct reading energy;        /* state of the counter; value = 1 when it was read */
};
struct power_part { /* SOURCE_POWER */
    uint32_t domain_count, left_out;
    struct power_domain_facts domains[SAMPLE_POWER_DOMAINS];
    struct reading rapl; /* OK when domains are readable, else why not */
    /* told as power by a sensor; NONE where there is none */
    struct reading cpu_watts, system_watts;
    struct reading throttle_ms;     /* counter: time that heat slowed the CPU */
    struct reading throttle_events; /* counter: how often */
    bool has_battery;
    int8_t on_battery; /* -1 not told */
    struct reading battery_ratio;
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

/* One variable of the environment of a service's process, of those that are asked for. */
struct service_setting {
    const char *name, *value;
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
    int64_t uid;             /* of the process, -1 unknown */
    bool configured;         /* named in tunetop.yaml */
    bool remote;             /* on another host */
    bool added;              /* by a person while tunetop runs; gone when it ends */
    bool kind_unknown; /* added and has not answered as any kind: `kind` is only what was tried */
    /* Whether it loads a model, from its processes; known only where they are visible. */
    bool loading, loading_known;
    bool waiting_is_estimate;
    struct reading cpu_seconds; /* counter: CPU time of the tree; rate is the model's */
    /* counters of its control group: periods, and those in which it was throttled */
    struct reading group_periods, group_throttled;
    struct reading v[METRIC_SERVICE_COUNT]; /* gauges; rates are filled by the model */
    size_t model_count;                     /* entries in models[] */
    size_t models_left_out;                 /* the service has more than we keep */
    /* What of the wanted variables its process has, read once in its life; those that are not here
     * are not set. OK when they were read; NONE: nobody wants any, or not yet. */
    const struct service_setting *settings;
    size_t setting_count;
    struct reading settings_state;
    size_t models_gone;         /* so many of them are listed, but no process serves them */
    int64_t models_answered_ns; /* when models[] was told; 0: it is not known */
    struct service_model_facts *models;
};

/* One process of the machine, only while somebody looks at all of them. Texts in the arena. */
struct process_facts {
    int32_t pid, ppid;
    int64_t start;    /* kernel's start time: with pid its identity; 0 nothing of it is readable */
    int64_t at_ns;    /* when it was read: a scan takes its time; 0 with the list */
    int64_t uid;      /* -1 unknown */
    const char *user; /* its name, or its number; "?" unknown */
    const char *name; /* comm */
    const char *argv; /* parts separated by PROCESS_ARGV_SEPARATOR, secrets masked; "" none */
    int32_t service;  /* index into services[], -1: of none */
    char state;       /* 'R', 'S', 'D', 'Z', ... */
    bool kernel;      /* a thread of the kernel */
    /* Gauges and counters by enum metric_process, NAN: unknown, and why[] says why (enum reason).
     * CPU, READ and WRITE hold counters here (seconds, bytes). */
    double v[METRIC_PROCESS_COUNT];
    uint8_t why[METRIC_PROCESS_COUNT];
};
/* More about one process, as asked for (struct process_wish). Texts in the arena, never NULL. */
struct process_details {
    int32_t pid;
    int64_t start;
    int64_t started_wall_ns;                                  /* 0 unknown */
    const char *argv;                                         /* whole, as in process_facts */
    const char *cwd, *executable, *unit, *container, *parent; /* parent: name of ppid */
    struct reading open_files, file_limit, threads, swap_bytes;
    const char
        *environment; /* NAME=value, a line each, secrets masked; "" not asked or not readable */
    struct reading environment_state;
};
struct process_part {                /* SOURCE_PROCESSES */
    struct process_facts *processes; /* rising pid */
    size_t count;
    size_t left_out;
    struct reading state;                  /* NONE while nobody looks */
    const struct process_details *details; /* NULL: none asked for, or not read yet */
};

struct sample {
    uint64_t sequence; /* 1, 2, ... */
    int64_t at_ns, wall_ns;
    int64_t interval_ns; /* wanted distance to the next one */
    /* discovery ran and every service found was asked and answered or timed out once */
    bool services_settled;
    bool sources_settled; /* every source answered once, failed, or is late */
    struct host_part host;
    struct cpu_part cpu;
    struct memory_part memory;
    struct thermal_part thermal;
    struct disk_part disk;
    struct disk_io_part disk_io;
    struct folder_part folders;
    struct network_part network;
    struct gpu_part gpu, nvidia;
    struct power_part power;
    struct process_part processes; /* in the arena */
    struct source_status sources[SOURCE_COUNT];
    struct arena arena; /* services and their texts */
    struct service_facts *services;
    size_t service_count;
};

#endif
