/* A convolution's weight gradient, tap by tap: for each window place, the product dY' X over the rows where that place lies inside.
 *
 * Rows are gathered (channels-last: runs of memory) a block at a time; a place that covers everything needs no gathering. There are
 * no partial sums and no work on padding: with dilation 4 on a grid of 8 x 8 x 4 six in seven products fall away. The places'
 * results stand beside each other and are then put into PyTorch's order. bf16 rows are multiplied as they are, where the library does
 * that fast (blocks then have one size, the last filled up with zeros), else they pass through f32. */
#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/onednn_gemm.h"
#include "nn/rows.h"

enum { BLOCK_ROWS = 2048, HALF_ROWS = 512, PARTS_WANTED = 8, OUT_BLOCK = 64 };

/* The outputs along an axis for which a window place lies inside: first .. first + n - 1, reading input from `in`, stride further each. */
struct reach {
    size_t first, n, in;
};

struct taps_op {
    struct nn_op op;
    struct nn_conv conv;
    size_t tap_n, in_c, out_c;     /* window places; channels a group */
    size_t out_block, out_block_n; /* out channels (of all groups, or a block of the only one) a part */
    size_t block_rows;             /* gathered at a time */
    struct onednn_bf16_product *product; /* of a block in bf16; NULL: f32 */
};

struct taps_run {
    const struct taps_op *op;
    const struct nn_args *args;
    float *tap_major; /* [tap][out][in_c] */
    void *scratch;
};

/* Of both blocks of gathered rows. */
static size_t block_bytes(const struct taps_op *op)
{
    return fast_round(op->block_rows * op->conv.in.c * 4) + fast_round(op->block_rows * op->conv.out.c * 4);
}

static struct reach reach_of(const struct nn_window *window, size_t axis, size_t place, size_t in_n, size_t out_n)
{
    size_t at = place * window->dilation[axis], pad = window->pad[axis], stride = window->stride[axis];
    size_t first = at >= pad ? 0 : (pad - at + stride - 1) / stride;
    if (first >= out_n || first * stride + at - pad >= in_n)
        return (struct reach){0, 0, 0};
    size_t in = first * stride + at - pad, n = (in_n - 1 - in) / stride + 1;
    return (struct reach){first, n < out_n - first ? n : out_n - first, in};
}

/* n values of the array into row `row` of the block, of c values each. */
static void copy(const struct taps_op *op, const void *from, size_t at, void *block, size_t row, size_t c, size_t n)
{
    if (op->op.half && op->product == NULL)
        rows_widen((const uint16_t *)from + at, (float *)block + row * c, n);
    else
        memcpy(value_to(block, row * c, op->op.half), value_at(from, at, op->op.half), n * (op->op.half ? 2 : 4));
}

/* A line of n rows along x into the block. */
static void gather_line(const struct taps_op *op, const void *from, size_t at, size_t stride, size_t n, size_t c, void *block, size_t row)
{
    if (stride == 1)
        copy(op, from, at * c, block, row, c, n * c);
    else
        for (size_t i = 0; i < n; i++)
            copy(op, from, (at + i * stride) * c, block, row + i, c, c);
}

static bool whole(const struct taps_op *op, const struct reach reach[3])
{
    const struct nn_shape *out = &op->conv.out, *in = &op->conv.in;
    return !op->op.half && reach[0].n == out->z && reach[1].n == out->y && reach[2].n == out->x && in->z == out->z && in->y == out->y && in->x == out->x &&
           reach[0].in == 0 && reach[1].in == 0 && reach[2].in == 0 && op->conv.window.stride[0] == 1 && op->conv.window.stride[1] == 1 &&
           op->conv.window.stride[2] == 1;
}

/* The block in bf16 has one size: short of it, zeros follow. */
static bool multiply_half(const struct taps_run *run, size_t tap, size_t out_first, void *x, void *dy, size_t rows, bool add, size_t worker, struct err *err)
{
    const struct taps_op *op = run->op;
    const struct nn_conv *conv = &op->conv;
    float *sum = run->tap_major + (tap * conv->out.c + out_first) * op->in_c;
    char *scratch = fast_worker_scratch(&op->op, run->scratch, worker);
    if (!add)
        memset(sum, 0, op->out_block * op->in_c * sizeof *sum);
    memset(value_to(x, rows * conv->in.c, true), 0, (op->block_rows - rows) * conv->in.c * 2);
    memset(value_to(dy, rows * conv->out.c, true), 0, (op->block_rows - rows) * conv->out.c * 2);
    return onednn_bf16_product_add(op->product, value_at(dy, out_first, true), x, sum, scratch + block_bytes(op), err);
}

static bool multiply(const struct taps_run *run, size_t tap, size_t out_first, size_t out_n, const float *x, const float *dy, size_t rows, bool add,
                     struct err *err)
{
    const struct taps_op *op = run->op;
    const struct nn_conv *conv = &op->conv;
    for (size_t first = out_first; first < out_first + out_n;) {
        size_t group = first / op->out_c, n = (group + 1) * op->out_c - first;
        n = n < out_first + out_n - first ? n : out_first + out_n - first;
        const struct gemm gemm = {true, false, n, op->in_c, rows, conv->out.c, conv->in.c, op->in_c, add ? 1 : 0};
        if (!onednn_gemm(&gemm, dy + first, x + group * op->in_c, run->tap_major + (tap * conv->out.c + first) * op->in_c, err))
            return false;
        first += n;
    }
    return true;
}

