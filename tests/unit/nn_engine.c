/* The engine's gradients are those of finite differences, and nothing that it does to save memory or time changes a value. */
#include "nn/engine.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/pool.h"
#include "nn_testnets.h"

enum { SEED = 11 };

/* A net, its engine, an input, and the loss: a weighted sum of the output's values. */
struct bench {
    struct net *net;
    struct engine *engine;
    struct nn_shape in, out;
    float *input;
    double *output, *weight;
};

static struct bench bench_make(struct net *net, const struct engine_settings *settings)
{
    struct err err = ERR_INIT;
    struct bench b = {.net = net, .in = {settings->batch_n, settings->z, settings->y, settings->x, net->layer[0].c}};
    assert_done(engine_make(net, settings, &b.engine, &err), err);
    b.out = engine_shape(b.engine, net->output);
    b.input = random_input(nn_shape_value_n(&b.in));
    b.output = mem_alloc(nn_shape_value_n(&b.out), sizeof *b.output, NULL);
    b.weight = mem_alloc(nn_shape_value_n(&b.out), sizeof *b.weight, NULL);
    struct rng rng = rng_make(6, "test.loss", 0, 0);
    rng_normal_fill(&rng, b.weight, nn_shape_value_n(&b.out));
    return b;
}

static void bench_free(struct bench *b)
{
    engine_free(b->engine);
    mem_free(b->input);
    mem_free(b->output);
    mem_free(b->weight);
}

static double loss(struct bench *b)
{
    struct err err = ERR_INIT;
    assert_done(engine_load(b->engine, b->net->value, &err), err);
    assert_done(engine_forward(b->engine, b->input, SEED, &err), err);
    assert_done(engine_read(b->engine, b->net->output, b->output, &err), err);
    double sum = 0;
    for (size_t i = 0; i < nn_shape_value_n(&b->out); i++)
        sum += b->weight[i] * b->output[i];
    return sum;
}

static double *gradient_of(struct bench *b)
{
    struct err err = ERR_INIT;
    double *gradient = mem_alloc(b->net->value_n, sizeof *gradient, NULL);
    memset(gradient, 0xff, b->net->value_n * sizeof *gradient); /* NaN: what is not written shows */
    loss(b);
    assert_done(engine_backward(b->engine, b->weight, gradient, &err), err);
    return gradient;
}

/* d loss / d *value. A step that f32 represents, since parameters and inputs are f32. */
static double difference(struct bench *b, float *value)
{
    float was = *value;
    double step = 1.0 / (1 << 18);
    *value = (float)((double)was + step);
    double above = (double)*value, loss_above = loss(b);
    *value = (float)((double)was - step);
    double below = (double)*value, loss_below = loss(b);
    *value = was;
    return (loss_above - loss_below) / (above - below);
}

static bool is_trained(const struct parameter *parameter)
{
    return parameter->role != PARAMETER_RUNNING_MEAN && parameter->role != PARAMETER_RUNNING_VAR;
}

static void compare_with_differences(struct net *net, const struct engine_settings *settings)
{
    struct err err = ERR_INIT;
    struct bench b = bench_make(net, settings);
    double *gradient = gradient_of(&b), worst = 0;
    size_t input_n = nn_shape_value_n(&b.in), covered = 0;
    double *d_input = mem_alloc(input_n, sizeof *d_input, NULL);
    assert_done(engine_read_gradient(b.engine, 0, d_input, &err), err);
    for (size_t i = 0; i < net->parameter_n; i++) {
        const struct parameter *parameter = &net->parameter[i];
        size_t end = i + 1 < net->parameter_n ? net->parameter[i + 1].offset : net->value_n;
        double error = 0, norm = 0;
        for (size_t j = 0; j < parameter->n; j += 1 + parameter->n / 64, covered++) {
            double d = is_trained(parameter) ? difference(&b, net->value + parameter->offset + j) : 0;
            error += pow(d - gradient[parameter->offset + j], 2);
            norm += d * d;
        }
        for (size_t j = parameter->offset + parameter->n; j < end; j++)
            assert_double_near(gradient[j], 0, 0);
        if (!(sqrt(error) <= 1e-6 * sqrt(norm) + 1e-9))
            fail_msg("%s %s: difference %g of %g", net->name, parameter->name, sqrt(error), sqrt(norm));
        worst = fmax(worst, norm > 0 ? sqrt(error / norm) : 0);
    }
    assert_true(covered > 100);
    for (size_t i = 0; i < input_n; i += 1 + input_n / 100)
        assert_double_near(d_input[i], difference(&b, &b.input[i]), 1e-6);
    mem_free(gradient);
    mem_free(d_input);
    bench_free(&b);
}

