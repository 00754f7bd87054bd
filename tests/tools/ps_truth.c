/*
 * Does the full scan say what ps says? Runs ps, scans, runs ps again, under load: a process that
 * computes, one that takes memory, one that writes to the disk, one whose name and arguments are
 * meant to harm a terminal, and one that makes a thousand processes a second.
 *
 *   ps_truth     prints TAP; as root and as anybody
 *
 * Method: of whoever lives through both runs of ps, everything that does not change must be exactly
 * what ps says (number, parent, owner, arguments), and what does change must lie between the two
 * runs: CPU time to the second that ps prints, resident memory to what the kernel's CPUs have not
 * added up yet (slack_kib()). Memory that a process owns is held against RssAnon of
 * /proc/PID/status, bytes written against /proc/PID/io, both read here with other code. Whoever ps
 * shows in both runs must be found.
 *
 * A process may be one thing at both runs of ps and another in between: a thread that comes and
 * goes, memory that is taken and given back, a number that two processes had. What differs is
 * therefore a doubt, and wrong when the next round finds the same of the same process: a scan that
 * is wrong stays wrong, somebody else's moment does not come again.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "sampling/process_scan.h"
#include "sampling/processes.h"

enum {
    OUTPUT_MAX = 8 * 1024 * 1024,
    ROWS_MAX = 40000,
    MEMORY_BYTES = 48 * 1024 * 1024,
    COUNTERS = 3, /* of memory: anonymous, files, shared */
    BATCH_PAGES = 32,
    ROUNDS = 5,
    DOUBTS_MAX = 1000,
    YOUNG_S = 10,
};

struct row { /* a line of ps */
    int pid, ppid, threads;
    long uid, rss_kib, seconds;
    char *args;
};
struct list {
    struct row *rows;
    size_t count;
    char *text;
};

static int tests, failures;
static pid_t children[8];
static size_t child_count;

static void check(bool good, const char *what)
{
    tests++;
    failures += !good;
    printf("%s %d - %s\n", good ? "ok" : "not ok", tests, what);
}

/* ---------------------------------------------------------------- the load */

static pid_t begin(void (*run)(int ready))
{
    int ready[2];
    char byte;

    if (pipe(ready) != 0) {
        exit(2);
    }
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ready[0]);
        run(ready[1]);
        _exit(0);
    }
    close(ready[1]);
    if (pid < 0 || read(ready[0], &byte, 1) != 1) {
        printf("# a process of the load did not begin\n");
        exit(2);
    }
    close(ready[0]);
    children[child_count++] = pid;
    return pid;
}

static void tell(int ready)
{
    if (write(ready, "x", 1) != 1) {
        _exit(1);
    }
    close(ready);
}

static void compute(int ready)
{
    tell(ready);
    for (volatile unsigned i = 0;; i++) {
    }
}

static void take_memory(int ready)
{
    volatile char *memory = malloc(MEMORY_BYTES);

    for (size_t i = 0; memory && i < MEMORY_BYTES; i += 4096) {
        memory[i] = (char)i;
    }
    tell(ready);
    for (;;) {
        pause();
    }
}

static void write_blocks(int ready)
{
    char path[] = "/var/tmp/ps_truth.XXXXXX";
    static char block[1024 * 1024];
    int fd = mkstemp(path);

    if (fd < 0) {
        _exit(1);
    }
    unlink(path);
    memset(block, 1, sizeof block);
    for (int i = 0; i < 8; i++) {
        if (write(fd, block, sizeof block) != (ssize_t)sizeof block) {
            _exit(1);
        }
    }
    fsync(fd);
    tell(ready);
    for (;;) {
        pause();
    }
}

static void be_hostile(int ready)
{
    char fd[16];
    char *const argv[] = {(char[]){"evil\n\033]0;title\007 name"},
                          (char[]){"--hostile"},
                          fd,
                          (char[]){"line\nbreak \xff"},
                          (char[]){"--api-key"},
                          (char[]){"hunter2"},
                          NULL};

    snprintf(fd, sizeof fd, "%d", ready);
    execv("/proc/self/exe", argv);
    _exit(1);
}

static void fork_on(int ready)
{
    tell(ready);
    for (;;) {
        pid_t pid = fork();

        if (pid == 0) {
            _exit(0);
        }
        if (pid > 0) {
            waitpid(pid, NULL, 0);
        }
        usleep(500);
    }
}

