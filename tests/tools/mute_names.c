/*
 * mute_names PROGRAM [ARGS]: runs it where the name server takes questions and never answers.
 *
 * In mount and network namespaces of its own, with loopback up: /etc/resolv.conf leads to a
 * socket on 127.0.0.53 that nobody reads, for as long as the program lives. Ends with 77 where that
 * is not allowed. Linux only.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SERVER "127.0.0.53"

static void skip(const char *what)
{
    fprintf(stderr, "mute_names: %s: %s\n", what, strerror(errno));
    exit(77);
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        skip(path);
    close(fd);
}

/* As an ordinary user through a user namespace, in which he stays who he is. */
static void enter(void)
{
    const int flags = CLONE_NEWNS | CLONE_NEWNET;
    char map[64];
    unsigned uid = getuid(), gid = getgid();
    if (unshare(flags) == 0)
        return;
    if (unshare(CLONE_NEWUSER | flags) < 0)
        skip("no namespaces");
    write_text("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "%u %u 1", uid, uid);
    write_text("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "%u %u 1", gid, gid);
    write_text("/proc/self/gid_map", map);
}

/* Another text at `path`, for this namespace only. */
static void cover(const char *path, const char *text)
{
    char name[] = "/tmp/tunetop-names.XXXXXX";
    int fd = mkstemp(name);
    if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, 0644) < 0)
        skip(name);
    close(fd);
    int code = mount(name, path, NULL, MS_BIND, NULL);
    int sys = errno;
    unlink(name);
    errno = sys;
    if (code < 0 && sys != ENOENT)
        skip(path);
}

static void open_name_server(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0); /* left open: the program inherits it */
    inet_pton(AF_INET, NAME_SERVER, &at.sin_addr);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0)
        skip("no name server of our own");
}

int main(int argc, char **argv)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (argc < 2) {
        fputs("usage: mute_names PROGRAM [ARGS]\n", stderr);
        return 2;
    }
    enter();
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        skip("mounts stay shared");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        skip("no loopback");
    close(fd);
    open_name_server();
    cover("/etc/resolv.conf", "nameserver " NAME_SERVER "\noptions timeout:30 attempts:5\n");
    cover("/etc/nsswitch.conf", "hosts: files dns\n"); /* no other way round the name server */
    execvp(argv[1], argv + 1);
    skip(argv[1]);
}
