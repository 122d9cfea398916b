/* Virtual patients: their laws, and what the effect changes and what not. */
#include "sim/patient.h"

#include <math.h>

#include "tap.h"

enum { N = 20000 };
static const struct recipe *const recipe = &recipe_default;

static void latent_values_and_signs_are_standard_normal_and_correlated_as_stated(void **state)
{
    (void)state;
    const double rho[SIGN_N] = {recipe->rho_rim, recipe->rho_necrosis, recipe->rho_margin, recipe->rho_washout,
                                recipe->rho_texture, recipe->rho_grain, recipe->rho_halo};
    double z_sum = 0, z_squares = 0, squares[SIGN_N] = {0}, with_z[SIGN_N] = {0};
    for (size_t i = 1; i <= N; i++) {
        struct patient p = patient_make(recipe, 11, 1, ROLE_EXTERNAL, i);
        z_sum += p.latent / N;
        z_squares += p.latent * p.latent / N;
        for (int k = 0; k < SIGN_N; k++) {
            squares[k] += p.sign[k] * p.sign[k] / N;
            with_z[k] += p.sign[k] * p.latent / N;
        }
    }
    assert_double_near(z_sum, 0, 0.035);
    assert_double_near(z_squares, 1, 0.05);
    for (int k = 0; k < SIGN_N; k++) {
        assert_double_near(squares[k], 1, 0.05);
        assert_double_near(with_z[k], rho[k], 0.05);
    }
}

static void labels_come_as_often_as_their_probability(void **state)
{
    (void)state;
    double expected[4] = {0}, found[4] = {0}, n[4] = {0};
    for (size_t i = 1; i <= N; i++) {
        struct patient p = patient_make(recipe, 12, 1, ROLE_TRAIN, i);
        int bin = (int)(p.probability * 4);
        expected[bin] += p.probability;
        found[bin] += p.label;
        n[bin]++;
    }
    for (int bin = 0; bin < 4; bin++)
        assert_double_near(found[bin] / n[bin], expected[bin] / n[bin], 2.3 / sqrt(n[bin]));
}

static void without_effect_the_label_depends_on_nothing(void **state)
{
    (void)state;
    double product = 0;
    for (size_t i = 1; i <= N; i++) {
        struct patient p = patient_make(recipe, 13, 0, ROLE_TRAIN, i);
        assert_double_near(p.probability, 1 / (1 + exp(-recipe->label_intercept)), 1e-15);
        product += p.latent * (p.label - p.probability) / N;
    }
    assert_double_near(product, 0, 0.016);
}

static void the_effect_changes_outcomes_alone(void **state)
{
    (void)state;
    int labels = 0;
    for (size_t i = 1; i <= 200; i++) {
        struct patient with = patient_make(recipe, 14, 1, ROLE_RFA, i), without = patient_make(recipe, 14, 0, ROLE_RFA, i);
        assert_memory_equal(&with.latent, &without.latent, sizeof with.latent);
        assert_memory_equal(with.sign, without.sign, sizeof with.sign);
        assert_true(with.afp == without.afp && with.age == without.age && with.diameter_mm == without.diameter_mm);
        labels += with.label != without.label;
    }
    assert_true(labels > 20);
}

static void times_follow_their_weibull_law_at_a_given_latent_value(void **state)
{
    (void)state;
    /* Before the shortest follow-up nobody is censored, so the share of events within it is 1 - S. */
    double expected = 0, found = 0;
    for (size_t i = 1; i <= N; i++) {
        struct patient p = patient_make(recipe, 15, 1, ROLE_TACE, i);
        double t = floor(recipe->ttp_follow_min);
        expected += 1 - exp(-pow(t / recipe->ttp_scale, recipe->ttp_shape) * exp(recipe->ttp_log_hazard * p.latent));
        found += p.ttp.event && p.ttp.days <= t;
        assert_true(p.ttp.days >= 1 && p.ttp.days <= recipe->ttp_follow_max && p.ttp.days == floor(p.ttp.days));
    }
    assert_double_near(found / N, expected / N, 0.016);
}

static void diameters_stay_within_1_and_12_cm(void **state)
{
    (void)state;
    for (size_t role = 0; role < SIM_ROLE_N; role++)
        for (size_t i = 1; i <= 2000; i++) {
            struct patient p = patient_make(recipe, 16, 1, role, i);
            assert_true(p.diameter_mm >= 10 && p.diameter_mm <= 120);
        }
}

static void roles_and_seeds_have_patients_of_their_own(void **state)
{
    (void)state;
    struct patient a = patient_make(recipe, 1, 1, ROLE_TRAIN, 1), b = patient_make(recipe, 1, 1, ROLE_INTERNAL, 1),
                   c = patient_make(recipe, 2, 1, ROLE_TRAIN, 1);
    assert_true(a.latent != b.latent && a.latent != c.latent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latent_values_and_signs_are_standard_normal_and_correlated_as_stated),
        cmocka_unit_test(labels_come_as_often_as_their_probability),
        cmocka_unit_test(without_effect_the_label_depends_on_nothing),
        cmocka_unit_test(the_effect_changes_outcomes_alone),
        cmocka_unit_test(times_follow_their_weibull_law_at_a_given_latent_value),
        cmocka_unit_test(diameters_stay_within_1_and_12_cm),
        cmocka_unit_test(roles_and_seeds_have_patients_of_their_own),
    };
    return tap_run(tests);
}
