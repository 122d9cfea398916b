/* Maps of new cases; see maps.h. Case by case, in parallel. */
#include "study/maps.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"
#include "io/image.h"
#include "io/nifti.h"
#include "study/predict.h"
#include "study/slices.h"

struct stage {
    const struct predictions *predictions;
    const char *folder;
    bool *failed; /* a case */
    struct progress *progress;
};

/* The grid alone is needed. */
static bool read_grid(const char *path, struct grid *grid, struct err *err)
{
    struct volume image = {.voxels = NULL};
    struct notes notes = NOTES_INIT;
    bool done = image_read(path, &image, &notes, err);
    *grid = image.grid;
    volume_free(&image);
    notes_free(&notes);
    return done;
}

static char *map_path(const struct stage *stage, size_t row, struct err *err)
{
    char name[SLICES_NAME_ROOM] = "map.nii.gz";
    if (stage->predictions->cases->table.id != NULL)
        slices_name(stage->predictions->cases->table.id[row], ".nii.gz", name);
    return path_join(stage->folder, name, err);
}

static bool map_case(const struct stage *stage, size_t row, struct err *err)
{
    const struct newcases *cases = stage->predictions->cases;
    struct scoremap map = {.map = NULL};
    struct volume on_image = {.voxels = NULL};
    struct grid grid;
    enum scoremap_of of = stage->predictions->item[row].high ? SCOREMAP_RAISES : SCOREMAP_LOWERS;
    char *path = map_path(stage, row, err);
    bool done = path != NULL && scoremap_make(stage->predictions->model, &cases->table, row, of, 0, &map, err) && read_grid(cases->image[row], &grid, err) &&
                crop_map_to_image(&cases->crops.crop[row], map.map, &grid, &on_image, err) && nifti_write(path, &on_image, err);
    volume_free(&on_image);
    scoremap_free(&map);
    mem_free(path);
    return done;
}

static bool map_cases(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    struct stage *stage = ctx;
    for (size_t row = begin; row < end; row++) {
        struct err why = ERR_INIT;
        if (stage->predictions->item[row].failure == NULL && !map_case(stage, row, &why)) {
            char *const *id = stage->predictions->cases->table.id;
            if (why.kind != ERR_INPUT)
                return err_set(err, why.kind, "%s", why.text);
            log_warn("case %s: %s", id == NULL ? "" : id[row], why.text);
            stage->failed[row] = true;
        }
        progress_step(stage->progress, 1);
    }
    return true;
}

bool maps_of_predictions(const struct predictions *predictions, const char *folder, size_t *failed_n, struct err *err)
{
    struct stage stage = {.predictions = predictions, .folder = folder};
    *failed_n = 0;
    if (!scoremap_has_networks(predictions->model))
        return err_set(err, ERR_USAGE, "maps: the model's score (%s with %s) is not made with networks, so it has none", predictions->model->block, predictions->model->learner);
    stage.failed = mem_zero(predictions->n, sizeof *stage.failed, err);
    bool done = stage.failed != NULL && folder_make(folder, err);
    if (done) {
        stage.progress = progress_start("mapping the score", predictions->n);
        done = par_for(predictions->n, 1, map_cases, &stage, err);
        progress_end(stage.progress);
    }
    for (size_t row = 0; done && row < predictions->n; row++)
        *failed_n += stage.failed[row];
    mem_free(stage.failed);
    return done || err_add(err, "maps");
}
