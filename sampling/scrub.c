#include "sampling/scrub.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "sampling/linux/process_parse.h"
#include "sampling/process.h"
#include "sampling/scrub_json.h"
#include "sampling/service/discovery.h"
#include "sampling/service/service.h"

enum {
    ADDRESSES = 254, /* of 192.0.2.0/24; those after them share the last one */
    ADDRESS_BYTES = 64,
    NAME_BYTES = 256,
    REMOTES = 64, /* other hosts that are asked: fewer than services */
    TCP_ROW_BYTES = 160,
    HOSTS = 2 * SCRUB_NAMES, /* each as it is and as mapped devices are named after it */
};

struct scrub {
    char users[SCRUB_NAMES][NAME_BYTES], hosts[HOSTS][NAME_BYTES];
    char homes[SCRUB_NAMES][NAME_BYTES];
    size_t user_count, host_count, home_count;
    char addresses[ADDRESSES][ADDRESS_BYTES]; /* as written; the index + 1 is the replacement's N */
    size_t address_count;
    char remotes[REMOTES][NAME_BYTES]; /* names of other hosts, as for addresses */
    size_t remote_count;
};

/* Names that say nothing about a person or a machine and that parsers look for: servers run as
 * users called like them. */
static const char *const public_names[] = {
    "root", "user",   "host",    "localhost", "home", "ollama", "comfyui", "serve",  "start",
    "main", "python", "python3", "docker",    "proc", "admin",  "nobody",  "debian", "ubuntu",
};

static bool is_public(const char *name)
{
    for (size_t k = 0; k < sizeof public_names / sizeof *public_names; k++) {
        if (strcmp(name, public_names[k]) == 0) {
            return true;
        }
    }
    return false;
}

static void add_names(char out[][NAME_BYTES], size_t *count, const char *const *names, bool path)
{
    for (size_t i = 0; i < SCRUB_NAMES && names[i]; i++) {
        bool skip = strlen(names[i]) < 2 || strlen(names[i]) >= NAME_BYTES ||
                    (path && (names[i][0] != '/' || strcmp(names[i], "/root") == 0));
        if (!skip && (path || !is_public(names[i]))) {
            memcpy(out[(*count)++], names[i], strlen(names[i]) + 1);
        }
    }
}

/* Names of mapped devices write each dash twice: "annas--mac-root" is the volume root of
 * annas-mac. */
static void add_mapped_hosts(struct scrub *s)
{
    size_t count = s->host_count;

    for (size_t i = 0; i < count && s->host_count < HOSTS; i++) {
        char *out = s->hosts[s->host_count];
        size_t n = 0;

        for (const char *c = s->hosts[i]; *c && n + 3 < NAME_BYTES; c++) {
            out[n++] = *c;
            if (*c == '-') {
                out[n++] = '-';
            }
        }
        out[n] = '\0';
        s->host_count += strchr(s->hosts[i], '-') != NULL;
    }
}

struct scrub *scrub_new(const struct scrub_identity *id)
{
    struct scrub *s = xcalloc(1, sizeof *s);
    add_names(s->users, &s->user_count, id->users, false);
    add_names(s->hosts, &s->host_count, id->hosts, false);
    add_mapped_hosts(s);
    add_names(s->homes, &s->home_count, id->homes, true);
    return s;
}

struct scrub *scrub_new_here(void)
{
    char host[NAME_BYTES] = "", first[NAME_BYTES] = "";
    struct scrub_identity id = {.users = {NULL}};
    size_t users = 0, homes = 0;
    if (gethostname(host, sizeof host - 1) == 0) {
        snprintf(first, sizeof first, "%.*s", (int)strcspn(host, "."), host);
        id.hosts[0] = host;
        id.hosts[1] = first;
    }
    const struct passwd *who = getpwuid(geteuid());
    if (who) {
        id.users[users++] = who->pw_name;
        id.homes[homes++] = who->pw_dir;
    }
    static const char *const variables[] = {"LOGNAME", "USER", "SUDO_USER"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *name = getenv(variables[i]);
        if (name && *name) {
            id.users[users++] = name;
        }
    }
    const char *home = getenv("HOME");
    if (home && *home) {
        id.homes[homes++] = home;
    }
    return scrub_new(&id);
}

