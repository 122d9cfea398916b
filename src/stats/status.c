#include "stats/status.h"

#include <assert.h>

static const char *const texts[STATS_STATUS_N] = {
    [STATS_OK] = "ok",
    [STATS_NO_COMPLETE_ROWS] = "no_complete_rows",
    [STATS_LABEL_NOT_BINARY] = "label_not_binary",
    [STATS_ONE_CLASS] = "one_class",
    [STATS_CONSTANT_SCORE] = "constant_score",
    [STATS_TOO_FEW_FOR_VARIANCE] = "too_few_for_variance",
    [STATS_TOO_FEW_OBSERVATIONS] = "too_few_observations",
    [STATS_ZERO_VARIANCE] = "zero_variance",
    [STATS_ONE_LEVEL] = "one_level",
    [STATS_PROBABILITY_0_OR_1] = "probability_0_or_1",
    [STATS_PROBABILITY_OUT_OF_RANGE] = "probability_out_of_range",
    [STATS_PERFECT_SEPARATION] = "perfect_separation",
    [STATS_QUASI_SEPARATION] = "quasi_separation",
    [STATS_SINGULAR_DESIGN] = "singular_design",
    [STATS_NO_EVENTS] = "no_events",
    [STATS_NEGATIVE_TIME] = "negative_time",
    [STATS_BAD_INTERVAL] = "bad_interval",
    [STATS_ONE_GROUP] = "one_group",
    [STATS_MONOTONE_LIKELIHOOD] = "monotone_likelihood",
    [STATS_NO_PAIRS] = "no_pairs",
    [STATS_TOO_FEW_RATERS] = "too_few_raters",
    [STATS_NOT_CONVERGED] = "not_converged",
};

const char *stats_status_text(enum stats_status status)
{
    assert(status < STATS_STATUS_N);
    return texts[status];
}
