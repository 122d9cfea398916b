/* Volumes on other grids: ramps, alternation, edges, and both ways against plain numerical means. */
#include "case_image.h"

#include "base/rng.h"
#include "nn/regrid.h"

static const struct regrid IMAGE = {.edge = REGRID_IMAGE, .smooth = {true, true, true}, .outside = -7};

static float *regridded(const struct volume *from, const struct grid *grid, const struct regrid *how, size_t *inside_n)
{
    struct err err = ERR_INIT;
    size_t n;
    float *out = malloc(grid_voxel_n(grid) * sizeof *out);
    assert_non_null(out);
    assert_done(regrid_volume(from, grid, how, out, inside_n == NULL ? &n : inside_n, &err), err);
    return out;
}

static void expect_ramp(const struct grid *from_grid, const struct grid *grid, double reach_voxels)
{
    struct volume from = image_of(from_grid, VOXEL_F32, ramp);
    float *out = regridded(&from, grid, &IMAGE, NULL);
    size_t looked_at = 0;
    for (size_t i = 0; i < grid_voxel_n(grid); i++) {
        const double index[3] = {(double)(i % grid->n[0]), (double)(i / grid->n[0] % grid->n[1]), (double)(i / grid->n[0] / grid->n[1])};
        double position[3], at[3];
        bool deep = true;
        grid_position(grid, index, position);
        grid_index(from_grid, position, at);
        for (int d = 0; d < 3; d++)
            deep &= at[d] >= reach_voxels && at[d] <= (double)from_grid->n[d] - 1 - reach_voxels;
        if (deep) {
            assert_double_near(out[i], ramp(position), 2e-3);
            looked_at++;
        }
    }
    assert_true(looked_at > 100);
    free(out);
    volume_free(&from);
}

static void a_ramp_stays_a_ramp_on_finer_and_coarser_grids(void **state)
{
    (void)state;
    struct grid from = grid_of((const size_t[3]){40, 36, 30}, (const double[3]){0.7, 0.8, 1.1}, (const int[3]){0, 1, 2}, (const int[3]){1, 1, 1}, 0.2);
    static const double SPACING[][3] = {{0.3, 0.4, 0.9}, {1.3, 1.7, 2}, {2.2, 0.8, 3.3}, {1.05, 1.2, 1.65}};
    for (size_t k = 0; k < sizeof SPACING / sizeof SPACING[0]; k++)
        expect_ramp(&from, &(struct grid){.n = {12, 12, 12}, .spacing = {SPACING[k][0], SPACING[k][1], SPACING[k][2]},
                                          .origin = {-6 * SPACING[k][0] + 0.13, -6 * SPACING[k][1], -6 * SPACING[k][2]},
                                          .direction = {{from.direction[0][0], from.direction[0][1], from.direction[0][2]},
                                                        {from.direction[1][0], from.direction[1][1], from.direction[1][2]},
                                                        {from.direction[2][0], from.direction[2][1], from.direction[2][2]}}},
                    3);
}

static void a_ramp_stays_a_ramp_on_leaning_grids(void **state)
{
    (void)state;
    struct grid from = plain_grid(40, 36, 30, 0.7, 0.8, 1.1);
    for (int k = 0; k < 2; k++) {
        double coarse = k == 0 ? 0.9 : 2.1;
        struct grid to = grid_of((const size_t[3]){10, 9, 8}, (const double[3]){coarse, coarse, 1.2}, (const int[3]){0, 1, 2}, (const int[3]){1, 1, 1}, 0.1);
        expect_ramp(&from, &to, 3);
    }
}

