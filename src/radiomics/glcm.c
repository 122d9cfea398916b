/* Grey level co-occurrence features as PyRadiomics defines them (radiomics/glcm.py; Haralick et al. 1973).
 *
 * Each direction gives a matrix p(i, j) and a value of every feature; the reported value is the mean over the directions
 * that have pairs at all (weightingNorm: one matrix, the weighted sum over directions). eps is the spacing of 1.
 *
 * Why this is fast: features are sums over the non-zero cells, or over the distributions of i, j, i + j and |i - j|. The
 * two entropies over all pairs, sum of q log2(q + eps) with q = px(i) py(j), are taken apart into entropies of px and
 * py plus a series in eps / q, which is exact to the last digits where eps / q is small; it is looked at, and where it is
 * not small (weights of 1e-10) the double sum is made.
 *
 * MCC: PyRadiomics takes the second eigenvalue of Q(i, j) = sum over k of p(i, k) p(j, k) / (px(i) py(k) + eps). With
 * N(i, k) = p(i, k) / sqrt(px(i) py(k) + eps), Q is similar to N N' but for terms of (eps / q)^2, so that MCC is the second
 * singular value of N; of a symmetrical matrix the second eigenvalue in magnitude, without making Q.
 *
 * Where no direction has pairs, all features are NaN. Conventions: Correlation 1 where one side has a single grey
 * level; MCC 1 and Imc1, Imc2 0 in a flat region. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "radiomics/class.h"
#include "radiomics/cooccurrence.h"
#include "radiomics/mcc.h"
#include "radiomics/ranks.h"

enum glcm_feature {
    AUTOCORRELATION, CLUSTER_PROMINENCE, CLUSTER_SHADE, CLUSTER_TENDENCY, CONTRAST, CORRELATION, DIFFERENCE_AVERAGE,
    DIFFERENCE_ENTROPY, DIFFERENCE_VARIANCE, DISSIMILARITY, HOMOGENEITY_1, HOMOGENEITY_2, ID, IDM, IDMN, IDN, IMC_1, IMC_2,
    INVERSE_VARIANCE, JOINT_AVERAGE, JOINT_ENERGY, JOINT_ENTROPY, MCC, MAXIMUM_PROBABILITY, SUM_AVERAGE, SUM_ENTROPY,
    SUM_SQUARES, SUM_VARIANCE, GLCM_N
};

static const struct feature glcm_features[GLCM_N] = {
    [AUTOCORRELATION] = {"Autocorrelation", "sum p(i,j) i j", "QWB0", false},
    [CLUSTER_PROMINENCE] = {"ClusterProminence", "sum (i + j - ux - uy)^4 p(i,j)", "AE86", false},
    [CLUSTER_SHADE] = {"ClusterShade", "sum (i + j - ux - uy)^3 p(i,j)", "7NFM", false},
    [CLUSTER_TENDENCY] = {"ClusterTendency", "sum (i + j - ux - uy)^2 p(i,j)", "DG8W", false},
    [CONTRAST] = {"Contrast", "sum (i - j)^2 p(i,j)", "ACUI", false},
    [CORRELATION] = {"Correlation", "(sum p(i,j) i j - ux uy) / (sx sy)", "NI2N", false, .edge = "flat in a direction: 1 there"},
    [DIFFERENCE_AVERAGE] = {"DifferenceAverage", "DA = sum k p_x-y(k)", "TF7R", false},
    [DIFFERENCE_ENTROPY] = {"DifferenceEntropy", "-sum p_x-y(k) log2(p_x-y(k) + eps)", "NTRS", false},
    [DIFFERENCE_VARIANCE] = {"DifferenceVariance", "sum (k - DA)^2 p_x-y(k)", "D3YU", false},
    [DISSIMILARITY] = {"Dissimilarity", "sum |i - j| p(i,j), equal to DifferenceAverage", "8S9J", true},
    [HOMOGENEITY_1] = {"Homogeneity1", "sum p(i,j) / (1 + |i - j|), equal to Id", "IB1Z", true},
    [HOMOGENEITY_2] = {"Homogeneity2", "sum p(i,j) / (1 + (i - j)^2), equal to Idm", "WF0Z", true},
    [ID] = {"Id", "sum p_x-y(k) / (1 + k)", "IB1Z", false},
    [IDM] = {"Idm", "sum p_x-y(k) / (1 + k^2)", "WF0Z", false},
    [IDMN] = {"Idmn", "sum p_x-y(k) / (1 + k^2 / Ng^2)", "1QCO", false},
    [IDN] = {"Idn", "sum p_x-y(k) / (1 + k / Ng)", "NDRX", false},
    [IMC_1] = {"Imc1", "(HXY - HXY1) / max(HX, HY)", "R8DG", false, .edge = "flat region: 0"},
    [IMC_2] = {"Imc2", "sqrt(1 - exp(-2 (HXY2 - HXY)))", "JN9H", false, .edge = "flat region: 0"},
    [INVERSE_VARIANCE] = {"InverseVariance", "sum over k > 0 of p_x-y(k) / k^2", "E8JP", false},
    [JOINT_AVERAGE] = {"JointAverage", "ux = sum p(i,j) i", "60VM", false},
    [JOINT_ENERGY] = {"JointEnergy", "sum p(i,j)^2", "8ZQL", false},
    [JOINT_ENTROPY] = {"JointEntropy", "HXY = -sum p(i,j) log2(p(i,j) + eps)", "TU9B", false},
    [MCC] = {"MCC", "sqrt of the second eigenvalue of Q(i,j) = sum p(i,k) p(j,k) / (px(i) py(k))", NULL, false, .edge = "flat region: 1; more than 2,048 grey levels: undefined"},
    [MAXIMUM_PROBABILITY] = {"MaximumProbability", "max p(i,j)", "GYBY", false},
    [SUM_AVERAGE] = {"SumAverage", "sum k p_x+y(k)", "ZGXS", false},
    [SUM_ENTROPY] = {"SumEntropy", "-sum p_x+y(k) log2(p_x+y(k) + eps)", "P6QZ", false},
    [SUM_SQUARES] = {"SumSquares", "sum (i - ux)^2 p(i,j)", "UR99", false},
    [SUM_VARIANCE] = {"SumVariance", "sum (k - SA)^2 p_x+y(k), equal to ClusterTendency", "OEEB", true},
};

static const double eps = DBL_EPSILON;

/* Limits of memory, far above what PyRadiomics can take (it makes Ng x Ng x directions doubles). */
#define GLCM_LEVEL_MAX (1 << 22)
#define MCC_LEVELS 2048

