/* Maps of a score: through which learner, in which direction, by which method, and models that have none. With tiny crops in the positive class
 * has a bright half of the tumour; one model is shared by all tests that need no other. */
#include "study/scoremap.h"

#include <math.h>

#include "base/mem.h"
#include "base/rng.h"
#include "ml/columns.h"
#include "ml/steps.h"
#include "nn/crossfit.h"
#include "nn/gradcam.h"
#include "study/crops.h"
#include "study/frozen_columns.h"
#include "tap.h"

enum { SIDE = 10, CASE_N = 36, BOX = SIDE * SIDE * SIDE };

static struct crop crops[CASE_N];
static double label[CASE_N], noisy[CASE_N]; /* noisy: every fifth is turned, so that the classes overlap */
static struct table table;
static struct model model;

/* x below 5 is bright where the label is 1. */
static int make_cases(void **state)
{
    (void)state;
    static int16_t hu[BOX];
    static uint8_t inside[BOX];
    struct crop_settings settings = CROP_DEFAULT;
    struct err err = ERR_INIT;
    for (size_t axis = 0; axis < 3; axis++)
        settings.size[axis] = SIDE;
    for (size_t i = 0; i < CASE_N; i++) {
        struct rng rng = rng_make(8, "test.case", i, 0);
        const int16_t *phase[] = {hu};
        const uint8_t *mask[] = {inside};
        label[i] = (double)(i % 2);
        noisy[i] = i % 5 == 0 ? 1 - label[i] : label[i];
        for (size_t k = 0; k < BOX; k++) {
            size_t x = k % SIDE, y = k / SIDE % SIDE, z = k / SIDE / SIDE;
            inside[k] = x >= 2 && x < 8 && y >= 2 && y < 8 && z >= 2 && z < 8;
            hu[k] = (int16_t)(40 + 20 * rng_normal(&rng) + (i % 2 && inside[k] && x < 5 ? 80 : 0));
        }
        if (!crop_of_values(&settings, phase, mask, &crops[i], &err))
            return -1;
    }
    return 0;
}

static int free_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_N; i++)
        crop_free(&crops[i]);
    return 0;
}

static void table_of(struct table *to, size_t hole)
{
    struct err err = ERR_INIT;
    assert_done(table_init(to, CASE_N, NULL, NULL, &err), err);
    struct column *column = table_add(to, "age", COLUMN_NUMBER, &err);
    for (size_t i = 0; i < CASE_N; i++)
        column->number[i] = (double)(i * 7 % 10);
    column = table_add(to, CROPS_COLUMN, COLUMN_CASE, &err);
    for (size_t i = 0; i < CASE_N; i++)
        column->object[i] = i == hole ? NULL : &crops[i];
}

/* Networks, the columns named, a learner. `nets` false: without the networks. */
static void model_of(struct model *to, const double *y, const char *column, const char *learner, bool nets)
{
    struct err err = ERR_INIT;
    struct crossfit_settings crossfit = crossfit_default();
    crossfit.column = CROPS_COLUMN;
    crossfit.net_n = 2;
    crossfit.trainer.epoch_n = 6;
    crossfit.trainer.batch_n = 8;
    crossfit.trainer.schedule.lr = 5e-3;
    crossfit.trainer.schedule.warmup = 1;
    crossfit.augment = AUGMENT_FLIPS;
    const struct columns_settings columns = {(const char *const[]){column}, 1};
    const struct step step[] = {{&crossfit_kind, &crossfit}, {&columns_kind, &columns}, ml_learner_find(learner)->step};
    const struct outcome outcome = {.label = y};
    const struct rows rows = {&table, &outcome, 0, NULL};
    *to = (struct model){.has_crop = nets};
    assert_done(pipeline_fit(step + !nets, 3 - !nets, &rows, 5, &to->pipeline, NULL, &err), err);
}

static int make_model(void **state)
{
    int failed = make_cases(state);
    if (failed != 0)
        return failed;
    table_of(&table, SIZE_MAX);
    model_of(&model, label, "deep.small3d.logit", "ridge", true);
    return 0;
}

static int free_model(void **state)
{
    model_free(&model);
    table_free(&table);
    return free_cases(state);
}

static struct scoremap map_of(const struct model *from, size_t row, enum scoremap_of of)
{
    struct scoremap map;
    struct err err = ERR_INIT;
    assert_done(scoremap_make(from, &table, row, of, 11, &map, &err), err);
    assert_int_equal(map.n, BOX);
    for (size_t s = 0; s < map.n; s++)
        assert_true(map.map[s] >= 0);
    return map;
}

/* Sum over the bright half of the tumour, and over its mirror image. */
static void halves(const struct scoremap *map, double *bright, double *other)
{
    *bright = *other = 0;
    for (size_t k = 0; k < BOX; k++) {
        size_t x = k % SIDE, y = k / SIDE % SIDE, z = k / SIDE / SIDE;
        if (y >= 2 && y < 8 && z >= 2 && z < 8 && x >= 2 && x < 8)
            *(x < 5 ? bright : other) += (double)map->map[k];
    }
}

