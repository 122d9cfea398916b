/* Crops of a cohort; see crops.h. Case by case, in parallel. */
#include "study/crops.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"
#include "base/text.h"
#include "nn/crop_files.h"
#include "study/extraction.h"

struct stage {
    struct cohort *cohort;
    const struct crop_settings *settings;
    const struct mask_choice *choice;
    struct crops *out;
    struct progress *progress;
};

/* The columns' files of a case; NULL with the reason where a cell is empty. */
static bool list_files(const struct stage *stage, size_t row, char *image[CROP_PHASE_MAX], char *mask[CROP_PHASE_MAX], struct err *err)
{
    for (size_t p = 0; p < stage->settings->phase_n; p++) {
        const struct phase *phase = &stage->cohort->phase[p];
        if ((image[p] = extraction_path(stage->cohort, phase->image_column, row, err)) == NULL ||
            (p < stage->settings->mask_n && (mask[p] = extraction_path(stage->cohort, phase->mask_column, row, err)) == NULL))
            return false;
    }
    return true;
}

static bool make_crop(const struct stage *stage, size_t row, struct notes *notes, struct err *err)
{
    char *image[CROP_PHASE_MAX] = {NULL}, *mask[CROP_PHASE_MAX] = {NULL};
    bool done = list_files(stage, row, image, mask, err) && crop_of_files(stage->settings, (const char *const *)image, (const char *const *)mask, stage->choice,
                                                                           &stage->out->crop[row], notes, err);
    for (size_t p = 0; p < CROP_PHASE_MAX; p++) {
        mem_free(image[p]);
        mem_free(mask[p]);
    }
    return done;
}

/* Behind what extraction said of the case's files. */
static bool add_note(char **note, const struct notes *notes, struct err *err)
{
    if (notes->n == 0)
        return true;
    struct text whole = TEXT_INIT;
    text_add(&whole, "%s%sinput of the network: ", *note == NULL ? "" : *note, *note == NULL ? "" : "; ");
    for (size_t k = 0; k < notes->n; k++)
        text_add(&whole, "%s%s", k > 0 ? "; " : "", notes->note[k].line);
    if (!text_ok(&whole, err)) {
        text_free(&whole);
        return false;
    }
    mem_free(*note);
    *note = whole.bytes;
    return true;
}

/* The reason why not, and so what the case fails with; NULL where it may be used. */
static const char *left_out(const struct cohort *cohort, size_t row)
{
    return cohort->why_not == NULL ? NULL : cohort->why_not[row];
}

static bool make_case(const struct stage *stage, size_t row, struct err *err)
{
    struct cohort *cohort = stage->cohort;
    struct err why = ERR_INIT;
    struct notes notes = NOTES_INIT;
    bool made = left_out(cohort, row) == NULL ? make_crop(stage, row, &notes, &why) : err_set(&why, ERR_INPUT, "%s", left_out(cohort, row));
    bool done = true;
    if (made)
        done = cohort->note == NULL || add_note(&cohort->note[row], &notes, err);
    else if (why.kind == ERR_INPUT)
        done = (stage->out->failure[row] = mem_string(why.text, err)) != NULL;
    else
        done = err_set(err, why.kind, "%s", why.text);
    notes_free(&notes);
    return done;
}

static bool make_cases(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    const struct stage *stage = ctx;
    for (size_t row = begin; row < end; row++) {
        if (!make_case(stage, row, err))
            return stage->cohort->table.id == NULL ? false : err_add(err, "case %s", stage->cohort->table.id[row]);
        progress_step(stage->progress, 1);
    }
    return true;
}

bool crops_one_mask(const struct cohort *cohort)
{
    for (size_t p = 1; p < cohort->phase_n; p++)
        if (strcmp(cohort->phase[p].mask_column, cohort->phase[0].mask_column) != 0)
            return false;
    return true;
}

bool crops_make(struct cohort *cohort, const struct crop_settings *settings, const struct mask_choice *choice, struct crops *out, struct err *err)
{
    *out = (struct crops){.n = cohort->n};
    struct stage stage = {cohort, settings, choice, out, NULL};
    out->crop = mem_zero(out->n, sizeof *out->crop, err);
    out->failure = mem_zero(out->n, sizeof *out->failure, err);
    bool done = out->crop != NULL && out->failure != NULL;
    if (done) {
        stage.progress = progress_start("cutting out tumours", cohort->n);
        done = par_for(cohort->n, 1, make_cases, &stage, err);
        progress_end(stage.progress);
    }
    if (!done)
        crops_free(out);
    return done;
}

void crops_free(struct crops *crops)
{
    for (size_t k = 0; k < crops->n; k++) {
        if (crops->crop != NULL)
            crop_free(&crops->crop[k]);
        if (crops->failure != NULL)
            mem_free(crops->failure[k]);
    }
    mem_free(crops->crop);
    mem_free(crops->failure);
    *crops = (struct crops){0};
}

bool crops_add_column(const struct crops *crops, struct table *table, struct err *err)
{
    struct column *column = table_add(table, CROPS_COLUMN, COLUMN_CASE, err);
    if (column == NULL)
        return false;
    for (size_t row = 0; row < crops->n; row++) {
        if (crops->failure[row] == NULL)
            column->object[row] = &crops->crop[row];
        else if (!table_set_reason(table, column, row, crops->failure[row], err))
            return false;
    }
    return true;
}
