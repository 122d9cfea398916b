/* The pieces that steps are made of: buffers, references, packed weights, descriptions of operations. */
#include "nn/engine_plan.h"

size_t plan_buffer(struct plan *plan, size_t bytes)
{
    if (plan_failed(plan))
        return NONE;
    if (plan->buffer_n == plan->buffer_room) {
        size_t room = plan->buffer_room == 0 ? 256 : 2 * plan->buffer_room;
        struct buffer *more = mem_grow(plan->buffer, plan->buffer_n, room, sizeof *more, &plan->err);
        if (more == NULL)
            return NONE;
        plan->buffer = more;
        plan->buffer_room = room;
    }
    plan->buffer[plan->buffer_n] = (struct buffer){.bytes = bytes, .first = NONE, .last = NONE, .same_as = NONE};
    return plan->buffer_n++;
}

size_t plan_value_n(const struct plan *plan, size_t node)
{
    return nn_shape_value_n(&plan->shape[node]);
}

size_t plan_values(struct plan *plan, size_t node)
{
    return plan_buffer(plan, plan_value_n(plan, node) * nn_number_size(plan->backend->number));
}

static bool own(struct plan *plan, struct nn_op *op)
{
    if (plan->op_n == plan->op_room) {
        size_t room = plan->op_room == 0 ? 256 : 2 * plan->op_room;
        struct nn_op **more = mem_grow(plan->op, plan->op_n, room, sizeof *more, &plan->err);
        if (more == NULL) {
            plan->backend->op_free(op);
            return false;
        }
        plan->op = more;
        plan->op_room = room;
    }
    plan->op[plan->op_n++] = op;
    return true;
}

static struct step *add_step(struct plan *plan, struct step **list, size_t *n, size_t *room)
{
    if (plan_failed(plan))
        return NULL;
    if (*n == *room) {
        size_t more_room = *room == 0 ? 256 : 2 * *room;
        struct step *more = mem_grow(*list, *n, more_room, sizeof *more, &plan->err);
        if (more == NULL)
            return NULL;
        *list = more;
        *room = more_room;
    }
    (*list)[*n] = (struct step){.scratch = NONE, .node = NONE};
    return &(*list)[(*n)++];
}

struct step *plan_step(struct plan *plan, size_t node, struct nn_op *op)
{
    if (op == NULL || plan_failed(plan)) {
        plan->backend->op_free(op);
        return NULL;
    }
    if (!own(plan, op))
        return NULL;
    size_t scratch_n = plan->backend->scratch_n(op), scratch = scratch_n > 0 ? plan_buffer(plan, scratch_n) : NONE;
    struct step *step = add_step(plan, &plan->step, &plan->step_n, &plan->step_room);
    if (step == NULL)
        return NULL;
    step->kind = STEP_EXECUTE;
    step->op = op;
    step->node = node;
    step->scratch = scratch;
    return step;
}

size_t plan_pack(struct plan *plan, size_t node, struct nn_op *op, size_t scale)
{
    if (op == NULL || plan_failed(plan))
        return NONE;
    size_t packed = plan_buffer(plan, plan->backend->packed_n(op));
    bool at_load = plan->set.mode != ENGINE_TRAIN; /* training packs just before use: as often, and without memory of its own */
    struct step *step = at_load ? add_step(plan, &plan->load, &plan->load_n, &plan->load_room)
                                : add_step(plan, &plan->step, &plan->step_n, &plan->step_room);
    if (step == NULL)
        return NONE;
    step->kind = STEP_PACK;
    step->op = op;
    step->node = node;
    step->in[0] = ref_parameter(plan->net->layer[plan->node[node].layer].parameter);
    step->in[1] = ref_buffer(scale);
    step->out[0] = ref_buffer(packed);
    plan->buffer[packed].pinned = at_load;
    return packed;
}

void plan_zero(struct plan *plan, size_t node, size_t buffer)
{
    struct step *step = add_step(plan, &plan->step, &plan->step_n, &plan->step_room);
    if (step == NULL)
        return;
    step->kind = STEP_ZERO;
    step->node = node;
    step->out[0] = ref_buffer(buffer);
}

struct ref ref_buffer(size_t buffer)
{
    return (struct ref){buffer == NONE ? PLACE_NONE : PLACE_BUFFER, buffer};
}

struct ref ref_parameter(size_t parameter)
{
    return (struct ref){parameter == NONE ? PLACE_NONE : PLACE_PARAMETER, parameter};
}

struct ref ref_gradient(size_t parameter)
{
    return (struct ref){parameter == NONE ? PLACE_NONE : PLACE_GRADIENT, parameter};
}

void step_in_place(struct step *step, unsigned char out, unsigned char in)
{
    step->in_place[step->in_place_n].out = out;
    step->in_place[step->in_place_n].in = in;
    step->in_place_n++;
}

struct nn_conv plan_conv(const struct plan *plan, size_t node)
{
    const struct layer *layer = &plan->net->layer[plan->node[node].layer];
    struct nn_conv conv = {.in = plan->shape[plan->node[node].from[0]], .out = plan->shape[node], .window = layer->window, .group_n = layer->group_n,
                           .bias = layer->parameter_n == 2};
    if (layer->kind == LAYER_LINEAR) {
        conv.window = (struct nn_window){{1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}};
        conv.group_n = 1;
    }
    return conv;
}

struct nn_pool plan_pool(const struct plan *plan, size_t node)
{
    const struct layer *layer = &plan->net->layer[plan->node[node].layer];
    struct nn_pool pool = {.in = plan->shape[plan->node[node].from[0]], .out = plan->shape[node], .window = layer->window, .kind = layer->pool};
    if (layer->kind == LAYER_MEAN) {
        pool.window = (struct nn_window){{pool.in.z, pool.in.y, pool.in.x}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}};
        pool.kind = NN_POOL_MEAN;
    }
    return pool;
}