static const size_t input_layer[] = {0};

static struct engine_settings train_on(enum nn_number number, size_t n, size_t z, size_t y, size_t x)
{
    return (struct engine_settings){.backend = nn_backend_plain(number), .mode = ENGINE_TRAIN, .batch_n = n, .z = z, .y = y, .x = x,
                                    .keep = input_layer, .keep_n = 1};
}

static void gradients_of_residual_chains_are_finite_differences(void **state)
{
    (void)state;
    struct net *net = residual_net();
    struct engine_settings settings = train_on(NN_F64, 3, 7, 5, 6);
    compare_with_differences(net, &settings);
    settings = train_on(NN_F64, 1, 9, 7, 5);
    compare_with_differences(net, &settings);
    net_free(net);
}

static void gradients_of_concatenations_and_shared_inputs_are_finite_differences(void **state)
{
    (void)state;
    struct net *net = dense_net();
    struct engine_settings settings = train_on(NN_F64, 2, 1, 11, 13);
    compare_with_differences(net, &settings);
    net_free(net);
}

static void gradients_of_a_volume_are_finite_differences(void **state)
{
    (void)state;
    struct net *net = volume_net();
    struct engine_settings settings = train_on(NN_F64, 2, 4, 6, 8);
    compare_with_differences(net, &settings);
    net_free(net);
}

static void gradients_with_fixed_normalisations_are_finite_differences(void **state)
{
    (void)state;
    struct net *nets[] = {residual_net(), dense_net(), volume_net()};
    for (size_t i = 0; i < 3; i++) {
        struct engine_settings settings = train_on(NN_F64, 2, nets[i]->rank == 2 ? 1 : 6, 6, 8);
        settings.fixed_norm = true;
        compare_with_differences(nets[i], &settings);
        net_free(nets[i]);
    }
}

/* Keeping every layer ends all fusing, making anew and reuse of memory. */
static void saving_memory_changes_no_value(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct net *nets[] = {residual_net(), dense_net(), volume_net()};
    for (size_t i = 0; i < 3; i++) {
        struct net *net = nets[i];
        size_t *all = mem_alloc(net->layer_n, sizeof *all, NULL);
        for (size_t at = 0; at < net->layer_n; at++)
            all[at] = at;
        struct engine_settings settings = train_on(NN_F64, 3, net->rank == 2 ? 1 : 6, 10, 8), keeps_all = settings;
        settings.keep_n = 0;
        keeps_all.keep = all;
        keeps_all.keep_n = net->layer_n;
        struct bench a = bench_make(net, &settings), b = bench_make(net, &keeps_all);
        double *gradient_a = gradient_of(&a), *gradient_b = gradient_of(&b);
        for (size_t j = 0; j < net->value_n; j++)
            assert_double_near(gradient_a[j], gradient_b[j], 1e-12 * (1 + fabs(gradient_b[j])));
        for (size_t j = 0; j < nn_shape_value_n(&a.out); j++)
            assert_double_near(a.output[j], b.output[j], 1e-12);
        assert_true(engine_bytes(a.engine) < engine_bytes(b.engine) * 2 / 3);
        size_t planned = 0;
        assert_done(engine_plan_bytes(net, &settings, &planned, &err), err);
        assert_int_equal(planned, engine_bytes(a.engine));
        mem_free(gradient_a);
        mem_free(gradient_b);
        mem_free(all);
        bench_free(&a);
        bench_free(&b);
        net_free(net);
    }
}

