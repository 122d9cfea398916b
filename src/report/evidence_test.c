/* Answers about testing and results; see evidence.h. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "report/evidence.h"
#include "report/numbers.h"

static bool is_test(const json_t *role)
{
    return !role_is_train(role) && role_has_label(role);
}

enum answer evidence_test_roles(const struct run *run, struct text *text)
{
    bool any = false;
    for (size_t r = 0; r < role_count(run); r++)
        if (is_test(role_item(run, r))) {
            text_add(text, "%s%s (%s with label)", any ? ", " : "tested once, after the lock, on: ", text_at(role_item(run, r), "role"),
                     COUNT_TEXT(number_at(role_item(run, r), "label_n")));
            any = true;
        }
    if (!any)
        text_add(text, "no role but train has labels");
    return any ? ANSWER_YES : ANSWER_NO;
}

/* A test role is internal or external by its name, or by the rule that split it off. */
static enum answer named_role(const struct run *run, const char *word, const char *const *rules, size_t rule_n, struct text *text)
{
    for (size_t r = 0; r < role_count(run); r++) {
        const json_t *role = role_item(run, r);
        const char *name = text_at(role, "role");
        bool fits = is_test(role) && strcasestr(name, word) != NULL;
        for (size_t i = 0; is_test(role) && !fits && i < length_at(run->metrics, "flow.split"); i++) {
            char became[128];
            const char *split = text_at(item_at(run->metrics, "flow.split", i), "text");
            snprintf(became, sizeof became, "became %.60s, by ", name);
            const char *by = strstr(split, became);
            for (size_t k = 0; by != NULL && k < rule_n; k++)
                fits = fits || strncmp(by + strlen(became), rules[k], strlen(rules[k])) == 0;
        }
        if (fits) {
            text_add(text, "role %s, %s cases with label, AUC ", name, COUNT_TEXT(number_at(role, "label_n")));
            add_interval(text, number_at(role, "auc.value"), number_at(item_at(role, "auc.cut", 0), ""), number_at(item_at(role, "auc.cut", 1), ""), 3, EN_DASH);
            return ANSWER_YES;
        }
    }
    text_add(text, "no test role is %s by its name or by the rule that split it off", word);
    return ANSWER_NO;
}

enum answer evidence_internal(const struct run *run, struct text *text)
{
    static const char *const rules[] = {"random", "stratified", "time"};
    return named_role(run, "internal", rules, 3, text);
}

enum answer evidence_external(const struct run *run, struct text *text)
{
    static const char *const rules[] = {"centre"};
    return named_role(run, "external", rules, 1, text);
}

static bool has_labels(const struct run *run)
{
    bool any = false;
    for (size_t r = 0; r < role_count(run); r++)
        any = any || role_has_label(role_item(run, r));
    return any;
}

enum answer evidence_measures(const struct run *run, struct text *text)
{
    if (!has_labels(run))
        return ANSWER_OPEN;
    text_add(text, "AUC, sensitivity, specificity, PPV, NPV, accuracy, F1, MCC, Brier score, calibration, decision curve, by role");
    return ANSWER_YES;
}

enum answer evidence_intervals(const struct run *run, struct text *text)
{
    if (!has_labels(run))
        return ANSWER_OPEN;
    text_add(text, "95 %% intervals: DeLong (AUC), Wilson and Clopper-Pearson (proportions), log-log (survival); spread over folds");
    if (part(run->metrics, "nested") != NULL)
        text_add(text, "; nested cross-validation");
    if (part(run->metrics, "permuted") != NULL)
        text_add(text, "; shuffled labels");
    return ANSWER_YES;
}

