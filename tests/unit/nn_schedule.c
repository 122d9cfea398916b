/* Learning rates against PyTorch and closed forms. */
#include "nn/schedule.h"

#include "tap.h"
#include "training_torch.h"

static void the_cosine_by_epochs_equals_that_of_pytorch(void **state)
{
    (void)state;
    const struct schedule schedule = {SCHEDULE_COSINE, 1e-3, 0, true};
    for (size_t epoch = 0; epoch < 20; epoch++)
        for (size_t step = 0; step < 3; step++)
            assert_double_near(schedule_lr(&schedule, epoch, 20, step, 3), torch_cosine[epoch], 1e-17);
}

static void the_rate_rises_to_its_height_and_falls_to_nothing(void **state)
{
    (void)state;
    const struct schedule schedule = {SCHEDULE_COSINE, 0.8, 2, false}, flat = {SCHEDULE_CONSTANT, 0.8, 2, false};
    assert_double_near(schedule_lr(&schedule, 0, 10, 0, 4), 0.1, 1e-15);
    assert_double_near(schedule_lr(&schedule, 1, 10, 3, 4), 0.8, 1e-15);
    assert_double_near(schedule_lr(&schedule, 2, 10, 0, 4), 0.8, 1e-15);
    assert_double_near(schedule_lr(&schedule, 6, 10, 0, 4), 0.4, 1e-15);
    assert_true(schedule_lr(&schedule, 9, 10, 3, 4) < 0.8 * 0.003);
    assert_true(schedule_lr(&schedule, 9, 10, 3, 4) > 0);
    assert_double_near(schedule_lr(&flat, 9, 10, 3, 4), 0.8, 0);
}

static void a_warm_up_longer_than_the_training_rises_to_its_end(void **state)
{
    (void)state;
    const struct schedule schedule = {SCHEDULE_COSINE, 1, 50, false};
    assert_double_near(schedule_lr(&schedule, 0, 4, 0, 1), 0.25, 1e-15);
    assert_double_near(schedule_lr(&schedule, 3, 4, 0, 1), 1, 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cosine_by_epochs_equals_that_of_pytorch),
        cmocka_unit_test(the_rate_rises_to_its_height_and_falls_to_nothing),
        cmocka_unit_test(a_warm_up_longer_than_the_training_rises_to_its_end),
    };
    return tap_run(tests);
}
