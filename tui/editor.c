#include "tui/editor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "base/utf8.h"
#include "tui/action.h"
#include "tui/editor_draw.h"
#include "tui/plan_list.h"
#include "tui/tuning_tab.h"
#include "tuning/plan_layers.h"
#include "tuning/plan_states.h"
#include "tuning/plan_value.h"
#include "tuning/profile_save.h"
#include "tuning/state/state.h"

/* ---------------------------------------------------------------- values without typing */

size_t editor_choices(const struct setting *s, const char *text, const char *const **out)
{
    static const char *const digits[] = {"1", "0"}, *const words[] = {"true", "false"},
                             *const switches[] = {"on", "off"};
    if (s->type == SETTING_WORD) {
        *out = s->choices.items;
        return s->choices.count;
    }
    if (s->type == SETTING_PRESENCE || plan_is_bare_flag(s)) {
        *out = digits;
        return 2;
    }
    if (s->type != SETTING_SWITCH && s->type != SETTING_BOOLEAN && s->type != SETTING_WORD_TRUE)
        return 0;
    bool as_word = strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0;
    bool as_switch = strcasecmp(text, "on") == 0 || strcasecmp(text, "off") == 0;
    *out = s->type != SETTING_SWITCH || as_word ? words : as_switch ? switches : digits;
    return 2;
}

static double tenth_of(double value)
{
    return pow(10, floor(log10(value)) - 1);
}

/* As a person would go: 4 5 6, 100 110, 4096 5120. */
static double step_of(const struct setting *s, double value)
{
    const double size = fabs(value);
    if (s->type == SETTING_NUMBER)
        return s->ranged && s->max - s->min <= 2 ? 0.05 : size >= 20 ? tenth_of(size) : 0.5;
    if (size >= 1024 && fmod(size, 1024) == 0)
        return size >= 65536 ? 8192 : 1024;
    return size < 100 ? 1 : tenth_of(size);
}

bool editor_step(const struct setting *s, const char *text, int by, char *out)
{
    const bool unit = s->type == SETTING_SIZE || s->type == SETTING_DURATION;
    const size_t digits = unit ? strspn(text, "0123456789.") : strlen(text);
    const char *rest = text + digits;
    double value = 0;
    if (s->type != SETTING_INTEGER && s->type != SETTING_NUMBER && s->type != SETTING_BYTES &&
        !unit)
        return false;
    if (rest[strcspn(rest, "0123456789")] != '\0') /* 1h30m */
        return false;
    if (text[0] == '\0' && !unit && s->ranged)
        value = by > 0 ? s->min - by * step_of(s, s->min) : s->min;
    else if (number_double(text, digits, &value) < 0)
        return false;
    const double step = step_of(s, value);
    value = round((value + by * step) / step) * step; /* 0.85 stays 0.85 */
    value = s->ranged && !unit ? fmin(fmax(value, s->min), s->max) : fmax(value, unit ? 1 : -1e15);
    snprintf(out, WISH_VALUE, "%.12g%s", value, rest);
    return true;
}

/* ---------------------------------------------------------------- what is edited */

static void note(struct ui *ui, const char *text)
{
    utf8_copy(ui->note_text, sizeof ui->note_text, text);
    ui->note = ui->note_text;
}

const struct setting *editor_setting(const struct ui *ui)
{
    const char *nearest;
    return ui->tuning.settings == NULL
               ? NULL
               : setting_find(ui->tuning.settings, ui->editor.setting, &nearest);
}

const struct shown_row *editor_row(const struct ui *ui)
{
    const struct ui_editor *e = &ui->editor;
    const struct tuning_plan *p = ui->tuning.plan;
    for (size_t i = 0; p != NULL && i < p->row_count; i++)
        if (strcmp(p->rows[i].setting, e->setting) == 0 &&
            (e->service[0] == '\0' || strcmp(p->rows[i].service, e->service) == 0))
            return &p->rows[i];
    return NULL;
}

static const struct shown_possible *possible_of(const struct ui *ui, const char *setting)
{
    const struct tuning_plan *p = ui->tuning.plan;
    for (size_t i = 0; p != NULL && i < p->possible_count; i++)
        if (strcmp(p->possible[i].setting, setting) == 0)
            return &p->possible[i];
    return NULL;
}

const struct shown_possible *editor_possible(const struct ui *ui)
{
    return possible_of(ui, ui->editor.setting);
}

