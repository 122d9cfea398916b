#include "stats/icc.h"

#include <math.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/sum.h"

static const struct icc_value no_value = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};

/* Two-way analysis of variance; x is n x k without holes. false: no spread at all. */
static bool mean_squares(const double *x, struct icc *out)
{
    size_t n = out->n, k = out->k;
    double rows = (double)n, cols = (double)k, grand = mean_of(x, n * k), between = 0.0, raters = 0.0, within = 0.0;
    struct sum error = SUM_INIT;
    for (size_t j = 0; j < k; j++) {
        double d = mean_of(x + j * n, n) - grand;
        raters += rows * d * d;
    }
    for (size_t i = 0; i < n; i++) {
        double mean = 0.0;
        for (size_t j = 0; j < k; j++)
            mean += x[i + j * n] / cols;
        between += cols * (mean - grand) * (mean - grand);
        for (size_t j = 0; j < k; j++) {
            double d = x[i + j * n] - mean, column = mean_of(x + j * n, n) - grand;
            within += d * d;
            sum_add(&error, (d - column) * (d - column));
        }
    }
    out->ms_subjects = between / (rows - 1.0);
    out->ms_raters = raters / (cols - 1.0);
    out->ms_error = sum_value(&error) / ((rows - 1.0) * (cols - 1.0));
    out->ms_within = within / (rows * (cols - 1.0));
    return between + within > 1e-28 * grand * grand * rows * cols && between + within > 0.0;
}

static struct icc_value test_of(double estimate, double f, double df1, double df2)
{
    return (struct icc_value){.icc = estimate, .f = f, .df1 = df1, .df2 = df2, .p = f_sf(f, df1, df2), .low = NAN,
                              .high = NAN};
}

/* ICC(1,.) and ICC(3,.): from limits of F. */
static void f_limits(struct icc_value *single, struct icc_value *mean, double k, double upper)
{
    double low = single->f / f_quantile(upper, single->df1, single->df2);
    double high = single->f * f_quantile(upper, single->df2, single->df1);
    if (isinf(single->f)) {
        single->low = single->high = mean->low = mean->high = 1.0;
        return;
    }
    single->low = (low - 1.0) / (low + k - 1.0);
    single->high = (high - 1.0) / (high + k - 1.0);
    mean->low = 1.0 - 1.0 / low;
    mean->high = 1.0 - 1.0 / high;
}

static void satterthwaite_limits(const struct icc *out, struct icc_value *single, struct icc_value *mean, double upper)
{
    double n = (double)out->n, k = (double)out->k, r = single->icc;
    double msb = out->ms_subjects, msj = out->ms_raters, mse = out->ms_error;
    if (mse == 0.0 && msj == 0.0) {
        single->low = single->high = mean->low = mean->high = 1.0;
        return;
    }
    /* F_j = MSJ / MSE, written so that MSE = 0 has its limit. */
    double a = k * r * msj, b = (n * (1.0 + (k - 1.0) * r) - k * r) * mse;
    double v = (k - 1.0) * (n - 1.0) * (a + b) * (a + b) / ((n - 1.0) * a * a + b * b);
    double f_low = f_quantile(upper, n - 1.0, v), f_high = f_quantile(upper, v, n - 1.0);
    double rest = k * msj + (k * n - k - n) * mse;
    single->low = n * (msb - f_low * mse) / (f_low * rest + n * msb);
    single->high = n * (f_high * msb - mse) / (rest + n * f_high * msb);
    mean->low = single->low * k / (1.0 + single->low * (k - 1.0));
    mean->high = single->high * k / (1.0 + single->high * (k - 1.0));
}

static void fill(struct icc *out, double level)
{
    double n = (double)out->n, k = (double)out->k, upper = 0.5 + 0.5 * level;
    double msb = out->ms_subjects, msj = out->ms_raters, mse = out->ms_error, msw = out->ms_within;
    double f1 = msb / msw, f3 = msb / mse, df1 = n - 1.0, df_within = n * (k - 1.0), df_error = (n - 1.0) * (k - 1.0);
    struct icc_value *form = out->form;
    form[ICC_1_1] = test_of((msb - msw) / (msb + (k - 1.0) * msw), f1, df1, df_within);
    form[ICC_2_1] = test_of((msb - mse) / (msb + (k - 1.0) * mse + k * (msj - mse) / n), f3, df1, df_error);
    form[ICC_3_1] = test_of((msb - mse) / (msb + (k - 1.0) * mse), f3, df1, df_error);
    form[ICC_1_K] = test_of((msb - msw) / msb, f1, df1, df_within);
    form[ICC_2_K] = test_of((msb - mse) / (msb + (msj - mse) / n), f3, df1, df_error);
    form[ICC_3_K] = test_of((msb - mse) / msb, f3, df1, df_error);
    f_limits(&form[ICC_1_1], &form[ICC_1_K], k, upper);
    f_limits(&form[ICC_3_1], &form[ICC_3_K], k, upper);
    satterthwaite_limits(out, &form[ICC_2_1], &form[ICC_2_K], upper);
}

bool icc(const double *x, size_t rows, size_t k, double level, struct icc *out, struct err *err)
{
    *out = (struct icc){.status = STATS_OK, .k = k, .ms_subjects = NAN, .ms_raters = NAN, .ms_error = NAN,
                        .ms_within = NAN};
    for (size_t f = 0; f < ICC_FORM_N; f++)
        out->form[f] = no_value;
    if (k < 2) {
        out->status = STATS_TOO_FEW_RATERS;
        return true;
    }
    double *full = mem_alloc(rows * k, sizeof *full, err);
    if (!full)
        return false;
    for (int pass = 0; pass < 2; pass++) { /* count, then copy what is complete */
        size_t kept = 0;
        for (size_t i = 0; i < rows; i++) {
            bool complete = true;
            for (size_t j = 0; j < k; j++)
                complete = complete && !isnan(x[i + j * rows]);
            if (!complete)
                continue;
            for (size_t j = 0; pass == 1 && j < k; j++)
                full[kept + j * out->n] = x[i + j * rows];
            kept++;
        }
        out->n = kept;
    }
    out->dropped_n = rows - out->n;
    if (out->n < 2)
        out->status = out->n == 0 ? STATS_NO_COMPLETE_ROWS : STATS_TOO_FEW_OBSERVATIONS;
    else if (!mean_squares(full, out))
        out->status = STATS_ZERO_VARIANCE;
    else
        fill(out, level);
    mem_free(full);
    return true;
}
