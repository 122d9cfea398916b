#include "num/sum.h"

#include <math.h>

enum { LEAF = 32 }; /* below this a plain loop: its error is below that of the log2 n levels above it */

void sum_add(struct sum *sum, double value)
{
    double total = sum->total + value;
    sum->lost += fabs(sum->total) >= fabs(value) ? (sum->total - total) + value : (value - total) + sum->total;
    sum->total = total;
}

double sum_value(const struct sum *sum)
{
    return isfinite(sum->total) ? sum->total + sum->lost : sum->total;
}

double sum_of(const double *x, size_t n)
{
    if (n > LEAF) {
        size_t half = n / 2;
        return sum_of(x, half) + sum_of(x + half, n - half);
    }
    double total = 0.0;
    for (size_t i = 0; i < n; i++)
        total += x[i];
    return total;
}

double sum_of_products(const double *x, const double *y, size_t n)
{
    if (n > LEAF) {
        size_t half = n / 2;
        return sum_of_products(x, y, half) + sum_of_products(x + half, y + half, n - half);
    }
    double total = 0.0;
    for (size_t i = 0; i < n; i++)
        total += x[i] * y[i];
    return total;
}

double mean_of(const double *x, size_t n)
{
    if (n == 0)
        return NAN;
    double mean = sum_of(x, n) / (double)n;
    if (!isfinite(mean))
        return mean;
    double left = 0.0; /* one step of refinement, as R does in long double */
    for (size_t i = 0; i < n; i++)
        left += x[i] - mean;
    return mean + left / (double)n;
}

double covariance_of(const double *x, const double *y, size_t n)
{
    if (n < 2)
        return NAN;
    double mean_x = mean_of(x, n), mean_y = mean_of(y, n);
    struct sum products = SUM_INIT, dx_sum = SUM_INIT, dy_sum = SUM_INIT;
    for (size_t i = 0; i < n; i++) {
        double dx = x[i] - mean_x, dy = y[i] - mean_y;
        sum_add(&products, dx * dy);
        sum_add(&dx_sum, dx);
        sum_add(&dy_sum, dy);
    }
    return (sum_value(&products) - sum_value(&dx_sum) * sum_value(&dy_sum) / (double)n) / (double)(n - 1);
}

double variance_of(const double *x, size_t n)
{
    return covariance_of(x, x, n);
}
