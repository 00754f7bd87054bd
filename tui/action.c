#include "tui/action.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/width.h"

static const struct action_row rows[ACTION_COUNT] = {
#define EVERYWHERE ((1U << UI_TABS) - 1)
#define ON(tab) (1U << UI_##tab)
    [ACTION_NONE] = {"", "", "", "", ACTION_LOOK, 0},
#define ACTION(id, name, help, group, footer, keys, tabs)                                          \
    [ACTION_##id] = {name, help, footer, keys, ACTION_##group, tabs},
#include "tui/action.def"
#undef ACTION
#undef ON
#undef EVERYWHERE
};

/* Names of keys as action.def, scripts and help write them. */
static const struct {
    const char *name;
    uint32_t key;
} key_names[] = {
    {"Space", ' '},
    {"Up", KEYCODE_UP},
    {"Down", KEYCODE_DOWN},
    {"Left", KEYCODE_LEFT},
    {"Right", KEYCODE_RIGHT},
    {"PgUp", KEYCODE_PAGE_UP},
    {"PgDn", KEYCODE_PAGE_DOWN},
    {"Home", KEYCODE_HOME},
    {"End", KEYCODE_END},
    {"Enter", KEYCODE_ENTER},
    {"Esc", KEYCODE_ESC},
    {"Tab", KEYCODE_TAB},
    {"S-Tab", KEYCODE_BACKTAB},
    {"Backspace", KEYCODE_BACKSPACE},
    {"Delete", KEYCODE_DELETE},
};

const struct action_row *action_row(enum action a)
{
    return (unsigned)a < ACTION_COUNT ? &rows[a] : &rows[ACTION_NONE];
}

/* Cuts the next blank-separated word of *text; false at the end. */
static bool next_word(const char **text, char *word, size_t size)
{
    const char *p = *text;
    while (*p == ' ')
        p++;
    size_t n = strcspn(p, " ");
    if (n == 0 || n >= size)
        return false;
    memcpy(word, p, n);
    word[n] = '\0';
    *text = p + n;
    return true;
}

uint32_t key_of_name(const char *name)
{
    size_t size = strlen(name);
    if (size == 0)
        return 0;
    for (size_t i = 0; i < sizeof key_names / sizeof key_names[0]; i++)
        if (strcmp(name, key_names[i].name) == 0)
            return key_names[i].key;
    if (size == 3 && name[0] == 'C' && name[1] == '-' && name[2] >= 'a' && name[2] <= 'z')
        return KEYCODE_CTRL_BASE + (uint32_t)name[2];
    if (name[0] == 'F' && size <= 3 && name[1] >= '1' && name[1] <= '9') {
        int n = name[1] - '0';
        if (size == 3)
            n = name[2] >= '0' && name[2] <= '9' ? n * 10 + name[2] - '0' : 0;
        if (n >= 1 && n <= 12)
            return KEYCODE_F1 + (uint32_t)n - 1;
    }
    size_t len;
    bool valid;
    uint32_t rune = utf8_decode(name, size, &len, &valid);
    return valid && len == size && rune > ' ' ? rune : 0;
}

bool action_is_on(enum action a, enum ui_tab tab)
{
    return (action_row(a)->tabs & 1U << tab) != 0;
}

bool action_is_everywhere(enum action a)
{
    return action_row(a)->tabs == (1U << UI_TABS) - 1;
}

enum ui_tab action_tab(enum action a)
{
    if (a == ACTION_UNDO || a == ACTION_RECOVER)
        return UI_JOURNAL;
    int tab = 0;
    while (tab + 1 < UI_TABS && !action_is_on(a, (enum ui_tab)tab))
        tab++;
    return (enum ui_tab)tab;
}

static bool has_key(enum action a, uint32_t key)
{
    const char *keys = rows[a].keys;
    char word[16];
    while (next_word(&keys, word, sizeof word))
        if (key_of_name(word) == key)
            return true;
    return false;
}

enum action action_of_key(uint32_t key, enum ui_tab tab)
{
    enum action elsewhere = ACTION_NONE;
    for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
        if (!has_key((enum action)a, key))
            continue;
        if (action_is_on((enum action)a, tab))
            return (enum action)a;
        elsewhere = elsewhere == ACTION_NONE ? (enum action)a : elsewhere;
    }
    return elsewhere;
}

enum action action_of_name(const char *name)
{
    for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++)
        if (strcmp(rows[a].name, name) == 0)
            return (enum action)a;
    return ACTION_NONE;
}

/* "C-l" is shown as "Ctrl-L", everything else as it is written. */
static size_t add_label(char *out, size_t size, size_t used, const char *word)
{
    const char *before = used > 0 ? "  " : "";
    int n = strncmp(word, "C-", 2) == 0 && word[2] != '\0'
                ? snprintf(out + used, size - used, "%sCtrl-%c", before, word[2] - 'a' + 'A')
                : snprintf(out + used, size - used, "%s%s", before, word);
    if (n < 0 || (size_t)n >= size - used) {
        out[used] = '\0';
        return used;
    }
    return used + (size_t)n;
}