static void what_raises_the_score_lies_where_the_sign_is(void **state)
{
    (void)state;
    double bright, other, sum = 0;
    size_t n = 0;
    assert_true(scoremap_has_networks(&model));
    for (size_t row = 1; row < 12; row += 2) {
        struct scoremap map = map_of(&model, row, SCOREMAP_RAISES);
        assert_int_equal(map.method, SCOREMAP_GRADCAM);
        assert_true(map.slope > 0 && !map.empty && map.sanity >= -1 && map.sanity <= 1);
        halves(&map, &bright, &other);
        sum += bright / (bright + other);
        n++;
        scoremap_free(&map);
    }
    assert_true(sum / (double)n > 0.55);
}

/* The column is a mean over mirror images, so a tumour's mirror image has the tumour's score. */
static void a_mirror_image_has_the_same_score(void **state)
{
    (void)state;
    struct crop turned = crops[3];
    struct err err = ERR_INIT;
    size_t lane_n = turned.lane_n;
    turned.voxels = mem_alloc(BOX, lane_n * sizeof *turned.voxels, &err);
    assert_non_null(turned.voxels);
    for (size_t k = 0; k < BOX; k++)
        memcpy(turned.voxels + k * lane_n, crops[3].voxels + (k / SIDE * SIDE + SIDE - 1 - k % SIDE) * lane_n, lane_n * sizeof *turned.voxels);
    struct scoremap map = map_of(&model, 3, SCOREMAP_RAISES);
    struct column *column = table_find(&table, CROPS_COLUMN);
    column->object[3] = &turned;
    struct scoremap image = map_of(&model, 3, SCOREMAP_RAISES);
    column->object[3] = &crops[3];
    assert_double_near(image.score, map.score, 1e-6 * (1 + fabs(map.score)));
    mem_free(turned.voxels);
    scoremap_free(&map);
    scoremap_free(&image);
}

/* The slope by the learner's own weight; and a map in units of it. */
static void the_slope_is_the_learners(void **state)
{
    (void)state;
    struct parts parts;
    struct err err = ERR_INIT;
    assert_done(pipeline_parts(model.pipeline, &parts, &err), err);
    struct scoremap map = map_of(&model, 3, SCOREMAP_RAISES), same = map_of(&model, 3, SCOREMAP_RAISES);
    assert_int_equal(parts.n, 1);
    assert_double_near(map.slope, parts.weight[0], 1e-9 * fabs(parts.weight[0]));
    assert_memory_equal(map.map, same.map, BOX * sizeof *map.map);
    assert_memory_equal(&map.sanity, &same.sanity, sizeof map.sanity);
    scoremap_free(&map);
    scoremap_free(&same);
    parts_free(&parts);
}

/* No place both raises and lowers it. */
static void what_raises_and_what_lowers_do_not_meet(void **state)
{
    (void)state;
    for (size_t row = 0; row < 4; row++) {
        struct scoremap up = map_of(&model, row, SCOREMAP_RAISES), down = map_of(&model, row, SCOREMAP_LOWERS);
        assert_false(up.empty && down.empty);
        for (size_t s = 0; s < BOX; s++)
            assert_true(!(up.map[s] > 0) || !(down.map[s] > 0));
        scoremap_free(&up);
        scoremap_free(&down);
    }
}

static void a_learner_without_slope_is_mapped_by_occlusion(void **state)
{
    (void)state;
    size_t shown = 0;
    struct model forest;
    model_of(&forest, noisy, "deep.small3d.logit", "forest", true);
    for (size_t row = 0; row < CASE_N && shown < 1; row++) {
        struct scoremap map = map_of(&forest, row, SCOREMAP_RAISES);
        assert_int_equal(map.method, SCOREMAP_OCCLUSION); /* also where steps happen to lie within SCOREMAP_STEP */
        assert_true(isnan(map.sanity));
        assert_double_near(map.slope, 0, 0);
        shown += !map.empty;
        scoremap_free(&map);
    }
    assert_true(shown > 0);
    model_free(&forest);
}

static void a_learner_that_leaves_the_networks_out_has_an_empty_map(void **state)
{
    (void)state;
    struct model other;
    model_of(&other, label, "age", "ridge", true);
    struct scoremap map = map_of(&other, 3, SCOREMAP_RAISES);
    assert_int_equal(map.method, SCOREMAP_OCCLUSION);
    assert_true(map.empty);
    scoremap_free(&map);
    model_free(&other);
}

static void models_and_cases_without_images_are_refused(void **state)
{
    (void)state;
    struct table holed;
    struct model plain;
    struct scoremap map;
    struct err err = ERR_INIT;
    table_of(&holed, 7);
    assert_false(scoremap_make(&model, &holed, 7, SCOREMAP_RAISES, 1, &map, &err));
    assert_error(err, ERR_INPUT, "map of the score: there is no image for the networks");
    assert_null(map.map);
    model_of(&plain, label, "age", "ridge", false);
    assert_false(scoremap_has_networks(&plain));
    assert_false(scoremap_make(&plain, &table, 3, SCOREMAP_RAISES, 1, &map, &err));
    assert_error(err, ERR_INPUT, "map of the score: the model's score is not made with networks");
    model_free(&plain);
    table_free(&holed);
}

