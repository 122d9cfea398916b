#include "tap.h"

#include <math.h>

#include "base/rng.h"

/* Random123's known answers (kat_vectors, philox4x32 10 rounds). */
static void blocks_are_those_of_the_reference(void **state)
{
    (void)state;
    struct rng zero = {.key = {0, 0}, .counter = {0, 0, 0, 0}, .used = 4};
    const uint32_t zero_out[4] = {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
    struct rng ones = {.key = {~0u, ~0u}, .counter = {~0u, ~0u, ~0u, ~0u}, .used = 4};
    const uint32_t ones_out[4] = {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(rng_u32(&zero), zero_out[i]);
        assert_int_equal(rng_u32(&ones), ones_out[i]);
    }
}

static void every_part_of_the_name_changes_the_numbers(void **state)
{
    (void)state;
    struct rng rngs[] = {rng_make(1, "a", 0, 0), rng_make(2, "a", 0, 0), rng_make(1, "b", 0, 0), rng_make(1, "a", 1, 0),
                         rng_make(1, "a", 0, 1), rng_make(1, "a", (uint64_t)1 << 32, 0), rng_make((uint64_t)1 << 32, "a", 0, 0)};
    uint64_t first[7];
    for (int i = 0; i < 7; i++) {
        first[i] = rng_u64(&rngs[i]);
        for (int j = 0; j < i; j++)
            assert_true(first[i] != first[j]);
    }
    struct rng again = rng_make(1, "a", 0, 0);
    assert_true(rng_u64(&again) == first[0]);
    assert_true(rng_seed(1, "a", 0, 0) != rng_seed(1, "a", 0, 1));
}

/* Means of n draws lie within five standard errors of what the law says. */
static void moments_are_those_of_the_law(void **state)
{
    (void)state;
    enum { N = 200000 };
    struct rng rng = rng_make(3, "test.moments", 0, 0);
    double uniform = 0, normal = 0, square = 0, fourth = 0;
    static double filled[N];
    rng_normal_fill(&rng, filled, N);
    for (int i = 0; i < N; i++) {
        double u = rng_uniform(&rng);
        assert_true(u >= 0 && u < 1);
        uniform += u;
        normal += filled[i];
        square += filled[i] * filled[i];
        fourth += pow(rng_normal(&rng), 4);
    }
    assert_double_near(uniform / N, 0.5, 5 * sqrt(1.0 / 12 / N));
    assert_double_near(normal / N, 0, 5 * sqrt(1.0 / N));
    assert_double_near(square / N, 1, 5 * sqrt(2.0 / N));
    assert_double_near(fourth / N, 3, 5 * sqrt(96.0 / N));
}

static void below_n_is_even_and_a_shuffle_is_a_permutation(void **state)
{
    (void)state;
    enum { N = 70000, SIDES = 7 };
    struct rng rng = rng_make(4, "test.below", 0, 0);
    size_t count[SIDES] = {0}, index[100], seen[100] = {0};
    for (int i = 0; i < N; i++)
        count[rng_below(&rng, SIDES)]++;
    for (int i = 0; i < SIDES; i++)
        assert_double_near((double)count[i], 10000, 5 * sqrt(10000.0));
    assert_int_equal(rng_below(&rng, 1), 0);
    for (size_t i = 0; i < 100; i++)
        index[i] = i;
    rng_shuffle(&rng, index, 100);
    size_t moved = 0;
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(seen[index[i]]++, 0);
        moved += index[i] != i;
    }
    assert_true(moved > 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_those_of_the_reference),
        cmocka_unit_test(every_part_of_the_name_changes_the_numbers),
        cmocka_unit_test(moments_are_those_of_the_law),
        cmocka_unit_test(below_n_is_even_and_a_shuffle_is_a_permutation),
    };
    return tap_run(tests);
}
