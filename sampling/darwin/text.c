#include "sampling/darwin/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/number.h"
#include "base/utf8.h"
#include "sampling/scan.h"

static bool scan_u32(struct span *rest, uint32_t *out)
{
    uint64_t v;
    if (!scan_u64(rest, &v) || v > UINT32_MAX) {
        return false;
    }
    *out = (uint32_t)v;
    return true;
}

static bool scan_i64(struct span *rest, int64_t *out)
{
    struct span word;
    return scan_word(rest, &word) && number_i64(word.at, word.size, out) == 0;
}

static bool at_end(struct span rest)
{
    return scan_trim(rest).size == 0;
}

/* --- processors
 * --------------------------------------------------------------------------------------------- */

void darwin_put_ticks(const struct darwin_ticks *t, struct buf *out)
{
    for (uint32_t i = 0; i < t->count; i++) {
        const struct darwin_core_ticks *c = &t->core[i];
        buf_printf(out, "%u %u %u %u %u\n", i, c->user, c->system, c->idle, c->nice);
    }
}

bool darwin_parse_ticks(const char *text, size_t size, struct darwin_ticks *out)
{
    struct span rest = span_of(text, size), line;
    out->count = 0;
    out->left_out = 0;
    while (scan_line(&rest, &line)) {
        uint32_t index;
        struct darwin_core_ticks c;
        if (!scan_u32(&line, &index) || index != out->count + out->left_out ||
            !scan_u32(&line, &c.user) || !scan_u32(&line, &c.system) || !scan_u32(&line, &c.idle) ||
            !scan_u32(&line, &c.nice) || !at_end(line)) {
            return false;
        }
        if (out->count == SAMPLE_CORES) {
            out->left_out++;
        } else {
            out->core[out->count++] = c;
        }
    }
    return out->count > 0;
}

void darwin_put_clusters(const struct darwin_clusters *c, struct buf *out)
{
    for (uint32_t i = 0; i < c->count; i++) {
        buf_printf(out, "%u %c\n", c->row[i].core, c->row[i].type);
    }
}

bool darwin_parse_clusters(const char *text, size_t size, struct darwin_clusters *out)
{
    struct span rest = span_of(text, size), line, type;
    out->count = 0;
    while (scan_line(&rest, &line)) {
        uint32_t core;
        if (!scan_u32(&line, &core) || !scan_word(&line, &type) || type.size != 1 ||
            type.at[0] < 'A' || type.at[0] > 'Z' || !at_end(line) || out->count == SAMPLE_CORES) {
            return false;
        }
        out->row[out->count].core = core;
        out->row[out->count++].type = type.at[0];
    }
    return out->count > 0;
}

void darwin_put_load(const double load[3], struct buf *out)
{
    buf_printf(out, "%.4f %.4f %.4f\n", load[0], load[1], load[2]);
}

bool darwin_parse_load(const char *text, size_t size, double out[3])
{
    struct span rest = scan_trim(span_of(text, size)), word;
    double v[3];
    for (size_t i = 0; i < 3; i++) {
        if (!scan_word(&rest, &word) || number_double(word.at, word.size, &v[i]) != 0 || v[i] < 0) {
            return false;
        }
    }
    memcpy(out, v, sizeof v);
    return at_end(rest);
}

/* --- memory
 * --------------------------------------------------------------------------------------------- */

enum { MEMORY_FIELDS = 10 };
static const struct {
    const char *name;
    size_t offset;
} memory_fields[MEMORY_FIELDS] = {
    {"page_bytes", offsetof(struct darwin_memory, page_bytes)},
    {"free", offsetof(struct darwin_memory, free)},
    {"speculative", offsetof(struct darwin_memory, speculative)},
    {"wired", offsetof(struct darwin_memory, wired)},
    {"internal", offsetof(struct darwin_memory, internal)},
    {"external", offsetof(struct darwin_memory, external)},
    {"purgeable", offsetof(struct darwin_memory, purgeable)},
    {"compressor", offsetof(struct darwin_memory, compressor)},
    {"swapins", offsetof(struct darwin_memory, swapins)},
    {"swapouts", offsetof(struct darwin_memory, swapouts)},
};

void darwin_put_memory(const struct darwin_memory *m, struct buf *out)
{
    for (size_t i = 0; i < MEMORY_FIELDS; i++) {
        uint64_t v;
        memcpy(&v, (const char *)m + memory_fields[i].offset, sizeof v);
        buf_printf(out, "%s %llu\n", memory_fields[i].name, (unsigned long long)v);
    }
}

