/*
 * A recording of a machine on which everything moves all the time: noisy_recording SECONDS DIR.
 *
 * 32 cores, a graphics card, memory, swap, sensors, fans, disks, networks, an Ollama and a ComfyUI
 * with models and queues: each second every number is another one, at random, but the same in each
 * run. What a terminal gets of a replay is the most that a real machine will ever cost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/number.h"
#include "base/utf8.h"
#include "sampling/nvidia/nvidia.h"
#include "sampling/record.h"

enum { CORES = 32, SENSORS = 6, OLLAMA_PID = 500, COMFYUI_PID = 600, MAX_SECONDS = 86400 };
#define START_NS (INT64_C(100) * NS_PER_S)
#define START_WALL_NS (INT64_C(1795255200) * NS_PER_S) /* 2026-11-21T10:00:00Z (date -d) */

struct maker {
    struct record *record;
    struct buf text;
    long second;
    uint32_t seed;
    long busy[CORES], idle[CORES], frequency[CORES];
    long pages_in, pages_out, process_ticks[2];
    unsigned long long read_sectors, write_sectors, received, sent;
};

/* xorshift (Marsaglia 2003): 0 .. below - 1 */
static long dice(struct maker *m, long below)
{
    m->seed ^= m->seed << 13;
    m->seed ^= m->seed >> 17;
    m->seed ^= m->seed << 5;
    return (long)(m->seed % (uint32_t)below);
}

static void tell(struct maker *m, const char *source, const char *key, const char *data,
                 size_t size)
{
    const struct reader_read read = {source, START_NS + m->second * NS_PER_S, key, 0, data, size};
    record_tee(m->record, &read);
}

static void tell_text(struct maker *m, const char *source, const char *key)
{
    tell(m, source, key, m->text.data, m->text.size);
    buf_clear(&m->text);
}

static void tell_string(struct maker *m, const char *source, const char *key, const char *text)
{
    tell(m, source, key, text, strlen(text));
}

static void make_cpu(struct maker *m)
{
    long busy = 0, idle = 0;
    for (int i = 0; i < CORES; i++) {
        long now = dice(m, 101);
        m->busy[i] += now;
        m->idle[i] += 100 - now;
        busy += m->busy[i];
        idle += m->idle[i];
    }
    buf_printf(&m->text, "cpu  %ld 0 0 %ld 0 0 0 0 0 0\n", busy, idle);
    for (int i = 0; i < CORES; i++) {
        buf_printf(&m->text, "cpu%d %ld 0 0 %ld 0 0 0 0 0 0\n", i, m->busy[i], m->idle[i]);
    }
    buf_printf(&m->text, "processes %ld\n", 20000 + m->second);
    tell_text(m, "cpu", "file /proc/stat");
    buf_printf(&m->text, "%ld.%02ld %ld.10 9.00 1/100 7\n", dice(m, 40), dice(m, 100), dice(m, 40));
    tell_text(m, "cpu", "file /proc/loadavg");
    if (m->second == 0) {
        tell_string(m, "cpu", "list /sys/devices/system/cpu/cpufreq", "policy0\n");
        tell_string(m, "cpu", "file /sys/devices/system/cpu/cpufreq/policy0/affected_cpus",
                    "0-31\n");
        tell_string(m, "cpu", "file /sys/devices/system/cpu/cpufreq/policy0/related_cpus",
                    "0-31\n");
        tell_string(m, "cpu", "file /sys/devices/system/cpu/cpufreq/policy0/cpuinfo_max_freq",
                    "5100000\n");
    }
    buf_printf(&m->text, "%ld\n", 800000 + dice(m, 4300000));
    tell_text(m, "cpu", "file /sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq");
}

