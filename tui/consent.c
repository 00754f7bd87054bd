#include "tui/consent.h"

#include "tui/action.h"

static void ask(struct ui *ui, enum consent_kind kind)
{
    ui->consent = (struct ui_consent){.kind = kind};
    ui->input = UI_INPUT_CONSENT;
}

void consent_ask_apply(struct ui *ui, const struct model *m)
{
    (void)m;
    ask(ui, CONSENT_APPLY);
}

void consent_ask_undo(struct ui *ui, const struct model *m)
{
    (void)m;
    ask(ui, CONSENT_UNDO);
}

void consent_ask_recover(struct ui *ui, const struct model *m)
{
    (void)m;
    ask(ui, CONSENT_RECOVER);
}

void consent_ask_stop(struct ui *ui)
{
    ask(ui, CONSENT_STOP);
}

void consent_ask_quit(struct ui *ui)
{
    ask(ui, CONSENT_QUIT);
}

void consent_key(struct ui *ui, const struct model *m, uint32_t key)
{
    static const enum change_request requests[] = {REQUEST_APPLY, REQUEST_UNDO, REQUEST_RECOVER,
                                                   REQUEST_STOP, REQUEST_NONE};
    (void)m;
    ui->input = UI_INPUT_NONE;
    if (key == 'y')
        ui->change.request = requests[ui->consent.kind];
}

void consent_draw(struct surface *s, const struct model *m, const struct ui *ui)
{
    (void)s, (void)m, (void)ui;
}
