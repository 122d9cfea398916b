/* The record of a run: warnings, seals, settings. */
#include "report/page.h"

static void warnings_list(struct page *page)
{
    size_t n = length_at(page->run->metrics, "warnings");
    html_heading(&page->out, "Warnings");
    if (n == 0) {
        html_paragraph(&page->out, "None.");
        return;
    }
    text_add(&page->out, "<ul>\n");
    for (size_t i = 0; i < n; i++) {
        html_begin(&page->out, "li", NULL);
        html_add(&page->out, "%s", text_at(item_at(page->run->metrics, "warnings", i), ""));
        html_end(&page->out, "li");
    }
    text_add(&page->out, "</ul>\n");
}

void section_record(struct page *page)
{
    static const char *const header[] = {"", "What", "Role", "Detail", NULL};
    warnings_list(page);
    html_heading(&page->out, "Record of seals");
    html_paragraph(&page->out, "Labels and follow-up of every role but train stay sealed until the model is locked. What was opened, in this order:");
    struct html_table table = html_table_begin(&page->out, "Seals", "rlll", header);
    for (size_t i = 0; i < length_at(page->run->metrics, "seals"); i++) {
        const json_t *seal = item_at(page->run->metrics, "seals", i);
        html_row_begin(&table, NULL);
        html_cell_fixed(&table, number_at(seal, "order"), 0);
        html_cell(&table, text_at(seal, "what"));
        html_cell(&table, text_at(seal, "role"));
        html_cell(&table, text_at(seal, "text"));
        html_row_end(&table);
    }
    html_table_end(&table);
}

void section_settings(struct page *page)
{
    html_paragraph(&page->out, "Every setting of the run, defaults included (study.lock.yaml; SHA-256 of the settings %s). Model: %s.",
                   text_at(page->run->metrics, "study.settings_sha256"), text_at(page->run->metrics, "model.sha256"));
    if (page->run->lock == NULL) {
        html_paragraph(&page->out, "study.lock.yaml is not in the folder.");
        return;
    }
    html_begin(&page->out, "pre", NULL);
    html_add(&page->out, "%s", page->run->lock);
    html_end(&page->out, "pre");
}
