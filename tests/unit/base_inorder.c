#include "base/inorder.h"

#include "base/pool.h"
#include "tap.h"

enum { N = 2000 };

struct seen {
    struct inorder *line;
    size_t taken[N + 1], n;
    size_t fails_at; /* N: never */
};

static bool take(void *ctx, size_t i, struct err *err)
{
    struct seen *seen = ctx;
    if (i == seen->fails_at)
        return err_set(err, ERR_SYSTEM, "no room for %zu", i);
    seen->taken[seen->n++] = i;
    return true;
}

static bool make(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    struct seen *seen = ctx;
    (void)worker;
    for (size_t i = begin; i < end; i++) {
        volatile unsigned work = 0;
        for (size_t k = 0; k < i * 7919 % 3000; k++) /* some take longer than others */
            work = work + 1;
        if (!inorder_ready(seen->line, i, err))
            return false;
    }
    return true;
}

static void results_of_threads_are_taken_in_order_and_once(void **state)
{
    (void)state;
    struct seen seen = {.fails_at = N};
    struct err err = ERR_INIT;
    assert_true(pool_start(4, &err));
    seen.line = inorder_start(N, take, &seen, &err);
    assert_true(par_for(N, 1, make, &seen, &err));
    inorder_end(seen.line);
    pool_stop();
    assert_int_equal(seen.n, N);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(seen.taken[i], i);
}

static void those_behind_one_that_is_late_wait(void **state)
{
    (void)state;
    struct seen seen = {.fails_at = N};
    seen.line = inorder_start(3, take, &seen, NULL);
    assert_true(inorder_ready(seen.line, 2, NULL));
    assert_true(inorder_ready(seen.line, 1, NULL));
    assert_int_equal(seen.n, 0);
    assert_true(inorder_ready(seen.line, 0, NULL));
    assert_int_equal(seen.n, 3);
    inorder_end(seen.line);
}

static void nothing_is_taken_behind_one_that_failed(void **state)
{
    (void)state;
    struct seen seen = {.fails_at = 1};
    struct err err = ERR_INIT;
    seen.line = inorder_start(3, take, &seen, NULL);
    assert_true(inorder_ready(seen.line, 0, &err));
    assert_false(inorder_ready(seen.line, 1, &err));
    assert_string_equal(err.text, "no room for 1");
    assert_true(inorder_ready(seen.line, 2, NULL));
    assert_int_equal(seen.n, 1);
    inorder_end(seen.line);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_of_threads_are_taken_in_order_and_once),
        cmocka_unit_test(those_behind_one_that_is_late_wait),
        cmocka_unit_test(nothing_is_taken_behind_one_that_failed),
    };
    return tap_run(tests);
}
