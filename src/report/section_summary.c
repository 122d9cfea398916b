/* The summary: what was built, and what it does on patients it has not seen. */
#include <math.h>
#include <string.h>

#include "report/page.h"

/* "0.837 (95 % CI 0.746-0.928)" */
static void add_ci(struct text *out, double value, double low, double high, int decimals)
{
    if (isnan(value)) {
        text_add(out, "not estimable");
        return;
    }
    add_fixed(out, value, decimals);
    if (isnan(low) || isnan(high))
        return;
    text_add(out, " (95 %% CI ");
    add_fixed(out, low, decimals);
    text_add(out, low < 0 ? " to " : EN_DASH);
    add_fixed(out, high, decimals);
    text_add(out, ")");
}

static void add_proportion(struct text *out, const char *name, const json_t *p)
{
    text_add(out, "%s ", name);
    add_ci(out, number_at(p, "value"), number_at(item_at(p, "wilson", 0), ""), number_at(item_at(p, "wilson", 1), ""), 2);
}

/* Low over high P before words: the text here is ours, names are escaped by the caller's html_add(). */
static void label_sentence(struct page *page, const json_t *role)
{
    struct text *out = &page->out;
    html_add(out, "In role %s", text_at(role, "role"));
    text_add(out, " (%s patients with label, %s positive), ", COUNT_TEXT(number_at(role, "label_n")), COUNT_TEXT(number_at(role, "positive")));
    if (!role_has_auc(role)) {
        struct text status = TEXT_INIT;
        add_status(&status, text_at(role, "auc.status"));
        html_add(out, "the AUC is not estimable: %s. ", told(&status, out));
        text_free(&status);
        return;
    }
    text_add(out, "the AUC was <strong>");
    add_ci(out, number_at(role, "auc.value"), number_at(item_at(role, "auc.cut", 0), ""), number_at(item_at(role, "auc.cut", 1), ""), 3);
    text_add(out, "</strong>; at the locked threshold ");
    add_proportion(out, "sensitivity", part(role, "operating.sensitivity"));
    text_add(out, ", ");
    add_proportion(out, "specificity", part(role, "operating.specificity"));
    text_add(out, ". ");
}

static void endpoint_sentence(struct page *page, const json_t *role, const json_t *endpoint)
{
    struct text *out = &page->out;
    struct estimate hr = estimate_at(endpoint, "cox_group.hr");
    html_add(out, "%s in role %s, by risk group: ", text_at(endpoint, "title"), text_at(role, "role"));
    text_add(out, "log-rank ");
    struct text p = TEXT_INIT;
    add_p(&p, number_at(endpoint, "logrank.p"));
    html_add(out, "%s", told(&p, out));
    text_free(&p);
    text_add(out, ", hazard ratio of high to low risk ");
    add_ci(out, hr.value, hr.low, hr.high, 2);
    text_add(out, ". ");
}

static void train_sentence(struct page *page)
{
    struct text *out = &page->out;
    for (size_t r = 0; r < role_count(page->run); r++) {
        const json_t *role = role_item(page->run, r);
        double mean = number_at(role, "auc_out_of_fold.mean"), sd = number_at(role, "auc_out_of_fold.sd");
        if (isnan(mean))
            continue;
        text_add(out, "In cross-validation inside train its AUC was ");
        add_fixed(out, mean, 3);
        text_add(out, " on average over the folds (standard deviation ");
        add_fixed(out, sd, 3);
        text_add(out, "). ");
    }
}

/* The rules of the study file in words; a rule of another version as it stands. */
static const char *rule_words(const char *rule)
{
    static const char *const words[][2] = {
        {"youden", "largest Youden index on out-of-fold scores of train"},
        {"sensitivity", "least sensitivity asked for, on out-of-fold scores of train"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(rule, words[i][0]) == 0)
            return words[i][1];
    return rule;
}

void section_summary(struct page *page)
{
    const json_t *model = part(page->run->metrics, "model"), *target = part(page->run->metrics, "study.target");
    struct text *out = &page->out;
    bool told = false;
    html_begin(out, "div", "lead");
    text_add(out, "<p>");
    html_add(out, "The %s (columns: %s; learner: %s) was chosen, calibrated and locked on %s; it is the predicted probability of %s. ",
             text_at(model, "score_name")[0] != '\0' ? text_at(model, "score_name") : "score", text_at(model, "block"), text_at(model, "learner"),
             flag_at(page->run->metrics, "allow_leakage") ? "data that include the patients it is judged on below (--allow-leakage)" : "train alone",
             text_at(target, "positive")[0] != '\0' ? text_at(target, "positive") : text_at(target, "name"));
    train_sentence(page);
    text_add(out, "</p>\n<p>");
    for (size_t r = 0; r < role_count(page->run); r++)
        if (!role_is_train(role_item(page->run, r)) && role_has_label(role_item(page->run, r))) {
            label_sentence(page, role_item(page->run, r));
            told = true;
        }
    if (!told)
        text_add(out, "No role but train has labels: this run holds no estimate on patients the model has not seen.");
    text_add(out, "</p>\n");
    for (size_t r = 0; r < role_count(page->run); r++)
        for (size_t e = 0; !role_is_train(role_item(page->run, r)) && e < length_at(role_item(page->run, r), "endpoints"); e++) {
            text_add(out, "<p>");
            endpoint_sentence(page, role_item(page->run, r), item_at(role_item(page->run, r), "endpoints", e));
            text_add(out, "</p>\n");
        }
    html_end(out, "div");
    text_add(out, "<dl>");
    text_add(out, "<dt>Threshold</dt><dd>");
    add_significant(out, number_at(model, "threshold.value"), 4);
    html_add(out, " (%s)", rule_words(text_at(model, "threshold.rule")));
    text_add(out, "</dd><dt>Calibration</dt><dd>");
    const char *method = text_at(model, "calibration");
    html_add(out, "%s", method[0] != '\0' ? method : text_at(model, "calibration.method"));
    text_add(out, ", on out-of-fold scores of train</dd><dt>Phases</dt><dd>");
    for (size_t i = 0; i < length_at(page->run->metrics, "study.phases"); i++)
        html_add(out, "%s%s", i > 0 ? ", " : "", text_at(item_at(page->run->metrics, "study.phases", i), ""));
    if (length_at(page->run->metrics, "study.phases") == 0)
        text_add(out, "none: the columns came from tables");
    text_add(out, "</dd></dl>\n");
}
