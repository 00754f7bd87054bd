/*
 * A small world on a memory disk in which files are changed: two units, four files (one changed,
 * one changed behind a link, one made with its folders, one removed), a journal, services that can
 * refuse. When asked for, a third unit of two settings of the machine, one of which is lost with
 * the power.
 */
#ifndef TESTS_FAULT_SCENE_H
#define TESTS_FAULT_SCENE_H

#include "tests/fault/memory_disk.h"
#include "tuning/apply/recover.h"
#include "tuning/apply/transaction.h"
#include "tuning/apply/undo.h"

enum { SCENE_FILES = 4, SCENE_UNITS = 2, SCENE_VALUES = 2 };

struct scene_file {
    const char *path; /* as a user names it */
    const char *real;
    const char *old, *new; /* NULL: no file */
    mode_t mode;
    unsigned unit;
};
extern const struct scene_file scene_files[SCENE_FILES];

enum scene_values { NO_VALUES, WITH_VALUES, ONLY_VALUES };
extern const char *const scene_value_names[SCENE_VALUES];
extern const char scene_value_old[], scene_value_new[];

struct scene {
    struct disk *disk;
    struct file_ops ops;
    const char *state_folder; /* where the journal is */
    struct journal journal;
    bool journal_open;
    struct control_ops control;
    bool use_control;
    int refuse_unit; /* verify of the new settings fails for it; -1 none */
    enum scene_values values;
    struct value_ops value_ops;
    char value_now[SCENE_VALUES][JOURNAL_VALUE_BYTES]; /* [0] is lost with the power */
    bool power_lost;
    const char *clamp_to; /* the commands set this instead; NULL: what they are told */
    unsigned long sets;
    bool only_restart; /* one unit, of which nothing is written */
    bool all_or_nothing;
    bool undoing;                      /* what is new to the undo is old to the files */
    bool running_new[SCENE_UNITS + 1]; /* the settings that the services of the unit run with */
    unsigned restarts;
    unsigned signal_at; /* the restart, from 1, whose wait is ended by a signal; 0 none */
    struct transaction_result result;
    struct err err;
    struct edited_list edited;
};

void scene_init(struct scene *s);
/* Another program on the same disk, with a journal of its own or the same; not to be released. */
void scene_beside(struct scene *s, const struct scene *of, const char *state_folder);
void scene_release(struct scene *s);

/* As a program that is started does it, each with a journal that is opened anew. */
int scene_apply(struct scene *s);
int scene_undo(struct scene *s, const char *id);
int scene_recover(struct scene *s, bool keep_edited, struct recover_result *out);

enum scene_files_state { ALL_OLD, ALL_NEW, MIXED };
/* Of one file; MIXED: neither, or with another mode. */
enum scene_files_state scene_file(struct scene *s, size_t i);
/* What the files of a unit are; MIXED also when one is neither, or has another mode. */
enum scene_files_state scene_unit_files(struct scene *s, unsigned unit);
/* The same of the settings of the machine; what was lost with the power does not count. */
enum scene_files_state scene_unit_values(const struct scene *s);
void scene_lose_power(struct scene *s, enum disk_data data, enum disk_names names);
/* Names in the user's folders that nobody asked for; the first is printed. */
size_t scene_strays(struct scene *s);
/* The journal read without faults; the caller releases it. false: there is none. */
bool scene_journal(struct scene *s, struct journal_list *out);

#endif
