#include "stats/contingency.h"

#include <math.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/rank.h"

static size_t keep_distinct(double *sorted, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || sorted[i] != sorted[kept - 1])
            sorted[kept++] = sorted[i];
    return kept;
}

static size_t level_of(const double *level, size_t n, double value)
{
    size_t low = 0, high = n;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (level[middle] <= value)
            low = middle;
        else
            high = middle;
    }
    return low;
}

bool contingency_count(const double *row, const double *col, size_t n, struct contingency_table *table,
                       struct err *err)
{
    *table = (struct contingency_table){.status = STATS_OK};
    table->row_level = mem_alloc(n, sizeof(double), err);
    table->col_level = mem_alloc(n, sizeof(double), err);
    if (!table->row_level || !table->col_level)
        goto failed;
    for (size_t i = 0; i < n; i++) {
        if (isnan(row[i]) || isnan(col[i]))
            continue;
        table->row_level[table->n] = row[i];
        table->col_level[table->n++] = col[i];
    }
    sort_doubles(table->row_level, table->n);
    sort_doubles(table->col_level, table->n);
    table->rows = keep_distinct(table->row_level, table->n);
    table->cols = keep_distinct(table->col_level, table->n);
    table->count = mem_zero(table->rows * table->cols, sizeof(double), err);
    if (!table->count)
        goto failed;
    for (size_t i = 0; i < n; i++)
        if (!isnan(row[i]) && !isnan(col[i]))
            table->count[level_of(table->row_level, table->rows, row[i]) * table->cols +
                         level_of(table->col_level, table->cols, col[i])]++;
    if (table->n == 0)
        table->status = STATS_NO_COMPLETE_ROWS;
    else if (table->rows < 2 || table->cols < 2)
        table->status = STATS_ONE_LEVEL;
    return true;
failed:
    contingency_table_free(table);
    return false;
}

void contingency_table_free(struct contingency_table *table)
{
    mem_free(table->row_level);
    mem_free(table->col_level);
    mem_free(table->count);
    *table = (struct contingency_table){.status = table->status};
}

static double row_sum(const double *count, size_t cols, size_t i)
{
    double total = 0.0;
    for (size_t j = 0; j < cols; j++)
        total += count[i * cols + j];
    return total;
}

static double col_sum(const double *count, size_t rows, size_t cols, size_t j)
{
    double total = 0.0;
    for (size_t i = 0; i < rows; i++)
        total += count[i * cols + j];
    return total;
}

struct contingency contingency_test(const double *count, size_t rows, size_t cols, double level, double *expected)
{
    struct contingency out = {.status = STATS_OK, .chi2 = NAN, .df = NAN, .p = NAN, .cramers_v = NAN, .g = NAN,
                              .chi2_yates = NAN, .p_yates = NAN, .odds_ratio = NAN, .odds_ratio_low = NAN,
                              .odds_ratio_high = NAN};
    if (rows < 2 || cols < 2) {
        out.status = STATS_ONE_LEVEL;
        return out;
    }
    double n = 0.0, chi2 = 0.0, g = 0.0, yates = 0.0, correction = 0.5;
    for (size_t i = 0; i < rows * cols; i++)
        n += count[i];
    for (int pass = 0; pass < 2; pass++) /* first the correction (at most the smallest distance, as R), then sums */
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < cols; j++) {
                double o = count[i * cols + j], e = row_sum(count, cols, i) * col_sum(count, rows, cols, j) / n;
                if (pass == 0) {
                    correction = fmin(correction, fabs(o - e));
                    continue;
                }
                chi2 += (o - e) * (o - e) / e;
                yates += (fabs(o - e) - correction) * (fabs(o - e) - correction) / e;
                g += o > 0.0 ? 2.0 * o * log(o / e) : 0.0;
                if (expected)
                    expected[i * cols + j] = e;
            }
    size_t least = rows < cols ? rows : cols;
    out.chi2 = chi2;
    out.df = (double)((rows - 1) * (cols - 1));
    out.p = chi2_sf(chi2, out.df);
    out.cramers_v = sqrt(chi2 / n / (double)(least - 1));
    out.g = g;
    if (rows == 2 && cols == 2) {
        out.chi2_yates = yates;
        out.p_yates = chi2_sf(yates, 1.0);
        if (count[0] > 0.0 && count[1] > 0.0 && count[2] > 0.0 && count[3] > 0.0) {
            double se = sqrt(1.0 / count[0] + 1.0 / count[1] + 1.0 / count[2] + 1.0 / count[3]);
            double z = normal_quantile(0.5 + 0.5 * level);
            out.odds_ratio = count[0] * count[3] / (count[1] * count[2]);
            out.odds_ratio_low = out.odds_ratio * exp(-z * se);
            out.odds_ratio_high = out.odds_ratio * exp(z * se);
        }
    }
    return out;
}
