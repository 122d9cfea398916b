/* Maps of a score; see scoremap.h. */
#include "study/scoremap.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/gradcam.h"
#include "nn/mirror.h"
#include "nn/occlusion.h"
#include "num/rank.h"
#include "num/sum.h"
#include "study/scoring.h"

const char *scoremap_method_name(enum scoremap_method method)
{
    return method == SCOREMAP_GRADCAM ? "Grad-CAM" : "occlusion";
}

void scoremap_free(struct scoremap *map)
{
    mem_free(map->map);
    *map = (struct scoremap){.map = NULL};
}

/* ---- by Grad-CAM ---- */

/* The values of a net that was initialised anew. */
static float *random_values(const struct net *net, uint64_t seed, size_t k, struct err *err)
{
    struct net other = *net;
    other.value = mem_zero(net->value_n, sizeof *other.value, err);
    if (other.value != NULL)
        net_initialise(&other, rng_seed(seed, "scoremap.random", k, 0));
    return other.value;
}

/* What the maps of one network, with its own values or others, are made of. */
struct part {
    const struct scoring *scoring;
    struct gradcam *gradcam;
    size_t value_n;     /* of its output or embedding */
    double *value;      /* [input][value_n] */
    double *gradient;   /* value_n */
    float *sample, *map;
};

static void part_free(struct part *part)
{
    gradcam_close(part->gradcam);
    mem_free(part->value);
    mem_free(part->gradient);
    mem_free(part->sample);
    mem_free(part->map);
}

static bool part_open(const struct scoring *scoring, const struct net *net, enum gradcam_of of, const float *random, struct part *out, struct err *err)
{
    *out = (struct part){.scoring = scoring};
    if (!gradcam_open(net, scoring->backend, &scoring->shape, of, &GRADCAM_DEFAULT, &out->gradcam, err) ||
        (random != NULL && !gradcam_load(out->gradcam, random, err)))
        return false;
    out->value_n = gradcam_value_n(out->gradcam);
    out->value = mem_alloc(scoring->crop->input_n, out->value_n * sizeof *out->value, err);
    out->gradient = mem_alloc(out->value_n, sizeof *out->gradient, err);
    out->sample = mem_alloc(sample_value_n(&scoring->shape), sizeof *out->sample, err);
    out->map = mem_alloc(scoring->site_n, sizeof *out->map, err);
    return out->value != NULL && out->gradient != NULL && out->sample != NULL && out->map != NULL;
}

static bool look_at(struct part *part, size_t input, struct err *err)
{
    return sample_fill(part->scoring->crop, &part->scoring->sample, input, NULL, NULL, part->sample, err) &&
           gradcam_forward(part->gradcam, part->sample, part->value + input * part->value_n, err);
}

/* Adds the map of the input that was looked at last, by part->gradient. */
static bool add_map(struct part *part, size_t input, double *sum, struct err *err)
{
    size_t site_n = part->scoring->site_n;
    if (!gradcam_map(part->gradcam, part->gradient, part->map, err))
        return false;
    for (size_t s = 0; s < site_n; s++)
        sum[input * site_n + s] += (double)part->map[s];
    return true;
}

/* Network k of the crossfit ones: the column is the mean over networks and inputs of its standardised logit, and over mirror images, which are left out here. */
static bool add_network(const struct scoring *scoring, size_t k, const uint64_t *seed, double *sum, struct err *err)
{
    const struct crossfit_net *fitted = &scoring->nets->fitted[k];
    size_t input_n = scoring->crop->input_n;
    struct part part = {NULL};
    float *random = seed == NULL ? NULL : random_values(fitted->net, *seed, k, err);
    bool done = (seed == NULL || random != NULL) && part_open(scoring, fitted->net, GRADCAM_OUTPUT, random, &part, err);
    for (size_t i = 0; done && i < input_n; i++) {
        part.gradient[0] = scoring->sign * scoring->column[scoring_logit(scoring)].slope / ((double)scoring->nets->net_n * fitted->sd * (double)input_n);
        done = look_at(&part, i, err) && add_map(&part, i, sum, err);
    }
    part_free(&part);
    mem_free(random);
    return done;
}

