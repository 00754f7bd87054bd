/*
 * The table of services: which there are, whose turn it is, and what of it goes into a sample.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/service/running.h"

#define DISCOVER_NS (4 * NS_PER_S)
#define LIMITS_NS                                                                                  \
    (5 * NS_PER_S)              /* a dozen small files; an OOM kill is news for longer than that   \
                                 */
#define USAGE_NS (NS_PER_S / 2) /* a tree is not read more often, however short the interval */
enum {
    CGROUP_MAX_BYTES = 4096,
    SLICE_PROCESSES = 64, /* read at a time: 2 to 3 ms where they are new */
};

bool services_has_address(const char *host)
{
    struct ifaddrs *all = NULL;
    bool found = false;
    if (getifaddrs(&all) < 0)
        return false;
    for (const struct ifaddrs *i = all; i != NULL && !found; i = i->ifa_next) {
        char text[INET6_ADDRSTRLEN] = "";
        if (i->ifa_addr == NULL)
            continue;
        if (i->ifa_addr->sa_family == AF_INET) {
            struct sockaddr_in a;
            memcpy(&a, i->ifa_addr, sizeof(a));
            inet_ntop(AF_INET, &a.sin_addr, text, sizeof(text));
        } else if (i->ifa_addr->sa_family == AF_INET6) {
            struct sockaddr_in6 a;
            memcpy(&a, i->ifa_addr, sizeof(a));
            inet_ntop(AF_INET6, &a.sin6_addr, text, sizeof(text));
        }
        found = strcmp(text, host) == 0;
    }
    freeifaddrs(all);
    return found;
}

bool services_own_address(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 ||
           services_has_address(address);
}

static void running_free(struct running *r)
{
    http_cancel(r->owner->http, r);
    token_release(&r->token);
    buf_release(&r->settings.text);
    free(r);
}

struct running *services_row(struct services *s, int kind)
{
    if (s->count == RUNNING_MAX) {
        /* Room is made by one that is down and not in the configuration. */
        size_t i = 0;
        while (i < s->count && (s->list[i]->configured || s->list[i]->added || s->list[i]->seen ||
                                s->list[i]->question >= 0))
            i++;
        if (i == s->count)
            return NULL;
        running_free(s->list[i]);
        memmove(&s->list[i], &s->list[i + 1], (s->count - i - 1) * sizeof(s->list[0]));
        s->count--;
    }
    struct running *r = xcalloc(1, sizeof(*r));
    r->owner = s;
    r->ops = service_kinds[kind];
    r->question = r->wrong = -1;
    r->state = SERVICE_DOWN;
    service_answers_init(&r->answers);
    running_reconnect(r, 0);
    s->list[s->count++] = r;
    return r;
}

static int live_environment(void *ctx, struct buf *out, struct err *err)
{
    (void)ctx;
    (void)err;
    const char *value = getenv("OLLAMA_HOST");
    buf_puts(out, value != NULL ? value : "");
    return 0;
}

struct services *services_new(const struct config *config, struct reader *reader, struct http *http,
                              struct process_table *processes, const struct clock_ops *clock)
{
    struct services *s = xcalloc(1, sizeof(*s));
    s->config = config;
    s->reader = reader;
    s->http = http;
    s->processes = processes;
    s->clock = *clock;
    s->discovers = reader_kind(reader) != READER_SYSROOT;
    struct buf text;
    struct err err = ERR_INIT;
    buf_init(&text, sizeof(s->ollama_host) - 1);
    if (s->discovers &&
        reader_call(reader, "env OLLAMA_HOST", live_environment, NULL, &text, &err) == 0)
        utf8_copy(s->ollama_host, sizeof(s->ollama_host), text.data);
    if (s->discovers && reader_link(reader, "/proc/self/ns/net", &text, &err) == 0)
        utf8_copy(s->own_network, sizeof(s->own_network), text.data);
    buf_release(&text);
    configured_add(s);
    return s;
}

void services_free(struct services *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->count; i++) {
        running_free(s->list[i]);
    }
    free(s->round.listeners);
    free(s->wish);
    free(s);
}

/* A look at the descriptors of thousands of processes takes a while: it is made a slice at a time,
 * and then discovery asks again. */
static int32_t owner_callback(void *ctx, uint64_t inode, int64_t uid, bool *readable)
{
    struct services *s = ctx;
    int32_t pid = 0;
    if (!listener_known(s->processes, inode, uid, &pid, readable))
        s->round.unknown = true;
    return pid;
}

