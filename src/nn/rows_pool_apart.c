/* Pooling by windows that stand apart (no padding, a stride of at least the kernel), which is most of it. Lines along x are taken whole:
 * first over z and y, where values of all voxels and channels stand beside each other, then over x. Backward, an input value lies in one
 * window at most, so each output line fills the input lines under it. */
#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/rows.h"

enum { SUMS_IN_F32 = 64 /* places a window: more are summed in f64, by rows_pool.c */, BYTE_PLACES = 256 };

struct apart_op {
    struct nn_op op;
    struct nn_pool pool;
    size_t line;  /* values of an input line that windows cover */
    float share;  /* of a value in a mean */
};

struct apart_run {
    const struct apart_op *op;
    const struct nn_args *args;
    void *scratch;
};

/* A worker's: the line as reduced over z and y; for a maximum which (z, y) it came from. */
struct reduced {
    float *value;
    uint8_t *from;
};

static struct reduced reduced_of(const struct apart_run *run, size_t worker)
{
    float *value = fast_worker_scratch(&run->op->op, run->scratch, worker);
    return (struct reduced){value, (uint8_t *)value + fast_round(run->op->pool.in.x * run->op->pool.in.c * sizeof *value)};
}

/* The first value of the input line under output line `line` ((n Z + z) Y + y) at window place (kz, ky). */
static size_t input_line(const struct nn_pool *pool, size_t line, size_t kz, size_t ky)
{
    size_t oy = line % pool->out.y, oz = line / pool->out.y % pool->out.z, image = line / pool->out.y / pool->out.z;
    size_t z = oz * pool->window.stride[0] + kz, y = oy * pool->window.stride[1] + ky;
    return ((image * pool->in.z + z) * pool->in.y + y) * pool->in.x * pool->in.c;
}

INLINE void mean_line_body(const struct apart_run *run, size_t line, struct reduced reduced, bool half)
{
    const struct nn_pool *pool = &run->op->pool;
    const void *x = run->args->in[0];
    size_t n = run->op->line, c = pool->in.c, step = pool->window.stride[2] * c, kernel = pool->window.kernel[2];
    float *restrict sum = reduced.value, share = run->op->share;
    for (size_t kz = 0; kz < pool->window.kernel[0]; kz++)
        for (size_t ky = 0; ky < pool->window.kernel[1]; ky++) {
            const void *from = value_at(x, input_line(pool, line, kz, ky), half);
            if (kz + ky == 0)
                for (size_t i = 0; i < n; i++)
                    sum[i] = value_get(from, i, half);
            else
                for (size_t i = 0; i < n; i++)
                    sum[i] += value_get(from, i, half);
        }
    void *y = value_to(run->args->out[0], line * pool->out.x * c, half);
    for (size_t ox = 0; ox < pool->out.x; ox++)
        for (size_t i = 0; i < c; i++) {
            float total = sum[ox * step + i];
            for (size_t kx = 1; kx < kernel; kx++)
                total += sum[ox * step + kx * c + i];
            value_put(y, ox * c + i, half, total * share);
        }
}

/* Whether (value, place) comes before (best, best_place): the larger, of equals the first; NaN above all, of NaNs the last, as in PyTorch. */
INLINE bool beats(float value, unsigned place, float best, unsigned best_place)
{
    bool nan = value != value, best_nan = best != best;
    bool larger = (value > best) | ((value == best) & (place < best_place));
    return (nan & (!best_nan | (place > best_place))) | (!nan & !best_nan & larger);
}

