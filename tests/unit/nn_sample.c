/* Samples: exact boxes, windows and layouts; geometry against permutations and a plain twin; noise, blur, masks, drops. */
#include "case_image.h"

#include "nn/sample.h"

/* A crop of made-up values without images: `n` voxels, of which `margin` a side are margin. Masks: a ball off the middle. */
static struct crop crop_of(enum crop_view view, size_t phase_n, const size_t size[3], const size_t margin[3], uint64_t seed)
{
    struct crop_settings settings = CROP_DEFAULT;
    settings.view = view;
    settings.phase_n = phase_n;
    size_t n[3];
    for (int a = 0; a < 3; a++) {
        settings.size[a] = size[a];
        settings.margin[a] = margin[a];
        n[a] = size[a] + 2 * margin[a];
        settings.spacing[a] = a == 2 ? 1.5 : 1;
    }
    settings.low[1] = -20;
    settings.high[1] = 500;
    size_t total = n[0] * n[1] * n[2];
    int16_t *hu = malloc(phase_n * total * sizeof *hu);
    uint8_t *inside = malloc(total);
    assert_true(hu != NULL && inside != NULL);
    struct rng rng = rng_make(seed, "test.sample", 0, 0);
    for (size_t i = 0; i < phase_n * total; i++)
        hu[i] = (int16_t)(rng_below(&rng, 700) - 200);
    for (size_t i = 0; i < total; i++) {
        double x = (double)(i % n[0]) - 0.45 * (double)n[0], y = (double)(i / n[0] % n[1]) - 0.5 * (double)n[1], z = (double)(i / n[0] / n[1]) - 0.5 * (double)n[2];
        inside[i] = x * x + y * y + z * z < 20;
    }
    const int16_t *phase[CROP_PHASE_MAX];
    for (size_t p = 0; p < phase_n; p++)
        phase[p] = hu + p * total;
    struct crop crop;
    struct err err = ERR_INIT;
    assert_done(crop_of_values(&settings, phase, (const uint8_t *const[]){inside}, &crop, &err), err);
    free(hu);
    free(inside);
    return crop;
}

static float *filled(const struct crop *crop, const struct sample_settings *settings, const struct augment_plan *plan)
{
    struct sample_shape shape = sample_shape(crop, settings);
    struct err err = ERR_INIT;
    struct rng rng = rng_make(5, "test.sample", 1, 2);
    float *out = malloc(sample_value_n(&shape) * sizeof *out);
    assert_non_null(out);
    if (plan == NULL)
        assert_done(sample_fill(crop, settings, 0, NULL, NULL, out, &err), err);
    else
        assert_done(sample_fill_plan(crop, settings, 0, plan, &rng, out, &err), err);
    return out;
}

static int lane_at(const struct crop *crop, ptrdiff_t x, ptrdiff_t y, ptrdiff_t z, size_t lane)
{
    return crop->voxels[crop->lane_n * ((size_t)x + crop->grid.n[0] * ((size_t)y + crop->grid.n[1] * (size_t)z)) + lane];
}

static double windowed(const struct crop *crop, size_t phase, double hu)
{
    return fmax(-1, fmin(1, 2 * (hu - crop->low[phase]) / (crop->high[phase] - crop->low[phase]) - 1));
}

static void without_augmentation_a_sample_is_exactly_the_box(void **state)
{
    (void)state;
    for (size_t phase_n = 1; phase_n <= 4; phase_n++) {
        struct crop crop = crop_of(CROP_3D, phase_n, (const size_t[3]){7, 6, 5}, (const size_t[3]){3, 0, 2}, phase_n);
        struct sample_shape shape = sample_shape(&crop, &SAMPLE_DEFAULT);
        assert_true(shape.z == 5 && shape.y == 6 && shape.x == 7 && shape.c == phase_n + 1);
        float *out = filled(&crop, &SAMPLE_DEFAULT, NULL), *value = out;
        for (ptrdiff_t z = 2; z < 7; z++)
            for (ptrdiff_t y = 0; y < 6; y++)
                for (ptrdiff_t x = 3; x < 10; x++) {
                    for (size_t p = 0; p < phase_n; p++)
                        assert_double_near(*value++, windowed(&crop, p, lane_at(&crop, x, y, z, p)), 1e-6);
                    assert_double_near(*value++, lane_at(&crop, x, y, z, phase_n) < 0, 0);
                }
        free(out);
        crop_free(&crop);
    }
}

