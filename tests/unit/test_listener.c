/* Listening sockets: the kernel's table, and who holds them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "sampling/linux/process_parse.h"

static void test_rows(void **state)
{
    static const struct {
        const char *line, *address;
        bool ipv6, want_ipv6, any, loopback;
        unsigned port;
        enum listener_row row;
    } cases[] = {
        {"   0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        "
         "0 17454 1 0",
         "127.0.0.1", false, false, false, true, 11434, LISTENER_ROW_LISTENS},
        {"   1: 00000000:1FFC 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        "
         "0 17454 1 0",
         "0.0.0.0", false, false, true, false, 8188, LISTENER_ROW_LISTENS},
        {"   2: 0501A8C0:1FFC 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        "
         "0 17454 1 0",
         "192.168.1.5", false, false, false, false, 8188, LISTENER_ROW_LISTENS},
        {"   3: 0100007F:2CAA 0100007F:D1A2 01 00000000:00000000 00:00000000 00000000   998        "
         "0 17454 1 0",
         "", false, false, false, false, 0, LISTENER_ROW_OTHER_STATE},
        {"   0: 00000000000000000000000001000000:2CAA 00000000000000000000000000000000:0000 0A "
         "00000000:00000000 "
         "00:00000000 00000000   998        0 17454 1",
         "::1", true, true, false, true, 11434, LISTENER_ROW_LISTENS},
        {"   0: 00000000000000000000000000000000:2CAA 00000000000000000000000000000000:0000 0A "
         "00000000:00000000 "
         "00:00000000 00000000   998        0 17454 1",
         "::", true, true, true, false, 11434, LISTENER_ROW_LISTENS},
        {"   0: 0000000000000000FFFF00000100007F:2CAA 00000000000000000000000000000000:0000 0A "
         "00000000:00000000 "
         "00:00000000 00000000   998        0 17454 1",
         "127.0.0.1", true, false, false, true, 11434, LISTENER_ROW_LISTENS},
        {"", "", false, false, false, false, 0, LISTENER_ROW_BAD},
        {"  0: 0100007F:2CAA 00000000:0000 0A", "", false, false, false, false, 0,
         LISTENER_ROW_BAD},
        {"  0: 0100007:2CAA 0:0 0A 0:0 0:0 0 998 0 17454", "", false, false, false, false, 0,
         LISTENER_ROW_BAD},
        {"  0: 0100007F:12345 0:0 0A 0:0 0:0 0 998 0 17454", "", false, false, false, false, 0,
         LISTENER_ROW_BAD},
        {"  0: 0100007F 0:0 0A 0:0 0:0 0 998 0 17454", "", false, false, false, false, 0,
         LISTENER_ROW_BAD},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct listener l = {0};
        if (listener_parse_row(cases[i].line, strlen(cases[i].line), cases[i].ipv6, &l) !=
            cases[i].row)
            fail_msg("row %zu", i);
        if (cases[i].row != LISTENER_ROW_LISTENS)
            continue;
        assert_string_equal(l.address, cases[i].address);
        assert_int_equal(l.ipv6, cases[i].want_ipv6);
        assert_int_equal(l.any, cases[i].any);
        assert_int_equal(l.loopback, cases[i].loopback);
        assert_int_equal(l.port, cases[i].port);
        assert_int_equal(l.uid, 998);
        assert_int_equal(l.inode, 17454);
    }
}

static void test_a_table_ends_at_other_states_and_at_the_cap(void **state)
{
    static const char text[] = "  sl  local_address rem_address   st\n"
                               "  0: 0100007F:0001 0:0 0A 0:0 0:0 0 1 0 11\n"
                               "  1: nonsense\n"
                               "  2: 0100007F:0002 0:0 0A 0:0 0:0 0 1 0 12\n"
                               "  3: 0100007F:0002 0:0 01 0:0 0:0 0 1 0 13\n"
                               "  4: 0100007F:0003 0:0 0A 0:0 0:0 0 1 0 14\n";
    struct listener out[4];
    size_t count = 0;
    (void)state;
    listener_parse(text, strlen(text), false, out, 4, &count);
    assert_int_equal(count, 2);
    assert_int_equal(out[1].inode, 12);
    count = 0;
    listener_parse(text, strlen(text), false, out, 1, &count);
    assert_int_equal(count, 1);
    count = 0;
    listener_parse(
        text,
        strlen("  sl  local_address rem_address   st\n  0: 0100007F:0001 0:0 0A 0:0 0:0 0 1 0 11"),
        false, out, 4, &count);
    assert_int_equal(count, 0); /* a row without its end may be cut */
}

static void test_links(void **state)
{
    uint64_t inode = 0;
    (void)state;
    assert_int_equal(listener_parse_link("socket:[17454]", 14, &inode), 0);
    assert_int_equal(inode, 17454);
    assert_int_equal(listener_parse_link("socket:[]", 9, &inode), -1);
    assert_int_equal(listener_parse_link("socket:[1", 9, &inode), -1);
    assert_int_equal(listener_parse_link("pipe:[17454]", 12, &inode), -1);
    assert_int_equal(listener_parse_link("/tmp/socket:[1]", 15, &inode), -1);
}

