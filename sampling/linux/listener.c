#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#endif

#include "base/alloc.h"
#include "base/number.h"
#include "sampling/linux/process_parse.h"
#include "sampling/process_table.h"

enum {
    ROW_BYTES = 256,                            /* 150 in tcp, 180 in tcp6 */
    HEAD_MAX_BYTES = LISTENERS_MAX * ROW_BYTES, /* as many rows as are stored */
    CHUNK_BYTES = 4096,                         /* the kernel makes a page of rows at a time */
    LINKS_MAX_BYTES = 1024 * 1024,
    /* Sockets whose owner is remembered: as many services as are watched, and as many again. */
    ANSWERS = 256,
    NOBODY_ROUNDS = 15, /* a minute, at a round every 4 s */
    UIDS = 16,          /* users whose processes were gone through in this round */
};

/* true when the text holds a whole row of another state: the kernel prints the listening ones
 * first, all in front of the others, so nothing that matters follows. *from: where to go on
 * looking. */
static bool has_other_rows(const struct buf *text, size_t *from)
{
    for (;;) {
        const char *line = text->data + *from;
        const char *line_end = memchr(line, '\n', text->size - *from);
        if (line_end == NULL)
            return false;
        struct listener l;
        bool head = *from == 0;
        *from = (size_t)(line_end + 1 - text->data);
        if (!head && listener_parse_row(line, (size_t)(line_end - line), false, &l) ==
                         LISTENER_ROW_OTHER_STATE)
            return true;
    }
}

/* The table as text, only as far as it lists listening sockets: on a busy server the rest is
 * megabytes. Even so the kernel walks its whole hash of connections to find the first of them (1.3
 * ms where it has 256k places), so this is for kernels that do not answer live_sockets(). */
static int live_text(const char *path, struct buf *out, struct err *err)
{
    autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, err_code_of_errno(errno), errno, "cannot open '%s'", path);
    size_t from = 0;
    for (;;) {
        size_t room = 0;
        char *at = buf_reserve(out, CHUNK_BYTES, &room);
        if (room == 0)
            return 0;
        ssize_t n = read(fd, at, room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(err, ERR_IO, errno, "cannot read '%s'", path);
        if (n == 0)
            return 0;
        buf_commit(out, (size_t)n);
        if (has_other_rows(out, &from))
            return 0;
    }
}

#ifdef __linux__
/* One socket as the row that /proc/net/tcp would have for it. */
static void put_row(const struct inet_diag_msg *m, struct buf *out)
{
    size_t words = m->idiag_family == AF_INET6 ? 4 : 1;
    buf_puts(out, "   0: ");
    for (size_t i = 0; i < words; i++)
        buf_printf(out, "%08X", m->id.idiag_src[i]);
    buf_printf(out, ":%04X 0:0000 %02X 0:0 0:0 0 %u 0 %u\n", ntohs(m->id.idiag_sport),
               m->idiag_state, m->idiag_uid, m->idiag_inode);
}

/* Takes the messages of one datagram: 1 at the end of the answer, 0 when more follow, -1 on an
 * error. */
static int take_messages(const char *data, size_t size, struct buf *out)
{
    while (size >= sizeof(struct nlmsghdr)) {
        struct nlmsghdr head;
        struct inet_diag_msg m;
        memcpy(&head, data, sizeof(head));
        if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > size ||
            head.nlmsg_type == NLMSG_ERROR)
            return -1;
        if (head.nlmsg_type == NLMSG_DONE)
            return 1;
        if (head.nlmsg_type == SOCK_DIAG_BY_FAMILY && head.nlmsg_len >= NLMSG_HDRLEN + sizeof(m)) {
            memcpy(&m, data + NLMSG_HDRLEN, sizeof(m));
            put_row(&m, out);
        }
        size_t step = NLMSG_ALIGN(head.nlmsg_len);
        if (step >= size)
            break;
        data += step;
        size -= step;
    }
    return 0;
}

