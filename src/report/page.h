/* report.html: one file for reading on a screen or on paper, without script and without anything from elsewhere.
 *
 * The page is a list of sections, one function each in the section_*.c files, one row each in page.c. */
#ifndef HEPAR_REPORT_PAGE_H
#define HEPAR_REPORT_PAGE_H

#include "report/figure.h"
#include "report/html.h"
#include "report/numbers.h"
#include "report/run.h"
#include "report/svg.h"

struct checklist;

struct page {
    const struct run *run;
    const struct figures *figures;
    const struct checklist *checklist;
    struct text out;
};

/* Appends the whole page to page->out. ERR_SYSTEM when memory is short. */
bool page_write(struct page *page, struct err *err);

/* Puts every figure of a kind, with captions; nothing when there is none. */
void page_add_figures(struct page *page, const struct figure_kind *kind);
extern const struct figure_kind figure_flow, figure_comparison, figure_learning, figure_gradcam, figure_roc, figure_calibration, figure_decision, figure_contributions, figure_scores,
    figure_waterfall, figure_survival;

void section_summary(struct page *page);
void section_patients(struct page *page);
void section_baseline(struct page *page);
void section_models(struct page *page);
void section_networks(struct page *page);
void section_maps(struct page *page);
void section_validation(struct page *page);
void section_performance(struct page *page);
void section_score(struct page *page);
void section_survival(struct page *page);
void section_failed(struct page *page);
void section_record(struct page *page);
void section_settings(struct page *page);
void section_checklist(struct page *page);

#endif
