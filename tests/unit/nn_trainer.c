/* Training on patterns that are there, on the plain backend: that it follows PyTorch, learns, stops, goes on and refuses as it should. */
#include "nn/trainer.h"

#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "nn/nets.h"
#include "nn/predict.h"
#include "stats/concordance.h"
#include "stats/roc.h"
#include "tap.h"
#include "training_torch.h"

enum { SIDE = 8, CASE_N = 40, TRAIN_N = 29 };

/* Images of noise with a bright square, left for label 1, right for label 0. */
static float image[CASE_N][SIDE * SIDE];
static double label[CASE_N], survival[CASE_N], event[CASE_N];
static size_t rows[CASE_N];
static size_t fills_left; /* the fill after which a "kill" comes */

static bool fill(const void *ctx, size_t i, size_t input, struct rng *rng, float *out, struct err *err)
{
    (void)ctx;
    if (fills_left > 0 && --fills_left == 0)
        return err_set(err, ERR_STOPPED, "stopped by the test");
    float noise = rng == NULL ? 0.0f : (float)(0.1 * rng_normal(rng));
    for (size_t k = 0; k < SIDE * SIDE; k++)
        out[k] = image[i][k] + noise + (float)input;
    return true;
}

static const struct source source = {.n = CASE_N, .shape = {1, SIDE, SIDE, 1}, .fill = fill};
static const struct outcome outcome = {.label = label}, endpoint = {.time = survival, .event = event};

static int draw(void **state)
{
    (void)state;
    struct rng rng = rng_make(3, "test.images", 0, 0);
    for (size_t i = 0; i < CASE_N; i++) {
        label[i] = (double)(i % 2);
        survival[i] = (i % 2 ? 100 : 400) * (0.5 + rng_uniform(&rng));
        event[i] = (double)(i % 3 != 0);
        rows[i] = i;
        for (size_t k = 0; k < SIDE * SIDE; k++)
            image[i][k] = (float)(0.5 * rng_normal(&rng));
        for (size_t k = 0; k < 9; k++)
            image[i][(2 + k / 3) * SIDE + (i % 2 ? 1 : 4) + k % 3] += 1.5f;
    }
    return 0;
}

static struct trainer_settings quick(void)
{
    struct trainer_settings settings = TRAINER_DEFAULT;
    settings.epoch_n = 6;
    settings.batch_n = 7; /* 29 cases: the last batch would be one */
    settings.schedule.lr = 3e-3;
    settings.schedule.warmup = 1;
    return settings;
}

static struct training on_cases(void)
{
    return (struct training){.source = &source, .outcome = &outcome, .row = rows, .row_n = TRAIN_N, .held = rows + TRAIN_N, .held_n = CASE_N - TRAIN_N,
                             .backend = nn_backend_plain(NN_F32), .seed = 5};
}

static struct net *fresh_net(void)
{
    struct net *net;
    struct err err = ERR_INIT;
    assert_done(net_make("patches2d", NULL, 11, &net, &err), err);
    return net;
}

static struct net *train(const struct trainer_settings *settings, const struct training *training, struct history *history)
{
    struct net *net = fresh_net();
    struct err err = ERR_INIT;
    assert_done(trainer_run(net, settings, training, history, &err), err);
    return net;
}

static float wave_at(size_t k, size_t i, double height)
{
    return (float)(height * sin(0.37 * (double)k + 0.73 * (double)i));
}

