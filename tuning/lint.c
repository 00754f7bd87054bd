/*
 * Judging what stands in a file by the settings catalog, and keeping what was found.
 */
#include "tuning/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "sampling/service/service.h"
#include "tuning/lint_part.h"

enum { VALUE_MAX = 240, NAME_MAX_BYTES = 200, NOTE_MAX = 600 };

bool lint_is_wrong(int verdict)
{
    return verdict == SETTING_IGNORED || verdict == SETTING_RENAMED || verdict == SETTING_HARMFUL;
}

/* ---- what was found ---- */

static const char *clean(struct lint_run *r, const char *text, size_t max)
{
    char out[1024];
    if (!text) {
        return NULL;
    }
    bool cut = false;
    utf8_sanitise(text, strlen(text), out, max < sizeof out - 4 ? max : sizeof out - 4, &cut);
    return cut ? arena_printf(&r->out->arena, "%s...", out) : arena_strdup(&r->out->arena, out);
}

/* Room for one more in an array of the arena; what was there is copied. */
static void *grown(struct lint_run *r, void *old, size_t count, size_t *room, size_t size)
{
    if (count < *room) {
        return old;
    }
    *room = *room ? *room * 2 : 32;
    void *items = arena_calloc(&r->out->arena, *room, size);
    if (count) {
        memcpy(items, old, count * size);
    }
    return items;
}

bool lint_is_secret(const struct lint_item *item)
{
    const char *value = item->written ? item->written : "";
    return strcmp(item->name, "OLLAMA_AUTH") != 0 && /* a switch */
           (service_is_secret_value(value, strlen(value)) ||
            service_is_secret_name(item->name, strlen(item->name)));
}

const char *lint_masked(struct lint_run *r, const char *value)
{
    char text[VALUE_MAX * 2];
    if (!value || !strstr(value, "://")) {
        return value;
    }
    service_mask_words(value, text, sizeof text);
    return arena_strdup(&r->out->arena, text);
}

void lint_add_finding(struct lint_run *r, const struct lint_group *g, const struct lint_item *item,
                      const struct lint_told *told)
{
    struct lint_result *out = r->out;
    if (g->file->beside) {
        return;
    }
    if (out->count == LINT_MAX_FINDINGS) {
        out->truncated = true;
        return;
    }
    out->findings = grown(r, out->findings, out->count, &r->finding_room, sizeof *out->findings);
    const bool secret = told->secret || lint_is_secret(item);
    out->findings[out->count++] = (struct lint_finding){
        .file = g->file->document->file,
        .line = item->line,
        .column = item->column,
        .setting = clean(r, item->name, NAME_MAX_BYTES),
        .value = secret ? NULL : clean(r, lint_masked(r, item->written), VALUE_MAX),
        .secret = secret,
        .verdict = told->verdict,
        .since = told->since,
        .until = told->until,
        .instead = clean(r, told->instead, VALUE_MAX),
        .reason = clean(r, told->reason, NOTE_MAX),
        .source = told->source,
        .rule = told->rule,
    };
}

void lint_add_note(struct lint_run *r, const struct lint_group *g, const struct lint_item *item,
                   const char *fmt, ...)
{
    struct lint_result *out = r->out;
    char text[NOTE_MAX];
    va_list ap;
    if (g->file->beside) {
        return;
    }
    if (out->note_count == LINT_MAX_NOTES) {
        out->truncated = true;
        return;
    }
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    out->notes = grown(r, out->notes, out->note_count, &r->note_room, sizeof *out->notes);
    out->notes[out->note_count++] = (struct lint_note){
        .file = g->file->document->file,
        .line = item ? item->line : 0,
        .setting = item ? clean(r, item->name, NAME_MAX_BYTES) : NULL,
        .text = clean(r, text, NOTE_MAX)};
}

/* ---- looking up ---- */

const struct lint_item *lint_find(const struct lint_group *g, enum lint_item_kind kind,
                                  const char *name)
{
    for (size_t i = g->count; i > 0; i--) {
        if (g->items[i - 1].kind == kind && strcmp(g->items[i - 1].name, name) == 0) {
            return &g->items[i - 1];
        }
    }
    return NULL;
}