/* Work space of one region, used again for every direction. */
struct glcm_work {
    const struct ranks *ranks;
    double *px, *py;         /* by rank; the same array when symmetrical */
    double *log_px, *log_py; /* log2 of them, 0 where they are 0 */
    double *per_px, *per_py; /* 1 / px, 0 where they are 0 */
    double *sum, *difference; /* p_x+y(k), k <= 2 Ng; p_x-y(k), k < Ng */
    double *scaled, *gram, *eigen; /* N of MCC, N N', work; NULL when not wanted */
    size_t *index;           /* rank to row of N */
};

static double *doubles(struct arena *arena, size_t n, struct err *err)
{
    return arena_alloc(arena, n, sizeof(double), err);
}

static bool work_make(struct glcm_work *work, const struct ranks *ranks, bool symmetrical, bool mcc, struct arena *arena, struct err *err)
{
    size_t n = ranks->level_n, level_max = (size_t)ranks->level_max;
    memset(work, 0, sizeof *work);
    work->ranks = ranks;
    if (!(work->px = doubles(arena, n + 1, err)) || !(work->log_px = doubles(arena, n + 1, err)) || !(work->per_px = doubles(arena, n + 1, err)))
        return false;
    work->py = work->px;
    work->log_py = work->log_px;
    work->per_py = work->per_px;
    if (!symmetrical && (!(work->py = doubles(arena, n + 1, err)) || !(work->log_py = doubles(arena, n + 1, err)) || !(work->per_py = doubles(arena, n + 1, err))))
        return false;
    if (!(work->sum = doubles(arena, 2 * level_max + 1, err)) || !(work->difference = doubles(arena, level_max, err)))
        return false;
    if (!mcc)
        return true;
    work->index = arena_alloc(arena, n + 1, sizeof *work->index, err);
    return work->index && (work->scaled = doubles(arena, n * n, err)) && (work->eigen = doubles(arena, 5 * n, err)) &&
           (symmetrical || (work->gram = doubles(arena, n * n, err)));
}