static void the_loss_curve_follows_that_of_pytorch_for_20_steps(void **state)
{
    (void)state;
    static float value[8 * 144];
    const double y[8] = {1, 0, 0, 1, 1, 0, 1, 0};
    const struct source_array array = {.value = value, .type = ARRAY_F32, .z = 1, .y = 12, .x = 12, .c = 1, .scale = 1};
    const struct outcome labels = {.label = y};
    struct source images;
    struct net *net = fresh_net();
    struct history history = {0};
    struct err err = ERR_INIT;
    double logit[8];
    for (size_t i = 0; i < 8 * 144; i++)
        value[i] = wave_at(50, i, 1);
    source_of_array(&array, 8, &images);
    for (size_t p = 0, k = 0; p < net->parameter_n; p++) {
        const struct parameter *parameter = &net->parameter[p];
        if (parameter->role == PARAMETER_RUNNING_MEAN || parameter->role == PARAMETER_RUNNING_VAR)
            continue;
        for (size_t i = 0; i < parameter->n; i++)
            net->value[parameter->offset + i] = parameter->dim_n > 1 ? wave_at(k, i, 0.15) : (parameter->role == PARAMETER_SCALE ? 1.0f : 0.0f) + wave_at(k, i, 0.1);
        k++;
    }
    struct trainer_settings settings = {.epoch_n = 20, .batch_n = 8, .optimiser = OPTIMISER_DEFAULT, .schedule = {SCHEDULE_CONSTANT, 3e-3, 0, false},
                                        .loss = {LOSS_BINARY, 0, -1}, .norm_momentum = 0.1};
    settings.optimiser.kind = OPTIMISER_ADAM;
    settings.optimiser.weight_decay = 1e-3;
    settings.optimiser.decay_all = true;
    const struct training training = {.source = &images, .outcome = &labels, .row = rows, .row_n = 8, .backend = nn_backend_plain(NN_F32)};
    assert_done(trainer_run(net, &settings, &training, &history, &err), err);
    assert_int_equal(history.n, 20);
    for (size_t step = 0; step < 20; step++)
        assert_double_near(history.epoch[step].loss, torch_curve[step], 1e-5);
    assert_true(torch_curve[19] < 0.5 * torch_curve[0]);
    assert_done(net_predict(net, NULL, training.backend, &images, rows, 8, net->output, logit, &err), err);
    for (size_t i = 0; i < 8; i++)
        assert_double_near(logit[i], torch_curve_logit[i], 1e-3);
    history_free(&history);
    net_free(net);
}

static void a_net_learns_where_the_square_is(void **state)
{
    (void)state;
    struct trainer_settings settings = quick();
    const struct training training = on_cases();
    struct history history = {0};
    struct net *net = train(&settings, &training, &history);
    assert_int_equal(history.n, 6);
    assert_true(history.epoch[5].loss < 0.5 * history.epoch[0].loss);
    assert_double_near(history.epoch[5].held_auc, 1, 0.05);
    net_free(net);
    history_free(&history);
}

static void an_endpoint_is_learned_through_the_cox_loss(void **state)
{
    (void)state;
    struct trainer_settings settings = quick();
    settings.loss.kind = LOSS_COX;
    settings.epoch_n = 12;
    struct training training = on_cases();
    training.outcome = &endpoint;
    struct history history = {0};
    struct net *net = train(&settings, &training, &history);
    assert_true(history.epoch[11].held_auc > 0.65);
    net_free(net);
    history_free(&history);
}

static void values_are_the_same_bytes_for_any_number_of_threads(void **state)
{
    (void)state;
    struct trainer_settings settings = quick();
    settings.ema_decay = 0.9;
    const struct training training = on_cases();
    struct history history[2] = {{0}, {0}};
    struct net *net[2];
    struct err err = ERR_INIT;
    for (size_t k = 0; k < 2; k++) {
        assert_done(pool_start(k == 0 ? 1 : 3, &err), err);
        net[k] = train(&settings, &training, &history[k]);
        pool_stop();
    }
    assert_memory_equal(net[0]->value, net[1]->value, net[0]->value_n * sizeof(float));
    assert_memory_equal(history[0].epoch, history[1].epoch, history[0].n * sizeof *history[0].epoch);
    for (size_t k = 0; k < 2; k++) {
        net_free(net[k]);
        history_free(&history[k]);
    }
}

static void the_order_of_the_cases_does_not_matter(void **state)
{
    (void)state;
    struct trainer_settings settings = quick();
    struct training training = on_cases();
    size_t turned[TRAIN_N];
    struct history history[2] = {{0}, {0}};
    struct net *net = train(&settings, &training, &history[0]);
    for (size_t i = 0; i < TRAIN_N; i++)
        turned[i] = TRAIN_N - 1 - i;
    training.row = turned;
    struct net *other = train(&settings, &training, &history[1]);
    assert_memory_equal(net->value, other->value, net->value_n * sizeof(float));
    net_free(net);
    net_free(other);
    history_free(&history[0]);
    history_free(&history[1]);
}

