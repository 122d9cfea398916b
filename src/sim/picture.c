/* The images. In the tumour, with d the depth (body.h), q = d^3 (uniform over the volume), u the direction:
 *   place   = cos(theta) R + sin(theta) L,  R = sqrt(3) (2 q - 1),  L = sqrt(3) (2 F(d u.g) - 1),  F(t) = 1/2 + (3 t - t^3) / 4,
 *             g a random direction, theta = pi Phi(-rim sign): from enhancement at the rim over one side to the centre,
 *             with mean 0, spread 1 and the same grain at every theta
 *   living  = strength * place + texture * smooth noise
 *   relative = (1 - n) living + n necrosis_depth,  n the necrosis: smooth noise above the quantile of the necrotic share
 *   HU      = liver + mean difference of the phase + relative - its mean over the tumour
 * so that neither place nor necrosis moves the tumour's mean. Around the tumour the halo falls off exponentially. */
#include "sim/picture.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "num/dist.h"
#include "sim/body.h"
#include "sim/liver.h"
#include "sim/noise.h"
#include "sim/scanner.h"

/* What a phase is painted with. */
struct phase {
    double mean;                    /* tumour minus liver, HU */
    double place, texture;          /* spreads, HU */
    double halo;                    /* HU at the surface */
    float *field;                   /* the texture's smooth noise */
    float *ideal;                   /* HU of every voxel */
};

/* What both phases share. */
struct scene {
    const struct recipe *recipe;
    struct grid grid;
    double centre_mm[3]; /* from voxel (0, 0, 0) */
    struct body body;
    struct liver liver;
    float *necrosis;     /* smooth noise */
    double necrosis_above; /* necrotic above it; infinite: none */
    float *inside;       /* share of the voxel in the tumour */
    float *place;        /* pattern of enhancement */
    float *distance;     /* mm outside the surface, 0 inside */
};

static void lay_grid(struct scene *scene, const struct scanner *scanner, const struct recipe *recipe, struct rng rng)
{
    struct grid *grid = &scene->grid;
    static const double corner[3] = {-110, -60, -40}; /* somewhere in the right upper abdomen */
    memset(grid->direction, 0, sizeof grid->direction);
    for (int a = 0; a < 3; a++) {
        double half = body_reach(&scene->body, a) * (1 + 2 * scene->body.deform) + recipe->box_margin;
        grid->spacing[a] = scanner->spacing[a];
        grid->n[a] = (size_t)ceil(2 * half / grid->spacing[a]) + 1;
        grid->direction[a][a] = 1;
        grid->origin[a] = corner[a] + round(40 * rng_uniform(&rng));
        double jitter = recipe->box_jitter * (2 * rng_uniform(&rng) - 1);
        scene->centre_mm[a] = (double)(grid->n[a] - 1) * grid->spacing[a] / 2 + jitter;
    }
}

/* theta's pattern at one place of the tumour. */
static double place_at(const struct body_place *at, double theta, const double side[3])
{
    double depth = fmin(at->depth, 1);
    double radial = 2 * depth * depth * depth - 1;
    double t = depth * (at->u[0] * side[0] + at->u[1] * side[1] + at->u[2] * side[2]);
    double lateral = (3 * t - t * t * t) / 2;
    return sqrt(3) * (cos(theta) * radial + sin(theta) * lateral);
}

static void lay_body(struct scene *scene, double rim_sign, struct rng rng, uint8_t *mask)
{
    const struct grid *grid = &scene->grid;
    double theta = M_PI * normal_cdf(-rim_sign), side[3], length = 0;
    for (int a = 0; a < 3; a++) {
        side[a] = rng_normal(&rng);
        length += side[a] * side[a];
    }
    for (int a = 0; a < 3; a++)
        side[a] /= sqrt(length > 0 ? length : 1);
    size_t i = 0, outlined = 0;
    for (size_t z = 0; z < grid->n[2]; z++)
        for (size_t y = 0; y < grid->n[1]; y++)
            for (size_t x = 0; x < grid->n[0]; x++, i++) {
                const double offset[3] = {(double)x * grid->spacing[0] - scene->centre_mm[0],
                                          (double)y * grid->spacing[1] - scene->centre_mm[1],
                                          (double)z * grid->spacing[2] - scene->centre_mm[2]};
                struct body_place at = body_place(&scene->body, offset);
                scene->inside[i] = (float)fmax(0, fmin(1, 0.5 - at.outside_mm / grid->spacing[0]));
                scene->distance[i] = (float)fmax(0, at.outside_mm);
                scene->place[i] = (float)place_at(&at, theta, side);
                mask[i] = body_outlined(&scene->body, &at);
                outlined += mask[i];
            }
    if (outlined == 0) { /* cannot be: the smallest tumour is wider than a voxel; a mask is never empty all the same */
        size_t middle = ((grid->n[2] / 2) * grid->n[1] + grid->n[1] / 2) * grid->n[0] + grid->n[0] / 2;
        mask[middle] = 1;
    }
}

static double necrotic_share(const struct scene *scene, size_t i)
{
    double t = ((double)scene->necrosis[i] - scene->necrosis_above) / scene->recipe->necrosis_edge + 0.5;
    t = fmax(0, fmin(1, t));
    return t * t * (3 - 2 * t);
}

/* The tumour's HU above or below its mean, before that mean is taken off. */
static double relative_at(const struct scene *scene, const struct phase *phase, size_t i)
{
    double living = phase->place * (double)scene->place[i] + phase->texture * (double)phase->field[i];
    double dead = necrotic_share(scene, i);
    return (1 - dead) * living + dead * scene->recipe->necrosis_depth;
}

