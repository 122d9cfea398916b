/* Grad-CAM over an engine; see gradcam.h. */
#include "nn/gradcam.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

const struct gradcam_settings GRADCAM_DEFAULT = {GRADCAM_MEAN, 7};

struct gradcam {
    struct net view; /* the net, with the layer that the gradient is given at as its output */
    const struct nn_backend *backend;
    struct engine *engine;
    enum gradcam_kind kind;
    size_t layer;
    struct nn_shape grid, input;
    double *value, *gradient; /* of the layer */
    struct nn_op *resample;
    void *coarse, *fine, *scratch; /* the map as the backend has it */
    double *map;
};

/* ---- which layer ---- */

/* Whether all that the layers behind `at` read of the input comes through it. */
static bool is_gate(const struct net *net, size_t at, const bool *needed)
{
    for (size_t j = at + 1; j <= net->output; j++)
        for (size_t i = 0; needed[j] && i < net->layer[j].from_n; i++)
            if (net->layer[j].from[i] < at)
                return false;
    return true;
}

static void mark_needed(const struct net *net, bool *needed)
{
    needed[net->output] = true;
    for (size_t j = net->output + 1; j-- > 0;)
        for (size_t i = 0; needed[j] && i < net->layer[j].from_n; i++)
            needed[net->layer[j].from[i]] = true;
}

static bool is_fine_enough(size_t side, size_t input, size_t least)
{
    size_t quarter = (input + 3) / 4;
    return side >= (quarter < least ? quarter : least);
}

/* net->layer_n where no layer will do. */
static bool choose_layer(const struct net *net, const struct engine *shapes, size_t side, size_t *layer, struct err *err)
{
    bool *needed = mem_zero(net->layer_n, sizeof *needed, err);
    if (needed == NULL)
        return false;
    mark_needed(net, needed);
    struct nn_shape input = engine_shape(shapes, 0);
    size_t at = net->map;
    while (at > 0) {
        struct nn_shape shape = engine_shape(shapes, at);
        if (needed[at] && is_gate(net, at, needed) && is_fine_enough(shape.x, input.x, side) && is_fine_enough(shape.y, input.y, side) &&
            (net->rank == 2 || is_fine_enough(shape.z, input.z, side)))
            break;
        at--;
    }
    mem_free(needed);
    *layer = at;
    return at > 0 || err_set(err, ERR_INPUT, "network %s: no layer that Grad-CAM could read", net->name);
}

/* ---- making ---- */

static bool check_input(const struct net *net, const struct sample_shape *input, struct err *err)
{
    if (net->layer[0].c != input->c)
        return err_set(err, ERR_INPUT, "the net %s takes %zu channels, the input has %zu", net->name, net->layer[0].c, input->c);
    if ((net->rank == 2) != (input->z == 1))
        return err_set(err, ERR_INPUT, "the net %s is %u-D, the input is %zu x %zu x %zu", net->name, net->rank, input->x, input->y, input->z);
    return true;
}

static bool make_engine(struct gradcam *gradcam, const struct gradcam_settings *settings, const struct sample_shape *input, struct err *err)
{
    struct engine *shapes = NULL;
    struct engine_settings set = {.backend = gradcam->backend, .mode = ENGINE_INFER, .batch_n = 1, .z = input->z, .y = input->y, .x = input->x};
    bool done = engine_make(&gradcam->view, &set, &shapes, err) && choose_layer(&gradcam->view, shapes, settings->side, &gradcam->layer, err);
    engine_free(shapes);
    set.mode = ENGINE_EXPLAIN;
    set.keep = &gradcam->layer;
    set.keep_n = 1;
    return done && engine_make(&gradcam->view, &set, &gradcam->engine, err);
}

static bool make_resample(struct gradcam *gradcam, struct err *err)
{
    const struct nn_backend *backend = gradcam->backend;
    struct nn_shape coarse = gradcam->grid, fine = gradcam->input;
    size_t size = nn_number_size(backend->number);
    coarse.c = fine.c = 1;
    gradcam->resample = backend->resample(backend, &coarse, &fine, false, err);
    if (gradcam->resample == NULL)
        return false;
    gradcam->coarse = mem_alloc(nn_shape_value_n(&coarse), size, err);
    gradcam->fine = mem_alloc(nn_shape_value_n(&fine), size, err);
    gradcam->map = mem_alloc(nn_shape_value_n(&fine), sizeof *gradcam->map, err);
    gradcam->scratch = mem_alloc(backend->scratch_n(gradcam->resample) + 1, 1, err);
    return gradcam->coarse != NULL && gradcam->fine != NULL && gradcam->map != NULL && gradcam->scratch != NULL;
}

