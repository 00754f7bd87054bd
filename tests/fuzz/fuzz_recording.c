/*
 * A line of a recording, or a whole one that is then asked at several times: the first byte
 * chooses. What scrubbing makes of a read is fuzz_scrub.c's.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sampling/reader_recording.h"
#include "sampling/recorded_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

/* A line that is accepted is written again as one that says the same. */
static void run_line(const char *text, size_t size)
{
    struct recorded_read first, second;
    struct err err = ERR_INIT;
    struct buf line;
    recorded_read_init(&first);
    recorded_read_init(&second);
    buf_init(&line, RECORDED_LINE_MAX);
    if (recorded_read_parse(text, size, &first, &err) == 0) {
        recorded_read_write(&line, first.t_ns, first.source, first.key.data, first.code,
                            first.data.data, first.data.size);
        require(recorded_read_parse(line.data, line.size - 1, &second, &err) == 0);
        require(first.t_ns == second.t_ns && first.code == second.code);
        require(strcmp(first.source, second.source) == 0);
        require(strcmp(first.key.data, second.key.data) == 0);
        require(first.data.size == second.data.size);
        require(memcmp(first.data.data, second.data.data, first.data.size) == 0);
    } else {
        require(err.code == ERR_PARSE && err.msg[0] != '\0');
    }
    buf_release(&line);
    recorded_read_release(&first);
    recorded_read_release(&second);
}

static void run_recording(const char *text, size_t size)
{
    struct err err = ERR_INIT;
    struct recording *rec = recording_parse("r", text, size, &err);
    if (!rec) {
        require(err.code == ERR_PARSE);
        return;
    }
    struct buf out;
    buf_init(&out, 1 << 16);
    const int64_t first = recording_first_ns(rec), last = recording_last_ns(rec);
    require(first <= last);
    int64_t at = recording_sample_after(rec, -1), before = -1;
    for (; at >= 0; at = recording_sample_after(rec, at)) {
        require(at > before && recording_sample_at(rec, at) == at);
        before = at;
    }
    static const char *const keys[] = {"file /proc/stat", "list /proc", "file /proc/7/stat"};
    for (size_t i = 0; i < 3; i++) {
        (void)recording_find(rec, keys[i], last, &out, &err);
        require(recording_find_ns(rec, keys[i], first) <= first);
    }
    require(recording_source_ns(rec, "cpu", last) <= last);
    buf_release(&out);
    recording_free(rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const runs[])(const char *text, size_t size) = {run_line, run_recording};
    if (size > 0) {
        runs[data[0] % 2]((const char *)data + 1, size - 1);
    }
    return 0;
}
