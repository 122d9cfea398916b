/* The forward steps: one operation a node, in the order of the layers; and the same for the values that the backward pass makes anew. */
#include "nn/engine_plan.h"

static bool constant_norm(const struct plan *plan)
{
    return plan->set.mode != ENGINE_TRAIN || plan->set.fixed_norm;
}

static size_t value_of(struct plan *plan, size_t node, bool again)
{
    return again ? plan_value_again(plan, node) : plan->node[node].value;
}

static size_t value_or_none(struct plan *plan, size_t node, bool again)
{
    return node == NONE ? NONE : value_of(plan, node, again);
}

/* A value for each channel, in the parameters' numbers; there to the end. */
static size_t channel_values(struct plan *plan, size_t c)
{
    size_t buffer = plan_buffer(plan, c * nn_parameter_size(plan->backend));
    if (buffer != NONE)
        plan->buffer[buffer].pinned = true;
    return buffer;
}

/* The same, written when parameters are loaded. */
static size_t loaded_values(struct plan *plan, size_t c)
{
    size_t buffer = channel_values(plan, c);
    if (buffer != NONE)
        plan->buffer[buffer].first = plan->buffer[buffer].last = 0;
    return buffer;
}

static void forward_conv(struct plan *plan, size_t at)
{
    struct node *node = &plan->node[at];
    struct nn_conv conv = plan_conv(plan, at);
    bool own_bias = conv.bias;
    conv.act = node->act;
    conv.residual = node->residual != NONE;
    if (node->norm != NONE) {
        node->scale = loaded_values(plan, conv.out.c);
        node->shift = loaded_values(plan, conv.out.c);
        conv.bias = true;
    }
    struct nn_op *op = plan->backend->conv_forward(plan->backend, &conv, &plan->err);
    size_t packed = plan_pack(plan, at, op, node->scale);
    struct step *step = plan_step(plan, at, op);
    if (step == NULL)
        return;
    step->in[0] = ref_buffer(plan->node[node->from[0]].value);
    step->in[1] = ref_buffer(packed);
    if (node->norm != NONE)
        step->in[2] = ref_buffer(node->shift);
    else if (own_bias)
        step->in[2] = ref_parameter(plan->net->layer[node->layer].parameter + 1);
    step->out[0] = ref_buffer(node->value);
    if (node->residual != NONE) {
        step->in[3] = ref_buffer(plan->node[node->residual].value);
        if (node->residual != node->from[0]) /* x is read all along */
            step_in_place(step, 0, 3);
    }
}

static void forward_norm(struct plan *plan, size_t at, size_t to, bool again)
{
    struct node *node = &plan->node[at];
    const struct layer *layer = &plan->net->layer[node->layer];
    struct nn_norm norm = {.shape = plan->shape[at], .eps = layer->eps, .act = node->act, .residual = node->residual != NONE,
                           .fixed = again || constant_norm(plan)};
    size_t x = value_of(plan, node->from[0], again), residual = value_or_none(plan, node->residual, again);
    if (!norm.fixed) {
        node->mean = channel_values(plan, layer->c);
        node->var = channel_values(plan, layer->c);
    }
    struct step *step = plan_step(plan, at, plan->backend->norm_forward(plan->backend, &norm, &plan->err));
    if (step == NULL)
        return;
    step->in[0] = ref_buffer(x);
    step->in[1] = ref_parameter(layer->parameter);
    step->in[2] = ref_parameter(layer->parameter + 1);
    step->in[3] = ref_buffer(residual);
    if (norm.fixed) {
        step->in[4] = constant_norm(plan) ? ref_parameter(layer->parameter + 2) : ref_buffer(node->mean);
        step->in[5] = constant_norm(plan) ? ref_parameter(layer->parameter + 3) : ref_buffer(node->var);
    } else {
        step->out[1] = ref_buffer(node->mean);
        step->out[2] = ref_buffer(node->var);
    }
    step->out[0] = ref_buffer(to);
    step_in_place(step, 0, 0);
    if (norm.residual)
        step_in_place(step, 0, 3);
}

static void forward_sum(struct plan *plan, size_t at, size_t to, bool again)
{
    const struct node *node = &plan->node[at];
    size_t a = value_of(plan, node->from[0], again), b = value_or_none(plan, node->from_n > 1 ? node->from[1] : NONE, again);
    struct step *step = plan_step(plan, at, plan->backend->eltwise_forward(plan->backend, plan_value_n(plan, at), node->act, &plan->err));
    if (step == NULL)
        return;
    step->in[0] = ref_buffer(a);
    step->in[1] = ref_buffer(b);
    step->out[0] = ref_buffer(to);
    step_in_place(step, 0, 0);
    if (b != NONE)
        step_in_place(step, 0, 1);
}

