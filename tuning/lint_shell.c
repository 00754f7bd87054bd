/*
 * Commands of scripts: what they set. "docker run" is a service like one of a compose file; the
 * words of launchctl, sysctl and pmset are settings of their own.
 */
#include <stdio.h>
#include <string.h>

#include "tuning/lint_part.h"

enum { WORD_MAX = 4096, WORDS_MAX = 256, LINE_MAX_BYTES = 1024 };

/* Quotes and backslashes as in sh; what a shell would fill in stays as it is written. */
const char *lint_shell_word(struct arena *a, const char **at)
{
    const char *p = *at;
    char word[WORD_MAX];
    size_t n = 0;
    char quote = '\0';
    for (bool more = true; more;) { /* blanks, and lines that go on */
        p += strspn(p, " \t\r\n");
        more = p[0] == '\\' && (p[1] == '\n' || (p[1] == '\r' && p[2] == '\n'));
        p += more;
    }
    if (!*p) {
        *at = p;
        return NULL;
    }
    for (; *p && (quote || !strchr(" \t\r\n", *p)); p++) {
        if (quote && *p == quote) {
            quote = '\0';
            continue;
        }
        if (!quote && (*p == '\'' || *p == '"')) {
            quote = *p;
            continue;
        }
        if (*p == '\\' && quote != '\'' && p[1]) {
            p++;
            if (*p == '\n') {
                continue;
            }
        }
        if (n < sizeof word - 1) {
            word[n++] = *p;
        }
    }
    *at = p;
    return arena_strndup(a, word, n);
}

struct words {
    const char *items[WORDS_MAX];
    size_t count;
};

/* A command may go over lines: the reader of the file has the place of each variable and flag in
 * it. The command itself where it has not. */
static const struct document_entry *entry_of(const struct lint_group *g,
                                             const struct document_entry *command,
                                             enum document_entry_kind kind, const char *name)
{
    const struct document *d = g->file->document;
    for (const struct document_entry *e = command + 1; e < d->entries + d->count; e++) {
        if (e->whole.begin >= command->whole.end) {
            break;
        }
        if (e->kind == kind && strcmp(e->name, name) == 0) {
            return e;
        }
    }
    return command;
}

