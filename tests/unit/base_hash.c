#include "tap.h"

#include "base/hash.h"

/* FIPS 180-4, examples of its publisher: "abc", the empty message, a million times "a". */
static void digests_are_those_of_the_standard(void **state)
{
    (void)state;
    char hex[65];
    sha256_hex("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha1_hex("abc", 3, hex);
    assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

static void pieces_give_the_digest_of_the_whole(void **state)
{
    (void)state;
    char hex[65], piece[1000];
    memset(piece, 'a', sizeof piece);
    struct sha256 *sha = sha256_start();
    assert_non_null(sha);
    for (int i = 0; i < 1000; i++)
        sha256_add(sha, piece, sizeof piece);
    sha256_end(sha, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standard),
        cmocka_unit_test(pieces_give_the_digest_of_the_whole),
    };
    return tap_run(tests);
}
