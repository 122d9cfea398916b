/* A net's parameters out of stores that are made here: names, shapes, types, and every refusal. */
#include "tap.h"

#include <math.h>

#include "base/mem.h"
#include "nn/import.h"
#include "nn/nets.h"

static struct net *make(const char *name, size_t channel_n, size_t output_n, uint64_t seed)
{
    const struct net_options options = {.channel_n = channel_n, .output_n = output_n};
    struct net *net = NULL;
    struct err err = ERR_INIT;
    assert_done(net_make(name, &options, seed, &net, &err), err);
    return net;
}

/* A store of the net's tensors under prefix + name, all but those of `without`. */
static void export_as(const struct net *net, const char *prefix, const char *without, struct store *store)
{
    char name[200];
    for (size_t i = 0; i < net->parameter_n; i++) {
        const struct parameter *parameter = &net->parameter[i];
        snprintf(name, sizeof name, "%s%s", prefix, parameter->name);
        if (without == NULL || strstr(name, without) == NULL)
            assert_true(store_put(store, name, TENSOR_F32, parameter->dim, parameter->dim_n, net->value + parameter->offset, NULL));
    }
}

static void assert_same(const struct net *a, const struct net *b, const char *name)
{
    const struct parameter *parameter = net_find(a, name);
    assert_non_null(parameter);
    assert_memory_equal(a->value + parameter->offset, b->value + net_find(b, name)->offset, parameter->n * sizeof *a->value);
}

static const float *values(const struct net *net, const char *name)
{
    return net->value + net_find(net, name)->offset;
}

static void a_net_takes_back_what_it_gave(void **state)
{
    (void)state;
    struct net *from = make("cifar_resnet20", 0, 10, 1), *to = make("cifar_resnet20", 0, 10, 2);
    struct store store = {0};
    struct import_result result;
    struct err err = ERR_INIT;
    assert_done(net_export(from, &store, &err) && net_import(to, &store, &(struct import_settings){0}, &result, &err), err);
    assert_memory_equal(from->value, to->value, from->value_n * sizeof *from->value);
    assert_int_equal(result.taken_n, from->parameter_n);
    assert_int_equal(result.missing_n, 0);
    assert_int_equal(result.unexpected_n, 0);
    assert_int_equal(result.file_channel_n, 3);
    assert_string_equal(result.prefix, "");
    import_result_free(&result);
    store_free(&store);
    net_free(from);
    net_free(to);
}

static void prefixes_are_found_and_the_rest_is_listed(void **state)
{
    static const char *const prefixes[] = {"module.", "model.encoder_q."};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct net *from = make("small3d", 0, 1, 1), *to = make("small3d", 0, 1, 2);
        struct store store = {0};
        struct import_result result;
        struct err err = ERR_INIT;
        const int64_t count = 3;
        const float other = 0;
        export_as(from, prefixes[i], NULL, &store);
        assert_true(store_put(&store, "module.block1.bn.num_batches_tracked", TENSOR_I64, NULL, 0, &count, NULL));
        assert_true(store_put(&store, "conv_seg.weight", TENSOR_F32, NULL, 0, &other, NULL));
        assert_done(net_import(to, &store, &(struct import_settings){0}, &result, &err), err);
        assert_memory_equal(from->value, to->value, from->value_n * sizeof *from->value);
        assert_string_equal(result.prefix, prefixes[i]);
        assert_int_equal(result.unexpected_n, 1);
        assert_string_equal(result.unexpected[0], "conv_seg.weight");
        import_result_free(&result);
        store_free(&store);
        net_free(from);
        net_free(to);
    }
}

