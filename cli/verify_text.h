/*
 * The rows of verify, for a person and for a program: of `verify`, and of the results of apply and
 * undo.
 */
#ifndef CLI_VERIFY_TEXT_H
#define CLI_VERIFY_TEXT_H

#include <cjson/cJSON.h>

#include "cli/text_page.h"
#include "tuning/evidence/verify_rows.h"

/* A table: a head, a line each, and why where there is more to say. Where the terminal is narrow
 * the columns are, then the proof and the values stand below their row. Secrets are masked. */
void verify_text_rows(struct text_page *p, const char *profile, const struct verify_rows *rows);
/* rows[] of the contract; `why` besides. */
cJSON *verify_rows_json(const struct verify_rows *rows);

#endif
