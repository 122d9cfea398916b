/* src/base/budget.c: how many work at once. */
#include "base/budget.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/pool.h"
#include "tap.h"

enum { TASKS = 40 };
static _Atomic int working, most;

static bool work(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)begin, (void)end, (void)worker, (void)err;
    uint64_t need = *(const uint64_t *)ctx;
    budget_take(need, "a case");
    int now = atomic_fetch_add(&working, 1) + 1, seen = atomic_load(&most);
    while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
        ;
    usleep(500);
    atomic_fetch_sub(&working, 1);
    budget_give(need);
    return true;
}

static int most_at_once(uint64_t limit, uint64_t need)
{
    struct err err = ERR_INIT;
    atomic_store(&most, 0);
    budget_set(limit);
    assert_done(pool_start(4, &err), err);
    assert_done(par_for(TASKS, 1, work, &need, &err), err);
    pool_stop();
    return atomic_load(&most);
}

static void no_more_work_than_fits(void **state)
{
    (void)state;
    assert_true(most_at_once(1000, 500) <= 2);
    assert_int_equal(most_at_once(1000, 501), 1);
}

static void what_is_over_the_budget_is_done_alone(void **state)
{
    (void)state;
    assert_int_equal(most_at_once(1000, 5000), 1);
}

static void what_fits_is_not_held_back(void **state)
{
    (void)state;
    assert_true(most_at_once(1000, 1) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_work_than_fits),
        cmocka_unit_test(what_is_over_the_budget_is_done_alone),
        cmocka_unit_test(what_fits_is_not_held_back),
    };
    return tap_run(tests);
}
