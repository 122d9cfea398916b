/* The METRICS score; see metrics_score.h. */
#include "report/metrics_score.h"

const short metrics_weight[METRICS_ITEM_N] = {
    368, 735, 919, 438, 292, 438, 292, 337, 225, 112, 622, 311, 415, 200, 200,
    300, 200, 599, 300, 352, 234, 176, 117, 293, 176, 375, 749, 75,  75,  75,
};

/* Items (1-based) that leave the score when a condition is not met. */
static const struct {
    unsigned char item, condition;
} needs[] = {{8, 1}, {9, 1}, {9, 2}, {10, 1}, {12, 3}, {14, 4}, {15, 4}, {16, 4}, {17, 5}};

bool metrics_item_applies(const bool condition[METRICS_CONDITION_N], size_t item)
{
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
        if (needs[i].item == item + 1 && !condition[needs[i].condition - 1])
            return false;
    return true;
}

struct metrics_score metrics_score(const bool condition[METRICS_CONDITION_N], const bool yes[METRICS_ITEM_N])
{
    struct metrics_score score = {0};
    for (size_t i = 0; i < METRICS_ITEM_N; i++) {
        if (!metrics_item_applies(condition, i))
            continue;
        score.applicable += metrics_weight[i];
        if (yes[i])
            score.yes += metrics_weight[i];
    }
    score.percent = 100.0 * score.yes / score.applicable;
    return score;
}

const char *metrics_category(double percent)
{
    static const char *const names[] = {"very low", "low", "moderate", "good", "excellent"};
    size_t k = 0;
    while (k < 4 && percent >= 20.0 * (double)(k + 1))
        k++;
    return names[k];
}
