/* A virtual patient. z is the latent aggressiveness, standard normal in every role.
 *   sign_k  = rho_k z + sqrt(1 - rho_k^2) e_k,  e_k independent standard normals; log AFP, log PIVKA-II, log diameter alike
 *   logit p = label_intercept + effect * label_slope * z
 *   S(t)    = exp(-(t / scale)^shape * exp(effect * log_hazard * z)), censored uniformly (Bender et al., Stat Med 2005) */
#include "sim/patient.h"

#include <math.h>

#include "base/rng.h"

const struct sim_role sim_role[SIM_ROLE_N] = {
    [ROLE_TRAIN] = {"train", 182, 0, true, true, false},
    [ROLE_INTERNAL] = {"internal", 46, 0, true, true, false},
    [ROLE_EXTERNAL] = {"external", 84, 1, true, true, false},
    [ROLE_RFA] = {"rfa", 90, 0, false, true, false},
    [ROLE_TACE] = {"tace", 120, 2, false, false, true},
};

const char *const sign_name[SIGN_N] = {"rim", "necrosis", "margin", "washout", "texture", "grain", "halo"};

static double clamp(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

static double correlated(double rho, double latent, struct rng *rng)
{
    return rho * latent + sqrt(1 - rho * rho) * rng_normal(rng);
}

double patient_probability(const struct recipe *recipe, double effect, double latent)
{
    return 1 / (1 + exp(-(recipe->label_intercept + effect * recipe->label_slope * latent)));
}

static struct sim_time draw_time(double shape, double scale, double log_hazard, double follow_min, double follow_max, struct rng rng)
{
    double u = 1 - rng_uniform(&rng); /* (0, 1] */
    double time = scale * pow(-log(u) * exp(-log_hazard), 1 / shape);
    double follow = follow_min + (follow_max - follow_min) * rng_uniform(&rng);
    return (struct sim_time){fmax(1, ceil(fmin(time, follow))), time <= follow};
}

static double draw_diameter(const struct recipe *r, size_t role, double latent, struct rng rng)
{
    double median = r->diameter_median, log_sd = r->diameter_log_sd;
    if (role == ROLE_RFA) {
        median = r->rfa_diameter_median;
        log_sd = r->rfa_diameter_log_sd;
    } else if (role == ROLE_TACE) {
        median = r->tace_diameter_median;
        log_sd = r->tace_diameter_log_sd;
    }
    return clamp(median * exp(log_sd * correlated(r->rho_size, latent, &rng)), r->diameter_min, r->diameter_max);
}

struct patient patient_make(const struct recipe *recipe, uint64_t seed, double effect, size_t role, size_t number)
{
    const struct recipe *r = recipe;
    struct patient p = {.role = role, .number = number};
    struct rng rng = rng_make(seed, "sim.latent", role, number);
    p.latent = rng_normal(&rng);
    p.probability = patient_probability(r, effect, p.latent);
    rng = rng_make(seed, "sim.label", role, number);
    p.label = rng_uniform(&rng) < p.probability;

    const double rho[SIGN_N] = {r->rho_rim, r->rho_necrosis, r->rho_margin, r->rho_washout, r->rho_texture, r->rho_grain, r->rho_halo};
    rng = rng_make(seed, "sim.signs", role, number);
    for (int k = 0; k < SIGN_N; k++)
        p.sign[k] = correlated(rho[k], p.latent, &rng);
    p.diameter_mm = draw_diameter(r, role, p.latent, rng_make(seed, "sim.size", role, number));

    rng = rng_make(seed, "sim.clinical", role, number);
    p.age = round(clamp(r->age_mean + r->age_sd * rng_normal(&rng), 25, 88));
    p.male = rng_uniform(&rng) < r->male_share;
    p.hbv = rng_uniform(&rng) < r->hbv_share;
    p.cirrhosis = rng_uniform(&rng) < r->cirrhosis_share;
    p.afp = clamp(round(10 * exp(r->afp_log_mean + r->afp_log_sd * correlated(r->rho_afp, p.latent, &rng))) / 10, 1, 60000);
    p.pivka = clamp(round(exp(r->pivka_log_mean + r->pivka_log_sd * correlated(r->rho_pivka, p.latent, &rng))), 8, 75000);
    p.albumin = clamp(round(10 * (r->albumin_mean + r->albumin_sd * rng_normal(&rng))) / 10, 20, 55);
    p.platelets = clamp(round(exp(r->platelets_log_mean + r->platelets_log_sd * rng_normal(&rng))), 20, 600);

    p.rfs = draw_time(r->rfs_shape, r->rfs_scale, effect * r->rfs_log_hazard * p.latent, r->rfs_follow_min, r->rfs_follow_max,
                      rng_make(seed, "sim.rfs", role, number));
    p.ttp = draw_time(r->ttp_shape, r->ttp_scale, effect * r->ttp_log_hazard * p.latent, r->ttp_follow_min, r->ttp_follow_max,
                      rng_make(seed, "sim.ttp", role, number));
    return p;
}