static int make_listener(int family, unsigned *port)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    socklen_t size = family == AF_INET ? sizeof(v4) : sizeof(v6);
    if (fd < 0 || bind(fd, address, size) < 0 || listen(fd, 1) < 0 ||
        getsockname(fd, address, &size) < 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
    return fd;
}

static const struct listener *find(const struct listener *list, int count, unsigned port)
{
    for (int i = 0; i < count; i++) {
        if (list[i].port == port)
            return &list[i];
    }
    return NULL;
}

static void test_this_machine(void **state)
{
    struct reader *reader = reader_new_kernel();
    struct process_table *table = process_table_new(reader);
    static struct listener list[LISTENERS_MAX];
    struct err err = ERR_INIT;
    unsigned port = 0, port6 = 0;
    (void)state;
    int fd = make_listener(AF_INET, &port);
    int fd6 = make_listener(AF_INET6, &port6); /* -1 where there is no IPv6 */
    assert_true(fd >= 0);
    assert_int_equal(process_table_scan(table, NS_PER_S, 0, &err), 0);
    int count = listeners_read(reader, list, LISTENERS_MAX, &err);
    assert_true(count > 0);
    const struct listener *l = find(list, count, port);
    assert_non_null(l);
    assert_string_equal(l->address, "127.0.0.1");
    assert_true(l->loopback);
    assert_int_equal(l->uid, geteuid());
    bool readable = false;
    assert_int_equal(listener_owner(table, l->inode, l->uid, &readable), getpid());
    assert_true(readable);
    assert_int_equal(listener_owner(table, l->inode, l->uid, &readable), getpid()); /* remembered */
    assert_int_equal(listener_owner(table, 1, geteuid(), &readable), 0);
    if (fd6 >= 0) {
        l = find(list, count, port6);
        assert_non_null(l);
        assert_string_equal(l->address, "::1");
        assert_true(l->ipv6);
        close(fd6);
    }
    close(fd);
    process_table_free(table);
    reader_free(reader);
}

/* Who holds a socket, found by looking at one process at a time; then it is known, and so is that
 * nobody holds another. */
static void test_owners_in_slices(void **state)
{
    struct reader *reader = reader_new_kernel();
    struct process_table *table = process_table_new(reader);
    static struct listener list[LISTENERS_MAX];
    struct err err = ERR_INIT;
    unsigned port = 0;
    int32_t pid = -1;
    bool readable = false;
    size_t looks = 0;
    (void)state;
    int fd = make_listener(AF_INET, &port);
    assert_true(fd >= 0);
    pid_t child = fork(); /* holds it too: the first one counts */
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    pid_t first = child < getpid() ? child : getpid();
    assert_int_equal(process_table_scan(table, NS_PER_S, 0, &err), 0);
    int count = listeners_read(reader, list, LISTENERS_MAX, &err);
    const struct listener *l = find(list, count, port);
    assert_non_null(l);
    struct listener two[2] = {*l, *l};
    two[1].inode = 1;                                                      /* nobody's */
    assert_true(listener_known(table, l->inode, l->uid, &pid, &readable)); /* in no round: nobody */
    assert_int_equal(pid, 0);
    listener_round(table, two, 2);
    assert_false(listener_known(table, l->inode, l->uid, &pid, &readable));
    while (!listener_look(table, 1))
        looks++;
    assert_true(looks > 0);
    assert_true(listener_known(table, l->inode, l->uid, &pid, &readable));
    assert_int_equal(pid, first);
    assert_true(readable);
    assert_true(listener_known(table, 1, l->uid, &pid, &readable));
    assert_int_equal(pid, 0);
    listener_round(table, two, 2); /* in the next round both are remembered */
    assert_true(listener_known(table, l->inode, l->uid, &pid, &readable));
    assert_int_equal(pid, first);
    assert_true(listener_known(table, 1, l->uid, &pid, &readable));
    assert_int_equal(pid, 0);
    listener_round(table, NULL, 0);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(fd);
    process_table_free(table);
    reader_free(reader);
}

/* The text of /proc and what the kernel answers on its socket name the same listeners. */
static void test_both_ways_agree(void **state)
{
    struct reader *reader = reader_new_kernel();
    static struct listener list[LISTENERS_MAX], text_list[LISTENERS_MAX];
    struct err err = ERR_INIT;
    unsigned port = 0;
    (void)state;
    int fd = make_listener(AF_INET, &port);
    int count = listeners_read(reader, list, LISTENERS_MAX, &err);
    struct buf text;
    size_t text_count = 0;
    buf_init(&text, 4u << 20);
    assert_int_equal(reader_once(reader, "/proc/net/tcp", &text, &err), 0);
    listener_parse(text.data, text.size, false, text_list, LISTENERS_MAX, &text_count);
    const struct listener *a = find(list, count, port), *b = find(text_list, (int)text_count, port);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(a->inode, b->inode);
    assert_int_equal(a->uid, b->uid);
    assert_string_equal(a->address, b->address);
    buf_release(&text);
    close(fd);
    reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_a_table_ends_at_other_states_and_at_the_cap),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_this_machine),
        cmocka_unit_test(test_owners_in_slices),
        cmocka_unit_test(test_both_ways_agree),
    };
    return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
