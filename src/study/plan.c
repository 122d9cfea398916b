/* From settings to a procedure; see plan.h.
 *
 * Plain blocks come first, then, where there are two or more, their early fusion (all columns side by side) and their
 * late fusion (a stacked logistic model of the plain blocks' scores by one learner). */
#include "study/plan.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/csv.h"
#include "ml/encode.h"
#include "ml/impute.h"
#include "ml/steps.h"
#include "ml/zscore.h"

/* A step takes 0 for its own default; a study that says 0 means it. */
static double meant(double value)
{
    return value == 0 ? DBL_MIN : value;
}

/* Few, chosen columns need no univariate or correlation filter. */
static bool is_chosen_by_hand(const struct block_columns *block)
{
    return strcmp(block->name, "clinical") == 0;
}

static size_t make_prefix(const struct study_settings *settings, struct plan *plan, struct step *prefix, bool filtered)
{
    size_t n = 0;
    prefix[n++] = (struct step){&encode_kind, NULL};
    prefix[n++] = (struct step){&impute_kind, NULL};
    if (filtered && plan->icc.n > 0)
        prefix[n++] = (struct step){&icc_filter_kind, &plan->icc};
    if (settings_flag(settings, "selection.variance"))
        prefix[n++] = (struct step){&variance_filter_kind, NULL};
    if (settings_flag(settings, "selection.duplicates"))
        prefix[n++] = (struct step){&duplicates_filter_kind, NULL};
    prefix[n++] = (struct step){&zscore_kind, NULL};
    if (!filtered)
        return n;
    if (strcmp(settings_text(settings, "selection.univariate"), "none") != 0)
        prefix[n++] = (struct step){&mannwhitney_filter_kind, &plan->mannwhitney};
    if (plan->spearman.limit < 1)
        prefix[n++] = (struct step){&spearman_filter_kind, &plan->spearman};
    return n;
}

static bool read_icc(const struct study_settings *settings, struct plan *plan, struct err *err)
{
    if (!settings_has(settings, "blocks.radiomics.icc"))
        return true;
    bool done = false;
    struct csv csv = {0};
    char *path = settings_file(settings, err, "blocks.radiomics.icc");
    if (path == NULL || !csv_read(path, &csv, NULL, err))
        goto done;
    size_t feature = csv_find(&csv, "feature"), icc = csv_find(&csv, "icc");
    if (feature == SIZE_MAX || icc == SIZE_MAX) {
        err_set(err, ERR_INPUT, "%s: expected columns `feature` and `icc`", path);
        goto done;
    }
    const char **names = arena_alloc(&plan->arena, csv.row_n, sizeof *names, err);
    double *values = arena_alloc(&plan->arena, csv.row_n, sizeof *values, err);
    if (names == NULL || values == NULL)
        goto done;
    for (size_t row = 0; row < csv.row_n; row++)
        if ((names[row] = arena_string(&plan->arena, csv_cell(&csv, row, feature), err)) == NULL ||
            !csv_get_number(&csv, row, icc, &values[row], err))
            goto done;
    plan->icc = (struct icc_settings){names, values, csv.row_n, meant(settings_number(settings, 0.75, "blocks.radiomics.icc_threshold"))};
    done = true;
done:
    csv_free(&csv);
    mem_free(path);
    return done;
}

static bool may_win(const struct study_settings *settings, const char *name)
{
    size_t n = settings_item_n(settings, "score_blocks");
    size_t stem = strcspn(name, "."); /* "clinical+radiomics" stands for its early and its late form */
    for (size_t k = 0; k < n; k++) {
        const char *wanted = settings_text(settings, "score_blocks[%zu]", k);
        if (strcmp(wanted, name) == 0 || (strlen(wanted) == stem && strncmp(wanted, name, stem) == 0))
            return true;
    }
    return n == 0;
}

