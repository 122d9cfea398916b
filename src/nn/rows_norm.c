/* Batch normalisation (Ioffe and Szegedy 2015) over channels-last rows, with residual and activation in the same pass.
 *
 * With xh = (x - mean) / sqrt(var + eps) and g the gradient behind the activation, over the N rows:
 *     dgamma = sum g xh,  dbeta = sum g,  dx = gamma / sqrt(var + eps) (g - dbeta / N - xh dgamma / N)
 * and dx = gamma / sqrt(var + eps) g where mean and variance were given.
 *
 * Few channels would leave vectors half empty: rows are taken together into lines of at least 64 values, and what holds a channel
 * is repeated along the line. Sums are f64 (so mean and variance need one pass), a part for each fixed chunk of lines,
 * added in order. */
#include <math.h>

#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/rows.h"

enum { LINE_VALUES = 64, PART_LIMIT = 64, PART_LINES = 64, PART_VALUES = 1 << 14, VALUE_N = 5 };

struct norm_op {
    struct nn_op op;
    struct nn_norm norm;
    size_t row_n, c;
    size_t width, line_n, rest; /* values a line, lines, rows behind the last line */
    size_t part_lines, part_n;
};

struct norm_run {
    const struct norm_op *op;
    const void *x, *y, *dy, *residual;
    void *out, *d_residual;
    double *sum;  /* [part_n][2][width] */
    float *value; /* [VALUE_N][width], repeated along a line: mean, scale, beta (, shift, slope) */
    struct act_limits act;
};

INLINE void sums_body(const void *x, size_t line_n, size_t width, double *restrict sum, double *restrict square, bool half)
{
    size_t line = 0;
    for (; line + 4 <= line_n; line += 4) {
        const void *a = value_at(x, line * width, half), *b = value_at(a, width, half), *c = value_at(b, width, half), *d = value_at(c, width, half);
        INDEPENDENT
        for (size_t i = 0; i < width; i++) {
            double p = value_get(a, i, half), q = value_get(b, i, half), r = value_get(c, i, half), s = value_get(d, i, half);
            sum[i] += (p + q) + (r + s);
            square[i] += (p * p + q * q) + (r * r + s * s);
        }
    }
    for (; line < line_n; line++)
        for (size_t i = 0; i < width; i++) {
            double p = value_get(x, line * width + i, half);
            sum[i] += p;
            square[i] += p * p;
        }
}
VECTOR static void sums_f32(const void *x, size_t line_n, size_t width, double *sum, double *square)
{
    sums_body(x, line_n, width, sum, square, false);
}
VECTOR static void sums_bf16(const void *x, size_t line_n, size_t width, double *sum, double *square)
{
    sums_body(x, line_n, width, sum, square, true);
}

struct lines {
    size_t n, width;
    const void *x, *y, *dy, *residual;
    void *out, *d_residual;
    const float *value; /* [VALUE_N][stride] */
    size_t stride;
    struct act_limits act;
};

INLINE void apply_body(const struct lines *lines, bool half, bool with_residual)
{
    size_t width = lines->width;
    const float *restrict mean = lines->value, *restrict scale = mean + lines->stride, *restrict beta = scale + lines->stride;
    struct act_limits act = lines->act;
    for (size_t line = 0; line < lines->n; line++) {
        const void *x = value_at(lines->x, line * width, half);
        const void *residual = with_residual ? value_at(lines->residual, line * width, half) : NULL;
        void *y = value_to(lines->out, line * width, half);
        INDEPENDENT
        for (size_t i = 0; i < width; i++) {
            float value = (value_get(x, i, half) - mean[i]) * scale[i] + beta[i];
            if (with_residual)
                value += value_get(residual, i, half);
            value_put(y, i, half, act_cut(value, act));
        }
    }
}
VECTOR static void apply_f32(const struct lines *lines)
{
    if (lines->residual != NULL)
        apply_body(lines, false, true);
    else
        apply_body(lines, false, false);
}
VECTOR static void apply_bf16(const struct lines *lines)
{
    if (lines->residual != NULL)
        apply_body(lines, true, true);
    else
        apply_body(lines, true, false);
}

/* Where a backward pass learns where the activation is flat: from its value, or, computed as the forward does, from x. */
enum act_from { ACT_NOWHERE, ACT_FROM_Y, ACT_FROM_X };

