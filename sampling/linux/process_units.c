#include "sampling/linux/process_units.h"

#include <string.h>
#include <unistd.h>

#include "base/number.h"

static int live_units(void *ctx, struct buf *out, struct err *err)
{
    (void)ctx;
    (void)err;
    buf_printf(out, "%ld %ld", sysconf(_SC_PAGESIZE), sysconf(_SC_CLK_TCK));
    return 0;
}

void process_units_read(struct reader *reader, struct buf *text, uint64_t *page_bytes,
                        double *tick_seconds)
{
    struct err err = ERR_INIT;
    uint64_t page = 4096, ticks = 100; /* what nearly every Linux machine has */
    if (reader_call(reader, "sysconf page-size clock-ticks", live_units, NULL, text, &err) == 0) {
        const char *blank = memchr(text->data, ' ', text->size);
        if (blank != NULL) {
            (void)number_u64(text->data, (size_t)(blank - text->data), 10, &page);
            (void)number_u64(blank + 1, strlen(blank + 1), 10, &ticks);
        }
    }
    *page_bytes = page;
    *tick_seconds = ticks > 0 ? 1.0 / (double)ticks : 0.01;
}

int64_t process_units_wall_ns(double tick_seconds, int64_t start, int64_t boot_wall_ns)
{
    if (start <= 0 || boot_wall_ns <= 0)
        return 0;
    double seconds = (double)start * tick_seconds;
    return seconds < 1e9 ? boot_wall_ns + (int64_t)(seconds * 1e9)
                         : 0; /* no machine is up for 30 years */
}
