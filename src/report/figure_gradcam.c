/* Maps of the locked score over the CT, a tile a case, role by role: the pictures that the run wrote, put together. No picture in a run
 * without maps, or that wrote none for privacy. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "image/overlay.h"
#include "report/figure.h"
#include "report/numbers.h"
#include "report/palette.h"
#include "report/plot.h"

enum { WIDTH = 1000, TILE = 120, GAP = 10, CAPTION = 34, HEADING = 30, PNG_BYTE_MAX = 4 << 20, SIDE_MAX = 4096 };

/* A picture of the run folder's slices/, by the name that metrics.json has for it. */
struct picture {
    unsigned char *png; /* owned; NULL: not there, or none */
    size_t n, width, height;
};

static size_t number_of_4(const unsigned char *bytes)
{
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

/* Signature and first chunk: enough to place it. */
static bool is_png(struct picture *picture)
{
    static const unsigned char head[16] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
    if (picture->n < 33 || memcmp(picture->png, head, sizeof head) != 0)
        return false;
    picture->width = number_of_4(picture->png + 16);
    picture->height = number_of_4(picture->png + 20);
    return picture->width >= 1 && picture->height >= 1 && picture->width <= SIDE_MAX && picture->height <= SIDE_MAX;
}

/* The name is not to lead out of the folder. */
static bool read_picture(const struct run *run, const json_t *item, struct picture *out, struct err *err)
{
    static const char folder[] = "slices/";
    const char *name = text_at(item, "picture");
    struct err why = ERR_INIT;
    *out = (struct picture){.png = NULL};
    if (strncmp(name, folder, sizeof folder - 1) != 0 || strchr(name + sizeof folder - 1, '/') != NULL || strcmp(name + sizeof folder - 1, "..") == 0)
        return true;
    char *path = path_join(run->folder, name, err);
    if (path == NULL)
        return false;
    bool read = file_read(path, PNG_BYTE_MAX, &out->png, &out->n, &why);
    mem_free(path);
    if (!read && why.kind != ERR_INPUT)
        return err_set(err, why.kind, "%s", why.text);
    if (read && !is_png(out)) {
        mem_free(out->png);
        *out = (struct picture){.png = NULL};
    }
    return true;
}

static size_t count(const struct run *run)
{
    for (size_t k = 0; k < length_at(run->metrics, "deep.maps"); k++)
        if (text_at(item_at(run->metrics, "deep.maps", k), "picture")[0] != '\0')
            return 1;
    return 0;
}

static void tile_caption(struct svg *svg, double x, double y, double width, const json_t *item)
{
    char name[200];
    struct text line = TEXT_INIT;
    svg_text_fit(text_at(item, "id"), 11, width, name, sizeof name);
    svg_text(svg, x, y + 12, (struct lettering){.size = 11, .bold = true}, name);
    add_fixed(&line, number_at(item, "probability"), 2);
    text_add(&line, ": what %s it", text_at(item, "shows"));
    if (flag_at(item, "empty"))
        text_add(&line, "; nothing");
    svg_text(svg, x, y + 26, (struct lettering){.size = 10, .colour = "#444444"}, told(&line, &svg->out));
    text_free(&line);
}

static bool draw_tile(const struct run *run, const json_t *item, double x, double y, double *width, struct svg *svg, struct err *err)
{
    struct picture picture;
    if (!read_picture(run, item, &picture, err))
        return false;
    *width = picture.png == NULL ? TILE : fmin(TILE * (double)picture.width / (double)picture.height, WIDTH);
    if (picture.png != NULL)
        svg_png(svg, x, y, *width, TILE, picture.png, picture.n);
    else {
        svg_rect(svg, x, y, *width, TILE, (struct pen){.fill = "#eeeeee"});
        svg_text(svg, x + *width / 2, y + TILE / 2.0, (struct lettering){.size = 10, .anchor = SVG_MIDDLE, .colour = "#444444"},
                 text_at(item, "failure")[0] != '\0' ? "no map" : "no picture");
    }
    mem_free(picture.png);
    tile_caption(svg, x, y + TILE, *width, item);
    return true;
}

static void colour_bar(struct svg *svg, double y)
{
    static const double BAR = 200;
    svg_text(svg, 0, y + 11, (struct lettering){.size = 10}, "0");
    for (int level = 1; level <= OVERLAY_HEATS; level++) {
        uint8_t rgb[3];
        char colour[8];
        overlay_heat_colour((double)level / OVERLAY_HEATS, rgb);
        snprintf(colour, sizeof colour, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
        svg_rect(svg, 14 + BAR / OVERLAY_HEATS * (level - 1), y, BAR / OVERLAY_HEATS + 0.5, 14, (struct pen){.fill = colour});
    }
    svg_text(svg, 14 + BAR + 6, y + 11, (struct lettering){.size = 10}, "highest of the case");
}

/* Tiles from left to right; a new role, or the right edge, begins a new row. */
static bool draw(const struct run *run, size_t i, struct arena *arena, struct figure *out, struct err *err)
{
    (void)i;
    (void)arena;
    struct svg *svg = &out->svg;
    double x = 0, y = 0, tile_width = TILE;
    const char *role = NULL;
    svg_begin(svg, WIDTH, 100, "Maps of the score over the CT");
    for (size_t k = 0; k < length_at(run->metrics, "deep.maps"); k++) {
        const json_t *item = item_at(run->metrics, "deep.maps", k);
        const char *of = text_at(item, "role");
        bool new_role = role == NULL || strcmp(role, of) != 0;
        if (new_role || x + tile_width > WIDTH) {
            y += (k == 0 ? 0 : TILE + CAPTION) + (new_role ? HEADING : 0);
            x = 0;
        }
        if (new_role)
            svg_text(svg, 0, y - 9, (struct lettering){.size = 13, .bold = true}, of);
        if (!draw_tile(run, item, x, y, &tile_width, svg, err))
            return false;
        x += tile_width + GAP;
        role = of;
    }
    y += TILE + CAPTION + 10;
    colour_bar(svg, y);
    svg->height = y + 24;
    text_add(&out->caption, "Where the locked score comes from: for each role the patients with the highest and the lowest scores, every phase at the tumour's largest slice, with the "
                            "mask's outline. For patients in the high-risk group the map shows what raises the score, for others what lowers it; each is coloured up to its own highest "
                            "value. Under each: the patient and the probability.");
    return true;
}

const struct figure_kind figure_gradcam = {"gradcam", count, draw};
