/*
 * Command lines of other people's processes: what a proxy publishes, what is shown of them, and
 * which addresses are asked because of them. A line of the input is a process, its arguments are
 * separated by '|'; the line's first byte tells whether it runs in a network of its own and below
 * which process.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sampling/process_text.h"
#include "sampling/service/discovery.h"
#include "sampling/service/published.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PROCESSES = 12, LISTENERS = 48, NOT_SEEN = 5 };

struct world {
    struct process processes[PROCESSES];
    char argvs[PROCESSES][PROCESS_ARGV];
    bool elsewhere[PROCESSES];
    size_t process_count;
    struct listener listeners[LISTENERS];
    size_t listener_count;
};

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static int32_t owner(void *ctx, uint64_t inode, int64_t uid, bool *readable)
{
    const struct world *w = ctx;
    (void)uid;
    *readable = inode % NOT_SEEN != 0;
    return *readable ? w->processes[inode % w->process_count].pid : 0;
}

static bool elsewhere(void *ctx, int32_t pid)
{
    const struct world *w = ctx;
    require(pid >= 1 && (size_t)pid <= w->process_count);
    return w->elsewhere[pid - 1];
}

static void add_listener(struct world *w, uint16_t port)
{
    if (w->listener_count == LISTENERS) {
        return;
    }
    const size_t n = w->listener_count++;
    struct listener *l = &w->listeners[n];
    *l = (struct listener){.port = port, .inode = n, .ipv6 = n % 4 == 3};
    l->any = n % 3 == 1;
    l->loopback = n % 3 == 0;
    snprintf(l->address, sizeof l->address, "%s",
             l->ipv6 ? (l->any ? "::" : "::1") : (l->any ? "0.0.0.0" : "127.0.0.1"));
}

static const char *add_process(struct world *w, const char *line, size_t size)
{
    const size_t n = w->process_count++;
    char *raw = malloc(size + 1), *argv = w->argvs[n];
    require(raw != NULL);
    for (size_t i = 1; i < size; i++) {
        raw[i - 1] = line[i] == '|' ? '\0' : line[i];
    }
    process_parse_cmdline(raw, size - 1, argv, sizeof w->argvs[n]);
    free(raw);
    struct process *p = &w->processes[n];
    *p = (struct process){.pid = (int32_t)n + 1, .ppid = line[0] >> 1 & 15, .argv = argv};
    service_argument_base(argv, 0, p->name, sizeof p->name);
    w->elsewhere[n] = line[0] & 1;
    return argv;
}

static void check_line(const char *argv)
{
    char line[64], words[PROCESS_ARGV], value[16];
    service_mask_argv(argv, line, sizeof line);
    require(strlen(line) < sizeof line && !strchr(line, PROCESS_ARGV_SEPARATOR));
    service_mask_words(argv, words, sizeof words);
    require(strlen(words) < sizeof words);
    /* No more arguments than there were, and what was masked once stays so. */
    size_t before = 0, after = 0;
    for (const char *c = argv; *c != '\0'; c++) {
        before += *c == PROCESS_ARGV_SEPARATOR;
    }
    for (const char *c = words; *c != '\0'; c++) {
        after += *c == PROCESS_ARGV_SEPARATOR;
    }
    require(after <= before);
    (void)service_argument(argv, "--port", value, sizeof value);
    for (size_t k = 0; k < SERVICE_KIND_COUNT; k++) {
        (void)service_kinds[k]->matches("x", argv);
        (void)service_kinds[k]->port_of(argv);
    }
}

static void check_published(struct world *w, const char *argv)
{
    struct published all[PUBLISHED_MAX], few[2];
    const size_t count = published_parse(argv, all, PUBLISHED_MAX);
    require(count <= PUBLISHED_MAX);
    require(published_parse(argv, few, 2) == (count < 2 ? count : 2));
    for (size_t i = 0; i < count; i++) {
        require(all[i].port != 0 && all[i].behind != 0);
        require(memchr(all[i].to, '\0', sizeof all[i].to) != NULL);
        require(i >= 2 || (few[i].port == all[i].port && few[i].behind == all[i].behind));
        add_listener(w, all[i].port);
    }
}

static void check_candidates(struct world *w, const char *ollama_host)
{
    struct candidate out[CANDIDATES_MAX];
    const struct discovery_input in = {
        .processes = w->processes,
        .process_count = w->process_count,
        .listeners = w->listeners,
        .listener_count = w->listener_count,
        .ollama_host = ollama_host,
        .owner = owner,
        .elsewhere = elsewhere,
        .ctx = w,
    };
    const size_t count = discovery_candidates(&in, out, CANDIDATES_MAX);
    require(count <= CANDIDATES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct config_url url;
        struct err err = ERR_INIT;
        require(config_parse_url(out[i].url, &url, &err) == 0 && url.port == out[i].port);
        require(out[i].pid >= 0 && (size_t)out[i].pid <= w->process_count);
    }
}

/* On a text of exactly its size, so that a sanitizer sees who reads on. */
static void check(struct world *w, const char *argv)
{
    const size_t size = strlen(argv) + 1;
    char *own = malloc(size);
    require(own != NULL);
    memcpy(own, argv, size);
    check_line(own);
    check_published(w, own);
    free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    const char *at = (const char *)data, *end = at + size;
    w.process_count = w.listener_count = 0;
    while (at < end && w.process_count < PROCESSES) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline != NULL ? newline : end;
        if (stop > at) {
            check(&w, add_process(&w, at, (size_t)(stop - at)));
        }
        at = newline != NULL ? newline + 1 : end;
    }
    add_listener(&w, 11434);
    add_listener(&w, 8188);
    if (w.process_count > 0) {
        check_candidates(&w, w.argvs[0]);
    }
    return 0;
}