/* The distributions of i, of j, of i + j and of |i - j|. */
static void distributions(struct glcm_work *work, const struct cooccurrence *matrix)
{
    size_t n = work->ranks->level_n, level_max = (size_t)work->ranks->level_max;
    const double *level = work->ranks->level;
    memset(work->px, 0, (n + 1) * sizeof(double));
    memset(work->py, 0, (n + 1) * sizeof(double));
    memset(work->sum, 0, (2 * level_max + 1) * sizeof(double));
    memset(work->difference, 0, level_max * sizeof(double));
    for (size_t c = 0; c < matrix->cell_n; c++) {
        const struct cooccurrence_cell *cell = &matrix->cell[c];
        bool twice = matrix->symmetrical && cell->i != cell->j;
        double p = cell->n / matrix->total, both = twice ? 2 * p : p;
        work->px[cell->i] += p;
        if (twice)
            work->px[cell->j] += p;
        if (!matrix->symmetrical)
            work->py[cell->j] += p;
        double i = level[cell->i], j = level[cell->j];
        work->sum[(size_t)(i + j)] += both;
        work->difference[(size_t)fabs(i - j)] += both;
    }
    for (int side = 0; side < (matrix->symmetrical ? 1 : 2); side++) {
        const double *p = side ? work->py : work->px;
        double *log_p = side ? work->log_py : work->log_px, *per_p = side ? work->per_py : work->per_px;
        for (size_t r = 1; r <= n; r++) {
            log_p[r] = p[r] > 0 ? log2(p[r]) : 0;
            per_p[r] = p[r] > 0 ? 1 / p[r] : 0;
        }
    }
}

/* Shannon's entropy with PyRadiomics' eps inside the logarithm. */
static double entropy(const double *p, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        if (p[k] > 0)
            sum += p[k] * log2(p[k] + eps);
    return -sum;
}

/* Largest eps / (px(i) py(j)) over all pairs. */
static double largest_ratio(const struct glcm_work *work)
{
    double x = 0, y = 0;
    for (size_t r = 1; r <= work->ranks->level_n; r++) {
        x = fmax(x, work->per_px[r]);
        y = fmax(y, work->per_py[r]);
    }
    return eps * x * y;
}

/* Below this eps / q the series of log2(1 + eps / q), cut after two terms, errs by less than 1e-12 of a q. */
#define SERIES_RATIO 1e-4

/* HXY2 = -sum over all i, j of q log2(q + eps), q = px(i) py(j). */
static double entropy_of_products(const struct glcm_work *work, bool series)
{
    size_t n = work->ranks->level_n;
    double sum = 0;
    if (series) {
        double hx = 0, hy = 0, present_x = 0, present_y = 0, per_x = 0, per_y = 0;
        for (size_t r = 1; r <= n; r++) {
            hx += work->px[r] * work->log_px[r];
            hy += work->py[r] * work->log_py[r];
            present_x += work->px[r] > 0;
            present_y += work->py[r] > 0;
            per_x += work->per_px[r];
            per_y += work->per_py[r];
        }
        return -(hx + hy + M_LOG2E * (eps * present_x * present_y - 0.5 * eps * eps * per_x * per_y));
    }
    for (size_t i = 1; i <= n; i++) {
        double row = 0;
        for (size_t j = 1; j <= n; j++) {
            double q = work->px[i] * work->py[j];
            if (q > 0)
                row += q * log2(q + eps);
        }
        sum += row;
    }
    return -sum;
}

/* log2(px(i) py(j) + eps). */
static double log_of_product(const struct glcm_work *work, size_t i, size_t j, bool series)
{
    if (!series)
        return log2(work->px[i] * work->py[j] + eps);
    double ratio = eps * (work->per_px[i] * work->per_py[j]);
    return work->log_px[i] + work->log_py[j] + M_LOG2E * (ratio - 0.5 * ratio * ratio);
}

static double mcc(struct glcm_work *work, const struct cooccurrence *matrix)
{
    size_t n = 0;
    for (size_t r = 1; r <= work->ranks->level_n; r++)
        if (work->px[r] > 0 || work->py[r] > 0)
            work->index[r] = n++;
    memset(work->scaled, 0, n * n * sizeof *work->scaled);
    for (size_t c = 0; c < matrix->cell_n; c++) {
        const struct cooccurrence_cell *cell = &matrix->cell[c];
        size_t i = work->index[cell->i], j = work->index[cell->j];
        double value = cell->n / matrix->total / sqrt(work->px[cell->i] * work->py[cell->j] + eps);
        work->scaled[i * n + j] = value;
        if (matrix->symmetrical)
            work->scaled[j * n + i] = value;
    }
    return matrix->symmetrical ? second_magnitude_symmetric(n, work->scaled, work->eigen)
                               : second_singular_value(n, work->scaled, work->gram, work->eigen);
}

