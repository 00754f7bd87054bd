/*
 * Rules over more than one entry of a file, or over one and the machine. Each has an id, a sentence
 * and a source; the letters of a source are those of the settings catalog.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/size.h"
#include "tuning/flag_sets.h"
#include "tuning/lint_part.h"

static const double GIB = 1024.0 * 1024.0 * 1024.0;

enum rule {
    RULE_EXCLUSIVE_FLAGS,
    RULE_TWO_LIMITS,
    RULE_MEMORY_ABOVE_MACHINE,
    RULE_CPUS_ABOVE_MACHINE,
    RULE_CPU_QUOTA,
    RULE_WIRED_LIMIT,
    RULE_NO_CAP,
    RULE_WATERMARKS,
    RULE_KV_CACHE,
    RULE_LOOPBACK,
    RULE_SET_AGAIN,
    RULE_SECTION,
    RULE_SECOND_EXEC_START,
    RULE_SECRET,
    RULE_ENV_NOT_PASSED,
    RULE_MISSPELT,
    RULE_COUNT,
};

static const struct lint_rule_text rules[RULE_COUNT] = {
    [RULE_EXCLUSIVE_FLAGS] = {"exclusive-flags",
                              "two flags of ComfyUI that exclude each other end it at start",
                              "C 2.1"},
    [RULE_TWO_LIMITS] = {"two-limits",
                         "a limit of a service and another one under deploy are an error", "C 2.5"},
    [RULE_MEMORY_ABOVE_MACHINE] = {"memory-above-machine",
                                   "a memory limit above the memory of the machine limits nothing",
                                   "C 2.5"},
    [RULE_CPUS_ABOVE_MACHINE] = {"cpus-above-machine", "the engine refuses more CPUs than it has",
                                 "C 2.5"},
    [RULE_CPU_QUOTA] = {"cpu-quota",
                        "a CPUQuota below 100 % is less than one core, and without the sign it is "
                        "none",
                        "K"},
    [RULE_WIRED_LIMIT] =
        {"wired-limit", "a wired limit that leaves the system too little ends in hangs and panics",
         "A 2.1"},
    [RULE_NO_CAP] = {"no-cap",
                     "without a cap of PyTorch's own, a limit near all memory bounds nothing",
                     "C 2.3, A 2.1"},
    [RULE_WATERMARKS] = {"watermarks", "PyTorch stops when the low watermark is above the high one",
                         "C 2.3"},
    [RULE_KV_CACHE] = {"kv-cache", "a quantised KV cache needs flash attention", "O 1.2"},
    [RULE_LOOPBACK] =
        {"loopback", "a server that listens on loopback inside its container is reached by nobody",
         "O 4.3"},
    [RULE_SET_AGAIN] = {"set-again", "of a variable that is set twice the last line counts",
                        "C 2.5, systemd.exec(5)"},
    [RULE_SECTION] = {"section", "Environment= counts in the section of the service only",
                      "systemd.exec(5)"},
    [RULE_SECOND_EXEC_START] = {"second-exec-start", "a drop-in clears ExecStart before it sets it",
                                "C 3"},
    [RULE_SECRET] = {"secret", "a secret stands in plain sight", "systemd.exec(5), Docker secrets"},
    [RULE_ENV_NOT_PASSED] = {"env-not-passed",
                             "an entry of .env that the compose file does not name reaches no "
                             "container",
                             "C 2.5"},
    [RULE_MISSPELT] = {"misspelt", "a name that is nearly one of those that are known", "O 1.2"},
};

const struct lint_rule_text *lint_rule_texts(size_t *count)
{
    *count = RULE_COUNT;
    return rules;
}

static void tell(struct lint_run *r, const struct lint_group *g, const struct lint_item *item,
                 enum rule rule, int verdict, const char *reason, const char *instead)
{
    lint_add_finding(r, g, item,
                     &(struct lint_told){.verdict = verdict,
                                         .reason = reason,
                                         .instead = instead,
                                         .source = rules[rule].source,
                                         .rule = rules[rule].id});
}

static bool number_of(const struct lint_item *item, double *out)
{
    return item && item->value && number_double(item->value, strlen(item->value), out) == 0;
}

static const struct lint_item *variable(const struct lint_group *g, const char *name)
{
    return lint_find(g, ITEM_VARIABLE, name);
}

static const struct lint_item *key(const struct lint_group *g, const char *name)
{
    return lint_find(g, ITEM_KEY, name);
}

static bool has_key_like(const struct lint_group *g, const char *prefix)
{
    for (size_t i = 0; i < g->count; i++) {
        if (g->items[i].kind == ITEM_KEY &&
            strncmp(g->items[i].name, prefix, strlen(prefix)) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- ComfyUI ---- */

