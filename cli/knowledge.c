#include "cli/knowledge.h"

#include <string.h>

#include "base/caller.h"
#include "cli/chips.h"
#include "cli/located.h"
#include "cli/place.h"

/* Between the two samples; no rate is needed. */
static const double GAP_S = 0.2;

static int load_profiles(struct knowledge *k, struct err *err)
{
    struct buf folder;

    buf_init(&folder, 4096);
    const bool own = place_config("tunetop/profiles", &folder) && !folder.truncated;
    const int rc = profile_set_load(&k->settings, own ? folder.data : NULL, &k->profiles, err);
    buf_release(&folder);
    return rc;
}

static int look(struct knowledge *k, const struct options *o, struct err *err)
{
    const struct model *m = NULL;
    struct fit_place place;
    int rc = measure_open(&k->measure, o, err);

    rc = rc == 0 ? measure_once(&k->measure, o, GAP_S, &m, err) : rc;
    if (rc < 0) {
        return rc;
    }
    struct model *nothing = m ? NULL : model_new();
    chip_machine_of(m ? m : nothing, &k->machine);
    chip_decide(&k->chips, &k->machine, &k->answer);
    profile_query_of(&k->query, &k->answer, &k->machine, m ? m : nothing);
    fit_place_here(m ? m : nothing, &k->machine, &k->answer, &place);
    if (!o->drift) { /* models decide what is wanted, not what is */
        installed_models_ask(m ? m : nothing, &k->measure.config, o, &place, &k->installed);
        fit_pool_here(m ? m : nothing, &k->machine, &k->answer, &place, &k->installed.models.pool);
    }
    located_open(&k->measure, m ? m : nothing, o, &k->locations);
    model_free(nothing);
    k->model = m;
    return 0;
}

static int open_all(struct knowledge *k, const struct options *o, struct err *warning,
                    struct err *err)
{
    if (o->replay || o->sysroot) {
        return err_set(err, ERR_USAGE, "what is changed is this machine's: not with '%s'",
                       o->replay ? "--replay" : "--sysroot");
    }
    int rc = setting_catalog_load(&k->settings, err);
    rc = rc == 0 ? load_profiles(k, err) : rc;
    if (rc == 0) {
        chip_catalog_release(&k->chips);
        rc = chips_open(&k->chips, o, warning, err);
    }
    return rc == 0 ? look(k, o, err) : rc;
}

int knowledge_open(struct knowledge *k, const struct options *o, struct err *warning,
                   struct err *err)
{
    memset(k, 0, sizeof *k);
    chip_catalog_init(&k->chips);
    int rc = caller_begin(err); /* and so what sudo runs makes the plan that he saw */

    if (rc == 0) {
        rc = open_all(k, o, warning, err);
        caller_end();
    }
    return rc;
}

bool knowledge_close(struct knowledge *k)
{
    const bool joined = measure_close(&k->measure);

    locations_release(&k->locations);
    installed_models_release(&k->installed);
    chip_catalog_release(&k->chips);
    profile_set_release(&k->profiles);
    setting_catalog_release(&k->settings);
    return joined;
}