static void make_memory(struct maker *m)
{
    long left = 4000000 + dice(m, 50000000);
    buf_printf(&m->text,
               "MemTotal: 65000000 kB\nMemFree: %ld kB\nMemAvailable: %ld kB\nBuffers: 0 kB\n"
               "Cached: %ld kB\nShmem: 0 kB\nSReclaimable: 0 kB\nSwapTotal: 8000000 kB\n"
               "SwapFree: %ld kB\n",
               left / 2, left, left / 3, dice(m, 8000001));
    tell_text(m, "memory", "file /proc/meminfo");
    buf_printf(&m->text, "pswpin %ld\npswpout %ld\n", m->pages_in += dice(m, 90000),
               m->pages_out += dice(m, 90000));
    tell_text(m, "memory", "file /proc/vmstat");
    buf_printf(&m->text, "some avg10=%ld.%02ld avg60=0 avg300=0 total=0\n", dice(m, 30),
               dice(m, 100));
    buf_printf(&m->text, "full avg10=%ld.%02ld avg60=0 avg300=0 total=0\n", dice(m, 20),
               dice(m, 100));
    tell_text(m, "memory", "file /proc/pressure/memory");
}

static void make_host(struct maker *m)
{
    if (m->second == 0) {
        tell_string(m, "host", "file /proc/sys/kernel/hostname", "noisy\n");
        tell_string(m, "host", "file /proc/sys/kernel/osrelease", "6.12.0\n");
        tell_string(m, "host", "file /etc/os-release", "NAME=\"Debian\"\nVERSION_ID=\"12\"\n");
        tell_string(m, "host", "file /proc/cpuinfo", "model name\t: Example Chip\n");
        tell_string(m, "thermal", "list /sys/class/hwmon", "hwmon0\n");
        tell_string(m, "thermal", "list /sys/class/hwmon/hwmon0",
                    "fan1_input\nname\ntemp1_input\n");
        tell_string(m, "thermal", "file /sys/class/hwmon/hwmon0/name", "k10temp\n");
    }
    buf_printf(&m->text, "%ld.00 1.00\n", 5000 + m->second);
    tell_text(m, "host", "file /proc/uptime");
    buf_printf(&m->text, "%ld\n", 30000 + dice(m, 60000));
    tell_text(m, "thermal", "file /sys/class/hwmon/hwmon0/temp1_input");
    buf_printf(&m->text, "%ld\n", 300 + dice(m, 3000));
    tell_text(m, "thermal", "file /sys/class/hwmon/hwmon0/fan1_input");
}

static void make_disks(struct maker *m)
{
    unsigned long long read = m->read_sectors += (unsigned long long)dice(m, 9000000);
    unsigned long long written = m->write_sectors += (unsigned long long)dice(m, 9000000);
    buf_printf(&m->text,
               "8 0 sda 1 1 %llu 1 1 1 %llu 1 0 1 1\n8 1 sda1 1 1 %llu 1 1 1 %llu 1 0 1 1\n", read,
               written, read, written);
    tell_text(m, "disk_io", "file /proc/diskstats");
    buf_printf(&m->text, "eno1: %llu 1 0 0 0 0 0 0 %llu 1 0 0 0 0 0 0\n",
               m->received += (unsigned long long)dice(m, 1000000000),
               m->sent += (unsigned long long)dice(m, 1000000000));
    tell_text(m, "network", "file /proc/net/dev");
    if (m->second % 10 == 0) {
        buf_printf(&m->text, "2000000000000 %ld000000000 /dev/sda1 /\n", dice(m, 2000));
        tell_text(m, "disk", "probe disk /");
        tell_string(m, "disk", "probe disk $OLLAMA_MODELS", "");
        tell_string(m, "disk", "probe disk ~/.ollama/models", "");
        tell_string(m, "disk", "probe disk /usr/share/ollama/.ollama/models", "");
        tell_string(m, "disk", "probe disk list", "");
    }
}

static void fact(struct nvidia_card *c, enum nvidia_fact_id id, unsigned long long value)
{
    c->facts[id] = (struct nvidia_fact){NVML_SUCCESS, value};
}

