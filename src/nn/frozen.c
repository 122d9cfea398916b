/* Deep features of frozen nets; see frozen.h. */
#include "nn/frozen.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/budget.h"
#include "base/mem.h"
#include "base/pool.h"

/* What one case in work uses. */
struct bench {
    atomic_flag taken;
    struct engine *engine; /* NULL until first used */
    float *input;          /* a batch */
    double *embedding;     /* of a batch */
};

struct frozen {
    const struct net *net;
    struct engine_settings engine;
    struct sample_settings sample;
    struct sample_shape shape;
    bool pooled;         /* columns are means and maxima over the inputs */
    size_t embedding_n;
    uint64_t bytes;
    size_t bench_n;      /* the pool's threads */
    struct bench *bench; /* owned */
};

static bool check_shape(const struct net *net, const struct sample_shape *shape, struct err *err)
{
    if (net->layer[0].c != shape->c)
        return err_set(err, ERR_INPUT, "the net %s takes %zu channels, the input has %zu", net->name, net->layer[0].c, shape->c);
    if ((net->rank == 2) != (shape->z == 1))
        return err_set(err, ERR_INPUT, "the net %s is %u-D, the input has %zu x %zu x %zu voxels", net->name, net->rank, shape->x, shape->y, shape->z);
    return true;
}

bool frozen_open(const struct net *net, const struct nn_backend *backend, const struct crop_settings *crop, const struct sample_settings *sample,
                   struct frozen **out, struct err *err)
{
    struct sample_shape shape = sample_shape_of_settings(crop, sample);
    bool all = crop->view == CROP_2D_ALL;
    struct frozen *frozen = check_shape(net, &shape, err) ? mem_zero(1, sizeof *frozen, err) : NULL;
    if (frozen == NULL)
        return false;
    *frozen = (struct frozen){
        .net = net,
        .engine = {.backend = backend, .mode = ENGINE_INFER, .batch_n = all && crop->slice_max > 1 ? FROZEN_BATCH : 1, .z = shape.z, .y = shape.y, .x = shape.x},
        .sample = *sample,
        .shape = shape,
        .pooled = all,
        .embedding_n = net->layer[net->embedding].c,
        .bench_n = pool_size(),
    };
    if (all && crop->slice_max < FROZEN_BATCH)
        frozen->engine.batch_n = crop->slice_max;
    size_t engine_n;
    frozen->bench = mem_zero(frozen->bench_n, sizeof *frozen->bench, err);
    if (frozen->bench == NULL || !engine_plan_bytes(net, &frozen->engine, &engine_n, err)) {
        frozen_close(frozen);
        return false;
    }
    frozen->bytes = engine_n + frozen->engine.batch_n * (sample_value_n(&shape) * sizeof(float) + frozen->embedding_n * sizeof(double));
    *out = frozen;
    return true;
}

void frozen_close(struct frozen *frozen)
{
    if (frozen == NULL)
        return;
    for (size_t i = 0; frozen->bench != NULL && i < frozen->bench_n; i++) {
        engine_free(frozen->bench[i].engine);
        mem_free(frozen->bench[i].input);
        mem_free(frozen->bench[i].embedding);
    }
    mem_free(frozen->bench);
    mem_free(frozen);
}

size_t frozen_n(const struct frozen *frozen)
{
    return frozen->embedding_n * (frozen->pooled ? 2 : 1);
}

const char *frozen_name(const struct frozen *frozen, size_t column, char out[32])
{
    snprintf(out, 32, "%sf%03zu", column < frozen->embedding_n ? "" : "max.", column % frozen->embedding_n);
    return out;
}

uint64_t frozen_bytes(const struct frozen *frozen)
{
    return frozen->bytes;
}

/* ---- the stock of engines ---- */

/* No more cases are in work than the pool has threads, so one is free; the first free one, so that no more are made than are needed. */
static struct bench *take_bench(struct frozen *frozen)
{
    for (size_t i = 0;; i = (i + 1) % frozen->bench_n)
        if (!atomic_flag_test_and_set_explicit(&frozen->bench[i].taken, memory_order_acquire))
            return &frozen->bench[i];
}

