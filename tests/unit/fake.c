#include "tests/unit/fake.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

bool fake_start(struct fake *f, const char *const argv[])
{
    int in[2], out[2];
    char path[4096], line[64] = "";
    const char *build = getenv("abs_builddir");
    snprintf(path, sizeof(path), "%s/tests/fake_server", build != NULL ? build : ".");
    if (pipe(in) < 0 || pipe(out) < 0)
        return false;
    fcntl(in[1], F_SETFD, FD_CLOEXEC);
    fcntl(out[0], F_SETFD, FD_CLOEXEC);
    f->pid = fork();
    if (f->pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[0]);
        close(out[1]);
        union {
            const char *const *in;
            char *const *out;
        } args = {.in = argv};
        execv(path, args.out);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    f->in = in[1];
    size_t size = 0;
    while (size < sizeof(line) - 1 && strchr(line, '\n') == NULL) {
        ssize_t n = read(out[0], line + size, sizeof(line) - 1 - size);
        if (n <= 0)
            break;
        size += (size_t)n;
        line[size] = '\0';
    }
    close(out[0]);
    return sscanf(line, "%d %d", &f->port, &f->control) == 2;
}

void fake_stop(struct fake *f)
{
    close(f->in);
    kill(f->pid, SIGKILL);
    waitpid(f->pid, NULL, 0);
}

bool fake_control(const struct fake *f, const char *path, char *out, size_t out_size)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)f->control),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char text[16384];
    size_t size = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return false;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        close(fd);
        return false;
    }
    int n = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n\r\n", path);
    if (write(fd, text, (size_t)n) != n) {
        close(fd);
        return false;
    }
    for (ssize_t got;
         size < sizeof(text) - 1 && (got = read(fd, text + size, sizeof(text) - 1 - size)) > 0;)
        size += (size_t)got;
    close(fd);
    text[size] = '\0';
    const char *body = strstr(text, "\r\n\r\n");
    if (body != NULL && out != NULL)
        snprintf(out, out_size, "%s", body + 4);
    return body != NULL;
}

unsigned fake_count(const struct fake *f, const char *word)
{
    char text[8192];
    size_t size = strlen(word);
    if (!fake_control(f, "/log", text, sizeof(text)))
        return 0;
    for (const char *line = text; line != NULL;
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncmp(line, word, size) == 0 && line[size] == ' ')
            return (unsigned)strtoul(line + size + 1, NULL, 10);
    }
    return 0;
}
