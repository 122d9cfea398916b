#include "stats/smooth.h"

#include <math.h>

#include "base/mem.h"
#include "num/rank.h"
#include "num/sum.h"

static const double LOESS_MARGIN = 0.005; /* the box of the vertices beyond the data, as a share of the range */

static double cube(double x)
{
    return x * x * x;
}

static double tricube(double distance, double reach)
{
    if (distance > 0.999 * reach)
        return 0.0;
    return distance > 0.001 * reach ? cube(1.0 - cube(distance / reach)) : 1.0;
}

/* The weighted line at x[at] over the window [left, right] and ties beyond it; false when all weights are zero. */
static bool local_line(const double *x, const double *y, size_t n, double at, size_t left, size_t right, double *value)
{
    double reach = fmax(at - x[left], x[right] - at), total = 0.0, mean_x = 0.0, mean_y = 0.0;
    size_t last = left;
    for (size_t j = left; j < n; j++) {
        double distance = fabs(x[j] - at);
        if (distance > 0.999 * reach) {
            if (x[j] > at)
                break;
            continue;
        }
        double w = tricube(distance, reach);
        total += w;
        mean_x += w * x[j];
        mean_y += w * y[j];
        last = j;
    }
    if (!(total > 0.0))
        return false;
    mean_x /= total;
    mean_y /= total;
    double sxx = 0.0, sxy = 0.0;
    for (size_t j = left; j <= last; j++) {
        double distance = fabs(x[j] - at), w = distance > 0.999 * reach ? 0.0 : tricube(distance, reach) / total;
        sxx += w * (x[j] - mean_x) * (x[j] - mean_x);
        sxy += w * (x[j] - mean_x) * (y[j] - mean_y);
    }
    /* A window without spread (beside the whole range) is a mean. */
    *value = mean_y + (sqrt(sxx) > 0.001 * (x[n - 1] - x[0]) ? (at - mean_x) * sxy / sxx : 0.0);
    return true;
}

void lowess(const double *x, const double *y, size_t n, double span, double delta, double *smooth)
{
    if (n < 2) {
        if (n == 1)
            smooth[0] = y[0];
        return;
    }
    size_t window = (size_t)(span * (double)n + 1e-7);
    window = window < 2 ? 2 : window > n ? n : window;
    size_t left = 0, right = window - 1;
    ptrdiff_t last = -1; /* the last point that has a fit */
    size_t i = 0;
    for (;;) {
        while (right < n - 1 && x[i] - x[left] > x[right + 1] - x[i]) { /* slide to the nearest `window` points */
            left++;
            right++;
        }
        if (!local_line(x, y, n, x[i], left, right, &smooth[i]))
            smooth[i] = y[i];
        if (last >= 0 && (size_t)last + 1 < i) { /* interpolate what was skipped */
            double width = x[i] - x[last];
            for (size_t j = (size_t)last + 1; j < i; j++) {
                double share = (x[j] - x[last]) / width;
                smooth[j] = share * smooth[i] + (1.0 - share) * smooth[last];
            }
        }
        last = (ptrdiff_t)i;
        double cut = x[i] + delta;
        size_t next = i + 1;
        for (; next < n; next++) {
            if (x[next] > cut)
                break;
            if (x[next] == x[last]) { /* ties share the fit */
                smooth[next] = smooth[last];
                last = (ptrdiff_t)next;
            }
        }
        if ((size_t)last >= n - 1)
            return;
        i = next - 1 > (size_t)last + 1 ? next - 1 : (size_t)last + 1;
    }
}

/* A value and its derivative. */
struct jet {
    double value, slope;
};

/* Weighted polynomial of degree <= 2 around x0 by orthogonal steps on 1, d, d^2; terms without spread are left out. */
static struct jet local_quadratic(const double *x, const double *y, size_t n, double x0, double reach)
{
    double total = 0.0, mean_d = 0.0, mean_y = 0.0;
    for (size_t i = 0; i < n; i++) {
        double w = tricube(fabs(x[i] - x0), reach);
        total += w;
        mean_d += w * (x[i] - x0);
        mean_y += w * y[i];
    }
    mean_d /= total;
    mean_y /= total;
    double s11 = 0.0, s1y = 0.0, s21 = 0.0, mean_q = 0.0;
    for (size_t i = 0; i < n; i++) {
        double w = tricube(fabs(x[i] - x0), reach), d = x[i] - x0, c = d - mean_d;
        s11 += w * c * c;
        s1y += w * c * (y[i] - mean_y);
        s21 += w * d * d * c;
        mean_q += w * d * d;
    }
    mean_q /= total;
    if (!(s11 > 1e-14 * total * reach * reach))
        return (struct jet){mean_y, 0.0};
    double slope = s1y / s11, tilt = s21 / s11, s22 = 0.0, s2y = 0.0;
    for (size_t i = 0; i < n; i++) {
        double w = tricube(fabs(x[i] - x0), reach), d = x[i] - x0;
        double q = d * d - mean_q - tilt * (d - mean_d); /* orthogonal to 1 and d */
        s22 += w * q * q;
        s2y += w * q * (y[i] - mean_y);
    }
    struct jet jet = {mean_y - slope * mean_d, slope};
    if (s22 > 1e-14 * total * reach * reach * reach * reach) {
        jet.value += s2y / s22 * (-mean_q + tilt * mean_d);
        jet.slope -= s2y / s22 * tilt;
    }
    return jet;
}

