/* Closed forms of a few numbers; and what shifting or scaling all intensities does, which also takes the plain sort. */
#include <math.h>

#include "base/rng.h"
#include "radiomics/class.h"
#include "tap.h"

enum { VOXELS = 2000, FEATURES = 32 };

struct sample {
    struct region region;
    struct settings settings;
    uint8_t mask[VOXELS];
    int32_t level[VOXELS];
    double intensity[VOXELS], value[FEATURES];
    const char *reason[FEATURES];
};

/* The first n voxels, each with a grey level of its own but where intensities are equal to the one before. */
static void compute(struct sample *s, size_t n)
{
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    bool wanted[FEATURES];
    s->region = (struct region){.grid = {.n = {n, 1, 1}, .spacing = {0.5, 2, 3}}, .voxel_n = n, .mask = s->mask, .intensity = s->intensity, .level = s->level};
    for (size_t v = 0; v < n; v++) {
        bool tie = v > 0 && s->mask[v - 1] && s->intensity[v] == s->intensity[v - 1];
        s->region.inside_n += s->mask[v];
        s->level[v] = !s->mask[v] ? 0 : tie ? s->region.level_max : ++s->region.level_max;
    }
    for (size_t f = 0; f < FEATURES; f++) {
        wanted[f] = true;
        s->value[f] = NAN;
        s->reason[f] = NULL;
    }
    struct class_values out = {wanted, s->value, s->reason};
    bool ok = class_firstorder.compute(&s->region, &s->settings, &out, &arena, &err);
    arena_free(&arena);
    if (!ok)
        fail_msg("%s", err.text);
}

static struct sample *sample_of(const double *x, size_t n)
{
    struct sample *s = test_calloc(1, sizeof *s);
    for (size_t v = 0; v < n; v++) {
        s->mask[v] = 1;
        s->intensity[v] = x[v];
    }
    compute(s, n);
    return s;
}

static double value(const struct sample *s, const char *name)
{
    return s->value[feature_find(&class_firstorder, name)];
}

static void is(const struct sample *s, const char *name, double expected)
{
    double got = value(s, name);
    if (!(fabs(got - expected) <= 1e-13 * fmax(1, fabs(expected))))
        fail_msg("%s: %.17g, expected %.17g", name, got, expected);
}

static void one_to_five_in_any_order_have_their_closed_forms(void **state)
{
    (void)state;
    struct sample *s = sample_of((const double[]){4, 1, 5, 2, 3}, 5);
    is(s, "10Percentile", 1.4);
    is(s, "90Percentile", 4.6);
    is(s, "Energy", 55);
    is(s, "TotalEnergy", 55 * 0.5 * 2 * 3);
    is(s, "Entropy", log2(5));
    is(s, "Uniformity", 0.2);
    is(s, "InterquartileRange", 2);
    is(s, "Kurtosis", 6.8 / 4);
    is(s, "Maximum", 5);
    is(s, "MeanAbsoluteDeviation", 1.2);
    is(s, "Mean", 3);
    is(s, "Median", 3);
    is(s, "Minimum", 1);
    is(s, "Range", 4);
    is(s, "RobustMeanAbsoluteDeviation", 2.0 / 3);
    is(s, "RootMeanSquared", sqrt(11));
    is(s, "Skewness", 0);
    is(s, "StandardDeviation", sqrt(2));
    is(s, "Variance", 2);
    test_free(s);
}

static void the_shift_enters_energies_alone(void **state)
{
    (void)state;
    struct sample *s = sample_of((const double[]){1, 2, 3, 4, 5}, 5);
    s->settings.voxel_array_shift = 10;
    compute(s, 5);
    is(s, "Energy", 855);
    is(s, "RootMeanSquared", sqrt(171));
    is(s, "Mean", 3);
    test_free(s);
}

static void voxels_outside_do_not_count(void **state)
{
    (void)state;
    struct sample *s = sample_of((const double[]){1, 900, 3, -900, 5}, 5);
    s->mask[1] = s->mask[3] = 0;
    compute(s, 5);
    is(s, "Mean", 3);
    is(s, "Range", 4);
    is(s, "Entropy", log2(3));
    test_free(s);
}

static void a_flat_region_has_skewness_and_kurtosis_zero_and_says_so(void **state)
{
    (void)state;
    struct sample *s = sample_of((const double[]){7, 7, 7}, 3);
    is(s, "Skewness", 0);
    is(s, "Kurtosis", 0);
    is(s, "Uniformity", 1);
    is(s, "RobustMeanAbsoluteDeviation", 0);
    assert_string_equal(s->reason[feature_find(&class_firstorder, "Kurtosis")], "flat region: 0 by convention");
    test_free(s);
}

static void two_voxels_have_none_between_the_percentiles(void **state)
{
    (void)state;
    struct sample *s = sample_of((const double[]){1, 3}, 2);
    assert_true(isnan(value(s, "RobustMeanAbsoluteDeviation")));
    assert_string_equal(s->reason[feature_find(&class_firstorder, "RobustMeanAbsoluteDeviation")], "no intensity between the 10th and the 90th percentile");
    test_free(s);
}

/* Whole numbers are sorted by counting, others by comparing: values of x and of x / 1024 + 1/3 must agree. */
static void both_ways_of_sorting_give_the_same(void **state)
{
    (void)state;
    static double whole[VOXELS], real[VOXELS];
    struct rng rng = rng_make(1, "intensities", 0, 0);
    for (size_t v = 0; v < VOXELS; v++) {
        whole[v] = floor(300 * rng_normal(&rng));
        real[v] = whole[v] / 1024 + 1.0 / 3;
    }
    struct sample *a = sample_of(whole, VOXELS), *b = sample_of(real, VOXELS);
    static const char *const places[] = {"10Percentile", "90Percentile", "Median", "Minimum", "Maximum", "Mean"};
    static const char *const widths[] = {"InterquartileRange", "Range", "MeanAbsoluteDeviation", "RobustMeanAbsoluteDeviation", "StandardDeviation"};
    for (size_t k = 0; k < sizeof places / sizeof *places; k++)
        assert_true(fabs(value(a, places[k]) / 1024 + 1.0 / 3 - value(b, places[k])) < 1e-13);
    for (size_t k = 0; k < sizeof widths / sizeof *widths; k++)
        assert_true(fabs(value(a, widths[k]) / 1024 - value(b, widths[k])) < 1e-13);
    assert_true(fabs(value(a, "Skewness") - value(b, "Skewness")) < 1e-11 && fabs(value(a, "Kurtosis") - value(b, "Kurtosis")) < 1e-11);
    test_free(a);
    test_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_to_five_in_any_order_have_their_closed_forms),
        cmocka_unit_test(the_shift_enters_energies_alone),
        cmocka_unit_test(voxels_outside_do_not_count),
        cmocka_unit_test(a_flat_region_has_skewness_and_kurtosis_zero_and_says_so),
        cmocka_unit_test(two_voxels_have_none_between_the_percentiles),
        cmocka_unit_test(both_ways_of_sorting_give_the_same),
    };
    return tap_run(tests);
}
