/*
 * Command lines as words, and words as flags: shared by compose files, units, property lists and
 * scripts. Internal to tuning/config.
 */
#ifndef TUNING_CONFIG_WORDS_H
#define TUNING_CONFIG_WORDS_H

#include "tuning/config/builder.h"

struct word {
    struct mapped text; /* without quotes; NUL-terminated */
    size_t begin, end;  /* bytes of the file, with quotes */
    bool quoted;        /* begins with a quote */
    bool literal;       /* in single quotes: nothing is filled in */
};

struct words {
    struct word *items;
    size_t count, capacity; /* in the arena that is given each time */
};

enum words_rules {
    WORDS_SHELL,   /* ' " and \ as a POSIX shell has them */
    WORDS_SYSTEMD, /* the same, and \n, \x41, ... in and outside of quotes */
};

void words_add(struct words *w, struct arena *arena, const struct word *word);
/* Splits a command line at blanks outside of quotes. Texts live in `arena`. A quote that is not
 * closed reaches to the end: *open is its place then, else left as it is. */
void words_split(const struct mapped *line, enum words_rules rules, struct arena *arena,
                 struct words *out, bool *open);
/* One word (or less: its text from `from` on) as decoded; for one with quotes inside. */
bool word_is(const struct word *word, const char *text);
/* The part behind the last slash. */
const char *word_base(const struct word *word);

struct words_style {
    const char *group;
    const char
        *positional;     /* "command": the others become KEY command[N]; NULL: they are dropped */
    bool doubled_dollar; /* "$$" is a dollar */
    bool shared;         /* for the entries */
};
/* Adds words [from, count) as entries: flags with their values, positional ones as keys. */
int words_add_entries(struct document_builder *b, const struct words *w, size_t from,
                      const struct words_style *style);
/* Where the arguments of the program that really runs begin, and what it is called: of
 * "python3 -u main.py --lowvram" main.py. Wrappers (sudo, env, nohup, nice, ...) are stepped over;
 * *command is their first word that is none. */
size_t words_program(const struct words *w, size_t from, size_t *command, const char **name);

#endif
