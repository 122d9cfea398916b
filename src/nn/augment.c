/* Plans of augmentation, and the margin they need; see augment.h. */
#include "nn/augment.h"

#include <math.h>
#include <string.h>

#include "nn/crop_place.h"

const struct augment AUGMENT_DEFAULT = {
    .flip_x = 0.5, .flip_y = 0.5, .flip_z = 0.5,
    .rotate = 0.5, .rotate_degrees = 20,
    .tilt = 0.3, .tilt_degrees = 10,
    .scale = 0.5, .scale_by = 0.15,
    .shift = 0.5, .shift_mm = 3,
    .gain = 0.3, .gain_by = 0.1,
    .offset = 0.5, .offset_hu = 10,
    .noise = 0.3, .noise_hu = 15,
    .blur = 0.15, .blur_voxels = 0.8,
    .jitter = 0.3, .jitter_voxels = 1.5,
    .drop = 0.05,
};
const struct augment AUGMENT_FLIPS = {.flip_x = 0.5, .flip_y = 0.5, .flip_z = 0.5};

#define FIELD(name, low, high, about) {#name, offsetof(struct augment, name), (low), (high), (about)}
const struct augment_field augment_fields[] = {
    FIELD(flip_x, 0, 1, "probability of a flip left to right"),
    FIELD(flip_y, 0, 1, "probability of a flip front to back"),
    FIELD(flip_z, 0, 1, "probability of a flip foot to head"),
    FIELD(rotate, 0, 1, "probability of a rotation about z"),
    FIELD(rotate_degrees, 0, 180, "largest rotation about z (degrees)"),
    FIELD(tilt, 0, 1, "probability of rotations about x and y"),
    FIELD(tilt_degrees, 0, 90, "largest rotation about x and y (degrees)"),
    FIELD(scale, 0, 1, "probability of another size"),
    FIELD(scale_by, 0, 1, "largest enlargement: 0.15 is 15 % (and as much smaller)"),
    FIELD(shift, 0, 1, "probability of a shift"),
    FIELD(shift_mm, 0, 50, "largest shift along an axis (mm)"),
    FIELD(gain, 0, 1, "probability of another contrast, a phase"),
    FIELD(gain_by, 0, 0.9, "largest change of contrast: 0.1 is 10 %"),
    FIELD(offset, 0, 1, "probability of an offset, a phase"),
    FIELD(offset_hu, 0, 500, "largest offset (HU)"),
    FIELD(noise, 0, 1, "probability of noise"),
    FIELD(noise_hu, 0, 500, "largest standard deviation of noise (HU)"),
    FIELD(blur, 0, 1, "probability of a Gaussian blur"),
    FIELD(blur_voxels, 0, 3, "largest sigma of the blur (voxels)"),
    FIELD(jitter, 0, 1, "probability that the mask grows or shrinks"),
    FIELD(jitter_voxels, 0, 6, "largest growth of the mask (voxels)"),
    FIELD(drop, 0, 1, "probability that a phase is left out"),
};
const size_t augment_field_n = sizeof augment_fields / sizeof augment_fields[0];

bool augment_check(const struct augment *augment, struct err *err)
{
    for (size_t f = 0; f < augment_field_n; f++) {
        const struct augment_field *field = &augment_fields[f];
        double value;
        memcpy(&value, (const char *)augment + field->offset, sizeof value);
        if (!(value >= field->low && value <= field->high))
            return err_set(err, ERR_USAGE, "%s is %g, expected %g to %g", field->name, value, field->low, field->high);
    }
    return true;
}

/* The largest of |a cos t| + |b sin t| over t within +-angle: how far a rotated rectangle of half sides a, b reaches along the first. */
static double turned_reach(double a, double b, double angle)
{
    double steepest = atan2(b, a);
    double t = fmin(angle, steepest);
    return a * cos(t) + b * sin(t);
}

void augment_margin(const struct augment *augment, enum crop_view view, const size_t size[3], const double spacing[3], size_t margin[3])
{
    bool solid = view == CROP_3D;
    double half[3], reach[3];
    for (int a = 0; a < 3; a++)
        half[a] = reach[a] = (double)(size[a] - 1) / 2 * spacing[a];
    if (augment->scale > 0)
        for (int a = 0; a < (solid ? 3 : 2); a++)
            reach[a] *= 1 + augment->scale_by;
    /* The order of augment_draw(): about x, y, then z; each step takes the box around the last. */
    double longest = solid ? sqrt(reach[0] * reach[0] + reach[1] * reach[1] + reach[2] * reach[2]) : sqrt(reach[0] * reach[0] + reach[1] * reach[1]);
    double turn = augment->rotate > 0 ? augment->rotate_degrees * M_PI / 180 : 0;
    double tilt = augment->tilt > 0 && solid ? augment->tilt_degrees * M_PI / 180 : 0;
    static const int ABOUT[3][2] = {{1, 2}, {2, 0}, {0, 1}};
    for (int about = 0; about < 3; about++) {
        int a = ABOUT[about][0], b = ABOUT[about][1];
        double angle = about == 2 ? turn : tilt, reach_a = turned_reach(reach[a], reach[b], angle), reach_b = turned_reach(reach[b], reach[a], angle);
        if (angle > 0) {
            reach[a] = fmin(reach_a, longest);
            reach[b] = fmin(reach_b, longest);
        }
    }
    for (int a = 0; a < 3; a++) {
        if (augment->shift > 0)
            reach[a] += augment->shift_mm;
        double more = ceil((reach[a] - half[a]) / spacing[a] - 1e-9);
        margin[a] = more > 0 && (solid || a < 2) ? (size_t)more : 0;
    }
}