static void forward_pool(struct plan *plan, size_t at)
{
    struct node *node = &plan->node[at];
    struct nn_pool pool = plan_pool(plan, at);
    size_t workspace_n = node->needs_gradient ? plan->backend->pool_workspace_n(plan->backend, &pool) : 0;
    if (workspace_n > 0)
        node->workspace = plan_buffer(plan, workspace_n);
    struct step *step = plan_step(plan, at, plan->backend->pool_forward(plan->backend, &pool, &plan->err));
    if (step == NULL)
        return;
    step->in[0] = ref_buffer(plan->node[node->from[0]].value);
    step->out[0] = ref_buffer(node->value);
    step->out[1] = ref_buffer(node->workspace);
}

/* Channels 0 .. c of `from` become channels first .. first + c of buffer `to`. */
static void copy_channels(struct plan *plan, size_t at, size_t from, size_t first, size_t to, bool again)
{
    size_t x = value_of(plan, from, again);
    const struct nn_shape *shape = &plan->shape[from];
    struct step *step =
        plan_step(plan, at, plan->backend->reorder(plan->backend, shape, 0, &plan->shape[at], first, shape->c, &plan->err));
    if (step == NULL)
        return;
    step->in[0] = ref_buffer(x);
    step->out[0] = ref_buffer(to);
}

static void forward_concat(struct plan *plan, size_t at, size_t to, bool again)
{
    const struct node *node = &plan->node[at];
    for (size_t i = 0, first = 0; i < node->from_n; first += plan->shape[node->from[i++]].c)
        copy_channels(plan, at, node->from[i], first, to, again);
}

static void forward_pad_channels(struct plan *plan, size_t at, size_t to, bool again)
{
    const struct node *node = &plan->node[at];
    plan_zero(plan, at, to);
    copy_channels(plan, at, node->from[0], plan->net->layer[node->layer].before, to, again);
}

static void forward_resample(struct plan *plan, size_t at)
{
    const struct node *node = &plan->node[at];
    struct step *step = plan_step(plan, at, plan->backend->resample(plan->backend, &plan->shape[node->from[0]], &plan->shape[at], false, &plan->err));
    if (step == NULL)
        return;
    step->in[0] = ref_buffer(plan->node[node->from[0]].value);
    step->out[0] = ref_buffer(node->value);
}

static void forward_dropout(struct plan *plan, size_t at)
{
    const struct node *node = &plan->node[at];
    double p = plan->net->layer[node->layer].p;
    struct step *step = plan_step(plan, at, plan->backend->dropout(plan->backend, plan_value_n(plan, at), p, &plan->err));
    if (step == NULL)
        return;
    step->in[0] = ref_buffer(plan->node[node->from[0]].value);
    step->out[0] = ref_buffer(node->value);
    step_in_place(step, 0, 0);
}

static void forward_node(struct plan *plan, size_t at, size_t to, bool again)
{
    switch (plan->node[at].kind) {
    case NODE_CONV: forward_conv(plan, at); break;
    case NODE_NORM: forward_norm(plan, at, to, again); break;
    case NODE_SUM: forward_sum(plan, at, to, again); break;
    case NODE_POOL: forward_pool(plan, at); break;
    case NODE_CONCAT: forward_concat(plan, at, to, again); break;
    case NODE_PAD_CHANNELS: forward_pad_channels(plan, at, to, again); break;
    case NODE_RESAMPLE: forward_resample(plan, at); break;
    case NODE_DROPOUT: forward_dropout(plan, at); break;
    case NODE_INPUT:
    case NODE_NONE: break;
    }
}

void plan_forward(struct plan *plan)
{
    for (size_t at = 0; at < plan->net->layer_n && !plan_failed(plan); at++) {
        struct node *node = &plan->node[at];
        if (node->kind == NODE_NONE)
            continue;
        node->value = plan_values(plan, at);
        if (plan_failed(plan))
            return;
        struct buffer *value = &plan->buffer[node->value];
        value->pinned = node->kept;
        if (node->kind == NODE_INPUT) /* written before the first step */
            value->first = value->last = 0;
        forward_node(plan, at, node->value, false);
    }
    plan->forward_n = plan->step_n;
}

size_t plan_value_again(struct plan *plan, size_t at)
{
    struct node *node = &plan->node[at];
    if (node->remake == 0)
        return node->value;
    if (node->remade == NONE && !plan_failed(plan)) {
        node->remade = plan_values(plan, at);
        forward_node(plan, at, node->remade, true);
    }
    return node->remade;
}