void scrub_free(struct scrub *s)
{
    free(s);
}

/* --- words --- */

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Length of one of the names when it stands at `at` as a word of its own. */
static size_t name_at(const char names[][NAME_BYTES], size_t count, const char *start,
                      const char *at, const char *end)
{
    size_t longest = 0;
    if (at > start && is_word(at[-1])) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(names[i]);
        if (size > longest && size <= (size_t)(end - at) && memcmp(at, names[i], size) == 0 &&
            (at + size == end || !is_word(at[size]))) {
            longest = size;
        }
    }
    return longest;
}

/* Length of a home folder at `at`: a known one, or the form that homes have. */
static size_t home_at(const struct scrub *s, const char *start, const char *at, const char *end)
{
    static const char *const heads[] = {"/home/", "/Users/"};
    size_t size = name_at(s->homes, s->home_count, start, at, end);
    for (size_t i = 0; size == 0 && i < sizeof heads / sizeof *heads; i++) {
        size_t head = strlen(heads[i]);
        if ((size_t)(end - at) > head && memcmp(at, heads[i], head) == 0) {
            const char *stop = at + head;
            while (stop < end && *stop != '/' && *stop != ':') {
                stop++;
            }
            size = stop > at + head ? (size_t)(stop - at) : 0;
        }
    }
    return size;
}

/* The replacement of an address, the same each time. */
static size_t address_number(struct scrub *s, const char *text)
{
    for (size_t i = 0; i < s->address_count; i++) {
        if (strcmp(s->addresses[i], text) == 0) {
            return i + 1;
        }
    }
    if (s->address_count < ADDRESSES) {
        snprintf(s->addresses[s->address_count++], ADDRESS_BYTES, "%s", text);
    }
    return s->address_count;
}

/* Whether text is an address, and the one to write: it, or its replacement. */
static bool address_of(struct scrub *s, const char *text, char out[ADDRESS_BYTES])
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, text, &v4) == 1) {
        uint32_t a = ntohl(v4.s_addr);
        if (a >> 24 == 127 || a == 0) {
            snprintf(out, ADDRESS_BYTES, "%s", text);
        } else {
            snprintf(out, ADDRESS_BYTES, "192.0.2.%zu", address_number(s, text));
        }
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6) == 1) {
        if (IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6)) {
            snprintf(out, ADDRESS_BYTES, "%s", text);
        } else {
            char plain[INET6_ADDRSTRLEN] = "";
            inet_ntop(AF_INET6, &v6, plain, sizeof plain);
            snprintf(out, ADDRESS_BYTES, "2001:db8::%zx", address_number(s, plain));
        }
        return true;
    }
    return false;
}

/* Length of another host's name at `at`, in a URL (where `authority`: between "//" and the next
 * slash) or, where `known`, anywhere once it was in one; `out` is what to write for it (RFC
 * 2606). */
static size_t remote_at(struct scrub *s, const char *start, const char *at, const char *end,
                        bool authority, bool known, char out[ADDRESS_BYTES])
{
    char name[NAME_BYTES], address[ADDRESS_BYTES];
    const bool url = authority && (at[-1] == '/' || at[-1] == '@');
    size_t size = 0, i = 0;
    if (!url && (!known || (at > start && is_word(at[-1])))) {
        return 0;
    }
    while (at + size < end && size < sizeof name - 1 &&
           (is_word(at[size]) || at[size] == '-' || at[size] == '.')) {
        size++;
    }
    memcpy(name, at, size);
    name[size] = '\0';
    if (size == 0 || strcmp(name, "***") == 0 || is_public(name) || address_of(s, name, address) ||
        name_at(s->hosts, s->host_count, start, at, end) == size) {
        return 0;
    }
    while (i < s->remote_count && strcmp(s->remotes[i], name) != 0) {
        i++;
    }
    if (i == s->remote_count && !url) {
        return 0;
    }
    if (i == s->remote_count && i < REMOTES) {
        memcpy(s->remotes[s->remote_count++], name, size + 1);
    }
    snprintf(out, ADDRESS_BYTES, "host%zu.example", (i < REMOTES ? i : REMOTES - 1) + 1);
    return size;
}