struct augment_plan augment_identity(void)
{
    return (struct augment_plan){.turn = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, .gain = {1, 1, 1, 1}};
}

/* Uniform in +-1, and whether the change happens: always two draws. 0 when it does not. */
static double draw_change(struct rng *rng, double probability)
{
    double chance = rng_uniform(rng), value = 2 * rng_uniform(rng) - 1;
    return chance < probability ? value : 0;
}

/* m := rotation by `angle` in the plane of axes a, b (a towards b) times m. */
static void rotate_rows(double m[3][3], int a, int b, double angle)
{
    double c = cos(angle), s = sin(angle);
    for (int j = 0; j < 3; j++) {
        double at_a = m[a][j], at_b = m[b][j];
        m[a][j] = c * at_a - s * at_b;
        m[b][j] = s * at_a + c * at_b;
    }
}

/* turn = D^-1 Rz Ry Rx F/scale D, with D the spacings. */
static void draw_geometry(const struct augment *augment, bool solid, const double spacing[3], struct rng *rng, struct augment_plan *plan)
{
    const double flip[3] = {augment->flip_x, augment->flip_y, augment->flip_z};
    double m[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    for (int a = 0; a < 3; a++) {
        bool flipped = rng_uniform(rng) < flip[a];
        m[a][a] = flipped && (solid || a < 2) ? -1 : 1;
    }
    double log_scale = draw_change(rng, augment->scale) * log1p(augment->scale_by);
    double turn = draw_change(rng, augment->rotate) * augment->rotate_degrees * M_PI / 180;
    double tilted = rng_uniform(rng) < augment->tilt && solid ? augment->tilt_degrees * M_PI / 180 : 0;
    double tilt_x = (2 * rng_uniform(rng) - 1) * tilted, tilt_y = (2 * rng_uniform(rng) - 1) * tilted;
    for (int a = 0; a < (solid ? 3 : 2); a++)
        for (int b = 0; b < 3 && log_scale != 0; b++)
            m[a][b] *= exp(-log_scale);
    if (tilt_x != 0)
        rotate_rows(m, 1, 2, tilt_x);
    if (tilt_y != 0)
        rotate_rows(m, 2, 0, tilt_y);
    if (turn != 0)
        rotate_rows(m, 0, 1, turn);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            plan->turn[a][b] = a == b ? m[a][b] : m[a][b] * spacing[b] / spacing[a];
    double shifted = rng_uniform(rng) < augment->shift ? augment->shift_mm : 0;
    for (int a = 0; a < 3; a++) {
        double mm = (2 * rng_uniform(rng) - 1) * shifted;
        plan->shift[a] = solid || a < 2 ? mm / spacing[a] : 0;
    }
}

/* Which phases are left out; one of them, at random, would stay if all were. */
static void draw_drops(double probability, size_t phase_n, struct rng *rng, struct augment_plan *plan)
{
    size_t dropped = 0;
    for (size_t p = 0; p < CROP_PHASE_MAX; p++) {
        bool drop = rng_uniform(rng) < probability && p < phase_n;
        plan->dropped[p] = drop;
        dropped += drop;
    }
    size_t spared = (size_t)(rng_uniform(rng) * (double)phase_n);
    if (dropped == phase_n)
        plan->dropped[spared] = false;
}

struct augment_plan augment_draw(const struct augment *augment, const struct crop *crop, struct rng *rng)
{
    struct augment_plan plan = augment_identity();
    draw_geometry(augment, crop->view == CROP_3D, crop->grid.spacing, rng, &plan);
    for (size_t p = 0; p < CROP_PHASE_MAX; p++) {
        plan.gain[p] = (float)(1 + draw_change(rng, augment->gain) * augment->gain_by);
        plan.offset_hu[p] = (float)(draw_change(rng, augment->offset) * augment->offset_hu);
    }
    plan.noise_hu = (float)(fabs(draw_change(rng, augment->noise)) * augment->noise_hu);
    plan.blur_voxels = (float)(fabs(draw_change(rng, augment->blur)) * augment->blur_voxels);
    plan.jitter_voxels = (float)(draw_change(rng, augment->jitter) * augment->jitter_voxels);
    draw_drops(augment->drop, crop->phase_n, rng, &plan);
    return plan;
}
