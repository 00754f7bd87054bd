/* The host part on macOS: names of the machine, its system and its chip. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "sampling/darwin/darwin.h"
#include "sampling/darwin/live.h"
#include "sampling/darwin/text.h"

/* The largest GPU of Apple's has 80 cores. */
enum { TEXT_BYTES = 4096, GPU_CORES_MAX = 1024 };

struct host_state {
    struct buf text;
    bool names_known; /* none changes while the system runs, but the host's own */
};

static int host_open(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    struct host_state *s = xcalloc(1, sizeof *s);
    buf_init(&s->text, TEXT_BYTES);
    *state = s;
    return 0;
}

static void host_close(void *state, const struct source_context *c)
{
    (void)c;
    struct host_state *s = state;
    if (s) {
        buf_release(&s->text);
        free(s);
    }
}

static void read_version(struct host_state *s, struct reader *r, const char *system,
                         const char *name, char *out, size_t out_size)
{
    struct err err = ERR_INIT;
    char version[SAMPLE_NAME], whole[SAMPLE_NAME + 8];
    (void)darwin_string(r, name, &s->text, version, sizeof version, &err);
    snprintf(whole, sizeof whole, "%s%s%s", system, version[0] ? " " : "", version);
    utf8_copy(out, out_size, whole);
}

static void read_names(struct host_state *s, struct reader *r, struct host_part *part)
{
    struct err err = ERR_INIT;
    int64_t virtual_machine = 0;
    read_version(s, r, "macOS", "kern.osproductversion", part->os, sizeof part->os);
    read_version(s, r, "Darwin", "kern.osrelease", part->kernel, sizeof part->kernel);
    (void)darwin_string(r, "machdep.cpu.brand_string", &s->text, part->chip_name,
                        sizeof part->chip_name, &err);
    (void)darwin_string(r, "hw.model", &s->text, part->machine_model, sizeof part->machine_model,
                        &err);
    int64_t cores = 0;
    part->gpu_core_count = 0;
    if (reader_call(r, "gpu-cores", darwin_live_gpu_cores, NULL, &s->text, &err) == 0 &&
        darwin_parse_number(s->text.data, s->text.size, &cores) && cores > 0 &&
        cores <= GPU_CORES_MAX) {
        part->gpu_core_count = (int32_t)cores;
    }
    part->virtual_name[0] = '\0';
    if (darwin_number(r, "kern.hv_vmm_present", &s->text, &virtual_machine, &err) == 0 &&
        virtual_machine != 0) {
        /* Apple's own virtual machines say so in their model ("VirtualMac2,1"). */
        bool apple = strncmp(part->machine_model, "VirtualMac", strlen("VirtualMac")) == 0;
        utf8_copy(part->virtual_name, sizeof part->virtual_name, apple ? "apple" : "vm");
    }
}

static int host_poll(void *state, const struct source_context *c, void *part_out, struct err *err)
{
    struct host_state *s = state;
    struct host_part *part = part_out;
    struct err ignored = ERR_INIT;
    int64_t now_ns = clock_mono_ns(&c->clock), boot_us;

    (void)darwin_string(c->reader, "kern.hostname", &s->text, part->name, sizeof part->name,
                        &ignored);
    if (!s->names_known) {
        read_names(s, c->reader, part);
        s->names_known = true;
    }
    part->boot_wall_ns = 0;
    int rc = reader_call(c->reader, "sysctl kern.boottime", darwin_live_boot, NULL, &s->text, err);
    /* The limit is the year 2262, where nanoseconds end. */
    if (rc == 0 && (!darwin_parse_number(s->text.data, s->text.size, &boot_us) || boot_us <= 0 ||
                    boot_us > INT64_MAX / 1000)) {
        rc = err_set(err, ERR_PARSE, "'kern.boottime' is not a time");
    }
    if (rc != 0) {
        part->uptime_s = reader_missing(c->reader, rc, SOURCE_HOST);
        return rc;
    }
    part->boot_wall_ns = boot_us * 1000;
    part->uptime_s = metric_reading(SCOPE_HOST, METRIC_HOST_UPTIME,
                                    (double)(clock_wall_ns(&c->clock) - part->boot_wall_ns) /
                                        (double)NS_PER_S,
                                    now_ns, SOURCE_HOST);
    return 0;
}

const struct source_ops source_darwin_host = {
    .name = "host",
    .id = SOURCE_HOST,
    .part_offset = offsetof(struct sample, host),
    .part_size = sizeof(struct host_part),
    .period_ms = 60000,
    .deadline_ms = 1000,
    .flags = SOURCE_INLINE,
    .open = host_open,
    .poll = host_poll,
    .close = host_close,
};
