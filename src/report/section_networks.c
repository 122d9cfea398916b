/* The networks: what they saw, how they learnt, and how their column is distributed. */
#include <math.h>
#include <string.h>

#include "report/page.h"

/* "16 x 16 x 16" */
static void add_sizes(struct text *out, const json_t *input, const char *key)
{
    for (size_t i = 0; i < length_at(input, key); i++)
        text_add(out, "%s%g", i > 0 ? " x " : "", number_at(item_at(input, key, i), ""));
}

static void input_paragraph(struct page *page, const json_t *deep)
{
    const json_t *input = part(deep, "input");
    struct text size = TEXT_INIT, spacing = TEXT_INIT, blank = TEXT_INIT;
    add_sizes(&size, input, "size");
    double fit = number_at(input, "fit");
    if (isnan(fit)) {
        text_add(&spacing, "of ");
        add_sizes(&spacing, input, "spacing_mm");
        text_add(&spacing, " mm");
    } else
        text_add(&spacing, "that grows with the tumour, %g times its longest side", fit);
    if (!isnan(number_at(input, "blank_mm"))) {
        text_add(&blank, "; what lies more than ");
        add_significant(&blank, number_at(input, "blank_mm"), 3);
        text_add(&blank, " mm from the tumour was blanked");
    }
    html_paragraph(&page->out, "Network: %s (%s), %s. It saw a box around the tumour of %s voxels %s (%s)%s%s%s. Computed by %s.", text_at(deep, "title"), text_at(deep, "net"),
                   text_at(deep, "use"), told(&size, &page->out), told(&spacing, &page->out), text_at(input, "view"),
                   flag_at(input, "mask") ? ", with the mask as a channel" : "",
                   strcmp(text_at(input, "values"), "centred") == 0 ? ", each phase minus its mean in the tumour and 0 outside of it" : "",
                   told(&blank, &page->out), text_at(deep, "computed_by"));
    text_free(&size);
    text_free(&spacing);
    text_free(&blank);
}

static void training_paragraph(struct page *page, const json_t *deep)
{
    struct text images = TEXT_INIT;
    if (part(deep, "last_fit") == NULL)
        return;
    if (number_at(deep, "last_fit.images") > 1)
        text_add(&images, ", each the mean over the tumour and its mirror images (%s in all)", COUNT_TEXT(number_at(deep, "last_fit.images")));
    html_paragraph(&page->out,
                   "A training patient's value is that of the network which never saw that patient (%s networks, %s epochs); other patients get the mean of all%s. In the folds "
                   "that rank and judge, %s networks were trained anew for %s epochs; at most %s networks in all.",
                   COUNT_TEXT(number_at(deep, "last_fit.networks")), COUNT_TEXT(number_at(deep, "last_fit.epochs")), told(&images, &page->out), COUNT_TEXT(number_at(deep, "in_folds.networks")),
                   COUNT_TEXT(number_at(deep, "in_folds.epochs")), COUNT_TEXT(number_at(page->run->metrics, "cost.networks")));
    text_free(&images);
}

static void networks_table(struct page *page, const json_t *deep)
{
    static const char *const header[] = {"Network", "Trained on", "Not seen", "AUC not seen", "Epoch kept", NULL};
    size_t n = length_at(deep, "curves");
    if (n == 0)
        return;
    struct html_table table = html_table_begin(&page->out, "Networks of the last fit", "lrrrr", header);
    for (size_t k = 0; k < n; k++) {
        const json_t *curve = item_at(deep, "curves", k);
        html_row_begin(&table, NULL);
        html_cell(&table, COUNT_TEXT((double)k + 1));
        html_cell(&table, COUNT_TEXT(number_at(curve, "trained_on")));
        html_cell(&table, COUNT_TEXT(number_at(curve, "not_seen")));
        html_cell_fixed(&table, number_at(curve, "auc_not_seen"), 3);
        html_cell(&table, COUNT_TEXT(number_at(curve, "kept_epoch")));
        html_row_end(&table);
    }
    html_table_end(&table);
}

static void logit_table(struct page *page, const json_t *deep)
{
    static const char *const header[] = {"Role", "Value", "n", "Mean", "SD", "AUC (95 % CI)", NULL};
    size_t n = length_at(deep, "logit");
    if (n == 0)
        return;
    struct html_table table = html_table_begin(&page->out, "The networks' logit by role, standardised by cases that each network had not seen", "llrrrr", header);
    for (size_t k = 0; k < n; k++) {
        const json_t *row = item_at(deep, "logit", k);
        struct estimate auc = estimate_at(row, "auc");
        html_row_begin(&table, NULL);
        html_cell(&table, text_at(row, "role"));
        html_cell(&table, flag_at(row, "out_of_fold") ? "out of fold: one network" : flag_at(row, "apparent") ? "apparent: mean of networks" : "mean of networks");
        html_cell(&table, COUNT_TEXT(number_at(row, "n")));
        html_cell_fixed(&table, number_at(row, "mean"), 2);
        html_cell_fixed(&table, number_at(row, "sd"), 2);
        html_cell_interval(&table, auc.value, auc.low, auc.high, 3);
        html_row_end(&table);
    }
    html_table_end(&table);
    html_begin(&page->out, "p", "small");
    html_add(&page->out, "A mean of several networks spreads less than one network does; the learners were fitted on the out-of-fold values.");
    html_end(&page->out, "p");
}

void section_networks(struct page *page)
{
    const json_t *deep = part(page->run->metrics, "deep");
    if (deep == NULL) {
        html_paragraph(&page->out, "No network was used in this study.");
        return;
    }
    input_paragraph(page, deep);
    training_paragraph(page, deep);
    page_add_figures(page, &figure_learning);
    networks_table(page, deep);
    logit_table(page, deep);
}
