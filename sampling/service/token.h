/*
 * The token that a service wants: from token_file or token_env of tunetop.yaml.
 *
 * It goes out as "Authorization: Bearer" to the service's own host and nowhere else: it is read
 * past the reader (so that no recording holds it), never logged, never shown, and wiped when it is
 * no longer needed.
 */
#ifndef SAMPLING_SERVICE_TOKEN_H
#define SAMPLING_SERVICE_TOKEN_H

#include <stdbool.h>

#include "base/err.h"
#include "sampling/config.h"

/* Longer than any key in use; signed web tokens have 1 to 2 KB. */
enum { TOKEN_MAX_BYTES = 4096 };

struct service_token {
    const char *file, *env; /* of the configuration, borrowed; both NULL: it wants none */
    char *text;             /* NULL: not read yet, or not readable */
    char warning[96];       /* what is wrong with its file though it can be read; "" */
};

void token_init(struct service_token *t, const struct config_service *config);
void token_release(struct service_token *t);
bool token_is_wanted(const struct service_token *t);
/* Where it comes from, for sentences: "token_file" or "token_env". */
const char *token_origin(const struct service_token *t);
/* Reads it again. 1: it is another one than before; 0: the same; negative: it cannot be used, and
 * err says why without a word of it. */
int token_load(struct service_token *t, struct err *err);

#endif
