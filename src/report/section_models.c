/* The models that were compared: their ranking inside train, and side by side on every role. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/page.h"

static void ranking_table(struct page *page)
{
    static const char *const header[] = {"Block", "Learner", "Mean AUC", "SD over folds", "Pooled AUC", "May win", NULL};
    const json_t *ranking = part(page->run->metrics, "ranking");
    char caption[128];
    snprintf(caption, sizeof caption, "Ranking inside train: %s x %s-fold cross-validation, everything refitted in each fold", COUNT_TEXT(number_at(ranking, "repeats")),
             COUNT_TEXT(number_at(ranking, "folds")));
    struct html_table table = html_table_begin(&page->out, caption, "llrrrl", header);
    for (size_t i = 0; i < length_at(ranking, "rows"); i++) {
        const json_t *row = item_at(ranking, "rows", i);
        html_row_begin(&table, flag_at(row, "winner") ? "winner" : NULL);
        html_cell(&table, text_at(row, "block"));
        html_cell(&table, text_at(row, "learner"));
        html_cell_fixed(&table, number_at(row, "auc_mean"), 3);
        html_cell_fixed(&table, number_at(row, "auc_sd"), 3);
        html_cell_fixed(&table, number_at(row, "pooled_auc"), 3);
        html_cell(&table, flag_at(row, "winner") ? "winner" : flag_at(row, "eligible") ? "yes" : "no");
        html_row_end(&table);
    }
    html_table_end(&table);
    html_begin(&page->out, "p", "small");
    html_add(&page->out, "The pooled AUC puts the scores of all folds together. It is biased (a model without signal gets about 0.46) and shown beside the mean only.");
    html_end(&page->out, "p");
}

enum { ROLE_MAX = 8 };

static const json_t *find_side(const struct run *run, const json_t *row, const char *role)
{
    for (size_t i = 0; i < length_at(run->metrics, "side_by_side"); i++) {
        const json_t *side = item_at(run->metrics, "side_by_side", i);
        if (strcmp(text_at(side, "role"), role) == 0 && strcmp(text_at(side, "block"), text_at(row, "block")) == 0 &&
            strcmp(text_at(side, "learner"), text_at(row, "learner")) == 0)
            return side;
    }
    return NULL;
}

static void side_row(struct page *page, struct html_table *table, const json_t *row, const char *const *role, size_t role_n)
{
    bool winner = flag_at(row, "winner");
    html_row_begin(table, winner ? "winner" : NULL);
    html_cell(table, text_at(row, "block"));
    html_cell(table, text_at(row, "learner"));
    for (size_t r = 0; r < role_n; r++) {
        const json_t *side = find_side(page->run, row, role[r]);
        struct estimate auc = estimate_at(side, "auc");
        html_cell_interval(table, auc.value, auc.low, auc.high, 3);
        if (winner)
            html_cell(table, "winner");
        else
            html_cell_p(table, number_at(side, "delong_p"));
    }
    html_row_end(table);
}

/* A row a block and learner, two columns a role with labels; more than ROLE_MAX roles are continued in a further table. */
static void side_by_side_table(struct page *page)
{
    const char *role[ROLE_MAX], *header[2 * ROLE_MAX + 3] = {"Block", "Learner"};
    char titles[ROLE_MAX][96];
    size_t from = 0;
    while (from < role_count(page->run)) {
        size_t n = 0;
        for (; from < role_count(page->run) && n < ROLE_MAX; from++) {
            const json_t *item = role_item(page->run, from);
            if (!role_has_label(item))
                continue;
            snprintf(titles[n], sizeof titles[n], "%.60s%s", text_at(item, "role"), flag_at(item, "apparent") ? " (apparent)" : "");
            header[2 + 2 * n] = titles[n];
            header[3 + 2 * n] = "P";
            role[n++] = text_at(item, "role");
        }
        if (n == 0)
            break;
        header[2 + 2 * n] = NULL;
        struct html_table table = html_table_begin(&page->out, "AUC (95 % CI) of every block with every learner, fitted on the whole of train, and P against the winner",
                                                   "ll", header);
        for (size_t i = 0; i < length_at(page->run->metrics, "ranking.rows"); i++)
            side_row(page, &table, item_at(page->run->metrics, "ranking.rows", i), role, n);
        html_table_end(&table);
    }
    html_begin(&page->out, "p", "small");
    html_add(&page->out, "P: DeLong's test for two scores on the same patients, not adjusted for their number. Models were never chosen by this table.");
    html_end(&page->out, "p");
}