static void the_mask_and_the_amplitude_are_as_set(void **state)
{
    (void)state;
    struct crop crop = crop_of(CROP_3D, 2, (const size_t[3]){7, 6, 5}, (const size_t[3]){1, 1, 1}, 3);
    struct sample_settings bare = {.mask_channel = false, .amplitude = 2};
    assert_int_equal(sample_shape(&crop, &bare).c, 2);
    float *with = filled(&crop, &SAMPLE_DEFAULT, NULL), *without = filled(&crop, &bare, NULL);
    for (size_t i = 0; i < 7 * 6 * 5; i++)
        for (size_t p = 0; p < 2; p++)
            assert_double_near(without[2 * i + p], 2 * with[3 * i + p], 2e-6);
    free(with);
    free(without);
    crop_free(&crop);
}

static void a_centred_phase_has_mean_zero_in_its_mask_and_is_zero_outside(void **state)
{
    (void)state;
    struct sample_settings centred = {.mask_channel = true, .amplitude = 2.5, .values = SAMPLE_CENTRED}, plain = centred;
    plain.values = SAMPLE_WINDOWED;
    struct crop crop = crop_of(CROP_3D, 2, (const size_t[3]){7, 6, 5}, (const size_t[3]){1, 1, 1}, 3);
    float *out = filled(&crop, &centred, NULL), *whole = filled(&crop, &plain, NULL);
    for (size_t p = 0; p < 2; p++) {
        double sum = 0, mean = 0, n = 0;
        for (size_t i = 0; i < 7 * 6 * 5; i++)
            if (whole[3 * i + 2] > 0) {
                mean += (double)whole[3 * i + p];
                n++;
            }
        assert_true(n > 5);
        for (size_t i = 0; i < 7 * 6 * 5; i++) {
            bool in = whole[3 * i + 2] > 0;
            assert_double_near(out[3 * i + p], in ? whole[3 * i + p] - mean / n : 0, 1e-5);
            assert_true((out[3 * i + 2] > 0) == in);
            sum += (double)out[3 * i + p];
        }
        assert_double_near(sum, 0, 1e-3);
    }
    free(out);
    free(whole);
    crop_free(&crop);
}

static void bytes_scaled_as_a_window_come_out_exactly(void **state)
{
    (void)state;
    /* (value - 128) / 64 of 0..255: window 0..256, amplitude 2. */
    struct crop_settings settings = CROP_DEFAULT;
    settings.mask_n = 0;
    settings.low[0] = 0;
    settings.high[0] = 256;
    int16_t hu[256];
    for (int i = 0; i < 256; i++)
        hu[i] = (int16_t)i;
    settings.size[0] = 16;
    settings.size[1] = 16;
    settings.size[2] = 1;
    struct crop crop;
    assert_true(crop_of_values(&settings, (const int16_t *const[]){hu}, NULL, &crop, NULL));
    float *out = filled(&crop, &(struct sample_settings){.mask_channel = true, .amplitude = 2}, NULL);
    for (int i = 0; i < 256; i++)
        assert_true(out[i] == (float)(i - 128) / 64);
    free(out);
    crop_free(&crop);
}

static void the_shape_is_known_before_a_crop_is_made(void **state)
{
    (void)state;
    static const size_t C[] = {4, 4, 4, 20};
    for (int v = CROP_3D; v <= CROP_25D; v++) {
        struct crop_settings settings = CROP_DEFAULT;
        settings.view = (enum crop_view)v;
        settings.phase_n = 3;
        settings.size[2] = 5;
        struct sample_shape shape = sample_shape_of_settings(&settings, &SAMPLE_DEFAULT);
        assert_true(shape.x == 32 && shape.y == 32 && shape.z == (v == CROP_3D ? 5 : 1) && shape.c == C[v]);
        assert_int_equal(sample_value_n(&shape), 32 * 32 * shape.z * shape.c);
    }
}

