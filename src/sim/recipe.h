/* The recipe of the virtual cohort: every constant, once.
 *
 * The list below is the only place where a constant of the generator stands. From it come the fields of
 * `struct recipe`, the table of doc/phantom.md (`hepar phantom recipe` prints it), and the recipe's hash:
 * SHA-256 over its version and one line "name value" a constant. Models are tuned on cohorts of this recipe, so it
 * is frozen: a changed constant is a new version, and a test holds the hash. The formulas are in doc/phantom.md. */
#ifndef HEPAR_SIM_RECIPE_H
#define HEPAR_SIM_RECIPE_H

#include "base/text.h"

#define RECIPE_VERSION "1"

/* X(name, value, unit, meaning). `rho_*`: correlation of a sign or of a clinical value with the latent value. */
#define RECIPE_LIST(X) \
    X(label_intercept, -0.6, "", "logit of the label's probability at latent value 0") \
    X(label_slope, 2.6, "", "rise of that logit by a latent value of 1") \
    X(truth_cut, 0.5, "", "true probability that divides the groups of the true hazard ratio") \
    X(rho_rim, 0.93, "", "rim sign: where in the tumour the arterial enhancement sits") \
    X(rho_necrosis, 0.65, "", "necrosis sign: share of the tumour that is necrotic") \
    X(rho_margin, 0.7, "", "margin sign: irregularity of the surface") \
    X(rho_washout, 0.5, "", "washout sign: loss of enhancement in the portal phase") \
    X(rho_texture, 0.76, "", "heterogeneity sign, arterial: strength of the texture") \
    X(rho_grain, 0.8, "", "heterogeneity sign, portal: coarseness of the texture") \
    X(rho_halo, 0.6, "", "peritumoural enhancement sign, arterial") \
    X(rho_afp, 0.5, "", "log AFP") \
    X(rho_pivka, 0.4, "", "log PIVKA-II") \
    X(rho_size, 0.05, "", "log diameter") \
    X(diameter_min, 10, "mm", "smallest mean diameter") \
    X(diameter_max, 115, "mm", "largest mean diameter") \
    X(diameter_log_sd, 0.5, "", "spread of the log diameter, operated patients") \
    X(diameter_median, 42, "mm", "median diameter, operated patients") \
    X(rfa_diameter_log_sd, 0.25, "", "the same, ablated patients") \
    X(rfa_diameter_median, 22, "mm", "the same, ablated patients") \
    X(tace_diameter_log_sd, 0.4, "", "the same, chemoembolised patients") \
    X(tace_diameter_median, 58, "mm", "the same, chemoembolised patients") \
    X(axis_log_sd, 0.14, "", "spread of the log ratio of each semi-axis to the mean radius") \
    X(margin_base, 0.055, "", "deformation of the surface, relative to its radius, at sign 0") \
    X(margin_gain, 0.55, "", "log rise of the deformation by a sign of 1") \
    X(margin_max, 0.2, "", "largest deformation") \
    X(margin_frequency, 3, "", "lowest wave number of the deformation on the unit sphere") \
    X(margin_frequency_range, 6, "", "wave numbers are uniform above the lowest over this range") \
    X(reader_error, 0.35, "mm", "spread of the reader's outline about the true surface") \
    X(box_margin, 12, "mm", "liver around the tumour in the box") \
    X(box_jitter, 4, "mm", "the tumour's centre lies within this of the box's centre, each axis") \
    X(liver_arterial, 72, "HU", "mean of the liver, arterial phase") \
    X(liver_arterial_sd, 8, "HU", "its spread between patients") \
    X(liver_portal, 108, "HU", "mean of the liver, portal phase") \
    X(liver_portal_sd, 10, "HU", "its spread between patients") \
    X(liver_texture, 4, "HU", "spread of the liver's own texture, both phases") \
    X(liver_texture_length, 8, "mm", "lattice spacing of that texture") \
    X(fat, -95, "HU", "mean outside the liver") \
    X(fat_texture, 10, "HU", "texture outside the liver") \
    X(capsule_radius_min, 70, "mm", "smallest radius of the liver's surface near the tumour") \
    X(capsule_radius_max, 130, "mm", "largest radius of the liver's surface near the tumour") \
    X(capsule_depth_min, 0.8, "radii", "nearest place of the tumour's centre below the liver's surface") \
    X(capsule_depth_max, 4, "radii", "deepest place of the tumour's centre below the liver's surface") \
    X(vessel_n, 5, "", "vessels in the box") \
    X(vessel_radius_min, 0.8, "mm", "thinnest vessel") \
    X(vessel_radius_max, 3, "mm", "thickest vessel") \
    X(vessel_arterial, 20, "HU", "portal and hepatic veins above the liver, arterial phase") \
    X(vessel_portal, 65, "HU", "portal and hepatic veins above the liver, portal phase") \
    X(artery_arterial, 150, "HU", "the box's one artery above the liver, arterial phase") \
    X(washin, 14, "HU", "mean of tumour minus liver, arterial phase") \
    X(washin_sd, 14, "HU", "its spread between patients") \
    X(washout, -16, "HU", "mean of tumour minus liver, portal phase") \
    X(washout_sd, 13, "HU", "its spread between patients") \
    X(washout_gain, -3, "HU", "its change by a washout sign of 1") \
    X(place_arterial, 16, "HU", "spread within the tumour of the pattern of enhancement, arterial phase") \
    X(place_portal, -0.5, "", "the same pattern in the portal phase, as a factor of the arterial one") \
    X(place_log_sd, 0.15, "", "spread of the log strength of the pattern between patients") \
    X(texture_arterial, 14, "HU", "spread of the tumour's texture, arterial phase, at sign 0") \
    X(texture_gain, 0.4, "", "its log rise by a texture sign of 1") \
    X(texture_log_sd, 0.1, "", "its log spread between patients, beside the sign") \
    X(texture_length, 5, "mm", "lattice spacing of the texture, arterial phase") \
    X(grain_portal, 14, "HU", "spread of the tumour's texture, portal phase") \
    X(grain_log_sd, 0.15, "", "its log spread between patients") \
    X(grain_length, 5, "mm", "lattice spacing of the texture, portal phase, at sign 0") \
    X(grain_gain, 0.45, "", "its log rise by a grain sign of 1") \
    X(necrosis_share, 0.1, "", "necrotic share of the tumour at sign 0") \
    X(necrosis_gain, 0.8, "", "its log rise by a necrosis sign of 1") \
    X(necrosis_max, 0.45, "", "largest necrotic share") \
    X(necrosis_length, 0.4, "radii", "lattice spacing of the necrotic areas") \
    X(necrosis_length_min, 5, "mm", "smallest lattice spacing of the necrotic areas") \
    X(necrosis_edge, 0.35, "", "softness of their border, in standard deviations of the field") \
    X(necrosis_depth, -40, "HU", "necrosis minus living tumour, both phases") \
    X(halo_arterial, 12, "HU", "peritumoural enhancement at the surface at sign 0, arterial phase") \
    X(halo_gain, 0.7, "", "its log rise by a halo sign of 1") \
    X(halo_max, 60, "HU", "strongest peritumoural enhancement") \
    X(halo_length, 5, "mm", "depth over which it falls to 1/e") \
    X(slice_sigma, 0.35, "slices", "sigma of the point spread across planes") \
    X(age_mean, 58, "years", "age") \
    X(age_sd, 10, "years", "its spread; cut to 25..88") \
    X(male_share, 0.82, "", "share of men") \
    X(hbv_share, 0.75, "", "share with hepatitis B") \
    X(cirrhosis_share, 0.6, "", "share with cirrhosis") \
    X(afp_log_mean, 3.6, "log ng/ml", "log AFP") \
    X(afp_log_sd, 2.1, "", "its spread; AFP is cut to 1..60000") \
    X(pivka_log_mean, 4.8, "log mAU/ml", "log PIVKA-II") \
    X(pivka_log_sd, 1.7, "", "its spread; PIVKA-II is cut to 8..75000") \
    X(albumin_mean, 40, "g/l", "albumin") \
    X(albumin_sd, 4.5, "g/l", "its spread; cut to 20..55") \
    X(platelets_log_mean, 5.0, "log 10^9/l", "log platelets") \
    X(platelets_log_sd, 0.4, "", "its spread; cut to 20..600") \
    X(rfs_shape, 1.1, "", "Weibull shape of the time to recurrence") \
    X(rfs_scale, 1500, "days", "its scale at latent value 0") \
    X(rfs_log_hazard, 0.7, "", "log hazard ratio of recurrence of a latent value of 1") \
    X(rfs_follow_min, 700, "days", "shortest follow-up") \
    X(rfs_follow_max, 2200, "days", "longest follow-up; censoring is uniform between") \
    X(ttp_shape, 1.2, "", "Weibull shape of the time to progression") \
    X(ttp_scale, 420, "days", "its scale at latent value 0") \
    X(ttp_log_hazard, 0.7, "", "log hazard ratio of progression of a latent value of 1") \
    X(ttp_follow_min, 240, "days", "shortest follow-up") \
    X(ttp_follow_max, 1100, "days", "longest follow-up; censoring is uniform between")

