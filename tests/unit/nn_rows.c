/* The fast backend's own loops (normalisation, pooling, addition, copies, interpolation, dropout) against the plain ones in f64. */
#include "nn_twin.h"

static struct nn_op *make_norm_forward(const struct nn_backend *backend, const void *spec, struct err *err)
{
    return backend->norm_forward(backend, spec, err);
}
static struct nn_op *make_norm_backward(const struct nn_backend *backend, const void *spec, struct err *err)
{
    return backend->norm_backward(backend, spec, err);
}
static struct nn_op *make_pool_forward(const struct nn_backend *backend, const void *spec, struct err *err)
{
    return backend->pool_forward(backend, spec, err);
}
static struct nn_op *make_pool_backward(const struct nn_backend *backend, const void *spec, struct err *err)
{
    return backend->pool_backward(backend, spec, err);
}

struct eltwise {
    size_t n;
    enum nn_act act;
    double p;
};
static struct nn_op *make_eltwise_forward(const struct nn_backend *backend, const void *spec, struct err *err)
{
    const struct eltwise *eltwise = spec;
    return backend->eltwise_forward(backend, eltwise->n, eltwise->act, err);
}
static struct nn_op *make_eltwise_backward(const struct nn_backend *backend, const void *spec, struct err *err)
{
    const struct eltwise *eltwise = spec;
    return backend->eltwise_backward(backend, eltwise->n, eltwise->act, err);
}
static struct nn_op *make_dropout(const struct nn_backend *backend, const void *spec, struct err *err)
{
    const struct eltwise *eltwise = spec;
    return backend->dropout(backend, eltwise->n, eltwise->p, err);
}

struct copy {
    struct nn_shape from, to;
    size_t from_first, to_first, n;
    bool backward; /* resample */
};
static struct nn_op *make_reorder(const struct nn_backend *backend, const void *spec, struct err *err)
{
    const struct copy *copy = spec;
    return backend->reorder(backend, &copy->from, copy->from_first, &copy->to, copy->to_first, copy->n, err);
}
static struct nn_op *make_resample(const struct nn_backend *backend, const void *spec, struct err *err)
{
    const struct copy *copy = spec;
    return backend->resample(backend, &copy->from, &copy->to, copy->backward, err);
}

static void check_norm(struct twin *twin, const struct nn_norm *norm, bool in_place)
{
    char what[120];
    size_t n = nn_shape_value_n(&norm->shape), c = norm->shape.c;
    snprintf(what, sizeof what, "norm of %zu x %zu channels, act %d, residual %d, fixed %d, in place %d", n / c, c, norm->act, norm->residual, norm->fixed,
             in_place);
    struct twin_array array[] = {twin_array(twin, n, false, 3, 2),   twin_array(twin, c, true, 1, 0.3), twin_array(twin, c, true, 0.5, 1),
                                 twin_array(twin, n, false, 0, 2),   twin_array(twin, c, true, 3, 0.1), twin_array(twin, c, true, 4, 0.1),
                                 twin_array(twin, n, false, 7, 0),   twin_array(twin, c, true, 7, 0),   twin_array(twin, c, true, 7, 0),
                                 twin_array(twin, n, false, 0, 1),   twin_array(twin, n, false, 7, 0),  twin_array(twin, n, false, 7, 0)};
    struct twin_array *x = &array[0], *gamma = &array[1], *beta = &array[2], *residual = norm->residual ? &array[3] : NULL, *mean = &array[4],
                      *var = &array[5], *y = in_place && norm->residual ? residual : &array[6], *mean_out = norm->fixed ? NULL : &array[7],
                      *var_out = norm->fixed ? NULL : &array[8], *dy = &array[9], *dx = in_place && !norm->residual ? dy : &array[10],
                      *d_residual = !norm->residual ? NULL : in_place ? dy : &array[11];
    const struct twin_run forward = {.make = make_norm_forward, .spec = norm, .in = {x, gamma, beta, residual, norm->fixed ? mean : NULL,
                                     norm->fixed ? var : NULL}, .out = {y, mean_out, var_out}};
    twin_run(twin, &forward, what);
    if (!norm->fixed) { /* both backends go on from the fast one's moments, and from the fast one's y: what is compared is the backward pass */
        mean = mean_out;
        var = var_out;
        for (size_t i = 0; i < c; i++) {
            mean->exact[i] = (double)((float *)mean->fast)[i];
            var->exact[i] = (double)((float *)var->fast)[i];
        }
    }
    twin->fast->to_f64(twin->fast, y->fast, y->exact, n);
    struct twin_array d_gamma = twin_array(twin, c, true, 0, 1), d_beta = twin_array(twin, c, true, 0, 1);
    struct twin_array *given_y = !norm->residual && twin_below(twin, 2) == 0 ? NULL : y; /* NULL: from x again */
    const struct twin_run backward = {.make = make_norm_backward, .spec = norm, .in = {x, given_y, dy, gamma, mean, var, beta},
                                      .out = {dx, &d_gamma, &d_beta, d_residual}};
    twin_run(twin, &backward, what);
    twin_free(&d_gamma, 1);
    twin_free(&d_beta, 1);
    twin_free(array, 12);
}