static void end_load(void)
{
    for (size_t i = 0; i < child_count; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
}

/* ---------------------------------------------------------------- ps */

static char *run_ps(void)
{
    int out[2];
    char *text = malloc(OUTPUT_MAX);
    size_t size = 0;
    ssize_t n;
    int status;

    if (!text || pipe(out) != 0) {
        exit(2);
    }
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        execlp("ps", "ps", "-ww", "-eo", "pid=,ppid=,uid=,rss=,nlwp=,times=,args=", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    while ((n = read(out[0], text + size, OUTPUT_MAX - 1 - size)) > 0) {
        size += (size_t)n;
    }
    close(out[0]);
    text[size] = '\0';
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static bool read_ps(struct list *out)
{
    out->text = run_ps();
    out->rows = calloc(ROWS_MAX, sizeof *out->rows);
    out->count = 0;
    if (!out->text || !out->rows) {
        return false;
    }
    for (char *line = out->text; *line && out->count < ROWS_MAX;) {
        char *end = strchr(line, '\n');
        struct row *r = &out->rows[out->count];
        int used = 0;

        if (end) {
            *end = '\0';
        }
        if (sscanf(line, "%d %d %ld %ld %d %ld %n", &r->pid, &r->ppid, &r->uid, &r->rss_kib,
                   &r->threads, &r->seconds, &used) == 6) {
            r->args = line + used;
            out->count++;
        }
        line = end ? end + 1 : line + strlen(line);
    }
    return out->count > 0;
}

static void free_list(struct list *l)
{
    free(l->text);
    free(l->rows);
}

static const struct row *find(const struct list *l, int pid)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->rows[i].pid == pid) {
            return &l->rows[i];
        }
    }
    return NULL;
}

/* ---------------------------------------------------------------- comparing */

static const struct process_facts *facts_of(const struct sample *s, int pid)
{
    for (size_t i = 0; i < s->processes.count; i++) {
        if (s->processes.processes[i].pid == pid) {
            return &s->processes.processes[i];
        }
    }
    return NULL;
}

/* Each CPU keeps so many pages of each counter to itself before it adds them
 * (percpu_counter_batch). ps asks for the exact sum, which is too dear for a scan. */
static double slack_kib(void)
{
    long cpus = sysconf(_SC_NPROCESSORS_CONF), least = BATCH_PAGES;
    long batch = 2 * cpus > least ? 2 * cpus : least;

    return (double)(COUNTERS * cpus * batch) * (double)sysconf(_SC_PAGESIZE) / 1024;
}

/* A line "NAME: NUMBER" of a small file of a process; -1 none. */
static double number_in(int pid, const char *file, const char *name)
{
    char path[64], line[512];
    double value = -1;

    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') {
            value = strtod(line + strlen(name) + 1, NULL);
        }
    }
    if (f) {
        fclose(f);
    }
    return value;
}

enum kind { MISSING, PARENT, OWNER, MEMORY, THREADS, TIME, ARGUMENTS, KINDS };
static const char *const kind_words[KINDS] = {
    "the process", "the parent", "the owner", "resident memory", "threads", "CPU time", "arguments",
};

struct doubt {
    int pid;
    enum kind kind;
};
struct doubts {
    struct doubt of[DOUBTS_MAX];
    size_t count;
};
struct wrong {
    struct doubts before, now; /* of the round before, of this one */
    unsigned count[KINDS], control, compared, said;
};

static void say(struct wrong *w, enum kind kind, int pid, const char *ps, const char *ours)
{
    bool again = false;

    for (size_t i = 0; i < w->before.count; i++) {
        again |= w->before.of[i].pid == pid && w->before.of[i].kind == kind;
    }
    w->count[kind] += again;
    if (w->now.count < DOUBTS_MAX) {
        w->now.of[w->now.count++] = (struct doubt){.pid = pid, .kind = kind};
    } else {
        w->count[kind]++; /* so many are no coincidence */
    }
    if (w->said++ < 20) {
        printf("# %s of %d%s: ps has '%.100s', the scan '%.100s'\n", kind_words[kind], pid,
               again ? " again" : "", ps, ours);
    }
}

/* ps prints '?' for what it does not like, and blanks between arguments: only what is plain in both
 * is compared. */
static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~' || *text == '?' || *text == '\\') {
            return false;
        }
    }
    return true;
}

