/*
 * The lists of the Tuning tab: all settings, by groups as the catalog has them, and what a profile
 * wants here, by services and by what becomes of it. Pure: changed by actions only.
 *
 * Selection is a name (with a profile also the service), never a row.
 */
#ifndef TUI_SETTING_LIST_H
#define TUI_SETTING_LIST_H

#include <stddef.h>

#include "tui/action.h"
#include "tuning/profile.h"
#include "tuning/setting.h"
#include "tuning/setting_here.h"

enum {
    SETTING_LIST_MAX = 2048, /* rows; the catalog has a quarter of that */
    SETTING_LIST_NAME = 128, /* more than a name may have */
};

struct setting_list {
    char selected[SETTING_LIST_NAME]; /* "" nothing */
    int service;                      /* of that, in the list of a profile */
    int kind;                         /* of that, in the list of a plan: plan_list.h */
    char group[SETTING_LIST_NAME], name[SETTING_LIST_NAME]; /* there: whose, and what */
    int row; /* where that stood last, counted without titles */
};

/* One list as shown now. */
struct setting_rows {
    /* Of setting_catalog.by_name, or of a row of the profile; below 0: a title. */
    int index[SETTING_LIST_MAX];
    int count, matching; /* matching: without the titles */
    int all;             /* without the filter */
    int selected;        /* its row, -1 none of them */
};

/* Whether every word of `filter` is in its name, group, owner, kind or verdict. */
bool setting_list_matches(const struct setting *s, int verdict, const char *filter);
/* Each name of the catalog has a row: what is set is that very name. catalog NULL: no rows. A title
 * is ~index of the first setting of its group. */
void setting_list_rows(const struct setting_list *list, const struct setting_catalog *c,
                       const struct setting_here *here, const char *filter,
                       struct setting_rows *out);
/* UP to LAST; page: rows that are visible. Without a selection the first one is taken, LAST the
 * last. */
void setting_list_move(struct setting_list *list, const struct setting_catalog *c,
                       const struct setting_here *here, const char *filter, enum action action,
                       int page);

/* Parts of what a profile wants, in the order in which they stand. */
enum want_part {
    WANT_SERVICE, /* + enum profile_service: what would be written for it */
    WANT_NOT = WANT_SERVICE + PROFILE_SERVICE_COUNT, /* what is not, the harmful first */
    WANT_KEPT,                                       /* only where a file has it already */
    WANT_LOOKED,                                     /* only looked at */
    WANT_PARTS
};
/* enum want_part of a row. */
int want_part(const struct profile_row *r);
/* The name that stands in the list: of what is written, else of the wish. */
const char *want_name(const struct profile_row *r);
/* enum setting_verdict: what is written is chosen so that it counts; else that of the wish. */
int want_verdict(const struct profile_row *r);
/* Whether every word of `filter` is in its names, service, action or verdict. */
bool want_matches(const struct profile_row *r, const char *filter);
/* Services that were found come before those that were not. A title is ~enum want_part. wants NULL:
 * no rows. */
void want_list_rows(const struct setting_list *list, const struct profile_rows *wants,
                    const struct setting_here *here, const char *filter, struct setting_rows *out);
void want_list_move(struct setting_list *list, const struct profile_rows *wants,
                    const struct setting_here *here, const char *filter, enum action action,
                    int page);

/* The first row of `visible` ones so that the selected one stands among them, in the middle where
 * the list is longer. */
int setting_list_first(const struct setting_rows *rows, int visible);

#endif
