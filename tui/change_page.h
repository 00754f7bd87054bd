/*
 * What the pages of a change share: while it is at work (view_change.c) and its end
 * (view_change_end.c). Each is one walk over a sheet.
 */
#ifndef TUI_CHANGE_PAGE_H
#define TUI_CHANGE_PAGE_H

#include "tui/sheet.h"

/* What a step does, as far as it is known: "ollama until it answers"; returns out. */
const char *change_step_words(const struct change_step *s, bool whole, char *out, size_t size);
const char *change_action_word(const struct change_step *s);
/* "high", or what else it is about; never empty. */
const char *change_name(const struct change_run *r);
/* How it ended, in one sentence: returns its rows; draw false: only counted. */
int change_end_title(struct page *p, int y, bool draw);
void change_end_sheet(struct sheet *h);
/* What is waited for now: how the service is, part by part, and the newest lines of its log. */
void change_now_sheet(struct sheet *h, const struct change_run *r);
/* All that is known of the logs; it fills the page. */
void change_log_sheet(struct sheet *h, const struct change_run *r);
/* Cut with a sign where it is too long. */
void change_put_cut(struct line *l, int end, enum role role, const char *text);
double change_took(const struct page *p, const struct change_step *s);

#endif
