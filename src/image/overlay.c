/* Drawing the largest slice; see overlay.h.
 *
 * The picture shows the region's box and MARGIN_MM around it, at least LEAST_MM wide, scaled to OVERLAY_SIDE pixels along its longer side by
 * nearest voxels. A pixel of the region is outline when one of its four neighbours is not of the region. */
#include "image/overlay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const double MARGIN_MM = 30, LEAST_MM = 90;

struct frame {
    double first[2], step[2]; /* of pixel centres, in voxels along x and y */
    size_t slice;
};

static size_t largest_slice(const struct roi *region)
{
    size_t best = 0, most = 0, plane = region->n[0] * region->n[1];
    for (size_t z = 0; z < region->n[2]; z++) {
        size_t count = 0;
        for (size_t i = 0; i < plane; i++)
            count += region->inside[z * plane + i];
        if (count > most) {
            most = count;
            best = z;
        }
    }
    return region->first[2] + best;
}

/* What the picture shows, and its size. */
static struct frame make_frame(const struct grid *grid, const struct roi *region, struct overlay *overlay)
{
    double low[2], high[2], mm[2];
    struct frame frame = {.slice = largest_slice(region)};
    for (int i = 0; i < 2; i++) {
        double spacing = grid->spacing[i], middle = (double)region->first[i] + 0.5 * (double)region->n[i];
        double half = 0.5 * fmax((double)region->n[i] * spacing + 2 * MARGIN_MM, LEAST_MM) / spacing;
        low[i] = fmax(0, middle - half);
        high[i] = fmin((double)grid->n[i], middle + half);
        mm[i] = (high[i] - low[i]) * spacing;
    }
    double pixel_mm = fmax(mm[0], mm[1]) / OVERLAY_SIDE;
    size_t *side[2] = {&overlay->width, &overlay->height};
    for (int i = 0; i < 2; i++) {
        *side[i] = (size_t)fmin(OVERLAY_SIDE, fmax(1, floor(mm[i] / pixel_mm + 0.5)));
        frame.step[i] = (high[i] - low[i]) / (double)*side[i];
        frame.first[i] = low[i] + 0.5 * frame.step[i];
    }
    return frame;
}

/* The voxel under a pixel along one axis. Axes that point away from the viewer's custom (x to the patient's left on the right, y to the
 * back at the bottom) are turned round. */
static size_t voxel_under(const struct frame *frame, const struct grid *grid, int axis, size_t pixel, size_t pixel_n)
{
    bool turned = grid->direction[axis][axis] < 0;
    size_t at = turned ? pixel_n - 1 - pixel : pixel;
    double index = floor(frame->first[axis] + frame->step[axis] * (double)at);
    return (size_t)fmin(fmax(index, 0), (double)grid->n[axis] - 1);
}

static bool in_region(const struct roi *region, size_t x, size_t y, size_t z)
{
    /* Unsigned: an index before the box wraps far beyond its size. */
    size_t i = x - region->first[0], j = y - region->first[1], k = z - region->first[2];
    return i < region->n[0] && j < region->n[1] && k < region->n[2] && region->inside[(k * region->n[1] + j) * region->n[0] + i] != 0;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Finite values, sorted; those inside alone when `inside` is given. Returns how many. */
static size_t sort_values(const double *value, const uint8_t *inside, size_t n, double *sorted)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(value[i]) && (inside == NULL || inside[i]))
            sorted[m++] = value[i];
    qsort(sorted, m, sizeof *sorted, compare_doubles);
    return m;
}

/* Air is seen somewhere in the slice, and no value is beyond what CT has. */
static bool looks_like_hu(const struct volume *image, size_t slice)
{
    double least = INFINITY, most = -INFINITY;
    size_t plane = image->grid.n[0] * image->grid.n[1];
    for (size_t i = 0; i < plane; i++) {
        double value = volume_at(image, slice * plane + i);
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    return least < -200 && most < 10000;
}

/* For CT 40/400, or -300/1400 for a region whose middle value is of lung (below -150). Else from the 1st to the 99th percentile of the
 * picture. */
static bool choose_window(bool ct, const double *value, const uint8_t *inside, size_t n, double *centre, double *width, struct err *err)
{
    double *sorted = mem_alloc(n, sizeof *sorted, err);
    if (sorted == NULL)
        return false;
    size_t m = sort_values(value, inside, n, sorted);
    bool lung = m > 0 && sorted[m / 2] < -150;
    m = sort_values(value, NULL, n, sorted);
    double low = m == 0 ? 0 : sorted[m / 100], high = m == 0 ? 1 : sorted[m - 1 - m / 100];
    *centre = !ct ? 0.5 * (low + high) : lung ? -300 : 40;
    *width = !ct ? fmax(high - low, 1e-6) : lung ? 1400 : 400;
    mem_free(sorted);
    return true;
}

/* What a picture is painted from, pixel by pixel. */
struct layers {
    double *value;
    uint8_t *inside;
    double *heat; /* 0..1; NULL: none */
};

enum { GREYS = 95, HEAT_GREYS = 16 };

static double grey_of(double value, double centre, double width)
{
    double grey = (value - centre) / width + 0.5;
    return isnan(grey) ? 0 : fmin(fmax(grey, 0), 1);
}

static uint8_t index_of(double grey, const double *heat)
{
    if (heat == NULL)
        return (uint8_t)(254 * grey);
    int level = (int)(*heat * OVERLAY_HEATS + 0.5);
    return level <= 0 ? (uint8_t)(grey * (GREYS - 1) + 0.5) : (uint8_t)(GREYS + (level - 1) * HEAT_GREYS + (int)(grey * (HEAT_GREYS - 1) + 0.5));
}

static void paint(const struct layers *layers, double centre, double width, struct overlay *overlay)
{
    size_t w = overlay->width, h = overlay->height;
    const uint8_t *inside = layers->inside;
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++) {
            size_t at = y * w + x;
            bool edge = x == 0 || y == 0 || x + 1 == w || y + 1 == h || !inside[at - 1] || !inside[at + 1] || !inside[at - w] || !inside[at + w];
            overlay->pixel[at] = inside[at] && edge ? OVERLAY_OUTLINE
                                                    : index_of(grey_of(layers->value[at], centre, width), layers->heat == NULL ? NULL : &layers->heat[at]);
        }
}

