/* Convolutions and matrix products of the fast backend against the plain one in f64. Run with DNNL_MAX_CPU_ISA to cap the instruction set. */
#include "nn/fast.h"
#include "nn/winograd.h"
#include "nn_twin.h"

static const struct nn_conv *conv_of(const void *spec)
{
    return spec;
}
static struct nn_op *make_forward(const struct nn_backend *backend, const void *spec, struct err *err)
{
    return backend->conv_forward(backend, conv_of(spec), err);
}
static struct nn_op *make_backward_input(const struct nn_backend *backend, const void *spec, struct err *err)
{
    return backend->conv_backward_input(backend, conv_of(spec), err);
}
static struct nn_op *make_backward_weights(const struct nn_backend *backend, const void *spec, struct err *err)
{
    return backend->conv_backward_weights(backend, conv_of(spec), err);
}
static struct nn_op *winograd_forward(const struct nn_backend *backend, const void *spec, struct err *err)
{
    return backend->number == NN_F64 ? make_forward(backend, spec, err) : conv_winograd(backend, spec, false, err);
}
static struct nn_op *winograd_input(const struct nn_backend *backend, const void *spec, struct err *err)
{
    return backend->number == NN_F64 ? make_backward_input(backend, spec, err) : conv_winograd(backend, spec, true, err);
}
static struct nn_op *winograd_weights(const struct nn_backend *backend, const void *spec, struct err *err)
{
    return backend->number == NN_F64 ? make_backward_weights(backend, spec, err) : conv_winograd_weights(backend, spec, err);
}

/* Who makes the three operations. */
struct makers {
    struct nn_op *(*forward)(const struct nn_backend *, const void *, struct err *);
    struct nn_op *(*input)(const struct nn_backend *, const void *, struct err *);
    struct nn_op *(*weights)(const struct nn_backend *, const void *, struct err *);
};
static const struct makers chosen = {make_forward, make_backward_input, make_backward_weights}, winograd = {winograd_forward, winograd_input, winograd_weights};

/* All three of a convolution's operations. */
static void check_made(struct twin *twin, const struct nn_conv *conv, const struct makers *makers)
{
    char what[300];
    const struct nn_window *w = &conv->window;
    snprintf(what, sizeof what, "%zu x %zu x %zu x %zu, %zu -> %zu channels in %zu groups, kernel %zu %zu %zu stride %zu %zu %zu pad %zu %zu %zu dilation %zu %zu %zu, bias %d, residual %d, act %d",
             conv->in.n, conv->in.z, conv->in.y, conv->in.x, conv->in.c, conv->out.c, conv->group_n, w->kernel[0], w->kernel[1], w->kernel[2], w->stride[0],
             w->stride[1], w->stride[2], w->pad[0], w->pad[1], w->pad[2], w->dilation[0], w->dilation[1], w->dilation[2], conv->bias,
             conv->residual, conv->act);
    size_t in_n = nn_shape_value_n(&conv->in), out_n = nn_shape_value_n(&conv->out);
    size_t weight_n = conv->out.c * (conv->in.c / conv->group_n) * w->kernel[0] * w->kernel[1] * w->kernel[2];
    double spread = 1 / sqrt((double)weight_n / (double)conv->out.c);
    struct twin_array array[] = {twin_array(twin, in_n, false, 0, 1),         twin_array(twin, weight_n, true, 0, spread),
                                 twin_array(twin, conv->out.c, true, 0, 0.5), twin_array(twin, out_n, false, 0, 1),
                                 twin_array(twin, out_n, false, 7, 0),        twin_array(twin, in_n, false, 7, 0),
                                 twin_array(twin, weight_n, true, 7, 0),      twin_array(twin, conv->out.c, true, 7, 0)};
    struct twin_array *x = &array[0], *weights = &array[1], *bias = &array[2], *dy = &array[3], *y = &array[4], *dx = &array[5], *dw = &array[6], *db = &array[7];
    const struct twin_run forward = {.make = makers->forward, .spec = conv, .in = {x, weights, conv->bias ? bias : NULL, conv->residual ? dy : NULL},
                                     .out = {y}, .packs = true};
    twin_run(twin, &forward, what);
    if (conv->residual) { /* y may stand where the residual stood */
        struct twin_array both = twin_array(twin, out_n, false, 0, 1);
        const struct twin_run in_place = {.make = makers->forward, .spec = conv, .in = {x, weights, conv->bias ? bias : NULL, &both}, .out = {&both}, .packs = true};
        twin_run(twin, &in_place, what);
        twin_free(&both, 1);
    }
    const struct twin_run input = {.make = makers->input, .spec = conv, .in = {dy, weights}, .out = {dx}, .packs = true};
    twin_run(twin, &input, what);
    const struct twin_run to_weights = {.make = makers->weights, .spec = conv, .in = {x, dy}, .out = {dw, conv->bias ? db : NULL}};
    twin_run(twin, &to_weights, what);
    twin_free(array, 8);
}

