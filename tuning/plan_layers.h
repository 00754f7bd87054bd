/*
 * The value in effect of a service whose settings come from several files, and where another one
 * is written so that it comes into effect. Pure; the layers are found by plan_project.c.
 *
 * A later layer wins, key by key; a command line is replaced whole, so its flags are those of the
 * last layer that has one. A change goes where the value stands that counts, when that is the
 * service's own section or its env_file; never into a section that it only extends.
 */
#ifndef TUNING_PLAN_LAYERS_H
#define TUNING_PLAN_LAYERS_H

#include "tuning/config/splice.h"
#include "tuning/plan.h"

struct plan_found {
    const struct document_entry *entry; /* NULL: it is nowhere */
    size_t layer;                       /* where it stands; layer_count: nowhere */
    const char *name;                   /* as it is called there: limits have two names */
};

/* What the service of the file extends in the same file; NULL: nothing. */
const char *plan_extended(const struct document *d, const char *group);
/* The other name of a limit; NULL: it has none. */
const char *plan_synonym(const char *name);
/* Under exactly this name. */
struct plan_found plan_find_exactly(const struct plan_input *in, const struct plan_place *p,
                                    const char *name);
/* Under this name or the other one. */
struct plan_found plan_find(const struct plan_input *in, const struct plan_place *p,
                            const char *name);
/* Whether the service of the file has the command line. */
bool plan_has_line(const struct document *d, const char *group, const char *part);
/* The layer whose command line counts; p->layer_count: none has one. *part: "command", or
 * "entrypoint" when only that is there. */
size_t plan_line_layer(const struct plan_input *in, const struct plan_place *p, const char **part);
/* The layer that a change of what stands in `layer` goes into; layer_count: what stands nowhere. */
size_t plan_target(const struct plan_place *p, size_t layer);

struct plan_tagged {
    const struct document *document; /* NULL: no tag */
    const struct document_tag *tag;
    const char *group;
};
/* The file of the service with a tag (document_tagged()) on the way to the key, or where the layer
 * comes in in which it stands. */
struct plan_tagged plan_tagged(const struct plan_input *in, const struct plan_place *p,
                               const struct plan_found *stands, enum document_entry_kind kind,
                               struct arena *arena);
/* Whether a later layer says it as a text, whatever it looks like, because the earlier one does:
 * podman-compose does not merge a number over a text. */
bool plan_is_text_there(const struct plan_input *in, const struct plan_place *p,
                        const struct plan_found *stands, enum document_entry_kind kind);

/* What .env, else its own fallback, makes of an interpolation; NULL: nothing that is known. */
const char *plan_filled(const struct plan_input *in, const struct plan_place *p,
                        const struct splice_interpolation *i, struct arena *arena);
/* What else reads the variable `name` of .env beside the entry `but`, as "a, b": other services,
 * keys of this one ("its own image"), "the file itself"; "" nothing. In the arena. */
const char *plan_readers(const struct plan_input *in, const struct plan_place *p, const char *name,
                         const struct document_entry *but, struct arena *arena);
/* Which other services have the value that stands there as well: they name the env_file, or extend
 * the section, and say nothing else themselves. */
const char *plan_sharers(const struct plan_input *in, const struct plan_place *p, size_t layer,
                         const char *name, struct arena *arena);

#endif
