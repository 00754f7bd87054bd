/*
 * Numbers as text, in the widths of the design: fixed, so that nothing to the right of a number
 * moves. No locale: the decimal point is a point. Every function fills `out` (FORMAT_SIZE bytes)
 * and returns it.
 */
#ifndef TUI_FORMAT_H
#define TUI_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum { FORMAT_SIZE = 32 };

/* "0.1s" "44s" "4m12s" "2h05m" "12d04h" */
const char *format_duration(char out[FORMAT_SIZE], double seconds);
const char *format_gib(char out[FORMAT_SIZE], double bytes, int width); /* " 36.7" */
const char *format_percent(char out[FORMAT_SIZE], double ratio);        /* " 21": whole, %3d */
const char *format_ghz(char out[FORMAT_SIZE], double hertz);            /* "4.40" */
const char *format_watts(char out[FORMAT_SIZE], double watts);          /* "34.1", " 318" */
const char *format_count(char out[FORMAT_SIZE], double count);          /* whole; "9999+" above */
const char *format_clock(char out[FORMAT_SIZE], int64_t wall_ns,
                         int32_t utc_offset_s); /* "14:02:11" */
const char *format_minute(char out[FORMAT_SIZE], int64_t wall_ns,
                          int32_t utc_offset_s); /* "14:02" */
const char *format_date(char out[FORMAT_SIZE], int64_t wall_ns,
                        int32_t utc_offset_s); /* "18 Nov 07:50:14" */
/* The next 1, 2 or 5 times a power of ten that is not below `value`; at least `least`. */
double format_round_up(double value, double least);
/* "ollama", "ollama and comfyui", "a, b and c"; what does not fit is left out. Returns out. */
const char *format_names(const char *const *names, size_t count, char *out, size_t size);

#endif