static int read_group(struct services *s, int32_t pid, struct running_group *out)
{
    struct buf text;
    struct err err = ERR_INIT;
    char path[64];
    buf_init(&text, CGROUP_MAX_BYTES);
    snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
    int code = reader_once(s->reader, path, &text, &err);
    running_parse_group(text.data, code < 0 ? 0 : text.size, out);
    buf_release(&text);
    return code;
}

/* A process in a network of its own: its ports are not ours. Where the kernel does not show that
 * (another user's process), the name of its control group tells. */
static bool elsewhere_callback(void *ctx, int32_t pid)
{
    struct services *s = ctx;
    struct err err = ERR_INIT;
    struct buf text;
    char path[64];
    bool elsewhere;
    buf_init(&text, CGROUP_MAX_BYTES);
    snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
    if (s->own_network[0] != '\0' && reader_link(s->reader, path, &text, &err) == 0) {
        elsewhere = strcmp(text.data, s->own_network) != 0;
    } else {
        struct running_group group;
        read_group(s, pid, &group);
        elsewhere = group.contained;
    }
    buf_release(&text);
    return elsewhere;
}

static void set_process(struct services *s, struct running *r, int32_t pid, int64_t start)
{
    if (r->pid == pid && r->pid_start == start)
        return;
    bool restarted = pid != 0;
    r->pid = pid;
    r->pid_start = start;
    r->limits_ns = 0;
    r->usage_known = false;
    r->mark_count = 0;
    if (!restarted)
        return;
    running_reconnect(r, s->now_ns);
    int code = read_group(s, pid, &r->group);
    utf8_copy(r->install, sizeof(r->install), code < 0 ? "" : running_group_install(&r->group));
    running_find_folders(r);
}

/* The row of this candidate. Two servers may have one port at different addresses: then a row is
 * told by its process or its address. */
static struct running *find(struct services *s, const struct candidate *c)
{
    struct running *best = NULL;
    int best_score = c->shared ? 0 : -1;
    for (size_t i = 0; i < s->count; i++) {
        struct running *r = s->list[i];
        if (r->remote || r->port != c->port || r->below_path ||
            (r->ops->kind != c->kind && !r->kind_open))
            continue;
        int score = strcmp(r->url, c->url) == 0 ? 2 : 0;
        if (c->pid != 0 && r->pid == c->pid && r->pid_start == c->pid_start)
            score = 3;
        else if (c->shared && strcmp(r->other_url, c->url) == 0)
            score = 1;
        if (score > best_score) {
            best = r;
            best_score = score;
        }
    }
    return best;
}

/* A service of the configuration that is reached through a reverse proxy and named as discovery
 * would name the server behind it: both are one row. */
static struct running *find_behind_path(struct services *s, const struct candidate *c)
{
    for (size_t i = 0; i < s->count; i++) {
        struct running *r = s->list[i];
        if (r->configured && r->below_path && !r->remote && r->ops->kind == c->kind && !r->seen &&
            strcmp(r->name, r->ops->name) == 0 && c->port == r->ops->ports[0])
            return r;
    }
    return NULL;
}

/* Whoever is watched at this address, whatever its kind. */
static struct running *find_address(struct services *s, const char *url, uint16_t port, bool remote)
{
    for (size_t i = 0; i < s->count; i++) {
        struct running *r = s->list[i];
        if (strcmp(r->url, url) == 0 || (!remote && !r->remote && r->port == port))
            return r;
    }
    return NULL;
}

/* What to ask for first where nothing is known. */
static int kind_of_port(uint16_t port)
{
    for (int kind = 0; kind < SERVICE_KIND_COUNT; kind++) {
        const struct service_ops *ops = service_kinds[kind];
        for (size_t i = 0; i < sizeof(ops->ports) / sizeof(ops->ports[0]); i++) {
            if (ops->ports[i] == port)
                return kind;
        }
    }
    return 0;
}

