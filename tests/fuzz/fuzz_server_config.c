/* The log of an Ollama in search of its "server config" line, and arguments of its runners: what
 * comes out is clean text under known names, and reading it ends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "tuning/evidence/evidence_part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *names[] = {"OLLAMA_NUM_PARALLEL", "OLLAMA_DEBUG", "OLLAMA_HOST", "no_proxy",
                              "OLLAMA_CONTEXT_LENGTH"};
enum { NAMES = sizeof names / sizeof names[0] };

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < NAMES; i++) {
        if (name == names[i]) {
            return true;
        }
    }
    return false;
}

/* Sanitising it again would change nothing. */
static void check_text(const char *text)
{
    const size_t size = strlen(text);
    char *again = malloc(size + 1);

    require(again && utf8_sanitise(text, size, again, size + 1, NULL) == size &&
            memcmp(text, again, size) == 0);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct setting_catalog catalog = {.names = names, .name_count = NAMES};
    struct evidence_pairs pairs = {.known = false};
    struct evidence_value value;
    struct arena arena = {0};
    struct evidence e = {.runner_count = 1};
    char *text = malloc(size + 1);

    require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    const bool found = evidence_read_config_line(text, size, 0, &catalog, &arena, &pairs);
    require(found == pairs.known);
    for (size_t i = 0; i < pairs.count; i++) {
        require(is_known(pairs.of[i].name));
        if (pairs.of[i].value) {
            require(*pairs.of[i].value != '\0');
            check_text(pairs.of[i].value);
        }
    }
    /* The same bytes as arguments. */
    for (size_t i = 0; i < size; i++) {
        text[i] = text[i] == '\n' ? '\x1f' : text[i];
    }
    e.runners[0] = text;
    for (size_t i = 0; i < NAMES; i++) {
        if (evidence_runner_value(&e, names[i], &value)) {
            require(value.known && value.via == EVIDENCE_RUNNER);
        }
    }
    arena_release(&e.arena);
    arena_release(&arena);
    free(text);
    return 0;
}
