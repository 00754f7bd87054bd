#include "tuning/plan_value.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/duration.h"
#include "base/number.h"
#include "base/size.h"

static bool same_size(const char *a, const char *b)
{
    double x, y;

    return size_parse(a, strlen(a), SIZE_SETTING, &x) == 0 &&
           size_parse(b, strlen(b), SIZE_SETTING, &y) == 0 && x == y;
}

/* A negative one is for ever, whichever it is. */
static bool same_duration(const char *a, const char *b)
{
    double x, y;

    return duration_parse(a, strlen(a), DURATION_SECONDS, &x) == 0 &&
           duration_parse(b, strlen(b), DURATION_SECONDS, &y) == 0 && (x == y || (x < 0 && y < 0));
}

/* 1: on, 0: off, -1: neither. As strconv.ParseBool of Go and YAML 1.1 have them. */
static int parse_switch(const char *text)
{
    static const char *const on[] = {"1", "t", "true", "yes", "on", "y"};
    static const char *const off[] = {"0", "f", "false", "no", "off", "n"};

    for (size_t i = 0; i < sizeof on / sizeof on[0]; i++) {
        if (strcasecmp(text, on[i]) == 0) {
            return 1;
        }
        if (strcasecmp(text, off[i]) == 0) {
            return 0;
        }
    }
    return -1;
}

bool plan_is_on(const char *value)
{
    return value && *value && parse_switch(value) != 0;
}

static bool same_number(const char *a, const char *b)
{
    double x, y;

    return number_double(a, strlen(a), &x) == 0 && number_double(b, strlen(b), &y) == 0 && x == y;
}

/* A word that the catalog has is spelt as there: most programs take no other case of it. */
static const char *as_spelt(const struct setting *s, const char *value)
{
    static const char *const truths[] = {"true", "false"};
    const bool word = s->type == SETTING_WORD;
    const bool truth = s->type == SETTING_BOOLEAN || s->type == SETTING_WORD_TRUE;
    const char *const *words = word ? s->choices.items : truths;
    const size_t count = word ? s->choices.count : truth ? sizeof truths / sizeof truths[0] : 0;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], value) == 0) {
            return value;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(words[i], value) == 0) {
            return words[i];
        }
    }
    return value;
}

const char *plan_plain_value(const struct setting *s, const char *value, struct arena *arena)
{
    enum { DIGITS = 15 }; /* that a double holds of any decimal number */
    const char *digits = value + (value[0] == '-');
    const bool leading = digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
    double number, again;

    if ((s->type != SETTING_INTEGER && s->type != SETTING_NUMBER && s->type != SETTING_BYTES) ||
        (!leading && !strpbrk(value, "eE")) || number_double(value, strlen(value), &number) < 0 ||
        fabs(number) >= 1e15) {
        return as_spelt(s, value);
    }
    for (int places = 0; places <= DIGITS; places++) {
        const char *text = arena_printf(arena, "%.*f", places, number);

        if (number_double(text, strlen(text), &again) == 0 && again == number) {
            return text;
        }
    }
    return value;
}

bool plan_is_text(const struct setting *s)
{
    return s->type == SETTING_TEXT || s->type == SETTING_PATH || s->type == SETTING_WORD;
}

bool plan_same_value(const struct setting *s, const char *a, const char *b)
{
    if (!a || !b) {
        return a == b || s->type == SETTING_PRESENCE;
    }
    if (strcmp(a, b) == 0) {
        return true;
    }
    switch ((enum setting_type)s->type) {
    case SETTING_SWITCH:
    case SETTING_BOOLEAN:
        return parse_switch(a) >= 0 && parse_switch(a) == parse_switch(b);
    case SETTING_PRESENCE:
        return true;
    case SETTING_INTEGER:
    case SETTING_NUMBER:
    case SETTING_BYTES:
        return same_number(a, b);
    case SETTING_SIZE:
        return same_size(a, b);
    case SETTING_DURATION:
        return same_duration(a, b);
    case SETTING_WORD_TRUE:
    case SETTING_TEXT:
    case SETTING_PATH:
    case SETTING_LIST:
    case SETTING_WORD:
    case SETTING_NONE:
    case SETTING_TYPE_COUNT:
        break;
    }
    return false;
}

bool plan_is_bare_flag(const struct setting *s)
{
    return (s->kind == SETTING_FLAG_NAME || s->kind == SETTING_OPTION) &&
           (s->type == SETTING_SWITCH || s->type == SETTING_BOOLEAN ||
            s->type == SETTING_PRESENCE || s->type == SETTING_WORD_TRUE || s->type == SETTING_NONE);
}

bool plan_is_wanted(const struct setting *s, const char *there, const char *wanted)
{
    const bool by_presence = plan_is_bare_flag(s) || s->type == SETTING_PRESENCE;
    const bool on = !by_presence || plan_is_on(wanted);

    return !there ? !on : by_presence ? on : plan_same_value(s, there, wanted);
}
