/* Masked reconstruction; see pretrain.h. */
#include "nn/pretrain.h"

#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "base/text.h"
#include "nn/batches.h"

const struct pretrain_settings PRETRAIN_DEFAULT = {
    .block = 8,
    .share = 0.6,
    .trainer = {.epoch_n = 100,
                .batch_n = 16,
                .optimiser = {OPTIMISER_ADAMW, 0.05, 0.9, 0.999, 1e-8, 0.9, false, false},
                .schedule = {SCHEDULE_COSINE, 1e-3, 5.0, false},
                .loss = {LOSS_BALANCED, 2.0, -1.0},
                .augment = true,
                .norm_momentum = 0.1},
};

/* Axes z, y, x throughout. */
struct masking {
    const struct pretrain_settings *settings;
    size_t side[3], c;                 /* of the input */
    size_t map[3], stride[3];          /* a voxel of the map stands for stride voxels of the input */
    size_t block_side[3], block_n[3];  /* voxels of a hidden cube, cubes along the axes */
    size_t input_n, output_n, cube_n;  /* a case: values, values, cubes */
    size_t case_n;                     /* of the largest batch */
    float *target;                     /* case_n x input_n */
    bool *hidden;                      /* case_n x cube_n */
    double *error;                     /* case_n: sums of squares */
    size_t *hidden_n;                  /* case_n: hidden voxels that the map stands for */
};

struct pretrain_settings pretrain_before(const struct trainer_settings *trainer, size_t epoch_n)
{
    struct pretrain_settings settings = PRETRAIN_DEFAULT;
    settings.trainer.epoch_n = epoch_n;
    settings.trainer.batch_n = trainer->batch_n;
    settings.trainer.drop_rest = trainer->drop_rest;
    settings.trainer.augment = trainer->augment;
    return settings;
}

bool pretrain_check(const struct pretrain_settings *settings, struct err *err)
{
    if (settings->block < 1 || settings->block > 1024)
        return err_set(err, ERR_USAGE, "side of hidden cubes is %zu, expected 1 to 1024 voxels", settings->block);
    if (!(settings->share > 0.0 && settings->share < 1.0))
        return err_set(err, ERR_USAGE, "hidden share is %g, expected above 0 and below 1", settings->share);
    return trainer_check(&settings->trainer, err);
}

/* How many voxels of the input lie between neighbours of the map. */
static void strides(const struct net *net, size_t stride[3])
{
    stride[0] = stride[1] = stride[2] = 1;
    for (size_t at = net->map; net->layer[at].kind != LAYER_INPUT; at = net->layer[at].from[0])
        for (size_t axis = 0; axis < 3; axis++)
            if (net->layer[at].kind == LAYER_CONV || net->layer[at].kind == LAYER_POOL)
                stride[axis] *= net->layer[at].window.stride[axis];
}

static bool reconstruction_net(const struct net *net, struct net **out, struct err *err)
{
    size_t stride[3];
    strides(net, stride);
    struct graph *graph = graph_start(net->name, net->rank, net->layer[0].c);
    size_t map = graph_copy(graph, net, net->map);
    struct conv_spec spec = conv_cube(graph, stride[0] * stride[1] * stride[2] * net->layer[0].c, 1, 1, 0, 1);
    spec.bias = true;
    size_t output = graph_conv(graph, "reconstruction", map, &spec);
    return graph_finish(graph, output, map, output, out, err);
}

static void copy_values(const struct net *from, struct net *to)
{
    for (size_t i = 0; i < to->parameter_n; i++) {
        const struct parameter *parameter = net_find(from, to->parameter[i].name);
        if (parameter != NULL && parameter->n == to->parameter[i].n)
            memcpy(to->value + to->parameter[i].offset, from->value + parameter->offset, parameter->n * sizeof *from->value);
    }
}

static void masking_free(struct masking *masking)
{
    mem_free(masking->target);
    mem_free(masking->hidden);
    mem_free(masking->error);
    mem_free(masking->hidden_n);
}

/* Of small inputs at least two cubes a side. */
static size_t cube_side(const struct net *net, const struct sample_shape *shape, size_t wanted)
{
    size_t side = shape->x < shape->y ? shape->x : shape->y;
    if (net->rank == 3 && shape->z < side)
        side = shape->z;
    side = side < 2 ? 1 : side / 2;
    return side < wanted ? side : wanted;
}

