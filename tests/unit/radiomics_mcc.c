/* The second eigenvalue against LAPACK's full decomposition, on matrices that are dense, singular, split and repeated. */
#include <math.h>

#include "base/rng.h"
#include "num/linalg.h"
#include "radiomics/mcc.h"
#include "tap.h"

#define N_MAX 60

static double by_lapack(size_t n, const double *a)
{
    static double copy[N_MAX * N_MAX], value[N_MAX];
    memcpy(copy, a, n * n * sizeof *a);
    assert_true(la_eigen_symmetric(n, copy, value));
    double first = 0, second = 0;
    for (size_t k = 0; k < n; k++) {
        double magnitude = fabs(value[k]);
        if (magnitude > first) {
            second = first;
            first = magnitude;
        } else if (magnitude > second) {
            second = magnitude;
        }
    }
    return second;
}

static void compare(size_t n, const double *a)
{
    static double copy[N_MAX * N_MAX], work[5 * N_MAX];
    memcpy(copy, a, n * n * sizeof *a);
    double scale = 0;
    for (size_t k = 0; k < n * n; k++)
        scale = fmax(scale, fabs(a[k]));
    double got = second_magnitude_symmetric(n, copy, work), expected = by_lapack(n, a);
    if (!(fabs(got - expected) <= 1e-13 * (double)n * scale))
        fail_msg("%zu x %zu: %.17g, expected %.17g", n, n, got, expected);
}

static void random_matrices_equal_lapack(void **state)
{
    (void)state;
    static double a[N_MAX * N_MAX];
    for (size_t n = 2; n <= N_MAX; n++) {
        for (int kind = 0; kind < 3; kind++) { /* dense, sparse with empty rows, two blocks */
            struct rng rng = rng_make(n, "test.mcc", (uint64_t)kind, 0);
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j <= i; j++) {
                    double value = rng_normal(&rng);
                    bool empty = (kind == 1 && (i % 3 == 0 || rng_below(&rng, 4))) || (kind == 2 && i >= n / 2 && j < n / 2);
                    a[i * n + j] = a[j * n + i] = empty ? 0 : value;
                }
            compare(n, a);
        }
    }
}

static void repeated_and_opposite_eigenvalues_count_each(void **state)
{
    (void)state;
    compare(3, (const double[]){1, 0, 0, 0, 1, 0, 0, 0, 0.25});
    compare(2, (const double[]){0, 1, 1, 0});
    compare(3, (const double[]){-3, 0, 0, 0, 2, 0, 0, 0, 1});
    compare(4, (const double[]){1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
    double one = 5, work[5];
    assert_true(second_magnitude_symmetric(1, &one, work) == 0);
}

static void singular_values_of_a_rotated_diagonal_are_its_entries(void **state)
{
    (void)state;
    double c = cos(0.3), s = sin(0.3), gram[4], work[10];
    const double a[] = {c * 0.9, -s * 0.4, s * 0.9, c * 0.4}; /* rotation times diag(0.9, 0.4) */
    assert_true(fabs(second_singular_value(2, a, gram, work) - 0.4) < 1e-14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_matrices_equal_lapack),
        cmocka_unit_test(repeated_and_opposite_eigenvalues_count_each),
        cmocka_unit_test(singular_values_of_a_rotated_diagonal_are_its_entries),
    };
    return tap_run(tests);
}
