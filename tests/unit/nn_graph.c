/* Nets are built with PyTorch's names, shapes and initial values; the first mistake is what is reported. */
#include "nn/graph.h"

#include <math.h>

#include "base/mem.h"
#include "tap.h"

/* input -> conv -> norm -> act -> mean -> linear */
static struct net *small_net(unsigned rank)
{
    struct err err = ERR_INIT;
    struct graph *graph = graph_start("small", rank, 2);
    struct conv_spec spec = conv_cube(graph, 8, 3, 2, 1, 1);
    spec.bias = true;
    size_t at = graph_conv(graph, "stem.conv", graph_input(graph), &spec);
    at = graph_norm(graph, "stem.norm", at);
    size_t map = graph_act(graph, at, NN_ACT_RELU);
    size_t embedding = graph_mean(graph, map);
    size_t output = graph_linear(graph, "fc", embedding, 3, true);
    struct net *net = NULL;
    assert_done(graph_finish(graph, embedding, map, output, &net, &err), err);
    return net;
}

static void parameters_have_pytorchs_names_and_shapes(void **state)
{
    (void)state;
    static const char *const names[] = {"stem.conv.weight",       "stem.conv.bias",        "stem.norm.weight", "stem.norm.bias",
                                        "stem.norm.running_mean", "stem.norm.running_var", "fc.weight",        "fc.bias"};
    static const size_t counts[] = {8 * 2 * 27, 8, 8, 8, 8, 8, 24, 3};
    struct net *net = small_net(3);
    assert_int_equal(net->parameter_n, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_string_equal(net->parameter[i].name, names[i]);
        assert_int_equal(net->parameter[i].n, counts[i]);
        assert_int_equal(net->parameter[i].offset % 16, 0);
        assert_true(i == 0 || net->parameter[i].offset >= net->parameter[i - 1].offset + counts[i - 1]);
    }
    assert_int_equal(net->parameter[0].dim_n, 5);
    assert_int_equal(net->parameter[0].fan_in, 54);
    assert_ptr_equal(net_find(net, "fc.bias"), &net->parameter[7]);
    assert_null(net_find(net, "fc"));
    net_free(net);
    net = small_net(2);
    assert_int_equal(net->parameter[0].dim_n, 4);
    assert_int_equal(net->parameter[0].n, 8 * 2 * 9);
    assert_int_equal(net->layer[1].window.kernel[0], 1);
    assert_int_equal(net->layer[1].window.pad[0], 0);
    net_free(net);
}

static void initial_values_are_uniform_within_one_over_root_fan_in(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct graph *graph = graph_start("wide", 2, 10);
    size_t at = graph_linear(graph, "fc", graph_input(graph), 1000, true);
    at = graph_norm(graph, "norm", at);
    struct net *net = NULL;
    assert_done(graph_finish(graph, at, at, at, &net, &err), err);
    net_initialise(net, 7);
    double limit = 1 / sqrt(10.0), sum = 0, square = 0, largest = 0;
    for (size_t i = 0; i < 10000; i++) {
        double value = (double)net->value[i];
        sum += value;
        square += value * value;
        largest = fmax(largest, fabs(value));
    }
    assert_true(largest <= limit * (1 + 1e-6) && largest > 0.999 * limit);
    assert_double_near(sum / 10000, 0, 5 * limit / sqrt(3.0) / 100); /* five standard errors */
    assert_double_near(square / 10000, limit * limit / 3, 0.003);
    const struct parameter *scale = net_find(net, "norm.weight"), *shift = net_find(net, "norm.bias");
    const struct parameter *mean = net_find(net, "norm.running_mean"), *var = net_find(net, "norm.running_var");
    for (size_t i = 0; i < 1000; i++) {
        assert_double_near((double)net->value[scale->offset + i], 1, 0);
        assert_double_near((double)net->value[shift->offset + i], 0, 0);
        assert_double_near((double)net->value[mean->offset + i], 0, 0);
        assert_double_near((double)net->value[var->offset + i], 1, 0);
    }
    net_free(net);
}

static void equal_seeds_give_equal_values_and_others_do_not(void **state)
{
    (void)state;
    struct net *a = small_net(3), *b = small_net(3);
    net_initialise(a, 1);
    net_initialise(b, 1);
    assert_memory_equal(a->value, b->value, a->value_n * sizeof *a->value);
    net_initialise(b, 2);
    assert_memory_not_equal(a->value, b->value, a->value_n * sizeof *a->value);
    net_free(a);
    net_free(b);
}

static void the_first_mistake_is_reported_and_the_rest_does_nothing(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct net *net = NULL;
    struct graph *graph = graph_start("odd", 3, 3);
    struct conv_spec spec = conv_cube(graph, 4, 3, 1, 1, 1);
    spec.group_n = 2;
    size_t at = graph_conv(graph, "grouped", graph_input(graph), &spec);
    at = graph_add(graph, at, 99);
    assert_false(graph_finish(graph, at, at, at, &net, &err));
    assert_error(err, ERR_BUG, "network odd: grouped: 2 groups do not divide 3 channels into 4");

    graph = graph_start("odd", 2, 3);
    graph_pool(graph, graph_input(graph), NN_POOL_MAX, 3, 2, 2);
    assert_false(graph_finish(graph, 0, 0, 0, &net, &err));
    assert_error(err, ERR_BUG, "network odd: a pool of kernel 3, stride 2, pad 2; expected a pad of at most half the kernel");

    graph = graph_start("odd", 2, 3);
    at = graph_linear(graph, "fc", graph_input(graph), 2, false);
    graph_add(graph, at, graph_input(graph));
    assert_false(graph_finish(graph, 0, 0, 0, &net, &err));
    assert_error(err, ERR_BUG, "network odd: an addition of 2 and 3 channels");

    graph = graph_start("odd", 2, 3);
    assert_false(graph_finish(graph, 0, 5, 0, &net, &err));
    assert_error(err, ERR_BUG, "network odd: layers 0, 5, 0 of a net of 1");
}

static void channels_are_counted_through_concatenation_and_padding(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct net *net = NULL;
    struct graph *graph = graph_start("wide", 3, 3);
    size_t input = graph_input(graph), padded = graph_pad_channels(graph, input, 1, 2);
    size_t from[3] = {padded, input, padded}, at = graph_concat(graph, from, 3);
    assert_int_equal(graph_channel_n(graph, padded), 6);
    assert_int_equal(graph_channel_n(graph, at), 15);
    assert_done(graph_finish(graph, at, at, at, &net, &err), err);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_have_pytorchs_names_and_shapes),
        cmocka_unit_test(initial_values_are_uniform_within_one_over_root_fan_in),
        cmocka_unit_test(equal_seeds_give_equal_values_and_others_do_not),
        cmocka_unit_test(the_first_mistake_is_reported_and_the_rest_does_nothing),
        cmocka_unit_test(channels_are_counted_through_concatenation_and_padding),
    };
    return tap_run(tests);
}
