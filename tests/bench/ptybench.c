/*
 * Measures one full-screen program on a pseudo terminal, from outside: CPU time, bytes, first
 * frame, memory, wakeups, key to frame. Prints one line of key=value pairs; bench.sh repeats,
 * compares and judges.
 *
 * What is exact and how:
 *   cpu      the kernel's process CPU clock (clock_getcpuclockid) of every process below the child,
 * in nanoseconds of run time. It counts all threads, also those that ended. /proc/PID/stat counts
 * 10 ms ticks and /proc/PID/schedstat the main thread only. A helper process that was born and
 * reaped inside the window is found in its parent's cutime, to 10 ms. --verify reads a perf task
 * clock that the whole tree inherits beside it. bytes    counted where a terminal would read them.
 * The terminal answers nothing (no DA, no cursor reports). first    from just before exec to the
 * last byte before a quiet gap; the gap is not part of the time. keys     from the write of the key
 * to the last byte of the burst that follows (a burst ends with 5 ms of silence), so a frame sent
 * in several writes counts until it is whole. A key without an answer counts as a full second.
 *
 * The surprising thing: under load this process itself must run when bytes arrive, so it asks for
 * SCHED_FIFO (the child starts as an ordinary process again) and says in rt= whether it got it.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

enum {
    TREE_MAX = 4096,  /* processes below the child; a monitor has a handful */
    KEYS_MAX = 16,    /* different keys in one list */
    PRESS_MAX = 5000, /* keys sent in one run */
    BURST_MS =
        5, /* silence that ends a burst: a frame's writes follow each other within microseconds */
    ANSWER_MS = 1000, /* longer than any refresh: no answer until then is no answer */
    START_MS = 8000,  /* a program that paints without pause for that long has no first frame */
};

static const int64_t ns_per_s = 1000000000, ns_per_ms = 1000000;

struct options {
    int width, height;
    double settle_s, window_s;
    int quiet_ms, first_bytes;
    int key_count;
    const char *key_list, *quit_keys, *frame_log, *samples_path, *trace_path, *dump_path;
    bool verify;
    char **command;
};

/* What the child tells about its own start, in a page that both see. */
struct start_page {
    int64_t exec_boot_ns;
    _Atomic int64_t exec_mono_ns; /* written last */
};

struct terminal {
    int fd;
    pid_t child;
    FILE *trace, *dump;
    int64_t exec_ns, exec_boot_ns;
    int64_t bytes, bursts, last_ns; /* last_ns: arrival of the newest byte */
    bool ended;
};

struct tree_process {
    pid_t pid, parent;
    bool below;
    int64_t cpu_ns;
    int64_t reaped_ticks;
};

struct tree {
    struct tree_process process[TREE_MAX];
    int count;
};

struct usage {
    int64_t at_ns, cpu_ns, reaped_ns, switches, perf_ns;
    int processes, threads;
    int64_t rss_kib, once_kib, anon_kib, pss_kib;
};

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("ptybench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

static int64_t clock_ns(clockid_t id)
{
    struct timespec t;
    if (clock_gettime(id, &t) < 0)
        return -1;
    return (int64_t)t.tv_sec * ns_per_s + t.tv_nsec;
}

static int64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

/* ---- the process tree ---- */

/* Reads a small proc file; returns its length, 0 when it is gone. Always ends the text. */
static size_t read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        text[0] = '\0';
        return 0;
    }
    size_t used = 0;
    ssize_t got;
    while (used + 1 < size && (got = read(fd, text + used, size - 1 - used)) > 0)
        used += (size_t)got;
    close(fd);
    text[used] = '\0';
    return used;
}

static int64_t text_number_after(const char *text, const char *label)
{
    const char *at = strstr(text, label);
    return at ? strtoll(at + strlen(label), NULL, 10) : 0;
}

/* Fields of /proc/PID/stat after the name, which may hold spaces and brackets: 4 ppid, 16 cutime,
 * 17 cstime. */
static bool read_stat(pid_t pid, struct tree_process *out)
{
    char path[64], text[2048];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (read_text(path, text, sizeof text) == 0)
        return false;
    char *at = strrchr(text, ')');
    if (!at)
        return false;
    long long field[18] = {0};
    at += 2; /* field 3, the state, is a letter */
    for (int i = 4; i <= 17; i++) {
        at = strchr(at, ' ');
        if (!at)
            return false;
        field[i] = strtoll(at + 1, &at, 10);
    }
    *out = (struct tree_process){
        .pid = pid, .parent = (pid_t)field[4], .reaped_ticks = field[16] + field[17]};
    return true;
}

