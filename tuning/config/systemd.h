/* Lines of units as systemd joins them. Internal to tuning/config. */
#ifndef TUNING_CONFIG_SYSTEMD_H
#define TUNING_CONFIG_SYSTEMD_H

#include <stddef.h>
#include <stdint.h>

/* The backslash by which the line [begin, end) continues in the next one, end being its newline or
 * the end of the text: the last byte, and not escaped by another. SIZE_MAX: it does not continue.
 */
size_t systemd_continues(const char *text, size_t begin, size_t end);

#endif
