/*
 * Between the parts of the planner: plan.c has the wishes, plan_want.c finds what is to be edited
 * where, plan_want_line.c does so for flags that stand in a variable, plan_edit_list.c holds the
 * edits against each other, plan_refuse.c what the files have of the rest, plan_limits.c and
 * plan_fit.c look that it does no harm, plan_finish.c makes texts, diffs, units and the hash of it.
 * For these files only.
 */
#ifndef TUNING_PLAN_EDITS_H
#define TUNING_PLAN_EDITS_H

#include "tuning/config/splice.h"
#include "tuning/plan.h"
#include "tuning/plan_fit.h"

/* Of one file: more than all settings of a profile for as many services as may be configured. */
enum { EDITS_MAX = 4096 };

struct plan_found;     /* tuning/plan_layers.h */
struct plan_flag_line; /* tuning/plan_flag_line.h */

/* One setting that is to have a value. */
struct wanted {
    const struct plan_place *place;
    const struct setting *setting;
    const char *name, *value;
    const char *intent, *clamped_from, *reason;
    int verdict;
    bool only_if_there, typed;
};

struct edit {
    struct splice_edit splice;
    struct wanted wanted;
    const char *from;
    bool in_line; /* a flag: the value of `splice` is the line of all flags (tuning/flag_line.h), */
    const char *to; /* and this its own: "" it stands alone, NULL it is gone */
    struct splice_result result;
};

struct edits { /* of one source; several may want the same of the same place: it is edited once */
    struct edit *of;
    size_t count, capacity;
};

/* The memory that a service takes its share of. */
enum pool {
    POOL_MACHINE, /* of the machine; a GPU that shares it takes from it, too */
    POOL_ENGINE,  /* of the virtual machine that containers run in on a Mac */
    POOL_CARD,    /* of cards with memory of their own */
    POOL_COUNT
};

/* What a service may take: all of a pool have to fit together. */
struct share {
    struct wanted wanted; /* wanted.value NULL: it is so already, or typed, and is not touched */
    struct wanted asked;  /* before it was clamped */
    const struct plan_place *place;
    enum pool pool;
    double bytes, asked_bytes;
    double spare; /* of a fit target: the memory that it leaves free counts from here; else NAN */
    const char *what; /* "MemoryMax", for a sentence */
    bool written;     /* the limit was */
};

/* Of one service: a limit, what its GPU keeps free, the shares of PyTorch's allocators. */
enum { PLAN_SHARES = 4 * PLAN_PLACES };

struct planner {
    const struct plan_input *in;
    const struct plan_wish *wish;
    struct plan *out;
    struct edits edits[PLAN_FILES];
    struct edits kept[PLAN_FILES]; /* that others have as well: it is so already, and is to stay */
    /* With a command line that comes whole from another file; NULL: as the file is. */
    struct document *staged[PLAN_FILES];
    struct share shares[PLAN_SHARES];
    size_t share_count;
    struct wanted *wishes; /* of profiles, as they come: written when all of them are known */
    size_t wish_count, wish_capacity;
    size_t skipped_capacity, row_capacity, warning_capacity;
    /* Of the service that was looked at last; NULL: its flags do not come from a variable. */
    const struct plan_place *line_place;
    const struct plan_flag_line *line;
};

void planner_add_edit(struct planner *p, struct edits *e, const struct edit *edit);
/* The first that wants the same place; NULL: none. */
const struct edit *planner_taken(const struct edits *e, const struct splice_edit *s);
/* The service has asked for it, for this setting. */
bool planner_has_asked(const struct edits *e, const struct splice_edit *s, const struct wanted *w);
/* Whether the place gets another value for another wish (NULL: none); then this one is skipped. */
bool planner_refused_by(struct planner *p, const struct edit *other,
                        const struct splice_edit *splice, const struct wanted *w);
/* false: it is skipped. What another service wants there as well is one edit of the text, and a
 * change of both: both have to start anew for it. */
bool planner_want_at(struct planner *p, int source, const struct splice_edit *splice,
                     const struct wanted *w, const char *from);
/* It has the value that is wished: no other wish may change that. */
void planner_keep_at(struct planner *p, int source, const struct splice_edit *splice,
                     const struct wanted *w);

/* Room for one more item; the old items are left to the arena. */
void *planner_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size);
/* Whether anything of the service may be changed, and is asked for. */
bool planner_takes(const struct plan_wish *wish, const struct plan_place *p);
/* What the file of a service has for a setting, under either name, an interpolation of one plain
 * name answered from .env; NULL: nothing that is known. */
