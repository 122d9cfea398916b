#include "stats/cox.h"

#include <math.h>

#include "base/rng.h"
#include "tap.h"

enum { N = 60, P = 2 };

struct draw {
    double start[N], stop[N], status[N], x[N * P], weight[N];
    size_t stratum[N];
};

static void draw(struct draw *d, uint64_t seed)
{
    struct rng rng = rng_make(5, "test.cox", seed, 0);
    for (size_t i = 0; i < N; i++) {
        d->x[i] = rng_normal(&rng);
        d->x[i + N] = (double)rng_below(&rng, 2);
        d->start[i] = (double)rng_below(&rng, 3);
        d->stop[i] = d->start[i] + 1 + floor(-8 * log(1 - rng_uniform(&rng)) * exp(-0.5 * d->x[i]));
        d->status[i] = rng_uniform(&rng) < 0.7;
        d->weight[i] = 1;
        d->stratum[i] = rng_below(&rng, 2);
    }
}

/* The partial likelihood term by term from its definition. */
static double likelihood(const struct cox_data *d, enum cox_ties ties, const double *beta)
{
    double total = 0, eta[N];
    for (size_t i = 0; i < d->n; i++) {
        eta[i] = 0;
        for (size_t j = 0; j < d->p; j++)
            eta[i] += beta[j] * d->x[i + j * d->n];
    }
    for (size_t i = 0; i < d->n; i++) {
        if (d->status[i] != 1)
            continue;
        double risk = 0, dying = 0, before = 0, deaths = 0;
        for (size_t k = 0; k < d->n; k++) {
            if ((d->stratum && d->stratum[k] != d->stratum[i]) || d->stop[k] < d->stop[i] ||
                (d->start && d->start[k] >= d->stop[i]))
                continue;
            risk += exp(eta[k]);
            if (d->stop[k] == d->stop[i] && d->status[k] == 1) {
                dying += exp(eta[k]);
                deaths++;
                before += k < i;
            }
        }
        total += eta[i] - log(risk - (ties == COX_EFRON ? before / deaths * dying : 0));
    }
    return total;
}

static void the_fit_is_the_top_of_the_plain_likelihood(void **state)
{
    (void)state;
    struct draw d;
    for (uint64_t seed = 0; seed < 24; seed++) {
        draw(&d, seed);
        struct cox_data data = {.n = N, .p = P, .stop = d.stop, .status = d.status, .x = d.x};
        data.start = seed % 2 ? d.start : NULL;
        data.stratum = seed % 3 ? d.stratum : NULL;
        enum cox_ties ties = seed % 4 < 2 ? COX_EFRON : COX_BRESLOW;
        struct cox_fit fit;
        const double zero[P] = {0, 0};
        assert_true(cox_fit(&data, ties, &fit, NULL));
        assert_int_equal(fit.status, STATS_OK);
        assert_double_near(fit.loglik_null, likelihood(&data, ties, zero), 1e-9);
        assert_double_near(fit.loglik, likelihood(&data, ties, fit.coef), 1e-9);
        for (size_t j = 0; j < P; j++)
            for (int side = -1; side <= 1; side += 2) {
                double beta[P] = {fit.coef[0], fit.coef[1]};
                beta[j] += side * 1e-3;
                assert_true(likelihood(&data, ties, beta) < fit.loglik);
            }
        cox_fit_free(&fit);
    }
}

static void case_weights_equal_repeated_rows_under_breslow(void **state)
{
    (void)state;
    struct draw d;
    draw(&d, 3);
    double stop[2 * N], status[2 * N], x[2 * N * P];
    size_t n = 0;
    for (size_t i = 0; i < N; i++) {
        d.weight[i] = 1 + (double)(i % 2);
        n += 1 + i % 2;
    }
    for (size_t i = 0, k = 0; i < N; i++)
        for (size_t copy = 0; copy <= i % 2; copy++, k++) {
            stop[k] = d.stop[i];
            status[k] = d.status[i];
            x[k] = d.x[i];
            x[k + n] = d.x[i + N];
        }
    struct cox_data once = {.n = N, .p = P, .stop = d.stop, .status = d.status, .x = d.x, .weight = d.weight};
    struct cox_data twice = {.n = n, .p = P, .stop = stop, .status = status, .x = x};
    struct cox_fit a, b;
    assert_true(cox_fit(&once, COX_BRESLOW, &a, NULL));
    assert_true(cox_fit(&twice, COX_BRESLOW, &b, NULL));
    for (size_t j = 0; j < P; j++) {
        assert_double_near(a.coef[j], b.coef[j], 1e-9);
        assert_double_near(a.se[j], b.se[j], 1e-9);
    }
    cox_fit_free(&a);
    cox_fit_free(&b);
}

