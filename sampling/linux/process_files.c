/*
 * The small files of a process: io, statm, limits, status. Pure.
 */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "sampling/linux/process_parse.h"
#include "sampling/scan.h"

/* What stands behind "NAME:" on a line of its own. */
static bool find_value(const char *text, size_t size, const char *name, struct span *out)
{
    struct span rest = span_of(text, size), line;

    while (scan_line(&rest, &line)) {
        struct span head = scan_until(&line, ':');

        if (span_is(head, name)) {
            *out = line;
            return true;
        }
    }
    return false;
}

static bool find_number(const char *text, size_t size, const char *name, uint64_t *out)
{
    struct span value;

    return find_value(text, size, name, &value) && scan_u64(&value, out);
}

int process_parse_io(const char *text, size_t size, struct process_io *out)
{
    struct process_io io;

    if (!find_number(text, size, "read_bytes", &io.read_bytes) ||
        !find_number(text, size, "write_bytes", &io.write_bytes)) {
        return -1;
    }
    *out = io;
    return 0;
}

int process_parse_statm(const char *text, size_t size, struct process_statm *out)
{
    struct span rest = scan_trim(span_of(text, size));
    struct process_statm m;
    uint64_t whole;

    if (!scan_u64(&rest, &whole) || !scan_u64(&rest, &m.resident_pages) ||
        !scan_u64(&rest, &m.shared_pages)) {
        return -1;
    }
    *out = m;
    return 0;
}

int process_parse_file_limit(const char *text, size_t size, double *out)
{
    static const char head[] = "Max open files";
    struct span rest = span_of(text, size), line, word;
    uint64_t limit;

    while (scan_line(&rest, &line)) {
        if (!span_starts(line, head)) {
            continue;
        }
        line.at += sizeof head - 1;
        line.size -= sizeof head - 1;
        if (!scan_word(&line, &word)) {
            return -1;
        }
        if (span_is(word, "unlimited")) {
            *out = INFINITY;
            return 0;
        }
        if (number_u64(word.at, word.size, 10, &limit) < 0) {
            return -1;
        }
        *out = (double)limit;
        return 0;
    }
    return -1;
}

int process_parse_status_kib(const char *text, size_t size, const char *name, uint64_t *out)
{
    struct span value, unit;
    uint64_t number;

    if (!find_value(text, size, name, &value)) {
        return -1;
    }
    value = scan_trim(value);
    if (!scan_u64(&value, &number) || !scan_word(&value, &unit) || !span_is(unit, "kB") ||
        number > UINT64_MAX / 1024) {
        return -1;
    }
    *out = number;
    return 0;
}