static void tree_read(struct tree *tree, pid_t root)
{
    tree->count = 0;
    DIR *proc = opendir("/proc");
    if (!proc)
        die("cannot read '/proc': %s", strerror(errno));
    struct dirent *entry;
    static struct tree_process all[65536];
    int all_count = 0;
    while ((entry = readdir(proc)) && all_count < (int)(sizeof all / sizeof all[0])) {
        if (isdigit((unsigned char)entry->d_name[0]) &&
            read_stat((pid_t)strtol(entry->d_name, NULL, 10), &all[all_count]))
            all_count++;
    }
    closedir(proc);
    /* A child may stand before its parent when pids wrapped, so go on until nothing is added. */
    bool added = true;
    while (added) {
        added = false;
        for (int i = 0; i < all_count; i++) {
            if (all[i].below)
                continue;
            bool below = all[i].pid == root;
            for (int j = 0; j < tree->count && !below; j++)
                below = tree->process[j].pid == all[i].parent;
            if (below && tree->count < TREE_MAX) {
                all[i].below = true;
                clockid_t id;
                int64_t cpu_ns = clock_getcpuclockid(all[i].pid, &id) == 0 ? clock_ns(id) : -1;
                all[i].cpu_ns = cpu_ns < 0 ? 0 : cpu_ns;
                tree->process[tree->count++] = all[i];
                added = true;
            }
        }
    }
}

static void usage_add_threads(struct usage *usage, pid_t pid)
{
    char path[64], text[8192];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    if (!tasks)
        return;
    struct dirent *entry;
    while ((entry = readdir(tasks))) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%ld/status", (int)pid,
                 strtol(entry->d_name, NULL, 10));
        read_text(path, text, sizeof text);
        usage->switches += text_number_after(text, "\nvoluntary_ctxt_switches:");
        usage->threads++;
    }
    closedir(tasks);
}

/* Counters of the whole tree; memory only when asked, because smaps_rollup makes the kernel walk
 * the pages. */
static void usage_read(struct usage *usage, const struct terminal *terminal, int perf_fd,
                       bool memory)
{
    static struct tree tree;
    *usage = (struct usage){.at_ns = now_ns()};
    if (perf_fd >= 0 &&
        read(perf_fd, &usage->perf_ns, sizeof usage->perf_ns) != sizeof usage->perf_ns)
        usage->perf_ns = 0;
    tree_read(&tree, terminal->child);
    int64_t tick_ns = ns_per_s / sysconf(_SC_CLK_TCK);
    for (int i = 0; i < tree.count; i++) {
        pid_t pid = tree.process[i].pid;
        usage->cpu_ns += tree.process[i].cpu_ns;
        usage->reaped_ns += tree.process[i].reaped_ticks * tick_ns;
        usage->processes++;
        usage_add_threads(usage, pid);
        if (!memory)
            continue;
        char path[64], text[8192];
        snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
        read_text(path, text, sizeof text);
        int64_t rss_kib = text_number_after(text, "\nVmRSS:"),
                anon_kib = text_number_after(text, "\nRssAnon:");
        usage->rss_kib += rss_kib;
        usage->anon_kib += anon_kib;
        snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
        read_text(path, text, sizeof text);
        usage->pss_kib += text_number_after(text, "\nPss:");
        /* A helper runs the same program: the files it maps are the pages of the first process, and
         * what neither wrote to since the fork are the same pages, too. Pss_Anon (Linux 5.4)
         * divides each of those by those who have it, which nobody outside this tree does. */
        bool first = pid == terminal->child;
        bool tells = strstr(text, "\nPss_Anon:") != NULL;
        int64_t own_kib = tells ? text_number_after(text, "\nPss_Anon:") : anon_kib;
        usage->once_kib += own_kib + (first ? rss_kib - anon_kib : 0);
    }
}

/* ---- the terminal ---- */

/* Takes what is there, waiting at most until deadline_ns for the first byte. Returns the bytes, 0
 * on time out. */
