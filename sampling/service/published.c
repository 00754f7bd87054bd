#include "sampling/service/published.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "sampling/service/service.h"

struct list {
    struct published *out;
    size_t max, count;
};

static void add(struct list *l, uint64_t port, uint64_t behind, const char *to)
{
    if (l->count == l->max || port == 0 || port > 65535 || behind == 0 || behind > 65535)
        return;
    struct published *p = &l->out[l->count++];
    p->port = (uint16_t)port;
    p->behind = (uint16_t)behind;
    snprintf(p->to, sizeof(p->to), "%s", to);
}

static bool port_flag(const char *argv, const char *flag, uint64_t *out)
{
    char text[16];
    return service_argument(argv, flag, text, sizeof(text)) != NULL &&
           strlen(text) < sizeof(text) - 1 && /* else it may have been cut: another number */
           number_u64(text, strlen(text), 10, out) == 0;
}

static void docker_proxy(const char *argv, struct list *l)
{
    char proto[8], to[64] = "";
    uint64_t port, behind;
    if (service_argument(argv, "-proto", proto, sizeof(proto)) != NULL && strcmp(proto, "tcp") != 0)
        return;
    (void)service_argument(argv, "-container-ip", to, sizeof(to));
    if (port_flag(argv, "-host-port", &port) && port_flag(argv, "-container-port", &behind))
        add(l, port, behind, to);
}

/* "21434", "21434-21440": its ends. Returns what follows, NULL when it is no number. */
static const char *range(const char *at, const char *end, uint64_t *first, uint64_t *last)
{
    const char *word = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    if (number_u64(word, (size_t)(at - word), 10, first) < 0)
        return NULL;
    *last = *first;
    if (at == end || *at != '-')
        return at;
    word = ++at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return number_u64(word, (size_t)(at - word), 10, last) < 0 ? NULL : at;
}

/* One of pasta's: "[ADDRESS[%INTERFACE]/]FIRST[-LAST][:FIRST[-LAST]]". */
static void pasta_range(const char *word, const char *end, struct list *l)
{
    uint64_t first, last, to, to_last;
    const char *slash = memchr(word, '/', (size_t)(end - word));
    const char *at = range(slash != NULL ? slash + 1 : word, end, &first, &last);
    if (at == NULL || last < first || last > 65535)
        return;
    to = first;
    if (at < end && *at == ':' && range(at + 1, end, &to, &to_last) == NULL)
        return;
    if (to > 65535 - (last - first)) /* no ports; nor may thousands of them be gone through */
        return;
    for (uint64_t i = 0; i <= last - first && l->count < l->max; i++)
        add(l, first + i, to + i, "");
}

static void pasta(const char *value, struct list *l)
{
    while (*value != '\0') {
        size_t size = strcspn(value, ",");
        pasta_range(value, value + size, l);
        value += size + (value[size] == ',');
    }
}

/* "[ADDRESS:]PORT:HOST:PORT"; an IPv6 address in brackets is not taken apart. */
static void ssh_forward(const char *value, struct list *l)
{
    const char *parts[4];
    size_t sizes[4], count = 0;
    for (const char *at = value;; at++) {
        size_t size = strcspn(at, ":");
        if (count == 4)
            return;
        parts[count] = at;
        sizes[count++] = size;
        at += size;
        if (*at == '\0')
            break;
    }
    uint64_t port, behind;
    if (count < 3 || number_u64(parts[count - 3], sizes[count - 3], 10, &port) < 0 ||
        number_u64(parts[count - 1], sizes[count - 1], 10, &behind) < 0)
        return;
    char to[64];
    snprintf(to, sizeof(to), "%.*s", (int)sizes[count - 2], parts[count - 2]);
    add(l, port, behind, to);
}

/* Calls `take` with each value of a flag that may come again and again. */
static void each_value(const char *argv, const char *flag, struct list *l,
                       void (*take)(const char *value, struct list *l))
{
    char value[PROCESS_ARGV]; /* a list that is cut could end in another number */
    for (const char *at = argv; at != NULL;) {
        if (service_argument(at, flag, value, sizeof(value)) == NULL)
            return;
        take(value, l);
        /* Behind the flag that was found. */
        size_t size = strlen(flag);
        for (bool found = false; at != NULL && !found;) {
            found = strncmp(at, flag, size) == 0 &&
                    (at[size] == PROCESS_ARGV_SEPARATOR || at[size] == '=' || at[size] == '\0');
            at = strchr(at, PROCESS_ARGV_SEPARATOR);
            at = at != NULL ? at + 1 : NULL;
        }
    }
}

size_t published_parse(const char *argv, struct published *out, size_t max)
{
    struct list l = {out, max, 0};
    char base[32];
    service_argument_base(argv, 0, base, sizeof(base));
    if (strcmp(base, "docker-proxy") == 0) {
        docker_proxy(argv, &l);
    } else if (strcmp(base, "pasta") == 0 || strcmp(base, "pasta.avx2") == 0) {
        each_value(argv, "-t", &l, pasta);
        each_value(argv, "--tcp-ports", &l, pasta);
    } else if (strcmp(base, "ssh") == 0) {
        each_value(argv, "-L", &l, ssh_forward);
    }
    return l.count;
}
