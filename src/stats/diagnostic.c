#include "stats/diagnostic.h"

#include <math.h>

static double ratio(double a, double b)
{
    return b == 0.0 ? NAN : a / b;
}

struct diagnostic diagnostic_of(size_t tp_count, size_t fp_count, size_t fn_count, size_t tn_count, double level)
{
    double tp = (double)tp_count, fp = (double)fp_count, fn = (double)fn_count, tn = (double)tn_count;
    double n = tp + fp + fn + tn;
    struct diagnostic d = {
        .tp = tp_count,
        .fp = fp_count,
        .fn = fn_count,
        .tn = tn_count,
        .sensitivity = proportion_of(tp_count, tp_count + fn_count, level),
        .specificity = proportion_of(tn_count, tn_count + fp_count, level),
        .ppv = proportion_of(tp_count, tp_count + fp_count, level),
        .npv = proportion_of(tn_count, tn_count + fn_count, level),
        .accuracy = proportion_of(tp_count + tn_count, tp_count + fp_count + fn_count + tn_count, level),
    };
    double se = d.sensitivity.value, sp = d.specificity.value;
    d.f1 = ratio(2.0 * tp, 2.0 * tp + fp + fn);
    d.mcc = ratio(tp * tn - fp * fn, sqrt(tp + fp) * sqrt(tp + fn) * sqrt(tn + fp) * sqrt(tn + fn));
    d.balanced_accuracy = (se + sp) / 2.0;
    d.youden_j = se + sp - 1.0;
    d.lr_pos = ratio(se, 1.0 - sp);
    d.lr_neg = ratio(1.0 - se, sp);
    d.odds_ratio = ratio(tp * tn, fp * fn);
    double chance = n == 0.0 ? NAN : ((tp + fp) * (tp + fn) + (tn + fn) * (tn + fp)) / (n * n);
    d.kappa = ratio(d.accuracy.value - chance, 1.0 - chance);
    d.prevalence = ratio(tp + fn, n);
    return d;
}

struct diagnostic diagnostic_at(const double *score, const double *label, size_t n, double threshold, double level)
{
    size_t count[2][2] = {{0, 0}, {0, 0}}; /* [truth][call] */
    for (size_t i = 0; i < n; i++)
        if (!isnan(score[i]) && !isnan(label[i]))
            count[label[i] == 1.0][score[i] >= threshold]++;
    return diagnostic_of(count[1][1], count[0][1], count[1][0], count[0][0], level);
}