/* ||a - b|| / ||b|| of each parameter. */
static void compare_gradients(const struct net *net, const float *a, const double *b, double tolerance)
{
    for (size_t i = 0; i < net->parameter_n; i++) {
        double error = 0, norm = 0;
        for (size_t j = net->parameter[i].offset; j < net->parameter[i].offset + net->parameter[i].n; j++) {
            error += pow((double)a[j] - b[j], 2);
            norm += b[j] * b[j];
        }
        if (!(sqrt(error) <= tolerance * sqrt(norm) + 1e-7))
            fail_msg("%s %s: %g of %g", net->name, net->parameter[i].name, sqrt(error), sqrt(norm));
    }
}

static void f32_follows_f64(const struct nn_backend *backend, double tolerance)
{
    struct err err = ERR_INIT;
    struct net *nets[] = {residual_net(), dense_net(), volume_net()};
    for (size_t i = 0; i < 6; i++) {
        struct net *net = nets[i / 2];
        struct engine_settings wide = train_on(NN_F64, i % 2 == 0 ? 3 : 1, net->rank == 2 ? 1 : 6, 14, 18), narrow = wide;
        narrow.backend = backend;
        struct bench a = bench_make(net, &narrow), b = bench_make(net, &wide);
        double *expected = gradient_of(&b);
        float *found = mem_alloc(net->value_n, sizeof *found, NULL);
        loss(&a);
        assert_done(engine_backward(a.engine, a.weight, found, &err), err);
        compare_gradients(net, found, expected, tolerance);
        for (size_t j = 0; j < nn_shape_value_n(&a.out); j++)
            assert_double_near(a.output[j], b.output[j], tolerance * (1 + fabs(b.output[j])));
        mem_free(expected);
        mem_free(found);
        bench_free(&a);
        bench_free(&b);
    }
    for (size_t i = 0; i < 3; i++)
        net_free(nets[i]);
}

static void plain_f32_gradients_are_those_of_f64(void **state)
{
    (void)state;
    f32_follows_f64(nn_backend_plain(NN_F32), 1e-5);
}

static void onednn_gradients_are_those_of_f64(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const struct nn_backend *backend = nn_backend_onednn(NN_F32, &err);
    if (backend == NULL)
        fail_msg("%s", err.text);
    f32_follows_f64(backend, 1e-5);
}

/* Inference on `backend` against training in f64 with normalisations fixed. */
static void fold_on(const struct nn_backend *backend, double tolerance)
{
    struct net *nets[] = {residual_net(), dense_net(), volume_net()};
    for (size_t i = 0; i < 3; i++) {
        for (size_t at = 0; at < nets[i]->layer_n; at++)
            nets[i]->layer[at].p = 0;
        struct engine_settings settings = train_on(NN_F64, 2, nets[i]->rank == 2 ? 1 : 6, 6, 8);
        settings.fixed_norm = true;
        struct bench a = bench_make(nets[i], &settings);
        settings.backend = backend;
        settings.mode = ENGINE_INFER;
        settings.keep_n = 0;
        struct bench b = bench_make(nets[i], &settings);
        loss(&a);
        loss(&b);
        for (size_t j = 0; j < nn_shape_value_n(&a.out); j++)
            assert_double_near(a.output[j], b.output[j], tolerance * (1 + fabs(a.output[j])));
        bench_free(&a);
        bench_free(&b);
        net_free(nets[i]);
    }
}