/* What is selected is possible besides; NULL: it is not. */
static const struct shown_possible *selected_possible(const struct ui *ui)
{
    const struct setting_list *l = &ui->tuning.planned;
    if (!tuning_tab_has_plan(ui) || l->selected[0] == '\0' || l->kind != ITEM_POSSIBLE)
        return NULL;
    return possible_of(ui, l->name);
}

/* What is not written; NULL: that is not what is selected. */
static const struct shown_skipped *selected_skipped(const struct ui *ui)
{
    const struct setting_list *l = &ui->tuning.planned;
    const struct tuning_plan *p = ui->tuning.plan;
    if (!tuning_tab_has_plan(ui) || l->selected[0] == '\0' || l->kind != ITEM_SKIPPED)
        return NULL;
    for (size_t i = 0; i < p->skipped_count; i++) {
        const struct shown_skipped *k = &p->skipped[i];
        if (k->setting != NULL && k->setting[0] != '\0' && strcmp(k->setting, l->name) == 0 &&
            k->service != NULL && strcmp(k->service, l->group) == 0)
            return k;
    }
    return NULL;
}

bool editor_is_possible(const struct ui *ui)
{
    return ui->tab == UI_TUNING && !ui->help && !ui->open && !ui->tuning.diff &&
           !(ui->change.shown && ui->change.run != NULL) && selected_possible(ui) != NULL;
}

const char *editor_wanted(const struct ui *ui, const struct setting *s)
{
    const struct profile_rows *wants = ui->tuning.wants;
    const int kind = ui->editor.kind;
    const char *value = NULL;
    for (size_t i = 0; wants != NULL && i < wants->count; i++) {
        const struct profile_row *r = &wants->rows[i];
        if (r->target != s || (kind < PROFILE_SERVICE_COUNT && r->target_service != kind))
            continue;
        if (value != NULL && strcmp(value, r->target_value) != 0)
            return NULL; /* whose it is decides */
        value = r->target_value;
    }
    return value;
}

/* A service may have that name, too: it has none of these settings. */
bool editor_is_machines(const struct ui *ui, const char *service, const char *setting)
{
    const char *nearest;
    const struct setting *s = ui->tuning.settings == NULL || setting[0] == '\0'
                                  ? NULL
                                  : setting_find(ui->tuning.settings, setting, &nearest);
    return s != NULL && planner_is_state(s) &&
           strcmp(service, profile_service_words[PROFILE_SYSTEM]) == 0;
}

int editor_kind_of(const struct model *m, const char *service)
{
    for (size_t i = 0; i < m->service_count; i++) {
        const struct service_facts *f = m->services[i].facts;
        if (strcmp(f->name, service) == 0)
            return f->kind == SERVICE_OLLAMA ? PROFILE_OLLAMA : PROFILE_COMFYUI;
    }
    for (int i = 0; i < PROFILE_SERVICE_COUNT; i++)
        if (strcmp(profile_service_words[i], service) == 0)
            return i;
    return PROFILE_SERVICE_COUNT;
}

/* Where it runs decides what the machine can give it. */
static void take_host(struct ui *ui, const struct model *m)
{
    struct ui_editor *e = &ui->editor;
    struct chip_machine machine;
    struct profile_query q;
    const int kind = e->kind;
    e->host = (struct profile_host){
        .query = {.place = ui->tuning.here.place, .device = ui->tuning.here.device},
        .memory_bytes = NAN};
    if (!ui->tuning.chip_known)
        return;
    chip_machine_of(m, &machine);
    profile_query_of(&q, &ui->tuning.chip, &machine, m);
    e->host = q.hosts[kind < PROFILE_SERVICE_COUNT ? kind : PROFILE_PROGRAM];
    memset(e->host.query.versions, 0, sizeof e->host.query.versions); /* they are the model's */
}

/* ---------------------------------------------------------------- whether a value can be */

static int check(const struct ui *ui, const struct setting *s, const char *value, struct err *err)
{
    const struct ui_editor *e = &ui->editor;
    const bool machine = editor_is_machines(ui, e->service, e->setting);
    char name[JOURNAL_VALUE_BYTES], state[JOURNAL_VALUE_BYTES];
    const bool folder = machine && s->type == SETTING_NONE;
    if (!folder && profile_check_typed(s, s->name, value, &e->host, err) < 0)
        return -err->code;
    if (machine && !state_wish(e->setting, value, NULL, name, state))
        return err_set(err, ERR_USAGE, "'%s' cannot be set to '%s'%s", e->setting, value,
                       folder ? ": it takes the path of a folder" : "");
    return 0;
}

