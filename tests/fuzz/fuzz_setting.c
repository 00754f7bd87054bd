/* The settings catalog from anything: no crash, an error has a place; what loads can be looked up,
 * judged and translated whatever it says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tuning/setting.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct setting *s, const char *value)
{
    static const char *const versions[] = {NULL, "0.24.0", "0.30.0-rc1", "14.5"};
    const struct setting_machine machine = {.cpus = 8, .gpu_memory_bytes = 1ULL << 34};
    for (int place = 0; place <= SETTING_PLACE_COUNT; place++) {
        struct setting_query q = {.place = place, .device = place, .value = value};
        struct setting_judgement j;
        struct err err = ERR_INIT;
        char out[64];
        for (int owner = 0; owner < SETTING_OWNER_COUNT; owner++) {
            q.versions[owner] = versions[(place + owner) % 4];
        }
        setting_judge(s, &q, &j);
        if (j.verdict < 0 || j.verdict >= SETTING_VERDICT_COUNT || !j.reason || !*j.reason) {
            abort();
        }
        if (value && setting_check_value(s, value, &err) < 0 && !err.msg[0]) {
            abort();
        }
        if (value && setting_translate(s->formula, value, &machine, out, sizeof out) == 0 &&
            strlen(out) >= sizeof out) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct setting_catalog c;
    struct err err = ERR_INIT;
    const int rc = setting_catalog_parse("fuzz.yaml", (const char *)data, size, &c, &err);
    if (rc != -err.code || (rc != 0 && (!err.where[0] || !err.msg[0]))) {
        abort();
    }
    for (size_t i = 0; rc == 0 && i < c.count && i < 64; i++) {
        const struct setting *s = &c.settings[i];
        const char *nearest = NULL;
        if (setting_find(&c, s->name, &nearest) != s) {
            abort();
        }
        if (s->use && !setting_find(&c, s->use, &nearest)) {
            abort();
        }
        judge(s, NULL);
        judge(s, s->default_value ? s->default_value : s->name);
    }
    setting_catalog_release(&c);

    /* versions from the same bytes, in two halves */
    char a[64], b[64];
    const size_t half = size / 2 < sizeof a ? size / 2 : sizeof a - 1;
    memcpy(a, data, half);
    memcpy(b, data + size - half, half);
    a[half] = b[half] = '\0';
    const int there = setting_version_compare(a, b), back = setting_version_compare(b, a);
    if ((there > 0) != (back < 0) || (there < 0) != (back > 0) ||
        setting_version_compare(a, a) != 0) {
        abort();
    }
    return 0;
}
