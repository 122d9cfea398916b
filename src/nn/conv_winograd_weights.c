/* Gradient of a convolution's weights by Winograd's fewer products (winograd.h).
 *
 * For each point, the patches' rows (voxels by source channels) and the rows of dy's points (voxels by output channels) are multiplied as two panels of columns
 * (tile.h), once for each place of the window along z, which pairs planes that lie so far apart. Sums wait until all images have passed by; then each
 * channel pair's 16 points become its window. As many images go together as keep the sums from being read too often. */
#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/rows.h"
#include "nn/tile.h"
#include "nn/winograd.h"

enum { SIDE = WINOGRAD_SIDE, WINDOW = WINOGRAD_WINDOW * WINOGRAD_WINDOW, GROUP_BYTES = 1 << 22, APART = 16, RUNS_MAX = 64, ROWS_DEALT = 8, SCRATCH_MAX = 1 << 27 };

struct winograd_weights_op {
    struct nn_op op;
    struct nn_conv conv;
    const struct tile_kernel *kernel;
    struct winograd tiles;
    size_t plane;                 /* tiles in a plane */
    size_t left_n, right_n;       /* panels of source channels, of output channels */
    size_t group;                 /* images at a time */
    size_t left_apart, right_apart, sum_apart; /* values between points */
    float *zeros;                 /* a row in the padding */
};

struct winograd_weights_run {
    const struct winograd_weights_op *op;
    const struct nn_args *args;
    void *scratch;
    float *left, *right, *sum;    /* [point][panel][row][ROWS or COLUMNS]; [point][z place][right][left][ROWS][COLUMNS] */
    size_t first, n;              /* images of the group */
};

/* A row's piece of a panel, of the widths that there are. */
static inline void copy_piece(float *to, const float *from, size_t n)
{
    switch (n) {
    case 32: memcpy(to, from, 32 * sizeof *to); return;
    case 16: memcpy(to, from, 16 * sizeof *to); return;
    case 8: memcpy(to, from, 8 * sizeof *to); return;
    case 6: memcpy(to, from, 6 * sizeof *to); return;
    default: memcpy(to, from, n * sizeof *to);
    }
}

/* values[row][point][c_n] of some rows to their places in the panels. */
static void deal(size_t point_n, const float *values, size_t row_n, size_t c_n, size_t width, size_t panel_values, float *to, size_t apart)
{
    for (size_t k = 0; k < point_n; k++)
        for (size_t c = 0; c < c_n; c += width) {
            size_t n = c_n - c < width ? c_n - c : width;
            float *place = to + k * apart + c / width * panel_values;
            for (size_t row = 0; row < row_n; row++, place += width) {
                copy_piece(place, values + (row * point_n + k) * c_n + c, n);
                for (size_t i = n; i < width; i++)
                    place[i] = 0;
            }
        }
}

static bool left_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)err;
    const struct winograd_weights_run *run = ctx;
    const struct winograd_weights_op *op = run->op;
    const struct nn_shape *in = &op->conv.in;
    const struct nn_window *w = &op->conv.window;
    size_t width = op->kernel->row_n, panel = op->group * in->z * op->plane * width;
    float *values = fast_worker_scratch(&op->op, run->scratch, worker);
    for (size_t at = begin; at < end; at++) {
        const float *source = (const float *)run->args->in[0] + (run->first * in->z + at) * in->y * in->x * in->c;
        for (size_t tile = 0; tile < op->plane; tile++) {
            const float *patch[WINOGRAD_POINTS_MAX];
            size_t y0 = winograd_first(&op->tiles, 0, tile / op->tiles.tile_n[1]), x0 = winograd_first(&op->tiles, 1, tile % op->tiles.tile_n[1]);
            for (size_t k = 0; k < WINOGRAD_POINTS_MAX; k++) {
                size_t y = y0 + k / SIDE * w->dilation[1] - w->pad[1], x = x0 + k % SIDE * w->dilation[2] - w->pad[2]; /* huge where before the first */
                patch[k] = y < in->y && x < in->x ? source + (y * in->x + x) * in->c : op->zeros;
            }
            size_t row = tile % ROWS_DEALT;
            winograd_points(&op->tiles, patch, in->c, values + row * op->tiles.point_n * in->c, in->c);
            if (row + 1 == ROWS_DEALT || tile + 1 == op->plane)
                deal(op->tiles.point_n, values, row + 1, in->c, width, panel, run->left + (at * op->plane + tile - row) * width, op->left_apart);
        }
    }
    return true;
}

