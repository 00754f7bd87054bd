/*
 * The list of the Tuning tab while a plan is there: its settings by service, what is left out of
 * it, and below them what to know of it, what is not written, and what is possible besides. Pure.
 *
 * Selection is what an item is, never a row. Without one the first setting counts as selected.
 */
#ifndef TUI_PLAN_LIST_H
#define TUI_PLAN_LIST_H

#include "tui/setting_list.h"
#include "tui/tuning_plan.h"
#include "tui/tuning_wish.h"

enum plan_item_kind {
    ITEM_SERVICE,  /* the title of one; index into services */
    ITEM_ROW,      /* index into the plan's rows */
    ITEM_LEFT_OUT, /* index into the wish's left_out: the plan does not have it any more */
    ITEM_PART,     /* the title of what follows; index: its kind. Never selected */
    ITEM_PENDING,  /* as the plan has them */
    ITEM_WARNING,
    ITEM_SKIPPED,
    ITEM_POSSIBLE,
    ITEM_KINDS
};
enum {
    PLAN_LIST_MAX = 2048,   /* items; tuning_plan.c keeps fewer */
    PLAN_LIST_SERVICES = 64 /* what has no title of its own stands under the last */
};
struct plan_item {
    unsigned char kind;
    unsigned short index;
};
struct plan_items {
    struct plan_item of[PLAN_LIST_MAX];
    const char *services[PLAN_LIST_SERVICES];
    int service_count;
    bool left_out[WISH_LEFT_OUT]; /* has its item already, or is none */
    int count;
    int matching, all; /* of settings: with the filter, and without */
    int selected;      /* its item, -1 where there is none */
};

/* Every word of `filter` is in what an item shows; "" leaves all. plan NULL: no items. */
void plan_list_items(const struct setting_list *list, const struct tuning_plan *plan,
                     const struct tuning_wish *wish, const char *filter, struct plan_items *out);
/* UP to LAST; page: items that are visible. */
void plan_list_move(struct setting_list *list, const struct tuning_plan *plan,
                    const struct tuning_wish *wish, const char *filter, enum action action,
                    int page);
/* Selects that item. true: it was selected already. */
bool plan_list_select(struct setting_list *list, int kind, const char *service, const char *name);
/* As setting_list_first(). */
int plan_list_first(const struct plan_items *items, int visible);
/* Whether the wish leaves it out: it, or its service. */
bool plan_list_is_left_out(const struct tuning_wish *wish, const char *service,
                           const char *setting);
/* Whose it is, and its name; both "" where it has none. */
void plan_item_names(const struct plan_items *items, const struct tuning_plan *plan,
                     const struct tuning_wish *wish, int item, const char **service,
                     const char **name);

#endif