/* Linear interpolation, edges going on, by the definition. */
static double plain_linear(const struct volume *from, const double at[3])
{
    double sum = 0;
    for (unsigned corner = 0; corner < 8; corner++) {
        double weight = 1;
        size_t index[3];
        for (int d = 0; d < 3; d++) {
            double low = floor(at[d]), share = at[d] - low, place = corner >> d & 1 ? low + 1 : low;
            weight *= corner >> d & 1 ? share : 1 - share;
            index[d] = (size_t)fmin(fmax(place, 0), (double)(from->grid.n[d] - 1));
        }
        sum += weight * volume_at(from, index[0] + from->grid.n[0] * (index[1] + from->grid.n[1] * index[2]));
    }
    return sum;
}

/* Mean of the linear interpolant over the new voxel (or its value), by many points an axis. */
static double plain_mean(const struct volume *from, const struct grid *grid, const double index[3], const bool wide[3])
{
    enum { POINTS = 24 };
    double sum = 0;
    size_t count = 0;
    for (int p = 0; p < POINTS * POINTS * POINTS; p++) {
        const int part[3] = {p % POINTS, p / POINTS % POINTS, p / POINTS / POINTS};
        double near[3], position[3], at[3];
        if ((!wide[0] && part[0] > 0) || (!wide[1] && part[1] > 0) || (!wide[2] && part[2] > 0))
            continue;
        for (int a = 0; a < 3; a++)
            near[a] = index[a] + (wide[a] ? (part[a] + 0.5) / POINTS - 0.5 : 0);
        grid_position(grid, near, position);
        grid_index(&from->grid, position, at);
        sum += plain_linear(from, at);
        count++;
    }
    return sum / (double)count;
}

static void the_fast_way_equals_the_plain_mean_of_the_interpolant(void **state)
{
    (void)state;
    static const int ORDER[][3] = {{0, 1, 2}, {2, 0, 1}, {1, 0, 2}};
    struct rng rng = rng_make(2, "test.regrid", 0, 0);
    for (int turn = 0; turn < 6; turn++) {
        const int sign[3] = {rng_below(&rng, 2) ? 1 : -1, rng_below(&rng, 2) ? 1 : -1, rng_below(&rng, 2) ? 1 : -1};
        struct grid grid = grid_of((const size_t[3]){11, 9, 8}, (const double[3]){1, 1.3, 2}, ORDER[turn % 3], sign, 0.15);
        struct volume from = image_of(&grid, VOXEL_F32, bumpy);
        struct grid to = grid_of((const size_t[3]){4, 3, 3}, (const double[3]){0.6 + 2 * rng_uniform(&rng), 0.6 + 2 * rng_uniform(&rng), 0.6 + 3 * rng_uniform(&rng)},
                                 (const int[3]){0, 1, 2}, (const int[3]){1, 1, 1}, 0.15);
        bool wide[3] = {false};
        for (int a = 0; a < 3; a++)
            for (int j = 0; j < 3; j++)
                if (ORDER[turn % 3][j] == a)
                    wide[a] = to.spacing[a] > 1.5 * grid.spacing[j];
        float *out = regridded(&from, &to, &IMAGE, NULL);
        for (size_t i = 0; i < grid_voxel_n(&to); i++) {
            const double index[3] = {(double)(i % 4), (double)(i / 4 % 3), (double)(i / 12)};
            double position[3], at[3];
            bool inside = true;
            grid_position(&to, index, position);
            grid_index(&grid, position, at);
            for (int d = 0; d < 3; d++)
                inside &= at[d] >= -0.5 && at[d] <= (double)grid.n[d] - 0.5;
            assert_double_near(out[i], inside ? plain_mean(&from, &to, index, wide) : -7, 0.35); /* of 500 HU: the plain mean is a sum of points */
        }
        free(out);
        volume_free(&from);
    }
}

static double alternating(const double p[3])
{
    return fmod(fabs(p[0]) + 0.25, 2) < 1 ? 100 : -100;
}