static int64_t terminal_read(struct terminal *terminal, int64_t deadline_ns)
{
    static char chunk[65536];
    for (;;) {
        if (terminal->ended)
            return 0;
        int64_t wait_ns = deadline_ns - now_ns();
        if (wait_ns < 0)
            wait_ns = 0;
        struct timespec wait = {.tv_sec = wait_ns / ns_per_s, .tv_nsec = wait_ns % ns_per_s};
        struct pollfd poll_fd = {.fd = terminal->fd, .events = POLLIN};
        int ready = ppoll(&poll_fd, 1, &wait, NULL);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return 0;
        ssize_t got = read(terminal->fd, chunk, sizeof chunk);
        int64_t at_ns = now_ns();
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0) { /* EIO: the last holder of the other side is gone */
            terminal->ended = true;
            return 0;
        }
        if (at_ns - terminal->last_ns > BURST_MS * ns_per_ms)
            terminal->bursts++;
        terminal->last_ns = at_ns;
        terminal->bytes += got;
        if (terminal->trace)
            fprintf(terminal->trace, "%.3f %zd\n", (double)(at_ns - terminal->exec_ns) / 1e6, got);
        if (terminal->dump && fwrite(chunk, 1, (size_t)got, terminal->dump) != (size_t)got)
            die("cannot write the dump: %s", strerror(errno));
        return got;
    }
}

static void terminal_drain(struct terminal *terminal, int64_t until_ns)
{
    while (!terminal->ended && now_ns() < until_ns)
        terminal_read(terminal, until_ns);
}

static void terminal_send(struct terminal *terminal, const char *bytes)
{
    size_t length = strlen(bytes);
    if (write(terminal->fd, bytes, length) != (ssize_t)length)
        die("cannot send a key: %s", strerror(errno));
}

/* The whole tree's task clock: inherited by every thread and process made from here on. -1: not
 * allowed here. */
