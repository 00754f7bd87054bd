#include "tests/screen/process_builder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "sampling/process.h"

#define GIB 0x1p30
#define MIB 0x1p20

static const char *clean(struct model *m, const char *text)
{
    char out[4096];
    utf8_sanitise(text, strlen(text), out, sizeof out, NULL);
    return arena_strdup(&m->arena, out);
}

static const char *arguments(struct model *m, const char *argv)
{
    char out[4096];
    utf8_sanitise(argv, strlen(argv), out, sizeof out, NULL);
    for (char *p = out; *p != '\0'; p++)
        if (*p == '|')
            *p = PROCESS_ARGV_SEPARATOR;
    return arena_strdup(&m->arena, out);
}

static void put(struct process_model *p, enum metric_process id, double value, double unit)
{
    p->v[id] = value < 0 ? (double)NAN : value * unit;
    p->why[id] = value < 0 ? REASON_OTHER_USER : REASON_NONE;
}

void process_builder_put(struct model *m, const struct process_spec *specs, size_t count)
{
    m->processes = count > 0 ? arena_calloc(&m->arena, count, sizeof *m->processes) : NULL;
    m->process_count = count;
    m->processes_state = reading_ok(1, m->at_ns, SOURCE_PROCESSES);
    for (size_t i = 0; i < count; i++) {
        const struct process_spec *s = &specs[i];
        struct process_facts *f = arena_calloc(&m->arena, 1, sizeof *f);
        struct process_model *p = &m->processes[i];
        f->pid = s->pid;
        f->ppid = s->ppid;
        f->start = s->pid * INT64_C(10);
        f->uid = strcmp(s->user, "you") == 0 ? 1000 : 0;
        f->user = clean(m, s->user);
        f->name = clean(m, s->name);
        f->argv = arguments(m, s->argv);
        f->service = s->service;
        f->state = s->state;
        f->kernel = s->argv[0] == '\0' && s->ppid == 2;
        p->facts = f;
        put(p, METRIC_PROCESS_GPU, s->gpu, 0.01);
        put(p, METRIC_PROCESS_GPU_MEMORY, s->gpu_gib, GIB);
        put(p, METRIC_PROCESS_CPU, s->cpu, 0.01);
        put(p, METRIC_PROCESS_MEMORY, s->gib, GIB);
        put(p, METRIC_PROCESS_RESIDENT, s->resident_gib, GIB);
        put(p, METRIC_PROCESS_READ, s->read_mib, MIB);
        put(p, METRIC_PROCESS_WRITE, s->write_mib, MIB);
        put(p, METRIC_PROCESS_CPU_TIME, s->cpu_s, 1);
        put(p, METRIC_PROCESS_THREADS, s->cpu_s, 0.01);
        memcpy(f->v, p->v, sizeof f->v);
        memcpy(f->why, p->why, sizeof f->why);
    }
}

/* Services 0 and 1 are ollama and comfyui. */
static const struct process_spec mac[] = {
    {1, 0, "root", "launchd", "/sbin/launchd", -1, 'S', -1, -1, -1, -1, -1, -1, -1, -1},
    {331, 1, "root", "mds_stores", "mds_stores", -1, 'S', -1, -1, -1, -1, -1, -1, -1, -1},
    {402, 1, "_windowserver", "WindowServer", "WindowServer|-daemon", -1, 'S', 0.4, 0.3, -1, -1, -1,
     -1, -1, -1},
    {812, 1, "you", "ollama", "/usr/local/bin/ollama|serve", 0, 'S', 0, 0, 12, 0.1, 0.1, 0, 0.1,
     1102},
    {1377, 1, "you", "python3.12",
     "/opt/comfyui/.venv/bin/python3.12|main.py|--listen|--reserve-vram|2", 1, 'R', 42.6, 8.1, 128,
     8.9, 9.1, 0, 0.3, 39720},
    {1402, 1377, "you", "python3.12", "python3.12|comfyui-watcher.py", 1, 'S', 0, 0, 2, 0.3, 0.3, 0,
     0, 291},
    {9120, 812, "you", "llama-server",
     "llama-server|--port|52714|-c|24576|-np|3|--flash-attn|on|-ngl|49", 0, 'R', 54, 19.3, 71, 1.9,
     19.2, 12.5, 0, 2468},
    {9133, 812, "you", "llama-server", "llama-server|--port|52731|-c|2048", 0, 'S', 0, 0.4, 0, 0, 0,
     0, 0, 2},
    {21877, 1, "you", "Terminal", "Terminal", -1, 'S', 0, 0, 6, 0.4, 0.5, 0, 0, 67},
    {22140, 1, "you", "sshd-session", "sshd-session:|you@ttys001", -1, 'S', 0, 0, 1, 0, 0.1, 0, 0,
     9},
    {22141, 22140, "you", "zsh", "-zsh", -1, 'S', 0, 0, 0, 0, 0, 0, 0, 1},
    {22150, 22141, "you", "tunetop", "tunetop", -1, 'S', 0, 0, 0, 0, 0, 0, 0, 1},
};

