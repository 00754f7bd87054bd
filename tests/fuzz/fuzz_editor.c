/*
 * Keys in the editor of the Tuning tab: the first byte chooses a setting, the others are keys. What
 * Enter takes is a value that the setting may have, and one that a profile of the user's own can be
 * saved with and read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sampling/model.h"
#include "tui/action.h"
#include "tui/editor.h"
#include "tui/surface.h"
#include "tuning/profile_save.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char settings_text[] =
    "sources: [{id: A, text: all of it}]\n"
    "groups:\n"
    "  - title: some\n"
    "    owner: ollama\n"
    "    kind: variable\n"
    "    costs: restart\n"
    "    verdict: honoured\n"
    "    source: A 1\n"
    "    read_back: by eye\n"
    "    settings:\n"
    "      - {name: A_SWITCH, reason: r, type: switch}\n"
    "      - {name: A_BOOLEAN, reason: r, type: boolean, default: \"true\"}\n"
    "      - {name: A_PRESENCE, reason: r, type: presence}\n"
    "      - {name: AN_INTEGER, reason: r, type: integer, range: [-1, 64]}\n"
    "      - {name: A_COUNT, reason: r, type: integer, range: [1, 1000000000000]}\n"
    "      - {name: A_NUMBER, reason: r, type: number, range: [0, 2]}\n"
    "      - {name: A_FREE_NUMBER, reason: r, type: number}\n"
    "      - {name: A_BYTES, reason: r, type: bytes}\n"
    "      - {name: A_SIZE, reason: r, type: size}\n"
    "      - {name: A_DURATION, reason: r, type: duration, cases: [{verdict: harmful, values: [\"0\"], reason: "
    "no}]}\n"
    "      - {name: A_TEXT, reason: r, type: text}\n"
    "      - {name: A_PATH, reason: r, type: path}\n"
    "      - {name: A_LIST, reason: r, type: list}\n"
    "      - {name: A_WORD, reason: r, type: choice, choices: [f16, q8_0, none]}\n";
static const char profiles_text[] =
    "profiles:\n"
    "  - name: high\n"
    "    best_for: all\n"
    "    level: high\n"
    "    services: [{service: ollama, from: here, settings: [{name: AN_INTEGER, value: 4}]}]\n";

static struct setting_catalog settings;
static struct profile_set profiles;
static struct model *model;

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static void begin(void)
{
    const struct profile_text text = {"profiles.yaml", profiles_text, sizeof profiles_text - 1};
    struct err err = ERR_INIT;
    if (model != NULL) {
        return;
    }
    model = model_new();
    require(setting_catalog_parse("settings.yaml", settings_text, sizeof settings_text - 1,
                                  &settings, &err) == 0);
    require(profile_set_parse(&settings, &text, 1, &profiles, &err) == 0);
}

static uint32_t key_of(const uint8_t **at, const uint8_t *end)
{
    static const uint32_t keys[] = {
        KEYCODE_ENTER,           KEYCODE_UP,      KEYCODE_DOWN,    KEYCODE_LEFT,
        KEYCODE_RIGHT,           KEYCODE_TAB,     KEYCODE_HOME,    KEYCODE_END,
        KEYCODE_BACKSPACE,       KEYCODE_DELETE,  KEYCODE_BACKTAB, KEYCODE_CTRL_BASE + 'u',
        KEYCODE_CTRL_BASE + 'a', KEYCODE_PAGE_UP, KEYCODE_F1,      KEYCODE_CTRL_BASE + 'e'};
    const uint8_t first = *(*at)++;
    if (first < 0x20) {
        return keys[first % (sizeof keys / sizeof *keys)];
    }
    if (first < 0x80 || end - *at < 2) {
        return first;
    }
    const uint32_t rune = ((uint32_t)(first & 0x1f) << 16) | ((uint32_t)(*at)[0] << 8) | (*at)[1];
    *at += 2;
    return rune < KEYCODE_BASE ? rune : '?';
}

/* What was taken stands in a file, and comes back as it was. */
static void save(const struct setting *s, const char *value, const char *name)
{
    const struct profile_choice_value v = {PROFILE_OLLAMA, s, value};
    const struct profile_choice c = {.profile = "high", .values = &v, .value_count = 1};
    struct err err = ERR_INIT;
    struct buf text;
    buf_init(&text, PROFILE_SAVE_MAX_BYTES);
    if (profile_save_text(&profiles, &c, name, &text, &err) == 0) {
        const struct profile_text texts[] = {
            {"profiles.yaml", profiles_text, sizeof profiles_text - 1},
            {"/mine.yaml", text.data, text.size}};
        struct profile_set again;
        require(profile_save_is_ours(text.data, text.size));
        require(profile_set_parse(&settings, texts, 2, &again, &err) == 0);
        require(again.broken_count == 0 && again.count == 2);
        const struct profile *p = &again.profiles[1];
        bool found = false;
        for (size_t i = 0; i < p->count; i++) {
            found = found || (p->wishes[i].setting == s && strcmp(p->wishes[i].value, value) == 0);
        }
        require(found);
        profile_set_release(&again);
    } else {
        require(err.code == ERR_USAGE && err.msg[0] != '\0');
    }
    buf_release(&text);
}

static void draw(const struct ui *ui)
{
    struct surface s;
    surface_init(&s, 60 + (int)(ui->editor.line.size % 40), 15);
    editor_draw(&s, ui);
    surface_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin();
    if (size == 0) {
        return 0;
    }
    const struct setting *s = &settings.settings[data[0] % settings.count];
    const uint8_t *at = data + 1, *end = data + size;
    struct ui *ui = calloc(1, sizeof *ui);
    require(ui != NULL);
    ui_init(ui, 1000000000);
    ui->tab = UI_TUNING;
    ui->tuning.all = true;
    ui->tuning.settings = &settings;
    ui->tuning.profiles = &profiles;
    memcpy(ui->tuning.list.selected, s->name, strlen(s->name) + 1);
    editor_open(ui, model);
    require(ui->input == UI_INPUT_EDIT);
    while (at < end && ui->input == UI_INPUT_EDIT) {
        editor_key(ui, key_of(&at, end));
        draw(ui);
    }
    editor_key(ui, KEYCODE_ENTER);
    const char *value = tuning_wish_value(&ui->tuning.wish, "", s->name);
    if (value != NULL) {
        struct err err = ERR_INIT;
        require(value[0] != '\0' && setting_check_value(s, value, &err) == 0);
        ui->input = UI_INPUT_NONE;
        ui->tuning.all = false;
        ui->tuning.chip_known = true;
        ui->tuning.chip.profile = PROFILE_HIGH;
        editor_open_save(ui);
        require(ui->input == UI_INPUT_SAVE);
        while (at < end && ui->input == UI_INPUT_SAVE) {
            editor_key(ui, key_of(&at, end));
            draw(ui);
        }
        if (ui->editor.save) {
            struct err refused = ERR_INIT;
            require(profile_save_name(&profiles, ui->editor.line.text, &refused) == 0);
        }
        save(s, value, ui->editor.save ? ui->editor.line.text : "mine");
    }
    ui_release(ui);
    free(ui);
    return 0;
}
