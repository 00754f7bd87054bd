#include "tuning/setting_words.h"

const char *setting_formula_sentence(int formula)
{
    static const char *const sentences[SETTING_FORMULA_COUNT] = {
        [SETTING_SAME] = "the same value",
        [SETTING_CORES] = "the share x the CPUs of the engine, at most two decimals",
        [SETTING_CPU_QUOTA] = "the share x the CPUs x 100 %",
        [SETTING_MIB] = "the size in MiB",
        [SETTING_BYTES_TO_MIB] = "the bytes in MiB",
        [SETTING_FIT_TARGET] = "what stays free: the memory of the GPU less the size, in MiB",
        [SETTING_LOAD_MODE] = "mmap for on, none for off",
        [SETTING_DEBUG_LEVEL] = "0 for INFO and quieter, 1 for DEBUG, 2 for TRACE",
        [SETTING_FLAG] = "the flag for on, nothing for off",
        [SETTING_LOW_POWER] = "1 (low power) for on, 0 (automatic) for off",
        [SETTING_METAL_OFF] = "0 for off, nothing for on",
        [SETTING_GPU_OFFLOAD] = "max for -1, off for 0; a number of layers has no answer",
    };
    return formula >= 0 && formula < SETTING_FORMULA_COUNT ? sentences[formula] : "";
}

/* A comma before whatever is not the first, which begins at `begin`. */
static void next(struct buf *out, size_t begin)
{
    buf_puts(out, out->size > begin ? ", " : "");
}

static const char *between(size_t i, size_t count)
{
    return i == 0 ? "" : i + 1 < count ? ", " : " or ";
}

static void add_words(struct buf *out, size_t begin, const char *before,
                      const struct schema_list *list, const char *const *words)
{
    const int *items = list->items;
    if (list->count) {
        next(out, begin);
        buf_puts(out, before);
    }
    for (size_t i = 0; i < list->count; i++) {
        buf_printf(out, "%s%s", between(i, list->count), words[items[i]]);
    }
}

void setting_add_condition(struct buf *out, const struct setting *s, const struct setting_case *c)
{
    const char *const *values = c->values.items;
    const char *owner = setting_owner_words[c->of];
    const size_t begin = out->size;
    if (c->since && c->until) {
        buf_printf(out, "from %s %s until %s", owner, c->since, c->until);
    } else if (c->since) {
        buf_printf(out, "from %s %s on", owner, c->since);
    } else if (c->until) {
        buf_printf(out, "before %s %s", owner, c->until);
    }
    add_words(out, begin, "on ", &c->places, setting_place_words);
    add_words(out, begin, "with ", &c->devices, setting_device_words);
    if (c->values.count) {
        next(out, begin);
        buf_puts(out, "for the value ");
    }
    for (size_t i = 0; i < c->values.count; i++) {
        buf_printf(out, "%s%s", between(i, c->values.count), values[i]);
    }
    if (c->below_place.file) {
        next(out, begin);
        buf_printf(out, "below %g", c->below);
    }
    if (c->contains) {
        next(out, begin);
        buf_printf(out, "with '%s' in it", c->contains);
    }
    if (c->when) {
        next(out, begin);
        buf_printf(out, "when %s", c->when);
    }
    if (out->size == begin) {
        buf_puts(out, s->type == SETTING_NONE ? "always" : "whatever the value");
    }
}

void setting_add_values(struct buf *out, const struct setting *s)
{
    const char *const *choices = s->choices.items;
    char range[SETTING_RANGE_BYTES];
    if (s->type == SETTING_NONE) {
        return;
    }
    for (size_t i = 0; i < s->choices.count; i++) {
        buf_printf(out, "%s%s", i ? ", " : "", choices[i]);
    }
    if (!s->choices.count) {
        buf_puts(out, setting_type_words[s->type]);
    }
    setting_range_words(s, range);
    buf_puts(out, range);
    if (s->default_value) {
        buf_printf(out, "; %s unless set", s->default_value);
    }
}

void setting_add_versions(struct buf *out, const struct setting *s)
{
    const char *owner = setting_owner_words[s->versions_of];
    if (s->since) {
        buf_printf(out, "from %s %s on", owner, s->since);
    }
    if (s->until) {
        buf_printf(out, "%sgone in %s %s", s->since ? ", " : "", owner, s->until);
    }
}

void setting_add_use(struct buf *out, const struct setting *s, const char *use, const char *value)
{
    const struct setting_machine nothing = {.cpus = 0};
    char translated[128]; /* a longer value is not translated */
    if (!use) {
        return;
    }
    buf_puts(out, use);
    if (value && s->formula != SETTING_NO_FORMULA &&
        setting_translate(s->formula, value, &nothing, translated, sizeof translated) == 0 &&
        s->formula != SETTING_FLAG && *translated) {
        buf_printf(out, " = %s", translated);
    } else if (*setting_formula_sentence(s->formula)) {
        buf_printf(out, ": %s", setting_formula_sentence(s->formula));
    }
}