/* torchvision's file of 2017 writes norm.1 and conv.2; also inside names that end alike nothing else changes. */
static void old_names_of_densenets_are_known(void **state)
{
    (void)state;
    struct net *from = make("densenet121", 0, 1, 1), *to = make("densenet121", 0, 1, 2);
    struct store store = {0};
    struct import_result result;
    struct err err = ERR_INIT;
    char name[200];
    size_t renamed = 0;
    for (size_t i = 0; i < from->parameter_n; i++) {
        const struct parameter *parameter = &from->parameter[i];
        const char *layer = strstr(parameter->name, ".denselayer"), *inner = layer == NULL ? NULL : strchr(layer + 1, '.');
        if (inner != NULL) { /* ".norm1.weight" */
            snprintf(name, sizeof name, "%.*s.%c.%s", (int)(inner + 5 - parameter->name), parameter->name, inner[5], inner + 7);
            renamed++;
        } else
            snprintf(name, sizeof name, "%s", parameter->name);
        assert_true(store_put(&store, name, TENSOR_F32, parameter->dim, parameter->dim_n, from->value + parameter->offset, NULL));
    }
    assert_int_equal(renamed, 58 * 10); /* two normalisations and two convolutions in each of 58 layers */
    assert_non_null(store_find(&store, "features.denseblock1.denselayer1.norm.1.running_var"));
    assert_done(net_import(to, &store, &(struct import_settings){0}, &result, &err), err);
    assert_memory_equal(from->value, to->value, from->value_n * sizeof *from->value);
    import_result_free(&result);
    store_free(&store);
    net_free(from);
    net_free(to);
}

static void flat_weights_are_inflated(void **state)
{
    (void)state;
    struct net *from = make("small2d", 1, 1, 1), *to = make("small3d", 1, 1, 2);
    struct store store = {0};
    struct import_result result;
    struct err err = ERR_INIT;
    assert_done(net_export(from, &store, &err) && net_import(to, &store, &(struct import_settings){0}, &result, &err), err);
    assert_int_equal(result.inflated_n, 3);
    assert_int_equal(result.taken_n, from->parameter_n);
    const float *flat = values(from, "block2.conv.weight"), *deep = values(to, "block2.conv.weight");
    for (size_t kernel = 0; kernel < 16 * 8; kernel++)
        for (size_t z = 0; z < 3; z++)
            for (size_t k = 0; k < 9; k++)
                assert_true(deep[(kernel * 3 + z) * 9 + k] == (float)((double)flat[kernel * 9 + k] / 3));
    assert_same(from, to, "block2.bn.weight");
    assert_same(from, to, "fc.weight");
    import_result_free(&result);
    store_free(&store);
    net_free(from);
    net_free(to);
}

/* An image put into all channels gives what it gave: the sum over channels stays. */
static void other_input_channels_keep_the_sum(void **state)
{
    (void)state;
    for (int tile = 0; tile < 2; tile++) {
        struct net *from = make("small2d", 3, 1, 1), *to = make("small3d", 6, 1, 2), *one = make("small2d", 1, 1, 3);
        struct store store = {0};
        struct import_result result;
        struct err err = ERR_INIT;
        const struct import_settings settings = {.channels = tile != 0 ? IMPORT_TILE : IMPORT_MEAN};
        assert_done(net_export(from, &store, &err) && net_import(to, &store, &settings, &result, &err), err);
        assert_int_equal(result.file_channel_n, 3);
        assert_int_equal(result.net_channel_n, 6);
        import_result_free(&result);
        const float *flat = values(from, "block1.conv.weight"), *deep = values(to, "block1.conv.weight");
        for (size_t o = 0; o < 8; o++)
            for (size_t k = 0; k < 9; k++) {
                double wanted = 0, got = 0;
                for (size_t i = 0; i < 3; i++)
                    wanted += (double)flat[(o * 3 + i) * 9 + k];
                for (size_t i = 0; i < 6 * 3; i++)
                    got += (double)deep[(o * 18 + i) * 9 + k];
                assert_double_near(got, wanted, 1e-6);
            }
        double first = (double)deep[0], mean = ((double)flat[0] + (double)flat[9] + (double)flat[18]) / 3;
        assert_double_near(first, (tile != 0 ? (double)flat[0] : mean) / 2 / 3, 1e-8);
        assert_done(net_import(one, &store, &(struct import_settings){0}, &result, &err), err);
        assert_double_near(values(one, "block1.conv.weight")[0], 3 * mean, 1e-6);
        import_result_free(&result);
        store_free(&store);
        net_free(from);
        net_free(to);
        net_free(one);
    }
}