static void judge(struct ui *ui)
{
    struct ui_editor *e = &ui->editor;
    const struct setting *s = editor_setting(ui);
    const char *value = e->line.text;
    struct err err = ERR_INIT;
    struct setting_query q;
    struct setting_judgement j;
    e->trouble[0] = e->said[0] = '\0';
    e->harmful = e->sure = false;
    if (s == NULL || value[0] == '\0')
        return;
    if (check(ui, s, value, &err) < 0) {
        utf8_copy(e->trouble, sizeof e->trouble, err.msg);
        return;
    }
    setting_here_query(&ui->tuning.here, s, &q);
    q.value = value;
    setting_judge(s, &q, &j);
    e->harmful = j.verdict == SETTING_HARMFUL;
    if (j.verdict != SETTING_HONOURED)
        snprintf(e->said, sizeof e->said, "%s here: %s%s%s", setting_verdict_words[j.verdict],
                 j.reason, j.use != NULL ? "; what works is " : "", j.use != NULL ? j.use : "");
    else if (j.maybe != NULL && j.maybe->verdict == SETTING_HARMFUL)
        snprintf(e->said, sizeof e->said, "harmful when %s: %s", j.maybe->when, j.maybe->reason);
}

/* ---------------------------------------------------------------- opening */

/* What no file and no command holds cannot be edited. */
static bool can_be_set(const struct setting *s)
{
    static const bool kinds[SETTING_KIND_COUNT] = {
        [SETTING_VARIABLE] = true, [SETTING_FLAG_NAME] = true, [SETTING_COMPOSE_KEY] = true,
        [SETTING_UNIT_KEY] = true, [SETTING_PLIST_KEY] = true, [SETTING_JSON_KEY] = true,
        [SETTING_YAML_KEY] = true};
    return kinds[s->kind] || planner_is_state(s);
}

/* What stands in the line at first: what is typed already, else what would be written, but for what
 * is not to be shown. */
static const char *first_text(const struct ui *ui, const struct shown_possible *possible)
{
    const struct ui_editor *e = &ui->editor;
    const struct shown_skipped *skipped = selected_skipped(ui);
    const struct shown_row *row = editor_row(ui);
    const char *typed = tuning_wish_value(&ui->tuning.wish, e->service, e->setting);
    const char *text = typed != NULL      ? typed
                       : row != NULL      ? row->wanted
                       : possible != NULL ? possible->wanted
                       : skipped != NULL  ? skipped->value
                                          : editor_wanted(ui, editor_setting(ui));
    return text == NULL || strcmp(text, "***") == 0 ? "" : text;
}

static void open_setting(struct ui *ui, const struct model *m, const char *service,
                         const char *setting)
{
    struct ui_editor *e = &ui->editor;
    const struct shown_possible *possible = possible_of(ui, setting);
    char text[PROMPT_BYTES];
    /* What was typed without a service is that value still. */
    const bool any = tuning_wish_value(&ui->tuning.wish, "", setting) != NULL;
    utf8_copy(e->service, sizeof e->service, any ? "" : service);
    utf8_copy(e->setting, sizeof e->setting, setting);
    e->kind = editor_kind_of(m, e->service);
    const struct setting *s = editor_setting(ui);
    if (s == NULL || !can_be_set(s)) {
        snprintf(text, sizeof text, "%.80s: no file and no command of this machine holds it",
                 setting);
        note(ui, text);
    } else if (possible != NULL && possible->why_not != NULL && s->type != SETTING_NONE) {
        snprintf(text, sizeof text, "%.60s cannot be set here: %.160s", setting, possible->why_not);
        note(ui, text);
    } else {
        utf8_copy(text, sizeof text, first_text(ui, possible));
        prompt_set(&e->line, text);
        e->fresh = text[0] != '\0';
        e->save = false;
        take_host(ui, m);
        judge(ui);
        ui->input = UI_INPUT_EDIT;
    }
}

/* Without a plan, and of all settings: whose it would be the planner finds. */
static void open_any(struct ui *ui, const struct model *m)
{
    const struct setting *s = tuning_tab_current(ui);
    const struct tuning_plan *p = ui->tuning.plan;
    const char *service = "", *other = s != NULL ? plan_synonym(s->name) : NULL;
    char name[WISH_NAME];
    if (s == NULL) {
        note(ui, "there is no setting to edit");
        return;
    }
    utf8_copy(name, sizeof name, s->name);
    for (size_t i = 0; p != NULL && i < p->row_count; i++) {
        const struct shown_row *r = &p->rows[i];
        if (strcmp(r->setting, s->name) != 0 && (other == NULL || strcmp(r->setting, other) != 0))
            continue;
        service = r->service;
        utf8_copy(name, sizeof name, r->setting); /* of two names of one limit that of the file */
    }
    open_setting(ui, m, planner_is_state(s) ? profile_service_words[PROFILE_SYSTEM] : service,
                 name);
}