INLINE void max_line_body(const struct apart_run *run, size_t line, struct reduced reduced, bool half)
{
    const struct nn_pool *pool = &run->op->pool;
    const void *x = run->args->in[0];
    size_t n = run->op->line, c = pool->in.c, step = pool->window.stride[2] * c, kernel = pool->window.kernel[2];
    float *restrict best = reduced.value;
    uint8_t *restrict from = reduced.from, here = 0;
    for (size_t kz = 0; kz < pool->window.kernel[0]; kz++)
        for (size_t ky = 0; ky < pool->window.kernel[1]; ky++, here++) {
            const void *values = value_at(x, input_line(pool, line, kz, ky), half);
            if (here == 0)
                for (size_t i = 0; i < n; i++) {
                    best[i] = value_get(values, i, half);
                    from[i] = 0;
                }
            else
                for (size_t i = 0; i < n; i++) {
                    float value = value_get(values, i, half);
                    bool take = (value > best[i]) | (value != value);
                    best[i] = take ? value : best[i];
                    from[i] = take ? here : from[i];
                }
        }
    void *y = value_to(run->args->out[0], line * pool->out.x * c, half);
    uint8_t *workspace = run->args->out[1] == NULL ? NULL : (uint8_t *)run->args->out[1] + line * pool->out.x * c;
    for (size_t ox = 0; ox < pool->out.x; ox++)
        for (size_t i = 0; i < c; i++) {
            size_t at = ox * step + i;
            float top = best[at];
            unsigned place = (unsigned)(from[at] * kernel);
            for (size_t kx = 1; kx < kernel; kx++) {
                unsigned other = (unsigned)(from[at + kx * c] * kernel + kx);
                bool take = beats(best[at + kx * c], other, top, place);
                top = take ? best[at + kx * c] : top;
                place = take ? other : place;
            }
            value_put(y, ox * c + i, half, top);
            if (workspace != NULL)
                workspace[ox * c + i] = (uint8_t)place;
        }
}

INLINE void clear(void *to, size_t at, size_t n, bool half)
{
    memset(value_to(to, at, half), 0, n * (half ? 2 : 4));
}

/* Mean: the line is made once, and the same for all input lines under it. */
INLINE void spread_line_body(const struct apart_run *run, size_t line, struct reduced reduced, bool half)
{
    const struct nn_pool *pool = &run->op->pool;
    size_t c = pool->in.c, step = pool->window.stride[2] * c, in_line = pool->in.x * c;
    const void *dy = value_at(run->args->in[0], line * pool->out.x * c, half);
    void *spread = reduced.value;
    clear(spread, 0, in_line, half);
    for (size_t ox = 0; ox < pool->out.x; ox++)
        for (size_t kx = 0; kx < pool->window.kernel[2]; kx++)
            for (size_t i = 0; i < c; i++)
                value_put(spread, ox * step + kx * c + i, half, value_get(dy, ox * c + i, half) * run->op->share);
    for (size_t kz = 0; kz < pool->window.kernel[0]; kz++)
        for (size_t ky = 0; ky < pool->window.kernel[1]; ky++)
            memcpy(value_to(run->args->out[0], input_line(pool, line, kz, ky), half), spread, in_line * (half ? 2 : 4));
}

INLINE void place_line_body(const struct apart_run *run, size_t line, bool half)
{
    const struct nn_pool *pool = &run->op->pool;
    size_t c = pool->in.c, step = pool->window.stride[2] * c, rest = pool->in.x * c - run->op->line;
    const void *dy = value_at(run->args->in[0], line * pool->out.x * c, half);
    const uint8_t *workspace = (const uint8_t *)run->args->in[1] + line * pool->out.x * c;
    bool gaps = pool->window.stride[2] > pool->window.kernel[2];
    uint8_t place = 0;
    for (size_t kz = 0; kz < pool->window.kernel[0]; kz++)
        for (size_t ky = 0; ky < pool->window.kernel[1]; ky++) {
            void *dx = value_to(run->args->out[0], input_line(pool, line, kz, ky), half);
            if (gaps)
                clear(dx, 0, run->op->line, half);
            clear(dx, run->op->line, rest, half);
            for (size_t kx = 0; kx < pool->window.kernel[2]; kx++, place++)
                for (size_t ox = 0; ox < pool->out.x; ox++)
                    for (size_t i = 0; i < c; i++)
                        value_put(dx, ox * step + kx * c + i, half, workspace[ox * c + i] == place ? value_get(dy, ox * c + i, half) : 0);
        }
}

