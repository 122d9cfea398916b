#include "tap.h"

#include "base/mem.h"

static void a_product_that_overflows_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_null(mem_alloc(SIZE_MAX / 2, 3, &err));
    assert_error_has(err, ERR_SYSTEM, "items of 3 bytes overflow");
    assert_null(mem_zero(SIZE_MAX, 1, &err));
    assert_int_equal(err.kind, ERR_SYSTEM);
}

static void memory_is_aligned_and_zeroed(void **state)
{
    (void)state;
    for (size_t n = 0; n < 300; n += 7) {
        unsigned char *memory = mem_zero(n, 1, NULL);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 64, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(memory[i], 0);
        mem_free(memory);
    }
}

static void growing_keeps_what_was_there(void **state)
{
    (void)state;
    int *values = mem_alloc(3, sizeof *values, NULL);
    for (int i = 0; i < 3; i++)
        values[i] = i;
    values = mem_grow(values, 3, 1000, sizeof *values, NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(values[i], i);
    mem_free(values);
}

static void arena_pieces_do_not_overlap(void **state)
{
    (void)state;
    struct arena arena = ARENA_INIT;
    unsigned char *piece[200];
    for (size_t i = 0; i < 200; i++) {
        piece[i] = arena_alloc(&arena, i * 37 + 1, 1, NULL);
        assert_int_equal((uintptr_t)piece[i] % 64, 0);
        for (size_t b = 0; b < i * 37 + 1; b++)
            assert_int_equal(piece[i][b], 0);
        memset(piece[i], (int)i, i * 37 + 1);
    }
    for (size_t i = 0; i < 200; i++)
        assert_true(piece[i][0] == i && piece[i][i * 37] == i);
    assert_string_equal(arena_string(&arena, "text", NULL), "text");
    arena_free(&arena);
    assert_non_null(arena_alloc(&arena, 1, 1, NULL));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_that_overflows_is_refused),
        cmocka_unit_test(memory_is_aligned_and_zeroed),
        cmocka_unit_test(growing_keeps_what_was_there),
        cmocka_unit_test(arena_pieces_do_not_overlap),
    };
    return tap_run(tests);
}
