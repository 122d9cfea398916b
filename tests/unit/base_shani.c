/* The processor's SHA-1 against libmd's, its plain twin. */
#include "base/shani.h"

#include <sha1.h>

#include "base/rng.h"
#include "tap.h"

static void compare(const uint8_t *bytes, size_t n)
{
    uint8_t fast[20], plain[20];
    SHA1_CTX context;
    SHA1Init(&context);
    SHA1Update(&context, bytes, n);
    SHA1Final(plain, &context);
    sha1_built_in(bytes, n, fast);
    assert_memory_equal(fast, plain, 20);
}

static void every_length_has_libmds_digest(void **state)
{
    (void)state;
    static uint8_t bytes[100000];
    struct rng rng = rng_make(1, "bytes", 0, 0);
    if (!sha1_is_built_in())
        skip();
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)rng_u32(&rng);
    for (size_t n = 0; n <= 300; n++)
        compare(bytes + n % 7, n);
    compare(bytes, sizeof bytes);
    compare(bytes + 1, 65536);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_has_libmds_digest),
    };
    return tap_run(tests);
}
