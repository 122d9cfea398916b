/* hepar predict: the locked model of a run on one new case, or on a table of them. */
#include "cmd/command.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "study/maps.h"
#include "study/predict.h"

struct settings {
    struct opt_list image, mask, value;
    const char *output, *contributions, *id, *map;
    bool json;
};

static bool write_text(const char *path, const struct text *out, struct err *err)
{
    return path == NULL ? stdout_write(out->bytes, out->n, err) : file_write(path, out->bytes, out->n, err);
}

static bool write_table(const struct settings *settings, struct predictions *predictions, struct err *err)
{
    struct text out = TEXT_INIT, parts = TEXT_INIT;
    bool done = predictions_csv(predictions, &out, err) &&
                (settings->contributions == NULL || (predictions_explain(predictions, err) && predictions_contributions_csv(predictions, &parts, err))) &&
                (settings->contributions == NULL || write_text(settings->contributions, &parts, err)) && write_text(settings->output, &out, err);
    text_free(&out);
    text_free(&parts);
    return done;
}

static bool write_maps(const struct settings *settings, const struct predictions *predictions, size_t *failed_n, struct err *err)
{
    return settings->map == NULL || maps_of_predictions(predictions, settings->map, failed_n, err);
}

static bool predict_table(struct call *call, const struct model *model, struct err *err)
{
    const struct settings *settings = call->settings;
    struct newcases cases = {0};
    struct predictions predictions = {0};
    size_t map_failed_n = 0;
    bool done = newcases_read(model, call->operand + 1, call->operand_n - 1, settings->id, &cases, err) && predict_cases(model, &cases, &predictions, err);
    for (size_t row = 0; done && row < predictions.n; row++)
        if (predictions.item[row].failure != NULL)
            log_warn("case %s: %s", cases.table.id[row], predictions.item[row].failure);
    done = done && write_maps(settings, &predictions, &map_failed_n, err) && write_table(settings, &predictions, err);
    call->failed_n = predictions.failed_n + map_failed_n;
    predictions_free(&predictions);
    newcases_free(&cases);
    return done;
}

static bool predict_one(struct call *call, const struct model *model, const char *sha256, struct err *err)
{
    const struct settings *settings = call->settings;
    const struct newcase given = {settings->image.item, settings->image.n, settings->mask.item, settings->mask.n, settings->value.item, settings->value.n};
    struct newcases cases = {0};
    struct predictions predictions = {0};
    struct text out = TEXT_INIT;
    size_t map_failed_n = 0;
    bool done = newcases_take(model, &given, &cases, err) && predict_cases(model, &cases, &predictions, err);
    if (done && predictions.failed_n > 0)
        done = err_set(err, ERR_INPUT, "%s", predictions.item[0].failure);
    done = done && write_maps(settings, &predictions, &map_failed_n, err);
    if (done && map_failed_n > 0)
        done = err_set(err, ERR_INPUT, "the case has no map");
    done = done && predictions_explain(&predictions, err) && (settings->json ? prediction_json(&predictions, sha256, &out, err) : prediction_text(&predictions, sha256, &out, err)) &&
           write_text(settings->output, &out, err);
    text_free(&out);
    predictions_free(&predictions);
    newcases_free(&cases);
    return done;
}

/* Options that belong to the other form are refused, not left out. */
static bool check_form(const struct call *call, struct err *err)
{
    const struct settings *settings = call->settings;
    bool table = call->operand_n > 1, one = settings->image.n + settings->mask.n + settings->value.n > 0;
    if (table && one)
        return err_set(err, ERR_USAGE, "%s: a table is given, and --image, --mask or --value of one case as well", call->operand[1]);
    if (!table && !one)
        return err_set(err, ERR_USAGE, "no case is given: expected a table, or one case by --image, --mask and --value");
    if (table && settings->json)
        return err_set(err, ERR_USAGE, "option --json: is for one case; predictions of a table are CSV");
    if (!table && (settings->contributions != NULL || settings->id != NULL))
        return err_set(err, ERR_USAGE, "option --%s: is for a table of cases", settings->id != NULL ? "id" : "contributions");
    return true;
}

