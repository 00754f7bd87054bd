#include "tests/darwin_fake.h"

#include <stdio.h>
#include <string.h>

#include "sampling/darwin/live.h"

enum { ANSWERS_MAX = 64 };

static const struct fake_answer *table;
static unsigned asked[ANSWERS_MAX];

void fake_mac(const struct fake_answer *answers)
{
    table = answers;
    memset(asked, 0, sizeof asked);
}

unsigned fake_mac_asked(const char *key)
{
    unsigned sum = 0;
    for (size_t i = 0; table && table[i].key; i++) {
        sum += strcmp(table[i].key, key) == 0 ? asked[i] : 0;
    }
    return sum;
}

static int answer(const char *key, struct buf *out, struct err *err)
{
    for (size_t i = 0; table && table[i].key && i < ANSWERS_MAX; i++) {
        const struct fake_answer *a = &table[i];
        if (strcmp(a->key, key) == 0) {
            asked[i]++;
            if (a->code != 0) {
                return err_set(err, (enum err_code) - a->code, "'%s' is refused by the test", key);
            }
            buf_add(out, a->text, a->size ? a->size : strlen(a->text));
            return 0;
        }
    }
    return err_set(err, ERR_NOENT, "'%s' is not there", key);
}

static int answer_of(const char *what, const void *pid, struct buf *out, struct err *err)
{
    char key[48];
    snprintf(key, sizeof key, "%s %d", what, (int)*(const int32_t *)pid);
    return answer(key, out, err);
}

int darwin_live_number(void *name, struct buf *out, struct err *err)
{
    return answer(((struct darwin_name *)name)->name, out, err);
}

int darwin_live_string(void *name, struct buf *out, struct err *err)
{
    return answer(((struct darwin_name *)name)->name, out, err);
}

#define FAKE(function, key)                                                                        \
    int function(void *ctx, struct buf *out, struct err *err)                                      \
    {                                                                                              \
        (void)ctx;                                                                                 \
        return answer(key, out, err);                                                              \
    }
FAKE(darwin_live_ticks, "ticks")
FAKE(darwin_live_clusters, "clusters")
FAKE(darwin_live_gpu_cores, "gpu-cores")
FAKE(darwin_live_load, "load")
FAKE(darwin_live_memory, "memory")
FAKE(darwin_live_swap, "swap")
FAKE(darwin_live_boot, "boot")
FAKE(darwin_live_thermal, "thermal")
FAKE(darwin_live_processes, "processes")

int darwin_live_arguments(void *pid, struct buf *out, struct err *err)
{
    return answer_of("arguments", pid, out, err);
}

int darwin_live_environment(void *pid, struct buf *out, struct err *err)
{
    return answer_of("environment", pid, out, err);
}

int darwin_live_usage(void *pid, struct buf *out, struct err *err)
{
    return answer_of("usage", pid, out, err);
}

int darwin_live_sockets(void *pid, struct buf *out, struct err *err)
{
    return answer_of("sockets", pid, out, err);
}

void darwin_live_disk(const char *request, size_t size, struct buf *reply)
{
    struct err err = ERR_INIT;
    (void)request;
    (void)size;
    (void)answer("disk", reply, &err);
}