/* The input with the highest value of a feature, the first of equals. */
static size_t highest_input(const struct part *part, size_t feature)
{
    size_t best = 0;
    for (size_t i = 1; i < part->scoring->crop->input_n; i++)
        if (part->value[i * part->value_n + feature] > part->value[best * part->value_n + feature])
            best = i;
    return best;
}

/* The frozen network: columns are means over the inputs, and behind them maxima, which are one input's. */
static bool add_frozen(const struct scoring *scoring, const uint64_t *seed, double *sum, struct err *err)
{
    size_t input_n = scoring->crop->input_n;
    struct part part = {NULL};
    float *random = seed == NULL ? NULL : random_values(scoring->frozen, *seed, SIZE_MAX, err);
    bool done = (seed == NULL || random != NULL) && part_open(scoring, scoring->frozen, GRADCAM_EMBEDDING, random, &part, err);
    for (size_t i = 0; done && i < input_n && input_n > 1; i++)
        done = look_at(&part, i, err);
    for (size_t i = 0; done && i < input_n; i++) {
        memset(part.gradient, 0, part.value_n * sizeof *part.gradient);
        for (size_t c = 0; c < scoring->column_n; c++) {
            const struct deep_column *column = &scoring->column[c];
            if (column->frozen == SIZE_MAX)
                continue;
            size_t feature = column->frozen % part.value_n;
            if (column->frozen < part.value_n)
                part.gradient[feature] += scoring->sign * column->slope / (double)input_n;
            else if (highest_input(&part, feature) == i)
                part.gradient[feature] += scoring->sign * column->slope;
        }
        done = look_at(&part, i, err) && add_map(&part, i, sum, err);
    }
    part_free(&part);
    mem_free(random);
    return done;
}

/* map[n]: the sum over the networks, above 0. `seed` NULL: the networks as they are, else with random weights. */
static bool map_networks(const struct scoring *scoring, const uint64_t *seed, float *map, size_t n, struct err *err)
{
    double *sum = mem_zero(n, sizeof *sum, err);
    bool done = sum != NULL;
    for (size_t k = 0; done && scoring->nets != NULL && k < scoring->nets->net_n; k++)
        done = add_network(scoring, k, seed, sum, err);
    if (done && scoring->frozen != NULL)
        done = add_frozen(scoring, seed, sum, err);
    for (size_t s = 0; done && s < n; s++)
        map[s] = (float)sum[s];
    if (done)
        gradcam_rectify(map, n);
    mem_free(sum);
    return done;
}

/* Spearman's, with average ranks: places where both are 0 are ties. NaN where one of the two is the same everywhere. */
static bool rank_correlation(const float *a, const float *b, size_t n, double *rho, struct err *err)
{
    size_t *index = mem_alloc(n, sizeof *index, err);
    double *value = mem_alloc(n, sizeof *value, err), *rank = mem_alloc(2 * n, sizeof *rank, err);
    bool done = index != NULL && value != NULL && rank != NULL;
    for (size_t k = 0; done && k < 2; k++) {
        for (size_t s = 0; s < n; s++)
            value[s] = (double)(k == 0 ? a : b)[s];
        sort_index(value, n, index);
        ranks_average(value, index, n, rank + k * n);
    }
    if (done)
        *rho = covariance_of(rank, rank + n, n) / sqrt(variance_of(rank, n) * variance_of(rank + n, n));
    mem_free(index);
    mem_free(value);
    mem_free(rank);
    return done;
}

