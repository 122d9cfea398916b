/* The networks: names, sizes, refusals. */
#include "nn/nets.h"

#include "tap.h"

static size_t trained_n(const struct net *net)
{
    size_t n = 0;
    for (size_t i = 0; i < net->parameter_n; i++)
        if (net->parameter[i].role != PARAMETER_RUNNING_MEAN && net->parameter[i].role != PARAMETER_RUNNING_VAR)
            n += net->parameter[i].n;
    return n;
}

/* Without random values, which take their time. */
static size_t parameter_n_of(const char *name, const struct net_options *options)
{
    struct net *net = NULL;
    struct err err = ERR_INIT;
    assert_done(net_build(name, options, &net, &err), err);
    size_t n = trained_n(net);
    net_free(net);
    return n;
}

/* torchvision's documentation states these of its ImageNet models (1000 classes, 3 channels). */
static void the_nets_of_torchvision_have_its_number_of_parameters(void **state)
{
    (void)state;
    const struct net_options imagenet = {.channel_n = 3, .output_n = 1000};
    assert_int_equal(parameter_n_of("resnet18", &imagenet), 11689512);
    assert_int_equal(parameter_n_of("resnet34", &imagenet), 21797672);
    assert_int_equal(parameter_n_of("resnet50", &imagenet), 25557032);
    assert_int_equal(parameter_n_of("mobilenet_v2", &imagenet), 3504872);
    assert_int_equal(parameter_n_of("densenet121", &imagenet), 7978856);
}

/* Of the sources' own counts: the CIFAR net's file with 10 classes, and the reference runs of the patch sets. */
static void the_small_nets_have_their_sources_number_of_parameters(void **state)
{
    (void)state;
    assert_int_equal(parameter_n_of("cifar_resnet20", &(struct net_options){.output_n = 10}), 269722);
    assert_int_equal(parameter_n_of("patches3d", NULL), 180561);
    assert_int_equal(parameter_n_of("patches2d", NULL), 23473);
}

static void the_shortcut_without_parameters_saves_those_of_three_convolutions(void **state)
{
    (void)state;
    size_t b = parameter_n_of("resnet18_3d", NULL), a = parameter_n_of("resnet18_3d", &(struct net_options){.shortcut = "A"});
    assert_int_equal(b - a, 64 * 128 + 128 * 256 + 256 * 512 + 2 * (128 + 256 + 512));
}

static void every_net_is_what_its_row_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < net_kind_n; i++) {
        const struct net_kind *kind = net_kinds[i];
        struct net *net = NULL;
        assert_ptr_equal(net_kind_find(kind->name), kind);
        assert_true(net_build(kind->name, NULL, &net, NULL));
        assert_string_equal(net->name, kind->name);
        assert_int_equal(net->rank, kind->rank);
        assert_int_equal(net->layer[0].c, kind->channel_n);
        assert_int_equal(net->layer[net->embedding].c, kind->embedding_n);
        assert_int_equal(net->layer[net->output].c, 1);
        assert_int_equal(net->layer[net->map].c, kind->embedding_n);
        net_free(net);
    }
}

static void a_seed_gives_the_same_values_and_another_seed_others(void **state)
{
    (void)state;
    struct net *net[3] = {NULL};
    for (size_t i = 0; i < 3; i++)
        assert_true(net_make("small3d", NULL, i < 2 ? 7 : 8, &net[i], NULL));
    assert_memory_equal(net[0]->value, net[1]->value, net[0]->value_n * sizeof *net[0]->value);
    assert_memory_not_equal(net[0]->value, net[2]->value, net[0]->value_n * sizeof *net[0]->value);
    for (size_t i = 0; i < 3; i++)
        net_free(net[i]);
}

static void refuse(const char *name, const struct net_options *options, const char *message)
{
    struct net *net = NULL;
    struct err err = ERR_INIT;
    assert_false(net_make(name, options, 1, &net, &err));
    assert_error(err, ERR_USAGE, message);
}

static void an_unknown_name_and_a_wrong_shortcut_are_refused(void **state)
{
    (void)state;
    refuse("resnet18-3d", NULL, "network resnet18-3d: not known; did you mean 'resnet18_3d'?");
    refuse("transformer", NULL, "network transformer: not known");
    refuse("resnet18", &(struct net_options){.shortcut = "A"}, "network resnet18: shortcut A: it has one form alone; the 3D ResNets know A and B");
    refuse("resnet18_3d", &(struct net_options){.shortcut = "C"}, "network resnet18_3d: shortcut C: expected A or B");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nets_of_torchvision_have_its_number_of_parameters),
        cmocka_unit_test(the_small_nets_have_their_sources_number_of_parameters),
        cmocka_unit_test(the_shortcut_without_parameters_saves_those_of_three_convolutions),
        cmocka_unit_test(every_net_is_what_its_row_says),
        cmocka_unit_test(a_seed_gives_the_same_values_and_another_seed_others),
        cmocka_unit_test(an_unknown_name_and_a_wrong_shortcut_are_refused),
    };
    return tap_run(tests);
}
