/* Plans of augmentation: ranges, keys, margins, refusals. */
#include "tap.h"

#include <math.h>

#include "nn/augment.h"

static struct crop crop_like(enum crop_view view, size_t phase_n)
{
    return (struct crop){.view = view, .phase_n = phase_n, .mask_n = 1, .grid = {.n = {40, 30, 20}, .spacing = {1, 1.5, 3}}};
}

static void nothing_happens_with_probability_zero(void **state)
{
    (void)state;
    struct augment none = {.rotate_degrees = 90, .tilt_degrees = 90, .scale_by = 1, .shift_mm = 9, .gain_by = 0.5, .offset_hu = 50, .noise_hu = 9, .blur_voxels = 1, .jitter_voxels = 3};
    struct crop crop = crop_like(CROP_3D, 2);
    struct augment_plan same = augment_identity();
    for (uint64_t k = 0; k < 50; k++) {
        struct rng rng = rng_make(1, "test.augment", k, 0);
        struct augment_plan plan = augment_draw(&none, &crop, &rng);
        for (int a = 0; a < 3; a++) {
            assert_true(plan.shift[a] == 0);
            for (int b = 0; b < 3; b++)
                assert_true(plan.turn[a][b] == same.turn[a][b]);
        }
        for (int p = 0; p < CROP_PHASE_MAX; p++)
            assert_true(plan.gain[p] == 1 && plan.offset_hu[p] == 0 && !plan.dropped[p]);
        assert_true(plan.noise_hu == 0 && plan.blur_voxels == 0 && plan.jitter_voxels == 0);
    }
}

static void the_same_generator_gives_the_same_plan_and_settings_draw_alike(void **state)
{
    (void)state;
    struct crop crop = crop_like(CROP_3D, 3), flat = crop_like(CROP_2D_ALL, 1);
    struct augment little = AUGMENT_DEFAULT, always = AUGMENT_DEFAULT;
    little.rotate = little.drop = little.noise = 0;
    always.flip_x = always.tilt = always.drop = 1;
    struct rng a = rng_make(3, "test.augment", 4, 5), b = a, c = a, d = a, e = a;
    struct augment_plan one = augment_draw(&AUGMENT_DEFAULT, &crop, &a), two = augment_draw(&AUGMENT_DEFAULT, &crop, &b), other = augment_draw(&little, &crop, &c);
    augment_draw(&always, &crop, &d);
    augment_draw(&AUGMENT_DEFAULT, &flat, &e);
    assert_memory_equal(one.turn, two.turn, sizeof one.turn);
    assert_memory_equal(one.gain, two.gain, sizeof one.gain);
    assert_memory_equal(one.shift, two.shift, sizeof one.shift);
    assert_memory_equal(one.gain, other.gain, sizeof one.gain); /* what comes behind the rotation is not moved by it */
    assert_true(one.jitter_voxels == other.jitter_voxels);
    const uint64_t next = rng_u64(&a);
    assert_true(rng_u64(&b) == next && rng_u64(&c) == next && rng_u64(&d) == next && rng_u64(&e) == next);
}