int services_add(struct services *s, const char *name, int kind, const char *url, int64_t now_ns,
                 struct err *err)
{
    struct config_url u;
    char text[CONFIG_URL_TEXT];
    if (config_parse_url(url, &u, err) < 0)
        return -err->code;
    bool remote = !u.loopback && !services_has_address(u.host);
    config_url_text(&u, text);
    struct running *r = find_address(s, text, u.port, remote);
    if (r != NULL && (r->configured || r->identified)) {
        r->added = r->added || !r->configured;
        return 0;
    }
    if (r == NULL)
        r = services_row(s, kind >= 0 ? kind : kind_of_port(u.port));
    if (r == NULL)
        return err_set(err, ERR_STATE, "%d services are watched already, there is no room for %s",
                       RUNNING_MAX, text);
    r->added = true;
    r->rejected = false;
    r->kind_open = kind < 0;
    r->remote = remote;
    r->port = u.port;
    if (name != NULL)
        utf8_copy(r->name, sizeof(r->name), name);
    utf8_copy(r->url, sizeof(r->url), text);
    running_reconnect(r, now_ns);
    s->discover_next_ns = now_ns; /* who holds its port is looked up at once */
    return 0;
}

static void set_listening(struct running *r)
{
    r->listening = true;
    if (r->was_listening)
        return;
    r->failures = 0; /* it has just opened its port: asked at once */
    r->not_before_ns = 0;
}

static void take_candidate(struct services *s, const struct candidate *c)
{
    struct running *r = find(s, c);
    if (r == NULL && (r = find_behind_path(s, c)) != NULL) {
        r->seen = true; /* whether it can be asked is told by the port of what is in front of it */
        set_process(s, r, c->pid, c->pid_start);
        return;
    }
    if (r == NULL) {
        r = services_row(s, c->kind);
        if (r == NULL)
            return;
        r->port = c->port;
    }
    if (!r->configured && !r->added &&
        (r->url[0] == '\0' || (!c->try_ipv6 && strcmp(r->url, c->url) != 0)) && r->question < 0) {
        utf8_copy(r->url, sizeof(r->url), c->url);
        r->other_url[0] = '\0';
        if (c->try_ipv6)
            snprintf(r->other_url, sizeof(r->other_url), "http://[::1]:%u", c->port);
    }
    if (!r->guessed && c->guessed && !r->identified)
        r->guessed = true;
    r->seen = true;
    if (c->listening)
        set_listening(r);
    r->proxy = c->proxy;
    r->sure = c->sure;
    if (r->kind_open && c->sure && r->question < 0) {
        r->ops = service_kinds[c->kind];
        r->kind_open = false;
    }
    set_process(s, r, c->pid, c->pid_start);
    if (c->proxy && c->pid == 0)
        utf8_copy(r->install, sizeof(r->install), "container");
}

/* The socket behind a url of this machine: the one with its address, else any of its port. */
static const struct listener *listener_of(const struct running *r, const struct listener *listeners,
                                          size_t count)
{
    const struct listener *found = NULL;
    char url[128];
    for (size_t i = 0; i < count; i++) {
        if (listeners[i].port != r->port)
            continue;
        discovery_url(&listeners[i], url, sizeof(url));
        if (strncmp(r->url, url, strlen(url)) == 0)
            return &listeners[i];
        if (found == NULL)
            found = &listeners[i];
    }
    return found;
}

/* A configured service may listen where discovery would not ask (any port, any program): whoever
 * holds the port is its process, except a proxy, and what stands in front of a path. */
static void look_at_port(struct services *s, struct running *r, const struct listener *listeners,
                         size_t count)
{
    const struct listener *l = listener_of(r, listeners, count);
    if (l == NULL)
        return;
    bool readable;
    set_listening(r);
    if (r->below_path)
        return;
    int32_t pid = owner_callback(s, l->inode, l->uid, &readable);
    const struct process *p = pid > 0 ? process_table_find(s->processes, pid) : NULL;
    if (p != NULL && !discovery_is_proxy(p)) {
        set_process(s, r, pid, p->start);
        r->seen = true;
    }
}

/* One process that answers on two ports as one kind is one server, and so is one that answers on
 * one of its ports and not on another. */
static void note_repeated(struct services *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct running *r = s->list[i];
        r->repeated = false;
        if (r->configured || r->added || r->pid == 0 || r->guessed)
            continue;
        for (size_t k = 0; k < s->count && !r->repeated; k++) {
            const struct running *x = s->list[k];
            bool first = x->configured || x->added || !r->identified || k < i;
            r->repeated = k != i && first && x->identified && !x->guessed && !x->repeated &&
                          x->ops == r->ops && x->pid == r->pid && x->pid_start == r->pid_start;
        }
    }
}

