/* The engine's outside: making, loading, and running the steps that the other engine_*.c have laid out. */
#include "nn/engine.h"

#include <math.h>
#include <string.h>

#include "base/pool.h"
#include "base/rng.h"
#include "nn/engine_plan.h"

struct engine {
    struct plan plan;
    unsigned char *block;
    const void *parameter; /* borrowed, or in the block (f64); NULL before engine_load() */
    void *gradient;        /* during a backward */
    uint64_t seed;
};

static void plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->op_n; i++)
        plan->backend->op_free(plan->op[i]);
    mem_free(plan->op);
    mem_free(plan->buffer);
    mem_free(plan->step);
    mem_free(plan->load);
    arena_free(&plan->arena);
}

static bool make_plan(struct plan *plan, const struct net *net, const struct engine_settings *settings, struct err *err)
{
    *plan = (struct plan){.net = net, .backend = settings->backend, .set = *settings, .first_gradient = NONE, .parameter_copy = NONE, .d_output_f32 = NONE, .sink = NONE};
    plan->set.keep = NULL;
    if (settings->batch_n == 0 || settings->z == 0 || settings->y == 0 || settings->x == 0 || (net->rank == 2 && settings->z != 1))
        err_set(&plan->err, ERR_BUG, "an input of %zu x %zu x %zu x %zu voxels (n, z, y, x) for a net of %u dimensions", settings->batch_n,
                settings->z, settings->y, settings->x, net->rank);
    if (!plan_failed(plan))
        plan_nodes(plan, settings->keep, settings->keep_n);
    if (plan->backend->number == NN_F64)
        plan->parameter_copy = plan_buffer(plan, net->value_n * sizeof(double));
    if (plan->parameter_copy != NONE)
        plan->buffer[plan->parameter_copy].pinned = true;
    if (!plan_failed(plan))
        plan_forward(plan);
    if (settings->mode != ENGINE_INFER)
        plan_backward(plan);
    plan_layout(plan);
    if (!plan_failed(plan))
        return true;
    if (err != NULL)
        *err = plan->err;
    err_add(err, "network %s", net->name);
    plan_free(plan);
    return false;
}

bool engine_make(const struct net *net, const struct engine_settings *settings, struct engine **out, struct err *err)
{
    struct engine *engine = mem_zero(1, sizeof *engine, err);
    if (engine == NULL)
        return false;
    if (!make_plan(&engine->plan, net, settings, err)) {
        mem_free(engine);
        return false;
    }
    engine->block = mem_alloc(engine->plan.bytes, 1, err);
    if (engine->block == NULL) {
        engine_free(engine);
        return err_add(err, "memory for network %s, batches of %zu", net->name, settings->batch_n);
    }
    *out = engine;
    return true;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    plan_free(&engine->plan);
    mem_free(engine->block);
    mem_free(engine);
}

size_t engine_bytes(const struct engine *engine)
{
    return engine->plan.bytes;
}

bool engine_plan_bytes(const struct net *net, const struct engine_settings *settings, size_t *bytes, struct err *err)
{
    struct plan plan;
    if (!make_plan(&plan, net, settings, err))
        return false;
    *bytes = plan.bytes;
    plan_free(&plan);
    return true;
}

static void *in_buffer(const struct engine *engine, size_t buffer)
{
    return engine->block + engine->plan.buffer[buffer].offset;
}

static void *find(const struct engine *engine, struct ref ref)
{
    const struct plan *plan = &engine->plan;
    size_t size = nn_parameter_size(plan->backend);
    switch (ref.place) {
    case PLACE_NONE: return NULL;
    case PLACE_BUFFER: return in_buffer(engine, ref.at);
    case PLACE_PARAMETER: return (unsigned char *)(uintptr_t)engine->parameter + plan->net->parameter[ref.at].offset * size;
    case PLACE_GRADIENT:
        if (engine->gradient != NULL)
            return (unsigned char *)engine->gradient + plan->net->parameter[ref.at].offset * size;
        return (unsigned char *)in_buffer(engine, plan->sink) + (plan->net->parameter[ref.at].role == PARAMETER_SHIFT ? plan->sink_half : 0);
    }
    return NULL;
}