static int perf_open(pid_t child)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof attr,
        .config = PERF_COUNT_SW_TASK_CLOCK,
        .inherit = 1,
    };
    return (int)syscall(SYS_perf_event_open, &attr, child, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static void terminal_start(struct terminal *terminal, const struct options *options, int *perf_fd)
{
    struct start_page *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int go[2], main_fd, side_fd;
    struct winsize size = {.ws_row = (unsigned short)options->height,
                           .ws_col = (unsigned short)options->width};
    if (page == MAP_FAILED || pipe2(go, O_CLOEXEC) < 0 ||
        openpty(&main_fd, &side_fd, NULL, NULL, &size) < 0)
        die("cannot open a terminal: %s", strerror(errno));
    fcntl(main_fd, F_SETFD, FD_CLOEXEC);
    pid_t child = fork();
    if (child < 0)
        die("cannot start: %s", strerror(errno));
    if (child == 0) {
        char byte;
        close(go[1]);
        close(main_fd);
        if (login_tty(side_fd) < 0 || read(go[0], &byte, 1) != 1)
            _exit(126);
        setenv("TERM", "xterm-256color", 1);
        unsetenv("COLORTERM");
        unsetenv("LINES");
        unsetenv("COLUMNS");
        if (options->frame_log)
            setenv("TUNETOP_FRAME_LOG", options->frame_log, 1);
        page->exec_boot_ns = clock_ns(CLOCK_BOOTTIME);
        atomic_store(&page->exec_mono_ns, clock_ns(CLOCK_MONOTONIC));
        execvp(options->command[0], options->command);
        fprintf(stderr, "cannot run '%s': %s\n", options->command[0], strerror(errno));
        _exit(127);
    }
    close(side_fd);
    close(go[0]);
    *perf_fd = options->verify ? perf_open(child) : -1;
    if (write(go[1], "g", 1) != 1)
        die("cannot start: %s", strerror(errno));
    close(go[1]);
    *terminal = (struct terminal){.fd = main_fd, .child = child};
    /* The child writes its time before its first byte can arrive. */
    while ((terminal->exec_ns = atomic_load(&page->exec_mono_ns)) == 0)
        usleep(20);
    terminal->last_ns = terminal->exec_ns;
    terminal->exec_boot_ns = page->exec_boot_ns;
    munmap(page, sizeof *page);
}

/* exec to the end of the first paint, in nanoseconds; -1 when there was none. */
static int64_t measure_first(struct terminal *terminal, const struct options *options)
{
    int64_t end_ns = terminal->exec_ns + START_MS * ns_per_ms;
    int64_t quiet_ns = options->quiet_ms * ns_per_ms;
    while (!terminal->ended && now_ns() < end_ns) {
        bool painted = terminal->bytes >= options->first_bytes;
        if (painted && now_ns() - terminal->last_ns >= quiet_ns)
            return terminal->last_ns - terminal->exec_ns;
        terminal_read(terminal, painted ? terminal->last_ns + quiet_ns : end_ns);
    }
    return -1;
}

/* Frame log of tunetop: "frame N model SEQ W H ns", ns of CLOCK_BOOTTIME. Time of the first frame,
 * -1 without one. */
static int64_t first_logged_ns(const char *path)
{
    char text[512];
    long long at_ns;
    read_text(path, text, sizeof text);
    if (sscanf(text, "frame %*s model %*s %*s %*s %lld", &at_ns) != 1)
        return -1;
    return at_ns;
}

/* ---- keys ---- */

static const char *key_bytes(const char *name)
{
    static const struct {
        const char *name, *bytes;
    } table[] = {
        {"esc", "\033"},      {"up", "\033OA"},       {"down", "\033OB"},  {"right", "\033OC"},
        {"left", "\033OD"},   {"space", " "},         {"pgup", "\033[5~"}, {"pgdn", "\033[6~"},
        {"enter", "\r"},      {"tab", "\t"},          {"f1", "\033OP"},    {"comma", ","},
        {"csi-up", "\033[A"}, {"csi-down", "\033[B"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(name, table[i].name) == 0)
            return table[i].bytes;
    return name;
}

static int keys_parse(char *list, const char *out[KEYS_MAX])
{
    int count = 0;
    char *rest = list, *name;
    while ((name = strsep(&rest, ",")) && count < KEYS_MAX)
        if (*name)
            out[count++] = name;
    return count;
}

static int compare_int64(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double permille_us(const int64_t *sorted, int count, int permille)
{
    /* Nearest rank: the smallest value that at least that share of all does not exceed. */
    int rank = (count * permille + 999) / 1000;
    return (double)sorted[rank > 0 ? rank - 1 : 0] / 1e3;
}

static void measure_keys(struct terminal *terminal, const struct options *options)
{
    static int64_t took_ns[PRESS_MAX];
    const char *key[KEYS_MAX];
    char *list = strdup(options->key_list);
    int kinds = list ? keys_parse(list, key) : 0;
    FILE *samples = options->samples_path ? fopen(options->samples_path, "ae") : NULL;
    int missed = 0, count = options->key_count < PRESS_MAX ? options->key_count : PRESS_MAX;
    if (kinds == 0)
        die("no keys in '%s'", options->key_list);
    unsigned seed = (unsigned)now_ns();
    for (int i = 0; i < count && !terminal->ended; i++) {
        /* Random against the refresh of once a second, with 30 ms at least so that one answer ends
         * before the next. */
        terminal_drain(terminal, now_ns() + (30 + rand_r(&seed) % 200) * ns_per_ms);
        int64_t sent_ns = now_ns();
        terminal_send(terminal, key_bytes(key[i % kinds]));
        int64_t end_ns = sent_ns + ANSWER_MS * ns_per_ms;
        if (terminal_read(terminal, end_ns) > 0)
            while (terminal_read(terminal, terminal->last_ns + BURST_MS * ns_per_ms) > 0 &&
                   now_ns() < end_ns)
                continue;
        bool answered = terminal->last_ns >= sent_ns;
        took_ns[i] = answered ? terminal->last_ns - sent_ns : ANSWER_MS * ns_per_ms;
        missed += !answered;
        if (samples)
            fprintf(samples, "%.1f %s\n", (double)took_ns[i] / 1e3, key[i % kinds]);
    }
    if (samples)
        fclose(samples);
    free(list);
    if (terminal->ended || count == 0)
        return;
    qsort(took_ns, (size_t)count, sizeof took_ns[0], compare_int64);
    printf("keys=%d keys_missed=%d key_p50_us=%.0f key_p99_us=%.0f key_max_us=%.0f ", count, missed,
           permille_us(took_ns, count, 500), permille_us(took_ns, count, 990),
           permille_us(took_ns, count, 1000));
}

/* ---- one run ---- */

static void measure_window(struct terminal *terminal, const struct options *options, int perf_fd)
{
    struct usage before, after;
    usage_read(&before, terminal, perf_fd, false);
    int64_t bytes = terminal->bytes, bursts = terminal->bursts;
    terminal_drain(terminal, before.at_ns + (int64_t)(options->window_s * 1e9));
    bytes = terminal->bytes - bytes;
    bursts = terminal->bursts - bursts;
    usage_read(&after, terminal, perf_fd, true);
    double span_s = (double)(after.at_ns - before.at_ns) / 1e9;
    int64_t cpu_ns = after.cpu_ns - before.cpu_ns;
    int64_t reaped_ns = after.reaped_ns - before.reaped_ns;
    printf("span_s=%.3f cpu_us_per_s=%.1f reaped_us_per_s=%.1f ", span_s,
           (double)(cpu_ns + reaped_ns) / 1e3 / span_s, (double)reaped_ns / 1e3 / span_s);
    if (perf_fd >= 0)
        printf("perf_us_per_s=%.1f ", (double)(after.perf_ns - before.perf_ns) / 1e3 / span_s);
    printf("bytes_per_s=%.1f bursts=%lld bytes_per_burst=%.1f wakeups_per_s=%.2f ",
           (double)bytes / span_s, (long long)bursts,
           bursts > 0 ? (double)bytes / (double)bursts : 0.0,
           (double)(after.switches - before.switches) / span_s);
    printf("processes=%d threads=%d rss_kib=%lld once_kib=%lld anon_kib=%lld pss_kib=%lld ",
           after.processes, after.threads, (long long)after.rss_kib, (long long)after.once_kib,
           (long long)after.anon_kib, (long long)after.pss_kib);
}

/* Asks the program to end, then makes it. Prints how it ended and the CPU time of its whole
 * life. */
static void terminal_end(struct terminal *terminal, const struct options *options)
{
    const char *how = "quit";
    int status = 0;
    struct rusage life = {0};
    int64_t asked_ns = now_ns();
    pid_t done = terminal->ended ? 0 : wait4(terminal->child, &status, WNOHANG, &life);
    if (done != 0)
        how = "died";
    else if (!terminal->ended)
        terminal_send(terminal, options->quit_keys);
    for (int step = 0; done == 0; step++) {
        if (step > 0) {
            how = step == 1 ? "term" : "kill";
            kill(terminal->child, step == 1 ? SIGTERM : SIGKILL);
        }
        int64_t end_ns = now_ns() + 3 * ns_per_s;
        while ((done = wait4(terminal->child, &status, WNOHANG, &life)) == 0 && now_ns() < end_ns)
            terminal_drain(terminal, now_ns() + ns_per_ms), usleep(500);
    }
    double life_us = (double)(life.ru_utime.tv_sec + life.ru_stime.tv_sec) * 1e6 +
                     (double)(life.ru_utime.tv_usec + life.ru_stime.tv_usec);
    printf("end=%s end_ms=%.1f status=%d life_cpu_us=%.0f", how,
           (double)(now_ns() - asked_ns) / 1e6,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), life_us);
}

/* ---- a network of our own ---- */

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, text, strlen(text)) < 0)
        fprintf(stderr, "ptybench: cannot write '%s': %s\n", path, strerror(errno));
    if (fd >= 0)
        close(fd);
}