static void neighbours_are_channels_slice_by_slice(void **state)
{
    (void)state;
    struct crop crop = crop_of(CROP_25D, 2, (const size_t[3]){6, 5, 3}, (const size_t[3]){2, 1, 0}, 4);
    float *out = filled(&crop, &SAMPLE_DEFAULT, NULL);
    for (ptrdiff_t y = 0; y < 5; y++)
        for (ptrdiff_t x = 0; x < 6; x++)
            for (ptrdiff_t z = 0; z < 3; z++) {
                const float *value = out + (y * 6 + x) * 9 + z * 3;
                for (size_t p = 0; p < 2; p++)
                    assert_double_near(value[p], windowed(&crop, p, lane_at(&crop, x + 2, y + 1, z, p)), 1e-6);
                assert_double_near(value[2], lane_at(&crop, x + 2, y + 1, z, 2) < 0, 0);
            }
    free(out);
    crop_free(&crop);
}

static void every_slice_of_a_case_is_an_input(void **state)
{
    (void)state;
    struct grid grid = plain_grid(30, 30, 10, 1, 1, 3);
    struct volume image = image_of(&grid, VOXEL_I16, bumpy);
    struct roi region = ellipsoid(&grid, (const double[3]){0, 0, 0}, (const double[3]){6, 6, 8});
    struct crop_settings settings = CROP_DEFAULT;
    settings.view = CROP_2D_ALL;
    settings.size[0] = settings.size[1] = 8;
    settings.spacing[0] = settings.spacing[1] = 1;
    struct crop crop;
    assert_true(crop_make(&settings, (const struct volume *const[]){&image}, (const struct roi *const[]){&region}, &crop, NULL, NULL));
    assert_int_equal(crop.input_n, 6);
    for (size_t i = 0; i < crop.input_n; i++) {
        float out[8 * 8 * 2];
        assert_true(sample_fill(&crop, &SAMPLE_DEFAULT, i, NULL, NULL, out, NULL));
        for (ptrdiff_t k = 0; k < 64; k++) {
            assert_double_near(out[2 * k], windowed(&crop, 0, lane_at(&crop, k % 8, k / 8, (ptrdiff_t)crop.plane[i], 0)), 1e-6);
            assert_double_near(out[2 * k + 1], lane_at(&crop, k % 8, k / 8, (ptrdiff_t)crop.plane[i], 1) < 0, 0);
        }
    }
    crop_free(&crop);
    roi_free(&region);
    volume_free(&image);
}

static void flips_and_quarter_turns_are_permutations(void **state)
{
    (void)state;
    enum { N = 6 };
    struct crop crop = crop_of(CROP_3D, 2, (const size_t[3]){N, N, N}, (const size_t[3]){0, 0, 0}, 6);
    float *box = filled(&crop, &SAMPLE_DEFAULT, NULL);
    for (int k = 0; k < 5; k++) {
        struct augment_plan plan = augment_identity();
        if (k < 3)
            plan.turn[k][k] = -1;
        else { /* output x reads along y and output y back along x: a turn of the picture by 90 degrees, with cos 90 degrees as floats have it */
            double angle = k == 3 ? M_PI / 2 : -M_PI / 2;
            plan.turn[0][0] = plan.turn[1][1] = cos(angle);
            plan.turn[1][0] = sin(angle);
            plan.turn[0][1] = -sin(angle);
        }
        float *out = filled(&crop, &SAMPLE_DEFAULT, &plan);
        for (size_t z = 0; z < N; z++)
            for (size_t y = 0; y < N; y++)
                for (size_t x = 0; x < N; x++) {
                    size_t from[3] = {x, y, z};
                    if (k < 3)
                        from[k] = N - 1 - from[k];
                    else {
                        from[0] = k == 3 ? N - 1 - y : y;
                        from[1] = k == 3 ? x : N - 1 - x;
                    }
                    for (size_t c = 0; c < 3; c++)
                        assert_double_near(out[c + 3 * (x + N * (y + N * z))], box[c + 3 * (from[0] + N * (from[1] + N * from[2]))], k < 3 ? 0 : 1e-4);
                }
        free(out);
    }
    free(box);
    crop_free(&crop);
}

