/* A net applied to cases; see predict.h. */
#include "nn/predict.h"

#include <string.h>

#include "base/mem.h"
#include "base/pool.h"

static struct engine_settings settings_of(const struct nn_backend *backend, const struct source *source, const size_t *layer)
{
    return (struct engine_settings){.backend = backend, .mode = ENGINE_INFER, .batch_n = PREDICT_BATCH, .z = source->shape.z, .y = source->shape.y,
                                    .x = source->shape.x, .keep = layer, .keep_n = layer == NULL ? 0 : 1};
}

bool predict_plan_bytes(const struct net *net, const struct nn_backend *backend, const struct source *source, size_t *bytes, struct err *err)
{
    struct engine_settings settings = settings_of(backend, source, NULL);
    if (!engine_plan_bytes(net, &settings, bytes, err))
        return false;
    *bytes += PREDICT_BATCH * sample_value_n(&source->shape) * sizeof(float);
    return true;
}

bool predict_check(const struct net *net, const struct source *source, struct err *err)
{
    const struct sample_shape *shape = &source->shape;
    if (net->layer[0].c != shape->c)
        return err_set(err, ERR_INPUT, "the net %s takes %zu channels, the images have %zu", net->name, net->layer[0].c, shape->c);
    if ((net->rank == 2) != (shape->z == 1))
        return err_set(err, ERR_INPUT, "the net %s is %u-D, the images are %zu x %zu x %zu", net->name, net->rank, shape->x, shape->y, shape->z);
    return true;
}

/* A batch on its way: which input of which case stands where. */
struct filling {
    const struct source *source;
    const size_t *row, *input;
    float *out;
};

static bool fill_some(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    const struct filling *filling = ctx;
    size_t value_n = sample_value_n(&filling->source->shape);
    for (size_t k = begin; k < end; k++)
        if (!filling->source->fill(filling->source->ctx, filling->row[k], filling->input[k], NULL, filling->out + k * value_n, err))
            return false;
    return true;
}

bool engine_predict(struct engine *engine, const struct source *source, const size_t *row, size_t n, size_t layer, double *out, struct err *err)
{
    const struct nn_shape shape = engine_shape(engine, layer);
    const size_t batch_n = shape.n, c = shape.c, site_n = shape.z * shape.y * shape.x, value_n = sample_value_n(&source->shape);
    float *batch = mem_zero(batch_n, value_n * sizeof *batch, err);
    double *values = mem_alloc(batch_n, c * site_n * sizeof *values, err);
    size_t *which = mem_alloc(3 * batch_n, sizeof *which, err), *input = which == NULL ? NULL : which + batch_n, *at = which == NULL ? NULL : which + 2 * batch_n;
    bool done = batch != NULL && values != NULL && which != NULL;
    memset(out, 0, n * c * sizeof *out);
    for (size_t i = 0, next = 0; done && i < n;) { /* `next`: the next input of case i */
        size_t filled = 0;
        while (filled < batch_n && i < n) {
            which[filled] = row[i];
            input[filled] = next;
            at[filled++] = i;
            if (++next == source_input_n(source, row[i])) {
                i++;
                next = 0;
            }
        }
        struct filling filling = {source, which, input, batch};
        done = par_for(filled, 1, fill_some, &filling, err) && engine_forward(engine, batch, 0, err) && engine_read(engine, layer, values, err);
        for (size_t k = 0; done && k < filled; k++) {
            double weight = 1.0 / ((double)site_n * (double)source_input_n(source, which[k]));
            for (size_t site = 0; site < site_n; site++)
                for (size_t channel = 0; channel < c; channel++)
                    out[at[k] * c + channel] += weight * values[(k * site_n + site) * c + channel];
        }
    }
    mem_free(batch);
    mem_free(values);
    mem_free(which);
    return done;
}

bool net_predict(const struct net *net, const float *value, const struct nn_backend *backend, const struct source *source, const size_t *row, size_t n,
                 size_t layer, double *out, struct err *err)
{
    struct engine *engine = NULL;
    struct engine_settings settings = settings_of(backend, source, &layer);
    bool done = predict_check(net, source, err) && engine_make(net, &settings, &engine, err) && engine_load(engine, value == NULL ? net->value : value, err) &&
                engine_predict(engine, source, row, n, layer, out, err);
    engine_free(engine);
    return done;
}
