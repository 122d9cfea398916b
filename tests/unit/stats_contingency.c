#include "stats/contingency.h"

#include <math.h>

#include "num/dist.h"
#include "tap.h"

static void fishers_tea_has_its_known_p(void **state)
{
    (void)state;
    const double tea[] = {3, 1, 1, 3};
    struct fisher2x2 f = fisher_2x2(tea, 0.95);
    assert_double_near(f.p, 34.0 / 70, 1e-14);
    assert_double_near(f.p_greater, 17.0 / 70, 1e-14);
    /* With cells 0..4 weighing 1 16 36 16 1: the estimate's expectation is 3, the limits' tails hold 2.5 % each. */
    double r = f.odds_ratio, low = f.low, high = f.high;
    assert_double_near(r * (16 + r * (72 + r * (48 + r * 4))) / (1 + r * (16 + r * (36 + r * (16 + r)))), 3, 1e-10);
    assert_double_near(low * low * low * (16 + low) / (1 + low * (16 + low * (36 + low * (16 + low)))), 0.025, 1e-10);
    assert_double_near((1 + high * (16 + high * (36 + high * 16))) /
                           (1 + high * (16 + high * (36 + high * (16 + high)))), 0.025, 1e-10);
}

static void an_empty_cell_puts_the_odds_ratio_at_an_end(void **state)
{
    (void)state;
    const double low[] = {0, 5, 5, 5}, high[] = {5, 0, 5, 5};
    assert_double_near(fisher_2x2(low, 0.95).odds_ratio, 0, 0);
    assert_double_near(fisher_2x2(low, 0.95).low, 0, 0);
    assert_true(isinf(fisher_2x2(high, 0.95).odds_ratio) && isinf(fisher_2x2(high, 0.95).high));
}

/* Every table with the given margins, cell by cell. */
static double enumerate(double *table, const double *row, double *col_left, size_t rows, size_t cols, size_t cell,
                        double row_left, double seen, double constant)
{
    if (cell == rows * cols) {
        double log_p = constant;
        for (size_t i = 0; i < rows * cols; i++)
            log_p -= log_gamma(table[i] + 1);
        return log_p <= seen + 1e-7 ? exp(log_p) : 0;
    }
    size_t j = cell % cols, i = cell / cols;
    if (j == 0)
        row_left = row[i];
    double total = 0;
    for (double v = 0; v <= row_left && v <= col_left[j]; v++) {
        if (j + 1 == cols && v != row_left)
            continue;
        if (i + 1 == rows && v != col_left[j])
            continue;
        table[cell] = v;
        col_left[j] -= v;
        total += enumerate(table, row, col_left, rows, cols, cell + 1, row_left - v, seen, constant);
        col_left[j] += v;
    }
    return total;
}

static void check_against_enumeration(const double *count, size_t rows, size_t cols)
{
    double row[4] = {0}, col[4] = {0}, table[16], n = 0, constant = 0, p;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            row[i] += count[i * cols + j];
            col[j] += count[i * cols + j];
            n += count[i * cols + j];
        }
    for (size_t i = 0; i < rows; i++)
        constant += log_gamma(row[i] + 1);
    for (size_t j = 0; j < cols; j++)
        constant += log_gamma(col[j] + 1);
    constant -= log_gamma(n + 1);
    double seen = constant;
    for (size_t i = 0; i < rows * cols; i++)
        seen -= log_gamma(count[i] + 1);
    assert_true(fisher_rxc(count, rows, cols, 1e9, &p, NULL));
    assert_double_near(p, enumerate(table, row, col, rows, cols, 0, 0, seen, constant), 1e-12);
}

static void the_network_equals_the_count_over_all_tables(void **state)
{
    (void)state;
    const double a[] = {3, 1, 1, 3}, b[] = {1, 2, 3, 4, 0, 2}, c[] = {2, 0, 1, 1, 3, 0, 0, 2, 4};
    const double d[] = {1, 0, 2, 3, 0, 1, 1, 1, 2, 2, 0, 4}, e[] = {2, 1, 0, 1, 0, 1, 2, 0, 1, 1, 1, 0, 0, 1, 0, 3};
    check_against_enumeration(a, 2, 2);
    check_against_enumeration(b, 2, 3);
    check_against_enumeration(b, 3, 2);
    check_against_enumeration(c, 3, 3);
    check_against_enumeration(d, 4, 3);
    check_against_enumeration(d, 3, 4);
    check_against_enumeration(e, 4, 4);
}

static void too_much_work_ends_without_a_p(void **state)
{
    (void)state;
    const double big[] = {30, 20, 25, 24, 31, 18, 22, 27, 29};
    double p = 0;
    assert_true(fisher_rxc(big, 3, 3, 100, &p, NULL));
    assert_true(isnan(p));
}

static void chi_square_and_yates_of_a_small_table(void **state)
{
    (void)state;
    const double count[] = {10, 20, 30, 5};
    double expected[4];
    struct contingency r = contingency_test(count, 2, 2, 0.95, expected);
    double n = 65, cross = 10.0 * 5 - 20.0 * 30, margins = 30.0 * 35 * 40 * 25;
    assert_double_near(r.chi2, n * cross * cross / margins, 1e-12);
    assert_double_near(r.chi2_yates, n * pow(fabs(cross) - n / 2, 2) / margins, 1e-12);
    assert_double_near(expected[0], 30.0 * 40 / 65, 1e-14);
    assert_double_near(r.odds_ratio, 10.0 * 5 / (20.0 * 30), 1e-15);
}

static void levels_are_sorted_and_holes_left_out(void **state)
{
    (void)state;
    const double row[] = {2, 1, NAN, 2, 1}, col[] = {0, 1, 1, NAN, 0}, flat[] = {1, 1, 1, 1, 1};
    struct contingency_table t;
    assert_true(contingency_count(row, col, 5, &t, NULL));
    assert_int_equal(t.n, 3);
    assert_double_near(t.row_level[0], 1, 0);
    assert_double_near(t.count[0], 1, 0);
    assert_double_near(t.count[3], 0, 0);
    contingency_table_free(&t);
    assert_true(contingency_count(flat, col, 5, &t, NULL));
    assert_string_equal(stats_status_text(t.status), "one_level");
    contingency_table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fishers_tea_has_its_known_p),
        cmocka_unit_test(an_empty_cell_puts_the_odds_ratio_at_an_end),
        cmocka_unit_test(the_network_equals_the_count_over_all_tables),
        cmocka_unit_test(too_much_work_ends_without_a_p),
        cmocka_unit_test(chi_square_and_yates_of_a_small_table),
        cmocka_unit_test(levels_are_sorted_and_holes_left_out),
    };
    return tap_run(tests);
}
