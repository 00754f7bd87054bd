/*
 * A long recording: made, played as fast as it goes, and measured. Prints TAP.
 *
 *   replay_day [SECONDS]      3600
 *   replay_day SECONDS DIR    only makes the recording, in DIR (tests/fixtures/recordings)
 *
 * The machine has 8 cores, sensors, a process that comes and goes every four seconds, an Ollama and
 * a ComfyUI whose queue fills and empties. What it does at each second is a formula, so that what
 * the model and the strips hold at the end can be calculated. It must play at least a thousand
 * times as fast as it was recorded, in memory that does not grow.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/collector.h"
#include "sampling/history.h"
#include "sampling/record.h"

enum {
    CORES = 8,
    FACTOR_MIN = 1000,
    GROWTH_MAX_KB = 1024,
    OTHERS = 40, /* processes that stay */
    OLLAMA_PID = 500,
    COMFYUI_PID = 600,
    GUEST_PID = 10000, /* the first of those that come and go */
};
#define START_NS (INT64_C(100) * NS_PER_S)
#define START_WALL_NS (INT64_C(1795255200) * NS_PER_S) /* 2026-11-21T10:00:00Z (date -d) */
#define MEMORY_KB 33554432.0

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true /* their memory and their speed are not the program's */
#else
#define SANITIZED false
#endif

static int count, failed;

static void check(bool good, const char *name)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++count, name);
    failed += !good;
}

/* --- what the machine does --- */

static int busy_ticks(long second) /* of 100, each core */
{
    return (int)(50 + 40 * sin((double)second / 300));
}

static long used_kb(long second)
{
    return 8000000 + second % 3600 * 1000;
}

static int jobs(long second) /* in ComfyUI's queue */
{
    return (int)(second / 60 % 4);
}

/* --- making it --- */

struct maker {
    struct record *record;
    struct buf text;
    long second;
    long busy[CORES], idle[CORES];
};

static void tell(struct maker *m, const char *source, const char *key, const char *data,
                 size_t size, bool with_sample)
{
    const struct reader_read read = {
        source, with_sample ? START_NS + m->second * NS_PER_S : 0, key, 0, data, size};
    record_tee(m->record, &read);
}

static void tell_text(struct maker *m, const char *source, const char *key)
{
    tell(m, source, key, m->text.data, m->text.size, true);
    buf_clear(&m->text);
}

static void make_cpu(struct maker *m)
{
    long all_busy = 0, all_idle = 0;
    for (int i = 0; i < CORES; i++) {
        m->busy[i] += busy_ticks(m->second);
        m->idle[i] += 100 - busy_ticks(m->second);
        all_busy += m->busy[i];
        all_idle += m->idle[i];
    }
    buf_printf(&m->text, "cpu  %ld 0 0 %ld 0 0 0 0 0 0\n", all_busy, all_idle);
    for (int i = 0; i < CORES; i++) {
        buf_printf(&m->text, "cpu%d %ld 0 0 %ld 0 0 0 0 0 0\n", i, m->busy[i], m->idle[i]);
    }
    buf_printf(&m->text, "intr 1 2 3\nctxt %ld\nbtime 1\nprocesses %ld\n", m->second * 999,
               20000 + m->second / 4);
    tell_text(m, "cpu", "file /proc/stat");
    buf_printf(&m->text, "%.2f 1.00 1.00 1/100 %ld\n", busy_ticks(m->second) * CORES / 100.0,
               m->second);
    tell_text(m, "cpu", "file /proc/loadavg");
    for (int i = 0; m->second == 0 && i < 1; i++) {
        tell(m, "cpu", "list /sys/devices/system/cpu/cpufreq", "", 0, true);
    }
}