/* Where the list of settings does not stand, nothing of it is selected. */
static bool is_covered(struct ui *ui)
{
    const bool covered = ui->tab == UI_TUNING && ui->tuning.diff;
    if (covered)
        note(ui, "the diff is shown here: Esc leads back to the settings");
    return covered;
}

void editor_open(struct ui *ui, const struct model *m)
{
    const char *service = tuning_tab_service(ui), *setting = tuning_tab_setting(ui);
    const struct shown_possible *possible = selected_possible(ui);
    if (is_covered(ui))
        return;
    if (ui->tab != UI_TUNING || ui->help) {
        note(ui, "e edits a setting of 3 Tuning");
    } else if (ui->tuning.plan_refused != NULL) {
        note(ui, ui->tuning.plan_refused);
    } else if (possible != NULL) {
        open_setting(ui, m, profile_service_words[PROFILE_SYSTEM], possible->setting);
    } else if (!tuning_tab_has_plan(ui)) {
        open_any(ui, m);
    } else if (selected_skipped(ui) != NULL) { /* a value of one's own is written all the same */
        open_setting(ui, m, ui->tuning.planned.group, ui->tuning.planned.name);
    } else if (service == NULL || setting == NULL) {
        note(ui, "e edits a setting: select one");
    } else if (setting[0] == '\0') {
        note(ui, "e edits a setting, x leaves out the service: select a setting of it");
    } else if (plan_list_is_left_out(&ui->tuning.wish, service, setting)) {
        note(ui, "it is left out: x takes it in again");
    } else {
        open_setting(ui, m, service, setting);
    }
}

/* ---------------------------------------------------------------- leaving out */

static void select_row(struct ui *ui, const char *service, const char *setting)
{
    struct setting_list *l = &ui->tuning.planned;
    utf8_copy(l->selected, sizeof l->selected, setting[0] != '\0' ? setting : service);
    utf8_copy(l->group, sizeof l->group, service);
    utf8_copy(l->name, sizeof l->name, setting);
    l->kind = ITEM_ROW;
}

static bool plan_has(const struct tuning_plan *p, const char *service, const char *setting)
{
    for (size_t i = 0; p != NULL && i < p->row_count; i++)
        if (strcmp(p->rows[i].service, service) == 0 && strcmp(p->rows[i].setting, setting) == 0)
            return true;
    return false;
}

/* What is left out has no value, and a service none of its settings; what was typed without a
 * service is of the one whose plan has it. */
static void forget_values(struct ui *ui, const char *service, const char *setting)
{
    struct tuning_wish *w = &ui->tuning.wish;
    for (size_t i = w->value_count; i-- > 0;) {
        const struct wish_value *v = &w->values[i];
        const bool its = v->service[0] == '\0' ? plan_has(ui->tuning.plan, service, v->setting)
                                               : strcmp(v->service, service) == 0;
        if (its && (setting[0] == '\0' || strcmp(v->setting, setting) == 0))
            w->values[i] = w->values[--w->value_count];
    }
}

static void take_possible(struct ui *ui, const struct shown_possible *possible)
{
    const char *machine = profile_service_words[PROFILE_SYSTEM];
    char text[240];
    if (possible->why_not != NULL || possible->wanted == NULL || possible->wanted[0] == '\0') {
        snprintf(text, sizeof text, "%.60s: %.160s", possible->setting,
                 possible->why_not != NULL ? possible->why_not : "e gives it a value");
        note(ui, text);
    } else if (tuning_wish_set(&ui->tuning.wish, machine, possible->setting, possible->wanted)) {
        select_row(ui, machine, possible->setting);
    } else {
        note(ui, "no more values can be set at once");
    }
}

