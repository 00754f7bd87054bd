#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "cli/chips.h"
#include "cli/command.h"
#include "cli/in_effect.h"
#include "cli/output.h"
#include "cli/measure.h"
#include "cli/status_format.h"
#include "cli/status_json.h"
#include "cli/status_text.h"
#include "cli/text_page.h"

/* Far above what 1024 cores and 64 services with 64 models need as text. */
enum { OUTPUT_MAX = 16 * 1024 * 1024 };

static int print(const struct model *m, const struct chip_catalog *c, const struct effect *effect,
                 int64_t now_wall_ns, const struct options *o, bool utf8, struct err *err)
{
    struct buf out;
    struct assessment a;
    int rc = 0;
    assess_run(m, &a);
    assess_chip(c, m, &a);
    buf_init(&out, OUTPUT_MAX);
    if (o->json || o->format) {
        cJSON *json = status_json(m, now_wall_ns);
        status_json_assess(json, &a);
        status_json_effect(json, effect);
        if (o->format) {
            rc = status_format(o->format, json, o->ascii || !utf8, &out, err);
            buf_putc(&out, '\n');
        } else {
            char *text = json_print_pretty(json);
            buf_puts(&out, text);
            buf_putc(&out, '\n');
            free(text);
        }
        cJSON_Delete(json);
    } else {
        const struct status_text_options t = {.color = text_wants_color(o->color),
                                              .ascii = o->ascii || !utf8,
                                              .width = text_terminal_width()};
        status_text(m, &a, &t, &out);
    }
    if (!o->json && (o->ascii || !utf8)) {
        output_to_ascii(out.data);
        out.size = strlen(out.data);
    }
    if (rc == 0) {
        rc = output_write(out.data, out.size, err);
    }
    buf_release(&out);
    return rc;
}

int cmd_status(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct measure s;
    if (o->format) { /* a wrong template is said before anything is measured */
        struct buf unused;
        buf_init(&unused, OUTPUT_MAX);
        const int bad = status_format(o->format, NULL, false, &unused, err);
        buf_release(&unused);
        if (bad < 0) {
            return bad;
        }
    }
    int rc = measure_open(&s, o, err);
    if (rc < 0) {
        return rc;
    }
    const struct model *m = NULL;
    struct chip_catalog catalog;
    struct in_effect *in_effect = xcalloc(1, sizeof *in_effect);
    chips_open_anyway(&catalog, o, &outcome->warning);
    in_effect_open(in_effect, o, &s);
    rc = measure_once(&s, o, o->gap_s, &m, err);
    if (rc == 0) {
        struct model *nothing = m ? NULL : model_new();
        const int64_t now_ns = o->replay && m ? m->wall_ns : clock_wall_ns(&clock_real);
        in_effect_look(in_effect, &catalog, o->replay || o->sysroot ? NULL : &s.config,
                       m ? m : nothing);
        rc = print(m ? m : nothing, &catalog, &in_effect->effect, now_ns, o, outcome->utf8, err);
        model_free(nothing);
    }
    chip_catalog_release(&catalog);
    in_effect_close(in_effect);
    free(in_effect);
    outcome->stuck = !measure_close(&s);
    return rc < 0 ? rc : 0;
}
