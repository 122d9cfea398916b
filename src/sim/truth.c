/* Measures of the true probability p(z), z standard normal.
 *   AUC   P(p_i > p_j | label 1, label 0) + ties / 2
 *   C     sum over pairs of P(the pair is comparable) P(the higher one fails first | comparable); with hazards h = exp(g z)
 *         that multiply one baseline, the first of a pair is i with probability h_i / (h_i + h_j) at any time, and
 *         P(comparable) = int (h_i + h_j) l(t) exp(-(h_i + h_j) L(t)) G(t)^2 dt (L: baseline, G: not yet censored)
 *   HR    the two groups' hazards are not quite proportional, as each mixes latent values: given is the value that Cox's
 *         estimate tends to, the root of the expected score (Struthers and Kalbfleisch, Biometrika 73, 1986). */
#include "sim/truth.h"

#include <math.h>

#include "base/mem.h"
#include "num/dist.h"
#include "stats/roc.h"

enum { Z_N = 240, TIME_N = 400 };
#define Z_MAX 6.0

struct latent_grid {
    double z[Z_N], weight[Z_N];
};

/* Cells of equal width with their exact normal probability. */
static void latent_grid_make(struct latent_grid *grid)
{
    double step = 2 * Z_MAX / Z_N, all = normal_cdf(Z_MAX) - normal_cdf(-Z_MAX);
    for (int i = 0; i < Z_N; i++) {
        double from = -Z_MAX + step * i;
        grid->z[i] = from + step / 2;
        grid->weight[i] = (normal_cdf(from + step) - normal_cdf(from)) / all;
    }
}

/* Share of a cell whose true probability is at least the cut. */
static double cell_high(const struct latent_grid *grid, int i, const struct recipe *recipe, double effect)
{
    double step = 2 * Z_MAX / Z_N, slope = effect * recipe->label_slope;
    if (slope <= 0)
        return patient_probability(recipe, effect, grid->z[i]) >= recipe->truth_cut;
    double cut = (log(recipe->truth_cut / (1 - recipe->truth_cut)) - recipe->label_intercept) / slope;
    return fmax(0, fmin(1, 0.5 + (grid->z[i] - cut) / step));
}

static void label_truth(struct truth *truth, const struct latent_grid *grid, const struct recipe *recipe, double effect)
{
    double positive = 0, negative = 0, pairs = 0, high = 0;
    for (int i = 0; i < Z_N; i++) {
        double p = patient_probability(recipe, effect, grid->z[i]);
        double one = grid->weight[i] * p, zero = grid->weight[i] * (1 - p);
        pairs += one * (negative + zero / 2); /* p rises with z: all zeros so far lie below */
        positive += one;
        negative += zero;
        high += grid->weight[i] * cell_high(grid, i, recipe, effect);
    }
    truth->prevalence = positive;
    truth->high_share = high;
    truth->auc = effect > 0 ? pairs / (positive * negative) : 0.5;
}

/* An endpoint's law, and its baseline over cells of time. */
struct law {
    double shape, scale, log_hazard, follow_min, follow_max;
    double cumulative[TIME_N + 1]; /* baseline L at the cells' edges */
    double followed[TIME_N];       /* G at their middles */
};

static void law_fill(struct law *law)
{
    double step = law->follow_max / TIME_N;
    for (int k = 0; k <= TIME_N; k++)
        law->cumulative[k] = pow(k * step / law->scale, law->shape);
    for (int k = 0; k < TIME_N; k++) {
        double g = (law->follow_max - (k + 0.5) * step) / (law->follow_max - law->follow_min);
        law->followed[k] = fmin(1, g);
    }
}

static double comparable(const struct law *law, double hazard)
{
    double sum = 0, before = 1;
    for (int k = 0; k < TIME_N; k++) {
        double after = exp(-hazard * law->cumulative[k + 1]);
        sum += (before - after) * law->followed[k] * law->followed[k];
        before = after;
    }
    return sum;
}

static double concordance(const struct law *law, const struct latent_grid *grid)
{
    double right = 0, all = 0;
    for (int i = 0; i < Z_N; i++)
        for (int j = 0; j <= i; j++) {
            double h = exp(law->log_hazard * grid->z[i]), l = exp(law->log_hazard * grid->z[j]);
            double weight = grid->weight[i] * grid->weight[j] * (i == j ? 0.5 : 1) * comparable(law, h + l);
            right += weight * h / (h + l);
            all += weight;
        }
    return right / all;
}

/* Of both groups: the share of all patients who fail in each cell, and who are at risk in its middle, without censoring. */
struct groups {
    double fail[2][TIME_N], left[2][TIME_N];
};