void services_is_local(struct running *r)
{
    struct services *s = r->owner;
    r->remote = false;
    r->listening = true; /* it has just answered */
    for (size_t i = 0; i < s->count;) {
        struct running *x = s->list[i];
        if (x == r || x->configured || x->added || x->remote || x->ops != r->ops ||
            x->port != r->port || r->below_path) {
            i++;
            continue;
        }
        running_free(x);
        memmove(&s->list[i], &s->list[i + 1], (s->count - i - 1) * sizeof(s->list[0]));
        s->count--;
    }
    s->discover_next_ns = s->now_ns; /* whose process it is, is looked up at once */
}

/* What was never known to be a service and is gone leaves no trace. */
static void forget(struct services *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct running *r = s->list[i];
        if (r->configured || r->added || r->identified || r->seen || r->question >= 0)
            s->list[kept++] = r;
        else
            running_free(r);
    }
    s->count = kept;
}

static void begin_round(struct services *s)
{
    s->round.stage = ROUND_TABLE;
    s->round.cost_ns = 0;
    s->round.listeners = xcalloc(LISTENERS_MAX, sizeof(*s->round.listeners));
    s->discover_next_ns = INT64_MAX; /* whoever sets it from now on wants another round */
}

/* Who runs. true: all of them are known. */
static bool round_table(struct services *s, uint64_t forks, size_t most)
{
    struct err err = ERR_INIT;
    int code = process_table_step(s->processes, s->now_ns, forks, most, &err);
    if (code > 0)
        return false;
    int count = listeners_read(s->reader, s->round.listeners, LISTENERS_MAX,
                               code < 0 ? &(struct err)ERR_INIT : &err);
    s->listeners_known = count >= 0;
    s->round.listener_count = count > 0 ? (size_t)count : 0;
    s->discovery_err = err;
    listener_round(s->processes, s->round.listeners, s->round.listener_count);
    return true;
}

/* Asks for the owners that look_at_port() will want. */
static void ask_owners(struct services *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct running *r = s->list[i];
        bool readable;
        bool wanted = (r->configured || r->added) && !r->remote && !r->below_path && !r->seen;
        const struct listener *l = wanted
                                       ? listener_of(r, s->round.listeners, s->round.listener_count)
                                       : NULL;
        if (l != NULL)
            (void)owner_callback(s, l->inode, l->uid, &readable);
    }
}

static void end_round(struct services *s, const struct candidate *candidates, size_t count)
{
    for (size_t i = 0; i < s->count; i++) {
        s->list[i]->seen = false;
        s->list[i]->was_listening = s->list[i]->listening;
        if (s->listeners_known)
            s->list[i]->listening = false;
    }
    for (size_t i = 0; i < count; i++)
        take_candidate(s, &candidates[i]);
    for (size_t i = 0; i < s->count; i++) {
        struct running *r = s->list[i];
        if ((r->configured || r->added) && !r->remote && (!r->seen || r->below_path))
            look_at_port(s, r, s->round.listeners, s->round.listener_count);
        if (!r->seen)
            set_process(s, r, 0, 0);
    }
    forget(s);
    note_repeated(s);
    for (size_t i = 0; i < s->count; i++)
        running_count_runners(s->list[i]);
    listener_round(s->processes, NULL, 0);
    free(s->round.listeners);
    s->round.listeners = NULL;
    s->round.stage = ROUND_NONE;
}

/* Who offers a service. true: it is known, and the round is over. */
static bool round_search(struct services *s)
{
    struct candidate candidates[CANDIDATES_MAX];
    size_t process_count;
    struct discovery_input in = {
        .processes = process_table_list(s->processes, &process_count),
        .listeners = s->round.listeners,
        .listener_count = s->round.listener_count,
        .ollama_host = s->ollama_host[0] != '\0' ? s->ollama_host : NULL,
        .owner = owner_callback,
        .elsewhere = elsewhere_callback,
        .ctx = s,
    };
    in.process_count = process_count;
    s->round.unknown = false;
    size_t count = discovery_candidates(&in, candidates, CANDIDATES_MAX);
    ask_owners(s);
    if (s->round.unknown)
        return false;
    end_round(s, candidates, count);
    return true;
}

/* A slice of a round. true: it is over. */
static bool step_round(struct services *s, uint64_t forks, size_t most)
{
    switch (s->round.stage) {
    case ROUND_NONE:
        begin_round(s);
        return false;
    case ROUND_TABLE:
        if (round_table(s, forks, most))
            s->round.stage = ROUND_SEARCH;
        return false;
    case ROUND_SEARCH:
        if (round_search(s))
            return true;
        s->round.stage = ROUND_LOOK;
        return false;
    case ROUND_LOOK:
        if (listener_look(s->processes, most))
            s->round.stage = ROUND_SEARCH;
        return false;
    }
    return true;
}

