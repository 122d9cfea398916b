/* Cross-fitted networks as a step: who has seen whom, what is handed on, and the way through a store. On the plain backend, with tiny crops. */
#include "nn/crossfit.h"

#include <math.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "nn/mirror.h"
#include "nn/predict.h"
#include "stats/roc.h"
#include "tap.h"

enum { SIDE = 10, CASE_N = 30, BOX = SIDE * SIDE * SIDE };

static struct crop crops[CASE_N];
static double label[CASE_N], survival[CASE_N], event[CASE_N];

/* Soft tissue with a bright corner of the tumour in cases of label 1. */
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
        survival[i] = (i % 2 ? 100 : 300) * (0.5 + rng_uniform(&rng));
        event[i] = (double)(i % 5 != 0);
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

/* Cohort rows 100, 101, ...; case `hole` has no crop. */
static void table_of(struct table *table, size_t from, size_t n, size_t hole)
{
    struct err err = ERR_INIT;
    size_t row[CASE_N];
    for (size_t i = 0; i < n; i++)
        row[i] = 100 + from + i;
    assert_done(table_init(table, n, row, NULL, &err), err);
    struct column *age = table_add(table, "age", COLUMN_NUMBER, &err);
    assert_non_null(age);
    for (size_t i = 0; i < n; i++)
        age->number[i] = 50 + (double)i;
    struct column *crop = table_add(table, "crop", COLUMN_CASE, &err);
    assert_non_null(crop);
    for (size_t i = 0; i < n; i++)
        crop->object[i] = from + i == hole ? NULL : &crops[from + i];
}

static struct crossfit_settings quick(void)
{
    struct crossfit_settings settings = crossfit_default();
    settings.trainer.epoch_n = 8;
    settings.trainer.batch_n = 8;
    settings.trainer.schedule.lr = 5e-3;
    settings.trainer.schedule.warmup = 1;
    settings.augment = AUGMENT_FLIPS;
    settings.backend = nn_backend_plain(NN_F32);
    return settings;
}

static void fit(const struct crossfit_settings *settings, const struct outcome *outcome, size_t hole, void **state, struct table *out)
{
    struct table table;
    struct err err = ERR_INIT;
    table_of(&table, 0, CASE_N, hole);
    const struct rows rows = {&table, outcome, 0, NULL};
    const struct step step = {&crossfit_kind, settings};
    *out = (struct table){0};
    assert_done(crossfit_kind.fit(&step, &rows, 77, state, out, &err), err);
    table_free(&table);
}

static const struct outcome labels = {.label = label}, endpoint = {.time = survival, .event = event};

static void a_training_case_is_judged_by_the_net_that_never_saw_it(void **state)
{
    (void)state;
    struct crossfit_settings settings = quick();
    void *fitted;
    struct table out;
    fit(&settings, &labels, SIZE_MAX, &fitted, &out);
    const struct crossfit *crossfit = fitted;
    const struct column *logit = table_find(&out, "deep.small3d.logit");
    assert_non_null(logit);
    assert_non_null(table_find(&out, "age"));
    assert_non_null(table_find(&out, "crop"));
    assert_int_equal(crossfit->net_n, 3);
    for (size_t i = 0; i < CASE_N; i++) {
        const struct rowset *seen = column_seen(logit, i);
        assert_false(rowset_has(seen, 100 + i));
        assert_int_equal(rowset_n(seen), 20);
    }
    /* Each net's held-out logits are standardised by themselves; rows of one net share its set. */
    for (size_t i = 0; i < CASE_N; i++) {
        double sum = 0, square = 0;
        size_t n = 0;
        for (size_t j = 0; j < CASE_N; j++)
            if (column_seen(logit, j) == column_seen(logit, i)) {
                sum += logit->number[j];
                square += logit->number[j] * logit->number[j];
                n++;
            }
        assert_int_equal(n, 10);
        assert_double_near(sum, 0, 1e-11);
        assert_double_near(square, 10, 1e-11);
    }
    size_t scratch[CASE_N];
    assert_true(roc_auc_value(logit->number, label, CASE_N, scratch) > 0.8);
    crossfit_kind.free(fitted);
    table_free(&out);
}

