/* What the families of networks share in building. */
#include "nn/net_parts.h"

#include <stdarg.h>
#include <stdio.h>

struct net_name net_name(const char *format, ...)
{
    struct net_name name;
    va_list args;
    va_start(args, format);
    vsnprintf(name.text, sizeof name.text, format, args);
    va_end(args);
    return name;
}

size_t net_conv_norm(struct graph *graph, size_t from, const struct conv_spec *spec, const char *conv, const char *norm, enum nn_act act)
{
    size_t x = graph_norm(graph, norm, graph_conv(graph, conv, from, spec));
    return act == NN_ACT_NONE ? x : graph_act(graph, x, act);
}

bool net_classify(struct graph *graph, size_t map, const char *name, double dropout, const struct net_options *options, struct net **net, struct err *err)
{
    size_t embedding = graph_mean(graph, map);
    size_t x = dropout > 0 ? graph_dropout(graph, embedding, dropout) : embedding;
    return graph_finish(graph, embedding, map, graph_linear(graph, name, x, options->output_n, true), net, err);
}
