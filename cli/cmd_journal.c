/*
 * journal: what was changed in files of services, newest first; the user's own, and root's where it
 * is there.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "cli/change_place.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/text_page.h"

enum { OUTPUT_MAX = 64 * 1024 * 1024 };
/* Columns: when, id, state; lines end where a terminal of 100 columns does. */
enum { INDENT = 2, IDS = 24, PROFILES = 36, FILES = 52, WIDTH = 100, NOTES_SHOWN = 3 };

struct part {          /* one journal */
    const char *owner; /* "own", "root" */
    struct journal_list list;
    bool there;
    struct err err; /* code: it cannot be read */
};

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

static void entry_lines(struct text_page *p, const struct journal_entry *e)
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
    text_putf(p, STYLE_DIM, "%zu file%s", e->file_count, e->file_count == 1 ? "" : "s");
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
}

static void part_lines(struct text_page *p, const struct part *part)
{
    const struct journal_list *l = &part->list;

    if (part->err.code) {
        text_putf(p, STYLE_WARN,
                  "%s journal cannot be read: ", part->owner[0] == 'r' ? "root's" : "your");
        put_clean(p, STYLE_WARN, INDENT, part->err.msg);
        text_end(p);
        return;
    }
    for (size_t i = l->count; i-- > 0;) {
        entry_lines(p, &l->entries[i]);
    }
    for (size_t i = 0; i < l->note_count && i < NOTES_SHOWN; i++) {
        text_putf(p, STYLE_WARN, "line %lu of the journal does not count: ", l->notes[i].line);
        put_clean(p, STYLE_WARN, INDENT, l->notes[i].text);
        text_end(p);
    }
    if (l->cut) {
        text_put(p, STYLE_DIM, "older ones are not shown: the journal is very long");
        text_end(p);
    }
}

static void print_text(struct text_page *p, const struct part *parts, size_t count)
{
    const struct journal_entry *open = NULL, *newest = NULL;
    size_t entries = 0;
    bool broken = false;

    for (size_t i = 0; i < count; i++) {
        part_lines(p, &parts[i]);
        entries += parts[i].list.count;
        broken = broken || parts[i].err.code;
        open = open ? open : journal_interrupted(&parts[i].list);
        newest = newest ? newest : journal_newest_applied(&parts[i].list);
    }
    if (entries == 0 && broken) {
        return;
    }
    if (entries == 0) {
        text_put(p, STYLE_TEXT,
                 "Nothing was changed yet: 'tunetop plan recommended' shows what would be.");
        text_end(p);
    } else if (open) {
        text_put(p, STYLE_CRIT, "One was cut off: 'tunetop recover' brings it to an end.");
        text_end(p);
    } else if (newest) {
        text_putf(p, STYLE_DIM, "'tunetop undo' takes back %s.", newest->id);
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

static cJSON *entries_json(const struct part *parts, size_t count)
{
    cJSON *root = cJSON_CreateObject();

    cJSON_AddNumberToObject(root, "schema", 1);
    cJSON *list = cJSON_AddArrayToObject(root, "entries");
    for (size_t i = 0; i < count; i++) {
        for (size_t k = parts[i].list.count; k-- > 0;) {
            cJSON_AddItemToArray(list, entry_json(&parts[i].list.entries[k], parts[i].owner));
        }
    }
    return root;
}

/* ---------------------------------------------------------------- reading */

static void read_part(const struct journal_place *place, struct part *out)
{
    struct journal j = {.dir = -1};
    int rc = journal_open(&j, &file_ops_real, place, false, &out->err);

    if (rc == 0) {
        out->there = true;
        (void)journal_read(&j, &out->list, &out->err);
        journal_close(&j);
    } else if (rc == -ERR_NOENT) {
        out->err = (struct err)ERR_INIT; /* nothing was changed yet */
    }
}

int cmd_journal(const struct options *o, struct outcome *outcome, struct err *err)
{
    const struct journal_place roots = {.folder = CHANGE_ROOT_FOLDER, .readable = true};
    struct part parts[2] = {{.owner = "own"}, {.owner = "root"}};
    struct change_place place;
    struct print p;
    int rc = change_place(&place, false, err);

    if (rc < 0) {
        return rc;
    }
    if (strcmp(place.folder, CHANGE_ROOT_FOLDER) != 0) {
        read_part(&place.journal, &parts[0]);
    }
    read_part(&roots, &parts[1]);
    print_begin(&p, o, outcome->utf8, OUTPUT_MAX);
    if (o->json) {
        print_json(&p, entries_json(parts, 2));
    } else {
        print_text(&p.page, parts, 2);
    }
    rc = print_end(&p, err);
    if (rc >= 0 && parts[0].err.code) {
        rc = err_set(err, parts[0].err.code, "%s", parts[0].err.msg);
    }
    journal_list_release(&parts[0].list);
    journal_list_release(&parts[1].list);
    return rc < 0 ? rc : 0;
}
