/* The tumour's body against closed forms. */
#include "sim/body.h"

#include <math.h>

#include "tap.h"

static struct body a_body(double diameter_mm, double margin_sign)
{
    struct body body;
    body_make(&body, &recipe_default, diameter_mm, margin_sign, 21, 0, 1);
    return body;
}

/* Share of the box of +-80 mm where depth is below `depth`, as a volume, mm^3. */
static double volume(const struct body *body, double depth)
{
    double sum = 0;
    for (double z = -79; z < 80; z += 2)
        for (double y = -79; y < 80; y += 2)
            for (double x = -79; x < 80; x += 2) {
                const double at[3] = {x, y, z};
                sum += body_place(body, at).depth < depth ? 8 : 0;
            }
    return sum;
}

static void volume_inside_a_depth_is_its_cube(void **state)
{
    (void)state;
    struct body body = a_body(80, 2);
    double all = volume(&body, 1);
    assert_double_near(volume(&body, 0.5) / all, 0.125, 0.003);
    assert_double_near(volume(&body, 0.8) / all, 0.512, 0.006);
}

static void an_undeformed_body_has_the_volume_of_the_ball(void **state)
{
    (void)state;
    struct body body = a_body(60, 0);
    body.deform = 0;
    assert_double_near(volume(&body, 1) / (M_PI * 60 * 60 * 60 / 6), 1, 0.01);
}

static void the_margin_sign_roughens_the_surface_up_to_a_bound(void **state)
{
    (void)state;
    struct body smooth = a_body(60, -2), rough = a_body(60, 1), most = a_body(60, 9);
    assert_true(smooth.deform < rough.deform && rough.deform < most.deform);
    assert_double_near(most.deform, recipe_default.margin_max, 0);
}

static void a_place_on_the_surface_has_depth_1_and_distance_0(void **state)
{
    (void)state;
    struct body body = a_body(50, 1);
    double at[3] = {11, -23, 17};
    double depth = body_place(&body, at).depth;
    for (int a = 0; a < 3; a++)
        at[a] /= depth;
    struct body_place place = body_place(&body, at);
    assert_double_near(place.depth, 1, 1e-12);
    assert_double_near(place.outside_mm, 0, 1e-9);
    for (int a = 0; a < 3; a++)
        at[a] *= 1.1;
    double length = sqrt(at[0] * at[0] + at[1] * at[1] + at[2] * at[2]);
    assert_double_near(body_place(&body, at).outside_mm, length * (1 - 1 / 1.1), 1e-9);
}

static void the_centre_is_inside(void **state)
{
    (void)state;
    struct body body = a_body(50, 1);
    const double at[3] = {0, 0, 0};
    struct body_place place = body_place(&body, at);
    assert_true(place.depth == 0 && place.outside_mm < 0 && body_outlined(&body, &place));
}

static void the_readers_outline_stays_near_the_surface(void **state)
{
    (void)state;
    struct body body = a_body(40, 0);
    struct rng rng = rng_make(22, "test.outline", 0, 0);
    size_t differ = 0;
    for (int i = 0; i < 20000; i++) {
        double at[3];
        for (int a = 0; a < 3; a++)
            at[a] = 60 * rng_uniform(&rng) - 30;
        struct body_place place = body_place(&body, at);
        bool outlined = body_outlined(&body, &place), inside = place.depth < 1;
        differ += outlined != inside;
        if (fabs(place.depth - 1) > 3.01 * body.reader)
            assert_int_equal(outlined, inside);
    }
    assert_true(differ > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(volume_inside_a_depth_is_its_cube),
        cmocka_unit_test(an_undeformed_body_has_the_volume_of_the_ball),
        cmocka_unit_test(the_margin_sign_roughens_the_surface_up_to_a_bound),
        cmocka_unit_test(a_place_on_the_surface_has_depth_1_and_distance_0),
        cmocka_unit_test(the_centre_is_inside),
        cmocka_unit_test(the_readers_outline_stays_near_the_surface),
    };
    return tap_run(tests);
}
