/* The nearest known name for a mistyped one: "did you mean". Edit distance with swaps, case
 * ignored. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* The entry of names[0..count) that is nearest to `typed`, or NULL when none is near (more than a
 * third of the letters differ) or a name is NULL. A unique prefix counts as near. */
const char *nearest_name(const char *typed, const char *const *names, size_t count);

#endif
