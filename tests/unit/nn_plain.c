/* The plain backend: small cases by hand, and every gradient against finite differences along random directions, on random shapes with odd
 * sizes, strides, pads, dilations, groups and batches of one. */
#include "nn/backend.h"

#include <math.h>

#include "base/mem.h"
#include "base/rng.h"
#include "tap.h"

enum { TRIAL_N = 60 };

static const struct nn_backend *f64(void)
{
    return nn_backend_plain(NN_F64);
}

static double *random_values(struct rng *rng, size_t n)
{
    double *values = mem_alloc(n, sizeof *values, NULL);
    rng_normal_fill(rng, values, n);
    return values;
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static size_t between(struct rng *rng, size_t low, size_t high)
{
    return low + rng_below(rng, high - low + 1);
}

/* Runs and frees an operation. */
static void run(struct nn_op *op, const struct nn_args *args)
{
    struct err err = ERR_INIT;
    assert_non_null(op);
    assert_done(f64()->execute(op, args, NULL, &err), err);
    f64()->op_free(op);
}

static double *packed(struct nn_op *op, const double *weights, const double *scale)
{
    struct err err = ERR_INIT;
    double *to = mem_alloc(f64()->packed_n(op), 1, NULL);
    assert_done(f64()->pack(op, weights, scale, to, &err), err);
    return to;
}

static struct nn_conv line_conv(size_t in, size_t in_c, size_t out_c, size_t kernel, size_t stride, size_t pad, size_t dilation)
{
    struct nn_conv conv = {.in = {1, 1, 1, in, in_c}, .group_n = 1, .window = {{1, 1, kernel}, {1, 1, stride}, {0, 0, pad}, {1, 1, dilation}}};
    assert_true(nn_window_out(&conv.in, &conv.window, out_c, &conv.out));
    return conv;
}

static void conv_forward(const struct nn_conv *conv, const double *x, const double *weights, const double *scale, const double *bias,
                         const double *residual, double *y)
{
    struct nn_op *op = f64()->conv_forward(f64(), conv, NULL);
    double *w = packed(op, weights, scale);
    run(op, &(struct nn_args){.in = {x, w, bias, residual}, .out = {y}});
    mem_free(w);
}

static void a_convolution_of_a_line_is_the_sum_by_hand(void **state)
{
    (void)state;
    const double x[5] = {1, 2, 4, 8, 16}, w[3] = {1, 10, 100}, bias[1] = {0.5};
    double y[5];
    struct nn_conv conv = line_conv(5, 1, 1, 3, 1, 1, 1);
    conv.bias = true;
    conv_forward(&conv, x, w, NULL, bias, NULL, y);
    const double expected[5] = {210.5, 421.5, 842.5, 1684.5, 168.5};
    for (size_t i = 0; i < 5; i++)
        assert_double_near(y[i], expected[i], 0);
    conv = line_conv(5, 1, 1, 3, 2, 2, 2); /* taps two apart, every second place */
    assert_int_equal(conv.out.x, 3);
    conv_forward(&conv, x, w, NULL, NULL, NULL, y);
    assert_double_near(y[0], 410, 0);  /* pad, 1, 4 */
    assert_double_near(y[1], 1641, 0); /* 1, 4, 16 */
    assert_double_near(y[2], 164, 0);  /* 4, 16, pad */
}

static void groups_see_their_own_channels_alone(void **state)
{
    (void)state;
    const double x[8] = {1, 2, 3, 4, 5, 6, 7, 8}; /* two voxels of four channels */
    const double w[8] = {1, 10, 2, 20, 3, 30, 4, 40}, scale[4] = {1, 1, 2, 1}, residual[8] = {-100, 0, 0, 0, 0, 0, -1000, 0};
    double y[8];
    struct nn_conv conv = line_conv(2, 4, 4, 1, 1, 0, 1);
    conv.group_n = 2;
    conv.residual = true;
    conv.act = NN_ACT_RELU;
    conv_forward(&conv, x, w, scale, NULL, residual, y);
    const double expected[8] = {0, 42, 2 * 129, 172, 65, 130, 0, 348};
    for (size_t i = 0; i < 8; i++)
        assert_double_near(y[i], expected[i], 0);
}

static void random_shape(struct rng *rng, struct nn_conv *conv)
{
    static const size_t groups[] = {1, 1, 1, 2, 3};
    size_t group_n = groups[rng_below(rng, 5)];
    do {
        conv->in = (struct nn_shape){between(rng, 1, 3), between(rng, 1, 6), between(rng, 1, 7), between(rng, 1, 9), group_n * between(rng, 1, 3)};
        conv->group_n = group_n;
        for (size_t axis = 0; axis < 3; axis++) {
            conv->window.kernel[axis] = between(rng, 1, 3);
            conv->window.stride[axis] = between(rng, 1, 3);
            conv->window.dilation[axis] = between(rng, 1, 2);
            conv->window.pad[axis] = between(rng, 0, 3);
        }
    } while (!nn_window_out(&conv->in, &conv->window, group_n * between(rng, 1, 3), &conv->out));
}

/* y is linear in x, and in the weights, so <dy, y> = <dx, x> = <dweights, weights> without any step. */
static void gradients_of_a_convolution_are_its_transposes(void **state)
{
    (void)state;
    for (size_t trial = 0; trial < TRIAL_N; trial++) {
        struct rng rng = rng_make(1, "test.conv", trial, 0);
        struct nn_conv conv = {.bias = false};
        random_shape(&rng, &conv);
        size_t in_n = nn_shape_value_n(&conv.in), out_n = nn_shape_value_n(&conv.out);
        const size_t *kernel = conv.window.kernel;
        size_t weight_n = conv.out.c * (conv.in.c / conv.group_n) * kernel[0] * kernel[1] * kernel[2];
        double *x = random_values(&rng, in_n), *w = random_values(&rng, weight_n), *dy = random_values(&rng, out_n);
        double *y = random_values(&rng, out_n), *dx = random_values(&rng, in_n), *dw = random_values(&rng, weight_n);
        double dbias[9], sums[9] = {0};
        conv_forward(&conv, x, w, NULL, NULL, NULL, y);
        struct nn_op *op = f64()->conv_backward_input(f64(), &conv, NULL);
        double *back = packed(op, w, NULL);
        run(op, &(struct nn_args){.in = {dy, back}, .out = {dx}});
        conv.bias = true;
        run(f64()->conv_backward_weights(f64(), &conv, NULL), &(struct nn_args){.in = {x, dy}, .out = {dw, dbias}});
        double expected = dot(dy, y, out_n);
        assert_double_near(dot(dx, x, in_n), expected, 1e-10 * (1 + fabs(expected)));
        assert_double_near(dot(dw, w, weight_n), expected, 1e-10 * (1 + fabs(expected)));
        for (size_t i = 0; i < out_n; i++)
            sums[i % conv.out.c] += dy[i];
        for (size_t c = 0; c < conv.out.c; c++)
            assert_double_near(dbias[c], sums[c], 1e-10);
        double *all[] = {x, w, dy, y, dx, dw, back};
        for (size_t i = 0; i < 7; i++)
            mem_free(all[i]);
    }
}

/* Forward of a normalisation with x, gamma, beta, residual moved by h times a direction. */
struct norm_case {
    struct nn_norm norm;
    size_t n, c;
    double *value[4], *direction[4], mean[5], var[5], *y;
};

static double norm_loss(struct norm_case *k, double h, const double *dy)
{
    double *moved[4];
    for (size_t i = 0; i < 4; i++) {
        size_t n = i == 1 || i == 2 ? k->c : k->n;
        moved[i] = mem_alloc(n, sizeof *moved[i], NULL);
        for (size_t j = 0; j < n; j++)
            moved[i][j] = k->value[i][j] + h * k->direction[i][j];
    }
    struct nn_args args = {.in = {moved[0], moved[1], moved[2], k->norm.residual ? moved[3] : NULL}, .out = {k->y}};
    if (k->norm.fixed) {
        args.in[4] = k->mean;
        args.in[5] = k->var;
    } else {
        args.out[1] = k->mean;
        args.out[2] = k->var;
    }
    run(f64()->norm_forward(f64(), &k->norm, NULL), &args);
    for (size_t i = 0; i < 4; i++)
        mem_free(moved[i]);
    return dot(dy, k->y, k->n);
}

static void gradients_of_a_normalisation_are_finite_differences(void **state)
{
    (void)state;
    for (size_t trial = 0; trial < TRIAL_N; trial++) {
        struct rng rng = rng_make(2, "test.norm", trial, 0);
        struct norm_case k = {.norm = {.shape = {between(&rng, 1, 3), between(&rng, 2, 5), between(&rng, 2, 4), between(&rng, 2, 3), between(&rng, 1, 5)},
                                       .eps = 1e-5, .act = (enum nn_act)(trial % 3), .residual = trial / 3 % 2 == 1, .fixed = trial / 6 % 2 == 1}};
        k.n = nn_shape_value_n(&k.norm.shape);
        k.c = k.norm.shape.c;
        for (size_t i = 0; i < 4; i++) {
            k.value[i] = random_values(&rng, i == 1 || i == 2 ? k.c : k.n);
            k.direction[i] = random_values(&rng, i == 1 || i == 2 ? k.c : k.n);
        }
        for (size_t c = 0; c < k.c; c++) {
            k.mean[c] = rng_normal(&rng);
            k.var[c] = 0.5 + rng_uniform(&rng);
        }
        k.y = random_values(&rng, k.n);
        double *dy = random_values(&rng, k.n), *dx = random_values(&rng, k.n), *dresidual = random_values(&rng, k.n), dgamma[5], dbeta[5], h = 1e-7;
        double difference = (norm_loss(&k, h, dy) - norm_loss(&k, -h, dy)) / (2 * h);
        norm_loss(&k, 0, dy);
        run(f64()->norm_backward(f64(), &k.norm, NULL), &(struct nn_args){.in = {k.value[0], trial % 2 == 0 || k.norm.residual ? k.y : NULL, dy, k.value[1], k.mean, k.var,
                                                                                 k.value[2]},
                                                                          .out = {dx, dgamma, dbeta, k.norm.residual ? dresidual : NULL}});
        double slope = dot(dx, k.direction[0], k.n) + dot(dgamma, k.direction[1], k.c) + dot(dbeta, k.direction[2], k.c);
        if (k.norm.residual)
            slope += dot(dresidual, k.direction[3], k.n);
        assert_double_near(slope, difference, 1e-6 * (1 + fabs(difference)));
        for (size_t i = 0; i < 4; i++) {
            mem_free(k.value[i]);
            mem_free(k.direction[i]);
        }
        mem_free(k.y);
        mem_free(dy);
        mem_free(dx);
        mem_free(dresidual);
    }
}

static void a_normalised_channel_has_mean_beta_and_deviation_gamma(void **state)
{
    (void)state;
    struct rng rng = rng_make(3, "test.norm", 0, 0);
    struct nn_norm norm = {.shape = {2, 3, 4, 5, 2}};
    double *x = random_values(&rng, 240), y[240], mean[2], var[2], sum = 0, square = 0;
    const double gamma[2] = {2, 3}, beta[2] = {-1, 1};
    run(f64()->norm_forward(f64(), &norm, NULL), &(struct nn_args){.in = {x, gamma, beta}, .out = {y, mean, var}});
    for (size_t i = 0; i < 120; i++) {
        sum += y[2 * i + 1];
        square += (y[2 * i + 1] - 1) * (y[2 * i + 1] - 1);
    }
    assert_double_near(sum / 120, 1, 1e-12);
    assert_double_near(square / 120, 9, 1e-12);
    mem_free(x);
}

static void pools_of_a_line_are_those_by_hand(void **state)
{
    (void)state;
    const double x[5] = {1, 5, 5, -2, 3}, dy[3] = {1, 10, 100};
    double y[3], dx[5];
    struct nn_pool pool = {.in = {1, 1, 1, 5, 1}, .window = {{1, 1, 3}, {1, 1, 2}, {0, 0, 1}, {1, 1, 1}}, .kind = NN_POOL_MAX};
    assert_true(nn_window_out(&pool.in, &pool.window, 1, &pool.out));
    double workspace[3];
    assert_true(f64()->pool_workspace_n(f64(), &pool) <= sizeof workspace);
    run(f64()->pool_forward(f64(), &pool, NULL), &(struct nn_args){.in = {x}, .out = {y, workspace}});
    run(f64()->pool_backward(f64(), &pool, NULL), &(struct nn_args){.in = {dy, workspace}, .out = {dx}});
    const double maxima[3] = {5, 5, 3}, first_of_ties[5] = {0, 11, 0, 0, 100};
    for (size_t i = 0; i < 3; i++)
        assert_double_near(y[i], maxima[i], 0);
    for (size_t i = 0; i < 5; i++)
        assert_double_near(dx[i], first_of_ties[i], 0);
    pool.kind = NN_POOL_MEAN;
    run(f64()->pool_forward(f64(), &pool, NULL), &(struct nn_args){.in = {x}, .out = {y}});
    assert_double_near(y[0], 3, 0);
    assert_double_near(y[2], 0.5, 0);
    pool.kind = NN_POOL_MEAN_PADDED;
    run(f64()->pool_forward(f64(), &pool, NULL), &(struct nn_args){.in = {x}, .out = {y}});
    assert_double_near(y[0], 2, 1e-15);
    assert_double_near(y[1], 8.0 / 3, 1e-15);
}

static void gradients_of_pools_are_their_transposes(void **state)
{
    (void)state;
    for (size_t trial = 0; trial < TRIAL_N; trial++) {
        struct rng rng = rng_make(4, "test.pool", trial, 0);
        struct nn_conv shape;
        random_shape(&rng, &shape);
        struct nn_pool pool = {.in = shape.in, .window = shape.window, .kind = (enum nn_pool_kind)(trial % 3)};
        for (size_t axis = 0; axis < 3; axis++) { /* as graph_pool() asks */
            pool.window.dilation[axis] = 1;
            pool.window.pad[axis] %= pool.window.kernel[axis] / 2 + 1;
        }
        if (!nn_window_out(&pool.in, &pool.window, pool.in.c, &pool.out))
            continue;
        size_t in_n = nn_shape_value_n(&pool.in), out_n = nn_shape_value_n(&pool.out);
        double *x = random_values(&rng, in_n), *y = random_values(&rng, out_n), *dy = random_values(&rng, out_n), *dx = random_values(&rng, in_n);
        void *workspace = mem_alloc(f64()->pool_workspace_n(f64(), &pool), 1, NULL);
        run(f64()->pool_forward(f64(), &pool, NULL), &(struct nn_args){.in = {x}, .out = {y, pool.kind == NN_POOL_MAX ? workspace : NULL}});
        run(f64()->pool_backward(f64(), &pool, NULL), &(struct nn_args){.in = {dy, workspace}, .out = {dx}});
        double expected = dot(dy, y, out_n); /* a maximum too is linear around x */
        assert_double_near(dot(dx, x, in_n), expected, 1e-11 * (1 + fabs(expected)));
        mem_free(x);
        mem_free(y);
        mem_free(dy);
        mem_free(dx);
        mem_free(workspace);
    }
}

static void activations_cut_at_zero_and_six_and_are_flat_there(void **state)
{
    (void)state;
    const double a[5] = {-2, -1, 1, 4, 9}, b[5] = {1, 1, 1, 3, 1}, dy[5] = {1, 2, 3, 4, 5};
    double y[5], dx[5];
    run(f64()->eltwise_forward(f64(), 5, NN_ACT_RELU6, NULL), &(struct nn_args){.in = {a, b}, .out = {y}});
    run(f64()->eltwise_backward(f64(), 5, NN_ACT_RELU6, NULL), &(struct nn_args){.in = {y, dy}, .out = {dx}});
    const double cut[5] = {0, 0, 2, 6, 6}, slope[5] = {0, 0, 3, 0, 0};
    for (size_t i = 0; i < 5; i++) {
        assert_double_near(y[i], cut[i], 0);
        assert_double_near(dx[i], slope[i], 0);
    }
    run(f64()->eltwise_forward(f64(), 5, NN_ACT_RELU, NULL), &(struct nn_args){.in = {a, NULL}, .out = {y}});
    assert_double_near(y[4], 9, 0);
    assert_double_near(y[0], 0, 0);
}

static void channels_are_copied_and_others_left(void **state)
{
    (void)state;
    const double x[6] = {1, 2, 3, 4, 5, 6};
    double y[4] = {10, 20, 30, 40};
    struct nn_shape from = {1, 1, 1, 2, 3}, to = {1, 1, 1, 2, 2};
    run(f64()->reorder(f64(), &from, 2, &to, 1, 1, NULL), &(struct nn_args){.in = {x}, .out = {y}});
    const double expected[4] = {10, 3, 30, 6};
    for (size_t i = 0; i < 4; i++)
        assert_double_near(y[i], expected[i], 0);
}

static void interpolation_is_pytorchs_and_its_gradient_the_transpose(void **state)
{
    (void)state;
    const double x[2] = {0, 4};
    double y[4];
    struct nn_shape from = {1, 1, 1, 2, 1}, to = {1, 1, 1, 4, 1};
    run(f64()->resample(f64(), &from, &to, false, NULL), &(struct nn_args){.in = {x}, .out = {y}});
    const double expected[4] = {0, 1, 3, 4}; /* F.interpolate(scale_factor=2, mode="linear", align_corners=False) */
    for (size_t i = 0; i < 4; i++)
        assert_double_near(y[i], expected[i], 0);
    for (size_t trial = 0; trial < TRIAL_N; trial++) {
        struct rng rng = rng_make(5, "test.resample", trial, 0);
        from = (struct nn_shape){between(&rng, 1, 2), between(&rng, 1, 4), between(&rng, 1, 5), between(&rng, 1, 6), between(&rng, 1, 3)};
        to = (struct nn_shape){from.n, between(&rng, 1, 9), between(&rng, 1, 9), between(&rng, 1, 9), from.c};
        size_t in_n = nn_shape_value_n(&from), out_n = nn_shape_value_n(&to);
        double *in = random_values(&rng, in_n), *out = random_values(&rng, out_n), *dy = random_values(&rng, out_n), *dx = random_values(&rng, in_n);
        run(f64()->resample(f64(), &from, &to, false, NULL), &(struct nn_args){.in = {in}, .out = {out}});
        run(f64()->resample(f64(), &from, &to, true, NULL), &(struct nn_args){.in = {dy}, .out = {dx}});
        assert_double_near(dot(dx, in, in_n), dot(dy, out, out_n), 1e-11);
        mem_free(in);
        mem_free(out);
        mem_free(dy);
        mem_free(dx);
    }
}

static void dropout_sends_gradients_where_it_sent_values(void **state)
{
    (void)state;
    struct rng rng = rng_make(6, "test.dropout", 0, 0);
    double *x = random_values(&rng, 3001), *y = random_values(&rng, 3001), *dy = random_values(&rng, 3001), *dx = random_values(&rng, 3001);
    run(f64()->dropout(f64(), 3001, 0.25, NULL), &(struct nn_args){.in = {x}, .out = {y}, .seed = 9});
    run(f64()->dropout(f64(), 3001, 0.25, NULL), &(struct nn_args){.in = {dy}, .out = {dx}, .seed = 9});
    size_t dropped = 0;
    for (size_t i = 0; i < 3001; i++) {
        double factor = y[i] == 0 ? 0 : 1 / 0.75;
        assert_double_near(y[i], factor * x[i], 1e-15 * fabs(x[i]) * 4);
        assert_double_near(dx[i], factor * dy[i], 1e-15 * fabs(dy[i]) * 4);
        dropped += y[i] == 0;
    }
    assert_double_near((double)dropped / 3001, 0.25, 0.04); /* five standard errors */
    mem_free(x);
    mem_free(y);
    mem_free(dy);
    mem_free(dx);
}

static void a_shape_that_no_memory_holds_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct nn_conv conv = line_conv(5, 1, 1, 3, 1, 1, 1);
    conv.in.y = conv.out.y = SIZE_MAX / 2;
    assert_null(f64()->conv_forward(f64(), &conv, &err));
    assert_error_has(err, ERR_INPUT, "layer of 1 x 1 x 9223372036854775807 x 5 x 1 values is too large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_convolution_of_a_line_is_the_sum_by_hand),
        cmocka_unit_test(groups_see_their_own_channels_alone),
        cmocka_unit_test(gradients_of_a_convolution_are_its_transposes),
        cmocka_unit_test(gradients_of_a_normalisation_are_finite_differences),
        cmocka_unit_test(a_normalised_channel_has_mean_beta_and_deviation_gamma),
        cmocka_unit_test(pools_of_a_line_are_those_by_hand),
        cmocka_unit_test(gradients_of_pools_are_their_transposes),
        cmocka_unit_test(activations_cut_at_zero_and_six_and_are_flat_there),
        cmocka_unit_test(channels_are_copied_and_others_left),
        cmocka_unit_test(interpolation_is_pytorchs_and_its_gradient_the_transpose),
        cmocka_unit_test(dropout_sends_gradients_where_it_sent_values),
        cmocka_unit_test(a_shape_that_no_memory_holds_is_refused),
    };
    return tap_run(tests);
}
