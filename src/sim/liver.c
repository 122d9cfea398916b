/* The liver: mean + smooth texture; its surface near the tumour is a ball's, fat lies beyond; vessels are quadratic
 * Bezier tubes between two faces of the box, the first one an artery. */
#include "sim/liver.h"

#include <math.h>

#include "base/mem.h"
#include "sim/noise.h"

enum { TUBE_STEPS_PER_VOXEL = 2 };

static double between(struct rng *rng, double from, double to)
{
    return from + (to - from) * rng_uniform(rng);
}

static float share(double inside_mm, double voxel_mm)
{
    return (float)fmax(0, fmin(1, 0.5 + inside_mm / voxel_mm));
}

static void paint_surface(const struct recipe *recipe, const struct grid *grid, double tumour_radius, const double centre_mm[3],
                          struct rng rng, float *inside)
{
    double outward[3], length = 0;
    for (int a = 0; a < 3; a++) {
        outward[a] = rng_normal(&rng);
        length += outward[a] * outward[a];
    }
    length = sqrt(length > 0 ? length : 1);
    double radius = between(&rng, recipe->capsule_radius_min, recipe->capsule_radius_max);
    double depth = tumour_radius * between(&rng, recipe->capsule_depth_min, recipe->capsule_depth_max);
    double ball[3];
    for (int a = 0; a < 3; a++)
        ball[a] = centre_mm[a] - outward[a] / length * (radius - depth);
    size_t i = 0;
    for (size_t z = 0; z < grid->n[2]; z++)
        for (size_t y = 0; y < grid->n[1]; y++)
            for (size_t x = 0; x < grid->n[0]; x++, i++) {
                double dx = (double)x * grid->spacing[0] - ball[0], dy = (double)y * grid->spacing[1] - ball[1],
                       dz = (double)z * grid->spacing[2] - ball[2];
                inside[i] = share(radius - sqrt(dx * dx + dy * dy + dz * dz), grid->spacing[0]);
            }
}

/* Raises tube[] to the share of each voxel near `at` that a ball of the radius covers. */
static void stamp(const struct grid *grid, const double at[3], double radius, float *tube)
{
    size_t from[3], to[3];
    for (int a = 0; a < 3; a++) {
        double low = floor((at[a] - radius) / grid->spacing[a]) - 1, high = ceil((at[a] + radius) / grid->spacing[a]) + 1;
        from[a] = (size_t)fmax(0, low);
        to[a] = (size_t)fmax(0, fmin((double)grid->n[a], high + 1));
    }
    for (size_t z = from[2]; z < to[2]; z++)
        for (size_t y = from[1]; y < to[1]; y++)
            for (size_t x = from[0]; x < to[0]; x++) {
                double dx = (double)x * grid->spacing[0] - at[0], dy = (double)y * grid->spacing[1] - at[1],
                       dz = (double)z * grid->spacing[2] - at[2];
                float *voxel = &tube[(z * grid->n[1] + y) * grid->n[0] + x];
                *voxel = fmaxf(*voxel, share(radius - sqrt(dx * dx + dy * dy + dz * dz), grid->spacing[0]));
            }
}

static void paint_vessel(const struct grid *grid, double radius, struct rng rng, float *tube)
{
    double size[3], bezier[3][3];
    for (int a = 0; a < 3; a++)
        size[a] = (double)(grid->n[a] - 1) * grid->spacing[a];
    size_t face = rng_below(&rng, 3);
    for (int point = 0; point < 3; point++)
        for (size_t a = 0; a < 3; a++)
            bezier[point][a] = a == face ? size[a] * point / 2 : size[a] * rng_uniform(&rng);
    size_t steps = TUBE_STEPS_PER_VOXEL * (size_t)(1 + (size[0] + size[1] + size[2]) / grid->spacing[0]);
    for (size_t i = 0; i <= steps; i++) {
        double t = (double)i / (double)steps, at[3];
        for (int a = 0; a < 3; a++)
            at[a] = (1 - t) * (1 - t) * bezier[0][a] + 2 * t * (1 - t) * bezier[1][a] + t * t * bezier[2][a];
        stamp(grid, at, radius, tube);
    }
}

bool liver_paint(struct liver *liver, const struct recipe *recipe, uint64_t seed, const struct patient *patient,
                 const struct grid *grid, const double centre_mm[3], float *arterial, float *portal, struct err *err)
{
    const struct recipe *r = recipe;
    size_t voxel_n = grid_voxel_n(grid), role = patient->role, number = patient->number;
    struct arena arena = ARENA_INIT;
    bool ok = false;
    struct rng rng = rng_make(seed, "sim.liver", role, number);
    *liver = (struct liver){0};
    liver->arterial_hu = r->liver_arterial + r->liver_arterial_sd * rng_normal(&rng);
    liver->portal_hu = r->liver_portal + r->liver_portal_sd * rng_normal(&rng);
    liver->inside = mem_alloc(voxel_n, sizeof *liver->inside, err);
    float *texture = arena_alloc(&arena, voxel_n, sizeof *texture, err);
    float *vein = arena_alloc(&arena, voxel_n, sizeof *vein, err);
    float *artery = arena_alloc(&arena, voxel_n, sizeof *artery, err);
    if (liver->inside == NULL || texture == NULL || vein == NULL || artery == NULL)
        goto done;
    if (!noise_smooth(grid->n, grid->spacing, r->liver_texture_length, rng_make(seed, "sim.liver.texture", role, number), texture, err))
        goto done;
    paint_surface(r, grid, patient->diameter_mm / 2, centre_mm, rng_make(seed, "sim.liver.surface", role, number), liver->inside);
    for (size_t v = 0; v <= (size_t)r->vessel_n; v++) {
        struct rng vessel = rng_make(seed, "sim.liver.vessel", role << 32 | number, v);
        double wide = between(&vessel, r->vessel_radius_min, r->vessel_radius_max);
        paint_vessel(grid, v == 0 ? r->vessel_radius_min : wide, vessel, v == 0 ? artery : vein);
    }
    for (size_t i = 0; i < voxel_n; i++) {
        double in = (double)liver->inside[i], outside_hu = r->fat + r->fat_texture * (double)texture[i];
        double own = r->liver_texture * (double)texture[i];
        double a = liver->arterial_hu + own + r->vessel_arterial * (double)vein[i] + r->artery_arterial * (double)artery[i];
        double p = liver->portal_hu + own + r->vessel_portal * (double)vein[i];
        arterial[i] = (float)(in * a + (1 - in) * outside_hu);
        portal[i] = (float)(in * p + (1 - in) * outside_hu);
    }
    ok = true;
done:
    arena_free(&arena);
    if (!ok)
        liver_free(liver);
    return ok;
}

void liver_free(struct liver *liver)
{
    mem_free(liver->inside);
    liver->inside = NULL;
}
