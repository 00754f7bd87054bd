/*
 * Is what status --json says true? Reads /proc itself, with its own arithmetic, while nothing, half
 * and all of the cores are kept busy, and compares.
 *
 *   truth TUNETOP            once under each load; prints TAP
 *   truth TUNETOP SECONDS    over and over, the load changing every half minute; prints a table
 *
 * Method: /proc is read before tunetop starts and after it ended. Its own two samples lie GAP apart
 * inside that window of W seconds, so a ratio that it reports may differ from ours by what can have
 * happened in the W - GAP seconds that it did not see: tolerance = (W - GAP) / GAP, and 3 points
 * for the kernel's ticks of 1/100 s (one a core at each end of both windows). A machine too loaded
 * to keep W - GAP below 0.1 s makes that attempt void; of ten attempts one must count. Sizes of
 * memory must lie between the values before and after, widened by 1 % of the total, because the
 * system goes on allocating between; totals, used = total - available, and the kernel's name must
 * be exact. Load averages must lie between those before and after, to the kernel's two decimals.
 *
 * The deviation of a ratio is its distance from ours; that of a value which must lie between two
 * readings is its distance from the nearer one when it lies outside, else 0.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GAP_S 1.0
#define GAP_TEXT "1"
#define LATE_S 0.1
#define TICK_TOLERANCE 0.03
#define MEMORY_TOLERANCE 0.01
#define PHASE_S 30.0 /* of one load, in a long run */
enum { CPUS_MAX = 1024, ATTEMPTS = 10, OUTPUT_MAX = 4 * 1024 * 1024, VALUES_MAX = 32 };

struct cpu {
    double busy, idle, iowait, steal;
};
struct snapshot {
    double at_s; /* CLOCK_BOOTTIME, as the uptime counts */
    int cpu_count;
    int number[CPUS_MAX];
    struct cpu all, cpu[CPUS_MAX];
    double total, available, cached, swap_total, swap_used, load[3];
};

static struct snapshot before, after;
static int tests, failures;

/* What a long run says about one value. */
struct value {
    const char *name;
    int comparisons, failures;
    double worst, allowed; /* the largest deviation, and what it might have been then */
};
static struct value values[VALUES_MAX];
static int value_count;
static bool long_run;

static void account(const char *name, bool good, double deviation, double allowed)
{
    int i = 0;
    while (i < value_count && strcmp(values[i].name, name) != 0) {
        i++;
    }
    if (i == VALUES_MAX) {
        return;
    }
    if (i == value_count) {
        values[value_count++] = (struct value){.name = name, .worst = -1};
    }
    values[i].comparisons++;
    values[i].failures += !good;
    if (deviation > values[i].worst) {
        values[i].worst = deviation;
        values[i].allowed = allowed;
    }
}

/* "load" is only for people; "allowed" is the part of low to high that no reading accounts for. */
static void report(bool good, const char *load, const char *name, double got, double low,
                   double high, double allowed)
{
    failures += !good;
    tests++;
    if (!long_run) {
        printf("%s %d - %s%s%s\n", good ? "ok" : "not ok", tests, load, *load ? ": " : "", name);
    } else {
        account(name, good, fmax(fmax(low + allowed - got, got - high + allowed), 0), allowed);
        if (!good) {
            printf("failed, comparison %d, %s: %s\n", tests, load, name);
        }
    }
    if (!good) {
        printf("# got %.6f, wanted %.6f to %.6f\n", got, low, high);
    }
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- /proc ---- */

static bool read_stat(struct snapshot *s)
{
    char line[1024];
    FILE *f = fopen("/proc/stat", "r");
    if (!f) {
        return false;
    }
    s->cpu_count = 0;
    while (fgets(line, sizeof line, f)) {
        double v[8] = {0};
        int n = 0;
        if (strncmp(line, "cpu", 3) != 0) {
            continue;
        }
        char *p = strchr(line, ' ');
        if (!p || sscanf(p, "%lf %lf %lf %lf %lf %lf %lf %lf", &v[0], &v[1], &v[2], &v[3], &v[4],
                         &v[5], &v[6], &v[7]) < 4) {
            continue;
        }
        /* user nice system idle iowait irq softirq steal; the guests' time is in user and nice
         * already */
        const struct cpu c = {v[0] + v[1] + v[2] + v[5] + v[6], v[3], v[4], v[7]};
        if (line[3] == ' ') {
            s->all = c;
        } else if (sscanf(line + 3, "%d", &n) == 1 && s->cpu_count < CPUS_MAX) {
            s->number[s->cpu_count] = n;
            s->cpu[s->cpu_count++] = c;
        }
    }
    fclose(f);
    return s->cpu_count > 0;
}

static bool read_meminfo(struct snapshot *s)
{
    static const char *const name[] = {"MemTotal", "MemAvailable", "Cached",    "Buffers",
                                       "Shmem",    "SReclaimable", "SwapTotal", "SwapFree"};
    double v[8] = {0};
    char line[256], key[64];
    double kib = 0;
    FILE *f = fopen("/proc/meminfo", "r");
    if (!f) {
        return false;
    }
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%63[^:]: %lf", key, &kib) == 2) {
            for (int i = 0; i < 8; i++) {
                if (strcmp(key, name[i]) == 0) {
                    v[i] = kib * 1024;
                }
            }
        }
    }
    fclose(f);
    s->total = v[0];
    s->available = v[1];
    s->cached = v[2] + v[3] + v[5] - v[4];
    s->swap_total = v[6];
    s->swap_used = v[6] - v[7];
    return s->total > 0;
}

