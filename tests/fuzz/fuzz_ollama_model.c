/* Installed models: the first byte chooses the question, the rest is the answer. What comes out is
 * clean and bounded, and what it takes is a number that can be or is not known. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sampling/service/ollama_model.h"
#include "tuning/fit_model.h"

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

static void check_list(const char *text, size_t size)
{
    static struct ollama_installed list[OLLAMA_INSTALLED_MAX];
    struct err err = ERR_INIT;
    size_t count = 0, left_out = 0;
    int rc = ollama_parse_tags(text, size, list, OLLAMA_INSTALLED_MAX, &count, &left_out, &err);
    if ((rc == 0) != (err.code == 0) || count > OLLAMA_INSTALLED_MAX)
        abort();
    for (size_t i = 0; i < count; i++) {
        const struct ollama_installed *m = &list[i];
        check_text(m->name, sizeof(m->name));
        check_text(m->digest, sizeof(m->digest));
        check_text(m->format, sizeof(m->format));
        check_text(m->quantization, sizeof(m->quantization));
        check_text(m->parameter_size, sizeof(m->parameter_size));
        if (m->name[0] == '\0' || isinf(m->size_bytes) || m->size_bytes < 0 || m->context < 0)
            abort();
    }
}

static void check_fit(const struct ollama_shape *s, int cache)
{
    static const int parallels[] = {0, 1, 64};
    const struct fit_place place = {
        .budget = {24 * 0x1p30, false, ""}, .gpu = true, .more_bytes = 8 * 0x1p30};
    struct fit_model m;
    fit_model_of(s, 5e9, &m);
    if (m.known && !(isfinite(m.cache_values) && m.cache_values >= 0 && m.state_bytes >= 0))
        abort();
    for (size_t i = 0; i < sizeof(parallels) / sizeof(*parallels); i++) {
        const struct fit_wish wish = {131072, parallels[i], cache};
        struct fit_result r;
        fit_model_judge(&m, &wish, &place, &r);
        if (r.verdict != FIT_UNKNOWN && !(r.need_bytes >= 5e9 && r.cpu_bytes >= 0))
            abort();
        if ((r.verdict == FIT_WHOLE) != (r.verdict != FIT_UNKNOWN && r.need_bytes <= 24 * 0x1p30))
            abort();
        if (r.context_largest > r.context_alone || r.gpu_layers > m.layers)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ollama_shape s;
    struct err err = ERR_INIT;
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    if ((data[0] & 1) == 0) {
        check_list(text, size - 1);
        return 0;
    }
    int rc = ollama_parse_show(text, size - 1, &s, &err);
    if ((rc == 0) != (err.code == 0))
        abort();
    if (rc < 0)
        return 0;
    check_text(s.architecture, sizeof(s.architecture));
    if (s.layers < 1 || s.layers > OLLAMA_LAYERS_MAX || s.kv_heads < -1)
        abort();
    check_fit(&s, (data[0] >> 1) % FIT_CACHE_COUNT);
    return 0;
}
