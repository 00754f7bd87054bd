#include "sampling/linux/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

enum {
    DEV_MAX_BYTES = 1024 * 1024, /* 130 bytes an interface: 8,000 of them, more than containers */
    SMALL_MAX_BYTES = 4096,
    LINES_PERIOD_S = 10, /* a cable that is pulled shows within this time */
};

/* --- pure parts --- */

bool parse_net_dev_line(struct span line, struct network_counters *out)
{
    enum { RECEIVE = 0, TRANSMIT = 8, FIELDS };
    uint64_t v[FIELDS];
    struct span rest = scan_trim(line), name;

    /* The name ends at the last colon: "eth0:1" is the alias 1 of eth0. Numbers hold none. */
    size_t colon = rest.size;
    while (colon > 0 && rest.at[colon - 1] != ':') {
        colon--;
    }
    if (colon < 2) {
        return false;
    }
    name = span_of(rest.at, colon - 1);
    rest = span_of(rest.at + colon, rest.size - colon);
    if (name.size >= sizeof out->name) {
        return false;
    }
    for (size_t i = 0; i < FIELDS; i++) {
        if (!scan_u64(&rest, &v[i])) {
            return false;
        }
    }
    memset(out, 0, sizeof *out);
    utf8_sanitise(name.at, name.size, out->name, sizeof out->name, NULL);
    out->receive_bytes = v[RECEIVE];
    out->transmit_bytes = v[TRANSMIT];
    return out->name[0] != '\0';
}

