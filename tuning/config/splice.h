/*
 * Changing a document by its bytes: what an edit does not mean stays as it is, comments, order,
 * quotes, line ends and all.
 *
 * splice_apply() is pure: (document, edits) -> new text. An edit names an entry as
 * tuning/config/document.h does. A value that is there is replaced in the style in which it stands;
 * one that is not is put where a person would put it, in the style of its neighbours (indentation,
 * list or map, quotes, line ends). The new text is parsed again, and must differ from the old one
 * in exactly the entries that were meant; otherwise the edit is refused.
 *
 * Refused (-ERR_STATE, with a sentence, and in `by_hand` the lines that a person may write): a
 * value that other programs fill (${NAME}: it is changed where NAME is set, see
 * splice_interpolation()), an anchored, aliased or merged value whose change would reach another
 * group (where a key can stand beside the merge it is put there instead), duplicate keys, tabs in
 * the indentation, several documents in one file, a block scalar, a flag in a command that is one
 * string of a shell, and whatever else cannot be done surely.
 */
#ifndef TUNING_CONFIG_SPLICE_H
#define TUNING_CONFIG_SPLICE_H

#include "base/buf.h"
#include "base/err.h"
#include "tuning/config/document.h"

struct splice_edit {
    enum document_entry_kind kind; /* VARIABLE, FLAG or KEY */
    const char *group, *name;
    const char *value; /* without quotes; NULL: a flag alone, or a key without a value */
    bool remove;       /* the entry goes, with its line where it has one of its own */
    bool make_group;   /* of a compose file: a service that it does not have yet is begun there */
    bool list; /* of JSON and YAML: the value is a list, "[512, 512]", and so is what the name
                  means: its entries are name[0], name[1], ... */
    bool text; /* where the file does not have it yet: a text, though it may look like a number */
};

enum { SPLICE_ITEMS_MAX = 256 }; /* of a list; those of settings have two */

struct splice_item {
    const char *text;
    bool quoted;
};
/* The items of "[a, 'b', \"c, d\"]", in the arena. -1: it is not such a list, it is empty, or holds
 * another. Else how many. */
int splice_list_items(const char *value, struct arena *arena, struct splice_item **out);
/* The list that the document has where the edit means one, as "[256, 256]" in the arena; NULL:
 * none. *same: it is that of the edit. */
const char *splice_list_there(const struct document *d, const struct splice_edit *edit,
                              struct arena *arena, bool *same);

struct splice_result {  /* of one edit */
    bool changed;       /* false: it is so already */
    const char *before; /* the value that was there (of a list its first item), NULL none; lives as
                           long as the document */
    unsigned long line; /* in the new text, from 1; of a removal: where it was */
};

/* results: as many as edits, or NULL.
 * by_hand may be NULL. Nothing to change: the text as it is. Errors: STATE as above, with
 * file:line:column in err->where where there is one; CONFIG for an edit that this kind of file
 * cannot hold (a limit in an .env). */
int splice_apply(const struct document *d, const struct splice_edit *edits, size_t count,
                 struct splice_result *results, struct buf *out, struct buf *by_hand,
                 struct err *err);

/* Why the edit cannot be made for the tag, which stands in `d` and may be one in the way of an edit
 * of another file; and the lines. */
void splice_tagged(const struct document *d, const struct document_tag *tag,
                   const struct splice_edit *edit, struct buf *by_hand, struct err *err);

/* The command line of a service of another compose file, whole, for a service that has none of its
 * own: a later file replaces it and does not add to it. part: "command" or "entrypoint". Errors as
 * above. */
int splice_copy_line(const struct document *from, const char *from_group, const struct document *to,
                     const char *to_group, const char *part, struct buf *out, struct err *err);

/* A drop-in with the ExecStart of its unit (tuning/config/unit_chain.h), which it clears and
 * repeats byte for byte: what a flag of it can be changed in. STATE: it would be read as another
 * there. */
int splice_put_exec(const struct document *d, const char *group, const char *exec, struct buf *out,
                    struct err *err);

/* The lines that a person would write. */
void splice_by_hand(const struct document *d, const struct splice_edit *edit, struct buf *out);

/* Whether the whole value is one interpolation, ${NAME}, ${NAME:-12}, ${NAME-12} or $NAME: its name
 * (size bytes) and what holds when NAME is not set (NULL: nothing); with ":-" it holds when NAME is
 * empty, too. */
struct splice_interpolation {
    const char *name, *fallback;
    size_t name_size, fallback_size;
    bool for_empty;
};
bool splice_interpolation(const char *value, struct splice_interpolation *out);

#endif
