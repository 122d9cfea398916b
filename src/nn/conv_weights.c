/* A convolution's weight gradient, without partial sums, without work on padding, straight into PyTorch's order.
 *
 * x and dy are first put into panels: rows voxel by voxel, in each image by image, a few channels wide. For a window place the rows of
 * both that belong together are then runs of memory, and the gradient of a few input by a few output channels is the sum of outer products
 * over them, held in registers. A part is a group of dy's panels (which then stay in a level-2 cache) by a share of x's.
 *
 * First layers have one to three channels, too few for a panel: there a row of x's panels is a voxel of the output's x axis with all that the
 * window sees along x, and the window has one place along x ("merged"). */
#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/rows.h"
#include "nn/tile.h"

enum { GROUP_BYTES = 1 << 19, PARTS_WANTED = 16, BLOCK_ROWS = 2048, RUNS_MAX = 256, MERGED_CHANNELS = 4, MERGED_MAX = 64 };

struct weights_op {
    struct nn_op op;
    struct nn_conv conv, seen;      /* seen: as conv, or merged */
    bool merged;
    const struct tile_kernel *kernel;
    size_t place_n, in_rows, out_rows;
    size_t left_n, right_n;         /* panels of x and of dy */
    size_t group, group_n;          /* panels of dy a part */
    size_t share, share_n;          /* panels of x a part */
    size_t block_lines;             /* lines of outputs at a time: both panels' rows stay in the cache, and rounding does not grow with the grid */
};

struct weights_run {
    const struct weights_op *op;
    const struct nn_args *args;
    float *left, *right; /* panels */
    void *scratch;
};

/* Rows of one array into panels of `width` channels; the last is filled up with zeros. */
static void panel_voxel(const float *values, const struct nn_shape *shape, size_t voxel, size_t width, float *panels)
{
    size_t voxels = shape->z * shape->y * shape->x, row_n = voxels * shape->n, c = shape->c;
    for (size_t image = 0; image < shape->n; image++) {
        const float *row = values + (image * voxels + voxel) * c;
        float *to = panels + (voxel * shape->n + image) * width;
        size_t first = 0;
        for (; first + width <= c; first += width, to += row_n * width)
            memcpy(to, row + first, width * sizeof *to);
        if (first < c) {
            memcpy(to, row + first, (c - first) * sizeof *to);
            memset(to + (c - first), 0, (width - (c - first)) * sizeof *to);
        }
    }
}

/* One line of rows (z, y) of one image, merged: row x holds what the window at output x sees of the line. */
static void merge_line(const struct weights_run *run, size_t image, size_t line)
{
    const struct nn_conv *conv = &run->op->conv;
    const struct nn_window *w = &conv->window;
    const struct nn_shape *in = &conv->in, *seen = &run->op->seen.in;
    size_t width = run->op->kernel->row_n, c = in->c;
    const float *from = (const float *)run->args->in[0] + (image * in->z * in->y + line) * in->x * c;
    float row[MERGED_MAX + TILE_ROWS_MAX] = {0};
    for (size_t x = 0; x < seen->x; x++) {
        size_t start = x * w->stride[2], skip = start < w->pad[2] ? w->pad[2] - start : 0; /* places before the line begins */
        size_t first = start + skip - w->pad[2], n = skip < w->kernel[2] && first < in->x ? w->kernel[2] - skip : 0;
        if (n > 0 && n > in->x - first)
            n = in->x - first;
        memset(row, 0, seen->c * sizeof *row);
        if (n > 0)
            memcpy(row + skip * c, from + first * c, n * c * sizeof *row);
        float *to = run->left + ((line * seen->x + x) * in->n + image) * width;
        for (size_t panel = 0; panel < run->op->left_n; panel++, to += run->op->in_rows * width)
            memcpy(to, row + panel * width, width * sizeof *to);
    }
}

static bool left_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct weights_run *run = ctx;
    const struct nn_shape *in = &run->op->seen.in;
    for (size_t line = begin; line < end; line++)
        if (run->op->merged)
            for (size_t image = 0; image < in->n; image++)
                merge_line(run, image, line);
        else
            for (size_t x = 0; x < in->x; x++)
                panel_voxel(run->args->in[0], in, line * in->x + x, run->op->kernel->row_n, run->left);
    return true;
}

static bool right_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct weights_run *run = ctx;
    for (size_t voxel = begin; voxel < end; voxel++)
        panel_voxel(run->args->in[1], &run->op->conv.out, voxel, run->op->kernel->column_n, run->right);
    return true;
}

/* Outputs [first, first + n) along an axis for which place k lies inside; the first reads input `in`. */
struct reach {
    size_t first, n, in;
};

