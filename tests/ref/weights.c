/* weights DIR: every row of DIR/expected.json. Tensors of safetensors files and of PyTorch's (zip and legacy): names, shapes, types and
 * values; what must be refused is refused in one line and runs nothing; each good file, written as safetensors and read
 * again, holds the same; and what the nets make of the weights. */
#include "weights.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/safetensors.h"
#include "io/weights.h"

static const char marker[] = "HEPAR_PICKLE_WAS_EXECUTED"; /* what the hostile files would make in the working folder */

/* The names in expected.json are without the prefix of a net that was saved from several graphics cards. */
static const char *plain_name(const char *name)
{
    return strncmp(name, "module.", 7) == 0 ? name + 7 : name;
}

static const struct tensor *find_tensor(const struct store *store, const char *name)
{
    for (size_t i = 0; i < store->tensor_n; i++)
        if (strcmp(plain_name(store->tensor[i].name), name) == 0)
            return &store->tensor[i];
    return NULL;
}

/* Views of one storage stand in the .pth files alone: the safetensors file holds the contiguous tensors. */
static bool is_view(const char *name)
{
    return strstr(name, "_view_of_") != NULL || strncmp(name, "same_storage_as_", 16) == 0;
}

/* The tensors that a file must hold: the section of expected.json that its name begins with; NULL when there is none. */
static const json_t *find_section(const json_t *expected, const char *file)
{
    static const char *const sections[] = {"tiny", "mixed", "resnet20_cifar10"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (strncmp(file, sections[i], strlen(sections[i])) == 0) {
            const json_t *section = json_object_get(expected, sections[i]), *tensors = json_object_get(section, "tensors");
            return tensors != NULL ? tensors : section;
        }
    return NULL;
}

static void compare_file(struct findings *found, const char *file, const struct store *store, const json_t *tensors)
{
    const char *name;
    json_t *one;
    size_t wanted_n = 0;
    bool views = strstr(file, ".safetensors") == NULL;
    json_object_foreach((json_t *)tensors, name, one) {
        const struct tensor *tensor = find_tensor(store, name);
        if (is_view(name) && !views)
            continue;
        wanted_n++;
        if (tensor != NULL)
            weights_compare(found, name, tensor, one);
        else
            findings_true(found, name, false, "a tensor", "none");
    }
    findings_number_within(found, "n_tensors", (double)wanted_n, (double)store->tensor_n, 0, 0);
}

static void compare_again(struct findings *found, const struct store *store)
{
    struct text out = TEXT_INIT;
    struct store back = {0};
    struct err err = ERR_INIT;
    bool same = safetensors_format(store, &out, &err) && safetensors_parse("again", out.bytes, out.n, &back, &err) && back.tensor_n == store->tensor_n;
    for (size_t i = 0; same && i < store->tensor_n; i++)
        same = memcmp(back.tensor[i].values, store->tensor[i].values, tensor_value_n(&store->tensor[i]) * tensor_type_size(store->tensor[i].type)) == 0;
    findings_true(found, "written and read again", same, "the same values", same ? "the same values" : err.text);
    store_free(&back);
    text_free(&out);
}

/* What expected.json says of the network's file beyond its tensors. */
static void compare_net(struct findings *found, const struct store *store, const struct notes *notes, const json_t *net)
{
    double parameter_n = 0;
    for (size_t i = 0; i < store->tensor_n; i++)
        if (strstr(store->tensor[i].name, "running") == NULL && strstr(store->tensor[i].name, "num_b") == NULL)
            parameter_n += (double)tensor_value_n(&store->tensor[i]);
    findings_number_within(found, "n_parameters", json_number_value(json_object_get(net, "n_parameters")), parameter_n, 0, 0);
    findings_number_within(found, "n_tensors", json_number_value(json_object_get(net, "n_tensors")), (double)store->tensor_n, 0, 0);
    bool keys = store_find_text(store, "best_prec1") != NULL && notes_has(notes, "checkpoint") && json_array_size(json_object_get(net, "checkpoint_keys")) == 2;
    findings_true(found, "checkpoint_keys", keys, "best_prec1, state_dict", keys ? "best_prec1, state_dict" : "other keys");
}

static void compare_input(struct findings *found, const struct store *store, const json_t *net)
{
    const struct tensor *input = store_find(store, "input");
    double sum = 0;
    for (size_t i = 0; input != NULL && i < tensor_value_n(input); i++)
        sum += weights_value(input, i);
    /* The file holds f32 of what was summed in f64. */
    findings_number_within(found, "input_sum", json_number_value(json_object_get(net, "input_sum")), input == NULL ? 0 : sum, 0, 1e-4);
}

static void check_hash(struct findings *found, const char *path, const char *expected)
{
    unsigned char *bytes;
    size_t n;
    char hex[65];
    struct err err = ERR_INIT;
    if (!file_read(path, (size_t)1 << 30, &bytes, &n, &err)) {
        findings_text(found, "sha256", expected, err.text);
        return;
    }
    sha256_hex(bytes, n, hex);
    mem_free(bytes);
    findings_text(found, "sha256", expected, hex);
}

static void check_file(const struct checker *checker, const char *file, const json_t *expected, struct findings *found)
{
    struct store store;
    struct notes notes = NOTES_INIT;
    struct err err = ERR_INIT;
    bool bad = json_object_get(json_object_get(expected, "reference_behaviour"), file) != NULL;
    bool read = weights_read(checker_path(checker, file), &store, &notes, &err);
    findings_true(found, "verdict", read != bad && (read || err.kind == ERR_INPUT), bad ? "refused" : "read", read ? "read" : err.text);
    if (bad)
        findings_true(found, "one line", !read && strchr(err.text, '\n') == NULL, "one line", read ? "none" : err.text);
    bool ran = access(marker, F_OK) == 0;
    findings_true(found, "nothing was run", !ran, "no file of the pickle", ran ? marker : "no file of the pickle");
    const json_t *tensors = find_section(expected, file), *net = json_object_get(expected, "resnet20_cifar10");
    if (read && tensors != NULL)
        compare_file(found, file, &store, tensors);
    if (read && strcmp(file, "resnet20_cifar10.th") == 0) {
        compare_net(found, &store, &notes, net);
        weights_compare_resnet20(found, &store, checker_path(checker, "cat_input.safetensors"), net);
    }
    if (read && strncmp(file, "tiny", 4) == 0)
        weights_compare_tiny(found, &store, json_object_get(expected, "tiny"));
    if (read && strcmp(file, "cat_input.safetensors") == 0)
        compare_input(found, &store, net);
    if (read)
        compare_again(found, &store);
    notes_free(&notes);
    store_free(&store);
}

static bool has_ending(const char *file, const char *ending)
{
    size_t n = strlen(file), ending_n = strlen(ending);
    return n > ending_n && strcmp(file + n - ending_n, ending) == 0;
}

static void check_files(struct checker *checker, const json_t *expected)
{
    const char *file;
    json_t *hash;
    json_object_foreach(json_object_get(expected, "sha256"), file, hash) {
        struct findings found = {.checker = checker, .job = file};
        if (!checker_wants(checker, file))
            continue;
        check_hash(&found, checker_path(checker, file), json_string_value(hash));
        if (!has_ending(file, ".png"))
            check_file(checker, file, expected, &found);
        checker_add(checker, &found);
    }
}

int main(int argc, char **argv)
{
    struct checker checker;
    struct err err = ERR_INIT;
    if (!checker_start(&checker, argc, argv, "weights files against expected.json"))
        return 2;
    json_t *expected = json_read(checker_path(&checker, "expected.json"), &err);
    if (expected == NULL || access(marker, F_OK) == 0) {
        fprintf(stderr, "%s: %s\n", argv[0], expected == NULL ? err.text : "remove HEPAR_PICKLE_WAS_EXECUTED from the working folder first");
        json_decref(expected);
        return 2;
    }
    check_files(&checker, expected);
    json_decref(expected);
    return checker_end(&checker);
}