/* The mean over several draws: of one, the map of random weights is as often high where the tumour is as low. */
static bool map_by_gradcam(const struct scoring *scoring, uint64_t seed, struct scoremap *out, struct err *err)
{
    float *random = mem_alloc(out->n, sizeof *random, err);
    bool done = random != NULL && map_networks(scoring, NULL, out->map, out->n, err);
    double sum = 0, rho = NAN;
    size_t n = 0;
    for (size_t k = 0; done && k < SCOREMAP_DRAWS; k++) {
        uint64_t draw = rng_seed(seed, "scoremap.draw", k, 0);
        done = map_networks(scoring, &draw, random, out->n, err) && rank_correlation(out->map, random, out->n, &rho, err);
        sum += isnan(rho) ? 0 : rho;
        n += !isnan(rho);
    }
    out->sanity = n > 0 ? sum / (double)n : NAN;
    mem_free(random);
    return done;
}

/* ---- by occlusion ---- */

/* What the networks say of the inputs, while one of them is changed. The crossfit networks, then the frozen one. */
struct changing {
    const struct scoring *scoring;
    size_t net_n;
    struct gradcam **net;
    double **as_is;  /* [network]: of the inputs as they are, [input][values] */
    double *changed; /* the values of the one that changes, of one network */
    double *image;   /* the values of one of its mirror images */
    float *turned;   /* which is this */
    size_t input;    /* the one that changes */
    double *column;  /* [OCCLUSION_BATCH][column_n] */
};

static const struct net *network_of(const struct scoring *scoring, size_t k)
{
    return scoring->nets != NULL && k < scoring->nets->net_n ? scoring->nets->fitted[k].net : scoring->frozen;
}

static bool is_frozen(const struct scoring *scoring, size_t k)
{
    return scoring->nets == NULL || k == scoring->nets->net_n;
}

/* value[gradcam_value_n] of network k for an input: of a trained network the mean over the mirror images. */
static bool ask(const struct changing *changing, size_t k, const float *sample, double *value, struct err *err)
{
    const struct scoring *scoring = changing->scoring;
    unsigned mirrors = is_frozen(scoring, k) ? MIRROR_NONE : scoring->nets->mirrors;
    size_t image_n = mirror_n(mirrors), value_n = gradcam_value_n(changing->net[k]);
    memset(value, 0, value_n * sizeof *value);
    for (size_t i = 0; i < image_n; i++) {
        memcpy(changing->turned, sample, sample_value_n(&scoring->shape) * sizeof *changing->turned);
        mirror_turn(&scoring->shape, mirror_image(mirrors, i), changing->turned);
        if (!gradcam_forward(changing->net[k], changing->turned, changing->image, err))
            return false;
        for (size_t v = 0; v < value_n; v++)
            value[v] += changing->image[v] / (double)image_n;
    }
    return true;
}

/* A value of network k for one input, with the change. */
static double value_now(const struct changing *changing, size_t k, size_t input, size_t feature)
{
    return input == changing->input ? changing->changed[feature] : changing->as_is[k][input * gradcam_value_n(changing->net[k]) + feature];
}

/* Adds what network k makes of the columns of one changed case. */
static void add_columns(const struct changing *changing, size_t k, double *column)
{
    const struct scoring *scoring = changing->scoring;
    size_t input_n = scoring->crop->input_n, value_n = gradcam_value_n(changing->net[k]);
    for (size_t c = 0; c < scoring->column_n; c++) {
        size_t place = scoring->column[c].frozen, feature = place == SIZE_MAX ? 0 : place % value_n;
        if ((place != SIZE_MAX) != is_frozen(scoring, k))
            continue;
        double sum = 0, most = value_now(changing, k, 0, feature);
        for (size_t i = 0; i < input_n; i++) {
            sum += value_now(changing, k, i, feature);
            most = fmax(most, value_now(changing, k, i, feature));
        }
        if (place != SIZE_MAX)
            column[c] = place < value_n ? sum / (double)input_n : most;
        else
            column[c] += (sum / (double)input_n - scoring->nets->fitted[k].mean) / scoring->nets->fitted[k].sd / (double)scoring->nets->net_n;
    }
}

