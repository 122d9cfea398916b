/* The deep block's keys: the same names, defaults and choices as the options of `hepar net`, and what they come to. */
#include "study/deep.h"

#include <math.h>

#include "nn/input_options.h"
#include "nn/train_options.h"
#include "study/keys.h"
#include "study/plan.h"
#include "study_files.h"

#define TOP "cohort: cohort.csv\nroles: {default: train}\ntarget: {label: y}\nblocks: {clinical: {columns: [age]}, radiomics: {columns: ['f*']}}\n"
static const char table[] = "ID,y,age,f1,f2,Image_a,Image_b,Mask\nA,0,1,2,3,a.nrrd,b.nrrd,m.nrrd\nB,1,2,3,4,a.nrrd,b.nrrd,m.nrrd\n";

static const struct opt train_rows[] = {TRAIN_OPT_ROWS(0)};

/* Word by word; an option's further choices are for what a study has not (an endpoint's loss). */
static void choices_are_alike(const struct key *key, const struct opt *row)
{
    char words[300] = "";
    for (size_t k = 0; row->choices[k] != NULL; k++)
        snprintf(words + strlen(words), sizeof words - strlen(words), "%s%s", k > 0 ? "|" : "", row->choices[k]);
    if (strcmp(words, key->choices) != 0 && !(strncmp(words, key->choices, strlen(key->choices)) == 0 && strcmp(words + strlen(key->choices), "|cox") == 0))
        fail_msg("%s: %s, but --%s: %s", key->path, key->choices, row->name, words);
}

static void rows_are_keys(const char *above, const struct opt *row, size_t n, size_t skip)
{
    for (size_t k = 0; k < n; k++) {
        char path[100];
        snprintf(path, sizeof path, "%s%s%s", above, row[k].name + skip, row[k].kind == OPT_PAIRS ? ".*" : "");
        for (char *c = path; *c != '\0'; c++)
            *c = *c == '-' ? '_' : *c;
        const struct key *key = key_find(path);
        if (key == NULL)
            fail_msg("--%s has no key %s", row[k].name, path);
        if (row[k].kind == OPT_PAIRS)
            continue;
        if (row[k].kind == OPT_CHOICE)
            choices_are_alike(key, &row[k]);
        if (row[k].kind == OPT_INTEGER || row[k].kind == OPT_NUMBER) {
            assert_double_near(key->low, row[k].least, 0);
            assert_double_near(key->high, row[k].most, 0);
        }
        if (row[k].initial != NULL)
            assert_string_equal(key->standard, row[k].initial);
    }
}

static void every_option_of_input_and_training_is_a_key_with_its_default(void **state)
{
    (void)state;
    rows_are_keys("deep.input.", input_opts, input_opt_n, strlen("input-"));
    rows_are_keys("deep.", train_rows, sizeof train_rows / sizeof train_rows[0], 0);
}

static struct deep read_deep(const char *keys, struct err *err)
{
    char study[2000];
    struct cohort cohort;
    struct deep deep;
    snprintf(study, sizeof study, TOP "%s\n", keys);
    struct study_settings *settings = cohort_of(study, table, &cohort);
    if (!deep_read(settings, &cohort, &deep, err))
        deep = (struct deep){0};
    cohort_free(&cohort);
    settings_free(settings);
    return deep;
}

static void keys_become_a_crop_and_a_training(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct deep deep = read_deep("deep: {use: crossfit, folds: 4, epochs: 7, lr: 0.01, augment_by: {rotate_degrees: 33, flip_z: 0}, patience: 2,\n"
                                 "  input: {size: '20,18,16', fit: 1.5, values: centred, window: '-20,180,0,200', blank: 6}}", &err);
    assert_int_equal(err.kind, ERR_NONE);
    assert_true(deep.crossfit && !deep.frozen);
    assert_string_equal(deep.logit, "deep.small3d.logit");
    assert_string_equal(deep.fit.column, "deep.case");
    assert_int_equal(deep.crop.phase_n, 2);
    assert_int_equal(deep.crop.mask_n, 1);
    assert_int_equal(deep.crop.size[1], 18);
    assert_double_near(deep.crop.fit, 1.5, 0);
    assert_double_near(deep.crop.low[1], 0, 0);
    assert_double_near(deep.crop.blank_mm, 6, 0);
    assert_int_equal(deep.fit.sample.values, SAMPLE_CENTRED);
    assert_int_equal(deep.fit.net_n, 4);
    assert_int_equal(deep.fit.trainer.epoch_n, 7);
    assert_double_near(deep.fit.trainer.schedule.lr, 0.01, 0);
    assert_double_near(deep.fit.augment.rotate_degrees, 33, 0);
    assert_double_near(deep.fit.augment.flip_z, 0, 0);
    assert_true(deep.fit.trainer.keep_best);
    assert_double_near(deep.fit.trainer.holdout, 0.2, 0);
    assert_true(deep.crop.margin[0] > 0);
}

