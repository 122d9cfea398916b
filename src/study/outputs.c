/* Tables of the run folder; see outputs.h. */
#include "study/outputs.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/csv.h"
#include "io/tablefile.h"

bool outputs_write(const char *folder, const char *name, const struct text *bytes, struct err *err)
{
    char *path = text_ok(bytes, err) ? path_join(folder, name, err) : NULL;
    bool done = path != NULL && file_write(path, bytes->bytes == NULL ? "" : bytes->bytes, bytes->n, err);
    mem_free(path);
    return done;
}

bool outputs_private(const struct study_settings *settings, const char *what)
{
    size_t n = settings_item_n(settings, "privacy");
    for (size_t k = 0; k < n; k++)
        if (strcmp(settings_text(settings, "privacy[%zu]", k), what) == 0)
            return true;
    return false;
}

bool outputs_lock(const struct study_settings *settings, const struct cohort *cohort, const char *params_sha256, const char *images_sha256,
                  const char *weights_sha256, struct text *out, struct err *err)
{
    text_add(out, "# hepar %s: every setting of this study, defaults included. Research use only; not a medical device.\n", HEPAR_VERSION);
    for (size_t k = 0; k < cohort->file_n; k++)
        text_add(out, "# sha256 %s %s\n", cohort->file[k].sha256, cohort->file[k].name);
    if (params_sha256 != NULL)
        text_add(out, "# sha256 %s extraction parameters\n", params_sha256);
    if (images_sha256 != NULL)
        text_add(out, "# sha256 %s images and masks (over the list of their hashes)\n", images_sha256);
    if (weights_sha256[0] != '\0')
        text_add(out, "# sha256 %s values of the network that deep.weights gives\n", weights_sha256);
    return settings_write_yaml(settings, out, err);
}

bool outputs_cases(const struct cohort *cohort, const char *folder, struct err *err)
{
    struct text out = TEXT_INIT;
    struct csv_writer csv = csv_writer(&out);
    static const char *const head[] = {"ID", "role", "used", "reason", "note", "label_known"};
    for (size_t k = 0; k < sizeof head / sizeof *head; k++)
        csv_add_text(&csv, head[k]);
    for (size_t e = 0; e < cohort->endpoint_n; e++) {
        char name[300];
        snprintf(name, sizeof name, "%s_known", cohort->endpoint[e].name);
        csv_add_text(&csv, name);
    }
    csv_end_row(&csv);
    for (size_t row = 0; row < cohort->n; row++) {
        csv_add_text(&csv, cohort->table.id[row]);
        csv_add_text(&csv, cohort->role_of[row]);
        csv_add_count(&csv, cohort->why_not[row] == NULL);
        csv_add_text(&csv, cohort->why_not[row]);
        csv_add_text(&csv, cohort->note[row]);
        csv_add_count(&csv, seal_known(cohort->seal, SIZE_MAX, row));
        for (size_t e = 0; e < cohort->endpoint_n; e++)
            csv_add_count(&csv, seal_known(cohort->seal, e, row));
        csv_end_row(&csv);
    }
    bool done = outputs_write(folder, "cases.csv", &out, err);
    text_free(&out);
    return done;
}

bool outputs_features(const struct predictors *predictors, const char *folder, struct err *err)
{
    char *values = path_join(folder, "features.csv", err), *notes = path_join(folder, "features.notes.csv", err);
    bool done = values != NULL && notes != NULL && table_write_csv(values, &predictors->table, err) && table_write_notes(notes, &predictors->table, err);
    mem_free(values);
    mem_free(notes);
    return done;
}

bool outputs_logits(const struct run_results *r, const char *folder, struct err *err)
{
    const struct fit *fit = r->fit;
    static const char *const head[] = {"ID", "role", "logit", "logit_out_of_fold"};
    struct text out = TEXT_INIT;
    struct csv_writer csv = csv_writer(&out);
    if (fit->logit == NULL)
        return true;
    for (size_t k = 0; k < sizeof head / sizeof *head; k++)
        csv_add_text(&csv, head[k]);
    csv_end_row(&csv);
    for (size_t row = 0, at = 0; row < r->cohort->n; row++) {
        bool fitted = at < fit->train_n && fit->train_row[at] == row;
        double out_of_fold = fitted ? fit->logit_out_of_fold[at] : NAN;
        at += fitted;
        if (isnan(fit->logit[row]))
            continue;
        csv_add_text(&csv, r->cohort->table.id[row]);
        csv_add_text(&csv, r->cohort->role_of[row]);
        csv_add_number(&csv, fit->logit[row]);
        csv_add_number(&csv, out_of_fold);
        csv_end_row(&csv);
    }
    bool done = outputs_write(folder, "logits.csv", &out, err);
    text_free(&out);
    return done;
}

