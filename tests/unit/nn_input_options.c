/* A network's input as a user says it. */
#include "nn/input_options.h"

#include <math.h>

#include "tap.h"

static struct input_options defaults(void)
{
    struct input_options options = {0};
    struct opt_table table = {input_opts, input_opt_n, &options};
    struct operands operands = {0};
    assert_true(opt_parse(&table, 1, 0, NULL, &operands, NULL));
    return options;
}

static void set(struct input_options *options, const char *name, const char *value)
{
    struct err err = ERR_INIT;
    assert_non_null(input_option_find(name));
    assert_done(opt_set(input_option_find(name), options, value, name, &err), err);
}

struct settled {
    struct crop_settings crop;
    struct sample_settings sample;
};

static struct settled settle(const struct input_options *options, unsigned rank, size_t phase_n)
{
    struct settled made;
    struct err err = ERR_INIT;
    assert_done(input_options_settle(options, rank, phase_n, 1, &made.crop, &made.sample, &err), err);
    return made;
}

static void refuse(const struct input_options *options, unsigned rank, size_t phase_n, const char *message)
{
    struct settled made;
    struct err err = ERR_INIT;
    assert_false(input_options_settle(options, rank, phase_n, 1, &made.crop, &made.sample, &err));
    assert_error(err, ERR_USAGE, message);
}

static void without_options_a_3d_net_gets_the_default_crop(void **state)
{
    (void)state;
    struct input_options options = defaults();
    struct settled made = settle(&options, 3, 1);
    assert_int_equal(made.crop.view, CROP_3D);
    for (size_t axis = 0; axis < 3; axis++) {
        assert_int_equal(made.crop.size[axis], 32);
        assert_double_near(made.crop.spacing[axis], 2, 0);
    }
    assert_double_near(made.crop.low[0], -100, 0);
    assert_double_near(made.crop.high[0], 200, 0);
    assert_false(made.crop.blank_mm >= 0);
    assert_int_equal(made.crop.slice_max, 32);
    assert_true(made.sample.mask_channel);
}

static void without_options_a_2d_net_gets_the_largest_slice(void **state)
{
    (void)state;
    struct input_options options = defaults();
    struct settled made = settle(&options, 2, 2);
    assert_int_equal(made.crop.view, CROP_2D_LARGEST);
    assert_int_equal(made.crop.size[0], 64);
    assert_double_near(made.crop.spacing[1], 1, 0);
}

static void numbers_are_taken_by_axis_and_phase(void **state)
{
    (void)state;
    struct input_options options = defaults();
    set(&options, "size", "40,36,20");
    set(&options, "spacing", "1.5");
    set(&options, "window", "-160,240,-100,200");
    set(&options, "blank", "6");
    set(&options, "mask", "no");
    struct settled made = settle(&options, 3, 2);
    assert_int_equal(made.crop.size[0], 40);
    assert_int_equal(made.crop.size[1], 36);
    assert_int_equal(made.crop.size[2], 20);
    assert_double_near(made.crop.spacing[2], 1.5, 0);
    assert_double_near(made.crop.low[0], -160, 0);
    assert_double_near(made.crop.high[0], 240, 0);
    assert_double_near(made.crop.low[1], -100, 0);
    assert_double_near(made.crop.high[1], 200, 0);
    assert_double_near(made.crop.blank_mm, 6, 0);
    assert_false(made.sample.mask_channel);
}

static void one_number_leaves_the_slices_of_two_and_a_half_d_alone(void **state)
{
    (void)state;
    struct input_options options = defaults();
    set(&options, "view", "2.5d");
    set(&options, "size", "48");
    struct settled made = settle(&options, 2, 1);
    assert_int_equal(made.crop.view, CROP_25D);
    assert_int_equal(made.crop.size[0], 48);
    assert_int_equal(made.crop.size[1], 48);
    assert_int_equal(made.crop.size[2], 3);
    assert_double_near(made.crop.spacing[2], 3, 0);
    set(&options, "size", "48,40,5");
    assert_int_equal(settle(&options, 2, 1).crop.size[2], 5);
}

