/* Convolution forward, and backward to its input, by Winograd's fewer products (winograd.h): the points of the patches are multiplied by those of the
 * weights like the rows of a 1 x 1 convolution (tile.h), and summed over channels and over the window's places along z.
 *
 * Where weights are light, a part is some lines of tiles of one image, through all its planes: its points stay in a level-2 cache while panels of
 * weights pass by. Where they are heavy, all images' points are made first, and a part is some panels of one point of all: each weight is read once. */
#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/rows.h"
#include "nn/tile.h"
#include "nn/winograd.h"

enum { SIDE = WINOGRAD_SIDE, WINDOW = WINOGRAD_WINDOW, PLACES_MAX = WINOGRAD_PLACES_MAX, POINT_BYTES = 1 << 19, PARTS_WANTED = 8,
       APART = 16 /* values: points do not share a set of the cache */, PACK_CHANNELS = 16, HEAVY_BYTES = 1 << 21, SHARES = 4 /* of a point's panels */,
       AT_ONCE_MAX = 1 << 26, LINES_MAX = 1 << 24 /* bytes */ };

struct winograd_op {
    struct nn_op op;
    struct nn_conv conv;
    const struct tile_kernel *kernel;
    struct nn_shape source, target;
    bool backward;
    struct winograd tiles;
    ptrdiff_t z_offset[PLACES_MAX]; /* of the tiles' places */
    ptrdiff_t start[2];             /* the first voxel that an output sees, from its own place */
    size_t panel_n;
    bool at_once;                   /* all images, a point at a time */
    size_t panel_share, share_n;    /* then panels a part; parts a point */
    size_t line_n, chunk_n;         /* else lines of tiles a part; parts an image */
    size_t taps_bytes;
    float *zeros;                   /* a source row in the padding */
};

struct winograd_run {
    const struct winograd_op *op;
    const struct nn_args *args;
    void *scratch;
};

/* What the sums become, and where they go. */
struct winograd_target {
    float *y[SIDE];              /* a row of each output; NULL: outside */
    const float *residual[SIDE];
    const float *bias;
    struct act_limits act;
    bool add;                    /* a residual */
};

VECTOR static void winograd_finish(float *restrict out, size_t n, const struct winograd_target *to)
{
    for (size_t k = 0; k < SIDE; k++) {
        float *restrict row = out + k * n, *y = to->y[k];
        if (y == NULL)
            continue;
        if (to->bias != NULL)
            for (size_t i = 0; i < n; i++)
                row[i] += to->bias[i];
        if (to->add)
            for (size_t i = 0; i < n; i++)
                row[i] += to->residual[k][i];
        for (size_t i = 0; i < n; i++)
            y[i] = act_cut(row[i], to->act);
    }
}

/* Some images and lines of tiles, with their points and sums. Rows: image by image, plane by plane, line by line, tile by tile. */
struct region {
    size_t image, image_n, line, line_n;
    size_t plane;                  /* rows a plane */
    size_t point_apart, sum_apart; /* values between points; sum_apart also between a point's sums in a panel */
    float *point, *sum;
};

static size_t source_rows(const struct winograd_op *op, const struct region *region)
{
    return region->image_n * op->source.z * region->plane;
}

static size_t target_rows(const struct winograd_op *op, const struct region *region)
{
    return region->image_n * op->target.z * region->plane;
}

/* A tile's rows at one place along z: which rows of the points they read. */
struct winograd_tap {
    size_t row[TILE_ROWS_MAX]; /* SIZE_MAX: in the padding */
    size_t place;
};
struct winograd_taps {
    struct winograd_tap tap[PLACES_MAX];
    size_t n;
};

static struct region region_of(const struct winograd_op *op, size_t image, size_t image_n, size_t line, void *memory)
{
    struct region region = {.image = image, .image_n = image_n, .line = line};
    size_t rest = op->tiles.tile_n[0] - line;
    region.line_n = rest < op->line_n ? rest : op->line_n;
    region.plane = region.line_n * op->tiles.tile_n[1];
    region.point_apart = source_rows(op, &region) * op->source.c + APART;
    region.sum_apart = (target_rows(op, &region) + op->kernel->row_n) * op->kernel->column_n + APART;
    region.point = memory;
    region.sum = region.point + op->tiles.point_n * region.point_apart;
    return region;
}

/* Values of the points and of `panel_n` panels' sums. */
static size_t region_values(const struct winograd_op *op, size_t image_n, size_t panel_n)
{
    const struct region region = region_of(op, 0, image_n, 0, NULL);
    return op->tiles.point_n * (region.point_apart + panel_n * region.sum_apart);
}

static size_t tile_count(const struct winograd_op *op, const struct region *region)
{
    return (target_rows(op, region) + op->kernel->row_n - 1) / op->kernel->row_n;
}

