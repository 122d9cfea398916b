/* Mirror images: what stands where, which there are, and what a net says of them. */
#include "nn/mirror.h"

#include <string.h>

#include "nn/nets.h"
#include "nn/predict.h"
#include "tap.h"

static void a_turned_input_is_read_from_the_other_end(void **state)
{
    (void)state;
    static const struct sample_shape shapes[] = {{3, 4, 5, 2}, {1, 2, 3, 1}, {4, 1, 1, 3}};
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++)
        for (unsigned axes = MIRROR_NONE; axes <= MIRROR_ALL; axes++) {
            const struct sample_shape s = shapes[k];
            float value[120], turned[120];
            for (size_t i = 0; i < sample_value_n(&s); i++)
                turned[i] = value[i] = (float)i;
            mirror_turn(&s, axes, turned);
            for (size_t z = 0; z < s.z; z++)
                for (size_t y = 0; y < s.y; y++)
                    for (size_t x = 0; x < s.x; x++)
                        for (size_t c = 0; c < s.c; c++) {
                            size_t from_z = axes & 4 ? s.z - 1 - z : z, from_y = axes & 2 ? s.y - 1 - y : y, from_x = axes & 1 ? s.x - 1 - x : x;
                            assert_float_equal(turned[((z * s.y + y) * s.x + x) * s.c + c], value[((from_z * s.y + from_y) * s.x + from_x) * s.c + c], 0);
                        }
            mirror_turn(&s, axes, turned);
            assert_memory_equal(turned, value, sample_value_n(&s) * sizeof *value);
        }
}

static void the_axes_are_those_of_the_flips(void **state)
{
    (void)state;
    const struct sample_shape flat = {1, 4, 4, 3}, solid = {4, 4, 4, 1};
    assert_int_equal(mirror_axes(0.5, 0, 0.1, &solid), 5);
    assert_int_equal(mirror_axes(0.5, 0.5, 0.5, &flat), 3);
    assert_int_equal(mirror_axes(0, 0, 0, &solid), MIRROR_NONE);
    for (unsigned axes = MIRROR_NONE; axes <= MIRROR_ALL; axes++) {
        bool there[8] = {false};
        size_t n = mirror_n(axes);
        assert_int_equal(mirror_image(axes, 0), 0);
        for (size_t k = 0; k < n; k++) {
            unsigned image = mirror_image(axes, k);
            assert_int_equal(image & ~axes, 0);
            assert_false(there[image]);
            there[image] = true;
        }
        size_t subset_n = 0;
        for (unsigned image = 0; image < 8; image++)
            subset_n += (image & ~axes) == 0;
        assert_int_equal(n, subset_n);
    }
}

/* Of a net that looks at places: what it says of a case and of its mirror image differs, the mean over the images does not. */
static void a_case_and_its_mirror_image_are_told_the_same(void **state)
{
    (void)state;
    enum { SIDE = 8, BOX = SIDE * SIDE * SIDE };
    float value[2 * BOX];
    struct net *net = NULL;
    struct err err = ERR_INIT;
    const struct sample_shape shape = {SIDE, SIDE, SIDE, 1};
    for (size_t i = 0; i < BOX; i++)
        value[BOX + i] = value[i] = (float)(i * i % 17) / 17 + (float)(i % SIDE);
    mirror_turn(&shape, 1 | 4, value + BOX);
    const struct source_array array = {.value = value, .type = ARRAY_F32, .z = SIDE, .y = SIDE, .x = SIDE, .c = 1, .scale = 1};
    struct source plain, images;
    const struct mirrored mirrored = {&plain, 1 | 4};
    const size_t row[] = {0, 1};
    double logit[2], mean[2], one[2];
    source_of_array(&array, 2, &plain);
    source_of_mirrors(&mirrored, &images);
    assert_int_equal(source_input_n(&images, 1), 4);
    assert_done(net_make("small3d", &(struct net_options){.channel_n = 1, .output_n = 1}, 3, &net, &err), err);
    assert_done(net_predict(net, NULL, nn_backend_default(), &plain, row, 2, net->output, logit, &err) &&
                    net_predict(net, NULL, nn_backend_default(), &images, row, 2, net->output, mean, &err), err);
    assert_true(logit[0] - logit[1] > 1e-4 || logit[1] - logit[0] > 1e-4);
    assert_double_near(mean[0], mean[1], 1e-6);
    /* The mean of the four by hand. */
    double sum = 0;
    for (size_t k = 0; k < 4; k++) {
        memcpy(value + BOX, value, BOX * sizeof *value);
        mirror_turn(&shape, mirror_image(1 | 4, k), value + BOX);
        assert_done(net_predict(net, NULL, nn_backend_default(), &plain, row, 2, net->output, one, &err), err);
        sum += one[1] / 4;
    }
    assert_double_near(mean[0], sum, 1e-6);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turned_input_is_read_from_the_other_end),
        cmocka_unit_test(the_axes_are_those_of_the_flips),
        cmocka_unit_test(a_case_and_its_mirror_image_are_told_the_same),
    };
    return tap_run(tests);
}