static void alternation_vanishes_on_a_grid_twice_as_coarse_and_stays_on_a_finer_one(void **state)
{
    (void)state;
    struct grid grid = plain_grid(41, 5, 5, 1, 1, 1), coarse = plain_grid(9, 3, 3, 2, 1, 1), fine = plain_grid(9, 3, 3, 1, 1, 1);
    struct volume from = image_of(&grid, VOXEL_F32, alternating);
    float *out = regridded(&from, &coarse, &IMAGE, NULL);
    for (size_t i = 0; i < 81; i++)
        assert_double_near(out[i], 0, 1e-4);
    free(out);
    out = regridded(&from, &fine, &IMAGE, NULL);
    for (size_t i = 0; i < 81; i++)
        assert_true(fabsf(out[i]) == 100);
    free(out);
    struct regrid sharp = IMAGE;
    sharp.smooth[0] = false;
    out = regridded(&from, &coarse, &sharp, NULL);
    assert_true(fabsf(out[4]) == 100);
    free(out);
    volume_free(&from);
}

static double one(const double p[3])
{
    (void)p;
    return 1;
}

static void edges_go_on_for_half_a_voxel_in_an_image_and_fade_in_a_mask(void **state)
{
    (void)state;
    struct grid grid = plain_grid(3, 3, 3, 1, 1, 1), wide = plain_grid(21, 1, 1, 0.25, 1, 1), leaning = wide;
    leaning.direction[0][0] = cos(0.05);
    leaning.direction[1][0] = sin(0.05);
    leaning.direction[0][1] = -sin(0.05);
    leaning.direction[1][1] = cos(0.05);
    struct volume from = image_of(&grid, VOXEL_F32, one);
    struct regrid mask = {.edge = REGRID_MASK};
    for (int k = 0; k < 2; k++) {
        const struct grid *to = k == 0 ? &wide : &leaning;
        size_t inside_n, expected_n = 0;
        float *image_row = regridded(&from, to, &IMAGE, &inside_n), *mask_row = regridded(&from, to, &mask, NULL);
        for (int x = 0; x < 21; x++) {
            double p[3];
            grid_position(to, (const double[3]){x, 0, 0}, p);
            bool inside = fabs(p[0]) <= 1.5 + 1e-9; /* y stays within 0.25 */
            expected_n += inside;
            assert_double_near(image_row[x], inside ? 1 : -7, 1e-6);
            assert_double_near(mask_row[x], fmax(0, fmin(1, 2 - fabs(p[0]))), 1e-6);
        }
        assert_int_equal(inside_n, expected_n);
        assert_true(expected_n >= 12);
        free(image_row);
        free(mask_row);
    }
    volume_free(&from);
}

static void what_is_not_finite_becomes_the_value_outside(void **state)
{
    (void)state;
    struct grid grid = plain_grid(4, 1, 1, 1, 1, 1), leaning = grid;
    struct volume from = image_of(&grid, VOXEL_F32, one);
    ((float *)from.voxels)[0] = NAN;
    ((float *)from.voxels)[1] = INFINITY;
    leaning.direction[0][0] = cos(0.02);
    leaning.direction[1][0] = sin(0.02);
    leaning.direction[0][1] = -sin(0.02);
    leaning.direction[1][1] = cos(0.02);
    for (int k = 0; k < 2; k++) {
        float *out = regridded(&from, k == 0 ? &grid : &leaning, &IMAGE, NULL);
        assert_true(out[0] == -7 && out[1] == -7);
        assert_double_near(out[3], 1, 1e-6);
        free(out);
    }
    volume_free(&from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ramp_stays_a_ramp_on_finer_and_coarser_grids),
        cmocka_unit_test(a_ramp_stays_a_ramp_on_leaning_grids),
        cmocka_unit_test(the_fast_way_equals_the_plain_mean_of_the_interpolant),
        cmocka_unit_test(alternation_vanishes_on_a_grid_twice_as_coarse_and_stays_on_a_finer_one),
        cmocka_unit_test(edges_go_on_for_half_a_voxel_in_an_image_and_fade_in_a_mask),
        cmocka_unit_test(what_is_not_finite_becomes_the_value_outside),
    };
    return tap_run(tests);
}