/* Features over the distribution of i + j, about its mean ux + uy. */
static void sum_features(const struct glcm_work *work, double mean, double value[GLCM_N])
{
    size_t n = 2 * (size_t)work->ranks->level_max + 1;
    double average = 0, second = 0, third = 0, fourth = 0;
    for (size_t k = 2; k < n; k++) {
        double p = work->sum[k], d = (double)k - mean, d2 = d * d;
        average += p * (double)k;
        second += p * d2;
        third += p * d2 * d;
        fourth += p * d2 * d2;
    }
    value[SUM_AVERAGE] = average;
    value[CLUSTER_TENDENCY] = value[SUM_VARIANCE] = second;
    value[CLUSTER_SHADE] = third;
    value[CLUSTER_PROMINENCE] = fourth;
    value[SUM_ENTROPY] = entropy(work->sum, n);
}

/* Features over the distribution of |i - j|. */
static void difference_features(const struct glcm_work *work, double value[GLCM_N])
{
    size_t n = (size_t)work->ranks->level_max;
    double Ng = work->ranks->level_max, average = 0, contrast = 0, id = 0, idm = 0, idn = 0, idmn = 0, inverse = 0;
    for (size_t d = 0; d < n; d++) {
        double p = work->difference[d], k = (double)d;
        if (!(p > 0))
            continue;
        average += p * k;
        contrast += p * k * k;
        id += p / (1 + k);
        idm += p / (1 + k * k);
        idn += p / (1 + k / Ng);
        idmn += p / (1 + k * k / (Ng * Ng));
        inverse += d ? p / (k * k) : 0;
    }
    double variance = 0;
    for (size_t d = 0; d < n; d++)
        variance += work->difference[d] * ((double)d - average) * ((double)d - average);
    value[DIFFERENCE_AVERAGE] = value[DISSIMILARITY] = average;
    value[DIFFERENCE_VARIANCE] = variance;
    value[DIFFERENCE_ENTROPY] = entropy(work->difference, n);
    value[CONTRAST] = contrast;
    value[ID] = value[HOMOGENEITY_1] = id;
    value[IDM] = value[HOMOGENEITY_2] = idm;
    value[IDN] = idn;
    value[IDMN] = idmn;
    value[INVERSE_VARIANCE] = inverse;
}

static double moment(const double *p, const double *level, size_t n, double about, int power)
{
    double sum = 0;
    for (size_t r = 1; r <= n; r++)
        sum += p[r] * (power == 1 ? level[r] - about : (level[r] - about) * (level[r] - about));
    return sum;
}

static bool one_level(const double *p, size_t n)
{
    size_t present = 0;
    for (size_t r = 1; r <= n; r++)
        present += p[r] > 0;
    return present == 1;
}

/* The values of one matrix with total > 0. */
static void glcm_values(struct glcm_work *work, const struct cooccurrence *matrix, double value[GLCM_N], bool *flat)
{
    distributions(work, matrix);
    size_t n = work->ranks->level_n;
    const double *level = work->ranks->level;
    double ux = moment(work->px, level, n, 0, 1), uy = moment(work->py, level, n, 0, 1);
    double sx = sqrt(moment(work->px, level, n, ux, 2)), sy = sqrt(moment(work->py, level, n, uy, 2));
    bool series = largest_ratio(work) < SERIES_RATIO;

    /* Row sums first: rows are short, so the whole sum errs little. */
    double autocorrelation = 0, covariance = 0, energy = 0, hxy = 0, hxy1 = 0, maximum = 0;
    for (size_t c = 0; c < matrix->cell_n;) {
        size_t row = matrix->cell[c].i;
        double row_autocorrelation = 0, row_covariance = 0, row_energy = 0, row_hxy = 0, row_hxy1 = 0;
        for (; c < matrix->cell_n && matrix->cell[c].i == row; c++) {
            const struct cooccurrence_cell *cell = &matrix->cell[c];
            double p = cell->n / matrix->total, i = level[row], j = level[cell->j];
            double both = matrix->symmetrical && cell->j != row ? 2 * p : p;
            row_autocorrelation += both * i * j;
            row_covariance += both * (i - ux) * (j - uy);
            row_energy += both * p;
            row_hxy += both * log2(p + eps);
            row_hxy1 += both * log_of_product(work, row, cell->j, series);
            maximum = fmax(maximum, p);
        }
        autocorrelation += row_autocorrelation;
        covariance += row_covariance;
        energy += row_energy;
        hxy -= row_hxy;
        hxy1 -= row_hxy1;
    }
    value[AUTOCORRELATION] = autocorrelation;
    value[JOINT_AVERAGE] = ux;
    value[JOINT_ENERGY] = energy;
    value[JOINT_ENTROPY] = hxy;
    value[MAXIMUM_PROBABILITY] = maximum;
    value[SUM_SQUARES] = sx * sx;
    bool single = one_level(work->px, n) || one_level(work->py, n);
    *flat = *flat || single;
    value[CORRELATION] = single ? 1 : covariance / (sx * sy + eps);
    double hx = entropy(work->px, n + 1), hy = entropy(work->py, n + 1), larger = fmax(hx, hy);
    /* One level on each side: every term is log2(1 + eps), which cancels. */
    bool constant = matrix->cell_n == 1 && (!matrix->symmetrical || matrix->cell[0].i == matrix->cell[0].j);
    value[IMC_1] = constant || larger == 0 ? 0 : (hxy - hxy1) / larger;
    double information = constant ? 0 : entropy_of_products(work, series) - hxy;
    value[IMC_2] = information > 0 ? sqrt(-expm1(-2 * information)) : 0;
    sum_features(work, ux + uy, value);
    difference_features(work, value);
    value[MCC] = work->scaled ? mcc(work, matrix) : NAN;
}

