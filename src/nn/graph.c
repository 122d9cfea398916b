/* Building a net, layer by layer; see graph.h. The first failure is kept in the graph, and what follows does nothing. */
#include "nn/graph.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"

enum { OFFSET_STEP = 16 /* values: 64 bytes in f32 */ };

struct graph {
    struct net *net;
    size_t layer_room, parameter_room;
    struct err err; /* ERR_NONE while all is well */
};

static bool failed(const struct graph *graph)
{
    return graph == NULL || graph->err.kind != ERR_NONE;
}

struct graph *graph_start(const char *name, unsigned rank, size_t input_c)
{
    struct graph *graph = mem_zero(1, sizeof *graph, NULL);
    if (graph == NULL)
        return NULL;
    graph->net = mem_zero(1, sizeof *graph->net, &graph->err);
    if (graph->net == NULL)
        return graph;
    graph->net->rank = rank;
    graph->net->name = mem_string(name, &graph->err);
    if (rank != 2 && rank != 3)
        err_set(&graph->err, ERR_BUG, "a net of %u dimensions, expected 2 or 3", rank);
    else if (input_c == 0)
        err_set(&graph->err, ERR_BUG, "an input without channels");
    if (failed(graph))
        return graph;
    graph->layer_room = 64;
    graph->net->layer = mem_zero(graph->layer_room, sizeof *graph->net->layer, &graph->err);
    if (graph->net->layer != NULL) {
        graph->net->layer[0] = (struct layer){.kind = LAYER_INPUT, .c = input_c};
        graph->net->layer_n = 1;
    }
    return graph;
}

size_t graph_input(struct graph *graph)
{
    (void)graph;
    return 0;
}

/* A new layer behind from[from_n]; NULL after a failure. Its parameters are those added until the next one. */
static struct layer *add_layer(struct graph *graph, enum layer_kind kind, const size_t *from, size_t from_n, size_t c)
{
    if (failed(graph))
        return NULL;
    struct net *net = graph->net;
    for (size_t i = 0; i < from_n; i++)
        if (from[i] >= net->layer_n) {
            err_set(&graph->err, ERR_BUG, "layer %zu reads layer %zu, which is not there yet", net->layer_n, from[i]);
            return NULL;
        }
    if (net->layer_n == graph->layer_room) {
        struct layer *more = mem_grow(net->layer, net->layer_n, 2 * graph->layer_room, sizeof *more, &graph->err);
        if (more == NULL)
            return NULL;
        net->layer = more;
        graph->layer_room *= 2;
    }
    size_t *copy = mem_alloc(from_n, sizeof *copy, &graph->err);
    if (copy == NULL)
        return NULL;
    memcpy(copy, from, from_n * sizeof *copy);
    struct layer *layer = &net->layer[net->layer_n++];
    *layer = (struct layer){.kind = kind, .from = copy, .from_n = from_n, .c = c, .parameter = net->parameter_n};
    return layer;
}

static size_t last_layer(const struct graph *graph)
{
    return failed(graph) ? 0 : graph->net->layer_n - 1;
}

static size_t count(const size_t *dim, size_t dim_n)
{
    size_t n = 1;
    for (size_t i = 0; i < dim_n; i++)
        if (__builtin_mul_overflow(n, dim[i], &n))
            return SIZE_MAX;
    return n;
}

