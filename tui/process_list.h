/*
 * The list of processes as it stands on the Processes tab: groups, order, tree, filter, what is
 * selected. Pure: changed by new models and by actions only.
 *
 * Groups are the services in the model's order, then all other processes. A selection is an
 * identity (pid and start time, or the name of a service), never a row: processes come, go and
 * change places below it, and one that ended is said to be gone. Sorting happens every 5 s, at the
 * start with every model until there are rates, when somebody asks for another order, and else
 * never while something is selected; a process that is new meanwhile comes at the end of its group.
 *
 * Made for 10,000 processes: a model is merged into the order with one walk, and only what is
 * visible is ever drawn.
 */
#ifndef TUI_PROCESS_LIST_H
#define TUI_PROCESS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "sampling/model.h"
#include "tui/action.h"

/* PROCESS_SORT(ID, name for `:sort`, as said) */
#define PROCESS_SORT_TABLE(PROCESS_SORT)                                                           \
    PROCESS_SORT(CPU, "cpu", "CPU")                                                                \
    PROCESS_SORT(MEMORY, "memory", "memory")                                                       \
    PROCESS_SORT(GPU, "gpu", "GPU")                                                                \
    PROCESS_SORT(GPU_MEMORY, "gpu-memory", "GPU memory")                                           \
    PROCESS_SORT(IO, "io", "disk reads and writes")                                                \
    PROCESS_SORT(PID, "pid", "pid")                                                                \
    PROCESS_SORT(NAME, "name", "name")
enum process_sort {
#define PROCESS_SORT(id, name, said) PROCESS_SORT_##id,
    PROCESS_SORT_TABLE(PROCESS_SORT)
#undef PROCESS_SORT
        PROCESS_SORT_COUNT
};
extern const char *const process_sort_names[PROCESS_SORT_COUNT];
extern const char *const process_sort_said[PROCESS_SORT_COUNT];

enum { PROCESS_LIST_NAME = 64, PROCESS_TREE_LEVELS = 31 };

/* What several processes have together. */
struct process_sum {
    size_t count;
    double v[METRIC_PROCESS_COUNT];
    uint32_t known[METRIC_PROCESS_COUNT];
    uint32_t lacking; /* bit of a metric: some do not tell it; not only because they are new */
};

enum process_row_kind { PROCESS_ROW_GROUP, PROCESS_ROW_PROCESS };
struct process_row {
    uint32_t index; /* into processes[], or the group: into services[], or the model's
                       service_count for the others */
    uint32_t lines; /* tree: bit of a level: more follow there below the same parent */
    uint8_t kind;   /* enum process_row_kind */
    uint8_t depth;  /* tree: 0 a root */
};
/* A process as it was sorted last: they stand by rising pid. */
struct process_known {
    int64_t start;
    int32_t pid;
    uint32_t place;
};
enum process_selected { PROCESS_NOTHING, PROCESS_ONE, PROCESS_GROUP };

struct process_list {
    enum process_sort sort;
    bool sort_chosen; /* else by GPU where there is one, else by CPU */
    bool tree;
    enum process_selected selected;
    int32_t pid; /* of PROCESS_ONE */
    int64_t start;
    char name[PROCESS_LIST_NAME]; /* of what is selected; "" the others */
    bool gone;                    /* it is not in the model any more */
    bool settled, resort;
    int64_t sorted_ns;
    int row;   /* of the selection, or where it stood last */
    int first; /* row that stands at the top, as far as that shows the selection */
    /* The rows of the newest model that was taken in. */
    uint64_t sequence; /* of that model */
    struct process_row *rows;
    size_t row_count, row_room;
    struct process_sum *groups; /* of the shown ones: a service each, the others last */
    size_t group_count, group_room;
    struct process_sum services, shown; /* all that belong to services; all that pass the filter */
    struct process_known *known;
    size_t known_count, known_room;
    struct arena scratch;
};

void process_list_release(struct process_list *list); /* keeps sort, tree and selection */
/* The order in force. */
enum process_sort process_list_order(const struct process_list *list, const struct model *m);
/* Whether GPUs are looked at here, so that their columns tell something. */
bool process_list_has_gpu(const struct model *m);
/* Whether every word of `filter` is in its name, command line, user or pid. */
bool process_list_matches(const struct process_facts *f, const char *filter);
/* A new model came, or the filter, the order or the tree changed: makes the rows. */
void process_list_update(struct process_list *list, const struct model *m, const char *filter);
/* The process of a row; NULL for a group, and for a row that is not of this model. */
const struct process_model *process_list_at(const struct process_list *list, const struct model *m,
                                            int row);
/* The process that is selected, NULL: none, or it is gone. */
const struct process_model *process_list_selected(const struct process_list *list,
                                                  const struct model *m);
/* UP to LAST; page: rows that are visible. */
void process_list_move(struct process_list *list, const struct model *m, enum action action,
                       int page);
/* Selects that process, or with pid -1 the group of that service ("" the others). true: it was
 * selected already. */
bool process_list_select(struct process_list *list, const struct model *m, int32_t pid,
                         int64_t start, const char *group);
void process_list_select_nothing(struct process_list *list);
/* The first of `visible` rows, so that the selection is one of them. */
int process_list_first(const struct process_list *list, int visible);
/* Another order: the next one, or the one named. -1: unknown. */
void process_list_sort_next(struct process_list *list, const struct model *m);
int process_list_sort_by(struct process_list *list, const char *name);
void process_sum_add(struct process_sum *sum, const struct process_model *p);
/* What it is called: the program without its folder, or the kernel's name for it. size: of out. */
const char *process_list_name(const struct process_facts *f, char *out, size_t size);

#endif