static void a_flip_of_a_flip_is_the_box(void **state)
{
    (void)state;
    struct crop crop = crop_of(CROP_3D, 1, (const size_t[3]){8, 7, 6}, (const size_t[3]){2, 2, 2}, 7), again = crop;
    struct augment_plan flip = augment_identity();
    flip.turn[0][0] = flip.turn[2][2] = -1;
    float *box = filled(&crop, &SAMPLE_DEFAULT, NULL), *once = filled(&crop, &SAMPLE_DEFAULT, &flip);
    /* The crop itself flipped by hand: a flip of it must give the box back. */
    size_t n = grid_voxel_n(&crop.grid);
    again.voxels = malloc(n * crop.lane_n * sizeof *again.voxels);
    assert_non_null(again.voxels);
    for (size_t i = 0; i < n; i++) {
        size_t x = i % 12, y = i / 12 % 11, z = i / 12 / 11;
        memcpy(again.voxels + i * crop.lane_n, crop.voxels + crop.lane_n * ((11 - x) + 12 * (y + 11 * (9 - z))), crop.lane_n * sizeof *again.voxels);
    }
    float *twice = filled(&again, &SAMPLE_DEFAULT, &flip);
    assert_memory_equal(twice, box, 8 * 7 * 6 * 2 * sizeof *box);
    assert_true(memcmp(once, box, 8 * 7 * 6 * 2 * sizeof *box) != 0);
    free(again.voxels);
    free(box);
    free(once);
    free(twice);
    crop_free(&crop);
}

/* The plain twin of the geometric pass: one lane at a continuous index, in doubles. */
static double plain_read(const struct crop *crop, const double at[3], size_t lane)
{
    double sum = 0;
    for (int a = 0; a < 3; a++)
        if (at[a] < -0.5 || at[a] > (double)crop->grid.n[a] - 0.5)
            return lane < crop->phase_n ? crop->low[lane] : 256;
    for (unsigned corner = 0; corner < 8; corner++) {
        double weight = 1;
        ptrdiff_t index[3];
        for (int a = 0; a < 3; a++) {
            double inside = fmin(fmax(at[a], 0), (double)crop->grid.n[a] - 1), low = floor(inside);
            bool high = corner >> a & 1;
            weight *= high ? inside - low : 1 - (inside - low);
            index[a] = (ptrdiff_t)fmin(low + high, (double)crop->grid.n[a] - 1);
        }
        sum += weight * lane_at(crop, index[0], index[1], index[2], lane);
    }
    return sum;
}

