/* Losses against PyTorch, Cox against stats/cox.c and a plain sum over risk sets. */
#include "nn/loss.h"

#include <math.h>

#include "base/rng.h"
#include "stats/cox.h"
#include "tap.h"
#include "training_torch.h"

#define N 7
static const size_t rows[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};

static void compare(enum loss_kind kind, double gamma, double alpha, const double *expected)
{
    const struct loss_settings settings = {kind, gamma, alpha};
    const struct outcome outcome = {.label = torch_label};
    struct loss loss;
    struct err err = ERR_INIT;
    double value, gradient[N];
    assert_done(loss_make(&settings, &outcome, rows, N, &loss, &err), err);
    assert_done(loss_batch(&loss, &outcome, rows, N, 1, torch_logit, &value, gradient, &err), err);
    assert_double_near(value, expected[0], 1e-14);
    for (size_t i = 0; i < N; i++)
        assert_double_near(gradient[i], expected[1 + i], 1e-14);
}

static void binary_losses_equal_those_of_pytorch(void **state)
{
    (void)state;
    compare(LOSS_BINARY, 0, -1, torch_binary);
    compare(LOSS_BALANCED, 0, -1, torch_balanced);
    compare(LOSS_FOCAL, 2, 0.25, torch_focal);
    compare(LOSS_FOCAL, 0, -1, torch_binary);
}

static void a_softmax_loss_equals_that_of_pytorch(void **state)
{
    (void)state;
    const double label[] = {2, 0};
    const struct outcome outcome = {.label = label};
    const struct loss loss = {.kind = LOSS_CLASSES};
    struct err err = ERR_INIT;
    double value, gradient[6];
    assert_done(loss_batch(&loss, &outcome, rows, 2, 3, torch_logit, &value, gradient, &err), err);
    assert_double_near(value, torch_classes[0], 1e-14);
    for (size_t i = 0; i < 6; i++)
        assert_double_near(gradient[i], torch_classes[1 + i], 1e-14);
}

static void a_large_logit_costs_its_size_and_no_more(void **state)
{
    (void)state;
    const double label[] = {1, 0}, logit[] = {-800, -800};
    const struct outcome outcome = {.label = label};
    const struct loss loss = {.kind = LOSS_BINARY, .weight = {1, 1}};
    struct err err = ERR_INIT;
    double value, gradient[2];
    assert_done(loss_batch(&loss, &outcome, rows, 2, 1, logit, &value, gradient, &err), err);
    assert_double_near(value, 400, 1e-12);
    assert_double_near(gradient[0], -0.5, 1e-15);
    assert_double_near(gradient[1], 0, 1e-300);
}

/* Random subjects with many ties. */
static void draw(double *time, double *event, double *logit, size_t n, uint64_t seed)
{
    struct rng rng = rng_make(seed, "test.cox", 0, 0);
    for (size_t i = 0; i < n; i++) {
        time[i] = (double)(1 + rng_below(&rng, 6));
        event[i] = (double)rng_below(&rng, 2);
        logit[i] = 2 * rng_normal(&rng);
    }
}

static void the_cox_loss_is_the_partial_likelihood_of_stats(void **state)
{
    (void)state;
    double time[20], event[20], logit[20], zero[20] = {0};
    for (uint64_t seed = 0; seed < 5; seed++) {
        draw(time, event, logit, 20, seed);
        const struct outcome outcome = {.time = time, .event = event};
        const struct cox_data data = {.n = 20, .p = 1, .stop = time, .status = event, .x = logit};
        const struct loss loss = {.kind = LOSS_COX};
        struct cox_fit fit;
        struct err err = ERR_INIT;
        double value, scaled[20];
        assert_done(cox_fit(&data, COX_EFRON, &fit, &err), err);
        assert_done(loss_batch(&loss, &outcome, rows, 20, 1, zero, &value, NULL, &err), err);
        assert_double_near(-value * (double)fit.event_n, fit.loglik_null, 1e-10);
        for (size_t i = 0; i < 20; i++)
            scaled[i] = fit.coef[0] * logit[i];
        assert_done(loss_batch(&loss, &outcome, rows, 20, 1, scaled, &value, NULL, &err), err);
        assert_double_near(-value * (double)fit.event_n, fit.loglik, 1e-10);
        cox_fit_free(&fit);
    }
}

