/*
 * plan: what a profile would change in the files of the services. Looks, and changes nothing.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "cli/change_services.h"
#include "cli/command.h"
#include "cli/plan_make.h"
#include "cli/plan_text.h"
#include "cli/print.h"
#include "cli/result_rows.h"

/* A plan holds each file twice, once more as diff. */
enum { OUTPUT_MAX = 64 * 1024 * 1024, REFUSAL = 2, WIDTH = 100 };

/* Why apply would refuse it now, and what a restart would bring besides. */
static void add_refusal(struct text_page *p, const struct services_apply *services,
                        const struct err *refused)
{
    result_pending_text(p, services);
    if (refused->code) {
        text_end(p);
        text_put(p, STYLE_WARN, "Now apply would refuse it: ");
        text_wrap(p, STYLE_WARN, REFUSAL, WIDTH, refused->msg);
        text_end(p);
    }
}

static void add_refusal_json(cJSON *root, const struct services_apply *services,
                             const struct err *refused)
{
    cJSON *list = cJSON_AddArrayToObject(root, "pending");

    for (size_t i = 0; i < services->pending_count; i++) {
        cJSON_AddItemToArray(list, cJSON_CreateString(services->pending[i]));
    }
    json_add_text_or_null(root, "refused", refused->code ? refused->msg : NULL);
}

static int print(const struct plan_made *made, const struct services_apply *services,
                 const struct err *refused, const struct options *o, bool utf8, struct err *err)
{
    struct print p;

    print_begin(&p, o, utf8, OUTPUT_MAX);
    if (o->json) {
        cJSON *root = plan_json(&made->plan, &made->input);

        add_refusal_json(root, services, refused);
        print_json(&p, root);
    } else {
        plan_text(&p.page, &made->plan, &made->input);
        add_refusal(&p.page, services, refused);
    }
    return print_end(&p, err);
}

int cmd_plan(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct plan_made *made = xcalloc(1, sizeof *made);
    int rc = plan_made_open(made, o, &outcome->warning, err);

    rc = rc == 0 ? plan_made_restarts(made, o, err) : rc;
    if (rc == 0) {
        struct change_services *services = xcalloc(1, sizeof *services);
        struct err refused = ERR_INIT;

        (void)change_services_of_plan(services, &made->knowledge, &made->plan, &made->input, o,
                                      NULL, NULL, &refused);
        rc = print(made, &services->apply, &refused, o, outcome->utf8, err);
        change_services_close(services);
        outcome->stuck = services->stuck;
        free(services);
    }
    outcome->stuck = !plan_made_close(made) || outcome->stuck;
    free(made);
    return rc < 0 ? rc : 0;
}