bool darwin_parse_memory(const char *text, size_t size, struct darwin_memory *out)
{
    struct span rest = span_of(text, size), line, name;
    unsigned found = 0;
    while (scan_line(&rest, &line)) {
        uint64_t v;
        if (!scan_word(&line, &name) || !scan_u64(&line, &v)) {
            return false;
        }
        for (size_t i = 0; i < MEMORY_FIELDS; i++) {
            if (span_is(name, memory_fields[i].name)) {
                memcpy((char *)out + memory_fields[i].offset, &v, sizeof v);
                found |= 1u << i;
            }
        }
    }
    return found == (1u << MEMORY_FIELDS) - 1 && out->page_bytes > 0;
}

void darwin_put_swap(const struct darwin_swap *s, struct buf *out)
{
    buf_printf(out, "%llu %llu\n", (unsigned long long)s->total, (unsigned long long)s->used);
}

bool darwin_parse_swap(const char *text, size_t size, struct darwin_swap *out)
{
    struct span rest = scan_trim(span_of(text, size));
    return scan_u64(&rest, &out->total) && scan_u64(&rest, &out->used) && at_end(rest) &&
           out->used <= out->total;
}

void darwin_put_number(int64_t value, struct buf *out)
{
    buf_printf(out, "%lld\n", (long long)value);
}

bool darwin_parse_number(const char *text, size_t size, int64_t *out)
{
    return scan_only_i64(text, size, out);
}

/* --- processes
 * --------------------------------------------------------------------------------------------- */

void darwin_put_process(const struct darwin_process *p, struct buf *out)
{
    char name[sizeof p->name];
    memcpy(name, p->name, sizeof name);
    name[sizeof name - 1] = '\0';
    for (char *at = name; *at; at++) {
        if (*at == '\n') {
            *at = ' '; /* a line is a process; a program may call itself anything */
        }
    }
    buf_printf(out, "%d %d %lld %lld %c %s\n", (int)p->pid, (int)p->ppid, (long long)p->uid,
               (long long)p->start_us, p->zombie ? 'Z' : 'R', name);
}

bool darwin_parse_process(const char *line, size_t size, struct darwin_process *out)
{
    struct span rest = span_of(line, size), state;
    uint32_t pid, ppid;
    if (!scan_u32(&rest, &pid) || pid > INT32_MAX || !scan_u32(&rest, &ppid) || ppid > INT32_MAX ||
        !scan_i64(&rest, &out->uid) || !scan_i64(&rest, &out->start_us) ||
        !scan_word(&rest, &state) || state.size != 1) {
        return false;
    }
    out->pid = (int32_t)pid;
    out->ppid = (int32_t)ppid;
    out->zombie = state.at[0] == 'Z';
    if (rest.size > 0 && rest.at[0] == ' ') {
        rest.at++;
        rest.size--;
    }
    utf8_sanitise(rest.at, rest.size, out->name, sizeof out->name, NULL);
    return true;
}

bool darwin_put_arguments(const char *raw, size_t size, struct buf *out)
{
    uint32_t count;
    if (size < sizeof count) {
        return false;
    }
    memcpy(&count, raw, sizeof count); /* an int of the same machine */
    const char *end = raw + size;
    const char *at = memchr(raw + sizeof count, '\0', size - sizeof count); /* behind the path */
    while (at && at < end && *at == '\0') {
        at++;
    }
    if (!at || at >= end) {
        return count == 0;
    }
    for (uint32_t i = 0; i < count && at < end; i++) {
        const char *stop = memchr(at, '\0', (size_t)(end - at));
        if (!stop) {
            stop = end;
        }
        buf_add(out, at, (size_t)(stop - at));
        buf_putc(out, '\0');
        at = stop + 1;
    }
    return true;
}

