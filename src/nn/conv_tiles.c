/* Convolution forward, and backward to its input at stride 1, without gathering and without work on padding.
 *
 * Rows (one voxel of one image) are taken in the order voxel by voxel, in each image by image: the rows of a tile then lie at one voxel, or at
 * neighbouring ones, and see the same window places; a place that none of them sees is left out. (The library computes them all: with
 * dilation 4 on a grid of 8 x 8 x 4, two places in three are padding.) For each place a tile's rows are multiplied in place, where they
 * stand, by that place's weights; sums stay in registers over all places and channels.
 *
 * Both directions are one: target voxel t reads source voxel t stride + offset[place]. Source channels are taken a block at a time, such that
 * a panel of weights for a block ([block][panel][place][channel][column]) and a chunk of rows both stay in a level-2 cache; sums wait in the
 * target from block to block. A part is a chunk of rows by a share of the panels. */
#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/rows.h"
#include "nn/tile.h"

enum { CHUNK_BYTES = 1 << 19, PANEL_BYTES = 1 << 19, PARTS_WANTED = 8, HEAVY_BYTES = 1 << 20, CACHE_LINE = 16 /* values */, BLOCK_STEP = 32, PLACES_MAX = 1024, AXIS_MAX = 32 };

struct tiles_op {
    struct nn_op op;
    struct nn_conv conv;
    const struct tile_kernel *kernel;
    struct nn_shape source, target;
    size_t side[3], stride[3];      /* of the source; per target voxel */
    ptrdiff_t offset[3][AXIS_MAX];
    size_t place_n, row_n, panel_n;
    size_t block_c, block_n;        /* source channels at a time; blocks */
    size_t chunk_rows, chunk_n, panel_share, share_n; /* rows a part; panels a part */
    bool backward;
    float *zeros;                   /* a source row in the padding */
};

struct tiles_run {
    const struct tiles_op *op;
    const struct nn_args *args;
    void *scratch;
};

/* Which rows of a tile a window index along an axis lies inside for: a bit each. */
struct tile_rows {
    ptrdiff_t base[TILE_ROWS_MAX];  /* the source voxel of each row for offset 0, in values; may lie outside */
    size_t target[TILE_ROWS_MAX];   /* row of the target array */
    unsigned char inside[3][AXIS_MAX];
    size_t n;
};

static void find_rows(const struct tiles_op *op, size_t first, size_t n, struct tile_rows *rows)
{
    const struct nn_shape *target = &op->target, *source = &op->source;
    size_t voxels = target->z * target->y * target->x, source_voxels = source->z * source->y * source->x;
    const size_t *kernel = op->conv.window.kernel;
    memset(rows->inside, 0, sizeof rows->inside);
    rows->n = n;
    for (size_t r = 0; r < n; r++) {
        size_t image = (first + r) % target->n, voxel = (first + r) / target->n;
        const size_t at[3] = {voxel / target->x / target->y, voxel / target->x % target->y, voxel % target->x};
        ptrdiff_t place = 0;
        for (size_t axis = 0; axis < 3; axis++) {
            ptrdiff_t start = (ptrdiff_t)(at[axis] * op->stride[axis]);
            place = place * (ptrdiff_t)op->side[axis] + start;
            for (size_t k = 0; k < kernel[axis]; k++) {
                ptrdiff_t to = start + op->offset[axis][k];
                rows->inside[axis][k] |= (unsigned char)((to >= 0 && to < (ptrdiff_t)op->side[axis]) << r);
            }
        }
        rows->base[r] = ((ptrdiff_t)(image * source_voxels) + place) * (ptrdiff_t)source->c;
        rows->target[r] = image * voxels + voxel;
    }
}

