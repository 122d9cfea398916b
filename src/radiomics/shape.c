/* Shape of a region in space (PyRadiomics, radiomics/shape.py): from its voxels and from the surface half way
 * between inside and outside (radiomics/mesh.h). A and V are the mesh's area (mm^2) and volume (mm^3), lambda the
 * eigenvalues of the covariance of voxel centres. Diameters are between vertices of the surface. */
#include <math.h>

#include "radiomics/axes.h"
#include "radiomics/class.h"
#include "radiomics/diameter.h"
#include "radiomics/mesh.h"

enum {
    COMPACTNESS_1, COMPACTNESS_2, ELONGATION, FLATNESS, LEAST_AXIS_LENGTH, MAJOR_AXIS_LENGTH, MAXIMUM_2D_DIAMETER_COLUMN,
    MAXIMUM_2D_DIAMETER_ROW, MAXIMUM_2D_DIAMETER_SLICE, MAXIMUM_3D_DIAMETER, MESH_VOLUME, MINOR_AXIS_LENGTH,
    SPHERICAL_DISPROPORTION, SPHERICITY, SURFACE_AREA, SURFACE_VOLUME_RATIO, VOXEL_VOLUME, FEATURE_N,
};

static const struct feature features[FEATURE_N] = {
    [COMPACTNESS_1] = {"Compactness1", "V / (sqrt(pi) A^(3/2))", "SKGS", true, false},
    [COMPACTNESS_2] = {"Compactness2", "36 pi V^2 / A^3", "BQWJ", true, false},
    [ELONGATION] = {"Elongation", "sqrt(lambda minor / lambda major)", "Q3CK", false, false, .edge = "no major axis (one voxel): undefined"},
    [FLATNESS] = {"Flatness", "sqrt(lambda least / lambda major)", "N17B", false, false, .edge = "no major axis (one voxel): undefined"},
    [LEAST_AXIS_LENGTH] = {"LeastAxisLength", "4 sqrt(lambda least)", "7J51", false, false},
    [MAJOR_AXIS_LENGTH] = {"MajorAxisLength", "4 sqrt(lambda major)", "TDIC", false, false},
    [MAXIMUM_2D_DIAMETER_COLUMN] = {"Maximum2DDiameterColumn", "largest distance of surface vertices with equal y", NULL, false, false},
    [MAXIMUM_2D_DIAMETER_ROW] = {"Maximum2DDiameterRow", "largest distance of surface vertices with equal x", NULL, false, false},
    [MAXIMUM_2D_DIAMETER_SLICE] = {"Maximum2DDiameterSlice", "largest distance of surface vertices with equal z", NULL, false, false},
    [MAXIMUM_3D_DIAMETER] = {"Maximum3DDiameter", "largest distance of surface vertices", "L0JK", false, false},
    [MESH_VOLUME] = {"MeshVolume", "sum over triangles of a . (b x c) / 6", "RNU0", false, false},
    [MINOR_AXIS_LENGTH] = {"MinorAxisLength", "4 sqrt(lambda minor)", "P9VJ", false, false},
    [SPHERICAL_DISPROPORTION] = {"SphericalDisproportion", "A / (36 pi V^2)^(1/3)", "KRCK", true, false},
    [SPHERICITY] = {"Sphericity", "(36 pi V^2)^(1/3) / A", "QCFX", false, false},
    [SURFACE_AREA] = {"SurfaceArea", "sum over triangles of |ab x ac| / 2", "C0JK", false, false},
    [SURFACE_VOLUME_RATIO] = {"SurfaceVolumeRatio", "A / V", "2PR5", false, false},
    [VOXEL_VOLUME] = {"VoxelVolume", "voxels * voxel volume", "YEKZ", false, false},
};

static void from_axes(const struct region *region, struct class_values *out)
{
    const size_t *n = region->grid.n;
    struct axes axes = {0};
    double lambda[3];
    size_t v = 0;
    for (size_t z = 0; z < n[2]; z++)
        for (size_t y = 0; y < n[1]; y++)
            for (size_t x = 0; x < n[0]; x++, v++)
                if (region->mask[v])
                    axes_add(&axes, (int64_t)x, (int64_t)y, (int64_t)z);
    axes_eigenvalues(&axes, region->grid.spacing, 3, lambda);
    out->value[LEAST_AXIS_LENGTH] = 4 * sqrt(lambda[0]);
    out->value[MINOR_AXIS_LENGTH] = 4 * sqrt(lambda[1]);
    out->value[MAJOR_AXIS_LENGTH] = 4 * sqrt(lambda[2]);
    if (lambda[2] > 0) {
        out->value[ELONGATION] = sqrt(lambda[1] / lambda[2]);
        out->value[FLATNESS] = sqrt(lambda[0] / lambda[2]);
    } else {
        out->reason[ELONGATION] = out->reason[FLATNESS] = "one voxel: no axis";
    }
}

static bool compute(const struct region *region, const struct settings *settings, struct class_values *out, struct arena *arena, struct err *err)
{
    const double *spacing = region->grid.spacing;
    struct mesh mesh;
    double in_plane[3], overall;
    (void)settings;
    if (!mesh_measure(region->mask, region->grid.n, spacing, arena, &mesh, err) ||
        !diameters_of((const int32_t (*)[3])mesh.vertex, mesh.vertex_n, spacing, arena, in_plane, &overall, err))
        return false;
    double A = mesh.area, V = mesh.volume, sphere_area = cbrt(36 * M_PI * V * V);
    out->value[MESH_VOLUME] = V;
    out->value[SURFACE_AREA] = A;
    out->value[SURFACE_VOLUME_RATIO] = A / V;
    out->value[SPHERICITY] = sphere_area / A;
    out->value[SPHERICAL_DISPROPORTION] = A / sphere_area;
    out->value[COMPACTNESS_1] = V / (sqrt(M_PI) * pow(A, 1.5));
    out->value[COMPACTNESS_2] = 36 * M_PI * V * V / (A * A * A);
    out->value[VOXEL_VOLUME] = (double)region->inside_n * (spacing[0] * spacing[1] * spacing[2]);
    out->value[MAXIMUM_2D_DIAMETER_ROW] = in_plane[0];
    out->value[MAXIMUM_2D_DIAMETER_COLUMN] = in_plane[1];
    out->value[MAXIMUM_2D_DIAMETER_SLICE] = in_plane[2];
    out->value[MAXIMUM_3D_DIAMETER] = overall;
    from_axes(region, out);
    return true;
}

const struct feature_class class_shape = {
    .name = "shape",
    .title = "Shape in space",
    .feature = features,
    .feature_n = FEATURE_N,
    .of_mask = true,
    .compute = compute,
};
