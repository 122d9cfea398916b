/* Optimisers against PyTorch's steps. */
#include "nn/optimiser.h"

#include <math.h>

#include "base/pool.h"
#include "base/rng.h"
#include "tap.h"
#include "training_torch.h"

enum { WEIGHT_N = 6, BIAS_N = 2, BIAS_AT = 16, MEAN_AT = 32, VALUE_N = 48, STEP_N = 5 };

static struct parameter parameters[] = {
    {.name = "weight", .role = PARAMETER_WEIGHT, .offset = 0, .n = WEIGHT_N},
    {.name = "bias", .role = PARAMETER_BIAS, .offset = BIAS_AT, .n = BIAS_N},
    {.name = "running_mean", .role = PARAMETER_RUNNING_MEAN, .offset = MEAN_AT, .n = BIAS_N},
};
static const struct net small = {.parameter = parameters, .parameter_n = 3, .value_n = VALUE_N};

static void compare(const struct optimiser_settings *settings, const double *expected)
{
    struct optimiser optimiser;
    struct err err = ERR_INIT;
    float value[VALUE_N] = {0}, gradient[VALUE_N];
    for (size_t i = 0; i < WEIGHT_N; i++)
        value[i] = (float)cos(0.9 * (double)i);
    for (size_t i = 0; i < BIAS_N; i++)
        value[BIAS_AT + i] = (float)sin(0.4 * (double)i + 1);
    value[MEAN_AT] = 0.5f;
    assert_done(optimiser_init(&optimiser, settings, &small, &err), err);
    for (size_t t = 0; t < STEP_N; t++) {
        for (size_t i = 0; i < VALUE_N; i++)
            gradient[i] = 3.0f; /* what is no parameter is not touched */
        for (size_t i = 0; i < WEIGHT_N; i++)
            gradient[i] = (float)sin(1.3 * (double)i + (double)t);
        for (size_t i = 0; i < BIAS_N; i++)
            gradient[BIAS_AT + i] = (float)cos(0.7 * (double)i + 2 * (double)t);
        assert_done(optimiser_step(&optimiser, 0.01 * (double)(t + 1), gradient, value, &err), err);
        for (size_t i = 0; i < WEIGHT_N; i++)
            assert_double_near(value[i], expected[t * (WEIGHT_N + BIAS_N) + i], 1e-6);
        for (size_t i = 0; i < BIAS_N; i++)
            assert_double_near(value[BIAS_AT + i], expected[t * (WEIGHT_N + BIAS_N) + WEIGHT_N + i], 1e-6);
    }
    assert_double_near(value[MEAN_AT], 0.5, 0);
    assert_double_near(value[WEIGHT_N], 0, 0);
    optimiser_free(&optimiser);
}

static void adamw_decays_weights_beside_the_gradient(void **state)
{
    (void)state;
    struct optimiser_settings settings = OPTIMISER_DEFAULT;
    settings.weight_decay = 0.1;
    compare(&settings, torch_adamw);
}

static void adam_puts_the_decay_into_the_gradient(void **state)
{
    (void)state;
    struct optimiser_settings settings = OPTIMISER_DEFAULT;
    settings.kind = OPTIMISER_ADAM;
    settings.weight_decay = 0.1;
    settings.decay_all = true;
    compare(&settings, torch_adam);
}

static void sgd_with_momentum_equals_that_of_pytorch(void **state)
{
    (void)state;
    struct optimiser_settings settings = OPTIMISER_DEFAULT;
    settings.kind = OPTIMISER_SGD;
    settings.weight_decay = 0.1;
    settings.decay_all = true;
    compare(&settings, torch_sgd);
    settings.momentum = 0.8;
    settings.nesterov = true;
    compare(&settings, torch_nesterov);
}

static void a_step_is_the_same_for_any_number_of_threads(void **state)
{
    (void)state;
    enum { LARGE = 100000 };
    struct parameter one[] = {{.name = "weight", .role = PARAMETER_WEIGHT, .n = LARGE}};
    const struct net net = {.parameter = one, .parameter_n = 1, .value_n = LARGE};
    static float value[2][LARGE], gradient[LARGE];
    struct err err = ERR_INIT;
    struct rng rng = rng_make(1, "test", 0, 0);
    for (size_t i = 0; i < LARGE; i++)
        gradient[i] = (float)rng_normal(&rng);
    for (size_t k = 0; k < 2; k++) {
        struct optimiser optimiser;
        assert_done(pool_start(k == 0 ? 1 : 3, &err), err);
        assert_done(optimiser_init(&optimiser, &OPTIMISER_DEFAULT, &net, &err), err);
        for (size_t t = 0; t < 3; t++)
            assert_done(optimiser_step(&optimiser, 0.1, gradient, value[k], &err), err);
        optimiser_free(&optimiser);
        pool_stop();
    }
    assert_memory_equal(value[0], value[1], sizeof value[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adamw_decays_weights_beside_the_gradient),
        cmocka_unit_test(adam_puts_the_decay_into_the_gradient),
        cmocka_unit_test(sgd_with_momentum_equals_that_of_pytorch),
        cmocka_unit_test(a_step_is_the_same_for_any_number_of_threads),
    };
    return tap_run(tests);
}