static bool right_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)err;
    const struct winograd_weights_run *run = ctx;
    const struct winograd_weights_op *op = run->op;
    const struct nn_shape *out = &op->conv.out;
    const struct nn_window *w = &op->conv.window;
    size_t width = op->kernel->column_n, panel = op->group * out->z * op->plane * width;
    float *values = fast_worker_scratch(&op->op, run->scratch, worker);
    for (size_t at = begin; at < end; at++) {
        const float *dy = (const float *)run->args->in[1] + (run->first * out->z + at) * out->y * out->x * out->c;
        for (size_t tile = 0; tile < op->plane; tile++) {
            const float *seen[SIDE];
            size_t y0 = winograd_first(&op->tiles, 0, tile / op->tiles.tile_n[1]), x0 = winograd_first(&op->tiles, 1, tile % op->tiles.tile_n[1]);
            for (size_t k = 0; k < SIDE; k++) {
                size_t y = y0 + k / 2 * w->dilation[1], x = x0 + k % 2 * w->dilation[2];
                seen[k] = y < out->y && x < out->x ? dy + (y * out->x + x) * out->c : op->zeros;
            }
            size_t row = tile % ROWS_DEALT;
            winograd_gradient_points(&op->tiles, seen, out->c, values + row * op->tiles.point_n * out->c, out->c);
            if (row + 1 == ROWS_DEALT || tile + 1 == op->plane)
                deal(op->tiles.point_n, values, row + 1, out->c, width, panel, run->right + (at * op->plane + tile - row) * width, op->right_apart);
        }
    }
    return true;
}

/* The rows of the group that a place along z pairs, image by image; none where its planes do not meet. */
static size_t find_runs(const struct winograd_weights_run *run, size_t place, size_t image, struct tile_run *to)
{
    const struct winograd_weights_op *op = run->op;
    ptrdiff_t in_n = (ptrdiff_t)op->conv.in.z, out_n = (ptrdiff_t)op->conv.out.z;
    ptrdiff_t move = (ptrdiff_t)(op->tiles.place[place] * op->conv.window.dilation[0]) - (ptrdiff_t)op->conv.window.pad[0];
    ptrdiff_t first = move < 0 ? -move : 0, end = in_n - move < out_n ? in_n - move : out_n;
    size_t n = 0;
    for (; end > first && image < run->n && n < RUNS_MAX; image++)
        to[n++] = (struct tile_run){(image * op->conv.in.z + (size_t)(first + move)) * op->plane, (image * op->conv.out.z + (size_t)first) * op->plane,
                                    (size_t)(end - first) * op->plane};
    return n;
}

/* One point, one panel of output channels: all source channels and places along z. */
static bool sum_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)end, (void)worker, (void)err;
    const struct winograd_weights_run *run = ctx;
    const struct winograd_weights_op *op = run->op;
    const struct tile_kernel *kernel = op->kernel;
    size_t k = begin / op->right_n, right = begin % op->right_n, tile = kernel->row_n * kernel->column_n;
    const float *right_panel = run->right + k * op->right_apart + right * op->group * op->conv.out.z * op->plane * kernel->column_n;
    float more[TILE_ROWS_MAX * TILE_COLUMNS_MAX] __attribute__((aligned(64)));
    for (size_t left = 0; left < op->left_n; left++)
        for (size_t place = 0; place < op->tiles.place_n; place++) {
            const float *left_panel = run->left + k * op->left_apart + left * op->group * op->conv.in.z * op->plane * kernel->row_n;
            float *sum = run->sum + k * op->sum_apart + ((place * op->right_n + right) * op->left_n + left) * tile;
            for (size_t image = 0; image < run->n; image += RUNS_MAX) {
                struct tile_run runs[RUNS_MAX];
                bool fresh = run->first + image == 0;
                kernel->outer(runs, find_runs(run, place, image, runs), left_panel, right_panel, fresh ? sum : more);
                for (size_t i = 0; !fresh && i < tile; i++)
                    sum[i] += more[i];
            }
        }
    return true;
}

/* window[row][place][9][column] of a tile of channels -> dw[out][in][place][9]. */
static void put(const struct winograd_weights_op *op, const float *windows, size_t left, size_t right, float *dw)
{
    const struct tile_kernel *kernel = op->kernel;
    size_t rows = kernel->row_n, columns = kernel->column_n, each = op->conv.window.kernel[0] * WINDOW, line = op->conv.in.c * each, lanes = columns / 2;
    size_t row_n = op->conv.in.c - left * rows < rows ? op->conv.in.c - left * rows : rows, out_n = op->conv.out.c - right * columns < columns ? op->conv.out.c - right * columns : columns;
    size_t n = row_n * each;
    float *to = dw + right * columns * line + left * rows * each;
    if (out_n < columns || n < lanes) {
        for (size_t column = 0; column < out_n; column++)
            for (size_t i = 0; i < n; i++)
                to[column * line + i] = windows[i * columns + column];
        return;
    }
    for (size_t first = 0; first < n; first += lanes) { /* blocks of the matrix are turned in registers */
        size_t at = first + lanes <= n ? first : n - lanes;
        const float *from[TILE_COLUMNS_MAX];
        for (size_t i = 0; i < lanes; i++)
            from[i] = windows + (at + i) * columns;
        kernel->transpose(from, 0, to + at, line);
        kernel->transpose(from, lanes, to + lanes * line + at, line);
    }
}

