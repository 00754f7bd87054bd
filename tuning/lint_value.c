/*
 * Values: what a wrong one does in the software that reads it, and how a wish is written under the
 * name that works.
 */
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/number.h"
#include "base/size.h"
#include "tuning/lint_part.h"

static bool is_one_of(const char *value, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(value, *words) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- Ollama: its envconfig package on top of Go's strconv and time ---- */

static bool is_go_bool(const char *value)
{
    static const char *const words[] = {"1", "t", "T",     "true",  "TRUE",  "True", "0",
                                        "f", "F", "false", "FALSE", "False", NULL};
    return is_one_of(value, words);
}

/* Whole numbers with commas between them. */
static bool is_number_list(const char *value)
{
    return *value >= '0' && *value <= '9' && value[strspn(value, "0123456789,")] == '\0';
}

/* What it does with a value that it does not understand; NULL: it understands it. */
static const char *ollama_fault(struct lint_run *r, const struct lint_group *g,
                                const struct setting *s, const char *value, int *verdict)
{
    static const char *const meant[] = {
        "on",      "On",     "ON", "yes", "Yes",      "YES", "off",
        "enabled", "enable", "y",  "no",  "disabled", NULL}; /* the catalog judges those that mean
                                                                no */
    struct arena *a = &r->out->arena;
    const char *version = g->versions[SETTING_OWNER_OLLAMA];
    const char *unset = s->default_value ? s->default_value : "nothing";
    uint64_t number = 0;
    double seconds = 0;
    *verdict = SETTING_IGNORED;
    switch (s->type) {
    case SETTING_INTEGER:
    case SETTING_BYTES:
        if (number_u64(value, strlen(value), 10, &number) == 0 || is_number_list(value) ||
            (is_go_bool(value) && strcmp(s->name, "OLLAMA_DEBUG") == 0)) {
            return NULL;
        }
        return arena_printf(a, "'%s' is no whole number: Ollama warns in its log and uses %s",
                            value, unset);
    case SETTING_DURATION:
        if (duration_parse(value, strlen(value), DURATION_SECONDS, &seconds) == 0) {
            return NULL;
        }
        return arena_printf(a, "'%s' is no duration as 90s, 5m or 24h: Ollama uses %s", value,
                            unset);
    case SETTING_SWITCH:
        if (is_go_bool(value) || is_one_of(value, meant)) {
            return NULL;
        }
        *verdict = SETTING_UNKNOWN;
        return arena_printf(a, "Ollama takes a word that it does not understand, as '%s', for true",
                            value);
    case SETTING_WORD: {
        struct err wrong = ERR_INIT;
        if (setting_check_value(s, value, &wrong) == 0) {
            return NULL;
        }
        *verdict = !version || setting_version_compare(version, "0.30.0") >= 0 ? SETTING_HARMFUL
                                                                               : SETTING_UNKNOWN;
        return arena_printf(a,
                            "'%s' is none of its words: since 0.30 the runner ends at it, and no "
                            "model is loaded",
                            value);
    }
    default:
        return NULL;
    }
}

/* ---- others ---- */

static bool is_parsed(const struct setting *s, const char *value)
{
    double number = 0;
    int64_t whole = 0;
    switch (s->type) {
    case SETTING_INTEGER:
    case SETTING_BYTES:
        return number_i64(value, strlen(value), &whole) == 0;
    case SETTING_NUMBER:
        return number_double(value, strlen(value), &number) == 0;
    case SETTING_SIZE:
        return size_parse(value, strlen(value), SIZE_SETTING, &number) == 0;
    default:
        return true;
    }
}

bool lint_judge_value(struct lint_run *r, const struct lint_group *g, const struct setting *s,
                      const char *value, struct lint_told *told)
{
    struct err wrong = ERR_INIT;
    struct arena *a = &r->out->arena;
    value = lint_masked(r, value);
    if (!value || !*value || s->type == SETTING_NONE) {
        return false;
    }
    if (s->owner == SETTING_OWNER_OLLAMA && s->verdict == SETTING_HONOURED) {
        told->reason = ollama_fault(r, g, s, value, &told->verdict);
        if (told->reason) {
            told->source = s->type == SETTING_WORD ? "O 1.2" : "O 1.1";
            return true;
        }
        if (s->type == SETTING_SWITCH || is_go_bool(value) || strchr(value, ',')) {
            return false;
        }
    }
    if (setting_check_value(s, value, &wrong) == 0) {
        return false;
    }
    const char *kind = setting_kind_words[s->kind];
    if ((strcmp(kind, "sysctl") == 0 || strcmp(kind, "pmset") == 0) && !is_parsed(s, value)) {
        return false; /* a line that shows how it is written: "iogpu.wired_limit_mb=N" */
    }
    told->verdict = SETTING_UNKNOWN;
    told->reason = arena_strdup(a, wrong.msg);
    told->source = s->source;
    switch (s->owner) {
    case SETTING_OWNER_COMPOSE:
        if (s->type == SETTING_LIST || s->type == SETTING_TEXT) {
            return false;
        }
        if (!is_parsed(s, value)) {
            told->verdict = SETTING_HARMFUL;
            told->reason = arena_printf(a, "%s: compose refuses the file", wrong.msg);
            told->source = "C 2.5";
        }
        break;
    case SETTING_OWNER_COMFYUI:
        if (s->type == SETTING_SWITCH) { /* a flag alone; what stands behind it is no value */
            return false;
        }
        if (!is_parsed(s, value) || s->type == SETTING_WORD) {
            told->verdict = SETTING_HARMFUL;
            told->reason = arena_printf(a, "%s: ComfyUI ends at start with status 2", wrong.msg);
            told->source = "C 2.1";
        }
        break;
    case SETTING_OWNER_PYTORCH:
        if (s->type == SETTING_NUMBER) {
            told->verdict = SETTING_HARMFUL;
            told->reason = arena_printf(a, "%s: PyTorch stops with an exception", wrong.msg);
            told->source = "C 2.3";
        }
        break;
    case SETTING_OWNER_SYSTEMD: /* has sizes of its own: per cent, infinity */
        return false;
    default:
        break;
    }
    return true;
}

/* ---- what to write ---- */

static const struct setting *by_name(const struct setting_catalog *c, const char *name)
{
    const char *nearest = NULL;
    const struct setting *s = setting_find(c, name, &nearest);
    return s && strcmp(s->name, name) == 0 ? s : NULL;
}

/* The catalog's words; where they say that there is nothing to write, nothing. */
static const char *words_of(const struct setting *s)
{
    return s->instead && strcmp(s->instead, "nothing") != 0 ? s->instead : NULL;
}

static bool is_no(const char *value)
{
    static const char *const words[] = {"0",  "off", "no",    "false",    "Off",
                                        "No", "OFF", "False", "disabled", NULL};
    return is_one_of(value, words);
}

const char *lint_better_value(struct lint_run *r, const struct setting *s, const char *name,
                              const char *value)
{
    struct arena *a = &r->out->arena;
    uint64_t days = 0;
    const size_t size = value ? strlen(value) : 0;
    if (!size || words_of(s)) {
        return words_of(s);
    }
    if (s->type == SETTING_SWITCH) {
        return arena_printf(a, "%s=%s", name, is_no(value) ? "0" : "1");
    }
    if (s->type == SETTING_WORD_TRUE) {
        return arena_printf(a, "%s=%s", name, is_no(value) ? "false" : "true");
    }
    if (s->type == SETTING_DURATION && value[size - 1] == 'd' &&
        number_u64(value, size - 1, 10, &days) == 0 && days <= 3650) {
        return arena_printf(a, "%s=%lluh", name, (unsigned long long)days * 24);
    }
    return NULL;
}

const char *lint_instead(struct lint_run *r, const struct setting *s, const char *use,
                         const char *value)
{
    const struct setting_machine machine = {
        .cpus = r->query->cpus,
        .gpu_memory_bytes = (uint64_t)(r->query->gpu_memory_bytes > 0 ? r->query->gpu_memory_bytes
                                                                      : 0)};
    struct arena *a = &r->out->arena;
    char translated[128];
    value = lint_masked(r, value);
    if (!use) {
        return words_of(s);
    }
    const struct setting *real = by_name(r->catalog, use);
    const char *word = real ? setting_kind_words[real->kind] : "";
    /* The formula is that of the setting's own `use`; the same value goes under any name. */
    const bool fits = s->formula == SETTING_SAME || (s->use && strcmp(s->use, use) == 0);
    /* What stays free of an unknown amount is not known. */
    const bool answers = s->formula != SETTING_FIT_TARGET || machine.gpu_memory_bytes;
    if (!value || !*value || !fits || !answers || s->formula == SETTING_NO_FORMULA ||
        setting_translate(s->formula, value, &machine, translated, sizeof translated) < 0) {
        if (strcmp(use, s->name) == 0) {
            return words_of(s);
        }
        return !words_of(s)               ? use
               : strstr(words_of(s), use) ? words_of(s)
                                          : arena_printf(a, "%s (%s)", use, words_of(s));
    }
    if (!*translated) {
        return NULL;
    }
    if (s->formula == SETTING_FLAG) {
        return use;
    }
    if (strcmp(word, "variable") == 0 || strcmp(word, "sysctl") == 0 ||
        strcmp(word, "unit-key") == 0) {
        return arena_printf(a, "%s=%s", use, translated);
    }
    if (strcmp(word, "compose-key") == 0 || strcmp(word, "yaml-key") == 0 ||
        strcmp(word, "json-key") == 0) {
        return arena_printf(a, "%s: %s", use, translated);
    }
    return arena_printf(a, "%s %s", use, translated);
}

const char *lint_cores_instead(struct lint_run *r, const struct setting *s, const char *value)
{
    const struct setting_machine machine = {.cpus = r->query->cpus};
    char cores[64];
    if (value && setting_translate(SETTING_CORES, value, &machine, cores, sizeof cores) == 0) {
        return arena_printf(&r->out->arena, "%s=%s", s->name, cores);
    }
    return "the share x the CPUs of the engine";
}
