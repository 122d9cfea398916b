/* The honest estimates of the whole procedure, on train: apparent, out of fold, nested, corrected, shuffled. */
#include <math.h>

#include "report/page.h"

static void estimate_row(struct html_table *table, const char *name, double value, double sd, const char *meaning)
{
    struct text text = TEXT_INIT;
    html_row_begin(table, NULL);
    html_cell(table, name);
    add_fixed(&text, value, 3);
    if (!isnan(sd)) {
        text_add(&text, " \xC2\xB1 ");
        add_fixed(&text, sd, 3);
    }
    html_cell_whole(table, told(&text, table->out));
    text_free(&text);
    html_cell(table, meaning);
    html_row_end(table);
}

static void permuted_paragraph(struct page *page, const json_t *permuted)
{
    struct text *out = &page->out;
    struct text p = TEXT_INIT;
    add_p(&p, number_at(permuted, "p"));
    html_begin(out, "p", NULL);
    html_add(out, "With the labels of train shuffled before anything was fitted, the same procedure gave ");
    add_fixed(out, number_at(permuted, "mean"), 3);
    html_add(out, " on average over %zu runs (", length_at(permuted, "runs"));
    for (size_t i = 0; i < length_at(permuted, "runs"); i++) {
        if (i > 0)
            text_add(out, ", ");
        add_fixed(out, number_at(item_at(permuted, "runs", i), ""), 2);
    }
    html_add(out, "). A procedure that does not leak gives about 0.5 here. Share of shuffled runs as good as the real one: %s.", told(&p, out));
    html_end(out, "p");
    text_free(&p);
}

static void winners_paragraph(struct page *page, const json_t *nested)
{
    if (length_at(nested, "winners") == 0)
        return;
    html_begin(&page->out, "p", NULL);
    html_add(&page->out, "Winners in the outer folds of the nested cross-validation: ");
    for (size_t i = 0; i < length_at(nested, "winners"); i++)
        html_add(&page->out, "%s%s", i > 0 ? ", " : "", text_at(item_at(nested, "winners", i), ""));
    html_add(&page->out, ". Where they differ much, the choice of model is itself uncertain.");
    html_end(&page->out, "p");
}

void section_validation(struct page *page)
{
    static const char *const header[] = {"Estimate of the AUC", "Value", "What it says", NULL};
    const json_t *nested = part(page->run->metrics, "nested"), *optimism = part(page->run->metrics, "optimism"),
                 *permuted = part(page->run->metrics, "permuted");
    html_paragraph(&page->out, "The same data that a model was fitted on flatters it. These estimates, all on train, say by how much:");
    struct html_table table = html_table_begin(&page->out, "Estimates on train", "lrl", header);
    for (size_t r = 0; r < role_count(page->run); r++) {
        const json_t *role = role_item(page->run, r);
        if (!role_is_train(role))
            continue;
        estimate_row(&table, "apparent", number_at(role, "auc.value"), NAN, "On the very patients the model was fitted on. Too high; not a validation.");
        estimate_row(&table, "out of fold, winner", number_at(role, "auc_out_of_fold.mean"), number_at(role, "auc_out_of_fold.sd"),
                     "Each patient judged by a model that had not seen it; still a little high, since the winner was chosen by it.");
    }
    if (nested != NULL)
        estimate_row(&table, "nested cross-validation", number_at(nested, "auc_mean"), number_at(nested, "auc_sd"),
                     "The choice of the winner is repeated inside each outer fold: an honest estimate of the whole procedure.");
    if (optimism != NULL) {
        struct text name = TEXT_INIT;
        text_add(&name, "corrected for optimism (%s)", text_at(optimism, "method"));
        estimate_row(&table, told(&name, table.out), number_at(optimism, "corrected"), NAN,
                     "The apparent value, less what resampling shows it to be too high.");
        text_free(&name);
    }
    if (permuted != NULL)
        estimate_row(&table, "labels shuffled", number_at(permuted, "mean"), number_at(permuted, "sd"), "What the procedure finds where there is nothing to find: about 0.5.");
    html_table_end(&table);
    html_begin(&page->out, "p", "small");
    html_add(&page->out, "\xC2\xB1: standard deviation over folds or runs.");
    html_end(&page->out, "p");
    if (nested != NULL)
        winners_paragraph(page, nested);
    else
        html_paragraph(&page->out, "The whole procedure was not cross-validated (no nested estimate in this run).");
    if (permuted != NULL)
        permuted_paragraph(page, permuted);
    else
        html_paragraph(&page->out, "Shuffled labels were not tried in this run.");
}