static bool same_arguments(const struct process_facts *f, const char *args)
{
    char line[PROCESS_ARGV];
    size_t size = strlen(f->argv);

    if (size == 0 || size >= PROCESS_ARGV - 8 || strstr(f->argv, "***") ||
        args[0] == '[') { /* ps could not read them */
        return true;
    }
    memcpy(line, f->argv, size + 1);
    for (char *c = line; *c; c++) {
        *c = *c == PROCESS_ARGV_SEPARATOR ? ' ' : *c;
    }
    while (size > 0 && line[size - 1] == ' ') {
        line[--size] = '\0';
    }
    size_t length = strlen(args);
    while (length > 0 && args[length - 1] == ' ') {
        length--;
    }
    return !is_plain(line) || !is_plain(args) || (length == size && memcmp(args, line, size) == 0);
}

static bool has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' && *text != PROCESS_ARGV_SEPARATOR) {
            return true;
        }
    }
    return false;
}

/* Began moments ago: login programs and services give up their rights a little after their start,
 * and a scan reads who owns a process when it first sees it. */
static bool is_young(const struct process_facts *f)
{
    struct timespec now;

    return clock_gettime(CLOCK_BOOTTIME, &now) == 0 &&
           (double)now.tv_sec - (double)f->start / (double)sysconf(_SC_CLK_TCK) < YOUNG_S;
}

static void compare(const struct row *before, const struct row *after,
                    const struct process_facts *f, struct wrong *w)
{
    char ours[64], theirs[64];
    double rss = f->v[METRIC_PROCESS_RESIDENT] / 1024;
    long low = before->rss_kib < after->rss_kib ? before->rss_kib : after->rss_kib;
    long high = before->rss_kib + after->rss_kib - low;
    double seconds = f->v[METRIC_PROCESS_CPU_TIME];

    w->compared++;
    if (f->ppid != before->ppid && f->ppid != after->ppid) {
        snprintf(theirs, sizeof theirs, "%d or %d", before->ppid, after->ppid);
        snprintf(ours, sizeof ours, "%d", f->ppid);
        say(w, PARENT, f->pid, theirs, ours);
    }
    if (f->uid != before->uid && f->uid != after->uid && !is_young(f)) {
        snprintf(theirs, sizeof theirs, "%ld or %ld", before->uid, after->uid);
        snprintf(ours, sizeof ours, "%lld", (long long)f->uid);
        say(w, OWNER, f->pid, theirs, ours);
    }
    if (rss < (double)low - slack_kib() || rss > (double)high + slack_kib()) {
        snprintf(theirs, sizeof theirs, "%ld to %ld KiB", low, high);
        snprintf(ours, sizeof ours, "%.0f KiB", rss);
        say(w, MEMORY, f->pid, theirs, ours);
    }
    if (seconds < (double)before->seconds - 0.02 || seconds > (double)after->seconds + 1.02) {
        snprintf(theirs, sizeof theirs, "%ld to %ld s", before->seconds, after->seconds);
        snprintf(ours, sizeof ours, "%.2f s", seconds);
        say(w, TIME, f->pid, theirs, ours);
    }
    if (before->threads == after->threads &&
        f->v[METRIC_PROCESS_THREADS] != (double)after->threads) {
        snprintf(theirs, sizeof theirs, "%d", after->threads);
        snprintf(ours, sizeof ours, "%g", f->v[METRIC_PROCESS_THREADS]);
        say(w, THREADS, f->pid, theirs, ours);
    }
    if (strcmp(before->args, after->args) == 0 && !same_arguments(f, before->args)) {
        say(w, ARGUMENTS, f->pid, before->args, f->argv);
    }
    w->control += has_control(f->name) || has_control(f->argv);
}

/* Until a scan is due: it is not made in between, however often somebody asks. */
static void wait_until_due(const struct processes *p)
{
    int64_t now = clock_mono_ns(&clock_real);

    while (processes_next_ns(p, now) > now) {
        usleep(5000);
        now = clock_mono_ns(&clock_real);
    }
}

static void scan(struct processes *p, struct sample *s)
{
    int64_t now = clock_mono_ns(&clock_real);

    while (processes_next_ns(p, now) <= now) {
        (void)processes_step(p, now, now, NS_PER_S * 1000);
    }
    arena_clear(&s->arena);
    processes_fill(p, s);
}

