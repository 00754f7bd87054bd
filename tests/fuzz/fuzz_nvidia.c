/*
 * What a helper process or a recording says of NVIDIA cards: any text is taken or refused; what is
 * taken is written and read again as the same; what is made of it is in range and clean.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "sampling/nvidia/nvidia.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static void require_clean(const char *text)
{
    char again[512];

    utf8_sanitise(text, strlen(text), again, sizeof again, NULL);
    require(strcmp(text, again) == 0);
}

static bool same(const struct nvidia_fact *a, const struct nvidia_fact *b)
{
    return a->code == b->code && (a->code != NVML_SUCCESS || a->value == b->value);
}

static void require_same(const struct nvidia_snapshot *a, const struct nvidia_snapshot *b)
{
    require(a->code == b->code && strcmp(a->driver, b->driver) == 0 &&
            strcmp(a->library, b->library) == 0 && a->card_count == b->card_count &&
            a->cards_left_out == b->cards_left_out && a->process_count == b->process_count &&
            a->processes_left_out == b->processes_left_out);
    for (uint32_t i = 0; i < a->card_count; i++) {
        const struct nvidia_card *x = &a->cards[i], *y = &b->cards[i];

        require(x->code == y->code && strcmp(x->bus, y->bus) == 0 &&
                strcmp(x->uuid, y->uuid) == 0 && strcmp(x->name, y->name) == 0);
        for (int k = 0; k < NVIDIA_FACT_COUNT; k++) {
            require(same(&x->facts[k], &y->facts[k]));
        }
    }
    for (uint32_t i = 0; i < a->process_count; i++) {
        const struct nvidia_process *x = &a->processes[i], *y = &b->processes[i];

        require(x->card == y->card && x->pid == y->pid && same(&x->bytes, &y->bytes) &&
                same(&x->percent, &y->percent));
    }
}

static void require_sound(const struct gpu_part *part)
{
    double value;

    require(part->gpu_count <= SAMPLE_GPUS && part->process_count <= SAMPLE_GPU_PROCESSES);
    for (uint32_t i = 0; i < part->gpu_count; i++) {
        const struct gpu_facts *g = &part->gpus[i];

        require_clean(g->name);
        require_clean(g->id);
        require_clean(g->driver);
        require(g->id[0] != '\0' && g->name[0] != '\0' && g->core_count >= 0);
        require(g->throttle_count <= SAMPLE_GPU_THROTTLES);
        for (int k = 0; k < METRIC_GPU_COUNT; k++) {
            if (reading_get(&g->v[k], &value)) {
                const struct metric *m = &metric_rows(SCOPE_GPU, NULL)[k];

                require(!(value < m->min) && !(value > m->max));
            } else {
                require(g->v[k].reason != REASON_NONE);
            }
        }
    }
    for (uint32_t i = 0; i < part->process_count; i++) {
        const struct gpu_process_facts *p = &part->processes[i];

        require(p->gpu < part->gpu_count && p->pid >= 0);
        require(i == 0 || part->processes[i - 1].pid <= p->pid);
        require(!reading_get(&p->utilization_ratio, &value) || (value >= 0 && value <= 1));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct nvidia_snapshot first, second;
    static struct gpu_part part;
    struct err err = ERR_INIT;
    struct buf text;

    if (nvidia_decode((const char *)data, size, &first, &err) < 0) {
        require(err.code == ERR_PARSE && err.msg[0] != '\0');
        return 0;
    }
    buf_init(&text, 1 << 20);
    nvidia_encode(&first, &text);
    require(!text.truncated && nvidia_decode(text.data, text.size, &second, &err) == 0);
    require_same(&first, &second);
    buf_release(&text);
    /* Twice: a card that rests keeps what was there. */
    for (int i = 0; i < 2; i++) {
        int code = nvidia_fill(&first, 1000 + i, &part, &err);

        require((code == 0) == (part.state.state == READING_OK));
        require_sound(&part);
    }
    return 0;
}
