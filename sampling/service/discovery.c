#include "sampling/service/discovery.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "sampling/service/published.h"

/* Programs that hold a container's published port: docker, rootless docker, podman, and what they
 * forward with. */
static const char *const proxies[] = {
    "docker-proxy", "rootlessport", "rootlesskit",        "conmon",  "slirp4netns", "pasta",
    "pasta.avx2",   "vpnkit",       "com.docker.backend", "gvproxy", "limactl",     "ssh",
};

enum {
    MATCHES_MAX = 64,
    PLACES_MAX = CANDIDATES_MAX,
    ANCESTORS_MAX = 16, /* between a container's server and its monitor there are two or three */
    FIRST_USER_PORT = 1024,
    OWNERS_MAX = 32, /* half of what listener_owner() remembers: it never looks twice */
};

struct match {
    const struct process *process;
    enum service_match how;
    bool elsewhere;
    uint16_t port; /* named in its argv, or 0 */
    bool used;     /* a candidate has it */
};

struct search {
    const struct discovery_input *in;
    const struct service_ops *ops;
    struct match matches[MATCHES_MAX];
    size_t match_count;
    uint16_t extra_port; /* of OLLAMA_HOST, or 0 */
    struct {
        uint16_t behind;
        char to[64];
    } places[PLACES_MAX]; /* behind the candidates of this kind that proxies told */
    size_t place_count;
    struct candidate *out;
    size_t max, count;
};

void discovery_url(const struct listener *l, char *out, size_t out_size)
{
    const char *host = l->address;
    if (l->any)
        host = "127.0.0.1"; /* :: takes IPv4 too, as a rule */
    if (l->ipv6 && !l->any)
        snprintf(out, out_size, "http://[%s]:%u", host, l->port);
    else
        snprintf(out, out_size, "http://%s:%u", host, l->port);
}

/* Which of a port's sockets to ask: what listens on IPv4 first, loopback and all addresses before a
 * single one. */
static int listener_rank(const struct listener *l)
{
    if (!l->any && !l->loopback)
        return l->ipv6 ? 5 : 4;
    if (!l->ipv6)
        return l->loopback ? 0 : 1;
    return l->any ? 2 : 3;
}

static void collect_matches(struct search *s)
{
    s->match_count = 0;
    for (size_t i = 0; i < s->in->process_count && s->match_count < MATCHES_MAX; i++) {
        const struct process *p = &s->in->processes[i];
        enum service_match how = p->argv[0] != '\0' ? s->ops->matches(p->name, p->argv) : MATCH_NOT;
        if (how == MATCH_NOT)
            continue;
        s->matches[s->match_count++] = (struct match){
            .process = p,
            .how = how,
            .elsewhere = s->in->elsewhere != NULL && s->in->elsewhere(s->in->ctx, p->pid),
            .port = s->ops->port_of(p->argv),
        };
    }
}

static int32_t owner_of(const struct search *s, const struct listener *l, bool *readable)
{
    *readable = false;
    return s->in->owner != NULL ? s->in->owner(s->in->ctx, l->inode, l->uid, readable) : 0;
}

static int compare_pid(const void *key, const void *row)
{
    const int32_t pid = *(const int32_t *)key, other = ((const struct process *)row)->pid;
    return (pid > other) - (pid < other);
}

static const struct process *find_process(const struct discovery_input *in, int32_t pid)
{
    return in->process_count > 0 ? bsearch(&pid, in->processes, in->process_count,
                                           sizeof(*in->processes), compare_pid)
                                 : NULL;
}

bool discovery_is_proxy(const struct process *p)
{
    char base[64];
    service_argument_base(p->argv, 0, base, sizeof(base));
    for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
        /* A process's name is cut at 15 bytes by the kernel. */
        if (strcmp(base, proxies[i]) == 0 || strncmp(p->name, proxies[i], 15) == 0)
            return true;
    }
    return false;
}

static bool is_known(const struct search *s, uint16_t port)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->out[i].kind == s->ops->kind && s->out[i].port == port)
            return true;
    }
    return false;
}

/* The same for one process: two servers may have one port, at different addresses. */
static bool is_known_of(const struct search *s, uint16_t port, int32_t pid)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct candidate *c = &s->out[i];
        if (c->kind == s->ops->kind && c->port == port && (c->pid == pid || c->pid == 0))
            return true;
    }
    return false;
}