static void give_bench(struct bench *bench)
{
    atomic_flag_clear_explicit(&bench->taken, memory_order_release);
}

static bool make_bench(const struct frozen *frozen, struct bench *bench, struct err *err)
{
    size_t batch_n = frozen->engine.batch_n;
    if (bench->engine != NULL)
        return true;
    if (bench->input == NULL)
        bench->input = mem_zero(batch_n, sample_value_n(&frozen->shape) * sizeof *bench->input, err);
    if (bench->embedding == NULL)
        bench->embedding = mem_alloc(batch_n, frozen->embedding_n * sizeof *bench->embedding, err);
    if (bench->input == NULL || bench->embedding == NULL || !engine_make(frozen->net, &frozen->engine, &bench->engine, err))
        return false;
    if (engine_load(bench->engine, frozen->net->value, err))
        return true;
    engine_free(bench->engine);
    bench->engine = NULL;
    return false;
}

/* ---- one case ---- */

/* Inputs first..first+n-1 of the crop; the batch's other places keep what they hold. */
static bool run_batch(const struct frozen *frozen, struct bench *bench, const struct crop *crop, size_t first, size_t n, struct err *err)
{
    size_t value_n = sample_value_n(&frozen->shape);
    for (size_t i = 0; i < n; i++)
        if (!sample_fill(crop, &frozen->sample, first + i, NULL, NULL, bench->input + i * value_n, err))
            return false;
    return engine_forward(bench->engine, bench->input, 0, err) && engine_read(bench->engine, frozen->net->embedding, bench->embedding, err);
}

static bool run_crop(const struct frozen *frozen, struct bench *bench, const struct crop *crop, double *out, struct err *err)
{
    size_t batch_n = frozen->engine.batch_n, c = frozen->embedding_n;
    double *mean = out, *most = out + c;
    for (size_t first = 0; first < crop->input_n; first += batch_n) {
        size_t n = crop->input_n - first < batch_n ? crop->input_n - first : batch_n;
        if (!run_batch(frozen, bench, crop, first, n, err))
            return false;
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < c; k++) {
                double value = bench->embedding[i * c + k];
                bool begins = first + i == 0;
                mean[k] = begins ? value : mean[k] + value;
                if (frozen->pooled)
                    most[k] = begins || value > most[k] ? value : most[k];
            }
    }
    for (size_t k = 0; k < c; k++) {
        mean[k] /= (double)crop->input_n;
        if (!isfinite(mean[k]))
            return err_set(err, ERR_INPUT, "the net %s gives values that are not finite", frozen->net->name);
    }
    return true;
}

bool frozen_of_crop(struct frozen *frozen, const struct crop *crop, double *out, struct err *err)
{
    struct sample_shape shape = sample_shape(crop, &frozen->sample);
    if (memcmp(&shape, &frozen->shape, sizeof shape) != 0)
        return err_set(err, ERR_BUG, "a crop of other settings than the features'");
    struct bench *bench = take_bench(frozen);
    bool ok = make_bench(frozen, bench, err) && run_crop(frozen, bench, crop, out, err);
    give_bench(bench);
    return ok;
}

/* ---- many cases ---- */

struct many {
    struct frozen *frozen;
    const struct crop *const *crop;
    double *out;
};

static bool run_some(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    const struct many *many = ctx;
    size_t n = frozen_n(many->frozen);
    bool ok = true;
    (void)worker;
    for (size_t i = begin; ok && i < end; i++) {
        double *row = many->out + i * n;
        if (many->crop[i] == NULL) {
            for (size_t k = 0; k < n; k++)
                row[k] = NAN;
            continue;
        }
        budget_take(many->frozen->bytes, "deep features");
        ok = frozen_of_crop(many->frozen, many->crop[i], row, err);
        budget_give(many->frozen->bytes);
    }
    return ok;
}

bool frozen_of_crops(struct frozen *frozen, const struct crop *const *crop, size_t n, double *out, struct err *err)
{
    struct many many = {frozen, crop, out};
    return n == 1 ? run_some(&many, 0, 1, 0, err) : par_for(n, 1, run_some, &many, err);
}