static void any_plan_equals_the_plain_twin(void **state)
{
    (void)state;
    static const enum crop_view VIEW[] = {CROP_3D, CROP_2D_LARGEST, CROP_25D};
    struct augment wild = {.flip_x = 0.5, .flip_y = 0.5, .flip_z = 0.5, .rotate = 0.8, .rotate_degrees = 180, .tilt = 0.8, .tilt_degrees = 60, .scale = 0.8,
                           .scale_by = 0.6, .shift = 0.8, .shift_mm = 6, .gain = 0.5, .gain_by = 0.4, .offset = 0.5, .offset_hu = 60, .drop = 0.2};
    for (uint64_t turn = 0; turn < 60; turn++) {
        enum crop_view view = VIEW[turn % 3];
        size_t phase_n = 1 + turn % 4;
        const size_t size[3] = {9, 8, view == CROP_2D_LARGEST ? 1 : 5}, margin[3] = {turn % 5, 2, view == CROP_3D ? 1 : 0};
        struct crop crop = crop_of(view, phase_n, size, margin, turn);
        struct rng rng = rng_make(21, "test.sample", turn, 0);
        struct augment_plan plan = augment_draw(&wild, &crop, &rng);
        float *out = filled(&crop, &SAMPLE_DEFAULT, &plan);
        for (size_t z = 0; z < size[2]; z++)
            for (size_t y = 0; y < size[1]; y++)
                for (size_t x = 0; x < size[0]; x++) {
                    const double o[3] = {(double)x - (double)(size[0] - 1) / 2, (double)y - (double)(size[1] - 1) / 2, (double)z - (double)(size[2] - 1) / 2};
                    double at[3];
                    bool edge = false, out_of_it = false;
                    for (int a = 0; a < 3; a++) {
                        at[a] = plan.shift[a] + (double)(crop.grid.n[a] - 1) / 2 + plan.turn[a][0] * o[0] + plan.turn[a][1] * o[1] + plan.turn[a][2] * o[2];
                        out_of_it |= at[a] < -0.5 || at[a] > (double)crop.grid.n[a] - 0.5;
                        edge |= fabs(at[a] + 0.5) < 1e-4 || fabs(at[a] - (double)crop.grid.n[a] + 0.5) < 1e-4;
                    }
                    if (edge)
                        continue;
                    size_t c = phase_n + 1;
                    const float *value = view == CROP_25D ? out + (y * size[0] + x) * c * size[2] + z * c : out + ((z * size[1] + y) * size[0] + x) * c;
                    for (size_t p = 0; p < phase_n; p++) {
                        double hu = plain_read(&crop, at, p), middle = (crop.low[p] + crop.high[p]) / 2;
                        double changed = (hu - middle) * (double)plan.gain[p] + middle + (double)plan.offset_hu[p];
                        double expected = plan.dropped[p] || hu <= crop.low[p] ? -1 : windowed(&crop, p, changed);
                        if (out_of_it || fabs(hu - crop.low[p]) > 0.05)
                            assert_double_near(value[p], expected, 1e-3); /* float positions: 1e-5 voxel of 700 HU */
                    }
                    double distance = plain_read(&crop, at, phase_n);
                    if (fabs(distance) > 0.05)
                        assert_double_near(value[phase_n], distance < 0, 0);
                }
        free(out);
        crop_free(&crop);
    }
}

static void the_same_generator_gives_the_same_bytes(void **state)
{
    (void)state;
    struct augment all = AUGMENT_DEFAULT;
    all.noise = all.blur = all.jitter = 1;
    struct crop crop = crop_of(CROP_3D, 2, (const size_t[3]){16, 16, 8}, (const size_t[3]){8, 8, 6}, 8);
    static float one[16 * 16 * 8 * 3], two[16 * 16 * 8 * 3], other[16 * 16 * 8 * 3];
    struct rng a = rng_make(1, "augment", 2, 3), b = a, c = rng_make(1, "augment", 2, 4);
    assert_true(sample_fill(&crop, &SAMPLE_DEFAULT, 0, &all, &a, one, NULL) && sample_fill(&crop, &SAMPLE_DEFAULT, 0, &all, &b, two, NULL) &&
                sample_fill(&crop, &SAMPLE_DEFAULT, 0, &all, &c, other, NULL));
    assert_memory_equal(one, two, sizeof one);
    assert_true(memcmp(one, other, sizeof one) != 0);
    crop_free(&crop);
}

static struct crop level_crop(int hu, size_t n)
{
    struct crop_settings settings = CROP_DEFAULT;
    settings.mask_n = 0;
    settings.phase_n = 2;
    for (int a = 0; a < 3; a++)
        settings.size[a] = n;
    int16_t *value = malloc(n * n * n * sizeof *value);
    assert_non_null(value);
    for (size_t i = 0; i < n * n * n; i++)
        value[i] = (int16_t)hu;
    struct crop crop;
    assert_true(crop_of_values(&settings, (const int16_t *const[]){value, value}, NULL, &crop, NULL));
    free(value);
    return crop;
}

