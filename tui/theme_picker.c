#include "tui/theme_picker.h"

#include "tui/action.h"

void theme_picker_open(struct ui *ui)
{
    ui->input = UI_INPUT_THEMES;
}

void theme_picker_key(struct ui *ui, uint32_t key)
{
    if (key == KEYCODE_ESC)
        ui->input = UI_INPUT_NONE;
}

void theme_picker_draw(struct surface *s, const struct ui *ui)
{
    (void)s, (void)ui;
}
