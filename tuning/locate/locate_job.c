/*
 * Services that launchd runs, brew's among them. A process's label stands in the list of its
 * domain; the job itself is asked then.
 */
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "tuning/control/job.h"
#include "tuning/locate/locate_part.h"

static const double PRINT_S = 1, PS_S = 0.5;
enum { LABEL_BYTES = 256, DOMAINS = 3 };

/* ---------------------------------------------------------------- its ancestors */

static const char *line_end(const char *at, const char *end)
{
    const char *stop = memchr(at, '\n', (size_t)(end - at));

    return stop ? stop : end;
}

/* The next number of a line; at moves behind it. */
static bool next_number(const char **at, const char *end, int64_t *out)
{
    while (*at < end && (**at == ' ' || **at == '\t')) {
        (*at)++;
    }
    const char *from = *at;
    while (*at < end && **at >= '0' && **at <= '9') {
        (*at)++;
    }
    return *at > from && number_i64(from, (size_t)(*at - from), out) == 0;
}

static int64_t parent_in(const struct buf *text, int64_t pid)
{
    const char *end = text->data + text->size;

    for (const char *at = text->data; at < end;) {
        const char *stop = line_end(at, end);
        int64_t child = 0, parent = 0;

        if (next_number(&at, stop, &child) && next_number(&at, stop, &parent) && child == pid) {
            return parent;
        }
        at = stop + 1;
    }
    return 0;
}

static void read_ancestors(struct finder *f, struct locate_process *p)
{
    const char *const argv[] = {"ps", "-A", "-o", "pid=,ppid=", NULL};
    struct control_output o;
    struct err err = ERR_INIT;
    int64_t parent = p->pid;

    p->ancestor_count = 0;
    control_output_init(&o);
    if (finder_ask(f, argv, -1, PS_S, &o, &err) == 0 && o.status == 0) {
        while (p->ancestor_count < LOCATE_ANCESTORS && (parent = parent_in(&o.out, parent)) > 1 &&
               parent <= INT32_MAX) {
            p->ancestors[p->ancestor_count++] = (int32_t)parent;
        }
    }
    control_output_release(&o);
}

/* ---------------------------------------------------------------- its label */

/* A line of "services = {" in `launchctl print DOMAIN`: pid, status, label. */
static bool label_in(const struct buf *text, const struct locate_process *p, char *out)
{
    const char *end = text->data + text->size;

    for (const char *at = text->data; at < end;) {
        const char *stop = line_end(at, end), *label = stop;
        int64_t pid = 0;

        if (next_number(&at, stop, &pid) && pid > 0 && pid <= INT32_MAX &&
            locate_process_is(p, (int32_t)pid)) {
            while (label > at && label[-1] != '\t' && label[-1] != ' ') {
                label--;
            }
            utf8_sanitise(label, (size_t)(stop - label), out, LABEL_BYTES, NULL);
            if (out[0]) {
                return true;
            }
        }
        at = stop + 1;
    }
    return false;
}

static bool print_of(struct finder *f, const char *target, struct control_output *o)
{
    const char *const argv[] = {"launchctl", "print", target, NULL};
    struct err err = ERR_INIT;
    const int rc = finder_ask(f, argv, -1, PRINT_S, o, &err);

    if (rc < 0) {
        finder_note(f, "launchctl", arena_strdup(f->arena, err.msg), NULL);
    }
    return rc == 0 && o->status == 0;
}

/* The domain and label of the job that runs the process. */
static bool find_label(struct finder *f, const struct locate_process *p, const char **domain,
                       char label[LABEL_BYTES])
{
    const char *const domains[DOMAINS] = {
        arena_printf(f->arena, "gui/%lu", (unsigned long)f->env->user),
        arena_printf(f->arena, "user/%lu", (unsigned long)f->env->user), "system"};
    struct control_output o;
    bool found = false;

    control_output_init(&o);
    for (size_t i = 0; i < DOMAINS && !found; i++) {
        *domain = domains[i];
        found = print_of(f, domains[i], &o) && label_in(&o.out, p, label);
    }
    control_output_release(&o);
    return found;
}

/* ---------------------------------------------------------------- what it tells */

static void by_brew(struct finder *f, const char *formula, bool as_root, struct location *l)
{
    l->install = arena_printf(f->arena, "brew services, %s", formula);
    l->control.type = CONTROL_BREW;
    l->control.formula = formula;
    if (as_root) {
        l->config_from = NULL;
        l->config_why_not = "sudo brew services runs it: its variables come from root's folder";
        return;
    }
    l->config = (struct config_target){.type = CONFIG_BREW_ENV, .formula = formula};
}

static void tell(struct finder *f, const struct job *j, const char *domain, const char *label,
                 struct location *l)
{
    static const char brew[] = "homebrew.mxcl.";
    const bool system = strcmp(domain, "system") == 0;

    l->install = arena_printf(f->arena, "launchd job %s/%s", domain, label);
    l->config_from = l->control_from = l->install;
    l->control = (struct control_target){
        .type = CONTROL_LAUNCHD,
        .service = l->service,
        .uid = finder_rights(f, system ? 0 : (int64_t)f->env->user),
        .label = label,
        .domain = domain,
        .plist = j->path,
    };
    if (j->path) {
        location_add_file(f, l, j->path);
    }
    if (strncmp(label, brew, sizeof brew - 1) == 0 && label[sizeof brew - 1]) {
        by_brew(f, label + sizeof brew - 1, system, l);
        return;
    }
    l->config = (struct config_target){
        .type = CONFIG_LAUNCHD, .label = label, .domain = domain, .file = j->path};
}

/* "application.com.electron.ollama.1234.5678": an app that somebody opened, or a login item of one.
 * launchd has no file of it that says how it starts. */
static bool is_app(const struct job *j, const char *label)
{
    return !j->path || j->path[0] != '/' || strncmp(label, "application.", 12) == 0 ||
           strstr(j->path, ".app/Contents/");
}

bool locate_job(struct finder *f, const struct service_facts *facts, struct locate_process *p,
                struct location *l)
{
    char text[LABEL_BYTES];
    const char *domain = NULL;
    struct control_output o;
    struct err err = ERR_INIT;
    struct job j;

    if (!f->env->launchd || facts->pid <= 0) {
        return false;
    }
    p->pid = facts->pid;
    read_ancestors(f, p);
    if (!find_label(f, p, &domain, text)) {
        return false;
    }
    const char *label = arena_strdup(f->arena, text);
    control_output_init(&o);
    const bool known = print_of(f, arena_printf(f->arena, "%s/%s", domain, label), &o) &&
                       job_read(o.out.data, o.out.size, f->arena, &j, &err) == 0;
    control_output_release(&o);
    if (!known || is_app(&j, label)) {
        return false;
    }
    tell(f, &j, domain, label, l);
    return true;
}
