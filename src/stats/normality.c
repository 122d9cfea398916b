#include "stats/normality.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/rank.h"
#include "num/sum.h"

static double polynomial(const double *c, size_t n, double x)
{
    double value = 0.0;
    for (size_t i = n; i-- > 0;)
        value = value * x + c[i];
    return value;
}

/* Royston's AS R94 on ascending x; a[n/2] is scratch for the weights. */
static void shapiro_wilk(const double *x, size_t n, double *a, double *w, double *p)
{
    static const double c1[] = {0.0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056};
    static const double c2[] = {0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633};
    static const double c3[] = {0.544, -0.39978, 0.025054, -6.714e-4}, c4[] = {1.3822, -0.77857, 0.062767, -0.0020322};
    static const double c5[] = {-1.5861, -0.31082, -0.083751, 0.0038915}, c6[] = {-0.4803, -0.082676, 0.0030302};
    static const double g[] = {-2.273, 0.459};
    double count = (double)n;
    size_t half = n / 2;
    if (n == 3) {
        a[0] = sqrt(0.5);
    } else {
        double sum = 0.0;
        for (size_t i = 0; i < half; i++) {
            a[i] = normal_quantile(((double)i + 1.0 - 0.375) / (count + 0.25));
            sum += a[i] * a[i];
        }
        sum *= 2.0;
        double root = sqrt(sum), rsn = 1.0 / sqrt(count), first = polynomial(c1, 6, rsn) - a[0] / root;
        size_t from;
        double factor;
        if (n > 5) {
            double second = -a[1] / root + polynomial(c2, 6, rsn);
            factor = sqrt((sum - 2.0 * (a[0] * a[0]) - 2.0 * (a[1] * a[1])) /
                          (1.0 - 2.0 * (first * first) - 2.0 * (second * second)));
            a[1] = second;
            from = 2;
        } else {
            factor = sqrt((sum - 2.0 * (a[0] * a[0])) / (1.0 - 2.0 * (first * first)));
            from = 1;
        }
        a[0] = first;
        for (size_t i = from; i < half; i++)
            a[i] /= -factor;
    }
    /* W = (sum a_i x_i)^2 / sum (x - mean)^2; as 1 - W from deviations, which keeps digits near 1. */
    double range = x[n - 1] - x[0], mean_a = 0.0, mean_x = 0.0;
    for (size_t i = 0; i < n; i++) {
        double weight = i < half ? -a[i] : i >= n - half ? a[n - 1 - i] : 0.0;
        mean_a += weight;
        mean_x += x[i] / range;
    }
    mean_a /= count;
    mean_x /= count;
    double ssa = 0.0, ssx = 0.0, sax = 0.0;
    for (size_t i = 0; i < n; i++) {
        double weight = i < half ? -a[i] : i >= n - half ? a[n - 1 - i] : 0.0;
        double da = weight - mean_a, dx = x[i] / range - mean_x;
        ssa += da * da;
        ssx += dx * dx;
        sax += da * dx;
    }
    double root = sqrt(ssa * ssx), w1 = (root - sax) * (root + sax) / (ssa * ssx);
    *w = 1.0 - w1;
    if (n == 3) {
        const double pi6 = 1.90985931710274, stqr = 1.04719755119660;
        *p = fmax(0.0, pi6 * (asin(sqrt(*w)) - stqr));
        return;
    }
    double y = log(w1), log_n = log(count), mean, sd;
    if (n <= 11) {
        double gamma = polynomial(g, 2, count);
        if (y >= gamma) {
            *p = 1e-99;
            return;
        }
        y = -log(gamma - y);
        mean = polynomial(c3, 4, count);
        sd = exp(polynomial(c4, 4, count));
    } else {
        mean = polynomial(c5, 4, log_n);
        sd = exp(polynomial(c6, 3, log_n));
    }
    *p = normal_sf((y - mean) / sd);
}

/* P(D_n < d) by the m x m matrix power of Marsaglia, Tsang and Wang; h and q hold 3 m^2 numbers. */
static void matrix_multiply(const double *a, const double *b, double *c, size_t m)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++) {
            double s = 0.0;
            for (size_t k = 0; k < m; k++)
                s += a[i * m + k] * b[k * m + j];
            c[i * m + j] = s;
        }
}

static void matrix_power(const double *a, int ea, double *v, int *ev, size_t m, size_t n, double *scratch)
{
    if (n == 1) {
        memcpy(v, a, m * m * sizeof *v);
        *ev = ea;
        return;
    }
    matrix_power(a, ea, v, ev, m, n / 2, scratch);
    matrix_multiply(v, v, scratch, m);
    int eb = 2 * *ev;
    if (n % 2 == 0) {
        memcpy(v, scratch, m * m * sizeof *v);
        *ev = eb;
    } else {
        matrix_multiply(a, scratch, v, m);
        *ev = ea + eb;
    }
    if (v[m / 2 * m + m / 2] > 1e140) {
        for (size_t i = 0; i < m * m; i++)
            v[i] *= 1e-140;
        *ev += 140;
    }
}

