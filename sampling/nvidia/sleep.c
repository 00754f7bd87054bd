#include "sampling/nvidia/sleep.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/utf8.h"

enum {
    PATH_BYTES = 512,
    IDLE_POLLS = 10, /* a job that pauses between two steps is not idle */
    /* A laptop's card was seen to fall asleep 6 s after the last program closed it; 30 leaves time
     * and asks twice a minute whether an awake one works again. */
    REST_S = 30,
};

/* The first bytes of a small file, "" when it cannot be read. */
static void read_text(const char *root, const char *directory, const char *bus, const char *file,
                      char *out, size_t out_size)
{
    char path[PATH_BYTES];
    ssize_t got = -1;

    snprintf(path, sizeof path, "%s%s/%s/%s", root, directory, bus, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        got = read(fd, out, out_size - 1);
        (void)close(fd);
    }
    out[got > 0 ? got : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

/* "Model: \t\t NVIDIA GeForce RTX 4090", the first line of "information"; says it of a sleeping
 * card, too. */
static void read_name(const char *root, struct nvidia_slot *slot)
{
    char text[NVML_NAME_BYTES + 32];
    const char *name = text + strlen("Model:");

    read_text(root, "/proc/driver/nvidia/gpus", slot->bus, "information", text, sizeof text);
    if (strncmp(text, "Model:", strlen("Model:")) == 0) {
        name += strspn(name, " \t");
        utf8_sanitise(name, strlen(name), slot->name, sizeof slot->name, NULL);
    }
}

struct nvidia_slot *nvidia_slot_find(struct nvidia_slots *s, const char *bus)
{
    for (uint32_t i = 0; i < s->count; i++) {
        if (strcmp(s->slot[i].bus, bus) == 0) {
            return &s->slot[i];
        }
    }
    return NULL;
}

static struct nvidia_slot *add_slot(struct nvidia_slots *s, const char *root, const char *bus)
{
    uint32_t at = s->count;

    if (s->count >= NVIDIA_CARDS_MAX) {
        return NULL;
    }
    while (at > 0 && strcmp(s->slot[at - 1].bus, bus) > 0) { /* in the order of the bus */
        s->slot[at] = s->slot[at - 1];
        at--;
    }
    s->count++;
    s->slot[at] = (struct nvidia_slot){.present = false};
    snprintf(s->slot[at].bus, sizeof s->slot[at].bus, "%s", bus);
    read_name(root, &s->slot[at]);
    return &s->slot[at];
}

static void look_at(struct nvidia_slot *slot, const char *root)
{
    char control[16], status[16];

    read_text(root, "/sys/bus/pci/devices", slot->bus, "power/control", control, sizeof control);
    read_text(root, "/sys/bus/pci/devices", slot->bus, "power/runtime_status", status,
              sizeof status);
    slot->present = true;
    slot->may_sleep = strcmp(control, "auto") == 0;
    slot->asleep = strcmp(status, "suspended") == 0 || strcmp(status, "suspending") == 0;
    if (slot->asleep) {
        slot->idle_polls = 0;
        slot->rest_until_ns = 0; /* when it wakes, somebody uses it */
    }
}

void nvidia_slots_look(struct nvidia_slots *s, const char *root)
{
    char path[PATH_BYTES], bus[NVML_BUS_BYTES];
    const struct dirent *entry;

    for (uint32_t i = 0; i < s->count; i++) {
        s->slot[i].present = false;
    }
    snprintf(path, sizeof path, "%s/sys/bus/pci/drivers/nvidia", root);
    DIR *directory = opendir(path);
    if (!directory) {
        return; /* a board without PCI, or a container: what the library counts is all there is */
    }
    while ((entry = readdir(directory)) != NULL) {
        struct nvidia_slot *slot;

        if (!nvidia_bus_name(entry->d_name, bus)) {
            continue;
        }
        slot = nvidia_slot_find(s, bus);
        slot = slot ? slot : add_slot(s, root, bus);
        if (slot) {
            look_at(slot, root);
        }
    }
    (void)closedir(directory);
}

bool nvidia_bus_has(const char *root, const char *bus)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "%s/sys/bus/pci/devices/%s", root, bus);
    return access(path, F_OK) == 0;
}

int nvidia_slot_code(const struct nvidia_slot *slot, int64_t now_ns)
{
    if (slot->asleep) {
        return NVIDIA_ASLEEP;
    }
    return slot->may_sleep && now_ns < slot->rest_until_ns ? NVIDIA_RESTING : NVML_SUCCESS;
}

bool nvidia_slot_note(struct nvidia_slot *slot, bool idle, int64_t now_ns)
{
    if (!idle || !slot->may_sleep) {
        slot->idle_polls = 0;
        slot->rest_until_ns = 0;
        return false;
    }
    if (slot->rest_until_ns == 0 && ++slot->idle_polls < IDLE_POLLS) {
        return false;
    }
    /* One that did not fall asleep meanwhile and is still idle goes on resting at once. */
    slot->rest_until_ns = now_ns + REST_S * NS_PER_S;
    return true;
}