static void nothing_said_is_no_block_and_no_default_moves_the_trainer(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct deep none = read_deep("", &err), plain = read_deep("deep: {use: crossfit}", &err);
    assert_int_equal(err.kind, ERR_NONE);
    assert_false(deep_used(&none));
    struct trainer_settings standard = TRAINER_DEFAULT;
    assert_int_equal(plain.fit.trainer.epoch_n, standard.epoch_n);
    assert_double_near(plain.fit.trainer.schedule.lr, standard.schedule.lr, 0);
    assert_int_equal(plain.fit.net_n, crossfit_default().net_n);
}

static void wrong_keys_are_refused_in_one_line(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    read_deep("deep: {use: crossfit, net: resnet18_2d}", &err);
    assert_error_has(err, ERR_USAGE, "deep.net: no network 'resnet18_2d'; did you mean 'resnet18_3d'?");
    err_clear(&err);
    read_deep("deep: {use: crossfit, input: {window: '200,-100'}}", &err);
    assert_error_has(err, ERR_USAGE, "study file: deep: the window of phase 1 is 200 to -100 HU");
}

static void three_blocks_are_fused_as_dlr_and_as_a_whole(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort cohort;
    struct deep deep;
    struct predictors predictors;
    struct plan plan;
    char names[600] = "", score[64];
    struct study_settings *settings = cohort_of(TOP "deep: {use: crossfit, folds: 5, epochs: 60}\nlate_fusion: both\nvalidation: quick\n", table, &cohort);
    assert_done(deep_read(settings, &cohort, &deep, &err), err);
    assert_done(predictors_make(settings, &cohort, &deep, &predictors, &err), err);
    assert_done(plan_make(settings, &predictors, &deep, &plan, &err), err);
    for (size_t b = 0; b < plan.procedure.block_n; b++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", b > 0 ? " " : "", plan.block[b].name);
    assert_string_equal(names, "clinical radiomics deep radiomics+deep.early radiomics+deep.late radiomics+deep.mean "
                               "clinical+radiomics+deep.early clinical+radiomics+deep.late clinical+radiomics+deep.mean");
    assert_string_equal(plan_score_name("radiomics+deep.late", score), "DLR score");
    for (size_t b = 0; b < plan.procedure.block_n; b++)
        assert_int_equal(shared_used_by(&plan.procedure.shared, plan.block, &plan.block[b]), strstr(plan.block[b].name, "deep") != NULL);
    assert_int_equal(plan.nets[PLAN_NETS_LAST].net_n, 5);
    assert_double_near(plan.nets[PLAN_NETS_LAST].epoch_share, 1, 0);
    assert_int_equal(plan.nets[PLAN_NETS_IN_FOLDS].net_n, 2);
    assert_double_near(plan.nets[PLAN_NETS_IN_FOLDS].epoch_share, 1.0 / 3.0, 0);
    plan_free(&plan);
    predictors_free(&predictors);
    cohort_free(&cohort);
    settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_of_input_and_training_is_a_key_with_its_default),
        cmocka_unit_test(keys_become_a_crop_and_a_training),
        cmocka_unit_test(nothing_said_is_no_block_and_no_default_moves_the_trainer),
        cmocka_unit_test(wrong_keys_are_refused_in_one_line),
        cmocka_unit_test(three_blocks_are_fused_as_dlr_and_as_a_whole),
    };
    return tap_run(tests);
}