static int compare_names(const void *x, const void *y)
{
    const struct lint_name *a = x, *b = y;
    return strcmp(a->name, b->name);
}

/* Names are unique in the catalog. */
static void index_names(struct lint_run *r)
{
    const struct setting_catalog *c = r->catalog;
    r->names = arena_calloc(&r->out->arena, c->name_count + 1, sizeof *r->names);
    for (size_t i = 0; i < c->name_count; i++) {
        r->names[r->name_count++] = (struct lint_name){c->names[i], c->by_name[i]};
    }
    if (r->name_count) {
        qsort(r->names, r->name_count, sizeof *r->names, compare_names);
    }
}

const struct setting *lint_setting(const struct lint_run *r, const char *kind_word,
                                   const char *name)
{
    const struct lint_name wanted = {.name = name};
    const struct lint_name *found = r->name_count ? bsearch(&wanted, r->names, r->name_count,
                                                            sizeof *r->names, compare_names)
                                                  : NULL;
    return found && strcmp(setting_kind_words[found->setting->kind], kind_word) == 0
               ? found->setting
               : NULL;
}

/* Each costs an edit distance to some hundred names: a file with thousands that are not known is
 * of somebody else. */
static const char *nearest(struct lint_run *r, const char *typed, const char *const *names,
                           size_t count)
{
    if (!r->near_left) {
        r->out->truncated = true;
        return NULL;
    }
    r->near_left--;
    return nearest_name(typed, names, count);
}

/* ---- judging by the catalog ---- */

/* From and until which version the verdict holds that the catalog gives. */
static void set_bounds(const struct setting *s, const struct setting_judgement *j,
                       const struct setting_case *by, struct lint_told *told)
{
    if (by) {
        told->since = by->since;
        told->until = by->until;
        return;
    }
    if (s->verdict == SETTING_HONOURED && j->verdict == SETTING_IGNORED) {
        told->until = s->since; /* too early, or too late */
        told->since = s->until;
        return;
    }
    for (size_t i = 0; i < s->case_count; i++) {
        if (s->cases[i].verdict == SETTING_HONOURED && s->cases[i].until) {
            told->since = s->cases[i].until;
        }
    }
}

/* The general reason of a setting says what it does; of a version that lacks it that is no
 * reason. */
static const char *reason_of_version(struct lint_run *r, const struct lint_group *g,
                                     const struct setting *s)
{
    const char *owner = setting_owner_words[s->versions_of];
    const char *version = g->versions[s->versions_of];
    struct arena *a = &r->out->arena;
    if (s->since && version && setting_version_compare(version, s->since) < 0) {
        return arena_printf(a, "%s %s does not have it: it came with %s", owner, version, s->since);
    }
    return s->until ? arena_printf(a, "it is gone since %s %s", owner, s->until) : s->reason;
}

static void assume_newest(struct lint_run *r, const struct lint_group *g, int owner,
                          enum lint_assumed what)
{
    r->assumed[(size_t)(g->file - r->files) * SETTING_OWNER_COUNT + (size_t)owner] =
        (unsigned char)what;
}

static const char *with_filled(struct lint_run *r, const struct lint_item *item, const char *reason)
{
    if (!item->filled || !item->value || lint_is_secret(item)) {
        return reason;
    }
    return arena_printf(&r->out->arena, "%s (the value is %s here)", reason,
                        lint_masked(r, item->value));
}

/* Ollama takes blanks and quotes around a value away. */
static const char *without_quotes(struct lint_run *r, const char *value)
{
    static const char outside[] = " \t\r\n\"'";
    value += strspn(value, outside);
    size_t size = strlen(value);
    while (size && strchr(outside, value[size - 1])) {
        size--;
    }
    return arena_strndup(&r->out->arena, value, size);
}

