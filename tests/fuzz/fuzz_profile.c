/* A user's file of profiles from anything: no crash; a file that is wrong says where; what loads
 * can be resolved on any machine, and no row then writes what the catalog calls harmful. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tuning/catalog.h"
#include "tuning/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char base[] =
    "parts:\n  - name: shared\n    services:\n      - service: ollama\n        from: a\n"
    "        settings:\n          - {name: OLLAMA_NUM_THREADS, value: 16}\n"
    "          - {name: OLLAMA_MAX_MEMORY, value: 28G}\n"
    "profiles:\n  - {name: high, best_for: x, level: high, parts: [shared]}\n"
    "overlays:\n  - {name: quality, purpose: servers, best_for: x}\n";

static void check_row(const struct profile_row *r, const struct profile_query *q)
{
    const bool writes = r->action == PROFILE_WRITE || r->action == PROFILE_TRANSLATE;
    if ((unsigned)r->action >= PROFILE_ACTION_COUNT || !r->reason || !r->value || !r->wanted ||
        (!r->why && r->action != PROFILE_WRITE) || (writes && !r->target_value) ||
        (r->clamped_from && !r->clamp)) {
        abort();
    }
    if (writes) {
        struct setting_query here = q->hosts[r->target_service].query;
        struct setting_judgement j;
        here.value = *r->target_value ? r->target_value : NULL;
        setting_judge(r->target, &here, &j);
        if (j.verdict == SETTING_HARMFUL) {
            abort();
        }
    }
}

static void resolve(const struct profile_set *s, const char *name, const struct profile_query *q)
{
    struct profile_rows rows;
    struct err err = ERR_INIT;
    const int rc = profile_resolve(s, name, q, &rows, &err);
    if ((rc != 0) != (err.code != 0) || (rc != 0 && !err.msg[0])) {
        abort();
    }
    for (size_t i = 0; rc == 0 && i < rows.count; i++) {
        check_row(&rows.rows[i], q);
    }
    profile_rows_release(&rows);
}

static void resolve_all(const struct profile_set *s, const char *typed)
{
    static const struct {
        const char *chip;
        double bytes;
        bool macos;
        int cores;
    } machines[] = {{"Apple M4 Pro", 24 * 0x1p30, true, 14},
                    {"", NAN, false, 0},
                    {"AMD Ryzen", 0x1p28, false, 1}};
    struct chip_catalog none;
    chip_catalog_init(&none);
    for (size_t m = 0; m < sizeof machines / sizeof *machines; m++) {
        struct chip_machine machine;
        struct chip_answer answer;
        struct profile_query q;
        chip_machine_init(&machine);
        memcpy(machine.chip, machines[m].chip, strlen(machines[m].chip) + 1);
        machine.memory_bytes = machines[m].bytes;
        machine.macos = machines[m].macos;
        machine.performance = machines[m].cores;
        chip_decide(&none, &machine, &answer);
        profile_query_init(&q, &answer, &machine, NAN);
        q.hosts[PROFILE_OLLAMA].limits = (enum profile_limits)m;
        q.hosts[PROFILE_COMFYUI].limits = (enum profile_limits)m;
        for (size_t i = 0; i < s->count && i < 16; i++) {
            resolve(s, s->profiles[i].name, &q);
        }
        resolve(s, typed, &q);
    }
    chip_catalog_release(&none);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct setting_catalog catalog;
    const struct profile_text texts[] = {{"shipped.yaml", base, sizeof base - 1},
                                         {"user.yaml", (const char *)data, size}};
    struct profile_set s;
    struct err err = ERR_INIT;
    char typed[64] = "high+";
    if (!catalog.count && setting_catalog_load(&catalog, &err) < 0) {
        abort(); /* TUNETOP_DATADIR must name the shipped data */
    }
    if (profile_set_parse(&catalog, texts, 2, &s, &err) != 0 || s.broken_count > 1 ||
        (s.broken_count == 1 && (!s.broken[0].err.where[0] || !s.broken[0].err.msg[0]))) {
        abort();
    }
    memcpy(typed + 5, data, size < 40 ? size : 40);
    resolve_all(&s, typed);
    profile_set_release(&s);
    return 0;
}
