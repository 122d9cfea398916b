/* Principal components against what defines them: uncorrelated, of unit spread, in order of variance, and those of a plain case by hand. */
#include "ml/pca.h"

#include <math.h>

#include "base/rng.h"
#include "ml/pipeline.h"
#include "ml/steps.h"
#include "num/sum.h"
#include "tap.h"

enum { ROW_N = 60 };
static const char *const names[] = {"a", "b", "c", "d"};

/* a, b, c share a cause; d is on its own; `other` passes. */
static void make_table(struct table *table)
{
    struct err err = ERR_INIT;
    struct column *column;
    assert_done(table_init(table, ROW_N, NULL, NULL, &err), err);
    for (size_t j = 0; j < 5; j++) {
        assert_non_null(column = table_add(table, j < 4 ? names[j] : "other", COLUMN_NUMBER, &err));
        for (size_t i = 0; i < ROW_N; i++) {
            struct rng own = rng_make(1, "test.own", i, j), shared = rng_make(1, "test.shared", i, 0);
            column->number[i] = 100.0 + (double)(j + 1) * ((j < 3 ? 2.0 * rng_normal(&shared) : 0.0) + rng_normal(&own));
        }
    }
}

static double correlation(const double *x, const double *y)
{
    double mx = mean_of(x, ROW_N), my = mean_of(y, ROW_N), sum = 0;
    for (size_t i = 0; i < ROW_N; i++)
        sum += (x[i] - mx) * (y[i] - my);
    return sum / (ROW_N - 1) / sqrt(variance_of(x, ROW_N) * variance_of(y, ROW_N));
}

static struct pipeline *fit(const struct table *table, size_t component_n, struct table *out)
{
    static struct pca_settings settings;
    settings = (struct pca_settings){names, 4, component_n, "deep.net"};
    struct err err = ERR_INIT;
    const struct step step = {&pca_kind, &settings};
    const struct rows rows = {table, NULL, 0, NULL};
    struct pipeline *pipeline;
    assert_done(pipeline_fit(&step, 1, &rows, 1, &pipeline, out, &err), err);
    return pipeline;
}

static void components_are_uncorrelated_with_unit_spread_and_the_rest_passes(void **state)
{
    (void)state;
    struct table table = {0}, out = {0};
    make_table(&table);
    struct pipeline *pipeline = fit(&table, 10, &out);
    assert_int_equal(out.column_n, 5); /* other, and all four components */
    assert_string_equal(out.column[0].name, "other");
    assert_string_equal(out.column[1].name, "deep.net.pc000");
    for (size_t k = 1; k < 5; k++) {
        assert_double_near(mean_of(out.column[k].number, ROW_N), 0, 1e-10);
        assert_double_near(variance_of(out.column[k].number, ROW_N), 1, 1e-10);
        for (size_t l = 1; l < k; l++)
            assert_double_near(correlation(out.column[k].number, out.column[l].number), 0, 1e-10);
    }
    table_free(&out);
    table_free(&table);
    pipeline_free(pipeline);
}

/* The component's correlations with the columns, squared and summed, are its eigenvalue; all of them sum to the number of columns. */
static void components_stand_by_falling_variance_and_explain_all_of_it(void **state)
{
    (void)state;
    struct table table = {0}, out = {0};
    double before = INFINITY, total = 0;
    make_table(&table);
    struct pipeline *pipeline = fit(&table, 4, &out);
    for (size_t k = 1; k < 5; k++) {
        double value = 0;
        for (size_t j = 0; j < 4; j++) {
            double r = correlation(table.column[j].number, out.column[k].number);
            value += r * r;
        }
        assert_true(value < before);
        before = value;
        total += value;
    }
    assert_double_near(total, 4, 1e-9);
    table_free(&out);
    table_free(&table);
    pipeline_free(pipeline);
}

static void two_columns_give_their_sum_and_their_difference(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct table table = {0}, out = {0};
    const double x[4] = {1, 2, 3, 6}, y[4] = {1, 3, 2, 6};
    assert_done(table_init(&table, 4, NULL, NULL, &err), err);
    memcpy(table_add(&table, "a", COLUMN_NUMBER, &err)->number, x, sizeof x);
    memcpy(table_add(&table, "b", COLUMN_NUMBER, &err)->number, y, sizeof y);
    struct pipeline *pipeline = fit(&table, 4, &out);
    /* Equal spreads s: components (zx + zy) / sqrt(2 (1 + r)) and (zx - zy) / sqrt(2 (1 - r)), up to sign. */
    double s = sqrt(variance_of(x, 4)), r = 0;
    for (size_t i = 0; i < 4; i++)
        r += (x[i] - 3) * (y[i] - 3) / 3 / (s * s);
    assert_int_equal(out.column_n, 2);
    for (size_t i = 0; i < 4; i++) {
        assert_double_near(out.column[0].number[i], ((x[i] - 3) + (y[i] - 3)) / s / sqrt(2 * (1 + r)), 1e-12);
        assert_double_near(fabs(out.column[1].number[i]), fabs(x[i] - y[i]) / s / sqrt(2 * (1 - r)), 1e-12);
    }
    table_free(&out);
    table_free(&table);
    pipeline_free(pipeline);
}

static void fewer_components_are_kept_and_saved_ones_apply_the_same(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct table table = {0}, out = {0}, again = {0};
    struct store store = {0};
    struct pipeline *loaded;
    struct text line = TEXT_INIT;
    make_table(&table);
    struct pipeline *pipeline = fit(&table, 2, &out);
    assert_int_equal(out.column_n, 3);
    pipeline_describe_step(pipeline, 0, &line);
    assert_non_null(strstr(line.bytes, "2 principal components of 4 columns, "));
    assert_done(pipeline_save(pipeline, &store, "p", &err), err);
    assert_done(pipeline_load(&store, "p", &ml_steps, &loaded, &err), err);
    assert_done(pipeline_apply(loaded, &table, &again, &err), err);
    for (size_t k = 0; k < 3; k++)
        assert_memory_equal(out.column[k].number, again.column[k].number, ROW_N * sizeof(double));
    text_free(&line);
    store_free(&store);
    table_free(&out);
    table_free(&again);
    table_free(&table);
    pipeline_free(pipeline);
    pipeline_free(loaded);
}

static void a_hole_is_refused_by_its_column(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct table table = {0};
    struct pca_settings settings = {names, 4, 2, "deep.net"};
    const struct step step = {&pca_kind, &settings};
    make_table(&table);
    table.column[1].number[3] = NAN;
    const struct rows rows = {&table, NULL, 0, NULL};
    struct pipeline *pipeline;
    assert_false(pipeline_fit(&step, 1, &rows, 1, &pipeline, NULL, &err));
    assert_error(err, ERR_INPUT, "pca: column b has a hole, expected imputed values");
    table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_are_uncorrelated_with_unit_spread_and_the_rest_passes),
        cmocka_unit_test(components_stand_by_falling_variance_and_explain_all_of_it),
        cmocka_unit_test(two_columns_give_their_sum_and_their_difference),
        cmocka_unit_test(fewer_components_are_kept_and_saved_ones_apply_the_same),
        cmocka_unit_test(a_hole_is_refused_by_its_column),
    };
    return tap_run(tests);
}