static void make_memory(struct maker *m)
{
    buf_printf(
        &m->text,
        "MemTotal: %.0f kB\nMemFree: 1000000 kB\nMemAvailable: %.0f kB\nBuffers: 0 kB\n"
        "Cached: 2000000 kB\nShmem: 0 kB\nSReclaimable: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
        MEMORY_KB, MEMORY_KB - (double)used_kb(m->second));
    tell_text(m, "memory", "file /proc/meminfo");
    buf_printf(&m->text, "nr_free_pages %ld\npswpin 0\npswpout 0\npgmajfault %ld\n", m->second,
               m->second / 7);
    tell_text(m, "memory", "file /proc/vmstat");
    buf_puts(&m->text, "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
                       "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    tell_text(m, "memory", "file /proc/pressure/memory");
    tell(m, "memory", "sysconf page_size", "4096", 4, true);
}

static void make_rest(struct maker *m)
{
    buf_printf(&m->text, "%ld.00 1.00\n", 5000 + m->second);
    tell_text(m, "host", "file /proc/uptime");
    tell(m, "host", "file /proc/sys/kernel/hostname", "annas-mac\n", 10, true);
    tell(m, "host", "file /proc/sys/kernel/osrelease", "6.12.0\n", 7, true);
    tell(m, "host", "file /etc/os-release", "NAME=\"Debian\"\nVERSION_ID=\"12\"\n", 29, true);
    tell(m, "host", "file /proc/cpuinfo", "model name\t: Example Chip\n", 25, true);
    tell(m, "thermal", "list /sys/class/hwmon", "hwmon0\n", 7, true);
    tell(m, "thermal", "list /sys/class/hwmon/hwmon0", "name\ntemp1_input\n", 17, true);
    tell(m, "thermal", "file /sys/class/hwmon/hwmon0/name", "k10temp\n", 8, true);
    buf_printf(&m->text, "%d\n", 30000 + busy_ticks(m->second) * 500);
    tell_text(m, "thermal", "file /sys/class/hwmon/hwmon0/temp1_input");
    if (m->second % 10 == 0) {
        buf_printf(&m->text, "500000000000 %ld /dev/sda1 /\n", 400000000000 - m->second * 4096);
        tell_text(m, "disk", "probe disk /");
        tell(m, "disk", "probe disk $OLLAMA_MODELS", "", 0, true);
        tell(m, "disk", "probe disk ~/.ollama/models", "", 0, true);
        tell(m, "disk", "probe disk /usr/share/ollama/.ollama/models", "", 0, true);
        tell(m, "disk", "probe disk list", "/dev/sda1 /\n", 12, true);
        buf_printf(&m->text, "500000000000 %ld /dev/sda1 /\n", 400000000000 - m->second * 4096);
        tell_text(m, "disk", "probe disk mount 0");
    }
}

static void make_process(struct maker *m, long pid, const char *name, const char *argv, size_t size)
{
    char key[64];
    snprintf(key, sizeof key, "file /proc/%ld/stat", pid);
    buf_printf(&m->text,
               "%ld (%s) S 1 1 1 0 -1 4194304 1 0 0 0 %ld 0 0 0 20 0 1 0 %ld 1000000 25600 1\n",
               pid, name, m->second * 10, pid);
    tell_text(m, "discovery", key);
    snprintf(key, sizeof key, "file /proc/%ld/cmdline", pid);
    tell(m, "discovery", key, argv, size, true);
    snprintf(key, sizeof key, "file /proc/%ld/status", pid);
    tell(m, "discovery", key, "Name:\tx\nUid:\t1000\t1000\t1000\t1000\n", 31, true);
}

static void make_processes(struct maker *m)
{
    if (m->second % 4 != 0) {
        return;
    }
    const long guest = GUEST_PID + m->second / 4;
    buf_puts(&m->text, "net\nself\n");
    for (long i = 0; i < OTHERS; i++) {
        buf_printf(&m->text, "%ld\n", 100 + i);
    }
    buf_printf(&m->text, "%d\n%d\n%ld\n", OLLAMA_PID, COMFYUI_PID, guest);
    tell_text(m, "discovery", "list /proc");
    for (long i = 0; i < OTHERS && m->second == 0; i++) {
        make_process(m, 100 + i, "other", "/usr/bin/other\0", 15);
    }
    static const char ollama[] = "/usr/bin/ollama\0serve";
    static const char comfyui[] = "python3\0/opt/ComfyUI/main.py\0--port\0"
                                  "8188";
    make_process(m, OLLAMA_PID, "ollama", ollama, sizeof ollama);
    make_process(m, COMFYUI_PID, "python3", comfyui, sizeof comfyui);
    make_process(m, guest, "guest", "/bin/guest\0", 11);
    buf_puts(&m->text, "  sl\n   0: 0100007F:2CAA 0:0000 0A 0:0 0:0 0 1000 0 71\n"
                       "   0: 0100007F:1FFC 0:0000 0A 0:0 0:0 0 1000 0 72\n");
    tell_text(m, "discovery", "head /proc/net/tcp");
    tell(m, "discovery", "head /proc/net/tcp6", "  sl\n", 5, true);
}

static void make_answer(struct maker *m, const char *url, const char *body)
{
    char key[128];
    snprintf(key, sizeof key, "ask GET %s", url);
    tell(m, "services", key, "", 0, true);
    snprintf(key, sizeof key, "http GET %s", url);
    buf_printf(&m->text, "200 0.001\n%s", body);
    tell_text(m, "services", key);
}

static void make_services(struct maker *m)
{
    char body[512];
    if (m->second % 60 == 0) {
        make_answer(m, "http://127.0.0.1:11434/api/version", "{\"version\":\"0.33.0\"}");
        make_answer(m, "http://127.0.0.1:8188/system_stats",
                    "{\"system\":{\"comfyui_version\":\"0.33.0\",\"pytorch_version\":\"2.11.0\","
                    "\"argv\":[\"main.py\"]},\"devices\":[{\"name\":\"cpu\",\"type\":\"cpu\"}]}");
    }
    if (m->second % 3 == 0) {
        snprintf(body, sizeof body,
                 "{\"models\":[{\"name\":\"model-%ld:8b\",\"size\":5000000000,\"size_vram\":0,"
                 "\"context_length\":4096,\"details\":{\"parameter_size\":\"8.0B\","
                 "\"quantization_level\":\"Q4_K_M\"},\"expires_at\":\"2318-01-01T00:00:00Z\"}]}",
                 m->second / 3600);
        make_answer(m, "http://127.0.0.1:11434/api/ps", body);
    }
    if (m->second % 2 == 0) {
        snprintf(body, sizeof body, "{\"exec_info\":{\"queue_remaining\":%d}}", jobs(m->second));
        make_answer(m, "http://127.0.0.1:8188/prompt", body);
    }
    if (m->second % 5 == 0 && jobs(m->second) > 0) {
        make_answer(m, "http://127.0.0.1:8188/api/jobs?status=in_progress",
                    "{\"jobs\":[{\"id\":\"a\",\"status\":\"in_progress\",\"prompt\":\"a cat\"}]}");
    }
}

static int make(const char *dir, long seconds)
{
    struct err err = ERR_INIT;
    struct clock_manual time = {START_NS, START_WALL_NS};
    const struct clock_ops clock = clock_manual_ops(&time);
    const struct scrub_identity id = {.hosts = {"annas-mac"}};
    struct maker m = {.record = record_new(dir, scrub_new(&id), &clock, &err)};
    if (!m.record) {
        return fprintf(stderr, "%s\n", err.msg) > 0;
    }
    buf_init(&m.text, 1 << 20);
    tell(&m, "discovery", "env OLLAMA_HOST", "", 0, false);
    tell(&m, "discovery", "sysconf page-size clock-ticks", "4096 100", 8, false);
    tell(&m, "discovery", "link /proc/self/ns/net", "net:[1]", 7, false);
    int rc = 0;
    for (m.second = 0; m.second <= seconds && rc == 0; m.second++) {
        tell(&m, "collector", "sample", "", 0, true);
        make_cpu(&m);
        make_memory(&m);
        make_rest(&m);
        make_processes(&m);
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

/* --- playing it --- */

static long resident_kb(void)
{
    FILE *f = fopen("/proc/self/status", "re");
    char line[256];
    long kb = -1;
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "VmRSS:", 6) == 0) {
            kb = strtol(line + 6, NULL, 10);
        }
    }
    if (f) {
        fclose(f);
    }
    return kb;
}