void lint_judge_as(struct lint_run *r, const struct lint_group *g, const struct lint_item *item,
                   const struct setting *s, int place)
{
    struct lint_item as = *item;
    if (s->owner == SETTING_OWNER_OLLAMA && item->value && item->kind == ITEM_VARIABLE) {
        as.value = without_quotes(r, item->value);
    }
    item = &as;
    struct setting_query q = {.place = place, .device = g->device, .value = item->value};
    struct setting_judgement j;
    struct lint_told told = {.source = s->source};
    memcpy(q.versions, g->versions, sizeof q.versions);
    setting_judge(s, &q, &j);
    const struct setting_case *by = j.by;
    const int decided = j.maybe ? lint_decide(g, s, item) : 0;
    if (decided > 0) {
        by = j.maybe;
        j.verdict = by->verdict;
        j.reason = by->reason;
        j.use = by->use ? by->use : s->use;
    } else if (decided < 0 && j.maybe->verdict != SETTING_HONOURED) {
        lint_add_note(r, g, item, "if %s: %s", j.maybe->when, j.maybe->reason);
    }
    if (j.assumed_newest) {
        assume_newest(r, g, s->versions_of, LINT_NOT_TOLD);
    } else if (setting_last_known(r->catalog, s->versions_of, g->versions[s->versions_of])) {
        assume_newest(r, g, s->versions_of, LINT_NEVER_SEEN);
    }
    if (j.verdict == SETTING_HONOURED) {
        if (lint_judge_value(r, g, s, item->value, &told)) {
            told.reason = with_filled(r, item, told.reason);
            told.instead = lint_better_value(r, s, item->name, lint_masked(r, item->value));
            lint_add_finding(r, g, item, &told);
        }
        return;
    }
    told.verdict = j.verdict;
    told.reason = !by && s->verdict == SETTING_HONOURED ? reason_of_version(r, g, s) : j.reason;
    told.reason = with_filled(r, item, told.reason);
    /* What would be right as a value helps only where the name is right. */
    if (place == SETTING_COMPOSE && s->formula == SETTING_CORES) { /* the name stays */
        told.instead = lint_cores_instead(r, s, item->value);
    } else if (j.verdict == SETTING_HARMFUL && s->formula == SETTING_FLAG) {
        told.instead = s->instead; /* the flag does the same harm */
    } else if (j.verdict == SETTING_HARMFUL && !j.use) {
        told.instead = lint_better_value(r, s, item->name, lint_masked(r, item->value));
    } else {
        told.instead = lint_instead(r, s, j.use, item->value);
    }
    set_bounds(s, &j, by, &told);
    lint_add_finding(r, g, item, &told);
}

/* ---- whose setting a name is ---- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_of_installer(const struct setting *s)
{
    return strcmp(s->name, "OLLAMA_VERSION") == 0 || strcmp(s->name, "OLLAMA_NO_START") == 0;
}

/* Whether what runs in the group reads variables of the setting's owner, or may well do so. */
static bool reads_variable(const struct lint_group *g, const struct setting *s)
{
    const bool anything = g->runs == 0 && !g->container; /* an environment file, a script */
    switch (s->owner) {
    case SETTING_OWNER_OLLAMA:
        if (is_of_installer(s)) { /* a script is where they are at home */
            return (g->runs & RUNS_OLLAMA) && g->file->document->kind != DOCUMENT_SHELL;
        }
        return (g->runs & RUNS_OLLAMA) || (anything && begins(s->name, "OLLAMA_"));
    case SETTING_OWNER_LLAMA_SERVER: /* llama-server by itself honours all of them */
        return (g->runs & RUNS_OLLAMA) && !(g->runs & RUNS_LLAMA_SERVER);
    case SETTING_OWNER_GGML:
        return (g->runs & (RUNS_OLLAMA | RUNS_LLAMA_SERVER)) || anything;
    case SETTING_OWNER_COMFYUI_IMAGE:
        return (g->runs & RUNS_COMFYUI) != 0;
    case SETTING_OWNER_COMFYUI:
    case SETTING_OWNER_COMPOSE: /* names of one stack; the generic ones say nothing elsewhere */
        return (g->runs & RUNS_COMFYUI) || (anything && begins(s->name, "COMFYUI_"));
    case SETTING_OWNER_PYTORCH:
    case SETTING_OWNER_ACCELERATE:
        return g->runs == 0 || (g->runs & (RUNS_TORCH | RUNS_COMFYUI | RUNS_DIFFUSIONAPI));
    default:
        return !(g->runs & RUNS_CLIENT);
    }
}

