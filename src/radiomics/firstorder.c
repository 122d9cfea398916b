/* First-order statistics of the intensities in a region (van Griethuysen et al., Cancer Research 77, 2017;
 * definitions of PyRadiomics, radiomics/firstorder.py).
 *
 * X is the set of Np intensities, c the voxelArrayShift, p(i) the share of voxels with grey level i. Moments are
 * the population's (divisor Np), and Kurtosis is not the excess (a normal law has 3). Percentiles are linear
 * between order statistics (type 7 of Hyndman and Fan). Units: those of the image, or their powers;
 * TotalEnergy has mm^3 with it. */
#include <math.h>
#include <string.h>

#include "num/rank.h"
#include "num/sum.h"
#include "radiomics/class.h"

enum { COUNTED_RANGE = 1 << 16 };

enum {
    PERCENTILE_10, PERCENTILE_90, ENERGY, ENTROPY, INTERQUARTILE_RANGE, KURTOSIS, MAXIMUM, MEAN_ABSOLUTE_DEVIATION,
    MEAN, MEDIAN, MINIMUM, RANGE, ROBUST_MEAN_ABSOLUTE_DEVIATION, ROOT_MEAN_SQUARED, SKEWNESS, STANDARD_DEVIATION,
    TOTAL_ENERGY, UNIFORMITY, VARIANCE, FEATURE_N,
};

static const struct feature features[FEATURE_N] = {
    [PERCENTILE_10] = {"10Percentile", "P10 of X", "QG58", false, false},
    [PERCENTILE_90] = {"90Percentile", "P90 of X", "8DWT", false, false},
    [ENERGY] = {"Energy", "sum (X(i) + c)^2", "N8CA", false, false},
    [ENTROPY] = {"Entropy", "-sum p(i) log2(p(i) + eps)", "TLU2", false, false},
    [INTERQUARTILE_RANGE] = {"InterquartileRange", "P75 - P25", "SALO", false, false},
    [KURTOSIS] = {"Kurtosis", "mu4 / sigma^4", "IPH6", false, false, .edge = "not the excess: 3 for a normal law (IBSI subtracts 3); flat region: 0"},
    [MAXIMUM] = {"Maximum", "max(X)", "84IY", false, false},
    [MEAN_ABSOLUTE_DEVIATION] = {"MeanAbsoluteDeviation", "mean |X(i) - mean(X)|", "4FUA", false, false},
    [MEAN] = {"Mean", "sum X(i) / Np", "Q4LE", false, false},
    [MEDIAN] = {"Median", "P50 of X", "Y12H", false, false},
    [MINIMUM] = {"Minimum", "min(X)", "1GSF", false, false},
    [RANGE] = {"Range", "max(X) - min(X)", "2OJQ", false, false},
    [ROBUST_MEAN_ABSOLUTE_DEVIATION] = {"RobustMeanAbsoluteDeviation", "mean |X(i) - mean(X)| over P10 <= X(i) <= P90", "1128", false, false, .edge = "no intensity between the percentiles (two voxels): undefined"},
    [ROOT_MEAN_SQUARED] = {"RootMeanSquared", "sqrt(sum (X(i) + c)^2 / Np)", "5ZWQ", false, false},
    [SKEWNESS] = {"Skewness", "mu3 / sigma^3", "KE2A", false, false, .edge = "flat region: 0"},
    [STANDARD_DEVIATION] = {"StandardDeviation", "sqrt(mu2)", NULL, true, false},
    [TOTAL_ENERGY] = {"TotalEnergy", "voxel volume * Energy", NULL, false, false},
    [UNIFORMITY] = {"Uniformity", "sum p(i)^2", "BJ5W", false, false},
    [VARIANCE] = {"Variance", "mu2", "ECT3", false, false},
};

/* mean of (x - center)^power */
static double central_moment(const double *x, size_t n, double center, int power, double *scratch)
{
    for (size_t i = 0; i < n; i++) {
        double d = x[i] - center, p = d * d;
        scratch[i] = power == 2 ? p : power == 3 ? p * d : p * p;
    }
    return sum_of(scratch, n) / (double)n;
}

static double mean_absolute_deviation(const double *x, size_t n, double *scratch)
{
    double mean = mean_of(x, n);
    for (size_t i = 0; i < n; i++)
        scratch[i] = fabs(x[i] - mean);
    return sum_of(scratch, n) / (double)n;
}

/* Entropy and Uniformity of the grey levels; log2(p + eps) as PyRadiomics writes it. */
static bool level_shares(const struct region *region, struct class_values *out, struct arena *arena, struct err *err)
{
    size_t *count = arena_alloc(arena, (size_t)region->level_max + 1, sizeof *count, err);
    if (count == NULL)
        return false;
    for (size_t v = 0; v < region->voxel_n; v++)
        if (region->mask[v])
            count[region->level[v]]++;
    struct sum entropy = SUM_INIT, uniformity = SUM_INIT;
    for (int32_t i = 1; i <= region->level_max; i++) {
        if (count[i] == 0)
            continue;
        double p = (double)count[i] / (double)region->inside_n;
        sum_add(&entropy, p * log2(p + 0x1p-52));
        sum_add(&uniformity, p * p);
    }
    out->value[ENTROPY] = -sum_value(&entropy);
    out->value[UNIFORMITY] = sum_value(&uniformity);
    return true;
}