static struct candidate *add(struct search *s, uint16_t port, const char *url)
{
    if (s->count == s->max)
        return NULL;
    struct candidate *c = &s->out[s->count++];
    *c = (struct candidate){.kind = s->ops->kind, .port = port};
    utf8_copy(c->url, sizeof(c->url), url);
    return c;
}

static void assign(struct candidate *c, struct match *m)
{
    m->used = true;
    c->pid = m->process->pid;
    c->pid_start = m->process->start;
    c->sure = m->how == MATCH_SURE;
}

/* The matching process behind a listening socket of ours: the one that holds it when that can be
 * seen, else the one that names the port, else the only one of that user. NULL: none or not clear
 * which. */
static struct match *match_of(struct search *s, const struct listener *l)
{
    struct match *only = NULL, *named = NULL;
    size_t count = 0, names = 0;
    for (size_t i = 0; i < s->match_count; i++) {
        struct match *m = &s->matches[i];
        if (m->elsewhere || m->process->uid != l->uid)
            continue;
        count++;
        only = m;
        if (m->port == l->port) {
            names++;
            named = m;
        }
    }
    if (count == 0)
        return NULL;
    if (count == 1 && (only->port == l->port || only->port == 0))
        return only;
    bool readable;
    int32_t pid = owner_of(s, l, &readable);
    for (size_t i = 0; pid > 0 && i < s->match_count; i++) {
        if (s->matches[i].process->pid == pid)
            return &s->matches[i];
    }
    return pid == 0 && names == 1 ? named : NULL;
}

static bool uid_matches(const struct search *s, int64_t uid)
{
    for (size_t i = 0; i < s->match_count; i++) {
        if (!s->matches[i].elsewhere && s->matches[i].process->uid == uid)
            return true;
    }
    return false;
}

static bool descends(const struct search *s, const struct process *p, int32_t ancestor)
{
    for (int i = 0; i < ANCESTORS_MAX && p != NULL && p->ppid > 1; i++) {
        if (p->ppid == ancestor)
            return true;
        p = find_process(s->in, p->ppid);
    }
    return false;
}

static uint16_t default_port(const struct search *s)
{
    return s->extra_port != 0 ? s->extra_port : s->ops->ports[0];
}

/* The matching process in a network of its own that runs below this one (conmon is the parent of
 * its container), or NULL. */
static struct match *below(struct search *s, const struct process *proxy)
{
    for (size_t i = 0; i < s->match_count; i++) {
        struct match *m = &s->matches[i];
        if (m->elsewhere && !m->used && descends(s, m->process, proxy->pid))
            return m;
    }
    return NULL;
}

/* The only one that listens on the port behind a proxy (0: not told). NULL: none, or not clear
 * which. */
static struct match *alone_on(struct search *s, uint16_t behind)
{
    struct match *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < s->match_count; i++) {
        struct match *m = &s->matches[i];
        uint16_t port = m->port != 0 ? m->port : s->ops->ports[0];
        if (!m->elsewhere || m->used || (behind != 0 && behind != port))
            continue;
        found = m;
        count++;
    }
    return count == 1 ? found : NULL;
}

/* The one that a proxy forwards to. */
static struct match *contained(struct search *s, const struct process *proxy, uint16_t behind)
{
    struct match *m = below(s, proxy);
    return m != NULL ? m : alone_on(s, behind);
}

/* Whether this socket on one of the kind's own ports may be asked, and who is behind it. */
static bool may_ask(struct search *s, const struct listener *l, struct match **match, bool *proxy)
{
    *match = NULL;
    *proxy = false;
    if (uid_matches(s, l->uid)) {
        *match = match_of(s, l);
        if (*match != NULL)
            return true;
    }
    bool readable;
    int32_t pid = owner_of(s, l, &readable);
    if (pid == 0)
        return true; /* cannot be seen: another user's, or a container's */
    const struct process *p = find_process(s->in, pid);
    if (p == NULL || !discovery_is_proxy(p))
        return uid_matches(s, l->uid);
    struct published list[PUBLISHED_MAX];
    uint16_t behind = 0;
    for (size_t i = 0, n = published_parse(p->argv, list, PUBLISHED_MAX); i < n; i++) {
        if (list[i].port == l->port)
            behind = list[i].behind;
    }
    *proxy = true;
    *match = contained(s, p, behind);
    return true;
}