/* Distance to the `near`-th nearest of the ascending x: the window slides along with x0. */
static double reach_of(const double *x, size_t n, double x0, size_t near)
{
    size_t left = 0;
    while (left + near < n && x0 - x[left] > x[left + near] - x0)
        left++;
    return fmax(x0 - x[left], x[left + near - 1] - x0);
}

/* Cuts cell [left, right) of the ascending x, whose ends lie at low and high, until it holds at most `most` points: at the
 * value nearest the middle behind which a larger one follows. Cut points ascend in vertex[]. */
static void cut_cell(const double *x, size_t left, size_t right, double low, double high, size_t most, double *vertex,
                     size_t *vertex_n)
{
    if (right - left > most) {
        size_t middle = left + (right - left - 1) / 2; /* the lower half ends here */
        size_t cut = right;
        for (size_t away = 0; cut == right && (middle + away + 1 < right || middle >= left + away); away++) {
            if (middle + away + 1 < right && x[middle + away] != x[middle + away + 1])
                cut = middle + away;
            else if (away > 0 && middle >= left + away && x[middle - away] != x[middle - away + 1])
                cut = middle - away;
        }
        if (cut != right && x[cut] != low && x[cut] != high) {
            double at = x[cut];
            cut_cell(x, left, cut + 1, low, at, most, vertex, vertex_n);
            vertex[(*vertex_n)++] = at;
            cut_cell(x, cut + 1, right, at, high, most, vertex, vertex_n);
        }
    }
}

/* Cubic Hermite blend between two fitted vertices. */
static double blend(double x, double x0, double x1, struct jet a, struct jet b)
{
    double width = x1 - x0, h = (x - x0) / width, g = 1.0 - h;
    return g * g * (1.0 + 2.0 * h) * a.value + h * h * (3.0 - 2.0 * h) * b.value +
           (h * g * g * a.slope - h * h * g * b.slope) * width;
}

bool loess_quadratic(const double *x, const double *y, size_t n, double span, double *smooth, struct err *err)
{
    if (n == 0)
        return true;
    bool done = false;
    size_t *index = mem_alloc(n, sizeof *index, err);
    double *sorted = mem_alloc(3 * n + 2, sizeof *sorted, err);
    struct jet *jet = mem_alloc(n + 2, sizeof *jet, err);
    if (!index || !sorted || !jet)
        goto done;
    double *other = sorted + n, *vertex = other + n; /* at most n - 1 cuts between n points, and the two ends */
    sort_index(x, n, index);
    for (size_t i = 0; i < n; i++) {
        sorted[i] = x[index[i]];
        other[i] = y[index[i]];
    }
    double range = sorted[n - 1] - sorted[0];
    if (range == 0.0) { /* one place: the mean is all there is */
        for (size_t i = 0; i < n; i++)
            smooth[i] = mean_of(y, n);
        done = true;
        goto done;
    }
    double margin = LOESS_MARGIN * fmax(range, 1e-10 * fmax(fabs(sorted[0]), fabs(sorted[n - 1])) + 1e-30);
    size_t near = (size_t)floor((double)n * span + 1e-5), most = (size_t)floor((double)n * span * 0.2), vertices = 0;
    near = near < 1 ? 1 : near > n ? n : near;
    vertex[vertices++] = sorted[0] - margin;
    cut_cell(sorted, 0, n, sorted[0] - margin, sorted[n - 1] + margin, most < 1 ? 1 : most, vertex, &vertices);
    vertex[vertices++] = sorted[n - 1] + margin;
    for (size_t v = 0; v < vertices; v++) {
        double reach = reach_of(sorted, n, vertex[v], near) * fmax(1.0, span);
        jet[v] = local_quadratic(sorted, other, n, vertex[v], reach);
    }
    for (size_t i = 0, v = 0; i < n; i++) {
        while (v + 2 < vertices && sorted[i] > vertex[v + 1])
            v++;
        smooth[index[i]] = blend(sorted[i], vertex[v], vertex[v + 1], jet[v], jet[v + 1]);
    }
    done = true;
done:
    mem_free(index);
    mem_free(sorted);
    mem_free(jet);
    return done;
}
