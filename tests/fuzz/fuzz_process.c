/* The kernel's text about processes and sockets; the first byte chooses which parser. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sampling/linux/process_parse.h"
#include "sampling/process_scan.h"
#include "sampling/service/discovery.h"
#include "sampling/service/running.h"
#include "sampling/users.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_harmless(const char *text, char separator)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' && *text != separator)
            return false;
    }
    return true;
}

/* Names of users; environments and arguments as they are shown. */
static void fuzz_texts(const char *text, size_t size)
{
    struct users users = {NULL, 0};
    struct buf out;
    users_parse(text, size, &users);
    for (size_t i = 0; i < users.count; i++) {
        if (users_name(&users, users.list[i].uid) != users.list[i].name)
            abort();
    }
    users_release(&users);
    buf_init(&out, 4096);
    process_mask_environment(text, size, &out);
    if (!is_harmless(out.data, '\n'))
        abort();
    process_mask_arguments(text, size, &out);
    if (!is_harmless(out.data, PROCESS_ARGV_SEPARATOR))
        abort();
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    size--;
    if (data[0] == '~') {
        fuzz_texts(text, size);
        return 0;
    }
    switch ((data[0] & 0x7f) % 7) {
    case 0: {
        struct process_stat s;
        if (process_parse_stat(text, size, &s) == 0 &&
            (s.pid < 1 || s.ppid < 0 || strlen(s.name) >= sizeof(s.name)))
            abort();
        break;
    }
    case 1: {
        char argv[128], line[64], value[16];
        process_parse_cmdline(text, size, argv, sizeof(argv));
        if (memchr(argv, '\0', sizeof(argv)) == NULL)
            abort();
        service_mask_argv(argv, line, sizeof(line));
        if (memchr(line, '\0', sizeof(line)) == NULL ||
            strchr(line, PROCESS_ARGV_SEPARATOR) != NULL)
            abort();
        (void)service_argument(argv, "--port", value, sizeof(value));
        for (size_t k = 0; k < SERVICE_KIND_COUNT; k++)
            (void)service_kinds[k]->matches("x", argv);
        break;
    }
    case 2: {
        int64_t uid = -1;
        if (process_parse_status_uid(text, size, &uid) == 0 && uid < 0)
            abort();
        break;
    }
    case 3: {
        struct listener out[8];
        size_t count = 0;
        listener_parse(text, size, (data[0] & 0x80) != 0, out, 8, &count);
        if (count > 8)
            abort();
        for (size_t i = 0; i < count; i++) {
            char url[128];
            discovery_url(&out[i], url, sizeof(url));
            if (strncmp(url, "http://", 7) != 0)
                abort();
        }
        break;
    }
    case 4: {
        struct running_group g;
        running_parse_group(text, size, &g);
        if (memchr(g.unit, '\0', sizeof(g.unit)) == NULL ||
            memchr(g.container, '\0', sizeof(g.container)) == NULL ||
            (!g.contained && g.container[0] != '\0'))
            abort();
        break;
    }
    case 6: {
        struct process_io io;
        struct process_statm m;
        double limit;
        uint64_t kib;
        (void)process_parse_io(text, size, &io);
        (void)process_parse_statm(text, size, &m);
        if (process_parse_file_limit(text, size, &limit) == 0 && !(limit >= 0))
            abort();
        if (process_parse_status_kib(text, size, "VmSwap", &kib) == 0 && kib > UINT64_MAX / 1024)
            abort();
        break;
    }
    default: {
        char value[128], url[128];
        uint16_t port = 0;
        bool remote;
        uint64_t inode;
        size_t n = size < sizeof(value) - 1 ? size : sizeof(value) - 1;
        memcpy(value, text, n);
        value[n] = '\0';
        if (discovery_ollama_host(value, url, sizeof(url), &port, &remote) && port == 0)
            abort();
        (void)listener_parse_link(text, size, &inode);
        break;
    }
    }
    return 0;
}
