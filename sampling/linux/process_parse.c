#include "sampling/linux/process_parse.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/number.h"
#include "base/utf8.h"

/* --- processes
 * --------------------------------------------------------------------------------------------- */

#define KERNEL_THREAD INT64_C(0x00200000) /* PF_KTHREAD, unchanged since 2.6.27 */

/* Fields of /proc/PID/stat behind the name, counted from 3 as in proc(5). */
enum {
    STAT_STATE = 3,
    STAT_PPID = 4,
    STAT_FLAGS = 9,
    STAT_MINFLT = 10,
    STAT_MAJFLT = 12,
    STAT_UTIME = 14,
    STAT_STIME = 15,
    STAT_CUTIME = 16,
    STAT_CSTIME = 17,
    STAT_THREADS = 20,
    STAT_START = 22,
    STAT_RSS = 24,
};

static const char *word_end(const char *at, const char *end)
{
    while (at < end && *at != ' ' && *at != '\n')
        at++;
    return at;
}

static bool stat_field(struct process_stat *out, int field, const char *at, size_t size)
{
    int64_t v = 0;
    if (field == STAT_STATE) {
        out->state = size == 1 ? at[0] : '?';
        return size == 1;
    }
    if (number_i64(at, size, &v) < 0)
        return false;
    uint64_t positive = v > 0 ? (uint64_t)v : 0;
    switch (field) {
    case STAT_PPID:
        if (v < 0 || v > INT32_MAX)
            return false;
        out->ppid = (int32_t)v;
        break;
    case STAT_FLAGS:
        out->kernel = (v & KERNEL_THREAD) != 0;
        break;
    case STAT_MINFLT:
    case STAT_MAJFLT:
        out->faults += positive;
        break;
    case STAT_UTIME:
    case STAT_STIME:
        out->own_ticks += positive;
        out->cpu_ticks += positive;
        break;
    case STAT_CUTIME:
    case STAT_CSTIME:
        out->cpu_ticks +=
            positive; /* cannot overflow into nonsense: four 63-bit terms, at worst it wraps */
        break;
    case STAT_THREADS:
        out->threads = positive;
        break;
    case STAT_START:
        out->start_ticks = (int64_t)positive;
        break;
    case STAT_RSS:
        out->resident_pages = positive;
        break;
    default:
        break;
    }
    return true;
}

static bool stat_field_wanted(int field)
{
    return field == STAT_STATE || field == STAT_PPID || field == STAT_FLAGS ||
           field == STAT_MINFLT || field == STAT_MAJFLT ||
           (field >= STAT_UTIME && field <= STAT_CSTIME) || field == STAT_THREADS ||
           field == STAT_START || field == STAT_RSS;
}

int process_parse_stat(const char *text, size_t size, struct process_stat *out)
{
    const char *end = text + size;
    const char *open = memchr(text, '(', size);
    const char *close = NULL;
    for (const char *at = end; at > text; at--) {
        if (at[-1] == ')') {
            close = at - 1;
            break;
        }
    }
    if (open == NULL || close == NULL || close < open || open - text < 2)
        return -1;
    struct process_stat s = {0};
    uint64_t pid = 0;
    if (number_u64(text, (size_t)(open - text) - 1, 10, &pid) < 0 || pid < 1 || pid > INT32_MAX)
        return -1;
    s.pid = (int32_t)pid;
    utf8_sanitise(open + 1, (size_t)(close - open) - 1, s.name, sizeof(s.name), NULL);

    const char *at = close + 1;
    for (int field = STAT_STATE; field <= STAT_RSS; field++) {
        if (at >= end || *at != ' ')
            return -1;
        at++;
        const char *stop = word_end(at, end);
        if (stat_field_wanted(field) && !stat_field(&s, field, at, (size_t)(stop - at)))
            return -1;
        at = stop;
    }
    *out = s;
    return 0;
}

int process_parse_status_uid(const char *text, size_t size, int64_t *out)
{
    static const char head[] = "Uid:";
    const char *end = text + size;
    for (const char *line = text; line < end;) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        if (line_end == NULL)
            line_end = end;
        if ((size_t)(line_end - line) > strlen(head) && memcmp(line, head, strlen(head)) == 0) {
            /* real, effective, saved, file system */
            const char *at = line + strlen(head);
            for (int i = 0; i < 2; i++) {
                while (at < line_end && (*at == '\t' || *at == ' '))
                    at++;
                const char *stop = at;
                while (stop < line_end && *stop >= '0' && *stop <= '9')
                    stop++;
                uint64_t uid = 0;
                if (number_u64(at, (size_t)(stop - at), 10, &uid) < 0 || uid > UINT32_MAX)
                    return -1;
                if (i == 1)
                    *out = (int64_t)uid;
                at = stop;
            }
            return 0;
        }
        line = line_end + 1;
    }
    return -1;
}

