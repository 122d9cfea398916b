/* Time of a network as hepar computes it, one process a run: bench/nn.sh sets it beside PyTorch (bench/nn_torch.py takes the same arguments and
 * prints the same line).
 *
 * usage: nn NET train|infer BATCH ZxYxX THREADS STEPS [f32|bf16]
 *
 * train: forward, cross entropy of labels 0, 1, 0, 1, ... against the logit, backward, AdamW. infer: the embedding. Weights are uniform in +-1/sqrt(fan in)
 * from a formula of the parameter's name and the place, the input one of place alone, so that both sides begin with the same numbers.
 * Prints: seconds from the start to the first result, median CPU and wall seconds a step, peak memory in MiB, the first and last loss
 * (or the sum of the embedding). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/mem.h"
#include "base/pool.h"
#include "nn/engine.h"
#include "nn/nets.h"
#include "nn/optimiser.h"

static double now(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *value, size_t n)
{
    qsort(value, n, sizeof *value, by_size);
    return n % 2 == 1 ? value[n / 2] : (value[n / 2 - 1] + value[n / 2]) / 2;
}

static uint32_t key_of(const char *name)
{
    uint32_t key = 2166136261u;
    for (; *name != '\0'; name++)
        key = (key ^ (unsigned char)*name) * 16777619u;
    return key;
}

/* In [-1, 1): a fixed scramble of (key, i), the same as nn_torch.py's. */
static float scrambled(uint32_t key, uint32_t i)
{
    uint32_t x = i * 2654435761u + key;
    x ^= x >> 15;
    x *= 2246822519u;
    x ^= x >> 13;
    return (float)((double)x / 2147483648.0 - 1);
}

static void fill(const struct net *net, float *value)
{
    for (size_t p = 0; p < net->parameter_n; p++) {
        const struct parameter *parameter = &net->parameter[p];
        uint32_t key = key_of(parameter->name);
        float *to = value + parameter->offset, bound = parameter->fan_in > 0 ? (float)(1 / sqrt((double)parameter->fan_in)) : 0;
        for (size_t i = 0; i < parameter->n; i++)
            switch (parameter->role) {
            case PARAMETER_SCALE:
            case PARAMETER_RUNNING_VAR: to[i] = 1; break;
            case PARAMETER_SHIFT:
            case PARAMETER_RUNNING_MEAN: to[i] = 0; break;
            default: to[i] = bound * scrambled(key, (uint32_t)i); break;
            }
    }
}

struct bench {
    struct engine *engine;
    struct net *net;
    struct optimiser optimiser;
    float *input, *gradient;
    double *output, *d_output;
    size_t batch_n, embedding_n;
    bool train;
};

/* The loss, or the sum of the embedding. */
static bool step(struct bench *bench, double *result, struct err *err)
{
    if (bench->train && !engine_load(bench->engine, bench->net->value, err))
        return false;
    if (!engine_forward(bench->engine, bench->input, 1, err) ||
        !engine_read(bench->engine, bench->train ? bench->net->output : bench->net->embedding, bench->output, err))
        return false;
    *result = 0;
    if (!bench->train) {
        for (size_t i = 0; i < bench->embedding_n; i++)
            *result += bench->output[i];
        return true;
    }
    for (size_t i = 0; i < bench->batch_n; i++) {
        double label = i % 2 == 1, z = bench->output[i];
        *result += (fmax(z, 0) - z * label + log1p(exp(-fabs(z)))) / (double)bench->batch_n;
        bench->d_output[i] = (1 / (1 + exp(-z)) - label) / (double)bench->batch_n;
    }
    if (!engine_backward(bench->engine, bench->d_output, bench->gradient, err))
        return false;
    engine_update_running(bench->engine, 0.1, bench->net->value);
    return optimiser_step(&bench->optimiser, 1e-4, bench->gradient, bench->net->value, err);
}

