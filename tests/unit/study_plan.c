/* From settings to a procedure: blocks and fusions, which may win, learners, effort. */
#include "study/plan.h"

#include "study_files.h"

#define TOP "cohort: cohort.csv\nroles: {default: train}\ntarget: {label: y}\nblocks: {clinical: {columns: [age]}, radiomics: {columns: ['f*']}}\n"

struct made {
    struct study_settings *settings;
    struct cohort cohort;
    struct predictors predictors;
};

static void make(const char *rest, struct made *made)
{
    struct err err = ERR_INIT;
    char study[1000];
    snprintf(study, sizeof study, TOP "%s\n", rest);
    made->settings = cohort_of(study, "ID,y,age,f1,f2\nA,0,1,2,3\nB,1,2,3,4\n", &made->cohort);
    assert_done(predictors_make(made->settings, &made->cohort, &(struct deep){0}, &made->predictors, &err), err);
}

static void unmake(struct made *made)
{
    predictors_free(&made->predictors);
    cohort_free(&made->cohort);
    settings_free(made->settings);
}

/* The names of the plan's blocks, those that may win starred. */
static void blocks_are(const char *rest, const char *expected)
{
    struct err err = ERR_INIT;
    struct made made;
    struct plan plan;
    char names[400] = "";
    make(rest, &made);
    assert_done(plan_make(made.settings, &made.predictors, &(struct deep){0}, &plan, &err), err);
    for (size_t b = 0; b < plan.procedure.block_n; b++) {
        size_t at = strlen(names);
        snprintf(names + at, sizeof names - at, "%s%s%s", b > 0 ? " " : "", plan.block[b].name, plan.block[b].may_win ? "*" : "");
    }
    assert_string_equal(names, expected);
    plan_free(&plan);
    unmake(&made);
}

static void refused(const char *rest, const char *line)
{
    struct err err = ERR_INIT;
    struct made made;
    struct plan plan;
    char expected[1000];
    make(rest, &made);
    assert_false(plan_make(made.settings, &made.predictors, &(struct deep){0}, &plan, &err));
    snprintf(expected, sizeof expected, "%s:%s", tap_path("study.yaml"), line);
    assert_error(err, ERR_USAGE, expected);
    unmake(&made);
}

static void blocks_are_fused_early_and_late(void **state)
{
    (void)state;
    blocks_are("", "clinical* radiomics* clinical+radiomics.early* clinical+radiomics.late*");
    blocks_are("fusion: early", "clinical* radiomics* clinical+radiomics.early*");
    blocks_are("fusion: late", "clinical* radiomics* clinical+radiomics.late*");
    blocks_are("fusion: none", "clinical* radiomics*");
}

static void score_blocks_say_who_may_win(void **state)
{
    (void)state;
    blocks_are("score_blocks: radiomics", "clinical radiomics* clinical+radiomics.early clinical+radiomics.late");
    blocks_are("score_blocks: [clinical+radiomics]", "clinical radiomics clinical+radiomics.early* clinical+radiomics.late*");
    blocks_are("score_blocks: [clinical+radiomics.late, clinical]", "clinical* radiomics clinical+radiomics.early clinical+radiomics.late*");
}

static void an_unknown_score_block_lists_those_there_are(void **state)
{
    (void)state;
    refused("score_blocks: [radiomic]",
            "5:16: score_blocks: no block 'radiomic'; there are clinical, radiomics, clinical+radiomics.early, clinical+radiomics.late");
    refused("fusion: none\nscore_blocks: [clinical+radiomics]", "6:16: score_blocks: no block 'clinical+radiomics'; there are clinical, radiomics");
}

static void learners_are_all_or_those_listed(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct made made;
    struct plan plan;
    make("", &made);
    assert_done(plan_make(made.settings, &made.predictors, &(struct deep){0}, &plan, &err), err);
    assert_true(plan.procedure.learner_n >= 6);
    plan_free(&plan);
    unmake(&made);
    make("learners: [forest, lasso]", &made);
    assert_done(plan_make(made.settings, &made.predictors, &(struct deep){0}, &plan, &err), err);
    assert_int_equal(plan.procedure.learner_n, 2);
    assert_string_equal(plan.learner[0].name, "forest");
    plan_free(&plan);
    unmake(&made);
}

static void a_misspelt_learner_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct made made;
    struct plan plan;
    refused("learners: [lasso, forrest]", "5:19: learners: no learner 'forrest'; did you mean 'forest'?");
    refused("learners: [lasso, lasso]", "5:19: learners: 'lasso' is named twice");
    make("learners: xgboost_of_mine", &made);
    assert_false(plan_make(made.settings, &made.predictors, &(struct deep){0}, &plan, &err));
    assert_error_has(err, ERR_USAGE, "5:11: learners: no learner 'xgboost_of_mine'; there are logistic, ");
    unmake(&made);
}

