/* A crop from files; see crop_files.h. */
#include "nn/crop_files.h"

#include <string.h>

#include "base/budget.h"
#include "io/image.h"

struct reading {
    struct volume image[CROP_PHASE_MAX];
    struct roi region[CROP_PHASE_MAX];
};

static bool read_region(const char *path, const struct volume *image, const struct mask_choice *choice, struct roi *region, struct notes *notes, struct err *err)
{
    struct volume mask = {.voxels = NULL};
    bool done = image_read_mask(path, &mask, notes, err) && mask_fit(image, &mask, choice, region, notes, err);
    volume_free(&mask);
    return done;
}

bool crop_of_files(const struct crop_settings *settings, const char *const *image, const char *const *mask, const struct mask_choice *choice, struct crop *crop,
                   struct notes *notes, struct err *err)
{
    struct reading reading;
    const struct volume *phase[CROP_PHASE_MAX];
    const struct roi *region[CROP_PHASE_MAX];
    uint64_t need = 0;
    bool done = true;
    memset(&reading, 0, sizeof reading);
    for (size_t p = 0; p < settings->phase_n; p++)
        need += image_memory(image[p]) + (p < settings->mask_n ? image_memory(mask[p]) : 0);
    budget_take(need, image[0]);
    for (size_t p = 0; done && p < settings->phase_n; p++) {
        phase[p] = &reading.image[p];
        region[p] = &reading.region[p];
        done = image_read(image[p], &reading.image[p], notes, err) &&
               (p >= settings->mask_n || read_region(mask[p], &reading.image[p], choice, &reading.region[p], notes, err));
    }
    done = done && crop_make(settings, phase, region, crop, notes, err);
    for (size_t p = 0; p < CROP_PHASE_MAX; p++) {
        volume_free(&reading.image[p]);
        roi_free(&reading.region[p]);
    }
    budget_give(need);
    return done;
}
