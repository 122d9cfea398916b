/* Averages of values against their recursion. */
#include "nn/ema.h"

#include <math.h>

#include "tap.h"

static void an_average_follows_its_recursion(void **state)
{
    (void)state;
    struct ema ema;
    struct err err = ERR_INIT;
    float value[] = {1, -2};
    double expected = 1;
    assert_done(ema_init(&ema, 0.5, value, 2, &err), err);
    for (int t = 1; t <= 12; t++) {
        value[0] = (float)t;
        double decay = fmin(0.5, (1.0 + t) / (10.0 + t));
        expected = decay * expected + (1 - decay) * t;
        assert_done(ema_update(&ema, value, &err), err);
        assert_double_near(ema.average[0], expected, 1e-5);
        assert_double_near(ema.average[1], -2, 0);
    }
    ema_free(&ema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_average_follows_its_recursion),
    };
    return tap_run(tests);
}