void services_discover(struct services *s, int64_t now_ns, uint64_t forks, bool whole)
{
    s->now_ns = now_ns;
    s->forks = forks;
    if (!s->discovers ||
        (s->discovered && s->round.stage == ROUND_NONE && now_ns < s->discover_next_ns)) {
        s->discovered = true;
        return;
    }
    int64_t before = clock_thread_cpu_ns();
    bool over;
    do {
        over = step_round(s, forks, whole ? SIZE_MAX : SLICE_PROCESSES);
    } while (!over && (whole || s->round.stage == ROUND_SEARCH));
    s->round.cost_ns += clock_thread_cpu_ns() - before;
    if (!over)
        return;
    s->discovered = true;
    s->discovered_ns = now_ns;
    if (s->discover_next_ns > now_ns + DISCOVER_NS)
        s->discover_next_ns = now_ns + DISCOVER_NS;
    s->discovery_cost_ns = s->round.cost_ns;
}

void services_ask(struct services *s, int64_t now_ns)
{
    int64_t before = clock_thread_cpu_ns();
    s->now_ns = now_ns;
    if (!s->discovered)
        return; /* whether a port is open at all is known after the first round */
    for (size_t i = 0; i < s->count; i++) {
        if (!s->list[i]->repeated)
            running_ask(s->list[i], now_ns);
    }
    s->ask_cost_ns = clock_thread_cpu_ns() - before;
}

int64_t services_next_ns(const struct services *s)
{
    int64_t now = clock_mono_ns(&s->clock);
    int64_t next = s->discovers ? s->discover_next_ns : INT64_MAX;
    if (s->round.stage != ROUND_NONE)
        return 0;
    for (size_t i = 0; i < s->count; i++) {
        int64_t one = s->list[i]->repeated ? INT64_MAX : running_next_ns(s->list[i], now);
        if (one < next)
            next = one;
    }
    return next;
}

bool services_settled(const struct services *s, int64_t now_ns)
{
    if (!s->discovered)
        return false;
    for (size_t i = 0; i < s->count; i++) {
        const struct running *r = s->list[i];
        if (r->rejected || r->repeated || !running_may_be_asked(r))
            continue;
        if (r->first_asked_ns == 0)
            return false;
        bool waited = now_ns - r->first_asked_ns >= SETTLE_NS;
        bool whole = r->last_code == 0 && r->answered_ns > 0;
        for (int q = 0; whole && r->ops->questions[q].path != NULL; q++)
            whole = r->ops->questions[q].wanted != NULL || r->questions[q].answered_ns > 0;
        if (!waited && !whole && (r->finished_count == 0 || r->last_code == 0))
            return false;
    }
    return true;
}

static void read_usage(struct services *s, struct running *r, int64_t now_ns)
{
    if (r->pid == 0 || (r->usage_known && now_ns - r->usage_ns < USAGE_NS))
        return;
    struct err err = ERR_INIT;
    struct process_usage usage;
    unsigned members;
    if (process_table_tree(s->processes, r->pid, r->pid_start, &usage, &members, &err) < 0) {
        r->usage_known = false;
        r->mark_count = 0;
        s->discover_next_ns = now_ns; /* it has ended: see what is there now */
        return;
    }
    r->usage = usage;
    r->members = members;
    r->usage_ns = now_ns;
    r->usage_known = true;
    if (r->limits_ns == 0 || now_ns - r->limits_ns >= LIMITS_NS) {
        process_table_group(s->processes, r->pid, now_ns, &r->limits);
        r->limits_ns = now_ns;
    }
    running_mark_cpu(r, now_ns, usage.cpu_seconds);
}

static bool name_is_taken(const struct services *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->list[i]->name, name) == 0)
            return true;
    }
    return false;
}

static void give_name(const struct services *s, struct running *r)
{
    char name[sizeof(r->name)];
    const char *kind = r->kind_open ? "service" : r->ops->name;
    snprintf(name, sizeof(name), "%s", kind);
    if (r->kind_open || name_is_taken(s, name))
        snprintf(name, sizeof(name), "%s-%u", kind, r->port);
    for (int i = 2; name_is_taken(s, name) && i <= RUNNING_MAX + 1; i++)
        snprintf(name, sizeof(name), "%s-%u-%d", kind, r->port, i);
    utf8_copy(r->name, sizeof(r->name), name);
}

