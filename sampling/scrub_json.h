/*
 * The part of scrub.c that knows answers of services. Of prompts, jobs and queues nothing is kept
 * but what the parsers read; of other answers everything but secrets, names and texts of users.
 */
#ifndef SAMPLING_SCRUB_JSON_H
#define SAMPLING_SCRUB_JSON_H

#include <cjson/cJSON.h>

#include "sampling/scrub.h"

#define SCRUB_STRING_MAX ((size_t)1024 * 1024) /* of one string: as large as a whole answer */

/* Key and text of an "http GET URL" read: a line with the status, then the body. */
void scrub_http(struct scrub *s, const char *key, const char *data, size_t size, struct buf *out);
/* A list of command line arguments, in place. scrub.c's. */
void scrub_arguments(struct scrub *s, cJSON *list);
/* Makes item the string `text`. */
void scrub_json_set(cJSON *item, const char *text);

#endif
