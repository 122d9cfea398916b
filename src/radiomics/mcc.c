/* Householder tridiagonalisation (Martin, Reinsch, Wilkinson, Numer Math 11, 1968), then bisection on the two or
 * three eigenvalues that can be second in magnitude (Barth, Martin, Wilkinson, Numer Math 9, 1967).
 *
 * Why this is fast: no vectors are formed and no eigenvalue is found that is not asked for. One sweep over the
 * trailing matrix takes the last reflection out and multiplies with the next vector, in both loops along rows, so that
 * each element is loaded once and no sum depends on the one before it. Bisection cuts an interval with SHIFTS probes at
 * once, whose divisions overlap. */
#include "radiomics/mcc.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define SHIFTS 8

/* diagonal[n], and below[k] = element (k + 1, k) squared. */
static void tridiagonalise(size_t n, double *a, double *diagonal, double *below, double *restrict v, double *restrict w, double *restrict next)
{
    /* Invariant at k: rows and columns >= k still owe the update - v w' - w v' of the step before. */
    memset(v, 0, n * sizeof *v);
    memset(w, 0, n * sizeof *w);
    for (size_t k = 0; k < n; k++) {
        double *row_k = a + k * n;
        for (size_t j = k; j < n; j++)
            row_k[j] -= v[k] * w[j] + w[k] * v[j];
        diagonal[k] = row_k[k];
        if (k + 1 == n)
            break;
        double tail = 0;
        for (size_t j = k + 2; j < n; j++)
            tail += row_k[j] * row_k[j];
        double head = row_k[k + 1], norm = sqrt(head * head + tail);
        below[k] = head * head + tail;
        double scale = 0;
        memset(next, 0, n * sizeof *next);
        if (tail > 0) { /* the reflection I - scale u u' sends the row to (-+norm, 0, ...) */
            double alpha = head > 0 ? -norm : norm;
            memcpy(next + k + 1, row_k + k + 1, (n - k - 1) * sizeof *next);
            next[k + 1] = head - alpha;
            scale = 1.0 / (norm * norm - alpha * head);
        }
        /* One sweep: pay what is owed, and product = trailing matrix times u. row_k is free to hold the product. */
        double *restrict product = row_k;
        memset(product + k + 1, 0, (n - k - 1) * sizeof *product);
        for (size_t i = k + 1; i < n; i++) {
            double *restrict row = a + i * n;
            double vi = v[i], wi = w[i], ui = next[i];
            for (size_t j = k + 1; j < n; j++) {
                double value = row[j] - (vi * w[j] + wi * v[j]);
                row[j] = value;
                product[j] += ui * value;
            }
        }
        double dot = 0;
        for (size_t j = k + 1; j < n; j++)
            dot += product[j] * next[j];
        double half = 0.5 * scale * scale * dot;
        for (size_t j = k + 1; j < n; j++) {
            w[j] = scale * product[j] - half * next[j];
            v[j] = next[j];
        }
    }
}

/* Eigenvalues below each of the shifts, by Sylvester's law of inertia. */
static void count_below(size_t n, const double *diagonal, const double *below, const double shift[SHIFTS], double count[SHIFTS])
{
    double q[SHIFTS];
    for (int s = 0; s < SHIFTS; s++) {
        q[s] = diagonal[0] - shift[s];
        count[s] = q[s] < 0 ? 1 : 0;
    }
    for (size_t k = 1; k < n; k++) {
        double d = diagonal[k], e = below[k - 1];
        for (int s = 0; s < SHIFTS; s++) {
            double last = fabs(q[s]) < DBL_MIN * 0x1p52 ? -DBL_MIN * 0x1p52 : q[s];
            q[s] = d - shift[s] - e / last;
            count[s] += q[s] < 0 ? 1.0 : 0.0;
        }
    }
}

/* The eigenvalue with `order` eigenvalues below it, in low..high. */
static double eigenvalue(size_t n, const double *diagonal, const double *below, size_t order, double low, double high)
{
    for (;;) {
        double shift[SHIFTS], count[SHIFTS], width = (high - low) / (SHIFTS + 1);
        if (high - low <= 4 * DBL_EPSILON * fmax(fabs(low), fabs(high)) || high - low < 1e-17)
            return low + (high - low) / 2;
        for (int s = 0; s < SHIFTS; s++)
            shift[s] = low + (s + 1) * width;
        count_below(n, diagonal, below, shift, count);
        double new_low = low, new_high = high;
        for (int s = 0; s < SHIFTS; s++) {
            if (count[s] <= (double)order) {
                new_low = shift[s];
            } else {
                new_high = shift[s];
                break;
            }
        }
        if (new_low <= low && new_high >= high)
            return low + (high - low) / 2;
        low = new_low;
        high = new_high;
    }
}

double second_magnitude_symmetric(size_t n, double *a, double *work)
{
    if (n < 2)
        return 0;
    double *diagonal = work, *below = work + n;
    tridiagonalise(n, a, diagonal, below, work + 2 * n, work + 3 * n, work + 4 * n);
    double bound = 0;
    for (size_t k = 0; k < n; k++)
        bound = fmax(bound, fabs(diagonal[k]) + (k ? sqrt(below[k - 1]) : 0) + (k + 1 < n ? sqrt(below[k]) : 0));
    if (bound == 0)
        return 0;
    bound += DBL_EPSILON * bound;
    double highest = eigenvalue(n, diagonal, below, n - 1, -bound, bound);
    double lowest = eigenvalue(n, diagonal, below, 0, -bound, bound);
    /* Without the first, the largest magnitude of a sorted range is at one of its ends. */
    if (highest >= -lowest)
        return fmax(fabs(eigenvalue(n, diagonal, below, n - 2, -bound, highest)), fabs(lowest));
    return fmax(fabs(eigenvalue(n, diagonal, below, 1, lowest, bound)), fabs(highest));
}

double second_singular_value(size_t n, const double *a, double *gram, double *work)
{
    for (size_t i = 0; i < n; i++) {
        double *row = gram + i * n;
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 0; k < n; k++)
                sum += a[i * n + k] * a[j * n + k];
            row[j] = sum;
        }
    }
    return sqrt(second_magnitude_symmetric(n, gram, work));
}
