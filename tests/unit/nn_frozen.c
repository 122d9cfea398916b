/* Deep features of frozen nets, against the engine that is called by hand. */
#include "nn/frozen.h"

#include "base/mem.h"
#include "base/pool.h"
#include "case_image.h"
#include "nn/nets.h"

enum { CASE_N = 5, EMBEDDING_N = 32 };

struct fixture {
    struct crop_settings settings;
    struct crop crop[CASE_N];
    const struct crop *list[CASE_N];
    struct net *net;
    struct frozen *frozen;
};

/* Five tumours of growing size in one image, through a net of `name` with random values. */
static void fixture_make(struct fixture *made, const char *name, enum crop_view view, size_t slice_max)
{
    *made = (struct fixture){.settings = CROP_DEFAULT};
    struct err err = ERR_INIT;
    made->settings.view = view;
    made->settings.slice_max = slice_max;
    for (int axis = 0; axis < 3; axis++)
        made->settings.size[axis] = 18;
    const struct grid grid = plain_grid(40, 36, 30, 1.5, 1.5, 2);
    struct volume image = image_of(&grid, VOXEL_I16, bumpy);
    const struct volume *phase = &image;
    for (size_t i = 0; i < CASE_N; i++) {
        struct roi region = ellipsoid(&grid, (const double[3]){2.0 * (double)i - 5, 3, -2}, (const double[3]){6 + (double)i, 5 + (double)i, 4 + 3 * (double)i});
        const struct roi *mask = &region;
        assert_done(crop_make(&made->settings, &phase, &mask, &made->crop[i], NULL, &err), err);
        made->list[i] = &made->crop[i];
        roi_free(&region);
    }
    volume_free(&image);
    assert_done(net_make(name, &(struct net_options){.channel_n = 2}, 3, &made->net, &err), err);
    assert_done(frozen_open(made->net, nn_backend_plain(NN_F32), &made->settings, &SAMPLE_DEFAULT, &made->frozen, &err), err);
}

static void fixture_free(struct fixture *fixture)
{
    frozen_close(fixture->frozen);
    net_free(fixture->net);
    for (size_t i = 0; i < CASE_N; i++)
        crop_free(&fixture->crop[i]);
}

/* One input through an engine of its own. */
static void embed(const struct fixture *fixture, const struct crop *crop, size_t input, double *out)
{
    struct sample_shape shape = sample_shape(crop, &SAMPLE_DEFAULT);
    struct engine_settings settings = {.backend = nn_backend_plain(NN_F32), .mode = ENGINE_INFER, .batch_n = 1, .z = shape.z, .y = shape.y, .x = shape.x};
    struct engine *engine;
    struct err err = ERR_INIT;
    float *values = mem_alloc(sample_value_n(&shape), sizeof *values, NULL);
    assert_done(sample_fill(crop, &SAMPLE_DEFAULT, input, NULL, NULL, values, &err), err);
    assert_done(engine_make(fixture->net, &settings, &engine, &err), err);
    assert_done(engine_load(engine, fixture->net->value, &err), err);
    assert_done(engine_forward(engine, values, 0, &err), err);
    assert_done(engine_read(engine, fixture->net->embedding, out, &err), err);
    engine_free(engine);
    mem_free(values);
}

static void a_volumes_features_are_the_embedding(void **state)
{
    (void)state;
    struct fixture given;
    fixture_make(&given, "small3d", CROP_3D, 1);
    double out[EMBEDDING_N], expected[EMBEDDING_N];
    char name[32];
    assert_int_equal(frozen_n(given.frozen), EMBEDDING_N);
    assert_string_equal(frozen_name(given.frozen, 7, name), "f007");
    assert_true(frozen_of_crop(given.frozen, &given.crop[2], out, NULL));
    embed(&given, &given.crop[2], 0, expected);
    assert_memory_equal(out, expected, sizeof out);
    fixture_free(&given);
}

