#include "tui/ui.h"

#include <string.h>

const char *const ui_tab_names[UI_TABS] = {"overview", "services", "tuning", "processes"};
/* A tab keeps its number, also while one before it is not there yet. */
const char ui_tab_keys[UI_TABS] = {'1', '2', '3', '4'};

void ui_init(struct ui *ui, int64_t interval_ns)
{
    memset(ui, 0, sizeof *ui);
    ui->step = -1;
    ui->interval_ns = interval_ns;
    setting_here_init(&ui->tuning.here);
}

void ui_release(struct ui *ui)
{
    process_list_release(&ui->processes);
}

struct setting_list *ui_settings(struct ui *ui)
{
    return ui->tuning.all ? &ui->tuning.list : &ui->tuning.wanted;
}

const struct setting_list *ui_settings_shown(const struct ui *ui)
{
    return ui->tuning.all ? &ui->tuning.list : &ui->tuning.wanted;
}

const char *ui_profile(const struct ui *ui)
{
    const struct ui_tuning *t = &ui->tuning;
    return t->profile[0] != '\0' ? t->profile
           : t->chip_known       ? chip_profile_name((int)t->chip.profile)
                                 : "";
}

const struct prompt *ui_filter_shown(const struct ui *ui)
{
    return ui->tab == UI_PROCESSES ? &ui->process_filter
           : ui->tab == UI_TUNING  ? &ui->tuning.filter
                                   : &ui->filter;
}

struct prompt *ui_filter(struct ui *ui)
{
    return ui->tab == UI_PROCESSES ? &ui->process_filter
           : ui->tab == UI_TUNING  ? &ui->tuning.filter
                                   : &ui->filter;
}