static void check_exclusive_flags(struct lint_run *r, struct lint_group *g)
{
    if (!(g->runs & RUNS_COMFYUI)) {
        return;
    }
    for (size_t i = 0; i < g->count; i++) {
        const struct lint_item *item = &g->items[i];
        const char *const *set = item->kind == ITEM_FLAG ? flag_set_of(item->name) : NULL;
        const struct lint_item *first = NULL;
        /* Up to the command that it belongs to: a script may start one of several. */
        for (size_t k = i; set && k > 0 && g->items[k - 1].kind != ITEM_COMMAND; k--) {
            const struct lint_item *before = &g->items[k - 1];
            if (before->kind == ITEM_FLAG && flag_set_of(before->name) == set) {
                first = before;
            }
        }
        if (first && strcmp(first->name, item->name) != 0) {
            tell(r, g, item, RULE_EXCLUSIVE_FLAGS, SETTING_HARMFUL,
                 arena_printf(&r->out->arena,
                              "%s in line %lu excludes it: ComfyUI ends at start with status 2",
                              first->name, first->line),
                 "one of the two");
        }
    }
}

/* ---- limits ---- */

static bool bytes_of(const struct lint_item *item, double *out)
{
    return item && item->value &&
           size_parse(item->value, strlen(item->value), SIZE_SETTING, out) == 0;
}

/* 16G of a unit: powers of 1024 as well; per cent and infinity are no sizes. */
static const char *const memory_keys[] = {"mem_limit", "deploy.resources.limits.memory",
                                          "MemoryMax", "MemoryHigh"};
static const char *const cpu_keys[] = {"cpus", "deploy.resources.limits.cpus"};

static void check_two_limits(struct lint_run *r, struct lint_group *g)
{
    double a = 0, b = 0;
    const struct lint_item *own = key(g, memory_keys[0]), *deploy = key(g, memory_keys[1]);
    if (g->file->document->kind != DOCUMENT_COMPOSE) {
        return;
    }
    if (bytes_of(own, &a) && bytes_of(deploy, &b) && fabs(a - b) >= 1) {
        tell(r, g, deploy->line > own->line ? deploy : own, RULE_TWO_LIMITS, SETTING_HARMFUL,
             arena_printf(&r->out->arena,
                          "mem_limit in line %lu and deploy.resources.limits.memory in line %lu "
                          "differ: compose refuses the file",
                          own->line, deploy->line),
             "one of the two");
    }
    own = key(g, cpu_keys[0]);
    deploy = key(g, cpu_keys[1]);
    if (number_of(own, &a) && number_of(deploy, &b) && fabs(a - b) > 1e-9) {
        tell(r, g, deploy->line > own->line ? deploy : own, RULE_TWO_LIMITS, SETTING_HARMFUL,
             arena_printf(&r->out->arena,
                          "cpus in line %lu and deploy.resources.limits.cpus in line %lu differ: "
                          "compose refuses the file",
                          own->line, deploy->line),
             "one of the two");
    }
}

/* What a profile leaves free beside all limits. */
static double free_wanted(double memory_bytes)
{
    return fmax(4 * GIB, memory_bytes / 10);
}

static void check_memory_limits(struct lint_run *r, struct lint_group *g)
{
    const double memory = r->query->memory_bytes;
    struct arena *a = &r->out->arena;
    for (size_t i = 0; memory > 0 && i < sizeof memory_keys / sizeof *memory_keys; i++) {
        const struct lint_item *item = key(g, memory_keys[i]);
        double limit = 0;
        if (!bytes_of(item, &limit)) {
            continue;
        }
        if (limit > memory) {
            tell(r, g, item, RULE_MEMORY_ABOVE_MACHINE, SETTING_IGNORED,
                 arena_printf(a, "this machine has %.1f GiB: a limit of %.1f GiB limits nothing",
                              memory / GIB, limit / GIB),
                 arena_printf(a, "at most %.0fG", floor((memory - free_wanted(memory)) / GIB)));
        } else if (limit > memory - free_wanted(memory) && g->runs) {
            lint_add_note(r, g, item, "it leaves %.1f GiB of %.1f GiB to everything else",
                          (memory - limit) / GIB, memory / GIB);
        }
    }
}

