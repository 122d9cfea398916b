/* The truth by quadrature against large drawn cohorts. */
#include "sim/truth.h"

#include <math.h>
#include <stdlib.h>

#include "tap.h"

enum { N = 40000, PAIRS_N = 5000 };
static const struct recipe *const recipe = &recipe_default;
static struct patient drawn[N];

static void draw(double effect)
{
    for (size_t i = 0; i < N; i++)
        drawn[i] = patient_make(recipe, 41, effect, ROLE_TACE, i + 1);
}

static void expectations_agree_with_a_large_cohort(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct truth truth;
    assert_done(truth_of_population(&truth, recipe, 1, &err), err);
    draw(1);
    double auc, positive = 0, high = 0, events = 0;
    assert_done(truth_auc(drawn, N, &auc, &err), err);
    for (size_t i = 0; i < N; i++) {
        positive += drawn[i].label;
        high += drawn[i].probability >= recipe->truth_cut;
        events += drawn[i].rfs.event;
    }
    assert_double_near(truth.auc, auc, 0.006);
    assert_double_near(truth.prevalence, positive / N, 0.01);
    assert_double_near(truth.high_share, high / N, 0.01);
    assert_double_near(truth.rfs.event_share, events / N, 0.01);
    assert_double_near(truth.rfs.c, truth_c(drawn, PAIRS_N, false), 0.02);
    assert_double_near(truth.ttp.c, truth_c(drawn, PAIRS_N, true), 0.02);
}

static int later_first(const void *a, const void *b)
{
    double s = (*(const struct patient *const *)a)->ttp.days, t = (*(const struct patient *const *)b)->ttp.days;
    return (s < t) - (s > t);
}

/* Cox's estimate for two groups (Breslow's ties), by bisection of the score: a plain twin of the quadrature. */
static double drawn_hazard_ratio(void)
{
    static const struct patient *order[N];
    for (size_t i = 0; i < N; i++)
        order[i] = &drawn[i];
    qsort(order, N, sizeof *order, later_first);
    double low = -5, high = 5;
    while (high - low > 1e-6) {
        double beta = (low + high) / 2, score = 0, at_risk[2] = {0, 0};
        for (size_t i = 0; i < N;) {
            size_t j = i;
            for (; j < N && order[j]->ttp.days == order[i]->ttp.days; j++)
                at_risk[order[j]->probability >= recipe->truth_cut]++;
            double share = at_risk[1] * exp(beta) / (at_risk[1] * exp(beta) + at_risk[0]);
            for (; i < j; i++)
                if (order[i]->ttp.event)
                    score += (order[i]->probability >= recipe->truth_cut) - share;
        }
        *(score > 0 ? &low : &high) = beta;
    }
    return exp(low);
}

static void the_hazard_ratio_is_what_cox_finds_in_a_large_cohort(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct truth truth;
    assert_done(truth_of_population(&truth, recipe, 1, &err), err);
    draw(1);
    assert_double_near(log(truth.ttp.hazard_ratio), log(drawn_hazard_ratio()), 0.06); /* standard error 0.012; days are whole */
}

static void without_effect_everything_is_chance(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct truth truth;
    double auc;
    assert_done(truth_of_population(&truth, recipe, 0, &err), err);
    assert_double_near(truth.auc, 0.5, 0);
    assert_double_near(truth.rfs.c, 0.5, 0);
    assert_true(isnan(truth.rfs.hazard_ratio)); /* one probability: one group */
    draw(0);
    assert_done(truth_auc(drawn, N, &auc, &err), err);
    assert_double_near(auc, 0.5, 0);
}

static void the_best_auc_is_where_the_cohort_is_hard(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct truth truth, weak;
    assert_done(truth_of_population(&truth, recipe, 1, &err) && truth_of_population(&weak, recipe, 0.5, &err), err);
    assert_true(truth.auc > 0.85 && truth.auc < 0.95);
    assert_true(weak.auc > 0.5 && weak.auc < truth.auc);
    assert_true(truth.rfs.hazard_ratio > 1.5 && truth.ttp.hazard_ratio > 1.5);
}

static void small_cohorts_by_hand(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct patient p[3] = {{.probability = 0.9, .label = true, .rfs = {100, true}},
                           {.probability = 0.2, .label = false, .rfs = {300, false}},
                           {.probability = 0.5, .label = true, .rfs = {200, true}}};
    double auc;
    assert_done(truth_auc(p, 3, &auc, &err), err);
    assert_double_near(auc, 1, 0);
    assert_double_near(truth_c(p, 3, false), 1, 0);
    p[2].probability = 0.1;
    assert_done(truth_auc(p, 3, &auc, &err), err);
    assert_double_near(auc, 0.5, 0);
    assert_double_near(truth_c(p, 3, false), 2.0 / 3, 1e-15);
    assert_true(isnan(truth_c(p, 1, false)));
    assert_done(truth_auc(p, 1, &auc, &err), err);
    assert_true(isnan(auc));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expectations_agree_with_a_large_cohort),
        cmocka_unit_test(the_hazard_ratio_is_what_cox_finds_in_a_large_cohort),
        cmocka_unit_test(without_effect_everything_is_chance),
        cmocka_unit_test(the_best_auc_is_where_the_cohort_is_hard),
        cmocka_unit_test(small_cohorts_by_hand),
    };
    return tap_run(tests);
}
