#include "tui/editor.h"

#include "tui/action.h"

void editor_open(struct ui *ui)
{
    ui->input = UI_INPUT_EDIT;
}

void editor_open_save(struct ui *ui)
{
    ui->input = UI_INPUT_SAVE;
}

void editor_leave_out(struct ui *ui)
{
    (void)ui;
}

void editor_key(struct ui *ui, uint32_t key)
{
    if (key == KEYCODE_ESC)
        ui->input = UI_INPUT_NONE;
}

void editor_draw(struct surface *s, const struct ui *ui)
{
    (void)s, (void)ui;
}
