/*
 * --format: a template whose {fields} are paths into the JSON of status.
 *
 * {path} or {path:FORMAT}; {{ and }} are braces. An element of a list is named by its place
 * (models.0) or its name (services.ollama). FORMAT is a unit (% GiB MiB GHz s C), a number of
 * decimals (.2), or both (GiB.2). What is null or not there is "-".
 */
#ifndef CLI_STATUS_FORMAT_H
#define CLI_STATUS_FORMAT_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends the filled template. json NULL: every path is checked and given as "-". Errors are
 * ERR_USAGE. */
int status_format(const char *template, const cJSON *json, bool ascii, struct buf *out,
                  struct err *err);

#endif