static void check_norms(enum nn_number number, double tolerance)
{
    struct twin twin = twin_make(number, tolerance);
    static const size_t CHANNELS[] = {1, 2, 3, 5, 8, 16, 17, 32, 48, 64, 100, 256};
    for (size_t i = 0; i < sizeof CHANNELS / sizeof *CHANNELS; i++)
        for (unsigned bits = 0; bits < 12; bits++) {
            struct nn_norm norm = {{1 + twin_below(&twin, 4), 1 + twin_below(&twin, 5), 1 + twin_below(&twin, 9), 1 + twin_below(&twin, 9), CHANNELS[i]},
                                   1e-5, (enum nn_act)(bits % 3), bits / 3 & 1, bits / 6};
            if (norm.shape.n * norm.shape.z * norm.shape.y * norm.shape.x < 3)
                norm.shape.x = 3; /* one value alone has no variance; of two, dx is 0, and what is found is rounding */
            check_norm(&twin, &norm, twin_below(&twin, 2) == 0);
        }
}

static void normalisation_agrees_with_the_plain_one(void **state)
{
    (void)state;
    check_norms(NN_F32, 1e-5);
}

static void normalisation_in_bf16_agrees_with_the_plain_one(void **state)
{
    (void)state;
    check_norms(NN_BF16, 1e-2);
}

static void check_pool(struct twin *twin, const struct nn_pool *pool)
{
    char what[200];
    const struct nn_window *w = &pool->window;
    snprintf(what, sizeof what, "pool %d of %zu x %zu x %zu x %zu x %zu, kernel %zu %zu %zu stride %zu %zu %zu pad %zu %zu %zu dilation %zu %zu %zu", pool->kind,
             pool->in.n, pool->in.z, pool->in.y, pool->in.x, pool->in.c, w->kernel[0], w->kernel[1], w->kernel[2], w->stride[0], w->stride[1], w->stride[2],
             w->pad[0], w->pad[1], w->pad[2], w->dilation[0], w->dilation[1], w->dilation[2]);
    size_t in_n = nn_shape_value_n(&pool->in), out_n = nn_shape_value_n(&pool->out);
    struct twin_array array[] = {twin_array(twin, in_n, false, 0, 1), twin_array(twin, out_n, false, 7, 0), twin_array(twin, out_n, false, 0, 1),
                                 twin_array(twin, in_n, false, 7, 0), twin_array(twin, out_n, true, 0, 0)};
    bool max = pool->kind == NN_POOL_MAX;
    const struct twin_run forward = {.make = make_pool_forward, .spec = pool, .in = {&array[0]}, .out = {&array[1], max ? &array[4] : NULL}, .inner_n = {0, 1}};
    twin_run(twin, &forward, what);
    const struct twin_run backward = {.make = make_pool_backward, .spec = pool, .in = {&array[2], max ? &array[4] : NULL}, .out = {&array[3]}};
    twin_run(twin, &backward, what);
    twin_free(array, 5);
}

