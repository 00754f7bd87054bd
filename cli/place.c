#include "cli/place.h"

#include <stdlib.h>

static bool place(const char *variable, const char *below_home, const char *name, struct buf *out)
{
    const char *base = getenv(variable), *home = getenv("HOME");
    if (base && *base == '/') { /* a relative one is to be ignored, says the specification */
        buf_printf(out, "%s/%s", base, name);
        return true;
    }
    buf_printf(out, "%s%s/%s", home ? home : "", below_home, name);
    return home && *home == '/';
}

bool place_config(const char *name, struct buf *out)
{
    return place("XDG_CONFIG_HOME", "/.config", name, out);
}

bool place_state(const char *name, struct buf *out)
{
    return place("XDG_STATE_HOME", "/.local/state", name, out);
}
