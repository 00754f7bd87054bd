#include "sampling/linux/psi.h"

#include <string.h>

#include "base/number.h"
#include "sampling/metric.h"
#include "sampling/scan.h"

void psi_parse(const char *text, size_t size, struct psi *out)
{
    memset(out, 0, sizeof *out);
    struct span rest = span_of(text, size), line, kind, average;
    while (scan_line(&rest, &line)) {
        double percent;
        if (!scan_word(&line, &kind) || !scan_word(&line, &average) ||
            !span_starts(average, "avg10=")) {
            continue;
        }
        size_t skip = strlen("avg10=");
        if (number_double(average.at + skip, average.size - skip, &percent) != 0 || percent < 0) {
            continue;
        }
        if (span_is(kind, "some")) {
            out->some_ratio = percent / 100;
            out->has_some = true;
        } else if (span_is(kind, "full")) {
            out->full_ratio = percent / 100;
            out->has_full = true;
        }
    }
}

void psi_read(struct reader *r, struct reader_file *file, struct buf *text, int some_metric,
              int full_metric, uint8_t source, int64_t at_ns, struct reading *some,
              struct reading *full)
{
    struct err err = ERR_INIT;
    struct psi psi = {.has_some = false};
    int rc = reader_file(r, file, text, &err);

    if (rc == 0) {
        psi_parse(text->data, text->size, &psi);
        rc = psi.has_some || psi.has_full ? 0 : -ERR_PARSE;
    }
    struct reading why = rc != 0 ? reader_missing(r, rc, source)
                                 : reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, source);
    *some = psi.has_some ? metric_reading(SCOPE_HOST, some_metric, psi.some_ratio, at_ns, source)
                         : why;
    if (full) {
        *full = psi.has_full
                    ? metric_reading(SCOPE_HOST, full_metric, psi.full_ratio, at_ns, source)
                    : why;
    }
}