static void a_killed_training_goes_on_to_the_same_bytes(void **state)
{
    (void)state;
    struct trainer_settings settings = quick();
    settings.ema_decay = 0.8;
    settings.keep_best = true;
    struct training training = on_cases();
    struct history whole = {0}, half = {0}, rest = {0}, again = {0};
    struct err err = ERR_INIT;
    struct net *net = train(&settings, &training, &whole), *killed = fresh_net(), *resumed;
    training.checkpoint = tap_path("half.safetensors");
    fills_left = 3 * (TRAIN_N + 11) + 9; /* within the fourth epoch */
    assert_false(trainer_run(killed, &settings, &training, &half, &err));
    assert_int_equal(err.kind, ERR_STOPPED);
    assert_int_equal(half.n, 3);
    fills_left = 0;
    resumed = train(&settings, &training, &rest);
    assert_memory_equal(net->value, resumed->value, net->value_n * sizeof(float));
    assert_int_equal(rest.n, whole.n);
    assert_int_equal(rest.best, whole.best);
    assert_memory_equal(whole.epoch, rest.epoch, whole.n * sizeof *whole.epoch);
    fills_left = 1; /* a finished one trains no more */
    struct net *finished = train(&settings, &training, &again);
    fills_left = 0;
    assert_memory_equal(net->value, finished->value, net->value_n * sizeof(float));
    net_free(net);
    net_free(killed);
    net_free(resumed);
    net_free(finished);
    history_free(&whole);
    history_free(&half);
    history_free(&rest);
    history_free(&again);
}

