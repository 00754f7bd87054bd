#include "cli/change_journal.h"

#include <string.h>

#include "base/caller.h"
#include "cli/plan_text.h"
#include "cli/print.h"

enum { OUTPUT_MAX = 64 * 1024 * 1024 };

int change_journal_open(struct change_journal *p, enum journals_part part, struct err *err)
{
    memset(p, 0, sizeof *p);
    p->journal.dir = -1;
    int rc = part == JOURNALS_ROOT ? change_place_root(&p->place)
                                   : change_place_own(&p->place, false, err);

    rc = rc == 0 ? journal_open(&p->journal, &file_ops_real, &p->place.journal, false, err) : rc;
    if (rc == -ERR_NOENT) {
        return err_set(err, ERR_NOENT, "nothing was changed yet, so there is nothing to take back");
    }
    if (rc == 0) {
        journal_close(&p->journal);
        rc = journal_open(&p->journal, &file_ops_real, &p->place.journal, true, err);
    }
    return rc == 0 ? journal_read(&p->journal, &p->list, err) : rc;
}

void change_journal_take(struct change_journal *p, enum journals_part part,
                         const struct journal_entry *e)
{
    struct err ignored = ERR_INIT; /* nobody any more: then what is his cannot be touched anyway */

    if (part == JOURNALS_ROOT && e->user > 0 && caller_take((uid_t)e->user, &ignored) == 0) {
        p->place.user = caller_get()->uid;
    }
}

void change_journal_close(struct change_journal *p)
{
    journal_list_release(&p->list);
    journal_close(&p->journal);
}

int change_journal_refuse(const struct options *o, struct err *err)
{
    return o->replay || o->sysroot
               ? err_set(err, ERR_USAGE, "what is changed is this machine's: not with '%s'",
                         o->replay ? "--replay" : "--sysroot")
               : 0;
}

void change_journal_show_edited(const struct edited_list *edited, const struct options *o,
                                bool utf8)
{
    struct err ignored = ERR_INIT;
    struct arena arena = {0};
    struct print p;

    print_begin(&p, o, utf8, OUTPUT_MAX);
    for (size_t i = 0; i < edited->count; i++) {
        const struct edited *e = &edited->items[i];
        struct diff d;

        if (e->foreign) {
            text_put(&p.page, STYLE_WARN, "There is no file to read any more at ");
            text_put(&p.page, STYLE_TEXT, e->path);
            text_end(&p.page);
            continue;
        }
        diff_make(e->left.data ? e->left.data : "", e->left.size, e->now.data ? e->now.data : "",
                  e->now.size, &arena, &d);
        plan_text_diff(&p.page, &d, "as tunetop left it", e->path);
    }
    (void)print_end(&p, &ignored);
    arena_release(&arena);
}
