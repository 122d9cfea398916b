/* Faults and oddities of one case; see check_case.h. What needs the whole cohort is found in check_cohort.c. */
#include "study/check_case.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "image/facts.h"
#include "io/image.h"

/* Below this many voxels texture means little: 3 x 3 x 3 neighbours of one voxel. */
enum { SMALL_REGION = 27 };

bool check_add(struct check_result *result, struct err *err, enum check_grade grade, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (result->finding_n == result->finding_room) {
        size_t room = result->finding_room == 0 ? 8 : 2 * result->finding_room;
        struct check_finding *grown = mem_grow(result->finding, result->finding_n, room, sizeof *grown, err);
        if (grown == NULL)
            return false;
        result->finding = grown;
        result->finding_room = room;
    }
    char *text = mem_string(line, err);
    if (text == NULL)
        return false;
    result->finding[result->finding_n++] = (struct check_finding){grade, text};
    result->fails = result->fails || grade == CHECK_FAILS;
    return true;
}

/* A refusal becomes a finding; what is the machine's fault stays an error. */
static bool take_refusal(struct check_result *result, struct err *fault, struct err *err)
{
    if (fault->kind != ERR_INPUT && fault->kind != ERR_USAGE)
        return err_set(err, fault->kind, "%s", fault->text);
    return check_add(result, err, CHECK_FAILS, "%s", fault->text);
}

static bool take_notes(struct check_result *result, const char *what, const struct notes *notes, struct err *err)
{
    for (size_t i = 0; i < notes->n; i++)
        if (!check_add(result, err, CHECK_REMARK, "%s: %s", what, notes->note[i].line))
            return false;
    return true;
}

static bool look_at_image(const struct volume *image, struct check_result *result, struct err *err)
{
    size_t n = grid_voxel_n(&image->grid), nonfinite = 0;
    const double *spacing = image->grid.spacing;
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        double value = volume_at(image, i);
        if (!isfinite(value)) {
            nonfinite++;
            continue;
        }
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    result->has_grid = true;
    result->grid = image->grid;
    result->type = image->type;
    result->least = least;
    result->most = most;
    if (nonfinite > 0 && !check_add(result, err, CHECK_REMARK, "image: %zu voxels are not finite", nonfinite))
        return false;
    if (least == most && !check_add(result, err, CHECK_REMARK, "image: every voxel is %g", least))
        return false;
    double low = fmin(spacing[0], fmin(spacing[1], spacing[2])), high = fmax(spacing[0], fmax(spacing[1], spacing[2]));
    if ((low < 0.1 || high > 10 || high > 10 * low) &&
        !check_add(result, err, CHECK_REMARK, "image: suspicious spacing of %g x %g x %g mm", spacing[0], spacing[1], spacing[2]))
        return false;
    return true;
}

static bool look_at_border(const struct grid *grid, const struct roi *region, struct check_result *result, struct err *err)
{
    static const char axis[] = "xyz";
    char sides[32] = "";
    size_t used = 0;
    for (int i = 0; i < 3; i++) {
        if (grid->n[i] == 1)
            continue;
        if (region->first[i] == 0)
            used += (size_t)snprintf(sides + used, sizeof sides - used, " -%c", axis[i]);
        if (region->first[i] + region->n[i] == grid->n[i])
            used += (size_t)snprintf(sides + used, sizeof sides - used, " +%c", axis[i]);
    }
    return used == 0 || check_add(result, err, CHECK_REMARK, "mask: the region touches the image's border (%s)", sides + 1);
}

static bool look_at_region(const struct volume *image, const struct roi *region, struct check_result *result, struct err *err)
{
    struct value_facts facts;
    const double *spacing = region->grid.spacing;
    result->has_region = true;
    result->voxel_n = region->count;
    result->volume_ml = (double)region->count * spacing[0] * spacing[1] * spacing[2] / 1000;
    if (!look_at_border(&image->grid, region, result, err))
        return false;
    if (region->n[2] == 1 && image->grid.n[2] > 1 && !check_add(result, err, CHECK_REMARK, "mask: the region lies in one slice (z = %zu)", region->first[2]))
        return false;
    if (region->count > 1 && region->count < SMALL_REGION && !check_add(result, err, CHECK_REMARK, "mask: the region has %zu voxels alone", region->count))
        return false;
    region_value_facts(image, region, &facts);
    if (facts.nonfinite_n > 0 && !check_add(result, err, CHECK_REMARK, "image: %zu voxels of the region are not finite", facts.nonfinite_n))
        return false;
    if (region->count > 1 && facts.least == facts.most && !check_add(result, err, CHECK_REMARK, "image: the region is flat, every voxel is %g", facts.least))
        return false;
    size_t parts = roi_components(region, err);
    if (parts == SIZE_MAX)
        return false;
    return parts == 1 || check_add(result, err, CHECK_REMARK, "mask: the region is in %zu parts", parts);
}

static bool look_at_pair(const struct check_source *source, const struct volume *image, const struct volume *mask, struct check_result *result, struct err *err)
{
    struct roi region = {.inside = NULL};
    struct notes notes = NOTES_INIT;
    struct err fault = ERR_INIT;
    struct mask_choice choice = {.label = source->label, .policy = source->policy};
    bool fits = mask_fit(image, mask, &choice, &region, &notes, &fault);
    bool done = fits ? take_notes(result, "mask", &notes, err) && look_at_region(image, &region, result, err)
                     : err_add(&fault, "mask %s", source->mask) || take_refusal(result, &fault, err);
    if (done && fits && source->picture)
        done = overlay_draw(image, &region, source->window_centre, source->window_width, &result->picture, err);
    roi_free(&region);
    notes_free(&notes);
    return done;
}

bool check_case(const struct check_source *source, struct check_result *result, struct err *err)
{
    struct volume image = {.voxels = NULL}, mask = {.voxels = NULL};
    struct notes image_notes = NOTES_INIT, mask_notes = NOTES_INIT;
    struct err image_fault = ERR_INIT, mask_fault = ERR_INIT;
    *result = (struct check_result){.least = NAN, .most = NAN};
    bool has_image = image_read(source->image, &image, &image_notes, &image_fault);
    bool has_mask = image_read_mask(source->mask, &mask, &mask_notes, &mask_fault);
    bool done = has_image ? take_notes(result, "image", &image_notes, err) && look_at_image(&image, result, err)
                          : err_add(&image_fault, "image") || take_refusal(result, &image_fault, err);
    if (done)
        done = has_mask ? take_notes(result, "mask", &mask_notes, err) : err_add(&mask_fault, "mask") || take_refusal(result, &mask_fault, err);
    if (done && has_image && has_mask)
        done = look_at_pair(source, &image, &mask, result, err);
    volume_free(&image);
    volume_free(&mask);
    notes_free(&image_notes);
    notes_free(&mask_notes);
    if (!done)
        check_result_free(result);
    return done;
}

void check_result_free(struct check_result *result)
{
    for (size_t i = 0; i < result->finding_n; i++)
        mem_free(result->finding[i].text);
    mem_free(result->finding);
    overlay_free(&result->picture);
    *result = (struct check_result){.least = NAN, .most = NAN};
}