/* Names of clients that are no mistyped variables of a server. */
static bool is_of_client(const char *name)
{
    static const char *const names[] = {
        "OLLAMA_MODEL",        "OLLAMA_BASE_URL",    "OLLAMA_BASE_URLS",  "OLLAMA_API_BASE",
        "OLLAMA_API_BASE_URL", "OLLAMA_URL",         "OLLAMA_API_URL",    "OLLAMA_API_KEY",
        "OLLAMA_API_CONFIGS",  "OLLAMA_ENDPOINT",    "OLLAMA_SERVER",     "OLLAMA_PORT",
        "OLLAMA_PROXY_URL",    "OLLAMA_TIMEOUT",     "OLLAMA_HOSTS",      "OLLAMA_HOSTNAME",
        "OLLAMA_IMAGE",        "OLLAMA_TAG",         "OLLAMA_DATA",       "OLLAMA_DATA_DIR",
        "OLLAMA_MODELS_DIR",   "OLLAMA_MODELS_PATH", "OLLAMA_MODEL_NAME", "OLLAMA_ORIGIN",
        "OLLAMA_HOME",         "OLLAMA_BIN",         "OLLAMA_PATH"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* "NAME = value" where blanks belong to the name. */
static bool judge_blank(struct lint_run *r, const struct lint_group *g,
                        const struct lint_item *item)
{
    struct arena *a = &r->out->arena;
    const size_t size = strcspn(item->name, " \t");
    const char *name = arena_strndup(a, item->name, size);
    if (!item->name[size] || !lint_setting(r, "variable", name)) {
        return false;
    }
    const char *value = lint_is_secret(item) ? NULL : lint_masked(r, item->value);
    lint_add_finding(
        r, g, item,
        &(struct lint_told){
            .verdict = SETTING_IGNORED,
            .reason = "the blank before the equals sign becomes part of the name, "
                      "and nothing reads a name with one",
            .instead = value ? arena_printf(a, "%s=%s", name, value + strspn(value, " \t")) : name,
            .source = "C 2.5",
            .rule = "misspelt"});
    return true;
}

/* Compared are the parts behind a prefix, else every name of Ollama's were near every other. */
static void judge_misspelt(struct lint_run *r, const struct lint_group *g,
                           const struct lint_item *item)
{
    static const char *const prefixes[] = {"OLLAMA_", "PYTORCH_MPS_", "DIFFUSIONAPI_"};
    enum { FAR = 2 }; /* letters that a mistyped name may be longer or shorter */
    const char *prefix = NULL;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        prefix = begins(item->name, prefixes[i]) ? prefixes[i] : prefix;
    }
    const bool own = (g->runs & RUNS_OLLAMA) != 0;
    if (!prefix || is_of_client(item->name) || (g->runs & RUNS_CLIENT) ||
        (prefix == prefixes[0] && !own && (g->runs || g->container))) {
        return;
    }
    if (judge_blank(r, g, item)) {
        return;
    }
    const size_t size = strlen(prefix);
    const char **names = xcalloc(r->catalog->name_count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < r->catalog->name_count; i++) {
        if (begins(r->catalog->names[i], prefix)) {
            names[count++] = r->catalog->names[i] + size;
        }
    }
    const char *typed = item->name + size;
    const char *near = nearest(r, typed, names, count);
    free(names);
    const size_t a = strlen(typed), b = near ? strlen(near) : 0;
    if (!near || (a > b ? a - b : b - a) > FAR) {
        return;
    }
    const struct setting *s = lint_setting(r, "variable", near - size);
    if (!s) {
        return;
    }
    const bool real = s->verdict == SETTING_HONOURED;
    const char *value = lint_is_secret(item) ? NULL : lint_masked(r, item->value);
    lint_add_finding(
        r, g, item,
        &(struct lint_told){
            .verdict = SETTING_UNKNOWN,
            .reason = arena_printf(&r->out->arena,
                                   "no variable of this name is known; %s is, and %s", near - size,
                                   real ? "may have been meant" : "nothing reads that either"),
            .instead = real ? arena_printf(&r->out->arena, "%s%s%s", near - size, value ? "=" : "",
                                           value ? value : "")
                            : lint_instead(r, s, s->use, value),
            .source = s->source,
            .rule = "misspelt"});
}

static void judge_flag(struct lint_run *r, const struct lint_group *g, const struct lint_item *item)
{
    const struct setting *s = lint_setting(r, "flag", item->name);
    const int owner = g->runs & RUNS_COMFYUI  ? SETTING_OWNER_COMFYUI
                      : g->runs & RUNS_MLX_LM ? SETTING_OWNER_MLX_LM
                                              : SETTING_OWNER_COUNT;
    if (s && s->owner == owner) {
        lint_judge_as(r, g, item, s, g->place);
    }
    if (s || owner == SETTING_OWNER_COUNT) {
        return;
    }
    const char **names = xcalloc(r->catalog->name_count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < r->catalog->name_count; i++) {
        const struct setting *known = r->catalog->by_name[i];
        if (known->owner == owner && strcmp(setting_kind_words[known->kind], "flag") == 0) {
            names[count++] = known->name;
        }
    }
    const char *near = nearest(r, item->name, names, count);
    free(names);
    const size_t a = strlen(item->name), b = near ? strlen(near) : 0;
    if (near && (a > b ? a - b : b - a) <= 1) {
        lint_add_finding(r, g, item,
                         &(struct lint_told){.verdict = SETTING_UNKNOWN,
                                             .reason = "no flag of this name is known; the program "
                                                       "ends at start with one that it does not "
                                                       "know",
                                             .instead = near,
                                             .source = "C 2.1",
                                             .rule = "misspelt"});
    }
}

static void judge_key(struct lint_run *r, const struct lint_group *g, const struct lint_item *item)
{
    static const char *const words[DOCUMENT_KIND_COUNT] = {
        [DOCUMENT_COMPOSE] = "compose-key", [DOCUMENT_SHELL] = "compose-key",
        [DOCUMENT_SYSTEMD] = "unit-key",    [DOCUMENT_PLIST] = "plist-key",
        [DOCUMENT_JSON] = "json-key",       [DOCUMENT_YAML] = "yaml-key"};
    const enum document_kind kind = g->file->document->kind;
    const bool fragment = kind == DOCUMENT_YAML && g->container;
    const char *word = fragment                     ? words[DOCUMENT_COMPOSE]
                       : kind < DOCUMENT_KIND_COUNT ? words[kind]
                                                    : NULL;
    const struct setting *s = word ? lint_setting(r, word, item->name) : NULL;
    struct lint_item list = *item;
    const char *first = strstr(item->name, "[0]");
    if (!s && word && first) { /* a list is told once, at what comes first of it */
        const size_t size = (size_t)(first - item->name) + 3;
        if (item > g->items && item < g->items + g->count &&
            strncmp(item[-1].name, item->name, size) == 0) {
            return;
        }
        list.name = arena_strndup(&r->out->arena, item->name, size - 3);
        list.value = list.written = NULL;
        s = lint_setting(r, word, list.name);
        item = &list;
    }
    if (!s || !g->runs || g->runs == RUNS_CLIENT) {
        return; /* the limits of a database are none of ours */
    }
    if (kind == DOCUMENT_JSON &&
        s->owner !=
            (g->runs & READS_LMSTUDIO ? SETTING_OWNER_LMSTUDIO : SETTING_OWNER_DIFFUSIONAPI)) {
        return;
    }
    if (kind == DOCUMENT_YAML && !fragment &&
        s->owner != (g->runs & READS_PLAN ? SETTING_OWNER_PROGRAM : SETTING_OWNER_PIPELINE)) {
        return;
    }
    if (strcmp(s->name, "healthcheck.test") != 0) {
        lint_judge_as(r, g, item, s, g->place);
    }
}

/* "htop -d 1" of a script: a name of the catalog that the line begins with. */
static void judge_command(struct lint_run *r, const struct lint_group *g,
                          const struct lint_item *item)
{
    for (size_t i = 0; i < r->catalog->name_count; i++) {
        const struct setting *s = r->catalog->by_name[i];
        const char *name = begins(s->name, "sudo ") ? s->name + 5 : s->name;
        const size_t size = strlen(name);
        const char *kind = setting_kind_words[s->kind];
        if (strcmp(kind, "command") != 0 || s->owner == SETTING_OWNER_LMSTUDIO) {
            continue;
        }
        if (strncmp(item->name, name, size) == 0 &&
            (!item->name[size] || item->name[size] == ' ')) {
            struct lint_item as = *item;
            as.name = s->name;
            const char *rest = item->name[size] ? item->name + size + 1 : "";
            as.value = NULL; /* a line may hold anything: only numbers are shown */
            as.written = *rest && !rest[strspn(rest, "0123456789 ")] ? rest : NULL;
            if (strcmp(s->name, "launchctl setenv") != 0) { /* a note of the rules */
                lint_judge_as(r, g, &as, s, g->place);
            }
            return;
        }
    }
}

void lint_judge(struct lint_run *r, const struct lint_group *g, const struct lint_item *item)
{
    const struct setting *s = NULL;
    switch (item->kind) {
    case ITEM_VARIABLE:
        s = lint_setting(r, "variable", item->name);
        if (!s && strchr(item->name, '.')) { /* a line of sysctl.conf */
            s = lint_setting(r, "sysctl", item->name);
            if (s) {
                lint_judge_as(r, g, item, s, g->place);
            }
        } else if (!s) {
            judge_misspelt(r, g, item);
        } else if (reads_variable(g, s)) {
            lint_judge_as(r, g, item, s, g->place);
        }
        break;
    case ITEM_FLAG:
        judge_flag(r, g, item);
        break;
    case ITEM_KEY:
        judge_key(r, g, item);
        break;
    case ITEM_SYSCTL:
    case ITEM_PMSET:
        s = lint_setting(r, item->kind == ITEM_PMSET ? "pmset" : "sysctl", item->name);
        if (s) {
            lint_judge_as(r, g, item, s, g->place);
        }
        break;
    case ITEM_COMMAND:
        judge_command(r, g, item);
        break;
    }
}

/* ---- all of it ---- */

static void tell_assumed(struct lint_run *r)
{
    for (size_t i = 0; i < r->file_count; i++) {
        const struct lint_group here = {.file = &r->files[i]};
        for (int owner = 0; owner < SETTING_OWNER_COUNT; owner++) {
            /* Old versions of these are long gone, or come with the system. */
            const bool matters = owner != SETTING_OWNER_COMPOSE && owner != SETTING_OWNER_LAUNCHD &&
                                 owner != SETTING_OWNER_SYSTEMD;
            const int what = r->assumed[i * SETTING_OWNER_COUNT + (size_t)owner];
            if (matters && what == LINT_NOT_TOLD) {
                lint_add_note(r, &here, NULL,
                              "the version of %s is not known here: judged by the newest",
                              setting_owner_words[owner]);
            } else if (what == LINT_NEVER_SEEN) {
                lint_add_note(r, &here, NULL,
                              "the version of %s is newer than %s, the last that is known: judged "
                              "by that",
                              setting_owner_words[owner], r->catalog->newest[owner]);
            }
        }
    }
}

/* What the reader of the file noticed, unless a finding tells of that line. */
static void tell_document_notes(struct lint_run *r)
{
    for (size_t i = 0; i < r->file_count; i++) {
        const struct document *d = r->files[i].document;
        const struct lint_group here = {.file = &r->files[i]};
        for (size_t k = 0; k < d->note_count; k++) {
            bool told = false;
            for (size_t f = 0; f < r->out->count; f++) {
                const struct lint_finding *at = &r->out->findings[f];
                const bool again = at->rule && strcmp(at->rule, "set-again") == 0 &&
                                   strstr(d->notes[k].text, at->setting);
                told = told || (at->file == d->file && (at->line == d->notes[k].line || again));
            }
            if (!told) {
                const struct lint_item at = {.name = "", .line = d->notes[k].line};
                lint_add_note(r, &here, &at, "%s", d->notes[k].text);
            }
        }
    }
}

static int compare_findings(const void *x, const void *y)
{
    const struct lint_finding *a = x, *b = y;
    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    if (a->column != b->column) {
        return a->column < b->column ? -1 : 1;
    }
    const int name = strcmp(a->setting, b->setting);
    return name ? name : strcmp(a->reason, b->reason);
}

static int compare_notes(const void *x, const void *y)
{
    const struct lint_note *a = x, *b = y;
    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    return strcmp(a->text, b->text);
}

/* One line may be read by several services, and told for each. */
static bool same_finding(const struct lint_finding *a, const struct lint_finding *b)
{
    return a->line == b->line && strcmp(a->setting, b->setting) == 0 &&
           strcmp(a->reason, b->reason) == 0;
}

static void put_findings_in_order(struct lint_run *r)
{
    struct lint_result *out = r->out;
    struct lint_finding *sorted = arena_calloc(&out->arena, out->count + 1, sizeof *sorted);
    size_t count = 0;
    for (size_t i = 0; i < r->file_count; i++) {
        const size_t begin = count;
        size_t kept = begin;
        for (size_t k = 0; k < out->count; k++) {
            if (out->findings[k].file == r->files[i].document->file) {
                sorted[count++] = out->findings[k];
            }
        }
        if (count > begin) {
            qsort(sorted + begin, count - begin, sizeof *sorted, compare_findings);
        }
        for (size_t k = begin; k < count; k++) {
            if (kept == begin || !same_finding(&sorted[kept - 1], &sorted[k])) {
                sorted[kept++] = sorted[k];
            }
        }
        count = kept;
    }
    out->findings = sorted;
    out->count = count;
}

static void put_notes_in_order(struct lint_run *r)
{
    struct lint_result *out = r->out;
    struct lint_note *sorted = arena_calloc(&out->arena, out->note_count + 1, sizeof *sorted);
    size_t count = 0;
    for (size_t i = 0; i < r->file_count; i++) {
        const size_t begin = count;
        size_t kept = begin;
        for (size_t k = 0; k < out->note_count; k++) {
            if (out->notes[k].file == r->files[i].document->file) {
                sorted[count++] = out->notes[k];
            }
        }
        if (count > begin) {
            qsort(sorted + begin, count - begin, sizeof *sorted, compare_notes);
        }
        for (size_t k = begin; k < count; k++) {
            if (kept == begin || compare_notes(&sorted[kept - 1], &sorted[k]) != 0) {
                sorted[kept++] = sorted[k];
            }
        }
        count = kept;
    }
    out->notes = sorted;
    out->note_count = count;
}

/* The words of a healthcheck are judged together. */
static void judge_healthcheck(struct lint_run *r, const struct lint_group *g)
{
    static const char name[] = "healthcheck.test";
    const struct setting *s = lint_setting(r, "compose-key", name);
    for (size_t i = 0; s && g->runs && i < g->count; i++) {
        if (g->items[i].kind == ITEM_KEY && begins(g->items[i].name, name)) {
            struct lint_item as = g->items[i];
            as.name = name;
            as.value = lint_joined(&r->out->arena, g, name);
            as.written = as.value;
            lint_judge_as(r, g, &as, s, g->place);
            return;
        }
    }
}

static void judge_group(struct lint_run *r, size_t index)
{
    struct lint_group *g = &r->groups[index];
    if (g->file->beside) {
        return;
    }
    if (!lint_judge_env(r, g)) {
        for (size_t i = 0; i < g->count; i++) {
            lint_judge(r, g, &g->items[i]);
        }
        judge_healthcheck(r, g);
    }
    lint_apply_rules(r, g);
}

void lint_run(const struct setting_catalog *c, const struct lint_query *q,
              const struct lint_file *files, size_t count, struct lint_result *out)
{
    struct lint_run r = {.catalog = c, .query = q, .files = files, .file_count = count, .out = out};
    *out = (struct lint_result){.count = 0};
    arena_init(&out->arena);
    r.assumed = xcalloc(count ? count : 1, SETTING_OWNER_COUNT);
    r.near_left = LINT_MAX_FINDINGS;
    index_names(&r);
    lint_make_groups(&r);
    lint_collect_references(&r);
    for (size_t i = 0; i < r.group_count; i++) {
        judge_group(&r, i);
    }
    tell_assumed(&r);
    tell_document_notes(&r);
    put_findings_in_order(&r);
    put_notes_in_order(&r);
    for (size_t i = 0; i < r.group_count; i++) {
        free(r.groups[i].items);
    }
    free(r.groups);
    free(r.references);
    free(r.assumed);
}

void lint_release(struct lint_result *r)
{
    arena_release(&r->arena);
    *r = (struct lint_result){.count = 0};
}
