/*
 * Text from outside: decode, cut and neutralise UTF-8 where it enters the program, once.
 *
 * utf8_sanitise() is the only way by which text from files, services, containers or the kernel may
 * come into a sample. It replaces invalid bytes by U+FFFD, drops C0/C1 controls, escape sequences'
 * introducers, DEL, bidi controls (U+061C, U+200E/F, U+202A-202E, U+2066-2069), zero-width and
 * combining characters that would join other cells, variation selectors, tags, private use and
 * unassigned noncharacters; TAB and newlines become one space. The result is valid UTF-8,
 * NUL-terminated, never cut inside a sequence.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT 0xFFFDu

/* Decodes one code point of text[0..size). Stores its length in *len (at least 1, also for an
 * invalid byte, which gives UTF8_REPLACEMENT and *valid = false). size must be at least 1. */
uint32_t utf8_decode(const char *text, size_t size, size_t *len, bool *valid);
/* Encodes; returns the number of bytes (1 to 4). Invalid code points give U+FFFD. */
size_t utf8_encode(uint32_t rune, char out[4]);
/* See above. text need not be NUL-terminated. Returns bytes written without the NUL; *truncated may
 * be NULL. */
size_t utf8_sanitise(const char *text, size_t size, char *out, size_t out_size, bool *truncated);
/* Truncating copy of text that is clean already; never cuts a sequence. Returns out. */
char *utf8_copy(char *out, size_t out_size, const char *text);

#endif