static void a_head_of_other_outputs_stays(void **state)
{
    (void)state;
    struct net *from = make("small3d", 1, 5, 1), *to = make("small3d", 1, 1, 2), *fresh = make("small3d", 1, 1, 2);
    struct store store = {0};
    struct import_result result;
    struct err err = ERR_INIT;
    assert_done(net_export(from, &store, &err) && net_import(to, &store, &(struct import_settings){0}, &result, &err), err);
    assert_true(result.head_kept);
    assert_int_equal(result.missing_n, 2);
    assert_string_equal(result.missing[0], "fc.weight");
    assert_int_equal(result.unexpected_n, 2);
    assert_same(to, fresh, "fc.weight");
    assert_same(to, fresh, "fc.bias");
    assert_same(to, from, "block3.conv.weight");
    import_result_free(&result);
    store_free(&store);
    net_free(from);
    net_free(to);
    net_free(fresh);
}

static void a_file_without_a_head_is_taken(void **state)
{
    (void)state;
    struct net *from = make("small3d", 1, 1, 1), *to = make("small3d", 1, 1, 2);
    struct store store = {0};
    struct import_result result;
    struct err err = ERR_INIT;
    export_as(from, "module.", "fc.", &store);
    assert_done(net_import(to, &store, &(struct import_settings){0}, &result, &err), err);
    assert_int_equal(result.missing_n, 2);
    assert_false(result.head_kept);
    import_result_free(&result);
    store_free(&store);
    net_free(from);
    net_free(to);
}

static void half_precision_becomes_single(void **state)
{
    (void)state;
    struct net *net = make("small2d", 1, 1, 1);
    struct store store = {0};
    struct import_result result;
    struct err err = ERR_INIT;
    const uint16_t half[] = {0x3C00, 0xC000, 0x0001, 0x7BFF}, brain[] = {0x3F80, 0xC000, 0x0001, 0x7F7F}; /* one, minus two, least, most */
    const double wide[] = {0.1, -2};
    uint16_t many[8];
    double doubles[8];
    const size_t n = 8;
    export_as(net, "", "block1.bn", &store);
    for (size_t i = 0; i < 8; i++) {
        many[i] = half[i % 4];
        doubles[i] = wide[i % 2];
    }
    assert_true(store_put(&store, "block1.bn.weight", TENSOR_F16, &n, 1, many, NULL));
    for (size_t i = 0; i < 8; i++)
        many[i] = brain[i % 4];
    assert_true(store_put(&store, "block1.bn.bias", TENSOR_BF16, &n, 1, many, NULL));
    assert_true(store_put(&store, "block1.bn.running_mean", TENSOR_F64, &n, 1, doubles, NULL));
    assert_true(store_put(&store, "block1.bn.running_var", TENSOR_F64, &n, 1, doubles, NULL));
    assert_done(net_import(net, &store, &(struct import_settings){0}, &result, &err), err);
    const float *scale = values(net, "block1.bn.weight"), *shift = values(net, "block1.bn.bias");
    assert_true(scale[0] == 1 && scale[1] == -2 && scale[2] == 0x1p-24F && scale[3] == 65504);
    assert_true(shift[0] == 1 && shift[1] == -2 && shift[2] == 0x1p-133F && shift[3] == 0x1.FEp127F);
    assert_true(values(net, "block1.bn.running_mean")[0] == 0.1F);
    import_result_free(&result);
    store_free(&store);
    net_free(net);
}

static void refuse(struct net *net, const struct store *store, bool partial, const char *message)
{
    struct import_result result;
    struct err err = ERR_INIT;
    float *before = mem_alloc(net->value_n, sizeof *before, &err);
    memcpy(before, net->value, net->value_n * sizeof *before);
    assert_false(net_import(net, store, &(struct import_settings){.partial = partial}, &result, &err));
    assert_error(err, ERR_INPUT, message);
    assert_memory_equal(before, net->value, net->value_n * sizeof *before); /* untouched */
    assert_null(result.prefix);
    mem_free(before);
}

