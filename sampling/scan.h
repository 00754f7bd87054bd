/*
 * Walking through kernel text: lines, words, numbers. Nothing here needs a NUL at the end, and
 * nothing allocates.
 */
#ifndef SAMPLING_SCAN_H
#define SAMPLING_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span { /* borrowed bytes */
    const char *at;
    size_t size;
};

static inline struct span span_of(const char *text, size_t size)
{
    return (struct span){text, size};
}

/* Takes the next line, without its newline, off the front of *rest; false at the end. */
bool scan_line(struct span *rest, struct span *out);
/* Takes the next word off the front of *rest; blanks are spaces and tabs; false when there is
 * none. */
bool scan_word(struct span *rest, struct span *out);
/* Takes everything up to `stop` off the front of *rest, and the stop itself; the whole rest when
 * there is none. */
struct span scan_until(struct span *rest, char stop);
struct span scan_trim(struct span text); /* without white space at both ends */
bool span_is(struct span a, const char *text);
bool span_starts(struct span a, const char *prefix);
/* strstr() in a span, ASCII letters of any case. */
bool span_has(struct span a, const char *needle);

/* Next word as a number; false (nothing taken) when it is none. */
bool scan_u64(struct span *rest, uint64_t *out);
/* A file that holds one number and white space. */
bool scan_only_i64(const char *text, size_t size, int64_t *out);

/* A list of CPUs as the kernel writes it: "0-3,8,10-11\n", or separated by blanks ("0 1 2 3\n").
 * Sets in_list[cpu] for each below `count`; false when the text is not such a list (what came
 * before the fault is set). */
bool scan_cpu_list(const char *text, size_t size, bool *in_list, size_t count);

#endif
