#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/width.h"

#include <stdbool.h>
#include <string.h>
#ifdef HAVE_UTF8PROC
#include <utf8proc.h>
#else
#include <wchar.h>
#endif

#include "base/utf8.h"

/* Marks that join the cell before them. wcwidth() does not know them in a locale without UTF-8, and
 * it is asked before the locale is set: the common blocks are known here in every build. */
static bool rune_is_combining(uint32_t rune)
{
    return (rune >= 0x0300 && rune <= 0x036F) || (rune >= 0x0483 && rune <= 0x0489) ||
           (rune >= 0x0591 && rune <= 0x05BD) || (rune >= 0x064B && rune <= 0x065F) ||
           (rune >= 0x1AB0 && rune <= 0x1ACE) || (rune >= 0x1DC0 && rune <= 0x1DFF) ||
           (rune >= 0x200B && rune <= 0x200F) || (rune >= 0x202A && rune <= 0x202E) ||
           (rune >= 0x2060 && rune <= 0x206F) || (rune >= 0x20D0 && rune <= 0x20F0) ||
           (rune >= 0xFE00 && rune <= 0xFE0F) || (rune >= 0xFE20 && rune <= 0xFE2F) ||
           rune == 0xFEFF;
}

int width_of_rune(uint32_t rune)
{
    if (rune < 0x20 || (rune >= 0x7F && rune < 0xA0)) {
        return 0; /* controls have no cell */
    }
    if (rune < 0x300) {
        return 1; /* ASCII, Latin; the soft hyphen is one in terminals */
    }
    if (rune_is_combining(rune)) {
        return 0;
    }
#ifdef HAVE_UTF8PROC
    if (rune > 0x10FFFF) {
        return 1;
    }
    int width = utf8proc_charwidth((utf8proc_int32_t)rune);
    if (width == 0 && utf8proc_category((utf8proc_int32_t)rune) == UTF8PROC_CATEGORY_CN) {
        return 1; /* not assigned when that library was made */
    }
#else
    int width = wcwidth((wchar_t)rune);
#endif
    return width < 0 ? 1 : width > 2 ? 2 : width;
}

size_t width_fit(const char *text, int columns, int *out_columns)
{
    size_t size = strlen(text);
    size_t at = 0;
    int used = 0;

    while (at < size) {
        size_t len = 1;
        int width = 1;
        unsigned char byte = (unsigned char)text[at];
        if (byte < 0x80) {
            width = byte >= 0x20 && byte != 0x7F;
        } else {
            bool valid;
            width = width_of_rune(utf8_decode(text + at, size - at, &len, &valid));
        }
        if (width > columns - used) {
            break;
        }
        used += width;
        at += len;
    }
    if (out_columns != NULL) {
        *out_columns = used;
    }
    return at;
}

int width_of_text(const char *text)
{
    int columns;
    (void)width_fit(text, 0x7FFFFFFF, &columns);
    return columns;
}
