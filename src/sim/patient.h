/* A virtual patient: the latent aggressiveness and all that it drives, but for the images. */
#ifndef HEPAR_SIM_PATIENT_H
#define HEPAR_SIM_PATIENT_H

#include <stddef.h>
#include <stdint.h>

#include "sim/recipe.h"

enum { ROLE_TRAIN, ROLE_INTERNAL, ROLE_EXTERNAL, ROLE_RFA, ROLE_TACE, SIM_ROLE_N };
struct sim_role {
    const char *name;
    size_t default_n;
    size_t centre;   /* index of the recipe's centre */
    bool label, rfs, ttp; /* which outcomes its patients have */
};
extern const struct sim_role sim_role[SIM_ROLE_N];

enum sign { SIGN_RIM, SIGN_NECROSIS, SIGN_MARGIN, SIGN_WASHOUT, SIGN_TEXTURE, SIGN_GRAIN, SIGN_HALO, SIGN_N };
extern const char *const sign_name[SIGN_N];

struct sim_time {
    double days; /* whole, at least 1 */
    bool event;
};

struct patient {
    size_t role;   /* index into sim_role[] */
    size_t number; /* 1-based within the role */
    double latent;       /* standard normal */
    double sign[SIGN_N]; /* standard normal each, correlated through the latent value alone */
    double probability;  /* of label 1, given the latent value */
    bool label;          /* drawn for every role; written for those that have one */
    double diameter_mm;  /* of the ball of the tumour's size */
    double age, afp, pivka, albumin, platelets;
    bool male, hbv, cirrhosis;
    struct sim_time rfs, ttp;
};

/* Probability of label 1 at a latent value; `effect` scales the slope. */
double patient_probability(const struct recipe *recipe, double effect, double latent);

/* The patient `number` of a role: keyed, so it is the same patient however many others there are. `effect` >= 0
 * scales what the latent value does to label and hazards; it changes neither signs, clinical values nor images. */
struct patient patient_make(const struct recipe *recipe, uint64_t seed, double effect, size_t role, size_t number);

#endif
