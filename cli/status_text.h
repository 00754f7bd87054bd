/* What status prints for a person: one reading, aligned, with the reason of everything that is
 * missing. */
#ifndef CLI_STATUS_TEXT_H
#define CLI_STATUS_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "sampling/model.h"
#include "tuning/assess.h"

struct status_text_options {
    bool color;
    bool ascii;
    int width; /* as text_page.h */
};

void status_text(const struct model *m, const struct assessment *a,
                 const struct status_text_options *o, struct buf *out);

#endif
