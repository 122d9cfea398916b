/* Maps of a score; see scoremap.h. */
#include "study/scoremap.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "ml/pipeline.h"
#include "nn/crossfit.h"
#include "nn/gradcam.h"
#include "nn/occlusion.h"
#include "num/rank.h"
#include "num/sum.h"

const char *scoremap_method_name(enum scoremap_method method)
{
    return method == SCOREMAP_GRADCAM ? "Grad-CAM" : "occlusion";
}

void scoremap_free(struct scoremap *map)
{
    mem_free(map->map);
    *map = (struct scoremap){.map = NULL};
}

/* ---- the model's steps ---- */

/* The step that adds the networks' column; the number of steps where there is none. */
static size_t networks_at(const struct pipeline *pipeline)
{
    size_t at = 0;
    while (at < pipeline_step_n(pipeline) && pipeline_step_kind(pipeline, at) != &crossfit_kind)
        at++;
    return at;
}

/* Behind the learner: what comes after it makes a probability of its score. */
static size_t learner_end(const struct pipeline *pipeline)
{
    size_t end = pipeline_step_n(pipeline);
    while (end > 0 && pipeline_step_kind(pipeline, end - 1)->parts == NULL)
        end--;
    return end;
}

bool scoremap_has_networks(const struct model *model)
{
    return model->has_crop && networks_at(model->pipeline) < pipeline_step_n(model->pipeline);
}

/* A case on its way through the model. */
struct scoring {
    const struct pipeline *pipeline;
    size_t behind, end;   /* steps from the networks to the learner */
    double sign;          /* -1: what lowers the score is asked for */
    const struct crossfit *nets;
    struct table seen;    /* the case as the steps behind the networks see it: one row */
    const struct crop *crop;
    struct sample_shape shape;
    size_t site_n;        /* of an input */
};

static bool begin_scoring(const struct model *model, const struct table *inputs, size_t row, struct scoring *out, struct err *err)
{
    struct table one = {0};
    size_t at = networks_at(model->pipeline);
    *out = (struct scoring){.pipeline = model->pipeline, .behind = at + 1, .end = learner_end(model->pipeline)};
    if (!scoremap_has_networks(model) || out->end <= out->behind)
        return err_set(err, ERR_INPUT, "the model's score is not made with networks");
    out->nets = pipeline_step_state(model->pipeline, at);
    const struct column *column = table_find(inputs, out->nets->column);
    out->crop = column == NULL || column->kind != COLUMN_CASE ? NULL : column->object[row];
    if (out->crop == NULL)
        return err_set(err, ERR_INPUT, "there is no image for the networks");
    out->shape = sample_shape(out->crop, &out->nets->sample);
    out->site_n = out->shape.z * out->shape.y * out->shape.x;
    bool done = table_take_rows(inputs, &row, 1, &one, err) && pipeline_apply_range(model->pipeline, 0, out->behind, &one, &out->seen, err);
    table_free(&one);
    return done;
}

static double *column_of(struct scoring *scoring, struct table *table, struct err *err)
{
    struct column *column = table_find(table, scoring->nets->name);
    if (column != NULL && column->kind == COLUMN_NUMBER)
        return column->number;
    err_set(err, ERR_BUG, "the networks gave no column '%s'", scoring->nets->name);
    return NULL;
}

/* The learner's scores of the case, would the networks' column be value[n]. */
static bool score_values(struct scoring *scoring, const double *value, size_t n, double *score, struct err *err)
{
    static const size_t first[OCCLUSION_BATCH] = {0};
    struct table rows = {0}, scored = {0};
    double *to = table_take_rows(&scoring->seen, first, n, &rows, err) ? column_of(scoring, &rows, err) : NULL;
    bool done = to != NULL;
    if (done) {
        memcpy(to, value, n * sizeof *to);
        done = pipeline_apply_range(scoring->pipeline, scoring->behind, scoring->end, &rows, &scored, err);
    }
    const struct column *column = done ? table_find(&scored, SCORE_COLUMN) : NULL;
    if (done && (column == NULL || column->kind != COLUMN_NUMBER))
        done = err_set(err, ERR_INPUT, "the learner gives no column '%s'", SCORE_COLUMN);
    if (done)
        memcpy(score, column->number, n * sizeof *score);
    table_free(&rows);
    table_free(&scored);
    return done;
}