static bool snapshot_take(struct snapshot *s)
{
    FILE *f = fopen("/proc/loadavg", "r");
    bool good = f && fscanf(f, "%lf %lf %lf", &s->load[0], &s->load[1], &s->load[2]) == 3;
    if (f) {
        fclose(f);
    }
    s->at_s = now_s();
    return good && read_meminfo(s) && read_stat(s);
}

/* ---- the program ---- */

static char output[OUTPUT_MAX + 1];

static cJSON *run_status(const char *program)
{
    int fd[2], status = 0;
    size_t size = 0;
    if (pipe(fd) < 0) {
        return NULL;
    }
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(fd[1], STDOUT_FILENO);
        close(fd[0]);
        close(fd[1]);
        execl(program, program, "status", "--json", "--gap", GAP_TEXT, (char *)NULL);
        _exit(127);
    }
    close(fd[1]);
    for (ssize_t n = 1; n != 0 && size < OUTPUT_MAX;) {
        n = read(fd[0], output + size, OUTPUT_MAX - size);
        if (n < 0 && errno != EINTR) {
            break;
        }
        size += n > 0 ? (size_t)n : 0;
    }
    close(fd[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    output[size] = '\0';
    return status == 0 ? cJSON_Parse(output) : NULL;
}

/* NAN: null or missing. "cpu.tiers" and such; no lists. */
static double field(const cJSON *json, const char *group, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, group),
                                                      name);
    return cJSON_IsNumber(v) ? v->valuedouble : NAN;
}

/* ---- comparing ---- */

static struct cpu shares(const struct cpu *a, const struct cpu *b)
{
    const double total = b->busy - a->busy + b->idle - a->idle + b->iowait - a->iowait + b->steal -
                         a->steal;
    const struct cpu c = {(b->busy - a->busy) / total, (b->idle - a->idle) / total,
                          (b->iowait - a->iowait) / total, (b->steal - a->steal) / total};
    return total > 0 ? c : (struct cpu){NAN, NAN, NAN, NAN};
}

static void between(const char *load, const char *name, double got, double a, double b,
                    double slack)
{
    const double low = fmin(a, b) - slack, high = fmax(a, b) + slack;
    report(got >= low && got <= high, load, name, got, low, high, slack);
}

static void near(const char *load, const char *name, double got, double wanted, double tolerance)
{
    between(load, name, got, wanted, wanted, tolerance);
}

