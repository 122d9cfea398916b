/* A column against the label; see relate.h. */
#include "ml/relate.h"

#include <math.h>

#include "num/dist.h"
#include "num/rank.h"

struct relation relate_to_label(const double *x, const double *label, size_t n, size_t *index, double *rank)
{
    sort_index(x, n, index);
    double ties = ranks_average(x, index, n, rank);
    double n1 = 0.0, rank_sum = 0.0;
    for (size_t i = 0; i < n; i++)
        if (label[i] == 1.0) {
            n1 += 1.0;
            rank_sum += rank[i];
        }
    double N = (double)n, n0 = N - n1, pairs = n1 * n0;
    double U1 = rank_sum - n1 * (n1 + 1.0) / 2.0;
    double variance = pairs / 12.0 * (N + 1.0 - ties / (N * (N - 1.0)));
    struct relation relation = {0.5, 1.0};
    if (!(pairs > 0.0))
        return relation;
    relation.auc = U1 / pairs;
    if (!(variance > 0.0))
        return relation;
    double z = (fmax(U1, pairs - U1) - pairs / 2.0 - 0.5) / sqrt(variance);
    relation.p = fmin(1.0, 2.0 * normal_sf(z));
    return relation;
}
