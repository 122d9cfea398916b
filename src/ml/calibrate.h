/* Calibration: from a learner's score to a probability.
 *
 * Platt: p = 1 / (1 + exp(A s + B)) by maximum likelihood against the targets (n1 + 1) / (n1 + 2) and 1 / (n0 + 2)
 * (Platt 1999; Lin, Lin and Weng, Machine Learning 2007). Isotonic: pool adjacent violators on the mean label of
 * equal scores, linear in between, constant outside. Temperature: p = sigmoid(s / T).
 * As a step it adds PROBABILITY_COLUMN beside SCORE_COLUMN; fit it on out-of-fold scores. Repeats of a row (the same cohort
 * row again) are averaged in weight: they do not count as more patients. */
#ifndef HEPAR_ML_CALIBRATE_H
#define HEPAR_ML_CALIBRATE_H

#include <stddef.h>

#include "base/err.h"
#include "table/step.h"

enum calibration_method { CALIBRATION_PLATT, CALIBRATION_ISOTONIC, CALIBRATION_TEMPERATURE };

struct calibrate_settings {
    enum calibration_method method;
};
extern const struct step_kind calibrate_kind;
/* log(p / (1 - p)) = slope * score + constant of a fitted Platt or temperature calibration; false for an isotonic one. */
bool calibrate_line(const void *state, double *slope, double *constant);

/* The bare fits. weight NULL: one each. A constant score gives A = 0. ERR_INPUT for one class. */
bool platt_fit(const double *score, const double *label, const double *weight, size_t n, double *A, double *B, struct err *err);
double platt_apply(double A, double B, double score);
bool temperature_fit(const double *score, const double *label, const double *weight, size_t n, double *T, struct err *err);
/* x[n], y[n] (room for n): the fitted points, *points of them, x strictly rising. */
bool isotonic_fit(const double *score, const double *label, const double *weight, size_t n, double *x, double *y, size_t *points, struct err *err);
double isotonic_apply(const double *x, const double *y, size_t points, double score);

#endif