static void the_weights_of_another_net_are_refused(void **state)
{
    (void)state;
    struct net *net = make("small3d", 1, 1, 1), *other = make("patches3d", 1, 1, 1);
    struct store store = {0};
    export_as(other, "", NULL, &store);
    refuse(net, &store, false, "no tensor has a name of the net small3d (its first: block1.conv.weight, block1.bn.weight, block1.bn.bias, block1.bn.running_mean, block1.bn.running_var)");
    refuse(net, &store, true, "no tensor has a name of the net small3d (its first: block1.conv.weight, block1.bn.weight, block1.bn.bias, block1.bn.running_mean, block1.bn.running_var)");
    store_free(&store);
    export_as(net, "", "block2", &store);
    refuse(net, &store, false, "5 of the 17 tensors of the net small3d are not there: block2.conv.weight, block2.bn.weight, block2.bn.bias, block2.bn.running_mean, block2.bn.running_var");
    struct import_result result;
    struct err err = ERR_INIT;
    assert_done(net_import(net, &store, &(struct import_settings){.partial = true}, &result, &err), err);
    assert_int_equal(result.missing_n, 5);
    import_result_free(&result);
    store_free(&store);
    net_free(net);
    net_free(other);
}

static void two_tensors_for_one_place_are_refused(void **state)
{
    (void)state;
    struct net *net = make("densenet121", 0, 1, 1);
    struct store store = {0};
    const struct parameter *parameter = net_find(net, "features.denseblock1.denselayer1.norm1.weight");
    export_as(net, "", NULL, &store);
    assert_true(store_put(&store, "features.denseblock1.denselayer1.norm.1.weight", TENSOR_F32, parameter->dim, 1, net->value, NULL));
    refuse(net, &store, false, "tensors features.denseblock1.denselayer1.norm1.weight and features.denseblock1.denselayer1.norm.1.weight are both "
                               "features.denseblock1.denselayer1.norm1.weight of the net");
    store_free(&store);
    net_free(net);
}

static void other_shapes_and_types_are_refused(void **state)
{
    (void)state;
    struct net *net = make("small3d", 1, 1, 1);
    const size_t seven = 7, eight = 8;
    const float zero[8] = {0};
    const int64_t whole[8] = {0};
    float broken[8] = {0};
    struct store store = {0};
    export_as(net, "", "block1.bn.weight", &store);
    assert_true(store_put(&store, "block1.bn.weight", TENSOR_F32, &seven, 1, zero, NULL));
    refuse(net, &store, false, "tensor block1.bn.weight is 7, the net's is 8");
    store_free(&store);
    export_as(net, "", "block1.bn.weight", &store);
    assert_true(store_put(&store, "block1.bn.weight", TENSOR_I64, &eight, 1, whole, NULL));
    refuse(net, &store, false, "tensor block1.bn.weight is of type int64, expected floating-point numbers");
    store_free(&store);
    broken[7] = NAN;
    export_as(net, "", "block1.bn.weight", &store);
    assert_true(store_put(&store, "block1.bn.weight", TENSOR_F32, &eight, 1, broken, NULL));
    refuse(net, &store, false, "tensor block1.bn.weight holds a weight that is not finite");
    store_free(&store);
    export_as(net, "", NULL, &store);
    refuse(net, &(struct store){0}, false, "no tensor has a name of the net small3d (its first: block1.conv.weight, block1.bn.weight, block1.bn.bias, block1.bn.running_mean, block1.bn.running_var)");
    struct net *flat = make("small2d", 1, 1, 1);
    store_free(&store);
    export_as(net, "", NULL, &store);
    refuse(flat, &store, false, "tensor block1.conv.weight is 8 x 1 x 3 x 3 x 3, the net's is 8 x 1 x 3 x 3");
    store_free(&store);
    net_free(net);
    net_free(flat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_net_takes_back_what_it_gave),
        cmocka_unit_test(prefixes_are_found_and_the_rest_is_listed),
        cmocka_unit_test(old_names_of_densenets_are_known),
        cmocka_unit_test(flat_weights_are_inflated),
        cmocka_unit_test(other_input_channels_keep_the_sum),
        cmocka_unit_test(a_head_of_other_outputs_stays),
        cmocka_unit_test(a_file_without_a_head_is_taken),
        cmocka_unit_test(half_precision_becomes_single),
        cmocka_unit_test(the_weights_of_another_net_are_refused),
        cmocka_unit_test(two_tensors_for_one_place_are_refused),
        cmocka_unit_test(other_shapes_and_types_are_refused),
    };
    return tap_run(tests);
}