static void strengths_and_probabilities_are_those_of_the_settings(void **state)
{
    (void)state;
    struct augment s = {.shift = 0.5, .shift_mm = 6, .gain = 0.25, .gain_by = 0.2, .offset = 1, .offset_hu = 30, .noise = 0.75, .noise_hu = 12,
                        .blur = 0.1, .blur_voxels = 0.7, .jitter = 1, .jitter_voxels = 2, .flip_y = 0.3, .drop = 0.4};
    struct crop crop = crop_like(CROP_3D, 2);
    enum { N = 4000 };
    double shifted = 0, gained = 0, noisy = 0, blurred = 0, flipped = 0, dropped = 0, both = 0, most_shift = 0, most_offset = 0, most_noise = 0, jitter = 0, most_jitter = 0;
    for (uint64_t k = 0; k < N; k++) {
        struct rng rng = rng_make(7, "test.augment", k, 1);
        struct augment_plan plan = augment_draw(&s, &crop, &rng);
        shifted += plan.shift[0] != 0;
        gained += plan.gain[0] != 1;
        noisy += plan.noise_hu > 0;
        blurred += plan.blur_voxels > 0;
        flipped += plan.turn[1][1] == -1;
        dropped += plan.dropped[0];
        both += plan.dropped[0] && plan.dropped[1];
        jitter += (double)plan.jitter_voxels / N;
        most_shift = fmax(most_shift, fabs(plan.shift[2]) * 3);
        most_offset = fmax(most_offset, fabs((double)plan.offset_hu[1]));
        most_noise = fmax(most_noise, (double)plan.noise_hu);
        most_jitter = fmax(most_jitter, fabs((double)plan.jitter_voxels));
        assert_true(plan.turn[0][0] == 1 && plan.turn[2][2] == 1 && plan.turn[0][1] == 0);
        assert_true(fabsf(plan.gain[0] - 1) <= 0.2f && plan.blur_voxels <= 0.7f);
    }
    assert_double_near(shifted / N, 0.5, 0.04);
    assert_double_near(gained / N, 0.25, 0.03);
    assert_double_near(noisy / N, 0.75, 0.03);
    assert_double_near(blurred / N, 0.1, 0.02);
    assert_double_near(flipped / N, 0.3, 0.03);
    assert_double_near(dropped / N, 0.4 - 0.16 / 2, 0.03); /* of both, one is spared */
    assert_true(both == 0);
    assert_double_near(jitter, 0, 0.08);
    assert_true(most_shift <= 6 && most_shift > 5.9 && most_offset <= 30 && most_offset > 29.8 && most_noise <= 12 && most_noise > 11.8 &&
                most_jitter <= 2 && most_jitter > 1.98);
}

static void geometry_keeps_lengths_in_mm_up_to_the_scale(void **state)
{
    (void)state;
    struct crop crop = crop_like(CROP_3D, 1);
    struct augment turns = {.rotate = 1, .rotate_degrees = 180, .tilt = 1, .tilt_degrees = 90, .flip_x = 0.5, .scale = 1, .scale_by = 0.25};
    double least = 2, most = 0;
    for (uint64_t k = 0; k < 500; k++) {
        struct rng rng = rng_make(8, "test.augment", k, 0);
        struct augment_plan plan = augment_draw(&turns, &crop, &rng);
        double column[3][3], length[3];
        for (int b = 0; b < 3; b++) {
            for (int a = 0; a < 3; a++)
                column[b][a] = plan.turn[a][b] * crop.grid.spacing[a] / crop.grid.spacing[b];
            length[b] = sqrt(column[b][0] * column[b][0] + column[b][1] * column[b][1] + column[b][2] * column[b][2]);
        }
        for (int b = 0; b < 3; b++) {
            const double *p = column[b], *q = column[(b + 1) % 3];
            assert_double_near(p[0] * q[0] + p[1] * q[1] + p[2] * q[2], 0, 1e-12);
            assert_double_near(length[b], length[0], 1e-12);
        }
        least = fmin(least, length[0]);
        most = fmax(most, length[0]);
    }
    assert_true(least >= 0.8 - 1e-12 && least < 0.81 && most <= 1.25 + 1e-12 && most > 1.24);
}

static void two_dimensional_views_stay_in_their_slices(void **state)
{
    (void)state;
    struct augment all = {.flip_x = 1, .flip_z = 1, .rotate = 1, .rotate_degrees = 40, .tilt = 1, .tilt_degrees = 40, .scale = 1, .scale_by = 0.5, .shift = 1, .shift_mm = 5};
    static const enum crop_view VIEW[] = {CROP_2D_LARGEST, CROP_2D_ALL, CROP_25D};
    for (int v = 0; v < 3; v++) {
        struct crop crop = crop_like(VIEW[v], 1);
        for (uint64_t k = 0; k < 50; k++) {
            struct rng rng = rng_make(9, "test.augment", k, 0);
            struct augment_plan plan = augment_draw(&all, &crop, &rng);
            assert_true(plan.turn[2][2] == 1 && plan.turn[0][2] == 0 && plan.turn[1][2] == 0 && plan.turn[2][0] == 0 && plan.turn[2][1] == 0);
            assert_true(plan.shift[2] == 0 && plan.shift[0] != 0 && plan.turn[0][0] < 0);
        }
    }
}