/* NAME.PART (NAME alone where PART is NULL), a parameter of the layer that was added last. */
static void add_parameter(struct graph *graph, const char *name, const char *part, enum parameter_role role, const size_t *dim, size_t dim_n,
                          size_t fan_in)
{
    if (failed(graph))
        return;
    struct net *net = graph->net;
    if (net->parameter_n == graph->parameter_room) {
        size_t room = graph->parameter_room == 0 ? 64 : 2 * graph->parameter_room;
        struct parameter *more = mem_grow(net->parameter, net->parameter_n, room, sizeof *more, &graph->err);
        if (more == NULL)
            return;
        net->parameter = more;
        graph->parameter_room = room;
    }
    struct parameter made = {.role = role, .dim_n = dim_n, .offset = net->value_n, .n = count(dim, dim_n), .fan_in = fan_in};
    memcpy(made.dim, dim, dim_n * sizeof *dim);
    size_t padded;
    if (made.n > SIZE_MAX / 8 || __builtin_add_overflow(net->value_n, (made.n + OFFSET_STEP - 1) / OFFSET_STEP * OFFSET_STEP, &padded)) {
        err_set(&graph->err, ERR_INPUT, "a parameter of %s is too large", name);
        return;
    }
    struct text text = TEXT_INIT;
    text_add(&text, "%s", name);
    if (part != NULL)
        text_add(&text, ".%s", part);
    if (!text_ok(&text, &graph->err)) {
        text_free(&text);
        return;
    }
    made.name = mem_string(text.bytes, &graph->err);
    text_free(&text);
    if (made.name == NULL)
        return;
    net->value_n = padded;
    net->parameter[net->parameter_n++] = made;
    net->layer[net->layer_n - 1].parameter_n++;
}

static size_t channels(const struct graph *graph, size_t layer)
{
    return failed(graph) || layer >= graph->net->layer_n ? 1 : graph->net->layer[layer].c;
}

size_t graph_channel_n(const struct graph *graph, size_t layer)
{
    return channels(graph, layer);
}

static size_t at_least_1(size_t n)
{
    return n == 0 ? 1 : n;
}

/* The same number along the net's axes, `across` along z in 2-D. */
static void fill_axes(const struct graph *graph, size_t axes[3], size_t value, size_t across)
{
    bool flat = !failed(graph) && graph->net->rank == 2;
    axes[0] = flat ? across : value;
    axes[1] = axes[2] = value;
}

struct conv_spec conv_cube(const struct graph *graph, size_t out, size_t kernel, size_t stride, size_t pad, size_t dilation)
{
    struct conv_spec spec = {.out = out, .group_n = 1};
    fill_axes(graph, spec.kernel, kernel, 1);
    fill_axes(graph, spec.stride, stride, 1);
    fill_axes(graph, spec.pad, pad, 0);
    fill_axes(graph, spec.dilation, dilation, 1);
    return spec;
}

size_t graph_conv(struct graph *graph, const char *name, size_t from, const struct conv_spec *spec)
{
    size_t in = channels(graph, from), group_n = at_least_1(spec->group_n);
    if (!failed(graph) && (spec->out == 0 || in % group_n != 0 || spec->out % group_n != 0))
        err_set(&graph->err, ERR_BUG, "%s: %zu groups do not divide %zu channels into %zu", name, group_n, in, spec->out);
    struct layer *layer = add_layer(graph, LAYER_CONV, &from, 1, spec->out);
    if (layer == NULL)
        return 0;
    layer->group_n = group_n;
    for (size_t axis = 0; axis < 3; axis++) {
        layer->window.kernel[axis] = at_least_1(spec->kernel[axis]);
        layer->window.stride[axis] = at_least_1(spec->stride[axis]);
        layer->window.dilation[axis] = at_least_1(spec->dilation[axis]);
        layer->window.pad[axis] = spec->pad[axis];
    }
    const size_t *kernel = layer->window.kernel;
    size_t dim[5] = {spec->out, in / group_n, kernel[0], kernel[1], kernel[2]}, fan_in = count(dim + 1, 4);
    if (graph->net->rank == 2) {
        dim[2] = kernel[1];
        dim[3] = kernel[2];
    }
    add_parameter(graph, name, "weight", PARAMETER_WEIGHT, dim, graph->net->rank + 2, fan_in);
    if (spec->bias)
        add_parameter(graph, name, "bias", PARAMETER_BIAS, dim, 1, fan_in);
    return last_layer(graph);
}