static void find_points(const struct winograd_op *op, const struct region *region, size_t plane, const float *source)
{
    const struct nn_shape *s = &op->source;
    const size_t *d = op->tiles.dilation;
    source += (region->image * s->z + plane) * s->y * s->x * s->c;
    for (size_t tile = 0; tile < region->plane; tile++) {
        ptrdiff_t y0 = (ptrdiff_t)winograd_first(&op->tiles, 0, region->line + tile / op->tiles.tile_n[1]) + op->start[0];
        ptrdiff_t x0 = (ptrdiff_t)winograd_first(&op->tiles, 1, tile % op->tiles.tile_n[1]) + op->start[1];
        const float *patch[WINOGRAD_POINTS_MAX];
        for (size_t j = 0; j < SIDE; j++)
            for (size_t i = 0; i < SIDE; i++) {
                ptrdiff_t y = y0 + (ptrdiff_t)(j * d[0]), x = x0 + (ptrdiff_t)(i * d[1]);
                bool inside = y >= 0 && y < (ptrdiff_t)s->y && x >= 0 && x < (ptrdiff_t)s->x;
                patch[j * SIDE + i] = inside ? source + ((size_t)y * s->x + (size_t)x) * s->c : op->zeros;
            }
        winograd_points(&op->tiles, patch, s->c, region->point + (plane * region->plane + tile) * s->c, region->point_apart);
    }
}

static void find_taps(const struct winograd_op *op, const struct region *region, struct winograd_taps *taps)
{
    size_t row_n = target_rows(op, region), tile_n = tile_count(op, region);
    for (size_t tile = 0; tile < tile_n; tile++) {
        struct winograd_taps *at = &taps[tile];
        at->n = 0;
        for (size_t place = 0; place < op->tiles.place_n; place++) {
            struct winograd_tap *tap = &at->tap[at->n];
            bool any = false;
            tap->place = place;
            for (size_t r = 0; r < op->kernel->row_n; r++) {
                size_t row = tile * op->kernel->row_n + r, plane = (row < row_n ? row : row_n - 1) / region->plane;
                ptrdiff_t z = (ptrdiff_t)(plane % op->target.z) + op->z_offset[place];
                bool inside = row < row_n && z >= 0 && z < (ptrdiff_t)op->source.z;
                tap->row[r] = inside ? (plane / op->target.z * op->source.z + (size_t)z) * region->plane + row % region->plane : SIZE_MAX;
                any = any || inside;
            }
            at->n += any;
        }
    }
}

/* packed[panel][point][place][channel][column]: values between points, which must not share a set of the cache either. */
static size_t packed_apart(const struct winograd_op *op)
{
    return op->tiles.place_n * op->source.c * op->kernel->column_n + APART;
}

/* A panel's sums at one point. */
static void multiply(const struct winograd_op *op, const struct region *region, const struct winograd_taps *taps, size_t k, const float *panel, float *sum)
{
    const struct tile_kernel *kernel = op->kernel;
    const float *point = region->point + k * region->point_apart;
    size_t c = op->source.c, tile_n = tile_count(op, region);
    for (size_t tile = 0; tile < tile_n; tile++) {
        struct tile_tap tap[PLACES_MAX];
        for (size_t i = 0; i < taps[tile].n; i++) {
            const struct winograd_tap *from = &taps[tile].tap[i];
            tap[i].place = from->place;
            for (size_t r = 0; r < kernel->row_n; r++)
                tap[i].row[r] = from->row[r] == SIZE_MAX ? op->zeros : point + from->row[r] * c;
        }
        kernel->taps(tap, taps[tile].n, c, panel + k * packed_apart(op), sum + k * region->sum_apart + tile * kernel->row_n * kernel->column_n);
    }
}

static void put(const struct winograd_op *op, const struct region *region, size_t plane, const float *sum, size_t column, const struct nn_args *args)
{
    const struct nn_shape *t = &op->target;
    const size_t *d = op->tiles.dilation;
    size_t n = t->c - column < op->kernel->column_n ? t->c - column : op->kernel->column_n;
    struct winograd_target to = {.act = act_limits(op->backward ? NN_ACT_NONE : op->conv.act), .add = !op->backward && op->conv.residual,
                                 .bias = !op->backward && op->conv.bias ? (const float *)args->in[2] + column : NULL};
    float out[SIDE * TILE_COLUMNS_MAX];
    for (size_t tile = 0; tile < region->plane; tile++) {
        size_t y0 = winograd_first(&op->tiles, 0, region->line + tile / op->tiles.tile_n[1]), x0 = winograd_first(&op->tiles, 1, tile % op->tiles.tile_n[1]);
        for (size_t k = 0; k < SIDE; k++) {
            size_t y = y0 + k / 2 * d[0], x = x0 + k % 2 * d[1], at = (((region->image * t->z + plane) * t->y + y) * t->x + x) * t->c + column;
            to.y[k] = y < t->y && x < t->x ? (float *)args->out[0] + at : NULL;
            to.residual[k] = to.add ? (const float *)args->in[3] + at : NULL;
        }
        winograd_outputs(&op->tiles, sum + (plane * region->plane + tile) * op->kernel->column_n, region->sum_apart, n, out);
        winograd_finish(out, n, &to);
    }
}