static bool near(const struct reading *r, double wanted, double tolerance)
{
    double value = NAN;
    const bool there = reading_get(r, &value);
    if (!there || fabs(value - wanted) > tolerance) {
        printf("# %g, wanted %g\n", there ? value : NAN, wanted);
        return false;
    }
    return true;
}

static void check_end(const struct model *m, long seconds)
{
    check(m->at_ns == START_NS + seconds * NS_PER_S, "the last sample is that of the last second");
    check(m->wall_ns == START_WALL_NS + seconds * NS_PER_S, "at its wall time");
    check(near(&m->raw[METRIC_HOST_CPU_UTILIZATION], busy_ticks(seconds) / 100.0, 1e-6),
          "CPU of the last second");
    check(near(&m->raw[METRIC_HOST_MEMORY_USED], (double)used_kb(seconds) * 1024, 1),
          "memory used");
    check(m->thermal.sensor_count == 1 &&
              near(&m->thermal.sensors[0].temperature_c, 30 + busy_ticks(seconds) * 0.5, 1e-6),
          "the temperature");
    check(m->disk_count == 1, "the disk");
    bool ollama = false, comfyui = false;
    for (size_t i = 0; i < m->service_count; i++) {
        const struct service_facts *s = m->services[i].facts;
        ollama = ollama || (s->kind == SERVICE_OLLAMA && s->state == SERVICE_UP &&
                            s->pid == OLLAMA_PID && s->model_count == 1);
        comfyui = comfyui ||
                  (s->kind == SERVICE_COMFYUI && s->state == SERVICE_UP && s->pid == COMFYUI_PID);
    }
    check(m->service_count == 2 && ollama && comfyui, "both services are up, with their processes");
    /* The strips: columns of ten seconds, the mean of their samples. */
    enum { STEP = 2, LOOK_BACK = 30 };
    const int64_t now_column = history_time_ns(m->history, m->at_ns) / NS_PER_S /
                               history_step_s[STEP];
    int right = 0;
    for (int64_t column = now_column - LOOK_BACK; column < now_column; column++) {
        const float value = history_column(m->history, HISTORY_CPU, STEP, column);
        const int64_t middle_ns = (column * history_step_s[STEP] + history_step_s[STEP] / 2) *
                                  NS_PER_S;
        const int64_t mono_ns = m->at_ns - (history_time_ns(m->history, m->at_ns) - middle_ns);
        const double wanted = busy_ticks((mono_ns - START_NS) / NS_PER_S) / 100.0;
        right += fabs((double)value - wanted) < 0.03;
    }
    printf("# %d of %d columns\n", right, LOOK_BACK);
    check(right == LOOK_BACK, "the strip of the last five minutes");
}

