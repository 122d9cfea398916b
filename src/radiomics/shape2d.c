/* Shape of a region of one slice (PyRadiomics, radiomics/shape2D.py): marching squares with vertices half way between
 * pixel centres. P and A are the contour's length (mm) and the area inside it (mm^2), lambda the eigenvalues of the
 * covariance of pixel centres.
 *
 * Refused, as there, without force2D (then the class is left out with a note, see extract.c) and when the region has
 * more than one slice along force2Ddimension. */
#include <math.h>

#include "radiomics/axes.h"
#include "radiomics/class.h"
#include "radiomics/diameter.h"

enum {
    ELONGATION, MAJOR_AXIS_LENGTH, MAXIMUM_DIAMETER, MESH_SURFACE, MINOR_AXIS_LENGTH, PERIMETER, PERIMETER_SURFACE_RATIO,
    PIXEL_SURFACE, SPHERICAL_DISPROPORTION, SPHERICITY, FEATURE_N,
};

static const struct feature features[FEATURE_N] = {
    [ELONGATION] = {"Elongation", "sqrt(lambda minor / lambda major)", NULL, false, false, .edge = "one pixel: undefined"},
    [MAJOR_AXIS_LENGTH] = {"MajorAxisLength", "4 sqrt(lambda major)", NULL, false, false},
    [MAXIMUM_DIAMETER] = {"MaximumDiameter", "largest distance of contour vertices", NULL, false, false},
    [MESH_SURFACE] = {"MeshSurface", "sum over segments of (a x b) / 2", NULL, false, false},
    [MINOR_AXIS_LENGTH] = {"MinorAxisLength", "4 sqrt(lambda minor)", NULL, false, false},
    [PERIMETER] = {"Perimeter", "sum over segments of |ab|", NULL, false, false},
    [PERIMETER_SURFACE_RATIO] = {"PerimeterSurfaceRatio", "P / A", NULL, false, false},
    [PIXEL_SURFACE] = {"PixelSurface", "pixels * pixel area", NULL, false, false},
    [SPHERICAL_DISPROPORTION] = {"SphericalDisproportion", "P / (2 sqrt(pi A))", NULL, true, false},
    [SPHERICITY] = {"Sphericity", "2 sqrt(pi A) / P", NULL, false, false},
};

/* A slice as a plane: u runs along its columns (the faster axis), v along its rows. */
struct slice {
    const uint8_t *mask;
    size_t u_n, v_n;
    double u_mm, v_mm;
};

static bool inside(const struct slice *slice, size_t u, size_t v)
{
    return slice->mask[u + slice->u_n * v] != 0;
}

/* Corner (u, v) of the padded lattice: 0 is the padding. */
static bool padded(const struct slice *slice, size_t u, size_t v)
{
    return u > 0 && v > 0 && u <= slice->u_n && v <= slice->v_n && inside(slice, u - 1, v - 1);
}

/* A square of four pixel centres has up to two segments, each from one edge's midpoint to another's; edges 0..3 are
 * the top, right, bottom and left ones. Corner bits: (u, v) (u+1, v) (u+1, v+1) (u, v+1). The order of the ends
 * keeps the inside on one side, so that the signed area is the sum over segments. */
static const char *const segments[16] = {
    "", "30", "01", "31", "12", "1230", "02", "32", "23", "20", "0123", "21", "13", "10", "03", "",
};
static const unsigned char edge_half[4][2] = {{1, 0}, {2, 1}, {1, 2}, {0, 1}}; /* (u, v) */

struct contour {
    double area2, length;
    size_t vertex_n;
    int32_t (*vertex)[3]; /* (u, v, 0) in half pixels */
};

