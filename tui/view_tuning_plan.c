/*
 * The plan on the Tuning tab: its list, and what of it is selected.
 */
#include <stdio.h>
#include <string.h>

#include "base/width.h"
#include "tui/plan_list.h"
#include "tui/tuning_tab.h"

bool tuning_tab_has_plan(const struct ui *ui)
{
    return ui->tab == UI_TUNING && !ui->tuning.all && ui->tuning.plan != NULL;
}

/* The kind of what is selected, -1: nothing is. */
static int selected_of(const struct ui *ui, size_t *index, const char **service, const char **name)
{
    const struct ui_tuning *t = &ui->tuning;
    struct plan_items items;
    *service = *name = NULL;
    *index = 0;
    if (!tuning_tab_has_plan(ui))
        return -1;
    plan_list_items(&t->planned, t->plan, &t->wish, t->filter.text, &items);
    if (items.selected < 0)
        return -1;
    plan_item_names(&items, t->plan, &t->wish, items.selected, service, name);
    *index = items.of[items.selected].index;
    return items.of[items.selected].kind;
}

const struct shown_row *tuning_tab_row(const struct ui *ui)
{
    const char *service, *name;
    size_t index;
    return selected_of(ui, &index, &service, &name) == ITEM_ROW ? &ui->tuning.plan->rows[index]
                                                                : NULL;
}

static bool is_setting(int kind)
{
    return kind == ITEM_SERVICE || kind == ITEM_ROW || kind == ITEM_LEFT_OUT;
}

const char *tuning_tab_service(const struct ui *ui)
{
    const char *service, *name;
    size_t index;
    return is_setting(selected_of(ui, &index, &service, &name)) ? service : NULL;
}

const char *tuning_tab_setting(const struct ui *ui)
{
    const char *service, *name;
    size_t index;
    return is_setting(selected_of(ui, &index, &service, &name)) ? name : NULL;
}
