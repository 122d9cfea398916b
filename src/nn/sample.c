/* Samples out of crops; see sample.h.
 *
 * Why this is fast: a crop keeps the channels of a voxel side by side, four int16 to a group, so that one trilinear weight serves a
 * vector of four channels and no gather is needed; the weights of a row come from three float lines (start + x * step) that the
 * compiler vectorises; all geometry is one pass, and without blur a row goes from the crop to the output while it is in
 * the first-level cache. Vectors are the compilers' own (GCC, clang), 128 bits, so every x86-64 and ARM runs the same code to the same bytes. */
#include "nn/sample.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "nn/crop_place.h"

typedef float vector __attribute__((vector_size(16)));
typedef int32_t vector_i32 __attribute__((vector_size(16)));
typedef int16_t vector_i16 __attribute__((vector_size(8)));
typedef int16_t vector_i16_8 __attribute__((vector_size(16)));

enum { ROW_MOST = 512, GROUP_MOST = 2 * CROP_PHASE_MAX / 4, BLUR_MOST = 9 };

const struct sample_settings SAMPLE_DEFAULT = {.mask_channel = true, .amplitude = 1};

static size_t channel_n(size_t phase_n, size_t mask_n, const struct sample_settings *settings)
{
    return phase_n + (settings->mask_channel ? mask_n : 0);
}

struct sample_shape sample_shape(const struct crop *crop, const struct sample_settings *settings)
{
    size_t c = channel_n(crop->phase_n, crop->mask_n, settings);
    bool stacked = crop->view == CROP_25D;
    return (struct sample_shape){.z = stacked ? 1 : crop->size[2], .y = crop->size[1], .x = crop->size[0], .c = stacked ? c * crop->size[2] : c};
}

struct sample_shape sample_shape_of_settings(const struct crop_settings *crop, const struct sample_settings *settings)
{
    struct crop like = {.view = crop->view, .phase_n = crop->phase_n, .mask_n = crop->mask_n};
    crop_size(crop, like.size, like.margin);
    return sample_shape(&like, settings);
}

size_t sample_value_n(const struct sample_shape *shape)
{
    return shape->z * shape->y * shape->x * shape->c;
}

static vector pick(vector_i32 which, vector yes, vector no)
{
    return (vector)((which & (vector_i32)yes) | (~which & (vector_i32)no));
}

/* What a fill needs of the crop and the plan, made once. */
struct reader {
    const int16_t *voxels;
    size_t group_n;          /* groups of four lanes a voxel */
    int32_t stride[3];       /* int16s to the next voxel along x, y, z */
    int32_t to_next[3];      /* the same, 0 along an axis of one voxel */
    int32_t cell_last[3];    /* last voxel that has a right neighbour, or 0 */
    float last[3];           /* last voxel */
    double turn[3][3], start[3]; /* crop index = start + turn * output index */
    vector outside[GROUP_MOST];  /* what is read beyond the crop */
};

static struct reader reader_make(const struct crop *crop, size_t input, const struct augment_plan *plan)
{
    struct reader reader = {.voxels = crop->voxels, .group_n = crop->lane_n / 4};
    int32_t stride = (int32_t)crop->lane_n;
    for (int a = 0; a < 3; a++) {
        size_t n = crop->grid.n[a];
        reader.stride[a] = stride;
        reader.to_next[a] = n > 1 ? stride : 0;
        reader.cell_last[a] = n > 1 ? (int32_t)n - 2 : 0;
        reader.last[a] = (float)(n - 1);
        stride *= (int32_t)n;
        double center = a == 2 && crop_view_is_flat(crop->view) ? (double)crop->plane[input] : (double)(n - 1) / 2;
        reader.start[a] = center + plan->shift[a];
        for (int b = 0; b < 3; b++) {
            reader.turn[a][b] = plan->turn[a][b];
            reader.start[a] -= plan->turn[a][b] * (double)(crop->size[b] - 1) / 2;
        }
    }
    for (size_t lane = 0; lane < crop->lane_n; lane++)
        reader.outside[lane / 4][lane % 4] = lane < crop->phase_n ? (float)lrint(crop->low[lane]) : CROP_DISTANCE_REACH * CROP_DISTANCE_UNIT;
    return reader;
}