static void paint_tumour(const struct scene *scene, double liver_hu, struct phase *phase)
{
    size_t voxel_n = grid_voxel_n(&scene->grid);
    double sum = 0, weight = 0;
    for (size_t i = 0; i < voxel_n; i++)
        if (scene->inside[i] > 0) {
            sum += (double)scene->inside[i] * relative_at(scene, phase, i);
            weight += (double)scene->inside[i];
        }
    double mean = weight > 0 ? sum / weight : 0;
    for (size_t i = 0; i < voxel_n; i++) {
        double in = (double)scene->inside[i], around = (double)phase->ideal[i];
        around += phase->halo * exp(-(double)scene->distance[i] / scene->recipe->halo_length) * (double)scene->liver.inside[i];
        double tumour = in > 0 ? liver_hu + phase->mean + relative_at(scene, phase, i) - mean : 0;
        phase->ideal[i] = (float)(in * tumour + (1 - in) * around);
    }
}

static bool lay_fields(struct scene *scene, struct phase *arterial, struct phase *portal, uint64_t seed, const struct patient *patient,
                       struct err *err)
{
    const struct recipe *r = scene->recipe;
    size_t role = patient->role, number = patient->number;
    struct rng rng = rng_make(seed, "sim.tumour", role, number);
    double strength = r->place_arterial * exp(r->place_log_sd * rng_normal(&rng));
    arterial->mean = r->washin + r->washin_sd * rng_normal(&rng);
    portal->mean = r->washout + r->washout_sd * rng_normal(&rng) + r->washout_gain * patient->sign[SIGN_WASHOUT];
    arterial->place = strength;
    portal->place = r->place_portal * strength;
    arterial->texture = r->texture_arterial * exp(r->texture_gain * patient->sign[SIGN_TEXTURE] + r->texture_log_sd * rng_normal(&rng));
    portal->texture = r->grain_portal * exp(r->grain_log_sd * rng_normal(&rng));
    arterial->halo = fmin(r->halo_max, r->halo_arterial * exp(r->halo_gain * patient->sign[SIGN_HALO]));
    portal->halo = 0;

    double dead = fmin(r->necrosis_max, r->necrosis_share * exp(r->necrosis_gain * patient->sign[SIGN_NECROSIS]));
    scene->necrosis_above = normal_quantile(1 - dead);
    double patch_mm = fmax(r->necrosis_length_min, r->necrosis_length * patient->diameter_mm / 2);
    double grain_mm = r->grain_length * exp(r->grain_gain * patient->sign[SIGN_GRAIN]);
    const struct grid *grid = &scene->grid;
    return noise_smooth(grid->n, grid->spacing, r->texture_length, rng_make(seed, "sim.texture", role, number), arterial->field, err) &&
           noise_smooth(grid->n, grid->spacing, grain_mm, rng_make(seed, "sim.grain", role, number), portal->field, err) &&
           noise_smooth(grid->n, grid->spacing, patch_mm, rng_make(seed, "sim.necrosis", role, number), scene->necrosis, err);
}

static bool open_volumes(struct picture *picture, const struct grid *grid, struct err *err)
{
    return volume_init(&picture->arterial, grid, VOXEL_I16, 1, err) && volume_init(&picture->portal, grid, VOXEL_I16, 1, err) &&
           volume_init(&picture->mask, grid, VOXEL_U8, 1, err);
}

bool picture_make(struct picture *picture, const struct recipe *recipe, uint64_t seed, const struct patient *patient, struct err *err)
{
    *picture = (struct picture){0};
    size_t role = patient->role, number = patient->number;
    struct arena arena = ARENA_INIT;
    struct scene scene = {.recipe = recipe};
    struct phase arterial = {0}, portal = {0};
    bool ok = false;

    struct scanner scanner = scanner_make(recipe, &recipe->centre[sim_role[role].centre], rng_make(seed, "sim.scanner", role, number));
    body_make(&scene.body, recipe, patient->diameter_mm, patient->sign[SIGN_MARGIN], seed, role, number);
    lay_grid(&scene, &scanner, recipe, rng_make(seed, "sim.box", role, number));
    size_t voxel_n = grid_voxel_n(&scene.grid);
    float **field[] = {&scene.necrosis, &scene.inside, &scene.place, &scene.distance, &arterial.field, &arterial.ideal,
                       &portal.field, &portal.ideal};
    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        *field[i] = arena_alloc(&arena, voxel_n, sizeof(float), err);
        if (*field[i] == NULL)
            goto done;
    }
    if (!open_volumes(picture, &scene.grid, err))
        goto done;
    lay_body(&scene, patient->sign[SIGN_RIM], rng_make(seed, "sim.side", role, number), picture->mask.voxels);
    if (!liver_paint(&scene.liver, recipe, seed, patient, &scene.grid, scene.centre_mm, arterial.ideal, portal.ideal, err) ||
        !lay_fields(&scene, &arterial, &portal, seed, patient, err))
        goto done;
    paint_tumour(&scene, scene.liver.arterial_hu, &arterial);
    paint_tumour(&scene, scene.liver.portal_hu, &portal);
    ok = scanner_take(&scanner, scene.grid.n, arterial.ideal, rng_make(seed, "sim.noise.arterial", role, number),
                      picture->arterial.voxels, err) &&
         scanner_take(&scanner, scene.grid.n, portal.ideal, rng_make(seed, "sim.noise.portal", role, number), picture->portal.voxels, err);
done:
    liver_free(&scene.liver);
    arena_free(&arena);
    if (!ok)
        picture_free(picture);
    return ok;
}

void picture_free(struct picture *picture)
{
    volume_free(&picture->arterial);
    volume_free(&picture->portal);
    volume_free(&picture->mask);
}