/* Length of an address at `at`; `out` is what to write for it. */
static size_t address_at(struct scrub *s, const char *start, const char *at, const char *end,
                         char out[ADDRESS_BYTES])
{
    char text[ADDRESS_BYTES];
    /* Behind a dot or a dash it is the middle of something longer: "1-1.2.3.4" is a USB port. */
    if (!isxdigit((unsigned char)*at) && *at != ':') {
        return 0;
    }
    if (at > start && (is_word(at[-1]) || strchr(".-:", at[-1]))) {
        return 0;
    }
    for (int v6 = 1; v6 >= 0; v6--) {
        size_t size = 0;
        while (size < sizeof text - 1 && at + size < end &&
               (at[size] == '.' || (v6 ? isxdigit((unsigned char)at[size]) || at[size] == ':'
                                       : isdigit((unsigned char)at[size])))) {
            size++;
        }
        while (size > 0 && at[size - 1] == '.') {
            size--;
        }
        memcpy(text, at, size);
        text[size] = '\0';
        if (size > 1 && (at + size == end || !is_word(at[size])) && address_of(s, text, out)) {
            return size;
        }
    }
    return 0;
}

/* Length of a hardware address at `at`: "02:aa:...", or in the name that an interface has from it
 * ("enx02aa..."); `out` is what to write for it. */
static size_t hardware_at(struct scrub *s, const char *start, const char *at, const char *end,
                          char out[ADDRESS_BYTES])
{
    enum { PAIRS = 6, DIGITS = 2 * PAIRS, COLONS = PAIRS - 1 };
    size_t left = (size_t)(end - at), head = left > 3 && memcmp(at, "enx", 3) == 0 ? 3 : 0;
    size_t size = head + DIGITS + (head ? 0 : COLONS);
    char text[ADDRESS_BYTES];

    if (left < size || (at > start && (is_word(at[-1]) || at[-1] == ':')) ||
        (left > size && (is_word(at[size]) || (!head && at[size] == ':')))) {
        return 0;
    }
    for (size_t i = head; i < size; i++) {
        bool colon = !head && i % 3 == 2;

        if (colon ? at[i] != ':' : !isxdigit((unsigned char)at[i])) {
            return 0;
        }
    }
    snprintf(text, sizeof text, "%.*s", (int)size, at);
    snprintf(out, ADDRESS_BYTES, head ? "enx0200000000%02zx" : "02:00:00:00:00:%02zx",
             address_number(s, text));
    return size;
}

/* Behind "//user:password@" of a URL, when `at` stands behind its slashes: length up to the @. */
static size_t user_of_url(const char *start, const char *at, const char *end)
{
    if (at - start < 3 || memcmp(at - 3, "://", 3) != 0) {
        return 0;
    }
    for (const char *c = at; c < end && *c != '/'; c++) {
        if (*c == '@') {
            return (size_t)(c - at);
        }
    }
    return 0;
}

/* Length of a value behind "name=" with a secret name, when `at` stands behind the '='. */
static size_t secret_value_at(const char *start, const char *at, const char *end)
{
    if (at == start || at[-1] != '=') {
        return 0;
    }
    const char *name = at - 1;
    while (name > start && (is_word(name[-1]) || name[-1] == '-')) {
        name--;
    }
    if (!service_is_secret_name(name, (size_t)(at - 1 - name))) {
        return 0;
    }
    const char *stop = at;
    while (stop < end && *stop != '&') {
        stop++;
    }
    return (size_t)(stop - at);
}

/* Behind at[0..n): whether the last slash ends the "://" of a URL; as before when there is none. */
static bool authority_after(const char *start, const char *at, size_t n, bool before)
{
    for (const char *slash = at + n; slash > at; slash--) {
        if (slash[-1] == '/') {
            return slash - start >= 3 && memcmp(slash - 3, "://", 3) == 0;
        }
    }
    return before;
}