static void order_statistics(const double *x, size_t n, double *scratch, struct class_values *out)
{
    double p10 = quantile_sorted(x, n, 0.10), p90 = quantile_sorted(x, n, 0.90);
    out->value[MINIMUM] = x[0];
    out->value[MAXIMUM] = x[n - 1];
    out->value[RANGE] = x[n - 1] - x[0];
    out->value[PERCENTILE_10] = p10;
    out->value[PERCENTILE_90] = p90;
    out->value[MEDIAN] = quantile_sorted(x, n, 0.50);
    out->value[INTERQUARTILE_RANGE] = quantile_sorted(x, n, 0.75) - quantile_sorted(x, n, 0.25);

    size_t first = 0, end = n;
    while (first < n && x[first] < p10)
        first++;
    while (end > first && x[end - 1] > p90)
        end--;
    if (end > first)
        out->value[ROBUST_MEAN_ABSOLUTE_DEVIATION] = mean_absolute_deviation(x + first, end - first, scratch);
    else
        out->reason[ROBUST_MEAN_ABSOLUTE_DEVIATION] = "no intensity between the 10th and the 90th percentile";
}

static void moments(const double *x, size_t n, double *scratch, struct class_values *out)
{
    double mean = mean_of(x, n);
    double mu2 = central_moment(x, n, mean, 2, scratch);
    double mu3 = central_moment(x, n, mean, 3, scratch), mu4 = central_moment(x, n, mean, 4, scratch);
    out->value[MEAN] = mean;
    out->value[VARIANCE] = mu2;
    out->value[STANDARD_DEVIATION] = sqrt(mu2);
    out->value[MEAN_ABSOLUTE_DEVIATION] = mean_absolute_deviation(x, n, scratch);
    if (mu2 > 0) {
        out->value[SKEWNESS] = mu3 / pow(mu2, 1.5);
        out->value[KURTOSIS] = mu4 / (mu2 * mu2);
        return;
    }
    out->value[SKEWNESS] = out->value[KURTOSIS] = 0;
    out->reason[SKEWNESS] = out->reason[KURTOSIS] = "flat region: 0 by convention";
}

static void energies(const double *x, size_t n, double shift, double voxel_volume, double *scratch, struct class_values *out)
{
    for (size_t i = 0; i < n; i++)
        scratch[i] = (x[i] + shift) * (x[i] + shift);
    double energy = sum_of(scratch, n);
    out->value[ENERGY] = energy;
    out->value[TOTAL_ENERGY] = energy * voxel_volume;
    out->value[ROOT_MEAN_SQUARED] = sqrt(energy / (double)n);
}

/* Ascending. Whole numbers of a modest range, which is what CT has, are sorted by counting. */
static bool sort_intensities(double *x, size_t n, struct arena *arena, struct err *err)
{
    double least = x[0], most = x[0];
    bool whole = true;
    for (size_t i = 0; i < n; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
        whole &= x[i] == rint(x[i]);
    }
    if (!whole || !(most - least < COUNTED_RANGE)) {
        sort_doubles(x, n);
        return true;
    }
    size_t range = (size_t)(most - least) + 1, at = 0, *count = arena_alloc(arena, range, sizeof *count, err);
    if (count == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        count[(size_t)(x[i] - least)]++;
    for (size_t value = 0; value < range; value++)
        for (size_t k = 0; k < count[value]; k++)
            x[at++] = least + (double)value;
    return true;
}

static bool compute(const struct region *region, const struct settings *settings, struct class_values *out, struct arena *arena, struct err *err)
{
    size_t n = region->inside_n;
    double *x = arena_alloc(arena, n, sizeof *x, err);
    double *scratch = arena_alloc(arena, n, sizeof *scratch, err);
    if (x == NULL || scratch == NULL)
        return false;
    size_t got = 0;
    for (size_t v = 0; v < region->voxel_n; v++)
        if (region->mask[v])
            x[got++] = region->intensity[v];
    if (!sort_intensities(x, n, arena, err))
        return false;
    const double *spacing = region->grid.spacing;
    order_statistics(x, n, scratch, out);
    moments(x, n, scratch, out);
    energies(x, n, (double)settings->voxel_array_shift, spacing[0] * spacing[1] * spacing[2], scratch, out);
    return level_shares(region, out, arena, err);
}

const struct feature_class class_firstorder = {
    .name = "firstorder",
    .title = "First-order statistics",
    .feature = features,
    .feature_n = FEATURE_N,
    .of_mask = false,
    .compute = compute,
};