#define LINES(name, half) \
    VECTOR static void pool_line_##name(const struct apart_run *run, size_t line, struct reduced reduced) \
    { \
        if (run->op->pool.kind == NN_POOL_MAX) \
            max_line_body(run, line, reduced, half); \
        else \
            mean_line_body(run, line, reduced, half); \
    } \
    VECTOR static void unpool_line_##name(const struct apart_run *run, size_t line, struct reduced reduced) \
    { \
        if (run->op->pool.kind == NN_POOL_MAX) \
            place_line_body(run, line, half); \
        else \
            spread_line_body(run, line, reduced, half); \
    }
LINES(f32, false)
LINES(bf16, true)

static bool forward_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)err;
    const struct apart_run *run = ctx;
    for (size_t line = begin; line < end; line++)
        (run->op->op.half ? pool_line_bf16 : pool_line_f32)(run, line, reduced_of(run, worker));
    return true;
}

/* Input lines that no window covers: between windows and behind the last. */
static void clear_uncovered(const struct apart_run *run, size_t plane)
{
    const struct nn_pool *pool = &run->op->pool;
    const struct nn_window *w = &pool->window;
    size_t oz = plane % pool->out.z, image = plane / pool->out.z, line = pool->in.x * pool->in.c;
    size_t z_end = oz + 1 == pool->out.z ? pool->in.z : (oz + 1) * w->stride[0];
    for (size_t z = oz * w->stride[0]; z < z_end; z++)
        for (size_t y = 0; y < pool->in.y; y++) {
            size_t oy = y / w->stride[1] < pool->out.y ? y / w->stride[1] : pool->out.y - 1;
            if (z - oz * w->stride[0] >= w->kernel[0] || y - oy * w->stride[1] >= w->kernel[1])
                clear(run->args->out[0], ((image * pool->in.z + z) * pool->in.y + y) * line, line, run->op->op.half);
        }
}

static bool backward_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)err;
    const struct apart_run *run = ctx;
    size_t lines = run->op->pool.out.y;
    for (size_t plane = begin; plane < end; plane++) {
        clear_uncovered(run, plane);
        for (size_t line = plane * lines; line < (plane + 1) * lines; line++)
            (run->op->op.half ? unpool_line_bf16 : unpool_line_f32)(run, line, reduced_of(run, worker));
    }
    return true;
}

static bool pool_forward(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    struct apart_run run = {(const struct apart_op *)made, args, scratch};
    const struct nn_shape *out = &run.op->pool.out;
    return par_for(out->n * out->z * out->y, out->y, forward_part, &run, err);
}

static bool pool_backward(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    struct apart_run run = {(const struct apart_op *)made, args, scratch};
    return par_for(run.op->pool.out.n * run.op->pool.out.z, 1, backward_part, &run, err);
}

static size_t place_n(const struct nn_window *window)
{
    return window->kernel[0] * window->kernel[1] * window->kernel[2];
}

bool rows_pool_apart_serves(const struct nn_pool *pool, bool backward)
{
    const struct nn_window *w = &pool->window;
    const size_t out[3] = {pool->out.z, pool->out.y, pool->out.x};
    for (size_t axis = 0; axis < 3; axis++)
        if (w->pad[axis] > 0 || w->dilation[axis] > 1 || (out[axis] > 1 && w->stride[axis] < w->kernel[axis]))
            return false;
    return pool->kind == NN_POOL_MAX ? place_n(w) <= BYTE_PLACES : backward || place_n(w) <= SUMS_IN_F32;
}

struct nn_op *rows_pool_apart(const struct nn_backend *backend, const struct nn_pool *pool, bool backward, struct err *err)
{
    struct apart_op *op = fast_op_new(sizeof *op, backend, "rows", backward ? pool_backward : pool_forward, err);
    if (op == NULL)
        return NULL;
    op->pool = *pool;
    op->line = ((pool->out.x - 1) * pool->window.stride[2] + pool->window.kernel[2]) * pool->in.c;
    op->share = 1 / (float)place_n(&pool->window);
    op->op.worker_scratch = fast_round(pool->in.x * pool->in.c * sizeof(float)) + fast_round(pool->in.x * pool->in.c);
    return &op->op;
}
