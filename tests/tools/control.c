/*
 * One control of tuning/control by itself, in the real world or in that of a test's PATH:
 *
 *   control TYPE KEY=VALUE... ACTION...
 *
 * Keys: service, unit, user (1: a unit of the user), label, domain, plist, formula, uid, pid, stop
 * and start (words separated by blanks), deadline (seconds, for restart). Actions, in their order:
 * resolve, steps, pending, look, restart, wait (until it runs, 20 seconds). Prints a line for each
 * thing that it learns. Exits with 1 when an action fails, whose error is on standard error as
 * "NAME: SENTENCE".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caller.h"
#include "base/clock.h"
#include "base/number.h"
#include "tuning/control/control.h"

static struct arena arena;
static int deadline_seconds = 30;

static const struct control *find(const char *type)
{
    static const struct control *const all[] = {&control_systemd, &control_launchd, &control_brew,
                                                &control_lms, &control_command};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(control_type_words[all[i]->type], type) == 0) {
            return all[i];
        }
    }
    fprintf(stderr, "there is no control '%s'\n", type);
    exit(2);
}

static const char *const *words_of(const char *text)
{
    const char **argv = arena_calloc(&arena, strlen(text) + 2, sizeof(*argv));
    size_t n = 0;

    while (*text != '\0') {
        const size_t size = strcspn(text, " ");

        argv[n++] = arena_strndup(&arena, text, size);
        text += size + strspn(text + size, " ");
    }
    return argv;
}

static int64_t number(const char *text)
{
    int64_t value;

    if (number_i64(text, strlen(text), &value) < 0) {
        fprintf(stderr, "'%s' is no number\n", text);
        exit(2);
    }
    return value;
}

static void set(struct control_target *t, const char *key, const char *value)
{
    const struct {
        const char *key;
        const char **field;
    } texts[] = {{"service", &t->service}, {"unit", &t->unit},   {"label", &t->label},
                 {"domain", &t->domain},   {"plist", &t->plist}, {"formula", &t->formula}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(texts[i].key, key) == 0) {
            *texts[i].field = value;
            return;
        }
    }
    if (strcmp(key, "user") == 0) {
        t->user_scope = number(value) != 0;
    } else if (strcmp(key, "uid") == 0) {
        t->uid = number(value);
    } else if (strcmp(key, "pid") == 0) {
        t->pid = (int32_t)number(value);
    } else if (strcmp(key, "deadline") == 0) {
        deadline_seconds = (int)number(value);
    } else if (strcmp(key, "stop") == 0) {
        t->stop = words_of(value);
    } else if (strcmp(key, "start") == 0) {
        t->start = words_of(value);
    } else {
        fprintf(stderr, "there is no key '%s'\n", key);
        exit(2);
    }
}

static void print_state(const struct control_state *s)
{
    printf("state known=%d running=%d loaded=%d pid=%d id=%s exit=%d restarts=%" PRId64
           " started=%" PRId64 " words=%s\n",
           s->known, s->running, s->loaded, (int)s->pid, s->id, s->exit_status, s->restarts,
           s->started_wall_ns / NS_PER_S, s->words);
}

static void print_steps(const struct control *c, const struct control_target *t)
{
    struct control_steps steps = {0};
    struct buf line;

    buf_init(&line, 4096);
    c->steps(t, &arena, &steps);
    for (size_t i = 0; i < steps.count; i++) {
        buf_clear(&line);
        control_line(&steps.of[i], false, &line);
        printf("step %s%s: %s\n", steps.of[i].action, steps.of[i].needs_root ? " as root" : "",
               line.data);
    }
    for (size_t i = 0; i < steps.interrupt_count; i++) {
        printf("interrupts %s\n", steps.interrupts[i]);
    }
    buf_release(&line);
}

static int print_pending(const struct control *c, const struct control_target *t, struct err *err)
{
    struct control_pending p = {.arena = &arena};
    const int rc = c->pending != NULL ? c->pending(&control_world_real, t, &p, err) : 0;

    for (size_t i = 0; rc == 0 && i < p.count; i++) {
        printf("pending %s\n", p.words[i]);
    }
    if (rc == 0) {
        printf("pending in all: %zu\n", p.count);
    }
    return rc;
}

static int wait_until_it_runs(const struct control *c, const struct control_target *t,
                              struct err *err)
{
    const struct control_world *w = &control_world_real;
    const int64_t deadline_ns = w->now_ns(w->ctx) + 20 * NS_PER_S;
    struct control_state s;
    int rc;

    while ((rc = c->look(w, t, &s, err)) == 0 && !s.running && w->now_ns(w->ctx) < deadline_ns) {
        w->pause(w->ctx, 100 * NS_PER_MS);
    }
    return rc;
}

static int act(const struct control *c, struct control_target *t, const char *action,
               struct err *err)
{
    const struct control_world *w = &control_world_real;
    struct control_state s;
    int rc = 0;

    if (strcmp(action, "resolve") == 0) {
        rc = c->resolve(w, t, &arena, err);
        if (rc == 0) {
            printf("target uid=%" PRId64 " unit=%s domain=%s plist=%s\n", t->uid,
                   t->unit ? t->unit : "-", t->domain ? t->domain : "-", t->plist ? t->plist : "-");
        }
    } else if (strcmp(action, "steps") == 0) {
        print_steps(c, t);
    } else if (strcmp(action, "pending") == 0) {
        rc = print_pending(c, t, err);
    } else if (strcmp(action, "wait") == 0) {
        rc = wait_until_it_runs(c, t, err);
    } else if (strcmp(action, "look") == 0) {
        rc = c->look(w, t, &s, err);
        if (rc == 0) {
            print_state(&s);
        }
    } else if (strcmp(action, "restart") == 0) {
        rc = c->look(w, t, &s, err);
        if (rc == 0) {
            rc = c->restart(w, t, &s, w->now_ns(w->ctx) + deadline_seconds * NS_PER_S, err);
        }
    } else {
        fprintf(stderr, "there is no action '%s'\n", action);
        exit(2);
    }
    fflush(stdout);
    return rc;
}

int main(int argc, char **argv)
{
    struct control_target t = {.uid = -1, .service = "it"};
    struct err err = ERR_INIT;
    int rc = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: control TYPE KEY=VALUE... ACTION...\n");
        return 2;
    }
    const struct control *c = find(argv[1]);
    t.type = c->type;
    arena_init(&arena);
    rc = caller_enter(&err);
    for (int i = 2; i < argc && rc == 0; i++) {
        const char *equals = strchr(argv[i], '=');

        if (equals != NULL) {
            set(&t, arena_strndup(&arena, argv[i], (size_t)(equals - argv[i])), equals + 1);
        } else {
            rc = act(c, &t, argv[i], &err);
        }
    }
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", err_name(rc), err.msg);
    }
    arena_release(&arena);
    return rc < 0;
}
