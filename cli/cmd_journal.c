/*
 * journal: what was changed in files of services, newest first; the user's own and root's, and the
 * command that takes back or ends what is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caller.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/journals.h"
#include "cli/print.h"
#include "cli/text_page.h"

enum { OUTPUT_MAX = 64 * 1024 * 1024 };
/* Columns: when, id, state; lines end where a terminal of 100 columns does. */
enum { INDENT = 2, IDS = 24, PROFILES = 36, FILES = 52, WIDTH = 100, NOTES_SHOWN = 3 };

/* As the JSON has them, and for a person. */
static const char *const part_words[JOURNALS_COUNT] = {"own", "root"};
static const char *const part_owners[JOURNALS_COUNT] = {"yours", "root's"};

/* ---------------------------------------------------------------- text */

static enum style state_style(enum journal_state state)
{
    static const enum style styles[JOURNAL_STATE_COUNT] = {
        [JOURNAL_INTERRUPTED] = STYLE_CRIT, [JOURNAL_APPLIED] = STYLE_OK,
        [JOURNAL_PARTIAL] = STYLE_WARN,     [JOURNAL_ROLLED_BACK] = STYLE_WARN,
        [JOURNAL_UNDONE] = STYLE_DIM,
    };
    return styles[state];
}

static void put_clean(struct text_page *p, enum style style, int indent, const char *text)
{
    char clean[1024];

    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    text_wrap(p, style, indent, WIDTH, clean);
}

static void entry_lines(struct text_page *p, const struct journal_entry *e, enum journals_part part)
{
    text_put(p, STYLE_TEXT, e->id);
    text_tab(p, IDS);
    text_put(p, state_style(e->state), journal_state_words[e->state]);
    text_tab(p, PROFILES);
    put_clean(p, STYLE_TEXT, PROFILES,
              e->kind == JOURNAL_UNDO ? "undo"
              : e->profile            ? e->profile
                                      : "-");
    if (e->of) {
        text_put(p, STYLE_DIM, " of ");
        put_clean(p, STYLE_DIM, PROFILES, e->of);
    }
    text_tab(p, FILES);
    text_putf(p, STYLE_DIM, "%zu file%s, %s", e->file_count, e->file_count == 1 ? "" : "s",
              part_owners[part]);
    text_end(p);
    for (size_t i = 0; i < e->unit_count; i++) {
        const struct journal_unit *u = &e->units[i];

        text_blanks(p, INDENT);
        put_clean(p, STYLE_DIM, INDENT, u->name);
        text_putf(p, STYLE_DIM, ": %s%s", unit_state_words[u->state], u->reason ? ", " : "");
        if (u->reason) {
            put_clean(p, STYLE_DIM, INDENT + 2, u->reason);
        }
        text_end(p);
    }
    for (size_t i = 0; i < e->file_count; i++) {
        text_blanks(p, INDENT);
        put_clean(p, STYLE_DIM, INDENT, e->files[i].real);
        text_end(p);
    }
    for (size_t i = 0; i < e->value_count; i++) {
        text_blanks(p, INDENT);
        text_putf(p, STYLE_DIM, "%s: %s -> %s", e->values[i].name, e->values[i].before,
                  e->values[i].after);
        text_end(p);
    }
}

/* What a journal holds beside entries. */
static void note_lines(struct text_page *p, const struct journals *j, enum journals_part part)
{
    const struct journal_list *l = &j->of[part].list;
    const char *owner = part == JOURNALS_ROOT ? "root's" : "your";

    if (j->of[part].err.code) {
        text_putf(p, STYLE_WARN, "%s journal cannot be read: ", owner);
        put_clean(p, STYLE_WARN, INDENT, j->of[part].err.msg);
        text_end(p);
    }
    for (size_t i = 0; i < l->note_count && i < NOTES_SHOWN; i++) {
        text_putf(p, STYLE_WARN, "line %lu of %s journal does not count: ", l->notes[i].line,
                  owner);
        put_clean(p, STYLE_WARN, INDENT, l->notes[i].text);
        text_end(p);
    }
    if (l->cut) {
        text_putf(p, STYLE_DIM, "older ones are not shown: %s journal is very long", owner);
        text_end(p);
    }
}

/* What can be done about a journal's entries, with the whole command where it takes root. */
static void next_lines(struct text_page *p, const struct journals *j, enum journals_part part,
                       const char *program)
{
    const struct journal_entry *open = journal_interrupted(&j->of[part].list);
    const struct journal_entry *newest = journal_newest_applied(&j->of[part].list);

    if (!open && !newest) {
        return;
    }
    char *command = journals_command(program, part, open ? "recover" : "undo",
                                     open ? NULL : newest->id);
    const bool plain = part == journals_mine() && !caller_get()->sudo;

    if (open) {
        text_putf(p, STYLE_CRIT, "%s was cut off: '%s' brings it to an end.",
                  part == JOURNALS_ROOT ? "One of root's" : "One",
                  plain ? "tunetop recover" : command);
    } else if (plain && journals_find(j, NULL).entry == newest) {
        text_putf(p, STYLE_DIM, "'tunetop undo' takes back %s.", newest->id);
    } else if (plain) {
        text_putf(p, STYLE_DIM, "'tunetop undo %s' takes back that one.", newest->id);
    } else {
        text_putf(p, STYLE_DIM, "'%s' takes back that one.", command);
    }
    text_end(p);
    free(command);
}

