#include "tap.h"

#include <stdatomic.h>

#include "base/pool.h"

struct sums {
    double out[1000];
    size_t begin[1000], worker_n;
};

static bool put_squares(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)err;
    struct sums *sums = ctx;
    if (worker >= pool_size())
        return err_set(err, ERR_BUG, "worker %zu", worker);
    for (size_t i = begin; i < end; i++) {
        sums->out[i] = (double)(i * i);
        sums->begin[i] = begin;
    }
    return true;
}

static void every_index_is_done_once_in_chunks_of_grain(void **state)
{
    (void)state;
    const size_t threads[] = {1, 2, 3, 8};
    for (size_t t = 0; t < 4; t++) {
        struct err err = ERR_INIT;
        assert_done(pool_start(threads[t], &err), err);
        assert_int_equal(pool_size(), threads[t]);
        for (int repeat = 0; repeat < 200; repeat++) {
            struct sums sums = {{0}, {0}, 0};
            assert_done(par_for(1000, 7, put_squares, &sums, &err), err);
            for (size_t i = 0; i < 1000; i++) {
                assert_true(sums.out[i] == (double)(i * i));
                assert_int_equal(sums.begin[i], i / 7 * 7);
            }
        }
        pool_stop();
    }
    assert_int_equal(pool_size(), 1);
}

static bool fail_from_300(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)ctx, (void)worker;
    return end <= 300 || err_set(err, ERR_INPUT, "chunk at %zu", begin);
}

static void the_lowest_failing_chunk_gives_the_error(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_done(pool_start(4, &err), err);
    for (int repeat = 0; repeat < 500; repeat++) {
        assert_false(par_for(1000, 10, fail_from_300, NULL, &err));
        assert_error(err, ERR_INPUT, "chunk at 300");
    }
    pool_stop();
}

static bool count_inner(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    atomic_fetch_add((atomic_size_t *)ctx, end - begin);
    return true;
}

static bool call_again(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)begin, (void)end, (void)worker;
    return par_for(100, 3, count_inner, ctx, err);
}

static void nested_calls_run_inline(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_done(pool_start(3, &err), err);
    atomic_size_t count = 0;
    assert_done(par_for(50, 1, call_again, &count, &err), err);
    assert_int_equal(atomic_load(&count), 5000);
    pool_stop();
}

static void nothing_to_do_is_done(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_true(par_for(0, 1, fail_from_300, NULL, &err));
    assert_true(par_for(5, 0, fail_from_300, NULL, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index_is_done_once_in_chunks_of_grain),
        cmocka_unit_test(the_lowest_failing_chunk_gives_the_error),
        cmocka_unit_test(nested_calls_run_inline),
        cmocka_unit_test(nothing_to_do_is_done),
    };
    return tap_run(tests);
}