/* Asks the kernel for listening sockets only (sock_diag(7)): microseconds, whatever the number of
 * connections. */
static int live_sockets(int family, struct buf *out)
{
    autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                              NETLINK_SOCK_DIAG);
    if (fd < 0)
        return -1;
    struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 request;
    } ask = {
        .head = {.nlmsg_len = sizeof(ask),
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .request = {.sdiag_family = (unsigned char)family,
                    .sdiag_protocol = IPPROTO_TCP,
                    .idiag_states = 1u << LISTENER_STATE},
    };
    if (send(fd, &ask, sizeof(ask), 0) != (ssize_t)sizeof(ask))
        return -1;
    buf_puts(out, "  sl  local_address\n");
    for (;;) {
        char data[16384]; /* the kernel fills at most this much at a time */
        ssize_t n = recv(fd, data, sizeof(data), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1; /* the answer is made within send(): nothing there means that there is none
                        */
        int end = take_messages(data, (size_t)n, out);
        if (end != 0)
            return end > 0 ? 0 : -1;
    }
}

#else
static int live_sockets(int family, struct buf *out)
{
    (void)family;
    (void)out;
    return -1; /* a recording of a Linux machine is read elsewhere too, a live kernel is not */
}
#endif

static int live_head(void *ctx, struct buf *out, struct err *err)
{
    const char *path = ctx;
    bool ipv6 = path[strlen(path) - 1] == '6';
    if (live_sockets(ipv6 ? AF_INET6 : AF_INET, out) == 0)
        return 0;
    buf_clear(out);
    return live_text(path, out, err);
}

int linux_listeners(struct reader *reader, struct listener *out, size_t max, struct err *err)
{
    static const struct {
        const char *key;
        char path[32];
        bool ipv6;
    } tables[] = {{"head /proc/net/tcp", "/proc/net/tcp", false},
                  {"head /proc/net/tcp6", "/proc/net/tcp6", true}};
    size_t count = 0;
    struct buf text;
    buf_init(&text, HEAD_MAX_BYTES);
    int code = 0;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        char path[32];
        memcpy(path, tables[i].path, sizeof(path));
        code = reader_call(reader, tables[i].key, live_head, path, &text, err);
        if (code == -ERR_NOENT && tables[i].ipv6)
            code = 0; /* a kernel without IPv6 */
        else if (code == 0)
            listener_parse(text.data, text.size, tables[i].ipv6, out, max, &count);
        if (code < 0)
            break;
    }
    buf_release(&text);
    return code < 0 ? code : (int)count;
}

/* Owners that were found, by socket: looking through descriptors is the expensive part, and a
 * listening socket keeps its number for its whole life. In a round (listener_round()) each user's
 * processes are gone through once at most, whatever the number of sockets that are asked about. */
struct listener_memory {
    struct {
        uint64_t inode;
        int64_t uid;
        int32_t pid;
        int64_t start;
        bool readable;
        uint64_t asked;   /* order of use */
        size_t processes; /* how many there were when nobody was found */
        uint64_t round;   /* when that was */
    } rows[ANSWERS];
    uint64_t asked, round;
    const struct listener *wanted; /* of this round */
    size_t wanted_count;
    struct {
        int64_t uid;
        bool readable;
    } passed[UIDS];
    size_t passed_count;
    struct { /* what listener_known() could not tell, and how far listener_look() is */
        bool wanted, readable;
        int64_t uid;
        size_t next;
    } look;
};

void listener_memory_free(struct listener_memory *m)
{
    free(m);
}

static struct listener_memory *memory_of(struct process_table *t)
{
    struct listener_memory **memory = process_table_sockets(t);
    if (*memory == NULL)
        *memory = xcalloc(1, sizeof(**memory));
    return *memory;
}

