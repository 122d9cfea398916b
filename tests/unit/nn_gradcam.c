#include "nn/gradcam.h"

#include "nn/nets.h"
#include "nn_testnets.h"

static const struct gradcam_settings MEAN = {GRADCAM_MEAN, 7}, EACH = {GRADCAM_EACH, 7};

static struct gradcam *opened(const struct net *net, const struct nn_backend *backend, const struct sample_shape *shape, enum gradcam_of of,
                              const struct gradcam_settings *settings)
{
    struct err err = ERR_INIT;
    struct gradcam *gradcam;
    assert_done(gradcam_open(net, backend, shape, of, settings, &gradcam, &err), err);
    return gradcam;
}

/* The map of one input; `value` gets what the net says of it. */
static float *map_of(const struct net *net, const struct nn_backend *backend, const struct sample_shape *shape, enum gradcam_of of,
                     const struct gradcam_settings *settings, const float *input, const double *gradient, double *value)
{
    struct err err = ERR_INIT;
    struct gradcam *gradcam = opened(net, backend, shape, of, settings);
    float *map = mem_alloc(shape->z * shape->y * shape->x, sizeof *map, NULL);
    assert_done(gradcam_forward(gradcam, input, value, &err), err);
    assert_done(gradcam_map(gradcam, gradient, map, &err), err);
    gradcam_close(gradcam);
    return map;
}

static void set_values(struct net *net, const char *name, const float *value, size_t n)
{
    const struct parameter *parameter = net_find(net, name);
    assert_non_null(parameter);
    assert_int_equal(parameter->n, n);
    memcpy(net->value + parameter->offset, value, n * sizeof *value);
}

/* relu(x), relu(-x), their means, 2 a - b. */
static void the_map_of_a_known_net_is_its_closed_form(void **state)
{
    (void)state;
    struct graph *graph = graph_start("known", 3, 1);
    struct conv_spec one = conv_cube(graph, 2, 1, 1, 0, 1);
    size_t map = graph_act(graph, graph_conv(graph, "split", graph_input(graph), &one), NN_ACT_RELU);
    size_t embedding = graph_mean(graph, map);
    struct net *net = finished(graph, embedding, map, graph_linear(graph, "fc", embedding, 1, false));
    set_values(net, "split.weight", (const float[]){1, -1}, 2);
    set_values(net, "fc.weight", (const float[]){2, -1}, 2);
    const struct sample_shape shape = {4, 5, 6, 1};
    const size_t n = 120;
    float *input = random_input(n);
    double logit, expected = 0;
    float *got = map_of(net, nn_backend_plain(NN_F64), &shape, GRADCAM_OUTPUT, &MEAN, input, (const double[]){1}, &logit);
    for (size_t i = 0; i < n; i++) {
        double x = (double)input[i], here = (x > 0 ? 2 * x : x) / (double)n;
        assert_double_near((double)got[i], here, 1e-8); /* the map is f32 */
        expected += here;
    }
    assert_double_near(logit, expected, 1e-9);
    gradcam_rectify(got, n);
    for (size_t i = 0; i < n; i++)
        assert_double_near((double)got[i], input[i] > 0 ? 2 * (double)input[i] / (double)n : 0, 1e-8);
    mem_free(got);
    mem_free(input);
    net_free(net);
}

