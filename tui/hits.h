/*
 * What can be clicked in a frame: views record it while they draw. A place has an identity (an
 * action, a key, the name of a row), never a row number: a list may move between the frame that was
 * looked at and the click.
 *
 * A surface without hits records nothing. What is recorded later lies above.
 */
#ifndef TUI_HITS_H
#define TUI_HITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "tui/action.h"
#include "tui/surface.h"

enum hit_kind {
    HIT_NOTHING, /* beside an overlay, for one */
    HIT_ACTION,  /* of the last row, of a tab */
    HIT_KEY,     /* an answer: as if that key were pressed */
    HIT_ROW,
    HIT_DETAILS, /* of what is selected: the wheel moves them */
};
enum hit_list {
    HIT_SERVICE, /* id: its name */
    HIT_PROCESS, /* a: pid, b: start */
    HIT_GROUP,   /* id: the service, "" the others */
    HIT_SETTING, /* id: its name, a: the service, or -1 in the list of all */
    HIT_PLANNED, /* id: service, HIT_SEPARATOR, name; a: kind of the item */
    HIT_PROFILE, /* of the Tuning tab; id: its name */
    HIT_CHANGE,  /* of the journal; id */
    HIT_PALETTE, /* id: what it is called */
    HIT_PICKER,  /* id: the profile */
    HIT_THEME,   /* id: its name */
    HIT_SIGNAL,  /* a: index into kill_signals */
};
/* Between two names: text from outside never has it. */
#define HIT_SEPARATOR "\n"
struct hit {
    struct rect at;
    enum hit_kind kind;
    enum hit_list list;
    uint32_t value; /* enum action, or a key */
    int64_t a, b;
    size_t id;     /* into hits.ids */
    bool selected; /* it was shown as selected */
};
struct hits {
    struct hit *items;
    size_t count, room;
    struct buf ids;
    /* What the frame showed; a key since then: its answers are not clicked any more. */
    int input, tab;
    bool old;
};

void hits_init(struct hits *h);
void hits_release(struct hits *h);
void hits_clear(struct hits *h);
/* The uppermost there, or NULL. */
const struct hit *hits_at(const struct hits *h, int x, int y);
const char *hits_id(const struct hits *h, const struct hit *hit);

void hit_action(struct surface *s, struct rect at, enum action action);
void hit_key(struct surface *s, struct rect at, uint32_t key);
void hit_row(struct surface *s, struct rect at, enum hit_list list, const char *id, int64_t a,
             int64_t b);
/* The row that was recorded last is shown as selected. */
void hit_selected(struct surface *s);
void hit_details(struct surface *s, struct rect at);
/* Nothing of what was drawn there so far; all of it: an overlay comes. */
void hit_nothing(struct surface *s, struct rect at);
void hit_cover(struct surface *s);

#endif