/* The column is standardised, so its spread is 1. */
static bool find_slope(struct scoring *scoring, struct scoremap *out, struct err *err)
{
    static const double step[] = {0, -SCOREMAP_STEP, SCOREMAP_STEP, -SCOREMAP_STEP / 10, SCOREMAP_STEP / 10};
    const double *at = column_of(scoring, &scoring->seen, err);
    double value[5], score[5];
    if (at == NULL)
        return false;
    if (!isfinite(*at))
        return err_set(err, ERR_INPUT, "the networks give no value");
    for (int k = 0; k < 5; k++)
        value[k] = *at + step[k];
    if (!score_values(scoring, value, 5, score, err))
        return false;
    double wide = (score[2] - score[1]) / (2 * SCOREMAP_STEP), narrow = (score[4] - score[3]) / (2 * SCOREMAP_STEP / 10);
    bool smooth = fabs(wide - narrow) <= 0.1 * fabs(wide);
    out->score = score[0];
    out->slope = smooth ? wide : 0;
    return isfinite(wide) || err_set(err, ERR_INPUT, "the learner gives a score that is not finite");
}

/* ---- by Grad-CAM ---- */

/* Adds what network k contributes, with its own values or others, to sum[input_n][site_n]. */
static bool add_network(const struct scoring *scoring, const struct crossfit_net *fitted, const float *value, double slope, float *sample, float *part, double *sum,
                        struct err *err)
{
    struct gradcam *gradcam = NULL;
    const struct crossfit *nets = scoring->nets;
    double logit, gradient = scoring->sign * slope / ((double)nets->net_n * fitted->sd * (double)scoring->crop->input_n);
    bool done = gradcam_open(fitted->net, nets->backend, &scoring->shape, GRADCAM_OUTPUT, &GRADCAM_DEFAULT, &gradcam, err) &&
                (value == NULL || gradcam_load(gradcam, value, err));
    for (size_t i = 0; done && i < scoring->crop->input_n; i++) {
        done = sample_fill(scoring->crop, &nets->sample, i, NULL, NULL, sample, err) && gradcam_forward(gradcam, sample, &logit, err) &&
               gradcam_map(gradcam, &gradient, part, err);
        for (size_t s = 0; done && s < scoring->site_n; s++)
            sum[i * scoring->site_n + s] += (double)part[s];
    }
    gradcam_close(gradcam);
    return done;
}

/* The values of a net that was initialised anew. */
static float *random_values(const struct net *net, uint64_t seed, size_t k, struct err *err)
{
    struct net other = *net;
    other.value = mem_zero(net->value_n, sizeof *other.value, err);
    if (other.value != NULL)
        net_initialise(&other, rng_seed(seed, "scoremap.random", k, 0));
    return other.value;
}