bool gradcam_open(const struct net *net, const struct nn_backend *backend, const struct sample_shape *input, enum gradcam_of of,
                  const struct gradcam_settings *settings, struct gradcam **out, struct err *err)
{
    *out = NULL;
    if (!check_input(net, input, err))
        return err_add(err, "Grad-CAM");
    struct gradcam *gradcam = mem_zero(1, sizeof *gradcam, err);
    if (gradcam == NULL)
        return false;
    gradcam->view = *net;
    gradcam->backend = backend;
    gradcam->kind = settings->kind;
    if (of == GRADCAM_EMBEDDING)
        gradcam->view.output = net->embedding;
    if (!make_engine(gradcam, settings, input, err))
        goto failed;
    gradcam->grid = engine_shape(gradcam->engine, gradcam->layer);
    gradcam->input = engine_shape(gradcam->engine, 0);
    size_t n = nn_shape_value_n(&gradcam->grid);
    gradcam->value = mem_alloc(n, sizeof *gradcam->value, err);
    gradcam->gradient = mem_alloc(n, sizeof *gradcam->gradient, err);
    if (gradcam->value == NULL || gradcam->gradient == NULL || !make_resample(gradcam, err) || !engine_load(gradcam->engine, net->value, err))
        goto failed;
    *out = gradcam;
    return true;
failed:
    gradcam_close(gradcam);
    return err_add(err, "Grad-CAM");
}

void gradcam_close(struct gradcam *gradcam)
{
    if (gradcam == NULL)
        return;
    engine_free(gradcam->engine);
    if (gradcam->resample != NULL)
        gradcam->backend->op_free(gradcam->resample);
    mem_free(gradcam->value);
    mem_free(gradcam->gradient);
    mem_free(gradcam->coarse);
    mem_free(gradcam->fine);
    mem_free(gradcam->scratch);
    mem_free(gradcam->map);
    mem_free(gradcam);
}

bool gradcam_load(struct gradcam *gradcam, const float *value, struct err *err)
{
    return engine_load(gradcam->engine, value, err);
}

size_t gradcam_layer(const struct gradcam *gradcam)
{
    return gradcam->layer;
}

struct nn_shape gradcam_grid(const struct gradcam *gradcam)
{
    return gradcam->grid;
}

size_t gradcam_value_n(const struct gradcam *gradcam)
{
    struct nn_shape shape = engine_shape(gradcam->engine, gradcam->view.output);
    return nn_shape_value_n(&shape);
}

/* ---- use ---- */

bool gradcam_forward(struct gradcam *gradcam, const float *input, double *value, struct err *err)
{
    return engine_forward(gradcam->engine, input, 0, err) && engine_read(gradcam->engine, gradcam->view.output, value, err) &&
           engine_read(gradcam->engine, gradcam->layer, gradcam->value, err);
}

/* The channels' weights: the same everywhere for Grad-CAM. */
static void average_gradient(double *gradient, size_t site_n, size_t c_n)
{
    for (size_t c = 0; c < c_n; c++) {
        double sum = 0;
        for (size_t s = 0; s < site_n; s++)
            sum += gradient[s * c_n + c];
        for (size_t s = 0; s < site_n; s++)
            gradient[s * c_n + c] = sum / (double)site_n;
    }
}

bool gradcam_map(struct gradcam *gradcam, const double *gradient, float *map, struct err *err)
{
    const struct nn_backend *backend = gradcam->backend;
    const struct nn_shape *grid = &gradcam->grid;
    size_t site_n = grid->z * grid->y * grid->x, fine_n = gradcam->input.z * gradcam->input.y * gradcam->input.x;
    if (!engine_backward(gradcam->engine, gradient, NULL, err) || !engine_read_gradient(gradcam->engine, gradcam->layer, gradcam->gradient, err))
        return false;
    if (gradcam->kind == GRADCAM_MEAN)
        average_gradient(gradcam->gradient, site_n, grid->c);
    for (size_t s = 0; s < site_n; s++) {
        double sum = 0;
        for (size_t c = 0; c < grid->c; c++)
            sum += gradcam->gradient[s * grid->c + c] * gradcam->value[s * grid->c + c];
        map[s] = (float)sum;
    }
    backend->from_f32(backend, map, gradcam->coarse, site_n);
    const struct nn_args args = {.in = {gradcam->coarse}, .out = {gradcam->fine}};
    if (!backend->execute(gradcam->resample, &args, gradcam->scratch, err))
        return false;
    backend->to_f64(backend, gradcam->fine, gradcam->map, fine_n);
    for (size_t s = 0; s < fine_n; s++) {
        if (!isfinite(gradcam->map[s]))
            return err_set(err, ERR_INPUT, "network %s: Grad-CAM gives a value that is not finite", gradcam->view.name);
        map[s] = (float)gradcam->map[s];
    }
    return true;
}

void gradcam_rectify(float *map, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(map[i] > 0))
            map[i] = 0;
}