/* What Linux shows an ordinary user: no disk traffic of others, no list of who uses the card. */
static const struct process_spec denied[] = {
    {1, 0, "root", "systemd", "/lib/systemd/systemd|--system", -1, 'S', -1, -1, 0, 0.01, 0.01, -1,
     -1, 41},
    {2, 0, "root", "kthreadd", "", -1, 'S', -1, -1, 0, 0, 0, -1, -1, 0},
    {16, 2, "root", "ksoftirqd/0", "", -1, 'S', -1, -1, 0, 0, 0, -1, -1, 3},
    {88, 2, "root", "kworker/u64:2-events_unbound", "", -1, 'I', -1, -1, 1, 0, 0, -1, -1, 12},
    {702, 1, "systemd-network", "systemd-network", "/lib/systemd/systemd-networkd", -1, 'S', -1, -1,
     0, 0.01, 0.02, -1, -1, 2},
    {1102, 1, "ollama", "ollama", "/usr/local/bin/ollama|serve", 0, 'S', -1, -1, 4, 0.1, 0.2, -1,
     -1, 811},
    {1377, 1, "you", "python3", "/opt/comfyui/venv/bin/python|main.py|--listen", 1, 'R', 0, 0, 101,
     9.2, 9.8, 0.4, 1.2, 4021},
    {2041, 1102, "ollama", "llama-server", "/usr/local/lib/ollama/llama-server|--port|40241", 0,
     'R', -1, -1, 322, 2.8, 16.1, -1, -1, 12011},
    {5110, 1, "you", "bash", "-bash", -1, 'S', 0, 0, 0, 0.01, 0.01, 0, 0, 1},
    {5117, 5110, "you", "make", "make|-j2", -1, 'Z', 0, 0, 0, 0, 0, 0, 0, 0},
    {5118, 5110, "you", "vim", "vim|notes.md", -1, 'T', 0, 0, 0, 0.02, 0.03, 0, 0, 0},
};

/* NOLINTBEGIN(misc-misleading-bidirectional): written as escapes, nothing here misleads */
/* Sanitised where they enter, but still long, wide, empty or misleading. */
static const struct process_spec hostile[] = {
    {1, 1, "root", "init", "/sbin/init", -1, 'S', 0, 0, 0, 0, 0, 0, 0, 9},
    {40, 41, "root", "ring-a", "ring-a", -1, 'S', 0, 0, 4, 0, 0, 0, 0, 9},
    {41, 42, "root", "ring-b", "ring-b", -1, 'S', 0, 0, 3, 0, 0, 0, 0, 9},
    {42, 40, "root", "ring-c", "ring-c", -1, 'S', 0, 0, 2, 0, 0, 0, 0, 9},
    {50, 4999, "root", "orphan", "orphan", -1, 'S', 0, 0, 1, 0, 0, 0, 0, 9},
    {51, 50, "", "", "", -1, '?', 0, 0, 0, 0, 0, 0, 0, 9},
    {60, 50, "a-user-with-a-name-of-more-than-fourteen-columns",
     "line\nbreak\x1b[2J\x1b]0;gone\x07",
     "line\nbreak\x1b[2J|--title=\x1b]0;gone\x07|\xE2\x80\xAE"
     "desrever",
     -1, 'S', 0, 0, 1, 0, 0, 0, 0, 9},
    {61, 60, "\xE5\x8D\x83\xE5\x95\x8F\xE5\xA4\xA7\xE6\xA8\xA1\xE5\x9E\x8B\xE5\x8D\x83\xE5\x95\x8F",
     "\xE5\x8D\x83\xE5\x95\x8F\xE5\xA4\xA7\xE6\xA8\xA1\xE5\x9E\x8B",
     "/opt/\xE5\x8D\x83\xE5\x95\x8F\xE5\xA4\xA7\xE6\xA8\xA1\xE5\x9E\x8B|\xE5\x8D\x83\xE5\x95\x8F"
     "\xE5\xA4\xA7\xE6\xA8\xA1\xE5\x9E\x8B\xE5\x8D\x83\xE5\x95\x8F\xE5\xA4\xA7\xE6\xA8\xA1\xE5\x9E"
     "\x8B\xE5\x8D\x83\xE5\x95\x8F\xE5\xA4\xA7\xE6\xA8\xA1\xE5\x9E\x8B",
     -1, 'S', 0, 0, 1, 0, 0, 0, 0, 9},
    {62, 61, "root",
     "Z\xCD\xA8\xCC\xB6\xCD\x9A"
     "algo\xCC\xB8",
     "Z\xCD\xA8\xCC\xB6"
     "algo|x\xCC\x81",
     -1, 'S', 0, 0, 1, 0, 0, 0, 0, 9},
    {63, 62, "root", "/", "/|/|//", -1, 'S', 0, 0, 1, 0, 0, 0, 0, 9},
    {64, 63, "root", "a-name-without-end",
     "a-name-without-end-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and"
     "-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on",
     -1, 'S', 0, 0, 1, 0, 0, 0, 0, 9},
    {4194303, 64, "root", "much", "much|--of=everything", -1, 'R', 800, 9999.9, 76800, 99999, 99999,
     99999, 99999, 9e9},
};
/* NOLINTEND(misc-misleading-bidirectional) */

