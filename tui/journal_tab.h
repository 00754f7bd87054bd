/*
 * What the files of the Journal tab share.
 */
#ifndef TUI_JOURNAL_TAB_H
#define TUI_JOURNAL_TAB_H

#include "tui/page.h"

enum { JOURNAL_ID_COLUMNS = 22 }; /* 20261121-180657-123456 */

struct journal_shown { /* the rows that the filter leaves */
    uint16_t index[JOURNAL_ROWS];
    int count, current; /* current: -1 where there is none */
};
struct journal_tab {
    struct journal_shown shown;
    int width, title_y, list_y, list_rows, first, visible;
    int notes; /* lines below the list */
    bool more; /* the last list row says how many there are besides */
    int details_y, details_rows;
    bool gaps; /* blank rows between its parts: all of it stands there with them */
    int why_y, why_rows;
};

/* What was asked of the current entry, when it is here; else NULL. */
const struct journal_diff *journal_tab_diff(const struct ui *ui);
/* "ollama, comfyui"; standing: without those that were put back at once. */
void journal_services(const struct journal_row *r, bool standing, char *out, size_t size);
const char *journal_short_id(const char *id);
enum role journal_state_role(const struct journal_row *r);

/* view_journal_details.c: of the current entry; its title is at y, and below it `rows` rows. */
int journal_details_rows(struct page *p, int width, bool gaps);
void journal_details_draw(struct page *p, const struct journal_tab *t);
int journal_diff_rows(struct page *p);
void journal_diff_draw(struct page *p, int y, int rows);
/* Of a wall time as the clock on the wall has it; a dash when it is not known. Returns out
 * (FORMAT_SIZE bytes). */
const char *journal_date(const struct page *p, int64_t wall_ns, char *out);

#endif
