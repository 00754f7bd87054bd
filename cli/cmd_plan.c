/*
 * plan: what a profile would change in the files of the services. Looks, and changes nothing.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "cli/command.h"
#include "cli/plan_make.h"
#include "cli/plan_text.h"
#include "cli/print.h"

/* A plan holds each file twice, once more as diff. */
enum { OUTPUT_MAX = 64 * 1024 * 1024 };

static int print(const struct plan_made *made, const struct options *o, bool utf8, struct err *err)
{
    struct print p;

    print_begin(&p, o, utf8, OUTPUT_MAX);
    if (o->json) {
        print_json(&p, plan_json(&made->plan, &made->input));
    } else {
        plan_text(&p.page, &made->plan, &made->input);
    }
    return print_end(&p, err);
}

int cmd_plan(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct plan_made *made = xcalloc(1, sizeof *made);
    int rc = plan_made_open(made, o, &outcome->warning, err);

    if (rc == 0) {
        rc = print(made, o, outcome->utf8, err);
    }
    outcome->stuck = !plan_made_close(made);
    free(made);
    return rc < 0 ? rc : 0;
}