static void check_pools(enum nn_number number, double tolerance)
{
    struct twin twin = twin_make(number, tolerance);
    for (size_t i = 0; i < 120; i++) {
        struct nn_pool pool = {.kind = (enum nn_pool_kind)(i % 3)};
        pool.in = (struct nn_shape){1 + twin_below(&twin, 3), 1 + twin_below(&twin, 9), 1 + twin_below(&twin, 9), 1 + twin_below(&twin, 9),
                                    1 + twin_below(&twin, 130)};
        for (size_t axis = 0; axis < 3; axis++) {
            pool.window.kernel[axis] = 1 + twin_below(&twin, 4);
            pool.window.stride[axis] = 1 + twin_below(&twin, 3);
            pool.window.dilation[axis] = 1;
            pool.window.pad[axis] = twin_below(&twin, pool.window.kernel[axis] / 2 + 1);
        }
        if (nn_window_out(&pool.in, &pool.window, pool.in.c, &pool.out))
            check_pool(&twin, &pool);
    }
    for (size_t side = 4; side <= 8; side += 4) { /* over the whole grid, also with more places than a byte counts */
        struct nn_pool pool = {.in = {2, side, side, side, 20}, .out = {2, 1, 1, 1, 20}, .window = {{side, side, side}, {1, 1, 1}, {0}, {1, 1, 1}}};
        pool.kind = NN_POOL_MEAN;
        check_pool(&twin, &pool);
        pool.kind = NN_POOL_MAX;
        check_pool(&twin, &pool);
    }
}

static void pooling_agrees_with_the_plain_one(void **state)
{
    (void)state;
    check_pools(NN_F32, 1e-6);
}

static void pooling_in_bf16_agrees_with_the_plain_one(void **state)
{
    (void)state;
    check_pools(NN_BF16, 1e-2);
}

static void of_equal_values_the_first_is_the_maximum_and_nan_stays(void **state)
{
    (void)state;
    struct twin twin = twin_make(NN_F32, 0);
    struct nn_pool pool = {.in = {1, 1, 1, 4, 1}, .out = {1, 1, 1, 2, 1}, .window = {{1, 1, 2}, {1, 1, 2}, {0}, {1, 1, 1}}, .kind = NN_POOL_MAX};
    struct err err = ERR_INIT;
    struct nn_op *forward = twin.fast->pool_forward(twin.fast, &pool, &err), *backward = twin.fast->pool_backward(twin.fast, &pool, &err);
    float x[4] __attribute__((aligned(64))) = {2, 2, NAN, 1}, y[2], dy[2] = {5, 7}, dx[4];
    uint32_t workspace[2];
    void *scratch = mem_alloc(twin.fast->scratch_n(forward) + twin.fast->scratch_n(backward), 1, &err);
    assert_int_equal(twin.fast->pool_workspace_n(twin.fast, &pool), 2);
    assert_done(twin.fast->execute(forward, &(struct nn_args){.in = {x}, .out = {y, workspace}}, scratch, &err), err);
    assert_done(twin.fast->execute(backward, &(struct nn_args){.in = {dy, workspace}, .out = {dx}}, scratch, &err), err);
    assert_true(y[0] == 2 && isnan(y[1]));
    assert_true(dx[0] == 5 && dx[1] == 0 && dx[2] == 7 && dx[3] == 0);
    mem_free(scratch);
    twin.fast->op_free(forward);
    twin.fast->op_free(backward);
}

static void check_eltwise(enum nn_number number, double tolerance)
{
    struct twin twin = twin_make(number, tolerance);
    for (unsigned bits = 0; bits < 24; bits++) {
        const struct eltwise spec = {1 + twin_below(&twin, bits < 12 ? 100 : 100000), (enum nn_act)(bits % 3), 0.3};
        struct twin_array a = twin_array(&twin, spec.n, false, 2, 4), b = twin_array(&twin, spec.n, false, 0, 1), y = twin_array(&twin, spec.n, false, 7, 0);
        bool alone = bits / 3 & 1, in_place = bits / 6 & 1;
        const struct twin_run forward = {.make = make_eltwise_forward, .spec = &spec, .in = {&a, alone ? NULL : &b}, .out = {in_place ? &a : &y}};
        twin_run(&twin, &forward, "addition");
        const struct twin_run backward = {.make = make_eltwise_backward, .spec = &spec, .in = {in_place ? &a : &y, &b}, .out = {in_place ? &b : &y}};
        twin.fast->to_f64(twin.fast, in_place ? a.fast : y.fast, in_place ? a.exact : y.exact, spec.n);
        if (in_place || spec.act == NN_ACT_NONE) {
            twin_run(&twin, &backward, "activation's gradient");
            const struct twin_run dropout = {.make = make_dropout, .spec = &spec, .in = {&b}, .out = {&b}, .seed = 5};
            twin.fast->to_f64(twin.fast, b.fast, b.exact, spec.n);
            twin_run(&twin, &dropout, "dropout");
        }
        twin_free(&a, 1);
        twin_free(&b, 1);
        twin_free(&y, 1);
    }
}