static enum act_from act_from(const struct lines *lines)
{
    return lines->y != NULL ? ACT_FROM_Y : lines->act.low == 0 ? ACT_FROM_X : ACT_NOWHERE;
}

/* The gradient behind the activation of value i of a line. */
INLINE float gradient_at(const struct lines *lines, const void *x, const void *y, const void *dy, size_t i, bool half, enum act_from from)
{
    const float *mean = lines->value, *scale = mean + lines->stride, *beta = scale + lines->stride;
    float g = value_get(dy, i, half);
    if (from == ACT_FROM_Y)
        return act_gradient(value_get(y, i, half), g, lines->act);
    if (from == ACT_FROM_X)
        return act_gradient((value_get(x, i, half) - mean[i]) * scale[i] + beta[i], g, lines->act);
    return g;
}

/* Sums of g and g (x - mean) of one chunk; g is also what the residual's branch gets. */
INLINE void backward_sums_body(const struct lines *given, double *restrict sum, double *restrict product, bool half, enum act_from from, bool with_residual)
{
    const struct lines lines = *given;
    size_t width = lines.width;
    for (size_t line = 0; line < lines.n; line++) {
        const void *x = value_at(lines.x, line * width, half), *dy = value_at(lines.dy, line * width, half);
        const void *y = from == ACT_FROM_Y ? value_at(lines.y, line * width, half) : NULL;
        void *d_residual = with_residual ? value_to(lines.d_residual, line * width, half) : NULL;
        INDEPENDENT
        for (size_t i = 0; i < width; i++) {
            float g = gradient_at(&lines, x, y, dy, i, half, from);
            if (with_residual)
                value_put(d_residual, i, half, g);
            sum[i] += (double)g;
            product[i] += (double)(g * (value_get(x, i, half) - lines.value[i]));
        }
    }
}
#define BACKWARD_SUMS(half) \
    if (act_from(lines) == ACT_FROM_Y && lines->d_residual != NULL) \
        backward_sums_body(lines, sum, product, half, ACT_FROM_Y, true); \
    else if (act_from(lines) == ACT_FROM_Y) \
        backward_sums_body(lines, sum, product, half, ACT_FROM_Y, false); \
    else if (act_from(lines) == ACT_FROM_X) \
        backward_sums_body(lines, sum, product, half, ACT_FROM_X, false); \
    else if (lines->d_residual != NULL) \
        backward_sums_body(lines, sum, product, half, ACT_NOWHERE, true); \
    else \
        backward_sums_body(lines, sum, product, half, ACT_NOWHERE, false)
VECTOR static void backward_sums_f32(const struct lines *lines, double *sum, double *product)
{
    BACKWARD_SUMS(false);
}
VECTOR static void backward_sums_bf16(const struct lines *lines, double *sum, double *product)
{
    BACKWARD_SUMS(true);
}

/* dx = scale g - (shift + (x - mean) slope) */
INLINE void backward_apply_body(const struct lines *given, bool half, enum act_from from)
{
    const struct lines lines = *given;
    size_t width = lines.width;
    const float *restrict mean = lines.value, *restrict scale = mean + lines.stride, *restrict shift = scale + 2 * lines.stride,
                *restrict slope = shift + lines.stride;
    for (size_t line = 0; line < lines.n; line++) {
        const void *x = value_at(lines.x, line * width, half), *dy = value_at(lines.dy, line * width, half);
        const void *y = from == ACT_FROM_Y ? value_at(lines.y, line * width, half) : NULL;
        void *dx = value_to(lines.out, line * width, half);
        INDEPENDENT
        for (size_t i = 0; i < width; i++) {
            float g = gradient_at(&lines, x, y, dy, i, half, from);
            value_put(dx, i, half, g * scale[i] - (shift[i] + (value_get(x, i, half) - mean[i]) * slope[i]));
        }
    }
}
#define BACKWARD_APPLY(half) \
    if (act_from(lines) == ACT_FROM_Y) \
        backward_apply_body(lines, half, ACT_FROM_Y); \
    else if (act_from(lines) == ACT_FROM_X) \
        backward_apply_body(lines, half, ACT_FROM_X); \
    else \
        backward_apply_body(lines, half, ACT_NOWHERE)
VECTOR static void backward_apply_f32(const struct lines *lines)
{
    BACKWARD_APPLY(false);
}
VECTOR static void backward_apply_bf16(const struct lines *lines)
{
    BACKWARD_APPLY(true);
}

