/* Durations as Go reads them, which Ollama and Compose are written in: "5m", "1h30m", "1.5s". */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stddef.h>

/* What a number without a unit is. */
enum duration_form {
    DURATION_UNITS,   /* none, but for 0: Compose */
    DURATION_SECONDS, /* a whole number of seconds: Ollama */
};

/* The whole of text[0..size) must be one duration: perhaps a sign, then numbers with h, m, s, ms,
 * us (also with the micro sign) or ns, each once or more, in any order; a day is no unit. 0, or -1
 * with *seconds untouched (none, or beyond the 292 years that Go can hold). */
int duration_parse(const char *text, size_t size, enum duration_form form, double *seconds);

#endif