static void folded_normalisations_give_the_values_of_fixed_ones(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const struct nn_backend *backend = nn_backend_onednn(NN_F32, &err);
    fold_on(nn_backend_plain(NN_F64), 1e-12);
    fold_on(nn_backend_plain(NN_F32), 1e-5);
    if (backend == NULL)
        fail_msg("%s", err.text);
    fold_on(backend, 1e-5);
}

/* Gradients of the map: from a whole backward pass, from one for kept layers alone, and from an engine that does nothing else. */
static void explaining_gives_the_gradients_of_a_whole_backward(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct net *nets[] = {residual_net(), dense_net(), volume_net()};
    for (size_t i = 0; i < 3; i++) {
        struct net *net = nets[i];
        for (size_t at = 0; at < net->layer_n; at++)
            net->layer[at].p = 0;
        struct engine_settings settings = train_on(NN_F64, 2, net->rank == 2 ? 1 : 6, 6, 8);
        settings.fixed_norm = true;
        settings.keep = &net->map;
        struct bench a = bench_make(net, &settings);
        settings.mode = ENGINE_EXPLAIN;
        struct bench b = bench_make(net, &settings);
        struct nn_shape shape = engine_shape(a.engine, net->map);
        size_t n = nn_shape_value_n(&shape);
        double *whole = mem_alloc(n, sizeof *whole, NULL), *part = mem_alloc(n, sizeof *part, NULL), *alone = mem_alloc(n, sizeof *alone, NULL);
        double *gradient = gradient_of(&a), size = 0;
        assert_done(engine_read_gradient(a.engine, net->map, whole, &err), err);
        loss(&a);
        assert_done(engine_backward(a.engine, a.weight, NULL, &err), err);
        assert_done(engine_read_gradient(a.engine, net->map, part, &err), err);
        loss(&b);
        assert_done(engine_backward(b.engine, b.weight, NULL, &err), err);
        assert_done(engine_read_gradient(b.engine, net->map, alone, &err), err);
        for (size_t j = 0; j < n; j++) {
            assert_double_near(part[j], whole[j], 0);
            assert_double_near(alone[j], whole[j], 1e-12);
            size += fabs(whole[j]);
        }
        assert_true(size > 0.01);
        assert_false(engine_backward(b.engine, b.weight, gradient, &err));
        assert_error_has(err, ERR_BUG, "was not made for these gradients");
        mem_free(gradient);
        mem_free(whole);
        mem_free(part);
        mem_free(alone);
        bench_free(&a);
        bench_free(&b);
        net_free(net);
    }
}

/* One normalisation over the values of the input: closed form. */
static void running_statistics_move_towards_the_batchs(void **state)
{
    (void)state;
    struct graph *graph = graph_start("norm", 3, 2);
    size_t at = graph_norm(graph, "norm", graph_input(graph));
    struct net *net = finished(graph, at, at, at);
    struct engine_settings settings = train_on(NN_F64, 2, 3, 4, 5);
    struct bench b = bench_make(net, &settings);
    loss(&b);
    float before[2], var_before[2];
    float *mean = net->value + net_find(net, "norm.running_mean")->offset, *var = net->value + net_find(net, "norm.running_var")->offset;
    memcpy(before, mean, sizeof before);
    memcpy(var_before, var, sizeof var_before);
    engine_update_running(b.engine, 0.1, net->value);
    for (size_t c = 0; c < 2; c++) {
        double sum = 0, square = 0;
        for (size_t i = 0; i < 120; i++)
            sum += (double)b.input[2 * i + c];
        for (size_t i = 0; i < 120; i++)
            square += pow((double)b.input[2 * i + c] - sum / 120, 2);
        assert_double_near((double)mean[c], 0.9 * (double)before[c] + 0.1 * sum / 120, 1e-7);
        assert_double_near((double)var[c], 0.9 * (double)var_before[c] + 0.1 * square / 119, 1e-7);
    }
    bench_free(&b);
    net_free(net);
}

