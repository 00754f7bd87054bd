#include "tui/picker.h"

#include "tui/action.h"

void picker_open(struct ui *ui)
{
    ui->input = UI_INPUT_PROFILES;
}

void picker_key(struct ui *ui, const struct model *m, uint32_t key)
{
    (void)m;
    if (key == KEYCODE_ESC)
        ui->input = UI_INPUT_NONE;
}

void picker_draw(struct surface *s, const struct model *m, const struct assessment *a,
                 const struct ui *ui)
{
    (void)s, (void)m, (void)a, (void)ui;
}
