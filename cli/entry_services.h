/*
 * The services of an entry of the journal, for undo and recover: what the machine is like now, and
 * who is to be restarted. Large: allocate it.
 */
#ifndef CLI_ENTRY_SERVICES_H
#define CLI_ENTRY_SERVICES_H

#include "cli/change_services.h"
#include "cli/knowledge.h"

struct entry_services {
    struct knowledge knowledge;
    struct change_services services;
    struct control_ops ops; /* what the transaction gets */
    bool open;              /* there is something to restart */
    bool left;              /* there is, and recover is not to */
    struct err why;         /* code: it could not be looked at; ops then fail with it */
};

/* Opens what is needed; nothing when the entry restarted nothing, or with --no-restart (then the
 * ops of a recover prove nothing, and restart nothing). Of an error only undo makes one of its own:
 * recover has to put files back in any case, and its ops fail. Ends with entry_services_close() in
 * any case. */
int entry_services_open(struct entry_services *s, const struct journal_entry *e,
                        const struct journal_entry *changed, enum change_way way,
                        const struct options *o, step_news_fn progress, void *ctx, struct err *err);
/* false: something hangs, the program can only end with _exit(). */
bool entry_services_close(struct entry_services *s);
/* NULL: nothing is to be restarted. */
const struct control_ops *entry_services_ops(const struct entry_services *s);

#endif