static void noise_has_its_standard_deviation_and_leaves_air_alone(void **state)
{
    (void)state;
    enum { N = 24 };
    struct augment_plan plan = augment_identity();
    plan.noise_hu = 15;
    struct crop crop = level_crop(50, N), air = level_crop(-100, N);
    float *out = filled(&crop, &SAMPLE_DEFAULT, &plan), *dark = filled(&air, &SAMPLE_DEFAULT, &plan);
    double sum[2] = {0, 0}, square[2] = {0, 0}, product = 0, n = N * N * N;
    for (size_t i = 0; i < N * N * N; i++) {
        for (int p = 0; p < 2; p++) {
            sum[p] += (double)out[2 * i + p] * 150;
            square[p] += (double)out[2 * i + p] * (double)out[2 * i + p] * 150 * 150;
            assert_true(dark[2 * i + p] == -1);
        }
        product += (double)out[2 * i] * (double)out[2 * i + 1] * 150 * 150;
    }
    for (int p = 0; p < 2; p++) {
        assert_double_near(sum[p] / n, 0, 5 * 15 / sqrt(n)); /* the window's middle is 50 HU */
        assert_double_near(sqrt(square[p] / n), 15, 0.4);
    }
    assert_double_near(product / n, 0, 5 * 225 / sqrt(n));
    free(out);
    free(dark);
    crop_free(&crop);
    crop_free(&air);
}

static void a_blur_equals_the_plain_gaussian_and_leaves_masks_alone(void **state)
{
    (void)state;
    for (int view = CROP_3D; view <= CROP_25D; view += 3) {
        struct crop crop = crop_of((enum crop_view)view, 1, (const size_t[3]){9, 8, 7}, (const size_t[3]){0, 0, 0}, 9);
        struct augment_plan plan = augment_identity();
        plan.blur_voxels = 0.9f;
        float *out = filled(&crop, &SAMPLE_DEFAULT, &plan), *sharp = filled(&crop, &SAMPLE_DEFAULT, NULL);
        double weight[4], all = 0;
        for (int k = -3; k <= 3; k++)
            all += weight[k < 0 ? -k : k] = exp(-k * k / (2 * 0.81));
        for (ptrdiff_t z = 0; z < 7; z++)
            for (ptrdiff_t y = 0; y < 8; y++)
                for (ptrdiff_t x = 0; x < 9; x++) {
                    double sum = 0;
                    ptrdiff_t deep = view == CROP_3D ? 3 : 0;
                    for (ptrdiff_t k = -deep; k <= deep; k++)
                        for (ptrdiff_t j = -3; j <= 3; j++)
                            for (ptrdiff_t i = -3; i <= 3; i++) {
                                const ptrdiff_t from[3] = {x + i < 0 ? 0 : x + i > 8 ? 8 : x + i, y + j < 0 ? 0 : y + j > 7 ? 7 : y + j, z + k < 0 ? 0 : z + k > 6 ? 6 : z + k};
                                sum += weight[labs(i)] * weight[labs(j)] / all / all * (deep == 0 ? 1 : weight[labs(k)] / all) * lane_at(&crop, from[0], from[1], from[2], 0);
                            }
                    size_t at = view == CROP_3D ? (size_t)((z * 8 + y) * 9 + x) * 2 : (size_t)((y * 9 + x) * 14 + z * 2);
                    if (fabs(sum + 100) > 0.01)
                        assert_double_near(out[at], sum < -100 ? -1 : windowed(&crop, 0, sum), 1e-5);
                    assert_true(out[at + 1] == sharp[at + 1]);
                }
        free(out);
        free(sharp);
        crop_free(&crop);
    }
}