static bool score_changed(void *ctx, const float *sample, size_t n, double *score, struct err *err)
{
    struct changing *changing = ctx;
    const struct scoring *scoring = changing->scoring;
    size_t value_n = sample_value_n(&scoring->shape);
    memset(changing->column, 0, n * scoring->column_n * sizeof *changing->column);
    for (size_t k = 0; k < changing->net_n; k++)
        for (size_t j = 0; j < n; j++) {
            if (!ask(changing, k, sample + j * value_n, changing->changed, err))
                return false;
            add_columns(changing, k, changing->column + j * scoring->column_n);
        }
    return scoring_score(scoring, changing->column, n, score, err);
}

/* What stands where nothing is to be seen: the window's low end, 0 where the tumour's mean is taken off; masks stay. */
static void choose_fill(const struct scoring *scoring, float *fill)
{
    const struct crop *crop = scoring->crop;
    const struct sample_settings *sample = &scoring->sample;
    size_t lane_n = crop->phase_n + (sample->mask_channel ? crop->mask_n : 0);
    for (size_t c = 0; c < scoring->shape.c; c++)
        fill[c] = c % lane_n >= crop->phase_n ? NAN : sample->values == SAMPLE_CENTRED ? 0 : (float)-sample->amplitude;
}

/* The voxels of one input within SCOREMAP_RIM_MM of a mask, or as near as the crop knows; all where it has none. */
static void mark_near(const struct scoring *scoring, size_t input, uint8_t *near)
{
    const struct crop *crop = scoring->crop;
    const struct grid *grid = &crop->grid;
    double finest = fmin(grid->spacing[0], grid->spacing[1]);
    bool flat = crop->view == CROP_2D_LARGEST || crop->view == CROP_2D_ALL;
    finest = flat ? finest : fmin(finest, grid->spacing[2]);
    double limit = fmin(SCOREMAP_RIM_MM / finest, CROP_DISTANCE_REACH - 0.5) * CROP_DISTANCE_UNIT;
    memset(near, crop->mask_n == 0, scoring->site_n);
    for (size_t z = 0; z < crop->size[2]; z++)
        for (size_t y = 0; y < crop->size[1]; y++)
            for (size_t x = 0; x < crop->size[0]; x++) {
                size_t plane = crop->view == CROP_2D_ALL ? crop->plane[input] : z + crop->margin[2];
                const int16_t *voxel = crop->voxels + ((plane * grid->n[1] + y + crop->margin[1]) * grid->n[0] + x + crop->margin[0]) * crop->lane_n;
                size_t site = ((scoring->shape.z == 1 ? 0 : z) * scoring->shape.y + y) * scoring->shape.x + x;
                for (size_t m = 0; m < crop->mask_n; m++)
                    near[site] |= voxel[crop->phase_n + m] <= limit;
            }
}

static bool occlude(struct changing *changing, float *sample, float *fill, uint8_t *near, struct scoremap *out, struct err *err)
{
    const struct scoring *scoring = changing->scoring;
    struct occlusion_settings cubes = occlusion_settings_for(&scoring->shape);
    struct occlusion occlusion = {scoring->shape, sample, fill, near, score_changed, changing};
    double score;
    choose_fill(scoring, fill);
    for (size_t i = 0; i < scoring->crop->input_n; i++) {
        if (!sample_fill(scoring->crop, &scoring->sample, i, NULL, NULL, sample, err))
            return false;
        for (size_t k = 0; k < changing->net_n; k++)
            if (!ask(changing, k, sample, changing->as_is[k] + i * gradcam_value_n(changing->net[k]), err))
                return false;
    }
    for (changing->input = 0; changing->input < scoring->crop->input_n; changing->input++) {
        mark_near(scoring, changing->input, near);
        if (!sample_fill(scoring->crop, &scoring->sample, changing->input, NULL, NULL, sample, err) ||
            !occlusion_map(&occlusion, &cubes, out->map + changing->input * scoring->site_n, &score, err))
            return false;
    }
    for (size_t s = 0; s < out->n; s++)
        out->map[s] *= (float)scoring->sign;
    gradcam_rectify(out->map, out->n);
    return true;
}

