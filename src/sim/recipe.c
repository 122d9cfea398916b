/* The recipe's values, its canonical text and hash; see recipe.h. */
#include "sim/recipe.h"

#include <stddef.h>

#include "base/hash.h"

const struct recipe recipe_default = {
#define X(name, value, unit, meaning) .name = value,
    RECIPE_LIST(X)
#undef X
    .centre = {
#define Y(name, ...) {#name, __VA_ARGS__},
        RECIPE_CENTRES(Y)
#undef Y
    },
};

struct recipe_row {
    const char *name, *unit, *meaning;
    size_t offset;
};

static const struct recipe_row recipe_row[] = {
#define X(name, value, unit, meaning) {#name, unit, meaning, offsetof(struct recipe, name)},
    RECIPE_LIST(X)
#undef X
};

enum { ROW_N = sizeof recipe_row / sizeof *recipe_row, CENTRE_N = 3, CENTRE_VALUE_N = 10 };

static double row_value(const struct recipe *recipe, const struct recipe_row *row)
{
    return *(const double *)(const void *)((const char *)recipe + row->offset);
}

static void centre_values(const struct recipe_centre *centre, double value[CENTRE_VALUE_N])
{
    const double list[CENTRE_VALUE_N] = {centre->voxel_from, centre->voxel_to, centre->slice_from, centre->slice_to,
                                         centre->noise, centre->noise_log_sd, centre->kernel_from, centre->kernel_to,
                                         centre->shift, centre->shift_sd};
    for (size_t i = 0; i < CENTRE_VALUE_N; i++)
        value[i] = list[i];
}

void recipe_text(const struct recipe *recipe, struct text *out)
{
    text_add(out, "version %s\n", RECIPE_VERSION);
    for (size_t i = 0; i < ROW_N; i++) {
        text_add(out, "%s ", recipe_row[i].name);
        text_add_double(out, row_value(recipe, &recipe_row[i]));
        text_add_char(out, '\n');
    }
    for (size_t c = 0; c < CENTRE_N; c++) {
        double value[CENTRE_VALUE_N];
        centre_values(&recipe->centre[c], value);
        text_add(out, "centre %s", recipe->centre[c].name);
        for (size_t i = 0; i < CENTRE_VALUE_N; i++) {
            text_add_char(out, ' ');
            text_add_double(out, value[i]);
        }
        text_add_char(out, '\n');
    }
}

bool recipe_hash(const struct recipe *recipe, char hex[65], struct err *err)
{
    struct text text = TEXT_INIT;
    recipe_text(recipe, &text);
    bool ok = text_ok(&text, err);
    if (ok)
        sha256_hex(text.bytes, text.n, hex);
    text_free(&text);
    return ok;
}

void recipe_markdown(struct text *out)
{
    text_add(out, "| constant | value | unit | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < ROW_N; i++) {
        text_add(out, "| `%s` | ", recipe_row[i].name);
        text_add_double(out, row_value(&recipe_default, &recipe_row[i]));
        text_add(out, " | %s | %s |\n", recipe_row[i].unit, recipe_row[i].meaning);
    }
    text_add(out, "\n| centre | in-plane voxel (mm) | slice (mm) | noise (HU) | its log spread | kernel (mm) | shift (HU) | its spread |\n"
                  "|---|---|---|---|---|---|---|---|\n");
    for (size_t c = 0; c < CENTRE_N; c++) {
        double value[CENTRE_VALUE_N];
        char cell[CENTRE_VALUE_N][32];
        centre_values(&recipe_default.centre[c], value);
        for (size_t i = 0; i < CENTRE_VALUE_N; i++)
            double_to_text(value[i], cell[i]);
        text_add(out, "| %s | %s-%s | %s-%s | %s | %s | %s-%s | %s | %s |\n", recipe_default.centre[c].name, cell[0], cell[1], cell[2],
                 cell[3], cell[4], cell[5], cell[6], cell[7], cell[8], cell[9]);
    }
}