/* One run of text without blanks, quotes and the like. */
static void scrub_token(struct scrub *s, const char *token, size_t size, bool remotes,
                        struct buf *out)
{
    const char *end = token + size;
    char address[ADDRESS_BYTES];
    bool authority = false;
    if (service_is_secret_value(token, size)) {
        buf_puts(out, "***");
        return;
    }
    for (const char *at = token; at < end;) {
        size_t n;
        if ((n = user_of_url(token, at, end)) > 0 || (n = secret_value_at(token, at, end)) > 0) {
            buf_puts(out, "***");
        } else if ((n = home_at(s, token, at, end)) > 0) {
            buf_puts(out, "/home/user");
        } else if ((n = address_at(s, token, at, end, address)) > 0 ||
                   (n = hardware_at(s, token, at, end, address)) > 0 ||
                   (n = remote_at(s, token, at, end, authority, remotes, address)) > 0) {
            buf_puts(out, address);
        } else if ((n = name_at(s->hosts, s->host_count, token, at, end)) > 0) {
            buf_puts(out, "host");
        } else if ((n = name_at(s->users, s->user_count, token, at, end)) > 0) {
            buf_puts(out, "user");
        } else {
            n = 1;
            buf_putc(out, *at);
        }
        authority = authority_after(token, at, n, authority);
        at += n;
    }
}

static bool is_separator(char c)
{
    return c == '\0' || strchr(" \t\r\n\"'`,;()[]{}<>|", c);
}

/* remotes: names of other hosts that were in a URL are replaced wherever they stand. */
static void scrub_words(struct scrub *s, const char *text, size_t size, bool remotes,
                        struct buf *out)
{
    for (size_t at = 0; at < size;) {
        size_t stop = at;
        while (stop < size && !is_separator(text[stop])) {
            stop++;
        }
        if (stop > at) {
            scrub_token(s, text + at, stop - at, remotes, out);
        }
        while (stop < size && is_separator(text[stop])) {
            buf_putc(out, text[stop++]);
        }
        at = stop;
    }
}

void scrub_text(struct scrub *s, const char *text, size_t size, struct buf *out)
{
    scrub_words(s, text, size, false, out);
}

/* --- command lines --- */

static bool is_service(const char *argv)
{
    for (size_t k = 0; k < SERVICE_KIND_COUNT; k++) {
        if (service_kinds[k]->matches("", argv) != MATCH_NOT) {
            return true;
        }
    }
    const struct process p = {.argv = argv};
    return discovery_is_proxy(&p);
}

/* One argument; *hide_next: the one behind it is a secret. */
static void scrub_argument(struct scrub *s, const char *word, size_t size, bool *hide_next,
                           struct buf *out)
{
    bool flag = size > 1 && word[0] == '-';
    bool secret = flag && !memchr(word, '=', size) && service_is_secret_name(word, size);
    if (*hide_next && !secret) {
        buf_puts(out, "***");
        *hide_next = false;
        return;
    }
    *hide_next = secret;
    scrub_text(s, word, size, out);
}

/* Arguments with a NUL behind each. Of a program that is no service only its name is kept: nothing
 * else of it is looked at. */
static void scrub_argv(struct scrub *s, const char *data, size_t size, struct buf *out)
{
    char argv[PROCESS_ARGV], base[NAME_BYTES];
    process_parse_cmdline(data, size, argv, sizeof argv);
    if (!is_service(argv)) {
        argv[strcspn(argv, " :")] = '\0'; /* "sshd: ann@pts/0" */
        service_argument_base(argv, 0, base, sizeof base);
        scrub_text(s, base, strlen(base), out);
        if (size > 0) {
            buf_putc(out, '\0');
        }
        return;
    }
    bool hide_next = false;
    for (const char *at = data, *end = data + size; at < end;) {
        const char *stop = memchr(at, '\0', (size_t)(end - at));
        scrub_argument(s, at, (size_t)((stop ? stop : end) - at), &hide_next, out);
        if (!stop) {
            return;
        }
        buf_putc(out, '\0');
        at = stop + 1;
    }
}