static void compare_cpu(const char *load, const cJSON *json)
{
    const double window_s = after.at_s - before.at_s;
    const double tolerance = (window_s - GAP_S) / GAP_S + TICK_TOLERANCE;
    const struct cpu all = shares(&before.all, &after.all);
    const cJSON *cores = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(json, "cpu"), "cores");
    near(load, "CPU", field(json, "cpu", "utilization_ratio"), all.busy, tolerance);
    near(load, "steal", field(json, "cpu", "steal_ratio"), all.steal, tolerance);
    near(load, "iowait", field(json, "cpu", "iowait_ratio"), all.iowait, tolerance);
    int matched = 0;
    double worst = 0;
    for (int i = 0; i < after.cpu_count; i++) {
        const struct cpu one = shares(&before.cpu[i], &after.cpu[i]);
        const cJSON *core = NULL;
        cJSON_ArrayForEach(core, cores) {
            const cJSON *index = cJSON_GetObjectItemCaseSensitive(core, "index");
            const cJSON *used = cJSON_GetObjectItemCaseSensitive(core, "utilization_ratio");
            if (cJSON_IsNumber(index) && index->valueint == after.number[i] &&
                cJSON_IsNumber(used)) {
                matched++;
                worst = fmax(worst, fabs(used->valuedouble - one.busy));
            }
        }
    }
    between(load, "every core is there", matched, after.cpu_count, after.cpu_count, 0);
    near(load, "each core, the worst difference", worst, 0, tolerance);
}

static void compare_rest(const char *load, const cJSON *json)
{
    const double slack = before.total * MEMORY_TOLERANCE;
    const double total = field(json, "memory", "total_bytes");
    const double available = field(json, "memory", "available_bytes");
    between(load, "memory total", total, before.total, before.total, 0);
    between(load, "memory available", available, before.available, after.available, slack);
    between(load, "memory used is total less available", field(json, "memory", "used_bytes"),
            total - available, total - available, 0);
    between(load, "cache", field(json, "memory", "cached_bytes"), before.cached, after.cached,
            slack);
    between(load, "swap total", field(json, "memory", "swap_total_bytes"), before.swap_total,
            before.swap_total, 0);
    between(load, "swap used", field(json, "memory", "swap_used_bytes"), before.swap_used,
            after.swap_used, slack);
    const cJSON *loads = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(json, "cpu"), "load_average");
    for (int i = 0; i < 3; i++) {
        const cJSON *one = cJSON_GetArrayItem(loads, i);
        between(load, "load average", cJSON_IsNumber(one) ? one->valuedouble : NAN, before.load[i],
                after.load[i], 0.0001);
    }
    /* CLOCK_BOOTTIME is what /proc/uptime counts; the names were read some time inside the
     * window. */
    between(load, "uptime", field(json, "host", "uptime_seconds"), before.at_s, after.at_s, 1);
}

/* ---- load ---- */

static pid_t spinner[CPUS_MAX];
static int spinner_count;

static void spin(int count)
{
    for (spinner_count = 0; spinner_count < count && spinner_count < CPUS_MAX; spinner_count++) {
        const pid_t pid = fork();
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            /* Fills what is left over: the readings must not be late because of it. */
            setpriority(PRIO_PROCESS, 0, 19);
            for (volatile unsigned long n = 0;; n++) {
            }
        }
        spinner[spinner_count] = pid;
    }
}

static void rest(void)
{
    for (int i = 0; i < spinner_count; i++) {
        kill(spinner[i], SIGKILL);
        waitpid(spinner[i], NULL, 0);
    }
    spinner_count = 0;
}

/* One status --json between two readings; NULL and a failure when there was none. */
static cJSON *sample(const char *program, const char *load)
{
    bool good = snapshot_take(&before);
    cJSON *json = run_status(program);
    good = snapshot_take(&after) && good;
    if (good && json) {
        return json;
    }
    cJSON_Delete(json);
    report(false, load, "status --json and /proc can be read", 0, 1, 1, 0);
    return NULL;
}

/* Whether a busy loop for each core keeps all of them busy: not where this process is held on some.
 */
static bool may_use_all(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) >= after.cpu_count;
}

/* False when the window was too long to say anything. */
static bool compare(const char *load, const cJSON *json, int spinners)
{
    if (after.at_s - before.at_s - GAP_S > LATE_S) {
        return false;
    }
    compare_cpu(load, json);
    compare_rest(load, json);
    if (spinners >= after.cpu_count && may_use_all()) {
        /* With a busy loop for each core nothing is idle: what is not used was stolen. */
        near(load, "used and stolen are all there is",
             field(json, "cpu", "utilization_ratio") + field(json, "cpu", "steal_ratio"), 1, 0.05);
    }
    return true;
}