/* A row a pair of blocks, two columns a role. */
static const json_t *find_pair(const struct run *run, const json_t *pair, const char *role)
{
    for (size_t i = 0; i < length_at(run->metrics, "blocks"); i++) {
        const json_t *item = item_at(run->metrics, "blocks", i);
        if (strcmp(text_at(item, "role"), role) == 0 && strcmp(text_at(item, "first"), text_at(pair, "first")) == 0 &&
            strcmp(text_at(item, "second"), text_at(pair, "second")) == 0)
            return item;
    }
    return NULL;
}

static void pair_row(struct page *page, struct html_table *table, const json_t *pair, const char *const *role, size_t role_n)
{
    char names[2][200];
    snprintf(names[0], sizeof names[0], "%.120s \xC2\xB7 %.60s", text_at(pair, "first"), text_at(pair, "first_learner"));
    snprintf(names[1], sizeof names[1], "%.120s \xC2\xB7 %.60s", text_at(pair, "second"), text_at(pair, "second_learner"));
    html_row_begin(table, NULL);
    html_cell(table, names[0]);
    html_cell(table, names[1]);
    for (size_t r = 0; r < role_n; r++) {
        const json_t *item = find_pair(page->run, pair, role[r]);
        struct estimate difference = estimate_at(item, "difference");
        html_cell_interval(table, difference.value, difference.low, difference.high, 3);
        html_cell_p(table, number_at(item, "delong_p"));
    }
    html_row_end(table);
}

/* The pairs stand role by role; those of the first role give the rows. */
static void blocks_table(struct page *page)
{
    const json_t *metrics = page->run->metrics;
    const char *role[ROLE_MAX], *header[2 * ROLE_MAX + 3] = {"Block", "Against"};
    char titles[ROLE_MAX][96];
    size_t n = 0, pair_n = length_at(metrics, "blocks");
    for (size_t i = 0; i < pair_n && n < ROLE_MAX; i++) {
        const json_t *item = item_at(metrics, "blocks", i);
        if (n > 0 && strcmp(role[n - 1], text_at(item, "role")) == 0)
            continue;
        role[n] = text_at(item, "role");
        snprintf(titles[n], sizeof titles[n], "%.60s%s", role[n], flag_at(item, "apparent") ? " (apparent)" : "");
        header[2 + 2 * n] = titles[n];
        header[3 + 2 * n] = "P";
        n++;
    }
    if (n == 0)
        return;
    header[2 + 2 * n] = NULL;
    struct html_table table = html_table_begin(&page->out, "Blocks against each other: difference of AUC (95 % CI), each block by its best learner in the ranking", "ll", header);
    for (size_t i = 0; i < pair_n && strcmp(text_at(item_at(metrics, "blocks", i), "role"), role[0]) == 0; i++)
        pair_row(page, &table, item_at(metrics, "blocks", i), role, n);
    html_table_end(&table);
}

static void endpoints_table(struct page *page)
{
    static const char *const header[] = {"Role", "Endpoint", "Block", "Learner", "n", "Events", "C-index (95 % CI)", NULL};
    const json_t *metrics = page->run->metrics;
    size_t n = length_at(metrics, "blocks_by_endpoint");
    if (n == 0)
        return;
    struct html_table table = html_table_begin(&page->out, "Blocks against follow-up: Harrell's C, each block by its best learner in the ranking", "llllrrr", header);
    for (size_t i = 0; i < n; i++) {
        const json_t *item = item_at(metrics, "blocks_by_endpoint", i);
        struct estimate c = estimate_at(item, "c_index");
        char role[96];
        snprintf(role, sizeof role, "%.60s%s", text_at(item, "role"), flag_at(item, "apparent") ? " (apparent)" : "");
        html_row_begin(&table, NULL);
        html_cell(&table, role);
        html_cell(&table, text_at(item, "endpoint"));
        html_cell(&table, text_at(item, "block"));
        html_cell(&table, text_at(item, "learner"));
        html_cell(&table, COUNT_TEXT(number_at(item, "n")));
        html_cell(&table, COUNT_TEXT(number_at(item, "events")));
        html_cell_interval(&table, c.value, c.low, c.high, 3);
        html_row_end(&table);
    }
    html_table_end(&table);
}

void section_models(struct page *page)
{
    if (length_at(page->run->metrics, "ranking.rows") == 0) {
        html_paragraph(&page->out, "No ranking stands in this run.");
        return;
    }
    page_add_figures(page, &figure_comparison);
    ranking_table(page);
    side_by_side_table(page);
    blocks_table(page);
    endpoints_table(page);
    html_begin(&page->out, "p", "small");
    html_add(&page->out, "Model fits in all: %s.", COUNT_TEXT(number_at(page->run->metrics, "cost.fits")));
    html_end(&page->out, "p");
}