void scrub_arguments(struct scrub *s, cJSON *list)
{
    bool hide_next = false;
    for (cJSON *item = list ? list->child : NULL, *next; item; item = next) {
        struct buf text;
        next = item->next;
        if (!cJSON_IsString(item)) { /* no argument; what is in it nobody looks at */
            cJSON_Delete(cJSON_DetachItemViaPointer(list, item));
            continue;
        }
        buf_init(&text, SCRUB_STRING_MAX);
        scrub_argument(s, item->valuestring, strlen(item->valuestring), &hide_next, &text);
        scrub_json_set(item, text.data);
        buf_release(&text);
    }
}

/* --- texts of the kernel --- */

/* Calls keep() for each line and copies those that it wants. */
static void keep_lines(const char *data, size_t size, bool (*keep)(const char *line, size_t size),
                       struct buf *out)
{
    for (const char *at = data, *end = data + size; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *next = newline ? newline + 1 : end;
        if (keep(at, (size_t)(next - at))) {
            buf_add(out, at, (size_t)(next - at));
        }
        at = next;
    }
}

static bool begins(const char *line, size_t size, const char *head)
{
    size_t n = strlen(head);
    return size >= n && memcmp(line, head, n) == 0;
}

static bool keep_no_serial(const char *line, size_t size)
{
    return !begins(line, size, "Serial");
}

/* A card's number in all the world. */
static bool keep_no_uuid(const char *line, size_t size)
{
    return !begins(line, size, "uuid ");
}

/* A counter for each interrupt: kilobytes a second on a large machine, and nobody reads them. */
static bool keep_no_interrupts(const char *line, size_t size)
{
    return !begins(line, size, "intr ") && !begins(line, size, "softirq ");
}

static bool keep_paging(const char *line, size_t size)
{
    static const char *const heads[] = {"pswp", "pgpg", "pgmajfault ", "oom_kill "};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (begins(line, size, heads[i])) {
            return true;
        }
    }
    return false;
}

static bool keep_page_size(const char *line, size_t size)
{
    return begins(line, size, "KernelPageSize:") || begins(line, size, "MMUPageSize:");
}

static bool keep_uid(const char *line, size_t size)
{
    return begins(line, size, "Uid:");
}

/* Listening sockets, each made anew: a kernel's text may go on with who is connected. */
static void scrub_sockets(struct scrub *s, const char *data, size_t size, bool ipv6,
                          struct buf *out)
{
    buf_puts(out, "  sl  local_address\n");
    const char *at = memchr(data, '\n', size), *end = data + size;
    for (at = at ? at + 1 : end; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        struct listener l;
        if (!newline) {
            return;
        }
        if (listener_parse_row(at, (size_t)(newline - at), ipv6, &l) == LISTENER_ROW_LISTENS) {
            char text[ADDRESS_BYTES];
            uint32_t words[4] = {0};
            bool mapped = ipv6 && !l.ipv6;
            if (address_of(s, l.address, text)) {
                inet_pton(l.ipv6 ? AF_INET6 : AF_INET, text, mapped ? &words[3] : words);
            }
            words[2] = mapped ? htonl(0xFFFF) : words[2];
            buf_puts(out, "   0: ");
            for (size_t i = 0; i < (ipv6 ? 4u : 1u); i++) {
                /* as the kernel prints it on a little-endian machine: what the parser expects */
                unsigned char b[4];
                memcpy(b, &words[i], 4);
                buf_printf(out, "%02X%02X%02X%02X", b[3], b[2], b[1], b[0]);
            }
            buf_printf(out, ":%04X 0:0000 0A 0:0 0:0 0 %lld 0 %llu\n", l.port, (long long)l.uid,
                       (unsigned long long)l.inode);
        }
        at = newline + 1;
    }
}

