/* The backward steps, in the reverse order of the layers. A node's gradient is the sum of what its readers send back, in that order; when
 * its turn comes all of them have, and it sends on what its own inputs get. */
#include "nn/engine_plan.h"

/* `buffer` holds one reader's part of the gradient of `to`. */
static void send_back(struct plan *plan, size_t to, size_t buffer)
{
    struct node *node = &plan->node[to];
    if (node->gradient == NONE) {
        node->gradient = buffer;
        return;
    }
    size_t sum = plan_values(plan, to);
    struct step *step = plan_step(plan, to, plan->backend->eltwise_forward(plan->backend, plan_value_n(plan, to), NN_ACT_NONE, &plan->err));
    if (step == NULL)
        return;
    step->in[0] = ref_buffer(node->gradient);
    step->in[1] = ref_buffer(buffer);
    step->out[0] = ref_buffer(sum);
    step_in_place(step, 0, 0);
    step_in_place(step, 0, 1);
    node->gradient = sum;
}

static bool wanted(const struct plan *plan, size_t node)
{
    return node != NONE && plan->node[node].needs_gradient;
}

/* The gradient in front of a node's activation. */
static size_t behind_act(struct plan *plan, size_t at)
{
    const struct node *node = &plan->node[at];
    if (node->act == NN_ACT_NONE)
        return node->gradient;
    size_t y = plan_value_again(plan, at), before = plan_values(plan, at);
    struct step *step = plan_step(plan, at, plan->backend->eltwise_backward(plan->backend, plan_value_n(plan, at), node->act, &plan->err));
    if (step == NULL)
        return NONE;
    step->in[0] = ref_buffer(y);
    step->in[1] = ref_buffer(node->gradient);
    step->out[0] = ref_buffer(before);
    step_in_place(step, 0, 1);
    return before;
}

static void backward_conv_weights(struct plan *plan, size_t at, size_t dy)
{
    const struct node *node = &plan->node[at];
    struct nn_conv conv = plan_conv(plan, at);
    size_t x = plan_value_again(plan, node->from[0]), parameter = plan->net->layer[node->layer].parameter;
    struct step *step = plan_step(plan, at, plan->backend->conv_backward_weights(plan->backend, &conv, &plan->err));
    if (step == NULL)
        return;
    step->in[0] = ref_buffer(x);
    step->in[1] = ref_buffer(dy);
    step->out[0] = ref_gradient(parameter);
    step->out[1] = ref_gradient(conv.bias ? parameter + 1 : NONE);
    step->weights = true;
    plan->trained[node->layer] = true;
}

static void backward_conv_input(struct plan *plan, size_t at, size_t dy)
{
    const struct node *node = &plan->node[at];
    struct nn_conv conv = plan_conv(plan, at);
    struct nn_op *op = plan->backend->conv_backward_input(plan->backend, &conv, &plan->err);
    size_t packed = plan_pack(plan, at, op, node->scale), dx = plan_values(plan, node->from[0]);
    struct step *step = plan_step(plan, at, op);
    if (step == NULL)
        return;
    step->in[0] = ref_buffer(dy);
    step->in[1] = ref_buffer(packed);
    step->out[0] = ref_buffer(dx);
    send_back(plan, node->from[0], dx);
}

static void backward_conv(struct plan *plan, size_t at)
{
    const struct node *node = &plan->node[at];
    size_t dy = behind_act(plan, at);
    if (wanted(plan, node->residual))
        send_back(plan, node->residual, dy);
    if (plan->set.mode == ENGINE_TRAIN)
        backward_conv_weights(plan, at, dy);
    if (wanted(plan, node->from[0]))
        backward_conv_input(plan, at, dy);
}

static void backward_norm(struct plan *plan, size_t at)
{
    const struct node *node = &plan->node[at];
    const struct layer *layer = &plan->net->layer[node->layer];
    bool fixed = node->mean == NONE;
    struct nn_norm norm = {.shape = plan->shape[at], .eps = layer->eps, .act = node->act, .residual = node->residual != NONE, .fixed = fixed};
    size_t x = plan_value_again(plan, node->from[0]), y = node->act != NN_ACT_NONE && norm.residual ? plan_value_again(plan, at) : NONE;
    size_t dx = plan_values(plan, at), dresidual = norm.residual ? plan_values(plan, at) : NONE;
    struct step *step = plan_step(plan, at, plan->backend->norm_backward(plan->backend, &norm, &plan->err));
    if (step == NULL)
        return;
    step->in[0] = ref_buffer(x);
    step->in[1] = ref_buffer(y);
    step->in[2] = ref_buffer(node->gradient);
    step->in[3] = ref_parameter(layer->parameter);
    step->in[4] = fixed ? ref_parameter(layer->parameter + 2) : ref_buffer(node->mean);
    step->in[5] = fixed ? ref_parameter(layer->parameter + 3) : ref_buffer(node->var);
    step->in[6] = ref_parameter(layer->parameter + 1);
    step->out[0] = ref_buffer(dx);
    step->out[1] = ref_gradient(layer->parameter);
    step->out[2] = ref_gradient(layer->parameter + 1);
    step->out[3] = ref_buffer(dresidual);
    plan->trained[node->layer] = true;
    if (norm.residual)
        step_in_place(step, 3, 2);
    step_in_place(step, 0, 2);
    if (wanted(plan, node->residual))
        send_back(plan, node->residual, dresidual);
    if (wanted(plan, node->from[0]))
        send_back(plan, node->from[0], dx);
}

