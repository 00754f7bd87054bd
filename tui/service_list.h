/*
 * The list of services as it stands on the Services tab: its order, what is selected, the filter.
 * Pure: changed by new models and by actions only.
 *
 * Selection is a name, never a row: services come, go and change places below it. Sorting (busy
 * first) happens every 5 s, at the start with every answer, and never while something is selected;
 * a service that is new meanwhile comes at the end.
 */
#ifndef TUI_SERVICE_LIST_H
#define TUI_SERVICE_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "sampling/model.h"
#include "tui/action.h"

enum {
    SERVICE_LIST_MAX = 1024, /* rows; the collector watches far fewer */
    SERVICE_LIST_NAME = 64,  /* more than a name may have */
};

struct service_list {
    uint64_t order[SERVICE_LIST_MAX]; /* hashes of names, as sorted last */
    size_t count;
    int64_t sorted_ns;
    bool settled; /* sorted once with all answers there: before that, with every model */
    char selected[SERVICE_LIST_NAME]; /* "" nothing */
    int row;                          /* where that stood last */
};

/* One list as shown now: indices into m->services. */
struct service_rows {
    int index[SERVICE_LIST_MAX];
    int count;
    int all;      /* without the filter */
    int selected; /* its row, -1 none of them */
    bool gone;    /* what is selected is not in the model any more */
};

/* Smaller comes first: needs you, at work, idle, not running. */
int service_list_rank(const struct service_model_state *s);
/* Whether every word of `filter` is in its name, kind, version, address, state or models. */
bool service_list_matches(const struct service_facts *f, const char *filter);
/* A new model came. */
void service_list_update(struct service_list *list, const struct model *m);
void service_list_rows(const struct service_list *list, const struct model *m, const char *filter,
                       struct service_rows *out);
/* UP to LAST; page: rows that are visible. Without a selection the first one is taken, LAST the
 * last. */
void service_list_move(struct service_list *list, const struct model *m, const char *filter,
                       enum action action, int page);

#endif