/* "TOTAL FREE DEVICE MOUNT" or "! ERRNO DEVICE MOUNT": a device may name another machine. */
static void scrub_disks(struct scrub *s, const char *data, size_t size, struct buf *out)
{
    for (const char *at = data, *end = data + size; at < end;) {
        const char *stop = at;
        while (stop < end && *stop != ' ' && *stop != '\n') {
            stop++;
        }
        const char *colon = memmem(at, (size_t)(stop - at), ":/", 2);
        if (begins(at, (size_t)(stop - at), "//")) { /* "//server/share" */
            const char *slash = memchr(at + 2, '/', (size_t)(stop - at - 2));
            buf_puts(out, "//host");
            at = slash ? slash : stop;
        } else if (colon) { /* "server:/export", "ann@server:/home" */
            buf_puts(out, "host");
            at = colon;
        }
        scrub_text(s, at, (size_t)(stop - at), out);
        if (stop < end) {
            buf_putc(out, *stop++);
        }
        at = stop;
    }
}

/* --- rules --- */

enum rule {
    RULE_TEXT,
    RULE_KEEP,
    RULE_DROP,
    RULE_EMPTY, /* that it is there is all that counts */
    RULE_HOST,
    RULE_LINES,
    RULE_ARGV,
    RULE_SOCKETS,
    RULE_SOCKET_LINK,
    RULE_DISKS,
    RULE_HTTP,
    RULE_FAULT,
};
struct rule_row {
    const char *head, *tail; /* of the key; a tail of NULL: the head is the whole key */
    enum rule rule;
    bool (*keep)(const char *line, size_t size); /* RULE_LINES */
};
/* The first that fits counts. */
static const struct rule_row rule_rows[] = {
    {"file /proc/stat", NULL, RULE_LINES, keep_no_interrupts},
    {"file /proc/vmstat", NULL, RULE_LINES, keep_paging},
    {"file /proc/cpuinfo", NULL, RULE_LINES, keep_no_serial},
    {"file /proc/meminfo", NULL, RULE_KEEP, NULL},
    {"file /proc/loadavg", NULL, RULE_KEEP, NULL},
    {"file /proc/uptime", NULL, RULE_KEEP, NULL},
    {"file /proc/pressure/", "", RULE_KEEP, NULL},
    {"file /proc/sys/kernel/hostname", NULL, RULE_HOST, NULL},
    {"file /proc/sys/kernel/osrelease", NULL, RULE_KEEP, NULL},
    {"file /proc/self/smaps", NULL, RULE_LINES, keep_page_size},
    {"file /proc/", "/cmdline", RULE_ARGV, NULL},
    {"file /proc/", "/status", RULE_LINES, keep_uid},
    {"file /proc/", "/environ", RULE_DROP, NULL},
    {"link /proc/", "/ns/net", RULE_KEEP, NULL},
    {"link /proc/", "", RULE_SOCKET_LINK, NULL},
    {"list /proc", "", RULE_KEEP, NULL},
    {"head /proc/net/tcp", "", RULE_SOCKETS, NULL},
    {"file /sys/", "serial", RULE_DROP, NULL},
    {"file /sys/", "_uuid", RULE_DROP, NULL},
    {"file /sys/", "_tag", RULE_DROP, NULL},
    {"file /sys/", "serial-number", RULE_DROP, NULL},
    {"file /sys/", "serial_number", RULE_DROP, NULL},
    {"file /sys/", "unique_id", RULE_DROP, NULL},
    {"file /sys/", "/dm/name", RULE_TEXT, NULL}, /* often called like the host */
    {"file /sys/", "", RULE_KEEP, NULL},
    {"list /sys/", "", RULE_KEEP, NULL},
    {"file /etc/os-release", NULL, RULE_KEEP, NULL},
    {"file /etc/passwd", NULL, RULE_DROP, NULL}, /* everybody's names */
    {"file /usr/lib/os-release", NULL, RULE_KEEP, NULL},
    {"file /run/.containerenv", NULL, RULE_EMPTY, NULL},
    {"file /.dockerenv", NULL, RULE_EMPTY, NULL},
    /* Drivers, process numbers, counters and one user's number; the name of a card. */
    {"drm clients", NULL, RULE_KEEP, NULL},
    {"pci.ids ", "", RULE_KEEP, NULL},
    {"sysconf ", "", RULE_KEEP, NULL},
    {"sysctl kern.hostname", NULL, RULE_HOST, NULL},
    {"sysctl kern.os", "", RULE_KEEP, NULL},
    {"sysctl hw.", "", RULE_KEEP, NULL},
    {"sysctl machdep.cpu.", "", RULE_KEEP, NULL},
    {"arguments ", "", RULE_ARGV, NULL},        /* macOS's; its other answers are text */
    {"settings ", "", RULE_TEXT, NULL},         /* variables by name, no secrets */
    {"env OLLAMA_HOST", NULL, RULE_TEXT, NULL}, /* discovery needs its port */
    {"env ", "", RULE_DROP, NULL},
    {"probe disk ", "", RULE_DISKS, NULL},
    {"probe nvidia ", "", RULE_LINES, keep_no_uuid},
    {"nvidia driver", NULL, RULE_KEEP, NULL},
    {"probe folders ", "", RULE_KEEP, NULL}, /* two numbers */
    {"http GET ", "", RULE_HTTP, NULL},
    {"fault GET ", "", RULE_FAULT, NULL}, /* curl's words, which name the host */
};