static void new_cases_get_the_mean_of_the_nets(void **state)
{
    (void)state;
    struct crossfit_settings settings = quick();
    void *fitted;
    struct table out, table, applied, one, alone;
    struct err err = ERR_INIT;
    fit(&settings, &labels, SIZE_MAX, &fitted, &out);
    table_of(&table, 0, CASE_N, 4);
    assert_done(crossfit_kind.apply(fitted, &table, &applied, &err), err);
    const struct column *logit = table_find(&applied, "deep.small3d.logit");
    assert_non_null(logit);
    assert_true(isnan(logit->number[4]));
    assert_string_equal(logit->reason[4], "no image");
    size_t scratch[CASE_N];
    double score[CASE_N];
    memcpy(score, logit->number, sizeof score);
    score[4] = -9;
    assert_true(roc_auc_value(score, label, CASE_N, scratch) > 0.9);
    /* A case alone gets what it gets among others. */
    table_of(&one, 7, 1, SIZE_MAX);
    assert_done(crossfit_kind.apply(fitted, &one, &alone, &err), err);
    assert_double_near(table_find(&alone, "deep.small3d.logit")->number[0], logit->number[7], 0);
    /* The mean by hand. */
    const struct crossfit *crossfit = fitted;
    double mean = 0;
    const struct crop *only[] = {&crops[7]};
    const struct source_crops of = {only, settings.sample, NULL};
    const size_t first = 0;
    struct source source, images;
    assert_int_equal(crossfit->mirrors, MIRROR_ALL);
    assert_done(source_of_crops(&of, 1, NULL, &source, &err), err);
    const struct mirrored mirrored = {&source, MIRROR_ALL};
    source_of_mirrors(&mirrored, &images);
    for (size_t k = 0; k < crossfit->net_n; k++) {
        double raw;
        assert_done(net_predict(crossfit->fitted[k].net, NULL, settings.backend, &images, &first, 1, crossfit->fitted[k].net->output, &raw, &err), err);
        mean += (raw - crossfit->fitted[k].mean) / crossfit->fitted[k].sd / 3;
    }
    assert_double_near(logit->number[7], mean, 1e-12);
    crossfit_kind.free(fitted);
    table_free(&out);
    table_free(&table);
    table_free(&applied);
    table_free(&one);
    table_free(&alone);
}

static void a_case_without_an_image_is_a_hole_and_seen_by_nobody(void **state)
{
    (void)state;
    struct crossfit_settings settings = quick();
    void *fitted;
    struct table out;
    settings.trainer.epoch_n = 1;
    fit(&settings, &labels, 3, &fitted, &out);
    const struct column *logit = table_find(&out, "deep.small3d.logit");
    assert_true(isnan(logit->number[3]));
    assert_string_equal(logit->reason[3], "no image");
    assert_null(column_seen(logit, 3));
    for (size_t i = 0; i < CASE_N; i++)
        assert_false(rowset_has(column_seen(logit, i), 103));
    crossfit_kind.free(fitted);
    table_free(&out);
}

static void an_endpoint_is_fitted_by_the_cox_loss(void **state)
{
    (void)state;
    struct crossfit_settings settings = quick();
    void *fitted;
    struct table out;
    struct text line = TEXT_INIT;
    fit(&settings, &endpoint, SIZE_MAX, &fitted, &out);
    const struct crossfit *crossfit = fitted;
    double mean = 0;
    for (size_t k = 0; k < 3; k++)
        mean += crossfit->fitted[k].auc / 3;
    assert_true(mean > 0.6);
    crossfit_kind.describe(fitted, &line);
    assert_non_null(strstr(line.bytes, "3 cross-fitted nets small3d on 30 cases; C on the cases they had not seen 0."));
    text_free(&line);
    crossfit_kind.free(fitted);
    table_free(&out);
}

static void values_are_the_same_bytes_for_any_number_of_threads(void **state)
{
    (void)state;
    struct crossfit_settings settings = quick();
    struct table out[2];
    void *fitted[2];
    struct err err = ERR_INIT;
    settings.trainer.epoch_n = 2;
    for (size_t t = 0; t < 2; t++) {
        assert_done(pool_start(t == 0 ? 1 : 4, &err), err);
        fit(&settings, &labels, SIZE_MAX, &fitted[t], &out[t]);
        pool_stop();
    }
    const struct crossfit *a = fitted[0], *b = fitted[1];
    for (size_t k = 0; k < 3; k++)
        assert_memory_equal(a->fitted[k].net->value, b->fitted[k].net->value, a->fitted[k].net->value_n * sizeof(float));
    assert_memory_equal(table_find(&out[0], "deep.small3d.logit")->number, table_find(&out[1], "deep.small3d.logit")->number, CASE_N * sizeof(double));
    for (size_t t = 0; t < 2; t++) {
        crossfit_kind.free(fitted[t]);
        table_free(&out[t]);
    }
}

