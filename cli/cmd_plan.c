/*
 * plan: what a profile would change in the files of the services. Looks, and changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/plan_make.h"
#include "cli/plan_text.h"

/* A plan holds each file twice, once more as diff. */
enum { OUTPUT_MAX = 64 * 1024 * 1024 };

static int print(const struct plan_made *made, const struct options *o, bool utf8, struct err *err)
{
    struct buf out;

    buf_init(&out, OUTPUT_MAX);
    if (o->json) {
        cJSON *root = plan_json(&made->plan, &made->input);
        char *text = json_print_pretty(root);

        buf_puts(&out, text);
        buf_puts(&out, "\n");
        free(text);
        cJSON_Delete(root);
    } else {
        const bool ascii = o->ascii || !utf8;
        struct text_page p = {.out = &out, .color = text_wants_color(o->color), .ascii = ascii};

        plan_text(&p, &made->plan, &made->input);
        if (ascii) {
            output_to_ascii(out.data);
            out.size = strlen(out.data);
        }
    }
    const int rc = output_write(out.data, out.size, err);
    buf_release(&out);
    return rc;
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