/* The logit reads one place alone: a convolution as large as the input, whose weights are 0 elsewhere. */
static void the_map_lies_where_the_logit_reads(void **state)
{
    (void)state;
    struct graph *graph = graph_start("place", 3, 1);
    struct conv_spec one = conv_cube(graph, 1, 1, 1, 0, 1), whole = conv_cube(graph, 1, 6, 1, 0, 1);
    size_t map = graph_act(graph, graph_conv(graph, "pass", graph_input(graph), &one), NN_ACT_RELU);
    size_t embedding = graph_mean(graph, graph_conv(graph, "place", map, &whole));
    struct net *net = finished(graph, embedding, map, graph_linear(graph, "fc", embedding, 1, false));
    const size_t n = 216, place = (2 * 6 + 3) * 6 + 4;
    float weight[216] = {0}, input[216];
    weight[place] = -0.5F;
    set_values(net, "pass.weight", (const float[]){1}, 1);
    set_values(net, "place.weight", weight, n);
    set_values(net, "fc.weight", (const float[]){-4}, 1);
    for (size_t i = 0; i < n; i++)
        input[i] = 1;
    double logit;
    const struct sample_shape shape = {6, 6, 6, 1};
    float *got = map_of(net, nn_backend_plain(NN_F64), &shape, GRADCAM_OUTPUT, &EACH, input, (const double[]){1}, &logit);
    assert_double_near(logit, 2, 1e-12);
    for (size_t i = 0; i < n; i++)
        assert_double_near((double)got[i], i == place ? 2 : 0, 1e-12);
    mem_free(got);
    net_free(net);
}

/* Without biases a net of ReLUs is as large as its input: the logit is the sum over places of gradient times value, at any layer. */
static void a_map_from_an_earlier_layer_adds_up_to_the_logit(void **state)
{
    (void)state;
    struct graph *graph = graph_start("homogeneous", 3, 2);
    struct conv_spec fine = conv_cube(graph, 6, 3, 1, 1, 1), coarse = conv_cube(graph, 5, 3, 8, 1, 1);
    size_t early = graph_act(graph, graph_conv(graph, "a", graph_input(graph), &fine), NN_ACT_RELU);
    size_t map = graph_act(graph, graph_conv(graph, "b", early, &coarse), NN_ACT_RELU);
    size_t embedding = graph_mean(graph, map);
    struct net *net = finished(graph, embedding, map, graph_linear(graph, "fc", embedding, 1, false));
    const struct sample_shape shape = {8, 8, 8, 2};
    const struct nn_backend *backend = nn_backend_plain(NN_F64);
    float *input = random_input(1024);
    double logit, sum = 0, size = 0;
    struct gradcam *gradcam = opened(net, backend, &shape, GRADCAM_OUTPUT, &EACH);
    assert_int_equal(gradcam_layer(gradcam), early);
    assert_int_equal(gradcam_grid(gradcam).x, 8);
    gradcam_close(gradcam);
    float *got = map_of(net, backend, &shape, GRADCAM_OUTPUT, &EACH, input, (const double[]){1}, &logit);
    for (size_t i = 0; i < 512; i++) {
        sum += (double)got[i];
        size += fabs((double)got[i]);
    }
    assert_double_near(sum, logit, 1e-6 * size);
    assert_true(size > 0.001);
    mem_free(got);
    mem_free(input);
    net_free(net);
}

static void in_front_of_a_mean_both_kinds_are_the_same(void **state)
{
    (void)state;
    struct net *net = residual_net();
    const struct sample_shape shape = {12, 12, 12, 2};
    const size_t n = 1728;
    float *input = random_input(2 * n);
    double logit[2];
    const struct nn_backend *backend = nn_backend_plain(NN_F64);
    float *mean = map_of(net, backend, &shape, GRADCAM_OUTPUT, &MEAN, input, (const double[]){1, -2}, logit);
    float *each = map_of(net, backend, &shape, GRADCAM_OUTPUT, &EACH, input, (const double[]){1, -2}, logit);
    double size = 0;
    for (size_t i = 0; i < n; i++) {
        assert_double_near((double)mean[i], (double)each[i], 1e-7);
        size += fabs((double)mean[i]);
    }
    assert_true(size > 0.1);
    mem_free(mean);
    mem_free(each);
    mem_free(input);
    net_free(net);
}