/* Compares once under this load. */
static void scenario(const char *program, const char *load, int spinners)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        spin(spinners);
        cJSON *json = sample(program, load);
        rest();
        if (!json) {
            return;
        }
        printf("# %s: %d of %d cores kept busy, window %.3f s\n", load, spinners, after.cpu_count,
               after.at_s - before.at_s);
        const bool counted = compare(load, json, spinners);
        cJSON_Delete(json);
        if (counted) {
            return;
        }
    }
    printf("ok %d - %s # SKIP too loaded to measure: the window was never short enough\n", ++tests,
           load);
}

/* ---- a long run ---- */

static void print_value(const struct value *v)
{
    /* The names are those of compare_cpu() and compare_rest(). */
    const bool bytes = strncmp(v->name, "memory", 6) == 0 || strncmp(v->name, "swap", 4) == 0 ||
                       strcmp(v->name, "cache") == 0;
    const bool plain = strncmp(v->name, "load", 4) == 0 || strncmp(v->name, "every", 5) == 0;
    const bool time = strcmp(v->name, "uptime") == 0;
    const double scale = bytes ? 1 / (1024.0 * 1024) : plain || time ? 1 : 100;
    const char *unit = bytes ? " MiB" : plain ? "" : time ? " s" : " points";
    printf("| %s | %d | %.2f%s | %.2f%s | %d |\n", v->name, v->comparisons, v->worst * scale, unit,
           v->allowed * scale, unit, v->failures);
}

static int run_long(const char *program, double seconds)
{
    const int cpus = before.cpu_count;
    const double start_s = now_s();
    int counted[3] = {0}, passed_over = 0, unreadable = 0;
    unsigned phase = 3; /* none yet */
    long_run = true;
    while (now_s() - start_s < seconds && unreadable < ATTEMPTS) {
        const unsigned wanted = (unsigned)((now_s() - start_s) / PHASE_S) % 3;
        const char *load = wanted == 0 ? "idle" : wanted == 1 ? "half" : "all";
        const int spinners = wanted == 0 ? 0 : wanted == 1 ? (cpus + 1) / 2 : cpus;
        if (wanted != phase) {
            phase = wanted;
            rest();
            spin(spinners);
        }
        cJSON *json = sample(program, load);
        if (!json) {
            unreadable++;
            continue;
        }
        const bool good = compare(load, json, spinners);
        cJSON_Delete(json);
        counted[wanted] += good;
        passed_over += !good;
    }
    rest();
    printf(
        "%d comparisons in %.0f s on %d cores: %d readings idle, %d with half and %d with all of "
        "the cores kept busy;\n%d readings passed over because their window was more than %.0f ms"
        " too long; %d failures\n\n",
        tests, now_s() - start_s, cpus, counted[0], counted[1], counted[2], passed_over,
        LATE_S * 1e3, failures);
    puts("| value | comparisons | worst deviation | allowed then | failures |");
    puts("| --- | ---: | ---: | ---: | ---: |");
    for (int i = 0; i < value_count; i++) {
        print_value(&values[i]);
    }
    if (tests == 0) {
        puts("\ntoo loaded to measure: the window was never short enough");
    }
    return failures != 0 || tests == 0;
}

int main(int argc, char **argv)
{
    struct utsname kernel;
    const double seconds = argc == 3 ? strtod(argv[2], NULL) : 0;
    if (argc != 2 && !(argc == 3 && seconds > 0 && seconds < 1e6)) {
        fputs("usage: truth TUNETOP [SECONDS]\n", stderr);
        return 2;
    }
    if (!snapshot_take(&before)) {
        puts("1..0 # SKIP no /proc to compare with");
        return 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* so that no child inherits what is not printed yet */
    if (argc == 3) {
        return run_long(argv[1], seconds);
    }
    const int cpus = before.cpu_count;
    scenario(argv[1], "idle", 0);
    scenario(argv[1], "half", (cpus + 1) / 2);
    scenario(argv[1], "all", cpus);

    cJSON *json = run_status(argv[1]);
    char name[256];
    const cJSON *told = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(json, "host"), "kernel");
    uname(&kernel);
    snprintf(name, sizeof name, "%.100s %.100s", kernel.sysname, kernel.release);
    report(cJSON_IsString(told) && strncmp(told->valuestring, name, 63) == 0, "",
           "name of the kernel", 0, 0, 0, 0);
    cJSON_Delete(json);
    printf("1..%d\n", tests);
    return failures != 0;
}