static void make_card(struct maker *m)
{
    static struct nvidia_snapshot s;
    unsigned long long used = 1000000000ULL + (unsigned long long)dice(m, 23000) * 1000000;
    struct nvidia_card *c = &s.cards[0];
    memset(&s, 0, sizeof s);
    s.code = c->code = NVML_SUCCESS;
    s.card_count = 1;
    s.process_count = 2;
    utf8_copy(s.driver, sizeof s.driver, "580.65");
    utf8_copy(c->bus, sizeof c->bus, "0000:01:00.0");
    utf8_copy(c->name, sizeof c->name, "NVIDIA GeForce RTX 4090");
    for (int i = 0; i < NVIDIA_FACT_COUNT; i++) {
        c->facts[i].code = NVML_ERROR_NOT_SUPPORTED;
    }
    fact(c, NVIDIA_UTILIZATION, (unsigned long long)dice(m, 101));
    fact(c, NVIDIA_MEMORY_TOTAL, 25769803776ULL);
    fact(c, NVIDIA_MEMORY_USED, used);
    fact(c, NVIDIA_CLOCK, 200ULL + (unsigned long long)dice(m, 2800));
    fact(c, NVIDIA_CLOCK_MAX, 3105);
    fact(c, NVIDIA_POWER, 20000ULL + (unsigned long long)dice(m, 430000));
    fact(c, NVIDIA_POWER_LIMIT, 450000);
    fact(c, NVIDIA_TEMPERATURE, 30ULL + (unsigned long long)dice(m, 60));
    fact(c, NVIDIA_THROTTLE, 0);
    fact(c, NVIDIA_PROCESSES, 2);
    for (uint32_t i = 0; i < 2; i++) {
        s.processes[i] = (struct nvidia_process){
            .card = 0, .pid = i ? COMFYUI_PID : OLLAMA_PID, .bytes = {NVML_SUCCESS, used / 3 + i}};
    }
    tell_string(m, "nvidia", "nvidia driver", "1\n");
    nvidia_encode(&s, &m->text);
    tell_text(m, "nvidia", "probe nvidia cards");
}

static void make_process(struct maker *m, int which, const char *name, const char *argv,
                         size_t size)
{
    int pid = which ? COMFYUI_PID : OLLAMA_PID;
    char key[64];
    snprintf(key, sizeof key, "file /proc/%d/stat", pid);
    buf_printf(&m->text,
               "%d (%s) S 1 1 1 0 -1 4194304 1 0 0 0 %ld 0 0 0 20 0 1 0 %d 1000000 %ld 1\n", pid,
               name, m->process_ticks[which] += dice(m, 800), pid, 25600 + dice(m, 900000));
    tell_text(m, "services", key);
    snprintf(key, sizeof key, "file /proc/%d/statm", pid);
    buf_printf(&m->text, "2000000 %ld 1000 1 0 1 0\n", 25600 + dice(m, 900000));
    tell_text(m, "services", key);
    if (m->second == 0) {
        snprintf(key, sizeof key, "file /proc/%d/cmdline", pid);
        tell(m, "discovery", key, argv, size);
        snprintf(key, sizeof key, "file /proc/%d/status", pid);
        tell_string(m, "discovery", key, "Name:\tx\nUid:\t1000\t1000\t1000\t1000\n");
    }
}

static void make_answer(struct maker *m, const char *url)
{
    char key[128];
    snprintf(key, sizeof key, "ask GET %s", url);
    tell(m, "services", key, "", 0);
    snprintf(key, sizeof key, "http GET %s", url);
    tell_text(m, "services", key);
}