/* d logit / d embedding are the classifier's weights. */
static void a_gradient_at_the_embedding_gives_the_map_of_the_output(void **state)
{
    (void)state;
    struct net *net = NULL;
    struct err err = ERR_INIT;
    assert_done(net_make("small3d", &(struct net_options){.channel_n = 3}, 7, &net, &err), err);
    const struct sample_shape shape = {16, 16, 16, 3};
    const size_t n = 4096;
    float *input = random_input(3 * n);
    const struct parameter *fc = net_find(net, "fc.weight");
    double gradient[32], embedding[32], logit, expected = 0;
    assert_int_equal(fc->n, 32);
    for (size_t c = 0; c < 32; c++)
        gradient[c] = (double)net->value[fc->offset + c];
    const struct nn_backend *backend = nn_backend_plain(NN_F64);
    float *a = map_of(net, backend, &shape, GRADCAM_EMBEDDING, &MEAN, input, gradient, embedding);
    float *b = map_of(net, backend, &shape, GRADCAM_OUTPUT, &MEAN, input, (const double[]){1}, &logit);
    for (size_t c = 0; c < 32; c++)
        expected += gradient[c] * embedding[c];
    assert_double_near(logit, expected + (double)net->value[net_find(net, "fc.bias")->offset], 1e-9);
    for (size_t i = 0; i < n; i++)
        assert_double_near((double)a[i], (double)b[i], 1e-7);
    mem_free(a);
    mem_free(b);
    mem_free(input);
    net_free(net);
}

static void the_fast_backend_gives_the_plain_ones_map(void **state)
{
    (void)state;
    struct net *net = residual_net();
    const struct sample_shape shape = {9, 12, 10, 2};
    const size_t n = 1080;
    float *input = random_input(2 * n);
    double logit[2], size = 0;
    for (int kind = 0; kind < 2; kind++) {
        const struct gradcam_settings *settings = kind == 0 ? &MEAN : &EACH;
        float *plain = map_of(net, nn_backend_plain(NN_F64), &shape, GRADCAM_OUTPUT, settings, input, (const double[]){1, 1}, logit);
        float *fast = map_of(net, nn_backend_default(), &shape, GRADCAM_OUTPUT, settings, input, (const double[]){1, 1}, logit);
        for (size_t i = 0; i < n; i++)
            size = fmax(size, fabs((double)plain[i]));
        for (size_t i = 0; i < n; i++)
            assert_double_near((double)fast[i], (double)plain[i], 1e-4 * size);
        mem_free(plain);
        mem_free(fast);
    }
    mem_free(input);
    net_free(net);
}

static void the_layer_is_the_last_with_a_grid_fine_enough(void **state)
{
    (void)state;
    static const struct {
        const char *net;
        size_t c, z, side, grid, is_map;
    } row[] = {
        {"small3d", 1, 16, 16, 4, 1}, {"small3d", 1, 32, 32, 8, 1}, {"patches3d", 1, 16, 16, 4, 0}, {"patches3d", 1, 32, 32, 8, 0},
        {"small2d", 1, 1, 64, 16, 1}, {"resnet18_3d", 1, 32, 32, 8, 0}, {"resnet18", 3, 1, 224, 7, 1}, {"densenet121", 3, 1, 64, 8, 0},
        {"mobilenet_v2", 3, 1, 96, 12, 0},
    };
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct err err = ERR_INIT;
        struct net *net = NULL;
        assert_done(net_make(row[k].net, &(struct net_options){.channel_n = row[k].c}, 1, &net, &err), err);
        struct gradcam *gradcam = opened(net, nn_backend_default(), &(struct sample_shape){row[k].z, row[k].side, row[k].side, row[k].c}, GRADCAM_OUTPUT, &MEAN);
        if (gradcam_grid(gradcam).x != row[k].grid)
            fail_msg("%s at %zu: a grid of %zu, expected %zu", row[k].net, row[k].side, gradcam_grid(gradcam).x, row[k].grid);
        assert_int_equal(gradcam_layer(gradcam) == net->map, row[k].is_map);
        gradcam_close(gradcam);
        net_free(net);
    }
}