/* Two features of a frozen network: its map is Grad-CAM at its embedding by the learner's own weights. */
static void frozen_features_are_followed_back_from_the_embedding(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct table with;
    struct model frozen = {.has_crop = true, .frozen_sample = SAMPLE_DEFAULT};
    struct crops all = {CASE_N, crops, mem_zero(CASE_N, sizeof(char *), &err)};
    struct crop_settings settings = CROP_DEFAULT;
    for (size_t axis = 0; axis < 3; axis++)
        settings.size[axis] = SIDE;
    static const char *const name[] = {"deep.small3d.f003", "deep.small3d.f017"};
    static const size_t feature[] = {3, 17};
    table_of(&with, SIZE_MAX);
    assert_done(net_make("small3d", &(struct net_options){.channel_n = 2}, 4, &frozen.frozen, &err), err);
    assert_done(frozen_columns_add(frozen.frozen, &settings, &frozen.frozen_sample, &all, &with, &err), err);
    const struct columns_settings columns = {name, 2};
    const struct step step[] = {{&columns_kind, &columns}, ml_learner_find("ridge")->step};
    const struct outcome outcome = {.label = label};
    const struct rows rows = {&with, &outcome, 0, NULL};
    assert_done(pipeline_fit(step, 2, &rows, 5, &frozen.pipeline, NULL, &err), err);
    frozen.input = mem_zero(2, sizeof *frozen.input, &err);
    for (frozen.input_n = 0; frozen.input_n < 2; frozen.input_n++)
        frozen.input[frozen.input_n] = (struct model_input){.name = mem_string(name[frozen.input_n], &err), .in_score = true, .sd = 0.01};
    struct scoremap map;
    assert_done(scoremap_make(&frozen, &with, 5, SCOREMAP_RAISES, 2, &map, &err), err);
    assert_int_equal(map.method, SCOREMAP_GRADCAM);

    struct parts parts;
    struct gradcam *gradcam;
    struct sample_shape shape = sample_shape(&crops[5], &SAMPLE_DEFAULT);
    float sample[2 * BOX], expected[BOX];
    double embedding[32], gradient[32] = {0}, size = 0;
    assert_done(pipeline_parts(frozen.pipeline, &parts, &err), err);
    for (size_t k = 0; k < 2; k++)
        gradient[feature[k]] = parts.weight[k];
    assert_done(gradcam_open(frozen.frozen, nn_backend_default(), &shape, GRADCAM_EMBEDDING, &GRADCAM_DEFAULT, &gradcam, &err), err);
    assert_done(sample_fill(&crops[5], &SAMPLE_DEFAULT, 0, NULL, NULL, sample, &err) && gradcam_forward(gradcam, sample, embedding, &err) &&
                    gradcam_map(gradcam, gradient, expected, &err), err);
    gradcam_rectify(expected, BOX);
    for (size_t s = 0; s < BOX; s++)
        size = fmax(size, (double)expected[s]);
    assert_true(size > 0);
    for (size_t s = 0; s < BOX; s++)
        assert_double_near((double)map.map[s], (double)expected[s], 1e-6 * size);
    gradcam_close(gradcam);
    parts_free(&parts);
    scoremap_free(&map);
    mem_free(all.failure);
    model_free(&frozen);
    table_free(&with);
}

/* The steps from the networks on give what the whole pipeline gives. */
static void a_range_of_steps_continues_where_the_part_before_ended(void **state)
{
    (void)state;
    struct table part, rest, whole;
    struct err err = ERR_INIT;
    assert_done(pipeline_apply_range(model.pipeline, 0, 1, &table, &part, &err) && pipeline_apply_range(model.pipeline, 1, 3, &part, &rest, &err) &&
                    pipeline_apply(model.pipeline, &table, &whole, &err), err);
    assert_memory_equal(table_find(&rest, SCORE_COLUMN)->number, table_find(&whole, SCORE_COLUMN)->number, CASE_N * sizeof(double));
    table_free(&part);
    table_free(&rest);
    table_free(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_raises_the_score_lies_where_the_sign_is),
        cmocka_unit_test(a_mirror_image_has_the_same_score),
        cmocka_unit_test(the_slope_is_the_learners),
        cmocka_unit_test(what_raises_and_what_lowers_do_not_meet),
        cmocka_unit_test(a_learner_without_slope_is_mapped_by_occlusion),
        cmocka_unit_test(a_learner_that_leaves_the_networks_out_has_an_empty_map),
        cmocka_unit_test(models_and_cases_without_images_are_refused),
        cmocka_unit_test(frozen_features_are_followed_back_from_the_embedding),
        cmocka_unit_test(a_range_of_steps_continues_where_the_part_before_ended),
    };
    return tap_run_with(tests, make_model, free_model);
}
