/* Small nets that between them hold every kind of layer, and what the engine's tests ask of them. */
#ifndef HEPAR_TESTS_UNIT_NN_TESTNETS_H
#define HEPAR_TESTS_UNIT_NN_TESTNETS_H

#include <math.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/engine.h"
#include "tap.h"

static inline size_t conv_norm(struct graph *graph, const char *name, size_t from, size_t out, size_t kernel, size_t stride, size_t pad)
{
    char part[64];
    struct conv_spec spec = conv_cube(graph, out, kernel, stride, pad, 1);
    snprintf(part, sizeof part, "%s.conv", name);
    from = graph_conv(graph, part, from, &spec);
    snprintf(part, sizeof part, "%s.norm", name);
    return graph_norm(graph, part, from);
}

static inline struct net *finished(struct graph *graph, size_t embedding, size_t map, size_t output)
{
    struct err err = ERR_INIT;
    struct net *net = NULL;
    assert_done(graph_finish(graph, embedding, map, output, &net, &err), err);
    net_initialise(net, 3);
    struct rng rng = rng_make(4, "test.parameters", 0, 0);
    for (size_t i = 0; i < net->parameter_n; i++) /* nothing may be special: no scale of 1, no shift of 0 */
        for (size_t j = 0; j < net->parameter[i].n; j++) {
            float *value = &net->value[net->parameter[i].offset + j];
            if (net->parameter[i].role == PARAMETER_SCALE || net->parameter[i].role == PARAMETER_RUNNING_VAR)
                *value = (float)(0.5 + 0.5 * rng_uniform(&rng));
            else if (net->parameter[i].role != PARAMETER_WEIGHT)
                *value = (float)(0.4 * rng_uniform(&rng) - 0.2);
        }
    return net;
}

/* Chains of residual blocks, two of them without and one with a convolution beside it; dilation, groups, dropout. */
static inline struct net *residual_net(void)
{
    struct graph *graph = graph_start("residual", 3, 2);
    size_t at = conv_norm(graph, "stem", graph_input(graph), 4, 3, 1, 1);
    at = graph_pool(graph, graph_act(graph, at, NN_ACT_RELU), NN_POOL_MAX, 3, 2, 1);
    for (size_t i = 0; i < 3; i++) {
        char name[32];
        size_t beside = at, stride = i == 2 ? 2 : 1, out = i == 2 ? 6 : 4;
        snprintf(name, sizeof name, "block%zu.a", i);
        at = graph_act(graph, conv_norm(graph, name, at, out, 3, stride, 1), NN_ACT_RELU);
        snprintf(name, sizeof name, "block%zu.b", i);
        at = conv_norm(graph, name, at, out, 3, 1, 1);
        snprintf(name, sizeof name, "block%zu.beside", i);
        if (i == 2)
            beside = conv_norm(graph, name, beside, out, 1, stride, 0);
        at = graph_act(graph, graph_add(graph, at, beside), NN_ACT_RELU);
    }
    struct conv_spec spec = conv_cube(graph, 4, 3, 1, 2, 2);
    spec.group_n = 2;
    at = graph_conv(graph, "dilated", at, &spec);
    size_t map = graph_act(graph, graph_norm(graph, "last", at), NN_ACT_RELU);
    size_t embedding = graph_mean(graph, map);
    at = graph_dropout(graph, embedding, 0.3);
    return finished(graph, embedding, map, graph_linear(graph, "fc", at, 2, true));
}

/* 2-D: growing concatenations, channels padded, a depthwise convolution, inputs with several readers, x + x, sums without norms. */
static inline struct net *dense_net(void)
{
    struct graph *graph = graph_start("dense", 2, 3);
    size_t part[4] = {conv_norm(graph, "stem", graph_input(graph), 4, 3, 2, 1)};
    for (size_t i = 1; i < 4; i++) {
        char name[32];
        size_t all = graph_concat(graph, part, i);
        snprintf(name, sizeof name, "dense%zu.norm", i);
        struct conv_spec spec = conv_cube(graph, 3, 3, 1, 1, 1);
        size_t at = graph_act(graph, graph_norm(graph, name, all), NN_ACT_RELU);
        snprintf(name, sizeof name, "dense%zu.conv", i);
        part[i] = graph_conv(graph, name, at, &spec);
    }
    size_t at = graph_concat(graph, part, 4);
    size_t narrow = graph_pool(graph, at, NN_POOL_MEAN_PADDED, 1, 2, 0);
    narrow = graph_pad_channels(graph, narrow, 2, 1);
    struct conv_spec depthwise = conv_cube(graph, 13, 3, 2, 1, 1);
    depthwise.group_n = 13;
    at = graph_act(graph, graph_norm(graph, "deep.norm", graph_conv(graph, "deep.conv", at, &depthwise)), NN_ACT_RELU6);
    at = graph_pad_channels(graph, at, 0, 3);
    at = graph_act(graph, graph_add(graph, at, narrow), NN_ACT_RELU);
    at = graph_add(graph, at, at);
    struct conv_spec plain = conv_cube(graph, 16, 3, 1, 1, 1);
    plain.bias = true;
    size_t summed = graph_add(graph, graph_conv(graph, "sum.conv", at, &plain), at);
    at = graph_pool(graph, graph_act(graph, summed, NN_ACT_RELU6), NN_POOL_MEAN, 3, 2, 1);
    size_t map = graph_act(graph, graph_conv(graph, "act.conv", at, &plain), NN_ACT_RELU);
    size_t embedding = graph_mean(graph, map);
    return finished(graph, embedding, map, graph_linear(graph, "fc", embedding, 1, false));
}

/* There and back: the output is a volume. */
static inline struct net *volume_net(void)
{
    struct graph *graph = graph_start("volume", 3, 1);
    size_t map = graph_act(graph, conv_norm(graph, "down", graph_input(graph), 4, 3, 2, 1), NN_ACT_RELU);
    size_t at = graph_act(graph, conv_norm(graph, "up", graph_resample(graph, map, 2), 3, 3, 1, 1), NN_ACT_RELU);
    at = graph_dropout(graph, at, 0.2);
    struct conv_spec spec = conv_cube(graph, 1, 1, 1, 0, 1);
    spec.bias = true;
    return finished(graph, graph_mean(graph, map), map, graph_conv(graph, "out", at, &spec));
}

static inline float *random_input(size_t n)
{
    float *input = mem_alloc(n, sizeof *input, NULL);
    struct rng rng = rng_make(5, "test.input", n, 0);
    for (size_t i = 0; i < n; i++)
        input[i] = (float)rng_normal(&rng);
    return input;
}

#endif
