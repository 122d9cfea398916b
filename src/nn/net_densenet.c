/* DenseNet-121: Huang et al., CVPR 2017 (doi 10.1109/CVPR.2017.243), as torchvision builds it.
 *
 * A dense layer reads all that its block has made so far and adds 32 channels to it (normalise, ReLU, 1 x 1 to 128 channels, normalise,
 * ReLU, 3 x 3); a transition halves channels and grid. */
#include "nn/net_parts.h"

static const size_t layer_n[] = {6, 12, 24, 16};
enum { BLOCK_N = sizeof layer_n / sizeof layer_n[0], STEM_CHANNEL_N = 64, GROWTH_N = 32, INNER_N = 4 * GROWTH_N, EMBEDDING_N = 1024 };

/* Normalise, ReLU, convolve: the order of this family. */
static size_t norm_conv(struct graph *graph, const char *norm, const char *conv, size_t x, const struct conv_spec *spec)
{
    return graph_conv(graph, conv, graph_act(graph, graph_norm(graph, norm, x), NN_ACT_RELU), spec);
}

static size_t dense_layer(struct graph *graph, const char *name, size_t from)
{
    struct conv_spec inner = conv_cube(graph, INNER_N, 1, 1, 0, 1), grown = conv_cube(graph, GROWTH_N, 3, 1, 1, 1);
    size_t x = norm_conv(graph, net_name("%s.norm1", name).text, net_name("%s.conv1", name).text, from, &inner);
    x = norm_conv(graph, net_name("%s.norm2", name).text, net_name("%s.conv2", name).text, x, &grown);
    return graph_concat(graph, (const size_t[]){from, x}, 2);
}

static size_t transition(struct graph *graph, size_t place, size_t x)
{
    struct conv_spec half = conv_cube(graph, graph_channel_n(graph, x) / 2, 1, 1, 0, 1);
    struct net_name name = net_name("features.transition%zu", place);
    x = norm_conv(graph, net_name("%s.norm", name.text).text, net_name("%s.conv", name.text).text, x, &half);
    return graph_pool(graph, x, NN_POOL_MEAN, 2, 2, 0);
}

static bool build(const struct net_kind *kind, const struct net_options *options, struct net **out, struct err *err)
{
    struct graph *graph = graph_start(kind->name, kind->rank, options->channel_n);
    struct conv_spec stem = conv_cube(graph, STEM_CHANNEL_N, 7, 2, 3, 1);
    size_t x = net_conv_norm(graph, graph_input(graph), &stem, "features.conv0", "features.norm0", NN_ACT_RELU);
    x = graph_pool(graph, x, NN_POOL_MAX, 3, 2, 1);
    for (size_t block = 0; block < BLOCK_N; block++) {
        for (size_t i = 0; i < layer_n[block]; i++)
            x = dense_layer(graph, net_name("features.denseblock%zu.denselayer%zu", block + 1, i + 1).text, x);
        if (block + 1 < BLOCK_N)
            x = transition(graph, block + 1, x);
    }
    x = graph_act(graph, graph_norm(graph, "features.norm5", x), NN_ACT_RELU);
    return net_classify(graph, x, "classifier", 0, options, out, err);
}

const struct net_kind net_densenet121 = {"densenet121", "DenseNet-121", 2, 3, EMBEDDING_N, false,
                                         "Huang et al. 2017, doi 10.1109/CVPR.2017.243; names of torchvision", NULL, build};