static void groups_fill(struct groups *groups, const struct law *law, const struct latent_grid *grid, const struct recipe *recipe,
                        double effect)
{
    *groups = (struct groups){0};
    for (int i = 0; i < Z_N; i++) {
        double share[2], high = cell_high(grid, i, recipe, effect);
        share[1] = grid->weight[i] * high;
        share[0] = grid->weight[i] - share[1];
        double hazard = exp(law->log_hazard * grid->z[i]), before = 1;
        for (int k = 0; k < TIME_N; k++) {
            double after = exp(-hazard * law->cumulative[k + 1]);
            for (int g = 0; g < 2; g++) {
                groups->fail[g][k] += share[g] * (before - after);
                groups->left[g][k] += share[g] * (before + after) / 2;
            }
            before = after;
        }
    }
}

static double expected_score(const struct groups *groups, const struct law *law, double beta)
{
    double score = 0;
    for (int k = 0; k < TIME_N; k++) {
        double high = groups->left[1][k] * exp(beta), low = groups->left[0][k];
        double fail = groups->fail[0][k] + groups->fail[1][k];
        score += law->followed[k] * (groups->fail[1][k] - (high + low > 0 ? fail * high / (high + low) : 0));
    }
    return score;
}

static double hazard_ratio(const struct groups *groups, const struct law *law)
{
    if (groups->left[0][0] <= 0 || groups->left[1][0] <= 0)
        return NAN;
    double low = -20, high = 20; /* the score falls as beta rises */
    for (int i = 0; i < 80; i++) {
        double middle = (low + high) / 2;
        if (expected_score(groups, law, middle) > 0)
            low = middle;
        else
            high = middle;
    }
    return exp((low + high) / 2);
}

static bool endpoint_truth(struct truth_endpoint *out, struct law *law, const struct latent_grid *grid, const struct recipe *recipe,
                           double effect, struct err *err)
{
    struct groups *groups = mem_alloc(1, sizeof *groups, err);
    if (groups == NULL)
        return false;
    law_fill(law);
    groups_fill(groups, law, grid, recipe, effect);
    out->c = effect > 0 ? concordance(law, grid) : 0.5;
    out->hazard_ratio = hazard_ratio(groups, law);
    out->event_share = 0;
    for (int k = 0; k < TIME_N; k++)
        out->event_share += law->followed[k] * (groups->fail[0][k] + groups->fail[1][k]);
    mem_free(groups);
    return true;
}

bool truth_of_population(struct truth *truth, const struct recipe *recipe, double effect, struct err *err)
{
    const struct recipe *r = recipe;
    struct latent_grid grid;
    struct law rfs = {.shape = r->rfs_shape, .scale = r->rfs_scale, .log_hazard = effect * r->rfs_log_hazard,
                      .follow_min = r->rfs_follow_min, .follow_max = r->rfs_follow_max};
    struct law ttp = {.shape = r->ttp_shape, .scale = r->ttp_scale, .log_hazard = effect * r->ttp_log_hazard,
                      .follow_min = r->ttp_follow_min, .follow_max = r->ttp_follow_max};
    latent_grid_make(&grid);
    label_truth(truth, &grid, recipe, effect);
    return endpoint_truth(&truth->rfs, &rfs, &grid, recipe, effect, err) && endpoint_truth(&truth->ttp, &ttp, &grid, recipe, effect, err);
}

bool truth_auc(const struct patient *patient, size_t n, double *auc, struct err *err)
{
    struct arena arena = ARENA_INIT;
    double *score = arena_alloc(&arena, n, sizeof *score, err), *label = arena_alloc(&arena, n, sizeof *label, err);
    size_t *scratch = arena_alloc(&arena, n, sizeof *scratch, err);
    bool ok = score != NULL && label != NULL && scratch != NULL;
    if (ok) {
        for (size_t i = 0; i < n; i++) {
            score[i] = patient[i].probability;
            label[i] = patient[i].label;
        }
        *auc = n == 0 ? NAN : roc_auc_value(score, label, n, scratch);
    }
    arena_free(&arena);
    return ok;
}

/* Harrell's C; a pair counts when the shorter time is an event, an event before a censoring at the same time. */
double truth_c(const struct patient *patient, size_t n, bool ttp)
{
    double right = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        const struct sim_time *first = ttp ? &patient[i].ttp : &patient[i].rfs;
        for (size_t j = 0; first->event && j < n; j++) {
            const struct sim_time *second = ttp ? &patient[j].ttp : &patient[j].rfs;
            if (first->days < second->days || (first->days == second->days && !second->event)) {
                double difference = patient[i].probability - patient[j].probability;
                right += difference > 0 ? 1 : difference < 0 ? 0 : 0.5;
                all += 1;
            }
        }
    }
    return all > 0 ? right / all : NAN;
}