const char *planner_in_file(struct planner *p, const struct plan_place *place, const char *name);

/* What a person typed for the setting of the service; NULL: nothing. */
const char *planner_typed(const struct plan_wish *wish, const struct plan_place *place,
                          const struct setting *s);
/* The same, when what is typed goes to that one. */
const char *planner_typed_for(const struct planner *p, const struct plan_place *place,
                              const char *name);
/* A flag that a person typed for the service, of which only one can be given with this one
 * (tuning/flag_sets.h); NULL: none. */
const char *planner_typed_excluding(const struct plan_wish *wish, const struct plan_place *place,
                                    const char *flag);
/* Whether the version that is installed reads it: the verdict and its reason; a warning when it
 * does not, or when the value harms. It is written all the same. */
void planner_judge_typed(struct planner *p, struct wanted *w);
/* USAGE for a setting that is typed twice. */
int planner_check_twice(const struct plan_wish *wish, struct err *err);

void planner_warn(struct planner *p, const struct plan_place *place, const char *setting,
                  const char *text);

/* What is not written, and why. refused: it was wished and could be, but not surely. */
void planner_skip(struct planner *p, const struct wanted *w, const char *reason,
                  const char *by_hand, bool refused);
/* A row of the plan: what the files have of it. files: in_file, unclear, same; setting, where they
 * have it under another name; secret, where another name than that says so. */
void planner_add_row(struct planner *p, const struct wanted *w, const struct plan_row *files);
/* Refused, before its value was looked at: skipped, and what the files have of it is a row of the
 * plan all the same. */
void planner_refuse(struct planner *p, const struct wanted *w, const char *reason);
/* The same of a wish that is good, where only the file is in the way: with the lines for it. */
void planner_refuse_edit(struct planner *p, const struct wanted *w, const char *reason);
/* A file of systemd that counts more than ours has it: its value is that of the row, and where that
 * is another one the wish is refused. false: there is none. */
bool planner_overridden(struct planner *p, struct wanted *w, enum document_entry_kind kind,
                        const struct plan_found *stands);
/* How a file of this type holds a setting of this kind. false: it does not, and why. */
bool planner_can_hold(const struct setting *s, const struct plan_place *p,
                      enum document_entry_kind *out, const char **why);
/* Whether two edits of one file are of the same value there. */
bool planner_same_place(const struct splice_edit *a, const struct splice_edit *b);
/* The text that the edits of a file start from. */
const struct document *planner_document(const struct planner *p, int source);
/* The flag into the variable that its image takes flags from (tuning/plan_flag_line.h). false: they
 * stand in a command line. */
bool planner_want_in_line(struct planner *p, struct wanted *w);
/* Who gets the new value besides, and why it does not go where the old one stands. line: the
 * command line that is repeated from there for it; NULL: none. */
void planner_add_reasons(struct planner *p, struct wanted *w, const struct plan_found *stands,
                         size_t target, const char *line, const char *repeat);
/* Behind what is said already. */
void planner_add_reason(struct planner *p, struct wanted *w, const char *reason);
/* The reason why a setting is left out that is only wished where it is. */
extern const char planner_not_there[];
/* false: what counts by being there is to be gone. */
bool planner_is_on(const struct wanted *w);
/* One setting of one service into its file, or among what is skipped. */
void planner_want(struct planner *p, struct wanted w);

/* Whether it is kept back for planner_limits(): it says how much memory a service may take. */
bool planner_keep_limit(struct planner *p, const struct wanted *w);
/* What the services may take together of a pool of memory leaves some of it free; else each gets
 * its share by priority. No limit goes below what its service takes now, took at its peak, or below
 * the largest model that it has installed. What a person typed is not touched; it is said. */
void planner_limits(struct planner *p);
/* The limit of a service's memory as its file has it, and as it will be (after planner_limits()),
 * bytes; NAN: none, or not known. */
double planner_limit_now(struct planner *p, const struct plan_place *place);
double planner_limit_then(struct planner *p, const struct plan_place *place);

/* Whether each installed model fits before and after: the requests at once are clamped, then what
 * does not fit all the same is said, and each context that gets shorter. After planner_limits(). */
void planner_fit(struct planner *p);
/* The largest model that the service has installed, bytes on disk; NAN: not known. *name is its. */
double planner_largest_model(const struct planner *p, const struct plan_place *place,
                             const char **name);

/* What the models hold before and after, and what each change costs. After planner_finish(). */
void planner_memory(struct planner *p);

/* Edits to texts, units and hash. */
int planner_finish(struct planner *p, struct err *err);

#endif