static void the_effort_sets_folds_and_repeats(void **state)
{
    (void)state;
    static const struct { const char *rest; size_t repeat_n; } row[] = {{"validation: quick", 1}, {"", 3}, {"validation: full", 10}};
    for (size_t k = 0; k < 3; k++) {
        struct err err = ERR_INIT;
        struct made made;
        struct plan plan;
        make(row[k].rest, &made);
        assert_done(plan_make(made.settings, &made.predictors, &(struct deep){0}, &plan, &err), err);
        assert_int_equal(plan.procedure.repeat_n, row[k].repeat_n);
        assert_int_equal(plan.procedure.fold_n, 5);
        plan_free(&plan);
        unmake(&made);
    }
}

static size_t prefix_n(const char *rest, size_t block)
{
    struct err err = ERR_INIT;
    struct made made;
    struct plan plan;
    make(rest, &made);
    assert_done(plan_make(made.settings, &made.predictors, &(struct deep){0}, &plan, &err), err);
    size_t n = plan.block[block].prefix_n;
    plan_free(&plan);
    unmake(&made);
    return n;
}

static void each_selection_step_can_be_left_out(void **state)
{
    (void)state;
    write_text("icc.csv", "feature,icc\nf1,0.9\n");
    size_t all = prefix_n("", 1);
    assert_int_equal(prefix_n("selection: {variance: false}", 1), all - 1);
    assert_int_equal(prefix_n("selection: {duplicates: false}", 1), all - 1);
    assert_int_equal(prefix_n("selection: {univariate: none}", 1), all - 1);
    assert_int_equal(prefix_n("selection: {correlation: 1}", 1), all - 1);
    assert_int_equal(prefix_n("", 0), all - 2); /* chosen by hand: neither univariate nor correlation filter */
}

static void a_zero_is_no_default(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct made made;
    struct plan plan;
    make("selection: {univariate_p: 0, correlation: 0}", &made);
    assert_done(plan_make(made.settings, &made.predictors, &(struct deep){0}, &plan, &err), err);
    assert_true(plan.mannwhitney.alpha > 0 && plan.mannwhitney.alpha < 1e-300); /* 0 would be the filter's own 0.05 */
    assert_true(plan.spearman.limit > 0 && plan.spearman.limit < 1e-300);
    plan_free(&plan);
    unmake(&made);
}

static void stabilities_come_from_a_table(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort cohort;
    struct predictors predictors;
    struct plan plan;
    static const char study[] = "cohort: cohort.csv\nroles: {default: train}\ntarget: {label: y}\nblocks: {radiomics: {columns: ['f*'], icc: icc.csv, icc_threshold: 0.8}}\n";
    write_text("icc.csv", "feature,icc\nf1,0.9\nf2,0.5\n");
    struct study_settings *settings = cohort_of(study, "ID,y,f1,f2\nA,0,2,3\nB,1,3,4\n", &cohort);
    assert_done(predictors_make(settings, &cohort, &(struct deep){0}, &predictors, &err), err);
    assert_done(plan_make(settings, &predictors, &(struct deep){0}, &plan, &err), err);
    assert_int_equal(plan.icc.n, 2);
    assert_double_near(plan.icc.threshold, 0.8, 0);
    plan_free(&plan);
    write_text("icc.csv", "name,icc\nf1,0.9\n");
    assert_false(plan_make(settings, &predictors, &(struct deep){0}, &plan, &err));
    assert_error_has(err, ERR_INPUT, "icc.csv: expected columns `feature` and `icc`");
    predictors_free(&predictors);
    cohort_free(&cohort);
    settings_free(settings);
}

static void a_score_is_named_by_what_it_uses(void **state)
{
    (void)state;
    char name[64];
    assert_string_equal(plan_score_name("radiomics", name), "radiomics score");
    assert_string_equal(plan_score_name("clinical", name), "clinical score");
    assert_string_equal(plan_score_name("clinical+radiomics.late", name), "clinical-radiomics score");
    assert_string_equal(plan_score_name("radiomics+deep.early", name), "DLR score");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_fused_early_and_late),
        cmocka_unit_test(score_blocks_say_who_may_win),
        cmocka_unit_test(an_unknown_score_block_lists_those_there_are),
        cmocka_unit_test(learners_are_all_or_those_listed),
        cmocka_unit_test(a_misspelt_learner_is_refused),
        cmocka_unit_test(the_effort_sets_folds_and_repeats),
        cmocka_unit_test(each_selection_step_can_be_left_out),
        cmocka_unit_test(a_zero_is_no_default),
        cmocka_unit_test(stabilities_come_from_a_table),
        cmocka_unit_test(a_score_is_named_by_what_it_uses),
    };
    return tap_run(tests);
}