void overlay_free(struct overlay *overlay)
{
    mem_free(overlay->pixel);
    *overlay = (struct overlay){0};
}

void overlay_palette(uint8_t palette[256][3])
{
    static const uint8_t outline[3] = {255, 80, 64};
    for (size_t i = 0; i < OVERLAY_OUTLINE; i++)
        memset(palette[i], (int)i, 3);
    memcpy(palette[OVERLAY_OUTLINE], outline, 3);
}

/* From dark violet over red and orange to light yellow: lightness rises all the way, so that it reads without colour too. */
void overlay_heat_colour(double heat, uint8_t colour[3])
{
    static const double anchor[5][3] = {{70, 15, 110}, {150, 38, 103}, {221, 81, 58}, {252, 165, 10}, {252, 255, 164}};
    double at = fmin(fmax(heat, 0), 1) * 4;
    int low = at >= 4 ? 3 : (int)at;
    for (int k = 0; k < 3; k++)
        colour[k] = (uint8_t)(anchor[low][k] + (at - low) * (anchor[low + 1][k] - anchor[low][k]) + 0.5);
}

void overlay_map_palette(uint8_t palette[256][3])
{
    static const uint8_t outline[3] = {0, 170, 255};
    for (int i = 0; i < GREYS; i++)
        memset(palette[i], i * 255 / (GREYS - 1), 3);
    for (int level = 1; level <= OVERLAY_HEATS; level++)
        for (int i = 0; i < HEAT_GREYS; i++) {
            uint8_t colour[3];
            double heat = (double)level / OVERLAY_HEATS, share = 0.1 + 0.5 * heat; /* of the heat in the colour: little heat hides little */
            overlay_heat_colour(heat, colour);
            for (int k = 0; k < 3; k++)
                palette[GREYS + (level - 1) * HEAT_GREYS + i][k] = (uint8_t)(share * colour[k] + (1 - share) * i * 255 / (HEAT_GREYS - 1) + 0.5);
        }
    memcpy(palette[OVERLAY_OUTLINE], outline, 3);
}

/* map NULL: greys alone. */
static bool draw(const struct volume *image, const struct roi *region, const struct volume *map, double high, double centre, double width, struct overlay *overlay,
                 struct err *err)
{
    const struct grid *grid = &image->grid;
    struct frame frame = make_frame(grid, region, overlay);
    size_t n = overlay->width * overlay->height;
    struct layers layers = {.value = mem_alloc(n, sizeof *layers.value, err), .inside = mem_alloc(n, sizeof *layers.inside, err)};
    overlay->pixel = mem_alloc(n, sizeof *overlay->pixel, err);
    overlay->slice = frame.slice;
    bool done = layers.value != NULL && layers.inside != NULL && overlay->pixel != NULL &&
                (map == NULL || (layers.heat = mem_alloc(n, sizeof *layers.heat, err)) != NULL);
    for (size_t j = 0; done && j < overlay->height; j++) {
        size_t y = voxel_under(&frame, grid, 1, j, overlay->height);
        for (size_t i = 0; i < overlay->width; i++) {
            size_t x = voxel_under(&frame, grid, 0, i, overlay->width), voxel = (frame.slice * grid->n[1] + y) * grid->n[0] + x;
            layers.value[j * overlay->width + i] = volume_at(image, voxel);
            layers.inside[j * overlay->width + i] = in_region(region, x, y, frame.slice);
            if (map != NULL)
                layers.heat[j * overlay->width + i] = fmin(fmax(volume_at(map, voxel) / high, 0), 1);
        }
    }
    done = done && (width > 0 || choose_window(looks_like_hu(image, frame.slice), layers.value, layers.inside, n, &centre, &width, err));
    if (done)
        paint(&layers, centre, width, overlay);
    mem_free(layers.value);
    mem_free(layers.inside);
    mem_free(layers.heat);
    if (!done)
        overlay_free(overlay);
    return done;
}

bool overlay_draw(const struct volume *image, const struct roi *region, double centre, double width, struct overlay *overlay, struct err *err)
{
    return draw(image, region, NULL, 1, centre, width, overlay, err);
}

bool overlay_draw_map(const struct volume *image, const struct roi *region, const struct volume *map, double high, struct overlay *overlay, struct err *err)
{
    return draw(image, region, map, high, 0, 0, overlay, err);
}
