#include "tui/ui.h"

#include <string.h>

const char *const ui_tab_names[UI_TABS] = {"overview", "services"};

void ui_init(struct ui *ui, int64_t interval_ns)
{
    memset(ui, 0, sizeof *ui);
    ui->step = -1;
    ui->interval_ns = interval_ns;
}
