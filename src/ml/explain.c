/* Contributions to the probability; see explain.h. */
#include "ml/explain.h"

#include "ml/calibrate.h"
#include "ml/zscore.h"
#include "num/linalg.h"

void explanation_free(struct explanation *explanation)
{
    parts_free(&explanation->parts);
    table_free(&explanation->contributions);
    *explanation = (struct explanation){0};
}

/* value = slope * score + constant behind the learner's own; false where a step is no line. */
static bool line_behind(const struct pipeline *pipeline, double *slope, double *constant)
{
    size_t n = pipeline_step_n(pipeline), at = n;
    while (at > 0 && pipeline_step_kind(pipeline, at - 1)->parts == NULL)
        at--;
    *slope = 1;
    *constant = 0;
    for (; at < n; at++) {
        const struct step_kind *kind = pipeline_step_kind(pipeline, at);
        const void *state = pipeline_step_state(pipeline, at);
        double a, b;
        if (!(kind == &zscore_kind && zscore_line(state, SCORE_COLUMN, &a, &b)) && !(kind == &calibrate_kind && calibrate_line(state, &a, &b)))
            return false;
        *slope *= a;
        *constant = a * *constant + b;
    }
    return true;
}

bool explain_rows(const struct pipeline *pipeline, const struct table *table, struct explanation *out, struct err *err)
{
    *out = (struct explanation){.scale = EXPLAIN_IMPORTANCE};
    if (!pipeline_parts(pipeline, &out->parts, err))
        return false;
    if (!pipeline_is_additive(pipeline))
        return true;
    double slope, constant;
    bool is_line = line_behind(pipeline, &slope, &constant);
    if (!pipeline_contributions(pipeline, table, &out->contributions, err)) {
        explanation_free(out);
        return false;
    }
    if (out->contributions.column_n != out->parts.n) {
        err_set(err, ERR_BUG, "%zu parts of the score have %zu contributions", out->parts.n, out->contributions.column_n);
        explanation_free(out);
        return false;
    }
    out->scale = is_line ? EXPLAIN_LOG_ODDS : EXPLAIN_SCORE;
    out->constant = out->parts.constant;
    if (!is_line)
        return true;
    out->constant = slope * out->constant + constant;
    for (size_t c = 0; c < out->contributions.column_n; c++)
        la_scale(out->contributions.row_n, slope, out->contributions.column[c].number);
    return true;
}