static void a_centred_box_of_the_tumours_size_can_be_asked_for(void **state)
{
    (void)state;
    struct input_options options = defaults();
    assert_double_near(settle(&options, 3, 1).crop.fit, 0, 0);
    assert_int_equal(settle(&options, 3, 1).sample.values, SAMPLE_WINDOWED);
    set(&options, "fit", "1.25");
    set(&options, "values", "centred");
    struct settled made = settle(&options, 3, 1);
    assert_double_near(made.crop.fit, 1.25, 0);
    assert_int_equal(made.sample.values, SAMPLE_CENTRED);
    set(&options, "mask", "no");
    refuse(&options, 3, 1, "option --input-values: centred: the mask has to be a channel of the input");
}

static void any_option_but_the_default_is_seen(void **state)
{
    static const char *const given[][2] = {{"view", "2d"}, {"size", "32"}, {"spacing", "2"}, {"window", "-100,200"}, {"mask", "no"},
                                           {"fit", "1.25"}, {"values", "centred"}, {"blank", "6"}, {"slices", "31"}};
    (void)state;
    struct input_options options = defaults();
    assert_false(input_options_given(&options));
    assert_int_equal(sizeof given / sizeof given[0], input_opt_n);
    for (size_t i = 0; i < input_opt_n; i++) {
        options = defaults();
        set(&options, given[i][0], given[i][1]);
        assert_true(input_options_given(&options));
    }
}

static void what_makes_no_input_is_refused(void **state)
{
    (void)state;
    struct input_options options = defaults();
    set(&options, "view", "2d");
    refuse(&options, 3, 1, "option --input-view: 2d: the network takes 3-D inputs");
    options = defaults();
    set(&options, "view", "3d");
    refuse(&options, 2, 1, "option --input-view: 3d: the network takes 2-D inputs");
    options = defaults();
    set(&options, "size", "32,32");
    refuse(&options, 3, 1, "option --input-size: 32,32: expected a number, or 3 with commas between them");
    set(&options, "size", "32,32,32");
    refuse(&options, 2, 1, "option --input-size: 32,32,32: expected a number, or 2 with commas between them");
    set(&options, "size", "32,,32");
    refuse(&options, 3, 1, "option --input-size: 32,,32: expected a number, or 3 with commas between them");
    set(&options, "size", "31.5");
    refuse(&options, 3, 1, "option --input-size: 31.5: expected whole numbers from 1 to 512");
    options = defaults();
    set(&options, "spacing", "1000");
    refuse(&options, 3, 1, "spacing x is 1000 mm, expected 0.01 to 100");
    options = defaults();
    set(&options, "window", "-100");
    refuse(&options, 3, 1, "option --input-window: -100: expected LOW,HIGH");
    set(&options, "window", "0,1,2,3,4,5");
    refuse(&options, 3, 2, "option --input-window: 0,1,2,3,4,5: expected LOW,HIGH, once or for each phase");
    set(&options, "window", "200,-100");
    refuse(&options, 3, 1, "the window of phase 1 is 200 to -100 HU, expected low < high within +-32000");
}

static void a_row_is_found_by_its_name_with_and_without_input(void **state)
{
    (void)state;
    assert_ptr_equal(input_option_find("view"), &input_opts[0]);
    assert_ptr_equal(input_option_find("input-view"), &input_opts[0]);
    assert_null(input_option_find("colour"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_a_3d_net_gets_the_default_crop),
        cmocka_unit_test(without_options_a_2d_net_gets_the_largest_slice),
        cmocka_unit_test(numbers_are_taken_by_axis_and_phase),
        cmocka_unit_test(one_number_leaves_the_slices_of_two_and_a_half_d_alone),
        cmocka_unit_test(a_centred_box_of_the_tumours_size_can_be_asked_for),
        cmocka_unit_test(any_option_but_the_default_is_seen),
        cmocka_unit_test(what_makes_no_input_is_refused),
        cmocka_unit_test(a_row_is_found_by_its_name_with_and_without_input),
    };
    return tap_run(tests);
}
