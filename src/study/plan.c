/* From settings to a procedure; see plan.h.
 *
 * Plain blocks come first, then the fusions: of radiomics and deep where a third block is there (deep-learning radiomics), and of all
 * where there are two or more. Each early (columns side by side) and late (the plain blocks' scores by one learner, stacked or averaged). */
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
    if (filtered && plan->pca.component_n > 0)
        prefix[n++] = (struct step){&pca_kind, &plan->pca};
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

/* Components of the frozen features, in whichever block they stand. */
static bool read_pca(const struct study_settings *settings, const struct predictors *predictors, const struct deep *deep, struct plan *plan, struct err *err)
{
    size_t n = 0, component_n = settings_integer(settings, 0, "deep.pca");
    if (!deep->frozen || component_n == 0)
        return true;
    for (size_t b = 0; b < predictors->block_n; b++) {
        const struct block_columns *block = &predictors->block[b];
        if (strcmp(block->name, "deep") != 0)
            continue;
        const char **names = arena_alloc(&plan->arena, block->n, sizeof *names, err);
        if (names == NULL)
            return false;
        for (size_t c = 0; c < block->n; c++)
            if (strcmp(block->column[c], deep->logit) != 0)
                names[n++] = block->column[c];
        snprintf(plan->pca_stem, sizeof plan->pca_stem, "deep.%s", deep->net->name);
        plan->pca = (struct pca_settings){names, n, component_n, plan->pca_stem};
    }
    return true;
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
    if (predictors->block_n > PLAN_BLOCK_MAX)
        return err_set(err, ERR_USAGE, "study file: more than %d blocks", PLAN_BLOCK_MAX);
    for (size_t b = 0; b < predictors->block_n; b++) {
        const struct block_columns *from = &predictors->block[b];
        size_t prefix_n = make_prefix(settings, plan, plan->prefix[b], !is_chosen_by_hand(from));
        plan->block[b] = (struct block){.name = from->name, .column = (const char *const *)from->column, .column_n = from->n,
                                        .prefix = plan->prefix[b], .prefix_n = prefix_n, .may_win = may_win(settings, from->name)};
    }
    plan->procedure.block_n = predictors->block_n;
    return true;
}

/* Plain blocks that are fused. */
struct members {
    size_t n, block[PLAN_BLOCK_MAX];
};

/* Room for one more block, named by its members: "radiomics+deep.early". */
static struct block *add_fusion(const struct study_settings *settings, const struct predictors *predictors, const struct members *members,
                                const char *form, struct plan *plan, struct err *err)
{
    if (plan->procedure.block_n == PLAN_BLOCK_MAX) {
        err_set(err, ERR_USAGE, "study file: more than %d blocks with their fusions", PLAN_BLOCK_MAX);
        return NULL;
    }
    struct text name = TEXT_INIT;
    for (size_t m = 0; m < members->n; m++)
        text_add(&name, "%s%s", m > 0 ? "+" : "", predictors->block[members->block[m]].name);
    text_add(&name, ".%s", form);
    char *kept = text_ok(&name, err) ? arena_string(&plan->arena, name.bytes, err) : NULL;
    text_free(&name);
    if (kept == NULL)
        return NULL;
    struct block *block = &plan->block[plan->procedure.block_n++];
    *block = (struct block){.name = kept, .may_win = may_win(settings, kept)};
    return block;
}

static bool add_early(const struct study_settings *settings, const struct predictors *predictors, const struct members *members, struct plan *plan, struct err *err)
{
    size_t column_n = 0, n = 0, b = plan->procedure.block_n;
    for (size_t m = 0; m < members->n; m++)
        column_n += predictors->block[members->block[m]].n;
    struct block *block = add_fusion(settings, predictors, members, "early", plan, err);
    const char **columns = block == NULL ? NULL : arena_alloc(&plan->arena, column_n, sizeof *columns, err);
    if (columns == NULL)
        return false;
    for (size_t m = 0; m < members->n; m++) {
        const struct block_columns *from = &predictors->block[members->block[m]];
        for (size_t c = 0; c < from->n; c++)
            columns[n++] = from->column[c];
    }
    block->column = columns;
    block->column_n = n;
    block->prefix = plan->prefix[b];
    block->prefix_n = make_prefix(settings, plan, plan->prefix[b], true);
    return true;
}

