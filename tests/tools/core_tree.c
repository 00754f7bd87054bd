/*
 * A machine of many cores for --sysroot, whose counters move.
 *
 *   core_tree CORES DIR
 *
 * Writes the files that tunetop reads of a machine's cores and memory below DIR, prints "ready",
 * and from then on moves all counters once a second until its standard input closes. The files are
 * rewritten in place: a reader that keeps its descriptor open sees the new text, as with the
 * kernel's own files. A reader may meet a half rewritten file; so every number keeps its count of
 * digits for days, and the worst that such a read shows is some cores a second older than others.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    CORES_MAX = 1024,
    PATH_BYTES = 1024,
    TEXT_BYTES = 256 * 1024, /* 80 bytes a core in stat, 200 in cpuinfo */
    HZ = 100,                /* ticks a second of /proc/stat */
    /* Eight digits from the start; they stay eight for ten days at the fastest counter here. */
    FIRST_COUNT = 10 * 1000 * 1000,
};
static const double total_kib = 96.0 * 1024 * 1024, swap_kib = 16.0 * 1024 * 1024;

struct core {
    double user, system, idle, iowait, softirq; /* ticks */
    int frequency_fd;
    double busy; /* 0 to 1, of the last second */
};

static const char *root;
static int core_count;
static struct core cores[CORES_MAX];
static char text[TEXT_BYTES];
static size_t text_size;

static _Noreturn void die(const char *what, const char *path)
{
    fprintf(stderr, "core_tree: %s '%s': %s\n", what, path, strerror(errno));
    exit(1);
}

static void start_text(void)
{
    text_size = 0;
}

static void __attribute__((format(printf, 1, 2))) add(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(text + text_size, sizeof text - text_size, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof text - text_size) {
        fputs("core_tree: a file is too long\n", stderr);
        exit(1);
    }
    text_size += (size_t)n;
}