static void split(struct arena *a, const char *name, const char *rest, struct words *out)
{
    const char *at = rest ? rest : "";
    out->count = 0;
    out->items[out->count++] = name;
    for (const char *word; out->count < WORDS_MAX && (word = lint_shell_word(a, &at)) != NULL;) {
        if (strcmp(word, "|") == 0 || strcmp(word, "&&") == 0 || strcmp(word, ";") == 0) {
            break;
        }
        out->items[out->count++] = word;
    }
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_assignment(const char *word)
{
    const char *equals = strchr(word, '=');
    if (!equals || equals == word) {
        return false;
    }
    for (const char *p = word; p < equals; p++) {
        if (*p != '_' && !(*p >= 'A' && *p <= 'Z') && !(*p >= 'a' && *p <= 'z') &&
            !(p > word && *p >= '0' && *p <= '9')) {
            return false;
        }
    }
    return true;
}

static void add_assignment(struct lint_run *r, size_t group, const char *word,
                           const struct document_entry *e)
{
    struct arena *a = &r->out->arena;
    struct lint_group *g = &r->groups[group];
    const char *equals = strchr(word, '=');
    const char *name = equals ? arena_strndup(a, word, (size_t)(equals - word)) : word;
    struct lint_item *item = lint_add_item(r, g, ITEM_VARIABLE, name, equals ? equals + 1 : NULL,
                                           entry_of(g, e, ENTRY_VARIABLE, name));
    if (item->value && strchr(item->value, '$')) {
        item->filled = true;
        item->value = lint_fill(r, g->file, item->value);
    }
}

/* ---- docker run, podman run ---- */

/* Options of docker and podman "run" that take the next word as their value, beside those that are
 * looked at. */
static bool takes_word(const char *word)
{
    static const char *const names[] = {"-v",
                                        "--volume",
                                        "-p",
                                        "--publish",
                                        "--name",
                                        "--network",
                                        "--net",
                                        "--restart",
                                        "--gpus",
                                        "--device",
                                        "-w",
                                        "--workdir",
                                        "-u",
                                        "--user",
                                        "--hostname",
                                        "-h",
                                        "--label",
                                        "-l",
                                        "--entrypoint",
                                        "--env-file",
                                        "--ipc",
                                        "--shm-size",
                                        "--pull",
                                        "--platform",
                                        "--add-host",
                                        "--mount",
                                        "--runtime",
                                        "--ulimit",
                                        "--cap-add",
                                        "--security-opt",
                                        "--group-add",
                                        "--log-driver",
                                        "--log-opt",
                                        "--memory-swap",
                                        "--cpuset-cpus",
                                        "--tmpfs",
                                        "--health-cmd",
                                        "--pod",
                                        "--userns",
                                        "--annotation",
                                        "--dns",
                                        "--expose",
                                        "--stop-timeout"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(word, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The value of option `name` at word *i ("--cpus=2", "--cpus 2", "-m2g"); NULL: it is another. */
static const char *option_value(const struct words *w, size_t *i, const char *name)
{
    const char *word = w->items[*i];
    const size_t size = strlen(name);
    if (strncmp(word, name, size) != 0) {
        return NULL;
    }
    if (!word[size]) {
        return *i + 1 < w->count ? w->items[++*i] : "";
    }
    if (word[size] == '=') {
        return word + size + 1;
    }
    return name[1] != '-' ? word + size : NULL;
}

/* --cpus and --memory are the keys of a service. */
static bool take_limit(struct lint_run *r, struct lint_group *g, const struct words *w, size_t *i,
                       const struct document_entry *e)
{
    static const struct {
        const char *option, *key;
    } rows[] = {{"--cpus", "cpus"}, {"--memory", "mem_limit"}, {"-m", "mem_limit"}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const char *value = option_value(w, i, rows[k].option);
        if (value) {
            struct lint_item *item = lint_add_item(r, g, ITEM_KEY, rows[k].key, value,
                                                   entry_of(g, e, ENTRY_FLAG, rows[k].option));
            item->filled = strchr(value, '$') != NULL;
            item->value = item->filled ? lint_fill(r, g->file, value) : value;
            return true;
        }
    }
    return false;
}

static void add_container(struct lint_run *r, size_t group, const struct words *w, size_t first,
                          const struct document_entry *e)
{
    const struct lint_file *file = r->groups[group].file;
    const size_t own = r->group_count;
    lint_add_group(r, file, "docker run");
    size_t i = first;
    for (; i < w->count && w->items[i][0] == '-'; i++) {
        struct lint_group *g = &r->groups[own];
        const char *value = option_value(w, &i, "--env");
        value = value ? value : option_value(w, &i, "-e");
        if (value) {
            add_assignment(r, own, value, e);
        } else if (strncmp(w->items[i], "--gpus", 6) == 0) {
            lint_add_item(r, g, ITEM_KEY, "gpus", option_value(w, &i, "--gpus"), e);
        } else if (strncmp(w->items[i], "--device", 8) == 0) {
            lint_add_item(r, g, ITEM_KEY, "devices", option_value(w, &i, "--device"), e);
        } else if (strncmp(w->items[i], "-p", 2) == 0 ||
                   strncmp(w->items[i], "--publish", 9) == 0) {
            value = option_value(w, &i, "--publish");
            value = value ? value : option_value(w, &i, "-p");
            lint_add_item(r, g, ITEM_KEY, "ports", value, e);
        } else if (strncmp(w->items[i], "--net", 5) == 0) {
            value = option_value(w, &i, "--network");
            value = value ? value : option_value(w, &i, "--net");
            lint_add_item(r, g, ITEM_KEY, "network_mode", value, e);
        } else if (!take_limit(r, g, w, &i, e) && takes_word(w->items[i])) {
            i++;
        }
    }
    struct lint_group *g = &r->groups[own];
    g->image = i < w->count ? w->items[i] : "";
    g->container = true;
    g->runs = lint_software_of_image(g->image);
    for (i++; i < w->count; i++) {
        if (strncmp(w->items[i], "--", 2) == 0 && w->items[i][2]) {
            const char *next = i + 1 < w->count && w->items[i + 1][0] != '-' ? w->items[i + 1]
                                                                             : NULL;
            lint_add_item(r, g, ITEM_FLAG, w->items[i], next,
                          entry_of(g, e, ENTRY_FLAG, w->items[i]));
        }
    }
    /* A script that runs on a Mac only is not known here; the machine's own system decides. */
    lint_place_group(r, g, false);
}

/* ---- the others ---- */

static void add_sysctl(struct lint_run *r, struct lint_group *g, const struct words *w, size_t i,
                       const struct document_entry *e)
{
    struct arena *a = &r->out->arena;
    for (; i < w->count; i++) {
        const char *equals = strchr(w->items[i], '=');
        if (equals && w->items[i][0] != '-') {
            lint_add_item(r, g, ITEM_SYSCTL,
                          arena_strndup(a, w->items[i], (size_t)(equals - w->items[i])), equals + 1,
                          e);
        }
    }
}

/* "pmset -a powernap 0 sleep 0" */
static void add_pmset(struct lint_run *r, struct lint_group *g, const struct words *w, size_t i,
                      const struct document_entry *e)
{
    if (i < w->count && strcmp(w->items[i], "-g") == 0) {
        return;
    }
    i += i < w->count && w->items[i][0] == '-';
    for (; i + 1 < w->count; i += 2) {
        lint_add_item(r, g, ITEM_PMSET, arena_printf(&r->out->arena, "pmset %s", w->items[i]),
                      w->items[i + 1], e);
    }
}

static const char *rest_of(struct arena *a, const struct words *w, size_t i)
{
    char line[LINE_MAX_BYTES];
    size_t n = 0;
    line[0] = '\0';
    for (; i < w->count && n < sizeof line - 1; i++) {
        const int added = snprintf(line + n, sizeof line - n, "%s%s", n ? " " : "", w->items[i]);
        n = added < 0 || (size_t)added >= sizeof line - n ? sizeof line - 1 : n + (size_t)added;
    }
    return arena_strndup(a, line, n);
}

void lint_add_command(struct lint_run *r, size_t group, const struct document_entry *e,
                      const char *name, const char *rest)
{
    static const char *const wrappers[] = {"sudo", "exec", "nohup",   "env",
                                           "time", "nice", "command", "doas"};
    struct arena *a = &r->out->arena;
    struct words w;
    size_t i = 0;
    split(a, name, rest, &w);
    for (bool wrapped = true; wrapped && i < w.count;) {
        wrapped = false;
        for (size_t k = 0; k < sizeof wrappers / sizeof *wrappers; k++) {
            wrapped = wrapped || strcmp(w.items[i], wrappers[k]) == 0;
        }
        if (is_assignment(w.items[i])) {
            if (r->groups[group].file->document->kind == DOCUMENT_SHELL) {
                add_assignment(r, group, w.items[i], e);
            }
            wrapped = true;
        }
        i += wrapped;
        while (wrapped && i < w.count && w.items[i][0] == '-') { /* sudo -E, env -i */
            i++;
        }
    }
    if (i >= w.count) {
        return;
    }
    const char *program = base_of(w.items[i]);
    const char *second = i + 1 < w.count ? w.items[i + 1] : "";
    struct lint_group *g = &r->groups[group];
    /* Elsewhere than in a script the reader of the file has found the variables already. */
    const bool script = g->file->document->kind == DOCUMENT_SHELL;
    const bool engine = strcmp(program, "docker") == 0 || strcmp(program, "podman") == 0 ||
                        strcmp(program, "nerdctl") == 0;
    if (engine && (strcmp(second, "run") == 0 || strcmp(second, "create") == 0)) {
        add_container(r, group, &w, i + 2, e);
        return;
    }
    if (strcmp(program, "launchctl") == 0 && strcmp(second, "setenv") == 0 && i + 2 < w.count) {
        if (script) {
            const char *value = i + 3 < w.count ? w.items[i + 3] : "";
            struct lint_item *item = lint_add_item(r, g, ITEM_VARIABLE, w.items[i + 2], value, e);
            item->filled = strchr(value, '$') != NULL;
            item->value = item->filled ? NULL : value;
        }
        lint_add_item(r, g, ITEM_COMMAND, "launchctl setenv", w.items[i + 2], e);
        return;
    }
    if (strcmp(program, "sysctl") == 0) {
        add_sysctl(r, g, &w, i + 1, e);
        return;
    }
    if (strcmp(program, "pmset") == 0) {
        add_pmset(r, g, &w, i + 1, e);
    }
    const char *line = rest_of(a, &w, i);
    lint_add_item(r, g, ITEM_COMMAND, line, NULL, e);
    if (script && lint_software_of_command(line) & (RUNS_COMFYUI | RUNS_MLX_LM)) {
        g->runs |= lint_software_of_command(line);
        lint_add_flags(r, g, line, e);
    }
}