static void what_was_saved_scores_as_before_and_damage_is_refused(void **state)
{
    (void)state;
    struct crossfit_settings settings = quick();
    void *fitted, *loaded, *none;
    struct table out, table, before, after;
    struct store store = {0};
    struct text line[2] = {TEXT_INIT, TEXT_INIT};
    struct err err = ERR_INIT;
    settings.trainer.epoch_n = 1;
    fit(&settings, &labels, SIZE_MAX, &fitted, &out);
    assert_done(crossfit_kind.save(fitted, &store, "step0", &err), err);
    assert_done(crossfit_kind.load(&store, "step0", NULL, &loaded, &err), err);
    ((struct crossfit *)loaded)->backend = settings.backend;
    table_of(&table, 0, CASE_N, SIZE_MAX);
    assert_done(crossfit_kind.apply(fitted, &table, &before, &err), err);
    assert_done(crossfit_kind.apply(loaded, &table, &after, &err), err);
    assert_memory_equal(table_find(&before, "deep.small3d.logit")->number, table_find(&after, "deep.small3d.logit")->number, CASE_N * sizeof(double));
    crossfit_kind.describe(fitted, &line[0]);
    crossfit_kind.describe(loaded, &line[1]);
    assert_string_equal(line[0].bytes, line[1].bytes);
    struct tensor *tensor = NULL;
    for (size_t i = 0; i < store.tensor_n; i++)
        if (strcmp(store.tensor[i].name, "step0.net1.fc.weight") == 0)
            tensor = &store.tensor[i];
    assert_non_null(tensor);
    ((float *)tensor->values)[0] = NAN;
    assert_false(crossfit_kind.load(&store, "step0", NULL, &none, &err));
    assert_error(err, ERR_INPUT, "tensor 'step0.net1.fc.weight' has a value that is not finite");
    tensor->name[0] = 'x';
    assert_false(crossfit_kind.load(&store, "step0", NULL, &none, &err));
    assert_error(err, ERR_INPUT, "tensor 'step0.net1.fc.weight' is missing, or not float32 in the shape of small3d");
    for (size_t t = 0; t < 2; t++)
        text_free(&line[t]);
    store_free(&store);
    crossfit_kind.free(fitted);
    crossfit_kind.free(loaded);
    table_free(&out);
    table_free(&table);
    table_free(&before);
    table_free(&after);
}

static bool fit_on(size_t n, const double *of, struct err *err)
{
    struct crossfit_settings settings = quick();
    struct table table, out = {0};
    void *fitted = NULL;
    const struct outcome outcome = {.label = of};
    settings.trainer.epoch_n = 1;
    table_of(&table, 0, n, SIZE_MAX);
    const struct rows rows = {&table, &outcome, 0, NULL};
    const struct step step = {&crossfit_kind, &settings};
    bool done = crossfit_kind.fit(&step, &rows, 1, &fitted, &out, err);
    if (done) {
        struct text line = TEXT_INIT;
        crossfit_kind.describe(fitted, &line);
        assert_non_null(strstr(line.bytes, "2 cross-fitted nets small3d (3 asked for: too few cases of a class) on 6 cases"));
        text_free(&line);
        crossfit_kind.free(fitted);
    }
    table_free(&table);
    table_free(&out);
    return done;
}

static void six_patients_get_fewer_nets_and_one_class_none(void **state)
{
    (void)state;
    const double two_positive[] = {1, 0, 0, 1, 0, 0}, one_positive[] = {1, 0, 0, 0, 0, 0}, none[] = {0, 0, 0, 0, 0, 0};
    struct err err = ERR_INIT;
    assert_done(fit_on(6, two_positive, &err), err);
    assert_false(fit_on(6, one_positive, &err));
    assert_error(err, ERR_INPUT, "folds of 6 cases: 1 rows or groups of label 1, expected at least 2 for folds");
    err_clear(&err);
    assert_false(fit_on(6, none, &err));
    assert_error(err, ERR_INPUT, "folds of 6 cases: 0 rows or groups of label 1, expected at least 2 for folds");
    err_clear(&err);
    assert_false(fit_on(3, two_positive, &err));
    assert_error(err, ERR_INPUT, "3 cases with images, expected at least 4");
}