static bool prepare(struct bench *bench, const char *name, const struct nn_backend *backend, size_t batch_n, const size_t side[3], struct err *err)
{
    struct net_options options = {.channel_n = strstr(name, "3d") != NULL ? 2 : 3};
    if (!net_build(name, &options, &bench->net, err))
        return false;
    fill(bench->net, bench->net->value);
    struct engine_settings settings = {.backend = backend, .mode = bench->train ? ENGINE_TRAIN : ENGINE_INFER, .batch_n = batch_n, .z = side[0], .y = side[1],
                                       .x = side[2]};
    if (!engine_make(bench->net, &settings, &bench->engine, err) || !engine_load(bench->engine, bench->net->value, err))
        return false;
    size_t input_n = batch_n * side[0] * side[1] * side[2] * options.channel_n;
    bench->batch_n = batch_n;
    struct nn_shape embedding = engine_shape(bench->engine, bench->net->embedding);
    bench->embedding_n = nn_shape_value_n(&embedding);
    bench->input = mem_alloc(input_n, sizeof *bench->input, err);
    bench->output = mem_alloc(bench->embedding_n + batch_n, sizeof *bench->output, err);
    bench->d_output = mem_alloc(batch_n, sizeof *bench->d_output, err);
    if (bench->input == NULL || bench->output == NULL || bench->d_output == NULL)
        return false;
    for (size_t i = 0; i < input_n; i++)
        bench->input[i] = scrambled(key_of("input"), (uint32_t)i);
    if (!bench->train)
        return true;
    bench->gradient = mem_zero(bench->net->value_n, sizeof *bench->gradient, err);
    return bench->gradient != NULL && optimiser_init(&bench->optimiser, &OPTIMISER_DEFAULT, bench->net, err);
}

static bool run(char **argv, bool half, struct err *err)
{
    struct bench bench = {.train = strcmp(argv[2], "train") == 0};
    size_t batch_n = strtoul(argv[3], NULL, 10), thread_n = strtoul(argv[5], NULL, 10), step_n = strtoul(argv[6], NULL, 10), side[3] = {1, 1, 1};
    double start = now(CLOCK_MONOTONIC), first = 0, first_result = 0, result = 0, cpu[1000], wall[1000];
    if (sscanf(argv[4], "%zux%zux%zu", &side[0], &side[1], &side[2]) != 3 || step_n < 1 || step_n > 1000)
        return err_set(err, ERR_USAGE, "grid ZxYxX and 1..1000 steps are needed");
    const struct nn_backend *backend = nn_backend_onednn(half ? NN_BF16 : NN_F32, err);
    if (backend == NULL || !pool_start(thread_n, err) || !prepare(&bench, argv[1], backend, batch_n, side, err))
        return false;
    for (size_t i = 0; i < step_n + 2; i++) { /* two to warm up */
        double cpu_start = now(CLOCK_PROCESS_CPUTIME_ID), wall_start = now(CLOCK_MONOTONIC);
        if (!step(&bench, &result, err))
            return false;
        if (i == 0) {
            first = now(CLOCK_MONOTONIC) - start;
            first_result = result;
        }
        if (i >= 2) {
            cpu[i - 2] = now(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
            wall[i - 2] = now(CLOCK_MONOTONIC) - wall_start;
        }
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%.3f %.6f %.6f %.1f %.6g %.6g\n", first, median(cpu, step_n), median(wall, step_n), (double)usage.ru_maxrss / 1024, first_result, result);
    engine_free(bench.engine);
    net_free(bench.net);
    optimiser_free(&bench.optimiser);
    mem_free(bench.input);
    mem_free(bench.gradient);
    mem_free(bench.output);
    mem_free(bench.d_output);
    pool_stop();
    return true;
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    if (argc < 7) {
        fprintf(stderr, "usage: nn NET train|infer BATCH ZxYxX THREADS STEPS [f32|bf16]\n");
        return ERR_USAGE;
    }
    if (run(argv, argc > 7 && strcmp(argv[7], "bf16") == 0, &err))
        return 0;
    fprintf(stderr, "nn: %s\n", err.text);
    return (int)err.kind;
}