static struct candidate *add_listener(struct search *s, const struct listener *l)
{
    char url[128];
    discovery_url(l, url, sizeof(url));
    struct candidate *c = add(s, l->port, url);
    if (c == NULL)
        return NULL;
    c->listening = true;
    c->try_ipv6 = l->ipv6 && l->any;
    return c;
}

static void ask_own_port(struct search *s, uint16_t port)
{
    if (port == 0 || is_known(s, port))
        return;
    for (int rank = 0; rank <= 5; rank++) {
        for (size_t i = 0; i < s->in->listener_count; i++) {
            const struct listener *l = &s->in->listeners[i];
            struct match *match;
            bool proxy;
            if (l->port != port || listener_rank(l) != rank || !may_ask(s, l, &match, &proxy))
                continue;
            struct candidate *c = add_listener(s, l);
            if (c == NULL)
                return;
            c->proxy = proxy;
            if (match != NULL)
                assign(c, match);
            return;
        }
    }
}

/* Whether another of the kind's candidates leads to this place; remembers it. */
static bool place_is_known(struct search *s, uint16_t behind, const char *to)
{
    if (to[0] == '\0')
        return false;
    for (size_t i = 0; i < s->place_count; i++) {
        if (s->places[i].behind == behind && strcmp(s->places[i].to, to) == 0)
            return true;
    }
    if (s->place_count < PLACES_MAX) {
        s->places[s->place_count].behind = behind;
        utf8_copy(s->places[s->place_count++].to, sizeof(s->places[0].to), to);
    }
    return false;
}

static bool is_own_port(const struct search *s, uint16_t port)
{
    for (size_t i = 0; i < sizeof(s->ops->ports) / sizeof(s->ops->ports[0]); i++) {
        if (port != 0 && s->ops->ports[i] == port)
            return true;
    }
    return false;
}

static const struct listener *listener_of_port(const struct search *s, uint16_t port)
{
    const struct listener *best = NULL;
    for (size_t i = 0; i < s->in->listener_count; i++) {
        const struct listener *l = &s->in->listeners[i];
        if (l->port == port && (best == NULL || listener_rank(l) < listener_rank(best)))
            best = l;
    }
    return best;
}

/* Ports of which a proxy's command line says that the kind's port is behind them. Two rounds: what
 * is asked already comes first, wherever its proxy stands in the table. */
static void ask_published(struct search *s, bool known)
{
    struct published list[PUBLISHED_MAX];
    for (size_t i = 0; i < s->in->process_count; i++) {
        const struct process *p = &s->in->processes[i];
        size_t n = published_parse(p->argv, list, PUBLISHED_MAX);
        /* Once a process, not once a port: anybody may run a thousand that look like proxies. */
        struct match *own = n > 0 ? below(s, p) : NULL;
        for (size_t k = 0; k < n; k++) {
            if (list[k].to[0] == '\0')
                snprintf(list[k].to, sizeof(list[k].to), "process %d", (int)p->pid);
            if (is_known(s, list[k].port) != known)
                continue;
            struct match *m = own != NULL ? own : alone_on(s, list[k].behind);
            const struct listener *l = listener_of_port(s, list[k].port);
            if ((m == NULL && !is_own_port(s, list[k].behind)) || l == NULL ||
                place_is_known(s, list[k].behind, list[k].to) || known)
                continue;
            struct candidate *c = add_listener(s, l);
            if (c == NULL)
                return;
            c->proxy = true;
            if (m != NULL) {
                assign(c, m);
                own = below(s, p);
            }
        }
    }
}

static bool is_silent_proxy(const struct process *p)
{
    struct published list[1];
    return discovery_is_proxy(p) && strcmp(p->name, "ssh") != 0 &&
           published_parse(p->argv, list, 1) == 0;
}

/* Such a server runs in a network of its own, and a proxy that does not tell where it leads holds
 * this port: its answer must tell. */
