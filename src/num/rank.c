#include "num/rank.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

enum { SMALL = 16 };

/* The total order: numbers by value, NaN last, equals by position. */
static bool before(const double *x, size_t a, size_t b)
{
    double u = x[a], v = x[b];
    if (u < v)
        return true;
    if (u > v)
        return false;
    bool a_nan = isnan(u), b_nan = isnan(v);
    if (a_nan != b_nan)
        return b_nan;
    return a < b;
}

static void insertion_index(const double *x, size_t *index, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        size_t item = index[i], j = i;
        for (; j > 0 && before(x, item, index[j - 1]); j--)
            index[j] = index[j - 1];
        index[j] = item;
    }
}

static void sift_index(const double *x, size_t *index, size_t root, size_t n)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && before(x, index[child], index[child + 1]))
            child++;
        if (!before(x, index[root], index[child]))
            return;
        size_t swap = index[root];
        index[root] = index[child];
        index[child] = swap;
    }
}

static void heap_index(const double *x, size_t *index, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift_index(x, index, i, n);
    for (size_t end = n; end-- > 1;) {
        size_t swap = index[0];
        index[0] = index[end];
        index[end] = swap;
        sift_index(x, index, 0, end);
    }
}

static size_t median3(const double *x, size_t a, size_t b, size_t c)
{
    if (before(x, a, b))
        return before(x, b, c) ? b : before(x, a, c) ? c : a;
    return before(x, a, c) ? a : before(x, b, c) ? c : b;
}

static void intro_index(const double *x, size_t *index, size_t n, int depth)
{
    while (n > SMALL) {
        if (depth-- == 0) {
            heap_index(x, index, n);
            return;
        }
        size_t pivot = median3(x, index[0], index[n / 2], index[n - 1]);
        size_t i = 0, j = n - 1; /* Hoare: all items differ in the total order, so no run of equals degrades it */
        for (;;) {
            while (before(x, index[i], pivot))
                i++;
            while (before(x, pivot, index[j]))
                j--;
            if (i >= j)
                break;
            size_t swap = index[i];
            index[i++] = index[j];
            index[j--] = swap;
        }
        size_t left = j + 1;
        if (left < n - left) { /* recurse into the smaller part: the stack stays below log2 n */
            intro_index(x, index, left, depth);
            index += left;
            n -= left;
        } else {
            intro_index(x, index + left, n - left, depth);
            n = left;
        }
    }
    insertion_index(x, index, n);
}

void sort_index(const double *x, size_t n, size_t *index)
{
    for (size_t i = 0; i < n; i++)
        index[i] = i;
    int depth = 2;
    for (size_t m = n; m > 1; m /= 2)
        depth += 2;
    intro_index(x, index, n, depth);
}

static void sift_values(double *x, size_t root, size_t n)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && x[child] < x[child + 1])
            child++;
        if (!(x[root] < x[child]))
            return;
        double swap = x[root];
        x[root] = x[child];
        x[child] = swap;
    }
}

static void heap_values(double *x, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift_values(x, i, n);
    for (size_t end = n; end-- > 1;) {
        double swap = x[0];
        x[0] = x[end];
        x[end] = swap;
        sift_values(x, 0, end);
    }
}

static void intro_values(double *x, size_t n, int depth)
{
    while (n > SMALL) {
        if (depth-- == 0) {
            heap_values(x, n);
            return;
        }
        double a = x[0], b = x[n / 2], c = x[n - 1];
        double pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
        size_t i = 0, j = n - 1;
        for (;;) {
            while (x[i] < pivot)
                i++;
            while (pivot < x[j])
                j--;
            if (i >= j)
                break;
            double swap = x[i];
            x[i++] = x[j];
            x[j--] = swap;
        }
        size_t left = i == j ? i : j + 1; /* i == j: that item equals the pivot and goes right */
        if (left == 0)
            left = 1;
        if (left < n - left) {
            intro_values(x, left, depth);
            x += left;
            n -= left;
        } else {
            intro_values(x + left, n - left, depth);
            n = left;
        }
    }
    for (size_t i = 1; i < n; i++) {
        double item = x[i];
        size_t j = i;
        for (; j > 0 && item < x[j - 1]; j--)
            x[j] = x[j - 1];
        x[j] = item;
    }
}

void sort_doubles(double *x, size_t n)
{
    size_t numbers = 0; /* NaN to the end first: it has no place in the order of the rest */
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            continue;
        double swap = x[numbers];
        x[numbers++] = x[i];
        x[i] = swap;
    }
    int depth = 2;
    for (size_t m = numbers; m > 1; m /= 2)
        depth += 2;
    intro_values(x, numbers, depth);
}

double ranks_average(const double *x, const size_t *index, size_t n, double *rank)
{
    double ties = 0.0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        end = begin + 1;
        while (end < n && x[index[end]] == x[index[begin]])
            end++;
        double average = 0.5 * (double)(begin + 1 + end);
        for (size_t k = begin; k < end; k++)
            rank[index[k]] = average;
        double t = (double)(end - begin);
        ties += t * t * t - t;
    }
    return ties;
}

double quantile_sorted(const double *sorted, size_t n, double p)
{
    return quantile_sorted_type(sorted, n, p, 7);
}

/* x_(k) of a 1-based position that may lie off either end. */
static double order_statistic(const double *sorted, size_t n, double k)
{
    if (k < 1.0)
        return sorted[0];
    if (k > (double)n)
        return sorted[n - 1];
    return sorted[(size_t)k - 1];
}

static double between(double low, double high, double share)
{
    if (share == 0.0 || low == high)
        return low;
    return share == 1.0 ? high : (1.0 - share) * low + share * high;
}

double quantile_sorted_type(const double *sorted, size_t n, double p, int type)
{
    if (n == 0 || isnan(p))
        return NAN;
    double count = (double)n, fuzz = 4.0 * DBL_EPSILON;
    if (type == 7) {
        double position = 1.0 + (count - 1.0) * p;
        double low = floor(position + fuzz), share = position - low;
        if (fabs(share) < fuzz)
            share = 0.0;
        double x = order_statistic(sorted, n, low);
        return share > 0.0 ? between(x, order_statistic(sorted, n, low + 1.0), share) : x;
    }
    if (type <= 3) {
        double position = type == 3 ? count * p - 0.5 : count * p;
        double j = floor(position + fuzz);
        bool past = position > j + fuzz * fabs(position), share_half = type == 2;
        double share;
        if (type == 3) /* nearest even order statistic */
            share = !past && fmod(j, 2.0) == 0.0 ? 0.0 : 1.0;
        else
            share = past ? 1.0 : share_half ? 0.5 : 0.0;
        return between(order_statistic(sorted, n, j), order_statistic(sorted, n, j + 1.0), share);
    }
    static const double plotting[10][2] = {
        {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 1}, {0.5, 0.5}, {0, 0}, {1, 1}, {1.0 / 3, 1.0 / 3}, {3.0 / 8, 3.0 / 8},
    };
    double a = plotting[type][0], b = plotting[type][1];
    double position = a + p * (count + 1.0 - a - b);
    double j = floor(position + fuzz), share = position - j;
    if (fabs(share) < fuzz)
        share = 0.0;
    return between(order_statistic(sorted, n, j), order_statistic(sorted, n, j + 1.0), share);
}
