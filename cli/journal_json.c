#include "cli/journal_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/plan_text.h"
#include "tuning/apply/undo.h"

const char *const journal_part_words[JOURNALS_COUNT] = {"own", "root"};

/* Whether undo puts back what belongs to that unit. */
static bool unit_stands(const struct journal_entry *e, size_t unit)
{
    return journals_stands(e) && undo_unit_stands(e, unit);
}

static cJSON *file_json(const struct journal_entry *e, const struct journal_file *f)
{
    cJSON *o = cJSON_CreateObject();
    char hash[SHA256_TEXT_BYTES];

    cJSON_AddStringToObject(o, "path", f->path ? f->path : f->real);
    cJSON_AddStringToObject(o, "real_path", f->real);
    sha256_format(f->before.sha256, hash);
    json_add_text_or_null(o, "sha256_before", f->before.absent ? NULL : hash);
    sha256_format(f->after.sha256, hash);
    json_add_text_or_null(o, "sha256_after", f->after.absent ? NULL : hash);
    cJSON_AddBoolToObject(o, "stands", unit_stands(e, f->unit));
    return o;
}

static void add_look(cJSON *o, const struct journal_file *f, const struct journal_look_file *look)
{
    const char *name = f->path ? f->path : f->real;

    cJSON_AddStringToObject(o, "now", journal_now_names[look->now]);
    json_add_text_or_null(o, "now_why", look->now_why);
    if (look->diff_why) {
        cJSON_AddNullToObject(o, "diff");
    } else {
        plan_add_diff(o, &look->diff, f->before.absent ? "/dev/null" : name,
                      f->after.absent ? "/dev/null" : name);
    }
    json_add_text_or_null(o, "diff_why", look->diff_why);
}

static cJSON *value_json(const struct journal_entry *e, const struct journal_value *v,
                         const struct journal_look_value *look)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "name", v->name);
    cJSON_AddStringToObject(o, "before", v->before);
    cJSON_AddStringToObject(o, "after", v->after);
    cJSON_AddBoolToObject(o, "stands", unit_stands(e, v->unit));
    if (look) {
        cJSON_AddStringToObject(o, "now", journal_now_names[look->now]);
        json_add_text_or_null(o, "now_why", look->now_why);
        json_add_text_or_null(o, "is", look->is);
    }
    return o;
}

/* Whether its restart belonged to it. */
static bool is_restarted(const struct journal_unit *u, const char *service)
{
    bool found = false;

    for (size_t i = 0; i < u->restart_count; i++) {
        found = found || strcmp(u->restarts[i], service) == 0;
    }
    return found;
}

static void add_services(cJSON *o, const struct journal_entry *e)
{
    cJSON *list = cJSON_AddArrayToObject(o, "services");

    for (size_t i = 0; i < e->unit_count; i++) {
        for (size_t k = 0; k < e->units[i].service_count; k++) {
            cJSON *s = cJSON_CreateObject();

            cJSON_AddStringToObject(s, "name", e->units[i].services[k]);
            cJSON_AddStringToObject(s, "state", unit_state_words[e->units[i].state]);
            json_add_text_or_null(s, "reason", e->units[i].reason);
            cJSON_AddBoolToObject(s, "restarted",
                                  is_restarted(&e->units[i], e->units[i].services[k]));
            cJSON_AddBoolToObject(s, "stands", unit_stands(e, i));
            cJSON_AddItemToArray(list, s);
        }
    }
}

