#include "num/linalg.h"

#include <math.h>

#include "base/rng.h"
#include "tap.h"

enum { ROWS = 40, COLS = 6 };

static void fill(double *x, size_t n, uint64_t seed)
{
    struct rng rng = rng_make(2, "test.linalg", seed, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = rng_normal(&rng);
}

static void products_equal_their_plain_sums(void **state)
{
    (void)state;
    double a[ROWS * COLS], x[COLS], z[ROWS], y[ROWS], t[COLS], g[COLS * COLS];
    fill(a, ROWS * COLS, 1);
    fill(x, COLS, 2);
    fill(z, ROWS, 3);
    la_mul(ROWS, COLS, a, x, y);
    la_mul_t(ROWS, COLS, a, z, t);
    la_gram(ROWS, COLS, a, g);
    for (size_t i = 0; i < ROWS; i++) {
        double s = 0;
        for (size_t j = 0; j < COLS; j++)
            s += a[i + j * ROWS] * x[j];
        assert_double_near(y[i], s, 1e-13);
    }
    for (size_t j = 0; j < COLS; j++) {
        double s = 0;
        for (size_t i = 0; i < ROWS; i++)
            s += a[i + j * ROWS] * z[i];
        assert_double_near(t[j], s, 1e-13);
        for (size_t k = 0; k < COLS; k++) {
            double q = 0;
            for (size_t i = 0; i < ROWS; i++)
                q += a[i + j * ROWS] * a[i + k * ROWS];
            assert_double_near(g[j + k * COLS], q, 1e-12);
        }
    }
}

static void the_three_matrix_products_are_transposes_of_each_other(void **state)
{
    (void)state;
    double a[3 * 4], at[4 * 3], b[4 * 2], bt[2 * 4], c[3][6];
    fill(a, 12, 4);
    fill(b, 8, 5);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 4; j++)
            at[j + i * 4] = a[i + j * 3];
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 2; j++)
            bt[j + i * 2] = b[i + j * 4];
    la_matmul(3, 4, 2, a, b, c[0]);
    la_matmul_tn(3, 4, 2, at, b, c[1]);
    la_matmul_nt(3, 4, 2, a, bt, c[2]);
    for (size_t i = 0; i < 6; i++) {
        assert_double_near(c[1][i], c[0][i], 1e-14);
        assert_double_near(c[2][i], c[0][i], 1e-14);
    }
}

static void cholesky_solves_inverts_and_knows_the_determinant(void **state)
{
    (void)state;
    double a[] = {4, 2, 2, 3}, b[] = {10, 8}, inverse[4];
    assert_true(la_cholesky(2, a));
    assert_double_near(la_cholesky_logdet(2, a), log(8.0), 1e-14);
    la_cholesky_inverse(2, a, inverse);
    la_cholesky_solve(2, a, 1, b);
    assert_double_near(b[0], 1.75, 1e-14);
    assert_double_near(b[1], 1.5, 1e-14);
    const double expected[] = {0.375, -0.25, -0.25, 0.5};
    for (size_t i = 0; i < 4; i++)
        assert_double_near(inverse[i], expected[i], 1e-14);
}

static void an_indefinite_or_unfinished_matrix_is_no_cholesky(void **state)
{
    (void)state;
    double indefinite[] = {1, 2, 2, 1}, broken[] = {1, NAN, NAN, 1};
    assert_false(la_cholesky(2, indefinite));
    assert_false(la_cholesky(2, broken));
}

static void eigenvectors_rebuild_their_matrix(void **state)
{
    (void)state;
    double a[25], m[25], value[5];
    fill(m, 25, 6);
    la_gram(5, 5, m, a);
    memcpy(m, a, sizeof a);
    assert_true(la_eigen_symmetric(5, a, value));
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++) {
            double s = 0;
            for (size_t k = 0; k < 5; k++)
                s += a[i + k * 5] * value[k] * a[j + k * 5];
            assert_double_near(s, m[i + j * 5], 1e-12);
        }
    for (size_t k = 1; k < 5; k++)
        assert_true(value[k - 1] <= value[k]);
}

static void least_squares_finds_planted_coefficients_and_the_rank(void **state)
{
    (void)state;
    double a[ROWS * COLS], copy[ROWS * COLS], y[ROWS], coef[COLS];
    const double planted[COLS] = {1, -2, 3, 0, 5, -6};
    size_t rank;
    fill(a, ROWS * COLS, 7);
    la_mul(ROWS, COLS, a, planted, y);
    memcpy(copy, a, sizeof a);
    assert_true(la_least_squares(ROWS, COLS, copy, y, 1e-12, coef, &rank));
    assert_int_equal(rank, COLS);
    for (size_t j = 0; j < COLS; j++)
        assert_double_near(coef[j], planted[j], 1e-12);
    memcpy(a + ROWS, a, ROWS * sizeof *a); /* a duplicate column */
    assert_true(la_least_squares(ROWS, COLS, a, y, 1e-10, coef, &rank));
    assert_int_equal(rank, COLS - 1);
}

static void a_singular_system_is_refused(void **state)
{
    (void)state;
    double a[] = {1, 2, 2, 4}, b[] = {1, 1}, c[] = {0, 1, 1, 0}, d[] = {3, 4};
    assert_false(la_solve(2, a, 1, b));
    assert_true(la_solve(2, c, 1, d));
    assert_double_near(d[0], 4, 0);
    assert_double_near(d[1], 3, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_equal_their_plain_sums),
        cmocka_unit_test(the_three_matrix_products_are_transposes_of_each_other),
        cmocka_unit_test(cholesky_solves_inverts_and_knows_the_determinant),
        cmocka_unit_test(an_indefinite_or_unfinished_matrix_is_no_cholesky),
        cmocka_unit_test(eigenvectors_rebuild_their_matrix),
        cmocka_unit_test(least_squares_finds_planted_coefficients_and_the_rank),
        cmocka_unit_test(a_singular_system_is_refused),
    };
    return tap_run(tests);
}
