/*
 * struct control_compose by hand, one call a run, for the tests with real containers.
 *
 *   control_driver ACTION SERVICE PROJECT COMPOSE-SERVICE FOLDER FILE ENGINE [CONTAINER]
 *
 * ACTION: resolve, steps, pending, look, restart. It prints "name: value" lines; a failure is
 * "error: sentence" and exit status 1.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "tuning/control/compose_part.h"
#include "tuning/control/control.h"

/* As long as the test gives a restart: CONTROL_DRIVER_SECONDS. */
static int64_t restart_ns(void)
{
    const char *text = getenv("CONTROL_DRIVER_SECONDS");
    int64_t seconds = 60;

    if (text && number_i64(text, strlen(text), &seconds) != 0) {
        exit(2);
    }
    return seconds * NS_PER_S;
}

static enum control_engine engine_of(const char *word)
{
    for (int i = 0; control_engine_words[i]; i++) {
        if (strcmp(control_engine_words[i], word) == 0) {
            return (enum control_engine)i;
        }
    }
    fprintf(stderr, "no engine '%s'\n", word);
    exit(2);
}

static void print_state(const struct control_state *s)
{
    printf("known: %d\nloaded: %d\nrunning: %d\nid: %s\npid: %d\nstarted: %d\nexit: %d\n"
           "restarts: %" PRId64 "\nhealth: %d\nwords: %s\n",
           s->known, s->loaded, s->running, s->id, (int)s->pid, s->started_wall_ns > 0,
           s->exit_status, s->restarts, s->health, s->words);
}

static void print_steps(const struct control_target *t, struct arena *arena)
{
    struct control_steps steps;
    struct buf line;

    control_compose.steps(t, arena, &steps);
    buf_init(&line, 4096);
    for (size_t i = 0; i < steps.count; i++) {
        buf_clear(&line);
        control_line(&steps.of[i], false, &line);
        printf("%s: %s\n", steps.of[i].action, line.data);
    }
    for (size_t i = 0; i < steps.interrupt_count; i++) {
        printf("interrupts: %s\n", steps.interrupts[i]);
    }
    buf_release(&line);
}

static int act(const char *action, const struct control_world *w, struct control_target *t,
               struct arena *arena, struct err *err)
{
    struct control_state before, after;
    struct control_pending pending = {.arena = arena};
    int rc = control_compose.resolve(w, t, arena, err);

    if (rc != 0) {
        return rc;
    }
    printf("engine: %s\nversion: %s\ncontainer: %s\nuid: %" PRId64 "\n",
           control_engine_words[t->engine], t->found->version.text,
           t->container ? t->container : "", t->uid);
    if (strcmp(action, "steps") == 0) {
        print_steps(t, arena);
    } else if (strcmp(action, "pending") == 0) {
        rc = control_compose.pending(w, t, &pending, err);
        printf("pending: %s\n", pending.known ? "known" : pending.why_not);
        for (size_t i = 0; i < pending.count; i++) {
            printf("would: %s\n", pending.words[i]);
        }
    } else if (strcmp(action, "look") == 0) {
        rc = control_compose.look(w, t, &before, err);
        print_state(&before);
    } else if (strcmp(action, "restart") == 0) {
        rc = control_compose.look(w, t, &before, err);
        if (rc == 0) {
            rc = control_compose.restart(w, t, &before, w->now_ns(w->ctx) + restart_ns(), err);
        }
        if (rc == 0) {
            rc = control_compose.look(w, t, &after, err);
            printf("container: %s\n", t->container);
            print_state(&after);
        }
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct arena arena;
    int rc;

    if (argc < 8) {
        fprintf(stderr, "usage: control_driver ACTION SERVICE PROJECT COMPOSE-SERVICE FOLDER FILE "
                        "ENGINE [CONTAINER]\n");
        return 2;
    }
    const char *const files[] = {argv[6]};
    struct control_target t = {
        .type = CONTROL_COMPOSE,
        .service = argv[2],
        .uid = -1,
        .engine = engine_of(argv[7]),
        .project = argv[3],
        .folder = argv[5],
        .compose_service = argv[4],
        .files = files,
        .file_count = 1,
        .container = argc > 8 ? argv[8] : NULL,
    };
    arena_init(&arena);
    rc = act(argv[1], &control_world_real, &t, &arena, &err);
    if (rc != 0) {
        printf("error: %s\n", err.msg);
    }
    arena_release(&arena);
    return rc == 0 ? 0 : 1;
}