/* map[n]: the sum over the networks, above 0. `seed` NULL: the networks as they are, else with random weights. */
static bool map_networks(const struct scoring *scoring, double slope, const uint64_t *seed, float *map, size_t n, struct err *err)
{
    float *sample = mem_alloc(sample_value_n(&scoring->shape), sizeof *sample, err), *part = mem_alloc(scoring->site_n, sizeof *part, err);
    double *sum = mem_zero(n, sizeof *sum, err);
    bool done = sample != NULL && part != NULL && sum != NULL;
    for (size_t k = 0; done && k < scoring->nets->net_n; k++) {
        const struct crossfit_net *fitted = &scoring->nets->fitted[k];
        float *random = seed == NULL ? NULL : random_values(fitted->net, *seed, k, err);
        done = (seed == NULL || random != NULL) && add_network(scoring, fitted, random, slope, sample, part, sum, err);
        mem_free(random);
    }
    for (size_t s = 0; done && s < n; s++)
        map[s] = (float)sum[s];
    if (done)
        gradcam_rectify(map, n);
    mem_free(sample);
    mem_free(part);
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

static bool map_by_gradcam(const struct scoring *scoring, uint64_t seed, struct scoremap *out, struct err *err)
{
    float *random = mem_alloc(out->n, sizeof *random, err);
    bool done = random != NULL && map_networks(scoring, out->slope, NULL, out->map, out->n, err) &&
                map_networks(scoring, out->slope, &seed, random, out->n, err) && rank_correlation(out->map, random, out->n, &out->sanity, err);
    mem_free(random);
    return done;
}

/* ---- by occlusion ---- */

/* What the networks say of the inputs, while one of them is changed. */
struct changing {
    struct scoring *scoring;
    struct gradcam **net;
    double *logit; /* [network][input], of the inputs as they are */
    size_t input;  /* the one that changes */
};

static bool score_changed(void *ctx, const float *sample, size_t n, double *score, struct err *err)
{
    struct changing *changing = ctx;
    const struct crossfit *nets = changing->scoring->nets;
    size_t input_n = changing->scoring->crop->input_n, value_n = sample_value_n(&changing->scoring->shape);
    double value[OCCLUSION_BATCH] = {0};
    for (size_t k = 0; k < nets->net_n; k++) {
        const double *as_is = changing->logit + k * input_n;
        for (size_t j = 0; j < n; j++) {
            double changed, sum = 0;
            if (!gradcam_forward(changing->net[k], sample + j * value_n, &changed, err))
                return false;
            for (size_t i = 0; i < input_n; i++)
                sum += i == changing->input ? changed : as_is[i];
            value[j] += (sum / (double)input_n - nets->fitted[k].mean) / nets->fitted[k].sd / (double)nets->net_n;
        }
    }
    return score_values(changing->scoring, value, n, score, err);
}

/* What stands where nothing is to be seen: the window's low end, 0 where the tumour's mean is taken off; masks stay. */
static void choose_fill(const struct scoring *scoring, float *fill)
{
    const struct crop *crop = scoring->crop;
    const struct sample_settings *sample = &scoring->nets->sample;
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
    for (size_t i = 0; i < scoring->crop->input_n; i++)
        for (size_t k = 0; k < scoring->nets->net_n; k++)
            if (!sample_fill(scoring->crop, &scoring->nets->sample, i, NULL, NULL, sample, err) ||
                !gradcam_forward(changing->net[k], sample, changing->logit + k * scoring->crop->input_n + i, err))
                return false;
    for (changing->input = 0; changing->input < scoring->crop->input_n; changing->input++) {
        mark_near(scoring, changing->input, near);
        if (!sample_fill(scoring->crop, &scoring->nets->sample, changing->input, NULL, NULL, sample, err) ||
            !occlusion_map(&occlusion, &cubes, out->map + changing->input * scoring->site_n, &score, err))
            return false;
    }
    for (size_t s = 0; s < out->n; s++)
        out->map[s] *= (float)scoring->sign;
    gradcam_rectify(out->map, out->n);
    return true;
}

static bool map_by_occlusion(struct scoring *scoring, struct scoremap *out, struct err *err)
{
    size_t net_n = scoring->nets->net_n;
    struct changing changing = {.scoring = scoring};
    float *sample = mem_alloc(sample_value_n(&scoring->shape), sizeof *sample, err), *fill = mem_alloc(scoring->shape.c, sizeof *fill, err);
    uint8_t *near = mem_alloc(scoring->site_n, sizeof *near, err);
    changing.net = mem_zero(net_n, sizeof *changing.net, err);
    changing.logit = mem_alloc(net_n, scoring->crop->input_n * sizeof *changing.logit, err);
    bool done = sample != NULL && fill != NULL && near != NULL && changing.net != NULL && changing.logit != NULL;
    for (size_t k = 0; done && k < net_n; k++)
        done = gradcam_open(scoring->nets->fitted[k].net, scoring->nets->backend, &scoring->shape, GRADCAM_OUTPUT, &GRADCAM_DEFAULT, &changing.net[k], err);
    done = done && occlude(&changing, sample, fill, near, out, err);
    for (size_t k = 0; changing.net != NULL && k < net_n; k++)
        gradcam_close(changing.net[k]);
    mem_free(sample);
    mem_free(fill);
    mem_free(near);
    mem_free(changing.net);
    mem_free(changing.logit);
    return done;
}

bool scoremap_make(const struct model *model, const struct table *inputs, size_t row, enum scoremap_of of, uint64_t seed, struct scoremap *out, struct err *err)
{
    struct scoring scoring = {0};
    *out = (struct scoremap){.sanity = NAN};
    bool done = begin_scoring(model, inputs, row, &scoring, err) && find_slope(&scoring, out, err);
    if (done) {
        scoring.sign = of == SCOREMAP_LOWERS ? -1 : 1;
        out->n = scoring.crop->input_n * scoring.site_n;
        out->map = mem_zero(out->n, sizeof *out->map, err);
        out->method = fabs(out->slope) > 0 ? SCOREMAP_GRADCAM : SCOREMAP_OCCLUSION;
        done = out->map != NULL && (out->method == SCOREMAP_GRADCAM ? map_by_gradcam(&scoring, seed, out, err) : map_by_occlusion(&scoring, out, err));
    }
    out->empty = true;
    for (size_t s = 0; done && s < out->n; s++)
        out->empty = out->empty && !(out->map[s] > 0);
    table_free(&scoring.seen);
    if (!done)
        scoremap_free(out);
    return done || err_add(err, "map of the score");
}
