#include "stats/proportion.h"

#include <math.h>

#include "num/dist.h"

struct proportion proportion_of(size_t x_count, size_t n_count, double level)
{
    double x = (double)x_count, n = (double)n_count;
    if (n_count == 0)
        return (struct proportion){x, n, NAN, NAN, NAN, NAN, NAN};
    double z = normal_quantile(0.5 + 0.5 * level), p = x / n, z2 = z * z;
    double middle = p + z2 / (2.0 * n), half = z * sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n)), scale = 1.0 + z2 / n;
    double tail = 0.5 * (1.0 - level);
    return (struct proportion){
        .x = x,
        .n = n,
        .value = p,
        .wilson_low = x_count == 0 ? 0.0 : (middle - half) / scale,
        .wilson_high = x_count == n_count ? 1.0 : (middle + half) / scale,
        .exact_low = x_count == 0 ? 0.0 : beta_quantile(tail, x, n - x + 1.0),
        .exact_high = x_count == n_count ? 1.0 : beta_quantile(1.0 - tail, x + 1.0, n - x),
    };
}

struct two_proportions two_proportions_of(size_t x0_count, size_t n0_count, size_t x1_count, size_t n1_count,
                                          double level)
{
    double x0 = (double)x0_count, n0 = (double)n0_count, x1 = (double)x1_count, n1 = (double)n1_count;
    double z = normal_quantile(0.5 + 0.5 * level);
    struct two_proportions out = {.p0 = x0 / n0, .p1 = x1 / n1};
    double p0 = out.p0, p1 = out.p1;
    out.smd = (p1 - p0) / sqrt((p1 * (1.0 - p1) + p0 * (1.0 - p0)) / 2.0);
    out.difference = p1 - p0;
    double half = z * sqrt(p1 * (1.0 - p1) / n1 + p0 * (1.0 - p0) / n0);
    out.difference_low = fmax(out.difference - half, -1.0);
    out.difference_high = fmin(out.difference + half, 1.0);

    double n = n0 + n1, x = x0 + x1, distance = fabs(x1 * (n0 - x0) - x0 * (n1 - x1)); /* |ad - bc| */
    double margins = n0 * n1 * x * (n - x), corrected = distance - fmin(0.5 * n, distance);
    out.chi2 = n * distance * distance / margins;
    out.p = chi2_sf(out.chi2, 1.0);
    out.p_yates = chi2_sf(n * corrected * corrected / margins, 1.0);

    out.ratio = p1 / p0;
    double se = sqrt(1.0 / x1 - 1.0 / n1 + 1.0 / x0 - 1.0 / n0);
    out.ratio_low = out.ratio * exp(-z * se);
    out.ratio_high = out.ratio * exp(z * se);
    out.cohen_h = 2.0 * asin(sqrt(p1)) - 2.0 * asin(sqrt(p0));
    return out;
}
