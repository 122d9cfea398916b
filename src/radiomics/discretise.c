/* Fixed width (binWidth W): edges at low, low + W, ... with low = min - (min mod W), so they are whole multiples of W, not
 * counted from the minimum as IBSI does. Fixed count (binCount): equal parts from min to max. A value's level is
 * the number of edges that are not above it (numpy.digitize).
 *
 * Edges are formed as numpy.arange does it, low + k * ((low + W) - low), since a value that lies on an edge falls on the
 * side that the rounding of this expression says. */
#include "radiomics/discretise.h"

#include <math.h>

struct edges {
    double low, step;
    size_t n;      /* edges */
    bool single;   /* rounded to float32 */
    double top;    /* the last edge, where it is not low + step * (n - 1); NaN else */
};

static double edge_at(const struct edges *edges, double k)
{
    if (!isnan(edges->top) && k >= (double)edges->n - 1)
        return edges->top;
    double edge = edges->low + k * edges->step;
    return edges->single ? (double)(float)edge : edge;
}

/* Python's a % b for b > 0 */
static double modulo(double a, double b)
{
    double rest = fmod(a, b);
    return rest < 0 ? rest + b : rest;
}

static struct edges edges_of_width(double least, double most, double width, bool single)
{
    struct edges edges = {.top = NAN, .single = single};
    if (single) {
        float w = (float)width, low = (float)least - (float)modulo(least, (double)w);
        edges.low = low;
        edges.step = (double)(float)(low + w) - (double)low;
        edges.n = (size_t)ceil(((double)((float)most + 2 * w) - (double)low) / (double)w);
        return edges;
    }
    edges.low = least - modulo(least, width);
    edges.step = (edges.low + width) - edges.low;
    edges.n = (size_t)ceil((most + 2 * width - edges.low) / width);
    return edges;
}

static struct edges edges_of_count(double least, double most, int64_t count, bool single)
{
    if (least == most) { /* numpy.histogram widens an empty range */
        least -= 0.5;
        most += 0.5;
    }
    return (struct edges){.low = least, .step = (most - least) / (double)count, .n = (size_t)count + 1, .single = single, .top = most + 1};
}

/* How many edges are not above x. */
static int32_t level_of(const struct edges *edges, double x)
{
    double k = floor((x - edges->low) / edges->step);
    k = fmin(fmax(k, 0), (double)edges->n - 1);
    while (k + 1 < (double)edges->n && edge_at(edges, k + 1) <= x)
        k++;
    while (k >= 0 && edge_at(edges, k) > x)
        k--;
    return (int32_t)k + 1;
}

static bool range_of(const struct region *region, double *least, double *most, struct err *err)
{
    *least = INFINITY;
    *most = -INFINITY;
    for (size_t v = 0; v < region->voxel_n; v++) {
        if (!region->mask[v])
            continue;
        if (!isfinite(region->intensity[v]))
            return err_set(err, ERR_INPUT, "image: an intensity in the region is not finite");
        *least = fmin(*least, region->intensity[v]);
        *most = fmax(*most, region->intensity[v]);
    }
    return true;
}

bool discretise(const struct settings *settings, bool single, struct region *region, int32_t *level, struct arena *arena, struct err *err)
{
    double least, most;
    if (!range_of(region, &least, &most, err))
        return false;
    bool by_count = settings->bin_count > 0;
    double wanted = by_count ? (double)settings->bin_count : (most - least) / settings->bin_width;
    if (!(wanted < LEVEL_MAX - 4))
        return err_set(err, ERR_INPUT, "%s: %g grey levels between %g and %g, expected at most %d", by_count ? "binCount" : "binWidth", wanted, least, most, LEVEL_MAX);
    struct edges edges = by_count ? edges_of_count(least, most, settings->bin_count, single) : edges_of_width(least, most, settings->bin_width, single);
    uint8_t *occurs = arena_alloc(arena, edges.n + 2, 1, err);
    if (occurs == NULL)
        return false;
    region->level_max = region->level_n = 0;
    for (size_t v = 0; v < region->voxel_n; v++) {
        level[v] = region->mask[v] ? level_of(&edges, region->intensity[v]) : 0;
        if (level[v] > region->level_max)
            region->level_max = level[v];
        if (level[v] > 0 && !occurs[level[v]]) {
            occurs[level[v]] = 1;
            region->level_n++;
        }
    }
    region->level = level;
    return true;
}
