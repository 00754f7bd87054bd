#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/sha256.h"

static void check(const char *text, size_t size, const char *want)
{
    uint8_t hash[SHA256_BYTES];
    char got[SHA256_TEXT_BYTES];

    sha256_of(text, size, hash);
    sha256_format(hash, got);
    assert_string_equal(got, want);
}

/* FIPS 180-4's examples, and those of NIST's SHAVS around the ends of a block. */
static void test_vectors(void **state)
{
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

    (void)state;
    check("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check(two_blocks, 56, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check("\xd3", 1, "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1");
}

static void test_million(void **state)
{
    static char a[1000];
    struct sha256 s;
    uint8_t hash[SHA256_BYTES];
    char got[SHA256_TEXT_BYTES];

    (void)state;
    memset(a, 'a', sizeof(a));
    sha256_init(&s);
    for (int i = 0; i < 1000; i++) {
        sha256_add(&s, a, sizeof(a));
    }
    sha256_end(&s, hash);
    sha256_format(hash, got);
    assert_string_equal(got, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* However it is cut, and whatever its length against the block: the same. */
static void test_pieces(void **state)
{
    char text[200];
    uint8_t whole[SHA256_BYTES], pieces[SHA256_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (char)(i * 7);
    }
    for (size_t size = 0; size <= sizeof(text); size++) {
        sha256_of(text, size, whole);
        for (size_t step = 1; step < 70; step += 3) {
            struct sha256 s;
            sha256_init(&s);
            for (size_t at = 0; at < size; at += step) {
                sha256_add(&s, text + at, size - at < step ? size - at : step);
            }
            sha256_end(&s, pieces);
            assert_memory_equal(whole, pieces, SHA256_BYTES);
        }
    }
}

static void test_text(void **state)
{
    static const char good[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    uint8_t hash[SHA256_BYTES];
    char text[SHA256_TEXT_BYTES + 1];

    (void)state;
    assert_int_equal(sha256_parse(good, hash), 0);
    sha256_format(hash, text);
    assert_string_equal(text, good);
    memcpy(text, good, sizeof(good));
    text[10] = 'g';
    assert_int_equal(sha256_parse(text, hash), -1);
    text[10] = 'A';
    assert_int_equal(sha256_parse(text, hash), -1);
    text[10] = '\0';
    assert_int_equal(sha256_parse(text, hash), -1);
    (void)memset(text, 'a', SHA256_TEXT_BYTES);
    text[SHA256_TEXT_BYTES] = '\0';
    assert_int_equal(sha256_parse(text, hash), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_million),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