/* Along axis a: the voxel below x's position and the share of the next; `in` stays -1 where the position lies in the outer voxels. */
static void split_positions(const struct reader *reader, int a, float start, float step, size_t n, int32_t *restrict offset, float *restrict share,
                            int32_t *restrict in)
{
    float last = reader->last[a];
    int32_t stride = reader->stride[a], cell_last = reader->cell_last[a];
    for (size_t x = 0; x < n; x++) {
        float at = start + step * (float)(int32_t)x;
        int32_t inside = -(int32_t)((at >= -0.5f) & (at <= last + 0.5f));
        at = at > 0 ? at : 0;
        at = at < last ? at : last;
        int32_t cell = (int32_t)at;
        cell = cell < cell_last ? cell : cell_last;
        share[x] = at - (float)cell;
        offset[x] += cell * stride;
        in[x] &= inside;
    }
}

static vector load(const int16_t *voxel)
{
    vector_i16 four;
    memcpy(&four, voxel, sizeof four);
    /* Each int16 into the upper half of an int32, and down again for its sign: two instructions where a conversion would be twelve. */
    vector_i16_8 twice = __builtin_shufflevector(four, four, 0, 0, 1, 1, 2, 2, 3, 3);
    return __builtin_convertvector((vector_i32)twice >> 16, vector);
}

static vector between(vector a, vector b, float share)
{
    return a + share * (b - a);
}

/* One output row: values[x * group_n + group] of four lanes each, in HU and distance units. */
static void read_row(const struct reader *reader, size_t y, size_t z, size_t n, vector *values)
{
    int32_t offset[ROW_MOST], in[ROW_MOST];
    float share[3][ROW_MOST];
    memset(offset, 0, n * sizeof *offset);
    memset(in, -1, n * sizeof *in);
    for (int a = 0; a < 3; a++)
        split_positions(reader, a, (float)(reader->start[a] + reader->turn[a][1] * (double)y + reader->turn[a][2] * (double)z),
                        (float)reader->turn[a][0], n, offset, share[a], in);
    int32_t dx = reader->to_next[0], dy = reader->to_next[1], dz = reader->to_next[2];
    for (size_t x = 0; x < n; x++)
        for (size_t g = 0; g < reader->group_n; g++) {
            const int16_t *near = reader->voxels + offset[x] + 4 * g, *far = near + dz;
            float sx = share[0][x], sy = share[1][x], sz = share[2][x];
            vector lower = between(between(load(near), load(near + dx), sx), between(load(near + dy), load(near + dx + dy), sx), sy);
            vector upper = between(between(load(far), load(far + dx), sx), between(load(far + dy), load(far + dx + dy), sx), sy);
            vector_i32 inside = {in[x], in[x], in[x], in[x]};
            values[x * reader->group_n + g] = pick(inside, between(lower, upper, sz), reader->outside[g]);
        }
}

/* HU and distances to the network's numbers. */
struct finisher {
    size_t phase_n, lane_n, channel_n, pixel; /* pixel: floats from one output voxel to the next along x */
    vector times[GROUP_MOST], plus[GROUP_MOST], noise[GROUP_MOST]; /* phases: value * times + plus + noise * normal */
    vector low[GROUP_MOST];                   /* phases: at or below, the lowest value */
    vector most, mask_below;                  /* the amplitude; masks: 1 where the distance is below */
    vector_i32 is_phase[GROUP_MOST];
    bool noisy;
    struct rng *rng;
};

/* Grown by a ball of radius r: voxels at distance <= r outside; shrunk: those at distance > r inside. Distances are whole units. */
static float mask_limit(float jitter_voxels)
{
    float limit = jitter_voxels * CROP_DISTANCE_UNIT;
    return limit > 0 ? limit + 0.5f : limit < 0 ? limit - 0.5f : 0;
}

static struct finisher finisher_make(const struct crop *crop, const struct sample_settings *settings, const struct augment_plan *plan, struct rng *rng)
{
    struct sample_shape shape = sample_shape(crop, settings);
    float most = (float)settings->amplitude, limit = mask_limit(plan->jitter_voxels);
    struct finisher f = {.phase_n = crop->phase_n, .lane_n = crop->lane_n, .channel_n = channel_n(crop->phase_n, crop->mask_n, settings),
                         .pixel = shape.c, .most = {most, most, most, most}, .mask_below = {limit, limit, limit, limit},
                         .noisy = plan->noise_hu > 0, .rng = rng};
    for (size_t p = 0; p < crop->phase_n; p++) {
        double middle = (crop->low[p] + crop->high[p]) / 2, unit = settings->amplitude / ((crop->high[p] - crop->low[p]) / 2);
        bool dropped = plan->dropped[p];
        f.times[p / 4][p % 4] = dropped ? 0 : (float)(unit * (double)plan->gain[p]);
        f.plus[p / 4][p % 4] = dropped ? -most : (float)(unit * ((double)plan->offset_hu[p] - middle * (double)plan->gain[p]));
        f.noise[p / 4][p % 4] = dropped ? 0 : (float)(unit * (double)plan->noise_hu);
        f.low[p / 4][p % 4] = (float)crop->low[p];
        f.is_phase[p / 4][p % 4] = -1;
    }
    return f;
}