static void check_conv(struct twin *twin, const struct nn_conv *conv)
{
    check_made(twin, conv, &chosen);
}

static struct nn_conv conv_make(size_t n, size_t z, size_t y, size_t x, size_t c, size_t out_c, size_t kernel, size_t stride, size_t pad, size_t dilation)
{
    size_t k = z == 1 && kernel > 1 ? 1 : kernel, p = z == 1 ? 0 : pad;
    struct nn_conv conv = {.in = {n, z, y, x, c}, .window = {{k, kernel, kernel}, {stride, stride, stride}, {p, pad, pad}, {dilation, dilation, dilation}},
                           .group_n = 1};
    assert_true(nn_window_out(&conv.in, &conv.window, out_c, &conv.out));
    return conv;
}

/* Shapes of our networks in small, and ones at the edges. */
static void check_listed(struct twin *twin)
{
    const struct nn_conv listed[] = {
        conv_make(2, 16, 16, 8, 2, 16, 7, 2, 3, 1), conv_make(3, 8, 8, 4, 16, 32, 3, 1, 1, 1),  conv_make(9, 4, 4, 4, 32, 64, 3, 2, 1, 1),
        conv_make(2, 8, 8, 4, 32, 32, 3, 1, 2, 2),  conv_make(2, 8, 8, 4, 112, 128, 3, 1, 4, 4), conv_make(2, 4, 4, 4, 128, 128, 3, 1, 1, 1),
        conv_make(2, 6, 5, 4, 64, 32, 1, 2, 0, 1),  conv_make(1, 1, 1, 1, 1, 1, 1, 1, 0, 1),     conv_make(1, 3, 3, 3, 3, 1, 3, 1, 0, 1),
        conv_make(1, 1, 28, 28, 1, 8, 3, 1, 1, 1),  conv_make(2, 1, 33, 31, 3, 64, 7, 2, 3, 1),  conv_make(10, 1, 7, 7, 96, 96, 1, 1, 0, 1),
        conv_make(1, 5, 4, 3, 2, 5, 3, 1, 1, 1),    conv_make(4, 9, 9, 9, 1, 16, 3, 2, 1, 1),    conv_make(1, 1, 5, 6, 17, 33, 3, 1, 3, 3),
    };
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++) {
        struct nn_conv conv = listed[i];
        check_conv(twin, &conv);
        conv.bias = true;
        conv.residual = i % 2 == 0;
        conv.act = i % 3 == 0 ? NN_ACT_RELU6 : NN_ACT_RELU;
        check_conv(twin, &conv);
    }
}

static void check_depthwise(struct twin *twin)
{
    for (size_t z = 1; z <= 6; z += 5)
        for (size_t stride = 1; stride <= 2; stride++)
            for (size_t c = 6; c <= 80; c += 37) {
                struct nn_conv conv = conv_make(3, z, 7, 6, c, c, 3, stride, 1, 1);
                conv.group_n = c;
                conv.bias = stride == 1;
                conv.act = NN_ACT_RELU6;
                check_conv(twin, &conv);
            }
}