static void print_text(struct text_page *p, const struct journals *j, const char *program)
{
    struct journals_walk walk = {{0}};
    bool any = false, broken = false;

    for (;;) {
        const struct journals_entry e = journals_next(j, &walk);
        if (!e.entry) {
            break;
        }
        entry_lines(p, e.entry, e.part);
        any = true;
    }
    for (int i = 0; i < JOURNALS_COUNT; i++) {
        note_lines(p, j, (enum journals_part)i);
        broken = broken || j->of[i].err.code;
    }
    for (int i = 0; i < JOURNALS_COUNT; i++) {
        next_lines(p, j, (enum journals_part)i, program);
    }
    if (!any && !broken) {
        text_put(p, STYLE_TEXT,
                 "Nothing was changed yet: 'tunetop plan recommended' shows what would be.");
        text_end(p);
    }
}

/* ---------------------------------------------------------------- JSON */

static cJSON *file_json(const struct journal_file *f)
{
    cJSON *o = cJSON_CreateObject();
    char hash[SHA256_TEXT_BYTES];

    cJSON_AddStringToObject(o, "path", f->path ? f->path : f->real);
    cJSON_AddStringToObject(o, "real_path", f->real);
    sha256_format(f->before.sha256, hash);
    json_add_text_or_null(o, "sha256_before", f->before.absent ? NULL : hash);
    sha256_format(f->after.sha256, hash);
    json_add_text_or_null(o, "sha256_after", f->after.absent ? NULL : hash);
    return o;
}

static cJSON *entry_json(const struct journal_entry *e, const char *owner)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "id", e->id);
    cJSON_AddStringToObject(o, "time", e->time);
    cJSON_AddStringToObject(o, "kind", e->kind == JOURNAL_UNDO ? "undo" : "apply");
    cJSON_AddStringToObject(o, "journal", owner);
    json_add_text_or_null(o, "profile", e->profile);
    json_add_text_or_null(o, "of", e->of);
    cJSON_AddStringToObject(o, "state", journal_state_words[e->state]);
    json_add_text_or_null(o, "reason", e->reason);
    cJSON *list = cJSON_AddArrayToObject(o, "files");
    for (size_t i = 0; i < e->file_count; i++) {
        cJSON_AddItemToArray(list, file_json(&e->files[i]));
    }
    list = cJSON_AddArrayToObject(o, "values");
    for (size_t i = 0; i < e->value_count; i++) {
        cJSON *v = cJSON_CreateObject();

        cJSON_AddStringToObject(v, "name", e->values[i].name);
        cJSON_AddStringToObject(v, "before", e->values[i].before);
        cJSON_AddStringToObject(v, "after", e->values[i].after);
        cJSON_AddItemToArray(list, v);
    }
    list = cJSON_AddArrayToObject(o, "services");
    for (size_t i = 0; i < e->unit_count; i++) {
        for (size_t k = 0; k < e->units[i].service_count; k++) {
            cJSON *s = cJSON_CreateObject();

            cJSON_AddStringToObject(s, "name", e->units[i].services[k]);
            cJSON_AddStringToObject(s, "state", unit_state_words[e->units[i].state]);
            json_add_text_or_null(s, "reason", e->units[i].reason);
            cJSON_AddItemToArray(list, s);
        }
    }
    cJSON_AddItemToObject(o, "changes",
                          e->changes ? cJSON_Duplicate(e->changes, true) : cJSON_CreateArray());
    return o;
}

static cJSON *entries_json(const struct journals *j)
{
    cJSON *root = cJSON_CreateObject();
    struct journals_walk walk = {{0}};

    cJSON_AddNumberToObject(root, "schema", 1);
    cJSON *list = cJSON_AddArrayToObject(root, "entries");
    for (;;) {
        const struct journals_entry e = journals_next(j, &walk);
        if (!e.entry) {
            return root;
        }
        cJSON_AddItemToArray(list, entry_json(e.entry, part_words[e.part]));
    }
}

int cmd_journal(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct journals j;
    struct print p;

    journals_read(&j);
    print_begin(&p, o, outcome->utf8, OUTPUT_MAX);
    if (o->json) {
        print_json(&p, entries_json(&j));
    } else {
        print_text(&p.page, &j, o->argv[0]);
    }
    int rc = print_end(&p, err);
    const struct err *mine = &j.of[journals_mine()].err;
    if (rc >= 0 && mine->code) {
        rc = err_set(err, mine->code, "%s", mine->msg);
    }
    journals_release(&j);
    return rc < 0 ? rc : 0;
}