/* Sizes alone; masking_alloc() takes the memory. */
static bool masking_init(struct masking *masking, const struct net *net, const struct net *reconstruction, const struct pretrain_settings *settings,
                         const struct training *training, struct err *err)
{
    const struct sample_shape *shape = &training->source->shape;
    struct engine *engine = NULL;
    struct engine_settings one = {.backend = training->backend, .mode = ENGINE_INFER, .batch_n = 1, .z = shape->z, .y = shape->y, .x = shape->x};
    if (!engine_make(reconstruction, &one, &engine, err))
        return false;
    struct nn_shape map = engine_shape(engine, reconstruction->output);
    engine_free(engine);
    *masking = (struct masking){.settings = settings, .side = {shape->z, shape->y, shape->x}, .c = shape->c, .map = {map.z, map.y, map.x}};
    masking->input_n = sample_value_n(shape);
    masking->output_n = map.z * map.y * map.x * map.c;
    masking->case_n = batches_largest(training->row_n, settings->trainer.batch_n, settings->trainer.drop_rest);
    masking->cube_n = 1;
    strides(net, masking->stride);
    for (size_t axis = 0; axis < 3; axis++) {
        masking->block_side[axis] = axis == 0 && net->rank == 2 ? 1 : cube_side(net, shape, settings->block);
        masking->block_n[axis] = (masking->side[axis] + masking->block_side[axis] - 1) / masking->block_side[axis];
        masking->cube_n *= masking->block_n[axis];
    }
    if (masking->cube_n < 2)
        return err_set(err, ERR_INPUT, "an input of one voxel has nothing to be hidden");
    return true;
}

static bool masking_alloc(struct masking *masking, struct err *err)
{
    masking->target = mem_alloc(masking->case_n, masking->input_n * sizeof *masking->target, err);
    masking->hidden = mem_alloc(masking->case_n, masking->cube_n * sizeof *masking->hidden, err);
    masking->error = mem_alloc(masking->case_n, sizeof *masking->error, err);
    masking->hidden_n = mem_alloc(masking->case_n, sizeof *masking->hidden_n, err);
    return masking->target != NULL && masking->hidden != NULL && masking->error != NULL && masking->hidden_n != NULL;
}

/* The first round(share cube_n) of the shuffled cubes. */
static bool draw_cubes(const struct masking *masking, uint64_t seed, size_t key, bool *hidden, struct err *err)
{
    size_t n = masking->cube_n, *order = mem_alloc(n, sizeof *order, err);
    if (order == NULL)
        return false;
    size_t hide_n = (size_t)(masking->settings->share * (double)n + 0.5);
    hide_n = hide_n < 1 ? 1 : hide_n > n - 1 ? n - 1 : hide_n;
    struct rng rng = rng_make(seed, "pretrain.cubes", key, 0);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    rng_shuffle(&rng, order, n);
    for (size_t i = 0; i < n; i++)
        hidden[order[i]] = i < hide_n;
    mem_free(order);
    return true;
}

static bool is_hidden(const struct masking *masking, const bool *hidden, const size_t voxel[3])
{
    const size_t *n = masking->block_n, *side = masking->block_side;
    return hidden[(voxel[0] / side[0] * n[1] + voxel[1] / side[1]) * n[2] + voxel[2] / side[2]];
}

struct batch {
    struct masking *masking;
    const size_t *key;
    uint64_t seed;
    float *input;
    const double *output;
    double *gradient;
    double scale; /* of the gradient: 2 / hidden values of the batch */
};

static bool hide_some(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    const struct batch *batch = ctx;
    const struct masking *masking = batch->masking;
    for (size_t i = begin; i < end; i++) {
        bool *hidden = masking->hidden + i * masking->cube_n;
        float *value = batch->input + i * masking->input_n;
        if (!draw_cubes(masking, batch->seed, batch->key[i], hidden, err))
            return false;
        memcpy(masking->target + i * masking->input_n, value, masking->input_n * sizeof *value);
        masking->hidden_n[i] = 0;
        size_t at[3];
        for (at[0] = 0; at[0] < masking->side[0]; at[0]++)
            for (at[1] = 0; at[1] < masking->side[1]; at[1]++)
                for (at[2] = 0; at[2] < masking->side[2]; at[2]++, value += masking->c)
                    if (is_hidden(masking, hidden, at)) {
                        memset(value, 0, masking->c * sizeof *value);
                        bool seen = true;
                        for (size_t axis = 0; axis < 3; axis++)
                            seen &= at[axis] < masking->map[axis] * masking->stride[axis];
                        masking->hidden_n[i] += seen;
                    }
    }
    return true;
}

static bool prepare(void *ctx, const size_t *key, size_t n, uint64_t seed, float *input, struct err *err)
{
    struct batch batch = {.masking = ctx, .key = key, .seed = seed, .input = input};
    return par_for(n, 1, hide_some, &batch, err);
}