static void check_cpu_limits(struct lint_run *r, struct lint_group *g)
{
    double cpus = 0;
    for (size_t i = 0; r->query->cpus > 0 && i < sizeof cpu_keys / sizeof *cpu_keys; i++) {
        const struct lint_item *item = key(g, cpu_keys[i]);
        if (g->container && number_of(item, &cpus) && cpus > r->query->cpus) {
            tell(r, g, item, RULE_CPUS_ABOVE_MACHINE, SETTING_HARMFUL,
                 arena_printf(&r->out->arena,
                              "this machine has %g CPUs: the engine refuses to start the container",
                              r->query->cpus),
                 arena_printf(&r->out->arena, "at most %g", r->query->cpus));
        }
    }
}

static void check_cpu_quota(struct lint_run *r, struct lint_group *g)
{
    const struct lint_item *item = key(g, "CPUQuota");
    const size_t size = item && item->value ? strlen(item->value) : 0;
    double percent = 0;
    if (size > 0 && g->runs && number_double(item->value, size, &percent) == 0) {
        tell(r, g, item, RULE_CPU_QUOTA, SETTING_IGNORED,
             "a share without its % sign is refused: systemd leaves the line out",
             arena_printf(&r->out->arena, "CPUQuota=%s%%", item->value));
        return;
    }
    if (size < 2 || item->value[size - 1] != '%' || !g->runs ||
        number_double(item->value, size - 1, &percent) < 0 || percent >= 100) {
        return;
    }
    tell(r, g, item, RULE_CPU_QUOTA, SETTING_HARMFUL,
         arena_printf(&r->out->arena,
                      "100 %% is one core: this is %g %% of one core, not of the "
                      "machine",
                      percent),
         r->query->cpus > 0
             ? arena_printf(&r->out->arena, "CPUQuota=%.0f%%", percent * r->query->cpus)
             : "the share x the CPUs x 100 %");
}

/* ---- PyTorch on a Mac ---- */

static void check_watermarks(struct lint_run *r, struct lint_group *g)
{
    const struct lint_item *high_item = variable(g, "PYTORCH_MPS_HIGH_WATERMARK_RATIO");
    const struct lint_item *low_item = variable(g, "PYTORCH_MPS_LOW_WATERMARK_RATIO");
    double high = 0, low = 0;
    const bool dead = g->place == SETTING_LINUX || g->place == SETTING_MAC_CONTAINER;
    /* Below 1.4 the catalog tells of it: the low one stands there unless it is set. */
    if (dead || !number_of(high_item, &high) || !number_of(low_item, &low) || high < 1.4 ||
        low <= high) {
        return;
    }
    tell(r, g, low_item, RULE_WATERMARKS, SETTING_HARMFUL,
         arena_printf(&r->out->arena,
                      "it is above the high watermark of line %lu: PyTorch stops with \"invalid "
                      "low watermark ratio\"",
                      high_item->line),
         "a value below the high one");
}

/* The most that is wired without harm: 8 GiB stay from 32 GB on, 5 below. */
static double wired_most(double memory)
{
    return memory - (memory >= 31 * GIB ? 8 * GIB : 5 * GIB);
}

static void check_wired_limit(struct lint_run *r, struct lint_group *g)
{
    const struct lint_item *item = lint_find(g, ITEM_SYSCTL, "iogpu.wired_limit_mb");
    const struct lint_item *high_item = variable(g, "PYTORCH_MPS_HIGH_WATERMARK_RATIO");
    const double memory = r->query->memory_bytes;
    struct arena *a = &r->out->arena;
    double mib = 0, high = 1;
    if (!number_of(item, &mib) || memory <= 0 || g->place != SETTING_MACOS) {
        return;
    }
    const double limit = mib * 1024 * 1024;
    if (limit <= wired_most(memory)) {
        return;
    }
    tell(r, g, item, RULE_WIRED_LIMIT, SETTING_HARMFUL,
         limit >= memory
             ? arena_printf(a,
                            "this machine has %.1f GiB: memory that may all be wired ends in "
                            "hangs and panics",
                            memory / GIB)
             : arena_printf(a,
                            "it leaves %.1f GiB of %.1f GiB: wired memory cannot be swapped, "
                            "which ends in hangs and panics",
                            (memory - limit) / GIB, memory / GIB),
         arena_printf(a, "at most %.0f", floor(wired_most(memory) / 1024 / 1024)));
    if (number_of(high_item, &high) && high <= 0) {
        tell(r, g, high_item, RULE_NO_CAP, SETTING_HARMFUL,
             arena_printf(a,
                          "with 0 PyTorch has no cap of its own, and the wired limit of line "
                          "%lu is near all memory: nothing is left to stop it",
                          item->line),
             NULL);
    }
}