/* --- sockets
 * --------------------------------------------------------------------------------------------- */

static bool take_word(const char **at, const char *end, const char **word, size_t *size)
{
    while (*at < end && **at == ' ')
        ++*at;
    *word = *at;
    while (*at < end && **at != ' ')
        ++*at;
    *size = (size_t)(*at - *word);
    return *size > 0;
}

/* An address is printed as the 32-bit words lie in memory: on the little-endian machines that there
 * are, the bytes of each word are reversed. */
static bool parse_address(const char *hex, size_t size, bool ipv6, struct listener *out)
{
    size_t words = ipv6 ? 4 : 1;
    unsigned char bytes[16];
    if (size != words * 8)
        return false;
    for (size_t w = 0; w < words; w++) {
        uint64_t v = 0;
        if (number_u64(hex + w * 8, 8, 16, &v) < 0)
            return false;
        for (size_t b = 0; b < 4; b++)
            bytes[w * 4 + b] = (unsigned char)(v >> (8 * b));
    }
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    const unsigned char *v4 = bytes;
    out->ipv6 = ipv6;
    if (ipv6 && memcmp(bytes, mapped, sizeof(mapped)) == 0) {
        v4 = bytes + sizeof(mapped);
        out->ipv6 = false;
    }
    static const unsigned char zero[16] = {0};
    static const unsigned char one[16] = {[15] = 1};
    if (out->ipv6) {
        out->any = memcmp(bytes, zero, 16) == 0;
        out->loopback = memcmp(bytes, one, 16) == 0;
    } else {
        out->any = memcmp(v4, zero, 4) == 0;
        out->loopback = v4[0] == 127;
    }
    return inet_ntop(out->ipv6 ? AF_INET6 : AF_INET, out->ipv6 ? bytes : v4, out->address,
                     sizeof(out->address)) != NULL;
}

/* "  0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000  0 12345 1
 * ..." */
enum listener_row listener_parse_row(const char *line, size_t size, bool ipv6, struct listener *out)
{
    enum { COLUMN_LOCAL = 1, COLUMN_STATE = 3, COLUMN_UID = 7, COLUMN_INODE = 9, COLUMNS };
    const char *at = line, *end = line + size, *word[COLUMNS];
    size_t length[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
        if (!take_word(&at, end, &word[i], &length[i]))
            return LISTENER_ROW_BAD;
    }
    struct listener l = {0};
    uint64_t state = 0, port = 0, uid = 0;
    if (number_u64(word[COLUMN_STATE], length[COLUMN_STATE], 16, &state) < 0)
        return LISTENER_ROW_BAD;
    if (state != LISTENER_STATE)
        return LISTENER_ROW_OTHER_STATE;
    const char *colon = memchr(word[COLUMN_LOCAL], ':', length[COLUMN_LOCAL]);
    if (colon == NULL)
        return LISTENER_ROW_BAD;
    size_t address_size = (size_t)(colon - word[COLUMN_LOCAL]);
    if (!parse_address(word[COLUMN_LOCAL], address_size, ipv6, &l) ||
        number_u64(colon + 1, length[COLUMN_LOCAL] - address_size - 1, 16, &port) < 0 ||
        port > 65535 || number_u64(word[COLUMN_UID], length[COLUMN_UID], 10, &uid) < 0 ||
        uid > UINT32_MAX || number_u64(word[COLUMN_INODE], length[COLUMN_INODE], 10, &l.inode) < 0)
        return LISTENER_ROW_BAD;
    l.port = (uint16_t)port;
    l.uid = (int64_t)uid;
    *out = l;
    return LISTENER_ROW_LISTENS;
}

void listener_parse(const char *text, size_t size, bool ipv6, struct listener *out, size_t max,
                    size_t *count)
{
    const char *end = text + size;
    const char *line = memchr(text, '\n', size); /* behind the head line */
    line = line != NULL ? line + 1 : end;
    while (line < end && *count < max) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        if (line_end == NULL)
            return; /* cut */
        enum listener_row row = listener_parse_row(line, (size_t)(line_end - line), ipv6,
                                                   &out[*count]);
        if (row == LISTENER_ROW_OTHER_STATE)
            return;
        if (row == LISTENER_ROW_LISTENS)
            ++*count;
        line = line_end + 1;
    }
}

int listener_parse_link(const char *text, size_t size, uint64_t *out_inode)
{
    static const char head[] = "socket:[";
    size_t head_size = strlen(head);
    if (size < head_size + 2 || memcmp(text, head, head_size) != 0 || text[size - 1] != ']')
        return -1;
    return number_u64(text + head_size, size - head_size - 1, 10, out_inode);
}
