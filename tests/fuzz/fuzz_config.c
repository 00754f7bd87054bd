/* tunetop.yaml and urls: what is taken is within its limits, what is not is told with its place. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sampling/config.h"
#include "sampling/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config c;
    struct err err = ERR_INIT;
    config_init(&c);
    int code = config_parse(&c, "f.yaml", (const char *)data, size, &err);
    if (code != 0 && (code != -ERR_CONFIG || err.msg[0] == '\0' || err.where[0] == '\0'))
        abort();
    if (code == 0) {
        if (!(c.interval_s >= 0.2 && c.interval_s <= 60))
            abort();
        for (size_t i = 0; i < c.service_count; i++) {
            struct config_url u;
            if (c.services[i].kind < 0 || c.services[i].kind >= SERVICE_KIND_COUNT ||
                c.services[i].name[0] == '\0')
                abort();
            if (c.services[i].url != NULL && config_parse_url(c.services[i].url, &u, &err) != 0)
                abort();
        }
    }
    config_release(&c);
    if (size > 0 && size < 256) {
        char url[256];
        struct config_url u;
        struct err ignored = ERR_INIT;
        memcpy(url, data, size);
        url[size] = '\0';
        if (config_parse_url(url, &u, &ignored) == 0 && (u.port == 0 || u.host[0] == '\0'))
            abort();
    }
    return 0;
}