static void dropout_drops_its_share_and_keeps_the_mean(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct graph *graph = graph_start("dropout", 2, 1);
    size_t at = graph_dropout(graph, graph_input(graph), 0.3);
    struct net *net = finished(graph, at, at, at);
    struct engine_settings settings = train_on(NN_F64, 1, 1, 200, 200);
    struct bench b = bench_make(net, &settings);
    for (size_t i = 0; i < 40000; i++)
        b.input[i] = 1;
    loss(&b);
    double sum = 0, *first = mem_alloc(40000, sizeof *first, NULL);
    memcpy(first, b.output, 40000 * sizeof *first);
    for (size_t i = 0; i < 40000; i++) {
        assert_true(b.output[i] == 0 || fabs(b.output[i] - 1 / 0.7) < 1e-12);
        sum += b.output[i];
    }
    assert_double_near(sum / 40000, 1, 0.0165); /* five standard errors: sqrt(0.3 / 0.7 / 40000) */
    assert_done(engine_forward(b.engine, b.input, SEED + 1, &err), err);
    assert_done(engine_read(b.engine, at, b.output, &err), err);
    assert_memory_not_equal(first, b.output, 40000 * sizeof *first);
    loss(&b);
    assert_memory_equal(first, b.output, 40000 * sizeof *first);
    mem_free(first);
    bench_free(&b);
    net_free(net);
}

static void same_bytes(const struct nn_backend *backend)
{
    struct err err = ERR_INIT;
    struct net *net = residual_net();
    struct engine_settings settings = train_on(NN_F64, 3, 8, 12, 10);
    settings.backend = backend;
    double *one = NULL;
    for (size_t threads = 1; threads <= 4; threads *= 2) {
        assert_done(pool_start(threads, &err), err);
        struct bench b = bench_make(net, &settings);
        double *gradient = gradient_of(&b);
        if (one == NULL)
            one = gradient;
        else {
            assert_memory_equal(one, gradient, net->value_n * nn_parameter_size(backend));
            mem_free(gradient);
        }
        bench_free(&b);
    }
    pool_stop();
    mem_free(one);
    net_free(net);
}

static void bytes_are_equal_for_any_number_of_threads(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const struct nn_backend *backend = nn_backend_onednn(NN_F32, &err);
    same_bytes(nn_backend_plain(NN_F64));
    if (backend == NULL)
        fail_msg("%s", err.text);
    same_bytes(backend);
}

static void what_does_not_fit_is_refused_in_one_line(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct engine *engine = NULL;
    struct graph *graph = graph_start("valid", 3, 1);
    struct conv_spec spec = conv_cube(graph, 2, 5, 1, 0, 1);
    size_t at = graph_conv(graph, "features.conv", graph_input(graph), &spec);
    struct net *net = finished(graph, at, at, at);
    struct engine_settings settings = train_on(NN_F64, 1, 4, 9, 9);
    assert_false(engine_make(net, &settings, &engine, &err));
    assert_error(err, ERR_INPUT,
                 "network valid: an input of 4 x 9 x 9 voxels (z, y, x) is too small: the window of features.conv does not fit into 4 x 9 x 9");
    settings.z = settings.y = settings.x = (size_t)1 << 30;
    assert_false(engine_make(net, &settings, &engine, &err));
    assert_error_has(err, ERR_INPUT, "network valid: an input of 1 x 1073741824 x 1073741824 x 1073741824 voxels (n, z, y, x) is too large");
    net_free(net);

    graph = graph_start("skip", 3, 1);
    at = graph_pool(graph, graph_input(graph), NN_POOL_MEAN, 2, 2, 0);
    at = graph_add(graph, graph_resample(graph, at, 2), graph_input(graph));
    net = finished(graph, at, at, at);
    settings = train_on(NN_F64, 1, 4, 5, 6);
    assert_false(engine_make(net, &settings, &engine, &err));
    assert_error(err, ERR_INPUT, "network skip: an input of 4 x 5 x 6 voxels (z, y, x) does not suit the net: layer 3 joins grids of 4 x 4 x 6 and 4 x 5 x 6");

    settings.y = 4;
    assert_done(engine_make(net, &settings, &engine, &err), err);
    float input[96] = {0};
    double values[96];
    assert_false(engine_forward(engine, input, 0, &err));
    assert_error(err, ERR_BUG, "network skip runs before its parameters are loaded");
    assert_false(engine_read(engine, 1, values, &err));
    assert_error(err, ERR_BUG, "layer 1 of network skip is read, but was not kept");
    engine_free(engine);
    net_free(net);
}

