#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "radiomics/class.h"
#include "radiomics/params.h"
#include "tap.h"

static void refused(const char *yaml, const char *line)
{
    struct params params;
    struct err err = ERR_INIT;
    assert_false(params_parse("p.yaml", yaml, strlen(yaml), &params, &err));
    assert_int_equal(err.kind, ERR_USAGE);
    if (strcmp(err.text, line) != 0)
        fail_msg("said: %s", err.text);
}

static struct params taken(const char *yaml)
{
    struct params params;
    struct err err = ERR_INIT;
    if (!params_parse("p.yaml", yaml, strlen(yaml), &params, &err))
        fail_msg("refused: %s", err.text);
    return params;
}

static void settings_are_read_and_the_rest_has_defaults(void **state)
{
    (void)state;
    struct params p = taken("setting:\n  binWidth: 3.5\n  resampledPixelSpacing: [1, 1, 0]\n  resegmentRange: [-3, 3]\n  resegmentMode: sigma\n  distances: [1, 2]\n  weightingNorm: manhattan\n");
    assert_true(p.settings.bin_width == 3.5 && p.settings.resample && p.settings.spacing[2] == 0 && p.settings.label == 1 && p.settings.pad == 5);
    assert_true(p.settings.resegment_n == 2 && p.settings.resegment_mode == RESEGMENT_SIGMA && p.settings.distance_n == 2 && p.settings.distance[1] == 2);
    assert_int_equal(p.settings.weighting, WEIGHT_MANHATTAN);
    assert_int_equal(p.class_n, feature_classes_n - 1);
    params_free(&p);
}

static void features_keep_the_order_of_the_file(void **state)
{
    (void)state;
    struct params p = taken("featureClass:\n  shape: [Sphericity, Elongation]\n  firstorder:\n");
    assert_int_equal(p.class_n, 2);
    assert_int_equal(p.class_choice[0].feature_n, 2);
    assert_string_equal(class_shape.feature[p.class_choice[0].feature[0]].name, "Sphericity");
    assert_int_equal(p.class_choice[1].feature_n, class_firstorder.feature_n - 1); /* without the deprecated one */
    params_free(&p);
}

static void other_image_types_are_read_and_then_refused_by_name(void **state)
{
    (void)state;
    struct params p = taken("imageType:\n  Original: {}\n  LoG: {sigma: [1.0]}\n");
    struct err err = ERR_INIT;
    assert_true(p.original);
    assert_false(params_check_built(&p, &err));
    assert_string_equal(err.text, "imageType LoG: not built yet; hepar computes Original");
    params_free(&p);
}

static void refusals_name_the_place_and_the_nearest_key(void **state)
{
    (void)state;
    refused("setting:\n  binwidth: 25\n", "p.yaml:2:3: setting: unknown key binwidth; did you mean binWidth?");
    refused("featureClass:\n  glmc:\n", "p.yaml:2:3: featureClass: unknown key glmc; did you mean glcm?");
    refused("featureClass:\n  firstorder: [Meen]\n", "p.yaml:2:16: featureClass firstorder: unknown feature Meen; did you mean Mean?");
    refused("settings:\n  label: 1\n", "p.yaml:1:1: parameter file: unknown key settings; did you mean setting?");
}

static void refusals_say_what_is_expected(void **state)
{
    (void)state;
    refused("setting:\n  binWidth: -5\n", "p.yaml:2:13: binWidth: found -5, expected more than 0");
    refused("setting:\n  minimumROIDimensions: 4\n", "p.yaml:2:25: minimumROIDimensions: found 4, expected 1 to 3");
    refused("setting:\n  label: 1.5\n", "p.yaml:2:10: label: found a number 1.5, expected a whole number");
    refused("setting:\n  resampledPixelSpacing: [1, 1]\n", "p.yaml:2:26: resampledPixelSpacing: found 2 numbers, expected 3 (x, y, z in mm; 0 keeps an axis)");
    refused("setting:\n  resegmentMode: median\n", "p.yaml:2:18: resegmentMode: found median, expected one of absolute, relative, sigma");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_read_and_the_rest_has_defaults),
        cmocka_unit_test(features_keep_the_order_of_the_file),
        cmocka_unit_test(other_image_types_are_read_and_then_refused_by_name),
        cmocka_unit_test(refusals_name_the_place_and_the_nearest_key),
        cmocka_unit_test(refusals_say_what_is_expected),
    };
    return tap_run(tests);
}