/* Close to a standard normal, and quick: the sum of four uniform bytes (Irwin and Hall), which ends at 3.45. */
static float quick_normal(struct rng *rng)
{
    uint32_t u = rng_u32(rng);
    int32_t sum = (int32_t)((u & 255) + (u >> 8 & 255) + (u >> 16 & 255) + (u >> 24));
    return (float)(sum - 510) * (1 / 147.80054127f);
}

static void add_noise(const struct finisher *f, size_t n, vector *values, vector *noise)
{
    size_t group_n = f->lane_n / 4;
    memset(noise, 0, n * group_n * sizeof *noise);
    for (size_t x = 0; x < n; x++)
        for (size_t p = 0; p < f->phase_n; p++)
            noise[x * group_n + p / 4][p % 4] = quick_normal(f->rng);
    for (size_t i = 0; i < n * group_n; i++)
        values[i] += noise[i] * f->noise[i % group_n];
}

static inline __attribute__((always_inline)) void copy_channels(const vector *values, size_t n, size_t lane_n, size_t channels, size_t pixel, float *out)
{
    const float *from = (const float *)values;
    for (size_t x = 0; x < n; x++)
        for (size_t c = 0; c < channels; c++)
            out[x * pixel + c] = from[x * lane_n + c];
}

static void finish_row(const struct finisher *f, size_t n, const vector *values, float *out)
{
    vector result[ROW_MOST * GROUP_MOST], noise[ROW_MOST * GROUP_MOST];
    size_t group_n = f->lane_n / 4;
    const vector one = {1, 1, 1, 1}, zero = {0, 0, 0, 0};
    for (size_t x = 0; x < n; x++)
        for (size_t g = 0; g < group_n; g++)
            result[x * group_n + g] = values[x * group_n + g] * f->times[g] + f->plus[g];
    if (f->noisy)
        add_noise(f, n, result, noise);
    for (size_t x = 0; x < n; x++)
        for (size_t g = 0; g < group_n; g++) {
            vector hu = values[x * group_n + g], phase = result[x * group_n + g];
            phase = pick((vector_i32)(phase > f->most), f->most, phase);
            phase = pick((vector_i32)((phase < -f->most) | (hu <= f->low[g])), -f->most, phase);
            result[x * group_n + g] = pick(f->is_phase[g], phase, pick((vector_i32)(hu < f->mask_below), one, zero));
        }
    switch (f->channel_n) { /* constants let the compiler unroll */
    case 1:
        copy_channels(result, n, f->lane_n, 1, f->pixel, out);
        break;
    case 2:
        copy_channels(result, n, f->lane_n, 2, f->pixel, out);
        break;
    case 3:
        copy_channels(result, n, f->lane_n, 3, f->pixel, out);
        break;
    default:
        copy_channels(result, n, f->lane_n, f->channel_n, f->pixel, out);
    }
}

/* Gaussian along the middle axis of values[outer][n][inner], phases alone; at the ends the last voxel goes on. `scratch`: n * inner. */
static void blur_along(const struct finisher *f, size_t outer, size_t n, size_t inner, float sigma, vector *values, vector *scratch)
{
    float weight[BLUR_MOST + 1], sum = 0;
    int reach = (int)fminf(ceilf(3 * sigma), BLUR_MOST);
    size_t group_n = f->lane_n / 4;
    for (int k = 0; k <= reach; k++) {
        weight[k] = expf(-(float)(k * k) / (2 * sigma * sigma));
        sum += k == 0 ? weight[k] : 2 * weight[k];
    }
    for (size_t o = 0; o < outer; o++) {
        vector *block = values + o * n * inner;
        memcpy(scratch, block, n * inner * sizeof *scratch);
        for (ptrdiff_t i = 0; i < (ptrdiff_t)n; i++)
            for (size_t k = 0; k < inner; k++) {
                vector total = {0, 0, 0, 0};
                for (int j = -reach; j <= reach; j++) {
                    ptrdiff_t from = i + j < 0 ? 0 : i + j >= (ptrdiff_t)n ? (ptrdiff_t)n - 1 : i + j;
                    total += scratch[(size_t)from * inner + k] * (weight[j < 0 ? -j : j] / sum);
                }
                vector *to = block + (size_t)i * inner + k;
                *to = pick(f->is_phase[k % group_n], total, *to);
            }
    }
}