/* The places that any row of the tile sees. */
static size_t find_taps(const struct tiles_op *op, const struct tile_rows *rows, const float *source, struct tile_tap *tap)
{
    const size_t *kernel = op->conv.window.kernel;
    size_t n = 0, row_n = op->kernel->row_n;
    const unsigned all = (1u << row_n) - 1;
    for (size_t kz = 0; kz < kernel[0]; kz++)
        for (size_t ky = 0; ky < kernel[1]; ky++) {
            unsigned zy = (unsigned)rows->inside[0][kz] & rows->inside[1][ky];
            if (zy == 0)
                continue;
            for (size_t kx = 0; kx < kernel[2]; kx++) {
                unsigned inside = zy & rows->inside[2][kx];
                if (inside == 0)
                    continue;
                ptrdiff_t move = ((op->offset[0][kz] * (ptrdiff_t)op->side[1] + op->offset[1][ky]) * (ptrdiff_t)op->side[2] + op->offset[2][kx]) *
                                 (ptrdiff_t)op->source.c;
                tap[n].place = (kz * kernel[1] + ky) * kernel[2] + kx;
                if (inside == all)
                    for (size_t r = 0; r < row_n; r++)
                        tap[n].row[r] = source + (rows->base[r] + move);
                else
                    for (size_t r = 0; r < row_n; r++)
                        tap[n].row[r] = inside >> r & 1u ? source + (rows->base[r] + move) : op->zeros;
                n++;
            }
        }
    return n;
}

/* The sums of one block of channels go to columns [first, first + n) of the target's rows: the first block's with the residual (which may stand
 * there), the others' added; behind the last come bias and activation. */
struct finish {
    size_t first, n;
    bool add, last;
};
/* One loop for each: with all in one, loads that a NULL must mask cost more than the tile. */
VECTOR static void finish(const struct tiles_op *op, const struct nn_args *args, const struct tile_rows *rows, float *restrict sum, const struct finish *to)
{
    bool dressed = to->last && !op->backward;
    const float *restrict bias = dressed && op->conv.bias ? (const float *)args->in[2] + to->first : NULL;
    const struct act_limits act = act_limits(dressed ? op->conv.act : NN_ACT_NONE);
    for (size_t r = 0; r < rows->n; r++) {
        size_t at = rows->target[r] * op->target.c + to->first;
        const float *residual = !to->add && !op->backward && op->conv.residual ? (const float *)args->in[3] + at : NULL;
        float *restrict row = sum + r * op->kernel->column_n, *y = (float *)args->out[0] + at;
        if (to->add)
            for (size_t i = 0; i < to->n; i++)
                row[i] += y[i];
        if (bias != NULL)
            for (size_t i = 0; i < to->n; i++)
                row[i] += bias[i];
        if (residual != NULL)
            for (size_t i = 0; i < to->n; i++)
                row[i] += residual[i];
        for (size_t i = 0; i < to->n; i++)
            y[i] = act_cut(row[i], act);
    }
}

static size_t block_width(const struct tiles_op *op, size_t block)
{
    size_t rest = op->source.c - block * op->block_c;
    return rest < op->block_c ? rest : op->block_c;
}

static bool part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)end, (void)err;
    const struct tiles_run *run = ctx;
    const struct tiles_op *op = run->op;
    const struct tile_kernel *kernel = op->kernel;
    const float *source = run->args->in[0], *packed = run->args->in[1];
    size_t first = begin / op->share_n * op->chunk_rows, last = first + op->chunk_rows < op->row_n ? first + op->chunk_rows : op->row_n;
    size_t panel_first = begin % op->share_n * op->panel_share;
    size_t panel_end = panel_first + op->panel_share < op->panel_n ? panel_first + op->panel_share : op->panel_n;
    struct tile_rows *rows = fast_worker_scratch(&op->op, run->scratch, worker);
    size_t tile_n = (last - first + kernel->row_n - 1) / kernel->row_n;
    for (size_t tile = 0; tile < tile_n; tile++) {
        size_t row = first + tile * kernel->row_n;
        find_rows(op, row, last - row < kernel->row_n ? last - row : kernel->row_n, &rows[tile]);
    }
    float sum[TILE_ROWS_MAX * TILE_COLUMNS_MAX] __attribute__((aligned(64)));
    struct tile_tap tap[PLACES_MAX];
    for (size_t block = 0; block < op->block_n; block++) {
        size_t c = block * op->block_c, width = block_width(op, block), line = op->place_n * kernel->column_n;
        for (size_t panel = panel_first; panel < panel_end; panel++) {
            const float *weights = packed + (c * op->panel_n + panel * width) * line;
            size_t column = panel * kernel->column_n, n = op->target.c - column < kernel->column_n ? op->target.c - column : kernel->column_n;
            const struct finish to = {column, n, block > 0, block + 1 == op->block_n};
            for (size_t tile = 0; tile < tile_n; tile++) {
                size_t tap_n = find_taps(op, &rows[tile], source + c, tap);
                for (size_t r = 0; r < rows[tile].n; r++) /* the sums' place, in the cache when they come */
                    for (size_t i = 0; i < n; i += CACHE_LINE)
                        __builtin_prefetch((float *)run->args->out[0] + rows[tile].target[r] * op->target.c + column + i, 1);
                kernel->taps(tap, tap_n, width, weights, sum);
                finish(op, run->args, &rows[tile], sum, &to);
            }
        }
    }
    return true;
}