static bool kolmogorov_exact(double d, size_t n, double *cdf, struct err *err)
{
    double count = (double)n, nd = count * d;
    size_t k = (size_t)nd + 1, m = 2 * k - 1;
    double h = (double)k - nd;
    double *block = mem_alloc(m * m, 3 * sizeof *block, err);
    if (!block)
        return false;
    double *a = block, *q = block + m * m;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            a[i * m + j] = i + 1 < j ? 0.0 : 1.0;
    for (size_t i = 0; i < m; i++) {
        a[i * m] -= pow(h, (double)i + 1.0);
        a[(m - 1) * m + i] -= pow(h, (double)(m - i));
    }
    a[(m - 1) * m] += 2.0 * h - 1.0 > 0.0 ? pow(2.0 * h - 1.0, (double)m) : 0.0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            if (i + 1 > j)
                for (size_t g = 1; g <= i - j + 1; g++)
                    a[i * m + j] /= (double)g;
    int exponent = 0;
    matrix_power(a, 0, q, &exponent, m, n, q + m * m);
    double s = q[(k - 1) * m + k - 1];
    for (size_t i = 1; i <= n; i++) {
        s = s * (double)i / count;
        if (s < 1e-140) {
            s *= 1e140;
            exponent -= 140;
        }
    }
    *cdf = s * pow(10.0, exponent);
    mem_free(block);
    return true;
}

/* 1 - K(x), Kolmogorov's limit: the alternating series for large x, its theta-function twin for small. */
static double kolmogorov_limit_sf(double x)
{
    if (x <= 0.0)
        return 1.0;
    if (x < 1.0) {
        double z = -(M_PI * M_PI / 8.0) / (x * x), s = 0.0;
        for (int k = 1; k <= 19; k += 2)
            s += exp((double)(k * k) * z);
        return 1.0 - s * sqrt(2.0 * M_PI) / x;
    }
    double s = 0.0;
    for (int k = 1; k <= 20; k++)
        s += (k % 2 ? 2.0 : -2.0) * exp(-2.0 * (double)(k * k) * x * x);
    return s;
}

static bool kolmogorov_smirnov(const double *x, size_t n, double mean, double sd, struct normality *out,
                               struct err *err)
{
    bool ties = false;
    double d = 0.0, count = (double)n;
    for (size_t i = 0; i < n; i++) {
        double cdf = normal_cdf((x[i] - mean) / sd);
        d = fmax(d, fmax(cdf - (double)i / count, ((double)i + 1.0) / count - cdf));
        ties = ties || (i > 0 && x[i] == x[i - 1]);
    }
    out->ks_d = d;
    if (n < 100 && !ties) {
        double cdf = NAN;
        if (!kolmogorov_exact(d, n, &cdf, err))
            return false;
        out->ks_p = 1.0 - cdf;
    } else {
        out->ks_p = kolmogorov_limit_sf(sqrt(count) * d);
    }
    out->ks_p = fmin(1.0, fmax(0.0, out->ks_p));
    return true;
}

static void moments(const double *x, size_t n, double mean, struct normality *out)
{
    struct sum s2 = SUM_INIT, s3 = SUM_INIT, s4 = SUM_INIT;
    for (size_t i = 0; i < n; i++) {
        double d = x[i] - mean, d2 = d * d;
        sum_add(&s2, d2);
        sum_add(&s3, d2 * d);
        sum_add(&s4, d2 * d2);
    }
    double k = (double)n, m2 = sum_value(&s2) / k, m3 = sum_value(&s3) / k, m4 = sum_value(&s4) / k;
    out->skewness1 = m3 / (m2 * sqrt(m2));
    out->kurtosis1 = m4 / (m2 * m2) - 3.0;
    out->skewness2 = out->skewness1 * sqrt(k * (k - 1.0)) / (k - 2.0);
    if (n > 3)
        out->kurtosis2 = ((k + 1.0) * out->kurtosis1 + 6.0) * (k - 1.0) / ((k - 2.0) * (k - 3.0));
}

bool normality(const double *value, size_t rows, struct normality *out, struct err *err)
{
    *out = (struct normality){.status = STATS_OK, .shapiro_w = NAN, .shapiro_p = NAN, .ks_d = NAN, .ks_p = NAN,
                              .skewness1 = NAN, .kurtosis1 = NAN, .skewness2 = NAN, .kurtosis2 = NAN};
    double *x = mem_alloc(rows, 2 * sizeof *x, err);
    if (!x)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < rows; i++)
        if (!isnan(value[i]))
            x[n++] = value[i];
    out->n = n;
    bool done = true;
    if (n < 3) {
        out->status = STATS_TOO_FEW_OBSERVATIONS;
        goto done;
    }
    sort_doubles(x, n);
    if (!(x[n - 1] - x[0] > 1e-19)) { /* AS R94's own bound */
        out->status = STATS_ZERO_VARIANCE;
        goto done;
    }
    double mean = mean_of(x, n), sd = sqrt(variance_of(x, n));
    moments(x, n, mean, out);
    if (n <= 5000)
        shapiro_wilk(x, n, x + rows, &out->shapiro_w, &out->shapiro_p);
    done = kolmogorov_smirnov(x, n, mean, sd, out, err);
done:
    mem_free(x);
    return done;
}
