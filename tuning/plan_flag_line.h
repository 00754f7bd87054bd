/*
 * Flags of a ComfyUI whose image takes them from a variable (tuning/flag_line.h): where that
 * variable stands in the files of the service. Pure.
 */
#ifndef TUNING_PLAN_FLAG_LINE_H
#define TUNING_PLAN_FLAG_LINE_H

#include "tuning/plan_layers.h"

struct plan_flag_line {
    const char *variable;     /* "CLI_ARGS" */
    struct plan_found stands; /* the variable; entry NULL: it is not there yet */
    /* What an edit changes: the variable where it counts, or what fills it in .env. */
    int source;
    const char *group, *name;
    size_t target;     /* the layer that an edit goes into; layer_count: .env */
    const char *value; /* the line, "" when there is none; NULL: not known */
    bool never_empty;  /* an empty line lets another text hold: ${NAME:-text} */
    /* The variable of what stands in front of the line, and its flags; NULL: there is none. */
    const char *before_name, *before;
    const char *why; /* why it cannot be changed; NULL: it can */
};

/* false: its flags do not come from a variable: it is no ComfyUI in a compose file, has a command
 * line of its own, or an image that is not known and no variable by which it is one. */
bool plan_flag_line(const struct plan_input *in, const struct plan_place *p, struct arena *arena,
                    struct plan_flag_line *out);

#endif