static void a_covariate_in_other_units_is_the_same_fit(void **state)
{
    (void)state;
    struct draw d;
    draw(&d, 4);
    struct cox_data data = {.n = N, .p = P, .stop = d.stop, .status = d.status, .x = d.x};
    struct cox_fit a, b;
    assert_true(cox_fit(&data, COX_EFRON, &a, NULL));
    for (size_t i = 0; i < N; i++)
        d.x[i] = d.x[i] * 1e9 + 1e10;
    assert_true(cox_fit(&data, COX_EFRON, &b, NULL));
    assert_double_near(b.coef[0] * 1e9, a.coef[0], 1e-6);
    assert_double_near(b.wald_chi2, a.wald_chi2, 1e-5);
    assert_double_near(cox_wald(&b, b.vcov), b.wald_chi2, 1e-5);
    cox_fit_free(&a);
    cox_fit_free(&b);
}

static void residuals_sum_to_zero(void **state)
{
    (void)state;
    struct draw d;
    draw(&d, 8);
    struct cox_data data = {.n = N, .p = P, .start = d.start, .stop = d.stop, .status = d.status, .x = d.x,
                            .stratum = d.stratum};
    double martingale[N], deviance[N], score[N * P], schoenfeld[N * P];
    size_t row[N];
    struct cox_fit fit;
    assert_true(cox_fit(&data, COX_EFRON, &fit, NULL));
    assert_true(cox_residuals(&data, &fit, martingale, deviance, score, NULL, NULL));
    assert_true(cox_schoenfeld(&data, &fit, row, schoenfeld, NULL, NULL));
    double total = 0, scores[P] = {0, 0}, schoenfelds[P] = {0, 0};
    for (size_t i = 0; i < N; i++) {
        total += martingale[i];
        for (size_t j = 0; j < P; j++)
            scores[j] += score[i + j * N];
    }
    for (size_t j = 0; j < P; j++) {
        for (size_t i = 0; i < fit.event_n; i++)
            schoenfelds[j] += schoenfeld[i + j * fit.event_n];
        assert_double_near(scores[j], 0, 1e-9);
        assert_double_near(schoenfelds[j], 0, 1e-9);
    }
    assert_double_near(total, 0, 1e-10);
    cox_fit_free(&fit);
}

static void check(const double *start, const double *stop, const double *status, const double *x, const char *text)
{
    struct cox_data data = {.n = 6, .p = 1, .start = start, .stop = stop, .status = status, .x = x};
    struct cox_fit fit;
    assert_true(cox_fit(&data, COX_EFRON, &fit, NULL));
    assert_string_equal(stats_status_text(fit.status), text);
    assert_true(isnan(fit.coef[0]));
    cox_fit_free(&fit);
}

static void degenerate_input_has_a_name(void **state)
{
    (void)state;
    const double stop[] = {1, 2, 3, 4, 5, 6}, x[] = {1, 3, 2, 5, 4, 6}, falling[] = {6, 5, 4, 3, 2, 1};
    const double flat[] = {2, 2, 2, 2, 2, 2}, all[] = {1, 1, 1, 1, 1, 1}, none[] = {0, 0, 0, 0, 0, 0};
    const double odd[] = {1, 2, 0, 1, 0, 1}, back[] = {1, 2, -3, 4, 5, 6};
    check(NULL, stop, none, x, "no_events");
    check(NULL, stop, all, flat, "singular_design");
    check(NULL, stop, all, falling, "monotone_likelihood");
    check(NULL, stop, odd, x, "label_not_binary");
    check(NULL, back, all, x, "negative_time");
    check(stop, stop, all, x, "bad_interval");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fit_is_the_top_of_the_plain_likelihood),
        cmocka_unit_test(case_weights_equal_repeated_rows_under_breslow),
        cmocka_unit_test(a_covariate_in_other_units_is_the_same_fit),
        cmocka_unit_test(residuals_sum_to_zero),
        cmocka_unit_test(degenerate_input_has_a_name),
    };
    return tap_run(tests);
}
