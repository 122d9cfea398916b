/* Pre-training: hidden cubes are hidden, the error is that of hidden voxels alone, the encoder learns to fill in what can be known, and keeps its names. */
#include "nn/pretrain.h"

#include <math.h>

#include "base/mem.h"
#include "base/pool.h"
#include "nn/nets.h"
#include "tap.h"

enum { CASE_N = 24, SIDE = 24 };

static float image[CASE_N][SIDE * SIDE];
static size_t rows[CASE_N];
static bool noisy; /* new noise at each look instead of the images */

static bool fill(const void *ctx, size_t i, size_t input, struct rng *rng, float *out, struct err *err)
{
    (void)ctx, (void)input, (void)err;
    memcpy(out, image[i], sizeof image[i]);
    for (size_t k = 0; noisy && k < SIDE * SIDE; k++)
        out[k] = (float)rng_normal(rng);
    return true;
}

static const struct source source = {.n = CASE_N, .shape = {1, SIDE, SIDE, 1}, .fill = fill};

/* A wave across each image: what is hidden can be told from what is not. Variance 1/2. */
static int draw(void **state)
{
    (void)state;
    struct rng rng = rng_make(1, "test.waves", 0, 0);
    for (size_t i = 0; i < CASE_N; i++) {
        double phase = 6.283185307179586 * rng_uniform(&rng);
        rows[i] = i;
        for (size_t k = 0; k < SIDE * SIDE; k++)
            image[i][k] = (float)sin(phase + 6.283185307179586 * (double)(k % SIDE) / SIDE);
    }
    return 0;
}

static struct training on_waves(const struct nn_backend *backend)
{
    return (struct training){.source = &source, .row = rows, .row_n = CASE_N, .backend = backend, .seed = 2};
}

static struct net *fresh_net(const char *name)
{
    struct net *net = NULL;
    struct err err = ERR_INIT;
    assert_done(net_make(name, NULL, 5, &net, &err), err);
    return net;
}

static struct pretrain_settings settings_of(size_t epoch_n)
{
    struct pretrain_settings settings = PRETRAIN_DEFAULT;
    settings.block = 4;
    settings.share = 0.5;
    settings.trainer.epoch_n = epoch_n;
    settings.trainer.batch_n = 8;
    settings.trainer.schedule.lr = 1e-2;
    settings.trainer.schedule.warmup = 1;
    return settings;
}

static void what_is_hidden_is_learnt_from_what_is_not(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct net *net = fresh_net("small2d"), *start = fresh_net("small2d");
    struct pretrain_settings settings = settings_of(60);
    struct training training = on_waves(nn_backend_default());
    struct history history = {0};
    assert_done(pretrain_run(net, &settings, &training, &history, &err), err);
    assert_int_equal(history.n, 60);
    assert_true(history.epoch[0].loss > 0.4);
    if (!(history.epoch[59].loss < 0.1)) /* saying the mean, 0, gives 0.5 */
        fail_msg("the error is %g", history.epoch[59].loss);
    for (size_t i = 0; i < net->parameter_n; i++) {
        const struct parameter *parameter = &net->parameter[i];
        bool head = strncmp(parameter->name, "fc.", 3) == 0;
        bool same = memcmp(net->value + parameter->offset, start->value + parameter->offset, parameter->n * sizeof *net->value) == 0;
        if (same != head)
            fail_msg("%s %s", parameter->name, same ? "has learnt nothing" : "has changed");
    }
    history_free(&history);
    net_free(net);
    net_free(start);
}

/* What it sees it can say again at once: one 1-wide convolution up to the map. */
static struct net *copying_net(void)
{
    struct err err = ERR_INIT;
    struct net *net = NULL;
    struct graph *graph = graph_start("copy", 2, 1);
    struct conv_spec spec = conv_cube(graph, 2, 1, 1, 0, 1);
    size_t map = graph_conv(graph, "conv", graph_input(graph), &spec), embedding = graph_mean(graph, map);
    assert_done(graph_finish(graph, embedding, map, graph_linear(graph, "fc", embedding, 1, true), &net, &err), err);
    net_initialise(net, 1);
    return net;
}

