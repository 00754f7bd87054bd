#include "sampling/nvidia/nvidia.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

/* ---------------------------------------------------------------- whether there is anything */

/* One of these is there where a driver is that the library can talk to: a module of the kernel, the
 * device inside a container, Windows' subsystem for Linux, a Jetson's own driver. */
static const char *const driver_paths[] = {
    "/proc/driver/nvidia",
    "/dev/nvidiactl",
    "/usr/lib/wsl/lib/libnvidia-ml.so.1",
    "/sys/module/nvgpu",
};

/* Whoever names a folder with the library for this very program means it. */
static bool library_was_named(void)
{
    const char *at = getenv("LD_LIBRARY_PATH");

    while (at && *at) {
        size_t size = strcspn(at, ":");
        char path[512];
        int length = snprintf(path, sizeof path, "%.*s/libnvidia-ml.so.1", (int)size, at);

        if (size > 0 && length > 0 && (size_t)length < sizeof path && access(path, R_OK) == 0) {
            return true;
        }
        at += size;
        at += *at == ':';
    }
    return false;
}

static int look_for_driver(void *ctx, struct buf *out, struct err *err)
{
    bool found = false;

    (void)ctx;
    (void)err;
    for (size_t i = 0; i < sizeof driver_paths / sizeof *driver_paths; i++) {
        found |= access(driver_paths[i], F_OK) == 0;
    }
    buf_puts(out, found || library_was_named() ? "1\n" : "0\n");
    return 0;
}

/* ---------------------------------------------------------------- the source */

struct nvidia_state {
    struct nvidia_snapshot snapshot; /* too large for a stack */
    struct buf text;
};

static int nvidia_open(void **state, const struct source_context *c, struct err *err)
{
    struct nvidia_state *s = xcalloc(1, sizeof *s);

    (void)c;
    (void)err;
    buf_init(&s->text, 64);
    *state = s;
    return 0;
}

/* Without a driver nothing is asked, and no process is started for it. */
static int nvidia_request(void *state, const struct source_context *c, struct buf *out,
                          struct err *err)
{
    struct nvidia_state *s = state;
    int code = reader_call(c->reader, "nvidia driver", look_for_driver, NULL, &s->text, err);

    if (code != 0) {
        return code;
    }
    if (s->text.data[0] != '1') {
        return err_set(err, ERR_UNSUPPORTED, "no NVIDIA driver is loaded");
    }
    buf_puts(out, "cards");
    return 0;
}

static void nvidia_serve(const char *request, size_t size, struct buf *reply)
{
    static struct nvidia_asker *asker; /* lives as long as the helper process */
    static struct nvidia_snapshot *snapshot;

    (void)request;
    (void)size;
    if (!asker) {
        asker = nvidia_asker_new("");
        snapshot = xcalloc(1, sizeof *snapshot);
    }
    nvidia_ask(asker, clock_mono_ns(&clock_real), clock_wall_ns(&clock_real) / 1000, snapshot);
    nvidia_encode(snapshot, reply);
}

static int nvidia_reply(void *state, const struct source_context *c, const char *data, size_t size,
                        void *part, struct err *err)
{
    struct nvidia_state *s = state;
    int code = nvidia_decode(data, size, &s->snapshot, err);

    return code < 0 ? code : nvidia_fill(&s->snapshot, clock_mono_ns(&c->clock), part, err);
}

static void nvidia_close(void *state, const struct source_context *c)
{
    struct nvidia_state *s = state;

    (void)c;
    buf_release(&s->text);
    free(s);
}

const struct source_ops source_nvidia = {
    .name = "nvidia",
    .id = SOURCE_NVIDIA,
    .part_offset = offsetof(struct sample, nvidia),
    .part_size = sizeof(struct gpu_part),
    .period_ms = 1000,
    /* The first answer of a machine without persistence mode takes as long as waking its cards. */
    .deadline_ms = 3000,
    .flags = SOURCE_PROBE_PROCESS,
    .open = nvidia_open,
    .request = nvidia_request,
    .serve = nvidia_serve,
    .reply = nvidia_reply,
    .close = nvidia_close,
};