/* Makes the folders above the file and the file; the descriptor stays with the caller. */
static int create(const char *path)
{
    char whole[PATH_BYTES];
    const int n = snprintf(whole, sizeof whole, "%s%s", root, path);
    if (n < 0 || (size_t)n >= sizeof whole) {
        errno = ENAMETOOLONG;
        die("cannot write", path);
    }
    for (char *p = strchr(whole + strlen(root) + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
        *p = '\0';
        if (mkdir(whole, 0777) < 0 && errno != EEXIST) {
            die("cannot make", whole);
        }
        *p = '/';
    }
    const int fd = open(whole, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        die("cannot write", whole);
    }
    return fd;
}

/* Puts the text in place of what is there; longer first, then cut, so that it is never empty. */
static void rewrite(int fd, const char *name)
{
    if (pwrite(fd, text, text_size, 0) != (ssize_t)text_size ||
        ftruncate(fd, (off_t)text_size) < 0) {
        die("cannot write", name);
    }
}

static void write_once(const char *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void write_once(const char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_size = n > 0 ? (size_t)n : 0;
    const int fd = create(path);
    rewrite(fd, path);
    close(fd);
}

/* --- what stays --- */

static void write_cpuinfo(void)
{
    start_text();
    for (int i = 0; i < core_count; i++) {
        add("processor\t: %d\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 9754\n"
            "cpu MHz\t\t: 2250.000\nflags\t\t: fpu vme de pse tsc msr pae sse sse2 ht avx2\n\n",
            i);
    }
    const int fd = create("/proc/cpuinfo");
    rewrite(fd, "/proc/cpuinfo");
    close(fd);
}

static void write_still(void)
{
    char path[128];
    write_once("/proc/sys/kernel/hostname", "cores%d\n", core_count);
    write_once("/proc/sys/kernel/osrelease", "6.12.48-amd64\n");
    write_once("/proc/uptime", "318422.55 9871234.10\n");
    write_once("/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n");
    write_once("/sys/devices/system/cpu/online", "0-%d\n", core_count - 1);
    write_cpuinfo();
    for (int i = 0; i < core_count; i++) {
        static const char policy[] = "/sys/devices/system/cpu/cpufreq/policy";
        static const char cpu[] = "/sys/devices/system/cpu/cpu";
        snprintf(path, sizeof path, "%s%d/related_cpus", policy, i);
        write_once(path, "%d\n", i);
        snprintf(path, sizeof path, "%s%d/cpuinfo_max_freq", policy, i);
        write_once(path, "3100000\n");
        snprintf(path, sizeof path, "%s%d/scaling_cur_freq", policy, i);
        cores[i].frequency_fd = create(path);
        snprintf(path, sizeof path, "%s%d/topology/core_id", cpu, i);
        write_once(path, "%d\n", i);
        snprintf(path, sizeof path, "%s%d/topology/physical_package_id", cpu, i);
        write_once(path, "0\n");
    }
}

/* --- what moves --- */

static int stat_fd, meminfo_fd, loadavg_fd, vmstat_fd, pressure_fd;

/* Each core swings between 5 and 95 % in some 40 s, each at another point of it. */
static void advance(double at_s, double passed_s)
{
    for (int i = 0; i < core_count; i++) {
        struct core *c = &cores[i];
        const double ticks = passed_s * HZ;
        c->busy = 0.5 + 0.45 * sin(at_s / 6.5 + i * 0.7);
        c->user += ticks * c->busy * 0.8;
        c->system += ticks * c->busy * 0.17;
        c->softirq += ticks * c->busy * 0.03;
        c->iowait += ticks * (1 - c->busy) * 0.1;
        c->idle += ticks * (1 - c->busy) * 0.9;
    }
}

static void add_ticks(const struct core *c)
{
    add(" %.0f 0 %.0f %.0f %.0f 0 %.0f 0 0 0\n", c->user, c->system, c->idle, c->iowait,
        c->softirq);
}

static void write_stat(double at_s)
{
    struct core all = {0};
    for (int i = 0; i < core_count; i++) {
        all.user += floor(cores[i].user);
        all.system += floor(cores[i].system);
        all.idle += floor(cores[i].idle);
        all.iowait += floor(cores[i].iowait);
        all.softirq += floor(cores[i].softirq);
    }
    start_text();
    add("cpu ");
    add_ticks(&all);
    for (int i = 0; i < core_count; i++) {
        add("cpu%d", i);
        add_ticks(&cores[i]);
    }
    add("intr %.0f 0 9\nctxt %.0f\nbtime 1763400000\nprocesses %d\nprocs_running %d\n",
        FIRST_COUNT + at_s * 900, FIRST_COUNT + at_s * 1700, FIRST_COUNT, 1 + core_count / 2);
    rewrite(stat_fd, "/proc/stat");
}

static void write_memory(double at_s)
{
    const double used = total_kib * (0.45 + 0.25 * sin(at_s / 11)), cached = total_kib * 0.2;
    const double swapped = swap_kib * (0.2 + 0.05 * sin(at_s / 17));
    start_text();
    add("MemTotal:       %8.0f kB\nMemFree:        %8.0f kB\nMemAvailable:   %8.0f kB\n"
        "Buffers:        %8.0f kB\nCached:         %8.0f kB\nSwapCached:            0 kB\n"
        "SwapTotal:      %8.0f kB\nSwapFree:       %8.0f kB\nZswap:                 0 kB\n"
        "Shmem:          %8.0f kB\nSReclaimable:   %8.0f kB\n",
        total_kib, (total_kib - used) * 0.5, total_kib - used, 400000.0, cached, swap_kib,
        swap_kib - swapped, 200000.0, 900000.0);
    rewrite(meminfo_fd, "/proc/meminfo");
    start_text();
    add("nr_free_pages %.0f\npswpin %.0f\npswpout %.0f\n", (total_kib - used) * 0.5 / 4,
        FIRST_COUNT + at_s * 40, FIRST_COUNT + at_s * 90);
    rewrite(vmstat_fd, "/proc/vmstat");
    const double some = 1.5 + sin(at_s / 9);
    start_text();
    add("some avg10=%.2f avg60=1.20 avg300=0.80 total=%.0f\n"
        "full avg10=%.2f avg60=0.30 avg300=0.10 total=%.0f\n",
        some, FIRST_COUNT + at_s * 15000, some / 4, FIRST_COUNT + at_s * 4000);
    rewrite(pressure_fd, "/proc/pressure/memory");
}

static void write_moving(double at_s)
{
    const double load = core_count * (0.5 + 0.05 * sin(at_s / 8));
    write_stat(at_s);
    write_memory(at_s);
    start_text();
    add("%.2f %.2f %.2f %d/1093 401223\n", load, load * 0.95, load * 0.9, 1 + core_count / 2);
    rewrite(loadavg_fd, "/proc/loadavg");
    for (int i = 0; i < core_count; i++) {
        start_text();
        add("%.0f\n", 1500000 + cores[i].busy * 1600000);
        rewrite(cores[i].frequency_fd, "scaling_cur_freq");
    }
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Waits until then; false when standard input was closed before. */
static bool wait_until(double then_s)
{
    for (;;) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        const double left_s = then_s - now_s();
        if (left_s <= 0) {
            return true;
        }
        if (poll(&input, 1, (int)(left_s * 1e3) + 1) > 0) {
            char thrown_away[64];
            if (read(STDIN_FILENO, thrown_away, sizeof thrown_away) <= 0) {
                return false;
            }
        }
    }
}

int main(int argc, char **argv)
{
    core_count = argc == 3 ? (int)strtol(argv[1], NULL, 10) : 0;
    if (core_count < 1 || core_count > CORES_MAX) {
        fprintf(stderr, "usage: core_tree CORES DIR   (1 to %d cores)\n", CORES_MAX);
        return 2;
    }
    root = argv[2];
    for (int i = 0; i < core_count; i++) {
        cores[i].user = cores[i].idle = FIRST_COUNT + i * 1000.0;
        cores[i].system = cores[i].iowait = cores[i].softirq = FIRST_COUNT;
    }
    write_still();
    stat_fd = create("/proc/stat");
    meminfo_fd = create("/proc/meminfo");
    loadavg_fd = create("/proc/loadavg");
    vmstat_fd = create("/proc/vmstat");
    pressure_fd = create("/proc/pressure/memory");
    const double start_s = now_s();
    double last_s = start_s;
    write_moving(0);
    puts("ready");
    fflush(stdout);
    for (int second = 1; wait_until(start_s + second); second++) {
        const double at_s = now_s();
        advance(at_s - start_s, at_s - last_s);
        write_moving(at_s - start_s);
        last_s = at_s;
    }
    return 0;
}