/* The farthest that a plan reads from the box's centre along each axis, in voxels. */
static void farthest(const struct augment_plan *plan, const size_t size[3], double reach[3])
{
    for (unsigned corner = 0; corner < 8; corner++)
        for (int a = 0; a < 3; a++) {
            double at = plan->shift[a];
            for (int b = 0; b < 3; b++)
                at += plan->turn[a][b] * (corner >> b & 1 ? 1 : -1) * (double)(size[b] - 1) / 2;
            reach[a] = fmax(reach[a], fabs(at));
        }
}

static void no_plan_reads_beyond_the_margin_and_little_of_it_is_wasted(void **state)
{
    (void)state;
    static const enum crop_view VIEW[] = {CROP_3D, CROP_2D_LARGEST, CROP_25D};
    struct augment some[] = {AUGMENT_DEFAULT, AUGMENT_FLIPS, {.rotate = 1, .rotate_degrees = 180}, {.rotate = 1, .rotate_degrees = 10},
                             {.tilt = 1, .tilt_degrees = 15}, {.scale = 1, .scale_by = 0.3}, {.shift = 1, .shift_mm = 7}};
    static const double SPACING[][3] = {{2, 2, 2}, {1, 1.5, 4}};
    static const size_t SIZE[][3] = {{32, 32, 32}, {24, 40, 7}};
    for (size_t s = 0; s < sizeof some / sizeof some[0]; s++)
        for (int v = 0; v < 3; v++)
            for (int k = 0; k < 2; k++) {
                size_t margin[3], size[3] = {SIZE[k][0], SIZE[k][1], v == 1 ? 1 : SIZE[k][2]};
                double reach[3] = {0, 0, 0};
                struct crop crop = crop_like(VIEW[v], 1);
                memcpy(crop.grid.spacing, SPACING[k], sizeof crop.grid.spacing);
                augment_margin(&some[s], VIEW[v], size, SPACING[k], margin);
                for (uint64_t n = 0; n < 1500; n++) {
                    struct rng rng = rng_make(11, "test.augment", n, s);
                    struct augment_plan plan = augment_draw(&some[s], &crop, &rng);
                    farthest(&plan, size, reach);
                }
                for (int a = 0; a < 3; a++) {
                    double need = reach[a] - (double)(size[a] - 1) / 2;
                    assert_true(need <= (double)margin[a] + 1e-6);
                    if (s >= 1 && s != 4)
                        assert_true((double)margin[a] < need + 1.5); /* one kind of change at a time: the bound is close */
                }
                if (s == 1)
                    assert_true(margin[0] == 0 && margin[1] == 0 && margin[2] == 0);
                if (v > 0)
                    assert_int_equal(margin[2], 0);
            }
}

static void a_strength_out_of_range_is_refused_by_name(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_true(augment_check(&AUGMENT_DEFAULT, NULL) && augment_check(&AUGMENT_FLIPS, NULL));
    struct augment bad = AUGMENT_DEFAULT;
    bad.noise = 1.5;
    assert_false(augment_check(&bad, &err));
    assert_error(err, ERR_USAGE, "noise is 1.5, expected 0 to 1");
    bad = AUGMENT_DEFAULT;
    bad.tilt_degrees = NAN;
    err_clear(&err);
    assert_false(augment_check(&bad, &err));
    assert_error(err, ERR_USAGE, "tilt_degrees is nan, expected 0 to 90");
}

static void the_fields_cover_the_settings(void **state)
{
    (void)state;
    assert_int_equal(augment_field_n * sizeof(double), sizeof(struct augment));
    for (size_t f = 0; f < augment_field_n; f++)
        assert_int_equal(augment_fields[f].offset, f * sizeof(double));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_happens_with_probability_zero),
        cmocka_unit_test(the_same_generator_gives_the_same_plan_and_settings_draw_alike),
        cmocka_unit_test(strengths_and_probabilities_are_those_of_the_settings),
        cmocka_unit_test(geometry_keeps_lengths_in_mm_up_to_the_scale),
        cmocka_unit_test(two_dimensional_views_stay_in_their_slices),
        cmocka_unit_test(no_plan_reads_beyond_the_margin_and_little_of_it_is_wasted),
        cmocka_unit_test(a_strength_out_of_range_is_refused_by_name),
        cmocka_unit_test(the_fields_cover_the_settings),
    };
    return tap_run(tests);
}