static bool check_score_blocks(const struct study_settings *settings, const struct plan *plan, struct err *err)
{
    size_t n = settings_item_n(settings, "score_blocks");
    for (size_t k = 0; k < n; k++) {
        const char *wanted = settings_text(settings, "score_blocks[%zu]", k);
        bool found = false;
        for (size_t b = 0; b < plan->procedure.block_n && !found; b++) {
            const char *name = plan->block[b].name;
            size_t stem = strcspn(name, ".");
            found = strcmp(wanted, name) == 0 || (strlen(wanted) == stem && strncmp(wanted, name, stem) == 0);
        }
        if (!found) {
            struct text names = TEXT_INIT;
            for (size_t b = 0; b < plan->procedure.block_n; b++)
                text_add(&names, "%s%s", b > 0 ? ", " : "", plan->block[b].name);
            err_set(err, ERR_USAGE, "%s: score_blocks: no block '%s'; there are %s", settings_where(settings, "score_blocks[%zu]", k), wanted,
                    names.bytes == NULL ? "none" : names.bytes);
            text_free(&names);
            return false;
        }
    }
    return true;
}

static bool add_plain_blocks(const struct study_settings *settings, const struct predictors *predictors, struct plan *plan, struct err *err)
{
    if (predictors->block_n > PLAN_BLOCK_MAX - 2)
        return err_set(err, ERR_USAGE, "study file: more than %d blocks", PLAN_BLOCK_MAX - 2);
    for (size_t b = 0; b < predictors->block_n; b++) {
        const struct block_columns *from = &predictors->block[b];
        size_t prefix_n = make_prefix(settings, plan, plan->prefix[b], !is_chosen_by_hand(from));
        plan->block[b] = (struct block){.name = from->name, .column = (const char *const *)from->column, .column_n = from->n,
                                        .prefix = plan->prefix[b], .prefix_n = prefix_n, .may_win = may_win(settings, from->name)};
        plan->member[b] = b;
    }
    plan->procedure.block_n = predictors->block_n;
    return true;
}

static bool add_fusions(const struct study_settings *settings, const struct predictors *predictors, struct plan *plan, struct err *err)
{
    const char *fusion = settings_text(settings, "fusion");
    size_t plain_n = predictors->block_n, column_n = 0;
    if (plain_n < 2 || strcmp(fusion, "none") == 0)
        return true;
    struct text stem = TEXT_INIT;
    for (size_t b = 0; b < plain_n; b++) {
        text_add(&stem, "%s%s", b > 0 ? "+" : "", predictors->block[b].name);
        column_n += predictors->block[b].n;
    }
    char name[300];
    bool done = text_ok(&stem, err);
    if (done && strcmp(fusion, "late") != 0) {
        size_t b = plan->procedure.block_n++, n = 0;
        const char **columns = arena_alloc(&plan->arena, column_n, sizeof *columns, err);
        snprintf(name, sizeof name, "%s.early", stem.bytes);
        char *kept = columns == NULL ? NULL : arena_string(&plan->arena, name, err);
        done = kept != NULL;
        for (size_t p = 0; done && p < plain_n; p++)
            for (size_t c = 0; c < predictors->block[p].n; c++)
                columns[n++] = predictors->block[p].column[c];
        if (done)
            plan->block[b] = (struct block){.name = kept, .column = columns, .column_n = n, .prefix = plan->prefix[b],
                                            .prefix_n = make_prefix(settings, plan, plan->prefix[b], true), .may_win = may_win(settings, kept)};
    }
    if (done && strcmp(fusion, "early") != 0) {
        size_t b = plan->procedure.block_n++;
        snprintf(name, sizeof name, "%s.late", stem.bytes);
        char *kept = arena_string(&plan->arena, name, err);
        done = kept != NULL;
        if (done)
            plan->block[b] = (struct block){.name = kept, .member = plan->member, .member_n = plain_n, .fusion = FUSION_STACKED,
                                            .may_win = may_win(settings, kept)};
    }
    text_free(&stem);
    return done;
}

