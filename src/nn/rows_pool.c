/* Pooling over channels-last rows. The maximum's workspace holds the window place that each value came from (a byte, or four where a
 * window has more than 256 places). Backward gathers: each input row adds what the windows that cover it give, so parts never meet. */
#include <math.h>

#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/rows.h"

enum { BLOCK = 64 /* channels at a time */, BYTE_PLACES = 256 };

struct pool_op {
    struct nn_op op;
    struct nn_pool pool;
    bool wide; /* places take four bytes */
};

struct pool_run {
    const struct pool_op *op;
    const struct nn_args *args;
    const float *dy; /* backward: read several times, so widened first */
};

static size_t place_n(const struct nn_window *window)
{
    return window->kernel[0] * window->kernel[1] * window->kernel[2];
}

/* The window places of one output voxel along the three axes. */
struct spans {
    struct window_span z, y, x;
};

/* A walk over the places that lie inside: for each, its number and the input row. */
#define EACH_PLACE(pool, spans, image_row, place, row) \
    for (size_t kz_ = (spans).z.first; kz_ < (spans).z.end; kz_++) \
        for (size_t ky_ = (spans).y.first; ky_ < (spans).y.end; ky_++) \
            for (size_t kx_ = (spans).x.first, place = (kz_ * (pool)->window.kernel[1] + ky_) * (pool)->window.kernel[2] + kx_, \
                        row = (image_row) + \
                              (((size_t)((spans).z.start + (ptrdiff_t)(kz_ * (pool)->window.dilation[0])) * (pool)->in.y + \
                                (size_t)((spans).y.start + (ptrdiff_t)(ky_ * (pool)->window.dilation[1]))) * (pool)->in.x + \
                               (size_t)((spans).x.start + (ptrdiff_t)(kx_ * (pool)->window.dilation[2]))); \
                 kx_ < (spans).x.end; kx_++, place++, row += (pool)->window.dilation[2])

INLINE void max_row_body(const struct nn_pool *pool, const struct spans *spans, const void *x, size_t image_row, void *y, void *workspace, size_t out_row,
                         bool half, bool wide)
{
    size_t c = pool->in.c;
    for (size_t first = 0; first < c; first += BLOCK) {
        size_t n = c - first < BLOCK ? c - first : BLOCK;
        float best[BLOCK];
        uint32_t from[BLOCK];
        bool started = false;
        EACH_PLACE(pool, *spans, image_row, place, row) {
            const void *values = value_at(x, row * c + first, half);
            uint32_t here = (uint32_t)place;
            if (!started)
                for (size_t i = 0; i < n; i++) {
                    best[i] = value_get(values, i, half);
                    from[i] = here;
                }
            else
                for (size_t i = 0; i < n; i++) { /* NaN stays, as in PyTorch */
                    float value = value_get(values, i, half);
                    bool take = (value > best[i]) | (value != value);
                    best[i] = take ? value : best[i];
                    from[i] = take ? here : from[i];
                }
            started = true;
        }
        for (size_t i = 0; i < n; i++)
            value_put(y, out_row * c + first + i, half, best[i]);
        if (workspace == NULL)
            continue;
        if (wide)
            memcpy((uint32_t *)workspace + out_row * c + first, from, n * sizeof *from);
        else
            for (size_t i = 0; i < n; i++)
                ((uint8_t *)workspace + out_row * c + first)[i] = (uint8_t)from[i];
    }
}

INLINE void mean_row_body(const struct nn_pool *pool, const struct spans *spans, const void *x, size_t image_row, void *y, size_t out_row, double by,
                          bool half)
{
    size_t c = pool->in.c;
    for (size_t first = 0; first < c; first += BLOCK) {
        size_t n = c - first < BLOCK ? c - first : BLOCK;
        double sum[BLOCK] = {0};
        EACH_PLACE(pool, *spans, image_row, place, row) {
            const void *values = value_at(x, row * c + first, half);
            for (size_t i = 0; i < n; i++)
                sum[i] += (double)value_get(values, i, half);
        }
        for (size_t i = 0; i < n; i++)
            value_put(y, out_row * c + first + i, half, (float)(sum[i] / by));
    }
}