static void other_values_give_another_map(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct net *net = residual_net(), *other = residual_net();
    const struct sample_shape shape = {8, 8, 8, 2};
    float *input = random_input(1024), a[512], b[512], c[512];
    double logit[2], difference = 0;
    net_initialise(other, 99);
    struct gradcam *gradcam = opened(net, nn_backend_default(), &shape, GRADCAM_OUTPUT, &MEAN);
    assert_done(gradcam_forward(gradcam, input, logit, &err) && gradcam_map(gradcam, (const double[]){1, 0}, a, &err), err);
    assert_done(gradcam_load(gradcam, other->value, &err) && gradcam_forward(gradcam, input, logit, &err) &&
                    gradcam_map(gradcam, (const double[]){1, 0}, b, &err), err);
    assert_done(gradcam_load(gradcam, net->value, &err) && gradcam_forward(gradcam, input, logit, &err) &&
                    gradcam_map(gradcam, (const double[]){1, 0}, c, &err), err);
    for (size_t i = 0; i < 512; i++)
        difference += fabs((double)(a[i] - b[i]));
    assert_true(difference > 1e-3);
    assert_memory_equal(a, c, sizeof a);
    gradcam_close(gradcam);
    mem_free(input);
    net_free(net);
    net_free(other);
}

static void inputs_that_do_not_suit_the_net_are_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct net *net = residual_net();
    struct gradcam *gradcam = NULL;
    const struct nn_backend *backend = nn_backend_plain(NN_F32);
    assert_false(gradcam_open(net, backend, &(struct sample_shape){8, 8, 8, 3}, GRADCAM_OUTPUT, &MEAN, &gradcam, &err));
    assert_error(err, ERR_INPUT, "Grad-CAM: the net residual takes 2 channels, the input has 3");
    assert_false(gradcam_open(net, backend, &(struct sample_shape){1, 8, 8, 2}, GRADCAM_OUTPUT, &MEAN, &gradcam, &err));
    assert_error(err, ERR_INPUT, "Grad-CAM: the net residual is 3-D, the input is 8 x 8 x 1");
    struct graph *graph = graph_start("valid", 3, 1);
    struct conv_spec five = conv_cube(graph, 1, 5, 1, 0, 1);
    size_t map = graph_conv(graph, "five", graph_input(graph), &five), embedding = graph_mean(graph, map);
    struct net *valid = finished(graph, embedding, map, graph_linear(graph, "fc", embedding, 1, false));
    assert_false(gradcam_open(valid, backend, &(struct sample_shape){4, 4, 4, 1}, GRADCAM_OUTPUT, &MEAN, &gradcam, &err));
    assert_error_has(err, ERR_INPUT, "Grad-CAM: network valid: an input of 4 x 4 x 4 voxels (z, y, x) is too small");
    assert_null(gradcam);
    net_free(valid);
    net_free(net);
}

static void values_that_are_no_numbers_are_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct net *net = residual_net();
    float *input = random_input(1024), map[512];
    double logit[2];
    struct gradcam *gradcam = opened(net, nn_backend_plain(NN_F64), &(struct sample_shape){8, 8, 8, 2}, GRADCAM_OUTPUT, &MEAN);
    assert_done(gradcam_forward(gradcam, input, logit, &err), err);
    assert_false(gradcam_map(gradcam, (const double[]){NAN, 0}, map, &err));
    assert_error(err, ERR_INPUT, "network residual: Grad-CAM gives a value that is not finite");
    gradcam_close(gradcam);
    mem_free(input);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_map_of_a_known_net_is_its_closed_form),
        cmocka_unit_test(the_map_lies_where_the_logit_reads),
        cmocka_unit_test(a_map_from_an_earlier_layer_adds_up_to_the_logit),
        cmocka_unit_test(in_front_of_a_mean_both_kinds_are_the_same),
        cmocka_unit_test(a_gradient_at_the_embedding_gives_the_map_of_the_output),
        cmocka_unit_test(the_fast_backend_gives_the_plain_ones_map),
        cmocka_unit_test(the_layer_is_the_last_with_a_grid_fine_enough),
        cmocka_unit_test(other_values_give_another_map),
        cmocka_unit_test(inputs_that_do_not_suit_the_net_are_refused),
        cmocka_unit_test(values_that_are_no_numbers_are_refused),
    };
    return tap_run(tests);
}
