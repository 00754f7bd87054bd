#include "tui/ui.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

const char *const ui_tab_names[UI_TABS] = {"overview", "services", "tuning", "processes",
                                           "journal"};
/* A tab keeps its number, also while one before it is not there yet. */
const char ui_tab_keys[UI_TABS] = {'1', '2', '3', '4', '5'};

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
    return ui->tuning.all            ? &ui->tuning.list
           : ui->tuning.plan != NULL ? &ui->tuning.planned
                                     : &ui->tuning.wanted;
}

const struct setting_list *ui_settings_shown(const struct ui *ui)
{
    return ui->tuning.all            ? &ui->tuning.list
           : ui->tuning.plan != NULL ? &ui->tuning.planned
                                     : &ui->tuning.wanted;
}

const char *ui_profile(const struct ui *ui)
{
    const struct ui_tuning *t = &ui->tuning;
    return t->wish.profile[0] != '\0' ? t->wish.profile
           : t->chip_known            ? chip_profile_name((int)t->chip.profile)
                                      : "";
}

const char *ui_wish_name(const struct ui *ui, char *out, size_t size)
{
    const struct tuning_wish *w = &ui->tuning.wish;
    utf8_copy(out, size, ui_profile(ui));
    for (size_t i = 0; i < w->overlay_count; i++) {
        size_t used = strlen(out);
        if (used + strlen(w->overlays[i]) + 2 > size)
            break;
        snprintf(out + used, size - used, "+%s", w->overlays[i]);
    }
    return out;
}

const struct prompt *ui_filter_shown(const struct ui *ui)
{
    return ui->tab == UI_PROCESSES ? &ui->process_filter
           : ui->tab == UI_TUNING  ? &ui->tuning.filter
           : ui->tab == UI_JOURNAL ? &ui->journal.filter
                                   : &ui->filter;
}

struct prompt *ui_filter(struct ui *ui)
{
    return ui->tab == UI_PROCESSES ? &ui->process_filter
           : ui->tab == UI_TUNING  ? &ui->tuning.filter
           : ui->tab == UI_JOURNAL ? &ui->journal.filter
                                   : &ui->filter;
}