static void add_square(const struct slice *slice, struct contour *contour, size_t u, size_t v)
{
    unsigned kind = (unsigned)padded(slice, u, v) | (unsigned)padded(slice, u + 1, v) << 1 | (unsigned)padded(slice, u + 1, v + 1) << 2 |
                    (unsigned)padded(slice, u, v + 1) << 3;
    for (const char *s = segments[kind]; *s != '\0'; s += 2) {
        double at[2][2];
        for (int end = 0; end < 2; end++) {
            const unsigned char *half = edge_half[s[end] - '0'];
            at[end][0] = ((double)u + 0.5 * half[0]) * slice->u_mm;
            at[end][1] = ((double)v + 0.5 * half[1]) * slice->v_mm;
        }
        contour->area2 += at[0][1] * at[1][0] - at[1][1] * at[0][0];
        contour->length += hypot(at[1][0] - at[0][0], at[1][1] - at[0][1]);
    }
    /* Vertices of the left and of the bottom edge, so that each comes once. */
    bool bit[4] = {kind & 1, kind >> 1 & 1, kind >> 2 & 1, kind >> 3 & 1};
    for (int edge = 2; edge < 4; edge++)
        if (bit[edge == 2 ? 2 : 0] != bit[3]) {
            int32_t *vertex = contour->vertex[contour->vertex_n++];
            vertex[0] = (int32_t)(2 * u) + edge_half[edge][0];
            vertex[1] = (int32_t)(2 * v) + edge_half[edge][1];
        }
}

/* The plane that is left when the axis of force2Ddimension (0 z, 1 y, 2 x) is dropped. */
static struct slice slice_of(const struct region *region, int32_t dropped)
{
    size_t u = dropped == 2 ? 1 : 0, v = dropped == 0 ? 1 : 2;
    return (struct slice){region->mask, region->grid.n[u], region->grid.n[v], region->grid.spacing[u], region->grid.spacing[v]};
}

static void from_axes(const struct slice *slice, struct class_values *out)
{
    struct axes axes = {0};
    double lambda[3];
    const double spacing[2] = {slice->u_mm, slice->v_mm};
    for (size_t v = 0; v < slice->v_n; v++)
        for (size_t u = 0; u < slice->u_n; u++)
            if (inside(slice, u, v))
                axes_add(&axes, (int64_t)u, (int64_t)v, 0);
    axes_eigenvalues(&axes, spacing, 2, lambda);
    out->value[MINOR_AXIS_LENGTH] = 4 * sqrt(lambda[0]);
    out->value[MAJOR_AXIS_LENGTH] = 4 * sqrt(lambda[1]);
    if (lambda[1] > 0)
        out->value[ELONGATION] = sqrt(lambda[0] / lambda[1]);
    else
        out->reason[ELONGATION] = "one pixel: no axis";
}

static bool compute(const struct region *region, const struct settings *settings, struct class_values *out, struct arena *arena, struct err *err)
{
    size_t deep = region->grid.n[2 - settings->force_2d_axis];
    if (deep > 1)
        return err_set(err, ERR_INPUT, "shape2D: the region has %zu slices along force2Ddimension %d, expected 1", deep, (int)settings->force_2d_axis);
    struct slice slice = slice_of(region, settings->force_2d_axis);
    struct contour contour = {0};
    contour.vertex = arena_alloc(arena, 2 * (slice.u_n + 1) * (slice.v_n + 1), sizeof *contour.vertex, err);
    if (contour.vertex == NULL)
        return false;
    for (size_t v = 0; v <= slice.v_n; v++)
        for (size_t u = 0; u <= slice.u_n; u++)
            add_square(&slice, &contour, u, v);

    const double spacing[3] = {slice.u_mm, slice.v_mm, 1};
    double in_plane[3], overall;
    if (!diameters_of((const int32_t (*)[3])contour.vertex, contour.vertex_n, spacing, arena, in_plane, &overall, err))
        return false;
    double P = contour.length, A = contour.area2 / 2, circle_length = 2 * sqrt(M_PI * A);
    out->value[PERIMETER] = P;
    out->value[MESH_SURFACE] = A;
    out->value[PIXEL_SURFACE] = (double)region->inside_n * (slice.u_mm * slice.v_mm);
    out->value[PERIMETER_SURFACE_RATIO] = P / A;
    out->value[SPHERICITY] = circle_length / P;
    out->value[SPHERICAL_DISPROPORTION] = P / circle_length;
    out->value[MAXIMUM_DIAMETER] = in_plane[2];
    from_axes(&slice, out);
    return true;
}

const struct feature_class class_shape2d = {
    .name = "shape2D",
    .title = "Shape in a slice",
    .feature = features,
    .feature_n = FEATURE_N,
    .of_mask = true,
    .compute = compute,
};