static void check_random(struct twin *twin, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        size_t groups = twin_below(twin, 4) == 0 ? 1 + twin_below(twin, 4) : 1;
        struct nn_conv conv = {.group_n = groups};
        conv.in = (struct nn_shape){1 + twin_below(twin, 10), twin_below(twin, 3) == 0 ? 1 : 1 + twin_below(twin, 9), 1 + twin_below(twin, 11),
                                    1 + twin_below(twin, 11), groups * (1 + twin_below(twin, 20))};
        for (size_t axis = 0; axis < 3; axis++) {
            conv.window.kernel[axis] = axis == 0 && conv.in.z == 1 ? 1 : 1 + twin_below(twin, 4);
            conv.window.stride[axis] = 1 + twin_below(twin, 3);
            conv.window.dilation[axis] = 1 + twin_below(twin, 3);
            conv.window.pad[axis] = axis == 0 && conv.in.z == 1 ? 0 : twin_below(twin, 1 + conv.window.kernel[axis] * conv.window.dilation[axis]);
        }
        if (!nn_window_out(&conv.in, &conv.window, groups * (1 + twin_below(twin, 20)), &conv.out))
            continue;
        conv.bias = twin_below(twin, 2) == 0;
        conv.residual = twin_below(twin, 2) == 0;
        conv.act = (enum nn_act)twin_below(twin, 3);
        check_conv(twin, &conv);
    }
}

static void convolutions_of_our_networks_agree_with_the_plain_ones(void **state)
{
    (void)state;
    struct twin twin = twin_make(NN_F32, 1e-5);
    check_listed(&twin);
}

static void depthwise_convolutions_agree_with_the_plain_ones(void **state)
{
    (void)state;
    struct twin twin = twin_make(NN_F32, 1e-5);
    check_depthwise(&twin);
}

static void convolutions_of_any_shape_agree_with_the_plain_ones(void **state)
{
    (void)state;
    struct twin twin = twin_make(NN_F32, 1e-5);
    check_random(&twin, 150);
}

/* Whatever the table says: all shapes that they serve, light weights and heavy ones, one group of images and several. */
static void winograds_convolutions_agree_with_the_plain_ones(void **state)
{
    (void)state;
    struct twin twin = twin_make(NN_F32, 1e-5);
    const struct nn_conv listed[] = {conv_make(9, 4, 8, 8, 64, 96, 3, 1, 1, 1), conv_make(3, 4, 8, 8, 160, 130, 3, 1, 2, 2), conv_make(70, 1, 7, 7, 130, 33, 3, 1, 1, 1),
                                     conv_make(5, 4, 8, 7, 70, 130, 3, 1, 4, 4), conv_make(3, 3, 2, 1, 40, 20, 3, 1, 1, 1)};
    size_t checked = 0;
    if (!conv_winograd_serves(twin.fast, &listed[0], false))
        tap_skip("AVX2 is needed");
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
        check_made(&twin, &listed[i], &winograd);
    for (size_t i = 0; i < 400 && checked < 60; i++) {
        struct nn_conv conv = {.group_n = 1, .window = {{1, 3, 3}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}}};
        conv.in = (struct nn_shape){1 + twin_below(&twin, 5), 1 + twin_below(&twin, 6), 1 + twin_below(&twin, 12), 1 + twin_below(&twin, 12), 1 + twin_below(&twin, 70)};
        conv.window.kernel[0] = 1 + twin_below(&twin, 4);
        for (size_t axis = 0; axis < 3; axis++) {
            conv.window.dilation[axis] = 1 + twin_below(&twin, 4);
            conv.window.pad[axis] = twin_below(&twin, 2 + 2 * conv.window.dilation[axis]);
        }
        if (!nn_window_out(&conv.in, &conv.window, 1 + twin_below(&twin, 70), &conv.out))
            continue;
        conv.bias = twin_below(&twin, 2) == 0;
        conv.residual = twin_below(&twin, 2) == 0;
        conv.act = (enum nn_act)twin_below(&twin, 3);
        check_made(&twin, &conv, &winograd);
        checked++;
    }
    assert_int_equal(checked, 60);
}

/* Points of a large grid would take more memory than they save time. */
static void winograd_leaves_large_grids_to_others(void **state)
{
    (void)state;
    const struct nn_conv layer = conv_make(2, 8, 16, 16, 64, 64, 3, 1, 1, 1), large = conv_make(1, 128, 256, 256, 64, 64, 3, 1, 1, 1);
    const struct nn_backend *backend = nn_backend_onednn(NN_F32, NULL);
    if (!conv_winograd_serves(backend, &layer, false))
        tap_skip("AVX2 is needed");
    assert_true(conv_winograd_serves(backend, &layer, true) && conv_winograd_weights_serve(backend, &layer));
    assert_false(conv_winograd_serves(backend, &large, false) || conv_winograd_serves(backend, &large, true) || conv_winograd_weights_serve(backend, &large));
}