static const float *panel_weights(const struct winograd_run *run, size_t panel)
{
    return (const float *)run->args->in[1] + panel * run->op->tiles.point_n * packed_apart(run->op);
}

/* ---- some lines of one image at a time ---- */

static bool lines_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)end, (void)err;
    const struct winograd_run *run = ctx;
    const struct winograd_op *op = run->op;
    struct winograd_taps *taps = fast_worker_scratch(&op->op, run->scratch, worker);
    const struct region region = region_of(op, begin / op->chunk_n, 1, begin % op->chunk_n * op->line_n, (char *)taps + op->taps_bytes);
    find_taps(op, &region, taps);
    for (size_t plane = 0; plane < op->source.z; plane++)
        find_points(op, &region, plane, run->args->in[0]);
    for (size_t panel = 0; panel < op->panel_n; panel++) {
        for (size_t k = 0; k < op->tiles.point_n; k++)
            multiply(op, &region, taps, k, panel_weights(run, panel), region.sum);
        for (size_t plane = 0; plane < op->target.z; plane++)
            put(op, &region, plane, region.sum, panel * op->kernel->column_n, run->args);
    }
    return true;
}

/* ---- all images at once, a point at a time: heavy weights are read once ---- */

static struct region everything(const struct winograd_run *run)
{
    return region_of(run->op, 0, run->op->target.n, 0, run->scratch);
}

static bool points_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct winograd_run *run = ctx;
    const struct region region = everything(run);
    for (; begin < end; begin++)
        find_points(run->op, &region, begin, run->args->in[0]);
    return true;
}

static bool sums_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)end, (void)err;
    const struct winograd_run *run = ctx;
    const struct winograd_op *op = run->op;
    const struct region region = everything(run);
    struct winograd_taps *taps = fast_worker_scratch(&op->op, run->scratch, worker);
    size_t first = begin % op->share_n * op->panel_share, last = first + op->panel_share < op->panel_n ? first + op->panel_share : op->panel_n;
    find_taps(op, &region, taps);
    for (size_t panel = first; panel < last; panel++)
        multiply(op, &region, taps, begin / op->share_n, panel_weights(run, panel), region.sum + panel * op->tiles.point_n * region.sum_apart);
    return true;
}

static bool outputs_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct winograd_run *run = ctx;
    const struct winograd_op *op = run->op;
    const struct region region = everything(run);
    for (; begin < end; begin++)
        for (size_t panel = 0; panel < op->panel_n; panel++)
            put(op, &region, begin, region.sum + panel * op->tiles.point_n * region.sum_apart, panel * op->kernel->column_n, run->args);
    return true;
}

static bool winograd(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    struct winograd_run run = {(const struct winograd_op *)made, args, scratch};
    size_t image_n = run.op->target.n;
    if (run.op->at_once)
        return par_for(image_n * run.op->source.z, 1, points_part, &run, err) && par_for(run.op->tiles.point_n * run.op->share_n, 1, sums_part, &run, err) &&
               par_for(image_n * run.op->target.z, 1, outputs_part, &run, err);
    return par_for(image_n * run.op->chunk_n, 1, lines_part, &run, err);
}

/* ---- weights ---- */

struct pack_run {
    const struct winograd_op *op;
    const float *weights, *scale;
    float *packed;
};

/* Channels [first, first + n) of the source at one place along z, for one panel. */
static void pack_block(const struct pack_run *run, size_t panel, size_t place, size_t first, size_t n)
{
    const struct winograd_op *op = run->op;
    size_t columns = op->kernel->column_n, column = panel * columns, have = op->target.c - column < columns ? op->target.c - column : columns;
    size_t window = WINDOW * WINDOW, along_in = op->conv.window.kernel[0] * window, along_out = op->conv.in.c * along_in;
    size_t step = op->backward ? along_out : along_in, stride = op->backward ? along_in : along_out;
    size_t line = op->source.c * columns, apart = packed_apart(op);
    const float *scale = run->scale == NULL ? NULL : run->scale + (op->backward ? first : column);
    const float *from = run->weights + first * step + column * stride + op->tiles.place[place] * window;
    float turned[WINDOW * WINDOW * PACK_CHANNELS * TILE_COLUMNS_MAX];
    for (size_t k = 0; k < window; k++) {
        const struct tile_piece piece = {from + (op->backward ? window - 1 - k : k), n, step, stride, have, scale, op->backward};
        tile_pack(op->kernel, &piece, turned + k * n * columns);
    }
    winograd_window_points(&op->tiles, turned, n * columns, run->packed + panel * op->tiles.point_n * apart + place * line + first * columns, apart);
}

