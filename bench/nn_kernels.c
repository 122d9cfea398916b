/* Time of a convolution by the library and by our own kernels, for the table src/nn/kernel_table.c; first, what a core's products reach at all.
 *
 * usage: nn_kernels [f32|bf16] [ROUNDS [SHAPE]]
 * Prints a line for each shape and direction: the instruction set, direction, shape, milliseconds of each, and the faster one. One
 * thread, CPU time, the best of ROUNDS (default 5). DNNL_MAX_CPU_ISA caps the instruction set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "nn/fast.h"
#include "nn/kernel_table.h"
#include "nn/tile.h"

/* Layers of the registry's networks on their usual inputs: batch, z, y, x, channels, out, kernel, stride, dilation. */
static const size_t SHAPES[][9] = {
    {8, 32, 64, 64, 2, 64, 7, 2, 1},   {8, 8, 16, 16, 64, 64, 3, 1, 1},  {8, 8, 16, 16, 64, 128, 3, 2, 1},   {8, 4, 8, 8, 128, 128, 3, 1, 1},
    {8, 4, 8, 8, 128, 256, 3, 1, 2},   {8, 4, 8, 8, 256, 256, 3, 1, 2},  {8, 4, 8, 8, 256, 512, 3, 1, 4},    {8, 4, 8, 8, 512, 512, 3, 1, 4},
    {8, 4, 8, 8, 256, 512, 1, 1, 1},   {8, 32, 64, 64, 2, 16, 3, 2, 1},  {8, 8, 16, 16, 16, 32, 3, 1, 1},    {8, 4, 8, 8, 32, 64, 3, 1, 1},
    {32, 28, 28, 28, 1, 16, 3, 1, 1},  {32, 14, 14, 14, 16, 32, 3, 1, 1}, {32, 7, 7, 7, 32, 64, 3, 1, 1},    {8, 1, 224, 224, 3, 64, 7, 2, 1},
    {8, 1, 56, 56, 64, 64, 3, 1, 1},   {8, 1, 56, 56, 64, 256, 1, 1, 1}, {8, 1, 56, 56, 256, 64, 1, 1, 1},   {8, 1, 28, 28, 128, 128, 3, 1, 1},
    {8, 1, 28, 28, 128, 512, 1, 1, 1}, {8, 1, 28, 28, 512, 128, 1, 1, 1}, {8, 1, 28, 28, 256, 256, 3, 2, 1}, {8, 1, 14, 14, 256, 256, 3, 1, 1},
    {8, 1, 14, 14, 1024, 256, 1, 1, 1}, {8, 1, 14, 14, 256, 1024, 1, 1, 1}, {8, 1, 7, 7, 512, 512, 3, 1, 1}, {8, 1, 7, 7, 2048, 512, 1, 1, 1},
    {16, 1, 48, 48, 32, 32, 3, 1, 1},  {1, 8, 16, 16, 64, 64, 3, 1, 1},  {1, 4, 8, 8, 256, 256, 3, 1, 2},
    {16, 8, 8, 8, 8, 16, 3, 1, 1},     {16, 4, 4, 4, 16, 32, 3, 1, 1},   {16, 16, 16, 16, 8, 16, 3, 1, 1},   {16, 8, 8, 8, 16, 32, 3, 1, 1},
    {8, 1, 56, 56, 32, 128, 3, 1, 1},  {8, 1, 14, 14, 128, 32, 3, 1, 1},  {1, 1, 56, 56, 64, 64, 3, 1, 1},    {1, 1, 7, 7, 512, 512, 3, 1, 1},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *ones(size_t values, size_t size)
{
    struct err err = ERR_INIT;
    void *array = mem_zero(values + 64, size, &err);
    if (array == NULL) {
        fprintf(stderr, "nn_kernels: %s\n", err.text);
        exit(ERR_SYSTEM);
    }
    memset(array, 0x3f, values * size); /* 0.747 in f32, 0.746 in bf16 */
    return array;
}

/* GF/s of a tile's products over rows and weights that stay in the first-level cache. */
static double peak(void)
{
    enum { CHANNELS = 64, TILES = 8, TIMES = 2000 };
    const struct tile_kernel *kernel = tile_kernel();
    if (kernel == NULL)
        return 0;
    float *row = ones(CHANNELS * TILE_ROWS_MAX, 4), *panel = ones(CHANNELS * TILE_COLUMNS_MAX, 4), *sum = ones(TILE_ROWS_MAX * TILE_COLUMNS_MAX, 4);
    struct tile_tap tap = {.place = 0};
    double best = 1e9;
    for (size_t r = 0; r < kernel->row_n; r++)
        tap.row[r] = row + r * CHANNELS;
    for (size_t i = 0; i < TILES; i++) {
        double start = now();
        for (size_t k = 0; k < TIMES; k++)
            kernel->taps(&tap, 1, CHANNELS, panel, sum);
        best = now() - start < best ? now() - start : best;
    }
    mem_free(row);
    mem_free(panel);
    mem_free(sum);
    return 2e-9 * CHANNELS * (double)(kernel->row_n * kernel->column_n) * TIMES / best;
}

/* Milliseconds of one execution; of the packing beside it. */
static double measure(const struct nn_backend *backend, struct nn_op *op, const struct nn_conv *conv, enum kernel_way way, size_t rounds, double *pack_ms)
{
    struct err err = ERR_INIT;
    size_t size = nn_number_size(backend->number), in_n = nn_shape_value_n(&conv->in), out_n = nn_shape_value_n(&conv->out);
    const size_t *k = conv->window.kernel;
    size_t weight_n = conv->in.c / conv->group_n * conv->out.c * k[0] * k[1] * k[2];
    void *x = ones(in_n, size), *y = ones(out_n, size), *weights = ones(weight_n, 4), *packed = ones(backend->packed_n(op), 1), *scratch = ones(backend->scratch_n(op), 1);
    struct nn_args args = {.in = {way == WAY_BACKWARD_INPUT ? y : x, way == WAY_BACKWARD_WEIGHTS ? y : packed},
                           .out = {way == WAY_FORWARD ? y : way == WAY_BACKWARD_INPUT ? x : weights}};
    double best = 1e9, best_pack = 1e9;
    for (size_t i = 0; i <= rounds; i++) {
        double start = now();
        if (way != WAY_BACKWARD_WEIGHTS && !backend->pack(op, weights, NULL, packed, &err))
            exit(ERR_BUG);
        double middle = now();
        if (!backend->execute(op, &args, scratch, &err))
            exit(ERR_BUG);
        double end = now();
        best_pack = middle - start < best_pack ? middle - start : best_pack;
        best = end - middle < best ? end - middle : best;
    }
    mem_free(x);
    mem_free(y);
    mem_free(weights);
    mem_free(packed);
    mem_free(scratch);
    *pack_ms = way == WAY_BACKWARD_WEIGHTS ? 0 : best_pack * 1e3;
    return best * 1e3;
}

static struct nn_op *make(const struct nn_backend *backend, const struct nn_conv *conv, enum kernel_way way, enum kernel kernel)
{
    struct err err = ERR_INIT;
    bool found = false;
    if (kernel == KERNEL_WINOGRAD) {
        if (way == WAY_BACKWARD_WEIGHTS)
            return conv_winograd_weights_serve(backend, conv) ? conv_winograd_weights(backend, conv, &err) : NULL;
        return conv_winograd_serves(backend, conv, way == WAY_BACKWARD_INPUT) ? conv_winograd(backend, conv, way == WAY_BACKWARD_INPUT, &err) : NULL;
    }
    if (kernel == KERNEL_OWN) {
        if (way == WAY_BACKWARD_WEIGHTS)
            return conv_weights_serve(backend, conv) ? conv_weights(backend, conv, &err) : NULL;
        return conv_tiles_serve(backend, conv, way == WAY_BACKWARD_INPUT) ? conv_tiles(backend, conv, way == WAY_BACKWARD_INPUT, &err) : NULL;
    }
    switch (way) {
    case WAY_FORWARD: return onednn_conv_forward(backend, conv, &found, &err);
    case WAY_BACKWARD_INPUT: return onednn_conv_backward_input(backend, conv, &found, &err);
    case WAY_BACKWARD_WEIGHTS: return onednn_conv_backward_weights(backend, conv, &found, &err);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static const char *const way_names[] = {"forward", "input", "weights"}, *const kernel_names[] = {"library", "own", "winograd"};
    struct err err = ERR_INIT;
    const struct nn_backend *backend = nn_backend_onednn(argc > 1 && strcmp(argv[1], "bf16") == 0 ? NN_BF16 : NN_F32, &err);
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 5, only = argc > 3 ? strtoul(argv[3], NULL, 10) : SIZE_MAX;
    if (backend == NULL) {
        fprintf(stderr, "nn_kernels: %s\n", err.text);
        return (int)err.kind;
    }
    printf("products in the first-level cache: %.0f GF/s (%s)\n", peak(), fast_isa());
    printf("%-40s %-8s %9s %9s %9s %9s  %s\n", "shape", "way", "library", "own", "winograd", "fastest", "the library's kernel");
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
        if (only != SIZE_MAX && i != only)
            continue;
        const size_t *s = SHAPES[i];
        size_t pad = s[6] / 2 * s[8];
        struct nn_conv conv = {.in = {s[0], s[1], s[2], s[3], s[4]}, .group_n = 1,
                               .window = {{s[1] == 1 ? 1 : s[6], s[6], s[6]}, {s[7], s[7], s[7]}, {s[1] == 1 ? 0 : pad, pad, pad}, {s[8], s[8], s[8]}}};
        if (!nn_window_out(&conv.in, &conv.window, s[5], &conv.out))
            return ERR_BUG;
        for (int way = 0; way < 3; way++) {
            double ms[3] = {0}, pack[3] = {0};
            char shape[80], name[80] = "none";
            for (int kernel = 0; kernel < 3; kernel++) {
                struct nn_op *op = make(backend, &conv, (enum kernel_way)way, (enum kernel)kernel);
                if (op == NULL)
                    continue;
                ms[kernel] = measure(backend, op, &conv, (enum kernel_way)way, rounds, &pack[kernel]);
                if (kernel == 0)
                    snprintf(name, sizeof name, "%s", backend->kernel_name(op));
                backend->op_free(op);
            }
            snprintf(shape, sizeof shape, "%zux%zux%zux%zu %zu-%zu k%zu s%zu d%zu", s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8]);
            int best = 0;
            for (int kernel = 0; kernel < 3; kernel++)
                if (ms[kernel] > 0 && (ms[best] <= 0 || ms[kernel] + pack[kernel] < ms[best] + pack[best]))
                    best = kernel;
            printf("%-40s %-8s %9.3f %9.3f %9.3f %9s  %s (packing %.3f, %.3f, %.3f)\n", shape, way_names[way], ms[0], ms[1], ms[2], kernel_names[best], name, pack[0],
                   pack[1], pack[2]);
            fflush(stdout);
        }
    }
    return 0;
}
