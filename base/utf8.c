#include "base/utf8.h"

#include <string.h>

#include "base/width.h"

struct rune_range {
    uint32_t first, last;
};

/* Code points that take no cell or change others, and so could hide or reorder text: bidi controls,
 * and what Unicode calls default ignorable (DerivedCoreProperties.txt 15.0), private use,
 * noncharacters' FDD0 block. Combining marks are found by their width instead. Sorted. */
static const struct rune_range hidden_runes[] = {
    {0x00AD, 0x00AD},   /* soft hyphen */
    {0x034F, 0x034F},   /* combining grapheme joiner */
    {0x061C, 0x061C},   /* arabic letter mark */
    {0x115F, 0x1160},   /* hangul fillers */
    {0x17B4, 0x17B5},   /* khmer inherent vowels */
    {0x180B, 0x180F},   /* mongolian variation selectors */
    {0x200B, 0x200F},   /* zero width space, joiners, direction marks */
    {0x202A, 0x202E},   /* bidi embeddings and overrides */
    {0x2060, 0x206F},   /* word joiner, invisible operators, bidi isolates */
    {0x3164, 0x3164},   /* hangul filler */
    {0xE000, 0xF8FF},   /* private use */
    {0xFDD0, 0xFDEF},   /* noncharacters */
    {0xFE00, 0xFE0F},   /* variation selectors */
    {0xFEFF, 0xFEFF},   /* byte order mark */
    {0xFFA0, 0xFFA0},   /* halfwidth hangul filler */
    {0xFFF0, 0xFFFB},   /* unassigned, interlinear annotation */
    {0x1BCA0, 0x1BCA3}, /* shorthand format controls */
    {0x1D173, 0x1D17A}, /* musical format controls */
    {0xE0000, 0xE0FFF}, /* tags, variation selectors */
    {0xF0000, 0x10FFFF},
};

static bool rune_is_hidden(uint32_t rune)
{
    size_t low = 0;
    size_t high = sizeof(hidden_runes) / sizeof(hidden_runes[0]);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rune > hidden_runes[middle].last) {
            low = middle + 1;
        } else if (rune < hidden_runes[middle].first) {
            high = middle;
        } else {
            return true;
        }
    }
    return (rune & 0xFFFEu) == 0xFFFEu; /* the last two of each plane are noncharacters */
}

static bool rune_is_blank(uint32_t rune)
{
    return (rune >= '\t' && rune <= '\r') || rune == 0x85 || rune == 0x2028 || rune == 0x2029;
}

/* The well-formed sequences of the Unicode standard, table 3-7. An ill-formed one is as long as the
 * part of it that could have begun a well-formed one ("maximal subpart"), so that text behind it is
 * never swallowed. */
uint32_t utf8_decode(const char *text, size_t size, size_t *len, bool *valid)
{
    const unsigned char *s = (const unsigned char *)text;
    unsigned char first = s[0];
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t more;
    uint32_t rune;

    *valid = true;
    *len = 1;
    if (first < 0x80) {
        return first;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        more = 1;
        rune = first & 0x1Fu;
    } else if (first >= 0xE0 && first <= 0xEF) {
        more = 2;
        rune = first & 0x0Fu;
        if (first == 0xE0) {
            low = 0xA0; /* shorter forms exist below */
        } else if (first == 0xED) {
            high = 0x9F; /* surrogates above */
        }
    } else if (first >= 0xF0 && first <= 0xF4) {
        more = 3;
        rune = first & 0x07u;
        if (first == 0xF0) {
            low = 0x90;
        } else if (first == 0xF4) {
            high = 0x8F; /* U+10FFFF is the last */
        }
    } else {
        *valid = false;
        return UTF8_REPLACEMENT;
    }
    for (size_t i = 1; i <= more; i++) {
        if (i >= size || s[i] < low || s[i] > high) {
            *len = i;
            *valid = false;
            return UTF8_REPLACEMENT;
        }
        rune = rune << 6 | (s[i] & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    *len = more + 1;
    return rune;
}

size_t utf8_encode(uint32_t rune, char out[4])
{
    if (rune > 0x10FFFF || (rune >= 0xD800 && rune <= 0xDFFF)) {
        rune = UTF8_REPLACEMENT;
    }
    if (rune < 0x80) {
        out[0] = (char)rune;
        return 1;
    }
    if (rune < 0x800) {
        out[0] = (char)(0xC0 | rune >> 6);
        out[1] = (char)(0x80 | (rune & 0x3F));
        return 2;
    }
    if (rune < 0x10000) {
        out[0] = (char)(0xE0 | rune >> 12);
        out[1] = (char)(0x80 | (rune >> 6 & 0x3F));
        out[2] = (char)(0x80 | (rune & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | rune >> 18);
    out[1] = (char)(0x80 | (rune >> 12 & 0x3F));
    out[2] = (char)(0x80 | (rune >> 6 & 0x3F));
    out[3] = (char)(0x80 | (rune & 0x3F));
    return 4;
}

size_t utf8_sanitise(const char *text, size_t size, char *out, size_t out_size, bool *truncated)
{
    size_t used = 0;
    bool cut = false;
    bool after_blank = false;

    for (size_t i = 0; i < size && !cut;) {
        char encoded[4];
        size_t len;
        bool valid;
        uint32_t rune = utf8_decode(text + i, size - i, &len, &valid);
        i += len;
        bool blank = rune_is_blank(rune);
        if (blank) {
            if (after_blank) {
                continue;
            }
            rune = ' ';
        } else if (rune < 0x20 || (rune >= 0x7F && rune < 0xA0) || rune_is_hidden(rune) ||
                   width_of_rune(rune) == 0) {
            continue;
        }
        after_blank = blank;
        len = utf8_encode(rune, encoded);
        if (out_size == 0 || out_size - 1 - used < len) {
            cut = true;
        } else {
            memcpy(out + used, encoded, len);
            used += len;
        }
    }
    if (out_size > 0) {
        out[used] = '\0';
    }
    if (truncated != NULL) {
        *truncated = cut;
    }
    return used;
}

char *utf8_copy(char *out, size_t out_size, const char *text)
{
    if (out_size == 0) {
        return out;
    }
    size_t size = strnlen(text, out_size);
    if (size == out_size) {
        size--;
        /* text[size] is the first byte that is left out: inside a sequence, drop the sequence's
         * start as well */
        while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80) {
            size--;
        }
    }
    memmove(out, text, size);
    out[size] = '\0';
    return out;
}
