/* The tumour's body. With q the point in the ellipsoid's frame, divided by its semi-axes, e = |q| and u = q / e, the
 * surface lies at e = 1 + deform * w(u), w the waves of noise.h; depth = e / (1 + deform * w(u)). The volume inside
 * depth d is d^3 of the whole, whatever the deformation. */
#include "sim/body.h"

#include <math.h>
#include <string.h>

/* A rotation, uniform over all (Shoemake, Graphics Gems III, 1992). */
static void random_turn(double turn[3][3], struct rng *rng)
{
    double q[4], length = 0;
    for (int i = 0; i < 4; i++) {
        q[i] = rng_normal(rng);
        length += q[i] * q[i];
    }
    length = sqrt(length > 0 ? length : 1);
    double w = q[0] / length, x = q[1] / length, y = q[2] / length, z = q[3] / length;
    const double r[3][3] = {
        {1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)},
        {2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)},
        {2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)},
    };
    memcpy(turn, r, sizeof r);
}

void body_make(struct body *body, const struct recipe *recipe, double diameter_mm, double margin_sign, uint64_t seed, uint64_t role,
               uint64_t number)
{
    struct rng rng = rng_make(seed, "sim.body", role, number);
    double stretch[3], mean = 0;
    for (int a = 0; a < 3; a++) {
        stretch[a] = recipe->axis_log_sd * rng_normal(&rng);
        mean += stretch[a] / 3;
    }
    for (int a = 0; a < 3; a++)
        body->axis_mm[a] = diameter_mm / 2 * exp(stretch[a] - mean); /* the product of the axes stays */
    random_turn(body->turn, &rng);
    body->deform = fmin(recipe->margin_max, recipe->margin_base * exp(recipe->margin_gain * margin_sign));
    body->reader = recipe->reader_error / (diameter_mm / 2);
    waves_init(&body->surface, recipe->margin_frequency, recipe->margin_frequency_range, rng_make(seed, "sim.surface", role, number));
    waves_init(&body->outline, recipe->margin_frequency, recipe->margin_frequency_range, rng_make(seed, "sim.outline", role, number));
}

struct body_place body_place(const struct body *body, const double offset_mm[3])
{
    struct body_place place;
    double e = 0, length = 0;
    for (int a = 0; a < 3; a++) {
        double q = 0;
        for (int b = 0; b < 3; b++)
            q += body->turn[a][b] * offset_mm[b];
        length += q * q;
        place.u[a] = q / body->axis_mm[a];
        e += place.u[a] * place.u[a];
    }
    e = sqrt(e);
    length = sqrt(length);
    if (e < 1e-9) { /* the centre has no direction */
        memset(place.u, 0, sizeof place.u);
        place.depth = 0;
        place.outside_mm = -body->axis_mm[0];
        return place;
    }
    for (int a = 0; a < 3; a++)
        place.u[a] /= e;
    place.depth = e / (1 + body->deform * waves_at(&body->surface, place.u));
    place.outside_mm = length - length / place.depth;
    return place;
}

bool body_outlined(const struct body *body, const struct body_place *place)
{
    if (fabs(place->depth - 1) > 4 * body->reader) /* waves are cut at 3 */
        return place->depth < 1;
    return place->depth < 1 + body->reader * waves_at(&body->outline, place->u);
}

double body_reach(const struct body *body, int axis)
{
    double sum = 0;
    for (int a = 0; a < 3; a++) {
        double part = body->turn[a][axis] * body->axis_mm[a];
        sum += part * part;
    }
    return sqrt(sum);
}
