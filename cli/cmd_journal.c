/*
 * journal: what was changed in files of services, newest first; the user's own and root's, and the
 * command that takes back or ends what is there. With an id one entry in full.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/caller.h"
#include "base/nearest.h"
#include "base/width.h"
#include "cli/command.h"
#include "cli/journal_json.h"
#include "cli/journal_text.h"
#include "cli/journals.h"
#include "cli/print.h"
#include "cli/text_page.h"

enum { OUTPUT_MAX = 64 * 1024 * 1024 };
/* Columns: when, id, state; lines end where a terminal of 100 columns does. */
enum { INDENT = 2, IDS = 24, PROFILES = 36, FILES = 52, WIDTH = 100, NOTES_SHOWN = 3 };

static const char *const part_owners[JOURNALS_COUNT] = {"yours", "root's"};

/* ---------------------------------------------------------------- text */

static void entry_lines(struct text_page *p, const struct journal_entry *e, enum journals_part part,
                        bool at_work)
{
    char files[48];

    text_put(p, STYLE_TEXT, e->id);
    text_tab(p, IDS);
    if (!e->ended && at_work) {
        text_put(p, STYLE_WARN, "at work");
    } else {
        text_put(p, journal_state_style(e->state), journal_state_words[e->state]);
    }
    text_tab(p, PROFILES);
    journal_put_clean(p, STYLE_TEXT, PROFILES,
                      e->kind == JOURNAL_UNDO ? "undo"
                      : e->profile            ? e->profile
                                              : "-");
    if (e->of) {
        text_put(p, STYLE_DIM, " of ");
        journal_put_clean(p, STYLE_DIM, PROFILES, e->of);
    }
    snprintf(files, sizeof files, "%zu file%s, %s", e->file_count, e->file_count == 1 ? "" : "s",
             part_owners[part]);
    text_tab_for(p, FILES, width_of_text(files), IDS);
    text_put(p, STYLE_DIM, files);
    text_end(p);
    for (size_t i = 0; i < e->unit_count; i++) {
        const struct journal_unit *u = &e->units[i];

        text_blanks(p, INDENT);
        journal_put_clean(p, STYLE_DIM, INDENT, u->name);
        text_putf(p, STYLE_DIM, ": %s%s", unit_state_words[u->state], u->reason ? ", " : "");
        if (u->reason) {
            journal_put_clean(p, STYLE_DIM, INDENT + 2, u->reason);
        }
        text_end(p);
    }
    for (size_t i = 0; i < e->file_count; i++) {
        text_blanks(p, INDENT);
        journal_put_clean(p, STYLE_DIM, INDENT, e->files[i].real);
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
        journal_put_clean(p, STYLE_WARN, INDENT, j->of[part].err.msg);
        text_end(p);
    }
    for (size_t i = 0; i < l->note_count && i < NOTES_SHOWN; i++) {
        text_putf(p, STYLE_WARN, "line %lu of %s journal does not count: ", l->notes[i].line,
                  owner);
        journal_put_clean(p, STYLE_WARN, INDENT, l->notes[i].text);
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
    const bool at_work = j->of[part].at_work;
    const struct journal_entry *open = at_work ? NULL : journal_interrupted(&j->of[part].list);
    const struct journal_entry *newest = journal_newest_applied(&j->of[part].list);

    if (at_work) {
        text_putf(p, STYLE_WARN, "A tunetop is at work in %s journal now.",
                  part == JOURNALS_ROOT ? "root's" : "your");
        text_end(p);
    }
    if (at_work || (!open && !newest)) {
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
        entry_lines(p, e.entry, e.part, j->of[e.part].at_work);
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

/* ---------------------------------------------------------------- the command */

/* What the id that is not there may have been. */
static int no_such(const struct journals *j, const char *id, struct err *err)
{
    const struct err *unread = j->of[0].err.code ? &j->of[0].err : &j->of[1].err;
    const size_t count = j->of[0].list.count + j->of[1].list.count;
    const char **ids = xcalloc(count + 1, sizeof *ids);
    struct journals_walk walk = {{0}};

    for (size_t i = 0; i < count; i++) {
        ids[i] = journals_next(j, &walk).entry->id;
    }
    const char *near = nearest_name(id, ids, count);
    const int rc =
        unread->code ? err_set(err, ERR_NOENT, "no '%.64s' was found, but %.200s", id, unread->msg)
        : near ? err_set(err, ERR_NOENT, "the journal has no '%.64s'; did you mean '%s'?", id, near)
               : err_set(err, ERR_NOENT, "the journal has no '%.64s'; 'tunetop journal' lists all",
                         id);
    free(ids);
    return rc;
}

static int show_one(const struct journals *j, const struct options *o, bool utf8, struct err *err)
{
    const struct journals_entry e = journals_find(j, o->id);
    struct journal_look look;
    struct print p;

    if (!e.entry) {
        return no_such(j, o->id, err);
    }
    journal_look(&look, e, o->argv[0]);
    print_begin(&p, o, utf8, OUTPUT_MAX);
    if (o->json) {
        print_json(&p, journal_one_json(j, &look, o->argv[0]));
    } else {
        journal_one_text(&p.page, j, &look, o->argv[0]);
    }
    journal_look_release(&look);
    return print_end(&p, err);
}

static int show_all(const struct journals *j, const struct options *o, bool utf8, struct err *err)
{
    struct print p;

    print_begin(&p, o, utf8, OUTPUT_MAX);
    if (o->json) {
        print_json(&p, journal_list_json(j, o->argv[0]));
    } else {
        print_text(&p.page, j, o->argv[0]);
    }
    const int rc = print_end(&p, err);
    const struct err *mine = &j->of[journals_mine()].err;
    return rc >= 0 && mine->code ? err_set(err, mine->code, "%s", mine->msg) : rc;
}

int cmd_journal(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct journals j;

    journals_read(&j);
    const int rc = o->id ? show_one(&j, o, outcome->utf8, err)
                         : show_all(&j, o, outcome->utf8, err);
    journals_release(&j);
    return rc < 0 ? rc : 0;
}
