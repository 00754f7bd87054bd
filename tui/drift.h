/*
 * Drift as the Overview counts it: what `verify --json` said, made into a number and a sentence.
 * Pure.
 */
#ifndef TUI_DRIFT_H
#define TUI_DRIFT_H

#include <stddef.h>

#include "base/err.h"
#include "tuning/assess.h"

/* Errors: PARSE, TOO_BIG; *out says "nowhere" then. */
int drift_parse(const char *verify, size_t size, struct assess_drift *out, struct err *err);

#endif
