/* Area under the ROC curve, its DeLong variance and intervals, tests between scores, and the curve itself.
 *
 * AUC = P(positive > negative) + 1/2 P(tie). Variance: DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988,
 * divisors m - 1 and n - 1; placements by one merge of the two sorted groups, O(n log n) (the fast midrank idea of
 * Sun and Xu, IEEE Signal Process Lett 21, 2014). Standard error beside it: Hanley and McNeil, Radiology 143, 1982.
 * Rows with NaN in label or score are dropped. Labels are 0 and 1. */
#ifndef HEPAR_STATS_ROC_H
#define HEPAR_STATS_ROC_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

enum roc_direction {
    ROC_HIGHER, /* a higher score speaks for label 1 */
    ROC_LOWER,
    ROC_AUTO, /* by the medians of the two groups, as pROC: LOWER when the median of label 0 is above */
};

struct roc_auc {
    enum stats_status status; /* also ONE_CLASS, CONSTANT_SCORE, TOO_FEW_FOR_VARIANCE and those of sample.h */
    size_t pos_n, neg_n, dropped_n;
    bool lower_is_positive;
    double auc, var, se;            /* DeLong */
    double low, high;               /* auc -+ z se, may leave [0, 1] */
    double cut_low, cut_high;       /* the same cut to [0, 1], as papers print it */
    double logit_low, logit_high;   /* through logit(auc); NaN at auc 0 and 1 */
    double se_hanley_mcneil;
    double z_half, p_half;          /* against AUC 0.5; z is infinite where the variance is 0 */
};

bool roc_auc(const double *score, const double *label, size_t n, enum roc_direction direction, double level,
             struct roc_auc *out, struct err *err);

/* The area alone, higher = positive; labels and scores complete; NaN when one class. `scratch` holds n indices. */
double roc_auc_value(const double *score, const double *label, size_t n, size_t *scratch);

/* Covariance of k correlated AUCs on the same rows (rows with any NaN are dropped): auc[k], covariance[k * k].
 * score[j] is the j-th score. Status as above. */
bool roc_covariance(const double *const *score, size_t k, const double *label, size_t n, double *auc,
                    double *covariance, enum stats_status *status, struct err *err);

struct roc_comparison {
    enum stats_status status; /* ZERO_VARIANCE: the difference has no spread (equal ranks); z, p NaN */
    double auc1, auc2, se1, se2, covariance;
    double diff, diff_se, diff_low, diff_high; /* auc1 - auc2 */
    double z, p;                               /* normal reference */
    double df, p_t;                            /* unpaired only: t reference with Satterthwaite's df, as pROC */
};

bool roc_compare_paired(const double *score1, const double *score2, const double *label, size_t n, double level,
                        struct roc_comparison *out, struct err *err);
bool roc_compare_unpaired(const double *score1, const double *label1, size_t n1, const double *score2,
                          const double *label2, size_t n2, double level, struct roc_comparison *out,
                          struct err *err);

/* One point a threshold; thresholds are midpoints between neighbouring distinct scores, with an infinity at either
 * end. Ascending when higher = positive (positive: score >= threshold), else descending (score <= threshold). */
struct roc_curve {
    enum stats_status status;
    bool lower_is_positive;
    size_t n, pos_n, neg_n;
    double *threshold, *sensitivity, *specificity; /* [n]; all in one block owned by threshold */
    size_t *tp, *fp;                               /* [n], a block owned by tp */
};

bool roc_curve(const double *score, const double *label, size_t n, enum roc_direction direction,
               struct roc_curve *curve, struct err *err);
void roc_curve_free(struct roc_curve *curve);

enum roc_rule {
    ROC_YOUDEN,          /* largest sensitivity + specificity - 1 (Youden, Cancer 3, 1950) */
    ROC_CLOSEST_TOPLEFT, /* smallest (1 - sensitivity)^2 + (1 - specificity)^2 */
};

/* Every point that shares the optimum, compared in whole numbers, in the curve's order: point[curve->n] receives
 * their indices. Returns how many; *criterion (may be NULL) is the optimal value. 0 when the curve has no points. */
size_t roc_best_points(const struct roc_curve *curve, enum roc_rule rule, size_t *point, double *criterion);

#endif