static struct lines lines_of(const struct norm_run *run, size_t line, size_t n, size_t width)
{
    bool half = run->op->op.half;
    size_t at = line * run->op->width;
#define AT(array) ((array) == NULL ? NULL : value_at((array), at, half))
#define TO(array) ((array) == NULL ? NULL : value_to((array), at, half))
    return (struct lines){n, width, AT(run->x), AT(run->y), AT(run->dy), AT(run->residual), TO(run->out), TO(run->d_residual),
                          run->value, run->op->width, run->act};
#undef AT
#undef TO
}

/* The chunk of a part; the rows behind the last line are a last part of one shorter line. */
static struct lines part_lines(const struct norm_run *run, size_t part)
{
    const struct norm_op *op = run->op;
    size_t first = part * op->part_lines;
    if (first >= op->line_n)
        return lines_of(run, op->line_n, 1, op->rest * op->c);
    size_t n = op->line_n - first < op->part_lines ? op->line_n - first : op->part_lines;
    return lines_of(run, first, n, op->width);
}

static bool sums_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct norm_run *run = ctx;
    for (size_t part = begin; part < end; part++) {
        struct lines lines = part_lines(run, part);
        double *sum = run->sum + part * 2 * run->op->width, *square = sum + run->op->width;
        memset(sum, 0, 2 * run->op->width * sizeof *sum);
        (run->op->op.half ? sums_bf16 : sums_f32)(lines.x, lines.n, lines.width, sum, square);
    }
    return true;
}

static bool apply_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct norm_run *run = ctx;
    for (size_t part = begin; part < end; part++) {
        struct lines lines = part_lines(run, part);
        (run->op->op.half ? apply_bf16 : apply_f32)(&lines);
    }
    return true;
}

static bool backward_sums_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct norm_run *run = ctx;
    for (size_t part = begin; part < end; part++) {
        struct lines lines = part_lines(run, part);
        double *sum = run->sum + part * 2 * run->op->width, *product = sum + run->op->width;
        memset(sum, 0, 2 * run->op->width * sizeof *sum);
        (run->op->op.half ? backward_sums_bf16 : backward_sums_f32)(&lines, sum, product);
    }
    return true;
}

static bool backward_apply_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct norm_run *run = ctx;
    for (size_t part = begin; part < end; part++) {
        struct lines lines = part_lines(run, part);
        (run->op->op.half ? backward_apply_bf16 : backward_apply_f32)(&lines);
    }
    return true;
}

/* Adds the parts' sums, then the channels that a line repeats; the result stands in the first c places of part 0. */
static void gather_sums(const struct norm_run *run)
{
    const struct norm_op *op = run->op;
    for (size_t which = 0; which < 2; which++) {
        double *sum = run->sum + which * op->width;
        for (size_t part = 1; part < op->part_n; part++)
            for (size_t i = 0; i < op->width; i++)
                sum[i] += sum[part * 2 * op->width + i];
        for (size_t i = op->c; i < op->width; i++)
            sum[i % op->c] += sum[i];
    }
}

static void repeat(const struct norm_op *op, float *value)
{
    for (size_t i = op->c; i < op->width; i++)
        value[i] = value[i - op->c];
}

static void prepare_run(const struct norm_op *op, struct norm_run *run, void *scratch)
{
    run->op = op;
    run->sum = scratch;
    run->value = (float *)(void *)((char *)scratch + fast_round(op->part_n * 2 * op->width * sizeof(double)));
    run->act = act_limits(op->norm.act);
}

static bool norm_forward(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    const struct norm_op *op = (const struct norm_op *)made;
    const float *gamma = args->in[1], *given_beta = args->in[2], *given_mean = args->in[4], *given_var = args->in[5];
    float *mean_out = args->out[1], *var_out = args->out[2];
    struct norm_run run = {.x = args->in[0], .residual = op->norm.residual ? args->in[3] : NULL, .out = args->out[0]};
    prepare_run(op, &run, scratch);
    if (!op->norm.fixed) {
        if (!par_for(op->part_n, 1, sums_part, &run, err))
            return false;
        gather_sums(&run);
    }
    float *mean = run.value, *scale = mean + op->width, *beta = scale + op->width;
    for (size_t c = 0; c < op->c; c++) {
        double n = (double)op->row_n, m = op->norm.fixed ? (double)given_mean[c] : run.sum[c] / n;
        double var = op->norm.fixed ? (double)given_var[c] : fmax(run.sum[op->width + c] / n - m * m, 0);
        if (!op->norm.fixed) {
            mean_out[c] = (float)m;
            var_out[c] = (float)var;
        }
        mean[c] = (float)m;
        scale[c] = (float)((double)gamma[c] / sqrt(var + op->norm.eps));
        beta[c] = given_beta[c];
    }
    repeat(op, mean);
    repeat(op, scale);
    repeat(op, beta);
    return par_for(op->part_n, 1, apply_part, &run, err);
}

