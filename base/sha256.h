/*
 * SHA-256 (FIPS 180-4): is this the content that was planned with?
 *
 * Our own, because no library that tunetop needs brings one on both systems (libcurl's is not for
 * others, OpenSSL is no dependency, CommonCrypto is macOS only), and because apply must hash
 * without allocating. The constants and the test vectors are those of the standard.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_TEXT_BYTES = 65 };

struct sha256 {
    uint32_t state[8];
    uint64_t bytes; /* added so far */
    uint8_t block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t size);
void sha256_end(struct sha256 *s, uint8_t out[SHA256_BYTES]); /* s is to be initialised again */
void sha256_of(const void *data, size_t size, uint8_t out[SHA256_BYTES]);
/* 64 small hexadecimal digits, and back: -1 for anything else. */
void sha256_format(const uint8_t hash[SHA256_BYTES], char out[SHA256_TEXT_BYTES]);
int sha256_parse(const char *text, uint8_t out[SHA256_BYTES]);

#endif
