/*
 * From a chip to numbers: which profile fits a machine, and what a container on it may take.
 *
 * Pure: (catalog, what is known of the machine) -> answer. A chip that has a row of the table of
 * limits for its memory gets that row's numbers; everything else is decided by rule, and `reason`
 * says by which. There is always an answer, also for a machine of which nothing is known.
 */
#ifndef TUNING_CHIP_H
#define TUNING_CHIP_H

#include <stdbool.h>
#include <stddef.h>

#include "sampling/model.h"
#include "tuning/chip_catalog.h"

enum chip_device { DEVICE_MPS, DEVICE_CUDA, DEVICE_ROCM, DEVICE_CPU, DEVICE_COUNT };
enum chip_level { /* of memory: below 8, 16, 24 GB, up to 32, above */
                  LEVEL_VERY_LOW,
                  LEVEL_LOW,
                  LEVEL_MEDIUM,
                  LEVEL_HIGH,
                  LEVEL_VERY_HIGH,
                  LEVEL_COUNT
};
const char *chip_device_name(int device); /* "mps" */
const char *chip_level_name(int level);   /* "very_low" */

/* What a chip's name says. */
enum chip_variant { VARIANT_BASE, VARIANT_PRO, VARIANT_MAX, VARIANT_ULTRA, VARIANT_OTHER };
struct chip_name {
    bool apple;
    char series;               /* 'M', 'A'; 0: it says none */
    int generation;            /* of the series, from 1 */
    enum chip_variant variant; /* OTHER: a word that is not known */
    bool virtual_machine;      /* "Apple M1 (Virtual)" */
    bool translated;           /* "VirtualApple": a program for Intel under Rosetta */
    char text[64];             /* "Apple M4 Pro": as the catalog has it; else as it was given */
};
/* Takes a brand string, or what a person types: "M4 Pro", "m4-max", "M4 Base". Without "Apple" only
 * the M series and an A chip that is a Pro are taken for Apple's (an A100 is a card). */
void chip_name_parse(const char *text, struct chip_name *out);

enum chip_card { CARD_NONE, CARD_NVIDIA, CARD_AMD, CARD_OTHER };
struct chip_machine {
    char chip[64];         /* brand string; "" unknown */
    char virtual_name[32]; /* of the hypervisor or container; "" none */
    bool macos;
    double memory_bytes;         /* NAN: unknown */
    double memory_limit_bytes;   /* that a control group sets; NAN: none */
    double available_bytes;      /* now; NAN: unknown */
    int performance, efficiency; /* cores; super ones count as performance; both 0: unknown */
    double core_limit;           /* of a control group; NAN: none */
    int gpu_cores;               /* 0: unknown */
    enum chip_card card;         /* what models can run on beside the CPU */
    bool card_shares_memory;
    int card_count;    /* of cards with memory of their own */
    double vram_bytes; /* of the largest; NAN: unknown */
};
/* One of which nothing is known. */
void chip_machine_init(struct chip_machine *out);
void chip_machine_of(const struct model *m, struct chip_machine *out);

struct chip_threads {
    bool known;
    int performance, efficiency; /* threads of the model on each kind; together `llm` */
    int llm, io, background;
};
struct chip_pools {
    double llm_models, inference_cache, processing_buffer, system_reserve; /* bytes; NAN: unknown */
};
struct chip_answer {
    struct chip_name name;
    const struct chip_bin
        *bin;              /* the one it is, or the smallest of those it may be; NULL unknown */
    size_t bin_count;      /* how many it may be */
    double bandwidth_gb_s; /* at most; 0: unknown */
    enum chip_device device;
    bool listed;      /* by a row of the table */
    double memory_gb; /* as it is sold; what the numbers come from, guessed when unknown */
    enum chip_level level;
    int level_now; /* enum chip_level by what is available; -1: unknown */
    enum chip_profile profile;
    double limit_bytes;
    char limit[24]; /* "24G", below 1 GiB "768M" */
    double cpu_fraction;
    int recommended_gb;
    int image_width, image_height;
    struct chip_pools pools;
    struct chip_threads threads;
    char reason[512]; /* clauses parted by "; " */
};
void chip_decide(const struct chip_catalog *c, const struct chip_machine *machine,
                 struct chip_answer *out);

/* As it is sold: the nearest of the marketed sizes when it is within 8 % of one, else as it is. */
double chip_marketed_gb(double bytes);
enum chip_level chip_level_of_total(double gb);     /* of all memory, or of a card's */
enum chip_level chip_level_of_available(double gb); /* of what is free now: other steps */

#endif
