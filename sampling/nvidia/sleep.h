/*
 * Which cards may be asked now: one that sleeps is not woken, and one that is idle and could sleep
 * is left alone for a while, because an open card never falls asleep (the driver counts who has it
 * open). What the kernel says in /sys costs nothing and wakes nobody.
 */
#ifndef SAMPLING_NVIDIA_SLEEP_H
#define SAMPLING_NVIDIA_SLEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "sampling/nvidia/nvidia.h"

struct nvidia_slot { /* a card on the PCI bus that NVIDIA's driver has */
    char bus[NVML_BUS_BYTES];
    char name[NVML_NAME_BYTES]; /* as the driver's text in /proc says it; "" unknown */
    bool present;               /* in the last look */
    bool may_sleep;             /* the kernel may suspend it: "auto" in power/control */
    bool asleep;
    unsigned idle_polls;
    int64_t rest_until_ns;
};
struct nvidia_slots {
    struct nvidia_slot slot[NVIDIA_CARDS_MAX];
    uint32_t count;
};

/* Looks at all of them: those that were there before keep their place. */
void nvidia_slots_look(struct nvidia_slots *s, const char *root);
/* NVML_SUCCESS: may be asked; else NVIDIA_ASLEEP or NVIDIA_RESTING. */
int nvidia_slot_code(const struct nvidia_slot *slot, int64_t now_ns);
/* After an answer. true: it is to rest from now on. */
bool nvidia_slot_note(struct nvidia_slot *slot, bool idle, int64_t now_ns);
struct nvidia_slot *nvidia_slot_find(struct nvidia_slots *s, const char *bus);
/* Still on the bus, whoever's driver has it. */
bool nvidia_bus_has(const char *root, const char *bus);

#endif