static struct reach reach_of(const struct nn_window *window, size_t axis, size_t k, size_t in_n, size_t out_n)
{
    size_t at = k * window->dilation[axis], pad = window->pad[axis], stride = window->stride[axis];
    size_t first = at >= pad ? 0 : (pad - at + stride - 1) / stride;
    if (first >= out_n || first * stride + at - pad >= in_n)
        return (struct reach){0, 0, 0};
    size_t in = first * stride + at - pad, n = (in_n - 1 - in) / stride + 1;
    return (struct reach){first, n < out_n - first ? n : out_n - first, in};
}

struct summing {
    const struct weights_op *op;
    const float *left, *right; /* one panel each */
    float *sum;                /* of a window place */
    struct tile_run run[RUNS_MAX];
    size_t run_n;
};

static void flush(struct summing *s)
{
    size_t n = s->op->kernel->row_n * s->op->kernel->column_n;
    float more[TILE_ROWS_MAX * TILE_COLUMNS_MAX] __attribute__((aligned(64)));
    s->op->kernel->outer(s->run, s->run_n, s->left, s->right, more);
    for (size_t i = 0; i < n; i++)
        s->sum[i] += more[i];
    s->run_n = 0;
}

static void add_run(struct summing *s, size_t left, size_t right, size_t n)
{
    s->run[s->run_n++] = (struct tile_run){left, right, n};
    if (s->run_n == RUNS_MAX)
        flush(s);
}

/* What output lines [first, end) add to one place's sum; line = z Y + y. */
static void sum_place(struct summing *s, size_t place, size_t first, size_t end)
{
    const struct nn_conv *conv = &s->op->seen;
    const struct nn_window *w = &conv->window;
    const struct nn_shape *in = &conv->in, *out = &conv->out;
    size_t kx = place % w->kernel[2], ky = place / w->kernel[2] % w->kernel[1], kz = place / w->kernel[2] / w->kernel[1];
    const struct reach z = reach_of(w, 0, kz, in->z, out->z), y = reach_of(w, 1, ky, in->y, out->y), x = reach_of(w, 2, kx, in->x, out->x);
    for (size_t line = first; line < end && x.n > 0; line++) {
        size_t i = line / out->y - z.first, j = line % out->y - y.first; /* huge where before the first */
        if (i >= z.n || j >= y.n)
            continue;
        size_t from = ((z.in + i * w->stride[0]) * in->y + y.in + j * w->stride[1]) * in->x + x.in, to = line * out->x + x.first;
        if (w->stride[2] == 1)
            add_run(s, from * in->n, to * in->n, x.n * in->n);
        else
            for (size_t k = 0; k < x.n; k++)
                add_run(s, (from + k * w->stride[2]) * in->n, (to + k) * in->n, in->n);
    }
    if (s->run_n > 0)
        flush(s);
}

/* sums[place][row][column] -> dw[out][in][place]; merged: row = kx C + in, and places lack x. */
static void put(const struct weights_op *op, const float *sums, size_t left, size_t right, float *dw)
{
    size_t rows = op->kernel->row_n, columns = op->kernel->column_n, first = left * rows, out = right * columns;
    size_t row_n = op->seen.in.c - first < rows ? op->seen.in.c - first : rows, out_n = op->conv.out.c - out < columns ? op->conv.out.c - out : columns;
    size_t c = op->conv.in.c, kx = op->merged ? op->conv.window.kernel[2] : 1, each = op->place_n * kx;
    for (size_t row = 0; row < row_n; row++) {
        float *to = dw + (out * c + (first + row) % c) * each + (first + row) / c;
        for (size_t place = 0; place < op->place_n; place++) {
            const float *from = sums + (place * rows + row) * columns;
            for (size_t column = 0; column < out_n; column++)
                to[column * c * each + place * kx] = from[column];
        }
    }
}

/* The same for a whole tile, where an out channel's values are one run of memory: blocks of the matrix are turned in registers. */
static void put_runs(const struct weights_op *op, const float *sums, size_t left, size_t right, float *dw)
{
    size_t rows = op->kernel->row_n, columns = op->kernel->column_n, lanes = columns / 2, n = rows * op->place_n, line = op->conv.in.c * op->place_n;
    float *to = dw + (right * columns * op->conv.in.c + left * rows) * op->place_n;
    for (size_t first = 0; first < n; first += lanes) {
        size_t at = first + lanes <= n ? first : n - lanes; /* the last block begins earlier */
        const float *from[TILE_COLUMNS_MAX];
        for (size_t i = 0; i < lanes; i++) /* value at + i of a run: its row, then its place */
            from[i] = sums + ((at + i) % op->place_n * rows + (at + i) / op->place_n) * columns;
        op->kernel->transpose(from, 0, to + at, line);
        op->kernel->transpose(from, lanes, to + lanes * line + at, line);
    }
}