static void addition_activation_and_dropout_agree_with_the_plain_ones(void **state)
{
    (void)state;
    check_eltwise(NN_F32, 1e-6);
}

static void addition_activation_and_dropout_in_bf16_agree_with_the_plain_ones(void **state)
{
    (void)state;
    check_eltwise(NN_BF16, 1e-2);
}

static void check_copies(enum nn_number number, double tolerance)
{
    struct twin twin = twin_make(number, tolerance);
    for (size_t i = 0; i < 40; i++) {
        struct copy copy = {.from = {1 + twin_below(&twin, 3), 1 + twin_below(&twin, 5), 1 + twin_below(&twin, 6), 1 + twin_below(&twin, 6), 1 + twin_below(&twin, 90)}};
        copy.to = copy.from;
        copy.to.c = 1 + twin_below(&twin, 90);
        copy.n = 1 + twin_below(&twin, copy.from.c < copy.to.c ? copy.from.c : copy.to.c);
        copy.from_first = twin_below(&twin, copy.from.c - copy.n + 1);
        copy.to_first = twin_below(&twin, copy.to.c - copy.n + 1);
        struct twin_array x = twin_array(&twin, nn_shape_value_n(&copy.from), false, 0, 1), y = twin_array(&twin, nn_shape_value_n(&copy.to), false, 0, 1);
        const struct twin_run run = {.make = make_reorder, .spec = &copy, .in = {&x}, .out = {&y}};
        twin_run(&twin, &run, "copy of channels");
        twin_free(&x, 1);
        twin_free(&y, 1);
    }
}

static void copies_of_channels_agree_with_the_plain_ones(void **state)
{
    (void)state;
    check_copies(NN_F32, 1e-6);
}

static void copies_of_channels_in_bf16_agree_with_the_plain_ones(void **state)
{
    (void)state;
    check_copies(NN_BF16, 1e-2);
}

static void check_resample(enum nn_number number, double tolerance)
{
    struct twin twin = twin_make(number, tolerance);
    for (size_t i = 0; i < 40; i++) {
        struct copy copy = {.from = {1 + twin_below(&twin, 3), 1 + twin_below(&twin, 5), 1 + twin_below(&twin, 6), 1 + twin_below(&twin, 6), 1 + twin_below(&twin, 90)},
                            .backward = i % 2};
        copy.to = (struct nn_shape){copy.from.n, copy.from.z * 2, 1 + twin_below(&twin, 12), copy.from.x * (1 + twin_below(&twin, 3)), copy.from.c};
        struct twin_array small = twin_array(&twin, nn_shape_value_n(&copy.from), false, 0, 1), large = twin_array(&twin, nn_shape_value_n(&copy.to), false, 0, 1);
        const struct twin_run run = {.make = make_resample, .spec = &copy, .in = {copy.backward ? &large : &small}, .out = {copy.backward ? &small : &large}};
        twin_run(&twin, &run, copy.backward ? "interpolation's gradient" : "interpolation");
        twin_free(&small, 1);
        twin_free(&large, 1);
    }
}

static void interpolation_agrees_with_the_plain_one(void **state)
{
    (void)state;
    check_resample(NN_F32, 1e-6);
}

static void interpolation_in_bf16_agrees_with_the_plain_one(void **state)
{
    (void)state;
    check_resample(NN_BF16, 1e-2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalisation_agrees_with_the_plain_one),
        cmocka_unit_test(normalisation_in_bf16_agrees_with_the_plain_one),
        cmocka_unit_test(pooling_agrees_with_the_plain_one),
        cmocka_unit_test(pooling_in_bf16_agrees_with_the_plain_one),
        cmocka_unit_test(of_equal_values_the_first_is_the_maximum_and_nan_stays),
        cmocka_unit_test(addition_activation_and_dropout_agree_with_the_plain_ones),
        cmocka_unit_test(addition_activation_and_dropout_in_bf16_agree_with_the_plain_ones),
        cmocka_unit_test(copies_of_channels_agree_with_the_plain_ones),
        cmocka_unit_test(copies_of_channels_in_bf16_agree_with_the_plain_ones),
        cmocka_unit_test(interpolation_agrees_with_the_plain_one),
        cmocka_unit_test(interpolation_in_bf16_agrees_with_the_plain_one),
    };
    return tap_run(tests);
}
