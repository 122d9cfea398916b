/* How cases are dealt into batches. */
#include "nn/batches.h"

#include "tap.h"

enum { N = 29 };

static void the_last_batch_is_smaller_left_out_or_joined(void **state)
{
    (void)state;
    struct batches batches;
    struct err err = ERR_INIT;
    assert_int_equal(batches_step_n(344, 32, false), 11);
    assert_int_equal(batches_largest(344, 32, false), 32);
    assert_done(batches_init(&batches, 344, 32, false, &err), err);
    assert_int_equal(batches.begin[11] - batches.begin[10], 24);
    batches_free(&batches);
    assert_int_equal(batches_step_n(344, 32, true), 10);
    assert_done(batches_init(&batches, 344, 32, true, &err), err);
    assert_int_equal(batches.begin[10], 320);
    batches_free(&batches);
    assert_int_equal(batches_step_n(29, 7, false), 4); /* 7, 7, 7, 8 */
    assert_int_equal(batches_largest(29, 7, false), 8);
    assert_done(batches_init(&batches, 29, 7, false, &err), err);
    assert_int_equal(batches.begin[4] - batches.begin[3], 8);
    batches_free(&batches);
    assert_int_equal(batches_step_n(5, 7, true), 1); /* too few for one: all of them */
    assert_int_equal(batches_largest(5, 7, true), 5);
}

static void an_epoch_holds_every_case_once_and_the_next_is_another_order(void **state)
{
    (void)state;
    struct batches batches;
    struct err err = ERR_INIT;
    size_t key[N], count[N] = {0}, first[N], same = 0;
    for (size_t i = 0; i < N; i++)
        key[i] = 3 * i;
    assert_done(batches_init(&batches, N, 7, false, &err), err);
    assert_done(batches_deal(&batches, key, NULL, 1, 0, &err), err);
    for (size_t i = 0; i < N; i++) {
        count[batches.order[i]]++;
        first[i] = batches.order[i];
    }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(count[i], 1);
    assert_done(batches_deal(&batches, key, NULL, 1, 1, &err), err);
    for (size_t i = 0; i < N; i++)
        same += batches.order[i] == first[i];
    assert_true(same < N / 2);
    batches_free(&batches);
}

static void every_batch_holds_its_share_of_the_events(void **state)
{
    (void)state;
    struct batches batches;
    struct err err = ERR_INIT;
    size_t key[48];
    double event[48];
    for (size_t i = 0; i < 48; i++) {
        key[i] = i;
        event[i] = i < 9;
    }
    assert_done(batches_init(&batches, 48, 16, false, &err), err);
    for (size_t epoch = 0; epoch < 5; epoch++) {
        assert_done(batches_deal(&batches, key, event, 1, epoch, &err), err);
        for (size_t s = 0; s < 3; s++) {
            size_t event_n = 0;
            for (size_t i = batches.begin[s]; i < batches.begin[s + 1]; i++)
                event_n += batches.order[i] < 9;
            assert_int_equal(event_n, 3);
        }
    }
    batches_free(&batches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_batch_is_smaller_left_out_or_joined),
        cmocka_unit_test(an_epoch_holds_every_case_once_and_the_next_is_another_order),
        cmocka_unit_test(every_batch_holds_its_share_of_the_events),
    };
    return tap_run(tests);
}