static bool part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)end, (void)err;
    const struct weights_run *run = ctx;
    const struct weights_op *op = run->op;
    size_t rows = op->kernel->row_n, columns = op->kernel->column_n;
    size_t right_first = begin / op->share_n * op->group, right_end = right_first + op->group < op->right_n ? right_first + op->group : op->right_n;
    size_t left = begin % op->share_n * op->share, left_end = left + op->share < op->left_n ? left + op->share : op->left_n;
    size_t line_n = op->conv.out.z * op->conv.out.y;
    float *sums = fast_worker_scratch(&op->op, run->scratch, worker);
    struct summing s = {.op = op};
    for (; left < left_end; left++)
        for (size_t right = right_first; right < right_end; right++) {
            s.left = run->left + left * op->in_rows * rows;
            s.right = run->right + right * op->out_rows * columns;
            memset(sums, 0, op->place_n * rows * columns * sizeof *sums);
            for (size_t line = 0; line < line_n; line += op->block_lines)
                for (size_t place = 0; place < op->place_n; place++) {
                    s.sum = sums + place * rows * columns;
                    sum_place(&s, place, line, line + op->block_lines < line_n ? line + op->block_lines : line_n);
                }
            bool whole = (left + 1) * rows <= op->conv.in.c && (right + 1) * columns <= op->conv.out.c && rows * op->place_n >= columns / 2;
            if (whole && !op->merged)
                put_runs(op, sums, left, right, run->args->out[0]);
            else
                put(op, sums, left, right, run->args->out[0]);
        }
    return true;
}

static bool weights(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    const struct weights_op *op = (const struct weights_op *)made;
    const struct nn_shape *in = &op->seen.in, *out = &op->conv.out;
    size_t left_bytes = fast_round(op->left_n * op->in_rows * op->kernel->row_n * sizeof(float));
    struct weights_run run = {op, args, scratch, (float *)(void *)((char *)scratch + left_bytes), scratch};
    return par_for(in->z * in->y, 1, left_part, &run, err) && par_for(out->z * out->y * out->x, 32, right_part, &run, err) &&
           par_for(op->group_n * op->share_n, 1, part, &run, err) &&
           (!op->conv.bias || rows_bias_gradient(out, op->op.half, args->in[1], args->out[1], err));
}

bool conv_weights_serve(const struct nn_backend *backend, const struct nn_conv *conv)
{
    return backend->number == NN_F32 && conv->group_n == 1 && tile_kernel() != NULL;
}

struct nn_op *conv_weights(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    struct weights_op *op = fast_fits(&conv->in, err) && fast_fits(&conv->out, err) ? fast_op_new(sizeof *op, backend, "panels", weights, err) : NULL;
    if (op == NULL)
        return NULL;
    op->conv = *conv;
    op->kernel = tile_kernel();
    op->seen = *conv;
    const struct nn_window *w = &conv->window;
    size_t rows = op->kernel->row_n, columns = op->kernel->column_n;
    op->merged = conv->in.c < MERGED_CHANNELS && w->kernel[2] > 1 && w->dilation[2] == 1 && conv->in.c * w->kernel[2] <= MERGED_MAX;
    if (op->merged) {
        op->seen.in.x = conv->out.x;
        op->seen.in.c = conv->in.c * w->kernel[2];
        op->seen.window.kernel[2] = op->seen.window.stride[2] = 1;
        op->seen.window.pad[2] = 0;
    }
    op->place_n = op->seen.window.kernel[0] * op->seen.window.kernel[1] * op->seen.window.kernel[2];
    op->in_rows = nn_shape_value_n(&op->seen.in) / op->seen.in.c;
    op->out_rows = nn_shape_value_n(&conv->out) / conv->out.c;
    op->left_n = (op->seen.in.c + rows - 1) / rows;
    op->right_n = (conv->out.c + columns - 1) / columns;
    op->group = GROUP_BYTES / sizeof(float) / columns / (op->out_rows < BLOCK_ROWS ? op->out_rows : BLOCK_ROWS);
    op->group = op->group < 1 ? 1 : op->group;
    op->group = op->group > op->right_n ? op->right_n : op->group;
    op->group_n = (op->right_n + op->group - 1) / op->group;
    size_t shares = (PARTS_WANTED + op->group_n - 1) / op->group_n;
    shares = shares > op->left_n ? op->left_n : shares;
    op->share = (op->left_n + shares - 1) / shares;
    op->share_n = (op->left_n + op->share - 1) / op->share;
    op->block_lines = BLOCK_ROWS / conv->out.n / conv->out.x + 1;
    op->op.shared_scratch = fast_round(op->left_n * op->in_rows * rows * sizeof(float)) + fast_round(op->right_n * op->out_rows * columns * sizeof(float));
    op->op.worker_scratch = fast_round(op->place_n * rows * columns * sizeof(float));
    return &op->op;
}