/* ---- Ollama ---- */

static bool is_off(const char *value)
{
    static const char *const words[] = {"0", "f", "F", "false", "FALSE", "False"};
    for (size_t i = 0; value && i < sizeof words / sizeof *words; i++) {
        if (strcmp(value, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_quantised(const char *value)
{
    return value && (*value == 'q' || *value == 'Q' || strncmp(value, "iq", 2) == 0);
}

/* Before 0.30 the cache type was ignored then (the catalog tells); since then the runner ends. */
static void check_kv_cache(struct lint_run *r, struct lint_group *g)
{
    const struct lint_item *type = variable(g, "OLLAMA_KV_CACHE_TYPE");
    const struct lint_item *flash = variable(g, "OLLAMA_FLASH_ATTENTION");
    const char *version = g->versions[SETTING_OWNER_OLLAMA];
    if (!type || !flash || !is_quantised(type->value) || !is_off(flash->value) ||
        (g->runs & RUNS_CLIENT) || (version && setting_version_compare(version, "0.30.0") < 0)) {
        return;
    }
    lint_add_finding(
        r, g, type,
        &(struct lint_told){.verdict = SETTING_HARMFUL,
                            .since = "0.30.0",
                            .reason = arena_printf(&r->out->arena,
                                                   "line %lu switches flash attention off, without "
                                                   "which a quantised KV cache is an error: no "
                                                   "model is loaded",
                                                   flash->line),
                            .instead = "OLLAMA_FLASH_ATTENTION=1, or f16",
                            .source = rules[RULE_KV_CACHE].source,
                            .rule = rules[RULE_KV_CACHE].id});
}

static bool is_loopback(const char *value)
{
    const char *scheme = strstr(value, "://");
    value = scheme ? scheme + 3 : value;
    return strncmp(value, "127.", 4) == 0 || strncmp(value, "localhost", 9) == 0 ||
           strncmp(value, "[::1]", 5) == 0;
}

static void check_host(struct lint_run *r, struct lint_group *g)
{
    const struct lint_item *host = variable(g, "OLLAMA_HOST");
    if (!host || !host->value || !(g->runs & RUNS_OLLAMA)) {
        return;
    }
    const struct lint_item *mode = key(g, "network_mode");
    const bool own_network = !mode || !mode->value || strcmp(mode->value, "host") != 0;
    if (g->container && own_network && is_loopback(host->value) && has_key_like(g, "ports")) {
        tell(r, g, host, RULE_LOOPBACK, SETTING_HARMFUL,
             "the server listens inside of its container only, and the published port leads "
             "nowhere",
             "OLLAMA_HOST=0.0.0.0:11434, or leave it out: the image has it so");
    }
    if (strncmp(host->value, "http://", 7) == 0 && !strchr(host->value + 7, ':')) {
        lint_add_note(r, g, host, "with http:// and no port the port is 80, not 11434");
    }
}

/* ---- files ---- */

static int compare_items(const void *x, const void *y)
{
    const struct lint_item *a = *(const struct lint_item *const *)x;
    const struct lint_item *b = *(const struct lint_item *const *)y;
    const int rc = strcmp(a->name, b->name);
    if (rc) {
        return rc;
    }
    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    return a->column < b->column ? -1 : a->column > b->column;
}

/* Not in scripts, whose branches set the same name in turns. */
static void check_set_again(struct lint_run *r, struct lint_group *g)
{
    if (!g->count) {
        return;
    }
    const struct lint_item **items = xcalloc(g->count, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < g->count; i++) {
        if (g->items[i].kind == ITEM_VARIABLE) {
            items[count++] = &g->items[i];
        }
    }
    if (count) {
        qsort(items, count, sizeof *items, compare_items);
    }
    for (size_t i = 0; i + 1 < count; i++) {
        if (items[i]->last_counts && items[i + 1]->last_counts &&
            strcmp(items[i]->name, items[i + 1]->name) == 0 &&
            lint_setting(r, "variable", items[i]->name)) {
            tell(r, g, items[i], RULE_SET_AGAIN, SETTING_IGNORED,
                 arena_printf(&r->out->arena, "line %lu sets it again, and the last one counts",
                              items[i + 1]->line),
                 NULL);
        }
    }
    free(items);
}

static void check_section(struct lint_run *r, struct lint_group *g)
{
    /* Those that systemd or podman read it in. */
    static const char *const sections[] = {"Service", "Container", "Manager", "Socket",
                                           "Mount",   "Swap",      "Build"};
    if (g->file->document->kind != DOCUMENT_SYSTEMD || strcmp(g->name, "docker run") == 0) {
        return;
    }
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (strcmp(sections[i], g->name) == 0) {
            return;
        }
    }
    for (size_t i = 0; i < g->count; i++) {
        if (g->items[i].kind == ITEM_VARIABLE) {
            tell(r, g, &g->items[i], RULE_SECTION, SETTING_IGNORED,
                 *g->name ? arena_printf(&r->out->arena, "systemd reads no Environment= in [%s]",
                                         g->name)
                          : "systemd reads no line that stands before the first section",
                 "the line under [Service]");
        }
    }
}

static bool is_drop_in(const char *file)
{
    return strstr(file, ".service.d/") != NULL;
}

static void check_exec_start(struct lint_run *r, struct lint_group *g)
{
    if (g->file->document->kind != DOCUMENT_SYSTEMD || !is_drop_in(g->file->document->file)) {
        return;
    }
    bool cleared = false;
    for (size_t i = 0; i < g->count; i++) {
        const struct lint_item *item = &g->items[i];
        if (item->kind != ITEM_KEY || strcmp(item->name, "ExecStart") != 0) {
            continue;
        }
        if (!item->written || !*item->written) {
            cleared = true;
        } else if (!cleared) {
            tell(r, g, item, RULE_SECOND_EXEC_START, SETTING_HARMFUL,
                 "the unit has one already, and systemd refuses a service with two",
                 "a line ExecStart= without a value before it");
            return;
        }
    }
}

/* ---- secrets ---- */

static bool looks_random(const char *value)
{
    enum { LONG_ENOUGH = 20 }; /* shorter are words, and the "not-needed" that local servers get */
    size_t digits = 0, letters = 0;
    for (const char *p = value; *p; p++) {
        digits += *p >= '0' && *p <= '9';
        letters += (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        if (strchr(" /<>{}$", *p)) {
            return false;
        }
    }
    return digits > 1 && letters > 1 && digits + letters >= LONG_ENOUGH;
}

static bool names_a_file(const char *name)
{
    const size_t size = strlen(name);
    return (size > 5 && strcmp(name + size - 5, "_FILE") == 0) ||
           (size > 5 && strcmp(name + size - 5, "-file") == 0);
}

static void check_secrets(struct lint_run *r, struct lint_group *g)
{
    const enum document_kind kind = g->file->document->kind;
    for (size_t i = 0; i < g->count; i++) {
        const struct lint_item *item = &g->items[i];
        /* Keys of a unit or a service name secrets, they hold none. */
        const bool key_of_service = item->kind == ITEM_KEY && kind != DOCUMENT_JSON &&
                                    kind != DOCUMENT_YAML && kind != DOCUMENT_PLIST;
        if (item->kind == ITEM_COMMAND || key_of_service || !item->written || !*item->written ||
            item->filled || !lint_is_secret(item) || names_a_file(item->name) ||
            !looks_random(item->written) ||
            strncmp(item->name, "LLAMA_", 6) == 0) { /* the catalog tells of those */
            continue;
        }
        if (kind == DOCUMENT_ENV) {
            lint_add_note(r, g, item,
                          "a secret: keep this file readable by you alone (chmod 600) and out of "
                          "version control");
            continue;
        }
        lint_add_finding(
            r, g, item,
            &(struct lint_told){
                .verdict = SETTING_HARMFUL,
                .secret = true,
                .reason = kind == DOCUMENT_SYSTEMD
                              ? "a secret in plain sight: every user of the machine can read the "
                                "environment of a unit"
                              : "a secret in plain sight: whoever gets this file has it",
                .instead = kind == DOCUMENT_COMPOSE   ? "${NAME} and a .env that only you can read"
                           : kind == DOCUMENT_SYSTEMD ? "LoadCredential=, or an EnvironmentFile= "
                                                        "that only its user can read"
                                                      : "a file that only its user can read",
                .source = rules[RULE_SECRET].source,
                .rule = rules[RULE_SECRET].id});
    }
}

/* ---- what is good to know ---- */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const struct lint_item *first_of_ollama(const struct lint_group *g)
{
    for (size_t i = 0; i < g->count; i++) {
        if (g->items[i].kind == ITEM_VARIABLE && strncmp(g->items[i].name, "OLLAMA_", 7) == 0) {
            return &g->items[i];
        }
    }
    return NULL;
}

static bool is_shell_profile(const char *file)
{
    static const char *const names[] = {".bashrc", ".bash_profile", ".zshrc",  ".zprofile",
                                        ".zshenv", ".profile",      "profile", "environment"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(base_of(file), names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void tell_of_file(struct lint_run *r, struct lint_group *g)
{
    const char *file = g->file->document->file;
    const struct lint_item *item = first_of_ollama(g);
    const struct lint_item *setenv = lint_find(g, ITEM_COMMAND, "launchctl setenv");
    if (item && !g->container && is_shell_profile(file) && !(g->runs & RUNS_OLLAMA)) {
        lint_add_note(r, g, item,
                      "a server that systemd, launchd or Ollama.app starts does not read this "
                      "file: it acts on an 'ollama serve' of this shell only");
    }
    if (setenv) {
        lint_add_note(r, g, setenv,
                      "it is lost at logout, and acts on what is started afterwards: quit and "
                      "reopen Ollama.app");
    }
    if (strcmp(base_of(file), "homebrew.mxcl.ollama.plist") == 0) {
        for (size_t i = 0; i < g->count; i++) {
            const struct lint_item *at = &g->items[i];
            if (at->kind == ITEM_VARIABLE && strncmp(at->name, "OLLAMA_", 7) == 0 &&
                strcmp(at->name, "OLLAMA_FLASH_ATTENTION") != 0 &&
                strcmp(at->name, "OLLAMA_KV_CACHE_TYPE") != 0) {
                lint_add_note(r, g, at,
                              "brew writes this file anew at each start: put it into "
                              "~/.homebrew/services/ollama.env");
                break;
            }
        }
    }
    if (item && strcmp(base_of(file), "ollama.service") == 0) {
        lint_add_note(r, g, item,
                      "the installer writes this unit anew with each upgrade: put it into a "
                      "drop-in, ollama.service.d/NAME.conf");
    }
}

void lint_apply_rules(struct lint_run *r, struct lint_group *g)
{
    check_exclusive_flags(r, g);
    check_two_limits(r, g);
    check_memory_limits(r, g);
    check_cpu_limits(r, g);
    check_cpu_quota(r, g);
    check_watermarks(r, g);
    check_wired_limit(r, g);
    check_kv_cache(r, g);
    check_host(r, g);
    check_set_again(r, g);
    check_section(r, g);
    check_exec_start(r, g);
    check_secrets(r, g);
    tell_of_file(r, g);
}

/* ---- conditions that the catalog leaves to the file ---- */

static int flash_attention_is_off(const struct lint_group *g)
{
    const struct lint_item *flash = variable(g, "OLLAMA_FLASH_ATTENTION");
    const char *version = g->versions[SETTING_OWNER_OLLAMA];
    if (flash && flash->value) {
        return is_off(flash->value);
    }
    if (flash || has_key_like(g, "env_file") || has_key_like(g, "EnvironmentFile") || !version) {
        return -1;
    }
    return setting_version_compare(version, "0.12.4") < 0; /* automatic since */
}

static int low_watermark_is_above(const struct lint_group *g, const struct lint_item *item)
{
    const struct lint_item *low_item = variable(g, "PYTORCH_MPS_LOW_WATERMARK_RATIO");
    double high = 0, low = 0;
    if (!low_item) {
        return 1;
    }
    return number_of(low_item, &low) && number_of(item, &high) ? low > high : -1;
}

static int image_is_of_ollama(const struct lint_group *g)
{
    static const char name[] = "ollama/ollama";
    const char *at = g->image ? strstr(g->image, name) : NULL;
    if (!(g->runs & RUNS_OLLAMA)) {
        return 0;
    }
    return at && (!at[sizeof name - 1] || strchr(":@", at[sizeof name - 1])) ? 1 : -1;
}

int lint_decide(const struct lint_group *g, const struct setting *s, const struct lint_item *item)
{
    if (strcmp(s->name, "OLLAMA_KV_CACHE_TYPE") == 0) {
        return flash_attention_is_off(g);
    }
    if (strcmp(s->name, "PYTORCH_MPS_HIGH_WATERMARK_RATIO") == 0) {
        return low_watermark_is_above(g, item);
    }
    if (strcmp(s->name, "healthcheck.test") == 0) {
        return image_is_of_ollama(g);
    }
    return -1;
}
