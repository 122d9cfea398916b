/* Filling the checklists, and their file; see checklist.h. */
#include "report/checklist.h"

#include <string.h>
#include <strings.h>

#include "io/csv.h"
#include "report/evidence.h"
#include "report/numbers.h"

const struct checklist_source *const checklist_sources[CHECKLIST_N] = {&checklist_clear, &checklist_metrics, &checklist_tripod};
enum { CLEAR, METRICS, TRIPOD };

const char *answer_word(enum answer answer)
{
    static const char *const words[] = {"open", "yes", "no", "not applicable"};
    return words[answer];
}

/* Keys hold dots of their own ("segmentation.method"), so they are no path. */
const char *reported(const struct run *run, const char *key)
{
    const char *text = json_string_value(json_object_get(part(run->metrics, "reporting"), key));
    return text == NULL ? "" : text;
}

static bool is_denial(const char *text)
{
    static const char *const words[] = {"no", "none", "nothing", "not done", "not reported", "unknown", "n/a", "na", "false"};
    static const char *const beginnings[] = {"single cent", "single-cent", "one cent", "monocent", "not shared", "not available"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (strncasecmp(text, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

/* Takes the next key off a list; false at its end. */
static bool next_key(const char **at, char key[64], bool *needed)
{
    if (**at == '\0')
        return false;
    *needed = **at != '?';
    *at += !*needed;
    size_t n = strcspn(*at, " ");
    snprintf(key, 64, "%.*s", (int)n, *at);
    *at += n;
    *at += **at == ' ';
    return true;
}

bool checklist_knows_key(const char *key)
{
    char known[64];
    bool needed;
    for (size_t c = 0; c < CHECKLIST_N; c++)
        for (size_t i = 0; i < checklist_sources[c]->n; i++)
            for (const char *at = checklist_sources[c]->item[i].keys; at != NULL && next_key(&at, known, &needed);)
                if (strcmp(known, key) == 0)
                    return true;
    return false;
}

/* What the authors wrote under the item's keys. All must be there; what is missing is named. */
static enum answer ask_authors(const struct run *run, const struct item *item, struct text *text)
{
    char missing[256] = "", key[64];
    enum answer answer = ANSWER_YES;
    size_t told = 0;
    bool needed;
    for (const char *at = item->keys; next_key(&at, key, &needed);) {
        const char *value = reported(run, key);
        if (value[0] == '\0' && !needed)
            continue;
        if (value[0] == '\0') {
            size_t length = strlen(missing);
            snprintf(missing + length, sizeof missing - length, "%sreporting.%s", length > 0 ? ", " : "", key);
        } else {
            text_add(text, "%s%s", text->n > 0 ? "; " : "", value);
            if (item->judged && is_denial(value))
                answer = ANSWER_NO;
            told++;
        }
    }
    if (missing[0] == '\0')
        return told > 0 ? answer : ANSWER_OPEN;
    text_add(text, "%snot given: %s", text->n > 0 ? "; " : "", missing);
    return told > 0 && answer == ANSWER_NO ? ANSWER_NO : ANSWER_OPEN;
}

static void fill_item(const struct run *run, const struct item *item, struct item_answer *out)
{
    *out = (struct item_answer){.answer = ANSWER_OPEN, .by = "", .evidence = TEXT_INIT};
    if (item->evaluation_only && !run_has_test_role(run)) {
        out->answer = ANSWER_NOT_APPLICABLE;
        out->by = "run";
        text_add(&out->evidence, "no role tests the model");
        return;
    }
    if (item->evidence != NULL) {
        out->answer = item->evidence(run, &out->evidence);
        out->by = out->answer == ANSWER_OPEN ? "" : "run";
    }
    if (item->keys == NULL || out->answer == ANSWER_NOT_APPLICABLE)
        return;
    bool by_run = out->answer != ANSWER_OPEN;
    enum answer authors = ask_authors(run, item, &out->evidence);
    if (!by_run) {
        out->answer = authors;
        out->by = authors == ANSWER_OPEN ? "" : "authors";
    } else if (authors == ANSWER_YES)
        out->by = "run and authors";
}

/* Masks, hand-crafted columns, tabular columns, networks: by the blocks and phases of the run. */
static void find_conditions(const struct run *run, bool condition[METRICS_CONDITION_N])
{
    bool radiomics = run_has_block(run, "radiomics"), images = length_at(run->metrics, "study.phases") > 0;
    condition[0] = radiomics || images;
    condition[1] = condition[0] && strncasecmp(reported(run, "segmentation.method"), "automatic", 9) == 0;
    condition[2] = radiomics;
    condition[3] = true; /* every block is a table of columns */
    condition[4] = run_has_block(run, "deep");
}

static void score_metrics(const struct run *run, struct checklist *checklist)
{
    bool yes[METRICS_ITEM_N];
    find_conditions(run, checklist->condition);
    for (size_t i = 0; i < METRICS_ITEM_N; i++) {
        struct item_answer *answer = &checklist->answer[METRICS][i];
        if (!metrics_item_applies(checklist->condition, i)) {
            answer->answer = ANSWER_NOT_APPLICABLE;
            answer->by = "run";
        }
        yes[i] = answer->answer == ANSWER_YES;
    }
    checklist->score = metrics_score(checklist->condition, yes);
}

bool checklist_fill(const struct run *run, struct checklist *checklist, struct err *err)
{
    *checklist = (struct checklist){0};
    for (size_t c = 0; c < CHECKLIST_N; c++) {
        const struct checklist_source *source = checklist_sources[c];
        checklist->answer[c] = mem_zero(source->n, sizeof **checklist->answer, err);
        if (checklist->answer[c] == NULL)
            goto fail;
        for (size_t i = 0; i < source->n; i++)
            fill_item(run, &source->item[i], &checklist->answer[c][i]);
    }
    score_metrics(run, checklist);
    for (size_t c = 0; c < CHECKLIST_N; c++)
        for (size_t i = 0; i < checklist_sources[c]->n; i++)
            if (!text_ok(&checklist->answer[c][i].evidence, err))
                goto fail;
    return true;
fail:
    checklist_free(checklist);
    return err_add(err, "checklist");
}

void checklist_free(struct checklist *checklist)
{
    for (size_t c = 0; c < CHECKLIST_N; c++) {
        for (size_t i = 0; checklist->answer[c] != NULL && i < checklist_sources[c]->n; i++)
            text_free(&checklist->answer[c][i].evidence);
        mem_free(checklist->answer[c]);
    }
    *checklist = (struct checklist){0};
}

static void add_cells(struct csv_writer *csv, const struct checklist_source *source, const char *const *cell, size_t n)
{
    csv_add_text(csv, source->name);
    csv_add_text(csv, source->version);
    csv_add_text(csv, source->doi);
    for (size_t i = 0; i < n; i++)
        csv_add_text(csv, cell[i]);
}

static void add_conditions(struct csv_writer *csv, const struct checklist *checklist)
{
    static const struct {
        const char *id, *title, *evidence;
    } rows[METRICS_CONDITION_N] = {
        {"C1", "segmentation", "masks, or columns made with masks"},
        {"C2", "fully automatic segmentation", "reporting.segmentation.method"},
        {"C3", "hand-crafted features", "block radiomics"},
        {"C4", "tabular columns", "every block is a table of columns"},
        {"C5", "end-to-end network", "a network trained on the target counts as one, although its output is a column here"},
    };
    for (size_t i = 0; i < METRICS_CONDITION_N; i++) {
        const char *cells[] = {rows[i].id, "Conditions", rows[i].title, checklist->condition[i] ? "yes" : "no", i == 1 ? "authors" : "run", rows[i].evidence, NULL, NULL};
        add_cells(csv, &checklist_metrics, cells, sizeof cells / sizeof cells[0]);
        csv_end_row(csv);
    }
    struct text percent = TEXT_INIT;
    text_add_double(&percent, checklist->score.percent);
    const char *cells[] = {"score", "Score, percent", metrics_category(checklist->score.percent), told(&percent, csv->out), "run",
                           "100 x weights answered yes / weights that apply; open counts as no; category by the unrounded value", NULL};
    add_cells(csv, &checklist_metrics, cells, sizeof cells / sizeof cells[0]);
    csv_add_text(csv, NULL);
    csv_end_row(csv);
    text_free(&percent);
}

void checklist_write_csv(const struct checklist *checklist, struct text *out)
{
    static const char *const header[] = {"checklist", "version", "doi", "item", "section", "title", "answer", "answered_by", "evidence", "where", "weight"};
    struct csv_writer csv = csv_writer(out);
    for (size_t i = 0; i < sizeof header / sizeof header[0]; i++)
        csv_add_text(&csv, header[i]);
    csv_end_row(&csv);
    for (size_t c = 0; c < CHECKLIST_N; c++) {
        for (size_t i = 0; i < checklist_sources[c]->n; i++) {
            const struct item *item = &checklist_sources[c]->item[i];
            const struct item_answer *answer = &checklist->answer[c][i];
            const char *cells[] = {item->id, item->section, item->title, answer_word(answer->answer), answer->by,
                                   answer->evidence.bytes == NULL ? "" : answer->evidence.bytes, answer->answer == ANSWER_YES ? item->where : NULL};
            add_cells(&csv, checklist_sources[c], cells, sizeof cells / sizeof cells[0]);
            if (c == METRICS)
                csv_add_number(&csv, metrics_weight[i] / 10000.0);
            else
                csv_add_text(&csv, NULL);
            csv_end_row(&csv);
        }
        if (c == METRICS)
            add_conditions(&csv, checklist);
    }
}