static void the_saving_counts_products(void **state)
{
    (void)state;
    const struct nn_conv wide = conv_make(1, 1, 64, 64, 8, 8, 3, 1, 1, 1), dilated = conv_make(1, 1, 8, 8, 8, 8, 3, 1, 4, 4), open = conv_make(1, 1, 10, 10, 8, 8, 3, 1, 0, 1);
    assert_double_near(winograd_saving(&wide), 190.0 * 190.0 / (128.0 * 128.0), 1e-12); /* 3 places of 64 outputs, less one at both ends; 32 tiles of 4 */
    assert_double_near(winograd_saving(&dilated), 16.0 * 16.0 / (9.0 * 16.0), 1e-12); /* pairs: 4 products of 9 */
    assert_double_near(winograd_saving(&open), 2.25, 1e-12);
}

static void convolutions_in_bf16_agree_with_the_plain_ones(void **state)
{
    (void)state;
    struct twin twin = twin_make(NN_BF16, 1e-2);
    check_listed(&twin);
    check_depthwise(&twin);
    check_random(&twin, 150);
}

static void a_scale_is_folded_into_the_packed_weights(void **state)
{
    (void)state;
    struct twin twin = twin_make(NN_F32, 1e-5);
    float scale[256];
    for (size_t i = 0; i < 256; i++)
        scale[i] = (float)(0.5 + 0.1 * (double)(i % 60));
    for (size_t large = 0; large < 2; large++) { /* large enough to be packed in parts */
        size_t in_c = large ? 128 : 8, out_c = large ? 256 : 24;
        struct nn_conv conv = conv_make(2, 4, 4, 4, in_c, out_c, 3, 1, 1, 1);
        struct twin_array x = twin_array(&twin, nn_shape_value_n(&conv.in), false, 0, 1), w = twin_array(&twin, out_c * in_c * 27, true, 0, 1);
        struct twin_array y = twin_array(&twin, nn_shape_value_n(&conv.out), false, 0, 1);
        const struct twin_run run = {.make = make_forward, .spec = &conv, .in = {&x, &w}, .out = {&y}, .packs = true, .scale = scale, .scale_n = out_c};
        twin_run(&twin, &run, "scaled");
        twin_free(&x, 1);
        twin_free(&w, 1);
        twin_free(&y, 1);
    }
}

static void f64_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_null(nn_backend_onednn(NN_F64, &err));
    assert_error(err, ERR_USAGE, "oneDNN computes in f32 or bf16, not f64");
}

static void bf16_without_amx_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    if (nn_backend_onednn(NN_BF16, &err) != NULL)
        tap_skip("this machine has AMX");
    assert_error_has(err, ERR_USAGE, "bf16 is slower than f32 without AMX, which this machine does not have");
}

static void a_layer_too_large_for_memory_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const struct nn_backend *fast = nn_backend_onednn(NN_F32, &err);
    const struct nn_conv conv = {.in = {1u << 20, 1u << 20, 1u << 20, 1, 1}, .out = {1u << 20, 1u << 20, 1u << 20, 1, 1},
                                 .window = {{1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}}, .group_n = 1};
    assert_null(fast->conv_forward(fast, &conv, &err));
    assert_error(err, ERR_INPUT, "layer of 1048576 x 1048576 x 1048576 x 1 x 1 values is too large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_of_our_networks_agree_with_the_plain_ones),
        cmocka_unit_test(depthwise_convolutions_agree_with_the_plain_ones),
        cmocka_unit_test(convolutions_of_any_shape_agree_with_the_plain_ones),
        cmocka_unit_test(winograds_convolutions_agree_with_the_plain_ones),
        cmocka_unit_test(winograd_leaves_large_grids_to_others),
        cmocka_unit_test(the_saving_counts_products),
        cmocka_unit_test(convolutions_in_bf16_agree_with_the_plain_ones),
        cmocka_unit_test(a_scale_is_folded_into_the_packed_weights),
        cmocka_unit_test(f64_is_refused),
        cmocka_unit_test(bf16_without_amx_is_refused),
        cmocka_unit_test(a_layer_too_large_for_memory_is_refused),
    };
    return tap_run(tests);
}
