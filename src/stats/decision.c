#include "stats/decision.h"

#include <math.h>

#include "num/rank.h"
#include "stats/sample.h"

/* How many of the n ascending values are >= t. */
static size_t at_least(const double *x, size_t n, double t)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (x[middle] < t)
            low = middle + 1;
        else
            high = middle;
    }
    return n - low;
}

bool decision_curve(const double *prob, const double *label, size_t rows, const double *threshold, size_t threshold_n,
                    struct decision_point *point, enum stats_status *status, struct err *err)
{
    struct sample sample;
    if (!sample_split(prob, label, rows, &sample, err))
        return false;
    *status = sample.status;
    bool usable = sample.status == STATS_OK || sample.status == STATS_ONE_CLASS;
    sort_doubles(sample.x0, sample.n0);
    sort_doubles(sample.x1, sample.n1);
    double n = (double)(sample.n0 + sample.n1), prevalence = (double)sample.n1 / n;
    for (size_t i = 0; i < threshold_n; i++) {
        double t = threshold[i], odds = t / (1.0 - t);
        point[i] = (struct decision_point){t, NAN, NAN, NAN, NAN};
        if (!usable)
            continue;
        double tp = (double)at_least(sample.x1, sample.n1, t) / n, fp = (double)at_least(sample.x0, sample.n0, t) / n;
        point[i].net_benefit = tp - fp * odds;
        point[i].treat_all = prevalence - (1.0 - prevalence) * odds;
        if (prevalence > 0.0)
            point[i].standardized = point[i].net_benefit / prevalence;
        if (odds > 0.0)
            point[i].avoided_per_100 = (point[i].net_benefit - point[i].treat_all) / odds * 100.0;
    }
    sample_free(&sample);
    return true;
}
