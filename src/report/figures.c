/* The registry of figures, and their way into files; see figure.h. */
#include "report/figure.h"

#include <string.h>

#include "base/file.h"
#include "report/pdf.h"

/* One row a kind, in the order of the page. */
#define FIGURES(ROW) \
    ROW(flow) \
    ROW(comparison) \
    ROW(learning) \
    ROW(gradcam) \
    ROW(roc) \
    ROW(calibration) \
    ROW(decision) \
    ROW(contributions) \
    ROW(scores) \
    ROW(waterfall) \
    ROW(survival)

#define DECLARE(name) extern const struct figure_kind figure_##name;
FIGURES(DECLARE)
#define ADDRESS(name) &figure_##name,
const struct figure_kind *const figure_kinds[] = {FIGURES(ADDRESS)};
const size_t figure_kind_n = sizeof figure_kinds / sizeof figure_kinds[0];

enum { NAME_BYTES = 80 };

size_t one_picture(const struct run *run)
{
    (void)run;
    return 1;
}

/* Letters, digits, "-" and "_" stay; anything else becomes "_". */
static void make_file_name(struct text *name)
{
    for (size_t i = 0; i < name->n; i++) {
        char c = name->bytes[i];
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", c) == NULL)
            name->bytes[i] = '_';
    }
    if (name->n > NAME_BYTES) {
        name->n = NAME_BYTES;
        name->bytes[NAME_BYTES] = '\0';
    }
}

static bool name_is_taken(const struct figures *figures, const char *name)
{
    for (size_t i = 0; i < figures->n; i++)
        if (strcasecmp(figures->item[i].name.bytes, name) == 0)
            return true;
    return false;
}

/* Roles "a b" and "a_b" would share a file: the later one gets a number. */
static void make_unique(const struct figures *figures, struct text *name)
{
    size_t n = name->n;
    for (size_t k = 2; !name->failed && name_is_taken(figures, name->bytes); k++) {
        name->n = n;
        text_add(name, "_%zu", k);
    }
}

static bool draw_one(const struct run *run, const struct figure_kind *kind, size_t i, struct figures *figures, struct err *err)
{
    struct arena arena = ARENA_INIT;
    struct figure *figure = &figures->item[figures->n];
    *figure = (struct figure){.kind = kind, .name = TEXT_INIT, .caption = TEXT_INIT};
    text_add(&figure->name, "%s", kind->name);
    bool done = kind->draw(run, i, &arena, figure, err);
    arena_free(&arena);
    if (done) {
        make_file_name(&figure->name);
        make_unique(figures, &figure->name);
    }
    if (flag_at(run->metrics, "allow_leakage")) /* a picture travels without its page */
        svg_add_footer(&figure->svg, "#a40000", "LEAKAGE ALLOWED: not a validation");
    figures->n++;
    return done && svg_end(&figure->svg, err) && text_ok(&figure->name, err) && text_ok(&figure->caption, err);
}

bool figures_draw(const struct run *run, struct figures *figures, struct err *err)
{
    size_t all = 0;
    *figures = (struct figures){0};
    for (size_t k = 0; k < figure_kind_n; k++)
        all += figure_kinds[k]->count(run);
    figures->item = mem_zero(all, sizeof *figures->item, err);
    if (figures->item == NULL)
        return false;
    for (size_t k = 0; k < figure_kind_n; k++)
        for (size_t i = 0, n = figure_kinds[k]->count(run); i < n; i++)
            if (!draw_one(run, figure_kinds[k], i, figures, err)) {
                figures_free(figures);
                return err_add(err, "figure %s", figure_kinds[k]->name);
            }
    return true;
}

void figures_free(struct figures *figures)
{
    for (size_t i = 0; i < figures->n; i++) {
        svg_free(&figures->item[i].svg);
        text_free(&figures->item[i].name);
        text_free(&figures->item[i].caption);
    }
    mem_free(figures->item);
    *figures = (struct figures){0};
}

static bool write_bytes(const char *folder, const struct figure *figure, const char *ending, const struct text *content, struct err *err)
{
    char name[NAME_BYTES + 32];
    snprintf(name, sizeof name, "%s.%s", figure->name.bytes, ending);
    char *path = path_join(folder, name, err);
    bool done = path != NULL && file_write(path, content->bytes, content->n, err);
    mem_free(path);
    return done;
}

static bool write_one(const char *folder, const struct figure *figure, struct err *err)
{
    struct text pdf = TEXT_INIT;
    bool done = write_bytes(folder, figure, "svg", &figure->svg.out, err) &&
                pdf_from_svg(figure->svg.out.bytes, figure->svg.out.n, figure->svg.width, figure->svg.height, figure->name.bytes, &pdf, err) &&
                write_bytes(folder, figure, "pdf", &pdf, err);
    text_free(&pdf);
    return done || err_add(err, "figure %s", figure->name.bytes);
}

/* Made beside the old folder and put in its place whole, so that no figure of an earlier drawing stays. */
bool figures_write(const struct figures *figures, const char *run_folder, struct err *err)
{
    char *folder = path_join(run_folder, "figures", err), *partial = path_join(run_folder, "figures.partial", err);
    bool done = folder != NULL && partial != NULL && folder_remove(partial, err) && folder_make(partial, err);
    for (size_t i = 0; done && i < figures->n; i++)
        done = write_one(partial, &figures->item[i], err);
    done = done && folder_remove(folder, err) && path_rename(partial, folder, err);
    if (!done && partial != NULL)
        folder_remove(partial, NULL);
    mem_free(folder);
    mem_free(partial);
    return done;
}
