#include "tuning/apply/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum {
    LOG_EVERY_MS = 1000,
    LOG_TAKE_S = 2,     /* of one look while it is waited for: journalctl takes some 50 ms */
    LOG_END_S = 5,      /* of the last one, and of finding out where it is */
    LOG_FAILS = 3,      /* looks that may fail before nobody looks any more, but for the last */
    LINES_A_LOOK = 8,   /* that are told: as many as a page shows */
    LINES_FREELY = 400, /* of one restart; after that one line a look, every so often: */
    LOG_SELDOM_MS = 10000,
    END_TRIES = 5, /* journald takes what a process wrote a moment after it ended */
    END_PAUSE_MS = 200,
    WORDS_BYTES = 240, /* of a part: a line of events has 511 */
};

enum part { PART_PROCESS, PART_PORT, PART_ANSWER, PART_CHECK, PARTS };
static const char *const part_words[] = {"process", "port", "answer", "check"};

struct service_watch {
    const struct control_world *world;
    const struct health_rules *rules;
    struct service_log *log;
    struct step_news news;
    step_news_fn progress;
    void *ctx;
    char told[PARTS][WORDS_BYTES]; /* state and words, as they were told last */
    int64_t next_ns;               /* when the log is looked at again */
    uint64_t log_seen;             /* lines of it that were told, or passed over */
    size_t log_told;
    unsigned log_failed;
};

struct service_watch *watch_open(const struct service_log_of *of, const struct health_rules *rules,
                                 const struct step_news *news, step_news_fn progress, void *ctx)
{
    struct service_watch *w = xcalloc(1, sizeof *w);

    w->world = of->world;
    w->rules = rules;
    w->news = *news;
    w->progress = progress;
    w->ctx = ctx;
    w->log = service_log_open(of, of->world->now_ns(of->world->ctx) + LOG_END_S * NS_PER_S);
    return w;
}

void watch_close(struct service_watch *w)
{
    if (w) {
        service_log_close(w->log);
        free(w);
    }
}

void watch_step(struct service_watch *w, enum transaction_step step)
{
    w->news.step = step;
}

const struct service_log *watch_log(const struct service_watch *w)
{
    return w->log;
}

/* ---------------------------------------------------------------- its parts */

static void tell_part(struct service_watch *w, enum part part, const char *state, const char *words)
{
    char now[WORDS_BYTES];
    struct step_news news = w->news;

    snprintf(now, sizeof now, "%s %s", state, words);
    if (strcmp(now, w->told[part]) == 0 || !w->progress) {
        return;
    }
    snprintf(w->told[part], sizeof w->told[part], "%s", now);
    news.kind = NEWS_HEALTH;
    news.part = part_words[part];
    news.state = state;
    news.detail = words;
    w->progress(w->ctx, &news);
}

static void tell_process(struct service_watch *w, const struct health_look *look)
{
    const struct control_state *s = look->state;
    char words[64];

    if (look->ended) {
        tell_part(w, PART_PROCESS, "failed", look->words);
    } else if (!look->looked || !s->known) {
        tell_part(w, PART_PROCESS, "-", look->looked ? "nobody supervises it" : look->words);
    } else if (!s->running || !look->another) {
        tell_part(w, PART_PROCESS, "wait",
                  s->running ? "the one before still runs" : "it does not run yet");
    } else {
        snprintf(words, sizeof words, s->pid > 0 ? "pid %d lives" : "it runs", (int)s->pid);
        tell_part(w, PART_PROCESS, "ok", words);
    }
}

/* "127.0.0.1:8188" of "http://127.0.0.1:8188/x". */
static void tell_port(struct service_watch *w, const struct health_look *look)
{
    const char *url = w->rules->url, *at = url ? strstr(url, "://") : NULL;
    char words[WORDS_BYTES - 8];

    if (!at || !w->rules->path) {
        return;
    }
    at += 3;
    const int size = (int)strcspn(at, "/?#");
    const bool open = look->answered || look->status > 0;

    snprintf(words, sizeof words, "%.*s%s%s", size < 100 ? size : 100, at,
             look->asked && !open && look->words[0] ? ": " : "",
             look->asked && !open ? look->words : "");
    tell_part(w, PART_PORT, !look->asked ? "-" : open ? "ok" : "wait", words);
    snprintf(words, sizeof words, "GET %.100s%s%s", w->rules->path,
             look->asked && open && !look->answered ? ": " : "",
             look->asked && open && !look->answered ? look->words : "");
    tell_part(w, PART_ANSWER, !look->asked || !open ? "-" : look->answered ? "ok" : "wait", words);
}

static void tell_check(struct service_watch *w, const struct health_look *look)
{
    const struct control_state *s = look->state;

    if (!look->looked || !s->known || s->health == -2) { /* it has none */
        return;
    }
    tell_part(w, PART_CHECK,
              s->health == 1   ? "ok"
              : s->health == 0 ? "failed"
                               : "wait",
              s->health == 1   ? "its healthcheck says healthy"
              : s->health == 0 ? "its healthcheck says unhealthy"
                               : "its healthcheck has not said healthy yet");
}

/* ---------------------------------------------------------------- its log */

/* What was added since; of much only the newest. */
static void tell_lines(struct service_watch *w)
{
    const struct log_lines *l = service_log_lines(w->log);
    const size_t count = log_lines_count(l), most = w->log_told < LINES_FREELY ? LINES_A_LOOK : 1;
    uint64_t fresh = l->total - w->log_seen;
    struct step_news news = w->news;

    fresh = fresh < most ? fresh : most;
    w->log_seen = l->total;
    news.kind = NEWS_LOG;
    for (size_t i = count - (size_t)fresh; w->progress && i < count; i++) {
        const struct log_line *line = log_lines_at(l, i);

        news.detail = line->text;
        news.wall_ns = line->wall_ns;
        w->progress(w->ctx, &news);
        w->log_told++;
    }
}

static void look_at_log(struct service_watch *w)
{
    const int64_t now_ns = w->world->now_ns(w->world->ctx);
    struct err ignored = ERR_INIT; /* the log keeps it */

    if (now_ns < w->next_ns || w->log_failed >= LOG_FAILS) {
        return;
    }
    if (service_log_take(w->log, false, now_ns + LOG_TAKE_S * NS_PER_S, &ignored) < 0) {
        w->log_failed++;
    }
    w->next_ns = now_ns +
                 (w->log_told < LINES_FREELY ? LOG_EVERY_MS : LOG_SELDOM_MS) * (int64_t)NS_PER_MS;
    tell_lines(w);
}

void watch_seen(struct service_watch *w, const struct health_look *look)
{
    tell_process(w, look);
    tell_port(w, look);
    tell_check(w, look);
    look_at_log(w);
}

void watch_failed(struct service_watch *w)
{
    const struct control_world *world = w->world;
    struct err ignored = ERR_INIT;

    for (int i = 0; i < END_TRIES; i++) {
        const int64_t until_ns = world->now_ns(world->ctx) + LOG_END_S * NS_PER_S;

        if (i > 0) {
            world->pause(world->ctx, END_PAUSE_MS * NS_PER_MS);
        }
        if (service_log_take(w->log, true, until_ns, &ignored) < 0 ||
            log_lines_count(service_log_lines(w->log)) > 0) {
            break;
        }
    }
    tell_lines(w);
}