/* Configured ones in the order of the file, then kinds and ports. */
static int compare_shown(const void *a, const void *b)
{
    const struct running *x = *(struct running *const *)a, *y = *(struct running *const *)b;
    if (x->configured != y->configured)
        return x->configured ? -1 : 1;
    if (x->configured)
        return 0;
    if (x->ops->kind != y->ops->kind)
        return x->ops->kind < y->ops->kind ? -1 : 1;
    return (x->port > y->port) - (x->port < y->port);
}

static size_t collect_shown(struct services *s, int64_t now_ns, struct running *shown[RUNNING_MAX])
{
    size_t count = 0;
    note_repeated(s);
    for (int pass = 0; pass < 2;
         pass++) { /* configured ones keep their order: they are in front of the table */
        for (size_t i = 0; i < s->count; i++) {
            struct running *r = s->list[i];
            if (r->configured == (pass == 0) && !r->repeated && running_is_shown(r, now_ns))
                shown[count++] = r;
        }
        if (pass == 1) {
            size_t first = 0;
            while (first < count && shown[first]->configured)
                first++;
            qsort(shown + first, count - first, sizeof(shown[0]), compare_shown);
        }
    }
    return count;
}

void services_fill(struct services *s, int64_t now_ns, struct sample *out)
{
    struct running *shown[RUNNING_MAX];
    size_t count = collect_shown(s, now_ns, shown);
    services_collect_folders(s, shown, count);
    out->service_count = count;
    out->services = count > 0 ? arena_calloc(&out->arena, count, sizeof(*out->services)) : NULL;
    for (size_t i = 0; i < count; i++) {
        struct running *r = shown[i];
        char reason[sizeof(r->reason)];
        if (r->name[0] == '\0')
            give_name(s, r);
        read_usage(s, r, now_ns);
        running_read_settings(r);
        int state = (int)running_decide(r, now_ns, reason, sizeof(reason));
        if (state != r->state || r->since_ns == 0) {
            r->state = state;
            r->since_ns = now_ns;
        }
        utf8_copy(r->reason, sizeof(r->reason), reason);
        running_fill(r, now_ns, &out->arena, &out->services[i]);
        out->services[i].started_wall_ns = process_started_wall_ns(s->processes, r->pid_start,
                                                                   out->host.boot_wall_ns);
    }
}

void services_status(const struct services *s, struct source_status *discovery,
                     struct source_status *asked)
{
    *discovery = (struct source_status){.name = "discovery", .period_ns = DISCOVER_NS};
    discovery->answered_ns = s->discovered_ns;
    discovery->cost_ns = s->discovery_cost_ns;
    if (!s->discovers) {
        discovery->state = READING_UNSUPPORTED;
        utf8_copy(discovery->reason, sizeof(discovery->reason),
                  "services are not looked for with --sysroot");
    } else if (s->discovery_err.code != 0) {
        discovery->state = READING_FAILED;
        utf8_copy(discovery->reason, sizeof(discovery->reason), s->discovery_err.msg);
    } else {
        discovery->state = s->discovered_ns > 0 ? READING_OK : READING_NONE;
    }
    *asked = (struct source_status){.name = "services", .period_ns = 2 * NS_PER_S};
    asked->cost_ns = s->ask_cost_ns;
    size_t up = 0, shown = 0;
    const struct running *worst = NULL, *warned = NULL;
    for (size_t i = 0; i < s->count; i++) {
        const struct running *r = s->list[i];
        if (r->answered_ns > asked->answered_ns)
            asked->answered_ns = r->answered_ns;
        if (warned == NULL && r->token.warning[0] != '\0')
            warned = r;
        if (r->name[0] == '\0' || r->repeated)
            continue;
        shown++;
        if (r->state == SERVICE_UP)
            up++;
        else if (worst == NULL)
            worst = r;
    }
    asked->state = shown == 0 ? READING_NONE : READING_OK;
    if (worst != NULL && up == 0)
        asked->state = READING_FAILED;
    if (warned != NULL) {
        snprintf(asked->reason, sizeof(asked->reason), "%s: %s", warned->name,
                 warned->token.warning);
    } else if (worst != NULL) {
        snprintf(asked->reason, sizeof(asked->reason), "%s: %.100s", worst->name, worst->reason);
    } else if (shown == 0 && s->discovered) {
        utf8_copy(asked->reason, sizeof(asked->reason), "no service was found");
    }
}