size_t graph_norm(struct graph *graph, const char *name, size_t from)
{
    size_t c = channels(graph, from);
    struct layer *layer = add_layer(graph, LAYER_NORM, &from, 1, c);
    if (layer == NULL)
        return 0;
    layer->eps = 1e-5;
    add_parameter(graph, name, "weight", PARAMETER_SCALE, &c, 1, 0);
    add_parameter(graph, name, "bias", PARAMETER_SHIFT, &c, 1, 0);
    add_parameter(graph, name, "running_mean", PARAMETER_RUNNING_MEAN, &c, 1, 0);
    add_parameter(graph, name, "running_var", PARAMETER_RUNNING_VAR, &c, 1, 0);
    return last_layer(graph);
}

size_t graph_act(struct graph *graph, size_t from, enum nn_act act)
{
    struct layer *layer = add_layer(graph, LAYER_ACT, &from, 1, channels(graph, from));
    if (layer != NULL)
        layer->act = act;
    return last_layer(graph);
}

size_t graph_pool(struct graph *graph, size_t from, enum nn_pool_kind kind, size_t kernel, size_t stride, size_t pad)
{
    if (!failed(graph) && (kernel == 0 || stride == 0 || pad > kernel / 2))
        err_set(&graph->err, ERR_BUG, "a pool of kernel %zu, stride %zu, pad %zu; expected a pad of at most half the kernel", kernel, stride, pad);
    struct layer *layer = add_layer(graph, LAYER_POOL, &from, 1, channels(graph, from));
    if (layer == NULL)
        return 0;
    layer->pool = kind;
    fill_axes(graph, layer->window.kernel, kernel, 1);
    fill_axes(graph, layer->window.stride, stride, 1);
    fill_axes(graph, layer->window.pad, pad, 0);
    fill_axes(graph, layer->window.dilation, 1, 1);
    return last_layer(graph);
}

size_t graph_mean(struct graph *graph, size_t from)
{
    add_layer(graph, LAYER_MEAN, &from, 1, channels(graph, from));
    return last_layer(graph);
}

size_t graph_linear(struct graph *graph, const char *name, size_t from, size_t out, bool bias)
{
    size_t dim[2] = {out, channels(graph, from)};
    if (add_layer(graph, LAYER_LINEAR, &from, 1, out) == NULL)
        return 0;
    if (out == 0)
        err_set(&graph->err, ERR_BUG, "%s: no outputs", name);
    add_parameter(graph, name, "weight", PARAMETER_WEIGHT, dim, 2, dim[1]);
    if (bias)
        add_parameter(graph, name, "bias", PARAMETER_BIAS, dim, 1, dim[1]);
    return last_layer(graph);
}

size_t graph_add(struct graph *graph, size_t a, size_t b)
{
    size_t from[2] = {a, b}, c = channels(graph, a);
    if (!failed(graph) && channels(graph, b) != c)
        err_set(&graph->err, ERR_BUG, "an addition of %zu and %zu channels", c, channels(graph, b));
    add_layer(graph, LAYER_ADD, from, 2, c);
    return last_layer(graph);
}

size_t graph_concat(struct graph *graph, const size_t *from, size_t n)
{
    size_t c = 0;
    for (size_t i = 0; i < n; i++)
        c += channels(graph, from[i]);
    add_layer(graph, LAYER_CONCAT, from, n, c);
    return last_layer(graph);
}

size_t graph_pad_channels(struct graph *graph, size_t from, size_t before, size_t after)
{
    struct layer *layer = add_layer(graph, LAYER_PAD_CHANNELS, &from, 1, before + channels(graph, from) + after);
    if (layer != NULL) {
        layer->before = before;
        layer->after = after;
    }
    return last_layer(graph);
}

size_t graph_resample(struct graph *graph, size_t from, size_t factor)
{
    struct layer *layer = add_layer(graph, LAYER_RESAMPLE, &from, 1, channels(graph, from));
    if (layer != NULL)
        fill_axes(graph, layer->factor, at_least_1(factor), 1);
    return last_layer(graph);
}

size_t graph_dropout(struct graph *graph, size_t from, double p)
{
    if (!failed(graph) && !(p >= 0 && p < 1))
        err_set(&graph->err, ERR_BUG, "a dropout of %g, expected at least 0 and below 1", p);
    struct layer *layer = add_layer(graph, LAYER_DROPOUT, &from, 1, channels(graph, from));
    if (layer != NULL)
        layer->p = p;
    return last_layer(graph);
}