static void the_cox_gradient_is_the_slope_of_the_loss(void **state)
{
    (void)state;
    double time[20], event[20], logit[20], gradient[20];
    const struct loss loss = {.kind = LOSS_COX};
    struct err err = ERR_INIT;
    draw(time, event, logit, 20, 9);
    const struct outcome outcome = {.time = time, .event = event};
    double value, above, below, sum = 0;
    assert_done(loss_batch(&loss, &outcome, rows, 20, 1, logit, &value, gradient, &err), err);
    for (size_t i = 0; i < 20; i++) {
        double kept = logit[i];
        logit[i] = kept + 1e-5;
        assert_done(loss_batch(&loss, &outcome, rows, 20, 1, logit, &above, NULL, &err), err);
        logit[i] = kept - 1e-5;
        assert_done(loss_batch(&loss, &outcome, rows, 20, 1, logit, &below, NULL, &err), err);
        logit[i] = kept;
        assert_double_near(gradient[i], (above - below) / 2e-5, 1e-9);
        sum += gradient[i];
    }
    assert_double_near(sum, 0, 1e-14); /* only differences of logits count */
}

static void a_batch_without_events_pulls_nowhere(void **state)
{
    (void)state;
    const double time[] = {3, 5, 9}, event[] = {0, 0, 0}, logit[] = {1, -2, 4};
    const struct outcome outcome = {.time = time, .event = event};
    const struct loss loss = {.kind = LOSS_COX};
    struct err err = ERR_INIT;
    double value, gradient[3] = {7, 7, 7};
    assert_done(loss_batch(&loss, &outcome, rows, 3, 1, logit, &value, gradient, &err), err);
    assert_double_near(value, 0, 0);
    for (size_t i = 0; i < 3; i++)
        assert_double_near(gradient[i], 0, 0);
}

static void a_logit_that_is_no_number_makes_the_loss_none(void **state)
{
    (void)state;
    const double logit[] = {1, INFINITY, 0, 0, 0, 0, 0};
    const struct outcome outcome = {.label = torch_label};
    const struct loss loss = {.kind = LOSS_BINARY, .weight = {1, 1}};
    struct err err = ERR_INIT;
    double value = 0;
    assert_done(loss_batch(&loss, &outcome, rows, N, 1, logit, &value, NULL, &err), err);
    assert_true(isnan(value));
}

static void rows_that_teach_nothing_are_refused(void **state)
{
    (void)state;
    const double ones[] = {1, 1, 1}, odd[] = {0, 2, 1}, half[] = {0, 1.5, 1}, time[] = {1, 2, 3}, none[] = {0, 0, 0};
    const struct outcome one = {.label = ones}, strange = {.label = odd}, part = {.label = half}, quiet = {.time = time, .event = none};
    struct loss_settings settings = LOSS_DEFAULT;
    struct loss loss;
    struct err err = ERR_INIT;
    assert_false(loss_make(&settings, &one, rows, 3, &loss, &err));
    assert_error(err, ERR_INPUT, "all 3 training cases have label 1, expected both");
    assert_false(loss_make(&settings, &strange, rows, 3, &loss, &err));
    assert_error(err, ERR_INPUT, "label 2, expected 0 or 1");
    assert_false(loss_make(&settings, &quiet, rows, 3, &loss, &err));
    assert_error(err, ERR_INPUT, "the loss 'balanced' needs a label, found none");
    settings.kind = LOSS_CLASSES;
    assert_false(loss_make(&settings, &part, rows, 3, &loss, &err));
    assert_error(err, ERR_INPUT, "label 1.5, expected a class 0, 1, 2, ...");
    settings.kind = LOSS_COX;
    assert_false(loss_make(&settings, &quiet, rows, 3, &loss, &err));
    assert_error(err, ERR_INPUT, "the 3 training cases have no event");
    assert_false(loss_make(&settings, &one, rows, 3, &loss, &err));
    assert_error(err, ERR_INPUT, "the Cox loss needs an endpoint (time and event), found none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binary_losses_equal_those_of_pytorch),
        cmocka_unit_test(a_softmax_loss_equals_that_of_pytorch),
        cmocka_unit_test(a_large_logit_costs_its_size_and_no_more),
        cmocka_unit_test(the_cox_loss_is_the_partial_likelihood_of_stats),
        cmocka_unit_test(the_cox_gradient_is_the_slope_of_the_loss),
        cmocka_unit_test(a_batch_without_events_pulls_nowhere),
        cmocka_unit_test(a_logit_that_is_no_number_makes_the_loss_none),
        cmocka_unit_test(rows_that_teach_nothing_are_refused),
    };
    return tap_run(tests);
}
