/* The scanner: a Gaussian point spread (in plane the kernel's, across planes slice_sigma of the slice), then noise that
 * was blurred in plane by the same kernel and scaled back to its stated spread, then a shift. */
#include "sim/scanner.h"

#include <math.h>

#include "base/mem.h"
#include "sim/noise.h"

static double between(struct rng *rng, double from, double to)
{
    return from + (to - from) * rng_uniform(rng);
}

struct scanner scanner_make(const struct recipe *recipe, const struct recipe_centre *centre, struct rng rng)
{
    struct scanner s;
    s.spacing[0] = s.spacing[1] = round(100 * between(&rng, centre->voxel_from, centre->voxel_to)) / 100;
    s.spacing[2] = round(4 * between(&rng, centre->slice_from, centre->slice_to)) / 4;
    s.sigma_mm[0] = s.sigma_mm[1] = between(&rng, centre->kernel_from, centre->kernel_to);
    s.sigma_mm[2] = recipe->slice_sigma * s.spacing[2];
    s.noise = centre->noise * exp(centre->noise_log_sd * rng_normal(&rng));
    s.shift = centre->shift + centre->shift_sd * rng_normal(&rng);
    return s;
}

bool scanner_take(const struct scanner *scanner, const size_t n[3], float *values, struct rng noise, int16_t *out, struct err *err)
{
    size_t voxel_n = n[0] * n[1] * n[2];
    float *grain = mem_alloc(voxel_n, sizeof *grain, err);
    if (grain == NULL)
        return false;
    const double in_plane[3] = {scanner->sigma_mm[0], scanner->sigma_mm[1], 0};
    noise_white(voxel_n, noise, grain);
    bool ok = noise_blur(n, scanner->spacing, scanner->sigma_mm, values, err) && noise_blur(n, scanner->spacing, in_plane, grain, err);
    if (ok) {
        double scale = scanner->noise / noise_blur_gain(scanner->spacing, in_plane);
        for (size_t i = 0; i < voxel_n; i++) {
            double hu = (double)values[i] + scale * (double)grain[i] + scanner->shift;
            out[i] = (int16_t)lround(fmax(-1024, fmin(3071, hu)));
        }
    }
    mem_free(grain);
    return ok;
}