/* A small net built, made ready and run once; what main() does when it is told so. 0, or the kind of the error. */
static int run_once(void)
{
    struct err err = ERR_INIT;
    struct net *net = NULL;
    struct engine *engine = NULL;
    float input[2 * 36] = {0};
    double d_output[2] = {1, 1}, *gradient = NULL;
    struct graph *graph = graph_start("small", 2, 1);
    size_t at = conv_norm(graph, "a", graph_input(graph), 3, 3, 1, 1), beside = graph_act(graph, at, NN_ACT_RELU);
    at = conv_norm(graph, "b", beside, 3, 3, 1, 1);
    at = graph_pool(graph, graph_act(graph, graph_add(graph, at, beside), NN_ACT_RELU), NN_POOL_MAX, 2, 2, 0);
    size_t embedding = graph_mean(graph, graph_concat(graph, (size_t[]){at, at}, 2));
    at = graph_linear(graph, "fc", graph_dropout(graph, embedding, 0.1), 1, true);
    bool done = graph_finish(graph, embedding, embedding, at, &net, &err);
    if (done) {
        struct engine_settings settings = {.backend = nn_backend_plain(NN_F64), .mode = ENGINE_TRAIN, .batch_n = 2, .z = 1, .y = 6, .x = 6};
        done = (gradient = mem_alloc(net->value_n, sizeof *gradient, &err)) != NULL && engine_make(net, &settings, &engine, &err) &&
               engine_load(engine, net->value, &err) && engine_forward(engine, input, 1, &err) && engine_backward(engine, d_output, gradient, &err);
    }
    engine_free(engine);
    net_free(net);
    mem_free(gradient);
    return done ? 0 : err.text[0] != '\0' ? (int)err.kind : 1;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int status = ERR_SYSTEM;
    size_t n = 0;
    while (status == ERR_SYSTEM) {
        char number[24];
        snprintf(number, sizeof number, "%zu", ++n);
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            setenv("HEPAR_FAULT", number, 1);
            execl("/proc/self/exe", "nn_engine", "once", (char *)NULL);
            _exit(1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        status = WEXITSTATUS(status);
    }
    assert_int_equal(status, 0); /* the fault came after the last of them */
    assert_true(n > 50);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return run_once();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_of_residual_chains_are_finite_differences),
        cmocka_unit_test(gradients_of_concatenations_and_shared_inputs_are_finite_differences),
        cmocka_unit_test(gradients_of_a_volume_are_finite_differences),
        cmocka_unit_test(gradients_with_fixed_normalisations_are_finite_differences),
        cmocka_unit_test(saving_memory_changes_no_value),
        cmocka_unit_test(plain_f32_gradients_are_those_of_f64),
        cmocka_unit_test(onednn_gradients_are_those_of_f64),
        cmocka_unit_test(folded_normalisations_give_the_values_of_fixed_ones),
        cmocka_unit_test(explaining_gives_the_gradients_of_a_whole_backward),
        cmocka_unit_test(running_statistics_move_towards_the_batchs),
        cmocka_unit_test(dropout_drops_its_share_and_keeps_the_mean),
        cmocka_unit_test(bytes_are_equal_for_any_number_of_threads),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(what_does_not_fit_is_refused_in_one_line),
    };
    return tap_run(tests);
}