static bool tiles(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    struct tiles_run run = {(const struct tiles_op *)made, args, scratch};
    return par_for(run.op->chunk_n * run.op->share_n, 1, part, &run, err);
}

/* A place that no target voxel sees: with large dilation on a small grid. */
static bool dead(const struct tiles_op *op, size_t axis, size_t k)
{
    const size_t n[3] = {op->target.z, op->target.y, op->target.x};
    for (size_t at = 0; at < n[axis]; at++) {
        ptrdiff_t to = (ptrdiff_t)(at * op->stride[axis]) + op->offset[axis][k];
        if (to >= 0 && to < (ptrdiff_t)op->side[axis])
            return false;
    }
    return true;
}

static size_t live_n(const struct tiles_op *op)
{
    size_t n = 1;
    for (size_t axis = 0; axis < 3; axis++) {
        size_t live = 0;
        for (size_t k = 0; k < op->conv.window.kernel[axis]; k++)
            live += !dead(op, axis, k);
        n *= live;
    }
    return n == 0 ? 1 : n;
}

struct pack_run {
    const struct tiles_op *op;
    const float *weights, *scale;
    float *packed;
};

static void pack_place(const struct pack_run *run, size_t panel, size_t place, size_t block)
{
    const struct tiles_op *op = run->op;
    const struct tile_kernel *kernel = op->kernel;
    size_t c = block * op->block_c, width = block_width(op, block), columns = kernel->column_n, first = panel * columns;
    size_t n = op->target.c - first < columns ? op->target.c - first : columns;
    float *to = run->packed + ((c * op->panel_n + panel * width) * op->place_n + place * width) * columns;
    /* From [out][in][place]: a step along the source's channels, a stride along the columns. */
    size_t along_in = op->place_n, along_out = op->conv.in.c * op->place_n;
    size_t step = op->backward ? along_out : along_in, stride = op->backward ? along_in : along_out;
    const float *scale = run->scale == NULL ? NULL : run->scale + (op->backward ? c : first);
    const struct tile_piece piece = {run->weights + first * stride + c * step + place, width, step, stride, n, scale, op->backward};
    tile_pack(kernel, &piece, to);
}

static void pack_panel(const struct pack_run *run, size_t panel, size_t block)
{
    const struct tiles_op *op = run->op;
    const size_t *kernel = op->conv.window.kernel;
    for (size_t kz = 0; kz < kernel[0]; kz++)
        for (size_t ky = 0; ky < kernel[1] && !dead(op, 0, kz); ky++)
            for (size_t kx = 0; kx < kernel[2] && !dead(op, 1, ky); kx++)
                if (!dead(op, 2, kx))
                    pack_place(run, panel, (kz * kernel[1] + ky) * kernel[2] + kx, block);
}

static bool pack_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct pack_run *run = ctx;
    for (size_t at = begin; at < end; at++)
        pack_panel(run, at / run->op->block_n, at % run->op->block_n);
    return true;
}

static bool pack(const struct nn_op *made, const float *weights, const float *scale, void *packed, struct err *err)
{
    const struct tiles_op *op = (const struct tiles_op *)made;
    struct pack_run run = {op, weights, scale, packed};
    return par_for(op->panel_n * op->block_n, 1, pack_part, &run, err);
}

