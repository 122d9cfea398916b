/* MobileNetV2: Sandler et al., CVPR 2018 (doi 10.1109/CVPR.2018.00474), width 1, as torchvision builds it.
 *
 * An inverted residual widens by a 1 x 1 convolution, filters each channel on its own (3 x 3), and narrows again without activation;
 * where grid and channels stay, the input is added. Dropout (0.2) stands before the classifier. */
#include "nn/net_parts.h"

/* Table 2 of the paper: expansion t, channels c, repeats n, stride s of the first. */
static const struct {
    size_t t, c, n, s;
} rows[] = {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

enum { STEM_CHANNEL_N = 32, LAST_CHANNEL_N = 1280, ROW_N = sizeof rows / sizeof rows[0] };

static size_t inverted_residual(struct graph *graph, size_t place, size_t from, size_t t, size_t out_n, size_t stride)
{
    struct net_name conv = net_name("features.%zu.conv", place);
    size_t in_n = graph_channel_n(graph, from), wide_n = in_n * t, x = from, step = 0;
    if (t > 1) {
        struct conv_spec widen = conv_cube(graph, wide_n, 1, 1, 0, 1);
        x = net_conv_norm(graph, x, &widen, net_name("%s.0.0", conv.text).text, net_name("%s.0.1", conv.text).text, NN_ACT_RELU6);
        step = 1;
    }
    struct conv_spec filter = conv_cube(graph, wide_n, 3, stride, 1, 1), narrow = conv_cube(graph, out_n, 1, 1, 0, 1);
    filter.group_n = wide_n;
    x = net_conv_norm(graph, x, &filter, net_name("%s.%zu.0", conv.text, step).text, net_name("%s.%zu.1", conv.text, step).text, NN_ACT_RELU6);
    x = net_conv_norm(graph, x, &narrow, net_name("%s.%zu", conv.text, step + 1).text, net_name("%s.%zu", conv.text, step + 2).text, NN_ACT_NONE);
    return stride == 1 && in_n == out_n ? graph_add(graph, x, from) : x;
}

static bool build(const struct net_kind *kind, const struct net_options *options, struct net **out, struct err *err)
{
    struct graph *graph = graph_start(kind->name, kind->rank, options->channel_n);
    struct conv_spec stem = conv_cube(graph, STEM_CHANNEL_N, 3, 2, 1, 1), last = conv_cube(graph, LAST_CHANNEL_N, 1, 1, 0, 1);
    size_t x = net_conv_norm(graph, graph_input(graph), &stem, "features.0.0", "features.0.1", NN_ACT_RELU6);
    size_t place = 1;
    for (size_t row = 0; row < ROW_N; row++)
        for (size_t i = 0; i < rows[row].n; i++)
            x = inverted_residual(graph, place++, x, rows[row].t, rows[row].c, i == 0 ? rows[row].s : 1);
    x = net_conv_norm(graph, x, &last, net_name("features.%zu.0", place).text, net_name("features.%zu.1", place).text, NN_ACT_RELU6);
    return net_classify(graph, x, "classifier.1", 0.2, options, out, err);
}

const struct net_kind net_mobilenet_v2 = {"mobilenet_v2", "MobileNetV2", 2, 3, LAST_CHANNEL_N, false,
                                          "Sandler et al. 2018, doi 10.1109/CVPR.2018.00474; names of torchvision", NULL, build};
