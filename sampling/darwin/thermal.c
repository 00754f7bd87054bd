/*
 * The thermal part on macOS: how hard the system holds the machine back. Its sensors and fans are
 * behind the SMC, for which there is no source yet.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "sampling/darwin/darwin.h"
#include "sampling/darwin/live.h"
#include "sampling/darwin/text.h"

enum { TEXT_BYTES = 256 };

struct thermal_state {
    struct buf text;
    int64_t virtual_machine; /* nobody posts the level there, and an unposted one reads 0 */
    bool virtual_known;
};

static int thermal_open(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    struct thermal_state *s = xcalloc(1, sizeof *s);
    buf_init(&s->text, TEXT_BYTES);
    *state = s;
    return 0;
}

static void thermal_close(void *state, const struct source_context *c)
{
    (void)c;
    struct thermal_state *s = state;
    if (s) {
        buf_release(&s->text);
        free(s);
    }
}

static int thermal_poll(void *state, const struct source_context *c, void *part_out,
                        struct err *err)
{
    /* OSThermalNotification.h: nominal, moderate, heavy, trapping, sleeping. Real throttling begins
     * at heavy; other numbers belong to other systems. */
    static const char *const names[] = {"nominal", "fair", "serious", "critical", "critical"};
    struct thermal_state *s = state;
    struct thermal_part *part = part_out;
    struct err ignored = ERR_INIT;
    int64_t level = -1;
    (void)err;

    part->sensor_count = part->fan_count = part->left_out = 0;
    part->pressure[0] = '\0';
    if (!s->virtual_known) {
        s->virtual_known = true;
        (void)darwin_number(c->reader, "kern.hv_vmm_present", &s->text, &s->virtual_machine,
                            &ignored);
    }
    if (s->virtual_machine != 0) {
        part->state = reading_missing(READING_UNSUPPORTED, REASON_VIRTUAL, SOURCE_THERMAL);
        return 0;
    }
    part->state = reading_missing(READING_UNSUPPORTED, REASON_NO_SOURCE, SOURCE_THERMAL);
    if (reader_call(c->reader, "notify thermalpressurelevel", darwin_live_thermal, NULL, &s->text,
                    &ignored) == 0 &&
        darwin_parse_number(s->text.data, s->text.size, &level) && level >= 0 &&
        level < (int64_t)(sizeof names / sizeof *names)) {
        utf8_copy(part->pressure, sizeof part->pressure, names[level]);
    }
    return 0;
}

const struct source_ops source_darwin_thermal = {
    .name = "thermal",
    .id = SOURCE_THERMAL,
    .part_offset = offsetof(struct sample, thermal),
    .part_size = sizeof(struct thermal_part),
    .period_ms = 2000,
    .deadline_ms = 1000,
    .flags = SOURCE_INLINE,
    .open = thermal_open,
    .poll = thermal_poll,
    .close = thermal_close,
};
