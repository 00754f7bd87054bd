/*
 * What the splicing of the kinds of files has in common: an edit becomes patches of the text, or a
 * refusal. Internal to tuning/config.
 *
 * splice_apply() goes in rounds. In each the text is parsed once, and every edit that is left is
 * asked for its patches; one whose patches touch those of another waits for the next round (two
 * keys in a section that is made for the first). At the end the result is held against what was
 * meant.
 */
#ifndef TUNING_CONFIG_SPLICER_H
#define TUNING_CONFIG_SPLICER_H

#include "base/yaml_span.h"
#include "tuning/config/splice.h"

struct patch { /* bytes [begin, end) become the text */
    size_t begin, end;
    const char *text;
    bool beside; /* an insertion beside which others may stand at the same place, in their order */
    const void *into; /* when they are put into the same: the end of a list is that of what it is in
                         as well */
};

struct splicer {
    const struct document *d;
    struct arena *arena;   /* of this round */
    struct yaml_tree tree; /* of compose and YAML files */
    const char *eol;
    struct patch *patches;
    size_t count, capacity;
    const void *into; /* of the patches that follow */
    struct err *err;
};

/* Line ends and, of YAML, the tree. STATE: it holds several documents. */
int splicer_begin(struct splicer *s);
void splicer_text(const struct splicer *s, struct buf *out); /* with all patches */
void splicer_patch(struct splicer *s, size_t begin, size_t end, const char *text, bool beside);
/* STATE; of a byte, its place. */
int splicer_refuse(const struct splicer *s, size_t byte, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#ifdef __clang_analyzer__
#define splicer_refuse(...) ((void)(splicer_refuse)(__VA_ARGS__), -(int)ERR_STATE)
#endif

/* The entry that an edit means; the last. */
const struct document_entry *splice_find(const struct document *d, const struct splice_edit *edit);
/* Begin of the line of a byte, and the end of the line: of its newline, or of the text. */
size_t splicer_line_begin(const struct splicer *s, size_t byte);
size_t splicer_line_end(const struct splicer *s, size_t byte);
/* Whether only blanks stand between. */
bool splicer_is_blank(const struct splicer *s, size_t begin, size_t end);
/* Puts lines (each without line end; several parted by '\n') behind the line of a byte, or at the
 * end of the text, which may lack its last newline. */
void splicer_insert_lines(struct splicer *s, size_t byte, const char *lines, bool beside);
/* Takes the lines of [begin, end) away. False: something else stands in them. */
bool splicer_remove_lines(struct splicer *s, size_t begin, size_t end);
/* The blanks before the first character of the line of a byte. */
const char *splicer_indent(const struct splicer *s, size_t byte);
/* A word that needs no quotes anywhere. */
bool splice_is_simple_word(const char *value);

/* The kinds. The entry is what is there, NULL nothing. */
int splice_yaml(struct splicer *s, const struct splice_edit *edit, const struct document_entry *e);
int splice_env(struct splicer *s, const struct splice_edit *edit, const struct document_entry *e);
int splice_shell(struct splicer *s, const struct splice_edit *edit, const struct document_entry *e);
int splice_systemd(struct splicer *s, const struct splice_edit *edit,
                   const struct document_entry *e);
int splice_json(struct splicer *s, const struct splice_edit *edit, const struct document_entry *e);
int splice_plist(struct splicer *s, const struct splice_edit *edit, const struct document_entry *e);

/* Clears and repeats the ExecStart of a unit in its drop-in. */
int systemd_put_exec(struct splicer *s, const char *group, const char *exec);

/* Holds the new document against the old one and the edits. 0, or STATE. */
int splice_verify(const struct document *old, const struct document *new,
                  const struct splice_edit *edits, size_t count, struct err *err);

#endif
