/* METRICS score (Kocak et al., Insights Imaging 15:8, 2024, doi 10.1186/s13244-023-01572-w): 30 weighted items, five
 * conditions. Score = 100 x (weights of the items answered yes) / (weights of the items that apply). Weights are whole
 * numbers of 1/10,000, so both sums are exact; they add up to 10,000 over all items. */
#ifndef HEPAR_REPORT_METRICS_SCORE_H
#define HEPAR_REPORT_METRICS_SCORE_H

#include <stdbool.h>
#include <stddef.h>

enum { METRICS_ITEM_N = 30, METRICS_CONDITION_N = 5 };

extern const short metrics_weight[METRICS_ITEM_N]; /* in 1/10,000 */

/* C1 segmentation; C2 fully automated segmentation (counts only with C1); C3 hand-crafted features; C4 tabular columns;
 * C5 an end-to-end network. item is 0-based. */
bool metrics_item_applies(const bool condition[METRICS_CONDITION_N], size_t item);

struct metrics_score {
    int yes, applicable; /* in 1/10,000 */
    double percent;
};
/* An item that is not answered counts as no; one that does not apply is in neither sum. */
struct metrics_score metrics_score(const bool condition[METRICS_CONDITION_N], const bool yes[METRICS_ITEM_N]);

/* "very low" below 20, "low" below 40, "moderate" below 60, "good" below 80, else "excellent": by the unrounded
 * percentage, as the limits are published. */
const char *metrics_category(double percent);

#endif