static bool refuse_learner(const struct study_settings *settings, size_t k, const char *name, struct err *err)
{
    const char *names[PLAN_LEARNER_MAX];
    struct text all = TEXT_INIT;
    for (size_t i = 0; i < ml_learner_n; i++) {
        names[i] = ml_learners[i].name;
        text_add(&all, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *nearest = text_nearest(name, names, ml_learner_n), *where = settings_where(settings, "learners[%zu]", k);
    if (nearest != NULL)
        err_set(err, ERR_USAGE, "%s: learners: no learner '%s'; did you mean '%s'?", where, name, nearest);
    else
        err_set(err, ERR_USAGE, "%s: learners: no learner '%s'; there are %s", where, name, all.failed ? "others" : all.bytes);
    text_free(&all);
    return false;
}

static bool add_learners(const struct study_settings *settings, struct plan *plan, struct err *err)
{
    size_t listed = settings_item_n(settings, "learners"), n = listed == 0 ? ml_learner_n : listed;
    if (n > PLAN_LEARNER_MAX)
        return err_set(err, ERR_USAGE, "study file: more than %d learners", PLAN_LEARNER_MAX);
    for (size_t k = 0; k < n; k++) {
        const char *name = listed == 0 ? ml_learners[k].name : settings_text(settings, "learners[%zu]", k);
        const struct learner *learner = ml_learner_find(name);
        if (learner == NULL)
            return refuse_learner(settings, k, name, err);
        for (size_t i = 0; i < k; i++)
            if (strcmp(plan->learner[i].name, name) == 0)
                return err_set(err, ERR_USAGE, "%s: learners: '%s' is named twice", settings_where(settings, "learners[%zu]", k), name);
        plan->learner[k] = (struct learner_choice){learner->name, learner->step};
    }
    plan->procedure.learner_n = n;
    return true;
}

static const struct validation_effort *find_effort(const char *name)
{
    for (size_t k = 0; k < 3; k++)
        if (strcmp(validation_efforts[k].name, name) == 0)
            return &validation_efforts[k];
    return NULL;
}

static enum calibration_method find_calibration(const char *name)
{
    return strcmp(name, "isotonic") == 0 ? CALIBRATION_ISOTONIC : strcmp(name, "temperature") == 0 ? CALIBRATION_TEMPERATURE : CALIBRATION_PLATT;
}

bool plan_make(const struct study_settings *settings, const struct predictors *predictors, struct plan *plan, struct err *err)
{
    *plan = (struct plan){0};
    plan->mannwhitney = (struct mannwhitney_settings){
        .alpha = meant(settings_number(settings, 0.05, "selection.univariate_p")),
        .at_least = settings_integer(settings, 5, "selection.univariate_keep"),
    };
    plan->spearman = (struct spearman_settings){meant(settings_number(settings, 0.9, "selection.correlation"))};
    plan->effort = find_effort(settings_text(settings, "validation"));
    if (!read_icc(settings, plan, err) || !add_plain_blocks(settings, predictors, plan, err) ||
        !add_fusions(settings, predictors, plan, err) || !add_learners(settings, plan, err) || !check_score_blocks(settings, plan, err)) {
        plan_free(plan);
        return false;
    }
    plan->procedure.block = plan->block;
    plan->procedure.learner = plan->learner;
    plan->procedure.repeat_n = plan->effort->rank_repeat_n;
    plan->procedure.fold_n = plan->effort->rank_fold_n;
    plan->procedure.calibration.method = find_calibration(settings_text(settings, "calibration"));
    plan->procedure.threshold = (struct threshold_rule){
        .kind = strcmp(settings_text(settings, "threshold.rule"), "youden") == 0 ? THRESHOLD_YOUDEN : THRESHOLD_SENSITIVITY,
        .sensitivity = settings_number(settings, 0.9, "threshold.sensitivity"),
        .min_share = settings_number(settings, 0.1, "threshold.minimum_share"),
    };
    return true;
}

void plan_free(struct plan *plan)
{
    arena_free(&plan->arena);
    *plan = (struct plan){0};
}

const char *plan_score_name(const char *block, char out[64])
{
    bool deep = strstr(block, "deep") != NULL, radiomics = strstr(block, "radiomics") != NULL, clinical = strstr(block, "clinical") != NULL;
    if (deep && radiomics)
        snprintf(out, 64, "DLR score");
    else
        snprintf(out, 64, "%s%s%s score", clinical ? "clinical" : "", clinical && (radiomics || deep) ? "-" : "",
                 deep ? "deep" : radiomics ? "radiomics" : "");
    return out;
}
