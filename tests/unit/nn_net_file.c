/* A trained net as a file: there and back, and what is no such file. */
#include "nn/net_file.h"

#include "base/mem.h"
#include "io/safetensors.h"
#include "nn/nets.h"
#include "tap.h"

static struct net *make(const char *name, size_t channel_n)
{
    struct net *net;
    struct err err = ERR_INIT;
    const struct net_options options = {.channel_n = channel_n};
    assert_done(net_make(name, &options, 4, &net, &err), err);
    return net;
}

static struct net_input on_cases(void)
{
    struct err err = ERR_INIT;
    struct net_input input = {.cases = true, .endpoint = true, .crop = CROP_DEFAULT, .sample = SAMPLE_DEFAULT};
    input.crop.phase_n = 2;
    input.crop.low[1] = -150.25;
    input.crop.high[1] = 1.0 / 3.0;
    input.crop.size[2] = 20;
    input.crop.spacing[0] = 0.7;
    input.crop.blank_mm = 6;
    input.sample.amplitude = 2.5;
    input.mirrors = 5;
    input.phase[0] = mem_string("arterial", &err);
    input.phase[1] = mem_string("portal, late", &err);
    return input;
}

static void a_net_of_cases_comes_back_as_it_was(void **state)
{
    (void)state;
    struct net *net = make("small3d", 3), *back;
    struct net_input input = on_cases(), got;
    struct err err = ERR_INIT;
    const char *path = tap_path("cases.safetensors");
    assert_done(net_file_write(path, net, &input, &err), err);
    assert_done(net_file_read(path, &back, &got, &err), err);
    assert_string_equal(back->name, "small3d");
    assert_memory_equal(back->value, net->value, net->value_n * sizeof(float));
    assert_true(got.cases && got.endpoint);
    assert_int_equal(got.crop.phase_n, 2);
    assert_memory_equal(got.crop.size, input.crop.size, sizeof input.crop.size);
    assert_memory_equal(got.crop.spacing, input.crop.spacing, sizeof input.crop.spacing);
    for (size_t p = 0; p < 2; p++) {
        assert_double_near(got.crop.low[p], input.crop.low[p], 0);
        assert_double_near(got.crop.high[p], input.crop.high[p], 0);
        assert_string_equal(got.phase[p], input.phase[p]);
    }
    assert_double_near(got.crop.blank_mm, 6, 0);
    assert_double_near(got.sample.amplitude, 2.5, 0);
    assert_int_equal(got.mirrors, 5);
    assert_int_equal(got.sample.mask_channel, input.sample.mask_channel);
    net_free(net);
    net_free(back);
    net_input_free(&input);
    net_input_free(&got);
}

static void a_net_of_arrays_comes_back_as_it_was(void **state)
{
    (void)state;
    struct net *net = make("patches2d", 1), *back;
    const struct net_input input = {.offset = 128, .scale = 0.1, .x = 28, .y = 27, .z = 1};
    struct net_input got;
    struct err err = ERR_INIT;
    const char *path = tap_path("array.safetensors");
    assert_done(net_file_write(path, net, &input, &err), err);
    assert_done(net_file_read(path, &back, &got, &err), err);
    assert_false(got.cases);
    assert_false(got.endpoint);
    assert_double_near(got.offset, 128, 0);
    assert_double_near(got.scale, 0.1, 0);
    assert_int_equal(got.x * 10000 + got.y * 10 + got.z, 280271);
    net_free(net);
    net_free(back);
    net_input_free(&got);
}

/* The file of `path` with one text changed, or left out (value NULL). */
static const char *with_text(const char *path, const char *name, const char *value)
{
    struct store store = {0}, changed = {0};
    struct err err = ERR_INIT;
    const char *to = tap_path("changed.safetensors");
    assert_done(safetensors_read(path, &store, &err), err);
    for (size_t i = 0; i < store.tensor_n; i++)
        assert_done(store_put(&changed, store.tensor[i].name, store.tensor[i].type, store.tensor[i].dim, store.tensor[i].dim_n, store.tensor[i].values, &err), err);
    for (size_t i = 0; i < store.text_n; i++) {
        bool same = strcmp(store.text[i].name, name) == 0;
        if (!same || value != NULL)
            assert_done(store_put_text(&changed, store.text[i].name, same ? value : store.text[i].value, &err), err);
    }
    assert_done(safetensors_write(to, &changed, &err), err);
    store_free(&store);
    store_free(&changed);
    return to;
}

static void what_is_no_net_or_says_odd_things_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *value, *message;
    } odd[] = {
        {"hepar.net", NULL, "it does not say which net it is of; expected weights.safetensors of 'hepar net train'"},
        {"hepar.net", "small4d", "network small4d: not known; did you mean 'small"},
        {"hepar.net", "resnet10_3d", "resnet10_3d"},
        {"hepar.channels", "4", "its tensors do not have the shapes of small3d with 4 channels"},
        {"hepar.channels", "1e300", "text 'hepar.channels' is 1e+300, expected 1 to 1024"},
        {"hepar.input", "pixels", "text 'hepar.input' is \"pixels\", expected cases or array"},
        {"hepar.size", "32,32", "text 'hepar.size' is \"32,32\", expected 3 numbers"},
        {"hepar.size", "32,32,1e9", "what it says of its input is out of range"},
        {"hepar.phases", "", "text 'hepar.phases' is empty"},
        {"hepar.phases", "a\nb\nc\nd\ne\n", "text 'hepar.phases' has more than 4 names, or a long one"},
        {"hepar.view", "4d", "text 'hepar.view' is \"4d\", which is no view"},
        {"hepar.window", "0,1,0", "text 'hepar.window' is \"0,1,0\", expected 4 numbers"},
    };
    struct net *net = make("small3d", 3), *back;
    struct net_input input = on_cases(), got;
    struct err err = ERR_INIT;
    char path[512];
    snprintf(path, sizeof path, "%s", tap_path("whole.safetensors")); /* tap_path() keeps eight alone */
    assert_done(net_file_write(path, net, &input, &err), err);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        err_clear(&err);
        assert_false(net_file_read(with_text(path, odd[i].text, odd[i].value), &back, &got, &err));
        assert_error_has(err, ERR_INPUT, odd[i].message);
        assert_null(back);
    }
    net_free(net);
    net_input_free(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_net_of_cases_comes_back_as_it_was),
        cmocka_unit_test(a_net_of_arrays_comes_back_as_it_was),
        cmocka_unit_test(what_is_no_net_or_says_odd_things_is_refused),
    };
    return tap_run(tests);
}