static void close_tiles(struct nn_op *made)
{
    mem_free(((struct tiles_op *)made)->zeros);
}

bool conv_tiles_serve(const struct nn_backend *backend, const struct nn_conv *conv, bool backward)
{
    const struct nn_window *w = &conv->window;
    bool small = w->kernel[0] <= AXIS_MAX && w->kernel[1] <= AXIS_MAX && w->kernel[2] <= AXIS_MAX && w->kernel[0] * w->kernel[1] * w->kernel[2] <= PLACES_MAX;
    bool dense = w->stride[0] == 1 && w->stride[1] == 1 && w->stride[2] == 1;
    return backend->number == NN_F32 && conv->group_n == 1 && small && (dense || !backward) && tile_kernel() != NULL;
}

struct nn_op *conv_tiles(const struct nn_backend *backend, const struct nn_conv *conv, bool backward, struct err *err)
{
    struct tiles_op *op = fast_fits(&conv->in, err) && fast_fits(&conv->out, err) ? fast_op_new(sizeof *op, backend, "tiles", tiles, err) : NULL;
    if (op == NULL)
        return NULL;
    const struct nn_window *w = &conv->window;
    op->conv = *conv;
    op->kernel = tile_kernel();
    op->backward = backward;
    op->source = backward ? conv->out : conv->in;
    op->target = backward ? conv->in : conv->out;
    const size_t side[3] = {op->source.z, op->source.y, op->source.x};
    for (size_t axis = 0; axis < 3; axis++) {
        op->side[axis] = side[axis];
        op->stride[axis] = backward ? 1 : w->stride[axis];
        for (size_t k = 0; k < w->kernel[axis]; k++) {
            ptrdiff_t to = (ptrdiff_t)(k * w->dilation[axis]) - (ptrdiff_t)w->pad[axis];
            op->offset[axis][k] = backward ? -to : to;
        }
    }
    op->place_n = w->kernel[0] * w->kernel[1] * w->kernel[2];
    op->row_n = nn_shape_value_n(&op->target) / op->target.c;
    op->panel_n = (op->target.c + op->kernel->column_n - 1) / op->kernel->column_n;
    op->op.packed_n = op->panel_n * op->kernel->column_n * op->place_n * op->source.c * sizeof(float);
    op->block_c = PANEL_BYTES / sizeof(float) / op->kernel->column_n / live_n(op) / BLOCK_STEP * BLOCK_STEP;
    op->block_c = op->block_c < BLOCK_STEP ? BLOCK_STEP : op->block_c > op->source.c ? op->source.c : op->block_c;
    op->block_n = (op->source.c + op->block_c - 1) / op->block_c;
    size_t rows = CHUNK_BYTES / sizeof(float) / op->block_c + 1, eighth = (op->row_n + PARTS_WANTED - 1) / PARTS_WANTED;
    bool heavy = op->op.packed_n > HEAVY_BYTES; /* reading all weights again for a smaller chunk would cost too much */
    op->chunk_rows = rows > eighth && !heavy ? eighth : rows;
    op->chunk_rows = (op->chunk_rows + op->kernel->row_n - 1) / op->kernel->row_n * op->kernel->row_n;
    op->chunk_n = (op->row_n + op->chunk_rows - 1) / op->chunk_rows;
    op->op.worker_scratch = fast_round(op->chunk_rows / op->kernel->row_n * sizeof(struct tile_rows));
    size_t shares = (PARTS_WANTED + op->chunk_n - 1) / op->chunk_n;
    shares = shares > op->panel_n ? op->panel_n : shares;
    op->panel_share = (op->panel_n + shares - 1) / shares;
    op->share_n = (op->panel_n + op->panel_share - 1) / op->panel_share;
    op->op.pack = pack;
    op->op.close = close_tiles;
    op->zeros = mem_zero(op->source.c, sizeof *op->zeros, err);
    if (op->zeros != NULL)
        return &op->op;
    fast_op_free(&op->op);
    return NULL;
}
