/* The checklists on the page: counts, the METRICS score, every item with its answer. */
#include "report/checklist.h"
#include "report/page.h"

static void counts_paragraph(struct page *page, size_t c)
{
    const struct checklist_source *source = checklist_sources[c];
    size_t n[4] = {0};
    for (size_t i = 0; i < source->n; i++)
        n[page->checklist->answer[c][i].answer]++;
    html_begin(&page->out, "p", NULL);
    html_add(&page->out, "%s %s (doi %s): of %zu items %zu answered yes, %zu no, %zu do not apply, %zu open.", source->name, source->version, source->doi, source->n,
             n[ANSWER_YES], n[ANSWER_NO], n[ANSWER_NOT_APPLICABLE], n[ANSWER_OPEN]);
    if (source == &checklist_metrics) {
        html_add(&page->out, " METRICS score: ");
        add_fixed(&page->out, page->checklist->score.percent, 1);
        html_add(&page->out, " %% (%s); an open item counts as no.", metrics_category(page->checklist->score.percent));
    }
    html_end(&page->out, "p");
}

static void name_unknown_keys(struct page *page)
{
    const char *key;
    json_t *value;
    json_t *reporting = json_object_get(page->run->metrics, "reporting");
    json_object_foreach(reporting, key, value)
        if (!checklist_knows_key(key))
            html_paragraph(&page->out, "The study file states reporting.%s, for which no item here asks: %s", key, json_is_string(value) ? json_string_value(value) : "");
}

void section_checklist(struct page *page)
{
    static const char *const header[] = {"Item", "About", "Answer", "By", "Evidence", NULL};
    html_paragraph(&page->out, "Item numbers are the published ones, the words are ours; what an item asks for in full stands in the papers. "
                               "A filled list shows that something is reported, not that it is right. The same rows are in checklist.csv.");
    for (size_t c = 0; c < CHECKLIST_N; c++)
        counts_paragraph(page, c);
    name_unknown_keys(page);
    for (size_t c = 0; c < CHECKLIST_N; c++) {
        struct html_table table = html_table_begin(&page->out, checklist_sources[c]->name, "lllll", header);
        for (size_t i = 0; i < checklist_sources[c]->n; i++) {
            const struct item *item = &checklist_sources[c]->item[i];
            const struct item_answer *answer = &page->checklist->answer[c][i];
            html_row_begin(&table, answer->answer == ANSWER_OPEN ? "apparent" : NULL);
            html_cell(&table, item->id);
            html_cell(&table, item->title);
            html_cell(&table, answer_word(answer->answer));
            html_cell(&table, answer->by);
            html_cell(&table, answer->evidence.bytes == NULL ? "" : answer->evidence.bytes);
            html_row_end(&table);
        }
        html_table_end(&table);
    }
}