static double divisor(const struct nn_pool *pool, const struct spans *spans)
{
    size_t inside = (spans->z.end - spans->z.first) * (spans->y.end - spans->y.first) * (spans->x.end - spans->x.first);
    return (double)(pool->kind == NN_POOL_MEAN ? inside : place_n(&pool->window));
}

/* One line of outputs along x: line = (n Z + z) Y + y. */
INLINE void pool_forward_line_body(const struct pool_op *op, const struct nn_args *args, size_t line, bool half)
{
    const struct nn_pool *pool = &op->pool;
    size_t oy = line % pool->out.y, oz = line / pool->out.y % pool->out.z, image = line / pool->out.y / pool->out.z;
    size_t image_row = image * pool->in.z * pool->in.y * pool->in.x;
    struct spans spans = {.z = window_span(&pool->window, 0, oz, pool->in.z), .y = window_span(&pool->window, 1, oy, pool->in.y)};
    for (size_t ox = 0; ox < pool->out.x; ox++) {
        spans.x = window_span(&pool->window, 2, ox, pool->in.x);
        size_t out_row = line * pool->out.x + ox;
        if (pool->kind != NN_POOL_MAX)
            mean_row_body(pool, &spans, args->in[0], image_row, args->out[0], out_row, divisor(pool, &spans), half);
        else if (op->wide)
            max_row_body(pool, &spans, args->in[0], image_row, args->out[0], args->out[1], out_row, half, true);
        else
            max_row_body(pool, &spans, args->in[0], image_row, args->out[0], args->out[1], out_row, half, false);
    }
}
VECTOR static void pool_forward_line_f32(const struct pool_op *op, const struct nn_args *args, size_t line)
{
    pool_forward_line_body(op, args, line, false);
}
VECTOR static void pool_forward_line_bf16(const struct pool_op *op, const struct nn_args *args, size_t line)
{
    pool_forward_line_body(op, args, line, true);
}

static bool forward_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct pool_run *run = ctx;
    for (size_t line = begin; line < end; line++)
        (run->op->op.half ? pool_forward_line_bf16 : pool_forward_line_f32)(run->op, run->args, line);
    return true;
}

/* Outputs along an axis whose window covers input `at` at place k: out = (at + pad - k dilation) / stride. */
static bool output_at(const struct nn_window *window, size_t axis, size_t at, size_t k, size_t out_n, size_t *out)
{
    size_t reach = at + window->pad[axis], back = k * window->dilation[axis];
    if (reach < back || (reach - back) % window->stride[axis] != 0)
        return false;
    *out = (reach - back) / window->stride[axis];
    return *out < out_n;
}

INLINE void add_max(float *restrict sum, const float *restrict dy, const void *workspace, size_t at, size_t n, uint32_t place, bool wide)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t from = wide ? ((const uint32_t *)workspace)[at + i] : ((const uint8_t *)workspace)[at + i];
        sum[i] += from == place ? dy[at + i] : 0;
    }
}

static bool widen_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct pool_run *run = ctx;
    rows_widen((const uint16_t *)run->args->in[0] + begin, (float *)(uintptr_t)run->dy + begin, end - begin);
    return true;
}

/* The gradient of one input row, channels [first, first + n). */
INLINE void gather_row(const struct pool_run *run, const size_t at[3], size_t image, size_t first, size_t n, float *restrict sum)
{
    const struct pool_op *op = run->op;
    const struct nn_pool *pool = &op->pool;
    const float *restrict dy = run->dy;
    const void *workspace = run->args->in[1];
    const size_t *kernel = pool->window.kernel;
    size_t o[3];
    for (size_t kz = 0; kz < kernel[0]; kz++) {
        if (!output_at(&pool->window, 0, at[0], kz, pool->out.z, &o[0]))
            continue;
        for (size_t ky = 0; ky < kernel[1]; ky++) {
            if (!output_at(&pool->window, 1, at[1], ky, pool->out.y, &o[1]))
                continue;
            for (size_t kx = 0; kx < kernel[2]; kx++) {
                if (!output_at(&pool->window, 2, at[2], kx, pool->out.x, &o[2]))
                    continue;
                size_t from = ((((image * pool->out.z + o[0]) * pool->out.y + o[1]) * pool->out.x) + o[2]) * pool->in.c + first;
                uint32_t place = (uint32_t)((kz * kernel[1] + ky) * kernel[2] + kx);
                if (pool->kind != NN_POOL_MAX) {
                    struct spans spans = {window_span(&pool->window, 0, o[0], pool->in.z), window_span(&pool->window, 1, o[1], pool->in.y),
                                          window_span(&pool->window, 2, o[2], pool->in.x)};
                    float share = (float)(1 / divisor(pool, &spans));
                    for (size_t i = 0; i < n; i++)
                        sum[i] += dy[from + i] * share;
                } else if (op->wide) {
                    add_max(sum, dy, workspace, from, n, place, true);
                } else {
                    add_max(sum, dy, workspace, from, n, place, false);
                }
            }
        }
    }
}

