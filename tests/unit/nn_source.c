/* Sources of samples: values of arrays, and what their augmentation may do. */
#include "nn/source.h"

#include <math.h>

#include "tap.h"

enum { SIDE = 4, BOX = SIDE * SIDE * SIDE };

static void a_value_is_shifted_and_scaled_from_any_type(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0, 128, 255, 3};
    const int16_t shorts[] = {-1000, 40, 300, 3};
    const float floats[] = {0.5f, -1, 2, 3};
    const struct source_array arrays[] = {{.value = bytes, .type = ARRAY_U8, .z = 1, .y = 1, .x = 1, .c = 2, .offset = 128, .scale = 64},
                                          {.value = shorts, .type = ARRAY_I16, .z = 1, .y = 1, .x = 1, .c = 2, .offset = 40, .scale = 10},
                                          {.value = floats, .type = ARRAY_F32, .z = 1, .y = 1, .x = 1, .c = 2, .offset = 0, .scale = 0.5}};
    const double expected[3][2] = {{127.0 / 64, -125.0 / 64}, {26, -3.7}, {4, 6}};
    for (size_t k = 0; k < 3; k++) {
        struct source source;
        struct err err = ERR_INIT;
        float out[2];
        source_of_array(&arrays[k], 2, &source);
        assert_int_equal(source_input_n(&source, 1), 1);
        assert_int_equal(source_key(&source, 1), 1);
        assert_done(source.fill(source.ctx, 1, 0, NULL, out, &err), err);
        for (size_t c = 0; c < 2; c++)
            assert_double_near(out[c], expected[k][c], 1e-5);
    }
}

static struct source cube(struct source_array *array, float value[BOX])
{
    struct source source;
    for (size_t i = 0; i < BOX; i++)
        value[i] = (float)i;
    array->value = value;
    array->type = ARRAY_F32;
    array->z = array->y = array->x = SIDE;
    array->c = 1;
    array->scale = 1;
    source_of_array(array, 1, &source);
    return source;
}

static void flips_and_turns_give_each_of_the_48_symmetries_of_a_cube(void **state)
{
    (void)state;
    struct source_array array = {.augment = {.flip_x = 0.5, .flip_y = 0.5, .flip_z = 0.5, .turn = 1}};
    float value[BOX], out[BOX], known[48][3];
    struct source source = cube(&array, value);
    struct err err = ERR_INIT;
    size_t found = 0;
    for (uint64_t draw = 0; draw < 1000; draw++) {
        struct rng rng = rng_make(1, "test", draw, 0);
        size_t at = 0, seen[BOX] = {0};
        assert_done(source.fill(source.ctx, 0, 0, &rng, out, &err), err);
        for (size_t i = 0; i < BOX; i++)
            seen[(size_t)out[i]]++;
        for (size_t i = 0; i < BOX; i++)
            assert_int_equal(seen[i], 1);
        /* Neighbours stay neighbours: one step along x is the same step everywhere. */
        float step = out[1] - out[0];
        for (size_t i = 0; i < BOX; i += SIDE)
            assert_double_near(out[i + 2] - out[i + 1], step, 0);
        while (at < found && !(known[at][0] == out[1] - out[0] && known[at][1] == out[SIDE] - out[0] && known[at][2] == out[SIDE * SIDE] - out[0]))
            at++;
        if (at == found) {
            assert_true(found < 48);
            known[found][0] = out[1] - out[0];
            known[found][1] = out[SIDE] - out[0];
            known[found++][2] = out[SIDE * SIDE] - out[0];
        }
    }
    assert_int_equal(found, 48);
}

static void a_shift_repeats_the_edge(void **state)
{
    (void)state;
    struct source_array array = {.augment = {.shift = 2}};
    float value[BOX], out[BOX];
    struct source source = cube(&array, value);
    struct err err = ERR_INIT;
    bool all[5] = {false};
    for (uint64_t draw = 0; draw < 200; draw++) {
        struct rng rng = rng_make(2, "test", draw, 0);
        assert_done(source.fill(source.ctx, 0, 0, &rng, out, &err), err);
        long shift = -9;
        for (long s = -2; s <= 2; s++) { /* by the first row, its y and z aside */
            bool fits = true;
            for (long x = 0; x < SIDE; x++) {
                long from = x + s < 0 ? 0 : x + s >= SIDE ? SIDE - 1 : x + s;
                fits = fits && (long)out[x] % SIDE == from;
            }
            if (fits)
                shift = s;
        }
        assert_true(shift >= -2);
        all[shift + 2] = true;
    }
    for (size_t s = 0; s < 5; s++)
        assert_true(all[s]);
}

static void axes_of_other_extents_stay_in_place(void **state)
{
    (void)state;
    float value[24], out[24];
    struct source_array array = {.value = value, .type = ARRAY_F32, .z = 1, .y = 4, .x = 6, .c = 1, .scale = 1, .augment = {.turn = 1}};
    struct source source;
    struct err err = ERR_INIT;
    for (size_t i = 0; i < 24; i++)
        value[i] = (float)i;
    source_of_array(&array, 1, &source);
    for (uint64_t draw = 0; draw < 50; draw++) {
        struct rng rng = rng_make(3, "test", draw, 0);
        assert_done(source.fill(source.ctx, 0, 0, &rng, out, &err), err);
        assert_memory_equal(out, value, sizeof out);
    }
}

static void gain_and_offset_spread_as_they_say(void **state)
{
    (void)state;
    float value[BOX], out[BOX];
    struct source_array array = {.augment = {.gain = 0.1, .offset = 0.2}};
    struct source source = cube(&array, value);
    struct err err = ERR_INIT;
    double sum = 0, square = 0, gain_square = 0;
    enum { DRAWS = 4000 };
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        struct rng rng = rng_make(4, "test", draw, 0);
        assert_done(source.fill(source.ctx, 0, 0, &rng, out, &err), err);
        double gain = log((double)(out[BOX - 1] - out[0]) / (BOX - 1)); /* value 0 at the first voxel: the offset alone */
        sum += (double)out[0];
        square += (double)out[0] * (double)out[0];
        gain_square += gain * gain;
    }
    assert_double_near(sum / DRAWS, 0, 0.02);
    assert_double_near(sqrt(square / DRAWS), 0.2, 0.01);
    assert_double_near(sqrt(gain_square / DRAWS), 0.1, 0.005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_shifted_and_scaled_from_any_type),
        cmocka_unit_test(flips_and_turns_give_each_of_the_48_symmetries_of_a_cube),
        cmocka_unit_test(a_shift_repeats_the_edge),
        cmocka_unit_test(axes_of_other_extents_stay_in_place),
        cmocka_unit_test(gain_and_offset_spread_as_they_say),
    };
    return tap_run(tests);
}
