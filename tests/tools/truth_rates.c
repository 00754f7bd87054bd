/*
 * Are the rates of status --json true? Disks and networks under a load of our own, against the
 * kernel's counters read independently.
 *
 *   truth_rates TUNETOP FOLDER            once each; prints TAP
 *   truth_rates TUNETOP FOLDER SECONDS    over and over; prints TAP
 *
 * A child writes and reads back a file in FOLDER, past the cache, another sends over loopback, both
 * in bursts. While tunetop takes its two samples, GAP apart, /proc/diskstats and /proc/net/dev are
 * read here every few milliseconds. Nothing says when exactly tunetop read them: so the rate that
 * it gives must be one that some window of GAP within that time had, by our own arithmetic. Its two
 * reads may lie a little further apart than asked, or closer together where the first round has
 * files to open before it: APART_S is allowed.
 */
#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GAP_S 1.0
#define GAP_TEXT "1"
#define APART_S 0.15
#define EVERY_MS 4
/* Of a rate: where its window lies between two of our reads. */
#define TOLERANCE 0.02
enum { POINTS_MAX = 8192, OUTPUT_MAX = 4 * 1024 * 1024, NAME_MAX_BYTES = 64, BLOCK = 1 << 20 };

enum counter { READ, WRITTEN, BUSY_MS, RECEIVED, SENT, COUNTERS };
struct point {
    double at_s, v[COUNTERS];
};
static struct point points[POINTS_MAX];
static int point_count;
static char disk[NAME_MAX_BYTES]; /* the device of "/", as tunetop calls it */
static int tests, failures;

static void report(bool good, const char *name)
{
    printf("%s %d - %s\n", good ? "ok" : "not ok", ++tests, name);
    failures += !good;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- counters, by our own reading ---- */

static void read_disk(struct point *p)
{
    char line[512], name[NAME_MAX_BYTES];
    double v[9];
    FILE *f = fopen("/proc/diskstats", "r");
    while (f && fgets(line, sizeof line, f)) {
        /* reads, merged, sectors, ms, writes, merged, sectors, ms, in flight, ms busy */
        if (sscanf(line, "%*u %*u %63s %*u %*u %lf %*u %*u %*u %lf %*u %*u %lf", name, &v[0], &v[1],
                   &v[2]) == 4 &&
            strcmp(name, disk) == 0) {
            p->v[READ] = v[0] * 512; /* sectors of 512 bytes, always */
            p->v[WRITTEN] = v[1] * 512;
            p->v[BUSY_MS] = v[2];
        }
    }
    if (f) {
        fclose(f);
    }
}

static void read_network(struct point *p)
{
    char line[512];
    FILE *f = fopen("/proc/net/dev", "r");
    while (f && fgets(line, sizeof line, f)) {
        const char *colon = strstr(line, "lo:");
        if (colon) {
            (void)sscanf(colon + 3, "%lf %*f %*f %*f %*f %*f %*f %*f %lf", &p->v[RECEIVED],
                         &p->v[SENT]);
        }
    }
    if (f) {
        fclose(f);
    }
}

static void take_point(void)
{
    if (point_count == POINTS_MAX) {
        return;
    }
    struct point *p = &points[point_count++];
    *p = (struct point){.at_s = now_s()};
    read_disk(p);
    read_network(p);
}

/* ---- the program ---- */

static char output[OUTPUT_MAX + 1];

/* Reads the counters over and over while it runs. */
static cJSON *run_status(const char *program, bool watch)
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
    for (bool open = true; open;) {
        struct pollfd p = {.fd = fd[0], .events = POLLIN};
        if (watch) {
            take_point();
        }
        if (poll(&p, 1, watch ? EVERY_MS : -1) > 0) {
            const ssize_t n = read(fd[0], output + size, OUTPUT_MAX - size);
            open = n > 0 || (n < 0 && errno == EINTR);
            size += n > 0 ? (size_t)n : 0;
        }
    }
    close(fd[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    output[size] = '\0';
    return status == 0 ? cJSON_Parse(output) : NULL;
}

static const cJSON *named(const cJSON *json, const char *list, const char *key, const char *value)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(json, list)) {
        const cJSON *text = cJSON_GetObjectItemCaseSensitive(one, key);
        if (cJSON_IsString(text) && strcmp(text->valuestring, value) == 0) {
            return one;
        }
    }
    return NULL;
}

static double number(const cJSON *json, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsNumber(v) ? v->valuedouble : NAN;
}

/* ---- load ---- */

static pid_t children[2];
static int child_count;
static int receiver = -1;

static pid_t child(void)
{
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    return pid;
}

static void rest_ms(long ms)
{
    const struct timespec t = {.tv_nsec = ms * 1000000};
    nanosleep(&t, NULL);
}

static void load_disk(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/truth_rates.%d", folder, (int)getpid());
    const pid_t pid = child();
    if (pid != 0) {
        children[child_count++] = pid;
        return;
    }
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    char *block = malloc(BLOCK);
    if (fd < 0 || !block) {
        _exit(1);
    }
    unlink(path);
    for (unsigned i = 0;; i++) {
        memset(block, (int)i, BLOCK);
        (void)!pwrite(fd, block, BLOCK, (off_t)(i % 8) * BLOCK);
        fdatasync(fd);
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        (void)!pread(fd, block, BLOCK, (off_t)(i % 8) * BLOCK);
        rest_ms(i % 50 < 25 ? 10 : 40); /* no steady rate: a wrong window is seen */
    }
}