/* weightingNorm's factor of a direction: exp(-length^2). */
static bool weigh_directions(const struct region *region, enum weighting norm, const struct direction *direction, size_t n, double **weight,
                             struct arena *arena, struct err *err)
{
    if (!(*weight = doubles(arena, n, err)))
        return false;
    for (size_t a = 0; a < n; a++) {
        double length = direction_length(&direction[a], region->grid.spacing, norm);
        (*weight)[a] = norm == WEIGHT_EQUAL ? 1 : exp(-length * length);
    }
    return true;
}

static void fill_reason(struct class_values *out, const char *reason)
{
    for (size_t f = 0; f < GLCM_N; f++)
        out->reason[f] = reason;
}

static bool glcm_compute(const struct region *region, const struct settings *settings, struct class_values *out, struct arena *arena, struct err *err)
{
    struct ranks ranks;
    struct direction *direction;
    size_t direction_n;
    if (region->level_max > GLCM_LEVEL_MAX) {
        fill_reason(out, "more than 4,194,304 grey levels");
        return true;
    }
    if (!ranks_of(region, settings, &ranks, arena, err) ||
        !directions_half(&ranks, settings, settings->distance, settings->distance_n, &direction, &direction_n, arena, err))
        return false;

    bool flat_region = ranks.level_n == 1, want_mcc = out->wanted[MCC] && !flat_region && ranks.level_n <= MCC_LEVELS;
    struct cooccurrence_counter counter;
    struct cooccurrence matrix = {0};
    struct glcm_work work;
    if (!cooccurrence_counter_make(&ranks, settings->symmetrical_glcm, &counter, arena, err) ||
        !work_make(&work, &ranks, settings->symmetrical_glcm, want_mcc, arena, err))
        return false;

    bool weighted = settings->weighting != WEIGHT_EACH_ANGLE, flat_direction = false;
    double *weight = NULL, sum[GLCM_N] = {0};
    if (weighted && !weigh_directions(region, settings->weighting, direction, direction_n, &weight, arena, err))
        return false;
    size_t matrix_n = weighted ? 1 : direction_n, used_n = 0;
    for (size_t m = 0; m < matrix_n; m++) {
        if (weighted ? !cooccurrence_weigh(&counter, direction, weight, direction_n, &matrix, arena, err)
                     : !cooccurrence_count(&counter, &direction[m], &matrix, arena, err))
            return false;
        if (!(matrix.total > 0)) /* no two voxels of the region lie in this direction */
            continue;
        double value[GLCM_N];
        glcm_values(&work, &matrix, value, &flat_direction);
        for (size_t f = 0; f < GLCM_N; f++)
            sum[f] += value[f];
        used_n++;
    }
    if (used_n == 0) {
        fill_reason(out, "no pair of voxels in any direction");
        if (flat_region) {
            out->value[MCC] = 1;
            out->reason[MCC] = "flat region: 1 by convention";
        }
        return true;
    }
    for (size_t f = 0; f < GLCM_N; f++)
        out->value[f] = sum[f] / (double)used_n;
    if (flat_direction)
        out->reason[CORRELATION] = flat_region ? "flat region: 1 by convention" : "flat in some direction: 1 there by convention";
    if (flat_region) {
        out->value[MCC] = 1;
        out->reason[MCC] = "flat region: 1 by convention";
        out->reason[IMC_1] = out->reason[IMC_2] = "flat region: 0 by convention";
    } else if (ranks.level_n > MCC_LEVELS) {
        out->reason[MCC] = "more than 2,048 grey levels";
    }
    return true;
}

const struct feature_class class_glcm = {
    .name = "glcm",
    .title = "Grey level co-occurrence matrix",
    .feature = glcm_features,
    .feature_n = GLCM_N,
    .of_mask = false,
    .of_ranks = true,
    .compute = glcm_compute,
};