static bool add_late(const struct study_settings *settings, const struct predictors *predictors, const struct members *members, enum fusion_rule rule,
                     struct plan *plan, struct err *err)
{
    struct block *block = add_fusion(settings, predictors, members, rule == FUSION_MEAN ? "mean" : "late", plan, err);
    size_t *member = block == NULL ? NULL : arena_alloc(&plan->arena, members->n, sizeof *member, err);
    if (member == NULL)
        return false;
    memcpy(member, members->block, members->n * sizeof *member);
    block->member = member;
    block->member_n = members->n;
    block->fusion = rule;
    return true;
}

static bool fuse(const struct study_settings *settings, const struct predictors *predictors, const struct members *members, struct plan *plan, struct err *err)
{
    const char *fusion = settings_text(settings, "fusion"), *late = settings_text(settings, "late_fusion");
    bool done = strcmp(fusion, "late") == 0 || add_early(settings, predictors, members, plan, err);
    if (strcmp(fusion, "early") == 0)
        return done;
    if (done && strcmp(late, "mean") != 0)
        done = add_late(settings, predictors, members, FUSION_STACKED, plan, err);
    if (done && strcmp(late, "stacked") != 0)
        done = add_late(settings, predictors, members, FUSION_MEAN, plan, err);
    return done;
}

static bool add_fusions(const struct study_settings *settings, const struct predictors *predictors, struct plan *plan, struct err *err)
{
    struct members all = {0}, dlr = {0};
    for (size_t b = 0; b < predictors->block_n; b++) {
        const char *name = predictors->block[b].name;
        all.block[all.n++] = b;
        if (strcmp(name, "radiomics") == 0 || strcmp(name, "deep") == 0)
            dlr.block[dlr.n++] = b;
    }
    if (all.n < 2 || strcmp(settings_text(settings, "fusion"), "none") == 0)
        return true;
    if (dlr.n == 2 && all.n > 2 && !fuse(settings, predictors, &dlr, plan, err))
        return false;
    return fuse(settings, predictors, &all, plan, err);
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

static void lighten(struct crossfit_settings *nets, const struct validation_effort *effort)
{
    if (nets->net_n > effort->net_fold_n)
        nets->net_n = effort->net_fold_n;
    nets->epoch_share = effort->net_epoch_share;
    nets->mirror = nets->mirror && effort->net_mirror;
}

/* The networks that are trained on the target: one step that all blocks share, in three sizes. */
static void add_networks(const struct deep *deep, struct plan *plan)
{
    struct shared shared[PLAN_NETS_N];
    if (!deep->crossfit)
        return;
    plan->net_column[0] = deep->logit;
    for (size_t k = 0; k < PLAN_NETS_N; k++) {
        plan->nets[k] = deep->fit;
        plan->net_step[k] = (struct step){&crossfit_kind, &plan->nets[k]};
        shared[k] = (struct shared){&plan->net_step[k], 1, plan->net_column, 1};
    }
    lighten(&plan->nets[PLAN_NETS_IN_FOLDS], plan->effort);
    lighten(&plan->nets[PLAN_NETS_PERMUTED], &validation_efforts[plan->effort->permuted_level]);
    plan->procedure.shared = shared[PLAN_NETS_LAST];
    plan->procedure.shared_in_folds = shared[PLAN_NETS_IN_FOLDS];
    plan->shared_permuted = shared[PLAN_NETS_PERMUTED];
}

bool plan_make(const struct study_settings *settings, const struct predictors *predictors, const struct deep *deep, struct plan *plan, struct err *err)
{
    *plan = (struct plan){0};
    plan->mannwhitney = (struct mannwhitney_settings){
        .alpha = meant(settings_number(settings, 0.05, "selection.univariate_p")),
        .at_least = settings_integer(settings, 5, "selection.univariate_keep"),
    };
    plan->spearman = (struct spearman_settings){meant(settings_number(settings, 0.9, "selection.correlation"))};
    plan->effort = find_effort(settings_text(settings, "validation"));
    if (!read_icc(settings, plan, err) || !read_pca(settings, predictors, deep, plan, err) || !add_plain_blocks(settings, predictors, plan, err) ||
        !add_fusions(settings, predictors, plan, err) || !add_learners(settings, plan, err) || !check_score_blocks(settings, plan, err)) {
        plan_free(plan);
        return false;
    }
    add_networks(deep, plan);
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
