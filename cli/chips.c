#include "cli/chips.h"

#include "base/caller.h"
#include "base/log.h"
#include "cli/place.h"
#include "tuning/catalog.h"

static void add_user(struct chip_catalog *c, struct err *warning)
{
    struct buf folder;
    buf_init(&folder, 4096);
    if (place_config("tunetop", &folder) && !folder.truncated && caller_begin(warning) == 0) {
        if (chip_catalog_load_user(c, folder.data, warning) < 0) {
            log_write(LOG_INFO, "of the user's chips.yaml nothing counts");
        }
        caller_end();
    }
    buf_release(&folder);
}

int chips_open(struct chip_catalog *c, const struct options *o, struct err *warning,
               struct err *err)
{
    chip_catalog_init(c);
    const int rc = chip_catalog_load(c, catalog_folder(), err);
    if (rc == 0 && !o->replay && !o->sysroot) {
        add_user(c, warning);
    }
    return rc;
}

void chips_open_anyway(struct chip_catalog *c, const struct options *o, struct err *warning)
{
    struct err err = ERR_INIT;
    if (chips_open(c, o, warning, &err) < 0) {
        log_write(LOG_INFO, "no chip catalog, so no profile is recommended: %s%s%s", err.where,
                  err.where[0] ? ": " : "", err.msg);
    }
}