/* Into `o`; look: of one entry only, else NULL. */
static void add_entry(cJSON *o, const struct journals *j, struct journals_entry at,
                      const struct journal_look *look, const char *program)
{
    const struct journal_entry *e = at.entry;
    bool allowed = false;
    char *command = journals_entry_command(j, at, program, &allowed);

    cJSON_AddStringToObject(o, "id", e->id);
    cJSON_AddStringToObject(o, "time", e->time ? e->time : "");
    json_add_text_or_null(o, "end_time", e->end_time);
    cJSON_AddStringToObject(o, "kind", e->kind == JOURNAL_UNDO ? "undo" : "apply");
    cJSON_AddStringToObject(o, "journal", journal_part_words[at.part]);
    json_add_text_or_null(o, "profile", e->profile);
    json_add_text_or_null(o, "of", e->of);
    json_add_text_or_null(o, "version", e->version);
    json_add_text_or_null(o, "from", e->from);
    cJSON_AddStringToObject(o, "state", journal_state_words[e->state]);
    json_add_text_or_null(o, "reason", e->reason);
    cJSON_AddBoolToObject(o, "at_work", !e->ended && j->of[at.part].at_work);
    cJSON_AddBoolToObject(o, "stands", journals_stands(e));
    json_add_text_or_null(o, "command", command);
    cJSON_AddBoolToObject(o, "allowed", allowed);
    free(command);
    cJSON *list = cJSON_AddArrayToObject(o, "files");
    for (size_t i = 0; i < e->file_count; i++) {
        cJSON *f = file_json(e, &e->files[i]);

        if (look) {
            add_look(f, &e->files[i], &look->files[i]);
        }
        cJSON_AddItemToArray(list, f);
    }
    list = cJSON_AddArrayToObject(o, "values");
    for (size_t i = 0; i < e->value_count; i++) {
        cJSON_AddItemToArray(list, value_json(e, &e->values[i], look ? &look->values[i] : NULL));
    }
    add_services(o, e);
    cJSON_AddItemToObject(o, "changes",
                          e->changes ? cJSON_Duplicate(e->changes, true) : cJSON_CreateArray());
}

static void add_note(cJSON *list, enum journals_part part, unsigned long line, const char *text)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "journal", journal_part_words[part]);
    if (line) {
        cJSON_AddNumberToObject(o, "line", (double)line);
    } else {
        cJSON_AddNullToObject(o, "line");
    }
    cJSON_AddStringToObject(o, "text", text);
    cJSON_AddItemToArray(list, o);
}

/* What is in the journals beside entries, or why there are none. */
static void add_notes(cJSON *root, const struct journals *j)
{
    cJSON *list = cJSON_AddArrayToObject(root, "notes");

    for (int i = 0; i < JOURNALS_COUNT; i++) {
        const struct journal_list *l = &j->of[i].list;
        const enum journals_part part = (enum journals_part)i;

        if (j->of[i].err.code) {
            add_note(list, part, 0, j->of[i].err.msg);
        }
        for (size_t k = 0; k < l->note_count; k++) {
            add_note(list, part, l->notes[k].line, l->notes[k].text);
        }
        if (l->cut) {
            add_note(list, part, 0, "it is very long, older entries are not shown");
        }
    }
}

cJSON *journal_list_json(const struct journals *j, const char *program)
{
    cJSON *root = cJSON_CreateObject();
    struct journals_walk walk = {{0}};

    cJSON_AddNumberToObject(root, "schema", 1);
    add_notes(root, j); /* first: who cannot take all of it still has these */
    cJSON *list = cJSON_AddArrayToObject(root, "entries");
    for (;;) {
        const struct journals_entry e = journals_next(j, &walk);
        if (!e.entry) {
            break;
        }
        cJSON *o = cJSON_CreateObject();

        add_entry(o, j, e, NULL, program);
        cJSON_AddItemToArray(list, o);
    }
    return root;
}

cJSON *journal_one_json(const struct journals *j, const struct journal_look *look,
                        const char *program)
{
    cJSON *root = cJSON_CreateObject();

    cJSON_AddNumberToObject(root, "schema", 1);
    add_entry(root, j, (struct journals_entry){look->entry, look->part}, look, program);
    json_add_text_or_null(root, "diff_command", look->command);
    add_notes(root, j);
    return root;
}