void editor_leave_out(struct ui *ui)
{
    const char *service = tuning_tab_service(ui), *setting = tuning_tab_setting(ui);
    const struct shown_possible *possible = selected_possible(ui);
    struct tuning_wish *w = &ui->tuning.wish;
    char whose[WISH_NAME], which[WISH_NAME];
    if (is_covered(ui))
        return;
    if (possible != NULL) {
        take_possible(ui, possible);
        return;
    }
    if (ui->tab == UI_TUNING && !ui->help && selected_skipped(ui) != NULL) {
        note(ui, "it is not written already: e gives it a value of your own");
        return;
    }
    if (ui->tab != UI_TUNING || ui->help || service == NULL || setting == NULL) {
        note(ui, ui->tuning.plan_refused != NULL && ui->tab == UI_TUNING
                     ? ui->tuning.plan_refused
                     : "x leaves out a setting or a service of the plan on 3 Tuning: select one");
        return;
    }
    utf8_copy(whose, sizeof whose, service); /* they may be names of the wish itself */
    utf8_copy(which, sizeof which, setting);
    forget_values(ui, whose, which);
    if (editor_is_machines(ui, whose, which)) {
        note(ui, "it is only possible again"); /* nothing of the machine is set unasked */
    } else if (which[0] != '\0' && tuning_wish_is_left_out(w, whose, "")) {
        note(ui, "all of the service is left out: x on its name takes it in again");
    } else if (!tuning_wish_leave_out(w, whose, which)) {
        note(ui, "no more can be left out at once");
    }
}

/* ---------------------------------------------------------------- keys */

static void set_line(struct ui *ui, const char *text)
{
    prompt_set(&ui->editor.line, text);
    ui->editor.fresh = false;
    judge(ui);
}

static void take(struct ui *ui)
{
    struct ui_editor *e = &ui->editor;
    const struct shown_row *row = editor_row(ui);
    struct tuning_wish *w = &ui->tuning.wish;
    const char *value = e->line.text;
    const bool typed = tuning_wish_value(w, e->service, e->setting) != NULL;
    if (e->trouble[0] != '\0')
        return;
    if (e->harmful && !e->sure) {
        e->sure = true;
        return;
    }
    ui->input = UI_INPUT_NONE;
    if (value[0] == '\0') {
        (void)tuning_wish_set(w, e->service, e->setting, NULL);
        return;
    }
    if (!typed && row != NULL && row->wanted != NULL && strcmp(row->wanted, value) == 0)
        return; /* it is the profile's */
    if (!tuning_wish_set(w, e->service, e->setting, value)) {
        note(ui, "no more values can be set at once");
        return;
    }
    ui->tuning.all = false;
    if (e->service[0] != '\0')
        select_row(ui, e->service, e->setting);
}

/* Choosing: the next word, or the first that begins with a letter. */
static bool choose(struct ui *ui, const char *const *words, size_t count, uint32_t key)
{
    size_t at = count, next = count;
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(words[i], ui->editor.line.text) == 0)
            at = i;
    switch (key) {
    case KEYCODE_RIGHT:
    case KEYCODE_DOWN:
    case KEYCODE_TAB:
    case ' ':
    case '+':
        next = at == count ? 0 : (at + 1) % count;
        break;
    case KEYCODE_LEFT:
    case KEYCODE_UP:
    case KEYCODE_BACKTAB:
    case '-':
        next = at == count ? count - 1 : (at + count - 1) % count;
        break;
    case KEYCODE_DELETE:
    case KEYCODE_BACKSPACE:
    case KEYCODE_CTRL_BASE + 'u':
        set_line(ui, "");
        return true;
    default:
        for (size_t i = count; i-- > 0 && key > ' ' && key < 128;)
            if (words[i][0] == (char)key)
                next = i;
        break;
    }
    if (next < count)
        set_line(ui, words[next]);
    return true; /* what is no choice is not typed */
}

/* + and -, but for the sign of a number that is begun. */
static bool step(struct ui *ui, const struct setting *s, uint32_t key)
{
    const struct ui_editor *e = &ui->editor;
    char text[WISH_VALUE];
    const bool up = key == '+' || key == '=' || key == KEYCODE_UP;
    const bool sign = key == '-' && !e->fresh && e->line.cursor == 0 && e->line.text[0] != '-' &&
                      (!s->ranged || s->min < 0);
    if (sign || (!up && key != '-' && key != KEYCODE_DOWN) ||
        !editor_step(s, e->line.text, up ? 1 : -1, text))
        return false;
    set_line(ui, text);
    return true;
}

