/*
 * Every parser of kernel text, and that of recordings. The first byte chooses which; the rest is
 * its text. What a parser accepts must keep its promises: numbers in range, texts that are clean.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "sampling/linux/cgroup.h"
#include "sampling/linux/cgroup_usage.h"
#include "sampling/linux/cpu.h"
#include "sampling/linux/disk.h"
#include "sampling/linux/disk_io.h"
#include "sampling/linux/host.h"
#include "sampling/linux/memory.h"
#include "sampling/linux/network.h"
#include "sampling/linux/psi.h"
#include "sampling/linux/thermal.h"
#include "sampling/reader_recording.h"
#include "sampling/scan.h"

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

static void run_stat(const char *text, size_t size)
{
    struct cpu_stat *s = calloc(1, sizeof *s);
    struct err err = ERR_INIT;
    require(s != NULL);
    if (parse_stat(text, size, s, &err) == 0) {
        require(s->core_count >= 1 && s->core_count <= SAMPLE_CORES);
        for (uint32_t i = 1; i < s->core_count; i++) {
            require(s->cores[i].index > s->cores[i - 1].index);
        }
    } else {
        require(err.code == ERR_PARSE && err.msg[0]);
    }
    free(s);
}

static void run_meminfo(const char *text, size_t size)
{
    struct meminfo m;
    struct err err = ERR_INIT;
    if (parse_meminfo(text, size, &m, &err) == 0) {
        require(m.total > 0 && m.available <= m.total && m.free <= m.total);
        require(!m.has_swap || m.swap_free <= m.swap_total);
    }
}

static void run_small(const char *text, size_t size)
{
    double v[3];
    uint64_t a, b;
    struct psi psi;
    bool cpus[64] = {false};
    if (parse_loadavg(text, size, v)) {
        require(isfinite(v[0]) && isfinite(v[1]) && isfinite(v[2]));
    }
    if (parse_uptime(text, size, &v[0])) {
        require(v[0] >= 0);
    }
    psi_parse(text, size, &psi);
    require(!psi.has_some || psi.some_ratio >= 0);
    (void)parse_vmstat_swap(text, size, &a, &b);
    (void)parse_zram_mm_stat(text, size, &a);
    if (parse_smaps_page_bytes(text, size, &a)) {
        require(a > 0 && (a & (a - 1)) == 0);
    }
    (void)scan_cpu_list(text, size, cpus, 64);
}

static void run_cgroup(const char *text, size_t size)
{
    struct cgroup_membership m;
    struct err err = ERR_INIT;
    double limit;
    if (parse_cgroup(text, size, &m, &err) == 0) {
        const char *const paths[] = {m.unified, m.cpu, m.memory};
        for (size_t i = 0; i < 3; i++) {
            require(strlen(paths[i]) < CGROUP_PATH);
            require(paths[i][0] == '\0' || (paths[i][0] == '/' && !strstr(paths[i], "/..")));
        }
    }
    uint64_t count;
    (void)parse_cgroup_named(text, size, "oom_kill", &count);
    if (parse_cgroup_cpu_max(text, size, &limit)) {
        require(limit > 0);
    }
    if (parse_cgroup_memory(text, size, &limit)) {
        require(limit >= 0);
    }
}

static void run_host(const char *text, size_t size)
{
    char out[SAMPLE_NAME];
    struct cpuinfo_names names;
    (void)parse_os_release(text, size, out, sizeof out);
    require_clean(out);
    parse_chip_name(text, size, out, sizeof out);
    require_clean(out);
    parse_dmi(text, size, out, sizeof out);
    require_clean(out);
    (void)parse_dt_compatible(text, size, out, sizeof out);
    require_clean(out);
    parse_cpuinfo(text, size, &names);
    require_clean(names.chip);
    require_clean(names.machine);
}

static void run_thermal(const char *text, size_t size)
{
    enum hwmon_kind kind;
    unsigned number;
    double value;
    (void)parse_hwmon_input(text, size, &kind, &number);
    (void)parse_runtime_asleep(text, size);
    struct reading r = parse_temperature(text, size, true, 1);
    require(!reading_get(&r, &value) || (value >= -40 && value <= 150));
    r = parse_fan(text, size, 1);
    require(!reading_get(&r, &value) || (value >= 0 && value <= 30000));
}

static void run_disk(const char *text, size_t size)
{
    struct mount m;
    struct disk_facts d;
    char out[DISK_TEXT];
    double total, available;
    struct mount mounts[4];
    (void)parse_mountinfo_for(text, size, "/home/ann/My Models/blobs", &m);
    require(parse_mountinfo_disks(text, size, mounts, 4) <= 4);
    if (parse_disk_name(text, size, &d)) {
        require_clean(d.name);
        require_clean(d.mount);
    }
    size_t number;
    require(!disk_parse_mount(text, size, &number) || number < SAMPLE_DISKS);
    (void)disk_unescape(text, size, out, sizeof out);
    if (parse_disk_reply(text, size, 1, &d)) {
        require_clean(d.name);
        require_clean(d.mount);
        require(!reading_get(&d.total, &total) || !reading_get(&d.free, &available) ||
                available <= total);
    }
}

/* Each line of it, as the sources cut them. */
static void run_traffic(const char *text, size_t size)
{
    struct span rest = span_of(text, size), line;
    while (scan_line(&rest, &line)) {
        struct disk_device_facts d;
        struct network_counters n;
        if (parse_diskstats_line(line, &d)) {
            require_clean(d.name);
            (void)disk_device_is_wanted(d.name);
        }
        if (parse_net_dev_line(line, &n)) {
            require(n.name[0] != '\0');
            require_clean(n.name);
            (void)network_is_inner(n.name);
        }
    }
    int64_t quota_us;
    double cores;
    (void)parse_operstate(text, size);
    if (scan_only_i64(text, size, &quota_us) && parse_cgroup_cpu_v1(quota_us, 100000, &cores)) {
        require(cores > 0);
    }
}