/* The scanners of a centre: Y(centre, in-plane voxel from and to (mm), slice from and to (mm), noise (HU), its log
 * spread, kernel's sigma from and to (mm), HU shift, its spread). */
#define RECIPE_CENTRES(Y) \
    Y(A, 1.30, 1.60, 3.0, 4.0, 11.0, 0.15, 0.70, 0.95, 0.0, 2.0) \
    Y(B, 1.35, 1.65, 2.5, 4.0, 12.0, 0.20, 0.65, 1.00, 4.0, 3.0) \
    Y(C, 1.35, 1.65, 3.0, 4.5, 11.5, 0.15, 0.70, 1.00, -3.0, 2.0)

struct recipe_centre {
    char name[4];
    double voxel_from, voxel_to, slice_from, slice_to;
    double noise, noise_log_sd;
    double kernel_from, kernel_to;
    double shift, shift_sd;
};

struct recipe {
#define X(name, value, unit, meaning) double name;
    RECIPE_LIST(X)
#undef X
    struct recipe_centre centre[3]; /* A, B, C */
};

extern const struct recipe recipe_default;

/* "version 1", a line "name value" a constant, a line "centre NAME values" a centre. */
void recipe_text(const struct recipe *recipe, struct text *out);
/* SHA-256 of recipe_text(). */
bool recipe_hash(const struct recipe *recipe, char hex[65], struct err *err);
/* The tables of doc/phantom.md, as Markdown. */
void recipe_markdown(struct text *out);

#endif
