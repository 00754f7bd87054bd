/* Prototypes of utf8proc, for ./dev macos only. Written from the documentation of utf8proc. */
#ifndef PACKAGING_MACOS_UTF8PROC_H
#define PACKAGING_MACOS_UTF8PROC_H

#include <stdint.h>

#define UTF8PROC_VERSION_MAJOR 2 /* any of libutf8proc.3 */
#define UTF8PROC_VERSION_MINOR 9
#define UTF8PROC_VERSION_PATCH 0

typedef int32_t utf8proc_int32_t;
typedef enum { UTF8PROC_CATEGORY_CN = 0 } utf8proc_category_t;

int utf8proc_charwidth(utf8proc_int32_t codepoint);
utf8proc_category_t utf8proc_category(utf8proc_int32_t codepoint);
const char *utf8proc_version(void);

#endif