static bool run_step(const struct engine *engine, const struct step *step, struct err *err)
{
    const struct plan *plan = &engine->plan;
    struct nn_args args = {.seed = rng_seed(engine->seed, "net.dropout.layer", plan->node[step->node].layer, 0)};
    for (size_t i = 0; i < sizeof args.in / sizeof *args.in; i++)
        args.in[i] = find(engine, step->in[i]);
    for (size_t i = 0; i < sizeof args.out / sizeof *args.out; i++)
        args.out[i] = find(engine, step->out[i]);
    bool done = false;
    switch (step->kind) {
    case STEP_EXECUTE:
        done = plan->backend->execute(step->op, &args, step->scratch != NONE ? in_buffer(engine, step->scratch) : NULL, err);
        break;
    case STEP_PACK: done = plan->backend->pack(step->op, args.in[0], args.in[1], args.out[0], err); break;
    case STEP_ZERO:
        memset(args.out[0], 0, plan->buffer[step->out[0].at].bytes);
        done = true;
        break;
    }
    char name[128];
    if (!done)
        err_add(err, "network %s, %s", plan->net->name, plan_layer_name(plan, plan->node[step->node].layer, name, sizeof name));
    return done;
}

static double number_at(const void *values, size_t size, size_t at)
{
    return size == sizeof(double) ? ((const double *)values)[at] : (double)((const float *)values)[at];
}

static void set_number(void *values, size_t size, size_t at, double value)
{
    if (size == sizeof(double))
        ((double *)values)[at] = value;
    else
        ((float *)values)[at] = (float)value;
}

/* conv, then gamma (x - mean) / sqrt(var + eps) + beta, is a convolution with weights times `scale` and bias `shift`. */
static void fold_norm(const struct engine *engine, const struct node *node)
{
    const struct net *net = engine->plan.net;
    const struct layer *conv = &net->layer[node->layer], *norm = &net->layer[node->norm];
    size_t size = nn_parameter_size(engine->plan.backend);
    const void *gamma = find(engine, ref_parameter(norm->parameter)), *beta = find(engine, ref_parameter(norm->parameter + 1));
    const void *mean = find(engine, ref_parameter(norm->parameter + 2)), *var = find(engine, ref_parameter(norm->parameter + 3));
    const void *bias = find(engine, ref_parameter(conv->parameter_n == 2 ? conv->parameter + 1 : NONE));
    for (size_t c = 0; c < norm->c; c++) {
        double scale = number_at(gamma, size, c) / sqrt(number_at(var, size, c) + norm->eps);
        double from = (bias != NULL ? number_at(bias, size, c) : 0) - number_at(mean, size, c);
        set_number(in_buffer(engine, node->scale), size, c, scale);
        set_number(in_buffer(engine, node->shift), size, c, number_at(beta, size, c) + from * scale);
    }
}

static bool run_loads(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    const struct engine *engine = ctx;
    for (size_t i = begin; i < end; i++)
        if (!run_step(engine, &engine->plan.load[i], err))
            return false;
    return true;
}

bool engine_load(struct engine *engine, const float *value, struct err *err)
{
    const struct plan *plan = &engine->plan;
    engine->parameter = value;
    if (plan->parameter_copy != NONE) {
        double *copy = in_buffer(engine, plan->parameter_copy);
        for (size_t i = 0; i < plan->net->value_n; i++)
            copy[i] = (double)value[i];
        engine->parameter = copy;
    }
    for (size_t at = 0; at < plan->net->layer_n; at++)
        if (plan->node[at].kind == NODE_CONV && plan->node[at].norm != NONE)
            fold_norm(engine, &plan->node[at]);
    return par_for(plan->load_n, 1, run_loads, engine, err);
}

bool engine_forward(struct engine *engine, const float *input, uint64_t seed, struct err *err)
{
    const struct plan *plan = &engine->plan;
    if (engine->parameter == NULL)
        return err_set(err, ERR_BUG, "network %s runs before its parameters are loaded", plan->net->name);
    engine->seed = seed;
    plan->backend->from_f32(plan->backend, input, in_buffer(engine, plan->node[0].value), plan_value_n(plan, 0));
    for (size_t i = 0; i < plan->forward_n; i++)
        if (!run_step(engine, &plan->step[i], err))
            return false;
    return true;
}

struct nn_shape engine_shape(const struct engine *engine, size_t layer)
{
    return engine->plan.shape[layer];
}

bool engine_read(const struct engine *engine, size_t layer, double *out, struct err *err)
{
    const struct plan *plan = &engine->plan;
    size_t at = layer < plan->net->layer_n ? plan->value_of[layer] : NONE;
    if (at == NONE || !plan->node[at].kept)
        return err_set(err, ERR_BUG, "layer %zu of network %s is read, but was not kept", layer, plan->net->name);
    plan->backend->to_f64(plan->backend, in_buffer(engine, plan->node[at].value), out, plan_value_n(plan, at));
    return true;
}

