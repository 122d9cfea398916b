/* Small plain networks: blocks of convolution (3 a side), batch normalisation and ReLU, some followed by a pool, then the mean over
 * space, dropout in hepar's own, and a classifier.
 *
 * small3d and small2d are hepar's own for cohorts of a hundred patients: 18,000 parameters in 3-D, few channels, and pools by the mean,
 * which on the virtual cohort gave a little more than the maximum. patches3d and patches2d are the plain networks that bench/patches.sh trains beside PyTorch;
 * their parameters are named by place, as those of an nn.Sequential. */
#include "nn/net_parts.h"

enum { BLOCK_MAX = 5 };

struct small_shape {
    double dropout;
    bool sequential; /* names by place in an nn.Sequential: "0.weight"; else "block1.conv.weight" */
    size_t block_n;
    struct small_block {
        size_t channel_n, stride;
        enum { NO_POOL, MAX_POOL, MEAN_POOL } pool; /* 2 a side, behind it */
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
        if (block->pool != NO_POOL)
            x = graph_pool(graph, x, block->pool == MAX_POOL ? NN_POOL_MAX : NN_POOL_MEAN, 2, 2, 0);
        place += block->pool != NO_POOL ? 4 : 3;
    }
    struct net_name classifier = shape->sequential ? net_name("%zu", place + 2) : net_name("fc");
    return net_classify(graph, x, classifier.text, shape->dropout, options, out, err);
}

static const struct small_shape small = {0.3, false, 3, {{8, 1, MEAN_POOL}, {16, 1, MEAN_POOL}, {32, 1, NO_POOL}}};
static const struct small_shape patches3d = {0, true, 4, {{16, 2, NO_POOL}, {32, 1, MAX_POOL}, {64, 1, MAX_POOL}, {64, 1, NO_POOL}}};
static const struct small_shape patches2d = {0, true, 3, {{16, 1, MAX_POOL}, {32, 1, MAX_POOL}, {64, 1, NO_POOL}}};

static const char own[] = "hepar's own; doc/networks.md";

const struct net_kind net_small3d = {"small3d", "small 3D net", 3, 1, 32, false, own, &small, build};
const struct net_kind net_small2d = {"small2d", "small 2D net", 2, 1, 32, false, own, &small, build};
const struct net_kind net_patches3d = {"patches3d", "plain 3D net of the patch benchmark", 3, 1, 64, false, own, &patches3d, build};
const struct net_kind net_patches2d = {"patches2d", "plain 2D net of the patch benchmark", 2, 1, 64, false, own, &patches2d, build};
