/* Residual networks.
 *
 * 2-D: He et al., CVPR 2016 (doi 10.1109/CVPR.2016.90), as torchvision builds them: in a bottleneck the 3 x 3 convolution has the stride.
 * 3-D: Chen et al. 2019 (arXiv 1904.00625, MedicalNet): a stem of 7^3 with stride 2 and a max pool; layer3 and layer4 keep the grid
 * and are dilated by 2 and 4, so a map is 1/8 of the input a side. Where channels or grid change, the shortcut is a 1^3 convolution
 * (B), or every stride-th voxel with zero channels behind (A: MedicalNet's released ResNet-18 and -34). MedicalNet's networks end in a
 * segmentation head; here a mean over space and a classifier `fc` stand behind layer4. */
#include "nn/net_parts.h"

struct resnet_shape {
    bool bottleneck;
    size_t block_n[4], stride[4], dilation[4]; /* by layer */
};

enum { STEM_CHANNEL_N = 64, LAYER_N = 4, BOTTLENECK_EXPANSION = 4 };

struct resnet {
    struct graph *graph;
    const struct resnet_shape *shape;
    bool shortcut_a;
};

/* Where a block stands. */
struct resnet_block {
    struct net_name name; /* "layer2.0" */
    size_t inner_n, out_n; /* channels */
    size_t stride, dilation;
};

static size_t conv_norm(const struct resnet *net, const struct resnet_block *block, size_t from, unsigned place, size_t out, size_t kernel, size_t stride,
                        size_t dilation, enum nn_act act)
{
    struct conv_spec spec = conv_cube(net->graph, out, kernel, stride, dilation * (kernel / 2), dilation);
    return net_conv_norm(net->graph, from, &spec, net_name("%s.conv%u", block->name.text, place).text, net_name("%s.bn%u", block->name.text, place).text, act);
}

static size_t basic(const struct resnet *net, const struct resnet_block *block, size_t x)
{
    x = conv_norm(net, block, x, 1, block->inner_n, 3, block->stride, block->dilation, NN_ACT_RELU);
    return conv_norm(net, block, x, 2, block->out_n, 3, 1, block->dilation, NN_ACT_NONE);
}

static size_t bottleneck(const struct resnet *net, const struct resnet_block *block, size_t x)
{
    x = conv_norm(net, block, x, 1, block->inner_n, 1, 1, 1, NN_ACT_RELU);
    x = conv_norm(net, block, x, 2, block->inner_n, 3, block->stride, block->dilation, NN_ACT_RELU);
    return conv_norm(net, block, x, 3, block->out_n, 1, 1, 1, NN_ACT_NONE);
}

static size_t shortcut(const struct resnet *net, const struct resnet_block *block, size_t x)
{
    size_t in_n = graph_channel_n(net->graph, x);
    if (block->stride == 1 && in_n == block->out_n)
        return x;
    if (net->shortcut_a) {
        size_t kept = graph_pool(net->graph, x, NN_POOL_MEAN, 1, block->stride, 0);
        return block->out_n > in_n ? graph_pad_channels(net->graph, kept, 0, block->out_n - in_n) : kept;
    }
    struct conv_spec spec = conv_cube(net->graph, block->out_n, 1, block->stride, 0, 1);
    return net_conv_norm(net->graph, x, &spec, net_name("%s.downsample.0", block->name.text).text, net_name("%s.downsample.1", block->name.text).text,
                         NN_ACT_NONE);
}

static size_t residual(const struct resnet *net, const struct resnet_block *block, size_t x)
{
    size_t inner = net->shape->bottleneck ? bottleneck(net, block, x) : basic(net, block, x);
    return graph_act(net->graph, graph_add(net->graph, inner, shortcut(net, block, x)), NN_ACT_RELU);
}

static bool build(const struct net_kind *kind, const struct net_options *options, struct net **out, struct err *err)
{
    struct resnet net = {graph_start(kind->name, kind->rank, options->channel_n), kind->shape, options->shortcut != NULL && *options->shortcut == 'A'};
    struct conv_spec stem = conv_cube(net.graph, STEM_CHANNEL_N, 7, 2, 3, 1);
    size_t x = net_conv_norm(net.graph, graph_input(net.graph), &stem, "conv1", "bn1", NN_ACT_RELU);
    x = graph_pool(net.graph, x, NN_POOL_MAX, 3, 2, 1);
    for (size_t layer = 0; layer < LAYER_N; layer++) {
        size_t inner_n = (size_t)STEM_CHANNEL_N << layer;
        for (size_t i = 0; i < net.shape->block_n[layer]; i++) {
            struct resnet_block block = {net_name("layer%zu.%zu", layer + 1, i), inner_n, inner_n * (net.shape->bottleneck ? BOTTLENECK_EXPANSION : 1),
                                         i == 0 ? net.shape->stride[layer] : 1, net.shape->dilation[layer]};
            x = residual(&net, &block, x);
        }
    }
    return net_classify(net.graph, x, "fc", 0, options, out, err);
}

#define PLANAR(is_bottleneck, ...) &(const struct resnet_shape){is_bottleneck, {__VA_ARGS__}, {1, 2, 2, 2}, {1, 1, 1, 1}}
#define SPATIAL(is_bottleneck, ...) &(const struct resnet_shape){is_bottleneck, {__VA_ARGS__}, {1, 2, 1, 1}, {1, 1, 2, 4}}

static const char planar_source[] = "He et al. 2016, doi 10.1109/CVPR.2016.90; names of torchvision";
static const char spatial_source[] = "Chen et al. 2019, arXiv 1904.00625; names of MedicalNet";

const struct net_kind net_resnet18 = {"resnet18", "ResNet-18", 2, 3, 512, false, planar_source, PLANAR(false, 2, 2, 2, 2), build};
const struct net_kind net_resnet34 = {"resnet34", "ResNet-34", 2, 3, 512, false, planar_source, PLANAR(false, 3, 4, 6, 3), build};
const struct net_kind net_resnet50 = {"resnet50", "ResNet-50", 2, 3, 2048, false, planar_source, PLANAR(true, 3, 4, 6, 3), build};
const struct net_kind net_resnet10_3d = {"resnet10_3d", "3D ResNet-10", 3, 1, 512, true, spatial_source, SPATIAL(false, 1, 1, 1, 1), build};
const struct net_kind net_resnet18_3d = {"resnet18_3d", "3D ResNet-18", 3, 1, 512, true, spatial_source, SPATIAL(false, 2, 2, 2, 2), build};
const struct net_kind net_resnet34_3d = {"resnet34_3d", "3D ResNet-34", 3, 1, 512, true, spatial_source, SPATIAL(false, 3, 4, 6, 3), build};
const struct net_kind net_resnet50_3d = {"resnet50_3d", "3D ResNet-50", 3, 1, 2048, true, spatial_source, SPATIAL(true, 3, 4, 6, 3), build};
