/* ResNet-20 for 32 x 32 pictures: He et al. 2016 section 4.2, with names as in Y. Idelbayev's pytorch_resnet_cifar10.
 *
 * Three layers of three basic blocks with 16, 32, 64 channels. The shortcut has no parameters (option A): where the grid is halved it takes
 * every second pixel and sets the old channels into the middle of the new ones. */
#include "nn/net_parts.h"

enum { LAYER_N = 3, BLOCK_N = 3, FIRST_CHANNEL_N = 16 };

static size_t residual(struct graph *graph, const char *name, size_t x, size_t out_n, size_t stride)
{
    struct conv_spec first = conv_cube(graph, out_n, 3, stride, 1, 1), second = conv_cube(graph, out_n, 3, 1, 1, 1);
    size_t inner = net_conv_norm(graph, x, &first, net_name("%s.conv1", name).text, net_name("%s.bn1", name).text, NN_ACT_RELU);
    inner = net_conv_norm(graph, inner, &second, net_name("%s.conv2", name).text, net_name("%s.bn2", name).text, NN_ACT_NONE);
    if (stride > 1)
        x = graph_pad_channels(graph, graph_pool(graph, x, NN_POOL_MEAN, 1, stride, 0), out_n / 4, out_n / 4);
    return graph_act(graph, graph_add(graph, inner, x), NN_ACT_RELU);
}

static bool build(const struct net_kind *kind, const struct net_options *options, struct net **out, struct err *err)
{
    struct graph *graph = graph_start(kind->name, kind->rank, options->channel_n);
    struct conv_spec stem = conv_cube(graph, FIRST_CHANNEL_N, 3, 1, 1, 1);
    size_t x = net_conv_norm(graph, graph_input(graph), &stem, "conv1", "bn1", NN_ACT_RELU);
    for (size_t layer = 0; layer < LAYER_N; layer++)
        for (size_t i = 0; i < BLOCK_N; i++)
            x = residual(graph, net_name("layer%zu.%zu", layer + 1, i).text, x, (size_t)FIRST_CHANNEL_N << layer, layer > 0 && i == 0 ? 2 : 1);
    return net_classify(graph, x, "linear", 0, options, out, err);
}

const struct net_kind net_cifar_resnet20 = {"cifar_resnet20", "ResNet-20 (CIFAR)", 2, 3, 64, false,
                                            "He et al. 2016, section 4.2; names of akamaster/pytorch_resnet_cifar10", NULL, build};
