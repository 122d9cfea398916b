/* The locked score on every role with labels: AUC, operating point, calibration, decision curve. */
#include <math.h>

#include "report/page.h"

static void auc_table(struct page *page)
{
    static const char *const header[] = {"Role", "Patients", "Positive", "AUC", "95 % CI, cut to 0 and 1", "95 % CI, logit", "Brier", "Status", NULL};
    struct html_table table = html_table_begin(&page->out, "Discrimination by role (DeLong intervals)", "lrrrrrrl", header);
    for (size_t r = 0; r < role_count(page->run); r++) {
        const json_t *role = role_item(page->run, r);
        if (!role_has_label(role))
            continue;
        struct text name = TEXT_INIT, interval = TEXT_INIT, status = TEXT_INIT;
        add_role_name(&name, role);
        html_row_begin(&table, flag_at(role, "apparent") ? "apparent" : NULL);
        html_cell(&table, told(&name, table.out));
        html_cell_fixed(&table, number_at(role, "label_n"), 0);
        html_cell_fixed(&table, number_at(role, "positive"), 0);
        html_cell_fixed(&table, number_at(role, "auc.value"), 3);
        for (size_t k = 0; k < 2; k++) {
            const char *path = k == 0 ? "auc.cut" : "auc.logit";
            add_fixed(&interval, number_at(item_at(role, path, 0), ""), 3);
            text_add(&interval, EN_DASH);
            add_fixed(&interval, number_at(item_at(role, path, 1), ""), 3);
            bool there = !isnan(number_at(item_at(role, path, 0), ""));
            html_cell_whole(&table, there ? told(&interval, table.out) : EN_DASH);
            text_free(&interval);
        }
        html_cell_fixed(&table, number_at(role, "brier"), 3);
        add_status(&status, text_at(role, "auc.status"));
        html_cell(&table, told(&status, table.out));
        html_row_end(&table);
        text_free(&name);
        text_free(&status);
    }
    html_table_end(&table);
}

static const struct {
    const char *path, *title;
} proportions[] = {
    {"operating.sensitivity", "Sensitivity"},
    {"operating.specificity", "Specificity"},
    {"operating.ppv", "PPV"},
    {"operating.npv", "NPV"},
    {"operating.accuracy", "Accuracy"},
};

static void operating_table(struct page *page)
{
    static const char *const header[] = {"Role", "Measure", "n / N", "Value", "95 % CI, Wilson", "95 % CI, Clopper-Pearson", NULL};
    struct html_table table = html_table_begin(&page->out, "At the locked threshold", "llrrrr", header);
    for (size_t r = 0; r < role_count(page->run); r++) {
        const json_t *role = role_item(page->run, r);
        if (!role_has_label(role))
            continue;
        struct text name = TEXT_INIT;
        add_role_name(&name, role);
        for (size_t k = 0; k < sizeof proportions / sizeof proportions[0]; k++) {
            const json_t *p = part(role, proportions[k].path);
            struct text counts = TEXT_INIT;
            text_add(&counts, "%s / %s", COUNT_TEXT(number_at(p, "k")), COUNT_TEXT(number_at(p, "n")));
            html_row_begin(&table, flag_at(role, "apparent") ? "apparent" : NULL);
            html_cell(&table, k > 0 ? "" : told(&name, table.out));
            html_cell(&table, proportions[k].title);
            html_cell_whole(&table, isnan(number_at(p, "n")) ? EN_DASH : told(&counts, table.out));
            html_cell_fixed(&table, number_at(p, "value"), 3);
            for (size_t c = 0; c < 2; c++) {
                const char *path = c == 0 ? "wilson" : "clopper_pearson";
                double low = number_at(item_at(p, path, 0), ""), high = number_at(item_at(p, path, 1), "");
                struct text interval = TEXT_INIT;
                add_fixed(&interval, low, 3);
                text_add(&interval, EN_DASH);
                add_fixed(&interval, high, 3);
                html_cell_whole(&table, isnan(low) || isnan(high) ? EN_DASH : told(&interval, table.out));
                text_free(&interval);
            }
            html_row_end(&table);
            text_free(&counts);
        }
        html_row_begin(&table, flag_at(role, "apparent") ? "apparent" : NULL);
        html_cell(&table, "");
        html_cell(&table, "F1; MCC");
        html_cell(&table, "");
        struct text both = TEXT_INIT;
        add_fixed(&both, number_at(role, "operating.f1"), 3);
        text_add(&both, "; ");
        add_fixed(&both, number_at(role, "operating.mcc"), 3);
        html_cell_whole(&table, told(&both, table.out));
        html_cell(&table, "");
        html_cell(&table, "");
        html_row_end(&table);
        text_free(&both);
        text_free(&name);
    }
    html_table_end(&table);
}

static void calibration_table(struct page *page)
{
    static const char *const header[] = {"Role", "Slope (95 % CI)", "Intercept (95 % CI)", "Brier score", NULL};
    struct html_table table = html_table_begin(&page->out, "Calibration", "lrrr", header);
    for (size_t r = 0; r < role_count(page->run); r++) {
        const json_t *role = role_item(page->run, r);
        if (!role_has_label(role))
            continue;
        struct estimate slope = estimate_at(role, "calibration.slope"), intercept = estimate_at(role, "calibration.intercept");
        struct text name = TEXT_INIT;
        add_role_name(&name, role);
        html_row_begin(&table, flag_at(role, "apparent") ? "apparent" : NULL);
        html_cell(&table, told(&name, table.out));
        html_cell_interval(&table, slope.value, slope.low, slope.high, 2);
        html_cell_interval(&table, intercept.value, intercept.low, intercept.high, 2);
        html_cell_fixed(&table, number_at(role, "brier"), 3);
        html_row_end(&table);
        text_free(&name);
    }
    html_table_end(&table);
}

static void threshold_paragraph(struct page *page)
{
    const json_t *threshold = part(page->run->metrics, "model.threshold");
    html_begin(&page->out, "p", NULL);
    text_add(&page->out, "The threshold ");
    add_significant(&page->out, number_at(threshold, "value"), 4);
    text_add(&page->out, " was chosen on out-of-fold scores of train (sensitivity there ");
    add_fixed(&page->out, number_at(threshold, "sensitivity"), 3);
    text_add(&page->out, ", specificity ");
    add_fixed(&page->out, number_at(threshold, "specificity"), 3);
    text_add(&page->out, ") and was not moved for any role. A score at or above it is high risk.");
    html_end(&page->out, "p");
}

void section_performance(struct page *page)
{
    bool any = false;
    for (size_t r = 0; r < role_count(page->run); r++)
        any = any || role_has_label(role_item(page->run, r));
    if (!any) {
        html_paragraph(&page->out, "No role has labels, so there is no AUC, calibration or decision curve.");
        return;
    }
    page_add_figures(page, &figure_roc);
    auc_table(page);
    html_heading(&page->out, "Operating point");
    threshold_paragraph(page);
    operating_table(page);
    html_heading(&page->out, "Calibration");
    page_add_figures(page, &figure_calibration);
    calibration_table(page);
    html_heading(&page->out, "Decision curves");
    page_add_figures(page, &figure_decision);
}