/* A name of any bytes goes through the line of a reply and comes back, or the line is refused. */
static void run_disk_names(const char *text, size_t size)
{
    const struct disk_blocks blocks = {.total = size, .available = size / 2, .unit = 4096};
    char name[DISK_TEXT / 4], escaped[DISK_TEXT], back[DISK_TEXT];
    const size_t n = size < sizeof name - 1 ? size : sizeof name - 1;
    memcpy(name, text, n);
    name[n] = '\0';
    disk_escape(name, escaped, sizeof escaped);
    require(strpbrk(escaped, " \t\n\177") == NULL);
    require(disk_unescape(escaped, strlen(escaped), back, sizeof back) == (name[0] != '\0'));
    require(name[0] == '\0' || strcmp(back, name) == 0);
    if (name[0] != '\0') {
        struct disk_facts facts;
        struct buf reply;
        buf_init(&reply, 4 * DISK_TEXT);
        disk_put_reply(&reply, 0, &blocks, escaped, escaped);
        require(parse_disk_reply(reply.data, reply.size - 1, 1, &facts));
        buf_release(&reply);
    }
}

static void run_recording(const char *text, size_t size)
{
    struct err err = ERR_INIT;
    struct recording *rec = recording_parse("r", text, size, &err);
    if (!rec) {
        require(err.code != 0);
        return;
    }
    struct buf out;
    buf_init(&out, 1 << 16);
    require(recording_first_ns(rec) <= recording_last_ns(rec));
    (void)recording_find(rec, "file /proc/stat", INT64_MAX, &out, &err);
    buf_release(&out);
    recording_free(rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parsers[])(const char *text, size_t size) = {
        run_stat,    run_meminfo, run_small,     run_cgroup,  run_host,
        run_thermal, run_disk,    run_recording, run_traffic, run_disk_names,
    };
    if (size == 0) {
        return 0;
    }
    /* '0' is the first, so that the corpus can be read and written by hand. */
    parsers[(unsigned char)(data[0] - '0') % (sizeof parsers / sizeof *parsers)](
        (const char *)data + 1, size - 1);
    return 0;
}