static void slices_are_pooled_by_mean_and_maximum(void **state)
{
    (void)state;
    struct fixture given;
    fixture_make(&given, "small2d", CROP_2D_ALL, 20);
    const struct crop *crop = &given.crop[4]; /* more slices than go through the net at once */
    double out[2 * EMBEDDING_N], slice[EMBEDDING_N], mean[EMBEDDING_N] = {0}, most[EMBEDDING_N];
    char name[32];
    assert_int_equal(frozen_n(given.frozen), 2 * EMBEDDING_N);
    assert_string_equal(frozen_name(given.frozen, EMBEDDING_N + 7, name), "max.f007");
    assert_true(crop->input_n > FROZEN_BATCH);
    assert_true(frozen_of_crop(given.frozen, crop, out, NULL));
    for (size_t i = 0; i < crop->input_n; i++) {
        embed(&given, crop, i, slice);
        for (size_t k = 0; k < EMBEDDING_N; k++) {
            mean[k] += slice[k] / (double)crop->input_n;
            most[k] = i == 0 || slice[k] > most[k] ? slice[k] : most[k];
        }
    }
    for (size_t k = 0; k < EMBEDDING_N; k++) {
        assert_double_near(out[k], mean[k], 1e-6);
        assert_double_near(out[EMBEDDING_N + k], most[k], 1e-6);
    }
    fixture_free(&given);
}

static void company_and_threads_change_no_byte(void **state)
{
    (void)state;
    struct fixture given;
    fixture_make(&given, "small2d", CROP_2D_ALL, 20);
    double alone[CASE_N][2 * EMBEDDING_N], together[CASE_N][2 * EMBEDDING_N];
    for (size_t i = 0; i < CASE_N; i++)
        assert_true(frozen_of_crop(given.frozen, &given.crop[CASE_N - 1 - i], alone[CASE_N - 1 - i], NULL));
    frozen_close(given.frozen);
    assert_true(pool_start(3, NULL));
    assert_true(frozen_open(given.net, nn_backend_plain(NN_F32), &given.settings, &SAMPLE_DEFAULT, &given.frozen, NULL));
    assert_true(frozen_of_crops(given.frozen, given.list, CASE_N, together[0], NULL));
    pool_stop();
    assert_memory_equal(alone, together, sizeof alone);
    fixture_free(&given);
}

static void a_case_without_a_crop_has_holes(void **state)
{
    (void)state;
    struct fixture given;
    fixture_make(&given, "small3d", CROP_3D, 1);
    double out[CASE_N][EMBEDDING_N];
    given.list[1] = NULL;
    assert_true(frozen_of_crops(given.frozen, given.list, CASE_N, out[0], NULL));
    for (size_t k = 0; k < EMBEDDING_N; k++)
        assert_true(isnan(out[1][k]) && isfinite(out[2][k]));
    fixture_free(&given);
}

static void another_number_of_channels_or_dimensions_is_refused(void **state)
{
    (void)state;
    struct fixture given;
    fixture_make(&given, "small3d", CROP_3D, 1);
    struct sample_settings without_mask = SAMPLE_DEFAULT;
    struct crop_settings flat = given.settings;
    struct frozen *frozen;
    struct err err = ERR_INIT;
    without_mask.mask_channel = false;
    assert_false(frozen_open(given.net, nn_backend_plain(NN_F32), &given.settings, &without_mask, &frozen, &err));
    assert_error(err, ERR_INPUT, "the net small3d takes 2 channels, the input has 1");
    flat.view = CROP_2D_LARGEST;
    err_clear(&err);
    assert_false(frozen_open(given.net, nn_backend_plain(NN_F32), &flat, &SAMPLE_DEFAULT, &frozen, &err));
    assert_error(err, ERR_INPUT, "the net small3d is 3-D, the input has 18 x 18 x 1 voxels");
    fixture_free(&given);
}

static void values_that_are_not_finite_are_refused(void **state)
{
    (void)state;
    struct fixture given;
    fixture_make(&given, "small3d", CROP_3D, 1);
    double out[EMBEDDING_N];
    struct err err = ERR_INIT;
    given.net->value[net_find(given.net, "block1.bn.bias")->offset] = INFINITY;
    assert_false(frozen_of_crop(given.frozen, &given.crop[0], out, &err));
    assert_error(err, ERR_INPUT, "the net small3d gives values that are not finite");
    fixture_free(&given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_volumes_features_are_the_embedding),
        cmocka_unit_test(slices_are_pooled_by_mean_and_maximum),
        cmocka_unit_test(company_and_threads_change_no_byte),
        cmocka_unit_test(a_case_without_a_crop_has_holes),
        cmocka_unit_test(another_number_of_channels_or_dimensions_is_refused),
        cmocka_unit_test(values_that_are_not_finite_are_refused),
    };
    return tap_run(tests);
}