size_t graph_copy(struct graph *graph, const struct net *net, size_t last)
{
    if (!failed(graph) && (graph->net->layer_n != 1 || graph->net->layer[0].c != net->layer[0].c || last >= net->layer_n))
        err_set(&graph->err, ERR_BUG, "layers up to %zu of network %s do not fit into a graph of %zu", last, net->name, graph->net->layer_n);
    for (size_t at = 1; at <= last && !failed(graph); at++) {
        const struct layer *from = &net->layer[at];
        struct layer *layer = add_layer(graph, from->kind, from->from, from->from_n, from->c);
        if (layer == NULL)
            return 0;
        struct layer copy = *from;
        copy.from = layer->from;
        copy.parameter = layer->parameter;
        copy.parameter_n = 0;
        *layer = copy;
        for (size_t i = from->parameter; i < from->parameter + from->parameter_n; i++) {
            const struct parameter *parameter = &net->parameter[i];
            add_parameter(graph, parameter->name, NULL, parameter->role, parameter->dim, parameter->dim_n, parameter->fan_in);
        }
    }
    return last_layer(graph);
}

static bool starts_at_one(enum parameter_role role)
{
    return role == PARAMETER_SCALE || role == PARAMETER_RUNNING_VAR;
}

bool graph_finish(struct graph *graph, size_t embedding, size_t map, size_t output, struct net **net, struct err *err)
{
    if (graph == NULL)
        return err_set(err, ERR_SYSTEM, "no memory for a network");
    struct net *made = graph->net;
    if (!failed(graph) && (embedding >= made->layer_n || map >= made->layer_n || output >= made->layer_n))
        err_set(&graph->err, ERR_BUG, "layers %zu, %zu, %zu of a net of %zu", embedding, map, output, made->layer_n);
    if (!failed(graph))
        made->value = mem_zero(made->value_n, sizeof *made->value, &graph->err);
    if (failed(graph)) {
        if (err != NULL)
            *err = graph->err;
        err_add(err, "network %s", made != NULL && made->name != NULL ? made->name : "?");
        net_free(made);
        mem_free(graph);
        return false;
    }
    for (size_t i = 0; i < made->parameter_n; i++)
        if (starts_at_one(made->parameter[i].role))
            for (size_t j = 0; j < made->parameter[i].n; j++)
                made->value[made->parameter[i].offset + j] = 1;
    made->embedding = embedding;
    made->map = map;
    made->output = output;
    *net = made;
    mem_free(graph);
    return true;
}

void net_free(struct net *net)
{
    if (net == NULL)
        return;
    for (size_t i = 0; i < net->layer_n; i++)
        mem_free(net->layer[i].from);
    for (size_t i = 0; i < net->parameter_n; i++)
        mem_free(net->parameter[i].name);
    mem_free(net->layer);
    mem_free(net->parameter);
    mem_free(net->value);
    mem_free(net->name);
    mem_free(net);
}

const struct parameter *net_find(const struct net *net, const char *name)
{
    for (size_t i = 0; i < net->parameter_n; i++)
        if (strcmp(net->parameter[i].name, name) == 0)
            return &net->parameter[i];
    return NULL;
}

void net_initialise_parameter(struct net *net, size_t i, uint64_t seed)
{
    const struct parameter *parameter = &net->parameter[i];
    float *value = net->value + parameter->offset;
    bool drawn = parameter->role == PARAMETER_WEIGHT || parameter->role == PARAMETER_BIAS;
    double limit = drawn ? 1 / sqrt((double)parameter->fan_in) : 0;
    struct rng rng = rng_make(seed, "net.initialise", i, 0);
    for (size_t j = 0; j < parameter->n; j++)
        value[j] = drawn ? (float)(limit * (2 * rng_uniform(&rng) - 1)) : starts_at_one(parameter->role) ? 1 : 0;
}

void net_initialise(struct net *net, uint64_t seed)
{
    for (size_t i = 0; i < net->parameter_n; i++)
        net_initialise_parameter(net, i, seed);
}
