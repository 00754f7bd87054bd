#include "tuning/control/control.h"

const struct control *control_of(enum control_type type)
{
    switch (type) {
    case CONTROL_COMPOSE:
        return &control_compose;
    case CONTROL_SYSTEMD:
        return &control_systemd;
    case CONTROL_LAUNCHD:
        return &control_launchd;
    case CONTROL_BREW:
        return &control_brew;
    case CONTROL_LMS:
        return &control_lms;
    case CONTROL_COMMAND:
        return &control_command;
    case CONTROL_NONE:
    case CONTROL_TYPE_COUNT:
        break;
    }
    return NULL;
}