void process_builder_details(struct model *m, int32_t pid, bool environment)
{
    const struct process_model *p = NULL;
    for (size_t i = 0; i < m->process_count; i++)
        if (m->processes[i].facts->pid == pid)
            p = &m->processes[i];
    if (p == NULL)
        return;
    struct process_details *d = arena_calloc(&m->arena, 1, sizeof *d);
    d->pid = pid;
    d->start = p->facts->start;
    d->started_wall_ns = m->wall_ns - INT64_C(280317) * NS_PER_S;
    d->argv = p->facts->argv;
    d->cwd = "/opt/comfyui";
    d->executable = "/usr/bin/python3.12";
    d->unit = "comfyui.service";
    d->container = "";
    d->parent = "systemd";
    d->open_files = reading_ok(212, m->at_ns, SOURCE_PROCESSES);
    d->file_limit = reading_ok(1048575, m->at_ns, SOURCE_PROCESSES);
    d->threads = reading_ok(97, m->at_ns, SOURCE_PROCESSES);
    d->swap_bytes = reading_ok(0.2 * GIB, m->at_ns, SOURCE_PROCESSES);
    d->environment = environment
                         ? "HOME=/home/you\nHF_TOKEN=***\nLANG=C.UTF-8\nPATH=/usr/bin:/bin\n"
                           "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True"
                         : "";
    d->environment_state = environment ? reading_ok(1, m->at_ns, SOURCE_PROCESSES)
                                       : (struct reading){.state = READING_NONE};
    m->details = d;
}

static void card(struct model *m, bool listed)
{
    m->gpu_count = 1;
    m->gpu_state = reading_ok(1, m->at_ns, SOURCE_GPU);
    m->gpu_listed = listed ? reading_ok(1, m->at_ns, SOURCE_GPU)
                           : reading_missing(READING_DENIED, REASON_OTHER_USER, SOURCE_GPU);
}

/* More processes than any page shows: 412 of them. */
static void crowd(struct model *m)
{
    enum { ALL = 412, KNOWN = sizeof mac / sizeof mac[0] };
    static char names[ALL][16];
    struct process_spec specs[ALL];
    size_t n = 0;
    for (size_t i = 0; i < KNOWN; i++)
        specs[n++] = mac[i];
    for (int i = 0; n < ALL; i++) {
        snprintf(names[n], sizeof names[n], "daemon%d", i);
        specs[n] = (struct process_spec){30000 + i, 1,  "root", names[n], names[n], -1, 'S', -1,
                                         -1,        -1, -1,     -1,       -1,       -1, -1};
        n++;
    }
    process_builder_put(m, specs, n);
}

void process_builder_fill(struct model *m, const char *name)
{
    if (strcmp(name, "mac") == 0) {
        card(m, true);
        process_builder_put(m, mac, sizeof mac / sizeof mac[0]);
    } else if (strcmp(name, "crowd") == 0) {
        card(m, true);
        crowd(m);
    } else if (strcmp(name, "denied") == 0) {
        card(m, false);
        process_builder_put(m, denied, sizeof denied / sizeof denied[0]);
    } else if (strcmp(name, "hostile") == 0) {
        process_builder_put(m, hostile, sizeof hostile / sizeof hostile[0]);
    } else if (strcmp(name, "none") == 0) {
        m->processes_state = reading_missing(READING_NONE, REASON_NOT_LOOKED, SOURCE_PROCESSES);
    } else if (strcmp(name, "unrecorded") == 0) {
        m->processes_state = reading_missing(READING_UNSUPPORTED, REASON_NOT_RECORDED,
                                             SOURCE_PROCESSES);
    } else {
        fprintf(stderr, "no processes '%s'\n", name);
        exit(1);
    }
    process_builder_details(m, 1377, true);
}
