/* The part of the session that is about the screen itself: which theme, and what is remembered. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "tui/session.h"

/* What this run would leave behind. A tab that was asked for by name counts only once it was
 * changed. */
static void screen_now(const struct session *s, struct screen_state *out)
{
    const struct process_list *list = &s->ui.processes;
    *out = s->screen_before;
    if (s->screen.page) {
        out->tab = (int)s->ui.tab;
        out->sort = list->sort_chosen ? (int)list->sort : -1;
        out->tree = list->tree;
    }
    if (s->theme_kept)
        memcpy(out->theme, s->theme.name, sizeof out->theme);
}

int session_remember(struct session *s, struct err *err)
{
    struct screen_state now;
    if (s->screen.file == NULL)
        return 0;
    screen_now(s, &now);
    int result = screen_state_save(s->screen.file, &s->screen_before, &now, err);
    if (result < 0)
        log_write(LOG_WARN, "the tab, order and theme are not remembered: %s", err->msg);
    else
        s->screen_before = now;
    return result;
}

void session_screen_start(struct session *s, const struct session_screen *screen,
                          const struct theme *theme)
{
    struct process_list *list = &s->ui.processes;
    s->screen = *screen;
    s->theme = *theme;
    utf8_copy(s->ui.theme.name, sizeof s->ui.theme.name, theme->name);
    if (screen->page && screen->start.sort >= 0) {
        list->sort = (enum process_sort)screen->start.sort;
        list->sort_chosen = true;
    }
    if (screen->page)
        list->tree = screen->start.tree;
    s->screen_before = screen->start;
    screen_now(s, &s->screen_before); /* what was asked for is not a change */
    if (screen->note != NULL) {
        utf8_copy(s->ui.note_text, sizeof s->ui.note_text, screen->note);
        s->ui.note = s->ui.note_text;
        s->ui.note_stays = true;
    }
}

/* The answer to Enter in the picker. */
static void keep_theme(struct session *s)
{
    struct err err = ERR_INIT;
    char *text = s->ui.note_text;
    size_t size = sizeof s->ui.note_text;
    s->theme_kept = true;
    if (s->screen.file == NULL)
        snprintf(text, size, "theme %s, until quit", s->theme.name);
    else if (session_remember(s, &err) < 0)
        snprintf(text, size, "theme %s, until quit: %.240s", s->theme.name, err.msg);
    else if (s->screen.theme_named != NULL)
        snprintf(text, size, "theme %s, until quit: %s says at the start", s->theme.name,
                 s->screen.theme_named);
    else
        snprintf(text, size, "theme %s, remembered", s->theme.name);
    s->ui.note = text;
    s->ui.note_stays = true;
}

/* The one that the ui names now. false: there is none of that name. */
static bool take_theme(struct session *s)
{
    struct ui_theme *t = &s->ui.theme;
    struct err err = ERR_INIT;
    if (t->set != NULL) {
        const struct theme_item *item = theme_set_find(t->set, t->name);
        if (item != NULL)
            s->theme = item->theme;
        return item != NULL;
    }
    if (theme_load(t->name, s->screen.theme_folder, &s->theme, &err) == 0)
        return true;
    utf8_copy(s->ui.note_text, sizeof s->ui.note_text, err.msg);
    s->ui.note = s->ui.note_text;
    s->ui.note_stays = true;
    return false;
}

static void open_themes(struct session *s)
{
    struct ui_theme *t = &s->ui.theme;
    theme_set_load(s->screen.theme_folder, &s->themes);
    t->set = &s->themes;
    s->theme_before = s->theme;
    for (size_t i = 0; i < s->themes.broken_count; i++)
        log_write(LOG_WARN, "%s: %s", s->themes.broken[i].err.where, s->themes.broken[i].err.msg);
}

void session_themes(struct session *s)
{
    struct ui_theme *t = &s->ui.theme;
    /* The palette has their names. */
    const bool listed = s->ui.input == UI_INPUT_THEMES || s->ui.input == UI_INPUT_COMMAND;
    if (listed && t->set == NULL)
        open_themes(s);
    if (t->changed && t->back)
        s->theme = s->theme_before;
    else if (t->changed && !take_theme(s))
        t->keep = false; /* as it was */
    if (t->keep)
        keep_theme(s);
    s->theme_due = s->theme_due || t->changed;
    t->changed = t->back = t->keep = false;
    utf8_copy(t->name, sizeof t->name, s->theme.name);
    if (!listed && t->set != NULL) {
        theme_set_release(&s->themes);
        t->set = NULL;
    }
}