static bool pack_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct pack_run *run = ctx;
    size_t c = run->op->source.c;
    for (size_t at = begin; at < end; at++)
        for (size_t first = 0; first < c; first += PACK_CHANNELS)
            pack_block(run, at / run->op->tiles.place_n, at % run->op->tiles.place_n, first, c - first < PACK_CHANNELS ? c - first : PACK_CHANNELS);
    return true;
}

static bool pack(const struct nn_op *made, const float *weights, const float *scale, void *packed, struct err *err)
{
    const struct winograd_op *op = (const struct winograd_op *)made;
    struct pack_run run = {op, weights, scale, packed};
    return par_for(op->panel_n * op->tiles.place_n, 1, pack_part, &run, err);
}

/* ---- making one ---- */

static void close_winograd(struct nn_op *made)
{
    mem_free(((struct winograd_op *)made)->zeros);
}

static void choose_parts(struct winograd_op *op)
{
    size_t image_n = op->source.n, tile_n = op->tiles.tile_n[0];
    op->line_n = tile_n;
    op->at_once = op->op.packed_n > HEAVY_BYTES && region_values(op, image_n, op->panel_n) <= AT_ONCE_MAX / sizeof(float);
    if (!op->at_once) {
        size_t lines = POINT_BYTES / sizeof(float) / op->tiles.point_n / (op->source.c * op->source.z * op->tiles.tile_n[1]);
        size_t shares = (PARTS_WANTED + image_n - 1) / image_n, share = (tile_n + shares - 1) / shares;
        op->line_n = lines > share ? share : lines < 1 ? 1 : lines;
    }
    op->chunk_n = (tile_n + op->line_n - 1) / op->line_n;
    op->panel_share = (op->panel_n + SHARES - 1) / SHARES;
    op->share_n = (op->panel_n + op->panel_share - 1) / op->panel_share;
    const struct region region = region_of(op, 0, op->at_once ? image_n : 1, 0, NULL);
    op->taps_bytes = fast_round(tile_count(op, &region) * sizeof(struct winograd_taps));
    op->op.worker_scratch = op->taps_bytes + (op->at_once ? 0 : fast_round(region_values(op, 1, 1) * sizeof(float)));
    op->op.shared_scratch = op->at_once ? fast_round(region_values(op, image_n, op->panel_n) * sizeof(float)) : 0;
}

/* All but what is allocated. */
static void settle(struct winograd_op *op, const struct nn_conv *conv, bool backward)
{
    const struct nn_window *w = &conv->window;
    op->conv = *conv;
    op->kernel = tile_kernel();
    op->backward = backward;
    op->source = backward ? conv->out : conv->in;
    op->target = backward ? conv->in : conv->out;
    op->tiles = winograd_of(conv, backward);
    for (size_t k = 0; k < op->tiles.place_n; k++) {
        ptrdiff_t to = (ptrdiff_t)(op->tiles.place[k] * w->dilation[0]) - (ptrdiff_t)w->pad[0];
        op->z_offset[k] = backward ? -to : to;
    }
    for (size_t axis = 0; axis < 2; axis++) {
        ptrdiff_t pad = (ptrdiff_t)w->pad[axis + 1], reach = (ptrdiff_t)((WINDOW - 1) * w->dilation[axis + 1]);
        op->start[axis] = backward ? pad - reach : -pad;
    }
    op->panel_n = (op->target.c + op->kernel->column_n - 1) / op->kernel->column_n;
    op->op.packed_n = op->panel_n * op->tiles.point_n * packed_apart(op) * sizeof(float);
    choose_parts(op);
}

bool conv_winograd_serves(const struct nn_backend *backend, const struct nn_conv *conv, bool backward)
{
    struct winograd_op op = {.at_once = false};
    if (!winograd_serves(backend, conv) || tile_kernel() == NULL)
        return false;
    settle(&op, conv, backward);
    return op.op.worker_scratch <= LINES_MAX;
}

struct nn_op *conv_winograd(const struct nn_backend *backend, const struct nn_conv *conv, bool backward, struct err *err)
{
    struct winograd_op *op = fast_fits(&conv->in, err) && fast_fits(&conv->out, err) ? fast_op_new(sizeof *op, backend, "winograd", winograd, err) : NULL;
    if (op == NULL)
        return NULL;
    settle(op, conv, backward);
    op->op.pack = pack;
    op->op.close = close_winograd;
    op->zeros = mem_zero(op->source.c, sizeof *op->zeros, err);
    if (op->zeros != NULL)
        return &op->op;
    fast_op_free(&op->op);
    return NULL;
}