static void type(struct ui *ui, uint32_t key)
{
    struct ui_editor *e = &ui->editor;
    const bool text = key >= ' ' && key < KEYCODE_BASE;
    if (e->fresh && (text || key == KEYCODE_BACKSPACE || key == KEYCODE_DELETE))
        prompt_set(&e->line, "");
    if (key == KEYCODE_UP || key == KEYCODE_DOWN) /* it has no history */
        return;
    if (text || !e->fresh || (key != KEYCODE_BACKSPACE && key != KEYCODE_DELETE))
        (void)prompt_key(&e->line, key);
    e->fresh = false;
    judge(ui);
}

static void edit_key(struct ui *ui, uint32_t key)
{
    const struct setting *s = editor_setting(ui);
    const char *const *words = NULL;
    if (key == KEYCODE_ESC || key == KEYCODE_CTRL_BASE + 'c' || s == NULL) {
        ui->input = UI_INPUT_NONE;
        return;
    }
    if (key == KEYCODE_ENTER || (key == KEYCODE_DELETE && ui->editor.line.size == 0)) {
        take(ui);
        return;
    }
    const size_t count = editor_choices(s, ui->editor.line.text, &words);
    if (count > 0 ? !choose(ui, words, count, key) : !step(ui, s, key))
        type(ui, key);
}

/* ---------------------------------------------------------------- the name of a profile */

static const struct profile *named(const struct ui *ui, const char *name)
{
    const struct profile_set *set = ui->tuning.profiles;
    for (size_t i = 0; set != NULL && i < set->count; i++)
        if (strcmp(set->profiles[i].name, name) == 0)
            return &set->profiles[i];
    return NULL;
}

static void judge_name(struct ui *ui)
{
    struct ui_editor *e = &ui->editor;
    const char *name = e->line.text;
    const struct profile *there = named(ui, name);
    struct err err = ERR_INIT;
    e->trouble[0] = e->said[0] = '\0';
    e->sure = false;
    if (name[0] == '\0' || ui->tuning.profiles == NULL)
        return;
    if (profile_save_name(ui->tuning.profiles, name, &err) < 0)
        utf8_copy(e->trouble, sizeof e->trouble, err.msg);
    else if (there != NULL)
        snprintf(e->said, sizeof e->said, "%.40s is a profile of yours: it is replaced", name);
}

void editor_open_save(struct ui *ui)
{
    const struct tuning_wish *w = &ui->tuning.wish;
    char name[64];
    if (ui->tab != UI_TUNING || ui->help || ui->tuning.all) {
        note(ui, "s keeps what is chosen on 3 Tuning as a profile of your own");
    } else if (ui->tuning.plan_refused != NULL) {
        note(ui, ui->tuning.plan_refused);
    } else if (!tuning_wish_is_own(w) && w->overlay_count == 0) {
        note(ui, "nothing of your own is chosen: e edits a value, x leaves out, p has overlays");
    } else {
        const struct profile *base = named(ui, ui_profile(ui));
        if (base != NULL && base->user)
            utf8_copy(name, sizeof name, base->name);
        else
            snprintf(name, sizeof name, "my-%.28s", ui_profile(ui));
        prompt_set(&ui->editor.line, name);
        ui->editor.fresh = true;
        ui->editor.save = false;
        judge_name(ui);
        ui->input = UI_INPUT_SAVE;
    }
}

static void save_key(struct ui *ui, uint32_t key)
{
    struct ui_editor *e = &ui->editor;
    const bool yes = key == 'y' || key == 'n' || key == KEYCODE_ENTER;
    if (e->sure && yes) { /* to the question whether it is replaced; Enter takes the safe answer */
        e->save = key == 'y';
        e->sure = false;
        ui->input = e->save ? UI_INPUT_NONE : UI_INPUT_SAVE;
        return;
    }
    if (key == KEYCODE_ESC || key == KEYCODE_CTRL_BASE + 'c') {
        ui->input = e->sure ? UI_INPUT_SAVE : UI_INPUT_NONE;
        e->sure = false;
        return;
    }
    if (key == KEYCODE_ENTER) {
        if (e->trouble[0] != '\0' || e->line.size == 0)
            return;
        e->sure = e->said[0] != '\0';
        e->save = !e->sure;
        ui->input = e->save ? UI_INPUT_NONE : UI_INPUT_SAVE;
        return;
    }
    if (e->fresh && ((key >= ' ' && key < KEYCODE_BASE) || key == KEYCODE_DELETE))
        prompt_set(&e->line, "");
    e->fresh = false;
    (void)prompt_key(&e->line, key);
    judge_name(ui);
}

void editor_key(struct ui *ui, uint32_t key)
{
    if (ui->input == UI_INPUT_SAVE)
        save_key(ui, key);
    else
        edit_key(ui, key);
}
