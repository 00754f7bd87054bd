#include "sampling/probe.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"

enum probe_phase { PROBE_IDLE, PROBE_ASKED, PROBE_ANSWERED };

struct probe {
    const struct source_ops *ops;
    void *state;
    struct source_context context;
    void (*wake)(void *ctx);
    void *ctx;
    pthread_t thread;
    bool started, stop;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    enum probe_phase phase;
    void *part; /* written by the thread while ASKED, by nobody otherwise */
    int code;
    struct err err;
    int64_t cost_ns;
};

static void *probe_main(void *arg)
{
    struct probe *p = arg;

    pthread_mutex_lock(&p->lock);
    for (;;) {
        struct err err = ERR_INIT;
        int64_t begun;
        int code;

        while (p->phase != PROBE_ASKED && !p->stop) {
            pthread_cond_wait(&p->changed, &p->lock);
        }
        if (p->stop) {
            break;
        }
        pthread_mutex_unlock(&p->lock);
        begun = clock_thread_cpu_ns();
        reader_set_source(p->ops->name, 0);
        code = p->ops->poll(p->state, &p->context, p->part, &err);
        begun = clock_thread_cpu_ns() - begun;
        pthread_mutex_lock(&p->lock);
        p->code = code;
        p->err = err;
        p->cost_ns = begun;
        p->phase = PROBE_ANSWERED;
        pthread_cond_broadcast(&p->changed);
        p->wake(p->ctx);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct probe *probe_new(const struct source_ops *ops, void *state,
                        const struct source_context *context, void (*wake)(void *ctx), void *ctx)
{
    struct probe *p = xcalloc(1, sizeof *p);

    p->ops = ops;
    p->state = state;
    p->context = *context;
    p->wake = wake;
    p->ctx = ctx;
    p->part = xcalloc(1, ops->part_size);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    return p;
}

void probe_ask(struct probe *p)
{
    if (!p->started) { /* the first time: a source that is never due costs no thread */
        pthread_attr_t attr;

        pthread_attr_init(&attr);
        /* Parsers keep their buffers on the heap; 256 KiB is four times what a poll was seen to
         * use. */
        pthread_attr_setstacksize(&attr, 256 * 1024);
        p->started = pthread_create(&p->thread, &attr, probe_main, p) == 0;
        pthread_attr_destroy(&attr);
    }
    pthread_mutex_lock(&p->lock);
    if (p->started) {
        p->phase = PROBE_ASKED;
        pthread_cond_broadcast(&p->changed);
    } else {
        p->code = err_set(&p->err, ERR_NOMEM, "no thread could be started");
        p->phase = PROBE_ANSWERED;
    }
    pthread_mutex_unlock(&p->lock);
}

bool probe_is_busy(struct probe *p)
{
    bool busy;

    pthread_mutex_lock(&p->lock);
    busy = p->phase != PROBE_IDLE;
    pthread_mutex_unlock(&p->lock);
    return busy;
}

bool probe_take(struct probe *p, void *part, int *code, struct err *err, int64_t *cost_ns)
{
    bool taken;

    pthread_mutex_lock(&p->lock);
    taken = p->phase == PROBE_ANSWERED;
    if (taken) {
        *code = p->code;
        *err = p->err;
        *cost_ns = p->cost_ns;
        /* Also after an error: poll() sets every reading each time, and those say why there is no
         * value. */
        memcpy(part, p->part, p->ops->part_size);
        p->phase = PROBE_IDLE;
    }
    pthread_mutex_unlock(&p->lock);
    return taken;
}

bool probe_free(struct probe *p, int wait_ms)
{
    struct timespec until;
    bool idle;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    until.tv_sec += wait_ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&p->lock);
    while (p->phase == PROBE_ASKED) {
        if (pthread_cond_timedwait(&p->changed, &p->lock, &until) == ETIMEDOUT) {
            break;
        }
    }
    idle = p->phase != PROBE_ASKED;
    p->stop = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    if (!idle) {
        return false;
    }
    if (p->started) {
        pthread_join(p->thread, NULL);
    }
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p->part);
    free(p);
    return true;
}
