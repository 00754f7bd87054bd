/*
 * The profile in effect, for commands that show a reading: loads what it is judged by, says what a
 * sample has to tell, and judges models.
 *
 * Caller owned and large: keep it allocated. in_effect_open() ends with in_effect_close() in any
 * case; what cannot be loaded leaves the answer unknown and says why.
 */
#ifndef CLI_IN_EFFECT_H
#define CLI_IN_EFFECT_H

#include <stdbool.h>

#include "cli/measure.h"
#include "cli/options.h"
#include "sampling/service/service.h"
#include "tuning/chip_catalog.h"
#include "tuning/effect.h"

struct in_effect {
    struct setting_catalog settings;
    struct profile_set profiles;
    bool loaded;
    const char *names[SERVICE_SETTINGS];
    struct effect effect; /* of the model that was looked at last */
};

/* Before measure_start(): what the samples have to tell is wished there. */
void in_effect_open(struct in_effect *e, const struct options *o, struct measure *s);
/* config: its files count as well; NULL: processes only. */
void in_effect_look(struct in_effect *e, const struct chip_catalog *chips,
                    const struct config *config, const struct model *m);
void in_effect_close(struct in_effect *e); /* accepts a zeroed one */

#endif