/* Everything is read before anything is finished, since blur needs neighbours. */
static bool fill_blurred(const struct reader *reader, const struct finisher *finisher, const size_t size[3], bool solid, float sigma, size_t row,
                         size_t plane, float *out, struct err *err)
{
    size_t line = size[0] * reader->group_n, slice = line * size[1], total = slice * size[2];
    vector *values = mem_alloc(total, sizeof *values, err), *scratch = values == NULL ? NULL : mem_alloc(total, sizeof *scratch, err);
    if (scratch != NULL) {
        for (size_t z = 0; z < size[2]; z++)
            for (size_t y = 0; y < size[1]; y++)
                read_row(reader, y, z, size[0], values + z * slice + y * line);
        blur_along(finisher, size[2] * size[1], size[0], reader->group_n, sigma, values, scratch);
        blur_along(finisher, size[2], size[1], line, sigma, values, scratch);
        if (solid)
            blur_along(finisher, 1, size[2], slice, sigma, values, scratch);
        for (size_t z = 0; z < size[2]; z++)
            for (size_t y = 0; y < size[1]; y++)
                finish_row(finisher, size[0], values + z * slice + y * line, out + z * plane + y * row);
    }
    mem_free(values);
    mem_free(scratch);
    return scratch != NULL;
}

/* Phase by phase, in 2.5-D slice by slice: minus the mean over its mask, times the mask; an empty mask leaves 0. */
static void center(const struct crop *crop, const struct sample_shape *shape, size_t channels, float *out)
{
    size_t voxel_n = shape->z * shape->y * shape->x, slab_n = shape->c / channels;
    for (size_t slab = 0; slab < slab_n; slab++)
        for (size_t p = 0; p < crop->phase_n; p++) {
            float *phase = out + slab * channels + p, *mask = out + slab * channels + crop->phase_n + (crop->mask_n == 1 ? 0 : p);
            double sum = 0, weight = 0;
            for (size_t i = 0; i < voxel_n; i++) {
                sum += (double)(phase[i * shape->c] * mask[i * shape->c]);
                weight += (double)mask[i * shape->c];
            }
            float mean = weight > 0 ? (float)(sum / weight) : 0;
            for (size_t i = 0; i < voxel_n; i++)
                phase[i * shape->c] = (phase[i * shape->c] - mean) * mask[i * shape->c];
        }
}

static bool fill_windowed(const struct crop *crop, const struct sample_settings *settings, size_t input, const struct augment_plan *plan,
                          struct rng *rng, float *out, struct err *err)
{
    assert(input < crop->input_n && crop->size[0] <= ROW_MOST && settings->amplitude > 0);
    struct sample_shape shape = sample_shape(crop, settings);
    struct reader reader = reader_make(crop, input, plan);
    struct finisher finisher = finisher_make(crop, settings, plan, rng);
    /* 2.5-D: slices are channels of the same row. */
    size_t row = shape.x * shape.c, plane = crop->view == CROP_25D ? finisher.channel_n : row * shape.y;
    if (plan->blur_voxels > 0)
        return fill_blurred(&reader, &finisher, crop->size, crop->view == CROP_3D, plan->blur_voxels, row, plane, out, err);
    vector values[ROW_MOST * GROUP_MOST];
    for (size_t z = 0; z < crop->size[2]; z++)
        for (size_t y = 0; y < crop->size[1]; y++) {
            read_row(&reader, y, z, crop->size[0], values);
            finish_row(&finisher, crop->size[0], values, out + z * plane + y * row);
        }
    return true;
}

bool sample_fill_plan(const struct crop *crop, const struct sample_settings *settings, size_t input, const struct augment_plan *plan,
                      struct rng *rng, float *out, struct err *err)
{
    if (!fill_windowed(crop, settings, input, plan, rng, out, err))
        return false;
    if (settings->values == SAMPLE_CENTRED) {
        assert(settings->mask_channel && crop->mask_n > 0);
        struct sample_shape shape = sample_shape(crop, settings);
        center(crop, &shape, channel_n(crop->phase_n, crop->mask_n, settings), out);
    }
    return true;
}

bool sample_fill(const struct crop *crop, const struct sample_settings *settings, size_t input, const struct augment *augment, struct rng *rng,
                 float *out, struct err *err)
{
    struct augment_plan plan = augment == NULL ? augment_identity() : augment_draw(augment, crop, rng);
    return sample_fill_plan(crop, settings, input, &plan, rng, out, err);
}
