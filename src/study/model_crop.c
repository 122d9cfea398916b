/* The input of a model's networks in its file: what must be cut out of a new case's images, as texts and tensors named "crop.*".
 *
 * The margin around the box is for training alone and is not kept: a sample of a case that is scored never reads it. */
#include <string.h>

#include "study/model_parts.h"

enum { COUNT_N = 6, NUMBER_N = 13 };

bool model_crop_put(const struct model *model, struct store *store, struct err *err)
{
    const struct crop_settings *crop = &model->crop;
    if (!model->has_crop)
        return true;
    const int64_t count[COUNT_N] = {(int64_t)crop->phase_n, (int64_t)crop->mask_n, (int64_t)crop->size[0], (int64_t)crop->size[1], (int64_t)crop->size[2],
                                    (int64_t)crop->slice_max};
    double number[NUMBER_N];
    memcpy(number, crop->spacing, 3 * sizeof *number);
    memcpy(number + 3, crop->low, 4 * sizeof *number);
    memcpy(number + 7, crop->high, 4 * sizeof *number);
    number[11] = crop->blank_mm;
    number[12] = crop->fit;
    return store_put_text(store, "crop.view", crop_view_name(crop->view), err) && store_put_i64(store, "crop.count", count, COUNT_N, err) &&
           store_put_f64(store, "crop.number", number, NUMBER_N, err);
}

bool model_crop_get(struct model *model, const struct store *store, struct err *err)
{
    const char *view = store_find_text(store, "crop.view");
    const int64_t *count;
    const double *number;
    if (view == NULL)
        return true;
    if (!store_get_i64(store, "crop.count", COUNT_N, &count, NULL, err) || !store_get_f64(store, "crop.number", NUMBER_N, &number, NULL, err))
        return false;
    struct crop_settings *crop = &model->crop;
    *crop = CROP_DEFAULT;
    if (!crop_view_from_name(view, &crop->view))
        return err_set(err, ERR_INPUT, "the text 'crop.view' says '%s', which this program does not know", view);
    for (int k = 0; k < COUNT_N; k++)
        if (count[k] < 0 || count[k] > INT32_MAX)
            return err_set(err, ERR_INPUT, "tensor crop.count holds %lld, expected 0 or more", (long long)count[k]);
    crop->phase_n = (size_t)count[0];
    crop->mask_n = (size_t)count[1];
    for (int a = 0; a < 3; a++)
        crop->size[a] = (size_t)count[2 + a];
    crop->slice_max = (size_t)count[5];
    memcpy(crop->spacing, number, 3 * sizeof *number);
    memcpy(crop->low, number + 3, 4 * sizeof *number);
    memcpy(crop->high, number + 7, 4 * sizeof *number);
    crop->blank_mm = number[11];
    crop->fit = number[12];
    struct err why = ERR_INIT;
    if (!crop_settings_check(crop, &why))
        return err_set(err, ERR_INPUT, "tensors crop.*: %s", why.text);
    if (crop->phase_n != model->phase_n || crop->mask_n == 0)
        return err_set(err, ERR_INPUT, "tensor crop.count: %zu phases and %zu masks, but the model has %zu phases", crop->phase_n, crop->mask_n, model->phase_n);
    model->has_crop = true;
    return true;
}