bool engine_read_gradient(const struct engine *engine, size_t layer, double *out, struct err *err)
{
    const struct plan *plan = &engine->plan;
    size_t at = layer < plan->net->layer_n ? plan->value_of[layer] : NONE;
    if (at == NONE || !plan->node[at].gradient_kept)
        return err_set(err, ERR_BUG, "the gradient of layer %zu of network %s is read, but was not kept", layer, plan->net->name);
    if (plan->node[at].gradient == NONE) /* the output does not depend on it */
        memset(out, 0, plan_value_n(plan, at) * sizeof *out);
    else
        plan->backend->to_f64(plan->backend, in_buffer(engine, plan->node[at].gradient), out, plan_value_n(plan, at));
    return true;
}

/* Zeros the gradient where no step writes: running statistics, layers off the output's path, and the gaps between parameters. */
static void zero_gradient(const struct engine *engine)
{
    const struct plan *plan = &engine->plan;
    const struct net *net = plan->net;
    size_t size = nn_parameter_size(plan->backend);
    unsigned char *gradient = engine->gradient;
    for (size_t at = 0; at < net->layer_n; at++) {
        const struct layer *layer = &net->layer[at];
        bool written = plan->trained[at];
        for (size_t i = layer->parameter; i < layer->parameter + layer->parameter_n; i++) {
            const struct parameter *parameter = &net->parameter[i];
            size_t end = i + 1 < net->parameter_n ? net->parameter[i + 1].offset : net->value_n;
            bool running = parameter->role == PARAMETER_RUNNING_MEAN || parameter->role == PARAMETER_RUNNING_VAR;
            size_t from = parameter->offset + (written && !running ? parameter->n : 0);
            memset(gradient + from * size, 0, (end - from) * size);
        }
    }
}

static void put_d_output(const struct engine *engine, const double *d_output)
{
    const struct plan *plan = &engine->plan;
    size_t at = plan->value_of[plan->net->output], n = plan_value_n(plan, at);
    void *to = in_buffer(engine, plan->first_gradient);
    if (plan->backend->number == NN_F64) {
        memcpy(to, d_output, n * sizeof *d_output);
        return;
    }
    float *between = in_buffer(engine, plan->d_output_f32);
    for (size_t i = 0; i < n; i++)
        between[i] = (float)d_output[i];
    plan->backend->from_f32(plan->backend, between, to, n);
}

bool engine_backward(struct engine *engine, const double *d_output, void *gradient, struct err *err)
{
    const struct plan *plan = &engine->plan;
    if (plan->set.mode == ENGINE_INFER || (gradient != NULL && plan->set.mode != ENGINE_TRAIN))
        return err_set(err, ERR_BUG, "network %s was not made for these gradients", plan->net->name);
    engine->gradient = gradient;
    if (gradient != NULL)
        zero_gradient(engine);
    if (plan->first_gradient == NONE)
        return true;
    put_d_output(engine, d_output);
    size_t end = gradient != NULL ? plan->step_n : plan->partial_end;
    for (size_t i = plan->forward_n; i < end; i++)
        if (!(plan->step[i].weights && gradient == NULL) && !run_step(engine, &plan->step[i], err))
            return false;
    return true;
}

void engine_update_running(const struct engine *engine, double momentum, float *value)
{
    const struct plan *plan = &engine->plan;
    size_t size = nn_parameter_size(plan->backend);
    for (size_t at = 0; at < plan->net->layer_n; at++) {
        const struct node *node = &plan->node[at];
        const struct nn_shape *shape = &plan->shape[at];
        double n = (double)(shape->n * shape->z * shape->y * shape->x);
        if (node->kind != NODE_NORM || node->mean == NONE || n < 2)
            continue;
        const struct layer *layer = &plan->net->layer[node->layer];
        float *mean = value + plan->net->parameter[layer->parameter + 2].offset, *var = value + plan->net->parameter[layer->parameter + 3].offset;
        for (size_t c = 0; c < layer->c; c++) {
            double batch_mean = number_at(in_buffer(engine, node->mean), size, c), batch_var = number_at(in_buffer(engine, node->var), size, c);
            mean[c] = (float)((1 - momentum) * (double)mean[c] + momentum * batch_mean);
            var[c] = (float)((1 - momentum) * (double)var[c] + momentum * batch_var * n / (n - 1));
        }
    }
}