static void check_load(struct sample *s, pid_t memory, pid_t writer, pid_t evil)
{
    const struct process_facts *f = facts_of(s, memory);
    double own = number_in(memory, "status", "RssAnon") * 1024;

    check(f && own > 0 && fabs(f->v[METRIC_PROCESS_MEMORY] - own) <= slack_kib() * 1024 &&
              f->v[METRIC_PROCESS_MEMORY] >= MEMORY_BYTES,
          "what a process owns is what the kernel calls its anonymous memory");
    f = facts_of(s, writer);
    check(f && f->v[METRIC_PROCESS_WRITE] == number_in(writer, "io", "write_bytes") &&
              f->v[METRIC_PROCESS_READ] == number_in(writer, "io", "read_bytes"),
          "bytes read and written are those of /proc/PID/io");
    f = facts_of(s, evil);
    check(f && strstr(f->argv, "evil ]0;title name") && strstr(f->argv, "line break ") &&
              !has_control(f->argv) && !has_control(f->name),
          "hostile arguments are harmless");
    check(f && strstr(f->argv, "--api-key\x1f***") && !strstr(f->argv, "hunter2"),
          "a secret is masked");
}

/* It did not end while it was read, nor become somebody else's. */
static bool is_still(const struct process_facts *f)
{
    return number_in(f->pid, "status", "Uid") == (double)f->uid;
}

static void check_others(const struct sample *s)
{
    unsigned others = 0, told = 0, why = 0, own = 0, own_told = 0;

    for (size_t i = 0; i < s->processes.count; i++) {
        const struct process_facts *f = &s->processes.processes[i];
        bool known = !isnan(f->v[METRIC_PROCESS_WRITE]);

        if (f->uid != (int64_t)geteuid()) {
            const bool other = f->why[METRIC_PROCESS_WRITE] == REASON_OTHER_USER;

            if (!other && !is_still(f)) {
                continue;
            }
            others++;
            told += known;
            why += other;
            if (!other) {
                printf("# %" PRId64 " of %" PRId64 ": reason %d\n", (int64_t)f->pid, f->uid,
                       f->why[METRIC_PROCESS_WRITE]);
            }
        } else if (f->state != 'Z') {
            own++;
            own_told += known;
        }
    }
    printf("# %u of other users, %u own\n", others, own);
    check(own > 0 && own_told > 0, "one's own disk traffic is told");
    if (geteuid() != 0) {
        check(others > 0 && told == 0 && why == others,
              "that of other users is missing, and the reason says so");
    }
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--hostile") == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, "a) S 1\n\033[2J");
        tell((int)strtol(argv[2], NULL, 10));
        for (;;) {
            pause();
        }
    }
    struct reader *reader = reader_new_kernel();
    struct processes *all = processes_new(reader, &clock_real, NULL);
    const struct process_wish wish = {.all = true};
    static struct sample sample;
    static struct wrong w;

    processes_wish(all, &wish);
    begin(compute);
    pid_t memory = begin(take_memory), writer = begin(write_blocks), evil = begin(be_hostile);
    begin(fork_on);
    for (int i = 0; i < ROUNDS; i++) {
        struct list before, after;

        wait_until_due(all);
        if (!read_ps(&before)) {
            printf("1..0 # SKIP there is no ps that knows -eo pid=,nlwp=,times=\n");
            free_list(&before);
            end_load();
            return 0;
        }
        scan(all, &sample);
        if (!read_ps(&after)) {
            free_list(&before);
            free_list(&after);
            end_load();
            return 2;
        }
        for (size_t k = 0; k < before.count; k++) {
            const struct row *then = &before.rows[k], *now = find(&after, then->pid);
            const struct process_facts *f = facts_of(&sample, then->pid);

            if (!now || now->seconds < then->seconds) {
                continue; /* it ended between, or its number is another's */
            }
            if (f) {
                compare(then, now, f, &w);
            } else {
                say(&w, MISSING, then->pid, then->args, "");
            }
        }
        free_list(&before);
        free_list(&after);
        w.before = w.now;
        w.now.count = 0;
    }
    printf("# %u comparisons\n", w.compared);
    check(w.compared > 0 && w.count[MISSING] == 0, "whoever ps shows is found");
    check(w.count[PARENT] == 0, "parents are those of ps");
    check(w.count[OWNER] == 0, "owners are those of ps");
    check(w.count[MEMORY] == 0, "resident memory is that of ps");
    check(w.count[THREADS] == 0, "numbers of threads are those of ps");
    check(w.count[TIME] == 0, "CPU time is that of ps");
    check(w.count[ARGUMENTS] == 0, "arguments are those of ps");
    check(w.control == 0, "no name and no argument holds a control character");
    check_load(&sample, memory, writer, evil);
    check_others(&sample);
    printf("1..%d\n", tests);
    end_load();
    processes_free(all);
    reader_free(reader);
    arena_release(&sample.arena);
    return failures > 0;
}