/* Runs the command where nobody else listens, with loopback up; as an ordinary user through a user
 * namespace. Where neither is allowed, runs it in the network that there is and says so in
 * BENCH_NETWORK. */
static int enter_network(char **command)
{
    bool own = unshare(CLONE_NEWNET) == 0;
    unsigned uid = getuid(), gid = getgid();
    if (!own && unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
        char map[64];
        own = true;
        write_text("/proc/self/setgroups", "deny");
        snprintf(map, sizeof map, "%u %u 1", uid, uid);
        write_text("/proc/self/uid_map", map);
        snprintf(map, sizeof map, "%u %u 1", gid, gid);
        write_text("/proc/self/gid_map", map);
    }
    if (own) {
        struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
            die("cannot bring up loopback: %s", strerror(errno));
        close(fd);
    }
    setenv("BENCH_NETWORK", own ? "own" : "shared", 1);
    execvp(command[0], command);
    die("cannot run '%s': %s", command[0], strerror(errno));
}

static void usage_text(FILE *to)
{
    fputs(
        "usage: ptybench [--size WxH] [--settle S] [--seconds S] [--quiet-ms N] [--first-bytes N]\n"
        "                [--keys N --key-list a,b,esc] [--samples FILE] [--quit KEYS] [--frame-log FILE]\n"
        "                [--trace FILE] [--dump FILE] [--verify] -- PROGRAM [ARGS]\n"
        "       ptybench enter-network PROGRAM [ARGS]\n",
        to);
}