/* What one voxel of the map says about the voxels it stands for: channel ((dz stride_y + dy) stride_x + dx) c + channel. */
static double map_voxel_error(const struct batch *batch, size_t i, const size_t at[3], const double *output, double *gradient)
{
    const struct masking *masking = batch->masking;
    const size_t *stride = masking->stride, *side = masking->side;
    const bool *hidden = masking->hidden + i * masking->cube_n;
    const float *target = masking->target + i * masking->input_n;
    size_t d[3], c = masking->c;
    double sum = 0;
    for (d[0] = 0; d[0] < stride[0]; d[0]++)
        for (d[1] = 0; d[1] < stride[1]; d[1]++)
            for (d[2] = 0; d[2] < stride[2]; d[2]++, output += c, gradient += c) {
                const size_t voxel[3] = {at[0] * stride[0] + d[0], at[1] * stride[1] + d[1], at[2] * stride[2] + d[2]};
                bool counts = voxel[0] < side[0] && voxel[1] < side[1] && voxel[2] < side[2] && is_hidden(masking, hidden, voxel);
                for (size_t channel = 0; channel < c; channel++) {
                    if (!counts) {
                        gradient[channel] = 0;
                        continue;
                    }
                    double off = output[channel] - (double)target[((voxel[0] * side[1] + voxel[1]) * side[2] + voxel[2]) * c + channel];
                    gradient[channel] = batch->scale * off;
                    sum += off * off;
                }
            }
    return sum;
}

static bool measure_some(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct batch *batch = ctx;
    const struct masking *masking = batch->masking;
    size_t voxel_n = masking->output_n / (masking->map[0] * masking->map[1] * masking->map[2]); /* values a voxel of the map */
    for (size_t i = begin; i < end; i++) {
        size_t offset = i * masking->output_n, at[3];
        masking->error[i] = 0;
        for (at[0] = 0; at[0] < masking->map[0]; at[0]++)
            for (at[1] = 0; at[1] < masking->map[1]; at[1]++)
                for (at[2] = 0; at[2] < masking->map[2]; at[2]++, offset += voxel_n)
                    masking->error[i] += map_voxel_error(batch, i, at, batch->output + offset, batch->gradient + offset);
    }
    return true;
}

static bool measure(void *ctx, size_t n, const double *output, double *value, double *gradient, struct err *err)
{
    struct masking *masking = ctx;
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += masking->hidden_n[i] * masking->c;
    struct batch batch = {.masking = masking, .output = output, .gradient = gradient, .scale = 2.0 / (double)(count > 0 ? count : 1)};
    if (!par_for(n, 1, measure_some, &batch, err))
        return false;
    *value = 0;
    for (size_t i = 0; i < n; i++)
        *value += masking->error[i] * batch.scale / 2;
    return true;
}

/* What the trainer is asked for. */
struct task {
    struct net *reconstruction;
    struct masking masking;
    struct objective objective;
    struct text name;
    struct trainer_settings trainer;
    struct training training;
};

static bool task_make(struct task *task, const struct net *net, const struct pretrain_settings *settings, const struct training *training, struct err *err)
{
    *task = (struct task){.name = TEXT_INIT, .trainer = settings->trainer, .training = *training};
    if (!pretrain_check(settings, err) || !reconstruction_net(net, &task->reconstruction, err) ||
        !masking_init(&task->masking, net, task->reconstruction, settings, training, err))
        return false;
    text_add(&task->name, "masked %zu ", settings->block);
    text_add_double(&task->name, settings->share);
    const struct masking *masking = &task->masking;
    uint64_t bytes = (uint64_t)masking->case_n * (masking->input_n * sizeof(float) + masking->cube_n) + task->reconstruction->value_n * sizeof(float);
    task->objective = (struct objective){task->name.bytes, masking->output_n, bytes, prepare, measure, &task->masking};
    task->trainer.holdout = 0;
    task->trainer.keep_best = false;
    task->training.outcome = NULL;
    task->training.held_n = 0;
    task->training.objective = &task->objective;
    return text_ok(&task->name, err);
}

static void task_free(struct task *task)
{
    net_free(task->reconstruction);
    masking_free(&task->masking);
    text_free(&task->name);
}

bool pretrain_plan_bytes(const struct net *net, const struct pretrain_settings *settings, const struct training *training, uint64_t *bytes, struct err *err)
{
    struct task task;
    bool done = task_make(&task, net, settings, training, err) && trainer_plan_bytes(task.reconstruction, &task.trainer, &task.training, bytes, err);
    task_free(&task);
    return done;
}

bool pretrain_run(struct net *net, const struct pretrain_settings *settings, const struct training *training, struct history *history, struct err *err)
{
    struct task task;
    bool done = task_make(&task, net, settings, training, err) && masking_alloc(&task.masking, err);
    if (done) {
        net_initialise(task.reconstruction, rng_seed(training->seed, "pretrain.head", 0, 0));
        copy_values(net, task.reconstruction);
        done = trainer_run(task.reconstruction, &task.trainer, &task.training, history, err);
        if (done)
            copy_values(task.reconstruction, net);
    }
    task_free(&task);
    return done || err_add(err, "pre-training");
}
