/*
 * What a plan comes from: the catalogs of settings, chips and profiles, and this machine as it is
 * now. For the commands that change things; it looks at the machine once, as `detect` does.
 *
 * Caller owned and large: keep it static or allocated. knowledge_open() in any case ends with
 * knowledge_close(), whose answer is that of measure_close().
 */
#ifndef CLI_KNOWLEDGE_H
#define CLI_KNOWLEDGE_H

#include <stdbool.h>

#include "cli/installed_models.h"
#include "cli/measure.h"
#include "cli/options.h"
#include "tuning/chip.h"
#include "tuning/locate/locate.h"
#include "tuning/profile.h"

struct knowledge {
    struct setting_catalog settings;
    struct profile_set profiles;
    struct chip_catalog chips;
    struct chip_machine machine;
    struct chip_answer answer;
    struct profile_query query;
    struct measure measure;            /* with the configuration */
    const struct model *model;         /* as it is now; NULL: nothing could be measured in time */
    struct installed_models installed; /* of the Ollama servers */
    struct locations locations;        /* where the services' settings are, and who restarts them */
};

/* Refused under --replay and --sysroot: what would be changed is this machine's. warning: of a file
 * of the user's that is wrong and was left out. */
int knowledge_open(struct knowledge *k, const struct options *o, struct err *warning,
                   struct err *err);
bool knowledge_close(struct knowledge *k);

#endif