static void backward_sum(struct plan *plan, size_t at)
{
    const struct node *node = &plan->node[at];
    size_t dy = behind_act(plan, at);
    for (size_t i = 0; i < node->from_n; i++)
        if (wanted(plan, node->from[i]))
            send_back(plan, node->from[i], dy);
}

/* The one step of a node that needs its gradient and perhaps one more buffer, for its first input. */
static void backward_simple(struct plan *plan, size_t at, struct nn_op *op, size_t other, bool in_place)
{
    const struct node *node = &plan->node[at];
    size_t dx = plan_values(plan, node->from[0]);
    struct step *step = plan_step(plan, at, op);
    if (step == NULL)
        return;
    step->in[0] = ref_buffer(node->gradient);
    step->in[1] = ref_buffer(other);
    step->out[0] = ref_buffer(dx);
    if (in_place)
        step_in_place(step, 0, 0);
    send_back(plan, node->from[0], dx);
}

static void backward_channels(struct plan *plan, size_t at, size_t to, size_t first)
{
    const struct nn_shape *shape = &plan->shape[to];
    size_t dx = plan_values(plan, to);
    struct step *step =
        plan_step(plan, at, plan->backend->reorder(plan->backend, &plan->shape[at], first, shape, 0, shape->c, &plan->err));
    if (step == NULL)
        return;
    step->in[0] = ref_buffer(plan->node[at].gradient);
    step->out[0] = ref_buffer(dx);
    send_back(plan, to, dx);
}

static void backward_concat(struct plan *plan, size_t at)
{
    const struct node *node = &plan->node[at];
    for (size_t i = 0, first = 0; i < node->from_n; first += plan->shape[node->from[i++]].c)
        if (wanted(plan, node->from[i]))
            backward_channels(plan, at, node->from[i], first);
}

static void backward_node(struct plan *plan, size_t at)
{
    const struct node *node = &plan->node[at];
    const struct layer *layer = &plan->net->layer[node->layer];
    const struct nn_backend *backend = plan->backend;
    if (node->kind == NODE_CONV) {
        backward_conv(plan, at);
        return;
    }
    if (node->kind == NODE_NORM) {
        backward_norm(plan, at);
        return;
    }
    if (node->kind == NODE_INPUT)
        return;
    bool any = false;
    for (size_t i = 0; i < node->from_n; i++)
        any |= wanted(plan, node->from[i]);
    if (!any)
        return;
    struct nn_pool pool;
    switch (node->kind) {
    case NODE_SUM: backward_sum(plan, at); break;
    case NODE_POOL:
        pool = plan_pool(plan, at);
        backward_simple(plan, at, backend->pool_backward(backend, &pool, &plan->err), node->workspace, false);
        break;
    case NODE_CONCAT: backward_concat(plan, at); break;
    case NODE_PAD_CHANNELS: backward_channels(plan, at, node->from[0], layer->before); break;
    case NODE_RESAMPLE:
        backward_simple(plan, at, backend->resample(backend, &plan->shape[node->from[0]], &plan->shape[at], true, &plan->err), NONE, false);
        break;
    case NODE_DROPOUT: backward_simple(plan, at, backend->dropout(backend, plan_value_n(plan, at), layer->p, &plan->err), NONE, true); break;
    default: break;
    }
}

/* The gradient that comes from outside, and where what nobody reads goes. */
static void start_backward(struct plan *plan)
{
    size_t output = plan->value_of[plan->net->output], start = plan->forward_n, c_max = 1;
    size_t gradient = plan->first_gradient = plan->node[output].gradient = plan_values(plan, output);
    if (plan->backend->number != NN_F64)
        plan->d_output_f32 = plan_buffer(plan, plan_value_n(plan, output) * sizeof(float));
    for (size_t at = 0; at < plan->net->layer_n; at++)
        if (plan->net->layer[at].c > c_max)
            c_max = plan->net->layer[at].c;
    plan->sink_half = (c_max * nn_parameter_size(plan->backend) + 63) / 64 * 64;
    plan->sink = plan_buffer(plan, 2 * plan->sink_half);
    if (plan_failed(plan))
        return;
    plan->buffer[plan->sink].pinned = true;
    plan->buffer[gradient].first = plan->buffer[gradient].last = start;
    if (plan->d_output_f32 != NONE)
        plan->buffer[plan->d_output_f32].first = plan->buffer[plan->d_output_f32].last = start;
}

void plan_backward(struct plan *plan)
{
    if (plan_failed(plan) || !wanted(plan, plan->value_of[plan->net->output]))
        return;
    start_backward(plan);
    for (size_t at = plan->net->layer_n; at-- > 0 && !plan_failed(plan);) {
        struct node *node = &plan->node[at];
        if (node->kind == NODE_NONE || !node->on_path || !node->needs_gradient)
            continue;
        if (node->gradient_kept) {
            plan->buffer[node->gradient].pinned = true;
            plan->partial_end = plan->step_n;
        }
        backward_node(plan, at);
    }
}