static bool tap_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)end;
    const struct taps_run *run = ctx;
    const struct taps_op *op = run->op;
    const struct nn_conv *conv = &op->conv;
    const struct nn_window *window = &conv->window;
    const struct nn_shape *in = &conv->in, *out = &conv->out;
    size_t tap = begin / op->out_block_n, out_first = begin % op->out_block_n * op->out_block;
    size_t out_n = out->c - out_first < op->out_block ? out->c - out_first : op->out_block;
    size_t kx = tap % window->kernel[2], ky = tap / window->kernel[2] % window->kernel[1], kz = tap / window->kernel[2] / window->kernel[1];
    const struct reach reach[3] = {reach_of(window, 0, kz, in->z, out->z), reach_of(window, 1, ky, in->y, out->y), reach_of(window, 2, kx, in->x, out->x)};
    const void *x = run->args->in[0], *dy = run->args->in[1];
    if (whole(op, reach))
        return multiply(run, tap, out_first, out_n, x, dy, in->n * in->z * in->y * in->x, false, err);
    float *x_rows = fast_worker_scratch(&op->op, run->scratch, worker), *dy_rows = x_rows + fast_round(op->block_rows * in->c * 4) / 4;
    size_t line_n = in->n * reach[0].n * reach[1].n, rows = 0;
    bool add = false;
    if (line_n * reach[2].n == 0)
        memset(run->tap_major + (tap * out->c + out_first) * op->in_c, 0, out_n * op->in_c * sizeof(float));
    for (size_t line = 0; line < line_n && reach[2].n > 0; line++) {
        size_t y = line % reach[1].n, z = line / reach[1].n % reach[0].n, image = line / reach[1].n / reach[0].n;
        size_t in_row = ((image * in->z + reach[0].in + z * window->stride[0]) * in->y + reach[1].in + y * window->stride[1]) * in->x + reach[2].in;
        size_t out_row = ((image * out->z + reach[0].first + z) * out->y + reach[1].first + y) * out->x + reach[2].first;
        gather_line(op, x, in_row, window->stride[2], reach[2].n, in->c, x_rows, rows);
        gather_line(op, dy, out_row, 1, reach[2].n, out->c, dy_rows, rows);
        rows += reach[2].n;
        if (line + 1 < line_n && rows + reach[2].n <= op->block_rows)
            continue;
        if (op->product != NULL ? !multiply_half(run, tap, out_first, x_rows, dy_rows, rows, add, worker, err)
                                : !multiply(run, tap, out_first, out_n, x_rows, dy_rows, rows, add, err))
            return false;
        add = true;
        rows = 0;
    }
    return true;
}

VECTOR static void interleave(const float *restrict from, size_t from_stride, size_t tap_n, size_t n, float *restrict to)
{
    enum { CHANNELS = 64 };
    for (size_t first = 0; first < n; first += CHANNELS) {
        size_t end = n - first < CHANNELS ? n : first + CHANNELS;
        for (size_t tap = 0; tap < tap_n; tap++)
            for (size_t i = first; i < end; i++)
                to[i * tap_n + tap] = from[tap * from_stride + i];
    }
}

/* [tap][out][in] -> [out][in][tap] for some out channels. */
static bool order_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct taps_run *run = ctx;
    const struct taps_op *op = run->op;
    float *to = run->args->out[0];
    for (size_t out = begin; out < end; out++)
        interleave(run->tap_major + out * op->in_c, op->conv.out.c * op->in_c, op->tap_n, op->in_c, to + out * op->in_c * op->tap_n);
    return true;
}

static bool taps(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    const struct taps_op *op = (const struct taps_op *)made;
    struct taps_run run = {op, args, op->tap_n == 1 ? args->out[0] : scratch, scratch};
    if (!par_for(op->tap_n * op->out_block_n, 1, tap_part, &run, err))
        return false;
    if (op->tap_n > 1 && !par_for(op->conv.out.c, 16, order_part, &run, err))
        return false;
    return !op->conv.bias || rows_bias_gradient(&op->conv.out, op->op.half, args->in[1], args->out[1], err);
}

static void close_taps(struct nn_op *made)
{
    onednn_bf16_product_free(((struct taps_op *)made)->product);
}

struct nn_op *conv_taps(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    struct taps_op *op = fast_fits(&conv->in, err) && fast_fits(&conv->out, err) ? fast_op_new(sizeof *op, backend, "taps", taps, err) : NULL;
    if (op == NULL)
        return NULL;
    op->op.close = close_taps;
    op->conv = *conv;
    op->tap_n = conv->window.kernel[0] * conv->window.kernel[1] * conv->window.kernel[2];
    op->in_c = conv->in.c / conv->group_n;
    op->out_c = conv->out.c / conv->group_n;
    size_t blocks = op->tap_n >= PARTS_WANTED ? 1 : (PARTS_WANTED + op->tap_n - 1) / op->tap_n;
    op->out_block = (conv->out.c + blocks - 1) / blocks;
    op->out_block = (op->out_block + OUT_BLOCK - 1) / OUT_BLOCK * OUT_BLOCK;
    op->out_block_n = (conv->out.c + op->out_block - 1) / op->out_block;
    size_t rows = op->op.half ? HALF_ROWS : BLOCK_ROWS;
    op->block_rows = conv->out.x > rows ? conv->out.x : rows;
    if (op->tap_n > 1)
        op->op.shared_scratch = fast_round(op->tap_n * conv->out.c * op->in_c * sizeof(float));
    op->op.worker_scratch = block_bytes(op);
    bool found = false;
    if (op->op.half && conv->group_n == 1 && conv->out.c % op->out_block == 0)
        op->product = onednn_bf16_product_make(op->out_block, op->in_c, op->block_rows, conv->out.c, conv->in.c, &found, err);
    if (op->product != NULL)
        op->op.worker_scratch += fast_round(onednn_bf16_product_scratch(op->product));
    else if (found) {
        fast_op_free(&op->op);
        return NULL;
    }
    return &op->op;
}
