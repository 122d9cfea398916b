/* Any bytes as a model file, its hash left aside: read or refused; what is read scores two cases, or says why not. */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/safetensors.h"
#include "study/predict.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Ones and a word in the first case, nothing in the second. */
static bool make_cases(const struct model *model, struct newcases *cases, struct err *err)
{
    *cases = (struct newcases){0};
    if (!table_init(&cases->table, 2, NULL, NULL, err) || (cases->failure = mem_zero(2, sizeof *cases->failure, err)) == NULL)
        return false;
    for (size_t i = 0; i < model->input_n; i++) {
        struct column *column = table_add(&cases->table, model->input[i].name, model->input[i].is_text ? COLUMN_TEXT : COLUMN_NUMBER, err);
        if (column == NULL)
            return false;
        if (model->input[i].is_text && !table_set_text(&cases->table, column, 0, "a", err))
            return false;
        if (!model->input[i].is_text)
            column->number[0] = 1;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct store store = {0};
    struct model model = {0};
    struct newcases cases = {0};
    struct predictions predictions = {0};
    struct text out = TEXT_INIT;
    struct err err = ERR_INIT;
    if (safetensors_parse("fuzz", bytes, n, &store, &err) && model_from_store(&store, &model, &err) && make_cases(&model, &cases, &err) &&
        predict_cases(&model, &cases, &predictions, &err) && predictions_explain(&predictions, &err) &&
        !(predictions_csv(&predictions, &out, &err) && predictions_contributions_csv(&predictions, &out, &err) &&
          prediction_text(&predictions, "0", &out, &err) && prediction_json(&predictions, "0", &out, &err) && model_describe(&model, &out, &err)))
        abort();
    if (err.kind == ERR_BUG)
        abort();
    text_free(&out);
    predictions_free(&predictions);
    newcases_free(&cases);
    model_free(&model);
    store_free(&store);
    return 0;
}