static void settings_out_of_range_are_refused(void **state)
{
    (void)state;
    struct crossfit_settings settings = quick();
    struct err err = ERR_INIT;
    settings.net_n = 1;
    assert_false(crossfit_check(&settings, &err));
    assert_error(err, ERR_USAGE, "1 nets, expected 2 to 100");
    settings = quick();
    settings.epoch_share = 0;
    assert_false(crossfit_check(&settings, &err));
    assert_error(err, ERR_USAGE, "share of epochs 0, expected above 0, at most 1");
    settings = quick();
    settings.trainer.loss.kind = LOSS_COX;
    assert_false(crossfit_check(&settings, &err));
    assert_error(err, ERR_USAGE, "loss 'cox', expected one of a label: binary, balanced, focal");
    settings = quick();
    settings.net = "small3";
    assert_false(crossfit_check(&settings, &err));
    assert_error(err, ERR_USAGE, "network small3: not known; did you mean 'small3d'?");
}

static void pretraining_stays_with_the_cases_of_its_net(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct crossfit_settings settings = quick();
    settings.backend = nn_backend_default();
    settings.pretrain_n = 3;
    settings.epoch_share = 0.5;
    void *fitted, *other;
    struct table out, other_out;
    fit(&settings, &labels, SIZE_MAX, &fitted, &out);
    const struct crossfit *crossfit = fitted;
    struct text text = TEXT_INIT;
    crossfit_kind.describe(crossfit, &text);
    assert_int_equal(crossfit->pretrain_n, 2);
    assert_non_null(strstr(text.bytes, "3 cross-fitted nets small3d (2 epochs of pre-training without labels) on 30 cases"));
    for (size_t i = 0; i < CASE_N; i++)
        assert_int_equal(rowset_n(column_seen(table_find(&out, "deep.small3d.logit"), i)), 20);
    /* Labels do not reach it: nets that are then not trained (a rate of nothing) are the same under other labels. */
    static double turned[CASE_N];
    const struct outcome others = {.label = turned};
    for (size_t i = 0; i < CASE_N; i++)
        turned[i] = 1 - label[i];
    settings.trainer.schedule.lr = 1e-30;
    settings.trainer.norm_momentum = 1e-30;
    crossfit_kind.free(fitted);
    table_free(&out);
    fit(&settings, &labels, SIZE_MAX, &fitted, &out);
    fit(&settings, &others, SIZE_MAX, &other, &other_out);
    const struct net *a = ((struct crossfit *)fitted)->fitted[0].net, *b = ((struct crossfit *)other)->fitted[0].net;
    struct net *drawn = NULL;
    assert_done(net_make("small3d", &(struct net_options){a->layer[0].c, 1, NULL}, rng_seed(77, "crossfit.net", 0, 0), &drawn, &err), err);
    assert_memory_equal(a->value, b->value, a->value_n * sizeof *a->value);
    assert_memory_not_equal(a->value, drawn->value, a->value_n * sizeof *a->value);
    net_free(drawn);
    text_free(&text);
    crossfit_kind.free(fitted);
    crossfit_kind.free(other);
    table_free(&out);
    table_free(&other_out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pretraining_stays_with_the_cases_of_its_net),
        cmocka_unit_test(a_training_case_is_judged_by_the_net_that_never_saw_it),
        cmocka_unit_test(new_cases_get_the_mean_of_the_nets),
        cmocka_unit_test(a_case_without_an_image_is_a_hole_and_seen_by_nobody),
        cmocka_unit_test(an_endpoint_is_fitted_by_the_cox_loss),
        cmocka_unit_test(values_are_the_same_bytes_for_any_number_of_threads),
        cmocka_unit_test(what_was_saved_scores_as_before_and_damage_is_refused),
        cmocka_unit_test(six_patients_get_fewer_nets_and_one_class_none),
        cmocka_unit_test(settings_out_of_range_are_refused),
    };
    return tap_run_with(tests, make_cases, free_cases);
}
