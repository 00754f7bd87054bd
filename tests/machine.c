#include "tests/machine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/manifest.h"

int machine_open(struct machine *m, const char *name, const struct source_ops *ops)
{
    struct err err = ERR_INIT;
    memset(m, 0, sizeof *m);
    if (name) {
        if (manifest_machine(name, m->dir, sizeof m->dir) != 0) {
            return -1;
        }
    } else {
        const char *tmp = getenv("TMPDIR");
        snprintf(m->dir, sizeof m->dir, "%s/tunetop-machine-XXXXXX", tmp && *tmp ? tmp : "/tmp");
        if (!mkdtemp(m->dir)) {
            perror("# mkdtemp");
            return -1;
        }
    }
    m->reader = reader_new_sysroot(m->dir, &err);
    m->time = (struct clock_manual){.mono_ns = 100 * NS_PER_S, .wall_ns = 1700000000 * NS_PER_S};
    m->ops = ops;
    m->context.reader = m->reader;
    m->context.clock = clock_manual_ops(&m->time);
    if (!m->reader || (ops && ops->open(&m->state, &m->context, &err) != 0)) {
        fprintf(stderr, "# %s\n", err.msg);
        return -1;
    }
    return 0;
}

int machine_poll(struct machine *m, void *part, struct err *err)
{
    err_clear(err);
    return m->ops->poll(m->state, &m->context, part, err);
}

void machine_advance_ms(struct machine *m, int64_t ms)
{
    clock_manual_advance(&m->time, ms * NS_PER_MS);
}

static void slow_read(void *ctx, const struct reader_read *read)
{
    (void)read;
    machine_advance_ms(ctx, 1);
}

void machine_slow_reads(struct machine *m)
{
    reader_set_tee(m->reader, slow_read, m);
}

int machine_close(struct machine *m)
{
    if (m->ops)
        m->ops->close(m->state, &m->context);
    reader_free(m->reader);
    return manifest_remove(m->dir, "");
}

double machine_value(const struct reading *r)
{
    double value;
    return reading_get(r, &value) ? value : NAN;
}
