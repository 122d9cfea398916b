/* Nets as users name them: with random values, or a file's. */
#include "nn/net_open.h"

#include "io/safetensors.h"
#include "nn/import.h"
#include "tap.h"

/* A file of a net's values. */
static const char *save(const char *name, const struct net_options *options, uint64_t seed)
{
    const char *path = tap_path("weights.safetensors");
    struct net *net;
    struct store store = {0};
    struct err err = ERR_INIT;
    assert_done(net_make(name, options, seed, &net, &err), err);
    assert_done(net_export(net, &store, &err), err);
    assert_done(safetensors_write(path, &store, &err), err);
    store_free(&store);
    net_free(net);
    return path;
}

static const char *spec_of(const char *name, const char *path)
{
    static char spec[512];
    snprintf(spec, sizeof spec, "%s:%s", name, path);
    return spec;
}

static void a_file_gives_its_values_but_a_name_alone_random_ones_which_is_said(void **state)
{
    (void)state;
    struct net *filled, *wanted, *random;
    struct notes notes = NOTES_INIT;
    struct err err = ERR_INIT;
    char filled_hash[65], random_hash[65];
    assert_done(net_open(spec_of("small3d", save("small3d", NULL, 5)), NULL, 1, &filled, &notes, &err), err);
    assert_int_equal(notes.n, 0);
    assert_true(net_make("small3d", NULL, 5, &wanted, NULL));
    assert_memory_equal(filled->value, wanted->value, wanted->value_n * sizeof *wanted->value);
    assert_done(net_open("small3d", NULL, 1, &random, &notes, &err), err);
    assert_int_equal(notes.n, 1);
    assert_string_equal(notes.note[0].line, "network small3d: no weights are given: its values are random (seed 1)");
    net_hash(filled, filled_hash);
    net_hash(random, random_hash);
    assert_string_not_equal(filled_hash, random_hash);
    notes_free(&notes);
    net_free(filled);
    net_free(wanted);
    net_free(random);
}

static void a_resnet_without_weights_for_shortcuts_takes_shortcut_a(void **state)
{
    (void)state;
    struct net *net;
    struct err err = ERR_INIT;
    assert_done(net_open(spec_of("resnet10_3d", save("resnet10_3d", &(struct net_options){.shortcut = "A"}, 2)), NULL, 1, &net, NULL, &err), err);
    assert_null(net_find(net, "layer2.0.downsample.0.weight"));
    net_free(net);
    assert_done(net_open(spec_of("resnet10_3d", save("resnet10_3d", NULL, 2)), NULL, 1, &net, NULL, &err), err);
    assert_non_null(net_find(net, "layer2.0.downsample.0.weight"));
    net_free(net);
}

static void what_is_done_to_the_weights_is_said(void **state)
{
    (void)state;
    struct net *net;
    struct notes notes = NOTES_INIT;
    struct err err = ERR_INIT;
    assert_done(net_open(spec_of("small3d", save("small2d", NULL, 5)), &(struct net_options){.channel_n = 2}, 1, &net, &notes, &err), err);
    assert_int_equal(notes.n, 2);
    assert_string_equal(notes.note[0].line, "weights weights.safetensors: 3 2-D convolutions are made 3-D");
    assert_string_equal(notes.note[1].line, "weights weights.safetensors: made for 1 input channels; each of the 2 gets their mean");
    notes_free(&notes);
    net_free(net);
}

static void a_head_that_the_file_lacks_is_random_as_without_a_file(void **state)
{
    (void)state;
    struct net *net, *random;
    struct err err = ERR_INIT;
    assert_done(net_open(spec_of("small3d", save("small3d", NULL, 5)), &(struct net_options){.output_n = 3}, 9, &net, NULL, &err), err);
    assert_true(net_make("small3d", &(struct net_options){.output_n = 3}, 9, &random, NULL));
    const struct parameter *head = net_find(net, "fc.weight"), *first = net_find(net, "block1.conv.weight");
    assert_memory_equal(net->value + head->offset, random->value + head->offset, head->n * sizeof(float));
    assert_memory_not_equal(net->value + first->offset, random->value + first->offset, first->n * sizeof(float));
    net_free(net);
    net_free(random);
}

static void refuse(const char *spec, enum err_kind kind, const char *message)
{
    struct net *net;
    struct err err = ERR_INIT;
    assert_false(net_open(spec, NULL, 1, &net, NULL, &err));
    assert_null(net);
    assert_error_has(err, kind, message);
}

static void an_unknown_net_and_a_file_of_another_are_refused(void **state)
{
    (void)state;
    refuse("smal3d:none.pth", ERR_USAGE, "network smal3d: not known; did you mean 'small3d'?");
    refuse("small3d:/nowhere/none.pth", ERR_INPUT, "/nowhere/none.pth");
    refuse(spec_of("resnet18_3d", save("small3d", NULL, 5)), ERR_INPUT, "weights weights.safetensors: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_gives_its_values_but_a_name_alone_random_ones_which_is_said),
        cmocka_unit_test(a_resnet_without_weights_for_shortcuts_takes_shortcut_a),
        cmocka_unit_test(what_is_done_to_the_weights_is_said),
        cmocka_unit_test(a_head_that_the_file_lacks_is_random_as_without_a_file),
        cmocka_unit_test(an_unknown_net_and_a_file_of_another_are_refused),
    };
    return tap_run(tests);
}