static void ask_silent_proxies(struct search *s)
{
    bool any = false, proxies_run = false;
    for (size_t i = 0; i < s->match_count; i++)
        any = any || (s->matches[i].elsewhere && !s->matches[i].used);
    for (size_t i = 0; any && i < s->in->process_count && !proxies_run; i++)
        proxies_run = is_silent_proxy(&s->in->processes[i]);
    size_t looked_at = 0;
    for (size_t i = 0; proxies_run && i < s->in->listener_count; i++) {
        const struct listener *l = &s->in->listeners[i];
        bool readable;
        if (l->port < FIRST_USER_PORT || is_known(s, l->port) || ++looked_at > OWNERS_MAX)
            continue;
        const struct process *p = find_process(s->in, owner_of(s, l, &readable));
        if (p == NULL || !is_silent_proxy(p))
            continue;
        struct match *m = contained(s, p, 0);
        if (strcmp(p->name, "conmon") == 0 && (m == NULL || !descends(s, m->process, p->pid)))
            continue; /* another container's */
        struct candidate *c = add_listener(s, l);
        if (c == NULL)
            return;
        c->proxy = true;
        c->guessed = true;
        if (m != NULL) {
            assign(c, m);
            m->used = false; /* one of these ports is its; which, the answers tell */
            c->sure = false;
        }
    }
}

/* A socket that this process holds or names. */
static void ask_listener(struct search *s, struct match *m, const struct listener *l)
{
    if (is_known_of(s, l->port, m->process->pid))
        return;
    struct candidate *c = add_listener(s, l);
    if (c != NULL)
        assign(c, m);
}

/* The socket by which to ask a process on this port: the best one that is not seen to be another
 * process's. */
static const struct listener *best_listener(const struct search *s, uint16_t port,
                                            const struct process *p)
{
    const struct listener *best = NULL;
    size_t count = 0;
    for (size_t i = 0; i < s->in->listener_count; i++)
        count += s->in->listeners[i].port == port && s->in->listeners[i].uid == p->uid;
    for (size_t i = 0; i < s->in->listener_count; i++) {
        const struct listener *l = &s->in->listeners[i];
        bool readable;
        if (l->port != port || l->uid != p->uid ||
            (best != NULL && listener_rank(l) >= listener_rank(best)))
            continue;
        int32_t owner = count > 1 ? owner_of(s, l, &readable) : 0;
        if (owner == 0 || owner == p->pid)
            best = l;
    }
    return best;
}

/* Other ports: a matching process must name them or be seen to hold them. */
static void ask_process(struct search *s, struct match *m)
{
    bool hidden = false;
    if (m->port != 0) {
        const struct listener *l = best_listener(s, m->port, m->process);
        if (l != NULL) {
            ask_listener(s, m, l);
            return;
        }
    } else {
        for (size_t i = 0; i < s->in->listener_count; i++) {
            const struct listener *l = &s->in->listeners[i];
            bool readable;
            if (l->uid != m->process->uid || is_known_of(s, l->port, m->process->pid))
                continue;
            int32_t pid = owner_of(s, l, &readable);
            if (pid == 0 && !readable)
                hidden = true;
            if (pid == m->process->pid) {
                const struct listener *best = best_listener(s, l->port, m->process);
                ask_listener(s, m, best != NULL ? best : l);
            }
        }
    }
    uint16_t port = m->port != 0 ? m->port : default_port(s);
    /* Its port is not open yet. Not said of a process that may well be listening where we cannot
     * see it. */
    if (m->used || hidden || m->how != MATCH_SURE || is_known(s, port))
        return;
    char url[128];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
    struct candidate *c = add(s, port, url);
    if (c != NULL)
        assign(c, m);
}

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->port != y->port ? (x->port > y->port) - (x->port < y->port) : strcmp(x->url, y->url);
}

static void mark_shared(struct candidate *out, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (out[i].kind == out[i - 1].kind && out[i].port == out[i - 1].port)
            out[i].shared = out[i - 1].shared = true;
    }
}

