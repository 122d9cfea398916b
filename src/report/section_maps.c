/* Maps of the locked score: pictures, how much of them lies where the tumour is, and whether they come from what was learnt. */
#include <math.h>

#include "report/page.h"

/* A number put into a sentence: freed with the piece. */
static const char *number(struct page *page, struct text *piece, double value, int decimals)
{
    add_fixed(piece, value, decimals);
    return told(piece, &page->out);
}

static void share_paragraph(struct page *page, const json_t *deep)
{
    struct text rim = TEXT_INIT, share = TEXT_INIT, even = TEXT_INIT;
    double n = number_at(deep, "maps_share.n");
    if (!(n > 0))
        return;
    add_scalar(&rim, deep, "maps_share.rim_mm");
    html_paragraph(&page->out,
                   "Of a map's sum, %s %% lies inside the tumour's mask or within %s mm of it (median of %s patients). A map that is the same everywhere in the box the networks "
                   "see would have %s %% there.",
                   number(page, &share, 100 * number_at(deep, "maps_share.median"), 0), told(&rim, &page->out), COUNT_TEXT(n),
                   number(page, &even, 100 * number_at(deep, "maps_share.median_even"), 0));
    text_free(&rim);
    text_free(&share);
    text_free(&even);
}

/* Adebayo et al. 2018: a map that stays when the weights are random does not show what was learnt. */
static void sanity_paragraph(struct page *page, const json_t *deep)
{
    struct text correlation = TEXT_INIT, allowed = TEXT_INIT;
    double n = number_at(deep, "sanity.n"), value = number_at(deep, "sanity.value"), limit = number_at(deep, "sanity.limit");
    if (!(n > 0)) {
        html_paragraph(&page->out, "Whether random weights would give the same maps was not tested: no map was made by Grad-CAM.");
        return;
    }
    html_paragraph(&page->out,
                   "With random weights in the networks, the maps' rank correlation with these (mean of five draws) is %s in the median of %s patients; it should be below %s, as the maps "
                   "are to show what was learnt: %s.",
                   number(page, &correlation, value, 2), COUNT_TEXT(n), number(page, &allowed, limit, 1),
                   value < limit ? "it is" : "IT IS NOT, and the maps must not be read as what was learnt");
    text_free(&correlation);
    text_free(&allowed);
}

static void maps_table(struct page *page, const json_t *deep)
{
    static const char *const header[] = {"Patient", "Role", "Probability", "Shows what", "By", "In mask and rim", "Even map", "Random weights", NULL};
    struct html_table table = html_table_begin(&page->out, "The maps: share of their sum in mask and rim, and rank correlation with the map of random weights", "llrllrrr", header);
    for (size_t k = 0; k < length_at(deep, "maps"); k++) {
        const json_t *item = item_at(deep, "maps", k);
        const char *failure = text_at(item, "failure");
        html_row_begin(&table, NULL);
        html_cell(&table, text_at(item, "id"));
        html_cell(&table, text_at(item, "role"));
        html_cell_fixed(&table, number_at(item, "probability"), 3);
        html_cell(&table, failure[0] != '\0' ? failure : flag_at(item, "empty") ? "nothing" : text_at(item, "shows"));
        html_cell(&table, text_at(item, "method"));
        html_cell_fixed(&table, number_at(item, "share"), 2);
        html_cell_fixed(&table, number_at(item, "share_even"), 2);
        html_cell_fixed(&table, number_at(item, "sanity"), 2);
        html_row_end(&table);
    }
    html_table_end(&table);
}

void section_maps(struct page *page)
{
    const json_t *deep = part(page->run->metrics, "deep");
    if (length_at(deep, "maps") == 0) {
        html_paragraph(&page->out, deep == NULL ? "The score is not made from images by a network." : "No map was made: the locked score is not made with networks, or none was asked for.");
        return;
    }
    html_paragraph(&page->out, "Grad-CAM of the locked score, followed through the learner into each network (by occlusion where the learner has no slope). It tells where in the box the "
                               "networks found what moved the score, coarsely, and not what they found there.");
    page_add_figures(page, &figure_gradcam);
    share_paragraph(page, deep);
    sanity_paragraph(page, deep);
    maps_table(page, deep);
}