bool darwin_put_environment(const char *raw, size_t size, struct buf *out)
{
    struct buf arguments;
    uint32_t count;

    if (size < sizeof count) {
        return false;
    }
    memcpy(&count, raw, sizeof count);
    buf_init(&arguments, size);
    const char *end = raw + size;
    const char *at = memchr(raw + sizeof count, '\0', size - sizeof count);
    while (at && at < end && *at == '\0') {
        at++;
    }
    const bool good = at && darwin_put_arguments(raw, size, &arguments);
    if (good && arguments.size < (size_t)(end - at)) {
        at += arguments.size;
        /* It ends with an empty text; what follows is the system's own. */
        while (at < end && *at) {
            const char *stop = memchr(at, '\0', (size_t)(end - at));

            stop = stop ? stop : end;
            buf_add(out, at, (size_t)(stop - at));
            buf_putc(out, '\0');
            at = stop < end ? stop + 1 : end;
        }
    }
    buf_release(&arguments);
    return good;
}

void darwin_put_usage(const struct darwin_usage *u, struct buf *out)
{
    buf_printf(out, "%lld %llu %llu %llu\n", (long long)u->start_us, (unsigned long long)u->cpu_ns,
               (unsigned long long)u->resident_bytes, (unsigned long long)u->footprint_bytes);
}

bool darwin_parse_usage(const char *text, size_t size, struct darwin_usage *out)
{
    struct span rest = scan_trim(span_of(text, size));
    return scan_i64(&rest, &out->start_us) && scan_u64(&rest, &out->cpu_ns) &&
           scan_u64(&rest, &out->resident_bytes) && scan_u64(&rest, &out->footprint_bytes) &&
           at_end(rest);
}

/* --- sockets
 * --------------------------------------------------------------------------------------------- */

void darwin_put_socket(const struct darwin_socket *s, struct buf *out)
{
    char address[INET6_ADDRSTRLEN] = "";
    (void)inet_ntop(s->ipv6 ? AF_INET6 : AF_INET, s->address, address, sizeof address);
    buf_printf(out, "%d %lld %llu %u %d %s\n", (int)s->pid, (long long)s->uid,
               (unsigned long long)s->id, (unsigned)s->port, s->ipv6 ? 6 : 4, address);
}

bool darwin_parse_socket(const char *line, size_t size, struct darwin_socket *out)
{
    struct span rest = span_of(line, size), word;
    uint32_t pid, port, family;
    char address[INET6_ADDRSTRLEN];
    memset(out, 0, sizeof *out);
    if (!scan_u32(&rest, &pid) || pid > INT32_MAX || !scan_i64(&rest, &out->uid) ||
        !scan_u64(&rest, &out->id) || !scan_u32(&rest, &port) || port > UINT16_MAX ||
        !scan_u32(&rest, &family) || (family != 4 && family != 6) || !scan_word(&rest, &word) ||
        word.size >= sizeof address || !at_end(rest)) {
        return false;
    }
    memcpy(address, word.at, word.size);
    address[word.size] = '\0';
    out->pid = (int32_t)pid;
    out->port = (uint16_t)port;
    out->ipv6 = family == 6;
    return inet_pton(out->ipv6 ? AF_INET6 : AF_INET, address, out->address) == 1;
}

void darwin_listener_of(const struct darwin_socket *s, struct listener *out)
{
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    static const unsigned char zero[16] = {0}, one[16] = {[15] = 1};
    const unsigned char *v4 = s->address;
    memset(out, 0, sizeof *out);
    out->ipv6 = s->ipv6;
    if (s->ipv6 && memcmp(s->address, mapped, sizeof mapped) == 0) {
        out->ipv6 = false;
        v4 += sizeof mapped;
    }
    if (out->ipv6) {
        out->any = memcmp(s->address, zero, sizeof zero) == 0;
        out->loopback = memcmp(s->address, one, sizeof one) == 0;
    } else {
        out->any = memcmp(v4, zero, 4) == 0;
        out->loopback = v4[0] == 127;
    }
    (void)inet_ntop(out->ipv6 ? AF_INET6 : AF_INET, out->ipv6 ? s->address : v4, out->address,
                    sizeof out->address);
    out->port = s->port;
    out->uid = s->uid;
    out->inode = s->id;
}

/* --- disks
 * --------------------------------------------------------------------------------------------- */

void darwin_container_of(const char *device, char *out, size_t out_size)
{
    static const char head[] = "/dev/disk";
    utf8_copy(out, out_size, device);
    if (strncmp(out, head, strlen(head)) == 0) {
        size_t digits = strspn(out + strlen(head), "0123456789");
        if (digits > 0 && out[strlen(head) + digits] == 's') {
            out[strlen(head) + digits] = '\0';
        }
    }
}