void linux_listener_round(struct process_table *t, const struct listener *listeners, size_t count)
{
    struct listener_memory *m = memory_of(t);
    m->wanted = listeners;
    m->wanted_count = count;
    m->passed_count = 0;
    m->look.wanted = false;
    m->round += count > 0;
}

static void remember(struct listener_memory *m, uint64_t inode, int64_t uid,
                     const struct process *owner, bool readable, size_t processes)
{
    size_t row = 0;
    for (size_t i = 0; i < ANSWERS; i++) {
        if (m->rows[i].asked > 0 && m->rows[i].inode == inode && m->rows[i].uid == uid) {
            row = i;
            break;
        }
        if (m->rows[i].asked < m->rows[row].asked)
            row = i;
    }
    m->rows[row].inode = inode;
    m->rows[row].uid = uid;
    m->rows[row].pid = owner != NULL ? owner->pid : 0;
    m->rows[row].start = owner != NULL ? owner->start : 0;
    m->rows[row].readable = readable;
    m->rows[row].asked = ++m->asked;
    m->rows[row].processes = processes;
    m->rows[row].round = m->round;
}

static bool is_wanted(const struct listener_memory *m, uint64_t inode, int64_t uid)
{
    for (size_t i = 0; i < m->wanted_count; i++) {
        if (m->wanted[i].inode == inode && m->wanted[i].uid == uid)
            return true;
    }
    return false;
}

/* Of several that hold a socket the first counts, the parent as a rule. */
static bool is_learnt(const struct listener_memory *m, uint64_t inode, int64_t uid)
{
    for (size_t i = 0; i < ANSWERS; i++) {
        if (m->rows[i].asked > 0 && m->rows[i].inode == inode && m->rows[i].uid == uid)
            return m->rows[i].pid > 0 && m->rows[i].round == m->round;
    }
    return false;
}

/* Goes through the descriptors of one process and remembers each wanted socket among them. false:
 * they are not readable. */
static bool learn(struct listener_memory *m, struct reader *reader, const struct process *p,
                  uint64_t asked_inode, bool *holds)
{
    struct err err = ERR_INIT;
    struct buf names, link;
    char path[96];
    buf_init(&names, LINKS_MAX_BYTES);
    buf_init(&link, 256);
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)p->pid);
    int code = reader_list(reader, path, &names, &err);
    const char *end = names.data + names.size;
    for (const char *line = names.data; code == 0 && line < end;) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        if (line_end == NULL)
            line_end = end;
        uint64_t fd = 0, held = 0;
        if (number_u64(line, (size_t)(line_end - line), 10, &fd) == 0) {
            snprintf(path, sizeof(path), "/proc/%d/fd/%llu", (int)p->pid, (unsigned long long)fd);
            if (reader_link(reader, path, &link, &err) == 0 &&
                listener_parse_link(link.data, link.size, &held) == 0) {
                *holds = *holds || held == asked_inode;
                if ((held == asked_inode || is_wanted(m, held, p->uid)) &&
                    !is_learnt(m, held, p->uid))
                    remember(m, held, p->uid, p, true, 0);
            }
        }
        line = line_end + 1;
    }
    buf_release(&names);
    buf_release(&link);
    return code == 0 || code == -ERR_NOENT;
}

/* What is remembered of a socket and still true; false: nothing. */
static bool recall(struct listener_memory *m, struct process_table *t, uint64_t inode, int64_t uid,
                   size_t processes, int32_t *pid, bool *readable)
{
    for (size_t i = 0; i < ANSWERS; i++) {
        if (m->rows[i].asked == 0 || m->rows[i].inode != inode || m->rows[i].uid != uid)
            continue;
        const struct process *p = m->rows[i].pid > 0 ? process_table_find(t, m->rows[i].pid) : NULL;
        bool holds_still = p != NULL && p->start == m->rows[i].start;
        /* A socket is held by whoever made it, and goes to others by inheritance or as a message
         * only: when nobody was seen to hold it, that is so until it is closed, nearly always. */
        bool nobody_still = m->rows[i].pid == 0 && (m->rows[i].processes == processes ||
                                                    m->round - m->rows[i].round < NOBODY_ROUNDS);
        if (!holds_still && !nobody_still)
            return false;
        m->rows[i].asked = ++m->asked;
        *readable = m->rows[i].readable;
        *pid = m->rows[i].pid;
        return true;
    }
    return false;
}

