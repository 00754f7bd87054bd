/*
 * One entry of the journal for a person: what changed, what became of it, what it is now, the diff.
 */
#ifndef CLI_JOURNAL_TEXT_H
#define CLI_JOURNAL_TEXT_H

#include "cli/journal_look.h"
#include "cli/text_page.h"

enum style journal_state_style(enum journal_state state);
/* The text cleaned and broken at blanks; lines after the first begin at `indent`. */
void journal_put_clean(struct text_page *p, enum style style, int indent, const char *text);
/* program: argv[0], for the command at its end. */
void journal_one_text(struct text_page *p, const struct journals *j,
                      const struct journal_look *look, const char *program);

#endif
