/*
 * What the name of a chip says: series, generation, variant.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "base/utf8.h"
#include "tuning/chip.h"

/* More words than a brand string has that matters here. */
enum { WORDS = 8, WORD_BYTES = 24 };

struct words {
    char word[WORDS][WORD_BYTES]; /* lower case */
    size_t count;
    bool more; /* than were kept, or one that was too long */
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void split(const char *text, struct words *out)
{
    memset(out, 0, sizeof *out);
    size_t size = 0;
    for (;; text++) {
        const bool gap = !*text || strchr(" \t-_()", *text) != NULL;
        if (!gap) {
            if (out->count < WORDS && size < WORD_BYTES - 1) {
                out->word[out->count][size++] = lower(*text);
            } else {
                out->more = true;
            }
        } else if (size > 0) {
            out->count++;
            size = 0;
        }
        if (!*text) {
            return;
        }
    }
}

/* "m4": a letter and a number from 1; 0 when it is none. */
static int generation_of(const char *word, char series)
{
    uint64_t n = 0;
    if (word[0] != series || number_u64(word + 1, strlen(word + 1), 10, &n) < 0 || n > 99) {
        return 0;
    }
    return (int)n;
}

static const char *const variant_names[] = {[VARIANT_BASE] = "Base",
                                            [VARIANT_PRO] = "Pro",
                                            [VARIANT_MAX] = "Max",
                                            [VARIANT_ULTRA] = "Ultra"};

static enum chip_variant variant_of(const char *word)
{
    for (int v = VARIANT_BASE; v <= VARIANT_ULTRA; v++) {
        if (strcasecmp(word, variant_names[v]) == 0) {
            return (enum chip_variant)v;
        }
    }
    return VARIANT_OTHER;
}

/* The highest M without "Apple" before it that is taken for one: an "M40" is a card. */
enum { BARE_M_MAX = 19 };

void chip_name_parse(const char *text, struct chip_name *out)
{
    struct words w;
    size_t at = 0;
    memset(out, 0, sizeof *out);
    utf8_copy(out->text, sizeof out->text, text);
    split(text, &w);
    if (w.count == 0) {
        return;
    }
    if (strcmp(w.word[0], "virtualapple") == 0) {
        out->apple = out->translated = true;
        out->variant = VARIANT_OTHER;
        return;
    }
    const bool named = strcmp(w.word[0], "apple") == 0;
    at = named ? 1 : 0;
    if (w.count > at && strcmp(w.word[w.count - 1], "virtual") == 0) {
        out->virtual_machine = named;
        w.count--;
    }
    out->apple = named;
    out->variant = VARIANT_OTHER;
    if (w.count <= at) {
        return;
    }
    const int m = generation_of(w.word[at], 'm'), a = generation_of(w.word[at], 'a');
    const size_t rest = w.count - at - 1;
    const enum chip_variant variant = rest == 0              ? VARIANT_BASE
                                      : rest == 1 && !w.more ? variant_of(w.word[at + 1])
                                                             : VARIANT_OTHER;
    if (!named && !(m > 0 && m <= BARE_M_MAX && variant != VARIANT_OTHER) &&
        !(a > 0 && variant == VARIANT_PRO)) {
        return;
    }
    if (m <= 0 && a <= 0) {
        return;
    }
    out->apple = true;
    out->series = m > 0 ? 'M' : 'A';
    out->generation = m > 0 ? m : a;
    out->variant = variant;
    if (variant == VARIANT_BASE) {
        snprintf(out->text, sizeof out->text, "Apple %c%d", out->series, out->generation);
    } else if (variant != VARIANT_OTHER) {
        snprintf(out->text, sizeof out->text, "Apple %c%d %s", out->series, out->generation,
                 variant_names[variant]);
    }
}
