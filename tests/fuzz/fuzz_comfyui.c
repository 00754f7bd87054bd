/* ComfyUI's answers: the first byte chooses the question and the status, the rest is the body. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sampling/service/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t max, bool separators)
{
    if (memchr(text, '\0', max) == NULL)
        abort();
    for (; *text != '\0'; text++) {
        if (separators && *text == PROCESS_ARGV_SEPARATOR)
            continue;
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct service_answers a;
    if (size == 0)
        return 0;
    service_answers_init(&a);
    const struct service_question *q = &service_comfyui.questions[data[0] & 3];
    const char *body = (const char *)data + 1;
    size_t body_size = size - 1;
    struct err err = ERR_INIT;
    struct buf small;
    buf_init(&small, 1024);
    /* A recording holds what was kept of an answer: it is not made smaller again. */
    if (q->reduce != NULL && !(data[0] & 8)) {
        q->reduce(body, body_size, &small);
        if (small.truncated)
            abort();
        body = small.data;
        body_size = small.size;
    }
    a.remaining = (double)(data[0] >> 4);
    (void)q->parse((data[0] & 4) ? 404 : 200, body, body_size, 0, &a, &err);
    buf_release(&small);
    check_text(a.version, sizeof(a.version), false);
    check_text(a.device, sizeof(a.device), false);
    check_text(a.runtime, sizeof(a.runtime), false);
    check_text(a.job_id, sizeof(a.job_id), false);
    check_text(a.argv, sizeof(a.argv), true);
    if (a.running < 0 || a.waiting < 0 || a.running > a.remaining || isinf(a.waiting))
        abort();
    char line[200];
    service_mask_argv(a.argv, line, sizeof(line));
    check_text(line, sizeof(line), false);
    (void)service_comfyui.matches("x", a.argv);
    (void)service_comfyui.port_of(a.argv);
    return 0;
}
