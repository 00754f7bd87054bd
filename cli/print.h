/*
 * What a command prints, put together and written in one go: lines for a person, in colours and
 * characters that the terminal has, or one JSON object.
 *
 *   struct print p;
 *   print_begin(&p, o, utf8, OUTPUT_MAX);
 *   if (o->json) print_json(&p, root); else some_text(&p.page, ...);
 *   return print_end(&p, err);
 */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include <cjson/cJSON.h>

#include "cli/options.h"
#include "cli/text_page.h"

struct print {
    struct buf out;
    struct text_page page;
};

/* max: bytes that it may come to. The struct must not be moved until print_end(). */
void print_begin(struct print *p, const struct options *o, bool utf8, size_t max);
/* Takes the object over. */
void print_json(struct print *p, cJSON *root);
/* Writes and releases it, as output_write(). */
int print_end(struct print *p, struct err *err);

#endif
