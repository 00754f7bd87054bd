/*
 * Which addresses to ask for a service: pure, from listening sockets, processes and OLLAMA_HOST.
 *
 * A kind's own ports (11434, 8188) and the port of OLLAMA_HOST are asked when something listens
 * there and its owner may be this kind's server: a process of the socket's uid matches; or the
 * owner is a known proxy (docker-proxy, rootlessport, conmon, ...); or the owner cannot be seen.
 * Any other port needs a matching process that names it or is seen to hold it; or a proxy that says
 * on its command line that the kind's port is behind it (published.h); or one that does not say it
 * while a matching process runs in a network of its own. 127.0.0.1 before ::1. Ports that lead to
 * the same place, and sockets of one process, are one candidate. What is asked counts only when the
 * answer has the kind's shape.
 */
#ifndef SAMPLING_SERVICE_DISCOVERY_H
#define SAMPLING_SERVICE_DISCOVERY_H

#include "sampling/process.h"
#include "sampling/service/service.h"

struct candidate {
    int kind;
    char url[128]; /* "http://127.0.0.1:11434", no trailing slash */
    uint16_t port;
    int32_t pid; /* the matching process; 0 unknown */
    int64_t pid_start;
    bool listening; /* false: its process runs but its port is not open (starting) */
    bool proxy;     /* held by a container's proxy */
    bool sure;      /* the process is one of the kind beyond doubt: shown before it has answered */
    bool try_ipv6;  /* listens on :: only: when 127.0.0.1 refuses, [::1] may answer */
    bool guessed;   /* nothing but a container that runs such a server speaks for this port */
    bool shared;    /* other candidates of the kind have this port, at other addresses */
};
enum { CANDIDATES_MAX = 32 };

struct discovery_input {
    const struct process *processes; /* sorted by pid */
    size_t process_count;
    const struct listener *listeners;
    size_t listener_count;
    const char *ollama_host; /* of our environment, NULL */
    /* Answers listener_owner(); NULL: never seen. */
    int32_t (*owner)(void *ctx, uint64_t inode, int64_t uid, bool *readable);
    /* Whether the process has a network of its own (a container's), so that its ports are not ours;
     * NULL: never. */
    bool (*elsewhere)(void *ctx, int32_t pid);
    void *ctx;
};
/* Fills out[], no address twice, in the order of kinds and ports. Returns the count. */
size_t discovery_candidates(const struct discovery_input *in, struct candidate *out, size_t max);
/* The address by which a listener is asked from here. */
void discovery_url(const struct listener *l, char *out, size_t out_size);
/* A program that holds a port for somebody else: a container, a tunnel. */
bool discovery_is_proxy(const struct process *p);
/* OLLAMA_HOST as Ollama reads it (facts/ollama.md 1.2) to a URL to ask; false when it is empty or
 * on port 0. */
bool discovery_ollama_host(const char *value, char *url, size_t url_size, uint16_t *port,
                           bool *remote);

#endif
