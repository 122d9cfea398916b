/* The tumour's body: an ellipsoid, turned at random, its surface deformed by smooth noise (star-shaped). */
#ifndef HEPAR_SIM_BODY_H
#define HEPAR_SIM_BODY_H

#include "base/rng.h"
#include "sim/noise.h"
#include "sim/recipe.h"

struct body {
    double axis_mm[3];    /* semi-axes */
    double turn[3][3];    /* patient's frame to the ellipsoid's */
    double deform;        /* of the surface, relative to its radius */
    double reader;        /* spread of the reader's outline, relative to the radius */
    struct waves surface, outline;
};

/* Where a point lies in a body. */
struct body_place {
    double depth;      /* 0 at the centre, 1 on the surface, above it outside */
    double outside_mm; /* signed distance to the surface along the ray from the centre; negative inside */
    double u[3];       /* direction from the centre, in the ellipsoid's frame scaled to a ball */
};

void body_make(struct body *body, const struct recipe *recipe, double diameter_mm, double margin_sign, uint64_t seed, uint64_t role,
               uint64_t number);
/* offset_mm: the point minus the body's centre. */
struct body_place body_place(const struct body *body, const double offset_mm[3]);
/* True within the reader's outline. */
bool body_outlined(const struct body *body, const struct body_place *place);
/* Half the extent of the undeformed ellipsoid along an axis of the patient's frame, mm. */
double body_reach(const struct body *body, int axis);

#endif
