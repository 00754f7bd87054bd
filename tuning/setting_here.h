/*
 * What is known of this machine that verdicts on settings depend on: its system, what its models
 * run on, the versions of the services that were found. Pure: (model, assessment) -> here.
 */
#ifndef TUNING_SETTING_HERE_H
#define TUNING_SETTING_HERE_H

#include <stdbool.h>

#include "base/buf.h"
#include "sampling/model.h"
#include "tuning/assess.h"
#include "tuning/setting.h"

enum { SETTING_VERSION_TEXT = 32 };

/* Of one kind of service: the first that tells its version, of those on this machine. */
struct setting_program {
    bool found;
    char version[SETTING_VERSION_TEXT]; /* "" not known: the newest is taken */
    bool container;
};
struct setting_here {
    int place;  /* enum setting_place, or SETTING_PLACE_UNKNOWN */
    int device; /* enum setting_device, or SETTING_DEVICE_UNKNOWN */
    struct setting_program ollama, comfyui;
    char pytorch[SETTING_VERSION_TEXT];
};

/* Nothing is known. */
void setting_here_init(struct setting_here *out);
/* After assess_chip(). */
void setting_here_of(const struct model *m, const struct assessment *a, struct setting_here *out);
/* The question that `here` answers for s; its texts live as long as `here`. */
void setting_here_query(const struct setting_here *here, const struct setting *s,
                        struct setting_query *out);
/* "on linux with cuda, ollama 0.33.0", "on macos with mps, the newest ollama": what a verdict on s
 * is for. */
void setting_here_add(struct buf *out, const struct setting_here *here, const struct setting *s);

#endif