/* Datagrams, so that no answer of the kernel's adds to what is sent. */
static bool load_network(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof to;
    receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (receiver < 0 || bind(receiver, (struct sockaddr *)&to, sizeof to) < 0 ||
        getsockname(receiver, (struct sockaddr *)&to, &size) < 0) {
        return false;
    }
    const pid_t pid = child();
    if (pid != 0) {
        children[child_count++] = pid;
        return pid > 0;
    }
    static char text[8192];
    for (unsigned i = 0;; i++) {
        (void)!sendto(receiver, text, sizeof text, 0, (struct sockaddr *)&to, sizeof to);
        rest_ms(i % 200 < 100 ? 1 : 4);
    }
}

static void end_load(void)
{
    for (int i = 0; i < child_count; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
    child_count = 0;
    if (receiver >= 0) {
        close(receiver);
    }
    receiver = -1;
}

/* ---- comparing ---- */

/* The lowest and highest rate that a window of GAP had. */
static bool windows(enum counter which, double *low, double *high)
{
    bool any = false;
    for (int i = 0, k = 0; i < point_count; i++) {
        while (k < point_count && points[k].at_s - points[i].at_s < GAP_S - APART_S) {
            k++;
        }
        for (int j = k; j < point_count && points[j].at_s - points[i].at_s < GAP_S + APART_S; j++) {
            const double rate = (points[j].v[which] - points[i].v[which]) /
                                (points[j].at_s - points[i].at_s);
            *low = any ? fmin(*low, rate) : rate;
            *high = any ? fmax(*high, rate) : rate;
            any = true;
        }
    }
    return any;
}

/* The kernel adds the time a disk was busy in ticks of its clock: 10 ms at CONFIG_HZ=100. */
#define TICK_MS 10

/* quantum: what the counter jumps by. */
static void compare_counted(const char *what, enum counter which, double scale, double quantum,
                            double got)
{
    double low = 0, high = 0;
    char name[256];
    if (!windows(which, &low, &high)) {
        printf("ok %d - %s # SKIP too loaded to measure: no two reads were near a second apart\n",
               ++tests, what);
        return;
    }
    low = low * scale * (1 - TOLERANCE) - quantum * scale;
    high = high * scale * (1 + TOLERANCE) + quantum * scale;
    snprintf(name, sizeof name, "%s: %.4g is what some second had (%.4g to %.4g)", what, got, low,
             high);
    report(got >= low && got <= high, name);
}

static void compare(const char *what, enum counter which, double scale, double got)
{
    compare_counted(what, which, scale, 0, got);
}

static void round_of(const char *program, const char *folder)
{
    point_count = 0;
    load_disk(folder);
    const bool sends = load_network();
    /* Both are at work. */
    for (double begin = now_s(); now_s() - begin < 5; rest_ms(20)) {
        point_count = 0;
        take_point();
        static struct point first;
        if (first.at_s < begin) {
            first = points[0];
        }
        if ((points[0].v[WRITTEN] > first.v[WRITTEN] || disk[0] == '\0') &&
            (!sends || points[0].v[SENT] > first.v[SENT])) {
            break;
        }
    }
    point_count = 0;
    cJSON *json = run_status(program, true);
    end_load();
    if (!json) {
        report(false, "status --json");
        return;
    }
    const cJSON *d = named(json, "disks", "mount", "/"), *n = named(json, "networks", "name", "lo");
    if (disk[0] != '\0' && points[0].v[BUSY_MS] > 0) {
        compare("read from the disk", READ, 1, number(d, "read_bytes_per_second"));
        compare("written to the disk", WRITTEN, 1, number(d, "write_bytes_per_second"));
        /* The kernel adds whole milliseconds when a request ends: may be a little over. */
        compare_counted("busy", BUSY_MS, 1e-3, TICK_MS, fmin(number(d, "busy_ratio"), 1));
        report(points[point_count - 1].v[WRITTEN] > points[0].v[WRITTEN] + BLOCK,
               "the load did reach the disk");
    } else {
        printf("ok %d - disk # SKIP / is not on a device that counts\n", ++tests);
    }
    if (sends) {
        compare("received over loopback", RECEIVED, 1, number(n, "receive_bytes_per_second"));
        compare("sent over loopback", SENT, 1, number(n, "transmit_bytes_per_second"));
    }
    cJSON_Delete(json);
}

int main(int argc, char **argv)
{
    const double seconds = argc == 4 ? strtod(argv[3], NULL) : 0, begin = now_s();
    if (argc != 3 && !(argc == 4 && seconds > 0)) {
        fputs("usage: truth_rates TUNETOP FOLDER [SECONDS]\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    cJSON *json = run_status(argv[1], false);
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(named(json, "disks", "mount", "/"),
                                                         "name");
    if (cJSON_IsString(name)) {
        snprintf(disk, sizeof disk, "%.63s", name->valuestring);
    }
    cJSON_Delete(json);
    do {
        round_of(argv[1], argv[2]);
    } while (now_s() - begin < seconds);
    printf("1..%d\n", tests);
    return failures != 0;
}
