/*
 * Judging the configuration files of other programs: settings that nobody reads, that are called
 * otherwise by now, that do harm, and pairs that exclude each other.
 *
 * lint_run() is pure: (documents, settings catalog, what is known of machine and versions) ->
 * findings in the order of the files and their lines. Whose setting a name is comes first: a
 * variable of Ollama's in the service of another image is nobody's, and so no finding; what the
 * image, the command, the label, the name of the file and the files beside it tell decides. What
 * cannot be decided is a note, never a finding. A version comes from the tag of an image or from
 * the query; where neither tells it is taken for the newest, and a note says so.
 *
 * Rules over more than one entry stand in one table (lint_rules.c), each with its sentence and its
 * source. Texts of findings are sanitised and bounded; the value of a secret is never in them.
 */
#ifndef TUNING_LINT_H
#define TUNING_LINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "tuning/config/document.h"
#include "tuning/setting.h"

enum {
    LINT_MAX_FINDINGS = 1000, /* a file with more is of another kind than it was taken for */
    LINT_MAX_NOTES = 200,
};

struct lint_file {
    const struct document *document;
    /* Read only because a file that is judged belongs to it (the compose file beside an .env): has
     * no findings of its own. */
    bool beside;
};

/* Everything may be left out (zeros; the places are SETTING_PLACE_UNKNOWN). */
struct lint_query {
    int system; /* SETTING_MACOS or SETTING_LINUX: of the machine that the files are for; or
                   SETTING_PLACE_UNKNOWN */
    const char *versions[SETTING_OWNER_COUNT]; /* of what runs there; NULL unknown */
    double memory_bytes;                       /* of the machine; 0 unknown */
    double cpus;                               /* 0 unknown */
    double gpu_memory_bytes;                   /* 0 unknown */
};

struct lint_finding {
    const char *file;
    unsigned long line, column;
    const char *setting;
    const char *value; /* NULL: there is none, or it is a secret */
    bool secret;
    int verdict;               /* enum setting_verdict; never SETTING_HONOURED */
    const char *since, *until; /* versions from which and up to which that is so; NULL: no bound */
    const char *instead;       /* what to write; NULL: nothing */
    const char *reason;        /* a sentence */
    const char *source;
    const char *rule; /* id of a rule of lint_rules.c; NULL: the catalog's verdict */
};

struct lint_note { /* worth knowing, no finding */
    const char *file;
    unsigned long line;  /* 0: the whole file */
    const char *setting; /* NULL: none in particular */
    const char *text;
};

struct lint_result {
    struct arena arena;
    struct lint_finding *findings;
    size_t count;
    struct lint_note *notes;
    size_t note_count;
    bool truncated; /* there were more */
};

/* Never fails; out is released in any case. What it points to lives until then, beside the files
 * and the catalog, which must outlive it. */
void lint_run(const struct setting_catalog *c, const struct lint_query *q,
              const struct lint_file *files, size_t count, struct lint_result *out);
void lint_release(struct lint_result *r);

/* Whether a finding of that verdict makes a file one that should be changed: exit status 5. */
bool lint_is_wrong(int verdict);

/* The rules, for documentation and tests; NULL after the last id. */
struct lint_rule_text {
    const char *id, *sentence, *source;
};
const struct lint_rule_text *lint_rule_texts(size_t *count);

#endif
