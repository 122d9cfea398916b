/* Inverses that ITK 5.4 computed (columns: the continuous index of a unit position), and decompositions put together again. */
#include "num/svd3.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "tap.h"

struct pair {
    double matrix[3][3], inverse[3][3];
};
static const struct pair pairs[] = {
    {{{-0x1.c375c9e65a770p-9, -0x1.889fd5664b86ap-2, -0x1.917da0f1afb00p+0}, {0x1.3f2eaf380d6fep+1, -0x1.d21c09f61e5e7p-4, 0x1.678d094f92ef1p-6}, {-0x1.58e19a18c89a4p-3, -0x1.ad5ea076b7a02p+0, 0x1.6d9b4ce3d4bd6p-2}},
     {{-0x1.211900ae0728bp-11, 0x1.98c8c00445db0p-2, -0x1.b9b28551f81e2p-6}, {-0x1.081f61f3dab5ep-3, -0x1.398e8dc6f8bd1p-5, -0x1.20d76ec9f3488p-1}, {-0x1.3651d0adafd6dp-1, 0x1.15e74e18c123dp-7, 0x1.1a95885cf7a76p-3}}},
    {{{-0x1.2a335192b3e53p-5, -0x1.616a0a9a9bc7bp-2, 0x1.15e74fa917760p+2}, {-0x1.ebb9df4de92a6p-3, -0x1.218d7c01b257ep-1, -0x1.32b1bd2f80e77p+1}, {0x1.502433311e702p-1, -0x1.cec3939ec20bcp-3, -0x1.456195fb03be1p-1}},
     {{-0x1.3049439078df8p-4, -0x1.f5c2e3dc8fe24p-2, 0x1.57005e08534dfp+0}, {-0x1.68a0734f657d6p-1, -0x1.27763fd7ef73bp+0, -0x1.d8354843f506ap-2}, {0x1.63b7703498e91p-3, -0x1.889195ff5d511p-4, -0x1.a07ce8ef60f2dp-6}}},
    {{{-0x1.89f55179898f0p-3, 0x1.c9d912dd1a2f2p+0, 0x1.bfa27d35410f8p-1}, {0x1.527877d08e2d2p-1, -0x1.8ad0df9586ec5p-1, 0x1.b90f3dded99fdp+0}, {0x1.e0b4c3e4d940ap+0, 0x1.d19b5afa3d61fp-2, -0x1.08b2b78c34734p-1}},
     {{-0x1.89f55179898f0p-5, 0x1.527877d08e2d2p-3, 0x1.e0b4c3e4d940ap-2}, {0x1.c9d912dd1a2f0p-2, -0x1.8ad0df9586ec3p-3, 0x1.d19b5afa3d61ep-4}, {0x1.bfa27d35410fbp-3, 0x1.b90f3dded99fcp-2, -0x1.08b2b78c34734p-3}}},
    {{{0, 0, 0x1.8000000000000p+1}, {-0x1.0000000000000p+0, 0, 0}, {0, 0x1.0000000000000p+0, 0}},
     {{0, -0x1.0000000000000p+0, 0}, {0, 0, 0x1.0000000000000p+0}, {0x1.5555555555555p-2, 0, 0}}},
};

static void inverses_are_itks_to_the_last_bit(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof pairs / sizeof pairs[0]; k++) {
        double inverse[3][3];
        svd3_inverse(pairs[k].matrix, inverse);
        for (int i = 0; i < 9; i++)
            assert_true(inverse[i / 3][i % 3] == pairs[k].inverse[i / 3][i % 3]);
    }
}

/* u diag(s) v' against m; u and v have orthonormal columns. */
static void check(const double m[3][3], double scale)
{
    double u[3][3], s[3], v[3][3];
    assert_true(svd3(m, u, s, v));
    assert_true(s[0] >= s[1] && s[1] >= s[2] && s[2] >= 0);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double product = 0, uu = 0, vv = 0;
            for (int k = 0; k < 3; k++) {
                product += u[i][k] * s[k] * v[j][k];
                uu += u[k][i] * u[k][j];
                vv += v[k][i] * v[k][j];
            }
            assert_true(fabs(product - m[i][j]) <= 1e-14 * scale);
            assert_true(fabs(uu - (i == j)) <= 1e-14 && fabs(vv - (i == j)) <= 1e-14);
        }
}

static void random_matrices_are_put_together_again(void **state)
{
    (void)state;
    struct rng rng = rng_make(1, "matrices", 0, 0);
    for (int k = 0; k < 1000; k++) {
        double m[3][3];
        for (int i = 0; i < 9; i++)
            m[i / 3][i % 3] = rng_normal(&rng);
        check(m, 10);
    }
}

static void singular_matrices_are_put_together_again(void **state)
{
    (void)state;
    check((const double[3][3]){{1, 2, 3}, {2, 4, 6}, {0, 1, 0}}, 10);
    check((const double[3][3]){{0, 1, 0}, {0, 0, 1}, {0, 0, 0}}, 1);
    check((const double[3][3]){{0}}, 1);
    check((const double[3][3]){{1, 1, 0}, {0, 0, 1}, {0, 0, 1}}, 1);
}

static void a_zero_singular_value_has_the_inverse_zero(void **state)
{
    (void)state;
    double inverse[3][3];
    svd3_inverse((const double[3][3]){{2, 0, 0}, {0, 0, 0}, {0, 0, 4}}, inverse);
    const double expected[3][3] = {{0.5, 0, 0}, {0, 0, 0}, {0, 0, 0.25}};
    for (int i = 0; i < 9; i++)
        assert_true(inverse[i / 3][i % 3] == expected[i / 3][i % 3]);
}

static void a_matrix_that_is_not_finite_has_none(void **state)
{
    (void)state;
    double u[3][3], s[3], v[3][3], inverse[3][3];
    const double m[3][3] = {{1, 0, 0}, {0, NAN, 0}, {0, 0, 1}};
    assert_false(svd3(m, u, s, v));
    svd3_inverse(m, inverse);
    assert_true(isnan(inverse[0][0]));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(inverses_are_itks_to_the_last_bit),
        cmocka_unit_test(random_matrices_are_put_together_again),
        cmocka_unit_test(singular_matrices_are_put_together_again),
        cmocka_unit_test(a_zero_singular_value_has_the_inverse_zero),
        cmocka_unit_test(a_matrix_that_is_not_finite_has_none),
    };
    return tap_run(tests);
}