/* What is known of a socket without a look at descriptors. */
static bool tell(struct listener_memory *m, struct process_table *t, uint64_t inode, int64_t uid,
                 int32_t *pid, bool *readable)
{
    size_t count;
    (void)process_table_list(t, &count);
    if (recall(m, t, inode, uid, count, pid, readable))
        return true;
    for (size_t i = 0; i < m->passed_count; i++) {
        if (m->passed[i].uid == uid && is_wanted(m, inode, uid)) {
            *pid = 0;
            *readable = m->passed[i].readable;
            remember(m, inode, uid, NULL, *readable, count);
            return true;
        }
    }
    return false;
}

/* Looks at one process; true when it holds the socket that is asked about. */
static bool look_at(struct listener_memory *m, struct process_table *t, const struct process *p,
                    int64_t uid, uint64_t inode, bool *readable)
{
    bool holds = false;
    if (p->uid != uid || p->argv[0] == '\0') /* kernel threads hold no sockets of ours */
        return false;
    if (!learn(m, t->reader, p, inode, &holds))
        *readable = false;
    return holds;
}

static void pass(struct listener_memory *m, int64_t uid, bool readable)
{
    if (m->passed_count < UIDS) {
        m->passed[m->passed_count].uid = uid;
        m->passed[m->passed_count++].readable = readable;
    }
}

int32_t linux_listener_owner(struct process_table *t, uint64_t inode, int64_t uid, bool *readable)
{
    struct listener_memory *m = memory_of(t);
    size_t count;
    int32_t pid = 0;
    const struct process *list = process_table_list(t, &count);
    if (tell(m, t, inode, uid, &pid, readable))
        return pid;
    bool all = true, round = is_wanted(m, inode, uid);
    for (size_t i = 0; i < count && (pid == 0 || round); i++) {
        if (look_at(m, t, &list[i], uid, inode, &all) && pid == 0)
            pid = list[i].pid;
    }
    if (round)
        pass(m, uid, all);
    *readable = all || pid > 0;
    if (pid == 0)
        remember(m, inode, uid, NULL, all, count);
    else
        remember(m, inode, uid, process_table_find(t, pid), true, 0); /* the first that holds it */
    return pid;
}

bool linux_listener_known(struct process_table *t, uint64_t inode, int64_t uid, int32_t *pid,
                          bool *readable)
{
    struct listener_memory *m = memory_of(t);
    if (tell(m, t, inode, uid, pid, readable))
        return true;
    *pid = 0;
    *readable = false;
    if (!is_wanted(m, inode, uid) || m->passed_count == UIDS)
        return true; /* nobody looks for it */
    if (!m->look.wanted) {
        m->look.wanted = m->look.readable = true;
        m->look.uid = uid;
        m->look.next = 0;
    }
    return false;
}

bool linux_listener_look(struct process_table *t, size_t most)
{
    struct listener_memory *m = memory_of(t);
    size_t count;
    const struct process *list = process_table_list(t, &count);
    while (m->look.wanted && m->look.next < count && most > 0) {
        const struct process *p = &list[m->look.next++];
        if (p->uid == m->look.uid && p->argv[0] != '\0')
            most--;
        (void)look_at(m, t, p, m->look.uid, 0, &m->look.readable);
    }
    if (!m->look.wanted || m->look.next < count)
        return !m->look.wanted;
    pass(m, m->look.uid, m->look.readable);
    m->look.wanted = false;
    return true;
}
