/* Prototypes of notify(3), for ./dev macos only. Written from the manual page. */
#ifndef PACKAGING_MACOS_NOTIFY_H
#define PACKAGING_MACOS_NOTIFY_H

#include <stdint.h>

#define NOTIFY_STATUS_OK 0

uint32_t notify_register_check(const char *name, int *out_token);
uint32_t notify_get_state(int token, uint64_t *state);
uint32_t notify_cancel(int token);

#endif
