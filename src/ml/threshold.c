/* The cut between low and high risk; see threshold.h. */
#include "ml/threshold.h"

#include <math.h>

#include "base/mem.h"
#include "num/rank.h"

/* What a cut at which `high_n` of n scores, `tp` of them positive, are high is worth; larger is better, -INFINITY is none. */
static double worth(const struct threshold_rule *rule, double sensitivity, double specificity)
{
    if (rule->kind == THRESHOLD_YOUDEN)
        return sensitivity + specificity - 1.0;
    return sensitivity >= rule->sensitivity - 1e-12 ? specificity : -INFINITY;
}

bool threshold_choose(const struct threshold_rule *rule, const double *score, const double *label, size_t n, struct threshold *out, struct err *err)
{
    size_t *index = mem_alloc(n, sizeof *index, err), positive_n = 0, tp = 0, high_n = 0;
    double best = -INFINITY, best_free = -INFINITY, nearest = INFINITY;
    bool distinct = false;
    if (index == NULL)
        return false;
    sort_index(score, n, index);
    for (size_t i = 0; i < n; i++)
        positive_n += label[i] == 1.0;
    *out = (struct threshold){.value = NAN};
    /* From the highest score down: high is everything so far. */
    for (size_t k = n; k-- > 1;) {
        double here = score[index[k]], below = score[index[k - 1]];
        high_n++;
        tp += label[index[k]] == 1.0;
        if (!(below < here))
            continue;
        distinct = true;
        double share = (double)high_n / (double)n;
        double sensitivity = (double)tp / (double)positive_n, specificity = 1.0 - (double)(high_n - tp) / (double)(n - positive_n);
        double value = worth(rule, sensitivity, specificity), off = fabs(share - 0.5);
        best_free = fmax(best_free, value);
        if (share < rule->min_share - 1e-12 || share > 1.0 - rule->min_share + 1e-12 || value == -INFINITY)
            continue;
        bool better = value > best + 1e-12, tie = !better && value > best - 1e-12;
        if (better || (tie && off <= nearest + 1e-12)) {
            best = fmax(best, value);
            nearest = off;
            *out = (struct threshold){.value = here + (below - here) / 2.0, .sensitivity = sensitivity, .specificity = specificity, .high_share = share};
        }
    }
    mem_free(index);
    if (positive_n == 0 || positive_n == n)
        return err_set(err, ERR_INPUT, "threshold: all %zu scores have the same label, expected both classes", n);
    if (!distinct) { /* a model that found nothing: nobody is told apart, and the cut says so */
        *out = (struct threshold){.value = score[0], .sensitivity = 1.0, .specificity = 0.0, .high_share = 1.0, .constant = true};
        return true;
    }
    if (!isfinite(out->value))
        return err_set(err, ERR_INPUT, "threshold: no cut leaves a share of %g on either side%s", rule->min_share,
                       rule->kind == THRESHOLD_SENSITIVITY ? " and reaches the sensitivity" : "");
    out->share_bound = best_free > best + 1e-12;
    return true;
}
