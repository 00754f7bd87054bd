/*
 * Between the files of lint: what a document is expanded to before it is judged. A group is what
 * one program sees (a service of a compose file, a unit, a script, one "docker run" in it); its
 * items are the entries, and what stands inside of their values (the flags in CLI_ARGS, the
 * variables of "docker run -e").
 */
#ifndef TUNING_LINT_PART_H
#define TUNING_LINT_PART_H

#include "tuning/lint.h"

enum lint_software { /* what runs there; a set */
                     RUNS_OLLAMA = 1 << 0,
                     RUNS_COMFYUI = 1 << 1,
                     RUNS_TORCH = 1 << 2,
                     RUNS_LLAMA_SERVER = 1 << 3,
                     RUNS_DIFFUSIONAPI = 1 << 4,
                     RUNS_MLX_LM = 1 << 5,
                     RUNS_CLIENT = 1 << 6, /* talks to a server, is none */
                     /* whose settings are the keys of a file */
                     READS_LMSTUDIO = 1 << 7,
                     READS_PIPELINE = 1 << 8,
                     READS_PLAN = 1 << 9, /* of a program that nobody named */
};

enum lint_item_kind {
    ITEM_VARIABLE,
    ITEM_FLAG,
    ITEM_KEY,
    ITEM_COMMAND, /* the whole line */
    ITEM_SYSCTL,
    ITEM_PMSET, /* "pmset powernap" */
};

struct lint_item {
    enum lint_item_kind kind;
    const char *name;
    const char *value;   /* as the program gets it; NULL: none, or not known */
    const char *written; /* as the file has it; NULL none */
    unsigned long line, column;
    bool filled;      /* somebody else fills ${NAME} in it */
    bool last_counts; /* of several lines with this name */
};

struct lint_group {
    const struct lint_file *file;
    const char *name;  /* of the document's group */
    const char *image; /* NULL: none or not told */
    bool container;
    unsigned runs; /* enum lint_software; 0 nothing is known */
    int place, device;
    const char *versions[SETTING_OWNER_COUNT];
    struct lint_item *items;
    size_t count, room;
};

struct lint_name { /* of the catalog; sorted */
    const char *name;
    const struct setting *setting;
};
struct lint_reference { /* ${NAME} in an item of a compose file, or NAME alone; sorted by name */
    const char *name;
    size_t group, item, order;
};

enum lint_assumed { LINT_TOLD, LINT_NOT_TOLD, LINT_NEVER_SEEN }; /* of a version */

struct lint_run {
    const struct setting_catalog *catalog;
    const struct lint_query *query;
    const struct lint_file *files;
    size_t file_count;
    struct lint_result *out;
    struct lint_group *groups;
    size_t group_count, group_room;
    size_t finding_room, note_room;
    struct lint_name *names;
    size_t name_count;
    struct lint_reference *references;
    size_t reference_count, reference_room;
    size_t near_left;       /* searches for the nearest name that may still be made: they cost */
    unsigned char *assumed; /* per file and owner: enum lint_assumed */
};

/* ---- lint_group.c ---- */

void lint_make_groups(struct lint_run *r);
struct lint_group *lint_add_group(struct lint_run *r, const struct lint_file *file,
                                  const char *name);
struct lint_item *lint_add_item(struct lint_run *r, struct lint_group *g, enum lint_item_kind kind,
                                const char *name, const char *value,
                                const struct document_entry *at);
/* The values of the keys NAME, NAME[0], NAME[1], ... with blanks between them. */
const char *lint_joined(struct arena *a, const struct lint_group *g, const char *name);
/* What a name of an image, a service, a unit or a command line runs; 0 unknown. */
unsigned lint_software_of_image(const char *image);
unsigned lint_software_of_name(const char *name);
unsigned lint_software_of_command(const char *line);
void lint_place_group(struct lint_run *r, struct lint_group *g, bool macos);
/* Words of a line that are flags, with their values. */
void lint_add_flags(struct lint_run *r, struct lint_group *g, const char *line,
                    const struct document_entry *at);

/* ---- lint_shell.c ---- */

/* Adds what a command of a script sets to that group (an index: groups may move), or to one of its
 * own. */
void lint_add_command(struct lint_run *r, size_t group, const struct document_entry *e,
                      const char *name, const char *rest);
/* The next word of a shell's line, without its quotes; NULL at the end. */
const char *lint_shell_word(struct arena *a, const char **at);

/* ---- lint_fill.c: ${NAME} ---- */

bool lint_same_folder(const char *a, const char *b);
/* With ${NAME}, ${NAME:-word}, $NAME filled from the .env beside `file`; NULL: not all is known. */
const char *lint_fill(struct lint_run *r, const struct lint_file *file, const char *text);
/* Looks through all compose files; after their groups are made. */
void lint_collect_references(struct lint_run *r);
/* Judges the entries of an .env that fill a compose file; what nobody fills is told. Returns false
 * for an environment file of another kind. */
bool lint_judge_env(struct lint_run *r, struct lint_group *g);

/* ---- lint.c ---- */

const struct lint_item *lint_find(const struct lint_group *g, enum lint_item_kind kind,
                                  const char *name); /* the last one; NULL none */
const struct setting *lint_setting(const struct lint_run *r, const char *kind_word,
                                   const char *name);
void lint_judge(struct lint_run *r, const struct lint_group *g, const struct lint_item *item);
/* Judges `item` as the setting s at `place` (enum setting_place). */
void lint_judge_as(struct lint_run *r, const struct lint_group *g, const struct lint_item *item,
                   const struct setting *s, int place);

/* Without the user and password of a URL. */
const char *lint_masked(struct lint_run *r, const char *value);
/* By its name or its form: its value is not shown. */
bool lint_is_secret(const struct lint_item *item);

struct lint_told { /* what a finding says; texts are copied and sanitised */
    int verdict;
    const char *since, *until, *instead, *reason, *source, *rule;
    bool secret;
};
void lint_add_finding(struct lint_run *r, const struct lint_group *g, const struct lint_item *item,
                      const struct lint_told *told);
/* item NULL: of the whole file. */
void lint_add_note(struct lint_run *r, const struct lint_group *g, const struct lint_item *item,
                   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* ---- lint_value.c ---- */

/* What a wrong value does; false: the value is one that the setting takes, or nobody knows. */
bool lint_judge_value(struct lint_run *r, const struct lint_group *g, const struct setting *s,
                      const char *value, struct lint_told *told);
/* "LLAMA_ARG_THREADS=12"; NULL: there is nothing to write. */
const char *lint_instead(struct lint_run *r, const struct setting *s, const char *use,
                         const char *value);

/* The same setting, called `name`, with the value that was meant; NULL: nobody knows. */
const char *lint_better_value(struct lint_run *r, const struct setting *s, const char *name,
                              const char *value);
/* The same name with a number of cores for a share of the machine. */
const char *lint_cores_instead(struct lint_run *r, const struct setting *s, const char *value);

/* ---- lint_rules.c ---- */

void lint_apply_rules(struct lint_run *r, struct lint_group *g);
/* Whether `when` of a case holds: 1, 0, or -1: the file does not tell. */
int lint_decide(const struct lint_group *g, const struct setting *s, const struct lint_item *item);

#endif