bool network_is_inner(const char *name)
{
    static const char *const heads[] = {
        "veth", "docker",  "br-",          "virbr", "vnet",   "cni", "flannel",
        "cali", "podman",  "lxcbr",        "lxdbr", "vxlan",  "tun", "tap",
        "wg",   "ifb",     "dummy",        "sit",   "ip6tnl", "gre", "tailscale",
        "zt",   "macvtap", "nodelocaldns", "kube-",
    };

    if (strcmp(name, "lo") == 0 || strchr(name, '.') != NULL || strchr(name, ':') != NULL) {
        return true;
    }
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (strncmp(name, heads[i], strlen(heads[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* The inner ends that carry what leaves: where there is nothing else, they are the network. */
static bool is_tunnel(const char *name)
{
    static const char *const heads[] = {"tap", "tun", "wg", "tailscale", "zt"};

    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (strncmp(name, heads[i], strlen(heads[i])) == 0) {
            return true;
        }
    }
    return false;
}

bool parse_operstate(const char *text, size_t size)
{
    struct span word = scan_trim(span_of(text, size));

    return span_is(word, "up") || span_is(word, "unknown");
}

/* --- the source --- */

struct line_facts { /* of one interface, looked up now and then */
    char name[32];
    bool up, inner;
    struct reading link;
};
struct network_state {
    struct reader_file dev;
    struct buf text, small;
    struct line_facts lines[SAMPLE_NETWORKS];
    size_t line_count;
    int64_t lines_at_ns;
};

static int network_open(void **state, const struct source_context *c, struct err *err)
{
    struct network_state *s = xcalloc(1, sizeof *s);

    (void)c;
    (void)err;
    reader_file_init(&s->dev, "/proc/net/dev");
    buf_init(&s->text, DEV_MAX_BYTES);
    buf_init(&s->small, SMALL_MAX_BYTES);
    *state = s;
    return 0;
}

static void network_close(void *state, const struct source_context *c)
{
    struct network_state *s = state;

    (void)c;
    reader_file_close(&s->dev);
    buf_release(&s->text);
    buf_release(&s->small);
    free(s);
}

static int read_small(struct network_state *s, struct reader *r, const char *name, const char *file)
{
    struct err err = ERR_INIT;
    char path[96];

    snprintf(path, sizeof path, "/sys/class/net/%s/%s", name, file);
    return reader_once(r, path, &s->small, &err);
}

/* A name that can stand in a path: the kernel allows neither '/' nor blanks, "." or ".."; what the
 * parser changed to make it harmless is no name of a folder either. */
static bool is_path_name(const char *name)
{
    return strchr(name, '/') == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static void look_up(struct network_state *s, struct reader *r, const char *name,
                    struct line_facts *out, int64_t now_ns)
{
    int64_t mbit = 0;
    int rc;

    memset(out, 0, sizeof *out);
    memcpy(out->name, name, sizeof out->name);
    out->link = reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, SOURCE_NETWORK);
    out->up = true; /* where /sys is hidden nothing says otherwise */
    if (!is_path_name(name)) {
        return;
    }
    if (read_small(s, r, name, "operstate") == 0) {
        out->up = parse_operstate(s->small.data, s->small.size);
    }
    /* The bridge counts what its members carry. */
    out->inner = read_small(s, r, name, "bridge/bridge_id") == 0 ||
                 read_small(s, r, name, "bonding_slave/state") == 0;
    rc = read_small(s, r, name, "speed"); /* fails with EINVAL while the line is down */
    if (rc == 0 && scan_only_i64(s->small.data, s->small.size, &mbit) && mbit > 0 &&
        mbit != UINT16_MAX && mbit != UINT32_MAX) { /* SPEED_UNKNOWN, -1, of older drivers */
        out->link = metric_reading(SCOPE_NETWORK, METRIC_NETWORK_LINK, (double)mbit * 1e6 / 8,
                                   now_ns, SOURCE_NETWORK);
    }
}

static struct line_facts *line_of(struct network_state *s, struct reader *r, const char *name,
                                  int64_t now_ns)
{
    for (size_t i = 0; i < s->line_count; i++) {
        if (strcmp(s->lines[i].name, name) == 0) {
            return &s->lines[i];
        }
    }
    if (s->line_count >= SAMPLE_NETWORKS) {
        return NULL;
    }
    look_up(s, r, name, &s->lines[s->line_count], now_ns);
    return &s->lines[s->line_count++];
}

static void fill(struct network_facts *out, const struct network_counters *n,
                 const struct line_facts *line, int64_t now_ns)
{
    memset(out, 0, sizeof *out);
    memcpy(out->name, n->name, sizeof out->name);
    out->hidden = !line || line->inner;
    out->up = line ? line->up : true;
    out->receive_bytes = reading_ok((double)n->receive_bytes, now_ns, SOURCE_NETWORK);
    out->transmit_bytes = reading_ok((double)n->transmit_bytes, now_ns, SOURCE_NETWORK);
    out->link_bytes_per_second =
        line ? line->link : reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, SOURCE_NETWORK);
    if (out->link_bytes_per_second.state == READING_OK) {
        out->link_bytes_per_second.at_ns =
            now_ns; /* a line keeps its speed until looked up again */
    }
}

/* A container without privileges has a tap and nothing else (slirp4netns, pasta). */
static void show_tunnels(struct network_state *s, struct reader *r, struct network_part *part,
                         int64_t now_ns)
{
    for (uint32_t i = 0; i < part->network_count; i++) {
        if (!part->networks[i].hidden) {
            return;
        }
    }
    for (uint32_t i = 0; i < part->network_count; i++) {
        struct network_facts *n = &part->networks[i];
        const struct line_facts *line = is_tunnel(n->name) ? line_of(s, r, n->name, now_ns) : NULL;
        if (line) {
            n->hidden = line->inner;
            n->up = line->up;
        }
    }
}

static int network_poll(void *state, const struct source_context *c, void *part_out,
                        struct err *err)
{
    struct network_state *s = state;
    struct network_part *part = part_out;
    int rc = reader_file(c->reader, &s->dev, &s->text, err);
    int64_t now_ns = clock_mono_ns(&c->clock);

    memset(part, 0, sizeof *part);
    if (rc < 0) {
        return rc;
    }
    if (now_ns - s->lines_at_ns >= LINES_PERIOD_S * NS_PER_S) {
        s->line_count = 0;
        s->lines_at_ns = now_ns;
    }
    /* Those that are shown first: a host of containers has thousands that are not. */
    for (int pass = 0; pass < 2; pass++) {
        struct span rest = span_of(s->text.data, s->text.size), line;
        struct network_counters n;

        while (scan_line(&rest, &line)) {
            if (!parse_net_dev_line(line, &n) || network_is_inner(n.name) != (pass == 1)) {
                continue;
            }
            if (part->network_count >= SAMPLE_NETWORKS) {
                part->left_out += pass == 0;
                continue;
            }
            fill(&part->networks[part->network_count++], &n,
                 pass == 0 ? line_of(s, c->reader, n.name, now_ns) : NULL, now_ns);
        }
    }
    show_tunnels(s, c->reader, part, now_ns);
    return part->network_count > 0 ? 0
                                   : err_set(err, ERR_PARSE, "'/proc/net/dev' names no interface");
}

const struct source_ops source_linux_network = {
    .name = "network",
    .id = SOURCE_NETWORK,
    .part_offset = offsetof(struct sample, network),
    .part_size = sizeof(struct network_part),
    .period_ms = 0,
    .deadline_ms = 1000,
    .flags = SOURCE_INLINE,
    .open = network_open,
    .poll = network_poll,
    .close = network_close,
};
