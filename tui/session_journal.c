/*
 * What the Journal tab shows: `journal`, asked in a child process when the tab is opened and after
 * each change; and once at the start, because the next start says that something was cut off.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "tui/page.h"
#include "tui/session_parts.h"

static bool is_shown(const struct session *s)
{
    return s->ui.tab == UI_JOURNAL;
}

static void fail(struct session *s, const struct subcommand *c, const char *otherwise)
{
    char *out = s->ui.journal.trouble;
    subcommand_trouble(c, out, sizeof s->ui.journal.trouble);
    if (out[0] == '\0')
        utf8_copy(out, sizeof s->ui.journal.trouble, otherwise);
}

static void ask_list(struct session *s)
{
    struct ui_journal *u = &s->ui.journal;
    struct err err = ERR_INIT;
    u->ask = false;
    if (s->self == NULL) {
        utf8_copy(u->trouble, sizeof u->trouble,
                  s->ui.tuning.plan_refused != NULL ? s->ui.tuning.plan_refused : "");
        return;
    }
    u->coming = subcommand_begin(&s->journal.list, s->self, "journal", NULL, &err) == 0;
    if (!u->coming)
        utf8_copy(u->trouble, sizeof u->trouble, err.msg);
}

static void ask_one(struct session *s)
{
    struct ui_journal *u = &s->ui.journal;
    const struct journal_row *r = journal_tab_current(&s->ui);
    const char *const words[] = {r != NULL ? r->id : "", NULL};
    struct err err = ERR_INIT;
    u->ask_diff = false;
    u->diff = NULL;
    utf8_copy(s->journal.asked, sizeof s->journal.asked, r != NULL ? r->id : "");
    journal_diff_release(&s->journal.diff);
    if (s->self != NULL && r != NULL &&
        subcommand_begin(&s->journal.one, s->self, "journal", words, &err) < 0)
        session_say(s, err.msg);
}

/* What is selected is shown with what its files are now. */
static bool wants_one(const struct session *s)
{
    const struct journal_row *r = journal_tab_current(&s->ui);
    return r != NULL && strcmp(r->id, s->journal.asked) != 0;
}

/* Whether something was ever written down: else nobody is asked at the start. */
static bool has_journal(const struct session *s)
{
    return (s->state != NULL && access(s->state, F_OK) == 0) ||
           access("/var/lib/tunetop", F_OK) == 0;
}

void session_journal_ask(struct session *s)
{
    struct ui_journal *u = &s->ui.journal;
    if (!s->journal.looked && s->frames > 0) {
        s->journal.looked = true;
        if (s->self != NULL && has_journal(s))
            ask_list(s);
    }
    if (is_shown(s) && (u->ask || (u->rows == NULL && !u->coming && u->trouble[0] == '\0')))
        ask_list(s);
    if (is_shown(s) && (u->ask_diff || wants_one(s)))
        ask_one(s);
    if (!is_shown(s) && s->journal.list.state == SUBCOMMAND_NONE && u->rows != NULL)
        session_journal_release(s);
    if (!is_shown(s))
        u->trouble[0] = '\0';
}

static void say_cut_off(struct session *s)
{
    for (size_t i = 0; !is_shown(s) && i < s->journal.rows.count; i++)
        if (s->journal.rows.rows[i].cut_off && !change_child_at_work(&s->change)) {
            session_say(s, "a change was cut off: 5 shows it, R there ends it");
            return;
        }
}

static void take_list(struct session *s)
{
    struct ui_journal *u = &s->ui.journal;
    struct session_journal *j = &s->journal;
    const struct buf *out = &j->list.child.output;
    struct journal_rows rows;
    struct err err = ERR_INIT;
    u->coming = false;
    s->dirty = true;
    memset(&rows, 0, sizeof rows);
    if (out->size > 0 && journal_rows_parse(out->data, out->size, &rows, &err) == 0) {
        journal_rows_release(&j->rows);
        j->rows = rows;
        u->rows = &j->rows;
        u->trouble[0] = '\0';
        u->ask_diff = true; /* its files may be others now */
        say_cut_off(s);
    } else {
        journal_rows_release(&rows);
        fail(s, &j->list, err.msg[0] != '\0' ? err.msg : "the journal said nothing");
    }
    subcommand_release(&j->list);
}

static void take_one(struct session *s)
{
    struct session_journal *j = &s->journal;
    const struct buf *out = &j->one.child.output;
    struct err err = ERR_INIT;
    char trouble[240];
    s->dirty = true;
    journal_diff_release(&j->diff);
    memset(&j->diff, 0, sizeof j->diff);
    if (out->size > 0 && journal_diff_parse(out->data, out->size, &j->diff, &err) == 0) {
        s->ui.journal.diff = &j->diff;
    } else {
        subcommand_trouble(&j->one, trouble, sizeof trouble);
        session_say(s, trouble[0] != '\0' ? trouble : err.msg);
    }
    subcommand_release(&j->one);
}

void session_journal_take(struct session *s)
{
    if (subcommand_take(&s->journal.list))
        take_list(s);
    if (subcommand_take(&s->journal.one))
        take_one(s);
}

void session_journal_release(struct session *s)
{
    struct session_journal *j = &s->journal;
    subcommand_release(&j->list);
    subcommand_release(&j->one);
    journal_rows_release(&j->rows);
    journal_diff_release(&j->diff);
    memset(&j->rows, 0, sizeof j->rows);
    memset(&j->diff, 0, sizeof j->diff);
    s->ui.journal.rows = NULL;
    s->ui.journal.diff = NULL;
    s->journal.asked[0] = '\0';
    s->ui.journal.show_diff = s->ui.journal.coming = false;
}
