/* Ollama's answers: the first byte chooses the question, the rest is the body. What comes out is
 * clean and bounded. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/service/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t max)
{
    if (memchr(text, '\0', max) == NULL)
        abort();
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct service_answers a;
    struct err err = ERR_INIT;
    if (size == 0)
        return 0;
    service_answers_init(&a);
    int code = service_ollama.questions[data[0] & 1].parse(
        200, (const char *)data + 1, size - 1, INT64_C(1795262793) * NS_PER_S, &a, &err);
    if ((code == 0) != (err.code == 0))
        abort();
    check_text(a.version, sizeof(a.version));
    if (a.model_count > SERVICE_MODELS_KEPT)
        abort();
    for (size_t i = 0; i < a.model_count; i++) {
        const struct service_model_state_raw *m = &a.models[i];
        check_text(m->name, sizeof(m->name));
        check_text(m->quantization, sizeof(m->quantization));
        check_text(m->parameter_count, sizeof(m->parameter_count));
        if (isinf(m->size_bytes) || m->size_bytes < 0 || m->gpu_bytes < 0 || m->context_length < 0)
            abort();
        if (m->keep_loaded + m->in_use + (m->unload_wall_ns != 0) > 1)
            abort();
    }
    return 0;
}
