/*
 * The journal for a program: all entries, or one of them with its diffs and what its files are now.
 */
#ifndef CLI_JOURNAL_JSON_H
#define CLI_JOURNAL_JSON_H

#include <cjson/cJSON.h>

#include "cli/journal_look.h"

/* As the JSON has the two journals: "own", "root". */
extern const char *const journal_part_words[JOURNALS_COUNT];

/* program: argv[0], for the commands. */
cJSON *journal_list_json(const struct journals *j, const char *program);
cJSON *journal_one_json(const struct journals *j, const struct journal_look *look,
                        const char *program);

#endif
