/*
 * What graphics drivers and power supplies say. The first byte chooses the parser ('0' the first);
 * the rest is its text or table. What a parser accepts must keep its promises: numbers in range,
 * texts that are clean.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "sampling/linux/gpu_usage.h"
#include "sampling/linux/power.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

/* Text that utf8_sanitise() would change did not go through it. */
static void require_clean(const char *text)
{
    char again[512];
    utf8_sanitise(text, strlen(text), again, sizeof again, NULL);
    require(strcmp(text, again) == 0);
}

static void run_metrics(const char *data, size_t size)
{
    struct gpu_metrics m;
    static struct gpu_facts f;
    bool good = parse_gpu_metrics(data, size, &m);

    require(good == (m.format != 0));
    require(m.residency_count <= GPU_RESIDENCIES);
    const double values[] = {m.temperature_c,  m.utilization_ratio, m.memory_busy_ratio,
                             m.graphics_watts, m.socket_watts,      m.frequency_hz};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        require(isnan(values[i]) || (good && values[i] >= 0));
    }
    memset(&f, 0, sizeof f);
    gpu_throttle_words(m.throttles, &f);
    require(f.throttle_count <= SAMPLE_GPU_THROTTLES);
}

static void check_fdinfo(const struct gpu_fdinfo *f)
{
    require_clean(f->driver);
    require_clean(f->address);
    require(f->engine_count <= GPU_ENGINES);
    for (uint32_t i = 0; i < f->engine_count; i++) {
        require(f->engines[i].capacity >= 1 && f->engines[i].name[0]);
        require_clean(f->engines[i].name);
    }
}

static void run_fdinfo(const char *text, size_t size)
{
    struct gpu_fdinfo f;
    require(parse_gpu_fdinfo(text, size, &f) == (f.driver[0] != '\0'));
    check_fdinfo(&f);
}

/* Two polls: the text up to a form feed, and what comes after it, a second later. */
static void run_clients(const char *text, size_t size)
{
    enum { ROOM = 8 };
    static struct gpu_part part;
    struct gpu_client *clients = calloc(ROOM, sizeof *clients);
    struct gpu_usage *usage = gpu_usage_new();
    struct gpu_total totals[SAMPLE_GPUS];
    const char *cut = memchr(text, '\f', size);
    size_t first = cut ? (size_t)(cut - text) : size;
    int64_t now_ns = 1000000000;

    require(clients != NULL);
    for (int poll = 0; poll < 2; poll++) {
        enum gpu_scope scope;
        int64_t uid;
        int card_of[ROOM];
        size_t n = gpu_clients_parse(poll ? text + first : text, poll ? size - first : first,
                                     &scope, &uid, clients, ROOM);
        require(n <= ROOM && (scope == GPU_SCOPE_OWN) == (uid >= 0));
        memset(&part, 0, sizeof part);
        part.gpu_count = 2;
        memcpy(part.gpus[0].id, "a", 2);
        memcpy(part.gpus[1].id, "b", 2);
        for (size_t i = 0; i < n; i++) {
            require(clients[i].pid > 0);
            require_clean(clients[i].node);
            check_fdinfo(&clients[i].info);
            clients[i].counted = true;
            card_of[i] = clients[i].pid % 3 - 1;
        }
        gpu_usage_advance(usage, clients, card_of, n, now_ns, &part, totals);
        require(part.process_count <= n);
        /* No engine runs for longer than the time that went by, however many use it. */
        require(totals[0].busy_ns <= (poll ? n * UINT64_C(1000000000) : 0));
        now_ns += 1000000000;
    }
    gpu_usage_free(usage);
    free(clients);
}

static void run_texts(const char *text, size_t size)
{
    struct gpu_uevent e;
    struct gpu_levels levels;
    struct kfd_node k;
    char name[SAMPLE_NAME];
    uint64_t n;
    double ratio;

    parse_gpu_uevent(text, size, &e);
    require_clean(e.driver);
    require_clean(e.address);
    require_clean(e.compatible);
    parse_pp_dpm(text, size, &levels);
    require(levels.max_hz >= levels.now_hz && levels.now_hz >= 0);
    parse_kfd_properties(text, size, &k);
    require(k.core_count >= 0 && k.render_minor >= -1);
    require(!parse_devfreq_load(text, size, &ratio) || (ratio >= 0 && ratio <= 1));
    (void)parse_ras_errors(text, size, &n);
    (void)parse_v3d_stats(text, size, &n);
    (void)parse_hex(text, size, &n);
    if (parse_pci_ids(text, size, 0x1002, 0x744c, name, sizeof name)) {
        require(name[0] != '\0');
        require_clean(name);
    }
    if (parse_amdgpu_ids(text, size, 0x744c, 0xc8, name, sizeof name)) {
        require(name[0] != '\0');
        require_clean(name);
    }
    if (parse_rapl_name(text, size, name, sizeof name) && name[0]) {
        char top[SAMPLE_NAME];
        require(parse_rapl_name(name, strlen(name), top, sizeof top) && top[0] == '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parsers[])(const char *text, size_t size) = {run_metrics, run_fdinfo,
                                                                     run_clients, run_texts};
    if (size == 0) {
        return 0;
    }
    parsers[(unsigned char)(data[0] - '0') % (sizeof parsers / sizeof *parsers)](
        (const char *)data + 1, size - 1);
    return 0;
}
