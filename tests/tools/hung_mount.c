/*
 * A file system whose server never answers, as a file server that is gone: `df` of it sleeps until
 * somebody ends the server.
 *
 *   hung_mount DIR COMMAND...     mounts it at DIR for COMMAND alone; exit 77 where that is not
 * allowed
 *
 * Speaks the kernel's protocol of FUSE itself (linux/fuse.h), because the answer that is left out
 * is the point: it answers the first request, INIT, and no other. In a mount namespace of its own,
 * so nobody else can run into it. What sleeps in there is let go when COMMAND has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

enum { CANNOT = 77, REQUEST_MAX = 1 << 17 };

static int cannot(const char *what)
{
    fprintf(stderr, "hung_mount: %s: %s\n", what, strerror(errno));
    return CANNOT;
}

/* The kernel asks nothing else before this is answered. */
static int answer_init(int fd)
{
    static char request[REQUEST_MAX];
    struct fuse_in_header head;
    struct {
        struct fuse_out_header head;
        struct fuse_init_out init;
    } reply;
    ssize_t n = read(fd, request, sizeof request);

    if (n < (ssize_t)sizeof head) {
        return -1;
    }
    memcpy(&head, request, sizeof head);
    if (head.opcode != FUSE_INIT) {
        return -1;
    }
    memset(&reply, 0, sizeof reply);
    reply.head.len = sizeof reply;
    reply.head.unique = head.unique;
    reply.init.major = FUSE_KERNEL_VERSION;
    reply.init.minor = FUSE_KERNEL_MINOR_VERSION;
    reply.init.max_write = 4096;
    return write(fd, &reply, sizeof reply) == (ssize_t)sizeof reply ? 0 : -1;
}

int main(int argc, char **argv)
{
    char options[96];
    int fd, status = 0;

    if (argc < 3) {
        fputs("usage: hung_mount DIR COMMAND...\n", stderr);
        return 2;
    }
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        return cannot("a mount namespace");
    }
    fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return cannot("/dev/fuse");
    }
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
    /* The name makes it a disk, which is what is looked at. */
    if (mount("/dev/hung", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
        return cannot("mount");
    }
    if (answer_init(fd) < 0) {
        return cannot("FUSE_INIT");
    }
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(fd); /* the last one: the kernel gives up the file system and wakes who waits for it */
    (void)umount2(argv[1], MNT_DETACH);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