enum answer evidence_calibration(const struct run *run, struct text *text)
{
    for (size_t r = role_count(run); r-- > 0;) {
        const json_t *role = role_item(run, r);
        struct estimate slope = estimate_at(role, "calibration.slope");
        if (isnan(slope.value))
            continue;
        text_add(text, "curve, intercept, slope and Brier score by role; slope on %s ", text_at(role, "role"));
        add_interval(text, slope.value, slope.low, slope.high, 2, EN_DASH);
        return ANSWER_YES;
    }
    text_add(text, "not estimable on any role");
    return ANSWER_NO;
}

/* The smallest table that answers: side-by-side rows of a role that is not apparent, with a P. */
static const json_t *compared(const struct run *run, const char *block, const char *learner)
{
    for (size_t i = 0; i < length_at(run->metrics, "side_by_side"); i++) {
        const json_t *row = item_at(run->metrics, "side_by_side", i);
        if (!flag_at(row, "apparent") && !isnan(number_at(row, "delong_p")) && (block == NULL || strcmp(text_at(row, "block"), block) == 0) &&
            (learner == NULL || strcmp(text_at(row, "learner"), learner) == 0))
            return row;
    }
    return NULL;
}

static enum answer say_compared(const json_t *row, struct text *text)
{
    text_add(text, "DeLong tests against the winner on every role with labels, e.g. %s with %s on %s: ", text_at(row, "block"), text_at(row, "learner"),
             text_at(row, "role"));
    add_p(text, number_at(row, "delong_p"));
    return ANSWER_YES;
}

enum answer evidence_delong(const struct run *run, struct text *text)
{
    const json_t *row = compared(run, NULL, NULL);
    return row == NULL ? ANSWER_OPEN : say_compared(row, text);
}

enum answer evidence_clinical_comparison(const struct run *run, struct text *text)
{
    const json_t *row = compared(run, "clinical", NULL);
    if (row != NULL && strcmp(text_at(run->metrics, "model.block"), "clinical") != 0)
        return say_compared(row, text);
    text_add(text, "the score was not compared with a clinical model on a test role");
    return ANSWER_NO;
}

enum answer evidence_simple_model(const struct run *run, struct text *text)
{
    const json_t *row = compared(run, NULL, "logistic");
    if (row != NULL)
        return say_compared(row, text);
    text_add(text, "no test against logistic regression on a test role");
    return ANSWER_NO;
}

enum answer evidence_explanation(const struct run *run, struct text *text)
{
    text_add(text, "weights of all %zu columns of the locked model", length_at(run->metrics, "model.columns"));
    return length_at(run->metrics, "model.columns") > 0 ? ANSWER_YES : ANSWER_OPEN;
}

enum answer evidence_table1(const struct run *run, struct text *text)
{
    size_t n = length_at(run->metrics, "table1.rows");
    text_add(text, "Table 1 by role, %zu rows, with tests and SMD; columns named in the study file alone", n);
    return n > 0 ? ANSWER_YES : ANSWER_OPEN;
}

enum answer evidence_flow(const struct run *run, struct text *text)
{
    if (isnan(number_at(run->metrics, "flow.cases")))
        return ANSWER_OPEN;
    text_add(text, "flow diagram from ");
    add_count(text, number_at(run->metrics, "flow.cases"), "case", "cases");
    text_add(text, " of the table; exclusions before it are the authors' to say");
    return ANSWER_YES;
}

enum answer evidence_columns(const struct run *run, struct text *text)
{
    text_add(text, "columns kept at every step; weights, means and standard deviations of those in the model");
    return length_at(run->metrics, "model.columns") > 0 ? ANSWER_YES : ANSWER_OPEN;
}

enum answer evidence_predictions(const struct run *run, struct text *text)
{
    text_add(text, "by the locked model (SHA-256 %.16s...), every score in predictions.csv", text_at(run->metrics, "model.sha256"));
    return ANSWER_YES;
}

enum answer evidence_use(const struct run *run, struct text *text)
{
    (void)run;
    text_add(text, "'hepar predict' refuses a case made with other settings, fills missing values as fitted on train, and says how far a case lies from the training data");
    return ANSWER_YES;
}
