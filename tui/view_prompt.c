/*
 * What is being typed: the overlay of `:` with its answer, the last row of `/`.
 */
#include <stdio.h>
#include <string.h>

#include "tui/box.h"
#include "tui/command.h"
#include "tui/page.h"

void filter_draw(struct surface *s, const struct ui *ui)
{
    static const char hint[] = "Enter keep   Esc clear";
    struct line l = line_at(s, 1, s->height - 1, s->width - (int)sizeof hint - 3);
    line_put(&l, ROLE_TITLE, "/");
    line_gap(&l, 1);
    prompt_draw(ui_filter_shown(ui), &l);
    surface_text_right(s, s->width - 1, s->height - 1, ROLE_DIM, hint);
}

static const struct service_facts *find_url(const struct model *m, const char *url)
{
    for (size_t i = 0; i < m->service_count; i++)
        if (strcmp(m->services[i].facts->url, url) == 0)
            return m->services[i].facts;
    return NULL;
}

static void emit_added(struct box *b, const struct model *m, const struct ui *ui)
{
    char text[400];
    struct line l;
    const struct service_facts *f = find_url(m, ui->answer.url);
    if (f == NULL) {
        snprintf(text, sizeof text, "asking %s", ui->answer.url);
        box_text(b, ROLE_TEXT, text);
        return;
    }
    bool same = strcmp(f->name, service_kind_name(f->kind)) == 0;
    if (f->kind_unknown)
        snprintf(text, sizeof text, "%s is watched until quit. It has not answered yet: %s",
                 f->name, f->reason);
    else
        snprintf(text, sizeof text, "%s%s%s%s%s, %s. %s", same ? "" : f->name, same ? "" : ": ",
                 service_kind_name(f->kind), f->version[0] != '\0' ? " " : "", f->version,
                 service_state_name(f->state),
                 f->configured ? "tunetop.yaml names it already."
                               : "It is watched until quit; these lines of tunetop.yaml keep it:");
    box_text(b, ROLE_TEXT, text);
    if (f->configured || f->kind_unknown)
        return;
    b->row++;
    if (box_row(b, &l))
        line_put(&l, ROLE_CHANGED, "services:");
    if (box_row(b, &l))
        line_put(&l, ROLE_CHANGED, "  - name: %s", f->name);
    if (box_row(b, &l))
        line_put(&l, ROLE_CHANGED, "    kind: %s", service_kind_name(f->kind));
    if (box_row(b, &l))
        line_put(&l, ROLE_CHANGED, "    url: %s", f->url);
}

static void emit_hints(struct box *b, const struct ui *ui)
{
    struct command_hint hints[COMMAND_HINTS];
    int all;
    struct line l;
    int count = command_hints(ui->command.text, hints, &all);
    for (int i = 0; i < count; i++) {
        if (!box_row(b, &l))
            continue;
        line_put(&l, ROLE_TEXT, "%s", hints[i].name);
        line_to(&l, b->x + 18);
        line_put(&l, ROLE_DIM, "%s", hints[i].help);
        surface_text_right(b->s, b->end, l.y, ROLE_TITLE, hints[i].key);
    }
    if (count == 0 && box_row(b, &l))
        line_put(&l, ROLE_DIM, "no command holds that");
    if (all > count && box_row(b, &l))
        line_put(&l, ROLE_DIM, "%d more", all - count);
}

static void emit_all(struct box *b, const struct model *m, const struct ui *ui)
{
    struct line l;
    if (box_row(b, &l)) {
        line_put(&l, ROLE_TITLE, ":");
        line_gap(&l, 1);
        prompt_draw(&ui->command, &l);
    }
    b->row++;
    switch (ui->answer.kind) {
    case UI_ANSWER_NONE:
        emit_hints(b, ui);
        break;
    case UI_ANSWER_ERROR:
        box_text(b, ROLE_WARN, ui->answer.text);
        break;
    case UI_ANSWER_ADDED:
        emit_added(b, m, ui);
        break;
    }
    b->row++;
    if (box_row(b, &l)) {
        static const char *const keys[] = {"Enter", " run   ",     "Tab", " complete   ",
                                           "Up",    " earlier   ", "Esc", " back"};
        for (int i = 0; i < 8; i++)
            line_put(&l, i % 2 == 0 ? ROLE_TITLE : ROLE_DIM, "%s", keys[i]);
    }
}

struct shown {
    const struct model *m;
    const struct ui *ui;
};

static void emit_shown(struct box *b, const void *ctx)
{
    const struct shown *shown = ctx;
    emit_all(b, shown->m, shown->ui);
}

void prompt_overlay_draw(struct surface *s, const struct model *m, const struct ui *ui)
{
    const struct shown shown = {m, ui};
    box_show(s, "Command", BOX_COLUMNS, emit_shown, &shown);
}