static void options_parse(struct options *options, int argc, char **argv)
{
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *name = argv[i];
        if (strcmp(name, "--help") == 0) {
            usage_text(stdout);
            exit(0);
        }
        if (strcmp(name, "--verify") == 0) {
            options->verify = true;
            continue;
        }
        if (++i >= argc)
            die("'%s' needs a value", name);
        const char *value = argv[i];
        if (strcmp(name, "--size") == 0) {
            if (sscanf(value, "%dx%d", &options->width, &options->height) != 2)
                die("'%s' is not a size such as 120x40", value);
        } else if (strcmp(name, "--settle") == 0) {
            options->settle_s = strtod(value, NULL);
        } else if (strcmp(name, "--seconds") == 0) {
            options->window_s = strtod(value, NULL);
        } else if (strcmp(name, "--quiet-ms") == 0) {
            options->quiet_ms = (int)strtol(value, NULL, 10);
        } else if (strcmp(name, "--first-bytes") == 0) {
            options->first_bytes = (int)strtol(value, NULL, 10);
        } else if (strcmp(name, "--keys") == 0) {
            options->key_count = (int)strtol(value, NULL, 10);
        } else if (strcmp(name, "--key-list") == 0) {
            options->key_list = value;
        } else if (strcmp(name, "--samples") == 0) {
            options->samples_path = value;
        } else if (strcmp(name, "--quit") == 0) {
            options->quit_keys = value;
        } else if (strcmp(name, "--frame-log") == 0) {
            options->frame_log = value;
        } else if (strcmp(name, "--trace") == 0) {
            options->trace_path = value;
        } else if (strcmp(name, "--dump") == 0) {
            options->dump_path = value;
        } else {
            die("unknown option '%s'", name);
        }
    }
    if (i + 1 >= argc)
        die("no program given");
    options->command = argv + i + 1;
}

static FILE *open_for(const char *path)
{
    FILE *file = path ? fopen(path, "we") : NULL;
    if (path && !file)
        die("cannot write '%s': %s", path, strerror(errno));
    return file;
}

int main(int argc, char **argv)
{
    struct options options = {
        .width = 120,
        .height = 40,
        .settle_s = 3,
        .window_s = 10,
        .quiet_ms = 100,
        .first_bytes = 200, /* more than any set-up sequence, less than any full frame */
        .key_list = "?,esc",
        .quit_keys = "q",
    };
    if (argc < 2) {
        usage_text(stderr);
        return 2;
    }
    if (strcmp(argv[1], "enter-network") == 0 && argc > 2)
        return enter_network(argv + 2);
    options_parse(&options, argc, argv);
    struct sched_param priority = {.sched_priority = 1};
    bool realtime = sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority) == 0;
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* a helper whose parent ends stays below us and is counted */
    prctl(PR_SET_TIMERSLACK, 1);
    if (options.frame_log)
        unlink(options.frame_log);

    struct terminal terminal;
    int perf_fd;
    printf("rt=%d ", realtime);
    fflush(stdout); /* nothing buffered may be written twice, by the child as well */
    terminal_start(&terminal, &options, &perf_fd);
    terminal.trace = open_for(options.trace_path);
    terminal.dump = open_for(options.dump_path);
    int64_t first_ns = measure_first(&terminal, &options);
    printf("first_ms=%.2f first_bytes=%lld ", first_ns < 0 ? -1.0 : (double)first_ns / 1e6,
           (long long)terminal.bytes);
    if (options.window_s > 0 || options.key_count > 0)
        terminal_drain(&terminal, now_ns() + (int64_t)(options.settle_s * 1e9));
    if (options.window_s > 0 && !terminal.ended)
        measure_window(&terminal, &options, perf_fd);
    if (options.key_count > 0 && !terminal.ended)
        measure_keys(&terminal, &options);
    if (options.frame_log) {
        int64_t logged_ns = first_logged_ns(options.frame_log);
        printf("logged_ms=%.2f ",
               logged_ns < 0 ? -1.0 : (double)(logged_ns - terminal.exec_boot_ns) / 1e6);
    }
    bool ended_early = terminal.ended;
    terminal_end(&terminal, &options);
    putchar('\n');
    if (terminal.trace)
        fclose(terminal.trace);
    if (terminal.dump)
        fclose(terminal.dump);
    return ended_early || first_ns < 0;
}