static void masks_grow_and_shrink_by_a_ball(void **state)
{
    (void)state;
    static const float RADIUS[] = {0.4f, 1, 1.5f, 2.3f, 4, -0.4f, -1, -1.5f, -2.3f, -3};
    struct crop crop = crop_of(CROP_3D, 1, (const size_t[3]){19, 18, 13}, (const size_t[3]){0, 0, 0}, 10);
    float *sharp = filled(&crop, &SAMPLE_DEFAULT, NULL);
    for (size_t r = 0; r < sizeof RADIUS / sizeof RADIUS[0]; r++) {
        struct augment_plan plan = augment_identity();
        plan.jitter_voxels = RADIUS[r];
        float *out = filled(&crop, &SAMPLE_DEFAULT, &plan);
        double radius = fabs((double)RADIUS[r]);
        for (size_t i = 0; i < 19 * 18 * 13; i++) {
            bool inside = sharp[2 * i + 1] == 1, grow = RADIUS[r] > 0, other = false;
            for (size_t k = 0; k < 19 * 18 * 13; k++) { /* of the other kind within the ball; spacing 1, 1, 1.5 */
                double dx = (double)(k % 19) - (double)(i % 19), dy = (double)(k / 19 % 18) - (double)(i / 19 % 18), dz = 1.5 * ((double)(k / 342) - (double)(i / 342));
                other |= (sharp[2 * k + 1] == 1) != inside && dx * dx + dy * dy + dz * dz <= radius * radius + 1e-9;
            }
            assert_true(out[2 * i + 1] == (grow ? (inside || other ? 1 : 0) : (inside && !other ? 1 : 0)));
            assert_true(out[2 * i] == sharp[2 * i]);
        }
        free(out);
    }
    free(sharp);
    crop_free(&crop);
}

static void a_dropped_phase_is_all_low_and_the_others_stay(void **state)
{
    (void)state;
    struct crop crop = crop_of(CROP_3D, 2, (const size_t[3]){6, 5, 4}, (const size_t[3]){1, 1, 1}, 11);
    struct augment_plan plan = augment_identity();
    plan.dropped[1] = true;
    plan.offset_hu[1] = 400;
    float *out = filled(&crop, &SAMPLE_DEFAULT, &plan), *box = filled(&crop, &SAMPLE_DEFAULT, NULL);
    for (size_t i = 0; i < 120; i++)
        assert_true(out[3 * i] == box[3 * i] && out[3 * i + 1] == -1 && out[3 * i + 2] == box[3 * i + 2]);
    free(out);
    free(box);
    crop_free(&crop);
}

static void a_blur_without_memory_says_so(void **state)
{
    (void)state;
    struct crop crop = level_crop(10, 4);
    struct augment_plan plan = augment_identity();
    plan.blur_voxels = 1;
    float out[4 * 4 * 4 * 2];
    struct err err = ERR_INIT;
    crop.size[1] = SIZE_MAX / 4; /* no such box: the product overflows before anything is read */
    assert_false(sample_fill_plan(&crop, &SAMPLE_DEFAULT, 0, &plan, NULL, out, &err));
    assert_error_has(err, ERR_SYSTEM, "out of memory");
    crop.size[1] = 4;
    crop_free(&crop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_augmentation_a_sample_is_exactly_the_box),
        cmocka_unit_test(the_mask_and_the_amplitude_are_as_set),
        cmocka_unit_test(a_centred_phase_has_mean_zero_in_its_mask_and_is_zero_outside),
        cmocka_unit_test(bytes_scaled_as_a_window_come_out_exactly),
        cmocka_unit_test(the_shape_is_known_before_a_crop_is_made),
        cmocka_unit_test(neighbours_are_channels_slice_by_slice),
        cmocka_unit_test(every_slice_of_a_case_is_an_input),
        cmocka_unit_test(flips_and_quarter_turns_are_permutations),
        cmocka_unit_test(a_flip_of_a_flip_is_the_box),
        cmocka_unit_test(any_plan_equals_the_plain_twin),
        cmocka_unit_test(the_same_generator_gives_the_same_bytes),
        cmocka_unit_test(noise_has_its_standard_deviation_and_leaves_air_alone),
        cmocka_unit_test(a_blur_equals_the_plain_gaussian_and_leaves_masks_alone),
        cmocka_unit_test(masks_grow_and_shrink_by_a_ball),
        cmocka_unit_test(a_dropped_phase_is_all_low_and_the_others_stay),
        cmocka_unit_test(a_blur_without_memory_says_so),
    };
    return tap_run(tests);
}