static bool put_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)err;
    const struct winograd_weights_run *run = ctx;
    const struct winograd_weights_op *op = run->op;
    const struct tile_kernel *kernel = op->kernel;
    size_t rows = kernel->row_n, columns = kernel->column_n, place_n = op->conv.window.kernel[0];
    float *windows = fast_worker_scratch(&op->op, run->scratch, worker);
    memset(windows, 0, rows * place_n * WINDOW * columns * sizeof *windows); /* places that see nothing stay 0 */
    for (size_t at = begin; at < end; at++) {
        size_t right = at / op->left_n, left = at % op->left_n;
        for (size_t place = 0; place < op->tiles.place_n; place++)
            for (size_t row = 0; row < rows; row++)
                winograd_windows(&op->tiles, run->sum + (((place * op->right_n + right) * op->left_n + left) * rows + row) * columns, op->sum_apart, columns,
                                 windows + (row * place_n + op->tiles.place[place]) * WINDOW * columns);
        put(op, windows, left, right, run->args->out[0]);
    }
    return true;
}

static bool winograd_weights(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    const struct winograd_weights_op *op = (const struct winograd_weights_op *)made;
    const struct nn_shape *in = &op->conv.in, *out = &op->conv.out;
    struct winograd_weights_run run = {.op = op, .args = args, .scratch = scratch, .left = scratch};
    run.right = run.left + op->tiles.point_n * op->left_apart;
    run.sum = run.right + op->tiles.point_n * op->right_apart;
    for (run.first = 0; run.first < in->n; run.first += op->group) {
        run.n = in->n - run.first < op->group ? in->n - run.first : op->group;
        if (!par_for(run.n * in->z, 1, left_part, &run, err) || !par_for(run.n * out->z, 1, right_part, &run, err) ||
            !par_for(op->tiles.point_n * op->right_n, 1, sum_part, &run, err))
            return false;
    }
    return par_for(op->left_n * op->right_n, 1, put_part, &run, err) &&
           (!op->conv.bias || rows_bias_gradient(out, op->op.half, args->in[1], args->out[1], err));
}

static void close_weights(struct nn_op *made)
{
    mem_free(((struct winograd_weights_op *)made)->zeros);
}

/* All but what is allocated. */
static void settle(struct winograd_weights_op *op, const struct nn_conv *conv)
{
    const struct nn_window *w = &conv->window;
    op->conv = *conv;
    op->kernel = tile_kernel();
    size_t rows = op->kernel->row_n, columns = op->kernel->column_n, most_c = conv->in.c > conv->out.c ? conv->in.c : conv->out.c;
    op->tiles = winograd_of(conv, false);
    op->plane = op->tiles.tile_n[0] * op->tiles.tile_n[1];
    op->left_n = (conv->in.c + rows - 1) / rows;
    op->right_n = (conv->out.c + columns - 1) / columns;
    op->sum_apart = op->tiles.place_n * op->right_n * op->left_n * rows * columns + APART;
    size_t sum_bytes = op->tiles.point_n * op->sum_apart * sizeof(float);
    size_t image_bytes = op->tiles.point_n * op->plane * (conv->in.z * op->left_n * rows + conv->out.z * op->right_n * columns) * sizeof(float);
    size_t wanted = 2 * sum_bytes > GROUP_BYTES ? 2 * sum_bytes : GROUP_BYTES;
    op->group = wanted / image_bytes < 1 ? 1 : wanted / image_bytes > conv->in.n ? conv->in.n : wanted / image_bytes;
    op->left_apart = op->group * conv->in.z * op->plane * op->left_n * rows + APART;
    op->right_apart = op->group * conv->out.z * op->plane * op->right_n * columns + APART;
    op->op.shared_scratch = fast_round(op->tiles.point_n * (op->left_apart + op->right_apart + op->sum_apart) * sizeof(float));
    size_t windows = rows * w->kernel[0] * WINDOW * columns, points = ROWS_DEALT * op->tiles.point_n * most_c;
    op->op.worker_scratch = fast_round((windows > points ? windows : points) * sizeof(float));
}

bool conv_winograd_weights_serve(const struct nn_backend *backend, const struct nn_conv *conv)
{
    struct winograd_weights_op op = {.plane = 0};
    if (!winograd_serves(backend, conv) || tile_kernel() == NULL)
        return false;
    settle(&op, conv);
    return op.op.shared_scratch <= SCRATCH_MAX;
}

struct nn_op *conv_winograd_weights(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    struct winograd_weights_op *op =
        fast_fits(&conv->in, err) && fast_fits(&conv->out, err) ? fast_op_new(sizeof *op, backend, "winograd", winograd_weights, err) : NULL;
    if (op == NULL)
        return NULL;
    settle(op, conv);
    op->op.close = close_weights;
    op->zeros = mem_zero(conv->in.c > conv->out.c ? conv->in.c : conv->out.c, sizeof *op->zeros, err);
    if (op->zeros != NULL)
        return &op->op;
    fast_op_free(&op->op);
    return NULL;
}
