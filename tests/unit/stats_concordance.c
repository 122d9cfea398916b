#include "stats/concordance.h"

#include <math.h>

#include "base/rng.h"
#include "tap.h"

enum { N = 70 };

struct draw {
    double start[N], stop[N], status[N], marker[N], weight[N];
    size_t stratum[N];
};

static void draw(struct draw *d, uint64_t seed)
{
    struct rng rng = rng_make(4, "test.concordance", seed, 0);
    for (size_t i = 0; i < N; i++) {
        d->start[i] = (double)rng_below(&rng, 6);
        d->stop[i] = d->start[i] + 1 + (double)rng_below(&rng, 9);
        d->status[i] = i == 0 ? 1 : (double)rng_below(&rng, 2);
        d->marker[i] = (double)rng_below(&rng, 8);
        d->weight[i] = 0.5 + rng_uniform(&rng);
        d->stratum[i] = rng_below(&rng, 3);
    }
}

/* Every ordered pair by the definition; leaving out row `without` gives the jackknife's other side. */
static void pairs(const struct concordance_data *d, struct concordance *out, double *influence)
{
    *out = (struct concordance){0};
    double conc[N] = {0}, disc[N] = {0}, tied[N] = {0};
    for (size_t i = 0; i < d->n; i++)
        for (size_t j = 0; j < d->n; j++) {
            bool later = d->stop[j] > d->stop[i] || (d->stop[j] == d->stop[i] && d->status[j] == 0);
            bool there = !d->start || d->start[j] < d->stop[i];
            if (i == j || d->status[i] != 1 || !later || !there || (d->stratum && d->stratum[i] != d->stratum[j]))
                continue;
            double wi = d->weight ? d->weight[i] : 1, wj = d->weight ? d->weight[j] : 1;
            double *sum = d->marker[i] > d->marker[j] ? conc : d->marker[i] < d->marker[j] ? disc : tied;
            *(sum == conc ? &out->concordant : sum == disc ? &out->discordant : &out->tied_marker) += wi * wj;
            sum[i] += wj;
            sum[j] += wi;
        }
    double all = out->concordant + out->discordant + out->tied_marker;
    double somers = (out->concordant - out->discordant) / all;
    out->c = (somers + 1) / 2;
    *influence = 0;
    for (size_t i = 0; i < d->n; i++) {
        double w = d->weight ? d->weight[i] : 1;
        double u = w * (conc[i] - disc[i] - somers * (conc[i] + disc[i] + tied[i])) / all;
        *influence += u * u;
    }
}

static void trees_equal_the_count_over_all_pairs(void **state)
{
    (void)state;
    struct draw d;
    for (uint64_t seed = 0; seed < 40; seed++) {
        draw(&d, seed);
        struct concordance_data data = {.n = N, .stop = d.stop, .status = d.status, .marker = d.marker};
        data.start = seed % 2 ? d.start : NULL;
        data.stratum = seed % 3 ? d.stratum : NULL;
        data.weight = seed % 5 ? d.weight : NULL;
        struct concordance fast, plain;
        double influence;
        assert_true(concordance(&data, &fast, NULL));
        pairs(&data, &plain, &influence);
        assert_double_near(fast.concordant, plain.concordant, 1e-9);
        assert_double_near(fast.discordant, plain.discordant, 1e-9);
        assert_double_near(fast.tied_marker, plain.tied_marker, 1e-9);
        assert_double_near(fast.c, plain.c, 1e-12);
        assert_double_near(fast.se, sqrt(influence) / 2, 1e-12);
    }
}

static void a_perfect_marker_has_c_one_and_its_mirror_zero(void **state)
{
    (void)state;
    const double time[] = {1, 2, 3, 4, 5}, status[] = {1, 1, 0, 1, 0}, up[] = {5, 4, 3, 2, 1}, down[] = {1, 2, 3, 4, 5};
    struct concordance_data data = {.n = 5, .stop = time, .status = status, .marker = up};
    struct concordance r;
    assert_true(concordance(&data, &r, NULL));
    assert_double_near(r.c, 1.0, 0);
    data.marker = down;
    assert_true(concordance(&data, &r, NULL));
    assert_double_near(r.c, 0.0, 0);
}

static void nothing_to_compare_has_a_name(void **state)
{
    (void)state;
    const double time[] = {5, 5, 5}, event[] = {1, 0, 0}, none[] = {0, 0, 0}, marker[] = {1, 2, 3}, odd[] = {1, 2, 0};
    struct concordance_data data = {.n = 3, .stop = time, .status = event, .marker = marker, .strict = true};
    struct concordance r;
    assert_true(concordance(&data, &r, NULL));
    assert_string_equal(stats_status_text(r.status), "no_pairs");
    assert_true(isnan(r.c));
    data.strict = false;
    assert_true(concordance(&data, &r, NULL));
    assert_int_equal(r.status, STATS_OK);
    assert_double_near(r.concordant + r.discordant + r.tied_marker, 2, 0);
    data.status = none;
    assert_true(concordance(&data, &r, NULL));
    assert_int_equal(r.status, STATS_NO_EVENTS);
    data.status = odd;
    assert_true(concordance(&data, &r, NULL));
    assert_int_equal(r.status, STATS_LABEL_NOT_BINARY);
    data.n = 0;
    assert_true(concordance(&data, &r, NULL));
    assert_int_equal(r.status, STATS_NO_COMPLETE_ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_equal_the_count_over_all_pairs),
        cmocka_unit_test(a_perfect_marker_has_c_one_and_its_mirror_zero),
        cmocka_unit_test(nothing_to_compare_has_a_name),
    };
    return tap_run(tests);
}
