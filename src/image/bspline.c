#include "image/bspline.h"

#include <math.h>

#include "base/mem.h"

#define POLE (1.7320508075688772 - 2.0) /* of the cubic spline's recursive filter */
enum { MARGIN = 50, HORIZON = 18 };     /* HORIZON: ceil(log(1e-10) / log|POLE|), ITK's tolerance */

/* A box seen along one axis: `lines` groups of n planes of `width` neighbouring values. */
struct strip {
    double *value;
    size_t n, width;
};

/* First causal coefficient, mirror boundary: ITK cuts the sum at HORIZON where the image is long enough. */
static void start_causal(const struct strip *s)
{
    for (size_t i = 0; i < s->width; i++) {
        double *line = s->value + i, zn = POLE;
        if (s->n > HORIZON) {
            double sum = line[0];
            for (size_t k = 1; k < HORIZON; k++, zn *= POLE)
                sum += zn * line[k * s->width];
            line[0] = sum;
            continue;
        }
        double iz = 1.0 / POLE, z2n = pow(POLE, (double)(s->n - 1));
        double sum = line[0] + z2n * line[(s->n - 1) * s->width];
        z2n *= z2n * iz;
        for (size_t k = 1; k + 1 < s->n; k++, zn *= POLE, z2n *= iz)
            sum += (zn + z2n) * line[k * s->width];
        line[0] = sum / (1.0 - zn * zn);
    }
}

static void filter_strip(const struct strip *s)
{
    const double gain = (1.0 - POLE) * (1.0 - 1.0 / POLE);
    double *value = s->value;
    size_t w = s->width, last = (s->n - 1) * w;
    if (s->n == 1)
        return;
    for (size_t i = 0; i < s->n * w; i++)
        value[i] *= gain;
    start_causal(s);
    for (size_t i = w; i < s->n * w; i++)
        value[i] += POLE * value[i - w];
    for (size_t i = 0; i < w; i++)
        value[last + i] = (POLE / (POLE * POLE - 1.0)) * (POLE * value[last - w + i] + value[last + i]);
    for (size_t k = s->n - 1; k-- > 0;)
        for (size_t i = 0; i < w; i++)
            value[k * w + i] = POLE * (value[(k + 1) * w + i] - value[k * w + i]);
}

static void filter_box(double *value, const size_t n[3])
{
    for (size_t row = 0; row < n[1] * n[2]; row++)
        filter_strip(&(struct strip){value + row * n[0], n[0], 1});
    for (size_t z = 0; z < n[2]; z++)
        filter_strip(&(struct strip){value + z * n[0] * n[1], n[1], n[0]});
    filter_strip(&(struct strip){value, n[2], n[0] * n[1]});
}

bool bspline_init(struct bspline *spline, const struct volume *image, const double lowest[3], const double highest[3], struct err *err)
{
    *spline = (struct bspline){.at = {NAN, NAN, NAN}};
    for (int d = 0; d < 3; d++) {
        double end = (double)image->grid.n[d];
        double low = fmin(fmax(floor(lowest[d]) - MARGIN, 0), end - 1);
        double high = fmin(fmax(ceil(highest[d]) + MARGIN, low), end - 1);
        spline->image_n[d] = image->grid.n[d];
        spline->first[d] = (size_t)low;
        spline->n[d] = (size_t)high - (size_t)low + 1;
    }
    spline->coefficient = mem_alloc(spline->n[0] * spline->n[1] * spline->n[2], sizeof(double), err);
    if (spline->coefficient == NULL)
        return false;
    volume_box(image, spline->first, spline->n, spline->coefficient);
    filter_box(spline->coefficient, spline->n);
    return true;
}

void bspline_free(struct bspline *spline)
{
    mem_free(spline->coefficient);
    spline->coefficient = NULL;
}

/* Weights and taps along one axis. The support's start is taken from the index as a float, as ITK does. */
static void aim(struct bspline *spline, int d, double x)
{
    long first = (long)floorf((float)x) - 1, end = (long)spline->image_n[d] - 1;
    double w = x - (double)(first + 1), *weight = spline->weight[d];
    weight[3] = (1.0 / 6.0) * w * w * w;
    weight[0] = (1.0 / 6.0) + 0.5 * w * (w - 1.0) - weight[3];
    weight[2] = w + weight[0] - 2.0 * weight[3];
    weight[1] = 1.0 - weight[0] - weight[2] - weight[3];
    for (long k = 0; k < 4; k++) {
        long at = first + k;
        if (end == 0)
            at = 0;
        else if (at < 0)
            at = -at;
        else if (at > end)
            at = end - (at - end);
        spline->tap[d][k] = (size_t)at - spline->first[d];
    }
    spline->at[d] = x;
}

double bspline_at(struct bspline *spline, const double index[3])
{
    for (int d = 0; d < 3; d++)
        if (!(index[d] == spline->at[d]))
            aim(spline, d, index[d]);
    double sum = 0;
    for (int z = 0; z < 4; z++)
        for (int y = 0; y < 4; y++) {
            const double *row = spline->coefficient + spline->n[0] * (spline->tap[1][y] + spline->n[1] * spline->tap[2][z]);
            for (int x = 0; x < 4; x++)
                sum += spline->weight[0][x] * spline->weight[1][y] * spline->weight[2][z] * row[spline->tap[0][x]];
        }
    return sum;
}