size_t discovery_candidates(const struct discovery_input *in, struct candidate *out, size_t max)
{
    struct search s = {.in = in, .out = out, .max = max};
    for (size_t k = 0; k < SERVICE_KIND_COUNT; k++) {
        s.ops = service_kinds[k];
        s.extra_port = 0;
        s.place_count = 0;
        char url[128];
        bool remote;
        if (s.ops->kind == SERVICE_OLLAMA && in->ollama_host != NULL &&
            !discovery_ollama_host(in->ollama_host, url, sizeof(url), &s.extra_port, &remote))
            s.extra_port = 0;
        collect_matches(&s);
        for (size_t i = 0;
             i < sizeof(s.ops->ports) / sizeof(s.ops->ports[0]) && s.ops->ports[i] != 0; i++)
            ask_own_port(&s, s.ops->ports[i]);
        ask_own_port(&s, s.extra_port);
        for (size_t i = 0; i < s.match_count; i++) {
            struct match *m = &s.matches[i];
            if (!m->elsewhere && !m->used)
                ask_process(&s, m);
        }
        ask_published(&s, true);
        ask_published(&s, false);
        ask_silent_proxies(&s);
    }
    qsort(out, s.count, sizeof(*out), compare_candidates);
    mark_shared(out, s.count);
    return s.count;
}

static void trim(const char **text, size_t *size)
{
    while (*size > 0 && (isspace((unsigned char)**text) || **text == '"' || **text == '\'')) {
        ++*text;
        --*size;
    }
    while (*size > 0) {
        char c = (*text)[*size - 1];
        if (!isspace((unsigned char)c) && c != '"' && c != '\'')
            break;
        --*size;
    }
}

/* Its own rules: without a scheme the port is 11434, with http 80, with https 443; a bad port is
 * the default. */
bool discovery_ollama_host(const char *value, char *url, size_t url_size, uint16_t *port,
                           bool *remote)
{
    size_t size = strlen(value);
    trim(&value, &size);
    if (size == 0 || size > 96)
        return false;
    char text[100];
    memcpy(text, value, size);
    text[size] = '\0';
    const char *scheme = "http", *rest = text;
    uint16_t standard = 11434;
    char *mark = strstr(text, "://");
    if (mark != NULL) {
        *mark = '\0';
        rest = mark + 3;
        if (strcmp(text, "https") == 0) {
            scheme = "https";
            standard = 443;
        } else if (strcmp(text, "http") == 0) {
            standard = 80;
        } else {
            return false;
        }
    }
    char host[100];
    size_t authority = strcspn(rest, "/");
    size_t host_size;
    const char *port_text = NULL;
    if (rest[0] == '[') {
        const char *end = memchr(rest, ']', authority);
        if (end == NULL)
            return false;
        host_size = (size_t)(end - rest) - 1;
        rest++;
        authority--;
        if (host_size + 1 < authority && rest[host_size + 1] == ':')
            port_text = rest + host_size + 2;
    } else {
        const char *first = memchr(rest, ':', authority);
        host_size = authority;
        /* More than one colon: a bare IPv6 address. */
        if (first != NULL &&
            memchr(first + 1, ':', authority - (size_t)(first + 1 - rest)) == NULL) {
            host_size = (size_t)(first - rest);
            port_text = first + 1;
        }
    }
    memcpy(host, rest, host_size);
    host[host_size] = '\0';
    for (size_t i = 0; i < host_size; i++) {
        if (!isalnum((unsigned char)host[i]) && strchr(".-_:", host[i]) == NULL)
            return false;
    }
    uint64_t number = standard;
    if (port_text != NULL &&
        (number_u64(port_text, (size_t)(rest + authority - port_text), 10, &number) < 0 ||
         number > 65535))
        number = standard;
    if (number == 0)
        return false;
    *remote = false;
    if (host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "localhost") == 0)
        utf8_copy(host, sizeof(host), "127.0.0.1");
    else if (strcmp(host, "::") == 0)
        utf8_copy(host, sizeof(host), "::1");
    else if (strcmp(host, "::1") != 0 && strncmp(host, "127.", 4) != 0)
        *remote = true;
    bool v6 = strchr(host, ':') != NULL;
    int n = snprintf(url, url_size, "%s://%s%s%s:%u", scheme, v6 ? "[" : "", host, v6 ? "]" : "",
                     (unsigned)number);
    if (n < 0 || (size_t)n >= url_size)
        return false;
    *port = (uint16_t)number;
    return true;
}
