#include "cli/journals.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/caller.h"
#include "cli/result_text.h"

static void read_one(struct journals *out, enum journals_part part,
                     const struct journal_place *place)
{
    struct err *err = &out->of[part].err;
    struct journal j = {.dir = -1};
    int rc = journal_open(&j, &file_ops_real, place, false, err);

    if (rc == 0) {
        (void)journal_read_at_work(&j, &out->of[part].list, &out->of[part].at_work, err);
        journal_close(&j);
    } else if (rc == -ERR_NOENT) {
        *err = (struct err)ERR_INIT; /* nothing was changed yet */
    }
}

static void read_own(struct journals *out)
{
    struct err *err = &out->of[JOURNALS_OWN].err;
    struct change_place place;

    if (caller_begin(err) < 0) {
        return;
    }
    if (change_place_own(&place, false, err) == 0) {
        read_one(out, JOURNALS_OWN, &place.journal);
    }
    caller_end();
}

void journals_read(struct journals *out)
{
    const struct journal_place roots = {.folder = CHANGE_ROOT_FOLDER, .readable = true};

    memset(out, 0, sizeof *out);
    read_own(out);
    read_one(out, JOURNALS_ROOT, &roots);
}

void journals_release(struct journals *j)
{
    for (int i = 0; i < JOURNALS_COUNT; i++) {
        journal_list_release(&j->of[i].list);
    }
}

enum journals_part journals_mine(void)
{
    return caller_get()->sudo ? JOURNALS_ROOT : JOURNALS_OWN;
}

struct journals_entry journals_next(const struct journals *j, struct journals_walk *walk)
{
    struct journals_entry best = {NULL, JOURNALS_OWN};

    for (int i = 0; i < JOURNALS_COUNT; i++) {
        const struct journal_list *l = &j->of[i].list;

        if (walk->seen[i] < l->count) { /* oldest first there; ids sort by time */
            const struct journal_entry *e = &l->entries[l->count - 1 - walk->seen[i]];

            if (!best.entry || strcmp(e->id, best.entry->id) > 0) {
                best = (struct journals_entry){e, (enum journals_part)i};
            }
        }
    }
    if (best.entry) {
        walk->seen[best.part]++;
    }
    return best;
}

struct journals_entry journals_find(const struct journals *j, const char *id)
{
    const enum journals_part mine = journals_mine();
    const enum journals_part other = mine == JOURNALS_OWN ? JOURNALS_ROOT : JOURNALS_OWN;
    struct journals_entry own = {NULL, mine}, others = {NULL, other};

    own.entry = id ? journal_find(&j->of[mine].list, id)
                   : journal_newest_applied(&j->of[mine].list);
    others.entry = id ? journal_find(&j->of[other].list, id)
                      : journal_newest_applied(&j->of[other].list);
    if (!own.entry) {
        return others;
    }
    if (id || !others.entry || mine == JOURNALS_ROOT) {
        return own;
    }
    return strcmp(own.entry->id, others.entry->id) < 0 ? others : own;
}

bool journals_may_work_in(enum journals_part part)
{
    return part == journals_mine() || (geteuid() == 0 && part == JOURNALS_ROOT);
}

bool journals_stands(const struct journal_entry *e)
{
    return journal_stands(e);
}

char *journals_entry_command(const struct journals *j, struct journals_entry e, const char *program,
                             bool *allowed)
{
    *allowed = false;
    if (!e.entry->ended && !j->of[e.part].at_work) { /* recover takes what is open where it may */
        *allowed = journals_may_work_in(e.part);
        return journals_command(program, e.part, "recover", NULL);
    }
    if (journals_stands(e.entry)) {
        *allowed = journals_may_work_in(e.part);
        return journals_command(program, e.part, "undo", e.entry->id);
    }
    return NULL;
}

void journals_next_step(struct outcome *outcome, const struct options *o)
{
    if (outcome->status == RESULT_NEEDS_PERSON && !outcome->next) {
        outcome->why = "When that is mended, this command brings it to an end:";
        outcome->next = journals_command(o->argv[0], journals_mine(), "recover", NULL);
    }
}

char *journals_command(const char *program, enum journals_part part, const char *words,
                       const char *id)
{
    /* Whoever is root by sudo gives his next command as a user again. */
    const struct caller *c = caller_get();
    const bool sudo = part == JOURNALS_ROOT && ((c->sudo && !c->taken) || geteuid() != 0);

    return change_line(program, sudo, words, id);
}