static void make_services(struct maker *m)
{
    static const char ollama[] = "/usr/bin/ollama\0serve";
    static const char comfyui[] = "python3\0/opt/ComfyUI/main.py\0--port\0"
                                  "8188";
    make_process(m, 0, "ollama", ollama, sizeof ollama);
    make_process(m, 1, "python3", comfyui, sizeof comfyui);
    if (m->second % 4 == 0) {
        tell_string(m, "discovery", "list /proc", "500\n600\nnet\nself\n");
        tell_string(m, "discovery", "head /proc/net/tcp",
                    "  sl\n   0: 0100007F:2CAA 0:0000 0A 0:0 0:0 0 1000 0 71\n"
                    "   0: 0100007F:1FFC 0:0000 0A 0:0 0:0 0 1000 0 72\n");
        tell_string(m, "discovery", "head /proc/net/tcp6", "  sl\n");
    }
    if (m->second % 60 == 0) {
        buf_puts(&m->text, "200 0.001\n{\"version\":\"0.33.0\"}");
        make_answer(m, "http://127.0.0.1:11434/api/version");
        buf_puts(&m->text,
                 "200 0.001\n{\"system\":{\"comfyui_version\":\"0.33.0\",\"pytorch_version\":"
                 "\"2.11.0\",\"argv\":[\"main.py\"]},\"devices\":[{\"name\":\"cuda:0\","
                 "\"type\":\"cuda\"}]}");
        make_answer(m, "http://127.0.0.1:8188/system_stats");
    }
    if (m->second % 2 == 0) {
        long size = 4000 + dice(m, 20000);
        buf_printf(&m->text,
                   "200 0.%03ld\n{\"models\":[{\"name\":\"model:8b\",\"size\":%ld000000,"
                   "\"size_vram\":%ld000000,\"context_length\":4096,\"details\":{"
                   "\"parameter_size\":\"8.0B\",\"quantization_level\":\"Q4_K_M\"},"
                   "\"expires_at\":\"2026-11-21T1%ld:%02ld:00Z\"}]}",
                   dice(m, 1000), size, dice(m, size + 1), dice(m, 10), dice(m, 60));
        make_answer(m, "http://127.0.0.1:11434/api/ps");
        buf_printf(&m->text, "200 0.001\n{\"exec_info\":{\"queue_remaining\":%ld}}", dice(m, 99));
        make_answer(m, "http://127.0.0.1:8188/prompt");
    }
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct clock_manual time = {START_NS, START_WALL_NS};
    const struct clock_ops clock = clock_manual_ops(&time);
    const struct scrub_identity id = {.hosts = {"noisy"}};
    struct maker m = {.seed = 20261121};
    uint64_t seconds = 0;
    if (argc != 3 || number_u64(argv[1], strlen(argv[1]), 10, &seconds) != 0 || seconds == 0 ||
        seconds > MAX_SECONDS) {
        fputs("usage: noisy_recording SECONDS DIR\n", stderr);
        return 2;
    }
    m.record = record_new(argv[2], scrub_new(&id), &clock, &err);
    if (!m.record) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    buf_init(&m.text, 1 << 20);
    tell_string(&m, "discovery", "sysconf page-size clock-ticks", "4096 100");
    tell_string(&m, "discovery", "link /proc/self/ns/net", "net:[1]");
    int rc = 0;
    for (m.second = 0; m.second <= (long)seconds && rc == 0; m.second++) {
        tell(&m, "collector", "sample", "", 0);
        make_cpu(&m);
        make_memory(&m);
        make_host(&m);
        make_disks(&m);
        make_card(&m);
        make_services(&m);
        clock_manual_advance(&time, NS_PER_S);
        rc = m.second % 60 == 0 ? record_flush(m.record, &err) : 0;
    }
    struct model *model = model_new();
    utf8_copy(model->host.os, sizeof model->host.os, "Debian 12");
    utf8_copy(model->host.kernel, sizeof model->host.kernel, "Linux 6.12.0");
    utf8_copy(model->host.chip_name, sizeof model->host.chip_name, "Example Chip");
    rc = rc < 0 ? rc : record_write_meta(m.record, model, "linux", "1.0.0", &err);
    model_free(model);
    rc = record_close(m.record, &err) < 0 || rc < 0;
    buf_release(&m.text);
    if (rc) {
        fprintf(stderr, "%s\n", err.msg);
    }
    return rc;
}