static void a_checkpoint_of_other_settings_or_damaged_is_refused(void **state)
{
    (void)state;
    struct trainer_settings settings = quick();
    settings.epoch_n = 1;
    struct training training = on_cases();
    struct history history = {0};
    struct err err = ERR_INIT;
    training.checkpoint = tap_path("other.safetensors");
    struct net *net = train(&settings, &training, &history), *second = fresh_net();
    settings.schedule.lr = 1e-4;
    history_free(&history);
    assert_false(trainer_run(second, &settings, &training, &history, &err));
    assert_int_equal(err.kind, ERR_USAGE);
    assert_non_null(strstr(err.text, "other.safetensors: it was made with other settings or cases; remove it to start anew"));
    assert_done(file_write(training.checkpoint, "12345678901", 11, &err), err);
    err_clear(&err);
    assert_false(trainer_run(second, &settings, &training, &history, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_non_null(strstr(err.text, "checkpoint: "));
    net_free(net);
    net_free(second);
    history_free(&history);
}

static void patience_ends_early_and_the_best_values_are_kept(void **state)
{
    (void)state;
    struct trainer_settings settings = quick();
    settings.epoch_n = 60;
    settings.keep_best = true;
    settings.patience = 3;
    settings.schedule.lr = 0.05;
    settings.loss.kind = LOSS_BINARY;
    struct training training = on_cases();
    struct history history = {0};
    struct err err = ERR_INIT;
    struct net *net = train(&settings, &training, &history);
    double logit[CASE_N - TRAIN_N], loss_now;
    const struct loss loss = {.kind = LOSS_BINARY, .weight = {1, 1}};
    assert_true(history.n < 60);
    assert_int_equal(history.n - 1 - history.best, 3);
    for (size_t e = 0; e < history.n; e++)
        assert_true(history.epoch[e].held_loss >= history.epoch[history.best].held_loss);
    assert_done(net_predict(net, NULL, training.backend, &source, training.held, training.held_n, net->output, logit, &err), err);
    assert_done(loss_batch(&loss, &outcome, training.held, training.held_n, 1, logit, &loss_now, NULL, &err), err);
    assert_double_near(loss_now, history.epoch[history.best].held_loss, 0);
    net_free(net);
    history_free(&history);
}

static void a_share_of_the_cases_is_held_out_when_asked(void **state)
{
    (void)state;
    struct trainer_settings settings = quick();
    settings.holdout = 0.2;
    settings.epoch_n = 1;
    struct training training = on_cases();
    training.held_n = 0;
    struct history history = {0};
    struct net *net = train(&settings, &training, &history);
    assert_false(isnan(history.epoch[0].held_loss));
    assert_false(isnan(history.epoch[0].held_auc));
    net_free(net);
    history_free(&history);
}

static void a_loss_that_is_no_number_names_its_batch(void **state)
{
    (void)state;
    struct trainer_settings settings = quick();
    settings.schedule.lr = 100;
    settings.schedule.warmup = 0;
    settings.optimiser.kind = OPTIMISER_SGD;
    settings.optimiser.weight_decay = 100;
    settings.optimiser.decay_all = true;
    settings.epoch_n = 30;
    const struct training training = on_cases();
    struct history history = {0};
    struct err err = ERR_INIT;
    struct net *net = fresh_net();
    assert_false(trainer_run(net, &settings, &training, &history, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_non_null(strstr(err.text, "epoch "));
    assert_non_null(strstr(err.text, ", batch "));
    assert_non_null(strstr(err.text, "expected a number: a lower learning rate"));
    net_free(net);
    history_free(&history);
}

static void what_can_not_be_trained_is_refused(void **state)
{
    (void)state;
    struct trainer_settings settings = quick();
    struct training training = on_cases();
    struct history history = {0};
    struct err err = ERR_INIT;
    struct net *net = fresh_net(), *cube;
    training.row_n = 1;
    assert_false(trainer_run(net, &settings, &training, &history, &err));
    assert_error(err, ERR_INPUT, "1 cases to train on, expected at least 2");
    training.row_n = TRAIN_N;
    settings.batch_n = 1;
    assert_false(trainer_run(net, &settings, &training, &history, &err));
    assert_error(err, ERR_USAGE, "batch is 1, expected 2 to 65536");
    settings = quick();
    assert_done(net_make("patches3d", NULL, 1, &cube, &err), err);
    assert_false(trainer_run(cube, &settings, &training, &history, &err));
    assert_error(err, ERR_INPUT, "the net patches3d is 3-D, the images are 8 x 8 x 1");
    net_free(cube);
    const struct net_options three = {.channel_n = 3};
    assert_done(net_make("patches2d", &three, 1, &cube, &err), err);
    assert_false(trainer_run(cube, &settings, &training, &history, &err));
    assert_error(err, ERR_INPUT, "the net patches2d takes 3 channels, the images have 1");
    net_free(cube);
    net_free(net);
}

static size_t two_inputs(const void *ctx, size_t i)
{
    (void)ctx;
    return i == 1 ? 3 : 1;
}

static void a_case_gets_the_mean_of_its_inputs_and_the_same_alone_as_among_others(void **state)
{
    (void)state;
    const struct nn_backend *backend = nn_backend_plain(NN_F32);
    struct source several = source;
    several.input_n = two_inputs;
    struct net *net = fresh_net();
    struct err err = ERR_INIT;
    static float copy[3][SIDE * SIDE];
    double all[CASE_N], alone, single[3], mean = 0;
    const size_t one[] = {1}, shifted[] = {0, 1, 2};
    const struct source_array array = {.value = copy, .type = ARRAY_F32, .z = 1, .y = SIDE, .x = SIDE, .c = 1, .scale = 1};
    struct source copies;
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < SIDE * SIDE; i++)
            copy[k][i] = image[1][i] + (float)k;
    source_of_array(&array, 3, &copies);
    assert_done(net_predict(net, NULL, backend, &several, rows, CASE_N, net->output, all, &err), err);
    assert_done(net_predict(net, NULL, backend, &several, one, 1, net->output, &alone, &err), err);
    assert_done(net_predict(net, NULL, backend, &copies, shifted, 3, net->output, single, &err), err);
    for (size_t k = 0; k < 3; k++)
        mean += single[k] / 3;
    assert_double_near(alone, mean, 1e-12);
    assert_double_near(all[1], alone, 0);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loss_curve_follows_that_of_pytorch_for_20_steps),
        cmocka_unit_test(a_net_learns_where_the_square_is),
        cmocka_unit_test(an_endpoint_is_learned_through_the_cox_loss),
        cmocka_unit_test(values_are_the_same_bytes_for_any_number_of_threads),
        cmocka_unit_test(the_order_of_the_cases_does_not_matter),
        cmocka_unit_test(a_killed_training_goes_on_to_the_same_bytes),
        cmocka_unit_test(a_checkpoint_of_other_settings_or_damaged_is_refused),
        cmocka_unit_test(patience_ends_early_and_the_best_values_are_kept),
        cmocka_unit_test(a_share_of_the_cases_is_held_out_when_asked),
        cmocka_unit_test(a_loss_that_is_no_number_names_its_batch),
        cmocka_unit_test(what_can_not_be_trained_is_refused),
        cmocka_unit_test(a_case_gets_the_mean_of_its_inputs_and_the_same_alone_as_among_others),
    };
    return tap_run_with(tests, draw, NULL);
}
