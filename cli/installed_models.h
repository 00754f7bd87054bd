/*
 * The models that the Ollama servers of this machine have installed, and whether each fits: asked
 * once, within a second together, by a command that wants to tell.
 */
#ifndef CLI_INSTALLED_MODELS_H
#define CLI_INSTALLED_MODELS_H

#include "base/json.h"
#include "cli/options.h"
#include "cli/text_page.h"
#include "sampling/config.h"
#include "sampling/model.h"
#include "tuning/plan_fit.h"

struct installed_models {
    bool known;       /* at least one server told its list */
    bool nobody;      /* no server runs here */
    char reason[224]; /* why not, or what one of them did not tell; "" */
    bool assumed;     /* the settings of a server are not readable: its own defaults were taken */
    struct plan_models models; /* what the machine has, and each server that was asked */
    struct fit_list list;      /* which is models.list: so this struct stays where it is */
};

/* `place` is what the machine has for a model. Nothing is asked in a replay, below --sysroot, and
 * of servers on other hosts. */
void installed_models_ask(const struct model *m, const struct config *config,
                          const struct options *o, const struct fit_place *place,
                          struct installed_models *out);
void installed_models_release(struct installed_models *i); /* accepts a zeroed one */

/* Members "installed_models" (null: not known) and "installed_models_reason". i NULL: of another
 * machine, not known. */
void installed_models_json(cJSON *root, const struct installed_models *i);
/* Lines from column `indent` behind a label that was put; nothing where no server runs. */
void installed_models_lines(struct text_page *p, const struct installed_models *i,
                            void (*label)(struct text_page *p, const char *text), int indent,
                            int width);

#endif