static bool run(struct call *call, struct err *err)
{
    struct model model = {0};
    char sha256[65];
    bool done = check_form(call, err) && predict_read_model(call->operand[0], &model, sha256, err);
    if (done && strcmp(model.version, HEPAR_VERSION) != 0)
        log_warn("the model was made by hepar %s, and this is hepar %s: columns may be computed otherwise", model.version, HEPAR_VERSION);
    if (done && model.leaky)
        log_warn("the model was made with --allow-leakage: what was measured of it is not honest");
    done = done && (call->operand_n > 1 ? predict_table(call, &model, err) : predict_one(call, &model, sha256, err));
    model_free(&model);
    return done;
}

static const struct opt opts[] = {
    {"image", 0, OPT_LIST, "PHASE=FILE", "image of a phase; just FILE for a model with one phase", offsetof(struct settings, image)},
    {"mask", 0, OPT_LIST, "FILE", "tumour mask of all phases; PHASE=FILE: of one phase", offsetof(struct settings, mask)},
    {"value", 0, OPT_LIST, "COLUMN=VALUE", "a clinical value, e.g. afp=12; what is not given counts as missing", offsetof(struct settings, value)},
    OPT_OUTPUT("FILE", "where the predictions go; unset: to the screen", offsetof(struct settings, output)),
    {"contributions", 0, OPT_TEXT, "FILE", "also write what each column adds to each case's score (CSV)", offsetof(struct settings, contributions)},
    {"map", 0, OPT_TEXT, "FOLDER", "also write where in the images each case's score comes from (NIfTI on the first phase's grid); for models with networks", offsetof(struct settings, map)},
    {"id", 0, OPT_TEXT, "COLUMN", "column of the case IDs; unset: ID, or else the rows' numbers", offsetof(struct settings, id)},
    OPT_JSON(offsetof(struct settings, json)),
};

static const char *const usage[] = {"MODEL --image arterial=FILE --image portal=FILE --mask FILE --value COLUMN=VALUE", "MODEL COHORT [FURTHER TABLE ...] [-o FILE]", NULL};

static const struct manual_example examples[] = {
    {"hepar predict out --image arterial=A.nii.gz --image portal=P.nii.gz --mask M.nii.gz --value afp=12", "One new patient, with the model of the run folder `out`."},
    {"hepar predict out/model.hepar cohort.csv -o predictions.csv --contributions parts.csv", "A table of patients."},
    {"hepar predict out cohort.csv -o predictions.csv --map maps", "The same, and maps/ID.nii.gz: where the score comes from."},
    {"hepar predict out clinical.csv radiomics.csv.gz --id patient -o predictions.csv", "Two tables, joined by the column `patient`."},
};

const struct command command_predict = {
    .page = {.name = "predict", .group = GROUP_STUDY, .summary = "score new cases with the locked model of a run", .usage = usage,
             .description =
                 "MODEL is a model.hepar or a run folder. Gives for each case the probability, the risk group by the model's locked threshold, how far the "
                 "case lies from the training data (distance: the root mean square, over the numbers in the score, of their distance from the training mean in "
                 "standard deviations; percentile: the share of training cases that lie nearer; outside: the numbers outside the training range), what was "
                 "imputed, and what each column adds to the score. Images are measured with the model's own parameters.\n\n"
                 "COHORT is a CSV with the model's clinical columns by name, and Image and Mask (or Image_PHASE, and Mask_PHASE or a shared Mask), paths relative "
                 "to it, where the model was made from images; ready feature columns where it was made from tables. Further tables add their columns to the "
                 "cases of the first, by ID. Its output has the columns ID, probability, "
                 "group, distance, percentile, outside, notes, notice. A case that fails keeps its row, empty, with its reason in the notes, and the exit code is 1. "
                 "A table or command line that does not fit the model is refused.\n\n"
                 "Contributions are on the scale of the log-odds of the probability: with the constant they sum to it.\n\n"
                 "A map (--map) is Grad-CAM of the score, by occlusion where the learner has no slope: FOLDER/ID.nii.gz, or FOLDER/map.nii.gz of one case. For a case of the "
                 "high group it shows what raises the score, for one of the low group what lowers it; doc/explanation.md has its definition.\n\n"
                 "Research use only; not a medical device.",
             .opt = opts, .opt_n = COUNT_OF(opts), .example = examples, .example_n = COUNT_OF(examples)},
    .operand_least = 1,
    .operand_most = 9,
    .settings_size = sizeof(struct settings),
    .run = run,
};
