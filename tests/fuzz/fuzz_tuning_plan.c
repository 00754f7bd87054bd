/* What `plan` and `verify` say, from anything (the second behind a line of "%%"): no crash; what is
 * taken is bounded and clean for a terminal, and can be drawn, moved in and explained. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "tui/tuning_tab.h"
#include "tui/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    char clean[8192];
    if (text == NULL)
        return;
    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    if (strcmp(text, clean) != 0)
        abort();
}

static void check(const struct tuning_plan *p)
{
    size_t lines = 0;
    if (p->row_count > SHOWN_ROWS || p->file_count > SHOWN_FILES || p->line_count > SHOWN_LINES ||
        p->step_count > SHOWN_STEPS || p->skipped_count > SHOWN_SKIPPED)
        abort();
    for (size_t i = 0; i < p->row_count; i++) {
        const struct shown_row *r = &p->rows[i];
        const char *const texts[] = {r->service, r->setting, r->in_file, r->in_process, r->wanted,
                                     r->via,     r->why,     r->reason,  r->clamped,    r->file};
        if (r->service == NULL || r->setting == NULL || (unsigned)r->verdict >= SHOWN_VERDICTS)
            abort();
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
            check_text(texts[k]);
    }
    for (size_t i = 0; i < p->file_count; i++) {
        check_text(p->files[i].path);
        if (p->files[i].first_line != lines)
            abort();
        lines += p->files[i].lines;
    }
    if (lines != p->line_count)
        abort();
    for (size_t i = 0; i < p->line_count; i++)
        check_text(p->lines[i].text);
    for (size_t i = 0; i < p->step_count; i++) {
        check_text(p->steps[i].command);
        check_text(p->steps[i].interrupts);
    }
}

static void show(const struct tuning_plan *p)
{
    static const uint32_t keys[] = {'j', 'G', KEYCODE_ENTER, KEYCODE_ESC, 'd', KEYCODE_RIGHT, 'G',
                                    'd', 'w', 'w',           KEYCODE_TAB, 'G'};
    static const int sizes[][2] = {{60, 15}, {120, 40}};
    static struct model *m;
    static struct assessment a;
    static struct ui ui;
    struct surface s;
    if (m == NULL)
        m = model_new(); /* nothing was measured: the page stands all the same */
    for (int size = 0; size < 2; size++) {
        const int width = sizes[size][0], height = sizes[size][1];
        ui_init(&ui, NS_PER_S);
        ui.tab = UI_TUNING;
        ui.tuning.plan = p;
        ui.tuning.plan_state = UI_PLAN_HERE;
        if (p->row_count > 0)
            tuning_wish_leave_out(&ui.tuning.wish, p->rows[0].service, p->rows[0].setting);
        surface_init(&s, width, height);
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            view_act(&ui, action_of_key(keys[i], ui.tab), m, width, height);
            ui.tab = UI_TUNING;
            surface_clear(&s);
            view_draw(&s, m, &a, &ui);
        }
        surface_release(&s);
        ui_release(&ui);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char mark[] = "\n%%\n";
    const char *text = (const char *)data, *verify = NULL;
    struct tuning_plan plan;
    struct shown_counts counts;
    struct err err = ERR_INIT;
    size_t plan_size = size;
    for (size_t i = 0; i + sizeof mark - 1 <= size && verify == NULL; i++)
        if (memcmp(text + i, mark, sizeof mark - 1) == 0) {
            verify = text + i + sizeof mark - 1;
            plan_size = i;
        }
    const size_t verify_size = verify != NULL ? size - (size_t)(verify - text) : 0;
    const int rc = tuning_plan_parse(text, plan_size, verify, verify_size, &plan, &err);
    if ((rc != 0) != (err.code != 0) || (rc != 0 && err.msg[0] == '\0'))
        abort();
    if (rc == 0) {
        check(&plan);
        show(&plan);
    }
    tuning_plan_release(&plan);
    err_clear(&err);
    if (verify != NULL && shown_counts_parse(verify, verify_size, &counts, &err) == 0)
        check_text(counts.services);
    return 0;
}
