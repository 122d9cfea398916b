/* A network as a list of layers, each reading earlier ones, and the parameters they name.
 *
 * Network files (nn/net_*.c) build it with the functions below; import.c fills it from files; engine.c computes it. A function
 * returns the new layer's number; after a failure (out of memory, a channel count that does not fit) the graph
 * remembers the first reason, further calls do nothing, and graph_finish() reports it: so a network reads straight down. */
#ifndef HEPAR_NN_GRAPH_H
#define HEPAR_NN_GRAPH_H

#include "nn/backend.h"

enum layer_kind {
    LAYER_INPUT, LAYER_CONV, LAYER_NORM, LAYER_ACT, LAYER_POOL, LAYER_MEAN /* over z, y, x */, LAYER_LINEAR, LAYER_ADD,
    LAYER_CONCAT, LAYER_PAD_CHANNELS, LAYER_RESAMPLE, LAYER_DROPOUT
};

enum parameter_role { PARAMETER_WEIGHT, PARAMETER_BIAS, PARAMETER_SCALE, PARAMETER_SHIFT, PARAMETER_RUNNING_MEAN, PARAMETER_RUNNING_VAR };

/* Named as in PyTorch's state dict ("layer1.0.conv1.weight"); values stand at `offset` of the net's flat array. */
struct parameter {
    char *name;
    enum parameter_role role;  /* the RUNNING ones are not trained */
    size_t dim_n, dim[5];      /* PyTorch's order */
    size_t offset, n;          /* in values; offsets are multiples of 16 */
    size_t fan_in;             /* of the layer it belongs to; 0 for normalisations */
};

struct layer {
    enum layer_kind kind;
    size_t *from, from_n;      /* earlier layers */
    size_t c;                  /* channels that come out */
    struct nn_window window;   /* conv, pool */
    size_t group_n;            /* conv */
    enum nn_act act;           /* act */
    enum nn_pool_kind pool;
    double eps, p;             /* norm; dropout */
    size_t before, after;      /* pad channels */
    size_t factor[3];          /* resample: times larger along z, y, x */
    size_t parameter, parameter_n; /* first of the net's list: conv, linear: weight (, bias); norm: scale, shift, running mean, running var */
};

struct net {
    char *name;                /* registry name */
    unsigned rank;             /* 2 or 3 */
    struct layer *layer;
    size_t layer_n;
    struct parameter *parameter;
    size_t parameter_n;
    size_t value_n;            /* length of the flat array */
    float *value;              /* owned */
    size_t embedding;          /* layer whose values are the deep features: n x c */
    size_t map;                /* last layer with a spatial extent: what Grad-CAM reads */
    size_t output;             /* the logits: n x c (or a volume, for reconstruction) */
};

struct graph;
struct graph *graph_start(const char *name, unsigned rank, size_t input_c);
size_t graph_input(struct graph *);
struct conv_spec {
    size_t out, kernel[3], stride[3], pad[3], dilation[3], group_n; /* z, y, x; 0 counts as 1 but for pad */
    bool bias;
};
/* A cube: the same kernel, stride, pad, dilation along the net's axes (z is left alone in 2-D). */
struct conv_spec conv_cube(const struct graph *, size_t out, size_t kernel, size_t stride, size_t pad, size_t dilation);
/* `name`: "layer1.0.conv1"; the parameters are NAME.weight and NAME.bias. */
size_t graph_conv(struct graph *, const char *name, size_t from, const struct conv_spec *);
size_t graph_norm(struct graph *, const char *name, size_t from); /* batch normalisation, eps 1e-5 */
size_t graph_act(struct graph *, size_t from, enum nn_act);
size_t graph_pool(struct graph *, size_t from, enum nn_pool_kind, size_t kernel, size_t stride, size_t pad);
size_t graph_mean(struct graph *, size_t from);
size_t graph_linear(struct graph *, const char *name, size_t from, size_t out, bool bias);
size_t graph_add(struct graph *, size_t a, size_t b);
size_t graph_concat(struct graph *, const size_t *from, size_t n);
size_t graph_pad_channels(struct graph *, size_t from, size_t before, size_t after);
size_t graph_resample(struct graph *, size_t from, size_t factor);
size_t graph_dropout(struct graph *, size_t from, double p);
/* The layers of `net` up to `last`, for a graph that has an input alone, of as many channels: under their numbers and their parameters' names. Values
 * are not copied. Returns `last`. */
size_t graph_copy(struct graph *, const struct net *net, size_t last);
size_t graph_channel_n(const struct graph *, size_t layer);
/* Takes the graph apart in any case. Values are zero, scales and running variances one. */
bool graph_finish(struct graph *, size_t embedding, size_t map, size_t output, struct net **net, struct err *err);
void net_free(struct net *net);
const struct parameter *net_find(const struct net *net, const char *name); /* NULL when absent */
/* PyTorch's default initialisation: weights and biases uniform in +-1/sqrt(fan_in) (Kaiming uniform with a = sqrt 5); scales 1, shifts 0,
 * running means 0 and variances 1. Keyed by (seed, parameter's place). */
void net_initialise(struct net *net, uint64_t seed);
void net_initialise_parameter(struct net *net, size_t parameter, uint64_t seed); /* one alone, with the same values */

#endif