INLINE void pool_backward_line_body(const struct pool_run *run, size_t line, bool half)
{
    const struct nn_pool *pool = &run->op->pool;
    size_t at[3] = {line / pool->in.y % pool->in.z, line % pool->in.y, 0}, image = line / pool->in.y / pool->in.z, c = pool->in.c;
    for (; at[2] < pool->in.x; at[2]++)
        for (size_t first = 0; first < c; first += BLOCK) {
            size_t n = c - first < BLOCK ? c - first : BLOCK;
            float sum[BLOCK] = {0};
            if (n == BLOCK) /* a constant: whole vectors */
                gather_row(run, at, image, first, BLOCK, sum);
            else
                gather_row(run, at, image, first, n, sum);
            for (size_t i = 0; i < n; i++)
                value_put(run->args->out[0], (line * pool->in.x + at[2]) * c + first + i, half, sum[i]);
        }
}
VECTOR static void pool_backward_line_f32(const struct pool_run *run, size_t line)
{
    pool_backward_line_body(run, line, false);
}
VECTOR static void pool_backward_line_bf16(const struct pool_run *run, size_t line)
{
    pool_backward_line_body(run, line, true);
}

static bool backward_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct pool_run *run = ctx;
    for (size_t line = begin; line < end; line++)
        (run->op->op.half ? pool_backward_line_bf16 : pool_backward_line_f32)(run, line);
    return true;
}

static bool pool_forward(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    (void)scratch;
    struct pool_run run = {(const struct pool_op *)made, args, NULL};
    const struct nn_shape *out = &run.op->pool.out;
    return par_for(out->n * out->z * out->y, out->y, forward_part, &run, err);
}

static bool pool_backward(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    struct pool_run run = {(const struct pool_op *)made, args, made->half ? scratch : args->in[0]};
    const struct nn_shape *in = &run.op->pool.in;
    if (made->half && !par_for(nn_shape_value_n(&run.op->pool.out), 1 << 15, widen_part, &run, err))
        return false;
    return par_for(in->n * in->z * in->y, in->y, backward_part, &run, err);
}

static struct nn_op *make(const struct nn_backend *backend, const struct nn_pool *pool, bool backward, struct err *err)
{
    if (!fast_fits(&pool->in, err) || !fast_fits(&pool->out, err))
        return NULL;
    if (rows_pool_apart_serves(pool, backward))
        return rows_pool_apart(backend, pool, backward, err);
    struct pool_op *op = fast_op_new(sizeof *op, backend, "rows", backward ? pool_backward : pool_forward, err);
    if (op == NULL)
        return NULL;
    op->pool = *pool;
    op->wide = place_n(&pool->window) > BYTE_PLACES;
    if (backward && op->op.half)
        op->op.shared_scratch = fast_round(nn_shape_value_n(&pool->out) * sizeof(float));
    return &op->op;
}

struct nn_op *rows_pool_forward(const struct nn_backend *backend, const struct nn_pool *pool, struct err *err)
{
    return make(backend, pool, false, err);
}

struct nn_op *rows_pool_backward(const struct nn_backend *backend, const struct nn_pool *pool, struct err *err)
{
    return make(backend, pool, true, err);
}

size_t rows_pool_workspace_n(const struct nn_backend *backend, const struct nn_pool *pool)
{
    (void)backend;
    return pool->kind == NN_POOL_MAX ? nn_shape_value_n(&pool->out) * (place_n(&pool->window) > BYTE_PLACES ? 4 : 1) : 0;
}