static void play(const char *dir, long seconds)
{
    struct err err = ERR_INIT;
    struct clock_manual time = {0, 0};
    const struct clock_ops clock = clock_manual_ops(&time);
    const int64_t begun_ns = clock_mono_ns(&clock_real);
    struct reader *reader = reader_new_recording(dir, &clock, &err);
    if (!reader) {
        printf("Bail out! %s: %s\n", err.where, err.msg);
        exit(1);
    }
    const int64_t opened_ns = clock_mono_ns(&clock_real);
    time.mono_ns = reader_first_ns(reader);
    time.wall_ns = reader_wall_start_ns(reader);
    struct config config;
    config_init(&config);
    const struct collector_options o = {.config = &config,
                                        .reader = reader,
                                        .clock = clock,
                                        .interval_ns = NS_PER_S,
                                        .exact = true,
                                        .services = true};
    struct collector *c = collector_new(&o, &err);
    const struct model *m = NULL;
    long begin_kb = 0, middle_kb = 0, samples = 0;
    for (int64_t at = time.mono_ns; c && at >= 0; at = reader_sample_after(reader, at)) {
        clock_manual_advance(&time, at - time.mono_ns);
        collector_step(c);
        m = collector_take(c);
        samples++;
        /* Warm when every buffer has had its largest content: an hour's strips, or a tenth. */
        begin_kb = samples == seconds / 10 ? resident_kb() : begin_kb;
        middle_kb = samples == seconds / 2 ? resident_kb() : middle_kb;
    }
    const long end_kb = resident_kb();
    const double real_s = (double)(clock_mono_ns(&clock_real) - begun_ns) / (double)NS_PER_S;
    const double factor = (double)seconds / real_s;
    printf("# %ld samples in %.2f s (checking the file: %.2f s): %.0f times as fast\n", samples,
           real_s, (double)(opened_ns - begun_ns) / (double)NS_PER_S, factor);
    printf("# resident: %ld KiB at the begin, %ld in the middle, %ld at the end\n", begin_kb,
           middle_kb, end_kb);
    check(c && m, "it plays");
    check(samples == seconds + 1, "every sample");
    if (SANITIZED) {
        printf("# speed and memory are not judged under a sanitizer\n");
    } else {
        check(factor >= FACTOR_MIN, "at least a thousand times as fast as it was recorded");
        check(begin_kb > 0 ? end_kb - begin_kb < GROWTH_MAX_KB : begin_kb < 0,
              "in memory that does not grow");
    }
    if (m) {
        check_end(m, seconds);
    }
    collector_free(c);
    config_release(&config);
    reader_free(reader);
}

int main(int argc, char **argv)
{
    int64_t seconds = 3600;
    char dir[] = "/tmp/tunetop-day.XXXXXX", path[64];
    if (argc > 1 && number_i64(argv[1], strlen(argv[1]), &seconds) != 0) {
        seconds = 0;
    }
    if (argc > 3 || seconds < (argc == 3 ? 1 : 600)) {
        fprintf(stderr, "usage: replay_day [SECONDS, at least 600], or: replay_day SECONDS DIR\n");
        return 2;
    }
    if (argc == 3) {
        return make(argv[2], (long)seconds);
    }
    if (!mkdtemp(dir)) {
        return 1;
    }
    fflush(stdout);
    const pid_t maker = fork(); /* so that its memory does not count */
    if (maker == 0) {
        _exit(make(dir, (long)seconds));
    }
    int status = 1;
    waitpid(maker, &status, 0);
    check(status == 0, "the recording is made");
    struct stat st = {.st_size = 0};
    snprintf(path, sizeof path, "%s/reads.jsonl", dir);
    (void)stat(path, &st);
    printf("# %lld s, %.1f MB\n", (long long)seconds, (double)st.st_size / 1e6);
    if (status == 0) {
        play(dir, (long)seconds);
    }
    (void)unlink(path);
    snprintf(path, sizeof path, "%s/meta.json", dir);
    (void)unlink(path);
    (void)rmdir(dir);
    printf("1..%d\n", count);
    return failed > 0;
}