const char *action_key_label(enum action a, bool first_only, char *out, size_t out_size)
{
    const char *keys = action_row(a)->keys;
    char word[16];
    size_t used = 0;
    out[0] = '\0';
    while (next_word(&keys, word, sizeof word)) {
        used = add_label(out, out_size, used, word);
        if (first_only)
            break;
    }
    return out;
}

/* Letters of other layouts beside what the same keys give on a Latin (US) keyboard: JCUKEN, Greek,
 * Hebrew. */
static const struct {
    const char *letters, *latin;
} layouts[] = {
    {"йцукенгшщзхъфывапролджэячсмитьбю", "qwertyuiop[]asdfghjkl;'zxcvbnm,."},
    {"ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ", "QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>"},
    {"ςερτυθιοπασδφγηξκλζχψωβνμ", "wertyuiopasdfghjklzxcvbnm"},
    {"ΕΡΤΥΘΙΟΠΑΣΔΦΓΗΞΚΛΖΧΨΩΒΝΜ", "ERTYUIOPASDFGHJKLZXCVBNM"},
    {"קראטוןםפשדגכעיחלךזסבהנמצ", "ertyuiopasdfghjklzxcvbnm"},
};

static uint32_t latin_of(uint32_t key)
{
    /* U+FF01 to U+FF5E are ASCII in full width, as input methods for East Asia give it. */
    if (key >= 0xFF01 && key <= 0xFF5E)
        return key - 0xFF01 + '!';
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        const char *at = layouts[i].letters;
        for (const char *latin = layouts[i].latin; *latin != '\0' && *at != '\0'; latin++) {
            size_t len;
            bool valid;
            if (utf8_decode(at, strlen(at), &len, &valid) == key)
                return (uint32_t)*latin;
            at += len;
        }
    }
    return key;
}

static uint32_t other_case(uint32_t key)
{
    if (key >= 'a' && key <= 'z')
        return key - 'a' + 'A';
    return key >= 'A' && key <= 'Z' ? key - 'A' + 'a' : key;
}

/* A key as it is named: "F5", "Ctrl-X", "ц"; "that key" for what has no name or would not show. */
static const char *name_key(uint32_t key, char *out, size_t out_size)
{
    snprintf(out, out_size, "that key");
    for (size_t i = 0; i < sizeof key_names / sizeof key_names[0]; i++)
        if (key_names[i].key == key)
            snprintf(out, out_size, "%s", key_names[i].name);
    if (key >= KEYCODE_F1 && key <= KEYCODE_F12)
        snprintf(out, out_size, "F%u", (unsigned)(key - KEYCODE_F1 + 1));
    else if (key > KEYCODE_CTRL_BASE && key < KEYCODE_CTRL_BASE + 128)
        snprintf(out, out_size, "Ctrl-%c", (char)(key - KEYCODE_CTRL_BASE) - 'a' + 'A');
    if (key <= ' ' || key >= KEYCODE_BASE || (key >= 0xD800 && key <= 0xDFFF))
        return out; /* no character: surrogates are halves of one */
    char rune[8], clean[32];
    size_t size = utf8_encode(key, rune);
    utf8_sanitise(rune, size, clean, sizeof clean, NULL);
    if (width_of_text(clean) > 0 && strncmp(clean, rune, size) == 0)
        snprintf(out, out_size, "%s", clean);
    return out;
}

/* "3 Tuning and 5 Journal" */
static void put_tabs(enum action a, struct buf *out)
{
    static const char *const titles[UI_TABS] = {"Overview", "Services", "Tuning", "Processes",
                                                "Journal"};
    bool first = true;
    for (int tab = 0; tab < UI_TABS; tab++) {
        if (!action_is_on(a, (enum ui_tab)tab))
            continue;
        buf_printf(out, "%s%d %s", first ? "" : " and ", tab + 1, titles[tab]);
        first = false;
    }
}

const char *action_elsewhere(uint32_t key, char *out, size_t out_size)
{
    char name[32];
    struct buf text;
    buf_init(&text, 4096);
    name_key(key, name, sizeof name);
    buf_printf(&text, "%s works on ", name);
    bool first = true;
    for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
        if (!has_key((enum action)a, key))
            continue;
        buf_printf(&text, "%s", first ? "" : ", ");
        put_tabs((enum action)a, &text);
        buf_printf(&text, " (%s)", rows[a].name);
        first = false;
    }
    utf8_copy(out, out_size, text.data);
    buf_release(&text);
    return out;
}

const char *action_unknown_key(uint32_t key, enum ui_tab tab, char *out, size_t out_size)
{
    const uint32_t latin = latin_of(key);
    const uint32_t tries[] = {latin, other_case(latin)};
    char name[32], other[32], meant[200];
    name_key(key, name, sizeof name);
    for (size_t i = 0; i < 2; i++) {
        const enum action a = action_of_key(tries[i], tab);
        if (a == ACTION_NONE || tries[i] == key)
            continue;
        if (action_is_on(a, tab))
            snprintf(meant, sizeof meant, "%s is %s", name_key(tries[i], other, sizeof other),
                     rows[a].name);
        else
            action_elsewhere(tries[i], meant, sizeof meant);
        snprintf(out, out_size, "%s does nothing; %s", name, meant);
        return out;
    }
    snprintf(out, out_size, "%s does nothing; ? lists the keys", name);
    return out;
}