static bool open_changing(const struct scoring *scoring, struct changing *out, struct err *err)
{
    size_t most = 1;
    *out = (struct changing){.scoring = scoring, .net_n = (scoring->nets == NULL ? 0 : scoring->nets->net_n) + (scoring->frozen != NULL)};
    out->net = mem_zero(out->net_n, sizeof *out->net, err);
    out->as_is = mem_zero(out->net_n, sizeof *out->as_is, err);
    out->column = mem_alloc(OCCLUSION_BATCH, scoring->column_n * sizeof *out->column, err);
    if (out->net == NULL || out->as_is == NULL || out->column == NULL)
        return false;
    for (size_t k = 0; k < out->net_n; k++) {
        if (!gradcam_open(network_of(scoring, k), scoring->backend, &scoring->shape, is_frozen(scoring, k) ? GRADCAM_EMBEDDING : GRADCAM_OUTPUT, &GRADCAM_DEFAULT,
                          &out->net[k], err))
            return false;
        size_t n = gradcam_value_n(out->net[k]);
        most = n > most ? n : most;
        if ((out->as_is[k] = mem_alloc(scoring->crop->input_n, n * sizeof **out->as_is, err)) == NULL)
            return false;
    }
    out->changed = mem_alloc(most, sizeof *out->changed, err);
    out->image = mem_alloc(most, sizeof *out->image, err);
    out->turned = mem_alloc(sample_value_n(&scoring->shape), sizeof *out->turned, err);
    return out->changed != NULL && out->image != NULL && out->turned != NULL;
}

static void close_changing(struct changing *changing)
{
    for (size_t k = 0; k < changing->net_n; k++) {
        gradcam_close(changing->net == NULL ? NULL : changing->net[k]);
        mem_free(changing->as_is == NULL ? NULL : changing->as_is[k]);
    }
    mem_free(changing->net);
    mem_free(changing->as_is);
    mem_free(changing->changed);
    mem_free(changing->image);
    mem_free(changing->turned);
    mem_free(changing->column);
}

static bool map_by_occlusion(const struct scoring *scoring, struct scoremap *out, struct err *err)
{
    struct changing changing;
    float *sample = mem_alloc(sample_value_n(&scoring->shape), sizeof *sample, err), *fill = mem_alloc(scoring->shape.c, sizeof *fill, err);
    uint8_t *near = mem_alloc(scoring->site_n, sizeof *near, err);
    bool done = open_changing(scoring, &changing, err) && sample != NULL && fill != NULL && near != NULL && occlude(&changing, sample, fill, near, out, err);
    close_changing(&changing);
    mem_free(sample);
    mem_free(fill);
    mem_free(near);
    return done;
}

bool scoremap_make(const struct model *model, const struct table *inputs, size_t row, enum scoremap_of of, uint64_t seed, struct scoremap *out, struct err *err)
{
    struct scoring scoring = {0};
    *out = (struct scoremap){.score = NAN, .sanity = NAN};
    bool done = scoring_begin(model, inputs, row, &scoring, err) && scoring_slopes(&scoring, &out->score, err);
    if (done) {
        size_t logit = scoring_logit(&scoring);
        scoring.sign = of == SCOREMAP_LOWERS ? -1 : 1;
        out->slope = scoring.smooth && logit < scoring.column_n ? scoring.column[logit].slope : 0;
        out->n = scoring.crop->input_n * scoring.site_n;
        out->map = mem_zero(out->n, sizeof *out->map, err);
        out->method = scoring.smooth ? SCOREMAP_GRADCAM : SCOREMAP_OCCLUSION;
        done = out->map != NULL && (scoring.smooth ? map_by_gradcam(&scoring, seed, out, err) : map_by_occlusion(&scoring, out, err));
    }
    out->empty = true;
    for (size_t s = 0; done && s < out->n; s++)
        out->empty = out->empty && !(out->map[s] > 0);
    scoring_free(&scoring);
    if (!done)
        scoremap_free(out);
    return done || err_add(err, "map of the score");
}