static void noise_cannot_be_filled_in(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    noisy = true;
    struct net *net = copying_net();
    struct pretrain_settings settings = settings_of(60);
    struct training training = on_waves(nn_backend_default());
    struct history history = {0};
    assert_done(pretrain_run(net, &settings, &training, &history, &err), err);
    double last = history.epoch[history.n - 1].loss;
    if (!(last > 0.95 && last < 1.1)) /* with seen voxels in the error it would fall, or be twice as large */
        fail_msg("the error is %g", last);
    noisy = false;
    history_free(&history);
    net_free(net);
}

static void bytes_are_equal_for_any_number_of_threads(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct net *first = NULL;
    for (size_t threads = 1; threads <= 4; threads *= 2) {
        assert_done(pool_start(threads, &err), err);
        struct net *net = fresh_net("small2d");
        struct pretrain_settings settings = settings_of(2);
        struct training training = on_waves(nn_backend_default());
        struct history history = {0};
        assert_done(pretrain_run(net, &settings, &training, &history, &err), err);
        history_free(&history);
        if (first == NULL) {
            first = net;
            continue;
        }
        assert_memory_equal(first->value, net->value, net->value_n * sizeof *net->value);
        net_free(net);
    }
    pool_stop();
    net_free(first);
}

static void grids_that_the_strides_do_not_divide_are_served(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    static float volume[2 * 2 * 11 * 13 * 9];
    struct rng rng = rng_make(4, "test.volume", 0, 0);
    for (size_t i = 0; i < sizeof volume / sizeof *volume; i++)
        volume[i] = (float)rng_normal(&rng);
    const struct source_array array = {.value = volume, .type = ARRAY_F32, .z = 11, .y = 13, .x = 9, .c = 2, .scale = 1};
    struct source volumes;
    source_of_array(&array, 2, &volumes);
    struct net *net = NULL;
    assert_done(net_make("small3d", &(struct net_options){.channel_n = 2}, 1, &net, &err), err);
    struct pretrain_settings settings = settings_of(1);
    settings.trainer.batch_n = 2;
    struct training training = {.source = &volumes, .row = rows, .row_n = 2, .backend = nn_backend_plain(NN_F32)};
    struct history history = {0};
    uint64_t bytes = 0;
    assert_done(pretrain_plan_bytes(net, &settings, &training, &bytes, &err), err);
    assert_true(bytes > sizeof volume);
    assert_done(pretrain_run(net, &settings, &training, &history, &err), err);
    assert_true(isfinite(history.epoch[0].loss) && history.epoch[0].loss > 0.5);
    history_free(&history);
    net_free(net);
}

/* Cubes larger than half the box would hide all or nothing. */
static void a_small_box_has_smaller_cubes(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct net *whole = fresh_net("small2d"), *half = fresh_net("small2d");
    struct training training = on_waves(nn_backend_default());
    struct pretrain_settings settings = settings_of(2);
    for (size_t i = 0; i < 2; i++) {
        struct history history = {0};
        settings.block = i == 0 ? 1000 : SIDE / 2;
        assert_done(pretrain_run(i == 0 ? whole : half, &settings, &training, &history, &err), err);
        history_free(&history);
    }
    assert_memory_equal(whole->value, half->value, half->value_n * sizeof *half->value);
    net_free(whole);
    net_free(half);
}

static void settings_out_of_range_are_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct net *net = fresh_net("small2d");
    struct training training = on_waves(nn_backend_plain(NN_F32));
    struct history history = {0};
    struct pretrain_settings settings = settings_of(1);
    settings.share = 1;
    assert_false(pretrain_run(net, &settings, &training, &history, &err));
    assert_error(err, ERR_USAGE, "pre-training: hidden share is 1, expected above 0 and below 1");
    settings = settings_of(1);
    settings.block = 0;
    assert_false(pretrain_run(net, &settings, &training, &history, &err));
    assert_error(err, ERR_USAGE, "pre-training: side of hidden cubes is 0, expected 1 to 1024 voxels");
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_hidden_is_learnt_from_what_is_not),
        cmocka_unit_test(noise_cannot_be_filled_in),
        cmocka_unit_test(bytes_are_equal_for_any_number_of_threads),
        cmocka_unit_test(grids_that_the_strides_do_not_divide_are_served),
        cmocka_unit_test(a_small_box_has_smaller_cubes),
        cmocka_unit_test(settings_out_of_range_are_refused),
    };
    return tap_run_with(tests, draw, NULL);
}
