#include "cli/in_effect.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/place.h"
#include "tuning/assess.h"
#include "tuning/plan.h"

/* A recording or another system below --sysroot is not of this user. */
static int load_profiles(struct in_effect *e, const struct options *o, struct err *err)
{
    struct buf folder;

    buf_init(&folder, 4096);
    const bool own = !o->replay && !o->sysroot && place_config("tunetop/profiles", &folder) &&
                     !folder.truncated;
    const int rc = profile_set_load(&e->settings, own ? folder.data : NULL, &e->profiles, err);
    buf_release(&folder);
    return rc;
}

void in_effect_open(struct in_effect *e, const struct options *o, struct measure *s)
{
    struct err err = ERR_INIT;

    memset(e, 0, sizeof *e);
    e->effect.match = EFFECT_UNKNOWN;
    e->loaded = setting_catalog_load(&e->settings, &err) == 0 && load_profiles(e, o, &err) == 0;
    if (e->loaded) {
        s->settings = e->names;
        s->setting_count = effect_names(&e->settings, e->names, SERVICE_SETTINGS);
    }
}

void in_effect_look(struct in_effect *e, const struct chip_catalog *chips,
                    const struct config *config, const struct model *m)
{
    struct chip_machine machine;
    struct profile_query query;
    struct assessment a = {.count = 0};

    effect_release(&e->effect);
    e->effect.match = EFFECT_UNKNOWN;
    assess_chip(chips, m, &a);
    if (!e->loaded || !a.chip_known) {
        e->effect.why = "the catalogs or the machine are not known";
        return;
    }
    chip_machine_of(m, &machine);
    profile_query_of(&query, &a.chip, &machine, m);
    effect_of(&e->profiles, &query, chip_profile_name((int)a.chip.profile), m, &e->effect);
    if (config) {
        struct plan_input *in = xcalloc(1, sizeof *in);

        plan_input_load(config, query.hosts, m, NULL, in);
        effect_add_files(&e->settings, in, m, &e->effect);
        plan_input_release(in);
        free(in);
    }
}

void in_effect_close(struct in_effect *e)
{
    effect_release(&e->effect);
    profile_set_release(&e->profiles);
    setting_catalog_release(&e->settings);
    memset(e, 0, sizeof *e);
}