static const struct rule_row *rule_of(const char *key)
{
    static const struct rule_row text = {"", "", RULE_TEXT, NULL};
    const size_t size = strlen(key);
    for (size_t i = 0; i < sizeof rule_rows / sizeof *rule_rows; i++) {
        const struct rule_row *row = &rule_rows[i];
        size_t head = strlen(row->head), tail = row->tail ? strlen(row->tail) : 0;
        if (row->tail ? size >= head + tail && memcmp(key, row->head, head) == 0 &&
                            memcmp(key + size - tail, row->tail, tail) == 0
                      : strcmp(key, row->head) == 0) {
            return row;
        }
    }
    return &text;
}

/* Paths of the kernel hold nobody's name, except those of control groups and of interfaces. */
static void scrub_key(struct scrub *s, const char *key, struct buf *out)
{
    const char *path = strchr(key, ' ');
    bool kernel = path &&
                  (strncmp(path, " /proc/", 7) == 0 ||
                   (strncmp(path, " /sys/", 6) == 0 && strncmp(path, " /sys/fs/cgroup/", 16) != 0 &&
                    strncmp(path, " /sys/class/net/", 16) != 0));
    /* A probe's key is what was asked, fixed but for names of services. */
    if (kernel || (strncmp(key, "probe ", 6) == 0 && strncmp(key, "probe folders ", 14) != 0)) {
        buf_puts(out, key);
    } else {
        scrub_text(s, key, strlen(key), out);
    }
}

bool scrub_read(struct scrub *s, const char *key, int code, const char *data, size_t size,
                struct buf *key_out, struct buf *out)
{
    const struct rule_row *row = rule_of(key);
    buf_clear(key_out);
    buf_clear(out);
    /* Thousands of descriptors are looked at to find one socket: those that are none are as good as
     * never seen. */
    if (row->rule == RULE_DROP ||
        (row->rule == RULE_SOCKET_LINK && (code != 0 || !begins(data, size, "socket:[")))) {
        return false;
    }
    scrub_key(s, key, key_out);
    if (code != 0) {
        return true;
    }
    switch (row->rule) {
    case RULE_TEXT:
        scrub_text(s, data, size, out);
        break;
    case RULE_KEEP:
    case RULE_SOCKET_LINK:
        buf_add(out, data, size);
        break;
    case RULE_DROP:
    case RULE_EMPTY:
        break;
    case RULE_HOST:
        buf_puts(out, "host\n");
        break;
    case RULE_LINES:
        keep_lines(data, size, row->keep, out);
        break;
    case RULE_ARGV:
        scrub_argv(s, data, size, out);
        break;
    case RULE_SOCKETS:
        scrub_sockets(s, data, size, key[strlen(key) - 1] == '6', out);
        break;
    case RULE_DISKS:
        scrub_disks(s, data, size, out);
        break;
    case RULE_HTTP:
        scrub_http(s, key, data, size, out);
        break;
    case RULE_FAULT:
        scrub_words(s, data, size, true, out);
        break;
    }
    return true;
}
