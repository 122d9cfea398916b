/* Optimisers; see optimiser.h. Loops over restrict pointers that the compiler turns into vector code. */
#include "nn/optimiser.h"

#include <math.h>

#include "base/mem.h"
#include "base/pool.h"

const char *const optimiser_names[] = {"adamw", "adam", "sgd", NULL};
const struct optimiser_settings OPTIMISER_DEFAULT = {OPTIMISER_ADAMW, 0.01, 0.9, 0.999, 1e-8, 0.9, false, false};

enum { PART = 1 << 15 }; /* values */

/* A stretch of one parameter. */
struct optimiser_part {
    size_t begin, n;
    bool decays;
};

static bool is_trained(const struct parameter *parameter)
{
    return parameter->role != PARAMETER_RUNNING_MEAN && parameter->role != PARAMETER_RUNNING_VAR;
}

static size_t parts_of(const struct optimiser_settings *settings, const struct net *net, struct optimiser_part *part)
{
    size_t n = 0;
    for (size_t p = 0; p < net->parameter_n; p++) {
        const struct parameter *parameter = &net->parameter[p];
        if (!is_trained(parameter))
            continue;
        bool decays = settings->weight_decay > 0.0 && (settings->decay_all || parameter->role == PARAMETER_WEIGHT);
        for (size_t begin = 0; begin < parameter->n; begin += PART, n++)
            if (part != NULL)
                part[n] = (struct optimiser_part){parameter->offset + begin, parameter->n - begin < PART ? parameter->n - begin : PART, decays};
    }
    return n;
}

bool optimiser_init(struct optimiser *optimiser, const struct optimiser_settings *settings, const struct net *net, struct err *err)
{
    *optimiser = (struct optimiser){.settings = *settings, .value_n = net->value_n, .part_n = parts_of(settings, net, NULL)};
    optimiser->part = mem_alloc(optimiser->part_n, sizeof *optimiser->part, err);
    optimiser->first = mem_zero(net->value_n, sizeof *optimiser->first, err);
    if (settings->kind != OPTIMISER_SGD)
        optimiser->second = mem_zero(net->value_n, sizeof *optimiser->second, err);
    if (optimiser->part == NULL || optimiser->first == NULL || (settings->kind != OPTIMISER_SGD && optimiser->second == NULL)) {
        optimiser_free(optimiser);
        return false;
    }
    parts_of(settings, net, optimiser->part);
    return true;
}

void optimiser_free(struct optimiser *optimiser)
{
    mem_free(optimiser->part);
    mem_free(optimiser->first);
    mem_free(optimiser->second);
    *optimiser = (struct optimiser){0};
}

size_t optimiser_bytes(const struct optimiser_settings *settings, const struct net *net)
{
    return net->value_n * sizeof(float) * (settings->kind == OPTIMISER_SGD ? 1 : 2);
}

/* One step's numbers, the same for all parts. */
struct stride {
    const struct optimiser *optimiser;
    const float *gradient;
    float *value;
    float shrink;     /* AdamW: 1 - lr wd */
    float decay;      /* Adam, SGD: wd */
    float step_size;  /* Adam: lr / (1 - b1^t); SGD: lr */
    float root;       /* Adam: sqrt(1 - b2^t) */
};

static void adam_part(const struct stride *stride, const struct optimiser_part *part)
{
    const struct optimiser *optimiser = stride->optimiser;
    const float *restrict gradient = stride->gradient + part->begin;
    float *restrict value = stride->value + part->begin, *restrict first = optimiser->first + part->begin, *restrict second = optimiser->second + part->begin;
    const float shrink = part->decays ? stride->shrink : 1.0f, decay = part->decays ? stride->decay : 0.0f;
    const float rest1 = (float)(1.0 - optimiser->settings.beta1), beta2 = (float)optimiser->settings.beta2, rest2 = (float)(1.0 - optimiser->settings.beta2);
    const float eps = (float)optimiser->settings.eps, size = stride->step_size, root = stride->root;
    for (size_t i = 0; i < part->n; i++) {
        float v = value[i] * shrink, g = gradient[i] + decay * value[i];
        float m = first[i] + rest1 * (g - first[i]), s = second[i] * beta2 + rest2 * g * g;
        first[i] = m;
        second[i] = s;
        value[i] = v - size * (m / (sqrtf(s) / root + eps));
    }
}

static void sgd_part(const struct stride *stride, const struct optimiser_part *part)
{
    const struct optimiser *optimiser = stride->optimiser;
    const float *restrict gradient = stride->gradient + part->begin;
    float *restrict value = stride->value + part->begin, *restrict first = optimiser->first + part->begin;
    const float decay = part->decays ? stride->decay : 0.0f, momentum = (float)optimiser->settings.momentum, size = stride->step_size;
    const float of_gradient = optimiser->settings.nesterov ? 1.0f : 0.0f, of_first = optimiser->settings.nesterov ? momentum : 1.0f;
    for (size_t i = 0; i < part->n; i++) {
        float g = gradient[i] + decay * value[i], m = momentum * first[i] + g;
        first[i] = m;
        value[i] -= size * (of_gradient * g + of_first * m);
    }
}

static bool step_parts(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    (void)err;
    const struct stride *stride = ctx;
    for (size_t p = begin; p < end; p++) {
        if (stride->optimiser->settings.kind == OPTIMISER_SGD)
            sgd_part(stride, &stride->optimiser->part[p]);
        else
            adam_part(stride, &stride->optimiser->part[p]);
    }
    return true;
}

bool optimiser_step(struct optimiser *optimiser, double lr, const float *gradient, float *value, struct err *err)
{
    const struct optimiser_settings *settings = &optimiser->settings;
    double t = (double)++optimiser->step;
    struct stride stride = {.optimiser = optimiser, .gradient = gradient, .value = value, .shrink = 1.0f, .step_size = (float)lr};
    if (settings->kind == OPTIMISER_ADAMW)
        stride.shrink = (float)(1.0 - lr * settings->weight_decay);
    else
        stride.decay = (float)settings->weight_decay;
    if (settings->kind != OPTIMISER_SGD) {
        stride.step_size = (float)(lr / (1.0 - pow(settings->beta1, t)));
        stride.root = (float)sqrt(1.0 - pow(settings->beta2, t));
    }
    return par_for(optimiser->part_n, 1, step_parts, &stride, err);
}
