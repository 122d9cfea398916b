/* Pictures of the tumours that a study used; see slices.h. Case by case, in parallel; a case is read once more for it. */
#include "study/slices.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"
#include "image/maskfit.h"
#include "image/overlay.h"
#include "io/image.h"
#include "io/png.h"
#include "study/extraction.h"

enum { GAP = 4, NAME_MAX_BYTES = 200 };

static bool is_plain(const char *id, size_t k)
{
    char c = id[k];
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || (c == '.' && k > 0);
}

void slices_name(const char *id, const char *ending, char out[SLICES_NAME_ROOM])
{
    size_t n = 0;
    bool whole = true;
    for (size_t k = 0; id[k] != '\0' && whole; k++) {
        whole = n + 3 <= NAME_MAX_BYTES;
        if (whole && is_plain(id, k))
            out[n++] = id[k];
        else if (whole)
            n += (size_t)snprintf(out + n, 4, "~%02X", (unsigned)(unsigned char)id[k]);
    }
    if (!whole) {
        char hex[65];
        sha256_hex(id, strlen(id), hex);
        n += (size_t)snprintf(out + n, SLICES_NAME_ROOM - n, "~%.32s", hex);
    }
    snprintf(out + n, SLICES_NAME_ROOM - n, "%s", ending);
}

struct stage {
    const struct cohort *cohort;
    const struct mask_choice choice;
    const char *folder;
    uint8_t palette[256][3];
    struct progress *progress;
};

/* A case's row of pictures, a cell of OVERLAY_SIDE x OVERLAY_SIDE a phase. */
struct strip {
    size_t width;
    uint8_t *pixel;
};

static void paste(const struct overlay *overlay, size_t cell, struct strip *strip)
{
    size_t left = cell * (OVERLAY_SIDE + GAP) + (OVERLAY_SIDE - overlay->width) / 2, top = (OVERLAY_SIDE - overlay->height) / 2;
    for (size_t y = 0; y < overlay->height; y++)
        memcpy(strip->pixel + (top + y) * strip->width + left, overlay->pixel + y * overlay->width, overlay->width);
}

/* Masks are read anew only where a phase has another one than the phase before. */
struct case_files {
    char *mask_path;
    struct volume mask;
    bool has_mask;
};

static bool draw_phase(const struct stage *stage, size_t row, size_t p, struct case_files *files, struct strip *strip, struct err *err)
{
    const struct phase *phase = &stage->cohort->phase[p];
    struct volume image = {.voxels = NULL};
    struct roi region = {.inside = NULL};
    struct overlay overlay = {0};
    struct notes notes = NOTES_INIT;
    char *image_path = extraction_path(stage->cohort, phase->image_column, row, err);
    char *mask_path = image_path == NULL ? NULL : extraction_path(stage->cohort, phase->mask_column, row, err);
    bool done = mask_path != NULL && image_read(image_path, &image, &notes, err);
    if (done && !(files->has_mask && strcmp(files->mask_path, mask_path) == 0)) {
        volume_free(&files->mask);
        mem_free(files->mask_path);
        files->mask_path = mask_path;
        mask_path = NULL;
        done = files->has_mask = image_read_mask(files->mask_path, &files->mask, &notes, err);
    }
    done = done && mask_fit(&image, &files->mask, &stage->choice, &region, &notes, err) && overlay_draw(&image, &region, 0, 0, &overlay, err);
    if (done)
        paste(&overlay, p, strip);
    overlay_free(&overlay);
    roi_free(&region);
    volume_free(&image);
    notes_free(&notes);
    mem_free(image_path);
    mem_free(mask_path);
    return done;
}

static bool draw_strip(const struct stage *stage, size_t row, struct strip *strip, struct err *err)
{
    struct case_files files = {.has_mask = false};
    size_t phase_n = stage->cohort->phase_n;
    strip->width = phase_n * (OVERLAY_SIDE + GAP) - GAP;
    strip->pixel = mem_zero(strip->width * OVERLAY_SIDE, sizeof *strip->pixel, err);
    bool done = strip->pixel != NULL;
    for (size_t p = 0; done && p < phase_n; p++)
        done = draw_phase(stage, row, p, &files, strip, err);
    volume_free(&files.mask);
    mem_free(files.mask_path);
    return done;
}

static bool write_strip(const struct stage *stage, const struct strip *strip, const char *path, struct err *err)
{
    struct text png = TEXT_INIT;
    bool done = png_format(strip->pixel, strip->width, OVERLAY_SIDE, (const uint8_t(*)[3])stage->palette, &png, err) &&
                file_write(path, png.bytes, png.n, err);
    text_free(&png);
    return done;
}

/* A refusal leaves the case's picture out; what is the machine's fault ends the stage. */
static bool draw_case(const struct stage *stage, size_t row, struct err *err)
{
    char name[SLICES_NAME_ROOM];
    struct strip strip = {0};
    struct err why = ERR_INIT;
    slices_name(stage->cohort->table.id[row], ".png", name);
    char *path = path_join(stage->folder, name, err);
    bool done = path != NULL;
    if (done && !file_exists(path)) {
        if (draw_strip(stage, row, &strip, &why))
            done = write_strip(stage, &strip, path, err);
        else if (why.kind == ERR_INPUT)
            log_note("case %s: no picture: %s", stage->cohort->table.id[row], why.text);
        else
            done = err_set(err, why.kind, "%s", why.text);
    }
    mem_free(strip.pixel);
    mem_free(path);
    return done;
}

static bool draw_cases(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    struct stage *stage = ctx;
    for (size_t row = begin; row < end; row++) {
        if (stage->cohort->role_of[row] != NULL && stage->cohort->why_not[row] == NULL && !draw_case(stage, row, err))
            return false;
        progress_step(stage->progress, 1);
    }
    return true;
}

bool slices_write(const struct cohort *cohort, const struct params *params, const char *folder, struct err *err)
{
    const struct settings *settings = &params->settings;
    char *slices = path_join(folder, "slices", err);
    if (slices == NULL || !folder_make(slices, err)) {
        mem_free(slices);
        return false;
    }
    struct stage stage = {.cohort = cohort, .choice = {settings->label, (size_t)settings->label_channel, settings->mask_policy}, .folder = slices};
    overlay_palette(stage.palette);
    stage.progress = progress_start("drawing slices", cohort->n);
    bool done = par_for(cohort->n, 1, draw_cases, &stage, err);
    progress_end(stage.progress);
    mem_free(slices);
    return done || err_add(err, "slices");
}
