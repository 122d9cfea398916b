/* What the families of networks share in building: names, and a convolution with its normalisation and activation. */
#ifndef HEPAR_NN_NET_PARTS_H
#define HEPAR_NN_NET_PARTS_H

#include "nn/nets.h"

/* A parameter's name, or the beginning of one; longer ones than any here has are cut. */
struct net_name {
    char text[80];
};
struct net_name net_name(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Convolution `conv` without bias, batch normalisation `norm`, activation; the last layer's number. */
size_t net_conv_norm(struct graph *graph, size_t from, const struct conv_spec *spec, const char *conv, const char *norm, enum nn_act act);

/* Mean over space of `map` as the embedding, a linear layer `name` behind it, and the graph is finished. */
bool net_classify(struct graph *graph, size_t map, const char *name, double dropout, const struct net_options *options, struct net **net, struct err *err);

#endif
