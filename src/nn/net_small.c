/* Small plain networks: blocks of convolution (3 a side), batch normalisation and ReLU, some followed by a max pool, then the mean over
 * space and a classifier.
 *
 * small3d and small2d are hepar's own for cohorts of a hundred patients: few parameters, and a stride in the first block, because
 * neighbouring CT voxels say much the same. patches3d and patches2d are the plain networks that bench/patches.sh trains beside PyTorch;
 * their parameters are named by place, as those of an nn.Sequential. */
#include "nn/net_parts.h"

enum { BLOCK_MAX = 5 };

struct small_shape {
    bool sequential; /* names by place in an nn.Sequential: "0.weight"; else "block1.conv.weight" */
    size_t block_n;
    struct small_block {
        size_t channel_n, stride;
        bool pool; /* max, 2 a side, behind it */
    } block[BLOCK_MAX];
};

/* Places of a Sequential: convolution, normalisation, ReLU, perhaps a pool; at the end mean, flattening, classifier. */
static bool build(const struct net_kind *kind, const struct net_options *options, struct net **out, struct err *err)
{
    const struct small_shape *shape = kind->shape;
    struct graph *graph = graph_start(kind->name, kind->rank, options->channel_n);
    size_t x = graph_input(graph), place = 0;
    for (size_t i = 0; i < shape->block_n; i++) {
        const struct small_block *block = &shape->block[i];
        struct conv_spec spec = conv_cube(graph, block->channel_n, 3, block->stride, 1, 1);
        struct net_name conv = shape->sequential ? net_name("%zu", place) : net_name("block%zu.conv", i + 1);
        struct net_name norm = shape->sequential ? net_name("%zu", place + 1) : net_name("block%zu.bn", i + 1);
        x = net_conv_norm(graph, x, &spec, conv.text, norm.text, NN_ACT_RELU);
        if (block->pool)
            x = graph_pool(graph, x, NN_POOL_MAX, 2, 2, 0);
        place += block->pool ? 4 : 3;
    }
    struct net_name classifier = shape->sequential ? net_name("%zu", place + 2) : net_name("fc");
    return net_classify(graph, x, classifier.text, 0, options, out, err);
}

static const struct small_shape small = {false, 3, {{16, 2, true}, {32, 1, true}, {64, 1, false}}};
static const struct small_shape patches3d = {true, 4, {{16, 2, false}, {32, 1, true}, {64, 1, true}, {64, 1, false}}};
static const struct small_shape patches2d = {true, 3, {{16, 1, true}, {32, 1, true}, {64, 1, false}}};

static const char own[] = "hepar's own; doc/networks.md";

const struct net_kind net_small3d = {"small3d", "small 3D net", 3, 1, 64, false, own, &small, build};
const struct net_kind net_small2d = {"small2d", "small 2D net", 2, 1, 64, false, own, &small, build};
const struct net_kind net_patches3d = {"patches3d", "plain 3D net of the patch benchmark", 3, 1, 64, false, own, &patches3d, build};
const struct net_kind net_patches2d = {"patches2d", "plain 2D net of the patch benchmark", 2, 1, 64, false, own, &patches2d, build};
