#include "stats/ttest.h"

#include <float.h>
#include <math.h>

#include "num/dist.h"
#include "num/sum.h"
#include "stats/sample.h"

static const struct t_result no_result = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};

static struct t_result t_of(double estimate, double se, double df, double level)
{
    double t = estimate / se, half = t_quantile(0.5 + 0.5 * level, df) * se;
    return (struct t_result){t, df, t_two_sided(t, df), estimate - half, estimate + half, t_cdf(t, df), t_sf(t, df)};
}

bool ttest(const double *value, const double *label, size_t rows, double level, struct ttest *out, struct err *err)
{
    *out = (struct ttest){.mean0 = NAN, .mean1 = NAN, .sd0 = NAN, .sd1 = NAN, .welch = no_result,
                          .student = no_result, .group0 = no_result, .cohen_d = NAN, .cohen_d_se = NAN,
                          .hedges_g = NAN, .smd = NAN, .f = NAN, .f_df1 = NAN, .f_df2 = NAN, .f_p = NAN,
                          .f_low = NAN, .f_high = NAN};
    struct sample sample;
    if (!sample_split(value, label, rows, &sample, err))
        return false;
    out->status = sample.status;
    out->n0 = sample.n0;
    out->n1 = sample.n1;
    out->dropped_n = sample.dropped;
    if (sample.status == STATS_NO_COMPLETE_ROWS || sample.status == STATS_LABEL_NOT_BINARY)
        goto done;
    double n0 = (double)sample.n0, n1 = (double)sample.n1;
    double m0 = mean_of(sample.x0, sample.n0), m1 = mean_of(sample.x1, sample.n1);
    double v0 = variance_of(sample.x0, sample.n0), v1 = variance_of(sample.x1, sample.n1);
    out->mean0 = m0;
    out->mean1 = m1;
    out->sd0 = sqrt(v0);
    out->sd1 = sqrt(v1);
    if (sample.n0 == 0 || sample.n1 == 0)
        goto done;
    if (sample.n0 < 2 || sample.n1 < 2) {
        out->status = STATS_TOO_FEW_OBSERVATIONS;
        goto done;
    }
    double e0 = v0 / n0, e1 = v1 / n1, se = sqrt(e0 + e1), df = n0 + n1 - 2.0, d = m0 - m1;
    double pooled = ((n0 - 1.0) * v0 + (n1 - 1.0) * v1) / df;
    if (!(se >= 10.0 * DBL_EPSILON * fmax(fabs(m0), fabs(m1))) || se == 0.0) {
        out->status = STATS_ZERO_VARIANCE;
        goto done;
    }
    out->welch = t_of(d, se, (e0 + e1) * (e0 + e1) / (e0 * e0 / (n0 - 1.0) + e1 * e1 / (n1 - 1.0)), level);
    out->student = t_of(d, sqrt(pooled * (1.0 / n0 + 1.0 / n1)), df, level);
    if (v0 > 0.0)
        out->group0 = t_of(m0, sqrt(e0), n0 - 1.0, level);
    out->cohen_d = d / sqrt(pooled);
    out->cohen_d_se = sqrt((n0 + n1) / (n0 * n1) + out->cohen_d * out->cohen_d / (2.0 * (n0 + n1)));
    out->hedges_g = out->cohen_d * (1.0 - 3.0 / (4.0 * df - 1.0));
    out->smd = d / sqrt((v0 + v1) / 2.0);
    out->f_df1 = n0 - 1.0;
    out->f_df2 = n1 - 1.0;
    if (v1 > 0.0) {
        out->f = v0 / v1;
        out->f_p = 2.0 * fmin(f_cdf(out->f, out->f_df1, out->f_df2), f_sf(out->f, out->f_df1, out->f_df2));
        out->f_low = out->f / f_quantile(0.5 + 0.5 * level, out->f_df1, out->f_df2);
        out->f_high = out->f / f_quantile(0.5 - 0.5 * level, out->f_df1, out->f_df2);
    }
done:
    sample_free(&sample);
    return true;
}