/* ---- predictions.csv ---- */

struct prediction {
    const char *block, *learner;
    size_t repeat, fold; /* 1-based; 0: not out of fold */
    double score;
    int group;           /* 0 low, 1 high, -1 not grouped */
    bool apparent;
};

static void add_outcomes(struct csv_writer *csv, const struct run_results *r, size_t row)
{
    csv_add_number(csv, r->outcomes->label[row]);
    for (size_t e = 0; e < r->cohort->endpoint_n; e++) {
        csv_add_number(csv, r->outcomes->time[e][row]);
        csv_add_number(csv, r->outcomes->event[e][row]);
    }
}

static void add_prediction(struct csv_writer *csv, const struct run_results *r, size_t row, const struct prediction *p, bool outcomes)
{
    csv_add_text(csv, r->cohort->table.id[row]);
    csv_add_text(csv, r->cohort->role_of[row]);
    csv_add_text(csv, p->block);
    csv_add_text(csv, p->learner);
    if (p->repeat > 0) {
        csv_add_count(csv, p->repeat);
        csv_add_count(csv, p->fold);
    } else {
        csv_add_text(csv, NULL);
        csv_add_text(csv, NULL);
    }
    csv_add_number(csv, p->score);
    csv_add_text(csv, p->group < 0 ? NULL : p->group == 0 ? "low" : "high");
    csv_add_count(csv, p->apparent);
    if (outcomes)
        add_outcomes(csv, r, row);
    csv_end_row(csv);
}

/* The winner's probability on every used case, with its risk group. */
static void add_winner(struct csv_writer *csv, const struct run_results *r, bool outcomes)
{
    for (size_t row = 0; row < r->cohort->n; row++) {
        double score = r->fit->probability[row];
        if (isnan(score))
            continue;
        struct prediction p = {r->model->block, r->model->learner, 0, 0, score, score >= r->model->threshold, r->fit->apparent[row]};
        add_prediction(csv, r, row, &p, outcomes);
    }
}

/* Every other candidate, fitted on the whole of train: on the learner's own scale. */
static void add_candidate(struct csv_writer *csv, const struct run_results *r, size_t candidate, bool outcomes)
{
    size_t learner_n = r->plan->procedure.learner_n;
    struct prediction p = {.block = r->plan->block[candidate / learner_n].name, .learner = r->plan->learner[candidate % learner_n].name, .group = -1};
    if (candidate != r->fit->result.winner && r->fit->score[candidate] != NULL)
        for (size_t row = 0; row < r->cohort->n; row++)
            if (!isnan(p.score = r->fit->score[candidate][row])) {
                p.apparent = r->fit->apparent[row];
                add_prediction(csv, r, row, &p, outcomes);
            }
    const struct crossval *ranking = &r->fit->result.ranking;
    p.apparent = false;
    for (p.repeat = 1; p.repeat <= ranking->repeat_n; p.repeat++)
        for (size_t k = 0; k < ranking->row_n; k++) {
            size_t at = (p.repeat - 1) * ranking->row_n + k;
            p.fold = ranking->fold[at] + 1;
            p.score = ranking->score[candidate * ranking->repeat_n * ranking->row_n + at];
            if (!isnan(p.score))
                add_prediction(csv, r, r->fit->train_row[k], &p, outcomes);
        }
}

bool outputs_predictions(const struct run_results *r, const char *folder, struct err *err)
{
    static const char *const head[] = {"ID", "role", "block", "learner", "repeat", "fold", "score", "group", "apparent"};
    bool outcomes = !outputs_private(r->settings, "no-outcomes");
    struct text out = TEXT_INIT;
    struct csv_writer csv = csv_writer(&out);
    for (size_t k = 0; k < sizeof head / sizeof *head; k++)
        csv_add_text(&csv, head[k]);
    if (outcomes) {
        csv_add_text(&csv, "label");
        for (size_t e = 0; e < r->cohort->endpoint_n; e++) {
            char name[300];
            snprintf(name, sizeof name, "%s_time", r->cohort->endpoint[e].name);
            csv_add_text(&csv, name);
            snprintf(name, sizeof name, "%s_event", r->cohort->endpoint[e].name);
            csv_add_text(&csv, name);
        }
    }
    csv_end_row(&csv);
    add_winner(&csv, r, outcomes);
    for (size_t c = 0; c < r->fit->candidate_n; c++)
        add_candidate(&csv, r, c, outcomes);
    bool done = outputs_write(folder, "predictions.csv", &out, err);
    text_free(&out);
    return done;
}