static bool norm_backward(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    const struct norm_op *op = (const struct norm_op *)made;
    const float *gamma = args->in[3], *given_mean = args->in[4], *given_var = args->in[5], *given_beta = args->in[6];
    float *d_gamma = args->out[1], *d_beta = args->out[2];
    bool with_act = op->norm.act != NN_ACT_NONE;
    struct norm_run run = {.x = args->in[0], .y = with_act ? args->in[1] : NULL, .dy = args->in[2], .out = args->out[0],
                           .d_residual = op->norm.residual ? args->out[3] : NULL};
    prepare_run(op, &run, scratch);
    float *mean = run.value, *scale = mean + op->width, *beta = scale + op->width, *shift = beta + op->width, *slope = shift + op->width;
    for (size_t c = 0; c < op->c; c++) {
        mean[c] = given_mean[c];
        scale[c] = (float)((double)gamma[c] / sqrt((double)given_var[c] + op->norm.eps));
        beta[c] = given_beta != NULL ? given_beta[c] : 0;
    }
    repeat(op, mean);
    repeat(op, scale);
    repeat(op, beta);
    if (!par_for(op->part_n, 1, backward_sums_part, &run, err))
        return false;
    gather_sums(&run);
    for (size_t c = 0; c < op->c; c++) {
        double inverse = 1 / sqrt((double)given_var[c] + op->norm.eps), n = (double)op->row_n;
        double by_shift = run.sum[c], by_scale = run.sum[op->width + c] * inverse;
        d_gamma[c] = (float)by_scale;
        d_beta[c] = (float)by_shift;
        double a = (double)gamma[c] * inverse;
        shift[c] = op->norm.fixed ? 0 : (float)(a * by_shift / n);
        slope[c] = op->norm.fixed ? 0 : (float)(a * inverse * by_scale / n);
    }
    repeat(op, shift);
    repeat(op, slope);
    if (run.d_residual != NULL) { /* it holds g now, and may have taken dy's place */
        run.dy = run.d_residual;
        run.y = NULL;
        run.act = act_limits(NN_ACT_NONE);
        run.d_residual = NULL;
    }
    return par_for(op->part_n, 1, backward_apply_part, &run, err);
}

static struct nn_op *make(const struct nn_backend *backend, const struct nn_norm *norm, fast_execute_fn *execute, struct err *err)
{
    struct norm_op *op = fast_fits(&norm->shape, err) ? fast_op_new(sizeof *op, backend, "rows", execute, err) : NULL;
    if (op == NULL)
        return NULL;
    op->norm = *norm;
    op->c = norm->shape.c;
    op->row_n = nn_shape_value_n(&norm->shape) / op->c;
    size_t together = op->c < LINE_VALUES ? LINE_VALUES / op->c : 1;
    if (together > op->row_n)
        together = op->row_n;
    op->width = together * op->c;
    op->line_n = op->row_n / together;
    op->rest = op->row_n % together;
    op->part_lines = (op->line_n + PART_LIMIT - 1) / PART_LIMIT;
    op->part_lines = op->part_lines < PART_LINES ? PART_LINES : op->part_lines;
    size_t enough = (PART_VALUES + op->width - 1) / op->width;
    op->part_lines = op->part_lines < enough ? enough : op->part_lines;
    op->part_n = (op->line_n + op->part_lines - 1) / op->part_lines + (op->rest > 0);
    /* The last part's lines begin at op->line_n, which part_lines() finds by its number. */
    op->op.shared_scratch = fast_round(op->part_n * 2 * op->width * sizeof(double)) + fast_round(VALUE_N * op->width * sizeof(float));
    return &op->op;
}

struct nn_op *rows_norm_forward(const struct nn_backend *backend, const struct nn_norm *norm, struct err *err)
{
    return make(backend, norm, norm_forward, err);
}

struct nn_op *rows_norm_backward(const struct nn_backend *backend, const struct nn_norm *norm, struct err *err)
{
    return make(backend, norm, norm_backward, err);
}
